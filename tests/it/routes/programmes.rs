//! The programmes.

use huifa::web::permissions::Role;

use crate::support::app::TestApp;

#[tokio::test]
async fn every_figure_stands_beside_its_clause_its_words_and_its_reading() {
    let app = TestApp::new().await;
    let leader = app.staff(Role::Leader).await;
    leader.get("/programmes").await.assert_status(200).assert_says("高司字〔2024〕6号").assert_says("8600人次");
    let page = leader.get("/programmes/2024").await;
    page.assert_status(200).assert_says("五(二)1(4)").assert_says("一个月内3次以上脱岗的，当月不予发放补助");
    let row = page.select("#off_post_threshold").join("");
    assert!(row.contains("3次以上") && row.contains("A11"), "{row}");
    page.assert_says("建立方案（第1版）").assert_silent_on("修改方案");
    leader.get("/programmes/2023").await.assert_status(404);
    leader.get("/programmes/now").await.assert_status(404);
}

#[tokio::test]
async fn a_change_is_a_new_revision_with_who_and_what() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.get("/programmes/2024/edit").await;
    page.assert_status(200);
    assert_eq!(page.attribute("#f-centre_rate", "value").as_deref(), Some("200.00"));
    assert_eq!(page.attribute("main input[name=version]", "value").as_deref(), Some("1"));
    let page = clerk.post("/programmes/2024", &[("version", "1"), ("centre_rate", "220")]).await;
    let page = clerk.follow(page).await;
    page.assert_says("已保存为第2版")
        .assert_says("服务中心值班补贴：200元/人·天 → 220元/人·天")
        .assert_says(&clerk.actor().name);
    assert_eq!(app.scalar_i64("select count(*) from programme_revisions").await, 2);
    let audited = "select count(*) from audit_records where action = 'programme.change' and before::text like '%200元%' and after::text like '%220元%'";
    assert_eq!(app.scalar_i64(audited).await, 1);
}

#[tokio::test]
async fn the_whole_form_sent_back_unchanged_changes_nothing() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let plan = huifa::plan::Programme::gaoping_2024();
    let parameters = plan.parameters();
    let mut fields = vec![("version", "1")];
    for parameter in &parameters {
        if matches!(parameter.input, huifa::plan::Input::Choices(_)) {
            fields.push((&parameter.key, ""));
            fields.extend(parameter.raw.split(',').map(|code| (parameter.key.as_str(), code)));
        } else {
            fields.push((&parameter.key, &parameter.raw));
        }
    }
    let page = clerk.post("/programmes/2024", &fields).await;
    page.assert_status(409).assert_says("没有改动任何数值");
    assert_eq!(app.scalar_i64("select revision::bigint from programmes").await, 1);
}

#[tokio::test]
async fn wrong_figures_are_told_beside_their_fields_as_typed() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let fields = [
        ("version", "1"),
        ("centre_rate", "两百"),
        ("case_target", "0"),
        ("fund_uses", ""),
        ("valid_to", "2025-01-31"),
    ];
    let page = clerk.post("/programmes/2024", &fields).await;
    page.assert_status(422);
    for (field, words) in
        [("centre_rate", "数字"), ("case_target", "整数"), ("fund_uses", "至少选择一项"), ("valid_to", "2024年之内")]
    {
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    assert_eq!(page.attribute("#f-centre_rate", "value").as_deref(), Some("两百"));
    assert_eq!(app.scalar_i64("select revision::bigint from programmes").await, 1);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_kept() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    let (one, two) = tokio::join!(
        clerk.post("/programmes/2024", &[("version", "1"), ("centre_rate", "210")]),
        other.post("/programmes/2024", &[("version", "1"), ("centre_rate", "220")]),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(app.scalar_i64("select count(*) from programme_revisions").await, 2);
    let late = clerk.post("/programmes/2024", &[("version", "1"), ("station_rate", "310")]).await;
    late.assert_status(409).assert_says("别人已修改了这份方案");
}

#[tokio::test]
async fn a_programme_under_which_a_month_was_approved_is_frozen() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let approver = app.staff(Role::Approver).await;
    let (by, check) = (clerk.actor().account_id, approver.actor().account_id);
    app.execute(&format!(
        "insert into settlements (bureau_id, month, programme_id, programme_revision, people, base, deducted, adjustment, payable,
             fingerprint, calculated_by, calculated_at, status, approved_by, approved_at)
         select bureau_id, '2024-05-01', id, 1, 0, 0, 0, 0, 0, '', {by}, now(), 'approved', {check}, now() from programmes"
    ))
    .await;
    let page = clerk.get("/programmes/2024").await;
    page.assert_status(200).assert_says("本方案已据以审批").assert_silent_on("修改方案");
    clerk.get("/programmes/2024/edit").await.assert_status(409);
    let page = clerk.post("/programmes/2024", &[("version", "1"), ("centre_rate", "220")]).await;
    page.assert_status(409).assert_says("请复制为下一年度的方案");
    assert_eq!(app.refused_by("update programmes set revision = revision + 1").await, "programmes_frozen");
    assert_eq!(app.scalar_i64("select revision::bigint from programmes").await, 1);
}

#[tokio::test]
async fn a_copy_becomes_the_draft_of_the_next_year_with_its_accounts() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let page = clerk.post("/programmes/2024/copy", &[]).await;
    assert_eq!(page.location.as_deref(), Some("/programmes/2025/edit"));
    let page = clerk.follow(page).await;
    page.assert_status(200).assert_says("已复制为2025年方案");
    assert_eq!(page.attribute("#f-document_number", "value").as_deref(), Some(""));
    assert_eq!(page.attribute("#f-valid_from", "value").as_deref(), Some("2025-01-01"));
    let accounts = "select count(*) from fund_accounts where year = 2025";
    let before = "select count(*) from fund_accounts where year = 2024";
    assert_eq!(app.scalar_i64(accounts).await, app.scalar_i64(before).await);
    clerk.get("/programmes").await.assert_says("草稿");

    let page = clerk.post("/programmes/2025", &[("version", "1"), ("centre_rate", "200")]).await;
    page.assert_status(422).assert_says("请填写发文字号");
    let page = clerk.post("/programmes/2025", &[("version", "1"), ("document_number", "高司字〔2025〕3号")]).await;
    clerk.follow(page).await.assert_says("高司字〔2025〕3号");
    clerk.post("/programmes/2024/copy", &[]).await.assert_status(409).assert_says("2025年的方案已经建立");
    clerk.get("/programmes/2024").await.assert_says("查看2025年方案");
}

#[tokio::test]
async fn copying_twice_at_once_makes_one_programme() {
    let app = TestApp::new().await;
    let clerk = app.staff(Role::BureauClerk).await;
    let other = app.staff(Role::BureauClerk).await;
    let (one, two) = tokio::join!(clerk.post("/programmes/2024/copy", &[]), other.post("/programmes/2024/copy", &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(app.scalar_i64("select count(*) from programmes").await, 2);
}

#[tokio::test]
async fn only_the_clerk_changes_a_programme() {
    let app = TestApp::new().await;
    for role in [Role::Leader, Role::Approver, Role::Finance, Role::SystemAdministrator] {
        let other = app.staff(role).await;
        other.get("/programmes/2024").await.assert_status(200);
        other.get("/programmes/2024/edit").await.assert_status(403);
        other.post("/programmes/2024", &[("version", "1"), ("centre_rate", "1")]).await.assert_status(403);
        other.post("/programmes/2024/copy", &[]).await.assert_status(403);
    }
    app.staff(Role::AuditAdministrator).await.get("/programmes/2024").await.assert_status(403);
    assert_eq!(app.scalar_i64("select count(*) from programme_revisions").await, 1);
}
