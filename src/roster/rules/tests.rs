//! Each refusal by its clause, and what is allowed beside it.

use super::*;
use crate::venues::db::{CENTRE_HOURS, STATION_HOURS};

pub(in super::super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

pub(in super::super) fn terms(month: &str) -> MonthTerms {
    MonthTerms::new(month.parse().unwrap(), Some(Programme::gaoping_2024()), Calendar::shipped()).unwrap()
}

pub(in super::super) fn venue(id: i64, kind: VenueKind, name: &str) -> Venue {
    let hours = if kind == VenueKind::Station { STATION_HOURS } else { CENTRE_HOURS };
    Venue {
        id,
        kind,
        code: id.to_string(),
        name: name.to_owned(),
        short_name: name.to_owned(),
        address: String::new(),
        phone: String::new(),
        starts_at: hours.starts_at,
        ends_at: hours.ends_at,
        break_from: hours.pause.map(|pause| pause.0),
        break_to: hours.pause.map(|pause| pause.1),
        active: true,
        version: 1,
    }
}

fn centre() -> Venue {
    venue(1, VenueKind::ServiceCentre, "市公共法律服务中心")
}

fn legal_aid() -> Venue {
    venue(2, VenueKind::LegalAidCentre, "市法律援助中心")
}

fn station() -> Venue {
    venue(3, VenueKind::Station, "米山镇")
}

pub(in super::super) fn person(id: i64, name: &str) -> Candidate {
    Candidate {
        id,
        name: name.to_owned(),
        category: PersonCategory::Lawyer,
        organisation: "山西示例律师事务所".to_owned(),
        status: "active".to_owned(),
        joined_on: date("2024-01-02"),
        licence_valid_to: None,
        public_official: false,
        serves_here: true,
    }
}

fn proposal(venue: &Venue, day: &str) -> Proposal {
    Proposal {
        person: 7,
        day: date(day),
        hours: venue.hours(),
        change: ShiftChange::Normal,
        reason: String::new(),
        moved_from: None,
    }
}

fn changed(day: &str, change: ShiftChange, reason: &str) -> Proposal {
    let moved_from = (change == ShiftChange::Moved).then(|| date("2024-05-08"));
    Proposal { change, reason: reason.to_owned(), moved_from, ..proposal(&station(), day) }
}

pub(in super::super) fn taken(venue: &Venue, person: i64, day: &str) -> Taken {
    Taken {
        venue: venue.id,
        venue_name: venue.short_name.clone(),
        kind: venue.kind,
        person,
        day: date(day),
        starts_at: venue.starts_at,
        ends_at: venue.ends_at,
        moved_from: None,
    }
}

/// Decides in May 2024 for a lawyer who serves everywhere.
fn decide_in_may(venue: &Venue, proposal: &Proposal, others: &[Taken]) -> Result<Accepted, Vec<Refusal>> {
    decide(&terms("2024-05"), venue, &person(7, "张三"), proposal, others)
}

#[track_caller]
fn refused(result: Result<Accepted, Vec<Refusal>>, field: &str, words: &str) {
    let refusals = result.unwrap_err();
    let shown: Vec<String> = refusals.iter().map(Refusal::sentence).collect();
    assert!(refusals.iter().any(|refusal| refusal.field == field && refusal.sentence().contains(words)), "{shown:?}");
}

#[test]
fn r12_a_centre_day_of_eight_hours_and_a_station_wednesday_of_four_are_taken() {
    let centre_day = decide_in_may(&centre(), &proposal(&centre(), "2024-05-06"), &[]).unwrap();
    assert_eq!((centre_day.planned_minutes, centre_day.minimum_minutes), (480, 480));
    let station_day = decide_in_may(&station(), &proposal(&station(), "2024-05-08"), &[]).unwrap();
    assert_eq!((station_day.planned_minutes, station_day.minimum_minutes), (240, 240));
    assert_eq!(station_day.warnings, Vec::<String>::new());
}

#[test]
fn clause_4_1_4_the_centre_is_staffed_on_working_days_only() {
    // A make-up Saturday is a working day; the Sunday after it is not.
    assert!(decide_in_may(&centre(), &proposal(&centre(), "2024-05-11"), &[]).is_ok());
    let sunday = decide_in_may(&centre(), &proposal(&centre(), "2024-05-12"), &[]);
    refused(sunday, "day", "5月12日 周日周末，市公共法律服务中心只在工作日值班（方案四(一)4）。");
    let holiday = decide_in_may(&centre(), &proposal(&centre(), "2024-05-02"), &[]);
    refused(holiday, "day", "劳动节放假");
    refused(decide_in_may(&legal_aid(), &proposal(&legal_aid(), "2024-05-12"), &[]), "day", "只在工作日值班");
}

#[test]
fn a04_the_break_is_not_counted_unless_the_programme_says_so() {
    let mut plan = Programme::gaoping_2024();
    assert_eq!(planned_minutes(&plan, &CENTRE_HOURS), Ok(480));
    plan.count_midday_break = true;
    assert_eq!(planned_minutes(&plan, &CENTRE_HOURS), Ok(600));
}

#[test]
fn a24_half_a_centre_day_is_refused() {
    let half = Proposal { hours: STATION_HOURS, ..proposal(&centre(), "2024-05-06") };
    let result = decide_in_may(&centre(), &half, &[]);
    refused(result, "ends_at", "每次值班不少于8小时，现在是4小时；不得由两人各值半天（方案四(一)4，口径A24）。");
}

#[test]
fn clause_4_1_4_a_station_shift_below_four_hours_is_refused_on_every_day() {
    let hours = Hours { ends_at: time("11:59"), ..STATION_HOURS };
    let short = Proposal { hours, ..proposal(&station(), "2024-05-08") };
    refused(decide_in_may(&station(), &short, &[]), "ends_at", "不少于4小时，现在是3小时59分钟");
    let moved = Proposal { hours, ..changed("2024-05-09", ShiftChange::Moved, "镇里有会") };
    refused(decide_in_may(&station(), &moved, &[]), "ends_at", "不少于4小时");
}

#[test]
fn a01_a_station_on_another_day_needs_a_change_and_a_reason() {
    let thursday = decide_in_may(&station(), &proposal(&station(), "2024-05-09"), &[]);
    refused(thursday, "change", "工作站每周三值班，5月9日 周四请选择“改期”或“加班次”，并写明理由（方案四(一)4）。");
    let silent = decide_in_may(&station(), &changed("2024-05-09", ShiftChange::Moved, " "), &[]);
    refused(silent, "reason", "请写明改期的理由");
    assert!(decide_in_may(&station(), &changed("2024-05-09", ShiftChange::Moved, "赶集日"), &[]).is_ok());
    // A02: number and time may be adjusted, also to a Saturday.
    assert!(decide_in_may(&station(), &changed("2024-05-18", ShiftChange::Extra, "普法赶集"), &[]).is_ok());
    let long = "长".repeat(LONGEST_REASON + 1);
    refused(decide_in_may(&station(), &changed("2024-05-09", ShiftChange::Moved, &long), &[]), "reason", "最多200个字");
}

#[test]
fn a01_what_is_moved_names_the_day_it_stands_for() {
    let from = |origin: Option<&str>| Proposal {
        moved_from: origin.map(date),
        ..changed("2024-05-09", ShiftChange::Moved, "赶集日")
    };
    refused(decide_in_may(&station(), &from(None), &[]), "moved_from", "改期请选择原来的值班日");
    refused(decide_in_may(&station(), &from(Some("2024-05-09")), &[]), "moved_from", "同一天");
    refused(
        decide_in_may(&station(), &from(Some("2024-05-07")), &[]),
        "moved_from",
        "5月7日 周二不是2024年5月的工作站值班日",
    );
    let standing = [taken(&station(), 8, "2024-05-15")];
    refused(
        decide_in_may(&station(), &from(Some("2024-05-15")), &standing),
        "moved_from",
        "米山镇5月15日 周三已有班次",
    );
    let elsewhere = [taken(&centre(), 8, "2024-05-15")];
    assert!(decide_in_may(&station(), &from(Some("2024-05-15")), &elsewhere).is_ok());
    assert!(decide_in_may(&station(), &from(Some("2024-05-01")), &standing).is_ok());
}

#[test]
fn a02_the_centre_cannot_be_moved() {
    let moved =
        Proposal { change: ShiftChange::Moved, reason: "有会".to_owned(), ..proposal(&centre(), "2024-05-06") };
    refused(decide_in_may(&centre(), &moved, &[]), "change", "只用于工作站");
    let dropped = changed("2024-05-08", ShiftChange::Cancelled, "有会");
    refused(decide_in_may(&station(), &dropped, &[]), "change", "减班次不用排班");
}

#[test]
fn a03_a_holiday_wednesday_is_not_rostered_by_itself() {
    let holiday = decide_in_may(&station(), &proposal(&station(), "2024-05-01"), &[]);
    refused(holiday, "day", "5月1日 周三劳动节放假，默认不排班；可以改到其他日期");
    assert!(decide_in_may(&station(), &changed("2024-05-01", ShiftChange::Extra, "节日普法"), &[]).is_ok());
}

#[test]
fn a22_one_centre_day_a_person() {
    // Two centre days side by side could only stand in two centres; each has its person once.
    let evening = Taken { starts_at: time("19:00"), ends_at: time("20:00"), ..taken(&centre(), 7, "2024-05-06") };
    let result = decide_in_may(&centre(), &proposal(&centre(), "2024-05-06"), &[evening]);
    refused(
        result,
        "person",
        "张三5月6日 周一在市公共法律服务中心已有班次，每人每天只排一次（方案五(二)1，口径A22）。",
    );
}

#[test]
fn a23_overlapping_shifts_are_refused_and_touching_ones_are_not() {
    let elsewhere = venue(4, VenueKind::Station, "三甲镇");
    let others = [taken(&elsewhere, 7, "2024-05-08")];
    let result = decide_in_may(&station(), &proposal(&station(), "2024-05-08"), &others);
    refused(result, "person", "张三5月8日 周三 08:00–12:00 已在三甲镇值班，时间重叠");
    let hours = Hours { starts_at: time("12:00"), ends_at: time("16:00"), pause: None };
    let afternoon = Proposal { hours, ..proposal(&station(), "2024-05-08") };
    assert!(decide_in_may(&station(), &afternoon, &others).is_ok());
    let somebody_else = [taken(&elsewhere, 8, "2024-05-08")];
    assert!(decide_in_may(&station(), &proposal(&station(), "2024-05-08"), &somebody_else).is_ok());
}

#[test]
fn a21_a_second_person_is_warned_of_and_taken() {
    let others = [taken(&station(), 8, "2024-05-08")];
    let accepted = decide_in_may(&station(), &proposal(&station(), "2024-05-08"), &others).unwrap();
    assert_eq!(accepted.warnings.len(), 1);
    assert!(accepted.warnings[0].contains("同一时间有2人值班，每人分别补贴"), "{:?}", accepted.warnings);
    let apart = [taken(&centre(), 8, "2024-05-08"), taken(&station(), 8, "2024-05-15")];
    let alone = decide_in_may(&station(), &proposal(&station(), "2024-05-08"), &apart).unwrap();
    assert!(alone.warnings.is_empty(), "{:?}", alone.warnings);
}

#[test]
fn a25_the_window_counts_and_is_not_paid() {
    let accepted = decide_in_may(&legal_aid(), &proposal(&legal_aid(), "2024-05-06"), &[]).unwrap();
    assert_eq!(accepted.minimum_minutes, 0);
    assert!(accepted.warnings[0].contains("计入任务数，不发补贴"));
}

#[test]
fn a26_a_public_official_is_warned_of() {
    let official = Candidate { public_official: true, ..person(7, "李四") };
    let wednesday = proposal(&station(), "2024-05-08");
    let accepted = decide(&terms("2024-05"), &station(), &official, &wednesday, &[]).unwrap();
    assert!(accepted.warnings[0].contains("李四是公职人员"));
}

#[test]
fn clause_4_1_3_only_members_of_the_duty_bank_in_good_standing() {
    let wednesday = proposal(&station(), "2024-05-08");
    let check = |person: Candidate, words: &str| {
        refused(decide(&terms("2024-05"), &station(), &person, &wednesday, &[]), "person", words);
    };
    check(Candidate { status: "suspended".to_owned(), ..person(7, "张三") }, "张三已暂停值班");
    check(Candidate { status: "left".to_owned(), ..person(7, "张三") }, "张三已退出值班人员库");
    check(Candidate { serves_here: false, ..person(7, "张三") }, "张三的值班范围不包括米山镇");
    check(Candidate { joined_on: date("2024-05-09"), ..person(7, "张三") }, "2024年5月9日入库");
    let first_day = Candidate { joined_on: date("2024-05-08"), ..person(7, "张三") };
    assert!(decide(&terms("2024-05"), &station(), &first_day, &wednesday, &[]).is_ok());
    let expired = Candidate { licence_valid_to: Some(date("2024-05-07")), ..person(7, "张三") };
    check(expired.clone(), "有效期至2024年5月7日");
    let last_day = Candidate { licence_valid_to: Some(date("2024-05-08")), ..expired };
    assert!(decide(&terms("2024-05"), &station(), &last_day, &wednesday, &[]).is_ok());
}

#[test]
fn a_day_outside_the_month_and_a_venue_out_of_use_are_refused() {
    refused(decide_in_may(&station(), &proposal(&station(), "2024-06-05"), &[]), "day", "不在2024年5月之内");
    let closed = Venue { active: false, ..station() };
    refused(decide_in_may(&closed, &proposal(&closed, "2024-05-08"), &[]), "person", "米山镇已停用");
}

#[test]
fn hours_are_hours_of_one_day_in_order() {
    let plan = Programme::gaoping_2024();
    let backwards = Hours { starts_at: time("12:00"), ends_at: time("08:00"), pause: None };
    assert_eq!(planned_minutes(&plan, &backwards).unwrap_err().field, "ends_at");
    let outside = Hours { pause: Some((time("07:00"), time("09:00"))), ..STATION_HOURS };
    assert_eq!(planned_minutes(&plan, &outside).unwrap_err().field, "break_from");
    let endless = Hours { starts_at: time("00:00"), ends_at: time("23:59"), pause: None };
    assert!(planned_minutes(&plan, &endless).unwrap_err().sentence().contains("最长16小时"));
}

#[test]
fn a_year_without_calendar_or_programme_has_no_terms() {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let plan = Programme::gaoping_2024();
    let no_calendar = MonthTerms::new(month("2027-01"), Some(plan.copied_for(2027)), Calendar::shipped()).unwrap_err();
    assert_eq!(no_calendar, Obstacle::NoCalendar(2027));
    assert_eq!(no_calendar.remedy().0, "/calendar");
    let no_programme = MonthTerms::new(month("2025-01"), None, Calendar::shipped()).unwrap_err();
    assert_eq!(no_programme, Obstacle::NoProgramme(2025));
    let outside = MonthTerms::new(month("2025-01"), Some(plan), Calendar::shipped()).unwrap_err();
    assert!(outside.sentence().contains("2024年12月31日"));
}

#[test]
fn a48_days_outside_the_programme_are_not_due_and_not_taken() {
    let mut plan = Programme::gaoping_2024();
    plan.valid_from = date("2024-05-15");
    let terms = MonthTerms::new("2024-05".parse().unwrap(), Some(plan), Calendar::shipped()).unwrap();
    assert_eq!(terms.station_days, [date("2024-05-15"), date("2024-05-22"), date("2024-05-29")]);
    assert_eq!(terms.station_holidays, []);
    let early = decide(&terms, &station(), &person(7, "张三"), &proposal(&station(), "2024-05-08"), &[]);
    refused(early, "day", "不在实施方案的有效期内，不能排班（口径A48）");
}

#[test]
fn every_step_is_possible_from_one_state_only() {
    use RosterStatus::{Approved, Draft, Published, Submitted};
    let statuses = [Draft, Submitted, Approved, Published];
    let mut table = String::new();
    for step in [Step::Edit, Step::Submit, Step::Approve, Step::Return, Step::Publish] {
        let allowed: Vec<String> = statuses
            .into_iter()
            .filter(|status| check_step(step, *status, Some(1), 2).is_ok())
            .map(|status| status.to_string())
            .collect();
        table += &format!("{step:?}: {}\n", allowed.join(" "));
    }
    insta::assert_snapshot!(table, @r"
    Edit: 编制中
    Submit: 编制中
    Approve: 待审核
    Return: 待审核 已批准
    Publish: 已批准
    ");
    assert_eq!(check_step(Step::Approve, Submitted, Some(2), 2), Err("排班须由提交人以外的人审核。"));
}
