//! `huifa trial`: the worked examples, and requests that are not valid.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use huifa::plan::{Calendar, Programme};
use huifa::subsidy::trial::{Kind, answer};
use serde_json::{Value, json};

const DUTY_PAY: &str = include_str!("../vectors/duty-pay.json");
const CASE_SUBSIDY: &str = include_str!("../vectors/case-subsidy.json");
// Worked out by hand from the plan and its readings, beside the given ones.
const DUTY_PAY_BY_HAND: &str = include_str!("../vectors/duty-pay-by-hand.json");
const CASE_SUBSIDY_BY_HAND: &str = include_str!("../vectors/case-subsidy-by-hand.json");

pub(crate) fn try_answer(kind: Kind, request: &Value) -> Result<Value, Vec<String>> {
    try_text(kind, &request.to_string())
}

fn try_text(kind: Kind, request: &str) -> Result<Value, Vec<String>> {
    let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
    match answer(kind, &programme, &calendar, request.as_bytes()) {
        Ok(text) => Ok(serde_json::from_str(&text).unwrap()),
        Err(faults) => Err(faults.iter().map(ToString::to_string).collect()),
    }
}

fn examples(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn check(example: &Value, answer: &Value) {
    for (field, expected) in example["expected"].as_object().unwrap() {
        let found = match field.as_str() {
            "shift_payable" => {
                answer["shifts"].as_array().unwrap().iter().map(|shift| shift["payable"].clone()).collect()
            }
            field => answer[field].clone(),
        };
        assert_eq!(&found, expected, "{} {field}: {answer:#}", example["id"]);
    }
}

#[test]
fn every_worked_example_comes_out() {
    for (kind, text) in [
        (Kind::DutyPay, DUTY_PAY),
        (Kind::DutyPay, DUTY_PAY_BY_HAND),
        (Kind::CaseSubsidy, CASE_SUBSIDY),
        (Kind::CaseSubsidy, CASE_SUBSIDY_BY_HAND),
    ] {
        let examples = examples(text);
        for example in &examples {
            check(example, &try_answer(kind, &example["request"]).unwrap());
        }
        let requests: Value = examples.iter().map(|e| e["request"].clone()).collect();
        let answers = try_answer(kind, &requests).unwrap();
        for (example, answer) in examples.iter().zip(answers.as_array().unwrap()) {
            check(example, answer);
        }
    }
}

fn run(kind: &str, request: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_huifa"))
        .args(["trial", kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let sent = input.write_all(request.as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        sent.unwrap();
    }
    output
}

#[test]
fn the_command_answers_on_standard_output() {
    let example = &examples(DUTY_PAY)[0];
    let output = run("duty-pay", &example["request"].to_string());
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    check(example, &serde_json::from_slice(&output.stdout).unwrap());
}

#[test]
fn the_command_refuses_with_status_2_and_writes_no_answer() {
    let mut request = examples(DUTY_PAY)[2]["request"].clone();
    request["shifts"][2]["date"] = json!("2024-02-30");
    request["shifts"][3]["served"] = json!("yes");
    let output = run("duty-pay", &request.to_string());
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "shifts[2].date: 2024-02-30 is not a date\n\
         shifts[3].served: \"yes\" is not true or false\n"
    );
    assert_eq!(run("bonus", "{}").status.code(), Some(2));
}

#[track_caller]
fn duty_fault(change: impl FnOnce(&mut Value), expected: &[&str]) {
    let mut request = examples(DUTY_PAY)[2]["request"].clone();
    change(&mut request);
    assert_eq!(try_answer(Kind::DutyPay, &request).unwrap_err(), expected);
}

#[test]
fn a_duty_request_that_is_not_valid_names_the_field() {
    duty_fault(|r| r["month"] = json!("2024-6"), &["month: 2024-6 is not a month"]);
    duty_fault(
        |r| {
            r["month"] = json!("1924-06");
            r["shifts"] = json!([]);
        },
        &["month: 1924-06 is not between 2000-01 and 2099-12"],
    );
    duty_fault(|r| r["shifts"][1]["date"] = json!("2024-07-03"), &["shifts[1].date: 2024-07-03 is not in 2024-06"]);
    duty_fault(|r| r["shifts"][1]["id"] = json!("1"), &["shifts[1].id: 1 is given twice"]);
    duty_fault(|r| r["shifts"][1]["planned_hours"] = json!(4), &["shifts[1].planned_hours: 4 is not a string"]);
    duty_fault(
        |r| r["shifts"][1]["planned_hours"] = json!("25"),
        &["shifts[1].planned_hours: 25 is not between 0 and 24 hours"],
    );
    duty_fault(
        |r| r["shifts"][1]["findings"] = json!({"late": 2, "asleep": 1, "off_post": -1}),
        &[
            "shifts[1].findings.asleep: is not a field of this request",
            "shifts[1].findings.late: 2 is more than one for one shift",
            "shifts[1].findings.off_post: -1 is not a whole number from 0 on",
        ],
    );
    duty_fault(
        |r| r["shifts"][1]["findings"] = json!({"late": 1.0, "record_defect": 10_000, "off_post": 1e30}),
        &[
            "shifts[1].findings.late: 1.0 is not a whole number from 0 on",
            "shifts[1].findings.record_defect: 10000 is more than 9999 for one shift",
            "shifts[1].findings.off_post: 1e30 is too large",
        ],
    );
    duty_fault(
        |r| r["shifts"][0]["venue_kind"] = json!("kiosk"),
        &["shifts[0].venue_kind: kiosk is not one of service_centre, station, legal_aid_centre"],
    );
    duty_fault(|r| r["person"]["nickname"] = json!("x"), &["person.nickname: is not a field of this request"]);
    duty_fault(
        |r| {
            r["person"].as_object_mut().unwrap().remove("public_official");
        },
        &["person.public_official: is missing"],
    );
    duty_fault(
        |r| r["adjustments"] = json!([{"reason": " ", "amount": "1.005"}, 5]),
        &[
            "adjustments[0].reason: is empty",
            "adjustments[0].amount: 1.005 has more than two decimals",
            "adjustments[1]: 5 is not an object",
        ],
    );
    duty_fault(|r| r["shifts"] = json!({}), &["shifts: an object is not an array"]);
}

#[test]
fn in_an_array_the_request_is_named_too() {
    let good = examples(CASE_SUBSIDY)[0]["request"].clone();
    let mut bad = good.clone();
    bad["extension_days"] = json!(16);
    let faults = try_answer(Kind::CaseSubsidy, &json!([good, bad, 7])).unwrap_err();
    assert_eq!(faults, ["[1].extension_days: 16 is more than 15 days", "[2]: 7 is not an object"]);
    assert_eq!(try_answer(Kind::CaseSubsidy, &json!([])), Ok(json!([])));
}

#[test]
fn a_case_request_that_is_not_valid_names_the_field() {
    for (field, value, fault) in [
        ("groups", json!(["farmer", "farmer"]), "groups[1]: farmer is given twice"),
        ("place", json!(0), "place: 0 is not a place, counting starts at 1"),
        ("place", json!("1"), "place: \"1\" is not a whole number from 0 on"),
        ("place", json!(4_294_967_296_u64), "place: 4294967296 is too large"),
        ("local_standard", json!("10000000000"), "local_standard: 10000000000 has too many digits"),
        (
            "closing_agreed_on",
            json!("9999-12-31"),
            "closing_agreed_on: 9999-12-31 is not between 2000-01-01 and 2099-12-31",
        ),
        ("local_standard", json!("-1.00"), "local_standard: -1.00 is less than zero"),
        ("local_standard", json!("1e3"), "local_standard: 1e3 is not a number"),
        ("local_standard", json!(1000), "local_standard: 1000 is not a string"),
        ("entered_on", json!("2024-6-3"), "entered_on: 2024-6-3 is not a date"),
        ("already_paid", json!(0), "already_paid: 0 is not true or false"),
        ("extension_days", json!(1.5), "extension_days: 1.5 is not a whole number from 0 on"),
        ("handler", json!(null), "handler: null is not a string"),
        ("extra", json!(1), "extra: is not a field of this request"),
    ] {
        let mut request = examples(CASE_SUBSIDY)[0]["request"].clone();
        request[field] = value;
        assert_eq!(try_answer(Kind::CaseSubsidy, &request).unwrap_err(), [fault]);
    }
}

#[test]
fn a_field_given_twice_and_text_that_is_no_json_are_refused() {
    let twice = r#"{"month": "2024-06", "month": "2024-07", "person": {"name": "示例", "category": "lawyer", "public_official": false}, "shifts": [], "adjustments": []}"#;
    assert_eq!(try_text(Kind::DutyPay, twice).unwrap_err(), ["month: is given twice"]);
    for text in ["", "{", "[1,", "{} {}"] {
        let faults = try_text(Kind::DutyPay, text).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("request: is not JSON: "), "{faults:?}");
        assert!(!faults[0].contains('\n'));
    }
    assert_eq!(try_text(Kind::DutyPay, "7").unwrap_err(), ["request: 7 is not an object"]);
}

#[test]
fn an_answer_reads_as_an_official_would_sign_it() {
    let example = examples(DUTY_PAY).into_iter().find(|example| example["id"] == "D20").unwrap();
    let answer = try_answer(Kind::DutyPay, &example["request"]).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer["shifts"][0]).unwrap());
}

#[test]
fn a_month_of_another_year_is_tried_under_this_plan_and_says_so() {
    let month = |month: &str, venue_kind: &str, date: &str| {
        let mut request = examples(DUTY_PAY)[0]["request"].clone();
        request["month"] = json!(month);
        request["shifts"][0]["venue_kind"] = json!(venue_kind);
        request["shifts"][0]["date"] = json!(date);
        try_answer(Kind::DutyPay, &request).unwrap()
    };
    let made_up = month("2026-02", "service_centre", "2026-02-28");
    assert_eq!((&made_up["payable"], &made_up["programme"]), (&json!("200.00"), &json!(2024)));
    assert!(made_up["warnings"][0].as_str().unwrap().contains("2026年2月不在2024年度实施方案适用期间"));
    let holiday = month("2025-01", "service_centre", "2025-01-29");
    assert_eq!(holiday["shifts"][0]["not_payable"], "not_a_working_day");
    let unknown = month("2027-03", "station", "2027-03-03");
    assert_eq!(unknown["payable"], "300.00");
    assert!(unknown["warnings"].to_string().contains("尚未导入2027年节假日安排"));
}

#[test]
fn a_byte_order_mark_is_no_fault_and_other_encodings_are() {
    let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
    let request = examples(DUTY_PAY)[0]["request"].to_string();
    let marked = format!("\u{feff}{request}");
    assert!(answer(Kind::DutyPay, &programme, &calendar, marked.as_bytes()).is_ok());
    let mut broken = request.into_bytes();
    broken.insert(20, 0xff);
    let faults = answer(Kind::DutyPay, &programme, &calendar, &broken).unwrap_err();
    assert_eq!(faults[0].to_string(), "request: is not UTF-8 text: byte 21 does not fit");
}

#[test]
fn many_faults_are_told_as_quickly_as_few() {
    let fields: Vec<_> = (0..40_000).map(|n| format!("\"x{n}\": 1")).collect();
    let months = vec!["\"month\": 1"; 40_000];
    let request = format!("{{{}, {}}}", fields.join(","), months.join(","));
    assert_eq!(try_text(Kind::DutyPay, &request).unwrap_err().len(), 40_000 + 39_999 + 3);
    assert_eq!(try_text(Kind::DutyPay, r#"{"": 1}"#).unwrap_err()[0], "\"\": is not a field of this request");
}
