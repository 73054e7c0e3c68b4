//! Every figure of a programme beside its clause, as a page shows and edits it. One table
//! drives both: what is listed is what can be typed.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::clause::Clause;
use super::dictionaries::CaseKind;
use super::dictionary::Dictionary;
use super::money;
use super::parameter_table::table;
use super::programme::Programme;
use super::readings;
use super::time::chinese_date;

/// A figure as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in forms and addresses, for example `centre_rate` or
    /// `case_amounts.civil_first_instance`.
    pub key: String,
    /// What it is, in Chinese.
    pub label: String,
    /// Its value with its unit, in Chinese.
    pub value: String,
    /// The number of the clause it stands on.
    pub clause: &'static str,
    /// The plan's own words.
    pub quote: &'static str,
    /// The reading that chose it, where the plan leaves it open.
    pub reading: Option<String>,
    /// How it is typed.
    pub input: Input,
    /// The value as it would be typed; several choices are joined by commas.
    pub raw: String,
}

/// The kind of field a figure is typed into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line of text.
    Text,
    /// A date, `2024-05-01`.
    Date,
    /// A whole number between two bounds.
    Count {
        /// The least.
        min: u32,
        /// The greatest.
        max: u32,
    },
    /// Yuan, not negative.
    Yuan,
    /// Yuan, or nothing where nothing is paid.
    OptionalYuan,
    /// Hours or a factor, greater than zero.
    Decimal,
    /// `yes` or `no`.
    Switch,
    /// One of these codes.
    Choice(Vec<Choice>),
    /// Any of these codes.
    Choices(Vec<Choice>),
}

/// A code and the words shown for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The code that is sent.
    pub code: &'static str,
    /// The words that are shown.
    pub label: &'static str,
}

impl Programme {
    /// Every figure with its clause, in the order of the plan.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut values = self.clone();
        table().into_iter().map(|row| row.shown(&mut values)).collect()
    }

    /// The programme with one figure as typed.
    ///
    /// # Errors
    /// A Chinese sentence for the field: an unknown key, an unreadable value, or one that
    /// contradicts the others.
    pub fn with_parameter(&self, key: &str, typed: &str) -> Result<Self, String> {
        let row = table().into_iter().find(|row| row.key == key).ok_or_else(|| format!("没有名为“{key}”的参数"))?;
        let mut changed = self.clone();
        row.field.read(&mut changed, typed.trim())?;
        let group = key.split('.').next().unwrap_or(key);
        match changed.validate().into_iter().find(|(fault, _)| *fault == group) {
            Some((_, message)) => Err(message),
            None => Ok(changed),
        }
    }
}

pub(super) type Lens<T> = fn(&mut Programme) -> &mut T;

pub(super) struct Row {
    pub(super) key: String,
    pub(super) label: String,
    pub(super) clause: Clause,
    pub(super) quote: &'static str,
    pub(super) reading: Option<&'static str>,
    pub(super) field: Field,
}

pub(super) enum Field {
    Text(Lens<String>),
    Date(Lens<NaiveDate>),
    Count(Lens<u32>, RangeInclusive<u32>, &'static str),
    Yuan(Lens<Decimal>, &'static str),
    OptionalYuan(Lens<Option<Decimal>>, &'static str),
    Hours(Lens<Decimal>),
    Switch(Lens<bool>, [&'static str; 2]),
    Choice(Chooser),
    Choices(Chooser),
    CaseAmount(CaseKind),
    LocalStandard(CaseKind),
    StarMultiplier(u8),
}

/// The chosen codes of a field.
type Get = dyn Fn(&mut Programme) -> Vec<&'static str>;
/// Chooses codes; `None` where one is not of the list.
type Set = dyn Fn(&mut Programme, &[&str]) -> Option<()>;

/// A dictionary field with its type put away.
pub(super) struct Chooser {
    options: Vec<Choice>,
    get: Box<Get>,
    set: Box<Set>,
}

fn options<D: Dictionary>() -> Vec<Choice> {
    D::ALL.iter().map(|value| Choice { code: value.code(), label: value.label() }).collect()
}

pub(super) fn one_of<D: Dictionary>(lens: Lens<D>) -> Field {
    Field::Choice(Chooser {
        options: options::<D>(),
        get: Box::new(move |programme| vec![lens(programme).code()]),
        set: Box::new(move |programme, codes| match codes {
            [code] => {
                *lens(programme) = D::from_code(code)?;
                Some(())
            }
            _ => None,
        }),
    })
}

pub(super) fn any_of<D: Dictionary + Ord>(lens: Lens<BTreeSet<D>>) -> Field {
    Field::Choices(Chooser {
        options: options::<D>(),
        get: Box::new(move |programme| lens(programme).iter().map(|value| value.code()).collect()),
        set: Box::new(move |programme, codes| {
            *lens(programme) = codes.iter().map(|code| D::from_code(code)).collect::<Option<_>>()?;
            Some(())
        }),
    })
}

impl Row {
    fn shown(self, programme: &mut Programme) -> Parameter {
        Parameter {
            value: self.field.value(programme),
            raw: self.field.raw(programme),
            input: self.field.input(),
            key: self.key,
            label: self.label,
            clause: self.clause.number,
            quote: self.quote,
            reading: self.reading.map(readings::shown),
        }
    }
}

impl Field {
    fn input(&self) -> Input {
        match self {
            Self::Text(_) => Input::Text,
            Self::Date(_) => Input::Date,
            Self::Count(_, range, _) => Input::Count { min: *range.start(), max: *range.end() },
            Self::Yuan(..) | Self::LocalStandard(_) => Input::Yuan,
            Self::OptionalYuan(..) | Self::CaseAmount(_) => Input::OptionalYuan,
            Self::Hours(_) | Self::StarMultiplier(_) => Input::Decimal,
            Self::Switch(..) => Input::Switch,
            Self::Choice(chooser) => Input::Choice(chooser.options.clone()),
            Self::Choices(chooser) => Input::Choices(chooser.options.clone()),
        }
    }

    /// The value as it would be typed.
    fn raw(&self, programme: &mut Programme) -> String {
        match self {
            Self::Text(lens) => lens(programme).clone(),
            Self::Date(lens) => lens(programme).to_string(),
            Self::Count(lens, ..) => lens(programme).to_string(),
            Self::Yuan(lens, _) => money::plain_text(*lens(programme)),
            Self::OptionalYuan(lens, _) => lens(programme).map(money::plain_text).unwrap_or_default(),
            Self::Hours(lens) => lens(programme).normalize().to_string(),
            Self::Switch(lens, _) => if *lens(programme) { "yes" } else { "no" }.to_owned(),
            Self::Choice(chooser) | Self::Choices(chooser) => (chooser.get)(programme).join(","),
            Self::CaseAmount(kind) => {
                programme.case_amounts.get(kind).map(|amount| money::plain_text(*amount)).unwrap_or_default()
            }
            Self::LocalStandard(kind) => {
                programme.local_standards.get(kind).map(|amount| money::plain_text(*amount)).unwrap_or_default()
            }
            Self::StarMultiplier(star) => programme.star_multiplier(*star).normalize().to_string(),
        }
    }

    /// The value as it is read, with its unit.
    fn value(&self, programme: &mut Programme) -> String {
        let amount = |raw: &str, none: &str| match raw.parse::<Decimal>() {
            Ok(amount) => money::in_sentence(amount),
            Err(_) => none.to_owned(),
        };
        let raw = self.raw(programme);
        match self {
            Self::Text(_) if raw.is_empty() => "（未填写）".to_owned(),
            Self::Text(_) => raw,
            Self::Date(lens) => chinese_date(*lens(programme)),
            Self::Count(_, _, unit) => format!("{raw}{unit}"),
            Self::Yuan(_, unit) => format!("{}{unit}", amount(&raw, "")),
            Self::OptionalYuan(_, unit) if !raw.is_empty() => format!("{}{unit}", amount(&raw, "")),
            Self::OptionalYuan(..) => "不发放".to_owned(),
            Self::Hours(_) => format!("{raw}小时"),
            Self::Switch(lens, [yes, no]) => (if *lens(programme) { yes } else { no }).to_string(),
            Self::Choice(chooser) | Self::Choices(chooser) => {
                let chosen = (chooser.get)(programme);
                let labels: Vec<_> = chooser
                    .options
                    .iter()
                    .filter(|option| chosen.contains(&option.code))
                    .map(|option| option.label)
                    .collect();
                labels.join("、")
            }
            Self::CaseAmount(_) => amount(&raw, "不列入惠民工程"),
            Self::LocalStandard(_) => amount(&raw, "未设定"),
            Self::StarMultiplier(_) => format!("{raw}倍"),
        }
    }

    /// Takes over what was typed.
    fn read(&self, programme: &mut Programme, typed: &str) -> Result<(), String> {
        let optional_yuan = || (!typed.is_empty()).then(|| money::parse_amount_not_negative(typed)).transpose();
        match self {
            Self::Text(lens) => *lens(programme) = typed.to_owned(),
            Self::Date(lens) => {
                *lens(programme) = typed.parse().map_err(|_| "请按2024-05-01的格式填写日期".to_owned())?;
            }
            Self::Count(lens, range, unit) => {
                *lens(programme) = money::half_width(typed)
                    .parse()
                    .ok()
                    .filter(|count| range.contains(count))
                    .ok_or_else(|| format!("请填写{}至{}{unit}之间的整数", range.start(), range.end()))?;
            }
            Self::Yuan(lens, _) => *lens(programme) = money::parse_amount_not_negative(typed)?,
            Self::OptionalYuan(lens, _) => *lens(programme) = optional_yuan()?,
            Self::Hours(lens) => *lens(programme) = factor(typed, 24, "小时数")?,
            Self::Switch(lens, _) => {
                *lens(programme) = match typed {
                    "yes" => true,
                    "no" => false,
                    _ => return Err("请选择是或否".to_owned()),
                };
            }
            Self::Choice(chooser) | Self::Choices(chooser) => {
                let codes: Vec<_> = typed.split(',').map(str::trim).filter(|code| !code.is_empty()).collect();
                (chooser.set)(programme, &codes).ok_or("请从列表中选择")?;
            }
            Self::CaseAmount(kind) => {
                match optional_yuan()? {
                    Some(amount) => programme.case_amounts.insert(*kind, amount),
                    None => programme.case_amounts.remove(kind),
                };
            }
            Self::LocalStandard(kind) => {
                let amount = money::parse_amount_not_negative(typed)?;
                programme.local_standards.insert(*kind, amount);
            }
            Self::StarMultiplier(star) => {
                let factor = factor(typed, 10, "星级系数")?;
                programme.star_multipliers.insert(*star, factor);
            }
        }
        Ok(())
    }
}

fn factor(typed: &str, most: u32, name: &str) -> Result<Decimal, String> {
    money::half_width(typed)
        .parse::<Decimal>()
        .ok()
        .filter(|value| *value > Decimal::ZERO && *value <= Decimal::from(most) && value.scale() <= 4)
        .ok_or_else(|| format!("{name}应大于0且不超过{most}，例如 1 或 1.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(key: &str) -> Parameter {
        Programme::gaoping_2024().parameters().into_iter().find(|parameter| parameter.key == key).unwrap()
    }

    #[test]
    fn every_figure_stands_beside_words_of_its_clause() {
        let rows = table();
        let keys: BTreeSet<_> = rows.iter().map(|row| row.key.clone()).collect();
        assert_eq!(keys.len(), rows.len());
        for row in rows {
            assert!(row.clause.text.contains(row.quote), "{}", row.key);
            if let Some(number) = row.reading {
                assert!(readings::reading(number).is_some(), "{}", row.key);
            }
        }
    }

    #[test]
    fn what_is_shown_can_be_typed_again_unchanged() {
        let plan = Programme::gaoping_2024();
        for parameter in plan.parameters() {
            assert_eq!(plan.with_parameter(&parameter.key, &parameter.raw), Ok(plan.clone()), "{}", parameter.key);
        }
    }

    #[test]
    fn every_field_of_the_programme_but_the_year_is_listed() {
        let json = serde_json::to_value(Programme::gaoping_2024()).unwrap();
        let fields: BTreeSet<_> = json.as_object().unwrap().keys().cloned().collect();
        let mut listed: BTreeSet<_> =
            table().into_iter().map(|row| row.key.split('.').next().unwrap().to_owned()).collect();
        listed.insert("year".to_owned());
        assert_eq!(listed, fields);
    }

    #[test]
    fn values_are_shown_with_their_units() {
        assert_eq!(parameter("centre_rate").value, "200元/人·天");
        assert_eq!(parameter("legal_aid_centre_rate").value, "不发放");
        assert_eq!(parameter("off_post_threshold").value, "3次以上");
        assert_eq!(parameter("fund_uses").value, "值班补贴、案件补贴");
        assert_eq!(parameter("count_midday_break").value, "不计入");
        assert_eq!(parameter("case_amounts.labour_arbitration").value, "不列入惠民工程");
        assert_eq!(parameter("centre_minimum_hours").value, "8小时");
        assert!(parameter("off_post_threshold").reading.unwrap().starts_with("A11 "));
    }

    #[test]
    fn a_typed_figure_changes_the_programme_and_nothing_else() {
        let plan = Programme::gaoping_2024();
        let changed = plan.with_parameter("centre_rate", "220").unwrap();
        assert_eq!(changed.centre_rate, Decimal::from(220));
        assert_eq!(changed.with_parameter("centre_rate", "200"), Ok(plan.clone()));
        let changed = plan.with_parameter("case_amounts.labour_arbitration", "800").unwrap();
        assert_eq!(changed.case_amounts[&CaseKind::LabourArbitration], Decimal::from(800));
        let changed = plan.with_parameter("special_groups", "farmer, minor").unwrap();
        assert_eq!(changed.special_groups.len(), 2);
    }

    #[test]
    fn a_wrong_figure_is_refused_in_chinese() {
        let plan = Programme::gaoping_2024();
        for (key, typed, part) in [
            ("centre_rate", "两百", "只能填写数字"),
            ("centre_rate", "-1", "不能为负数"),
            ("case_target", "0", "1至1000000件之间"),
            ("case_target", "29.5", "整数"),
            ("valid_to", "2024-13-01", "格式"),
            ("valid_to", "2025-01-31", "2024年之内"),
            ("duty_pay_warning_day", "12", "不能晚于"),
            ("count_midday_break", "也许", "是或否"),
            ("fund_uses", "", "至少选择一项"),
            ("fund_uses", "banquet", "从列表中选择"),
            ("cancellation_scope", "", "从列表中选择"),
            ("centre_minimum_hours", "0", "大于0"),
            ("star_multipliers.5", "0", "大于0"),
            ("elderly_age", "17", "大于成年年龄"),
            ("bonus", "1", "没有名为"),
        ] {
            let message = plan.with_parameter(key, typed).unwrap_err();
            assert!(message.contains(part), "{key}={typed}: {message}");
        }
    }
}
