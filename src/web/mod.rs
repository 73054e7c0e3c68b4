//! What every page shares: who asks and how far they may go, the frame, the one
//! form, the unit of work, errors in words. Names no slice.

pub mod actor;
pub mod assets;
pub mod chart;
pub mod form_errors;
pub mod health;
pub mod layout;
pub mod parts;
pub mod styleguide;
