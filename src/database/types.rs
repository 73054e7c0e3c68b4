//! Which dictionaries are columns. The dictionaries themselves know no database.

use crate::plan::dictionaries::{
    Basis, CaseKind, Channel, FindingKind, FundSource, FundUse, HandlerCategory, Outcome, Payee, PersonCategory,
    ReviewResult, Satisfaction, ShiftChange, SpecialGroup, Topic, VenueKind,
};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::web::permissions::Role;
use crate::{month_column, text_column};

text_column!(
    Basis,
    CaseKind,
    Channel,
    FindingKind,
    FundSource,
    FundUse,
    HandlerCategory,
    Outcome,
    Payee,
    PersonCategory,
    ReviewResult,
    Role,
    Satisfaction,
    ShiftChange,
    SpecialGroup,
    Topic,
    VenueKind,
);
month_column!(Month);
