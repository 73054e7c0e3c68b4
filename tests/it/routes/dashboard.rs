//! Progress and figures.

use huifa::dashboard::db;
use huifa::plan::Calendar;
use huifa::web::permissions::Role;
use rust_decimal::Decimal;

use super::duty::Duty;
use crate::support::app::{Browser, TestApp};
use crate::support::books::busy_year;
use crate::support::queries::Queries;

/// The number behind a link is the one on the page behind it.
async fn leads_to(reader: &Browser<'_>, page: &crate::support::app::Page, words: &str, there: &str, says: &str) {
    let links = page.select("main a");
    assert!(links.iter().any(|link| link == words), "{words} among {links:?}");
    let found = scraper::Html::parse_document(&page.html)
        .select(&scraper::Selector::parse("main a").expect("a selector"))
        .find(|link| link.text().collect::<String>() == words)
        .and_then(|link| link.value().attr("href").map(str::to_owned));
    assert_eq!(found.as_deref(), Some(there));
    reader.get(there).await.assert_status(200).assert_says(says);
}

#[tokio::test]
async fn the_figures_are_those_that_a_recount_gives() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    page.assert_status(200);
    let done = app.scalar_i64("select sum(counted)::bigint from consultation_sums").await;
    assert_eq!(done, 877);
    let days = Calendar::shipped()
        .working_days_between("2024-01-01".parse().expect("a day"), "2024-06-12".parse().expect("a day"))
        .expect("2024 is known");
    let expected = i64::try_from(days).expect("few") * 8600 / 251;
    page.assert_says(&format!("全年251个工作日已过{days}个"));
    page.assert_says("877 / 8,600人次");
    let behind = expected - done;
    let thousands = |number: i64| format!("{},{:03}", number / 1000, number % 1000);
    page.assert_says(&format!("按时间进度应完成{}人次，落后{}人次", thousands(expected), thousands(behind)));
    page.assert_says("5 / 290件");
    page.assert_says("560,700.00").assert_says("12,345.00").assert_says("548,355.00").assert_says("2.2%");
    assert_eq!(page.select("svg title").len() - page.select("svg g title, svg circle title").len(), 3, "three charts");
}

#[tokio::test]
async fn each_number_leads_to_the_list_behind_it() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    let cases = "/cases?part=programme&by=";
    leads_to(&leader, &page, "受理12件", &format!("{cases}accepted&year=2024"), "共12件").await;
    leads_to(&leader, &page, "同意结案7件", &format!("{cases}agreed&year=2024"), "共7件").await;
    leads_to(&leader, &page, "录入省系统5件", &format!("{cases}entered&year=2024"), "共5件").await;
    leads_to(&leader, &page, "计入任务5件", "/cases?by=counted&year=2024", "共5件").await;
    leads_to(&leader, &page, "省级资金到账", "/fund/2024?account=earmarked_source", "560,700.00").await;
    leads_to(&leader, &page, "已支出", "/fund/2024?account=earmarked_duty_subsidy", "12,345.00").await;
    leads_to(&leader, &page, "看各服务点各月", "/dashboard/consultations?year=2024", "877").await;
    let behind = leader.get("/dashboard/consultations?year=2024").await;
    assert_eq!(behind.select("#total"), ["877"]);
    assert_eq!(page.select(".ranked tbody tr:first-child td.num"), ["812"]);
}

#[tokio::test]
async fn what_is_late_is_listed_with_how_late() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/dashboard").await;
    page.assert_says("1个服务点未上报5月考勤").assert_says("米山镇").assert_says("逾期7天");
    page.assert_says("5月值班补贴未发放").assert_says("还没有计算").assert_says("逾期2天");
    page.assert_says("6月排班未公示");
    let titles = page.select("section.asks tbody th");
    assert_eq!(titles, ["6月排班未公示", "1个服务点未上报5月考勤", "5月值班补贴未发放"], "the latest first");
}

#[tokio::test]
async fn a_quiet_office_is_told_that_nothing_is_late() {
    let app = TestApp::new().await;
    app.execute("update programmes set content = jsonb_set(content, '{valid_from}', '\"2024-08-01\"')").await;
    let page = app.staff(Role::Leader).await.get("/dashboard").await;
    page.assert_status(200).assert_says("没有逾期或临期的事项");
}

#[tokio::test]
async fn the_overview_takes_four_queries_whatever_the_rows() {
    let app = TestApp::new().await;
    busy_year(&app).await;
    let leader = app.staff(Role::Leader).await;
    let queries = Queries::listen();
    for path in ["/dashboard", "/dashboard/consultations"] {
        leader.get(path).await.assert_status(200);
        let asked = queries.take();
        assert!(!asked.is_empty() && asked.len() <= 4, "{path}: {asked:#?}");
    }
}

#[tokio::test]
async fn the_overview_is_for_those_who_lead_and_follow_up() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    app.duty_person(person).await.get("/dashboard").await.assert_status(403);
    app.staff_at(Role::VenueStaff, venue).await.get("/dashboard").await.assert_status(403);
    for role in [Role::Leader, Role::BureauClerk, Role::Approver, Role::Finance] {
        app.staff(role).await.get("/dashboard").await.assert_status(200);
    }
    let leader = app.staff(Role::Leader).await;
    leader.get("/dashboard?year=2030").await.assert_status(404);
    // Finance reads no cases: the figures are there, the links are not.
    let page = app.staff(Role::Finance).await.get("/dashboard").await;
    assert!(!page.html.contains("/cases?"));
}

#[tokio::test]
async fn a_year_without_a_plan_shows_the_last_that_has_one() {
    let app = TestApp::new().await;
    app.clock_to("2025-03-03 09:00");
    let leader = app.staff(Role::Leader).await;
    leader.get("/dashboard").await.assert_status(200).assert_says("2024年惠民工程进度").assert_says("已过251个");
    leader.get("/home").await.assert_status(200);
}

/// Each figure with its decoys: an ordinary case, a void one, other years, other states, other accounts.
#[tokio::test]
async fn the_figures_of_a_year_are_of_that_year_of_the_programme_and_still_open() {
    let app = TestApp::new().await;
    let (venue, closed, idle) = (app.venue("米山镇").await, app.venue("北诗镇").await, app.venue("野川镇").await);
    let person = app.person("张三", &[venue]).await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let bureau = app.bureau;
    let duty = Duty::new(&app).await;
    let mut shifts = Vec::new();
    for (month, day) in
        [("2024-02", "2024-02-07"), ("2024-03", "2024-03-06"), ("2024-04", "2024-04-10"), ("2024-05", "2024-05-08")]
    {
        shifts.extend(duty.publish(month, &[(person, venue, day)]).await);
    }
    duty.report("2024-03").await;
    let mut sql = "begin; set local session_replication_role = replica;
        update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
        where month = '2024-02-01';"
        .to_owned();
    for (case, ours, year, counted) in
        [(1, true, 2024, true), (2, false, 2024, false), (3, true, 2023, true), (4, true, 2024, true)]
    {
        let counted = if counted { format!("'{year}-04-05', {case}") } else { "null, null".to_owned() };
        sql.push_str(&format!(
            "insert into cases (id, bureau_id, number, kind, basis, handler_category, handler_name, organisation, cause, accepted_on,
                 assigned_on, closing_agreed_on, entered_on, entry_number, counted_on, place, programme_case, registered_by, registered_at)
             overriding system value
             values ({case}, {bureau}, '案{case}', 'civil_retrial', 'application', 'lawyer', '某', '所', '案由', '{year}-04-02',
                 '{year}-04-03', '{year}-04-04', '{year}-04-05', 'L{case}', {counted}, {ours}, {by}, now());"
        ));
    }
    for (number, kind, year, reversal) in [
        (1, "receipt", 2024, "null"),
        (2, "receipt", 2024, "null"),
        (3, "duty_payment", 2024, "null"),
        (4, "receipt", 2023, "null"),
        (5, "reversal", 2024, "(select id from fund_entries where number = 2)"),
    ] {
        sql.push_str(&format!(
            "insert into fund_entries (bureau_id, year, number, kind, entered_on, summary, document_kind, document_id, reversal_of,
                 posted_by, posted_at)
             values ({bureau}, {year}, {number}, '{kind}', '2024-03-01', '事由', 'notice', '{number}', {reversal}, {by}, now());
             insert into fund_postings (entry_id, bureau_id, year, account_id, amount, balance_after)
             select e.id, {bureau}, {year}, a.id, a.amount, 0 from fund_entries e,
                 (select min(id) as id, {number} as amount from fund_accounts union all select max(id), -5 from fund_accounts) a
             where e.number = {number};"
        ));
    }
    for (occurrence, proposed, event, status) in [
        ("1", "2024-05-04 23:59", "2024-04-10", "told"),
        ("2", "2024-05-05 00:00", "2024-04-10", "told"),
        ("3", "2024-04-11 09:00", "2024-04-10", "confirmed"),
        ("4", "2024-04-11 09:00", "2023-12-31", "told"),
    ] {
        let decided = if status == "confirmed" { format!("{by} + 1, now()") } else { "null, null".to_owned() };
        sql.push_str(&format!(
            "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, occurrence, evidence, status, proposed_by,
                 proposed_at, told_by, told_at, objection_until, decided_by, decided_at)
             values ({bureau}, {shift}, {venue}, {person}, 'late', '{event}', '{occurrence}', '核实', '{status}', {by},
                 '{proposed}+08', {by}, now(), '2024-05-20', {decided});",
            shift = shifts[2]
        ));
    }
    for (code, balance) in [
        ("earmarked_source", -100),
        ("earmarked_at_finance", 10),
        ("earmarked_at_bureau", 20),
        ("earmarked_duty_subsidy", 30),
        ("earmarked_case_subsidy", 40),
        ("operating_at_bureau", 5),
    ] {
        sql.push_str(&format!(
            "update fund_accounts set balance = {balance} where bureau_id = {bureau} and code = '{code}';"
        ));
    }
    sql.push_str(&format!(
        "insert into fund_accounts (bureau_id, year, code, name, fund, kind, balance)
         select bureau_id, 2023, code, name, fund, kind, balance * 7 from fund_accounts where bureau_id = {bureau};
         insert into case_voids (bureau_id, case_id, reason, asked_by, asked_at, decided_by, decided_at, agreed)
         values ({bureau}, 4, '不符', {by}, now(), {by} + 1, now(), true);
         insert into consultation_sums values ({bureau}, {venue}, '2023-12-01', 1, 1), ({bureau}, {venue}, '2024-01-01', 2, 2),
             ({bureau}, {venue}, '2024-12-01', 3, 3), ({bureau}, {venue}, '2025-01-01', 4, 4), ({bureau}, {closed}, '2024-02-01', 5, 5);
         update venues set active = false where id in ({closed}, {idle});
         insert into settlements (bureau_id, month, programme_id, programme_revision, status, people, base, deducted, adjustment,
             payable, fingerprint, calculated_by, calculated_at, approved_by, approved_at, paid_by, paid_at)
         select {bureau}, '2024-03-01', min(id), 1, 'paid', 1, 100, 0, 0, 100, '-', 901, now(), 902, now(), 903, now()
         from programmes where bureau_id = {bureau};
         commit"
    ));
    app.execute(&sql).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let frame = db::frame(&mut conn, bureau, 2024).await.expect("figures").expect("a plan");
    let cases = db::CaseFigures { accepted: 2, agreed: 2, entered: 2, counted: 1 };
    assert_eq!(frame.cases, cases, "a void case counts towards nothing");
    let [received, at_finance, at_bureau, duty, of_cases] = [100, 10, 20, 30, 40].map(Decimal::from);
    assert_eq!(frame.money, db::MoneyFigures { received, at_finance, at_bureau, duty, cases: of_cases });
    let sums = db::sums(&mut conn, bureau, 2024).await.expect("sums");
    let of = |id: i64| sums.iter().filter(|row| row.venue_id == id).map(|row| row.counted).collect::<Vec<_>>();
    assert_eq!((of(venue), of(closed), of(idle)), (vec![2, 3], vec![5], Vec::new()));
    let signs = db::signs(&mut conn, bureau, 2024, "2024-05-15".parse().expect("a day")).await.expect("signs");
    let mut found: Vec<_> = signs
        .iter()
        .map(|row| {
            format!(
                "{} {} {} {}",
                row.kind,
                row.month.map(|month| month.to_string()).unwrap_or_default(),
                row.number,
                row.note
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "counted 2024-04 1 ",
            "finding  1 told",
            "receipt  1 ",
            "roster 2024-06 1 none",
            "settlement 2024-04 1 none",
            "unreported 2024-04 1 米山镇",
        ]
    );
    let amounts: Vec<_> = signs.iter().filter(|row| row.kind == "receipt").map(|row| row.amount).collect();
    assert_eq!(amounts, [Decimal::from(1)]);
}
