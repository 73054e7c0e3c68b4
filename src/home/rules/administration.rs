//! What waits for the three administrators.

use super::super::db::WaitingRow;
use super::{Todo, Waiting, of};
use crate::plan::dictionary::Dictionary as _;
use crate::web::permissions::Role;

pub(super) fn security(rows: &[WaitingRow]) -> Waiting {
    let asked = of(rows, "request").map(|row| {
        let what = match row.more.as_str() {
            "new" => "新账号待授权",
            "role" => "申请变更角色",
            "restore" => "申请恢复账号",
            _ => "申请重设动态验证码",
        };
        Todo::new(format!("{}：{what}", row.words), format!("/accounts/{}", row.id))
            .about("核实本人和岗位后授予或者退回")
    });
    let locked = of(rows, "locked").map(|row| {
        Todo::new(format!("{}的账号已锁定", row.words), format!("/accounts/{}", row.id))
            .about(format!("{}自动解锁；核实本人后可以提前解锁", row.more))
    });
    Waiting {
        todos: asked.chain(locked).collect(),
        news: vec![Todo::new("看账号和角色", "/accounts"), Todo::new("看权限表", "/permissions")],
    }
}

pub(super) fn audit(rows: &[WaitingRow]) -> Waiting {
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
pub(super) fn first_steps(rows: &[WaitingRow]) -> Waiting {
    let accounts =
        |role: Role| -> i64 { of(rows, "accounts").filter(|row| row.words == role.code()).map(|row| row.number).sum() };
    let waiting_for_rights = |role: Role| -> rust_decimal::Decimal {
        of(rows, "accounts").filter(|row| row.words == role.code()).map(|row| row.amount.trunc()).sum()
    };
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
            match (made, waiting_for_rights(role)) {
                (0, waits) if waits.is_zero() => why.to_owned(),
                (0, waits) => format!("已建立{waits}个，等安全管理员授予权限后才能登录"),
                (made, _) => format!("已有{made}个；{why}"),
            },
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
