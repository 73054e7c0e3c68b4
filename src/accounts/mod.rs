//! People who sign in: accounts and their rights, sign-in with its second factor, passwords
//! and locks, the three administrators, the permission table and the audit trail as pages.
//!
//! Owns `accounts` and what hangs on them; sessions themselves are kept by [`crate::web::session`].

mod actions;
mod audit_fields;
mod audit_file;
mod audit_labels;
mod audit_words;
pub mod breached;
mod confirm;
pub mod db;
mod guesses;
mod my_account;
mod pages;
mod passkeys;
pub mod passwords;
pub mod policy;
mod recover;
pub mod review;
pub mod rights;
mod second_factor;
mod second_step;
pub mod setup;
mod setup_page;
mod sign_in;
mod unused;
mod webauthn;
mod words;

pub use recover::recover;
pub(crate) use webauthn::Site as PasskeySite;

pub use unused::{disable_of_person, disable_unused};

pub use audit_fields::label as field_words;
pub use audit_words::{action as action_words, subject as subject_words};

use crate::state::AppState;
use crate::web::permissions::Action;
use crate::web::routes::{Access, Routes};

/// The addresses of this slice.
pub fn routes(state: &AppState) -> Routes {
    use Access::{FirstPassword, May, Public, SignedIn};
    Routes::new(state)
        .get("/sign-in", Public, sign_in::page)
        .post("/sign-in", Public, sign_in::sign_in)
        .get("/sign-in/code", Public, second_step::page)
        .post("/sign-in/code", Public, second_step::give_code)
        .get("/sign-in/passkey", Public, passkeys::begin)
        .post("/sign-in/passkey", Public, passkeys::sign_in)
        .post("/sign-out", FirstPassword, sign_in::sign_out)
        .get("/password", FirstPassword, pages::password)
        .post("/password", FirstPassword, actions::change_password)
        .get("/second-factor", FirstPassword, second_factor::page)
        .post("/second-factor", FirstPassword.fresh(), second_factor::enrol)
        .post("/second-factor/codes", SignedIn.fresh(), second_factor::renew_recovery_codes)
        .get("/my-account", SignedIn, my_account::page)
        .post("/my-account/sessions", SignedIn.fresh(), my_account::end_sessions)
        .get("/my-account/passkeys/new", SignedIn.fresh(), passkeys::new_page)
        .post("/my-account/passkeys", SignedIn.fresh(), passkeys::add)
        .post("/my-account/passkeys/{id}/remove", SignedIn.fresh(), passkeys::remove)
        .get("/confirm/passkey", FirstPassword, passkeys::begin_again)
        .get("/confirm", FirstPassword, confirm::page)
        .post("/confirm", FirstPassword, confirm::confirm)
        .get("/set-up", Public, setup_page::set_up)
        .post("/set-up", Public, actions::set_up)
        .post("/appearance", Public, actions::appearance)
        .get("/accounts", May(Action::ReadAccounts), pages::accounts)
        .get("/accounts/new", May(Action::ManageAccounts), pages::new_account)
        .post("/accounts", May(Action::ManageAccounts).fresh(), actions::create_account)
        .get("/accounts/{id}", May(Action::ReadAccounts), pages::account)
        .post("/accounts/{id}/disable", May(Action::ManageAccounts).fresh(), actions::disable_account)
        .post("/accounts/{id}/requests", May(Action::ManageAccounts).fresh(), rights::ask_for)
        .post("/accounts/{id}/decision", May(Action::GrantRights).fresh(), rights::decide)
        .post("/accounts/{id}/reset", May(Action::ResetPasswords).fresh(), actions::reset_password)
        .get("/access-review", May(Action::ReviewAccess), review::page)
        .post("/access-review", May(Action::ReviewAccess).fresh(), review::decide)
        .get("/security-policy", May(Action::EditSecurityPolicy), policy::page)
        .post("/security-policy", May(Action::EditSecurityPolicy).fresh(), policy::save)
        .get("/permissions", May(Action::ReadPermissions), pages::permissions)
        .get("/audit", May(Action::ReadAudit), pages::audit)
        .get_on_record("/audit/export", May(Action::ExportAudit).fresh(), audit_file::export)
}
