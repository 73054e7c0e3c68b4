//! Pages of the register.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::db::{self, Asked, CaseRow};
use super::life::dossier::{self, Origin, Viewer};
use super::life::pages::LifePage;
use super::rules::{self, Part, Status, Step, YearBy};
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::Dictionary;
use crate::plan::time::short_date;
use crate::secrets::mask_name;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::{Pager, Step as Stage};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::terms::Term;
use crate::web::{Answer, filters};

type Choices = Vec<(&'static str, &'static str)>;

fn choices<D: Dictionary>(keep: impl Fn(D) -> bool) -> Choices {
    D::ALL.iter().filter(|one| keep(**one)).map(|one| (one.code(), one.label())).collect()
}

/// What the list is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ListQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    month: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    part: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    year: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl ListQuery {
    fn asked(&self, limit: i64) -> Asked {
        let after = self.after.split_once('_').and_then(|(on, id)| Some((on.parse().ok()?, id.parse().ok()?)));
        Asked {
            status: Status::from_code(&self.status),
            kind: CaseKind::from_code(&self.kind),
            group: SpecialGroup::from_code(&self.group),
            month: self.month.parse().ok(),
            part: Part::from_code(&self.part),
            year: self.year.parse().ok().map(|year| (YearBy::from_code(&self.by).unwrap_or(YearBy::Accepted), year)),
            after,
            id: None,
            handler: None,
            viewer: None,
            search: Some(self.q.trim().to_owned()).filter(|text| !text.is_empty()),
            limit,
        }
    }

    fn after(&self, after: String) -> String {
        let query = ListQuery { after, ..self.clone() };
        format!("/cases?{}", serde_html_form::to_string(query).unwrap_or_default())
    }

    fn filtered(&self) -> bool {
        [&self.status, &self.kind, &self.group, &self.month, &self.part, &self.year, &self.q]
            .iter()
            .any(|field| !field.is_empty())
    }
}

#[derive(Template)]
#[template(path = "cases/list.html")]
struct ListPage {
    layout: Layout,
    own: bool,
    query: ListQuery,
    /// What was searched for.
    term: String,
    statuses: Choices,
    kinds: Choices,
    groups: Choices,
    parts: Choices,
    bases: Choices,
    years: Vec<(String, String)>,
    may_register: bool,
    may_work: bool,
    total: i64,
    cases: Vec<CaseRow>,
    pager: Pager,
}

impl CaseRow {
    /// The colour of its status.
    fn tag(&self) -> &'static str {
        match self.status() {
            Status::Accepted => "warn",
            Status::Asked => "info",
            Status::Assigned | Status::Agreed => "wait",
            Status::Closed | Status::Archived => "ok",
            Status::Terminated | Status::Ended => "quiet",
        }
    }

    /// The recipient, masked; restricted cases name nobody in lists.
    fn recipient_mask(&self) -> String {
        match (self.origin, self.restricted) {
            (Origin::Paper, _) => "纸质卷宗".to_owned(),
            (Origin::Live, true) => "受限".to_owned(),
            (Origin::Live, false) => mask_name(&self.recipient),
        }
    }

    /// Where it stands, in words.
    fn state_words(&self) -> String {
        match self.origin {
            Origin::Paper => self.status().to_string(),
            Origin::Live => self.state.to_string(),
        }
    }

    /// The recipient's groups in words.
    fn group_words(&self) -> String {
        if self.shut {
            return "受限".to_owned();
        }
        if self.groups.is_empty() {
            return "非特殊群体".to_owned();
        }
        self.groups.iter().map(|group| group.label()).collect::<Vec<_>>().join("、")
    }

    /// Its place, or why it has none.
    fn place_words(&self) -> String {
        match (self.place, self.counted_year) {
            (Some(place), Some(year)) => format!("{year}年第{place}件"),
            _ if !self.programme_case => "不计入".to_owned(),
            _ => "—".to_owned(),
        }
    }

    /// The way of the case, step by step.
    fn stages(&self) -> Vec<Stage> {
        let dates = self.dates();
        let terminated = dates.terminated_on.is_some();
        let mut waiting = !terminated;
        let mut stage = |label: &str, on: Option<NaiveDate>, who: String| {
            let state = match on {
                Some(_) => "done",
                None if waiting => {
                    waiting = false;
                    "current"
                }
                None => "todo",
            };
            Stage { label: label.to_owned(), who, when: on.map(short_date).unwrap_or_default(), state }
        };
        let mut stages = vec![
            stage("受理", Some(dates.accepted_on), self.basis.label().to_owned()),
            stage("指派", dates.assigned_on, self.handler_name.clone()),
            stage("同意结案", dates.closing_agreed_on, String::new()),
            stage("录入省系统", dates.entered_on, self.entry_number.clone()),
        ];
        if let Some(on) = dates.terminated_on {
            stages.retain(|stage| stage.state == "done");
            stages
                .push(Stage { label: "终止".to_owned(), who: String::new(), when: short_date(on), state: "refused" });
        }
        stages
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(mut query): Query<ListQuery>,
) -> Answer {
    let viewer = Viewer::of(&actor);
    let Term { text: term, sealed } = Term::read(&state, &actor, &query.q)?;
    let asked = ListQuery { q: term.clone(), ..query.clone() }.asked(layout.rows.asked());
    let asked =
        Asked { handler: viewer.assigned_only.then_some(viewer.account), viewer: Some(viewer.account), ..asked };
    query.q = sealed;
    let mut conn = state.pool.acquire().await?;
    let mut cases = db::cases(&mut conn, scope.bureau(), &asked).await?;
    let total = db::count(&mut conn, scope.bureau(), &asked).await?;
    let more = layout.rows.cut(&mut cases);
    let pager = Pager {
        previous: asked.after.map(|_| query.after(String::new())),
        next: cases.last().filter(|_| more).map(|last| query.after(format!("{}_{}", last.accepted_on, last.id))),
        text: format!("本页{}件，共{total}件", cases.len()),
        rows: layout.rows,
    };
    let this_year = state.clock.today().year();
    page(&ListPage {
        layout: layout.titled(if viewer.assigned_only { "我承办的案件" } else { "案件台账" }),
        own: viewer.assigned_only,
        query,
        term,
        statuses: choices::<Status>(|_| true),
        kinds: choices::<CaseKind>(CaseKind::is_case),
        groups: choices::<SpecialGroup>(|_| true),
        parts: choices::<Part>(|_| true),
        bases: choices::<YearBy>(|_| true),
        years: (this_year - 2..=this_year).rev().map(|year| (year.to_string(), format!("{year}年"))).collect(),
        may_register: actor.may(Action::RegisterCases).is_some(),
        may_work: actor.may(Action::WorkOnCases).is_some(),
        total,
        cases,
        pager,
    })
}

/// A case as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CaseForm {
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) basis: String,
    pub(super) groups: Vec<String>,
    pub(super) handler_category: String,
    pub(super) handler_name: String,
    pub(super) organisation: String,
    pub(super) cause: String,
    pub(super) accepted_on: String,
    pub(super) version: String,
}

impl CaseForm {
    fn of(case: &CaseRow) -> CaseForm {
        CaseForm {
            number: case.number.clone(),
            kind: case.kind.code().to_owned(),
            basis: case.basis.code().to_owned(),
            groups: case.groups.iter().map(|group| group.code().to_owned()).collect(),
            handler_category: case.handler_category.code().to_owned(),
            handler_name: case.handler_name.clone(),
            organisation: case.organisation.clone(),
            cause: case.cause.clone(),
            accepted_on: case.accepted_on.to_string(),
            version: case.version.to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "cases/form.html")]
pub(super) struct FormPage {
    layout: Layout,
    once: OnceKey,
    heading: &'static str,
    action: String,
    cancel: String,
    button: &'static str,
    today: String,
    form: CaseForm,
    errors: Errors,
    kinds: Choices,
    bases: Choices,
    groups: Choices,
    handlers: Choices,
}

impl FormPage {
    /// The form of a new case.
    pub(super) fn for_new(layout: Layout, today: NaiveDate, once: OnceKey, form: CaseForm, errors: Errors) -> FormPage {
        FormPage {
            layout: layout.titled("登记案件").crumb("案件台账", "/cases"),
            once,
            heading: "登记案件",
            action: "/cases".to_owned(),
            cancel: "/cases".to_owned(),
            button: "登记",
            today: today.to_string(),
            form,
            errors,
            kinds: choices::<CaseKind>(CaseKind::is_case),
            bases: choices::<Basis>(|_| true),
            groups: choices::<SpecialGroup>(|_| true),
            handlers: choices::<HandlerCategory>(|_| true),
        }
    }

    /// The form that corrects a case.
    pub(super) fn for_case(
        layout: Layout,
        today: NaiveDate,
        case: &CaseRow,
        once: OnceKey,
        form: CaseForm,
        errors: Errors,
    ) -> FormPage {
        let here = format!("/cases/{}", case.id);
        let layout = layout.crumb("案件台账", "/cases").crumb(case.number.clone(), here.clone());
        FormPage {
            heading: "更正登记内容",
            action: here.clone(),
            cancel: here,
            button: "保存更正",
            ..FormPage::for_new(Layout { crumbs: Vec::new(), ..layout.clone() }, today, once, form, errors)
        }
        .within(layout)
    }

    fn within(self, layout: Layout) -> FormPage {
        FormPage { layout: layout.titled("更正登记内容"), ..self }
    }
}

pub(super) async fn new(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let (county, numbers) = db::numbers_of(&mut conn, scope.bureau(), today.year()).await?;
    let form = CaseForm {
        number: rules::next_number(county, today.year(), &numbers),
        accepted_on: today.to_string(),
        basis: Basis::Application.code().to_owned(),
        ..CaseForm::default()
    };
    page(&FormPage::for_new(layout, today, OnceKey::new(), form, Errors::default()))
}

pub(super) async fn edit(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let case = db::find(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    if case.counted_on.is_some() || case.terminated_on.is_some() {
        return Err(AppError::refused("案件已计入任务或已终止，登记内容不能再改。"));
    }
    let form = CaseForm::of(&case);
    page(&FormPage::for_case(layout, state.clock.today(), &case, OnceKey::new(), form, Errors::default()))
}

/// A step as typed. Each step has fields of its own name, so that all can stand on one page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StepForm {
    assigned_on: String,
    closing_agreed_on: String,
    entered_on: String,
    pub(super) entry_number: String,
    terminated_on: String,
    pub(super) termination_note: String,
    pub(super) version: String,
}

impl StepForm {
    /// The date typed for a step.
    pub(super) fn on(&self, step: Step) -> &str {
        match step {
            Step::Assign => &self.assigned_on,
            Step::AgreeClosing => &self.closing_agreed_on,
            Step::Enter => &self.entered_on,
            Step::Terminate => &self.terminated_on,
        }
    }
}

/// The field of a step's date.
pub(super) fn date_field(step: Step) -> &'static str {
    match step {
        Step::Assign => "assigned_on",
        Step::AgreeClosing => "closing_agreed_on",
        Step::Enter => "entered_on",
        Step::Terminate => "terminated_on",
    }
}

/// A step that can be taken now, as a form of its own.
pub(super) struct StepChoice {
    code: &'static str,
    title: &'static str,
    hint: &'static str,
    step: Step,
    again: bool,
    on: String,
    entry_number: String,
    note: String,
    errors: Errors,
}

impl StepChoice {
    fn field(&self) -> &'static str {
        date_field(self.step)
    }

    fn label(&self) -> &'static str {
        self.step.date_label()
    }
}

#[derive(Template)]
#[template(path = "cases/one.html")]
pub(super) struct CasePage {
    layout: Layout,
    once: OnceKey,
    case: CaseRow,
    explanation: String,
    classification: String,
    may_register: bool,
    next: Vec<StepChoice>,
    again: Vec<StepChoice>,
    today: String,
}

impl CasePage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        scope: Scope,
        id: i64,
        once: OnceKey,
        posted: Option<(Step, StepForm, Errors)>,
    ) -> Result<CasePage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let case = db::find(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
        let year = case.counted_year.unwrap_or_else(|| case.accepted_on.year());
        let programme = db::programme_for(&mut conn, scope.bureau(), year).await?;
        let dates = case.dates();
        let explanation = match (case.place, case.counted_year) {
            (Some(place), Some(year)) => {
                rules::counted_words(place, year, programme.as_ref().map(|programme| programme.case_target), &dates)
            }
            _ => rules::uncounted_words(case.programme_case, &dates),
        };
        let groups: BTreeSet<SpecialGroup> = case.groups.iter().copied().collect();
        let classification = programme
            .map(|programme| rules::eligibility(&programme, case.kind, case.basis, &groups).reason)
            .unwrap_or_default();
        let today = state.clock.today();
        let may_register = actor.may(Action::RegisterCases).is_some();
        let (again, next) = if may_register { steps(&case, today, posted) } else { Default::default() };
        Ok(CasePage {
            layout: layout.titled(case.number.clone()).crumb("案件台账", "/cases"),
            once,
            explanation,
            classification,
            may_register,
            next,
            again,
            today: today.to_string(),
            case,
        })
    }
}

/// The steps that can be taken: those that come next, and those whose date may be corrected.
fn steps(
    case: &CaseRow,
    today: NaiveDate,
    posted: Option<(Step, StepForm, Errors)>,
) -> (Vec<StepChoice>, Vec<StepChoice>) {
    let dates = case.dates();
    let all = [
        (Step::Assign, "assigned", "登记指派", "指派后，承办人开始办理。", dates.assigned_on),
        (
            Step::AgreeClosing,
            "closing-agreed",
            "登记同意结案",
            "结案材料审查合格、法律援助中心同意结案的日期；补贴自这一天起30日内发放。",
            dates.closing_agreed_on,
        ),
        (
            Step::Enter,
            "entered",
            "登记录入省系统",
            "录入山西省法律援助管理系统后登记；录入情况是任务进度和发放补贴的依据。",
            dates.entered_on,
        ),
        (Step::Terminate, "terminated", "登记终止", "终止的案件不计入任务。", None),
    ];
    all.into_iter()
        .filter(|(step, ..)| rules::may_take(*step, &dates, case.counted_on.is_some()).is_ok())
        .map(|(step, code, title, hint, there)| {
            let choice = StepChoice {
                code,
                title,
                hint,
                step,
                again: there.is_some(),
                on: there.unwrap_or(today).to_string(),
                entry_number: case.entry_number.clone(),
                note: String::new(),
                errors: Errors::default(),
            };
            match &posted {
                Some((at, form, errors)) if *at == step => StepChoice {
                    on: form.on(step).to_owned(),
                    entry_number: form.entry_number.clone(),
                    note: form.termination_note.clone(),
                    errors: errors.clone(),
                    ..choice
                },
                _ => choice,
            }
        })
        .partition(|choice| choice.again)
}

pub(super) async fn one(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let found = dossier::find(&mut conn, scope.bureau(), Viewer::of(&actor), id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    if !found.may_open {
        return Err(AppError::Forbidden(
            "这是受限案件（未成年人、性侵害或者家庭暴力），只有指定人员能打开。需要查阅的，请联系法律援助中心负责人。"
                .to_owned(),
        ));
    }
    match found.origin {
        Origin::Live => page(&LifePage::build(&state, layout, &actor, found, OnceKey::new()).await?),
        Origin::Paper => page(&CasePage::load(&state, layout, &actor, scope, id, OnceKey::new(), None).await?),
    }
}
