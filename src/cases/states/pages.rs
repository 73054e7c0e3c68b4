//! The table of states and steps as a page, drawn from the table itself.

use askama::Template;

use super::rules::{Row, State, TABLE};
use super::wordings::Wording;
use crate::cases::clocks::Clock;
use crate::plan::dictionary::Dictionary as _;
use crate::web::Answer;
use crate::web::layout::{Layout, page};

#[derive(Template)]
#[template(path = "cases/states.html")]
struct TablePage {
    layout: Layout,
}

impl TablePage {
    fn rows(&self) -> &'static [Row] {
        TABLE
    }

    fn states(&self) -> &'static [State] {
        State::ALL
    }

    fn clocks(&self) -> &'static [Clock] {
        Clock::ALL
    }

    fn wordings(&self) -> &'static [Wording] {
        Wording::ALL
    }
}

pub(in crate::cases) async fn table(layout: Layout) -> Answer {
    page(&TablePage { layout: layout.titled("案件状态和步骤").crumb("案件台账", "/cases") })
}
