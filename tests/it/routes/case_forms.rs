//! Every form that the office makes comes out of a lived case filled in, under its number.

use std::collections::BTreeSet;

use huifa::cases::documents::Kind;
use huifa::plan::dictionary::Dictionary as _;

use crate::support::app::TestApp;
use crate::support::case_forms::{form, live_every_form};
use crate::support::case_life::Centre;

/// What a form must say: its kind, the beginning of its number (none where it has none), words.
type Wanted = (Kind, &'static str, &'static [&'static str]);

const WANTED: &[Wanted] = &[
    (
        Kind::Application,
        "高法援申字〔2024〕001号",
        &[
            "汉族",
            "山西省高平市***",
            "木工",
            "无固定单位",
            "048400",
            "初中",
            "健康",
            "王小明（父子）",
            "原告",
            "高平市人民法院",
            "23,450.00",
            "4人",
            "3,200.00",
            "农村住房一处",
            "追索劳动报酬纠纷",
            "本人承诺",
        ],
    ),
    (Kind::AgentLetter, "", &["王小明（父子）", "代为提交、补充申请材料"]),
    (Kind::NoticeEntry, "", &["高平市公安局", "高公法援〔2024〕3号", "盗窃罪", "在押", "未成年人", "2024年5月20日"]),
    (Kind::MeansStatement, "", &["4人", "3,200.00", "进城务工人员请求支付劳动报酬", "本人承诺"]),
    (Kind::Receipt, "", &["身份证明2页", "2024年5月13日前", "高法援申字〔2024〕001号"]),
    (Kind::SupplementNotice, "高法援补字〔2024〕001号", &["2024年5月14日前一次补齐", "视为撤回申请"]),
    (Kind::CooperationLetter, "高法援函字〔2024〕", &["陵川县法律援助中心：", "是否领取过工资", "不计算在审查期限内"]),
    (
        Kind::Approval,
        "",
        &[
            "2024年5月6日请求协作，2024年5月8日收到结果",
            "没有补正",
            "符合条件，建议给予",
            "给予法律援助。同意。",
            "高法援决字〔2024〕001号",
            "审批人、日期",
            "农民工",
        ],
    ),
    (Kind::GrantDecision, "高法援决字〔2024〕001号", &["决定给予法律援助", "王建国："]),
    (
        Kind::RefusalDecision,
        "高法援决字〔2024〕",
        &["决定不予法律援助", "15日内向高平市司法局提出", "人均月收入高于标准"],
    ),
    (
        Kind::WithdrawalNotice,
        "高法援告字〔2024〕001号",
        &["高法援补字〔2024〕001号，期限2024年5月14日", "视为撤回申请"],
    ),
    (Kind::TransferLetter, "高法援函字〔2024〕", &["晋城市法律援助中心：", "都在晋城市城区", "138****0004"]),
    (Kind::ServiceReceipt, "", &["给予法律援助决定书，直接送达", "送达人"]),
    (Kind::Assignment, "高法援指字〔2024〕002号", &["接续办理", "L2", "2024年5月14日前", "高平市人民法院", "移交材料"]),
    (Kind::LetterToAuthority, "高法援函字〔2024〕", &["高平市人民法院：", "李雪梅（执业证号L2）"]),
    (
        Kind::ChangeApproval,
        "",
        &[
            "原承办人 赵志远",
            "受援人提出，附通话记录",
            "2024年5月8日",
            "2024年5月14日",
            "同意更换。情况属实",
            "更换后的承办人 山西示例律师事务所 李雪梅",
            "高法援更字〔2024〕001号",
        ],
    ),
    (Kind::ChangeNotice, "高法援更字〔2024〕001号", &["原承办人赵志远不再承办", "另行指派山西示例律师事务所李雪梅"]),
    (Kind::Agreement, "", &["法律援助免费", "李雪梅"]),
    (Kind::TerminationDecision, "高法援终字〔2024〕001号", &["第四十八条", "已自行委托律师", "15日内"]),
    (
        Kind::ObjectionDecision,
        "高法援异字〔2024〕001号",
        &["不予法律援助决定书高法援决字〔2024〕", "经核对，计算无误", "维持原决定", "高平市司法局"],
    ),
    (Kind::ClosingReport, "", &["（2024）晋0581民初618号", "代理意见全部采纳", "23,450.00", "1、2、1"]),
    (Kind::HandlingLog, "", &["2024年5月9日 会见、约见", "核对考勤和欠条", "案中监督", "询问办理进展"]),
    (
        Kind::ClosingReview,
        "",
        &[
            "2024年5月9日退回补正",
            "SX1，2024年5月9日",
            "没有登记过其他来源的补贴",
            "办案及时，材料齐全",
            "同意结案。",
            "负责人、日期",
        ],
    ),
    (Kind::ReturnSlip, "", &["山西示例律师事务所 李雪梅：", "请补交会见、约见笔录", "2024年5月20日前"]),
    (Kind::QualityReview, "", &["88分，良好", "约见笔录没有写明风险告知", "2024年5月24日", "行政评查"]),
    (Kind::VolumeContents, "高法援档字〔2024〕001号", &["卷宗目录", "保管期限", "30年"]),
    (Kind::Remarks, "", &["另附光盘一张", "35页，含本页", "高法援档字〔2024〕001号", "立卷人"]),
];

/// 申请表 in the order of the official form.
/// What the form asks and is not kept: lines to write on.
const BY_HAND: &[&str] = &[
    "代理申请人身份证号",
    "代理申请人电话",
    "对方电话、地址",
    "家庭年收入（元）",
    "低保、特困等证明或者免予核查的情形",
];

const APPLICATION: &[&str] = &[
    "姓名",
    "性别",
    "出生日期",
    "民族",
    "身份证号",
    "户籍所在地",
    "住所地、经常居住地",
    "邮编",
    "联系电话",
    "工作单位",
    "职业",
    "文化程度",
    "身体状况",
    "群体类别",
    "群体证明",
    "是否申请过法律援助",
    "代理申请人",
    "代理申请人身份证号",
    "代理申请人电话",
    "代理授权",
    "申请方式",
    "申请人法律地位",
    "对方当事人",
    "对方电话、地址",
    "申请援助方式和阶段",
    "案由",
    "办案机关",
    "案情及理由",
    "请求事项",
    "标的额（元）",
    "材料清单",
    "家庭人口",
    "家庭月收入（元）",
    "家庭年收入（元）",
    "财产状况",
    "低保、特困等证明或者免予核查的情形",
    "收件日期",
    "收件人",
];

#[tokio::test]
async fn every_form_comes_out_of_a_lived_case_filled_in_and_numbered() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let lived = live_every_form(&app, &centre).await;
    let made: BTreeSet<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.is_made_here()).collect();
    assert_eq!(lived.iter().map(|it| it.kind).collect::<BTreeSet<_>>(), made, "each form is lived");
    assert_eq!(WANTED.iter().map(|(kind, ..)| *kind).collect::<BTreeSet<_>>(), made, "each form is asked for");
    let mut wrong = Vec::new();
    for (kind, number, words) in WANTED {
        let it = lived.iter().find(|it| it.kind == *kind).expect("lived");
        let page = form(&app, &centre.desk, it).await;
        let text = page.select("article").concat();
        let given = page.select(".case-paper-number").concat();
        if !given.starts_with(number) || (number.is_empty() != given.is_empty()) {
            wrong.push(format!("{kind}: number “{given}”"));
        }
        wrong.extend(
            words.iter().filter(|word| !text.contains(**word)).map(|word| format!("{kind} lacks “{word}”: {text}")),
        );
        // Nothing that the case knows is left open: no empty cell, no unticked box, no hole in a sentence.
        let cells = page.select(".case-paper-table td.pre");
        let labels = page.select(".case-paper-table th");
        for (label, cell) in
            labels.iter().zip(&cells).filter(|(label, cell)| cell.is_empty() && !BY_HAND.contains(&label.as_str()))
        {
            wrong.push(format!("{kind}: “{label}” is empty{cell}"));
        }
        for hole in ["□", "（）", "：：", "，，", "。。", "（前）", "于前", "None"] {
            if text.contains(hole) {
                wrong.push(format!("{kind} has a hole “{hole}”: {text}"));
            }
        }
        assert!(!page.html.contains("14999919800315001X") && !page.html.contains("南朱庄"), "{kind}: masked on forms");
        if *kind == Kind::Application {
            assert_eq!(labels, APPLICATION, "the official order");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The completed form has taken the place of the one that waited; nothing was lost.
    for kind in ["approval", "change_approval", "closing_review", "closing_report"] {
        let lies = |removed: &str| {
            format!(
                "select count(*) from case_documents where case_id = 1 and kind = '{kind}' and removed_at is {removed}"
            )
        };
        assert_eq!(app.scalar_i64(&lies("null")).await, 1, "{kind}");
        assert!(app.scalar_i64(&lies("not null")).await >= 1, "{kind}");
    }
    // An archived volume takes nothing more.
    let late = [("paper_kind", "evidence"), ("pages", "1"), ("made_on", "2024-05-09")];
    centre.desk.post("/cases/1/papers", &late).await.assert_status(409).assert_says("案件已归档");
    centre
        .desk
        .get("/cases/1")
        .await
        .assert_says("汉族")
        .assert_says("山西省高平市***")
        .assert_says("木工，无固定单位");
}

#[tokio::test]
async fn a_corrected_application_is_printed_as_it_stands_under_the_same_number() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[("ethnicity", "汉族"), ("domicile", "山西省高平市米山镇3号")]).await;
    let mut form: Vec<(&str, &str)> = crate::support::case_life::WAGES
        .into_iter()
        .filter(|(name, _)| !["way", "received_on", "id_number", "phone"].contains(name))
        .collect();
    form.extend([("version", "1"), ("ethnicity", "回族"), ("household_size", "0")]);
    centre.desk.post(&format!("{case}/application"), &form).await.assert_status(422).assert_says("家庭人口应为1到30");
    form.pop();
    centre.desk.post(&format!("{case}/application"), &form).await.assert_status(303);
    let paper = app.scalar_i64("select id from case_documents where kind = 'application' and removed_at is null").await;
    let page = centre.desk.get(&format!("{case}/papers/{paper}")).await;
    page.assert_says("高法援申字〔2024〕001号").assert_says("回族").assert_says("山西省高平市***");
    assert_eq!(
        app.scalar_i64("select count(*) from case_documents where kind = 'application' and removed_why like '%001号'")
            .await,
        1
    );
    // The registered residence is sealed, shown for a reason, and given to the person who asks for a copy.
    assert_eq!(app.scalar_i64("select count(*) from case_applications where domicile::text like '%米山%'").await, 0);
    let page = centre.desk.post(&format!("{case}/reveal"), &[("reason", "邮寄送达文书")]).await;
    page.assert_status(200).assert_says("山西省高平市米山镇3号");
    let clerk = app.staff(huifa::web::permissions::Role::BureauClerk).await;
    let asked = [("id_number", "14999919800315001X"), ("reason", "本人持身份证当面申请，5月6日")];
    let copy = clerk.post("/data-requests/copy", &asked).await;
    copy.assert_status(200).assert_says("山西省高平市米山镇3号").assert_says("回族");
}

#[tokio::test]
async fn a_cooperation_check_stops_the_reviews_clock_and_nothing_is_decided_meanwhile() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-06-03 09:00");
    let case = centre.apply(&[("received_on", "2024-06-03")]).await;
    centre.step(&centre.desk, &case, "accept", &[]).await;
    let blank = centre.post(&centre.desk, &case, "ask_cooperation", &[("note", "核查收入")]).await;
    blank.assert_status(422).assert_says("协作的法律援助机构或者单位");
    let asked = [("addressee", "陵川县法律援助中心"), ("note", "核查收入")];
    centre.post(&centre.desk, &case, "cooperation_back", &[("note", "无")]).await.assert_status(409);
    centre.step(&centre.desk, &case, "ask_cooperation", &asked).await;
    centre.desk.get(&case).await.assert_says("暂停").assert_says("请陵川县法律援助中心协作核查");
    let review = [("scope", "a31_5"), ("means", "declared"), ("note", "建议给予")];
    for (step, fields) in [
        ("review", &review[..]),
        ("ask_cooperation", &asked[..]),
        ("ask_supplement", &[("note", "补充"), ("until", "2024-06-20")][..]),
    ] {
        centre.post(&centre.desk, &case, step, fields).await.assert_status(409).assert_says("协作核查还没有结果");
    }
    app.clock_to("2024-06-13 09:00");
    centre.step(&centre.desk, &case, "cooperation_back", &[("note", "复函：没有其他收入")]).await;
    // Ten days are not counted: 3 June + 7 + 10 is Thursday 20 June.
    centre.desk.get(&case).await.assert_says("2024年6月20日").assert_says("已扣除10天");
    centre.step(&centre.desk, &case, "review", &review).await;
    centre.handler.get(&format!("{case}/do/ask_cooperation")).await.assert_status(403);
}
