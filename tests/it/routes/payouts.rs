//! Case subsidies: the gate, both funds, once a case, three people, putting off, races.

use huifa::check;
use huifa::web::permissions::Role;

use super::duty::statements_of;
use crate::support::app::{Browser, TestApp};
use crate::support::books::fund;
use crate::support::case_life::Centre;

/// The three people of a batch, money in both funds, today 20 June 2024.
pub(super) struct Office<'a> {
    app: &'a TestApp,
    clerk: Browser<'a>,
    approver: Browser<'a>,
    finance: Browser<'a>,
}

impl<'a> Office<'a> {
    pub(super) async fn of(app: &'a TestApp) -> Office<'a> {
        app.clock_to("2024-06-20 09:00");
        let finance = app.staff(Role::Finance).await;
        fund(app, &finance, 400_000).await;
        let form = [
            ("amount", "50000"),
            ("entered_on", "2024-02-01"),
            ("summary", "业务经费年初预算"),
            ("document", "预算批复1号"),
            ("kind", "operating_receipt"),
        ];
        finance.post("/fund/2024/entries", &form).await.assert_status(303);
        Office { app, clerk: app.staff(Role::BureauClerk).await, approver: app.staff(Role::Approver).await, finance }
    }

    /// The clerk, the approver, the finance officer.
    pub(super) fn people(&self) -> [&Browser<'a>; 3] {
        [&self.clerk, &self.approver, &self.finance]
    }

    /// The payee of the made-up cases has a confirmed account.
    pub(super) async fn account(&self) {
        self.account_of("钱律师", "所").await;
    }

    async fn account_of(&self, name: &str, organisation: &str) {
        let seal = uuid::Uuid::new_v4();
        let sealed = self
            .app
            .state
            .seals
            .seal("payee.bank_account", &seal.to_string(), "6228000000000000077")
            .expect("a sealed account");
        sqlx::query(
            "insert into payees (bureau_id, kind, name, organisation, seal_id, bank_name, bank_account, bank_account_mask,
                 created_by, created_at)
             values ($1, 'handler', $5, $6, $2, '示例银行', $3, '****0077', $4, now())",
        )
        .bind(self.app.bureau)
        .bind(seal)
        .bind(sealed)
        .bind(self.clerk.actor().account_id)
        .bind(name)
        .bind(organisation)
        .execute(&self.app.owner)
        .await
        .expect("a payee");
    }

    pub(super) async fn prepare(&self, cases: &[i64]) -> Result<i64, String> {
        let ids: Vec<String> = cases.iter().map(ToString::to_string).collect();
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("case", id.as_str())).collect();
        let page = self.clerk.post("/payouts", &fields).await;
        if page.status == 303 {
            let at = page.location.expect("the batch");
            return Ok(at.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id"));
        }
        assert_eq!(page.status, 409);
        Err(page.text())
    }

    pub(super) async fn settle(&self, batch: i64) {
        self.approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await.assert_status(303);
        self.finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await.assert_status(303);
    }

    async fn balance(&self, account: &str) -> i64 {
        self.app.scalar_i64(&format!("select balance::bigint from fund_accounts where code = '{account}'")).await
    }

    async fn is_clean(&self) {
        let broken: Vec<_> = check::ask(&self.app.owner, &self.app.state.seals)
            .await
            .expect("asked")
            .answers
            .into_iter()
            // Cases and plans are put into these tests by hand, without their audit records.
            .filter(|answer| answer.name != "steps_are_audited" && answer.name != "case_places_without_gaps")
            .filter(|answer| !answer.faults.is_empty())
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

/// A case closed on 3 June 2024, civil, a migrant worker's, handled by 钱律师; `change` alters the row.
pub(super) async fn case(app: &TestApp, number: &str, place: Option<i32>, change: &str) -> i64 {
    let bureau = app.bureau;
    let who = app.scalar_i64("select min(id) from accounts").await;
    let place_sql = place.map_or("null".to_owned(), |place| place.to_string());
    let counted = if place.is_some() { "'2024-06-03'" } else { "null" };
    let id = app
        .scalar_i64(&format!(
            "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
                 accepted_on, assigned_on, closing_agreed_on, entered_on, entry_number, programme_case, counted_on, place,
                 registered_by, registered_at)
             values ({bureau}, '{number}', 'civil_first_instance', 'application', '{{migrant_worker}}', 'lawyer', '钱律师', '所',
                 '追索劳动报酬', '2024-05-06', '2024-05-07', '2024-06-03', {counted}, case when {counted}::date is null then '' else 'SX{number}' end,
                 true, {counted}, {place_sql}, {who}, '2024-05-06 09:00+08') returning id"
        ))
        .await;
    if !change.is_empty() {
        app.execute(&format!("update cases set {change} where id = {id}")).await;
    }
    id
}

pub(super) async fn standard(app: &TestApp, yuan: i64) {
    app.execute(&format!(
        "begin; set local session_replication_role = replica;
         update programmes set content = jsonb_set(content, '{{local_standards,civil_first_instance}}', to_jsonb('{yuan}.00'::text));
         update programme_revisions set content = jsonb_set(content, '{{local_standards,civil_first_instance}}', to_jsonb('{yuan}.00'::text));
         commit"
    ))
    .await;
}

#[tokio::test]
async fn c01_c02_within_the_target_the_earmarked_fund_pays_the_base_and_the_operating_fund_the_rest() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    standard(&app, 1500).await;
    let one = case(&app, "甲1", Some(1), "").await;
    let page = office.clerk.get("/payouts").await;
    page.assert_status(200).assert_says("甲1").assert_says("7月3日").assert_says("1,000.00").assert_says("500.00");
    let batch = office.prepare(&[one]).await.expect("prepared");
    let stale = office.approver.post(&format!("/payouts/batches/{batch}/approve"), &[("version", "0")]).await;
    stale.assert_status(409).assert_says("已有变化");
    office.clerk.get(&format!("/payouts/cases/{one}")).await.assert_says("五(二)2").assert_says("500.00");
    let sheet = office.clerk.get(&format!("/payouts/batches/{batch}/print")).await;
    sheet.assert_says("壹仟伍佰元整").assert_says("省系统编号").assert_says("主要领导");
    let group = sheet.select("tbody td:nth-child(3)").remove(0);
    let hidden = "update cases set restricted = true where number = '甲1'";
    app.execute(hidden).await;
    let sheet = office.clerk.get(&format!("/payouts/batches/{batch}/print")).await;
    sheet.assert_says("受限案件");
    assert!(!group.is_empty() && !sheet.text().contains(&group), "whom a restricted case is for: {group}");
    app.execute("update cases set restricted = false where number = '甲1'").await;
    office.settle(batch).await;
    assert_eq!(office.balance("earmarked_case_subsidy").await, 1000);
    assert_eq!(office.balance("operating_case_subsidy").await, 500);
    assert_eq!(office.balance("earmarked_at_bureau").await, 399_000);
    assert_eq!(app.scalar_i64("select count(*) from transfers where status = 'sent' and amount = 1500").await, 1);
    let twice = office.prepare(&[one]).await.unwrap_err();
    assert!(twice.contains("已编入2024年第1批") && twice.contains("每件只发一次"), "{twice}");
    office.is_clean().await;
    // Its page leads to the transfer and to the entry of each fund that it took from.
    let page = office.clerk.get(&format!("/payouts/cases/{one}")).await;
    page.assert_says("转账1,500.00元");
    assert_eq!(page.html.matches("href=\"/payments/transfers/").count(), 1);
    assert_eq!(page.html.matches("href=\"/fund/entries/").count(), 2);
    let batch = office.clerk.get(&format!("/payouts/batches/{batch}")).await;
    assert_eq!(batch.html.matches("href=\"/payments/transfers/").count(), 1);
    // What the bank sends back is owed by each fund for its part, and goes out again from both.
    let transfer = app.scalar_i64("select max(id) from transfers").await;
    let back = [("returned_on", "2024-06-20"), ("reason", "账号不存在")];
    office.finance.post(&format!("/payments/transfers/{transfer}/return"), &back).await.assert_status(303);
    assert_eq!(office.balance("earmarked_unpaid").await, -1000);
    assert_eq!(office.balance("operating_unpaid").await, -500);
    assert_eq!(office.balance("earmarked_at_bureau").await, 400_000);
    office.finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    assert_eq!(office.balance("earmarked_unpaid").await, 0);
    assert_eq!(office.balance("operating_unpaid").await, 0);
    assert_eq!(office.balance("earmarked_at_bureau").await, 399_000);
    office.is_clean().await;
    let page = office.clerk.get(&format!("/payouts/cases/{one}")).await;
    assert_eq!(page.html.matches("href=\"/payments/transfers/").count(), 2);
    assert_eq!(page.html.matches("href=\"/fund/entries/").count(), 6);
}

#[tokio::test]
async fn c05_beyond_the_target_the_operating_fund_pays_all_of_it() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    standard(&app, 1500).await;
    let one = case(&app, "甲291", Some(291), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    office.settle(batch).await;
    assert_eq!(office.balance("earmarked_case_subsidy").await, 0);
    assert_eq!(office.balance("operating_case_subsidy").await, 1500);
    // The schema alone refuses it from the earmarked fund.
    let forced = app
        .refused_by(&format!(
            "insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, place, facts,
                 result, revision, earmarked, operating, due_on, fingerprint)
             select {batch}, bureau_id, 2024, {}, 'handler', 'x', 'y', 291, '{{}}', '{{}}', 1, 1000, 0, '2024-07-03', '-'
             from case_batches limit 1",
            case(&app, "甲292", Some(292), "").await
        ))
        .await;
    assert_eq!(forced, "case_payouts_within_target");
    office.is_clean().await;
    let page = office.clerk.get(&format!("/payouts/cases/{one}")).await;
    assert_eq!(page.html.matches("href=\"/fund/entries/").count(), 1, "of the operating fund alone");
}

#[tokio::test]
async fn whatever_is_missing_at_the_gate_is_named() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    for (number, place, change, says) in [
        ("乙1", None, "", "尚未录入"),
        ("乙2", Some(2), "handler_category = 'agency_staff'", "机构工作人员"),
        (
            "乙3",
            None,
            "closing_agreed_on = null, terminated_on = '2024-06-10', termination_note = '自行委托'",
            "已终止",
        ),
    ] {
        let id = case(&app, number, place, change).await;
        let refused = office.prepare(&[id]).await.unwrap_err();
        assert!(refused.contains(says) || refused.contains("没有同意结案"), "{number}: {refused}");
    }
    // A39: another fund paid it.
    let paid = case(&app, "乙4", Some(4), "").await;
    let outside = [("source", "lottery"), ("amount", "1000"), ("paid_on", "2024-06-10"), ("document", "凭证7号")];
    let tomorrow = [("source", "lottery"), ("amount", "1000"), ("paid_on", "2024-06-21"), ("document", "凭证7号")];
    let early = office.clerk.post(&format!("/payouts/cases/{paid}/outside"), &tomorrow).await;
    early.assert_status(409).assert_says("还没有到");
    office.clerk.post(&format!("/payouts/cases/{paid}/outside"), &outside).await.assert_status(303);
    assert!(office.prepare(&[paid]).await.unwrap_err().contains("不得重复发放"));
    let forced = app
        .refused_by(&format!(
            "insert into case_batches (bureau_id, year, number, cases, earmarked, operating, fingerprint, prepared_by, prepared_at)
             select {0}, 2024, 99, 1, 1000, 0, '-', min(id), now() from accounts;
             insert into case_payouts (batch_id, bureau_id, year, case_id, payee_kind, payee_name, organisation, place, facts,
                 result, revision, earmarked, operating, due_on, fingerprint)
             select max(id), {0}, 2024, {paid}, 'handler', 'x', 'y', 4, '{{}}', '{{}}', 1, 1000, 0, '2024-07-03', '-'
             from case_batches",
            app.bureau
        ))
        .await;
    assert_eq!(forced, "case_payouts_paid_elsewhere");
    // And the other way round: what is in a batch is not recorded as paid elsewhere.
    let batched = case(&app, "乙5", Some(5), "").await;
    office.prepare(&[batched]).await.expect("prepared");
    let refused = office.clerk.post(&format!("/payouts/cases/{batched}/outside"), &outside).await;
    refused.assert_status(409).assert_says("已在惠民工程批次中");
}

#[tokio::test]
async fn three_people_and_a_returned_batch_keeps_everything() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let one = case(&app, "丙1", Some(1), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    let at = |step: &str| format!("/payouts/batches/{batch}/{step}");
    office.clerk.post(&at("approve"), &[]).await.assert_status(403);
    office.finance.post(&at("pay"), &[]).await.assert_status(409).assert_says("还没有审批");
    office.approver.post(&at("return"), &[]).await.assert_status(409).assert_says("请写明退回的理由");
    office.approver.post(&at("return"), &[("reason", "承办人单位有误")]).await.assert_status(303);
    office.approver.post(&at("approve"), &[]).await.assert_status(409).assert_says("已经退回");
    office.clerk.get(&format!("/payouts/batches/{batch}")).await.assert_says("承办人单位有误").assert_says("丙1");
    office.clerk.post(&at("dissolve"), &[("reason", "更正后重编")]).await.assert_status(303);
    for (who, step) in [(&office.approver, "approve"), (&office.finance, "pay"), (&office.clerk, "dissolve")] {
        let page = who.post(&at(step), &[("reason", "再来一次")]).await;
        page.assert_status(409).assert_says("已经撤销，其中的案件可以重新编入批次");
    }
    let again = office.prepare(&[one]).await.expect("prepared again");
    let unpaid = office.finance.post(&format!("/payouts/batches/{again}/reopen"), &[("reason", "记错")]).await;
    unpaid.assert_status(409).assert_says("没有可以冲销的付款");
    office.settle(again).await;
    assert_eq!(app.scalar_i64("select count(*) from case_payouts").await, 2, "what was given up is kept");
    let twice = office.finance.post(&format!("/payouts/batches/{again}/pay"), &[]).await;
    twice.assert_status(409).assert_says("不能重复发放");
    office.is_clean().await;
}

#[tokio::test]
async fn what_changed_since_it_was_prepared_is_not_approved() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let one = case(&app, "丁1", Some(1), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    app.execute(&format!("update cases set handler_name = '孙律师' where id = {one}")).await;
    let refused = office.approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await;
    refused.assert_status(409).assert_says("丁1").assert_says("有变化");
}

#[tokio::test]
async fn a30_c16_fifteen_days_together_before_the_day_by_another_person() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let one = case(&app, "戊1", Some(1), "").await;
    let ask = |days: &'static str| {
        let path = format!("/payouts/cases/{one}/extensions");
        let clerk = &office.clerk;
        async move { clerk.post(&path, &[("days", days), ("reason", "承办人账户待核实")]).await }
    };
    ask("16").await.assert_status(409).assert_says("最多还能延长15日");
    ask("十").await.assert_status(409).assert_says("请用数字填写");
    ask("0").await.assert_status(409).assert_says("应大于0");
    ask("10").await.assert_status(303);
    ask("5").await.assert_status(409);
    let id = app.scalar_i64("select max(id) from case_extensions").await;
    office.clerk.post(&format!("/payouts/extensions/{id}/grant"), &[]).await.assert_status(403);
    let grant = format!("/payouts/extensions/{id}/grant");
    let (first, second) = tokio::join!(office.approver.post(&grant, &[]), office.approver.post(&grant, &[]));
    assert_eq!([first.status.as_u16(), second.status.as_u16()].iter().filter(|status| **status == 303).count(), 1);
    office.approver.post(&grant, &[]).await.assert_status(409).assert_says("这份申请已经办理");
    office.clerk.get(&format!("/payouts/cases/{one}")).await.assert_says("2024年7月13日").assert_says("已延长10日");
    ask("6").await.assert_status(409).assert_says("最多还能延长5日");
    app.clock_to("2024-07-14 09:00");
    ask("5").await.assert_status(409).assert_says("已过");
    let late = app
        .refused_by(&format!(
            "insert into case_extensions (bureau_id, case_id, days, reason, status, asked_by, asked_at, decided_by, decided_at)
             select {}, {one}, 5, 'x', 'granted', min(id), now(), max(id), '2024-07-14 09:00+08' from accounts",
            app.bureau
        ))
        .await;
    assert_eq!(late, "case_extensions_in_time");
}

#[tokio::test]
async fn of_two_at_once_one_prepares_one_approves_one_pays() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let one = case(&app, "己1", Some(1), "").await;
    let other = app.staff(Role::BureauClerk).await;
    let id = one.to_string();
    let fields = [("case", id.as_str())];
    let (left, right) = tokio::join!(office.clerk.post("/payouts", &fields), other.post("/payouts", &fields));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    let batch = app.scalar_i64("select id from case_batches").await;
    let second = app.staff(Role::Approver).await;
    let approve = format!("/payouts/batches/{batch}/approve");
    let (left, right) = tokio::join!(office.approver.post(&approve, &[]), second.post(&approve, &[]));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    let payer = app.staff(Role::Finance).await;
    let pay = format!("/payouts/batches/{batch}/pay");
    let (left, right) = tokio::join!(office.finance.post(&pay, &[]), payer.post(&pay, &[]));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'case_payment'").await, 1);
    office.is_clean().await;
}

#[tokio::test]
async fn the_fund_one_yuan_short_pays_nothing_at_all() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    standard(&app, 51_001).await;
    let one = case(&app, "庚1", Some(1), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    office.approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await.assert_status(303);
    let refused = office.finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await;
    refused.assert_status(409).assert_says("还差1.00元").assert_says("业务经费");
    assert_eq!(app.scalar_i64("select count(*) from payables").await, 0);
    assert_eq!(office.balance("earmarked_case_subsidy").await, 0);
    office.is_clean().await;
}

#[tokio::test]
async fn what_came_back_in_cash_is_booked_and_the_case_is_free_again() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let one = case(&app, "辛1", Some(1), "").await;
    let two = case(&app, "辛2", Some(2), "").await;
    let batch = office.prepare(&[one, two]).await.expect("prepared");
    office.settle(batch).await;
    let item = app.scalar_i64(&format!("select id from case_payouts where case_id = {one}")).await;
    let path = format!("/payouts/items/{item}/refund");
    office.clerk.post(&path, &[("reason", "x")]).await.assert_status(403);
    office.finance.post(&path, &[]).await.assert_status(409).assert_says("请写明收回的理由");
    office.finance.post(&path, &[("reason", "受援人不属于特殊群体")]).await.assert_status(303);
    let twice = office.finance.post(&path, &[("reason", "再来一次")]).await;
    twice.assert_status(409).assert_says("已经收回或撤销");
    // The payment is not reversed as a whole any more: the first case's money would come back twice.
    let again = office.finance.post(&format!("/payouts/batches/{batch}/reopen"), &[("reason", "记错")]).await;
    again.assert_status(409).assert_says("辛1的补贴已经收回");
    assert_eq!(office.balance("earmarked_case_subsidy").await, 1_000);
    assert_eq!(office.balance("earmarked_at_bureau").await, 399_000);
    office.is_clean().await;
    // The report says so: two cases paid, one of them given back.
    let report = office.clerk.get("/reports/monthly/2024-06").await;
    report.assert_says("收回案件补贴（省级专项资金）").assert_says("−1,000.00");
    assert!(office.prepare(&[one]).await.is_ok());
}

#[tokio::test]
async fn a_payment_recorded_by_mistake_is_reversed_as_a_whole() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    standard(&app, 1200).await;
    let one = case(&app, "壬1", Some(1), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    office.settle(batch).await;
    let entry = app.scalar_i64("select id from fund_entries where kind = 'case_payment'").await;
    let alone = office.finance.post(&format!("/fund/entries/{entry}/reverse"), &[("reason", "记错")]).await;
    alone.assert_status(409).assert_says("不能单独冲销");
    office.finance.post(&format!("/payouts/batches/{batch}/reopen"), &[("reason", "记错")]).await.assert_status(303);
    assert_eq!(office.balance("operating_case_subsidy").await, 0);
    assert_eq!(app.scalar_i64("select count(*) from payables where status <> 'void'").await, 0);
    office.finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await.assert_status(303);
    assert_eq!(office.balance("operating_case_subsidy").await, 200);
    office.is_clean().await;
}

#[tokio::test]
async fn other_roles_and_other_bureaus_see_nothing() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let one = case(&app, "癸1", Some(1), "").await;
    let venue = app.venue("米山镇").await;
    app.staff_at(Role::VenueStaff, venue).await.get("/payouts").await.assert_status(403);
    app.execute(
        "insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川');
         update cases set bureau_id = (select id from bureaus where division_code = '140524')",
    )
    .await;
    clerk.get(&format!("/payouts/cases/{one}")).await.assert_status(404);
    clerk.post("/payouts", &[("case", &one.to_string())]).await.assert_status(404);
}

/// A36: a counted case that turns out not to be one keeps its place; nothing moves after it; what was paid comes back.
#[tokio::test]
async fn a36_a_void_case_keeps_its_place_and_its_money_comes_back() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    let uncounted = case(&app, "癸0", None, "").await;
    let nothing = office.clerk.post(&format!("/payouts/cases/{uncounted}/void"), &[("reason", "不应计入")]).await;
    nothing.assert_status(409).assert_says("没有计入任务数");
    let paid = case(&app, "废1", Some(1), "").await;
    let waiting = case(&app, "废2", Some(2), "").await;
    let next = case(&app, "废3", Some(3), "").await;
    let batch = office.prepare(&[paid]).await.expect("prepared");
    let ask = |case: i64| format!("/payouts/cases/{case}/void");
    let reason = [("reason", "受援人不属于八类群体")];
    office.clerk.post(&ask(paid), &[]).await.assert_status(409).assert_says("请写明作废的理由");
    office.clerk.post(&ask(paid), &reason).await.assert_status(303);
    office.clerk.post(&ask(paid), &reason).await.assert_status(409).assert_says("待审批的作废申请");
    let first = app.scalar_i64("select max(id) from case_voids").await;
    let decide = |id: i64, how: &str| format!("/payouts/voids/{id}/{how}");
    office.clerk.post(&decide(first, "grant"), &[]).await.assert_status(403);
    office.approver.post(&decide(first, "grant"), &[]).await.assert_status(409).assert_says("请先撤销这个批次");
    // To refuse it moves nothing, and goes whatever became of the case.
    office.approver.post(&decide(first, "refuse"), &[("reason", "证明齐全")]).await.assert_status(303);
    office.clerk.post(&ask(paid), &reason).await.assert_status(303);
    let first = app.scalar_i64("select max(id) from case_voids").await;
    office.settle(batch).await;
    // Of two at once one decides.
    let second = app.staff(Role::Approver).await;
    let path = decide(first, "grant");
    let (one, two) = tokio::join!(office.approver.post(&path, &[]), second.post(&path, &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let page = office.finance.get(&format!("/payouts/cases/{paid}")).await;
    page.assert_status(200).assert_says("已作废，补贴应收回").assert_says("年度序号第1件保留");
    office.finance.get("/payouts").await.assert_says("已作废，补贴应收回").assert_says("废1");
    // One that was not paid yet is never paid.
    office.clerk.post(&ask(waiting), &reason).await.assert_status(303);
    let other = app.scalar_i64("select max(id) from case_voids").await;
    office.approver.post(&decide(other, "grant"), &[]).await.assert_status(303);
    assert!(office.prepare(&[waiting]).await.is_err());
    // The money comes back; the case is not paid again; the next place stays.
    let item = app.scalar_i64(&format!("select id from case_payouts where case_id = {paid}")).await;
    office.finance.post(&format!("/payouts/items/{item}/refund"), &reason).await.assert_status(303);
    assert_eq!(office.balance("earmarked_case_subsidy").await, 0);
    assert!(office.prepare(&[paid]).await.is_err());
    let batch = office.prepare(&[next]).await.expect("the next case is paid");
    office.settle(batch).await;
    assert_eq!(app.scalar_i64("select place::bigint from case_payouts where live").await, 3);
    assert_eq!(app.scalar_i64("select count(distinct place) from cases where counted_year = 2024").await, 3);
    assert_eq!(app.refused_by("update case_voids set agreed = false").await, "case_voids_kept");
    office.is_clean().await;
}

#[tokio::test]
async fn a_void_and_its_refund_stand_on_the_time_line_of_the_case() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let centre = Centre::new(&app).await;
    let lived = centre.apply(&[]).await;
    centre.grant(&lived).await;
    centre.hand_to_zhao(&lived).await;
    centre.close(&lived).await;
    centre.step(&centre.desk, &lived, "enter", &[("entry_number", "SX1")]).await;
    office.account_of("赵志远", "山西示例律师事务所").await;
    let id: i64 = lived.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let batch = office.prepare(&[id]).await.expect("prepared");
    office.settle(batch).await;
    let reason = [("reason", "受援人不属于八类群体")];
    // Refused once, asked again, agreed to; then the money comes back.
    for (how, note) in [("refuse", "证明齐全"), ("grant", "经核查属实")] {
        office.clerk.post(&format!("/payouts/cases/{id}/void"), &reason).await.assert_status(303);
        let void = app.scalar_i64("select max(id) from case_voids").await;
        let decision = [("reason", note)];
        office.approver.post(&format!("/payouts/voids/{void}/{how}"), &decision).await.assert_status(303);
    }
    let item = app.scalar_i64(&format!("select id from case_payouts where case_id = {id}")).await;
    let back = [("reason", "已缴回专户，凭证66号")];
    office.finance.post(&format!("/payouts/items/{item}/refund"), &back).await.assert_status(303);
    let page = centre.desk.get(&lived).await;
    let line = page.select("ol.timeline li").concat();
    for words in [
        "办案补贴已登记发放（2024年第1批）：1,000.00元，收款人赵志远",
        "提出作废：本案不应计入任务",
        "受援人不属于八类群体",
        "不同意作废，照常计入",
        "已作废：位次保留、不给别的案件，不再发放补贴，已发放的追回（A36）",
        "中的办案补贴不再有效：1,000.00元",
        "已缴回专户，凭证66号",
    ] {
        assert!(line.contains(words), "“{words}” is not on the line: {line}");
    }
    // The last first.
    let at = |words: &str| line.find(words).expect("said");
    assert!(at("已缴回专户") < at("已作废：位次保留") && at("已作废：位次保留") < at("不同意作废"));
}

#[tokio::test]
async fn a53_the_handler_is_paid_or_the_firm_where_the_plan_says_so() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let (one, two) = (case(&app, "人1", Some(1), "").await, case(&app, "所2", Some(2), "").await);
    office.prepare(&[one]).await.expect("prepared");
    app.execute(
        "begin; set local session_replication_role = replica;
         update programmes set content = jsonb_set(content, '{case_payee}', '\"unit\"');
         update programme_revisions set content = jsonb_set(content, '{case_payee}', '\"unit\"');
         commit",
    )
    .await;
    office.prepare(&[two]).await.expect("prepared");
    let payee = |case: i64| format!("select count(*) from case_payouts where case_id = {case} and ");
    assert_eq!(app.scalar_i64(&format!("{}payee_kind = 'handler' and payee_name = '钱律师'", payee(one))).await, 1);
    assert_eq!(app.scalar_i64(&format!("{}payee_kind = 'unit' and payee_name = '所'", payee(two))).await, 1);
}

#[tokio::test]
async fn a_page_of_payouts_asks_the_database_a_few_times_whatever_it_shows() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    let case = case(&app, "高法援〔2024〕31号", Some(1), "").await;
    let extension = [("days", "7"), ("reason", "收款账户待核实")];
    office.clerk.post(&format!("/payouts/cases/{case}/extensions"), &extension).await.assert_status(303);
    let batch = office.prepare(&[case]).await.expect("a batch");
    for person in office.people() {
        // The first page after an action also takes its message from the session.
        person.get("/payouts").await;
        for path in ["/payouts".to_owned(), format!("/payouts/cases/{case}"), format!("/payouts/batches/{batch}")] {
            let asked = statements_of(person, &path).await;
            assert!((2..=4).contains(&asked.len()), "{path}: {asked:#?}");
        }
    }
    let page = office.clerk.get(&format!("/payouts/cases/{case}")).await;
    page.assert_says("收款账户待核实");
}

#[tokio::test]
async fn a_batch_is_of_some_cases_stays_as_it_was_prepared_and_is_not_taken_back_before_it_is_paid() {
    let app = TestApp::new().await;
    let office = Office::of(&app).await;
    office.account().await;
    office.clerk.post("/payouts", &[]).await.assert_status(409).assert_says("请先勾选要发放的案件");
    let many: Vec<String> = (1..=301).map(|id: i64| id.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|id| ("case", id.as_str())).collect();
    office.clerk.post("/payouts", &many).await.assert_status(409).assert_says("请分批编制");
    let one = case(&app, "壬1", Some(1), "").await;
    let batch = office.prepare(&[one]).await.expect("prepared");
    let put_off = [("days", "5"), ("reason", "承办人账户待核实")];
    let page = office.clerk.post(&format!("/payouts/cases/{one}/extensions"), &put_off).await;
    page.assert_status(409).assert_says("已编入批次或已经发放");
    let long = "长".repeat(501);
    let page = office.approver.post(&format!("/payouts/batches/{batch}/return"), &[("reason", &long)]).await;
    page.assert_status(409).assert_says("500字以内");
    let item = app.scalar_i64("select id from case_payouts").await;
    let refund = format!("/payouts/items/{item}/refund");
    let reason = [("reason", "受援人不属于特殊群体")];
    office.finance.post(&refund, &reason).await.assert_status(409).assert_says("还没有发到收款人");
    app.tamper("update case_batches set fingerprint = reverse(fingerprint)").await;
    let page = office.approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await;
    page.assert_status(409).assert_says("与校验码不符");
    app.tamper("update case_batches set fingerprint = reverse(fingerprint)").await;
    office.approver.post(&format!("/payouts/batches/{batch}/approve"), &[]).await.assert_status(303);
    let page = office.clerk.post(&format!("/payouts/batches/{batch}/dissolve"), &[("reason", "重编")]).await;
    page.assert_status(409).assert_says("已经审批，不能撤销");
    // Paid, but this case's pay is held: nothing reached anybody yet.
    app.tamper("update payees set bank_account = null, bank_account_mask = ''").await;
    office.finance.post(&format!("/payouts/batches/{batch}/pay"), &[]).await.assert_status(303);
    office.finance.post(&refund, &reason).await.assert_status(409).assert_says("还没有发到收款人");
}
