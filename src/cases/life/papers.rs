//! Papers of a case: made here with their content frozen, or filed.

use chrono::NaiveDate;
use serde_json::json;

use super::decide::Frame;
use super::dossier::{self, Dossier, Viewer};
use super::store::{self, NewDocument, NewEvent};
use crate::audit::Audit;
use crate::cases::clocks::Clock;
use crate::cases::closing::rules::{ClosingWay, Effect, item_words};
use crate::cases::documents::Kind;
use crate::cases::documents::forms::{self, Extra, Particulars, Sheet};
use crate::cases::documents::rules::{self, document_number};
use crate::cases::life::handling::RecordKind;
use crate::cases::states::Move;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money;
use crate::plan::time::chinese_date;
use crate::web::actor::Scope;
use crate::web::work::Work;

/// What the forms of a case are filled in from.
pub(super) fn particulars(case: &Dossier, frame: &Frame, earlier: &[String]) -> Particulars {
    let application = case.application.as_deref().cloned().unwrap_or_default();
    let proofs: Vec<&str> = application.proof_set().iter().map(|proof| proof.label()).collect();
    let agent = match (application.agent.as_str(), application.agent_relation.as_str()) {
        ("", _) => String::new(),
        (agent, "") => agent.to_owned(),
        (agent, relation) => format!("{agent}（{relation}）"),
    };
    let closing = case.closing.as_deref().map_or_else(Vec::new, |it| {
        let pair = |label: &str, value: String| (label.to_owned(), value);
        vec![
            pair("结案方式", ClosingWay::from_code(&it.way).map_or("", |way| way.label()).to_owned()),
            pair("法院案号", it.court_number.clone()),
            pair("结果", Effect::from_code(&it.effect).map_or("", |effect| effect.label()).to_owned()),
            pair("结果摘要", it.summary.clone()),
            pair("采纳情况", it.adopted.clone()),
            pair("挽回损失、取得利益（元）", it.recovered.map(money::yuan_text).unwrap_or_default()),
            pair("出庭、会见、阅卷（次）", format!("{}、{}、{}", it.hearings, it.meetings, it.readings)),
        ]
    });
    let items = case.closing.as_deref().map_or_else(Vec::new, |it| {
        // In the order in which they lie in the volume.
        rules::volume(case.kind)
            .iter()
            .flat_map(|item| item.kinds)
            .filter_map(|kind| {
                let result = it.items.get(kind.code())?;
                Some((kind.label().to_owned(), item_words(result).to_owned()))
            })
            .collect()
    });
    Particulars {
        office: case.office.clone(),
        bureau: case.bureau_name.clone(),
        number: case.number.clone(),
        application_number: case.application_number.clone(),
        // No brackets within brackets: 刑事辩护·一审.
        kind: case.kind.label().replace('（', "·").replace('）', ""),
        basis: case.basis.label().to_owned(),
        cause: case.cause.clone(),
        way: case.way.label().to_owned(),
        name: application.name.clone(),
        gender: application.gender_words().to_owned(),
        birth: application.birth_date,
        id_number: application.id_number_mask.clone(),
        phone: application.phone_mask.clone(),
        township: application.township.clone(),
        ethnicity: application.ethnicity.clone(),
        domicile: application.domicile_mask.clone(),
        postcode: application.postcode.clone(),
        employer: application.employer.clone(),
        occupation: application.occupation.clone(),
        education: application.education_words().to_owned(),
        health: application.health_words().to_owned(),
        household_size: application.household_size.map(|size| format!("{size}人")).unwrap_or_default(),
        household_income: application.household_income.map(money::yuan_text).unwrap_or_default(),
        property: application.property.clone(),
        exempt: if application.means().is_exempt() { application.means().label() } else { "" }.to_owned(),
        earlier: if earlier.is_empty() { "否".to_owned() } else { format!("是：{}", earlier.join("、")) },
        materials: materials(case),
        agent,
        custody: if application.detained { "在押" } else { "未在押" }.to_owned(),
        groups: case.group_words(),
        proofs: proofs.join("、"),
        position: application.legal_position.clone(),
        opponent: application.opponent.clone(),
        authority: application.authority.clone(),
        authority_number: if application.notice_number.is_empty() {
            application.authority_number.clone()
        } else {
            application.notice_number.clone()
        },
        notice_basis: application.notice().map_or("", |basis| basis.label()).to_owned(),
        facts: application.facts.clone(),
        request: application.request.clone(),
        amount: application.amount.map(money::yuan_text).unwrap_or_default(),
        scope: application.scope().map_or("", |scope| scope.label()).to_owned(),
        means: application.means().label().to_owned(),
        means_note: application.means_note.clone(),
        programme: programme_words(case, frame),
        opinion: application.review_opinion.clone(),
        reviewer: by_whom(case, Move::Review),
        supplement: span(case, Move::AskSupplement, Move::Supplemented, "通知补正", "补齐", "没有补正"),
        supplement_notice: supplement_notice(case, application.supplement_until),
        cooperation: span(case, Move::AskCooperation, Move::CooperationBack, "请求协作", "收到结果", "没有协作核查"),
        objected: numbered(case, &[Kind::RefusalDecision, Kind::TerminationDecision]),
        change: change(case),
        handler: case.handler_name.clone(),
        licence: case.licence.clone(),
        firm: case.organisation.clone(),
        accepted_on: Some(case.accepted_on),
        received_on: Some(case.received_on),
        assigned_on: case.assigned_on,
        agreement_on: case.agreement_on,
        concluded_on: case.concluded_on,
        filed_on: case.filed_on,
        closing,
        items,
        closing_opinion: case.closing.as_deref().map(|it| it.review_opinion.clone()).unwrap_or_default(),
        closing_reviewer: by_whom(case, Move::PassClosing),
        returned: returned(case),
        entry: match case.entered_on {
            Some(on) => format!("{}，{}", case.entry_number, chinese_date(on)),
            None => "尚未录入（录入后才计入任务、发放补贴）".to_owned(),
        },
        paid_before: if case.payments.iter().any(|payment| payment.kind == "outside") {
            "登记有其他来源的补贴，见案件时间线"
        } else {
            "没有登记过其他来源的补贴"
        }
        .to_owned(),
        log: log(case),
        archive: case.archive_number.clone(),
        pages: case.documents.iter().filter(|it| it.kind != Kind::VolumeContents).map(|it| it.pages.max(1)).sum(),
    }
}

/// What the applicant handed in: papers that were not made here, or the proofs that were shown.
fn materials(case: &Dossier) -> String {
    let mut words: Vec<String> = case
        .documents
        .iter()
        .filter(|document| document.source != "made")
        .map(|document| format!("{}{}页", document.title, document.pages))
        .collect();
    if words.is_empty() {
        words.push("申请表1份".to_owned());
        let proofs = case.application.as_deref().map(|it| it.proof_set()).unwrap_or_default();
        words.extend(proofs.iter().map(|proof| format!("{}（核对）", proof.label())));
    }
    words.join("、")
}

fn programme_words(case: &Dossier, frame: &Frame) -> String {
    let Ok(programme) = frame.programme() else { return "当年没有实施方案".to_owned() };
    let (fits, reason) = super::decide::programme_now(case, programme);
    match (case.programme_case, fits) {
        (true, _) => format!("是：{}", case.group_words()),
        (false, true) => format!("符合条件：{}", case.group_words()),
        (false, false) => format!("否：{reason}"),
    }
}

/// The events of a step, the last first.
fn events_of(case: &Dossier, step: Move) -> impl Iterator<Item = &dossier::EventRow> {
    case.events.iter().filter(move |event| {
        event.kind == "move" && event.code.split(':').next().is_some_and(|code| code == step.code())
    })
}

/// Who took a step last, and on which day.
fn by_whom(case: &Dossier, step: Move) -> String {
    let last = events_of(case, step).next();
    last.map(|event| forms::signed(&event.actor, event.on_date.unwrap_or(case.accepted_on))).unwrap_or_default()
}

fn day_of(case: &Dossier, step: Move) -> Option<NaiveDate> {
    events_of(case, step).next().and_then(|event| event.on_date)
}

/// Two steps with their days, or that there were none.
fn span(case: &Dossier, from: Move, to: Move, began: &str, ended: &str, none: &str) -> String {
    match (day_of(case, from), day_of(case, to)) {
        (Some(first), Some(last)) => format!("{}{began}，{}{ended}", chinese_date(first), chinese_date(last)),
        (Some(first), None) => format!("{}{began}", chinese_date(first)),
        (None, _) => none.to_owned(),
    }
}

/// The title and number of the last paper of these kinds.
fn numbered(case: &Dossier, kinds: &[Kind]) -> String {
    let last = case.documents.iter().filter(|document| kinds.contains(&document.kind)).max_by_key(|it| it.id);
    last.map(|document| format!("{}{}", document.title, document.number)).unwrap_or_default()
}

fn supplement_notice(case: &Dossier, until: Option<NaiveDate>) -> String {
    let notice = numbered(case, &[Kind::SupplementNotice]);
    match until {
        Some(until) => format!("{notice}，期限{}", chinese_date(until)),
        None => notice,
    }
}

fn change(case: &Dossier) -> (String, String, String) {
    let asked = events_of(case, Move::AskChange).next();
    let reason = asked.map(|event| event.note.clone()).unwrap_or_default();
    let on = asked.and_then(|event| event.on_date).map(chinese_date).unwrap_or_default();
    let limit = case.clocks.iter().rev().find(|clock| clock.kind == Clock::ChangeHandler);
    (reason, on, limit.map(|clock| chinese_date(clock.due_on)).unwrap_or_default())
}

fn returned(case: &Dossier) -> String {
    let days: Vec<String> =
        events_of(case, Move::ReturnMaterials).filter_map(|event| event.on_date).map(chinese_date).collect();
    if days.is_empty() { "没有退回".to_owned() } else { format!("{}退回补正", days.join("、")) }
}

/// 办案过程: in the order of the days.
fn log(case: &Dossier) -> Vec<(String, String)> {
    let mut records: Vec<_> = case.records.iter().collect();
    records.sort_by_key(|record| (record.on_date, record.id));
    records
        .into_iter()
        .map(|record| {
            let kind = RecordKind::from_code(&record.kind).map_or("", |kind| kind.label());
            let place = if record.place.is_empty() { String::new() } else { format!("{}　", record.place) };
            (
                format!("{}　{kind}", chinese_date(record.on_date)),
                format!("{place}{}（记录人{}）", record.content, record.by),
            )
        })
        .collect()
}

/// Makes a form from the case as it stands and files it; gives its number. With an empty
/// `number` one is taken from its series.
pub(super) async fn make(
    work: &mut Work,
    bureau: i64,
    id: i64,
    kind: Kind,
    number: &str,
    frame: &Frame,
    extra: &Extra,
) -> Result<String, AppError> {
    let viewer = Viewer { account: work.actor.account_id, assigned_only: false, director: true };
    let Some(case) = dossier::find(work.conn(), bureau, viewer, id).await? else { return Ok(String::new()) };
    let number = match kind.series() {
        Some(series) if number.is_empty() => {
            let year = chrono::Datelike::year(&extra.on);
            let next = store::next_number(work.conn(), bureau, year, series).await?;
            document_number(frame.county(), series, year, next)
        }
        _ => number.to_owned(),
    };
    // Whether the applicant came before is asked for by the one form that says so.
    let earlier = match kind {
        Kind::Application => {
            let common = dossier::in_common(work.conn(), bureau, id).await?;
            common.into_iter().filter(|row| row.same_recipient).map(|row| row.number).collect()
        }
        _ => Vec::new(),
    };
    let mut p = particulars(&case, frame, &earlier);
    // The step that makes the form stands on the time line only after it.
    if matches!(kind, Kind::MeansStatement | Kind::Approval) && extra.decision.is_empty() {
        p.reviewer = forms::signed(&work.actor.signature(), extra.on);
    }
    if kind == Kind::ClosingReview && extra.decision.is_empty() {
        p.closing_reviewer = forms::signed(&work.actor.signature(), extra.on);
    }
    let Some(mut sheet) = forms::compose(kind, &number, &p, extra) else { return Ok(String::new()) };
    if kind == Kind::VolumeContents {
        sheet = contents_sheet(&case, extra);
    }
    let (by, at) = (work.actor.account_id, work.now);
    if kind.is_made_anew() || !extra.decision.is_empty() {
        store::replace_document(work.conn(), bureau, id, kind, by, at).await?;
    }
    let new = NewDocument {
        kind,
        number: &number,
        source: "made",
        title: kind.label(),
        content: Some(&sheet),
        sha256: None,
        pages: 1,
        on: extra.on,
    };
    store::insert_document(work.conn(), bureau, id, by, at, &new).await?;
    Ok(number)
}

/// Files a form that was made elsewhere: the score sheet of a quality review.
///
/// # Errors
/// When the database fails.
pub(in crate::cases) async fn keep(
    work: &mut Work,
    bureau: i64,
    id: i64,
    kind: Kind,
    sheet: &Sheet,
) -> Result<(), AppError> {
    let (by, at, on) = (work.actor.account_id, work.now, work.today());
    let new = NewDocument {
        kind,
        number: "",
        source: "made",
        title: kind.label(),
        content: Some(sheet),
        sha256: None,
        pages: 1,
        on,
    };
    store::insert_document(work.conn(), bureau, id, by, at, &new).await?;
    let (actor, words) = (work.actor.signature(), format!("生成{}", kind.label()));
    let event =
        NewEvent { kind: "document", code: kind.code(), from: None, to: None, on: Some(on), words: &words, note: "" };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    Ok(())
}

/// The volume's contents as a sheet.
#[must_use]
pub fn contents_sheet(case: &Dossier, extra: &Extra) -> Sheet {
    let papers: Vec<(Kind, String, i32)> = case
        .documents
        .iter()
        .filter(|document| document.kind != Kind::VolumeContents)
        .map(|document| (document.kind, document.title.clone(), document.pages))
        .collect();
    let (lines, pages) = rules::contents(case.kind, &papers);
    let minor = case.groups.contains(&crate::plan::dictionaries::SpecialGroup::Minor);
    let (period, why) = rules::retention(case.application.as_ref().is_some_and(|it| it.life_or_death), minor);
    let mut rows: Vec<(String, String)> = vec![
        ("案号".to_owned(), case.number.clone()),
        ("档号".to_owned(), case.archive_number.clone()),
        ("受援人".to_owned(), case.recipient().to_owned()),
        ("案由和阶段".to_owned(), format!("{}，{}", case.cause, case.kind.label())),
        ("承办".to_owned(), format!("{} {}", case.organisation, case.handler_name)),
        ("保管期限".to_owned(), format!("{period}（{why}）")),
        ("总页数".to_owned(), format!("{pages}页")),
    ];
    let items = lines.iter().map(|line| (line.number.to_string(), line.title.to_owned(), line.pages_words())).collect();
    if !extra.note.is_empty() {
        rows.push(("备考".to_owned(), extra.note.clone()));
    }
    Sheet {
        title: "卷宗目录".to_owned(),
        number: case.archive_number.clone(),
        rows,
        items,
        signs: ["立卷人", "检查人", "归档日期"].map(str::to_owned).to_vec(),
        date: chinese_date(extra.on),
        office: case.office.clone(),
        ..Sheet::default()
    }
}

/// What is filed by hand: a scan, or a paper that lies in the volume.
#[derive(Clone, Debug)]
pub struct NewPaper {
    /// What it is.
    pub kind: Kind,
    /// Its title; empty for the kind's own name.
    pub title: String,
    /// Pages.
    pub pages: i32,
    /// Its date.
    pub on: NaiveDate,
    /// The stored scan.
    pub scan: Option<StoredScan>,
}

/// A scan that lies in the store.
#[derive(Clone, Debug)]
pub struct StoredScan {
    /// Its checksum.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// What it is.
    pub media_type: &'static str,
}

/// Files a paper by hand.
///
/// # Errors
/// [`AppError::Refused`] for somebody who does not work on the case, and once it is archived.
pub async fn file(work: &mut Work, scope: Scope, id: i64, new: &NewPaper) -> Result<i64, AppError> {
    let bureau = scope.bureau();
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let case =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    super::take::works_on(work, &case)?;
    if case.archived_on.is_some() {
        return Err(AppError::refused("案件已归档，不能再收存材料。"));
    }
    if new.on > work.today() {
        return Err(AppError::refused("材料日期不能晚于今天。"));
    }
    let (by, at, actor) = (work.actor.account_id, work.now, work.actor.signature());
    if let Some(scan) = &new.scan {
        store::keep_scan(work.conn(), scan, at).await?;
    }
    let title = if new.title.is_empty() { new.kind.label() } else { new.title.as_str() };
    let document = NewDocument {
        kind: new.kind,
        number: "",
        source: if new.scan.is_some() { "scan" } else { "paper" },
        title,
        content: None,
        sha256: new.scan.as_ref().map(|scan| scan.sha256.as_str()),
        pages: new.pages,
        on: new.on,
    };
    let paper = store::insert_document(work.conn(), bureau, id, by, at, &document).await?;
    let words = format!("收存{title}，{}页", new.pages);
    let event = NewEvent {
        kind: "document",
        code: new.kind.code(),
        from: None,
        to: None,
        on: Some(new.on),
        words: &words,
        note: "",
    };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    work.audit(Audit::new("case.file", "case", id).after(json!({
        "kind": new.kind, "pages": new.pages, "sha256": document.sha256, "document": paper,
    })))
    .await?;
    Ok(paper)
}

/// Takes a paper that was filed by mistake out again; forms made here stay.
///
/// # Errors
/// [`AppError::Refused`] after closing was agreed.
pub async fn remove(work: &mut Work, scope: Scope, id: i64, paper: i64, why: &str) -> Result<(), AppError> {
    let bureau = scope.bureau();
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let case =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    super::take::works_on(work, &case)?;
    if case.closing_agreed_on.is_some() || case.archived_on.is_some() {
        return Err(AppError::refused("已同意结案，卷中材料不能再撤出。"));
    }
    let title = case.documents.iter().find(|document| document.id == paper).map(|document| document.title.clone());
    let title = title.ok_or_else(|| AppError::refused("卷中没有这份材料，或者已经撤出。"))?;
    let (by, at, actor) = (work.actor.account_id, work.now, work.actor.signature());
    if !store::remove_document(work.conn(), bureau, id, paper, by, at, why).await? {
        return Err(AppError::refused("系统生成的文书不能撤出。"));
    }
    let words = format!("撤出{title}");
    let event =
        NewEvent { kind: "document", code: "removed", from: None, to: None, on: None, words: &words, note: why };
    store::add_event(work.conn(), bureau, id, (by, &actor), at, &event).await?;
    work.audit(Audit::new("case.remove_paper", "case", id).note(why).after(json!({ "document": paper }))).await
}
