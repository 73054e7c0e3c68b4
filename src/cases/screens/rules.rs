//! PURE. What a person may make of a suspicion.

use crate::plan::dictionary::dictionary;

dictionary! {
    /// What a person makes of a suspicion.
    Verdict {
        Harmless = "harmless", "核实无异常";
        FollowedUp = "followed_up", "已要求说明或者整改";
        Fraud = "fraud", "查实虚假或者拆分";
    }
}
