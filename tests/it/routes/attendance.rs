//! Signing in and out, corrections, certification.

use huifa::attendance;
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use uuid::Uuid;

use crate::support::app::{Browser, TestApp};

/// A lawyer on duty in 米山镇 on Wednesday 8 May 2024, 08:00–12:00.
struct Desk {
    app: TestApp,
    venue: i64,
    person: i64,
    shift: i64,
}

impl Desk {
    async fn new() -> Desk {
        let app = TestApp::new().await;
        let venue = app.venue("米山镇").await;
        let person = app.person("张三", &[venue]).await;
        let shift = app.published_shift(venue, person, "2024-05-08", "08:00-12:00").await;
        Desk { app, venue, person, shift }
    }

    /// The duty person's browser: one account, signed in afresh each time.
    async fn duty(&self) -> Browser<'_> {
        let known = format!("select coalesce(max(id), 0) from accounts where person_id = {}", self.person);
        match self.app.scalar_i64(&known).await {
            0 => self.app.duty_person(self.person).await,
            account => self.app.browser_of(account).await,
        }
    }

    async fn staff(&self) -> Browser<'_> {
        self.app.staff_at(Role::VenueStaff, self.venue).await
    }

    fn path(&self, rest: &str) -> String {
        format!("/attendance/shifts/{}{rest}", self.shift)
    }

    fn month(&self, rest: &str) -> String {
        format!("/attendance/2024-05/venues/{}{rest}", self.venue)
    }

    async fn count(&self, table: &str) -> i64 {
        self.app.scalar_i64(&format!("select count(*) from {table}")).await
    }

    /// Signed in on time and out on time.
    async fn serve(&self) {
        let duty = self.duty().await;
        self.app.clock_to("2024-05-08 07:55");
        duty.post(&self.path("/sign-in"), &[]).await.assert_status(303);
        self.app.clock_to("2024-05-08 12:00");
        duty.post(&self.path("/sign-out"), &[]).await.assert_status(303);
    }
}

#[tokio::test]
async fn the_planned_minute_is_on_time_and_the_next_is_late() {
    for (at, minutes) in [("2024-05-08 08:00:59", 0), ("2024-05-08 08:01:00", 1)] {
        let desk = Desk::new().await;
        desk.app.clock_to(at);
        let duty = desk.duty().await;
        let page = duty.post(&desk.path("/sign-in"), &[]).await;
        page.assert_status(303);
        assert_eq!(desk.app.scalar_i64("select late_minutes::bigint from attendances").await, minutes, "{at}");
        let after = duty.follow(page).await;
        after.assert_says("张三已于08:0");
        if minutes > 0 {
            after.assert_says("迟到1分钟");
        }
        assert_eq!(
            desk.app.scalar_i64("select count(*) from audit_records where action = 'attendance.sign_in'").await,
            1
        );
    }
}

#[tokio::test]
async fn the_day_of_a_duty_person_from_the_button_to_the_register() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.app.clock_to("2024-05-08 05:59");
    duty.get("/attendance").await.assert_status(200).assert_says("06:00起可以签到");
    desk.app.clock_to("2024-05-08 08:20");
    duty.get("/attendance").await.assert_says("记迟到20分钟");
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-05-08 11:30");
    duty.get("/attendance").await.assert_says("08:20").assert_says("迟到20分钟").assert_says("签退");
    duty.get("/attendance/2024-05").await.assert_says("在岗").assert_silent_on("缺签退");
    duty.post(&desk.path("/sign-out"), &[]).await.assert_status(303);
    assert_eq!(desk.app.scalar_i64("select early_minutes::bigint from attendances").await, 30);
    let month = duty.get("/attendance/2024-05").await;
    month.assert_says("08:20").assert_says("11:30");
    assert_eq!(month.select("tbody td.num")[..2], ["20", "30"]);
    duty.get(&desk.path("")).await.assert_says("早退30分钟");
}

#[tokio::test]
async fn outside_the_hours_and_on_other_days_signing_is_refused_in_words() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    for (at, action, words) in [
        ("2024-05-08 05:59:59", "/sign-in", "06:00起可以签到"),
        ("2024-05-08 12:01:00", "/sign-in", "班次已在12:00结束"),
        ("2024-05-07 08:00:00", "/sign-in", "只能在值班当天"),
        ("2024-05-09 08:00:00", "/sign-in", "只能在值班当天"),
        ("2024-05-08 09:00:00", "/sign-out", "还没有签到"),
    ] {
        desk.app.clock_to(at);
        duty.post(&desk.path(action), &[]).await.assert_status(409).assert_says(words);
    }
    assert_eq!(desk.count("attendances").await, 0);
    assert_eq!(desk.count("audit_records where action = 'access.not_carried_out'").await, 5);
    assert_eq!(desk.count("audit_records").await, 5);
}

#[tokio::test]
async fn an_unpublished_roster_takes_no_sign_in() {
    let desk = Desk::new().await;
    desk.app.execute("update rosters set status = 'approved', published_by = null, published_at = null").await;
    desk.app.clock_to("2024-05-08 08:00");
    let duty = desk.duty().await;
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(409).assert_says("还没有公示");
    duty.get("/attendance").await.assert_says("今天没有班次");
    assert_eq!(desk.count("attendances").await, 0);
}

#[tokio::test]
async fn somebody_elses_shift_is_out_of_reach() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 08:00");
    let colleague = desk.app.person("李四", &[desk.venue]).await;
    let elsewhere = desk.app.venue("三甲镇").await;
    desk.app.duty_person(colleague).await.post(&desk.path("/sign-in"), &[]).await.assert_status(404);
    desk.app.staff_at(Role::VenueStaff, elsewhere).await.post(&desk.path("/sign-in"), &[]).await.assert_status(404);
    desk.app.staff(Role::BureauClerk).await.post(&desk.path("/sign-in"), &[]).await.assert_status(403);
    desk.app.duty_person(desk.app.person("王五", &[]).await).await.get(&desk.path("")).await.assert_status(404);
    assert_eq!(desk.count("attendances").await, 0);
}

#[tokio::test]
async fn the_desk_signs_in_for_the_duty_person_and_it_shows() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 08:00");
    let staff = desk.staff().await;
    staff.get("/attendance").await.assert_says("为张三签到");
    staff.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    assert_eq!(desk.app.scalar_i64("select count(*) from attendances where sign_in_method = 'desk'").await, 1);
    staff.get("/attendance/2024-05").await.assert_says("前台代签");
}

#[tokio::test]
async fn two_sign_ins_at_once_make_one() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 08:00");
    let (duty, staff) = (desk.duty().await, desk.staff().await);
    let path = desk.path("/sign-in");
    let (one, other) = tokio::join!(duty.post(&path, &[]), staff.post(&path, &[]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let loser = if one.status.as_u16() == 409 { one } else { other };
    loser.assert_says("已在08:00签到");
    assert_eq!(desk.count("attendances").await, 1);
}

#[tokio::test]
async fn pressing_twice_signs_out_once() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.app.clock_to("2024-05-08 08:00");
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-05-08 12:00");
    let once = Uuid::new_v4();
    duty.post_with_once(&desk.path("/sign-out"), once, &[]).await.assert_status(303);
    duty.post_with_once(&desk.path("/sign-out"), once, &[]).await.assert_status(303);
    duty.post(&desk.path("/sign-out"), &[]).await.assert_status(409).assert_says("不用再签");
    assert_eq!(desk.app.scalar_i64("select version::bigint from attendances").await, 2);
}

#[tokio::test]
async fn a_correction_keeps_the_old_value_who_asked_and_who_agreed() {
    let desk = Desk::new().await;
    let (duty, staff) = (desk.duty().await, desk.staff().await);
    desk.app.clock_to("2024-05-08 08:40");
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-05-09 09:00");
    let typed = [("side", "sign_in"), ("time", "07:58"), ("reason", "停电，到岗后没能按时签到")];
    duty.post(&desk.path("/corrections"), &typed).await.assert_status(303);
    duty.post(&desk.path("/corrections"), &typed).await.assert_status(409).assert_says("已有一份待审批");
    staff.get(&desk.path("")).await.assert_says("改为 07:58").assert_says("同意补签");
    let id = desk.app.scalar_i64("select id from attendance_corrections").await;
    let decide = format!("/attendance/corrections/{id}/decide");
    staff.post(&decide, &[("decision", "agree"), ("note", "站点监控属实")]).await.assert_status(303);
    let state = desk
        .app
        .scalar_i64("select count(*) from attendances where late_minutes = 0 and sign_in_method = 'correction'")
        .await;
    assert_eq!(state, 1);
    let page = duty.get(&desk.path("")).await;
    page.assert_says("原值08:40，改为07:58").assert_says("停电，到岗后没能按时签到").assert_says("站点监控属实");
    staff.post(&decide, &[("decision", "agree")]).await.assert_status(409).assert_says("已经有人审批");
}

#[tokio::test]
async fn a_correction_is_not_decided_by_who_asked() {
    let desk = Desk::new().await;
    let staff = desk.staff().await;
    desk.app.clock_to("2024-05-08 13:00");
    let typed = [("side", "sign_in"), ("time", "08:00"), ("reason", "本人手机没电")];
    staff.post(&desk.path("/corrections"), &typed).await.assert_status(303);
    let id = desk.app.scalar_i64("select id from attendance_corrections").await;
    let decide = format!("/attendance/corrections/{id}/decide");
    staff.post(&decide, &[("decision", "agree")]).await.assert_status(409).assert_says("申请人以外的人");
    desk.duty().await.post(&decide, &[("decision", "agree")]).await.assert_status(403);
    let elsewhere = desk.app.venue("三甲镇").await;
    let stranger = desk.app.staff_at(Role::VenueStaff, elsewhere).await;
    stranger.post(&decide, &[("decision", "agree")]).await.assert_status(404);
    assert_eq!(desk.count("attendances").await, 0);
    // Without a sign-in before, agreeing makes one; refusing needs a reason.
    let clerk = desk.app.staff(Role::BureauClerk).await;
    clerk.post(&decide, &[("decision", "refuse")]).await.assert_status(422).assert_says("写明理由");
    clerk.post(&decide, &[("decision", "agree"), ("note", "属实")]).await.assert_status(303);
    assert_eq!(desk.count("attendances").await, 1);
}

#[tokio::test]
async fn a_correction_is_agreed_only_to_what_stood_when_it_was_asked() {
    let desk = Desk::new().await;
    let (duty, staff) = (desk.duty().await, desk.staff().await);
    desk.app.clock_to("2024-05-08 07:55");
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-05-08 12:10");
    let typed = [("side", "sign_out"), ("time", "12:00"), ("reason", "接待来访者，忘记签退")];
    duty.post(&desk.path("/corrections"), &typed).await.assert_status(303);
    duty.post(&desk.path("/sign-out"), &[]).await.assert_status(303);
    let id = desk.app.scalar_i64("select id from attendance_corrections").await;
    let decide = format!("/attendance/corrections/{id}/decide");
    staff.post(&decide, &[("decision", "agree")]).await.assert_status(409).assert_says("考勤有了变化");
    staff.post(&decide, &[("decision", "refuse"), ("note", "已经签退")]).await.assert_status(303);
}

#[tokio::test]
async fn a_correction_without_reason_or_time_comes_back_as_typed() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 13:00");
    let page = desk.duty().await.post(&desk.path("/corrections"), &[("side", "sign_in"), ("reason", "堵")]).await;
    page.assert_status(422).assert_says("至少4个字").assert_says("实际到岗");
    assert_eq!(page.select("#f-reason"), ["堵"]);
    assert_eq!(desk.count("attendance_corrections").await, 0);
    let out = [("side", "sign_out"), ("time", "12:00"), ("reason", "忘记签退了")];
    desk.duty().await.post(&desk.path("/corrections"), &out).await.assert_status(409).assert_says("还没有签到");
}

#[tokio::test]
async fn a_month_is_certified_by_its_venue_and_then_closed_to_everybody() {
    let desk = Desk::new().await;
    desk.serve().await;
    let staff = desk.staff().await;
    desk.app.clock_to("2024-05-08 20:00");
    // Every shift of the venue lies behind: it need not wait for the month's end.
    staff.get(&desk.month("")).await.assert_says("审定并上报");
    staff.post(&desk.month("/certify"), &[]).await.assert_status(303);
    staff.post(&desk.month("/certify"), &[]).await.assert_status(409).assert_says("已经审定上报");
    staff.get(&desk.month("")).await.assert_says("本月考勤已审定上报");

    let late = [("version", "2"), ("remark", "事后补记")];
    staff.post(&desk.path("/remark"), &late).await.assert_status(409).assert_says("本月考勤已审定上报，不能再改");
    let typed = [("side", "sign_out"), ("time", "11:59"), ("reason", "时间签错了")];
    desk.duty().await.post(&desk.path("/corrections"), &typed).await.assert_status(409).assert_says("已审定上报");
    let constraint = desk.app.refused_by("update attendances set late_minutes = 5").await;
    assert_eq!(constraint, "attendances_month_is_open");
    let constraint = desk.app.refused_by("delete from attendances").await;
    assert_eq!(constraint, "attendances_month_is_open");
}

#[tokio::test]
async fn open_findings_and_corrections_come_first_with_links() {
    let desk = Desk::new().await;
    desk.serve().await;
    let (duty, staff) = (desk.duty().await, desk.staff().await);
    let typed = [("side", "sign_in"), ("time", "07:50"), ("reason", "到得更早一些")];
    duty.post(&desk.path("/corrections"), &typed).await.assert_status(303);
    let finding = desk
        .app
        .scalar_i64(
            "insert into findings (bureau_id, shift_id, venue_id, person_id, kind, event_on, evidence, proposed_at)
             select bureau_id, id, venue_id, person_id, 'off_post', duty_on, '点名不在', now() from shifts returning id",
        )
        .await;
    desk.app.clock_to("2024-06-01 09:00");
    let page = staff.post(&desk.month("/certify"), &[]).await;
    page.assert_status(409).assert_says("1项扣款事项没有处理完、1份补签没有审批");
    let links: Vec<_> = ["无正当理由脱岗", "补签申请"].iter().map(|words| page.text().contains(words)).collect();
    assert_eq!(links, [true, true]);
    assert!(page.html.contains(&format!("href=\"/findings/{finding}\"")));
    assert!(page.html.contains(&format!("href=\"/attendance/shifts/{}\"", desk.shift)));
    assert_eq!(desk.app.scalar_i64("select count(*) from venue_months where status = 'reported'").await, 0);
}

#[tokio::test]
async fn a_month_is_not_certified_before_it_is_over_nor_by_others() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-07 09:00");
    let staff = desk.staff().await;
    staff.post(&desk.month("/certify"), &[]).await.assert_status(409).assert_says("5月8日 周三");
    let elsewhere = desk.app.venue("三甲镇").await;
    let stranger = desk.app.staff_at(Role::VenueStaff, elsewhere).await;
    stranger.post(&desk.month("/certify"), &[]).await.assert_status(404);
    stranger.get(&desk.month("")).await.assert_status(404);
    desk.duty().await.get(&desk.month("")).await.assert_status(403);
    desk.app.staff(Role::BureauClerk).await.post(&desk.month("/certify"), &[]).await.assert_status(403);
    // A venue without shifts waits for the month's end and then certifies an empty month.
    let empty = format!("/attendance/2024-05/venues/{elsewhere}/certify");
    stranger.post(&empty, &[]).await.assert_status(409).assert_says("还没有结束");
    desk.app.clock_to("2024-06-01 00:00");
    stranger.post(&empty, &[]).await.assert_status(303);
    assert_eq!(desk.app.scalar_i64("select count(*) from venue_months where status = 'reported'").await, 1);
}

#[tokio::test]
async fn two_certifications_at_once_make_one_and_a_sign_in_waits_for_neither() {
    let desk = Desk::new().await;
    desk.serve().await;
    desk.app.clock_to("2024-06-01 09:00");
    let (one, other) = (desk.staff().await, desk.staff().await);
    let path = desk.month("/certify");
    let (first, second) = tokio::join!(one.post(&path, &[]), other.post(&path, &[]));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(desk.app.scalar_i64("select count(*) from audit_records where action = 'attendance.certify'").await, 1);
}

#[tokio::test]
async fn the_clerk_sees_who_is_late_and_sends_a_month_back_with_the_reason() {
    let desk = Desk::new().await;
    desk.serve().await;
    let (staff, clerk) = (desk.staff().await, desk.app.staff(Role::BureauClerk).await);
    desk.app.clock_to("2024-06-01 09:00");
    staff.post(&desk.month("/certify"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-06-06 09:00");
    let board = clerk.get("/attendance/2024-05/venues").await;
    board.assert_status(200).assert_says("有站点逾期未上报").assert_says("已上报");
    assert_eq!(board.select("tbody tr").len(), 17);

    let page = clerk.post(&desk.month("/return"), &[("version", "1"), ("reason", "少")]).await;
    page.assert_status(422).assert_says("至少4个字");
    clerk.post(&desk.month("/return"), &[("version", "7"), ("reason", "5月8日签退存疑")]).await.assert_status(409);
    clerk.post(&desk.month("/return"), &[("version", "1"), ("reason", "5月8日签退存疑")]).await.assert_status(303);
    staff.get(&desk.month("")).await.assert_says("退回原因：5月8日签退存疑");
    staff.post(&desk.month("/certify"), &[]).await.assert_status(303);
    assert_eq!(desk.app.scalar_i64("select version::bigint from venue_months").await, 3);
}

#[tokio::test]
async fn a_month_whose_settlement_is_approved_is_not_sent_back() {
    let desk = Desk::new().await;
    desk.serve().await;
    let (staff, clerk) = (desk.staff().await, desk.app.staff(Role::BureauClerk).await);
    desk.app.clock_to("2024-06-01 09:00");
    staff.post(&desk.month("/certify"), &[]).await.assert_status(303);
    desk.app
        .execute(
            "insert into settlements (bureau_id, month, programme_id, programme_revision, status, people, base, deducted, adjustment,
                 payable, fingerprint, calculated_by, calculated_at, approved_by, approved_at)
             select p.bureau_id, '2024-05-01', p.id, p.revision, 'approved', 0, 0, 0, 0, 0, 'x', m.id, now(), c.id, now()
             from programmes p, accounts m, accounts c where p.year = 2024 and m.login = 'maker' and c.login = 'checker'",
        )
        .await;
    clerk
        .post(&desk.month("/return"), &[("version", "1"), ("reason", "签退时间存疑")])
        .await
        .assert_status(409)
        .assert_says("补贴已经审批");
    assert_eq!(desk.app.scalar_i64("select count(*) from venue_months where status = 'reported'").await, 1);
}

#[tokio::test]
async fn a_remark_is_kept_and_a_stale_one_refused() {
    let desk = Desk::new().await;
    desk.serve().await;
    let staff = desk.staff().await;
    staff.post(&desk.path("/remark"), &[("version", "2"), ("remark", "下村上门服务")]).await.assert_status(303);
    staff.post(&desk.path("/remark"), &[("version", "2"), ("remark", "别的")]).await.assert_status(409);
    staff.get("/attendance/2024-05").await.assert_says("下村上门服务");
}

#[tokio::test]
async fn the_month_can_be_narrowed_and_turned_over() {
    let desk = Desk::new().await;
    desk.serve().await;
    let other = desk.app.venue("三甲镇").await;
    let late = desk.app.person("李四", &[other]).await;
    let shift = desk.app.published_shift(other, late, "2024-05-15", "08:00-12:00").await;
    desk.app.clock_to("2024-05-15 08:30");
    let duty = desk.app.duty_person(late).await;
    duty.post(&format!("/attendance/shifts/{shift}/sign-in"), &[]).await.assert_status(303);
    let clerk = desk.app.staff(Role::BureauClerk).await;
    assert_eq!(clerk.get("/attendance/2024-05").await.select("tbody tr").len(), 2);
    let page = clerk.get("/attendance/2024-05?state=late").await;
    assert_eq!(page.select("tbody th"), ["5月15日 星期三"]);
    let page = clerk.get(&format!("/attendance/2024-05?venue={}", desk.venue)).await;
    assert_eq!(page.select("tbody th"), ["5月8日 星期三"]);
    let page = clerk.get(&format!("/attendance/2024-05?after=2024-05-08_{}", desk.shift)).await;
    assert_eq!(page.select("tbody th"), ["5月15日 星期三"]);
    // Each sees what is theirs.
    assert_eq!(duty.get("/attendance/2024-05").await.select("tbody tr").len(), 1);
    assert_eq!(desk.staff().await.get("/attendance/2024-05").await.select("tbody th"), ["5月8日 星期三"]);
    clerk.get("/attendance/2024-13").await.assert_status(404);
    clerk.get("/attendance/2024-06").await.assert_says("本月没有已公示的班次");
}

#[tokio::test]
async fn services_work_without_a_form() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 08:00");
    let duty = desk.duty().await;
    let scope = duty.actor().may(huifa::web::permissions::Action::SignAttendance).expect("a duty person signs");
    let mut work = Work::unattended(&desk.app.state, duty.actor()).await.expect("work");
    let signed = attendance::sign_in(&mut work, scope, desk.shift).await.expect("signed in");
    work.commit().await.expect("committed");
    assert_eq!((signed.person.as_str(), signed.minutes), ("张三", 0));
}

#[tokio::test]
async fn coming_late_is_proposed_as_a_finding_and_a_correction_takes_it_back() {
    let desk = Desk::new().await;
    let (duty, staff) = (desk.duty().await, desk.staff().await);
    desk.app.clock_to("2024-05-08 08:40");
    duty.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    let live = "select count(*) from findings where kind = 'late' and status = 'proposed' and proposed_by is null";
    assert_eq!(desk.app.scalar_i64(live).await, 1);
    staff.get(&desk.path("")).await.assert_says("迟到").assert_says("拟扣");
    let typed = [("side", "sign_in"), ("time", "07:58"), ("reason", "停电没能签到")];
    duty.post(&desk.path("/corrections"), &typed).await.assert_status(303);
    let id = desk.app.scalar_i64("select id from attendance_corrections").await;
    let decide = format!("/attendance/corrections/{id}/decide");
    staff.post(&decide, &[("decision", "agree"), ("note", "属实")]).await.assert_status(303);
    assert_eq!(desk.app.scalar_i64(live).await, 0);
}

#[tokio::test]
async fn r13_a_missing_sign_out_becomes_a_finding_before_the_month_is_certified() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 08:00");
    desk.duty().await.post(&desk.path("/sign-in"), &[]).await.assert_status(303);
    desk.app.clock_to("2024-06-01 09:00");
    let staff = desk.staff().await;
    let page = staff.post(&desk.month("/certify"), &[]).await;
    page.assert_status(303);
    staff.follow(page).await.assert_says("已按早退提出1项扣款事项").assert_says("扣款事项：早退");
    assert_eq!(desk.app.scalar_i64("select count(*) from venue_months where status = 'reported'").await, 0);
    staff.post(&desk.month("/certify"), &[]).await.assert_status(409).assert_says("1项扣款事项没有处理完");
    assert_eq!(desk.app.scalar_i64("select count(*) from findings").await, 1);
}

#[tokio::test]
async fn what_is_asked_of_the_register_is_possible_and_says_why() {
    let desk = Desk::new().await;
    let (staff, clerk) = (desk.staff().await, desk.app.staff(Role::BureauClerk).await);
    desk.app.clock_to("2024-05-08 07:55");
    let early = staff.post(&desk.path("/remark"), &[("version", "1"), ("remark", "下村")]).await;
    early.assert_status(409).assert_says("还没有签到，不能填写异常说明");
    desk.serve().await;
    desk.app.clock_to("2024-05-09 09:00");
    let long = "长".repeat(201);
    for (field, typed, words) in [
        ("side", "x", "请选择补签到还是补签退"),
        ("time", "早上", "请填写实际到岗或离岗的时间"),
        ("reason", "忘了", "至少4个字"),
        ("reason", &long, "原因最多200个字"),
    ] {
        let mut fields = vec![("side", "sign_in"), ("time", "08:00"), ("reason", "到岗后忘记签到")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, typed));
        desk.duty().await.post(&desk.path("/corrections"), &fields).await.assert_status(422).assert_says(words);
    }
    desk.app.clock_to("2024-06-01 09:00");
    let back = [("version", "0"), ("reason", "5月8日签退存疑")];
    clerk.post(&desk.month("/return"), &back).await.assert_status(409).assert_says("还没有上报，不用退回");
    let draft = "insert into rosters (bureau_id, month, made_by, made_at)
         select bureau_id, '2024-04-01', id, now() from accounts order by id limit 1";
    desk.app.execute(draft).await;
    let unposted = desk.month("/certify").replace("2024-05", "2024-04");
    staff.post(&unposted, &[]).await.assert_status(409).assert_says("还没有公示");
    staff.post(&desk.month("/certify"), &[]).await.assert_status(303);
    let wordy = [("version", "1"), ("reason", long.as_str())];
    clerk.post(&desk.month("/return"), &wordy).await.assert_status(422).assert_says("原因最多200个字");
    let late = staff.post(&desk.path("/remark"), &[("version", "2"), ("remark", "补一句")]).await;
    late.assert_status(409).assert_says("本月考勤已审定上报");
}
