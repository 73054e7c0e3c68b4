//! What the screens against forged and split cases stop: beside each kind of hit stand cases that only look like it.

use std::collections::BTreeSet;

use huifa::web::permissions::Role;

use crate::support::app::{Page, TestApp};
use crate::support::ground::Ground;

/// Another bureau, for what must not be taken for the first one's.
async fn other_bureau(app: &TestApp) -> String {
    app.execute("insert into bureaus (division_code, name, short_name) values ('140524', '陵川县司法局', '陵川')")
        .await;
    app.scalar_i64("select id from bureaus where division_code = '140524'").await.to_string()
}

/// Kind and key of what the page asks to be decided.
fn hits(page: &Page) -> BTreeSet<(String, String)> {
    let at = |name: &str| page.attributes(&format!("main .panel input[name={name}]"), "value");
    at("kind").into_iter().zip(at("key")).collect()
}

/// Puts so many cases of a handler into a year, two to a month.
fn year_of(ground: &mut Ground<'_>, next: &mut i64, handler: &str, year: i32, number: i32, more: &[(&str, &str)]) {
    for place in 0..number {
        let day = format!("{year}-{:02}-0{}", place / 2 + 1, place % 2 + 1);
        *next += 1;
        let row =
            [("received_on", day.as_str()), ("accepted_on", &day), ("state", "handling"), ("handler_id", handler)];
        let row: Vec<_> = row
            .into_iter()
            .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
            .chain(more.iter().copied())
            .collect();
        ground.case(*next, &row);
        let (case, name) = (next.to_string(), format!("人{next}"));
        ground.put("case_applications", &[("case_id", &case), ("name", &name), ("gender", "male")]);
    }
}

#[tokio::test]
async fn a_screen_stops_what_is_odd_and_not_what_looks_like_it() {
    let app = TestApp::new().await;
    app.clock_to("2024-05-20 09:00");
    let clerk = app.staff(Role::BureauClerk).await;
    let elsewhere = other_bureau(&app).await;
    let venue = app.venue("米山镇").await.to_string();
    let mut ground = Ground::new(&app, app.staff(Role::LegalAidDirector).await.actor().account_id).await;
    let mut expected = BTreeSet::new();
    let mut expect = |kind: &str, key: &str| {
        expected.insert((kind.to_owned(), key.to_owned()));
    };
    let application = |ground: &mut Ground<'_>, case: i64, row: &[(&str, &str)]| {
        let id = case.to_string();
        let name = format!("人{case}");
        let mut all = vec![("case_id", id.as_str()), ("gender", "male")];
        if !row.iter().any(|(column, _)| *column == "name") {
            all.push(("name", &name));
        }
        all.extend_from_slice(row);
        ground.put("case_applications", &all);
    };
    // One matter in two files, and pairs that are none.
    let long = "2023年3月至10月在城东一处工地做木工，约定日工资260元，完工后没有付清。";
    for (case, day, state, row) in [
        (101, "2024-05-06", "accepted", [("id_number_index", "A"), ("opponent_key", "K1")]),
        (102, "2024-05-02", "accepted", [("id_number_index", "A"), ("opponent_key", "K1")]),
        (103, "2024-01-01", "accepted", [("id_number_index", "A"), ("opponent_key", "K1")]),
        (104, "2024-05-06", "accepted", [("id_number_index", "B"), ("opponent_key", "")]),
        (105, "2024-05-06", "accepted", [("id_number_index", "B"), ("opponent_key", "")]),
        (106, "2024-05-06", "accepted", [("id_number_index", "C"), ("opponent_key", "K1")]),
        (107, "2024-05-06", "accepted", [("name", "同名"), ("opponent_key", "K2")]),
        (108, "2024-05-06", "accepted", [("name", "同名"), ("opponent_key", "K2")]),
        (109, "2024-05-04", "withdrawn", [("id_number_index", "A"), ("opponent_key", "K1")]),
        (110, "2023-04-01", "accepted", [("id_number_index", "D"), ("opponent_key", "K3")]),
        (111, "2023-04-02", "accepted", [("id_number_index", "D"), ("opponent_key", "K3")]),
        (112, "2023-04-03", "accepted", [("id_number_index", "E"), ("opponent_key", "K3")]),
        // One telephone; the third has no number to tell whose it is.
        (120, "2024-05-06", "accepted", [("id_number_index", "F"), ("phone_index", "P")]),
        (121, "2024-05-06", "accepted", [("id_number_index", "G"), ("phone_index", "P")]),
        (122, "2024-05-06", "accepted", [("opponent", "甲"), ("phone_index", "P")]),
        // The same words: many of them, and few.
        (125, "2024-05-06", "accepted", [("id_number_index", "H"), ("facts", long)]),
        (126, "2024-05-06", "accepted", [("id_number_index", "I"), ("facts", long)]),
        (127, "2024-05-06", "accepted", [("id_number_index", "J"), ("facts", "拖欠工资")]),
        (128, "2024-05-06", "accepted", [("id_number_index", "L"), ("facts", "拖欠工资")]),
    ] {
        ground.case(case, &[("received_on", day), ("accepted_on", day), ("state", state)]);
        application(&mut ground, case, &row);
    }
    expect("split", "101-102");
    expect("split", "107-108");
    expect("phone", "50");
    // Handlers, of whom 920 is another bureau's and 917 has no licence.
    ground.put("case_firms", &[("id", "901"), ("kind", "law_firm"), ("name", "正所")]);
    for handler in 901..=920 {
        let (id, name, licence) = (handler.to_string(), format!("承办{handler}"), format!("L{handler}"));
        let licence = if handler == 917 { "" } else { licence.as_str() };
        let bureau = if handler == 920 { elsewhere.clone() } else { app.bureau.to_string() };
        ground.put(
            "case_handlers",
            &[
                ("id", &id),
                ("bureau_id", &bureau),
                ("firm_id", "901"),
                ("name", &name),
                ("category", "volunteer"),
                ("licence_number", licence),
                ("gender", "male"),
            ],
        );
    }
    // Months: six beside one; five; six beside three.
    let mut next = 1000;
    for (handler, may, april) in [("901", 6, 1), ("902", 5, 1), ("903", 6, 3)] {
        for (month, number) in [("05", may), ("04", april)] {
            let day = format!("2024-{month}-06");
            let on = [("received_on", day.as_str()), ("accepted_on", &day)];
            year_of(&mut ground, &mut next, handler, 2024, number, &on);
        }
    }
    expect("spike", "901-2024-05");
    // Years: this one, the one before, the one before that.
    for (handler, this, last, before) in [
        ("904", 8, 3, 0),
        ("905", 1, 8, 1),
        ("906", 7, 2, 0),
        ("907", 8, 4, 0),
        ("908", 7, 2, 0),
        ("909", 7, 2, 0),
        ("910", 7, 2, 0),
    ] {
        for (year, number) in [(2024, this), (2023, last), (2022, before)] {
            year_of(&mut ground, &mut next, handler, year, number, &[]);
        }
    }
    expect("year_spike", "904-2024");
    // An eighth that is withdrawn, another bureau's, live and somebody else's; on paper, and on paper of a namesake.
    year_of(&mut ground, &mut next, "908", 2024, 1, &[("state", "withdrawn")]);
    year_of(&mut ground, &mut next, "906", 2024, 1, &[("bureau_id", &elsewhere), ("number", "外1")]);
    let by_name = |name: &'static str, firm: &'static str| {
        [("handler_id", "=null"), ("handler_name", name), ("organisation", firm)]
    };
    year_of(&mut ground, &mut next, "909", 2024, 1, &by_name("承办909", "正所"));
    year_of(
        &mut ground,
        &mut next,
        "909",
        2024,
        1,
        &[&by_name("承办909", "别所")[..], &[("origin", "paper")]].concat(),
    );
    year_of(
        &mut ground,
        &mut next,
        "910",
        2024,
        1,
        &[&by_name("承办910", "正所")[..], &[("origin", "paper")]].concat(),
    );
    expect("year_spike", "910-2024");
    year_of(&mut ground, &mut next, "920", 2024, 8, &[]);
    year_of(&mut ground, &mut next, "920", 2023, 2, &[]);
    // Hearings at one hour: two courts; one court; two hours apart; one case; two handlers.
    for (record, case, handler, place, time) in [
        ("1", 140, "911", "甲院", "09:30"),
        ("2", 141, "911", "乙院", "10:00"),
        ("3", 142, "912", "甲院", "09:30"),
        ("4", 143, "912", "甲院", "09:40"),
        ("5", 144, "913", "甲院", "09:00"),
        ("6", 145, "913", "乙院", "11:00"),
        ("7", 146, "914", "甲院", "09:30"),
        ("8", 146, "914", "乙院", "09:30"),
        // On duty at the hour; after it; without a licence.
        ("9", 150, "915", "甲院", "09:30"),
        ("10", 151, "915", "甲院", "14:00"),
        ("11", 152, "917", "甲院", "09:30"),
    ] {
        if record != "8" {
            ground.case(case, &[("state", "handling"), ("handler_id", handler)]);
            application(&mut ground, case, &[]);
        }
        let (id, starts) = (case.to_string(), format!("2024-05-22 {time}+08"));
        ground.put(
            "case_records",
            &[("id", record), ("case_id", &id), ("kind", "meeting"), ("starts_at", &starts), ("place", place)],
        );
    }
    expect("two_courts", "1-2");
    let here = app.bureau.to_string();
    for (person, bureau, licence) in [
        ("901", &here, "L915"),
        ("902", &here, ""),
        ("903", &elsewhere, "L915"),
        ("904", &here, "别"),
        ("905", &here, "L915"),
    ] {
        ground.put(
            "persons",
            &[
                ("id", person),
                ("bureau_id", bureau),
                ("id_number_index", person),
                ("gender", "male"),
                ("category", "other_non_public"),
                ("licence_number", licence),
            ],
        );
    }
    // The first is at the hearing's hour; the day before; elsewhere; of other people; nobody came.
    for (shift, person, bureau, day, came) in [
        ("901", "901", &here, "2024-05-22", true),
        ("902", "901", &here, "2024-05-21", true),
        ("903", "905", &elsewhere, "2024-05-22", true),
        ("904", "902", &here, "2024-05-22", true),
        ("905", "903", &here, "2024-05-22", true),
        ("906", "904", &here, "2024-05-22", true),
        ("907", "901", &here, "2024-05-22", false),
    ] {
        let (from, to) = if came { ("08:00", "12:00") } else { ("12:00", "16:00") };
        ground.put(
            "shifts",
            &[
                ("id", shift),
                ("bureau_id", bureau),
                ("month", "2024-05-01"),
                ("venue_id", &venue),
                ("venue_kind", "station"),
                ("person_id", person),
                ("duty_on", day),
                ("starts_at", from),
                ("ends_at", to),
            ],
        );
        if came {
            ground.put("attendances", &[("shift_id", shift), ("sign_in_method", "desk")]);
        }
    }
    expect("on_duty", "9-901");
    // Written down a fortnight late: a decision, and a note.
    ground.case(160, &[("state", "accepted")]);
    application(&mut ground, 160, &[]);
    for (event, kind) in [("1", "move"), ("2", "note")] {
        let late = [("on_date", "2024-05-07"), ("at", "2024-05-20 09:00+08"), ("code", "grant")];
        ground.put("case_events", &[&[("id", event), ("case_id", "160"), ("kind", kind)][..], &late].concat());
    }
    expect("back_dated", "1");
    // Handed in for closing: signed or not, met or not; one is still handled, one has no report.
    for (case, state, closing, met, agreement) in [
        (170, "closing_review", true, true, None),
        (171, "handling", true, false, None),
        (172, "closing_review", false, false, None),
        (173, "closing_review", true, true, Some(true)),
        (174, "closing_review", true, true, Some(false)),
        (175, "closing_review", true, false, Some(false)),
    ] {
        ground.case(case, &[("state", state)]);
        application(&mut ground, case, &[]);
        let id = case.to_string();
        if closing {
            ground.put("case_closings", &[("case_id", &id), ("way", "mediation")]);
        }
        if met {
            ground.put("case_records", &[("id", &id), ("case_id", &id), ("kind", "meeting")]);
        }
        if let Some(removed) = agreement {
            let paper = [("case_id", id.as_str()), ("kind", "agreement"), ("source", "paper")];
            let gone = [("removed_at", "2024-05-07 09:00+08"), ("removed_by", "1"), ("removed_why", "错")];
            ground.put("case_documents", &[&paper[..], if removed { &gone[..] } else { &[] }].concat());
        }
    }
    expect("unsigned", "170");
    expect("unsigned", "173");
    expect("no_meeting", "175");
    // Restricted ones that have no part in it, and one that is open to who looks.
    let me = clerk.actor().account_id.to_string();
    ground.case(190, &[("state", "accepted"), ("restricted", "true")]).case(191, &[("restricted", "true")]);
    ground.put("case_access", &[("case_id", "191"), ("account_id", &me)]);
    for (key, words, case) in [("a", "一件普通的", "={101}"), ("b", "指定给我的", "={191}"), ("c", "别人的", "={190}")]
    {
        let cases = format!("='{}'", case.trim_start_matches('='));
        ground.put(
            "case_screenings",
            &[("kind", "split"), ("key", key), ("words", words), ("verdict", "harmless"), ("cases", &cases)],
        );
    }
    ground.done().await;

    let page = clerk.get("/cases/screens").await;
    let mut shown = hits(&page);
    let wording: Vec<_> = shown.iter().filter(|(kind, _)| kind == "wording").cloned().collect();
    assert_eq!(wording.len(), 1, "{wording:?}");
    shown.remove(&wording[0]);
    assert_eq!(shown, expected);
    page.assert_says("2件案件的2名受援人登记了同一个电话：120、121").assert_says("2件不同受援人的案件");
    assert_eq!(page.select("main .panel").len(), expected.len() + 1, "none is shut");
    page.assert_says("一件普通的").assert_says("指定给我的").assert_silent_on("别人的");
}

#[tokio::test]
async fn in_the_first_year_a_handler_far_above_the_others_is_shown_and_one_like_them_is_not() {
    for (first, second, shown) in [(8, 1, true), (7, 1, false), (8, 4, false)] {
        let app = TestApp::new().await;
        app.clock_to("2024-12-20 09:00");
        let clerk = app.staff(Role::BureauClerk).await;
        let mut ground = Ground::new(&app, clerk.actor().account_id).await;
        ground.put("case_firms", &[("id", "901"), ("kind", "law_firm")]);
        let mut next = 0;
        for (handler, number) in [("901", first), ("902", second)] {
            let row = [("id", handler), ("firm_id", "901"), ("category", "volunteer"), ("gender", "male")];
            ground.put("case_handlers", &row);
            year_of(&mut ground, &mut next, handler, 2024, number, &[]);
        }
        ground.done().await;
        let found = hits(&clerk.get("/cases/screens").await);
        let hit = ("year_spike".to_owned(), "901-2024".to_owned());
        assert_eq!(found, shown.then_some(hit).into_iter().collect(), "{first} {second}");
    }
}
