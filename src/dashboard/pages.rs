//! Pages of the overview.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use super::rules::{Overview, VenueSum, months_of};
use super::{db, overview as load};
use crate::error::AppError;
use crate::fund::percent;
use crate::plan::money;
use crate::plan::month::Month;
use crate::plan::time::chinese_date;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::chart::{self, Chart, Meter, Series, Target};
use crate::web::layout::{Layout, page};
use crate::web::permissions::Action;
use crate::web::{Answer, filters};

/// Which year is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct YearQuery {
    year: Option<i32>,
}

#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage {
    layout: Layout,
    it: Overview,
    today: NaiveDate,
    /// The year that has begun, where it has no plan and an older one is shown.
    without_plan: Option<i32>,
    may_read_fund: bool,
    may_read_cases: bool,
    consultation_meter: Meter,
    case_meter: Meter,
    consultation_chart: Chart,
    month_chart: Chart,
    case_chart: Chart,
}

impl OverviewPage {
    /// The day and how much of the working year is over.
    fn lede(&self) -> String {
        let as_of = format!("截至{}", chinese_date(self.today));
        match self.it.time_line {
            Some(line) => {
                let share = percent(line.done.into(), line.all.into()).unwrap_or_default();
                format!("{as_of}，全年{}个工作日已过{}个，时间进度{share}。", line.all, line.done)
            }
            None => format!("{as_of}。{}年的工作日历还没有录入，不能计算时间进度。", self.it.year),
        }
    }

    /// The two latest months: 「6月120人次，5月431人次。」
    fn recent(&self) -> String {
        let months: Vec<String> = months_of(self.it.year)
            .enumerate()
            .filter(|(_, month)| month.first() <= self.today)
            .map(|(place, month)| {
                let done: i64 = self.it.venues.iter().filter_map(|venue| venue.months.get(place)).sum();
                format!("{}月{}人次", month.month(), chart::thousands(done))
            })
            .collect();
        let latest: Vec<&str> = months.iter().rev().take(2).map(String::as_str).collect();
        if latest.is_empty() { String::new() } else { format!("{}。", latest.join("，")) }
    }

    fn paid(&self) -> String {
        money::yuan_text(self.it.money.paid())
    }

    fn transferred(&self) -> String {
        money::yuan_text(self.it.money.transferred())
    }

    /// 执行率 = 支出/到位.
    fn rate(&self) -> String {
        percent(self.it.money.paid(), self.it.money.received).unwrap_or_else(|| "—".to_owned())
    }

    /// The venues with the width of their bars, the busiest first.
    fn ranked(&self) -> Vec<(&VenueSum, Meter)> {
        let mut venues: Vec<&VenueSum> = self.it.venues.iter().collect();
        venues.sort_by_key(|venue| std::cmp::Reverse(venue.counted));
        let most = venues.first().map_or(1, |venue| venue.counted).max(1);
        venues
            .into_iter()
            .map(|venue| (venue, chart::meter(venue.name.clone(), "", venue.counted, most, None)))
            .collect()
    }
}

impl Overview {
    /// What the meter of consultations shows.
    pub(crate) fn consultation_meter(&self) -> Meter {
        chart::meter(
            "免费法律咨询",
            "人次",
            self.consultations.done,
            self.consultations.target,
            self.consultations.expected,
        )
    }

    /// What the meter of cases shows.
    pub(crate) fn case_meter(&self) -> Meter {
        chart::meter("特殊群体法律援助案件", "件", self.cases.done, self.cases.target, self.cases.expected)
    }
}

fn line_chart(
    id: &str,
    title: &str,
    unit: &str,
    year: i32,
    points: &[(Option<i64>, Option<i64>)],
    target: i64,
) -> Chart {
    let labels: Vec<String> = months_of(year).map(|month| format!("{}月", month.month())).collect();
    let series = [
        Series { name: "累计完成".to_owned(), kind: "main", values: points.iter().map(|point| point.0).collect() },
        Series { name: "时间进度".to_owned(), kind: "plan", values: points.iter().map(|point| point.1).collect() },
    ];
    let goal = Target { label: format!("全年任务{}", chart::thousands(target)), value: target };
    chart::lines(id, title, unit, &labels, &series, Some(goal))
}

pub(super) async fn overview(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<YearQuery>,
) -> Answer {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let year = query.year.unwrap_or_else(|| today.year());
    let (it, without_plan) = match load(&mut conn, scope.bureau(), year, today).await? {
        Some(it) => (it, None),
        // No plan for this year yet: the last one that there is.
        None if query.year.is_none() => {
            let older = super::default_year(&mut conn, scope.bureau(), today).await?.ok_or(AppError::NotFound)?;
            (load(&mut conn, scope.bureau(), older, today).await?.ok_or(AppError::NotFound)?, Some(year))
        }
        None => return Err(AppError::NotFound),
    };
    let by_month: Vec<(String, Option<i64>)> = months_of(it.year)
        .enumerate()
        .map(|(place, month)| {
            let done: i64 = it.venues.iter().filter_map(|venue| venue.months.get(place)).sum();
            (format!("{}月", month.month()), (month.first() <= today).then_some(done))
        })
        .collect();
    let a_month = it.consultations.target / 12;
    page(&OverviewPage {
        layout: layout.titled(format!("{}年惠民工程进度", it.year)),
        today,
        without_plan,
        may_read_fund: actor.may(Action::ReadFund).is_some(),
        may_read_cases: actor.may(Action::ReadCases).is_some(),
        consultation_meter: it.consultation_meter(),
        case_meter: it.case_meter(),
        consultation_chart: line_chart(
            "consultations",
            "免费法律咨询累计",
            "人次",
            it.year,
            &it.consultation_line,
            it.consultations.target,
        ),
        month_chart: chart::bars(
            "months",
            "免费法律咨询各月",
            "人次",
            &by_month,
            Some(Target { label: format!("月均{}", chart::thousands(a_month)), value: a_month }),
        ),
        case_chart: line_chart("cases", "法律援助案件累计", "件", it.year, &it.case_line, it.cases.target),
        it,
    })
}

#[derive(Template)]
#[template(path = "dashboard/consultations.html")]
struct ConsultationsPage {
    layout: Layout,
    year: i32,
    years: Vec<i32>,
    months: Vec<Month>,
    venues: Vec<VenueSum>,
    totals: Vec<i64>,
    total: i64,
    may_read_records: bool,
    today: NaiveDate,
}

impl ConsultationsPage {
    /// Each month with its figure.
    fn by_month<'a>(&'a self, figures: &'a [i64]) -> impl Iterator<Item = (&'a Month, &'a i64)> {
        self.months.iter().zip(figures)
    }
}

/// The consultations of a year by venue and month: what stands behind the figure.
pub(super) async fn consultations(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<YearQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let years = db::years(&mut conn, scope.bureau()).await?;
    let year = query.year.unwrap_or_else(|| state.clock.today().year());
    if !years.contains(&year) && query.year.is_some() {
        return Err(AppError::NotFound);
    }
    let venues = super::rules::by_venue(&db::sums(&mut conn, scope.bureau(), year).await?, year);
    let totals: Vec<i64> =
        (0..12).map(|place| venues.iter().filter_map(|venue| venue.months.get(place)).sum()).collect();
    page(&ConsultationsPage {
        layout: layout.titled(format!("{year}年各服务点咨询人次")).crumb("进度总览", format!("/dashboard?year={year}")),
        year,
        years,
        months: months_of(year).collect(),
        total: totals.iter().sum(),
        totals,
        venues,
        today: state.clock.today(),
        may_read_records: actor.may(Action::ReadConsultations).is_some(),
    })
}
