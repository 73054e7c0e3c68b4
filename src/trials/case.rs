//! 五(二)2 on trial: what one case pays, from which fund, and by when.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;

use super::asked::{self, Asked};
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::Dictionary;
use crate::plan::money::{parse_amount_not_negative, plain_text, yuan_text};
use crate::plan::programme::Programme;
use crate::programmes;
use crate::state::AppState;
use crate::subsidy::case_payout::{self, CaseFacts, CasePayout};
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::layout::{self, Layout};
use crate::web::{Answer, filters};

type Choices = Vec<(String, String)>;

fn choices<D: Dictionary>() -> Choices {
    D::ALL.iter().map(|value| (value.code().to_owned(), value.label().to_owned())).collect()
}

/// What came out, ready to read.
struct Outcome {
    payout: CasePayout,
    programme: i32,
    revision: i32,
    document_number: String,
}

impl Outcome {
    fn total(&self) -> String {
        yuan_text(self.payout.total)
    }

    fn earmarked(&self) -> String {
        yuan_text(self.payout.earmarked)
    }

    fn operating(&self) -> String {
        yuan_text(self.payout.operating)
    }

    fn blocked(&self) -> &'static str {
        self.payout.blocked.map_or("", |blocked| blocked.label())
    }

    fn programme_case(&self) -> &'static str {
        if self.payout.programme_case { "惠民工程案件" } else { "普通法律援助案件" }
    }

    fn counted(&self) -> String {
        match self.payout.counted_on {
            Some(_) => asked::words(self.payout.counted_on),
            None => "不计入，或尚不具备条件".to_owned(),
        }
    }

    fn due(&self) -> String {
        asked::words(self.payout.due_on)
    }
}

#[derive(Template)]
#[template(path = "trials/case.html")]
struct CasePage {
    layout: Layout,
    errors: Errors,
    asked: Asked,
    year: String,
    local_standard: String,
    groups: Vec<String>,
    years: Choices,
    case_kinds: Choices,
    bases: Choices,
    all_groups: Choices,
    handlers: Choices,
    outcome: Option<Outcome>,
}

impl CasePage {
    fn typed(&self, name: &str, fallback: &str) -> String {
        self.asked.or(name, fallback)
    }

    fn ticked(&self, name: &str) -> bool {
        self.asked.find(name) == Some("yes")
    }
}

pub(super) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    scope: Scope,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Answer {
    let asked = Asked(pairs);
    let mut conn = state.pool.acquire().await?;
    let known = programmes::db::programmes_of(&mut conn, scope.bureau()).await?;
    let calendar = programmes::db::calendar(&mut conn).await?;
    drop(conn);
    let this_year = chrono::Datelike::year(&state.clock.today());
    let usual = known.iter().find(|row| row.year <= this_year).or(known.last()).map_or(this_year, |row| row.year);
    let mut shown = CasePage {
        layout: layout.titled("案件补贴试算").crumb("补贴试算", "/trial"),
        errors: Errors::new(),
        year: asked.or("year", &usual.to_string()),
        local_standard: asked.or("local_standard", ""),
        groups: asked.all("groups"),
        years: known.iter().map(|row| (row.year.to_string(), format!("{}年方案", row.year))).collect(),
        case_kinds: choices::<CaseKind>(),
        bases: choices::<Basis>(),
        all_groups: choices::<SpecialGroup>(),
        handlers: choices::<HandlerCategory>(),
        outcome: None,
        asked,
    };
    if shown.asked.is_empty() {
        return layout::page(&shown);
    }
    let stored = known.into_iter().find(|row| row.year.to_string() == shown.year);
    let facts = read(&mut shown, stored.as_ref().map(|row| &row.content));
    let (Some(facts), Some(stored)) = (facts, stored) else {
        return layout::form_again(&shown);
    };
    shown.outcome = Some(Outcome {
        payout: case_payout::calculate(&stored.content, &calendar, &facts),
        programme: stored.year,
        revision: stored.revision,
        document_number: stored.content.document_number,
    });
    layout::page(&shown)
}

fn chosen<D: Dictionary>(errors: &mut Errors, asked: &Asked, field: &str, sentence: &str) -> Option<D> {
    let value = asked.find(field).and_then(D::from_code);
    if value.is_none() {
        errors.add(field, sentence);
    }
    value
}

/// The facts of what was typed; none leaves its faults on the page.
fn read(shown: &mut CasePage, programme: Option<&Programme>) -> Option<CaseFacts> {
    let asked = &shown.asked;
    let mut errors = Errors::new();
    if programme.is_none() {
        errors.add("year", "请选择方案年度");
    }
    let case_kind: Option<CaseKind> = chosen(&mut errors, asked, "case_kind", "请选择案件类型");
    let basis: Option<Basis> = chosen(&mut errors, asked, "basis", "请选择案件来源");
    let handler: Option<HandlerCategory> = chosen(&mut errors, asked, "handler", "请选择承办人类别");
    let groups: Option<BTreeSet<SpecialGroup>> =
        shown.groups.iter().map(|code| SpecialGroup::from_code(code)).collect();
    if groups.is_none() {
        errors.add("groups", "请从列表中选择");
    }
    // An empty field takes the local standard of the programme.
    let usual = case_kind.and_then(|kind| programme?.local_standards.get(&kind).copied());
    let local_standard = match (shown.local_standard.is_empty(), usual) {
        (true, Some(amount)) => Some(amount),
        (true, None) => {
            if case_kind.is_some_and(CaseKind::is_case) {
                errors.add("local_standard", "请填写当地执行标准");
            }
            Some(rust_decimal::Decimal::ZERO)
        }
        (false, _) => match parse_amount_not_negative(&shown.local_standard) {
            Ok(amount) => Some(amount),
            Err(sentence) => {
                errors.add("local_standard", sentence);
                None
            }
        },
    };
    let place = asked::count(&mut errors, "place", asked.find("place").unwrap_or_default(), 1_000_000);
    let most = programme.map_or(15, |programme| programme.case_extension_days);
    let extension_days =
        asked::count(&mut errors, "extension_days", asked.find("extension_days").unwrap_or_default(), most);
    let closing_agreed_on =
        asked::date(&mut errors, "closing_agreed_on", asked.find("closing_agreed_on").unwrap_or_default());
    let entered_on = asked::date(&mut errors, "entered_on", asked.find("entered_on").unwrap_or_default());
    let facts = CaseFacts {
        case_kind: case_kind.unwrap_or(CaseKind::CivilFirstInstance),
        basis: basis.unwrap_or(Basis::Application),
        groups: groups.unwrap_or_default(),
        handler: handler.unwrap_or(HandlerCategory::Lawyer),
        local_standard: local_standard.unwrap_or_default(),
        place: (place > 0).then_some(place),
        closing_agreed_on,
        entered_on,
        already_paid: asked.find("already_paid") == Some("yes"),
        terminated: asked.find("terminated") == Some("yes"),
        extension_days,
    };
    if errors.is_empty() && programme.is_some_and(|programme| !facts.faults(programme).is_empty()) {
        errors.add("", "填写的内容互相矛盾，不能试算，请核对");
    }
    let sound = errors.is_empty();
    if sound && shown.local_standard.is_empty() {
        shown.local_standard = plain_text(facts.local_standard);
    }
    shown.errors = errors;
    sound.then_some(facts)
}
