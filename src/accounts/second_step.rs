//! Between the right password and the open session: the one-time code, or a recovery code.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Duration, FixedOffset};
use serde::Deserialize;
use sqlx::PgConnection;

use super::db;
use super::guesses;
use super::policy::Policy;
use super::second_factor::{self, CodeCheck};
use super::sign_in::{Arriving, Refused, admit, note_refusal};
use crate::error::AppError;
use crate::state::AppState;
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::posted::PublicPosted;
use crate::web::session::Address;
use crate::web::{Answer, cookies, session};

/// The code must come within this.
const PATIENCE: Duration = Duration::minutes(5);
/// Wrong codes after one right password.
const TRIES: i32 = 5;

#[derive(Template)]
#[template(path = "accounts/code.html")]
struct CodePage {
    layout: Layout,
    errors: Errors,
}

impl CodePage {
    fn new(layout: Layout, errors: Errors) -> CodePage {
        CodePage { layout: layout.titled("动态验证码"), errors }
    }
}

/// Notes that the password was right; gives the cookie that stands for it.
pub(super) async fn begin(
    state: &AppState,
    conn: &mut PgConnection,
    account_id: i64,
    arriving: &Arriving,
    now: DateTime<FixedOffset>,
) -> Result<CookieJar, AppError> {
    let token = session::random_token()?;
    // One at a time: an older half sign-in of the account ends with a newer one.
    sqlx::query!("delete from sign_in_steps where account_id = $1", account_id).execute(&mut *conn).await?;
    sqlx::query!(
        "insert into sign_in_steps (id, account_id, next, expires_at) values ($1, $2, $3, $4)",
        session::key_of(&token),
        account_id,
        arriving.leads_to(),
        now + PATIENCE
    )
    .execute(conn)
    .await?;
    let secure = state.config.secure_cookies;
    Ok(arriving.jar.clone().add(cookies::build(cookies::step_name(secure), token, secure)))
}

fn key(state: &AppState, jar: &CookieJar) -> Option<Vec<u8>> {
    jar.get(cookies::step_name(state.config.secure_cookies)).map(|cookie| session::key_of(cookie.value()))
}

pub(super) async fn page(State(state): State<AppState>, layout: Layout, jar: CookieJar) -> Answer {
    let Some(key) = key(&state, &jar) else { return Ok(Redirect::to("/sign-in").into_response()) };
    let waits = sqlx::query_scalar!(
        r#"select exists (select from sign_in_steps where id = $1 and expires_at > $2) as "waits!""#,
        key,
        state.clock.now()
    )
    .fetch_one(&state.pool)
    .await?;
    if !waits {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    shown(&CodePage::new(layout, Errors::default()))
}

#[derive(Debug, Deserialize)]
pub(super) struct CodeForm {
    #[serde(default)]
    code: String,
}

pub(super) async fn give_code(
    State(state): State<AppState>,
    Address(address): Address,
    layout: Layout,
    headers: HeaderMap,
    jar: CookieJar,
    PublicPosted(form): PublicPosted<CodeForm>,
) -> Answer {
    let Some(key) = key(&state, &jar) else { return Ok(Redirect::to("/sign-in").into_response()) };
    let now = state.clock.now();
    let mut transaction = state.pool.begin().await?;
    let step = sqlx::query!(
        "update sign_in_steps set tries = tries + 1 where id = $1 and expires_at > $2 and tries < $3
         returning account_id, next, tries",
        key,
        now,
        TRIES
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(step) = step else { return Ok(Redirect::to("/sign-in?after=step").into_response()) };
    let login = db::credentials_of(&mut transaction, step.account_id).await?.login;
    // The account may have been disabled or locked since the password was typed.
    let Some(account) = db::lock_credentials(&mut transaction, &login).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let policy = Policy::load(&mut transaction).await?;
    let device_key = guesses::device_key(&state, &jar);
    let device = guesses::lock_device(&mut transaction, device_key.as_ref(), account.id, now).await?;
    let locked_until = device.as_ref().map_or(account.locked_until, |device| device.locked_until);
    let locked = locked_until.is_some_and(|until| until > now);
    let code = if locked {
        CodeCheck::Wrong
    } else {
        second_factor::takes_code(&state, &mut transaction, account.id, &form.code).await?
    };
    let factor = if locked {
        None
    } else if code == CodeCheck::Right {
        Some("totp")
    } else if second_factor::takes_recovery_code(&state, &mut transaction, account.id, &form.code).await? {
        Some("recovery")
    } else {
        None
    };
    let Some(factor) = factor else {
        let refused = Refused { login: &login, address: &address, locked, now };
        let out_of_step = code == CodeCheck::OutOfStep;
        let (why, words) = if locked {
            ("锁定期间输入验证码", policy.locked_sentence())
        } else if out_of_step {
            ("动态验证码不在有效的半分钟内", second_factor::OUT_OF_STEP.to_owned())
        } else {
            guesses::count(&mut transaction, &policy, account.id, device.as_ref(), now).await?;
            (
                "动态验证码不对",
                "验证码不对，或者刚才已经用过。请等手机上换成下一个数字再输入；手机不在身边时，输入一个恢复码。"
                    .to_owned(),
            )
        };
        if !out_of_step {
            guesses::count_address(&mut transaction, &address, now).await?;
        }
        note_refusal(&mut transaction, Some(&account), &refused, why).await?;
        transaction.commit().await?;
        if step.tries >= TRIES {
            return Ok(Redirect::to("/sign-in?after=step").into_response());
        }
        let mut errors = Errors::default();
        errors.add("code", words);
        return form_again(&CodePage::new(layout, errors));
    };
    sqlx::query!("delete from sign_in_steps where id = $1", key).execute(&mut *transaction).await?;
    let arriving = Arriving { jar, headers, address, next: step.next };
    let jar = admit(&state, &mut transaction, &account, Some(factor), &arriving, now).await?;
    transaction.commit().await?;
    let secure = state.config.secure_cookies;
    let jar = jar.remove(cookies::build(cookies::step_name(secure), String::new(), secure));
    Ok((jar, Redirect::to(arriving.leads_to())).into_response())
}
