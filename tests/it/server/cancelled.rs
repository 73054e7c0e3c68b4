//! Browsers that go away in the middle of a change lose nobody's acknowledged write.

use std::time::Duration;

use huifa::web::permissions::Role;
use huifa::web::server::Limits;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::{Served, form_request};
use crate::support::app::{Browser, TestApp};

const PRESSES: usize = 40;
const EACH: usize = 4;

/// A press of “停用” or “恢复使用”, in turns.
fn press(system: &Browser<'_>, account: i64, turn: usize) -> (Uuid, String) {
    let once = Uuid::new_v4();
    let body = format!("token={}&once={once}", system.actor().form_token);
    let what = if turn.is_multiple_of(2) { "disable" } else { "enable" };
    (once, form_request(&format!("/accounts/{account}/{what}"), system.cookie(), &body))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_browsers_go_away() {
    let app = TestApp::new().await;
    let served = Served::start(app.router(), Limits::default()).await;
    let mut browsers = Vec::new();
    for _ in 0..EACH {
        browsers.push((app.staff(Role::SystemAdministrator).await, app.staff(Role::Leader).await.actor().account_id));
    }
    let mut leaving = Vec::new();
    for _ in 0..EACH {
        leaving.push((app.staff(Role::SystemAdministrator).await, app.staff(Role::Leader).await.actor().account_id));
    }

    let writers = browsers.iter().map(|(system, account)| {
        let served = &served;
        async move {
            let mut acknowledged = Vec::new();
            for turn in 0..PRESSES {
                let (once, request) = press(system, *account, turn);
                let answer = served.exchange(&request).await.expect("an answer");
                assert_eq!(answer.status, 303, "{answer:?}");
                acknowledged.push(once);
            }
            acknowledged
        }
    });
    let leavers = leaving.iter().map(|(system, account)| {
        let served = &served;
        async move {
            let mut sent = Vec::new();
            for turn in 0..PRESSES * 2 {
                let (once, request) = press(system, *account, turn);
                let mut stream = served.connect().await;
                stream.write_all(request.as_bytes()).await.ok();
                // Anything from at once to about when the answer comes, without a pattern.
                let chance = u64::from(once.as_bytes()[0]) * 50;
                tokio::time::sleep(Duration::from_micros(chance)).await;
                drop(stream);
                sent.push(once);
            }
            sent
        }
    });
    let (acknowledged, sent) = tokio::join!(all(writers), all(leavers));
    assert_eq!(acknowledged.len(), EACH * PRESSES);

    let kept: i64 = sqlx::query_scalar("select count(*) from once_keys where key = any($1) and location is not null")
        .bind(&acknowledged)
        .fetch_one(&app.owner)
        .await
        .unwrap();
    assert_eq!(usize::try_from(kept).unwrap(), acknowledged.len(), "acknowledged and lost");
    for (_, account) in &browsers {
        let records = app
            .scalar_i64(&format!(
                "select count(*) from audit_records where action = 'account.set_status' and subject_id = '{account}'"
            ))
            .await;
        assert_eq!(usize::try_from(records).unwrap(), PRESSES, "records of account {account}");
    }
    // What the leavers asked for happened whole or not at all; some of it did happen.
    let accounts: Vec<String> = leaving.iter().map(|(_, account)| account.to_string()).collect();
    let (keys, records): (i64, i64) = sqlx::query_as(
        "select (select count(*) from once_keys where key = any($1)),
                (select count(*) from audit_records where action = 'account.set_status' and subject_id = any($2))",
    )
    .bind(&sent)
    .bind(&accounts)
    .fetch_one(&app.owner)
    .await
    .unwrap();
    assert_eq!(keys, records);
    assert!(records > 0, "nobody left late enough");
}

#[tokio::test]
async fn a_change_runs_to_its_end_when_its_browser_goes_away_in_the_middle() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let account = app.staff(Role::Leader).await.actor().account_id;
    let served = Served::start(app.router(), Limits { connections: 1, ..Limits::default() }).await;

    // The change is held up in its middle by a lock on the row that it is about to write.
    let mut held = app.owner.begin().await.unwrap();
    sqlx::query("select from accounts where id = $1 for update").bind(account).execute(&mut *held).await.unwrap();
    let (_, request) = press(&system, account, 0);
    let mut stream = served.connect().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    until(
        &app,
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    .await;
    drop(stream);
    // The one place is free again: the server knows that the browser is gone.
    served.get("/healthz").await.assert(200, "ok");
    held.rollback().await.unwrap();
    until(&app, &format!("select count(*) from audit_records where subject_id = '{account}'")).await;
    assert_eq!(
        app.scalar_i64(&format!("select count(*) from accounts where id = {account} and status = 'disabled'")).await,
        1
    );
}

/// Waits until the count is above zero.
async fn until(app: &TestApp, sql: &str) {
    let counted = async {
        while app.scalar_i64(sql).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, counted).await.unwrap_or_else(|_| panic!("never: {sql}"));
}

/// Runs them side by side and gathers what they bring.
async fn all(work: impl Iterator<Item = impl Future<Output = Vec<Uuid>>>) -> Vec<Uuid> {
    let mut together: Vec<_> = work.map(Box::pin).collect();
    let mut brought = Vec::new();
    std::future::poll_fn(move |context| {
        together.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(keys) => {
                brought.extend(keys);
                false
            }
            std::task::Poll::Pending => true,
        });
        if together.is_empty() {
            std::task::Poll::Ready(std::mem::take(&mut brought))
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}
