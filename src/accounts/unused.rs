//! Accounts that nobody needs any more: unused for long, or of somebody who left.

use sqlx::PgConnection;

use super::db;
use super::policy::Policy;
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::session;
use crate::web::work::Work;

/// Disables what nobody signed in to for as long as the policy says; how many there were.
///
/// Run at start-up and daily. Signing in refuses such an account in any case.
///
/// # Errors
/// When the database fails.
pub async fn disable_unused(state: &AppState) -> Result<usize, AppError> {
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let days = Policy::load(&mut transaction).await?.unused_days;
    let reason = format!("{days}天没有登录，自动停用");
    let before = now - chrono::Duration::days(i64::from(days));
    let disabled = db::disable_unused(&mut transaction, before, &reason).await?;
    for (id, bureau, login) in &disabled {
        end_sessions(&mut transaction, *id).await?;
        let author = Author { bureau_id: Some(*bureau), ..Author::stranger("系统", "") };
        let record = Audit::new("account.disable_unused", "account", id);
        audit::write(&mut transaction, author, now, record.note(format!("{login}：{reason}"))).await?;
    }
    transaction.commit().await?;
    Ok(disabled.len())
}

async fn end_sessions(conn: &mut PgConnection, account: i64) -> Result<(), AppError> {
    session::close_others(conn, account, &[]).await
}

/// Disables the account of somebody who left the duty bank, in the work that lets them go.
///
/// # Errors
/// When the database fails.
pub async fn disable_of_person(work: &mut Work, bureau: i64, person: i64) -> Result<(), AppError> {
    let reason = "已退出值班人员库";
    let Some(account) = db::disable_of_person(work.conn(), bureau, person, reason).await? else { return Ok(()) };
    end_sessions(work.conn(), account).await?;
    work.audit(Audit::new("account.disable_left", "account", account).note(reason)).await
}
