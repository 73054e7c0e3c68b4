//! What is shown of people, points, records, reviews and on the public pages, each with its decoys beside it: another
//! person's or point's, withdrawn, not published, not in use.

use huifa::attendance::db::{board, open_matters_of, settlement_status};
use huifa::consultations::db::{ListFilter, list};
use huifa::people::db::{Filter, find_by_id_number, people, shifts_after};
use huifa::reports::db::signings;
use huifa::reports::period::ReportKind;
use huifa::web::actor::Scope;
use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::{TestApp, date};
use crate::support::books::{approved_settlement, scope};
use crate::support::case_life::Centre;
use crate::support::ground::Ground;

#[tokio::test]
async fn the_board_of_a_month_counts_what_is_over_open_and_of_the_point() {
    let app = TestApp::new().await;
    let (here, there, shut) = (app.venue("米山镇").await, app.venue("北诗镇").await, app.venue("河西镇").await);
    let (person, colleague) = (app.person("张三", &[here]).await, app.person("李四", &[there]).await);
    let duty = Duty::new(&app).await;
    // Came and went; came; nobody; today; and elsewhere.
    let shifts = duty
        .publish(
            "2024-05",
            &[
                (person, here, "2024-05-08"),
                (person, here, "2024-05-15"),
                (person, here, "2024-05-22"),
                (person, here, "2024-05-29"),
                (colleague, there, "2024-05-08"),
            ],
        )
        .await;
    duty.serve(shifts[0]).await;
    duty.attend(shifts[1], "08:00", None).await;
    let june = duty.publish("2024-06", &[(person, here, "2024-06-05")]).await;
    let july = duty.publish("2024-07", &[(person, here, "2024-07-03")]).await;
    app.execute(
        "update rosters set status = 'approved', published_by = null, published_at = null where month = '2024-07-01'",
    )
    .await;
    for (shift, status) in
        [(shifts[1], "told"), (shifts[1], "confirmed"), (shifts[4], "told"), (june[0], "told"), (july[0], "told")]
    {
        let finding = duty.confirmed(shift, "late", status).await;
        if status == "told" {
            let open = "status = 'told', decided_by = null, decided_at = null";
            app.execute(&format!("update findings set {open} where id = {finding}")).await;
        }
    }
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let second = (by + 1000).to_string();
    let mut rows = Ground::new(&app, by).await;
    for (shift, status) in [(shifts[1], "asked"), (shifts[2], "refused"), (june[0], "asked")] {
        let shift = shift.to_string();
        let decided = [("decided_by", second.as_str()), ("decided_at", "2024-05-28 09:00+08")];
        let row = [("shift_id", shift.as_str()), ("side", "sign_out"), ("status", status)];
        rows.put("attendance_corrections", &[&row[..], if status == "asked" { &[] } else { &decided[..] }].concat());
    }
    rows.done().await;
    app.execute(&format!("update venues set active = false where id = {shut}")).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let today = date("2024-05-29");
    let may =
        board(&mut conn, app.bureau, Some(here), "2024-05".parse().expect("a month"), today).await.expect("a board");
    let [row] = &may[..] else { panic!("one point: {may:?}") };
    assert_eq!((row.shifts, row.served, row.no_sign_in, row.no_sign_out), (4, 2, 1, 1));
    assert_eq!((row.open_corrections, row.open_findings), (1, 1));
    let all = board(&mut conn, app.bureau, None, "2024-07".parse().expect("a month"), today).await.expect("a board");
    assert!(all.iter().all(|row| row.shifts == 0 && row.open_findings == 0), "July is not published: {all:?}");
    assert!(all.iter().all(|row| row.venue_id != shut), "nothing is expected of a point that is shut");
    let open =
        open_matters_of(&mut conn, app.bureau, here, "2024-05".parse().expect("a month")).await.expect("matters");
    assert_eq!(open.iter().map(|one| one.shift_id).collect::<Vec<_>>(), [shifts[1], shifts[1]]);
    approved_settlement(&app, "2024-04", 100).await;
    for (month, status) in [("2024-04", Some("approved".to_owned())), ("2024-05", None)] {
        let found = settlement_status(&mut conn, app.bureau, month.parse().expect("a month")).await.expect("a status");
        assert_eq!(found, status, "{month}");
    }
}

#[tokio::test]
async fn a_persons_points_shifts_and_records_are_their_own() {
    let app = TestApp::new().await;
    let (here, there) = (app.venue("米山镇").await, app.venue("北诗镇").await);
    let (person, colleague) = (app.person("张三", &[here]).await, app.person("李四", &[there]).await);
    let duty = Duty::new(&app).await;
    let shifts = duty
        .publish(
            "2024-05",
            &[(person, here, "2024-05-08"), (person, here, "2024-05-15"), (colleague, there, "2024-05-22")],
        )
        .await;
    let mine = duty.record(shifts[0], "记1").await;
    let later = duty.record(shifts[1], "记2").await;
    let theirs = duty.record(shifts[2], "记3").await;
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    app.execute(&format!("update consultations set review = 'qualified', reviewed_by = {clerk} where id = {later}"))
        .await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let at = Filter { venue: Some(here), ..Filter::default() };
    let found = people(&mut conn, app.bureau, &at, 50).await.expect("people");
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [person]);
    assert_eq!(found[0].venues, ["米山镇"]);
    assert_eq!(shifts_after(&mut conn, app.bureau, person, date("2024-05-08")).await.expect("a number"), 1);
    let index: Vec<u8> = sqlx::query_scalar("select id_number_index from persons where id = $1")
        .bind(person)
        .fetch_one(&app.owner)
        .await
        .expect("an index");
    for (except, there) in [(None, true), (Some(colleague), true), (Some(person), false)] {
        let found =
            find_by_id_number(&mut conn, app.bureau, std::slice::from_ref(&index), except).await.expect("a person");
        assert_eq!(found.is_some(), there, "{except:?}");
    }
    // Records by point, shift, day and review.
    let shift_of = |shift: usize| shifts.get(shift).copied();
    let all = ListFilter::all();
    for (filter, expected) in [
        (all.clone(), vec![theirs, later, mine]),
        (ListFilter { venue: Some(here), ..all.clone() }, vec![later, mine]),
        (ListFilter { shift: shift_of(0), ..all.clone() }, vec![mine]),
        (ListFilter { review: "qualified".to_owned(), ..all.clone() }, vec![later]),
        (ListFilter { from: crate::support::app::instant("2024-05-15 00:00"), ..all.clone() }, vec![theirs, later]),
    ] {
        let found = list(&mut conn, scope(&app), &filter, 50).await.expect("records");
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let own = list(&mut conn, Scope::Own { bureau: app.bureau, person }, &all, 50).await.expect("records");
    assert_eq!(own.iter().map(|one| one.id).collect::<Vec<_>>(), [later, mine]);
    // Found by number within one's reach.
    let staff = app.staff_at(Role::VenueStaff, here).await;
    let fellow = app.duty_person(colleague).await;
    for (who, number, there) in
        [(&staff, "记1", true), (&staff, "记3", false), (&fellow, "记3", true), (&fellow, "记1", false)]
    {
        let page = who.get(&format!("/find?q={}", percent(number))).await;
        assert_eq!(
            page.attributes("#found a", "href").iter().any(|to| to.starts_with("/consultations/")),
            there,
            "{number}"
        );
    }
}

fn percent(words: &str) -> String {
    words.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_report_is_signed_by_its_kind_period_and_year_until_it_is_withdrawn() {
    let app = TestApp::new().await;
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    for (id, kind, period, withdrawn) in [
        ("1", "quarterly", "2024-Q1", false),
        ("2", "quarterly", "2024-Q2", false),
        ("3", "monthly", "2024-05", false),
        ("4", "quarterly", "2024-Q1", true),
        ("5", "quarterly", "2023-Q4", false),
        ("6", "account_book", "2024-Q1", false),
    ] {
        let gone = [("withdrawn_by", "1"), ("withdrawn_at", "2024-06-01 09:00+08"), ("withdrawal", "数据有误")];
        let row = [("id", id), ("kind", kind), ("period", period)];
        rows.put("report_signings", &[&row[..], if withdrawn { &gone[..] } else { &[] }].concat());
    }
    rows.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    for (one, year, expected) in [
        (None, 2024, vec![6, 3, 2, 1]),
        (None, 2023, vec![5]),
        (Some((ReportKind::Quarterly, "2024-Q1")), 2024, vec![1]),
    ] {
        let found = signings(&mut conn, app.bureau, one, year).await.expect("signings");
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{one:?} {year}");
    }
}

#[tokio::test]
async fn only_closed_cases_without_a_review_are_drawn_and_by_people_without_a_part() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let (clerk, gone) = (app.staff(Role::BureauClerk).await, app.staff(Role::BureauClerk).await);
    let (me, zhao) = (clerk.actor().account_id.to_string(), centre.handler.actor().account_id.to_string());
    let mut rows = Ground::new(&app, centre.desk.actor().account_id).await;
    let agreed = [("state", "close_agreed"), ("assigned_on", "2024-05-06"), ("closing_agreed_on", "2024-05-06")];
    let paper = [("origin", "paper"), agreed[1], agreed[2]];
    rows.case(1, &agreed)
        .case(2, &[("state", "handling")])
        .case(3, &paper)
        .case(4, &agreed)
        .case(5, &agreed)
        .case(6, &[&agreed[..], &[("handler_id", &centre.zhao.to_string())]].concat())
        // Looked into and worked on by who reviews; the others are not.
        .case(7, &agreed);
    for (case, kind) in [("4", "administrative"), ("5", "peer")] {
        rows.put("case_quality", &[("case_id", case), ("kind", kind)]);
    }
    for (case, kind) in [("1", "reveal"), ("7", "note")] {
        rows.put("case_events", &[("case_id", case), ("kind", kind), ("account_id", &me)]);
    }
    rows.done().await;
    app.execute(&format!("update accounts set status = 'disabled' where id = {}", gone.actor().account_id)).await;
    app.execute(&format!(
        "update case_handlers set status = 'suspended', status_reason = '停止执业' where id = {}",
        centre.li
    ))
    .await;
    let page = clerk.get("/cases/quality").await;
    let mut offered: Vec<String> = page.attributes("select[name=reviewer] option", "value");
    offered.retain(|value| !value.is_empty());
    offered.sort();
    let mut expected = vec![me.clone(), zhao.clone()];
    expected.sort();
    assert_eq!(offered, expected);
    let picked = |number: &'static str| {
        [("kind", "administrative"), ("reviewer", me.as_str()), ("numbers", number), ("reason", "投诉")]
    };
    for number in ["2", "3", "7"] {
        let page = clerk.post("/cases/quality", &picked(number)).await;
        assert_ne!(page.status.as_u16(), 303, "{number}");
    }
    let lot = [("kind", "administrative"), ("reviewer", me.as_str()), ("count", "50")];
    clerk.post("/cases/quality", &lot).await.assert_status(303);
    let lot = [("kind", "peer"), ("reviewer", zhao.as_str()), ("count", "50")];
    clerk.post("/cases/quality", &lot).await.assert_status(303);
    for (kind, reviewer, cases) in [("administrative", &me, "1,5,6"), ("peer", &zhao, "1,4,7")] {
        let drawn: String = sqlx::query_scalar(
            "select coalesce(string_agg(case_id::text, ',' order by case_id), '') from case_quality
             where kind = $1 and reviewer_id = $2::bigint",
        )
        .bind(kind)
        .bind(reviewer.parse::<i64>().expect("an id"))
        .fetch_one(&app.owner)
        .await
        .expect("what was drawn");
        assert_eq!(drawn, cases, "{kind}");
    }
}

#[tokio::test]
async fn the_public_pages_know_only_what_is_in_use() {
    let app = TestApp::new().await;
    let shut = app.venue("北诗镇").await;
    app.execute(&format!(
        "update venues set active = false where id = {shut};
         insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川')"
    ))
    .await;
    // A bureau of which no point is in use.
    let elsewhere = app.scalar_i64("select id from bureaus where division_code = '140524'").await.to_string();
    let mut rows = Ground::new(&app, 1).await;
    rows.put(
        "venues",
        &[
            ("bureau_id", &elsewhere),
            ("code", "140524101"),
            ("kind", "station"),
            ("active", "false"),
            ("starts_at", "08:00"),
            ("ends_at", "12:00"),
        ],
    );
    rows.done().await;
    let page = app.stranger().get("/").await;
    page.assert_status(200).assert_silent_on("北诗").assert_silent_on("陵川县司法局");
    app.stranger().get("/?county=140524").await.assert_status(404);
}

#[tokio::test]
async fn an_application_is_looked_up_by_its_number_and_telephone_and_old_ones_stop_nobody() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let stranger = app.stranger();
    // Two at the window, whose numbers and telephones do not belong together.
    let first = centre.apply(&[]).await;
    let other =
        [("name", "王建军"), ("id_number", "149999198003150036"), ("opponent", "另一公司"), ("phone", "13800000002")];
    centre.apply(&other).await;
    centre.step(&centre.desk, &first, "accept", &[]).await;
    let number: String = sqlx::query_scalar("select application_number from cases order by id limit 1")
        .fetch_one(&app.owner)
        .await
        .expect("a number");
    for (number, phone, there) in [
        (number.as_str(), "13800000001", true),
        (&number, "13800000002", false),
        ("高法援申字〔2024〕099号", "13800000001", false),
    ] {
        let page = stranger.post_bare("/legal-aid/status", &[("number", number), ("phone", phone)]).await;
        assert_eq!(page.status.as_u16() == 200, there, "{number} {phone}");
    }
    // Many that were answered long ago.
    let form = [
        ("name", "赵大爷"),
        ("id_number", "14999919500101001X"),
        ("phone", "13900000005"),
        ("facts", "儿子三年没有给赡养费，多次要钱都不给。"),
        ("request", "请求支付赡养费"),
        ("agreed", "yes"),
    ];
    stranger.post_bare("/legal-aid", &form).await.assert_status(200);
    app.execute(&format!(
        "update case_online set status = 'declined', answer = '不属于援助范围', sent_at = '2023-01-06 09:00+08',
             answered_by = {by}, answered_at = '2023-01-07 09:00+08';
         insert into case_online (bureau_id, seal_id, number, name, gender, id_number, id_number_index, id_number_mask, phone,
             phone_index, phone_mask, facts, request, sent_at, status, answer, answered_by, answered_at)
         select bureau_id, gen_random_uuid(), 'x' || n, name, gender, id_number, id_number_index, id_number_mask, phone,
             phone_index, phone_mask, facts, request, sent_at, status, answer, answered_by, answered_at
         from case_online, generate_series(1, 5) n",
        by = centre.desk.actor().account_id
    ))
    .await;
    stranger.post_bare("/legal-aid", &form).await.assert_status(200);
}

#[tokio::test]
async fn ones_own_account_shows_ones_own_keys_sessions_and_requests() {
    let app = TestApp::new().await;
    let (me, other) = (app.staff(Role::Finance).await, app.staff(Role::Leader).await);
    let security = app.staff(Role::SecurityAdministrator).await;
    let by = app.staff(Role::SystemAdministrator).await.actor().account_id;
    let (mine, theirs) = (me.actor().account_id.to_string(), other.actor().account_id.to_string());
    let mut rows = Ground::new(&app, by).await;
    for (whose, name) in [(&mine, "我的手机"), (&theirs, "他的手机")] {
        let id = format!("=decode(rpad(md5('{name}'), 80, '0'), 'hex')");
        rows.put(
            "passkeys",
            &[("account_id", whose), ("credential_id", &id), ("public_key", &id), ("sign_count", "0"), ("name", name)],
        );
    }
    for (whose, agent, until) in [
        (&mine, "Gecko-live", "2099-01-01 00:00+08"),
        (&mine, "Gecko-over", "2024-01-01 00:00+08"),
        (&theirs, "Gecko-other", "2099-01-01 00:00+08"),
    ] {
        rows.put(
            "sessions",
            &[
                ("id", &format!("=sha256('{agent}')")),
                ("account_id", whose),
                ("user_agent", agent),
                ("address", agent),
                ("expires_at", until),
            ],
        );
    }
    for (whose, reason) in [(&mine, "借调结束"), (&theirs, "另一项申请")] {
        rows.put(
            "rights_requests",
            &[
                ("account_id", whose),
                ("kind", "role"),
                ("role", "finance"),
                ("reason", reason),
                ("asked_by", &by.to_string()),
            ],
        );
    }
    rows.done().await;
    let page = me.get("/my-account").await;
    page.assert_status(200).assert_says("我的手机").assert_silent_on("他的手机");
    page.assert_says("Gecko-live").assert_silent_on("Gecko-over").assert_silent_on("Gecko-other");
    let page = security.get(&format!("/accounts/{mine}")).await;
    page.assert_status(200).assert_says("借调结束").assert_silent_on("另一项申请");
}
