//! Reports of the story, the closing of its months, and one objection.

use chrono::{Datelike as _, NaiveDate};

use super::super::cast::scope;
use super::super::db;
use super::{Story, hour, told};
use crate::error::AppError;
use crate::plan::deadlines::Quarter;
use crate::plan::month::Month;
use crate::plan::time::at;
use crate::reports::{self, Period, ReportKind};
use crate::web::permissions::Action;
use crate::{fund, settlement};

impl Story<'_> {
    /// The month's report on the 5th, the quarter's on the 12th, and the ledger of the month before closed on the 13th.
    pub(super) async fn reports(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let last = Month::of(day).previous();
        if last.year() != 2024 {
            return Ok(());
        }
        if day.day() == 5 {
            self.report(ReportKind::Monthly, Period::Month(last), day).await?;
        }
        if day.day() == 12 && last.month().is_multiple_of(3) {
            self.report(ReportKind::Quarterly, Period::Quarter(Quarter::of(last)), day).await?;
        }
        if day.day() == 13 && self.reach(at(day, hour(17, 10))) {
            let finance = &self.cast.finance;
            let mut work = self.work(finance).await?;
            fund::year_end::close_month(&mut work, scope(finance, Action::PostFund)?, last).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    async fn report(&self, kind: ReportKind, period: Period, day: NaiveDate) -> anyhow::Result<()> {
        let (clerk, approver, leader) = (&self.cast.clerk, &self.cast.approver, &self.cast.leader);
        if self.reach(at(day, hour(16, 20))) {
            let mut work = self.work(clerk).await?;
            reports::prepare(&mut work, scope(clerk, Action::PrepareReports)?, kind, period).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if self.reach(at(day, hour(16, 40))) {
            let mut work = self.work(approver).await?;
            reports::check(&mut work, scope(approver, Action::CheckReports)?, kind, period).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if self.reach(at(day, hour(17, 0))) {
            let mut work = self.work(leader).await?;
            reports::sign(&mut work, scope(leader, Action::SignReports)?, kind, period).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// In March somebody objects to a line of February; the clerk answers the same afternoon.
    pub(super) async fn objection(&self, month: Month, day: NaiveDate) -> anyhow::Result<()> {
        if month.month() != 2 || !self.reach(at(day, hour(15, 30))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let people = db::people_with_pay(&mut conn, self.cast.bureau).await?;
        drop(conn);
        let Some(person) = people.first().copied() else { return Ok(()) };
        let actor = self.cast.on_duty(person)?;
        let mut work = self.work(actor).await?;
        let words = "2月末加值了半天，请核对是否计入。";
        let id = match settlement::objections::object(&mut work, self.cast.bureau, person, month, None, words).await {
            Ok(id) => id,
            // Nobody objects to a month in which they had no duty.
            Err(AppError::Refused(_)) => return Ok(()),
            Err(error) => return Err(told(error)),
        };
        work.commit().await.map_err(told)?;
        let clerk = &self.cast.clerk;
        let mut work = self.work(clerk).await?;
        let answer = "经查排班和签到，2月没有该班次，按已签到的班次计算无误。";
        settlement::objections::answer(&mut work, scope(clerk, Action::DecideFinding)?, id, false, answer)
            .await
            .map_err(told)?;
        work.commit().await.map_err(told)
    }
}
