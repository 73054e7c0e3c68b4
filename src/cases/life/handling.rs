//! What is done with a case between its steps: handling records, messages, papers.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::dossier::{self, Dossier, Viewer};
use super::papers::NewPaper;
use super::store::{self, NewEvent};
use super::take;
use crate::audit::Audit;
use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
use crate::cases::documents::forms::Sheet;
use crate::cases::states::State;
use crate::error::AppError;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::time::at;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::Scope;
use crate::web::form_errors::Errors;
use crate::web::typed;
use crate::web::work::Work;

dictionary! {
    /// What was done: the handler's, then the centre's.
    RecordKind {
        Meeting = "meeting", "会见、约见";
        AskedToMeet = "asked_to_meet", "提出会见在押当事人";
        Reading = "reading", "阅卷";
        Investigation = "investigation", "调查取证";
        Hearing = "hearing", "开庭";
        Mediation = "mediation", "调解";
        Submission = "submission", "提交意见";
        Informed = "informed", "通报受援人";
        Reported = "reported", "报告重大事项";
        Told = "told", "案前告知";
        Supervised = "supervised", "案中监督";
        Visited = "visited", "案后回访";
    }
}

impl RecordKind {
    /// Of the centre, not the handler (三(一)).
    #[must_use]
    pub fn is_centres(self) -> bool {
        matches!(self, RecordKind::Told | RecordKind::Supervised | RecordKind::Visited)
    }
}

/// A record about to be kept.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// What was done.
    pub kind: RecordKind,
    /// The day.
    pub on: NaiveDate,
    /// Of a hearing, or when a meeting was asked for.
    pub time: Option<NaiveTime>,
    /// Of a hearing.
    pub place: String,
    /// What was said and done.
    pub content: String,
}

/// A record as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of the form")]
pub struct RecordForm {
    pub kind: String,
    pub on: String,
    pub time: String,
    pub place: String,
    pub content: String,
}

impl RecordForm {
    /// An empty one.
    #[must_use]
    pub fn fresh(today: NaiveDate) -> RecordForm {
        RecordForm { on: today.to_string(), ..RecordForm::default() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// What to correct.
    pub fn parse(&self, case: &Dossier, now: DateTime<FixedOffset>) -> Result<NewRecord, Errors> {
        let today = now.date_naive();
        let mut errors = Errors::new();
        let kind = RecordKind::from_code(&self.kind);
        if kind.is_none() {
            errors.add("kind", "请选择办理事项");
        }
        // A hearing is put down when it is announced; everything else when it is done.
        let on = match kind {
            Some(RecordKind::Hearing) => typed::date(&mut errors, "on", "日期", &self.on),
            _ => typed::date_until(&mut errors, "on", "日期", &self.on, today),
        };
        if let Some(on) = on
            && on < case.received_on
        {
            errors.add("on", "日期不能早于收到申请的日期");
        }
        let mut time = None;
        if let Some(what @ (RecordKind::Hearing | RecordKind::AskedToMeet)) = kind {
            match NaiveTime::parse_from_str(self.time.trim(), "%H:%M") {
                Ok(at) => time = Some(at),
                Err(_) if what == RecordKind::Hearing => errors.add("time", "请填写开庭时间，例如09:30"),
                Err(_) => errors.add("time", "请填写提出会见的时间，48小时从这时起算，例如09:30"),
            }
        }
        if let (Some(RecordKind::AskedToMeet), Some(on), Some(time)) = (kind, on, time)
            && at(on, time) > now
        {
            errors.add("time", "提出会见的时间不能晚于现在");
        }
        if kind == Some(RecordKind::Hearing) && self.place.trim().is_empty() {
            errors.add("place", "请填写开庭的法院和法庭");
        }
        let content = typed::line(&mut errors, "content", "内容", &self.content, 2000);
        if content.chars().count() < 4 && !content.is_empty() {
            errors.add("content", "请写明做了什么，不要只写一两个字");
        }
        let place = typed::optional_line(&mut errors, "place", "地点", &self.place, 60);
        match (kind, on) {
            (Some(kind), Some(on)) if errors.is_empty() => Ok(NewRecord { kind, on, time, place, content }),
            _ => Err(errors),
        }
    }
}

/// A paper as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of the form")]
pub struct PaperForm {
    pub paper_kind: String,
    pub title: String,
    pub pages: String,
    pub made_on: String,
    /// Of several papers at once: the kinds, and in the same order their pages; empty is not filed.
    pub listed_kind: Vec<String>,
    pub listed_pages: Vec<String>,
}

impl PaperForm {
    /// Each listed kind with the pages typed beside it.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.listed_kind.iter().map(String::as_str).zip(self.listed_pages.iter().map(String::as_str))
    }

    /// Reads the one paper, or the several of one day where kinds are listed.
    ///
    /// # Errors
    /// What to correct.
    pub fn parse_all(&self, today: NaiveDate) -> Result<Vec<NewPaper>, Errors> {
        if self.listed_kind.is_empty() { self.parse(today).map(|one| vec![one]) } else { self.parse_listed(today) }
    }

    fn parse_listed(&self, today: NaiveDate) -> Result<Vec<NewPaper>, Errors> {
        let mut errors = Errors::new();
        let mut all = Vec::new();
        for (code, pages) in self.listed().filter(|(_, pages)| !pages.trim().is_empty()) {
            let one = PaperForm {
                paper_kind: code.to_owned(),
                pages: pages.to_owned(),
                made_on: self.made_on.clone(),
                ..PaperForm::default()
            };
            match one.parse(today) {
                Ok(new) => all.push(new),
                Err(faults) => {
                    let label = Kind::from_code(code).map_or("材料", |kind| kind.label());
                    let words = ["paper_kind", "pages", "made_on"].map(|field| faults.on(field).to_owned());
                    let words: Vec<String> = words.into_iter().filter(|words| !words.is_empty()).collect();
                    errors.add("listed", format!("{label}：{}", words.join("；")));
                }
            }
        }
        if all.is_empty() && errors.is_empty() {
            errors.add("listed", "请至少填写一份材料的页数");
        }
        if errors.is_empty() { Ok(all) } else { Err(errors) }
    }

    /// An empty one.
    #[must_use]
    pub fn fresh(today: NaiveDate) -> PaperForm {
        PaperForm { pages: "1".to_owned(), made_on: today.to_string(), ..PaperForm::default() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// What to correct.
    pub fn parse(&self, today: NaiveDate) -> Result<NewPaper, Errors> {
        let mut errors = Errors::new();
        let kind = Kind::from_code(&self.paper_kind).filter(|kind| *kind != Kind::VolumeContents);
        if kind.is_none() {
            errors.add("paper_kind", "请选择材料种类");
        }
        let title = typed::optional_line(&mut errors, "title", "材料名称", &self.title, 60);
        let pages = self.pages.trim().parse::<i32>().ok().filter(|pages| (1..=2000).contains(pages));
        if pages.is_none() {
            errors.add("pages", "页数应为1到2000的整数");
        }
        let on = typed::date_until(&mut errors, "made_on", "材料日期", &self.made_on, today);
        match (kind, pages, on) {
            (Some(kind), Some(pages), Some(on)) if errors.is_empty() => {
                Ok(NewPaper { kind, title, pages, on, scan: None })
            }
            _ => Err(errors),
        }
    }
}

/// Keeps a record of what was done.
///
/// # Errors
/// [`AppError::Forbidden`] for somebody who does not work on the case; [`AppError::Refused`]
/// where a handler records before the agreement, or after the archive.
pub async fn record(work: &mut Work, scope: Scope, id: i64, new: &NewRecord) -> Result<(), AppError> {
    let bureau = scope.bureau();
    if !store::lock(work.conn(), bureau, id).await? {
        return Err(AppError::NotFound);
    }
    let viewer = Viewer::of(&work.actor);
    let case =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    take::works_on(work, &case)?;
    if case.archived_on.is_some() {
        return Err(AppError::refused("案件已归档，不能再登记办理情况。"));
    }
    if new.kind.is_centres() {
        if case.handler_account == Some(work.actor.account_id) {
            return Err(AppError::refused("案前告知、案中监督、案后回访由法律援助中心办理，承办人不能自己登记。"));
        }
        if new.kind == RecordKind::Visited && case.concluded_on.is_none() && case.terminated_on.is_none() {
            return Err(AppError::refused("案件还没有办结，不能登记案后回访。"));
        }
    } else if case.assigned_on.is_none() {
        return Err(AppError::refused("案件还没有指派，不能登记办理情况。"));
    }
    let (by, now, actor) = (work.actor.account_id, work.now, work.actor.signature());
    let instant = new.time.map(|time| at(new.on, time));
    if new.kind == RecordKind::AskedToMeet && instant.is_some_and(|asked| asked > now) {
        return Err(AppError::refused("提出会见的时间不能晚于现在。"));
    }
    let starts_at = instant.filter(|_| new.kind == RecordKind::Hearing);
    insert_record(work.conn(), bureau, id, new, starts_at, by, now).await?;
    let words = match instant {
        Some(at) => {
            format!("{}：{} {}", new.kind.label(), at.format("%-m月%-d日 %H:%M"), new.place).trim_end().to_owned()
        }
        None => new.kind.label().to_owned(),
    };
    let event = NewEvent {
        kind: "record",
        code: new.kind.code(),
        from: None,
        to: None,
        on: Some(new.on),
        words: &words,
        note: &new.content,
    };
    store::add_event(work.conn(), bureau, id, (by, &actor), now, &event).await?;
    match new.kind {
        RecordKind::AskedToMeet => {
            let frame = super::decide::Frame::load(work.conn(), bureau, case.received_on).await?;
            let since = (new.on, instant.unwrap_or(now));
            super::decide::start_at(work, bureau, id, &frame, Clock::Meet, since, None).await?;
        }
        RecordKind::Meeting => store::end_clocks(work.conn(), id, &[Clock::Meet], new.on).await?,
        _ => {}
    }
    work.audit(Audit::new("case.record", "case", id).after(json!({ "kind": new.kind, "on": new.on }))).await
}

async fn insert_record(
    conn: &mut PgConnection,
    bureau: i64,
    case: i64,
    new: &NewRecord,
    starts_at: Option<DateTime<FixedOffset>>,
    by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into case_records (case_id, bureau_id, kind, on_date, starts_at, place, content, recorded_by, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        case,
        bureau,
        new.kind.code(),
        new.on,
        starts_at,
        new.place,
        new.content,
        by,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Leaves a message: the handler's to the centre, the centre's to the handler. Reading the
/// case does not mark the other side's as read; answering does.
///
/// # Errors
/// [`AppError::Forbidden`] for somebody who does not work on the case.
pub async fn message(work: &mut Work, scope: Scope, id: i64, body: &str) -> Result<(), AppError> {
    let bureau = scope.bureau();
    let viewer = Viewer::of(&work.actor);
    let case =
        dossier::find(work.conn(), bureau, viewer, id).await?.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
    take::works_on(work, &case)?;
    let from_handler = case.handler_account == Some(work.actor.account_id);
    if !from_handler && case.handler_id.is_none() {
        return Err(AppError::refused("案件还没有承办人，留言没有人能看到。"));
    }
    let (by, now) = (work.actor.account_id, work.now);
    sqlx::query!(
        "update case_messages set read_at = $3 where case_id = $1 and to_handler = $2 and read_at is null",
        id,
        from_handler,
        now
    )
    .execute(work.conn())
    .await?;
    sqlx::query!(
        "insert into case_messages (case_id, bureau_id, from_id, to_handler, at, body) values ($1, $2, $3, $4, $5, $6)",
        id,
        bureau,
        by,
        !from_handler,
        now,
        body
    )
    .execute(work.conn())
    .await?;
    work.audit(Audit::new("case.message", "case", id)).await
}

/// A paper of a case with its content.
#[derive(Debug)]
pub struct PaperRow {
    /// Its title.
    pub title: String,
    /// What it says, of forms made here.
    pub content: Option<Json<Sheet>>,
    /// The scan's checksum.
    pub sha256: Option<String>,
    /// The scan's media type.
    pub media_type: Option<String>,
}

/// A paper of a case.
pub async fn find_paper(conn: &mut PgConnection, case: i64, paper: i64) -> sqlx::Result<Option<PaperRow>> {
    sqlx::query_as!(
        PaperRow,
        r#"select d.title, d.content as "content: Json<Sheet>", d.sha256, f.media_type as "media_type?"
           from case_documents d left join case_files f on f.sha256 = d.sha256
           where d.case_id = $1 and d.id = $2 and d.removed_at is null"#,
        case,
        paper
    )
    .fetch_optional(conn)
    .await
}

/// Gives a stored scan out, to be shown or saved and never run.
///
/// # Errors
/// [`AppError::Refused`] for a paper that lies in the volume only.
pub async fn give_scan(state: &AppState, paper: &PaperRow) -> Answer {
    let (Some(sha256), Some(media_type)) = (&paper.sha256, &paper.media_type) else {
        return Err(AppError::refused("这份材料只登记了页数，原件在纸质卷宗中。"));
    };
    super::scans::give(state, sha256, media_type, &paper.title).await
}

/// A hearing for a calendar.
#[derive(Debug)]
pub struct Hearing {
    /// The row.
    pub id: i64,
    /// When.
    pub starts_at: DateTime<Utc>,
    /// Where.
    pub place: String,
    /// The case.
    pub case_id: i64,
    /// Its number.
    pub number: String,
    /// 案由.
    pub cause: String,
}

/// Hearings of one case, or of all cases of a handler from a day on, at most 500.
pub async fn hearings(
    conn: &mut PgConnection,
    bureau: i64,
    case: Option<i64>,
    handler: Option<i64>,
    from: DateTime<FixedOffset>,
) -> sqlx::Result<Vec<Hearing>> {
    sqlx::query_as!(
        Hearing,
        r#"select r.id, r.starts_at as "starts_at!", r.place, r.case_id, c.number, c.cause
           from case_records r join cases c on c.id = r.case_id
           left join case_handlers h on h.id = c.handler_id
           where r.bureau_id = $1 and r.starts_at is not null and ($2::bigint is null or r.case_id = $2)
             and ($3::bigint is null or (h.account_id = $3 and r.starts_at >= $4))
           order by r.starts_at limit 500"#,
        bureau,
        case,
        handler,
        from
    )
    .fetch_all(conn)
    .await
}

/// iCalendar (RFC 5545) of hearings. No names: the file leaves the system.
#[must_use]
pub fn calendar(hearings: &[Hearing], now: DateTime<Utc>) -> String {
    let escape =
        |text: &str| text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace(['\r', '\n'], " ");
    let mut out = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Huifa//CN\r\nCALSCALE:GREGORIAN\r\n");
    for hearing in hearings {
        let start = hearing.starts_at.format("%Y%m%dT%H%M%SZ");
        let end = (hearing.starts_at + chrono::TimeDelta::hours(2)).format("%Y%m%dT%H%M%SZ");
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:hearing-{}@huifa", hearing.id),
            format!("DTSTAMP:{}", now.format("%Y%m%dT%H%M%SZ")),
            format!("DTSTART:{start}"),
            format!("DTEND:{end}"),
            format!("SUMMARY:{}", escape(&format!("开庭 {} {}", hearing.number, hearing.cause))),
            format!("LOCATION:{}", escape(&hearing.place)),
            "END:VEVENT".to_owned(),
        ];
        for line in lines {
            fold(&mut out, &line);
        }
    }
    out.push_str("END:VCALENDAR\r\n");
    out
}

/// Lines of at most 75 octets, never cut inside a letter.
fn fold(out: &mut String, line: &str) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > 74 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(letter);
        length += letter.len_utf8();
    }
    out.push_str("\r\n");
}

/// Whether a case's state lets its handler record work.
#[must_use]
pub fn in_hand(state: State) -> bool {
    matches!(state, State::Assigned | State::Entrusted | State::Handling | State::Reassigning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hearing_becomes_an_entry_of_any_calendar() {
        let hearing = Hearing {
            id: 7,
            starts_at: "2024-06-20T01:30:00Z".parse().unwrap(),
            place: "高平市人民法院,第三法庭".to_owned(),
            case_id: 3,
            number: "高法援字〔2024〕003号".to_owned(),
            cause: "追索劳动报酬纠纷以及其他很长很长的案由很长很长的案由".to_owned(),
        };
        let text = calendar(&[hearing], "2024-06-05T00:00:00Z".parse().unwrap());
        assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0") && text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.contains("DTSTART:20240620T013000Z") && text.contains("高平市人民法院\\,第三法庭"));
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
    }

    #[test]
    fn a_line_is_folded_behind_its_seventy_fourth_octet() {
        for (letters, lines) in [(74, 1), (75, 2), (147, 2), (148, 3)] {
            let mut out = String::new();
            fold(&mut out, &"a".repeat(letters));
            assert_eq!(out.lines().count(), lines, "{letters}");
            assert_eq!(out.replace("\r\n ", ""), format!("{}\r\n", "a".repeat(letters)));
        }
    }
}
