//! The register of cases.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::queries::Queries;

const CASE: [(&str, &str); 9] = [
    ("number", "高法援字〔2024〕001号"),
    ("accepted_on", "2024-04-08"),
    ("kind", "civil_first_instance"),
    ("basis", "application"),
    ("groups", "migrant_worker"),
    ("cause", "追索劳动报酬纠纷"),
    ("handler_category", "lawyer"),
    ("handler_name", "赵律师"),
    ("organisation", "山西示例律师事务所"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    CASE.into_iter()
        .map(|(name, value)| (name, changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, to)| *to)))
        .collect()
}

async fn legal_aid(app: &TestApp) -> Browser<'_> {
    app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await
}

async fn register(staff: &Browser<'_>, number: &'static str) -> String {
    let page = staff.post("/cases", &with(&[("number", number)])).await;
    page.assert_status(303);
    page.location.expect("the case's page")
}

async fn step(app: &TestApp, staff: &Browser<'_>, case: &str, name: &str, fields: &[(&str, &str)]) -> u16 {
    let id = case.rsplit('/').next().expect("an id");
    let version = app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await.to_string();
    let mut all = vec![("version", version.as_str())];
    all.extend_from_slice(fields);
    staff.post(&format!("{case}/{name}"), &all).await.status.as_u16()
}

async fn close(app: &TestApp, staff: &Browser<'_>, case: &str, agreed: &str, entered: &str) {
    assert_eq!(step(app, staff, case, "assigned", &[("assigned_on", "2024-04-09")]).await, 303);
    assert_eq!(step(app, staff, case, "closing-agreed", &[("closing_agreed_on", agreed)]).await, 303);
    let number = format!("SX-{}", case.rsplit('/').next().expect("an id"));
    let entry = [("entered_on", entered), ("entry_number", number.as_str())];
    assert_eq!(step(app, staff, case, "entered", &entry).await, 303);
}

#[tokio::test]
async fn a_case_is_registered_under_the_next_number() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    staff.get("/cases").await.assert_says("还没有登记案件");
    let form = staff.get("/cases/new").await;
    assert_eq!(form.attribute("#f-number", "value").as_deref(), Some("高法援字〔2024〕001号"));
    register(&staff, "高法援字〔2024〕041号").await;
    let form = staff.get("/cases/new").await;
    assert_eq!(form.attribute("#f-number", "value").as_deref(), Some("高法援字〔2024〕042号"));
    let list = staff.get("/cases").await;
    list.assert_says("高法援字〔2024〕041号").assert_says("待指派").assert_says("共1件");
}

#[tokio::test]
async fn a_case_counts_on_the_later_of_agreement_and_entry_and_says_why() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let first = register(&staff, "高法援字〔2024〕001号").await;
    staff.get(&first).await.assert_says("尚未计入任务").assert_says("受援人为农民工");
    close(&app, &staff, &first, "2024-05-02", "2024-05-04").await;
    let page = staff.get(&first).await;
    page.assert_says("第1件：5月2日同意结案，5月4日录入省系统，以较晚的5月4日为准，计入2024年任务");
    let second = register(&staff, "高法援字〔2024〕002号").await;
    close(&app, &staff, &second, "2024-04-30", "2024-04-30").await;
    staff.get(&second).await.assert_says("第2件：4月30日同意结案并录入省系统");
    assert_eq!(app.scalar_i64("select count(*) from cases where counted_on = '2024-05-04' and place = 1").await, 1);
    // What was counted stays as it is.
    let again = step(&app, &staff, &first, "entered", &[("entered_on", "2024-05-03"), ("entry_number", "SX-9")]).await;
    assert_eq!(again, 409);
    assert_eq!(app.refused_by("update cases set place = 9 where place = 1").await, "cases_place_final");
    assert_eq!(app.refused_by("delete from cases").await, "cases_append_only");
    staff.get(&format!("{first}/edit")).await.assert_status(409);
    let mut edited = with(&[("cause", "离婚纠纷")]);
    edited.push(("version", "4"));
    staff.post(&first, &edited).await.assert_status(409).assert_says("已计入任务或已终止，登记内容不能再改");
}

#[tokio::test]
async fn ordinary_legal_aid_is_registered_and_not_counted() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let form: Vec<_> = CASE.into_iter().filter(|(name, _)| *name != "groups").collect();
    let case = staff.post("/cases", &form).await.location.expect("registered");
    close(&app, &staff, &case, "2024-05-02", "2024-05-04").await;
    staff.get(&case).await.assert_says("不是惠民工程案件").assert_says("按普通法律援助办理");
    assert_eq!(app.scalar_i64("select count(*) from cases where counted_on is not null").await, 0);
}

#[tokio::test]
async fn a_terminated_case_is_not_counted() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let case = register(&staff, "高法援字〔2024〕001号").await;
    let bare = step(&app, &staff, &case, "terminated", &[("terminated_on", "2024-04-20")]).await;
    assert_eq!(bare, 422, "a reason is needed");
    let fields = [("terminated_on", "2024-04-20"), ("termination_note", "自行委托律师")];
    assert_eq!(step(&app, &staff, &case, "terminated", &fields).await, 303);
    staff.get(&case).await.assert_says("案件已终止，不计入任务（A41）");
    assert_eq!(step(&app, &staff, &case, "assigned", &[("assigned_on", "2024-04-21")]).await, 409);
}

#[tokio::test]
async fn dates_out_of_order_are_said_beside_the_field() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let case = register(&staff, "高法援字〔2024〕001号").await;
    let id = case.rsplit('/').next().expect("an id");
    for (name, fields, message) in [
        ("assigned", vec![("assigned_on", "2024-04-07")], "指派日期不能早于受理日期（2024年4月8日）"),
        ("assigned", vec![("assigned_on", "2024-05-07")], "指派日期不能晚于今天"),
        ("assigned", vec![("assigned_on", "")], "请填写指派日期"),
        ("entered", vec![("entered_on", "2024-05-01")], "请填写省系统编号"),
    ] {
        let mut all = vec![("version", "1")];
        all.extend(fields);
        let page = staff.post(&format!("{case}/{name}"), &all).await;
        page.assert_status(422).assert_says(message);
    }
    let early = step(&app, &staff, &case, "closing-agreed", &[("closing_agreed_on", "2024-05-02")]).await;
    assert_eq!(early, 409, "assigned first");
    assert_eq!(app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await, 1);
    // Nor does a correction put the acceptance behind what followed it.
    assert_eq!(step(&app, &staff, &case, "assigned", &[("assigned_on", "2024-04-09")]).await, 303);
    let mut edited = with(&[("accepted_on", "2024-04-10")]);
    edited.push(("version", "2"));
    staff.post(&case, &edited).await.assert_status(409).assert_says("受理日期不能晚于已登记的指派日期");
    let other = register(&staff, "高法援字〔2024〕002号").await;
    let entered = [("entered_on", "2024-04-09"), ("entry_number", "SX-9")];
    assert_eq!(step(&app, &staff, &other, "entered", &entered).await, 303);
    let mut edited = with(&[("number", "高法援字〔2024〕002号"), ("accepted_on", "2024-04-10")]);
    edited.push(("version", "2"));
    staff.post(&other, &edited).await.assert_status(409).assert_says("受理日期不能晚于已登记的录入日期");
}

#[tokio::test]
async fn contradictions_and_a_taken_number_are_said_beside_the_field() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    register(&staff, "高法援字〔2024〕001号").await;
    for (changes, field, message) in [
        (vec![("number", "高法援字〔2024〕001号")], "number", "已有相同编号的案件"),
        (vec![("number", "")], "number", "请填写案件编号"),
        (vec![("number", "2号"), ("kind", "duty_lawyer_help")], "kind", "请选择案件类型和阶段"),
        (vec![("number", "2号"), ("basis", "notified_defence")], "basis", "通知辩护只有刑事案件才有"),
        (
            vec![
                ("number", "2号"),
                ("kind", "criminal_first_instance"),
                ("handler_category", "grassroots_legal_worker"),
            ],
            "handler_category",
            "不能担任刑事辩护人",
        ),
        (vec![("number", "2号"), ("accepted_on", "2024-05-07")], "accepted_on", "受理日期不能晚于今天"),
    ] {
        let page = staff.post("/cases", &with(&changes)).await;
        page.assert_status(422).assert_says(message);
        assert!(!page.select(&format!("#e-{field}")).is_empty(), "beside {field}");
    }
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 1);
}

#[tokio::test]
async fn a_year_without_a_plan_takes_no_cases() {
    let app = TestApp::new().await;
    app.clock_to("2025-02-10 09:00");
    let staff = legal_aid(&app).await;
    let page = staff.post("/cases", &with(&[("accepted_on", "2025-02-08")])).await;
    page.assert_status(409).assert_says("2025年度的实施方案还没有建立");
    // A case of the year before the first plan may still be entered in it (A35).
    staff.post("/cases", &with(&[("accepted_on", "2023-12-20")])).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 1);
}

#[tokio::test]
async fn places_given_at_once_follow_each_other() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let mut cases = Vec::new();
    for number in ["1号", "2号", "3号", "4号"] {
        let case = register(&staff, number).await;
        assert_eq!(step(&app, &staff, &case, "assigned", &[("assigned_on", "2024-04-09")]).await, 303);
        let agreed = step(&app, &staff, &case, "closing-agreed", &[("closing_agreed_on", "2024-04-30")]).await;
        assert_eq!(agreed, 303);
        cases.push(case);
    }
    let enter = |case: &str, number: &'static str| {
        let case = case.to_owned();
        let (app, staff) = (&app, &staff);
        let entry = [("entered_on", "2024-05-01"), ("entry_number", number)];
        async move { step(app, staff, &case, "entered", &entry).await }
    };
    // Two of them under one number, whatever its case: only one takes it.
    let (a, b, c, d) = tokio::join!(
        enter(&cases[0], "SX1"),
        enter(&cases[1], "SX2"),
        enter(&cases[2], "SX3"),
        enter(&cases[3], "sx3")
    );
    assert_eq!([a, b], [303; 2]);
    let mut under_one = [c, d];
    under_one.sort_unstable();
    assert_eq!(under_one, [303, 409]);
    let left = if c == 303 { &cases[3] } else { &cases[2] };
    assert_eq!(enter(left, "SX4").await, 303);
    assert_eq!(app.scalar_i64("select sum(place)::bigint from cases").await, 10);
    assert_eq!(app.scalar_i64("select count(distinct place) from cases").await, 4);
}

#[tokio::test]
async fn two_who_correct_at_once_do_not_overwrite_each_other() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let case = register(&staff, "1号").await;
    let edited = |cause| {
        let mut form = with(&[("number", "1号"), ("cause", cause)]);
        form.push(("version", "1"));
        form
    };
    staff.get(&format!("{case}/edit")).await.assert_status(200);
    staff.post(&case, &edited("离婚纠纷")).await.assert_status(303);
    staff.post(&case, &edited("继承纠纷")).await.assert_status(409).assert_says("刚刚被别人改过");
    staff.get(&case).await.assert_says("离婚纠纷");
}

#[tokio::test]
async fn only_the_legal_aid_centre_registers() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let case = register(&staff, "1号").await;
    for role in [Role::Leader, Role::BureauClerk, Role::Approver] {
        let reader = app.staff(role).await;
        let page = reader.get(&case).await;
        page.assert_status(200);
        assert!(page.select("form.form").is_empty(), "{role} is offered nothing to change");
        reader.get("/cases/new").await.assert_status(403);
        reader.post("/cases", &CASE).await.assert_status(403);
        reader
            .post(&format!("{case}/assigned"), &[("assigned_on", "2024-04-09"), ("version", "1")])
            .await
            .assert_status(403);
    }
    app.staff(Role::Finance).await.get("/cases").await.assert_status(403);
    staff.get("/cases/999999").await.assert_status(404);
    staff.get("/cases/x").await.assert_status(404);
    staff.post(&format!("{case}/nothing"), &[("version", "1")]).await.assert_status(404);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_in_four_queries() {
    let app = TestApp::new().await;
    let staff = legal_aid(&app).await;
    let first = register(&staff, "1号").await;
    app.execute(
        "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
             accepted_on, programme_case, registered_by, registered_at)
         select bureau_id, 'n' || n, 'criminal_first_instance', 'full_coverage', '{elderly}', 'lawyer', '钱律师', '所', '盗窃',
             '2024-03-04', true, registered_by, registered_at
         from cases, generate_series(1, 60) n",
    )
    .await;
    let queries = Queries::listen();
    let page = staff.get("/cases").await;
    let asked = queries.take();
    assert!(asked.len() <= 4, "{asked:#?}");
    page.assert_says("共61件").assert_says("本页50件");
    let next = page.attribute("a[rel=next]", "href").expect("a second page");
    staff.get(&next).await.assert_says("本页11件");
    for (query, count) in [
        ("month=2024-04", "共1件"),
        ("kind=criminal_first_instance", "共60件"),
        ("group=elderly", "共60件"),
        ("status=accepted", "共61件"),
        ("by=accepted&year=2024", "共61件"),
        ("part=programme", "共61件"),
    ] {
        staff.get(&format!("/cases?{query}")).await.assert_says(count);
    }
    staff.get("/cases?status=closed").await.assert_says("没有符合条件的案件");
    close(&app, &staff, &first, "2024-05-02", "2024-05-04").await;
    staff.get("/cases?by=counted&year=2024").await.assert_says("共1件").assert_says("2024年第1件");
}
