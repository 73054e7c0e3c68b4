//! A27: what comes to light after a month was paid, and is put right in the next open one.

use chrono::{Datelike as _, NaiveDate};

use super::super::cast::scope;
use super::super::db;
use super::{Story, hour, told};
use crate::attendance::{self, Decision, NewCorrection, Side};
use crate::findings::{self, NewFinding, Subject};
use crate::plan::dictionaries::FindingKind;
use crate::plan::month::Month;
use crate::plan::time::at;
use crate::web::permissions::Action;

impl Story<'_> {
    /// January's recordings show one person away three times: the month is lost, more than February pays. February's
    /// show another away once. In April an early leave of March is explained, in May a forgotten sign-in.
    pub(super) async fn corrections(&self, day: NaiveDate) -> anyhow::Result<()> {
        let paid = Month::of(day).previous();
        match (day.year(), day.month(), day.day()) {
            (2024, 2, 20) => self.seen_away(day, paid, 3).await,
            (2024, 3, 12) => self.seen_away(day, paid, 1).await,
            (2024, 4, 11) => self.explained(day, paid).await,
            (2024, 5, 20) => self.signed_after_all(day, paid).await,
            _ => Ok(()),
        }
    }

    /// So many shifts of one person, whose month is paid, turn out to have been left; the office confirms it next day.
    async fn seen_away(&self, day: NaiveDate, paid: Month, times: usize) -> anyhow::Result<()> {
        if !self.reach(at(day, hour(15, 20))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let shifts = db::spotless_shifts(&mut conn, self.cast.bureau, paid).await?;
        drop(conn);
        let of = |person: i64| shifts.iter().filter(move |shift| shift.person_id == person);
        let Some(person) = shifts.iter().map(|shift| shift.person_id).find(|person| of(*person).count() == times)
        else {
            return Ok(());
        };
        let clerk = &self.cast.clerk;
        for shift in of(person) {
            let new = NewFinding {
                shift_id: shift.id,
                subject: Subject::OffPost { at: hour(10, 30) },
                evidence: "季度抽查调看工作站录像，10时30分起一小时无人在岗，登记簿没有外出记录；录像截图存档。"
                    .to_owned(),
            };
            let mut work = self.work(clerk).await?;
            let finding =
                findings::propose(&mut work, scope(clerk, Action::ProposeFinding)?, new).await.map_err(told)?;
            findings::tell(&mut work, scope(clerk, Action::TellFinding)?, finding).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// A deduction of a paid month is taken back.
    async fn explained(&self, day: NaiveDate, paid: Month) -> anyhow::Result<()> {
        if !self.reach(at(day, hour(15, 20))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let found = db::confirmed(&mut conn, self.cast.bureau, paid, FindingKind::EarlyLeave).await?;
        drop(conn);
        let Some((finding, decided_by)) = found else { return Ok(()) };
        let (clerk, approver) = (&self.cast.clerk, &self.cast.approver);
        let other = if decided_by == approver.account_id { clerk } else { approver };
        let note = "本人补交村委会证明：当日提前离岗是陪同老人到派出所补办身份证，不属于早退，予以撤销。";
        let mut work = self.work(other).await?;
        findings::revoke(&mut work, scope(other, Action::DecideFinding)?, finding, note).await.map_err(told)?;
        work.commit().await.map_err(told)
    }

    /// A shift that nobody signed was served: it is paid with the next open month.
    async fn signed_after_all(&self, day: NaiveDate, paid: Month) -> anyhow::Result<()> {
        if !self.reach(at(day, hour(15, 20))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let missed = db::unsigned_shift(&mut conn, self.cast.bureau, paid).await?;
        drop(conn);
        let Some(shift) = missed else { return Ok(()) };
        let (person, clerk) = (self.cast.on_duty(shift.person_id)?, &self.cast.clerk);
        for (side, time) in [(Side::SignIn, shift.starts_at), (Side::SignOut, shift.ends_at)] {
            let new = NewCorrection {
                side,
                time,
                reason: "当天工作站停电，签到终端无法使用，有登记簿和三名咨询人签字。".to_owned(),
            };
            let mut work = self.work(person).await?;
            let ask = scope(person, Action::AskCorrection)?;
            let asked = attendance::ask_correction(&mut work, ask, shift.id, &new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
            let mut work = self.work(clerk).await?;
            let decide = scope(clerk, Action::DecideCorrection)?;
            let note = "与供电所停电通知、登记簿核对一致。";
            attendance::decide_correction(&mut work, decide, asked, Decision::Agreed, note).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }
}
