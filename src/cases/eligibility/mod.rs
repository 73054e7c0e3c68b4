//! Who may have legal aid, and whether the case is one of the programme.

pub mod rules;
