//! Case subsidies of the story: handlers' accounts, batches, putting off, what the bank sends back, pay that is held.

use anyhow::Context as _;
use chrono::{Datelike as _, Days, NaiveDate};

use super::super::cast::{identity, scope};
use super::super::db;
use super::{Story, hour, told};
use crate::fund::rules::EntryKind;
use crate::fund::service::NewPosting;
use crate::payments::{self, Particulars, Whose};
use crate::payouts::{self, NewExtension, NewOutside, OutsideSource};
use crate::people::{self, BankAccount};
use crate::plan::money::yuan;
use crate::plan::time::at;
use crate::secrets::demo_id_number;
use crate::web::permissions::Action;

/// The operating fund of the year, and the working money for publicity and training.
const OPERATING: i64 = 60_000;
const WORKING: i64 = 20_000;

impl Story<'_> {
    /// What the county gives beside the provincial fund, and what publicity and training cost.
    pub(super) async fn other_money(&self, day: NaiveDate) -> anyhow::Result<()> {
        let entries: &[(u32, u32, EntryKind, i64, &str, &str)] = &[
            (2, 6, EntryKind::OperatingReceipt, OPERATING, "法律援助业务经费年初预算", "预算批复示例2024-18"),
            (2, 6, EntryKind::WorkingReceipt, WORKING, "惠民工程宣传、培训经费", "预算批复示例2024-19"),
            (3, 20, EntryKind::TrainingPayment, 4_800, "值班人员业务培训一期", "发票示例0320"),
            (4, 16, EntryKind::PublicityPayment, 6_500, "进村入户宣传折页印制", "发票示例0416"),
        ];
        let finance = &self.cast.finance;
        for (month, on, kind, amount, summary, document) in entries {
            if (day.month(), day.day()) != (*month, *on) || day.year() != 2024 || !self.reach(at(day, hour(10, 20))) {
                continue;
            }
            let mut work = self.work(finance).await?;
            let new = NewPosting {
                year: 2024,
                kind: *kind,
                amount: yuan(*amount),
                entered_on: day,
                summary: (*summary).to_owned(),
                document_kind: "paper",
                document_id: (*document).to_owned(),
                voucher: String::new(),
            };
            crate::fund::service::post(&mut work, scope(finance, Action::PostFund)?, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// Twice a month the clerk puts what is due into a batch; the approver and the finance officer follow the next days.
    pub(super) async fn payouts(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if day.year() != 2024 || !self.calendar.is_working_day(day).unwrap_or(false) {
            return Ok(());
        }
        match day.day() {
            11..=13 | 25..=27 if self.reach(at(day, hour(14, 5))) => self.batch(day).await?,
            14..=16 | 28..=30 if self.reach(at(day, hour(14, 5))) => self.batch_goes_on(day).await?,
            _ => {}
        }
        if self.payouts_seen >= 2 && !self.held && self.reach(at(day, hour(14, 40))) {
            self.accounts_and_holds().await?;
        }
        Ok(())
    }

    async fn batch(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let bureau = self.cast.bureau;
        let mut conn = self.state.pool.acquire().await?;
        let open = payouts::db::batches(&mut conn, bureau, None, 1).await?;
        let asked = payouts::db::Asked { ids: None, unpaid: true, limit: 300 };
        let cases = payouts::db::cases(&mut conn, bureau, asked).await?;
        let plans = payouts::db::plans(&mut conn, bureau).await?;
        drop(conn);
        if open.first().is_some_and(|batch| {
            matches!(batch.status, payouts::BatchStatus::Prepared | payouts::BatchStatus::Approved)
        }) {
            return Ok(());
        }
        let Some((_, plan)) = plans.get(&2024) else { return Ok(()) };
        let ready: Vec<_> = cases
            .iter()
            .filter(|case| case.state.year() == Some(2024))
            .filter(|case| case.state.payout(plan, &self.calendar).blocked.is_none())
            .collect();
        let clerk = &self.cast.clerk;
        let prepare = scope(clerk, Action::PreparePayouts)?;
        let mut ids: Vec<i64> = ready.iter().map(|case| case.id).collect();
        if self.payouts_seen == 1
            && ids.len() > 3
            && let Some((first, rest)) = ids.split_first()
        {
            // One payment is put off: the handler's account has to be cleared up first.
            let new = NewExtension { case: *first, days: 10, reason: "承办人账户信息需要核实".to_owned() };
            let mut work = self.work(clerk).await?;
            let extension = payouts::ask_extension(&mut work, prepare, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
            let approver = &self.cast.approver;
            let mut work = self.work(approver).await?;
            let grant = scope(approver, Action::ApprovePayouts)?;
            payouts::decide_extension(&mut work, grant, extension, true, "同意").await.map_err(told)?;
            work.commit().await.map_err(told)?;
            let rest = rest.to_vec();
            // Another was paid as ordinary legal aid already (A39).
            if let Some((paid, left)) = rest.split_first() {
                let mut work = self.work(clerk).await?;
                let outside = NewOutside {
                    case: *paid,
                    source: OutsideSource::OrdinaryAid,
                    amount: yuan(1000),
                    paid_on: day,
                    document: "法律援助补贴发放表示例2024-02".to_owned(),
                };
                payouts::record_outside(&mut work, prepare, outside).await.map_err(told)?;
                work.commit().await.map_err(told)?;
                ids = left.to_vec();
            } else {
                ids = rest;
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        self.payouts_seen += 1;
        let mut work = self.work(clerk).await?;
        payouts::prepare(&mut work, prepare, &ids).await.map_err(told)?;
        work.commit().await.map_err(told)
    }

    async fn batch_goes_on(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let bureau = self.cast.bureau;
        let mut conn = self.state.pool.acquire().await?;
        let batch = payouts::db::batches(&mut conn, bureau, None, 1).await?.pop();
        drop(conn);
        let Some(batch) = batch.filter(|batch| batch.status == payouts::BatchStatus::Prepared) else { return Ok(()) };
        self.payee_accounts(batch.id).await?;
        let approver = &self.cast.approver;
        let mut work = self.work(approver).await?;
        payouts::approve(&mut work, scope(approver, Action::ApprovePayouts)?, batch.id, None).await.map_err(told)?;
        work.commit().await.map_err(told)?;
        if !self.reach(at(day, hour(16, 45))) {
            return Ok(());
        }
        let finance = &self.cast.finance;
        let pay = scope(finance, Action::PaySettlement)?;
        let mut work = self.work(finance).await?;
        payouts::pay(&mut work, pay, batch.id, None).await.map_err(told)?;
        work.commit().await.map_err(told)?;
        if batch.number == 2 {
            self.bank_sends_back(day).await?;
        }
        if batch.number == 3 {
            self.a_case_is_asked_to_be_void(batch.id).await?;
        }
        Ok(())
    }

    /// A36: of a paid case somebody finds that it should not have counted; the approver has not decided yet.
    async fn a_case_is_asked_to_be_void(&self, batch: i64) -> anyhow::Result<()> {
        let clerk = &self.cast.clerk;
        let mut conn = self.state.pool.acquire().await?;
        let paid = payouts::db::payouts(&mut conn, self.cast.bureau, Some(batch), None, None).await?;
        drop(conn);
        let Some(first) = paid.iter().find(|row| row.place.is_some()) else { return Ok(()) };
        let mut work = self.work(clerk).await?;
        let reason = "复查发现受援人的群体证明有误，不应计入";
        payouts::ask_void(&mut work, scope(clerk, Action::PreparePayouts)?, first.case_id, reason)
            .await
            .map_err(told)?;
        work.commit().await.map_err(told)
    }

    /// The first transfer of the newest run comes back and goes out again.
    async fn bank_sends_back(&self, day: NaiveDate) -> anyhow::Result<()> {
        let bureau = self.cast.bureau;
        let finance = &self.cast.finance;
        let pay = scope(finance, Action::PaySettlement)?;
        let mut conn = self.state.pool.acquire().await?;
        let run = payments::db::runs(&mut conn, bureau, None, 1).await?.pop();
        let Some(run) = run else { return Ok(()) };
        let first = payments::db::transfers(&mut conn, bureau, Some(run.id), None).await?.into_iter().next();
        drop(conn);
        let Some(first) = first else { return Ok(()) };
        let mut work = self.work(finance).await?;
        payments::return_transfer(&mut work, pay, first.id, day, "收款人户名与账号不符").await.map_err(told)?;
        work.commit().await.map_err(told)?;
        let mut work = self.work(finance).await?;
        payments::pay_again(&mut work, pay, 2024).await.map_err(told)?;
        work.commit().await.map_err(told)
    }

    /// Handlers tell their accounts; a second person confirms them before the first payment.
    async fn payee_accounts(&self, batch: i64) -> anyhow::Result<()> {
        let bureau = self.cast.bureau;
        let clerk = &self.cast.clerk;
        let mut conn = self.state.pool.acquire().await?;
        let rows = payouts::db::payouts(&mut conn, bureau, Some(batch), None, None).await?;
        let known = payments::db::payees(&mut conn, bureau).await?;
        drop(conn);
        let mut names: Vec<(crate::plan::dictionaries::Payee, String, String)> =
            rows.into_iter().map(|row| (row.payee_kind, row.payee_name, row.organisation)).collect();
        names.sort();
        names.dedup();
        names.retain(|(_, name, _)| !known.iter().any(|payee| &payee.name == name));
        for (number, (kind, name, organisation)) in (1 + known.len()..).zip(names) {
            let mut work = self.work(clerk).await?;
            let (account, now) = (clerk.account_id, work.now);
            let payee = payments::db::payee_for(work.conn(), bureau, kind, &name, &organisation, account, now).await?;
            if kind == crate::plan::dictionaries::Payee::Handler {
                let number = match identity(&name) {
                    Some(known) => known,
                    None => {
                        let days = Days::new(u64::try_from(number)? * 211);
                        let birth = NaiveDate::from_ymd_opt(1978, 3, 9).and_then(|first| first.checked_add_days(days));
                        demo_id_number(birth.context("a birth")?, u16::try_from(500 + number)?)
                    }
                };
                let new = Particulars {
                    licence_valid_to: None,
                    public_official: false,
                    id_number: Some(people::parse_id_number(&number).map_err(anyhow::Error::msg)?),
                };
                let prepare = scope(clerk, Action::PreparePayouts)?;
                let version =
                    payments::db::payees_by_id(work.conn(), bureau, &[payee]).await?.pop().context("a payee")?.version;
                payments::change_payee(&mut work, prepare, &self.state.seals, payee, version, &new)
                    .await
                    .map_err(told)?;
            }
            let account = BankAccount::parse(&format!("62280000000{number:08}")).map_err(anyhow::Error::msg)?;
            let whose = Whose::Payee(payee);
            let prepare = scope(clerk, Action::PreparePayouts)?;
            let bank = "高平示例农村商业银行";
            let change =
                payments::ask_bank_change(&mut work, prepare, &self.state.seals, whose, bank, &account, "首次登记")
                    .await
                    .map_err(told)?;
            work.commit().await.map_err(told)?;
            let approver = &self.cast.approver;
            let mut work = self.work(approver).await?;
            let confirm = scope(approver, Action::ConfirmBankAccount)?;
            payments::decide_bank_change(&mut work, confirm, change, true, "已电话与本人核对").await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// One duty person's pay is held over the next month; another's new account waits for its second person.
    async fn accounts_and_holds(&mut self) -> anyhow::Result<()> {
        self.held = true;
        let clerk = &self.cast.clerk;
        let mut conn = self.state.pool.acquire().await?;
        let people = db::people_with_pay(&mut conn, self.cast.bureau).await?;
        drop(conn);
        if let Some(person) = people.get(3) {
            let mut work = self.work(clerk).await?;
            payments::hold(&mut work, scope(clerk, Action::HoldPay)?, *person, "收款账户与本人姓名不符，正在核实")
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if let Some(person) = people.get(5) {
            let mut work = self.work(clerk).await?;
            let account = BankAccount::parse("6217000000099990005").map_err(anyhow::Error::msg)?;
            let edit = scope(clerk, Action::EditPeople)?;
            let whose = Whose::Person(*person);
            let bank = "高平示例农村商业银行";
            payments::ask_bank_change(&mut work, edit, &self.state.seals, whose, bank, &account, "本人换卡")
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }
}
