//! Whose shifts, objections and debts are whose: another person's, another month's, what is not published, not approved,
//! not asked any more.

use huifa::attendance::db::{MonthFilter, Shift, find_shift, next_shifts, shifts_of_month, shifts_on};
use huifa::consultations::db::{find_draft, open_shifts};
use huifa::dashboard::db::signs;
use huifa::settlement::db::items_of;
use huifa::settlement::objections::object;
use huifa::settlement::receivables::{ask, decide};
use huifa::web::actor::Scope;
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use rust_decimal::Decimal;

use super::duty::Duty;
use crate::support::app::{Page, TestApp, date};
use crate::support::books::scope;
use crate::support::ground::Ground;

/// A settlement of a month that stands as told.
fn settlement(rows: &mut Ground<'_>, id: &str, month: &str, status: &str, by: i64) {
    let (second, third) = ((by + 1000).to_string(), (by + 2000).to_string());
    let approved = [("approved_by", second.as_str()), ("approved_at", "2024-05-10 09:00+08")];
    let paid = [("paid_by", third.as_str()), ("paid_at", "2024-05-11 09:00+08")];
    let steps: &[&[_]] = match status {
        "paid" => &[&approved, &paid],
        "approved" => &[&approved],
        _ => &[],
    };
    let row = [("id", id), ("month", month), ("status", status), ("base", "100")];
    rows.put("settlements", &[&row[..], &steps.concat()].concat());
}

/// What a person has in it.
fn item(rows: &mut Ground<'_>, id: &str, settlement: &str, person: i64, receivable: &str) {
    let whose = person.to_string();
    let adjustment = format!("-{receivable}");
    rows.put(
        "settlement_items",
        &[
            ("id", id),
            ("settlement_id", settlement),
            ("person_id", &whose),
            ("base", "0"),
            ("deducted", "0"),
            ("subtotal", "0"),
            ("adjustment", &adjustment),
            ("payable", "0"),
            ("receivable", receivable),
        ],
    );
}

/// A shift with what is settled and open of it.
fn facts(one: &Shift) -> (i64, bool, i64, i64) {
    (one.id, one.settled, one.open_findings, one.open_corrections)
}

#[tokio::test]
async fn shifts_are_ones_own_published_and_in_the_state_that_is_asked_for() {
    let app = TestApp::new().await;
    let (here, there) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let (person, colleague) = (app.person("张三", &[here]).await, app.person("李四", &[there]).await);
    let duty = Duty::new(&app).await;
    let days = ["2024-05-08", "2024-05-15", "2024-05-22", "2024-05-29", "2024-05-30"];
    let mut may: Vec<_> = days.iter().map(|day| (person, here, *day)).collect();
    may.extend(days.iter().map(|day| (colleague, there, *day)));
    let shifts = duty.publish("2024-05", &may).await;
    let (mine, theirs) = shifts.split_at(5);
    let june = duty.publish("2024-06", &[(person, here, "2024-06-05"), (colleague, there, "2024-06-05")]).await;
    let draft = duty.publish("2024-07", &[(person, here, "2024-07-03")]).await;
    app.execute(
        "update rosters set status = 'approved', published_by = null, published_at = null where month = '2024-07-01'",
    )
    .await;
    // Late and gone; not gone; nobody; the day itself; still to come. The colleague as well.
    for shifts in [mine, theirs] {
        duty.attend(shifts[0], "08:30", Some("12:00")).await;
        duty.attend(shifts[1], "08:00", None).await;
        duty.attend(shifts[3], "08:00", None).await;
    }
    duty.attend(draft[0], "08:00", None).await;
    duty.attend(june[0], "08:00", None).await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let second = (by + 1000).to_string();
    let mut rows = Ground::new(&app, by).await;
    for (shift, status) in [(mine[0], "asked"), (mine[0], "refused"), (mine[3], "refused"), (theirs[0], "asked")] {
        let shift = shift.to_string();
        let decided = [("decided_by", second.as_str()), ("decided_at", "2024-05-28 09:00+08")];
        let row = [("shift_id", shift.as_str()), ("side", "sign_out"), ("status", status)];
        rows.put("attendance_corrections", &[&row[..], if status == "asked" { &[] } else { &decided[..] }].concat());
    }
    settlement(&mut rows, "77", "2024-05-01", "calculated", by);
    settlement(&mut rows, "78", "2024-06-01", "approved", by);
    let reported = [("certified_by", "1"), ("certified_at", "2024-06-03 09:00+08"), ("status", "reported")];
    let whose = here.to_string();
    rows.put("venue_months", &[&[("venue_id", whose.as_str()), ("month", "2024-06-01")][..], &reported].concat());
    rows.done().await;
    for (shift, status, occurrence) in [(mine[0], "told", "1"), (mine[0], "confirmed", "2"), (mine[3], "confirmed", "")]
    {
        let finding = duty.confirmed(shift, "late", occurrence).await;
        if status == "told" {
            let open = "status = 'told', decided_by = null, decided_at = null";
            app.execute(&format!("update findings set {open} where id = {finding}")).await;
        }
    }

    let mut conn = app.owner.acquire().await.expect("a connection");
    let own = Scope::Own { bureau: app.bureau, person };
    let point = Scope::Venue { bureau: app.bureau, venue: here };
    let (today, month) = (date("2024-05-29"), "2024-05".parse().expect("a month"));
    for scope in [own, point] {
        for (state, expected) in [
            ("", mine.to_vec()),
            ("late", vec![mine[0]]),
            ("no_sign_in", vec![mine[2]]),
            ("no_sign_out", vec![mine[1]]),
            ("correction", vec![mine[0]]),
        ] {
            let filter = MonthFilter { state: state.to_owned(), ..MonthFilter::default() };
            let found = shifts_of_month(&mut conn, scope, month, &filter, today, 50).await.expect("shifts");
            assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{state}");
        }
        let on = shifts_on(&mut conn, scope, date("2024-05-08"), 50).await.expect("shifts");
        assert_eq!(on.iter().map(facts).collect::<Vec<_>>(), [(mine[0], false, 1, 1)]);
        let next = next_shifts(&mut conn, scope, date("2024-05-22"), 50).await.expect("shifts");
        let expected = [(mine[3], false, 0, 0), (mine[4], false, 0, 0), (june[0], true, 0, 0)];
        assert_eq!(next.iter().map(facts).collect::<Vec<_>>(), expected);
        let filter = MonthFilter { state: "correction".to_owned(), ..MonthFilter::default() };
        let found = shifts_of_month(&mut conn, scope, month, &filter, today, 50).await.expect("shifts");
        assert_eq!(found.iter().map(facts).collect::<Vec<_>>(), [(mine[0], false, 1, 1)]);
        // For records: came, published, from a day on, of a month that is not reported.
        let open = open_shifts(&mut conn, scope, date("2024-05-15"), date("2024-07-05")).await.expect("shifts");
        assert_eq!(open.iter().map(|one| one.id).collect::<Vec<_>>(), [mine[3], mine[1]]);
        assert!(find_shift(&mut conn, scope, theirs[0]).await.expect("a shift").is_none());
    }
    let july = "2024-07".parse().expect("a month");
    let none = shifts_of_month(&mut conn, own, july, &MonthFilter::default(), today, 50).await.expect("shifts");
    assert!(none.is_empty() && shifts_on(&mut conn, own, date("2024-07-03"), 50).await.expect("shifts").is_empty());
    for expected in [(mine[0], false, 1, 1), (mine[3], false, 0, 0), (june[0], true, 0, 0)] {
        let found = find_shift(&mut conn, own, expected.0).await.expect("a shift").expect("one's own");
        assert_eq!(facts(&found), expected);
    }
}

#[tokio::test]
async fn one_objects_to_ones_own_line_of_the_month() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (person, colleague) = (app.person("张三", &[venue]).await, app.person("李四", &[venue]).await);
    let stranger = app.person("王五", &[venue]).await;
    let me = app.duty_person(person).await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let duty = Duty::new(&app).await;
    let april = duty.publish("2024-04", &[(person, venue, "2024-04-10"), (colleague, venue, "2024-04-17")]).await;
    let march = duty.publish("2024-03", &[(person, venue, "2024-03-06")]).await;
    let (own, another, earlier) = (april[0], april[1], march[0]);
    let mut rows = Ground::new(&app, by).await;
    for (id, month) in [("77", "2024-04-01"), ("78", "2024-03-01")] {
        settlement(&mut rows, id, month, "approved", by);
    }
    for (id, of, whose, shift) in
        [("1", "77", person, own), ("2", "77", colleague, another), ("3", "78", person, earlier)]
    {
        item(&mut rows, id, of, whose, "0");
        rows.put(
            "settlement_lines",
            &[
                ("item_id", id),
                ("settlement_id", of),
                ("shift_id", &shift.to_string()),
                ("base", "0"),
                ("deducted", "0"),
                ("payable", "0"),
            ],
        )
        // Paid once, and once before that was called back.
        .put("payables", &[("item_id", id), ("settlement_id", of), ("status", "sent")])
        .put("payables", &[("item_id", id), ("settlement_id", of), ("status", "void")]);
    }
    rows.done().await;
    for (whose, month, shift, goes) in [
        (stranger, "2024-04", None, false),
        (person, "2024-02", None, false),
        (person, "2024-04", Some(another), false),
        (person, "2024-04", Some(earlier), false),
        (person, "2024-04", Some(own), true),
        (person, "2024-04", None, true),
    ] {
        let mut work = Work::unattended(&app.state, me.actor()).await.expect("work");
        let month = month.parse().expect("a month");
        let made = object(&mut work, app.bureau, whose, month, shift, "请核对").await;
        assert_eq!(made.is_ok(), goes, "{whose} {month} {shift:?}: {made:?}");
    }
    let mut conn = app.owner.acquire().await.expect("a connection");
    assert_eq!(items_of(&mut conn, 77, None).await.expect("items").len(), 2, "what was called back doubles nothing");
}

#[tokio::test]
async fn cash_goes_back_into_the_books_of_the_persons_own_corrected_month() {
    let app = TestApp::new().await;
    let (person, colleague) = (app.person("张三", &[]).await, app.person("李四", &[]).await);
    let (clerk, approver) = (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await);
    Duty::new(&app).await.fund(100_000).await;
    let by = clerk.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    for (id, month, status) in
        [("77", "2024-03-01", "paid"), ("78", "2025-01-01", "approved"), ("79", "2025-02-01", "calculated")]
    {
        settlement(&mut rows, id, month, status, by);
    }
    for (id, of, whose, receivable) in
        [("1", "77", person, "0"), ("2", "78", person, "30"), ("3", "78", colleague, "0"), ("4", "79", person, "0")]
    {
        item(&mut rows, id, of, whose, receivable);
    }
    // The correction of March 2024, and what is none of it: more pay, a debt carried on, another's, not approved.
    for (item, of, month, kind, amount) in [
        ("2", "78", "2024-03-01", "correction", "-30"),
        ("2", "78", "2025-01-01", "correction", "10"),
        ("2", "78", "2025-01-01", "carried", "-5"),
        ("3", "78", "2025-01-01", "correction", "-20"),
        ("4", "79", "2025-01-01", "correction", "-20"),
    ] {
        rows.put(
            "settlement_adjustments",
            &[("item_id", item), ("settlement_id", of), ("for_month", month), ("kind", kind), ("amount", amount)],
        );
    }
    rows.also("update fund_accounts set balance = 30 where year = 2024 and code = 'earmarked_duty_subsidy'")
        .also("update fund_accounts set balance = balance - 30 where year = 2024 and code = 'earmarked_at_bureau'");
    rows.done().await;
    let mut work = Work::unattended(&app.state, clerk.actor()).await.expect("work");
    let id = ask(&mut work, scope(&app), person, true, Decimal::from(20), "退回多发部分").await.expect("asked");
    work.commit().await.expect("committed");
    let mut work = Work::unattended(&app.state, approver.actor()).await.expect("work");
    decide(&mut work, scope(&app), id, true).await.expect("into the books of 2024; those of 2025 do not stand");
    work.commit().await.expect("committed");
    assert_eq!(app.scalar_i64("select year::bigint from fund_entries where kind = 'duty_refund'").await, 2024);
}

fn shown(page: &Page) -> Vec<String> {
    page.assert_status(200).select("main")
}

#[tokio::test]
async fn what_if_is_reckoned_from_the_year_and_from_what_stands() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(&app).await;
    let may = duty.publish("2024-05", &[(person, venue, "2024-05-08"), (person, venue, "2024-05-15")]).await;
    duty.serve(may[0]).await;
    let late = duty.confirmed(may[0], "late", "").await;
    duty.fund(100_000).await;
    app.clock_to("2025-02-24 09:00");
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post("/programmes/2024/copy", &[]).await;
    app.execute("update programmes set content = jsonb_set(content, '{station_rate}', '\"400.00\"') where year = 2025")
        .await;
    let by = clerk.actor().account_id;
    let second = (by + 1000).to_string();
    let mut rows = Ground::new(&app, by).await;
    let agreed = [("assigned_on", "2024-05-07"), ("closing_agreed_on", "2024-05-08")];
    rows.case(1, &[&agreed[..], &[("origin", "paper")]].concat());
    rows.put(
        "case_outside_payments",
        &[
            ("case_id", "1"),
            ("source", "lottery"),
            ("amount", "100"),
            ("withdrawn_by", "1"),
            ("withdrawn_at", "2024-05-09 09:00+08"),
            ("withdrawal", "记错"),
        ],
    );
    rows.done().await;
    let pages =
        ["/trial/what-if?year=2024&programme=2025".to_owned(), format!("/trial/what-if?year=2024&finding={late}")];
    let mut before = Vec::new();
    for path in &pages {
        before.push(shown(&clerk.get(path).await));
    }
    // Not published, of the next year, told and not confirmed, ended, void, not agreed, of the next year.
    let april = duty.publish("2024-04", &[(person, venue, "2024-04-10")]).await;
    app.execute(
        "update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
         where month = '2024-04-01'",
    )
    .await;
    let january = duty.publish("2025-01", &[(person, venue, "2025-01-08")]).await;
    duty.serve(april[0]).await;
    duty.serve(january[0]).await;
    let told = duty.confirmed(may[0], "late", "2").await;
    app.execute(&format!(
        "update findings set status = 'told', decided_by = null, decided_at = null where id = {told}"
    ))
    .await;
    rows.case(
        2,
        &[
            ("origin", "paper"),
            ("assigned_on", "2024-05-07"),
            ("terminated_on", "2024-05-08"),
            ("termination_note", "终止"),
        ],
    )
    .case(3, &[&agreed[..], &[("origin", "paper")]].concat())
    .case(4, &[("origin", "paper"), ("assigned_on", "2024-05-07")])
    .case(
        5,
        &[
            ("origin", "paper"),
            ("accepted_on", "2025-01-06"),
            ("assigned_on", "2025-01-07"),
            ("closing_agreed_on", "2025-01-08"),
        ],
    );
    let decided = [("decided_by", second.as_str()), ("decided_at", "2024-05-09 09:00+08")];
    rows.put("case_voids", &[&[("case_id", "3"), ("agreed", "true")][..], &decided].concat());
    rows.done().await;
    for (path, before) in pages.iter().zip(&before) {
        assert_eq!(&shown(&clerk.get(path).await), before, "{path}");
    }
    let of_january = duty.confirmed(january[0], "late", "").await;
    clerk.get(&format!("/trial/what-if?year=2024&finding={of_january}")).await.assert_status(422);
}

#[tokio::test]
async fn the_signs_of_a_year_are_of_its_months() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let duty = Duty::new(&app).await;
    for (month, day) in [("2024-05", "2024-05-08"), ("2024-06", "2024-06-05"), ("2025-01", "2025-01-08")] {
        duty.publish(month, &[(person, venue, day)]).await;
    }
    duty.report("2024-06").await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    for (year, unreported, settlements) in [
        (2023, vec![], vec![]),
        (2024, vec!["2024-05"], vec!["2024-05", "2024-06"]),
        (2025, vec!["2025-01"], vec!["2025-01"]),
    ] {
        let rows = signs(&mut conn, app.bureau, year, date("2025-02-10")).await.expect("signs");
        for (kind, expected) in [("unreported", unreported), ("settlement", settlements)] {
            let months = rows.iter().filter(|row| row.kind == kind).filter_map(|row| row.month);
            let mut months: Vec<String> = months.map(|month| month.to_string()).collect();
            months.sort();
            assert_eq!(months, expected, "{year} {kind}");
        }
    }
}

#[tokio::test]
async fn a_draft_is_of_its_account_and_shift() {
    let app = TestApp::new().await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    for (account, shift, content) in [("1", "1", "\\x01"), ("1", "2", "\\x02"), ("2", "1", "\\x03")] {
        rows.put("consultation_drafts", &[("account_id", account), ("shift_id", shift), ("content", content)]);
    }
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    for (account, shift, expected) in
        [(1, 1, Some(vec![1])), (1, 2, Some(vec![2])), (2, 1, Some(vec![3])), (2, 2, None), (3, 1, None)]
    {
        let found = find_draft(&mut conn, account, shift).await.expect("a draft");
        assert_eq!(found.map(|(content, _)| content), expected, "{account} {shift}");
    }
}
