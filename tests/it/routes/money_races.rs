//! Two at once, and what somebody changed in their browser: one wins, the rest are told, the books are sound.

use huifa::check;
use huifa::web::permissions::Role;

use super::duty::Duty;
use super::payouts::{self, Office};
use crate::support::app::{Page, TestApp};

/// Exactly one of two went through, the other was told.
#[track_caller]
fn one_won(one: &Page, two: &Page) {
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} / {}", one.text(), two.text());
}

async fn is_sound(app: &TestApp) {
    let answers = check::ask(&app.owner, &app.state.seals).await.expect("asked").answers;
    let broken: Vec<_> =
        answers.into_iter().filter(|answer| answer.name != "steps_are_audited" && !answer.faults.is_empty()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn an_extension_is_granted_once_by_whoever_is_first() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let [clerk, approver, _] = office.people();
    let case = payouts::case(&app, "争1", Some(1), "").await;
    let second = app.staff(Role::Approver).await;
    for _ in 0..2 {
        let path = format!("/payouts/cases/{case}/extensions");
        clerk.post(&path, &[("days", "7"), ("reason", "账户核实")]).await.assert_status(303);
        let open = app.scalar_i64("select max(id) from case_extensions").await;
        let (grant, refuse) =
            (format!("/payouts/extensions/{open}/grant"), format!("/payouts/extensions/{open}/refuse"));
        let (one, two) = tokio::join!(approver.post(&grant, &[]), second.post(&refuse, &[("reason", "账户已核实")]));
        one_won(&one, &two);
    }
    assert_eq!(app.scalar_i64("select count(*) from case_extensions where status in ('granted', 'refused')").await, 2);
    is_sound(&app).await;
}

/// May 2024 with one person and four Wednesdays at 米山镇, all reported; today is 3 June.
async fn may(app: &TestApp) -> (i64, Vec<i64>) {
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(app).await;
    let days = ["2024-05-08", "2024-05-15", "2024-05-22", "2024-05-29"];
    let shifts = duty.publish("2024-05", &days.map(|day| (person, venue, day))).await;
    for shift in &shifts {
        duty.serve(*shift).await;
    }
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    (person, shifts)
}

#[tokio::test]
async fn a_payment_is_reversed_once_and_its_month_paid_again_once() {
    let app = TestApp::new().await;
    may(&app).await;
    let (clerk, approver) = (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await);
    let (finance, second) = (app.staff(Role::Finance).await, app.staff(Role::Finance).await);
    clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    for _ in 0..2 {
        let pay = "/settlements/2024-05/pay";
        let (one, two) = tokio::join!(finance.post(pay, &[]), second.post(pay, &[]));
        one_won(&one, &two);
        let entry = app.scalar_i64("select max(id) from fund_entries where kind = 'duty_payment'").await;
        let path = format!("/fund/entries/{entry}/reverse");
        let reason = [("reason", "重复登记")];
        let (one, two) = tokio::join!(finance.post(&path, &reason), second.post(&path, &reason));
        one_won(&one, &two);
    }
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'reversal'").await, 2);
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'approved'").await, 1);
    is_sound(&app).await;
}

/// Whichever comes first, what is paid at the end is what was confirmed.
#[tokio::test]
async fn a_month_calculated_while_a_finding_is_confirmed_pays_what_was_confirmed() {
    let app = TestApp::new().await;
    let (person, shifts) = may(&app).await;
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    let duty = Duty::new(&app).await;
    for shift in &shifts {
        let finding = duty.confirmed(*shift, "late", "").await;
        app.execute(&format!(
            "begin; set local session_replication_role = replica;
             update findings set status = 'told', decided_by = null, decided_at = null where id = {finding}; commit"
        ))
        .await;
        let confirm = format!("/findings/{finding}/confirm");
        let (calculated, confirmed) =
            tokio::join!(clerk.post("/settlements/2024-05/calculate", &[]), approver.post(&confirm, &[]));
        calculated.assert_status(303);
        confirmed.assert_status(303);
    }
    // A review of what is no longer so is refused; after a new calculation it goes on.
    let review = ("/settlements/2024-05/review", [("reason", "先行复核")]);
    if clerk.post(review.0, &review.1).await.status == 409 {
        clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
        clerk.post(review.0, &review.1).await.assert_status(303);
    }
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    let paid = format!("select payable::bigint from settlement_items where person_id = {person}");
    assert_eq!(app.scalar_i64(&paid).await, 1_200 - 4 * 50);
    is_sound(&app).await;
}

#[tokio::test]
async fn figures_and_versions_edited_in_the_browser_change_nothing() {
    let app = TestApp::new().await;
    let (person, _) = may(&app).await;
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    let forged = [("payable", "999999.00"), ("base", "1"), ("month", "2024-06"), ("reason", "先行复核")];
    clerk.post("/settlements/2024-05/calculate", &forged).await.assert_status(303);
    clerk.post("/settlements/2024-05/review", &forged).await.assert_status(303);
    for version in ["abc", "2,2", "99999999999"] {
        approver.post("/settlements/2024-05/approve", &[("version", version)]).await.assert_status(409);
    }
    approver.post("/settlements/2024-05/approve", &forged).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &forged).await.assert_status(303);
    let paid = format!("select payable::bigint from settlement_items where person_id = {person}");
    assert_eq!(app.scalar_i64(&paid).await, 1_200);
    assert_eq!(
        app.scalar_i64("select (-sum(balance))::bigint from fund_accounts where code = 'earmarked_source'").await,
        100_000
    );
    is_sound(&app).await;
}

/// A case that is assigned promises money; the plan says whether more than there is may be promised.
#[tokio::test]
async fn a_case_assigned_beyond_the_fund_is_refused_or_warned_of_as_the_plan_says() {
    let app = TestApp::new().await;
    let centre = app.venue("市法律援助中心").await;
    let clerk = app.staff_at(Role::LegalAidStaff, centre).await;
    // Just enough for one: what is promised may be all there is.
    Duty::new(&app).await.fund(1_000).await;
    let unassigned =
        "assigned_on = null, closing_agreed_on = null, entered_on = null, entry_number = '', counted_on = null,
        place = null, origin = 'paper'";
    let mut cases = Vec::new();
    for number in ["诺1", "诺2"] {
        cases.push(payouts::case(&app, number, None, unassigned).await);
    }
    let with = "begin; set local session_replication_role = replica;
         update programmes set content = jsonb_set(content, '{overcommitment}',";
    app.execute(&format!("{with} '\"refuse\"'); commit")).await;
    let assign = async |case: i64| {
        let path = format!("/cases/{case}/assigned");
        let version = app.scalar_i64(&format!("select version::bigint from cases where id = {case}")).await.to_string();
        clerk.post(&path, &[("assigned_on", "2024-05-06"), ("version", &version)]).await
    };
    assign(cases[0]).await.assert_status(303);
    assign(cases[1]).await.assert_status(409).assert_says("方案规定占用不得超过余额");
    app.execute(&format!("{with} '\"warn\"'); commit")).await;
    assign(cases[1]).await.assert_status(303);
    // More is promised than there is; a case that asks nothing of the fund is neither refused for it nor warned of.
    app.execute(&format!("{with} '\"refuse\"'); commit")).await;
    let unpaid = format!("{unassigned}, handler_category = 'agency_staff'");
    assign(payouts::case(&app, "诺3", None, &unpaid).await).await.assert_status(303);
    assert_eq!(
        app.scalar_i64("select count(*) from audit_records where action = 'case.assign' and note like '%已占用%'")
            .await,
        1
    );
}
