//! What every page shares: who asks and how far they may go, the frame, the one
//! form, the unit of work, errors in words. Names no slice.

pub mod actor;
mod ahead;
pub mod assets;
pub mod chart;
pub mod confirm;
pub mod constraints;
pub mod cookies;
pub mod csv;
pub mod error_page;
pub mod filters;
pub mod form_errors;
pub mod health;
pub mod in_path;
pub mod layout;
pub mod multipart;
pub mod parts;
pub mod permissions;
pub mod posted;
mod question;
mod refusals;
pub mod routes;
pub mod server;
pub mod session;
pub mod sheet;
mod stalled;
pub mod styleguide;
pub mod terms;
pub mod typed;
pub mod visits;
pub mod watch;
pub mod way_back;
pub mod work;

/// What a handler returns.
pub type Answer = Result<axum::response::Response, crate::error::AppError>;
