//! A36: a counted case that turns out not to be one. Asked for by the clerk, decided by an approver. Its number stays with
//! the case and is never given again; where no later case has been approved for payment or paid, its place is free and the
//! later ones move up towards the target. What was paid has to come back (`payouts::refund`); what was not is never paid.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::db::{self, ExtensionRow, OutsideRow};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::Programme;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::posted::Posted;
use crate::web::work::Work;

/// A case that was voided, or is asked to be.
#[derive(Clone, Debug, Deserialize)]
pub struct VoidRow {
    /// The row.
    pub id: i64,
    /// The case.
    pub case_id: i64,
    /// Its number.
    pub number: String,
    /// Its place, which stays with it.
    pub place: Option<i32>,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: i64,
    /// Their name.
    pub asker: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Who decided.
    pub decider: Option<String>,
    /// What; nothing while it waits.
    pub agreed: Option<bool>,
    /// Their words.
    pub decision_note: String,
    /// What was paid and has not come back.
    pub owed: bool,
}

impl VoidRow {
    /// The shade and words of where it stands.
    #[must_use]
    pub fn state(&self) -> (&'static str, &'static str) {
        match (self.agreed, self.owed) {
            (None, _) => ("wait", "待审批"),
            (Some(false), _) => ("quiet", "未同意"),
            (Some(true), true) => ("bad", "已作废，补贴应收回"),
            (Some(true), false) => ("ok", "已作废"),
        }
    }

    /// How loud its notice is: what was not agreed to is history.
    #[must_use]
    pub fn notice(&self) -> &'static str {
        if self.agreed == Some(false) { "notice" } else { "warn" }
    }

    /// The same above its notice, where nothing else says that it is about a void.
    #[must_use]
    pub fn heading(&self) -> String {
        let words = self.state().1;
        if self.agreed == Some(true) { words.to_owned() } else { format!("作废申请：{words}") }
    }
}

/// The plans of a bureau by year with their revisions, and its voids that wait or whose money has not come back: in one
/// statement.
pub async fn plans_and_open_voids(
    conn: &mut PgConnection,
    bureau: i64,
) -> sqlx::Result<(BTreeMap<i32, (i32, Programme)>, Vec<VoidRow>)> {
    let row = sqlx::query!(
        r#"select (select jsonb_agg(jsonb_build_object('year', year, 'revision', revision, 'content', content))
                   from programmes where bureau_id = $1) as "plans: Json<Vec<PlanJson>>",
                  (select jsonb_agg(jsonb_build_object('id', v.id, 'case_id', v.case_id, 'number', c.number, 'place', c.place,
                              'reason', v.reason, 'asked_by', v.asked_by, 'asker', a.name, 'asked_at', v.asked_at,
                              'decider', d.name, 'agreed', v.agreed, 'decision_note', v.decision_note,
                              'owed', p.id is not null) order by v.id desc)
                   from case_voids v
                   join cases c on c.id = v.case_id
                   join accounts a on a.id = v.asked_by
                   left join accounts d on d.id = v.decided_by
                   left join case_payouts p on p.case_id = v.case_id and p.live
                   where v.bureau_id = $1 and (v.agreed is null or (v.agreed and p.id is not null)))
                      as "voids: Json<Vec<VoidRow>>""#,
        bureau
    )
    .fetch_one(conn)
    .await?;
    let plans = row.plans.map(|plans| plans.0).unwrap_or_default();
    Ok((
        plans.into_iter().map(|plan| (plan.year, (plan.revision, plan.content))).collect(),
        row.voids.map(|voids| voids.0).unwrap_or_default(),
    ))
}

#[derive(Debug, Deserialize)]
struct PlanJson {
    year: i32,
    revision: i32,
    content: Programme,
}

/// What a case's page shows beside the case and its payouts.
#[derive(Debug)]
pub struct Beside {
    /// The plans of the bureau by year, each with its revision.
    pub plans: BTreeMap<i32, (i32, Programme)>,
    /// Its voids, newest first.
    pub voids: Vec<VoidRow>,
    /// Its extensions, newest first.
    pub extensions: Vec<ExtensionRow>,
    /// What other funds paid for it.
    pub outside: Vec<OutsideRow>,
}

/// The plans of a bureau, and the voids, extensions and payments by other funds of one of its cases: in one statement.
pub async fn beside(conn: &mut PgConnection, bureau: i64, case: i64) -> sqlx::Result<Beside> {
    let row = sqlx::query!(
        r#"select (select jsonb_agg(jsonb_build_object('year', year, 'revision', revision, 'content', content))
                   from programmes where bureau_id = $1) as "plans: Json<Vec<PlanJson>>",
                  (select jsonb_agg(jsonb_build_object('id', v.id, 'case_id', v.case_id, 'number', c.number, 'place', c.place,
                              'reason', v.reason, 'asked_by', v.asked_by, 'asker', a.name, 'asked_at', v.asked_at,
                              'decider', d.name, 'agreed', v.agreed, 'decision_note', v.decision_note,
                              'owed', p.id is not null) order by v.id desc)
                   from case_voids v
                   join cases c on c.id = v.case_id
                   join accounts a on a.id = v.asked_by
                   left join accounts d on d.id = v.decided_by
                   left join case_payouts p on p.case_id = v.case_id and p.live
                   where v.bureau_id = $1 and v.case_id = $2) as "voids: Json<Vec<VoidRow>>",
                  (select jsonb_agg(jsonb_build_object('id', x.id, 'case_id', x.case_id, 'number', c.number, 'days', x.days,
                              'reason', x.reason, 'status', x.status, 'asked_by', x.asked_by, 'asker', a.name,
                              'asked_at', x.asked_at, 'decider', d.name, 'decided_at', x.decided_at,
                              'decision_note', x.decision_note) order by x.id desc)
                   from case_extensions x
                   join cases c on c.id = x.case_id
                   join accounts a on a.id = x.asked_by
                   left join accounts d on d.id = x.decided_by
                   where x.bureau_id = $1 and x.case_id = $2) as "extensions: Json<Vec<ExtensionRow>>",
                  (select jsonb_agg(jsonb_build_object('id', o.id, 'case_id', o.case_id, 'source', o.source,
                              'amount', o.amount::text, 'paid_on', o.paid_on, 'document', o.document, 'recorder', a.name,
                              'withdrawal', o.withdrawal) order by o.id desc)
                   from case_outside_payments o join accounts a on a.id = o.recorded_by
                   where o.bureau_id = $1 and o.case_id = $2) as "outside: Json<Vec<OutsideRow>>""#,
        bureau,
        case
    )
    .fetch_one(conn)
    .await?;
    let plans = row.plans.map(|plans| plans.0).unwrap_or_default();
    Ok(Beside {
        plans: plans.into_iter().map(|plan| (plan.year, (plan.revision, plan.content))).collect(),
        voids: row.voids.map(|voids| voids.0).unwrap_or_default(),
        extensions: row.extensions.map(|extensions| extensions.0).unwrap_or_default(),
        outside: row.outside.map(|outside| outside.0).unwrap_or_default(),
    })
}

/// Asks for a counted case to be void.
///
/// # Errors
/// Not counted; no reason; asked for already; void already.
pub async fn ask_void(work: &mut Work, scope: Scope, case: i64, reason: &str) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let reason = super::service::said(reason, "请写明作废的理由和依据。")?.to_owned();
    db::lock_cases(work.conn(), bureau, &[case]).await?;
    let asked = db::Asked { ids: Some(&[case]), unpaid: false, limit: 1 };
    let row = db::cases(work.conn(), bureau, asked).await?.pop().ok_or(AppError::NotFound)?;
    if row.state.place.is_none() {
        return Err(AppError::refused(format!("{}没有计入任务数，不用作废；未结案的请办理终止。", row.number)));
    }
    let (account, now) = (work.actor.account_id, work.now);
    let id = sqlx::query_scalar!(
        "insert into case_voids (bureau_id, case_id, reason, asked_by, asked_at) values ($1, $2, $3, $4, $5)
         on conflict (case_id) where agreed is not false do nothing returning id",
        bureau,
        case,
        reason,
        account,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused(format!("{}已经作废，或已有一份待审批的作废申请。", row.number)))?;
    let record = Audit::new("payout.ask_void", "case", case).after(json!({ "void": id, "place": row.state.place }));
    work.audit(record.note(reason)).await?;
    Ok(id)
}

/// Agrees that a case is void, or not; gives the case, and whether its place is free. What was paid is to be taken back.
///
/// # Errors
/// One's own request; decided before; in a batch that is not paid yet; no reason for a refusal.
pub async fn decide_void(work: &mut Work, scope: Scope, id: i64, agree: bool, note: &str) -> Result<Decided, AppError> {
    let bureau = scope.bureau();
    let note = if agree { note.trim() } else { super::service::said(note, "请写明不同意的理由。")? }.to_owned();
    db::lock_payouts(work.conn(), bureau).await?;
    let row =
        sqlx::query!("select case_id, asked_by, agreed from case_voids where bureau_id = $1 and id = $2", bureau, id)
            .fetch_optional(work.conn())
            .await?
            .ok_or(AppError::NotFound)?;
    if row.asked_by == work.actor.account_id {
        return Err(AppError::refused("作废由您申请，须由另一人审批。"));
    }
    db::lock_cases(work.conn(), bureau, &[row.case_id]).await?;
    let asked = db::Asked { ids: Some(&[row.case_id]), unpaid: false, limit: 1 };
    let case = db::cases(work.conn(), bureau, asked).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(status) = case.batch_status.filter(|status| agree && *status != super::BatchStatus::Paid) {
        return Err(AppError::refused(format!(
            "{}在一个批次中（{status}）。请先撤销这个批次，再同意作废。",
            case.number
        )));
    }
    let (account, now) = (work.actor.account_id, work.now);
    // Nobody approves or pays a batch meanwhile: the payouts are locked.
    let frees_place = sqlx::query_scalar!(
        r#"update case_voids v set decided_by = $3, decided_at = $4, agreed = $5, decision_note = $6,
               frees_place = $5 and not exists (
                   select from cases one
                   join cases later on later.bureau_id = one.bureau_id and later.counted_year = one.counted_year
                       and later.place > one.place
                   join case_payouts p on p.case_id = later.id and p.live
                   join case_batches b on b.id = p.batch_id and b.status in ('approved', 'paid')
                   where one.id = v.case_id)
           where v.bureau_id = $1 and v.id = $2 and v.agreed is null returning v.frees_place"#,
        bureau,
        id,
        account,
        now,
        agree,
        note
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这份作废申请已经有人审批，请刷新页面查看。"))?;
    let record = Audit::new("payout.decide_void", "case", row.case_id)
        .after(json!({ "void": id, "agreed": agree, "place": case.state.place, "frees_place": frees_place,
                       "owed": case.batch.is_some() }));
    work.audit(record.note(note)).await?;
    Ok(Decided { case: row.case_id, frees_place })
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    /// The case.
    pub case: i64,
    /// Later cases move up towards the target.
    pub frees_place: bool,
}

/// A reason as typed.
#[derive(Debug, Deserialize)]
pub(super) struct VoidForm {
    #[serde(default)]
    reason: String,
}

pub(super) async fn ask(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(case): InPath<i64>,
    posted: Posted<VoidForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    ask_void(&mut work, scope, case, &posted.form.reason).await?;
    Ok(work.finish(&format!("/payouts/cases/{case}"), "作废申请已提交，等待审批人审批。").await?.into_response())
}

pub(super) async fn decide(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((id, decision)): InPath<(i64, String)>,
    posted: Posted<VoidForm>,
) -> Answer {
    let agree = match decision.as_str() {
        "grant" => true,
        "refuse" => false,
        _ => return Err(AppError::NotFound),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let Decided { case, frees_place } = decide_void(&mut work, scope, id, agree, &posted.form.reason).await?;
    let message = match (agree, frees_place) {
        (true, true) => {
            "已作废：年度序号保留不再使用，其后的案件都还没有发放，计算任务数时依次提前一件；已发的补贴由财务人员收回。"
        }
        (true, false) => "已作废：年度序号保留不再使用，其后已有案件审批或发放，顺序不变；已发的补贴由财务人员收回。",
        (false, _) => "未同意作废，案件照常办理。",
    };
    Ok(work.finish(&format!("/payouts/cases/{case}"), message).await?.into_response())
}
