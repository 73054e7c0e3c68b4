//! The life of a case, from the first question to the archive.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, TestApp};
use crate::support::case_life::{Centre, WAGES, ticked};
use crate::support::queries::Queries;

fn id_of(case: &str) -> &str {
    case.rsplit('/').next().expect("an id")
}

#[tokio::test]
async fn a_migrant_workers_wages_from_the_window_to_the_archive() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    // Received on 24 September: seven days end in the holiday and move to 8 October.
    app.clock_to("2024-09-24 09:00");
    let case = centre.apply(&[("received_on", "2024-09-24")]).await;
    let page = centre.desk.get(&case).await;
    page.assert_says("高法援申字〔2024〕001号").assert_says("2024年10月8日").assert_says("绿色通道：农民工讨薪");
    assert!(!page.html.contains("14999919800315001X"), "the number is masked");
    centre.desk.get("/home").await.assert_says("核对材料并受理");
    app.clock_to("2024-09-25 09:00");
    centre.grant(&case).await;
    let page = centre.director.get(&case).await;
    page.assert_says("高法援字〔2024〕001号").assert_says("惠民工程案件").assert_says("给予法律援助决定书");
    centre.hand_to_zhao(&case).await;
    centre.handler.get("/cases").await.assert_says("我承办的案件").assert_says("高法援字〔2024〕001号");
    centre
        .handler
        .post(
            &format!("{case}/records"),
            &[
                ("kind", "hearing"),
                ("on", "2024-10-20"),
                ("time", "09:30"),
                ("place", "高平市人民法院"),
                ("content", "第一次开庭"),
            ],
        )
        .await
        .assert_status(303);
    let calendar = centre.handler.get(&format!("{case}/hearings.ics")).await;
    assert!(calendar.html.contains("DTSTART:20241020T013000Z"), "{}", calendar.html);
    assert!(!calendar.html.contains("王建国"), "no names leave the system");
    app.clock_to("2024-11-05 10:00");
    centre.close(&case).await;
    let page = centre.desk.get(&case).await;
    page.assert_says("同意结案").assert_says("2024年12月5日").assert_says("尚未计入年度任务");
    // Not entered: neither counted nor archived.
    assert_eq!(app.scalar_i64("select count(*) from cases where counted_on is not null").await, 0);
    assert_eq!(centre.post(&centre.desk, &case, "archive", &[]).await.status.as_u16(), 409);
    app.clock_to("2024-11-08 10:00");
    centre.step(&centre.desk, &case, "enter", &[("entry_number", "SXFY202400001")]).await;
    centre.desk.get(&case).await.assert_says("第1件：11月5日同意结案，11月8日录入省系统");
    let early = centre.post(&centre.desk, &case, "archive", &[]).await;
    early.assert_status(409).assert_says("身份证明").assert_says("回访");
    for kind in ["identity", "return_visit"] {
        centre.paper(&centre.desk, &case, kind).await;
    }
    centre.step(&centre.desk, &case, "archive", &[]).await;
    let today = app.state.clock.today().to_string();
    let late = [("kind", "supervised"), ("on", &*today), ("content", "补登一次电话监督")];
    centre.desk.post(&format!("{case}/records"), &late).await.assert_status(409).assert_says("不能再登记办理情况");
    let late = [("paper_kind", "evidence"), ("pages", "2"), ("made_on", &*today)];
    centre.desk.post(&format!("{case}/papers"), &late).await.assert_status(409).assert_says("不能再收存材料");
    let page = centre.desk.get(&case).await;
    page.assert_says("高法援档字〔2024〕001号").assert_says("案件的步骤已经办完");
    let contents = centre.desk.get(&format!("{case}/papers/contents")).await;
    contents.assert_says("卷宗目录").assert_says("保管期限").assert_says("30年");
    // Every step stands on the time line, and none can be taken away.
    for step in
        ["收到窗口申请", "受理", "决定给予援助", "指派山西示例律师事务所赵志远承办", "签订委托协议", "同意结案", "归档"]
    {
        page.assert_says(step);
    }
    assert_eq!(app.refused_by("delete from case_events").await, "case_events_append_only");
}

#[tokio::test]
async fn an_elderly_applicant_by_post_with_a_supplement_a_change_of_handler_and_a_termination() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-06-03 09:00");
    let case = centre
        .apply(&[
            ("way", "post"),
            ("received_on", "2024-06-03"),
            ("cause", "赡养纠纷"),
            ("id_number", "149999196406030021"),
            ("name", "李秀英"),
            ("groups", "elderly"),
            ("proofs", ""),
        ])
        .await;
    centre.desk.get(&case).await.assert_says("2024年6月11日");
    let refused = centre.post(&centre.desk, &case, "accept", &[]).await;
    refused.assert_status(409).assert_says("还没有身份证明");
    app.clock_to("2024-06-05 10:00");
    let supplement = [("wording", "no_identity"), ("note", ""), ("until", "2024-06-14")];
    centre.step(&centre.desk, &case, "ask_supplement", &supplement).await;
    let page = centre.desk.get(&case).await;
    page.assert_says("待补正").assert_says("暂停").assert_says("补充材料、说明通知书");
    assert_eq!(centre.post(&centre.desk, &case, "deem_withdrawn", &[]).await.status.as_u16(), 409, "not yet");
    app.clock_to("2024-06-12 10:00");
    centre.paper(&centre.desk, &case, "identity").await;
    centre.step(&centre.desk, &case, "supplemented", &[("note", "补交身份证复印件")]).await;
    // Seven days of pause: 3 June + 7 + 7 is Monday 17 June.
    centre.desk.get(&case).await.assert_says("2024年6月17日").assert_says("已扣除7天");
    let review = [("scope", "a31_4"), ("means", "declared"), ("note", "建议给予")];
    centre.step(&centre.desk, &case, "review", &review).await;
    let unproved = centre.post(&centre.director, &case, "grant", &[]).await;
    unproved.assert_status(409).assert_says("没有证明");
    centre.step(&centre.director, &case, "send_back", &[("wording", "review_thin")]).await;
    let mut form: Vec<(&str, &str)> = WAGES
        .into_iter()
        .filter(|(name, _)| {
            !["way", "received_on", "id_number", "phone", "groups", "proofs", "cause", "name"].contains(name)
        })
        .collect();
    let version = app.scalar_i64("select version::bigint from cases").await.to_string();
    form.extend([
        ("cause", "赡养纠纷"),
        ("name", "李秀英"),
        ("groups", "elderly"),
        ("proofs", "id_card"),
        ("birth_date", "1964-06-03"),
        ("version", &version),
    ]);
    centre.desk.post(&format!("{case}/application"), &form).await.assert_status(303);
    centre.step(&centre.desk, &case, "review", &review).await;
    app.clock_to("2024-06-13 10:00");
    centre.step(&centre.director, &case, "grant", &[]).await;
    centre.step(&centre.desk, &case, "assign", &[("handler", &centre.zhao.to_string())]).await;
    centre.step(&centre.handler, &case, "take_on", &[]).await;
    app.clock_to("2024-09-27 10:00");
    centre
        .step(&centre.desk, &case, "ask_change", &[("wording", "not_fulfilled"), ("note", "受援人反映三个月未会见")])
        .await;
    centre.desk.get(&case).await.assert_says("2024年10月10日");
    // Who is to be replaced is not among those to choose from.
    let form = centre.director.get(&format!("{case}/do/change")).await;
    assert_eq!(form.attribute("input[name=handler][checked]", "value"), Some(centre.li.to_string()));
    form.assert_says("现在的承办人，正要更换");
    let same = centre
        .post(&centre.director, &case, "change", &[("handler", &centre.zhao.to_string()), ("note", "同意")])
        .await;
    same.assert_status(409).assert_says("相同");
    app.clock_to("2024-10-08 10:00");
    centre.step(&centre.director, &case, "change", &[("handler", &centre.li.to_string()), ("note", "情况属实")]).await;
    centre.second.get(&case).await.assert_status(200).assert_says("李雪梅");
    centre.handler.get(&case).await.assert_status(404);
    let page = centre.desk.get(&case).await;
    page.assert_says("更换法律援助人员审批表").assert_says("更换法律援助人员通知书");
    app.clock_to("2024-10-14 10:00");
    centre
        .step(&centre.director, &case, "terminate", &[("ground", "own_lawyer"), ("note", "子女已为其聘请律师")])
        .await;
    let page = centre.desk.get(&case).await;
    page.assert_says("已终止")
        .assert_says("送达终止决定")
        .assert_says("2024年10月17日")
        .assert_says("案件已终止，不计入任务");
    centre.step(&centre.desk, &case, "serve", &[("note", "终止决定书直接送达本人签收")]).await;
    // The recipient may object until the 29th: nothing is archived before.
    app.clock_to("2024-10-29 10:00");
    let early = centre.post(&centre.desk, &case, "archive", &[]).await;
    early.assert_status(409).assert_says("受援人的异议期到2024年10月29日");
    app.clock_to("2024-10-30 10:00");
    centre.step(&centre.desk, &case, "archive", &[]).await;
    assert_eq!(app.scalar_i64("select count(*) from cases where counted_on is not null").await, 0);
    assert_eq!(app.scalar_i64("select count(*) from case_assignments where ended_on is not null").await, 2);
}

#[tokio::test]
async fn a_minors_notified_defence_over_three_stages_is_three_cases() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-06-07 09:00");
    let notice = |kind: &'static str, number: &'static str, day: &'static str| {
        vec![
            ("basis", "notified_defence"),
            ("way", "authority"),
            ("received_on", day),
            ("kind", kind),
            ("cause", "故意伤害罪"),
            ("name", "郭小宇"),
            ("birth_date", "2008-02-01"),
            ("groups", "minor"),
            ("proofs", "household_register"),
            ("notice_basis", "minor"),
            ("notice_number", number),
            ("authority", "高平市公安局"),
        ]
    };
    let page =
        centre.desk.post("/cases/apply", &notice("criminal_investigation", "高公法援〔2024〕3号", "2024-06-07")).await;
    page.assert_status(303);
    let first = page.location.expect("a case");
    let page = centre.desk.get(&first).await;
    // Three days from the notice end in the Dragon Boat holiday: 11 June.
    page.assert_says("收到通知")
        .assert_says("2024年6月11日")
        .assert_says("受限案件")
        .assert_says("高法援字〔2024〕001号");
    // A young lawyer outside the list may not have it.
    let li = centre.li.to_string();
    let barred = centre.post(&centre.desk, &first, "assign", &[("handler", &li)]).await;
    barred.assert_status(409).assert_says("名册");
    centre.hand_to_zhao(&first).await;
    for kind in ["meeting_record", "opinion", "progress_report"] {
        centre.paper(&centre.handler, &first, kind).await;
    }
    let way = [("way", "transferred"), ("summary", "侦查终结，移送审查起诉")];
    app.clock_to("2024-09-01 10:00");
    centre.step(&centre.handler, &first, "conclude", &way).await;
    // Thirty days from 1 September end on 1 October: 8 October.
    centre.handler.get(&first).await.assert_says("2024年10月8日");
    centre.step(&centre.handler, &first, "file_materials", &[]).await;
    let good: Vec<(&str, &str)> =
        ["agreement", "meeting_record", "opinion", "progress_report"].into_iter().map(|kind| ("good", kind)).collect();
    app.clock_to("2024-09-02 10:00");
    centre.step(&centre.desk, &first, "pass_closing", &good).await;
    centre.step(&centre.director, &first, "agree_closing", &[]).await;
    centre.step(&centre.desk, &first, "enter", &[("entry_number", "SX1")]).await;
    for (kind, number) in
        [("criminal_prosecution", "高检法援〔2024〕9号"), ("criminal_first_instance", "高法援函〔2024〕1号")]
    {
        let mut form = notice(kind, number, "2024-09-02");
        form.push(("stage_of", id_of(&first)));
        centre.desk.post("/cases/apply", &form).await.assert_status(303);
    }
    assert_eq!(app.scalar_i64(&format!("select count(*) from cases where matter_id = {}", id_of(&first))).await, 2);
    assert_eq!(app.scalar_i64("select count(distinct number) from cases").await, 3);
    let page = centre.desk.get(&first).await;
    page.assert_says("同一事项的其他阶段").assert_says("刑事辩护（审查起诉）").assert_says("刑事辩护（一审）");
    page.assert_says("第1件");
    // Named people only.
    app.staff(Role::Leader).await.get(&first).await.assert_status(403).assert_says("受限案件");
    let list = app.staff(Role::Leader).await.get("/cases").await;
    assert!(!list.text().contains('郭'), "a restricted case names nobody in lists");
}

#[tokio::test]
async fn each_step_is_for_whom_the_table_says() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    for (who, step) in [
        (&centre.director, "accept"),
        (&centre.handler, "accept"),
        (&centre.desk, "grant"),
        (&centre.handler, "grant"),
        (&centre.desk, "object"),
    ] {
        let status = centre.post(who, &case, step, &[]).await.status.as_u16();
        assert!(status == 403 || status == 404, "{step}: {status}");
    }
    app.staff(Role::BureauClerk).await.get(&format!("{case}/do/grant")).await.assert_status(403);
    app.staff(Role::Finance).await.get(&case).await.assert_status(403);
    centre.handler.get(&case).await.assert_status(404);
    // In the wrong state it says where it could be taken.
    let wrong = centre.post(&centre.director, &case, "grant", &[]).await;
    wrong.assert_status(409).assert_says("案件现在是“已申请”").assert_says("只能在“待审批”时办理");
    centre
        .desk
        .get("/cases/states")
        .await
        .assert_says("决定给予援助")
        .assert_says("审批人不是审查人")
        .assert_says("S04");
    assert_eq!(app.scalar_i64("select count(*) from case_events where kind = 'move'").await, 1);
}

#[tokio::test]
async fn bad_input_is_said_beside_the_field() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    for (changes, message) in [
        (vec![("birth_date", "1981-03-15")], "出生日期与身份证号不符"),
        (vec![("gender", "female")], "性别与身份证号不符"),
        (vec![("id_number", "149999198003150011")], "校验位不对"),
        (vec![("groups", "elderly")], "不满60周岁"),
        (vec![("groups", "minor")], "已满18周岁"),
        (vec![("groups", "woman")], "不能选“妇女”"),
        (vec![("received_on", "2024-05-07")], "不能晚于今天"),
        (vec![("phone", "1380000")], "11 位手机号"),
        (vec![("name", "")], "请填写姓名"),
        (vec![("opponent", "王 建国")], "与申请人同名"),
        (vec![("kind", "duty_lawyer_help")], "请选择援助方式和阶段"),
        (vec![("life_or_death", "yes")], "只能是刑事案件"),
        (vec![("agent", "王小明")], "请填写代理申请人与申请人的关系"),
        (vec![("amount", "很多")], "金额"),
        (vec![("received_on", "2024-05-03"), ("birth_date", "2024-05-05")], "出生日期晚于收到申请的日期"),
        (vec![("basis", "notified_defence")], "通知辩护只有刑事案件才有"),
        (vec![("basis", "notified_defence"), ("kind", "criminal_first_instance")], "请选择通知依据"),
        (vec![("basis", "notified_defence"), ("kind", "criminal_first_instance")], "请填写通知机关"),
        (vec![("basis", "notified_defence"), ("kind", "criminal_first_instance")], "请填写通知函号"),
    ] {
        let mut form: Vec<(&str, &str)> =
            WAGES.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
        form.extend(changes);
        let page = centre.desk.post("/cases/apply", &form).await;
        page.assert_status(422).assert_says(message);
    }
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 0);
    let case = centre.apply(&[]).await;
    for (step, fields, message) in [
        ("accept", vec![("on", "2024-05-05")], "不能早于"),
        ("accept", vec![("on", "2024-05-07")], "不能晚于今天"),
        ("ask_supplement", vec![("note", "材料"), ("until", "2024-05-06")], "应在发出日期之后"),
        ("ask_supplement", vec![("note", ""), ("until", "2024-05-10")], "请填写需要补充的材料"),
    ] {
        let page = centre.post(&centre.desk, &case, step, &fields).await;
        assert!([409, 422].contains(&page.status.as_u16()), "{step}: {}", page.status);
        page.assert_says(message);
    }
}

#[tokio::test]
async fn a_second_application_for_the_same_matter_is_not_granted() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let first = centre.apply(&[]).await;
    centre.grant(&first).await;
    let second = centre.apply(&[("phone", "13800000009"), ("opponent", "高平市 示例建筑有限公司")]).await;
    centre.step(&centre.desk, &second, "accept", &[]).await;
    let review = [("scope", "a31_5"), ("means", "declared"), ("note", "建议给予")];
    centre.step(&centre.desk, &second, "review", &review).await;
    let form = centre.director.get(&format!("{second}/do/grant")).await;
    form.assert_says("重复或者利益冲突").assert_says("属于同一事项重复申请").assert_says("现在还不能办理这一步");
    centre.post(&centre.director, &second, "grant", &[]).await.assert_status(409).assert_says("同一事项重复申请");
    centre
        .step(&centre.director, &second, "refuse", &[("refusal", "already_aided"), ("note", "同一事项已给予援助")])
        .await;
    centre.desk.get(&second).await.assert_says("不予法律援助决定书").assert_says("提出异议");
    // The bureau, not the centre, decides the objection; it may order otherwise.
    let clerk = app.staff(Role::BureauClerk).await;
    centre.step(&clerk, &second, "object", &[("note", "两份合同，不是同一事项")]).await;
    clerk.get("/home").await.assert_says("处理异议");
    centre.step(&clerk, &second, "uphold", &[("note", "经查为同一事项")]).await;
    centre.desk.get(&second).await.assert_says("决定不予").assert_says("异议审查处理决定书");
}

#[tokio::test]
async fn nobody_suspended_or_on_the_other_side_is_assigned() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    app.execute(
        "update case_handlers set status = 'suspended', status_reason = '停止执业' where licence_number = 'L1'",
    )
    .await;
    let zhao = centre.zhao.to_string();
    centre.post(&centre.desk, &case, "assign", &[("handler", &zhao)]).await.assert_status(409).assert_says("停止执业");
    let form = centre.desk.get(&format!("{case}/do/assign")).await;
    form.assert_says("不能指派的1人及原因").assert_says("李雪梅");
    // 李雪梅 takes it; then the opponent asks for aid against the recipient.
    centre.step(&centre.desk, &case, "assign", &[("handler", &centre.li.to_string())]).await;
    let other = centre
        .apply(&[
            ("name", "张对方"),
            ("id_number", "149999198003150036"),
            ("phone", "13800000077"),
            ("opponent", "王建国"),
            ("groups", ""),
            ("cause", "合同纠纷"),
        ])
        .await;
    app.execute("update case_applications set opponent = '张对方', opponent_key = '张对方' where name = '王建国'")
        .await;
    centre.grant(&other).await;
    let conflict = centre.post(&centre.desk, &other, "assign", &[("handler", &centre.li.to_string())]).await;
    conflict.assert_status(409).assert_says("对方当事人");
}

#[tokio::test]
async fn two_who_work_on_one_case_do_not_overwrite_each_other() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    let today = app.state.clock.today().to_string();
    let fields = [("version", "1"), ("on", today.as_str())];
    let path = format!("{case}/do/accept");
    let (a, b) = tokio::join!(centre.desk.post(&path, &fields), centre.desk.post(&path, &fields));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let told = if a.status.as_u16() == 409 { a } else { b };
    assert!(told.text().contains("刚刚被别人改过") || told.text().contains("案件现在是"), "{}", told.text());
    assert_eq!(app.scalar_i64("select count(*) from case_events where code = 'accept'").await, 1);
}

#[tokio::test]
async fn a_whole_number_is_shown_for_a_reason_that_is_recorded() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.desk.post(&format!("{case}/reveal"), &[("reason", "")]).await.assert_status(409);
    let page = centre.desk.post(&format!("{case}/reveal"), &[("reason", "打电话通知补交材料")]).await;
    page.assert_status(200).assert_says("14999919800315001X").assert_says("13800000001");
    assert_eq!(
        app.scalar_i64("select count(*) from audit_records where action = 'case.reveal' and note <> ''").await,
        1
    );
    centre.desk.get(&case).await.assert_says("打电话通知补交材料");
    let reader = app.staff(Role::Leader).await;
    reader.post(&format!("{case}/reveal"), &[("reason", "看一看这个号码")]).await.assert_status(403);
    assert_eq!(app.scalar_i64("select count(*) from case_applications where id_number::text like '%149999%'").await, 0);
}

#[tokio::test]
async fn strangers_apply_and_look_up_and_the_window_opens() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let stranger = app.stranger();
    stranger.get("/legal-aid").await.assert_status(200).assert_says("法律援助不收取任何费用");
    let form = [
        ("name", "赵大爷"),
        ("id_number", "14999919500101001X"),
        ("phone", "13900000005"),
        ("groups", "elderly"),
        ("hard_to_move", "yes"),
        ("facts", "儿子三年没有给赡养费，多次要钱都不给。"),
        ("request", "请求支付赡养费"),
        ("agreed", "yes"),
    ];
    stranger.post_bare("/legal-aid", &form[..7]).await.assert_status(422).assert_says("诚信承诺");
    let long = "长".repeat(2001);
    for (field, typed, words) in [
        ("name", "\u{200b}", "请填写姓名"),
        ("name", &long[..153], "最多50个字"),
        ("id_number", "", "身份证号"),
        ("id_number", "149999195001010011", "校验位"),
        ("id_number", huifa::secrets::demo_id_number("2029-10-08".parse().unwrap(), 1).as_str(), "在今天之后"),
        ("phone", "", "电话"),
        ("phone", "1390000000", "电话"),
        ("groups", "king", "无法识别"),
        ("facts", "儿子不给钱", "再写详细一些"),
        ("facts", &long, "最多2000个字"),
        ("request", "", "请填写希望得到什么帮助"),
    ] {
        let faulty = form.map(|(name, value)| (name, if name == field { typed } else { value }));
        let page = stranger.post_bare("/legal-aid", &faulty).await;
        page.assert_status(422);
        let said = page.select(&format!("#e-{field}")).join("");
        assert!(said.contains(words), "{field}: “{said}” does not say “{words}”");
    }
    assert_eq!(app.scalar_i64("select count(*) from case_online").await, 0);
    let page = stranger.post_bare("/legal-aid", &form).await;
    page.assert_status(200).assert_says("高法援申字〔2024〕001号");
    let asked = |number: &'static str, phone: &'static str| {
        let stranger = app.stranger();
        async move { stranger.post_bare("/legal-aid/status", &[("number", number), ("phone", phone)]).await }
    };
    asked("高法援申字〔2024〕001号", "13900000005").await.assert_status(200).assert_says("等候法律援助中心核收");
    let wrong = asked("高法援申字〔2024〕001号", "13900000006").await;
    let unknown = asked("高法援申字〔2024〕099号", "13900000005").await;
    wrong.assert_status(422).assert_says("没有查到");
    let no_number = asked("高法援申字〔2024〕001号", "139").await;
    assert!(!no_number.select("#e-phone").is_empty(), "{}", no_number.text());
    unknown.assert_status(422).assert_says("没有查到");
    centre.desk.get("/home").await.assert_says("网上申请待核收");
    centre.desk.get("/cases/online").await.assert_says("绿色通道：行动不便").assert_says("赵*爷");
    for answer in ["不行", &"长".repeat(301)] {
        let page = centre.desk.post("/cases/online/1/decline", &[("answer", answer)]).await;
        page.assert_status(409).assert_says("6到300个字");
    }
    let opened = centre.desk.post("/cases/online/1/open", &[]).await;
    opened.assert_status(303);
    let case = opened.location.expect("a case");
    centre.desk.get(&case).await.assert_says("绿色通道：行动不便").assert_says("赵大爷");
    centre.desk.post("/cases/online/1/open", &[]).await.assert_status(409).assert_says("已经有人处理过");
    asked("高法援申字〔2024〕001号", "13900000005").await.assert_says("正在核对材料");
    centre.post(&centre.desk, &case, "accept", &[]).await.assert_status(409).assert_says("案由");
    // A fourth application that waits is not taken.
    for _ in 0..2 {
        stranger.post_bare("/legal-aid", &form).await.assert_status(200);
    }
    stranger.post_bare("/legal-aid", &form).await.assert_status(422).assert_says("等候处理");
    stranger.get("/cases/online").await.assert_status(303);
}

#[tokio::test]
async fn a_late_or_faulty_file_goes_back_and_a_case_without_its_papers_is_not_closed() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    let way = [("way", "judgment"), ("summary", "判决支付工资")];
    centre.step(&centre.handler, &case, "conclude", &way).await;
    let bare = centre.post(&centre.handler, &case, "file_materials", &[]).await;
    bare.assert_status(409).assert_says("结案材料还缺").assert_says("庭审笔录").assert_says("判决书");
    for kind in ["meeting_record", "pleading", "evidence", "hearing_record", "opinion", "judgment", "progress_report"] {
        centre.paper(&centre.handler, &case, kind).await;
    }
    centre.step(&centre.handler, &case, "file_materials", &[]).await;
    centre
        .post(&centre.director, &case, "agree_closing", &[])
        .await
        .assert_status(409)
        .assert_says("还没有逐项审查合格");
    centre.post(&centre.handler, &case, "pass_closing", &[("good", "judgment")]).await.assert_status(403);
    centre.post(&centre.desk, &case, "pass_closing", &[("good", "judgment")]).await.assert_status(422);
    let back = [("wording", "no_meeting_record"), ("until", "2024-05-20")];
    centre.step(&centre.desk, &case, "return_materials", &back).await;
    centre.handler.get("/home").await.assert_says("补正结案材料");
    centre.handler.get(&case).await.assert_says("请补交会见、约见笔录");
    assert_eq!(
        app.scalar_i64("select count(*) from case_events where code = 'return_materials:no_meeting_record'").await,
        1
    );
}

#[tokio::test]
async fn scans_are_taken_by_their_content() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    for (content, status, message) in [
        (&b"%PDF-1.4 a page %%EOF"[..], 303, ""),
        (b"", 422, "空的"),
        (b"MZ program", 422, "只收PDF"),
        (b"<svg onload=alert(1)>", 422, "只收PDF"),
        (b"%PDF-1.4 /JavaScript %%EOF", 422, "脚本"),
        (b"%PDF-1.4 cut off", 422, "不完整"),
        (b"%PDF-1.4 x %%EOF\n<script>alert(1)</script>", 422, "后面附有别的内容"),
        (b"%PDF-1.4 x %%EOF\nPK\x03\x04 a zip", 422, "后面附有别的内容"),
        (b"%PDF-1.4 <</J#53 (x)>> %%EOF", 422, "脚本"),
        (b"<!doctype html><title>a</title>", 422, "只收PDF"),
        (b"PK\x03\x04 a zip", 422, "只收PDF"),
        (b"GIF89a picture", 422, "只收PDF"),
        // A picture of 60,000 by 60,000 points in a few bytes.
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xea\x60\0\0\xea\x60\x08\0\0\0\0....\0\0\0\0IEND....",
            422,
            "60000×60000",
        ),
        (b"\xff\xd8\xff\xe0 cut off", 422, "不完整"),
        // Two files in one form: neither is kept, rather than one of them silently.
        (
            b"%PDF-1.4 c %%EOF\r\n--XX\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"b\"\r\n\r\n%PDF-1.4 d %%EOF",
            422,
            "一次只能上传一个文件",
        ),
    ] {
        let page = upload(&centre.desk, &case, content).await;
        page.assert_status(status);
        if !message.is_empty() {
            page.assert_says(message);
        }
    }
    let paper = app.scalar_i64("select id from case_documents where source = 'scan'").await;
    let scan = centre.desk.get(&format!("{case}/papers/{paper}")).await;
    scan.assert_status(200);
    assert_eq!(scan.headers["content-type"], "application/pdf");
    assert!(scan.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(app.scalar_i64("select count(*) from case_files").await, 1);
    centre.handler.get(&format!("{case}/papers/{paper}")).await.assert_status(404);
    // A name that climbs out of every folder, and lies about what it is, is not even looked at.
    let fields =
        [("paper_kind", "evidence"), ("pages", "1"), ("made_on", "2024-05-06"), ("title", "../../证据\u{22}; x")];
    let named =
        centre.desk.upload_as(&format!("{case}/scans"), &fields, "../../../../tmp/x.html", b"%PDF-1.4 b %%EOF").await;
    named.assert_status(303);
    let paper = app.scalar_i64("select max(id) from case_documents where source = 'scan'").await;
    let scan = centre.desk.get(&format!("{case}/papers/{paper}")).await;
    assert_eq!(scan.headers["content-type"], "application/pdf");
    let disposition = scan.headers["content-disposition"].to_str().unwrap();
    assert!(
        !disposition.contains("..") && !disposition.contains("html") && !disposition.contains("; x"),
        "{disposition}"
    );
    assert_eq!(app.scalar_i64("select count(*) from case_files where sha256 !~ '^[0-9a-f]{64}$'").await, 0);
    let large = vec![b' '; 6 * 1024 * 1024 + 100];
    upload(&centre.desk, &case, &large).await.assert_status(422);
}

async fn upload(who: &Browser<'_>, case: &str, content: &[u8]) -> crate::support::app::Page {
    who.upload(
        &format!("{case}/scans"),
        &[("paper_kind", "evidence"), ("pages", "1"), ("made_on", "2024-05-06")],
        content,
    )
    .await
}

#[tokio::test]
async fn cases_are_handed_over_all_or_none() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let other = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
    centre.apply(&[]).await;
    centre.apply(&[("id_number", "149999198003150036"), ("name", "王建军"), ("phone", "13800000002")]).await;
    let to = other.actor().account_id.to_string();
    let seen = [ticked(&app, 1).await, ticked(&app, 2).await];
    let page = centre.desk.post("/cases/work", &[("cases", &seen[0]), ("cases", "999999.0"), ("to", &to)]).await;
    page.assert_status(409).assert_says("全部没有移交");
    assert_eq!(app.scalar_i64(&format!("select count(*) from cases where worker_id = {to}")).await, 0);
    let twice = format!("{}7", seen[0]);
    let many: Vec<String> = (1..=251).map(|id| format!("{id}.0")).collect();
    for ticked in [vec![], vec![seen[0].as_str(), &twice], many.iter().map(String::as_str).collect()] {
        let mut fields: Vec<(&str, &str)> = ticked.into_iter().map(|case| ("cases", case)).collect();
        fields.push(("to", &to));
        centre.desk.post("/cases/work", &fields).await.assert_status(409).assert_says("请勾选要移交的案件");
    }
    let ids = [("cases", seen[0].as_str()), ("cases", seen[1].as_str()), ("to", to.as_str())];
    // The page says with whom they lie: what a colleague has handed over meanwhile is not taken back unseen.
    let (mine, theirs) = tokio::join!(centre.desk.post("/cases/work", &ids), other.post("/cases/work", &ids));
    let mut statuses = [mine.status.as_u16(), theirs.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let told = if mine.status.as_u16() == 409 { mine } else { theirs };
    told.assert_says("刚被别人移交");
    assert_eq!(app.scalar_i64(&format!("select count(*) from cases where worker_id = {to}")).await, 2);
    centre.desk.get("/cases/work").await.assert_says("各人在手").assert_says("核对材料并受理");
    centre.handler.get("/cases/work").await.assert_status(403);
}

#[tokio::test]
async fn a_case_page_takes_four_queries_at_most() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.desk.get(&case).await;
    for path in [case.clone(), format!("{case}/do/enter"), "/cases".to_owned()] {
        let queries = Queries::listen();
        centre.desk.get(&path).await.assert_status(200);
        let asked = queries.take();
        assert!(asked.len() <= 4, "{path}: {asked:#?}");
    }
}

#[tokio::test]
async fn the_provinces_list_is_compared_and_given_out() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    let page = centre.desk.get("/cases/provincial").await;
    page.assert_says("待录入1件").assert_says("全年任务290件");
    let pasted = "SX77,高法援字〔2024〕001号\nSX78,高法援字〔2024〕099号";
    let page = centre.desk.post("/cases/provincial", &[("year", "2024"), ("pasted", pasted)]).await;
    page.assert_status(200).assert_says("省系统中已有（SX77），这里没有登记录入").assert_says("这里没有这个案号");
    let list = centre.desk.post("/cases/provincial/export", &[("year", "2024")]).await;
    list.assert_status(200);
    assert!(list.html.contains("案号,申请编号,受援人") && list.html.contains("149999********001X"), "{}", list.html);
    assert!(!list.html.contains("14999919800315001X"));
    assert_eq!(app.scalar_i64("select count(*) from audit_records where action = 'case.export'").await, 1);
    centre.director.get("/cases/provincial").await.assert_status(403);
}

#[tokio::test]
async fn quality_is_reviewed_by_people_who_had_no_part() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    // A peer of the same firm stands back.
    let peer = centre.second.actor().account_id.to_string();
    let number = "高法援字〔2024〕001号";
    let picked = |kind: &'static str, reviewer: String| {
        let clerk = &clerk;
        async move {
            let fields = [("kind", kind), ("reviewer", reviewer.as_str()), ("numbers", number), ("reason", "季度评查")];
            clerk.post("/cases/quality", &fields).await
        }
    };
    picked("peer", peer).await.assert_status(409).assert_says("应当回避");
    let me = clerk.actor().account_id.to_string();
    let zhao = centre.handler.actor().account_id.to_string();
    for (fields, words) in [
        (&[("kind", "king"), ("reviewer", me.as_str()), ("count", "5")][..], "请选择评查类型"),
        (&[("kind", "administrative"), ("reviewer", "x"), ("count", "5")], "请选择评查人"),
        (&[("kind", "administrative"), ("reviewer", &me), ("count", "0")], "1到50"),
        (&[("kind", "administrative"), ("reviewer", &me), ("count", "51")], "1到50"),
        (&[("kind", "administrative"), ("reviewer", &me), ("numbers", number), ("reason", " ")], "请写明理由"),
        (&[("kind", "administrative"), ("reviewer", &me), ("numbers", "没有的"), ("reason", "季度评查")], "没有的"),
        (&[("kind", "administrative"), ("reviewer", &zhao), ("count", "5")], "不能做"),
        // The handler of the only case stands back: nothing is left to draw.
        (&[("kind", "peer"), ("reviewer", &zhao), ("count", "50")], "没有可以评查的案件"),
    ] {
        clerk.post("/cases/quality", fields).await.assert_status(409).assert_says(words);
    }
    assert_eq!(app.scalar_i64("select count(*) from case_quality").await, 0);
    clerk
        .post("/cases/quality", &[("kind", "administrative"), ("reviewer", &me), ("count", "5")])
        .await
        .assert_status(303);
    picked("administrative", me).await.assert_status(409).assert_says("已经安排过");
    clerk.get("/cases/quality").await.assert_says("随机抽取").assert_says("待评查");
    let scores: Vec<(&str, &str)> =
        ["10", "10", "15", "15", "20", "15", "5", "11"].into_iter().map(|score| ("scores", score)).collect();
    clerk.post("/cases/quality/1", &scores).await.assert_status(422).assert_says("归档应为0到10分");
    let mut scores: Vec<(&str, &str)> =
        ["8", "8", "12", "12", "15", "12", "4", "8"].into_iter().map(|score| ("scores", score)).collect();
    scores.extend([("faults", "约见笔录没有写明风险告知"), ("mend_until", "2024-05-20")]);
    let mut silent = scores.clone();
    silent.retain(|(name, _)| *name != "faults");
    clerk.post("/cases/quality/1", &silent).await.assert_status(422).assert_says("请写明问题");
    clerk.post("/cases/quality/1", &scores[1..]).await.assert_status(422);
    app.staff(Role::BureauClerk)
        .await
        .post("/cases/quality/1", &scores)
        .await
        .assert_status(409)
        .assert_says("提交后不能再改");
    clerk.post("/cases/quality/1", &scores).await.assert_status(303);
    centre
        .handler
        .post("/cases/quality/1/mended", &[("note", "已补充")])
        .await
        .assert_status(409)
        .assert_says("整改了什么");
    clerk.get("/cases/quality").await.assert_says("79分，良好").assert_says("山西示例律师事务所");
    centre.handler.post("/cases/quality/1/mended", &[("note", "已补充风险告知笔录")]).await.assert_status(303);
    clerk.get("/cases/quality").await.assert_says("已整改：已补充风险告知笔录");
    centre.desk.post("/cases/quality", &[("kind", "peer")]).await.assert_status(403);
}

#[tokio::test]
async fn odd_cases_are_shown_with_their_evidence_and_decided_by_a_person() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get("/cases/screens").await.assert_says("没有待核实的迹象");
    centre.apply(&[]).await;
    centre.apply(&[("received_on", "2024-05-02")]).await;
    centre
        .apply(&[
            ("name", "王建军"),
            ("id_number", "149999198003150036"),
            ("opponent", "另一公司"),
            ("phone", "13800000001"),
        ])
        .await;
    let page = clerk.get("/cases/screens").await;
    page.assert_says("一案拆成数案").assert_says("相隔4天").assert_says("多人同一电话").assert_says("案情文字雷同");
    let before = app.scalar_i64("select count(*) from case_screenings").await;
    clerk
        .post("/cases/screens", &[("kind", "split"), ("key", "1-2"), ("verdict", "fraud"), ("note", "")])
        .await
        .assert_status(409);
    let fields = [("kind", "split"), ("key", "1-2"), ("verdict", "fraud"), ("note", "同一工地同一欠薪，分两次登记")];
    clerk.post("/cases/screens", &fields).await.assert_status(303);
    clerk.post("/cases/screens", &fields).await.assert_status(409).assert_says("已经有人核实过");
    assert_eq!(app.scalar_i64("select count(*) from case_screenings").await, before + 1);
    clerk.get("/cases/screens").await.assert_says("查实虚假或者拆分");
    centre.desk.get("/cases/screens").await.assert_status(403);
}

#[tokio::test]
async fn a_notice_is_registered_once_and_what_is_done_is_not_offered_again() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let form = [
        ("basis", "notified_defence"),
        ("way", "authority"),
        ("received_on", "2024-05-06"),
        ("kind", "criminal_investigation"),
        ("cause", "盗窃罪"),
        ("name", "郭小宇"),
        ("birth_date", "2008-02-01"),
        ("groups", "minor"),
        ("proofs", "household_register"),
        ("notice_basis", "minor"),
        ("notice_number", "高公法援〔2024〕3号"),
        ("authority", "高平市公安局"),
    ];
    let page = centre.desk.post("/cases/apply", &form).await;
    page.assert_status(303);
    let case = page.location.expect("a case");
    centre.desk.post("/cases/apply", &form).await.assert_status(422).assert_says("已经登记为高法援字〔2024〕001号");
    assert_eq!(app.scalar_i64("select count(*) from cases").await, 1);
    // A handler is first offered what leads on, and not twice what was done.
    centre.step(&centre.desk, &case, "assign", &[("handler", &centre.zhao.to_string())]).await;
    let offered = |page: &crate::support::app::Page| page.select(".case-steps a");
    assert_eq!(offered(&centre.handler.get(&case).await), ["接受指派", "申请更换承办人"]);
    centre.step(&centre.handler, &case, "take_on", &[]).await;
    assert_eq!(offered(&centre.handler.get(&case).await), ["签订委托协议", "申请更换承办人"]);
    let director = centre.director.get(&case).await;
    assert_eq!(offered(&director), ["决定终止"], "nothing to settle: it is a notice");
    director.assert_says("现在由本案承办人或中心工作人员办理");
    // Another letter, another person, another stage are other cases; so is the same after the first has ended.
    for (name, value) in
        [("notice_number", "高公法援〔2024〕4号"), ("name", "郭大宇"), ("kind", "criminal_prosecution")]
    {
        let other: Vec<_> =
            form.iter().map(|(field, old)| (*field, if *field == name { value } else { *old })).collect();
        centre.desk.post("/cases/apply", &other).await.assert_status(303);
    }
    let (id, again) = (case.rsplit('/').next().expect("an id"), async || centre.desk.post("/cases/apply", &form).await);
    again().await.assert_status(422);
    app.execute(&format!(
        "update cases set state = 'terminated', terminated_on = '2024-05-06', termination_note = '撤回通知' where id = {id}"
    ))
    .await;
    again().await.assert_status(303);
}

#[tokio::test]
async fn records_messages_and_papers_keep_to_the_time_and_the_people_of_the_case() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    let (records, messages) = (format!("{case}/records"), format!("{case}/messages"));
    let done = |kind: &'static str| [("kind", kind), ("on", "2024-05-06"), ("content", "约见受援人，核对证据。")];
    let page = centre.desk.post(&records, &done("meeting")).await;
    page.assert_status(409).assert_says("还没有指派");
    let page = centre.desk.post(&messages, &[("body", "请尽快联系受援人")]).await;
    page.assert_status(409).assert_says("还没有承办人");
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    for (field, typed, words) in [
        ("kind", "x", "请选择办理事项"),
        ("on", "2024-05-05", "日期不能早于收到申请的日期"),
        ("on", "2024-05-07", "不能晚于今天"),
        ("content", "办", "请写明做了什么"),
        ("content", " ", "请填写内容"),
        ("kind", "hearing", "请填写开庭时间"),
        ("kind", "hearing", "请填写开庭的法院和法庭"),
        ("kind", "asked_to_meet", "48小时从这时起算"),
    ] {
        let mut fields = done("meeting").to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, typed));
        centre.handler.post(&records, &fields).await.assert_status(422).assert_says(words);
    }
    let long = "长".repeat(501);
    for (body, words) in [(" ", "请填写留言"), (long.as_str(), "最多500个字")] {
        centre.handler.post(&messages, &[("body", body)]).await.assert_status(422).assert_says(words);
    }
    let page = centre.handler.post(&records, &done("supervised")).await;
    page.assert_status(409).assert_says("承办人不能自己登记");
    let page = centre.desk.post(&records, &done("visited")).await;
    page.assert_status(409).assert_says("还没有办结，不能登记案后回访");
    for (field, typed, words) in [
        ("paper_kind", "volume_contents", "请选择材料种类"),
        ("pages", "0", "页数应为1到2000的整数"),
        ("pages", "2001", "页数应为1到2000的整数"),
        ("made_on", "2024-05-07", "不能晚于今天"),
    ] {
        let mut fields = vec![("paper_kind", "evidence"), ("pages", "2"), ("made_on", "2024-05-06")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, typed));
        centre.handler.post(&format!("{case}/papers"), &fields).await.assert_status(422).assert_says(words);
    }
    let page = centre.handler.post(&format!("{case}/papers/1/remove"), &[("reason", " ")]).await;
    page.assert_status(409).assert_says("请写明撤出材料的原因");
    centre.close(&case).await;
    let id = case.rsplit('/').next().expect("an id");
    let paper =
        app.scalar_i64(&format!("select max(id) from case_documents where case_id = {id} and kind = 'judgment'")).await;
    let page = centre.desk.post(&format!("{case}/papers/{paper}/remove"), &[("reason", "收错了案卷")]).await;
    page.assert_status(409).assert_says("已同意结案，卷中材料不能再撤出");
    let mut form: Vec<(&str, &str)> = WAGES.into_iter().collect();
    let version = app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await.to_string();
    form.push(("version", &version));
    let page = centre.desk.post(&format!("{case}/application"), &form).await;
    page.assert_status(409).assert_says("不能再改");
}
