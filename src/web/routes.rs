//! Routes are declared together with who may take them, and only so.
//!
//! The declaration builds the router, guards it, and is the manifest: a route
//! without a decision does not compile, and no other file adds one to the router.

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::{Serialize, Serializer};

use super::actor::Scope;
use super::layout::Asked;
use super::permissions::{Action, Reach, Role, reach};
use super::posted;
use super::session::{self, Session, Visitor};
use super::{ahead, confirm, error_page, refusals, way_back};
use crate::audit::{self, Audit};
use crate::database::wall::{self, Wall};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;

/// Who may take a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, with or without an account.
    Public,
    /// Anybody who is signed in, also before the password given by somebody else was changed
    /// or the second factor that the role needs was set up.
    FirstPassword,
    /// Anybody who is signed in with a password of their own.
    SignedIn,
    /// Those whom the permission table grants the action.
    May(Action),
    /// Those of them whose grant reaches at least so far: a page of a whole venue or bureau.
    AtLeast(Reach, Action),
}

impl Access {
    /// The same, and only for those who proved themselves a short while ago: for what
    /// moves money or rights and what shows personal data in bulk.
    pub fn fresh(self) -> Admission {
        Admission { access: self, fresh: true }
    }

    /// How far a role may go here; `None` where it may not, or where no role is asked for.
    #[must_use]
    pub fn reach_of(self, role: Role) -> Option<Reach> {
        match self {
            Access::Public | Access::FirstPassword | Access::SignedIn => None,
            Access::May(action) => reach(role, action),
            Access::AtLeast(least, action) => reach(role, action).filter(|reach| *reach >= least),
        }
    }

    /// The action of the permission table that it rests on.
    #[must_use]
    pub fn action(self) -> Option<Action> {
        match self {
            Access::Public | Access::FirstPassword | Access::SignedIn => None,
            Access::May(action) | Access::AtLeast(_, action) => Some(action),
        }
    }
}

/// Who may take a route, and how recently proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    access: Access,
    fresh: bool,
}

impl From<Access> for Admission {
    fn from(access: Access) -> Admission {
        Admission { access, fresh: false }
    }
}

impl Serialize for Access {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Access::Public => to.serialize_str("public"),
            Access::FirstPassword => to.serialize_str("first_password"),
            Access::SignedIn => to.serialize_str("signed_in"),
            Access::May(action) | Access::AtLeast(_, action) => to.serialize_str(action.code()),
        }
    }
}

/// What a request to a route may leave behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing but what reading leaves: a page.
    Reads,
    /// Nothing of the business, but the reading itself is written down: prints and downloads.
    ReadsOnRecord,
    /// Something changes.
    Changes,
}

/// One declared route.
#[derive(Clone, Debug)]
pub struct Declared {
    /// GET or POST.
    pub method: &'static str,
    /// The path as axum matches it.
    pub path: &'static str,
    /// Who may take it.
    pub access: Access,
    /// Whether the person must have proved themselves a short while ago.
    pub fresh: bool,
    /// What it may leave behind.
    pub effect: Effect,
}

impl Declared {
    fn new(method: &'static str, path: &'static str, admission: Admission, effect: Effect) -> Declared {
        Declared { method, path, access: admission.access, fresh: admission.fresh, effect }
    }

    /// What is asked of an address that leads nowhere.
    pub(super) fn nowhere() -> Declared {
        Declared::new("GET", "", Access::Public.into(), Effect::Reads)
    }

    /// The form must carry the session's token and a once-key: checked before the handler runs.
    #[must_use]
    pub fn needs_once_key(&self) -> bool {
        needs_once_key(self.method, self.access)
    }

    /// The roles that may take it with how far each reaches; `None` where no role is asked for.
    #[must_use]
    pub fn granted(&self) -> Option<Vec<(Role, Reach)>> {
        self.access.action()?;
        Some(Role::ALL.iter().filter_map(|role| Some((*role, self.access.reach_of(*role)?))).collect())
    }
}

fn needs_once_key(method: &str, access: Access) -> bool {
    method == "POST" && access != Access::Public
}

impl Serialize for Declared {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Grant {
            role: &'static str,
            scope: &'static str,
        }
        #[derive(Serialize)]
        struct Row<'a> {
            method: &'a str,
            path: &'a str,
            access: Access,
            #[serde(skip_serializing_if = "Option::is_none")]
            may: Option<Vec<Grant>>,
            effect: Effect,
            changes: bool,
            once_key: bool,
            fresh_sign_in: bool,
        }
        let may = self.granted().map(|granted| {
            granted.into_iter().map(|(role, reach)| Grant { role: role.code(), scope: reach.code() }).collect()
        });
        Row {
            method: self.method,
            path: self.path,
            access: self.access,
            may,
            effect: self.effect,
            changes: self.effect == Effect::Changes,
            once_key: self.needs_once_key(),
            fresh_sign_in: self.fresh,
        }
        .serialize(to)
    }
}

impl std::fmt::Display for Declared {
    /// One line for a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = if self.needs_once_key() { "提交编号" } else { "" };
        let effect = match self.effect {
            Effect::Reads => "",
            Effect::ReadsOnRecord => "留痕",
            Effect::Changes => "改动",
        };
        let fresh = if self.fresh { "再次确认" } else { "" };
        write!(f, "{:<4} {:<52} {effect} {form} {fresh} ", self.method, self.path)?;
        match self.access {
            Access::Public => f.write_str("任何人"),
            Access::FirstPassword => f.write_str("已登录（含首次改密之前）"),
            Access::SignedIn => f.write_str("已登录"),
            Access::May(action) | Access::AtLeast(_, action) => {
                write!(f, "{action}：")?;
                let granted = self.granted().unwrap_or_default();
                for (place, (role, reach)) in granted.iter().enumerate() {
                    write!(f, "{}{role}（{reach}）", if place == 0 { "" } else { "、" })?;
                }
                Ok(())
            }
        }
    }
}

/// Routes under construction.
pub struct Routes {
    state: AppState,
    router: Router<AppState>,
    declared: Vec<Declared>,
}

impl Routes {
    /// No route yet.
    pub fn new(state: &AppState) -> Routes {
        Routes { state: state.clone(), router: Router::new(), declared: Vec::new() }
    }

    /// A page.
    pub fn get<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(Declared::new("GET", path, admission.into(), Effect::Reads), get(handler))
    }

    /// A print or download: that it was given to this account is written down with its address.
    pub fn get_on_record<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(Declared::new("GET", path, admission.into(), Effect::ReadsOnRecord), get(handler))
    }

    /// Something that changes.
    pub fn post<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(Declared::new("POST", path, admission.into(), Effect::Changes), post(handler))
    }

    /// A form that is answered without any change: what was typed does not belong in an address.
    pub fn ask<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(Declared::new("POST", path, admission.into(), Effect::Reads), post(handler))
    }

    /// A file for everybody, given without asking who it is.
    pub fn file<H, T>(mut self, path: &'static str, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.router = self.router.route(path, get(handler));
        self.declared.push(Declared::new("GET", path, Access::Public.into(), Effect::Reads));
        self
    }

    fn add(mut self, declared: Declared, route: MethodRouter<AppState>) -> Routes {
        let guarded = route.layer(from_fn_with_state((self.state.clone(), declared.clone()), guard));
        self.router = self.router.route(declared.path, guarded);
        self.declared.push(declared);
        self
    }

    /// The routes of another slice as well.
    pub fn merge(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.declared.extend(other.declared);
        self
    }

    /// The router and what was declared.
    pub fn build(self) -> (Router<AppState>, Vec<Declared>) {
        (self.router, self.declared)
    }
}

/// Loads the session, checks the declaration and the form's token, writes down what the
/// declaration or a refusal asks for, and draws an error as this account's page.
pub(super) async fn guard(
    State((state, declared)): State<(AppState, Declared)>,
    request: Request,
    next: Next,
) -> Response {
    let session = match session::load(&state, Visitor::of(&state, &request)).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let asked = Asked::of(request.method(), request.uri(), request.headers());
    let path = request.uri().path().to_owned();
    let response = match take(&state, &declared, session.as_ref(), &asked, &path, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    let actor = session.as_ref().map(|session| &session.actor);
    let response = refusals::noted(&state, &declared, actor, &path, response).await;
    error_page::draw(&state, actor, &asked, response)
}

async fn take(
    state: &AppState,
    declared: &Declared,
    session: Option<&Session>,
    asked: &Asked,
    path: &str,
    request: Request,
    next: Next,
) -> Result<Response, AppError> {
    let actor = session.map(|session| &session.actor);
    let allowed = check(declared.access, session, &request);
    let request = match actor {
        Some(actor) => {
            ahead::account(state, declared, actor).await?;
            request
        }
        None => match ahead::stranger(state, declared, asked, request).await? {
            Ok(request) => request,
            Err(response) => return Ok(response),
        },
    };
    let (scope, mut request) = match (allowed, actor) {
        (Ok(scope), Some(actor)) if declared.needs_once_key() => (scope, posted::admit(actor, request, state).await?),
        (Ok(scope), _) => (scope, request),
        (Err(refusal), _) => return Err(refusal),
    };
    if let Some(stale) = session.filter(|session| declared.fresh && !session.is_fresh(state)) {
        return confirm::ask(state, stale, declared.access, asked, request).await;
    }
    if let Some(session) = session {
        request.extensions_mut().insert(session.actor.clone());
        request.extensions_mut().insert(session.clone());
    }
    if let Some(scope) = scope {
        request.extensions_mut().insert(scope);
    }
    let behind = match actor {
        Some(actor) if declared.access != Access::Public => Wall::of(actor),
        _ => Wall::Public,
    };
    let response = wall::within(behind, next.run(request)).await;
    if let Some(actor) = actor
        && declared.effect == Effect::ReadsOnRecord
        && response.status().is_success()
    {
        // What cannot be written down is not given out.
        let record = Audit::new("page.given", "page", path);
        audit::write(&mut *state.pool.acquire().await?, actor, state.clock.now(), record).await?;
    }
    Ok(response)
}

fn check(access: Access, session: Option<&Session>, request: &Request) -> Result<Option<Scope>, AppError> {
    if access == Access::Public {
        return Ok(None);
    }
    let Some(session) = session else {
        return Err(way_back::sign_in_first(request.method(), request.uri(), request.headers()));
    };
    let actor = &session.actor;
    match access {
        Access::Public | Access::FirstPassword => Ok(None),
        Access::SignedIn | Access::May(_) | Access::AtLeast(..) if actor.must_change_password => {
            Err(AppError::PasswordChangeRequired)
        }
        Access::SignedIn | Access::May(_) | Access::AtLeast(..) if session.second_factor_due => {
            Err(AppError::SecondFactorRequired)
        }
        Access::SignedIn => Ok(None),
        Access::May(action) => actor.authorise(action).map(Some),
        Access::AtLeast(_, action) => {
            let scope = actor.authorise(action)?;
            match access.reach_of(actor.role) {
                Some(_) => Ok(Some(scope)),
                None => Err(AppError::Forbidden(format!(
                    "这个页面涉及他人的数据，不在“{}”的权限之内。本人的数据请从导航进入查看。",
                    actor.role.label()
                ))),
            }
        }
    }
}
