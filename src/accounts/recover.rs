//! The way back in when no administrator can sign in: from the server's own terminal.

use super::db;
use super::second_factor;
use super::words::secret_word;
use crate::audit::{self, Audit, Author};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::permissions::Role;
use crate::web::session;

/// Gives a system or security administrator a new initial password and takes the second
/// factor off; the audit trail says that it was done on the server.
///
/// # Errors
/// When there is no such account in use, or the database fails.
pub async fn recover(state: &AppState, login: &str) -> Result<String, AppError> {
    let password = secret_word()?;
    let hash = state.passwords.hash(password.clone()).await?;
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let account = db::lock_credentials(&mut transaction, login)
        .await?
        .filter(|account| matches!(account.role, Role::SystemAdministrator | Role::SecurityAdministrator))
        .ok_or_else(|| AppError::refused("没有这个登录名的系统管理员或安全管理员账号，或者账号已停用。"))?;
    db::set_password(&mut transaction, account.id, &hash, true, now).await?;
    second_factor::remove(&mut transaction, account.id).await?;
    session::close_others(&mut transaction, account.id, &[]).await?;
    let author = Author { bureau_id: Some(account.bureau_id), ..Author::stranger("服务器命令行", "") };
    let record = Audit::new("account.recover", "account", account.id);
    let note = format!("{}（{}）：重给初始密码，取消动态验证码", account.name, account.role.label());
    audit::write(&mut transaction, author, now, record.note(note)).await?;
    transaction.commit().await?;
    Ok(password)
}
