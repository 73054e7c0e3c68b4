//! The lists of what waits, asked for directly: what is done, what is another's, and what is not yet
//! anybody's stays away.

use huifa::consultations::db::find_known;
use huifa::findings::db::{gaps, live_findings, off_post_count, shifts_on, unsigned_out};
use huifa::home::db::{WaitingRow, of_administrators, of_bureau, of_duty_person, of_venue};
use huifa::plan::dictionaries::FindingKind;
use huifa::web::actor::Scope;
use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::{TestApp, date, instant};

/// The rows of a kind, as the number that counts.
fn ids(rows: &[WaitingRow], kind: &str) -> Vec<i64> {
    rows.iter().filter(|row| row.kind == kind).map(|row| row.id).collect()
}

fn numbers(rows: &[WaitingRow], kind: &str) -> Vec<(String, i64)> {
    rows.iter().filter(|row| row.kind == kind).map(|row| (row.words.clone(), row.number)).collect()
}

/// April reported, May open with findings, records and corrections of every state, June not yet published.
struct Office {
    app: TestApp,
    venue: i64,
    person: i64,
    /// The shifts of the person at the venue: 10 and 17 April, 8 and 15 May, 5 June.
    shifts: Vec<i64>,
    told: i64,
    returned: i64,
    clerk: i64,
    /// The other point, and its shift of May.
    elsewhere: (i64, i64),
}

async fn office() -> Office {
    let app = TestApp::new().await;
    let (venue, elsewhere) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let (person, colleague) = (app.person("张三", &[venue]).await, app.person("李四", &[elsewhere]).await);
    let duty = Duty::new(&app).await;
    let mut shifts = Vec::new();
    let mut others = Vec::new();
    for (month, days) in [
        ("2024-04", vec!["2024-04-10", "2024-04-17"]),
        ("2024-05", vec!["2024-05-08", "2024-05-15"]),
        ("2024-06", vec!["2024-06-05"]),
    ] {
        let own: Vec<_> = days.iter().map(|day| (person, venue, *day)).collect();
        shifts.extend(duty.publish(month, &own).await);
        let roster = app.scalar_i64("select max(id) from rosters").await;
        // Of a colleague elsewhere.
        app.execute(&format!(
            "begin; set local session_replication_role = replica;
             insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
                 break_from, break_to, planned_minutes, minimum_minutes, change, change_reason)
             select bureau_id, {roster}, month, {elsewhere}, venue_kind, {colleague}, duty_on, starts_at, ends_at, break_from,
                 break_to, planned_minutes, minimum_minutes, change, change_reason
             from shifts where id = {};
             commit",
            shifts.last().expect("a shift")
        ))
        .await;
        others.push(app.scalar_i64("select max(id) from shifts").await);
    }
    duty.attend(shifts[4], "08:00", None).await;
    duty.attend(others[1], "08:00", None).await;
    app.execute(
        "update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
         where month = '2024-06-01'",
    )
    .await;
    // Left at the end; not signed out in a month that is reported; the same in one that is open.
    duty.serve(shifts[0]).await;
    duty.attend(shifts[1], "08:00", None).await;
    duty.attend(shifts[2], "08:00", None).await;
    duty.report("2024-04").await;
    app.execute(&format!(
        "update venue_months set status = 'open', certified_by = null, certified_at = null where venue_id = {elsewhere}"
    ))
    .await;
    let (clerk, other) =
        (app.staff(Role::BureauClerk).await.actor().account_id, app.staff(Role::BureauClerk).await.actor().account_id);
    let mut told = 0;
    for (occurrence, shift, status, by) in [
        ("1", shifts[2], "told", other),
        ("2", shifts[2], "told", clerk),
        ("3", shifts[2], "proposed", other),
        ("4", shifts[2], "confirmed", other),
        ("5", others[1], "told", other),
        ("6", others[1], "proposed", other),
    ] {
        let finding = duty.confirmed(shift, "late", occurrence).await;
        let undecided = if status == "confirmed" { "" } else { ", decided_by = null, decided_at = null" };
        app.execute(&format!(
            "update findings set status = '{status}', proposed_by = {by}{undecided} where id = {finding}"
        ))
        .await;
        if told == 0 {
            told = finding;
        }
    }
    let mut returned = 0;
    for (number, shift, review) in [
        ("1", shifts[2], "returned"),
        ("2", shifts[2], "unreviewed"),
        ("3", shifts[2], "qualified"),
        ("4", others[1], "returned"),
    ] {
        let record = duty.record(shift, number).await;
        app.execute(&format!(
            "update consultations set review = '{review}', review_note = '核',
                 reviewed_by = case when '{review}' <> 'unreviewed' then {clerk} end where id = {record}"
        ))
        .await;
        if returned == 0 {
            returned = record;
        }
    }
    for (shift, by, status) in [
        (shifts[1], other, "asked"),
        (shifts[2], clerk, "asked"),
        (shifts[3], other, "refused"),
        (others[1], other, "asked"),
    ] {
        app.execute(&format!(
            "insert into attendance_corrections (bureau_id, shift_id, side, new_value, reason, asked_by, asked_at, status, decided_by,
                 decided_at, decision_note)
             select {bureau}, {shift}, 'sign_out', (duty_on + time '12:00') at time zone 'Asia/Shanghai', '忘记签退', {by}, now(),
                 '{status}', case '{status}' when 'asked' then null else {clerk} end,
                 case '{status}' when 'asked' then null else now() end, case '{status}' when 'asked' then '' else '不属实' end
             from shifts where id = {shift}",
            bureau = app.bureau
        ))
        .await;
    }
    Office { app, venue, person, shifts, told, returned, clerk, elsewhere: (elsewhere, others[1]) }
}

/// Months with the person's or only the colleague's pay.
async fn settled(office: &Office, month: &str, status: &str, person: i64) -> i64 {
    let (bureau, by) = (office.app.bureau, office.clerk);
    let (approved, paid) = match status {
        "calculated" => ("null, null", "null, null"),
        "approved" => ("1, now()", "null, null"),
        _ => ("1, now()", "2, now()"),
    };
    office
        .app
        .execute(&format!(
            "begin; set local session_replication_role = replica;
             insert into settlements (bureau_id, month, programme_id, programme_revision, status, people, base, deducted, adjustment,
                 payable, fingerprint, calculated_by, calculated_at, approved_by, approved_at, paid_by, paid_at)
             select {bureau}, '{month}-01', min(id), 1, '{status}', 1, 100, 0, 0, 100, '-', {by} + 1000, now(), {approved}, {paid}
             from programmes where bureau_id = {bureau};
             insert into settlement_items (settlement_id, bureau_id, person_id, facts, result, base, deducted, subtotal, adjustment,
                 payable, receivable, off_post, forfeited, fingerprint)
             select max(id), {bureau}, {person}, '{{}}', '{{}}', 100, 0, 100, 0, 100, 0, 0, false, '-' from settlements;
             commit"
        ))
        .await;
    office.app.scalar_i64("select max(id) from settlements").await
}

#[tokio::test]
async fn a_duty_persons_list_is_their_own_published_and_open() {
    let office = office().await;
    let paid = settled(&office, "2024-03", "paid", office.person).await;
    settled(&office, "2024-04", "calculated", office.person).await;
    let colleague = office.app.scalar_i64("select id from persons where name = '李四'").await;
    settled(&office, "2024-05", "paid", colleague).await;
    let mut conn = office.app.owner.acquire().await.expect("a connection");
    let mut ask = async |today: &str| {
        of_duty_person(&mut conn, office.app.bureau, office.person, date(today)).await.expect("the list")
    };
    let rows = ask("2024-05-15").await;
    assert_eq!(ids(&rows, "shift"), [office.shifts[3]]);
    assert!(ids(&rows, "next_shift").is_empty(), "June is not published");
    assert_eq!(ids(&rows, "no_sign_out"), [office.shifts[2]]);
    assert_eq!(ids(&rows, "returned"), [office.returned]);
    assert_eq!(numbers(&rows, "told").len(), 2);
    assert!(ids(&rows, "told").contains(&office.told));
    assert_eq!(ids(&rows, "pay"), [paid]);
    let rows = ask("2024-05-08").await;
    assert_eq!(ids(&rows, "next_shift"), [office.shifts[3]]);
    assert!(ids(&rows, "no_sign_out").is_empty(), "today is not over");
    assert!(ids(&ask("2024-06-05").await, "shift").is_empty());
}

#[tokio::test]
async fn a_venues_list_is_of_the_venue_and_for_others_to_decide() {
    let office = office().await;
    let app = &office.app;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let mut ask = async |today: &str| {
        of_venue(&mut conn, app.bureau, office.venue, office.clerk, date(today)).await.expect("the list")
    };
    let rows = ask("2024-05-15").await;
    assert_eq!(numbers(&rows, "desk"), [("张三".to_owned(), 1)]);
    assert_eq!(ids(&rows, "correction"), [office.shifts[1]], "neither one's own, nor decided, nor of elsewhere");
    assert_eq!(numbers(&rows, "tell"), [(String::new(), 1)]);
    assert!(ids(&rows, "certify").is_empty(), "April is reported, May is not over");
    let rows = ask("2024-07-15").await;
    let months: Vec<_> = rows.iter().filter(|row| row.kind == "certify").filter_map(|row| row.month).collect();
    assert_eq!(months, ["2024-05".parse().expect("a month")], "June was never published");
    assert!(numbers(&ask("2024-06-05").await, "desk").is_empty());
}

#[tokio::test]
async fn the_bureaus_list_is_of_open_months_and_what_others_proposed() {
    let office = office().await;
    let app = &office.app;
    let bureau = app.bureau;
    // Thirteen months ago nobody reported; another year has its plan too.
    app.execute("insert into calendar_years (year, notice, source, added_at) values (2023, '通知', '来源', now())")
        .await;
    Duty::new(app).await.publish("2023-04", &[(office.person, office.venue, "2023-04-12")]).await;
    app.execute(
        "insert into programmes (bureau_id, year, content, created_at)
         select bureau_id, 2025, jsonb_set(content, '{year}', '2025'), created_at from programmes where year = 2024",
    )
    .await;
    let mut sql = "begin; set local session_replication_role = replica;".to_owned();
    for (number, kind, year, reversal) in [
        (1, "receipt", 2024, "null"),
        (2, "receipt", 2024, "null"),
        (3, "duty_payment", 2024, "null"),
        (4, "receipt", 2022, "null"),
        (5, "reversal", 2024, "(select id from fund_entries where number = 2)"),
    ] {
        sql.push_str(&format!(
            "insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, reversal_of,
                 posted_by, posted_at)
             values ({bureau}, {year}, {number}, '{kind}', '2024-03-01', '事由', 'notice', '{number}', {reversal}, 1, now());
             insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
             select e.id, {bureau}, {year}, a.id, a.amount, 0 from fund_entries e,
                 (select min(id) as id, 5 as amount from fund_accounts union all select max(id), -5 from fund_accounts) a
             where e.number = {number};"
        ));
    }
    sql.push_str("commit");
    app.execute(&sql).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let rows = of_bureau(&mut conn, bureau, office.clerk, date("2024-05-15")).await.expect("the list");
    assert_eq!(numbers(&rows, "roster"), [("draft".to_owned(), 1), ("none".to_owned(), 1)], "May is published");
    assert!(ids(&rows, "bank").is_empty());
    assert_eq!(numbers(&rows, "tell"), [(String::new(), 2)]);
    let decide: i64 = numbers(&rows, "decide").iter().map(|(_, number)| number).sum();
    assert_eq!(decide, 2, "not what one proposed oneself");
    assert_eq!(numbers(&rows, "unreported"), [("北诗镇".to_owned(), 1)]);
    assert_eq!(numbers(&rows, "settlement"), [("none".to_owned(), 1)], "one of two venues has not reported");
    assert_eq!(numbers(&rows, "review"), [(String::new(), 1)]);
    assert_eq!(numbers(&rows, "receipt"), [(String::new(), 2024)]);
    assert!(ids(&rows, "duty_payment").is_empty() && ids(&rows, "transfer").is_empty());
    for (status, reviewed, expected) in [
        ("calculated", "null", Some("calculated")),
        ("calculated", "1", Some("reviewed")),
        ("approved", "1", Some("approved")),
        ("paid", "1", None),
    ] {
        app.execute("begin; set local session_replication_role = replica; delete from settlement_items; delete from settlements; commit")
            .await;
        settled(&office, "2024-04", status, office.person).await;
        app.execute(&format!(
            "begin; set local session_replication_role = replica;
             update settlements set reviewed_by = {reviewed}, reviewed_at = case when {reviewed}::bigint is null then null else now() end,
                 approved_by = case when approved_by is null then null else 3 end,
                 paid_by = case when paid_by is null then null else 4 end;
             commit"
        ))
        .await;
        let rows = of_bureau(&mut conn, bureau, office.clerk, date("2024-05-15")).await.expect("the list");
        let words: Vec<_> = numbers(&rows, "settlement").into_iter().map(|(words, _)| words).collect();
        assert_eq!(words, expected.into_iter().map(str::to_owned).collect::<Vec<_>>(), "{status} {reviewed}");
    }
}

#[tokio::test]
async fn the_administrators_list_counts_who_is_there_and_what_is_undecided() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let elsewhere = app.venue("北诗镇").await;
    let (staff, gone) = (app.staff_at(Role::VenueStaff, venue).await, app.staff_at(Role::VenueStaff, elsewhere).await);
    let (locked, waiting) = (app.staff(Role::Leader).await, app.staff(Role::Finance).await);
    let (locked, waiting, gone) = (locked.actor().account_id, waiting.actor().account_id, gone.actor().account_id);
    let (person, left) = (app.person("张三", &[venue]).await, app.person("李四", &[venue]).await);
    let auditor = app.staff(Role::AuditAdministrator).await.actor().account_id;
    let bureau = app.bureau;
    let venues = app.scalar_i64(&format!("select count(*) from venues where bureau_id = {bureau}")).await;
    app.execute(&format!(
        "begin; set local session_replication_role = replica;
         update accounts set locked_until = '2024-05-08 09:30+08' where id in ({locked}, {gone});
         update accounts set locked_until = '2024-05-08 08:59+08' where id = {};
         update accounts set status = 'disabled' where id = {gone};
         update accounts set status = 'waiting' where id = {waiting};
         update persons set status = 'left', exit_reason = '本人申请' where id = {left};
         update venues set address = '某街', phone = '1' where bureau_id = {bureau};
         update venues set phone = '' where id = {venue};
         update venues set active = false, phone = '' where id = {elsewhere};
         update accounts set status = 'disabled' where id = {auditor};
         insert into rights_requests (bureau_id, account_id, kind, role, reason, asked_by, asked_at, decision, decided_by, decided_at)
         values ({bureau}, {waiting}, 'new', 'finance', '新到岗', 1, now(), null, null, null),
                ({bureau}, {locked}, 'role', 'leader', '调整', 1, now(), 'granted', 2, now());
         insert into audit_records (bureau_id, at, actor, address, action, subject, subject_id)
         select {bureau}, '2024-05-01 09:00+08'::timestamptz + n * interval '1 minute', '某', '', 'account.sign_in_refused', 'account', '1'
         from generate_series(-1, 2) as n;
         commit",
        staff.actor().account_id
    ))
    .await;
    assert!(person < left);
    let mut conn = app.owner.acquire().await.expect("a connection");
    let rows = of_administrators(&mut conn, bureau, instant("2024-05-08 09:00")).await.expect("the list");
    assert_eq!(ids(&rows, "locked"), [locked], "neither one whose time is over nor one who is shut out for good");
    let accounts = rows.iter().filter(|row| row.kind == "accounts");
    let accounts: Vec<_> = accounts.map(|row| (row.words.as_str(), row.number, row.amount.to_string())).collect();
    assert!(accounts.contains(&("venue_staff", 1, "0".to_owned())), "{accounts:?}");
    assert!(accounts.contains(&("finance", 0, "1".to_owned())), "{accounts:?}");
    assert!(accounts.iter().all(|(role, ..)| *role != "audit_administrator"), "nobody is left of it: {accounts:?}");
    assert_eq!(ids(&rows, "request"), [waiting], "what was decided waits no more");
    assert_eq!(numbers(&rows, "refused"), [(String::new(), 2)], "of seven days to the minute");
    let at = rows.iter().find(|row| row.kind == "venues").expect("the venues");
    assert_eq!((at.number, at.amount.to_string()), (1, (venues - 1).to_string()));
    assert_eq!(numbers(&rows, "staffed"), [(String::new(), 1)]);
    assert_eq!(numbers(&rows, "persons"), [(String::new(), 1)]);
}

#[tokio::test]
async fn questions_of_attendance_are_of_published_shifts_of_the_month_and_the_venue() {
    let office = office().await;
    let bureau = office.app.bureau;
    let (other, other_shift) = office.elsewhere;
    let [own, there, all] =
        [Scope::Venue { bureau, venue: office.venue }, Scope::Venue { bureau, venue: other }, Scope::Bureau { bureau }];
    let duty = Duty::new(&office.app).await;
    let revoked = duty.confirmed(office.shifts[2], "early_leave", "").await;
    office.app.execute(&format!("update findings set status = 'revoked' where id = {revoked}")).await;
    let live = duty.confirmed(office.shifts[3], "false_duty", "").await;
    let mut conn = office.app.owner.acquire().await.expect("a connection");
    let (may, june) = ("2024-05".parse().expect("a month"), "2024-06".parse().expect("a month"));
    let (today, july) = (date("2024-05-31"), date("2024-07-01"));
    let found = gaps(&mut conn, own, may, today).await.expect("gaps");
    let found: Vec<_> = found.iter().map(|gap| (gap.shift_id, gap.finding_id)).collect();
    assert_eq!(found, [(office.shifts[2], None), (office.shifts[3], Some(live))], "late is another question");
    let found = gaps(&mut conn, there, may, today).await.expect("gaps");
    assert_eq!(found.iter().map(|gap| gap.shift_id).collect::<Vec<_>>(), [other_shift]);
    assert!(gaps(&mut conn, all, june, july).await.expect("gaps").is_empty(), "June is not published");
    assert!(gaps(&mut conn, own, may, date("2024-05-08")).await.expect("gaps").is_empty(), "the day is not over");
    let found = unsigned_out(&mut conn, own, may, today).await.expect("shifts");
    assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), [office.shifts[2]]);
    assert_eq!(unsigned_out(&mut conn, all, may, today).await.expect("shifts").len(), 2);
    assert!(unsigned_out(&mut conn, all, june, july).await.expect("shifts").is_empty());
    let found = shifts_on(&mut conn, own, date("2024-05-15")).await.expect("shifts");
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [office.shifts[3]]);
    assert_eq!(shifts_on(&mut conn, all, date("2024-05-15")).await.expect("shifts").len(), 2);
    assert!(shifts_on(&mut conn, all, date("2024-06-05")).await.expect("shifts").is_empty());
    let found = live_findings(&mut conn, office.shifts[2]).await.expect("findings");
    assert_eq!(found.len(), 4, "of five one is revoked");
    assert!(found.iter().all(|one| one.0 == FindingKind::Late));
}

#[tokio::test]
async fn absences_are_counted_of_one_person_confirmed_and_of_the_month() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (person, colleague) = (app.person("张三", &[venue]).await, app.person("李四", &[venue]).await);
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08"), (colleague, venue, "2024-05-15")]).await;
    for (shift, kind, occurrence, day, status) in [
        (shifts[0], "off_post", "1", "2024-05-01", "confirmed"),
        (shifts[0], "off_post", "2", "2024-05-31", "confirmed"),
        (shifts[0], "off_post", "3", "2024-05-08", "revoked"),
        (shifts[0], "off_post", "4", "2024-04-30", "confirmed"),
        (shifts[0], "off_post", "5", "2024-06-01", "confirmed"),
        (shifts[0], "late", "6", "2024-05-08", "confirmed"),
        (shifts[1], "off_post", "7", "2024-05-15", "confirmed"),
    ] {
        let finding = duty.confirmed(shift, kind, occurrence).await;
        app.execute(&format!("update findings set event_on = '{day}', status = '{status}' where id = {finding}")).await;
    }
    let mut conn = app.owner.acquire().await.expect("a connection");
    let may = "2024-05".parse().expect("a month");
    assert_eq!(off_post_count(&mut conn, person, may).await.expect("a count"), 2);
}

#[tokio::test]
async fn a_confidential_record_is_known_again_only_within_reach() {
    let app = TestApp::new().await;
    let (venue, elsewhere) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let person = app.person("张三", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    let record = duty.record(shift, "ZX-1").await;
    app.execute(&format!("update consultations set phone_index = '\\x01' where id = {record}")).await;
    let bureau = app.bureau;
    let reach = [
        (Scope::Own { bureau, person }, true),
        (Scope::Own { bureau, person: person + 1 }, false),
        (Scope::Venue { bureau, venue }, true),
        (Scope::Venue { bureau, venue: elsewhere }, false),
        (Scope::Bureau { bureau }, true),
    ];
    let mut conn = app.owner.acquire().await.expect("a connection");
    for sensitive in [false, true] {
        app.execute(&format!("update consultations set sensitive = {sensitive} where id = {record}")).await;
        for (scope, within) in reach {
            let found = find_known(&mut conn, scope, &[vec![1]]).await.expect("an answer");
            assert_eq!(found.is_some(), within || !sensitive, "{scope:?} {sensitive}");
        }
    }
    assert!(find_known(&mut conn, Scope::Bureau { bureau }, &[vec![2]]).await.expect("an answer").is_none());
}
