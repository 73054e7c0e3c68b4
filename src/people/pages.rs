//! Pages of the duty bank.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use serde::Deserialize;
use sqlx::PgConnection;

use super::PersonStatus;
use super::db::{self, Filter, Person, PersonRow};
use super::form::{PersonForm, Reading};
use crate::error::AppError;
use crate::plan::dictionaries::PersonCategory;
use crate::plan::dictionary::Dictionary;
use crate::state::AppState;
use crate::venues::db::Venue;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::terms::Term;
use crate::web::{Answer, filters};
use crate::{programmes, venues};

/// 四(一)3 asks for five years, where no programme says more.
const MINIMUM_YEARS: u32 = 5;

pub(super) type Choices = Vec<(String, String)>;

fn choices<D: Dictionary>() -> Choices {
    D::ALL.iter().map(|value| (value.code().to_owned(), value.label().to_owned())).collect()
}

fn venue_choices(venues: &[Venue]) -> Choices {
    venues.iter().map(|venue| (venue.id.to_string(), venue.short_name.clone())).collect()
}

/// What the list was asked for, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    category: String,
    venue: String,
    status: String,
    after_pinyin: String,
    after: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        Filter {
            search: self.search.trim().chars().take(30).collect(),
            category: PersonCategory::from_code(&self.category),
            venue: self.venue.parse().ok(),
            status: PersonStatus::from_code(&self.status),
            after_pinyin: self.after_pinyin.clone(),
            after_id: self.after.parse().ok(),
        }
    }

    fn asks(&self) -> bool {
        [&self.search, &self.category, &self.venue, &self.status].iter().any(|text| !text.trim().is_empty())
    }

    fn address(&self, after: Option<&PersonRow>) -> String {
        let mut pairs = vec![
            ("search", self.search.clone()),
            ("category", self.category.clone()),
            ("venue", self.venue.clone()),
            ("status", self.status.clone()),
        ];
        if let Some(last) = after {
            pairs.push(("after_pinyin", last.pinyin.clone()));
            pairs.push(("after", last.id.to_string()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        match serde_html_form::to_string(&pairs) {
            Ok(query) if !query.is_empty() => format!("/people?{query}"),
            Ok(_) | Err(_) => "/people".to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    layout: Layout,
    none: Errors,
    query: ListQuery,
    /// What was searched for.
    term: String,
    categories: Choices,
    venues: Choices,
    statuses: Choices,
    people: Vec<PersonRow>,
    pager: Pager,
    may_edit: bool,
}

pub(super) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(mut query): Query<ListQuery>,
) -> Answer {
    let Term { text: term, sealed } = Term::read(&state, &actor, &query.search)?;
    let filter = ListQuery { search: term.clone(), ..query.clone() }.filter();
    query.search = sealed;
    let mut conn = state.pool.acquire().await?;
    let mut people = db::people(&mut conn, scope.bureau(), &filter, layout.rows.asked()).await?;
    let venues = venues::db::venues_of(&mut conn, scope.bureau()).await?;
    let more = layout.rows.cut(&mut people);
    let pager = Pager {
        previous: (!query.after.is_empty()).then(|| query.address(None)),
        next: people.last().filter(|_| more).map(|last| query.address(Some(last))),
        text: format!("本页{}人", people.len()),
        rows: layout.rows,
    };
    page(&ListPage {
        layout: layout.titled("值班人员库"),
        none: Errors::new(),
        categories: choices::<PersonCategory>(),
        venues: venue_choices(&venues),
        statuses: choices::<PersonStatus>(),
        people,
        pager,
        may_edit: actor.may(Action::EditPeople).is_some(),
        query,
        term,
    })
}

impl ListPage {
    /// Few venues by name, many by number.
    fn venues_of(row: &PersonRow) -> String {
        match row.venues.len() {
            0 => "未指定".to_owned(),
            1..=3 => row.venues.join("、"),
            count => format!("{}等{count}处", row.venues.first().map_or("", String::as_str)),
        }
    }
}

/// What a form of an entry is read against.
pub(super) async fn reading(state: &AppState, conn: &mut PgConnection, bureau: i64) -> Result<Reading, AppError> {
    let today = state.clock.today();
    let programme = programmes::db::in_force(conn, bureau, today).await?;
    let minimum_years = programme.map_or(MINIMUM_YEARS, |programme| programme.content.retired_service_years);
    Ok(Reading { minimum_years, today })
}

#[derive(Template)]
#[template(path = "people/form.html")]
pub(super) struct FormPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) form: PersonForm,
    pub(super) errors: Errors,
    pub(super) minimum_years: u32,
    pub(super) categories: Choices,
    pub(super) venues: Choices,
    /// The entry that is changed; none for a new one.
    pub(super) person: Option<Person>,
}

impl FormPage {
    pub(super) async fn load(
        conn: &mut PgConnection,
        scope: Scope,
        layout: Layout,
        person: Option<Person>,
        reading: Reading,
    ) -> Result<FormPage, AppError> {
        let mut venues = venues::db::venues_of(conn, scope.bureau()).await?;
        venues.retain(|venue| venue.active || person.as_ref().is_some_and(|person| person.venues.contains(&venue.id)));
        let layout = layout.crumb("值班人员库", "/people");
        Ok(FormPage {
            layout: match &person {
                Some(person) => layout
                    .titled(format!("修改{}的登记", person.particulars.name))
                    .crumb(person.particulars.name.clone(), format!("/people/{}", person.id)),
                None => layout.titled("登记值班人员"),
            },
            once: OnceKey::new(),
            form: match &person {
                Some(person) => PersonForm::of(person),
                None => PersonForm { joined_on: reading.today.to_string(), ..PersonForm::default() },
            },
            errors: Errors::new(),
            minimum_years: reading.minimum_years,
            categories: choices::<PersonCategory>(),
            venues: venue_choices(&venues),
            person,
        })
    }

    fn action(&self) -> String {
        match &self.person {
            Some(person) => format!("/people/{}", person.id),
            None => "/people".to_owned(),
        }
    }

    fn version(&self) -> &str {
        &self.form.version
    }

    fn cancel(&self) -> String {
        self.action()
    }

    /// What stands under a sealed number: how to type it, or what is stored.
    fn sealed_hint(&self, mask: fn(&Person) -> &str, new: &str) -> String {
        match &self.person {
            Some(person) if mask(person).is_empty() => new.to_owned(),
            Some(person) => format!("现为{}。不修改请留空。", mask(person)),
            None => new.to_owned(),
        }
    }

    fn id_number_hint(&self) -> String {
        self.sealed_hint(
            |person| &person.id_number_mask,
            "18位。出生日期和性别由此得出；加密保存，页面只显示部分数字。",
        )
    }

    fn phone_hint(&self) -> String {
        self.sealed_hint(|person| &person.phone_mask, "11位手机号，加密保存，不对外公示。")
    }

    fn account_hint(&self) -> String {
        self.sealed_hint(|person| &person.bank_account_mask, "首次发放补贴前必须填写，加密保存。")
    }
}

pub(super) async fn new(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let reading = reading(&state, &mut conn, scope.bureau()).await?;
    page(&FormPage::load(&mut conn, scope, layout, None, reading).await?)
}

pub(super) async fn edit(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let person = load(&mut conn, scope, id).await?;
    let reading = reading(&state, &mut conn, scope.bureau()).await?;
    page(&FormPage::load(&mut conn, scope, layout, Some(person), reading).await?)
}

/// The entry behind an address.
pub(super) async fn load(conn: &mut PgConnection, scope: Scope, id: i64) -> Result<Person, AppError> {
    db::find(conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)
}

/// A change of standing as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StatusForm {
    pub(super) version: String,
    pub(super) status: String,
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "people/one.html")]
pub(super) struct PersonPage {
    pub(super) layout: Layout,
    pub(super) once: OnceKey,
    pub(super) person: Person,
    pub(super) venues: Vec<String>,
    pub(super) moves: Choices,
    pub(super) form: StatusForm,
    pub(super) errors: Errors,
    pub(super) may_edit: bool,
    pub(super) licence_expired: bool,
}

impl PersonPage {
    pub(super) async fn load(
        state: &AppState,
        conn: &mut PgConnection,
        layout: Layout,
        actor: &Actor,
        scope: Scope,
        id: i64,
    ) -> Result<PersonPage, AppError> {
        let person = load(conn, scope, id).await?;
        let venues = venues::db::venues_of(conn, scope.bureau()).await?;
        let today = state.clock.today();
        Ok(PersonPage {
            layout: layout.titled(person.particulars.name.clone()).crumb("值班人员库", "/people"),
            once: OnceKey::new(),
            venues: venues
                .into_iter()
                .filter(|venue| person.venues.contains(&venue.id))
                .map(|venue| venue.short_name)
                .collect(),
            moves: PersonStatus::ALL
                .iter()
                .filter(|status| **status != person.status)
                .map(|status| (status.code().to_owned(), Self::verb(*status).to_owned()))
                .collect(),
            form: StatusForm::default(),
            errors: Errors::new(),
            may_edit: actor.may(Action::EditPeople).is_some(),
            licence_expired: person.particulars.licence_valid_to.is_some_and(|last| last < today),
            person,
        })
    }

    fn verb(status: PersonStatus) -> &'static str {
        match status {
            PersonStatus::Active => "恢复在库，可以排班",
            PersonStatus::Suspended => "暂停，暂时不排班",
            PersonStatus::Left => "退出值班人员库",
        }
    }

    fn gender(&self) -> &'static str {
        if self.person.gender == "male" { "男" } else { "女" }
    }

    fn years(&self) -> String {
        self.person.particulars.years_in_service.map(|years| format!("{years}年")).unwrap_or_default()
    }

    fn is_retired(&self) -> bool {
        self.person.particulars.category == PersonCategory::RetiredJudicial
    }

    fn is_of_school(&self) -> bool {
        self.person.particulars.category == PersonCategory::LawSchool
    }

    fn licence_label(&self) -> &'static str {
        if self.is_of_school() { "资格证号" } else { "执业证号" }
    }

    fn venue_list(&self) -> String {
        if self.venues.is_empty() { "未指定，还不能排班".to_owned() } else { self.venues.join("、") }
    }
}

pub(super) async fn person(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    page(&PersonPage::load(&state, &mut conn, layout, &actor, scope, id).await?)
}
