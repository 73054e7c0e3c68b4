//! The form of an entry: as typed, and read into values.

use chrono::NaiveDate;
use serde::Deserialize;

use super::db::Person;
use super::rules::{BankAccount, NewPerson, Particulars, Phone, parse_id_number};
use super::service::Change;
use crate::plan::dictionaries::PersonCategory;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::half_width;
use crate::web::form_errors::Errors;

/// An entry as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PersonForm {
    pub(super) version: String,
    pub(super) name: String,
    pub(super) id_number: String,
    pub(super) phone: String,
    pub(super) category: String,
    pub(super) organisation: String,
    pub(super) licence_number: String,
    pub(super) licence_valid_to: String,
    pub(super) former_organisation: String,
    pub(super) years_in_service: String,
    pub(super) retired_on: String,
    pub(super) school: String,
    pub(super) major: String,
    pub(super) public_official: String,
    pub(super) specialties: String,
    pub(super) bank_name: String,
    pub(super) bank_account: String,
    pub(super) joined_on: String,
    pub(super) venues: Vec<String>,
}

/// What a form is read against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// The programme's figure for retired officials (A47).
    pub(super) minimum_years: u32,
    /// Today.
    pub(super) today: NaiveDate,
}

impl PersonForm {
    /// The form of an entry as it is stored; sealed numbers stay empty.
    pub(super) fn of(person: &Person) -> PersonForm {
        let stored = &person.particulars;
        let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        PersonForm {
            version: person.version.to_string(),
            name: stored.name.clone(),
            category: stored.category.code().to_owned(),
            organisation: stored.organisation.clone(),
            licence_number: stored.licence_number.clone(),
            licence_valid_to: date(stored.licence_valid_to),
            former_organisation: stored.former_organisation.clone(),
            years_in_service: stored.years_in_service.map(|years| years.to_string()).unwrap_or_default(),
            retired_on: date(stored.retired_on),
            school: stored.school.clone(),
            major: stored.major.clone(),
            public_official: if stored.public_official { "yes".to_owned() } else { String::new() },
            specialties: stored.specialties.clone(),
            bank_name: stored.bank_name.clone(),
            joined_on: stored.joined_on.to_string(),
            venues: person.venues.iter().map(ToString::to_string).collect(),
            ..PersonForm::default()
        }
    }

    pub(super) fn is_public_official(&self) -> bool {
        self.public_official == "yes"
    }

    /// Reads a new entry.
    pub(super) fn parse_new(&self, reading: Reading) -> Result<NewPerson, Errors> {
        let mut errors = Errors::new();
        let particulars = self.particulars(reading, &mut errors);
        let id_number = noted(&mut errors, "id_number", parse_id_number(&self.id_number));
        let phone = noted(&mut errors, "phone", Phone::parse(&self.phone));
        let bank_account = self.account(false, &mut errors);
        match (particulars, id_number, phone) {
            (Some(particulars), Some(id_number), Some(phone)) if errors.is_empty() => {
                Ok(NewPerson { particulars, id_number, phone, bank_account, venues: self.venues() })
            }
            _ => Err(errors),
        }
    }

    /// Reads a change; numbers that were left empty stay as they are.
    pub(super) fn parse_change(&self, reading: Reading, has_account: bool) -> Result<Change, Errors> {
        let mut errors = Errors::new();
        let particulars = self.particulars(reading, &mut errors);
        let typed = |text: &str| !text.trim().is_empty();
        let id_number =
            typed(&self.id_number).then(|| noted(&mut errors, "id_number", parse_id_number(&self.id_number))).flatten();
        let phone = typed(&self.phone).then(|| noted(&mut errors, "phone", Phone::parse(&self.phone))).flatten();
        let bank_account = self.account(has_account, &mut errors);
        let version =
            noted(&mut errors, "", self.version.parse().map_err(|_| "表单缺少版本号，请刷新页面后重新填写".to_owned()));
        match (particulars, version) {
            (Some(particulars), Some(version)) if errors.is_empty() => {
                Ok(Change { version, particulars, id_number, phone, bank_account, venues: self.venues() })
            }
            _ => Err(errors),
        }
    }

    fn particulars(&self, reading: Reading, errors: &mut Errors) -> Option<Particulars> {
        let category = PersonCategory::from_code(&self.category);
        if category.is_none() {
            errors.add("category", "请选择人员类别");
        }
        let licence_valid_to = optional_date(errors, "licence_valid_to", &self.licence_valid_to);
        let retired_on = optional_date(errors, "retired_on", &self.retired_on);
        let joined_on = optional_date(errors, "joined_on", &self.joined_on);
        if joined_on.is_none() {
            errors.add("joined_on", "请填写入库日期");
        }
        let years = half_width(self.years_in_service.trim());
        let years_in_service = match years.parse::<i32>() {
            _ if years.is_empty() => None,
            Ok(years) if (0..=60).contains(&years) => Some(years),
            Ok(_) | Err(_) => {
                errors.add("years_in_service", "年限应为0至60的整数");
                None
            }
        };
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let particulars = Particulars {
            name: line(&self.name),
            category: category?,
            organisation: line(&self.organisation),
            licence_number: line(&half_width(&self.licence_number)),
            licence_valid_to,
            former_organisation: line(&self.former_organisation),
            years_in_service,
            retired_on,
            school: line(&self.school),
            major: line(&self.major),
            public_official: self.is_public_official(),
            specialties: line(&self.specialties),
            bank_name: line(&self.bank_name),
            joined_on: joined_on?,
        };
        particulars.faults(reading.minimum_years, reading.today, errors);
        Some(particulars)
    }

    fn account(&self, has_account: bool, errors: &mut Errors) -> Option<BankAccount> {
        let typed = !self.bank_account.trim().is_empty();
        if (typed || has_account) && self.bank_name.trim().is_empty() {
            errors.add("bank_name", "填写了银行账号，请一并填写开户行");
        }
        typed.then(|| noted(errors, "bank_account", BankAccount::parse(&self.bank_account))).flatten()
    }

    fn venues(&self) -> Vec<i64> {
        self.venues.iter().filter_map(|venue| venue.parse().ok()).collect()
    }
}

fn noted<T>(errors: &mut Errors, field: &str, read: Result<T, String>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(sentence) => {
            errors.add(field, sentence);
            None
        }
    }
}

fn optional_date(errors: &mut Errors, field: &str, typed: &str) -> Option<NaiveDate> {
    let typed = half_width(typed.trim());
    if typed.is_empty() {
        return None;
    }
    noted(errors, field, typed.parse().map_err(|_| "请按2024-05-08的格式填写日期".to_owned()))
}
