//! Trial calculations as pages.

use huifa::web::permissions::Role;

use crate::support::app::TestApp;

#[tokio::test]
async fn the_empty_page_asks_for_one_shift() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.get("/trial").await;
    page.assert_status(200).assert_says("第1个班次").assert_silent_on("试算结果");
    assert_eq!(page.attribute("#f-month", "value").as_deref(), Some("2024-05"));
    clerk.get("/trial/case").await.assert_status(200).assert_silent_on("试算结果");
}

#[tokio::test]
async fn five_2_1_a_month_is_tried_line_by_line_with_its_clauses() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let query = "/trial?calculate=yes&month=2024-05&name=%E5%BC%A0%E4%B8%89&category=lawyer\
        &venue_kind-0=station&date-0=2024-05-08&hours-0=4&served-0=yes&late-0=1\
        &venue_kind-1=service_centre&date-1=2024-05-09&hours-1=8&served-1=yes&record_defect-1=2";
    let page = clerk.get(query).await;
    page.assert_status(200)
        .assert_says("应发430.00元")
        .assert_says("五(二)1(2)")
        .assert_says("−50.00")
        .assert_says("−20.00");
    page.assert_says("2024年实施方案").assert_says("高司字〔2024〕6号").assert_says("第1版");
    assert_eq!(page.attribute("#f-name", "value").as_deref(), Some("张三"));
    assert_eq!(page.attribute("#f-date-1", "value").as_deref(), Some("2024-05-09"));
}

#[tokio::test]
async fn a11_three_absences_forfeit_the_month() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let query = "/trial?calculate=yes&month=2024-05&category=lawyer&venue_kind-0=station&date-0=2024-05-08&hours-0=4\
        &served-0=yes&off_post-0=3";
    clerk.get(query).await.assert_status(200).assert_says("应发0.00元").assert_says("当月值班补贴不予发放");
}

#[tokio::test]
async fn a_row_is_added_and_taken_away_without_script_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk
        .get("/trial?add=yes&month=2024-06&venue_kind-0=service_centre&date-0=nonsense&hours-0=8&served-0=no")
        .await;
    page.assert_status(200).assert_says("第2个班次").assert_silent_on("试算结果");
    assert_eq!(page.attribute("#f-date-0", "value").as_deref(), Some("nonsense"));
    assert_eq!(page.attribute("#f-month", "value").as_deref(), Some("2024-06"));
    assert_eq!(page.attribute("#f-hours-1", "value").as_deref(), Some("8"));
    let page = clerk.get("/trial?remove=0&month=2024-06&date-0=2024-06-05&hours-0=4&date-1=2024-06-12&hours-1=5").await;
    page.assert_status(200).assert_silent_on("第2个班次");
    assert_eq!(page.attribute("#f-date-0", "value").as_deref(), Some("2024-06-12"));
}

#[tokio::test]
async fn facts_that_cannot_be_tried_are_told_beside_their_fields() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let shift = "venue_kind-0=station&hours-0=4&served-0=yes";
    for (query, field, words) in [
        (format!("month=2024-05&date-0=2024-05-32&{shift}"), "date-0", "没有这一天"),
        (format!("month=2024-05&date-0=&{shift}"), "date-0", "请填写值班日期"),
        (format!("month=2024-05&date-0=2024-06-05&{shift}"), "date-0", "2024年5月之内"),
        (format!("month=2024-05&date-0=2024-05-08&{shift}&late-0=2"), "late-0", "0至1"),
        (format!("month=2024-05&date-0=2024-05-08&{shift}&off_post-0=-1"), "off_post-0", "0至99"),
        ("month=2024-05&date-0=2024-05-08&venue_kind-0=station&hours-0=25".to_owned(), "hours-0", "0至24"),
        ("month=2024-05&date-0=2024-05-08&venue_kind-0=court&hours-0=4".to_owned(), "venue_kind-0", "服务点类型"),
        (format!("month=May&date-0=2024-05-08&{shift}"), "month", "2024-05"),
        (format!("month=2031-05&date-0=2031-05-08&{shift}"), "month", "还没有实施方案"),
    ] {
        let page = clerk.get(&format!("/trial?calculate=yes&category=lawyer&{query}")).await;
        page.assert_status(422).assert_silent_on("试算结果");
        let said = page.select(&format!("[id='e-{field}']")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
}

#[tokio::test]
async fn five_2_2_a_case_is_tried_with_its_funds_and_its_limit() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let query = "/trial/case?calculate=yes&year=2024&case_kind=civil_first_instance&basis=application&groups=farmer\
        &handler=lawyer&local_standard=1200&place=10&closing_agreed_on=2024-06-18&entered_on=2024-06-19&extension_days=0";
    let page = clerk.get(query).await;
    page.assert_status(200).assert_says("合计1,200.00元").assert_says("省级专项资金").assert_says("法律援助业务经费");
    page.assert_says("2024年7月18日").assert_says("高司字〔2024〕6号");

    let page = clerk.get(&query.replace("lawyer", "agency_staff")).await;
    page.assert_status(200).assert_says("现在不能发放").assert_says("合计0.00元");
    let page = clerk.get(&query.replace("local_standard=1200", "local_standard=")).await;
    page.assert_status(200).assert_says("合计1,000.00元");
}

#[tokio::test]
async fn a_case_that_cannot_be_tried_is_told_beside_its_fields() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let base = "/trial/case?calculate=yes&year=2024&case_kind=civil_first_instance&basis=application&handler=lawyer";
    for (more, field, words) in [
        ("&closing_agreed_on=2024-02-30", "closing_agreed_on", "没有这一天"),
        ("&local_standard=-1", "local_standard", "负"),
        ("&extension_days=16", "extension_days", "0至15"),
        ("&place=first", "place", "整数"),
        ("&groups=king", "groups", "列表"),
    ] {
        let page = clerk.get(&format!("{base}{more}")).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    clerk.get("/trial/case?calculate=yes").await.assert_status(422).assert_says("请选择案件类型");
    clerk.get("/trial/case?calculate=yes&year=1999").await.assert_status(422).assert_says("请选择方案年度");
}

#[tokio::test]
async fn whom_the_table_does_not_name_does_not_try() {
    let app = TestApp::new().await;
    let station = app.venue("米山镇").await;
    app.staff_at(Role::VenueStaff, station).await.get("/trial").await.assert_status(403);
    app.staff(Role::SystemAdministrator).await.get("/trial").await.assert_status(403);
    let person = app.person("张三", &[station]).await;
    app.duty_person(person).await.get("/trial").await.assert_status(200);
}
