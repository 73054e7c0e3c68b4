//! No acknowledged write is lost, whatever becomes of the futures around it.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use huifa::database::pool;

use crate::support::database::TestDatabase;

/// Polls `work` at most `times` and then drops it where it stands.
async fn cut_off<T>(work: impl Future<Output = T>, times: u32) -> Option<T> {
    let mut work = pin!(work);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_begin_loses_nobody_elses_write() {
    let database = TestDatabase::new().await;
    sqlx::query("create table written (n int primary key)").execute(&database.pool).await.unwrap();
    // One connection, so that the next borrower gets the very same.
    let small = pool(database.options.clone(), 1).await.unwrap();

    let mut acknowledged = Vec::new();
    let mut cancelled = 0;
    // How many are cut off depends on how fast the server answers: go on until there are enough.
    let mut rounds = 0;
    while rounds < 240 || (cancelled <= 60 && rounds < 4_000) {
        let n = rounds;
        rounds += 1;
        let mut connection = small.acquire().await.unwrap();
        let doomed = async {
            let mut transaction = sqlx::Acquire::begin(&mut connection).await?;
            let inside = sqlx::Acquire::begin(&mut *transaction).await?;
            inside.commit().await?;
            sqlx::query("insert into written values (-1)").execute(&mut *transaction).await?;
            transaction.rollback().await
        };
        if cut_off(doomed, 1 + n % 9).await.is_none() {
            cancelled += 1;
        }
        drop(connection);
        let n = i32::try_from(n).unwrap();
        if sqlx::query("insert into written values ($1)").bind(n).execute(&small).await.is_ok() {
            acknowledged.push(n);
        }
    }
    small.close().await;

    assert!(cancelled > 60, "only {cancelled} were cancelled");
    assert_eq!(acknowledged.len(), usize::try_from(rounds).unwrap());
    let kept: Vec<i32> =
        sqlx::query_scalar("select n from written order by n").fetch_all(&database.pool).await.unwrap();
    assert_eq!(kept, acknowledged);
}

#[tokio::test]
async fn a_transaction_left_open_goes_with_its_connection() {
    let database = TestDatabase::new().await;
    let small = pool(database.options.clone(), 1).await.unwrap();
    // By hand and unknown to sqlx: a plain one, then a failed one.
    for spoil in ["begin", "begin; select 1/0"] {
        let mut connection = small.acquire().await.unwrap();
        sqlx::raw_sql(spoil).execute(&mut *connection).await.ok();
        drop(connection);
        let mut next = small.acquire().await.unwrap();
        let mut transaction = sqlx::Acquire::begin(&mut *next).await.unwrap();
        sqlx::query("select 1").execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}
