//! PURE. Reading a programme as typed, and what one revision changed of another.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

use crate::plan::parameters::{Input, Parameter};
use crate::plan::programme::Programme;
use crate::web::form_errors::Errors;

/// A figure that two revisions of a programme hold differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: String,
    /// What it is.
    pub label: String,
    /// Its value before, as it is read.
    pub before: String,
    /// Its value after.
    pub after: String,
    /// The reading that it rests on, by its number; empty where the plan says it itself.
    pub reading: String,
}

/// The year for which a programme is copied: the one after it, or the year that has begun where an
/// office starts with a plan of years ago.
pub(super) fn year_to_draft(year: i32, today: NaiveDate) -> i32 {
    (year + 1).max(today.year())
}

/// The figures that differ, in the order of the plan.
pub fn differences(before: &Programme, after: &Programme) -> Vec<Difference> {
    before
        .parameters()
        .into_iter()
        .zip(after.parameters())
        .filter(|(before, after)| before.raw != after.raw)
        .map(|(before, after)| Difference {
            key: after.key,
            label: after.label,
            before: before.value,
            after: after.value,
            reading: after.reading.unwrap_or_default(),
        })
        .collect()
}

/// The fields of a posted form by key; what was ticked several times is joined by commas.
pub(super) fn typed(parameters: &[Parameter], fields: &[(String, String)]) -> BTreeMap<String, String> {
    let mut typed = BTreeMap::new();
    for parameter in parameters {
        let mut values =
            fields.iter().filter(|(key, _)| *key == parameter.key).map(|(_, value)| value.trim()).peekable();
        if values.peek().is_none() {
            continue;
        }
        let value = match parameter.input {
            Input::Choices(_) => values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(","),
            Input::Text
            | Input::Date
            | Input::Count { .. }
            | Input::Yuan
            | Input::OptionalYuan
            | Input::Decimal
            | Input::Switch
            | Input::Choice(_) => values.next().unwrap_or_default().to_owned(),
        };
        typed.insert(parameter.key.clone(), value);
    }
    typed
}

/// The programme with everything that was typed. Figures that bound one another are taken
/// in whichever order lets them stand together.
pub(super) fn apply(programme: &Programme, typed: &BTreeMap<String, String>) -> Result<Programme, Errors> {
    let mut changed = programme.clone();
    let parameters = programme.parameters();
    let mut waiting: Vec<(&str, &str)> = parameters
        .iter()
        .filter_map(|parameter| typed.get_key_value(&parameter.key))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let refused = loop {
        let before = waiting.len();
        let mut refused = Vec::new();
        for (key, value) in waiting {
            match changed.with_parameter(key, value) {
                Ok(next) => changed = next,
                Err(sentence) => refused.push((key, value, sentence)),
            }
        }
        if refused.is_empty() || refused.len() == before {
            break refused;
        }
        waiting = refused.iter().map(|(key, value, _)| (*key, *value)).collect();
    };
    let mut errors = Errors::new();
    for (key, _, sentence) in refused {
        errors.add(key, sentence);
    }
    if errors.is_empty() {
        for (key, sentence) in changed.validate() {
            errors.add(key, sentence);
        }
    }
    if errors.is_empty() { Ok(changed) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        typed(&Programme::gaoping_2024().parameters(), &pairs)
    }

    #[test]
    fn what_was_not_typed_stays() {
        let plan = Programme::gaoping_2024();
        let changed = apply(&plan, &fields(&[("centre_rate", "220"), ("unknown", "1")])).unwrap();
        let found = differences(&plan, &changed);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].before.as_str(), found[0].after.as_str()), ("200元/人·天", "220元/人·天"));
    }

    #[test]
    fn figures_that_bound_one_another_may_change_together() {
        let plan = Programme::gaoping_2024();
        let changed = apply(&plan, &fields(&[("elderly_age", "17"), ("adult_age", "16")])).unwrap();
        assert_eq!((changed.elderly_age, changed.adult_age), (17, 16));
    }

    #[test]
    fn every_wrong_figure_is_named() {
        let plan = Programme::gaoping_2024();
        let errors = apply(&plan, &fields(&[("centre_rate", "两百"), ("duty_pay_day", "31")])).unwrap_err();
        let named: Vec<_> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["centre_rate", "duty_pay_day"]);
    }

    #[test]
    fn several_ticks_are_one_value() {
        let read = fields(&[("special_groups", ""), ("special_groups", "farmer"), ("special_groups", "minor")]);
        assert_eq!(read.get("special_groups").map(String::as_str), Some("farmer,minor"));
    }

    #[test]
    fn a_plan_of_years_ago_is_copied_for_the_year_that_has_begun() {
        let on = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(year_to_draft(2024, on(2024, 12, 31)), 2025);
        assert_eq!(year_to_draft(2024, on(2025, 1, 1)), 2025);
        assert_eq!(year_to_draft(2024, on(2026, 11, 23)), 2026);
        assert_eq!(year_to_draft(2026, on(2026, 11, 23)), 2027);
    }

    #[test]
    fn a_copy_needs_its_own_document_number() {
        let copy = Programme::gaoping_2024().copied_for(2025);
        let errors = apply(&copy, &fields(&[("centre_rate", "200")])).unwrap_err();
        assert!(errors.on("document_number").contains("发文字号"));
    }
}
