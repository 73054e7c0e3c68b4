//! A54: a duty person sees the lines of their month and objects to one of them within three working days. Undisputed pay
//! goes on; only the one who objects waits, until somebody else has answered.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::time::{chinese_date, short_date};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::typed;
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// An objection with what it is about.
#[derive(Clone, Debug)]
pub struct ObjectionRow {
    /// The row.
    pub id: i64,
    /// Whose pay.
    pub person_id: i64,
    /// Their name.
    pub person: String,
    /// The shift; nothing for the month as a whole.
    pub duty_on: Option<NaiveDate>,
    /// Its venue.
    pub venue: Option<String>,
    /// In their words.
    pub words: String,
    /// When.
    pub objected_at: DateTime<Utc>,
    /// Who answered.
    pub answerer: Option<String>,
    /// When.
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether they were right.
    pub upheld: Option<bool>,
    /// The answer.
    pub answer: String,
}

impl ObjectionRow {
    /// What it is about, in words.
    #[must_use]
    pub fn subject(&self) -> String {
        match (self.duty_on, &self.venue) {
            (Some(on), Some(venue)) => format!("{} {venue}", short_date(on)),
            _ => "当月合计".to_owned(),
        }
    }

    /// The shade and words of where it stands.
    #[must_use]
    pub fn state(&self) -> (&'static str, &'static str) {
        match self.upheld {
            None => ("wait", "待答复"),
            Some(true) => ("ok", "异议成立"),
            Some(false) => ("quiet", "异议不成立"),
        }
    }
}

/// The objections to a month, or of one person to it.
pub async fn objections(
    conn: &mut PgConnection,
    bureau: i64,
    month: Month,
    person: Option<i64>,
) -> sqlx::Result<Vec<ObjectionRow>> {
    sqlx::query_as!(
        ObjectionRow,
        r#"select o.id, o.person_id, p.name as person, h.duty_on as "duty_on?", v.short_name as "venue?", o.words,
                  o.objected_at, a.name as "answerer?", o.answered_at, o.upheld, o.answer
           from line_objections o
           join settlements s on s.id = o.settlement_id
           join persons p on p.id = o.person_id
           left join shifts h on h.id = o.shift_id
           left join venues v on v.id = h.venue_id
           left join accounts a on a.id = o.answered_by
           where o.bureau_id = $1 and s.month = $2 and ($3::bigint is null or o.person_id = $3)
           order by (o.answered_by is null) desc, o.id desc limit 300"#,
        bureau,
        month as Month,
        person
    )
    .fetch_all(conn)
    .await
}

/// Objects to a line of one's month, or to the month as a whole.
///
/// # Errors
/// Not calculated; the window is over; not one's own line; one such objection waits already.
pub async fn object(
    work: &mut Work,
    bureau: i64,
    person: i64,
    month: Month,
    shift: Option<i64>,
    words: &str,
) -> Result<i64, AppError> {
    let words = typed::said(words, 500, "请写明异议的内容，500字以内。")?;
    let item = sqlx::query!(
        r#"select s.id, s.objection_until from settlements s
           join settlement_items i on i.settlement_id = s.id and i.person_id = $3
           where s.bureau_id = $1 and s.month = $2"#,
        bureau,
        month as Month,
        person
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这个月的补贴还没有计算，或没有您的补贴。"))?;
    if let Some(until) = item.objection_until.filter(|until| *until < work.today()) {
        return Err(AppError::refused(format!(
            "异议期已于{}结束（A54）。之后发现的错误请向经办人反映，更正计入以后月份。",
            chinese_date(until)
        )));
    }
    if let Some(shift) = shift {
        let own = sqlx::query_scalar!(
            r#"select exists (select from settlement_lines l join settlement_items i on i.id = l.item_id
                              where l.settlement_id = $1 and l.shift_id = $2 and i.person_id = $3) as "own!""#,
            item.id,
            shift,
            person
        )
        .fetch_one(work.conn())
        .await?;
        if !own {
            return Err(AppError::NotFound);
        }
    }
    let (account, now) = (work.actor.account_id, work.now);
    let id = sqlx::query_scalar!(
        "insert into line_objections (bureau_id, settlement_id, person_id, shift_id, words, objected_by, objected_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (settlement_id, person_id, coalesce(shift_id, 0)) where answered_by is null do nothing returning id",
        bureau,
        item.id,
        person,
        shift,
        words,
        account,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这一项的异议已经提出，请等待答复。"))?;
    let record = Audit::new("settlement.object", "settlement", item.id)
        .after(json!({ "objection": id, "person": person, "shift": shift }))
        .note(words);
    work.audit(record).await?;
    Ok(id)
}

/// Answers an objection; gives its month. Where it is upheld, the facts are corrected where they belong: before the
/// approval the month is calculated again, after it the correction comes into the next open month (A27).
///
/// # Errors
/// No answer; answered before; one's own objection.
pub async fn answer(work: &mut Work, scope: Scope, id: i64, upheld: bool, words: &str) -> Result<Month, AppError> {
    let words = typed::said(words, 500, "请写明答复，500字以内。")?;
    let (account, now) = (work.actor.account_id, work.now);
    let known = sqlx::query_scalar!(
        r#"select exists (select from line_objections where bureau_id = $1 and id = $2) as "known!""#,
        scope.bureau(),
        id
    )
    .fetch_one(work.conn())
    .await?;
    if !known {
        return Err(AppError::NotFound);
    }
    let row = sqlx::query!(
        r#"update line_objections o set answered_by = $3, answered_at = $4, upheld = $5, answer = $6
           from settlements s
           where o.bureau_id = $1 and o.id = $2 and o.answered_by is null and s.id = o.settlement_id
           returning s.month as "month: Month", s.id as settlement"#,
        scope.bureau(),
        id,
        account,
        now,
        upheld,
        words
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(|| AppError::refused("这项异议已经答复。"))?;
    let record = Audit::new("settlement.answer_objection", "settlement", row.settlement)
        .after(json!({ "objection": id, "upheld": upheld }))
        .note(words);
    work.audit(record).await?;
    Ok(row.month)
}

#[derive(Template)]
#[template(path = "settlement/objections.html")]
struct ObjectionsPage {
    layout: Layout,
    once: OnceKey,
    month: Month,
    objections: Vec<ObjectionRow>,
    may_answer: bool,
}

pub(super) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let objections = objections(&mut conn, scope.bureau(), month, scope.person()).await?;
    drop(conn);
    page(&ObjectionsPage {
        layout: layout
            .titled(format!("{}补贴异议", month.chinese()))
            .crumb("月结", "/settlements")
            .crumb(month.chinese(), format!("/settlements/{month}")),
        once: OnceKey::new(),
        month,
        objections,
        may_answer: actor.may(Action::DecideFinding).is_some(),
    })
}

/// An objection as typed.
#[derive(Debug, Deserialize)]
pub(super) struct ObjectionForm {
    #[serde(default)]
    shift: String,
    #[serde(default)]
    words: String,
}

pub(super) async fn post(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<ObjectionForm>,
) -> Answer {
    let person = scope.person().ok_or(AppError::NotFound)?;
    let shift = match posted.form.shift.as_str() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| AppError::NotFound)?),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    object(&mut work, scope.bureau(), person, month, shift, &posted.form.words).await?;
    let message = "异议已提交，答复前本月补贴暂不转账；其他人的发放不受影响。";
    Ok(work.finish(&format!("/settlements/{month}/people/{person}"), message).await?.into_response())
}

/// An answer as typed.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerForm {
    #[serde(default)]
    upheld: String,
    #[serde(default)]
    words: String,
}

pub(super) async fn post_answer(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<AnswerForm>,
) -> Answer {
    let upheld = match posted.form.upheld.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::refused("请选择异议是否成立。")),
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let month = answer(&mut work, scope, id, upheld, &posted.form.words).await?;
    let message = if upheld {
        "已答复：异议成立。请更正考勤或撤销扣款事项；已审批的月份，差额计入下一个未结月份。"
    } else {
        "已答复：异议不成立。本人的补贴可以发放。"
    };
    Ok(work.finish(&format!("/settlements/{month}/objections"), message).await?.into_response())
}
