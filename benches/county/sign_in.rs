//! Signing in to a shift: the real form, with session, checks, once-key, audit and one
//! transaction, beside the one row that a bare insert would write.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;

use crate::client::{Visitor, send_all};
use crate::ground::{Ground, Site};
use crate::meter::{Tally, pair};
use crate::report::{Row, Target};

/// The sixteen windows, each with its account and its shifts.
pub(crate) struct Rush {
    windows: Vec<(Visitor, i64, Vec<i64>)>,
}

/// Shifts at each window that one turn signs in to.
const AT_EACH: usize = 100;

impl Rush {
    /// Signs the sixteen accounts in.
    pub(crate) async fn at(site: &Site) -> anyhow::Result<Rush> {
        let mut windows = Vec::new();
        for number in 1..=16 {
            let (visitor, actor) = site.sign_in(&format!("rush{number}")).await?;
            let venue = actor.venue_id.context("an account without a window")?;
            let shifts = sqlx::query_scalar("select id from shifts where venue_id = $1 order by id")
                .bind(venue)
                .fetch_all(&site.state.pool)
                .await?;
            windows.push((visitor, actor.account_id, shifts));
        }
        Ok(Rush { windows })
    }

    /// Forms for the first shifts of the first windows.
    pub(crate) fn forms(&self, windows: usize, each: usize) -> Vec<Vec<Vec<u8>>> {
        let forms = |(visitor, _, shifts): &(Visitor, i64, Vec<i64>)| {
            shifts
                .iter()
                .take(each)
                .map(|shift| visitor.post(&format!("/attendance/shifts/{shift}/sign-in"), ""))
                .collect()
        };
        self.windows.iter().take(windows).map(forms).collect()
    }

    /// Takes the sign-ins back.
    pub(crate) async fn undo(&self, pool: &PgPool) -> anyhow::Result<()> {
        sqlx::query("delete from attendances a using shifts s join bureaus b on b.id = s.bureau_id where s.id = a.shift_id and b.division_code = '149901'")
            .execute(pool)
            .await?;
        Ok(())
    }

    async fn insert_all(&self, pool: &PgPool, windows: usize, each: usize) -> anyhow::Result<Tally> {
        sqlx::query("truncate bench_attendances").execute(pool).await?;
        let now = crate::ground::instant("2024-12-31 08:20:00")?;
        let started = Instant::now();
        let mut crowd = JoinSet::new();
        for (_, account, shifts) in self.windows.iter().take(windows) {
            let (pool, account, shifts): (_, _, Vec<i64>) =
                (pool.clone(), *account, shifts.iter().take(each).copied().collect());
            crowd.spawn(async move {
                for shift in &shifts {
                    sqlx::query(
                        "insert into bench_attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
                         values ($1, 1, $2, $3, 'desk', 0)",
                    )
                    .bind(shift)
                    .bind(now)
                    .bind(account)
                    .execute(&pool)
                    .await?;
                }
                anyhow::Ok(shifts.len())
            });
        }
        let mut done = 0;
        while let Some(finished) = crowd.join_next().await {
            done += finished??;
        }
        Ok(Tally::since(started, done))
    }

    /// At sixteen windows and at one, after a null pair of the bare insert.
    pub(crate) async fn scenes(&self, ground: &Ground, site: &Site, rounds: usize) -> anyhow::Result<Vec<Row>> {
        let pool = ground.pool(crate::ground::EVERYTHING, 16).await?;
        // The same columns, checks and key; neither trigger nor foreign key.
        let sql = "create table if not exists bench_attendances (like attendances including all)";
        sqlx::query(AssertSqlSafe(sql)).execute(&pool).await?;
        let mut rows = Vec::new();
        let null = pair(
            ground.meter,
            rounds,
            async || self.insert_all(&pool, 16, AT_EACH).await,
            async || self.insert_all(&pool, 16, AT_EACH).await,
        )
        .await?;
        rows.push(Row::rate("null pair: the bare insert against itself, 16 clients", &null, "rows", Target::Null));
        for (windows, name, least) in [(16, "at 16 clients", 0.5), (1, "at one client", 0.85)] {
            let signed = pair(
                ground.meter,
                rounds,
                async || {
                    self.undo(&pool).await?;
                    let tally = send_all(site.address, self.forms(windows, AT_EACH), 303).await;
                    // Writing what was left over is not part of the next turn.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    tally
                },
                async || self.insert_all(&pool, windows, AT_EACH).await,
            )
            .await?;
            rows.push(
                Row::rate(&format!("sign-in of a shift, {name} / a bare insert"), &signed, "rows", Target::Rate(least))
                    .because("The session, then in one transaction the once-key, the lock, the shift, the sign-in and one statement for record, \
                         message and way back: eight round trips beside one. Where a commit costs little, as here, they are \
                         what is measured"),
            );
        }
        self.undo(&pool).await?;
        pool.close().await;
        Ok(rows)
    }
}
