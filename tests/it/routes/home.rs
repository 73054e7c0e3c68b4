//! What waits for each role.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, Page, TestApp};
use crate::support::books::{approved_settlement, fund, shifts};
use crate::support::queries::Queries;

async fn home(browser: &Browser<'_>) -> Page {
    let page = browser.get("/home").await;
    page.assert_status(200);
    page
}

fn todos(page: &Page) -> Vec<String> {
    page.select("section:first-of-type .todos li > div > a")
}

#[tokio::test]
async fn a_duty_person_is_led_to_the_desk_and_then_away_from_it() {
    let app = TestApp::new().await;
    app.clock_to("2024-05-08 07:40");
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let made = shifts(&app, "2024-05", venue, person, &["2024-05-08", "2024-05-15"]).await;
    let duty = app.duty_person(person).await;
    let page = home(&duty).await;
    assert_eq!(todos(&page), ["今天值班，请签到"]);
    page.assert_says("米山镇 08:00–12:00").assert_says("下一次值班：5月15日 周三");
    let sign_in = format!(
        "insert into attendances (shift_id, bureau_id, signed_in_at, signed_in_by, sign_in_method, late_minutes)
         values ({}, {}, '2024-05-08 07:55+08', {}, 'self', 0)",
        made[0],
        app.bureau,
        duty.actor().account_id
    );
    app.execute(&sign_in).await;
    assert_eq!(todos(&home(&duty).await), ["今天值班，离开时请签退"]);
    app.clock_to("2024-05-09 07:40");
    let next_day = app.browser_of(duty.actor().account_id).await;
    assert_eq!(todos(&home(&next_day).await), ["5月8日的值班没有签退"]);
}

#[tokio::test]
async fn a_finding_told_is_shown_with_the_last_day_to_object() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-07 15:00");
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let made = shifts(&app, "2024-06", venue, person, &["2024-06-05"]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.execute(&format!(
        "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, evidence, status, proposed_at,
             told_by, told_at, objection_until)
         values ({}, {}, {venue}, {person}, 'late', '2024-06-05', '08:10签到', 'told', '2024-06-06 09:00+08', {},
             '2024-06-07 09:00+08', '2024-06-13')",
        app.bureau,
        made[0],
        clerk.actor().account_id
    ))
    .await;
    let duty = app.duty_person(person).await;
    let page = home(&duty).await;
    assert_eq!(todos(&page), ["扣款事项告知：6月5日迟到"]);
    page.assert_says("6月13日 星期四").assert_says("还剩6天");
    assert!(!todos(&home(&clerk).await).iter().any(|title| title.contains("待认定")), "not before the days are over");
    app.clock_to("2024-06-14 09:00");
    let approver = app.staff(Role::Approver).await;
    assert_eq!(todos(&home(&approver).await), ["1件扣款事项告知期满，待认定"]);
}

#[tokio::test]
async fn a_venue_sees_its_desk_and_the_month_to_certify() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let (venue, other) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let person = app.person("张三", &[venue]).await;
    shifts(&app, "2024-05", venue, person, &["2024-05-08"]).await;
    shifts(&app, "2024-06", venue, person, &["2024-06-05"]).await;
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    let page = home(&staff).await;
    let mut shown = todos(&page);
    shown.sort();
    assert_eq!(shown, ["今天1个班次，请留意签到签退", "审定并上报5月考勤"]);
    page.assert_says("6月5日 星期三").assert_says("张三；已签到0人");
    let elsewhere = app.staff_at(Role::VenueStaff, other).await;
    home(&elsewhere).await.assert_says("现在没有等您办理的事").assert_says("次月5日前审定并上报考勤");
}

#[tokio::test]
async fn the_clerk_the_approver_and_finance_each_see_their_turn() {
    let app = TestApp::new().await;
    app.clock_to("2024-06-05 09:00");
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    shifts(&app, "2024-05", venue, person, &["2024-05-08"]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = home(&clerk).await;
    assert_eq!(
        todos(&page),
        ["编制6月排班", "1个服务点未上报5月考勤，请催报", "计算5月值班补贴", "编制7月排班"],
        "the most urgent first"
    );
    page.assert_says("还有1个服务点未上报；10日不是工作日，宜在6月7日前办结").assert_says("其中1项逾期");
    approved_settlement(&app, "2024-05", 1950).await;
    let finance = app.staff(Role::Finance).await;
    let page = home(&finance).await;
    assert_eq!(todos(&page), ["发放5月值班补贴"]);
    page.assert_says("实发1,950.00元；10日不是工作日，宜在6月7日前办结").assert_says("6月10日 星期一");
    app.execute("update settlements set status = 'approved'").await;
    app.execute(&format!(
        "insert into rosters (bureau_id, month, status, made_by, made_at, submitted_by, submitted_at)
         values ({}, '2024-07-01', 'submitted', {id}, '2024-06-04 09:00+08', {id}, '2024-06-04 09:00+08')",
        app.bureau,
        id = clerk.actor().account_id
    ))
    .await;
    let approver = app.staff(Role::Approver).await;
    assert_eq!(todos(&home(&approver).await), ["审核7月排班"]);
    home(&clerk).await.assert_says("7月排班在审核中");
}

#[tokio::test]
async fn finance_is_reminded_of_money_to_transfer() {
    let app = TestApp::new().await;
    let finance = app.staff(Role::Finance).await;
    fund(&app, &finance, 1000).await;
    home(&finance).await.assert_says("现在没有等您办理的事");
    let receipt = [("amount", "500"), ("received_on", "2024-04-20"), ("notice", "晋财政法〔2024〕9号")];
    finance.post("/fund/2024/receipts", &receipt).await.assert_status(303);
    let page = home(&finance).await;
    assert_eq!(todos(&page), ["4月20日到账的资金待拨付500.00元"]);
    page.assert_says("5月20日 星期一").assert_says("还剩14天");
}

#[tokio::test]
async fn the_legal_aid_centre_sees_cases_that_wait_for_entry() {
    let app = TestApp::new().await;
    let venue = app.venue("市法律援助中心").await;
    let staff = app.staff_at(Role::LegalAidStaff, venue).await;
    home(&staff).await.assert_says("现在没有等您办理的事");
    app.execute(&format!(
        "insert into cases (bureau_id, number, kind, basis, handler_category, handler_name, organisation, cause, accepted_on,
             assigned_on, closing_agreed_on, programme_case, registered_by, registered_at)
         select {}, n, 'civil_first_instance', 'application', 'lawyer', '钱律师', '所', '离婚', '2024-03-04',
             case n when 'b' then '2024-03-05'::date end, case n when 'b' then '2024-04-15'::date end, true, {}, '2024-03-04 09:00+08'
         from unnest(array['a', 'b']) n",
        app.bureau,
        staff.actor().account_id
    ))
    .await;
    let page = home(&staff).await;
    assert_eq!(todos(&page), ["1件案件已同意结案，待录入省系统", "1件案件待指派"]);
    page.assert_says("5月15日 星期三");
}

#[tokio::test]
async fn after_the_set_up_the_system_administrator_finds_the_first_steps() {
    let app = TestApp::new().await;
    let administrator = app.staff(Role::SystemAdministrator).await;
    let page = home(&administrator).await;
    page.assert_says("开始使用：还要做11件事")
        .assert_says("核对服务点的地址和电话")
        .assert_says("建立司法局经办人账号");
    assert_eq!(page.attribute(".todos a", "href").as_deref(), Some("/venues"));
    app.staff(Role::BureauClerk).await;
    let page = home(&administrator).await;
    page.assert_says("开始使用：还要做10件事").assert_says("已有1个；维护值班人员库");
}

#[tokio::test]
async fn the_other_administrators_see_their_own_things_and_no_business() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    app.execute(&format!("update accounts set locked_until = '2024-05-06 08:10+08' where id = {clerk}")).await;
    let security = app.staff(Role::SecurityAdministrator).await;
    let page = home(&security).await;
    assert_eq!(todos(&page).len(), 1);
    page.assert_says("的账号已锁定").assert_says("08:10自动解锁");
    app.stranger().post_bare("/sign-in", &[("login", "nobody"), ("password", "x")]).await;
    let audit = app.staff(Role::AuditAdministrator).await;
    home(&audit).await.assert_says("最近7天有1次登录被拒绝");
}

#[tokio::test]
async fn the_security_administrator_finds_the_requests_that_wait() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let venue = app.venue("米山镇").await.to_string();
    let fields = [
        ("login", "wangxm"),
        ("name", "王小梅"),
        ("role", "venue_staff"),
        ("venue", venue.as_str()),
        ("staff_number", "G-1042"),
        ("reason", "新到岗"),
    ];
    system.post("/accounts", &fields).await;
    let id = app.scalar_i64("select account_id from rights_requests where decision is null").await;
    let page = home(&app.staff(Role::SecurityAdministrator).await).await;
    page.assert_says("王小梅：新账号待授权");
    assert_eq!(page.attribute(".todos a", "href"), Some(format!("/accounts/{id}")));
    let here = app.staff(Role::SystemAdministrator).await;
    home(&here).await.assert_silent_on("新账号待授权");
}

#[tokio::test]
async fn a_leader_reads_the_headline() {
    let app = TestApp::new().await;
    let page = home(&app.staff(Role::Leader).await).await;
    page.assert_says("免费法律咨询").assert_says("按时间进度应完成").assert_says("5月排班未公示");
}

#[tokio::test]
async fn every_first_page_takes_four_queries_at_most() {
    let app = TestApp::new().await;
    let (mishan, legal_aid) = (app.venue("米山镇").await, app.venue("市法律援助中心").await);
    let person = app.person("张三", &[mishan]).await;
    let mut browsers = vec![app.duty_person(person).await];
    browsers.push(app.staff_at(Role::VenueStaff, mishan).await);
    browsers.push(app.staff_at(Role::LegalAidStaff, legal_aid).await);
    for role in [
        Role::BureauClerk,
        Role::Approver,
        Role::Finance,
        Role::Leader,
        Role::SystemAdministrator,
        Role::SecurityAdministrator,
        Role::AuditAdministrator,
    ] {
        browsers.push(app.staff(role).await);
    }
    let queries = Queries::listen();
    for browser in &browsers {
        home(browser).await;
        let asked = queries.take();
        assert!(!asked.is_empty() && asked.len() <= 4, "{}: {asked:#?}", browser.actor().role);
    }
    app.stranger().get("/home").await.assert_status(303);
}

#[tokio::test]
async fn the_hints_of_the_first_day_stay_away_once_put_away_and_come_back_when_asked_for() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get("/home").await.assert_says("第一次使用，先知道这几件");
    let page = clerk.post("/home/hints", &[]).await;
    page.assert_status(303);
    let cookie = page.headers.get("set-cookie").and_then(|value| value.to_str().ok()).expect("a cookie");
    let kept = cookie.split(';').next().unwrap_or_default();
    assert_eq!(kept, format!("huifa_hints={}", clerk.actor().account_id));
    let session = format!("huifa={}; {kept}", clerk.cookie());
    let stranger = app.stranger();
    let page = stranger.send(axum::http::Method::GET, "/home", None, &[("cookie", &session)]).await;
    page.assert_status(200).assert_silent_on("第一次使用").assert_says("再看一遍入门要点");
    let page = stranger.send(axum::http::Method::GET, "/home?hints=show", None, &[("cookie", &session)]).await;
    page.assert_says("第一次使用，先知道这几件");
}
