//! Pages of a case lived here: the application form, the case itself, a step.

use askama::Template;
use axum::extract::{Path, State};
use axum_extra::extract::Query;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::Deserialize;

use super::dossier::{self, ClockRow, DocumentRow, Dossier, EventRow, MessageRow, RecordRow, Viewer, Way};
use super::form::ApplicationForm;
use super::{handling, take};
use crate::cases::assignment::{self, rules as assignment_rules};
use crate::cases::clocks::rules as clocks;
use crate::cases::closing::rules::{ClosingWay, Effect, ItemResult};
use crate::cases::documents::{Kind, rules as papers};
use crate::cases::eligibility::rules::{Means, NoticeBasis, Proof, Refusal, ScopeBasis, TerminationGround};
use crate::cases::states::rules::{self as states, Ask, Row};
use crate::cases::states::wordings::Wording;
use crate::cases::states::{Move, State as CaseState};
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary;
use crate::plan::time::{SHANGHAI, chinese_date, month_and_day};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, page};
use crate::web::parts::Event;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

type Choices = Vec<(&'static str, &'static str)>;

fn choices<D: Dictionary>(keep: impl Fn(D) -> bool) -> Choices {
    D::ALL.iter().filter(|one| keep(**one)).map(|one| (one.code(), one.label())).collect()
}

/// What the form of a new case is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct ApplyQuery {
    way: String,
    basis: String,
    stage_of: String,
}

#[derive(Template)]
#[template(path = "cases/application.html")]
pub(in crate::cases) struct ApplicationPage {
    layout: Layout,
    once: OnceKey,
    action: String,
    cancel: String,
    lede: String,
    button: &'static str,
    existing: bool,
    id_number_mask: String,
    phone_mask: String,
    today: String,
    form: ApplicationForm,
    errors: Errors,
}

impl ApplicationPage {
    pub(in crate::cases) fn for_new(
        layout: Layout,
        today: NaiveDate,
        once: OnceKey,
        form: ApplicationForm,
        errors: Errors,
    ) -> ApplicationPage {
        let notice = form.is_notice();
        ApplicationPage {
            layout: layout.titled(if notice { "登记通知辩护" } else { "登记法律援助申请" }).crumb("案件台账", "/cases"),
            once,
            action: "/cases/apply".to_owned(),
            cancel: "/cases".to_owned(),
            lede: if notice {
                "办案机关通知辩护的案件不核查经济状况，自收到通知之日起3日内指派。".to_owned()
            } else {
                "自收到申请之日起7日内审查决定；材料不全的一次性告知补正，不能以此拒绝。".to_owned()
            },
            button: if notice { "登记通知" } else { "登记申请" },
            existing: false,
            id_number_mask: String::new(),
            phone_mask: String::new(),
            today: today.to_string(),
            form,
            errors,
        }
    }

    pub(in crate::cases) fn for_case(
        layout: Layout,
        today: NaiveDate,
        case: &Dossier,
        once: OnceKey,
        form: ApplicationForm,
        errors: Errors,
    ) -> ApplicationPage {
        let it = case.application.as_deref().cloned().unwrap_or_default();
        ApplicationPage {
            layout: layout
                .titled("补填、更正申请内容")
                .crumb("案件台账", "/cases")
                .crumb(case.number.clone(), case.href()),
            action: format!("/cases/{}/application", case.id),
            cancel: case.href(),
            lede: "已登记的证件号码、电话和住址不重新显示；留空则保持不变。".to_owned(),
            button: "保存",
            existing: true,
            id_number_mask: it.id_number_mask,
            phone_mask: it.phone_mask,
            ..ApplicationPage::for_new(Layout::default(), today, once, form, errors)
        }
    }

    fn notice(&self) -> bool {
        self.form.is_notice()
    }

    fn stage(&self) -> bool {
        !self.form.stage_of.is_empty()
    }

    fn ticked(&self, value: &str) -> bool {
        value == "yes"
    }

    fn ways(&self) -> Choices {
        choices::<Way>(|_| true)
    }

    fn bases(&self) -> Choices {
        choices::<Basis>(|basis| basis != Basis::Application)
    }

    fn kinds(&self) -> Choices {
        let notice = self.notice();
        choices::<CaseKind>(|kind| kind.is_case() && (!notice || kind.is_criminal()))
    }

    fn genders(&self) -> Choices {
        vec![("male", "男"), ("female", "女")]
    }

    fn groups(&self) -> Choices {
        choices::<SpecialGroup>(|_| true)
    }

    fn proofs(&self) -> Choices {
        choices::<Proof>(|_| true)
    }

    fn notice_bases(&self) -> Choices {
        choices::<NoticeBasis>(|_| true)
    }

    fn id_hint(&self) -> String {
        if self.id_number_mask.is_empty() {
            if self.stage() {
                "留空则沿用前一阶段的号码".to_owned()
            } else {
                "加密保存；出生日期、性别从中读出".to_owned()
            }
        } else {
            format!("已登记{}，留空不变", self.id_number_mask)
        }
    }

    fn phone_hint(&self) -> String {
        if self.phone_mask.is_empty() {
            if self.stage() { "留空则沿用前一阶段的电话".to_owned() } else { "加密保存".to_owned() }
        } else {
            format!("已登记{}，留空不变", self.phone_mask)
        }
    }
}

pub(in crate::cases) async fn apply(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<ApplyQuery>,
) -> Answer {
    let today = state.clock.today();
    let mut form = ApplicationForm {
        way: Way::from_code(&query.way).unwrap_or(Way::Window).code().to_owned(),
        basis: query.basis.clone(),
        received_on: today.to_string(),
        ..ApplicationForm::default()
    };
    if let Ok(earlier) = query.stage_of.parse::<i64>() {
        let mut conn = state.pool.acquire().await?;
        let found = dossier::find(&mut conn, scope.bureau(), Viewer::of(&actor), earlier).await?;
        let case = found.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
        form = ApplicationForm {
            received_on: today.to_string(),
            stage_of: query.stage_of.clone(),
            kind: String::new(),
            notice_number: String::new(),
            authority: String::new(),
            authority_number: String::new(),
            version: String::new(),
            ..ApplicationForm::of(&case)
        };
    }
    page(&ApplicationPage::for_new(layout, today, OnceKey::new(), form, Errors::default()))
}

pub(in crate::cases) async fn edit_application(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Path(id): Path<String>,
) -> Answer {
    let case = open(&state, &actor, scope, &id).await?;
    let form = ApplicationForm::of(&case);
    page(&ApplicationPage::for_case(layout, state.clock.today(), &case, OnceKey::new(), form, Errors::default()))
}

/// The case of an address, if this account may open it.
pub(in crate::cases) async fn open(
    state: &AppState,
    actor: &Actor,
    scope: Scope,
    id: &str,
) -> Result<Dossier, AppError> {
    let id: i64 = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = state.pool.acquire().await?;
    let found = dossier::find(&mut conn, scope.bureau(), Viewer::of(actor), id).await?;
    found.filter(|it| it.may_open).ok_or(AppError::NotFound)
}

impl ClockRow {
    fn left(&self, today: NaiveDate) -> String {
        if self.paused_on.is_some() { "暂停".to_owned() } else { clocks::left_words(self.due_on, today) }
    }

    fn due_words(&self) -> String {
        match self.due_at {
            Some(at) => at.with_timezone(&SHANGHAI).format("%-m月%-d日 %H:%M").to_string(),
            None => chinese_date(self.due_on),
        }
    }
}

/// A step that the reader may try now.
struct StepLink {
    label: &'static str,
    href: String,
}

#[derive(Template)]
#[template(path = "cases/life.html")]
pub(in crate::cases) struct LifePage {
    layout: Layout,
    once: OnceKey,
    case: Dossier,
    today: NaiveDate,
    calendar: Calendar,
    explanation: String,
    next: Vec<StepLink>,
    waits_for: String,
    works: bool,
    may_correct: bool,
    may_register: bool,
    is_handler: bool,
    message: String,
    errors: Errors,
    opened: Option<super::intake::Opened>,
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
        let today = state.clock.today();
        let mut conn = state.pool.acquire().await?;
        let calendar = crate::programmes::db::calendar(&mut conn).await?;
        let year = case.counted_year.unwrap_or_else(|| case.received_on.year());
        let programme = crate::cases::db::programme_for(&mut conn, case_bureau(actor), year).await?;
        drop(conn);
        let dates = crate::cases::rules::Dates {
            accepted_on: case.accepted_on,
            assigned_on: case.assigned_on,
            closing_agreed_on: case.closing_agreed_on,
            entered_on: case.entered_on,
            terminated_on: case.terminated_on,
        };
        let explanation = match (case.place, case.counted_year, &programme) {
            (Some(place), Some(year), Some(programme)) => {
                crate::cases::rules::counted_words(place, year, programme.case_target, &dates)
            }
            _ if case.granted_on.is_none() && case.basis == Basis::Application => {
                "决定给予援助时认定是否属于惠民工程案件；同意结案并录入省系统后计入任务。".to_owned()
            }
            _ => crate::cases::rules::uncounted_words(case.programme_case, &dates),
        };
        let rows: Vec<&Row> = states::steps_from(case.state).collect();
        let next = rows
            .iter()
            .filter(|row| take::may_act(actor, row, &case))
            .map(|row| StepLink { label: row.step.label(), href: format!("{}/do/{}", case.href(), row.step.code()) })
            .collect::<Vec<_>>();
        let mut who: Vec<&str> = rows.iter().filter(|row| row.step != Move::Enter).map(|row| row.who.label()).collect();
        who.dedup();
        let waits_for = if next.is_empty() && !case.state.is_end() { who.join("、") } else { String::new() };
        let is_handler = case.handler_account == Some(actor.account_id);
        let may_register = actor.may(Action::RegisterCases).is_some();
        Ok(LifePage {
            layout: layout.titled(case.number.clone()).crumb("案件台账", "/cases"),
            once,
            may_correct: may_register && super::intake::may_correct(case.state),
            works: (is_handler || may_register || actor.may(Action::DecideCases).is_some())
                && case.archived_on.is_none(),
            may_register,
            is_handler,
            case,
            today,
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

    pub(in crate::cases) fn revealing(mut self, opened: super::intake::Opened) -> LifePage {
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

    fn lede(&self) -> String {
        let recipient = self.case.recipient();
        format!("{recipient} · {} · {}", self.case.kind, self.case.cause)
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
        clocks::pressure(&self.calendar, clock.started_on, clock.due_on, self.today).tag()
    }

    fn events(&self) -> Vec<Event> {
        let mut events: Vec<(DateTime<Utc>, Event)> = self
            .case
            .events
            .iter()
            .map(|event| (event.at, event_of(event)))
            .chain(self.case.messages.iter().map(|message| (message.at, message_event(message))))
            .collect();
        events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        events.into_iter().map(|(_, event)| event).collect()
    }

    fn documents(&self) -> Vec<&DocumentRow> {
        self.case.documents.iter().collect()
    }

    fn missing(&self) -> String {
        let heard =
            self.case.closing.as_ref().and_then(|it| ClosingWay::from_code(&it.way)).is_none_or(ClosingWay::heard);
        let missing: Vec<&str> = papers::required(self.case.kind, heard)
            .into_iter()
            .filter(|kind| !self.case.has(*kind))
            .map(|kind| kind.label())
            .collect();
        missing.join("、")
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

fn case_bureau(actor: &Actor) -> i64 {
    actor.bureau_id
}

fn event_of(event: &EventRow) -> Event {
    let when = event.at.with_timezone(&SHANGHAI);
    let on = event.on_date.filter(|on| *on != when.date_naive());
    let what = match on {
        Some(on) => format!("{}（日期{}）", event.words, month_and_day(on)),
        None => event.words.clone(),
    };
    let from = CaseState::from_code(&event.from_state);
    let to = CaseState::from_code(&event.to_state);
    let what = match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{what}：{} → {}", from.label(), to.label()),
        _ => what,
    };
    let step = event.code.split(':').next().unwrap_or_default();
    let kind = match Move::from_code(step) {
        Some(Move::Grant | Move::AgreeClosing | Move::Enter | Move::Archive) => "good",
        Some(Move::Refuse | Move::Terminate | Move::DeemWithdrawn) => "bad",
        Some(Move::AskSupplement | Move::ReturnMaterials | Move::AskChange | Move::SendBack) => "warn",
        _ => "",
    };
    Event {
        when: when.format("%Y年%-m月%-d日 %H:%M").to_string(),
        who: event.actor.clone(),
        what,
        note: event.note.clone(),
        kind,
    }
}

fn message_event(message: &MessageRow) -> Event {
    Event {
        when: message.at.with_timezone(&SHANGHAI).format("%Y年%-m月%-d日 %H:%M").to_string(),
        who: message.by.clone(),
        what: if message.to_handler { "给承办人留言" } else { "给法律援助中心留言" }.to_owned(),
        note: message.body.clone(),
        kind: "",
    }
}

/// A step as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of the form, named as on the form")]
pub struct StepForm {
    pub on: String,
    pub note: String,
    pub wording: String,
    pub until: String,
    pub refusal: String,
    pub ground: String,
    pub handler: String,
    pub scope: String,
    pub means: String,
    pub means_note: String,
    pub way: String,
    pub court_number: String,
    pub effect: String,
    pub summary: String,
    pub adopted: String,
    pub recovered: String,
    pub hearings: String,
    pub meetings: String,
    pub readings: String,
    pub good: Vec<String>,
    pub faulty: Vec<String>,
    pub entry_number: String,
    pub version: String,
}

/// A handler to choose from.
struct Choice {
    id: i64,
    name: String,
    firm: String,
    fit: String,
    barred: String,
    best: bool,
}

#[derive(Template)]
#[template(path = "cases/step.html")]
pub(in crate::cases) struct StepPage {
    layout: Layout,
    once: OnceKey,
    case: Dossier,
    row: &'static Row,
    form: StepForm,
    errors: Errors,
    today: String,
    faults: Vec<String>,
    needs: Vec<(&'static str, bool)>,
    common: Vec<(String, String, bool)>,
    choices: Vec<Choice>,
    barred: Vec<Choice>,
    items: Vec<(Kind, bool)>,
}

impl StepPage {
    #[expect(clippy::too_many_arguments, reason = "a page shown afresh or again with what was typed")]
    pub(in crate::cases) async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        case: Dossier,
        row: &'static Row,
        once: OnceKey,
        form: Option<StepForm>,
        errors: Errors,
    ) -> Result<StepPage, AppError> {
        let today = state.clock.today();
        let bureau = case_bureau(actor);
        let mut conn = state.pool.acquire().await?;
        let prospect = take::prospect(&mut conn, bureau, actor.account_id, today, &case, row).await?;
        let (mut choices, mut barred) = (Vec::new(), Vec::new());
        if row.asks.contains(&Ask::Handler) {
            let common = dossier::in_common(&mut conn, bureau, case.id).await?;
            let wanted = assignment::wanted(&case, today);
            let mut all: Vec<(i64, Choice)> = assignment::candidates(&mut conn, bureau, &case, &common, None)
                .await?
                .into_iter()
                .map(|row| {
                    let (score, words) = assignment_rules::fit(&wanted, &row.candidate);
                    let barred = assignment_rules::barred(&wanted, &row.candidate).join("；");
                    (
                        score,
                        Choice {
                            id: row.id,
                            name: row.name,
                            firm: row.firm,
                            fit: words.join("，"),
                            barred,
                            best: false,
                        },
                    )
                })
                .collect();
            all.sort_by_key(|(score, choice)| (std::cmp::Reverse(*score), choice.id));
            (choices, barred) =
                all.into_iter().map(|(_, choice)| choice).partition(|choice: &Choice| choice.barred.is_empty());
            if let Some(first) = choices.first_mut() {
                first.best = true;
            }
        }
        drop(conn);
        let heard = case.closing.as_ref().and_then(|it| ClosingWay::from_code(&it.way)).is_none_or(ClosingWay::heard);
        let items = papers::required(case.kind, heard).into_iter().map(|kind| (kind, case.has(kind))).collect();
        let form = form.unwrap_or_else(|| fresh(&case, today));
        Ok(StepPage {
            layout: layout.titled(row.step.label()).crumb("案件台账", "/cases").crumb(case.number.clone(), case.href()),
            once,
            case,
            row,
            form,
            errors,
            today: today.to_string(),
            faults: prospect.faults,
            needs: prospect.needs,
            common: prospect.common,
            choices,
            barred,
            items,
        })
    }

    fn asks(&self, what: &str) -> bool {
        self.row.asks.iter().any(|ask| match ask {
            Ask::Wording => what == "wording",
            Ask::Until(_) => what == "until",
            Ask::Refusal => what == "refusal",
            Ask::Ground => what == "ground",
            Ask::Handler => what == "handler",
            Ask::Examination => what == "examination",
            Ask::Closing => what == "closing",
            Ask::Items => what == "items",
            Ask::EntryNumber => what == "entry",
            Ask::Note(_) | Ask::MaybeNote(_) => what == "note",
        })
    }

    fn note_label(&self) -> &'static str {
        let label = self.row.asks.iter().find_map(|ask| match ask {
            Ask::Note(label) | Ask::MaybeNote(label) => Some(*label),
            _ => None,
        });
        label.unwrap_or("说明")
    }

    fn note_needed(&self) -> bool {
        self.row.asks.iter().any(|ask| matches!(ask, Ask::Note(_)))
    }

    fn until_label(&self) -> &'static str {
        let label = self.row.asks.iter().find_map(|ask| match ask {
            Ask::Until(label) => Some(*label),
            _ => None,
        });
        label.unwrap_or("期限")
    }

    fn date_label(&self) -> &'static str {
        match self.row.step {
            Move::Conclude => "结案日（文书收到之日等）",
            Move::Enter => "录入日期",
            Move::Sign => "签订日期",
            _ => "日期",
        }
    }

    fn wordings(&self) -> Vec<Wording> {
        Wording::ALL.iter().copied().filter(|wording| wording.steps().contains(&self.row.step)).collect()
    }

    fn refusals(&self) -> Choices {
        choices::<Refusal>(|_| true)
    }

    fn grounds(&self) -> Choices {
        choices::<TerminationGround>(|_| true)
    }

    fn scopes(&self) -> Choices {
        choices::<ScopeBasis>(|_| true)
    }

    fn means(&self) -> Choices {
        choices::<Means>(|means| means != Means::Unchecked && means != Means::NotNeeded)
    }

    fn ways(&self) -> Choices {
        choices::<ClosingWay>(|_| true)
    }

    fn effects(&self) -> Choices {
        choices::<Effect>(|_| true)
    }

    fn is_good(&self, kind: &Kind) -> bool {
        self.form.good.iter().any(|code| code == kind.code())
    }

    fn dangerous(&self) -> bool {
        matches!(self.row.step, Move::Refuse | Move::Terminate | Move::DeemWithdrawn | Move::Withdraw | Move::NotOurs)
    }

    fn chosen(&self, id: &i64) -> bool {
        self.form.handler == id.to_string()
    }
}

fn fresh(case: &Dossier, today: NaiveDate) -> StepForm {
    let closing = case.closing.as_deref().cloned().unwrap_or_default();
    let application = case.application.as_deref().cloned().unwrap_or_default();
    StepForm {
        on: today.to_string(),
        scope: application.scope_basis,
        means: application.means,
        means_note: application.means_note,
        way: closing.way,
        court_number: closing.court_number,
        effect: closing.effect,
        summary: closing.summary,
        adopted: closing.adopted,
        hearings: closing.hearings.to_string(),
        meetings: closing.meetings.to_string(),
        readings: closing.readings.to_string(),
        good: closing
            .items
            .iter()
            .filter(|(_, result)| *result == ItemResult::Good.code())
            .map(|(code, _)| code.clone())
            .collect(),
        version: case.version.to_string(),
        ..StepForm::default()
    }
}

/// The row of a step named in an address.
pub(in crate::cases) fn row_of(code: &str) -> Result<&'static Row, AppError> {
    Move::from_code(code).and_then(states::row).ok_or(AppError::NotFound)
}

pub(in crate::cases) async fn step(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Path((id, code)): Path<(String, String)>,
) -> Answer {
    let row = row_of(&code)?;
    take::has_right(&actor, row)?;
    let case = open(&state, &actor, scope, &id).await?;
    if !take::may_act(&actor, row, &case) {
        return Err(AppError::Forbidden(format!("“{}”由{}办理。", row.step.label(), row.who.label())));
    }
    page(&StepPage::load(&state, layout, &actor, case, row, OnceKey::new(), None, Errors::default()).await?)
}

#[derive(Template)]
#[template(path = "cases/paper.html")]
struct PaperPage {
    layout: Layout,
    sheet: crate::cases::documents::forms::Sheet,
}

pub(in crate::cases) async fn paper(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Path((id, paper)): Path<(String, String)>,
) -> Answer {
    let case = open(&state, &actor, scope, &id).await?;
    let layout = layout.crumb("案件台账", "/cases").crumb(case.number.clone(), case.href());
    if paper == "contents" {
        let extra = crate::cases::documents::forms::Extra { on: state.clock.today(), ..Default::default() };
        let sheet = super::papers::contents_sheet(&case, &extra);
        return page(&PaperPage { layout: layout.titled("卷宗目录"), sheet });
    }
    let paper: i64 = paper.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = state.pool.acquire().await?;
    let found = handling::find_paper(&mut conn, case.id, paper).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    match found.content {
        Some(sheet) => page(&PaperPage { layout: layout.titled(sheet.title.clone()), sheet: sheet.0 }),
        None => handling::give_scan(&state, &found).await,
    }
}
