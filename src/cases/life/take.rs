//! Taking a step: load for update → decide by the table → store → record.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use serde_json::json;

use super::decide::{self, CHANGED_MEANWHILE, Frame};
use super::dossier::{self, Dossier, Origin, Viewer};
use super::next::{Next, reason};
use super::papers;
use super::store::{self, Decision, NewClosing, NewEvent};
use crate::audit::Audit;
use crate::cases::clocks::Clock;
use crate::cases::clocks::rules::due_after_pause;
use crate::cases::documents::Kind;
use crate::cases::documents::forms::Extra;
use crate::cases::eligibility::rules::{Means, Refusal, ScopeBasis, TerminationGround};
use crate::cases::states::rules::{self as states, Ask, Row, Who};
use crate::cases::states::wordings::Wording;
use crate::cases::states::{Move, State};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{chinese_date, month_and_day};
use crate::web::actor::{Actor, Scope};
use crate::web::work::Work;

/// What the desk found on scope and means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Under which article.
    pub scope: ScopeBasis,
    /// How the means were looked at.
    pub means: Means,
}

/// What a step is given.
#[derive(Clone, Debug, Default)]
pub struct MoveInput {
    /// The date of the step; today where none is given.
    pub on: Option<NaiveDate>,
    /// Reason, opinion, list.
    pub note: String,
    /// The ready wording that was used.
    pub wording: Option<Wording>,
    /// A last day set by the office.
    pub until: Option<NaiveDate>,
    /// To whom the letter goes.
    pub addressee: String,
    /// Why aid is refused.
    pub refusal: Option<Refusal>,
    /// Why aid ends.
    pub ground: Option<TerminationGround>,
    /// Who is to handle the case.
    pub handler: Option<i64>,
    /// Scope and means.
    pub examination: Option<Examination>,
    /// A word on the means.
    pub means_note: String,
    /// The closing report.
    pub closing: Option<NewClosing>,
    /// Item → ok, missing, faulty.
    pub items: BTreeMap<String, String>,
    /// The provincial system's number.
    pub entry_number: String,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Where the case stands.
    pub state: State,
    /// The place in the year that it was given.
    pub place: Option<i32>,
    /// More is promised than the fund has, in words.
    pub overdrawn: Option<String>,
}

/// Whether an account may take a step of a case, by rights and by person.
#[must_use]
pub fn may_act(actor: &Actor, row: &Row, case: &Dossier) -> bool {
    let handles = case.handler_account == Some(actor.account_id);
    row.who.actions().iter().any(|action| {
        actor.may(*action).is_some() && (*action != crate::web::permissions::Action::HandleCases || handles)
    })
}

/// Refuses whoever neither handles the case nor works at the centre.
pub(super) fn works_on(work: &Work, case: &Dossier) -> Result<(), AppError> {
    use crate::web::permissions::Action;
    let handles = case.handler_account == Some(work.actor.account_id);
    if handles || work.actor.may(Action::RegisterCases).is_some() || work.actor.may(Action::DecideCases).is_some() {
        return Ok(());
    }
    Err(AppError::Forbidden("只有本案承办人和法律援助中心可以在案件中收存材料、登记办理情况。".to_owned()))
}

/// Refuses an account that works on no case at all, before any case is looked at.
pub(super) fn works_on_cases(actor: &Actor) -> Result<(), AppError> {
    use crate::web::permissions::Action;
    let any = [Action::HandleCases, Action::RegisterCases, Action::DecideCases];
    if any.iter().any(|action| actor.may(*action).is_some()) {
        return Ok(());
    }
    actor.authorise(Action::RegisterCases).map(|_| ())
}

/// Refuses an account that has none of the rights of a step, before any case is looked at.
pub(super) fn has_right(actor: &Actor, row: &Row) -> Result<(), AppError> {
    let actions = row.who.actions();
    if actions.iter().any(|action| actor.may(*action).is_some()) {
        return Ok(());
    }
    match actions.first() {
        Some(action) => actor.authorise(*action).map(|_| ()),
        None => Err(AppError::NotFound),
    }
}

/// The earliest date that a step may bear: that of the step before it.
fn earliest(step: Move, case: &Dossier) -> (NaiveDate, &'static str) {
    match step {
        Move::Enter => (case.accepted_on, "受理"),
        Move::Conclude => (case.agreement_on.or(case.assigned_on).unwrap_or(case.accepted_on), "签订委托协议"),
        Move::Sign | Move::Begin => (case.assigned_on.unwrap_or(case.accepted_on), "指派"),
        Move::FileMaterials => (case.concluded_on.unwrap_or(case.accepted_on), "结案"),
        Move::AgreeClosing => (case.filed_on.unwrap_or(case.accepted_on), "提交结案材料"),
        Move::Archive => {
            let last = case.entered_on.max(case.closing_agreed_on).max(case.terminated_on);
            (last.unwrap_or(case.accepted_on), "同意结案、录入或者终止")
        }
        Move::Submit => (case.received_on, "登记"),
        Move::Assign => match case.granted_on {
            Some(granted) => (granted, "决定给予"),
            None => (case.received_on, "收到通知"),
        },
        _ => {
            let last = case.events.iter().filter(|event| event.kind == "move" && event.from_state != event.to_state);
            let last = last.filter_map(|event| event.on_date).max();
            (last.unwrap_or(case.received_on).max(case.received_on), "上一步")
        }
    }
}

fn bad_date(step: Move, on: NaiveDate, today: NaiveDate, case: &Dossier) -> Option<String> {
    if on > today {
        return Some(format!("“{}”的日期不能晚于今天（{}）。", step.label(), chinese_date(today)));
    }
    let (first, of) = earliest(step, case);
    (on < first).then(|| format!("“{}”的日期不能早于{of}的日期（{}）。", step.label(), chinese_date(first)))
}

/// Everything a step is decided on, for its form.
#[derive(Debug)]
pub struct Prospect {
    /// Needs that are not met; empty when the step may be taken.
    pub faults: Vec<String>,
    /// Each need, whether it is met.
    pub needs: Vec<(&'static str, bool)>,
    /// Cases that have something in common: words, address, grave.
    pub common: Vec<(String, String, bool)>,
    /// The same as the database tells them.
    pub rows: Vec<dossier::CommonRow>,
}

/// What stands in the way of a step.
///
/// # Errors
/// When the database fails.
pub async fn prospect(
    conn: &mut sqlx::PgConnection,
    bureau: i64,
    actor: i64,
    today: NaiveDate,
    case: &Dossier,
    row: &Row,
) -> Result<Prospect, AppError> {
    let common = dossier::in_common(conn, bureau, case.id).await?;
    // The plan is asked for by the one need that rests on it.
    let programme = match row.needs.contains(&states::Need::ProgrammeChecked) {
        true => crate::cases::db::programme_for(conn, bureau, case.received_on.year()).await?,
        false => None,
    };
    let facts = decide::facts(case, &common, programme.as_ref(), actor, today);
    // What the form itself will bring is not held against it beforehand.
    let brings = |need: states::Need| match need {
        states::Need::ScopeNamed | states::Need::MeansSettled => row.asks.contains(&Ask::Examination),
        states::Need::ItemsPassed => row.asks.contains(&Ask::Items),
        _ => false,
    };
    let faults = match states::may_take(row, case.state, &facts) {
        Ok(()) => Vec::new(),
        Err(_) if !row.from.contains(&case.state) => {
            states::may_take(row, case.state, &facts).err().unwrap_or_default()
        }
        Err(_) => row.needs.iter().filter(|need| !brings(**need)).filter_map(|need| need.check(&facts).err()).collect(),
    };
    let needs = row.needs.iter().map(|need| (need.label(), brings(*need) || need.check(&facts).is_ok())).collect();
    Ok(Prospect { faults, needs, common: decide::common_words(case, &common), rows: common })
}

/// Takes a step.
///
/// # Errors
/// [`AppError::NotFound`] out of reach, [`AppError::Forbidden`] for somebody whose step it is
/// not, [`AppError::Refused`] with everything that stands in the way.
pub async fn take(
    work: &mut Work,
    scope: Scope,
    id: i64,
    version: i32,
    step: Move,
    input: &MoveInput,
) -> Result<Taken, AppError> {
    let bureau = scope.bureau();
    let row = states::row(step).ok_or(AppError::NotFound)?;
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let before =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    if before.origin == Origin::Paper {
        return Err(AppError::refused("这是补录的纸质案件，只登记日期；请在案件页更正日期。"));
    }
    if !may_act(&work.actor, row, &before) {
        return Err(AppError::Forbidden(format!("“{}”由{}办理。", step.label(), row.who.label())));
    }
    if before.version != version {
        return Err(AppError::refused(CHANGED_MEANWHILE));
    }
    let (actor_id, now, today) = (work.actor.account_id, work.now, work.today());
    let on = input.on.unwrap_or(today);
    let frame = Frame::load(work.conn(), bureau, before.received_on).await?;
    let common = dossier::in_common(work.conn(), bureau, id).await?;
    let mut case = before.clone();
    examine(&mut case, input);
    if step == Move::AgreeClosing || step == Move::PassClosing {
        // The review just made counts.
        if let Some(closing) = case.closing.as_mut().filter(|_| !input.items.is_empty()) {
            closing.items.clone_from(&input.items);
        }
    }
    if let Some(closing) = input.closing.as_ref() {
        case.closing = Some(sqlx::types::Json(closing_of(closing)));
    }
    let facts = decide::facts(&case, &common, frame.programme().ok(), actor_id, today);
    states::may_take(row, before.state, &facts).map_err(|faults| AppError::Refused(faults.concat()))?;
    if let Some(fault) = bad_date(step, on, today, &before) {
        return Err(AppError::Refused(fault));
    }
    if let Some(until) = input.until
        && until < on
    {
        return Err(AppError::refused("期限不能早于发出之日。"));
    }
    let target = states::target(row, before.state, before.state_before(), before.entered_on.is_some());
    let mut next = Next { case, target, decision: Decision::default(), handler: None, former: String::new() };
    next.decide(work, bureau, step, input, on, &frame, &facts, &common).await?;

    // Clocks that end, and the review's that pauses or runs on.
    store::end_clocks(work.conn(), id, row.ends, on).await?;
    match step {
        Move::AskSupplement | Move::AskCooperation => store::pause_review(work.conn(), id, on).await?,
        Move::Supplemented | Move::CooperationBack => {
            if let Some(clock) = before.running(Clock::Review) {
                let paused = clock.paused_on.map_or(0, |since| (on - since).num_days().max(0));
                let days = clock.paused_days + i32::try_from(paused).unwrap_or(0);
                let due =
                    due_after_pause(Clock::Review, &frame.calendar, clock.started_on, u32::try_from(days).unwrap_or(0))
                        .map_err(|error| AppError::refused(error.to_string()))?;
                store::resume_review(work.conn(), id, days, due).await?;
            }
        }
        _ => {}
    }

    // The place is given under a lock, once.
    let mut place = None;
    if next.case.programme_case
        && next.case.terminated_on.is_none()
        && next.case.place.is_none()
        && let (Some(agreed), Some(entered)) = (next.case.closing_agreed_on, next.case.entered_on)
    {
        let counted_on = agreed.max(entered);
        let locked = crate::cases::db::lock_places(work.conn(), bureau).await?;
        let given = crate::cases::db::next_place(work.conn(), &locked, bureau, counted_on.year()).await?;
        next.case.counted_on = Some(counted_on);
        next.case.place = Some(given);
        place = Some(given);
    }
    next.case.state = next.target;
    if next.case.worker_id.is_none() && row.who == Who::Desk {
        next.case.worker_id = Some(actor_id);
    }
    if !store::update_case(work.conn(), bureau, &next.case).await? {
        return Err(AppError::refused(CHANGED_MEANWHILE));
    }
    store::decide_application(work.conn(), id, &next.decision).await?;

    // Clocks that start, and what the forms name of them.
    let mut due = None;
    for clock in row.starts {
        due = Some(decide::start(work, bureau, id, &frame, *clock, on, input.until).await?);
    }
    if step == Move::RefuseChange && next.target == State::Assigned {
        decide::start(work, bureau, id, &frame, Clock::Sign, on, None).await?;
    }
    if due.is_none() {
        due = before.running(Clock::Review).map(|clock| clock.due_on);
    }
    let extra = Extra {
        on,
        note: input.note.clone(),
        until: input.until,
        due,
        reason: reason(input),
        agreed: matches!(step, Move::Change | Move::CorrectDecision),
        former: next.former.clone(),
        actor: work.actor.name.clone(),
        addressee: input.addressee.clone(),
        decision: if step.completes().is_none() { step.decision() } else { "" },
        ..Extra::default()
    };
    let mut first_number = String::new();
    for kind in row.makes {
        let number = match kind {
            Kind::Application => next.case.application_number.clone(),
            Kind::Assignment => next.handler.as_ref().map_or_else(String::new, |(_, number)| number.clone()),
            _ => String::new(),
        };
        // An application that came before the case has its number and its form already.
        let there = matches!(kind, Kind::Application | Kind::AgentLetter | Kind::GrantDecision) && before.has(*kind);
        if there || *kind == Kind::AgentLetter && !before.has_agent() {
            continue;
        }
        let made = papers::make(work, bureau, id, *kind, &number, &frame, &extra).await?;
        if first_number.is_empty() {
            first_number = made;
        }
    }
    // The form that waited for this decision is made anew with it.
    if let Some(kind) = step.completes()
        && before.has(kind)
    {
        let extra = Extra { decision: step.decision(), decision_number: first_number, ..extra };
        papers::make(work, bureau, id, kind, "", &frame, &extra).await?;
    }

    // What an assignment promises; the plan refuses more than there is, or only warns.
    let overdrawn = match step {
        Move::Assign => crate::fund::outlook::guard(work, bureau, on.year(), ("case", id)).await?,
        _ => None,
    };
    let words = words(step, &next, input, place, on);
    let actor = work.actor.signature();
    let code =
        input.wording.map_or_else(|| step.code().to_owned(), |wording| format!("{}:{}", step.code(), wording.code()));
    let event = NewEvent {
        kind: "move",
        code: &code,
        from: Some(before.state),
        to: Some(next.target),
        on: Some(on),
        words: &words,
        note: &input.note,
    };
    store::add_event(work.conn(), bureau, id, (actor_id, &actor), now, &event).await?;
    work.audit(
        Audit::new(audit_code(step), "case", id)
            .before(json!({ "state": before.state, "number": before.number, "version": before.version }))
            .after(json!({ "state": next.target, "number": next.case.number, "on": on, "step": step, "place": place,
                           "handler": next.case.handler_id, "wording": input.wording }))
            .note(input.note.clone()),
    )
    .await?;
    Ok(Taken { state: next.target, place, overdrawn })
}

/// Puts what the step examined into the application before it is decided on.
fn examine(case: &mut Dossier, input: &MoveInput) {
    if let (Some(application), Some(found)) = (case.application.as_mut(), input.examination) {
        found.scope.code().clone_into(&mut application.scope_basis);
        found.means.code().clone_into(&mut application.means);
        application.means_note.clone_from(&input.means_note);
    }
}

fn closing_of(new: &NewClosing) -> dossier::Closing {
    dossier::Closing {
        way: new.way.clone(),
        court_number: new.court_number.clone(),
        effect: new.effect.clone(),
        summary: new.summary.clone(),
        adopted: new.adopted.clone(),
        recovered: new.recovered,
        hearings: new.hearings,
        meetings: new.meetings,
        readings: new.readings,
        ..dossier::Closing::default()
    }
}

fn words(step: Move, next: &Next<'_>, input: &MoveInput, place: Option<i32>, on: NaiveDate) -> String {
    let mut words = match step {
        Move::Assign => format!("指派{}{}承办", next.case.organisation, next.case.handler_name),
        Move::Change => {
            format!("同意更换：{}不再承办，改派{}{}", next.former, next.case.organisation, next.case.handler_name)
        }
        Move::Enter => format!("录入省系统，编号{}", next.case.entry_number),
        Move::Refuse | Move::Terminate => format!("{}：{}", step.label(), reason(input)),
        Move::AskSupplement => {
            format!("通知补正，期限{}，审查期限暂停", input.until.map(month_and_day).unwrap_or_default())
        }
        Move::Supplemented => "补正齐全，审查期限继续计算".to_owned(),
        Move::AskCooperation => format!("请{}协作核查，审查期限暂停", input.addressee),
        Move::CooperationBack => "收到协作核查结果，审查期限继续计算".to_owned(),
        Move::NotOurs => format!("转{}", input.addressee),
        Move::Conclude => format!("登记办结，结案日{}", chinese_date(on)),
        Move::Archive => format!("归档，档号{}", next.case.archive_number),
        _ => step.label().to_owned(),
    };
    if let Some(place) = place {
        words.push_str(&format!("；计入年度任务，列第{place}件"));
    }
    words
}

/// The audit trail's code of a step.
fn audit_code(step: Move) -> &'static str {
    match step {
        Move::Submit => "case.submit",
        Move::Accept => "case.accept",
        Move::AskSupplement => "case.ask_supplement",
        Move::Supplemented => "case.supplemented",
        Move::AskCooperation => "case.ask_cooperation",
        Move::CooperationBack => "case.cooperation_back",
        Move::DeemWithdrawn => "case.deem_withdrawn",
        Move::Withdraw => "case.withdraw",
        Move::NotOurs => "case.not_ours",
        Move::Review => "case.review",
        Move::SendBack => "case.send_back",
        Move::Grant => "case.grant",
        Move::Refuse => "case.refuse",
        Move::AidFirst => "case.aid_first",
        Move::SettleAidFirst => "case.settle_aid_first",
        Move::Object => "case.object",
        Move::UpholdDecision => "case.uphold",
        Move::CorrectDecision => "case.correct_decision",
        Move::Assign => "case.assign",
        Move::TakeOn => "case.take_on",
        Move::AskChange => "case.ask_change",
        Move::Change => "case.change_handler",
        Move::RefuseChange => "case.refuse_change",
        Move::Sign => "case.sign",
        Move::Begin => "case.start_handling",
        Move::Conclude => "case.conclude",
        Move::FileMaterials => "case.file_materials",
        Move::ReturnMaterials => "case.return_materials",
        Move::PassClosing => "case.pass_closing",
        Move::AgreeClosing => "case.agree_closing",
        Move::Enter => "case.enter",
        Move::Terminate => "case.terminate",
        Move::Serve => "case.serve",
        Move::Archive => "case.archive",
    }
}
