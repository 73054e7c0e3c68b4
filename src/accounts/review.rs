//! The quarter's look at every account: does this person still need this right?
//!
//! System and security administrators go through the list together; nobody decides about
//! their own account. What is not kept is disabled at once.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgConnection;

use super::db;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page as shown};
use crate::web::permissions::Role;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters, session};

/// The quarter of a day, as it is stored: `2024Q2`.
pub fn quarter_of(day: NaiveDate) -> String {
    format!("{}Q{}", day.year(), day.month0() / 3 + 1)
}

/// The same as people say it.
fn in_words(quarter: &str) -> String {
    let (year, number) = quarter.split_once('Q').unwrap_or((quarter, ""));
    format!("{year}年第{number}季度")
}

/// An account in use, with what speaks for or against it.
#[derive(Clone, Debug)]
struct ReviewRow {
    id: i64,
    name: String,
    login: String,
    role: Role,
    venue: Option<String>,
    last_used_at: DateTime<Utc>,
    signed_in: bool,
    granted_by: Option<String>,
    decision: Option<String>,
    decided_by: Option<String>,
}

impl ReviewRow {
    fn idle_days(&self, now: &DateTime<FixedOffset>) -> i64 {
        (now.with_timezone(&Utc) - self.last_used_at).num_days()
    }
}

async fn rows(conn: &mut PgConnection, bureau: i64, quarter: &str) -> sqlx::Result<Vec<ReviewRow>> {
    sqlx::query_as!(
        ReviewRow,
        r#"select a.id, a.name, a.login, a.role as "role: Role", v.short_name as "venue?",
                  coalesce(a.last_sign_in_at, a.granted_at, a.created_at) as "last_used_at!",
                  a.last_sign_in_at is not null as "signed_in!", g.name as "granted_by?", r.decision as "decision?",
                  d.name as "decided_by?"
           from accounts a
           left join venues v on v.id = a.venue_id
           left join accounts g on g.id = a.granted_by
           left join access_reviews r on r.bureau_id = a.bureau_id and r.quarter = $2 and r.account_id = a.id
           left join accounts d on d.id = r.decided_by
           where a.bureau_id = $1 and a.status = 'active'
           order by r.decision is not null, a.role, a.login limit 500"#,
        bureau,
        quarter
    )
    .fetch_all(conn)
    .await
}

#[derive(Template)]
#[template(path = "accounts/review.html")]
struct ReviewPage {
    layout: Layout,
    errors: Errors,
    once: OnceKey,
    now: DateTime<FixedOffset>,
    quarter: String,
    reader: i64,
    rows: Vec<ReviewRow>,
}

impl ReviewPage {
    fn left(&self) -> usize {
        self.rows.iter().filter(|row| row.decision.is_none()).count()
    }

    /// Whether any of what is left is for the reader to decide.
    fn has_work(&self) -> bool {
        self.rows.iter().any(|row| row.decision.is_none() && row.id != self.reader)
    }
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let now = state.clock.now();
    let quarter = quarter_of(now.date_naive());
    let mut conn = state.pool.acquire().await?;
    shown(&ReviewPage {
        layout: layout.titled("季度权限复核"),
        errors: Errors::default(),
        once: OnceKey::new(),
        now,
        rows: rows(&mut conn, scope.bureau(), &quarter).await?,
        quarter: in_words(&quarter),
        reader: actor.account_id,
    })
}

/// Ticked accounts, and what is to become of them.
#[derive(Debug, Deserialize)]
pub(super) struct ReviewForm {
    #[serde(default)]
    account: Vec<String>,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn decide(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<ReviewForm>,
) -> Answer {
    let accounts: Vec<i64> = posted.form.account.iter().filter_map(|id| id.parse().ok()).take(500).collect();
    let keep = match posted.form.decision.as_str() {
        "keep" => true,
        "disable" => false,
        _ => return Err(AppError::Unusable("请选择保留或者停用。".to_owned())),
    };
    if accounts.is_empty() {
        return Err(AppError::refused("请先勾选账号，再选择保留或者停用。"));
    }
    let note: String = posted.form.note.trim().chars().take(200).collect();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    decide_all(&mut work, scope, &accounts, keep, &note).await?;
    let done = if keep { "保留" } else { "停用" };
    Ok(work.finish("/access-review", format!("已复核{}个账号：{done}。", accounts.len())).await?.into_response())
}

/// Writes the decision about each of these accounts, or about none.
///
/// # Errors
/// When one of them is the actor's own, of another bureau, not in use, or reviewed already.
pub async fn decide_all(
    work: &mut Work,
    scope: Scope,
    accounts: &[i64],
    keep: bool,
    note: &str,
) -> Result<(), AppError> {
    let (bureau, by, now) = (scope.bureau(), work.actor.account_id, work.now);
    let quarter = quarter_of(now.date_naive());
    if accounts.contains(&by) {
        return Err(AppError::refused("自己的账号须由另一名管理员复核。"));
    }
    if !keep {
        for role in Role::ALL.iter().filter(|role| role.is_administrator()) {
            let administrators = db::lock_active(work.conn(), bureau, *role).await?;
            if !administrators.is_empty() && administrators.iter().all(|id| accounts.contains(id)) {
                return Err(AppError::refused("这样会停用最后一个同类管理员的账号。请先建立接替的账号。"));
            }
        }
    }
    let written = sqlx::query_scalar!(
        "insert into access_reviews (bureau_id, quarter, account_id, decision, note, decided_by, decided_at)
         select $1, $2, id, $3, $4, $5, $6 from accounts
         where bureau_id = $1 and id = any($7) and status = 'active'
         returning account_id",
        bureau,
        quarter,
        if keep { "keep" } else { "disable" },
        note,
        by,
        now,
        accounts
    )
    .fetch_all(work.conn())
    .await?;
    if written.len() != accounts.len() {
        return Err(AppError::NotFound);
    }
    for id in &written {
        let record = Audit::new("account.review_access", "account", id);
        work.audit(record.note(format!("{}：{} {note}", in_words(&quarter), if keep { "保留" } else { "停用" })))
            .await?;
    }
    if !keep {
        for id in &written {
            db::disable(work.conn(), bureau, *id, "季度复核停用").await?;
            session::close_others(work.conn(), *id, &[]).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_has_three_months() {
        let quarter = |month| quarter_of(NaiveDate::from_ymd_opt(2024, month, 1).unwrap());
        assert_eq!([quarter(1), quarter(3), quarter(4), quarter(12)], ["2024Q1", "2024Q1", "2024Q2", "2024Q4"]);
        assert_eq!(in_words("2024Q2"), "2024年第2季度");
    }
}
