//! Routes are declared together with who may take them, and only so.
//!
//! The declaration builds the router, guards it, and is the manifest: a route
//! without a decision does not compile.

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::{Serialize, Serializer};

use super::actor::{Actor, Scope};
use super::layout::Asked;
use super::permissions::Action;
use super::session::Visitor;
use super::{confirm, error_page, session, way_back};
use crate::error::AppError;
use crate::plan::dictionary::Dictionary as _;
use crate::state::AppState;

/// Who may take a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, with or without an account.
    Public,
    /// Anybody who is signed in, also before the password given by somebody else was changed.
    FirstPassword,
    /// Anybody who is signed in with a password of their own.
    SignedIn,
    /// Those whom the permission table grants the action.
    May(Action),
}

impl Access {
    /// The same, and only for those who proved themselves a short while ago: for what
    /// moves money or rights and what shows personal data in bulk.
    pub fn fresh(self) -> Admission {
        Admission { access: self, fresh: true }
    }
}

/// The whole of a route's declaration: who may take it, and how recently proven.
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
            Access::May(action) => to.serialize_str(action.code()),
        }
    }
}

/// One declared route.
#[derive(Clone, Debug, Serialize)]
pub struct Declared {
    /// GET or POST.
    pub method: &'static str,
    /// The path as axum matches it.
    pub path: &'static str,
    /// Who may take it.
    pub access: Access,
    /// Whether the person must have proved themselves a short while ago.
    pub fresh: bool,
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

    /// A page or download.
    pub fn get<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("GET", path, admission.into(), get(handler))
    }

    /// Something that changes.
    pub fn post<H, T>(self, path: &'static str, admission: impl Into<Admission>, handler: H) -> Routes
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("POST", path, admission.into(), post(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        admission: Admission,
        route: MethodRouter<AppState>,
    ) -> Routes {
        let guarded = route.layer(from_fn_with_state((self.state.clone(), admission), guard));
        self.router = self.router.route(path, guarded);
        let Admission { access, fresh } = admission;
        self.declared.push(Declared { method, path, access, fresh });
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

/// Loads the session, checks the declaration, and draws an error as this account's page.
pub(super) async fn guard(
    State((state, admission)): State<(AppState, Admission)>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = match session::load(&state, Visitor::of(&state, &request)).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let asked = Asked::of(request.method(), request.uri(), request.headers());
    let actor = session.as_ref().map(|session| &session.actor);
    let response = match check(admission.access, actor, &request) {
        Ok(scope) => match session.as_ref().filter(|session| admission.fresh && !session.is_fresh(&state)) {
            Some(stale) => confirm::ask(&state, stale, admission.access, &asked, request).await.into_response(),
            None => {
                if let Some(session) = &session {
                    request.extensions_mut().insert(session.actor.clone());
                    request.extensions_mut().insert(session.clone());
                }
                if let Some(scope) = scope {
                    request.extensions_mut().insert(scope);
                }
                next.run(request).await
            }
        },
        Err(error) => error.into_response(),
    };
    error_page::draw(&state, actor, &asked, response)
}

fn check(access: Access, actor: Option<&Actor>, request: &Request) -> Result<Option<Scope>, AppError> {
    if access == Access::Public {
        return Ok(None);
    }
    let Some(actor) = actor else {
        return Err(way_back::sign_in_first(request.method(), request.uri(), request.headers()));
    };
    match access {
        Access::Public | Access::FirstPassword => Ok(None),
        Access::SignedIn | Access::May(_) if actor.must_change_password => Err(AppError::PasswordChangeRequired),
        Access::SignedIn => Ok(None),
        Access::May(action) => actor.authorise(action).map(Some),
    }
}
