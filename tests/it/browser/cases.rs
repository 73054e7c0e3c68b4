//! Three cases acted out in a browser, from the first question to the archive, with the dates
//! that the law sets them as the pages show them.

use huifa::cases::documents::rules::required;
use huifa::plan::dictionaries::CaseKind;
use huifa::plan::dictionary::Dictionary as _;
use huifa::web::permissions::Role;

use super::paper::print_form;
use super::screen::{Device, Screen};
use crate::support::app::{Browser, TestApp};
use crate::support::case_life::Centre;

/// What is typed into one field.
enum Typed<'a> {
    Text(&'a str, &'a str),
    Date(&'a str, &'a str),
    Choice(&'a str, &'a str),
    /// A radio button or a box, by name and value.
    Mark(&'a str, &'a str),
}
use Typed::{Choice, Date, Mark, Text};

/// Two windows on one running office: the desk acts, both are looked at.
struct Office<'a> {
    app: &'a TestApp,
    desk: Screen,
    phone: Screen,
}

impl<'a> Office<'a> {
    async fn open(app: &'a TestApp) -> Office<'a> {
        Office { app, desk: Screen::open(app, Device::Desk).await, phone: Screen::open(app, Device::Phone).await }
    }

    /// A page in both widths: nothing too wide, nothing axe or the console complains of.
    async fn look(&self, who: &Browser<'_>, path: &str, name: &str) {
        self.look_at(Some(who), path, name).await;
    }

    /// The same, as somebody or as a stranger.
    async fn look_at(&self, who: Option<&Browser<'_>>, path: &str, name: &str) {
        for (screen, width) in [(&self.desk, "desk"), (&self.phone, "phone")] {
            match who {
                Some(who) => screen.wear(who.cookie()).await,
                None => screen.client.delete_all_cookies().await.expect("cookies away"),
            }
            // What a refusal before this page said there is not this page's.
            screen.console().await;
            screen.go(path).await;
            let faults = screen.faults(path).await;
            assert!(faults.is_empty(), "{width}: {faults:#?}");
            screen.whole_picture(&format!("case-{name}-{width}")).await;
        }
    }

    /// Opens a page as somebody, with everything folded unfolded.
    async fn at(&self, who: &Browser<'_>, path: &str) {
        self.desk.wear(who.cookie()).await;
        self.desk.go(path).await;
        self.desk.script("document.querySelectorAll('details').forEach(it => { it.open = true })").await;
    }

    /// Fills the form whose address ends like this, and sends it by its button.
    async fn send(&self, ending: &str, fields: &[Typed<'_>], button: &str) {
        let form = format!("main form[action$='{ending}']");
        for field in fields {
            match field {
                Text(name, value) => {
                    let element = self.desk.find(&format!("{form} [name='{name}']")).await;
                    element.clear().await.ok();
                    element.send_keys(value).await.unwrap_or_else(|error| panic!("typing {name}: {error}"));
                }
                Date(name, value) => {
                    let css = format!("{form} input[name='{name}']");
                    self.desk.find(&css).await;
                    self.desk.script(&format!("document.querySelector(\"{css}\").value = '{value}'")).await;
                }
                Choice(name, value) => {
                    let element = self.desk.find(&format!("{form} select[name='{name}']")).await;
                    element.select_by_value(value).await.unwrap_or_else(|error| panic!("choosing {value}: {error}"));
                }
                Mark(name, value) => {
                    let css = format!("{form} input[name='{name}'][value='{value}']");
                    self.desk.find(&css).await;
                    self.desk.script(&format!("document.querySelector(\"{css}\").checked = true")).await;
                }
            }
        }
        let press = format!("{form} .submit button:first-of-type, {form} button");
        let element = self.desk.find(&press).await;
        let words = element.text().await.unwrap_or_default();
        assert_eq!(words.trim(), button, "the button of {ending}");
        element.click().await.unwrap_or_else(|error| panic!("pressing {button}: {error}"));
        if let Ok(confirm) =
            self.desk.client.find(fantoccini::Locator::Css("dialog[open] .submit button:first-child")).await
        {
            confirm.click().await.ok();
        }
    }

    /// Takes a step on its own page; waits until the case's page says so.
    async fn step(&self, who: &Browser<'_>, case: &str, code: &str, label: &str, fields: &[Typed<'_>]) {
        self.at(who, &format!("{case}/do/{code}")).await;
        self.send(&format!("/do/{code}"), fields, label).await;
        self.desk.says(&format!("已办理：{label}")).await;
    }

    /// What is refused, and why, on the page that comes.
    async fn refused(&self, who: &Browser<'_>, case: &str, code: &str, label: &str, fields: &[Typed<'_>], why: &str) {
        self.at(who, &format!("{case}/do/{code}")).await;
        self.send(&format!("/do/{code}"), fields, label).await;
        self.desk.says(why).await;
    }

    /// Files a paper that lies in the volume.
    async fn paper(&self, who: &Browser<'_>, case: &str, kind: &str, pages: &str) {
        self.at(who, case).await;
        self.send("/papers", &[Choice("paper_kind", kind), Text("pages", pages)], "收存纸质材料").await;
        self.desk.says("材料已收存").await;
    }

    /// Puts down what was done.
    async fn record(&self, who: &Browser<'_>, case: &str, kind: &str, fields: &[Typed<'_>]) {
        self.at(who, case).await;
        let mut all = vec![Choice("kind", kind)];
        all.extend(fields.iter().map(|field| match field {
            Text(name, value) => Text(name, value),
            Date(name, value) => Date(name, value),
            Choice(name, value) => Choice(name, value),
            Mark(name, value) => Mark(name, value),
        }));
        self.send("/records", &all, "登记").await;
        self.desk.says("已登记").await;
    }

    /// The words of a page, for somebody.
    async fn says(&self, who: &Browser<'_>, path: &str, words: &[&str]) {
        self.desk.wear(who.cookie()).await;
        self.desk.go(path).await;
        for word in words {
            self.desk.says(word).await;
        }
    }

    /// Where the browser stands.
    async fn here(&self) -> String {
        let url = self.desk.client.current_url().await.expect("an address");
        url.path().to_owned()
    }

    /// Whatever the file of a kind must hold and is not made here.
    async fn whole_file(&self, who: &Browser<'_>, case: &str, kind: CaseKind, heard: bool) {
        for (paper, pages) in
            required(kind, heard).into_iter().filter(|kind| !kind.is_made_here()).zip(["3", "2", "5"].iter().cycle())
        {
            self.paper(who, case, paper.code(), pages).await;
        }
    }

    /// From the work that is done to the file at the desk, ready to be agreed to.
    async fn reviewed(&self, centre: &Centre<'_>, case: &str, kind: CaseKind, heard: bool) {
        let good: Vec<String> = required(kind, heard).into_iter().map(|kind| kind.code().to_owned()).collect();
        let fields: Vec<Typed<'_>> = good.iter().map(|code| Mark("good", code)).collect();
        self.step(&centre.desk, case, "pass_closing", "审查合格，报负责人", &fields).await;
    }
}

/// Every invariant holds. The roster of a test comes from its fixture, without its trail.
async fn sound(app: &TestApp) {
    let mut said = Vec::new();
    huifa::check::run(&app.owner, &app.state.seals, &mut said).await.expect("the check");
    let said = String::from_utf8_lossy(&said);
    let wrong: Vec<&str> =
        said.lines().filter(|line| line.trim_start().starts_with("- ") && !line.contains("（roster1）")).collect();
    assert!(said.contains("case_clocks_end_with_the_case") && wrong.is_empty(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrant_workers_wages_from_a_consultation_to_the_archive_and_the_money() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let mishan = app.venue("米山镇").await;
    let chen = app.person("陈立新", &[mishan]).await;
    let shift = app.published_shift(mishan, chen, "2024-04-24", "08:00-12:00").await;
    let duty = app.duty_person(chen).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let office = Office::open(&app).await;
    let desk = &office.desk;

    // 24 April at the station: a consultation, passed on to legal aid with one button.
    app.clock_to("2024-04-24 07:55");
    office.says(&duty, "/attendance", &["签到"]).await;
    desk.press("签到").await;
    desk.says("签退").await;
    app.clock_to("2024-04-24 09:40");
    office.at(&duty, &format!("/consultations/new?shift={shift}")).await;
    let facts = "2023年3月至10月在城东一处工地做木工，约定日工资260元，完工后工资没有付清。";
    let fields = [
        Text("phone", "13800000001"),
        Text("client_name", "王建国"),
        Mark("gender", "male"),
        Text("township", "米山镇"),
        Mark("groups", "migrant_worker"),
        Mark("channel", "on_site"),
        Choice("topic", "labour"),
        Text("facts", facts),
        Text("request", "支付拖欠的工资23450元"),
        Text("advice", "保留考勤和聊天记录；属于进城务工人员请求支付劳动报酬，可以申请法律援助。"),
        Mark("outcomes", "to_legal_aid"),
        Mark("legal_aid_hint", "yes"),
        Mark("told_right", "yes"),
        Mark("satisfaction", "satisfied"),
        Text("cause", "追索劳动报酬纠纷"),
        Text("id_number", "14999919800315001X"),
    ];
    desk.script("document.querySelector('[name=started_at]').value = '09:10'").await;
    for field in &fields {
        match field {
            Text(name, value) => desk.fill(name, value).await,
            Choice(name, value) => desk.choose(name, value).await,
            Mark(name, value) => {
                desk.script(&format!(
                    "document.querySelector(\"input[name='{name}'][value='{value}']\").checked = true"
                ))
                .await;
            }
            Date(name, value) => desk.date(name, value).await,
        }
    }
    desk.press("保存登记").await;
    desk.says("王建国").await;
    let consultation = app.scalar_i64("select id from consultations").await;
    office.at(&duty, &format!("/consultations/{consultation}")).await;
    desk.press("转交法律援助").await;
    desk.says("已转交法律援助中心").await;
    desk.says("高法援登字〔2024〕001号").await;
    office.look(&duty, &format!("/consultations/{consultation}"), "1-consultation").await;

    // Nothing is typed twice: the desk finds all of it, and adds the proofs that it saw.
    let case = format!("/cases/{}", app.scalar_i64("select id from cases").await);
    app.clock_to("2024-04-26 09:00");
    office.look(&centre.desk, "/cases/work", "1-work").await;
    office.says(&centre.desk, "/cases/work", &["下一件", "高法援登字〔2024〕001号", "等候正式申请"]).await;
    office
        .says(
            &centre.desk,
            &case,
            &["王建国", "138****0001", "149999********001X", facts, "站点转交", "来自咨询", "米山镇"],
        )
        .await;
    office.look(&centre.desk, &format!("{case}/application"), "1-application").await;
    office.at(&centre.desk, &format!("{case}/application")).await;
    for (name, value) in
        [("name", "王建国"), ("facts", facts), ("request", "支付拖欠的工资23450元"), ("cause", "追索劳动报酬纠纷")]
    {
        let there = desk.script(&format!("return document.querySelector('[name={name}]').value")).await;
        assert_eq!(there.as_str(), Some(value), "{name} stands there already");
    }
    let added = [
        Mark("proofs", "labour"),
        Mark("proofs", "id_card"),
        Choice("kind", "civil_first_instance"),
        Text("opponent", "高平市示例建筑有限公司"),
        Text("legal_position", "原告"),
        Text("amount", "23450"),
    ];
    office.send("/application", &added, "保存").await;
    desk.says("申请内容已保存").await;

    // Received on 26 April: seven days end on 3 May, in the holiday, and move to 6 May.
    office.look(&centre.desk, &format!("{case}/do/submit"), "1-submit").await;
    office.step(&centre.desk, &case, "submit", "收到申请", &[]).await;
    office
        .says(&centre.desk, &case, &["高法援申字〔2024〕001号", "审查申请", "2024年5月6日", "绿色通道：农民工讨薪"])
        .await;
    office.step(&centre.desk, &case, "accept", "受理", &[]).await;
    office.look(&centre.desk, &format!("{case}/do/review"), "1-eligibility").await;
    let review = [
        Choice("scope", "a31_5"),
        Choice("means", "exempt_person"),
        Text("means_note", "进城务工人员请求支付劳动报酬，免予核查"),
        Text("note", "属于法律援助范围，证明齐全，建议给予。"),
    ];
    office.step(&centre.desk, &case, "review", "提出审查意见", &review).await;
    app.clock_to("2024-05-06 09:00");
    office.look(&centre.director, "/home", "1-director").await;
    office.look(&centre.director, &format!("{case}/do/grant"), "1-grant").await;
    office.step(&centre.director, &case, "grant", "决定给予援助", &[]).await;
    office.says(&centre.desk, &case, &["高法援字〔2024〕001号", "惠民工程案件", "指派承办", "2024年5月9日"]).await;

    // Assigned on 8 May: five days to sign end on the 13th.
    app.clock_to("2024-05-08 10:00");
    office.look(&centre.desk, &format!("{case}/do/assign"), "1-assign").await;
    let zhao = centre.zhao.to_string();
    let given = [Mark("handler", &zhao), Text("note", "三日内约见受援人，告知诉讼风险。")];
    office.step(&centre.desk, &case, "assign", "指派承办人", &given).await;
    office.says(&centre.desk, &case, &["签订委托协议", "2024年5月13日", "高法援指字〔2024〕001号"]).await;
    office.record(&centre.desk, &case, "told", &[Text("content", "电话告知承办人姓名和权利义务、监督电话。")]).await;

    // The handler on their own page.
    office.look(&centre.handler, "/home", "1-handler-home").await;
    office.look(&centre.handler, "/cases", "1-handler-cases").await;
    office.step(&centre.handler, &case, "take_on", "接受指派", &[]).await;
    app.clock_to("2024-05-09 15:00");
    office.step(&centre.handler, &case, "sign", "签订委托协议", &[]).await;
    office.step(&centre.handler, &case, "begin", "开始办理", &[]).await;
    office
        .record(&centre.handler, &case, "meeting", &[Text("content", "约见受援人，核对考勤和欠条，告知举证要求。")])
        .await;
    let hearing = [Date("on", "2024-05-22"), Text("place", "高平市人民法院第三法庭"), Text("content", "第一次开庭")];
    office.at(&centre.handler, &case).await;
    desk.script("document.querySelector(\"form[action$='/records'] [name=time]\").value = '09:30'").await;
    let mut all = vec![Choice("kind", "hearing")];
    all.extend(hearing);
    office.send("/records", &all, "登记").await;
    desk.says("5月22日 09:30 高平市人民法院第三法庭").await;
    office.record(&centre.desk, &case, "supervised", &[Text("content", "询问办理进展，提醒按时提交结案材料。")]).await;
    app.clock_to("2024-05-24 16:00");
    office.look(&centre.handler, &case, "1-handler-case").await;
    office.whole_file(&centre.handler, &case, CaseKind::CivilFirstInstance, false).await;
    office.look(&centre.handler, &format!("{case}/do/conclude"), "1-conclude").await;
    let report = [
        Choice("way", "mediation"),
        Text("court_number", "（2024）晋0581民初618号"),
        Choice("effect", "won"),
        Text("summary", "调解结案，被告当庭付清工资23450元。"),
        Text("recovered", "23450"),
        Text("hearings", "1"),
        Text("meetings", "2"),
    ];
    office.step(&centre.handler, &case, "conclude", "登记办结", &report).await;
    // Thirty days from 24 May end on Sunday 23 June: Monday the 24th.
    office.says(&centre.handler, &case, &["提交结案材料", "2024年6月24日"]).await;
    app.clock_to("2024-05-28 09:00");
    office.step(&centre.handler, &case, "file_materials", "提交结案材料", &[]).await;
    office.says(&centre.desk, &case, &["结案审查", "2024年6月27日"]).await;
    office.look(&centre.desk, &format!("{case}/do/pass_closing"), "1-closing-review").await;
    office.look(&centre.desk, &format!("{case}/do/return_materials"), "1-return").await;
    office.reviewed(&centre, &case, CaseKind::CivilFirstInstance, false).await;
    // Agreed on 3 June: the plan's thirty days end on 3 July and never move.
    app.clock_to("2024-06-03 09:00");
    office.step(&centre.director, &case, "agree_closing", "同意结案", &[]).await;
    office.says(&centre.desk, &case, &["发放办案补贴", "2024年7月3日", "尚未计入年度任务"]).await;
    office.refused(&centre.desk, &case, "archive", "归档", &[], "只能在").await;
    app.clock_to("2024-06-05 09:00");
    office.look(&centre.desk, &format!("{case}/do/enter"), "1-enter").await;
    office.step(&centre.desk, &case, "enter", "登记录入省系统", &[Text("entry_number", "SXFY202400001")]).await;
    office.says(&centre.desk, &case, &["已计入年度任务", "第1件", "6月3日同意结案，6月5日录入省系统"]).await;
    office.look(&centre.desk, "/cases/provincial", "1-provincial").await;
    office.record(&centre.desk, &case, "visited", &[Text("content", "电话回访：未收取费用，工资已到账，满意。")]).await;
    office.paper(&centre.desk, &case, "identity", "2").await;
    office.paper(&centre.desk, &case, "return_visit", "1").await;
    office.step(&centre.desk, &case, "archive", "归档", &[Text("note", "卷内材料齐全。")]).await;
    office.says(&centre.desk, &case, &["高法援档字〔2024〕001号", "案件的步骤已经办完"]).await;
    office.look(&centre.desk, &case, "1-archived").await;
    office.look(&centre.desk, &format!("{case}/papers/contents"), "1-contents").await;
    office.look(&centre.desk, "/cases", "1-list").await;

    // Counted once, and its subsidy can be claimed: it stands in a batch, and on the case's time line.
    assert_eq!(app.scalar_i64("select count(*) from cases where place = 1 and counted_on = '2024-06-05'").await, 1);
    office.says(&clerk, "/payouts", &["可以发放", "高法援字〔2024〕001号", "1,000.00", "7月3日"]).await;
    desk.press("编制发放批次").await;
    desk.says("高法援字〔2024〕001号").await;
    office.says(&centre.desk, &case, &["办案补贴编入2024年第1批：1,000.00元"]).await;
    office.says(&duty, &format!("/consultations/{consultation}"), &["已转交", "高法援字〔2024〕001号", "已归档"]).await;

    // Every form of the case on paper.
    print_all(&office, &centre, &case, "1").await;
    quality_and_screens(&office, &clerk).await;
    drop(office);
    sound(&app).await;
}

/// Prints every form made in a case: upright A4, one page, with its name, number and date, and
/// nothing of the screen around it.
async fn print_all(office: &Office<'_>, centre: &Centre<'_>, case: &str, name: &str) {
    let id = case.rsplit('/').next().expect("an id");
    let rows: Vec<(i64, String, String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select id, kind, title, number from case_documents where case_id = {id} and source = 'made' and removed_at is null order by id"
    )))
    .fetch_all(&office.app.owner)
    .await
    .expect("the forms");
    assert!(rows.len() >= 5, "{rows:?}");
    office.desk.wear(centre.desk.cookie()).await;
    for (paper, kind, title, number) in rows {
        let path = format!("{case}/papers/{paper}");
        print_form(&office.desk, &path, &format!("form-{name}-{kind}"), &number).await;
        assert!(!title.is_empty());
    }
}

/// The pages of quality and of the screens, with a case in them and without.
async fn quality_and_screens(office: &Office<'_>, clerk: &Browser<'_>) {
    office.look(clerk, "/cases/screens", "1-screens").await;
    office.look(clerk, "/cases/quality", "1-quality-empty").await;
    let me = clerk.actor().account_id.to_string();
    clerk
        .post("/cases/quality", &[("kind", "administrative"), ("reviewer", &me), ("count", "5")])
        .await
        .assert_status(303);
    office.look(clerk, "/cases/quality/1", "1-quality-sheet").await;
    office.look(clerk, "/cases/quality", "1-quality").await;
    office.look(clerk, "/cases/send-backs", "1-send-backs-empty").await;
    office.look(clerk, "/cases/states", "1-states").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notified_defence_of_a_minor_over_three_linked_stages() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let leader = app.staff(Role::Leader).await;
    let clerk = app.staff(Role::BureauClerk).await;
    let office = Office::open(&app).await;
    let desk = &office.desk;

    // The police give notice on 4 June: three days end on the 7th.
    app.clock_to("2024-06-04 09:00");
    office.look(&centre.desk, "/cases/apply?basis=notified_defence", "2-notice").await;
    office.at(&centre.desk, "/cases/apply?basis=notified_defence").await;
    let notice = [
        Mark("basis", "notified_defence"),
        Date("received_on", "2024-06-04"),
        Text("authority", "高平市公安局"),
        Text("notice_number", "高公法援〔2024〕3号"),
        Choice("notice_basis", "minor"),
        Text("name", "郭小宇"),
        Mark("gender", "male"),
        Date("birth_date", "2008-02-01"),
        Mark("groups", "minor"),
        Mark("proofs", "household_register"),
        Mark("detained", "yes"),
        Choice("kind", "criminal_investigation"),
        Text("cause", "故意伤害罪"),
    ];
    office.send("/cases/apply", &notice, "登记通知").await;
    desk.says("通知已登记").await;
    let first = office.here().await;
    office
        .says(
            &centre.desk,
            &first,
            &["收到通知", "受限案件", "2024年6月7日", "高法援字〔2024〕001号", "绿色通道：在押、未成年人"],
        )
        .await;
    // 李雪梅 is not on the list for minors and has practised too short a time for nothing else.
    app.clock_to("2024-06-05 09:00");
    office.look(&centre.desk, &format!("{first}/do/assign"), "2-assign").await;
    desk.says("不能指派的1人及原因").await;
    let zhao = centre.zhao.to_string();
    office.step(&centre.desk, &first, "assign", "指派承办人", &[Mark("handler", &zhao)]).await;
    // Five days from 5 June end on the 10th, in the holiday: the 11th.
    office.says(&centre.desk, &first, &["签订委托协议", "2024年6月11日"]).await;
    office.step(&centre.handler, &first, "take_on", "接受指派", &[]).await;
    // The detained boy is to be met within 48 hours of the request, straight through the holiday.
    app.clock_to("2024-06-07 16:00");
    office.at(&centre.handler, &first).await;
    desk.script("document.querySelector(\"form[action$='/records'] [name=time]\").value = '10:30'").await;
    let asked = [Choice("kind", "asked_to_meet"), Date("on", "2024-06-07"), Text("content", "向看守所提出会见")];
    office.send("/records", &asked, "登记").await;
    desk.says("6月9日 10:30").await;
    desk.says("还剩42小时").await;
    office.says(&centre.handler, "/home", &["会见在押当事人"]).await;
    app.clock_to("2024-06-08 09:00");
    office.record(&centre.handler, &first, "meeting", &[Text("content", "会见，核实年龄和到案经过，告知权利。")]).await;
    assert_eq!(app.scalar_i64("select count(*) from case_clocks where kind = 'meet' and ended_on is null").await, 0);

    // Who is not named for it reads number and stage, and nothing else, wherever it is mentioned.
    for reader in [&leader, &clerk] {
        office.says(reader, &first, &["受限案件"]).await;
        for path in ["/cases", "/find?q=001", "/cases?q=故意伤害"] {
            desk.go(path).await;
            let text = desk.text().await;
            let text = text.replace("故意伤害", if path.contains("q=故意") { "" } else { "故意伤害" });
            assert!(!text.contains('郭') && !text.contains("故意伤害"), "{path}: {text}");
        }
    }
    let login = sqlx::query_scalar::<_, String>("select login from accounts where id = $1")
        .bind(clerk.actor().account_id)
        .fetch_one(&app.owner)
        .await
        .expect("a login");
    office.at(&centre.director, &first).await;
    office.send("/named", &[Text("login", &login), Text("why", "核实筛查线索")], "指定").await;
    desk.says("已指定").await;
    office.says(&clerk, &first, &["郭小宇"]).await;
    office.look(&centre.director, &first, "2-director").await;

    // The investigation ends on 1 September: thirty days end on 1 October, in the holiday: the 8th.
    app.clock_to("2024-06-11 09:00");
    run_stage(
        &office,
        &centre,
        &first,
        CaseKind::CriminalInvestigation,
        "transferred",
        "2024-09-01",
        false,
        Some("2024年10月8日"),
    )
    .await;
    office.says(&centre.desk, &first, &["第1件"]).await;

    // The procuratorate gives notice on 13 September: 16 and 17 September are holidays, so the 18th.
    app.clock_to("2024-09-13 10:00");
    let second = next_stage(
        &office,
        &centre,
        &first,
        ("criminal_prosecution", "高平市人民检察院", "高检法援〔2024〕9号"),
        "2-next-stage",
    )
    .await;
    office.says(&centre.desk, &second, &["2024年9月18日", "高法援字〔2024〕002号", "同一事项的其他阶段"]).await;
    assigned(&office, &centre, &second).await;
    run_stage(&office, &centre, &second, CaseKind::CriminalProsecution, "prosecuted", "2024-10-25", false, None).await;

    // The court on 30 October: the third day is Saturday 2 November, so Monday the 4th.
    app.clock_to("2024-10-30 10:00");
    let third = next_stage(
        &office,
        &centre,
        &second,
        ("criminal_first_instance", "高平市人民法院", "高法援函〔2024〕21号"),
        "2-third-stage",
    )
    .await;
    office
        .says(
            &centre.desk,
            &third,
            &["2024年11月4日", "高法援字〔2024〕003号", "高法援字〔2024〕001号", "高法援字〔2024〕002号"],
        )
        .await;
    assigned(&office, &centre, &third).await;
    app.clock_to("2024-12-02 09:00");
    office.whole_file(&centre.handler, &third, CaseKind::CriminalFirstInstance, true).await;
    let way = [
        Choice("way", "judgment"),
        Choice("effect", "adopted"),
        Text("court_number", "（2024）晋0581刑初88号"),
        Text("summary", "判处有期徒刑一年，缓刑一年；从轻意见采纳。"),
    ];
    office.step(&centre.handler, &third, "conclude", "登记办结", &way).await;
    office.step(&centre.handler, &third, "file_materials", "提交结案材料", &[]).await;
    app.clock_to("2024-12-20 09:00");
    office.reviewed(&centre, &third, CaseKind::CriminalFirstInstance, true).await;
    office.step(&centre.director, &third, "agree_closing", "同意结案", &[]).await;
    // Agreed on 20 December: the plan's thirtieth day is Sunday 19 January 2025 and stays.
    office.says(&centre.desk, &third, &["发放办案补贴", "2025年1月19日"]).await;
    office.step(&centre.desk, &third, "enter", "登记录入省系统", &[Text("entry_number", "SX3")]).await;
    office.says(&centre.desk, &third, &["第3件"]).await;
    for (case, name) in [(&first, "2a"), (&second, "2b"), (&third, "2c")] {
        for kind in ["notice_letter", "identity", "return_visit"] {
            office.paper(&centre.desk, case, kind, "1").await;
        }
        office.step(&centre.desk, case, "archive", "归档", &[]).await;
        print_all(&office, &centre, case, name).await;
    }
    office.look(&centre.desk, &third, "2-archived").await;
    office.look(&centre.desk, &format!("{third}/papers/contents"), "2-contents").await;
    office.look(&leader, "/cases", "2-leader-list").await;
    assert_eq!(app.scalar_i64("select count(*) from cases where state = 'archived' and place in (1, 2, 3)").await, 3);
    assert_eq!(app.scalar_i64("select count(distinct archive_number) from cases where restricted").await, 3);
    drop(office);
    sound(&app).await;
}

/// Registers the next stage of a matter from the stage before: only the notice is typed.
async fn next_stage(
    office: &Office<'_>,
    centre: &Centre<'_>,
    from: &str,
    (kind, authority, number): (&str, &str, &str),
    name: &str,
) -> String {
    office.at(&centre.desk, from).await;
    office.desk.press("登记下一阶段").await;
    office.desk.says("同一事项的下一阶段").await;
    let there = office.desk.script("return document.querySelector('[name=name]').value").await;
    assert_eq!(there.as_str(), Some("郭小宇"), "the person is not typed again");
    let page = office.desk.script("return location.pathname + location.search").await;
    office.look(&centre.desk, page.as_str().expect("an address"), name).await;
    office.at(&centre.desk, page.as_str().expect("an address")).await;
    let fields = [
        Text("authority", authority),
        Text("notice_number", number),
        Choice("notice_basis", "minor"),
        Choice("kind", kind),
    ];
    office.send("/cases/apply", &fields, "登记通知").await;
    office.desk.says("通知已登记").await;
    office.here().await
}

/// The same lawyer goes on: assigned, taken on.
async fn assigned(office: &Office<'_>, centre: &Centre<'_>, case: &str) {
    let zhao = centre.zhao.to_string();
    office.at(&centre.desk, &format!("{case}/do/assign")).await;
    office.desk.says("前一阶段").await;
    office.step(&centre.desk, case, "assign", "指派承办人", &[Mark("handler", &zhao)]).await;
    office.step(&centre.handler, case, "take_on", "接受指派", &[]).await;
    office.step(&centre.handler, case, "sign", "签订委托协议", &[]).await;
    office.step(&centre.handler, case, "begin", "开始办理", &[]).await;
    office.record(&centre.handler, case, "meeting", &[Text("content", "会见，听取意见，告知进展。")]).await;
}

/// From the work to the entry.
#[expect(clippy::too_many_arguments, reason = "a stage of a case in one line")]
async fn run_stage(
    office: &Office<'_>,
    centre: &Centre<'_>,
    case: &str,
    kind: CaseKind,
    way: &str,
    ended: &str,
    heard: bool,
    file_by: Option<&str>,
) {
    if office
        .app
        .scalar_i64(&format!(
            "select count(*) from cases where id = {} and state = 'assigned'",
            case.rsplit('/').next().expect("an id")
        ))
        .await
        == 1
    {
        office.step(&centre.handler, case, "sign", "签订委托协议", &[]).await;
        office.step(&centre.handler, case, "begin", "开始办理", &[]).await;
    }
    office.app.clock_to(&format!("{ended} 15:00"));
    office.whole_file(&centre.handler, case, kind, heard).await;
    let report = [Choice("way", way), Text("summary", "本阶段终结，辩护意见已提交办案机关。"), Text("meetings", "2")];
    office.step(&centre.handler, case, "conclude", "登记办结", &report).await;
    if let Some(day) = file_by {
        office.says(&centre.handler, case, &["提交结案材料", day]).await;
    }
    office.step(&centre.handler, case, "file_materials", "提交结案材料", &[]).await;
    office.reviewed(centre, case, kind, heard).await;
    office.step(&centre.director, case, "agree_closing", "同意结案", &[]).await;
    let number = format!("SX{}", case.rsplit('/').next().expect("an id"));
    office.step(&centre.desk, case, "enter", "登记录入省系统", &[Text("entry_number", &number)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elderly_applicant_by_post_with_a_supplement_another_handler_and_a_termination() {
    let app = TestApp::new().await;
    let centre = Centre::new(&app).await;
    let office = Office::open(&app).await;
    let desk = &office.desk;

    // Received by post on 3 June: the seventh day is the Dragon Boat festival, so the 11th.
    app.clock_to("2024-06-03 09:00");
    office.look(&centre.desk, "/cases", "3-list-empty").await;
    office.look(&centre.desk, "/cases/apply?way=post", "3-apply").await;
    office.at(&centre.desk, "/cases/apply?way=post").await;
    let wrong = [
        Text("name", "李秀英"),
        Text("id_number", "149999196406030021"),
        Date("birth_date", "1964-06-04"),
        Text("phone", "13800000009"),
        Mark("groups", "elderly"),
        Choice("kind", "civil_first_instance"),
        Text("cause", "赡养纠纷"),
        Text("opponent", "李建军"),
        Text("facts", "三个子女中长子三年没有给付赡养费，本人无其他收入。"),
        Text("request", "请求长子每月支付赡养费800元"),
    ];
    office.send("/cases/apply", &wrong, "登记申请").await;
    desk.says("出生日期与身份证号不符").await;
    let page = desk.faults("the form again").await;
    assert!(page.is_empty(), "{page:#?}");
    desk.whole_picture("case-3-apply-wrong-desk").await;
    office.send("/cases/apply", &[Date("birth_date", "")], "登记申请").await;
    desk.says("申请已登记").await;
    let case = office.here().await;
    office.says(&centre.desk, &case, &["审查申请", "2024年6月11日", "邮寄"]).await;
    office.look(&centre.desk, &format!("{case}/do/accept"), "3-accept-refused").await;
    office.refused(&centre.desk, &case, "accept", "受理", &[], "还没有身份证明").await;

    // A supplement is asked for on the 4th and comes on the 6th: two days are not counted, so the 12th.
    app.clock_to("2024-06-04 10:00");
    office.look(&centre.desk, &format!("{case}/do/ask_supplement"), "3-supplement").await;
    let ask = [Choice("wording", "no_identity"), Text("note", "另请补交户口簿复印件。"), Date("until", "2024-06-14")];
    office.step(&centre.desk, &case, "ask_supplement", "通知补正", &ask).await;
    office.says(&centre.desk, &case, &["待补正", "暂停", "补充材料、说明通知书"]).await;
    app.clock_to("2024-06-06 10:00");
    office.paper(&centre.desk, &case, "identity", "2").await;
    office.step(&centre.desk, &case, "supplemented", "补正齐全", &[Text("note", "补交身份证、户口簿复印件")]).await;
    office.says(&centre.desk, &case, &["2024年6月12日", "已扣除2天"]).await;
    office.at(&centre.desk, &format!("{case}/application")).await;
    office.send("/application", &[Mark("proofs", "id_card")], "保存").await;
    desk.says("申请内容已保存").await;
    let review = [
        Choice("scope", "a31_4"),
        Choice("means", "declared"),
        Text("means_note", "独居，无固定收入，已签承诺"),
        Text("note", "建议给予。"),
    ];
    office.step(&centre.desk, &case, "review", "提出审查意见", &review).await;

    // Granted on 7 June: three days end on the 10th, in the holiday: the 11th.
    app.clock_to("2024-06-07 10:00");
    office.step(&centre.director, &case, "grant", "决定给予援助", &[]).await;
    office.says(&centre.desk, &case, &["指派承办", "2024年6月11日"]).await;
    let zhao = centre.zhao.to_string();
    office.step(&centre.desk, &case, "assign", "指派承办人", &[Mark("handler", &zhao)]).await;
    office.says(&centre.desk, &case, &["签订委托协议", "2024年6月12日"]).await;
    office.step(&centre.handler, &case, "take_on", "接受指派", &[]).await;
    office.step(&centre.handler, &case, "sign", "签订委托协议", &[]).await;
    office.step(&centre.handler, &case, "begin", "开始办理", &[]).await;

    // A change is asked for on 27 September: the fifth working day is 10 October (29 September works).
    app.clock_to("2024-09-27 10:00");
    office.look(&centre.desk, &format!("{case}/do/ask_change"), "3-ask-change").await;
    let why = [Choice("wording", "not_fulfilled"), Text("note", "受援人提出：6月至9月没有会见，附通话记录。")];
    office.step(&centre.desk, &case, "ask_change", "申请更换承办人", &why).await;
    office.says(&centre.desk, &case, &["决定是否更换", "2024年10月10日"]).await;
    app.clock_to("2024-10-08 10:00");
    let li = centre.li.to_string();
    office.look(&centre.director, &format!("{case}/do/change"), "3-change").await;
    office
        .step(
            &centre.director,
            &case,
            "change",
            "同意更换并另行指派",
            &[Mark("handler", &li), Text("note", "情况属实，同意更换。")],
        )
        .await;
    // Five days from 8 October end on Sunday the 13th: Monday the 14th.
    office.says(&centre.desk, &case, &["2024年10月14日", "更换法律援助人员通知书"]).await;
    office.says(&centre.second, &case, &["李秀英", "接受指派"]).await;
    office.says(&centre.handler, &case, &["没有找到"]).await;

    // Terminated on 14 October: the decision is sent within three days; not counted.
    app.clock_to("2024-10-14 10:00");
    office.look(&centre.director, &format!("{case}/do/terminate"), "3-terminate").await;
    let ground = [Choice("ground", "own_lawyer"), Text("note", "子女已为其聘请律师，附委托合同复印件。")];
    office.step(&centre.director, &case, "terminate", "决定终止", &ground).await;
    office.says(&centre.desk, &case, &["已终止", "送达终止决定", "2024年10月17日", "案件已终止，不计入任务"]).await;
    office.step(&centre.desk, &case, "serve", "登记送达", &[Text("note", "终止决定书直接送达本人签收")]).await;
    office.refused(&centre.desk, &case, "archive", "归档", &[], "受援人的异议期到2024年10月29日").await;
    app.clock_to("2024-10-30 10:00");
    office.step(&centre.desk, &case, "archive", "归档", &[]).await;
    office.look(&centre.desk, &case, "3-archived").await;
    office.look(&centre.desk, "/cases/send-backs", "3-send-backs").await;
    office.says(&centre.desk, "/cases/send-backs", &["缺身份证明", "承办人不履行职责", "未用常用理由"]).await;
    print_all(&office, &centre, &case, "3").await;
    assert_eq!(app.scalar_i64("select count(*) from cases where counted_on is not null").await, 0);
    office.look(&centre.desk, "/cases/handlers", "3-handlers").await;
    office.look(&centre.desk, "/cases/online", "3-online-empty").await;
    for (path, name) in [("/legal-aid", "3-public-apply"), ("/legal-aid/status", "3-public-status")] {
        office.look_at(None, path, name).await;
    }
}
