//! Recording, drafts, looking up, review.

use axum::http::Method;
use huifa::web::permissions::Role;
use uuid::Uuid;

use crate::support::app::{Browser, Page, TestApp};

const PHONE: &str = "13800004321";
const ID_NUMBER_AREA: &str = "149999";

/// A lawyer signed in at 米山镇 on 8 May 2024, at nine.
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
        app.clock_to("2024-05-08 08:00");
        app.duty_person(person)
            .await
            .post(&format!("/attendance/shifts/{shift}/sign-in"), &[])
            .await
            .assert_status(303);
        app.clock_to("2024-05-08 09:00");
        Desk { app, venue, person, shift }
    }

    /// The duty person's browser; one account, signed in afresh each time.
    async fn duty(&self) -> Browser<'_> {
        let account = self.app.scalar_i64(&format!("select id from accounts where person_id = {}", self.person)).await;
        self.app.browser_of(account).await
    }

    async fn post(&self, browser: &Browser<'_>, path: &str, changes: &[(&str, &str)]) -> Page {
        let shift = self.shift.to_string();
        let mut fields: Vec<(&str, &str)> = Vec::new();
        let usual = [
            ("shift", shift.as_str()),
            ("client_name", "王示例"),
            ("gender", "female"),
            ("phone", PHONE),
            ("township", "米山镇"),
            ("groups", "farmer"),
            ("groups", "woman"),
            ("channel", "on_site"),
            ("topic", "labour"),
            ("facts", "在工地干活三个月没发工资"),
            ("request", "要回工资一万二"),
            ("advice", "先向劳动监察大队投诉，并保留欠条"),
            ("outcomes", "answered"),
            ("legal_aid_hint", "no"),
            ("satisfaction", "not_rated"),
            ("started_at", "08:40"),
        ];
        fields.extend(usual.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)));
        fields.extend_from_slice(changes);
        browser.post(path, &fields).await
    }

    async fn record(&self, changes: &[(&str, &str)]) -> Page {
        let duty = self.duty().await;
        self.post(&duty, "/consultations", changes).await
    }

    async fn count(&self, table: &str) -> i64 {
        self.app.scalar_i64(&format!("select count(*) from {table}")).await
    }
}

#[tokio::test]
async fn a_record_gets_its_number_is_counted_and_shows_masks_only() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    let number = huifa::secrets::demo_id_number("1970-03-04".parse().expect("a date"), 2);
    assert!(number.starts_with(ID_NUMBER_AREA));
    let page = desk.post(&duty, "/consultations", &[("id_number", &number), ("address", "侯庄村17号")]).await;
    page.assert_status(303);
    let shown = duty.follow(page).await;
    shown.assert_says("140581101-202405-0001").assert_says("138****4321").assert_says("王示例");
    shown.assert_silent_on(PHONE).assert_silent_on(&number).assert_silent_on("侯庄村17号");
    desk.record(&[("channel", "event")]).await.assert_status(303);
    let sums = "select counted * 100 + last_number from consultation_sums";
    assert_eq!(desk.app.scalar_i64(&format!("select ({sums})::bigint")).await, 102);
    let list = duty.get("/consultations").await;
    assert_eq!(list.select("tbody th"), ["140581101-202405-0002", "140581101-202405-0001"]);
    list.assert_says("王*例").assert_silent_on("王示例").assert_silent_on(PHONE);
    // Sealed at rest, masked in the audit trail.
    let plain = "select count(*) from consultations c where c::text like '%13800004321%' or c::text like '%侯庄村%'";
    assert_eq!(desk.app.scalar_i64(plain).await, 0);
    let audited =
        "select count(*) from audit_records where after::text like '%13800004321%' or after::text like '%王示例%'";
    assert_eq!(desk.app.scalar_i64(audited).await, 0);
    assert_eq!(desk.app.scalar_i64("select count(*) from audit_records where action = 'consultation.record'").await, 2);
}

#[tokio::test]
async fn what_is_required_is_asked_for_beside_the_field_and_what_was_typed_stays() {
    let desk = Desk::new().await;
    let blanks =
        [("client_name", ""), ("gender", ""), ("topic", ""), ("request", " "), ("advice", ""), ("outcomes", "")];
    let page = desk.record(&blanks).await;
    page.assert_status(422).assert_says("有6处需要改正");
    let links: Vec<_> = page.select(".error-summary a");
    assert_eq!(links.len(), 6);
    assert!(page.select("#e-client_name").join("").contains("拒绝提供身份"));
    assert_eq!(page.select("#f-facts"), ["在工地干活三个月没发工资"]);
    assert_eq!(page.attribute("#f-phone", "value").as_deref(), Some(PHONE));
    assert_eq!(page.select("input[name=groups][checked]").len(), 2);
    let page = desk
        .record(&[
            ("outcomes", "to_department"),
            ("outcomes", "scheduled"),
            ("legal_aid_hint", "yes"),
            ("phone", "138"),
        ])
        .await;
    page.assert_status(422).assert_says("转往哪个部门").assert_says("约定的答复日期").assert_says("是否已告知申请权");
    page.assert_says("手机号");
    assert_eq!(desk.count("consultations").await, 0);
    assert_eq!(desk.count("consultation_sums").await, 0);
}

#[tokio::test]
async fn who_refuses_to_be_named_is_recorded_all_the_same() {
    let desk = Desk::new().await;
    let refused = [("client_name", ""), ("phone", ""), ("refused_identity", "yes"), ("gender", "unknown")];
    let page = desk.record(&refused).await;
    page.assert_status(303);
    let duty = desk.duty().await;
    duty.follow(page).await.assert_says("拒绝提供身份");
    duty.get("/consultations").await.assert_says("拒绝提供");
}

#[tokio::test]
async fn times_run_forward_and_the_end_may_be_left_to_the_clock() {
    let desk = Desk::new().await;
    desk.record(&[("started_at", "09:30")]).await.assert_status(422).assert_says("开始时间还没有到");
    let page = desk.record(&[("started_at", "08:50"), ("ended_at", "08:40")]).await;
    page.assert_status(422).assert_says("不能早于开始时间");
    desk.record(&[]).await.assert_status(303);
    let until = "select extract(hour from ended_at at time zone 'Asia/Shanghai')::bigint from consultations";
    assert_eq!(desk.app.scalar_i64(until).await, 9);
}

#[tokio::test]
async fn only_in_a_shift_that_is_ones_own_signed_in_and_open() {
    let desk = Desk::new().await;
    let colleague = desk.app.person("李四", &[desk.venue]).await;
    let other = desk.app.duty_person(colleague).await;
    desk.post(&other, "/consultations", &[]).await.assert_status(404);
    other.get(&format!("/consultations/new?shift={}", desk.shift)).await.assert_status(404);
    desk.app.staff(Role::BureauClerk).await.get("/consultations/new").await.assert_status(403);

    let tomorrow = desk.app.published_shift(desk.venue, desk.person, "2024-05-09", "08:00-12:00").await;
    let duty = desk.duty().await;
    let page = desk.post(&duty, "/consultations", &[("shift", &tomorrow.to_string())]).await;
    page.assert_status(409).assert_says("还不能登记");
    desk.app.clock_to("2024-05-09 09:00");
    let page = desk.post(&duty, "/consultations", &[("shift", &tomorrow.to_string())]).await;
    page.assert_status(409).assert_says("还没有签到");
    assert_eq!(desk.count("consultations").await, 0);

    // The venue's staff record for the shift.
    let staff = desk.app.staff_at(Role::VenueStaff, desk.venue).await;
    desk.app.clock_to("2024-05-08 10:00");
    desk.post(&staff, "/consultations", &[]).await.assert_status(303);
}

#[tokio::test]
async fn afterwards_only_from_paper_and_never_into_a_certified_month() {
    let desk = Desk::new().await;
    desk.app.clock_to("2024-05-08 12:00");
    let sign_out = format!("/attendance/shifts/{}/sign-out", desk.shift);
    desk.duty().await.post(&sign_out, &[]).await.assert_status(303);
    desk.app.clock_to("2024-05-20 09:00");
    let late = [("started_at", "08:40"), ("ended_at", "09:10")];
    desk.record(&late).await.assert_status(422).assert_says("纸质登记表补录");
    let paper = [("started_at", "08:40"), ("ended_at", "09:10"), ("from_paper", "yes")];
    let page = desk.record(&paper).await;
    page.assert_status(303);
    let kept = "select count(*) from consultations
        where from_paper and (started_at at time zone 'Asia/Shanghai')::date = '2024-05-08' and recorded_at::date = '2024-05-20'";
    assert_eq!(desk.app.scalar_i64(kept).await, 1);

    let staff = desk.app.staff_at(Role::VenueStaff, desk.venue).await;
    let certify = format!("/attendance/2024-05/venues/{}/certify", desk.venue);
    desk.app.clock_to("2024-06-01 09:00");
    staff.post(&certify, &[]).await.assert_status(303);
    desk.record(&paper).await.assert_status(409).assert_says("已审定上报");
    let id = desk.app.scalar_i64("select id from consultations").await;
    let duty = desk.duty().await;
    duty.get(&format!("/consultations/{id}/edit")).await.assert_status(409).assert_says("不能再改");
    let late = [("version", "1"), ("facts", "改过的内容")];
    desk.post(&duty, &format!("/consultations/{id}/edit"), &late).await.assert_status(409).assert_says("不能再改");
    let back = [("version", "1"), ("result", "returned"), ("note", "请补法律依据")];
    let clerk = desk.app.staff(Role::BureauClerk).await;
    let returned = clerk.post(&format!("/consultations/{id}/review"), &back).await;
    returned.assert_status(409).assert_says("因此不能退回补正");
    assert_eq!(desk.app.scalar_i64("select last_number::bigint from consultation_sums").await, 1);
}

#[tokio::test]
async fn a_returning_person_is_found_by_telephone() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.record(&[("birth_year", "1968")]).await.assert_status(303);
    let shift = desk.shift.to_string();
    let typed = [("shift", shift.as_str()), ("phone", "138 0000 4321"), ("facts", "又来问")];
    let page = duty.post("/consultations/known", &typed).await;
    page.assert_status(200).assert_says("来过1次").assert_says("劳动争议");
    assert_eq!(page.attribute("#f-client_name", "value").as_deref(), Some("王示例"));
    assert_eq!(page.attribute("#f-birth_year", "value").as_deref(), Some("1968"));
    assert_eq!(page.select("input[name=groups][checked]").len(), 2);
    assert_eq!(page.select("#f-facts"), ["又来问"]);
    let page = duty.post("/consultations/known", &[("shift", &shift), ("phone", "13900000000")]).await;
    page.assert_status(200).assert_says("首次来访");
    let page = duty.post("/consultations/known", &[("shift", &shift), ("phone", "12")]).await;
    page.assert_status(422);
    let looked =
        "select count(*) from audit_records where action = 'consultation.look_up' and note like '%138****4321%'";
    assert_eq!(desk.app.scalar_i64(looked).await, 1);
    assert_eq!(desk.count("consultations").await, 1);
}

#[tokio::test]
async fn a_half_written_record_outlives_the_session_and_goes_with_saving() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    let new = format!("/consultations/new?shift={}", desk.shift);
    duty.get(&new).await.assert_status(200).assert_silent_on("已恢复");
    let shift = desk.shift.to_string();
    let half = [("shift", shift.as_str()), ("client_name", "赵示例"), ("phone", PHONE), ("facts", "写到一半")];
    let page = duty.post("/consultations/draft", &half).await;
    page.assert_status(303);
    assert_eq!(page.location.as_deref(), Some(new.as_str()));
    duty.post("/sign-out", &[]).await.assert_status(303);
    duty.get(&new).await.assert_status(303);

    let again = desk.duty().await;
    let page = again.get(&new).await;
    page.assert_status(200).assert_says("已恢复没有登记完的内容");
    assert_eq!(page.attribute("#f-client_name", "value").as_deref(), Some("赵示例"));
    assert_eq!(page.select("#f-facts"), ["写到一半"]);
    let plain = "select count(*) from consultation_drafts where encode(content, 'escape') like '%13800004321%'";
    assert_eq!(desk.app.scalar_i64(plain).await, 0);
    desk.record(&[]).await.assert_status(303);
    assert_eq!(desk.count("consultation_drafts").await, 0);
}

#[tokio::test]
async fn a_draft_is_its_writers_and_an_empty_or_accepted_one_is_none() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    let shift = desk.shift.to_string();
    let colleague = desk.app.person("李四", &[desk.venue]).await;
    let other = desk.app.duty_person(colleague).await;
    other.post("/consultations/draft", &[("shift", &shift), ("facts", "别人的")]).await.assert_status(404);
    let quiet = |once: Uuid, facts: &str| {
        let token = duty.actor().form_token.clone();
        let once = once.to_string();
        serde_html_form::to_string([
            ("token", token.as_str()),
            ("once", once.as_str()),
            ("shift", &shift),
            ("facts", facts),
        ])
        .expect("a form")
    };
    let headers = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
    let once = Uuid::new_v4();
    let body = quiet(once, "自动暂存");
    duty.send(Method::POST, "/consultations/draft", Some(body.clone()), &headers).await.assert_status(204);
    let new = format!("/consultations/new?shift={shift}");
    duty.get(&new).await.assert_says("已恢复");
    // The form of the draft is accepted; an autosave that arrives late brings nothing back.
    let mut fields = vec![("shift", shift.as_str())];
    fields.extend([
        ("client_name", "王示例"),
        ("gender", "female"),
        ("channel", "phone"),
        ("topic", "family"),
        ("facts", "离婚"),
        ("request", "抚养权"),
        ("advice", "协商或起诉"),
        ("outcomes", "answered"),
        ("legal_aid_hint", "no"),
        ("satisfaction", "satisfied"),
        ("started_at", "08:30"),
    ]);
    duty.post_with_once("/consultations", once, &fields).await.assert_status(303);
    duty.send(Method::POST, "/consultations/draft", Some(body), &headers).await.assert_status(204);
    duty.get(&new).await.assert_silent_on("已恢复");
    duty.send(Method::POST, "/consultations/draft", Some(quiet(Uuid::new_v4(), "")), &headers).await.assert_status(204);
    assert_eq!(desk.count("consultation_drafts").await, 0);
}

#[tokio::test]
async fn records_made_at_once_get_numbers_of_their_own() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    let (one, two, three) = tokio::join!(
        desk.post(&duty, "/consultations", &[]),
        desk.post(&duty, "/consultations", &[("channel", "phone")]),
        desk.post(&duty, "/consultations", &[("channel", "event")]),
    );
    for page in [one, two, three] {
        page.assert_status(303);
    }
    let sums = "select (counted * 100 + last_number)::bigint from consultation_sums";
    assert_eq!(desk.app.scalar_i64(sums).await, 203);
    assert_eq!(desk.app.scalar_i64("select count(distinct number) from consultations").await, 3);
}

#[tokio::test]
async fn the_recorder_puts_a_record_right_once_and_what_is_sealed_stays() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.record(&[]).await.assert_status(303);
    let id = desk.app.scalar_i64("select id from consultations").await;
    let path = format!("/consultations/{id}/edit");
    let page = duty.get(&path).await;
    page.assert_status(200).assert_says("现为138****4321").assert_silent_on(PHONE);
    let staff = desk.app.staff_at(Role::VenueStaff, desk.venue).await;
    staff.get(&path).await.assert_status(409).assert_says("只有登记人本人");
    let change = [("version", "1"), ("phone", ""), ("channel", "event"), ("facts", "改过的内容")];
    desk.post(&duty, &path, &change).await.assert_status(303);
    duty.get(&format!("/consultations/{id}")).await.assert_says("改过的内容").assert_says("138****4321");
    assert_eq!(desk.app.scalar_i64("select counted::bigint from consultation_sums").await, 0);
    desk.post(&duty, &path, &change).await.assert_status(409).assert_says("有人改过");
    assert_eq!(desk.app.scalar_i64("select counted::bigint from consultation_sums").await, 0);
    let audited = "select count(*) from audit_records where action = 'consultation.edit'
        and before->>'facts' ~ '^12字，校验值[0-9a-f]{8}$' and after->>'facts' ~ '^5字，校验值' and after->>'client' = '王*例'
        and before->>'advice' = after->>'advice' and before::text !~ '工地' and after::text !~ '改过'";
    assert_eq!(desk.app.scalar_i64(audited).await, 1);
    let forget = [("version", "2"), ("phone", ""), ("forget", "phone")];
    desk.post(&duty, &path, &forget).await.assert_status(303);
    let gone = "select count(*) from consultations where phone is null and phone_index is null and phone_mask = ''";
    assert_eq!(desk.app.scalar_i64(gone).await, 1);
}

#[tokio::test]
async fn the_clerk_reviews_and_a_defect_stands() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.record(&[]).await.assert_status(303);
    let id = desk.app.scalar_i64("select id from consultations").await;
    let (one, review, edit) =
        (format!("/consultations/{id}"), format!("/consultations/{id}/review"), format!("/consultations/{id}/edit"));
    let clerk = desk.app.staff(Role::BureauClerk).await;
    clerk.post(&review, &[("version", "1")]).await.assert_status(422).assert_says("请选择复核结果");
    let page = clerk.post(&review, &[("version", "1"), ("result", "irregular")]).await;
    page.assert_status(422).assert_says("请选择不规范的情形");
    duty.post(&review, &[("version", "1"), ("result", "qualified")]).await.assert_status(403);
    clerk.post(&review, &[("version", "1"), ("result", "returned"), ("note", "请补法律依据")]).await.assert_status(303);
    duty.get(&one).await.assert_says("退回补正").assert_says("请补法律依据");
    desk.post(&duty, &edit, &[("version", "2"), ("phone", ""), ("legal_basis", "劳动法五十条")])
        .await
        .assert_status(303);
    duty.get(&one).await.assert_says("未复核");
    clerk.post(&review, &[("version", "2"), ("result", "qualified")]).await.assert_status(409).assert_says("有变动");
    let irregular = [("version", "3"), ("result", "irregular"), ("irregularity", "vague_answer")];
    clerk.post(&review, &irregular).await.assert_status(303);
    duty.get(&one).await.assert_says("不规范").assert_says("答复过于笼统");
    let proposed = "select count(*) from findings f join consultations c on c.id = f.consultation_id where f.kind = 'record_defect'";
    assert_eq!(desk.app.scalar_i64(proposed).await, 1);
    duty.get(&edit).await.assert_status(409);
    clerk.post(&review, &[("version", "4"), ("result", "qualified")]).await.assert_status(409).assert_says("扣款事项");
    let elsewhere = desk.app.venue("三甲镇").await;
    desk.app.staff_at(Role::VenueStaff, elsewhere).await.get(&one).await.assert_status(404);
}

#[tokio::test]
async fn the_list_is_searched_narrowed_and_turned_by_keys() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    desk.record(&[]).await.assert_status(303);
    desk.record(&[("client_name", "赵示例"), ("phone", "13900001111"), ("topic", "family")]).await.assert_status(303);
    // Many of one minute: the key breaks the tie by number.
    desk.app
        .execute(
            "insert into consultations (bureau_id, venue_id, shift_id, person_id, number, seal_id, channel, started_at, ended_at,
                 refused_identity, client_name, gender, topic, facts, request, advice, outcomes, legal_aid_hint, told_right,
                 recorded_by, recorded_at)
             select c.bureau_id, c.venue_id, c.shift_id, c.person_id, 'B-' || lpad(n::text, 4, '0'), gen_random_uuid(), 'phone',
                 '2024-05-08 08:30+08', '2024-05-08 08:30+08', true, '', 'unknown', 'other', '内容', '诉求', '意见',
                 '{answered}', false, false, c.recorded_by, c.recorded_at
             from (select * from consultations limit 1) c, generate_series(1, 70) n",
        )
        .await;
    let mut path = "/consultations".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = duty.get(&path).await;
        seen.extend(page.select("tbody th"));
        match page.attribute("a[rel=next]", "href") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 72);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 72);
    for (query, found) in [
        ("q=赵", 1),
        ("q=13900001111", 1),
        ("q=B-0007", 1),
        ("topic=family", 1),
        ("channel=phone&month=2024-04", 0),
        ("month=2024-05&channel=on_site", 2),
        ("q=%25", 0),
    ] {
        assert_eq!(duty.get(&format!("/consultations?{query}")).await.select("tbody th").len(), found, "{query}");
    }
    let colleague = desk.app.person("李四", &[desk.venue]).await;
    let other = desk.app.duty_person(colleague).await;
    other.get("/consultations").await.assert_says("还没有咨询记录");
}

#[tokio::test]
async fn the_form_starts_with_what_holds_for_most() {
    let desk = Desk::new().await;
    let duty = desk.duty().await;
    let page = duty.get("/consultations/new").await;
    page.assert_status(303);
    let page = duty.follow(page).await;
    assert_eq!(page.attribute("input[name=channel][checked]", "value").as_deref(), Some("on_site"));
    assert_eq!(page.attribute("input[name=outcomes][checked]", "value").as_deref(), Some("answered"));
    assert_eq!(page.attribute("input[name=satisfaction][checked]", "value").as_deref(), Some("not_rated"));
    assert_eq!(page.attribute("#f-started_at", "value").as_deref(), Some("09:00"));
    page.assert_says("个人信息处理告知");
}

#[tokio::test]
async fn several_records_are_found_in_order_together_or_none_is() {
    let desk = Desk::new().await;
    for _ in 0..3 {
        desk.record(&[]).await.assert_status(303);
    }
    let ids = [1, 2, 3].map(|place| format!("select id from consultations order by id offset {} limit 1", place - 1));
    let mut found = Vec::new();
    for sql in &ids {
        found.push(desk.app.scalar_i64(sql).await);
    }
    let clerk = desk.app.staff(Role::BureauClerk).await;
    let list = clerk.get("/consultations?review=unreviewed").await;
    assert_eq!(list.select("input[name=id]").len(), 3);
    assert_eq!(
        clerk.get("/consultations").await.select("input[name=id]").len(),
        0,
        "only in the list of the unreviewed"
    );
    let page = clerk.get(&format!("/consultations/together?id={}&id={}", found[0], found[1])).await;
    page.assert_status(200).assert_says("在工地干活三个月没发工资").assert_says("这2份复核为合格");

    // One of them changes before the button is pressed: none is reviewed.
    let seen = [format!("{}:1", found[0]), format!("{}:1", found[1])];
    desk.app.execute(&format!("update consultations set version = version + 1 where id = {}", found[1])).await;
    let fields = [("seen", seen[0].as_str()), ("seen", seen[1].as_str())];
    clerk.post("/consultations/together", &fields).await.assert_status(409).assert_says("一份也没有办理");
    let qualified = "select count(*) from consultations where review = 'qualified'";
    assert_eq!(desk.app.scalar_i64(qualified).await, 0);

    // Two reviewers at once: one of them reviews.
    let fields = [("seen", seen[0].as_str())];
    let (one, other) =
        tokio::join!(clerk.post("/consultations/together", &fields), clerk.post("/consultations/together", &fields));
    let mut answers = [one.status.as_u16(), other.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409]);
    assert_eq!(desk.app.scalar_i64(qualified).await, 1);
    let audited = "select count(*) from audit_records where action = 'consultation.review'";
    assert_eq!(desk.app.scalar_i64(audited).await, 1);

    clerk.get("/consultations/together").await.assert_status(422).assert_says("还没有勾选");
    clerk.get("/consultations/together?id=999999").await.assert_status(404);
    // Neither what is not there nor what was reviewed takes the others with it.
    let third = format!("{}:1", found[2]);
    clerk.post("/consultations/together", &[("seen", &third), ("seen", "999999:1")]).await.assert_status(404);
    let reviewed = format!("{}:2", found[0]);
    let page = clerk.post("/consultations/together", &[("seen", &third), ("seen", &reviewed)]).await;
    page.assert_status(409).assert_says("已经复核过");
    desk.app
        .execute(&format!(
            "update consultations set recorded_by = {} where id = {}",
            clerk.actor().account_id,
            found[2]
        ))
        .await;
    let page = clerk.post("/consultations/together", &[("seen", &third)]).await;
    page.assert_status(409).assert_says("由您本人登记");
    assert_eq!(desk.app.scalar_i64(qualified).await, 1);
    desk.duty().await.get(&format!("/consultations/together?id={}", found[2])).await.assert_status(403);
}

#[tokio::test]
async fn every_field_of_the_form_is_read_strictly_and_told_beside_itself() {
    let desk = Desk::new().await;
    let long = |most: usize| "长".repeat(most + 1);
    let male = huifa::secrets::demo_id_number("1970-03-04".parse().expect("a date"), 1);
    let unborn = huifa::secrets::demo_id_number("2024-06-01".parse().expect("a date"), 2);
    let duty = desk.duty().await;
    for (field, typed, words) in [
        ("channel", "x".to_owned(), "请选择咨询方式"),
        ("topic", "x".to_owned(), "请选择咨询事项类别"),
        ("satisfaction", "x".to_owned(), "请选择满意度"),
        ("follow_up_on", "下周".to_owned(), "请填写答复日期"),
        ("legal_aid_hint", "x".to_owned(), "请选择是否可能符合法律援助条件"),
        ("started_at", "早上".to_owned(), "请填写开始时间"),
        ("ended_at", "中午".to_owned(), "请填写结束时间"),
        ("birth_year", "六八年".to_owned(), "出生年份是四位数字"),
        ("birth_year", "2025".to_owned(), "到2024年之间"),
        ("birth_year", "1850".to_owned(), "到2024年之间"),
        ("id_number", unborn, "出生日期还没有到"),
        ("id_number", male, "与所选性别不符"),
        ("id_number", "149999197003040010".to_owned(), "校验位"),
        ("client_name", long(50), "姓名最多50个字"),
        ("township", long(50), "最多50个字"),
        ("address", long(200), "住址最多200个字"),
        ("cause", long(60), "最多60个字，现在是61个"),
        ("legal_basis", long(1000), "最多1000个字"),
        ("referred_to", long(100), "最多100个字"),
    ] {
        let page = desk.post(&duty, "/consultations", &[(field, &typed)]).await;
        page.assert_status(422);
        let beside = page.select(&format!("#e-{field}")).join("");
        assert!(beside.contains(words), "{field} {typed:.20}: “{beside}” does not say “{words}”");
    }
    assert_eq!(desk.count("consultations").await, 0);
    // What was typed at its limit is taken.
    let limits = [("cause", "长".repeat(60)), ("township", "长".repeat(50)), ("client_name", "长".repeat(50))];
    let limits: Vec<(&str, &str)> = limits.iter().map(|(field, typed)| (*field, typed.as_str())).collect();
    desk.post(&duty, "/consultations", &limits).await.assert_status(303);

    let id = desk.app.scalar_i64("select id from consultations").await;
    let review = format!("/consultations/{id}/review");
    let clerk = desk.app.staff(Role::BureauClerk).await;
    let wordy = [("version", "1"), ("result", "returned"), ("note", &*long(200))];
    clerk.post(&review, &wordy).await.assert_status(422).assert_says("复核意见最多200个字");
    let other = [("version", "1"), ("result", "irregular"), ("irregularity", "other")];
    clerk.post(&review, &other).await.assert_status(422).assert_says("请写明不规范的情形");
    // Whoever wrote it does not review it, in another post either.
    let turned = desk.app.in_another_post(&clerk, Role::BureauClerk).await;
    desk.app.tamper(&format!("update consultations set recorded_by = {}", turned.actor().account_id)).await;
    let page = turned.post(&review, &[("version", "1"), ("result", "qualified")]).await;
    page.assert_status(409).assert_says("由登记人以外的人复核");
}
