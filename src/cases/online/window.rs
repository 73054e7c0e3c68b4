//! The window opens what came from outside, or from a consultation.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;

use super::db::{self, OnlineRow};
use crate::audit::Audit;
use crate::cases::life::dossier::Way;
use crate::cases::life::intake::{self, Beginning, NewApplication};
use crate::cases::life::person::{Education, Health};
use crate::consultations;
use crate::error::AppError;
use crate::plan::calendar::Calendar;
use crate::plan::deadlines::ProceduralLimit;
use crate::plan::dictionaries::{Basis, CaseKind, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::{chinese_date, days_left, local_date};
use crate::secrets::{Gender, IdNumber, mask_name};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::permissions::{Action, Role};
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

#[derive(Template)]
#[template(path = "cases/online_list.html")]
struct ListPage {
    layout: Layout,
    once: OnceKey,
    rows: Vec<OnlineRow>,
    calendar: Calendar,
    today: NaiveDate,
}

impl ListPage {
    /// Whether there may be more than are shown.
    fn is_cut(&self) -> bool {
        self.rows.len() >= db::MOST_SHOWN
    }

    /// Until when the application is to be decided on, whether or not anybody opened it.
    fn limit(&self, row: &OnlineRow) -> String {
        match ProceduralLimit::Review.due(&self.calendar, local_date(&row.sent_at)) {
            Ok(due) => format!("{}，{}", chinese_date(due), days_left(due, self.today)),
            Err(_) => String::new(),
        }
    }
}

impl OnlineRow {
    fn group_words(&self) -> String {
        self.groups.iter().map(|group| group.label()).collect::<Vec<_>>().join("、")
    }

    fn mask(&self) -> String {
        mask_name(&self.name)
    }
}

pub(in crate::cases) async fn list(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let rows = db::waiting(&mut conn, scope.bureau(), None).await?;
    let calendar = crate::programmes::db::calendar(&mut conn).await?;
    let layout = layout.titled("网上申请").crumb("案件台账", "/cases");
    page(&ListPage { layout, once: OnceKey::new(), rows, calendar, today: state.clock.today() })
}

/// A word to the applicant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct AnswerForm {
    answer: String,
}

pub(in crate::cases) async fn open(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<AnswerForm>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let bureau = scope.bureau();
    if !db::exists(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let row = db::waiting(work.conn(), bureau, Some(id)).await?.into_iter().next();
    let row = row.ok_or_else(|| AppError::refused("这份网上申请已经有人处理过。"))?;
    let seal = row.seal_id.to_string();
    let number = state.seals.open("case_online.id_number", &seal, &row.id_number)?;
    let phone = state.seals.open("case_online.phone", &seal, &row.phone)?;
    let open = |field: &str, sealed: &Option<Vec<u8>>| {
        sealed.as_deref().map_or(Ok(String::new()), |sealed| state.seals.open(field, &seal, sealed))
    };
    let address = open("case_online.address", &row.address)?;
    let domicile = open("case_online.domicile", &row.domicile)?;
    let parsed: Option<IdNumber> = number.parse().ok();
    let mut new = NewApplication::blank(CaseKind::CivilFirstInstance);
    new.name = row.name;
    new.gender = Some(if row.gender == "female" { Gender::Female } else { Gender::Male });
    new.birth_date = parsed.map(|number| number.birth());
    new.id_number = Some(number);
    new.phone = Some(phone);
    new.township = row.township;
    new.address = address;
    new.domicile = domicile;
    new.postcode = row.postcode;
    new.ethnicity = row.ethnicity;
    new.occupation = row.occupation;
    new.education = Education::from_code(&row.education);
    new.health = Health::from_code(&row.health);
    new.groups = row.groups.into_iter().collect();
    new.hard_to_move = row.hard_to_move;
    new.opponent = row.opponent;
    new.facts = row.facts;
    new.request = row.request;
    // What a stranger ticked may not fit the birth date: the window sees it when it completes the form.
    let received_on = local_date(&row.sent_at);
    let beginning = Beginning {
        way: Way::Online,
        basis: Basis::Application,
        received_on,
        draft: false,
        earlier_stage: None,
        consultation: None,
        online_number: Some(row.number.clone()),
    };
    drop_unfitting(&mut new, received_on);
    let case = intake::begin(&mut work, &state.seals, scope, &beginning, &new).await?;
    let (by, at) = (work.actor.account_id, work.now);
    if !db::answer(work.conn(), bureau, id, Some(case), "", by, at).await? {
        return Err(AppError::refused("这份网上申请刚刚有人处理过。"));
    }
    work.audit(Audit::new("case.open_online", "online_application", id).after(json!({ "case": case }))).await?;
    Ok(work
        .finish(&format!("/cases/{case}"), "网上申请已核收；请补填案由和阶段，核对证明后受理。")
        .await?
        .into_response())
}

/// Leaves out the groups that the birth date rules out.
fn drop_unfitting(new: &mut NewApplication, on: chrono::NaiveDate) {
    use crate::cases::eligibility::rules::age_on;
    use crate::plan::dictionaries::SpecialGroup;
    let age = new.birth_date.map(|birth| age_on(birth, on));
    let female = new.gender == Some(Gender::Female);
    new.groups.retain(|group| match group {
        SpecialGroup::Elderly => age.is_some_and(|age| age >= 60),
        SpecialGroup::Minor => age.is_some_and(|age| age < 18),
        SpecialGroup::Woman => female,
        _ => true,
    });
}

pub(in crate::cases) async fn decline(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<AnswerForm>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    if !db::exists(&mut conn, scope.bureau(), id).await? {
        return Err(AppError::NotFound);
    }
    drop(conn);
    let answer = posted.form.answer.trim().to_owned();
    if answer.chars().count() < 6 || answer.chars().count() > 300 {
        return Err(AppError::refused("请写明不受理的原因和申请人下一步怎么办（6到300个字），申请人查询时会看到。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let (by, at) = (work.actor.account_id, work.now);
    if !db::answer(work.conn(), scope.bureau(), id, None, &answer, by, at).await? {
        return Err(AppError::refused("这份网上申请已经有人处理过。"));
    }
    work.audit(Audit::new("case.decline_online", "online_application", id).note(answer)).await?;
    Ok(work.finish("/cases/online", "已答复申请人，申请人查询时会看到。").await?.into_response())
}

/// Nothing else is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct Nothing {}

pub(in crate::cases) async fn pass_on(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let it = consultations::hand_on(work.conn(), &state.seals, scope, id).await?.ok_or(AppError::NotFound)?;
    if it.name.is_empty() {
        return Err(AppError::refused("咨询人没有留下姓名，不能转交；请先在咨询记录中补填姓名和电话。"));
    }
    let mut new = NewApplication::blank(CaseKind::CivilFirstInstance);
    new.birth_date =
        it.id_number.as_deref().and_then(|number| number.parse::<IdNumber>().ok()).map(|number| number.birth());
    new.name = it.name;
    new.gender = match it.gender.as_str() {
        "female" => Some(Gender::Female),
        "male" => Some(Gender::Male),
        _ => None,
    };
    new.id_number = it.id_number;
    new.phone = it.phone;
    new.address = it.address.unwrap_or_default();
    new.township = it.township;
    new.cause = it.cause;
    new.facts = it.facts;
    new.request = it.request;
    new.groups = it.groups.into_iter().collect();
    let today = work.today();
    drop_unfitting(&mut new, today);
    let way = match (actor.role, it.venue_kind) {
        (Role::DutyPerson, VenueKind::LegalAidCentre) => Way::DutyLawyer,
        (_, VenueKind::LegalAidCentre) => Way::Window,
        _ => Way::Station,
    };
    let beginning = Beginning {
        way,
        basis: Basis::Application,
        received_on: today,
        draft: true,
        earlier_stage: None,
        consultation: Some(id),
        online_number: None,
    };
    intake::begin(&mut work, &state.seals, scope, &beginning, &new).await?;
    let location = if actor.may(Action::RegisterCases).is_some() {
        "/cases/work".to_owned()
    } else {
        format!("/consultations/{id}")
    };
    let message = format!("已转交法律援助中心（咨询{}），内容不用重填；中心会联系申请人。", it.number);
    Ok(work.finish(&location, message).await?.into_response())
}
