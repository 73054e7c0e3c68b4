//! A27: what somebody still owes of earlier months. It is recovered from their next pay; paid back in cash, or written off
//! by an approver on somebody else's request, it is owed no more.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::db;
use crate::audit::Audit;
use crate::error::AppError;
use crate::fund;
use crate::fund::rules::EntryKind;
use crate::plan::Month;
use crate::plan::money::{self, in_sentence, plain_text, yuan_text};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::filters;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::typed;
use crate::web::work::Work;

/// A debt that somebody wants to end otherwise than by their next pay.
#[derive(Clone, Debug)]
pub struct SettlingRow {
    /// The row.
    pub id: i64,
    /// Whose debt.
    pub person_id: i64,
    /// Their name.
    pub person: String,
    /// `cash` or `written_off`.
    pub kind: String,
    /// Yuan.
    pub amount: Decimal,
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
    /// How.
    pub agreed: Option<bool>,
}

impl SettlingRow {
    /// What it is, in words.
    #[must_use]
    pub fn label(&self) -> &'static str {
        if self.kind == "cash" { "现金退回" } else { "核销" }
    }
}

async fn settlings(conn: &mut PgConnection, bureau: i64, id: Option<i64>) -> sqlx::Result<Vec<SettlingRow>> {
    sqlx::query_as!(
        SettlingRow,
        r#"select r.id, r.person_id, p.name as person, r.kind, r.amount, r.reason, r.asked_by, a.name as asker, r.asked_at,
                  d.name as "decider?", r.agreed
           from receivable_settlings r
           join persons p on p.id = r.person_id
           join accounts a on a.id = r.asked_by
           left join accounts d on d.id = r.decided_by
           where r.bureau_id = $1 and ($2::bigint is null or r.id = $2)
           order by (r.decided_by is null) desc, r.id desc limit 100"#,
        bureau,
        id
    )
    .fetch_all(conn)
    .await
}

/// What is owed, with whom: person, name, yuan, since.
async fn owed(conn: &mut PgConnection, bureau: i64) -> Result<Vec<(i64, String, Decimal, Month)>, AppError> {
    // Any month that cannot be settled any more: every approved month counts as past.
    let far = Month::new(2199, 12).ok_or(AppError::NotFound)?;
    let past = db::past_of(&mut *conn, bureau, far).await?;
    let ids: Vec<i64> = past.owed.keys().copied().collect();
    let names = sqlx::query!("select id, name from persons where bureau_id = $1 and id = any ($2)", bureau, &ids)
        .fetch_all(conn)
        .await?;
    Ok(names
        .into_iter()
        .filter_map(|row| past.owed.get(&row.id).map(|owed| (row.id, row.name, owed.amount, owed.since)))
        .collect())
}

/// Asks for a debt to be ended.
///
/// # Errors
/// More than is owed; no reason; one request waits already.
pub async fn ask(
    work: &mut Work,
    scope: Scope,
    person: i64,
    in_cash: bool,
    amount: Decimal,
    reason: &str,
) -> Result<i64, AppError> {
    let reason = typed::said(reason, 300, "请写明理由和依据，300字以内。")?;
    let bureau = scope.bureau();
    let this_month = Month::of(work.today());
    super::store::lock_month(work.conn(), bureau, this_month).await?;
    let here = sqlx::query_scalar!(
        r#"select exists (select from persons where bureau_id = $1 and id = $2) as "here!""#,
        bureau,
        person
    )
    .fetch_one(work.conn())
    .await?;
    if !here {
        return Err(AppError::NotFound);
    }
    let known = owed(work.conn(), bureau).await?;
    let most = known.iter().find(|(id, ..)| *id == person).map_or(Decimal::ZERO, |(_, _, amount, _)| *amount);
    if amount <= Decimal::ZERO || amount > most {
        return Err(AppError::refused(format!("金额应大于零，不超过尚应退的{}。", in_sentence(most))));
    }
    let (account, now) = (work.actor.account_id, work.now);
    let kind = if in_cash { "cash" } else { "written_off" };
    let id = sqlx::query_scalar!(
        "insert into receivable_settlings (bureau_id, person_id, kind, amount, reason, asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (person_id) where decided_by is null do nothing returning id",
        bureau,
        person,
        kind,
        amount,
        reason,
        account,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这名人员已有一项申请等待审批。"))?;
    let record = Audit::new("receivable.ask", "person", person)
        .after(json!({ "request": id, "kind": kind, "amount": plain_text(amount) }))
        .note(reason);
    work.audit(record).await?;
    Ok(id)
}

/// Agrees or not. Cash goes back into the fund of the year in which it was paid.
///
/// # Errors
/// One's own request; decided before; less is owed by now.
pub async fn decide(work: &mut Work, scope: Scope, id: i64, agree: bool) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let this_month = Month::of(work.today());
    super::store::lock_month(work.conn(), bureau, this_month).await?;
    let row = settlings(work.conn(), bureau, Some(id)).await?.pop().ok_or(AppError::NotFound)?;
    let (account, now, today) = (work.actor.account_id, work.now, work.today());
    if row.asked_by == account {
        return Err(AppError::refused("这项申请由您提出，须由另一人审批。"));
    }
    let known = owed(work.conn(), bureau).await?;
    let debt = known.into_iter().find(|(person, ..)| *person == row.person_id);
    if agree && debt.as_ref().is_none_or(|(_, _, amount, _)| *amount < row.amount) {
        return Err(AppError::refused("尚应退的金额已经变化，请退回后重新申请。"));
    }
    let done = sqlx::query!(
        "update receivable_settlings set decided_by = $3, decided_at = $4, agreed = $5
         where bureau_id = $1 and id = $2 and decided_by is null",
        bureau,
        id,
        account,
        now,
        agree
    )
    .execute(work.conn())
    .await?;
    if done.rows_affected() != 1 {
        return Err(AppError::refused("这项申请已经办理，请刷新页面查看。"));
    }
    if let (true, "cash", Some((_, name, _, since))) = (agree, row.kind.as_str(), debt) {
        // The books that paid it: the month that was corrected may lie in the year before the debt.
        let paid_in: Option<chrono::NaiveDate> = sqlx::query_scalar!(
            r#"select max(a.for_month) from settlement_adjustments a
               join settlement_items i on i.id = a.item_id
               join settlements s on s.id = a.settlement_id and s.status in ('approved', 'paid')
               where i.bureau_id = $1 and i.person_id = $2 and a.kind = 'correction' and a.amount < 0"#,
            bureau,
            row.person_id
        )
        .fetch_one(work.conn())
        .await?;
        let paid_in = paid_in.map_or(since, Month::of);
        let posting = fund::service::NewPosting {
            year: paid_in.year(),
            kind: EntryKind::DutyRefund,
            amount: row.amount,
            entered_on: today,
            summary: format!("{name}退回{}补贴", paid_in.chinese()),
            document_kind: "receivable",
            document_id: id.to_string(),
            voucher: String::new(),
        };
        fund::service::post(work, scope, posting).await?;
    }
    let record = Audit::new("receivable.decide", "person", row.person_id)
        .after(json!({ "request": id, "agreed": agree, "kind": row.kind, "amount": plain_text(row.amount) }))
        .note(row.reason);
    work.audit(record).await
}

#[derive(Template)]
#[template(path = "settlement/receivables.html")]
struct ReceivablesPage {
    layout: Layout,
    once: OnceKey,
    owed: Vec<(i64, String, Decimal, Month)>,
    settlings: Vec<SettlingRow>,
    may_ask: bool,
    may_decide: bool,
    account: i64,
}

impl ReceivablesPage {
    fn money(&self, amount: &Decimal) -> String {
        yuan_text(*amount)
    }

    fn decides(&self, row: &SettlingRow) -> bool {
        self.may_decide && row.agreed.is_none() && row.asked_by != self.account
    }
}

pub(super) async fn list(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    if scope.person().is_some() {
        return Err(AppError::NotFound);
    }
    let mut conn = state.pool.acquire().await?;
    let owed = owed(&mut conn, scope.bureau()).await?;
    let settlings = settlings(&mut conn, scope.bureau(), None).await?;
    drop(conn);
    page(&ReceivablesPage {
        layout: layout.titled("应退款").crumb("月结", "/settlements"),
        once: OnceKey::new(),
        owed,
        settlings,
        may_ask: actor.may(Action::CalculateSettlement).is_some(),
        may_decide: actor.may(Action::ApproveSettlement).is_some(),
        account: actor.account_id,
    })
}

/// A request as typed.
#[derive(Debug, Deserialize)]
pub(super) struct AskForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn post(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(person): InPath<i64>,
    posted: Posted<AskForm>,
) -> Answer {
    let in_cash = match posted.form.kind.as_str() {
        "cash" => true,
        "written_off" => false,
        _ => return Err(AppError::refused("请选择现金退回或核销。")),
    };
    let amount =
        money::parse_amount(&posted.form.amount).map_err(|sentence| AppError::refused(format!("{sentence}。")))?;
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    ask(&mut work, scope, person, in_cash, amount, &posted.form.reason).await?;
    Ok(work.finish("/settlements/receivables", "申请已提交，等待审批人审批。").await?.into_response())
}

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn post_decision(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((id, decision)): InPath<(i64, String)>,
    posted: Posted<Nothing>,
) -> Answer {
    let agree = match decision.as_str() {
        "agree" => true,
        "refuse" => false,
        _ => return Err(AppError::NotFound),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    decide(&mut work, scope, id, agree).await?;
    let message = if agree {
        "已同意，应退款相应减少。"
    } else {
        "未同意，应退款仍从以后补贴中追回。"
    };
    Ok(work.finish("/settlements/receivables", message).await?.into_response())
}
