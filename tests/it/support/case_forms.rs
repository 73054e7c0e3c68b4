//! Every form of the office, lived: for each kind the case in whose file it lies.

use huifa::cases::documents::Kind;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::Role;

use super::app::{Browser, Page, TestApp};
use super::case_life::Centre;

/// A form as it lies in the file of a case.
pub(crate) struct Lived {
    pub(crate) kind: Kind,
    pub(crate) case: String,
}

fn id_of(case: &str) -> &str {
    case.rsplit('/').next().expect("an id")
}

/// The page of the last form of a kind in a case.
pub(crate) async fn form_path(app: &TestApp, lived: &Lived) -> String {
    let paper = app
        .scalar_i64(&format!(
            "select coalesce(max(id), 0) from case_documents
             where case_id = {} and kind = '{}' and source = 'made' and removed_at is null",
            id_of(&lived.case),
            lived.kind.code()
        ))
        .await;
    assert!(paper > 0, "no {} in {}", lived.kind, lived.case);
    format!("{}/papers/{paper}", lived.case)
}

/// The form itself.
pub(crate) async fn form(app: &TestApp, desk: &Browser<'_>, lived: &Lived) -> Page {
    let page = desk.get(&form_path(app, lived).await).await;
    page.assert_status(200);
    page
}

/// Lives through all of them; the clock is left at the last archive.
pub(crate) async fn live_every_form(app: &TestApp, centre: &Centre<'_>) -> Vec<Lived> {
    let mut lived = Vec::new();
    let mut keep = |case: &str, kinds: &[Kind]| {
        lived.extend(kinds.iter().map(|kind| Lived { kind: *kind, case: case.to_owned() }));
    };
    let desk = &centre.desk;
    let (zhao, li) = (centre.zhao.to_string(), centre.li.to_string());

    // From the window to the archive, with everything on the way that has a form.
    app.clock_to("2024-05-06 09:00");
    let whole = centre
        .apply(&[
            ("ethnicity", "汉族"),
            ("domicile", "山西省高平市米山镇南朱庄村12号"),
            ("postcode", "048400"),
            ("education", "junior"),
            ("health", "healthy"),
            ("occupation", "木工"),
            ("employer", "无固定单位"),
            ("household_size", "4"),
            ("household_income", "3200"),
            ("property", "农村住房一处，无存款"),
            ("agent", "王小明"),
            ("agent_relation", "父子"),
            ("legal_position", "原告"),
            ("authority", "高平市人民法院"),
            ("amount", "23450"),
        ])
        .await;
    centre.paper(desk, &whole, "identity").await;
    centre.step(desk, &whole, "accept", &[]).await;
    let asked = [("addressee", "陵川县法律援助中心"), ("note", "核查申请人在陵川县务工期间是否领取过工资。")];
    centre.step(desk, &whole, "ask_cooperation", &asked).await;
    app.clock_to("2024-05-08 09:00");
    centre.step(desk, &whole, "cooperation_back", &[("note", "复函：没有领取记录。")]).await;
    let review = [
        ("scope", "a31_5"),
        ("means", "exempt_person"),
        ("means_note", "进城务工人员请求支付劳动报酬"),
        ("note", "符合条件，建议给予"),
    ];
    centre.step(desk, &whole, "review", &review).await;
    centre.step(&centre.director, &whole, "grant", &[("note", "同意。")]).await;
    centre.step(desk, &whole, "serve", &[("note", "给予法律援助决定书，直接送达，本人签收")]).await;
    let given = [("handler", zhao.as_str()), ("note", "三日内约见受援人")];
    centre.step(desk, &whole, "assign", &given).await;
    centre.step(&centre.handler, &whole, "take_on", &[]).await;
    let why = [("wording", "not_fulfilled"), ("note", "受援人提出，附通话记录")];
    centre.step(desk, &whole, "ask_change", &why).await;
    app.clock_to("2024-05-09 09:00");
    let change = [("handler", li.as_str()), ("note", "情况属实")];
    centre.step(&centre.director, &whole, "change", &change).await;
    centre.step(&centre.second, &whole, "take_on", &[]).await;
    centre.step(&centre.second, &whole, "sign", &[]).await;
    centre.step(&centre.second, &whole, "begin", &[]).await;
    let record =
        |kind: &'static str, content: &'static str| [("kind", kind), ("on", "2024-05-09"), ("content", content)];
    for (who, kind, content) in
        [(&centre.second, "meeting", "约见受援人，核对考勤和欠条。"), (desk, "supervised", "询问办理进展。")]
    {
        who.post(&format!("{whole}/records"), &record(kind, content)).await.assert_status(303);
    }
    for kind in ["meeting_record", "pleading", "evidence", "judgment", "progress_report"] {
        centre.paper(&centre.second, &whole, kind).await;
    }
    let report = [
        ("way", "mediation"),
        ("court_number", "（2024）晋0581民初618号"),
        ("effect", "won"),
        ("summary", "调解结案，当庭付清工资"),
        ("adopted", "代理意见全部采纳"),
        ("recovered", "23450"),
        ("hearings", "1"),
        ("meetings", "2"),
        ("readings", "1"),
    ];
    centre.step(&centre.second, &whole, "conclude", &report).await;
    centre.step(&centre.second, &whole, "file_materials", &[]).await;
    let back = [("wording", "no_meeting_record"), ("until", "2024-05-20")];
    centre.step(desk, &whole, "return_materials", &back).await;
    keep(&whole, &[Kind::ReturnSlip]);
    centre.step(&centre.second, &whole, "file_materials", &[]).await;
    let mut good: Vec<(&str, &str)> =
        ["agreement", "meeting_record", "pleading", "evidence", "judgment", "progress_report"]
            .into_iter()
            .map(|kind| ("good", kind))
            .collect();
    good.push(("note", "办案及时，材料齐全"));
    centre.step(desk, &whole, "pass_closing", &good).await;
    centre.step(desk, &whole, "enter", &[("entry_number", "SX1")]).await;
    centre.step(&centre.director, &whole, "agree_closing", &[("note", "同意结案。")]).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let me = clerk.actor().account_id.to_string();
    let draw = [("kind", "administrative"), ("reviewer", me.as_str()), ("count", "1")];
    clerk.post("/cases/quality", &draw).await.assert_status(303);
    let mut scores: Vec<(&str, &str)> =
        ["9", "9", "13", "13", "18", "13", "4", "9"].into_iter().map(|score| ("scores", score)).collect();
    scores.extend([("faults", "约见笔录没有写明风险告知"), ("mend_until", "2024-05-24")]);
    clerk.post("/cases/quality/1", &scores).await.assert_status(303);
    centre.paper(desk, &whole, "return_visit").await;
    centre.step(desk, &whole, "archive", &[("note", "卷内材料齐全，另附光盘一张。")]).await;
    keep(
        &whole,
        &[
            Kind::Application,
            Kind::AgentLetter,
            Kind::Receipt,
            Kind::CooperationLetter,
            Kind::MeansStatement,
            Kind::Approval,
            Kind::GrantDecision,
            Kind::ServiceReceipt,
            Kind::Assignment,
            Kind::LetterToAuthority,
            Kind::ChangeApproval,
            Kind::ChangeNotice,
            Kind::Agreement,
            Kind::ClosingReport,
            Kind::HandlingLog,
            Kind::ClosingReview,
            Kind::QualityReview,
            Kind::Remarks,
            Kind::VolumeContents,
        ],
    );

    // Refused, and the objection decided.
    let person = |name: &'static str, number: &'static str, phone: &'static str| {
        [("name", name), ("id_number", number), ("phone", phone), ("opponent", "甲"), ("received_on", "2024-05-09")]
    };
    let refused = centre.apply(&person("王建军", "149999198003150036", "13800000002")).await;
    centre.step(desk, &refused, "accept", &[]).await;
    let above = [("scope", "a31_5"), ("means", "above"), ("note", "超过标准")];
    centre.step(desk, &refused, "review", &above).await;
    let refusal = [("refusal", "means_above"), ("note", "家庭人均月收入高于标准，且不属于免予核查的情形")];
    centre.step(&centre.director, &refused, "refuse", &refusal).await;
    centre.step(&clerk, &refused, "object", &[("note", "收入计算有误")]).await;
    centre.step(&clerk, &refused, "uphold", &[("note", "经核对，计算无误")]).await;
    keep(&refused, &[Kind::RefusalDecision, Kind::ObjectionDecision]);

    // Not made good in time.
    let silent = centre.apply(&person("王建民", "149999198003150052", "13800000003")).await;
    let supplement = [("wording", "no_identity"), ("note", ""), ("until", "2024-05-14")];
    centre.step(desk, &silent, "ask_supplement", &supplement).await;
    app.clock_to("2024-05-15 09:00");
    centre.step(desk, &silent, "deem_withdrawn", &[]).await;
    keep(&silent, &[Kind::SupplementNotice, Kind::WithdrawalNotice]);

    // Another office's.
    let other = centre.apply(&person("王建平", "149999198003150079", "13800000004")).await;
    let sent = [("addressee", "晋城市法律援助中心"), ("note", "被告住所地和合同履行地都在晋城市城区。")];
    centre.step(desk, &other, "not_ours", &sent).await;
    keep(&other, &[Kind::TransferLetter]);

    // Ended before its time.
    let ended = centre.apply(&person("王建业", "149999198003150095", "13800000005")).await;
    centre.grant(&ended).await;
    let ground = [("ground", "own_lawyer"), ("note", "已自行委托律师，附委托合同")];
    centre.step(&centre.director, &ended, "terminate", &ground).await;
    keep(&ended, &[Kind::TerminationDecision]);

    // An authority's notice.
    let notice = [
        ("basis", "notified_defence"),
        ("way", "authority"),
        ("received_on", "2024-05-15"),
        ("kind", "criminal_investigation"),
        ("cause", "盗窃罪"),
        ("name", "郭小宇"),
        ("gender", "male"),
        ("birth_date", "2008-02-01"),
        ("groups", "minor"),
        ("proofs", "household_register"),
        ("notice_basis", "minor"),
        ("notice_number", "高公法援〔2024〕3号"),
        ("authority", "高平市公安局"),
        ("detained", "yes"),
    ];
    let page = desk.post("/cases/apply", &notice).await;
    page.assert_status(303);
    keep(&page.location.expect("a case"), &[Kind::NoticeEntry]);
    lived
}
