//! The rules of signing in as the security administrator keeps them.

use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::audit::Audit;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::permissions::Role;
use crate::web::posted::{OnceKey, Posted};
use crate::web::work::{Work, snapshot};

/// One row for the installation; the schema holds each value above a floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Characters of a password.
    pub shortest_password: i32,
    /// The same for the three administrators.
    pub administrators_shortest: i32,
    /// zxcvbn's score, 2 to 4.
    pub strength: i32,
    /// Passwords that may not come back.
    pub remembered_passwords: i32,
    /// Days that a password lasts; 0 for ever.
    pub password_days: i32,
    /// Wrong passwords in a row before a lock.
    pub failures: i32,
    /// Minutes that a lock lasts.
    pub locked_minutes: i32,
    /// Minutes without a request that end a session.
    pub idle_minutes: i32,
    /// The same for the three administrators.
    pub administrators_idle_minutes: i32,
    /// Hours after which a session ends in any case.
    pub longest_hours: i32,
    /// Minutes that a proof counts for what moves money or rights.
    pub fresh_minutes: i32,
    /// Days without a sign-in after which an account is disabled.
    pub unused_days: i32,
}

impl Default for Policy {
    /// GB/T 22239-2019 as it is usually assessed, and as the schema starts with.
    fn default() -> Policy {
        Policy {
            shortest_password: 10,
            administrators_shortest: 12,
            strength: 3,
            remembered_passwords: 5,
            password_days: 90,
            failures: 5,
            locked_minutes: 15,
            idle_minutes: 15,
            administrators_idle_minutes: 10,
            longest_hours: 10,
            fresh_minutes: 10,
            unused_days: 90,
        }
    }
}

impl Policy {
    /// The policy in force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(conn: &mut PgConnection) -> sqlx::Result<Policy> {
        sqlx::query_as!(
            Policy,
            "select shortest_password, administrators_shortest, strength, remembered_passwords, password_days, failures,
                    locked_minutes, idle_minutes, administrators_idle_minutes, longest_hours, fresh_minutes, unused_days
             from security_policy"
        )
        .fetch_one(conn)
        .await
    }

    /// The shortest password of a role.
    pub fn shortest(&self, role: Role) -> usize {
        let shortest = if role.is_administrator() { self.administrators_shortest } else { self.shortest_password };
        usize::try_from(shortest).unwrap_or(12)
    }

    /// How long a lock lasts.
    pub fn lock(&self) -> chrono::Duration {
        chrono::Duration::minutes(i64::from(self.locked_minutes))
    }

    /// What the person is told of the lock.
    pub fn locked_sentence(&self) -> String {
        format!("密码连续输错多次，账号已暂时锁定。请{}分钟后再试，或请安全管理员解锁。", self.locked_minutes)
    }

    /// What the person is told of a wrong password.
    pub fn wrong_sentence(&self) -> String {
        format!("登录名或密码不对。连续输错{}次，账号将锁定{}分钟。", self.failures, self.locked_minutes)
    }
}

/// Changes the policy.
///
/// # Errors
/// When a value lies outside what the schema allows, or the database fails.
pub async fn change(work: &mut Work, policy: &Policy) -> Result<(), AppError> {
    let before = Policy::load(work.conn()).await?;
    sqlx::query!(
        "update security_policy
         set shortest_password = $1, administrators_shortest = $2, strength = $3, remembered_passwords = $4,
             password_days = $5, failures = $6, locked_minutes = $7, idle_minutes = $8,
             administrators_idle_minutes = $9, longest_hours = $10, fresh_minutes = $11, unused_days = $12,
             version = version + 1",
        policy.shortest_password,
        policy.administrators_shortest,
        policy.strength,
        policy.remembered_passwords,
        policy.password_days,
        policy.failures,
        policy.locked_minutes,
        policy.idle_minutes,
        policy.administrators_idle_minutes,
        policy.longest_hours,
        policy.fresh_minutes,
        policy.unused_days,
    )
    .execute(work.conn())
    .await?;
    let record = Audit::new("account.change_policy", "security_policy", "1");
    work.audit(record.before(snapshot(&before)).after(snapshot(policy))).await
}

/// The policy as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PolicyForm {
    shortest_password: String,
    administrators_shortest: String,
    strength: String,
    remembered_passwords: String,
    password_days: String,
    failures: String,
    locked_minutes: String,
    idle_minutes: String,
    administrators_idle_minutes: String,
    longest_hours: String,
    fresh_minutes: String,
    unused_days: String,
}

impl From<&Policy> for PolicyForm {
    fn from(policy: &Policy) -> PolicyForm {
        PolicyForm {
            shortest_password: policy.shortest_password.to_string(),
            administrators_shortest: policy.administrators_shortest.to_string(),
            strength: policy.strength.to_string(),
            remembered_passwords: policy.remembered_passwords.to_string(),
            password_days: policy.password_days.to_string(),
            failures: policy.failures.to_string(),
            locked_minutes: policy.locked_minutes.to_string(),
            idle_minutes: policy.idle_minutes.to_string(),
            administrators_idle_minutes: policy.administrators_idle_minutes.to_string(),
            longest_hours: policy.longest_hours.to_string(),
            fresh_minutes: policy.fresh_minutes.to_string(),
            unused_days: policy.unused_days.to_string(),
        }
    }
}

impl PolicyForm {
    fn parse(&self, errors: &mut Errors) -> Policy {
        let mut number = |field: &str, typed: &str, least: i32, most: i32| match typed.trim().parse::<i32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                errors.add(field, format!("请填{least}到{most}之间的整数，现在是“{}”。", typed.trim()));
                least
            }
        };
        let shortest = number("shortest_password", &self.shortest_password, 8, 64);
        let idle = number("idle_minutes", &self.idle_minutes, 5, 60);
        Policy {
            shortest_password: shortest,
            administrators_shortest: number("administrators_shortest", &self.administrators_shortest, shortest, 64),
            strength: number("strength", &self.strength, 2, 4),
            remembered_passwords: number("remembered_passwords", &self.remembered_passwords, 5, 24),
            password_days: number("password_days", &self.password_days, 0, 365),
            failures: number("failures", &self.failures, 3, 10),
            locked_minutes: number("locked_minutes", &self.locked_minutes, 5, 60),
            idle_minutes: idle,
            administrators_idle_minutes: number(
                "administrators_idle_minutes",
                &self.administrators_idle_minutes,
                5,
                idle,
            ),
            longest_hours: number("longest_hours", &self.longest_hours, 1, 12),
            fresh_minutes: number("fresh_minutes", &self.fresh_minutes, 1, 30),
            unused_days: number("unused_days", &self.unused_days, 30, 366),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/policy.html")]
struct PolicyPage {
    layout: Layout,
    once: OnceKey,
    errors: Errors,
    typed: PolicyForm,
    strengths: Vec<(String, String)>,
}

impl PolicyPage {
    fn new(layout: Layout, once: OnceKey, typed: PolicyForm, errors: Errors) -> PolicyPage {
        let strengths = [("2", "中：挡得住随手猜测"), ("3", "较强：挡得住有准备的猜测"), ("4", "强")];
        PolicyPage {
            layout: layout.titled("登录安全设置"),
            once,
            errors,
            typed,
            strengths: strengths.map(|(code, words)| (code.to_owned(), words.to_owned())).to_vec(),
        }
    }
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let policy = Policy::load(&mut conn).await?;
    shown(&PolicyPage::new(layout, OnceKey::new(), PolicyForm::from(&policy), Errors::default()))
}

pub(super) async fn save(
    State(state): State<AppState>,
    layout: Layout,
    actor: crate::web::actor::Actor,
    posted: Posted<PolicyForm>,
) -> Answer {
    let mut errors = Errors::default();
    let policy = posted.form.parse(&mut errors);
    if !errors.is_empty() {
        return form_again(&PolicyPage::new(layout, posted.once, posted.form, errors));
    }
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    change(&mut work, &policy).await?;
    Ok(work.finish("/security-policy", "登录安全设置已保存，从现在起生效。").await?.into_response())
}
