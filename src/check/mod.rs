//! `huifa check`: questions to the stored data whose answers must be empty.
//!
//! Each invariant of the house is one question with a name. The schema and the services
//! keep them; this finds what got past both: a hand in the database, a restored file, a
//! fault of ours. It reads one snapshot and changes nothing.

mod money;
mod questions;
mod recalculation;

use std::io::Write;

use anyhow::Context as _;
use sqlx::PgPool;

pub use questions::Question;

use crate::audit::chain;
use crate::secrets::Seals;

/// How many rows of an answer are shown.
const SHOWN: usize = 20;

/// What was found wrong under one question.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question's name, for scripts and tests.
    pub name: &'static str,
    /// What must hold, in words.
    pub holds: &'static str,
    /// The rows that break it, in words; empty when it holds.
    pub faults: Vec<String>,
}

/// The answers to all questions.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of asking.
    pub answers: Vec<Answer>,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.answers.iter().all(|answer| answer.faults.is_empty())
    }

    /// The names of the questions whose answers are not empty.
    #[must_use]
    pub fn broken(&self) -> Vec<&'static str> {
        self.answers.iter().filter(|answer| !answer.faults.is_empty()).map(|answer| answer.name).collect()
    }

    /// Writes the report for a person.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for answer in &self.answers {
            if answer.faults.is_empty() {
                writeln!(out, "无误  {}  {}", answer.name, answer.holds)?;
                continue;
            }
            writeln!(out, "有误  {}  {}：{}处", answer.name, answer.holds, answer.faults.len())?;
            for fault in answer.faults.iter().take(SHOWN) {
                writeln!(out, "      - {fault}")?;
            }
            if answer.faults.len() > SHOWN {
                writeln!(out, "      - 另有{}处", answer.faults.len() - SHOWN)?;
            }
        }
        match self.broken().len() {
            0 => writeln!(out, "共核对{}项，全部无误。", self.answers.len()),
            broken => writeln!(out, "共核对{}项，{broken}项有误。请保留现场并联系技术支持。", self.answers.len()),
        }
    }
}

/// Asks every question over one snapshot of the database.
///
/// # Errors
/// When the database fails.
pub async fn ask(pool: &PgPool, seals: &Seals) -> anyhow::Result<Report> {
    let mut transaction = pool.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *transaction).await?;
    let mut report = Report::default();
    for question in questions::ALL.iter().chain(money::ALL) {
        let faults = sqlx::query_scalar::<_, String>(question.sql)
            .fetch_all(&mut *transaction)
            .await
            .with_context(|| format!("核对{}时出错", question.name))?;
        report.answers.push(Answer { name: question.name, holds: question.holds, faults });
    }
    report.answers.push(recalculation::answer(&mut transaction).await?);
    report.answers.push(Answer {
        name: "audit_chain",
        holds: "审计记录自封存以来没有改动、缺失或插入",
        faults: chain::verify(&mut transaction, seals).await?,
    });
    transaction.rollback().await?;
    Ok(report)
}

/// Asks every question and writes the report; true when everything holds.
///
/// # Errors
/// When the database fails or the report cannot be written.
pub async fn run(pool: &PgPool, seals: &Seals, out: &mut dyn Write) -> anyhow::Result<bool> {
    let report = ask(pool, seals).await?;
    report.write(out)?;
    Ok(report.is_clean())
}
