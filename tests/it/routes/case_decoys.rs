//! What the desks, the lists and a case's own page show of cases, each with its decoys beside it: another's, ended,
//! withdrawn, paid back, shut.

use std::collections::BTreeSet;

use huifa::cases::db::{Asked, cases, count};
use huifa::cases::desk::waiting;
use huifa::cases::life::dossier::{Viewer, find, in_common};
use huifa::cases::life::handling::{find_paper, hearings};
use huifa::cases::rules::Part;
use huifa::plan::calendar::Calendar;
use huifa::web::permissions::Role;

use crate::support::app::{Browser, Page, TestApp, date, instant};
use crate::support::case_life::Centre;
use crate::support::ground::Ground;

/// What waits for somebody, as the last part of each address with its title's case number.
async fn waits(app: &TestApp, who: &Browser<'_>) -> Vec<String> {
    let mut conn = app.owner.acquire().await.expect("a connection");
    let now = app.state.clock.now();
    let mut due: Vec<String> = waiting(&mut conn, who.actor(), &Calendar::shipped(), 30, now)
        .await
        .expect("what waits")
        .into_iter()
        .map(|one| format!("{} {}", one.title, one.detail))
        .collect();
    due.sort();
    due
}

fn rows(page: &Page) -> BTreeSet<String> {
    page.assert_status(200).select("table.work-list tbody tr").into_iter().collect()
}

#[tokio::test]
async fn a_desk_is_shown_what_waits_there_and_nothing_else() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let colleague = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    app.clock_to("2024-05-20 09:00");
    let (me, other) = (centre.desk.actor().account_id, colleague.actor().account_id.to_string());
    let (mine, zhao, li) = (me.to_string(), centre.zhao.to_string(), centre.li.to_string());
    let mut ground = Ground::new(&app, app.staff(Role::BureauClerk).await.actor().account_id).await;
    ground
        .case(1, &[("state", "accepted"), ("cause", "离婚")])
        .case(2, &[("state", "supplement")])
        .case(3, &[("state", "supplement")])
        .case(4, &[("state", "reviewing")])
        .case(5, &[("state", "handling"), ("handler_id", &zhao)])
        .case(6, &[("state", "handling"), ("handler_id", &zhao)])
        .case(7, &[("state", "handling"), ("handler_id", &zhao)])
        .case(8, &[("state", "handling"), ("handler_id", &zhao)])
        .case(9, &[("state", "concluded"), ("handler_id", &zhao)])
        .case(10, &[("state", "concluded"), ("handler_id", &li)])
        .case(11, &[("state", "accepted"), ("restricted", "true"), ("worker_id", &other)])
        .case(12, &[("state", "accepted"), ("restricted", "true"), ("worker_id", &mine), ("cause", "强奸")])
        .case(13, &[("state", "archived"), ("terminated_on", "2024-05-08"), ("termination_note", "终止")]);
    // Somebody of the desk who is in the register of handlers is still at the desk.
    ground.put("case_firms", &[("id", "901"), ("kind", "agency")]).put(
        "case_handlers",
        &[("id", "901"), ("firm_id", "901"), ("account_id", &mine), ("category", "agency_staff"), ("gender", "male")],
    );
    ground.case(14, &[("state", "concluded"), ("handler_id", "901")]);
    for (case, kind, due, paused, ended) in [
        ("1", "pass_on", "2024-05-21", "null", "'2024-05-16'"),
        ("1", "assign", "2024-05-22", "'2024-05-16'", "null"),
        ("1", "object", "2024-05-23", "null", "null"),
        ("1", "review", "2024-05-24", "null", "null"),
        ("2", "supplement", "2024-05-19", "null", "null"),
        ("3", "supplement", "2024-05-20", "null", "null"),
        ("6", "meet", "2024-05-21", "null", "null"),
        ("7", "meet", "2024-05-21", "null", "'2024-05-16'"),
        ("8", "submit_file", "2024-05-21", "null", "null"),
    ] {
        let (paused, ended) = (format!("={paused}"), format!("={ended}"));
        let row = [("case_id", case), ("kind", kind), ("started_on", "2024-05-15"), ("due_on", due)];
        ground.put("case_clocks", &[&row[..], &[("paused_on", &paused), ("ended_on", &ended)]].concat());
    }
    for (case, to_handler, read) in [
        ("1", "false", "=null"),
        ("2", "false", "2024-05-16 09:00+08"),
        ("9", "true", "=null"),
        ("10", "true", "=null"),
        ("11", "false", "=null"),
        ("12", "false", "=null"),
        ("14", "true", "=null"),
    ] {
        ground.put("case_messages", &[("case_id", case), ("to_handler", to_handler), ("read_at", read)]);
    }
    for (number, status, by) in [("网1", "sent", "=null"), ("网2", "declined", mine.as_str())] {
        ground.put("case_online", &[("number", number), ("gender", "male"), ("status", status), ("answered_by", by)]);
    }
    // On paper: to be assigned, assigned, agreed, entered, ended.
    let paper = [("origin", "paper"), ("received_on", "=null")];
    let (assigned, agreed) = (("assigned_on", "2024-05-07"), ("closing_agreed_on", "2024-05-08"));
    let entered = [("entered_on", "2024-05-09"), ("entry_number", "SX1")];
    let ended = [("terminated_on", "2024-05-07"), ("termination_note", "终止")];
    for (case, dates) in [
        (21, vec![]),
        (22, vec![assigned]),
        (23, vec![assigned, agreed]),
        (24, [&[assigned, agreed][..], &entered].concat()),
    ] {
        ground.case(case, &[&paper[..], &dates].concat());
    }
    ground.case(25, &[&paper[..], &ended].concat());
    // How long it took: the green channel, another, on paper, of last year.
    let quick = [("state", "handling"), ("assigned_on", "2024-05-07"), ("green", "true")];
    ground
        .case(31, &quick)
        .case(32, &[("state", "handling"), ("assigned_on", "2024-05-10")])
        .case(33, &[("origin", "paper"), ("assigned_on", "2024-05-20")])
        .case(
            34,
            &[
                ("state", "handling"),
                ("received_on", "2023-12-20"),
                ("accepted_on", "2023-12-20"),
                ("assigned_on", "2024-01-10"),
            ],
        );
    ground.done().await;
    app.execute(&format!("update accounts set status = 'disabled' where id = {other}")).await;

    assert_eq!(
        waits(&app, &centre.desk).await,
        [
            "1 有新留言 离婚",
            "1 离婚：提出审查意见 审查申请",
            "11 受限案件：提出审查意见 ",
            "11 有新留言 受限案件",
            "12 强奸：提出审查意见 ",
            "12 有新留言 强奸",
            "1件案件已同意结案，待录入省系统 录入后才计入任务、发放补贴；补贴自同意结案起30日内发放",
            "1件案件待指派 最早的5月6日受理",
            "2 案由：补正期满，视为撤回或者收存补正 申请人补正，逾期1天",
            "网1 网上申请待核收 5月6日发来；核收、审查合计7日",
        ]
    );
    assert_eq!(waits(&app, &centre.director).await, ["4 案由：审批 "]);
    assert_eq!(
        waits(&app, &centre.handler).await,
        ["6 案由：办理 会见在押当事人，还剩1天", "9 有新留言 案由", "9 案由：提交结案材料 ",]
    );
    let page = centre.desk.get("/cases/work").await;
    let shown: Vec<String> = page.select("table.work-list tbody th").into_iter().collect();
    assert_eq!(shown, ["2", "1", "4", "11 受限案件", "12"]);
    assert_eq!(rows(&centre.desk.get(&format!("/cases/work?worker={mine}")).await).len(), 1);
    let figures = page.select(".figures .figure");
    assert!(figures[0].contains("1.0") && figures[0].contains("今年1件"), "{figures:?}");
    assert!(figures[1].contains("4.0") && figures[1].contains("今年1件"), "{figures:?}");
    assert_eq!(page.attributes("select[name=to] option", "value"), ["", &mine]);
}

#[tokio::test]
async fn the_limit_of_a_payment_ends_with_what_was_paid_and_stayed_paid() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-05-20 09:00");
    let zhao = centre.zhao.to_string();
    let account = centre.handler.actor().account_id;
    let mine = account.to_string();
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let (second, third) = ((by + 1000).to_string(), (by + 2000).to_string());
    let mut ground = Ground::new(&app, by).await;
    let agreed = [
        ("state", "close_agreed"),
        ("assigned_on", "2024-05-06"),
        ("closing_agreed_on", "2024-05-06"),
        ("handler_id", zhao.as_str()),
    ];
    // Stages of one matter, of which the second is looked at from the last as well.
    ground.case(10, &agreed).case(11, &[("matter_id", "10")]).case(12, &[("matter_id", "10")]).case(13, &[]);
    for (kind, ended) in [("payout", "=null"), ("payout", "2024-05-07"), ("review_closing", "=null")] {
        ground.put(
            "case_clocks",
            &[
                ("case_id", "10"),
                ("kind", kind),
                ("started_on", "2024-05-06"),
                ("due_on", "2024-06-05"),
                ("ended_on", ended),
            ],
        );
    }
    for (days, status) in [("10", "granted"), ("5", "asked"), ("3", "refused")] {
        let decided = if status == "asked" { ["=null", "=null"] } else { [second.as_str(), "2024-05-08 09:00+08"] };
        let row = [("case_id", "10"), ("days", days), ("status", status)];
        ground.put("case_extensions", &[&row[..], &[("decided_by", decided[0]), ("decided_at", decided[1])]].concat());
    }
    for (batch, live, paid) in [("1", false, "2024-05-10"), ("2", true, "2024-05-16")] {
        let paid = format!("{paid} 09:00+08");
        ground.put(
            "case_batches",
            &[
                ("id", batch),
                ("year", "2024"),
                ("number", batch),
                ("status", "paid"),
                ("approved_by", &second),
                ("approved_at", &paid),
                ("paid_by", &third),
                ("paid_at", &paid),
            ],
        );
        let row = [("batch_id", batch), ("case_id", "10"), ("year", "2024"), ("payee_kind", "handler")];
        let gone =
            [("live", "false"), ("ended_by", &*second), ("ended_at", "2024-05-11 09:00+08"), ("ended_reason", "退")];
        ground.put("case_payouts", &[&row[..], if live { &[] } else { &gone[..] }].concat());
    }
    ground.put(
        "case_outside_payments",
        &[
            ("case_id", "10"),
            ("source", "lottery"),
            ("recorded_at", "2024-05-08 09:00+08"),
            ("withdrawn_by", &second),
            ("withdrawn_at", "2024-05-09 09:00+08"),
            ("withdrawal", "记错"),
        ],
    );
    ground.put(
        "case_voids",
        &[("case_id", "10"), ("decided_by", &second), ("decided_at", "2024-05-09 09:00+08"), ("agreed", "false")],
    );
    // Reviewed by the handler as a peer: open, and done.
    let done = [("scores", "{}"), ("total", "90"), ("done_on", "2024-05-08")];
    for (case, outcome) in [("11", &[][..]), ("12", &done[..])] {
        let row = [("case_id", case), ("kind", "peer"), ("reviewer_id", mine.as_str())];
        ground.put("case_quality", &[&row[..], outcome].concat());
    }
    // Papers, and one that was taken out; hearings, past and of another.
    for (paper, case, removed) in [("1", "10", false), ("2", "10", true), ("3", "13", false)] {
        let row = [("id", paper), ("case_id", case), ("kind", "evidence"), ("source", "paper")];
        let gone = [("removed_at", "2024-05-07 09:00+08"), ("removed_by", "1"), ("removed_why", "错")];
        ground.put("case_documents", &[&row[..], if removed { &gone[..] } else { &[] }].concat());
    }
    ground.case(14, &[("state", "handling"), ("handler_id", &centre.li.to_string())]);
    // A handler who is of the duty bank.
    let duty = app.duty_person(app.person("赵志远", &[]).await).await;
    ground
        .put(
            "case_handlers",
            &[
                ("id", "915"),
                ("firm_id", &app.scalar_i64("select min(id) from case_firms").await.to_string()),
                ("account_id", &duty.actor().account_id.to_string()),
                ("category", "volunteer"),
                ("gender", "male"),
            ],
        )
        .case(15, &[agreed[0], agreed[1], agreed[2], ("handler_id", "915")])
        .put("case_clocks", &[("case_id", "15"), ("kind", "payout"), ("due_on", "2024-06-05")]);
    for (record, case, day) in [("1", "10", "2024-05-21"), ("2", "10", "2024-05-08"), ("3", "14", "2024-05-21")] {
        let starts = format!("{day} 09:00+08");
        ground.put("case_records", &[("id", record), ("case_id", case), ("kind", "hearing"), ("starts_at", &starts)]);
    }
    ground.done().await;

    let mut conn = app.owner.acquire().await.expect("a connection");
    let all = Viewer { account: by, assigned_only: false, director: false };
    let case = find(&mut conn, app.bureau, all, 10).await.expect("a dossier").expect("the case");
    let clocks: Vec<_> = case.clocks.0.iter().map(|one| (one.kind.to_string(), one.due_on, one.ended_on)).collect();
    assert_eq!(
        clocks,
        [
            ("发放办案补贴".to_owned(), date("2024-06-15"), Some(date("2024-05-16"))),
            ("发放办案补贴".to_owned(), date("2024-06-05"), Some(date("2024-05-07"))),
            ("结案审查".to_owned(), date("2024-06-05"), None),
        ]
    );
    let stage = find(&mut conn, app.bureau, all, 11).await.expect("a dossier").expect("the case");
    assert_eq!(stage.stages.0.iter().map(|one| one.id).collect::<Vec<_>>(), [10, 12]);
    let own = Viewer { account, assigned_only: true, director: false };
    let mut reached = Vec::new();
    for case in 10..=14 {
        if find(&mut conn, app.bureau, own, case).await.expect("a dossier").is_some() {
            reached.push(case);
        }
    }
    assert_eq!(reached, [10, 11]);
    for (paper, there) in [(1, true), (2, false), (3, false)] {
        assert_eq!(find_paper(&mut conn, 10, paper).await.expect("a paper").is_some(), there, "{paper}");
    }
    let from = instant("2024-05-20 09:00");
    for (case, handler, expected) in
        [(Some(10), None, vec![2, 1]), (None, Some(account), vec![1]), (None, None, vec![2, 1, 3])]
    {
        let mut found = hearings(&mut conn, app.bureau, case, handler, from).await.expect("hearings");
        found.sort_by_key(|one| (one.starts_at, one.id));
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected);
    }
    // Whoever reads as a person sees nothing of the bureau's money.
    let words = "发放办案补贴";
    centre.desk.get("/cases/15").await.assert_status(200).assert_says(words);
    duty.get("/cases/15").await.assert_status(200).assert_silent_on(words);
}

#[tokio::test]
async fn cases_with_a_party_in_common_are_those_of_the_same_people() {
    let app = TestApp::new().await;
    let mut ground = Ground::new(&app, app.staff(Role::LegalAidDirector).await.actor().account_id).await;
    for (case, cause, row) in [
        // One with an opponent: the same again, another cause without one, known by telephone, a namesake, crossed.
        (
            20,
            "工资",
            vec![
                ("name", "甲"),
                ("id_number_index", "A"),
                ("phone_index", "P"),
                ("opponent", "乙"),
                ("opponent_key", "K"),
            ],
        ),
        (21, "借款", vec![("name", "甲"), ("id_number_index", "A"), ("opponent_key", "K")]),
        (22, "工资", vec![("name", "甲"), ("id_number_index", "A")]),
        (23, "工资", vec![("name", "甲"), ("phone_index", "P"), ("opponent_key", "K2")]),
        (24, "工资", vec![("name", "甲"), ("opponent_key", "K")]),
        (25, "工资", vec![("name", "乙"), ("opponent", "甲"), ("opponent_key", "K3")]),
        // One without.
        (30, "工资", vec![("name", "丙"), ("id_number_index", "B")]),
        (31, "离婚", vec![("name", "丙"), ("id_number_index", "B")]),
        (32, "工资", vec![("name", "丙"), ("id_number_index", "B"), ("opponent_key", "K")]),
        (33, "工资", vec![("name", "丙"), ("id_number_index", "B")]),
        // Of nobody yet.
        (40, "工资", vec![("name", "")]),
        (41, "离婚", vec![("name", "")]),
    ] {
        ground.case(case, &[("cause", cause)]);
        let id = case.to_string();
        ground.put("case_applications", &[&[("case_id", &*id), ("gender", "male")][..], &row].concat());
    }
    ground.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    for (case, expected) in [
        (
            20,
            vec![(25, false, false, true), (23, true, false, false), (22, true, false, false), (21, true, true, false)],
        ),
        (30, vec![(33, true, true, false), (32, true, false, false), (31, true, false, false)]),
        (40, vec![]),
    ] {
        let found = in_common(&mut conn, app.bureau, case).await.expect("cases");
        let found: Vec<_> =
            found.iter().map(|one| (one.id, one.same_recipient, one.same_opponent, one.crossed)).collect();
        assert_eq!(found, expected, "{case}");
    }
}

#[tokio::test]
async fn a_list_of_cases_and_its_number_are_of_what_was_asked() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let (zhao, account) = (centre.zhao.to_string(), centre.handler.actor().account_id);
    let viewer = app.staff(Role::BureauClerk).await.actor().account_id;
    let mut ground = Ground::new(&app, centre.desk.actor().account_id).await;
    ground
        .case(1, &[("cause", "离婚")])
        .case(2, &[("accepted_on", "2024-06-01"), ("received_on", "2024-06-01")])
        .case(3, &[("programme_case", "false")])
        .case(4, &[("restricted", "true"), ("cause", "强奸")])
        .case(5, &[("handler_id", &zhao)])
        .case(6, &[("handler_id", &centre.li.to_string())]);
    for (case, name) in [("1", "李四"), ("4", "王五"), ("5", "王五")] {
        ground.put("case_applications", &[("case_id", case), ("name", name), ("gender", "male")]);
    }
    ground.done().await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let all = Asked { limit: 50, viewer: Some(viewer), ..Asked::default() };
    let search = |words: &str| Asked { search: Some(words.to_owned()), ..all.clone() };
    for (asked, expected) in [
        (all.clone(), vec![2, 6, 5, 4, 3, 1]),
        (Asked { month: Some("2024-05".parse().expect("a month")), ..all.clone() }, vec![6, 5, 4, 3, 1]),
        (Asked { part: Some(Part::Programme), ..all.clone() }, vec![2, 6, 5, 4, 1]),
        (Asked { handler: Some(account), ..all.clone() }, vec![5]),
        (search("离婚"), vec![1]),
        (search("王五"), vec![5]),
        (search("强奸"), vec![]),
        (Asked { viewer: None, ..search("强奸") }, vec![4]),
    ] {
        let found: Vec<_> =
            cases(&mut conn, app.bureau, &asked).await.expect("cases").iter().map(|one| one.id).collect();
        assert_eq!(found, expected, "{asked:?}");
        let number = count(&mut conn, app.bureau, &asked).await.expect("a number");
        assert_eq!(usize::try_from(number), Ok(expected.len()), "{asked:?}");
    }
}

#[tokio::test]
async fn the_register_and_the_reviews_show_a_restricted_case_to_those_who_may_open_it() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (desk, named) =
        (app.staff_at(Role::LegalAidStaff, venue).await, app.staff_at(Role::LegalAidStaff, venue).await);
    let (clerk, reviewer) = (app.staff(Role::BureauClerk).await, app.staff(Role::BureauClerk).await);
    let other = app.staff_at(Role::LegalAidStaff, venue).await.actor().account_id;
    let mut rows = Ground::new(&app, other).await;
    let by = other.to_string();
    let worker = ("worker_id", by.as_str());
    let agreed =
        [worker, ("state", "close_agreed"), ("assigned_on", "2024-05-06"), ("closing_agreed_on", "2024-05-06")];
    let shut = [("restricted", "true"), ("cause", "隐私纠纷")];
    rows.case(1, &agreed)
        .case(2, &[&agreed[..], &shut].concat())
        // Of another year; taken back; not yet granted.
        .case(
            3,
            &[
                worker,
                ("state", "close_agreed"),
                ("received_on", "2023-05-06"),
                ("accepted_on", "2023-05-06"),
                ("assigned_on", "2023-05-06"),
                ("closing_agreed_on", "2023-05-06"),
            ],
        )
        .case(4, &[worker, ("state", "withdrawn")])
        .case(5, &[worker, ("state", "accepted")]);
    for (case, name) in [("1", "张三丰"), ("2", "李四光"), ("3", "王五"), ("4", "赵六")] {
        rows.put("case_applications", &[("case_id", case), ("name", name), ("gender", "male")]);
    }
    for who in [&named, &clerk] {
        rows.put("case_access", &[("case_id", "2"), ("account_id", &who.actor().account_id.to_string())]);
    }
    rows.put("case_quality", &[("case_id", "1"), ("kind", "administrative")]);
    rows.put("case_quality", &[("case_id", "2"), ("kind", "administrative")]);
    rows.done().await;
    for (who, sees) in [(&desk, false), (&named, true)] {
        let page = who.get("/cases/provincial?year=2024").await;
        assert_eq!(page.select("table tbody th"), ["1", "2"], "{sees}");
        let figure = page.select(".figures > *").first().cloned().unwrap_or_default();
        assert!(figure.starts_with("受理 2"), "{figure}");
        page.assert_says("张");
        assert_eq!(page.text().contains('李'), sees);
    }
    for (who, sees) in [(&reviewer, false), (&clerk, true)] {
        let page = who.get("/cases/quality").await;
        page.assert_says("案由");
        assert_eq!((page.text().contains("隐私纠纷"), page.text().contains("受限案件")), (sees, !sees));
    }
}
