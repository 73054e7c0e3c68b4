//! PURE. What an entry of the duty bank must hold (四(一)3) and how its numbers are read.

use chrono::NaiveDate;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::plan::dictionaries::PersonCategory;
use crate::plan::money::half_width;
use crate::secrets::{IdNumber, IdNumberError, mask_bank_account, mask_phone, parse_phone};
use crate::web::form_errors::Errors;

/// The youngest somebody on duty may be, in years.
const ADULT: u32 = 18;

/// Reads an identity number as typed: full-width digits, spaces and a small x are understood.
///
/// # Errors
/// A sentence for the field.
pub fn parse_id_number(typed: &str) -> Result<IdNumber, String> {
    let digits = Zeroizing::new(compact(typed));
    if digits.is_empty() {
        return Err("请填写身份证号".to_owned());
    }
    digits.parse().map_err(|error: IdNumberError| error.to_string())
}

/// A telephone number.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Zeroizing<String>);

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.mask())
    }
}

impl Phone {
    /// Reads a number as typed.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<Phone, String> {
        let typed = Zeroizing::new(half_width(typed.trim()));
        if typed.is_empty() {
            return Err("请填写手机号".to_owned());
        }
        parse_phone(&typed).map(|digits| Phone(Zeroizing::new(digits))).map_err(|error| error.to_string())
    }

    /// All digits, to be sealed.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// `138****5678`.
    pub fn mask(&self) -> String {
        mask_phone(&self.0)
    }
}

/// The account a subsidy is paid to.
#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount(Zeroizing<String>);

impl std::fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.mask())
    }
}

impl BankAccount {
    /// Reads a number as typed; the groups of four on a card may be typed with their spaces.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(typed: &str) -> Result<BankAccount, String> {
        let digits = compact(typed).replace('-', "");
        if (12..=30).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(BankAccount(Zeroizing::new(digits)))
        } else {
            Err("银行账号应为12至30位数字".to_owned())
        }
    }

    /// All digits, to be sealed.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// `****1234`.
    pub fn mask(&self) -> String {
        mask_bank_account(&self.0)
    }
}

fn compact(typed: &str) -> String {
    half_width(typed).replace(char::is_whitespace, "")
}

/// What an entry says besides its sealed numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Particulars {
    /// The name.
    pub name: String,
    /// 四(一)3: on what ground the person may be on duty.
    pub category: PersonCategory,
    /// The firm, office or school they belong to.
    pub organisation: String,
    /// The licence to practise, or the certificate of the qualification examination.
    pub licence_number: String,
    /// Its last day, where it has one.
    pub licence_valid_to: Option<NaiveDate>,
    /// Where a retired person served.
    pub former_organisation: String,
    /// How many years in the line of work (A47).
    pub years_in_service: Option<i32>,
    /// When they retired.
    pub retired_on: Option<NaiveDate>,
    /// The school of a teacher or student of law.
    pub school: String,
    /// Their subject.
    pub major: String,
    /// A26: a public official serves without being paid.
    pub public_official: bool,
    /// What they are best at.
    pub specialties: String,
    /// The bank and branch.
    pub bank_name: String,
    /// The day they joined the bank.
    pub joined_on: NaiveDate,
}

/// An entry about to be made.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The open part.
    pub particulars: Particulars,
    /// Sealed.
    pub id_number: IdNumber,
    /// Sealed.
    pub phone: Phone,
    /// Sealed; needed before the first payment.
    pub bank_account: Option<BankAccount>,
    /// The venues at which they may be rostered.
    pub venues: Vec<i64>,
}

impl Particulars {
    /// What the category needs and lacks, field by field.
    ///
    /// `minimum_years` is the programme's figure for retired officials (A47).
    pub fn faults(&self, minimum_years: u32, today: NaiveDate, errors: &mut Errors) {
        let mut need = |missing: bool, field: &str, message: &str| {
            if missing {
                errors.add(field, message);
            }
        };
        need(self.name.is_empty() || self.name.chars().count() > 30, "name", "请填写姓名，最多30个字");
        need(self.organisation.is_empty(), "organisation", "请填写所属单位；没有单位的写居住的乡镇（街道）");
        match self.category {
            PersonCategory::Lawyer | PersonCategory::GrassrootsLegalWorker => {
                need(self.licence_number.is_empty(), "licence_number", "请填写执业证号（方案四(一)3）");
            }
            PersonCategory::LawSchool => {
                // A46: teachers and students alike must have passed the examination.
                need(
                    self.licence_number.is_empty(),
                    "licence_number",
                    "请填写法律职业资格证号：师生都须通过法律职业资格考试（方案四(一)3）",
                );
                need(self.school.is_empty(), "school", "请填写学校名称");
                need(self.major.is_empty(), "major", "请填写专业");
            }
            PersonCategory::RetiredJudicial => {
                need(self.former_organisation.is_empty(), "former_organisation", "请填写退休前所在的政法机关");
                need(self.retired_on.is_none(), "retired_on", "请填写退休日期");
                match self.years_in_service {
                    None => need(true, "years_in_service", "请填写从事相关业务的年限"),
                    Some(years) if i64::from(years) < i64::from(minimum_years) => errors.add(
                        "years_in_service",
                        format!(
                            "政法机关退休人员须从事相关业务满{minimum_years}年，现为{years}年，不能入库（方案四(一)3）"
                        ),
                    ),
                    Some(_) => {}
                }
            }
            PersonCategory::OtherNonPublic => {
                need(
                    self.public_official,
                    "public_official",
                    "所选类别是“非公职人员”。如本人是公职人员，请把人员类别改为“公职人员”",
                );
            }
            PersonCategory::PublicStaff => {
                need(!self.public_official, "public_official", "所选类别是“公职人员”，请勾选“本人是公职人员”");
            }
        }
        if self.retired_on.is_some_and(|date| date > today) {
            errors.add("retired_on", "退休日期不能晚于今天");
        }
        if self.joined_on > today {
            errors.add("joined_on", "入库日期不能晚于今天");
        }
    }
}

/// Whether somebody born then is of age on a day.
pub(super) fn is_adult(birth_date: NaiveDate, on: NaiveDate) -> bool {
    on.years_since(birth_date).is_some_and(|years| years >= ADULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_number_is_read_as_people_type_it() {
        let number = parse_id_number(" 110105 19491231 002x ").unwrap();
        assert_eq!(number.as_str(), "11010519491231002X");
        assert_eq!(parse_id_number("１１０１０５１９４９１２３１００２Ｘ"), Ok(number));
        assert!(parse_id_number("").unwrap_err().contains("请填写"));
        assert!(parse_id_number("110105194912310021").unwrap_err().contains("校验"));
    }

    #[test]
    fn telephones_and_accounts_are_read_as_people_write_them() {
        assert_eq!(Phone::parse("138 0000-5678").unwrap().mask(), "138****5678");
        assert!(Phone::parse("2380000567").is_err());
        assert_eq!(BankAccount::parse("6217 0000 0000 0001 234").unwrap().mask(), "****1234");
        assert!(BankAccount::parse("6217-1").is_err());
    }

    fn particulars(category: PersonCategory) -> Particulars {
        Particulars {
            name: "张三".to_owned(),
            category,
            organisation: "山西示例律师事务所".to_owned(),
            licence_number: String::new(),
            licence_valid_to: None,
            former_organisation: String::new(),
            years_in_service: None,
            retired_on: None,
            school: String::new(),
            major: String::new(),
            public_official: false,
            specialties: String::new(),
            bank_name: String::new(),
            joined_on: NaiveDate::from_ymd_opt(2024, 4, 1).unwrap(),
        }
    }

    fn fields(particulars: &Particulars) -> Vec<String> {
        let mut errors = Errors::new();
        particulars.faults(5, NaiveDate::from_ymd_opt(2024, 5, 6).unwrap(), &mut errors);
        errors.iter().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn each_category_of_4_1_3_needs_its_proof() {
        use PersonCategory::*;
        assert_eq!(fields(&particulars(Lawyer)), ["licence_number"]);
        assert_eq!(fields(&particulars(GrassrootsLegalWorker)), ["licence_number"]);
        assert_eq!(fields(&particulars(LawSchool)), ["licence_number", "school", "major"]);
        assert_eq!(fields(&particulars(RetiredJudicial)), ["former_organisation", "retired_on", "years_in_service"]);
        assert!(fields(&particulars(OtherNonPublic)).is_empty());
        assert_eq!(fields(&particulars(PublicStaff)), ["public_official"]);
    }

    #[test]
    fn a47_five_years_are_enough_and_four_are_not() {
        let retired = |years| Particulars {
            former_organisation: "某人民法院".to_owned(),
            retired_on: NaiveDate::from_ymd_opt(2020, 1, 1),
            years_in_service: Some(years),
            ..particulars(PersonCategory::RetiredJudicial)
        };
        assert_eq!(fields(&retired(4)), ["years_in_service"]);
        assert!(fields(&retired(5)).is_empty());
    }

    #[test]
    fn a_telephone_is_asked_for_where_none_is_typed() {
        assert_eq!(Phone::parse(" \u{3000}").unwrap_err(), "请填写手机号");
    }
}
