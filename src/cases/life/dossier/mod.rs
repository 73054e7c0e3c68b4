//! Everything that is known of one case, in one statement.

mod rows;

pub use rows::{
    Application, AssignmentRow, ClockRow, Closing, DocumentRow, EventRow, MessageRow, NamedRow, PaymentRow, RecordRow,
    StageRow,
};

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
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
    pub consultation: String,
    pub consultation_venue: String,
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
    pub named: Json<Vec<NamedRow>>,
    pub payments: Json<Vec<PaymentRow>>,
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
               (not c.restricted or $3 or case_open_to(c, $4)) as "may_open!",
               coalesce(t.number, '') as "consultation!", coalesce(t.venue, '') as "consultation_venue!",
               coalesce((select v.name from venues v where v.bureau_id = c.bureau_id and v.kind = 'legal_aid_centre'
                         order by v.sort limit 1), b.name) as "office!",
               b.name as bureau_name, b.short_name as county,
               case when a.case_id is null then null
                    else to_jsonb(a) || jsonb_build_object('amount', a.amount::text,
                                                               'household_income', a.household_income::text) end as "application: Json<Application>",
               case when l.case_id is null then null
                    else to_jsonb(l) || jsonb_build_object('recovered', l.recovered::text) end as "closing: Json<Closing>",
               -- The payment's limit ends with the payment, and goes on when that is taken back; extensions move it.
               coalesce((select jsonb_agg(case when k.kind = 'payout' and k.ended_on is null
                                               then to_jsonb(k) || jsonb_build_object('ended_on', y.ended_on, 'due_on', k.due_on + y.days)
                                               else to_jsonb(k) end order by k.id)
                         from case_clocks k
                         -- Whoever reads as a person sees nothing of the bureau's money, and so not whether it was paid.
                         where k.case_id = c.id and (k.kind <> 'payout' or wall_person() is null)), '[]')
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
                   as "stages!: Json<Vec<StageRow>>",
               coalesce((select jsonb_agg(jsonb_build_object('account_id', x.account_id, 'name', e.name, 'login', e.login,
                                                             'by', g.name, 'at', x.granted_at, 'reason', x.reason)
                                          order by x.granted_at, x.account_id)
                         from case_access x join accounts e on e.id = x.account_id join accounts g on g.id = x.granted_by
                         where x.case_id = c.id), '[]') as "named!: Json<Vec<NamedRow>>",
               coalesce((select jsonb_agg(p order by p.at) from (
                   select b.prepared_at as at, e.name as by, 'prepared' as kind, o.earmarked::text, o.operating::text,
                          o.payee_name as payee, format('%s年第%s批', b.year, b.number) as batch, '' as note
                   from case_payouts o join case_batches b on b.id = o.batch_id join accounts e on e.id = b.prepared_by
                   where o.case_id = c.id
                   union all
                   select b.approved_at, e.name, 'approved', o.earmarked::text, o.operating::text, o.payee_name,
                          format('%s年第%s批', b.year, b.number), ''
                   from case_payouts o join case_batches b on b.id = o.batch_id join accounts e on e.id = b.approved_by
                   where o.case_id = c.id
                   union all
                   select b.paid_at, e.name, 'paid', o.earmarked::text, o.operating::text, o.payee_name,
                          format('%s年第%s批', b.year, b.number), ''
                   from case_payouts o join case_batches b on b.id = o.batch_id join accounts e on e.id = b.paid_by
                   where o.case_id = c.id
                   union all
                   select o.ended_at, e.name, 'ended', o.earmarked::text, o.operating::text, o.payee_name,
                          format('%s年第%s批', b.year, b.number), o.ended_reason
                   from case_payouts o join case_batches b on b.id = o.batch_id join accounts e on e.id = o.ended_by
                   where o.case_id = c.id
                   union all
                   select x.asked_at, e.name, 'asked', '0', '0', '', x.days::text, x.reason
                   from case_extensions x join accounts e on e.id = x.asked_by where x.case_id = c.id
                   union all
                   select x.decided_at, e.name, x.status, '0', '0', '', x.days::text, x.decision_note
                   from case_extensions x join accounts e on e.id = x.decided_by where x.case_id = c.id
                   union all
                   select x.recorded_at, e.name, 'outside', x.amount::text, '0', x.source, '', x.document
                   from case_outside_payments x join accounts e on e.id = x.recorded_by where x.case_id = c.id
                   union all
                   select x.withdrawn_at, e.name, 'outside_withdrawn', x.amount::text, '0', x.source, '', x.withdrawal
                   from case_outside_payments x join accounts e on e.id = x.withdrawn_by where x.case_id = c.id
                   union all
                   select v.asked_at, e.name, 'void_asked', '0', '0', '', '', v.reason
                   from case_voids v join accounts e on e.id = v.asked_by where v.case_id = c.id
                   union all
                   select v.decided_at, e.name, case when v.agreed then 'voided' else 'void_refused' end, '0', '0', '', '',
                          v.decision_note
                   from case_voids v join accounts e on e.id = v.decided_by where v.case_id = c.id
               ) p), '[]') as "payments!: Json<Vec<PaymentRow>>"
        from cases c
        join bureaus b on b.id = c.bureau_id
        left join accounts w on w.id = c.worker_id
        left join case_handlers h on h.id = c.handler_id
        left join case_applications a on a.case_id = c.id
        left join case_closings l on l.case_id = c.id
        left join lateral (select s.number, v.short_name as venue
                           from consultations s join venues v on v.id = s.venue_id where s.id = c.consultation_id) t on true
        cross join lateral (
            select coalesce((select sum(x.days)::integer from case_extensions x where x.case_id = c.id and x.status = 'granted'), 0) as days,
                   case when c.handler_category = 'agency_staff' then c.closing_agreed_on
                        else (select min((e.at at time zone 'Asia/Shanghai')::date) from (
                            select p.paid_at as at from case_payouts o join case_batches p on p.id = o.batch_id
                            where o.case_id = c.id and o.live and p.status = 'paid'
                            union all
                            select x.recorded_at from case_outside_payments x where x.case_id = c.id and x.withdrawn_at is null
                            union all
                            select v.decided_at from case_voids v where v.case_id = c.id and v.agreed
                        ) e) end as ended_on
        ) y
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

    /// Whether somebody applies for the recipient.
    #[must_use]
    pub fn has_agent(&self) -> bool {
        self.application.as_ref().is_some_and(|it| !it.agent.is_empty())
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

    /// Recipient, kind and cause, as far as they are known.
    #[must_use]
    pub fn in_brief(&self) -> String {
        let parts = [self.recipient(), self.kind.label(), self.cause.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
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
            select c.id, coalesce(c.matter_id, c.id) as matter, c.cause, a.name, a.birth_date, a.id_number_index,
                   a.phone_index, a.opponent_key, a.opponent
            from cases c join case_applications a on a.case_id = c.id
            where c.bureau_id = $1 and c.id = $2
        ),
        others as (
            select c.id, c.number, c.kind, c.state, c.handler_id, h.firm_id,
                   coalesce(a.id_number_index = me.id_number_index, false)
                       or (a.name = me.name and (coalesce(a.phone_index = me.phone_index, false)
                                                 or coalesce(a.birth_date = me.birth_date, false))) as same_recipient,
                   (a.opponent_key <> '' and a.opponent_key = me.opponent_key)
                       or (a.opponent_key = '' and me.opponent_key = '' and c.cause = me.cause) as same_opponent,
                   (a.opponent <> '' and a.opponent = me.name) or (me.opponent <> '' and me.opponent = a.name) as crossed,
                   coalesce(c.matter_id, c.id) = me.matter as linked
            from me
            join case_applications a on a.bureau_id = $1 and a.case_id <> me.id and a.case_id in (
                select x.case_id from case_applications x
                where x.bureau_id = $1 and (x.id_number_index = me.id_number_index or x.name = me.name or x.opponent = me.name
                                            or (me.opponent <> '' and x.name = me.opponent))
                union
                select y.id from cases y where y.bureau_id = $1 and (y.matter_id = me.matter or y.id = me.matter))
            join cases c on c.id = a.case_id
            left join case_handlers h on h.id = c.handler_id
        )
        select id as "id!", number as "number!", kind as "kind!: CaseKind", state as "state!: State",
               same_recipient as "same_recipient!", same_opponent as "same_opponent!", crossed as "crossed!",
               linked as "linked!", handler_id as "handler_id?", firm_id as "firm_id?"
        from others where same_recipient or crossed or linked
        order by id desc limit 20
        "#,
        bureau,
        id
    )
    .fetch_all(conn)
    .await
}
