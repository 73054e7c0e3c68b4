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
use crate::audit::{Audit, Author, Columns};
use crate::database::wall::{self, Wall};
use crate::error::AppError;
use crate::state::AppState;

/// So many audit records go to the database at once.
const RECORDS_TOGETHER: usize = 100;

/// An open transaction together with who acts and when.
pub struct Work {
    transaction: Transaction<'static, Postgres>,
    once: Option<OnceKey>,
    records: Vec<Audit>,
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
            transaction: wall::within(Wall::of(actor), state.pool.begin()).await?,
            once: None,
            records: Vec::new(),
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

    /// Takes down the audit record of what was just done; it is written with the others of
    /// the work, before the commit.
    ///
    /// # Errors
    /// When the database fails: then the work fails with it.
    pub async fn audit(&mut self, record: Audit) -> Result<(), AppError> {
        self.audited = true;
        self.records.push(record);
        if self.records.len() >= RECORDS_TOGETHER {
            self.write_down(None, None).await?;
        }
        Ok(())
    }

    /// Commits.
    ///
    /// # Errors
    /// When nothing was recorded, or the database refuses at the end.
    pub async fn commit(self) -> Result<(), AppError> {
        self.close(None, None).await
    }

    /// Commits, leaves a message and sends the browser on.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub async fn finish(self, location: &str, message: impl Into<String> + Send) -> Result<Redirect, AppError> {
        let message = message.into();
        self.close(Some(location), Some(("success", &message))).await?;
        Ok(Redirect::to(location))
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
        let message = message.into();
        self.close(Some(location), Some(("notice", &message))).await?;
        Ok(Redirect::to(location))
    }

    /// Commits work that is answered with a page of its own; a second press goes to `location`.
    ///
    /// # Errors
    /// As [`Work::commit`].
    pub async fn commit_at(self, location: &str) -> Result<(), AppError> {
        self.close(Some(location), None).await
    }

    async fn close(mut self, location: Option<&str>, message: Option<(&str, &str)>) -> Result<(), AppError> {
        if !self.audited {
            return Err(AppError::Internal(anyhow::anyhow!("work without an audit record")));
        }
        self.write_down(location, message).await?;
        self.transaction.commit().await?;
        Ok(())
    }

    /// The records, where the form led and the message for the next page, in one statement:
    /// every posted form pays for it.
    async fn write_down(&mut self, location: Option<&str>, message: Option<(&str, &str)>) -> Result<(), AppError> {
        let records = Columns::of(std::mem::take(&mut self.records));
        let author = Author::from(&self.actor);
        let (key, form) = self.once.map(|once| (once.key(), once.form())).unzip();
        sqlx::query!(
            r#"
            with led as (
                update once_keys set location = $14::text
                where key = $12::uuid and account_id = $3 and form = $13::bigint and $14::text is not null
            ), told as (
                update sessions set flash_kind = $18::text, flash_text = $16::text
                where id = $15::bytea and $16::text is not null
            )
            insert into audit_records
                (at, bureau_id, account_id, actor, address, request_id, action, subject, subject_id, before, after, note)
            select $1::timestamptz, $2::bigint, $3::bigint, $4::text, $5::text, $6::text, r.*
            from unnest($7::text[], $8::text[], $9::text[], $10::jsonb[], $11::jsonb[], $17::text[]) as r
            "#,
            self.now,
            author.bureau_id,
            author.account_id,
            author.name,
            author.address,
            author.request_id,
            &records.actions as &[&str],
            &records.subjects as &[&str],
            &records.subject_ids,
            &records.befores as &[Option<serde_json::Value>],
            &records.afters as &[Option<serde_json::Value>],
            key,
            form,
            location,
            self.actor.session_key,
            message.map(|(_, text)| text),
            &records.notes,
            message.map(|(kind, _)| kind),
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

/// Any row or form as the before or after of an audit record.
pub fn snapshot(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}
