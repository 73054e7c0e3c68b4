//! The SQL of the report on send-backs.

use chrono::{DateTime, FixedOffset};
use sqlx::PgConnection;

use super::rules::{Used, steps};
use crate::cases::states::Move;
use crate::cases::states::wordings::Wording;
use crate::plan::dictionary::Dictionary as _;

/// Every send-back of a span of time, counted by step, reason, month and person; one statement.
/// No case is named, so restricted ones are counted like others.
pub(super) async fn used(
    conn: &mut PgConnection,
    bureau: i64,
    from: DateTime<FixedOffset>,
    until: DateTime<FixedOffset>,
) -> sqlx::Result<Vec<Used>> {
    let codes: Vec<&str> = steps().map(|step| step.code()).collect();
    let rows = sqlx::query!(
        r#"select split_part(e.code, ':', 1) as "step!", split_part(e.code, ':', 2) as "wording!",
                  extract(month from e.at at time zone 'Asia/Shanghai')::integer as "month!", e.account_id,
                  min(a.name) as "who!", count(*) as "times!"
           from case_events e join accounts a on a.id = e.account_id
           where e.bureau_id = $1 and e.kind = 'move' and e.at >= $2 and e.at < $3
             and split_part(e.code, ':', 1) = any ($4)
           group by 1, 2, 3, e.account_id
           order by 3, 1, 2, 5"#,
        bureau,
        from,
        until,
        &codes as &[&str]
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Used {
                step: Move::from_code(&row.step)?,
                wording: Wording::from_code(&row.wording),
                month: u32::try_from(row.month).ok()?,
                who: row.who,
                times: row.times,
            })
        })
        .collect())
}
