//! What an official should look at before approving a duty month, in Chinese.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::duty_facts::ShiftFacts;
use super::duty_month::Total;
use super::duty_pay::{Duty, NotPayable, ShiftPay, numbered};
use crate::plan::dictionaries::{FindingKind, VenueKind};
use crate::plan::dictionary::Dictionary;
use crate::plan::money::in_sentence;
use crate::plan::time::month_and_day;

impl Duty<'_> {
    /// What an official should look at, by day.
    pub(super) fn warnings(&self, priced: &[ShiftPay], total: &Total, off_post_findings: u32) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.programme.applies_in(self.month) {
            warnings.push(format!(
                "{}不在{year}年度实施方案适用期间，应适用当年度实施方案；本次暂按{year}年度方案的标准计算。",
                self.month.chinese(),
                year = self.programme.year
            ));
        }
        if let Err(unknown) = self.calendar.is_working_day(self.month.first()) {
            warnings.push(format!("{unknown}，本次暂以周一至周五为工作日。"));
        }
        if self.is_public_official() && !self.shifts.is_empty() {
            warnings.push(format!("{}为公职人员，值班不发补贴。", self.person.name));
        }
        let mut shifts: Vec<_> = self.shifts.iter().zip(priced).collect();
        shifts.sort_by_key(|(shift, _)| (shift.date, numbered(&shift.id)));
        for (shift, pay) in &shifts {
            warnings.extend(self.warnings_of(shift, pay));
        }
        let mut by_day: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for (shift, _) in &shifts {
            *by_day.entry(shift.date).or_default() += 1;
        }
        for (day, count) in by_day.into_iter().filter(|(_, count)| *count > 1) {
            warnings.push(format!("{}有{count}个班次，请核对时间是否重叠。", month_and_day(day)));
        }
        for day in self.cancelled_days() {
            warnings.push(format!(
                "{}经核实值班日不在岗或存在虚假值班情形，除取消补贴外，应按程序另行审批通报批评。",
                month_and_day(day)
            ));
        }
        let threshold = self.programme.off_post_threshold;
        if off_post_findings >= threshold {
            warnings.push(format!("当月经确认脱岗{off_post_findings}次，当月值班补贴不予发放。"));
        } else if off_post_findings > 0 && off_post_findings + 1 == threshold {
            warnings.push(format!("当月已脱岗{off_post_findings}次，再有1次，当月值班补贴不予发放。"));
        }
        if !total.receivable.is_zero() {
            warnings.push(format!("尚有{}未能追扣，列为应退。", in_sentence(total.receivable)));
        }
        warnings
    }

    fn warnings_of(&self, shift: &ShiftFacts, pay: &ShiftPay) -> Vec<String> {
        let day = month_and_day(shift.date);
        let place = &shift.venue;
        let mut warnings = Vec::new();
        match pay.not_payable {
            Some(NotPayable::NotServed) if !shift.findings.has(FindingKind::FalseDuty) => {
                warnings.push(format!("{day}在{place}的班次无到岗记录；如未经请假，经核实后应取消当天补贴并通报批评。"))
            }
            Some(
                reason @ (NotPayable::BelowMinimumHours
                | NotPayable::NotAWorkingDay
                | NotPayable::OutsideMonth
                | NotPayable::DuplicateDay),
            ) => warnings.push(format!("{day}在{place}的班次不计补贴（{reason}），请核对排班。")),
            Some(
                NotPayable::PublicOfficial
                | NotPayable::NotServed
                | NotPayable::DayCancelled
                | NotPayable::VenueNotPaid,
            )
            | None => {}
        }
        if shift.venue_kind == VenueKind::Station && !self.is_working_day(shift.date) {
            warnings.push(format!("{day}不是工作日，{place}的班次应有书面调整原因。"));
        }
        let on_the_spot =
            FindingKind::ALL.iter().any(|kind| *kind != FindingKind::FalseDuty && shift.findings.has(*kind));
        if !shift.served && on_the_spot {
            warnings.push(format!("{day}在{place}的班次未到岗，却登记有到岗后的扣款事项，请核对是否重复认定。"));
        }
        for kind in [FindingKind::Late, FindingKind::EarlyLeave] {
            if shift.findings.count(kind) > 1 {
                warnings.push(format!("{day}在{place}的班次{kind}最多认定1次，已按1次计。"));
            }
        }
        warnings
    }
}
