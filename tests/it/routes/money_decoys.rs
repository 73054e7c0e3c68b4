//! What the books, the voids and the payments are read from, each with its decoys beside it: another year, reversed,
//! refused, ended, another bureau.

use huifa::fund::db::{Asked, NewEntry, entries, least_since, lock_books, movements, same_entry};
use huifa::fund::outlook::position;
use huifa::fund::rules::{Account, EntryKind, Fund};
use huifa::fund::year_end::carry_over;
use huifa::payments::accounts::{Whose, ask_bank_change, people_to_hold, waiting};
use huifa::payments::db::{payees, payees_by_id, touched, transfers};
use huifa::payouts::db::entries_of;
use huifa::payouts::voids::{beside, plans_and_open_voids};
use huifa::people::BankAccount;
use huifa::settlement::chase::chase;
use huifa::settlement::db::{ground, month_states, venue_reports};
use huifa::settlement::objections::objections;
use huifa::settlement::versions::replaced;
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use rust_decimal::Decimal;

use super::duty::Duty;
use crate::support::app::{TestApp, date};
use crate::support::books::scope;
use crate::support::ground::Ground;

fn yuan(number: i64) -> Decimal {
    Decimal::from(number)
}

/// The books of the next year, with the same accounts.
async fn next_year(app: &TestApp) {
    app.execute(
        "insert into programmes (bureau_id, year, content, revision, created_at)
         select bureau_id, 2025, jsonb_set(content, '{year}', '2025'), 1, created_at from programmes where year = 2024",
    )
    .await;
    app.execute(
        "insert into fund_accounts (bureau_id, year, code, name, fund, kind)
         select bureau_id, 2025, code, name, fund, kind from fund_accounts where year = 2024",
    )
    .await;
}

async fn account(app: &TestApp, year: i32, code: &str) -> String {
    app.scalar_i64(&format!("select id from fund_accounts where year = {year} and code = '{code}'")).await.to_string()
}

/// A payout of a case in a batch that was paid.
fn paid_case(ground: &mut Ground<'_>, case: i64, batch: &str, changes: &[(&str, &str)]) {
    let id = case.to_string();
    let row = [("case_id", id.as_str()), ("batch_id", batch), ("year", "2024"), ("payee_kind", "handler")];
    let row: Vec<_> = row
        .into_iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .chain(changes.iter().copied())
        .collect();
    ground.put("case_payouts", &row);
}

fn batch(ground: &mut Ground<'_>, id: &str, by: i64) {
    let (second, third) = ((by + 1000).to_string(), (by + 2000).to_string());
    ground.put(
        "case_batches",
        &[
            ("id", id),
            ("year", "2024"),
            ("number", id),
            ("status", "paid"),
            ("approved_by", &second),
            ("approved_at", "2024-05-10 09:00+08"),
            ("paid_by", &third),
            ("paid_at", "2024-05-11 09:00+08"),
        ],
    );
}

/// A settlement of a month that was paid.
fn settlement(ground: &mut Ground<'_>, id: &str, month: &str, by: i64, changes: &[(&str, &str)]) {
    let (second, third, first) = ((by + 1000).to_string(), (by + 2000).to_string(), format!("{month}-01"));
    let row = [
        ("id", id),
        ("month", &first),
        ("status", "paid"),
        ("base", "100"),
        ("approved_by", &second),
        ("approved_at", "2024-05-10 09:00+08"),
        ("paid_by", &third),
        ("paid_at", "2024-05-11 09:00+08"),
    ];
    let row: Vec<_> = row
        .into_iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .chain(changes.iter().copied())
        .collect();
    ground.put("settlements", &row);
}

const GONE: [(&str, &str); 4] =
    [("live", "false"), ("ended_by", "1"), ("ended_at", "2024-05-12 09:00+08"), ("ended_reason", "退回")];

#[tokio::test]
async fn the_position_of_a_year_is_its_own_and_without_what_fell_away() {
    let app = TestApp::new().await;
    next_year(&app).await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let second = (by + 1000).to_string();
    let mut rows = Ground::new(&app, by).await;
    for (id, month, status, payable) in
        [("1", "2024-03", "paid", "10"), ("2", "2024-04", "approved", "20"), ("3", "2023-12", "paid", "40")]
    {
        let unpaid: &[_] = if status == "paid" { &[] } else { &[("paid_by", "=null"), ("paid_at", "=null")] };
        settlement(&mut rows, id, month, by, &[&[("status", status), ("payable", payable)], unpaid].concat());
        rows.put(
            "settlement_items",
            &[
                ("settlement_id", id),
                ("base", "100"),
                ("deducted", "0"),
                ("subtotal", "93"),
                ("adjustment", "0"),
                ("payable", "93"),
                ("receivable", "0"),
            ],
        );
    }
    for (month, status) in
        [("2024-04", "published"), ("2024-05", "approved"), ("2024-06", "draft"), ("2025-01", "approved")]
    {
        let first = format!("{month}-01");
        let on = "2024-03-20 09:00+08";
        rows.put(
            "rosters",
            &[
                ("month", &first),
                ("status", status),
                ("submitted_by", "1"),
                ("submitted_at", on),
                ("approved_by", &second),
                ("approved_at", on),
                ("published_by", if status == "published" { "1" } else { "=null" }),
                ("published_at", if status == "published" { on } else { "=null" }),
            ],
        );
    }
    batch(&mut rows, "1", by);
    for (case, counted) in
        [(1, "2024-05-06"), (2, "2024-05-06"), (3, "2023-05-06"), (4, "2024-05-06"), (5, "2024-05-06")]
    {
        let (place, number) = (case.to_string(), format!("SX{case}"));
        rows.case(
            case,
            &[
                ("origin", "paper"),
                ("accepted_on", "2023-01-06"),
                ("assigned_on", "2023-01-07"),
                ("closing_agreed_on", "2023-05-06"),
                ("entered_on", counted),
                ("entry_number", &number),
                ("counted_on", counted),
                ("place", &place),
            ],
        );
    }
    let decided = [("decided_by", second.as_str()), ("decided_at", "2024-05-09 09:00+08")];
    rows.put("case_voids", &[&[("case_id", "2"), ("agreed", "true")][..], &decided].concat());
    let free = [("earmarked", "0"), ("operating", "5")];
    for (case, changes) in [(1, &[][..]), (3, &[("year", "2023")]), (4, &GONE), (5, &free)] {
        paid_case(&mut rows, case, "1", changes);
    }
    for (year, code, balance) in [
        (2024, "earmarked_source", -1000),
        (2024, "earmarked_duty_subsidy", 300),
        (2024, "earmarked_case_subsidy", 100),
        (2024, "earmarked_at_bureau", 700),
        (2024, "operating_at_bureau", 50),
        (2024, "operating_unpaid", -20),
        (2024, "operating_source", -9),
        (2025, "earmarked_source", -5000),
        (2025, "operating_at_bureau", 6000),
    ] {
        rows.also(&format!("update fund_accounts set balance = {balance} where year = {year} and code = '{code}'"));
    }
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let it = position(&mut conn, app.bureau, 2024, date("2024-05-20")).await.expect("a position");
    assert_eq!((it.pace.unspent, it.operating), (yuan(600), yuan(30)));
    assert_eq!((it.pace.paid, it.pace.saved), ((yuan(10), 1), yuan(7)));
    assert_eq!(it.pace.counted, (3, 1));
    assert_eq!(it.pace.rostered_until, Some("2024-05".parse().expect("a month")));
}

#[tokio::test]
async fn entries_are_found_again_by_all_that_makes_them_the_same_and_while_they_stand() {
    let app = TestApp::new().await;
    next_year(&app).await;
    let by = app.staff(Role::Finance).await.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    let (bureau_purse, operating, later) = (
        account(&app, 2024, "earmarked_at_bureau").await,
        account(&app, 2024, "operating_at_bureau").await,
        account(&app, 2025, "earmarked_at_bureau").await,
    );
    let (purse, with) = (bureau_purse.as_str(), operating.as_str());
    for (id, year, kind, day, document, postings) in [
        ("1", "2024", "receipt", "2024-03-01", ("paper", "甲"), vec![(purse, "5")]),
        ("2", "2024", "receipt", "2024-03-10", ("paper", "乙"), vec![(purse, "95"), (with, "20")]),
        ("3", "2024", "duty_payment", "2024-03-20", ("settlement", "77"), vec![(purse, "-80"), (with, "60")]),
        ("4", "2024", "duty_payment", "2024-03-25", ("case_batch", "8"), vec![(purse, "30")]),
        ("5", "2024", "receipt", "2024-03-12", ("paper", "丙"), vec![(with, "-15")]),
        ("6", "2024", "reversal", "2024-03-13", ("entry", "5"), vec![(with, "15")]),
        ("7", "2025", "receipt", "2024-03-05", ("paper", "丁"), vec![(later.as_str(), "1000")]),
        ("8", "2024", "receipt", "2024-03-26", ("paper", "戊"), vec![(with, "9")]),
        ("9", "2024", "reversal", "2024-03-27", ("entry", "8"), vec![(with, "-9")]),
        ("10", "2024", "case_payment", "2024-03-28", ("case_batch", "9"), vec![(purse, "1")]),
    ] {
        let of = if kind == "reversal" { document.1 } else { "=null" };
        rows.put(
            "fund_entries",
            &[
                ("id", id),
                ("year", year),
                ("number", id),
                ("kind", kind),
                ("entered_on", day),
                ("document_kind", document.0),
                ("document_id", document.1),
                ("reversal_of", of),
            ],
        );
        for (account, amount) in postings {
            rows.put("fund_postings", &[("entry_id", id), ("year", year), ("account_id", account), ("amount", amount)]);
        }
    }
    settlement(&mut rows, "77", "2024-03", by, &[]);
    settlement(&mut rows, "78", "2024-04", by, &[]);
    rows.done().await;
    let mut conn = app.owner.begin().await.expect("a transaction");
    let books = lock_books(&mut conn, app.bureau, 2024).await.expect("books").expect("books");

    // The lowest evening since a day: what was before it and what was taken back count for nothing.
    let least = least_since(&mut conn, &books, date("2024-03-15")).await.expect("the lowest");
    let of = |wanted| least.iter().find(|(account, _)| *account == wanted).map(|(_, amount)| *amount);
    assert_eq!(of(Account::AtBureau), Some(yuan(20)));
    assert_eq!(of(Account::OperatingAtBureau), Some(yuan(20)));

    let same = NewEntry {
        kind: EntryKind::Receipt,
        entered_on: date("2024-03-01"),
        summary: String::new(),
        voucher: String::new(),
        document_kind: "paper",
        document_id: "甲".to_owned(),
        document_on: None,
        reversal_of: None,
    };
    let duty = NewEntry {
        kind: EntryKind::DutyPayment,
        document_kind: "settlement",
        document_id: "77".to_owned(),
        entered_on: date("2024-03-20"),
        ..same.clone()
    };
    for (asked, amount, number) in [
        (same.clone(), 5, Some(1)),
        // A notice is booked once, on whatever day.
        (NewEntry { entered_on: date("2024-03-02"), ..same.clone() }, 5, Some(1)),
        (same.clone(), 6, None),
        (NewEntry { kind: EntryKind::Transfer, ..same.clone() }, 5, None),
        (NewEntry { document_kind: "contract", ..same.clone() }, 5, None),
        (NewEntry { document_id: "己".to_owned(), ..same.clone() }, 5, None),
        (NewEntry { document_id: "丁".to_owned(), ..same.clone() }, 1000, None),
        (NewEntry { document_id: "丙".to_owned(), ..same.clone() }, -15, None),
        (duty.clone(), 60, Some(3)),
        (NewEntry { entered_on: date("2024-03-21"), ..duty }, 60, None),
    ] {
        let found = same_entry(&mut conn, &books, &asked, yuan(amount)).await.expect("an entry");
        assert_eq!(found.map(|(number, _)| number), number, "{asked:?} {amount}");
    }

    let list = |year, account, fund| (year, Asked { account, fund, limit: 50, ..Asked::default() });
    for ((year, asked), expected) in [
        (list(None, None, None), vec![7, 10, 9, 8, 6, 5, 4, 3, 2, 1]),
        (list(Some(2024), None, None), vec![10, 9, 8, 6, 5, 4, 3, 2, 1]),
        (list(Some(2024), Some(Account::AtBureau), None), vec![10, 4, 3, 2, 1]),
        (list(Some(2024), None, Some(Fund::Operating)), vec![9, 8, 6, 5, 3, 2]),
    ] {
        let found = entries(&mut conn, app.bureau, year, asked).await.expect("entries");
        assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), expected);
        for one in found {
            assert_eq!(one.settled_month.is_some(), one.number == 3, "{one:?}");
            if one.number == 3 {
                let sides = if asked.account.is_some() { 1 } else { 2 };
                assert_eq!(one.postings.len(), sides, "another month's settlement doubles nothing");
            }
        }
    }
    let (moved, _) = movements(&mut conn, app.bureau, 2024).await.expect("movements");
    assert_eq!(moved.iter().map(|one| one.amount).collect::<Vec<_>>(), [yuan(5), yuan(95), yuan(20)]);
    assert_eq!(entries_of(&mut conn, app.bureau, 9).await.expect("entries"), [10]);
}

#[tokio::test]
async fn what_is_promised_of_a_year_stays_in_it_and_the_rest_is_carried_over() {
    let app = TestApp::new().await;
    next_year(&app).await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    Duty::new(&app).await.fund(100_000).await;
    let mut rows = Ground::new(&app, by).await;
    // Ordinary aid: agreed and not yet paid; only assigned. Of the programme: agreed and not counted, not of the year.
    for (case, programme, agreed) in [(1, "false", "2024-06-06"), (2, "false", "=null"), (3, "true", "2024-06-06")] {
        rows.case(
            case,
            &[
                ("origin", "paper"),
                ("programme_case", programme),
                ("assigned_on", "2024-05-07"),
                ("closing_agreed_on", agreed),
            ],
        );
    }
    // Money of the operating fund, and what was carried before in another year.
    let operating = account(&app, 2024, "operating_at_bureau").await;
    let source = account(&app, 2024, "operating_source").await;
    let paper = [("year", "2024"), ("document_kind", "paper"), ("document_id", "9")];
    rows.put("fund_entries", &[&[("id", "901"), ("number", "3"), ("kind", "operating_receipt")][..], &paper].concat());
    for (account, amount) in [(&operating, "9000"), (&source, "-9000")] {
        rows.put(
            "fund_postings",
            &[("entry_id", "901"), ("year", "2024"), ("account_id", account), ("amount", amount)],
        );
    }
    rows.also(
        "update fund_accounts set balance = case code when 'operating_at_bureau' then 9000 else -9000 end
         where year = 2024 and code in ('operating_at_bureau', 'operating_source')",
    );
    rows.done().await;
    app.clock_to("2025-01-10 09:00");
    let finance = app.staff(Role::Finance).await;
    let standard: i64 = app
        .scalar_i64(
            "select coalesce((content -> 'local_standards' ->> 'civil_first_instance')::numeric, 0)::bigint
             from programmes where year = 2024",
        )
        .await;
    let amount = app
        .scalar_i64(
            "select (content -> 'case_amounts' ->> 'civil_first_instance')::numeric::bigint from programmes where year = 2024",
        )
        .await;
    assert!(amount > 0);
    let mut work = Work::unattended(&app.state, finance.actor()).await.expect("work");
    let carried = carry_over(&mut work, scope(&app), 2024).await.expect("carried");
    assert_eq!(carried, [(Fund::Earmarked, yuan(100_000)), (Fund::Operating, yuan(9_000 - standard))]);
}

#[tokio::test]
async fn a_void_is_open_until_it_is_refused_or_its_money_came_back() {
    let app = TestApp::new().await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let second = (by + 1000).to_string();
    app.execute("insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川')")
        .await;
    let elsewhere = app.scalar_i64("select id from bureaus where division_code = '140524'").await;
    let mut rows = Ground::new(&app, by).await;
    batch(&mut rows, "1", by);
    let decided = [("decided_by", second.as_str()), ("decided_at", "2024-05-13 09:00+08")];
    // Asked; agreed and paid; agreed and never paid; refused and paid; agreed and given back.
    for (case, agreed, payout) in [
        (1, None, Some(&[][..])),
        (2, Some("true"), Some(&[][..])),
        (3, Some("true"), None),
        (4, Some("false"), Some(&[][..])),
        (5, Some("true"), Some(&GONE[..])),
    ] {
        rows.case(case, &[]);
        let id = case.to_string();
        let row = [("id", id.as_str()), ("case_id", &id)];
        match agreed {
            Some(agreed) => rows.put("case_voids", &[&row[..], &[("agreed", agreed)], &decided].concat()),
            None => rows.put("case_voids", &row),
        };
        if let Some(changes) = payout {
            paid_case(&mut rows, case, "1", changes);
        }
    }
    rows.put("case_extensions", &[("case_id", "5"), ("days", "3")])
        .put("case_outside_payments", &[("case_id", "5"), ("source", "lottery"), ("amount", "100")])
        // The same of another case.
        .put("case_extensions", &[("case_id", "4"), ("days", "4")])
        .put("case_outside_payments", &[("case_id", "4"), ("source", "lottery"), ("amount", "200")]);
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let (plans, open) = plans_and_open_voids(&mut conn, app.bureau).await.expect("voids");
    assert_eq!(plans.len(), 1);
    assert_eq!(open.iter().map(|one| (one.case_id, one.owed)).collect::<Vec<_>>(), [(2, true), (1, true)]);
    let of = beside(&mut conn, app.bureau, 5).await.expect("a case");
    assert_eq!(of.voids.iter().map(|one| (one.id, one.owed)).collect::<Vec<_>>(), [(5, false)]);
    assert_eq!((of.extensions.len(), of.outside.len()), (1, 1));
    let of = beside(&mut conn, elsewhere, 5).await.expect("a case");
    assert!(of.plans.is_empty() && of.voids.is_empty() && of.extensions.is_empty() && of.outside.is_empty(), "{of:?}");
}

#[tokio::test]
async fn what_waits_and_what_was_sent_of_payments_is_told_from_what_is_done() {
    let app = TestApp::new().await;
    let by = app.staff(Role::Finance).await.actor().account_id;
    let second = (by + 1000).to_string();
    let (held, free) = (app.person("张三", &[]).await.to_string(), app.person("李四", &[]).await.to_string());
    let mut rows = Ground::new(&app, by).await;
    let released = [("released_by", &*second), ("released_at", "2024-05-09 09:00+08"), ("release_note", "已核实")];
    rows.put("pay_holds", &[("person_id", &held)])
        .put("pay_holds", &[&[("person_id", free.as_str())][..], &released].concat());
    for (payee, status) in [("901", "asked"), ("902", "refused")] {
        let decided: &[_] =
            if status == "asked" { &[] } else { &[("decided_by", &*second), ("decided_at", "2024-05-09 09:00+08")] };
        rows.put("payees", &[("id", payee), ("kind", "handler"), ("name", payee)])
            .put("bank_changes", &[&[("payee_id", payee), ("status", status)][..], decided].concat());
    }
    for (run, kind) in [("1", "settlement"), ("2", "again")] {
        rows.put("payment_runs", &[("id", run), ("number", run), ("kind", kind)]);
    }
    // Sent once; sent again; sent again and stopped; the same of a payable that is void, and of another month.
    for (payable, settlement, status, run, sent) in [
        ("1", "77", "sent", "1", "sent"),
        ("2", "77", "sent", "2", "sent"),
        ("3", "77", "sent", "2", "void"),
        ("4", "77", "void", "2", "sent"),
        ("5", "78", "sent", "2", "sent"),
    ] {
        rows.put(
            "payables",
            &[("id", payable), ("settlement_id", settlement), ("item_id", payable), ("status", status)],
        )
        .put("transfers", &[("id", payable), ("run_id", run), ("payable_id", payable), ("status", sent)]);
    }
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    assert_eq!(waiting(&mut conn, app.bureau).await.expect("numbers"), (1, 1));
    let choice: Vec<_> =
        people_to_hold(&mut conn, app.bureau).await.expect("people").into_iter().map(|(id, _)| id).collect();
    assert_eq!(choice, [free]);
    for found in [
        payees(&mut conn, app.bureau).await.expect("payees"),
        payees_by_id(&mut conn, app.bureau, &[901, 902]).await.expect("payees"),
    ] {
        assert_eq!(found.iter().map(|one| (one.id, one.change_waits)).collect::<Vec<_>>(), [(901, true), (902, false)]);
    }
    assert_eq!(touched(&mut conn, app.bureau, Some(77), None).await.expect("a number"), 1);
    for (run, id, expected) in [(Some(1), None, vec![1]), (None, Some(3), vec![3]), (None, None, vec![1, 2, 3, 4, 5])] {
        let found = transfers(&mut conn, app.bureau, run, id).await.expect("transfers");
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_month_is_shown_with_its_own_reports_findings_and_objections() {
    let app = TestApp::new().await;
    let (here, there) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let person = app.person("张三", &[here, there]).await;
    let duty = Duty::new(&app).await;
    let april = duty.publish("2024-04", &[(person, here, "2024-04-10")]).await;
    let may = duty.publish("2024-05", &[(person, here, "2024-05-08"), (person, there, "2024-05-15")]).await;
    let june = duty.publish("2024-06", &[(person, there, "2024-06-05")]).await;
    // June is not published after all; May is reported by one point, April by the other, which had nothing to do there.
    app.execute(
        "update rosters set status = 'approved', published_by = null, published_at = null where month = '2024-06-01'",
    )
    .await;
    for (shift, occurrence) in [(april[0], "1"), (may[0], "2"), (june[0], "3")] {
        let finding = duty.confirmed(shift, "late", occurrence).await;
        app.execute(&format!(
            "update findings set status = 'told', decided_by = null, decided_at = null where id = {finding}"
        ))
        .await;
    }
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    let (at_here, at_there, whose) = (here.to_string(), there.to_string(), person.to_string());
    for (venue, month) in [(&at_here, "2024-05-01"), (&at_there, "2024-04-01")] {
        let reported = [("certified_by", "1"), ("certified_at", "2024-06-03 09:00+08"), ("status", "reported")];
        rows.put("venue_months", &[&[("venue_id", venue.as_str()), ("month", month)][..], &reported].concat());
    }
    // Somebody was asked for the report: before it came, for another month, and for the one that lacks.
    for (venue, month, day) in [
        (&at_here, "2024-05-01", "2024-06-01"),
        (&at_there, "2024-04-01", "2024-06-09"),
        (&at_there, "2024-05-01", "2024-06-04"),
    ] {
        let at = format!("{day} 09:00+08");
        rows.put("attendance_chases", &[("venue_id", venue), ("month", month), ("chased_on", day), ("chased_at", &at)]);
    }
    // March and April are settled; the books were closed over the first and not over the second's payment.
    settlement(&mut rows, "77", "2024-04", by, &[("paid_at", "2024-05-11 09:00+08")]);
    settlement(&mut rows, "78", "2024-05", by, &[("paid_at", "2024-06-11 09:00+08")]);
    rows.put("fund_closings", &[("month", "2024-05-01")]);
    for settlement in ["77", "78"] {
        rows.put("line_objections", &[("id", settlement), ("settlement_id", settlement), ("person_id", &whose)]);
    }
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let reports =
        venue_reports(&mut conn, app.bureau, "2024-05".parse().expect("a month"), None).await.expect("reports");
    let found: Vec<_> = reports
        .iter()
        .map(|one| (one.id, one.shifts, one.reported_at.is_some(), one.chased_at.map(|at| at.date_naive())))
        .collect();
    let expected = [(here, 1, true, None), (there, 1, false, Some(date("2024-06-04")))];
    assert_eq!(found, expected);
    let june = venue_reports(&mut conn, app.bureau, "2024-06".parse().expect("a month"), None).await.expect("reports");
    assert!(june.is_empty(), "{june:?}");
    let states = month_states(&mut conn, app.bureau, 10).await.expect("months");
    let found: Vec<_> = states.iter().map(|one| (one.month.to_string(), one.open_findings, one.locked)).collect();
    assert_eq!(found, [("2024-05".to_owned(), 1, false), ("2024-04".to_owned(), 1, true)]);
    for (month, locked) in [("2024-04", true), ("2024-05", false)] {
        let it = ground(&mut conn, app.bureau, month.parse().expect("a month")).await.expect("a ground");
        assert_eq!(it.and_then(|it| it.head).map(|head| head.locked), Some(locked), "{month}");
        let told = objections(&mut conn, app.bureau, month.parse().expect("a month"), None).await.expect("objections");
        assert_eq!(told.iter().map(|one| one.id).collect::<Vec<_>>(), [if locked { 77 } else { 78 }]);
        assert!(replaced(&mut conn, app.bureau, month.parse().expect("a month"), None).await.expect("none").is_empty());
    }
    // Nobody is asked for what was reported, or before the month's last shift.
    app.clock_to("2024-06-12 09:00");
    let clerk = app.staff(Role::BureauClerk).await;
    for (venue, month, asked) in [(here, "2024-05", false), (there, "2024-06", false), (there, "2024-05", true)] {
        let mut work = Work::unattended(&app.state, clerk.actor()).await.expect("work");
        let made = chase(&mut work, scope(&app), month.parse().expect("a month"), venue).await;
        assert_eq!(made.is_ok(), asked, "{venue} {month}: {made:?}");
    }
}

#[tokio::test]
async fn what_is_declared_is_what_people_were_sent_and_kept() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let person = app.person("张三", &[]).await.to_string();
    let mut rows = Ground::new(&app, clerk.actor().account_id).await;
    rows.put("payment_runs", &[("id", "1"), ("kind", "again"), ("made_at", "2024-12-31 23:30+08")])
        .put("payment_runs", &[("id", "2"), ("kind", "again"), ("number", "2"), ("made_at", "2025-01-01 00:30+08")])
        .put("payees", &[("id", "1"), ("kind", "unit"), ("name", "某律师事务所")])
        .put("payees", &[("id", "2"), ("kind", "handler"), ("name", "李四")]);
    let back = [("returned_on", "2024-06-01"), ("returned_by", "1"), ("returned_at", "2024-06-01 09:00+08")];
    // Duty pay sent, sent back, sent the next year; for a case to a unit, and to a handler.
    for (id, whose, name, run, status, amount) in [
        ("1", ("person_id", person.as_str()), "张三", "1", "sent", "101"),
        ("2", ("person_id", &person), "张三", "1", "returned", "1000"),
        ("3", ("person_id", &person), "张三", "2", "sent", "202"),
        ("4", ("payee_id", "1"), "某律师事务所", "1", "sent", "303"),
        ("5", ("payee_id", "2"), "李四", "1", "sent", "404"),
    ] {
        let of = if whose.0 == "person_id" { ["settlement_id", "item_id"] } else { ["batch_id", "payout_id"] };
        rows.put("payables", &[("id", id), whose, ("payee_name", name), ("status", "sent"), (of[0], id), (of[1], id)]);
        let row = [("id", id), ("run_id", run), ("payable_id", id), ("status", status), ("amount", amount)];
        let reason = [("return_reason", "户名不符")];
        let returned = [&back[..], &reason[..]].concat();
        rows.put("transfers", &[&row[..], if status == "returned" { &returned[..] } else { &[] }].concat());
    }
    rows.done().await;
    let page = clerk.get("/payments/tax/2024").await;
    assert_eq!(page.select("tbody th").len(), 2, "{:?}", page.select("tbody tr"));
    page.assert_says("101.00").assert_says("404.00").assert_silent_on("303.00").assert_silent_on("某律师事务所");
    page.assert_silent_on("1,101.00").assert_silent_on("1,000.00");
    let page = clerk.get("/payments/tax/2025").await;
    page.assert_says("202.00").assert_silent_on("404.00");
    // A new account is sealed for the one whose it is.
    let mut work = Work::unattended(&app.state, clerk.actor()).await.expect("work");
    let account = BankAccount::parse("6228000000000000077").expect("an account");
    let asked = ask_bank_change(&mut work, scope(&app), &app.state.seals, Whose::Payee(2), "某银行", &account, "换卡");
    let id = asked.await.expect("asked");
    work.commit().await.expect("committed");
    let (seal, sealed): (uuid::Uuid, Vec<u8>) = sqlx::query_as(
        "select p.seal_id, c.bank_account from bank_changes c join payees p on p.id = 2 where c.id = $1",
    )
    .bind(id)
    .fetch_one(&app.owner)
    .await
    .expect("the change");
    app.state.seals.open("payee.bank_account", &seal.to_string(), &sealed).expect("sealed for the second");
}
