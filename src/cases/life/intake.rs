//! How a case begins: an application by any way, a notice of an authority, a
//! consultation passed on, the next stage of a matter.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::dossier::{self, Viewer, Way};
use super::person::{Education, Health};
use super::store::{self, NewEvent, NewLife};
use super::{decide, papers};
use crate::audit::Audit;
use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
use crate::cases::documents::forms::Extra;
use crate::cases::documents::rules::document_number;
use crate::cases::eligibility::rules::{self as eligibility, Means, NoticeBasis, Person, Proof, ScopeBasis};
use crate::cases::states::State;
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::programme::Programme;
use crate::secrets::{Gender, Seals, mask_id_number, mask_name, mask_phone, mask_place};
use crate::web::actor::Scope;
use crate::web::permissions::Action;
use crate::web::work::Work;

const ID_NUMBER: &str = "case.id_number";
const PHONE: &str = "case.phone";
const ADDRESS: &str = "case.address";
const DOMICILE: &str = "case.domicile";

/// An application or a notice, parsed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields of the application form, described in the migration")]
pub struct NewApplication {
    pub kind: CaseKind,
    pub cause: String,
    pub name: String,
    pub gender: Option<Gender>,
    pub birth_date: Option<NaiveDate>,
    pub id_number: Option<String>,
    pub phone: Option<String>,
    pub township: String,
    pub address: String,
    pub ethnicity: String,
    pub domicile: String,
    pub postcode: String,
    pub employer: String,
    pub occupation: String,
    pub education: Option<Education>,
    pub health: Option<Health>,
    pub household_size: Option<i32>,
    pub household_income: Option<Decimal>,
    pub property: String,
    pub agent: String,
    pub agent_relation: String,
    pub groups: BTreeSet<SpecialGroup>,
    pub proofs: BTreeSet<Proof>,
    pub detained: bool,
    pub hard_to_move: bool,
    pub life_or_death: bool,
    pub legal_position: String,
    pub opponent: String,
    pub authority: String,
    pub authority_number: String,
    pub notice_basis: Option<NoticeBasis>,
    pub notice_number: String,
    pub facts: String,
    pub request: String,
    pub amount: Option<Decimal>,
    pub limitation_on: Option<NaiveDate>,
    pub means: Means,
    pub scope_basis: Option<ScopeBasis>,
    pub restricted: bool,
}

impl NewApplication {
    /// An application of which nothing but the kind is known yet.
    #[must_use]
    pub fn blank(kind: CaseKind) -> NewApplication {
        NewApplication {
            kind,
            cause: String::new(),
            name: String::new(),
            gender: None,
            birth_date: None,
            id_number: None,
            phone: None,
            township: String::new(),
            address: String::new(),
            ethnicity: String::new(),
            domicile: String::new(),
            postcode: String::new(),
            employer: String::new(),
            occupation: String::new(),
            education: None,
            health: None,
            household_size: None,
            household_income: None,
            property: String::new(),
            agent: String::new(),
            agent_relation: String::new(),
            groups: BTreeSet::new(),
            proofs: BTreeSet::new(),
            detained: false,
            hard_to_move: false,
            life_or_death: false,
            legal_position: String::new(),
            opponent: String::new(),
            authority: String::new(),
            authority_number: String::new(),
            notice_basis: None,
            notice_number: String::new(),
            facts: String::new(),
            request: String::new(),
            amount: None,
            limitation_on: None,
            means: Means::Unchecked,
            scope_basis: None,
            restricted: false,
        }
    }

    pub(super) fn gender_code(&self) -> &'static str {
        match self.gender {
            Some(Gender::Male) => "male",
            Some(Gender::Female) => "female",
            None => "unknown",
        }
    }

    pub(super) fn primary_group(&self) -> &'static str {
        eligibility::primary_group(&self.groups, &self.proofs).map_or("none", |group| group.code())
    }

    /// Why the case goes the green way; empty when it does not.
    #[must_use]
    pub fn green_reason(&self, today: NaiveDate) -> String {
        let mut why = Vec::new();
        if self.hard_to_move {
            why.push("行动不便");
        }
        if self.detained {
            why.push("在押");
        }
        if self.groups.contains(&SpecialGroup::Minor) {
            why.push("未成年人");
        }
        if self.groups.contains(&SpecialGroup::Military) {
            why.push("军人军属优先");
        }
        if self.kind.is_civil_litigation()
            && self.groups.contains(&SpecialGroup::MigrantWorker)
            && self.cause.contains("劳动报酬")
        {
            why.push("农民工讨薪");
        }
        if self.limitation_on.is_some_and(|on| (on - today).num_days() < 7) {
            why.push("时效将届满");
        }
        why.join("、")
    }

    /// Minors, sexual offences and domestic violence are for named people only.
    #[must_use]
    pub fn must_be_restricted(&self) -> bool {
        let words = ["强奸", "猥亵", "性侵", "家庭暴力", "家暴", "人身安全保护令", "拐卖"];
        let minor = self.groups.contains(&SpecialGroup::Minor) || self.notice_basis == Some(NoticeBasis::Minor);
        self.restricted || minor || words.iter().any(|word| self.cause.contains(word) || self.facts.contains(word))
    }
}

/// A value as stored; nothing of it tells the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) index: Option<Vec<u8>>,
    pub(super) mask: String,
}

/// What is sealed of an application.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptValues {
    pub(super) id_number: Kept,
    pub(super) phone: Kept,
    pub(super) address: Option<Vec<u8>>,
    /// Sealed, with the part that forms show.
    pub(super) domicile: Option<(Vec<u8>, String)>,
}

pub(super) fn keep(seals: &Seals, seal_id: Uuid, new: &NewApplication) -> Result<KeptValues, AppError> {
    let row = seal_id.to_string();
    let mut kept = KeptValues::default();
    if let Some(number) = &new.id_number {
        kept.id_number = Kept {
            sealed: Some(seals.seal(ID_NUMBER, &row, number)?),
            index: Some(id_number_index(seals, number)),
            mask: mask_id_number(number),
        };
    }
    if let Some(phone) = &new.phone {
        kept.phone = Kept {
            sealed: Some(seals.seal(PHONE, &row, phone)?),
            index: Some(phone_index(seals, phone)),
            mask: mask_phone(phone),
        };
    }
    if !new.address.is_empty() {
        kept.address = Some(seals.seal(ADDRESS, &row, &new.address)?);
    }
    if !new.domicile.is_empty() {
        kept.domicile = Some((seals.seal(DOMICILE, &row, &new.domicile)?, mask_place(&new.domicile)));
    }
    Ok(kept)
}

/// What an identity number is found by.
#[must_use]
pub fn id_number_index(seals: &Seals, number: &str) -> Vec<u8> {
    seals.blind_index(ID_NUMBER, number)
}

/// What a telephone is found by.
#[must_use]
pub fn phone_index(seals: &Seals, phone: &str) -> Vec<u8> {
    seals.blind_index(PHONE, phone)
}

/// What a telephone may be found by while keys are changed.
#[must_use]
pub fn phone_indexes(seals: &Seals, phone: &str) -> Vec<Vec<u8>> {
    seals.blind_indexes(PHONE, phone)
}

/// The sealed values of a case, opened.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The identity number.
    pub id_number: Option<String>,
    /// The telephone.
    pub phone: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The registered residence.
    pub domicile: Option<String>,
}

pub(super) fn open(seals: &Seals, row: &store::SealedRow) -> Result<Opened, AppError> {
    let id = row.seal_id.to_string();
    let one = |field: &str, sealed: &Option<Vec<u8>>| {
        sealed.as_deref().map(|sealed| seals.open(field, &id, sealed)).transpose()
    };
    Ok(Opened {
        id_number: one(ID_NUMBER, &row.id_number)?,
        phone: one(PHONE, &row.phone)?,
        address: one(ADDRESS, &row.address)?,
        domicile: one(DOMICILE, &row.domicile)?,
    })
}

/// How a case begins.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// By which way.
    pub way: Way,
    /// As a notice of an authority.
    pub basis: Basis,
    /// When the application or notice came.
    pub received_on: NaiveDate,
    /// Only an appointment or a hint: the application itself follows.
    pub draft: bool,
    /// An earlier stage of the same matter.
    pub earlier_stage: Option<i64>,
    /// The consultation it comes from.
    pub consultation: Option<i64>,
    /// The number that an online application was given.
    pub online_number: Option<String>,
}

/// What does not go together in an application: field and message.
#[must_use]
pub fn contradictions(
    programme: &Programme,
    beginning: &Beginning,
    new: &NewApplication,
    today: NaiveDate,
) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let notice = beginning.basis != Basis::Application;
    if notice && !new.kind.is_criminal() {
        faults.push(("kind", format!("{}只有刑事案件才有", beginning.basis.label())));
    }
    if notice && new.notice_basis.is_none() {
        faults.push(("notice_basis", "请选择通知依据".to_owned()));
    }
    if notice && new.authority.is_empty() {
        faults.push(("authority", "请填写通知机关".to_owned()));
    }
    if notice && new.notice_number.is_empty() {
        faults.push(("notice_number", "请填写通知函号；没有函号的写“无”".to_owned()));
    }
    if beginning.received_on > today {
        faults.push(("received_on", "收到日期不能晚于今天".to_owned()));
    }
    if let Some(birth) = new.birth_date {
        if birth > beginning.received_on {
            faults.push(("birth_date", "出生日期晚于收到申请的日期".to_owned()));
        }
        if let Some(Ok(number)) = new.id_number.as_deref().map(str::parse::<crate::secrets::IdNumber>) {
            if number.birth() != birth {
                faults.push((
                    "birth_date",
                    format!("出生日期与身份证号不符：身份证号中是{}", crate::plan::time::chinese_date(number.birth())),
                ));
            }
            if new.gender.is_some_and(|gender| gender != number.gender()) {
                faults.push(("gender", "性别与身份证号不符".to_owned()));
            }
        }
    }
    if new.life_or_death && !new.kind.is_criminal() {
        faults.push(("life_or_death", "可能判处无期徒刑、死刑的只能是刑事案件".to_owned()));
    }
    if !new.opponent.is_empty() && eligibility::name_key(&new.opponent) == eligibility::name_key(&new.name) {
        faults.push(("opponent", "对方当事人与申请人同名，请核对".to_owned()));
    }
    let person = Person {
        birth: new.birth_date,
        female: new.gender.map(|gender| gender == Gender::Female),
        on: beginning.received_on,
        groups: &new.groups,
        proofs: &new.proofs,
    };
    faults.extend(eligibility::group_faults(programme, &person));
    faults
}

/// Begins a case; gives its id.
///
/// # Errors
/// [`AppError::Refused`] where the year has no plan or calendar, or what was given contradicts itself.
pub async fn begin(
    work: &mut Work,
    seals: &Seals,
    scope: Scope,
    beginning: &Beginning,
    new: &NewApplication,
) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    let frame = decide::Frame::load(work.conn(), bureau, beginning.received_on).await?;
    let programme = frame.programme()?;
    if let Some((_, message)) = contradictions(programme, beginning, new, work.today()).into_iter().next() {
        return Err(AppError::refused(format!("{message}。")));
    }
    let matter_id = match beginning.earlier_stage {
        Some(earlier) => {
            let viewer = Viewer::of(&work.actor);
            let stage = dossier::find(work.conn(), bureau, viewer, earlier).await?.ok_or(AppError::NotFound)?;
            Some(stage.matter_id.unwrap_or(stage.id))
        }
        None => None,
    };
    let year = chrono::Datelike::year(&beginning.received_on);
    let county = frame.county();
    let notice = beginning.basis != Basis::Application;
    let (state, application_number) = match (notice, beginning.draft) {
        (true, _) => (State::Notified, String::new()),
        (false, true) => (State::Draft, String::new()),
        (false, false) => {
            let number = match &beginning.online_number {
                Some(number) => number.clone(),
                None => {
                    let next = store::next_number(work.conn(), bureau, year, "申").await?;
                    document_number(county, "申", year, next)
                }
            };
            (State::Submitted, number)
        }
    };
    let number = match state {
        State::Notified => decide::case_number(work, bureau, county, year).await?,
        State::Submitted => application_number.clone(),
        _ => {
            let next = store::next_number(work.conn(), bureau, year, "登").await?;
            document_number(county, "登", year, next)
        }
    };
    let programme_case = notice
        && crate::cases::rules::eligibility(programme, new.kind, beginning.basis, &new.groups).programme_case
        && eligibility::unproved(&new.groups, &new.proofs).len() < new.groups.len();
    let (by, at) = (work.actor.account_id, work.now);
    let green = new.green_reason(work.today());
    let life = NewLife {
        number: &number,
        application_number: &application_number,
        state,
        basis: beginning.basis,
        way: beginning.way,
        received_on: beginning.received_on,
        programme_case,
        green_reason: &green,
        restricted: new.must_be_restricted(),
        matter_id,
        consultation_id: beginning.consultation,
        worker: work.actor.may(Action::RegisterCases).map(|_| by),
        by,
        at,
    };
    let id = store::insert_case(work.conn(), bureau, &life, new).await?;
    let seal_id = Uuid::new_v4();
    let kept = keep(seals, seal_id, new)?;
    store::insert_application(work.conn(), bureau, id, seal_id, new, &kept).await?;
    let actor = work.actor.signature();
    let words = match state {
        State::Notified => format!("收到{}的{}", new.authority, beginning.basis.label()),
        State::Draft => format!("登记{}，等候正式申请", beginning.way.label()),
        _ => format!("收到{}申请", beginning.way.label()),
    };
    let event = NewEvent {
        kind: "move",
        code: "begin",
        from: None,
        to: Some(state),
        on: Some(beginning.received_on),
        words: &words,
        note: &green,
    };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    let first = match state {
        State::Notified => Some(Clock::Assign),
        State::Submitted => Some(Clock::Review),
        _ => None,
    };
    let mut due = None;
    if let Some(clock) = first {
        due = Some(decide::start(work, bureau, id, &frame, clock, beginning.received_on, None).await?);
    }
    // Article 39: what a detained person asked for is on its way until the application itself is here.
    if new.detained && state == State::Draft {
        decide::start(work, bureau, id, &frame, Clock::PassOn, work.today(), None).await?;
    }
    let by_name = work.actor.name.clone();
    let extra = Extra { on: beginning.received_on, due, actor: by_name, ..Extra::default() };
    if state == State::Submitted {
        papers::make(work, bureau, id, Kind::Application, &application_number, &frame, &extra).await?;
        if !new.agent.is_empty() {
            papers::make(work, bureau, id, Kind::AgentLetter, "", &frame, &extra).await?;
        }
    }
    if state == State::Notified {
        papers::make(work, bureau, id, Kind::NoticeEntry, "", &frame, &extra).await?;
    }
    work.audit(Audit::new("case.begin", "case", id).after(json!({
        "number": number,
        "way": beginning.way,
        "basis": beginning.basis,
        "kind": new.kind,
        "state": state,
        "name": mask_name(&new.name),
        "id_number": kept.id_number.mask,
        "phone": kept.phone.mask,
        "matter": matter_id,
        "consultation": beginning.consultation,
    })))
    .await?;
    Ok(id)
}

/// Corrects the application until the decision is made, and as long as the case runs for
/// what the decision does not rest on.
///
/// # Errors
/// [`AppError::Refused`] once the case is closed or refused, or was changed meanwhile.
pub async fn correct(
    work: &mut Work,
    seals: &Seals,
    scope: Scope,
    id: i64,
    version: i32,
    new: &NewApplication,
) -> Result<(), AppError> {
    let bureau = scope.bureau();
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let before =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    if !may_correct(before.state) {
        return Err(AppError::refused(format!(
            "案件现在是“{}”，申请内容已经作为决定的依据，不能再改；请在办理记录中写明变化。",
            before.state.label()
        )));
    }
    let frame = decide::Frame::load(work.conn(), bureau, before.received_on).await?;
    let beginning = Beginning {
        way: before.way,
        basis: before.basis,
        received_on: before.received_on,
        draft: false,
        earlier_stage: None,
        consultation: None,
        online_number: None,
    };
    if let Some((_, message)) = contradictions(frame.programme()?, &beginning, new, work.today()).into_iter().next() {
        return Err(AppError::refused(format!("{message}。")));
    }
    let sealed = store::sealed(work.conn(), bureau, id).await?.ok_or(AppError::NotFound)?;
    let kept = keep(seals, sealed.seal_id, new)?;
    let green = new.green_reason(work.today());
    let restricted = new.must_be_restricted() || before.restricted;
    if !store::update_application(work.conn(), bureau, id, version, new, &kept, &green, restricted).await? {
        return Err(AppError::refused(decide::CHANGED_MEANWHILE));
    }
    let (by, at, actor) = (work.actor.account_id, work.now, work.actor.signature());
    let event = NewEvent {
        kind: "note",
        code: "correct",
        from: None,
        to: None,
        on: None,
        words: "补填、更正申请内容",
        note: "",
    };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    // The forms of the application say what it says now.
    let remade = [Kind::Application, Kind::AgentLetter, Kind::NoticeEntry];
    for kind in
        remade.into_iter().filter(|kind| before.has(*kind) || *kind == Kind::AgentLetter && !new.agent.is_empty())
    {
        let number = if kind == Kind::Application { before.application_number.as_str() } else { "" };
        let made =
            before.documents.iter().find(|document| document.kind == kind).map_or(before.received_on, |it| it.made_on);
        let due = before.running(Clock::Assign).map(|clock| clock.due_on);
        let extra = Extra { on: made, due, actor: work.actor.name.clone(), ..Extra::default() };
        papers::make(work, bureau, id, kind, number, &frame, &extra).await?;
    }
    let was = before.application.as_deref();
    // What a restricted case is about stands in the case alone.
    let about = |restricted: bool, cause: &str, groups: serde_json::Value| {
        if restricted { (json!("受限案件"), json!(null)) } else { (json!(cause), groups) }
    };
    let (cause_before, groups_before) = about(restricted, &before.cause, json!(before.groups));
    let (cause_after, groups_after) = about(restricted, &new.cause, json!(new.groups));
    work.audit(
        Audit::new("case.correct_application", "case", id)
            .before(json!({ "kind": before.kind, "cause": cause_before, "groups": groups_before,
                            "name": was.map(|it| mask_name(&it.name)), "opponent": was.map(|it| mask_name(&it.opponent)) }))
            .after(json!({ "kind": new.kind, "cause": cause_after, "groups": groups_after,
                           "name": mask_name(&new.name), "opponent": mask_name(&new.opponent),
                           "id_number": kept.id_number.mask, "phone": kept.phone.mask })),
    )
    .await
}

/// Whether the application can still be put right.
#[must_use]
pub fn may_correct(state: State) -> bool {
    matches!(
        state,
        State::Draft | State::Submitted | State::Supplement | State::Accepted | State::AidFirst | State::Notified
    )
}

/// 查看完整号码: opens the sealed values with a reason, which stands in the time line and
/// in the audit trail.
///
/// # Errors
/// [`AppError::NotFound`] out of reach.
pub async fn reveal(work: &mut Work, seals: &Seals, scope: Scope, id: i64, reason: &str) -> Result<Opened, AppError> {
    let bureau = scope.bureau();
    let viewer = Viewer::of(&work.actor);
    dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    let sealed = store::sealed(work.conn(), bureau, id)
        .await?
        .ok_or_else(|| AppError::refused("这件案件是补录的纸质案件，系统中没有登记号码和住址。"))?;
    let opened = open(seals, &sealed)?;
    let (by, at, actor) = (work.actor.account_id, work.now, work.actor.signature());
    let event = NewEvent {
        kind: "reveal",
        code: "reveal",
        from: None,
        to: None,
        on: None,
        words: "查看完整证件号码、电话和住址",
        note: reason,
    };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    work.audit(Audit::new("case.reveal", "case", id).note(reason)).await?;
    Ok(opened)
}
