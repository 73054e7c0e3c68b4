//! What somebody of a role should know on the first day, shown on the first page until it
//! is put away; kept by the browser, as the choice of colours is.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::permissions::Role;
use crate::web::posted::Posted;
use crate::web::{Answer, cookies};

/// One thing to know, and the page where it is done.
pub(super) type Hint = (&'static str, &'static str, &'static str);

/// Three things for the first day of a role: words before the link, the link's words, its address.
pub(super) fn hints(role: Role) -> &'static [Hint] {
    match role {
        Role::DutyPerson => &[
            ("值班那天，这里会出现签到入口，到岗点一下，离开再点签退：", "今日考勤", "/attendance"),
            ("签到之后就能登记咨询，写到一半会自动暂存：", "登记咨询", "/consultations/new"),
            ("每月补贴怎么算的，逐个班次都能看到依据的条款：", "我的补贴", "/settlements"),
        ],
        Role::VenueStaff => &[
            ("每天看一眼谁到了，没有电脑的可以代为签到：", "今日考勤", "/attendance"),
            ("次月5日前审定并上报考勤，还差什么系统会列出来：", "考勤", "/attendance"),
            ("发现脱岗、不在岗，写明事实和证据提出：", "扣款事项", "/findings"),
        ],
        Role::LegalAidStaff => &[
            ("窗口值班的签到和登记：", "今日考勤", "/attendance"),
            ("收到申请、通知就登记，每一步由谁办、期限到哪天系统会提醒：", "案件台账", "/cases"),
            ("同意结案并录入省系统后才计入任务、发放补贴：", "看手册", "/help/cases"),
        ],
        Role::BureauClerk => &[
            ("每月下旬编制下月排班，一次可以排满全部服务点：", "排班", "/roster"),
            ("各服务点上报后计算补贴，每一分钱都能看到怎么来的：", "月结", "/settlements"),
            ("咨询记录可以勾选几十份一并复核：", "未复核的记录", "/consultations?review=unreviewed"),
        ],
        Role::Approver => &[
            ("经办人提交的排班和月结会出现在这里，点开核对后批准或退回：", "排班", "/roster"),
            ("告知期满或有异议的扣款事项由您认定，可以一并办理：", "扣款事项", "/findings"),
            ("自己提出、自己提交的，系统不让自己批：", "看权限表", "/permissions"),
        ],
        Role::Finance => &[
            ("审批后的月结会出现在这里，登记发放后自动记账：", "月结", "/settlements"),
            ("省级资金到账先登记，30日内拨付，期限会提醒：", "资金台账", "/fund"),
            ("记错了不改不删，冲销后重记：", "看手册", "/help/fund"),
        ],
        Role::Leader => &[
            ("两项任务、资金、逾期事项都在一页：", "进度总览", "/dashboard"),
            ("进度条上的竖线是时间进度，完成数在它左边就是落后：", "看手册", "/help/progress"),
            ("每个数字都能点进去，看到是哪些记录：", "各服务点各月", "/dashboard/consultations"),
        ],
        Role::LegalAidDirector => &[
            ("审查意见、更换申请和结案材料报来后，在这里点开审批：", "案件待办", "/cases/work"),
            ("每一步由谁办理、需要什么、期限的来源：", "状态和步骤", "/cases/states"),
        ],
        Role::Handler => &[
            ("指派给您的案件在这里；先接受指派，5日内签协议：", "我承办的案件", "/cases"),
            ("结案之日起30日内提交材料，缺什么案件页会列出来：", "状态和步骤", "/cases/states"),
        ],
        Role::SystemAdministrator => &[
            ("按下面的清单一步步建好账号和服务点：", "账号", "/accounts"),
            ("初始密码只显示一次，请当面交给本人：", "看手册", "/help/administration"),
            ("谁能做什么：", "权限表", "/permissions"),
        ],
        Role::SecurityAdministrator => &[
            ("账号被锁定时会出现在这里，核实本人后解锁：", "账号", "/accounts"),
            ("谁能做什么：", "权限表", "/permissions"),
        ],
        Role::AuditAdministrator => &[
            ("每一次改动都有记录，可以按姓名和事项查找：", "审计记录", "/audit"),
            ("谁能做什么：", "权限表", "/permissions"),
        ],
    }
}

/// Whether this account has put its hints away on this browser.
pub(super) fn are_away(headers: &HeaderMap, account: i64) -> bool {
    cookies::hints_away(headers).contains(&account)
}

/// A form of nothing but its guard.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// Puts the hints away.
pub(super) async fn put_away(
    State(state): State<AppState>,
    jar: CookieJar,
    headers: HeaderMap,
    actor: Actor,
    _posted: Posted<Nothing>,
) -> Answer {
    let jar = jar.add(cookies::put_hints_away(&headers, actor.account_id, state.config.secure_cookies));
    Ok((jar, Redirect::to("/home")).into_response())
}
