//! What is kept about one account is asked for by that account, and what is asked for by state and
//! time is in that state and within that time: statements of the accounts, asked directly.

use huifa::accounts::db::{
    AuditPart, audit_records, disable_unused, last_passwords, people_without_account, recovery_codes_left, refusals_of,
    venue_choices,
};
use huifa::web::permissions::Role;

use crate::support::app::{TestApp, instant};

#[tokio::test]
async fn codes_and_former_passwords_are_counted_of_the_account_alone() {
    let app = TestApp::new().await;
    let (one, other) = (app.staff(Role::Leader).await, app.staff(Role::Finance).await);
    let (one, other) = (one.actor().account_id, other.actor().account_id);
    app.execute(&format!(
        "insert into recovery_codes (account_id, code, used_at)
         values ({one}, '1', null), ({one}, '2', null), ({one}, '3', now()), ({other}, '4', null);
         insert into former_passwords (account_id, password_hash) values ({one}, 'a'), ({one}, 'b'), ({one}, 'c'), ({other}, 'd');
         update accounts set password_hash = 'now' where id = {one}"
    ))
    .await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    assert_eq!(recovery_codes_left(&mut conn, one).await.expect("a count"), 2);
    assert_eq!(last_passwords(&mut conn, one, 3).await.expect("hashes"), ["now", "c", "b"]);
}

#[tokio::test]
async fn refusals_are_of_a_login_and_the_trail_of_a_bureau_a_time_and_a_word() {
    let app = TestApp::new().await;
    let second = app
        .scalar_i64("insert into bureaus (division_code, name, short_name) values ('140525', '泽州县司法局', '泽州') returning id")
        .await;
    let bureau = app.bureau;
    let mut sql = String::new();
    for (bureau, at, action, subject, whom, note) in [
        ("null", "2024-05-01 09:00", "account.sign_in_refused", "account", "zhang", "密码错误"),
        ("null", "2024-05-02 09:00", "account.sign_in_refused", "account", "zhang", "账号锁定"),
        ("null", "2024-05-03 09:00", "account.sign_in_refused", "account", "li", "密码错误"),
        ("null", "2024-05-04 09:00", "account.sign_in_refused", "device", "zhang", "密码错误"),
        ("null", "2024-05-05 09:00", "account.signed_in", "account", "zhang", "密码错误"),
        (&*bureau.to_string(), "2024-05-06 09:00", "roster.published", "roster", "1", "五月"),
        (&*bureau.to_string(), "2024-05-07 09:00", "roster.published", "roster", "2", "六月"),
        (&*second.to_string(), "2024-05-08 09:00", "roster.published", "roster", "3", "别局"),
    ] {
        sql.push_str(&format!(
            "insert into audit_records (at, bureau_id, actor, address, action, subject, subject_id, note)
             values ('{at}+08', {bureau}, '某', '127.0.0.1', '{action}', '{subject}', '{whom}', '{note}');"
        ));
    }
    app.execute("begin; set local session_replication_role = replica; delete from audit_links; delete from audit_records; commit")
        .await;
    app.execute(&sql).await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let (count, last) = refusals_of(&mut conn, "zhang", "密码错误").await.expect("refusals");
    assert_eq!((count, last), (1, Some(instant("2024-05-01 09:00").to_utc())));
    let all = AuditPart { before: None, search: String::new(), actions: Vec::new(), from: None, until: None };
    let days = async |conn: &mut sqlx::PgConnection, part: AuditPart, limit: i64| {
        let found = audit_records(conn, bureau, &part, limit).await.expect("records");
        found.iter().map(|one| one.at.format("%-d").to_string().parse().expect("a day")).collect::<Vec<u32>>()
    };
    assert_eq!(days(&mut conn, all.clone(), 50).await, [7, 6, 5, 4, 3, 2, 1], "nobody's and one's own");
    assert_eq!(days(&mut conn, all.clone(), 2).await, [7, 6]);
    let part =
        AuditPart { from: Some(instant("2024-05-02 09:00")), until: Some(instant("2024-05-07 09:00")), ..all.clone() };
    assert_eq!(days(&mut conn, part, 50).await, [6, 5, 4, 3, 2], "from an instant on, and before another");
    assert_eq!(days(&mut conn, AuditPart { search: "六月".to_owned(), ..all.clone() }, 50).await, [7]);
    assert_eq!(days(&mut conn, AuditPart { search: "锁定".to_owned(), ..all.clone() }, 50).await, [2]);
    let actions = vec!["account.signed_in".to_owned()];
    assert_eq!(days(&mut conn, AuditPart { search: "登录".to_owned(), actions, ..all.clone() }, 50).await, [5]);
    let at = |day: &str| format!("select id from audit_records where at = '2024-05-{day} 09:00+08'");
    for (day, expected) in [("07", &[6, 5, 4, 3, 2, 1][..]), ("03", &[2, 1])] {
        let before = Some(app.scalar_i64(&at(day)).await);
        assert_eq!(days(&mut conn, AuditPart { before, ..all.clone() }, 50).await, expected);
    }
}

#[tokio::test]
async fn choices_offer_who_is_there_and_only_accounts_in_use_are_shut_for_disuse() {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let [free, left, bound] = [app.person("甲", &[]).await, app.person("乙", &[]).await, app.person("丙", &[]).await];
    let bound = app.duty_person(bound).await.actor().account_id;
    let waiting = app.staff(Role::Finance).await.actor().account_id;
    let shut = app.staff(Role::Leader).await.actor().account_id;
    let fresh = app.staff(Role::Approver).await.actor().account_id;
    app.execute(&format!(
        "update persons set status = 'left', exit_reason = '本人申请' where id = {left};
         update accounts set status = 'waiting', granted_at = null where id = {waiting};
         update accounts set status = 'disabled' where id = {shut};
         update accounts set last_sign_in_at = '2024-01-01', granted_at = '2024-01-01', created_at = '2024-01-01';
         update accounts set last_sign_in_at = '2024-05-01' where id = {fresh};
         update venues set active = false where id = {venue}"
    ))
    .await;
    let mut conn = app.owner.acquire().await.expect("a connection");
    let people = people_without_account(&mut conn, app.bureau).await.expect("people");
    assert_eq!(people.iter().map(|one| one.0).collect::<Vec<_>>(), [free]);
    let venues = venue_choices(&mut conn, app.bureau).await.expect("venues");
    assert!(!venues.is_empty() && venues.iter().all(|one| one.0 != venue));
    let unused = disable_unused(&mut conn, instant("2024-04-01 00:00"), "久未使用").await.expect("accounts");
    assert_eq!(unused.iter().map(|one| one.0).collect::<Vec<_>>(), [bound]);
}
