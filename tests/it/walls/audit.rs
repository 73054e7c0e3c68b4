//! The audit trail: only added to, sealed behind the writers, and a change to it shows.

use std::collections::BTreeSet;

use huifa::audit::chain;
use huifa::check;
use huifa::web::permissions::Role;

use crate::support::app::TestApp;
use crate::support::files::texts;

async fn sealed_app() -> TestApp {
    let app = TestApp::new().await;
    let system = app.staff(Role::SystemAdministrator).await;
    for _ in 0..6 {
        system.get("/people").await.assert_status(403);
    }
    assert_eq!(chain::seal(&app.state.pool, &app.state.seals).await.expect("sealed"), 6);
    assert_eq!(chain::seal(&app.state.pool, &app.state.seals).await.expect("nothing waits"), 0);
    app
}

async fn faults(app: &TestApp) -> Vec<String> {
    chain::verify(&mut app.owner.acquire().await.unwrap(), &app.state.seals).await.expect("verified")
}

/// What somebody with every right in the database can do, past the triggers.
async fn by_force(app: &TestApp, sql: &str) {
    app.execute(&format!("set session_replication_role = replica; {sql}; set session_replication_role = origin")).await;
}

#[tokio::test]
async fn the_programs_role_can_add_to_the_trail_and_do_nothing_else_with_it() {
    let app = sealed_app().await;
    for sql in [
        "update audit_records set note = 'x'",
        "delete from audit_records",
        "truncate audit_records cascade",
        "update audit_links set digest = digest",
        "delete from audit_links",
        "alter table audit_records disable trigger all",
        "drop trigger audit_records_append_only on audit_records",
        "set session_replication_role = replica",
        // Nor take rows away where the program never does.
        "delete from rights_requests",
        "delete from findings",
        "truncate sessions cascade",
    ] {
        let error = sqlx::raw_sql(sql).execute(&app.state.pool).await.expect_err(sql);
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{sql}: {error}");
    }
    assert!(faults(&app).await.is_empty());
    // It may delete where some statement of it does, and nowhere else.
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut deletes = BTreeSet::new();
    for (_, source) in texts("src", "rs") {
        let named = source.split("delete from ").skip(1);
        deletes.extend(named.filter_map(|after| after.split(|c| !word(c)).next()).map(str::to_owned));
    }
    let may = "select table_name::text from information_schema.role_table_grants
               where grantee = 'huifa_program' and privilege_type = 'DELETE' and table_schema = 'public'";
    let may: Vec<String> = sqlx::query_scalar(may).fetch_all(&app.owner).await.unwrap();
    assert_eq!(may.into_iter().collect::<BTreeSet<_>>(), deletes);
}

#[tokio::test]
async fn a_record_altered_taken_out_or_slipped_in_is_named_by_the_check() {
    for (sql, words) in [
        (
            "update audit_records set note = '改过' where id = (select record_id from audit_links where position = 3)",
            "第3环",
        ),
        (
            "update audit_records set at = at + interval '1 second' where id = (select record_id from audit_links where position = 2)",
            "第2环",
        ),
        ("delete from audit_records where id = (select record_id from audit_links where position = 4)", "第4环的记录"),
        ("delete from audit_links where position = 5", "缺第5环"),
        ("update audit_links set record_id = -record_id where position = 1", "第1环的记录"),
        (
            "update audit_records set recorded_at = now() - interval '1 hour'; delete from audit_links where position = 6",
            "没有封入审计链",
        ),
    ] {
        let app = sealed_app().await;
        assert!(check::ask(&app.owner, &app.state.seals).await.unwrap().is_clean());
        by_force(&app, sql).await;
        let report = check::ask(&app.owner, &app.state.seals).await.unwrap();
        assert_eq!(report.broken(), ["audit_chain"], "{sql}");
        let said = faults(&app).await;
        assert!(said[0].contains(words), "{sql}: {said:?}");
    }
}

#[tokio::test]
async fn a_chain_made_anew_without_the_key_does_not_fit() {
    let app = sealed_app().await;
    by_force(&app, "update audit_records set note = '改过'; delete from audit_links").await;
    let other = huifa::secrets::Seals::from_master(&[8; 32]).expect("a key");
    chain::seal(&app.owner, &other).await.expect("sealed anew");
    assert!(faults(&app).await[0].contains("第1环"));
}

#[tokio::test]
async fn a_record_whose_transaction_ends_late_is_sealed_all_the_same() {
    let app = sealed_app().await;
    let mut late = app.owner.begin().await.unwrap();
    let insert = "insert into audit_records (at, actor, address, action, subject, subject_id)
                  values (now(), '某人', '-', 'test', 'test', '1')";
    sqlx::query(insert).execute(&mut *late).await.unwrap();
    app.execute(insert).await;
    assert_eq!(chain::seal(&app.state.pool, &app.state.seals).await.unwrap(), 1);
    late.commit().await.unwrap();
    assert_eq!(chain::seal(&app.state.pool, &app.state.seals).await.unwrap(), 1);
    assert!(faults(&app).await.is_empty());
}

#[tokio::test]
async fn two_sealers_at_once_link_every_record_once() {
    let app = TestApp::new().await;
    app.execute(
        "insert into audit_records (at, actor, address, action, subject, subject_id)
         select now(), '某人', '-', 'test', 'test', n::text from generate_series(1, 4500) n",
    )
    .await;
    let (pool, seals) = (&app.state.pool, &app.state.seals);
    let (one, other) = tokio::join!(chain::seal(pool, seals), chain::seal(pool, seals));
    assert_eq!(one.unwrap() + other.unwrap() + chain::seal(pool, seals).await.unwrap(), 4_500);
    assert!(faults(&app).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    app.execute("revoke insert on audit_records from huifa_program").await;
    clerk.post("/roster/2024-06/start", &[]).await.assert_status(500);
    assert_eq!(app.scalar_i64("select count(*) from rosters").await, 0);
    // A refusal that cannot be recorded is a fault, and a print that cannot is not given.
    clerk.get("/audit").await.assert_status(500);
    clerk.get("/settlements/2024-04/print").await.assert_silent_on("应发");
}

#[tokio::test]
async fn every_refusal_of_an_account_is_on_its_trail_and_mistakes_in_forms_are_not() {
    let app = TestApp::new().await;
    let security = app.staff(Role::SecurityAdministrator).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let own = security.actor().account_id;
    security.get("/people").await.assert_status(403);
    clerk.get("/consultations/4711").await.assert_status(404);
    clerk.get("/consultations/x").await.assert_status(404);
    security.post(&format!("/accounts/{own}/reset"), &[]).await.assert_status(409);
    let token = clerk.actor().form_token.clone();
    clerk.post_bare("/people", &[("token", token.as_str()), ("once", "x")]).await.assert_status(422);
    // Neither a mistake in a form, nor an address that leads nowhere, nor a page that opens.
    clerk.post("/people", &[("name", "")]).await.assert_status(422);
    clerk.get("/nowhere").await.assert_status(404);
    clerk.get("/people").await.assert_status(200);
    let rows: Vec<(String, String, Option<i64>)> = sqlx::query_as(
        "select action, subject_id, account_id from audit_records where action like 'access.%' order by id",
    )
    .fetch_all(&app.owner)
    .await
    .expect("the trail");
    let of = |action: &str, path: &str, account| (action.to_owned(), path.to_owned(), Some(account));
    let clerks = clerk.actor().account_id;
    assert_eq!(
        rows,
        [
            of("access.refused", "/people", own),
            of("access.missing", "/consultations/4711", clerks),
            of("access.missing", "/consultations/x", clerks),
            of("access.not_carried_out", &format!("/accounts/{own}/reset"), own),
            of("access.unusable", "/people", clerks),
        ]
    );
}
