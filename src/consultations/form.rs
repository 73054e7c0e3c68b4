//! The form as typed, and how it becomes a record.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::db::Consultation;
use super::record::{Client, ClientGender, DutyDay, NewConsultation};
use crate::plan::dictionaries::{Channel, Outcome, Satisfaction, Topic};
use crate::plan::dictionary::Dictionary;
use crate::plan::time::SHANGHAI;
use crate::secrets::{Gender, IdNumber, parse_phone};
use crate::web::form_errors::Errors;
use crate::web::typed as fields;

/// 法律咨询登记表 as typed. A draft is this, sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ConsultationForm {
    pub(super) shift: String,
    pub(super) version: String,
    pub(super) phone: String,
    pub(super) refused_identity: String,
    pub(super) client_name: String,
    pub(super) gender: String,
    pub(super) birth_year: String,
    pub(super) township: String,
    pub(super) groups: Vec<String>,
    pub(super) first_visit: String,
    pub(super) channel: String,
    pub(super) topic: String,
    pub(super) cause: String,
    pub(super) facts: String,
    pub(super) request: String,
    pub(super) advice: String,
    pub(super) legal_basis: String,
    pub(super) outcomes: Vec<String>,
    pub(super) referred_to: String,
    pub(super) follow_up_on: String,
    pub(super) legal_aid_hint: String,
    pub(super) told_right: String,
    pub(super) satisfaction: String,
    pub(super) started_at: String,
    pub(super) ended_at: String,
    pub(super) from_paper: String,
    pub(super) id_number: String,
    pub(super) address: String,
    pub(super) sensitive: String,
    /// Of a stored record: `phone`, `id_number`, `address` that are to go.
    pub(super) forget: Vec<String>,
}

impl ConsultationForm {
    /// A new form: what holds for most, so that few keys are pressed.
    pub(super) fn fresh(shift: i64, on: NaiveDate, now: DateTime<FixedOffset>) -> ConsultationForm {
        let today = on == now.date_naive();
        ConsultationForm {
            shift: shift.to_string(),
            channel: Channel::OnSite.code().to_owned(),
            outcomes: vec![Outcome::Answered.code().to_owned()],
            legal_aid_hint: "no".to_owned(),
            satisfaction: Satisfaction::NotRated.code().to_owned(),
            started_at: if today { now.format("%H:%M").to_string() } else { String::new() },
            from_paper: if today { String::new() } else { "yes".to_owned() },
            ..ConsultationForm::default()
        }
    }

    /// The form of a stored record. What is sealed stays closed: an empty field keeps it.
    pub(super) fn of(stored: &Consultation) -> ConsultationForm {
        let yes = |is: bool| if is { "yes".to_owned() } else { String::new() };
        let answer = |is: bool| if is { "yes".to_owned() } else { "no".to_owned() };
        let local = |instant: DateTime<chrono::Utc>| instant.with_timezone(&SHANGHAI).format("%H:%M").to_string();
        ConsultationForm {
            shift: stored.shift_id.to_string(),
            version: stored.version.to_string(),
            refused_identity: yes(stored.refused_identity),
            client_name: stored.client_name.clone(),
            gender: stored.gender.clone(),
            birth_year: stored.birth_year.map(|year| year.to_string()).unwrap_or_default(),
            township: stored.township.clone(),
            groups: stored.groups.iter().map(|group| group.code().to_owned()).collect(),
            first_visit: stored.first_visit.map(answer).unwrap_or_default(),
            channel: stored.channel.code().to_owned(),
            topic: stored.topic.code().to_owned(),
            cause: stored.cause.clone(),
            facts: stored.facts.clone(),
            request: stored.request.clone(),
            advice: stored.advice.clone(),
            legal_basis: stored.legal_basis.clone(),
            outcomes: stored.outcomes.iter().map(|outcome| outcome.code().to_owned()).collect(),
            referred_to: stored.referred_to.clone(),
            follow_up_on: stored.follow_up_on.map(|date| date.to_string()).unwrap_or_default(),
            legal_aid_hint: answer(stored.legal_aid_hint),
            told_right: if stored.legal_aid_hint { answer(stored.told_right) } else { String::new() },
            satisfaction: stored.satisfaction.code().to_owned(),
            started_at: local(stored.started_at),
            ended_at: local(stored.ended_at),
            from_paper: yes(stored.from_paper),
            sensitive: yes(stored.sensitive),
            ..ConsultationForm::default()
        }
    }

    /// Whether anything was typed that a new form does not say by itself.
    pub(super) fn says_nothing(&self) -> bool {
        [
            &self.phone,
            &self.client_name,
            &self.gender,
            &self.birth_year,
            &self.township,
            &self.topic,
            &self.cause,
            &self.facts,
            &self.request,
            &self.advice,
            &self.legal_basis,
            &self.referred_to,
            &self.id_number,
            &self.address,
        ]
        .iter()
        .all(|text| text.trim().is_empty())
            && self.groups.is_empty()
    }

    /// Reads the form. What does not read or is missing is told field by field.
    pub(super) fn parse(&self, day: DutyDay, now: DateTime<FixedOffset>) -> Result<NewConsultation, Errors> {
        let mut errors = Errors::new();
        let client = self.client(now.date_naive(), &mut errors);
        let channel = Channel::from_code(&self.channel);
        if channel.is_none() {
            errors.add("channel", "请选择咨询方式。");
        }
        let topic = Topic::from_code(&self.topic);
        if topic.is_none() {
            errors.add("topic", "请选择咨询事项类别。");
        }
        let satisfaction = Satisfaction::from_code(&self.satisfaction);
        if satisfaction.is_none() {
            errors.add("satisfaction", "请选择满意度；对方没有评价的选“未评价”。");
        }
        let follow_up_on = match self.follow_up_on.trim() {
            "" => None,
            typed => typed.parse().ok().or_else(|| {
                errors.add("follow_up_on", "请填写答复日期，如2024-05-15。");
                None
            }),
        };
        let hint = yes_or_no(&self.legal_aid_hint);
        if hint.is_none() {
            errors.add("legal_aid_hint", "请选择是否可能符合法律援助条件。");
        }
        let told = yes_or_no(&self.told_right);
        if hint == Some(true) && told.is_none() {
            errors.add("told_right", "可能符合法律援助条件的，请选择是否已告知申请权。");
        }
        let started_at = time(&self.started_at);
        if started_at.is_none() {
            errors.add("started_at", "请填写开始时间，如09:30。");
        }
        let ended_at = match self.ended_at.trim() {
            // On the duty day the record is saved when the conversation is over.
            "" if day.on == now.date_naive() => time(&now.format("%H:%M").to_string()),
            typed => time(typed),
        };
        if ended_at.is_none() {
            errors.add("ended_at", "请填写结束时间，如09:50。");
        }
        let new = NewConsultation {
            shift: self.shift.parse().unwrap_or_default(),
            channel: channel.unwrap_or(Channel::OnSite),
            started_at: started_at.unwrap_or_default(),
            ended_at: ended_at.or(started_at).unwrap_or_default(),
            client,
            topic: topic.unwrap_or(Topic::Other),
            cause: trimmed(&self.cause),
            facts: trimmed(&self.facts),
            request: trimmed(&self.request),
            advice: trimmed(&self.advice),
            legal_basis: trimmed(&self.legal_basis),
            outcomes: fields::codes(&mut errors, "outcomes", &self.outcomes),
            referred_to: trimmed(&self.referred_to),
            legal_aid_hint: hint.unwrap_or_default(),
            told_right: told.unwrap_or_default(),
            follow_up_on,
            sensitive: ticked(&self.sensitive),
            satisfaction: satisfaction.unwrap_or(Satisfaction::NotRated),
            from_paper: ticked(&self.from_paper),
        };
        new.check(day, now, &mut errors);
        if errors.is_empty() { Ok(new) } else { Err(in_order(errors)) }
    }

    fn client(&self, today: NaiveDate, errors: &mut Errors) -> Client {
        let mut client = Client {
            refused_identity: ticked(&self.refused_identity),
            name: trimmed(&self.client_name),
            gender: ClientGender::from_code(&self.gender),
            township: trimmed(&self.township),
            address: trimmed(&self.address),
            groups: fields::codes(errors, "groups", &self.groups),
            first_visit: yes_or_no(&self.first_visit),
            ..Client::default()
        };
        if !self.phone.trim().is_empty() {
            match parse_phone(&self.phone) {
                Ok(phone) => client.phone = Some(phone),
                Err(error) => errors.add("phone", format!("{error}。")),
            }
        }
        if !self.birth_year.trim().is_empty() {
            match self.birth_year.trim().parse() {
                Ok(year) => client.birth_year = Some(year),
                Err(_) => errors.add("birth_year", "出生年份是四位数字，如1968。"),
            }
        }
        if !self.id_number.trim().is_empty() {
            match self.id_number.parse::<IdNumber>() {
                Ok(number) if number.birth() > today => errors.add("id_number", "身份证号中的出生日期还没有到。"),
                Ok(number) => {
                    let fits = match (client.gender, number.gender()) {
                        (Some(ClientGender::Male), Gender::Female) | (Some(ClientGender::Female), Gender::Male) => {
                            false
                        }
                        (_, Gender::Male | Gender::Female) => true,
                    };
                    if !fits {
                        errors.add("id_number", "身份证号与所选性别不符，请核对。");
                    }
                    client.birth_year = client.birth_year.or(Some(chrono::Datelike::year(&number.birth())));
                    client.id_number = Some(number.as_str().to_owned());
                }
                Err(error) => errors.add("id_number", format!("{error}。")),
            }
        }
        client
    }
}

/// The fields in the order of the page.
const ORDER: &[&str] = &[
    "phone",
    "refused_identity",
    "client_name",
    "gender",
    "birth_year",
    "township",
    "groups",
    "first_visit",
    "channel",
    "topic",
    "cause",
    "facts",
    "request",
    "advice",
    "legal_basis",
    "outcomes",
    "referred_to",
    "follow_up_on",
    "legal_aid_hint",
    "told_right",
    "satisfaction",
    "started_at",
    "ended_at",
    "from_paper",
    "id_number",
    "address",
];

fn in_order(errors: Errors) -> Errors {
    let mut sorted = Errors::new();
    for field in ORDER {
        if !errors.on(field).is_empty() {
            sorted.add(field, errors.on(field));
        }
    }
    for (field, message) in errors.iter() {
        sorted.add(field, message);
    }
    sorted
}

fn trimmed(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

fn ticked(value: &str) -> bool {
    value == "yes"
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()
}

/// The choices of a dictionary for a form.
pub(super) fn choices<D: Dictionary>() -> Vec<(&'static str, &'static str)> {
    D::ALL.iter().map(|value| (value.code(), value.label())).collect()
}
