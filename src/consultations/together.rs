//! 复核, many at once: the reviewer reads the records on one page and finds them in order
//! together. All of them or none.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum_extra::extract::Query;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::db::reviews::{self, ToReview};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::ReviewResult;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::SHANGHAI;
use crate::secrets::mask_name;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::layout::{Layout, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;

/// At most so many at once: what fits on a page of the list.
const MOST: usize = 200;

/// The records ticked in the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TogetherQuery {
    id: Vec<i64>,
}

#[derive(Template)]
#[template(path = "consultations/together.html")]
struct TogetherPage {
    layout: Layout,
    once: OnceKey,
    account: i64,
    rows: Vec<ToReview>,
}

impl TogetherPage {
    fn refusal(&self, row: &ToReview) -> &'static str {
        refusal(row, self.account)
    }

    fn refused(&self) -> usize {
        self.rows.iter().filter(|row| !self.refusal(row).is_empty()).count()
    }

    fn client(&self, row: &ToReview) -> String {
        if row.client_name.is_empty() { "拒绝提供".to_owned() } else { mask_name(&row.client_name) }
    }

    fn when(&self, at: &DateTime<Utc>) -> String {
        at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string()
    }
}

/// Why a record cannot be found in order; empty when it can.
fn refusal(row: &ToReview, account: i64) -> &'static str {
    if row.recorded_by == account {
        "由您本人登记，须由登记人以外的人复核"
    } else if row.review == "unreviewed" {
        ""
    } else {
        "已经复核过"
    }
}

pub(super) async fn together(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<TogetherQuery>,
) -> Answer {
    if query.id.is_empty() {
        return Err(AppError::Unusable("还没有勾选咨询记录。请返回列表，勾选后再办理。".to_owned()));
    }
    let mut conn = state.pool.acquire().await?;
    let rows = reviews::to_review(&mut conn, scope, &query.id).await?;
    drop(conn);
    if rows.len() != query.id.len() || rows.len() > MOST {
        return Err(AppError::NotFound);
    }
    page(&TogetherPage {
        layout: layout.titled(format!("一并复核{}份咨询记录", rows.len())).crumb("咨询记录", "/consultations"),
        once: OnceKey::new(),
        account: actor.account_id,
        rows,
    })
}

/// The records as the reviewer saw them: `id:version`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TogetherForm {
    seen: Vec<String>,
}

pub(super) async fn review_together(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    posted: Posted<TogetherForm>,
) -> Answer {
    let pair = |typed: &String| {
        let (id, version) = typed.split_once(':')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    let seen: Option<Vec<(i64, i32)>> = posted.form.seen.iter().map(pair).collect();
    let seen = seen
        .filter(|seen| !seen.is_empty() && seen.len() <= MOST)
        .ok_or_else(|| AppError::Unusable("请从列表勾选后办理。".to_owned()))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let count = qualify(&mut work, scope, &seen).await?;
    let message = format!("{count}份咨询记录复核为合格。");
    Ok(work.finish("/consultations?review=unreviewed", message).await?.into_response())
}

/// Finds these records in order, as they were seen. All of them or none.
///
/// # Errors
/// [`AppError::NotFound`] for one out of reach; [`AppError::Refused`] when one is one's own,
/// was reviewed before or was changed since.
pub async fn qualify(work: &mut Work, scope: Scope, seen: &[(i64, i32)]) -> Result<usize, AppError> {
    let (ids, versions): (Vec<i64>, Vec<i32>) = seen.iter().copied().unzip();
    let rows = reviews::to_review(work.conn(), scope, &ids).await?;
    if rows.len() != ids.len() {
        return Err(AppError::NotFound);
    }
    if let Some(row) = rows.iter().find(|row| !refusal(row, work.actor.account_id).is_empty()) {
        let why = refusal(row, work.actor.account_id);
        return Err(AppError::refused(format!("{}{why}，一份也没有办理。请返回列表重新勾选。", row.number)));
    }
    let (by, now) = (work.actor.account_id, work.now);
    let done = reviews::qualify(work.conn(), scope, &ids, &versions, by, now).await?;
    if done != ids.len() {
        return Err(AppError::refused("有记录在您打开之后有变动，一份也没有办理。请返回列表重新勾选。"));
    }
    for row in &rows {
        work.audit(
            Audit::new("consultation.review", "consultation", row.id).before(json!(row.review)).after(
                json!({ "review": ReviewResult::Qualified.code(), "number": row.number, "together": rows.len() }),
            ),
        )
        .await?;
    }
    Ok(done)
}
