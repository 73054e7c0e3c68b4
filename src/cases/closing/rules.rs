//! PURE. 结案方式、效果 (5.12), the item-by-item review, and the second look at the
//! programme's conditions.

use crate::plan::dictionary::{Dictionary as _, dictionary};

dictionary! {
    /// 结案方式.
    ClosingWay {
        Judgment = "judgment", "判决";
        Ruling = "ruling", "裁定";
        Mediation = "mediation", "调解";
        Settlement = "settlement", "和解";
        Withdrawal = "withdrawal", "撤诉";
        NoProsecution = "no_prosecution", "不起诉";
        Dropped = "dropped", "撤销案件";
        Transferred = "transferred", "移送起诉";
        Prosecuted = "prosecuted", "起诉";
        Award = "award", "仲裁裁决";
        Other = "other", "其他";
    }
}

impl ClosingWay {
    /// Whether there was a hearing, whose record belongs in the file.
    #[must_use]
    pub fn heard(self) -> bool {
        matches!(self, ClosingWay::Judgment | ClosingWay::Award)
    }
}

dictionary! {
    /// 效果.
    Effect {
        Won = "won", "胜诉";
        PartlyWon = "partly_won", "部分胜诉";
        Lost = "lost", "败诉";
        Adopted = "adopted", "意见采纳";
        PartlyAdopted = "partly_adopted", "意见部分采纳";
        NotAdopted = "not_adopted", "意见未采纳";
    }
}

dictionary! {
    /// What the review says of an item.
    ItemResult {
        Good = "ok", "合格";
        Missing = "missing", "缺";
        Faulty = "faulty", "不合格";
    }
}

/// The words for an item of the review.
#[must_use]
pub fn item_words(code: &str) -> &'static str {
    ItemResult::from_code(code).map_or("未审查", |result| result.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgment_had_a_hearing_and_a_settlement_had_none() {
        assert!(ClosingWay::Judgment.heard() && ClosingWay::Award.heard());
        for way in [ClosingWay::Mediation, ClosingWay::Withdrawal, ClosingWay::Transferred, ClosingWay::NoProsecution] {
            assert!(!way.heard(), "{way}");
        }
        assert_eq!((item_words("ok"), item_words("x")), ("合格", "未审查"));
    }
}
