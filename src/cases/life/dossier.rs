//! Everything that is known of one case, in one statement.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
use crate::cases::eligibility::rules::{Means, NoticeBasis, Proof, ScopeBasis};
use crate::cases::states::State;
use crate::plan::dictionaries::{Basis, CaseKind, HandlerCategory, SpecialGroup};
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::web::actor::Actor;
use crate::web::permissions::{Action, Reach, Role, reach};

dictionary! {
    /// How an application came (5.11).
    Way {
        Window = "window", "窗口";
        Phone = "phone", "电话预约";
        Post = "post", "邮寄";
        Online = "online", "网上";
        HomeVisit = "home_visit", "上门";
        Station = "station", "站点转交";
        Authority = "authority", "办案机关转交";
        DutyLawyer = "duty_lawyer", "值班律师转交";
    }
}

dictionary! {
    /// Where the row came from.
    Origin {
        Live = "live", "系统办理";
        Paper = "paper", "纸质补录";
    }
}

/// Who looks: which cases they reach and whether restricted ones open for them.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// The account.
    pub account: i64,
    /// Only cases handled by the account.
    pub assigned_only: bool,
    /// Directors open every restricted case.
    pub director: bool,
}

impl Viewer {
    /// How an account looks at cases.
    #[must_use]
    pub fn of(actor: &Actor) -> Viewer {
        Viewer {
            account: actor.account_id,
            assigned_only: reach(actor.role, Action::ReadCases) == Some(Reach::Assigned),
            director: actor.role == Role::LegalAidDirector,
        }
    }
}

/// The application or notice as stored; sealed columns stay in the database.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Application {
    /// The recipient.
    pub name: String,
    /// `male`, `female` or `unknown`.
    pub gender: String,
    /// Birth date.
    pub birth_date: Option<NaiveDate>,
    /// Masked identity number.
    pub id_number_mask: String,
    /// Masked telephone.
    pub phone_mask: String,
    /// 乡镇.
    pub township: String,
    /// Who applies for the recipient.
    pub agent: String,
    /// Relation.
    pub agent_relation: String,
    /// In custody.
    pub detained: bool,
    /// Cannot move easily.
    pub hard_to_move: bool,
    /// Life imprisonment or death is possible.
    pub life_or_death: bool,
    /// 原告、被告人…
    pub legal_position: String,
    /// The other side.
    pub opponent: String,
    /// 办案机关.
    pub authority: String,
    /// Its number.
    pub authority_number: String,
    /// Why the authority gives notice; a code or empty.
    pub notice_basis: String,
    /// Number of its letter.
    pub notice_number: String,
    /// 案情及理由.
    pub facts: String,
    /// 诉求.
    pub request: String,
    /// 标的额 in yuan.
    pub amount: Option<Decimal>,
    /// Last day to sue.
    pub limitation_on: Option<NaiveDate>,
    /// The group of the statistics; a code.
    pub primary_group: String,
    /// Proofs; codes.
    pub proofs: Vec<String>,
    /// Article; a code or empty.
    pub scope_basis: String,
    /// A code.
    pub means: String,
    /// Its note.
    pub means_note: String,
    /// 审查意见.
    pub review_opinion: String,
    /// Who reviewed.
    pub reviewed_by: Option<i64>,
    /// When.
    pub reviewed_on: Option<NaiveDate>,
    /// Who decided.
    pub decided_by: Option<i64>,
    /// Notices sent.
    pub supplements: i32,
    /// The last day of the supplement.
    pub supplement_until: Option<NaiveDate>,
    /// 先行提供: papers made up on.
    pub settled_on: Option<NaiveDate>,
    /// What was said of a case with something in common.
    pub duplicate_note: String,
    /// For edits.
    pub version: i32,
}

impl Application {
    /// The proofs.
    #[must_use]
    pub fn proof_set(&self) -> std::collections::BTreeSet<Proof> {
        self.proofs.iter().filter_map(|code| Proof::from_code(code)).collect()
    }

    /// How the means were looked at.
    #[must_use]
    pub fn means(&self) -> Means {
        Means::from_code(&self.means).unwrap_or(Means::Unchecked)
    }

    /// Under which article.
    #[must_use]
    pub fn scope(&self) -> Option<ScopeBasis> {
        ScopeBasis::from_code(&self.scope_basis)
    }

    /// Why notice was given.
    #[must_use]
    pub fn notice(&self) -> Option<NoticeBasis> {
        NoticeBasis::from_code(&self.notice_basis)
    }

    /// 男, 女 or empty.
    #[must_use]
    pub fn gender_words(&self) -> &'static str {
        match self.gender.as_str() {
            "male" => "男",
            "female" => "女",
            _ => "",
        }
    }
}

/// The closing report and its review.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Closing {
    /// 结案方式; a code.
    pub way: String,
    /// 法院案号.
    pub court_number: String,
    /// 胜诉…; a code or empty.
    pub effect: String,
    /// 结果摘要.
    pub summary: String,
    /// 采纳情况.
    pub adopted: String,
    /// 挽回损失 in yuan.
    pub recovered: Option<Decimal>,
    /// 出庭.
    pub hearings: i32,
    /// 会见、约见.
    pub meetings: i32,
    /// 阅卷.
    pub readings: i32,
    /// Who reported.
    pub reported_by: Option<i64>,
    /// Item → ok, missing, faulty.
    pub items: BTreeMap<String, String>,
    /// 质量意见.
    pub review_opinion: String,
    /// Who passed the file.
    pub reviewed_by: Option<i64>,
    /// When.
    pub reviewed_on: Option<NaiveDate>,
    /// Who agreed.
    pub agreed_by: Option<i64>,
}

/// A limit of this case.
#[derive(Clone, Debug, Deserialize)]
pub struct ClockRow {
    /// Which.
    pub kind: Clock,
    /// From.
    pub started_on: NaiveDate,
    /// To.
    pub due_on: NaiveDate,
    /// To the minute, of limits in hours.
    pub due_at: Option<DateTime<Utc>>,
    /// Stands still since.
    pub paused_on: Option<NaiveDate>,
    /// Days not counted.
    pub paused_days: i32,
    /// Ended.
    pub ended_on: Option<NaiveDate>,
}

/// A paper of this case.
#[derive(Clone, Debug, Deserialize)]
pub struct DocumentRow {
    /// The row.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its number.
    pub number: String,
    /// `made`, `scan` or `paper`.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Pages.
    pub pages: i32,
    /// Its date.
    pub made_on: NaiveDate,
    /// Who made or filed it.
    pub by: String,
}

/// A line of the time line.
#[derive(Clone, Debug, Deserialize)]
pub struct EventRow {
    /// When it was put down.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
    /// `move`, `document`, …
    pub kind: String,
    /// The step or the paper.
    pub code: String,
    /// Where the case was.
    pub from_state: String,
    /// Where it went.
    pub to_state: String,
    /// The date it bears.
    pub on_date: Option<NaiveDate>,
    /// In one sentence.
    pub words: String,
    /// The reason given.
    pub note: String,
}

/// A handling record.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordRow {
    /// The row.
    pub id: i64,
    /// A code.
    pub kind: String,
    /// The day.
    pub on_date: NaiveDate,
    /// A hearing's hour.
    pub starts_at: Option<DateTime<Utc>>,
    /// A hearing's place.
    pub place: String,
    /// What was done.
    pub content: String,
    /// By whom.
    pub by: String,
}

/// A message between centre and handler.
#[derive(Clone, Debug, Deserialize)]
pub struct MessageRow {
    /// The row.
    pub id: i64,
    /// From whom.
    pub by: String,
    /// To the handler.
    pub to_handler: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub body: String,
    /// Read.
    pub read_at: Option<DateTime<Utc>>,
}

/// An assignment, open or over.
#[derive(Clone, Debug, Deserialize)]
pub struct AssignmentRow {
    /// Whom.
    pub handler_id: i64,
    /// Their name.
    pub handler: String,
    /// 指派通知书's number.
    pub number: String,
    /// When.
    pub assigned_on: NaiveDate,
    /// Taken on.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Over.
    pub ended_on: Option<NaiveDate>,
    /// Why.
    pub end_reason: String,
}

/// Another stage of the same matter.
#[derive(Clone, Debug, Deserialize)]
pub struct StageRow {
    /// The case.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Kind and stage.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: State,
}

/// Everything that is known of one case.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of `cases`, described in the migrations")]
pub struct Dossier {
    pub id: i64,
    pub version: i32,
    pub number: String,
    pub application_number: String,
    pub kind: CaseKind,
    pub basis: Basis,
    pub groups: Vec<SpecialGroup>,
    pub cause: String,
    pub origin: Origin,
    pub state: State,
    pub way: Way,
    pub received_on: NaiveDate,
    pub accepted_on: NaiveDate,
    pub granted_on: Option<NaiveDate>,
    pub assigned_on: Option<NaiveDate>,
    pub agreement_on: Option<NaiveDate>,
    pub concluded_on: Option<NaiveDate>,
    pub filed_on: Option<NaiveDate>,
    pub closing_agreed_on: Option<NaiveDate>,
    pub entered_on: Option<NaiveDate>,
    pub entry_number: String,
    pub terminated_on: Option<NaiveDate>,
    pub termination_note: String,
    pub archived_on: Option<NaiveDate>,
    pub archive_number: String,
    pub green: bool,
    pub green_reason: String,
    pub restricted: bool,
    pub matter_id: Option<i64>,
    pub consultation_id: Option<i64>,
    pub worker_id: Option<i64>,
    pub worker: String,
    pub handler_id: Option<i64>,
    pub handler_account: Option<i64>,
    pub handler_category: HandlerCategory,
    pub handler_name: String,
    pub organisation: String,
    pub licence: String,
    pub programme_case: bool,
    pub counted_on: Option<NaiveDate>,
    pub counted_year: Option<i32>,
    pub place: Option<i32>,
    pub registered_by: i64,
    pub may_open: bool,
    pub office: String,
    pub bureau_name: String,
    pub county: String,
    pub application: Option<Json<Application>>,
    pub closing: Option<Json<Closing>>,
    pub clocks: Json<Vec<ClockRow>>,
    pub documents: Json<Vec<DocumentRow>>,
    pub events: Json<Vec<EventRow>>,
    pub records: Json<Vec<RecordRow>>,
    pub messages: Json<Vec<MessageRow>>,
    pub assignments: Json<Vec<AssignmentRow>>,
    pub stages: Json<Vec<StageRow>>,
}

/// The dossier of a case within the viewer's reach. Whether it may be opened stands in it:
/// a restricted case exists for everybody who may read cases, and opens for named people.
pub async fn find(conn: &mut PgConnection, bureau: i64, viewer: Viewer, id: i64) -> sqlx::Result<Option<Dossier>> {
    sqlx::query_as!(
        Dossier,
        r#"
        select c.id, c.version, c.number, c.application_number, c.kind as "kind: CaseKind", c.basis as "basis: Basis",
               c.groups as "groups: Vec<SpecialGroup>", c.cause, c.origin as "origin: Origin", c.state as "state: State",
               c.way as "way: Way", coalesce(c.received_on, c.accepted_on) as "received_on!", c.accepted_on, c.granted_on,
               c.assigned_on, c.agreement_on, c.concluded_on, c.filed_on, c.closing_agreed_on, c.entered_on,
               c.entry_number, c.terminated_on, c.termination_note, c.archived_on, c.archive_number, c.green,
               c.green_reason, c.restricted, c.matter_id, c.consultation_id, c.worker_id,
               coalesce(w.name, '') as "worker!", c.handler_id, h.account_id as "handler_account?",
               c.handler_category as "handler_category: HandlerCategory", c.handler_name, c.organisation,
               coalesce(h.licence_number, '') as "licence!", c.programme_case, c.counted_on, c.counted_year, c.place,
               c.registered_by,
               (not c.restricted or $3 or c.registered_by = $4 or c.worker_id = $4 or h.account_id = $4
                   or exists (select from case_access x where x.case_id = c.id and x.account_id = $4)
                   or exists (select from case_quality q where q.case_id = c.id and q.reviewer_id = $4 and q.done_on is null))
                   as "may_open!",
               coalesce((select v.name from venues v where v.bureau_id = c.bureau_id and v.kind = 'legal_aid_centre'
                         order by v.sort limit 1), b.name) as "office!",
               b.name as bureau_name, b.short_name as county,
               case when a.case_id is null then null
                    else to_jsonb(a) || jsonb_build_object('amount', a.amount::text) end as "application: Json<Application>",
               case when l.case_id is null then null
                    else to_jsonb(l) || jsonb_build_object('recovered', l.recovered::text) end as "closing: Json<Closing>",
               coalesce((select jsonb_agg(to_jsonb(k) order by k.id) from case_clocks k where k.case_id = c.id), '[]')
                   as "clocks!: Json<Vec<ClockRow>>",
               coalesce((select jsonb_agg((to_jsonb(d) - 'content') || jsonb_build_object('by', e.name) order by d.made_on, d.id)
                         from case_documents d join accounts e on e.id = d.made_by
                         where d.case_id = c.id and d.removed_at is null), '[]') as "documents!: Json<Vec<DocumentRow>>",
               coalesce((select jsonb_agg(to_jsonb(e) order by e.id desc) from case_events e where e.case_id = c.id), '[]')
                   as "events!: Json<Vec<EventRow>>",
               coalesce((select jsonb_agg(to_jsonb(r) || jsonb_build_object('by', e.name) order by r.on_date desc, r.id desc)
                         from case_records r join accounts e on e.id = r.recorded_by where r.case_id = c.id), '[]')
                   as "records!: Json<Vec<RecordRow>>",
               coalesce((select jsonb_agg(to_jsonb(m) || jsonb_build_object('by', e.name) order by m.id)
                         from case_messages m join accounts e on e.id = m.from_id where m.case_id = c.id), '[]')
                   as "messages!: Json<Vec<MessageRow>>",
               coalesce((select jsonb_agg(to_jsonb(s) || jsonb_build_object('handler', o.name) order by s.id)
                         from case_assignments s join case_handlers o on o.id = s.handler_id where s.case_id = c.id), '[]')
                   as "assignments!: Json<Vec<AssignmentRow>>",
               coalesce((select jsonb_agg(jsonb_build_object('id', o.id, 'number', o.number, 'kind', o.kind, 'state', o.state)
                                          order by o.id)
                         from cases o
                         where o.id <> c.id and (o.matter_id = coalesce(c.matter_id, c.id) or o.id = c.matter_id)), '[]')
                   as "stages!: Json<Vec<StageRow>>"
        from cases c
        join bureaus b on b.id = c.bureau_id
        left join accounts w on w.id = c.worker_id
        left join case_handlers h on h.id = c.handler_id
        left join case_applications a on a.case_id = c.id
        left join case_closings l on l.case_id = c.id
        where c.bureau_id = $1 and c.id = $2 and (not $5 or h.account_id = $4
              or exists (select from case_quality q where q.case_id = c.id and q.reviewer_id = $4 and q.done_on is null))
        "#,
        bureau,
        id,
        viewer.director,
        viewer.account,
        viewer.assigned_only
    )
    .fetch_optional(conn)
    .await
}

impl Dossier {
    /// Where the case was before the state in which it is.
    #[must_use]
    pub fn state_before(&self) -> Option<State> {
        self.events
            .iter()
            .find(|event| {
                event.kind == "move" && event.to_state == self.state.code() && event.from_state != event.to_state
            })
            .and_then(|event| State::from_code(&event.from_state))
    }

    /// The clock of a kind that runs.
    #[must_use]
    pub fn running(&self, kind: Clock) -> Option<&ClockRow> {
        self.clocks.iter().find(|clock| clock.kind == kind && clock.ended_on.is_none())
    }

    /// The assignment that is open.
    #[must_use]
    pub fn assignment(&self) -> Option<&AssignmentRow> {
        self.assignments.iter().find(|assignment| assignment.ended_on.is_none())
    }

    /// Whether a paper of a kind lies in the file.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.documents.iter().any(|document| document.kind == kind)
    }

    /// The groups as a set.
    #[must_use]
    pub fn group_set(&self) -> std::collections::BTreeSet<SpecialGroup> {
        self.groups.iter().copied().collect()
    }

    /// The address of its page.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/cases/{}", self.id)
    }

    /// The recipient's name; empty for a paper file.
    #[must_use]
    pub fn recipient(&self) -> &str {
        self.application.as_ref().map_or("", |application| application.name.as_str())
    }

    /// The groups in words.
    #[must_use]
    pub fn group_words(&self) -> String {
        if self.groups.is_empty() {
            return "非特殊群体".to_owned();
        }
        self.groups.iter().map(|group| group.label()).collect::<Vec<_>>().join("、")
    }
}

/// A case that has something in common with this one, as the database tells it.
#[derive(Clone, Debug, Serialize)]
pub struct CommonRow {
    /// The case.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Kind and stage.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: State,
    /// The same recipient.
    pub same_recipient: bool,
    /// The same opponent.
    pub same_opponent: bool,
    /// The sides are crossed.
    pub crossed: bool,
    /// Stages of one matter.
    pub linked: bool,
    /// Its handler.
    pub handler_id: Option<i64>,
    /// The handler's firm.
    pub firm_id: Option<i64>,
}

/// Cases of the bureau that have a party in common with this one, at most 20.
pub async fn in_common(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Vec<CommonRow>> {
    sqlx::query_as!(
        CommonRow,
        r#"
        with me as (
            select c.id, coalesce(c.matter_id, c.id) as matter, c.cause, a.name, a.id_number_index, a.phone_index,
                   a.opponent_key, a.opponent
            from cases c join case_applications a on a.case_id = c.id
            where c.bureau_id = $1 and c.id = $2
        ),
        others as (
            select c.id, c.number, c.kind, c.state, c.handler_id, h.firm_id,
                   coalesce(a.id_number_index = me.id_number_index, false)
                       or (a.name = me.name and coalesce(a.phone_index = me.phone_index, false)) as same_recipient,
                   (a.opponent_key <> '' and a.opponent_key = me.opponent_key)
                       or (a.opponent_key = '' and me.opponent_key = '' and c.cause = me.cause) as same_opponent,
                   (a.opponent <> '' and a.opponent = me.name) or (me.opponent <> '' and me.opponent = a.name) as crossed,
                   coalesce(c.matter_id, c.id) = me.matter as linked
            from me
            join case_applications a on a.bureau_id = $1 and a.case_id <> me.id
                and (a.id_number_index = me.id_number_index or a.name = me.name or a.opponent = me.name
                     or (me.opponent <> '' and a.name = me.opponent))
            join cases c on c.id = a.case_id
            left join case_handlers h on h.id = c.handler_id
        )
        select id as "id!", number as "number!", kind as "kind!: CaseKind", state as "state!: State",
               same_recipient as "same_recipient!", same_opponent as "same_opponent!", crossed as "crossed!",
               linked as "linked!", handler_id as "handler_id?", firm_id as "firm_id?"
        from others where same_recipient or crossed
        order by id desc limit 20
        "#,
        bureau,
        id
    )
    .fetch_all(conn)
    .await
}
