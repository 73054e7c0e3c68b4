//! What the office does with a day: corrections, findings, roll-calls, reviews.

use anyhow::Context as _;
use chrono::{Datelike as _, Duration, NaiveDate};

use super::super::cast::scope;
use super::super::db;
use super::{Duty, Story, hour, told};
use crate::attendance::{self, Decision, NewCorrection, Side};
use crate::consultations::{self, NewReview};
use crate::disclosure;
use crate::findings::{self, NewFinding, Subject};
use crate::plan::dictionaries::{FindingKind, RecordIrregularity, ReviewResult};
use crate::plan::time::at;
use crate::secrets::{IdNumber, demo_id_number};
use crate::web::permissions::Action;

impl Story<'_> {
    /// The day after a forgotten sign-out somebody asks for a correction, and the desk decides.
    pub(super) async fn aftermath(&mut self, day: NaiveDate, duties: &[Duty]) -> anyhow::Result<()> {
        for duty in duties {
            if duty.sign_in.is_none() || duty.sign_out.is_some() || self.dice.once_in(3) {
                continue;
            }
            if !self.reach(at(day, hour(20, 10))) {
                return Ok(());
            }
            let actor = self.cast.on_duty(duty.shift.person_id)?;
            let mut work = self.work(actor).await?;
            let new = NewCorrection {
                side: Side::SignOut,
                time: duty.shift.ends_at,
                reason: "下班时送咨询人到车站，回来后忘记签退。".to_owned(),
            };
            attendance::ask_correction(&mut work, scope(actor, Action::AskCorrection)?, duty.shift.id, &new)
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// What the office does on a working day: corrections, telling, deciding, roll-calls.
    pub(super) async fn office(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if !self.reach(at(day, hour(8, 40))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let corrections = db::open_corrections(&mut conn, self.cast.bureau).await?;
        let open = db::open_findings(&mut conn, self.cast.bureau).await?;
        drop(conn);
        for (correction, venue) in corrections {
            let actor = self.cast.staff_of(venue)?;
            let mut work = self.work(actor).await?;
            let decision = Decision::Agreed;
            let note = "当天在场，情况属实。";
            attendance::decide_correction(
                &mut work,
                scope(actor, Action::DecideCorrection)?,
                correction,
                decision,
                note,
            )
            .await
            .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        // What is not settled when the demonstration stops is left for whoever tries it.
        let last_days = self.until.date_naive() - day < Duration::days(2);
        for finding in open {
            if last_days && finding.id % 3 == 0 {
                continue;
            }
            match finding.status.as_str() {
                "proposed" => {
                    let actor = match finding.kind {
                        FindingKind::Late | FindingKind::EarlyLeave => self.cast.staff_of(finding.venue_id)?,
                        _ => &self.cast.clerk,
                    };
                    let mut work = self.work(actor).await?;
                    findings::tell(&mut work, scope(actor, Action::TellFinding)?, finding.id).await.map_err(told)?;
                    work.commit().await.map_err(told)?;
                    if self.dice.once_in(9) && self.reach(at(day, hour(9, 30))) {
                        let person = self.cast.on_duty(finding.person_id)?;
                        let mut work = self.work(person).await?;
                        let words = "当天因道路结冰，客车晚点，已提前电话告知工作站，请核实。";
                        findings::object(&mut work, scope(person, Action::ObjectFinding)?, finding.id, words)
                            .await
                            .map_err(told)?;
                        work.commit().await.map_err(told)?;
                    }
                }
                "objected" => {
                    let actor = if finding.by_clerk { &self.cast.approver } else { &self.cast.clerk };
                    let mut work = self.work(actor).await?;
                    findings::revoke(
                        &mut work,
                        scope(actor, Action::DecideFinding)?,
                        finding.id,
                        "经向工作站核实，当天确因道路结冰晚到并提前告知，予以撤销。",
                    )
                    .await
                    .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
                _ => {
                    let actor = if finding.by_clerk { &self.cast.approver } else { &self.cast.clerk };
                    let mut work = self.work(actor).await?;
                    findings::confirm(
                        &mut work,
                        scope(actor, Action::DecideFinding)?,
                        finding.id,
                        "本人无异议，予以认定。",
                    )
                    .await
                    .map_err(told)?;
                    work.commit().await.map_err(told)?;
                }
            }
        }
        if (day.month(), day.day()) == (1, 10) {
            // A visitor found a mistake in what was written down about her.
            let clerk = &self.cast.clerk;
            let born = NaiveDate::from_ymd_opt(1979, 8, 16).context("a day")?;
            let number: IdNumber = demo_id_number(born, 412).parse()?;
            let mut work = self.work(clerk).await?;
            let wish = "咨询记录中登记的电话末四位写错了，应当是2068；住址已搬到北诗镇。";
            disclosure::note_wish(&mut work, &self.state.seals, scope(clerk, Action::AnswerPersons)?, &number, wish)
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        for complaint in std::mem::take(&mut self.complaints) {
            let clerk = &self.cast.clerk;
            let mut work = self.work(clerk).await?;
            findings::propose(&mut work, scope(clerk, Action::ProposeFinding)?, complaint).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// 点名抽查: now and then the bureau looks in; one person is caught three times in April.
    pub(super) async fn roll_call(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let station_day = day.weekday() == chrono::Weekday::Wed;
        let april = day.month() == 4 && station_day && day.day() % 14 == 3;
        let looked_in = station_day && self.dice.once_in(4);
        if !(april || looked_in) || !self.reach(at(day, hour(18, 40))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let shifts = db::shifts_on(&mut conn, self.cast.bureau, day).await?;
        drop(conn);
        let asked = if april { "陈区镇" } else { "寺庄镇" };
        let venue = self.cast.venues.iter().find(|venue| venue.short_name == asked).context("a station")?;
        let Some(shift) = shifts.iter().find(|shift| shift.venue_id == venue.id && shift.signed_in) else {
            return Ok(());
        };
        let times: &[u32] = if april { &[9, 11] } else { &[10] };
        for time in times {
            let clerk = &self.cast.clerk;
            let mut work = self.work(clerk).await?;
            let new = NewFinding {
                shift_id: shift.id,
                subject: Subject::OffPost { at: hour(*time, 20) },
                evidence: format!("视频点名抽查，{time}时20分不在岗位，工作站称未请假，无正当理由；截图存档。"),
            };
            findings::propose(&mut work, scope(clerk, Action::ProposeFinding)?, new).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }

    /// A part of the day's records is looked at by the clerk.
    pub(super) async fn review(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if !self.reach(at(day, hour(20, 30))) {
            return Ok(());
        }
        let mut conn = self.state.pool.acquire().await?;
        let records = db::unreviewed(&mut conn, self.cast.bureau, day).await?;
        drop(conn);
        let clerk = &self.cast.clerk;
        for (id, version) in records {
            if !self.dice.once_in(12) {
                continue;
            }
            let bad = self.dice.once_in(14);
            let new = NewReview {
                result: if bad { ReviewResult::Irregular } else { ReviewResult::Qualified },
                irregularity: bad.then_some(RecordIrregularity::VagueAnswer),
                note: if bad {
                    "解答意见只写了结论，没有说明依据和办理途径。".to_owned()
                } else {
                    String::new()
                },
            };
            let mut work = self.work(clerk).await?;
            consultations::review(&mut work, scope(clerk, Action::ReviewConsultations)?, id, version, &new)
                .await
                .map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }
}
