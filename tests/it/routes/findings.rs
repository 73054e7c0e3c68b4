//! Findings: proposed, told, objected to, confirmed or revoked.

use huifa::findings;
use huifa::web::permissions::Role;

use super::duty::{Duty, work};
use crate::support::app::{Browser, Page, TestApp};

/// Somebody on duty at 米山镇 on Wednesday 8 May 2024, served in full; today is the Thursday after.
struct Case {
    app: TestApp,
    venue: i64,
    person: i64,
    shift: i64,
}

impl Case {
    async fn new() -> Case {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let person = app.person("毕示远", &[venue]).await;
        let duty = Duty::new(&app).await;
        let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
        duty.serve(shift).await;
        app.clock_to("2024-05-09 09:00");
        Case { app, venue, person, shift }
    }

    async fn staff(&self) -> Browser<'_> {
        self.app.staff_at(Role::VenueStaff, self.venue).await
    }

    async fn propose(&self, who: &Browser<'_>, fields: &[(&str, &str)]) -> Page {
        let shift = self.shift.to_string();
        let mut all = vec![("shift", shift.as_str())];
        all.extend_from_slice(fields);
        who.post("/findings", &all).await
    }

    /// An absence at ten o'clock, proposed by the station's staff.
    async fn off_post(&self, who: &Browser<'_>) -> String {
        let fields = [("kind", "off_post"), ("time", "10:00"), ("evidence", "点名时不在岗，电话不通。")];
        let page = self.propose(who, &fields).await;
        page.assert_status(303);
        page.location.expect("the finding")
    }

    async fn status(&self) -> String {
        sqlx::query_scalar("select status from findings order by id desc limit 1")
            .fetch_one(&self.app.owner)
            .await
            .expect("a finding")
    }
}

#[tokio::test]
async fn a_finding_goes_from_proposal_to_confirmation_through_three_people() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let at = case.off_post(&staff).await;
    let page = staff.get(&at).await;
    page.assert_status(200)
        .assert_says("拟扣")
        .assert_says("150.00元")
        .assert_says("五(二)1(4)")
        .assert_says("10:00点名");

    let person = case.app.duty_person(case.person).await;
    person.get(&at).await.assert_status(404);
    person.get("/findings").await.assert_says("没有扣款事项");

    let approver = case.app.staff(Role::Approver).await;
    let early = approver.post(&format!("{at}/confirm"), &[("note", "属实")]).await;
    early.assert_status(409).assert_says("还没有告知本人");

    staff.post(&format!("{at}/tell"), &[]).await.assert_status(303);
    person.get(&at).await.assert_status(200).assert_says("异议期").assert_says("至5月13日").assert_says("提交异议");
    person.post(&format!("{at}/object"), &[("note", "")]).await.assert_status(409).assert_says("请写明异议");
    person.post(&format!("{at}/object"), &[("note", "当时陪当事人去卫生间。")]).await.assert_status(303);
    assert_eq!(case.status().await, "objected");

    let silent = approver.post(&format!("{at}/confirm"), &[("note", " ")]).await;
    silent.assert_status(409).assert_says("请答复本人的异议");
    approver.post(&format!("{at}/confirm"), &[("note", "监控显示离岗50分钟。")]).await.assert_status(303);
    assert_eq!(case.status().await, "confirmed");
    let page = person.get(&at).await;
    page.assert_says("监控显示离岗50分钟。").assert_says("我的异议");
    assert_eq!(case.app.scalar_i64("select count(*) from finding_steps").await, 4);
    assert_eq!(case.app.scalar_i64("select count(*) from audit_records where subject = 'finding'").await, 4);
}

#[tokio::test]
async fn whoever_proposed_does_not_confirm() {
    let case = Case::new().await;
    let clerk = case.app.staff(Role::BureauClerk).await;
    let at = case.off_post(&clerk).await;
    clerk.post(&format!("{at}/tell"), &[]).await.assert_status(303);
    case.app.clock_to("2024-05-20 09:00");
    let own = clerk.post(&format!("{at}/confirm"), &[("note", "属实")]).await;
    own.assert_status(409).assert_says("须由另一人认定");
    assert_eq!(case.status().await, "told");
    let by_sql = case
        .app
        .refused_by("update findings set status = 'confirmed', decided_by = proposed_by, decided_at = now()")
        .await;
    assert_eq!(by_sql, "findings_second_person");
    let untold = case
        .app
        .refused_by("update findings set status = 'confirmed', told_by = null, told_at = null, objection_until = null, decided_by = told_by, decided_at = now()")
        .await;
    assert!(untold.starts_with("findings_"), "{untold}");
}

#[tokio::test]
async fn roles_and_venues_limit_who_acts() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let at = case.off_post(&staff).await;
    staff.post(&format!("{at}/confirm"), &[("note", "属实")]).await.assert_status(403);
    case.app.staff(Role::Leader).await.post(&format!("{at}/tell"), &[]).await.assert_status(403);
    case.app.staff(Role::Finance).await.get("/findings").await.assert_status(403);
    let elsewhere = case.app.venue("三甲镇").await;
    let other = case.app.staff_at(Role::VenueStaff, elsewhere).await;
    other.get(&at).await.assert_status(404);
    other.post(&format!("{at}/tell"), &[]).await.assert_status(404);
    case.propose(&other, &[("kind", "false_duty"), ("evidence", "证据")]).await.assert_status(404);
    let stranger = case.app.person("生面孔", &[]).await;
    let stranger = case.app.duty_person(stranger).await;
    staff.post(&format!("{at}/tell"), &[]).await.assert_status(303);
    stranger.get(&at).await.assert_status(404);
    stranger.post(&format!("{at}/object"), &[("note", "替人")]).await.assert_status(404);
    assert_eq!(case.status().await, "told");
}

#[tokio::test]
async fn a54_the_objection_has_three_working_days_and_a_hasty_confirmation_needs_a_reason() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let at = case.off_post(&staff).await;
    staff.post(&format!("{at}/tell"), &[]).await.assert_status(303);
    let approver = case.app.staff(Role::Approver).await;
    let hasty = approver.post(&format!("{at}/confirm"), &[]).await;
    hasty.assert_status(409).assert_says("异议期未满");
    // 9 May is a Thursday; Saturday the 11th is worked in exchange: Friday, Saturday, Monday.
    case.app.clock_to("2024-05-14 08:00");
    let person = case.app.duty_person(case.person).await;
    let late = person.post(&format!("{at}/object"), &[("note", "不服")]).await;
    late.assert_status(409).assert_says("异议期已于");
    approver.post(&format!("{at}/confirm"), &[]).await.assert_status(303);
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_as_typed() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let long = format!("证据在此{}", "长".repeat(997));
    staff
        .post("/findings", &[("kind", "false_duty"), ("evidence", "证据在此")])
        .await
        .assert_status(422)
        .assert_says("请先选择班次");
    for (fields, words) in [
        (&[("kind", "false_duty"), ("evidence", long.as_str())][..], "请控制在1000字以内"),
        (&[("kind", "dissatisfied"), ("matter", &long[..183]), ("evidence", "证据在此")], "请控制在60字以内"),
        (&[("evidence", "证据在此")], "请选择事项"),
        (&[("kind", "off_post"), ("evidence", "证据在此")], "请填写点名时间"),
        (&[("kind", "off_post"), ("time", "25:00"), ("evidence", "证据在此")], "24小时制"),
        (&[("kind", "record_defect"), ("evidence", "证据在此")], "请选择有缺项或不规范的咨询记录"),
        (&[("kind", "dissatisfied"), ("evidence", "证据在此")], "写明是哪一事项"),
        (&[("kind", "false_duty")], "请写明事实和证据"),
        (&[("kind", "off_post"), ("time", "13:00"), ("evidence", "证据在此")], "点名时间不在班次之内"),
        (&[("kind", "record_defect"), ("record", "999999"), ("evidence", "证据在此")], ""),
    ] {
        let page = case.propose(&staff, fields).await;
        if words.is_empty() {
            page.assert_status(404);
            continue;
        }
        page.assert_status(422).assert_says(words);
        if fields.iter().any(|(name, _)| *name == "evidence") {
            page.assert_says("证据在此");
        }
    }
    assert_eq!(case.app.scalar_i64("select count(*) from findings").await, 0);
}

#[tokio::test]
async fn a18_one_absence_is_of_one_kind() {
    let case = Case::new().await;
    let staff = case.staff().await;
    case.off_post(&staff).await;
    let fields = [("kind", "false_duty"), ("time", "10:00"), ("evidence", "同一次点名")];
    case.propose(&staff, &fields).await.assert_status(422).assert_says("一次缺岗只认定一种");
    let twice = [("kind", "off_post"), ("time", "10:00"), ("evidence", "再写一次")];
    case.propose(&staff, &twice).await.assert_status(422).assert_says("已经提出过");
    let later = [("kind", "off_post"), ("time", "11:00"), ("evidence", "第二次点名又不在")];
    case.propose(&staff, &later).await.assert_status(303);
    case.app.execute(&format!("delete from attendances where shift_id = {}", case.shift)).await;
    let absent = [("kind", "off_post"), ("time", "11:30"), ("evidence", "没有来")];
    case.propose(&staff, &absent).await.assert_status(422).assert_says("没有签到");
}

#[tokio::test]
async fn a08_a09_a_record_and_a_matter_cost_once() {
    let case = Case::new().await;
    let duty = Duty::new(&case.app).await;
    let staff = case.staff().await;
    let record = duty.record(case.shift, "MS-240508-001").await.to_string();
    let defect = [("kind", "record_defect"), ("record", record.as_str()), ("evidence", "缺解答意见")];
    case.propose(&staff, &defect).await.assert_status(303);
    case.propose(&staff, &defect).await.assert_status(422).assert_says("每份记录只扣一次");
    let rated = [("kind", "dissatisfied"), ("record", record.as_str()), ("evidence", "评价不满意，电话核实属实")];
    case.propose(&staff, &rated).await.assert_status(303);
    case.propose(&staff, &rated).await.assert_status(422).assert_says("只扣一次");
    let named = [("kind", "dissatisfied"), ("matter", "投诉登记第3号"), ("evidence", "属实")];
    case.propose(&staff, &named).await.assert_status(303);
    let same = [("kind", "dissatisfied"), ("matter", "投诉登记 第３号"), ("evidence", "属实")];
    case.propose(&staff, &same).await.assert_status(422).assert_says("只扣一次");
    let mut at_work = work(&case.app.state, staff.actor()).await;
    let again = findings::propose_record_defect(&mut at_work, record.parse().unwrap(), "缺诉求").await.expect("asked");
    assert_eq!(again, None);
}

#[tokio::test]
async fn late_and_early_are_proposed_by_the_system_once_and_withdrawn_after_a_correction() {
    let case = Case::new().await;
    let duty = Duty::new(&case.app).await;
    let app = &case.app;
    app.execute(&format!("delete from attendances where shift_id = {}", case.shift)).await;
    duty.attend(case.shift, "08:12", Some("11:30")).await;
    let staff = case.staff().await;
    for _ in 0..2 {
        let mut at_work = work(&app.state, staff.actor()).await;
        findings::propose_from_attendance(&mut at_work, case.shift).await.expect("proposed");
        let _ = at_work.commit().await;
    }
    assert_eq!(app.scalar_i64("select count(*) from findings where proposed_by is null").await, 2);
    staff.get("/findings").await.assert_says("迟到12分钟").assert_says("早退30分钟");

    app.execute("update attendances set signed_in_at = signed_in_at - interval '12 minutes', late_minutes = 0").await;
    let mut at_work = work(&app.state, staff.actor()).await;
    findings::propose_from_attendance(&mut at_work, case.shift).await.expect("withdrawn");
    at_work.commit().await.expect("committed");
    assert_eq!(app.scalar_i64("select count(*) from findings where kind = 'late' and status = 'revoked'").await, 1);
    assert_eq!(
        app.scalar_i64("select count(*) from findings where kind = 'early_leave' and status = 'proposed'").await,
        1
    );
    assert_eq!(app.scalar_i64("select count(*) from finding_steps where note like '系统自动撤销%'").await, 1);

    // What a person let go is not proposed again.
    let approver = app.staff(Role::Approver).await;
    let id = app.scalar_i64("select id from findings where kind = 'early_leave'").await;
    approver.post(&format!("/findings/{id}/revoke"), &[("note", "经批准提前离开")]).await.assert_status(303);
    let mut at_work = work(&app.state, staff.actor()).await;
    findings::propose_from_attendance(&mut at_work, case.shift).await.expect("nothing to do");
    drop(at_work);
    assert_eq!(app.scalar_i64("select count(*) from findings where status <> 'revoked'").await, 0);
}

#[tokio::test]
async fn r13_a_missing_sign_out_becomes_early_leave_and_a19_an_absence_is_only_listed() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08"), (person, venue, "2024-05-15")]).await;
    duty.attend(shifts[0], "08:00", None).await;
    app.clock_to("2024-05-16 09:00");
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    let page = staff.get("/findings/check/2024-05").await;
    page.assert_status(200).assert_says("为1个班次提出早退").assert_says("提出不在岗");
    staff.post("/findings/check/2024-05", &[]).await.assert_status(303);
    assert_eq!(
        app.scalar_i64("select count(*) from findings where kind = 'early_leave' and proposed_by is null").await,
        1
    );
    staff.post("/findings/check/2024-05", &[]).await.assert_status(409).assert_says("没有新的");
    assert_eq!(app.scalar_i64("select count(*) from findings").await, 1);
    let form = staff.get(&format!("/findings/new?shift={}&kind=false_duty", shifts[1])).await;
    form.assert_status(200).assert_says("没有签到。");
    assert_eq!(form.attribute("input[name=kind][checked]", "value").as_deref(), Some("false_duty"));
    staff.get("/findings/new?on=2024-05-08").await.assert_says("毕示远").assert_says("08:00签到");
}

#[tokio::test]
async fn several_are_told_and_confirmed_together_all_or_none() {
    let app = TestApp::new().await;
    let centre = app.venue("市公共法律服务中心").await;
    let person = app.person("毕示远", &[centre]).await;
    let duty = Duty::new(&app).await;
    let days = ["2024-05-06", "2024-05-07", "2024-05-08"];
    let shifts = duty.publish("2024-05", &days.map(|day| (person, centre, day))).await;
    app.clock_to("2024-05-09 09:00");
    let staff = app.staff_at(Role::VenueStaff, centre).await;
    let mut ids = Vec::new();
    for shift in &shifts {
        duty.attend(*shift, "08:05", Some("18:00")).await;
        let mut at_work = work(&app.state, staff.actor()).await;
        findings::propose_from_attendance(&mut at_work, *shift).await.expect("proposed");
        at_work.commit().await.expect("committed");
        ids.push(app.scalar_i64("select max(id) from findings").await);
    }
    let query: String = ids.iter().map(|id| format!("&id={id}")).collect();
    let page = staff.get(&format!("/findings/together?step=tell{query}")).await;
    page.assert_status(200).assert_says("一并告知本人3项").assert_says("150.00");
    let seen = |version: i32| ids.iter().map(|id| format!("{id}:{version}")).collect::<Vec<_>>();
    let first = seen(1);
    let fields: Vec<_> = first.iter().map(|pair| ("seen", pair.as_str())).chain([("step", "tell")]).collect();
    staff.post("/findings/together", &fields).await.assert_status(303);
    let denied: Vec<_> = first.iter().map(|pair| ("seen", pair.as_str())).chain([("step", "confirm")]).collect();
    staff.post("/findings/together", &denied).await.assert_status(403);

    app.clock_to("2024-05-20 09:00");
    let approver = app.staff(Role::Approver).await;
    approver.get("/findings?status=told").await.assert_says("一并认定勾选的事项");
    let second = seen(2);
    let mut stale = second.clone();
    stale[2] = format!("{}:1", ids[2]);
    let fields: Vec<_> = stale.iter().map(|pair| ("seen", pair.as_str())).chain([("step", "confirm")]).collect();
    approver.post("/findings/together", &fields).await.assert_status(409).assert_says("全部没有办理");
    assert_eq!(app.scalar_i64("select count(*) from findings where status = 'confirmed'").await, 0);
    let fields: Vec<_> = second.iter().map(|pair| ("seen", pair.as_str())).chain([("step", "confirm")]).collect();
    approver.post("/findings/together", &fields).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from findings where status = 'confirmed'").await, 3);
    approver.get("/findings/together?step=confirm").await.assert_status(422).assert_says("还没有勾选");
}

#[tokio::test]
async fn of_two_decisions_at_once_one_wins() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let at = case.off_post(&staff).await;
    staff.post(&format!("{at}/tell"), &[]).await.assert_status(303);
    case.app.clock_to("2024-05-20 09:00");
    let (one, two) = (case.app.staff(Role::Approver).await, case.app.staff(Role::BureauClerk).await);
    let (confirm, revoke) = (format!("{at}/confirm"), format!("{at}/revoke"));
    let fields = [("version", "2"), ("note", "核实")];
    let (first, second) = tokio::join!(one.post(&confirm, &fields), two.post(&revoke, &fields));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} / {}", first.text(), second.text());
    assert_eq!(
        case.app.scalar_i64("select count(*) from finding_steps where status in ('confirmed', 'revoked')").await,
        1
    );
}

#[tokio::test]
async fn the_list_is_filtered_by_its_address() {
    let case = Case::new().await;
    let staff = case.staff().await;
    case.off_post(&staff).await;
    let clerk = case.app.staff(Role::BureauClerk).await;
    let found = "点名时不在岗";
    for query in ["", "?month=2024-05", "?kind=off_post", "?status=proposed", "?person=毕示", "?month=nonsense"] {
        clerk.get(&format!("/findings{query}")).await.assert_status(200).assert_says(found);
    }
    for query in ["?month=2024-06", "?kind=late", "?status=told", "?person=张", "?person=999"] {
        clerk.get(&format!("/findings{query}")).await.assert_status(200).assert_says("没有符合条件");
    }
    clerk.get("/findings/999999").await.assert_status(404);
    clerk.get("/findings/nothing").await.assert_status(404);
}

/// A finding and the certification of its venue's month in the same instant: either the certification waits for the
/// finding, or the finding comes after it as a later one; never is a certified month without the finding's knowing.
#[tokio::test]
async fn a_finding_in_the_instant_of_the_certification_is_before_it_or_after_it() {
    for _ in 0..5 {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let person = app.person("毕示远", &[venue]).await;
        let shift = app.published_shift(venue, person, "2024-05-08", "08:00-12:00").await;
        Duty::new(&app).await.serve(shift).await;
        app.clock_to("2024-06-03 09:00");
        let (clerk, staff) = (app.staff(Role::BureauClerk).await, app.staff_at(Role::VenueStaff, venue).await);
        let id = shift.to_string();
        let form = [("shift", id.as_str()), ("kind", "off_post"), ("time", "10:00"), ("evidence", "点名不在岗")];
        let certify = format!("/attendance/2024-05/venues/{venue}/certify");
        let (found, certified) = tokio::join!(clerk.post("/findings", &form), staff.post(&certify, &[]));
        found.assert_status(303);
        let before = app
            .scalar_i64(
                "select count(*) from findings f join audit_records a on a.subject = 'finding' and a.subject_id = f.id::text
                 where a.id < (select coalesce(max(id), 0) from audit_records where action = 'attendance.certify')
                   and f.status = 'proposed'",
            )
            .await;
        let reported = app.scalar_i64("select count(*) from venue_months where status = 'reported'").await;
        // A reported month has no finding that was there before its report.
        assert!(reported == 0 || before == 0, "{} {reported} {before}", certified.status);
    }
}

#[tokio::test]
async fn a_finding_is_of_a_shift_that_began_and_of_a_record_made_in_it() {
    let case = Case::new().await;
    let staff = case.staff().await;
    let duty = Duty::new(&case.app).await;
    let other = case.app.person("邓示安", &[case.venue]).await;
    let later = duty.publish("2024-06", &[(other, case.venue, "2024-06-05"), (other, case.venue, "2024-06-12")]).await;
    let evidence = ("evidence", "点名时不在岗，电话不通。");
    let to_come = [("shift", &*later[0].to_string()), ("kind", "off_post"), ("time", "10:00"), evidence];
    staff.post("/findings", &to_come).await.assert_status(422).assert_says("还没有开始");
    let record = duty.record(case.shift, "140581101-202405-0001").await.to_string();
    case.app.clock_to("2024-06-06 09:00");
    let foreign = [("shift", &*later[0].to_string()), ("kind", "record_defect"), ("record", record.as_str()), evidence];
    case.app
        .staff(Role::BureauClerk)
        .await
        .post("/findings", &foreign)
        .await
        .assert_status(422)
        .assert_says("不是这个班次的记录");
    let long = "长".repeat(1001);
    let page = case.propose(&staff, &[("kind", "off_post"), ("time", "10:00"), ("evidence", &long)]).await;
    page.assert_status(422).assert_says("字以内");
    assert_eq!(case.app.scalar_i64("select count(*) from findings").await, 0);
}
