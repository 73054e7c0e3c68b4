//! Two bureaus with a few people each, and a thing of every kind for each of them.

use huifa::web::permissions::Role;

use crate::routes::duty::Duty;
use crate::support::app::{Browser, TestApp};

/// The month that is being worked on.
pub(super) const MONTH: &str = "2024-05";
/// The month whose roster is being made.
pub(super) const DRAFT: &str = "2024-06";
/// The month that is reported and calculated.
pub(super) const SETTLED: &str = "2024-04";

/// Whose things are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the person, at the venue, in the bureau of whoever asks.
    Own,
    /// Of somebody else at the same venue.
    Colleague,
    /// Of another venue of the bureau.
    Neighbour,
    /// Of another bureau.
    Stranger,
}

/// One of each kind of thing.
#[derive(Clone, Debug)]
pub(super) struct Things {
    /// The name that no page may show to whom these are foreign.
    pub(super) name: &'static str,
    pub(super) venue: i64,
    pub(super) venue_code: String,
    pub(super) person: i64,
    pub(super) shift: i64,
    /// A shift of a roster that can still be changed.
    pub(super) drafted: i64,
    pub(super) correction: i64,
    /// What a visitor wants corrected.
    pub(super) correction_wish: i64,
    pub(super) consultation: i64,
    pub(super) finding: i64,
    pub(super) account: i64,
    pub(super) case: i64,
    /// Who handles cases.
    pub(super) handler: i64,
    /// An application sent from outside.
    pub(super) online: i64,
    /// A quality review of the case.
    pub(super) review: i64,
    pub(super) entry: i64,
    pub(super) money: Money,
}

/// One of each kind of thing that pays.
#[derive(Clone, Debug)]
pub(super) struct Money {
    pub(super) batch: i64,
    pub(super) payout: i64,
    pub(super) extension: i64,
    pub(super) void: i64,
    pub(super) outside: i64,
    pub(super) run: i64,
    pub(super) transfer: i64,
    pub(super) hold: i64,
    pub(super) change: i64,
    pub(super) payee: i64,
    pub(super) objection: i64,
    pub(super) debt: i64,
}

/// Things that pay, beside the ways that lead to them.
async fn money(app: &TestApp, name: &str, person: i64, case: i64, by: i64) -> Money {
    let bureau = app.bureau;
    app.execute(&format!(
        "begin; set local session_replication_role = replica;
         insert into case_batches (bureau_id, year, number, cases, earmarked, operating, fingerprint, prepared_by, prepared_at)
         values ({bureau}, 2024, 1000 + {case}, 1, 1000, 0, '-', {by}, now());
         insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, place, facts, result,
             revision, earmarked, operating, due_on, fingerprint)
         select max(id), {bureau}, 2024, {case}, 'handler', '{name}', '所', {case}, '{{}}', '{{}}', 1, 1000, 0, '2024-07-03', '-'
         from case_batches;
         insert into case_extensions (bureau_id, case_id, days, reason, asked_by, asked_at)
         values ({bureau}, {case}, 5, '账户待核实', {by}, now());
         insert into case_voids (bureau_id, case_id, reason, asked_by, asked_at)
         values ({bureau}, {case}, '{name}不属于特殊群体', {by}, now());
         insert into case_outside_payments (bureau_id, case_id, source, amount, paid_on, document, recorded_by, recorded_at)
         values ({bureau}, {case}, 'lottery', 1000, '2024-04-01', '凭证', {by}, now());
         insert into payees (bureau_id, kind, name, organisation, seal_id, created_by, created_at)
         values ({bureau}, 'handler', '{name}', '所', gen_random_uuid(), {by}, now());
         insert into bank_changes (bureau_id, person_id, bank_name, bank_account, bank_account_mask, reason, asked_by, asked_at)
         values ({bureau}, {person}, '示例银行', ''::bytea, '****0000', '{name}换卡', {by}, now());
         insert into pay_holds (bureau_id, person_id, reason, held_by, held_at)
         values ({bureau}, {person}, '账户待核实', {by}, now());
         insert into payment_runs (bureau_id, year, number, kind, title, made_by, made_at)
         values ({bureau}, 2024, 1000 + {person}, 'again', '{name}补发', {by}, now());
         insert into payables (bureau_id, year, batch_id, payout_id, payee_name, purpose, earmarked, operating, status)
         select {bureau}, 2024, p.batch_id, p.id, '{name}', '办案补贴', 1000, 0, 'sent' from case_payouts p where p.case_id = {case};
         insert into transfers (bureau_id, run_id, payable_id, amount, bank_name, bank_account, bank_account_mask, seal_id, status)
         select {bureau}, (select max(id) from payment_runs), (select max(id) from payables), 1000, '示例银行', ''::bytea, '****0000',
                gen_random_uuid(), 'void';
         insert into receivable_settlings (bureau_id, person_id, kind, amount, reason, asked_by, asked_at)
         values ({bureau}, {person}, 'cash', 1, '{name}退回', {by}, now());
         insert into line_objections (bureau_id, settlement_id, person_id, words, objected_by, objected_at)
         select {bureau}, settlement_id, {person}, '{name}有异议', {by}, now() from settlement_items where person_id = {person};
         commit"
    ))
    .await;
    let last = |table: &'static str| {
        app.scalar_i64(match table {
            "case_batches" => "select max(id) from case_batches",
            "case_payouts" => "select max(id) from case_payouts",
            "case_extensions" => "select max(id) from case_extensions",
            "case_voids" => "select max(id) from case_voids",
            "case_outside_payments" => "select max(id) from case_outside_payments",
            "payment_runs" => "select max(id) from payment_runs",
            "transfers" => "select max(id) from transfers",
            "pay_holds" => "select max(id) from pay_holds",
            "bank_changes" => "select max(id) from bank_changes",
            "receivable_settlings" => "select max(id) from receivable_settlings",
            "payees" => "select max(id) from payees",
            _ => "select max(id) from line_objections",
        })
    };
    Money {
        batch: last("case_batches").await,
        payout: last("case_payouts").await,
        extension: last("case_extensions").await,
        void: last("case_voids").await,
        outside: last("case_outside_payments").await,
        run: last("payment_runs").await,
        transfer: last("transfers").await,
        hold: last("pay_holds").await,
        change: last("bank_changes").await,
        payee: last("payees").await,
        objection: last("line_objections").await,
        debt: last("receivable_settlings").await,
    }
}

/// The bureaus with what is in them.
pub(super) struct World {
    pub(super) app: TestApp,
    own: Things,
    colleague: Things,
    neighbour: Things,
    stranger: Things,
}

impl World {
    pub(super) async fn new() -> World {
        let mut app = TestApp::new().await;
        let [own, colleague, neighbour] = one_bureau(&app).await;
        let stranger = a_bureau_beside(&mut app).await;
        World { app, own, colleague, neighbour, stranger }
    }

    /// The same with nothing but the queries themselves between one account and what is another's.
    pub(super) async fn without_the_second_wall() -> World {
        let world = World::new().await;
        take_the_second_wall_away(&world.app).await;
        world
    }

    pub(super) fn things(&self, whose: Whose) -> &Things {
        match whose {
            Whose::Own => &self.own,
            Whose::Colleague => &self.colleague,
            Whose::Neighbour => &self.neighbour,
            Whose::Stranger => &self.stranger,
        }
    }

    /// Somebody of each role, whose own things are [`Whose::Own`].
    pub(super) async fn somebody(&self, role: Role) -> Browser<'_> {
        match role {
            Role::DutyPerson => self.app.browser_of(self.own.account).await,
            Role::VenueStaff | Role::LegalAidStaff => self.app.staff_at(role, self.own.venue).await,
            _ => self.app.staff(role).await,
        }
    }

    /// All business data as one text: what a refused request must leave as it was.
    pub(super) async fn fingerprint(&self) -> String {
        let tables: Vec<String> = sqlx::query_scalar(
            "select tablename::text from pg_tables where schemaname = 'public' and tablename not in
                 ('sessions', 'once_keys', 'audit_records', 'audit_links', '_sqlx_migrations') order by 1",
        )
        .fetch_all(&self.app.owner)
        .await
        .expect("the tables");
        let mut all = String::new();
        for table in tables {
            let sql = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t");
            let one: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_one(&self.app.owner)
                .await
                .unwrap_or_else(|error| panic!("{table}: {error}"));
            all.push_str(&format!("{table} {one}\n"));
        }
        all
    }
}

/// Gaoping with three people at two venues, and a thing of every kind for each.
pub(super) async fn one_bureau(app: &TestApp) -> [Things; 3] {
    app.clock_to("2024-05-08 09:00");
    let (mishan, beishi) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    fill(app, [("甲本人", mishan), ("乙同站", mishan), ("丙邻站", beishi)]).await
}

/// Another bureau, as busy.
pub(super) async fn a_bureau_beside(app: &mut TestApp) -> Things {
    let first = app.bureau;
    app.bureau = another_bureau(app).await;
    let elsewhere = app.venue("米山镇").await;
    let [stranger] = fill(app, [("丁外局", elsewhere)]).await;
    app.bureau = first;
    stranger
}

/// Row security off, in this database.
pub(super) async fn take_the_second_wall_away(app: &TestApp) {
    app.execute(
        "do $$ declare walled regclass; begin
             for walled in select oid from pg_class where relrowsecurity loop
                 execute format('alter table %s disable row level security', walled);
             end loop;
         end $$",
    )
    .await;
}

/// A bureau beside Gaoping with venues, a plan and a fund of its own.
async fn another_bureau(app: &TestApp) -> i64 {
    let first = app.bureau;
    let second = app
        .scalar_i64(
            "insert into bureaus (division_code, name, short_name) values ('140525', '泽州县司法局', '泽州') returning id",
        )
        .await;
    app.execute(&format!(
        "insert into venues (bureau_id, kind, code, name, short_name, starts_at, ends_at, break_from, break_to, sort)
         select {second}, kind, replace(code, '140581', '140525'), name, short_name, starts_at, ends_at, break_from, break_to, sort
         from venues where bureau_id = {first};
         insert into programmes (bureau_id, year, content, created_at)
         select {second}, year, content, created_at from programmes where bureau_id = {first};
         insert into programme_revisions (programme_id, revision, content, made_at)
         select id, revision, content, created_at from programmes where bureau_id = {second};
         insert into fund_accounts (bureau_id, year, code, name, fund, kind)
         select {second}, year, code, name, fund, kind from fund_accounts where bureau_id = {first}"
    ))
    .await;
    second
}

async fn fill<const N: usize>(app: &TestApp, people: [(&'static str, i64); N]) -> [Things; N] {
    let duty = Duty::new(app).await;
    let mut persons = Vec::new();
    for (name, venue) in people {
        persons.push((app.person(name, &[venue]).await, venue));
    }
    let served: Vec<_> = persons.iter().map(|(person, venue)| (*person, *venue, "2024-04-10")).collect();
    for shift in duty.publish(SETTLED, &served).await {
        duty.serve(shift).await;
    }
    duty.report(SETTLED).await;
    duty.fund(100_000).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post(&format!("/settlements/{SETTLED}/calculate"), &[]).await.assert_status(303);
    let today: Vec<_> = persons.iter().map(|(person, venue)| (*person, *venue, "2024-05-08")).collect();
    let shifts = duty.publish(MONTH, &today).await;
    let (bureau, by) = (app.bureau, clerk.actor().account_id);
    let planned: Vec<_> = persons.iter().map(|(person, venue)| (*person, *venue, "2024-06-12")).collect();
    let drafted = duty.publish(DRAFT, &planned).await;
    app.execute(&format!(
        "update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
         where bureau_id = {bureau} and month = '{DRAFT}-01'"
    ))
    .await;
    let entry = app.scalar_i64(&format!("select min(id) from fund_entries where bureau_id = {bureau}")).await;
    let mut things = Vec::new();
    for ((((person, venue), shift), drafted), (name, _)) in persons.into_iter().zip(shifts).zip(drafted).zip(people) {
        let account = app.duty_person(person).await.actor().account_id;
        let consultation = duty.record(shift, &format!("ZX-{shift}")).await;
        app.execute(&format!(
            "update consultations set client_name = '{name}', recorded_by = {account} where id = {consultation}"
        ))
        .await;
        let correction = app
            .scalar_i64(&format!(
                "insert into attendance_corrections (bureau_id, shift_id, side, new_value, reason, asked_by, asked_at)
                 values ({bureau}, {shift}, 'sign_in', '2024-05-08 08:00+08', '忘记签到', {account}, now()) returning id"
            ))
            .await;
        let correction_wish = app
            .scalar_i64(&format!(
                "insert into data_corrections (bureau_id, seal_id, id_number, id_number_index, id_number_mask, wish, noted_by, noted_at)
                 values ({bureau}, gen_random_uuid(), ''::bytea, ''::bytea, '', '{name}的年龄写错了', {account}, now()) returning id"
            ))
            .await;
        let finding = app
            .scalar_i64(&format!(
                "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, occurrence, evidence, status,
                     proposed_by, proposed_at, told_by, told_at, objection_until)
                 values ({bureau}, {shift}, {venue}, {person}, 'off_post', '2024-05-08', '10:00', '{name}不在岗', 'told',
                     {by}, now(), {by}, now(), '2024-05-13') returning id"
            ))
            .await;
        let case = app
            .scalar_i64(&format!(
                "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
                     accepted_on, programme_case, registered_by, registered_at)
                 values ({bureau}, '{name}案', 'civil_first_instance', 'application', '{{woman}}', 'lawyer', '{name}', '所',
                     '追索劳动报酬', '2024-03-04', true, {by}, now()) returning id"
            ))
            .await;
        let handler = app
            .scalar_i64(&format!(
                "with firm as (insert into case_firms (bureau_id, name, kind) values ({bureau}, '{name}所', 'law_firm') returning id)
                 insert into case_handlers (bureau_id, firm_id, name, category, gender, created_at)
                 select {bureau}, id, '{name}', 'volunteer', 'female', now() from firm returning id"
            ))
            .await;
        let review = app
            .scalar_i64(&format!(
                "insert into case_quality (case_id, bureau_id, kind, chosen, reviewer_id, drawn_by, drawn_at)
                 values ({case}, {bureau}, 'administrative', '抽取', {by}, {by}, now()) returning id"
            ))
            .await;
        let county = if bureau == 1 { "140581" } else { "140525" };
        let number =
            huifa::secrets::demo_id_number("1980-03-15".parse().expect("a day"), u16::try_from(case).expect("few") * 2);
        let sent = [
            ("county", county),
            ("name", name),
            ("id_number", number.as_str()),
            ("phone", "13900000005"),
            ("facts", "工资拖欠三个月，多次催要没有结果。"),
            ("request", "要回工资"),
            ("agreed", "yes"),
        ];
        app.stranger().post_bare("/legal-aid", &sent).await.assert_status(200);
        let online = app.scalar_i64("select max(id) from case_online").await;
        let money = money(app, name, person, case, by).await;
        let venue_code = sqlx::query_scalar("select code from venues where id = $1")
            .bind(venue)
            .fetch_one(&app.owner)
            .await
            .expect("the venue's code");
        things.push(Things {
            name,
            venue,
            venue_code,
            person,
            shift,
            drafted,
            correction,
            correction_wish,
            consultation,
            finding,
            account,
            case,
            handler,
            online,
            review,
            entry,
            money,
        });
    }
    things.try_into().expect("as many as asked for")
}
