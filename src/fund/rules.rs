//! PURE. 五 资金管理: what an entry of each kind posts, whether the money suffices, and
//! by when what reached the county finance bureau must be transferred.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::money;

dictionary! {
    /// The three funds that the ledger keeps.
    Fund {
        /// The province's, for the two subsidies and nothing else (五(二)).
        Earmarked = "earmarked", "省级专项资金";
        /// The bureau's own, for what the plan leaves to it.
        Operating = "operating", "法律援助业务经费";
        /// The finance bureau's, for publicity and training (三(二)).
        Working = "finance_working", "财政工作经费";
    }
}

dictionary! {
    /// The chart of accounts (会计科目).
    Account {
        /// What the province ordered: the credit that everything else is spent from.
        Source = "earmarked_source", "省级专项资金下达";
        /// At the county finance bureau, to be transferred.
        AtFinance = "earmarked_at_finance", "专项资金（市财政局待拨）";
        /// At the justice bureau, to be spent.
        AtBureau = "earmarked_at_bureau", "专项资金（市司法局专账）";
        /// Spent on duty.
        DutySubsidy = "earmarked_duty_subsidy", "值班补贴支出";
        /// Spent on cases.
        CaseSubsidy = "earmarked_case_subsidy", "案件补贴支出";
        /// Approved and not with its person: held, or sent back by the bank.
        Unpaid = "earmarked_unpaid", "专项资金待发补贴";
        /// What the operating fund was given.
        OperatingSource = "operating_source", "法律援助业务经费来源";
        /// What the operating fund has.
        OperatingAtBureau = "operating_at_bureau", "法律援助业务经费（市司法局）";
        /// What it spent on cases.
        OperatingCases = "operating_case_subsidy", "办案补贴支出（业务经费）";
        /// Approved from it and not with its person.
        OperatingUnpaid = "operating_unpaid", "业务经费待发补贴";
        /// What the finance bureau set aside for the programme's work.
        WorkingSource = "working_source", "财政工作经费来源";
        /// What is left of it.
        WorkingAtFinance = "working_at_finance", "财政工作经费（市财政局）";
        /// Spent on publicity.
        Publicity = "working_publicity", "宣传支出";
        /// Spent on training.
        Training = "working_training", "培训支出";
    }
}

impl Account {
    /// The fund that it belongs to.
    #[must_use]
    pub fn fund(self) -> Fund {
        match self {
            Self::Source | Self::AtFinance | Self::AtBureau | Self::DutySubsidy | Self::CaseSubsidy | Self::Unpaid => {
                Fund::Earmarked
            }
            Self::OperatingSource | Self::OperatingAtBureau | Self::OperatingCases | Self::OperatingUnpaid => {
                Fund::Operating
            }
            Self::WorkingSource | Self::WorkingAtFinance | Self::Publicity | Self::Training => Fund::Working,
        }
    }

    /// The code of its kind: asset, source, expense or liability.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Source | Self::OperatingSource | Self::WorkingSource => "source",
            Self::AtFinance | Self::AtBureau | Self::OperatingAtBureau | Self::WorkingAtFinance => "asset",
            Self::DutySubsidy | Self::CaseSubsidy | Self::OperatingCases | Self::Publicity | Self::Training => {
                "expense"
            }
            Self::Unpaid | Self::OperatingUnpaid => "liability",
        }
    }

    /// Sources and what is owed stand in credit.
    #[must_use]
    pub fn stands_in_credit(self) -> bool {
        matches!(self.kind(), "source" | "liability")
    }
}

dictionary! {
    /// What an entry records.
    EntryKind {
        Receipt = "receipt", "省级资金到账";
        Transfer = "transfer", "拨付司法局";
        DutyPayment = "duty_payment", "发放值班补贴";
        CasePayment = "case_payment", "发放案件补贴";
        OperatingReceipt = "operating_receipt", "业务经费到账";
        OperatingCasePayment = "operating_case_payment", "业务经费发放办案补贴";
        WorkingReceipt = "working_receipt", "财政工作经费安排";
        PublicityPayment = "publicity_payment", "支付宣传经费";
        TrainingPayment = "training_payment", "支付培训经费";
        BankReturn = "bank_return", "银行退汇";
        Repayment = "repayment", "重新发放";
        OperatingBankReturn = "operating_bank_return", "银行退汇（业务经费）";
        OperatingRepayment = "operating_repayment", "重新发放（业务经费）";
        DutyRefund = "duty_refund", "收回值班补贴";
        CaseRefund = "case_refund", "收回案件补贴";
        OperatingCaseRefund = "operating_case_refund", "收回办案补贴（业务经费）";
        FundReturn = "fund_return", "结余资金上缴";
        CarryOut = "carry_out", "结转下年";
        CarryIn = "carry_in", "上年结转";
        Reversal = "reversal", "冲销";
    }
}

impl EntryKind {
    /// Whether somebody may reverse an entry of the kind in the ledger by itself; the others are undone where they
    /// were made, together with what rests on them.
    #[must_use]
    pub fn is_reversed_alone(self) -> bool {
        matches!(
            self,
            Self::Receipt
                | Self::Transfer
                | Self::DutyPayment
                | Self::OperatingReceipt
                | Self::WorkingReceipt
                | Self::PublicityPayment
                | Self::TrainingPayment
                | Self::FundReturn
                | Self::Reversal
        )
    }

    /// Whether a person types it, with its day and its document.
    #[must_use]
    pub fn is_by_hand(self) -> bool {
        matches!(
            self,
            Self::Receipt
                | Self::Transfer
                | Self::OperatingReceipt
                | Self::WorkingReceipt
                | Self::PublicityPayment
                | Self::TrainingPayment
                | Self::FundReturn
        )
    }

    /// What is called when it is recorded, for the audit.
    #[must_use]
    pub fn audit_action(self) -> &'static str {
        match self {
            Self::Receipt | Self::OperatingReceipt | Self::WorkingReceipt => "fund.receive",
            Self::Transfer => "fund.transfer",
            Self::DutyPayment => "fund.pay_duty",
            Self::CasePayment | Self::OperatingCasePayment => "fund.pay_cases",
            Self::PublicityPayment | Self::TrainingPayment => "fund.spend",
            Self::BankReturn | Self::OperatingBankReturn => "fund.bank_return",
            Self::Repayment | Self::OperatingRepayment => "fund.repay",
            Self::DutyRefund | Self::CaseRefund | Self::OperatingCaseRefund => "fund.refund",
            Self::FundReturn => "fund.return",
            Self::CarryOut | Self::CarryIn => "fund.carry_over",
            Self::Reversal => "fund.reverse",
        }
    }
}

/// One side of an entry: debit is positive, credit negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: Account,
    /// Yuan, with its sign.
    pub amount: Decimal,
}

/// The two sides of an entry that moves `amount` yuan; `None` where an entry of the kind is composed otherwise: a
/// reversal mirrors another entry, what is carried over belongs to any of the funds.
#[must_use]
pub fn lines(kind: EntryKind, amount: Decimal) -> Option<[Line; 2]> {
    let (debit, credit) = match kind {
        EntryKind::Receipt => (Account::AtFinance, Account::Source),
        EntryKind::Transfer => (Account::AtBureau, Account::AtFinance),
        EntryKind::DutyPayment => (Account::DutySubsidy, Account::AtBureau),
        EntryKind::CasePayment => (Account::CaseSubsidy, Account::AtBureau),
        EntryKind::OperatingReceipt => (Account::OperatingAtBureau, Account::OperatingSource),
        EntryKind::OperatingCasePayment => (Account::OperatingCases, Account::OperatingAtBureau),
        EntryKind::WorkingReceipt => (Account::WorkingAtFinance, Account::WorkingSource),
        EntryKind::PublicityPayment => (Account::Publicity, Account::WorkingAtFinance),
        EntryKind::TrainingPayment => (Account::Training, Account::WorkingAtFinance),
        EntryKind::BankReturn => (Account::AtBureau, Account::Unpaid),
        EntryKind::Repayment => (Account::Unpaid, Account::AtBureau),
        EntryKind::OperatingBankReturn => (Account::OperatingAtBureau, Account::OperatingUnpaid),
        EntryKind::OperatingRepayment => (Account::OperatingUnpaid, Account::OperatingAtBureau),
        EntryKind::DutyRefund => (Account::AtBureau, Account::DutySubsidy),
        EntryKind::CaseRefund => (Account::AtBureau, Account::CaseSubsidy),
        EntryKind::OperatingCaseRefund => (Account::OperatingAtBureau, Account::OperatingCases),
        EntryKind::FundReturn => (Account::Source, Account::AtBureau),
        EntryKind::CarryOut | EntryKind::CarryIn | EntryKind::Reversal => return None,
    };
    Some([Line { account: debit, amount }, Line { account: credit, amount: -amount }])
}

/// The sides of a payment of which a part is held: all of it is spent, the held part is owed and stays in the account.
#[must_use]
pub fn payment_lines(kind: EntryKind, paid: Decimal, held: Decimal) -> Vec<Line> {
    let owed = if kind == EntryKind::OperatingCasePayment { Account::OperatingUnpaid } else { Account::Unpaid };
    let mut all: Vec<Line> = lines(kind, paid + held).into_iter().flatten().collect();
    if let Some(credit) = all.last_mut() {
        credit.amount = -paid;
    }
    all.push(Line { account: owed, amount: -held });
    all.retain(|line| !line.amount.is_zero());
    all
}

/// The account from which a fund is paid, and the one that says where it came from.
#[must_use]
pub fn purse(fund: Fund) -> (Account, Account) {
    match fund {
        Fund::Earmarked => (Account::AtBureau, Account::Source),
        Fund::Operating => (Account::OperatingAtBureau, Account::OperatingSource),
        Fund::Working => (Account::WorkingAtFinance, Account::WorkingSource),
    }
}

/// What leaves a year's books for the next, or arrives there.
#[must_use]
pub fn carried_lines(kind: EntryKind, fund: Fund, amount: Decimal) -> [Line; 2] {
    let (purse, source) = purse(fund);
    let (debit, credit) = if kind == EntryKind::CarryIn { (purse, source) } else { (source, purse) };
    [Line { account: debit, amount }, Line { account: credit, amount: -amount }]
}

/// The same lines with their sides exchanged.
#[must_use]
pub fn mirrored(lines: &[Line]) -> Vec<Line> {
    lines.iter().map(|line| Line { account: line.account, amount: -line.amount }).collect()
}

/// An account that would be overdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The account.
    pub account: Account,
    /// What it holds.
    pub available: Decimal,
    /// What is asked of it.
    pub needed: Decimal,
}

impl Shortage {
    /// What is missing, in yuan.
    #[must_use]
    pub fn missing(&self) -> Decimal {
        self.needed - self.available
    }

    /// The sentence that a person reads.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "“{}”余额不足：现有{}元，需要{}元，还差{}元（{}）。",
            self.account.label(),
            money::yuan_text(self.available),
            money::yuan_text(self.needed),
            money::yuan_text(self.missing()),
            money::capitals(self.missing()),
        )
    }
}

/// The first account that the lines would overdraw. `balance` is as the database keeps
/// it: a source is in credit, so that its balance is never positive.
#[must_use]
pub fn shortage(balance: impl Fn(Account) -> Decimal, lines: &[Line]) -> Option<Shortage> {
    lines.iter().find_map(|line| {
        // Sources and what is owed are drawn down by debits, everything else by credits.
        let sign = if line.account.stands_in_credit() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let (available, change) = (balance(line.account) * sign, line.amount * sign);
        (available + change < Decimal::ZERO).then(|| Shortage {
            account: line.account,
            available: money::round_to_fen(available),
            needed: money::round_to_fen(-change),
        })
    })
}

/// An amount that moved on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The day.
    pub on: NaiveDate,
    /// Yuan.
    pub amount: Decimal,
}

/// How far a receipt has been passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What was received, and when.
    pub receipt: Movement,
    /// The last day on which it may be transferred.
    pub due: NaiveDate,
    /// What has not been transferred.
    pub open: Decimal,
    /// The day on which the last of it was.
    pub completed_on: Option<NaiveDate>,
}

impl Passage {
    /// Days after the limit: of the transfer, or by today while money is open; 0 in time.
    #[must_use]
    pub fn days_late(&self, today: NaiveDate) -> i64 {
        let until = self.completed_on.unwrap_or(today);
        (until - self.due).num_days().max(0)
    }

    /// Whether all of it was transferred.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_zero()
    }
}

/// 五(一): what is received is transferred within `days` of the day on which it reached the
/// county finance bureau (A55). The oldest receipt is taken to be passed on first.
#[must_use]
pub fn passages(receipts: &[Movement], transfers: &[Movement], days: u32) -> Vec<Passage> {
    let mut receipts = receipts.to_vec();
    let mut transfers = transfers.to_vec();
    receipts.sort_by_key(|receipt| receipt.on);
    transfers.sort_by_key(|transfer| transfer.on);
    let mut pending = transfers.into_iter();
    let mut at_hand: Option<Movement> = None;
    receipts
        .into_iter()
        .map(|receipt| {
            let mut open = receipt.amount;
            let mut completed_on = None;
            while open > Decimal::ZERO {
                let Some(transfer) = at_hand.take().or_else(|| pending.next()) else { break };
                let used = open.min(transfer.amount);
                open -= used;
                completed_on = Some(transfer.on);
                let rest = transfer.amount - used;
                if rest > Decimal::ZERO {
                    at_hand = Some(Movement { on: transfer.on, amount: rest });
                }
            }
            Passage {
                receipt,
                due: receipt.on.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX),
                open,
                completed_on: completed_on.filter(|_| open.is_zero()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn moved(on: &str, amount: i64) -> Movement {
        Movement { on: day(on), amount: Decimal::from(amount) }
    }

    #[test]
    fn every_entry_sums_to_zero() {
        for kind in EntryKind::ALL {
            let total: Decimal = lines(*kind, Decimal::from(7)).iter().flatten().map(|line| line.amount).sum();
            assert!(total.is_zero(), "{kind}");
        }
    }

    #[test]
    fn a_payment_of_which_a_part_is_held_is_spent_and_owed() {
        let lines = payment_lines(EntryKind::DutyPayment, Decimal::from(900), Decimal::from(300));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().map(|line| line.amount).sum::<Decimal>().is_zero());
        let of = |account| lines.iter().find(|line| line.account == account).map(|line| line.amount);
        assert_eq!(of(Account::DutySubsidy), Some(Decimal::from(1200)));
        assert_eq!(of(Account::AtBureau), Some(Decimal::from(-900)));
        assert_eq!(of(Account::Unpaid), Some(Decimal::from(-300)));
        let operating = payment_lines(EntryKind::OperatingCasePayment, Decimal::ZERO, Decimal::from(500));
        assert_eq!(
            operating.iter().map(|line| line.account).collect::<Vec<_>>(),
            [Account::OperatingCases, Account::OperatingUnpaid]
        );
    }

    #[test]
    fn no_entry_leaves_its_fund() {
        for kind in EntryKind::ALL {
            let funds: std::collections::BTreeSet<_> =
                lines(*kind, Decimal::ONE).iter().flatten().map(|line| line.account.fund()).collect();
            assert!(funds.len() <= 1, "{kind}");
        }
        for fund in Fund::ALL {
            for line in carried_lines(EntryKind::CarryOut, *fund, Decimal::ONE) {
                assert_eq!(line.account.fund(), *fund);
            }
        }
    }

    #[test]
    fn too_little_money_is_named_in_figures_and_in_capitals() {
        let payment = lines(EntryKind::DutyPayment, Decimal::from(1950)).unwrap();
        let short = shortage(|_| Decimal::from(1000), &payment).unwrap();
        assert_eq!(
            short.sentence(),
            "“专项资金（市司法局专账）”余额不足：现有1,000.00元，需要1,950.00元，还差950.00元（玖佰伍拾元整）。"
        );
        assert_eq!(shortage(|_| Decimal::from(1950), &payment), None);
    }

    #[test]
    fn the_reversal_of_a_receipt_needs_the_money_to_be_there_still() {
        let receipt = lines(EntryKind::Receipt, Decimal::from(100)).unwrap();
        let balance = |account: Account| match account {
            Account::AtFinance => Decimal::from(40),
            Account::Source => Decimal::from(-100),
            _ => Decimal::from(60),
        };
        let short = shortage(balance, &mirrored(&receipt)).unwrap();
        assert_eq!((short.account, short.missing()), (Account::AtFinance, Decimal::from(60)));
    }

    #[test]
    fn a55_receipts_are_passed_on_in_order_within_thirty_days() {
        let receipts = [moved("2024-03-15", 300), moved("2024-04-01", 100)];
        let transfers = [moved("2024-04-10", 200), moved("2024-04-15", 150)];
        let passages = passages(&receipts, &transfers, 30);
        let [first, second] = passages.as_slice() else { panic!("two receipts") };
        assert_eq!(first.due, day("2024-04-14"));
        assert_eq!(first.completed_on, Some(day("2024-04-15")));
        assert_eq!(first.days_late(day("2024-06-01")), 1);
        assert_eq!((second.due, second.open), (day("2024-05-01"), Decimal::from(50)));
        assert_eq!(second.completed_on, None);
        assert_eq!(second.days_late(day("2024-05-01")), 0);
        assert_eq!(second.days_late(day("2024-05-11")), 10);
    }
}
