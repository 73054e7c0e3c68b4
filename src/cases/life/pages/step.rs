//! A step about to be taken: what it needs, what it makes, what it asks for.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use sqlx::PgConnection;

use super::{Choices, choices, open};
use crate::cases::assignment::{self, rules as assignment_rules};
use crate::cases::clocks::Clock;
use crate::cases::clocks::rules::Length;
use crate::cases::closing::rules::{ClosingWay, Effect, ItemResult};
use crate::cases::documents::{Kind, rules as papers};
use crate::cases::eligibility::rules::{Means, Refusal, ScopeBasis, TerminationGround, age_on};
use crate::cases::life::dossier::{Application, CommonRow, DocumentRow, Dossier};
use crate::cases::life::handling::RecordKind;
use crate::cases::life::{intake, take};
use crate::cases::states::Move;
use crate::cases::states::rules::{self as states, Ask, Mending, Row};
use crate::cases::states::wordings::Wording;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::time::chinese_date;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// A step as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct StepForm {
    pub on: String,
    pub note: String,
    pub wording: String,
    pub until: String,
    pub addressee: String,
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
    /// Whether the reader may fill in what the application lacks.
    may_register: bool,
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
        let bureau = actor.bureau_id;
        let mut conn = state.pool.acquire().await?;
        let prospect = take::prospect(&mut conn, bureau, actor.account_id, today, &case, row).await?;
        let (choices, barred) = if row.asks.contains(&Ask::Handler) {
            handlers(&mut conn, bureau, today, &case, &prospect.rows).await?
        } else {
            (Vec::new(), Vec::new())
        };
        let until = match usual_until(row, today) {
            Some(day) => {
                let calendar = crate::programmes::db::calendar(&mut conn).await?;
                calendar.working_day_on_or_after(day).map(|day| day.to_string()).unwrap_or_default()
            }
            None => String::new(),
        };
        drop(conn);
        let heard = case.closing.as_ref().and_then(|it| ClosingWay::from_code(&it.way)).is_none_or(ClosingWay::heard);
        let items = papers::required(case.kind, heard).into_iter().map(|kind| (kind, case.has(kind))).collect();
        let form = match form {
            Some(form) => form,
            None => StepForm { until, ..fresh(&case, today) },
        };
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
            may_register: actor.may(Action::RegisterCases).is_some(),
        })
    }

    /// Steps that are decided on what the application says.
    fn rests_on_the_application(&self) -> bool {
        matches!(
            self.row.step,
            Move::Review | Move::Grant | Move::Refuse | Move::SendBack | Move::AidFirst | Move::SettleAidFirst
        )
    }

    /// Where what is lacking can be made good.
    fn mends(&self) -> Vec<(&'static str, String)> {
        let unmet = self.row.needs.iter().zip(&self.needs).filter(|(_, (_, met))| !met);
        let places: BTreeSet<Mending> = unmet.filter_map(|(need, _)| need.mending()).collect();
        places
            .into_iter()
            .filter(|place| *place != Mending::Application || self.may_register && intake::may_correct(self.case.state))
            .map(|place| match place {
                Mending::Application => ("补填申请内容", format!("{}/application", self.case.href())),
                Mending::Papers => ("去收存材料", format!("{}#papers", self.case.href())),
            })
            .collect()
    }

    /// 家庭情况, as the applicant told it.
    fn household(&self) -> String {
        let it = self.application();
        let mut words = Vec::new();
        words.extend(it.household_size.map(|size| format!("家庭{size}人")));
        words.extend(it.household_income.map(|sum| format!("月收入{}元", money::yuan_text(sum))));
        words.extend(Some(it.property).filter(|property| !property.is_empty()));
        words.join("，")
    }

    fn application(&self) -> Application {
        self.case.application.as_deref().cloned().unwrap_or_default()
    }

    fn proof_words(&self) -> String {
        self.application().proof_set().iter().map(|proof| proof.label()).collect::<Vec<_>>().join("、")
    }

    fn scope_words(&self) -> String {
        self.application().scope().map(|scope| scope.to_string()).unwrap_or_default()
    }

    fn age(&self) -> i32 {
        let birth = self.case.application.as_deref().and_then(|it| it.birth_date);
        birth.map_or(0, |birth| age_on(birth, self.case.received_on))
    }

    fn papers_of(&self, kind: &Kind) -> Vec<&DocumentRow> {
        self.case.documents.iter().filter(|document| document.kind == *kind).collect()
    }

    /// 时限核对: each date with the limit that it had.
    fn times(&self) -> Vec<(&'static str, String)> {
        let kept = |clock: Clock, on: Option<NaiveDate>| {
            let Some(on) = on else { return "未填".to_owned() };
            let limit = self.case.clocks.iter().rev().find(|row| row.kind == clock && row.ended_on.is_some());
            match limit {
                Some(limit) if on > limit.due_on => {
                    format!("{}，超过期限{}", chinese_date(on), chinese_date(limit.due_on))
                }
                Some(limit) => format!("{}，在期限{}之内", chinese_date(on), chinese_date(limit.due_on)),
                None => chinese_date(on),
            }
        };
        vec![
            ("指派", kept(Clock::Assign, self.case.assigned_on)),
            ("签协议", kept(Clock::Sign, self.case.agreement_on)),
            ("结案", self.case.concluded_on.map(chinese_date).unwrap_or_default()),
            ("提交材料", kept(Clock::SubmitFile, self.case.filed_on)),
        ]
    }

    /// What stands above the form already is not said in it once more.
    pub(in crate::cases) fn said_once(mut self) -> StepPage {
        if !self.faults.is_empty() {
            self.errors = Errors::default();
        }
        self
    }

    fn asks(&self, what: &str) -> bool {
        self.row.asks.iter().any(|ask| match ask {
            Ask::Wording => what == "wording",
            Ask::Until(_) => what == "until",
            Ask::Addressee(_) => what == "addressee",
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

    fn addressee_label(&self) -> &'static str {
        let label = self.row.asks.iter().find_map(|ask| match ask {
            Ask::Addressee(label) => Some(*label),
            _ => None,
        });
        label.unwrap_or("收函单位")
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

/// Who may be chosen, the fittest first, and who may not.
async fn handlers(
    conn: &mut PgConnection,
    bureau: i64,
    today: NaiveDate,
    case: &Dossier,
    common: &[CommonRow],
) -> Result<(Vec<Choice>, Vec<Choice>), AppError> {
    let wanted = assignment::wanted(case, today);
    let candidates = assignment::candidates(conn, bureau, case, common, None).await?;
    let mut all: Vec<(i64, Choice)> = candidates
        .into_iter()
        .map(|row| {
            let (score, words) = assignment_rules::fit(&wanted, &row.candidate);
            let mut barred = assignment_rules::barred(&wanted, &row.candidate);
            if case.handler_id == Some(row.id) {
                barred.push("现在的承办人，正要更换".to_owned());
            }
            let (fit, barred) = (words.join("，"), barred.join("；"));
            (score, Choice { id: row.id, name: row.name, firm: row.firm, fit, barred, best: false })
        })
        .collect();
    all.sort_by_key(|(score, choice)| (std::cmp::Reverse(*score), choice.id));
    let (mut choices, barred): (Vec<_>, Vec<_>) =
        all.into_iter().map(|(_, choice)| choice).partition(|choice| choice.barred.is_empty());
    if let Some(first) = choices.first_mut() {
        first.best = true;
    }
    Ok((choices, barred))
}

/// The last day that the office usually sets, before it moves over holidays.
fn usual_until(row: &Row, today: NaiveDate) -> Option<NaiveDate> {
    let days = row.starts.iter().find_map(|clock| match clock.length() {
        Length::SetByOffice(days) => Some(days),
        Length::Procedural(_) | Length::Hours(_) | Length::Plan => None,
    });
    days.and_then(|days| today.checked_add_days(Days::new(u64::from(days))))
}

fn fresh(case: &Dossier, today: NaiveDate) -> StepForm {
    let closing = case.closing.as_deref().cloned().unwrap_or_default();
    let application = case.application.as_deref().cloned().unwrap_or_default();
    // A report that is not written yet begins with what was recorded.
    let counted = |reported: i32, kind: RecordKind| {
        let recorded = case.records.iter().filter(|record| record.kind == kind.code()).count();
        if case.closing.is_some() { reported.to_string() } else { recorded.to_string() }
    };
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
        hearings: counted(closing.hearings, RecordKind::Hearing),
        meetings: counted(closing.meetings, RecordKind::Meeting),
        readings: counted(closing.readings, RecordKind::Reading),
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
    InPath((id, code)): InPath<(i64, String)>,
) -> Answer {
    let row = row_of(&code)?;
    take::has_right(&actor, row)?;
    let case = open(&state, &actor, scope, id).await?;
    if !take::may_act(&actor, row, &case) {
        return Err(AppError::Forbidden(format!("“{}”由{}办理。", row.step.label(), row.who.label())));
    }
    page(&StepPage::load(&state, layout, &actor, case, row, OnceKey::new(), None, Errors::default()).await?)
}
