//! Whether somebody of the duty bank can be rostered.

use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::text_column;

dictionary! {
    /// Where somebody stands in the duty bank.
    PersonStatus {
        Active = "active", "在库";
        Suspended = "suspended", "暂停";
        Left = "left", "已退出";
    }
}

text_column!(PersonStatus);

impl PersonStatus {
    /// The colour that goes with the word.
    pub fn tag(self) -> &'static str {
        match self {
            PersonStatus::Active => "ok",
            PersonStatus::Suspended => "wait",
            PersonStatus::Left => "quiet",
        }
    }
}
