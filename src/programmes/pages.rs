//! Pages of the programmes.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use sqlx::PgConnection;

use super::db::{self, ProgrammeRow, StoredProgramme};
use super::rules::{differences, year_to_draft};
use crate::error::AppError;
use crate::plan::clause;
use crate::plan::parameters::{Choice, Input, Parameter};
use crate::plan::programme::Programme;
use crate::plan::time::SHANGHAI;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Event;
use crate::web::permissions::Action;
use crate::web::posted::OnceKey;
use crate::web::{Answer, filters};

/// How many revisions the history shows.
const REVISIONS: i64 = 20;

#[derive(Template)]
#[template(path = "programmes/list.html")]
struct ListPage {
    layout: Layout,
    programmes: Vec<ProgrammeRow>,
}

pub(super) async fn list(State(state): State<AppState>, layout: Layout, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let programmes = db::programmes_of(&mut conn, scope.bureau()).await?;
    page(&ListPage { layout: layout.titled("实施方案"), programmes })
}

/// The figures of one clause with its words.
pub(super) struct Section {
    number: &'static str,
    words: Vec<&'static str>,
    rows: Vec<Parameter>,
}

/// The figures of a programme, clause by clause in the order of the plan.
fn sections(programme: &Programme) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for parameter in programme.parameters() {
        match sections.iter_mut().find(|section| section.number == parameter.clause) {
            Some(section) => section.rows.push(parameter),
            None => sections.push(Section { number: parameter.clause, words: Vec::new(), rows: vec![parameter] }),
        }
    }
    sections.sort_by_key(|section| clause::ALL.iter().position(|clause| clause.number == section.number));
    for section in &mut sections {
        section.words = clause::numbered(section.number)
            .map(|clause| clause.text)
            .filter(|text| section.rows.iter().any(|row| !row.quote.is_empty() && text.contains(row.quote)))
            .collect();
    }
    sections
}

/// The programme behind an address.
pub(super) async fn load(conn: &mut PgConnection, scope: Scope, year: i32) -> Result<StoredProgramme, AppError> {
    db::find(conn, scope.bureau(), year).await?.ok_or(AppError::NotFound)
}

#[derive(Template)]
#[template(path = "programmes/one.html")]
struct ProgrammePage {
    layout: Layout,
    once: OnceKey,
    stored: StoredProgramme,
    sections: Vec<Section>,
    history: Vec<Event>,
    may_edit: bool,
    /// The reader may run it over stored months.
    what_if: bool,
    /// The year for which it is copied, and whether that year has a plan already.
    next_year: i32,
    next_exists: bool,
}

impl ProgrammePage {
    /// A draft is tried on the year before it, a plan in force on its own.
    fn what_if_href(&self) -> String {
        let year = self.stored.content.year;
        let past = if self.stored.frozen { year } else { year - 1 };
        format!("/trial/what-if?year={past}&programme={year}")
    }

    fn copy_label(&self) -> String {
        format!("复制为{}年方案", self.next_year)
    }

    fn copy_action(&self) -> String {
        format!("/programmes/{}/copy", self.stored.content.year)
    }
}

pub(super) async fn programme(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let stored = load(&mut conn, scope, year).await?;
    let revisions = db::revisions_of(&mut conn, stored.id, REVISIONS).await?;
    let next_year = year_to_draft(stored.content.year, state.clock.today());
    let next_exists = db::find(&mut conn, scope.bureau(), next_year).await?.is_some();
    let history = revisions
        .iter()
        .enumerate()
        .map(|(place, revision)| {
            let changed: Vec<String> = revisions
                .get(place + 1)
                .map(|before| differences(&before.content, &revision.content))
                .unwrap_or_default()
                .into_iter()
                .map(|changed| format!("{}：{} → {}", changed.label, changed.before, changed.after))
                .collect();
            Event {
                when: revision.made_at.with_timezone(&SHANGHAI).format("%Y年%-m月%-d日 %H:%M").to_string(),
                who: revision.made_by.clone().unwrap_or_else(|| "系统随附".to_owned()),
                what: if revision.revision == 1 {
                    "建立方案（第1版）".to_owned()
                } else {
                    format!("修改为第{}版", revision.revision)
                },
                note: changed.join("\n"),
                kind: "",
            }
        })
        .collect();
    page(&ProgrammePage {
        layout: layout.titled(format!("{}年实施方案", stored.content.year)).crumb("实施方案", "/programmes"),
        once: OnceKey::new(),
        sections: sections(&stored.content),
        history,
        may_edit: actor.may(Action::EditProgramme).is_some(),
        what_if: actor.may_everywhere(Action::ReadSettlement),
        next_exists,
        next_year,
        stored,
    })
}

#[derive(Template)]
#[template(path = "programmes/edit.html")]
pub(super) struct EditPage {
    layout: Layout,
    once: OnceKey,
    year: i32,
    revision: String,
    sections: Vec<Section>,
    typed: BTreeMap<String, String>,
    errors: Errors,
}

impl EditPage {
    pub(super) fn new(layout: Layout, stored: &StoredProgramme) -> EditPage {
        let year = stored.content.year;
        EditPage {
            layout: layout
                .titled(format!("修改{year}年实施方案"))
                .crumb("实施方案", "/programmes")
                .crumb(format!("{year}年"), format!("/programmes/{year}")),
            once: OnceKey::new(),
            year,
            revision: stored.revision.to_string(),
            sections: sections(&stored.content),
            typed: BTreeMap::new(),
            errors: Errors::new(),
        }
    }

    /// The page as it was sent, with what is wrong.
    pub(super) fn again(
        self,
        once: OnceKey,
        revision: String,
        typed: BTreeMap<String, String>,
        errors: Errors,
    ) -> EditPage {
        EditPage { once, revision, typed, errors, ..self }
    }

    fn value<'a>(&'a self, row: &'a Parameter) -> &'a str {
        self.typed.get(&row.key).unwrap_or(&row.raw)
    }

    fn values(&self, row: &Parameter) -> Vec<String> {
        self.value(row).split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
    }

    fn field(row: &Parameter) -> &'static str {
        match row.input {
            Input::Text => "text",
            Input::Date => "date",
            Input::Count { .. } | Input::Decimal => "number",
            Input::Yuan => "money",
            Input::OptionalYuan => "optional-money",
            Input::Switch => "switch",
            Input::Choice(_) => "choice",
            Input::Choices(_) => "choices",
        }
    }

    fn options(row: &Parameter) -> Vec<(&'static str, &'static str)> {
        let pairs = |choices: &[Choice]| choices.iter().map(|choice| (choice.code, choice.label)).collect();
        match &row.input {
            Input::Choice(choices) | Input::Choices(choices) => pairs(choices),
            Input::Switch => vec![("yes", "是"), ("no", "否")],
            Input::Text | Input::Date | Input::Count { .. } | Input::Yuan | Input::OptionalYuan | Input::Decimal => {
                Vec::new()
            }
        }
    }

    /// The unit that stands behind a number: what is left of its value without the digits.
    fn unit(row: &Parameter) -> &str {
        row.value.strip_prefix(row.raw.as_str()).unwrap_or_default()
    }

    fn hint(row: &Parameter) -> &str {
        match &row.reading {
            Some(reading) => reading,
            None if matches!(row.input, Input::OptionalYuan) => "留空表示不发放。",
            None => "",
        }
    }
}

pub(super) async fn edit(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let stored = load(&mut conn, scope, year).await?;
    if stored.frozen {
        return Err(AppError::refused("已有月份按本方案审批，方案不能再改；请复制为下一年度的方案。"));
    }
    page(&EditPage::new(layout, &stored))
}
