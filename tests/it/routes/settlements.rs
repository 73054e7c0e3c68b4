//! Settlements: calculated by one, approved by another, paid by a third.

use std::collections::BTreeMap;

use huifa::settlement;
use huifa::web::permissions::Role;
use serde_json::Value;

use super::duty::{Duty, statements_of, work};
use crate::support::app::{Browser, TestApp};

/// The three people of a month.
struct Office<'a> {
    clerk: Browser<'a>,
    approver: Browser<'a>,
    finance: Browser<'a>,
}

impl<'a> Office<'a> {
    async fn of(app: &'a TestApp) -> Office<'a> {
        Office {
            clerk: app.staff(Role::BureauClerk).await,
            approver: app.staff(Role::Approver).await,
            finance: app.staff(Role::Finance).await,
        }
    }

    async fn calculate(&self, month: &str) {
        let page = self.clerk.post(&format!("/settlements/{month}/calculate"), &[]).await;
        page.assert_status(303);
    }

    async fn review(&self, month: &str) {
        let reason = [("reason", "须在10日前发放")];
        self.clerk.post(&format!("/settlements/{month}/review"), &reason).await.assert_status(303);
    }

    /// Reviewed first.
    async fn approve(&self, month: &str) {
        self.review(month).await;
        self.approver.post(&format!("/settlements/{month}/approve"), &[]).await.assert_status(303);
    }

    async fn pay(&self, month: &str) {
        self.finance.post(&format!("/settlements/{month}/pay"), &[]).await.assert_status(303);
    }

    async fn settle(&self, month: &str) {
        self.calculate(month).await;
        self.approve(month).await;
        self.pay(month).await;
    }
}

/// One person with four Wednesdays at 米山镇 in May 2024, all served and reported; today is 3 June.
struct May {
    app: TestApp,
    person: i64,
    shifts: Vec<i64>,
}

impl May {
    async fn new() -> May {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let person = app.person("毕示远", &[venue]).await;
        let duty = Duty::new(&app).await;
        let days = ["2024-05-08", "2024-05-15", "2024-05-22", "2024-05-29"];
        let shifts = duty.publish("2024-05", &days.map(|day| (person, venue, day))).await;
        for shift in &shifts {
            duty.serve(*shift).await;
        }
        duty.report("2024-05").await;
        duty.fund(100_000).await;
        app.clock_to("2024-06-03 09:00");
        May { app, person, shifts }
    }
}

async fn amounts(app: &TestApp, person: i64, month: &str) -> (String, String, String, String) {
    let row: (String, String, String, String) = sqlx::query_as(
        "select i.subtotal::text, i.adjustment::text, i.payable::text, i.receivable::text
         from settlement_items i join settlements s on s.id = i.settlement_id
         where i.person_id = $1 and s.month = $2::date",
    )
    .bind(person)
    .bind(format!("{month}-01"))
    .fetch_one(&app.owner)
    .await
    .expect("an item");
    row
}

/// domain 8.2: every worked example that lies in one month, driven through the database.
#[tokio::test]
async fn the_worked_examples_come_out_of_the_database() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../vectors/duty-pay.json")).expect("the vectors");
    let app = TestApp::new().await;
    let duty = Duty::new(&app).await;
    let centre = app.venue("市公共法律服务中心").await;
    let station = app.venue("米山镇").await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // (month → person, venue, day) with the example's number and the shift's place in it.
    let mut shifts: BTreeMap<String, Vec<(i64, i64, String)>> = BTreeMap::new();
    let mut facts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut people = Vec::new();
    for vector in vectors.iter().filter(|vector| vector["request"]["adjustments"] == Value::Array(Vec::new())) {
        let request = &vector["request"];
        let month = text(&request["month"]);
        let person = app.person(&text(&request["person"]["name"]), &[]).await;
        if request["person"]["public_official"] == Value::Bool(true) {
            app.execute(&format!("update persons set public_official = true where id = {person}")).await;
        }
        for shift in request["shifts"].as_array().expect("shifts") {
            let venue = if shift["venue_kind"] == "station" { station } else { centre };
            shifts.entry(month.clone()).or_default().push((person, venue, text(&shift["date"])));
            facts.entry(month.clone()).or_default().push(shift.clone());
        }
        people.push((text(&vector["id"]), month, person, vector["expected"].clone()));
    }
    app.clock_to("2024-09-02 09:00");
    for (month, rows) in &shifts {
        let borrowed: Vec<_> = rows.iter().map(|(person, venue, day)| (*person, *venue, day.as_str())).collect();
        let ids = duty.publish(month, &borrowed).await;
        for (id, shift) in ids.iter().zip(&facts[month]) {
            if shift["served"] == Value::Bool(true) {
                duty.serve(*id).await;
            }
            for (kind, count) in shift["findings"].as_object().expect("findings") {
                for number in 0..count.as_u64().expect("a number") {
                    duty.confirmed(*id, kind, &number.to_string()).await;
                }
            }
        }
        duty.report(month).await;
        let clerk = app.staff(Role::BureauClerk).await;
        let mut at_work = work(&app.state, clerk.actor()).await;
        settlement::calculate(&mut at_work, duty.scope(), month.parse().expect("a month")).await.expect("calculated");
        at_work.commit().await.expect("committed");
    }
    assert!(people.len() >= 19, "only {} examples were driven", people.len());
    for (id, month, person, expected) in people {
        let (subtotal, _, payable, receivable) = amounts(&app, person, &month).await;
        assert_eq!(subtotal, text(&expected["subtotal"]), "{id} subtotal");
        assert_eq!(payable, text(&expected["payable"]), "{id} payable");
        assert_eq!(receivable, text(&expected["receivable"]), "{id} receivable");
        let lines: Vec<String> = sqlx::query_scalar(
            "select l.payable::text from settlement_lines l join shifts s on s.id = l.shift_id
             where s.person_id = $1 order by s.duty_on",
        )
        .bind(person)
        .fetch_all(&app.owner)
        .await
        .expect("lines");
        let wanted: Vec<String> = expected["shift_payable"].as_array().expect("a list").iter().map(text).collect();
        assert_eq!(lines, wanted, "{id} per shift");
    }
}

#[tokio::test]
async fn a_month_goes_from_calculation_to_payment_through_three_people() {
    let may = May::new().await;
    let app = &may.app;
    let duty = Duty::new(app).await;
    duty.confirmed(may.shifts[0], "off_post", "10:00").await;
    let office = Office::of(app).await;
    office.clerk.get("/settlements").await.assert_status(200).assert_says("2024年5月").assert_says("已齐报");
    let board = office.clerk.get("/settlements/2024-05").await;
    board.assert_status(200).assert_says("6月10日前（遇节假日，请于6月7日前办理）").assert_says("1/1个服务点");
    office.calculate("2024-05").await;
    let board = office.approver.get("/settlements/2024-05").await;
    board.assert_status(200).assert_says("1,050.00").assert_says("壹仟零伍拾元整").assert_says("还没有复核");
    board.assert_silent_on("审批通过").assert_says("退回经办人");
    office.review("2024-05").await;
    office.approver.get("/settlements/2024-05").await.assert_says("审批通过");
    let person = office.approver.get(&format!("/settlements/2024-05/people/{}", may.person)).await;
    person
        .assert_status(200)
        .assert_says("点名抽查发现无正当理由脱岗1次")
        .assert_says("五(二)1(4)")
        .assert_says("−150.00");
    office.approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    office.pay("2024-05").await;
    let board = office.clerk.get("/settlements/2024-05").await;
    board.assert_says("已发放");
    assert_eq!(board.select(".steps .step-done").len(), 6);
    assert_eq!(
        app.scalar_i64("select balance::bigint from fund_accounts where code = 'earmarked_duty_subsidy'").await,
        1050
    );
    let sheet = office.finance.get("/settlements/2024-05/print").await;
    sheet
        .assert_status(200)
        .assert_says("值班补贴发放表")
        .assert_says("实发合计（大写）：壹仟零伍拾元整")
        .assert_says("领款签字");
    for step in ["calculate", "approve", "return", "pay"] {
        assert!(app.scalar_i64("select count(*) from audit_records where subject = 'settlement'").await >= 3, "{step}");
    }
    assert_eq!(settlement::check::faults(&mut app.owner.acquire().await.unwrap(), app.bureau).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn nobody_does_two_steps_and_no_role_does_anothers() {
    let may = May::new().await;
    let office = Office::of(&may.app).await;
    let at = |step: &str| format!("/settlements/2024-05/{step}");
    office.approver.post(&at("calculate"), &[]).await.assert_status(403);
    office.clerk.post(&at("approve"), &[]).await.assert_status(403);
    office.clerk.post(&at("pay"), &[]).await.assert_status(403);
    office.approver.post(&at("approve"), &[]).await.assert_status(409).assert_says("还没有计算");
    office.calculate("2024-05").await;
    office.finance.post(&at("pay"), &[]).await.assert_status(409).assert_says("还没有审批");
    let unreviewed = may.app.staff(Role::Approver).await;
    unreviewed.post(&at("approve"), &[]).await.assert_status(409).assert_says("还没有复核");
    office.clerk.post(&at("review"), &[]).await.assert_status(409).assert_says("异议期到2024年6月6日结束");
    office.approver.post(&at("review"), &[("reason", "x")]).await.assert_status(403);
    office.review("2024-05").await;
    office.clerk.post(&at("review"), &[("reason", "x")]).await.assert_status(409).assert_says("已经复核");
    // The same account in another role: the person counts, not the role.
    let account = office.clerk.actor().account_id;
    may.app.execute(&format!("update accounts set role = 'approver' where id = {account}")).await;
    office.clerk.post(&at("approve"), &[]).await.assert_status(409).assert_says("须由另一人审批");
    office.approver.post(&at("approve"), &[]).await.assert_status(303);
    office.approver.post(&at("approve"), &[]).await.assert_status(409).assert_says("已经审批过");
    for account in [account, office.approver.actor().account_id] {
        may.app.execute(&format!("update accounts set role = 'finance' where id = {account}")).await;
    }
    office.clerk.post(&at("pay"), &[]).await.assert_status(409).assert_says("须由另一人发放");
    office.approver.post(&at("pay"), &[]).await.assert_status(409).assert_says("须由另一人发放");
    let by_sql =
        may.app.refused_by("update settlements set status = 'paid', paid_by = approved_by, paid_at = now()").await;
    assert_eq!(by_sql, "settlements_third_person");
    office.pay("2024-05").await;
    office.finance.post(&at("pay"), &[]).await.assert_status(409).assert_says("不能重复发放");
    assert_eq!(may.app.scalar_i64("select count(*) from fund_entries where kind = 'duty_payment'").await, 1);
}

#[tokio::test]
async fn every_venue_reports_first_and_until_then_there_is_a_preview() {
    let may = May::new().await;
    let app = &may.app;
    app.execute("update venue_months set status = 'open', certified_by = null, certified_at = null").await;
    let office = Office::of(app).await;
    let refused = office.clerk.post("/settlements/2024-05/calculate", &[]).await;
    refused.assert_status(409).assert_says("还有1个服务点没有上报2024年5月考勤：米山镇");
    office.clerk.get("/settlements/2024-05").await.assert_says("现在还不能计算").assert_says("米山镇");
    let preview = office.clerk.get("/settlements/2024-05/preview").await;
    preview.assert_status(200).assert_says("这是预览，没有保存").assert_says("1,200.00").assert_says("米山镇");
    office.clerk.get(&format!("/settlements/2024-05/preview/people/{}", may.person)).await.assert_says("预览");
    assert_eq!(app.scalar_i64("select count(*) from settlements").await, 0);
    Duty::new(app).await.report("2024-05").await;
    office.calculate("2024-05").await;
    let stored = office.clerk.get("/settlements/2024-05").await.select("main .figure-value");
    let shown = office.clerk.get("/settlements/2024-05/preview").await.select("main .figure-value");
    assert_eq!(stored, shown);
}

#[tokio::test]
async fn a_late_venue_is_chased_by_name_once_a_day() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let venue = app.venue("米山镇").await;
    let chase = format!("/settlements/2024-05/venues/{venue}/chase");
    office.clerk.post(&chase, &[]).await.assert_status(409).assert_says("已经上报，不用催办");
    app.execute("update venue_months set status = 'open', certified_by = null, certified_at = null").await;
    let board = office.clerk.get("/settlements/2024-05").await;
    assert!(board.html.contains(&format!("action=\"{chase}\"")), "{}", board.html);
    for other in [&office.approver, &office.finance, &app.staff_at(Role::VenueStaff, venue).await] {
        other.post(&chase, &[]).await.assert_status(403);
        assert!(!other.get("/settlements/2024-05").await.html.contains("/chase"));
    }
    let strange = app.scalar_i64("select 1 + max(id) from venues").await;
    office.clerk.post(&format!("/settlements/2024-05/venues/{strange}/chase"), &[]).await.assert_status(404);
    let idle = app.venue("北诗镇").await;
    let nothing = office.clerk.post(&format!("/settlements/2024-05/venues/{idle}/chase"), &[]).await;
    nothing.assert_status(409).assert_says("没有班次");
    // Two presses at once are one.
    let (one, two) = tokio::join!(office.clerk.post(&chase, &[]), office.clerk.post(&chase, &[]));
    let mut answers = [one.status.as_u16(), two.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409]);
    assert_eq!(app.scalar_i64("select count(*) from attendance_chases").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'settlement.chase'").await, 1);
    let clerk = office.clerk.actor().name.clone();
    let board = office.clerk.get("/settlements/2024-05").await;
    board.assert_says(&format!("{clerk}，6月3日 09:00催办"));
    assert!(!board.html.contains("/chase"), "once a day");
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    staff.get("/home").await.assert_says(&format!("{clerk}6月3日催办"));
    let elsewhere = app.staff_at(Role::VenueStaff, idle).await;
    assert!(!elsewhere.get("/home").await.text().contains("催办"));
    app.clock_to("2024-06-04 09:00");
    office.clerk.post(&chase, &[]).await.assert_status(303);
    app.execute("update venue_months set status = 'reported', certified_by = 1, certified_at = now()").await;
    assert!(!staff.get("/home").await.text().contains("催办"), "reported: nothing waits");
    assert_eq!(
        app.refused_by("update attendance_chases set month = '2024-01-01'").await,
        "attendance_chases_append_only"
    );
}

#[tokio::test]
async fn calculating_again_changes_nothing_unless_the_facts_did() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let print = || async {
        sqlx::query_scalar::<_, String>("select fingerprint from settlements").fetch_one(&app.owner).await.unwrap()
    };
    office.calculate("2024-05").await;
    let first = print().await;
    app.clock_to("2024-06-04 10:00");
    office.calculate("2024-05").await;
    assert_eq!(print().await, first);
    assert_eq!(app.scalar_i64("select count(*) from settlement_lines").await, 4);
    Duty::new(app).await.confirmed(may.shifts[1], "late", "").await;
    let unseen = office.clerk.post("/settlements/2024-05/review", &[("reason", "x")]).await;
    unseen.assert_status(409).assert_says("请重新计算，再复核");
    app.execute("update settlements set reviewed_by = calculated_by, reviewed_at = now()").await;
    let stale = office.approver.post("/settlements/2024-05/approve", &[]).await;
    stale.assert_status(409).assert_says("涉及毕示远").assert_says("重新计算");
    office.calculate("2024-05").await;
    assert_ne!(print().await, first);
    office.approve("2024-05").await;
    office.clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(409).assert_says("不能重新计算");
}

#[tokio::test]
async fn a_month_sent_back_waits_for_its_clerk() {
    let may = May::new().await;
    let office = Office::of(&may.app).await;
    office.calculate("2024-05").await;
    let at = "/settlements/2024-05";
    office.approver.post(&format!("{at}/return"), &[("reason", " ")]).await.assert_status(409).assert_says("理由");
    office.approver.post(&format!("{at}/return"), &[("reason", "15日的签退请核对")]).await.assert_status(303);
    office.clerk.get(at).await.assert_says("审批人已退回").assert_says("15日的签退请核对").assert_says("重新计算");
    office.approver.post(&format!("{at}/approve"), &[]).await.assert_status(409).assert_says("已经退回");
    office.calculate("2024-05").await;
    let page = office.approver.get(at).await;
    page.assert_silent_on("15日的签退请核对");
    office.review("2024-05").await;
    // A page drawn before the recalculation no longer decides.
    office
        .approver
        .post(&format!("{at}/approve"), &[("version", "1")])
        .await
        .assert_status(409)
        .assert_says("已有变化");
    office.approver.post(&format!("{at}/approve"), &[]).await.assert_status(303);
}

#[tokio::test]
async fn of_two_at_once_exactly_one_wins() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let second_approver = app.staff(Role::Approver).await;
    let second_finance = app.staff(Role::Finance).await;
    office.calculate("2024-05").await;
    office.review("2024-05").await;
    let approve = "/settlements/2024-05/approve";
    let (one, two) = tokio::join!(office.approver.post(approve, &[]), second_approver.post(approve, &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} / {}", one.text(), two.text());
    let pay = "/settlements/2024-05/pay";
    let (one, two) = tokio::join!(office.finance.post(pay, &[]), second_finance.post(pay, &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} / {}", one.text(), two.text());
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'duty_payment'").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'settlement.pay'").await, 1);
}

#[tokio::test]
async fn a_fund_that_has_too_little_pays_nothing() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await;
    duty.serve(shifts[0]).await;
    duty.report("2024-05").await;
    duty.fund(299).await;
    app.clock_to("2024-06-03 09:00");
    let office = Office::of(&app).await;
    office.calculate("2024-05").await;
    office.approve("2024-05").await;
    let refused = office.finance.post("/settlements/2024-05/pay", &[]).await;
    refused.assert_status(409);
    assert!(refused.text().contains('足'), "{}", refused.text());
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'approved'").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'duty_payment'").await, 0);
}

#[tokio::test]
async fn a_month_that_comes_to_nothing_is_paid_without_an_entry() {
    let may = May::new().await;
    let app = &may.app;
    app.execute("update persons set public_official = true").await;
    let office = Office::of(app).await;
    office.settle("2024-05").await;
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'paid' and payable = 0").await, 1);
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'duty_payment'").await, 0);
}

/// D40: a complaint about a paid shift takes 50 from the next open month.
#[tokio::test]
async fn d40_a_late_finding_comes_into_the_next_month_once() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    office.settle("2024-05").await;
    let duty = Duty::new(app).await;
    let station = app.venue("米山镇").await;
    let june =
        duty.publish("2024-06", &[(may.person, station, "2024-06-05"), (may.person, station, "2024-06-12")]).await;
    for shift in june {
        duty.serve(shift).await;
    }
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    let id = duty.confirmed(may.shifts[1], "dissatisfied", "matter:投诉").await;
    let page = office.clerk.get(&format!("/findings/{id}")).await;
    page.assert_says("这个班次所在的月份已经审批").assert_says("下一个未结月份");
    // Who may not open findings reads of them without a link.
    let (own, link) = (format!("/settlements/2024-05/people/{}", may.person), format!("a[href=\"/findings/{id}\"]"));
    assert_eq!(office.clerk.get(&own).await.select(&link).len(), 1);
    let page = office.finance.get(&own).await;
    page.assert_status(200).assert_says("服务对象不满意或投诉属实");
    assert!(page.select(&link).is_empty());
    office.settle("2024-06").await;
    let (subtotal, adjustment, payable, _) = amounts(app, may.person, "2024-06").await;
    assert_eq!((subtotal.as_str(), adjustment.as_str(), payable.as_str()), ("600.00", "-50.00", "550.00"));
    let page = office.clerk.get(&format!("/settlements/2024-06/people/{}", may.person)).await;
    page.assert_says(
        "追扣以前月份值班补贴50元，事由：2024年5月的补贴：5月15日米山镇“服务对象不满意或投诉属实”认定1次。",
    );

    let july = duty.publish("2024-07", &[(may.person, station, "2024-07-03")]).await;
    duty.serve(july[0]).await;
    duty.report("2024-07").await;
    app.clock_to("2024-08-02 09:00");
    office.settle("2024-07").await;
    assert_eq!(amounts(app, may.person, "2024-07").await.2, "300.00", "what was made good is not made good again");
    let unsound = settlement::check::faults(&mut app.owner.acquire().await.unwrap(), app.bureau).await.unwrap();
    assert!(unsound.is_empty(), "{unsound:?}");
}

/// D42: the third absence of a paid month takes the month back; what the next pays less stays owed.
#[tokio::test]
async fn d42_a_third_absence_recovers_the_month_and_the_rest_is_carried_on() {
    let app = TestApp::new().await;
    let centre = app.venue("市公共法律服务中心").await;
    let person = app.person("毕示远", &[centre]).await;
    let duty = Duty::new(&app).await;
    duty.fund(100_000).await;
    let days = ["2024-06-03", "2024-06-04", "2024-06-05", "2024-06-06", "2024-06-07"];
    let june = duty.publish("2024-06", &days.map(|day| (person, centre, day))).await;
    for shift in &june {
        duty.serve(*shift).await;
    }
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    duty.confirmed(june[0], "off_post", "09:00").await;
    duty.confirmed(june[1], "off_post", "09:00").await;
    let office = Office::of(&app).await;
    office.settle("2024-06").await;
    assert_eq!(amounts(&app, person, "2024-06").await.2, "800.00");

    let july =
        duty.publish("2024-07", &["2024-07-01", "2024-07-02", "2024-07-03"].map(|day| (person, centre, day))).await;
    for shift in july {
        duty.serve(shift).await;
    }
    duty.report("2024-07").await;
    app.clock_to("2024-08-02 09:00");
    duty.confirmed(june[2], "off_post", "15:00").await;
    office.settle("2024-07").await;
    let (subtotal, adjustment, payable, receivable) = amounts(&app, person, "2024-07").await;
    assert_eq!(
        (subtotal.as_str(), adjustment.as_str(), payable.as_str(), receivable.as_str()),
        ("600.00", "-800.00", "0.00", "200.00")
    );
    let page = office.clerk.get(&format!("/settlements/2024-07/people/{person}")).await;
    page.assert_says("当月脱岗3次不予发放").assert_says("列为应退");

    let august = duty.publish("2024-08", &["2024-08-01", "2024-08-02"].map(|day| (person, centre, day))).await;
    for shift in august {
        duty.serve(shift).await;
    }
    duty.report("2024-08").await;
    app.clock_to("2024-09-03 09:00");
    office.settle("2024-08").await;
    let (_, adjustment, payable, receivable) = amounts(&app, person, "2024-08").await;
    assert_eq!((adjustment.as_str(), payable.as_str(), receivable.as_str()), ("-200.00", "200.00", "0.00"));

    let september = duty.publish("2024-09", &[(person, centre, "2024-09-02")]).await;
    duty.serve(september[0]).await;
    duty.report("2024-09").await;
    app.clock_to("2024-10-09 09:00");
    office.settle("2024-09").await;
    assert_eq!(amounts(&app, person, "2024-09").await.2, "200.00", "nothing is owed any more");
    assert_eq!(
        app.scalar_i64("select sum(payable)::bigint from settlement_items").await,
        800 + 200 + 200,
        "as much as was due over the four months: 0 + 600 + 400 + 200"
    );
}

#[tokio::test]
async fn a_duty_person_sees_their_own_pay_and_nobody_elses() {
    let may = May::new().await;
    let app = &may.app;
    let venue = app.venue("三甲镇").await;
    let other = app.person("常示安", &[venue]).await;
    let office = Office::of(app).await;
    office.calculate("2024-05").await;
    let own = app.duty_person(may.person).await;
    own.get("/settlements").await.assert_status(200).assert_says("2024年5月").assert_says("1,200.00");
    let at = format!("/settlements/2024-05/people/{}", may.person);
    assert_eq!(own.get("/settlements/2024-05").await.location.as_deref(), Some(at.as_str()));
    own.get(&at).await.assert_status(200).assert_says("怎么算的");
    let stranger = app.duty_person(other).await;
    stranger.get(&at).await.assert_status(404);
    stranger.get("/settlements").await.assert_says("还没有补贴记录");
    for path in ["/settlements/2024-05/preview", "/settlements/2024-05/print"] {
        own.get(path).await.assert_status(403);
    }
    own.get(&format!("/settlements/2024-05/preview/people/{}", may.person)).await.assert_status(403);
    own.post("/settlements/2024-05/calculate", &[]).await.assert_status(403);
    app.staff(Role::SystemAdministrator).await.get("/settlements").await.assert_status(403);
    office.clerk.get("/settlements/2024-13").await.assert_status(404);
}

#[tokio::test]
async fn what_was_approved_is_frozen_in_the_database() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    office.calculate("2024-05").await;
    app.execute("update settlement_items set bureau_id = bureau_id").await;
    office.approve("2024-05").await;
    for sql in [
        "update settlement_items set payable = payable + 1, adjustment = adjustment + 1",
        "delete from settlement_lines",
        "insert into settlement_adjustments (item_id, settlement_id, bureau_id, for_month, reason, amount)
         select id, settlement_id, bureau_id, '2024-01-01', 'x', 1 from settlement_items",
        "update settlements set payable = payable + 1",
        "update settlements set status = 'calculated', approved_by = null, approved_at = null",
        "delete from settlements",
    ] {
        assert_eq!(app.refused_by(sql).await, "settlements_frozen", "{sql}");
    }
    // A result that no longer is what was calculated cannot be approved.
    let duty = Duty::new(app).await;
    let station = app.venue("米山镇").await;
    let june = duty.publish("2024-06", &[(may.person, station, "2024-06-05")]).await;
    duty.serve(june[0]).await;
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    office.calculate("2024-06").await;
    app.execute(
        "update settlement_items set result = jsonb_set(result, '{payable}', '\"999.00\"')
         where settlement_id = (select id from settlements where month = '2024-06-01')",
    )
    .await;
    app.execute("update settlements set reviewed_by = calculated_by, reviewed_at = now() where status = 'calculated'")
        .await;
    let refused = office.approver.post("/settlements/2024-06/approve", &[]).await;
    refused.assert_status(409).assert_says("校验码不符");
}

#[tokio::test]
async fn a_page_asks_the_database_a_few_times_whatever_the_rows() {
    let may = May::new().await;
    let app = &may.app;
    let duty = Duty::new(app).await;
    let finding = duty.confirmed(may.shifts[0], "late", "").await;
    let office = Office::of(app).await;
    office.calculate("2024-05").await;
    let own = app.duty_person(may.person).await;
    let clerk_pages = [
        "/settlements".to_owned(),
        "/settlements/2024-05".to_owned(),
        "/settlements/2024-05/preview".to_owned(),
        format!("/settlements/2024-05/preview/people/{}", may.person),
        format!("/settlements/2024-05/people/{}", may.person),
        "/settlements/2024-05/print".to_owned(),
        "/settlements/2024-05/compare".to_owned(),
        "/findings".to_owned(),
        format!("/findings/{finding}"),
        "/findings/new".to_owned(),
        format!("/findings/new?shift={}", may.shifts[0]),
        format!("/findings/together?step=confirm&id={finding}"),
        "/findings/check/2024-05".to_owned(),
    ];
    // The first page after an action also takes its message from the session.
    office.clerk.get("/settlements").await;
    for path in &clerk_pages {
        let asked = statements_of(&office.clerk, path).await;
        assert!((2..=4).contains(&asked.len()), "{path}: {asked:#?}");
    }
    for path in ["/settlements", "/findings"] {
        let asked = statements_of(&own, path).await;
        assert!((2..=4).contains(&asked.len()), "{path} of a duty person: {asked:#?}");
    }
}

/// What was calculated before stays, and the two are told apart line by line.
#[tokio::test]
async fn a_replaced_calculation_is_kept_and_compared_line_by_line() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    office.calculate("2024-05").await;
    office.clerk.get("/settlements/2024-05/compare").await.assert_status(200).assert_says("没有被替换的计算");
    office.calculate("2024-05").await;
    assert_eq!(app.scalar_i64("select count(*) from settlement_calculations").await, 0, "the same result");
    Duty::new(app).await.confirmed(may.shifts[1], "late", "").await;
    let now = office.approver.get("/settlements/2024-05/compare?with=now").await;
    now.assert_status(200).assert_says("保存的计算已经过时").assert_says("5月15日 米山镇：“迟到”由0次改为1次");
    let reason = [("reason", "请重新计算")];
    office.approver.post("/settlements/2024-05/return", &reason).await.assert_status(303);
    office.calculate("2024-05").await;
    let page = office.approver.get("/settlements/2024-05/compare").await;
    page.assert_status(200).assert_says("第1次计算").assert_says("1,200.00 → 1,150.00（−50.00）");
    page.assert_says("之后：五(二)1(2) 迟到1次，扣50元").assert_says("资料：5月15日 米山镇");
    // A value of the plan changes with its reading.
    app.execute(
        "update programmes set content = jsonb_set(content, '{late_deduction}', '\"40.00\"'), revision = revision + 1",
    )
    .await;
    app.execute(
        "insert into programme_revisions (programme_id, revision, content, made_by, made_at)
         select id, revision, content, (select min(id) from accounts), now() from programmes",
    )
    .await;
    office.calculate("2024-05").await;
    let page = office.clerk.get("/settlements/2024-05/compare").await;
    page.assert_says("方案的变化").assert_says("第2次计算").assert_says("更早的计算").assert_says("请重新计算");
    office.clerk.get("/settlements/2024-05/compare?from=1").await.assert_says("第1次计算");
    office.clerk.get("/settlements/2024-05/compare?from=9").await.assert_status(404);
    for sql in ["update settlement_calculations set payable = 0", "delete from settlement_calculations"] {
        assert!(!app.refused_by(sql).await.is_empty(), "{sql}");
    }
    let own = app.duty_person(may.person).await;
    own.get("/settlements/2024-05/compare").await.assert_status(403);
}

/// A frozen month gives the same answer whatever became of its plan, its attendance, its people, its venue and the
/// findings on it; of the calendar nothing can become anything else.
#[tokio::test]
async fn a_frozen_month_recalculates_to_the_same_cents_from_its_own_inputs() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    Duty::new(app).await.confirmed(may.shifts[1], "late", "").await;
    office.settle("2024-05").await;
    for sql in [
        format!("update persons set public_official = true, category = 'public_staff' where id = {}", may.person),
        format!(
            "begin; set local session_replication_role = replica;
             update attendances set late_minutes = 90 where shift_id = {}; commit",
            may.shifts[0]
        ),
        "alter table programmes disable trigger programmes_frozen".to_owned(),
        "update programmes set content = jsonb_set(jsonb_set(content, '{station_rate}', '\"1.00\"'), '{late_deduction}', '\"7.00\"')"
            .to_owned(),
        "insert into programme_revisions (programme_id, revision, content, made_by, made_at)
         select id, revision + 1, content, (select min(id) from accounts), now() from programmes"
            .to_owned(),
        "update venues set name = name || '（新址）', short_name = short_name || '新'".to_owned(),
        "insert into calendar_years (year, notice, source, added_at) values (2030, '通知', '试', now())".to_owned(),
    ] {
        app.execute(&sql).await;
    }
    Duty::new(app).await.confirmed(may.shifts[0], "false_duty", "").await;
    let moved = app.refused_by("update calendar_days set is_workday = not is_workday").await;
    assert_eq!(moved, "calendar_days_append_only");
    let mut conn = app.owner.acquire().await.expect("a connection");
    let faults = settlement::check::faults(&mut conn, app.bureau).await.expect("asked");
    assert!(faults.is_empty(), "{faults:?}");
    let (subtotal, ..) = amounts(app, may.person, "2024-05").await;
    assert_eq!(subtotal, "1150.00");
}

/// The month's way from the first report to the closed books, as the board names it.
#[tokio::test]
async fn a_month_goes_its_way_through_every_stage() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let stage = || async { office.clerk.get("/settlements").await.select("main .tag") };
    app.execute("update venue_months set status = 'open', certified_by = null, certified_at = null").await;
    assert_eq!(stage().await, ["上报中"]);
    Duty::new(app).await.report("2024-05").await;
    assert_eq!(stage().await, ["已齐报"]);
    office.calculate("2024-05").await;
    assert_eq!(stage().await, ["已告知"]);
    let board = office.clerk.get("/settlements/2024-05").await;
    board.assert_says("提前复核的理由").assert_says("至6月6日").assert_says("每一步由谁办").assert_says("无异议");
    office.approver.post("/settlements/2024-05/return", &[("reason", "核对")]).await.assert_status(303);
    assert_eq!(stage().await, ["已退回"]);
    office.calculate("2024-05").await;
    app.clock_to("2024-06-07 09:00");
    office.clerk.get("/settlements/2024-05").await.assert_silent_on("提前复核的理由");
    office.clerk.post("/settlements/2024-05/review", &[]).await.assert_status(303);
    assert_eq!(stage().await, ["已复核"]);
    office.approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    assert_eq!(stage().await, ["已审批"]);
    office.pay("2024-05").await;
    assert_eq!(stage().await, ["已发放"]);
    app.clock_to("2024-07-02 09:00");
    for month in ["2024-03", "2024-04", "2024-05", "2024-06"] {
        let close = format!("/fund/2024/periods/{month}/close");
        office.finance.post(&close, &[]).await.assert_status(303);
    }
    assert_eq!(stage().await, ["已锁定"]);
    let entry = app.scalar_i64("select max(id) from fund_entries where kind = 'duty_payment'").await;
    let refused = office.finance.post(&format!("/fund/entries/{entry}/reverse"), &[("reason", "记错")]).await;
    refused.assert_status(409).assert_says("锁定");
}

/// A27, R14: a shift that nobody signed for turns out to be served after its month was paid.
#[tokio::test]
async fn a_missed_shift_found_after_payment_is_paid_once_in_the_next_open_month() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let duty = Duty::new(app).await;
    let missed = may.shifts[2];
    let gone = format!("delete from attendances where shift_id = {missed}");
    app.execute(&format!("begin; set local session_replication_role = replica; {gone}; commit")).await;
    office.settle("2024-05").await;
    assert_eq!(amounts(app, may.person, "2024-05").await.2, "900.00");
    let venue = app.venue("米山镇").await;
    let june = duty.publish("2024-06", &[(may.person, venue, "2024-06-12")]).await;
    duty.serve(june[0]).await;
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    // Asked for by the station; after the approval the bureau decides, somebody else than who asked.
    let station = app.staff_at(Role::VenueStaff, venue).await;
    let other = app.staff_at(Role::VenueStaff, venue).await;
    let path = format!("/attendance/shifts/{missed}/corrections");
    let typed = [("side", "sign_in"), ("time", "08:30"), ("reason", "签到机故障，视频可证")];
    station.get(&format!("/attendance/shifts/{missed}")).await.assert_says("补签");
    station.post(&path, &typed).await.assert_status(303);
    let id = app.scalar_i64("select max(id) from attendance_corrections").await;
    let decide = format!("/attendance/corrections/{id}/decide");
    let agreed = [("decision", "agree"), ("note", "已核对视频")];
    other.post(&decide, &agreed).await.assert_status(409).assert_says("由司法局审批");
    office.calculate("2024-06").await;
    assert_eq!(amounts(app, may.person, "2024-06").await.2, "300.00");
    office.clerk.post(&decide, &agreed).await.assert_status(303);
    let stale = office.clerk.post("/settlements/2024-06/review", &[("reason", "x")]).await;
    stale.assert_status(409).assert_says("请重新计算");
    let now = office.clerk.get("/settlements/2024-06/compare?with=now").await;
    now.assert_says("5月22日米山镇补认到岗").assert_says("＋300.00");
    office.settle("2024-06").await;
    let (subtotal, adjustment, payable, _) = amounts(app, may.person, "2024-06").await;
    assert_eq!((subtotal.as_str(), adjustment.as_str(), payable.as_str()), ("300.00", "300.00", "600.00"));
    // Never twice, and May stays as it was.
    let july = duty.publish("2024-07", &[(may.person, venue, "2024-07-10")]).await;
    duty.serve(july[0]).await;
    duty.report("2024-07").await;
    app.clock_to("2024-08-02 09:00");
    office.calculate("2024-07").await;
    assert_eq!(amounts(app, may.person, "2024-07").await.2, "300.00");
    assert_eq!(amounts(app, may.person, "2024-05").await.2, "900.00");
}

/// The payslips of a month on paper, and the way from the bank's line to the sign-in.
#[tokio::test]
async fn any_yuan_is_followed_from_the_transfer_to_the_sign_in() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    let account = "update persons set bank_account = '\\x00', bank_account_mask = '****0001', bank_name = '示例银行'";
    app.execute(&format!("begin; set local session_replication_role = replica; {account}; commit")).await;
    office.settle("2024-05").await;
    let slips = office.approver.get("/settlements/2024-05/payslips").await;
    slips.assert_status(200).assert_says("2024年5月值班补贴条").assert_says("毕示远").assert_says("壹仟贰佰元整");
    let own = app.duty_person(may.person).await;
    own.get("/settlements/2024-05/payslips").await.assert_status(403);
    // Ledger entry → month; bank line → person → shift.
    let entry = app.scalar_i64("select max(id) from fund_entries where kind = 'duty_payment'").await;
    let page = office.approver.get(&format!("/fund/entries/{entry}")).await;
    assert_eq!(page.attribute("main dl.pairs a", "href").as_deref(), Some("/settlements/2024-05"));
    let transfer = app.scalar_i64("select max(id) from transfers").await;
    let run = office.approver.get(&format!("/payments/transfers/{transfer}")).await;
    run.assert_status(303);
    let run = office.approver.follow(run).await;
    let href = run.attribute("main tbody th a", "href").expect("a link to the person");
    let person = office.approver.get(&href).await;
    let shift = person.attribute("main tbody th a", "href").expect("a link to the shift");
    office.approver.get(&shift).await.assert_status(200).assert_says("签到");
}

#[tokio::test]
async fn what_was_calculated_is_approved_only_as_it_stands_and_only_while_everybody_has_reported() {
    let may = May::new().await;
    let app = &may.app;
    let office = Office::of(app).await;
    office.calculate("2024-05").await;
    let long = "长".repeat(501);
    let page = office.clerk.post("/settlements/2024-05/review", &[("reason", &long)]).await;
    page.assert_status(409).assert_says("500字以内");
    let page = office.approver.post("/settlements/2024-05/return", &[("reason", &long)]).await;
    page.assert_status(409).assert_says("500字以内");
    office.review("2024-05").await;
    let approve = "/settlements/2024-05/approve";
    app.tamper("update settlements set fingerprint = reverse(fingerprint)").await;
    office.approver.post(approve, &[]).await.assert_status(409).assert_says("与校验码不符");
    app.tamper("update settlements set fingerprint = reverse(fingerprint)").await;
    let venue = app.venue("米山镇").await;
    let version =
        app.scalar_i64(&format!("select version::bigint from venue_months where venue_id = {venue}")).await.to_string();
    let back = [("version", version.as_str()), ("reason", "5月8日签退存疑")];
    office.clerk.post(&format!("/attendance/2024-05/venues/{venue}/return"), &back).await.assert_status(303);
    let page = office.approver.post(approve, &[]).await;
    page.assert_status(409).assert_says("计算之后情况有变化，不能审批").assert_says("没有上报");
}
