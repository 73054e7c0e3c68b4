//! The main journey: Gaoping's May 2024 from an empty roster to a paid, explained month.

use chrono::{DateTime, FixedOffset};
use huifa::attendance;
use huifa::plan::time::SHANGHAI;
use huifa::web::permissions::{Action, Role};
use huifa::web::work::Work;
use sqlx::Row as _;

use super::screen::{Device, Screen};
use crate::support::app::{Browser, TestApp};

const MAY: &str = "/roster/2024-05";

/// Everybody signs in and out of what is left of the month, by the service that the pages use.
async fn live_the_other_days(app: &TestApp, people: &[(i64, &Browser<'_>)]) {
    let rows = sqlx::query(
        "select s.id, s.person_id, lower(s.during) at time zone 'Asia/Shanghai' as starts,
                upper(s.during) at time zone 'Asia/Shanghai' as ends
         from shifts s where not exists (select from attendances a where a.shift_id = s.id) order by s.during",
    )
    .fetch_all(&app.owner)
    .await
    .expect("the shifts");
    for row in rows {
        let person: i64 = row.get("person_id");
        let (_, browser) = people.iter().find(|(known, _)| *known == person).expect("an account");
        let scope = browser.actor().authorise(Action::SignAttendance).expect("may sign");
        let starts: DateTime<FixedOffset> = row.get::<DateTime<chrono::Utc>, _>("starts").with_timezone(&SHANGHAI);
        let ends = row.get::<DateTime<chrono::Utc>, _>("ends").with_timezone(&SHANGHAI);
        app.state.clock.set(starts);
        let mut work = Work::unattended(&app.state, browser.actor()).await.expect("work");
        attendance::sign_in(&mut work, scope, row.get("id")).await.expect("signed in");
        work.commit().await.expect("committed");
        app.state.clock.set(ends);
        let mut work = Work::unattended(&app.state, browser.actor()).await.expect("work");
        attendance::sign_out(&mut work, scope, row.get("id")).await.expect("signed out");
        work.commit().await.expect("committed");
    }
}

/// Looks at a page: nothing wrong with it, nothing too wide, nothing in the console.
async fn look(screen: &Screen, path: &str, name: &str) {
    screen.go(path).await;
    screen.assert_accessible(path).await;
    screen.assert_fits(path).await;
    screen.assert_quiet(path).await;
    screen.picture(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn may_2024_goes_from_an_empty_roster_to_a_paid_and_explained_month() {
    let app = TestApp::new().await;
    app.clock_to("2024-04-24 09:00");
    let centre = app.venue("市公共法律服务中心").await;
    let mishan = app.venue("米山镇").await;
    let wang = app.person("王建平", &[centre]).await;
    let chen = app.person("陈立新", &[mishan]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let second_clerk = app.staff(Role::BureauClerk).await;
    let approver = app.staff(Role::Approver).await;
    let finance = app.staff(Role::Finance).await;
    let wang_signed_in = app.duty_person(wang).await;
    let chen_signed_in = app.duty_person(chen).await;
    let screen = Screen::open(&app, Device::Desk).await;

    // The clerk draws the month, a second person approves, the clerk posts it.
    screen.wear(clerk.cookie()).await;
    screen.go(MAY).await;
    screen.press("开始排班").await;
    for (venue, person) in [(centre, wang), (mishan, chen)] {
        screen.go(&format!("{MAY}/venues/{venue}/fill")).await;
        screen.find(&format!("input[name=people][value='{person}']")).await.click().await.expect("ticked");
        screen.press("排满本月").await;
        screen.says("新排").await;
    }
    screen.go(MAY).await;
    screen.find("#f-gaps_known").await.click().await.expect("ticked");
    screen.fill("gap_reason", "其余工作站下周补排。").await;
    screen.press("提交审核").await;
    screen.says("排班已提交").await;
    screen.wear(approver.cookie()).await;
    screen.go(MAY).await;
    screen.press("批准").await;
    screen.says("排班已批准").await;
    screen.wear(clerk.cookie()).await;
    screen.go(MAY).await;
    screen.press("公示排班").await;
    screen.says("已公示").await;

    // The provincial money arrives and is passed on.
    screen.wear(finance.cookie()).await;
    screen.go("/fund/2024/receipts/new").await;
    screen.fill("amount", "560,700").await;
    screen.date("received_on", "2024-04-18").await;
    screen.fill("notice", "晋财政法示例〔2024〕3号").await;
    screen.press("登记到账").await;
    screen.says("560,700.00").await;
    screen.go("/fund/2024/transfers/new").await;
    screen.fill("amount", "560700").await;
    screen.date("transferred_on", "2024-04-23").await;
    screen.fill("order", "示例2024-0007").await;
    screen.press("登记拨付").await;
    screen.says("560,700.00").await;

    // 8 May at the station: signs in four minutes late, records a consultation by keyboard, signs out.
    app.clock_to("2024-05-08 08:04");
    screen.wear(chen_signed_in.cookie()).await;
    look(&screen, "/home", "journey-home-duty-person").await;
    look(&screen, "/attendance", "journey-desk").await;
    screen.press("签到").await;
    screen.says("迟到4分钟").await;
    app.clock_to("2024-05-08 09:30");
    let shift = app
        .scalar_i64("select s.id from shifts s join venues v on v.id = s.venue_id where duty_on = '2024-05-08' and v.short_name = '米山镇'")
        .await;
    screen.go(&format!("/consultations/new?shift={shift}")).await;
    screen.fill("client_name", "牛桂花").await;
    screen.find("input[name=gender][value=female]").await.click().await.expect("chosen");
    screen.choose("topic", "labour").await;
    screen.fill("facts", "在工地做小工三个月，工资一直没有结清。").await;
    screen.fill("request", "要回工资。").await;
    screen.fill("advice", "先向劳动监察大队投诉，保留考勤和聊天记录。").await;
    screen.script("document.querySelector('[name=started_at]').value = '09:10'").await;
    screen.press("保存登记").await;
    screen.says("牛桂花").await;
    app.clock_to("2024-05-08 12:01");
    screen.go("/attendance").await;
    screen.press("签退").await;
    screen.says("12:01").await;
    app.state.clock.set(crate::support::app::instant("2024-05-06 07:50"));
    live_the_other_days(&app, &[(wang, &wang_signed_in), (chen, &chen_signed_in)]).await;

    // The late arrival was proposed by the system: told, then confirmed by the bureau.
    app.clock_to("2024-06-03 09:00");
    let finding = app.scalar_i64("select id from findings").await;
    let mishan_staff = app.staff_at(Role::VenueStaff, mishan).await;
    let centre_staff = app.staff_at(Role::VenueStaff, centre).await;
    screen.wear(mishan_staff.cookie()).await;
    screen.go(&format!("/attendance/2024-05/venues/{mishan}")).await;
    screen.assert_accessible("a month with an open finding").await;
    screen.go(&format!("/findings/{finding}")).await;
    screen.press("告知本人").await;
    screen.says("已告知").await;
    screen.wear(clerk.cookie()).await;
    screen.go(&format!("/findings/{finding}")).await;
    screen.fill_id("note-confirm", "签到记录清楚，予以认定。").await;
    screen.press("认定属实").await;
    screen.says("已认定").await;

    // Both venues certify and report.
    for (browser, venue) in [(&mishan_staff, mishan), (&centre_staff, centre)] {
        screen.wear(browser.cookie()).await;
        look(&screen, &format!("/attendance/2024-05/venues/{venue}"), "journey-certify").await;
        screen.press("审定并上报").await;
        screen.says("已审定").await;
    }

    // Calculated by the clerk, approved by another, paid by a third.
    screen.wear(second_clerk.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("计算").await;
    // 21 centre days of 200, four station days of 300, one late arrival of 50.
    screen.says("5,350.00").await;
    look(&screen, "/settlements/2024-05", "journey-calculated").await;
    screen.fill("reason", "须在10日前发放").await;
    screen.press("复核通过").await;
    screen.says("已复核").await;
    screen.wear(approver.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("审批通过").await;
    screen.says("已审批").await;
    screen.wear(finance.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("登记发放").await;
    screen.says("已发放").await;
    look(&screen, "/fund/2024", "journey-ledger").await;
    screen.says("555,350.00").await;

    // The person concerned reads why.
    screen.wear(chen_signed_in.cookie()).await;
    look(&screen, &format!("/settlements/2024-05/people/{chen}"), "journey-explained").await;
    screen.says("1,150.00").await;
    screen.says("迟到").await;
    drop(screen);

    let mut said = Vec::new();
    let clean = huifa::check::run(&app.owner, &app.state.seals, &mut said).await.expect("the check");
    assert!(clean, "{}", String::from_utf8_lossy(&said));
}
