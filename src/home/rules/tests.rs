//! The to-do lists of the roles, by what the tables say.

use super::*;
use rust_decimal::Decimal;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(kind: &str) -> WaitingRow {
    WaitingRow {
        kind: kind.to_owned(),
        id: 0,
        month: None,
        on: None,
        number: 0,
        amount: Decimal::ZERO,
        words: String::new(),
        more: String::new(),
    }
}

fn plan() -> Plan {
    Plan { programme: Some(Programme::gaoping_2024()), calendar: Calendar::shipped() }
}

fn month(text: &str) -> Option<Month> {
    Some(text.parse().unwrap())
}

#[test]
fn the_clerk_sees_next_months_roster_with_the_day_of_its_posting() {
    let rows = [
        WaitingRow { month: month("2024-06"), number: 1, words: "none".to_owned(), ..row("roster") },
        WaitingRow { month: month("2024-07"), number: 1, words: "none".to_owned(), ..row("roster") },
    ];
    let waiting = waiting(Role::BureauClerk, 1, &rows, &plan(), day("2024-05-20"));
    assert_eq!(waiting.todos.len(), 1, "July is nobody's work yet");
    assert_eq!(waiting.todos[0].title, "编制6月排班");
    assert_eq!(waiting.todos[0].due, Some(day("2024-05-29")));
    assert_eq!(waiting.todos[0].when(day("2024-05-30")), "逾期1天");
}

#[test]
fn before_a_roster_comes_the_years_plan_its_calendar_and_the_people() {
    let none = |text, number| WaitingRow { month: month(text), number, words: "none".to_owned(), ..row("roster") };
    let titles = |rows: &[WaitingRow], today| -> Vec<String> {
        waiting(Role::BureauClerk, 1, rows, &plan(), day(today)).todos.into_iter().map(|todo| todo.title).collect()
    };
    // In December next year's plan is missing; in November it is nobody's work yet.
    let rows = [none("2024-12", 1), none("2025-01", 0), none("2025-02", 0)];
    assert_eq!(titles(&rows, "2024-12-02"), ["编制12月排班", "建立2025年实施方案"]);
    assert_eq!(
        titles(&[none("2024-11", 1), none("2024-12", 1), none("2025-01", 0)], "2024-11-29"),
        ["编制11月排班", "编制12月排班"]
    );
    let todos = waiting(Role::BureauClerk, 1, &rows, &plan(), day("2024-12-02")).todos;
    assert_eq!(todos[1].due, Some(day("2024-12-27")), "in time for January's posting");
    // With it, January is drawn in December under its own plan.
    assert_eq!(titles(&[none("2025-01", 1)], "2024-12-02"), ["编制1月排班"]);
    // An office that starts years after the plan that came with the product, with nobody in the bank.
    let rows = [none("2027-11", 0), none("2027-12", 0), row("bank")];
    assert_eq!(titles(&rows, "2027-11-01"), ["建立2027年实施方案", "录入2027年工作日历", "登记值班人员入库"]);
}

#[test]
fn a_payment_names_the_working_day_before_a_tenth_that_is_a_holiday() {
    let rows = [WaitingRow {
        month: month("2024-05"),
        words: "approved".to_owned(),
        amount: Decimal::from(1950),
        ..row("settlement")
    }];
    let waiting = waiting(Role::Finance, 1, &rows, &plan(), day("2024-06-05"));
    assert_eq!(waiting.todos[0].due, Some(day("2024-06-10")));
    assert_eq!(waiting.todos[0].detail, "实发1,950.00元；10日不是工作日，宜在6月7日前办结");
}

#[test]
fn a_finding_is_decided_after_the_days_to_object() {
    let told = WaitingRow { on: Some(day("2024-06-13")), number: 2, words: "told".to_owned(), ..row("decide") };
    let on = |today| waiting(Role::Approver, 1, std::slice::from_ref(&told), &plan(), day(today)).todos;
    assert!(on("2024-06-13").is_empty(), "the last day to object");
    assert_eq!(on("2024-06-14")[0].title, "2件扣款事项告知期满，待认定");
}

#[test]
fn nobody_is_asked_to_approve_their_own() {
    let rows = [WaitingRow { id: 7, month: month("2024-06"), words: "submitted".to_owned(), ..row("roster") }];
    let asked = |account| waiting(Role::Approver, account, &rows, &plan(), day("2024-05-20")).todos.len();
    assert_eq!((asked(7), asked(8)), (0, 1));
}
