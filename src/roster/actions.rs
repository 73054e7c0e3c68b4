//! What changes rosters, as forms.

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::forms::{self, FillForm, FillShown, ShiftForm};
use super::pages::{self, MonthForms};
use super::planner::Holidays;
use super::service::{self, GapConsent, NewFilling, NewShift, RosterError, Seen};
use crate::error::AppError;
use crate::plan::Month;
use crate::plan::dictionaries::ShiftChange;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::short_date;
use crate::state::AppState;
use crate::venues::db::Hours;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::typed;
use crate::web::work::Work;

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// A step on a version that was seen.
#[derive(Debug, Deserialize)]
pub(super) struct StepForm {
    #[serde(default)]
    version: String,
}

/// The version that the page carried.
fn seen(version: &str) -> Result<i32, AppError> {
    version.parse().map_err(|_| AppError::Unusable("表单缺少版本号，请刷新页面后重试。".to_owned()))
}

pub(super) async fn start(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::start_month(&mut work, scope, month).await?;
    let message = format!("已开始编制{}排班。", month.chinese());
    Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
}

/// What a shift's form says, or what is wrong with it.
fn parse_shift(form: &ShiftForm) -> Result<NewShift, Errors> {
    let mut errors = Errors::new();
    let person = form.person.parse::<i64>().ok();
    if person.is_none() {
        errors.add("person", "请选择值班人员。");
    }
    let day = form.day.trim().parse::<NaiveDate>().ok();
    if day.is_none() {
        errors.add(
            "day",
            match form.day.trim() {
                "" => "请选择日期。".to_owned(),
                typed => format!("日期“{}”不存在，请重新选择。", typed.chars().take(20).collect::<String>()),
            },
        );
    }
    let mut time = |field: &str, typed: &str, missing: &str| -> Option<NaiveTime> {
        let read = NaiveTime::parse_from_str(typed.trim(), "%H:%M").ok();
        if read.is_none() {
            errors.add(field, missing);
        }
        read
    };
    let starts_at = time("starts_at", &form.starts_at, "请填写开始时间，如 08:00。");
    let ends_at = time("ends_at", &form.ends_at, "请填写结束时间，如 12:00。");
    let pause = match (form.break_from.trim(), form.break_to.trim()) {
        ("", "") => None,
        (from, to) => {
            let from = time("break_from", from, "请填写午休开始时间；没有午休时两项都留空。");
            let to = time("break_to", to, "请填写午休结束时间；没有午休时两项都留空。");
            from.zip(to)
        }
    };
    let moved_from = form.moved_from.trim().parse::<NaiveDate>().ok();
    let change = ShiftChange::from_code(&form.change).filter(|change| *change != ShiftChange::Cancelled);
    if change.is_none() {
        errors.add("change", "请选择调整类型。");
    }
    match (person, day, starts_at.zip(ends_at), change) {
        (Some(person), Some(day), Some((starts_at, ends_at)), Some(change)) if errors.is_empty() => Ok(NewShift {
            venue: form.venue.parse().unwrap_or(0),
            person,
            day,
            hours: Some(Hours { starts_at, ends_at, pause }),
            change,
            reason: form.reason.trim().to_owned(),
            moved_from: moved_from.filter(|_| change == ShiftChange::Moved),
        }),
        _ => Err(errors),
    }
}

pub(super) async fn add_shift(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<ShiftForm>,
) -> Answer {
    let form = posted.form;
    let errors = match parse_shift(&form) {
        Err(errors) => errors,
        Ok(new) => {
            let (venue, day) = (new.venue, new.day);
            let mut work = Work::begin(&state, &actor, posted.once).await?;
            match service::add_shift(&mut work, scope, month, new).await {
                Ok(added) => {
                    let message =
                        format!("已安排{}在{}值班。{}", added.person, short_date(day), added.warnings.concat());
                    let back = match form.back.as_str() {
                        "month" => format!("/roster/{month}"),
                        _ => format!("/roster/{month}/venues/{venue}"),
                    };
                    return Ok(work.finish(&back, message).await?.into_response());
                }
                Err(RosterError::Rules(refusals)) => {
                    let mut errors = Errors::new();
                    for refusal in refusals {
                        errors.add(refusal.field, refusal.sentence());
                    }
                    errors
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    form_again(&forms::shift_page(&state, layout, scope, month, posted.once, form, errors).await?)
}

pub(super) async fn remove_shift(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((month, shift)): InPath<(Month, i64)>,
    posted: Posted<StepForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let removed = service::remove_shift(&mut work, scope, month, shift, seen(&posted.form.version)?).await?;
    let message = format!("已移除{}{}的班次。", removed.person, short_date(removed.duty_on));
    let back = format!("/roster/{month}/venues/{}", removed.venue_id);
    Ok(work.finish(&back, message).await?.into_response())
}

pub(super) async fn fill(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((month, venue)): InPath<(Month, i64)>,
    posted: Posted<FillForm>,
) -> Answer {
    let form = posted.form;
    let new = NewFilling {
        venue,
        people: typed::rows(&form.people)?,
        holidays: if form.move_holidays == "yes" { Holidays::Move } else { Holidays::LeaveOut },
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (errors, conflicts) = match service::fill_venue(&mut work, scope, month, new).await {
        Ok(filled) => {
            let mut message = format!("{}新排{}个班次", filled.venue, filled.added);
            if filled.kept > 0 {
                message.push_str(&format!("，保留原有{}个值班日", filled.kept));
            }
            if filled.left_out > 0 {
                message.push_str(&format!("，{}个放假日未排", filled.left_out));
            }
            message.push('。');
            message.push_str(&filled.warnings.concat());
            return Ok(work.finish(&format!("/roster/{month}/venues/{venue}"), message).await?.into_response());
        }
        Err(RosterError::Rules(refusals)) => {
            let mut errors = Errors::new();
            for refusal in refusals {
                errors.add(refusal.field, refusal.sentence());
            }
            (errors, Vec::new())
        }
        Err(RosterError::Conflicts(conflicts)) => (Errors::new(), conflicts),
        Err(other) => return Err(other.into()),
    };
    drop(work);
    let shown = FillShown { once: posted.once, typed: form, errors, conflicts };
    form_again(&forms::fill_page(&state, layout, scope, month, venue, shown).await?)
}

/// Handing a month in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SubmitForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    gaps_known: String,
    #[serde(default)]
    gap_reason: String,
}

/// Sending a month back.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ReturnForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    return_reason: String,
}

/// Puts a refused step's sentences on the month's page.
async fn month_again(
    state: &AppState,
    layout: Layout,
    actor: &Actor,
    scope: Scope,
    month: crate::plan::Month,
    error: RosterError,
    mut forms: MonthForms,
) -> Answer {
    match error {
        RosterError::Rules(refusals) => {
            for refusal in refusals {
                forms.errors.add(refusal.field, refusal.sentence());
            }
            form_again(&pages::month_page(state, layout, actor, scope, month, forms).await?)
        }
        other => Err(other.into()),
    }
}

pub(super) async fn submit(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<SubmitForm>,
) -> Answer {
    let form = posted.form;
    let consent = if form.gaps_known == "yes" { GapConsent::Reason(form.gap_reason.clone()) } else { GapConsent::None };
    let seen = Seen::Version(seen(&form.version)?);
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    match service::submit(&mut work, scope, month, seen, consent).await {
        Ok(_) => {
            let message = format!("{}排班已提交，等待审批人审核。", month.chinese());
            Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
        }
        Err(error) => {
            drop(work);
            let forms = MonthForms {
                once: posted.once,
                gaps_known: form.gaps_known == "yes",
                gap_reason: form.gap_reason,
                ..MonthForms::default()
            };
            month_again(&state, layout, &actor, scope, month, error, forms).await
        }
    }
}

pub(super) async fn approve(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let seen = Seen::Version(seen(&posted.form.version)?);
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (_, overdrawn) = service::approve(&mut work, scope, month, seen).await?;
    let message = format!("{}排班已批准，可以公示。{}", month.chinese(), overdrawn.unwrap_or_default());
    Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
}

pub(super) async fn return_to_draft(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<ReturnForm>,
) -> Answer {
    let form = posted.form;
    let seen = Seen::Version(seen(&form.version)?);
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    match service::return_to_draft(&mut work, scope, month, seen, &form.return_reason).await {
        Ok(_) => {
            let message = format!("{}排班已退回经办人修改。", month.chinese());
            Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
        }
        Err(error) => {
            drop(work);
            let forms = MonthForms { once: posted.once, return_reason: form.return_reason, ..MonthForms::default() };
            month_again(&state, layout, &actor, scope, month, error, forms).await
        }
    }
}

pub(super) async fn publish(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(month): InPath<Month>,
    posted: Posted<StepForm>,
) -> Answer {
    let seen = Seen::Version(seen(&posted.form.version)?);
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    service::publish(&mut work, scope, month, seen).await?;
    let message = format!("{}排班已公示，群众可在首页查看。", month.chinese());
    Ok(work.finish(&format!("/roster/{month}"), message).await?.into_response())
}
