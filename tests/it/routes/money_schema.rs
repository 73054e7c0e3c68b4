//! What the schema keeps of the money by itself, whoever writes: a table of statements and of what refuses each.

use huifa::web::permissions::Role;

use super::payouts::{self, Office};
use crate::support::app::TestApp;

/// The same row once more, with some columns changed.
fn again(table: &str, row: &str, columns: &str, values: &str) -> String {
    format!("insert into {table} ({columns}) select {values} from {table} where {row} limit 1")
}

#[tokio::test]
async fn the_schema_alone_keeps_what_was_paid() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let [clerk, approver, finance] = office.people();
    let (clerk_id, approver_id) = (clerk.actor().account_id, approver.actor().account_id);
    let (paid, next, late) = (
        payouts::case(&app, "甲1", Some(1), "").await,
        payouts::case(&app, "甲2", Some(2), "").await,
        payouts::case(&app, "甲3", Some(3), "").await,
    );
    for (case, pays) in [(paid, true), (next, false)] {
        clerk.post("/payouts", &[("case", &case.to_string())]).await.assert_status(303);
        let batch = app.scalar_i64("select max(id) from case_batches").await;
        approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await.assert_status(303);
        if pays {
            finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await.assert_status(303);
        }
    }
    finance.post("/fund/2024/periods/2024-02/close", &[]).await.assert_status(303);
    let person = app.person("毕示远", &[app.venue("米山镇").await]).await;
    clerk
        .post("/payments/holds", &[("person", &person.to_string()), ("reason", "账户户名不符")])
        .await
        .assert_status(303);
    clerk.post(&format!("/payouts/cases/{paid}/void"), &[("reason", "不应计入")]).await.assert_status(303);
    let ask = [("days", "5"), ("reason", "账户待核实")];
    clerk.post(&format!("/payouts/cases/{late}/extensions"), &ask).await.assert_status(303);

    let bureau = app.bureau;
    let extension = |days: u32, decided: &str| {
        format!(
            "insert into case_extensions (bureau_id, case_id, days, reason, status, asked_by, asked_at, decided_by, decided_at)
             values ({bureau}, {late}, {days}, 'x', 'granted', {clerk_id}, '2024-06-20 09:00+08', {approver_id}, '{decided}')"
        )
    };
    let payout =
        "batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, place, facts, result, revision,
         earmarked, operating, due_on, fingerprint";
    let payable = "bureau_id, year, batch_id, payout_id, payee_id, payee_name, purpose, earmarked, operating, status";
    let transfer = "bureau_id, run_id, payable_id, amount, bank_name, bank_account, bank_account_mask, seal_id, status";
    for (sql, refuses) in [
        // A batch goes its way by three people, and stays what was approved.
        ("update case_batches set earmarked = earmarked + 1".to_owned(), "case_batches_frozen"),
        ("update case_batches set status = 'prepared' where status = 'paid'".to_owned(), "case_batches_frozen"),
        ("delete from case_batches".to_owned(), "case_batches_frozen"),
        (
            "update case_batches set status = 'paid', paid_by = approved_by, paid_at = now() where status = 'approved'"
                .to_owned(),
            "case_batches_third_person",
        ),
        (
            "update case_batches set status = 'paid', paid_by = prepared_by, paid_at = now() where status = 'approved'"
                .to_owned(),
            "case_batches_third_person",
        ),
        // A case is paid once, and what it was paid stays.
        ("update case_payouts set earmarked = earmarked + 1".to_owned(), "case_payouts_frozen"),
        ("update case_payouts set payee_name = 'x'".to_owned(), "case_payouts_frozen"),
        ("delete from case_payouts".to_owned(), "case_payouts_frozen"),
        (again("case_payouts", &format!("case_id = {paid}"), payout, payout), "case_payouts_once"),
        (
            format!(
                "insert into case_outside_payments (bureau_id, case_id, source, amount, paid_on, document, recorded_by, recorded_at)
                 values ({bureau}, {paid}, 'ordinary_aid', 1000, '2024-06-01', 'x', {clerk_id}, '2024-06-20 09:00+08')"
            ),
            "case_outside_payments_not_paid",
        ),
        // What is owed is owed once, sent once, and kept as it was made.
        ("update payables set earmarked = earmarked + 1".to_owned(), "payables_kept"),
        ("update payables set payee_name = 'x'".to_owned(), "payables_kept"),
        ("delete from payables".to_owned(), "payables_kept"),
        (again("payables", "true", payable, payable), "payables_payout_once"),
        ("update transfers set amount = amount + 1".to_owned(), "transfers_kept"),
        ("delete from transfers".to_owned(), "transfers_kept"),
        (again("transfers", "true", transfer, transfer), "transfers_once"),
        ("update payment_runs set title = 'x'".to_owned(), "payment_runs_append_only"),
        // A30: together fifteen days, asked for one at a time, granted in time, by another.
        (extension(16, "2024-06-20 10:00+08"), "case_extensions_together"),
        (extension(5, "2024-07-04 00:00+08"), "case_extensions_in_time"),
        (
            again(
                "case_extensions",
                "true",
                "bureau_id, case_id, days, reason, asked_by, asked_at",
                "bureau_id, case_id, days, reason, asked_by, asked_at",
            ),
            "case_extensions_one_open",
        ),
        (
            "update case_extensions set status = 'granted', decided_by = asked_by, decided_at = asked_at".to_owned(),
            "case_extensions_second_person",
        ),
        // A36: asked once, decided once, by another.
        (
            again(
                "case_voids",
                "true",
                "bureau_id, case_id, reason, asked_by, asked_at",
                "bureau_id, case_id, reason, asked_by, asked_at",
            ),
            "case_voids_one",
        ),
        (
            "update case_voids set decided_by = asked_by, decided_at = asked_at, agreed = true".to_owned(),
            "case_voids_second_person",
        ),
        ("update case_voids set reason = 'x'".to_owned(), "case_voids_kept"),
        ("delete from case_voids".to_owned(), "case_voids_kept"),
        // One hold at a time, ended by another.
        (
            again(
                "pay_holds",
                "true",
                "bureau_id, person_id, reason, held_by, held_at",
                "bureau_id, person_id, reason, held_by, held_at",
            ),
            "pay_holds_one_open",
        ),
        (
            "update pay_holds set released_by = held_by, released_at = held_at, release_note = 'x'".to_owned(),
            "pay_holds_second_person",
        ),
        // What is closed is closed, and what is posted stands in one row of numbers and of links.
        ("update fund_closings set entries = 0".to_owned(), "fund_closings_append_only"),
        ("delete from fund_closings".to_owned(), "fund_closings_append_only"),
        (
            again(
                "fund_entries",
                "entered_on >= '2024-03-01'",
                "bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at",
                "bureau_id, year, 900, kind, '2024-02-10', summary, document_kind, document_id, posted_by, posted_at",
            ),
            "fund_entries_period_open",
        ),
        (
            again(
                "fund_entries",
                "entered_on >= '2024-03-01'",
                "bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at",
                "bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at",
            ),
            "fund_entries_number",
        ),
        ("update fund_chain set hash = 'x'".to_owned(), "fund_chain_append_only"),
        ("delete from fund_chain".to_owned(), "fund_chain_append_only"),
        ("truncate fund_chain".to_owned(), "fund_chain_append_only"),
    ] {
        assert_eq!(app.refused_by(&sql).await, refuses, "{sql}");
    }
    // A void that was agreed to keeps its case from being paid.
    let other = app.staff(Role::Approver).await;
    let void = app.scalar_i64("select max(id) from case_voids").await;
    other.post(&format!("/payouts/voids/{void}/grant"), &[]).await.assert_status(303);
    let item = app.scalar_i64(&format!("select id from case_payouts where case_id = {paid}")).await;
    finance.post(&format!("/payouts/items/{item}/refund"), &[("reason", "不应计入")]).await.assert_status(303);
    let forced = again("case_payouts", &format!("case_id = {paid}"), payout, payout);
    assert_eq!(app.refused_by(&forced).await, "case_payouts_not_void");
    assert_eq!(app.refused_by("update case_voids set agreed = false").await, "case_voids_kept");
}
