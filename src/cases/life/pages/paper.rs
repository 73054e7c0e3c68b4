//! A form or a scan of a case, ready to print.

use askama::Template;
use axum::extract::State;

use super::open;
use crate::cases::documents::forms::{Extra, Sheet};
use crate::cases::life::{handling, papers};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};

#[derive(Template)]
#[template(path = "cases/paper.html")]
struct PaperPage {
    layout: Layout,
    sheet: Sheet,
}

/// A line of the table: one field across, or two short ones beside each other.
type Line<'a> = (&'a (String, String), Option<&'a (String, String)>);

/// So many letters stand beside another field.
const SHORT: usize = 13;

impl PaperPage {
    /// A long table has its short fields in pairs, as the printed forms have.
    fn is_paired(&self) -> bool {
        self.sheet.rows.len() > 12
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let is_short = |(label, value): &(String, String)| label.chars().count() <= 9 && value.chars().count() <= SHORT;
        let mut lines: Vec<Line<'_>> = Vec::new();
        for row in &self.sheet.rows {
            match lines.last_mut() {
                Some((first, second @ None)) if self.is_paired() && is_short(first) && is_short(row) => {
                    *second = Some(row);
                }
                _ => lines.push((row, None)),
            }
        }
        lines
    }
}

pub(in crate::cases) async fn paper(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((id, paper)): InPath<(i64, String)>,
) -> Answer {
    let case = open(&state, &actor, scope, id).await?;
    let layout = layout.crumb("案件台账", "/cases").crumb(case.number.clone(), case.href());
    if paper == "contents" {
        let extra = Extra { on: state.clock.today(), ..Default::default() };
        let sheet = papers::contents_sheet(&case, &extra);
        return page(&PaperPage { layout: layout.titled("卷宗目录"), sheet });
    }
    let paper: i64 = paper.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = state.pool.acquire().await?;
    let found = handling::find_paper(&mut conn, case.id, paper).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    match found.content {
        Some(sheet) => page(&PaperPage { layout: layout.titled(sheet.title.clone()), sheet: sheet.0 }),
        None => handling::give_scan(&state, &found).await,
    }
}
