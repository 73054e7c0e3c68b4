//! Every field of the forms of legal aid, typed wrongly: what to correct is said beside it, and nothing is stored.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::case_life::{Centre, HANDLER, WAGES};

/// One field exchanged; a field that the form does not have yet is added.
fn with<'a>(form: &[(&'a str, &'a str)], field: &'a str, typed: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> = form.iter().copied().filter(|(name, _)| *name != field).collect();
    fields.push((field, typed));
    fields
}

async fn each_is_told<'a>(
    who: &Browser<'_>,
    path: &str,
    form: &[(&'a str, &'a str)],
    faults: &[(&'a str, &'a str, &str)],
) {
    for (field, typed, words) in faults {
        let page = who.post(path, &with(form, field, typed)).await;
        assert_eq!(page.status.as_u16(), 422, "{field} “{typed}”: {}", page.text());
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field} “{typed}”: “{said}” does not say “{words}”");
    }
}

#[tokio::test]
async fn an_application_is_read_strictly() {
    let app = TestApp::new().await;
    let desk = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let long = "长".repeat(61);
    let faults = [
        ("way", "", "请选择申请方式"),
        ("received_on", "", "请填写收到申请日期"),
        ("received_on", "2024-05-07", "不能晚于今天"),
        ("kind", "king", "请选择援助方式和阶段"),
        ("name", "\u{3164}", "请填写姓名"),
        ("cause", "", "请填写案由"),
        ("cause", long.as_str(), "最多60个字"),
        ("birth_date", "2024-05-07", "不能晚于今天"),
        ("id_number", "", "请填写身份证号"),
        ("id_number", "149999198003150011", "校验位"),
        ("phone", "", "请填写联系电话"),
        ("phone", "138", "电话"),
        ("facts", "", "请填写案情及理由"),
        ("request", "", "请填写请求事项"),
        ("groups", "king", "无法识别"),
        ("proofs", "paper", "无法识别"),
        ("postcode", "04840", "邮编应为6位"),
        ("amount", "很多", "数字"),
        ("household_income", "-1", "负"),
        ("household_size", "0", "1到30的整数"),
        ("household_size", "31", "1到30的整数"),
        ("limitation_on", "明年", "日期"),
        ("agent", "王小明", ""),
    ];
    let (agent, plain) = faults.split_last().expect("some");
    each_is_told(&desk, "/cases/apply", &WAGES, plain).await;
    let page = desk.post("/cases/apply", &with(&WAGES, agent.0, agent.1)).await;
    page.assert_status(422).assert_says("请填写代理申请人与申请人的关系");
    assert_eq!(
        app.scalar_i64("select (select count(*) from cases) + (select count(*) from case_applications)").await,
        0
    );
    // At the limits it is taken.
    let fits: Vec<(&str, &str)> = with(&with(&WAGES, "household_size", "30"), "cause", &long[..180]);
    desk.post("/cases/apply", &fits).await.assert_status(303);
}

#[tokio::test]
async fn a_handler_is_read_strictly() {
    let app = TestApp::new().await;
    let desk = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    let form = with(&HANDLER, "name", "赵志远");
    let long = "长".repeat(31);
    let faults = [
        ("name", "", "请填写姓名"),
        ("name", long.as_str(), "最多30个字"),
        ("firm", " ", "请填写所属单位"),
        ("category", "king", "请选择类别"),
        ("gender", "", "请选择性别"),
        ("licence_number", "", "须填写执业证号"),
        ("practising_since", "", "请填写执业起始日期"),
        ("practising_since", "2024-05-07", "不能晚于今天"),
        ("fields", "king", "无法识别"),
        ("status", "left", ""),
    ];
    let (gone, plain) = faults.split_last().expect("some");
    each_is_told(&desk, "/cases/handlers", &form, plain).await;
    desk.post("/cases/handlers", &with(&form, gone.0, gone.1))
        .await
        .assert_status(422)
        .assert_says("请写明暂停或者退出的原因");
    assert_eq!(app.scalar_i64("select count(*) from case_handlers").await, 0);
    desk.post("/cases/handlers", &with(&form, "practising_since", "2024-05-06")).await.assert_status(303);
}

#[tokio::test]
async fn what_is_asked_in_words_is_said_and_dates_do_not_lie_ahead() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    let done = "select count(*) + (select sum(version)::bigint from cases) from audit_records
        where action in ('case.reveal', 'case.file', 'case.accept', 'case.ask_supplement')";
    let so_far = app.scalar_i64(done).await;
    for reason in ["", "看看吧", "\u{200b}看看吧"] {
        let page = centre.desk.post(&format!("{case}/reveal"), &[("reason", reason)]).await;
        page.assert_status(409).assert_says("不少于4个字").assert_silent_on("13800000001");
    }
    let ahead = [("paper_kind", "evidence"), ("pages", "2"), ("made_on", "2024-05-07")];
    let page = centre.desk.post(&format!("{case}/papers"), &ahead).await;
    assert!([409, 422].contains(&page.status.as_u16()), "{}", page.status);
    page.assert_says("不能晚于今天");
    for (on, words) in [("2024-05-07", "不能晚于今天"), ("2024-05-05", "不能早于")] {
        let page = centre.post(&centre.desk, &case, "accept", &[("on", on)]).await;
        assert!([409, 422].contains(&page.status.as_u16()), "{}", page.status);
        page.assert_says(words);
    }
    let before = [("until", "2024-05-05"), ("note", "请补交劳动关系证据"), ("wording", "no_labour_proof")];
    let page = centre.post(&centre.desk, &case, "ask_supplement", &before).await;
    assert!([409, 422].contains(&page.status.as_u16()), "{}", page.status);
    page.assert_says("补正期限应在发出日期之后");
    assert_eq!(app.scalar_i64(done).await, so_far);
    centre
        .desk
        .post(&format!("{case}/reveal"), &[("reason", "核实住址")])
        .await
        .assert_status(200)
        .assert_says("13800000001");
}
