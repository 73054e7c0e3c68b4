//! The ways in: passed on from a consultation, from people in custody, and what is counted of
//! send-backs.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::case_life::Centre;
use crate::support::case_life::ticked;

async fn consultation<'a>(app: &'a TestApp, changes: &[(&str, &str)]) -> (Browser<'a>, i64) {
    let mishan = app.venue("米山镇").await;
    let chen = app.person("陈立新", &[mishan]).await;
    let shift = app.published_shift(mishan, chen, "2024-05-08", "08:00-12:00").await;
    let duty = app.duty_person(chen).await;
    app.clock_to("2024-05-08 07:58");
    duty.post(&format!("/attendance/shifts/{shift}/sign-in"), &[]).await.assert_status(303);
    app.clock_to("2024-05-08 09:40");
    let shift = shift.to_string();
    let mut form = vec![
        ("shift", shift.as_str()),
        ("client_name", "王建国"),
        ("gender", "male"),
        ("phone", "13800000001"),
        ("id_number", "14999919800315001X"),
        ("township", "米山镇"),
        ("address", "米山镇侯庄村12号"),
        ("groups", "migrant_worker"),
        ("channel", "on_site"),
        ("topic", "labour"),
        ("cause", "追索劳动报酬纠纷"),
        ("facts", "2023年3月至10月在城东一处工地做木工，完工后工资没有付清。"),
        ("request", "支付拖欠的工资23450元"),
        ("advice", "可以申请法律援助，保留考勤和聊天记录。"),
        ("outcomes", "to_legal_aid"),
        ("legal_aid_hint", "yes"),
        ("told_right", "yes"),
        ("satisfaction", "satisfied"),
        ("started_at", "09:10"),
    ];
    form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    form.extend_from_slice(changes);
    duty.post("/consultations", &form).await.assert_status(303);
    let id = app.scalar_i64("select max(id) from consultations").await;
    (duty, id)
}

#[tokio::test]
async fn a_consultation_is_passed_on_once_and_nothing_is_typed_twice() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let (duty, id) = consultation(&app, &[]).await;
    let record = format!("/consultations/{id}");
    duty.get(&record).await.assert_says("转交法律援助");
    let pass = format!("/cases/from-consultation/{id}");
    let (a, b) = tokio::join!(duty.post(&pass, &[]), duty.post(&pass, &[]));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} / {}", a.text(), b.text());
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 1);
    // Both lead to each other.
    duty.get(&record)
        .await
        .assert_says("已转交")
        .assert_says("高法援登字〔2024〕001号")
        .assert_silent_on("转交法律援助中心，登记内容不用重填");
    let case = format!("/cases/{}", app.scalar_i64("select id from cases").await);
    let number = sqlx::query_scalar::<_, String>("select number from consultations")
        .fetch_one(&app.owner)
        .await
        .expect("a number");
    let page = centre.desk.get(&case).await;
    page.assert_says(&number)
        .assert_says("站点转交")
        .assert_says("王建国")
        .assert_says("149999********001X")
        .assert_says("138****0001");
    // The first of the work list, for nobody has it yet.
    centre
        .desk
        .get("/cases/work")
        .await
        .assert_says("下一件")
        .assert_says("高法援登字〔2024〕001号")
        .assert_says("未分派");
    // All of it stands in the form; only what the station could not see is added.
    let form = centre.desk.get(&format!("{case}/application")).await;
    for (name, value) in [("name", "王建国"), ("cause", "追索劳动报酬纠纷"), ("township", "米山镇")] {
        assert_eq!(form.attribute(&format!("[name={name}]"), "value").as_deref(), Some(value), "{name}");
    }
    form.assert_says("完工后工资没有付清").assert_says("23450元");
    let version = app.scalar_i64("select version::bigint from cases").await.to_string();
    centre
        .desk
        .post(
            &format!("{case}/application"),
            &[
                ("version", &version),
                ("kind", "civil_first_instance"),
                ("name", "王建国"),
                ("cause", "追索劳动报酬纠纷"),
                ("township", "米山镇"),
                ("groups", "migrant_worker"),
                ("proofs", "labour"),
                ("proofs", "id_card"),
                ("facts", "2023年3月至10月在城东一处工地做木工，完工后工资没有付清。"),
                ("request", "支付拖欠的工资23450元"),
                ("opponent", "高平市示例建筑有限公司"),
            ],
        )
        .await
        .assert_status(303);
    centre.step(&centre.desk, &case, "submit", &[]).await;
    // The sealed values came along: the number, the telephone and the address of the consultation.
    let opened = centre.desk.post(&format!("{case}/reveal"), &[("reason", "电话通知补交材料")]).await;
    opened.assert_says("14999919800315001X").assert_says("13800000001").assert_says("侯庄村12号");
    centre.grant(&case).await;
    duty.get(&record).await.assert_says("高法援字〔2024〕001号").assert_says("决定给予");
}

#[tokio::test]
async fn who_left_no_name_is_not_passed_on() {
    let app = TestApp::new().await;
    let unnamed = [("refused_identity", "yes"), ("client_name", ""), ("id_number", ""), ("phone", "")];
    let (duty, id) = consultation(&app, &unnamed).await;
    let page = duty.post(&format!("/cases/from-consultation/{id}"), &[]).await;
    page.assert_status(409).assert_says("没有留下姓名");
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 0);
}

#[tokio::test]
async fn a_consultation_of_a_minor_is_restricted_from_the_start_and_the_desk_can_take_it_up() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let changes = [
        ("groups", "minor"),
        ("id_number", "149999201003150014"),
        ("facts", "在校园内被同学殴打，要求赔偿医疗费，学校未处理。"),
    ];
    let (duty, id) = consultation(&app, &changes).await;
    duty.post(&format!("/cases/from-consultation/{id}"), &[]).await.assert_status(303);
    let case = format!("/cases/{}", app.scalar_i64("select id from cases where restricted").await);
    // Until somebody of the desk has taken it up, any of the desk may; nobody of the bureau.
    let colleague = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    colleague.get(&case).await.assert_status(200);
    app.staff(Role::BureauClerk).await.get(&case).await.assert_status(403);
    let me = centre.desk.actor().account_id.to_string();
    let cases = ticked(&app, case.rsplit('/').next().expect("an id").parse().expect("a number")).await;
    centre.desk.post("/cases/work", &[("cases", &cases), ("to", &me)]).await.assert_status(303);
    colleague.get(&case).await.assert_status(403);
}

#[tokio::test]
async fn what_a_detained_person_asked_for_is_passed_on_within_24_hours() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-09-30 16:30");
    let case = centre
        .apply(&[
            ("draft", "yes"),
            ("way", "authority"),
            ("received_on", "2024-09-30"),
            ("detained", "yes"),
            ("groups", ""),
            ("kind", "criminal_first_instance"),
            ("cause", "盗窃罪"),
            ("opponent", ""),
        ])
        .await;
    centre.desk.get(&case).await.assert_says("转交在押人员申请").assert_says("10月1日 16:30").assert_says("还剩24小时");
    app.clock_to("2024-10-01 14:00");
    centre.desk.get(&case).await.assert_says("还剩2小时");
    centre.desk.get("/cases/work").await.assert_says("还剩2小时");
    app.clock_to("2024-10-01 18:40");
    centre.desk.get(&case).await.assert_says("逾期2小时");
    centre.step(&centre.desk, &case, "submit", &[]).await;
    assert_eq!(app.scalar_i64("select count(*) from case_clocks where kind = 'pass_on' and ended_on is null").await, 0);
    // Received on 1 October: the seventh day is the 8th.
    centre.desk.get(&case).await.assert_says("2024年10月8日");
}

#[tokio::test]
async fn a_meeting_in_custody_is_due_48_hours_after_the_minute_it_was_asked_for() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-09-29 17:00");
    let case = centre.apply(&[("received_on", "2024-09-29"), ("detained", "yes")]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    let records = format!("{case}/records");
    let ask = |time: &'static str| {
        [("kind", "asked_to_meet"), ("on", "2024-09-29"), ("time", time), ("content", "向看守所提出会见")]
    };
    centre.handler.post(&records, &ask("")).await.assert_status(422).assert_says("请填写提出会见的时间");
    centre.handler.post(&records, &ask("18:30")).await.assert_status(422).assert_says("不能晚于现在");
    centre.handler.post(&records, &ask("16:10")).await.assert_status(303);
    centre.handler.get(&case).await.assert_says("10月1日 16:10").assert_says("还剩47小时");
    centre.handler.get("/home").await.assert_says("会见在押当事人");
    let calendar = centre.handler.get(&format!("{case}/hearings.ics")).await;
    assert!(!calendar.html.contains("BEGIN:VEVENT"), "a request is not a hearing: {}", calendar.html);
    app.clock_to("2024-10-01 16:40");
    centre.handler.get(&case).await.assert_says("逾期1小时");
    let met = [("kind", "meeting"), ("on", "2024-10-01"), ("content", "已会见，告知权利义务")];
    centre.handler.post(&records, &met).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from case_clocks where kind = 'meet' and ended_on is null").await, 0);
}

#[tokio::test]
async fn each_use_of_a_send_back_reason_is_counted_by_reason_month_and_person() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    centre.desk.get("/cases/send-backs").await.assert_says("这一年还没有退回");
    for (day, name, id, wording) in [
        ("2024-05-06", "王建国", "14999919800315001X", "no_identity"),
        ("2024-05-20", "王建军", "149999198003150036", "no_identity"),
        ("2024-06-12", "王建民", "149999198003150052", "no_labour_proof"),
    ] {
        app.clock_to(&format!("{day} 09:00"));
        let case =
            centre.apply(&[("name", name), ("id_number", id), ("received_on", day), ("opponent", "某公司")]).await;
        centre.step(&centre.desk, &case, "ask_supplement", &[("wording", wording), ("until", "2024-07-31")]).await;
    }
    let case =
        centre.apply(&[("name", "赵甲"), ("id_number", "149999198003150079"), ("received_on", "2024-06-12")]).await;
    let own = [("note", "请补交与雇主的聊天记录打印件"), ("until", "2024-07-31")];
    centre.step(&centre.desk, &case, "ask_supplement", &own).await;
    let page = centre.desk.get("/cases/send-backs").await;
    page.assert_says("缺身份证明").assert_says("缺劳动关系证据").assert_says("未用常用理由").assert_silent_on("王建国");
    let row = page.select("table tbody tr").into_iter().find(|row| row.contains("缺身份证明")).expect("the reason");
    assert!(row.split_whitespace().filter(|cell| *cell == "2").count() == 2, "two in May, two in the year: {row}");
    centre.director.get("/cases/send-backs?step=refuse").await.assert_says("这一年还没有退回");
    centre.desk.get("/cases/send-backs?year=2023").await.assert_says("这一年还没有退回");
    let file = centre.desk.post("/cases/send-backs/export", &[("year", "2024")]).await;
    file.assert_status(200);
    assert!(file.bytes.starts_with(b"PK"), "a workbook");
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'case.export_send_backs'").await, 1);
    centre.handler.get("/cases/send-backs").await.assert_status(403);
    app.staff(Role::Finance).await.get("/cases/send-backs").await.assert_status(403);
}
