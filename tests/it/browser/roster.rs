//! A month drawn by hand in a real browser, agreed to, posted and looked at on a phone.

use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::TestApp;

const MAY: &str = "/roster/2024-05";
const STATIONS: [&str; 15] = [
    "北城街道",
    "东城街道",
    "南城街道",
    "米山镇",
    "三甲镇",
    "神农镇",
    "陈区镇",
    "北诗镇",
    "河西镇",
    "马村镇",
    "野川镇",
    "寺庄镇",
    "建宁乡",
    "石末乡",
    "原村乡",
];
const NAMES: [&str; 8] = ["张明", "李秀英", "王建国", "赵丽", "刘洋", "陈静", "杨帆", "周文博"];

/// Looks at a page as a person with the cookie: nothing wrong, nothing too wide.
async fn look(screen: &Screen, path: &str, name: &str) {
    screen.go(path).await;
    screen.assert_accessible(path).await;
    screen.assert_fits(path).await;
    screen.assert_quiet(path).await;
    screen.picture(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_drawn_by_hand_and_posted() {
    let app = TestApp::new().await;
    app.clock_to("2024-04-22 09:00");
    app.execute("update bureaus set supervise_phone = '0356-0000000'; update venues set phone = '0356-0000123', address = '高平市示例路8号'").await;
    let centre = app.venue("市公共法律服务中心").await;
    let mishan = app.venue("米山镇").await;
    let mut venues = vec![centre, app.venue("市法律援助中心").await];
    for name in STATIONS {
        venues.push(app.venue(name).await);
    }
    let mut people = Vec::new();
    for name in NAMES {
        people.push(app.person(name, &venues).await);
    }
    let clerk = app.staff(Role::BureauClerk).await;
    let approver = app.staff(Role::Approver).await;

    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    look(&screen, MAY, "roster-1-not-begun").await;
    screen.press("开始排班").await;
    screen.says("还有81个应值班日没有排人").await;
    look(&screen, MAY, "roster-2-empty").await;

    // Three people take turns at the centre.
    let fill = format!("{MAY}/venues/{centre}/fill");
    look(&screen, &fill, "roster-3-fill").await;
    for person in &people[..3] {
        screen.find(&format!("input[name=people][value='{person}']")).await.click().await.expect("ticked");
    }
    screen.press("排满本月").await;
    screen.says("市公共法律服务中心新排21个班次").await;
    look(&screen, &format!("{MAY}/venues/{centre}"), "roster-4-centre").await;

    // One day of a station by its gap, and one on another day.
    screen.go(MAY).await;
    screen.find(&format!("a.entry-gap[href*='venue={mishan}&day=2024-05-08']")).await.click().await.expect("a gap");
    screen.choose("person", &people[4].to_string()).await;
    screen.picture("roster-5-shift").await;
    screen.press("安排值班").await;
    screen.says("已安排刘洋在5月8日 周三值班").await;
    screen.go(&format!("{MAY}/shifts/new?venue={mishan}&day=2024-05-09&change=extra")).await;
    screen.choose("person", &people[5].to_string()).await;
    screen.press("安排值班").await;
    screen.says("请写明加班次的理由").await;
    screen.assert_accessible("the refused form").await;
    screen.picture("roster-6-refused").await;
    screen.fill("reason", "集市普法").await;
    screen.press("安排值班").await;
    screen.says("已安排陈静在5月9日 周四值班").await;

    // The other stations; two people cannot serve three stations on one Wednesday.
    for (number, name) in STATIONS.iter().enumerate().skip(4).take(2) {
        let venue = app.venue(name).await;
        let person = people[number + 2].to_string();
        clerk.post(&format!("{MAY}/venues/{venue}/fill"), &[("people", person.as_str())]).await.assert_status(303);
    }
    let third = app.venue("陈区镇").await;
    screen.go(&format!("{MAY}/venues/{third}/fill")).await;
    screen.find(&format!("input[name=people][value='{}']", people[4])).await.click().await.expect("ticked");
    screen.press("排满本月").await;
    screen.says("排不下，一个班次也没有保存").await;
    screen.assert_accessible("the conflicts").await;
    screen.picture("roster-7-conflicts").await;
    look(&screen, &format!("{MAY}/venues/{mishan}"), "roster-8-mishan").await;
    look(&screen, MAY, "roster-9-drawn").await;

    // Handed in with its gaps, agreed to by somebody else, posted.
    screen.script("document.querySelector('#f-gaps_known').scrollIntoView()").await;
    screen.picture("roster-10-submit").await;
    screen.press("提交审核").await;
    screen.says("请补排，或勾选确认并写明原因").await;
    screen.find("#f-gaps_known").await.click().await.expect("ticked");
    screen.fill("gap_reason", "其余工作站人员正在落实，下周补排。").await;
    screen.press("提交审核").await;
    screen.says("排班已提交").await;
    screen.wear(approver.cookie()).await;
    look(&screen, MAY, "roster-11-approver").await;
    screen.press("批准").await;
    screen.says("排班已批准").await;
    screen.wear(clerk.cookie()).await;
    look(&screen, MAY, "roster-12-approved").await;
    let version = app.scalar_i64("select version::bigint from rosters").await.to_string();
    clerk.post(&format!("{MAY}/publish"), &[("version", &version)]).await.assert_status(303);
    look(&screen, MAY, "roster-13-published").await;
    app.clock_to("2024-05-08 09:00");
    look(&screen, "/", "posting-1-week").await;
    look(&screen, "/posting/140581101", "posting-2-venue").await;
    drop(screen);

    let screen = Screen::open(&app, Device::Phone).await;
    look(&screen, "/", "phone-1-week").await;
    look(&screen, "/?week=2024-07-01", "phone-2-nothing").await;
    look(&screen, "/posting/140581101", "phone-3-venue").await;
    screen.wear(clerk.cookie()).await;
    look(&screen, MAY, "phone-4-month").await;
    look(&screen, &format!("{MAY}/venues/{mishan}"), "phone-5-calendar").await;
    screen.wear(app.duty_person(people[4]).await.cookie()).await;
    look(&screen, MAY, "phone-6-own").await;
    screen.wear(app.staff_at(Role::VenueStaff, mishan).await.cookie()).await;
    look(&screen, MAY, "phone-7-venue-staff").await;
}
