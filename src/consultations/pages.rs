//! Pages of service records.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::Query;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use super::db::{self, Consultation, ListFilter, ListRow, ShiftOfRecord};
use super::form::{ConsultationForm, choices};
use super::personal;
use super::record::ClientGender;
use super::service::closed_to_edits;
use crate::error::AppError;
use crate::plan::dictionaries::{
    Channel, Outcome, RecordIrregularity, ReviewResult, Satisfaction, SpecialGroup, Topic,
};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::{SHANGHAI, at, short_date};
use crate::secrets::{mask_name, parse_phone};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::parts::Pager;
use crate::web::permissions::{Action, Reach, reach};
use crate::web::posted::OnceKey;
use crate::web::terms::Term;
use crate::web::{Answer, filters};
/// How far back a shift may lie that is offered for paper forms.
const PAPER_DAYS: u64 = 62;

type Choices = Vec<(&'static str, &'static str)>;

/// The shift that a form names; the page never writes what is no number.
pub(super) fn shift_of(typed: &str) -> Result<i64, AppError> {
    typed.parse().map_err(|_| AppError::NotFound)
}

/// A review's code in words and the kind of its tag.
fn review_tag(code: &str) -> (&'static str, &'static str) {
    match ReviewResult::from_code(code) {
        None => ("quiet", "未复核"),
        Some(ReviewResult::Qualified) => ("ok", ReviewResult::Qualified.label()),
        Some(ReviewResult::Returned) => ("warn", ReviewResult::Returned.label()),
        Some(result @ (ReviewResult::MissingItems | ReviewResult::Irregular)) => ("bad", result.label()),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    month: String,
    venue: String,
    channel: String,
    topic: String,
    review: String,
    q: String,
    shift: String,
    before: String,
}

#[derive(Template)]
#[template(path = "consultations/list.html")]
struct ListPage {
    layout: Layout,
    query: ListQuery,
    /// What was searched for.
    term: String,
    rows: Vec<ListRow>,
    venues: Vec<(String, String)>,
    bureau: bool,
    may_record: bool,
    /// Whether records can be ticked and found in order together.
    ticks: bool,
    pager: Pager,
    none: Errors,
}

impl ListPage {
    fn channels(&self) -> Choices {
        choices::<Channel>()
    }

    fn topics(&self) -> Choices {
        choices::<Topic>()
    }

    fn reviews(&self) -> Choices {
        std::iter::once(("unreviewed", "未复核")).chain(choices::<ReviewResult>()).collect()
    }

    fn filtered(&self) -> bool {
        let query = &self.query;
        [&query.month, &query.venue, &query.channel, &query.topic, &query.review, &query.q, &query.shift]
            .iter()
            .any(|value| !value.is_empty())
    }

    fn client(&self, row: &ListRow) -> String {
        if row.client_name.is_empty() { "拒绝提供".to_owned() } else { mask_name(&row.client_name) }
    }

    fn review(&self, row: &ListRow) -> (&'static str, &'static str) {
        review_tag(&row.review)
    }
}

impl ListQuery {
    fn filter(&self, state: &AppState) -> ListFilter {
        let mut filter = ListFilter::all();
        if let Ok(month) = self.month.parse::<Month>() {
            filter.from = at(month.first(), NaiveTime::MIN);
            filter.until = at(month.next().first(), NaiveTime::MIN);
        }
        if let Some((micros, id)) = self.before.split_once('_')
            && let (Some(moment), Ok(id)) =
                (micros.parse().ok().and_then(DateTime::<Utc>::from_timestamp_micros), id.parse())
        {
            filter.before = (moment, id);
        }
        filter.venue = self.venue.parse().ok();
        filter.shift = self.shift.parse().ok();
        filter.channel = Channel::from_code(&self.channel);
        filter.topic = Topic::from_code(&self.topic);
        filter.review.clone_from(&self.review);
        let typed: String = self.q.trim().chars().take(50).collect();
        // A whole telephone or identity number is found without opening any.
        if typed.chars().count() == 18 && typed.parse::<crate::secrets::IdNumber>().is_ok() {
            filter.indexes = Some(personal::id_number_indexes(&state.seals, &typed));
        } else if let Ok(phone) = parse_phone(&typed) {
            filter.indexes = Some(personal::phone_indexes(&state.seals, &phone));
        } else {
            filter.text = typed;
        }
        filter
    }

    /// The address of this list behind a record.
    fn address(&self, before: Option<String>) -> String {
        let pairs = [
            ("month", self.month.clone()),
            ("venue", self.venue.clone()),
            ("channel", self.channel.clone()),
            ("topic", self.topic.clone()),
            ("review", self.review.clone()),
            ("q", self.q.clone()),
            ("shift", self.shift.clone()),
            ("before", before.unwrap_or_default()),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("/consultations?{}", serde_html_form::to_string(pairs).unwrap_or_default())
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(mut query): Query<ListQuery>,
) -> Answer {
    let Term { text: term, sealed } = Term::read(&state, &actor, &query.q)?;
    let filter = ListQuery { q: term.clone(), ..query.clone() }.filter(&state);
    query.q = sealed;
    let mut conn = state.pool.acquire().await?;
    let mut rows = db::list(&mut conn, scope, &filter, layout.rows.asked()).await?;
    let more = layout.rows.cut(&mut rows);
    let bureau = matches!(scope, Scope::Bureau { .. });
    let venues = if bureau {
        let venues = crate::venues::db::venues_of(&mut conn, scope.bureau()).await?;
        venues.into_iter().map(|venue| (venue.id.to_string(), venue.short_name)).collect()
    } else {
        Vec::new()
    };
    let pager = Pager {
        previous: (!query.before.is_empty()).then(|| query.address(None)),
        next: rows
            .last()
            .filter(|_| more)
            .map(|last| query.address(Some(format!("{}_{}", last.started_at.timestamp_micros(), last.id)))),
        text: format!("本页{}条", rows.len()),
        rows: layout.rows,
    };
    page(&ListPage {
        layout: layout.titled("咨询记录"),
        ticks: query.review == "unreviewed" && actor.may(Action::ReviewConsultations).is_some(),
        rows,
        venues,
        bureau,
        may_record: actor.may(Action::RecordConsultation).is_some(),
        pager,
        query,
        term,
        none: Errors::new(),
    })
}

#[derive(Template)]
#[template(path = "consultations/choose.html")]
struct ChoosePage {
    layout: Layout,
    today: NaiveDate,
    shifts: Vec<ShiftOfRecord>,
    mine: bool,
}

impl ChoosePage {
    fn of_today(&self) -> Vec<&ShiftOfRecord> {
        self.shifts.iter().filter(|shift| shift.duty_on == self.today).collect()
    }

    fn earlier(&self) -> Vec<&ShiftOfRecord> {
        self.shifts.iter().filter(|shift| shift.duty_on < self.today).collect()
    }
}

/// What stands over the form.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    /// What the look-up found.
    pub(super) known: String,
    /// When the draft was kept that is shown.
    pub(super) restored: Option<DateTime<Utc>>,
}

#[derive(Template)]
#[template(path = "consultations/form.html")]
pub(super) struct FormPage {
    layout: Layout,
    once: OnceKey,
    shift: ShiftOfRecord,
    today: NaiveDate,
    form: ConsultationForm,
    errors: Errors,
    notices: Notices,
    /// The stored record that is put right; `None` for a new one.
    stored: Option<Consultation>,
    townships: Vec<String>,
    /// Seals what the browser keeps while the program cannot be reached.
    browser_key: String,
}

impl FormPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        shift: ShiftOfRecord,
        stored: Option<Consultation>,
        once: OnceKey,
        (form, errors, notices): (ConsultationForm, Errors, Notices),
    ) -> Result<FormPage, AppError> {
        let mut conn = state.pool.acquire().await?;
        let bureau_venues = db::townships(&mut conn, shift.venue_id).await?;
        let layout = match &stored {
            None => layout.titled("登记咨询").crumb("咨询记录", "/consultations"),
            Some(stored) => layout
                .titled("修改咨询记录")
                .crumb("咨询记录", "/consultations")
                .crumb(stored.number.clone(), format!("/consultations/{}", stored.id)),
        };
        let account = layout.who.as_ref().map(|who| who.account_id).unwrap_or_default();
        Ok(FormPage {
            browser_key: state.seals.browser_key(account),
            layout: layout.at_venue(shift.venue.clone()),
            once,
            today: state.clock.today(),
            shift,
            form,
            errors,
            notices,
            stored,
            townships: bureau_venues,
        })
    }

    /// Which shift, and how many records it has or which record this is.
    fn lede(&self) -> String {
        let shift = &self.shift;
        let hours = format!("{}–{}", shift.starts_at.format("%H:%M"), shift.ends_at.format("%H:%M"));
        let last = match &self.stored {
            Some(stored) => format!("编号{}", stored.number),
            None => format!("本班次已登记{}人次", shift.consultations),
        };
        format!("{} · {} · {} · {hours} · {last}", short_date(shift.duty_on), shift.venue, shift.person)
    }

    fn action(&self) -> String {
        self.stored
            .as_ref()
            .map_or_else(|| "/consultations".to_owned(), |stored| format!("/consultations/{}/edit", stored.id))
    }

    fn is_from_paper(&self) -> bool {
        self.form.from_paper == "yes"
    }

    fn of_past_day(&self) -> bool {
        self.shift.duty_on < self.today
    }

    fn channels(&self) -> Choices {
        choices::<Channel>()
    }

    fn named_topics(&self) -> Choices {
        topics(true)
    }

    fn other_topics(&self) -> Choices {
        topics(false)
    }

    fn genders(&self) -> Choices {
        choices::<ClientGender>()
    }

    fn groups(&self) -> Choices {
        choices::<SpecialGroup>()
    }

    fn outcomes(&self) -> Choices {
        choices::<Outcome>()
    }

    fn satisfactions(&self) -> Choices {
        choices::<Satisfaction>()
    }

    fn yes_no(&self) -> Choices {
        vec![("no", "否"), ("yes", "是")]
    }

    /// The rarely used fields are folded away unless they hold something.
    fn open_more(&self) -> bool {
        let form = &self.form;
        [&form.id_number, &form.address, &form.sensitive, &form.cause, &form.legal_basis]
            .iter()
            .any(|text| !text.is_empty())
            || ["id_number", "address", "cause", "legal_basis"].iter().any(|field| !self.errors.on(field).is_empty())
            || self.stored.is_some()
    }

    /// What is kept sealed of the stored record and may be made to go.
    fn forgettable(&self) -> Vec<(&'static str, String)> {
        let Some(stored) = &self.stored else { return Vec::new() };
        let mut kept = Vec::new();
        if !stored.phone_mask.is_empty() {
            kept.push(("phone", format!("联系电话 {}", stored.phone_mask)));
        }
        if !stored.id_number_mask.is_empty() {
            kept.push(("id_number", format!("身份证号 {}", stored.id_number_mask)));
        }
        if stored.has_address {
            kept.push(("address", "详细住址".to_owned()));
        }
        kept
    }

    fn phone_hint(&self) -> String {
        match &self.stored {
            Some(stored) if !stored.phone_mask.is_empty() => format!("现为{}；留空表示不改。", stored.phone_mask),
            _ => "来过的人，填号码后按“查找来访人”。".to_owned(),
        }
    }
}

fn topics(named: bool) -> Choices {
    Topic::ALL
        .iter()
        .filter(|topic| topic.named_by_plan() == named)
        .map(|topic| (topic.code(), topic.label()))
        .collect()
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    shift: String,
}

pub(super) async fn new_consultation(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<NewQuery>,
) -> Answer {
    let now = state.clock.now();
    let today = now.date_naive();
    let mut conn = state.pool.acquire().await?;
    if query.shift.is_empty() {
        let from = today.checked_sub_days(Days::new(PAPER_DAYS)).unwrap_or(today);
        let shifts = db::open_shifts(&mut conn, scope, from, today).await?;
        if let [only] = shifts.iter().filter(|shift| shift.duty_on == today).collect::<Vec<_>>().as_slice() {
            return Ok(Redirect::to(&format!("/consultations/new?shift={}", only.id)).into_response());
        }
        let mine = matches!(scope, Scope::Own { .. });
        let layout = layout.titled("登记咨询").crumb("咨询记录", "/consultations");
        return page(&ChoosePage { layout, today, shifts, mine });
    }
    let shift = db::find_shift(&mut conn, scope, shift_of(&query.shift)?).await?.ok_or(AppError::NotFound)?;
    if let Some(reason) = shift.day().closed_to_records(today) {
        return Err(AppError::refused(reason));
    }
    let draft = db::find_draft(&mut conn, actor.account_id, shift.id).await?;
    drop(conn);
    let (form, restored) = draft
        .and_then(|(content, saved_at)| {
            let text = personal::open_draft(&state.seals, actor.account_id, shift.id, &content)?;
            Some((serde_json::from_str::<ConsultationForm>(&text).ok()?, Some(saved_at)))
        })
        .unwrap_or_else(|| (ConsultationForm::fresh(shift.id, shift.duty_on, now), None));
    let shown = (form, Errors::new(), Notices { restored, ..Notices::default() });
    page(&FormPage::load(&state, layout, shift, None, OnceKey::new(), shown).await?)
}

/// A review as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReviewForm {
    pub(super) result: String,
    pub(super) irregularity: String,
    pub(super) note: String,
    pub(super) version: String,
}

#[derive(Template)]
#[template(path = "consultations/one.html")]
pub(super) struct ConsultationPage {
    layout: Layout,
    once: OnceKey,
    record: Consultation,
    may_edit: bool,
    may_review: bool,
    may_reveal: bool,
    may_pass_on: bool,
    may_read_cases: bool,
    form: ReviewForm,
    errors: Errors,
}

impl ConsultationPage {
    pub(super) async fn load(
        state: &AppState,
        layout: Layout,
        actor: &Actor,
        id: i64,
        once: OnceKey,
        (form, errors): (ReviewForm, Errors),
    ) -> Result<ConsultationPage, AppError> {
        let scope = actor.authorise(Action::ReadConsultations)?;
        let mut conn = state.pool.acquire().await?;
        let record = db::find(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
        let may_record = actor.may(Action::RecordConsultation).is_some();
        Ok(ConsultationPage {
            layout: layout.titled(record.number.clone()).crumb("咨询记录", "/consultations"),
            once,
            may_reveal: actor.may(Action::RevealClient).is_some(),
            may_read_cases: actor.may(Action::ReadCases).is_some_and(|scope| scope.person().is_none())
                && reach(actor.role, Action::ReadCases) == Some(Reach::Bureau),
            may_pass_on: record.legal_aid_hint
                && record.case_id.is_none()
                && !record.client_name.is_empty()
                && actor.may(Action::PassOnCases).is_some(),
            may_edit: may_record && closed_to_edits(&record, actor.account_id).is_none(),
            may_review: actor.may(Action::ReviewConsultations).is_some()
                && record.recorded_by != actor.account_id
                && !matches!(review_tag(&record.review).0, "bad"),
            record,
            form,
            errors,
        })
    }

    fn client(&self) -> String {
        if self.record.client_name.is_empty() {
            "拒绝提供身份".to_owned()
        } else if self.record.sensitive {
            mask_name(&self.record.client_name)
        } else {
            self.record.client_name.clone()
        }
    }

    fn gender(&self) -> &'static str {
        ClientGender::from_code(&self.record.gender).map_or("", |gender| gender.label())
    }

    fn birth_year(&self) -> String {
        self.record.birth_year.map(|year| format!("{year}年")).unwrap_or_default()
    }

    fn residence(&self) -> String {
        match (self.record.township.as_str(), self.record.has_address) {
            (township, true) => format!("{township}（详细住址已加密保存）"),
            (township, false) => township.to_owned(),
        }
    }

    fn groups(&self) -> String {
        labels(self.record.groups.iter().map(|group| group.label()))
    }

    fn outcomes(&self) -> String {
        labels(self.record.outcomes.iter().map(|outcome| outcome.label()))
    }

    fn times(&self) -> String {
        let local = |instant: DateTime<Utc>| instant.with_timezone(&SHANGHAI).format("%H:%M").to_string();
        format!("{}–{}", local(self.record.started_at), local(self.record.ended_at))
    }

    fn legal_aid(&self) -> &'static str {
        match (self.record.legal_aid_hint, self.record.told_right) {
            (false, _) => "不符合或不涉及",
            (true, true) => "可能符合，已告知申请权",
            (true, false) => "可能符合，未告知申请权",
        }
    }

    fn first_visit(&self) -> &'static str {
        match self.record.first_visit {
            Some(true) => "是",
            Some(false) => "否",
            None => "",
        }
    }

    fn review(&self) -> (&'static str, &'static str) {
        review_tag(&self.record.review)
    }

    fn note_title(&self) -> &'static str {
        if self.record.review == "unreviewed" { "上次的复核意见" } else { "复核意见" }
    }

    fn results(&self) -> Choices {
        choices::<ReviewResult>()
    }

    fn irregularities(&self) -> Choices {
        choices::<RecordIrregularity>()
    }
}

fn labels<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    labels.collect::<Vec<_>>().join("、")
}

pub(super) async fn consultation(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    InPath(id): InPath<i64>,
) -> Answer {
    let blank = (ReviewForm::default(), Errors::new());
    page(&ConsultationPage::load(&state, layout, &actor, id, OnceKey::new(), blank).await?)
}

pub(super) async fn edit(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let stored = db::find(&mut conn, scope, id).await?.ok_or(AppError::NotFound)?;
    if let Some(reason) = closed_to_edits(&stored, actor.account_id) {
        return Err(AppError::refused(reason));
    }
    let shift = db::find_shift(&mut conn, scope, stored.shift_id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let shown = (ConsultationForm::of(&stored), Errors::new(), Notices::default());
    page(&FormPage::load(&state, layout, shift, Some(stored), OnceKey::new(), shown).await?)
}
