//! The clocks against days reckoned by hand, and against a count of one day after the other.

use proptest::prelude::*;

use super::*;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::at;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn end(clock: Clock, start: &str) -> NaiveDate {
    let plan = Programme::gaoping_2024();
    let start = day(start);
    due(clock, Some(&plan), &Calendar::shipped(), start, at(start, Default::default()), None).unwrap().on
}

#[test]
fn the_limits_end_as_the_table_says() {
    for (clock, start, last) in [
        (Clock::Review, "2024-06-03", "2024-06-11"),
        (Clock::Review, "2024-09-24", "2024-10-08"),
        (Clock::Review, "2024-04-26", "2024-05-06"),
        (Clock::Assign, "2024-06-07", "2024-06-11"),
        (Clock::Assign, "2024-09-13", "2024-09-18"),
        (Clock::Assign, "2024-05-08", "2024-05-11"),
        (Clock::Sign, "2024-06-05", "2024-06-11"),
        (Clock::SubmitFile, "2024-09-01", "2024-10-08"),
        (Clock::ChangeHandler, "2024-09-27", "2024-10-10"),
        (Clock::Payout, "2024-06-03", "2024-07-03"),
        (Clock::Payout, "2024-08-31", "2024-09-30"),
        (Clock::Payout, "2024-12-20", "2025-01-19"),
        (Clock::Payout, "2024-01-31", "2024-03-01"),
    ] {
        assert_eq!(end(clock, start), day(last), "{clock} from {start}");
    }
}

#[test]
fn hours_run_straight_through_a_holiday() {
    let start = day("2024-09-30");
    let began = at(start, chrono::NaiveTime::from_hms_opt(16, 30, 0).unwrap());
    let due = due(Clock::PassOn, None, &Calendar::shipped(), start, began, None).unwrap();
    assert_eq!((due.on, due.at), (day("2024-10-01"), Some(hours_after(began, 24))));
}

#[test]
fn a_pause_is_not_counted() {
    let calendar = Calendar::shipped();
    // Received on Monday 3 June; paused from the 5th to the 12th: 7 + 7 days end on the 17th.
    assert_eq!(due_after_pause(Clock::Review, &calendar, day("2024-06-03"), 7), Ok(day("2024-06-17")));
    assert_eq!(due_after_pause(Clock::Review, &calendar, day("2024-06-03"), 0), Ok(day("2024-06-11")));
}

#[test]
fn it_is_red_before_it_is_late() {
    let calendar = Calendar::shipped();
    let of = |today| pressure(&calendar, day("2024-06-03"), day("2024-06-11"), day(today));
    assert_eq!(of("2024-06-04"), Pressure::Calm);
    // The 8th to the 10th are a long weekend: two working days before the 11th is the 6th.
    assert_eq!(of("2024-06-06"), Pressure::Red);
    assert_eq!(of("2024-06-11"), Pressure::Red);
    assert_eq!(of("2024-06-12"), Pressure::Late);
}

#[test]
fn every_clock_names_its_source() {
    for clock in Clock::ALL {
        assert!(!clock.source().is_empty() && !clock.length_words().is_empty(), "{clock}");
    }
}

proptest! {
    #[test]
    fn a_longer_pause_never_ends_earlier(start in 0_u64..900, pause in 0_u32..60, more in 0_u32..30) {
        let calendar = Calendar::shipped();
        let start = day("2024-01-01").checked_add_days(Days::new(start)).unwrap();
        let short = due_after_pause(Clock::Review, &calendar, start, pause);
        let long = due_after_pause(Clock::Review, &calendar, start, pause + more);
        if let (Ok(short), Ok(long)) = (short, long) {
            prop_assert!(short <= long);
            prop_assert!(calendar.is_working_day(short).unwrap());
            prop_assert!((short - start).num_days() >= i64::from(7 + pause));
        }
    }
}

/// Reckoned by hand from the State Council's calendars, for every clock and all three years.
const BY_HAND: &[(Clock, &str, &str)] = &[
    // Seven days.
    (Clock::Review, "2024-02-05", "2024-02-18"), // into the spring festival, out on the Sunday that works
    (Clock::Review, "2025-01-21", "2025-02-05"),
    (Clock::Review, "2025-04-28", "2025-05-06"),
    (Clock::Review, "2026-02-09", "2026-02-24"),
    (Clock::Review, "2026-09-18", "2026-09-28"),
    (Clock::Review, "2024-07-01", "2024-07-08"),
    (Clock::Review, "2026-09-28", "2026-10-08"),
    // Three days.
    (Clock::Assign, "2024-02-07", "2024-02-18"), // a Sunday that works
    (Clock::Assign, "2026-10-07", "2026-10-10"), // a Saturday that works
    (Clock::Assign, "2025-09-25", "2025-09-28"), // a Sunday that works
    (Clock::Assign, "2025-09-29", "2025-10-09"),
    (Clock::Assign, "2024-12-29", "2025-01-02"), // across New Year
    (Clock::Assign, "2026-02-11", "2026-02-14"), // a Saturday that works
    (Clock::Assign, "2024-11-07", "2024-11-11"), // a plain weekend
    // Five days.
    (Clock::Sign, "2024-03-30", "2024-04-07"),
    (Clock::Sign, "2026-06-15", "2026-06-22"),
    (Clock::Sign, "2025-01-03", "2025-01-08"),
    (Clock::Sign, "2024-10-07", "2024-10-12"), // a Saturday that works
    (Clock::Sign, "2026-02-23", "2026-02-28"), // the same
    // Five working days.
    (Clock::ChangeHandler, "2026-02-11", "2026-02-25"),
    (Clock::ChangeHandler, "2026-09-29", "2026-10-12"),
    (Clock::ChangeHandler, "2024-02-08", "2024-02-21"),
    (Clock::ChangeHandler, "2025-01-24", "2025-02-07"),
    (Clock::ChangeHandler, "2026-04-30", "2026-05-11"),
    (Clock::ChangeHandler, "2025-10-09", "2025-10-15"),
    // Thirty days from the closing day.
    (Clock::SubmitFile, "2025-01-02", "2025-02-05"),
    (Clock::SubmitFile, "2024-08-16", "2024-09-18"),
    (Clock::SubmitFile, "2026-01-24", "2026-02-24"),
    (Clock::SubmitFile, "2024-01-31", "2024-03-01"), // a leap year
    // Thirty days from receipt of the file.
    (Clock::ReviewClosing, "2024-04-02", "2024-05-06"),
    (Clock::ReviewClosing, "2025-09-08", "2025-10-09"),
    (Clock::ReviewClosing, "2026-08-21", "2026-09-20"), // a Sunday that works
    (Clock::ReviewClosing, "2025-12-04", "2026-01-04"), // across New Year, to a Sunday that works
    // Three days.
    (Clock::SendTermination, "2024-09-11", "2024-09-14"), // a Saturday that works
    (Clock::SendTermination, "2025-05-29", "2025-06-03"),
    // Fifteen days.
    (Clock::Object, "2024-09-17", "2024-10-08"),
    (Clock::Object, "2025-09-16", "2025-10-09"),
    (Clock::Object, "2026-04-16", "2026-05-06"),
    // Five days.
    (Clock::DecideObjection, "2024-05-07", "2024-05-13"),
    (Clock::DecideObjection, "2024-10-07", "2024-10-12"), // a Saturday that works
    (Clock::DecideObjection, "2026-09-22", "2026-09-28"),
    // Set by the office; as long as usual where it sets none.
    (Clock::Supplement, "2024-09-26", "2024-10-08"),
    (Clock::MendFile, "2025-09-20", "2025-10-09"),
    // The plan's own thirty days stay where they fall (A29).
    (Clock::Payout, "2025-09-02", "2025-10-02"),
    (Clock::Payout, "2024-02-10", "2024-03-11"),
    (Clock::Payout, "2026-01-16", "2026-02-15"),
];

#[test]
fn every_clock_ends_on_the_day_reckoned_by_hand() {
    let calendar = Calendar::shipped();
    for (clock, start, last) in BY_HAND {
        let began = at(day(start), chrono::NaiveTime::MIN);
        let due = due(*clock, None, &calendar, day(start), began, None).unwrap();
        assert_eq!((due.on, due.at), (day(last), None), "{clock} from {start}");
    }
    let in_days: std::collections::BTreeSet<&str> = BY_HAND.iter().map(|(clock, ..)| clock.code()).collect();
    for clock in Clock::ALL {
        assert!(
            in_days.contains(clock.code()) || matches!(clock.length(), Length::Hours(_)),
            "{clock} has no example reckoned by hand"
        );
    }
}

#[test]
fn a_day_set_by_the_office_is_that_day() {
    let calendar = Calendar::shipped();
    let began = at(day("2024-06-03"), chrono::NaiveTime::MIN);
    for clock in [Clock::Supplement, Clock::MendFile] {
        let due = due(clock, None, &calendar, day("2024-06-03"), began, Some(day("2024-06-09"))).unwrap();
        assert_eq!(due.on, day("2024-06-09"));
    }
}

#[test]
fn the_hours_of_detained_people_run_through_nights_festivals_and_new_year() {
    let calendar = Calendar::shipped();
    let of = |clock, start: &str, hour, minute| {
        let began = at(day(start), chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
        let due = due(clock, None, &calendar, day(start), began, None).unwrap();
        due.at.unwrap().format("%Y-%m-%d %H:%M").to_string()
    };
    assert_eq!(of(Clock::PassOn, "2024-12-31", 23, 59), "2025-01-01 23:59");
    assert_eq!(of(Clock::PassOn, "2026-02-14", 8, 5), "2026-02-15 08:05");
    assert_eq!(of(Clock::Meet, "2026-02-14", 17, 20), "2026-02-16 17:20");
    assert_eq!(of(Clock::Meet, "2024-02-28", 9, 0), "2024-03-01 09:00");
}

#[test]
fn an_hour_is_told_to_the_hour_and_red_in_the_last_twelve() {
    let due = at(day("2024-06-09"), chrono::NaiveTime::from_hms_opt(10, 30, 0).unwrap());
    let now =
        |day_text: &str, hour, minute| at(day(day_text), chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
    assert_eq!(hours_left_words(due, now("2024-06-07", 16, 0)), "还剩42小时");
    assert_eq!(hours_left_words(due, now("2024-06-09", 9, 45)), "还剩45分钟");
    assert_eq!(hours_left_words(due, now("2024-06-09", 10, 31)), "逾期1小时");
    assert_eq!(hours_left_words(due, now("2024-06-10", 13, 30)), "逾期27小时");
    assert_eq!(hours_pressure(due, now("2024-06-08", 22, 0)), Pressure::Soon);
    assert_eq!(hours_pressure(due, now("2024-06-08", 22, 30)), Pressure::Red);
    assert_eq!(hours_pressure(due, now("2024-06-09", 10, 31)), Pressure::Late);
}

#[test]
fn a_pause_reckoned_by_hand() {
    let calendar = Calendar::shipped();
    for (start, paused, last) in [
        ("2024-06-03", 2, "2024-06-12"),
        ("2024-09-23", 3, "2024-10-08"), // the tenth day is 3 October
        ("2025-01-20", 1, "2025-02-05"),
        ("2024-07-01", 5, "2024-07-15"), // the twelfth day is Saturday the 13th
        ("2024-12-23", 4, "2025-01-03"),
        ("2024-01-30", 5, "2024-02-18"), // the twelfth day lies in the spring festival
        ("2026-09-21", 4, "2026-10-08"),
    ] {
        assert_eq!(due_after_pause(Clock::Review, &calendar, day(start), paused), Ok(day(last)), "{start} + {paused}");
    }
}

#[test]
fn a_limit_that_ends_in_a_year_without_calendar_is_not_guessed() {
    let calendar = Calendar::shipped();
    let began = at(day("2026-12-28"), chrono::NaiveTime::MIN);
    assert!(due(Clock::Review, None, &calendar, day("2026-12-28"), began, None).is_err());
    assert!(due(Clock::Payout, None, &calendar, day("2026-12-28"), began, None).is_ok());
}

proptest! {
    /// Against a way of counting of its own: one day after the other.
    #[test]
    fn a_limit_in_days_ends_on_the_first_working_day_from_its_last_day_on(start in 0_u64..1000, which in 0_usize..14) {
        let calendar = Calendar::shipped();
        let start = day("2024-01-01").checked_add_days(Days::new(start)).unwrap();
        let clock = Clock::ALL[which];
        let began = at(start, chrono::NaiveTime::MIN);
        let Ok(due) = due(clock, None, &calendar, start, began, None) else { return Ok(()) };
        let rolled = |days: u64| {
            let mut end = start.checked_add_days(Days::new(days)).unwrap();
            while !calendar.is_working_day(end).unwrap() {
                end = end.succ_opt().unwrap();
            }
            end
        };
        match clock {
            Clock::Review | Clock::Supplement => prop_assert_eq!(due.on, rolled(7)),
            Clock::Assign | Clock::SendTermination => prop_assert_eq!(due.on, rolled(3)),
            Clock::Sign | Clock::DecideObjection => prop_assert_eq!(due.on, rolled(5)),
            Clock::Object | Clock::MendFile => prop_assert_eq!(due.on, rolled(15)),
            Clock::SubmitFile | Clock::ReviewClosing => prop_assert_eq!(due.on, rolled(30)),
            Clock::ChangeHandler => {
                let worked = start.iter_days().skip(1).take_while(|one| *one <= due.on)
                    .filter(|one| calendar.is_working_day(*one).unwrap()).count();
                prop_assert_eq!(worked, 5);
                prop_assert!(calendar.is_working_day(due.on).unwrap());
            }
            Clock::Payout => prop_assert_eq!((due.on - start).num_days(), 30),
            Clock::PassOn => prop_assert_eq!(due.at.unwrap() - began, chrono::TimeDelta::hours(24)),
            Clock::Meet => prop_assert_eq!(due.at.unwrap() - began, chrono::TimeDelta::hours(48)),
        }
    }
}
