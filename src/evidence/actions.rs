//! Makes an archive and sends it.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::db::{self, Item, Names};
use super::pack::{self, Cover, File, Section};
use super::pages::{Asked, FormPage};
use super::{Extent, sections};
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::money::half_width;
use crate::plan::month::Month;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again};
use crate::web::posted::Posted;
use crate::web::work::Work;

/// The longest period, in months: an audit looks at years one by one.
const LONGEST: i32 = 12;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Reads what was asked for; what is wrong stands beside its field.
fn read(asked: &Asked, bureau: i64, errors: &mut Errors) -> Option<Extent> {
    let mut month = |field: &str, label: &str, typed: &str| {
        let read = half_width(typed.trim()).parse::<Month>().ok();
        if read.is_none() {
            errors.add(field, format!("请填写{label}，例如2024-05"));
        }
        read
    };
    let (from, to) = (month("from", "起始月份", &asked.from), month("to", "截止月份", &asked.to));
    if let (Some(from), Some(to)) = (from, to) {
        if to < from {
            errors.add("to", "截止月份不能早于起始月份");
        } else if months_between(from, to) > LONGEST {
            errors.add("to", format!("一份材料最多{LONGEST}个月，请分年生成"));
        }
    }
    let mut chosen = |field: &str, label: &str, typed: &str| match typed.trim() {
        "" => None,
        typed => {
            let id = typed.parse::<i64>().ok();
            if id.is_none() {
                errors.add(field, format!("请从列表中选择{label}"));
            }
            id
        }
    };
    let (venue, person) = (chosen("venue", "服务点", &asked.venue), chosen("person", "值班人员", &asked.person));
    let reason = asked.reason.trim().chars().count();
    if reason < 4 {
        errors.add("reason", "请写明用途，至少4个字，例如“配合审计局专项审计”");
    } else if reason > LONGEST_REASON {
        errors.add("reason", format!("用途最多{LONGEST_REASON}个字，现在有{reason}个字"));
    }
    Some(Extent { bureau, from: from?, to: to?, venue, person }).filter(|_| errors.is_empty())
}

fn months_between(from: Month, to: Month) -> i32 {
    let number = |month: Month| month.year() * 12 + i32::try_from(month.month()).unwrap_or_default();
    number(to) - number(from) + 1
}

pub(super) async fn make(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<Asked>,
) -> Answer {
    let asked = posted.form;
    let mut errors = Errors::default();
    let Some(extent) = read(&asked, scope.bureau(), &mut errors) else {
        return form_again(&FormPage::load(&state, layout, scope, posted.once, asked, errors).await?);
    };
    // Making the same archive again does no harm and is recorded again: the once-key stays free for it.
    let mut work = Work::unattended(&state, &actor).await?;
    db::one_state(work.conn()).await?;
    let names = db::names(work.conn(), extent).await?;
    if extent.venue.is_some() != names.venue.is_some() || extent.person.is_some() != names.person.is_some() {
        return Err(AppError::NotFound);
    }
    let cover = cover(&work, extent, &names, asked.reason.trim());
    let items = db::items(work.conn(), extent).await?;
    let sections = sections::all(&mut work, extent, &items).await?;
    let bytes =
        tokio::task::spawn_blocking(move || packed(&cover, &sections, &items)).await.map_err(anyhow::Error::from)??;

    let checksum = pack::checksum(&bytes);
    work.audit(
        Audit::new("evidence.export", "evidence", scope.bureau())
            .after(json!({ "from": extent.from, "to": extent.to, "venue": extent.venue, "person": extent.person,
                           "bytes": bytes.len(), "sha256": checksum }))
            .note(format!("{}：{}", about(extent, &names), asked.reason.trim())),
    )
    .await?;
    work.commit().await?;
    Ok(download(extent, bytes))
}

/// 「2024年5月，米山镇……，张三」.
fn about(extent: Extent, names: &Names) -> String {
    let narrowed = [&names.venue, &names.person].into_iter().flatten().map(|name| format!("，{name}"));
    format!("{}{}", extent.period(), narrowed.collect::<String>())
}

fn cover(work: &Work, extent: Extent, names: &Names, reason: &str) -> Cover {
    let venue = names.venue.iter().map(|name| format!("服务点：{name}"));
    let person = names.person.iter().map(|name| format!("值班人员：{name}"));
    Cover {
        bureau: names.bureau.clone(),
        period: extent.period(),
        narrowed: venue.chain(person).collect(),
        reason: reason.to_owned(),
        made_by: work.actor.signature(),
        made_at: work.now.format("%Y年%-m月%-d日 %H:%M:%S").to_string(),
    }
}

fn packed(cover: &Cover, sections: &[Section], items: &[Item]) -> anyhow::Result<Vec<u8>> {
    let frozen = File { name: "data/settlement-items.json".to_owned(), bytes: serde_json::to_vec_pretty(items)? };
    pack::archive(&pack::files(cover, sections, vec![frozen])?)
}

fn download(extent: Extent, bytes: Vec<u8>) -> Response {
    let name = if extent.from == extent.to {
        format!("huifa-evidence-{}.zip", extent.from)
    } else {
        format!("huifa-evidence-{}-{}.zip", extent.from, extent.to)
    };
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from(bytes)).into_response()
}
