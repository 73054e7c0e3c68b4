//! tmp
/// tmp
#[derive(Debug)]
pub struct Seals;
impl Seals {
    /// tmp
    pub fn for_tests() -> Seals { Seals }
}
