//! Rosters: drawing, refusing, handing in, agreeing, posting.

use huifa::roster::{self, GapConsent, NewFilling, Reading, Seen, planner::Holidays};
use huifa::web::actor::Scope;
use huifa::web::permissions::{Action, Role};
use huifa::web::work::Work;
use uuid::Uuid;

use crate::support::app::{Browser, TestApp, date};

const MAY: &str = "/roster/2024-05";

/// May 2024 begun, with a lawyer for the centre and Mishan.
struct Office {
    app: TestApp,
    centre: i64,
    mishan: i64,
    zhang: i64,
}

impl Office {
    async fn new() -> Office {
        let app = TestApp::new().await;
        let centre = app.venue("市公共法律服务中心").await;
        let mishan = app.venue("米山镇").await;
        let zhang = app.person("张三", &[centre, mishan]).await;
        Office { app, centre, mishan, zhang }
    }

    /// A clerk in front of a draft.
    async fn clerk(&self) -> Browser<'_> {
        let clerk = self.app.staff(Role::BureauClerk).await;
        clerk.post(&format!("{MAY}/start"), &[]).await.assert_status(303);
        clerk
    }

    async fn shifts(&self) -> i64 {
        self.app.scalar_i64("select count(*) from shifts").await
    }

    async fn fill(&self, clerk: &Browser<'_>, venue: i64, person: i64) {
        let person = person.to_string();
        clerk.post(&format!("{MAY}/venues/{venue}/fill"), &[("people", &person)]).await.assert_status(303);
    }

    /// Hands the month in with its gaps.
    async fn submit(&self, clerk: &Browser<'_>) {
        let version = self.version().await;
        let fields = [("version", version.as_str()), ("gaps_known", "yes"), ("gap_reason", "人员正在落实")];
        clerk.post(&format!("{MAY}/submit"), &fields).await.assert_status(303);
    }

    async fn version(&self) -> String {
        self.app.scalar_i64("select version::bigint from rosters where month = '2024-05-01'").await.to_string()
    }

    /// A month handed in by a clerk and waiting.
    async fn submitted(&self) -> Browser<'_> {
        let clerk = self.clerk().await;
        self.fill(&clerk, self.mishan, self.zhang).await;
        self.submit(&clerk).await;
        clerk
    }

    async fn step(&self, browser: &Browser<'_>, step: &str) -> crate::support::app::Page {
        let version = self.version().await;
        browser.post(&format!("{MAY}/{step}"), &[("version", &version)]).await
    }
}

/// A station's shift as its form sends it.
fn shift<'a>(venue: &'a str, person: &'a str, day: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("venue", venue),
        ("person", person),
        ("day", day),
        ("starts_at", "08:00"),
        ("ends_at", "12:00"),
        ("change", "normal"),
    ]
}

fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

#[tokio::test]
async fn a_month_goes_from_the_first_shift_to_the_posting() {
    let office = Office::new().await;
    let clerk = office.app.staff(Role::BureauClerk).await;
    clerk.get(MAY).await.assert_status(200).assert_says("2024年5月还没有开始排班");
    let page = clerk.post(&format!("{MAY}/start"), &[]).await;
    clerk.follow(page).await.assert_says("已开始编制2024年5月排班").assert_says("还有81个应值班日没有排人");

    office.fill(&clerk, office.centre, office.zhang).await;
    let page = clerk.get(MAY).await;
    page.assert_says("21个班次").assert_says("还有60个应值班日没有排人");
    assert_eq!(page.select("h2").iter().filter(|title| title.contains("逢放假的值班日（15）")).count(), 1);

    // Gaps must be acknowledged with a reason.
    let version = office.version().await;
    let page = clerk.post(&format!("{MAY}/submit"), &[("version", &version)]).await;
    page.assert_status(422).assert_says("还有60个应值班日没有排人。请补排，或勾选确认并写明原因");
    let page = clerk.post(&format!("{MAY}/submit"), &[("version", &version), ("gaps_known", "yes")]).await;
    page.assert_status(422).assert_says("请写明应值班日没有排人的原因");
    assert_eq!(office.app.scalar_i64("select count(*) from rosters where status = 'submitted'").await, 0);
    office.submit(&clerk).await;
    clerk.get(MAY).await.assert_says("人员正在落实");

    let approver = office.app.staff(Role::Approver).await;
    approver.get(MAY).await.assert_status(200).assert_says("退回的原因");
    let page = office.step(&approver, "approve").await;
    approver.follow(page).await.assert_says("2024年5月排班已批准");
    let page = office.step(&clerk, "publish").await;
    clerk
        .follow(page)
        .await
        .assert_says("2024年5月排班已公示")
        .assert_says("公示晚于应公示日")
        .assert_says("本月最迟应在4月28日 周日公示");
    assert_eq!(
        office.app.scalar_i64("select count(distinct action) from audit_records where action like 'roster.%'").await,
        5
    );
}

#[tokio::test]
async fn every_refused_shift_is_told_on_the_form_and_changes_nothing() {
    let office = Office::new().await;
    let sanjia = office.app.venue("三甲镇").await.to_string();
    let legal_aid = office.app.venue("市法律援助中心").await.to_string();
    let (centre, mishan, zhang) = (office.centre.to_string(), office.mishan.to_string(), office.zhang.to_string());
    let li = office.app.person("李四", &[office.mishan]).await;
    office.app.execute(&format!("update persons set status = 'suspended', exit_reason = '进修' where id = {li}")).await;
    office.app.execute(&format!("insert into person_venues (person_id, venue_id, bureau_id) select {zhang}, id, bureau_id from venues where id in ({sanjia}, {legal_aid})")).await;
    let li = li.to_string();
    let clerk = office.clerk().await;
    let post = async |fields: Vec<(&str, &str)>| clerk.post(&format!("{MAY}/shifts"), &fields).await;
    post(shift(&sanjia, &zhang, "2024-05-08")).await.assert_status(303);
    let before = office.shifts().await;

    let station = |day| shift(&mishan, &zhang, day);
    let full_day: &[(&str, &str)] = &[("ends_at", "18:00"), ("break_from", "12:00"), ("break_to", "14:00")];
    for (fields, words) in [
        (
            with(station("2024-05-09"), &[]),
            "工作站每周三值班，5月9日 周四请选择“改期”或“加班次”，并写明理由（方案四(一)4）。",
        ),
        (with(station("2024-05-09"), &[("change", "extra")]), "请写明加班次的理由"),
        (with(station("2024-05-09"), &[("change", "moved"), ("reason", "赶集")]), "改期请选择原来的值班日"),
        (with(station("2024-05-15"), &[("ends_at", "11:59")]), "工作站每次值班不少于4小时，现在是3小时59分钟"),
        (with(station("2024-05-01"), &[]), "5月1日 周三劳动节放假，默认不排班"),
        (with(station("2024-05-08"), &[]), "张三5月8日 周三 08:00–12:00 已在三甲镇值班，时间重叠"),
        (with(station("2024-06-05"), &[]), "2024年6月5日不在2024年5月之内"),
        (with(station("2024-05-32"), &[]), "日期“2024-05-32”不存在"),
        (with(station(""), &[]), "请选择日期"),
        (with(station("2024-05-15"), &[("starts_at", "八点")]), "请填写开始时间"),
        (with(station("2024-05-15"), &[("starts_at", "13:00")]), "结束时间须晚于开始时间"),
        (with(station("2024-05-15"), &[("break_from", "10:00")]), "请填写午休结束时间"),
        (with(station("2024-05-15"), &[("change", "cancelled")]), "请选择调整类型"),
        (with(station("2024-05-15"), &[("person", "")]), "请选择值班人员"),
        (with(station("2024-05-15"), &[("person", "999999")]), "请选择值班人员"),
        (shift(&mishan, &li, "2024-05-15"), "李四已暂停值班，不能排班"),
        (shift(&centre, &li, "2024-05-13"), "李四已暂停值班"),
        (
            shift(&centre, &zhang, "2024-05-13"),
            "每次值班不少于8小时，现在是4小时；不得由两人各值半天（方案四(一)4，口径A24）。",
        ),
        (with(shift(&centre, &zhang, "2024-05-12"), full_day), "5月12日 周日周末，市公共法律服务中心只在工作日值班"),
        (with(shift(&centre, &zhang, "2024-05-08"), full_day), "时间重叠"),
        (with(with(shift(&centre, &zhang, "2024-05-13"), full_day), &[("change", "moved")]), "只用于工作站"),
        (with(shift(&legal_aid, &zhang, "2024-05-12"), full_day), "只在工作日值班"),
    ] {
        let page = post(fields).await;
        page.assert_status(422).assert_says(words);
    }
    assert_eq!(office.shifts().await, before);

    // A22: one centre day a person, also in two parts that do not overlap.
    let early = with(shift(&centre, &zhang, "2024-05-14"), &[("starts_at", "00:00"), ("ends_at", "08:00")]);
    post(early).await.assert_status(303);
    let late = with(shift(&centre, &zhang, "2024-05-14"), &[("ends_at", "16:00")]);
    post(late).await.assert_status(422).assert_says("每人每天只排一次（方案五(二)1，口径A22）");
    assert_eq!(office.shifts().await, before + 1);
}

#[tokio::test]
async fn a_second_person_and_the_window_are_warned_of() {
    let office = Office::new().await;
    let legal_aid = office.app.venue("市法律援助中心").await;
    let li = office.app.person("李四", &[office.mishan, legal_aid]).await.to_string();
    let (mishan, zhang) = (office.mishan.to_string(), office.zhang.to_string());
    let clerk = office.clerk().await;
    clerk.post(&format!("{MAY}/shifts"), &shift(&mishan, &zhang, "2024-05-15")).await.assert_status(303);
    let page = clerk.post(&format!("{MAY}/shifts"), &shift(&mishan, &li, "2024-05-15")).await;
    clerk.follow(page).await.assert_says("同一时间有2人值班，每人分别补贴");
    let page = clerk.post(&format!("{MAY}/shifts"), &shift(&legal_aid.to_string(), &li, "2024-05-16")).await;
    clerk.follow(page).await.assert_says("计入任务数，不发补贴");
    clerk.get(MAY).await.assert_says("口径A21").assert_says("口径A25");
}

#[tokio::test]
async fn a_holiday_wednesday_can_be_moved() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let page = clerk.get(MAY).await;
    let offer = page
        .attribute(&format!("a[href*='shifts/new?venue={}&'][href*='moved_from=2024-05-01']", office.mishan), "href");
    let offer = offer.expect("an offer");
    let page = clerk.get(&offer).await;
    page.assert_status(200);
    assert_eq!(page.attribute("#f-day", "value").as_deref(), Some("2024-05-06"));
    let (mishan, zhang) = (office.mishan.to_string(), office.zhang.to_string());
    let reason = page.attribute("#f-reason", "value").unwrap();
    assert_eq!(reason, "5月1日劳动节放假，改期值班");
    let moved = with(
        shift(&mishan, &zhang, "2024-05-06"),
        &[("change", "moved"), ("moved_from", "2024-05-01"), ("reason", &reason), ("back", "month")],
    );
    let page = clerk.post(&format!("{MAY}/shifts"), &moved).await;
    assert_eq!(page.location.as_deref(), Some(MAY));
    clerk.get(MAY).await.assert_says("逢放假的值班日（14）");
    clerk.get(&format!("{MAY}/venues/{mishan}")).await.assert_says("改期（原5月1日 周三）");
}

#[tokio::test]
async fn filling_keeps_what_stands_and_writes_all_or_nothing() {
    let office = Office::new().await;
    let li = office.app.person("李四", &[office.mishan]).await.to_string();
    let sanjia = office.app.venue("三甲镇").await;
    office.app.execute(&format!("insert into person_venues (person_id, venue_id, bureau_id) select {}, {sanjia}, bureau_id from persons limit 1", office.zhang)).await;
    let (mishan, zhang) = (office.mishan.to_string(), office.zhang.to_string());
    let clerk = office.clerk().await;
    clerk.post(&format!("{MAY}/shifts"), &shift(&mishan, &zhang, "2024-05-15")).await.assert_status(303);
    clerk.post(&format!("{MAY}/shifts"), &shift(&sanjia.to_string(), &zhang, "2024-05-22")).await.assert_status(303);
    let fill = format!("{MAY}/venues/{mishan}/fill");
    clerk
        .get(&fill)
        .await
        .assert_status(200)
        .assert_says("要排3天：5月8日 周三、5月22日 周三、5月29日 周三")
        .assert_says("5月1日 周三（劳动节放假）改到5月6日 周一");
    clerk.post(&fill, &[]).await.assert_status(422).assert_says("请至少选择一名值班人员");
    let page = clerk.post(&fill, &[("people", &zhang)]).await;
    page.assert_status(422)
        .assert_says("有1天排不下，一个班次也没有保存")
        .assert_says("5月22日 周三：张三当天 08:00–12:00 已在三甲镇值班");
    assert_eq!(office.shifts().await, 2);

    let page = clerk.post(&fill, &[("people", &zhang), ("people", &li), ("move_holidays", "yes")]).await;
    clerk.follow(page).await.assert_says("米山镇新排4个班次，保留原有1个值班日。");
    assert_eq!(office.shifts().await, 6);
    let moved =
        "select count(*) from shifts where duty_on = '2024-05-06' and change = 'moved' and moved_from = '2024-05-01'";
    assert_eq!(office.app.scalar_i64(moved).await, 1);
    clerk.post(&fill, &[("people", &zhang)]).await.assert_status(422).assert_says("没有需要补排的日期");
}

#[tokio::test]
async fn a_shift_is_removed_once() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    office.fill(&clerk, office.mishan, office.zhang).await;
    let id = office.app.scalar_i64("select min(id) from shifts").await;
    let remove = format!("{MAY}/shifts/{id}/remove");
    clerk.post(&remove, &[("version", "7")]).await.assert_status(409).assert_says("排班在您打开页面后有改动");
    let page = clerk.post(&remove, &[("version", "1")]).await;
    clerk.follow(page).await.assert_says("已移除张三5月8日 周三的班次");
    clerk.post(&remove, &[("version", "1")]).await.assert_status(409).assert_says("这个班次已被移除");
    assert_eq!(office.shifts().await, 3);
}

#[tokio::test]
async fn the_schema_alone_refuses_as_well() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    office.fill(&clerk, office.mishan, office.zhang).await;
    let (centre, mishan, zhang) = (office.centre, office.mishan, office.zhang);
    let li = office.app.person("李四", &[centre, mishan]).await;
    let insert = |venue: i64, person: i64, day: &str, hours: &str, minutes: i32, change: &str| {
        format!(
            "insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
                                 planned_minutes, minimum_minutes, change, change_reason)
             select r.bureau_id, r.id, r.month, v.id, v.kind, {person}, '{day}', {hours}, {minutes},
                    case v.kind when 'station' then 240 else 480 end, {change}
             from rosters r, venues v where v.id = {venue}"
        )
    };
    let (morning, day, regular) = ("'08:00', '12:00'", "'08:00', '16:00'", "'normal', ''");
    for (sql, constraint) in [
        (insert(mishan, li, "2024-05-09", morning, 240, regular), "shifts_station_wednesday"),
        (insert(mishan, li, "2024-05-09", morning, 240, "'moved', ''"), "shifts_change_reason"),
        (insert(mishan, li, "2024-05-15", "'08:00', '11:00'", 180, regular), "shifts_minimum_hours"),
        (insert(centre, li, "2024-05-13", morning, 240, regular), "shifts_minimum_hours"),
        (insert(mishan, li, "2024-05-01", morning, 240, regular), "shifts_working_day"),
        (insert(centre, li, "2024-05-12", day, 480, regular), "shifts_working_day"),
        (insert(centre, zhang, "2024-05-15", day, 480, regular), "shifts_one_place"),
        (insert(mishan, li, "2024-06-05", morning, 240, regular), "shifts_in_month"),
        (insert(mishan, li, "2024-05-15", "'12:00', '12:00'", 240, regular), "shifts_hours"),
    ] {
        assert_eq!(office.app.refused_by(&sql).await, constraint, "{sql}");
    }
    office.app.execute(&insert(centre, li, "2024-05-13", "'00:00', '08:00'", 480, regular)).await;
    let second = insert(centre, li, "2024-05-13", day, 480, regular);
    assert_eq!(office.app.refused_by(&second).await, "shifts_one_centre_day");
    let same_day = "update shifts set change = 'moved', change_reason = 'x', moved_from = duty_on";
    assert_eq!(office.app.refused_by(same_day).await, "shifts_moved_from");

    office.submit(&clerk).await;
    let late = insert(mishan, li, "2024-05-15", morning, 240, regular);
    assert_eq!(office.app.refused_by(&late).await, "shifts_roster_is_draft");
    assert_eq!(office.app.refused_by("delete from shifts").await, "shifts_roster_is_draft");
    let own = "update rosters set status = 'approved', approved_by = submitted_by, approved_at = now()";
    assert_eq!(office.app.refused_by(own).await, "rosters_second_person");
}

#[tokio::test]
async fn the_stations_weekday_of_the_schema_follows_the_programme() {
    let office = Office::new().await;
    office.app.execute("update programmes set content = jsonb_set(content, '{station_weekday}', '\"thursday\"')").await;
    let clerk = office.clerk().await;
    office.fill(&clerk, office.mishan, office.zhang).await;
    assert_eq!(
        office.app.scalar_i64("select count(*) from shifts where extract(isodow from duty_on) = 4").await,
        office.shifts().await
    );
}

#[tokio::test]
async fn whoever_hands_in_does_not_approve_whatever_the_role() {
    let office = Office::new().await;
    let clerk = office.submitted().await;
    let account = clerk.actor().account_id;
    office.app.execute(&format!("update accounts set role = 'approver' where id = {account}")).await;
    clerk.get(MAY).await.assert_says("须由提交人以外的人审核");
    office.step(&clerk, "approve").await.assert_status(409).assert_says("排班须由提交人以外的人审核");
    assert_eq!(office.app.scalar_i64("select count(*) from rosters where status = 'submitted'").await, 1);
}

#[tokio::test]
async fn two_approvals_at_once_approve_once() {
    let office = Office::new().await;
    office.submitted().await;
    let (one, other) = (office.app.staff(Role::Approver).await, office.app.staff(Role::Approver).await);
    let version = office.version().await;
    let path = format!("{MAY}/approve");
    let fields = [("version", version.as_str())];
    let (first, second) = tokio::join!(one.post(&path, &fields), other.post(&path, &fields));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let told = if first.status.as_u16() == 409 { first } else { second };
    told.assert_says("本月排班已由他人批准，没有重复办理");
    assert_eq!(office.app.scalar_i64("select count(*) from audit_records where action = 'roster.approve'").await, 1);
}

#[tokio::test]
async fn the_same_form_sent_twice_does_one_thing() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let (mishan, zhang) = (office.mishan.to_string(), office.zhang.to_string());
    let once = Uuid::new_v4();
    let (path, fields) = (format!("{MAY}/shifts"), shift(&mishan, &zhang, "2024-05-15"));
    let (first, second) =
        tokio::join!(clerk.post_with_once(&path, once, &fields), clerk.post_with_once(&path, once, &fields));
    first.assert_status(303);
    second.assert_status(303);
    assert_eq!(first.location, second.location);
    assert_eq!(office.shifts().await, 1);

    let once = Uuid::new_v4();
    let version = office.version().await;
    let fields = [("version", version.as_str()), ("gaps_known", "yes"), ("gap_reason", "人员正在落实")];
    for _ in 0..2 {
        clerk.post_with_once(&format!("{MAY}/submit"), once, &fields).await.assert_status(303);
    }
    assert_eq!(office.app.scalar_i64("select count(*) from audit_records where action = 'roster.submit'").await, 1);
}

#[tokio::test]
async fn a_page_that_is_out_of_date_hands_nothing_in() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let seen = office.version().await;
    office.fill(&clerk, office.mishan, office.zhang).await;
    let fields = [("version", seen.as_str()), ("gaps_known", "yes"), ("gap_reason", "人员正在落实")];
    clerk.post(&format!("{MAY}/submit"), &fields).await.assert_status(409).assert_says("排班在您打开页面后有改动");
    let empty = [("version", ""), ("gaps_known", "yes")];
    clerk.post(&format!("{MAY}/submit"), &empty).await.assert_status(422).assert_says("表单缺少版本号");
}

#[tokio::test]
async fn an_empty_month_is_not_handed_in() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let fields = [("version", "1"), ("gaps_known", "yes"), ("gap_reason", "没有人")];
    clerk.post(&format!("{MAY}/submit"), &fields).await.assert_status(409).assert_says("本月一个班次也没有");
}

#[tokio::test]
async fn the_approver_sends_back_with_a_reason_until_it_is_posted() {
    let office = Office::new().await;
    let clerk = office.submitted().await;
    let approver = office.app.staff(Role::Approver).await;
    let send_back = async |reason: &str| {
        let version = office.version().await;
        approver.post(&format!("{MAY}/return"), &[("version", &version), ("return_reason", reason)]).await
    };
    send_back(" ").await.assert_status(422).assert_says("请写明退回的原因");
    send_back(&"长".repeat(201)).await.assert_status(422).assert_says("最多写200个字，现在有201个字");
    send_back("寺庄镇请换人").await.assert_status(303);
    clerk.get(MAY).await.assert_says("审批人已退回").assert_says("寺庄镇请换人");
    send_back("再退一次").await.assert_status(409).assert_says("尚未提交，或已被退回");

    office.submit(&clerk).await;
    office.step(&approver, "approve").await.assert_status(303);
    send_back("还是要换人").await.assert_status(303);
    office.submit(&clerk).await;
    office.step(&approver, "approve").await.assert_status(303);
    office.step(&clerk, "publish").await.assert_status(303);
    send_back("晚了").await.assert_status(409).assert_says("本月排班已经公示，不能退回");
    office.step(&clerk, "publish").await.assert_status(409).assert_says("已经公示过了");
    let (mishan, zhang) = (office.mishan.to_string(), office.zhang.to_string());
    let page = clerk.post(&format!("{MAY}/shifts"), &shift(&mishan, &zhang, "2024-05-15")).await;
    page.assert_status(409).assert_says("排班已公示，不能再改");
}

#[tokio::test]
async fn nothing_is_posted_before_it_is_approved_or_changed_while_it_waits() {
    let office = Office::new().await;
    let clerk = office.submitted().await;
    office.step(&clerk, "publish").await.assert_status(409).assert_says("须先经审批人批准");
    clerk.get(&format!("{MAY}/venues/{}/fill", office.mishan)).await.assert_status(409).assert_says("排班已提交审核");
    clerk.get(&format!("{MAY}/shifts/new?venue={}", office.mishan)).await.assert_status(409);
    let id = office.app.scalar_i64("select min(id) from shifts").await;
    clerk.post(&format!("{MAY}/shifts/{id}/remove"), &[("version", "1")]).await.assert_status(409);
    clerk.post(&format!("{MAY}/start"), &[]).await.assert_status(409).assert_says("2024年5月的排班已经建立");
    assert_eq!(office.shifts().await, 4);
}

#[tokio::test]
async fn a_year_without_calendar_or_programme_is_refused_with_the_way_to_mend_it() {
    let office = Office::new().await;
    let clerk = office.app.staff(Role::BureauClerk).await;
    let page = clerk.get("/roster/2027-03").await;
    page.assert_status(200).assert_says("2027年的工作日历还没有录入");
    assert_eq!(page.select("main a[href='/calendar']"), ["录入工作日历"]);
    clerk.post("/roster/2027-03/start", &[]).await.assert_status(409).assert_says("2027年的工作日历还没有录入");
    clerk.get("/roster/2025-03").await.assert_says("2025年度的实施方案还没有建立");
    clerk.get("/roster/2024-06/shifts/new?venue=1").await.assert_status(409).assert_says("还没有开始排班");
    assert_eq!(office.app.scalar_i64("select count(*) from rosters").await, 0);
}

#[tokio::test]
async fn addresses_that_mean_nothing_are_not_found() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    for path in [
        "/roster/2024-13",
        "/roster/may",
        "/roster/2024-05/venues/0",
        "/roster/2024-05/venues/x",
        "/roster/2024-05/venues/0/fill",
        "/roster/2024-05/shifts/new",
        "/roster/2024-05/shifts/new?venue=0",
    ] {
        clerk.get(path).await.assert_status(404);
    }
}

#[tokio::test]
async fn only_the_clerk_draws_and_only_the_approver_decides() {
    let office = Office::new().await;
    let clerk = office.submitted().await;
    let others = [
        office.app.staff(Role::Leader).await,
        office.app.staff_at(Role::VenueStaff, office.mishan).await,
        office.app.duty_person(office.zhang).await,
        office.app.staff(Role::Finance).await,
        office.app.staff(Role::SystemAdministrator).await,
    ];
    for step in ["start", "shifts", "submit", "approve", "return", "publish"] {
        for browser in &others {
            browser.post(&format!("{MAY}/{step}"), &[("version", "3")]).await.assert_status(403);
        }
    }
    clerk.post(&format!("{MAY}/approve"), &[("version", "3")]).await.assert_status(403);
    let approver = office.app.staff(Role::Approver).await;
    approver.post(&format!("{MAY}/publish"), &[("version", "3")]).await.assert_status(403);
    approver.get(&format!("{MAY}/shifts/new?venue={}", office.mishan)).await.assert_status(403);
    office.app.staff(Role::Finance).await.get(MAY).await.assert_status(403);
    assert_eq!(office.app.scalar_i64("select count(*) from rosters where status = 'submitted'").await, 1);
}

#[tokio::test]
async fn venue_staff_and_duty_persons_see_their_own_published_shifts() {
    let office = Office::new().await;
    let sanjia = office.app.venue("三甲镇").await;
    let li = office.app.person("李四", &[sanjia]).await;
    let clerk = office.clerk().await;
    office.fill(&clerk, office.mishan, office.zhang).await;
    office.fill(&clerk, sanjia, li).await;
    let staff = office.app.staff_at(Role::VenueStaff, office.mishan).await;
    let zhang = office.app.duty_person(office.zhang).await;
    staff.get(MAY).await.assert_status(200).assert_says("本月排班尚未公示").assert_silent_on("张三");
    zhang.get(MAY).await.assert_says("本月排班尚未公示");

    office.submit(&clerk).await;
    office.step(&office.app.staff(Role::Approver).await, "approve").await.assert_status(303);
    office.step(&clerk, "publish").await.assert_status(303);
    staff.get(MAY).await.assert_says("张三").assert_silent_on("李四");
    staff.get(&format!("{MAY}/venues/{}", office.mishan)).await.assert_status(200);
    staff.get(&format!("{MAY}/venues/{sanjia}")).await.assert_status(404);
    let page = zhang.get(MAY).await;
    page.assert_says("接下来（4次）").assert_says("米山镇").assert_silent_on("三甲镇");
    zhang.get(&format!("{MAY}/venues/{}", office.mishan)).await.assert_status(403);
    office.app.clock_to("2024-05-16 08:00");
    zhang.get(MAY).await.assert_says("接下来（2次）").assert_says("已过去（2次）");
}

#[tokio::test]
async fn the_way_to_the_roster_leads_to_the_month_to_work_on() {
    let office = Office::new().await;
    let clerk = office.submitted().await;
    assert_eq!(clerk.get("/roster").await.location.as_deref(), Some("/roster/2024-05"));
    office.step(&office.app.staff(Role::Approver).await, "approve").await.assert_status(303);
    office.step(&clerk, "publish").await.assert_status(303);
    assert_eq!(clerk.get("/roster").await.location.as_deref(), Some("/roster/2024-06"));
    let leader = office.app.staff(Role::Leader).await;
    assert_eq!(leader.get("/roster").await.location.as_deref(), Some("/roster/2024-05"));
}

#[tokio::test]
async fn the_services_do_the_same_without_pages() {
    let office = Office::new().await;
    let clerk = office.app.staff(Role::BureauClerk).await;
    let approver = office.app.staff(Role::Approver).await;
    let month = "2024-05".parse().unwrap();
    let scope = clerk.actor().may(Action::EditRoster).unwrap();
    let mut work = Work::unattended(&office.app.state, clerk.actor()).await.unwrap();
    roster::start_month(&mut work, scope, month).await.unwrap();
    let filling = NewFilling { venue: office.mishan, people: vec![office.zhang], holidays: Holidays::LeaveOut };
    let filled = roster::fill_venue(&mut work, scope, month, filling).await.unwrap();
    assert_eq!((filled.added, filled.kept, filled.left_out), (4, 0, 1));
    let consent = GapConsent::Reason("其他服务点后补".to_owned());
    roster::submit(&mut work, scope, month, Seen::Latest, consent).await.unwrap();
    work.commit().await.unwrap();
    let mut work = Work::unattended(&office.app.state, approver.actor()).await.unwrap();
    roster::approve(&mut work, scope, month, Seen::Latest).await.unwrap();
    work.commit().await.unwrap();
    let mut work = Work::unattended(&office.app.state, clerk.actor()).await.unwrap();
    roster::publish(&mut work, scope, month, Seen::Latest).await.unwrap();
    work.commit().await.unwrap();

    let mut conn = office.app.owner.acquire().await.unwrap();
    let own = Scope::Own { bureau: office.app.bureau, person: office.zhang };
    let shifts = roster::shifts(&mut conn, Reading::month(own, month)).await.unwrap();
    assert_eq!(shifts.len(), 4);
    assert_eq!(shifts[0].duty_on, date("2024-05-08"));
    assert_eq!(shifts[0].planned_start().to_rfc3339(), "2024-05-08T08:00:00+08:00");
    assert_eq!(shifts[0].planned_end().to_rfc3339(), "2024-05-08T12:00:00+08:00");
    let elsewhere = Scope::Venue { bureau: office.app.bureau, venue: office.centre };
    let none = roster::shifts(&mut conn, Reading::month(elsewhere, month).of_venue(office.mishan)).await.unwrap();
    assert!(none.is_empty());
}
