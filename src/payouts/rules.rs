//! PURE. The way of a batch as one table, and what makes a case's subsidy from its facts.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};
use rust_decimal::Decimal;

use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::time::chinese_date;
use crate::plan::{Calendar, Programme};
use crate::subsidy::case_payout::{self, CaseFacts, CasePayout};
use crate::web::permissions::{Action, Role, reach};

dictionary! {
    /// Where a batch stands.
    BatchStatus {
        /// Waiting for approval.
        Prepared = "prepared", "待审批";
        /// Sent back; its preparer dissolves it and prepares another.
        Returned = "returned", "已退回";
        /// Given up; its cases are due again.
        Dissolved = "dissolved", "已撤销";
        /// Waiting for payment.
        Approved = "approved", "待发放";
        /// Paid.
        Paid = "paid", "已发放";
    }
}

dictionary! {
    /// Who else may have paid a case (A39).
    OutsideSource {
        OrdinaryAid = "ordinary_aid", "普通法律援助补贴";
        Lottery = "lottery", "彩票公益金等项目";
        OtherProject = "other_project", "其他项目资金";
    }
}

dictionary! {
    /// Where a request to put a payment off stands.
    ExtensionStatus {
        Asked = "asked", "待审批";
        Granted = "granted", "已同意";
        Refused = "refused", "未同意";
    }
}

dictionary! {
    /// What can be done with a batch.
    Step {
        Return = "return", "退回";
        Dissolve = "dissolve", "撤销";
        Approve = "approve", "审批";
        Pay = "pay", "发放";
    }
}

impl Step {
    /// The permission it needs.
    #[must_use]
    pub fn needs(self) -> Action {
        match self {
            Self::Dissolve => Action::PreparePayouts,
            Self::Return | Self::Approve => Action::ApprovePayouts,
            Self::Pay => Action::PaySettlement,
        }
    }
}

/// What a decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Where the batch stands.
    pub status: BatchStatus,
    /// Who prepared it.
    pub prepared_by: i64,
    /// Who approved it.
    pub approved_by: Option<i64>,
}

/// Whether an account may take a step now. The database's constraints say the same.
///
/// # Errors
/// Why not, in words.
pub fn judge(step: Step, at: &Situation, account: i64, role: Role) -> Result<(), String> {
    use BatchStatus::{Approved, Dissolved, Paid, Prepared, Returned};
    if reach(role, step.needs()).is_none() {
        return Err(format!("“{}”不在“{}”的权限之内。", step.needs().label(), role.label()));
    }
    match (step, at.status) {
        (_, Dissolved) => Err("这个批次已经撤销，其中的案件可以重新编入批次。".to_owned()),
        (Step::Approve | Step::Return, Prepared) if at.prepared_by == account => {
            Err("这个批次由您编制，须由另一人审批。".to_owned())
        }
        (Step::Approve | Step::Return, Prepared) | (Step::Dissolve, Prepared | Returned) | (Step::Pay, Approved)
            if !(step == Step::Pay && (at.prepared_by == account || at.approved_by == Some(account))) =>
        {
            Ok(())
        }
        (Step::Pay, Approved) => Err("您办理过这个批次的编制或审批，须由另一人发放。".to_owned()),
        (Step::Approve | Step::Return, Returned) => Err("这个批次已经退回，请等经办人撤销后重新编制。".to_owned()),
        (Step::Approve | Step::Return, Approved | Paid) => Err("这个批次已经审批过，请刷新页面查看。".to_owned()),
        (Step::Dissolve, Approved) => Err("这个批次已经审批，不能撤销。".to_owned()),
        (Step::Dissolve, Paid) => Err("这个批次已经发放，不能撤销；如有错误，请先冲销付款。".to_owned()),
        (Step::Pay, Prepared | Returned) => Err("这个批次还没有审批，不能发放。".to_owned()),
        (Step::Pay, Paid) => Err("这个批次已经发放，不能重复发放。".to_owned()),
        (Step::Approve | Step::Return | Step::Dissolve, Prepared | Returned) => Err("现在不能办理。".to_owned()),
    }
}

/// What the register and the payments say of a case.
#[derive(Clone, Debug)]
pub struct CaseState {
    /// Kind and stage.
    pub kind: CaseKind,
    /// How it came.
    pub basis: Basis,
    /// The recipient's groups.
    pub groups: BTreeSet<SpecialGroup>,
    /// What the handler is.
    pub handler: HandlerCategory,
    /// 同意结案.
    pub agreed_on: Option<NaiveDate>,
    /// 录入省系统.
    pub entered_on: Option<NaiveDate>,
    /// 终止.
    pub terminated: bool,
    /// The year in which it counts.
    pub counted_year: Option<i32>,
    /// Its place in that year.
    pub place: Option<i32>,
    /// Which of that year's cases it is towards the target: its place less those that void cases freed before it (A36).
    pub position: Option<i32>,
    /// Days granted.
    pub extension_days: i32,
    /// Paid by whatever fund before.
    pub already_paid: bool,
}

impl CaseState {
    /// A35: the year whose plan and books pay it: that of the count, else that of the agreement.
    #[must_use]
    pub fn year(&self) -> Option<i32> {
        self.counted_year.or_else(|| self.agreed_on.map(|on| on.year()))
    }

    /// The facts of the calculation under a plan.
    #[must_use]
    pub fn facts(&self, programme: &Programme) -> CaseFacts {
        CaseFacts {
            case_kind: self.kind,
            basis: self.basis,
            groups: self.groups.clone(),
            handler: self.handler,
            local_standard: programme.local_standards.get(&self.kind).copied().unwrap_or(Decimal::ZERO),
            place: self.position.and_then(|place| u32::try_from(place).ok()),
            closing_agreed_on: self.agreed_on,
            entered_on: self.entered_on,
            already_paid: self.already_paid,
            terminated: self.terminated,
            extension_days: u32::try_from(self.extension_days).unwrap_or(0),
        }
    }

    /// What the case pays.
    #[must_use]
    pub fn payout(&self, programme: &Programme, calendar: &Calendar) -> CasePayout {
        case_payout::calculate(programme, calendar, &self.facts(programme))
    }
}

/// A30: whether so many more days may be asked for or granted on `today`.
///
/// # Errors
/// Why not, in words.
pub fn may_extend(
    programme: &Programme,
    agreed_on: Option<NaiveDate>,
    granted: u32,
    days: u32,
    today: NaiveDate,
) -> Result<(), String> {
    let Some(agreed_on) = agreed_on else {
        return Err("案件还没有同意结案，没有发放期限可以延长。".to_owned());
    };
    if days == 0 {
        return Err("延长的天数应大于0。".to_owned());
    }
    let most = programme.case_extension_days;
    if granted + days > most {
        return Err(match most.saturating_sub(granted) {
            0 => format!("延长时间合计不得超过{most}日，已经用完（方案五（二））。"),
            left => format!("延长时间合计不得超过{most}日，最多还能延长{left}日（方案五（二））。"),
        });
    }
    let due = agreed_on
        .checked_add_days(Days::new(u64::from(programme.case_payment_days + granted)))
        .unwrap_or(NaiveDate::MAX);
    if today > due {
        return Err(format!("发放期限{}已过，延期应在到期日或之前办理（A30）。", chinese_date(due)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a30_extensions_together_and_in_time() {
        let plan = Programme::gaoping_2024();
        let agreed = Some(day("2024-06-03"));
        assert!(may_extend(&plan, agreed, 0, 15, day("2024-07-03")).is_ok());
        assert!(may_extend(&plan, agreed, 0, 16, day("2024-07-01")).unwrap_err().contains("最多还能延长15日"));
        assert!(may_extend(&plan, agreed, 0, 5, day("2024-07-04")).unwrap_err().contains("2024年7月3日已过"));
        assert!(may_extend(&plan, agreed, 10, 5, day("2024-07-13")).is_ok(), "on the extended due date");
        assert!(may_extend(&plan, agreed, 10, 6, day("2024-07-01")).unwrap_err().contains("最多还能延长5日"));
        assert!(may_extend(&plan, agreed, 15, 1, day("2024-07-01")).unwrap_err().contains("已经用完"));
        assert!(may_extend(&plan, None, 0, 1, day("2024-07-01")).is_err());
    }

    #[test]
    fn three_steps_three_people() {
        let prepared = Situation { status: BatchStatus::Prepared, prepared_by: 1, approved_by: None };
        assert!(judge(Step::Approve, &prepared, 1, Role::Approver).is_err());
        assert!(judge(Step::Approve, &prepared, 2, Role::Approver).is_ok());
        assert!(judge(Step::Approve, &prepared, 2, Role::BureauClerk).is_err());
        assert!(judge(Step::Dissolve, &prepared, 1, Role::BureauClerk).is_ok());
        assert!(judge(Step::Pay, &prepared, 3, Role::Finance).unwrap_err().contains("还没有审批"));
        let approved = Situation { status: BatchStatus::Approved, prepared_by: 1, approved_by: Some(2) };
        assert!(judge(Step::Pay, &approved, 1, Role::Finance).is_err());
        assert!(judge(Step::Pay, &approved, 2, Role::Finance).is_err());
        assert!(judge(Step::Pay, &approved, 3, Role::Finance).is_ok());
        let paid = Situation { status: BatchStatus::Paid, ..approved };
        for step in Step::ALL {
            assert!(
                [Role::BureauClerk, Role::Approver, Role::Finance]
                    .into_iter()
                    .all(|role| judge(*step, &paid, 4, role).is_err()),
                "{step}"
            );
        }
        for status in BatchStatus::ALL {
            for step in Step::ALL {
                let at = Situation { status: *status, prepared_by: 1, approved_by: None };
                let _ = judge(*step, &at, 4, Role::Finance);
            }
        }
    }
}
