//! The screens against forged and split cases: every kind planted, shown with its evidence, decided by a person.

use std::collections::BTreeSet;

use huifa::web::permissions::Role;

use crate::routes::duty::Duty;
use crate::support::app::TestApp;
use crate::support::case_life::Centre;

/// Kind, name and evidence of what was planted.
const PLANTED: &[(&str, &str, &[&str])] = &[
    ("split", "一案拆成数案", &["同一受援人、同一对方当事人", "高平市示例建筑有限公司", "相隔4天"]),
    ("phone", "多人同一电话", &["2名受援人登记了同一个电话"]),
    ("wording", "案情文字雷同", &["不同受援人的案件，案情文字完全相同"]),
    ("spike", "月度件数突增", &["李雪梅在2024年5月收到7件", "其余月份平均1.3件"]),
    ("year_spike", "年度件数突增", &["李雪梅在2024年收到9件，上一年全年2件"]),
    ("two_courts", "同时两处开庭", &["赵志远于5月22日 09:30同时在高平市人民法院", "泽州县人民法院"]),
    ("on_duty", "值班时间开庭", &["赵志远于5月22日 09:30在高平市人民法院开庭", "同一时间在米山镇值班并已签到"]),
    ("back_dated", "日期倒签", &["“决定给予援助”写的日期是5月7日，5月20日才登记，相隔13天"]),
    ("unsigned", "协议没有签名", &["卷中没有签名的委托协议"]),
    ("no_meeting", "没有会见记录", &["办理记录中没有一次会见、约见"]),
];

async fn plant(app: &TestApp, centre: &Centre<'_>) {
    let desk = &centre.desk;
    app.clock_to("2024-05-06 09:00");
    // One matter in two files; another person with the same telephone and the same words.
    let first = centre.apply(&[]).await;
    centre.apply(&[("received_on", "2024-05-02")]).await;
    let other =
        [("name", "王建军"), ("id_number", "149999198003150036"), ("opponent", "另一公司"), ("phone", "13800000001")];
    let second = centre.apply(&other).await;
    // Years and months of one handler.
    let days = ["2024-05-06"; 7].into_iter().chain(["2024-03-06", "2024-04-08", "2024-02-06", "2024-02-07"]);
    for (number, day) in days.enumerate() {
        let (opponent, facts) = (format!("公司{number}"), format!("第{number}次到工地做工，没有领到工资，另行主张。"));
        let changes = [("received_on", day), ("opponent", opponent.as_str()), ("facts", facts.as_str())];
        let case = centre.apply(&changes).await;
        let id = case.rsplit('/').next().expect("an id");
        let back = if day.starts_with("2024-02") { ", received_on = received_on - 275" } else { "" };
        app.execute(&format!(
            "update cases set handler_id = {}, handler_name = '李雪梅'{back} where id = {id}",
            centre.li
        ))
        .await;
    }
    // Decided a fortnight before it was written down; two courts at one hour, and a duty at that hour.
    let reviewed = [("scope", "a31_5"), ("means", "declared"), ("note", "建议给予")];
    for (case, place, time) in [(&first, "高平市人民法院", "09:30"), (&second, "泽州县人民法院", "10:00")]
    {
        app.clock_to("2024-05-06 10:00");
        centre.step(desk, case, "accept", &[]).await;
        centre.step(desk, case, "review", &reviewed).await;
        app.execute("update cases set kind = 'civil_second_instance' where id = 2").await;
        app.clock_to("2024-05-20 09:00");
        let day = if case == &first { "2024-05-07" } else { "2024-05-20" };
        centre.step(&centre.director, case, "grant", &[("on", day)]).await;
        centre.hand_to_zhao(case).await;
        let hearing =
            [("kind", "hearing"), ("on", "2024-05-22"), ("time", time), ("place", place), ("content", "第一次开庭")];
        centre.handler.post(&format!("{case}/records"), &hearing).await.assert_status(303);
    }
    app.execute("update cases set kind = 'civil_first_instance' where id = 2").await;
    let venue = app.venue("米山镇").await;
    let person = app.person("赵志远", &[venue]).await;
    app.execute(&format!("update persons set licence_number = 'L1' where id = {person}")).await;
    let duty = Duty::new(app).await;
    let shift = duty.publish("2024-05", &[(person, venue, "2024-05-22")]).await[0];
    duty.serve(shift).await;
    // Closed: nobody signed, nobody met.
    centre.close(&first).await;
}

#[tokio::test]
async fn every_kind_of_hit_is_shown_with_its_evidence_and_decided_by_a_person() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let clerk = app.staff(Role::BureauClerk).await;
    plant(&app, &centre).await;
    let page = clerk.get("/cases/screens").await;
    page.assert_status(200);
    let panels = page.select("main .panel > p:first-child");
    for (kind, name, evidence) in PLANTED {
        let shown =
            panels.iter().any(|panel| panel.contains(name) && evidence.iter().all(|words| panel.contains(words)));
        assert!(shown, "{kind} is not shown with {evidence:?}: {panels:#?}");
    }
    // A person decides each, with a reason; nothing is decided without.
    let mut decided = BTreeSet::new();
    loop {
        let page = clerk.get("/cases/screens").await;
        let at = |name: &str| page.attribute(&format!("main .panel input[name={name}]"), "value");
        let (Some(kind), Some(key)) = (at("kind"), at("key")) else {
            page.assert_says("没有待核实的迹象");
            break;
        };
        let fields = |note: &'static str, verdict: &'static str| {
            [("kind", kind.clone()), ("key", key.clone()), ("verdict", verdict.to_owned()), ("note", note.to_owned())]
        };
        let send = async |fields: [(&str, String); 4]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            clerk.post("/cases/screens", &fields).await
        };
        send(fields("", "harmless")).await.assert_status(409).assert_says("请写明怎样核实");
        send(fields("电话核实", "")).await.assert_status(409).assert_says("请选择核实结论");
        send(fields("已调阅案卷并电话核实", "followed_up")).await.assert_status(303);
        send(fields("已调阅案卷并电话核实", "harmless")).await.assert_status(409).assert_says("已经有人核实过");
        decided.insert(kind);
    }
    assert_eq!(decided, PLANTED.iter().map(|(kind, ..)| (*kind).to_owned()).collect::<BTreeSet<_>>());
    let page = clerk.get("/cases/screens").await;
    for (_, name, _) in PLANTED {
        page.assert_says(name);
    }
    page.assert_says("已要求说明或者整改").assert_says("已调阅案卷并电话核实");
    let (kept, audited) = (
        app.scalar_i64("select count(*) from case_screenings where note <> '' and words <> ''").await,
        app.scalar_i64("select count(*) from audit_records where action = 'case.screen'").await,
    );
    assert!(kept >= 10 && kept == audited, "{kept} {audited}");
}

#[tokio::test]
async fn an_honest_case_is_no_hit() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let case = centre.apply(&[]).await;
    centre.grant(&case).await;
    centre.hand_to_zhao(&case).await;
    centre.paper(&centre.handler, &case, "agreement").await;
    let met = [("kind", "meeting"), ("on", "2024-05-06"), ("content", "约见受援人，核对证据。")];
    centre.handler.post(&format!("{case}/records"), &met).await.assert_status(303);
    centre.close(&case).await;
    let clerk = app.staff(Role::BureauClerk).await;
    clerk.get("/cases/screens").await.assert_says("没有待核实的迹象");
}
