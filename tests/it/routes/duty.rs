//! Duty months as facts, without the pages that usually write them: rosters that are
//! published, sign-ins, records, months that are reported.

use huifa::state::AppState;
use huifa::web::actor::{Actor, Scope};
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use sqlx::AssertSqlSafe;

use crate::support::app::TestApp;

/// Fills a bureau with duty.
pub(crate) struct Duty<'a> {
    app: &'a TestApp,
    maker: i64,
    checker: i64,
}

impl<'a> Duty<'a> {
    pub(crate) async fn new(app: &'a TestApp) -> Duty<'a> {
        let maker = app.staff(Role::BureauClerk).await.actor().account_id;
        let checker = app.staff(Role::Approver).await.actor().account_id;
        Duty { app, maker, checker }
    }

    async fn id(&self, sql: String) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .fetch_one(&self.app.owner)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Publishes a month's roster with these shifts of person, venue and day, at the venue's usual hours.
    pub(crate) async fn publish(&self, month: &str, shifts: &[(i64, i64, &str)]) -> Vec<i64> {
        let (bureau, maker, checker) = (self.app.bureau, self.maker, self.checker);
        let roster = self
            .id(format!(
                "insert into rosters (bureau_id, month, made_by, made_at) values ({bureau}, '{month}-01', {maker}, now()) returning id"
            ))
            .await;
        let mut ids = Vec::new();
        for (person, venue, day) in shifts {
            ids.push(
                self.id(format!(
                    "insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at,
                         ends_at, break_from, break_to, planned_minutes, minimum_minutes, change, change_reason)
                     select {bureau}, {roster}, '{month}-01', v.id, v.kind, {person}, '{day}', v.starts_at, v.ends_at,
                         v.break_from, v.break_to, case v.kind when 'station' then 240 else 480 end,
                         case v.kind when 'station' then 240 else 480 end,
                         case when v.kind = 'station' and extract(isodow from '{day}'::date) <> 3 then 'moved' else 'normal' end,
                         case when v.kind = 'station' and extract(isodow from '{day}'::date) <> 3 then '改期' else '' end
                     from venues v where v.id = {venue} returning id"
                ))
                .await,
            );
        }
        self.app
            .execute(&format!(
                "update rosters set status = 'published', submitted_by = {maker}, submitted_at = now(),
                     approved_by = {checker}, approved_at = now(), published_by = {maker}, published_at = now()
                 where id = {roster}"
            ))
            .await;
        ids
    }

    /// Somebody came and went: local times, the second may be missing.
    pub(crate) async fn attend(&self, shift: i64, came: &str, left: Option<&str>) {
        let maker = self.maker;
        let (left_at, by, how, early) = match left {
            None => ("null".to_owned(), "null".to_owned(), "null", "0".to_owned()),
            Some(left) => (
                format!("(duty_on + time '{left}') at time zone 'Asia/Shanghai'"),
                maker.to_string(),
                "'desk'",
                format!("greatest(0, extract(epoch from ends_at - time '{left}') / 60)::integer"),
            ),
        };
        self.app
            .execute(&format!(
                "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, signed_out_at,
                     signed_out_by, sign_out_method, late_minutes, early_minutes)
                 select id, bureau_id, (duty_on + time '{came}') at time zone 'Asia/Shanghai', {maker}, 'desk',
                     {left_at}, {by}, {how}, greatest(0, extract(epoch from time '{came}' - starts_at) / 60)::integer, {early}
                 from shifts where id = {shift}"
            ))
            .await;
    }

    /// Somebody served from the first to the last planned minute.
    pub(crate) async fn serve(&self, shift: i64) {
        let maker = self.maker;
        self.app
            .execute(&format!(
                "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, signed_out_at,
                     signed_out_by, sign_out_method, late_minutes, early_minutes)
                 select id, bureau_id, (duty_on + starts_at) at time zone 'Asia/Shanghai', {maker}, 'desk',
                     (duty_on + ends_at) at time zone 'Asia/Shanghai', {maker}, 'desk', 0, 0
                 from shifts where id = {shift}"
            ))
            .await;
    }

    /// A record of a consultation on a shift.
    pub(crate) async fn record(&self, shift: i64, number: &str) -> i64 {
        let maker = self.maker;
        self.id(format!(
            "insert into consultations (bureau_id, venue_id, shift_id, person_id, number, seal_id, channel, started_at, ended_at,
                 refused_identity, gender, topic, facts, request, advice, outcomes, legal_aid_hint, told_right, recorded_by, recorded_at)
             select bureau_id, venue_id, id, person_id, '{number}', gen_random_uuid(), 'on_site',
                 (duty_on + time '09:00') at time zone 'Asia/Shanghai', (duty_on + time '09:30') at time zone 'Asia/Shanghai',
                 true, 'unknown', 'family', '事实', '诉求', '意见', '{{answered}}', false, true, {maker}, now()
             from shifts where id = {shift} returning id"
        ))
        .await
    }

    /// A confirmed finding, as if its whole way had been gone.
    pub(crate) async fn confirmed(&self, shift: i64, kind: &str, occurrence: &str) -> i64 {
        let (maker, checker) = (self.maker, self.checker);
        let now = self.app.state.clock.now().to_rfc3339();
        self.id(format!(
            "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, occurrence, evidence, status,
                 proposed_by, proposed_at, told_by, told_at, objection_until, decided_by, decided_at)
             select bureau_id, id, venue_id, person_id, '{kind}', duty_on, '{occurrence}', '核实记录', 'confirmed',
                 {maker}, '{now}', {maker}, '{now}', duty_on, {checker}, '{now}'
             from shifts where id = {shift} returning id"
        ))
        .await
    }

    /// Every venue with shifts has reported the month.
    pub(crate) async fn report(&self, month: &str) {
        let (bureau, maker) = (self.app.bureau, self.maker);
        self.app
            .execute(&format!(
                "insert into venue_months (venue_id, bureau_id, month, status, certified_by, certified_at)
                 select distinct venue_id, bureau_id, month, 'reported', {maker}::bigint, now() from shifts
                 where bureau_id = {bureau} and month = '{month}-01'
                 on conflict (venue_id, month) do update set status = 'reported', certified_by = {maker}, certified_at = now()"
            ))
            .await;
    }

    /// The bureau's account of the earmarked fund has so much for 2024.
    pub(crate) async fn fund(&self, yuan: i64) {
        let (bureau, maker) = (self.app.bureau, self.maker);
        self.app
            .execute(&format!(
                "do $$
                 declare
                     step record;
                     entry bigint;
                 begin
                     for step in select * from (values (1, 'receipt', 'earmarked_at_finance', 'earmarked_source'),
                         (2, 'transfer', 'earmarked_at_bureau', 'earmarked_at_finance')) as s (number, kind, debit, credit)
                     loop
                         insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind,
                             document_id, posted_by, posted_at)
                         values ({bureau}, 2024, step.number, step.kind, '2024-03-15', '到位', 'paper', '1', {maker}, now())
                         returning id into entry;
                         insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
                         select entry, {bureau}, 2024, id, case code when step.debit then {yuan} else -{yuan} end, 0
                         from fund_accounts where bureau_id = {bureau} and year = 2024 and code in (step.debit, step.credit);
                     end loop;
                 end $$"
            ))
            .await;
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::Bureau { bureau: self.app.bureau }
    }
}

/// Work of an account outside the pages.
pub(crate) async fn work(state: &AppState, actor: &Actor) -> Work {
    Work::unattended(state, actor).await.expect("a transaction")
}

/// The questions that a page puts to the database, the session's among them; the pool's own housekeeping is none.
pub(crate) async fn statements_of(browser: &crate::support::app::Browser<'_>, path: &str) -> Vec<String> {
    let queries = crate::support::queries::Queries::listen();
    browser.get(path).await.assert_status(200);
    queries.take()
}
