//! PURE. From what the tables say to what a person has to do, by when.

mod administration;
mod desk;
mod office;

use chrono::NaiveDate;

use self::administration::{audit, first_steps, security};
use self::desk::{VenueTells, duty_person, venue};
use self::office::{approver, clerk, finance};
use super::db::WaitingRow;
use crate::plan::calendar::Calendar;
use crate::plan::deadlines::{self, PlanLimit};
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::{days_left, month_and_day};
use crate::web::permissions::Role;

/// What the due dates rest on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The plan in force; `None` before the first.
    pub programme: Option<Programme>,
    /// The days around today.
    pub calendar: Calendar,
}

impl Plan {
    fn limit(&self, of: impl Fn(&Programme, &Calendar) -> PlanLimit) -> Option<PlanLimit> {
        self.programme.as_ref().map(|programme| of(programme, &self.calendar))
    }

    /// 五(二): days from the agreement to close to the payment.
    #[must_use]
    pub fn case_payment_days(&self) -> u32 {
        self.programme.as_ref().map_or(30, |programme| programme.case_payment_days)
    }

    fn posting(&self, month: Month) -> Option<NaiveDate> {
        deadlines::posting(self.programme.as_ref()?, &self.calendar, month).ok()
    }
}

/// One thing to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Todo {
    /// What it is.
    pub title: String,
    /// What one needs to know about it.
    pub detail: String,
    /// Where it is done.
    pub href: String,
    /// By when.
    pub due: Option<NaiveDate>,
    /// Done: shown for the eye, asks for nothing.
    pub done: bool,
    /// A button that does it here and now: its words, and where its form goes.
    pub press: Option<(&'static str, String)>,
    /// What is usually done next to it: words and address.
    pub beside: Option<(&'static str, String)>,
}

impl Todo {
    fn new(title: impl Into<String>, href: impl Into<String>) -> Todo {
        Todo { title: title.into(), href: href.into(), ..Todo::default() }
    }

    fn about(mut self, detail: impl Into<String>) -> Todo {
        self.detail = detail.into();
        self
    }

    fn by(mut self, due: Option<NaiveDate>) -> Todo {
        self.due = due;
        self
    }

    fn finished(mut self) -> Todo {
        self.done = true;
        self
    }

    /// The colour of its tag on a day.
    #[must_use]
    pub fn tag(&self, today: NaiveDate) -> &'static str {
        match self.due.map(|due| (due - today).num_days()) {
            _ if self.done => "ok",
            Some(left) if left < 0 => "bad",
            Some(left) if left <= 3 => "warn",
            Some(_) | None => "wait",
        }
    }

    /// How much time there is, in words.
    #[must_use]
    pub fn when(&self, today: NaiveDate) -> String {
        match self.due {
            _ if self.done => "已完成".to_owned(),
            Some(due) if due == today => "今天".to_owned(),
            Some(due) => days_left(due, today),
            None => "待办".to_owned(),
        }
    }
}

/// What a role's first page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What waits, the most urgent first.
    pub todos: Vec<Todo>,
    /// What is good to know.
    pub news: Vec<Todo>,
}

/// What usually comes next, shown where nothing waits.
#[must_use]
pub fn next_for(role: Role) -> &'static str {
    match role {
        Role::DutyPerson => "轮到您值班的那天，这里会出现签到入口；记录被退回、有扣款事项告知时也会出现在这里。",
        Role::VenueStaff => "值班日这里会显示当天的班次；每月结束后，请在次月5日前审定并上报考勤。",
        Role::BureauClerk => "每月下旬编制下月排班并按期公示；各服务点上报考勤后，计算上月补贴，每月10日前发放。",
        Role::Approver => "经办人提交排班、月结，扣款事项告知期满后，会出现在这里等您审批。",
        Role::Finance => "月结审批后会出现在这里，请于每月10日前发放；省级资金到账后，30日内应拨付到司法局。",
        Role::Leader => "各项工作都按期进行。",
        Role::LegalAidStaff => "受理案件后请及时登记；同意结案的案件录入省系统后，才计入任务。",
        Role::LegalAidDirector => "审查意见、更换承办人的申请和结案材料报来后，会出现在这里等您审批。",
        Role::Handler => "指派给您的案件会出现在这里；请及时接受指派、签订协议，结案后30日内提交材料。",
        Role::SystemAdministrator => "需要新增人员时，请在“账号”中建立；人员离开后请停用账号。",
        Role::SecurityAdministrator => "有权限申请，或者有账号因连续输错密码被锁定时，会出现在这里。",
        Role::AuditAdministrator => "每月至少查看一次审计记录，留意被拒绝的登录和权限变动。",
    }
}

/// What waits for somebody of a role, from the rows asked for that role.
#[must_use]
pub fn waiting(role: Role, account: i64, rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut waiting = match role {
        Role::DutyPerson => duty_person(rows),
        Role::VenueStaff => venue(rows, plan, VenueTells::Yes),
        Role::LegalAidStaff => venue(rows, plan, VenueTells::No),
        Role::BureauClerk => clerk(rows, plan, today),
        Role::Approver => approver(account, rows, plan, today),
        Role::Finance => finance(rows, plan, today),
        Role::Leader | Role::LegalAidDirector | Role::Handler => Waiting::default(),
        Role::SystemAdministrator => first_steps(rows),
        Role::SecurityAdministrator => security(rows),
        Role::AuditAdministrator => audit(rows),
    };
    // The steps of setting up have an order of their own.
    if role != Role::SystemAdministrator {
        waiting.todos.sort_by_key(|todo| (todo.due.is_none(), todo.due));
    }
    waiting
}

fn of<'a>(rows: &'a [WaitingRow], kind: &'a str) -> impl Iterator<Item = &'a WaitingRow> {
    rows.iter().filter(move |row| row.kind == kind)
}

fn tell(rows: &[WaitingRow]) -> impl Iterator<Item = Todo> {
    of(rows, "tell").map(|row| {
        Todo::new(format!("{}件扣款事项待告知本人", row.number), "/findings?status=proposed")
            .about(row.on.map(|on| format!("最早的{}提出", month_and_day(on))).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
