//! Two people at one case: whoever comes second is told, and nothing is overwritten unseen.

use huifa::cases::documents::Kind;
use huifa::cases::quality;
use huifa::cases::quality::rules::Indicator;
use huifa::cases::states::rules::{TABLE, Who};
use huifa::error::AppError;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::{Action, Role};
use huifa::web::work::Work;
use sqlx::AssertSqlSafe;

use crate::support::app::{Browser, Page, TestApp};
use crate::support::case_life::{Centre, HANDLER, WAGES};

/// Everything that a case's forms write, as one number for each table.
async fn written(app: &TestApp) -> Vec<i64> {
    let mut all = Vec::new();
    for sql in [
        "select count(*) from case_events",
        "select count(*) from case_documents",
        "select count(*) from case_clocks",
        "select count(*) from case_assignments",
        "select count(*) from audit_records where action not like 'access.%'",
        "select sum(version)::bigint from cases",
        "select sum(version)::bigint from case_applications",
        "select sum(version)::bigint from case_handlers",
        "select hashtext(string_agg(c::text, '' order by id))::bigint from cases c",
        "select coalesce(hashtext(string_agg(a::text, '' order by case_id))::bigint, 0) from case_applications a",
    ] {
        all.push(app.scalar_i64(sql).await);
    }
    all
}

fn is_told(page: &Page) -> bool {
    page.status.as_u16() == 409 && page.text().contains("刚刚被别人改过")
}

#[tokio::test]
async fn a_step_from_a_page_that_was_overtaken_is_not_taken_whichever_it_is() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let (today, li) = (app.state.clock.today().to_string(), centre.li.to_string());
    let mut fields = vec![
        ("version", "1"),
        ("on", today.as_str()),
        ("note", "写明的理由"),
        ("until", "2024-05-20"),
        ("addressee", "陵川县法律援助中心"),
        ("refusal", "means_above"),
        ("ground", "own_lawyer"),
        ("handler", li.as_str()),
        ("scope", "a31_5"),
        ("means", "declared"),
        ("way", "mediation"),
        ("summary", "调解结案"),
        ("entry_number", "SX1"),
    ];
    fields.extend(Kind::ALL.iter().map(|kind| ("good", kind.code())));
    let mut tried = 0;
    for row in TABLE {
        // The case as it stands where the step may be taken, as far as the database lets it be put there.
        let put = format!("update cases set state = '{}' where id = 1", row.from[0].code());
        let put = sqlx::query(AssertSqlSafe(put)).execute(&app.owner).await.is_ok();
        let who: &Browser<'_> = match row.who {
            Who::Desk => &centre.desk,
            Who::Director => &centre.director,
            Who::Handler | Who::HandlerOrDesk => &centre.handler,
            Who::Bureau => &clerk,
        };
        let before = written(&app).await;
        let page = who.post(&format!("{case}/do/{}", row.step.code()), &fields).await;
        assert_eq!(page.status.as_u16(), 409, "{}: {}", row.step, page.text());
        assert_eq!(written(&app).await, before, "{} wrote something", row.step);
        if put && is_told(&page) {
            tried += 1;
        }
    }
    // What stands in the way of the step itself is said before; most have nothing in the way.
    assert!(tried >= 18, "only {tried} of {} said that somebody else was faster", TABLE.len());
}

#[tokio::test]
async fn every_other_form_of_a_case_tells_the_second() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    let paper = {
        let form = [
            ("number", "高法援字〔2024〕901号"),
            ("accepted_on", "2024-04-08"),
            ("kind", "civil_first_instance"),
            ("basis", "application"),
            ("groups", "migrant_worker"),
            ("cause", "追索劳动报酬纠纷"),
            ("handler_category", "lawyer"),
            ("handler_name", "赵律师"),
            ("organisation", "山西示例律师事务所"),
            ("version", "1"),
        ];
        let page = centre.desk.post("/cases", &form).await;
        page.assert_status(303);
        (page.location.expect("a case"), form)
    };
    let mut application: Vec<(&str, &str)> = WAGES
        .into_iter()
        .filter(|(name, _)| !["way", "received_on", "id_number", "phone", "cause"].contains(name))
        .collect();
    application.extend([("version", "1"), ("cause", "劳务合同纠纷")]);
    let handler = |name: &'static str| {
        HANDLER.into_iter().chain([("name", name), ("status", "active"), ("version", "1")]).collect::<Vec<_>>()
    };
    let mut correction: Vec<(&str, &str)> = paper.1.to_vec();
    for field in &mut correction {
        if field.0 == "cause" {
            field.1 = "劳务合同纠纷";
        }
    }
    let other = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    for (path, fields) in [
        (format!("{case}/application"), application),
        (paper.0.clone(), correction),
        (format!("{}/assigned", paper.0), vec![("assigned_on", "2024-04-09"), ("version", "2")]),
        (format!("/cases/handlers/{}", centre.zhao), handler("赵志远")),
    ] {
        let (one, two) = tokio::join!(centre.desk.post(&path, &fields), other.post(&path, &fields));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409], "{path}: {} {}", one.text(), two.text());
        let told = if one.status.as_u16() == 409 { one } else { two };
        assert!(told.text().contains("刚刚被别人改过") || told.text().contains("请刷新"), "{path}: {}", told.text());
        // A page from before stays old.
        let before = written(&app).await;
        let late = centre.desk.post(&path, &fields).await;
        assert!([409, 422].contains(&late.status.as_u16()), "{path}: {}", late.status);
        assert_eq!(written(&app).await, before, "{path}");
    }
}

#[tokio::test]
async fn a_score_and_what_was_mended_are_given_once() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let me = clerk.actor().account_id.to_string();
    let draw = [("kind", "administrative"), ("reviewer", me.as_str()), ("count", "1")];
    clerk.post("/cases/quality", &draw).await.assert_status(303);
    let mut scores: Vec<(&str, &str)> =
        ["8", "8", "12", "12", "15", "12", "4", "8"].into_iter().map(|score| ("scores", score)).collect();
    scores.extend([("faults", "没有写明风险告知"), ("mend_until", "2024-05-20")]);
    let (one, two) = tokio::join!(clerk.post("/cases/quality/1", &scores), clerk.post("/cases/quality/1", &scores));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(app.scalar_i64("select count(*) from case_documents where kind = 'quality_review'").await, 1);
    // The page asked first; whoever comes past it is stopped by the row itself.
    let mut work = Work::unattended(&app.state, clerk.actor()).await.expect("work");
    let scope = clerk.actor().may(Action::ReviewCaseQuality).expect("a reviewer");
    let new = quality::NewResult {
        scores: Indicator::ALL.iter().map(|it| (*it, it.weight())).collect(),
        veto: None,
        faults: String::new(),
        mend_until: None,
    };
    let late = quality::finish_review(&mut work, scope, 1, &new).await;
    assert!(matches!(&late, Err(AppError::Refused(words)) if words.contains("已经提交")), "{late:?}");
    drop(work);
    let note = [("note", "已补充告知笔录")];
    let path = "/cases/quality/1/mended";
    let (one, two) = tokio::join!(centre.handler.post(path, &note), centre.handler.post(path, &note));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    centre.handler.get(&case).await.assert_says("生成案件质量评查表");
}

#[tokio::test]
async fn an_assignment_is_taken_on_once() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.step(&centre.desk, &case, "assign", &[("handler", &centre.zhao.to_string())]).await;
    centre.step(&centre.handler, &case, "take_on", &[]).await;
    let before = written(&app).await;
    centre.post(&centre.handler, &case, "take_on", &[]).await.assert_status(409).assert_says("已经接受过");
    assert_eq!(written(&app).await, before);
}

#[tokio::test]
async fn a_peer_who_reviews_the_quality_of_a_case_reads_it_and_writes_nothing_in_it() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    // A peer of another firm: one of the same stands back.
    app.execute(&format!(
        "with firm as (insert into case_firms (bureau_id, name, kind)
                       select bureau_id, '另一示例律师事务所', kind from case_firms limit 1 returning id)
         update case_handlers set firm_id = (select id from firm) where id = {}",
        centre.li
    ))
    .await;
    let clerk = app.staff(Role::BureauClerk).await;
    let peer = centre.second.actor().account_id.to_string();
    let draw = [("kind", "peer"), ("reviewer", peer.as_str()), ("count", "1")];
    clerk.post("/cases/quality", &draw).await.assert_status(303);
    centre.second.get(&case).await.assert_status(200);
    let before = written(&app).await;
    for (path, fields) in [
        ("reveal", vec![("reason", "打电话核实情况")]),
        ("records", vec![("kind", "meeting"), ("on", "2024-05-06"), ("content", "约见受援人，核对证据。")]),
        ("messages", vec![("body", "请补充材料")]),
        ("papers", vec![("paper_kind", "evidence"), ("pages", "1"), ("made_on", "2024-05-06")]),
    ] {
        centre.second.post(&format!("{case}/{path}"), &fields).await.assert_status(403).assert_says("只有本案承办人");
    }
    assert_eq!(written(&app).await, before);
    // Nor does the peer say that what they found was mended: the handler does.
    let mut scores: Vec<(&str, &str)> =
        ["8", "8", "12", "12", "15", "12", "4", "8"].into_iter().map(|score| ("scores", score)).collect();
    let poor = [("scores", "1"); 8];
    centre.second.post("/cases/quality/1", &poor).await.assert_status(409).assert_says("评为不合格的，须写明问题");
    scores.extend([("faults", "没有写明风险告知"), ("mend_until", "2024-05-20")]);
    app.staff(Role::BureauClerk)
        .await
        .post("/cases/quality/1", &scores)
        .await
        .assert_status(409)
        .assert_says("打分，提交后不能再改");
    // Whoever has joined the handler's firm since then stands back too.
    let joins = |firm: &str| format!("update case_handlers set firm_id = ({firm}) where id = {}", centre.li);
    app.execute(&joins(&format!("select firm_id from case_handlers where id = {}", centre.zhao))).await;
    centre.second.post("/cases/quality/1", &scores).await.assert_status(409).assert_says("应当回避");
    app.execute(&joins("select id from case_firms where name = '另一示例律师事务所'")).await;
    centre.second.post("/cases/quality/1", &scores).await.assert_status(303);
    let note = [("note", "已补充告知笔录")];
    let page = centre.second.post("/cases/quality/1/mended", &note).await;
    assert!([403, 404, 409].contains(&page.status.as_u16()), "{}", page.text());
    assert_eq!(app.scalar_i64("select count(*) from case_quality where mended_on is not null").await, 0);
    centre.handler.post("/cases/quality/1/mended", &note).await.assert_status(303);
}
