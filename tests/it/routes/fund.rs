//! The ledger of the earmarked fund.

use huifa::error::AppError;
use huifa::web::permissions::Role;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::books::{approved_settlement, fund, pay};
use crate::support::queries::Queries;

const RECEIPT: [(&str, &str); 5] = [
    ("amount", "560,700"),
    ("received_on", "2024-03-15"),
    ("notice", "晋财政法〔2024〕1号"),
    ("notice_on", "2024-03-01"),
    ("voucher", "记-12"),
];

async fn balance(app: &TestApp, account: &str) -> i64 {
    app.scalar_i64(&format!("select balance::bigint from fund_accounts where code = '{account}' and year = 2024")).await
}

async fn entries(app: &TestApp) -> i64 {
    app.scalar_i64("select count(*) from fund_entries").await
}

#[tokio::test]
async fn a_receipt_and_its_transfer_reach_the_bureaus_account() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    finance.get("/fund/2024").await.assert_status(200).assert_says("还没有记录");
    let done = finance.post("/fund/2024/receipts", &RECEIPT).await;
    done.assert_status(303);
    let page = finance.follow(done).await;
    page.assert_says("已登记到账560,700.00元").assert_says("晋财政法〔2024〕1号").assert_says("2024年4月14日");
    page.assert_says("逾期22天未拨");
    finance.get("/fund/2024/transfers/new").await.assert_status(200).assert_says("待拨余额560,700.00元");
    let transfer = [("amount", "560700"), ("transferred_on", "2024-04-16"), ("order", "拨字7号")];
    finance.post("/fund/2024/transfers", &transfer).await.assert_status(303);
    let page = finance.get("/fund/2024").await;
    page.assert_says("迟2天拨付").assert_says("市财政局拨付至市司法局");
    assert_eq!(balance(&app, "earmarked_at_finance").await, 0);
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 560_700);
    assert_eq!(balance(&app, "earmarked_source").await, -560_700);
    let only = finance.get("/fund/2024?account=earmarked_at_bureau").await;
    assert_eq!(only.select("tbody tr td[data-label='余额']"), ["560,700.00"]);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action like 'fund.%'").await, 2);
}

#[tokio::test]
async fn what_is_typed_wrong_is_said_beside_the_field_and_posts_nothing() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    for (field, value, message) in [
        ("amount", "五十万", "金额只能填写数字"),
        ("amount", "0", "金额须大于零"),
        ("amount", "-5", "金额须大于零"),
        ("amount", "1.234", "两位小数"),
        ("received_on", "", "请填写到账日期"),
        ("received_on", "2024-05-07", "到账日期不能晚于今天（2024年5月6日）"),
        ("received_on", "2024-02-28", "到账日期不能早于下达日期"),
        ("notice", " ", "请填写文号"),
    ] {
        let form = RECEIPT.map(|(name, typed)| (name, if name == field { value } else { typed }));
        let page = finance.post("/fund/2024/receipts", &form).await;
        page.assert_status(422).assert_says(message);
        assert!(!page.select(&format!("#e-{field}")).is_empty(), "beside {field}");
    }
    // The other entries have a form of their own.
    let entry = [
        ("kind", "operating_receipt"),
        ("amount", "1000"),
        ("entered_on", "2024-05-06"),
        ("summary", "市级配套到账"),
        ("document", "高财行〔2024〕9号"),
    ];
    for (field, value, message) in [
        ("kind", "", "请选择登记的事项"),
        ("kind", "duty_payment", "请选择登记的事项"),
        ("amount", "", "请填写金额"),
        ("amount", "1e3", "金额只能填写数字"),
        ("amount", "0", "金额须大于零"),
        ("amount", "-5", "金额须大于零"),
        ("entered_on", "2024-05-07", "日期不能晚于今天"),
        ("summary", "", "请填写摘要"),
        ("document", " ", "请填写依据"),
    ] {
        let form = entry.map(|(name, typed)| (name, if name == field { value } else { typed }));
        let page = finance.post("/fund/2024/entries", &form).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(message), "{field}: “{said}” does not say “{message}”");
    }
    assert_eq!(entries(&app).await, 0);
    finance.post("/fund/2024/entries", &entry).await.assert_status(303);
}

#[tokio::test]
async fn more_than_waits_at_the_finance_bureau_is_not_transferred() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    finance.post("/fund/2024/receipts", &RECEIPT).await.assert_status(303);
    let form = [("amount", "560,700.01"), ("transferred_on", "2024-04-10"), ("order", "拨字7号")];
    let page = finance.post("/fund/2024/transfers", &form).await;
    page.assert_status(422).assert_says("市财政局待拨的只有560,700.00元，还差0.01元（壹分）");
    assert!(page.html.contains("value=\"拨字7号\""), "what was typed is kept");
    assert_eq!(entries(&app).await, 1);
}

#[tokio::test]
async fn two_transfers_of_the_same_money_at_once_leave_one() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    finance.post("/fund/2024/receipts", &RECEIPT).await.assert_status(303);
    let form = [("amount", "560700"), ("transferred_on", "2024-04-10"), ("order", "拨字7号")];
    let (one, other) =
        tokio::join!(finance.post("/fund/2024/transfers", &form), finance.post("/fund/2024/transfers", &form));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 303);
    let lost = if one.status == 303 { other } else { one };
    // Told by the rule, or by the page where the other was through before.
    let told = lost.text();
    assert!(told.contains("还差560,700.00元") || told.contains("没有待拨的资金"), "{told}");
    assert_eq!(entries(&app).await, 2);
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 560_700);
}

#[tokio::test]
async fn pressing_twice_posts_once() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    let once = Uuid::new_v4();
    let (one, other) = tokio::join!(
        finance.post_with_once("/fund/2024/receipts", once, &RECEIPT),
        finance.post_with_once("/fund/2024/receipts", once, &RECEIPT)
    );
    one.assert_status(303);
    other.assert_status(303);
    assert_eq!(entries(&app).await, 1);
}

/// Two colleagues enter the same notice; a transfer is entered as if it had been before its money came.
#[tokio::test]
async fn a_paper_is_booked_once_and_no_money_leaves_before_it_came() {
    let app = TestApp::new().await;
    let (finance, other) = (app.staff(Role::Finance).await, app.staff(Role::Finance).await);
    let receipt = |on: &'static str| [("amount", "1000"), ("received_on", on), ("notice", "晋财政法〔2024〕9号")];
    finance.post("/fund/2024/receipts", &receipt("2024-04-10")).await.assert_status(303);
    let again = other.post("/fund/2024/receipts", &receipt("2024-04-12")).await;
    again.assert_status(409).assert_says("已在2024年4月10日登记（第1号）");
    let transfer = |on: &'static str| [("amount", "400"), ("transferred_on", on), ("order", "拨款通知单1号")];
    let early = finance.post("/fund/2024/transfers", &transfer("2024-04-09")).await;
    early.assert_status(409).assert_says("现有0.00元").assert_says("请核对日期");
    finance.post("/fund/2024/transfers", &transfer("2024-04-10")).await.assert_status(303);
    other.post("/fund/2024/transfers", &transfer("2024-04-11")).await.assert_status(409).assert_says("（第2号）");
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 400);
    // What was taken back may be entered again.
    let entry = app.scalar_i64("select id from fund_entries where kind = 'transfer'").await;
    finance.post(&format!("/fund/entries/{entry}/reverse"), &[("reason", "金额有误")]).await.assert_status(303);
    let whole = [("amount", "1000"), ("transferred_on", "2024-04-11"), ("order", "拨款通知单1号")];
    finance.post("/fund/2024/transfers", &whole).await.assert_status(303);
}

#[tokio::test]
async fn a_month_is_paid_from_the_bureaus_account() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 10_000).await;
    let settlement = approved_settlement(&app, "2024-05", 1950).await;
    let entry = pay(&app, &finance, settlement, "2024-05", 1950).await.expect("paid");
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 8050);
    assert_eq!(balance(&app, "earmarked_duty_subsidy").await, 1950);
    let page = finance.get("/fund/2024").await;
    page.assert_says("2024年5月值班补贴").assert_says("2024年5月月结");
    assert_eq!(page.attribute("td[data-label='单据'] a", "href").as_deref(), Some("/settlements/2024-05"));
    assert_eq!(app.scalar_i64(&format!("select number::bigint from fund_entries where id = {entry}")).await, 3);
}

#[tokio::test]
async fn paying_more_than_there_is_names_what_is_missing_and_changes_nothing() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    let settlement = approved_settlement(&app, "2024-05", 1950).await;
    let refused = pay(&app, &finance, settlement, "2024-05", 1950).await.expect_err("too little");
    let AppError::Refused(text) = refused else { panic!("{refused}") };
    assert_eq!(
        text,
        "没有记账。“专项资金（市司法局专账）”余额不足：现有1,000.00元，需要1,950.00元，还差950.00元（玖佰伍拾元整）。请先登记市财政局的拨付。"
    );
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 1000);
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'paid'").await, 0);
}

#[tokio::test]
async fn of_two_payments_at_once_for_which_there_is_money_once_one_wins() {
    let app = TestApp::new().await;
    app.clock_to("2024-07-05 09:00");
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 2000).await;
    let may = approved_settlement(&app, "2024-05", 1500).await;
    let june = approved_settlement(&app, "2024-06", 1500).await;
    let (one, other) =
        tokio::join!(pay(&app, &finance, may, "2024-05", 1500), pay(&app, &finance, june, "2024-06", 1500));
    assert!(one.is_ok() != other.is_ok(), "one of them");
    let Err(AppError::Refused(text)) = one.and(other) else { panic!("the other is refused in words") };
    assert!(text.contains("还差1,000.00元（壹仟元整）"), "{text}");
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 500);
    assert_eq!(app.scalar_i64("select count(*) from settlements where status = 'paid'").await, 1);
    assert_eq!(app.scalar_i64("select count(*) - max(number) from fund_entries").await, 0, "numbers have no gaps");
}

#[tokio::test]
async fn a_reversed_payment_takes_its_month_back_to_approved() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 10_000).await;
    let settlement = approved_settlement(&app, "2024-05", 1950).await;
    let entry = pay(&app, &finance, settlement, "2024-05", 1950).await.expect("paid");
    let path = format!("/fund/entries/{entry}");
    finance.get(&path).await.assert_status(200).assert_says("冲销这笔记录");
    finance.post(&format!("{path}/reverse"), &[("reason", "")]).await.assert_status(422).assert_says("请填写冲销原因");
    let done = finance.post(&format!("{path}/reverse"), &[("reason", "账号有误，银行退回")]).await;
    done.assert_status(303);
    finance.follow(done).await.assert_says("冲销第3号（2024年5月值班补贴）：账号有误，银行退回");
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 10_000);
    assert_eq!(balance(&app, "earmarked_duty_subsidy").await, 0);
    let reopened = "select count(*) from settlements where status = 'approved' and paid_by is null";
    assert_eq!(app.scalar_i64(reopened).await, 1);
    finance.get("/fund/2024").await.assert_says("已由第4号冲销");
    let again = finance.post(&format!("{path}/reverse"), &[("reason", "再来")]).await;
    again.assert_status(409).assert_says("已由第4号记录冲销");
    let mirror = app.scalar_i64("select max(id) from fund_entries").await;
    let reversal = finance.post(&format!("/fund/entries/{mirror}/reverse"), &[("reason", "再来")]).await;
    reversal.assert_status(409).assert_says("冲销记录本身不能再冲销");
    pay(&app, &finance, settlement, "2024-05", 1950).await.expect("paid again");
    assert_eq!(balance(&app, "earmarked_at_bureau").await, 8050);
}

#[tokio::test]
async fn a_receipt_whose_money_was_passed_on_is_not_reversed() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    let receipt = app.scalar_i64("select id from fund_entries where kind = 'receipt'").await;
    let page = finance.post(&format!("/fund/entries/{receipt}/reverse"), &[("reason", "重复登记")]).await;
    page.assert_status(409).assert_says("这笔钱已经用出去一部分").assert_says("还差1,000.00元");
    assert_eq!(entries(&app).await, 2);
}

#[tokio::test]
async fn two_reversals_of_one_entry_at_once_make_one() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    finance.post("/fund/2024/receipts", &RECEIPT).await.assert_status(303);
    let receipt = app.scalar_i64("select id from fund_entries").await;
    let path = format!("/fund/entries/{receipt}/reverse");
    let reason = [("reason", "金额有误")];
    let (one, other) = tokio::join!(finance.post(&path, &reason), finance.post(&path, &reason));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(entries(&app).await, 2);
}

#[tokio::test]
async fn the_database_keeps_the_ledger_even_from_hands_in_it() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    for (sql, constraint) in [
        ("update fund_postings set amount = 1", "fund_postings_append_only"),
        ("delete from fund_postings", "fund_postings_append_only"),
        ("truncate fund_postings", "fund_postings_append_only"),
        ("update fund_entries set summary = 'x'", "fund_entries_append_only"),
        ("delete from fund_entries", "fund_entries_append_only"),
        ("update fund_accounts set balance = 5", "fund_accounts_by_posting"),
    ] {
        assert_eq!(app.refused_by(sql).await, constraint, "{sql}");
    }
    // A third use: from the bureau's account into anything that no rule names.
    let third_use = "
        begin;
        insert into fund_accounts (bureau_id, year, code, name, fund, kind)
            select bureau_id, year, 'training', '培训', 'earmarked', 'expense' from fund_accounts
            where code = 'earmarked_at_bureau';
        insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at)
            select bureau_id, year, 3, 'duty_payment', '2024-05-06', '培训', 'x', 'x', posted_by, posted_at
            from fund_entries where number = 1;
        insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
            select e.id, e.bureau_id, e.year, a.id, case a.code when 'training' then 10 else -10 end, 0
            from fund_entries e, fund_accounts a
            where e.number = 3 and a.code in ('training', 'earmarked_at_bureau');
        commit;";
    assert_eq!(app.refused_by(third_use).await, "fund_entries_allowed_use");
    let one_sided = "
        begin;
        insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, posted_by, posted_at)
            select bureau_id, year, 3, 'receipt', '2024-05-06', 'x', 'x', 'x', posted_by, posted_at
            from fund_entries where number = 1;
        insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
            select e.id, e.bureau_id, e.year, a.id, 10, 0 from fund_entries e, fund_accounts a
            where e.number = 3 and a.code = 'earmarked_at_finance';
        commit;";
    assert_eq!(app.refused_by(one_sided).await, "fund_entries_sum_to_zero");
}

#[tokio::test]
async fn only_finance_posts_and_only_some_read() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    let receipt = app.scalar_i64("select id from fund_entries where kind = 'receipt'").await;
    for role in [Role::Leader, Role::BureauClerk, Role::Approver] {
        let reader = app.staff(role).await;
        let page = reader.get("/fund/2024").await;
        page.assert_status(200);
        assert!(!page.html.contains("/receipts/new"), "{role} is not offered what is refused");
        reader.get("/fund/2024/receipts/new").await.assert_status(403);
        reader.post("/fund/2024/receipts", &RECEIPT).await.assert_status(403);
        reader.post(&format!("/fund/entries/{receipt}/reverse"), &[("reason", "x")]).await.assert_status(403);
    }
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    app.duty_person(person).await.get("/fund/2024").await.assert_status(403);
    app.staff_at(Role::VenueStaff, venue).await.get("/fund/2024").await.assert_status(403);
    app.stranger().get("/fund/2024").await.assert_status(303);
    assert_eq!(entries(&app).await, 2);
}

#[tokio::test]
async fn another_bureaus_books_are_not_there() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    app.execute(
        "insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川');
         update accounts set bureau_id = (select id from bureaus where division_code = '140524') where role = 'finance'",
    )
    .await;
    let receipt = app.scalar_i64("select id from fund_entries where kind = 'receipt'").await;
    finance.get("/fund/2024").await.assert_status(404);
    finance.get(&format!("/fund/entries/{receipt}")).await.assert_status(404);
    finance.post(&format!("/fund/entries/{receipt}/reverse"), &[("reason", "x")]).await.assert_status(404);
    finance.get("/fund/1999").await.assert_status(404);
    finance.get("/fund/x").await.assert_status(404);
}

#[tokio::test]
async fn a_long_ledger_is_read_page_by_page_in_four_queries() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    for more in 0..27 {
        fund(&app, &finance, 100 + more).await;
    }
    let queries = Queries::listen();
    let page = finance.get("/fund/2024").await;
    let asked = queries.take();
    assert!(asked.len() <= 4, "{asked:#?}");
    page.assert_says("本页50笔");
    let next = page.attribute("a[rel=next]", "href").expect("a second page");
    assert_eq!(next, "/fund/2024?before=5");
    let rest = finance.get(&next).await;
    rest.assert_says("本页4笔");
    assert_eq!(rest.select("section:last-of-type tbody th[scope=row]"), ["第4号", "第3号", "第2号", "第1号"]);
}
