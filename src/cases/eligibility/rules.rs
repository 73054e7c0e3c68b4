//! PURE. 四(二)1 and arts 31–34, 42: the groups with the proof each needs, age by the day
//! of application (A45), scope, means or exemption, duplicates and conflicts.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};

use crate::plan::dictionaries::SpecialGroup;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::programme::Programme;
use crate::plan::time::chinese_date;

dictionary! {
    /// What shows that somebody belongs to a group (5.3).
    Proof {
        Labour = "labour", "劳动关系或务工证明";
        Household = "household", "户口或居住证明";
        Disability = "disability", "残疾人证";
        IdCard = "id_card", "居民身份证";
        HouseholdRegister = "household_register", "户口簿";
        HardshipCard = "hardship_card", "工会困难职工证明";
        MilitaryCard = "military_card", "军人、军属证件";
    }
}

dictionary! {
    /// How the means were looked at, or why they need not be.
    Means {
        Unchecked = "unchecked", "尚未核查";
        Declared = "declared", "个人诚信承诺";
        Shared = "shared", "信息共享查询";
        Certified = "certified", "证明材料";
        /// Art 32: five kinds of matters without a means check.
        ExemptMatter = "exempt_matter", "免予核查（第三十二条事项）";
        /// Art 42: people without a means check.
        ExemptPerson = "exempt_person", "免予核查（第四十二条人员）";
        /// Notices and full coverage need none.
        NotNeeded = "not_needed", "通知辩护不核查";
        /// Looked at, and above the line.
        Above = "above", "不符合经济困难标准";
    }
}

impl Means {
    /// Whether aid may be given on it.
    #[must_use]
    pub fn allows(self) -> bool {
        !matches!(self, Means::Unchecked | Means::Above)
    }

    /// Whether the law asks for no check of the means.
    #[must_use]
    pub fn is_exempt(self) -> bool {
        matches!(self, Means::ExemptMatter | Means::ExemptPerson)
    }
}

dictionary! {
    /// What the law lets legal aid be given for (arts 25, 28, 31; 29 for criminal matters).
    ScopeBasis {
        StateCompensation = "a31_1", "第三十一条（一）依法请求国家赔偿";
        SocialBenefits = "a31_2", "第三十一条（二）请求给予社会保险待遇或者社会救助";
        Pension = "a31_3", "第三十一条（三）请求发给抚恤金";
        Maintenance = "a31_4", "第三十一条（四）请求给付赡养费、抚养费、扶养费";
        Labour = "a31_5", "第三十一条（五）请求确认劳动关系或者支付劳动报酬";
        Capacity = "a31_6", "第三十一条（六）请求认定公民无民事行为能力或者限制民事行为能力";
        Injury = "a31_7", "第三十一条（七）请求工伤事故、交通事故、食品药品安全事故、医疗事故人身损害赔偿";
        Environment = "a31_8", "第三十一条（八）请求环境污染、生态破坏损害赔偿";
        OtherLaw = "a31_9", "第三十一条（九）法律、法规、规章规定的其他情形";
        Heroes = "a32", "第三十二条所列五类事项";
        CriminalApplication = "a24", "第二十四条 刑事案件申请辩护";
        Victim = "a29", "第二十九条 被害人、自诉人、附带民事诉讼原告人";
        Notified = "a25", "第二十五条 应当通知辩护";
        Compulsory = "a28", "第二十八条 强制医疗";
        Coverage = "coverage", "刑事案件律师辩护全覆盖";
    }
}

dictionary! {
    /// Why an authority gives notice (arts 25, 28).
    NoticeBasis {
        Minor = "minor", "未成年人";
        Impaired = "impaired", "视力、听力、言语残疾人";
        LimitedCapacity = "limited_capacity", "不能完全辨认自己行为的成年人";
        LifeOrDeath = "life_or_death", "可能被判处无期徒刑、死刑";
        DeathReview = "death_review", "申请法律援助的死刑复核案件被告人";
        Absent = "absent", "缺席审判案件的被告人";
        OtherLaw = "other_law", "法律法规规定的其他人员";
        CompulsoryTreatment = "compulsory_treatment", "强制医疗案件";
        Coverage = "coverage", "律师辩护全覆盖";
    }
}

dictionary! {
    /// 不予的理由: never “材料不齐” and never “不属本机构”.
    Refusal {
        OutOfScope = "out_of_scope", "不属于法律援助事项范围";
        MeansAbove = "means_above", "不符合经济困难标准";
        NotEntitled = "not_entitled", "非公民或者不符合法定条件";
        HasLawyer = "has_lawyer", "已委托代理人或者辩护人";
        AlreadyAided = "already_aided", "同一事项已获得法律援助";
        Other = "other", "其他（须写明）";
    }
}

dictionary! {
    /// 终止的情形: art 48, in its order.
    TerminationGround {
        Deceit = "deceit", "（一）以欺骗或者其他不正当手段获得法律援助";
        Concealment = "concealment", "（二）故意隐瞒与案件有关的重要事实或者提供虚假证据";
        Unlawful = "unlawful", "（三）利用法律援助从事违法活动";
        MeansChanged = "means_changed", "（四）经济状况发生变化，不再符合法律援助条件";
        CaseEnded = "case_ended", "（五）案件终止审理或者已经被撤销";
        OwnLawyer = "own_lawyer", "（六）自行委托律师或者其他代理人";
        Asked = "asked", "（七）受援人有正当理由要求终止法律援助";
        Other = "other", "（八）法律法规规定的其他情形";
    }
}

/// The proofs of which one is needed for a group.
#[must_use]
pub fn proofs_of(group: SpecialGroup) -> &'static [Proof] {
    match group {
        SpecialGroup::MigrantWorker => &[Proof::Labour],
        SpecialGroup::Farmer => &[Proof::Household, Proof::HouseholdRegister],
        SpecialGroup::Disabled => &[Proof::Disability],
        SpecialGroup::Elderly | SpecialGroup::Woman => &[Proof::IdCard, Proof::HouseholdRegister],
        SpecialGroup::Minor => &[Proof::IdCard, Proof::HouseholdRegister],
        SpecialGroup::WorkerInHardship => &[Proof::HardshipCard],
        SpecialGroup::Military => &[Proof::MilitaryCard],
    }
}

/// Full years of age on a day: the birthday itself counts (A45). Somebody born on
/// 29 February comes of age on 1 March of common years.
#[must_use]
pub fn age_on(birth: NaiveDate, day: NaiveDate) -> i32 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    day.year() - birth.year() - i32::from(!had_birthday)
}

/// A person as the group rules see them.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// Birth date, where it is known.
    pub birth: Option<NaiveDate>,
    /// Female by their papers.
    pub female: Option<bool>,
    /// The day of application or notice.
    pub on: NaiveDate,
    /// The groups that were ticked.
    pub groups: &'a BTreeSet<SpecialGroup>,
    /// The proofs that lie before the office.
    pub proofs: &'a BTreeSet<Proof>,
}

/// What does not fit between the person and the groups: field and message.
#[must_use]
pub fn group_faults(programme: &Programme, person: &Person<'_>) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let age = person.birth.map(|birth| (birth, age_on(birth, person.on)));
    let elderly = i32::try_from(programme.elderly_age).unwrap_or(60);
    let adult = i32::try_from(programme.adult_age).unwrap_or(18);
    for group in person.groups {
        match (group, age) {
            (SpecialGroup::Elderly, Some((birth, age))) if age < elderly => faults.push((
                "groups",
                format!("{}出生，申请当日{age}周岁，不满{elderly}周岁，不能选“老年人”（A45）", chinese_date(birth)),
            )),
            (SpecialGroup::Minor, Some((birth, age))) if age >= adult => faults.push((
                "groups",
                format!("{}出生，申请当日已满{adult}周岁，不能选“未成年人”（A45）", chinese_date(birth)),
            )),
            (SpecialGroup::Elderly | SpecialGroup::Minor, None) => {
                faults.push(("birth_date", format!("选了“{}”，请填写出生日期", group.label())));
            }
            (SpecialGroup::Woman, _) if person.female == Some(false) => {
                faults.push(("groups", "性别为男，不能选“妇女”".to_owned()));
            }
            _ => {}
        }
    }
    faults
}

/// The groups among those ticked that have no proof yet.
#[must_use]
pub fn unproved(groups: &BTreeSet<SpecialGroup>, proofs: &BTreeSet<Proof>) -> Vec<SpecialGroup> {
    groups.iter().copied().filter(|group| !proofs_of(*group).iter().any(|proof| proofs.contains(proof))).collect()
}

/// The group by which the case is counted in statistics: the first ticked of those that
/// are proved; a girl under age is a minor, not a woman (A44, A57).
#[must_use]
pub fn primary_group(groups: &BTreeSet<SpecialGroup>, proofs: &BTreeSet<Proof>) -> Option<SpecialGroup> {
    if groups.contains(&SpecialGroup::Minor) {
        return Some(SpecialGroup::Minor);
    }
    let unproved = unproved(groups, proofs);
    let proved: Vec<SpecialGroup> = groups.iter().copied().filter(|group| !unproved.contains(group)).collect();
    proved.iter().copied().find(|group| *group != SpecialGroup::Woman).or_else(|| proved.first().copied())
}

/// A name reduced to what tells it apart: no blanks, marks or width.
#[must_use]
pub fn name_key(name: &str) -> String {
    let marks = |letter: char| letter.is_whitespace() || "（）()“”\"'·•.,，。、-—_《》".contains(letter);
    crate::plan::money::half_width(name).chars().filter(|letter| !marks(*letter)).collect::<String>().to_uppercase()
}

/// Another case that has something in common with this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its number.
    pub number: String,
    /// Its address.
    pub href: String,
    /// The same recipient (identity number, or name and telephone).
    pub same_recipient: bool,
    /// The same opponent.
    pub same_opponent: bool,
    /// The recipient here is the opponent there, or the other way round.
    pub crossed: bool,
    /// The same kind and stage.
    pub same_kind: bool,
    /// Linked as stages of one matter.
    pub linked: bool,
    /// It still runs, or was closed; refused and withdrawn ones block nothing.
    pub live: bool,
}

/// What a common case means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The same matter at the same stage once more: may not be granted.
    Duplicate,
    /// The same matter at another stage, not linked: should be linked.
    AnotherStage,
    /// Recipient and opponent face each other: not the same handler or firm.
    Conflict,
    /// Worth a look.
    Look,
}

/// What it means that another case has this in common; `None` where nothing.
#[must_use]
pub fn meaning(other: &Other) -> Option<Meaning> {
    if other.crossed {
        return Some(Meaning::Conflict);
    }
    if !other.same_recipient {
        return None;
    }
    match (other.same_opponent, other.same_kind, other.live) {
        (true, true, true) => Some(Meaning::Duplicate),
        // Stages of one matter belong together (A42).
        _ if other.linked => None,
        (true, false, true) => Some(Meaning::AnotherStage),
        _ => Some(Meaning::Look),
    }
}

impl Other {
    /// The finding in one sentence.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        Some(match meaning(self)? {
            Meaning::Duplicate => {
                format!("{}：同一受援人、同一对方当事人、同一阶段，属于同一事项重复申请，不能再次给予", self.number)
            }
            Meaning::AnotherStage => {
                format!("{}：同一受援人和对方当事人的另一阶段，请关联为同一事项（A42）", self.number)
            }
            Meaning::Conflict => {
                format!("{}：双方当事人互为对方，不能由同一承办人或者同一单位代理双方", self.number)
            }
            Meaning::Look => format!("{}：同一受援人的其他案件，请核对是否同一事项", self.number),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a45_the_birthday_itself_counts() {
        for (birth, on, age) in [
            ("1964-06-05", "2024-06-04", 59),
            ("1964-06-05", "2024-06-05", 60),
            ("2006-06-05", "2024-06-04", 17),
            ("2006-06-05", "2024-06-05", 18),
            ("1964-02-29", "2024-02-28", 59),
            ("2004-02-29", "2022-02-28", 17),
            ("2004-02-29", "2022-03-01", 18),
        ] {
            assert_eq!(age_on(day(birth), day(on)), age, "{birth} on {on}");
        }
    }

    #[test]
    fn groups_that_do_not_fit_the_person_are_said() {
        let programme = Programme::gaoping_2024();
        let proofs = BTreeSet::new();
        let faults = |birth: Option<&str>, female, groups: &[SpecialGroup]| {
            let groups: BTreeSet<_> = groups.iter().copied().collect();
            let person =
                Person { birth: birth.map(day), female, on: day("2024-06-04"), groups: &groups, proofs: &proofs };
            group_faults(&programme, &person).into_iter().map(|(_, words)| words).collect::<Vec<_>>().join("；")
        };
        assert!(faults(Some("1964-06-05"), None, &[SpecialGroup::Elderly]).contains("不满60周岁"));
        assert_eq!(faults(Some("1964-06-04"), None, &[SpecialGroup::Elderly]), "");
        assert!(faults(Some("2006-06-04"), None, &[SpecialGroup::Minor]).contains("已满18周岁"));
        assert!(faults(None, None, &[SpecialGroup::Minor]).contains("请填写出生日期"));
        assert!(faults(None, Some(false), &[SpecialGroup::Woman]).contains("性别为男"));
    }

    #[test]
    fn each_group_needs_its_own_proof() {
        let groups: BTreeSet<_> = [SpecialGroup::MigrantWorker, SpecialGroup::Woman].into();
        assert_eq!(unproved(&groups, &[Proof::IdCard].into()), [SpecialGroup::MigrantWorker]);
        assert_eq!(primary_group(&groups, &[Proof::IdCard].into()), Some(SpecialGroup::Woman));
        assert_eq!(primary_group(&groups, &[Proof::IdCard, Proof::Labour].into()), Some(SpecialGroup::MigrantWorker));
        assert_eq!(primary_group(&groups, &BTreeSet::new()), None);
        for group in SpecialGroup::ALL {
            assert!(!proofs_of(*group).is_empty(), "{group}");
        }
    }

    #[test]
    fn a_second_application_for_the_same_matter_is_a_duplicate() {
        let base = Other {
            number: "1".to_owned(),
            href: String::new(),
            same_recipient: true,
            same_opponent: true,
            crossed: false,
            same_kind: true,
            linked: false,
            live: true,
        };
        assert_eq!(meaning(&base), Some(Meaning::Duplicate));
        assert_eq!(meaning(&Other { same_kind: false, ..base.clone() }), Some(Meaning::AnotherStage));
        assert_eq!(meaning(&Other { same_kind: false, linked: true, ..base.clone() }), None);
        assert_eq!(meaning(&Other { live: false, ..base.clone() }), Some(Meaning::Look));
        assert_eq!(meaning(&Other { same_opponent: false, ..base.clone() }), Some(Meaning::Look));
        assert_eq!(meaning(&Other { same_recipient: false, ..base.clone() }), None);
        assert_eq!(meaning(&Other { same_recipient: false, crossed: true, ..base }), Some(Meaning::Conflict));
    }

    #[test]
    fn names_are_compared_without_blanks_and_marks() {
        assert_eq!(name_key("高平市 示例（建筑）有限公司"), name_key("高平市示例(建筑)有限公司"));
        assert_eq!(name_key("ＡＢ１２建筑公司"), name_key("ab12建筑公司"));
        assert_ne!(name_key("张三"), name_key("张三丰"));
    }

    proptest! {
        #[test]
        fn nobody_is_both_minor_and_elderly(birth in 0_i64..40_000, on in 0_i64..1_000) {
            let birth = day("1915-01-01") + chrono::TimeDelta::days(birth);
            let on = day("2024-01-01") + chrono::TimeDelta::days(on);
            let age = age_on(birth, on);
            prop_assert!(age >= 0 || birth > on);
            // A day later nobody is younger.
            prop_assert!(age_on(birth, on.succ_opt().unwrap()) >= age);
            // On the birthday one year is added, on no other day.
            let birthday = (birth.month(), birth.day()) == (on.month(), on.day());
            if birthday { prop_assert_eq!(age_on(birth, on.pred_opt().unwrap()) + 1, age); }
        }
    }

    #[test]
    fn a_child_is_counted_as_one_before_its_paper_is_there() {
        let groups = [SpecialGroup::Minor, SpecialGroup::MigrantWorker].into();
        assert_eq!(primary_group(&groups, &[Proof::Labour].into()), Some(SpecialGroup::Minor));
    }
}
