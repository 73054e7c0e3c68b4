//! stub
pub async fn hold_month(_work: &mut crate::web::work::Work, _bureau: i64, _venue: i64, _month: crate::plan::month::Month) -> Result<(), crate::error::AppError> { Ok(()) }
