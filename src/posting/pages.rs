//! The public pages.

use askama::Template;
use axum::extract::{Path, State};
use axum_extra::extract::Query;
use chrono::{Datelike as _, Days, NaiveDate};
use serde::Deserialize;

use super::db::{self, Bureau, Duty, Place};
use crate::error::AppError;
use crate::plan::time::{chinese_date, local_date, month_and_day, short_date};
use crate::state::AppState;
use crate::web::layout::{Layout, page};
use crate::web::parts::long_date;
use crate::web::{Answer, filters};

/// How many weeks can be turned over: this one and the next four.
const WEEKS: u64 = 5;
/// Posted weeks further away than this are not served.
const FARTHEST: i64 = 400;

/// What a citizen asks for.
#[derive(Debug, Deserialize)]
pub(super) struct WeekQuery {
    #[serde(default)]
    week: String,
    #[serde(default)]
    county: String,
}

/// A week one can turn to.
struct WeekLink {
    label: String,
    href: String,
    current: bool,
}

/// A day of the posting.
struct PostedDay {
    date: NaiveDate,
    today: bool,
    duties: Vec<(Place, Duty)>,
}

impl PostedDay {
    fn heading(&self) -> String {
        long_date(self.date)
    }
}

#[derive(Template)]
#[template(path = "posting/week.html")]
struct WeekPage {
    layout: Layout,
    bureau: Option<Bureau>,
    others: Vec<Bureau>,
    range: String,
    weeks: Vec<WeekLink>,
    days: Vec<PostedDay>,
    past: Vec<PostedDay>,
    places: Vec<Place>,
    posted_on: Option<String>,
}

impl WeekPage {
    fn title(&self) -> String {
        match &self.bureau {
            Some(bureau) => format!("{}免费法律咨询值班公示", county_of(&bureau.name)),
            None => "免费法律咨询值班公示".to_owned(),
        }
    }
}

/// `高平市` of `高平市司法局`.
fn county_of(bureau: &str) -> &str {
    bureau.strip_suffix("司法局").unwrap_or(bureau)
}

/// The Monday of a day's week.
fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

pub(super) async fn week(State(state): State<AppState>, layout: Layout, Query(query): Query<WeekQuery>) -> Answer {
    let today = state.clock.today();
    let asked = match query.week.trim() {
        "" => today,
        typed => typed.parse::<NaiveDate>().map_err(|_| AppError::NotFound)?,
    };
    if (asked - today).num_days().abs() > FARTHEST {
        return Err(AppError::NotFound);
    }
    let first = monday(asked);
    let last = after(first, 6);
    let mut conn = state.pool.acquire().await?;
    let mut others = db::bureaus(&mut conn).await?;
    let place = match query.county.trim() {
        "" => 0,
        code => others.iter().position(|bureau| bureau.division_code == code).ok_or(AppError::NotFound)?,
    };
    let bureau = (place < others.len()).then(|| others.remove(place));
    let posted = match &bureau {
        Some(bureau) => db::duties(&mut conn, bureau.id, None, first, last).await?,
        None => Vec::new(),
    };
    drop(conn);

    let county = match query.county.trim() {
        "" => String::new(),
        code => format!("&county={code}"),
    };
    let weeks = (0..WEEKS)
        .map(|number| {
            let start = after(monday(today), number * 7);
            let label = match number {
                0 => "本周".to_owned(),
                1 => "下周".to_owned(),
                _ => format!("{}起", month_and_day(start)),
            };
            WeekLink { label, href: format!("/?week={start}{county}"), current: start == first }
        })
        .collect();
    let posted_days = (0..7)
        .map(|number| {
            let date = after(first, number);
            let duties = posted
                .iter()
                .flat_map(|(place, duties)| duties.iter().map(move |duty| (place, duty)))
                .filter(|(_, duty)| duty.day == date)
                .map(|(place, duty)| (place.clone(), duty.clone()))
                .collect();
            PostedDay { date, today: date == today, duties }
        })
        .filter(|day: &PostedDay| !day.duties.is_empty());
    // Who comes this week wants to know who is there from today on.
    let is_past = |day: &PostedDay| monday(today) == first && day.date < today;
    let (past, days) = posted_days.partition(is_past);
    let posted_on = posted_on(posted.iter().flat_map(|(_, duties)| duties));
    let mut layout = layout.titled("值班公示").in_county(query.county.trim());
    layout.supervision_phone = phone_of(bureau.as_ref());
    page(&WeekPage {
        layout,
        bureau,
        others,
        range: format!("{}至{}", long_date(first), long_date(last)),
        weeks,
        days,
        past,
        places: posted.into_iter().map(|(place, _)| place).collect(),
        posted_on,
    })
}

/// `2024年4月24日`: when the newest of these was posted.
fn posted_on<'a>(duties: impl IntoIterator<Item = &'a Duty>) -> Option<String> {
    let newest = duties.into_iter().filter_map(|duty| duty.published_at).max()?;
    Some(chinese_date(local_date(&newest)))
}

fn phone_of(bureau: Option<&Bureau>) -> Option<String> {
    bureau.map(|bureau| bureau.supervise_phone.clone()).filter(|phone| !phone.is_empty())
}

#[derive(Template)]
#[template(path = "posting/venue.html")]
struct VenuePage {
    layout: Layout,
    bureau: Bureau,
    place: Place,
    days: Vec<Duty>,
    today: NaiveDate,
    range: String,
    posted_on: Option<String>,
}

impl VenuePage {
    fn is_today(&self, duty: &Duty) -> bool {
        duty.day == self.today
    }
}

pub(super) async fn venue(
    State(state): State<AppState>,
    layout: Layout,
    code: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Answer {
    let Path(code) = code.map_err(|_| AppError::NotFound)?;
    let today = state.clock.today();
    let first = monday(today);
    let last = after(first, WEEKS * 7 - 1);
    let mut conn = state.pool.acquire().await?;
    let bureau = db::bureau_of_venue(&mut conn, &code).await?.ok_or(AppError::NotFound)?;
    let posted = db::duties(&mut conn, bureau.id, Some(&code), first, last).await?;
    drop(conn);
    let (place, duties) = posted.into_iter().next().ok_or(AppError::NotFound)?;
    let posted_on = posted_on(&duties);
    let mut layout = layout
        .titled(format!("{}值班公示", place.short_name))
        .at_venue(bureau.name.clone())
        .in_county(&bureau.division_code);
    layout.supervision_phone = phone_of(Some(&bureau));
    page(&VenuePage {
        layout,
        bureau,
        place,
        days: duties,
        today,
        range: format!("{}至{}", short_date(first), short_date(last)),
        posted_on,
    })
}
