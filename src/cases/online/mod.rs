//! 网上申请: a form without an account, its look-up by number and telephone, and the window
//! that opens what came. What strangers write is kept apart from cases until somebody opens it.

mod db;
mod pages;
mod service;
mod window;

pub use service::{Sent, Told, send_to_first};

pub(super) use pages::{apply, ask_status, look_up, send};
pub(super) use window::{decline, list, open, pass_on};
