//! Every step of the money cut off in the middle: the server's connections to the database end at any instant, as they do
//! when the program or the machine is killed. At most one payment stands, and the books are sound.

use std::time::Duration;

use huifa::web::actor::{Actor, Scope};
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use huifa::{check, fund, payments, settlement};
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

/// Browsers that go away: a thousand requests of every step of the money, most of them dropped at some instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_cut_off_leave_the_books_sound() {
    let app = TestApp::new().await;
    may(&app).await;
    let office = payouts::Office::of(&app).await;
    office.account().await;
    let case = payouts::case(&app, "断1", Some(1), "").await;
    let late = payouts::case(&app, "断2", Some(2), "").await;
    let second = app.staff(Role::Approver).await;
    let [clerk, approver, finance] = office.people();
    let mut seed = 2024;
    let (mut cut_off, mut landed) = (0, 0);
    for round in 0..1000 {
        let (who, path, fields) = request(&app, &mut seed, (clerk, approver, finance, &second), (case, late)).await;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let patience = Duration::from_micros(if round % 4 == 0 { 5_000_000 } else { chance(&mut seed, 30_000) });
        match tokio::time::timeout(patience, who.post(&path, &fields)).await {
            Ok(page) => {
                assert!([303, 409].contains(&page.status.as_u16()), "{path}: {} {}", page.status, page.text());
                landed += usize::from(page.status == 303);
            }
            Err(_) => cut_off += 1,
        }
    }
    // What was begun ends, with nobody waiting for it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(cut_off > 100 && landed > 50, "{cut_off} cut off, {landed} went through");
    assert!(standing(&app).await <= 1);
    let sent = "select coalesce(max(count), 0) from (select count(*) from transfers where status = 'sent' group by payable_id) x";
    assert!(app.scalar_i64(sent).await <= 1, "nobody is sent the same money twice");
    let days = "select coalesce(sum(days), 0)::bigint from case_extensions where status = 'granted'";
    assert!(app.scalar_i64(days).await <= 15, "A30");
    is_sound(&app).await;
}

type People<'a> = (&'a Browser<'a>, &'a Browser<'a>, &'a Browser<'a>, &'a Browser<'a>);

/// The next request: calculate, review, approve, pay, reverse, put off, grant, prepare, approve, pay, take back.
async fn request<'a>(
    app: &TestApp,
    seed: &mut u64,
    (clerk, approver, finance, second): People<'a>,
    (case, late): (i64, i64),
) -> (&'a Browser<'a>, String, Vec<(&'static str, String)>) {
    let month = |step: &str| format!("/settlements/2024-05/{step}");
    let reason = || vec![("reason", "断线试验".to_owned())];
    let newest = async |sql: &str| app.scalar_i64(sql).await;
    match chance(seed, 12) {
        0 => (clerk, month("calculate"), Vec::new()),
        1 => (clerk, month("review"), reason()),
        2 => (approver, month("approve"), Vec::new()),
        3 => (finance, month("pay"), Vec::new()),
        4 => {
            let entry = newest("select coalesce(max(id), 0) from fund_entries where kind = 'duty_payment'").await;
            match entry {
                0 => (finance, month("pay"), Vec::new()),
                entry => (finance, format!("/fund/entries/{entry}/reverse"), reason()),
            }
        }
        5 => {
            let fields = vec![("days", (1 + chance(seed, 9)).to_string()), ("reason", "断线试验".to_owned())];
            (clerk, format!("/payouts/cases/{late}/extensions"), fields)
        }
        6 => {
            let open = newest("select coalesce(max(id), 0) from case_extensions").await;
            match open {
                0 => (
                    clerk,
                    format!("/payouts/cases/{late}/extensions"),
                    vec![("days", "1".to_owned()), ("reason", "试".to_owned())],
                ),
                open => (second, format!("/payouts/extensions/{open}/grant"), Vec::new()),
            }
        }
        7 => (clerk, "/payouts".to_owned(), vec![("case", case.to_string())]),
        step => {
            let batch = newest("select coalesce(max(id), 0) from case_batches").await;
            if batch == 0 {
                return (clerk, "/payouts".to_owned(), vec![("case", case.to_string())]);
            }
            let at = |step: &str| format!("/payouts/batches/{batch}/{step}");
            match step {
                8 => (approver, at("approve"), Vec::new()),
                9 => (finance, at("pay"), Vec::new()),
                10 => (finance, at("reopen"), reason()),
                _ => (finance, at("pay"), Vec::new()),
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
        tokio::time::sleep(Duration::from_millis(250 + chance(&mut seed, 500))).await;
        assert!(program.try_wait().expect("asked").is_none(), "it ended by itself");
        program.kill().expect("killed");
        program.wait().expect("ended");
        assert!(standing(&app).await <= 1);
    }
    let settled = app.scalar_i64("select count(*) from fund_entries where kind in ('duty_payment', 'reversal')").await;
    assert!(settled > 2, "only {settled} entries were made before it was killed");
    is_sound(&app).await;
}
