//! Every step of the money cut off in the middle: the server's connections to the database end at any instant, as they do
//! when the program or the machine is killed. At most one payment stands, and the books are sound.

use std::time::Duration;

use huifa::web::actor::{Actor, Scope};
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use huifa::{check, fund, payments, payouts as payouts_of, settlement};
use uuid::Uuid;

use super::duty::Duty;
use super::payouts;
use crate::support::app::{Browser, TestApp, attached};

/// How often each step is begun and cut off.
const ROUNDS: usize = 40;

/// Ends every connection to the database but one's own, after some instant within a step.
async fn cut(app: &TestApp) {
    let chance = u64::from(Uuid::new_v4().as_bytes()[0]) * 60;
    tokio::time::sleep(Duration::from_micros(chance)).await;
    let _ = sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    .execute(&app.owner)
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_cut_off_at_any_step_is_paid_at_most_once() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("毕示远", &[venue]).await, app.person("邓示安", &[venue]).await);
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(first, venue, "2024-05-08"), (second, venue, "2024-05-15")]).await;
    for shift in &shifts {
        duty.serve(*shift).await;
    }
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    let month = "2024-05".parse().expect("a month");
    let scope = duty.scope();
    let mut landed = 0;
    for round in 0..ROUNDS {
        for step in 0..4 {
            let run = async {
                let actor = match step {
                    0 => clerk.actor(),
                    1 => approver.actor(),
                    _ => finance.actor(),
                };
                let mut work = Work::unattended(&app.state, actor).await?;
                match step {
                    0 => {
                        settlement::calculate(&mut work, scope, month).await?;
                        settlement::review(&mut work, scope, month, None, "先行复核").await?;
                    }
                    1 => drop(settlement::approve(&mut work, scope, month, None).await?),
                    2 => drop(settlement::pay(&mut work, scope, month, None).await?),
                    // What the bank sends back goes out again, whoever asks how often.
                    _ => {
                        let sent: Option<i64> =
                            sqlx::query_scalar("select max(id) from transfers where status = 'sent'")
                                .fetch_one(work.conn())
                                .await?;
                        let Some(sent) = sent else { return Ok(()) };
                        let today = work.today();
                        payments::return_transfer(&mut work, scope, sent, today, "户名不符").await?;
                        payments::pay_again(&mut work, scope, 2024).await?;
                    }
                }
                work.commit().await
            };
            // Every fourth round runs undisturbed, so that the story goes on.
            let done: Result<(), huifa::error::AppError> =
                if round % 4 == 3 { run.await } else { tokio::join!(run, cut(&app)).0 };
            landed += usize::from(done.is_ok());
            let standing = app
                .scalar_i64(
                    "select count(*) from fund_entries e where e.kind = 'duty_payment'
                       and not exists (select from fund_entries r where r.reversal_of = e.id)",
                )
                .await;
            assert!(standing <= 1, "{standing} payments stand");
        }
    }
    assert!(landed >= 4, "only {landed} steps went through");
    assert_eq!(app.scalar_i64("select sum(amount)::bigint from transfers where status = 'sent'").await, 600);
    is_sound(&app).await;
}

/// Every question about the books is answered with nothing.
async fn is_sound(app: &TestApp) {
    let broken: Vec<_> = check::ask(&app.owner, &app.state.seals)
        .await
        .expect("asked")
        .answers
        .into_iter()
        // The rosters of these tests are put in by hand.
        .filter(|answer| answer.name != "steps_are_audited" && !answer.faults.is_empty())
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

/// How many payments of duty stand in the books.
async fn standing(app: &TestApp) -> i64 {
    app.scalar_i64(
        "select count(*) from fund_entries e where e.kind = 'duty_payment'
           and not exists (select from fund_entries r where r.reversal_of = e.id)",
    )
    .await
}

/// One person with a paid Wednesday in May 2024; today is 20 June.
async fn may(app: &TestApp) {
    let venue = app.venue("米山镇").await;
    let person = app.person("毕示远", &[venue]).await;
    let duty = Duty::new(app).await;
    let shifts = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await;
    duty.serve(shifts[0]).await;
    duty.report("2024-05").await;
}

/// A number below `most` that differs from step to step and not from run to run.
fn chance(seed: &mut u64, most: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % most
}

/// A step of a batch of case subsidies, by whoever it falls to: prepared, approved, paid; sent back by the bank and sent
/// again; given back in cash or recorded by mistake; its other case asked to be void, which is refused and at last agreed.
async fn batch_step(
    work: &mut Work,
    scope: Scope,
    step: usize,
    round: usize,
    (case, wrong): (i64, i64),
) -> Result<(), huifa::error::AppError> {
    let newest = async |work: &mut Work, sql: &'static str| -> Result<i64, huifa::error::AppError> {
        let found: Option<i64> = sqlx::query_scalar(sql).fetch_one(work.conn()).await?;
        found.ok_or(huifa::error::AppError::NotFound)
    };
    match step {
        0 => drop(payouts_of::prepare(work, scope, &[if round.is_multiple_of(3) { wrong } else { case }]).await?),
        1 => {
            let batch = newest(work, "select max(id) from case_batches where status = 'prepared'").await?;
            payouts_of::approve(work, scope, batch, None).await?;
        }
        2 => {
            let batch = newest(work, "select max(id) from case_batches where status = 'approved'").await?;
            payouts_of::pay(work, scope, batch, None).await?;
        }
        // A batch of which something came back is not reversed as a whole: the rounds take turns.
        3 if round.is_multiple_of(2) => {
            let sent = newest(work, "select max(id) from transfers where status = 'sent'").await?;
            let today = work.today();
            payments::return_transfer(work, scope, sent, today, "户名不符").await?;
            payments::pay_again(work, scope, 2024).await?;
        }
        4 if round.is_multiple_of(2) => {
            let paid = "select max(p.id) from case_payouts p join case_batches b on b.id = p.batch_id
                        where p.live and b.status = 'paid'";
            let paid = newest(work, paid).await?;
            payouts_of::service::refund(work, scope, paid, "已缴回专户").await?;
        }
        3 => return Err(huifa::error::AppError::NotFound),
        4 => {
            let batch = newest(work, "select max(id) from case_batches where status = 'paid'").await?;
            payouts_of::reopen(work, scope, batch, "登记有误").await?;
        }
        5 => drop(payouts_of::ask_void(work, scope, wrong, "受援人不属于八类群体").await?),
        _ => {
            let open = newest(work, "select max(id) from case_voids where agreed is null").await?;
            payouts_of::decide_void(work, scope, open, round >= ROUNDS - 8, "经核查").await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cut_off_at_any_step_is_paid_at_most_once() {
    let app = TestApp::new().await;
    let office = payouts::Office::of(&app).await;
    office.account().await;
    let cases = (payouts::case(&app, "断1", Some(1), "").await, payouts::case(&app, "断2", Some(2), "").await);
    let [clerk, approver, finance] = office.people();
    let scope = Scope::Bureau { bureau: app.bureau };
    let mut landed = [0; 7];
    for round in 0..ROUNDS {
        for (step, landed) in landed.iter_mut().enumerate() {
            let run = async {
                let who = match step {
                    0 | 5 => clerk,
                    1 | 6 => approver,
                    _ => finance,
                };
                let mut work = Work::unattended(&app.state, who.actor()).await?;
                batch_step(&mut work, scope, step, round, cases).await?;
                work.commit().await
            };
            // Some rounds of either kind run undisturbed, so that the story goes on.
            let undisturbed = round % 4 == 3 || round % 8 == 6;
            let done: Result<(), huifa::error::AppError> =
                if undisturbed { run.await } else { tokio::join!(run, cut(&app)).0 };
            *landed += usize::from(done.is_ok());
            assert_eq!(app.scalar_i64(UNEXPLAINED).await, 0, "round {round}, step {step}");
        }
    }
    assert!(landed.iter().all(|landed| *landed > 0), "{landed:?} steps went through");
    is_sound(&app).await;
}

/// Yuan in the books of cases that no payment of a live case explains, and cases or payables paid more than once.
const UNEXPLAINED: &str = "select abs((select coalesce(sum(balance), 0) from fund_accounts where code = 'earmarked_case_subsidy')
      - (select coalesce(sum(p.earmarked), 0) from case_payouts p join case_batches b on b.id = p.batch_id
         where p.live and b.status = 'paid'))::bigint
    + (select count(*) from (select from case_payouts where live group by case_id having count(*) > 1) twice)
    + (select count(*) from (select from transfers where status = 'sent' group by payable_id having count(*) > 1) twice)";

/// What has to have happened among a thousand requests that were cut off.
const WAYS: [&str; 15] = [
    "settlement.approve",
    "settlement.pay",
    "settlement.reopen",
    "payment.return",
    "payment.run",
    "payout.prepare",
    "payout.approve",
    "payout.pay",
    "payout.reopen",
    "payout.refund",
    "payout.ask_void",
    "payout.decide_void",
    "payout.ask_extension",
    "payout.decide_extension",
    "fund.close",
];

/// Browsers that go away: a thousand requests of every step of the money, half of them dropped at some instant. How long
/// a request may take is measured, so that a busy machine does as well as an idle one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_cut_off_leave_the_books_sound() {
    let app = TestApp::new().await;
    may(&app).await;
    let office = payouts::Office::of(&app).await;
    office.account().await;
    let cases = [
        payouts::case(&app, "断1", Some(1), "").await,
        payouts::case(&app, "断2", Some(2), "").await,
        payouts::case(&app, "断3", Some(3), "").await,
    ];
    let second = app.staff(Role::Approver).await;
    let [clerk, approver, finance] = office.people();
    let mut seed = 2024;
    let (mut cut_off, mut landed, mut usual) = (0, 0, 10_000_u64);
    for round in 0..5000 {
        if round >= 1000 && round % 50 == 0 && missing(&app).await.is_empty() {
            break;
        }
        let (who, path, fields) = request(&app, &mut seed, (clerk, approver, finance, &second), cases).await;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let undisturbed = round % 3 == 0;
        let patience = if undisturbed { 60_000_000 } else { chance(&mut seed, 2 * usual) };
        let begun = std::time::Instant::now();
        match tokio::time::timeout(Duration::from_micros(patience), who.post(&path, &fields)).await {
            Ok(page) => {
                assert!([303, 409].contains(&page.status.as_u16()), "{path}: {} {}", page.status, page.text());
                landed += usize::from(page.status == 303);
                if undisturbed && page.status == 303 {
                    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                    usual = (usual * 7 + took) / 8;
                }
            }
            Err(_) => cut_off += 1,
        }
    }
    // What was begun ends, with nobody waiting for it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(missing(&app).await, Vec::<&str>::new(), "{cut_off} cut off, {landed} went through");
    assert!(cut_off > 100 && landed > 50, "{cut_off} cut off, {landed} went through");
    assert!(standing(&app).await <= 1);
    assert_eq!(app.scalar_i64(UNEXPLAINED).await, 0);
    let days = "select coalesce(sum(days), 0)::bigint from case_extensions where status = 'granted'";
    assert!(app.scalar_i64(days).await <= 15, "A30");
    is_sound(&app).await;
}

/// What has not happened yet.
async fn missing(app: &TestApp) -> Vec<&'static str> {
    let seen: Vec<String> = sqlx::query_scalar("select distinct action from audit_records")
        .fetch_all(&app.owner)
        .await
        .expect("the records");
    WAYS.into_iter().filter(|way| !seen.iter().any(|action| action == way)).collect()
}

type People<'a> = (&'a Browser<'a>, &'a Browser<'a>, &'a Browser<'a>, &'a Browser<'a>);

/// The next request: of a month calculate, review, approve, pay, reverse; of a payment put off, grant; of a batch prepare,
/// approve, pay, take back; what the bank sends back and what goes out again; a void and its decision; money that comes
/// back in cash; a month of the ledger that closes. Where nothing stands for a step, it is asked of nothing in particular.
async fn request<'a>(
    app: &TestApp,
    seed: &mut u64,
    (clerk, approver, finance, second): People<'a>,
    [case, late, wrong]: [i64; 3],
) -> (&'a Browser<'a>, String, Vec<(&'static str, String)>) {
    let month = |step: &str| format!("/settlements/2024-05/{step}");
    let reason = || vec![("reason", "断线试验".to_owned())];
    let newest = async |what: &str| app.scalar_i64(&format!("select coalesce(max(id), 0) from {what}")).await;
    let happened = async |what: &str| newest(&format!("audit_records where action = '{what}'")).await > 0;
    match chance(seed, 18) {
        0 => (clerk, month("calculate"), Vec::new()),
        1 => (clerk, month("review"), reason()),
        2 => (approver, month("approve"), Vec::new()),
        3 => (finance, month("pay"), Vec::new()),
        4 => match newest("fund_entries where kind = 'duty_payment'").await {
            0 => (finance, month("pay"), Vec::new()),
            entry => (finance, format!("/fund/entries/{entry}/reverse"), reason()),
        },
        5 => {
            let fields = vec![("days", (1 + chance(seed, 9)).to_string()), ("reason", "断线试验".to_owned())];
            (clerk, format!("/payouts/cases/{late}/extensions"), fields)
        }
        6 => match newest("case_extensions").await {
            0 => (clerk, month("calculate"), Vec::new()),
            open => (second, format!("/payouts/extensions/{open}/grant"), Vec::new()),
        },
        // A month of which something came back is not reversed as a whole: that is tried first.
        7 if happened("settlement.reopen").await => match newest("transfers where status = 'sent'").await {
            0 => (finance, month("pay"), Vec::new()),
            sent => {
                let fields = vec![("returned_on", "2024-06-20".to_owned()), ("reason", "户名不符".to_owned())];
                (finance, format!("/payments/transfers/{sent}/return"), fields)
            }
        },
        7 | 8 => (finance, "/payments/runs".to_owned(), vec![("year", "2024".to_owned())]),
        9 => (clerk, "/payouts".to_owned(), vec![("case", case.to_string())]),
        10 => (clerk, "/payouts".to_owned(), vec![("case", wrong.to_string())]),
        // Refused once, agreed to after that.
        11 => match newest("case_voids where agreed is null").await {
            0 => (clerk, format!("/payouts/cases/{wrong}/void"), reason()),
            open => {
                let decision = if happened("payout.decide_void").await { "grant" } else { "refuse" };
                (second, format!("/payouts/voids/{open}/{decision}"), reason())
            }
        },
        12 => (finance, "/fund/2024/periods/2024-02/close".to_owned(), Vec::new()),
        13 => match newest("case_payouts where live").await {
            0 => (finance, month("pay"), Vec::new()),
            item => (finance, format!("/payouts/items/{item}/refund"), reason()),
        },
        step => {
            let (who, step, status, fields) = match step {
                14 => (approver, "approve", "prepared", Vec::new()),
                15 => (finance, "reopen", "paid", reason()),
                _ => (finance, "pay", "approved", Vec::new()),
            };
            let whatever = if chance(seed, 4) == 0 { String::new() } else { format!(" where status = '{status}'") };
            match newest(&format!("case_batches{whatever}")).await {
                0 => (clerk, "/payouts".to_owned(), vec![("case", case.to_string())]),
                batch => (who, format!("/payouts/batches/{batch}/{step}"), fields),
            }
        }
    }
}

const KILLED: &str = "HUIFA_TEST_KILLED";

/// What is killed: it settles May over and over, and takes the payment back.
async fn settles_until_it_is_killed(given: &str) {
    let parts: Vec<&str> = given.split(' ').collect();
    let [url, bureau, clerk, approver, finance] = parts.as_slice() else { panic!("{given}") };
    let id = |text: &str| text.parse::<i64>().expect("a number");
    let state = attached(url).await;
    assert!(state.clock.set(crate::support::app::instant("2024-06-20 09:00")));
    let actor = |account: &str, role: Role| Actor {
        account_id: id(account),
        name: "断线试验".to_owned(),
        role,
        bureau_id: id(bureau),
        bureau_name: String::new(),
        venue_id: None,
        venue_name: None,
        person_id: None,
        address: "127.0.0.1".to_owned(),
        form_token: String::new(),
        session_key: Vec::new(),
        must_change_password: false,
        request_id: String::new(),
        flash_waiting: false,
    };
    let people = [actor(clerk, Role::BureauClerk), actor(approver, Role::Approver), actor(finance, Role::Finance)];
    let scope = Scope::Bureau { bureau: id(bureau) };
    let month = "2024-05".parse().expect("a month");
    for round in 0_u64.. {
        let step = round % 5;
        let run = async {
            let who = match step {
                0 | 1 => &people[0],
                2 => &people[1],
                _ => &people[2],
            };
            let mut work = Work::unattended(&state, who).await?;
            match step {
                0 => drop(settlement::calculate(&mut work, scope, month).await?),
                1 => drop(settlement::review(&mut work, scope, month, None, "断电试验").await?),
                2 => drop(settlement::approve(&mut work, scope, month, None).await?),
                3 => drop(settlement::pay(&mut work, scope, month, None).await?),
                // Now and then the bank sends it back, and it goes out again.
                _ if round % 40 > 34 => {
                    let sent: Option<i64> = sqlx::query_scalar("select max(id) from transfers where status = 'sent'")
                        .fetch_one(work.conn())
                        .await?;
                    match sent {
                        Some(sent) => {
                            let today = work.today();
                            payments::return_transfer(&mut work, scope, sent, today, "断电试验").await?;
                        }
                        None => drop(payments::pay_again(&mut work, scope, 2024).await?),
                    }
                }
                _ => {
                    let entry: Option<i64> =
                        sqlx::query_scalar("select max(id) from fund_entries where kind = 'duty_payment'")
                            .fetch_one(work.conn())
                            .await?;
                    let Some(entry) = entry else { return Ok(()) };
                    fund::service::reverse(&mut work, scope, entry, "断电试验").await?;
                }
            }
            work.commit().await
        };
        let _: Result<(), huifa::error::AppError> = run.await;
    }
}

/// kill -9, ten times, at whatever instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_killed_at_any_instant_leaves_the_books_sound() {
    // Started again by itself, this test is the program that is killed.
    if let Ok(given) = std::env::var(KILLED) {
        return settles_until_it_is_killed(&given).await;
    }
    let app = TestApp::new().await;
    may(&app).await;
    Duty::new(&app).await.fund(100_000).await;
    app.clock_to("2024-06-20 09:00");
    let people = [Role::BureauClerk, Role::Approver, Role::Finance];
    let mut ids = vec![app.url(), app.bureau.to_string()];
    for role in people {
        ids.push(app.staff(role).await.actor().account_id.to_string());
    }
    let mut seed = 9;
    for _ in 0..10 {
        let mut program = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "routes::interrupted::a_program_killed_at_any_instant_leaves_the_books_sound"])
            .env(KILLED, ids.join(" "))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("a child");
        // It has begun to settle, however busy the machine is.
        let records = async || app.scalar_i64("select count(*) from audit_records").await;
        let before = records().await;
        for _ in 0..1200 {
            if records().await > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        tokio::time::sleep(Duration::from_millis(chance(&mut seed, 300))).await;
        assert!(program.try_wait().expect("asked").is_none(), "it ended by itself");
        program.kill().expect("killed");
        program.wait().expect("ended");
        assert!(standing(&app).await <= 1);
    }
    let settled = app
        .scalar_i64("select count(*) from fund_entries where kind in ('duty_payment', 'reversal', 'repayment')")
        .await;
    assert!(settled > 2, "only {settled} entries were made before it was killed");
    is_sound(&app).await;
}
