//! The archive for an audit: whole, checkable, within its extent, recorded.

use std::io::{Cursor, Read as _};

use huifa::web::permissions::Role;
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::duty::Duty;
use crate::support::app::{Page, TestApp};

/// The files of a downloaded archive.
struct Pack {
    zip: ZipArchive<Cursor<Vec<u8>>>,
}

impl Pack {
    fn open(page: &Page) -> Pack {
        page.assert_status(200);
        Pack { zip: ZipArchive::new(Cursor::new(page.bytes.clone())).expect("an archive") }
    }

    fn bytes(&mut self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.zip.by_name(name).expect("the file").read_to_end(&mut bytes).expect("whole");
        bytes
    }

    fn text(&mut self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("text")
    }

    /// The rows of a table without its head.
    fn rows(&mut self, name: &str) -> Vec<String> {
        self.text(name).lines().skip(1).map(str::to_owned).collect()
    }

    fn everything(&mut self) -> String {
        let names: Vec<String> = self.zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
        names.iter().map(|name| self.text(name)).collect()
    }
}

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const MAY: &[(&str, &str)] = &[("from", "2024-05"), ("to", "2024-05"), ("reason", "配合专项审计")];

/// Two people at 米山镇 in May 2024, one late once; the month is paid.
async fn paid_may() -> (TestApp, i64, i64) {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("毕示远", &[venue]).await, app.person("牛示安", &[venue]).await);
    let duty = Duty::new(&app).await;
    let shifts = duty
        .publish(
            "2024-05",
            &[(first, venue, "2024-05-08"), (first, venue, "2024-05-15"), (second, venue, "2024-05-22")],
        )
        .await;
    for shift in &shifts {
        duty.serve(*shift).await;
    }
    duty.record(shifts[0], "2024-0508-01").await;
    duty.confirmed(shifts[1], "late", "").await;
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    let reason = [("reason", "先行复核")];
    for (role, step) in [
        (Role::BureauClerk, "calculate"),
        (Role::BureauClerk, "review"),
        (Role::Approver, "approve"),
        (Role::Finance, "pay"),
    ] {
        app.staff(role).await.post(&format!("/settlements/2024-05/{step}"), &reason).await.assert_status(303);
    }
    (app, first, second)
}

#[tokio::test]
async fn an_archive_follows_a_paid_month_from_the_roster_to_the_ledger_and_proves_itself() {
    let (app, ..) = paid_may().await;
    let page = app.staff(Role::BureauClerk).await.post("/evidence", MAY).await;
    assert_eq!(page.headers["content-type"], "application/zip");
    assert_eq!(page.headers["content-disposition"], "attachment; filename=\"huifa-evidence-2024-05.zip\"");
    let mut pack = Pack::open(&page);

    let manifest = pack.text("manifest.sha256");
    assert_eq!(manifest.lines().count() + 1, pack.zip.len());
    for line in manifest.lines() {
        let (sum, name) = line.split_once("  ").expect("a checksum and a name");
        assert_eq!(sum, checksum(&pack.bytes(name)), "{name}");
    }
    let index = pack.text("index.html");
    for words in ["高平市司法局", "2024年5月", "配合专项审计", "03-shifts.html", "data/13-postings.csv"] {
        assert!(index.contains(words), "{words}");
    }
    assert_eq!(pack.rows("data/03-shifts.csv").len(), 3);
    assert_eq!(pack.rows("data/04-attendance.csv").len(), 3);
    assert_eq!(pack.rows("data/07-consultations.csv").len(), 1);
    assert!(pack.text("08-findings.html").contains("迟到"));
    assert!(pack.text("02-rosters.html").contains("已公示"));
    assert!(pack.text("13-postings.html").contains("发放值班补贴"));
    assert!(pack.text("15-transfers.html").contains("HF0000000001"));
    assert!(pack.text("16-audit.html").contains("发放补贴"));
    assert!(pack.text("01-rules.html").contains("五(二)1"));
}

#[tokio::test]
async fn the_steps_of_an_archive_add_up_to_what_was_paid() {
    let (app, ..) = paid_may().await;
    let mut pack = Pack::open(&app.staff(Role::Approver).await.post("/evidence", MAY).await);
    let last_cell =
        |row: &String| row.rsplit(',').next().and_then(|cell| cell.trim_start_matches('\'').parse::<Decimal>().ok());
    let steps = pack.rows("data/12-steps.csv");
    let of_months = steps.iter().filter(|row| row.contains(",本月,"));
    let paid: Decimal = of_months.filter_map(last_cell).sum();
    let cents = app.scalar_i64("select (payable * 100)::bigint from settlements").await;
    assert_eq!(paid, Decimal::new(cents, 2));
    assert!(paid > Decimal::ZERO);
}

#[tokio::test]
async fn an_archive_of_one_person_names_nobody_else() {
    let (app, first, second) = paid_may().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let mut fields = MAY.to_vec();
    let person = first.to_string();
    fields.push(("person", &person));
    let mut pack = Pack::open(&clerk.post("/evidence", &fields).await);
    assert_eq!(pack.rows("data/03-shifts.csv").len(), 2);
    assert_eq!(pack.rows("data/11-pay.csv").len(), 1);
    assert!(!pack.everything().contains("牛示安"), "{second}");
}

#[tokio::test]
async fn an_archive_holds_no_identity_number_no_account_and_no_whole_telephone() {
    let (app, ..) = paid_may().await;
    app.execute("update consultations set client_name = '申屠甲乙', phone_mask = '138****0001', refused_identity = false, sensitive = false").await;
    let mut pack = Pack::open(&app.staff(Role::BureauClerk).await.post("/evidence", MAY).await);
    let everything = pack.everything();
    assert!(everything.contains("申某"));
    assert!(!everything.contains("申屠甲乙"));
    // Whole words: a checksum may hold eleven digits in a row between its letters.
    let mut words = everything.split(|c: char| !c.is_ascii_alphanumeric());
    let telephone = |word: &str| word.len() == 11 && word.starts_with('1') && word.bytes().all(|b| b.is_ascii_digit());
    assert!(!words.any(telephone), "a whole telephone number");
    // What is confidential goes out without even a masked telephone or a family name.
    app.execute("update consultations set sensitive = true").await;
    let mut pack = Pack::open(&app.staff(Role::BureauClerk).await.post("/evidence", MAY).await);
    let everything = pack.everything();
    assert!(everything.contains("（不公开）"));
    assert!(!everything.contains("138****0001") && !everything.contains("申某"));
}

#[tokio::test]
async fn every_archive_is_recorded_with_its_reason_and_its_checksum() {
    let (app, ..) = paid_may().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.post("/evidence", MAY).await;
    let recorded = app
        .scalar_i64(&format!(
            "select count(*) from audit_records where action = 'evidence.export' and note like '%配合专项审计%'
             and after ->> 'sha256' = '{}'",
            checksum(&page.bytes)
        ))
        .await;
    assert_eq!(recorded, 1);
    clerk.get("/evidence").await.assert_status(200).assert_says("配合专项审计");
}

#[tokio::test]
async fn what_cannot_be_made_is_said_beside_its_field_and_nothing_leaves() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let tries = [
        ([("from", "2024-05"), ("to", "2024-04"), ("reason", "配合审计")], "截止月份不能早于起始月份"),
        ([("from", "2023-05"), ("to", "2024-05"), ("reason", "配合审计")], "一份材料最多12个月"),
        ([("from", "五月"), ("to", "2024-05"), ("reason", "配合审计")], "请填写起始月份"),
        ([("from", "2024-05"), ("to", "2024-05"), ("reason", "查")], "请写明用途"),
    ];
    for (fields, sentence) in tries {
        let page = clerk.post("/evidence", &fields).await;
        page.assert_status(422).assert_says(sentence);
    }
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'evidence.export'").await, 0);
}

#[tokio::test]
async fn nobody_else_takes_an_archive_and_nobody_takes_another_bureaus() {
    let app = TestApp::new().await;
    for role in [Role::Finance, Role::Leader, Role::SystemAdministrator, Role::AuditAdministrator] {
        let browser = app.staff(role).await;
        browser.get("/evidence").await.assert_status(403);
        browser.post("/evidence", MAY).await.assert_status(403);
    }
    app.execute("insert into bureaus (division_code, name, short_name) values ('140525', '泽州县司法局', '泽州')")
        .await;
    app.execute(
        "insert into venues (bureau_id, kind, code, name, short_name, starts_at, ends_at, sort)
         select id, 'station', '140525-01', '外县工作站', '外县', '08:30', '12:00', 1 from bureaus where division_code = '140525'",
    )
    .await;
    let foreign = app.scalar_i64("select id from venues where short_name = '外县'").await.to_string();
    let mut fields = MAY.to_vec();
    fields.push(("venue", &foreign));
    app.staff(Role::BureauClerk).await.post("/evidence", &fields).await.assert_status(404);
}

/// Two people at two points, in April and May both, in March only the second; all is paid.
async fn paid_spring() -> (TestApp, [i64; 2], [i64; 2]) {
    let app = TestApp::new().await;
    let venues = [app.venue("米山镇").await, app.venue("北诗镇").await];
    let people = [app.person("毕示远", &venues).await, app.person("牛示安", &venues).await];
    let duty = Duty::new(&app).await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    for (month, day, who) in [("2024-03", 6, &[1][..]), ("2024-04", 10, &[0, 1]), ("2024-05", 8, &[0, 1])] {
        let day = format!("{month}-{day:02}");
        let shifts: Vec<_> = who.iter().map(|at| (people[*at], venues[*at], day.as_str())).collect();
        for (shift, at) in duty.publish(month, &shifts).await.into_iter().zip(who) {
            let mark = format!("{}{month}", ["甲", "乙"][*at]);
            duty.serve(shift).await;
            duty.record(shift, &mark).await;
            let finding = duty.confirmed(shift, "late", "").await;
            app.execute(&format!(
                "update findings set evidence = '{mark}' where id = {finding};
                 insert into finding_steps (finding_id, account_id, at, status, note)
                 select id, proposed_by, now(), 'confirmed', '{mark}' from findings where id = {finding};
                 insert into attendance_corrections (bureau_id, shift_id, side, new_value, reason, asked_by, asked_at, status,
                     decided_by, decided_at)
                 select f.bureau_id, f.shift_id, 'sign_in', now(), '{mark}', f.proposed_by, now(), 'agreed', f.decided_by, now()
                 from findings f where id = {finding}"
            ))
            .await;
        }
        duty.report(month).await;
        for (role, step) in [
            (Role::BureauClerk, "calculate"),
            (Role::BureauClerk, "review"),
            (Role::Approver, "approve"),
            (Role::Finance, "pay"),
        ] {
            let path = format!("/settlements/{month}/{step}");
            app.staff(role).await.post(&path, &[("reason", "先行复核")]).await.assert_status(303);
        }
    }
    (app, people, venues)
}

#[tokio::test]
async fn an_archive_of_a_person_a_venue_or_a_month_holds_nothing_of_another() {
    let (app, people, venues) = paid_spring().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let (person, venue) = (people[0].to_string(), venues[0].to_string());
    for (extent, foreign) in [
        (
            [("from", "2024-03"), ("to", "2024-05"), ("person", &*person)],
            &["牛示安", "乙2024", "2024年3月", "2024-03"][..],
        ),
        ([("from", "2024-03"), ("to", "2024-05"), ("venue", &*venue)], &["牛示安", "乙2024", "2024年3月", "2024-03"]),
        ([("from", "2024-04"), ("to", "2024-04"), ("venue", "")], &["2024-03", "2024-05", "2024年5月", "2024年3月"]),
    ] {
        let mut fields = extent.to_vec();
        fields.push(("reason", "配合专项审计"));
        let mut pack = Pack::open(&clerk.post("/evidence", &fields).await);
        let names: Vec<String> = pack.zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
        let mut wrong = Vec::new();
        let mut own = 0;
        // The rules and the rosters are of the whole bureau, the index names what was asked for.
        for name in
            names.iter().filter(|name| name.starts_with("data/") && !name.contains("/01-") && !name.contains("/02-"))
        {
            let text = pack.text(name);
            own += text.matches("甲2024-04").count();
            // The trail also follows the months' sums, which are of the whole bureau.
            let of_people = !extent[2].1.is_empty() && name.contains("/16-");
            let foreign = if of_people { &foreign[..2] } else { foreign };
            wrong.extend(
                foreign.iter().filter(|word| text.contains(**word)).map(|word| format!("{name}: {word}\n{text}")),
            );
        }
        assert!(own >= 4, "{own} marks of the person's April");
        assert!(wrong.is_empty(), "{extent:?}\n{}", wrong.join("\n"));
    }
}
