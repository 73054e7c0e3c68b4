//! Draws cases for review, takes results, and notes what was mended.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use super::db::{self, Outcome, ReviewRow};
use super::rules::{self, Indicator, Kind, Level, Veto};
use crate::audit::Audit;
use crate::cases::documents::Kind as DocumentKind;
use crate::cases::documents::forms::{Sheet, signed};
use crate::cases::life::papers;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::chinese_date;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// How cases are chosen.
#[derive(Clone, Debug)]
pub enum Choice {
    /// By lot.
    Lot(usize),
    /// These, for this reason.
    Picked(Vec<String>, String),
}

/// Chooses cases for a reviewer; those in which the reviewer had a part are left out of the
/// lot, and refused when they are picked.
///
/// # Errors
/// [`AppError::Refused`] where nothing can be reviewed by this reviewer.
pub async fn draw(
    work: &mut Work,
    scope: Scope,
    kind: Kind,
    reviewer: i64,
    choice: &Choice,
) -> Result<usize, AppError> {
    let bureau = scope.bureau();
    let known = db::reviewers(work.conn(), bureau).await?;
    let Some((_, name, fits)) = known.iter().find(|(id, ..)| *id == reviewer) else {
        return Err(AppError::refused("请选择评查人。"));
    };
    if fits != kind.code() {
        return Err(AppError::refused(format!(
            "{name}不能做{}：行政评查由司法局经办人，同行评估由承办人。",
            kind.label()
        )));
    }
    let (by, at) = (work.actor.account_id, work.now);
    let (cases, chosen) = match choice {
        Choice::Lot(count) => {
            let mut free = Vec::new();
            for case in db::unreviewed(work.conn(), bureau, kind.code()).await? {
                if !db::involved(work.conn(), case, reviewer).await? {
                    free.push(case);
                }
            }
            let seed = uuid::Uuid::new_v4().simple().to_string();
            (rules::draw(&seed, free, *count), format!("随机抽取，种子{seed}"))
        }
        Choice::Picked(numbers, reason) => {
            let mut cases = Vec::new();
            for number in numbers {
                let case = db::by_number(work.conn(), bureau, number).await?;
                let case = case.ok_or_else(|| AppError::refused(format!("没有已同意结案的案件{number}。")))?;
                if db::involved(work.conn(), case, reviewer).await? {
                    return Err(AppError::refused(format!("{name}参与过{number}或者与承办人同一单位，应当回避。")));
                }
                cases.push(case);
            }
            (cases, format!("指定：{reason}"))
        }
    };
    if cases.is_empty() {
        return Err(AppError::refused("没有可以评查的案件：都已评查，或者评查人应当回避。"));
    }
    for case in &cases {
        db::insert(work.conn(), bureau, *case, kind.code(), &chosen, reviewer, by, at).await?;
    }
    work.audit(
        Audit::new("case.draw_quality", "case", format!("{}件", cases.len()))
            .after(json!({ "cases": cases, "kind": kind, "reviewer": reviewer }))
            .note(chosen),
    )
    .await?;
    Ok(cases.len())
}

/// A review that this account has to do or that is about its case.
async fn find(work: &mut Work, scope: Scope, id: i64) -> Result<ReviewRow, AppError> {
    let viewer = work.actor.account_id;
    let row = db::reviews(work.conn(), scope.bureau(), viewer, None, Some(id)).await?.into_iter().next();
    row.ok_or(AppError::NotFound)
}

/// What a reviewer found.
#[derive(Clone, Debug)]
pub struct NewResult {
    /// Each indicator's score.
    pub scores: BTreeMap<Indicator, i32>,
    /// 一票否决.
    pub veto: Option<Veto>,
    /// 问题.
    pub faults: String,
    /// 整改期限.
    pub mend_until: Option<NaiveDate>,
}

/// Takes a result.
///
/// # Errors
/// [`AppError::NotFound`] for another's review; [`AppError::Refused`] for one that is done, or
/// by somebody who had a part in the case.
pub async fn finish(work: &mut Work, scope: Scope, id: i64, new: &NewResult) -> Result<Level, AppError> {
    let review = find(work, scope, id).await?;
    if review.reviewer_id != work.actor.account_id {
        return Err(AppError::NotFound);
    }
    let me = work.actor.account_id;
    if db::involved(work.conn(), review.case_id, me).await? {
        return Err(AppError::refused("您参与过本案或者与承办人同一单位，应当回避，请退回另行安排。"));
    }
    let total = rules::total(&new.scores).map_err(|(_, message)| AppError::Unusable(message))?;
    let level = rules::level(total, new.veto);
    if level == Level::Fail && new.faults.is_empty() {
        return Err(AppError::refused("评为不合格的，须写明问题。"));
    }
    let scores: BTreeMap<&str, i32> = new.scores.iter().map(|(indicator, score)| (indicator.code(), *score)).collect();
    let scores = json!(scores);
    let on = work.today();
    let outcome = Outcome {
        scores: &scores,
        total,
        veto: new.veto.map_or("", |veto| veto.code()),
        faults: &new.faults,
        mend_until: new.mend_until,
        on,
    };
    let by = work.actor.account_id;
    if !db::finish(work.conn(), scope.bureau(), id, by, &outcome).await? {
        return Err(AppError::refused("这份评查已经提交，不能再改。"));
    }
    let table = score_sheet(&review, new, total, level, &work.actor.signature(), on);
    papers::keep(work, scope.bureau(), review.case_id, DocumentKind::QualityReview, &table).await?;
    work.audit(Audit::new("case.quality", "case", review.case_id).after(json!({ "total": total, "level": level })))
        .await?;
    Ok(level)
}

/// 案件质量评查表 as printed.
fn score_sheet(review: &ReviewRow, new: &NewResult, total: i32, level: Level, reviewer: &str, on: NaiveDate) -> Sheet {
    let row = |label: &str, value: String| (label.to_owned(), value);
    let kind = Kind::from_code(&review.kind).map_or("", |kind| kind.label());
    let mut rows = vec![
        row("案号", review.number.clone()),
        row("案由", review.cause.clone()),
        row("承办单位和承办人", format!("{} {}", review.firm, review.handler)),
        row("评查类型", kind.to_owned()),
        row("抽取方式", review.chosen.clone()),
    ];
    rows.extend(new.scores.iter().map(|(indicator, score)| {
        row(&format!("{}（满分{}）", indicator.label(), indicator.weight()), format!("{score}分"))
    }));
    rows.push(row("一票否决", new.veto.map_or("没有", |veto| veto.label()).to_owned()));
    rows.push(row("总分和等级", format!("{total}分，{}", level.label())));
    rows.push(row("问题", if new.faults.is_empty() { "没有发现问题".to_owned() } else { new.faults.clone() }));
    rows.push(row("整改期限", new.mend_until.map_or_else(|| "不需要整改".to_owned(), chinese_date)));
    rows.push(row("评查人、日期", signed(reviewer, on)));
    Sheet {
        title: DocumentKind::QualityReview.label().to_owned(),
        rows,
        signs: vec!["评查人".to_owned(), "承办人（知悉）".to_owned()],
        date: chinese_date(on),
        ..Sheet::default()
    }
}

/// The handler says what was mended.
pub(super) async fn mend(work: &mut Work, scope: Scope, id: i64, note: &str) -> Result<(), AppError> {
    let (on, by) = (work.today(), work.actor.account_id);
    if !db::mend(work.conn(), scope.bureau(), id, by, on, note).await? {
        return Err(AppError::refused("没有要整改的问题，或者已经提交过整改情况。"));
    }
    work.audit(Audit::new("case.mend", "case_quality", id).note(note)).await
}
