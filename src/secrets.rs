//! tmp
/// tmp
#[derive(Debug)]
pub struct Seals;
