//! The form of an application or a notice.

use askama::Template;
use axum::extract::State;
use axum_extra::extract::Query;
use chrono::NaiveDate;
use serde::Deserialize;

use super::{Choices, choices, open};
use crate::cases::eligibility::rules::{NoticeBasis, Proof};
use crate::cases::life::dossier::{self, Dossier, Viewer, Way};
use crate::cases::life::form::ApplicationForm;
use crate::cases::life::person::{Education, Health};
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page};
use crate::web::posted::OnceKey;

/// What the form of a new case is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cases) struct ApplyQuery {
    way: String,
    basis: String,
    stage_of: String,
}

#[derive(Template)]
#[template(path = "cases/application.html")]
pub(in crate::cases) struct ApplicationPage {
    layout: Layout,
    once: OnceKey,
    action: String,
    cancel: String,
    lede: String,
    button: &'static str,
    existing: bool,
    id_number_mask: String,
    phone_mask: String,
    domicile_mask: String,
    today: String,
    form: ApplicationForm,
    errors: Errors,
}

impl ApplicationPage {
    pub(in crate::cases) fn for_new(
        layout: Layout,
        today: NaiveDate,
        once: OnceKey,
        form: ApplicationForm,
        errors: Errors,
    ) -> ApplicationPage {
        let notice = form.is_notice();
        ApplicationPage {
            layout: layout.titled(if notice { "登记通知辩护" } else { "登记法律援助申请" }).crumb("案件台账", "/cases"),
            once,
            action: "/cases/apply".to_owned(),
            cancel: "/cases".to_owned(),
            lede: if notice {
                "办案机关通知辩护的案件不核查经济状况，自收到通知之日起3日内指派。".to_owned()
            } else {
                "自收到申请之日起7日内审查决定；材料不全的一次性告知补正，不能以此拒绝。".to_owned()
            },
            button: if notice { "登记通知" } else { "登记申请" },
            existing: false,
            id_number_mask: String::new(),
            phone_mask: String::new(),
            domicile_mask: String::new(),
            today: today.to_string(),
            form,
            errors,
        }
    }

    pub(in crate::cases) fn for_case(
        layout: Layout,
        today: NaiveDate,
        case: &Dossier,
        once: OnceKey,
        form: ApplicationForm,
        errors: Errors,
    ) -> ApplicationPage {
        let it = case.application.as_deref().cloned().unwrap_or_default();
        ApplicationPage {
            layout: layout
                .titled("补填、更正申请内容")
                .crumb("案件台账", "/cases")
                .crumb(case.number.clone(), case.href()),
            action: format!("/cases/{}/application", case.id),
            cancel: case.href(),
            lede: "已登记的证件号码、电话、住址和户籍地址不重新显示；留空则保持不变。".to_owned(),
            button: "保存",
            existing: true,
            id_number_mask: it.id_number_mask,
            phone_mask: it.phone_mask,
            domicile_mask: it.domicile_mask,
            ..ApplicationPage::for_new(Layout::default(), today, once, form, errors)
        }
    }

    fn notice(&self) -> bool {
        self.form.is_notice()
    }

    fn stage(&self) -> bool {
        !self.form.stage_of.is_empty()
    }

    fn ticked(&self, value: &str) -> bool {
        value == "yes"
    }

    fn ways(&self) -> Choices {
        choices::<Way>(|_| true)
    }

    fn bases(&self) -> Choices {
        choices::<Basis>(|basis| basis != Basis::Application)
    }

    fn kinds(&self) -> Choices {
        let notice = self.notice();
        choices::<CaseKind>(|kind| kind.is_case() && (!notice || kind.is_criminal()))
    }

    fn genders(&self) -> Choices {
        vec![("male", "男"), ("female", "女")]
    }

    fn groups(&self) -> Choices {
        choices::<SpecialGroup>(|_| true)
    }

    fn proofs(&self) -> Choices {
        choices::<Proof>(|_| true)
    }

    fn educations(&self) -> Choices {
        choices::<Education>(|_| true)
    }

    fn healths(&self) -> Choices {
        choices::<Health>(|_| true)
    }

    fn notice_bases(&self) -> Choices {
        choices::<NoticeBasis>(|_| true)
    }

    fn id_hint(&self) -> String {
        if self.id_number_mask.is_empty() {
            if self.stage() {
                "留空则沿用前一阶段的号码".to_owned()
            } else {
                "加密保存；出生日期、性别从中读出".to_owned()
            }
        } else {
            format!("已登记{}，留空不变", self.id_number_mask)
        }
    }

    fn domicile_hint(&self) -> String {
        match (self.domicile_mask.as_str(), self.stage()) {
            ("", true) => "加密保存；留空则沿用前一阶段的".to_owned(),
            ("", false) => "加密保存".to_owned(),
            (mask, _) => format!("已登记{mask}，留空不变"),
        }
    }

    fn phone_hint(&self) -> String {
        if self.phone_mask.is_empty() {
            if self.stage() { "留空则沿用前一阶段的电话".to_owned() } else { "加密保存".to_owned() }
        } else {
            format!("已登记{}，留空不变", self.phone_mask)
        }
    }
}

pub(in crate::cases) async fn apply(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    Query(query): Query<ApplyQuery>,
) -> Answer {
    let today = state.clock.today();
    let mut form = ApplicationForm {
        way: Way::from_code(&query.way).unwrap_or(Way::Window).code().to_owned(),
        basis: query.basis.clone(),
        received_on: today.to_string(),
        ..ApplicationForm::default()
    };
    if let Ok(earlier) = query.stage_of.parse::<i64>() {
        let mut conn = state.pool.acquire().await?;
        let found = dossier::find(&mut conn, scope.bureau(), Viewer::of(&actor), earlier).await?;
        let case = found.filter(|it| it.may_open).ok_or(AppError::NotFound)?;
        form = ApplicationForm {
            received_on: today.to_string(),
            stage_of: query.stage_of.clone(),
            kind: String::new(),
            notice_number: String::new(),
            authority: String::new(),
            authority_number: String::new(),
            version: String::new(),
            ..ApplicationForm::of(&case)
        };
    }
    page(&ApplicationPage::for_new(layout, today, OnceKey::new(), form, Errors::default()))
}

pub(in crate::cases) async fn edit_application(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
) -> Answer {
    let case = open(&state, &actor, scope, id).await?;
    let form = ApplicationForm::of(&case);
    page(&ApplicationPage::for_case(layout, state.clock.today(), &case, OnceKey::new(), form, Errors::default()))
}
