//! What is quoted and listed agrees with the published texts.

use huifa::plan::{Calendar, clause, money};
use serde_json::Value;

#[test]
fn every_quoted_clause_stands_in_the_plan() {
    let plan = money::half_width(include_str!("../../vectors/implementation-plan-2024.txt"));
    for clause in clause::ALL {
        assert!(plan.contains(&money::half_width(clause.text)), "{clause:?}");
    }
}

#[test]
fn the_shipped_calendar_is_the_published_one() {
    let published: Vec<Value> = serde_json::from_str(include_str!("../../vectors/calendar-2024-2026.json")).unwrap();
    let shipped = Calendar::shipped();
    let days: Vec<Value> = (2024..=2026)
        .flat_map(|year| shipped.special_days(year))
        .map(|day| serde_json::to_value(day).unwrap())
        .collect();
    assert_eq!(days.len(), published.len());
    for (day, published) in days.iter().zip(&published) {
        for field in ["date", "name", "is_workday"] {
            assert_eq!(day[field], published[field]);
        }
    }
}
