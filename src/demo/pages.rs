//! The page on which the demonstration's clock is moved on.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::{covers, db};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::time::at;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Actor;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::{Work, snapshot};

/// The instant as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ClockForm {
    #[serde(default)]
    date: String,
    #[serde(default)]
    time: String,
}

#[derive(Template)]
#[template(path = "demonstration/clock.html")]
struct ClockPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    typed: ClockForm,
    signed_in: bool,
}

pub(super) async fn clock(State(state): State<AppState>, layout: Layout, actor: Option<Actor>) -> Answer {
    if !state.demonstration {
        return Err(AppError::NotFound);
    }
    let now = state.clock.now();
    page(&ClockPage {
        layout: layout.titled("演示时间"),
        once: OnceKey::new(),
        errors: Errors::default(),
        typed: ClockForm { date: now.date_naive().to_string(), time: now.format("%H:%M").to_string() },
        signed_in: actor.is_some(),
    })
}

pub(super) async fn set_clock(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    posted: Posted<ClockForm>,
) -> Answer {
    if !state.demonstration {
        return Err(AppError::NotFound);
    }
    let before = state.clock.now();
    let mut errors = Errors::default();
    let date = posted.form.date.parse::<NaiveDate>();
    let time = NaiveTime::parse_from_str(posted.form.time.trim(), "%H:%M");
    if date.is_err() {
        errors.add("date", "请填写日期，如2024年6月10日");
    }
    if time.is_err() {
        errors.add("time", "请填写时间，如09:00");
    }
    let wanted = match (date, time) {
        (Ok(date), Ok(time)) => Some(at(date, time)),
        _ => None,
    };
    if let Some(wanted) = wanted {
        if !covers(wanted) {
            errors.add("date", "演示数据只有2024年");
        } else if wanted < before {
            errors.add("date", "演示时间只能往后拨；要从更早的时间开始，请重新启动演示系统");
        }
    }
    let (Some(wanted), true) = (wanted, errors.is_empty()) else {
        return form_again(&ClockPage {
            layout: layout.titled("演示时间"),
            once: posted.once,
            errors,
            typed: posted.form,
            signed_in: true,
        });
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    db::move_sessions(work.conn(), wanted).await?;
    work.audit(
        Audit::new("demonstration.set_clock", "clock", "demonstration")
            .before(snapshot(&before))
            .after(snapshot(&wanted)),
    )
    .await?;
    let answer =
        work.finish("/demonstration", format!("演示时间已拨到{}。", wanted.format("%-m月%-d日 %H:%M"))).await?;
    state.clock.set(wanted);
    Ok(answer.into_response())
}
