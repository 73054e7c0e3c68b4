//! The second wall: rows of others stay unseen even where a query forgets its scope.

use huifa::database::wall::{Wall, within};
use huifa::web::permissions::Role;
use sqlx::AssertSqlSafe;

use super::world::{Whose, World};

/// The tables behind the wall.
const WALLED: [&str; 5] = ["cases", "consultation_drafts", "consultations", "persons", "settlement_items"];

async fn seen(world: &World, wall: Wall, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    within(wall, async { sqlx::query_scalar(sql).fetch_one(&world.app.state.pool).await }).await.expect("an answer")
}

fn of_bureau(bureau: i64) -> Wall {
    Wall::Account { bureau, venue: None, person: None, account: -1 }
}

#[tokio::test]
async fn a_query_without_any_scope_shows_the_rows_of_ones_own_bureau_only() {
    let world = World::new().await;
    let first = world.app.bureau;
    let second = world.app.scalar_i64(&format!("select id from bureaus where id <> {first}")).await;
    for table in WALLED.iter().filter(|table| **table != "consultation_drafts") {
        let count = format!("select count(*) from {table}");
        let all = world.app.scalar_i64(&count).await;
        let of_first = world.app.scalar_i64(&format!("{count} where bureau_id = {first}")).await;
        assert!(of_first > 0 && of_first < all, "{table} has rows of both");
        assert_eq!(seen(&world, of_bureau(first), &count).await, of_first, "{table}");
        assert_eq!(seen(&world, of_bureau(second), &count).await, all - of_first, "{table}");
        assert_eq!(seen(&world, Wall::Everything, &count).await, all, "{table}");
        assert_eq!(seen(&world, Wall::Nothing, &count).await, 0, "{table}: without a word nothing is seen");
    }
}

#[tokio::test]
async fn a_duty_person_sees_neither_the_pay_nor_the_confidential_records_of_others() {
    let world = World::new().await;
    let (own, colleague) = (world.things(Whose::Own), world.things(Whose::Colleague));
    let wall = Wall::Account { bureau: world.app.bureau, venue: None, person: Some(own.person), account: own.account };
    assert_eq!(seen(&world, wall, "select count(*) from settlement_items").await, 1);
    world
        .app
        .execute(&format!("update consultations set sensitive = true where id = {}", colleague.consultation))
        .await;
    let one = format!("select count(*) from consultations where id = {}", colleague.consultation);
    assert_eq!(seen(&world, wall, &one).await, 0);
    assert_eq!(seen(&world, of_bureau(world.app.bureau), &one).await, 1);
    let station = Wall::Account { bureau: world.app.bureau, venue: Some(own.venue), person: None, account: -1 };
    assert_eq!(seen(&world, station, &one).await, 1, "the same venue");
    let elsewhere = world.things(Whose::Neighbour).venue;
    let elsewhere = Wall::Account { bureau: world.app.bureau, venue: Some(elsewhere), person: None, account: -1 };
    assert_eq!(seen(&world, elsewhere, &one).await, 0);
}

#[tokio::test]
async fn nothing_of_another_bureau_is_changed_taken_or_put_there() {
    let world = World::new().await;
    let (first, foreign) = (world.app.bureau, world.things(Whose::Stranger));
    for sql in [
        format!("update persons set name = '改名' where id = {}", foreign.person),
        format!("update consultations set advice = '改动' where id = {}", foreign.consultation),
        format!("update cases set cause = '改动' where id = {}", foreign.case),
    ] {
        let wall = of_bureau(first);
        let done =
            within(wall, async { sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&world.app.state.pool).await });
        assert_eq!(done.await.expect(&sql).rows_affected(), 0, "{sql}");
    }
    let moved = format!(
        "update persons set bureau_id = (select bureau_id from cases where id = {}) where id = {}",
        world.things(Whose::Own).case,
        world.things(Whose::Own).person
    );
    let second = world.app.scalar_i64(&format!("select id from bureaus where id <> {first}")).await;
    let out = format!("update cases set bureau_id = {second} where id = {}", world.things(Whose::Own).case);
    within(of_bureau(first), async {
        sqlx::raw_sql(AssertSqlSafe(moved)).execute(&world.app.state.pool).await.expect("it stays where it is");
        let error = sqlx::raw_sql(AssertSqlSafe(out)).execute(&world.app.state.pool).await.expect_err("pushed out");
        assert!(error.to_string().contains("row-level security"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_public_sees_the_names_of_a_published_roster_and_no_others() {
    let world = World::new().await;
    assert_eq!(seen(&world, Wall::Public, "select count(*) from persons").await, 4);
    let unposted = world.app.person("未公示", &[]).await;
    let one = format!("select count(*) from persons where id = {unposted}");
    assert_eq!(seen(&world, Wall::Public, &one).await, 0);
    for table in ["cases", "consultations", "settlement_items"] {
        assert_eq!(seen(&world, Wall::Public, &format!("select count(*) from {table}")).await, 0, "{table}");
    }
    world.app.stranger().get("/").await.assert_status(200).assert_says("丁外局");
}

#[tokio::test]
async fn a_connection_carries_no_wall_from_one_borrower_to_the_next() {
    let world = World::new().await;
    let clerk = world.somebody(Role::BureauClerk).await;
    let count = "select count(*) from persons";
    for _ in 0..20 {
        let (page, nobody) = tokio::join!(clerk.get("/people"), seen(&world, Wall::Nothing, count));
        page.assert_says("甲本人").assert_silent_on("丁外局");
        assert_eq!(nobody, 0);
    }
}

/// Columns that hold what a person is known by, wherever a table is added.
#[tokio::test]
async fn every_table_with_personal_data_is_behind_the_wall_or_says_why_not() {
    const OPEN: [(&str, &str); 5] = [
        ("accounts", "read before anybody is known: names and staff numbers, nothing private"),
        ("audit_records", "masked values only; read by the audit administrator within the bureau"),
        ("bureaus", "a public telephone"),
        ("second_factors", "read between password and session; a sealed secret that no page shows again"),
        ("venues", "public addresses and telephones"),
    ];
    let world = World::new().await;
    let tables: Vec<(String, bool)> = sqlx::query_as(
        r"select distinct c.relname::text, c.relrowsecurity
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
            and (a.attname ~ '(id_number|phone|bank_account|birth|_mask|client_name|recipient|applicant|guardian|handler_name)'
                 or (a.attname ~ 'address|^name$' and c.relname ~ '^(person|accounts$|client|recipient|audit|venue)')
                 or a.attname = 'seal_id'
                 or (c.relname = 'consultation_drafts') or (c.relname = 'settlement_items'))
          order by 1",
    )
    .fetch_all(&world.app.owner)
    .await
    .expect("the tables");
    let bare: Vec<_> = tables.iter().filter(|(_, walled)| !walled).map(|(name, _)| name.as_str()).collect();
    assert_eq!(bare, OPEN.map(|(name, _)| name), "put a policy on the table, or say here why it has none");
    let walled: Vec<_> = tables.iter().filter(|(_, walled)| *walled).map(|(name, _)| name.as_str()).collect();
    for table in WALLED {
        assert!(walled.contains(&table), "{table}");
    }
}
