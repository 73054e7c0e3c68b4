//! Rosters, many shifts at once: all venues filled in one go, shifts moved and exchanged.

use huifa::web::permissions::Role;

use crate::support::app::{Browser, Page, TestApp};

const MAY: &str = "/roster/2024-05";

struct Office {
    app: TestApp,
    centre: i64,
    mishan: i64,
    sanjia: i64,
    zhang: i64,
    li: i64,
}

impl Office {
    async fn new() -> Office {
        let app = TestApp::new().await;
        let centre = app.venue("市公共法律服务中心").await;
        let mishan = app.venue("米山镇").await;
        let sanjia = app.venue("三甲镇").await;
        let zhang = app.person("张三", &[centre, mishan]).await;
        let li = app.person("李四", &[centre, mishan, sanjia]).await;
        Office { app, centre, mishan, sanjia, zhang, li }
    }

    async fn clerk(&self) -> Browser<'_> {
        let clerk = self.app.staff(Role::BureauClerk).await;
        clerk.post(&format!("{MAY}/start"), &[]).await.assert_status(303);
        clerk
    }

    async fn version(&self) -> String {
        self.app.scalar_i64("select version::bigint from rosters").await.to_string()
    }

    async fn put(&self, clerk: &Browser<'_>, venue: i64, person: i64, day: &str) -> i64 {
        let (venue, person) = (venue.to_string(), person.to_string());
        let fields = [
            ("venue", venue.as_str()),
            ("person", &person),
            ("day", day),
            ("starts_at", "08:00"),
            ("ends_at", "12:00"),
            ("change", "normal"),
        ];
        clerk.post(&format!("{MAY}/shifts"), &fields).await.assert_status(303);
        self.app.scalar_i64("select max(id) from shifts").await
    }

    async fn drag(&self, clerk: &Browser<'_>, shift: i64, venue: i64, day: &str) -> Page {
        let sql = format!("select coalesce(max(version), 1)::bigint from shifts where id = {shift}");
        let version = self.app.scalar_i64(&sql).await;
        let (take, place) = (format!("{shift}:{version}"), format!("{venue}:{day}"));
        clerk.post(&format!("{MAY}/move"), &[("take", &take), ("place", &place)]).await
    }

    async fn stands(&self, person: i64, venue: i64, day: &str) -> bool {
        let sql = format!(
            "select count(*) from shifts where person_id = {person} and venue_id = {venue} and duty_on = '{day}'"
        );
        self.app.scalar_i64(&sql).await == 1
    }
}

#[tokio::test]
async fn all_venues_are_filled_as_the_page_said_and_what_nobody_can_take_stays_open() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    office.put(&clerk, office.mishan, office.zhang, "2024-05-08").await;
    let page = clerk.get(&format!("{MAY}/fill-all")).await;
    page.assert_status(200).assert_says("值班人员库中没有可以在这里值班的人员").assert_says("确认之前什么都没有保存");
    assert_eq!(office.app.scalar_i64("select count(*) from shifts").await, 1, "looking changes nothing");
    let version = office.version().await;
    let (mishan, sanjia, centre) = (office.mishan.to_string(), office.sanjia.to_string(), office.centre.to_string());
    let fields = [("version", version.as_str()), ("venues", &mishan), ("venues", &sanjia), ("venues", &centre)];
    let done = clerk.post(&format!("{MAY}/fill-all"), &fields).await;
    done.assert_status(303);
    // Mishan has four Wednesdays of which one stood, Sanjia four, the centre 21 working days:
    // on Wednesdays both people are at the stations.
    assert!(office.stands(office.zhang, office.mishan, "2024-05-08").await, "what stood is kept");
    let at = |venue: i64| format!("select count(*) from shifts where venue_id = {venue}");
    assert_eq!(office.app.scalar_i64(&at(office.mishan)).await, 4);
    assert_eq!(office.app.scalar_i64(&at(office.sanjia)).await, 4);
    assert_eq!(office.app.scalar_i64(&at(office.centre)).await, 17);
    clerk.follow(done).await.assert_says("还有4天排不上");
    assert_eq!(office.app.scalar_i64("select count(*) from audit_records where action = 'roster.fill_all'").await, 1);
}

#[tokio::test]
async fn a_roster_that_changed_since_the_page_was_shown_is_not_filled() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let version = office.version().await;
    office.put(&clerk, office.mishan, office.zhang, "2024-05-08").await;
    let sanjia = office.sanjia.to_string();
    let fields = [("version", version.as_str()), ("venues", sanjia.as_str())];
    clerk.post(&format!("{MAY}/fill-all"), &fields).await.assert_status(409).assert_says("有改动");
    let version = office.version().await;
    clerk.post(&format!("{MAY}/fill-all"), &[("version", &version)]).await.assert_status(409).assert_says("没有勾选");
    // One that is no number stops the rest, as one of another county does.
    let ticked = [("version", version.as_str()), ("venues", sanjia.as_str()), ("venues", "1;2")];
    clerk.post(&format!("{MAY}/fill-all"), &ticked).await.assert_status(422).assert_says("全部没有办理");
    let people = [("people", &*office.zhang.to_string()), ("people", "x")];
    let fill = format!("{MAY}/venues/{}/fill", office.sanjia);
    clerk.post(&fill, &people).await.assert_status(422).assert_says("全部没有办理");
    assert_eq!(office.app.scalar_i64("select count(*) from shifts").await, 1);
    let approver = office.app.staff(Role::Approver).await;
    approver.get(&format!("{MAY}/fill-all")).await.assert_status(403);
}

#[tokio::test]
async fn of_two_fillings_at_once_one_wins() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let version = office.version().await;
    let sanjia = office.sanjia.to_string();
    let fields = [("version", version.as_str()), ("venues", sanjia.as_str())];
    let path = format!("{MAY}/fill-all");
    let (one, other) = tokio::join!(clerk.post(&path, &fields), clerk.post(&path, &fields));
    let mut answers = [one.status.as_u16(), other.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409]);
    assert_eq!(office.app.scalar_i64("select count(*) from shifts").await, 4);
}

#[tokio::test]
async fn a_shift_is_moved_to_an_empty_day_and_exchanged_with_one_that_stands() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let first = office.put(&clerk, office.mishan, office.zhang, "2024-05-08").await;
    let done = office.drag(&clerk, first, office.mishan, "2024-05-15").await;
    clerk.follow(done).await.assert_says("张三由5月8日 周三改到5月15日 周三。");
    assert!(office.stands(office.zhang, office.mishan, "2024-05-15").await);
    assert_eq!(office.app.scalar_i64("select count(*) from shifts").await, 1);

    let other = office.put(&clerk, office.mishan, office.li, "2024-05-22").await;
    let moved = office.app.scalar_i64(&format!("select id from shifts where person_id = {}", office.zhang)).await;
    let done = office.drag(&clerk, other, office.mishan, "2024-05-15").await;
    clerk.follow(done).await.assert_says("已对调");
    assert!(office.stands(office.li, office.mishan, "2024-05-15").await);
    assert!(office.stands(office.zhang, office.mishan, "2024-05-22").await);
    // The rows that stood are gone: what was seen of them cannot be moved again.
    office.drag(&clerk, moved, office.mishan, "2024-05-29").await.assert_status(409).assert_says("已被移除");
}

#[tokio::test]
async fn what_the_rules_refuse_is_not_moved() {
    let office = Office::new().await;
    let clerk = office.clerk().await;
    let zhang = office.put(&clerk, office.mishan, office.zhang, "2024-05-08").await;
    // 张三 does not serve at Sanjia.
    office.drag(&clerk, zhang, office.sanjia, "2024-05-15").await.assert_status(409).assert_says("三甲镇");
    // A Thursday is no station day: A01 asks for a reason, which the form takes.
    office.drag(&clerk, zhang, office.mishan, "2024-05-09").await.assert_status(409).assert_says("理由");
    let form = clerk.get(&format!("{MAY}/shifts/{zhang}/move")).await;
    form.assert_status(200).assert_says("改期，须写理由");
    let (take, place) = (format!("{zhang}:1"), format!("{}:2024-05-09", office.mishan));
    let typed = [("take", take.as_str()), ("place", &place), ("back", "venue"), ("reason", "")];
    clerk.post(&format!("{MAY}/move"), &typed).await.assert_status(422).assert_says("理由");
    let typed = [("take", take.as_str()), ("place", &place), ("back", "venue"), ("reason", "集市普法")];
    clerk.post(&format!("{MAY}/move"), &typed).await.assert_status(303);
    assert!(office.stands(office.zhang, office.mishan, "2024-05-09").await);
    assert_eq!(
        office.app.scalar_i64("select count(*) from shifts where change = 'moved' and moved_from = '2024-05-08'").await,
        1
    );
    let staff = office.app.staff_at(Role::VenueStaff, office.mishan).await;
    staff.post(&format!("{MAY}/move"), &typed).await.assert_status(403);
    clerk.post(&format!("{MAY}/move"), &[("take", "x"), ("place", "y")]).await.assert_status(422);
}
