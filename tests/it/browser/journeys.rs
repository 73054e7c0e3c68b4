//! The office's main journeys counted: presses, fields and keys from the first page to the
//! end. The counts stand in docs/journeys.md; a change that costs a press fails here.

use fantoccini::key::Key;
use huifa::demo;

use super::moves::{enter, keys, tab_until};
use super::screen::{Device, Screen};
use crate::support::app::{TestApp, instant};

/// What the hand is on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Mouse,
    Keyboard,
}

/// A hand that counts what it does.
struct Hand<'a> {
    screen: &'a Screen,
    on: On,
    presses: usize,
    fields: usize,
    keys: usize,
}

impl<'a> Hand<'a> {
    /// Somebody of the demonstration on their first page.
    async fn of(app: &TestApp, screen: &'a Screen, on: On, login: &str) -> Hand<'a> {
        let id = app.scalar_i64(&format!("select id from accounts where login = '{login}'")).await;
        Hand::of_account(app, screen, on, id).await
    }

    async fn of_account(app: &TestApp, screen: &'a Screen, on: On, id: i64) -> Hand<'a> {
        let browser = app.browser_of(id).await;
        screen.wear(browser.cookie()).await;
        screen.go("/home").await;
        Hand { screen, on, presses: 0, fields: 0, keys: 0 }
    }

    /// A press on the button or link with these words; a question that follows is a press more.
    async fn press(&mut self, words: &str) {
        self.presses += 1;
        let css = "dialog[open] .submit button:first-child";
        let before = self.screen.script("return performance.timeOrigin").await;
        if self.on == On::Keyboard {
            let wanted = format!(
                "here.closest('main') && (here.matches('button') && here.textContent.trim() === '{words}' || here.matches('a') && here.textContent.trim().startsWith('{words}'))"
            );
            tab_until(self.screen, &wanted).await;
            enter(self.screen).await;
            if self.screen.script("return performance.timeOrigin").await == before
                && self.screen.client.find(fantoccini::Locator::Css(css)).await.is_ok()
            {
                self.presses += 1;
                let there = self.screen.script(&format!("return document.activeElement.matches(`{css}`)")).await;
                if there != true {
                    tab_until(self.screen, &format!("here.matches(`{css}`)")).await;
                }
                enter(self.screen).await;
            }
            return;
        }
        let xpath = format!(
            "//main//button[normalize-space(.)='{words}'] | //main//a[starts-with(normalize-space(.), '{words}')]"
        );
        let element = self
            .screen
            .client
            .wait()
            .at_most(std::time::Duration::from_secs(10))
            .for_element(fantoccini::Locator::XPath(&xpath))
            .await
            .unwrap_or_else(|error| panic!("no “{words}”: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("pressing “{words}”: {error}"));
        if self.screen.script("return performance.timeOrigin").await == before
            && let Ok(button) = self.screen.client.find(fantoccini::Locator::Css(css)).await
        {
            self.presses += 1;
            button.click().await.ok();
        }
    }

    async fn press_at(&mut self, css: &str) {
        self.presses += 1;
        if self.on == On::Keyboard {
            // The arrows go on within a group of choices, and choose.
            let same =
                format!("here.matches(`{css}`) || here.name && here.name === document.querySelector(`{css}`).name");
            tab_until(self.screen, &same).await;
            let there = format!("return document.activeElement.matches(`{css}`)");
            while self.screen.script(&there).await != true {
                keys(self.screen, &char::from(Key::Down).to_string()).await;
            }
            if self.screen.script("return document.activeElement.matches('a')").await == true {
                enter(self.screen).await;
            } else if self.screen.script("return document.activeElement.checked").await != true {
                keys(self.screen, " ").await;
            }
            return;
        }
        self.screen.find(css).await.click().await.unwrap_or_else(|error| panic!("pressing {css}: {error}"));
    }

    async fn fill(&mut self, name: &str, text: &str) {
        self.fields += 1;
        self.keys += text.chars().count();
        if self.on == On::Keyboard {
            tab_until(self.screen, &format!("here.name === '{name}'")).await;
            return keys(self.screen, text).await;
        }
        self.screen.fill(name, text).await;
    }

    async fn choose(&mut self, name: &str, value: &str) {
        self.fields += 1;
        self.keys += 1;
        if self.on == On::Keyboard {
            tab_until(self.screen, &format!("here.name === '{name}'")).await;
            let chosen = format!("return document.activeElement.value === '{value}'");
            for _ in 0..40 {
                if self.screen.script(&chosen).await == true {
                    return;
                }
                keys(self.screen, &char::from(Key::Down).to_string()).await;
            }
            panic!("the arrows never come to {value}");
        }
        self.screen.choose(name, value).await;
    }

    /// What it cost: presses and fields.
    fn cost(&self) -> (usize, usize) {
        (self.presses, self.fields)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_journeys_cost_what_the_document_says() {
    go_through(On::Mouse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_journeys_go_with_the_keyboard_alone_at_the_same_cost() {
    go_through(On::Keyboard).await;
}

async fn go_through(on: On) {
    let mut app = TestApp::empty().await;
    app.demonstrate();
    demo::fill(&app.state, instant("2024-02-05 10:55")).await.expect("the story goes through");
    let screen = Screen::open(&app, Device::Desk).await;

    // 审定一个月: the stations that are late.
    let late = "select a.id from accounts a join venues v on v.id = a.venue_id
                where a.role = 'venue_staff' and a.login <> 'centre'
                  and not exists (select from venue_months m where m.venue_id = v.id and m.month = '2024-01-01' and m.status = 'reported')
                order by v.sort limit 1";
    let left = "select count(*) from accounts a where a.role = 'venue_staff' and a.login <> 'centre'
                and not exists (select from venue_months m where m.venue_id = a.venue_id and m.month = '2024-01-01' and m.status = 'reported')";
    assert!(app.scalar_i64(left).await > 0, "the story leaves some for the last day");
    while app.scalar_i64(left).await > 0 {
        let mut staff = Hand::of_account(&app, &screen, on, app.scalar_i64(late).await).await;
        staff.press("审定并上报1月考勤").await;
        staff.press("审定并上报").await;
        screen.says("考勤已审定并上报").await;
        assert_eq!(staff.cost(), (3, 0), "审定上报");
    }

    // 计算并审批一个月.
    let mut clerk = Hand::of(&app, &screen, on, "clerk").await;
    clerk.press("计算1月值班补贴").await;
    clerk.press("计算").await;
    screen.says("已告知").await;
    assert_eq!(clerk.cost(), (2, 0), "计算月结");
    clerk.fill("reason", "赶在10日前发放").await;
    clerk.press("复核通过").await;
    screen.says("已复核").await;
    assert_eq!(clerk.cost(), (3, 1), "复核月结");
    let mut approver = Hand::of(&app, &screen, on, "approver").await;
    approver.press("审批1月值班补贴").await;
    approver.press("审批通过").await;
    screen.says("已审批").await;
    assert_eq!(approver.cost(), (3, 0), "审批月结");

    // 排一个月: all venues at once.
    let mut clerk = Hand::of(&app, &screen, on, "clerk").await;
    clerk.press("编制3月排班").await;
    clerk.press("开始排班").await;
    clerk.press("全部服务点轮排").await;
    clerk.press("按此排班").await;
    screen.says("个服务点新排").await;
    clerk.press("提交审核").await;
    screen.says("排班已提交").await;
    assert_eq!(clerk.cost(), (5, 0), "编制排班");

    // 复核咨询记录: a page of fifty.
    let before = "select count(*) from consultations where review = 'qualified'";
    let reviewed = app.scalar_i64(before).await;
    let mut clerk = Hand::of(&app, &screen, on, "clerk").await;
    clerk.press_at(".todos a[href='/consultations?review=unreviewed']").await;
    clerk.press("全选或全不选").await;
    clerk.press("一并复核勾选的记录").await;
    clerk.press("这50份复核为合格").await;
    screen.says("50份咨询记录复核为合格").await;
    assert_eq!(clerk.cost(), (4, 0), "复核咨询");
    assert_eq!(app.scalar_i64(before).await - reviewed, 50);

    // 签到, then 登记咨询 for somebody who came before.
    app.clock_to("2024-02-07 07:55");
    let on_duty =
        "select a.id from accounts a join shifts s on s.person_id = a.person_id join venues v on v.id = s.venue_id
                   where s.duty_on = '2024-02-07' and v.short_name = '米山镇'";
    let mut duty = Hand::of_account(&app, &screen, on, app.scalar_i64(on_duty).await).await;
    duty.press("签到").await;
    screen.says("已于07:55签到").await;
    assert_eq!(duty.cost(), (1, 0), "签到");
    app.clock_to("2024-02-07 08:30");
    let mut duty = Hand::of_account(&app, &screen, on, app.scalar_i64(on_duty).await).await;
    duty.press("登记咨询").await;
    duty.fill("client_name", "王示例").await;
    duty.press_at("input[name=gender][value=female]").await;
    duty.choose("topic", "labour").await;
    duty.fill("facts", "工地干活三个月没发工资").await;
    duty.fill("request", "要回工资").await;
    duty.fill("advice", "先向劳动监察大队投诉").await;
    duty.press("保存登记").await;
    screen.says("王示例").await;
    assert_eq!(duty.cost(), (3, 5), "登记咨询");
}
