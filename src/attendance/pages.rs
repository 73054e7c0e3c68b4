//! Pages of the day and of one shift.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Deserialize;

use super::db::{self, Correction, FindingOfShift, Shift, ShiftState};
use super::rules::Side;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Event;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// How many shifts the page of a day shows: more than a county has in a day.
const DAY: i64 = 300;

/// What can be pressed for a shift now.
pub(super) enum Press {
    /// Sign in; the words warn of what will be noted.
    In(String),
    /// Sign out; the words ask before an early leave.
    Out(String),
    /// Nothing; the words say why.
    Nothing(String),
}

#[derive(Template)]
#[template(path = "attendance/today.html")]
struct TodayPage {
    layout: Layout,
    now: DateTime<FixedOffset>,
    grace: u32,
    shifts: Vec<Shift>,
    next: Vec<Shift>,
    may_sign: bool,
    mine: bool,
}

impl TodayPage {
    fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    fn clock(&self) -> String {
        self.now.format("%H:%M").to_string()
    }

    fn state(&self, shift: &Shift) -> ShiftState {
        shift.state(self.today())
    }

    fn count(&self, wanted: &str) -> String {
        self.shifts
            .iter()
            .filter(|shift| match wanted {
                "in" => shift.signed_in_at.is_some(),
                "out" => shift.signed_out_at.is_some(),
                "missing" => shift.signed_in_at.is_none() && shift.planned().late_minutes(self.now, self.grace) > 0,
                _ => true,
            })
            .count()
            .to_string()
    }

    fn press(&self, shift: &Shift) -> Press {
        let planned = shift.planned();
        if shift.signed_in_at.is_none() {
            return match planned.may_sign_in(shift.signed(), self.now) {
                Ok(()) => Press::In(match planned.late_minutes(self.now, self.grace) {
                    0 => String::new(),
                    late => format!("现在签到，记迟到{late}分钟。"),
                }),
                Err(refusal) => Press::Nothing(refusal.to_string()),
            };
        }
        match planned.may_sign_out(shift.signed(), self.now) {
            Ok(()) => Press::Out(match planned.early_minutes(self.now, self.grace) {
                0 => String::new(),
                early => format!("现在签退，记早退{early}分钟。确定签退吗？"),
            }),
            Err(_) => Press::Nothing("本班次已完成签到签退。".to_owned()),
        }
    }
}

pub(super) async fn today(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let now = state.clock.now();
    let today = now.date_naive();
    let mut conn = state.pool.acquire().await?;
    let shifts = db::shifts_on(&mut conn, scope, today, DAY).await?;
    let next = if shifts.is_empty() && !matches!(scope, Scope::Bureau { .. }) {
        db::next_shifts(&mut conn, scope, today, 3).await?
    } else {
        Vec::new()
    };
    let programme = crate::programmes::db::find(&mut conn, scope.bureau(), chrono::Datelike::year(&today)).await?;
    page(&TodayPage {
        layout: layout.titled("今日考勤"),
        now,
        grace: programme.map_or(0, |programme| programme.content.grace_minutes),
        shifts,
        next,
        may_sign: actor.may(Action::SignAttendance).is_some(),
        mine: matches!(scope, Scope::Own { .. }),
    })
}

/// A correction as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct CorrectionForm {
    #[serde(default)]
    pub(super) side: String,
    #[serde(default)]
    pub(super) time: String,
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "attendance/shift.html")]
pub(super) struct ShiftPage {
    layout: Layout,
    once: OnceKey,
    today: NaiveDate,
    shift: Shift,
    corrections: Vec<Correction>,
    findings: Vec<FindingOfShift>,
    account: i64,
    may_ask: bool,
    may_decide: bool,
    may_remark: bool,
    form: CorrectionForm,
    errors: Errors,
}

impl ShiftPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        scope: Scope,
        id: i64,
        once: OnceKey,
        (form, errors): (CorrectionForm, Errors),
    ) -> Result<ShiftPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let shift =
            db::find_shift(&mut conn, scope, id).await?.filter(|shift| shift.published).ok_or(AppError::NotFound)?;
        let today = state.clock.today();
        let begun = shift.duty_on <= today;
        Ok(ShiftPage {
            layout: layout
                .titled(format!("{}的班次", shift.person))
                .crumb("考勤", "/attendance")
                .crumb(shift.month.chinese(), format!("/attendance/{}", shift.month)),
            once,
            today,
            corrections: db::corrections_of(&mut conn, scope.bureau(), id).await?,
            findings: db::findings_of_shift(&mut conn, scope.bureau(), id).await?,
            account: actor.account_id,
            may_ask: begun && (!shift.reported || shift.settled) && actor.may(Action::AskCorrection).is_some(),
            may_decide: match actor.may(Action::DecideCorrection) {
                // After the approval it moves money: the bureau decides.
                Some(scope) => !shift.reported || (shift.settled && scope.venue().is_none()),
                None => false,
            },
            may_remark: !shift.reported && shift.signed_in_at.is_some() && actor.may(Action::SignAttendance).is_some(),
            shift,
            form,
            errors,
        })
    }

    fn state(&self) -> ShiftState {
        self.shift.state(self.today)
    }

    fn lede(&self) -> String {
        format!("{} · {}", crate::plan::time::short_date(self.shift.duty_on), self.shift.venue)
    }

    fn sides(&self) -> Vec<(&'static str, &'static str)> {
        [Side::SignIn, Side::SignOut].iter().map(|side| (side.code(), side.label())).collect()
    }

    fn asked_by_reader(&self, correction: &Correction) -> bool {
        correction.asked_by == self.account
    }

    fn may_decide_on(&self, correction: &Correction) -> bool {
        self.may_decide && correction.is_open() && !self.asked_by_reader(correction)
    }

    fn history(&self) -> Vec<Event> {
        let moment = |instant: DateTime<chrono::Utc>| {
            instant.with_timezone(&crate::plan::time::SHANGHAI).format("%-m月%-d日 %H:%M").to_string()
        };
        let time = |instant: DateTime<chrono::Utc>| {
            instant.with_timezone(&crate::plan::time::SHANGHAI).format("%H:%M").to_string()
        };
        let mut events = Vec::new();
        for correction in &self.corrections {
            let side = correction.end().label();
            if let (Some(decider), Some(at)) = (&correction.decider, correction.decided_at) {
                let agreed = correction.status == "agreed";
                events.push(Event {
                    when: moment(at),
                    who: decider.clone(),
                    what: if agreed { format!("同意补{side}") } else { format!("不同意补{side}") },
                    note: correction.decision_note.clone(),
                    kind: if agreed { "good" } else { "bad" },
                });
            }
            let old = correction.old_value.map_or_else(|| "无".to_owned(), time);
            events.push(Event {
                when: moment(correction.asked_at),
                who: correction.asker.clone(),
                what: format!("申请补{side}：原值{old}，改为{}", time(correction.new_value)),
                note: correction.reason.clone(),
                kind: if correction.is_open() { "warn" } else { "" },
            });
        }
        events
    }
}

pub(super) async fn shift(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let blank = (CorrectionForm::default(), Errors::default());
    page(&ShiftPage::load(&state, layout, &actor, scope, id, OnceKey::new(), blank).await?)
}
