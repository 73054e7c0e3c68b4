//! Reports: drawn from the ledger, the same for any past day, signed by three people.

use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::TestApp;
use crate::support::books::fund;
use crate::support::queries::Queries;

/// May 2024 with one paid Wednesday; today is 2 July.
async fn paid_may() -> TestApp {
    let app = TestApp::new().await;
    fund(&app, &app.staff(Role::Finance).await, 10_000).await;
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await;
    duty.serve(shifts[0]).await;
    duty.report("2024-05").await;
    app.clock_to("2024-06-03 09:00");
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    drop((clerk, approver, finance));
    app.clock_to("2024-07-02 09:00");
    app
}

#[tokio::test]
async fn the_quarterly_report_is_drawn_from_the_ledger_and_due_in_fifteen_days() {
    let app = paid_may().await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk
        .get("/reports")
        .await
        .assert_status(200)
        .assert_says("2024年第2季度")
        .assert_says("7月15日")
        .assert_says("还剩13天");
    let page = clerk.get("/reports/quarterly/2024-Q2").await;
    page.assert_status(200)
        .assert_says("300.00")
        .assert_says("9,700.00")
        .assert_says("玖仟柒佰元整")
        .assert_says("这是草稿");
    // As it stood before the payment.
    let before = clerk.get("/reports/quarterly/2024-Q2?as_of=2024-06-01").await;
    before.assert_says("10,000.00");
    assert!(!before.text().contains("9,700.00"));
    let file = clerk.get("/reports/quarterly/2024-Q2/xlsx").await;
    file.assert_status(200);
    for (kind, period) in [
        ("monthly", "2024-05"),
        ("mid_year", "2024-H1"),
        ("yearly", "2024"),
        ("self_evaluation", "2024"),
        ("account_book", "2024"),
        ("publication", "2024-Q2"),
    ] {
        clerk.get(&format!("/reports/{kind}/{period}")).await.assert_status(200);
    }
    for wrong in ["quarterly/2024-05", "monthly/2024-13", "nothing/2024", "quarterly/2024-Q9", "yearly/1990"] {
        clerk.get(&format!("/reports/{wrong}")).await.assert_status(404);
    }
    let public = clerk.get("/reports/publication/2024-Q2").await;
    assert!(!public.text().contains("毕示远"));
}

#[tokio::test]
async fn three_people_sign_and_what_was_signed_stays() {
    let app = paid_may().await;
    let (clerk, approver, leader) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Leader).await);
    let at = |step: &str| format!("/reports/quarterly/2024-Q2/{step}");
    clerk.post("/reports/quarterly/2024-Q3/prepare", &[]).await.assert_status(409).assert_says("还没有结束");
    let other = app.staff(Role::BureauClerk).await;
    let prepare = at("prepare");
    let (left, right) = tokio::join!(clerk.post(&prepare, &[]), other.post(&prepare, &[]));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    leader.post(&at("sign"), &[]).await.assert_status(409).assert_says("还没有审核");
    clerk.post(&at("check"), &[]).await.assert_status(403);
    approver.post(&at("check"), &[]).await.assert_status(303);
    leader.post(&at("sign"), &[]).await.assert_status(303);
    // Money that moves later does not reach into it.
    let finance = app.staff(Role::Finance).await;
    let receipt = [("amount", "5000"), ("received_on", "2024-06-20"), ("notice", "晋财政法〔2024〕9号")];
    finance.post("/fund/2024/receipts", &receipt).await.assert_status(303);
    let page = clerk.get("/reports/quarterly/2024-Q2").await;
    page.assert_says("9,700.00").assert_says("签发");
    assert!(!page.text().contains("14,700.00"));
    let frozen = app.refused_by("update report_signings set content = '{}'").await;
    assert_eq!(frozen, "report_signings_frozen");
    approver.post(&at("withdraw"), &[]).await.assert_status(409).assert_says("请写明撤回的理由");
    approver.post(&at("withdraw"), &[("reason", "漏报到账")]).await.assert_status(303);
    clerk.post(&at("prepare"), &[]).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from report_signings").await, 2);
}

#[tokio::test]
async fn a_report_needs_few_statements_whatever_it_counts() {
    let app = paid_may().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let queries = Queries::listen();
    clerk.get("/reports/yearly/2024").await.assert_status(200);
    let seen = queries.take();
    assert!(seen.len() <= 4, "{seen:#?}");
}

#[tokio::test]
async fn a_month_closes_once_and_takes_no_more_entries() {
    let app = paid_may().await;
    let (clerk, finance) = (app.staff(Role::BureauClerk).await, app.staff(Role::Finance).await);
    let close = |month: &str| format!("/fund/2024/periods/{month}/close");
    finance.get("/fund/2024/periods").await.assert_status(200).assert_says("校验链共");
    clerk.post(&close("2024-01"), &[]).await.assert_status(403);
    finance.post(&close("2024-07"), &[]).await.assert_status(409).assert_says("还没有结束");
    finance.post("/fund/2024/periods/2023-05/close", &[]).await.assert_status(404);
    finance.post(&close("2024-06"), &[]).await.assert_status(409).assert_says("按月份先后");
    let first = app.scalar_i64("select extract(month from min(entered_on))::bigint from fund_entries").await;
    for month in first..=6 {
        let path = close(&format!("2024-{month:02}"));
        let page = finance.post(&path, &[]).await;
        assert!(page.status == 303 || page.text().contains("已经结账"), "{month}: {}", page.text());
    }
    let late = [
        ("kind", "operating_receipt"),
        ("amount", "100"),
        ("entered_on", "2024-06-30"),
        ("summary", "迟到的记录"),
        ("document", "x"),
    ];
    finance.post("/fund/2024/entries", &late).await.assert_status(409).assert_says("已经结账");
    let open = [
        ("kind", "operating_receipt"),
        ("amount", "100"),
        ("entered_on", "2024-07-01"),
        ("summary", "业务经费"),
        ("document", "x"),
    ];
    finance.post("/fund/2024/entries", &open).await.assert_status(303);
    let broken = huifa::check::ask(&app.owner, &app.state.seals).await.expect("asked");
    for name in ["closed_periods", "ledger_chain"] {
        assert!(!broken.broken().contains(&name), "{broken:?}");
    }
    // The last day of a month still belongs to it.
    app.clock_to("2024-07-31 18:00");
    let last = app.staff(Role::Finance).await;
    last.post(&close("2024-07"), &[]).await.assert_status(409).assert_says("还没有结束");
    app.clock_to("2024-08-01 09:00");
    app.staff(Role::Finance).await.post(&close("2024-07"), &[]).await.assert_status(303);
}

#[tokio::test]
async fn what_is_left_is_carried_over_once_and_whole() {
    let app = paid_may().await;
    let (clerk, finance) = (app.staff(Role::BureauClerk).await, app.staff(Role::Finance).await);
    clerk.post("/programmes/2024/copy", &[]).await.assert_status(303);
    let carry = "/fund/2024/carry-over";
    finance.post(carry, &[]).await.assert_status(409).assert_says("还没有结束");
    // What the bank sent back is owed, and stays with its money in the year of its approval.
    let transfer = app.scalar_i64("select max(id) from transfers").await;
    let today = app.state.clock.today().to_string();
    let back = [("returned_on", &*today), ("reason", "账号不存在")];
    finance.post(&format!("/payments/transfers/{transfer}/return"), &back).await.assert_status(303);
    app.clock_to("2025-01-20 09:00");
    let other = app.staff(Role::Finance).await;
    // Money that waits at the finance bureau is passed on first.
    let receipt = [("amount", "1000"), ("received_on", "2024-12-20"), ("notice", "晋财政法〔2024〕9号")];
    other.post("/fund/2024/receipts", &receipt).await.assert_status(303);
    other.post(carry, &[]).await.assert_status(409).assert_says("待拨");
    let transfer = [("amount", "1000"), ("transferred_on", "2024-12-31"), ("order", "拨款通知单9号")];
    other.post("/fund/2024/transfers", &transfer).await.assert_status(303);
    let (left, right) = tokio::join!(finance.post(carry, &[]), other.post(carry, &[]));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    let balance = |year: i32| {
        format!("select balance::bigint from fund_accounts where code = 'earmarked_at_bureau' and year = {year}")
    };
    assert_eq!(app.scalar_i64(&balance(2024)).await, 300);
    assert_eq!(app.scalar_i64(&balance(2025)).await, 10_700);
    app.staff(Role::Finance).await.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    assert_eq!(app.scalar_i64(&balance(2024)).await, 0);
    let report = huifa::check::ask(&app.owner, &app.state.seals).await.expect("asked");
    for name in
        ["balances", "entries_sum_to_zero", "allowed_use", "never_below_zero", "one_fund_an_entry", "ledger_chain"]
    {
        assert!(!report.broken().contains(&name), "{report:?}");
    }
}

#[tokio::test]
async fn the_outlook_says_what_is_promised_and_whether_it_holds() {
    let app = paid_may().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("邓示安", &[venue]).await;
    let duty = Duty::new(&app).await;
    duty.publish("2024-07", &[(person, venue, "2024-07-03"), (person, venue, "2024-07-10")]).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/fund/2024/outlook").await;
    page.assert_status(200).assert_says("2024年7月排班").assert_says("600.00").assert_says("9,700.00");
    assert!(!page.text().contains("2024年5月排班"), "what is paid is promised no more");
}

#[tokio::test]
async fn nobody_checks_or_signs_what_they_had_a_hand_in_whatever_their_post_is_now() {
    let app = paid_may().await;
    let at = |step: &str| format!("/reports/quarterly/2024-Q2/{step}");
    let (clerk, approver, leader) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Leader).await);
    clerk.post(&at("prepare"), &[]).await.assert_status(303);
    clerk.post("/reports/monthly/2024-05/prepare", &[]).await.assert_status(303);
    app.tamper("update report_signings set fingerprint = repeat('0', 64) where kind = 'monthly'").await;
    approver.post("/reports/monthly/2024-05/check", &[]).await.assert_status(409).assert_says("与校验码不符");
    let turned = app.in_another_post(&clerk, Role::Approver).await;
    turned.post(&at("check"), &[]).await.assert_status(409).assert_says("由您填报，须由另一人审核");
    approver.post(&at("check"), &[]).await.assert_status(303);
    let second = app.staff(Role::Approver).await;
    second.post(&at("check"), &[]).await.assert_status(409).assert_says("已经审核过");
    for had_a_hand in [&turned, &approver] {
        let risen = app.in_another_post(had_a_hand, Role::Leader).await;
        risen.post(&at("sign"), &[]).await.assert_status(409).assert_says("填报或审核过这份报表");
    }
    leader.post(&at("sign"), &[]).await.assert_status(303);
    leader.post(&at("sign"), &[]).await.assert_status(409).assert_says("已经签发");
    let long = "长".repeat(201);
    second.post(&at("withdraw"), &[("reason", &long)]).await.assert_status(409).assert_says("200字以内");
}
