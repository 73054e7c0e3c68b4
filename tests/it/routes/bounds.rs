//! Lists that are bounded: filled one row past the bound they show so many, what waits first, and say that there are others.

use huifa::consultations::db::{ListFilter, list};
use huifa::findings::db::{Filter, findings};
use huifa::home::db::of_duty_person;
use huifa::payments::accounts::{changes, holds, people_to_hold};
use huifa::payments::db::{payees, runs};
use huifa::payouts::db::batches;
use huifa::reports::db::signings;
use huifa::settlement::db::{month_states, own_months};
use huifa::settlement::objections::objections;
use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::{TestApp, date};
use crate::support::books::scope;
use crate::support::ground::Ground;

const AT: &str = "2024-05-28 09:00+08";

#[tokio::test]
async fn a_list_ends_at_its_bound_and_begins_with_what_waits() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let duty = Duty::new(&app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    let by = app.staff(Role::BureauClerk).await.actor().account_id;
    let (me, here, on) = (person.to_string(), venue.to_string(), shift.to_string());
    let second = format!("=case when n > 1 then {} end", by + 1000);
    let approver = (by + 1000).to_string();
    let at = "=case when n > 1 then timestamptz '2024-05-28 09:00+08' end";
    let mut rows = Ground::new(&app, by).await;
    let of_shift = [("shift_id", on.as_str()), ("venue_id", &here), ("person_id", &me)];
    rows.many(
        101,
        "bank_changes",
        &[
            ("id", "=n"),
            ("person_id", &me),
            ("status", "=case when n > 1 then 'confirmed' else 'asked' end"),
            ("decided_by", &second),
            ("decided_at", at),
        ],
    )
    .many(
        101,
        "pay_holds",
        &[
            ("id", "=n"),
            ("person_id", &me),
            ("released_by", &second),
            ("released_at", at),
            ("release_note", "=case when n > 1 then '已核' else '' end"),
        ],
    )
    .many(
        301,
        "line_objections",
        &[
            ("id", "=n"),
            ("settlement_id", "901"),
            ("person_id", &me),
            ("answered_by", &second),
            ("answered_at", at),
            ("upheld", "=case when n > 1 then false end"),
            ("answer", "=case when n > 1 then '无误' else '' end"),
        ],
    )
    .many(
        1001,
        "persons",
        &[
            ("id", "=5000 + n"),
            ("id_number_index", "=n::text::bytea"),
            ("gender", "male"),
            ("category", "other_non_public"),
        ],
    )
    .many(501, "payees", &[("id", "=n"), ("kind", "unit"), ("name", "=n::text")])
    .many(101, "report_signings", &[("id", "=n"), ("kind", "monthly"), ("period", "='2024-' || n")])
    .many(4, "payment_runs", &[("id", "=n"), ("number", "=n"), ("kind", "again")])
    .many(4, "case_batches", &[("id", "=n"), ("number", "=n"), ("status", "prepared")])
    .many(
        21,
        "consultations",
        &[
            &of_shift[..],
            &[
                ("id", "=n"),
                ("number", "=n::text"),
                ("client_name", "某"),
                ("gender", "male"),
                ("topic", "family"),
                ("channel", "on_site"),
                ("outcomes", "{answered}"),
                ("review", "returned"),
                ("reviewed_by", "1"),
            ],
        ]
        .concat(),
    )
    .many(
        21,
        "findings",
        &[
            &of_shift[..],
            &[
                ("id", "=n"),
                ("kind", "late"),
                ("occurrence", "=n::text"),
                ("event_on", "2024-05-08"),
                ("status", "told"),
                ("told_by", "1"),
                ("told_at", "=timestamptz '2024-05-09 09:00+08' + n * interval '1 minute'"),
                ("objection_until", "2024-05-15"),
            ],
        ]
        .concat(),
    )
    .many(
        4,
        "settlements",
        &[
            ("id", "=900 + n"),
            ("month", "=make_date(2024, n, 1)"),
            ("status", "approved"),
            ("approved_by", &approver),
            ("approved_at", "2024-05-10 09:00+08"),
            ("base", "100"),
        ],
    )
    .many(
        4,
        "rosters",
        &[
            ("id", "=900 + n"),
            ("month", "=make_date(2024, n, 1)"),
            ("status", "published"),
            ("submitted_by", "1"),
            ("approved_by", &approver),
            ("approved_at", "2024-01-01 09:00+08"),
            ("published_by", "1"),
            ("published_at", "2024-01-01 09:00+08"),
        ],
    )
    .many(
        4,
        "settlement_items",
        &[
            ("id", "=900 + n"),
            ("settlement_id", "=900 + n"),
            ("person_id", &me),
            ("base", "0"),
            ("deducted", "0"),
            ("subtotal", "0"),
            ("adjustment", "0"),
            ("receivable", "0"),
            ("payable", "0"),
        ],
    );
    rows.done().await;

    let mut conn = app.owner.acquire().await.expect("a connection");
    let (conn, bureau) = (&mut *conn, app.bureau);
    let january = "2024-01".parse().expect("a month");
    let found = changes(conn, bureau, None).await.expect("changes");
    assert_eq!((found.len(), found[0].id, found[1].id), (100, 1, 101));
    let found = holds(conn, bureau, None).await.expect("holds");
    assert_eq!((found.len(), found[0].id, found[1].id), (100, 1, 101));
    let found = objections(conn, bureau, january, None).await.expect("objections");
    assert_eq!((found.len(), found[0].id, found[1].id), (300, 1, 301));
    let home = of_duty_person(conn, bureau, person, date("2024-06-03")).await.expect("what waits");
    let of = |kind: &str| home.iter().filter(|row| row.kind == kind).map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(of("told"), (1..=20).collect::<Vec<i64>>(), "the oldest first");
    assert_eq!(of("returned"), (1..=20).collect::<Vec<i64>>());
    assert_eq!(of("pay"), [904], "the newest");
    for (list, shown, expected) in [
        ("people", people_to_hold(conn, bureau).await.expect("people").len(), 1000),
        ("payees", payees(conn, bureau).await.expect("payees").len(), 500),
        ("signings", signings(conn, bureau, None, 2024).await.expect("signings").len(), 100),
        ("runs", runs(conn, bureau, None, 3).await.expect("runs").len(), 3),
        ("batches", batches(conn, bureau, None, 3).await.expect("batches").len(), 3),
        ("records", list(conn, scope(&app), &ListFilter::all(), 20).await.expect("records").len(), 20),
        ("findings", findings(conn, scope(&app), &Filter::all(), 20).await.expect("findings").len(), 20),
        ("months", month_states(conn, bureau, 3).await.expect("months").len(), 3),
        ("own months", own_months(conn, bureau, person, 3).await.expect("months").len(), 3),
    ] {
        assert_eq!(shown, expected, "{list}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_show_all_says_so() {
    let app = TestApp::new().await;
    let desk = app.staff_at(Role::LegalAidStaff, app.venue("米山镇").await).await;
    let by = desk.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    let live = [
        ("id", "=n"),
        ("number", "='援' || lpad(n::text, 3, '0')"),
        ("kind", "civil_first_instance"),
        ("basis", "application"),
        ("handler_category", "lawyer"),
        ("accepted_on", "2024-05-06"),
        ("received_on", "2024-05-06"),
        ("programme_case", "true"),
        ("origin", "live"),
        ("state", "accepted"),
    ];
    let waiting = [("id", "=n"), ("number", "=n::text"), ("gender", "male"), ("phone_index", "=n::text::bytea")];
    rows.many(249, "cases", &live).many(99, "case_online", &waiting);
    rows.done().await;
    let work = desk.get("/cases/work").await;
    work.assert_says("待办249件").assert_silent_on("只显示");
    assert_eq!(work.select(".work-list tbody tr").len(), 249);
    let online = desk.get("/cases/online").await;
    online.assert_silent_on("只显示");
    assert_eq!(online.select("main section.panel").len(), 99);
    // Two more: of the green channel the one, hard to move the other.
    let more = |row: &[(&'static str, &'static str)], changes: &[(&'static str, &'static str)]| {
        let kept = row.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        kept.chain(changes).copied().collect::<Vec<_>>()
    };
    let green = [
        ("id", "=1000 + n"),
        ("number", "='绿' || n"),
        ("green", "=n = 2"),
        ("green_reason", "=case when n = 2 then '农民工讨薪' else '' end"),
    ];
    rows.many(2, "cases", &more(&live, &green)).many(
        2,
        "case_online",
        &more(&waiting, &[("id", "=1000 + n"), ("number", "='新' || n"), ("hard_to_move", "=n = 2")]),
    );
    rows.done().await;
    let work = desk.get("/cases/work").await;
    work.assert_says("待办250件以上").assert_says("只显示绿色通道和期限最近的250件").assert_says("绿2");
    assert_eq!(work.select(".work-list tbody tr").len(), 250);
    assert_eq!(work.assert_silent_on("绿1").select(".next-case a").first().map(String::as_str), Some("绿2"));
    let online = desk.get("/cases/online").await;
    online.assert_says("只显示行动不便的和最早收到的100份").assert_says("新2").assert_silent_on("新1");
    assert_eq!(online.select("main section.panel").len(), 100);
}

#[tokio::test]
async fn what_is_found_is_of_the_kinds_one_sees_and_not_more_than_six_without_a_word() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let shift = Duty::new(&app).await.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    let clerk = app.staff(Role::BureauClerk).await;
    let staff = app.staff_at(Role::VenueStaff, venue).await;
    let system = app.staff(Role::SystemAdministrator).await;
    let finance = app.staff(Role::Finance).await;
    let auditor = app.staff(Role::AuditAdministrator).await;
    let me = clerk.actor().account_id.to_string();
    for (number, cut) in [(6, false), (1, true)] {
        let offset = if cut { "=1000 + n" } else { "=n" };
        let named = if cut { "='QX' || (1000 + n)" } else { "='QX' || n" };
        let mut rows = Ground::new(&app, 1).await;
        let of_shift = [("shift_id", shift), ("venue_id", venue), ("person_id", person)];
        let of_shift = of_shift.map(|(name, id)| (name, id.to_string()));
        let of_shift: Vec<(&str, &str)> = of_shift.iter().map(|(name, id)| (*name, id.as_str())).collect();
        let record = [
            ("id", offset),
            ("number", named),
            ("client_name", "某"),
            ("gender", "male"),
            ("topic", "family"),
            ("channel", "on_site"),
            ("outcomes", "{answered}"),
        ];
        let case = [
            ("id", offset),
            ("number", named),
            ("kind", "civil_first_instance"),
            ("basis", "application"),
            ("handler_category", "lawyer"),
            ("cause", "劳务合同纠纷"),
            ("origin", "live"),
            ("state", "accepted"),
            // The first two are restricted, of which one is open to the clerk.
            ("restricted", "=n < 3 and n > 0"),
        ];
        let index = if cut { "x77" } else { "=n::text::bytea" };
        rows.many(number, "consultations", &[&of_shift[..], &record[..]].concat())
            .many(number, "cases", &case)
            .many(
                number,
                "persons",
                &[
                    ("id", if cut { "=91000 + n" } else { "=90000 + n" }),
                    ("name", named),
                    ("id_number_index", index),
                    ("gender", "male"),
                    ("category", "other_non_public"),
                ],
            )
            .many(
                number,
                "accounts",
                &[
                    ("id", if cut { "=91000 + n" } else { "=90000 + n" }),
                    ("login", if cut { "='qx' || (1000 + n)" } else { "='qx' || n" }),
                    ("name", named),
                    ("role", "leader"),
                    ("granted_by", "1"),
                ],
            );
        if !cut {
            rows.put("case_access", &[("case_id", "2"), ("account_id", &me)]);
        }
        rows.done().await;
        for (who, kinds) in [
            (&clerk, &[("值班人员", 6), ("案件", 6), ("咨询记录", 6), ("账号", 0)][..]),
            (&staff, &[("值班人员", 0), ("案件", 0), ("咨询记录", 6), ("账号", 0)]),
            (&system, &[("值班人员", 0), ("案件", 0), ("咨询记录", 0), ("账号", 6)]),
            (&auditor, &[("值班人员", 0), ("案件", 0), ("咨询记录", 0)]),
            (&finance, &[("咨询记录", 0), ("账号", 0)]),
        ] {
            let page = who.get("/find?q=QX").await;
            for (kind, expected) in kinds {
                let group = format!("#found [data-group={kind}]");
                let role = who.actor().role;
                assert_eq!(page.select(&format!("{group} li")).len(), *expected, "{role:?} {kind}");
                let told = page.select(&format!("{group} > p"));
                assert_eq!(told.concat().contains("只显示前6项"), cut && *expected > 0, "{role:?} {kind}: {told:?}");
            }
            let lists = page.attributes("#found [data-group=在列表中查找] a", "href");
            for (path, kind) in [("/people?", "值班人员"), ("/cases?", "案件"), ("/accounts?", "账号")] {
                let expected = cut && kinds.contains(&(kind, 6));
                assert_eq!(lists.iter().any(|href| href.starts_with(path)), expected, "{kind}: {lists:?}");
            }
        }
        if !cut {
            let page = clerk.get("/find?q=QX").await;
            let shown = page.select("#found [data-group=案件] li");
            assert_eq!(shown.iter().filter(|line| line.contains("受限案件")).count(), 1, "{shown:?}");
            assert!(shown.iter().any(|line| line.contains("QX1") && line.contains("受限案件")), "{shown:?}");
        }
    }
}

#[tokio::test]
async fn wished_corrections_end_at_fifty_with_a_word_and_those_that_wait_come_first() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let by = clerk.actor().account_id;
    let mut rows = Ground::new(&app, by).await;
    let answered = [("status", "done"), ("answer", "已经更正"), ("answered_by", &*by.to_string()), ("answered_at", AT)];
    rows.put("data_corrections", &[("wish", "最早的，还在等")]).many(
        48,
        "data_corrections",
        &[&[("wish", "='第' || n || '份'")][..], &answered].concat(),
    );
    rows.done().await;
    clerk.get("/data-requests").await.assert_says("最早的，还在等").assert_silent_on("只显示前50条");
    rows.many(2, "data_corrections", &[&[("wish", "后来的")][..], &answered].concat());
    rows.done().await;
    let page = clerk.get("/data-requests").await;
    page.assert_says("只显示前50条").assert_says("最早的，还在等").assert_silent_on("第1份");
}
