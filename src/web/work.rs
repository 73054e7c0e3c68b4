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
    /// Begins the work of a posted form, once.
    ///
    /// # Errors
    /// [`AppError::AlreadyDone`] when this form was carried out before; the second
    /// of two simultaneous presses waits for the first and is then told so.
    pub async fn begin(state: &AppState, actor: &Actor, once: OnceKey) -> Result<Work, AppError> {
        let mut work = Work::unattended(state, actor).await?;
        let claimed = sqlx::query!(
            "insert into once_keys (key, account_id, used_at) values ($1, $2, $3) on conflict (key) do nothing",
            once.0,
            actor.account_id,
            work.now,
        )
        .execute(work.conn())
        .await?
        .rows_affected();
        if claimed == 0 {
            let first = sqlx::query!(
                "select location from once_keys where key = $1 and account_id = $2",
                once.0,
                actor.account_id
            )
            .fetch_optional(work.conn())
            .await?;
            return Err(AppError::AlreadyDone {
                location: first.and_then(|row| row.location).unwrap_or_else(|| "/home".to_owned()),
            });
        }
        work.once = Some(once);
        Ok(work)
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
    pub async fn finish(mut self, location: &str, message: impl Into<String> + Send) -> Result<Redirect, AppError> {
        let message = message.into();
        let key = self.actor.session_key.clone();
        session::leave_flash(&mut self.transaction, &key, "success", &message).await?;
        if let Some(once) = self.once {
            sqlx::query!("update once_keys set location = $2 where key = $1", once.0, location)
                .execute(&mut *self.transaction)
                .await?;
        }
        self.commit().await?;
        Ok(Redirect::to(location))
    }
}

/// Any row or form as the before or after of an audit record.
pub fn snapshot(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}
