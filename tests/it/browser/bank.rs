//! The pages of the duty bank, the programmes, the calendar, the service points and the trials.

use huifa::secrets::demo_id_number;
use huifa::web::permissions::Role;

use super::screen::{Device, Screen};
use crate::support::app::{TestApp, date};

async fn look(screen: &Screen, device: &str, path: &str, name: &str) {
    screen.go(path).await;
    screen.assert_accessible(path).await;
    screen.assert_fits(path).await;
    screen.assert_quiet(path).await;
    screen.picture(&format!("{name}-{device}")).await;
}

async fn on(device: Device, suffix: &str) {
    let app = TestApp::new().await;
    let centre = app.venue("市公共法律服务中心").await;
    let station = app.venue("米山镇").await;
    let clerk = app.staff(Role::BureauClerk).await;
    for (number, (name, category, organisation)) in [
        ("单晓梅", "lawyer", "山西示例律师事务所"),
        ("曾国强", "grassroots_legal_worker", "米山示例法律服务所"),
        ("欧阳明", "other_non_public", "高平市示例社区"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = demo_id_number(date("1985-03-02"), u16::try_from(number).unwrap());
        let (centre, station) = (centre.to_string(), station.to_string());
        let fields = [
            ("name", name),
            ("id_number", &id),
            ("phone", "13800000001"),
            ("category", category),
            ("organisation", organisation),
            ("licence_number", "11405202410000001"),
            ("joined_on", "2024-04-01"),
            ("venues", &centre),
            ("venues", &station),
        ];
        clerk.post("/people", &fields).await.assert_status(303);
    }
    let person = app.scalar_i64("select min(id) from persons").await;

    let screen = Screen::open(&app, device).await;
    screen.wear(clerk.cookie()).await;
    let trial = "/trial?calculate=yes&month=2024-05&category=lawyer&venue_kind-0=station&date-0=2024-05-08&hours-0=4&served-0=yes&late-0=1\
        &venue_kind-1=service_centre&date-1=2024-05-09&hours-1=8&served-1=yes&record_defect-1=2";
    let case = "/trial/case?calculate=yes&year=2024&case_kind=civil_first_instance&basis=application&groups=farmer&handler=lawyer\
        &local_standard=1200&place=10&closing_agreed_on=2024-06-18&entered_on=2024-06-19";
    for (path, name) in [
        ("/people", "people"),
        ("/people/new", "person-new"),
        (&format!("/people/{person}"), "person"),
        ("/programmes", "programmes"),
        ("/programmes/2024", "programme"),
        ("/programmes/2024/edit", "programme-edit"),
        ("/calendar", "calendar"),
        ("/calendar/2024", "calendar-year"),
        ("/calendar/new", "calendar-new"),
        (trial, "trial"),
        (case, "trial-case"),
    ] {
        look(&screen, suffix, path, name).await;
    }
    let system = app.staff(Role::SystemAdministrator).await;
    screen.wear(system.cookie()).await;
    look(&screen, suffix, "/venues", "venues").await;
    look(&screen, suffix, &format!("/venues/{centre}"), "venue").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_and_the_plan_fit_an_office_computer() {
    on(Device::Desk, "desk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_and_the_plan_fit_a_telephone() {
    on(Device::Phone, "phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_registers_somebody_and_tries_a_month() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let screen = Screen::open(&app, Device::Desk).await;
    screen.wear(clerk.cookie()).await;
    screen.go("/people").await;
    screen.press("登记人员").await;
    screen.fill("name", "单晓梅").await;
    screen.fill("id_number", &demo_id_number(date("1985-03-02"), 2)).await;
    screen.fill("phone", "138 0000 0001").await;
    screen.find("input[value=lawyer]").await.click().await.unwrap();
    screen.fill("organisation", "山西示例律师事务所").await;
    screen.press("保存").await;
    screen.says("请填写执业证号").await;
    screen.fill("licence_number", "11405202410000001").await;
    screen.press("保存").await;
    screen.says("单晓梅已登记入库").await;

    screen.go("/trial").await;
    screen.choose("venue_kind-0", "service_centre").await;
    screen.fill("hours-0", "8").await;
    screen.press("加一个班次").await;
    screen.says("第2个班次").await;
    screen.press("试算").await;
    screen.says("请填写值班日期").await;
    screen.assert_accessible("/trial").await;
}
