//! `huifa check` finds what got past the schema: each guard is broken by hand and must be named.

use huifa::check;
use huifa::settlement::month::{head_fingerprint, item_fingerprint};
use huifa::web::permissions::Role;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::books::{approved_settlement, counted, fund, pay, shifts};

async fn broken(app: &TestApp) -> Vec<&'static str> {
    check::ask(&app.owner, &app.state.seals).await.expect("every question can be asked").broken()
}

/// SQL with the schema's triggers and foreign keys switched off.
async fn by_force(app: &TestApp, sql: &str) {
    app.execute(&format!("begin; set local session_replication_role = replica; {sql}; commit")).await;
}

#[tokio::test]
async fn a_sound_database_is_clean_and_says_so() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    let mut out = Vec::new();
    assert!(check::run(&app.owner, &app.state.seals, &mut out).await.expect("asked"));
    let text = String::from_utf8(out).expect("text");
    assert!(text.ends_with("项，全部无误。\n"), "{text}");
}

#[tokio::test]
async fn each_broken_guard_of_the_ledger_is_named() {
    for (sql, names) in [
        ("update fund_accounts set balance = balance + 1 where code = 'earmarked_at_bureau'", &["balances"][..]),
        ("update fund_postings set balance_after = 7 where id = (select max(id) from fund_postings)", &["balances", "ledger_chain"]),
        (
            "update fund_postings set amount = amount + 1, balance_after = balance_after + 1
             where id = (select max(id) from fund_postings where amount > 0);
             update fund_accounts set balance = balance + 1 where code = 'earmarked_at_bureau'",
            &["entries_sum_to_zero", "ledger_chain"],
        ),
        ("update fund_entries set number = 9 where number = 2", &["entry_numbers_without_gaps", "ledger_chain"]),
        (
            "update fund_entries set kind = 'duty_payment' where number = 2",
            &["allowed_use", "ledger_chain"],
        ),
        (
            "alter table fund_accounts drop constraint fund_accounts_not_below_zero;
             delete from fund_postings where entry_id = (select id from fund_entries where number = 1);
             delete from fund_entries where number = 1;
             update fund_entries set number = 1;
             update fund_accounts a set balance = coalesce((select sum(amount) from fund_postings where account_id = a.id), 0);
             update fund_postings p set balance_after = amount",
            &["never_below_zero", "ledger_chain"],
        ),
    ] {
        let app = TestApp::new().await;
        let finance = app.staff(Role::Finance).await;
        fund(&app, &finance, 1000).await;
        by_force(&app, sql).await;
        assert_eq!(broken(&app).await, names, "{sql}");
    }
}

#[tokio::test]
async fn each_broken_guard_of_the_roster_and_the_desk_is_named() {
    for (sql, name) in [
        (
            "alter table shifts drop constraint shifts_one_place;
             update shifts set duty_on = '2024-05-08' where duty_on = '2024-05-15'",
            "nobody_in_two_places",
        ),
        (
            "insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川');
             update persons set bureau_id = (select id from bureaus where division_code = '140524')",
            "no_row_across_bureaus",
        ),
        (
            "alter table rosters drop constraint rosters_second_person; update rosters set approved_by = submitted_by",
            "four_eyes",
        ),
        ("delete from audit_records where action = 'roster.publish'", "steps_are_audited"),
        ("update consultation_sums set counted = counted - 1", "consultation_sums"),
        (
            "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, evidence, proposed_at)
             select bureau_id, id, venue_id, person_id, 'late', duty_on, '08:10签到', '2024-05-08 08:10+08' from shifts limit 1",
            "findings_follow_their_steps",
        ),
    ] {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let person = app.person("张三", &[venue]).await;
        let made = shifts(&app, "2024-05", venue, person, &["2024-05-08", "2024-05-15"]).await;
        let audit = |action: &str, account: &str, at: &str| {
            format!(
                "insert into audit_records (at, account_id, actor, address, action, subject, subject_id)
                 select {at}, {account}, '', '', '{action}', 'roster', id::text from rosters;"
            )
        };
        app.execute(&audit("roster.start", "made_by", "made_at")).await;
        app.execute(&audit("roster.submit", "submitted_by", "submitted_at")).await;
        app.execute(&audit("roster.approve", "approved_by", "approved_at")).await;
        app.execute(&audit("roster.publish", "published_by", "published_at")).await;
        app.execute(&format!(
            "insert into consultations (bureau_id, venue_id, shift_id, person_id, number, seal_id, channel, started_at, ended_at,
                 refused_identity, gender, topic, facts, request, advice, outcomes, legal_aid_hint, told_right, recorded_by, recorded_at)
             select bureau_id, venue_id, id, person_id, 'C1', gen_random_uuid(), 'on_site', '2024-05-08 09:00+08',
                 '2024-05-08 09:20+08', true, 'female', 'family', 'x', 'x', 'x', '{{answered}}', false, false,
                 (select min(id) from accounts), '2024-05-08 09:20+08'
             from shifts where id = {}",
            made[0]
        ))
        .await;
        counted(&app, venue, "2024-05", 1).await;
        assert_eq!(broken(&app).await, Vec::<&str>::new(), "sound before");
        by_force(&app, sql).await;
        assert!(broken(&app).await.contains(&name), "{name}: {:?}", broken(&app).await);
    }
}

#[tokio::test]
async fn each_broken_guard_of_the_settlement_is_named() {
    for (sql, name) in [
        ("update settlements set payable = payable + 1", "settlement_totals"),
        ("update settlements set base = base + 1", "settlement_totals"),
        (
            "alter table settlement_items drop constraint settlement_items_amounts;
             update settlement_items set deducted = base + 1",
            "deducted_within_base",
        ),
        ("delete from attendances", "paid_shift_was_served"),
        ("update attendances set sign_in_method = 'correction'", "paid_shift_was_served"),
        ("update settlements set status = 'approved', paid_by = null, paid_at = null", "payment_is_posted"),
        ("update fund_entries set document_id = '999999' where kind = 'duty_payment'", "payment_is_posted"),
        (
            "alter table settlement_lines drop constraint settlement_lines_shift_once;
             insert into settlement_lines select * from settlement_lines",
            "shift_settled_once",
        ),
        (
            "alter table settlements drop constraint settlements_month;
             insert into settlements (bureau_id, month, programme_id, programme_revision, people, base, deducted, adjustment,
                 payable, fingerprint, calculated_by, calculated_at)
             select bureau_id, month, programme_id, programme_revision, 0, 0, 0, 0, 0, '', calculated_by, calculated_at
             from settlements",
            "one_settlement_a_month",
        ),
        (
            "alter table settlements drop constraint settlements_second_person; update settlements set approved_by = calculated_by",
            "four_eyes",
        ),
        ("delete from audit_records where subject = 'fund_entry'", "steps_are_audited"),
        ("update settlement_items set payable = 250, subtotal = 250", "settlement_recalculates"),
        (
            "update settlement_items set facts = jsonb_set(facts, '{shifts,0,served}', 'false')",
            "settlement_recalculates",
        ),
        ("update settlements set fingerprint = 'x'", "settlement_recalculates"),
        ("update settlement_items set fingerprint = 'x'", "settlement_recalculates"),
        (
            "update settlement_items set result = jsonb_set(result, '{payable}', '\"299.99\"')",
            "settlement_recalculates",
        ),
    ] {
        let app = paid_month().await;
        by_force(&app, sql).await;
        let named = broken(&app).await;
        assert!(named.contains(&name), "{name} for {sql}: {named:?}");
    }
}

/// A station shift of May, served, settled with its real facts, approved and paid.
async fn paid_month() -> TestApp {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let made = shifts(&app, "2024-05", venue, person, &["2024-05-08"]).await;
    let (shift, bureau) = (made[0], app.bureau);
    app.execute(&format!(
        "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
         values ({shift}, {bureau}, '2024-05-08 07:55+08', {}, 'self', 0)",
        finance.actor().account_id
    ))
    .await;
    let settlement = approved_settlement(&app, "2024-05", 300).await;
    let facts: huifa::subsidy::duty_facts::DutyFacts = serde_json::from_value(json!({
        "month": "2024-05",
        "person": { "name": "张三", "category": "lawyer", "public_official": false, "stars": 0 },
        "shifts": [{
            "id": shift.to_string(), "venue": "米山镇", "venue_kind": "station", "date": "2024-05-08",
            "planned_hours": "4", "served": true, "findings": {}
        }],
        "adjustments": []
    }))
    .expect("facts");
    let programme = huifa::plan::Programme::gaoping_2024();
    let result = huifa::subsidy::duty_pay::calculate_facts(&programme, &huifa::plan::Calendar::shipped(), &facts);
    let quoted = |value: &serde_json::Value| value.to_string().replace('\'', "''");
    let (facts, result) = (serde_json::to_value(&facts).expect("json"), serde_json::to_value(&result).expect("json"));
    let (plan, revision) = (app.scalar_i64("select id from programmes").await, 1);
    let item = item_fingerprint(person, plan, revision, &facts, &result);
    let head = head_fingerprint([(person, item.as_str())].into_iter());
    by_force(
        &app,
        &format!(
            "update settlements set people = 1, fingerprint = '{head}';
             insert into settlement_items (settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal,
                 adjustment, payable, receivable, off_post, forfeited, fingerprint)
             values ({settlement}, {bureau}, {person}, '{}', '{}', 300, 0, 300, 0, 300, 0, 0, false, '{item}');
             insert into settlement_lines (item_id, settlement_id, bureau_id, shift_id, base, deducted, payable)
             select id, settlement_id, bureau_id, {shift}, 300, 0, 300 from settlement_items",
            quoted(&facts),
            quoted(&result)
        ),
    )
    .await;
    pay(&app, &finance, settlement, "2024-05", 300).await.expect("paid");
    let named = broken(&app).await;
    assert_eq!(named, ["steps_are_audited"], "rows made by hand have no audit, all else is sound");
    app
}

#[tokio::test]
async fn each_broken_guard_of_the_cases_is_named() {
    for sql in [
        "update cases set place = 5 where place = 2",
        "update cases set counted_on = null, place = null where place = 1",
        "alter table cases drop constraint cases_counted; update cases set counted_on = counted_on + 1 where place = 1",
        "alter table cases drop constraint cases_counted; update cases set programme_case = false where place = 1",
    ] {
        let app = TestApp::new().await;
        let staff = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await.actor().account_id;
        by_force(
            &app,
            &format!(
                "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
                     accepted_on, assigned_on, closing_agreed_on, entered_on, entry_number, programme_case, counted_on, place,
                     registered_by, registered_at)
                 select {}, 'n' || n, 'civil_first_instance', 'application', '{{woman}}', 'lawyer', '钱律师', '所', '离婚',
                     '2024-03-04', '2024-03-05', '2024-05-06', '2024-05-09', 'SX' || n, true, '2024-05-09', n, {staff},
                     '2024-03-04 09:00+08'
                 from generate_series(1, 3) n;
                 insert into audit_records (at, account_id, actor, address, action, subject, subject_id)
                 select registered_at, registered_by, '', '', 'case.register', 'case', id::text from cases",
                app.bureau
            ),
        )
        .await;
        assert_eq!(broken(&app).await, Vec::<&str>::new());
        by_force(&app, sql).await;
        assert_eq!(broken(&app).await, ["case_places_without_gaps"], "{sql}");
    }
}

#[tokio::test]
async fn the_report_names_the_rows() {
    let app = TestApp::new().await;
    by_force(&app, "update fund_accounts set balance = 5 where code = 'earmarked_at_bureau'").await;
    let mut out = Vec::new();
    assert!(!check::run(&app.owner, &app.state.seals, &mut out).await.expect("asked"));
    let text = String::from_utf8(out).expect("text");
    assert!(text.contains("有误  balances"), "{text}");
    assert!(text.contains("2024年专项资金（市司法局专账）：余额5.00元，分录之和0元"), "{text}");
    assert!(text.contains("1项有误"), "{text}");
}
