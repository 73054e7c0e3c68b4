//! Every step of the money cut off in the middle: the server's connections to the database end at any instant, as they do
//! when the program or the machine is killed. At most one payment stands, and the books are sound.

use std::time::Duration;

use huifa::web::permissions::Role;
use huifa::web::work::Work;
use huifa::{check, payments, settlement};
use uuid::Uuid;

use super::duty::Duty;
use crate::support::app::TestApp;

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
                    0 => drop(settlement::calculate(&mut work, scope, month).await?),
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
