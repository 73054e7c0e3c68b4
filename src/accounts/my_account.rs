//! One's own sign-in: the password's age, the second factor, where one is signed in.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::passkeys::{self, PasskeyRow};
use crate::audit::Audit;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::layout::{Layout, page as shown};
use crate::web::posted::{OnceKey, Posted};
use crate::web::session::Session;
use crate::web::work::Work;
use crate::web::{Answer, filters};

/// A session as its owner sees it.
#[derive(Clone, Debug)]
struct SessionRow {
    /// Names it in the form; the key itself stays here.
    handle: String,
    created_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    address: String,
    user_agent: String,
    second_factor: Option<String>,
    is_this: bool,
}

impl SessionRow {
    /// The browser and the system in a word each.
    fn device(&self) -> String {
        let find = |names: &[(&'static str, &'static str)]| {
            names.iter().find(|(mark, _)| self.user_agent.contains(mark)).map(|(_, name)| *name)
        };
        let browser = find(&[
            ("MicroMessenger", "微信"),
            ("Edg", "Edge"),
            ("QQBrowser", "QQ浏览器"),
            ("Firefox", "Firefox"),
            ("Chrome", "Chrome"),
            ("Safari", "Safari"),
        ]);
        let system = find(&[
            ("Android", "安卓手机"),
            ("iPhone", "iPhone"),
            ("HarmonyOS", "鸿蒙"),
            ("Windows", "Windows"),
            ("Mac OS", "Mac"),
            ("Linux", "Linux"),
        ]);
        match (browser, system) {
            (Some(browser), Some(system)) => format!("{browser}（{system}）"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "未知设备".to_owned(),
        }
    }

    fn proven_by(&self) -> &'static str {
        match self.second_factor.as_deref() {
            Some("totp") => "密码和动态验证码",
            Some("recovery") => "密码和恢复码",
            Some("passkey") => "通行密钥",
            _ => "密码",
        }
    }
}

#[derive(Template)]
#[template(path = "accounts/my_account.html")]
struct MyAccountPage {
    layout: Layout,
    once: OnceKey,
    login: String,
    password_changed_at: DateTime<Utc>,
    password_days: i32,
    has_second_factor: bool,
    needs_second_factor: bool,
    codes_left: i64,
    /// Whether passkeys can be made here at all.
    passkeys_work: bool,
    passkeys: Vec<PasskeyRow>,
    sessions: Vec<SessionRow>,
}

impl MyAccountPage {
    fn others(&self) -> usize {
        self.sessions.iter().filter(|session| !session.is_this).count()
    }
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout, session: Session) -> Answer {
    let actor = &session.actor;
    let mut conn = state.pool.acquire().await?;
    let account = sqlx::query!(
        r#"select login, password_changed_at, p.password_days,
                  (select count(*) from recovery_codes r where r.account_id = a.id and r.used_at is null) as "codes_left!"
           from accounts a cross join security_policy p where id = $1"#,
        actor.account_id
    )
    .fetch_one(&mut *conn)
    .await?;
    let passkeys = passkeys::of_account(&mut conn, actor.account_id).await?;
    let sessions = sqlx::query_as!(
        SessionRow,
        r#"select encode(substr(id, 1, 8), 'hex') as "handle!", created_at, seen_at, address, user_agent, second_factor,
                  id = $2 as "is_this!"
           from sessions where account_id = $1 and expires_at > $3 order by id = $2 desc, seen_at desc limit 50"#,
        actor.account_id,
        actor.session_key,
        state.clock.now()
    )
    .fetch_all(&mut *conn)
    .await?;
    shown(&MyAccountPage {
        layout: layout.titled("登录与安全"),
        once: OnceKey::new(),
        login: account.login,
        password_changed_at: account.password_changed_at,
        password_days: account.password_days,
        has_second_factor: session.has_second_factor,
        needs_second_factor: state.asks_second_factor(actor.role),
        codes_left: account.codes_left,
        passkeys_work: state.config.passkey_site().is_some(),
        passkeys,
        sessions,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct EndForm {
    /// One session, or all others where it is empty.
    #[serde(default)]
    handle: String,
}

pub(super) async fn end_sessions(State(state): State<AppState>, actor: Actor, posted: Posted<EndForm>) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let ended = sqlx::query!(
        "delete from sessions
         where account_id = $1 and id <> $2 and ($3 = '' or encode(substr(id, 1, 8), 'hex') = $3)",
        actor.account_id,
        actor.session_key,
        posted.form.handle
    )
    .execute(work.conn())
    .await?
    .rows_affected();
    if ended == 0 {
        return Err(AppError::refused("这个登录已经结束了。"));
    }
    work.audit(Audit::new("account.end_session", "account", actor.account_id).note(format!("{ended}个"))).await?;
    Ok(work.finish("/my-account", format!("已结束其他设备上的{ended}个登录。")).await?.into_response())
}
