//! Who did what, when, from where, with what before and after: in the transaction that did it.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;
use sqlx::PgConnection;

use crate::error::AppError;
use crate::web::actor::Actor;

/// One record to be. Personal values go in masked.
#[derive(Clone, Debug)]
pub struct Audit {
    action: &'static str,
    subject: &'static str,
    subject_id: String,
    before: Option<Value>,
    after: Option<Value>,
    note: String,
}

impl Audit {
    /// `action` is `slice.verb`, e.g. `roster.approve`; `subject` the kind of thing, e.g. `roster`.
    pub fn new(action: &'static str, subject: &'static str, subject_id: impl ToString) -> Audit {
        Audit {
            action,
            subject,
            subject_id: subject_id.to_string(),
            before: None,
            after: None,
            note: String::new(),
        }
    }

    /// What it was.
    #[must_use]
    pub fn before(mut self, value: Value) -> Audit {
        self.before = Some(value);
        self
    }

    /// What it is now.
    #[must_use]
    pub fn after(mut self, value: Value) -> Audit {
        self.after = Some(value);
        self
    }

    /// A sentence, in Chinese: the reason given, or what is worth saying.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Audit {
        self.note = text.into();
        self
    }
}

/// Adds the record. Called through [`crate::web::work::Work::audit`] by everything that acts for an account.
///
/// # Errors
/// When the database fails.
pub async fn write(
    conn: &mut PgConnection,
    actor: &Actor,
    at: DateTime<FixedOffset>,
    record: Audit,
) -> Result<(), AppError> {
    sqlx::query!(
        "insert into audit_records
             (at, bureau_id, account_id, actor, address, action, subject, subject_id, before, after, note, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        at,
        actor.bureau_id,
        actor.account_id,
        actor.signature(),
        actor.address,
        record.action,
        record.subject,
        record.subject_id,
        record.before,
        record.after,
        record.note,
        actor.request_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a record of somebody who is not signed in: refused sign-ins, the set-up.
///
/// # Errors
/// When the database fails.
pub async fn write_anonymous(
    conn: &mut PgConnection,
    actor: &str,
    address: &str,
    at: DateTime<FixedOffset>,
    record: Audit,
) -> Result<(), AppError> {
    sqlx::query!(
        "insert into audit_records (at, actor, address, action, subject, subject_id, before, after, note)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        at,
        actor,
        address,
        record.action,
        record.subject,
        record.subject_id,
        record.before,
        record.after,
        record.note,
    )
    .execute(conn)
    .await?;
    Ok(())
}
