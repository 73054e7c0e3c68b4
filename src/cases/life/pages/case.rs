//! A case's own page: what comes next, by when, who it is for, its papers and its time line.

use askama::Template;
use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate};
use serde::Deserialize;

use super::timeline;
use super::{Choices, choices};
use crate::cases::clocks::{Clock, rules as clocks};
use crate::cases::closing::rules::ClosingWay;
use crate::cases::documents::{Kind, rules as papers};
use crate::cases::life::dossier::{self, ClockRow, DocumentRow, Dossier, NamedRow, RecordRow};
use crate::cases::life::{handling, intake, take};
use crate::cases::states::rules::{self as states, Row};
use crate::cases::states::{Move, State as CaseState};
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::Basis;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{SHANGHAI, chinese_date};
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::filters;
use crate::web::form_errors::Errors;
use crate::web::layout::Layout;
use crate::web::parts::Event;
use crate::web::permissions::{Action, Reach, reach};
use crate::web::posted::OnceKey;

impl ClockRow {
    fn left(&self, now: DateTime<FixedOffset>) -> String {
        match self.due_at {
            _ if self.paused_on.is_some() => "暂停".to_owned(),
            Some(at) => clocks::hours_left_words(at.with_timezone(&SHANGHAI), now),
            None => crate::plan::time::days_left(self.due_on, now.date_naive()),
        }
    }

    fn due_words(&self) -> String {
        match self.due_at {
            Some(at) => at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string(),
            None => chinese_date(self.due_on),
        }
    }
}

/// Somebody to be named for a restricted case, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct NameForm {
    pub(in crate::cases) login: String,
    pub(in crate::cases) why: String,
    pub(in crate::cases) account: String,
}

/// A step that the reader may try now.
struct StepLink {
    label: &'static str,
    href: String,
    aside: bool,
}

/// Whether a step has anything to do in a case that stands where it may be taken: what was
/// done already, or what its one condition rules out, is not offered.
fn is_offered(step: Move, case: &Dossier, today: NaiveDate) -> bool {
    let application = case.application.as_deref();
    let passed = case.closing.as_ref().is_some_and(|it| it.reviewed_by.is_some());
    let accepted = case.assignment().is_some_and(|it| it.accepted_at.is_some());
    let cooperating = case.running(Clock::Review).is_some_and(|clock| clock.paused_on.is_some());
    let over = |kind| case.running(kind).is_some_and(|clock| today > clock.due_on);
    match step {
        Move::TakeOn => !accepted,
        Move::Sign => accepted,
        Move::PassClosing => !passed,
        Move::AgreeClosing => passed,
        Move::Enter => case.entered_on.is_none(),
        Move::SettleAidFirst => case.granted_on.is_none() && case.basis == Basis::Application,
        Move::AskSupplement => application.is_none_or(|it| it.supplements == 0),
        Move::AskCooperation => !cooperating,
        Move::CooperationBack => cooperating,
        Move::Review => !cooperating,
        Move::DeemWithdrawn => over(Clock::Supplement),
        Move::Object => case.running(Clock::Object).is_some() && !over(Clock::Object),
        _ => true,
    }
}

#[derive(Template)]
#[template(path = "cases/life.html")]
pub(in crate::cases) struct LifePage {
    layout: Layout,
    once: OnceKey,
    case: Dossier,
    now: DateTime<FixedOffset>,
    calendar: Calendar,
    explanation: String,
    next: Vec<StepLink>,
    waits_for: String,
    works: bool,
    may_correct: bool,
    may_register: bool,
    may_decide: bool,
    may_read_consultation: bool,
    is_handler: bool,
    naming: NameForm,
    message: String,
    errors: Errors,
    opened: Option<intake::Opened>,
    record: handling::RecordForm,
    paper: handling::PaperForm,
}

impl LifePage {
    pub(in crate::cases) async fn build(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        case: Dossier,
        once: OnceKey,
    ) -> Result<LifePage, AppError> {
        let now = state.clock.now();
        let today = now.date_naive();
        let mut conn = state.pool.acquire().await?;
        let calendar = crate::programmes::db::calendar(&mut conn).await?;
        let year = case.counted_year.unwrap_or_else(|| case.received_on.year());
        let programme = crate::cases::db::programme_for(&mut conn, actor.bureau_id, year).await?;
        drop(conn);
        let dates = crate::cases::rules::Dates {
            accepted_on: case.accepted_on,
            assigned_on: case.assigned_on,
            closing_agreed_on: case.closing_agreed_on,
            entered_on: case.entered_on,
            terminated_on: case.terminated_on,
        };
        let explanation = match (case.place, case.counted_year) {
            (Some(place), Some(year)) => crate::cases::rules::counted_words(
                place,
                year,
                programme.as_ref().map(|programme| programme.case_target),
                &dates,
            ),
            _ if case.granted_on.is_none() && case.basis == Basis::Application => {
                "决定给予援助时认定是否属于惠民工程案件；同意结案并录入省系统后计入任务。".to_owned()
            }
            _ => crate::cases::rules::uncounted_words(case.programme_case, &dates),
        };
        let mut rows: Vec<&Row> =
            states::steps_from(case.state).filter(|row| is_offered(row.step, &case, today)).collect();
        // What may be entered any time is the next step only where nothing else is.
        let aside = |row: &Row| row.step.is_aside() || row.step == Move::Enter && case.state != CaseState::CloseAgreed;
        rows.sort_by_key(|row| aside(row));
        let next = rows
            .iter()
            .filter(|row| take::may_act(actor, row, &case))
            .map(|row| StepLink {
                label: row.step.label(),
                href: format!("{}/do/{}", case.href(), row.step.code()),
                aside: aside(row),
            })
            .collect::<Vec<_>>();
        let ahead = rows.iter().filter(|row| row.step != Move::Enter && !row.step.is_aside());
        let mut who: Vec<&str> = ahead.map(|row| row.who.label()).collect();
        who.dedup();
        let waits_for =
            if next.iter().all(|step| step.aside) && !case.state.is_end() { who.join("、") } else { String::new() };
        let is_handler = case.handler_account == Some(actor.account_id);
        let may_register = actor.may(Action::RegisterCases).is_some();
        Ok(LifePage {
            layout: layout.titled(case.number.clone()).crumb("案件台账", "/cases"),
            once,
            may_correct: may_register && intake::may_correct(case.state),
            works: (is_handler || may_register || actor.may(Action::DecideCases).is_some())
                && case.archived_on.is_none(),
            may_register,
            may_decide: actor.may(Action::DecideCases).is_some(),
            // A station's record is read by the station and the bureau, not by every other service point.
            may_read_consultation: reach(actor.role, Action::ReadConsultations) == Some(Reach::Bureau),
            naming: NameForm::default(),
            is_handler,
            case,
            now,
            calendar,
            explanation,
            next,
            waits_for,
            message: String::new(),
            errors: Errors::default(),
            opened: None,
            record: handling::RecordForm::fresh(today),
            paper: handling::PaperForm::fresh(today),
        })
    }

    pub(in crate::cases) fn revealing(mut self, opened: intake::Opened) -> LifePage {
        self.opened = Some(opened);
        self
    }

    pub(in crate::cases) fn with_message(mut self, message: String, errors: Errors) -> LifePage {
        self.message = message;
        self.errors = errors;
        self
    }

    pub(in crate::cases) fn with_record(mut self, record: handling::RecordForm, errors: Errors) -> LifePage {
        self.record = record;
        self.errors = errors;
        self
    }

    pub(in crate::cases) fn with_paper(mut self, paper: handling::PaperForm, errors: Errors) -> LifePage {
        self.paper = paper;
        self.errors = errors;
        self
    }

    pub(in crate::cases) fn with_naming(mut self, naming: NameForm, errors: Errors) -> LifePage {
        self.naming = naming;
        self.errors = errors;
        self
    }

    fn named(&self) -> Vec<&NamedRow> {
        self.case.named.iter().collect()
    }

    fn may_unname(&self, named: &NamedRow) -> bool {
        self.may_decide && self.case.handler_account != Some(named.account_id)
    }

    /// Papers filed by hand that may still be taken out again.
    fn removable(&self) -> Vec<&DocumentRow> {
        let open = self.works && self.case.closing_agreed_on.is_none();
        self.case.documents.iter().filter(|document| open && document.source != "made").collect()
    }

    fn application(&self) -> dossier::Application {
        self.case.application.as_deref().cloned().unwrap_or_default()
    }

    fn closing(&self) -> Option<dossier::Closing> {
        self.case.closing.as_deref().cloned()
    }

    fn closing_way(&self, code: &str) -> &'static str {
        ClosingWay::from_code(code).map_or("", |way| way.label())
    }

    fn running(&self) -> Vec<&ClockRow> {
        let mut clocks: Vec<&ClockRow> = self.case.clocks.iter().filter(|clock| clock.ended_on.is_none()).collect();
        clocks.sort_by_key(|clock| clock.due_on);
        clocks
    }

    fn tag(&self, clock: &ClockRow) -> &'static str {
        if clock.paused_on.is_some() {
            return "quiet";
        }
        match clock.due_at {
            Some(at) => clocks::hours_pressure(at.with_timezone(&SHANGHAI), self.now).tag(),
            None => clocks::pressure(&self.calendar, clock.started_on, clock.due_on, self.now.date_naive()).tag(),
        }
    }

    fn events(&self) -> Vec<Event> {
        timeline::events(&self.case)
    }

    fn documents(&self) -> Vec<&DocumentRow> {
        self.case.documents.iter().collect()
    }

    /// What the file needs before it can be closed, and lacks.
    fn lacking(&self) -> Vec<Kind> {
        let heard =
            self.case.closing.as_ref().and_then(|it| ClosingWay::from_code(&it.way)).is_none_or(ClosingWay::heard);
        papers::required(self.case.kind, heard).into_iter().filter(|kind| !self.case.has(*kind)).collect()
    }

    fn missing(&self) -> String {
        self.lacking().iter().map(|kind| kind.label()).collect::<Vec<_>>().join("；")
    }

    /// The lacking papers that are filed by hand, each with the pages as typed.
    fn listed(&self) -> Vec<(Kind, String)> {
        let typed = |kind: Kind| self.paper.listed().find(|(code, _)| *code == kind.code()).map(|(_, pages)| pages);
        let lacking = self.lacking().into_iter().filter(|kind| !kind.is_made_here());
        lacking.map(|kind| (kind, typed(kind).unwrap_or_default().to_owned())).collect()
    }

    fn record_kinds(&self) -> Choices {
        let centre = self.may_register;
        choices::<handling::RecordKind>(|kind| kind.is_centres() == centre)
    }

    fn paper_kinds(&self) -> Vec<(&'static str, &'static str)> {
        papers::filed_by_hand().map(|kind| (kind.code(), kind.label())).collect()
    }

    fn record_words(&self, record: &RecordRow) -> String {
        let kind = handling::RecordKind::from_code(&record.kind).map_or("", |kind| kind.label());
        match record.starts_at {
            Some(at) => {
                format!("{kind}：{} {}", at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M"), record.place)
            }
            None => kind.to_owned(),
        }
    }

    fn has_hearings(&self) -> bool {
        self.case.records.iter().any(|record| record.starts_at.is_some())
    }

    fn message_label(&self) -> &'static str {
        if self.is_handler { "给法律援助中心留言" } else { "给承办人留言" }
    }

    fn counted(&self) -> bool {
        self.case.place.is_some()
    }

    fn work_words(&self) -> String {
        let it = self.application();
        [it.occupation, it.employer].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("，")
    }

    fn agent_words(&self) -> String {
        let it = self.application();
        if it.agent.is_empty() { "无".to_owned() } else { format!("{}（{}）", it.agent, it.agent_relation) }
    }

    fn proof_words(&self) -> String {
        self.application().proof_set().iter().map(|proof| proof.label()).collect::<Vec<_>>().join("、")
    }

    fn may_continue(&self) -> bool {
        self.may_register
            && matches!(
                self.case.state,
                CaseState::Handling
                    | CaseState::Concluded
                    | CaseState::ClosingReview
                    | CaseState::Returned
                    | CaseState::CloseAgreed
                    | CaseState::Entered
                    | CaseState::Archived
            )
    }
}
