//! 催办: the clerk asks a venue by name for a month's attendance that it has not reported; its staff find it among what
//! waits for them, with who asked and when. Once a day for a venue and a month.

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::Month;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::posted::Posted;
use crate::web::work::Work;

/// A button: nothing but its guard.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Nothing {}

/// A venue as a chase asks about it.
struct Asked {
    name: String,
    last_shift: Option<NaiveDate>,
    reported: bool,
}

async fn asked(conn: &mut PgConnection, bureau: i64, venue: i64, month: Month) -> sqlx::Result<Option<Asked>> {
    sqlx::query_as!(
        Asked,
        r#"select v.short_name as name,
                  (select max(s.duty_on) from shifts s
                   join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id and r.status = 'published'
                   where s.bureau_id = $1 and s.venue_id = v.id and s.month = $3) as last_shift,
                  exists (select from venue_months m where m.venue_id = v.id and m.bureau_id = $1 and m.month = $3
                          and m.status = 'reported') as "reported!"
           from venues v where v.bureau_id = $1 and v.id = $2"#,
        bureau,
        venue,
        month as Month
    )
    .fetch_optional(conn)
    .await
}

/// Asks a venue for a month's attendance; gives the venue's name. Shifts must be over, the month not reported, and nobody
/// asked today.
///
/// # Errors
/// No such venue; nothing late; asked today already.
pub async fn chase(work: &mut Work, scope: Scope, month: Month, venue: i64) -> Result<String, AppError> {
    let bureau = scope.bureau();
    let found = asked(work.conn(), bureau, venue, month).await?.ok_or(AppError::NotFound)?;
    let today = work.today();
    match found.last_shift {
        None => return Err(AppError::refused(format!("{}本月没有班次，不用催办。", found.name))),
        Some(last) if last >= today => {
            return Err(AppError::refused(format!("{}的班次还没有值完，值完后再催办。", found.name)));
        }
        Some(_) if found.reported => {
            return Err(AppError::refused(format!("{}已经上报，不用催办。", found.name)));
        }
        Some(_) => {}
    }
    let (account, now) = (work.actor.account_id, work.now);
    let done = sqlx::query!(
        "insert into attendance_chases (bureau_id, venue_id, month, chased_on, chased_by, chased_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (venue_id, month, chased_on) do nothing",
        bureau,
        venue,
        month as Month,
        today,
        account,
        now
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused(format!("{}今天已经催办过，每天只催办一次；可以电话联系。", found.name)));
    }
    work.audit(Audit::new("settlement.chase", "venue", venue).after(json!({ "month": month.to_string() }))).await?;
    Ok(found.name)
}

/// Who asked a venue last, and when.
#[derive(Clone, Debug)]
pub struct Chased {
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

pub(super) async fn post(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((month, venue)): InPath<(Month, i64)>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let name = chase(&mut work, scope, month, venue).await?;
    let message = format!("已催办{name}，站点工作人员会在待办中看到。");
    Ok(work.finish(&format!("/settlements/{month}"), message).await?.into_response())
}
