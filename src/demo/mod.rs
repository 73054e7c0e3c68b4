//! The demonstration: a year of believable data made through the product's own code.

use crate::web::permissions::Role;

/// The password of every demonstration account, shown on the sign-in page.
pub const PASSWORD: &str = "gaoping-2024-demo";

/// One account a role, in the order of the sign-in page.
pub const ACCOUNTS: &[(&str, Role)] = &[
    ("clerk", Role::BureauClerk),
    ("approver", Role::Approver),
    ("finance", Role::Finance),
    ("leader", Role::Leader),
    ("centre", Role::VenueStaff),
    ("mishan", Role::VenueStaff),
    ("lawyer", Role::DutyPerson),
    ("legalaid", Role::LegalAidStaff),
    ("system", Role::SystemAdministrator),
    ("security", Role::SecurityAdministrator),
    ("audit", Role::AuditAdministrator),
];
