//! What pay is reckoned from and what a payment looks at: each fact with its decoys beside it, which
//! one word of the statement keeps out.

use std::collections::BTreeSet;

use huifa::payments::db::due_of_settlement;
use huifa::payouts::db::{Asked, cases};
use huifa::plan::Month;
use huifa::plan::dictionaries::FindingKind;
use huifa::plan::dictionary::Dictionary as _;
use huifa::settlement::db::{past_of, people_of};
use huifa::web::permissions::Role;
use rust_decimal::Decimal;

use super::duty::Duty;
use crate::support::app::TestApp;

fn month(text: &str) -> Month {
    text.parse().expect("a month")
}

/// What the schema would not let happen in this order.
async fn unchecked(app: &TestApp, sql: &str) {
    app.execute(&format!("begin; set local session_replication_role = replica; {sql}; commit")).await;
}

#[tokio::test]
async fn a_month_is_reckoned_from_published_shifts_reports_and_confirmed_findings() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    for kind in FindingKind::ALL {
        duty.confirmed(shift, kind.code(), "1").await;
        let revoked = duty.confirmed(shift, kind.code(), "2").await;
        let open = duty.confirmed(shift, kind.code(), "3").await;
        let of_june = duty.confirmed(shift, kind.code(), "4").await;
        app.execute(&format!(
            "update findings set status = 'revoked' where id = {revoked};
             update findings set status = 'told', decided_by = null, decided_at = null where id = {open};
             update findings set event_on = '2024-06-01' where id = {of_june}"
        ))
        .await;
    }
    // Reported once, and sent back.
    duty.report("2024-05").await;
    app.execute("update venue_months set status = 'open', certified_by = null, certified_at = null").await;
    duty.publish("2024-06", &[(person, venue, "2024-06-05")]).await;
    app.execute(
        "update rosters set status = 'approved', published_by = null, published_at = null where month = '2024-06-01'",
    )
    .await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let facts = people_of(&mut conn, app.bureau, month("2024-05")).await.expect("facts");
    assert_eq!(facts.unreported, ["米山镇"]);
    assert_eq!(usize::try_from(facts.open_findings), Ok(FindingKind::ALL.len()));
    let found = &facts.people[0].shifts[0].findings;
    for kind in FindingKind::ALL {
        assert_eq!(found.count(*kind), 1, "{kind:?}");
    }
    let june = people_of(&mut conn, app.bureau, month("2024-06")).await.expect("facts");
    assert!(june.people.is_empty(), "what is not published is not paid");
}

#[tokio::test]
async fn an_approved_month_is_looked_at_again_only_for_what_came_after_it_and_before_the_asked() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("张三", &[venue]).await, app.person("李四", &[venue]).await);
    let duty = Duty::new(&app).await;
    duty.fund(100_000).await;
    let mut shifts = Vec::new();
    for (month, days, now) in [
        ("2024-03", ["2024-03-06", "2024-03-13"], "2024-04-15 09:00"),
        ("2024-05", ["2024-05-08", "2024-05-15"], "2024-06-17 09:00"),
    ] {
        let made = duty.publish(month, &[(first, venue, days[0]), (second, venue, days[1])]).await;
        duty.serve(made[0]).await;
        duty.report(month).await;
        app.clock_to(now);
        let (clerk, approver) = (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await);
        clerk.post(&format!("/settlements/{month}/calculate"), &[]).await.assert_status(303);
        clerk.post(&format!("/settlements/{month}/review"), &[("reason", "先行复核")]).await.assert_status(303);
        approver.post(&format!("/settlements/{month}/approve"), &[]).await.assert_status(303);
        shifts.extend(made);
    }
    // Known when March was calculated; decided after May was, which lies after the month that asks.
    let known = duty.confirmed(shifts[0], "late", "1").await;
    app.execute(&format!("update findings set decided_at = '2024-04-15 08:59+08' where id = {known}")).await;
    duty.confirmed(shifts[2], "late", "1").await;
    // The register of May says that somebody was there after all.
    unchecked(
        &app,
        &format!(
            "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
             select id, bureau_id, (duty_on + starts_at) at time zone 'Asia/Shanghai', 1, 'correction', 0
             from shifts where id = {}",
            shifts[3]
        ),
    )
    .await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let past = past_of(&mut conn, app.bureau, month("2024-04")).await.expect("the past");
    assert!(past.earlier.is_empty(), "{:?}", past.earlier);
    assert!(past.owed.is_empty() && past.booked.is_empty());
    let later = past_of(&mut conn, app.bureau, month("2024-07")).await.expect("the past");
    let later: Vec<_> = later.earlier.iter().map(|one| (one.person_id, one.month)).collect();
    assert_eq!(later, [(first, month("2024-05")), (second, month("2024-05"))]);
    // A decision in the very instant of the calculation came after it.
    app.execute(&format!(
        "update findings set decided_at = (select calculated_at from settlements where month = '2024-03-01') where id = {known}"
    ))
    .await;
    let past = past_of(&mut conn, app.bureau, month("2024-04")).await.expect("the past");
    assert_eq!(past.earlier.len(), 1);
    // March left 30 yuan open, of which May kept 10 and 5 were paid back; 7 more were asked and refused.
    unchecked(
        &app,
        &format!(
            "update settlement_items i set payable = 0, receivable = 30, adjustment = -30 - subtotal from settlements s
             where s.id = i.settlement_id and s.month = '2024-03-01' and i.person_id = {first};
             insert into settlement_adjustments (item_id, settlement_id, bureau_id, for_month, reason, amount, kind)
             select i.id, s.id, i.bureau_id, '2024-03-01', '抵扣', a.amount, a.kind
             from settlement_items i join settlements s on s.id = i.settlement_id and s.month = '2024-05-01',
                  (values (-10, 'carried'), (-4, 'correction')) as a (amount, kind)
             where i.person_id = {first};
             insert into receivable_settlings (bureau_id, person_id, kind, amount, reason, asked_by, asked_at, decided_by, decided_at, agreed)
             values ({bureau}, {first}, 'cash', 5, '退回', 1, now(), 2, now(), true),
                    ({bureau}, {first}, 'cash', 7, '退回', 1, now(), 2, now(), false)",
            bureau = app.bureau
        ),
    )
    .await;
    let past = past_of(&mut conn, app.bureau, month("2024-04")).await.expect("the past");
    let owed: Vec<_> = past.owed.iter().map(|(person, owed)| (*person, owed.amount, owed.since)).collect();
    assert_eq!(owed, [(first, Decimal::from(15), month("2024-03"))]);
    let booked: Vec<_> = past.booked.into_iter().collect();
    assert_eq!(booked, [((first, month("2024-03")), Decimal::from(-4))]);
}

#[tokio::test]
async fn a_payment_is_held_by_what_is_open_and_not_by_what_is_settled() {
    let app = TestApp::new().await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let bureau = app.bureau;
    let mut sql = format!(
        "insert into settlements (id, bureau_id, month, programme_id, programme_revision, people, base, deducted, adjustment,
             payable, fingerprint, calculated_by, calculated_at)
         overriding system value
         select n, {bureau}, m.month, min(p.id), 1, 1, 0, 0, 0, 0, '-', {by}, now() from programmes p,
             (values (901, '2024-05-01'::date), (902, '2024-04-01')) as m (n, month)
         where p.bureau_id = {bureau} group by n, m.month;"
    );
    let mut people = Vec::new();
    for name in ["放", "扣", "答", "异", "定", "换", "别", "无"] {
        let person = app.person(name, &[]).await;
        people.push(person);
        let payable = if name == "无" { 0 } else { 100 };
        sql.push_str(&format!(
            "insert into settlement_items (settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal, adjustment,
                 payable, receivable, off_post, forfeited, fingerprint)
             values (901, {bureau}, {person}, '{{}}', '{{}}', 100, 0, {payable}, 0, {payable}, 0, 0, false, '-'),
                    (902, {bureau}, {person}, '{{}}', '{{}}', 100, 0, 100, 0, 100, 0, 0, false, '-');"
        ));
    }
    sql.push_str(&format!(
        "insert into pay_holds (bureau_id, person_id, reason, held_by, held_at, released_by, released_at, release_note)
         values ({bureau}, {}, '待核实', {by}, now(), {by} + 1, now(), '已核实'), ({bureau}, {}, '待核实', {by}, now(), null, null, '');
         insert into line_objections (bureau_id, settlement_id, person_id, words, objected_by, objected_at, answered_by, answered_at,
             upheld, answer)
         values ({bureau}, 901, {}, '请核对', {by}, now(), {by} + 1, now(), false, '无误'),
                ({bureau}, 901, {}, '请核对', {by}, now(), null, null, null, ''),
                ({bureau}, 902, {}, '请核对', {by}, now(), null, null, null, '');
         insert into bank_changes (bureau_id, person_id, bank_name, bank_account, bank_account_mask, reason, status, asked_by, asked_at,
             decided_by, decided_at)
         values ({bureau}, {}, '行', '', '', '换卡', 'refused', {by}, now(), {by} + 1, now()),
                ({bureau}, {}, '行', '', '', '换卡', 'asked', {by}, now(), null, null)",
        people[0], people[1], people[2], people[3], people[6], people[4], people[5]
    ));
    unchecked(&app, &sql).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let due = due_of_settlement(&mut conn, bureau, 901, "值班补贴").await.expect("what is due");
    let found: BTreeSet<_> =
        due.iter().map(|one| (one.name.as_str(), one.standing.hold.is_some(), one.standing.change_waits)).collect();
    let expected = [
        ("放", false, false),
        ("扣", true, false),
        ("答", false, false),
        ("异", true, false),
        ("定", false, false),
        ("换", false, true),
        ("别", false, false),
    ];
    assert_eq!(found, expected.into());
}

#[tokio::test]
async fn a_case_waits_for_its_subsidy_until_it_is_paid_here_or_elsewhere_ended_or_void() {
    let app = TestApp::new().await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let bureau = app.bureau;
    let mut sql = String::new();
    for (case, category, agreed, terminated) in [
        (1, "lawyer", "'2024-03-01'", "null"),
        (2, "lawyer", "null", "null"),
        (3, "lawyer", "'2024-03-02'", "'2024-03-03'"),
        (4, "agency_staff", "'2024-03-02'", "null"),
        (5, "lawyer", "'2024-03-02'", "null"),
        (6, "lawyer", "'2024-03-02'", "null"),
        (7, "lawyer", "'2024-03-02'", "null"),
        (8, "lawyer", "'2024-03-02'", "null"),
        (9, "lawyer", "'2024-03-02'", "null"),
        (10, "lawyer", "'2024-03-02'", "null"),
    ] {
        sql.push_str(&format!(
            "insert into cases (id, bureau_id, number, kind, basis, handler_category, handler_name, organisation, cause, accepted_on,
                 assigned_on, closing_agreed_on, terminated_on, termination_note, programme_case, registered_by, registered_at)
             overriding system value
             values ({case}, {bureau}, '案{case}', 'civil_first_instance', 'application', '{category}', '某', '所', '案由', '2024-01-02',
                 '2024-01-03', {agreed}, {terminated}, '终止', true, {by}, now());"
        ));
    }
    // 5 is void and 6 was asked to be; 7 was paid elsewhere and 8 was not after all; 9 stands in a batch and 10 left one.
    sql.push_str(&format!(
        "insert into case_voids (bureau_id, case_id, reason, asked_by, asked_at, decided_by, decided_at, agreed)
         values ({bureau}, 5, '不符', {by}, now(), {by} + 1, now(), true), ({bureau}, 6, '不符', {by}, now(), null, null, null);
         insert into case_outside_payments (bureau_id, case_id, source, amount, paid_on, document, recorded_by, recorded_at,
             withdrawn_by, withdrawn_at, withdrawal)
         values ({bureau}, 7, 'lottery', 100, '2024-03-05', '凭证', {by}, now(), null, null, ''),
                ({bureau}, 8, 'lottery', 100, '2024-03-05', '凭证', {by}, now(), {by}, now(), '记错');
         insert into case_batches (id, bureau_id, year, number, cases, earmarked, operating, fingerprint, prepared_by, prepared_at)
         overriding system value values (901, {bureau}, 2024, 1, 1, 1, 1, '-', {by}, now());
         insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, facts, result,
             revision, earmarked, operating, due_on, fingerprint, live, ended_by, ended_at, ended_reason)
         values (901, {bureau}, 2024, 9, 'handler', '某', '所', '{{}}', '{{}}', 1, 100, 0, '2024-04-01', '-', true, null, null, ''),
                (901, {bureau}, 2024, 10, 'handler', '某', '所', '{{}}', '{{}}', 1, 100, 0, '2024-04-01', '-', false, {by}, now(), '撤出');
         insert into case_extensions (bureau_id, case_id, days, reason, asked_by, asked_at, status)
         values ({bureau}, 1, 30, '账户待核实', {by}, now(), 'asked')"
    ));
    // The schema keeps an ended case from being agreed; the statement keeps it out by itself.
    app.execute("alter table cases drop constraint cases_terminated").await;
    unchecked(&app, &sql).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let all = Asked { ids: None, unpaid: true, limit: 50 };
    let waiting = cases(&mut conn, bureau, all).await.expect("cases");
    assert_eq!(waiting.iter().map(|case| case.id).collect::<Vec<_>>(), [1, 6, 8, 10]);
    assert!(waiting[0].extension_asked && waiting[0].state.extension_days == 0, "asked is not granted");
    let few = cases(&mut conn, bureau, Asked { limit: 2, ..all }).await.expect("cases");
    assert_eq!(few.len(), 2);
    let named = cases(&mut conn, bureau, Asked { ids: Some(&[7, 10]), unpaid: false, limit: 50 }).await.expect("cases");
    assert_eq!(named.iter().map(|case| case.id).collect::<Vec<_>>(), [7, 10]);
}
