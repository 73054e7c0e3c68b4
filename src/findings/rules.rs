//! PURE. The way of a finding, as one table: who may do which step from which state, and
//! the sentences in which a page says so. Only a confirmed finding counts.

use chrono::{NaiveDate, NaiveTime};

use crate::plan::dictionaries::{FindingKind, VenueKind};
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::money::in_sentence;
use crate::plan::time::month_and_day;
use crate::plan::{Clause, Programme};
use crate::subsidy::explain::clause_of;
use crate::web::permissions::{Action, Reach, Role, reach};

dictionary! {
    /// Where a finding stands (考核扣款单).
    Status {
        /// Proposed with its evidence; the person need not know yet.
        Proposed = "proposed", "拟扣";
        /// The person was told and may object.
        Told = "told", "已告知";
        /// The person objected; an answer is due.
        Objected = "objected", "有异议";
        /// It counts.
        Confirmed = "confirmed", "已认定";
        /// It does not count.
        Revoked = "revoked", "已撤销";
    }
}

impl Status {
    /// Whether something is still to be done about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Told | Self::Objected)
    }
}

dictionary! {
    /// What can be done with a finding.
    Step {
        Tell = "tell", "告知本人";
        Object = "object", "提出异议";
        Confirm = "confirm", "认定";
        Revoke = "revoke", "撤销";
        Withdraw = "withdraw", "撤回";
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What is done.
    pub step: Step,
    /// From which states.
    pub from: &'static [Status],
    /// To which state it leads.
    pub to: Status,
    /// The permission it needs.
    pub needs: Action,
    /// What limits it further, for the reader.
    pub limit: &'static str,
}

/// PROPOSED → TOLD → (OBJECTED) → CONFIRMED or REVOKED.
pub const TABLE: &[Rule] = &[
    Rule {
        step: Step::Tell,
        from: &[Status::Proposed],
        to: Status::Told,
        needs: Action::TellFinding,
        limit: "写明事实、依据和金额，告知后本人才能提出异议",
    },
    Rule {
        step: Step::Object,
        from: &[Status::Told],
        to: Status::Objected,
        needs: Action::ObjectFinding,
        limit: "只有本人可以提出，限于告知后的异议期内",
    },
    Rule {
        step: Step::Confirm,
        from: &[Status::Told, Status::Objected],
        to: Status::Confirmed,
        needs: Action::DecideFinding,
        limit: "由提出人以外的人认定；有异议的须书面答复，异议期未满的须写明理由",
    },
    Rule {
        step: Step::Revoke,
        from: &[Status::Proposed, Status::Told, Status::Objected, Status::Confirmed],
        to: Status::Revoked,
        needs: Action::DecideFinding,
        limit: "须写明理由；已认定的由认定人以外的人撤销",
    },
    Rule {
        step: Step::Withdraw,
        from: &[Status::Proposed],
        to: Status::Revoked,
        needs: Action::ProposeFinding,
        limit: "提出人在告知本人之前可以撤回，须写明理由",
    },
];

/// The row of a step.
fn rule_of(step: Step) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.step == step)
}

/// What a decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// Where the finding stands.
    pub status: Status,
    /// The person concerned.
    pub person: i64,
    /// The account that proposed it; `None` for the system.
    pub proposed_by: Option<i64>,
    /// The account that decided it.
    pub decided_by: Option<i64>,
    /// A54: the last day of the objection.
    pub objection_until: Option<NaiveDate>,
}

/// Who wants to act.
#[derive(Debug, Clone, Copy)]
pub struct Mover {
    /// The account.
    pub account: i64,
    /// Its role.
    pub role: Role,
    /// The duty-bank entry of a duty person.
    pub person: Option<i64>,
}

/// Whether a step may be done now, and what must be written with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may; a note is free.
    Allowed,
    /// It may with a note; the text says what the note must give.
    WithNote(&'static str),
    /// It may not; the text says why.
    Refused(String),
}

/// Looks the step up in the table and at what limits it.
#[must_use]
pub fn judge(step: Step, at: &Situation, who: &Mover, today: NaiveDate) -> Verdict {
    let Some(rule) = rule_of(step) else {
        return Verdict::Refused("没有这一步骤。".to_owned());
    };
    if reach(who.role, rule.needs).is_none() {
        return Verdict::Refused(format!("“{}”不在“{}”的权限之内。", step.label(), who.role.label()));
    }
    if !rule.from.contains(&at.status) {
        return Verdict::Refused(out_of_turn(rule, at.status));
    }
    match step {
        Step::Tell => Verdict::Allowed,
        Step::Object => judge_objection(at, who, today),
        Step::Confirm => judge_confirmation(at, who, today),
        Step::Revoke if at.status == Status::Confirmed && at.decided_by == Some(who.account) => {
            Verdict::Refused("这项由您认定，撤销须由另一人办理。".to_owned())
        }
        Step::Revoke => Verdict::WithNote("请写明撤销的理由"),
        Step::Withdraw if at.proposed_by != Some(who.account) => Verdict::Refused("只有提出人可以撤回。".to_owned()),
        Step::Withdraw => Verdict::WithNote("请写明撤回的理由"),
    }
}

/// The states name what has to come first.
fn out_of_turn(rule: &Rule, status: Status) -> String {
    match (rule.step, status) {
        (Step::Confirm, Status::Proposed) => "还没有告知本人，不能认定。请先告知本人，听取异议。".to_owned(),
        (Step::Object, Status::Objected) => "异议已经提出，正在等待答复。".to_owned(),
        (_, Status::Confirmed) => format!("这项已经认定，不能再{}。", rule.step.label()),
        (_, Status::Revoked) => format!("这项已经撤销，不能再{}。", rule.step.label()),
        _ => format!("这项现在是“{}”，不能{}。", status.label(), rule.step.label()),
    }
}

/// A54: only the person concerned, and only while the period runs.
fn judge_objection(at: &Situation, who: &Mover, today: NaiveDate) -> Verdict {
    if who.person != Some(at.person) {
        return Verdict::Refused("只有本人可以提出异议。".to_owned());
    }
    match at.objection_until {
        Some(last) if today > last => {
            Verdict::Refused(format!("异议期已于{}截止。如有新的事实，请向司法局经办人反映。", month_and_day(last)))
        }
        _ => Verdict::WithNote("请写明异议的事实和理由"),
    }
}

/// Four eyes; an objection is answered in writing; A54: the period is not cut short without a reason.
fn judge_confirmation(at: &Situation, who: &Mover, today: NaiveDate) -> Verdict {
    if at.proposed_by == Some(who.account) {
        return Verdict::Refused("这项由您提出，须由另一人认定。".to_owned());
    }
    if at.status == Status::Objected {
        return Verdict::WithNote("请答复本人的异议，写明核实情况");
    }
    match at.objection_until {
        Some(last) if today <= last => Verdict::WithNote("异议期未满，请写明现在认定的理由，如本人已表示无异议"),
        _ => Verdict::Allowed,
    }
}

/// A step as the page shows it: whether this reader may do it, or who may.
#[derive(Debug, Clone)]
pub struct NextStep {
    /// The step.
    pub step: Step,
    /// What holds for this reader.
    pub verdict: Verdict,
    /// The roles that may, in words.
    pub by: String,
    /// What limits it.
    pub limit: &'static str,
}

impl NextStep {
    /// The code of the step, for addresses.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.step.code()
    }

    /// Whether the reader may do it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.verdict, Verdict::Refused(_))
    }

    /// Why not; empty where it may be done.
    #[must_use]
    pub fn refusal(&self) -> &str {
        match &self.verdict {
            Verdict::Refused(text) => text,
            Verdict::Allowed | Verdict::WithNote(_) => "",
        }
    }

    /// What the note must say; empty where none is needed.
    #[must_use]
    pub fn note(&self) -> &'static str {
        match self.verdict {
            Verdict::WithNote(text) => text,
            Verdict::Allowed | Verdict::Refused(_) => "",
        }
    }
}

/// Every step that leads on from here.
#[must_use]
pub fn next_steps(at: &Situation, who: &Mover, today: NaiveDate) -> Vec<NextStep> {
    TABLE
        .iter()
        .filter(|rule| rule.from.contains(&at.status))
        // A withdrawal is only of interest to the one who proposed.
        .filter(|rule| rule.step != Step::Withdraw || at.proposed_by == Some(who.account))
        .map(|rule| NextStep {
            step: rule.step,
            verdict: judge(rule.step, at, who, today),
            by: roles_for(rule.needs),
            limit: rule.limit,
        })
        .collect()
}

/// The roles that hold a permission: 「站点工作人员（本服务点）、司法局经办人」.
fn roles_for(action: Action) -> String {
    let named = Role::ALL.iter().filter_map(|role| {
        Some(match reach(*role, action)? {
            Reach::Own | Reach::Assigned => format!("{}（本人）", role.label()),
            Reach::Venue => format!("{}（本服务点）", role.label()),
            Reach::Bureau => role.label().to_owned(),
        })
    });
    named.collect::<Vec<_>>().join("、")
}

/// What a finding costs, with its clause.
#[derive(Debug, Clone)]
pub struct Cost {
    /// The clause.
    pub clause: Clause,
    /// Yuan; `None` where the day's pay is cancelled, whatever it is.
    pub amount: Option<rust_decimal::Decimal>,
    /// A sentence.
    pub text: String,
}

/// The cost of one finding of a kind at a venue of a kind, before the shift's pay limits it (A15).
#[must_use]
pub fn cost(programme: &Programme, kind: FindingKind, venue: VenueKind) -> Cost {
    let amount = match kind {
        FindingKind::Late => Some(programme.late_deduction),
        FindingKind::EarlyLeave => Some(programme.early_leave_deduction),
        FindingKind::RecordDefect => Some(programme.record_defect_deduction),
        FindingKind::Dissatisfied => Some(programme.dissatisfied_deduction),
        FindingKind::OffPost => Some(programme.off_post_deduction(venue)),
        FindingKind::FalseDuty => None,
    };
    let text = match (kind, amount) {
        (FindingKind::OffPost, Some(amount)) => {
            format!("每次扣{}；当月满{}次的，当月值班补贴不予发放。", in_sentence(amount), programme.off_post_threshold)
        }
        (_, Some(amount)) => format!("每次扣{}，以本班次补贴为限。", in_sentence(amount)),
        (_, None) => "取消当天全部值班补贴，并另行办理通报批评。".to_owned(),
    };
    Cost { clause: clause_of(kind), amount, text }
}

/// The shift as far as a proposal looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Presence {
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// The break.
    pub pause: Option<(NaiveTime, NaiveTime)>,
    /// When the person signed in.
    pub signed_in: Option<NaiveTime>,
    /// When the person signed out.
    pub signed_out: Option<NaiveTime>,
}

/// A18: off post is who signed in and was away at a roll-call; time before the sign-in and after the sign-out is late
/// and early instead, and who never came was not on duty at all. The text says what to do.
///
/// # Errors
/// Why an absence at that time is not one from post.
pub fn absence_from_post(shift: &Presence, at: NaiveTime) -> Result<(), String> {
    let clock = |time: NaiveTime| time.format("%H:%M").to_string();
    if at < shift.starts_at || at >= shift.ends_at {
        return Err(format!("点名时间不在班次之内，该班次为{}至{}。", clock(shift.starts_at), clock(shift.ends_at)));
    }
    if shift.pause.is_some_and(|(from, to)| from <= at && at < to) {
        return Err("点名时间在午休之内，不属于值班时间。".to_owned());
    }
    match (shift.signed_in, shift.signed_out) {
        (None, _) => Err("该班次没有签到，未到岗的请按“值班日不在岗或虚假值班”提出，一次缺岗只认定一种。".to_owned()),
        (Some(came), _) if at < came => {
            Err(format!("{}才签到，点名时尚未到岗，已按迟到处理，一次缺岗只认定一种。", clock(came)))
        }
        (_, Some(left)) if at >= left => {
            Err(format!("{}已签退，此后离岗已按早退处理，一次缺岗只认定一种。", clock(left)))
        }
        _ => Ok(()),
    }
}

/// A18: the occurrences of the two kinds on one shift; whether a new one is the same absence.
/// An empty time of a false duty stands for the whole shift.
///
/// # Errors
/// Which kind is already there.
pub fn one_absence_one_kind(kind: FindingKind, at: &str, known: &[(FindingKind, String)]) -> Result<(), String> {
    for (other, other_at) in known {
        let same = at == other_at || at.is_empty() || other_at.is_empty();
        match (kind, *other) {
            (FindingKind::OffPost, FindingKind::FalseDuty) | (FindingKind::FalseDuty, FindingKind::OffPost) if same => {
                return Err(format!(
                    "该班次已有“{}”事项。一次缺岗只认定一种：签到后抽查不在的为脱岗，未到岗或代签的为不在岗；如认定有误，请先撤销原事项。",
                    other.label()
                ));
            }
            (FindingKind::FalseDuty, FindingKind::FalseDuty) => {
                return Err("该班次已有“值班日不在岗或虚假值班”事项，当天补贴只取消一次。".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A09: the key of a matter that is no stored consultation: the same words are the same matter,
/// however they were spaced or typed.
#[must_use]
pub fn matter_key(typed: &str) -> String {
    let plain: String = crate::plan::money::half_width(typed).chars().filter(|c| !c.is_whitespace()).collect();
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn situation(status: Status) -> Situation {
        Situation {
            status,
            person: 7,
            proposed_by: Some(1),
            decided_by: Some(3),
            objection_until: Some(date("2024-05-13")),
        }
    }

    fn mover(account: i64, role: Role) -> Mover {
        Mover { account, role, person: (role == Role::DutyPerson).then_some(7) }
    }

    /// The table as drawn: for each state, which role may do which step.
    #[test]
    fn the_table_reads_as_the_rules_say() {
        let mut drawn = String::new();
        for status in Status::ALL {
            for step in Step::ALL {
                let may: Vec<_> = Role::ALL
                    .iter()
                    .filter(|role| {
                        let verdict = judge(*step, &situation(*status), &mover(2, **role), date("2024-05-14"));
                        !matches!(verdict, Verdict::Refused(_))
                    })
                    .map(|role| role.code())
                    .collect();
                if !may.is_empty() {
                    drawn.push_str(&format!("{} {} {}\n", status.code(), step.code(), may.join(",")));
                }
            }
        }
        insta::assert_snapshot!(drawn, @r"
        proposed tell venue_staff,bureau_clerk,legal_aid_staff
        proposed revoke bureau_clerk,approver
        told confirm bureau_clerk,approver
        told revoke bureau_clerk,approver
        objected confirm bureau_clerk,approver
        objected revoke bureau_clerk,approver
        confirmed revoke bureau_clerk,approver
        ");
    }

    #[test]
    fn nobody_confirms_what_they_proposed_nor_before_the_person_was_told() {
        let late = date("2024-05-14");
        let own = judge(Step::Confirm, &situation(Status::Told), &mover(1, Role::BureauClerk), late);
        assert_eq!(own, Verdict::Refused("这项由您提出，须由另一人认定。".to_owned()));
        let untold = judge(Step::Confirm, &situation(Status::Proposed), &mover(2, Role::Approver), late);
        assert!(matches!(untold, Verdict::Refused(text) if text.contains("还没有告知本人")));
        let twice = judge(Step::Revoke, &situation(Status::Confirmed), &mover(3, Role::Approver), late);
        assert!(matches!(twice, Verdict::Refused(text) if text.contains("另一人")));
    }

    #[test]
    fn a54_the_objection_has_its_days_and_its_answer() {
        let person = mover(9, Role::DutyPerson);
        let told = situation(Status::Told);
        assert!(matches!(judge(Step::Object, &told, &person, date("2024-05-13")), Verdict::WithNote(_)));
        assert!(matches!(judge(Step::Object, &told, &person, date("2024-05-14")), Verdict::Refused(_)));
        let other = Mover { person: Some(8), ..person };
        assert!(matches!(judge(Step::Object, &told, &other, date("2024-05-13")), Verdict::Refused(_)));
        let approver = mover(2, Role::Approver);
        assert!(matches!(judge(Step::Confirm, &told, &approver, date("2024-05-13")), Verdict::WithNote(_)));
        assert_eq!(judge(Step::Confirm, &told, &approver, date("2024-05-14")), Verdict::Allowed);
        let objected = situation(Status::Objected);
        assert!(matches!(judge(Step::Confirm, &objected, &approver, date("2024-05-14")), Verdict::WithNote(_)));
    }

    #[test]
    fn a18_an_absence_is_of_one_kind() {
        let shift = Presence {
            starts_at: time("08:00:00"),
            ends_at: time("18:00:00"),
            pause: Some((time("12:00:00"), time("14:00:00"))),
            signed_in: Some(time("08:20:00")),
            signed_out: Some(time("17:00:00")),
        };
        assert_eq!(absence_from_post(&shift, time("10:00:00")), Ok(()));
        for (at, why) in [("07:59:00", "不在班次"), ("12:30:00", "午休"), ("08:10:00", "迟到"), ("17:30:00", "早退")]
        {
            assert!(absence_from_post(&shift, time(at)).unwrap_err().contains(why), "{at}");
        }
        let absent = Presence { signed_in: None, signed_out: None, ..shift };
        assert!(absence_from_post(&absent, time("10:00:00")).unwrap_err().contains("没有签到"));

        let off_post = [(FindingKind::OffPost, "10:00".to_owned())];
        assert!(one_absence_one_kind(FindingKind::FalseDuty, "10:00", &off_post).is_err());
        assert!(one_absence_one_kind(FindingKind::FalseDuty, "", &off_post).is_err());
        assert!(one_absence_one_kind(FindingKind::FalseDuty, "15:00", &off_post).is_ok());
        assert!(one_absence_one_kind(FindingKind::OffPost, "11:00", &off_post).is_ok());
        let false_duty = [(FindingKind::FalseDuty, String::new())];
        assert!(one_absence_one_kind(FindingKind::OffPost, "10:00", &false_duty).is_err());
        assert!(one_absence_one_kind(FindingKind::FalseDuty, "15:00", &false_duty).is_err());
    }

    #[test]
    fn a09_the_same_words_are_the_same_matter() {
        assert_eq!(matter_key(" 投诉 第３号 "), matter_key("投诉第3号"));
    }

    #[test]
    fn the_cost_of_each_kind_stands_in_the_programme() {
        let plan = Programme::gaoping_2024();
        let of = |kind, venue| cost(&plan, kind, venue).amount.map(|amount| amount.to_string());
        assert_eq!(of(FindingKind::OffPost, VenueKind::Station).as_deref(), Some("150.00"));
        assert_eq!(of(FindingKind::OffPost, VenueKind::ServiceCentre).as_deref(), Some("100.00"));
        assert_eq!(of(FindingKind::FalseDuty, VenueKind::Station), None);
        assert!(cost(&plan, FindingKind::OffPost, VenueKind::Station).text.contains("满3次"));
    }
}
