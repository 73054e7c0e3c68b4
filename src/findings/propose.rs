//! The form on which a person proposes a finding: choose the shift, then say what was found.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::db::{self, RecordRow, ShiftRow};
use super::pages::clock;
use super::service::{LONGEST_TEXT, Matter, NewFinding, Subject};
use crate::error::AppError;
use crate::plan::clause;
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{SHANGHAI, short_date};
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;

/// The kinds that people propose; late and early come from the sign-ins.
const KINDS: [FindingKind; 4] =
    [FindingKind::RecordDefect, FindingKind::Dissatisfied, FindingKind::OffPost, FindingKind::FalseDuty];

/// A proposal as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct FindingForm {
    #[serde(default)]
    pub(super) shift: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    record: String,
    #[serde(default)]
    matter: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    evidence: String,
    /// The day whose shifts are offered, while none is chosen.
    #[serde(default)]
    on: String,
}

impl FindingForm {
    /// The shift that it is about.
    ///
    /// # Errors
    /// [`AppError::Unusable`] where none was chosen: there is no form to show again.
    pub(super) fn shift_id(&self) -> Result<i64, AppError> {
        self.shift.parse().map_err(|_| AppError::Unusable("请先选择班次。".to_owned()))
    }

    /// The proposal about a shift, or what is wrong with it.
    pub(super) fn parse(&self, shift_id: i64) -> Result<NewFinding, Errors> {
        let mut errors = Errors::new();
        let subject = self.subject(&mut errors);
        let evidence = self.evidence.trim().to_owned();
        if evidence.is_empty() {
            errors.add("evidence", "请写明事实和证据");
        } else if evidence.chars().count() > LONGEST_TEXT {
            errors.add("evidence", format!("请控制在{LONGEST_TEXT}字以内"));
        }
        match subject {
            Some(subject) if errors.is_empty() => Ok(NewFinding { shift_id, subject, evidence }),
            _ => Err(errors),
        }
    }

    fn subject(&self, errors: &mut Errors) -> Option<Subject> {
        let record: Option<i64> = self.record.parse().ok();
        let matter = self.matter.trim();
        match FindingKind::from_code(&self.kind) {
            Some(FindingKind::RecordDefect) => {
                if record.is_none() {
                    errors.add("record", "请选择有缺项或不规范的咨询记录");
                }
                record.map(|consultation| Subject::RecordDefect { consultation })
            }
            Some(FindingKind::Dissatisfied) => match record {
                Some(record) => Some(Subject::Dissatisfied(Matter::Consultation(record))),
                None if matter.is_empty() => {
                    errors.add("matter", "请选择咨询记录，或写明是哪一事项");
                    None
                }
                None if matter.chars().count() > 60 => {
                    errors.add("matter", "请控制在60字以内");
                    None
                }
                None => Some(Subject::Dissatisfied(Matter::Named(matter.to_owned()))),
            },
            Some(FindingKind::OffPost) => {
                let at = self.clock_time(errors);
                if self.time.trim().is_empty() {
                    errors.add("time", "请填写点名时间");
                }
                at.map(|at| Subject::OffPost { at })
            }
            Some(FindingKind::FalseDuty) => {
                let at = self.clock_time(errors);
                Some(Subject::FalseDuty { at })
            }
            Some(FindingKind::Late | FindingKind::EarlyLeave) | None => {
                errors.add("kind", "请选择事项");
                None
            }
        }
    }

    fn clock_time(&self, errors: &mut Errors) -> Option<NaiveTime> {
        let typed = self.time.trim();
        if typed.is_empty() {
            return None;
        }
        let time = NaiveTime::parse_from_str(typed, "%H:%M").ok();
        if time.is_none() {
            errors.add("time", "时间应为24小时制，如 09:30");
        }
        time
    }
}

#[derive(Template)]
#[template(path = "findings/new.html")]
struct NewPage {
    layout: Layout,
    once: OnceKey,
    form: FindingForm,
    errors: Errors,
    shift: ShiftRow,
    records: Vec<(String, String)>,
}

impl NewPage {
    fn kinds(&self) -> Vec<(&'static str, String)> {
        KINDS
            .iter()
            .map(|kind| {
                (kind.code(), format!("{}（{}）", kind.label(), crate::subsidy::explain::clause_of(*kind).number))
            })
            .collect()
    }

    fn heading(&self) -> String {
        let shift = &self.shift;
        format!(
            "{} {} {}，{}至{}",
            shift.person,
            shift.venue,
            short_date(shift.duty_on),
            clock(shift.starts_at),
            clock(shift.ends_at)
        )
    }

    fn no_record(&self) -> &'static str {
        if self.records.is_empty() { "这个班次没有咨询记录" } else { "不涉及某份记录" }
    }

    fn times(&self) -> String {
        let presence = self.shift.presence();
        match (presence.signed_in, presence.signed_out) {
            (None, _) => "没有签到。".to_owned(),
            (Some(came), None) => format!("{}签到，没有签退。", clock(came)),
            (Some(came), Some(left)) => format!("{}签到，{}签退。", clock(came), clock(left)),
        }
    }

    /// The plan's own words on the four kinds.
    fn clauses(&self) -> [clause::Clause; 4] {
        [clause::RECORD_DEFECT, clause::DISSATISFIED, clause::OFF_POST, clause::FALSE_DUTY]
    }

    fn comes_late(&self) -> bool {
        matches!(self.shift.settled.as_deref(), Some("approved" | "paid"))
    }
}

#[derive(Template)]
#[template(path = "findings/choose.html")]
struct ChoosePage {
    layout: Layout,
    errors: Errors,
    day: NaiveDate,
    shifts: Vec<ShiftRow>,
    kind: String,
}

impl ChoosePage {
    fn hours(&self, shift: &ShiftRow) -> String {
        format!("{}至{}", clock(shift.starts_at), clock(shift.ends_at))
    }

    fn title(&self) -> String {
        short_date(self.day)
    }

    fn came(&self, shift: &ShiftRow) -> String {
        shift.presence().signed_in.map_or_else(|| "没有签到".to_owned(), |came| format!("{}签到", clock(came)))
    }
}

fn record_choice(record: &RecordRow) -> (String, String) {
    let at = record.started_at.with_timezone(&SHANGHAI).format("%H:%M");
    let note = if record.review_note.is_empty() { String::new() } else { format!("：{}", record.review_note) };
    (record.id.to_string(), format!("{} {at}（{}{note}）", record.number, record.review_label()))
}

/// The form with what was typed; `None` where the shift is out of scope.
pub(super) async fn form_page(
    state: &AppState,
    layout: Layout,
    scope: Scope,
    once: OnceKey,
    form: FindingForm,
    errors: Errors,
) -> Result<Option<impl Template + use<>>, AppError> {
    let id: i64 = form.shift.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = state.pool.acquire().await?;
    let Some(shift) = db::find_shift(&mut conn, scope, id).await? else {
        return Ok(None);
    };
    let records = db::records_of(&mut conn, id).await?;
    Ok(Some(NewPage {
        layout: layout.titled("提出扣款事项").crumb("扣款事项", "/findings"),
        once,
        form,
        errors,
        shift,
        records: records.iter().map(record_choice).collect(),
    }))
}

pub(super) async fn new_finding(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(form): Query<FindingForm>,
) -> Answer {
    if form.shift.is_empty() {
        let day = form.on.parse().unwrap_or_else(|_| state.clock.today());
        let mut conn = state.pool.acquire().await?;
        let shifts = db::shifts_on(&mut conn, scope, day).await?;
        return page(&ChoosePage {
            layout: layout.titled("选择班次").crumb("扣款事项", "/findings"),
            errors: Errors::new(),
            day,
            shifts,
            kind: form.kind,
        });
    }
    match form_page(&state, layout, scope, OnceKey::new(), form, Errors::new()).await? {
        Some(shown) => page(&shown),
        None => Err(AppError::NotFound),
    }
}
