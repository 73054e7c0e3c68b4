//! The person behind a request, and how far they may go.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::permissions::{Action, Reach, Role, reach};
use super::way_back;
use crate::error::AppError;
use crate::plan::dictionary::Dictionary;

/// A signed-in account, as loaded with its session.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub account_id: i64,
    /// The name people know the person by.
    pub name: String,
    /// What the account is for.
    pub role: Role,
    /// The bureau that the account belongs to.
    pub bureau_id: i64,
    /// The bureau's name.
    pub bureau_name: String,
    /// The venue of venue staff.
    pub venue_id: Option<i64>,
    /// That venue's name.
    pub venue_name: Option<String>,
    /// The duty-bank entry of a duty person.
    pub person_id: Option<i64>,
    /// Where the request comes from.
    pub address: String,
    /// The session's token that every form must carry.
    pub form_token: String,
    /// The session's key in the database, empty for work without one.
    pub session_key: Vec<u8>,
    /// The first password was given by somebody else.
    pub must_change_password: bool,
    /// The request's number in the log.
    pub request_id: String,
    /// A message waits for the next page.
    pub flash_waiting: bool,
}

/// How far an allowed action reaches, for the `where` of every query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Things of one person.
    Own {
        /// The bureau.
        bureau: i64,
        /// The duty-bank entry.
        person: i64,
    },
    /// Things of one venue.
    Venue {
        /// The bureau.
        bureau: i64,
        /// The venue.
        venue: i64,
    },
    /// Things of the whole bureau.
    Bureau {
        /// The bureau.
        bureau: i64,
    },
}

impl Scope {
    /// The bureau, always.
    pub fn bureau(self) -> i64 {
        match self {
            Scope::Own { bureau, .. } | Scope::Venue { bureau, .. } | Scope::Bureau { bureau } => bureau,
        }
    }

    /// The venue to which this is limited.
    pub fn venue(self) -> Option<i64> {
        match self {
            Scope::Venue { venue, .. } => Some(venue),
            Scope::Own { .. } | Scope::Bureau { .. } => None,
        }
    }

    /// The person to whom this is limited.
    pub fn person(self) -> Option<i64> {
        match self {
            Scope::Own { person, .. } => Some(person),
            Scope::Venue { .. } | Scope::Bureau { .. } => None,
        }
    }
}

impl Actor {
    /// Whether the account may do this for everything of its bureau.
    #[must_use]
    pub fn may_everywhere(&self, action: Action) -> bool {
        reach(self.role, action) == Some(Reach::Bureau)
    }

    /// How far this account may go with `action`; `None` where it may not.
    pub fn may(&self, action: Action) -> Option<Scope> {
        let bureau = self.bureau_id;
        match reach(self.role, action)? {
            Reach::Own => self.person_id.map(|person| Scope::Own { bureau, person }),
            Reach::Venue => self.venue_id.map(|venue| Scope::Venue { bureau, venue }),
            // Whose case it is, the query asks by the account.
            Reach::Assigned | Reach::Bureau => Some(Scope::Bureau { bureau }),
        }
    }

    /// The same as a check.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] in words.
    pub fn authorise(&self, action: Action) -> Result<Scope, AppError> {
        self.may(action).ok_or_else(|| {
            AppError::Forbidden(format!(
                "“{}”不在“{}”的权限之内。如工作需要，请联系本单位系统管理员。",
                action.label(),
                self.role.label()
            ))
        })
    }

    /// Name and role, as audit records and stamps show them.
    pub fn signature(&self) -> String {
        format!("{}（{}）", self.name, self.role.label())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Actor, AppError> {
        parts
            .extensions
            .get::<Actor>()
            .cloned()
            .ok_or_else(|| way_back::sign_in_first(&parts.method, &parts.uri, &parts.headers))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Actor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Actor>, AppError> {
        Ok(parts.extensions.get::<Actor>().cloned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Scope {
    type Rejection = AppError;

    /// The scope of the action that the route was declared with.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Scope, AppError> {
        parts
            .extensions
            .get::<Scope>()
            .copied()
            .ok_or_else(|| AppError::Internal(anyhow::anyhow!("a route without a declared action asked for a scope")))
    }
}
