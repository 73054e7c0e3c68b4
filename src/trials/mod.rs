//! tmp
use crate::state::AppState;
use crate::web::routes::Routes;
/// tmp
pub fn routes(state: &AppState) -> Routes { Routes::new(state) }
