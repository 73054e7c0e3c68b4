//! The page of finding.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use serde::Deserialize;

use super::db::{self, Sight, Thing};
use crate::cases::life::dossier::Viewer;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Actor;
use crate::web::layout::{self, Layout, page};
use crate::web::permissions::Action;
use crate::web::terms::Term;

/// Fewer letters find too much.
const FEWEST_LETTERS: usize = 2;
/// More letters find nothing more.
const MOST_LETTERS: usize = 40;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FindQuery {
    q: String,
}

/// One line of the answer.
struct Found {
    title: String,
    detail: String,
    href: String,
    keys: &'static str,
}

/// Lines of one kind.
struct Group {
    label: &'static str,
    lines: Vec<Found>,
    /// There are others.
    cut: bool,
}

#[derive(Template)]
#[template(path = "find/find.html")]
struct FindPage {
    layout: Layout,
    q: String,
    groups: Vec<Group>,
}

pub(super) async fn find(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    Query(query): Query<FindQuery>,
) -> Answer {
    let asked = Term::read(&state, &actor, &query.q)?.text;
    let q: String = asked.trim().chars().take(MOST_LETTERS).collect();
    let mut groups = vec![Group { label: "页面", lines: places(&layout, &actor, &q), cut: false }];
    let mut cut = Vec::new();
    // A single Chinese character is a surname; a single letter or digit is half of all there is.
    let is_telling = q.chars().count() >= FEWEST_LETTERS || !q.is_ascii();
    if is_telling {
        let sight = Sight {
            people: actor.may(Action::ReadPeople),
            cases: actor.may(Action::ReadCases),
            consultations: actor.may(Action::ReadConsultations),
            accounts: actor.may(Action::ReadAccounts),
            // A person sees own shifts, not a venue's month.
            venues: actor.may(Action::ReadRoster).filter(|scope| scope.person().is_none()),
        };
        let mut conn = state.pool.acquire().await?;
        let things = db::things(&mut conn, actor.bureau_id, sight, Viewer::of(&actor), &q).await?;
        let month = Month::of(state.clock.today());
        for (kind, label) in [
            ("person", "值班人员"),
            ("venue", "服务点"),
            ("case", "案件"),
            ("consultation", "咨询记录"),
            ("account", "账号"),
        ] {
            let of_kind = things.iter().filter(|thing| thing.kind == kind).map(|thing| line(thing, month));
            let mut lines: Vec<Found> = of_kind.collect();
            let is_cut = lines.len() > usize::from(db::MOST);
            lines.truncate(usize::from(db::MOST));
            if is_cut {
                cut.push(kind);
            }
            groups.push(Group { label, lines, cut: is_cut });
        }
        let lines = lists(&actor, &q, &Term::typed(&state, &actor, &q)?, &cut);
        groups.push(Group { label: "在列表中查找", lines, cut: false });
    }
    groups.retain(|group| !group.lines.is_empty());
    page(&FindPage { layout: layout.titled("查找"), q, groups })
}

/// The pages and errands whose name or pinyin fits.
fn places(layout: &Layout, actor: &Actor, q: &str) -> Vec<Found> {
    let letters = q.to_lowercase();
    let nav = layout.nav.iter().flat_map(|group| group.items.iter().map(|item| (item.clone(), group.label.clone())));
    nav.chain(layout::errands(actor).into_iter().map(|item| (item, String::new())))
        .filter(|(item, _)| {
            item.label.contains(q) || item.keys.split(' ').any(|key| !letters.is_empty() && key.starts_with(&letters))
        })
        .map(|(item, group)| Found { title: item.label, detail: group, href: item.href, keys: item.keys })
        .collect()
}

fn line(thing: &Thing, month: Month) -> Found {
    let href = match thing.kind.as_str() {
        "person" => format!("/people/{}", thing.id),
        "case" => format!("/cases/{}", thing.id),
        "consultation" => format!("/consultations/{}", thing.id),
        "account" => format!("/accounts/{}", thing.id),
        _ => format!("/roster/{month}/venues/{}", thing.id),
    };
    Found { title: thing.title.clone(), detail: thing.detail.clone(), href, keys: "" }
}

/// The lists that can be asked for the same letters: those of other fields, and those of the kinds of which not all is shown.
fn lists(actor: &Actor, q: &str, term: &Term, cut: &[&str]) -> Vec<Found> {
    let asked = |path: &str, field: &str| {
        serde_html_form::to_string([(field, &term.sealed)])
            .map_or_else(|_| path.to_owned(), |text| format!("{path}?{text}"))
    };
    let cut = [
        ("person", "值班人员库", "/people", "search", Action::ReadPeople),
        ("case", "案件台账", "/cases", "q", Action::ReadCases),
        ("account", "账号", "/accounts", "q", Action::ReadAccounts),
    ]
    .into_iter()
    .filter(|(kind, ..)| cut.contains(kind))
    .map(|(_, label, path, field, action)| (label, path, field, action));
    cut.chain([
        ("咨询记录", "/consultations", "q", Action::ReadConsultations),
        ("扣款事项", "/findings", "person", Action::ReadFindings),
        ("审计记录", "/audit", "search", Action::ReadAudit),
    ])
    // A person's own findings are not searched by name.
    .filter(|(_, path, _, action)| {
        actor.may(*action).is_some_and(|scope| scope.person().is_none() || *path != "/findings")
    })
    .map(|(label, path, field, _)| Found {
        title: format!("在{label}中查找“{q}”"),
        detail: String::new(),
        href: asked(path, field),
        keys: "",
    })
    .collect()
}
