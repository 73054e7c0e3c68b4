//! The calendar of working days.

use huifa::web::permissions::Role;

use crate::support::app::TestApp;

const NOTICE: &str = "\
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天。
六、中秋节：9月15日（周三）放假1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
";

fn form<'a>(year: &'a str, notice: &'a str, step: &'a str) -> [(&'a str, &'a str); 4] {
    [("year", year), ("source", "国务院办公厅关于节假日安排的通知"), ("notice", notice), ("step", step)]
}

#[tokio::test]
async fn the_years_show_their_working_days() {
    let app = TestApp::new().await;
    let leader = app.staff(Role::Leader).await;
    let page = leader.get("/calendar").await;
    page.assert_status(200).assert_says("251").assert_silent_on("录入放假通知");
    let page = leader.get("/calendar/2024").await;
    page.assert_status(200)
        .assert_says("劳动节 5月1日至5日")
        .assert_says("5月11日（星期六）")
        .assert_says("随系统提供");
    leader.get("/calendar/2027").await.assert_status(404);
    leader.get("/calendar/soon").await.assert_status(404);
    app.clock_to("2026-11-20 09:00");
    leader.get("/calendar").await.assert_says("2027年的放假通知还没有录入");
}

#[tokio::test]
async fn a_notice_is_previewed_then_entered_once() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get("/calendar/new").await.assert_status(200);
    let page = clerk.post("/calendar", &form("2027", NOTICE, "preview")).await;
    page.assert_status(200).assert_says("预览：2027年共").assert_says("端午节 6月9日");
    assert!(page.html.contains("四、劳动节"), "what was typed is kept");
    assert_eq!(app.scalar_i64("select count(*) from calendar_years where year = 2027").await, 0);

    let page = clerk.post("/calendar", &form("2027", NOTICE, "save")).await;
    clerk.follow(page).await.assert_says("2027年工作日历已录入").assert_says("四、劳动节");
    assert_eq!(app.scalar_i64("select count(*) from calendar_days where year = 2027 and is_workday").await, 4);
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'calendar.add_year'").await, 1);

    let page = clerk.post("/calendar", &form("2027", NOTICE, "save")).await;
    page.assert_status(422).assert_says("2027年的工作日历已经录入");
    assert_eq!(app.scalar_i64("select count(*) from calendar_years").await, 4);
}

#[tokio::test]
async fn an_unreadable_notice_is_refused_with_the_number_of_its_line() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let wrong_weekday = NOTICE.replace("4月3日（周六）", "4月3日（周日）");
    let incomplete = NOTICE.lines().take(3).collect::<Vec<_>>().join("\n");
    for (year, notice, field, words) in [
        ("2027", wrong_weekday.as_str(), "notice", "第3行"),
        ("2027", "各地区、各部门要妥善安排好值班", "notice", "第1行：无法识别"),
        ("2027", incomplete.as_str(), "notice", "缺少"),
        ("2027", "", "notice", "请粘贴"),
        ("明年", NOTICE, "year", "四位年份"),
        ("1999", NOTICE, "year", "四位年份"),
        ("2024", NOTICE, "year", "已经录入"),
    ] {
        for step in ["preview", "save"] {
            let page = clerk.post("/calendar", &form(year, notice, step)).await;
            page.assert_status(422);
            let said = page.select(&format!("#e-{field}")).join("");
            assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
        }
    }
    let page = clerk.post("/calendar", &[("year", "2027"), ("notice", NOTICE), ("step", "save")]).await;
    page.assert_status(422).assert_says("通知的名称或文号");
    assert_eq!(app.scalar_i64("select count(*) from calendar_years").await, 3);
}

#[tokio::test]
async fn entering_a_year_twice_at_once_enters_it_once() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    let fields = form("2027", NOTICE, "save");
    let (one, two) = tokio::join!(clerk.post("/calendar", &fields), other.post("/calendar", &fields));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert!(statuses == [303, 409] || statuses == [303, 422], "{statuses:?}");
    assert_eq!(app.scalar_i64("select count(*) from calendar_years where year = 2027").await, 1);
}

#[tokio::test]
async fn only_the_clerk_enters_a_year() {
    let app = TestApp::new().await;
    for role in [Role::Leader, Role::Approver, Role::SystemAdministrator] {
        let other = app.staff(role).await;
        other.get("/calendar/new").await.assert_status(403);
        other.post("/calendar", &form("2027", NOTICE, "save")).await.assert_status(403);
    }
    assert_eq!(app.scalar_i64("select count(*) from calendar_years").await, 3);
}
