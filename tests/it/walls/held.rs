//! What is held about a visitor or applicant, shown and given to them when they ask.

use huifa::web::permissions::Role;

use crate::routes::duty::Duty;
use crate::support::app::{Browser, TestApp};
use crate::support::case_life::Centre;

const NUMBER: &str = "14999919800315001X";

/// A consultation of the person with the number, recorded as a duty person does.
async fn consultation(app: &TestApp) -> i64 {
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let duty = Duty::new(app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    let id = duty.record(shift, "ZX-1").await;
    let seal: uuid::Uuid = sqlx::query_scalar("select seal_id from consultations where id = $1")
        .bind(id)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    let phone = app.state.seals.seal("consultation.phone", &seal.to_string(), "13800004321").unwrap();
    sqlx::query("update consultations set refused_identity = false, client_name = '王建国', id_number_index = $2, phone = $3 where id = $1")
        .bind(id)
        .bind(app.state.seals.blind_index("consultation.id_number", NUMBER))
        .bind(phone)
        .execute(&app.owner)
        .await
        .unwrap();
    id
}

async fn copy(clerk: &Browser<'_>) -> crate::support::app::Page {
    let page =
        clerk.post("/data-requests/copy", &[("id_number", NUMBER), ("reason", "本人持身份证当面申请，5月6日")]).await;
    page.assert_status(200);
    page
}

#[tokio::test]
async fn everything_held_about_a_visitor_is_found_by_their_number_and_given_as_a_document() {
    let app = TestApp::new().await;
    consultation(&app).await;
    let centre = Centre::new(&app).await;
    centre.apply(&[]).await;
    let sent = [
        ("name", "王建国"),
        ("id_number", NUMBER),
        ("phone", "13800004321"),
        ("facts", "工资拖欠三个月，多次催要没有结果。"),
        ("request", "要回工资"),
        ("agreed", "yes"),
    ];
    app.stranger().post_bare("/legal-aid", &sent).await.assert_status(200);
    let clerk = app.staff(Role::BureauClerk).await;
    // Beside it somebody else's case, application and wish, and an application that became a case.
    let other = ("id_number", "149999198003150036");
    let facts = ("facts", "别人的经过：房屋漏水，物业多次不修，家具都泡坏了。");
    centre.apply(&[("name", "王建军"), other, ("phone", "13800000002"), ("opponent", "某物业公司"), facts]).await;
    let theirs = [("name", "王建军"), other, ("phone", "13800000002"), facts, sent[4], sent[5]];
    app.stranger().post_bare("/legal-aid", &theirs).await.assert_status(200);
    clerk.post("/data-requests/corrections", &[other, ("wish", "别人的更正要求")]).await.assert_status(303);
    app.execute(
        "insert into case_online (bureau_id, seal_id, number, name, gender, id_number, id_number_index, id_number_mask, phone,
             phone_index, phone_mask, facts, request, sent_at, status, answered_by, answered_at, case_id)
         select o.bureau_id, o.seal_id_other, 'x', o.name, o.gender, o.id_number, o.id_number_index, o.id_number_mask, o.phone,
             o.phone_index, o.phone_mask, o.facts, o.request, o.sent_at, 'opened', c.registered_by, o.sent_at, c.id
         from (select *, gen_random_uuid() as seal_id_other from case_online order by id limit 1) o,
              (select * from cases order by id limit 1) c",
    )
    .await;
    clerk.get("/data-requests").await.assert_status(200).assert_says("十五个工作日");
    let found = clerk.post("/data-requests/look", &[("id_number", NUMBER)]).await;
    found.assert_status(200).assert_says("ZX-1").assert_says("网上申请").assert_says("可以提供副本");
    // Neither what was said nor a telephone stands on the page, and the number in no address.
    found.assert_silent_on("13800004321").assert_silent_on("木工").assert_silent_on("漏水");
    assert!(!found.html.contains(&format!("?id_number={NUMBER}")));
    let looked = "select count(*) from audit_records where action = 'client.look' and subject_id like '%****%'";
    assert_eq!(app.scalar_i64(looked).await, 1);

    let refused = clerk.post("/data-requests/copy", &[("id_number", NUMBER), ("reason", "看")]).await;
    refused.assert_status(422).assert_says("请写明依据");
    let document = copy(&clerk).await;
    assert!(document.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    document.assert_says("13800004321").assert_says("木工").assert_says("工资拖欠三个月").assert_says("满意度评价");
    document.assert_silent_on("别人的").assert_silent_on("王建军");
    let given =
        "select count(*) from audit_records where action = 'client.copy' and note = '本人持身份证当面申请，5月6日'
                 and (after->>'consultations')::int = 1 and (after->>'cases')::int = 1 and (after->>'online')::int = 1";
    assert_eq!(app.scalar_i64(given).await, 1);
    let nobody = clerk.post("/data-requests/look", &[("id_number", "149999198503020013")]).await;
    assert!([200, 422].contains(&nobody.status.as_u16()));
    let short = clerk.post("/data-requests/look", &[("id_number", "123")]).await;
    short.assert_status(422);
    assert!(short.select("#e-id_number").join("").contains("18 位"), "{}", short.text());
}

#[tokio::test]
async fn a_restricted_case_is_named_and_stays_closed() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[("restricted", "yes")]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    // It has a handler with an account, and somebody is named for it: not this clerk.
    let other = app.staff(Role::BureauClerk).await.actor().account_id;
    app.execute(&format!(
        "update cases set handler_id = {};
         insert into case_access (case_id, account_id, granted_at, granted_by) select id, {other}, now(), {other} from cases",
        centre.zhao
    ))
    .await;
    clerk
        .post("/data-requests/look", &[("id_number", NUMBER)])
        .await
        .assert_status(200)
        .assert_says("限定查阅，由有权查阅的人员另行答复")
        .assert_silent_on("木工");
    copy(&clerk)
        .await
        .assert_says("另行答复")
        .assert_silent_on("木工")
        .assert_silent_on("13800000001")
        .assert_silent_on("示例建筑");
    // Named for the case, the same clerk may.
    let (id, account) = (case.rsplit('/').next().unwrap(), clerk.actor().account_id);
    app.execute(&format!(
        "insert into case_access (case_id, account_id, granted_at, granted_by) values ({id}, {account}, now(), {account})"
    ))
    .await;
    copy(&clerk).await.assert_says("木工").assert_says("13800000001");
}

#[tokio::test]
async fn only_the_clerk_of_the_bureau_answers_and_only_with_a_fresh_proof() {
    let app = TestApp::new().await;
    consultation(&app).await;
    let venue = app.venue("米山镇").await;
    for role in [
        Role::Approver,
        Role::Finance,
        Role::Leader,
        Role::LegalAidDirector,
        Role::SystemAdministrator,
        Role::AuditAdministrator,
    ] {
        let somebody = app.staff(role).await;
        somebody.get("/data-requests").await.assert_status(403);
        somebody
            .post("/data-requests/look", &[("id_number", NUMBER)])
            .await
            .assert_status(403)
            .assert_silent_on("ZX-1");
        somebody.post("/data-requests/copy", &[("id_number", NUMBER), ("reason", "本人申请")]).await.assert_status(403);
    }
    app.staff_at(Role::VenueStaff, venue).await.get("/data-requests").await.assert_status(403);
    let clerk = app.staff(Role::BureauClerk).await;
    app.execute("update sessions set proved_at = '2024-01-01'").await;
    let asked = clerk.post("/data-requests/copy", &[("id_number", NUMBER), ("reason", "本人当面申请")]).await;
    asked.assert_status(403).assert_says("请确认是您本人").assert_silent_on("13800004321");
    // What belongs to another bureau is not there for this one.
    app.execute("update consultations set id_number_index = null").await;
    let found = clerk.post("/data-requests/look", &[("id_number", NUMBER)]).await;
    found.assert_status(200).assert_says("没有咨询记录");
}

#[tokio::test]
async fn a_wish_for_correction_is_noted_sealed_and_answered_once() {
    let app = TestApp::new().await;
    let (clerk, other) = (app.staff(Role::BureauClerk).await, app.staff(Role::BureauClerk).await);
    let wish = [("id_number", NUMBER), ("wish", "电话写错了，应当是尾号4321")];
    clerk.post("/data-requests/corrections", &wish).await.assert_status(303);
    clerk
        .post("/data-requests/corrections", &[("id_number", NUMBER)])
        .await
        .assert_status(422)
        .assert_says("要求更正的内容");
    let id = app.scalar_i64("select id from data_corrections").await;
    assert_eq!(app.scalar_i64("select count(*) from data_corrections where id_number_mask like '%****%'").await, 1);
    let at = format!("/data-requests/corrections/{id}");
    clerk.post(&at, &[("result", "done")]).await.assert_status(422);
    let answer = [("result", "done"), ("answer", "已在咨询记录中更正")];
    let (one, two) = tokio::join!(clerk.post(&at, &answer), other.post(&at, &answer));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let page = clerk.post("/data-requests/look", &[("id_number", NUMBER)]).await;
    page.assert_status(200).assert_says("已更正：已在咨询记录中更正");
    // Five years after the answer it goes.
    app.clock_to("2029-05-07 08:00");
    assert_eq!(huifa::jobs::retention::run(&app.state).await.unwrap().corrections, 1);
}
