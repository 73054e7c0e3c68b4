//! A case taken through its steps by the people whose steps they are.

use huifa::web::permissions::Role;

use super::app::{Browser, Page, TestApp};

/// The legal aid centre with its people and two handlers.
pub(crate) struct Centre<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) desk: Browser<'a>,
    pub(crate) director: Browser<'a>,
    pub(crate) handler: Browser<'a>,
    pub(crate) second: Browser<'a>,
    /// 赵志远, a lawyer since 2015 on the list for minors.
    pub(crate) zhao: i64,
    /// 李雪梅, a lawyer since 2022.
    pub(crate) li: i64,
}

/// A handler as the register takes one, but for the name.
pub(crate) const HANDLER: [(&str, &str); 6] = [
    ("gender", "male"),
    ("category", "lawyer"),
    ("firm", "山西示例律师事务所"),
    ("licence_number", "L1"),
    ("practising_since", "2015-03-01"),
    ("fields", "labour"),
];

/// A wage claim of a migrant worker, as typed at the window.
pub(crate) const WAGES: [(&str, &str); 14] = [
    ("way", "window"),
    ("received_on", "2024-05-06"),
    ("kind", "civil_first_instance"),
    ("cause", "追索劳动报酬纠纷"),
    ("name", "王建国"),
    ("id_number", "14999919800315001X"),
    ("phone", "13800000001"),
    ("township", "米山镇"),
    ("groups", "migrant_worker"),
    ("proofs", "labour"),
    ("proofs", "id_card"),
    ("opponent", "高平市示例建筑有限公司"),
    ("facts", "2023年3月至10月在城东一处工地做木工，约定日工资260元，完工后工资没有付清。"),
    ("request", "支付拖欠的工资23450元"),
];

/// A case as ticked on the work list: with whom it lies with now.
pub(crate) async fn ticked(app: &TestApp, case: i64) -> String {
    let held = app.scalar_i64(&format!("select coalesce(worker_id, 0) from cases where id = {case}")).await;
    format!("{case}.{held}")
}

impl<'a> Centre<'a> {
    /// Its people, signed in, and its handlers, registered.
    pub(crate) async fn new(app: &'a TestApp) -> Centre<'a> {
        let desk = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await;
        let director = app.staff(Role::LegalAidDirector).await;
        let (handler, second) = (app.staff(Role::Handler).await, app.staff(Role::Handler).await);
        let mut ids = Vec::new();
        for (browser, name, licence, since, minors) in
            [(&handler, "赵志远", "L1", "2015-03-01", "yes"), (&second, "李雪梅", "L2", "2022-06-06", "")]
        {
            let login = sqlx::query_scalar::<_, String>("select login from accounts where id = $1")
                .bind(browser.actor().account_id)
                .fetch_one(&app.state.pool)
                .await
                .expect("a login");
            desk.post(
                "/cases/handlers",
                &[
                    ("name", name),
                    ("gender", "male"),
                    ("category", "lawyer"),
                    ("firm", "山西示例律师事务所"),
                    ("licence_number", licence),
                    ("practising_since", since),
                    ("fields", "labour"),
                    ("fields", "criminal"),
                    ("for_minors", minors),
                    ("login", &login),
                ],
            )
            .await
            .assert_status(303);
            ids.push(app.scalar_i64(&format!("select id from case_handlers where licence_number = '{licence}'")).await);
        }
        Centre { app, desk, director, handler, second, zhao: ids[0], li: ids[1] }
    }

    /// Registers an application; gives the case's address.
    pub(crate) async fn apply(&self, changes: &[(&str, &str)]) -> String {
        let mut form: Vec<(&str, &str)> =
            WAGES.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
        form.extend_from_slice(changes);
        let page = self.desk.post("/cases/apply", &form).await;
        page.assert_status(303);
        page.location.expect("the case's page")
    }

    /// Posts a step with the version that the case has now.
    pub(crate) async fn post(&self, who: &Browser<'_>, case: &str, step: &str, fields: &[(&str, &str)]) -> Page {
        let id = case.rsplit('/').next().expect("an id");
        let version =
            self.app.scalar_i64(&format!("select version::bigint from cases where id = {id}")).await.to_string();
        let today = self.app.state.clock.today().to_string();
        let mut all = vec![("version", version.as_str())];
        if !fields.iter().any(|(name, _)| *name == "on") {
            all.push(("on", today.as_str()));
        }
        all.extend_from_slice(fields);
        who.post(&format!("{case}/do/{step}"), &all).await
    }

    /// Takes a step that must go.
    #[track_caller]
    pub(crate) fn step<'b>(
        &'b self,
        who: &'b Browser<'a>,
        case: &'b str,
        step: &'b str,
        fields: &'b [(&'b str, &'b str)],
    ) -> impl Future<Output = ()> + 'b {
        let caller = std::panic::Location::caller();
        async move {
            let page = self.post(who, case, step, fields).await;
            assert_eq!(page.status.as_u16(), 303, "{step} at {caller}: {}", page.text());
        }
    }

    /// Files a paper of a kind.
    pub(crate) async fn paper(&self, who: &Browser<'_>, case: &str, kind: &str) {
        let today = self.app.state.clock.today().to_string();
        let fields = [("paper_kind", kind), ("pages", "2"), ("made_on", today.as_str())];
        who.post(&format!("{case}/papers"), &fields).await.assert_status(303);
    }

    /// From the application to the decision.
    pub(crate) async fn grant(&self, case: &str) {
        self.step(&self.desk, case, "accept", &[]).await;
        self.step(
            &self.desk,
            case,
            "review",
            &[("scope", "a31_5"), ("means", "exempt_person"), ("note", "符合条件，建议给予")],
        )
        .await;
        self.step(&self.director, case, "grant", &[]).await;
    }

    /// From the decision to the work.
    pub(crate) async fn hand_to_zhao(&self, case: &str) {
        self.step(&self.desk, case, "assign", &[("handler", &self.zhao.to_string())]).await;
        self.step(&self.handler, case, "take_on", &[]).await;
        self.step(&self.handler, case, "sign", &[]).await;
        self.step(&self.handler, case, "begin", &[]).await;
    }

    /// From the work to the agreement to close; all on today.
    pub(crate) async fn close(&self, case: &str) {
        for kind in ["meeting_record", "pleading", "evidence", "judgment", "progress_report"] {
            self.paper(&self.handler, case, kind).await;
        }
        self.step(&self.handler, case, "conclude", &[("way", "mediation"), ("summary", "调解结案，当庭付清工资")])
            .await;
        self.step(&self.handler, case, "file_materials", &[]).await;
        let good: Vec<(&str, &str)> =
            ["agreement", "meeting_record", "pleading", "evidence", "judgment", "progress_report"]
                .into_iter()
                .map(|kind| ("good", kind))
                .collect();
        self.step(&self.desk, case, "pass_closing", &good).await;
        self.step(&self.director, case, "agree_closing", &[]).await;
    }
}
