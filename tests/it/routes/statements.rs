//! Each statement that takes something a step further refuses by itself what is not in the state that the step starts
//! from, even where everything before it was wrong: nothing but its own words is asked here.

use huifa::findings;
use huifa::payments::db as payments;
use huifa::payouts::db::{Asked, BatchStep, batches, cases, payouts, set_batch};
use huifa::payouts::rules::BatchStatus;
use huifa::plan::Month;
use huifa::settlement::store;
use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::TestApp;

/// One person's May 2024, calculated by the clerk.
async fn may(app: &TestApp) -> (i64, i64) {
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await;
    for shift in &shifts {
        duty.serve(*shift).await;
    }
    let finding = duty.confirmed(shifts[0], "late", "").await;
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    (clerk.actor().account_id, finding)
}

#[tokio::test]
async fn a_month_is_taken_on_by_its_own_statement_from_its_own_state_only() {
    let app = TestApp::new().await;
    let (clerk, _) = may(&app).await;
    let month: Month = "2024-05".parse().expect("a month");
    let now = app.state.clock.now();
    let (reviewer, approver, payer) = (
        app.staff(Role::BureauClerk).await.actor().account_id,
        app.staff(Role::Approver).await.actor().account_id,
        app.staff(Role::Finance).await.actor().account_id,
    );
    let reviewed = format!("update settlements set reviewed_by = {clerk}, reviewed_at = now()");
    let returned =
        format!("update settlements set returned_by = {approver}, returned_at = now(), return_reason = '请核对'");
    let approved = format!("{reviewed}, status = 'approved', approved_by = {approver}, approved_at = now()");
    let paid = format!("update settlements set status = 'paid', paid_by = {payer}, paid_at = now()");
    // The state, how it comes about, and who may go on from it: review, return, approve, pay, reopen.
    let states: [(&str, Vec<String>, [bool; 5]); 6] = [
        ("calculated", vec![], [true, true, false, false, false]),
        ("reviewed", vec![reviewed.clone()], [false, true, true, false, false]),
        ("returned", vec![returned.clone()], [false, false, false, false, false]),
        ("returned though reviewed", vec![reviewed.clone(), returned], [false, false, false, false, false]),
        ("approved", vec![approved.clone()], [false, false, false, true, false]),
        ("paid", vec![approved, paid], [false, false, false, false, true]),
    ];
    for (state, made_by, may) in states {
        for (step, allowed) in may.into_iter().enumerate() {
            let mut transaction = app.owner.begin().await.expect("a transaction");
            for sql in &made_by {
                sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(&mut *transaction).await.expect(state);
            }
            let (id, version): (i64, i32) = sqlx::query_as("select id, version from settlements")
                .fetch_one(&mut *transaction)
                .await
                .expect("a month");
            let lock = store::lock_month(&mut transaction, app.bureau, month).await.expect("the lock");
            let conn = &mut *transaction;
            let done = match step {
                0 => store::set_reviewed(conn, &lock, version, reviewer, now, "").await,
                1 => store::set_returned(conn, &lock, version, approver, now, "请核对").await,
                2 => store::set_approved(conn, &lock, version, approver, now).await,
                3 => store::set_paid(conn, &lock, version, payer, now).await,
                _ => store::set_reopened(conn, &lock, id).await,
            };
            assert!(matches!(done, Ok(did) if did == allowed), "step {step} of a month that is {state}: {done:?}");
            transaction.rollback().await.expect("undone");
        }
        let mut transaction = app.owner.begin().await.expect("a transaction");
        let lock = store::lock_month(&mut transaction, app.bureau, month).await.expect("the lock");
        for version in [0, 99] {
            let done = store::set_returned(&mut transaction, &lock, version, approver, now, "请核对").await;
            assert!(matches!(done, Ok(false)), "another version: {done:?}");
        }
    }
}

#[tokio::test]
async fn a_finding_is_taken_on_by_its_own_statement_from_its_own_state_only() {
    let app = TestApp::new().await;
    let (clerk, finding) = may(&app).await;
    let now = app.state.clock.now();
    let until = now.date_naive();
    let told = format!("told_by = {clerk}, told_at = now(), objection_until = '2024-06-13'");
    // The state and who may go on from it: tell, object, decide.
    for (state, change, may) in [
        ("proposed", "told_by = null, told_at = null, objection_until = null".to_owned(), [true, false, true]),
        ("told", told.clone(), [false, true, true]),
        ("objected", format!("{told}, objection = '不是我', objected_at = now()"), [false, false, true]),
        ("revoked", format!("decided_by = {clerk}, decided_at = now(), decision_note = '错'"), [false, false, false]),
    ] {
        for (step, allowed) in may.into_iter().enumerate() {
            let mut transaction = app.owner.begin().await.expect("a transaction");
            let decided =
                if state == "revoked" { "" } else { "decided_by = null, decided_at = null, decision_note = ''," };
            let put = format!(
                "set local session_replication_role = replica;
                 update findings set {decided} {change}, status = '{state}' where id = {finding}"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(put)).execute(&mut *transaction).await.expect(state);
            let version: i32 = sqlx::query_scalar("select version from findings where id = $1")
                .bind(finding)
                .fetch_one(&mut *transaction)
                .await
                .expect("a finding");
            let conn = &mut *transaction;
            let done = match step {
                0 => findings::db::set_told(conn, finding, version, clerk, now, until).await,
                1 => findings::db::set_objected(conn, finding, version, "不是我", now).await,
                _ => {
                    let to = findings::Status::Revoked;
                    findings::db::set_decided(conn, finding, version, to, clerk, now, "另有证明").await
                }
            };
            assert!(matches!(done, Ok(did) if did == allowed), "step {step} of a finding that is {state}: {done:?}");
        }
    }
}

#[tokio::test]
async fn a_batch_and_a_transfer_are_taken_on_by_their_own_statements_only() {
    let app = TestApp::new().await;
    may(&app).await;
    let now = app.state.clock.now();
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    let account = finance.actor().account_id;
    // A transfer comes back once.
    let mut conn = app.owner.acquire().await.expect("a connection");
    let row = payments::transfers(&mut conn, app.bureau, None, None).await.expect("transfers").remove(0);
    let day = now.date_naive();
    for expected in [true, false] {
        let done = payments::set_returned(&mut conn, app.bureau, &row, day, "账号不符", account, now).await;
        assert!(matches!(done, Ok(did) if did == expected), "{done:?}");
    }
    // A batch goes on from where it was seen.
    let case = super::payouts::case(&app, "高法援〔2024〕41号", Some(1), "").await;
    let batch = clerk.post("/payouts", &[("case", &case.to_string())]).await;
    batch.assert_status(303);
    let id = app.scalar_i64("select max(id) from case_batches").await;
    let version = i32::try_from(app.scalar_i64("select version::bigint from case_batches").await).expect("small");
    let step = |from, to, version| BatchStep { id, version, from, to, account, at: now, reason: "" };
    for from in [BatchStatus::Approved, BatchStatus::Returned, BatchStatus::Dissolved, BatchStatus::Paid] {
        for to in [BatchStatus::Approved, BatchStatus::Paid] {
            let done = set_batch(&mut conn, app.bureau, step(from, to, version)).await;
            assert!(matches!(done, Ok(false)), "{from} to {to} of a prepared one: {done:?}");
        }
    }
    let done = set_batch(&mut conn, app.bureau, step(BatchStatus::Prepared, BatchStatus::Approved, version + 1)).await;
    assert!(matches!(done, Ok(false)), "another version: {done:?}");
    // The connection of the schema's owner is behind no wall: only the words of the statements keep to the bureau.
    let (own, other) = (app.bureau, app.bureau + 1_000);
    for (bureau, found) in [(own, 1), (other, 0)] {
        let transfers = payments::transfers(&mut conn, bureau, None, Some(row.id)).await.expect("asked");
        let runs = payments::runs(&mut conn, bureau, None, 1).await.expect("asked");
        let batches = batches(&mut conn, bureau, Some(id), 1).await.expect("asked");
        let prepared = payouts(&mut conn, bureau, Some(id), None, None).await.expect("asked");
        let asked = Asked { ids: Some(&[case]), unpaid: false, limit: 1 };
        let cases = cases(&mut conn, bureau, asked).await.expect("asked");
        let counts = [transfers.len(), runs.len(), batches.len(), prepared.len(), cases.len()];
        assert_eq!(counts, [found; 5], "of bureau {bureau}");
    }
    let elsewhere = set_batch(&mut conn, 0, step(BatchStatus::Prepared, BatchStatus::Approved, version)).await;
    assert!(matches!(elsewhere, Ok(false)), "another bureau: {elsewhere:?}");
}

/// Roles keep most people from both halves of a step; who changes their role in between is kept from it by name, and
/// where the program would not do so, by the database.
#[tokio::test]
async fn whoever_asked_does_not_decide_in_another_role_either() {
    let app = TestApp::new().await;
    let (me, _) = may(&app).await;
    let clerk = app.browser_of(me).await;
    clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
    let void = super::payouts::case(&app, "高法援〔2024〕51号", Some(1), "").await;
    let late = super::payouts::case(&app, "高法援〔2024〕52号", Some(2), "").await;
    let paid = super::payouts::case(&app, "高法援〔2024〕53号", Some(3), "").await;
    let why = [("reason", "受援人不属于八类群体")];
    clerk.post(&format!("/payouts/cases/{void}/void"), &why).await.assert_status(303);
    let later = [("days", "7"), ("reason", "收款账户待核实")];
    clerk.post(&format!("/payouts/cases/{late}/extensions"), &later).await.assert_status(303);
    clerk.post("/payouts", &[("case", &paid.to_string())]).await.assert_status(303);
    let payee = app
        .scalar_i64(&format!(
            "insert into payees (bureau_id, kind, name, organisation, seal_id, created_by, created_at)
             values ({}, 'handler', '钱律师', '所', gen_random_uuid(), {me}, now())
             on conflict (bureau_id, kind, name, organisation) do update set version = 1 returning id",
            app.bureau
        ))
        .await;
    let account = [("version", "1"), ("bank_name", "示例银行"), ("bank_account", "6228000000000000077")];
    clerk.post(&format!("/payments/payees/{payee}"), &account).await.assert_status(303);

    app.execute(&format!("update accounts set role = 'approver' where id = {me}")).await;
    let approver = app.browser_of(me).await;
    let newest = async |table: &str| app.scalar_i64(&format!("select max(id) from {table}")).await;
    for (path, says) in [
        ("/settlements/2024-05/approve".to_owned(), "由您计算或复核"),
        (format!("/payouts/voids/{}/grant", newest("case_voids").await), "作废由您申请"),
        (format!("/payouts/extensions/{}/grant", newest("case_extensions").await), "由您提出"),
        (format!("/payouts/batches/{}/approve", newest("case_batches").await), "由您编制"),
        (format!("/payments/accounts/{}/confirm", newest("bank_changes").await), "由您登记"),
    ] {
        approver.post(&path, &[]).await.assert_status(409).assert_says(says);
    }
    for (sql, constraint) in [
        ("update case_voids set decided_by = asked_by, decided_at = now(), agreed = true", "case_voids_second_person"),
        (
            "update case_extensions set status = 'granted', decided_by = asked_by, decided_at = asked_at",
            "case_extensions_second_person",
        ),
        (
            "update case_batches set status = 'approved', approved_by = prepared_by, approved_at = now()",
            "case_batches_second_person",
        ),
        (
            "update bank_changes set status = 'confirmed', decided_by = asked_by, decided_at = now()",
            "bank_changes_second_person",
        ),
    ] {
        assert_eq!(app.refused_by(sql).await, constraint);
    }
}
