//! The table of steps, asked as a whole.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn every_step_has_one_row_and_every_state_is_reached_and_left() {
    for step in Move::ALL {
        assert_eq!(TABLE.iter().filter(|row| row.step == *step).count(), 1, "{step}");
    }
    let reached: BTreeSet<State> = TABLE
        .iter()
        .filter_map(|row| match row.to {
            To::State(state) => Some(state),
            To::Same | To::Back => None,
        })
        .collect();
    for state in State::ALL {
        let begins = matches!(state, State::Draft | State::Notified | State::Entered);
        assert!(begins || reached.contains(state), "{state} is never reached");
        assert_eq!(state.is_end(), steps_from(*state).next().is_none(), "{state}");
    }
    let sheets: BTreeSet<_> = State::ALL.iter().map(|state| state.sheet()).collect();
    assert_eq!(sheets.len(), State::ALL.len());
}

#[test]
fn a_clock_that_starts_is_ended_by_some_step() {
    for row in TABLE {
        for clock in row.starts {
            let ended = TABLE.iter().any(|row| row.ends.contains(clock));
            assert!(ended || *clock == Clock::Payout, "{clock} never ends");
        }
    }
}

#[test]
fn a_handler_never_approves_and_nobody_reviews_their_own() {
    let handles = Facts { actor_handles: true, ..Facts::default() };
    for row in TABLE.iter().filter(|row| row.who == Who::Director) {
        assert!(row.needs.contains(&Need::NotHandler), "{}", row.step);
        assert!(may_take(row, row.from[0], &handles).is_err(), "{}", row.step);
    }
    for step in [Move::Review, Move::PassClosing, Move::ReturnMaterials, Move::Accept] {
        assert!(row(step).unwrap().needs.contains(&Need::NotHandler), "{step}");
    }
    assert!(row(Move::Grant).unwrap().needs.contains(&Need::OtherThanReviewer));
    let passed = Facts { closing_passed: true, actor_passed: true, ..Facts::default() };
    let refused = may_take(row(Move::AgreeClosing).unwrap(), State::ClosingReview, &passed).unwrap_err();
    assert!(refused.concat().contains("须由另一人同意结案"));
}

#[test]
fn a_refusal_says_what_to_do() {
    let row = row(Move::Grant).unwrap();
    let refused = may_take(row, State::Granted, &Facts::default()).unwrap_err();
    assert_eq!(refused, ["案件现在是“决定给予”，不能“决定给予援助”；这一步只能在“待审批”时办理。"]);
    let facts = Facts { scope_named: true, unproved: vec!["农民工"], ..Facts::default() };
    let refused = may_take(row, State::Reviewing, &facts).unwrap_err().concat();
    assert!(refused.contains("经济状况还没有核查") && refused.contains("农民工没有证明"), "{refused}");
}

#[test]
fn the_entry_moves_the_case_on_once_closing_is_agreed() {
    let enter = row(Move::Enter).unwrap();
    assert_eq!(target(enter, State::Handling, None, false), State::Handling);
    assert_eq!(target(enter, State::CloseAgreed, None, false), State::Entered);
    let agree = row(Move::AgreeClosing).unwrap();
    assert_eq!(target(agree, State::ClosingReview, None, false), State::CloseAgreed);
    assert_eq!(target(agree, State::ClosingReview, None, true), State::Entered);
    let refuse = row(Move::RefuseChange).unwrap();
    assert_eq!(target(refuse, State::Reassigning, Some(State::Handling), false), State::Handling);
}

proptest! {
    /// Whatever steps are tried in whatever order, nothing is agreed to close that was not
    /// granted or notified, assigned and reviewed.
    #[test]
    fn no_way_around_the_guards(tried in proptest::collection::vec(0_usize..TABLE.len(), 0..80), notified: bool) {
        let mut state = if notified { State::Notified } else { State::Draft };
        let mut before = None;
        let mut taken: Vec<Move> = Vec::new();
        let facts = Facts {
            identity_shown: true, scope_named: true, means_settled: true, handler_accepted: true,
            agreement_filed: true, closing_passed: taken.contains(&Move::PassClosing), ..Facts::default()
        };
        for index in tried {
            let row = &TABLE[index];
            let facts = Facts { closing_passed: taken.contains(&Move::PassClosing), ..facts.clone() };
            if may_take(row, state, &facts).is_err() { continue; }
            let next = target(row, state, before, taken.contains(&Move::Enter));
            if next != state { before = Some(state); state = next; }
            taken.push(row.step);
        }
        if matches!(state, State::CloseAgreed | State::Entered) {
            for needed in [Move::Assign, Move::Sign, Move::Conclude, Move::FileMaterials, Move::PassClosing, Move::AgreeClosing] {
                prop_assert!(taken.contains(&needed), "{taken:?}");
            }
            prop_assert!(notified || taken.contains(&Move::Grant) || taken.contains(&Move::AidFirst) || taken.contains(&Move::CorrectDecision));
        }
    }
}

#[test]
fn each_need_refuses_by_itself_and_says_why() {
    // Everything is there: then each thing is missing alone.
    let whole = Facts {
        identity_shown: true,
        supplement_overdue: true,
        scope_named: true,
        means_settled: true,
        aid_first_ground: true,
        handler_accepted: true,
        agreement_filed: true,
        closing_passed: true,
        ..Facts::default()
    };
    let until = "2024-10-29".parse().ok();
    let with = |change: fn(&mut Facts)| {
        let mut facts = whole.clone();
        change(&mut facts);
        facts
    };
    for (need, facts, words) in [
        (Need::ApplicationWhole, with(|it| it.application_missing = vec!["案由"]), "还缺：案由"),
        (Need::IdentityShown, with(|it| it.identity_shown = false), "身份证明"),
        (Need::FirstSupplement, with(|it| it.supplements = 1), "不能再次通知"),
        (Need::SupplementOverdue, with(|it| it.supplement_overdue = false), "不能视为撤回"),
        (Need::NotCooperating, with(|it| it.cooperating = true), "还没有结果"),
        (Need::ScopeNamed, with(|it| it.scope_named = false), "援助范围"),
        (Need::MeansSettled, with(|it| it.means_settled = false), "经济状况"),
        (Need::GroupsProved, with(|it| it.unproved = vec!["农民工"]), "农民工没有证明"),
        (Need::NoDuplicate, with(|it| it.duplicate = Some("重复".to_owned())), "重复"),
        (Need::OtherThanReviewer, with(|it| it.actor_reviewed = true), "须由另一人审批"),
        (Need::NotHandler, with(|it| it.actor_handles = true), "不能审查、审批自己的案件"),
        (Need::AidFirstGround, with(|it| it.aid_first_ground = false), "先行提供"),
        (Need::AidFirstSettled, with(|it| it.aid_first_open = true), "补办审批"),
        (Need::WithinObjection, with(|it| it.objection_over = true), "15日期限"),
        (Need::HandlerAccepted, with(|it| it.handler_accepted = false), "还没有接受指派"),
        (Need::AgreementFiled, with(|it| it.agreement_filed = false), "委托协议"),
        (Need::ReportWhole, with(|it| it.report_missing = vec!["结果摘要"]), "结果摘要"),
        (Need::FileWhole, with(|it| it.file_missing = vec!["证据及目录"]), "证据及目录"),
        (Need::ItemsPassed, with(|it| it.items_failed = vec!["判决书".to_owned()]), "判决书"),
        (Need::ClosingPassed, with(|it| it.closing_passed = false), "逐项审查合格"),
        (Need::ClosingPassed, with(|it| it.actor_passed = true), "须由另一人同意结案"),
        (Need::ProgrammeChecked, with(|it| it.programme_fault = Some("没有证明".to_owned())), "复核：没有证明"),
        (Need::NotEntered, with(|it| it.entered = true), "已经登记录入"),
        (Need::NoOpenObjection, with(|it| it.objection_open = true), "还没有处理"),
        (Need::NoOpenObjection, Facts { objection_until: until, ..whole.clone() }, "异议期到2024年10月29日"),
        (Need::VolumeWhole, with(|it| it.volume_missing = vec!["回访记录"]), "回访记录"),
    ] {
        assert_eq!(need.check(&whole), Ok(()), "{need} is met");
        let said = need.check(&facts).expect_err(&need.to_string());
        assert!(said.contains(words), "{need}: {said}");
    }
}
