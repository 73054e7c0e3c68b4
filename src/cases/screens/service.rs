//! A person's decision on what a screen shows.

use serde_json::json;

use super::db;
use super::rules::Verdict;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// What waits for a decision: kind and key of each.
///
/// # Errors
/// When the database fails.
pub async fn waiting(work: &mut Work, scope: Scope) -> Result<Vec<(String, String)>, AppError> {
    let (viewer, today) = (work.actor.account_id, work.today());
    let rows = db::suspicions(work.conn(), scope.bureau(), viewer, today).await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.key)).collect())
}

/// Keeps what somebody made of a suspicion, with its evidence as it stands.
///
/// # Errors
/// [`AppError::Refused`] once it was decided on or is gone; [`AppError::Forbidden`] where a
/// restricted case is concerned and the reader is not named for it.
pub async fn decide(
    work: &mut Work,
    scope: Scope,
    (kind, key): (&str, &str),
    verdict: Verdict,
    note: &str,
) -> Result<(), AppError> {
    let (bureau, by, at, today) = (scope.bureau(), work.actor.account_id, work.now, work.today());
    // The evidence is taken from the database again, never from the form.
    let rows = db::suspicions(work.conn(), bureau, by, today).await?;
    let found = rows.into_iter().find(|row| row.kind == kind && row.key == key);
    let found = found.ok_or_else(|| AppError::refused("这一条已经有人核实过，或者不再存在。"))?;
    if found.shut {
        return Err(AppError::Forbidden(
            "这一条涉及受限案件，只由指定人员核实；需要您核实的，请法律援助中心负责人在案件页指定您。".to_owned(),
        ));
    }
    let evidence = (found.words.as_str(), found.cases.as_slice());
    db::insert(work.conn(), bureau, &found.kind, &found.key, evidence, verdict.code(), note, by, at).await?;
    work.audit(
        Audit::new("case.screen", "case", found.cases.first().copied().unwrap_or_default())
            .after(json!({ "kind": found.kind, "words": found.words, "verdict": verdict, "cases": found.cases }))
            .note(note),
    )
    .await
}
