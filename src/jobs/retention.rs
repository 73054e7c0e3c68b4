//! Keeping time: what was kept long enough loses its person or goes, and a record says so.

use chrono::{DateTime, Days, FixedOffset, Months};
use serde_json::json;

use crate::audit::{self, Audit, Author};
use crate::database::wall::{self, Wall};
use crate::error::AppError;
use crate::plan::time::SHANGHAI;
use crate::state::AppState;

/// Records of consultations, 9.3: five years, then without a person.
const CONSULTATIONS: Months = Months::new(60);
/// A half-written record that nobody came back to.
const DRAFTS: Days = Days::new(30);
/// How many rows a transaction takes.
const BATCH: i64 = 500;

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Consultations that lost their person.
    pub anonymised: u64,
    /// Drafts that went.
    pub drafts: u64,
    /// Answered requests for correction that went.
    pub corrections: u64,
}

/// Does all that is due.
///
/// # Errors
/// When the database fails; what was committed stays done.
pub async fn run(state: &AppState) -> Result<Done, AppError> {
    wall::within(Wall::Everything, due(state)).await
}

async fn due(state: &AppState) -> Result<Done, AppError> {
    let now = state.clock.now();
    let today = now.with_timezone(&SHANGHAI);
    let mut done = Done::default();
    if let Some(before) = today.checked_sub_months(CONSULTATIONS) {
        let bureaus = sqlx::query_scalar!("select id from bureaus order by id").fetch_all(&state.pool).await?;
        for bureau in bureaus {
            loop {
                let count = anonymise(state, bureau, before, now).await?;
                done.anonymised += count;
                if count == 0 {
                    break;
                }
            }
        }
    }
    if let Some(before) = today.checked_sub_months(CONSULTATIONS) {
        let mut transaction = state.pool.begin().await?;
        done.corrections = sqlx::query!("delete from data_corrections where answered_at < $1", before)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if done.corrections > 0 {
            let record = Audit::new("retention.delete", "data_correction", "")
                .after(json!({ "count": done.corrections }))
                .note("更正请求答复满五年，删除");
            audit::write(&mut transaction, author(None), now, record).await?;
        }
        transaction.commit().await?;
    }
    if let Some(before) = today.checked_sub_days(DRAFTS) {
        let mut transaction = state.pool.begin().await?;
        done.drafts = sqlx::query!("delete from consultation_drafts where saved_at < $1", before)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if done.drafts > 0 {
            let record = Audit::new("retention.delete", "consultation_draft", "")
                .after(json!({ "count": done.drafts }))
                .note("暂存满三十天没有登记，删除");
            audit::write(&mut transaction, author(None), now, record).await?;
        }
        transaction.commit().await?;
    }
    Ok(done)
}

/// The figures stay: time, venue, topic, groups, township, result.
async fn anonymise(
    state: &AppState,
    bureau: i64,
    before: DateTime<FixedOffset>,
    now: DateTime<FixedOffset>,
) -> Result<u64, AppError> {
    let mut transaction = state.pool.begin().await?;
    let count = sqlx::query!(
        "with old as (
             select id from consultations
             where bureau_id = $1 and started_at < $2 and anonymised_at is null
             order by started_at limit $4 for update skip locked)
         update consultations c set
             client_name = case when c.client_name = '' then '' else '（保存期满）' end, birth_year = null,
             id_number = null, id_number_index = null, id_number_mask = '',
             phone = null, phone_index = null, phone_mask = '', address = null,
             facts = '（保存期满，已删除）', request = '（保存期满，已删除）', advice = '（保存期满，已删除）',
             anonymised_at = $3
         from old where c.id = old.id",
        bureau,
        before,
        now,
        BATCH
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if count > 0 {
        let record = Audit::new("retention.anonymise", "consultation", "")
            .after(json!({ "count": count, "before": before.date_naive() }))
            .note("咨询记录满五年，去除个人信息");
        audit::write(&mut transaction, author(Some(bureau)), now, record).await?;
    }
    transaction.commit().await?;
    Ok(count)
}

fn author(bureau: Option<i64>) -> Author {
    Author { bureau_id: bureau, ..Author::stranger("系统（保存期限）", "-") }
}
