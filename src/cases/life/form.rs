//! The application form as typed, and what it means.

use chrono::NaiveDate;
use serde::Deserialize;

use super::dossier::{Dossier, Way};
use super::intake::{Beginning, NewApplication, contradictions};
use super::person::{Education, Health, parse_postcode};
use crate::cases::eligibility::rules::{Means, NoticeBasis, Proof, ScopeBasis};
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::programme::Programme;
use crate::secrets::{Gender, IdNumber, parse_phone};
use crate::web::form_errors::Errors;
use crate::web::typed;

/// An application or notice as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of the form, named as on the form")]
pub struct ApplicationForm {
    pub way: String,
    pub basis: String,
    pub received_on: String,
    pub draft: String,
    pub stage_of: String,
    pub online: String,
    pub kind: String,
    pub cause: String,
    pub name: String,
    pub gender: String,
    pub birth_date: String,
    pub id_number: String,
    pub phone: String,
    pub township: String,
    pub address: String,
    pub ethnicity: String,
    pub domicile: String,
    pub postcode: String,
    pub employer: String,
    pub occupation: String,
    pub education: String,
    pub health: String,
    pub household_size: String,
    pub household_income: String,
    pub property: String,
    pub agent: String,
    pub agent_relation: String,
    pub groups: Vec<String>,
    pub proofs: Vec<String>,
    pub detained: String,
    pub hard_to_move: String,
    pub life_or_death: String,
    pub restricted: String,
    pub legal_position: String,
    pub opponent: String,
    pub authority: String,
    pub authority_number: String,
    pub notice_basis: String,
    pub notice_number: String,
    pub facts: String,
    pub request: String,
    pub amount: String,
    pub limitation_on: String,
    pub version: String,
}

fn yes(flag: bool) -> String {
    if flag { "yes".to_owned() } else { String::new() }
}

impl ApplicationForm {
    /// The form of a case as it stands; sealed values are left empty and stay.
    #[must_use]
    pub fn of(case: &Dossier) -> ApplicationForm {
        let it = case.application.as_deref().cloned().unwrap_or_default();
        let date = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        ApplicationForm {
            way: case.way.code().to_owned(),
            basis: case.basis.code().to_owned(),
            received_on: case.received_on.to_string(),
            draft: String::new(),
            stage_of: String::new(),
            online: String::new(),
            kind: case.kind.code().to_owned(),
            cause: case.cause.clone(),
            name: it.name,
            gender: it.gender,
            birth_date: date(it.birth_date),
            id_number: String::new(),
            phone: String::new(),
            township: it.township,
            address: String::new(),
            ethnicity: it.ethnicity,
            domicile: String::new(),
            postcode: it.postcode,
            employer: it.employer,
            occupation: it.occupation,
            education: it.education,
            health: it.health,
            household_size: it.household_size.map(|size| size.to_string()).unwrap_or_default(),
            household_income: it.household_income.map(money::plain_text).unwrap_or_default(),
            property: it.property,
            agent: it.agent,
            agent_relation: it.agent_relation,
            groups: case.groups.iter().map(|group| group.code().to_owned()).collect(),
            proofs: it.proofs,
            detained: yes(it.detained),
            hard_to_move: yes(it.hard_to_move),
            life_or_death: yes(it.life_or_death),
            restricted: yes(case.restricted),
            legal_position: it.legal_position,
            opponent: it.opponent,
            authority: it.authority,
            authority_number: it.authority_number,
            notice_basis: it.notice_basis,
            notice_number: it.notice_number,
            facts: it.facts,
            request: it.request,
            amount: it.amount.map(money::plain_text).unwrap_or_default(),
            limitation_on: date(it.limitation_on),
            version: case.version.to_string(),
        }
    }

    /// How it came.
    #[must_use]
    pub fn basis(&self) -> Basis {
        Basis::from_code(&self.basis).unwrap_or(Basis::Application)
    }

    /// An authority's notice.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        self.basis() != Basis::Application
    }
}

/// Which sealed values the case has already, so that they may be left empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sealed {
    /// An identity number.
    pub id_number: bool,
    /// A telephone.
    pub phone: bool,
}

/// A sum that may be left out.
fn sum(errors: &mut Errors, field: &str, text: &str) -> Option<rust_decimal::Decimal> {
    if text.trim().is_empty() {
        return None;
    }
    match money::parse_amount_not_negative(text) {
        Ok(sum) => Some(sum),
        Err(message) => {
            errors.add(field, message);
            None
        }
    }
}

/// Reads the form.
///
/// # Errors
/// What to correct, beside each field.
pub fn parse(
    form: &ApplicationForm,
    programme: Option<&Programme>,
    sealed: Sealed,
    today: NaiveDate,
) -> Result<(Beginning, NewApplication), Errors> {
    let mut errors = Errors::new();
    let basis = form.basis();
    let notice = basis != Basis::Application;
    let draft = form.draft == "yes" && !notice;
    let way = match Way::from_code(&form.way) {
        Some(way) => way,
        None if notice => Way::Authority,
        None => {
            errors.add("way", "请选择申请方式");
            Way::Window
        }
    };
    let received_on = typed::date_until(
        &mut errors,
        "received_on",
        if notice { "收到通知日期" } else { "收到申请日期" },
        &form.received_on,
        today,
    );
    let kind = CaseKind::from_code(&form.kind).filter(|kind| kind.is_case());
    if kind.is_none() {
        errors.add("kind", "请选择援助方式和阶段");
    }
    let name = typed::line(&mut errors, "name", "姓名", &form.name, 50);
    let required = |errors: &mut Errors, field: &str, label: &str, text: &str, longest: usize| {
        if draft {
            typed::optional_line(errors, field, label, text, longest)
        } else {
            typed::line(errors, field, label, text, longest)
        }
    };
    let cause = required(&mut errors, "cause", "案由", &form.cause, 60);
    let mut gender = match form.gender.as_str() {
        "male" => Some(Gender::Male),
        "female" => Some(Gender::Female),
        _ => None,
    };
    let mut birth_date = None;
    if !form.birth_date.trim().is_empty() {
        birth_date = typed::date_until(&mut errors, "birth_date", "出生日期", &form.birth_date, today);
    }
    let mut id_number = None;
    if form.id_number.trim().is_empty() {
        if !draft && !notice && !sealed.id_number {
            errors.add("id_number", "请填写身份证号；没有身份证的，先凭户口簿填写");
        }
    } else {
        match form.id_number.parse::<IdNumber>() {
            Ok(number) => {
                if form.birth_date.trim().is_empty() {
                    birth_date = Some(number.birth());
                }
                gender = gender.or(Some(number.gender()));
                id_number = Some(number.as_str().to_owned());
            }
            Err(error) => errors.add("id_number", error.to_string()),
        }
    }
    let mut phone = None;
    if form.phone.trim().is_empty() {
        if !notice && !sealed.phone {
            errors.add("phone", "请填写联系电话；本人没有电话的，填写可以转达的亲友电话");
        }
    } else {
        match parse_phone(&form.phone) {
            Ok(number) => phone = Some(number),
            Err(error) => errors.add("phone", error.to_string()),
        }
    }
    let mut optional = |field: &str, label: &str, text: &str, longest: usize| {
        typed::optional_line(&mut errors, field, label, text, longest)
    };
    let township = optional("township", "乡镇（街道）", &form.township, 50);
    let address = optional("address", "详细住址", &form.address, 100);
    let ethnicity = optional("ethnicity", "民族", &form.ethnicity, 12);
    let domicile = optional("domicile", "户籍所在地", &form.domicile, 100);
    let employer = optional("employer", "工作单位", &form.employer, 60);
    let occupation = optional("occupation", "职业", &form.occupation, 30);
    let property = optional("property", "财产状况", &form.property, 200);
    let agent = optional("agent", "代理申请人", &form.agent, 30);
    let agent_relation = optional("agent_relation", "与申请人关系", &form.agent_relation, 20);
    let legal_position = optional("legal_position", "法律地位", &form.legal_position, 20);
    let opponent = optional("opponent", "对方当事人", &form.opponent, 60);
    let authority = optional("authority", "办案机关", &form.authority, 60);
    let authority_number = optional("authority_number", "办案机关案号", &form.authority_number, 60);
    let notice_number = optional("notice_number", "通知函号", &form.notice_number, 60);
    let facts = if notice {
        typed::optional_line(&mut errors, "facts", "案情", &form.facts, 2000)
    } else {
        required(&mut errors, "facts", "案情及理由", &form.facts, 2000)
    };
    let request = if notice {
        typed::optional_line(&mut errors, "request", "请求事项", &form.request, 1000)
    } else {
        required(&mut errors, "request", "请求事项", &form.request, 1000)
    };
    let groups: Vec<SpecialGroup> = typed::codes(&mut errors, "groups", &form.groups);
    let proofs: Vec<Proof> = typed::codes(&mut errors, "proofs", &form.proofs);
    let postcode = parse_postcode(&form.postcode).unwrap_or_else(|message| {
        errors.add("postcode", message);
        String::new()
    });
    let amount = sum(&mut errors, "amount", &form.amount);
    let household_income = sum(&mut errors, "household_income", &form.household_income);
    let mut household_size = None;
    if !form.household_size.trim().is_empty() {
        household_size = form.household_size.trim().parse().ok().filter(|size| (1..=30).contains(size));
        if household_size.is_none() {
            errors.add("household_size", "家庭人口应为1到30的整数");
        }
    }
    let mut limitation_on = None;
    if !form.limitation_on.trim().is_empty() {
        limitation_on = typed::date(&mut errors, "limitation_on", "时效届满日", &form.limitation_on);
    }
    let notice_basis = NoticeBasis::from_code(&form.notice_basis);
    let scope_basis = notice.then_some(match notice_basis {
        Some(NoticeBasis::Coverage) => ScopeBasis::Coverage,
        Some(NoticeBasis::CompulsoryTreatment) => ScopeBasis::Compulsory,
        _ => ScopeBasis::Notified,
    });
    if !agent.is_empty() && agent_relation.is_empty() {
        errors.add("agent_relation", "请填写代理申请人与申请人的关系");
    }
    let (Some(kind), Some(received_on)) = (kind, received_on) else { return Err(errors) };
    let beginning = Beginning {
        way,
        basis,
        received_on,
        draft,
        earlier_stage: form.stage_of.parse().ok(),
        consultation: None,
        online_number: None,
    };
    let new = NewApplication {
        kind,
        cause,
        name,
        gender,
        birth_date,
        id_number,
        phone,
        township,
        address,
        ethnicity,
        domicile,
        postcode,
        employer,
        occupation,
        education: Education::from_code(&form.education),
        health: Health::from_code(&form.health),
        household_size,
        household_income,
        property,
        agent,
        agent_relation,
        groups: groups.into_iter().collect(),
        proofs: proofs.into_iter().collect(),
        detained: form.detained == "yes",
        hard_to_move: form.hard_to_move == "yes",
        life_or_death: form.life_or_death == "yes",
        legal_position,
        opponent,
        authority,
        authority_number,
        notice_basis,
        notice_number,
        facts,
        request,
        amount,
        limitation_on,
        means: if notice { Means::NotNeeded } else { Means::Unchecked },
        scope_basis,
        restricted: form.restricted == "yes",
    };
    if let Some(programme) = programme {
        for (field, message) in contradictions(programme, &beginning, &new, today) {
            errors.add(field, message);
        }
    }
    if errors.is_empty() { Ok((beginning, new)) } else { Err(errors) }
}
