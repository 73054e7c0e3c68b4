//! Sealed values shown in full: for a reason, within the scope, on record, and nowhere else.

use std::sync::{Arc, Mutex};

use huifa::jobs::retention;
use huifa::secrets::{Seals, demo_id_number, rotation};
use huifa::web::permissions::Role;

use crate::support::app::{TestApp, date};
use crate::support::files::texts;

const PHONE: &str = "13800000001";
const ACCOUNT: &str = "6217000000001234567";

/// Somebody registered through the form, and their id.
async fn registered(app: &TestApp, id_number: &str) -> i64 {
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk
        .post(
            "/people",
            &[
                ("name", "单晓梅"),
                ("id_number", id_number),
                ("phone", PHONE),
                ("category", "lawyer"),
                ("organisation", "山西示例律师事务所"),
                ("licence_number", "11405202410000001"),
                ("joined_on", "2024-04-01"),
                ("bank_name", "高平农商行"),
                ("bank_account", ACCOUNT),
            ],
        )
        .await;
    page.assert_status(303);
    page.location.expect("the entry").trim_start_matches("/people/").parse().expect("an id")
}

fn number() -> String {
    demo_id_number(date("1985-03-02"), 7)
}

#[tokio::test]
async fn a_sealed_number_is_shown_for_a_reason_and_that_is_written_down() {
    let app = TestApp::new().await;
    let person = registered(&app, &number()).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let at = format!("/people/{person}/reveal");
    clerk.get(&at).await.assert_status(200).assert_says("****").assert_silent_on(&number());
    let refused = clerk.post(&at, &[("reason", "看看")]).await;
    refused.assert_status(422).assert_says("请写明查看的事由").assert_silent_on(&number());
    let shown = clerk.post(&at, &[("reason", "核对银行账号，补贴被退回")]).await;
    shown.assert_status(200).assert_says(&number()).assert_says(PHONE).assert_says(ACCOUNT);
    assert_eq!(shown.headers["cache-control"], "no-store");
    let written =
        "select count(*) from audit_records where action = 'person.reveal' and note = '核对银行账号，补贴被退回'";
    assert_eq!(app.scalar_i64(written).await, 1);
    for role in [Role::Approver, Role::Finance, Role::Leader, Role::SystemAdministrator, Role::AuditAdministrator] {
        app.staff(role).await.post(&at, &[("reason", "核对银行账号")]).await.assert_status(403);
    }
    let bare = clerk.post(&format!("/people/{person}/copy"), &[("reason", "要看")]).await;
    bare.assert_status(422).assert_says("请写明依据");
    let copy = clerk.post(&format!("/people/{person}/copy"), &[("reason", "本人书面申请，5月6日")]).await;
    copy.assert_status(200);
    assert!(copy.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let held: serde_json::Value = serde_json::from_str(&copy.html).expect("json");
    assert_eq!((held["身份证号"].as_str(), held["登记"]["name"].as_str()), (Some(number().as_str()), Some("单晓梅")));
}

#[tokio::test]
async fn a_reveal_that_cannot_be_written_down_shows_nothing() {
    let app = TestApp::new().await;
    let person = registered(&app, &number()).await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.execute("revoke insert on audit_records from huifa_program").await;
    let page = clerk.post(&format!("/people/{person}/reveal"), &[("reason", "核对银行账号")]).await;
    page.assert_status(500).assert_silent_on(&number()).assert_silent_on(PHONE);
}

#[tokio::test]
async fn keys_are_changed_while_the_program_runs_and_everything_stays_found() {
    let app = TestApp::new().await;
    let person = registered(&app, &number()).await;
    let clerk = app.staff(Role::BureauClerk).await;
    // A program that knows both keys, as every running one does once the file has the second.
    let both = Seals::from_masters([(1, [7; 32].as_slice()), (2, [9; 32].as_slice())]).unwrap();
    let pool = &app.owner;
    assert_eq!(rotation::left(pool, &both).await.unwrap(), 3);
    assert_eq!(rotation::rotate(pool, &both).await.unwrap(), 3);
    assert_eq!(rotation::left(pool, &both).await.unwrap(), 0);
    let old = "select count(*) from persons where get_byte(id_number, 0) = 1 or get_byte(phone, 0) = 1";
    assert_eq!(app.scalar_i64(old).await, 0);
    let row: (Vec<u8>, Vec<u8>, uuid::Uuid) =
        sqlx::query_as("select id_number, id_number_index, seal_id from persons where id = $1")
            .bind(person)
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(both.open("person.id_number", &row.2.to_string(), &row.0).unwrap(), number());
    assert_eq!(row.1, both.blind_index("person.id_number", &number()));
    // Without the second key nothing opens, and nothing is shown.
    let page = clerk.post(&format!("/people/{person}/reveal"), &[("reason", "核对银行账号")]).await;
    page.assert_status(500).assert_silent_on(PHONE);
}

#[tokio::test]
async fn every_sealed_column_of_the_schema_is_known_to_the_rotation() {
    const NO_SEALS: &[&str] = &[
        "_sqlx_migrations.checksum",
        "audit_links.digest",
        "case_applications.id_number_index",
        "case_applications.phone_index",
        "case_online.id_number_index",
        "case_online.phone_index",
        "consultations.id_number_index",
        "consultations.phone_index",
        "persons.id_number_index",
        "data_corrections.id_number_index",
        "known_devices.id",
        "once_keys.key",
        "passkey_challenges.challenge",
        "passkey_challenges.holder",
        "passkeys.credential_id",
        "passkeys.public_key",
        "recovery_codes.code",
        "sessions.id",
        "sign_in_steps.id",
    ];
    let app = TestApp::new().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name from information_schema.columns
         where table_schema = 'public' and data_type = 'bytea' order by 1",
    )
    .fetch_all(&app.owner)
    .await
    .unwrap();
    let known: Vec<_> = rotation::COLUMNS.iter().map(|one| format!("{}.{}", one.table, one.column)).collect();
    for column in columns {
        let covered = known.contains(&column) || NO_SEALS.contains(&column.as_str());
        assert!(covered, "{column}: add it to secrets::rotation::COLUMNS, or say here that it holds no seal");
    }
}

#[tokio::test]
async fn after_five_years_a_consultation_loses_its_person_and_a_record_says_so() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let person = app.person("张三", &[venue]).await;
    let duty = crate::routes::duty::Duty::new(&app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-08")]).await[0];
    let record = duty.record(shift, "ZX-1").await;
    app.execute(&format!(
        "update consultations set refused_identity = false, client_name = '王示例', phone = 'x', phone_mask = '138****0001' where id = {record}"
    ))
    .await;
    app.clock_to("2029-05-08 08:00");
    assert_eq!(retention::run(&app.state).await.unwrap().anonymised, 0, "not a day early");
    app.clock_to("2029-05-09 10:00");
    assert_eq!(retention::run(&app.state).await.unwrap().anonymised, 1);
    assert_eq!(retention::run(&app.state).await.unwrap().anonymised, 0, "once");
    let bare =
        "select count(*) from consultations where phone is null and phone_mask = '' and client_name = '（保存期满）'
                and facts not like '%事实%' and topic = 'family'";
    assert_eq!(app.scalar_i64(bare).await, 1);
    let written =
        "select count(*) from audit_records where action = 'retention.anonymise' and (after->>'count')::int = 1";
    assert_eq!(app.scalar_i64(written).await, 1);
}

#[tokio::test]
async fn nothing_personal_stands_in_the_log() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let app = TestApp::new().await;
    let log = Log::default();
    // With one listener in the process a place in the code asks the thread that comes by first
    // whether anybody listens, and keeps the answer: with two it asks the listeners.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    let person = registered(&app, &number()).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.post(&format!("/people/{person}/reveal"), &[("reason", "核对银行账号")]).await.assert_status(200);
    clerk.get(&format!("/people?q={}", number())).await;
    app.execute("update persons set phone = '\\x01'").await;
    clerk.post(&format!("/people/{person}/reveal"), &[("reason", "核对银行账号")]).await.assert_status(500);
    // What is refused to strangers has no other place: before any route, and at a public form.
    let stranger = app.stranger();
    stranger.get(&format!("/posting/%00?q={}", number())).await.assert_status(400);
    stranger.post_bare("/legal-aid", &[("client_name", "单晓梅\u{0}"), ("phone", PHONE)]).await.assert_status(422);
    drop(guard);
    let said = log.0.lock().unwrap().clone();
    for words in ["a request failed", "a request was refused", "status=400", "status=422"] {
        assert!(said.contains(words), "the log lacks {words}: {said}");
    }
    for secret in [number().as_str(), PHONE, ACCOUNT, "单晓梅"] {
        assert!(!said.contains(secret), "the log holds {secret}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        attributes.record(&mut Words(&mut self.0.lock().expect("one thread")));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        event.record(&mut Words(&mut self.0.lock().expect("one thread")));
    }
}

struct Words<'a>(&'a mut String);

impl tracing::field::Visit for Words<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

#[tokio::test]
async fn the_notice_stands_at_every_place_where_personal_data_are_collected() {
    let app = TestApp::new().await;
    app.stranger().get("/privacy").await.assert_status(200).assert_says("第十七条").assert_says("十五个工作日");
    for (role, path) in [(Role::BureauClerk, "/people/new"), (Role::SystemAdministrator, "/accounts/new")] {
        app.staff(role).await.get(path).await.assert_status(200).assert_says("个人信息告知");
    }
    for who in ["来访咨询的群众", "申请法律援助的人", "值班人员：", "承办人：", "工作人员："]
    {
        app.stranger().get("/privacy").await.assert_says(who);
    }
    // Each form that takes somebody's number or telephone shows it, but those that only look it up.
    let mut taking = 0;
    for (path, form) in texts("templates", "html") {
        let path = path.display().to_string();
        let asked = ["id_number", "phone", "bank_account", "licence_number"].iter().any(|field| {
            form.contains(&format!("form::text(errors, \"{field}\"")) || form.contains(&format!("name=\"{field}\""))
        });
        let looks_up = ["cases/status.html", "disclosure/requests.html", "venues/", "styleguide/"]
            .iter()
            .any(|one| path.contains(one));
        if asked && form.contains("method=\"post\"") && !looks_up {
            assert!(form.contains("privacy::notice(") || form.contains("<summary>个人信息告知"), "{path}");
            taking += 1;
        }
    }
    assert!(taking >= 5, "{taking}");
}

#[tokio::test]
async fn only_the_audit_administrator_takes_the_trail_away_and_that_is_on_the_trail() {
    let app = TestApp::new().await;
    app.staff(Role::Leader).await.get("/people").await.assert_status(403);
    app.execute(
        "insert into audit_records (at, bureau_id, actor, address, action, subject, subject_id, note)
                 select now(), id, '=HYPERLINK(1)', '-', 'x', 'y', '1', '@SUM(A1)' from bureaus",
    )
    .await;
    huifa::audit::chain::seal(&app.state.pool, &app.state.seals).await.unwrap();
    let audit = app.staff(Role::AuditAdministrator).await;
    let file = audit.get("/audit/export").await;
    file.assert_status(200);
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert!(
        file.html.contains("\"'=HYPERLINK(1)\"")
            && file.html.contains("\"'@SUM(A1)\"")
            && file.html.contains("越权访问被拒")
    );
    assert!(file.html.contains("链头"), "the file carries the chain's end");
    assert_eq!(
        app.scalar_i64(
            "select count(*) from audit_records where action = 'page.given' and subject_id = '/audit/export'"
        )
        .await,
        1
    );
    for role in [Role::SystemAdministrator, Role::SecurityAdministrator, Role::BureauClerk, Role::Leader] {
        app.staff(role).await.get("/audit/export").await.assert_status(403);
    }
}

#[tokio::test]
async fn the_trail_is_narrowed_to_days_and_its_file_with_it() {
    let app = TestApp::new().await;
    let audit = app.staff(Role::AuditAdministrator).await;
    for (day, note) in [("05-06 23:59", "第一天"), ("05-07 00:00", "第二天"), ("05-08 00:00", "第三天")] {
        app.execute(&format!(
            "insert into audit_records (at, bureau_id, account_id, actor, address, action, subject, subject_id, note)
             values ('2024-{day}+08', {}, null, '某人', '', 'account.create', 'account', '1', '{note}')",
            app.bureau
        ))
        .await;
    }
    for path in ["/audit", "/audit/export"] {
        let page = audit.get(&format!("{path}?from=2024-05-07&to=2024-05-07")).await;
        page.assert_status(200).assert_says("第二天").assert_silent_on("第一天").assert_silent_on("第三天");
        let page = audit.get(&format!("{path}?to=2024-05-07")).await;
        page.assert_says("第一天").assert_says("第二天").assert_silent_on("第三天");
        let page = audit.get(&format!("{path}?from=2024-05-08&to=nothing")).await;
        page.assert_says("第三天").assert_silent_on("第二天");
    }
    let page = audit.get("/audit?from=2024-05-07&to=2024-05-07").await;
    assert!(page.html.contains("/audit/export?from=2024-05-07&#38;to=2024-05-07"), "{}", page.html);
}

#[tokio::test]
async fn the_watch_has_its_own_pages_and_says_nothing_of_anybody() {
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let app = TestApp::new().await;
    registered(&app, &number()).await;
    app.stranger().get("/metrics").await.assert_status(404);
    let ask = |path: &'static str| {
        let router = huifa::web::watch::router(&app.state);
        async move {
            let answer = router.oneshot(axum::http::Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
        }
    };
    assert_eq!(ask("/readyz").await, (200, "ok\n".to_owned()));
    let (status, text) = ask("/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("huifa_answers_total{class=\"2xx\"}") && text.contains("huifa_audit_unsealed"), "{text}");
    assert!(!text.contains("单晓梅") && !text.contains("/people"));
    app.state.pool.close().await;
    assert_eq!(ask("/readyz").await.0, 503);
}
