//! PURE. From what the tables say to what a person has to do, by when.

use chrono::NaiveDate;

use super::db::WaitingRow;
use crate::fund::rules::{Movement, passages};
use crate::plan::calendar::Calendar;
use crate::plan::deadlines::{self, PlanLimit};
use crate::plan::dictionaries::FindingKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::plan::time::month_and_day;
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
        match self.due.map(|due| (due - today).num_days()) {
            _ if self.done => "已完成".to_owned(),
            Some(0) => "今天".to_owned(),
            Some(left) if left < 0 => format!("逾期{}天", -left),
            Some(left) => format!("还剩{left}天"),
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
        Role::SecurityAdministrator => "有账号因连续输错密码被锁定时，会出现在这里。",
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

fn duty_person(rows: &[WaitingRow]) -> Waiting {
    let mut todos = Vec::new();
    let mut news = Vec::new();
    for row in of(rows, "shift") {
        let todo = Todo::new("", format!("/attendance/shifts/{}", row.id))
            .about(format!("{} {}", row.words, row.more))
            .by(row.on);
        match row.number {
            0 => todos.push(Todo { title: "今天值班，请签到".to_owned(), ..todo }),
            1 => todos.push(Todo { title: "今天值班，离开时请签退".to_owned(), ..todo }),
            _ => news.push(Todo { title: "今天的值班已签退".to_owned(), ..todo }.finished()),
        }
    }
    for row in of(rows, "no_sign_out") {
        let day = row.on.map(month_and_day).unwrap_or_default();
        todos.push(
            Todo::new(format!("{day}的值班没有签退"), format!("/attendance/shifts/{}", row.id))
                .about(format!("{}。请申请补签，说明离开的时间和原因；没有说明的按早退处理。", row.words)),
        );
    }
    for row in of(rows, "returned") {
        todos.push(
            Todo::new(format!("咨询记录{}被退回，请补正", row.words), format!("/consultations/{}", row.id))
                .about(row.more.clone()),
        );
    }
    for row in of(rows, "told") {
        let kind = FindingKind::from_code(&row.words).map_or("扣款事项", |kind| kind.label());
        todos.push(
            Todo::new(format!("扣款事项告知：{}{kind}", row.more), format!("/findings/{}", row.id))
                .about("请查看；有异议的，在期限内提出。")
                .by(row.on),
        );
    }
    for row in of(rows, "next_shift") {
        let day = row.on.map(crate::plan::time::short_date).unwrap_or_default();
        news.push(
            Todo::new(
                format!("下一次值班：{day}"),
                row.on.map_or_else(String::new, |on| format!("/roster/{}", Month::of(on))),
            )
            .about(format!("{} {}", row.words, row.more)),
        );
    }
    for row in of(rows, "pay") {
        let Some(month) = row.month else { continue };
        let state = match row.on {
            Some(on) => format!("{}已发放", month_and_day(on)),
            None => "已审批，待发放".to_owned(),
        };
        let title = format!("{}值班补贴{}元", month.chinese(), money::yuan_text(row.amount));
        news.push(Todo::new(title, format!("/settlements/{month}")).about(state));
    }
    Waiting { todos, news }
}

/// Whether the venue's staff tell findings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VenueTells {
    Yes,
    No,
}

fn venue(rows: &[WaitingRow], plan: &Plan, tells: VenueTells) -> Waiting {
    let mut todos = Vec::new();
    let mut news = Vec::new();
    for row in of(rows, "desk") {
        let (all, signed_out) = (row.number, row.id);
        let signed_in = row.amount.trunc();
        let todo = Todo::new("", "/attendance")
            .about(format!("{}；已签到{signed_in}人，已签退{signed_out}人", row.words))
            .by(row.on);
        if signed_out >= all {
            news.push(Todo { title: format!("今天{all}个班次都已签退"), ..todo }.finished());
        } else {
            todos.push(Todo { title: format!("今天{all}个班次，请留意签到签退"), ..todo });
        }
    }
    for row in of(rows, "correction") {
        let side = if row.more == "sign_in" { "签到" } else { "签退" };
        let day = row.on.map(month_and_day).unwrap_or_default();
        todos.push(Todo::new(format!("{}申请补登{day}的{side}", row.words), format!("/attendance/shifts/{}", row.id)));
    }
    if tells == VenueTells::Yes {
        todos.extend(tell(rows));
    }
    for row in of(rows, "certify") {
        let Some(month) = row.month else { continue };
        let detail = if row.words.is_empty() {
            format!("共{}个班次，核对后审定上报", row.number)
        } else {
            format!("被退回：{}", row.words)
        };
        let due = plan.limit(|programme, calendar| deadlines::monthly_report(programme, calendar, month));
        todos.push(
            Todo::new(format!("审定并上报{}月考勤", month.month()), format!("/attendance/{month}/venues/{}", row.id))
                .about(detail)
                .by(due.map(|limit| limit.due)),
        );
    }
    Waiting { todos, news }
}

fn tell(rows: &[WaitingRow]) -> impl Iterator<Item = Todo> {
    of(rows, "tell").map(|row| {
        Todo::new(format!("{}件扣款事项待告知本人", row.number), "/findings?status=proposed")
            .about(row.on.map(|on| format!("最早的{}提出", month_and_day(on))).unwrap_or_default())
    })
}

/// Findings that can be decided: objected to, or told and not objected to in time.
fn decide(rows: &[WaitingRow], today: NaiveDate) -> Vec<Todo> {
    let objected: i64 = of(rows, "decide").filter(|row| row.words == "objected").map(|row| row.number).sum();
    let expired: i64 = of(rows, "decide")
        .filter(|row| row.words == "told")
        .filter(|row| row.on.is_none_or(|until| until < today))
        .map(|row| row.number)
        .sum();
    let mut todos = Vec::new();
    if objected > 0 {
        todos.push(Todo::new(format!("{objected}件扣款事项本人有异议，待认定"), "/findings?status=objected"));
    }
    if expired > 0 {
        todos.push(
            Todo::new(format!("{expired}件扣款事项告知期满，待认定"), "/findings?status=told")
                .about("期限内没有提出异议"),
        );
    }
    todos
}

fn clerk(rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = Vec::new();
    let mut news = Vec::new();
    for row in of(rows, "roster") {
        let Some(month) = row.month else { continue };
        if plan.programme.as_ref().is_some_and(|programme| !programme.applies_in(month)) {
            continue;
        }
        // Work on a month begins in the month before it.
        let in_hand = month <= Month::of(today).next() || row.words != "none";
        if !in_hand {
            continue;
        }
        let number = month.month();
        let todo = match row.words.as_str() {
            "draft" if row.more.is_empty() => Todo::new(format!("{number}月排班正在编制，编好后提交审核"), ""),
            "draft" => Todo::new(format!("{number}月排班被退回，请修改"), "").about(row.more.clone()),
            "approved" => Todo::new(format!("{number}月排班已批准，请公示"), ""),
            "submitted" => {
                let waits = Todo::new(format!("{number}月排班在审核中"), format!("/roster/{month}"));
                news.push(waits.about("审批人批准后可以公示"));
                continue;
            }
            _ => Todo::new(format!("编制{number}月排班"), ""),
        };
        todos.push(Todo { href: format!("/roster/{month}"), due: plan.posting(month), ..todo });
    }
    todos.extend(tell(rows));
    todos.extend(decide(rows, today));
    for row in of(rows, "unreported") {
        let Some(month) = row.month else { continue };
        let due = plan.limit(|programme, calendar| deadlines::monthly_report(programme, calendar, month));
        todos.push(
            Todo::new(
                format!("{}个服务点未上报{}月考勤，请催报", row.number, month.month()),
                format!("/attendance/{month}/venues"),
            )
            .about(row.words.clone())
            .by(due.map(|limit| limit.due)),
        );
    }
    for row in of(rows, "settlement") {
        let Some(month) = row.month else { continue };
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let href = format!("/settlements/{month}");
        let number = month.month();
        match row.words.as_str() {
            "none" => {
                let ready = match row.number {
                    0 => "各服务点都已上报".to_owned(),
                    missing => format!("还有{missing}个服务点未上报"),
                };
                todos.push(
                    Todo::new(format!("计算{number}月值班补贴"), href)
                        .about(with_target(ready, limit, today))
                        .by(limit.map(|limit| limit.due)),
                );
            }
            "calculated" if !row.more.is_empty() => todos.push(
                Todo::new(format!("{number}月月结被退回，请核对后重新计算"), href)
                    .about(row.more.clone())
                    .by(limit.map(|limit| limit.due)),
            ),
            "calculated" => news.push(Todo::new(format!("{number}月月结待审批"), href)),
            _ => news.push(
                Todo::new(format!("{number}月补贴待发放"), href).about(format!("{}元", money::yuan_text(row.amount))),
            ),
        }
    }
    for row in of(rows, "review") {
        todos.push(
            Todo::new(format!("{}份咨询记录待复核", row.number), "/consultations?review=unreviewed")
                .about(row.on.map(|on| format!("最早的是{}的记录", month_and_day(on))).unwrap_or_default()),
        );
    }
    Waiting { todos, news }
}

/// The detail of a payment with its working-day target, where that lies before the literal day.
fn with_target(detail: String, limit: Option<PlanLimit>, today: NaiveDate) -> String {
    match limit.and_then(|limit| limit.target.filter(|target| *target != limit.due && *target >= today)) {
        Some(target) => format!("{detail}；10日不是工作日，宜在{}前办结", month_and_day(target)),
        None => detail,
    }
}

fn approver(account: i64, rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = Vec::new();
    for row in of(rows, "roster").filter(|row| row.words == "submitted" && row.id != account) {
        let Some(month) = row.month else { continue };
        todos.push(
            Todo::new(format!("审核{}月排班", month.month()), format!("/roster/{month}")).by(plan.posting(month)),
        );
    }
    for row in of(rows, "settlement").filter(|row| row.words == "calculated" && row.id != account) {
        let Some(month) = row.month else { continue };
        if !row.more.is_empty() {
            continue;
        }
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let detail = format!("应发{}元", money::yuan_text(row.amount));
        todos.push(
            Todo::new(format!("审批{}月值班补贴", month.month()), format!("/settlements/{month}"))
                .about(with_target(detail, limit, today))
                .by(limit.map(|limit| limit.due)),
        );
    }
    todos.extend(decide(rows, today));
    Waiting { todos, news: Vec::new() }
}

fn finance(rows: &[WaitingRow], plan: &Plan, today: NaiveDate) -> Waiting {
    let mut todos = Vec::new();
    for row in of(rows, "settlement").filter(|row| row.words == "approved") {
        let Some(month) = row.month else { continue };
        let limit = plan.limit(|programme, calendar| deadlines::duty_pay(programme, calendar, month));
        let detail = format!("实发{}元", money::yuan_text(row.amount));
        todos.push(
            Todo::new(format!("发放{}月值班补贴", month.month()), format!("/settlements/{month}"))
                .about(with_target(detail, limit, today))
                .by(limit.map(|limit| limit.due)),
        );
    }
    let days = plan.programme.as_ref().map_or(30, |programme| programme.fund_transfer_days);
    let mut years: Vec<i64> = of(rows, "receipt").map(|row| row.number).collect();
    years.sort_unstable();
    years.dedup();
    for year in years {
        let moved = |kind: &'static str| -> Vec<Movement> {
            of(rows, kind)
                .filter(|row| row.number == year)
                .filter_map(|row| Some(Movement { on: row.on?, amount: row.amount }))
                .collect()
        };
        for passage in passages(&moved("receipt"), &moved("transfer"), days) {
            if passage.is_complete() {
                continue;
            }
            todos.push(
                Todo::new(
                    format!(
                        "{}到账的资金待拨付{}元",
                        month_and_day(passage.receipt.on),
                        money::yuan_text(passage.open)
                    ),
                    format!("/fund/{year}/transfers/new"),
                )
                .about(format!("到账后{days}日内拨付到市司法局"))
                .by(Some(passage.due)),
            );
        }
    }
    Waiting { todos, news: Vec::new() }
}

fn security(rows: &[WaitingRow]) -> Waiting {
    let todos = of(rows, "locked")
        .map(|row| {
            Todo::new(format!("{}的账号已锁定", row.words), format!("/accounts/{}", row.id))
                .about(format!("{}自动解锁；核实本人后可以提前解锁", row.more))
        })
        .collect();
    Waiting {
        todos, news: vec![Todo::new("看账号和角色", "/accounts"), Todo::new("看权限表", "/permissions")]
    }
}

fn audit(rows: &[WaitingRow]) -> Waiting {
    let refused: i64 = of(rows, "refused").map(|row| row.number).sum();
    let title = if refused == 0 {
        "最近7天没有被拒绝的登录".to_owned()
    } else {
        format!("最近7天有{refused}次登录被拒绝")
    };
    let search = Todo::new(title, "/audit?search=account.sign_in_refused");
    let news = vec![Todo::new("看审计记录", "/audit")];
    if refused == 0 {
        Waiting { todos: Vec::new(), news: [vec![search], news].concat() }
    } else {
        Waiting { todos: vec![search.about("请查看来自哪些地址、针对哪些账号")], news }
    }
}

/// The first steps after the set-up, each ticked off when it is done; nothing waits once all are.
fn first_steps(rows: &[WaitingRow]) -> Waiting {
    let accounts =
        |role: Role| -> i64 { of(rows, "accounts").filter(|row| row.words == role.code()).map(|row| row.number).sum() };
    let count = |kind: &str| -> i64 { of(rows, kind).map(|row| row.number).sum() };
    let all_venues = of(rows, "venues").map(|row| row.amount.trunc()).sum::<rust_decimal::Decimal>();
    let incomplete = count("venues");
    let mut steps = vec![step(
        "核对服务点的地址和电话",
        if incomplete == 0 {
            format!("{all_venues}个服务点都已填写")
        } else {
            format!("{incomplete}个服务点还没有填写，公示时要用")
        },
        "/venues",
        incomplete == 0,
    )];
    for (role, why) in [
        (Role::SecurityAdministrator, "解锁账号、重置密码；须与系统管理员分设"),
        (Role::AuditAdministrator, "查看审计记录；须与系统管理员分设"),
        (Role::BureauClerk, "维护值班人员库，编制排班，计算补贴"),
        (Role::Approver, "审核排班、扣款事项和月结"),
        (Role::Finance, "登记资金，发放补贴"),
        (Role::Leader, "查看进度总览"),
        (Role::LegalAidStaff, "受理、审查、指派法律援助案件"),
        (Role::LegalAidDirector, "审批法律援助案件；须与经办的工作人员分设"),
    ] {
        let made = accounts(role);
        steps.push(step(
            &format!("建立{}账号", role.label()),
            if made > 0 { format!("已有{made}个；{why}") } else { why.to_owned() },
            "/accounts/new",
            made > 0,
        ));
    }
    let staffed = rust_decimal::Decimal::from(count("staffed"));
    steps.push(step(
        "为每个服务点建立工作人员账号",
        format!("{all_venues}个服务点，已有{staffed}个"),
        "/accounts/new",
        staffed >= all_venues,
    ));
    let persons = count("persons");
    let signed = accounts(Role::DutyPerson);
    steps.push(step(
        "为值班人员建立账号",
        if persons == 0 {
            "先由经办人把值班人员登记入库".to_owned()
        } else {
            format!("库内{persons}人，已有账号{signed}个")
        },
        "/accounts/new",
        persons > 0 && signed >= persons,
    ));
    let (done, todos): (Vec<Todo>, Vec<Todo>) = steps.into_iter().partition(|step| step.done);
    Waiting { todos, news: done }
}

fn step(title: &str, detail: String, href: &str, done: bool) -> Todo {
    let todo = Todo::new(title, href).about(detail);
    if done { todo.finished() } else { todo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(kind: &str) -> WaitingRow {
        WaitingRow {
            kind: kind.to_owned(),
            id: 0,
            month: None,
            on: None,
            number: 0,
            amount: Decimal::ZERO,
            words: String::new(),
            more: String::new(),
        }
    }

    fn plan() -> Plan {
        Plan { programme: Some(Programme::gaoping_2024()), calendar: Calendar::shipped() }
    }

    fn month(text: &str) -> Option<Month> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_clerk_sees_next_months_roster_with_the_day_of_its_posting() {
        let rows = [
            WaitingRow { month: month("2024-06"), words: "none".to_owned(), ..row("roster") },
            WaitingRow { month: month("2024-07"), words: "none".to_owned(), ..row("roster") },
        ];
        let waiting = waiting(Role::BureauClerk, 1, &rows, &plan(), day("2024-05-20"));
        assert_eq!(waiting.todos.len(), 1, "July is nobody's work yet");
        assert_eq!(waiting.todos[0].title, "编制6月排班");
        assert_eq!(waiting.todos[0].due, Some(day("2024-05-29")));
        assert_eq!(waiting.todos[0].when(day("2024-05-30")), "逾期1天");
    }

    #[test]
    fn a_payment_names_the_working_day_before_a_tenth_that_is_a_holiday() {
        let rows = [WaitingRow {
            month: month("2024-05"),
            words: "approved".to_owned(),
            amount: Decimal::from(1950),
            ..row("settlement")
        }];
        let waiting = waiting(Role::Finance, 1, &rows, &plan(), day("2024-06-05"));
        assert_eq!(waiting.todos[0].due, Some(day("2024-06-10")));
        assert_eq!(waiting.todos[0].detail, "实发1,950.00元；10日不是工作日，宜在6月7日前办结");
    }

    #[test]
    fn a_finding_is_decided_after_the_days_to_object() {
        let told = WaitingRow { on: Some(day("2024-06-13")), number: 2, words: "told".to_owned(), ..row("decide") };
        let on = |today| waiting(Role::Approver, 1, std::slice::from_ref(&told), &plan(), day(today)).todos;
        assert!(on("2024-06-13").is_empty(), "the last day to object");
        assert_eq!(on("2024-06-14")[0].title, "2件扣款事项告知期满，待认定");
    }

    #[test]
    fn nobody_is_asked_to_approve_their_own() {
        let rows = [WaitingRow { id: 7, month: month("2024-06"), words: "submitted".to_owned(), ..row("roster") }];
        let asked = |account| waiting(Role::Approver, account, &rows, &plan(), day("2024-05-20")).todos.len();
        assert_eq!((asked(7), asked(8)), (0, 1));
    }
}
