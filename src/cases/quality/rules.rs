//! PURE. The score sheet of a quality review and its levels.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::plan::dictionary::{Dictionary as _, dictionary};

dictionary! {
    /// 评查类型.
    Kind {
        Administrative = "administrative", "行政评查";
        Peer = "peer", "同行评估";
    }
}

dictionary! {
    /// 指标.
    Indicator {
        Intake = "intake", "受理审查";
        Assignment = "assignment", "指派";
        Meeting = "meeting", "会见、约见";
        Reading = "reading", "阅卷、取证";
        Pleading = "pleading", "法律文书";
        Hearing = "hearing", "庭审、结果";
        Informing = "informing", "通报告知";
        Filing = "filing", "归档";
    }
}

impl Indicator {
    /// Its weight; together 100.
    #[must_use]
    pub fn weight(self) -> i32 {
        match self {
            Indicator::Intake | Indicator::Assignment | Indicator::Filing => 10,
            Indicator::Meeting | Indicator::Reading | Indicator::Hearing => 15,
            Indicator::Pleading => 20,
            Indicator::Informing => 5,
        }
    }
}

dictionary! {
    /// 一票否决.
    Veto {
        Fee = "fee", "收取受援人财物";
        NoMeeting = "no_meeting", "没有会见、约见且无正当理由";
        NoAppearance = "no_appearance", "拒绝出庭";
    }
}

dictionary! {
    /// 等级.
    Level {
        Excellent = "excellent", "优秀";
        Good = "good", "良好";
        Pass = "pass", "合格";
        Fail = "fail", "不合格";
    }
}

/// The sum of the scores.
///
/// # Errors
/// The indicator whose score is missing or out of its range, in words.
pub fn total(scores: &BTreeMap<Indicator, i32>) -> Result<i32, (Indicator, String)> {
    let mut sum = 0;
    for indicator in Indicator::ALL {
        match scores.get(indicator) {
            Some(score) if (0..=indicator.weight()).contains(score) => sum += score,
            _ => return Err((*indicator, format!("{}应为0到{}分", indicator.label(), indicator.weight()))),
        }
    }
    Ok(sum)
}

/// The level of a total; a veto makes it a failure whatever the total.
#[must_use]
pub fn level(total: i32, veto: Option<Veto>) -> Level {
    match (veto, total) {
        (Some(_), _) => Level::Fail,
        (None, 90..) => Level::Excellent,
        (None, 75..) => Level::Good,
        (None, 60..) => Level::Pass,
        (None, _) => Level::Fail,
    }
}

/// Draws so many of the cases by lot: the same seed draws the same, so that the draw can be
/// shown to anybody afterwards.
#[must_use]
pub fn draw(seed: &str, mut cases: Vec<i64>, count: usize) -> Vec<i64> {
    cases.sort_by_key(|id| Sha256::digest(format!("{seed}:{id}").as_bytes()));
    cases.truncate(count);
    cases.sort_unstable();
    cases
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_weights_make_a_hundred_and_levels_begin_where_they_say() {
        assert_eq!(Indicator::ALL.iter().map(|it| it.weight()).sum::<i32>(), 100);
        for (total, named) in [
            (100, Level::Excellent),
            (90, Level::Excellent),
            (89, Level::Good),
            (75, Level::Good),
            (74, Level::Pass),
            (60, Level::Pass),
            (59, Level::Fail),
            (0, Level::Fail),
        ] {
            assert_eq!(level(total, None), named, "{total}");
            assert_eq!(level(total, Some(Veto::Fee)), Level::Fail);
        }
    }

    #[test]
    fn a_score_beyond_its_weight_is_refused() {
        let mut scores: BTreeMap<_, _> = Indicator::ALL.iter().map(|it| (*it, it.weight())).collect();
        assert_eq!(total(&scores), Ok(100));
        scores.insert(Indicator::Informing, 6);
        assert_eq!(total(&scores).unwrap_err().1, "通报告知应为0到5分");
        scores.remove(&Indicator::Informing);
        assert!(total(&scores).is_err());
    }

    proptest! {
        #[test]
        fn a_draw_is_repeatable_and_of_the_cases(seed in "[a-z]{1,8}", cases in proptest::collection::btree_set(1_i64..500, 0..60), count in 0_usize..20) {
            let cases: Vec<i64> = cases.into_iter().collect();
            let drawn = draw(&seed, cases.clone(), count);
            prop_assert_eq!(&drawn, &draw(&seed, cases.iter().rev().copied().collect(), count));
            prop_assert_eq!(drawn.len(), count.min(cases.len()));
            prop_assert!(drawn.iter().all(|id| cases.contains(id)));
        }
    }
}
