//! Places, limits and papers by examples beside the given ones: the year's end, two closings of one day, three
//! stages, what was paid, several papers at once.

use huifa::web::permissions::Role;

use crate::support::app::TestApp;
use crate::support::case_life::Centre;

fn id_of(case: &str) -> i64 {
    case.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id")
}

/// A case of the wage claim, closed on today.
async fn closed(centre: &Centre<'_>, opponent: &str) -> String {
    let today = centre.app.state.clock.today().to_string();
    let case = centre.apply(&[("opponent", opponent), ("received_on", &today)]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.close(&case).await;
    case
}

#[tokio::test]
async fn two_closed_on_one_day_take_their_places_as_they_are_entered() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let mut cases = Vec::new();
    for opponent in ["甲公司", "乙公司", "丙公司"] {
        cases.push(closed(&centre, opponent).await);
    }
    // The second is entered first, and has the first place: the order of counting, not of numbers.
    app.clock_to("2024-05-08 09:00");
    for (case, number) in [(&cases[1], "SX-B"), (&cases[0], "SX-A")] {
        centre.step(&centre.desk, case, "enter", &[("entry_number", number)]).await;
    }
    centre.desk.get(&cases[1]).await.assert_says("第1件：5月6日同意结案，5月8日录入省系统，以较晚的5月8日为准");
    centre.desk.get(&cases[0]).await.assert_says("第2件");
    // A number of the province is for one case.
    let again = centre.post(&centre.desk, &cases[2], "enter", &[("entry_number", "SX-A")]).await;
    again.assert_status(409).assert_says("省系统编号SX-A已经登记在高法援字〔2024〕001号上");
    centre.step(&centre.desk, &cases[2], "enter", &[("entry_number", "SX-C")]).await;
    centre.desk.get(&cases[2]).await.assert_says("第3件");
    let places = app.scalar_i64("select count(distinct place) from cases where counted_year = 2024").await;
    assert_eq!(places, 3);
}

#[tokio::test]
async fn a_case_closed_in_december_and_entered_in_january_is_the_new_years() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    app.clock_to("2024-12-30 09:00");
    let old = closed(&centre, "甲公司").await;
    let new = closed(&centre, "乙公司").await;
    app.clock_to("2024-12-31 16:00");
    centre.step(&centre.desk, &old, "enter", &[("entry_number", "SX-1")]).await;
    app.clock_to("2025-01-02 09:00");
    centre.step(&centre.desk, &new, "enter", &[("entry_number", "SX-2")]).await;
    let counted = async |case: &str| {
        app.scalar_i64(&format!("select counted_year * 1000 + place::bigint from cases where id = {}", id_of(case)))
            .await
    };
    assert_eq!((counted(&old).await, counted(&new).await), (2_024_001, 2_025_001));
    centre
        .desk
        .get(&new)
        .await
        .assert_says("12月30日同意结案，1月2日录入省系统")
        .assert_says("计入2025年任务")
        .assert_says("2025年的实施方案还没有建立");
}

#[tokio::test]
async fn the_limit_of_the_payment_moves_with_an_extension_and_ends_with_the_payment() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let (clerk, approver) = (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await);
    let case = closed(&centre, "甲公司").await;
    let id = id_of(&case);
    centre.step(&centre.desk, &case, "enter", &[("entry_number", "SX-1")]).await;
    let page = centre.desk.get(&case).await;
    page.assert_says("发放办案补贴").assert_says("2024年6月5日");
    let extension = [("days", "5"), ("reason", "承办人账户待核实")];
    clerk.post(&format!("/payouts/cases/{id}/extensions"), &extension).await.assert_status(303);
    let asked = app.scalar_i64("select max(id) from case_extensions").await;
    // Asked in time and granted too late is too late (A30); the last day is in time.
    let grant = format!("/payouts/extensions/{asked}/grant");
    app.clock_to("2024-06-06 08:00");
    approver.post(&grant, &[]).await.assert_status(409).assert_says("发放期限2024年6月5日已过");
    app.clock_to("2024-06-05 17:30");
    approver.post(&grant, &[]).await.assert_status(303);
    app.clock_to("2024-05-06 09:00");
    centre.desk.get(&case).await.assert_says("2024年6月10日");
    let paid = [("source", "lottery"), ("amount", "1000"), ("paid_on", "2024-05-06"), ("document", "凭证12号")];
    clerk.post(&format!("/payouts/cases/{id}/outside"), &paid).await.assert_status(303);
    let text = centre.desk.get(&case).await.text();
    assert!(!text.contains("2024年6月10日"), "{text}");
    // Agency staff are not paid: no limit runs for them (A40).
    let other = closed(&centre, "乙公司").await;
    app.execute(&format!("update cases set handler_category = 'agency_staff' where id = {}", id_of(&other))).await;
    assert!(!centre.desk.get(&other).await.text().contains("2024年6月5日"));
}

#[tokio::test]
async fn several_papers_are_filed_at_once_all_or_none() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    let path = format!("{case}/papers/listed");
    let filed = async || app.scalar_i64("select count(*) from case_documents where source = 'paper'").await;
    let form = |first: &'static str, second: &'static str, day: &'static str| {
        [
            ("listed_kind", "meeting_record"),
            ("listed_pages", first),
            ("listed_kind", "pleading"),
            ("listed_pages", second),
            ("listed_kind", "evidence"),
            ("listed_pages", ""),
            ("made_on", day),
        ]
    };
    for (first, second, day, words) in [
        ("", "", "2024-05-06", "请至少填写一份材料的页数"),
        ("3", "两页", "2024-05-06", "起诉状、答辩状、上诉状：页数应为1到2000的整数"),
        ("3", "2", "2024-05-07", "材料日期不能晚于今天"),
    ] {
        let page = centre.handler.post(&path, &form(first, second, day)).await;
        page.assert_status(422).assert_says(words);
        assert_eq!(filed().await, 0, "{words}");
    }
    centre.handler.post(&path, &form("3", "２", "2024-05-06")).await.assert_status(422);
    centre.handler.post(&path, &form("3", "2", "2024-05-06")).await.assert_status(303);
    assert_eq!(filed().await, 2);
    let page = centre.handler.get(&case).await;
    page.assert_says("一次收存所缺的材料").assert_says("证据及目录");
    assert!(!page.select("#f-listed label").iter().any(|label| label.contains("起诉状")));
    centre.second.post(&path, &form("1", "1", "2024-05-06")).await.assert_status(404);
}

#[tokio::test]
async fn what_the_official_form_asks_is_asked_for_online_as_well_and_printed() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let stranger = app.stranger();
    let mut form = vec![
        ("name", "赵大爷"),
        ("id_number", "14999919500101001X"),
        ("phone", "13900000005"),
        ("address", "米山镇云泉村5号"),
        ("domicile", "山西省高平市米山镇云泉村"),
        ("ethnicity", "汉族"),
        ("education", "primary"),
        ("health", "ill"),
        ("facts", "儿子三年没有给赡养费，多次要钱都不给。"),
        ("request", "请求支付赡养费"),
        ("agreed", "yes"),
        ("postcode", "4840"),
    ];
    stranger.post_bare("/legal-aid", &form).await.assert_status(422).assert_says("邮编应为6位数字");
    form.pop();
    form.push(("postcode", "048400"));
    stranger.post_bare("/legal-aid", &form).await.assert_status(200);
    assert_eq!(app.scalar_i64("select count(*) from case_online where address::text like '%云泉%'").await, 0);
    // Its seven days run before anybody opens it: 6 May and seven are 13 May.
    centre.desk.get("/home").await.assert_says("核收、审查合计7日").assert_says("5月13日");
    centre.desk.get("/cases/online").await.assert_says("2024年5月13日");
    let case = centre.desk.post("/cases/online/1/open", &[]).await.location.expect("a case");
    centre.desk.get(&case).await.assert_says("048400").assert_says("小学").assert_says("严重疾病");
    let page = centre.desk.post(&format!("{case}/reveal"), &[("reason", "上门核对")]).await;
    page.assert_says("米山镇云泉村5号").assert_says("山西省高平市米山镇云泉村");
    let paper = app.scalar_i64("select id from case_documents where kind = 'application'").await;
    let printed = centre.desk.get(&format!("{case}/papers/{paper}")).await;
    for words in ["邮编", "048400", "文化程度", "小学", "身体状况", "严重疾病", "对方电话、地址", "家庭年收入（元）"]
    {
        printed.assert_says(words);
    }
    // What is lacking leads to where it is made good.
    let step = centre.desk.get(&format!("{case}/do/accept")).await;
    assert_eq!(step.select(".notice a.button"), ["补填申请内容", "去收存材料"]);
}

#[tokio::test]
async fn in_the_first_year_a_handler_is_seen_beside_the_others_paper_files_too() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let first = closed(&centre, "甲公司").await;
    app.execute(&format!(
        "update cases set handler_id = {}, handler_name = '李雪梅' where id = {}",
        centre.li,
        id_of(&first)
    ))
    .await;
    for number in 0..8 {
        let number = format!("高法援字〔2024〕9{number:02}号");
        let form = [
            ("number", number.as_str()),
            ("accepted_on", "2024-04-08"),
            ("kind", "civil_first_instance"),
            ("basis", "application"),
            ("groups", "migrant_worker"),
            ("cause", "追索劳动报酬纠纷"),
            ("handler_category", "lawyer"),
            ("handler_name", "赵志远"),
            ("organisation", "山西示例律师事务所"),
        ];
        centre.desk.post("/cases", &form).await.assert_status(303);
    }
    clerk
        .get("/cases/screens")
        .await
        .assert_says("年度件数突增")
        .assert_says("赵志远在2024年有8件，系统中没有上一年的案件可比；其他承办人平均1.0件");
}
