//! The calendar: the years whose notice is known, and the form that adds one.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use super::db::{self, CalendarYearRow};
use super::service::{self, NewCalendarYear};
use crate::error::AppError;
use crate::plan::calendar::{Calendar, SpecialDay, YearWithoutCalendar};
use crate::plan::dictionaries::DutyWeekday;
use crate::plan::money::half_width;
use crate::plan::month::Month;
use crate::plan::notice;
use crate::plan::time::{month_and_day, weekday_name};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again, page};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// The longest notice that is read; the longest published had a tenth of it.
const LONGEST_NOTICE: usize = 4000;
/// How many wrong lines of a notice are told at once.
const FAULTS: usize = 6;

/// A month of the calendar in words.
struct MonthRow {
    label: String,
    working: usize,
    station_days: usize,
    off: String,
    made_up: String,
    lost: String,
}

/// A year of the calendar in words.
pub(super) struct YearOverview {
    year: i32,
    weekday: DutyWeekday,
    months: Vec<MonthRow>,
}

impl YearOverview {
    fn of(calendar: &Calendar, year: i32, weekday: DutyWeekday) -> Result<YearOverview, YearWithoutCalendar> {
        let mut months = Vec::new();
        for month in (1..=12).filter_map(|number| Month::new(year, number)) {
            let special = |is_workday: bool| -> Vec<SpecialDay> {
                calendar
                    .special_days(year)
                    .filter(|day| month.contains(day.date) && day.is_workday == is_workday)
                    .cloned()
                    .collect()
            };
            let station_days = calendar.station_days_on(month, weekday.weekday())?;
            let lost: Vec<String> = month
                .days()
                .filter(|day| day.weekday() == weekday.weekday() && !station_days.contains(day))
                .map(month_and_day)
                .collect();
            months.push(MonthRow {
                label: format!("{}月", month.month()),
                working: calendar.working_days(month)?.len(),
                station_days: station_days.len(),
                off: breaks(&special(false)),
                made_up: special(true)
                    .iter()
                    .map(|day| format!("{}（{}）", month_and_day(day.date), weekday_name(day.date)))
                    .collect::<Vec<_>>()
                    .join("、"),
                lost: lost.join("、"),
            });
        }
        Ok(YearOverview { year, weekday, months })
    }

    fn working(&self) -> usize {
        self.months.iter().map(|month| month.working).sum()
    }

    fn station_days(&self) -> usize {
        self.months.iter().map(|month| month.station_days).sum()
    }

    /// A03: the weekdays of the stations that are holidays, over the year.
    fn lost(&self) -> Vec<&str> {
        self.months.iter().map(|month| month.lost.as_str()).filter(|days| !days.is_empty()).collect()
    }
}

/// `劳动节 5月1日至5日`.
fn breaks(days: &[SpecialDay]) -> String {
    let mut runs: Vec<(&str, NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((name, _, last)) if *name == day.name && last.succ_opt() == Some(day.date) => *last = day.date,
            Some(_) | None => runs.push((&day.name, day.date, day.date)),
        }
    }
    let words: Vec<String> = runs
        .into_iter()
        .map(|(name, first, last)| {
            if first == last {
                format!("{name} {}", month_and_day(first))
            } else {
                format!("{name} {}至{}日", month_and_day(first), last.day())
            }
        })
        .collect();
    words.join("；")
}

/// The weekday of the stations under the programme in force.
async fn weekday(state: &AppState, conn: &mut sqlx::PgConnection, scope: Scope) -> Result<DutyWeekday, AppError> {
    let programme = db::in_force(conn, scope.bureau(), state.clock.today()).await?;
    Ok(programme.map_or(DutyWeekday::Wednesday, |stored| stored.content.station_weekday))
}

#[derive(Template)]
#[template(path = "calendar/years.html")]
struct YearsPage {
    layout: Layout,
    years: Vec<YearOverview>,
    /// The year that should be entered next, where it is time.
    missing: Option<i32>,
    may_edit: bool,
}

pub(super) async fn years(State(state): State<AppState>, layout: Layout, actor: Actor, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let weekday = weekday(&state, &mut conn, scope).await?;
    let calendar = db::calendar(&mut conn).await?;
    let mut years = Vec::new();
    for year in calendar.years() {
        years.extend(YearOverview::of(&calendar, year, weekday));
    }
    years.reverse();
    let today = state.clock.today();
    // The notice of a year is published in the November before it.
    let due = if today.month() >= 11 { today.year() + 1 } else { today.year() };
    page(&YearsPage {
        layout: layout.titled("工作日历"),
        missing: (today.year()..=due).find(|year| !calendar.knows(*year)),
        years,
        may_edit: actor.may(Action::EditCalendar).is_some(),
    })
}

#[derive(Template)]
#[template(path = "calendar/year.html")]
struct YearPage {
    layout: Layout,
    overview: YearOverview,
    row: CalendarYearRow,
}

pub(super) async fn year(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let weekday = weekday(&state, &mut conn, scope).await?;
    let calendar = db::calendar(&mut conn).await?;
    let row = db::find_calendar_year(&mut conn, year).await?.ok_or(AppError::NotFound)?;
    let overview = YearOverview::of(&calendar, year, weekday).map_err(|_| AppError::NotFound)?;
    page(&YearPage {
        layout: layout.titled(format!("{year}年工作日历")).crumb("工作日历", "/calendar"), overview, row
    })
}

/// A year as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct YearForm {
    year: String,
    source: String,
    notice: String,
    step: String,
}

#[derive(Template)]
#[template(path = "calendar/new.html")]
struct NewPage {
    layout: Layout,
    once: OnceKey,
    form: YearForm,
    errors: Errors,
    preview: Option<YearOverview>,
}

impl NewPage {
    fn new(layout: Layout, once: OnceKey, form: YearForm) -> NewPage {
        NewPage {
            layout: layout.titled("录入年度放假通知").crumb("工作日历", "/calendar"),
            once,
            form,
            errors: Errors::new(),
            preview: None,
        }
    }
}

pub(super) async fn new(State(state): State<AppState>, layout: Layout) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let calendar = db::calendar(&mut conn).await?;
    let next = calendar.years().max().map_or(state.clock.today().year(), |last| last + 1);
    let form = YearForm { year: next.to_string(), ..YearForm::default() };
    page(&NewPage::new(layout, OnceKey::new(), form))
}

/// Reads the form against the years that are known.
fn read(form: &YearForm, known: &Calendar) -> Result<NewCalendarYear, Errors> {
    let mut errors = Errors::new();
    let year = half_width(form.year.trim())
        .trim_end_matches('年')
        .parse::<i32>()
        .ok()
        .filter(|year| (2019..=2100).contains(year));
    match year {
        None => errors.add("year", "请填写四位年份，例如2027"),
        Some(year) if known.knows(year) => errors.add("year", format!("{year}年的工作日历已经录入，不能重复录入")),
        Some(_) => {}
    }
    let source = form.source.trim();
    if source.is_empty() || source.chars().count() > 100 {
        errors.add("source", "请填写通知的名称或文号，最多100个字");
    }
    let notice = form.notice.trim();
    let mut days = Vec::new();
    if notice.is_empty() {
        errors.add("notice", "请粘贴放假通知的正文，一行一个节日");
    } else if notice.chars().count() > LONGEST_NOTICE {
        errors.add("notice", format!("内容过长，最多{LONGEST_NOTICE}个字；只需粘贴各节日的放假安排"));
    } else if let Some(year) = year {
        match notice::parse(year, &form.notice) {
            Ok(read) => days = read,
            Err(faults) => {
                let mut lines: Vec<String> =
                    faults.iter().take(FAULTS).map(|fault| format!("第{}行：{}", fault.line, fault.message)).collect();
                if faults.len() > FAULTS {
                    lines.push(format!("另有{}处", faults.len() - FAULTS));
                }
                errors.add("notice", lines.join("；"));
            }
        }
    }
    match year {
        Some(year) if errors.is_empty() => {
            Ok(NewCalendarYear { year, notice: notice.to_owned(), source: source.to_owned(), days })
        }
        Some(_) | None => Err(errors),
    }
}

pub(super) async fn add(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<YearForm>,
) -> Answer {
    let Posted { form, once } = posted;
    let mut conn = state.pool.acquire().await?;
    let known = db::calendar(&mut conn).await?;
    let weekday = weekday(&state, &mut conn, scope).await?;
    drop(conn);
    let new = match read(&form, &known) {
        Ok(new) => new,
        Err(errors) => return form_again(&NewPage { errors, ..NewPage::new(layout, once, form) }),
    };
    if form.step != "save" {
        let calendar = Calendar::new([new.year], new.days);
        let preview = YearOverview::of(&calendar, new.year, weekday).ok();
        return page(&NewPage { preview, ..NewPage::new(layout, once, form) });
    }
    let mut work = Work::begin(&state, &actor, once).await?;
    service::add_calendar_year(&mut work, &new).await?;
    let message = format!("{}年工作日历已录入，可以编制该年排班。", new.year);
    Ok(work.finish(&format!("/calendar/{}", new.year), message).await?.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a03_a_year_tells_its_breaks_its_made_up_days_and_the_station_days_it_loses() {
        let year = YearOverview::of(&Calendar::shipped(), 2024, DutyWeekday::Wednesday).unwrap();
        assert_eq!((year.working(), year.station_days()), (251, 49));
        assert_eq!(year.lost(), ["2月14日", "5月1日", "10月2日"]);
        let may = &year.months[4];
        assert_eq!((may.label.as_str(), may.working, may.station_days), ("5月", 21, 4));
        assert_eq!((may.off.as_str(), may.made_up.as_str()), ("劳动节 5月1日至5日", "5月11日（星期六）"));
        // Two breaks that touch have a name each.
        let day = |on: &str, name: &str| SpecialDay { date: on.parse().unwrap(), name: name.into(), is_workday: false };
        let touching = [day("2025-10-05", "国庆节"), day("2025-10-06", "中秋节"), day("2025-10-08", "中秋节")];
        assert_eq!(breaks(&touching), "国庆节 10月5日；中秋节 10月6日；中秋节 10月8日");
    }
}
