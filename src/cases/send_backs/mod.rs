//! 退回理由统计: how often each reason of the send-back catalogue was used, by whom, in which
//! month. Reads the time lines; owns nothing.

mod db;
mod pages;
pub mod rules;

pub(super) use pages::{export, report};
