//! Who did what, when, from where, with what before and after: in the transaction that did it.

pub mod chain;

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
        Audit { action, subject, subject_id: subject_id.to_string(), before: None, after: None, note: String::new() }
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

/// Records column by column, for a statement that writes several.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) actions: Vec<&'static str>,
    pub(crate) subjects: Vec<&'static str>,
    pub(crate) subject_ids: Vec<String>,
    pub(crate) befores: Vec<Option<Value>>,
    pub(crate) afters: Vec<Option<Value>>,
    pub(crate) notes: Vec<String>,
}

impl Columns {
    /// Of these, in their order.
    pub(crate) fn of(records: Vec<Audit>) -> Columns {
        let mut columns = Columns::default();
        for record in records {
            columns.actions.push(record.action);
            columns.subjects.push(record.subject);
            columns.subject_ids.push(record.subject_id);
            columns.befores.push(record.before);
            columns.afters.push(record.after);
            columns.notes.push(record.note);
        }
        columns
    }
}

/// Who is written down as having done it.
#[derive(Clone, Debug)]
pub struct Author {
    /// The bureau whose trail it belongs to; none before there is one.
    pub bureau_id: Option<i64>,
    /// The account, where one was proven.
    pub account_id: Option<i64>,
    /// The name to show.
    pub name: String,
    /// Where the request came from.
    pub address: String,
    /// The request's number in the log.
    pub request_id: String,
}

impl Author {
    /// Somebody who is not signed in.
    pub fn stranger(name: &str, address: &str) -> Author {
        Author {
            bureau_id: None,
            account_id: None,
            name: name.to_owned(),
            address: address.to_owned(),
            request_id: String::new(),
        }
    }
}

impl From<&Actor> for Author {
    fn from(actor: &Actor) -> Author {
        Author {
            bureau_id: Some(actor.bureau_id),
            account_id: Some(actor.account_id),
            name: actor.signature(),
            address: actor.address.clone(),
            request_id: actor.request_id.clone(),
        }
    }
}

/// Adds the record of what nobody's [`crate::web::work::Work`] did: sign-ins, refusals, what strangers do.
///
/// # Errors
/// When the database fails.
pub async fn write(
    conn: &mut PgConnection,
    author: impl Into<Author>,
    at: DateTime<FixedOffset>,
    record: Audit,
) -> Result<(), AppError> {
    let author = author.into();
    sqlx::query!(
        "insert into audit_records
             (at, bureau_id, account_id, actor, address, action, subject, subject_id, before, after, note, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        at,
        author.bureau_id,
        author.account_id,
        author.name,
        author.address,
        record.action,
        record.subject,
        record.subject_id,
        record.before,
        record.after,
        record.note,
        author.request_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}
