//! The dictionaries of cases as text columns.

use super::clocks::Clock;
use super::documents::Kind;
use super::eligibility::rules::Proof;
use super::life::dossier::{Origin, Way};
use super::states::State;
use crate::plan::dictionary::Dictionary as _;

crate::text_column!(Clock, Kind, Proof, Origin, Way, State);
