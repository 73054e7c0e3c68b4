//! Paying out: the gate, the file, what the bank sends back, held pay, accounts with a second person.

use huifa::check;
use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::{Browser, Page, TestApp};

/// Two people with one Wednesday each at 米山镇 in May 2024, reported; money is there; today is 3 June.
struct May {
    app: TestApp,
    first: i64,
    second: i64,
}

impl May {
    async fn new() -> May {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let (first, second) = (app.person("毕示远", &[venue]).await, app.person("邓示安", &[venue]).await);
        let duty = Duty::new(&app).await;
        let shifts = duty.publish("2024-05", &[(first, venue, "2024-05-08"), (second, venue, "2024-05-15")]).await;
        for shift in &shifts {
            duty.serve(*shift).await;
        }
        duty.report("2024-05").await;
        duty.fund(100_000).await;
        app.clock_to("2024-06-03 09:00");
        May { app, first, second }
    }

    async fn settle(&self) -> (Browser<'_>, Browser<'_>, Browser<'_>) {
        let (clerk, approver, finance) = (
            self.app.staff(Role::BureauClerk).await,
            self.app.staff(Role::Approver).await,
            self.app.staff(Role::Finance).await,
        );
        clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
        clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
        approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
        finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
        (clerk, approver, finance)
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
            .filter(|answer| !["steps_are_audited", "findings_follow_their_steps"].contains(&answer.name))
            .filter(|answer| !answer.faults.is_empty())
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[tokio::test]
async fn whoever_the_gate_stops_stays_owed_and_comes_into_a_later_run() {
    let may = May::new().await;
    let clerk = may.app.staff(Role::BureauClerk).await;
    let person = may.first.to_string();
    for reason in [" ", &"长".repeat(201)] {
        let page = clerk.post("/payments/holds", &[("person", person.as_str()), ("reason", reason)]).await;
        page.assert_status(409).assert_says("200字以内");
    }
    let hold = [("person", person.as_str()), ("reason", "账户户名不符")];
    clerk.post("/payments/holds", &hold).await.assert_status(303);
    clerk.post("/payments/holds", &hold).await.assert_status(409).assert_says("已在暂缓发放中");
    let (_, approver, finance) = may.settle().await;
    assert_eq!(may.balance("earmarked_duty_subsidy").await, 600);
    assert_eq!(may.balance("earmarked_unpaid").await, -300);
    assert_eq!(may.balance("earmarked_at_bureau").await, 99_700);
    let page = finance.get("/payments").await;
    page.assert_status(200).assert_says("毕示远").assert_says("账户户名不符").assert_says("300.00");
    finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(409).assert_says("没有可以补发的人");
    // What is owed is not given back to the province.
    finance.post("/fund/2024/entries", &given_back("99401")).await.assert_status(409).assert_says("待发补贴");
    // Nor is a payment, which the payments post themselves, typed in by hand.
    let mut by_hand = given_back("1");
    by_hand[0].1 = "duty_payment";
    let page = finance.post("/fund/2024/entries", &by_hand).await;
    page.assert_status(422).assert_says("请选择登记的事项");
    may.is_clean().await;

    let id = may.app.scalar_i64("select id from pay_holds").await;
    let note = [("note", "已核实")];
    clerk.post(&format!("/payments/holds/{id}/release"), &note).await.assert_status(409).assert_says("须由另一人解除");
    for silent in [" ", &"长".repeat(201)] {
        let page = approver.post(&format!("/payments/holds/{id}/release"), &[("note", silent)]).await;
        page.assert_status(409).assert_says("200字以内");
    }
    approver.post(&format!("/payments/holds/{id}/release"), &note).await.assert_status(303);
    approver.post(&format!("/payments/holds/{id}/release"), &note).await.assert_status(409).assert_says("已经解除");
    let other = may.app.staff(Role::Finance).await;
    let year = [("year", "2024")];
    let (left, right) = tokio::join!(finance.post("/payments/runs", &year), other.post("/payments/runs", &year));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    assert_eq!(may.balance("earmarked_unpaid").await, 0);
    assert_eq!(may.balance("earmarked_at_bureau").await, 99_400);
    may.is_clean().await;
    // All of what is free may go, to the last yuan.
    finance.post("/fund/2024/entries", &given_back("99400")).await.assert_status(303);
    assert_eq!(may.balance("earmarked_at_bureau").await, 0);
}

/// A part of the fund goes back to the province, as finance types it.
fn given_back(amount: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("kind", "fund_return"),
        ("amount", amount),
        ("entered_on", "2024-06-03"),
        ("summary", "上缴结余"),
        ("document", "缴款书1号"),
    ]
}

/// Two are approved 300 each, one of them held; the fund has 500: the one who could be sent it is not paid alone.
#[tokio::test]
async fn what_is_held_must_be_in_the_fund_too() {
    let may = May::new().await;
    let (clerk, approver, finance) = (
        may.app.staff(Role::BureauClerk).await,
        may.app.staff(Role::Approver).await,
        may.app.staff(Role::Finance).await,
    );
    finance.post("/fund/2024/entries", &given_back("99500")).await.assert_status(303);
    let hold = [("person", &*may.first.to_string()), ("reason", "账户户名不符")];
    clerk.post("/payments/holds", &hold).await.assert_status(303);
    clerk.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    clerk.post("/settlements/2024-05/review", &[("reason", "先行复核")]).await.assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(409).assert_says("还差100.00元");
    assert_eq!(may.balance("earmarked_at_bureau").await, 500);
    assert_eq!(may.balance("earmarked_unpaid").await, 0);
    may.is_clean().await;
}

#[tokio::test]
async fn what_the_bank_sends_back_is_owed_and_sent_again_once() {
    let may = May::new().await;
    let (clerk, _, finance) = may.settle().await;
    assert_eq!(may.balance("earmarked_at_bureau").await, 99_400);
    let transfer = may.app.scalar_i64("select min(id) from transfers").await;
    let path = format!("/payments/transfers/{transfer}/return");
    let form = [("returned_on", "2024-06-03"), ("reason", "账号不存在")];
    clerk.post(&path, &form).await.assert_status(403);
    finance
        .post(&path, &[("returned_on", "2024-06-04"), ("reason", "x")])
        .await
        .assert_status(409)
        .assert_says("晚于今天");
    for reason in [" ", &"长".repeat(201)] {
        let page = finance.post(&path, &[("returned_on", "2024-06-03"), ("reason", reason)]).await;
        page.assert_status(409).assert_says("200字以内");
    }
    let early = [("returned_on", "2024-06-02"), ("reason", "账号不存在")];
    finance.post(&path, &early).await.assert_status(409).assert_says("不能早于登记转账的2024年6月3日");
    let other = may.app.staff(Role::Finance).await;
    let (left, right) = tokio::join!(finance.post(&path, &form), other.post(&path, &form));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    finance.post(&path, &form).await.assert_status(409).assert_says("不能登记退汇");
    assert_eq!(may.balance("earmarked_at_bureau").await, 99_700);
    assert_eq!(may.balance("earmarked_unpaid").await, -300);
    may.is_clean().await;
    // A settlement of which something came back is not reversed as a whole.
    let entry = may.app.scalar_i64("select id from fund_entries where kind = 'duty_payment'").await;
    let refused = finance.post(&format!("/fund/entries/{entry}/reverse"), &[("reason", "记错")]).await;
    refused.assert_status(409).assert_says("已有退汇或补发");
    finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    assert_eq!(may.app.scalar_i64("select count(*) from transfers where status = 'sent'").await, 2);
    assert_eq!(may.balance("earmarked_at_bureau").await, 99_400);
    may.is_clean().await;
    // From the person's month every transfer and every entry of this money is a press away, and nobody else's.
    let person = may
        .app
        .scalar_i64(&format!(
            "select y.person_id from transfers t join payables y on y.id = t.payable_id where t.id = {transfer}"
        ))
        .await;
    let month = finance.get(&format!("/settlements/2024-05/people/{person}")).await;
    month.assert_status(200).assert_says("账号不存在").assert_says("已退汇");
    let again = may.app.scalar_i64("select max(id) from transfers").await;
    assert_eq!(links(&month, "/payments/transfers/"), [transfer, again]);
    let entries = may
        .app
        .scalar_i64("select count(*) from fund_entries where kind in ('duty_payment', 'bank_return', 'repayment')")
        .await;
    assert_eq!(links(&month, "/fund/entries/").len(), usize::try_from(entries).expect("a few"), "each entry once");
    let report = finance.get(&format!("/fund/entries/{entry}")).await;
    report.assert_says("2024年第2季度报表").assert_says("2024年专账");
    // The person reads their own lines, and that they were paid; the bank's runs and the books are not theirs.
    let own = may.app.duty_person(person).await.get(&format!("/settlements/2024-05/people/{person}")).await;
    own.assert_status(200);
    assert!(!own.html.contains("/payments/") && !own.html.contains("/fund/"), "{}", own.html);
}

/// The numbers behind the links of a page that begin so.
fn links(page: &Page, start: &str) -> Vec<i64> {
    let start = format!("href=\"{start}");
    let parts = page.html.split(&start).skip(1);
    parts.map(|part| part.split('"').next().and_then(|id| id.parse().ok()).expect("a number")).collect()
}

#[tokio::test]
async fn the_file_has_whole_numbers_and_the_pages_only_masks() {
    let may = May::new().await;
    let (clerk, _, finance) = may.settle().await;
    let run = may.app.scalar_i64("select id from payment_runs").await;
    let page = finance.get(&format!("/payments/runs/{run}")).await;
    page.assert_status(200).assert_says("****0018").assert_says("陆佰元整");
    assert!(!page.html.contains("6217000000000000018"));
    clerk.post(&format!("/payments/runs/{run}/file"), &[("kind", "csv")]).await.assert_status(403);
    let file = finance.post(&format!("/payments/runs/{run}/file"), &[("kind", "csv")]).await;
    file.assert_status(200);
    assert!(file.html.contains("6217000000000000018"), "{}", file.html);
    assert!(file.html.contains("300.00"));
    assert_eq!(may.app.scalar_i64("select count(*) from audit_records where action = 'payment.export'").await, 1);
    // The columns are the bureau's own.
    let columns = [
        ("version", "0"),
        ("field", "account"),
        ("heading", "收方账号"),
        ("field", "payee"),
        ("heading", "收方户名"),
        ("field", ""),
        ("heading", ""),
        ("field", "amount"),
        ("heading", ""),
    ];
    finance.post("/payments/layout", &columns).await.assert_status(303);
    let file = finance.post(&format!("/payments/runs/{run}/file"), &[("kind", "csv")]).await;
    assert!(file.html.contains("收方账号,收方户名,金额（元）"), "{}", file.html);
    let without = [("version", "1"), ("field", "payee"), ("heading", "")];
    let wrong = finance.post("/payments/layout", &without).await;
    wrong.assert_status(422).assert_says("文件中必须有“收款账号”一列");
    let stale = finance.post("/payments/layout", &columns).await;
    stale.assert_status(409).assert_says("别人已修改");
}

#[tokio::test]
async fn a_changed_account_is_used_only_after_a_second_person() {
    let may = May::new().await;
    let app = &may.app;
    let person = may.second;
    let forced = app.refused_by(&format!("update persons set bank_account = 'other'::bytea where id = {person}")).await;
    assert_eq!(forced, "persons_account_confirmed");
    let clerk = app.staff(Role::BureauClerk).await;
    let mut work = huifa::web::work::Work::unattended(&app.state, clerk.actor()).await.expect("work");
    let account = huifa::people::BankAccount::parse("6217 0000 0000 0000 026").expect("an account");
    let scope = huifa::web::actor::Scope::Bureau { bureau: app.bureau };
    let whose = huifa::payments::Whose::Person(person);
    let id = huifa::payments::ask_bank_change(&mut work, scope, &app.state.seals, whose, "新银行", &account, "换卡")
        .await
        .expect("asked");
    work.commit().await.expect("committed");
    let (_, approver, finance) = may.settle().await;
    assert_eq!(may.balance("earmarked_unpaid").await, -300, "who waits for a second person is not paid");
    finance.post(&format!("/payments/accounts/{id}/confirm"), &[]).await.assert_status(403);
    let turned = app.in_another_post(&clerk, Role::Approver).await;
    let own = turned.post(&format!("/payments/accounts/{id}/confirm"), &[]).await;
    own.assert_status(409).assert_says("由您登记，须由另一人复核");
    let silent = approver.post(&format!("/payments/accounts/{id}/refuse"), &[("note", " ")]).await;
    silent.assert_status(409).assert_says("请写明不通过的原因");
    approver.post(&format!("/payments/accounts/{id}/confirm"), &[]).await.assert_status(303);
    let again = approver.post(&format!("/payments/accounts/{id}/confirm"), &[]).await;
    again.assert_status(409).assert_says("这项变更已经办理");
    finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    let run = app.scalar_i64("select max(id) from payment_runs").await;
    let file = finance.post(&format!("/payments/runs/{run}/file"), &[("kind", "csv")]).await;
    assert!(file.html.contains("6217000000000000026"), "{}", file.html);
    may.is_clean().await;
}

#[tokio::test]
async fn the_tax_declaration_counts_what_was_sent_in_the_year() {
    let may = May::new().await;
    let (clerk, _, finance) = may.settle().await;
    clerk.get("/payments/tax/2024").await.assert_status(200).assert_says("毕示远").assert_says("600.00");
    clerk.get("/payments/tax/2023").await.assert_says("还没有发放补贴");
    clerk.post("/payments/tax/2024/file", &[]).await.assert_status(403);
    let _ = finance;
}

#[tokio::test]
async fn a_handler_who_is_also_on_duty_is_declared_once() {
    let may = May::new().await;
    let (clerk, approver, finance) = may.settle().await;
    let app = &may.app;
    let before = clerk.get("/payments/tax/2024").await;
    let people = before.select("tbody th").len();
    // 毕示远 is paid for a case too, as a handler of his firm.
    let case = super::payouts::case(app, "高法援〔2024〕7号", Some(1), "handler_name = '毕示远'").await;
    let page = clerk.post("/payouts", &[("case", &case.to_string())]).await;
    page.assert_status(303);
    let batch = page.location.expect("the batch");
    approver.post(&format!("{batch}/approve"), &[]).await.assert_status(303);
    finance.post(&format!("{batch}/pay"), &[]).await.assert_status(303);
    let payee = app.scalar_i64("select id from payees where name = '毕示远'").await;
    let (seal, sealed): (uuid::Uuid, Vec<u8>) = sqlx::query_as("select seal_id, id_number from persons where id = $1")
        .bind(may.first)
        .fetch_one(&app.owner)
        .await
        .expect("a sealed number");
    let own = app.state.seals.open("person.id_number", &seal.to_string(), &sealed).expect("opened");
    let form = |number: &str| [("version", "1".to_owned()), ("id_number", number.to_owned())];
    let post = async |number: &str| {
        let form = form(number);
        let fields: Vec<(&str, &str)> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        clerk.post(&format!("/payments/payees/{payee}"), &fields).await
    };
    post("140581198001010010").await.assert_status(409).assert_says("校验位不对");
    let foreign = app.staff(Role::Approver).await;
    foreign.post(&format!("/payments/payees/{payee}"), &[("id_number", &own)]).await.assert_status(403);
    let version = app.scalar_i64(&format!("select version::bigint from payees where id = {payee}")).await.to_string();
    let fields = [
        ("version", version.as_str()),
        ("id_number", own.as_str()),
        ("bank_name", "示例银行"),
        ("bank_account", "6228000000000000077"),
    ];
    let without_bank = [fields[0], fields[1], ("bank_name", " "), fields[3]];
    let page = clerk.post(&format!("/payments/payees/{payee}"), &without_bank).await;
    page.assert_status(409).assert_says("请填写开户行");
    let stale = [("version", "0"), fields[1], fields[2], fields[3]];
    let page = clerk.post(&format!("/payments/payees/{payee}"), &stale).await;
    page.assert_status(409).assert_says("这名收款人的资料已有变化");
    clerk.post(&format!("/payments/payees/{payee}"), &fields).await.assert_status(303);
    // A firm has no identity number.
    let firm = app
        .scalar_i64(
            "insert into payees (bureau_id, kind, name, organisation, seal_id, created_by, created_at)
             select bureau_id, 'unit', organisation || '（单位）', organisation, gen_random_uuid(), created_by, now()
             from payees where name = '毕示远' returning id",
        )
        .await;
    let page = clerk.post(&format!("/payments/payees/{firm}"), &[("version", "1"), ("id_number", own.as_str())]).await;
    page.assert_status(409).assert_says("收款人是单位，不登记身份证号");
    let shown = clerk.get(&format!("/payments/payees/{payee}")).await;
    assert!(!shown.html.contains(&own), "only the mask is shown");
    let change = app.scalar_i64("select max(id) from bank_changes").await;
    approver.post(&format!("/payments/accounts/{change}/confirm"), &[]).await.assert_status(303);
    finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    let after = clerk.get("/payments/tax/2024").await;
    assert_eq!(after.select("tbody th").len(), people, "{}", after.text());
    after.assert_says("1,000.00");
    let told = format!("select count(*) from audit_records where concat(before, after, note) like '%{own}%'");
    assert_eq!(app.scalar_i64(&told).await, 0, "never written down");
    let file = finance.post("/payments/tax/2024/file", &[]).await;
    file.assert_status(200);
}
