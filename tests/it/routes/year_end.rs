//! Money that crosses the year's end, and places that move up before the target: through the pages and the database.

use huifa::check;
use huifa::web::permissions::Role;

use super::duty::Duty;
use super::payouts::{Office, case, standard};
use crate::support::app::TestApp;

async fn balance(app: &TestApp, year: i32, account: &str) -> i64 {
    app.scalar_i64(&format!("select balance::bigint from fund_accounts where code = '{account}' and year = {year}"))
        .await
}

/// Every question but of the records that these tests do not write.
async fn is_clean(app: &TestApp, but: &[&str]) {
    let report = check::ask(&app.owner, &app.state.seals).await.expect("asked");
    let broken: Vec<_> = report.broken().into_iter().filter(|name| !but.contains(name)).collect();
    assert!(broken.is_empty(), "{broken:?}: {report:?}");
}

/// A month goes from the calculation to the approval, and to the payment.
async fn settle(app: &TestApp, month: &str, paid: bool) {
    let step = |step: &str| format!("/settlements/{month}/{step}");
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post(&step("calculate"), &[]).await.assert_status(303);
    clerk.post(&step("review"), &[("reason", "先行复核")]).await.assert_status(303);
    app.staff(Role::Approver).await.post(&step("approve"), &[]).await.assert_status(303);
    if paid {
        app.staff(Role::Finance).await.post(&step("pay"), &[]).await.assert_status(303);
    }
}

/// December is paid in January out of its own year's books, also after the rest was carried over. What it paid too much is
/// owed in the next year: paid back in cash, written off, recovered from a later month.
#[tokio::test]
async fn a_debt_of_december_is_carried_into_the_next_year_and_ended_there() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("毕示远", &[venue]).await, app.person("邓示安", &[venue]).await);
    let duty = Duty::new(&app).await;
    duty.fund(100_000).await;
    let december = duty.publish("2024-12", &[(first, venue, "2024-12-04"), (second, venue, "2024-12-11")]).await;
    let january = duty.publish("2025-01", &[(second, venue, "2025-01-08")]).await;
    let february = duty.publish("2025-02", &[(first, venue, "2025-02-12")]).await;
    for shift in december.iter().chain(&january).chain(&february) {
        duty.serve(*shift).await;
    }
    for month in ["2024-12", "2025-01", "2025-02"] {
        duty.report(month).await;
    }
    app.clock_to("2025-01-03 09:00");
    app.staff(Role::BureauClerk).await.post("/programmes/2024/copy", &[]).await.assert_status(303);
    // December's pay stays in the books of its year.
    let finance = app.staff(Role::Finance).await;
    finance.get("/fund/2024/periods").await.assert_says("600.00").assert_says("99,400.00");
    finance.post("/fund/2024/carry-over", &[]).await.assert_status(303);
    assert_eq!(balance(&app, 2024, "earmarked_at_bureau").await, 600);
    assert_eq!(balance(&app, 2025, "earmarked_at_bureau").await, 99_400);
    settle(&app, "2024-12", true).await;
    assert_eq!(balance(&app, 2024, "earmarked_at_bureau").await, 0);

    // Found after the payment; January has no shift of theirs.
    duty.confirmed(december[0], "false_duty", "").await;
    app.clock_to("2025-02-05 09:00");
    settle(&app, "2025-01", false).await;
    let (clerk, approver) = (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await);
    clerk.get("/settlements/receivables").await.assert_says("毕示远").assert_says("2025年1月").assert_says("300.00");
    for (kind, amount) in [("cash", "200"), ("written_off", "40")] {
        let ask = [("kind", kind), ("amount", amount), ("reason", "经领导同意")];
        clerk.post(&format!("/settlements/receivables/{first}"), &ask).await.assert_status(303);
        let id = app.scalar_i64("select max(id) from receivable_settlings").await;
        approver.post(&format!("/settlements/receivables/{id}/agree"), &[]).await.assert_status(303);
    }
    // The cash is of the year that had paid it, and no expense of the year in which nothing is paid yet.
    assert_eq!(balance(&app, 2024, "earmarked_duty_subsidy").await, 400);
    assert_eq!(balance(&app, 2025, "earmarked_duty_subsidy").await, 0);
    app.clock_to("2025-03-03 09:00");
    settle(&app, "2025-02", true).await;
    let paid =
        format!("select payable::bigint from settlement_items where person_id = {first} order by id desc limit 1");
    assert_eq!(app.scalar_i64(&paid).await, 240);
    app.staff(Role::BureauClerk).await.get("/settlements/receivables").await.assert_says("没有应退款");
    // The new year's report names what was spent out of the old year's books, and the old year's own report has it.
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get("/reports/quarterly/2025-Q1").await.assert_says("以前年度账内的支出").assert_says("400.00");
    clerk.get("/reports/yearly/2024").await.assert_says("收回值班补贴（现金）");
    // What came back is carried over too, once.
    let finance = app.staff(Role::Finance).await;
    finance.post("/fund/2024/carry-over", &[]).await.assert_status(303);
    finance.post("/fund/2024/carry-over", &[]).await.assert_status(409).assert_says("没有可以结转的结余");
    assert_eq!(balance(&app, 2024, "earmarked_at_bureau").await, 0);
    assert_eq!(balance(&app, 2025, "earmarked_at_bureau").await, 99_400 + 200 - 240);
    is_clean(&app, &["steps_are_audited", "findings_follow_their_steps"]).await;
}

/// A case of last year turns out to be none after this year's cases were paid: its money comes back into its own books.
#[tokio::test]
async fn a_case_is_void_after_the_next_years_payment() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let old = case(&app, "旧1", Some(1), "").await;
    let batch = office.prepare(&[old]).await.expect("prepared");
    office.settle(batch).await;
    let [clerk, ..] = office.people();
    clerk.post("/programmes/2024/copy", &[]).await.assert_status(303);
    app.clock_to("2025-02-10 09:00");
    app.staff(Role::Finance).await.post("/fund/2024/carry-over", &[]).await.assert_status(303);
    assert_eq!(balance(&app, 2025, "earmarked_at_bureau").await, 399_000);
    let counted = "closing_agreed_on = '2025-01-20', entered_on = '2025-01-21', entry_number = 'SX新1',
                   counted_on = '2025-01-21', place = 1";
    let new = case(&app, "新1", None, counted).await;
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    let made = clerk.post("/payouts", &[("case", &new.to_string())]).await;
    let batch = made.location.expect("the batch");
    approver.post(&format!("{batch}/approve"), &[]).await.assert_status(303);
    finance.post(&format!("{batch}/pay"), &[]).await.assert_status(303);
    assert_eq!(balance(&app, 2025, "earmarked_case_subsidy").await, 1_000);

    let reason = [("reason", "受援人不属于八类群体")];
    clerk.post(&format!("/payouts/cases/{old}/void"), &reason).await.assert_status(303);
    let void = app.scalar_i64("select max(id) from case_voids").await;
    approver.post(&format!("/payouts/voids/{void}/grant"), &[]).await.assert_status(303);
    let item = app.scalar_i64(&format!("select id from case_payouts where case_id = {old}")).await;
    finance.post(&format!("/payouts/items/{item}/refund"), &reason).await.assert_status(303);
    assert_eq!(balance(&app, 2024, "earmarked_case_subsidy").await, 0);
    assert_eq!(balance(&app, 2024, "earmarked_at_bureau").await, 1_000);
    assert_eq!(balance(&app, 2025, "earmarked_case_subsidy").await, 1_000, "this year's case stays paid");
    finance.post("/fund/2024/carry-over", &[]).await.assert_status(303);
    assert_eq!(balance(&app, 2025, "earmarked_at_bureau").await, 399_000);
    is_clean(&app, &["steps_are_audited"]).await;
}

/// A36, A42: two stages of one matter are two cases at the end of the target. A void case frees its place as long as no
/// later one is approved or paid; what was prepared before is prepared again; after a payment nothing moves.
#[tokio::test]
async fn a36_stages_at_the_end_of_the_target_move_up_until_a_later_one_is_paid() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    standard(&app, 1_500).await;
    let early = [case(&app, "早5", Some(5), "").await, case(&app, "早6", Some(6), "").await];
    let first = case(&app, "阶段一", Some(290), "").await;
    let second = case(&app, "阶段二", Some(291), &format!("matter_id = {first}")).await;
    let third = case(&app, "另案", Some(292), "").await;
    let taken = async || {
        (balance(&app, 2024, "earmarked_case_subsidy").await, balance(&app, 2024, "operating_case_subsidy").await)
    };
    let [clerk, approver, finance] = office.people();
    let void = async |case: i64| {
        clerk.post(&format!("/payouts/cases/{case}/void"), &[("reason", "不属于八类群体")]).await.assert_status(303);
        let id = app.scalar_i64("select max(id) from case_voids").await;
        approver.post(&format!("/payouts/voids/{id}/grant"), &[]).await.assert_status(303);
        approver.get(&format!("/payouts/cases/{case}")).await
    };
    // Each stage is a case of its own: the first within the target, the second beyond it.
    let batch = office.prepare(&[first, second]).await.expect("prepared");
    let held = "select sum(earmarked)::bigint from case_payouts where live";
    assert_eq!(app.scalar_i64(held).await, 1_000);
    void(early[0]).await.assert_says("依次提前一件");
    clerk.get(&format!("/payouts/cases/{second}")).await.assert_says("第291件").assert_says("按第290件计算");
    let at = |step: &str| format!("/payouts/batches/{batch}/{step}");
    approver.post(&at("approve"), &[]).await.assert_status(409).assert_says("阶段二的情况有变化");
    clerk.post(&at("dissolve"), &[("reason", "位次有变化")]).await.assert_status(303);
    let batch = office.prepare(&[first, second]).await.expect("prepared again");
    office.settle(batch).await;
    assert_eq!(taken().await, (2_000, 1_000));
    // A later one is paid: the next void frees nothing, not even while the payment is taken back to approved.
    let reopen = format!("/payouts/batches/{batch}/reopen");
    finance.post(&reopen, &[("reason", "登记有误")]).await.assert_status(303);
    void(early[1]).await.assert_says("顺序不变");
    finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await.assert_status(303);
    let batch = office.prepare(&[third]).await.expect("prepared");
    office.settle(batch).await;
    assert_eq!(taken().await, (2_000, 2_500), "the 291st of those that count");
    // These places were put there by hand, with gaps.
    is_clean(&app, &["steps_are_audited", "case_places_without_gaps"]).await;
}

/// The arrows beside a month lead beyond the years that have a plan: the page says what comes first.
#[tokio::test]
async fn a_month_of_a_year_without_a_plan_says_what_comes_first() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    for month in ["2023-12", "2025-01", "2025-01/preview"] {
        let page = clerk.get(&format!("/settlements/{month}")).await;
        page.assert_status(200).assert_says("年还没有实施方案").assert_says("去实施方案");
    }
    let leader = app.staff(Role::Leader).await;
    leader.get("/settlements/2023-12").await.assert_status(200).assert_says("返回月结");
    clerk.get("/settlements/2023-12/compare").await.assert_status(404);
    clerk.post("/settlements/2023-12/calculate", &[]).await.assert_status(409).assert_says("实施方案还没有建立");
}
