//! What every page shares: the layout, the assets, the errors of a form, and the
//! plain data behind the larger components. It names no slice.

pub mod assets;
pub mod chart;
pub mod form_errors;
pub mod layout;
pub mod parts;
pub mod styleguide;
