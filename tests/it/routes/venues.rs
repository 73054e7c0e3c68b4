//! The service points.

use huifa::web::permissions::Role;

use crate::support::app::TestApp;

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("version", "1"),
        ("address", "高平市示例路1号"),
        ("phone", "0356-5220000"),
        ("starts_at", "08:00"),
        ("ends_at", "18:00"),
        ("break_from", "12:00"),
        ("break_to", "14:00"),
        ("active", "yes"),
    ];
    for (field, value) in changes {
        if let Some(known) = fields.iter_mut().find(|(known, _)| known == field) {
            known.1 = value;
        }
    }
    fields.retain(|(_, value)| *value != "-");
    fields
}

#[tokio::test]
async fn the_system_administrator_keeps_the_service_points() {
    let app = TestApp::new().await;
    let centre = app.venue("市公共法律服务中心").await;
    let system = app.staff(Role::SystemAdministrator).await;
    let list = system.get("/venues").await;
    list.assert_status(200).assert_says("08:00–12:00，14:00–18:00");
    assert_eq!(list.select("main tbody tr").len(), 17);
    system.get(&format!("/venues/{centre}")).await.assert_status(200).assert_says("每次值班不少于8小时");
    let page = system.post(&format!("/venues/{centre}"), &form(&[])).await;
    system.follow(page).await.assert_says("市公共法律服务中心已保存").assert_says("高平市示例路1号");
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'venue.change'").await, 1);

    let page = system.post(&format!("/venues/{centre}"), &form(&[("address", "别处")])).await;
    page.assert_status(409).assert_says("别人已修改了这个服务点");
    assert_eq!(app.scalar_i64("select count(*) from venues where address = '别处'").await, 0);
}

#[tokio::test]
async fn four_1_4_hours_below_the_plan_are_refused_on_the_form() {
    let app = TestApp::new().await;
    let centre = app.venue("市公共法律服务中心").await;
    let station = app.venue("米山镇").await;
    let legal_aid = app.venue("市法律援助中心").await;
    let system = app.staff(Role::SystemAdministrator).await;
    for (venue, changes, field, words) in [
        (centre, vec![("ends_at", "17:30")], "ends_at", "7小时30分钟"),
        (station, vec![("ends_at", "11:30"), ("break_from", ""), ("break_to", "")], "ends_at", "3小时30分钟"),
        (centre, vec![("ends_at", "07:00")], "ends_at", "晚于上班时间"),
        (centre, vec![("starts_at", "八点")], "starts_at", "08:30"),
        (centre, vec![("starts_at", "")], "starts_at", "请填写上班时间"),
        (centre, vec![("ends_at", "")], "ends_at", "请填写下班时间"),
        (centre, vec![("break_to", "")], "break_to", "休息结束"),
        (centre, vec![("break_from", "15:00")], "break_from", "休息时间"),
        (centre, vec![("phone", "打市长热线")], "phone", "数字"),
    ] {
        let page = system.post(&format!("/venues/{venue}"), &form(&changes)).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    assert_eq!(app.scalar_i64("select count(*) from venues where version > 1").await, 0);
    let half_day = form(&[("ends_at", "10:00"), ("break_from", ""), ("break_to", "")]);
    system.post(&format!("/venues/{legal_aid}"), &half_day).await.assert_status(303);
}

#[tokio::test]
async fn a_point_with_shifts_ahead_is_not_closed() {
    let app = TestApp::new().await;
    let station = app.venue("米山镇").await;
    let person = app.person("张三", &[station]).await;
    let system = app.staff(Role::SystemAdministrator).await;
    let account = system.actor().account_id;
    app.execute(&format!(
        "insert into rosters (bureau_id, month, made_by, made_at) values ({bureau}, '2024-05-01', {account}, now());
         insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at, planned_minutes, minimum_minutes)
         select {bureau}, id, month, {station}, 'station', {person}, '2024-05-08', '08:00', '12:00', 240, 240 from rosters",
        bureau = app.bureau
    ))
    .await;
    let closed = [("active", "-"), ("ends_at", "12:00"), ("break_from", ""), ("break_to", "")];
    let page = system.post(&format!("/venues/{station}"), &form(&closed)).await;
    page.assert_status(409).assert_says("还有1个班次");
    app.clock_to("2024-05-09 08:00");
    system.post(&format!("/venues/{station}"), &form(&closed)).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from venues where not active").await, 1);
}

#[tokio::test]
async fn the_telephone_for_supervision_is_kept() {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    let page = system.post("/venues/supervise-phone", &[("was", ""), ("phone", "")]).await;
    page.assert_status(422).assert_says("请填写监督电话");
    let page = system.post("/venues/supervise-phone", &[("was", ""), ("phone", "0356-5220001")]).await;
    system.follow(page).await.assert_says("监督电话已保存");
    let page = system.post("/venues/supervise-phone", &[("was", ""), ("phone", "0356-5220002")]).await;
    page.assert_status(409);
    assert_eq!(app.scalar_i64("select count(*) from bureaus where supervise_phone = '0356-5220001'").await, 1);
}

#[tokio::test]
async fn nobody_else_changes_service_points() {
    let app = TestApp::new().await;
    let station = app.venue("米山镇").await;
    for role in [Role::BureauClerk, Role::Leader, Role::SecurityAdministrator] {
        let other = app.staff(role).await;
        other.get("/venues").await.assert_status(403);
        other.post(&format!("/venues/{station}"), &form(&[])).await.assert_status(403);
    }
    let staff = app.staff_at(Role::VenueStaff, station).await;
    staff.post(&format!("/venues/{station}"), &form(&[])).await.assert_status(403);
    let system = app.staff(Role::SystemAdministrator).await;
    system.get("/venues/999999").await.assert_status(404);
    system.get("/venues/x").await.assert_status(404);
    assert_eq!(app.scalar_i64("select count(*) from venues where version > 1").await, 0);
}
