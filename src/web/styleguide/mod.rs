//! Every component in every state, and four pages as they should look, filled
//! with invented people: what the authors of pages compare theirs with, and what
//! is looked at in a browser after a change of the style sheets.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _};

use super::Answer;
use super::chart::{Chart, Meter};
use super::form_errors::Errors;
use super::layout::Layout;
use super::parts::{Event, ExplainLine, Matrix, MonthGrid, Pager, Step};
use super::routes::{Access, Routes};
use crate::error::AppError;
use crate::state::AppState;

mod examples;

use examples::{components, dashboard, posting, roster, settlement};

/// All components, as templates/styleguide/components.html.
#[derive(Debug, Template)]
#[template(path = "styleguide/components.html")]
pub struct ComponentsPage {
    /// The frame.
    pub layout: Layout,
    /// The errors of the wrong form.
    pub errors: Errors,
    /// No errors.
    pub none: Errors,
    /// Options of (code, words).
    pub categories: Vec<(String, String)>,
    /// Ticked codes.
    pub ticked: Vec<String>,
    /// The way of an approval, under way.
    pub steps: Vec<Step>,
    /// The way of an approval, sent back.
    pub refused: Vec<Step>,
    /// What happened.
    pub events: Vec<Event>,
    /// The way to other pages.
    pub pager: Pager,
    /// A month of one venue.
    pub grid: MonthGrid,
}

/// The roster of a month, as templates/styleguide/roster.html.
#[derive(Debug, Template)]
#[template(path = "styleguide/roster.html")]
pub struct RosterPage {
    /// The frame.
    pub layout: Layout,
    /// Venues against days.
    pub matrix: Matrix,
    /// The way of the approval.
    pub steps: Vec<Step>,
}

/// The settlement of one person, as templates/styleguide/settlement.html.
#[derive(Debug, Template)]
#[template(path = "styleguide/settlement.html")]
pub struct SettlementPage {
    /// The frame.
    pub layout: Layout,
    /// The shifts.
    pub shifts: Vec<ShiftLine>,
    /// How the month's amount came about.
    pub lines: Vec<ExplainLine>,
    /// The way of the approval.
    pub steps: Vec<Step>,
}

/// A shift with its amounts.
#[derive(Debug)]
pub struct ShiftLine {
    /// 「5月8日 星期三」.
    pub date: String,
    /// The venue.
    pub venue: &'static str,
    /// In and out.
    pub times: &'static str,
    /// The base amount.
    pub base: &'static str,
    /// What was deducted.
    pub deducted: &'static str,
    /// What is paid.
    pub paid: &'static str,
    /// Kind and words of the remark; empty words for none.
    pub remark: (&'static str, &'static str),
}

/// The public posting of a week, as templates/styleguide/posting.html.
#[derive(Debug, Template)]
#[template(path = "styleguide/posting.html")]
pub struct PostingPage {
    /// The frame.
    pub layout: Layout,
    /// Venue, day, hours, name, category and unit, telephone.
    pub rows: Vec<[String; 6]>,
}

impl PostingPage {
    /// The spans of time of a day, each to be kept whole.
    pub fn spans<'a>(&self, hours: &'a str) -> impl Iterator<Item = &'a str> {
        hours.split('\u{3000}')
    }
}

/// What the leaders look at, as templates/styleguide/dashboard.html.
#[derive(Debug, Template)]
#[template(path = "styleguide/dashboard.html")]
pub struct DashboardPage {
    /// The frame.
    pub layout: Layout,
    /// 8,600 and 290.
    pub meters: Vec<Meter>,
    /// Consultations month by month.
    pub months: Chart,
    /// Cases so far against the plan.
    pub cases: Chart,
    /// Venues compared.
    pub venues: Vec<Meter>,
}

/// The pages of the guide: name in the address, words in the navigation.
const PAGES: [(&str, &str); 5] = [
    ("components", "组件与状态"),
    ("roster", "排班"),
    ("settlement", "月结"),
    ("posting", "值班公示"),
    ("dashboard", "进度总览"),
];

/// The addresses of the guide. They exist in a demonstration only.
pub fn routes(state: &AppState) -> Routes {
    Routes::new(state).get("/styleguide", Access::Public, first).get("/styleguide/{name}", Access::Public, named)
}

async fn first(State(state): State<AppState>) -> Answer {
    show(&state, "components")
}

async fn named(State(state): State<AppState>, Path(name): Path<String>) -> Answer {
    show(&state, &name)
}

fn show(state: &AppState, name: &str) -> Answer {
    match rendered(name) {
        Some(html) if state.demonstration => Ok(Html(html?).into_response()),
        _ => Err(AppError::NotFound),
    }
}

fn rendered(name: &str) -> Option<askama::Result<String>> {
    Some(match name {
        "components" => components().render(),
        "roster" => roster().render(),
        "settlement" => settlement().render(),
        "posting" => posting().render(),
        "dashboard" => dashboard().render(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With HUIFA_STYLEGUIDE set to a folder, leaves the pages there to be looked at.
    #[test]
    fn every_component_renders_without_inline_style_or_script() {
        for (name, _) in PAGES {
            let html = rendered(name).unwrap().unwrap();
            for forbidden in [" style=", "<style", " onclick=", "javascript:", "data:image"] {
                assert!(!html.contains(forbidden), "{name} contains {forbidden}");
            }
            assert_eq!(html.matches("<h1").count(), 1, "{name} has one h1");
            if let Ok(folder) = std::env::var("HUIFA_STYLEGUIDE") {
                let html = regexless_local(&html);
                std::fs::write(format!("{folder}/{name}.html"), html).unwrap();
            }
        }
    }

    /// The hashed addresses as files that lie beside the page.
    fn regexless_local(html: &str) -> String {
        let mut html = html.to_owned();
        for name in ["huifa.css", "parts.css", "print.css", "huifa.js", "mark.svg", "favicon.svg"] {
            html = html.replace(super::super::assets::asset(name), &format!("static/{name}"));
        }
        html
    }
}
