//! Restricted cases: whoever is not named reads number, stage and dates, wherever one is
//! mentioned, and nothing else.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::case_life::Centre;
use crate::support::case_life::ticked;
use crate::support::queries::Queries;

/// A case of domestic violence, closed and entered.
async fn closed(centre: &Centre<'_>) -> String {
    let case = centre
        .apply(&[
            ("cause", "人身安全保护令"),
            ("name", "秦小兰"),
            ("id_number", "149999198003150060"),
            ("groups", "woman"),
            ("proofs", "id_card"),
            ("facts", "遭受家庭暴力，需要申请人身安全保护令，附报警回执和伤情照片。"),
        ])
        .await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    centre.step(&centre.desk, &case, "enter", &[("entry_number", "SX1")]).await;
    case
}

async fn login_of(app: &TestApp, who: &Browser<'_>) -> String {
    sqlx::query_scalar("select login from accounts where id = $1")
        .bind(who.actor().account_id)
        .fetch_one(&app.owner)
        .await
        .expect("a login")
}

#[tokio::test]
async fn lists_searches_exports_and_screens_tell_nothing_to_people_not_named() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = closed(&centre).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let leader = app.staff(Role::Leader).await;
    let finance = app.staff(Role::Finance).await;
    let other_desk = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let secrets = ["秦", "保护令", "家庭暴力"];
    for (who, paths) in [
        (
            &clerk,
            vec![
                "/cases",
                "/cases?q=保护",
                "/cases?q=秦小兰",
                "/find?q=001",
                "/cases/screens",
                "/cases/quality",
                "/payouts",
                "/payouts/cases/1",
                "/home",
            ],
        ),
        (&leader, vec!["/cases", "/find?q=001", "/payouts", "/payouts/cases/1"]),
        (&finance, vec!["/payouts", "/payouts/cases/1", "/find?q=001"]),
        (&other_desk, vec!["/cases", "/cases/work", "/cases/provincial", "/home", "/find?q=001"]),
    ] {
        for path in paths {
            let page = who.get(path).await;
            assert!(page.status.as_u16() < 400, "{path}: {}", page.status);
            // What was typed into the search stands in its field, not in the answer.
            let text: String = page.text().replace("查找", "");
            for secret in secrets {
                assert!(!text.contains(secret), "{path} says {secret}: {text}");
            }
        }
    }
    // What is not told is not told wrongly either.
    clerk.get("/cases").await.assert_says("受限").assert_silent_on("非特殊群体");
    // A search by its cause or its recipient does not find it for them, and does for those at work on it.
    clerk.get("/cases?q=保护令").await.assert_says("没有符合条件的案件");
    centre.desk.get("/cases?q=保护令").await.assert_says("高法援字〔2024〕001号");
    // The province's list leaves the person out for a colleague, and holds them for who works on it.
    let asked = [("year", "2024")];
    let theirs = other_desk.post("/cases/provincial/export", &asked).await;
    assert!(theirs.html.contains("高法援字〔2024〕001号") && !theirs.html.contains('秦'), "{}", theirs.html);
    let ours = centre.desk.post("/cases/provincial/export", &asked).await;
    assert!(ours.html.contains("秦小兰"), "{}", ours.html);
    // Nor can the page, its papers or its calendar be opened.
    for path in
        [case.clone(), format!("{case}/papers/contents"), format!("{case}/hearings.ics"), format!("{case}/do/enter")]
    {
        let status = other_desk.get(&path).await.status.as_u16();
        assert!(status == 403 || status == 404, "{path}: {status}");
    }
}

#[tokio::test]
async fn the_director_names_people_for_a_restricted_case_and_takes_the_name_off() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = closed(&centre).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let named = format!("{case}/named");
    let login = login_of(&app, &clerk).await;
    clerk.get(&case).await.assert_status(403).assert_says("请联系法律援助中心负责人");
    // The list leads nobody to what stays shut.
    let case_link = format!("tbody a[href=\"{case}\"]");
    let list = clerk.get("/cases").await;
    list.assert_status(200).assert_says("受限");
    assert!(list.select(&case_link).is_empty());
    assert_eq!(centre.desk.get("/cases").await.select(&case_link).len(), 1);
    centre.desk.post(&named, &[("login", &login), ("why", "核实线索")]).await.assert_status(403);
    let director = &centre.director;
    director
        .post(&named, &[("login", ""), ("why", "")])
        .await
        .assert_status(422)
        .assert_says("请填写登录名")
        .assert_says("请填写指定的理由");
    director
        .post(&named, &[("login", "nobody"), ("why", "核实线索")])
        .await
        .assert_status(409)
        .assert_says("没有这个登录名");
    let finance = login_of(&app, &app.staff(Role::Finance).await).await;
    director
        .post(&named, &[("login", &finance), ("why", "核实线索")])
        .await
        .assert_status(409)
        .assert_says("没有查看案件的权限");
    director.post(&named, &[("login", &login), ("why", "核实线索")]).await.assert_status(303);
    director
        .post(&named, &[("login", &login), ("why", "核实线索")])
        .await
        .assert_status(409)
        .assert_says("已经是本案的指定人员");
    clerk.get(&case).await.assert_status(200).assert_says("秦小兰").assert_says("核实线索");
    director.get(&case).await.assert_says("指定").assert_says("能打开本案的人");
    let account = clerk.actor().account_id.to_string();
    director.post(&named, &[("account", &account)]).await.assert_status(303);
    clerk.get(&case).await.assert_status(403);
    director.post(&named, &[("account", &account)]).await.assert_status(409);
    let handler = centre.handler.actor().account_id.to_string();
    director.post(&named, &[("account", &handler)]).await.assert_status(409).assert_says("承办人");
    assert_eq!(
        app.scalar_i64("select count(*) from audit_records where action in ('case.name', 'case.unname')").await,
        2
    );
    let open = centre.apply(&[]).await;
    director
        .post(&format!("{open}/named"), &[("login", &login), ("why", "核实线索")])
        .await
        .assert_status(409)
        .assert_says("不是受限案件");
}

#[tokio::test]
async fn a_colleague_cannot_hand_a_restricted_case_to_themselves() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = closed(&centre).await;
    let other = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let to = other.actor().account_id.to_string();
    let id = case.rsplit('/').next().expect("an id").parse().expect("a number");
    let id = ticked(&app, id).await;
    let page = other.post("/cases/work", &[("cases", &id), ("to", &to)]).await;
    page.assert_status(409).assert_says("全部没有移交");
    other.get("/cases/work").await.assert_says("受限案件");
    centre.desk.post("/cases/work", &[("cases", &id), ("to", &to)]).await.assert_status(303);
    other.get(&case).await.assert_status(200);
}

#[tokio::test]
async fn a_suspicion_about_a_restricted_case_is_decided_by_somebody_named() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let first = closed(&centre).await;
    let page = clerk.get("/cases/screens").await;
    page.assert_says("没有会见记录").assert_says("证据只对指定人员显示");
    let key = first.rsplit('/').next().expect("an id");
    let fields = [("kind", "no_meeting"), ("key", key), ("verdict", "harmless"), ("note", "已核实会见笔录")];
    clerk.post("/cases/screens", &fields).await.assert_status(403).assert_says("受限案件");
    let login = login_of(&app, &clerk).await;
    centre.director.post(&format!("{first}/named"), &[("login", &login), ("why", "核实线索")]).await.assert_status(303);
    clerk.get("/cases/screens").await.assert_says("没有一次会见、约见");
    clerk.post("/cases/screens", &fields).await.assert_status(303);
    // What was decided is as shut for the next one.
    let second = app.staff(Role::BureauClerk).await;
    second
        .get("/cases/screens")
        .await
        .assert_says("证据只对指定人员显示")
        .assert_silent_on("已核实会见笔录")
        .assert_silent_on("没有一次会见、约见");
}

#[tokio::test]
async fn a_handler_finds_only_their_own_cases() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.handler.get("/find?q=001").await.assert_says("高法援字〔2024〕001号");
    centre.second.get("/find?q=001").await.assert_silent_on("高法援字〔2024〕001号");
}

#[tokio::test]
async fn the_pages_of_a_step_take_four_queries_at_most() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    let at = |step: &'static str| format!("{case}/do/{step}");
    centre.desk.get(&case).await;
    let count = async |who: &Browser<'_>, path: String| {
        // The first look takes the message of the step before along.
        who.get(&path).await.assert_status(200);
        let queries = Queries::listen();
        who.get(&path).await.assert_status(200);
        let asked = queries.take();
        assert!(asked.len() <= 4, "{path}: {asked:#?}");
    };
    for step in ["accept", "ask_supplement", "withdraw"] {
        count(&centre.desk, at(step)).await;
    }
    centre.grant(&case).await;
    count(&centre.desk, at("assign")).await;
    for path in ["/cases/provincial", "/cases/send-backs", "/cases/online", "/cases/handlers"] {
        count(&centre.desk, path.to_owned()).await;
    }
    centre.hand_to_zhao(&case).await;
    count(&centre.handler, at("conclude")).await;
    count(&centre.director, at("terminate")).await;
    centre.step(&centre.desk, &case, "ask_change", &[("wording", "not_fulfilled")]).await;
    count(&centre.director, at("change")).await;
}

#[tokio::test]
async fn what_a_restricted_case_is_about_is_not_on_the_trail() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let correct = async |case: &str, changes: &[(&str, &str)]| {
        let id = case.rsplit('/').next().expect("an id");
        let version = app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await.to_string();
        let mut form: Vec<(&str, &str)> = crate::support::case_life::WAGES
            .into_iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
            .collect();
        form.push(("version", &version));
        form.extend_from_slice(changes);
        centre.desk.post(&format!("{case}/application"), &form).await.assert_status(303);
    };
    let told = async |words: &str| {
        let sql = format!(
            "select count(*) from audit_records where action = 'case.correct_application'
             and (before::text like '%{words}%' or after::text like '%{words}%')"
        );
        app.scalar_i64(&sql).await
    };
    let open = centre.apply(&[]).await;
    correct(&open, &[("cause", "追索工伤赔偿")]).await;
    assert_eq!((told("追索劳动报酬").await, told("追索工伤赔偿").await), (1, 1));
    // From the correction that shuts it on.
    correct(&open, &[("cause", "人身安全保护令"), ("restricted", "yes")]).await;
    correct(&open, &[("cause", "人身安全保护令"), ("groups", "disabled"), ("restricted", "yes")]).await;
    assert_eq!((told("保护令").await, told("disabled").await, told("受限案件").await), (0, 0, 2));
}

#[tokio::test]
async fn nothing_is_done_in_a_restricted_case_by_a_colleague_who_is_not_named() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = closed(&centre).await;
    let other = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let id = case.rsplit('/').next().expect("an id");
    let paper = app.scalar_i64(&format!("select max(id) from case_documents where case_id = {id}")).await;
    let version = app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await.to_string();
    let done = "select count(*) from audit_records where action not like 'access.%'";
    let before = app.scalar_i64(done).await;
    let record = [("kind", "informed"), ("on", "2024-05-06"), ("content", "电话通报案件进展")];
    let filed = [("paper_kind", "evidence"), ("pages", "2"), ("made_on", "2024-05-06")];
    let stage: Vec<(&str, &str)> =
        crate::support::case_life::WAGES.into_iter().chain([("stage_of", id), ("version", version.as_str())]).collect();
    let attempts: [(String, &[(&str, &str)]); 8] = [
        (format!("{case}/records"), &record),
        (format!("{case}/messages"), &[("body", "请尽快联系受援人")]),
        (format!("{case}/papers"), &filed),
        (format!("{case}/papers/{paper}/remove"), &[("reason", "收错了案卷")]),
        (format!("{case}/reveal"), &[("reason", "打电话通知开庭")]),
        (format!("{case}/do/archive"), &[("version", &version), ("on", "2024-05-06")]),
        (format!("{case}/application"), &stage),
        // Nor is what is sealed in it carried into a case of one's own.
        ("/cases/apply".to_owned(), &stage),
    ];
    for (path, fields) in attempts {
        let page = other.post(&path, fields).await;
        assert!([403, 404].contains(&page.status.as_u16()), "{path}: {} {}", page.status, page.text());
        page.assert_silent_on("秦小兰");
    }
    let scan = other.upload(&format!("{case}/scans"), &filed, b"%PDF-1.7").await;
    assert!([403, 404].contains(&scan.status.as_u16()), "{}", scan.status);
    assert_eq!(app.scalar_i64(done).await, before);
    let refused = "select count(*) from audit_records where action in ('access.refused', 'access.missing')";
    assert_eq!(app.scalar_i64(refused).await, 9);
}
