//! People ask what is held about them, want a copy, or want it corrected (PIPL 45, 46): found
//! by their identity number, which is typed into a form and stands in no address. A copy is
//! given for a reason, after a fresh proof, on record.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::held::{self, Held, Indexes};
use crate::audit::Audit;
use crate::error::AppError;
use crate::secrets::{IdNumber, Seals, mask_id_number};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters, typed};

const PLACE: &str = "/data-requests";
/// A reason says something.
const SHORTEST_REASON: usize = 4;

/// A correction that was asked for.
#[derive(Clone, Debug)]
struct CorrectionRow {
    id: i64,
    id_number_mask: String,
    wish: String,
    noted_by: String,
    noted_at: DateTime<Utc>,
    status: String,
    answer: String,
}

impl CorrectionRow {
    fn open(&self) -> bool {
        self.status == "open"
    }

    fn status(&self) -> &'static str {
        match self.status.as_str() {
            "done" => "已更正",
            "refused" => "不予更正",
            _ => "待答复",
        }
    }
}

async fn corrections(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<CorrectionRow>> {
    sqlx::query_as!(
        CorrectionRow,
        r#"select d.id, d.id_number_mask, d.wish, a.name as noted_by, d.noted_at, d.status, d.answer
           from data_corrections d join accounts a on a.id = d.noted_by
           where d.bureau_id = $1 order by (d.status = 'open') desc, d.id desc limit 50"#,
        bureau
    )
    .fetch_all(conn)
    .await
}

#[derive(Template)]
#[template(path = "disclosure/requests.html")]
struct RequestsPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    form: PersonForm,
    /// What was found, with the number's mask.
    found: Option<(String, Held)>,
    corrections: Vec<CorrectionRow>,
}

impl RequestsPage {
    /// Whether there may be more corrections than the fifty that are read.
    fn is_cut(&self) -> bool {
        self.corrections.len() >= 50
    }
}

/// Whose data, and what is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PersonForm {
    id_number: String,
    reason: String,
    wish: String,
}

impl PersonForm {
    fn number(&self, errors: &mut Errors) -> Option<IdNumber> {
        match self.id_number.parse::<IdNumber>() {
            Ok(number) => Some(number),
            Err(error) => {
                errors.add("id_number", error.to_string());
                None
            }
        }
    }
}

async fn again(
    (state, actor, scope): (&AppState, &Actor, Scope),
    layout: Layout,
    (form, once, errors): (PersonForm, OnceKey, Errors),
) -> Result<RequestsPage, AppError> {
    let mut conn = state.pool.acquire().await?;
    let found = match form.number(&mut Errors::new()) {
        Some(number) => {
            let by = Indexes::of(&state.seals, &number);
            let held = held::find(&mut conn, scope.bureau(), actor.account_id, &by).await?;
            Some((mask_id_number(number.as_str()), held))
        }
        None => None,
    };
    let corrections = corrections(&mut conn, scope.bureau()).await?;
    Ok(RequestsPage { layout: layout.titled("个人信息请求"), once, errors, form, found, corrections })
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let blank = (PersonForm::default(), OnceKey::new(), Errors::new());
    shown(&again((&state, &actor, scope), layout, blank).await?)
}

/// Shows how much is held: numbers and days, nothing of what was said.
pub(super) async fn look(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<PersonForm>,
) -> Answer {
    let mut errors = Errors::new();
    let number = posted.form.number(&mut errors);
    let page = again((&state, &actor, scope), layout, (posted.form, OnceKey::new(), errors)).await?;
    let (Some(number), Some((_, held))) = (number, &page.found) else { return form_again(&page) };
    // Whom somebody looked for is on record as well, by the mask.
    let mut work = Work::unattended(&state, &actor).await?;
    let mask = mask_id_number(number.as_str());
    work.audit(Audit::new("client.look", "client", mask).after(json!({ "records": held.count() }))).await?;
    work.commit().await?;
    shown(&page)
}

#[derive(Template)]
#[template(path = "disclosure/copy.html")]
struct CopyDocument {
    bureau: String,
    mask: String,
    made_on: chrono::NaiveDate,
    held: Held,
}

pub(super) async fn copy(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<PersonForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let number = form.number(&mut errors);
    let reason = form.reason.trim().to_owned();
    if reason.chars().count() < SHORTEST_REASON {
        errors.add("reason", "请写明依据，例如“本人持身份证当面申请，5月6日”");
    }
    let (Some(number), true) = (number, errors.is_empty()) else {
        return form_again(&again((&state, &actor, scope), layout, (form, posted.once, errors)).await?);
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let by = Indexes::of(&state.seals, &number);
    let mut held = held::find(work.conn(), scope.bureau(), actor.account_id, &by).await?;
    held.open(&state.seals)?;
    let mask = mask_id_number(number.as_str());
    let closed = held.cases.iter().filter(|case| !case.may_open).count();
    work.audit(
        Audit::new("client.copy", "client", mask.clone())
            .after(json!({
                "consultations": held.consultations.len(), "cases": held.cases.len(), "closed_cases": closed,
                "online": held.online.len(), "corrections": held.corrections.len()
            }))
            .note(reason),
    )
    .await?;
    let document = CopyDocument { bureau: actor.bureau_name.clone(), mask, made_on: work.today(), held };
    let text = document.render()?;
    work.commit_at(PLACE).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"huifa-personal-data.html\""),
    ];
    Ok((headers, text).into_response())
}

/// Notes what somebody wants corrected, under their identity number, sealed.
///
/// # Errors
/// When the database fails.
pub async fn note_wish(
    work: &mut Work,
    seals: &Seals,
    scope: Scope,
    number: &IdNumber,
    wish: &str,
) -> Result<i64, AppError> {
    let (seal, now, by, mask) = (Uuid::new_v4(), work.now, work.actor.account_id, mask_id_number(number.as_str()));
    let id = sqlx::query_scalar!(
        "insert into data_corrections (bureau_id, seal_id, id_number, id_number_index, id_number_mask, wish, noted_by, noted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        scope.bureau(),
        seal,
        seals.seal("data_correction.id_number", &seal.to_string(), number.as_str())?,
        seals.blind_index("data_correction.id_number", number.as_str()),
        mask,
        wish,
        by,
        now
    )
    .fetch_one(work.conn())
    .await?;
    work.audit(Audit::new("client.note_correction", "data_correction", id).after(json!({ "id_number": mask }))).await?;
    Ok(id)
}

pub(super) async fn note_correction(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<PersonForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let number = form.number(&mut errors);
    let wish = typed::line(&mut errors, "wish", "要求更正的内容", &form.wish, 500);
    let (Some(number), true) = (number, errors.is_empty()) else {
        return form_again(&again((&state, &actor, scope), layout, (form, posted.once, errors)).await?);
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    note_wish(&mut work, &state.seals, scope, &number, &wish).await?;
    Ok(work.finish(PLACE, "更正请求已登记。核实后请在原记录中更正，再在这里答复。").await?.into_response())
}

/// How a correction ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnswerForm {
    result: String,
    answer: String,
}

pub(super) async fn answer_correction(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<AnswerForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let status = sqlx::query_scalar!(
        "select status from data_corrections where bureau_id = $1 and id = $2 for update",
        scope.bureau(),
        id
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or(AppError::NotFound)?;
    if status != "open" {
        return Err(AppError::refused("这件更正请求已经答复过了。"));
    }
    let mut errors = Errors::new();
    let answer = typed::line(&mut errors, "answer", "答复", &posted.form.answer, 500);
    let result = match posted.form.result.as_str() {
        "done" => "done",
        "refused" => "refused",
        _ => {
            errors.add("", "请选择已更正还是不予更正");
            ""
        }
    };
    if !errors.is_empty() {
        drop(work);
        let blank = (PersonForm::default(), posted.once, errors);
        return form_again(&again((&state, &actor, scope), layout, blank).await?);
    }
    let now = work.now;
    sqlx::query!(
        "update data_corrections set status = $3, answer = $4, answered_by = $5, answered_at = $6
         where bureau_id = $1 and id = $2 and status = 'open'",
        scope.bureau(),
        id,
        result,
        answer,
        actor.account_id,
        now
    )
    .execute(work.conn())
    .await?;
    work.audit(Audit::new("client.answer_correction", "data_correction", id).after(json!({ "result": result })))
        .await?;
    Ok(work.finish(PLACE, "答复已登记，请告知本人。").await?.into_response())
}
