//! 法律咨询登记表 (3.1): what a service record holds and what it must hold.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveTime};

use crate::plan::dictionaries::{Channel, Outcome, Satisfaction, SpecialGroup, Topic};
use crate::plan::dictionary::dictionary;
use crate::plan::time::{at, short_date};
use crate::web::form_errors::Errors;

dictionary! {
    /// The gender of somebody who asks; a voice on the telephone may leave it open.
    ClientGender {
        Male = "male", "男";
        Female = "female", "女";
        Unknown = "unknown", "不详";
    }
}

/// The age below which everything about a person is sensitive (PIPL 28, 31).
const SENSITIVE_BELOW: i32 = 14;
/// The earliest year of birth that is believed.
const FIRST_YEAR: i32 = 1900;
/// The longest of the long texts, in characters.
pub const LONGEST: usize = 4000;

/// Who came, or did not want to say.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// They would not give name or telephone (the norm allows it, and it is noted).
    pub refused_identity: bool,
    /// Their name.
    pub name: String,
    /// Their gender.
    pub gender: Option<ClientGender>,
    /// Their year of birth.
    pub birth_year: Option<i32>,
    /// A checked identity number, in full: it is sealed on its way to the database.
    pub id_number: Option<String>,
    /// A checked telephone number, in full: sealed likewise.
    pub phone: Option<String>,
    /// Township.
    pub township: String,
    /// Village and house, in full: sealed likewise; empty for none.
    pub address: String,
    /// The special groups they belong to.
    pub groups: Vec<SpecialGroup>,
    /// Whether they came for the first time, if known.
    pub first_visit: Option<bool>,
}

/// A record about to be saved: one 人次 (A43).
#[derive(Clone, Debug)]
pub struct NewConsultation {
    /// The shift in which it was given.
    pub shift: i64,
    /// How they came.
    pub channel: Channel,
    /// When it began, on the duty day.
    pub started_at: NaiveTime,
    /// When it ended, on the duty day.
    pub ended_at: NaiveTime,
    /// Who came.
    pub client: Client,
    /// What about.
    pub topic: Topic,
    /// The cause in the courts' list.
    pub cause: String,
    /// What happened.
    pub facts: String,
    /// What they want.
    pub request: String,
    /// What was answered.
    pub advice: String,
    /// What the answer rests on.
    pub legal_basis: String,
    /// What came of it.
    pub outcomes: Vec<Outcome>,
    /// The unit they were sent to.
    pub referred_to: String,
    /// Legal aid seems to be open to them.
    pub legal_aid_hint: bool,
    /// They were told that they may apply for it.
    pub told_right: bool,
    /// When an answer was promised.
    pub follow_up_on: Option<NaiveDate>,
    /// Touches many people, or is sensitive.
    pub sensitive: bool,
    /// How they rated it.
    pub satisfaction: Satisfaction,
    /// Entered from a paper form afterwards; the duty day is the paper's date.
    pub from_paper: bool,
}

/// What the rules need to know of the shift.
#[derive(Clone, Copy, Debug)]
pub struct DutyDay {
    /// The day.
    pub on: NaiveDate,
    /// The roster is published.
    pub published: bool,
    /// Somebody signed in.
    pub signed_in: bool,
    /// The venue's month is certified.
    pub reported: bool,
}

impl DutyDay {
    /// Why nothing can be recorded in the shift on `today`; `None` when it can.
    #[must_use]
    pub fn closed_to_records(&self, today: NaiveDate) -> Option<String> {
        if !self.published {
            return Some("这个班次的排班还没有公示，不能登记咨询。".to_owned());
        }
        if self.reported {
            return Some("本月考勤已审定上报，咨询记录不能再增加或修改；如需补录，请先由司法局退回。".to_owned());
        }
        if self.on > today {
            return Some(format!("这个班次是{}的，还不能登记咨询。", short_date(self.on)));
        }
        if !self.signed_in {
            return Some("这个班次还没有签到，签到之后才能登记咨询。".to_owned());
        }
        None
    }
}

impl NewConsultation {
    /// Adds what is missing or contradicts itself, field by field, in the order of the form.
    pub fn check(&self, day: DutyDay, now: DateTime<FixedOffset>, errors: &mut Errors) {
        let today = now.date_naive();
        self.check_client(today, errors);
        for (field, text, missing) in [
            ("facts", &self.facts, "请写明咨询内容：什么人、什么时间、发生了什么。"),
            ("request", &self.request, "请写明对方的诉求。"),
            ("advice", &self.advice, "请写明解答意见。"),
        ] {
            if text.is_empty() {
                errors.add(field, missing);
            }
        }
        for (field, text, most) in [
            ("cause", &self.cause, 60),
            ("facts", &self.facts, LONGEST),
            ("request", &self.request, LONGEST),
            ("advice", &self.advice, LONGEST),
            ("legal_basis", &self.legal_basis, 1000),
            ("referred_to", &self.referred_to, 100),
        ] {
            let length = text.chars().count();
            if length > most {
                errors.add(field, format!("最多{most}个字，现在是{length}个。"));
            }
        }
        if self.outcomes.is_empty() {
            errors.add("outcomes", "请至少选择一项处理结果。");
        }
        let referred = self.outcomes.contains(&Outcome::ToDepartment);
        if referred && self.referred_to.is_empty() {
            errors.add("referred_to", "处理结果选了“转相关部门”，请写明转往哪个部门。");
        }
        let scheduled = self.outcomes.contains(&Outcome::Scheduled);
        match self.follow_up_on {
            None if scheduled => errors.add("follow_up_on", "处理结果选了“约期答复”，请填写约定的答复日期。"),
            Some(date) if date < day.on => errors.add("follow_up_on", "答复日期不能早于值班日期。"),
            _ => {}
        }
        if self.ended_at < self.started_at {
            errors.add("ended_at", "结束时间不能早于开始时间。");
        }
        if at(day.on, self.started_at) > now {
            errors.add("started_at", "开始时间还没有到。");
        } else if at(day.on, self.ended_at) > now {
            errors.add("ended_at", "结束时间还没有到。");
        }
        if day.on < today && !self.from_paper {
            errors.add("from_paper", "值班日已经过去，只能根据当天的纸质登记表补录，请勾选。");
        }
    }

    fn check_client(&self, today: NaiveDate, errors: &mut Errors) {
        let client = &self.client;
        if !client.refused_identity && client.name.is_empty() {
            errors.add("client_name", "请填写咨询人姓名；对方不愿提供的，请勾选“拒绝提供身份”。");
        }
        if client.name.chars().count() > 50 {
            errors.add("client_name", "姓名最多50个字。");
        }
        if client.gender.is_none() {
            errors.add("gender", "请选择性别；无从得知的选“不详”。");
        }
        if let Some(year) = client.birth_year
            && !(FIRST_YEAR..=today.year()).contains(&year)
        {
            errors.add("birth_year", format!("出生年份应在{FIRST_YEAR}年到{}年之间。", today.year()));
        }
        if client.township.chars().count() > 50 {
            errors.add("township", "乡镇（街道）最多50个字。");
        }
        if client.address.chars().count() > 200 {
            errors.add("address", "住址最多200个字。");
        }
    }

    /// Whether the record is to be handled as sensitive: said so, or about a child.
    #[must_use]
    pub fn is_sensitive(&self, on: NaiveDate) -> bool {
        self.sensitive || self.client.birth_year.is_some_and(|year| on.year() - year < SENSITIVE_BELOW)
    }
}

/// The number of a record: `140581102-202405-0017`.
#[must_use]
pub fn number(venue_code: &str, on: NaiveDate, counter: i32) -> String {
    format!("{venue_code}-{}-{counter:04}", on.format("%Y%m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn on(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 5, day).unwrap()
    }

    fn whole() -> NewConsultation {
        NewConsultation {
            shift: 1,
            channel: Channel::OnSite,
            started_at: time("09:00"),
            ended_at: time("09:20"),
            client: Client { name: "王示例".to_owned(), gender: Some(ClientGender::Female), ..Client::default() },
            topic: Topic::Labour,
            cause: String::new(),
            facts: "工地欠薪三个月".to_owned(),
            request: "要回工资".to_owned(),
            advice: "先向劳动监察投诉".to_owned(),
            legal_basis: String::new(),
            outcomes: vec![Outcome::Answered],
            referred_to: String::new(),
            legal_aid_hint: false,
            told_right: false,
            follow_up_on: None,
            sensitive: false,
            satisfaction: Satisfaction::NotRated,
            from_paper: false,
        }
    }

    fn day() -> DutyDay {
        DutyDay { on: on(8), published: true, signed_in: true, reported: false }
    }

    fn wrong(new: &NewConsultation, now: DateTime<FixedOffset>) -> Vec<String> {
        let mut errors = Errors::new();
        new.check(day(), now, &mut errors);
        errors.iter().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn a_whole_record_is_fine_and_an_empty_one_names_every_required_field() {
        let now = at(on(8), time("10:00"));
        assert!(wrong(&whole(), now).is_empty());
        let empty = NewConsultation {
            client: Client::default(),
            facts: String::new(),
            request: String::new(),
            advice: String::new(),
            outcomes: Vec::new(),
            ..whole()
        };
        assert_eq!(wrong(&empty, now), ["client_name", "gender", "facts", "request", "advice", "outcomes"]);
    }

    #[test]
    fn who_refuses_to_be_named_needs_no_name() {
        let mut new = whole();
        new.client = Client { refused_identity: true, gender: Some(ClientGender::Unknown), ..Client::default() };
        assert!(wrong(&new, at(on(8), time("10:00"))).is_empty());
    }

    #[test]
    fn a_referral_names_the_unit_and_an_appointment_its_date() {
        let now = at(on(8), time("10:00"));
        let mut new = whole();
        new.outcomes = vec![Outcome::ToDepartment, Outcome::Scheduled];
        assert_eq!(wrong(&new, now), ["referred_to", "follow_up_on"]);
        new.referred_to = "市人社局".to_owned();
        new.follow_up_on = Some(on(7));
        assert_eq!(wrong(&new, now), ["follow_up_on"]);
        new.follow_up_on = Some(on(10));
        assert!(wrong(&new, now).is_empty());
    }

    #[test]
    fn times_are_in_order_and_not_to_come() {
        let mut new = whole();
        assert_eq!(wrong(&new, at(on(8), time("09:10"))), ["ended_at"]);
        assert_eq!(wrong(&new, at(on(8), time("08:59"))), ["started_at"]);
        new.ended_at = time("08:59");
        assert_eq!(wrong(&new, at(on(8), time("10:00"))), ["ended_at"]);
    }

    #[test]
    fn after_the_duty_day_only_from_paper() {
        let mut new = whole();
        assert_eq!(wrong(&new, at(on(9), time("10:00"))), ["from_paper"]);
        new.from_paper = true;
        assert!(wrong(&new, at(on(9), time("10:00"))).is_empty());
    }

    #[test]
    fn only_a_shift_that_is_signed_in_published_begun_and_open_takes_records() {
        assert_eq!(day().closed_to_records(on(8)), None);
        assert_eq!(day().closed_to_records(on(20)), None);
        for closed in [
            DutyDay { published: false, ..day() },
            DutyDay { signed_in: false, ..day() },
            DutyDay { reported: true, ..day() },
            DutyDay { on: on(9), ..day() },
        ] {
            assert!(closed.closed_to_records(on(8)).is_some(), "{closed:?}");
        }
    }

    #[test]
    fn a_record_about_a_child_is_sensitive() {
        let mut new = whole();
        assert!(!new.is_sensitive(on(8)));
        new.client.birth_year = Some(2011);
        assert!(new.is_sensitive(on(8)));
        new.client.birth_year = Some(2010);
        assert!(!new.is_sensitive(on(8)));
    }

    #[test]
    fn numbers_run_by_venue_and_month() {
        assert_eq!(number("140581102", on(8), 17), "140581102-202405-0017");
    }
}
