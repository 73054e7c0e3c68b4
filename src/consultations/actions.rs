//! What changes service records.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};

use super::db;
use super::form::ConsultationForm;
use super::pages::{ConsultationPage, FormPage, Notices, ReviewForm, shift_of};
use super::personal;
use super::record::ClientGender;
use super::service::{self, NewReview, closed_to_edits};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionaries::{RecordIrregularity, ReviewResult};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{SHANGHAI, chinese_date, local_date};
use crate::secrets::{mask_phone, parse_phone};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::Posted;
use crate::web::work::Work;
use crate::web::{Answer, session};

pub(super) async fn record(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<ConsultationForm>,
) -> Answer {
    let form = posted.form;
    let mut conn = state.pool.acquire().await?;
    let shift = db::find_shift(&mut conn, scope, shift_of(&form.shift)?).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    if let Some(reason) = shift.day().closed_to_records(state.clock.today()) {
        return Err(AppError::refused(reason));
    }
    let new = match form.parse(shift.day(), state.clock.now()) {
        Ok(new) => new,
        Err(errors) => {
            let shown = (form, errors, Notices::default());
            return form_again(&FormPage::load(&state, layout, shift, None, posted.once, shown).await?);
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let recorded = service::record(&mut work, &state.seals, scope, &new).await?;
    db::delete_draft(work.conn(), actor.account_id, shift.id).await?;
    let to = format!("/consultations/{}", recorded.id);
    Ok(work.finish(&to, format!("咨询已登记，编号{}。", recorded.number)).await?.into_response())
}

pub(super) async fn edit(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ConsultationForm>,
) -> Answer {
    let mut form = posted.form;
    let mut conn = state.pool.acquire().await?;
    let stored = db::find(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
    let shift = db::find_shift(&mut conn, scope, stored.shift_id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    if let Some(reason) = closed_to_edits(&stored, actor.account_id) {
        return Err(AppError::refused(reason));
    }
    // A record stays in its shift, and what was typed from paper stays so.
    form.shift = stored.shift_id.to_string();
    if stored.from_paper || stored.duty_on < state.clock.today() {
        form.from_paper = if stored.from_paper { "yes".to_owned() } else { form.from_paper };
    }
    let new = match form.parse(shift.day(), state.clock.now()) {
        Ok(new) => new,
        Err(errors) => {
            let shown = (form, errors, Notices::default());
            return form_again(&FormPage::load(&state, layout, shift, Some(stored), posted.once, shown).await?);
        }
    };
    let version = form.version.parse().unwrap_or_default();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::edit(&mut work, &state.seals, scope, id, version, &new, &form.forget).await?;
    Ok(work.finish(&format!("/consultations/{id}"), "咨询记录已修改。").await?.into_response())
}

/// Finds who called from the typed number before and fills in what is known of them.
/// Looking is recorded; nothing else changes, and the form's key is not used up.
pub(super) async fn look_up(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<ConsultationForm>,
) -> Answer {
    let mut form = posted.form;
    let mut errors = Errors::new();
    let mut notices = Notices::default();
    let mut work = Work::unattended(&state, &actor).await?;
    let shift = db::find_shift(work.conn(), scope, shift_of(&form.shift)?).await?.ok_or(AppError::NotFound)?;
    match parse_phone(&form.phone) {
        Err(error) => errors.add("phone", format!("{error}。")),
        Ok(phone) => {
            let indexes = personal::phone_indexes(&state.seals, &phone);
            let known = db::find_known(work.conn(), scope, &indexes).await?;
            let record = Audit::new("consultation.look_up", "shift", shift.id)
                .note(format!("按电话{}查找来访人", mask_phone(&phone)));
            work.audit(record).await?;
            work.commit().await?;
            match known {
                Some(known) => {
                    let day = chinese_date(local_date(&known.started_at));
                    notices.known = format!(
                        "来过{}次，最近一次是{day}（{}）。已填入上次登记的情况，请核对。",
                        known.visits, known.topic
                    );
                    fill(&mut form, known);
                }
                None => {
                    notices.known = "没有这个号码的登记，按首次来访办理。".to_owned();
                    form.first_visit = "yes".to_owned();
                }
            }
        }
    }
    let wrong = !errors.is_empty();
    let shown = FormPage::load(&state, layout, shift, None, posted.once, (form, errors, notices)).await?;
    if wrong { form_again(&shown) } else { page(&shown) }
}

/// What is already typed stays.
fn fill(form: &mut ConsultationForm, known: db::Known) {
    let put = |field: &mut String, value: String| {
        if field.trim().is_empty() {
            *field = value;
        }
    };
    put(&mut form.client_name, known.client_name);
    put(&mut form.gender, ClientGender::from_code(&known.gender).map_or("", |gender| gender.code()).to_owned());
    put(&mut form.birth_year, known.birth_year.map(|year| year.to_string()).unwrap_or_default());
    put(&mut form.township, known.township);
    if form.groups.is_empty() {
        form.groups = known.groups.iter().map(|group| group.code().to_owned()).collect();
    }
    form.first_visit = "no".to_owned();
}

/// Keeps the half-written record. A draft is nobody's business but its writer's and no
/// record yet: it is sealed, not audited, and does not use up the form's key.
pub(super) async fn save_draft(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    headers: HeaderMap,
    posted: Posted<ConsultationForm>,
) -> Answer {
    let shift = shift_of(&posted.form.shift)?;
    let quiet = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    if posted.form.says_nothing() {
        db::delete_draft(&mut transaction, actor.account_id, shift).await?;
    } else {
        let text = serde_json::to_string(&posted.form).map_err(|error| AppError::Internal(error.into()))?;
        let content = personal::seal_draft(&state.seals, actor.account_id, shift, &text)?;
        if !db::save_draft(&mut transaction, scope, actor.account_id, shift, &content, posted.once.key(), now).await? {
            return Err(AppError::NotFound);
        }
    }
    if quiet {
        transaction.commit().await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let message = format!(
        "已暂存（{}）。退出或断网后，重新打开这个班次的登记表即可继续填写。",
        now.with_timezone(&SHANGHAI).format("%H:%M")
    );
    session::leave_flash(&mut transaction, &actor.session_key, "success", &message).await?;
    transaction.commit().await?;
    Ok(Redirect::to(&format!("/consultations/new?shift={shift}")).into_response())
}

pub(super) async fn discard_draft(
    State(state): State<AppState>,
    actor: Actor,
    posted: Posted<ConsultationForm>,
) -> Answer {
    let shift = shift_of(&posted.form.shift)?;
    let mut conn = state.pool.acquire().await?;
    db::delete_draft(&mut conn, actor.account_id, shift).await?;
    Ok(Redirect::to(&format!("/consultations/new?shift={shift}")).into_response())
}

pub(super) async fn review(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReviewForm>,
) -> Answer {
    let form = posted.form;
    let mut errors = Errors::new();
    let new = ReviewResult::from_code(&form.result).map(|result| NewReview {
        result,
        irregularity: RecordIrregularity::from_code(&form.irregularity),
        note: form.note.trim().to_owned(),
    });
    match &new {
        None => errors.add("result", "请选择复核结果。"),
        Some(new) => new.check(&mut errors),
    }
    let (Some(new), true) = (new, errors.is_empty()) else {
        let again = ConsultationPage::load(&state, layout, &actor, id, posted.once, (form, errors)).await?;
        return form_again(&again);
    };
    let version = form.version.parse().unwrap_or_default();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::review(&mut work, scope, id, version, &new).await?;
    let message = match new.result {
        ReviewResult::Qualified => "复核完成：合格。",
        ReviewResult::Returned => "已退回补正，登记人会看到复核意见。",
        ReviewResult::MissingItems | ReviewResult::Irregular => "复核完成，已转为拟扣款事项，告知本人后认定。",
    };
    Ok(work.finish(&format!("/consultations/{id}"), message).await?.into_response())
}
