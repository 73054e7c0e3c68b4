//! One year's implementation plan as values: targets, rates, deductions, thresholds,
//! limits, and the readings that are a choice. Calculations take it as an argument and
//! store which year's they used.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::dictionaries::{
    CancellationScope, CaseKind, CommitmentPolicy, DutyWeekday, FundUse, Overcommitment, Payee, SpecialGroup, VenueKind,
};
use super::dictionary::Dictionary;
use super::money::{self, yuan};
use super::month::Month;
use super::time::chinese_date;

/// The values of one year's plan. [`Programme::parameters`](crate::plan::parameters) shows
/// each beside its clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    /// The year the plan is for.
    pub year: i32,
    /// Its title.
    pub title: String,
    /// Its document number; empty while a copied plan has none.
    pub document_number: String,
    /// First day on which it applies (A48).
    pub valid_from: NaiveDate,
    /// Last day on which it applies.
    pub valid_to: NaiveDate,

    /// 二: consultations of the year, in 人次.
    pub consultation_target: u32,
    /// 二: cases of the year.
    pub case_target: u32,

    /// 四(一)4: net hours below which a centre shift is no duty.
    pub centre_minimum_hours: Decimal,
    /// 四(一)4: net hours below which a station shift is no duty.
    pub station_minimum_hours: Decimal,
    /// A04: whether the midday break counts as duty time.
    pub count_midday_break: bool,
    /// A01: the weekday on which the stations are staffed.
    pub station_weekday: DutyWeekday,
    /// A21: persons on a shift above which the roster warns.
    pub persons_per_shift: u32,
    /// A47: years a retired official must have worked in the field.
    pub retired_service_years: u32,

    /// 五(二)1: yuan for a person and day at the centre.
    #[serde(with = "money::json")]
    pub centre_rate: Decimal,
    /// 五(二)1: yuan for a person and shift at a station.
    #[serde(with = "money::json")]
    pub station_rate: Decimal,
    /// A25: yuan for a shift at the legal aid centre; the plan names none.
    pub legal_aid_centre_rate: Option<Decimal>,
    /// What the rate is multiplied with for a person of so many stars; 1 unless a trial
    /// of tiered subsidies is ordered.
    pub star_multipliers: BTreeMap<u8, Decimal>,

    /// 五(二)1(1): yuan for a defective record.
    #[serde(with = "money::json")]
    pub record_defect_deduction: Decimal,
    /// 五(二)1(2): yuan for coming late.
    #[serde(with = "money::json")]
    pub late_deduction: Decimal,
    /// 五(二)1(2): yuan for leaving early.
    #[serde(with = "money::json")]
    pub early_leave_deduction: Decimal,
    /// A07: minutes after the planned time that still are on time.
    pub grace_minutes: u32,
    /// 五(二)1(3): yuan for a verified matter.
    #[serde(with = "money::json")]
    pub dissatisfied_deduction: Decimal,
    /// 五(二)1(4): yuan for an absence from post at the centre.
    #[serde(with = "money::json")]
    pub off_post_centre_deduction: Decimal,
    /// 五(二)1(4): yuan for an absence from post at a station.
    #[serde(with = "money::json")]
    pub off_post_station_deduction: Decimal,
    /// 五(二)1(4), A11: absences in a month from which nothing is paid for it.
    pub off_post_threshold: u32,
    /// A17: how much a verified false duty cancels.
    pub cancellation_scope: CancellationScope,
    /// Working days a person has to explain an absence found by a roll-call.
    pub explanation_days: u32,
    /// A54: working days a person has to object to a finding.
    pub objection_days: u32,

    /// 五(二)2, A31, A33: yuan from the earmarked fund for each kind of programme case;
    /// a kind that is not listed is ordinary legal aid.
    pub case_amounts: BTreeMap<CaseKind, Decimal>,
    /// 五(二)2: the local standard of each kind of case, in yuan.
    pub local_standards: BTreeMap<CaseKind, Decimal>,
    /// 四(二)1: the groups whose cases are programme cases.
    pub special_groups: BTreeSet<SpecialGroup>,
    /// A45: years of age from which a person is elderly.
    pub elderly_age: u32,
    /// A45: years of age below which a person is a minor.
    pub adult_age: u32,
    /// A53: to whom a case subsidy is paid.
    pub case_payee: Payee,

    /// 五(二): what the earmarked fund may be spent on.
    pub fund_uses: BTreeSet<FundUse>,
    /// When an amount becomes committed in the ledger.
    pub commitment_policy: CommitmentPolicy,
    /// What an approval does that would commit more than the fund has; plans of before warn.
    #[serde(default = "warns")]
    pub overcommitment: Overcommitment,
    /// 五(一): days the county finance bureau has to transfer the fund.
    pub fund_transfer_days: u32,
    /// 五(二): day of the next month by which duty is paid, inclusive.
    pub duty_pay_day: u32,
    /// A28: day of the next month from which an unpaid month is warned of.
    pub duty_pay_warning_day: u32,
    /// 五(二): days from the agreement to close to the payment of a case.
    pub case_payment_days: u32,
    /// 五(二): days a payment may be put off, taken together.
    pub case_extension_days: u32,
    /// 五(二): days after a quarter by which the use of the fund is reported.
    pub quarter_report_days: u32,

    /// A49: working days before the month by which its roster is posted.
    pub posting_lead_days: u32,
    /// A50: share of consultations visited again each month, in percent.
    pub consultation_visit_percent: u32,
    /// A50: share of closed cases visited again, in percent.
    pub case_visit_percent: u32,
    /// A51: day of the next month by which a month is reported.
    pub monthly_report_day: u32,
}

fn warns() -> Overcommitment {
    Overcommitment::Warn
}

/// The stars a duty person may have been awarded.
pub const STARS: [u8; 5] = [1, 2, 3, 4, 5];

impl Programme {
    /// The plan of Gaoping for 2024, 高司字〔2024〕6号, with the readings of `docs/rules.md`.
    #[must_use]
    pub fn gaoping_2024() -> Self {
        let whole_year = |month, day| NaiveDate::from_ymd_opt(2024, month, day).unwrap_or_default();
        let programme_kinds = CaseKind::ALL.iter().filter(|kind| kind.is_civil_litigation() || kind.is_criminal());
        let cases = CaseKind::ALL.iter().filter(|kind| kind.is_case());
        Self {
            year: 2024,
            title: "高平市2024年“免费法律咨询和特殊群体法律援助惠民工程”实施方案".to_owned(),
            document_number: "高司字〔2024〕6号".to_owned(),
            valid_from: whole_year(1, 1),
            valid_to: whole_year(12, 31),
            consultation_target: 8600,
            case_target: 290,
            centre_minimum_hours: Decimal::from(8),
            station_minimum_hours: Decimal::from(4),
            count_midday_break: false,
            station_weekday: DutyWeekday::Wednesday,
            persons_per_shift: 1,
            retired_service_years: 5,
            centre_rate: yuan(200),
            station_rate: yuan(300),
            legal_aid_centre_rate: None,
            star_multipliers: STARS.into_iter().map(|star| (star, Decimal::ONE)).collect(),
            record_defect_deduction: yuan(10),
            late_deduction: yuan(50),
            early_leave_deduction: yuan(50),
            grace_minutes: 0,
            dissatisfied_deduction: yuan(50),
            off_post_centre_deduction: yuan(100),
            off_post_station_deduction: yuan(150),
            off_post_threshold: 3,
            cancellation_scope: CancellationScope::PersonDay,
            explanation_days: 2,
            objection_days: 3,
            case_amounts: programme_kinds.map(|kind| (*kind, yuan(1000))).collect(),
            local_standards: cases.map(|kind| (*kind, yuan(1000))).collect(),
            special_groups: SpecialGroup::ALL.iter().copied().collect(),
            elderly_age: 60,
            adult_age: 18,
            case_payee: Payee::Handler,
            fund_uses: [FundUse::DutySubsidy, FundUse::CaseSubsidy].into(),
            commitment_policy: CommitmentPolicy::OnApproval,
            overcommitment: Overcommitment::Warn,
            fund_transfer_days: 30,
            duty_pay_day: 10,
            duty_pay_warning_day: 5,
            case_payment_days: 30,
            case_extension_days: 15,
            quarter_report_days: 15,
            posting_lead_days: 3,
            consultation_visit_percent: 5,
            case_visit_percent: 100,
            monthly_report_day: 5,
        }
    }

    /// A draft for another year with the same values. The document number is left empty:
    /// it must be entered from that year's own notice.
    #[must_use]
    pub fn copied_for(&self, year: i32) -> Self {
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        Self {
            year,
            title: self.title.replace(&format!("{}年", self.year), &format!("{year}年")),
            document_number: String::new(),
            valid_from: day(1, 1),
            valid_to: day(12, 31),
            ..self.clone()
        }
    }

    /// Whether the plan applies on a date.
    #[must_use]
    pub fn applies_on(&self, date: NaiveDate) -> bool {
        (self.valid_from..=self.valid_to).contains(&date)
    }

    /// Whether the plan applies on some day of the month.
    #[must_use]
    pub fn applies_in(&self, month: Month) -> bool {
        self.valid_from <= month.last() && month.first() <= self.valid_to
    }

    /// 五(二)1: yuan for a shift at a venue of this kind; `None` where nothing is paid (A25).
    #[must_use]
    pub fn rate(&self, venue: VenueKind) -> Option<Decimal> {
        match venue {
            VenueKind::ServiceCentre => Some(self.centre_rate),
            VenueKind::Station => Some(self.station_rate),
            VenueKind::LegalAidCentre => self.legal_aid_centre_rate,
        }
    }

    /// 四(一)4: the fewest net hours of a shift at a venue of this kind; the plan names none
    /// for the legal aid centre.
    #[must_use]
    pub fn minimum_hours(&self, venue: VenueKind) -> Option<Decimal> {
        match venue {
            VenueKind::ServiceCentre => Some(self.centre_minimum_hours),
            VenueKind::Station => Some(self.station_minimum_hours),
            VenueKind::LegalAidCentre => None,
        }
    }

    /// 五(二)1(4): yuan for one absence from post. The legal aid centre is 市中心 here: should
    /// a later plan pay for its window, absences cost what they cost at the centre.
    #[must_use]
    pub fn off_post_deduction(&self, venue: VenueKind) -> Decimal {
        match venue {
            VenueKind::ServiceCentre | VenueKind::LegalAidCentre => self.off_post_centre_deduction,
            VenueKind::Station => self.off_post_station_deduction,
        }
    }

    /// What the rate of a person with so many stars is multiplied with; 1 without stars.
    #[must_use]
    pub fn star_multiplier(&self, stars: u8) -> Decimal {
        self.star_multipliers.get(&stars).copied().unwrap_or(Decimal::ONE)
    }

    /// A04: the hours that count of a shift planned in these segments of one day: net, or
    /// from the first to the last minute where the midday break counts.
    #[must_use]
    pub fn countable_hours(&self, segments: &[(NaiveTime, NaiveTime)]) -> Decimal {
        let minutes = |from: NaiveTime, to: NaiveTime| (to - from).num_minutes().max(0);
        let counted: i64 = if self.count_midday_break {
            let first = segments.iter().map(|(from, _)| *from).min();
            let last = segments.iter().map(|(_, to)| *to).max();
            first.zip(last).map_or(0, |(from, to)| minutes(from, to))
        } else {
            segments.iter().map(|(from, to)| minutes(*from, *to)).sum()
        };
        Decimal::from(counted) / Decimal::from(60)
    }

    /// What contradicts itself in the values, as parameter key and Chinese sentence.
    #[must_use]
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, key: &'static str, message: String| {
            if !holds {
                faults.push((key, message));
            }
        };
        check(!self.title.trim().is_empty(), "title", "请填写方案标题".to_owned());
        check(!self.document_number.trim().is_empty(), "document_number", "请填写发文字号".to_owned());
        check(
            self.valid_from <= self.valid_to,
            "valid_to",
            format!("终止日期早于起始日期{}", chinese_date(self.valid_from)),
        );
        for (key, date) in [("valid_from", self.valid_from), ("valid_to", self.valid_to)] {
            check(date.year() == self.year, key, format!("日期应在{}年之内", self.year));
        }
        for (key, count) in [
            ("consultation_target", self.consultation_target),
            ("case_target", self.case_target),
            ("persons_per_shift", self.persons_per_shift),
            ("off_post_threshold", self.off_post_threshold),
        ] {
            check(count > 0, key, "必须大于零".to_owned());
        }
        for (key, amount) in [
            ("centre_rate", self.centre_rate),
            ("station_rate", self.station_rate),
            ("record_defect_deduction", self.record_defect_deduction),
            ("late_deduction", self.late_deduction),
            ("early_leave_deduction", self.early_leave_deduction),
            ("dissatisfied_deduction", self.dissatisfied_deduction),
            ("off_post_centre_deduction", self.off_post_centre_deduction),
            ("off_post_station_deduction", self.off_post_station_deduction),
        ] {
            check(!amount.is_sign_negative(), key, "金额不能为负数".to_owned());
        }
        check(
            self.legal_aid_centre_rate.is_none_or(|rate| !rate.is_sign_negative()),
            "legal_aid_centre_rate",
            "金额不能为负数".to_owned(),
        );
        check(
            self.case_amounts.values().chain(self.local_standards.values()).all(|amount| !amount.is_sign_negative()),
            "case_amounts",
            "案件补贴标准不能为负数".to_owned(),
        );
        check(
            self.case_amounts.keys().all(|kind| kind.is_case()),
            "case_amounts",
            "值班律师法律帮助不是案件，不能列入案件补贴".to_owned(),
        );
        for (key, hours) in
            [("centre_minimum_hours", self.centre_minimum_hours), ("station_minimum_hours", self.station_minimum_hours)]
        {
            check(hours > Decimal::ZERO && hours <= Decimal::from(24), key, "小时数应大于0且不超过24".to_owned());
        }
        check(
            self.duty_pay_warning_day <= self.duty_pay_day,
            "duty_pay_warning_day",
            "提醒日不能晚于发放截止日".to_owned(),
        );
        for (key, day) in [
            ("duty_pay_day", self.duty_pay_day),
            ("monthly_report_day", self.monthly_report_day),
            ("duty_pay_warning_day", self.duty_pay_warning_day),
        ] {
            check((1..=28).contains(&day), key, "应为每月1日至28日之间的日期".to_owned());
        }
        for (key, percent) in [
            ("consultation_visit_percent", self.consultation_visit_percent),
            ("case_visit_percent", self.case_visit_percent),
        ] {
            check(percent <= 100, key, "比例不能超过100%".to_owned());
        }
        check(!self.fund_uses.is_empty(), "fund_uses", "请至少选择一项用途".to_owned());
        check(!self.special_groups.is_empty(), "special_groups", "请至少选择一类特殊群体".to_owned());
        check(self.adult_age < self.elderly_age, "elderly_age", "老年人年龄应大于成年年龄".to_owned());
        check(
            self.star_multipliers.values().all(|factor| *factor > Decimal::ZERO),
            "star_multipliers",
            "星级系数必须大于零".to_owned(),
        );
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(hour: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, 0, 0).unwrap()
    }

    #[test]
    fn the_shipped_plan_is_sound_and_survives_json() {
        let plan = Programme::gaoping_2024();
        assert_eq!(plan.validate(), []);
        let json = serde_json::to_string(&plan).unwrap();
        let back: Programme = serde_json::from_str(&json).unwrap();
        assert_eq!(back, plan);
        assert_eq!(serde_json::to_string(&back).unwrap(), json);
    }

    #[test]
    fn a_copied_plan_asks_for_its_own_document_number() {
        let plan = Programme::gaoping_2024().copied_for(2025);
        assert!(plan.title.starts_with("高平市2025年"));
        assert_eq!(plan.valid_to.to_string(), "2025-12-31");
        let keys: Vec<_> = plan.validate().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["document_number"]);
    }

    #[test]
    fn a04_the_default_hours_satisfy_both_readings() {
        let mut plan = Programme::gaoping_2024();
        let day = [(time(8), time(12)), (time(14), time(18))];
        assert_eq!(plan.countable_hours(&day), Decimal::from(8));
        plan.count_midday_break = true;
        assert_eq!(plan.countable_hours(&day), Decimal::from(10));
        assert_eq!(plan.countable_hours(&[]), Decimal::ZERO);
    }
}
