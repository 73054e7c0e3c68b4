//! The provincial money, and the month end: report, calculate, approve, pay.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate};

use super::super::cast::scope;
use super::super::db;
use super::{LATE_VENUES, PROVINCIAL_FUND, Story, hour, told};
use crate::attendance::{self, Certification};
use crate::error::AppError;
use crate::findings;
use crate::fund::{self, NewReceipt, NewTransfer};
use crate::plan::dictionaries::FindingKind;
use crate::plan::money::yuan;
use crate::plan::month::Month;
use crate::plan::time::at;
use crate::settlement;
use crate::web::permissions::Action;

/// Whether a venue that cannot report yet may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    Skips,
    Insists,
}

impl Story<'_> {
    /// 五(一): the provincial money arrives in the first quarter and is passed on within 30 days.
    pub(super) async fn money_comes(&self, day: NaiveDate) -> anyhow::Result<()> {
        let finance = &self.cast.finance;
        let post = scope(finance, Action::PostFund)?;
        if (day.month(), day.day()) == (1, 18) && self.reach(at(day, hour(10, 0))) {
            let mut work = self.work(finance).await?;
            let new = NewReceipt {
                year: 2024,
                amount: yuan(PROVINCIAL_FUND),
                received_on: day,
                notice: "晋财政法示例〔2024〕3号".to_owned(),
                notice_on: NaiveDate::from_ymd_opt(2024, 1, 12),
                voucher: "收-0001".to_owned(),
            };
            fund::service::record_receipt(&mut work, post, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        if (day.month(), day.day()) == (2, 2) && self.reach(at(day, hour(10, 0))) {
            let mut work = self.work(finance).await?;
            let new = NewTransfer {
                year: 2024,
                amount: yuan(PROVINCIAL_FUND),
                transferred_on: day,
                order: "拨款通知单示例2024-0007".to_owned(),
                voucher: "转-0001".to_owned(),
            };
            fund::service::record_transfer(&mut work, post, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// The first days of a month settle the one before: report, calculate, approve, pay.
    pub(super) async fn month_end(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let month = Month::of(day).previous();
        if month.year() != 2024 {
            return Ok(());
        }
        let Ok(done) = self.calendar.working_days_between(Month::of(day).first(), day) else { return Ok(()) };
        if !self.calendar.is_working_day(day).unwrap_or(false) {
            return Ok(());
        }
        match done {
            2 => self.report_venues(month, at(day, hour(16, 30)), Patience::Skips).await,
            3 => self.chase(month, day).await,
            4 => {
                self.report_venues(month, at(day, hour(11, 0)), Patience::Insists).await?;
                if self.reach(at(day, hour(15, 0))) {
                    let clerk = &self.cast.clerk;
                    let mut work = self.work(clerk).await?;
                    settlement::calculate(&mut work, scope(clerk, Action::CalculateSettlement)?, month)
                        .await
                        .map_err(told)?;
                    work.commit().await.map_err(told)?;
                    self.objection(month, day).await?;
                    self.second_thoughts(month, day).await?;
                }
                Ok(())
            }
            5 => {
                if self.reach(at(day, hour(9, 5))) {
                    let clerk = &self.cast.clerk;
                    let mut work = self.work(clerk).await?;
                    let note = "须在10日前发放，先行复核；期限内提出异议的人暂缓发放";
                    settlement::review(&mut work, scope(clerk, Action::CalculateSettlement)?, month, None, note)
                        .await
                        .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                if self.reach(at(day, hour(9, 20))) {
                    let approver = &self.cast.approver;
                    let mut work = self.work(approver).await?;
                    settlement::approve(&mut work, scope(approver, Action::ApproveSettlement)?, month, None)
                        .await
                        .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                if self.reach(at(day, hour(15, 10))) {
                    let finance = &self.cast.finance;
                    let mut work = self.work(finance).await?;
                    settlement::pay(&mut work, scope(finance, Action::PaySettlement)?, month, None)
                        .await
                        .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The clerk asks the first of the venues that are late.
    async fn chase(&self, month: Month, day: NaiveDate) -> anyhow::Result<()> {
        let late = self.cast.venues.iter().find(|venue| LATE_VENUES.contains(&venue.short_name.as_str()));
        let Some(venue) = late.filter(|_| self.reach(at(day, hour(8, 40)))) else { return Ok(()) };
        let clerk = &self.cast.clerk;
        let mut work = self.work(clerk).await?;
        match settlement::chase(&mut work, scope(clerk, Action::CalculateSettlement)?, month, venue.id).await {
            Ok(_) => work.commit().await.map_err(told),
            // It reported in time for once.
            Err(AppError::Refused(_)) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }

    /// March was calculated when proof came that a late arrival was duty elsewhere: revoked, and calculated again.
    async fn second_thoughts(&self, month: Month, day: NaiveDate) -> anyhow::Result<()> {
        if month.month() != 3 || !self.reach(at(day, hour(15, 50))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let late = db::confirmed(&mut conn, self.cast.bureau, month, FindingKind::Late).await?;
        drop(conn);
        let Some((finding, decided_by)) = late else { return Ok(()) };
        let (clerk, approver) = (&self.cast.clerk, &self.cast.approver);
        let other = if decided_by == approver.account_id { clerk } else { approver };
        let mut work = self.work(other).await?;
        let note = "本人补交乡镇证明：当日早上随综治中心调解纠纷，不属于迟到，予以撤销。";
        findings::revoke(&mut work, scope(other, Action::DecideFinding)?, finding, note).await.map_err(told)?;
        work.commit().await.map_err(told)?;
        if self.reach(at(day, hour(16, 20))) {
            let mut work = self.work(clerk).await?;
            settlement::calculate(&mut work, scope(clerk, Action::CalculateSettlement)?, month).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// Each venue certifies its month. Those with something open wait, as long as they can.
    async fn report_venues(
        &self,
        month: Month,
        instant: DateTime<FixedOffset>,
        patience: Patience,
    ) -> anyhow::Result<()> {
        if !self.reach(instant) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let venues = db::venues_to_report(&mut conn, self.cast.bureau, month).await?;
        drop(conn);
        for venue in venues {
            let late = self
                .cast
                .venues
                .iter()
                .any(|known| known.id == venue && LATE_VENUES.contains(&known.short_name.as_str()));
            let actor = self.cast.staff_of(venue)?;
            if late && patience == Patience::Skips {
                // They only go through their forgotten sign-outs (R13).
                let mut work = self.work(actor).await?;
                let propose = scope(actor, Action::ProposeFinding)?;
                if findings::propose_missing_sign_outs(&mut work, propose, month).await.map_err(told)? > 0 {
                    work.commit().await.map_err(told)?;
                }
                continue;
            }
            let mut work = self.work(actor).await?;
            match attendance::certify(&mut work, scope(actor, Action::CertifyMonth)?, month, venue).await {
                Ok(Certification::FindingsProposed(_)) if patience == Patience::Insists => {
                    anyhow::bail!("venue {venue} has findings that nobody decided")
                }
                Ok(Certification::FindingsProposed(_) | Certification::Reported) => {
                    work.commit().await.map_err(told)?
                }
                Err(AppError::Refused(_)) if patience == Patience::Skips => {}
                Err(error) => return Err(told(error)),
            }
        }
        Ok(())
    }
}
