//! The duty bank.

use huifa::secrets::demo_id_number;
use huifa::web::permissions::Role;
use uuid::Uuid;

use crate::support::app::{Page, TestApp, date};

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn id_number(sequence: u16) -> String {
    demo_id_number(date("1985-03-02"), sequence)
}

/// A lawyer's form; `changes` replace fields or add to them.
fn form<'a>(id: &'a str, changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    let mut fields = vec![
        ("name", "单晓梅"),
        ("id_number", id),
        ("phone", "138 0000 0001"),
        ("category", "lawyer"),
        ("organisation", "山西示例律师事务所"),
        ("licence_number", "11405202410000001"),
        ("joined_on", "2024-04-01"),
    ];
    for (field, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == field) {
            Some(known) => known.1 = value,
            None => fields.push((field, value)),
        }
    }
    fields
}

async fn count(app: &TestApp) -> i64 {
    app.scalar_i64("select count(*) from persons").await
}

fn id_of(page: &Page) -> i64 {
    page.location.as_deref().unwrap().trim_start_matches("/people/").parse().unwrap()
}

#[tokio::test]
async fn a_lawyer_is_registered_sealed_and_masked() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let venue = app.venue("米山镇").await.to_string();
    let id = id_number(1);
    let page = clerk
        .post(
            "/people",
            &form(&id, &[("venues", &venue), ("bank_name", "高平农商行"), ("bank_account", "6217 0000 0000 1234 567")]),
        )
        .await;
    page.assert_status(303);
    let person = id_of(&page);
    let page = clerk.follow(page).await;
    page.assert_status(200).assert_says("单晓梅已登记入库").assert_says("149999********").assert_says("米山镇");
    page.assert_says("138****0001").assert_says("****4567").assert_says("1985年3月2日");
    page.assert_silent_on(&id).assert_silent_on("13800000001").assert_silent_on("6217000000001234567");

    let row: (Vec<u8>, Vec<u8>, Uuid, String, String) =
        sqlx::query_as("select id_number, id_number_index, seal_id, pinyin, gender from persons where id = $1")
            .bind(person)
            .fetch_one(&app.owner)
            .await
            .unwrap();
    let opened = app.state.seals.open("person.id_number", &row.2.to_string(), &row.0).unwrap();
    assert_eq!(opened, id);
    assert_eq!(row.1, app.state.seals.blind_index("person.id_number", &id));
    assert_eq!((row.3.as_str(), row.4.as_str()), ("shan xiao mei", "male"));
    let leaks = format!(
        "select count(*) from audit_records where after::text like '%{id}%' or after::text like '%13800000001%'"
    );
    assert_eq!(app.scalar_i64(&leaks).await, 0, "the audit trail holds masks only");
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'person.register'").await, 1);
}

#[tokio::test]
async fn an_identity_number_is_registered_once() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let id = id_number(2);
    clerk.post("/people", &form(&id, &[])).await.assert_status(303);
    let page = clerk.post("/people", &form(&id.to_lowercase(), &[("name", "李四")])).await;
    page.assert_status(422).assert_says("值班人员库中已有这个身份证号（单晓梅）");
    assert!(page.html.contains("value=\"李四\""), "what was typed is kept");
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn the_same_number_twice_at_once_is_one_entry() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    let id = id_number(3);
    let fields = form(&id, &[]);
    let (one, two) = tokio::join!(clerk.post("/people", &fields), other.post("/people", &fields));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn pressing_twice_registers_once() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let (id, once) = (id_number(4), Uuid::new_v4());
    let first = clerk.post_with_once("/people", once, &form(&id, &[])).await;
    let second = clerk.post_with_once("/people", once, &form(&id, &[])).await;
    second.assert_status(303);
    assert_eq!(first.location, second.location);
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn wrong_entries_are_told_beside_their_fields_and_not_stored() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let good = id_number(5);
    let slip = {
        let mut digits = good.clone().into_bytes();
        digits[15] = if digits[15] == b'9' { b'0' } else { digits[15] + 1 };
        String::from_utf8(digits).unwrap()
    };
    let child = demo_id_number(date("2010-01-01"), 1);
    let retired = |years: &'static str| {
        vec![
            ("category", "retired_judicial"),
            ("former_organisation", "某人民法院"),
            ("years_in_service", years),
            ("retired_on", "2019-06-30"),
        ]
    };
    let cases: Vec<(&str, Fields<'_>, &str, &str)> = vec![
        (&slip, vec![], "id_number", "校验位不对"),
        ("140581", vec![], "id_number", "18 位"),
        ("", vec![], "id_number", "请填写身份证号"),
        (&child, vec![], "id_number", "未满18周岁"),
        (&good, vec![("phone", "12345")], "phone", "手机号"),
        (&good, vec![("name", " ")], "name", "请填写姓名"),
        (&good, vec![("category", "judge")], "category", "请选择人员类别"),
        (&good, vec![("licence_number", "")], "licence_number", "执业证号"),
        (&good, vec![("category", "law_school"), ("licence_number", "")], "licence_number", "法律职业资格"),
        (&good, retired("4"), "years_in_service", "满5年，现为4年"),
        (&good, retired("很久"), "years_in_service", "整数"),
        (&good, vec![("category", "other_non_public"), ("public_official", "yes")], "public_official", "非公职人员"),
        (&good, vec![("joined_on", "")], "joined_on", "请填写入库日期"),
        (&good, vec![("joined_on", "2024-13-01")], "joined_on", "格式"),
        (&good, vec![("joined_on", "2024-05-07")], "joined_on", "不能晚于今天"),
        (&good, vec![("bank_account", "6217000000001234")], "bank_name", "开户行"),
        (&good, vec![("bank_account", "12ab"), ("bank_name", "某行")], "bank_account", "12至30位"),
    ];
    for (id, changes, field, words) in cases {
        let page = clerk.post("/people", &form(id, &changes)).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    assert_eq!(count(&app).await, 0);
    clerk.post("/people", &form(&good, &retired("5"))).await.assert_status(303);
}

#[tokio::test]
async fn numbers_left_empty_stay_and_a_lost_update_is_impossible() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let id = id_number(6);
    let person = id_of(&clerk.post("/people", &form(&id, &[])).await);
    let page = clerk.get(&format!("/people/{person}/edit")).await;
    page.assert_status(200).assert_says("现为149999********").assert_silent_on(&id);
    let version = page.attribute("main input[name=version]", "value").unwrap();
    let address = format!("/people/{person}");
    let changed = [("id_number", ""), ("phone", ""), ("version", version.as_str())];

    let fields = form("", &[changed[0], changed[1], changed[2], ("organisation", "另一律师事务所")]);
    let page = clerk.post(&address, &fields).await;
    clerk.follow(page).await.assert_says("登记已修改").assert_says("另一律师事务所").assert_says("138****0001");
    let page = clerk.post(&address, &form("", &[changed[0], changed[1], changed[2], ("organisation", "第三家")])).await;
    page.assert_status(409).assert_says("别人已修改了这份登记");
    let kept = "select count(*) from persons where organisation = '另一律师事务所' and version = 2";
    assert_eq!(app.scalar_i64(kept).await, 1);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_kept() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    let person = app.person("张三", &[]).await;
    let address = format!("/people/{person}");
    let (one, two) = (
        form("", &[("phone", ""), ("version", "1"), ("bank_name", "高平示例银行"), ("organisation", "甲所")]),
        form("", &[("phone", ""), ("version", "1"), ("bank_name", "高平示例银行"), ("organisation", "乙所")]),
    );
    let (one, two) = tokio::join!(clerk.post(&address, &one), other.post(&address, &two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(app.scalar_i64("select version::bigint from persons").await, 2);
}

#[tokio::test]
async fn leaving_needs_a_reason_and_tells_of_shifts_ahead() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let person = app.person("张三", &[]).await;
    let address = format!("/people/{person}/status");
    let page = clerk.post(&address, &[("version", "1"), ("status", "left"), ("reason", " ")]).await;
    page.assert_status(422).assert_says("请写明原因");
    assert_eq!(app.scalar_i64("select count(*) from persons where status = 'active'").await, 1);
    let page = clerk.post(&address, &[("version", "1"), ("status", "left"), ("reason", "工作调动")]).await;
    clerk.follow(page).await.assert_says("已退出").assert_says("工作调动");
    let page = clerk.post(&address, &[("version", "1"), ("status", "active"), ("reason", "")]).await;
    page.assert_status(409).assert_says("别人已修改");
    let page = clerk.post(&address, &[("version", "2"), ("status", "active"), ("reason", "")]).await;
    clerk.follow(page).await.assert_says("已恢复在库");
    let page = clerk.post(&address, &[("version", "3"), ("status", "active"), ("reason", "")]).await;
    page.assert_status(409).assert_says("现在已经是");
    let page = clerk.post(&address, &[("version", "3"), ("status", "x"), ("reason", "")]).await;
    page.assert_status(422).assert_says("请选择要改成的状态");
}

#[tokio::test]
async fn people_are_found_by_name_pinyin_and_initials_and_filtered() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let venue = app.venue("米山镇").await.to_string();
    let (one, two) = (id_number(7), id_number(9));
    clerk.post("/people", &form(&one, &[("venues", &venue)])).await.assert_status(303);
    let other = [("name", "曾国强"), ("category", "grassroots_legal_worker"), ("phone", "13800000002")];
    clerk.post("/people", &form(&two, &other)).await.assert_status(303);
    for (query, found) in [
        ("", vec!["单晓梅", "曾国强"]),
        ("search=%E6%99%93", vec!["单晓梅"]),
        ("search=shanxiao", vec!["单晓梅"]),
        ("search=Zeng", vec!["曾国强"]),
        ("search=sxm", vec!["单晓梅"]),
        ("search=0002", vec!["曾国强"]),
        ("search=%25", vec![]),
        ("category=lawyer", vec!["单晓梅"]),
        ("status=left", vec![]),
        (&format!("venue={venue}"), vec!["单晓梅"]),
        ("venue=abc&category=nobody", vec!["单晓梅", "曾国强"]),
    ] {
        let page = clerk.get(&format!("/people?{query}")).await;
        page.assert_status(200);
        assert_eq!(page.select("main tbody th"), found, "{query}");
    }
}

#[tokio::test]
async fn a_long_list_is_paged_without_gap_or_repetition() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    for number in 0..120 {
        app.person(&format!("同名{}", number % 3), &[]).await;
    }
    let mut seen = Vec::new();
    let mut next = Some("/people?status=active".to_owned());
    while let Some(address) = next {
        let page = clerk.get(&address).await;
        page.assert_status(200);
        for link in page.html.split("href=\"/people/").skip(1) {
            if let Ok(id) = link.split('"').next().unwrap().parse::<i64>() {
                seen.push(id);
            }
        }
        next = page.attribute("nav.pager a[rel=next]", "href");
    }
    assert_eq!(seen.len(), 120);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 120);
}

#[tokio::test]
async fn only_those_whom_the_table_names_see_or_change_the_bank() {
    let app = TestApp::new().await;
    let person = app.person("张三", &[]).await;
    let id = id_number(8);
    let approver = app.staff(Role::Approver).await;
    approver.get("/people").await.assert_status(200).assert_silent_on("登记人员");
    approver.get(&format!("/people/{person}")).await.assert_status(200).assert_silent_on("变更状态");
    approver.get("/people/new").await.assert_status(403);
    approver.post("/people", &form(&id, &[])).await.assert_status(403);
    for role in [Role::Finance, Role::Leader, Role::SystemAdministrator, Role::AuditAdministrator] {
        let other = app.staff(role).await;
        other.get("/people").await.assert_status(403);
        other.get(&format!("/people/{person}")).await.assert_status(403);
        other
            .post(&format!("/people/{person}/status"), &[("version", "1"), ("status", "left"), ("reason", "x")])
            .await
            .assert_status(403);
    }
    app.duty_person(person).await.get(&format!("/people/{person}")).await.assert_status(403);
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn somebody_of_another_bureau_is_not_found() {
    let app = TestApp::new().await;
    let person = app.person("张三", &[]).await;
    app.execute(
        "insert into bureaus (division_code, name, short_name) values ('140582', '别处司法局', '别处');
         alter table persons disable trigger all;
         update persons set bureau_id = (select id from bureaus where division_code = '140582');
         alter table persons enable trigger all",
    )
    .await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get(&format!("/people/{person}")).await.assert_status(404);
    clerk.get(&format!("/people/{person}/edit")).await.assert_status(404);
    clerk.get("/people/zhangsan").await.assert_status(404);
    let page = clerk.post(&format!("/people/{person}"), &form(&id_number(10), &[("version", "1")])).await;
    page.assert_status(404);
    clerk.get("/people").await.assert_says("值班人员库还没有人员");
}
