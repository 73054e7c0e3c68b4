//! The public pages: apply, and look an application up.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum_extra::extract::Query;
use serde::Deserialize;

use super::db::{self, Found, Office};
use super::service::{self, Sent, Told};
use crate::cases::life::intake;
use crate::cases::life::person::{Education, Health, parse_postcode};
use crate::cases::states::State as CaseState;
use crate::database::wall::within;
use crate::error::AppError;
use crate::plan::dictionaries::SpecialGroup;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::chinese_date;
use crate::secrets::{IdNumber, parse_phone};
use crate::state::AppState;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page};
use crate::web::posted::PublicPosted;
use crate::web::session::Address;
use crate::web::{Answer, filters, typed};

/// Which county is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct CountyQuery {
    county: String,
}

/// An application as a stranger typed it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct OnlineForm {
    county: String,
    name: String,
    id_number: String,
    phone: String,
    township: String,
    address: String,
    postcode: String,
    domicile: String,
    ethnicity: String,
    occupation: String,
    education: String,
    health: String,
    groups: Vec<String>,
    hard_to_move: String,
    opponent: String,
    facts: String,
    request: String,
    agreed: String,
}

#[derive(Template)]
#[template(path = "cases/online.html")]
struct ApplyPage {
    layout: Layout,
    office: Office,
    form: OnlineForm,
    errors: Errors,
    /// The number, once it was sent.
    sent: String,
}

impl ApplyPage {
    fn groups(&self) -> Vec<(&'static str, &'static str)> {
        SpecialGroup::ALL.iter().map(|group| (group.code(), group.label())).collect()
    }

    fn educations(&self) -> Vec<(&'static str, &'static str)> {
        Education::ALL.iter().map(|it| (it.code(), it.label())).collect()
    }

    fn healths(&self) -> Vec<(&'static str, &'static str)> {
        Health::ALL.iter().map(|it| (it.code(), it.label())).collect()
    }

    /// Whether the folded part must be seen: something stands in it, or is wrong in it.
    fn told_more(&self) -> bool {
        let form = &self.form;
        let texts = [
            &form.address,
            &form.postcode,
            &form.domicile,
            &form.ethnicity,
            &form.occupation,
            &form.education,
            &form.health,
        ];
        texts.iter().any(|text| !text.is_empty())
    }

    fn hard(&self) -> bool {
        self.form.hard_to_move == "yes"
    }

    fn agreed(&self) -> bool {
        self.form.agreed == "yes"
    }
}

pub(in crate::cases) async fn apply(
    State(state): State<AppState>,
    layout: Layout,
    Query(query): Query<CountyQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let office = db::office(&mut conn, query.county.trim()).await?.ok_or(AppError::NotFound)?;
    let layout = layout.titled("网上申请法律援助").in_county(query.county.trim());
    let form = OnlineForm { county: query.county, ..OnlineForm::default() };
    page(&ApplyPage { layout, office, form, errors: Errors::default(), sent: String::new() })
}

pub(in crate::cases) async fn send(
    State(state): State<AppState>,
    Address(address): Address,
    layout: Layout,
    PublicPosted(form): PublicPosted<OnlineForm>,
) -> Answer {
    let layout = layout.titled("网上申请法律援助").in_county(form.county.trim());
    let mut conn = state.pool.acquire().await?;
    let office = db::office(&mut conn, form.county.trim()).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let mut errors = Errors::new();
    let name = typed::line(&mut errors, "name", "姓名", &form.name, 50);
    let id_number: Option<IdNumber> = match form.id_number.parse() {
        Ok(number) => Some(number),
        Err(error) => {
            let error: crate::secrets::IdNumberError = error;
            errors.add("id_number", error.to_string());
            None
        }
    };
    let phone = match parse_phone(&form.phone) {
        Ok(phone) => Some(phone),
        Err(error) => {
            errors.add("phone", error.to_string());
            None
        }
    };
    let township = typed::optional_line(&mut errors, "township", "乡镇（街道）", &form.township, 50);
    let person = told(&mut errors, &form);
    let groups: Vec<SpecialGroup> = typed::codes(&mut errors, "groups", &form.groups);
    let opponent = typed::optional_line(&mut errors, "opponent", "对方", &form.opponent, 60);
    let facts = typed::line(&mut errors, "facts", "事情经过", &form.facts, 2000);
    let request = typed::line(&mut errors, "request", "希望得到什么帮助", &form.request, 500);
    if !facts.is_empty() && facts.chars().count() < 10 {
        errors.add("facts", "请再写详细一些：什么时间、和谁、发生了什么事");
    }
    if form.agreed != "yes" {
        errors.add("agreed", "请阅读并勾选诚信承诺和个人信息告知");
    }
    let now = state.clock.now();
    let (Some(id_number), Some(phone), true) = (id_number, phone, errors.is_empty()) else {
        return form_again(&ApplyPage { layout, office, form, errors, sent: String::new() });
    };
    if id_number.birth() > now.date_naive() {
        errors.add("id_number", "身份证号中的出生日期在今天之后，请核对");
        return form_again(&ApplyPage { layout, office, form, errors, sent: String::new() });
    }
    let sent = Sent {
        name,
        id_number,
        phone,
        township,
        person,
        groups: groups.into_iter().collect(),
        hard_to_move: form.hard_to_move == "yes",
        opponent,
        facts,
        request,
    };
    let Some(number) = within(office.wall(), service::take_in(&state, &office, &sent, &address)).await? else {
        errors.add("id_number", "这个身份证号已有几份申请在等候处理，请用申请编号查询，或者致电法律援助中心");
        return form_again(&ApplyPage { layout, office, form, errors, sent: String::new() });
    };
    page(&ApplyPage { layout, office, form: OnlineForm::default(), errors: Errors::default(), sent: number })
}

/// What else was told of the person.
fn told(errors: &mut Errors, form: &OnlineForm) -> Told {
    let postcode = parse_postcode(&form.postcode).unwrap_or_else(|message| {
        errors.add("postcode", message);
        String::new()
    });
    let mut line = |field: &str, label: &str, text: &str, longest: usize| {
        typed::optional_line(errors, field, label, text, longest)
    };
    Told {
        address: line("address", "详细住址", &form.address, 100),
        postcode,
        domicile: line("domicile", "户籍所在地", &form.domicile, 100),
        ethnicity: line("ethnicity", "民族", &form.ethnicity, 12),
        occupation: line("occupation", "职业", &form.occupation, 30),
        education: Education::from_code(&form.education),
        health: Health::from_code(&form.health),
    }
}

/// What is looked up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct LookUpForm {
    county: String,
    number: String,
    phone: String,
}

#[derive(Template)]
#[template(path = "cases/status.html")]
struct StatusPage {
    layout: Layout,
    office: Office,
    form: LookUpForm,
    errors: Errors,
    found: Option<Found>,
}

impl Found {
    fn headline(&self) -> &'static str {
        match (self.status.as_str(), self.state) {
            ("sent", _) => "已收到，等候法律援助中心核收",
            ("declined", _) => "没有受理",
            (_, Some(state)) => match state {
                CaseState::Draft | CaseState::Submitted => "已核收，正在核对材料",
                CaseState::Supplement => "需要补充材料",
                CaseState::Accepted | CaseState::Reviewing => "已受理，正在审查",
                CaseState::AidFirst | CaseState::Granted | CaseState::Notified => "决定给予援助，正在指派承办人",
                CaseState::Assigned
                | CaseState::Reassigning
                | CaseState::Entrusted
                | CaseState::Handling
                | CaseState::Concluded
                | CaseState::ClosingReview
                | CaseState::Returned => "正在办理",
                CaseState::CloseAgreed | CaseState::Entered | CaseState::Archived => "已经办结",
                CaseState::Terminated => "已经终止",
                CaseState::Refused => "决定不予援助",
                CaseState::Objection => "异议正在审查",
                CaseState::Withdrawn => "已经撤回",
                CaseState::DeemedWithdrawn => "补正期满，视为撤回",
                CaseState::NotOurs => "已转有管辖权的机构",
            },
            _ => "已收到",
        }
    }

    fn advice(&self) -> String {
        match (self.status.as_str(), self.state) {
            ("sent", _) => "工作人员会打电话核对情况，请保持电话畅通。".to_owned(),
            ("declined", _) => self.answer.clone(),
            (_, Some(CaseState::Supplement)) => format!(
                "请按补正通知在{}前补交材料，可以送到窗口、邮寄或者请工作人员上门。",
                self.supplement_until.map(chinese_date).unwrap_or_default()
            ),
            (_, Some(CaseState::Assigned | CaseState::Entrusted | CaseState::Handling)) => {
                format!("承办人：{} {}。有问题可以直接联系承办人或者法律援助中心。", self.organisation, self.handler)
            }
            (_, Some(CaseState::Refused)) => {
                "决定书会送达给您；有异议的，可以自收到之日起15日内向司法局提出。".to_owned()
            }
            (_, Some(CaseState::DeemedWithdrawn)) => "材料备齐后可以重新申请。".to_owned(),
            _ => "有变化时会电话通知您。".to_owned(),
        }
    }
}

pub(in crate::cases) async fn ask_status(
    State(state): State<AppState>,
    layout: Layout,
    Query(query): Query<CountyQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let office = db::office(&mut conn, query.county.trim()).await?.ok_or(AppError::NotFound)?;
    let layout = layout.titled("查询申请进度").in_county(query.county.trim());
    let form = LookUpForm { county: query.county, ..LookUpForm::default() };
    page(&StatusPage { layout, office, form, errors: Errors::default(), found: None })
}

pub(in crate::cases) async fn look_up(
    State(state): State<AppState>,
    layout: Layout,
    PublicPosted(form): PublicPosted<LookUpForm>,
) -> Result<Response, AppError> {
    let layout = layout.titled("查询申请进度").in_county(form.county.trim());
    let mut conn = state.pool.acquire().await?;
    let office = db::office(&mut conn, form.county.trim()).await?.ok_or(AppError::NotFound)?;
    let mut errors = Errors::new();
    let number = typed::line(&mut errors, "number", "申请编号", &form.number, 40);
    let phone = match parse_phone(&form.phone) {
        Ok(phone) => Some(phone),
        Err(error) => {
            errors.add("phone", error.to_string());
            None
        }
    };
    let (Some(phone), true) = (phone, errors.is_empty()) else {
        return form_again(&StatusPage { layout, office, form, errors, found: None });
    };
    // Also under the older key, while keys are changed.
    let online = state.seals.blind_indexes("case_online.phone", &phone);
    let case = intake::phone_indexes(&state.seals, &phone);
    drop(conn);
    let found = within(office.wall(), async {
        let mut conn = state.pool.acquire().await?;
        db::look_up(&mut conn, office.bureau, &number, &online, &case).await
    })
    .await?;
    if found.is_none() {
        // One sentence for either: nobody learns which numbers exist.
        errors.add("", "没有查到：编号和电话须与申请时填写的一致；仍查不到的，请致电法律援助中心");
        return form_again(&StatusPage { layout, office, form, errors, found: None });
    }
    page(&StatusPage { layout, office, form, errors, found })
}
