//! Every figure of a report counts its own and nothing beside it: what lies outside of it by one
//! day, one fund, one state or one year stands in the same tables.

use huifa::reports::db::{Figures, book, figures};
use rust_decimal::Decimal;

use super::duty::Duty;
use crate::support::app::{TestApp, date};

fn yuan(amount: i64) -> Decimal {
    Decimal::from(amount)
}

/// Entries of the ledger: number, kind, day, document, account, yuan. Each amount is its own.
const LEDGER: [(i64, &str, &str, &str, &str, i64); 40] = [
    (1, "receipt", "2024-03-15", "前期", "earmarked_source", -1000),
    (2, "receipt", "2024-05-02", "本期", "earmarked_source", -200),
    (3, "receipt", "2024-05-02", "本期", "earmarked_at_finance", 183),
    (4, "carry_in", "2024-05-03", "结转", "earmarked_source", -30),
    (5, "carry_in", "2024-01-05", "年初", "earmarked_source", -2000),
    (6, "receipt", "2024-07-01", "后期", "earmarked_source", -7777),
    (7, "duty_payment", "2024-03-20", "x", "earmarked_duty_subsidy", 11),
    (8, "duty_payment", "2024-05-10", "x", "earmarked_duty_subsidy", 40),
    (9, "case_payment", "2024-03-21", "x", "earmarked_case_subsidy", 5),
    (10, "case_payment", "2024-06-02", "x", "earmarked_case_subsidy", 60),
    (11, "transfer", "2024-03-16", "x", "earmarked_at_bureau", 3),
    (12, "transfer", "2024-05-06", "x", "earmarked_at_bureau", 19),
    (13, "duty_payment", "2024-05-07", "x", "earmarked_unpaid", -9),
    (14, "operating_receipt", "2024-03-22", "x", "operating_source", -300),
    (15, "operating_receipt", "2024-05-08", "x", "operating_source", -31),
    (16, "operating_case_payment", "2024-03-23", "x", "operating_case_subsidy", 7),
    (17, "operating_case_payment", "2024-05-09", "x", "operating_case_subsidy", 8),
    (18, "operating_receipt", "2024-05-08", "x", "operating_at_bureau", 2),
    (19, "working_receipt", "2024-03-24", "x", "working_source", -50),
    (20, "working_receipt", "2024-05-11", "x", "working_source", -51),
    (21, "publicity_payment", "2024-03-25", "x", "working_publicity", 4),
    (22, "publicity_payment", "2024-05-12", "x", "working_publicity", 6),
    (23, "training_payment", "2024-03-26", "x", "working_training", 1),
    (24, "training_payment", "2024-05-13", "x", "working_training", 2),
    (25, "working_receipt", "2024-05-11", "x", "working_at_finance", 13),
    (26, "fund_return", "2024-05-20", "退回", "earmarked_source", 4),
    // Of the year before, and posted after the day of the report.
    (27, "receipt", "2024-05-04", "去年", "earmarked_source", -9999),
    (28, "receipt", "2024-05-04", "后来", "earmarked_source", -8888),
    // Paid back, each fund beside another account and another day.
    (29, "duty_refund", "2024-05-21", "x", "earmarked_duty_subsidy", -2),
    (30, "duty_refund", "2024-03-27", "x", "earmarked_duty_subsidy", -3),
    (31, "case_refund", "2024-05-22", "x", "earmarked_case_subsidy", -4),
    (32, "operating_case_refund", "2024-05-23", "x", "operating_case_subsidy", -1),
    (33, "duty_refund", "2024-05-21", "x", "earmarked_unpaid", -5),
    (34, "case_refund", "2024-05-22", "x", "earmarked_at_bureau", 6),
    (35, "operating_case_refund", "2024-05-23", "x", "operating_at_bureau", 1),
    // Out of the books of the year before: in the period, of another fund, before it, after it, posted later.
    (36, "duty_payment", "2024-05-05", "x", "earmarked_duty_subsidy", 70),
    (37, "operating_case_payment", "2024-05-05", "x", "operating_case_subsidy", 71),
    (38, "duty_payment", "2024-03-31", "x", "earmarked_duty_subsidy", 72),
    (39, "duty_payment", "2024-07-01", "x", "earmarked_duty_subsidy", 73),
    (40, "duty_payment", "2024-05-05", "x", "earmarked_duty_subsidy", 74),
];

/// Payments of months and batches, beside their money: number, kind, day, kind and number of the document.
const PAYMENTS: [(i64, &str, &str, &str, i64); 9] = [
    // April, on the last day of its limit, and March, long after it.
    (41, "duty_payment", "2024-05-10", "settlement", 901),
    (42, "duty_payment", "2024-06-15", "settlement", 903),
    (43, "case_payment", "2024-06-03", "case_batch", 902),
    // Taken back in time; taken back after the day of the report.
    (44, "duty_payment", "2024-05-11", "settlement", 904),
    (45, "duty_payment", "2024-05-11", "settlement", 905),
    // Before the period, of the year before, posted later, of something else.
    (46, "duty_payment", "2024-03-31", "settlement", 906),
    (47, "duty_payment", "2024-05-12", "settlement", 907),
    (48, "duty_payment", "2024-05-12", "settlement", 908),
    (49, "duty_payment", "2024-05-12", "correction", 909),
];

async fn ledger(app: &TestApp, by: i64) {
    let bureau = app.bureau;
    let mut sql = "begin; set local session_replication_role = replica;".to_owned();
    let mut entry = |number: i64, kind: &str, day: &str, document_kind: &str, document: &str| {
        let year = if [27, 36, 37, 38, 39, 40, 47].contains(&number) { 2023 } else { 2024 };
        let posted = if [28, 40, 48].contains(&number) { "2024-07-11 00:00+08" } else { "2024-07-10 23:59+08" };
        sql.push_str(&format!(
            "insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at)
             values ({bureau}, {year}, {number}, '{kind}', '{day}', '事由{number}', '{document_kind}', '{document}', {by}, '{posted}');"
        ));
    };
    for (number, kind, day, document, ..) in LEDGER {
        entry(number, kind, day, "notice", document);
    }
    for (number, kind, day, document_kind, document) in PAYMENTS {
        entry(number, kind, day, document_kind, &document.to_string());
    }
    for (number, _, _, _, account, amount) in LEDGER {
        sql.push_str(&format!(
            "insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
             select e.id, {bureau}, 2024, a.id, {amount}, 0 from fund_entries e, fund_accounts a
             where e.number = {number} and a.bureau_id = {bureau} and a.year = 2024 and a.code = '{account}';"
        ));
    }
    for (number, taken_back, posted) in [(51, 44, "2024-07-10 12:00+08"), (52, 45, "2024-07-11 00:00+08")] {
        sql.push_str(&format!(
            "insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, reversal_of,
                 posted_by, posted_at)
             select {bureau}, 2024, {number}, 'reversal', '2024-06-20', '冲销', 'entry', id::text, id, {by}, '{posted}'
             from fund_entries where number = {taken_back};"
        ));
    }
    sql.push_str("commit");
    app.execute(&sql).await;
}

/// Settlements 901 to 909, of which 901 has lines, 902 is never paid but has the number of a batch.
async fn months(app: &TestApp, by: i64, lines: [(i64, i64, i64, Option<&str>); 5], people: [i64; 3]) {
    let bureau = app.bureau;
    let mut sql = "begin; set local session_replication_role = replica;".to_owned();
    for (id, month) in (901..=909).zip([
        "2024-04-01",
        "2023-01-01",
        "2024-03-01",
        "2023-02-01",
        "2023-03-01",
        "2023-04-01",
        "2023-05-01",
        "2023-06-01",
        "2023-07-01",
    ]) {
        sql.push_str(&format!(
            "insert into settlements (id, bureau_id, month, programme_id, programme_revision, people, base, deducted, adjustment,
                 payable, fingerprint, calculated_by, calculated_at)
             overriding system value
             select {id}, {bureau}, '{month}', min(id), 1, 1, 0, 0, 0, 0, '-', {by}, now() from programmes where bureau_id = {bureau};
             insert into settlement_items (id, settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal,
                 adjustment, payable, receivable, off_post, forfeited, fingerprint)
             overriding system value
             values ({id}0, {id}, {bureau}, {}, '{{}}', '{{}}', 500, 50, 400, 25, 425, 0, 0, true, '-'),
                    ({id}1, {id}, {bureau}, {}, '{{}}', '{{}}', 100, 0, 100, 0, 100, 0, 0, false, '-');",
            people[0], people[1]
        ));
    }
    for (shift, base, deducted, why) in lines {
        let why = why.map_or("null".to_owned(), |why| format!("'{why}'"));
        sql.push_str(&format!(
            "insert into settlement_lines (item_id, settlement_id, bureau_id, shift_id, base, deducted, payable, not_payable)
             values (9010, 901, {bureau}, {shift}, {base}, {deducted}, {base} - {deducted}, {why});"
        ));
    }
    sql.push_str("commit");
    app.execute(&sql).await;
}

/// Batches 901, which has only the number of a settlement that is paid, and 902, with cases of each fund.
async fn batches(app: &TestApp, by: i64) {
    let bureau = app.bureau;
    let mut sql = format!(
        "begin; set local session_replication_role = replica;
         insert into case_batches (id, bureau_id, year, number, cases, earmarked, operating, fingerprint, prepared_by, prepared_at)
         overriding system value
         values (901, {bureau}, 2024, 1, 1, 1, 1, '-', {by}, now()), (902, {bureau}, 2024, 2, 1, 1, 1, '-', {by}, now());"
    );
    for (case, batch, kind, ours, earmarked, operating, due) in [
        (1, 902, "civil_second_instance", true, 1000, 0, "2024-06-03"),
        (2, 902, "criminal_retrial", true, 700, 20, "2024-06-02"),
        (3, 902, "civil_first_instance", true, 0, 500, "2024-06-30"),
        (4, 902, "mediation", false, 0, 400, "2024-06-30"),
        (5, 901, "civil_first_instance", true, 9000, 9, "2024-06-30"),
    ] {
        sql.push_str(&format!(
            "insert into cases (id, bureau_id, number, kind, basis, handler_category, handler_name, organisation, cause, accepted_on,
                 programme_case, registered_by, registered_at)
             overriding system value
             values ({case}, {bureau}, '案{case}', '{kind}', 'application', 'lawyer', '某', '所', '案由', '2023-06-01', {ours}, {by}, now());
             insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, facts, result,
                 revision, earmarked, operating, due_on, fingerprint)
             values ({batch}, {bureau}, 2024, {case}, 'handler', '某', '所', '{{}}', '{{}}', 1, {earmarked}, {operating}, '{due}', '-');"
        ));
    }
    // Accepted, assigned, agreed and entered; the later of the last two is the day it counts.
    for (case, accepted, assigned, agreed, entered) in [
        (11, "2024-04-01", "2024-04-02", "2024-05-06", "2024-06-30"),
        (12, "2023-12-01", "2024-01-02", "2024-02-06", "2024-03-31"),
        (13, "2024-03-31", "2024-06-30", "2024-07-01", "2024-07-02"),
        (14, "2023-02-01", "2023-03-02", "2023-04-06", "2023-05-31"),
        (15, "2024-03-30", "2024-03-31", "2024-06-29", "2024-06-30"),
    ] {
        sql.push_str(&format!(
            "insert into cases (id, bureau_id, number, kind, basis, handler_category, handler_name, organisation, cause, accepted_on,
                 assigned_on, closing_agreed_on, entered_on, entry_number, counted_on, place, programme_case, registered_by, registered_at)
             overriding system value
             values ({case}, {bureau}, '案{case}', 'civil_retrial', 'application', 'lawyer', '某', '所', '案由', '{accepted}',
                 '{assigned}', '{agreed}', '{entered}', 'L{case}', '{entered}', {case}, true, {by}, now());"
        ));
    }
    sql.push_str(&format!(
        "insert into case_voids (bureau_id, case_id, reason, asked_by, asked_at, decided_by, decided_at, agreed)
         values ({bureau}, 15, '不符', {by}, now(), {by} + 1, now(), true), ({bureau}, 11, '不符', {by}, now(), {by} + 1, now(), false);
         commit"
    ));
    app.execute(&sql).await;
}

#[tokio::test]
async fn every_figure_counts_its_own_and_nothing_beside_it() {
    let app = TestApp::new().await;
    let by = app.staff(huifa::web::permissions::Role::BureauClerk).await.actor().account_id;
    let duty = Duty::new(&app).await;
    let (centre, station) =
        (app.scalar_i64("select id from venues where kind = 'service_centre'").await, app.venue("米山镇").await);
    let people = [
        app.person("甲", &[centre, station]).await,
        app.person("乙", &[centre, station]).await,
        app.person("丙", &[centre, station]).await,
    ];
    duty.publish("2024-03", &[(people[0], station, "2024-03-27")]).await;
    let april = [
        (0, centre, "2024-04-01"),
        (1, centre, "2024-04-02"),
        (2, centre, "2024-04-03"),
        (2, station, "2024-04-10"),
        (1, station, "2024-04-17"),
    ];
    let april = april.map(|(person, venue, day)| (people[person], venue, day));
    let april = duty.publish("2024-04", &april).await;
    duty.publish("2024-07", &[(people[0], station, "2024-07-03")]).await;
    // Rostered in the period and never published.
    duty.publish("2024-06", &[(people[1], station, "2024-06-12")]).await;
    app.execute(
        "update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
         where month = '2024-06-01'",
    )
    .await;
    for shift in [april[0], april[3]] {
        duty.serve(shift).await;
    }
    ledger(&app, by).await;
    let lines = [
        (april[0], 300, 50, None),
        (april[1], 280, 0, None),
        (april[2], 0, 0, Some("day_cancelled")),
        (april[3], 150, 0, None),
        (april[4], 0, 0, Some("not_served")),
    ];
    months(&app, by, lines, people).await;
    batches(&app, by).await;
    // Another year's plan pays no month of this one.
    app.execute(
        "insert into programmes (bureau_id, year, content, created_at)
         select bureau_id, 2025, jsonb_set(content, '{year}', '2025'), created_at from programmes where year = 2024",
    )
    .await;
    for (month, counted) in [("2023-12", 200), ("2024-02", 5), ("2024-05", 7), ("2024-08", 100)] {
        app.execute(&format!(
            "insert into consultation_sums values ({}, {station}, '{month}-01', {counted}, {counted})",
            app.bureau
        ))
        .await;
    }
    for (at, satisfaction, review) in [
        ("2024-04-01 00:00", "satisfied", "qualified"),
        ("2024-06-30 23:59", "acceptable", "irregular"),
        ("2024-05-01 09:00", "dissatisfied", "returned"),
        ("2024-05-02 09:00", "not_rated", "unreviewed"),
        ("2024-03-31 23:59", "very_satisfied", "qualified"),
        ("2024-07-01 00:00", "very_satisfied", "qualified"),
    ] {
        let record = duty.record(april[0], at).await;
        app.execute(&format!(
            "update consultations set started_at = '{at}+08', ended_at = '{at}+08'::timestamptz + interval '5 minutes',
                 satisfaction = '{satisfaction}', review = '{review}',
                 reviewed_by = case when '{review}' <> 'unreviewed' then {by} end,
                 review_note = '核'
             where id = {record}"
        ))
        .await;
    }
    for (kind, occurrence, day, decided, status) in [
        ("late", "1", "2024-04-01", "2024-07-10 23:59", "confirmed"),
        ("late", "2", "2024-06-30", "2024-07-01 09:00", "confirmed"),
        ("late", "3", "2024-05-01", "2024-07-11 00:00", "confirmed"),
        ("late", "4", "2024-03-31", "2024-04-05 09:00", "confirmed"),
        ("late", "5", "2024-07-01", "2024-07-05 09:00", "confirmed"),
        ("late", "6", "2024-05-01", "2024-05-05 09:00", "revoked"),
    ] {
        let finding = duty.confirmed(april[0], kind, occurrence).await;
        app.execute(&format!(
            "update findings set event_on = '{day}', decided_at = '{decided}+08', status = '{status}' where id = {finding}"
        ))
        .await;
    }
    app.execute("update venues set active = false where short_name = '北诗镇'").await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let (from, to, as_of) = (date("2024-04-01"), date("2024-06-30"), date("2024-07-10"));
    let found = figures(&mut conn, app.bureau, 2024, from, to, as_of).await.expect("figures");
    let venues = found.venues.clone();
    assert_eq!(
        Figures { venues: Vec::new(), ..found },
        Figures {
            opening: yuan(2987),
            received: yuan(200),
            receipts: vec![(date("2024-05-02"), "本期".to_owned(), yuan(200))],
            carried: yuan(26),
            duty: yuan(38),
            cases: yuan(56),
            closing: yuan(3119),
            at_finance: yuan(183),
            unpaid: yuan(14),
            received_to_date: yuan(3226),
            spent_to_date: yuan(107),
            operating: [yuan(31), yuan(7), yuan(317)],
            working: [yuan(51), yuan(6), yuan(2), yuan(88)],
            centre: (2, 2, yuan(530)),
            station: (1, 1, yuan(150)),
            deducted: yuan(50),
            deductions: 1,
            forfeited: (3, yuan(150)),
            cancelled: 1,
            adjusted: yuan(75),
            months: (3, 1),
            civil: (1, yuan(1000)),
            criminal: (1, yuan(700)),
            over_target: (1, yuan(500)),
            topped_up: yuan(20),
            ordinary: (1, yuan(400)),
            case_payments: (4, 3),
            consultations: (7, 12),
            case_steps: [1, 2, 2, 2, 1],
            counted_to_date: 2,
            shifts: (5, 2),
            ratings: (2, 3),
            reviews: (1, 3),
            refunds: (yuan(-2), yuan(-4), yuan(-1)),
            earlier: yuan(70),
            findings: vec![("late".to_owned(), 2)],
            venues: Vec::new(),
        }
    );
    assert_eq!(venues.iter().find(|venue| venue.0 == "米山镇"), Some(&("米山镇".to_owned(), 2, 1, 7)));
    let active = app.scalar_i64("select count(*) from venues where active").await;
    assert_eq!(i64::try_from(venues.len()), Ok(active), "a closed venue is not reported");
    // What lies ahead of the day of the report is not served yet.
    let early = figures(&mut conn, app.bureau, 2024, from, to, date("2024-04-02")).await.expect("figures");
    assert_eq!(early.shifts, (2, 1));
    let rows = book(&mut conn, app.bureau, 2024, from, to, as_of).await.expect("the book");
    let rows: Vec<_> = rows.iter().map(|row| (row.number, row.income, row.duty, row.cases, row.balance)).collect();
    assert_eq!(
        rows,
        [
            (2, yuan(200), yuan(0), yuan(0), yuan(3187)),
            (4, yuan(30), yuan(0), yuan(0), yuan(3217)),
            (8, yuan(0), yuan(40), yuan(0), yuan(3177)),
            (26, yuan(-4), yuan(0), yuan(0), yuan(3173)),
            (29, yuan(0), yuan(-2), yuan(0), yuan(3175)),
            (31, yuan(0), yuan(0), yuan(-4), yuan(3179)),
            (10, yuan(0), yuan(0), yuan(60), yuan(3119)),
        ]
    );
}
