//! How a case ends, what the review of its file looks at, and the provincial system.

pub mod rules;
