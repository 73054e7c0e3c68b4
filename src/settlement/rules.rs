//! PURE. The way of a month as one table: 齐报 → 计算 → 告知 → 复核 → 审批 → 发放 → 锁定, and who may take which step.

use chrono::NaiveDate;

use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::time::chinese_date;
use crate::web::permissions::{Action, Role, reach};

dictionary! {
    /// Where a calculated month stands.
    Status {
        /// Calculated, waiting for approval; can be calculated again.
        Calculated = "calculated", "待审批";
        /// Approved and frozen, waiting for payment.
        Approved = "approved", "待发放";
        /// Paid.
        Paid = "paid", "已发放";
    }
}

dictionary! {
    /// How far a month has come, from the first report to the closed books.
    Stage {
        /// Some venue has not reported.
        Open = "open", "上报中";
        /// Every venue with shifts has reported.
        Collected = "collected", "已齐报";
        /// Calculated and sent back: to be calculated again.
        Calculated = "calculated", "已计算";
        /// Everybody concerned sees their lines and may object (A54).
        Notified = "notified", "已告知";
        /// The clerk has looked at it again.
        Reviewed = "reviewed", "已复核";
        /// Approved and frozen.
        Approved = "approved", "已审批";
        /// Paid.
        Paid = "paid", "已发放";
        /// Paid in a period that the books have closed.
        Locked = "locked", "已锁定";
    }
}

/// What brings a month to a stage: by whom, and under which condition.
#[derive(Debug, Clone, Copy)]
pub struct StageRow {
    /// The stage that is reached.
    pub stage: Stage,
    /// Its step on the board.
    pub label: &'static str,
    /// Who brings it there.
    pub by: &'static str,
    /// What it needs.
    pub needs: &'static str,
}

const fn row(stage: Stage, label: &'static str, by: &'static str, needs: &'static str) -> StageRow {
    StageRow { stage, label, by, needs }
}

/// The way of a month; the board draws its steps from here.
pub const STAGES: &[StageRow] = &[
    row(Stage::Collected, "齐报", "各服务点", "各服务点审定并上报考勤"),
    row(Stage::Calculated, "计算", "司法局经办人", "全部上报、班次值完，资料没有缺漏"),
    row(Stage::Notified, "告知", "系统", "算出后本人即可查看明细、提出异议（A54）"),
    row(Stage::Reviewed, "复核", "司法局经办人", "异议期结束；提前复核须写明理由，有异议的人暂缓，其他人照发"),
    row(Stage::Approved, "审批", "审批人", "复核以后，由另一人审批；审批时重算一遍，必须一致"),
    row(Stage::Paid, "发放", "财务人员", "由第三人办理，资金充足"),
    row(Stage::Locked, "锁定", "财务人员", "发放所在月份的资金账结账；之后的更正计入下一个未结月份（A27）"),
];

/// What tells how far a month has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Every venue with shifts has reported.
    pub collected: bool,
    /// Where the calculation stands.
    pub status: Option<Status>,
    /// It was sent back and not calculated again since.
    pub returned: bool,
    /// It was reviewed since.
    pub reviewed: bool,
    /// The books of its payment are closed.
    pub locked: bool,
}

/// The stage of a month.
#[must_use]
pub fn stage(at: &Progress) -> Stage {
    match at.status {
        None if at.collected => Stage::Collected,
        None => Stage::Open,
        Some(Status::Calculated) if at.returned => Stage::Calculated,
        Some(Status::Calculated) if at.reviewed => Stage::Reviewed,
        Some(Status::Calculated) => Stage::Notified,
        Some(Status::Approved) => Stage::Approved,
        Some(Status::Paid) if at.locked => Stage::Locked,
        Some(Status::Paid) => Stage::Paid,
    }
}

/// A54: the review waits for the end of the window, unless a reason is given.
///
/// # Errors
/// Why not, in words.
pub fn may_review(until: Option<NaiveDate>, today: NaiveDate, note: &str) -> Result<(), String> {
    match until {
        Some(until) if today <= until && note.is_empty() => Err(format!(
            "异议期到{}结束（A54）。现在复核请写明提前的理由；期限内提出的异议仍然有效，有异议的人暂缓发放。",
            chinese_date(until)
        )),
        _ => Ok(()),
    }
}

dictionary! {
    /// What can be done with a month.
    Step {
        Calculate = "calculate", "计算";
        Review = "review", "复核";
        Return = "return", "退回";
        Approve = "approve", "审批";
        Pay = "pay", "发放";
    }
}

impl Step {
    /// The permission it needs.
    #[must_use]
    pub fn needs(self) -> Action {
        match self {
            Self::Calculate | Self::Review => Action::CalculateSettlement,
            Self::Return | Self::Approve => Action::ApproveSettlement,
            Self::Pay => Action::PaySettlement,
        }
    }
}

/// What a decision looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Situation {
    /// Where the month stands; `None` before its first calculation.
    pub status: Option<Status>,
    /// Who calculated it.
    pub calculated_by: Option<i64>,
    /// Who reviewed it.
    pub reviewed_by: Option<i64>,
    /// Who approved it.
    pub approved_by: Option<i64>,
    /// It was sent back and not calculated again since.
    pub returned: bool,
}

/// Whether an account may take a step now. The database's constraints say the same.
///
/// # Errors
/// Why not, in words.
pub fn judge(step: Step, at: &Situation, account: i64, role: Role) -> Result<(), String> {
    if reach(role, step.needs()).is_none() {
        return Err(format!("“{}”不在“{}”的权限之内。", step.needs().label(), role.label()));
    }
    let mine = Some(account);
    match (step, at.status) {
        (Step::Calculate, None | Some(Status::Calculated)) => Ok(()),
        (Step::Calculate, Some(Status::Approved | Status::Paid)) => {
            Err("这个月已经审批，不能重新计算。之后认定的扣款事项计入下一个未结月份。".to_owned())
        }
        (Step::Review | Step::Return | Step::Approve | Step::Pay, None) => Err("这个月还没有计算。".to_owned()),
        (Step::Review, Some(Status::Calculated)) => {
            if at.returned {
                Err("这个月已经退回，请先重新计算，再复核。".to_owned())
            } else if at.reviewed_by.is_some() {
                Err("这个月已经复核，等待审批人审批。".to_owned())
            } else {
                Ok(())
            }
        }
        (Step::Return | Step::Approve, Some(Status::Calculated)) => {
            if at.calculated_by == mine || at.reviewed_by == mine {
                Err("这个月由您计算或复核，须由另一人审批。".to_owned())
            } else if at.returned {
                Err("这个月已经退回，请等经办人重新计算。".to_owned())
            } else if step == Step::Approve && at.reviewed_by.is_none() {
                Err("这个月还没有复核。请经办人在异议期结束后复核，再送审批。".to_owned())
            } else {
                Ok(())
            }
        }
        (Step::Review | Step::Return | Step::Approve, Some(Status::Approved | Status::Paid)) => {
            Err("这个月已经审批过，请刷新页面查看。".to_owned())
        }
        (Step::Pay, Some(Status::Calculated)) => Err("这个月还没有审批，不能发放。".to_owned()),
        (Step::Pay, Some(Status::Paid)) => Err("这个月已经发放，不能重复发放。".to_owned()),
        (Step::Pay, Some(Status::Approved)) => {
            if [at.calculated_by, at.reviewed_by, at.approved_by].contains(&mine) {
                Err("您办理过这个月的计算、复核或审批，须由另一人发放。".to_owned())
            } else {
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculated() -> Situation {
        Situation { status: Some(Status::Calculated), calculated_by: Some(1), ..Situation::default() }
    }

    fn reviewed() -> Situation {
        Situation { reviewed_by: Some(1), ..calculated() }
    }

    #[test]
    fn three_steps_three_people() {
        assert!(judge(Step::Approve, &reviewed(), 1, Role::Approver).is_err());
        assert!(judge(Step::Approve, &reviewed(), 2, Role::Approver).is_ok());
        assert!(judge(Step::Approve, &reviewed(), 2, Role::BureauClerk).is_err());
        assert!(judge(Step::Pay, &reviewed(), 3, Role::Finance).is_err());
        let approved = Situation { status: Some(Status::Approved), approved_by: Some(2), ..reviewed() };
        for account in [1, 2] {
            assert!(judge(Step::Pay, &approved, account, Role::Finance).is_err());
        }
        assert!(judge(Step::Pay, &approved, 3, Role::Finance).is_ok());
        assert!(judge(Step::Calculate, &approved, 1, Role::BureauClerk).is_err());
        let other = Situation { reviewed_by: Some(4), ..reviewed() };
        assert!(judge(Step::Approve, &other, 4, Role::Approver).is_err(), "the reviewer is not the approver");
        assert!(judge(Step::Approve, &other, 1, Role::Approver).is_err(), "nor is who calculated");
        assert!(judge(Step::Approve, &other, 2, Role::Approver).is_ok());
    }

    #[test]
    fn a_returned_month_waits_for_its_clerk() {
        let returned = Situation { returned: true, ..calculated() };
        assert!(judge(Step::Approve, &returned, 2, Role::Approver).is_err());
        assert!(judge(Step::Review, &returned, 1, Role::BureauClerk).is_err());
        assert!(judge(Step::Calculate, &returned, 1, Role::BureauClerk).is_ok());
    }

    #[test]
    fn nothing_is_approved_before_its_review_and_nothing_reviewed_twice() {
        assert!(judge(Step::Approve, &calculated(), 2, Role::Approver).unwrap_err().contains("还没有复核"));
        assert!(judge(Step::Return, &calculated(), 2, Role::Approver).is_ok());
        assert!(judge(Step::Review, &calculated(), 1, Role::BureauClerk).is_ok());
        assert!(judge(Step::Review, &reviewed(), 1, Role::BureauClerk).unwrap_err().contains("已经复核"));
    }

    #[test]
    fn a54_a_review_within_the_window_gives_its_reason() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let until = Some(day("2024-06-06"));
        assert!(may_review(until, day("2024-06-06"), "").unwrap_err().contains("2024年6月6日"));
        assert!(may_review(until, day("2024-06-06"), "10日前须发放").is_ok());
        assert!(may_review(until, day("2024-06-07"), "").is_ok());
    }

    #[test]
    fn every_stage_is_reached_and_each_but_the_first_has_its_row() {
        let at = |status, returned, reviewed, locked| {
            stage(&Progress { collected: true, status, returned, reviewed, locked })
        };
        let reached = [
            stage(&Progress::default()),
            at(None, false, false, false),
            at(Some(Status::Calculated), true, false, false),
            at(Some(Status::Calculated), false, false, false),
            at(Some(Status::Calculated), false, true, false),
            at(Some(Status::Approved), false, true, false),
            at(Some(Status::Paid), false, true, false),
            at(Some(Status::Paid), false, true, true),
        ];
        assert_eq!(reached.as_slice(), Stage::ALL);
        let rows: Vec<Stage> = STAGES.iter().map(|row| row.stage).collect();
        assert_eq!(rows, &Stage::ALL[1..]);
    }
}
