//! What changes a case lived here.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDate;
use serde::Deserialize;

use super::dossier::{self, Viewer};
use super::form::{self, ApplicationForm, Sealed};
use super::handling::{self, PaperForm, RecordForm};
use super::intake;
use super::pages::{ApplicationPage, LifePage, NameForm, StepForm, StepPage, open, row_of};
use super::store::NewClosing;
use super::take::{self, Examination, MoveInput};
use super::{named, papers, scans, store};
use crate::cases::closing::rules::{ClosingWay, Effect, ItemResult};
use crate::cases::documents::rules as document_rules;
use crate::cases::documents::uploads::sniff;
use crate::cases::eligibility::rules::{Means, Refusal, ScopeBasis, TerminationGround};
use crate::cases::states::rules::{Ask, Row};
use crate::cases::states::wordings::Wording;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{self, Layout, form_again, page};
use crate::web::posted::{OnceKey, Posted, PostedFile};
use crate::web::work::Work;
use crate::web::{Answer, typed};

fn stale() -> AppError {
    AppError::refused("页面已过期，请刷新后重新填写。")
}

pub(in crate::cases) async fn begin(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    posted: Posted<ApplicationForm>,
) -> Answer {
    let today = state.clock.today();
    let mut conn = state.pool.acquire().await?;
    let year = posted
        .form
        .received_on
        .parse()
        .map_or_else(|_| chrono::Datelike::year(&today), |on: NaiveDate| chrono::Datelike::year(&on));
    let programme = crate::cases::db::programme_for(&mut conn, scope.bureau(), year).await?;
    // The next stage of a matter takes over what is sealed in the one before.
    let mut carried = intake::Opened::default();
    if let Ok(earlier) = posted.form.stage_of.parse::<i64>() {
        let viewer = Viewer::of(&actor);
        let found = dossier::find(&mut conn, scope.bureau(), viewer, earlier).await?;
        found.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
        if let Some(row) = store::sealed(&mut conn, scope.bureau(), earlier).await? {
            carried = intake::open(&state.seals, &row)?;
        }
    }
    drop(conn);
    let sealed = Sealed { id_number: carried.id_number.is_some(), phone: carried.phone.is_some() };
    let (beginning, mut new) = match form::parse(&posted.form, programme.as_ref(), sealed, today) {
        Ok(parsed) => parsed,
        Err(errors) => {
            return form_again(&ApplicationPage::for_new(layout, today, posted.once, posted.form, errors));
        }
    };
    new.id_number = new.id_number.or(carried.id_number);
    new.phone = new.phone.or(carried.phone);
    if new.address.is_empty() {
        new.address = carried.address.unwrap_or_default();
    }
    if new.domicile.is_empty() {
        new.domicile = carried.domicile.unwrap_or_default();
    }
    if posted.form.is_notice() && new.notice_number != "无" {
        let mut conn = state.pool.acquire().await?;
        if let Some(number) = store::same_notice(&mut conn, scope.bureau(), &new).await? {
            let mut errors = Errors::new();
            errors
                .add("notice_number", format!("这份通知已经登记为{number}（同一函号、同一人、同一阶段），不用再登记"));
            return form_again(&ApplicationPage::for_new(layout, today, posted.once, posted.form, errors));
        }
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let id = intake::begin(&mut work, &state.seals, scope, &beginning, &new).await?;
    let message = match (beginning.draft, posted.form.is_notice()) {
        (true, _) => "已登记。正式申请时补填内容，再点“收到申请”。",
        (false, true) => "通知已登记，请在3日内指派承办人并函告办案机关。",
        (false, false) => "申请已登记，自收到之日起7日内审查决定。",
    };
    Ok(work.finish(&format!("/cases/{id}"), message).await?.into_response())
}

pub(in crate::cases) async fn correct(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ApplicationForm>,
) -> Answer {
    let today = state.clock.today();
    let case = open(&state, &actor, scope, id).await?;
    let version: i32 = posted.form.version.parse().map_err(|_| stale())?;
    let mut conn = state.pool.acquire().await?;
    let year = chrono::Datelike::year(&case.received_on);
    let programme = crate::cases::db::programme_for(&mut conn, scope.bureau(), year).await?;
    drop(conn);
    let it = case.application.as_deref();
    let sealed = Sealed {
        id_number: it.is_some_and(|it| !it.id_number_mask.is_empty()),
        phone: it.is_some_and(|it| !it.phone_mask.is_empty()),
    };
    let asked = ApplicationForm {
        basis: case.basis.code().to_owned(),
        way: case.way.code().to_owned(),
        received_on: case.received_on.to_string(),
        draft: if case.state == crate::cases::states::State::Draft { "yes".to_owned() } else { String::new() },
        ..posted.form.clone()
    };
    let (_, new) = match form::parse(&asked, programme.as_ref(), sealed, today) {
        Ok(parsed) => parsed,
        Err(errors) => {
            return form_again(&ApplicationPage::for_case(layout, today, &case, posted.once, asked, errors));
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    intake::correct(&mut work, &state.seals, scope, case.id, version, &new).await?;
    Ok(work.finish(&case.href(), "申请内容已保存。").await?.into_response())
}

fn count(errors: &mut Errors, field: &str, label: &str, text: &str) -> i32 {
    if text.trim().is_empty() {
        return 0;
    }
    match text.trim().parse::<i32>() {
        Ok(number) if (0..=999).contains(&number) => number,
        _ => {
            errors.add(field, format!("{label}应为0到999的整数"));
            0
        }
    }
}

fn parse_step(
    row: &Row,
    form: &StepForm,
    needed: &[crate::cases::documents::Kind],
    today: NaiveDate,
) -> Result<MoveInput, Errors> {
    let mut errors = Errors::new();
    let mut input =
        MoveInput { on: typed::date_until(&mut errors, "on", "日期", &form.on, today), ..MoveInput::default() };
    input.wording = Wording::from_code(&form.wording).filter(|wording| wording.steps().contains(&row.step));
    let ready = input.wording.map_or("", Wording::text);
    let typed_note = form.note.trim();
    input.note = match (ready, typed_note) {
        ("", note) => note.to_owned(),
        (ready, "") => ready.to_owned(),
        (ready, note) if note.contains(ready) => note.to_owned(),
        (ready, note) => format!("{ready}\n{note}"),
    };
    for ask in row.asks {
        match ask {
            Ask::Note(label) if input.note.is_empty() => errors.add("note", format!("请填写{label}")),
            Ask::Note(_) | Ask::MaybeNote(_) | Ask::Wording => {}
            Ask::Until(label) => {
                input.until = typed::date(&mut errors, "until", label, &form.until);
                if let (Some(until), Some(on)) = (input.until, input.on)
                    && until <= on
                {
                    errors.add("until", format!("{label}应在发出日期之后"));
                }
            }
            Ask::Addressee(label) => {
                input.addressee = typed::line(&mut errors, "addressee", label, &form.addressee, 60);
            }
            Ask::Refusal => {
                input.refusal = Refusal::from_code(&form.refusal);
                if input.refusal.is_none() {
                    errors.add("refusal", "请选择不予的理由");
                }
            }
            Ask::Ground => {
                input.ground = TerminationGround::from_code(&form.ground);
                if input.ground.is_none() {
                    errors.add("ground", "请选择终止的情形");
                }
            }
            Ask::Handler => {
                input.handler = form.handler.parse().ok();
                if input.handler.is_none() {
                    errors.add("handler", "请选择承办人");
                }
            }
            Ask::Examination => {
                let scope = ScopeBasis::from_code(&form.scope);
                let means = Means::from_code(&form.means).filter(|means| *means != Means::Unchecked);
                if scope.is_none() {
                    errors.add("scope", "请选择援助范围依据");
                }
                if means.is_none() {
                    errors.add("means", "请选择经济状况核查方式或者免予核查的情形");
                }
                input.means_note = typed::optional_line(&mut errors, "means_note", "核查说明", &form.means_note, 300);
                input.examination = scope.zip(means).map(|(scope, means)| Examination { scope, means });
            }
            Ask::Closing => {
                if ClosingWay::from_code(&form.way).is_none() {
                    errors.add("way", "请选择结案方式");
                }
                let mut closing = NewClosing {
                    way: form.way.clone(),
                    court_number: typed::optional_line(&mut errors, "court_number", "法院案号", &form.court_number, 60),
                    effect: Effect::from_code(&form.effect).map_or("", |effect| effect.code()).to_owned(),
                    summary: typed::line(&mut errors, "summary", "结果摘要", &form.summary, 1000),
                    adopted: typed::optional_line(&mut errors, "adopted", "采纳情况", &form.adopted, 300),
                    recovered: None,
                    hearings: count(&mut errors, "hearings", "出庭次数", &form.hearings),
                    meetings: count(&mut errors, "meetings", "会见、约见次数", &form.meetings),
                    readings: count(&mut errors, "readings", "阅卷次数", &form.readings),
                };
                if !form.recovered.trim().is_empty() {
                    match money::parse_amount_not_negative(&form.recovered) {
                        Ok(sum) => closing.recovered = Some(sum),
                        Err(message) => errors.add("recovered", message),
                    }
                }
                input.closing = Some(closing);
            }
            Ask::Items => {
                let mut items = BTreeMap::new();
                let mut unticked = Vec::new();
                for kind in needed {
                    let code = kind.code().to_owned();
                    let good = form.good.contains(&code);
                    if !good {
                        unticked.push(kind.label());
                    }
                    let result = if good { ItemResult::Good } else { ItemResult::Faulty };
                    items.insert(code, result.code().to_owned());
                }
                if !unticked.is_empty() {
                    let unticked = unticked.join("；");
                    errors.add("good", format!("还没有勾选：{unticked}。不合格的，请用“退回补正材料”"));
                }
                input.items = items;
            }
            Ask::EntryNumber => {
                input.entry_number = typed::line(&mut errors, "entry_number", "省系统编号", &form.entry_number, 40);
            }
        }
    }
    if input.note.chars().count() > 2000 {
        errors.add("note", "最多2000个字");
    }
    if errors.is_empty() { Ok(input) } else { Err(errors) }
}

/// The field beside which a refusal is shown; none for what concerns the whole step.
fn field_of(words: &str) -> &'static str {
    if words.contains("的日期不能") {
        "on"
    } else if words.starts_with("不能指派") || words.starts_with("更换后的承办人") {
        "handler"
    } else if words.starts_with("期限不能") {
        "until"
    } else {
        ""
    }
}

pub(in crate::cases) async fn take_step(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath((id, code)): InPath<(i64, String)>,
    posted: Posted<StepForm>,
) -> Answer {
    let row = row_of(&code)?;
    take::has_right(&actor, row)?;
    let case = open(&state, &actor, scope, id).await?;
    if !take::may_act(&actor, row, &case) {
        return Err(AppError::Forbidden(format!("“{}”由{}办理。", row.step.label(), row.who.label())));
    }
    let version: i32 = posted.form.version.parse().map_err(|_| stale())?;
    let heard = case.closing.as_ref().and_then(|it| ClosingWay::from_code(&it.way)).is_none_or(ClosingWay::heard);
    let needed = document_rules::required(case.kind, heard);
    let input = match parse_step(row, &posted.form, &needed, state.clock.today()) {
        Ok(input) => input,
        Err(errors) => {
            let page =
                StepPage::load(&state, layout, &actor, case, row, posted.once, Some(posted.form), errors).await?;
            return form_again(&page);
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let taken = match take::take(&mut work, scope, case.id, version, row.step, &input).await {
        Ok(taken) => taken,
        Err(AppError::Refused(words)) => {
            drop(work);
            // What stands now is shown with what was typed: nothing is overwritten, nothing typed again.
            let case = open(&state, &actor, scope, id).await?;
            let form = StepForm { version: case.version.to_string(), ..posted.form };
            let mut errors = Errors::new();
            errors.add(field_of(&words), words);
            let once = OnceKey::new();
            let page = StepPage::load(&state, layout, &actor, case, row, once, Some(form), errors).await?;
            return Ok((StatusCode::CONFLICT, layout::page(&page.said_once())?).into_response());
        }
        Err(error) => return Err(error),
    };
    let message = match taken.place {
        Some(place) => format!("已办理：{}。本案计入任务，列第{place}件。", row.step.label()),
        None => format!("已办理：{}。案件现在是“{}”。", row.step.label(), taken.state.label()),
    };
    let message = match taken.overdrawn {
        Some(overdrawn) => format!("{message}{overdrawn}"),
        None => message,
    };
    Ok(work.finish(&case.href(), message).await?.into_response())
}

/// A reason as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct ReasonForm {
    reason: String,
}

pub(in crate::cases) async fn reveal(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<ReasonForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let mut errors = Errors::new();
    let reason = typed::line(&mut errors, "reason", "查看的理由", &posted.form.reason, 100);
    if !errors.is_empty() || reason.chars().count() < 4 {
        return Err(AppError::refused("请写明查看完整号码的理由（不少于4个字），例如“打电话通知开庭”。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    take::works_on(&work, &case)?;
    let opened = intake::reveal(&mut work, &state.seals, scope, case.id, &reason).await?;
    work.commit_at(&case.href()).await?;
    let case = open(&state, &actor, scope, id).await?;
    page(&LifePage::build(&state, layout, &actor, case, OnceKey::new()).await?.revealing(opened))
}

pub(in crate::cases) async fn record(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<RecordForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let new = match posted.form.parse(&case, state.clock.now()) {
        Ok(new) => new,
        Err(errors) => {
            let page = LifePage::build(&state, layout, &actor, case, posted.once).await?;
            return form_again(&page.with_record(posted.form, errors));
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    handling::record(&mut work, scope, case.id, &new).await?;
    Ok(work.finish(&format!("{}#records", case.href()), format!("已登记{}。", new.kind.label())).await?.into_response())
}

/// A message as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct MessageForm {
    body: String,
}

pub(in crate::cases) async fn message(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<MessageForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let mut errors = Errors::new();
    let body = typed::line(&mut errors, "body", "留言", &posted.form.body, 500);
    if !errors.is_empty() {
        let page = LifePage::build(&state, layout, &actor, case, posted.once).await?;
        return form_again(&page.with_message(posted.form.body, errors));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    handling::message(&mut work, scope, case.id, &body).await?;
    Ok(work.finish(&format!("{}#messages", case.href()), "留言已发出，对方的待办里会看到。").await?.into_response())
}

/// A paper, or several that lie in the volume: all or none.
pub(in crate::cases) async fn file_paper(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<PaperForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let all = match posted.form.parse_all(state.clock.today()) {
        Ok(all) => all,
        Err(errors) => {
            let page = LifePage::build(&state, layout, &actor, case, posted.once).await?;
            return form_again(&page.with_paper(posted.form, errors));
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    for new in &all {
        papers::file(&mut work, scope, case.id, new).await?;
    }
    let done =
        if all.len() == 1 { "材料已收存。".to_owned() } else { format!("已收存{}份材料。", all.len()) };
    Ok(work.finish(&format!("{}#papers", case.href()), done).await?.into_response())
}

/// A scan with what it is: looked at by its content, stored by its checksum.
pub(in crate::cases) async fn file_scan(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: PostedFile<PaperForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let parsed = posted.form.parse(state.clock.today());
    let looked_at = sniff(&posted.file);
    let mut new = match (parsed, looked_at) {
        (Ok(new), Ok(_)) => new,
        (parsed, looked_at) => {
            let mut errors = parsed.err().unwrap_or_default();
            if let Err(message) = looked_at {
                errors.add("scan", message);
            }
            let page = LifePage::build(&state, layout, &actor, case, posted.once).await?;
            return form_again(&page.with_paper(posted.form, errors));
        }
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    take::works_on(&work, &case)?;
    new.scan = Some(scans::keep(&state, &posted.file).await?);
    papers::file(&mut work, scope, case.id, &new).await?;
    Ok(work.finish(&format!("{}#papers", case.href()), "扫描件已收存。").await?.into_response())
}

pub(in crate::cases) async fn remove_paper(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath((id, paper)): InPath<(i64, i64)>,
    posted: Posted<ReasonForm>,
) -> Answer {
    take::works_on_cases(&actor)?;
    let case = open(&state, &actor, scope, id).await?;
    let why = posted.form.reason.trim().to_owned();
    if why.is_empty() {
        return Err(AppError::refused("请写明撤出材料的原因。"));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    papers::remove(&mut work, scope, case.id, paper, &why).await?;
    Ok(work.finish(&format!("{}#papers", case.href()), "材料已撤出，撤出记录留在时间线上。").await?.into_response())
}

/// Names somebody for a restricted case, or takes the name off.
pub(in crate::cases) async fn name_person(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<NameForm>,
) -> Answer {
    let case = open(&state, &actor, scope, id).await?;
    let here = format!("{}#named", case.href());
    if let Ok(account) = posted.form.account.parse::<i64>() {
        let mut work = Work::begin(&state, &actor, posted.once).await?;
        named::unname_person(&mut work, scope, case.id, account).await?;
        return Ok(work.finish(&here, "已取消指定。").await?.into_response());
    }
    let mut errors = Errors::new();
    let login = typed::line(&mut errors, "login", "登录名", &posted.form.login, 60);
    let why = typed::line(&mut errors, "why", "指定的理由", &posted.form.why, 100);
    if !errors.is_empty() {
        let page = LifePage::build(&state, layout, &actor, case, posted.once).await?;
        return form_again(&page.with_naming(posted.form, errors));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    named::name_person(&mut work, scope, case.id, &login, &why).await?;
    Ok(work.finish(&here, "已指定，该账号现在可以打开本案。").await?.into_response())
}

/// The hearings of a case for a calendar.
pub(in crate::cases) async fn calendar(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let case = open(&state, &actor, scope, id).await?;
    let mut conn = state.pool.acquire().await?;
    let now = state.clock.now();
    let hearings = handling::hearings(&mut conn, scope.bureau(), Some(case.id), None, now).await?;
    Ok(ics(&handling::calendar(&hearings, now.to_utc())))
}

/// All hearings of whoever is signed in.
pub(in crate::cases) async fn my_calendar(State(state): State<AppState>, actor: Actor, scope: Scope) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let now = state.clock.now();
    let from = now - chrono::TimeDelta::days(30);
    let hearings = handling::hearings(&mut conn, scope.bureau(), None, Some(actor.account_id), from).await?;
    Ok(ics(&handling::calendar(&hearings, now.to_utc())))
}

fn ics(text: &str) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"hearings.ics\""),
        ],
        text.to_owned(),
    )
        .into_response()
}
