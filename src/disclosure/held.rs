//! What is held about somebody who came for advice or applied for aid, found by their
//! identity number.

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::cases::life::person::{Education, Health};
use crate::error::AppError;
use crate::plan::dictionaries::{Channel, Satisfaction, Topic};
use crate::plan::dictionary::Dictionary;
use crate::secrets::{IdNumber, Seals};

/// Under which field an identity number is kept, by the table.
const FIELDS: [&str; 5] = [
    "consultation.id_number",
    "case.id_number",
    "case_online.id_number",
    "data_correction.id_number",
    "person.id_number",
];

/// What an identity number may be found by, in each table that has one.
pub(super) struct Indexes([Vec<Vec<u8>>; 5]);

impl Indexes {
    pub(super) fn of(seals: &Seals, number: &IdNumber) -> Indexes {
        Indexes(FIELDS.map(|field| seals.blind_indexes(field, number.as_str())))
    }
}

/// Everything that is held, as the database gives it: sealed values in hexadecimal digits.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Held {
    pub(super) consultations: Vec<Consultation>,
    pub(super) cases: Vec<Case>,
    pub(super) online: Vec<Online>,
    pub(super) corrections: Vec<Correction>,
    /// The entry in the duty bank, which has a copy of its own.
    pub(super) person: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Consultation {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) day: NaiveDate,
    pub(super) venue: String,
    channel: String,
    topic: String,
    pub(super) name: String,
    pub(super) facts: String,
    pub(super) request: String,
    pub(super) advice: String,
    satisfaction: String,
    seal_id: Uuid,
    phone: Option<String>,
    address: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) number: String,
    pub(super) day: NaiveDate,
    pub(super) may_open: bool,
    pub(super) name: String,
    pub(super) cause: String,
    pub(super) opponent: String,
    pub(super) facts: String,
    pub(super) request: String,
    pub(super) organisation: String,
    pub(super) handler: String,
    pub(super) ethnicity: String,
    pub(super) employer: String,
    pub(super) occupation: String,
    pub(super) postcode: String,
    pub(super) education: String,
    pub(super) health: String,
    pub(super) household: String,
    seal_id: Uuid,
    phone: Option<String>,
    address: Option<String>,
    domicile: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Online {
    pub(super) number: String,
    pub(super) day: NaiveDate,
    pub(super) name: String,
    pub(super) township: String,
    pub(super) opponent: String,
    pub(super) facts: String,
    pub(super) request: String,
    pub(super) answer: String,
    pub(super) postcode: String,
    pub(super) ethnicity: String,
    pub(super) occupation: String,
    pub(super) education: String,
    pub(super) health: String,
    seal_id: Uuid,
    phone: Option<String>,
    address: Option<String>,
    domicile: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Correction {
    pub(super) day: NaiveDate,
    pub(super) wish: String,
    pub(super) answer: String,
}

/// The Chinese words of a code.
fn words<D: Dictionary>(code: &str) -> &'static str {
    D::from_code(code).map_or("", D::label)
}

/// A sealed value as the database gave it, opened.
fn opened(seals: &Seals, field: &str, row: Uuid, sealed: Option<&String>) -> Result<String, AppError> {
    let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else { return Ok(String::new()) };
    let bytes: Option<Vec<u8>> =
        sealed.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let bytes = bytes.ok_or_else(|| AppError::Internal(anyhow::anyhow!("a sealed value is no hexadecimal number")))?;
    Ok(seals.open(field, &row.to_string(), &bytes)?)
}

impl Consultation {
    pub(super) fn channel(&self) -> &'static str {
        words::<Channel>(&self.channel)
    }

    pub(super) fn topic(&self) -> &'static str {
        words::<Topic>(&self.topic)
    }

    /// 满意度评价.
    pub(super) fn rating(&self) -> &'static str {
        words::<Satisfaction>(&self.satisfaction)
    }

    pub(super) fn open(&mut self, seals: &Seals) -> Result<(), AppError> {
        self.phone = Some(opened(seals, "consultation.phone", self.seal_id, self.phone.as_ref())?);
        self.address = Some(opened(seals, "consultation.address", self.seal_id, self.address.as_ref())?);
        Ok(())
    }

    pub(super) fn phone(&self) -> &str {
        self.phone.as_deref().unwrap_or_default()
    }

    pub(super) fn address(&self) -> &str {
        self.address.as_deref().unwrap_or_default()
    }
}

impl Case {
    pub(super) fn open(&mut self, seals: &Seals) -> Result<(), AppError> {
        // What the reader may not open stays closed: the file names the case only.
        if !self.may_open {
            (self.phone, self.address, self.domicile) = (None, None, None);
            for text in [
                &mut self.name,
                &mut self.cause,
                &mut self.opponent,
                &mut self.facts,
                &mut self.request,
                &mut self.organisation,
                &mut self.handler,
                &mut self.ethnicity,
                &mut self.employer,
                &mut self.occupation,
                &mut self.postcode,
                &mut self.education,
                &mut self.health,
                &mut self.household,
            ] {
                text.clear();
            }
            return Ok(());
        }
        self.phone = Some(opened(seals, "case.phone", self.seal_id, self.phone.as_ref())?);
        self.address = Some(opened(seals, "case.address", self.seal_id, self.address.as_ref())?);
        self.domicile = Some(opened(seals, "case.domicile", self.seal_id, self.domicile.as_ref())?);
        Ok(())
    }

    pub(super) fn phone(&self) -> &str {
        self.phone.as_deref().unwrap_or_default()
    }

    /// 文化程度 in words.
    pub(super) fn education(&self) -> &'static str {
        words::<Education>(&self.education)
    }

    /// 身体状况 in words.
    pub(super) fn health(&self) -> &'static str {
        words::<Health>(&self.health)
    }

    pub(super) fn domicile(&self) -> &str {
        self.domicile.as_deref().unwrap_or_default()
    }

    pub(super) fn address(&self) -> &str {
        self.address.as_deref().unwrap_or_default()
    }
}

impl Online {
    pub(super) fn open(&mut self, seals: &Seals) -> Result<(), AppError> {
        self.phone = Some(opened(seals, "case_online.phone", self.seal_id, self.phone.as_ref())?);
        self.address = Some(opened(seals, "case_online.address", self.seal_id, self.address.as_ref())?);
        self.domicile = Some(opened(seals, "case_online.domicile", self.seal_id, self.domicile.as_ref())?);
        Ok(())
    }

    pub(super) fn address(&self) -> &str {
        self.address.as_deref().unwrap_or_default()
    }

    pub(super) fn domicile(&self) -> &str {
        self.domicile.as_deref().unwrap_or_default()
    }

    /// 文化程度 in words.
    pub(super) fn education(&self) -> &'static str {
        words::<Education>(&self.education)
    }

    /// 身体状况 in words.
    pub(super) fn health(&self) -> &'static str {
        words::<Health>(&self.health)
    }

    pub(super) fn phone(&self) -> &str {
        self.phone.as_deref().unwrap_or_default()
    }
}

impl Held {
    /// How many records there are.
    pub(super) fn count(&self) -> usize {
        self.consultations.len() + self.cases.len() + self.online.len() + self.corrections.len()
    }

    /// Opens what is sealed and the reader may see.
    pub(super) fn open(&mut self, seals: &Seals) -> Result<(), AppError> {
        self.consultations.iter_mut().try_for_each(|one| one.open(seals))?;
        self.cases.iter_mut().try_for_each(|one| one.open(seals))?;
        self.online.iter_mut().try_for_each(|one| one.open(seals))
    }
}

/// What a bureau holds about a person, the newest first, two hundred of each kind at most.
/// A restricted case opens for those whom it names, here as everywhere.
pub(super) async fn find(conn: &mut PgConnection, bureau: i64, viewer: i64, by: &Indexes) -> sqlx::Result<Held> {
    let [consultation, case, online, correction, person] = &by.0;
    let held = sqlx::query_scalar!(
        r#"
        select jsonb_build_object(
            'consultations', (select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc, x.id desc), '[]') from (
                select c.id, c.number, (c.started_at at time zone 'Asia/Shanghai')::date as day, v.name as venue, c.channel,
                       c.topic, c.client_name as name, c.facts, c.request, c.advice, c.satisfaction, c.seal_id,
                       encode(c.phone, 'hex') as phone, encode(c.address, 'hex') as address
                from consultations c join venues v on v.id = c.venue_id
                where c.bureau_id = $1 and c.id_number_index = any($3) order by c.started_at desc limit 200) x),
            'cases', (select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc), '[]') from (
                select coalesce(nullif(c.number, ''), c.application_number) as number,
                       coalesce(c.received_on, c.accepted_on) as day, a.name, c.cause, a.opponent, a.facts, a.request,
                       c.organisation, c.handler_name as handler, a.seal_id, encode(a.phone, 'hex') as phone,
                       encode(a.address, 'hex') as address, encode(a.domicile, 'hex') as domicile, a.ethnicity, a.employer,
                       a.occupation, a.postcode, a.education, a.health,
                       concat_ws('，', '家庭人口' || a.household_size || '人', '家庭月收入' || a.household_income || '元',
                                 nullif(a.property, '')) as household,
                       (not c.restricted or c.registered_by = $2 or c.worker_id = $2
                        or exists (select from case_handlers h where h.id = c.handler_id and h.account_id = $2)
                        or exists (select from case_access g where g.case_id = c.id and g.account_id = $2)) as may_open
                from case_applications a join cases c on c.id = a.case_id and c.bureau_id = a.bureau_id
                where a.bureau_id = $1 and a.id_number_index = any($4) order by 2 desc limit 200) x),
            'online', (select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc), '[]') from (
                select o.number, (o.sent_at at time zone 'Asia/Shanghai')::date as day, o.name, o.township, o.opponent,
                       o.facts, o.request, o.answer, o.seal_id, encode(o.phone, 'hex') as phone,
                       encode(o.address, 'hex') as address, encode(o.domicile, 'hex') as domicile, o.postcode, o.ethnicity,
                       o.occupation, o.education, o.health
                from case_online o
                where o.bureau_id = $1 and o.id_number_index = any($5)
                  -- What became a case stands there, behind that case's own wall.
                  and o.case_id is null
                order by o.sent_at desc limit 200) x),
            'corrections', (select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc), '[]') from (
                select (d.noted_at at time zone 'Asia/Shanghai')::date as day, d.wish, d.answer
                from data_corrections d
                where d.bureau_id = $1 and d.id_number_index = any($6) order by d.id desc limit 200) x),
            'person', (select p.id from persons p where p.bureau_id = $1 and p.id_number_index = any($7) limit 1)
        ) as "held!: Json<Held>"
        "#,
        bureau,
        viewer,
        consultation,
        case,
        online,
        correction,
        person
    )
    .fetch_one(conn)
    .await?;
    Ok(held.0)
}
