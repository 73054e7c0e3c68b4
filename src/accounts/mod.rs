//! People who sign in: accounts, sign-in, passwords, the first administrator, the
//! permission table as a page, the audit trail as a page.
//!
//! Owns `accounts`; sessions themselves are kept by [`crate::web::session`].

mod actions;
mod audit_words;
mod confirm;
pub mod db;
mod pages;
pub mod passwords;
pub mod setup;
mod sign_in;

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::{FirstPassword, May, Public, SignedIn};
    Routes::new(state)
        .get("/sign-in", Public, sign_in::page)
        .post("/sign-in", Public, sign_in::sign_in)
        .post("/sign-out", FirstPassword, sign_in::sign_out)
        .get("/password", FirstPassword, pages::password)
        .post("/password", FirstPassword, actions::change_password)
        .get("/confirm", SignedIn, confirm::page)
        .post("/confirm", SignedIn, confirm::confirm)
        .get("/set-up", Public, pages::set_up)
        .post("/set-up", Public, actions::set_up)
        .post("/appearance", Public, actions::appearance)
        .get("/accounts", May(Action::ReadAccounts), pages::accounts)
        .get("/accounts/new", May(Action::ManageAccounts), pages::new_account)
        .post("/accounts", May(Action::ManageAccounts).fresh(), actions::create_account)
        .get("/accounts/{id}", May(Action::ReadAccounts), pages::account)
        .post("/accounts/{id}/disable", May(Action::ManageAccounts).fresh(), actions::disable_account)
        .post("/accounts/{id}/enable", May(Action::ManageAccounts).fresh(), actions::enable_account)
        .post("/accounts/{id}/reset", May(Action::ResetPasswords).fresh(), actions::reset_password)
        .get("/permissions", May(Action::ReadPermissions), pages::permissions)
        .get("/audit", May(Action::ReadAudit), pages::audit)
}
