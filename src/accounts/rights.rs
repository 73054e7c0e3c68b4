//! Rights are asked for by one person and given by another.
//!
//! The system administrator makes an account, asks for another role, for a disabled account
//! back or for a lost second factor to be taken off; the security administrator grants or
//! refuses. Neither can do the other's part, and nobody decides about themselves.

use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;

use super::db::{self, AccountRow, NewAccount};
use super::pages;
use super::second_factor;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::state::AppState;
use crate::web::actor::{Actor, Scope};
use crate::web::form_errors::Errors;
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, form_again};
use crate::web::permissions::Role;
use crate::web::posted::Posted;
use crate::web::work::{Work, snapshot};
use crate::web::{Answer, constraints, session};

dictionary! {
    /// What is asked for.
    RequestKind {
        /// A new account's first rights.
        New = "new", "开通账号";
        /// Another role.
        Role = "role", "变更角色";
        /// A disabled account back.
        Restore = "restore", "恢复账号";
        /// A lost second factor off.
        SecondFactor = "second_factor", "重置动态验证码";
    }
}

crate::text_column!(RequestKind);

impl RequestKind {
    /// How an account stands for which this is asked and granted.
    fn asked_of(self) -> &'static str {
        match self {
            RequestKind::New => "waiting",
            RequestKind::Role | RequestKind::SecondFactor => "active",
            RequestKind::Restore => "disabled",
        }
    }
}

/// A request as the account's page shows it.
#[derive(Clone, Debug)]
pub(super) struct RequestRow {
    pub(super) id: i64,
    pub(super) kind: RequestKind,
    pub(super) role: Role,
    pub(super) venue: Option<String>,
    pub(super) reason: String,
    pub(super) asked_by: String,
    pub(super) asked_by_reader: bool,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) decision: Option<String>,
    pub(super) decided_by: Option<String>,
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) note: String,
}

impl RequestRow {
    /// Nobody decided yet.
    pub(super) fn is_open(&self) -> bool {
        self.decision.is_none()
    }

    /// What is asked for, with the role where it is about one.
    pub(super) fn what(&self) -> String {
        let venue = self.venue.as_ref().map(|venue| format!("（{venue}）")).unwrap_or_default();
        match self.kind {
            RequestKind::SecondFactor => self.kind.label().to_owned(),
            RequestKind::New | RequestKind::Role | RequestKind::Restore => {
                format!("{}：{}{venue}", self.kind.label(), self.role.label())
            }
        }
    }

    /// What came of it, as kind and words of a tag.
    pub(super) fn outcome(&self) -> (&'static str, &'static str) {
        match self.decision.as_deref() {
            Some("granted") => ("ok", "已授予"),
            Some(_) => ("bad", "未同意"),
            None => ("wait", "待处理"),
        }
    }
}

/// The requests of an account, newest first.
pub(super) async fn requests_of(
    conn: &mut PgConnection,
    bureau: i64,
    account: i64,
    reader: i64,
) -> sqlx::Result<Vec<RequestRow>> {
    sqlx::query_as!(
        RequestRow,
        r#"select r.id, r.kind as "kind: RequestKind", r.role as "role: Role", v.short_name as "venue?", r.reason,
                  asker.name as asked_by, r.asked_by = $3 as "asked_by_reader!", r.asked_at, r.decision,
                  decider.name as "decided_by?", r.decided_at, r.note
           from rights_requests r
           join accounts asker on asker.id = r.asked_by
           left join accounts decider on decider.id = r.decided_by
           left join venues v on v.id = r.venue_id
           where r.bureau_id = $1 and r.account_id = $2 order by r.id desc limit 20"#,
        bureau,
        account,
        reader
    )
    .fetch_all(conn)
    .await
}

/// Why an account was not made.
#[derive(Debug)]
pub enum CreateError {
    /// A field of the form and what is wrong with it.
    Field(&'static str, &'static str),
    /// Anything else.
    Other(AppError),
}

impl From<AppError> for CreateError {
    fn from(error: AppError) -> CreateError {
        CreateError::Other(error)
    }
}

/// Makes an account that has no rights yet, and asks for them.
///
/// # Errors
/// When the login or the person has an account already, or the database fails.
pub async fn create(work: &mut Work, new: &NewAccount, reason: &str) -> Result<i64, CreateError> {
    let now = work.now;
    let id = match db::insert(work.conn(), new, now).await {
        Ok(id) => id,
        Err(error) => {
            return Err(match constraints::violated(&error) {
                Some("accounts_login") => CreateError::Field("login", "这个登录名已被使用，请换一个。"),
                Some("accounts_one_per_person") => CreateError::Field(
                    "staff_number",
                    "这个人员编号已有账号：一人一号，不兼任两个角色。已停用的请申请恢复，再申请变更角色。",
                ),
                _ => CreateError::Other(error.into()),
            });
        }
    };
    let after = serde_json::json!({ "login": new.login, "name": new.name, "role": new.role.code() });
    work.audit(Audit::new("account.create", "account", id).after(after)).await?;
    let asked = Asked { kind: RequestKind::New, role: new.role, venue_id: new.venue_id, reason };
    insert_request(work, new.bureau_id, id, &asked).await?;
    Ok(id)
}

struct Asked<'a> {
    kind: RequestKind,
    role: Role,
    venue_id: Option<i64>,
    reason: &'a str,
}

async fn insert_request(work: &mut Work, bureau: i64, account: i64, asked: &Asked<'_>) -> Result<i64, AppError> {
    let (by, now) = (work.actor.account_id, work.now);
    let id = sqlx::query_scalar!(
        "insert into rights_requests (bureau_id, account_id, kind, role, venue_id, reason, asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        bureau,
        account,
        asked.kind as RequestKind,
        asked.role as Role,
        asked.venue_id,
        asked.reason,
        by,
        now
    )
    .fetch_one(work.conn())
    .await?;
    let after = serde_json::json!({ "kind": asked.kind.code(), "role": asked.role.code(), "venue": asked.venue_id });
    work.audit(Audit::new("account.ask_rights", "account", account).after(after).note(asked.reason)).await?;
    Ok(id)
}

/// Asks for a change of an account's rights.
///
/// # Errors
/// When the account is one's own, stands otherwise, or a request is open already.
pub async fn ask(
    work: &mut Work,
    scope: Scope,
    account: i64,
    kind: RequestKind,
    role: Role,
    venue_id: Option<i64>,
    reason: &str,
) -> Result<(), AppError> {
    let found = db::find_account(work.conn(), scope.bureau(), account).await?.ok_or(AppError::NotFound)?;
    if account == work.actor.account_id {
        return Err(AppError::refused("自己的账号须由另一名系统管理员提出申请。"));
    }
    if kind == RequestKind::New || found.status != kind.asked_of() {
        return Err(AppError::refused("账号的状态已经变化，请刷新页面查看。"));
    }
    insert_request(work, scope.bureau(), account, &Asked { kind, role, venue_id, reason }).await?;
    Ok(())
}

/// Grants an open request: an account's rights begin, change or come back.
///
/// # Errors
/// When it was decided meanwhile, or the actor asked for it, or it is about them, or the account
/// stands otherwise than when it was asked, or is the last of its kind of administrator.
pub async fn grant(work: &mut Work, scope: Scope, account: i64, request: i64) -> Result<RequestKind, AppError> {
    let (by, now) = (work.actor.account_id, work.now);
    let before = db::find_account(work.conn(), scope.bureau(), account).await?.ok_or(AppError::NotFound)?;
    let asked = sqlx::query!(
        r#"update rights_requests set decision = 'granted', decided_by = $4, decided_at = $5
           where id = $1 and account_id = $2 and bureau_id = $3 and decision is null
           returning kind as "kind: RequestKind", role as "role: Role", venue_id"#,
        request,
        account,
        scope.bureau(),
        by,
        now
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(decided_meanwhile)?;
    // What is granted is what was asked: a new role does not bring back who was disabled meanwhile.
    if !db::lock_standing(work.conn(), scope.bureau(), account, asked.kind.asked_of()).await? {
        return Err(AppError::refused("提出申请以后账号的状态已经变化，请写明原因退回这份申请。"));
    }
    if before.role.is_administrator()
        && asked.role != before.role
        && db::lock_active(work.conn(), scope.bureau(), before.role).await? == [account]
    {
        return Err(AppError::refused("这是最后一个同类管理员的账号，变更后系统没有人管。请先建立接替的账号。"));
    }
    match asked.kind {
        RequestKind::SecondFactor => second_factor::remove(work.conn(), account).await?,
        RequestKind::New | RequestKind::Role | RequestKind::Restore => {
            sqlx::query!(
                "update accounts set status = 'active', status_reason = '', role = $3, venue_id = $4, granted_by = $5,
                        granted_at = $6, last_sign_in_at = case when status = 'disabled' then null else last_sign_in_at end,
                        version = version + 1
                 where id = $1 and bureau_id = $2",
                account,
                scope.bureau(),
                asked.role as Role,
                asked.venue_id,
                by,
                now
            )
            .execute(work.conn())
            .await?;
        }
    }
    // Rights begin with a new sign-in.
    session::close_others(work.conn(), account, &[]).await?;
    let record = Audit::new("account.decide_rights", "account", account)
        .before(standing(&before))
        .after(serde_json::json!({ "kind": asked.kind.code(), "role": asked.role.code(), "venue": asked.venue_id }))
        .note("同意");
    work.audit(record).await?;
    Ok(asked.kind)
}

/// Grants whatever is open for an account.
///
/// # Errors
/// When nothing is, and as [`grant`].
pub async fn grant_open(work: &mut Work, scope: Scope, account: i64) -> Result<RequestKind, AppError> {
    let open = sqlx::query_scalar!(
        "select id from rights_requests where account_id = $1 and bureau_id = $2 and decision is null",
        account,
        scope.bureau()
    )
    .fetch_optional(work.conn())
    .await?
    .ok_or_else(decided_meanwhile)?;
    grant(work, scope, account, open).await
}

/// Refuses an open request with a reason.
///
/// # Errors
/// Without a reason, or when it was decided meanwhile.
pub async fn refuse(work: &mut Work, scope: Scope, account: i64, request: i64, note: &str) -> Result<(), AppError> {
    if note.is_empty() {
        return Err(AppError::refused("请写明不同意的原因，申请人会看到。"));
    }
    let (by, now) = (work.actor.account_id, work.now);
    let refused = sqlx::query!(
        "update rights_requests set decision = 'refused', decided_by = $4, decided_at = $5, note = $6
         where id = $1 and account_id = $2 and bureau_id = $3 and decision is null",
        request,
        account,
        scope.bureau(),
        by,
        now,
        note
    )
    .execute(work.conn())
    .await?
    .rows_affected();
    if refused == 0 {
        return Err(decided_meanwhile());
    }
    // An account whose rights were refused is of no use; a better request makes a new one.
    let reason = format!("未授予权限：{note}");
    sqlx::query!(
        "update accounts set status = 'disabled', status_reason = $3, version = version + 1
         where id = $1 and bureau_id = $2 and status = 'waiting'",
        account,
        scope.bureau(),
        reason
    )
    .execute(work.conn())
    .await?;
    work.audit(Audit::new("account.decide_rights", "account", account).note(format!("不同意：{note}"))).await
}

fn decided_meanwhile() -> AppError {
    AppError::refused("这份申请已经处理过，请刷新页面查看。")
}

fn standing(account: &AccountRow) -> serde_json::Value {
    snapshot(&serde_json::json!({ "status": account.status, "role": account.role.code(), "venue": account.venue_id }))
}

/// A request for another role, or for something that needs only a reason, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RoleForm {
    pub(super) kind: String,
    pub(super) role: String,
    pub(super) venue: String,
    pub(super) reason: String,
}

pub(super) async fn ask_for(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<RoleForm>,
) -> Answer {
    let form = posted.form;
    let mut conn = state.pool.acquire().await?;
    let account = db::find_account(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    let venues = db::venue_choices(&mut conn, scope.bureau()).await?;
    drop(conn);
    let mut errors = Errors::default();
    let reason: String = form.reason.trim().chars().take(200).collect();
    if reason.is_empty() {
        errors.add("reason", "请写明申请的原因。");
    }
    let kind = RequestKind::from_code(&form.kind).filter(|kind| *kind != RequestKind::New);
    let mut role = account.role;
    let mut venue_id = account.venue_id;
    match kind {
        None => errors.add("kind", "请选择申请的事项。"),
        Some(RequestKind::Role) => match Role::from_code(&form.role) {
            Some(asked) if asked != Role::DutyPerson && account.role != Role::DutyPerson => {
                role = asked;
                let bound = matches!(asked, Role::VenueStaff | Role::LegalAidStaff);
                venue_id = form.venue.parse().ok().filter(|_| bound);
                if bound && !venue_id.is_some_and(|id: i64| venues.iter().any(|(venue, _)| *venue == id)) {
                    errors.add("venue", "请选择账号所在的服务点。");
                }
            }
            Some(_) => errors.add("role", "值班人员的账号跟着值班人员库，不能改作其他角色。"),
            None => errors.add("role", "请选择新的角色。"),
        },
        Some(RequestKind::New | RequestKind::Restore | RequestKind::SecondFactor) => {}
    }
    let (Some(kind), true) = (kind, errors.is_empty()) else {
        let page = pages::account_page(&state, layout, &actor, scope, id, posted.once, form, errors).await?;
        return form_again(&page);
    };
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    ask(&mut work, scope, id, kind, role, venue_id, &reason).await?;
    let message = format!("“{}”的申请已提交，等安全管理员处理。", kind.label());
    Ok(work.finish(&format!("/accounts/{id}"), message).await?.into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct DecisionForm {
    #[serde(default)]
    request: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn decide(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(id): InPath<i64>,
    posted: Posted<DecisionForm>,
) -> Answer {
    let form = posted.form;
    let mut conn = state.pool.acquire().await?;
    db::find_account(&mut conn, scope.bureau(), id).await?.ok_or(AppError::NotFound)?;
    drop(conn);
    let request: i64 =
        form.request.parse().map_err(|_| AppError::Unusable("没有指明是哪一份申请，请刷新页面后重试。".to_owned()))?;
    let note: String = form.note.trim().chars().take(200).collect();
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let message = match form.decision.as_str() {
        "grant" => match grant(&mut work, scope, id, request).await? {
            RequestKind::New => "权限已授予，账号可以登录了。",
            RequestKind::Role => "角色已变更，本人下次登录时生效。",
            RequestKind::Restore => "账号已恢复使用。",
            RequestKind::SecondFactor => "动态验证码已重置，本人下次登录时重新启用。",
        },
        "refuse" => {
            refuse(&mut work, scope, id, request, &note).await?;
            "申请已退回，申请人会看到原因。"
        }
        _ => return Err(AppError::Unusable("请选择同意或者不同意。".to_owned())),
    };
    Ok(work.finish(&format!("/accounts/{id}"), message).await?.into_response())
}
