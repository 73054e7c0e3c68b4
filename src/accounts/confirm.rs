//! Proving oneself again, before money or rights move.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::passkeys::{self, SignedForm};
use super::second_factor::{self, CodeCheck};
use super::{db, sign_in};
use crate::audit::Audit;
use crate::error::AppError;
use crate::state::AppState;
use crate::web::actor::Actor;
use crate::web::confirm::{ConfirmPage, METHOD, SECRET, TO, WHAT, passkey_site};
use crate::web::form_errors::Errors;
use crate::web::layout::{Layout, form_again, page as shown};
use crate::web::posted::{OnceKey, Posted};
use crate::web::session::Session;
use crate::web::work::Work;
use crate::web::{Answer, cookies, session, way_back};

/// What leads somebody here.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    #[serde(default)]
    to: String,
}

pub(super) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    session: Session,
    Query(arrival): Query<Arrival>,
) -> Answer {
    shown(&ConfirmPage {
        layout: layout.titled("请确认是您本人"),
        once: OnceKey::new(),
        errors: Errors::default(),
        what: String::new(),
        to: local(&arrival.to),
        posts: false,
        fields: Vec::new(),
        with_code: session.has_second_factor,
        passkey: passkey_site(&state, &session),
    })
}

/// Only pages of this site, and not this one again.
fn local(to: &str) -> String {
    way_back::local(to).filter(|to| !to.starts_with("/confirm")).unwrap_or("/home").to_owned()
}

/// The kept form's fields stay as they are; those of the asking page are taken out.
struct Answered {
    secret: String,
    passkey: SignedForm,
    to: String,
    what: String,
    posts: bool,
    fields: Vec<(String, String)>,
}

impl Answered {
    fn read(all: Vec<(String, String)>) -> Answered {
        let (mut asked, mut fields) = (Vec::new(), Vec::new());
        for pair in all {
            if pair.0.starts_with("confirm_") { asked.push(pair) } else { fields.push(pair) }
        }
        let of = |name: &str| asked.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let posts = of(METHOD).is_some_and(|method| method == "post");
        Answered {
            secret: of(SECRET).unwrap_or_default(),
            passkey: SignedForm {
                credential: of("confirm_credential").unwrap_or_default(),
                client_data: of("confirm_client_data").unwrap_or_default(),
                told: of("confirm_told").unwrap_or_default(),
                signed: of("confirm_signed").unwrap_or_default(),
                ..SignedForm::default()
            },
            to: local(&of(TO).unwrap_or_default()),
            what: of(WHAT).unwrap_or_default().chars().take(40).collect(),
            posts,
            fields: if posts { fields } else { Vec::new() },
        }
    }

    /// On to the page; a kept form is sent again as it was, by the browser itself (307).
    fn go_on(&self) -> Redirect {
        if self.posts { Redirect::temporary(&self.to) } else { Redirect::to(&self.to) }
    }
}

pub(super) async fn confirm(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    session: Session,
    jar: CookieJar,
    posted: Posted<Vec<(String, String)>>,
) -> Answer {
    let answered = Answered::read(posted.form);
    // Pressing twice: the first press has proved it already.
    if session.is_fresh(&state) {
        return Ok(answered.go_on().into_response());
    }
    if let Some(mistake) = mistake(&state, &session, &answered).await? {
        let mut errors = Errors::default();
        errors.add(SECRET, mistake);
        return form_again(&ConfirmPage {
            layout: layout.titled("请确认是您本人"),
            once: posted.once,
            errors,
            what: answered.what,
            to: answered.to,
            posts: answered.posts,
            fields: answered.fields,
            with_code: session.has_second_factor,
            passkey: passkey_site(&state, &session),
        });
    }
    let mut work = Work::unattended(&state, &actor).await?;
    let now = work.now;
    session::prove(work.conn(), &actor.session_key, now).await?;
    let token = session::renew(work.conn(), &actor.session_key).await?;
    work.audit(Audit::new("account.confirm", "account", actor.account_id).note(answered.what.clone())).await?;
    work.commit().await?;
    let secure = state.config.secure_cookies;
    let jar = jar.add(cookies::build(cookies::session_name(secure), token, secure));
    Ok((jar, answered.go_on()).into_response())
}

/// What is wrong with the proof, in words; `None` when it proves it.
async fn mistake(state: &AppState, session: &Session, answered: &Answered) -> Result<Option<&'static str>, AppError> {
    let actor = &session.actor;
    let secret = answered.secret.as_str();
    let (right, words) = if !answered.passkey.credential.is_empty() {
        let right = passkeys::confirms(state, session, &answered.passkey).await?;
        (right, "通行密钥没有通过，可能等得太久。请再试一次，或者用下面的方式确认。")
    } else if session.has_second_factor {
        let mut transaction = state.pool.begin().await?;
        let code = second_factor::takes_code(state, &mut transaction, actor.account_id, secret).await?;
        transaction.commit().await?;
        if code == CodeCheck::OutOfStep {
            return Ok(Some(second_factor::OUT_OF_STEP));
        }
        (code == CodeCheck::Right, "验证码不对，或者刚才已经用过。请等手机上换成下一个数字再输入。")
    } else {
        let mut conn = state.pool.acquire().await?;
        let account = db::credentials_of(&mut conn, actor.account_id).await?;
        drop(conn);
        let right = state.passwords.verify(secret, Some(account.password_hash)).await?;
        (right, "密码不对。连续输错多次将退出登录。")
    };
    if right {
        return Ok(None);
    }
    sign_in::count_wrong_proof(state, actor, "account.confirm_refused").await?;
    Ok(Some(words))
}
