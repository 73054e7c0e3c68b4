//! PURE. 指派: who may not be chosen and why, and who of the others fits best.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Months, NaiveDate};

use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory};
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::time::chinese_date;

dictionary! {
    /// A field of work.
    Field {
        Labour = "labour", "劳动报酬、劳动关系";
        Injury = "injury", "工伤、人身损害";
        Family = "family", "婚姻家庭、继承";
        Traffic = "traffic", "交通事故";
        Contract = "contract", "合同、债务";
        Land = "land", "土地、宅基地";
        Criminal = "criminal", "刑事辩护";
        Minors = "minors", "未成年人";
        Administrative = "administrative", "行政";
    }
}

impl Field {
    /// The field of a cause as it is usually written.
    #[must_use]
    pub fn of(kind: CaseKind, cause: &str) -> Option<Field> {
        if kind.is_criminal() {
            return Some(Field::Criminal);
        }
        if kind == CaseKind::AdministrativeLitigation {
            return Some(Field::Administrative);
        }
        let has = |words: &[&str]| words.iter().any(|word| cause.contains(word));
        if has(&["工伤", "受害", "人身", "健康权", "身体权", "医疗"]) {
            Some(Field::Injury)
        } else if has(&["交通"]) {
            Some(Field::Traffic)
        } else if has(&["劳动", "报酬", "劳务"]) {
            Some(Field::Labour)
        } else if has(&["婚", "抚养", "赡养", "扶养", "继承", "彩礼", "同居"]) {
            Some(Field::Family)
        } else if has(&["土地", "宅基地", "承包", "相邻"]) {
            Some(Field::Land)
        } else if has(&["合同", "借贷", "买卖", "租赁"]) {
            Some(Field::Contract)
        } else {
            None
        }
    }
}

/// A handler as the rules see one.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What they are.
    pub category: HandlerCategory,
    /// Working, not suspended or left.
    pub active: bool,
    /// Why not.
    pub status_reason: String,
    /// Since when in practice.
    pub practising_since: Option<NaiveDate>,
    /// Fields of work.
    pub fields: BTreeSet<Field>,
    /// On the list for minors.
    pub for_minors: bool,
    /// Female.
    pub female: bool,
    /// Cases in hand.
    pub load: i64,
    /// Handles a case of the other side.
    pub other_side: Option<String>,
    /// The same firm handles a case of the other side.
    pub firm_other_side: Option<String>,
    /// Was replaced or declined in this case.
    pub replaced_before: bool,
    /// Handled an earlier stage of the matter.
    pub earlier_stage: bool,
}

/// A case as the rules see it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Kind and stage.
    pub kind: CaseKind,
    /// How it came.
    pub basis: Basis,
    /// 案由.
    pub cause: String,
    /// The recipient is under age.
    pub minor: bool,
    /// A woman under age: sexual offences are defended or represented by women where possible.
    pub girl: bool,
    /// Life imprisonment or death may be given.
    pub life_or_death: bool,
    /// The day of assignment.
    pub on: NaiveDate,
}

/// Why somebody may not be chosen; empty when they may.
#[must_use]
pub fn barred(wanted: &Wanted, candidate: &Candidate) -> Vec<String> {
    let mut why = Vec::new();
    if !candidate.active {
        why.push(format!("已暂停或者退出：{}", candidate.status_reason));
    }
    if wanted.kind.is_criminal_defence() && candidate.category != HandlerCategory::Lawyer {
        why.push(match candidate.category {
            HandlerCategory::GrassrootsLegalWorker => "基层法律服务工作者不能担任刑事辩护人".to_owned(),
            HandlerCategory::Volunteer | HandlerCategory::AgencyStaff | HandlerCategory::Lawyer => {
                "刑事辩护只能指派律师".to_owned()
            }
        });
    }
    if wanted.life_or_death {
        let three_years_ago = wanted.on.checked_sub_months(Months::new(36)).unwrap_or(wanted.on);
        match candidate.practising_since {
            Some(since) if since <= three_years_ago => {}
            Some(since) => why.push(format!(
                "可能判处无期徒刑、死刑的案件须执业满三年，该律师{}起执业（法律援助法第二十六条）",
                chinese_date(since)
            )),
            None => why.push("可能判处无期徒刑、死刑的案件须执业满三年，执业起始日期没有登记".to_owned()),
        }
    }
    if wanted.minor && wanted.kind.is_criminal() && !candidate.for_minors {
        why.push("未成年人刑事案件须由未成年人案件名册内的律师办理".to_owned());
    }
    if let Some(number) = &candidate.other_side {
        why.push(format!("正在或者曾经办理对方当事人的案件（{number}）"));
    }
    if let Some(number) = &candidate.firm_other_side {
        why.push(format!("同一单位办理对方当事人的案件（{number}）"));
    }
    if candidate.replaced_before {
        why.push("在本案中已被更换".to_owned());
    }
    why
}

/// What speaks for somebody, in words, with a weight by which suggestions are sorted.
#[must_use]
pub fn fit(wanted: &Wanted, candidate: &Candidate) -> (i64, Vec<String>) {
    let mut score = 100 - candidate.load.min(20) * 6;
    let mut words = vec![format!("在办{}件", candidate.load)];
    if candidate.earlier_stage {
        score += 60;
        words.push("办理过本事项的前一阶段".to_owned());
    }
    if let Some(field) = Field::of(wanted.kind, &wanted.cause)
        && candidate.fields.contains(&field)
    {
        score += 30;
        words.push(format!("擅长{}", field.label()));
    }
    if wanted.minor && (candidate.for_minors || candidate.fields.contains(&Field::Minors)) {
        score += 20;
        words.push("熟悉未成年人身心特点".to_owned());
    }
    if wanted.girl && candidate.female {
        score += 20;
        words.push("女性承办人".to_owned());
    }
    if let Some(since) = candidate.practising_since {
        let years = wanted.on.year() - since.year();
        score += i64::from(years.clamp(0, 10));
        words.push(format!("执业约{years}年"));
    }
    if candidate.category == HandlerCategory::AgencyStaff {
        score -= 25;
        words.push("机构工作人员，不发补贴（A40）".to_owned());
    }
    (score, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(kind: CaseKind) -> Wanted {
        Wanted {
            kind,
            basis: Basis::Application,
            cause: "追索劳动报酬纠纷".to_owned(),
            minor: false,
            girl: false,
            life_or_death: false,
            on: "2024-06-05".parse().unwrap(),
        }
    }

    fn candidate(category: HandlerCategory) -> Candidate {
        Candidate {
            category,
            active: true,
            status_reason: String::new(),
            practising_since: "2021-06-05".parse().ok(),
            fields: [Field::Labour].into(),
            for_minors: false,
            female: false,
            load: 2,
            other_side: None,
            firm_other_side: None,
            replaced_before: false,
            earlier_stage: false,
        }
    }

    #[test]
    fn who_may_not_be_chosen_and_why() {
        let lawyer = candidate(HandlerCategory::Lawyer);
        let defence = wanted(CaseKind::CriminalFirstInstance);
        let why = |wanted: &Wanted, candidate: &Candidate| barred(wanted, candidate).join("；");
        assert_eq!(why(&defence, &lawyer), "");
        assert!(why(&defence, &candidate(HandlerCategory::GrassrootsLegalWorker)).contains("不能担任刑事辩护人"));
        assert!(why(&defence, &candidate(HandlerCategory::Volunteer)).contains("只能指派律师"));
        assert_eq!(why(&wanted(CaseKind::CivilFirstInstance), &candidate(HandlerCategory::GrassrootsLegalWorker)), "");
        // Three years to the day are three years.
        let grave = Wanted { life_or_death: true, ..defence.clone() };
        assert_eq!(why(&grave, &lawyer), "");
        let young = Candidate { practising_since: "2021-06-06".parse().ok(), ..lawyer.clone() };
        assert!(why(&grave, &young).contains("须执业满三年"));
        let minor = Wanted { minor: true, ..defence };
        assert!(why(&minor, &lawyer).contains("名册"));
        let suspended =
            Candidate { active: false, status_reason: "停止执业三个月".to_owned(), ..lawyer.clone() };
        assert!(why(&wanted(CaseKind::CivilFirstInstance), &suspended).contains("停止执业三个月"));
        let colleague =
            Candidate { firm_other_side: Some("高法援字〔2024〕004号".to_owned()), ..lawyer.clone() };
        assert!(why(&wanted(CaseKind::CivilFirstInstance), &colleague).contains("同一单位办理对方当事人"));
        let replaced = Candidate { replaced_before: true, ..lawyer.clone() };
        assert!(why(&wanted(CaseKind::CivilFirstInstance), &replaced).contains("在本案中已被更换"));
        let other = Candidate { other_side: Some("高法援字〔2024〕003号".to_owned()), ..lawyer };
        assert!(why(&wanted(CaseKind::CivilFirstInstance), &other).contains("对方当事人"));
    }

    #[test]
    fn the_less_loaded_of_the_right_field_come_first() {
        let case = wanted(CaseKind::CivilFirstInstance);
        let score = |candidate: &Candidate| fit(&case, candidate).0;
        let fitting = candidate(HandlerCategory::Lawyer);
        let busy = Candidate { load: 8, ..fitting.clone() };
        let elsewhere = Candidate { fields: [Field::Family].into(), ..fitting.clone() };
        let staff = candidate(HandlerCategory::AgencyStaff);
        assert!(
            score(&fitting) > score(&busy) && score(&fitting) > score(&elsewhere) && score(&fitting) > score(&staff)
        );
        let earlier = Candidate { earlier_stage: true, load: 8, ..fitting.clone() };
        assert!(score(&earlier) > score(&fitting));
    }

    #[test]
    fn a_defence_and_a_suit_against_an_office_are_fields_whatever_their_cause_says() {
        for (kind, cause, field) in [
            (CaseKind::CriminalFirstInstance, "交通肇事", Some(Field::Criminal)),
            (CaseKind::AdministrativeLitigation, "工伤认定", Some(Field::Administrative)),
            (CaseKind::CivilFirstInstance, "工伤认定", Some(Field::Injury)),
            (CaseKind::CivilFirstInstance, "其他", None),
        ] {
            assert_eq!(Field::of(kind, cause), field, "{cause}");
        }
    }
}
