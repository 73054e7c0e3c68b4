//! A month's money by hand: a finding is told, objected to and decided; the month is
//! calculated, approved and paid; every page fits, is accessible and keeps the console empty.

use huifa::findings;
use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::routes::duty::{Duty, work};
use crate::support::app::{Browser, TestApp};

/// May 2024 at three venues: seven people, a few findings in every state.
struct Month {
    app: TestApp,
    staff_venue: i64,
    accused: i64,
    stale: i64,
}

impl Month {
    async fn new() -> Month {
        let app = TestApp::new().await;
        let centre = app.venue("市公共法律服务中心").await;
        let mishan = app.venue("米山镇").await;
        let sanjia = app.venue("三甲镇").await;
        let duty = Duty::new(&app).await;
        let mut people = Vec::new();
        for name in ["毕示远", "常示安", "丁示例", "冯示民", "郭示和", "韩示清", "靳示平"] {
            people.push(app.person(name, &[]).await);
        }
        app.execute("update persons set bank_name = '山西高平农商银行', bank_account_mask = '************0021'").await;
        app.execute(&format!("update persons set public_official = true where id = {}", people[6])).await;
        let wednesdays = ["2024-05-08", "2024-05-15", "2024-05-22", "2024-05-29"];
        let mut wanted: Vec<(i64, i64, &str)> = Vec::new();
        for day in wednesdays {
            wanted.push((people[0], mishan, day));
            wanted.push((people[1], sanjia, day));
        }
        let days = ["2024-05-06", "2024-05-07", "2024-05-09", "2024-05-10", "2024-05-13", "2024-05-14", "2024-05-16"];
        for (index, day) in days.iter().enumerate() {
            wanted.push((people[2 + index % 5], centre, day));
        }
        wanted.push((people[3], centre, "2024-05-17"));
        wanted.push((people[3], centre, "2024-05-20"));
        let shifts = duty.publish("2024-05", &wanted).await;
        for (index, shift) in shifts.iter().enumerate() {
            match index {
                0 => duty.attend(*shift, "08:12", Some("11:40")).await,
                3 => duty.attend(*shift, "08:00", None).await,
                5 => {}
                _ => duty.serve(*shift).await,
            }
        }
        app.clock_to("2024-05-09 09:00");
        let staff = app.staff_at(Role::VenueStaff, mishan).await;
        let mut at_work = work(&app.state, staff.actor()).await;
        findings::propose_from_attendance(&mut at_work, shifts[0]).await.expect("proposed");
        at_work.commit().await.expect("committed");
        duty.confirmed(shifts[9], "record_defect", "consultation:1").await;
        duty.confirmed(shifts[9], "record_defect", "consultation:2").await;
        // 冯示民 was away at three roll-calls: the month is forfeited.
        for shift in [shifts[9], shifts[15], shifts[16]] {
            duty.confirmed(shift, "off_post", "10:00").await;
        }
        duty.confirmed(shifts[10], "false_duty", "").await;
        duty.fund(100_000).await;
        Month { staff_venue: mishan, accused: people[0], stale: shifts[2], app }
    }
}

/// Looks at a page on one device: fits, accessible, quiet; keeps pictures from top to bottom.
async fn look(screen: &Screen, path: &str, name: &str) {
    screen.go(path).await;
    screen.assert_fits(path).await;
    screen.assert_accessible(path).await;
    screen.assert_quiet(path).await;
    let pages =
        screen.script("return Math.ceil(document.documentElement.scrollHeight / (window.innerHeight - 60))").await;
    for page in 0..pages.as_u64().unwrap_or(1).min(4) {
        screen.script(&format!("window.scrollTo(0, {page} * (window.innerHeight - 60))")).await;
        screen.picture(&format!("{name}-{}", page + 1)).await;
    }
}

/// Chromium's own command.
#[derive(Debug)]
struct Cdp(String, &'static str, serde_json::Value);

impl fantoccini::wd::WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &url::Url, _: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(serde_json::json!({ "cmd": self.1, "params": self.2 }).to_string()))
    }
}

/// Looks at a page as paper of so many millimetres between its margins: nothing is cut off at the side.
async fn look_at_paper(screen: &Screen, path: &str, name: &str, width: u32) {
    let session = screen.client.session_id().await.expect("a session").unwrap_or_default();
    let media = |media: &str| Cdp(session.clone(), "Emulation.setEmulatedMedia", serde_json::json!({ "media": media }));
    screen.client.set_window_size(width * 96 * 10 / 254, 900).await.expect("a window");
    screen.go(path).await;
    screen.client.issue_cmd(media("print")).await.expect("paper");
    screen.assert_fits(path).await;
    screen.picture(name).await;
    screen.client.issue_cmd(media("screen")).await.expect("a screen");
}

async fn look_everywhere(device: Device, word: &str, month: &Month, who: &[(&Browser<'_>, &[(&str, String)])]) {
    let screen = Screen::open(&month.app, device).await;
    for (browser, pages) in who {
        screen.wear(browser.cookie()).await;
        for (name, path) in *pages {
            look(&screen, path, &format!("{word}-{name}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_months_money_goes_from_finding_to_payment() {
    let month = Month::new().await;
    let app = &month.app;
    let staff = app.staff_at(Role::VenueStaff, month.staff_venue).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let approver = app.staff(Role::Approver).await;
    let finance = app.staff(Role::Finance).await;
    let person = app.duty_person(month.accused).await;
    let first = app.scalar_i64("select min(id) from findings").await;

    let screen = Screen::open(app, Device::Desk).await;
    // The station tells both findings together.
    screen.wear(staff.cookie()).await;
    screen.go("/findings?status=proposed").await;
    screen.script("document.querySelectorAll('input[name=id]').forEach(box => { box.checked = true; })").await;
    screen.press("一并告知本人勾选的事项").await;
    screen.says("共2项，涉及1人").await;
    screen.press("告知本人这2项").await;
    screen.says("已告知2项").await;

    // The person objects to one of them.
    screen.wear(person.cookie()).await;
    screen.go(&format!("/findings/{first}")).await;
    screen.fill("note", "当天早上大雾封路，已电话告知站里。").await;
    screen.press("提交异议").await;
    screen.says("异议已提交").await;

    // An absence is proposed by the station's staff.
    screen.wear(staff.cookie()).await;
    screen.go(&format!("/findings/new?shift={}&kind=off_post", month.stale)).await;
    app.clock_to("2024-05-20 09:00");
    screen.script("document.querySelector('[name=time]').value = '10:20'").await;
    screen.fill("evidence", "10:20电话点名无人接听，视频显示离岗。").await;
    screen.press("提出").await;
    screen.says("扣款事项已提出").await;

    // The approver answers the objection and confirms the other.
    screen.wear(approver.cookie()).await;
    screen.go(&format!("/findings/{first}")).await;
    screen.script("document.getElementById('note-confirm').value = '未见电话记录，路况当日正常。'").await;
    screen.press("认定属实").await;
    screen.says("已认定").await;
    screen.go("/findings?status=told").await;
    screen.script("document.querySelectorAll('input[name=id]').forEach(box => { box.checked = true; })").await;
    screen.press("一并认定勾选的事项").await;
    screen.press("认定这1项").await;
    screen.says("已认定1项").await;

    // Month end.
    app.clock_to("2024-06-03 09:00");
    let pages: &[(&str, String)] =
        &[("board-open", "/settlements/2024-05".to_owned()), ("check", "/findings/check/2024-05".to_owned())];
    look_everywhere(Device::Desk, "desk", &month, &[(&clerk, pages)]).await;
    Duty::new(app).await.report("2024-05").await;
    screen.wear(clerk.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("计算").await;
    screen.says("异议期结束后复核").await;
    screen.fill("reason", "须在10日前发放").await;
    screen.press("复核通过").await;
    screen.says("等待审批人审批").await;
    let pages: &[(&str, String)] = &[("board-approve", "/settlements/2024-05".to_owned())];
    look_everywhere(Device::Desk, "desk", &month, &[(&approver, pages)]).await;
    screen.wear(approver.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("审批通过").await;
    screen.says("等待财务人员发放").await;
    screen.wear(finance.cookie()).await;
    screen.go("/settlements/2024-05").await;
    screen.press("登记发放").await;
    screen.says("资金台账已记账").await;
    look_at_paper(&screen, "/settlements/2024-05/print", "paper-sheet", 273).await;
    look_at_paper(&screen, &format!("/settlements/2024-05/people/{}", month.accused), "paper-slip", 178).await;
    drop(screen);

    let shift = month.stale;
    let accused = month.accused;
    let forfeited = app.scalar_i64("select person_id from settlement_items where forfeited").await;
    let of_clerk = [
        ("findings", "/findings".to_owned()),
        ("finding", format!("/findings/{first}")),
        ("finding-open", format!("/findings/{}", app.scalar_i64("select max(id) from findings").await)),
        ("choose", "/findings/new?on=2024-05-08".to_owned()),
        ("new", format!("/findings/new?shift={shift}")),
        (
            "together",
            format!("/findings/together?step=tell&id={}", app.scalar_i64("select max(id) from findings").await),
        ),
        ("months", "/settlements".to_owned()),
        ("board", "/settlements/2024-05".to_owned()),
        ("preview", "/settlements/2024-05/preview".to_owned()),
        ("person", format!("/settlements/2024-05/people/{accused}")),
        ("forfeited", format!("/settlements/2024-05/people/{forfeited}")),
        ("print", "/settlements/2024-05/print".to_owned()),
    ];
    let of_person = [
        ("own-months", "/settlements".to_owned()),
        ("own", format!("/settlements/2024-05/people/{accused}")),
        ("own-findings", "/findings".to_owned()),
    ];
    for (device, word) in [(Device::Desk, "desk"), (Device::Phone, "phone")] {
        look_everywhere(device, word, &month, &[(&clerk, &of_clerk), (&person, &of_person)]).await;
    }
}
