//! PURE. The way of a month as one table: 计算 → 审批 → 发放, each by somebody else.

use crate::plan::dictionary::{Dictionary as _, dictionary};
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
    /// What can be done with a month.
    Step {
        Calculate = "calculate", "计算";
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
            Self::Calculate => Action::CalculateSettlement,
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
        (Step::Return | Step::Approve | Step::Pay, None) => Err("这个月还没有计算。".to_owned()),
        (Step::Return | Step::Approve, Some(Status::Calculated)) => {
            if at.calculated_by == mine {
                Err("这个月由您计算，须由另一人审批。".to_owned())
            } else if at.returned {
                Err("这个月已经退回，请等经办人重新计算。".to_owned())
            } else {
                Ok(())
            }
        }
        (Step::Return | Step::Approve, Some(Status::Approved | Status::Paid)) => {
            Err("这个月已经审批过，请刷新页面查看。".to_owned())
        }
        (Step::Pay, Some(Status::Calculated)) => Err("这个月还没有审批，不能发放。".to_owned()),
        (Step::Pay, Some(Status::Paid)) => Err("这个月已经发放，不能重复发放。".to_owned()),
        (Step::Pay, Some(Status::Approved)) => {
            if at.calculated_by == mine || at.approved_by == mine {
                Err("您办理过这个月的计算或审批，须由另一人发放。".to_owned())
            } else {
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_three_people() {
        let calculated = Situation {
            status: Some(Status::Calculated),
            calculated_by: Some(1),
            ..Situation::default()
        };
        assert!(judge(Step::Approve, &calculated, 1, Role::Approver).is_err());
        assert!(judge(Step::Approve, &calculated, 2, Role::Approver).is_ok());
        assert!(judge(Step::Approve, &calculated, 2, Role::BureauClerk).is_err());
        assert!(judge(Step::Pay, &calculated, 3, Role::Finance).is_err());
        let approved = Situation {
            status: Some(Status::Approved),
            calculated_by: Some(1),
            approved_by: Some(2),
            returned: false,
        };
        for account in [1, 2] {
            assert!(judge(Step::Pay, &approved, account, Role::Finance).is_err());
        }
        assert!(judge(Step::Pay, &approved, 3, Role::Finance).is_ok());
        assert!(judge(Step::Calculate, &approved, 1, Role::BureauClerk).is_err());
    }

    #[test]
    fn a_returned_month_waits_for_its_clerk() {
        let returned = Situation {
            status: Some(Status::Calculated),
            calculated_by: Some(1),
            approved_by: None,
            returned: true,
        };
        assert!(judge(Step::Approve, &returned, 2, Role::Approver).is_err());
        assert!(judge(Step::Calculate, &returned, 1, Role::BureauClerk).is_ok());
    }
}
