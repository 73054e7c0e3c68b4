//! The SQL of attendance.

mod corrections;
mod months;
mod shifts;

pub use corrections::{Correction, correction, corrections_of, decide_correction, insert_correction};
pub use months::{
    BoardRow, FindingOfShift, OpenMatter, RosterState, VenueMonth, board, close_month, find_month, findings_of_shift,
    open_matters_of, report_month, return_month, roster_state, settlement_status,
};
pub use shifts::{
    MonthFilter, Shift, ShiftState, correct, find_shift, insert_sign_in, lock_shift, next_shifts, set_remark,
    set_sign_out, shifts_of_month, shifts_of_venue_month, shifts_on,
};
