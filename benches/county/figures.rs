//! Figures: a county's overview, and what a province would ask, from the kept sums and by
//! counting.

use chrono::NaiveDate;
use huifa::dashboard;
use sqlx::{Executor as _, PgPool};

use crate::ground::{EVERYTHING, Ground, Site};
use crate::meter::{Tally, alone, pair};
use crate::report::{Row, Target};

/// Every county's consultations by month from the sums, its cases, and its money.
const FROM_SUMS: &str = "
    select b.id, b.short_name, s.counted, c.counted, m.paid
    from bureaus b
    left join (select bureau_id, sum(counted) as counted from consultation_sums
               where month >= '2024-01-01' and month < '2025-01-01' group by bureau_id) s on s.bureau_id = b.id
    left join (select bureau_id, count(*) as counted from cases where counted_on >= '2024-01-01' and counted_on < '2025-01-01'
               group by bureau_id) c on c.bureau_id = b.id
    left join (select bureau_id, sum(balance) as paid from fund_accounts where year = 2024 and kind = 'expense'
               group by bureau_id) m on m.bureau_id = b.id
    order by b.division_code";

/// The same consultations counted one by one.
const BY_COUNTING: &str = "
    select b.id, b.short_name, s.counted
    from bureaus b
    left join (select bureau_id, count(*) as counted from consultations where channel <> 'event'
               and started_at >= '2024-01-01' and started_at < '2025-01-01' group by bureau_id) s on s.bureau_id = b.id
    order by b.division_code";

/// The overview of one county, as the page loads it; the province's figures where there is one.
pub(crate) async fn scenes(ground: &Ground, site: &Site, rounds: usize, province: bool) -> anyhow::Result<Vec<Row>> {
    let pool = ground.pool(EVERYTHING, 2).await?;
    let today = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap_or_default();
    let (side, spread) = alone(ground.meter, rounds * 4, async || {
        let mut conn = pool.acquire().await?;
        Tally::of_one(async {
            let found = dashboard::overview(&mut conn, site.bureau, 2024, today).await?;
            anyhow::ensure!(found.is_some(), "no programme");
            Ok(())
        })
        .await
    })
    .await?;
    let mut rows =
        vec![Row::alone("a county's overview, year to date, its queries", side, spread, Target::Milliseconds(10.0))];
    if province {
        let pair = pair(
            ground.meter,
            rounds.min(3),
            async || timed(&pool, FROM_SUMS).await,
            async || timed(&pool, BY_COUNTING).await,
        )
        .await?;
        rows.push(Row::time("the province's year from the kept sums / by counting", &pair, Target::None));
        let (side, spread) = alone(ground.meter, rounds * 2, async || timed(&pool, FROM_SUMS).await).await?;
        rows.push(Row::alone("the province's year from the kept sums", side, spread, Target::Milliseconds(10.0)));
    }
    pool.close().await;
    Ok(rows)
}

async fn timed(pool: &PgPool, sql: &'static str) -> anyhow::Result<Tally> {
    Tally::of_one(async {
        pool.fetch_all(sql).await?;
        Ok(())
    })
    .await
}
