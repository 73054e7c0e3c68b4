//! Who acts: the bureau, its accounts, the duty bank.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate};

use super::db::{self, AccountRow};
use super::invented::{PEOPLE, Post};
use super::{ACCOUNTS, PASSWORD};
use crate::accounts::db::NewAccount;
use crate::accounts::policy::Policy;
use crate::cases::assignment::rules::Field;
use crate::cases::assignment::{self, NewHandler};
use crate::people::{self, BankAccount, NewPerson, Particulars, Phone};
use crate::plan::dictionaries::{HandlerCategory, PersonCategory, VenueKind};
use crate::plan::dictionary::Dictionary as _;
use crate::secrets::{demo_id_number, demo_phone};
use crate::state::AppState;
use crate::venues::db::Venue;
use crate::web::actor::{Actor, Scope};
use crate::web::permissions::{Action, Role};
use crate::web::work::Work;
use crate::{accounts, programmes, venues};

/// The people of the story by what they do.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) bureau: i64,
    pub(super) venues: Vec<Venue>,
    pub(super) clerk: Actor,
    pub(super) approver: Actor,
    pub(super) finance: Actor,
    pub(super) legal_aid: Actor,
    pub(super) director: Actor,
    /// Who handles legal aid cases: the handler's row and account.
    pub(super) handlers: Vec<(i64, Actor)>,
    pub(super) leader: Actor,
    /// By venue.
    pub(super) staff: HashMap<i64, Actor>,
    /// By person.
    pub(super) duty: HashMap<i64, Actor>,
    /// The duty bank by venue, in the order of their turns.
    pub(super) turns: HashMap<i64, Vec<i64>>,
}

impl Cast {
    /// The staff who answer for a venue.
    pub(super) fn staff_of(&self, venue: i64) -> anyhow::Result<&Actor> {
        self.staff.get(&venue).context("a venue without staff")
    }

    /// The account of a duty person.
    pub(super) fn on_duty(&self, person: i64) -> anyhow::Result<&Actor> {
        self.duty.get(&person).context("a person without an account")
    }
}

/// The scope that an actor has for an action that the story makes them do.
pub(super) fn scope(actor: &Actor, action: Action) -> anyhow::Result<Scope> {
    actor.may(action).with_context(|| format!("{} may not {}", actor.signature(), action.code()))
}

/// Sets the bureau up and fills its duty bank.
pub(super) async fn assemble(state: &AppState) -> anyhow::Result<Cast> {
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let bureau = programmes::install_gaoping(&mut transaction, now).await.map_err(anyhow::Error::new)?;
    let venues = venues::db::venues_of(&mut transaction, bureau).await?;
    let centre = venue_of(&venues, VenueKind::ServiceCentre)?.id;
    let window = venue_of(&venues, VenueKind::LegalAidCentre)?.id;
    let hash = state.passwords.hash(PASSWORD.to_owned()).await.map_err(anyhow::Error::new)?;
    let station = |short_name: &str| venues.iter().find(|venue| venue.short_name == short_name).map(|venue| venue.id);

    let new = |login: &str, name: &str, role: Role, venue_id: Option<i64>, person_id: Option<i64>| NewAccount {
        bureau_id: bureau,
        login: login.to_owned(),
        name: name.to_owned(),
        role,
        venue_id,
        person_id,
        staff_number: person_id.is_none().then(|| format!("GP-{}", login.to_uppercase())),
        password_hash: hash.clone(),
        must_change_password: false,
        created_by: None,
    };
    // The three administrators come with the first set-up; they make and grant all others.
    let names = [
        "郝文静",
        "崔建忠",
        "郑素芳",
        "杜国栋",
        "白晓霞",
        "阎军",
        "",
        "袁晓琳",
        "宋慧敏",
        "段志刚",
        "史小龙",
        "温亚楠",
        "裴志国",
    ];
    for ((login, role), name) in ACCOUNTS.iter().zip(names).filter(|((_, role), _)| role.is_administrator()) {
        accounts::db::insert(&mut transaction, &new(login, name, *role, None, None), now).await?;
    }
    transaction.commit().await?;

    let mut conn = state.pool.acquire().await?;
    let rows = db::all_accounts(&mut conn).await?;
    drop(conn);
    let system = by_login(&rows, "system")?;
    let security = by_login(&rows, "security")?;
    easy_to_try(state, &security).await?;
    // The desks and the office; duty persons get theirs once they are in the bank.
    for ((login, role), name) in ACCOUNTS.iter().zip(names) {
        let venue_id = match *login {
            "centre" => Some(centre),
            "mishan" => station("米山镇"),
            "legalaid" => Some(window),
            _ => None,
        };
        if *role != Role::DutyPerson && !role.is_administrator() {
            make(state, &system, &security, new(login, name, *role, venue_id, None)).await?;
        }
    }
    for (venue, name) in venues.iter().filter(|venue| venue.kind == VenueKind::Station).zip(STATION_STAFF) {
        if venue.short_name != "米山镇" {
            let login = format!("s{}", venue.code);
            make(state, &system, &security, new(&login, name, Role::VenueStaff, Some(venue.id), None)).await?;
        }
    }

    let mut conn = state.pool.acquire().await?;
    let rows = db::all_accounts(&mut conn).await?;
    drop(conn);
    let clerk = by_login(&rows, "clerk")?;

    let mut turns: HashMap<i64, Vec<i64>> = HashMap::new();
    for (sequence, invented) in (1_u32..).zip(PEOPLE) {
        let (year, month, day) = invented.birth;
        let birth = NaiveDate::from_ymd_opt(year, month, day).context("a birth date")?;
        let places = match invented.post {
            Post::Centre => vec![centre],
            Post::Window => vec![window],
            Post::Station(name) => vec![station(name).context("a station")?, centre],
        };
        let person = new_person(invented, sequence, birth, places.clone(), now.date_naive())?;
        let mut work = Work::unattended(state, &clerk).await.map_err(anyhow::Error::new)?;
        let id = people::register(&mut work, scope(&clerk, Action::EditPeople)?, &state.seals, &person)
            .await
            .map_err(|error| anyhow::anyhow!("{}: {error:?}", invented.name))?;
        work.commit().await.map_err(anyhow::Error::new)?;
        if let Some(first) = places.first() {
            turns.entry(*first).or_default().push(id);
        }

        let login = if sequence == 1 { "lawyer".to_owned() } else { format!("p{sequence:02}") };
        make(state, &system, &security, new(&login, invented.name, Role::DutyPerson, None, Some(id))).await?;
    }

    let mut conn = state.pool.acquire().await?;
    let rows = db::all_accounts(&mut conn).await?;
    drop(conn);
    let legal_aid = by_login(&rows, "legalaid")?;
    let mut handlers = Vec::new();
    for (name, category, firm, since, fields, for_minors) in HANDLERS {
        let row = rows.iter().find(|row| row.name == *name && row.role != Role::LegalAidStaff);
        let row = row.with_context(|| format!("no account of {name}"))?;
        let new = NewHandler {
            name: (*name).to_owned(),
            female: matches!(*name, "李雪梅" | "郭丽萍"),
            category: *category,
            firm: (*firm).to_owned(),
            licence_number: format!("1140{since}{:06}", handlers.len() + 1),
            practising_since: NaiveDate::from_ymd_opt(*since, 7, 1),
            fields: fields.iter().copied().collect(),
            for_minors: *for_minors,
            login: row.login.clone(),
        };
        let mut work = Work::unattended(state, &legal_aid).await.map_err(anyhow::Error::new)?;
        let id = assignment::register(&mut work, scope(&legal_aid, Action::RegisterCases)?, &new)
            .await
            .map_err(|error| anyhow::anyhow!("{name}: {error:?}"))?;
        work.commit().await.map_err(anyhow::Error::new)?;
        handlers.push((id, actor_of(row)));
    }
    Ok(Cast {
        bureau,
        director: by_login(&rows, "director")?,
        handlers,
        approver: by_login(&rows, "approver")?,
        finance: by_login(&rows, "finance")?,
        legal_aid,
        leader: by_login(&rows, "leader")?,
        staff: rows.iter().filter_map(|row| Some((row.venue_id?, actor_of(row)))).collect(),
        duty: rows.iter().filter_map(|row| Some((row.person_id?, actor_of(row)))).collect(),
        venues,
        clerk,
        turns,
    })
}

/// One administrator makes the account, the other gives it its rights.
async fn make(state: &AppState, system: &Actor, security: &Actor, account: NewAccount) -> anyhow::Result<()> {
    let login = account.login.clone();
    let account = NewAccount { created_by: Some(system.account_id), ..account };
    let mut work = Work::unattended(state, system).await.map_err(anyhow::Error::new)?;
    let id = accounts::rights::create(&mut work, &account, "按岗位开通")
        .await
        .map_err(|error| anyhow::anyhow!("{login}: {error:?}"))?;
    work.commit().await.map_err(anyhow::Error::new)?;
    let mut work = Work::unattended(state, security).await.map_err(anyhow::Error::new)?;
    accounts::rights::grant_open(&mut work, scope(security, Action::GrantRights)?, id)
        .await
        .map_err(anyhow::Error::new)?;
    work.commit().await.map_err(anyhow::Error::new)
}

/// What the administrators have in hand when the demonstration stops: everybody signed in of
/// late but one, the quarter's review is half done, a request waits for its decision.
pub(super) async fn administrators_desk(state: &AppState) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut conn = state.pool.acquire().await?;
    let rows = db::all_accounts(&mut conn).await?;
    let idle = STATION_STAFF.last().copied().unwrap_or_default();
    for row in rows.iter().filter(|row| row.name != idle) {
        let days = row.id % 5;
        accounts::db::note_sign_in(&mut conn, row.id, now - chrono::Duration::days(days)).await?;
    }
    drop(conn);
    let (system, security) = (by_login(&rows, "system")?, by_login(&rows, "security")?);
    let reviewed: Vec<i64> = rows.iter().filter(|row| row.role == Role::DutyPerson).map(|row| row.id).collect();
    let mut work = Work::unattended(state, &security).await.map_err(anyhow::Error::new)?;
    let reach = scope(&security, Action::ReviewAccess)?;
    accounts::review::decide_all(&mut work, reach, &reviewed, true, "与值班人员库核对一致")
        .await
        .map_err(anyhow::Error::new)?;
    work.commit().await.map_err(anyhow::Error::new)?;
    let Some(mover) = rows.iter().find(|row| row.name == STATION_STAFF.first().copied().unwrap_or_default()) else {
        return Ok(());
    };
    let mut work = Work::unattended(state, &system).await.map_err(anyhow::Error::new)?;
    let reach = scope(&system, Action::ManageAccounts)?;
    let (kind, role) = (accounts::rights::RequestKind::Role, Role::BureauClerk);
    accounts::rights::ask(&mut work, reach, mover.id, kind, role, None, "6月起借调到局里协助经办")
        .await
        .map_err(anyhow::Error::new)?;
    work.commit().await.map_err(anyhow::Error::new)
}

/// The demonstration's clock is moved by months, and its accounts are there to be tried: their
/// passwords do not run out, and none is disabled for want of use before the year is over.
async fn easy_to_try(state: &AppState, security: &Actor) -> anyhow::Result<()> {
    let policy = Policy { password_days: 0, unused_days: 366, ..Policy::default() };
    let mut work = Work::unattended(state, security).await.map_err(anyhow::Error::new)?;
    accounts::policy::change(&mut work, &policy).await.map_err(anyhow::Error::new)?;
    work.commit().await.map_err(anyhow::Error::new)
}
type Handler = (&'static str, HandlerCategory, &'static str, i32, &'static [Field], bool);

/// Who handles legal aid cases.
const HANDLERS: &[Handler] = &[
    ("段志刚", HandlerCategory::Lawyer, "山西示例律师事务所", 2010, &[Field::Criminal, Field::Minors], true),
    ("王建平", HandlerCategory::Lawyer, "山西示例律师事务所", 2006, &[Field::Labour, Field::Injury], false),
    ("李雪梅", HandlerCategory::Lawyer, "山西示例律师事务所", 2013, &[Field::Family, Field::Minors], true),
    ("曾玉兰", HandlerCategory::Lawyer, "山西样本律师事务所", 2011, &[Field::Traffic, Field::Contract], false),
    ("郭丽萍", HandlerCategory::Lawyer, "山西示例律师事务所", 2022, &[Field::Family], false),
    (
        "武向前",
        HandlerCategory::GrassrootsLegalWorker,
        "高平示例法律服务所",
        2008,
        &[Field::Land, Field::Labour],
        false,
    ),
];

const STATION_STAFF: &[&str] = &[
    "贾晓明",
    "吕红梅",
    "丁国平",
    "孙丽霞",
    "冀永亮",
    "薛丽芳",
    "龚学军",
    "葛春兰",
    "邵建华",
    "霍玉珍",
    "范志勇",
    "付小红",
    "康永强",
    "戎丽君",
    "祁东升",
];

/// The identity number of somebody of the duty bank; a handler of the same name is the same person.
pub(super) fn identity(name: &str) -> Option<String> {
    let (sequence, invented) = (1_u32..).zip(PEOPLE).find(|(_, invented)| invented.name == name)?;
    let (year, month, day) = invented.birth;
    let birth = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(demo_id_number(birth, order(sequence, invented).ok()?))
}

/// The last digit but one of an identity number tells the gender: odd is male.
fn order(sequence: u32, invented: &super::invented::Invented) -> anyhow::Result<u16> {
    Ok(u16::try_from(sequence * 2 + u32::from(!invented.female))?)
}

fn new_person(
    invented: &super::invented::Invented,
    sequence: u32,
    birth: NaiveDate,
    venues: Vec<i64>,
    today: NaiveDate,
) -> anyhow::Result<NewPerson> {
    let retired = invented.category == PersonCategory::RetiredJudicial;
    let school = invented.category == PersonCategory::LawSchool;
    let order = order(sequence, invented)?;
    let licence = match invented.category {
        PersonCategory::Lawyer => format!("114052{:04}10{sequence:06}", birth.year() + 27),
        PersonCategory::GrassrootsLegalWorker => format!("314052{sequence:06}"),
        PersonCategory::LawSchool => format!("A2019140000{sequence:04}"),
        PersonCategory::RetiredJudicial | PersonCategory::OtherNonPublic | PersonCategory::PublicStaff => String::new(),
    };
    Ok(NewPerson {
        particulars: Particulars {
            name: invented.name.to_owned(),
            category: invented.category,
            organisation: invented.organisation.to_owned(),
            licence_number: licence,
            licence_valid_to: None,
            former_organisation: if retired { "高平市人民法院".to_owned() } else { String::new() },
            years_in_service: retired.then_some(28),
            retired_on: if retired { NaiveDate::from_ymd_opt(birth.year() + 60, birth.month(), 28) } else { None },
            school: if school { invented.organisation.to_owned() } else { String::new() },
            major: if school { "法学".to_owned() } else { String::new() },
            public_official: invented.category == PersonCategory::PublicStaff,
            specialties: String::new(),
            bank_name: "高平示例农村商业银行".to_owned(),
            joined_on: today,
        },
        id_number: people::parse_id_number(&demo_id_number(birth, order)).map_err(anyhow::Error::msg)?,
        phone: Phone::parse(&demo_phone(sequence)).map_err(anyhow::Error::msg)?,
        bank_account: Some(BankAccount::parse(&format!("62170000000{sequence:08}")).map_err(anyhow::Error::msg)?),
        venues,
    })
}

fn venue_of(venues: &[Venue], kind: VenueKind) -> anyhow::Result<&Venue> {
    venues.iter().find(|venue| venue.kind == kind).context("a venue of each kind")
}

fn by_login(rows: &[AccountRow], login: &str) -> anyhow::Result<Actor> {
    rows.iter().find(|row| row.login == login).map(actor_of).with_context(|| format!("no account {login}"))
}

fn actor_of(row: &AccountRow) -> Actor {
    Actor {
        account_id: row.id,
        name: row.name.clone(),
        role: row.role,
        bureau_id: row.bureau_id,
        bureau_name: row.bureau_name.clone(),
        venue_id: row.venue_id,
        venue_name: row.venue_name.clone(),
        person_id: row.person_id,
        address: "演示".to_owned(),
        form_token: String::new(),
        session_key: Vec::new(),
        must_change_password: false,
        request_id: String::new(),
        flash_waiting: false,
    }
}
