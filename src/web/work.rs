//! A unit of work: one transaction that claims the form's key, writes, records and commits.
//!
//! An action is parse → begin → decide → store → audit → commit → redirect. Work
//! without an audit record is not committed.

use axum::response::Redirect;
use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;
use sqlx::{PgConnection, Postgres, Transaction};

use super::actor::Actor;
use super::posted::OnceKey;
use super::session;
use crate::audit::{self, Audit};
use crate::error::AppError;
use crate::state::AppState;

/// An open transaction together with who acts and when.
pub struct Work {
    transaction: Transaction<'static, Postgres>,
    once: Option<OnceKey>,
    audited: bool,
    /// Who acts.
    pub actor: Actor,
    /// The instant at which all of it happens.
    pub now: DateTime<FixedOffset>,
}

impl Work {
    /// Begins the work of a posted form, once: the key counts for this form of this account.
    ///
    /// # Errors
    /// [`AppError::AlreadyDone`] when this form was carried out before; the second
    /// of two simultaneous presses waits for the first and is then told so.
    pub async fn begin(state: &AppState, actor: &Actor, once: OnceKey) -> Result<Work, AppError> {
        let mut work = Work::unattended(state, actor).await?;
        let claimed = sqlx::query!(
            "insert into once_keys (key, account_id, form, used_at) values ($1, $2, $3, $4) on conflict do nothing",
            once.key(),
            actor.account_id,
            once.form(),
            work.now,
        )
        .execute(work.conn())
        .await?
        .rows_affected();
        if claimed == 0 {
            return Err(work.already_done(once).await?);
        }
        work.once = Some(once);
        Ok(work)
    }

    /// Where the first press went. Its message is still waiting after a double press;
    /// somebody who came back to the form later is told why nothing happened now.
    async fn already_done(mut self, once: OnceKey) -> Result<AppError, AppError> {
        let first = sqlx::query!(
            "select location from once_keys where key = $1 and account_id = $2 and form = $3",
            once.key(),
            self.actor.account_id,
            once.form(),
        )
        .fetch_optional(self.conn())
        .await?;
        let key = self.actor.session_key.clone();
        session::leave_flash_unless_one_waits(self.conn(), &key, "notice", "这份表单已经提交过，没有重复办理。")
            .await?;
        self.transaction.commit().await?;
        let location = first.and_then(|row| row.location).unwrap_or_else(|| "/home".to_owned());
        Ok(AppError::AlreadyDone { location })
    }

    /// Begins work that no form asked for: the demonstration, jobs, commands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unattended(state: &AppState, actor: &Actor) -> Result<Work, AppError> {
        Ok(Work {
            transaction: state.pool.begin().await?,
            once: None,
            audited: false,
            actor: actor.clone(),
            now: state.clock.now(),
        })
    }

    /// The connection, for the functions of a slice's `db.rs`.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// The date of the work.
    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    /// Writes the audit record of what was just done.
    ///
    /// # Errors
    /// When the database fails: then the work fails with it.
    pub async fn audit(&mut self, record: Audit) -> Result<(), AppError> {
        audit::write(&mut self.transaction, &self.actor, self.now, record).await?;
        self.audited = true;
        Ok(())
    }

    /// Commits.
    ///
    /// # Errors
    /// When nothing was recorded, or the database refuses at the end.
    pub async fn commit(self) -> Result<(), AppError> {
        if !self.audited {
            return Err(AppError::Internal(anyhow::anyhow!("work without an audit record")));
        }
        self.transaction.commit().await?;
        Ok(())
    }

    /// Commits, leaves a message and sends the browser on.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub async fn finish(self, location: &str, message: impl Into<String> + Send) -> Result<Redirect, AppError> {
        self.leave(location, "success", message.into()).await
    }

    /// The same where what was asked for is not done yet: the message says what comes first.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub async fn finish_unfinished(
        self,
        location: &str,
        message: impl Into<String> + Send,
    ) -> Result<Redirect, AppError> {
        self.leave(location, "notice", message.into()).await
    }

    async fn leave(mut self, location: &str, kind: &str, message: String) -> Result<Redirect, AppError> {
        let key = self.actor.session_key.clone();
        session::leave_flash(&mut self.transaction, &key, kind, &message).await?;
        self.commit_at(location).await?;
        Ok(Redirect::to(location))
    }

    /// Commits work that is answered with a page of its own; a second press goes to `location`.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub async fn commit_at(mut self, location: &str) -> Result<(), AppError> {
        if let Some(once) = self.once {
            sqlx::query!(
                "update once_keys set location = $4 where key = $1 and account_id = $2 and form = $3",
                once.key(),
                self.actor.account_id,
                once.form(),
                location,
            )
            .execute(self.conn())
            .await?;
        }
        self.commit().await
    }
}

/// Any row or form as the before or after of an audit record.
pub fn snapshot(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}
