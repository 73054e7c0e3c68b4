//! The audit trail as a file, for the audit administrator alone. The file ends with the
//! head of the chain: kept outside, it shows later that nothing before it was rewritten.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;

use super::{audit_words, db};
use crate::audit::chain;
use crate::plan::time::{SHANGHAI, at};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::terms::Term;
use crate::web::{Answer, csv};

/// How many records one file holds; older ones follow with `before`.
const MOST: i64 = 20_000;

/// What is asked for of the trail, on its page and in its file.
#[derive(Debug, Deserialize)]
pub(super) struct AuditQuery {
    pub(super) before: Option<i64>,
    #[serde(default)]
    pub(super) search: String,
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
}

impl AuditQuery {
    /// The part of the trail; days are Shanghai's, the last one included. A day that is none is left out.
    pub(super) fn part(&self, text: &str) -> db::AuditPart {
        let start = |day: NaiveDate| at(day, NaiveTime::MIN);
        let search: String = text.chars().take(50).collect();
        db::AuditPart {
            before: self.before,
            actions: audit_words::actions_named(&search),
            search,
            from: self.from.parse().ok().map(start),
            until: self.to.parse().ok().and_then(|day: NaiveDate| day.succ_opt()).map(start),
        }
    }
}

pub(super) async fn export(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    Query(query): Query<AuditQuery>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let part = query.part(&Term::read(&state, &actor, &query.search)?.text);
    let records = db::audit_records(&mut conn, scope.bureau(), &part, MOST).await?;
    let head = chain::head(&mut conn).await?;
    drop(conn);
    let mut file = String::from("\u{feff}");
    csv::row(&mut file, ["编号", "时间", "谁", "来自", "事项", "对象", "对象编号", "说明", "改前", "改后"]);
    for record in &records {
        let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        csv::row(
            &mut file,
            [
                record.id.to_string().as_str(),
                &record.at.with_timezone(&SHANGHAI).format("%Y-%m-%d %H:%M:%S").to_string(),
                &record.actor,
                &record.address,
                audit_words::action(&record.action),
                audit_words::subject(&record.subject),
                &record.subject_id,
                &record.note,
                &json(&record.before),
                &json(&record.after),
            ],
        );
    }
    if let Some(head) = head {
        csv::row(&mut file, ["链头", &head.position.to_string(), &head.digest]);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"huifa-audit.csv\""),
    ];
    Ok((headers, file).into_response())
}
