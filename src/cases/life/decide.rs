//! What a step is decided on: the plan, the calendar, and the facts of the case.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate};
use sqlx::PgConnection;

use super::dossier::{CommonRow, Dossier};
use super::store;
use crate::cases::clocks::{self, Clock};
use crate::cases::closing::rules::ClosingWay;
use crate::cases::documents::Kind;
use crate::cases::documents::rules as papers;
use crate::cases::documents::rules::document_number;
use crate::cases::eligibility::rules::{self as eligibility, Meaning, Other, Proof};
use crate::cases::rules::eligibility as programme_eligibility;
use crate::cases::states::State;
use crate::cases::states::rules::Facts;
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::programme::Programme;
use crate::plan::time::at;
use crate::web::work::Work;

pub(super) const CHANGED_MEANWHILE: &str = "这个案件刚刚被别人改过，您的内容没有保存。请刷新页面，核对后重新办理。";

/// The plan and the calendar by which a case is decided.
#[derive(Debug)]
pub(super) struct Frame {
    year: i32,
    programme: Option<Programme>,
    pub(super) calendar: Calendar,
    county: char,
}

impl Frame {
    pub(super) async fn load(conn: &mut PgConnection, bureau: i64, day: NaiveDate) -> Result<Frame, AppError> {
        let programme = crate::cases::db::programme_for(conn, bureau, day.year()).await?;
        let calendar = crate::programmes::db::calendar(conn).await?;
        let county = crate::cases::db::county(conn, bureau).await?;
        Ok(Frame { year: day.year(), programme, calendar, county })
    }

    pub(super) fn programme(&self) -> Result<&Programme, AppError> {
        self.programme.as_ref().ok_or_else(|| {
            AppError::refused(format!(
                "{}年度的实施方案还没有建立，不能判断案件是否属于惠民工程；请先由司法局经办人建立方案。",
                self.year
            ))
        })
    }

    pub(super) fn county(&self) -> char {
        self.county
    }
}

/// 高法援字〔2024〕001号: after the highest of the register and of the cases lived here.
pub(super) async fn case_number(work: &mut Work, bureau: i64, county: char, year: i32) -> Result<String, AppError> {
    let prefix = format!("{county}法援字〔{year}〕");
    let highest = store::highest_registered(work.conn(), bureau, &prefix).await?;
    if highest > 0 {
        store::lift_number(work.conn(), bureau, year, "", highest).await?;
    }
    let next = store::next_number(work.conn(), bureau, year, "").await?;
    Ok(document_number(county, "", year, next))
}

/// Starts a clock on a day. Limits in hours start with the work itself, or at this hour of an
/// earlier day.
pub(super) async fn start(
    work: &mut Work,
    bureau: i64,
    case: i64,
    frame: &Frame,
    clock: Clock,
    started_on: NaiveDate,
    set: Option<NaiveDate>,
) -> Result<NaiveDate, AppError> {
    let instant = if started_on == work.today() { work.now } else { at(started_on, work.now.time()) };
    start_at(work, bureau, case, frame, clock, (started_on, instant), set).await
}

/// Starts a clock at an instant.
pub(super) async fn start_at(
    work: &mut Work,
    bureau: i64,
    case: i64,
    frame: &Frame,
    clock: Clock,
    (started_on, instant): (NaiveDate, DateTime<FixedOffset>),
    set: Option<NaiveDate>,
) -> Result<NaiveDate, AppError> {
    let due = clocks::rules::due(clock, frame.programme.as_ref(), &frame.calendar, started_on, instant, set)
        .map_err(|error| AppError::refused(format!("{error}；请先由司法局经办人录入工作日历。")))?;
    store::start_clock(work.conn(), bureau, case, clock, started_on, due).await?;
    Ok(due.on)
}

/// A common case as the rules see it.
#[must_use]
pub(super) fn other(row: &CommonRow) -> Other {
    let over = matches!(
        row.state,
        State::Refused | State::Withdrawn | State::DeemedWithdrawn | State::NotOurs | State::Terminated | State::Draft
    );
    Other {
        number: row.number.clone(),
        href: format!("/cases/{}", row.id),
        same_recipient: row.same_recipient,
        same_opponent: row.same_opponent,
        crossed: row.crossed,
        same_kind: false,
        linked: row.linked,
        live: !over,
    }
}

/// The case's duplicate in words, if there is one.
fn duplicate(case: &Dossier, common: &[CommonRow]) -> Option<String> {
    common.iter().find_map(|row| {
        let other = Other { same_kind: row.kind == case.kind, ..other(row) };
        (eligibility::meaning(&other) == Some(Meaning::Duplicate)).then(|| other.words()).flatten()
    })
}

/// All common cases with their meaning in words.
#[must_use]
pub(super) fn common_words(case: &Dossier, common: &[CommonRow]) -> Vec<(String, String, bool)> {
    common
        .iter()
        .filter_map(|row| {
            let other = Other { same_kind: row.kind == case.kind, ..other(row) };
            let grave = matches!(eligibility::meaning(&other), Some(Meaning::Duplicate | Meaning::Conflict));
            Some((other.words()?, other.href, grave))
        })
        .collect()
}

/// Whether the case would be one of the programme as things stand, and why not.
pub(super) fn programme_now(case: &Dossier, programme: &Programme) -> (bool, String) {
    let groups = case.group_set();
    let proofs = case.application.as_ref().map(|it| it.proof_set()).unwrap_or_default();
    let unproved = eligibility::unproved(&groups, &proofs);
    let proved = groups.iter().copied().filter(|group| !unproved.contains(group)).collect();
    let found = programme_eligibility(programme, case.kind, case.basis, &proved);
    (found.programme_case, found.reason)
}

/// The facts of a case for whoever acts.
pub(super) fn facts(
    case: &Dossier,
    common: &[CommonRow],
    programme: Option<&Programme>,
    actor: i64,
    today: NaiveDate,
) -> Facts {
    let application = case.application.as_deref();
    let closing = case.closing.as_deref();
    let groups = case.group_set();
    let proofs = application.map(|it| it.proof_set()).unwrap_or_default();
    let mut application_missing = Vec::new();
    if let Some(it) = application {
        for (value, name) in [
            (&it.name, "姓名"),
            (&it.id_number_mask, "身份证号"),
            (&it.phone_mask, "联系电话"),
            (&case.cause, "案由"),
            (&it.facts, "案情及理由"),
            (&it.request, "请求事项"),
        ] {
            if value.is_empty() {
                application_missing.push(name);
            }
        }
    }
    let way = closing.and_then(|it| ClosingWay::from_code(&it.way));
    let required = papers::required(case.kind, way.is_none_or(ClosingWay::heard));
    let missing = |kinds: &[Kind]| -> Vec<&'static str> {
        kinds.iter().filter(|kind| !case.has(**kind)).map(|kind| kind.label()).collect()
    };
    let file_missing = missing(&required);
    let items_failed = required
        .iter()
        .filter(|kind| closing.and_then(|it| it.items.get(kind.code())).is_none_or(|result| result != "ok"))
        .map(|kind| kind.label().to_owned())
        .collect();
    let mut report_missing = Vec::new();
    match closing {
        None => report_missing.push("结案报告"),
        Some(it) => {
            if it.summary.is_empty() {
                report_missing.push("结果摘要");
            }
            if way.is_none() {
                report_missing.push("结案方式");
            }
        }
    }
    let terminated = case.terminated_on.is_some();
    let mut volume_missing = missing(&papers::required_to_archive(case.basis, terminated));
    if !terminated {
        volume_missing.extend(&file_missing);
    }
    let programme_fault = programme.filter(|_| case.programme_case).and_then(|programme| {
        let (still, reason) = programme_now(case, programme);
        (!still).then(|| format!("立案时计为惠民工程案件，现在不符合：{reason}；请先补齐证明或者更正群体"))
    });
    Facts {
        application_missing,
        identity_shown: case.has(Kind::Identity)
            || [Proof::IdCard, Proof::HouseholdRegister].iter().any(|proof| proofs.contains(proof)),
        supplements: application.map_or(0, |it| it.supplements),
        supplement_overdue: case.running(Clock::Supplement).is_some_and(|clock| today > clock.due_on),
        cooperating: case.state == State::Accepted
            && case.running(Clock::Review).is_some_and(|clock| clock.paused_on.is_some()),
        scope_named: application.is_some_and(|it| it.scope().is_some()),
        means_settled: application.is_some_and(|it| it.means().allows()),
        unproved: eligibility::unproved(&groups, &proofs).iter().map(|group| group.label()).collect(),
        duplicate: duplicate(case, common),
        actor_reviewed: application.is_some_and(|it| it.reviewed_by == Some(actor)),
        actor_handles: case.handler_account == Some(actor),
        aid_first_ground: application.is_some_and(|it| {
            it.limitation_on.is_some_and(|on| (on - today).num_days() < 7) || it.facts.contains("保全")
        }),
        aid_first_open: case.granted_on.is_none() && case.basis == crate::plan::dictionaries::Basis::Application,
        objection_over: case.running(Clock::Object).is_none_or(|clock| today > clock.due_on),
        handler_accepted: case.assignment().is_some_and(|it| it.accepted_at.is_some()),
        agreement_filed: case.has(Kind::Agreement),
        report_missing,
        file_missing,
        items_failed,
        closing_passed: closing.is_some_and(|it| it.reviewed_by.is_some()),
        actor_passed: closing.is_some_and(|it| it.reviewed_by == Some(actor)),
        programme_fault,
        entered: case.entered_on.is_some(),
        objection_open: case.running(Clock::DecideObjection).is_some(),
        objection_until: case.running(Clock::Object).map(|clock| clock.due_on).filter(|due| today <= *due),
        volume_missing,
    }
}
