//! What a record of the audit trail changed, field by field, in the words of the forms.
//!
//! The trail keeps codes, so that words may change without touching it. A field or a code
//! without words, of an older version, is shown itself.

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Map, Value};

use super::audit_labels::{FIELDS, NUMBERED};
use super::db::AuditRow;
use super::rights::RequestKind;
use crate::cases::documents::Kind as Paper;
use crate::cases::life::dossier::{Origin, Way};
use crate::cases::life::handling::RecordKind;
use crate::cases::quality::rules as quality;
use crate::cases::screens::rules::Verdict;
use crate::cases::states::wordings::Wording;
use crate::cases::states::{Move, State};
use crate::findings;
use crate::fund::rules::Account;
use crate::payments::rules::{BankField, ChangeStatus, TransferStatus};
use crate::payouts::BatchStatus;
use crate::payouts::rules::{ExtensionStatus, OutsideSource};
use crate::people::PersonStatus;
use crate::plan::dictionaries::{
    Basis, CaseKind, Channel, FindingKind, HandlerCategory, Outcome, PersonCategory, ReviewResult, Satisfaction,
    ShiftChange, SpecialGroup, Topic, VenueKind,
};
use crate::plan::dictionary::Dictionary;
use crate::plan::month::Month;
use crate::plan::time::{SHANGHAI, chinese_date};
use crate::reports::ReportKind;
use crate::roster::RosterStatus;
use crate::settlement;
use crate::web::permissions::Role;

/// One field of a record, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The field.
    pub(super) label: String,
    /// What it was.
    pub(super) before: String,
    /// What it is now.
    pub(super) after: String,
}

/// What a record says about a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// There is a before and an after, and only what differs is shown.
    pub(super) compared: bool,
    /// The fields, in the order of [`FIELDS`].
    pub(super) lines: Vec<Line>,
}

/// The word of a field; an unknown one is shown itself.
#[must_use]
pub fn label(field: &str) -> String {
    if let Some((_, words)) = FIELDS.iter().find(|(known, _)| *known == field) {
        return (*words).to_owned();
    }
    // The balances of the fund: `code@year`.
    let account = field.split_once('@').and_then(|(code, year)| Some((Account::from_code(code)?, year)));
    account.map_or_else(|| field.to_owned(), |(account, year)| format!("{year}年{}", account.label()))
}

/// The fields of a record in words.
pub(super) fn content(record: &AuditRow) -> Content {
    let (before, after) = (fields(record, record.before.as_ref()), fields(record, record.after.as_ref()));
    let compared = before.is_some() && after.is_some();
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let mut names: Vec<&String> = after.keys().chain(before.keys().filter(|name| !after.contains_key(*name))).collect();
    names.sort_by_key(|name| FIELDS.iter().position(|(known, _)| *known == name.as_str()).unwrap_or(FIELDS.len()));
    let side = |values: &Map<String, Value>, name: &str| {
        values.get(name).map_or_else(|| "—".to_owned(), |value| shown(record, name, value))
    };
    let lines = names.into_iter().map(|name| Line {
        label: label(name),
        before: side(&before, name),
        after: side(&after, name),
    });
    Content { compared, lines: lines.filter(|line| line.before != line.after).collect() }
}

/// A side of a record by its fields; a bare value is that of the record's one field.
fn fields(record: &AuditRow, side: Option<&Value>) -> Option<Map<String, Value>> {
    match side? {
        Value::Null => None,
        Value::Object(fields) => Some(fields.clone()),
        // The list of handlers is asked for one.
        Value::Array(one) if record.subject == "handler" => one.first()?.as_object().cloned(),
        bare => Some(Map::from_iter([(only_field(record).to_owned(), bare.clone())])),
    }
}

/// The field of a record that holds no more than its value.
fn only_field(record: &AuditRow) -> &'static str {
    match record.subject.as_str() {
        "consultation" => "review",
        "account" => "status",
        "clock" => "clock",
        _ if record.action == "attendance.remark" => "remark",
        _ if record.action == "roster.move_shift" => "shifts",
        _ => "content",
    }
}

/// A value as a reader reads it.
fn shown(record: &AuditRow, field: &str, value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Value::Number(number) if NUMBERED.contains(&field) => format!("编号{number}"),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "—".to_owned(),
        Value::String(text) => words(record, field, text).map_or_else(|| plain(text), str::to_owned),
        Value::Array(values) if values.is_empty() => "无".to_owned(),
        Value::Array(values) => {
            let between = if values.iter().any(Value::is_object) { "；" } else { "、" };
            values.iter().map(|value| shown(record, field, value)).collect::<Vec<_>>().join(between)
        }
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.keys().collect();
            names.sort_by_key(|name| FIELDS.iter().position(|(known, _)| *known == name.as_str()));
            let pair = |name: &String| {
                let value = fields.get(name).unwrap_or(&Value::Null);
                format!("{}：{}", label(name), shown(record, name, value))
            };
            names.into_iter().map(pair).collect::<Vec<_>>().join("，")
        }
    }
}

/// Days, months, instants and times of day as pages write them; other texts as they are.
fn plain(text: &str) -> String {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return instant.with_timezone(&SHANGHAI).format("%Y年%-m月%-d日 %H:%M:%S").to_string();
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return chinese_date(day);
    }
    if let Ok(month) = text.parse::<Month>() {
        return month.chinese();
    }
    match NaiveTime::parse_from_str(text, "%H:%M:%S") {
        Ok(time) => time.format("%H:%M").to_string(),
        Err(_) => text.to_owned(),
    }
}

fn of<T: Dictionary>(code: &str) -> Option<&'static str> {
    T::from_code(code).map(Dictionary::label)
}

/// The words of a code, where its field holds codes.
fn words(record: &AuditRow, field: &str, code: &str) -> Option<&'static str> {
    let subject = record.subject.as_str();
    match field {
        "status" | "roster_status" => match subject {
            "account" => listed(&[("waiting", "待授权"), ("active", "在用"), ("disabled", "停用")], code),
            "person" => of::<PersonStatus>(code),
            "handler" => listed(&[("active", "在册"), ("suspended", "暂停"), ("left", "离开")], code),
            "finding" => of::<findings::Status>(code),
            "settlement" => of::<settlement::Status>(code),
            "transfer" => of::<TransferStatus>(code),
            "bank_change" => of::<ChangeStatus>(code),
            "case_extension" => of::<ExtensionStatus>(code),
            "attendance_month" => listed(&[("open", "未审定")], code),
            "case" | "case_batch" | "case_payout" => of::<BatchStatus>(code).or_else(|| of::<ExtensionStatus>(code)),
            _ => of::<RosterStatus>(code),
        },
        "kind" | "venue_kind" => match (subject, record.action.as_str()) {
            ("account", _) => of::<RequestKind>(code),
            ("finding", _) => of::<FindingKind>(code),
            ("report", _) => of::<ReportKind>(code),
            (_, "case.draw_quality") => of::<quality::Kind>(code),
            (_, "case.file") => of::<Paper>(code),
            (_, "case.record") => of::<RecordKind>(code),
            (_, "case.screen") => Some(crate::cases::screens::kind_words(code)),
            (_, "receivable.ask" | "receivable.decide") => {
                listed(&[("cash", "现金退回"), ("written_off", "核销")], code)
            }
            ("case", _) => of::<CaseKind>(code),
            _ => of::<VenueKind>(code),
        },
        "category" if subject == "handler" => of::<HandlerCategory>(code),
        "category" => of::<PersonCategory>(code),
        "firm_kind" => listed(
            &[("law_firm", "律师事务所"), ("grassroots_office", "基层法律服务所"), ("agency", "法律援助机构")],
            code,
        ),
        "handler_category" => of::<HandlerCategory>(code),
        "role" => of::<Role>(code),
        "state" | "case_state" => of::<State>(code),
        "step" => of::<Move>(code),
        "way" => of::<Way>(code),
        "origin" => of::<Origin>(code),
        "wording" => of::<Wording>(code),
        "verdict" => of::<Verdict>(code),
        "level" => of::<quality::Level>(code),
        "basis" => of::<Basis>(code),
        "groups" => of::<SpecialGroup>(code),
        "fields" => of::<crate::cases::assignment::rules::Field>(code),
        "gender" => listed(&[("male", "男"), ("female", "女"), ("unknown", "未知")], code),
        "change" => of::<ShiftChange>(code),
        "channel" => of::<Channel>(code),
        "topic" => of::<Topic>(code),
        "outcomes" => of::<Outcome>(code),
        "satisfaction" => of::<Satisfaction>(code),
        "review" => of::<ReviewResult>(code).or_else(|| listed(&[("unreviewed", "未复核")], code)),
        "side" => listed(&[("sign_in", "签到"), ("sign_out", "签退")], code),
        "method" => listed(&[("self", "本人"), ("desk", "窗口代签"), ("correction", "补签")], code),
        "decision" => listed(&[("agreed", "同意"), ("refused", "不同意")], code),
        "result" => listed(&[("done", "已更正"), ("refused", "不更正")], code),
        "source" => of::<OutsideSource>(code),
        "account" => of::<Account>(code),
        "columns" => of::<BankField>(code),
        _ => None,
    }
}

fn listed(words: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    words.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use serde_json::json;

    use super::*;

    /// What is recorded whole, by the file and the name of its type; `snapshot` of anything
    /// else is a bare value.
    const WHOLE: [(&str, &str); 7] = [
        ("src/cases/assignment/db.rs", "HandlerRow"),
        ("src/cases/db.rs", "CaseRow"),
        ("src/roster/db.rs", "Shift"),
        ("src/venues/db.rs", "Venue"),
        ("src/people/db.rs", "Person"),
        ("src/people/rules.rs", "Particulars"),
        ("src/consultations/db/mod.rs", "Consultation"),
    ];
    /// Where `snapshot` is called: a new place says here of what, above.
    const SNAPSHOTS: [&str; 12] = [
        "src/accounts/actions.rs",
        "src/accounts/policy.rs",
        "src/accounts/rights.rs",
        "src/attendance/service.rs",
        "src/cases/assignment/service.rs",
        "src/cases/service.rs",
        "src/consultations/service.rs",
        "src/demo/pages.rs",
        "src/people/service.rs",
        "src/roster/service.rs",
        "src/venues/service.rs",
        "src/web/work.rs",
    ];
    /// JSON of files that write records as well, and that is in none.
    const ELSEWHERE: [&str; 2] = ["challenge", "known"];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }

    fn is_name(word: &str) -> bool {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    }

    /// The names before a colon in JSON of the source, and those put into it.
    fn written(source: &str) -> Vec<&str> {
        let quoted: Vec<&str> = source.split('"').collect();
        quoted
            .windows(3)
            .filter(|three| three[2].starts_with(": ") || three[0].ends_with("fields.insert("))
            .map(|three| three[1])
            .filter(|word| is_name(word))
            .collect()
    }

    fn members<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
        let (_, rest) = source.split_once(&format!("pub struct {name} {{")).expect(name);
        let (body, _) = rest.split_once("\n}").expect(name);
        let mut skipped = false;
        let mut found = Vec::new();
        for line in body.lines().map(str::trim) {
            if line.starts_with("#[serde(skip") || line.starts_with("#[serde(flatten") {
                skipped = true;
            } else if let Some((member, _)) = line.strip_prefix("pub ").and_then(|line| line.split_once(':'))
                && !std::mem::take(&mut skipped)
            {
                found.push(member);
            }
        }
        assert!(found.len() > 5, "{name}");
        found
    }

    #[test]
    fn every_field_that_the_program_records_has_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        let (mut without, mut whole) = (Vec::new(), Vec::new());
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            let source = text.split("#[cfg(test)]").next().unwrap();
            let place = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if source.contains("snapshot(") {
                whole.push(place.clone());
            }
            if source.contains("Audit::new(") {
                let unknown = written(source).into_iter().filter(|name| label(name) == *name);
                without
                    .extend(unknown.filter(|name| !ELSEWHERE.contains(name)).map(|name| format!("{name} in {place}")));
            }
        }
        for (place, name) in WHOLE {
            let text = std::fs::read_to_string(root.join(place)).unwrap();
            let unknown = members(&text, name).into_iter().filter(|member| label(member) == *member);
            without.extend(unknown.map(|member| format!("{member} of {name}")));
        }
        let policy = serde_json::to_value(crate::accounts::policy::Policy::default()).unwrap();
        without.extend(policy.as_object().unwrap().keys().filter(|name| label(name) == **name).cloned());
        assert_eq!(without, Vec::<String>::new(), "add their words to src/accounts/audit_labels.rs");
        whole.retain(|place| !SNAPSHOTS.contains(&place.as_str()));
        assert_eq!(whole, Vec::<String>::new(), "say in this test what is recorded whole there");
    }

    fn record(action: &str, subject: &str, before: Option<Value>, after: Option<Value>) -> AuditRow {
        AuditRow {
            id: 1,
            at: DateTime::UNIX_EPOCH,
            actor: String::new(),
            address: String::new(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            subject_id: String::new(),
            before,
            after,
            note: String::new(),
        }
    }

    fn lines(record: &AuditRow) -> Vec<(String, String, String)> {
        content(record).lines.into_iter().map(|line| (line.label, line.before, line.after)).collect()
    }

    fn line(label: &str, before: &str, after: &str) -> (String, String, String) {
        (label.to_owned(), before.to_owned(), after.to_owned())
    }

    #[test]
    fn only_what_differs_is_shown_in_the_words_of_the_forms() {
        let before =
            json!({ "status": "active", "phone_mask": "138****0001", "name": "单晓梅", "public_official": false });
        let after = json!({ "status": "left", "phone_mask": "139****0002", "name": "单晓梅", "public_official": true });
        let changed = record("person.change", "person", Some(before), Some(after));
        assert!(content(&changed).compared);
        assert_eq!(
            lines(&changed),
            [
                line("状态", PersonStatus::Active.label(), PersonStatus::Left.label()),
                line("电话（遮盖）", "138****0001", "139****0002"),
                line("公职人员", "否", "是"),
            ]
        );
        let bare = record("account.disable_unused", "account", Some(json!("active")), Some(json!("disabled")));
        assert_eq!(lines(&bare), [line("状态", "在用", "停用")]);
        let first =
            record("consultation.review", "consultation", Some(Value::Null), Some(json!({ "review": "qualified" })));
        assert_eq!(lines(&first), [line("复核结果", "—", ReviewResult::Qualified.label())]);
    }

    #[test]
    fn times_lists_and_unknown_codes_are_readable() {
        let after = json!({
            "month": "2024-05", "signed_in_at": "2024-05-08T00:01:02Z", "venue": 7, "strange_field": "odd_code",
            "shifts": [{ "person": 3, "day": "2024-05-08" }, { "person": 4, "day": "2024-05-15" }],
            "hours": { "starts_at": "08:00:00", "ends_at": "12:00:00", "pause": null },
            "earmarked_source@2024": "-5.00",
        });
        let shown = lines(&record("roster.fill_venue", "roster", None, Some(after)));
        let of = |label: &str| shown.iter().find(|line| line.0 == label).map(|line| line.2.clone()).unwrap_or_default();
        assert_eq!(of("月份"), "2024年5月");
        assert_eq!(of("签到时间"), "2024年5月8日 08:01:02");
        assert_eq!(of("服务点"), "编号7");
        assert_eq!(of("班次"), "值班人员：编号3，日期：2024年5月8日；值班人员：编号4，日期：2024年5月15日");
        assert_eq!(of("时段"), "开始时间：08:00，结束时间：12:00，午休：—");
        assert_eq!(of("strange_field"), "odd_code");
        assert_eq!(of(&format!("2024年{}", Account::Source.label())), "-5.00");
    }
}
