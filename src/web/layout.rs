//! What surrounds every page: who is signed in, where they are, where they can go.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{Html, IntoResponse, Response};

use super::actor::Actor;
use super::parts::Rows;
use super::permissions::{Action, Role};
use super::posted::OnceKey;
use super::{assets, cookies, session, way_back};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary;
use crate::plan::month::Month;
use crate::plan::time::weekday_name;
use crate::state::AppState;

/// The frame of a page, as plain data for `templates/layout.html` and
/// `templates/public.html`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The title of the page, without the name of the system.
    pub title: String,
    /// Who is signed in; `None` on pages without an account.
    pub who: Option<Who>,
    /// The navigation of this role, in groups.
    pub nav: Vec<NavGroup>,
    /// Where the page stands, from the top; the last has no address.
    pub crumbs: Vec<Crumb>,
    /// What the last action did, shown once.
    pub flash: Option<Flash>,
    /// The month worked on, with its neighbours.
    pub month: Option<MonthBar>,
    /// The name of the venue worked on.
    pub venue: Option<String>,
    /// Today, as people write it: 「2024年5月8日 星期三」.
    pub now_text: String,
    /// The text of the banner in a demonstration.
    pub demonstration: Option<String>,
    /// The token that every changing form carries; empty without a session.
    pub form_token: String,
    /// Whether the reader has chosen large print.
    pub large_print: bool,
    /// `light` or `dark` where the reader has chosen; empty follows the system.
    pub theme: &'static str,
    /// How many rows of a list the reader has chosen to see at once.
    pub rows: Rows,
    /// The page of the handbook that tells about this page.
    pub help: &'static str,
    /// The path that was asked for: what a form of this page posts to.
    pub path: String,
    /// The page on which the reader stands, with its query, to come back to it.
    pub back: String,
    /// The bureau's telephone for supervision and complaints.
    pub supervision_phone: Option<String>,
    /// `?county=…` behind the addresses of the public services; empty for the first county.
    pub county: String,
}

/// The person who is signed in, as the head of the page shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Their account.
    pub account_id: i64,
    /// Their name.
    pub name: String,
    /// Their role in Chinese.
    pub role_label: String,
    /// The bureau they act for.
    pub bureau_name: String,
    /// The venue they act for, if it is one.
    pub venue_name: Option<String>,
}

/// A group of the navigation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NavGroup {
    /// Its heading; may be empty.
    pub label: String,
    /// Its pages.
    pub items: Vec<NavItem>,
}

/// A page in the navigation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NavItem {
    /// Its name, at most six characters.
    pub label: String,
    /// Its address.
    pub href: String,
    /// Whether the reader is there.
    pub current: bool,
    /// How many things wait there.
    pub badge: Option<u32>,
    /// Its pinyin and the initials, to be found by without an input method.
    pub keys: &'static str,
    /// The letter that leads there after `g`; empty for none.
    pub key: &'static str,
}

/// A step of the way to this page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crumb {
    /// Its name.
    pub label: String,
    /// Its address; `None` for the page itself.
    pub href: Option<String>,
}

/// What the last action did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flash {
    /// `success`, `notice` or `error`.
    pub kind: &'static str,
    /// One sentence.
    pub text: String,
}

impl Flash {
    /// The word before the sentence, so that colour is not the only sign.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.kind {
            "success" => "已完成",
            "error" => "未完成",
            _ => "请注意",
        }
    }
}

/// The month worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthBar {
    /// 「2024年5月」.
    pub label: String,
    /// This page for the month before.
    pub previous_href: String,
    /// This page for the month after.
    pub next_href: String,
}

impl Layout {
    /// The hashed address of a static file.
    #[must_use]
    pub fn asset(&self, path: &str) -> &'static str {
        assets::asset(path)
    }

    /// A once-key for a form of the frame itself.
    #[must_use]
    pub fn once(&self) -> OnceKey {
        OnceKey::new()
    }

    /// Whether the reader's navigation has this page: for a link to it from elsewhere.
    #[must_use]
    pub fn offers(&self, href: &str) -> bool {
        self.nav.iter().flat_map(|group| &group.items).any(|item| item.href == href)
    }

    /// Whether the reader's navigation has a page of this part of the house (`/people` for
    /// `/people/21`): a reader whom the part does not let in gets words instead of a link.
    #[must_use]
    pub fn lets_into(&self, href: &str) -> bool {
        let part = |href: &str| href.split(['/', '?']).nth(1).map(str::to_owned);
        self.nav.iter().flat_map(|group| &group.items).any(|item| part(&item.href) == part(href))
    }

    /// How many things wait for the reader in all places.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.nav.iter().flat_map(|group| &group.items).filter_map(|item| item.badge).sum()
    }
}

impl Flash {
    /// A message as it waited in the session.
    #[must_use]
    pub fn stored(kind: &str, text: String) -> Self {
        let kind = match kind {
            "success" => "success",
            "error" => "error",
            _ => "notice",
        };
        Self { kind, text }
    }
}

/// A page that roles with `action` find in the navigation.
struct Place {
    group: &'static str,
    label: &'static str,
    href: &'static str,
    action: Action,
    keys: &'static str,
    key: &'static str,
}

const fn place(
    group: &'static str,
    label: &'static str,
    href: &'static str,
    action: Action,
    keys: &'static str,
    key: &'static str,
) -> Place {
    Place { group, label, href, action, keys, key }
}

/// The navigation, in its order.
const NAVIGATION: &[Place] = &[
    place("值班", "排班", "/roster", Action::ReadRoster, "paiban pb", "r"),
    place("值班", "考勤", "/attendance", Action::ReadAttendance, "kaoqin kq qiandao qd", "k"),
    place("值班", "咨询记录", "/consultations", Action::ReadConsultations, "zixunjilu zxjl", "c"),
    place("考核", "扣款事项", "/findings", Action::ReadFindings, "koukuanshixiang kksx", "f"),
    place("补贴与资金", "月结", "/settlements", Action::ReadSettlement, "yuejie yj butie bt", "s"),
    place("补贴与资金", "案件补贴", "/payouts", Action::ReadPayouts, "anjianbutie ajbt banan", "b"),
    place("补贴与资金", "资金发放", "/payments", Action::ReadPayments, "zijinfafang zjff zhuanzhang zz", "z"),
    place("补贴与资金", "资金台账", "/fund", Action::ReadFund, "zijintaizhang zjtz", "m"),
    place("补贴与资金", "报表", "/reports", Action::ReadReports, "baobiao bb yuebao jibao", "e"),
    place("补贴与资金", "补贴试算", "/trial", Action::TrialCalculation, "butieshisuan btss", "t"),
    place("补贴与资金", "核查材料", "/evidence", Action::ExportEvidence, "hechacailiao hccl", ""),
    place("进度", "进度总览", "/dashboard", Action::ReadDashboard, "jinduzonglan jdzl", "d"),
    place("法律援助", "案件台账", "/cases", Action::ReadCases, "anjiantaizhang ajtz", "a"),
    place("资料", "值班人员库", "/people", Action::ReadPeople, "zhibanrenyuanku zbryk", "p"),
    place("资料", "个人信息请求", "/data-requests", Action::AnswerPersons, "gerenxinxiqingqiu grxxqq", ""),
    place("资料", "实施方案", "/programmes", Action::ReadProgramme, "shishifangan ssfa", "o"),
    place("资料", "工作日历", "/calendar", Action::EditCalendar, "gongzuorili gzrl", "l"),
    place("资料", "权限表", "/permissions", Action::ReadPermissions, "quanxianbiao qxb", ""),
    place("管理", "账号", "/accounts", Action::ReadAccounts, "zhanghao zh", "u"),
    place("管理", "权限复核", "/access-review", Action::ReviewAccess, "quanxianfuhe qxfh", ""),
    place("管理", "登录安全设置", "/security-policy", Action::EditSecurityPolicy, "dengluanquanshezhi dlaqsz", ""),
    place("管理", "服务点", "/venues", Action::EditVenues, "fuwudian fwd", "v"),
    place("管理", "审计记录", "/audit", Action::ReadAudit, "shenjijilu sjjl", "j"),
];

/// What people come to do, beside the pages of the navigation: for the search.
const ERRANDS: &[Place] = &[
    place("", "登记咨询", "/consultations/new", Action::RecordConsultation, "dengjizixun djzx", ""),
    place("", "提出扣款事项", "/findings/new", Action::ProposeFinding, "tichukoukuanshixiang tckksx", ""),
    place("", "登记值班人员", "/people/new", Action::EditPeople, "dengjizhibanrenyuan djzbry", ""),
    place("", "登记案件", "/cases/new", Action::RegisterCases, "dengjianjian djaj", ""),
    place("", "案件补贴试算", "/trial/case", Action::TrialCalculation, "anjianbutieshisuan ajbtss", ""),
    place("", "各服务点各月咨询", "/dashboard/consultations", Action::ReadDashboard, "gefuwudiangeyuezixun gyzx", ""),
    place("", "新建账号", "/accounts/new", Action::ManageAccounts, "xinjianzhanghao xjzh", ""),
];

/// The pages of the handbook by the beginning of an address; the first that fits.
const HANDBOOK: &[(&str, &str)] = &[
    ("/roster", "/help/roster"),
    ("/posting", "/help/roster"),
    ("/attendance/shifts", "/help/duty"),
    ("/attendance", "/help/attendance"),
    ("/consultations", "/help/consultations"),
    ("/findings", "/help/findings"),
    ("/settlements", "/help/settlement"),
    ("/trial", "/help/settlement"),
    ("/fund", "/help/fund"),
    ("/dashboard", "/help/progress"),
    ("/cases", "/help/cases"),
    ("/legal-aid", "/help/apply"),
    ("/payouts", "/help/payouts"),
    ("/payments", "/help/payments"),
    ("/reports", "/help/reports"),
    ("/evidence", "/help/evidence"),
    ("/people", "/help/people"),
    ("/data-requests", "/help/people"),
    ("/programmes", "/help/people"),
    ("/calendar", "/help/people"),
    ("/accounts", "/help/administration"),
    ("/permissions", "/help/administration"),
    ("/venues", "/help/administration"),
    ("/audit", "/help/administration"),
    ("/second-factor", "/help/start"),
    ("/my-account", "/help/start"),
    ("/access-review", "/help/administration"),
    ("/security-policy", "/help/administration"),
    ("/sign-in", "/help/start"),
    ("/password", "/help/start"),
];

fn help_on(path: &str, role: Option<Role>) -> &'static str {
    // A case is another job for whoever handles it and for whoever decides on it.
    match role {
        Some(Role::Handler | Role::DutyPerson) if path.starts_with("/cases") => return "/help/handling",
        Some(Role::LegalAidDirector) if path.starts_with("/cases") => return "/help/decisions",
        _ => {}
    }
    HANDBOOK.iter().find(|(start, _)| path.starts_with(start)).map_or("/help", |(_, page)| page)
}

/// What a request tells about the page that will answer it.
#[derive(Debug, Clone)]
pub struct Asked {
    path: String,
    back: String,
    /// It is a form of this site.
    sent: bool,
    large_print: bool,
    theme: &'static str,
    rows: Rows,
}

impl Asked {
    /// Reads the request's head.
    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Asked {
        let page = way_back::page_of(method, uri, headers);
        Asked {
            path: uri.path().to_owned(),
            sent: *method == Method::POST && page.is_some(),
            back: page.unwrap_or_else(|| "/".to_owned()),
            large_print: cookies::large_print(headers),
            theme: cookies::theme(headers),
            rows: cookies::rows(headers),
        }
    }
}

impl Asked {
    /// The page whose form was sent, to go back to it when nothing was done.
    #[must_use]
    pub fn sent_from(&self) -> Option<&str> {
        self.sent.then_some(self.back.as_str())
    }
}

impl Layout {
    /// The frame for `actor` at the page asked for, without a waiting message.
    pub fn build(state: &AppState, actor: Option<&Actor>, asked: &Asked) -> Layout {
        let today = state.clock.today();
        Layout {
            title: String::new(),
            who: actor.map(|actor| Who {
                account_id: actor.account_id,
                name: actor.name.clone(),
                role_label: actor.role.label().to_owned(),
                bureau_name: actor.bureau_name.clone(),
                venue_name: actor.venue_name.clone(),
            }),
            nav: actor.map(|actor| navigation(actor, &asked.path)).unwrap_or_default(),
            crumbs: Vec::new(),
            flash: None,
            month: None,
            supervision_phone: None,
            county: String::new(),
            venue: actor.and_then(|actor| actor.venue_name.clone()),
            now_text: format!("{} {}", today.format("%Y年%-m月%-d日"), weekday_name(today)),
            demonstration: state
                .demonstration
                .then(|| format!("现在是{}，人员和事项都是虚构的。", state.clock.now().format("%Y年%-m月%-d日 %H:%M"))),
            form_token: actor.map(|actor| actor.form_token.clone()).unwrap_or_default(),
            large_print: asked.large_print,
            theme: asked.theme,
            rows: asked.rows,
            help: help_on(&asked.path, actor.map(|actor| actor.role)),
            path: asked.path.clone(),
            back: asked.back.clone(),
        }
    }

    /// Names the page.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Layout {
        self.title = title.into();
        self
    }

    /// Leads the public services to the county of a division code; an empty code is the first.
    #[must_use]
    pub fn in_county(mut self, code: &str) -> Layout {
        self.county = if code.is_empty() { String::new() } else { format!("?county={code}") };
        self
    }

    /// Adds a step of the way here.
    #[must_use]
    pub fn crumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Layout {
        self.crumbs.push(Crumb { label: label.into(), href: Some(href.into()) });
        self
    }

    /// Shows the month in view; its neighbours are at `base` + month, e.g. `/roster/` + `2024-04`.
    #[must_use]
    pub fn at_month(mut self, month: Month, base: &str) -> Layout {
        self.month = Some(MonthBar {
            label: month.chinese(),
            previous_href: format!("{base}{}", month.previous()),
            next_href: format!("{base}{}", month.next()),
        });
        self
    }

    /// Shows the venue in view.
    #[must_use]
    pub fn at_venue(mut self, name: impl Into<String>) -> Layout {
        self.venue = Some(name.into());
        self
    }
}

fn item(place: &Place, path: &str) -> NavItem {
    NavItem {
        label: place.label.to_owned(),
        href: place.href.to_owned(),
        current: path == place.href || path.starts_with(&format!("{}/", place.href)),
        badge: None,
        keys: place.keys,
        key: place.key,
    }
}

fn navigation(actor: &Actor, path: &str) -> Vec<NavGroup> {
    let own = |label: &str, href: &str, keys, key| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        current: path == href,
        badge: None,
        keys,
        key,
    };
    let mut groups = vec![NavGroup {
        label: "首页".to_owned(),
        items: vec![
            own("我的待办", "/home", "wodedaiban wddb shouye sy", "h"),
            own("值班公示", "/", "zhibangongshi zbgs", "w"),
        ],
    }];
    for place in NAVIGATION.iter().filter(|place| actor.may(place.action).is_some()) {
        match groups.iter_mut().find(|known| known.label == place.group) {
            Some(known) => known.items.push(item(place, path)),
            None => groups.push(NavGroup { label: place.group.to_owned(), items: vec![item(place, path)] }),
        }
    }
    groups
}

/// What an account can come to do, beside the pages of its navigation.
#[must_use]
pub fn errands(actor: &Actor) -> Vec<NavItem> {
    let mine = ERRANDS.iter().filter(|place| actor.may(place.action).is_some()).map(|place| item(place, ""));
    let own = |label: &str, href: &str, keys| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        keys,
        ..NavItem::default()
    };
    mine.chain([
        own("使用手册", "/help", "shiyongshouce sysc bangzhu bz"),
        own("修改密码", "/password", "xiugaimima xgmm"),
    ])
    .collect()
}

impl FromRequestParts<AppState> for Layout {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Layout, AppError> {
        let actor = parts.extensions.get::<Actor>();
        let asked = Asked::of(&parts.method, &parts.uri, &parts.headers);
        let mut layout = Layout::build(state, actor, &asked);
        if let Some(actor) = actor
            && actor.flash_waiting
            && parts.method == Method::GET
        {
            layout.flash = session::take_flash(state, &actor.session_key).await?;
        }
        Ok(layout)
    }
}

/// A page that is drawn.
///
/// # Errors
/// When the template fails.
pub fn page(template: &impl askama::Template) -> Result<Response, AppError> {
    Ok(Html(template.render()?).into_response())
}

/// A form shown again with its errors: 422, as typed.
///
/// # Errors
/// When the template fails.
pub fn form_again(template: &impl askama::Template) -> Result<Response, AppError> {
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}
