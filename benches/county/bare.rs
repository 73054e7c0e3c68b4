//! The controls of the pages: one query, one table, no session, no frame. They show the
//! same rows with the same columns and formats as the pages they are held against.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use huifa::web::filters;
use sqlx::{FromRow, PgPool};

/// The controls share this.
#[derive(Clone, Debug)]
struct Bare {
    pool: PgPool,
    bureau: i64,
}

/// The bare pages of one bureau.
pub(crate) fn router(pool: PgPool, bureau: i64) -> Router {
    Router::new()
        .route("/empty", get(|| async { Html("<!doctype html><title>空</title>") }))
        .route("/consultations", get(consultations))
        .route("/roster", get(roster))
        .route("/attendance", get(attendance))
        .route("/posting", get(posting))
        .with_state(Bare { pool, bureau })
}

type Answer = Result<Html<String>, StatusCode>;

fn drawn(page: &impl Template) -> Answer {
    page.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn failed(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

#[derive(FromRow)]
struct Consultation {
    id: i64,
    number: String,
    started_at: DateTime<Utc>,
    venue: String,
    person: String,
    client_name: String,
    phone_mask: String,
    channel: String,
    topic: String,
    satisfaction: String,
    review: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<table>{% for row in rows %}<tr><th><a href="/consultations/{{ row.id }}">{{ row.number }}</a></th><td>{{ row.started_at|short_moment }}</td><td>{{ row.venue }}</td><td>{{ row.person }}</td><td>{{ row.client_name }}</td><td>{{ row.phone_mask }}</td><td>{{ row.channel }}</td><td>{{ row.topic }}</td><td>{{ row.satisfaction }}</td><td>{{ row.review }}</td></tr>{% endfor %}</table>"#
)]
struct ConsultationsPage {
    rows: Vec<Consultation>,
}

async fn consultations(State(bare): State<Bare>) -> Answer {
    let rows = sqlx::query_as(
        "select c.id, c.number, c.started_at, v.short_name as venue, p.name as person, c.client_name, c.phone_mask, c.channel,
                c.topic, c.satisfaction, c.review
         from consultations c join venues v on v.id = c.venue_id join persons p on p.id = c.person_id
         where c.bureau_id = $1 order by c.started_at desc, c.id desc limit 50",
    )
    .bind(bare.bureau)
    .fetch_all(&bare.pool)
    .await
    .map_err(failed)?;
    drawn(&ConsultationsPage { rows })
}

#[derive(FromRow)]
struct Duty {
    id: i64,
    duty_on: NaiveDate,
    starts_at: NaiveTime,
    ends_at: NaiveTime,
    venue: String,
    person: String,
    category: String,
    organisation: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<table>{% for row in rows %}<tr><th><a href="/shifts/{{ row.id }}">{{ row.duty_on|day }}</a></th><td>{{ row.starts_at|clock_time }}–{{ row.ends_at|clock_time }}</td><td>{{ row.venue }}</td><td>{{ row.person }}</td><td>{{ row.category }}</td><td>{{ row.organisation }}</td></tr>{% endfor %}</table>"#
)]
struct DutiesPage {
    rows: Vec<Duty>,
}

async fn duties(bare: &Bare, from: (i32, u32, u32), to: (i32, u32, u32)) -> Answer {
    let day = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
    let rows = sqlx::query_as(
        "select s.id, s.duty_on, s.starts_at, s.ends_at, v.short_name as venue, p.name as person, p.category, p.organisation
         from shifts s join venues v on v.id = s.venue_id join persons p on p.id = s.person_id
         where s.bureau_id = $1 and s.duty_on between $2 and $3 order by v.sort, v.id, s.duty_on, s.starts_at, s.id",
    )
    .bind(bare.bureau)
    .bind(day(from))
    .bind(day(to))
    .fetch_all(&bare.pool)
    .await
    .map_err(failed)?;
    drawn(&DutiesPage { rows })
}

async fn roster(State(bare): State<Bare>) -> Answer {
    duties(&bare, (2024, 7, 1), (2024, 7, 31)).await
}

async fn posting(State(bare): State<Bare>) -> Answer {
    duties(&bare, (2024, 12, 30), (2025, 1, 5)).await
}

#[derive(FromRow)]
struct Attendance {
    id: i64,
    duty_on: NaiveDate,
    starts_at: NaiveTime,
    ends_at: NaiveTime,
    venue: String,
    person: String,
    signed_in_at: Option<DateTime<Utc>>,
    signed_out_at: Option<DateTime<Utc>>,
    late_minutes: Option<i32>,
    early_minutes: Option<i32>,
    remark: Option<String>,
    consultations: i64,
    open_findings: i64,
    open_corrections: i64,
}

impl Attendance {
    fn minutes(&self) -> (i32, i32) {
        (self.late_minutes.unwrap_or_default(), self.early_minutes.unwrap_or_default())
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<table>{% for row in rows %}<tr><th><a href="/attendance/shifts/{{ row.id }}">{{ row.duty_on|day }}</a></th><td>{{ row.venue }}</td><td>{{ row.person }}</td><td>{{ row.starts_at|clock_time }}–{{ row.ends_at|clock_time }}</td><td>{% if let Some(at) = row.signed_in_at %}{{ at|moment_time }}{% endif %}</td><td>{% if let Some(at) = row.signed_out_at %}{{ at|moment_time }}{% endif %}</td><td>{{ row.minutes().0 }}</td><td>{{ row.minutes().1 }}</td><td>{{ row.consultations }}</td><td>{% if let Some(remark) = row.remark %}{{ remark }}{% endif %}{% if row.open_findings + row.open_corrections > 0 %}!{% endif %}</td></tr>{% endfor %}</table>"#
)]
struct AttendancePage {
    rows: Vec<Attendance>,
}

async fn attendance(State(bare): State<Bare>) -> Answer {
    let rows = sqlx::query_as(
        "select s.id, s.duty_on, s.starts_at, s.ends_at, v.short_name as venue, p.name as person, a.signed_in_at,
                a.signed_out_at, a.late_minutes, a.early_minutes, a.remark,
                (select count(*) from consultations c where c.shift_id = s.id) as consultations,
                (select count(*) from findings f where f.shift_id = s.id and f.status in ('proposed', 'told', 'objected')) as open_findings,
                (select count(*) from attendance_corrections k where k.shift_id = s.id and k.status = 'asked') as open_corrections
         from shifts s join venues v on v.id = s.venue_id join persons p on p.id = s.person_id
         left join attendances a on a.shift_id = s.id
         where s.bureau_id = $1 and s.month = '2024-07-01' order by s.duty_on, s.id limit 100",
    )
    .bind(bare.bureau)
    .fetch_all(&bare.pool)
    .await
    .map_err(failed)?;
    drawn(&AttendancePage { rows })
}
