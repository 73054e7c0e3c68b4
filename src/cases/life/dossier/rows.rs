//! The rows of a dossier, as the database gives them in one statement.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::cases::clocks::Clock;
use crate::cases::documents::Kind;
use crate::cases::eligibility::rules::{Means, NoticeBasis, Proof, ScopeBasis};
use crate::cases::life::person::{Education, Health};
use crate::cases::states::State;
use crate::plan::dictionaries::CaseKind;
use crate::plan::dictionary::Dictionary as _;

/// The application or notice as stored; sealed columns stay in the database.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Application {
    /// The recipient.
    pub name: String,
    /// `male`, `female` or `unknown`.
    pub gender: String,
    /// Birth date.
    pub birth_date: Option<NaiveDate>,
    /// Masked identity number.
    pub id_number_mask: String,
    /// Masked telephone.
    pub phone_mask: String,
    /// 乡镇.
    pub township: String,
    /// 民族.
    pub ethnicity: String,
    /// 户籍所在地, down to the county.
    pub domicile_mask: String,
    /// 邮编.
    pub postcode: String,
    /// 工作单位.
    pub employer: String,
    /// 职业.
    pub occupation: String,
    /// 文化程度; a code or empty.
    pub education: String,
    /// 身体状况; a code or empty.
    pub health: String,
    /// 家庭人口.
    pub household_size: Option<i32>,
    /// 家庭月收入 in yuan.
    pub household_income: Option<Decimal>,
    /// 财产状况.
    pub property: String,
    /// Who applies for the recipient.
    pub agent: String,
    /// Relation.
    pub agent_relation: String,
    /// In custody.
    pub detained: bool,
    /// Cannot move easily.
    pub hard_to_move: bool,
    /// Life imprisonment or death is possible.
    pub life_or_death: bool,
    /// 原告、被告人…
    pub legal_position: String,
    /// The other side.
    pub opponent: String,
    /// 办案机关.
    pub authority: String,
    /// Its number.
    pub authority_number: String,
    /// Why the authority gives notice; a code or empty.
    pub notice_basis: String,
    /// Number of its letter.
    pub notice_number: String,
    /// 案情及理由.
    pub facts: String,
    /// 诉求.
    pub request: String,
    /// 标的额 in yuan.
    pub amount: Option<Decimal>,
    /// Last day to sue.
    pub limitation_on: Option<NaiveDate>,
    /// The group of the statistics; a code.
    pub primary_group: String,
    /// Proofs; codes.
    pub proofs: Vec<String>,
    /// Article; a code or empty.
    pub scope_basis: String,
    /// A code.
    pub means: String,
    /// Its note.
    pub means_note: String,
    /// 审查意见.
    pub review_opinion: String,
    /// Who reviewed.
    pub reviewed_by: Option<i64>,
    /// When.
    pub reviewed_on: Option<NaiveDate>,
    /// Who decided.
    pub decided_by: Option<i64>,
    /// Notices sent.
    pub supplements: i32,
    /// The last day of the supplement.
    pub supplement_until: Option<NaiveDate>,
    /// 先行提供: papers made up on.
    pub settled_on: Option<NaiveDate>,
    /// What was said of a case with something in common.
    pub duplicate_note: String,
    /// For edits.
    pub version: i32,
}

impl Application {
    /// The proofs.
    #[must_use]
    pub fn proof_set(&self) -> std::collections::BTreeSet<Proof> {
        self.proofs.iter().filter_map(|code| Proof::from_code(code)).collect()
    }

    /// How the means were looked at.
    #[must_use]
    pub fn means(&self) -> Means {
        Means::from_code(&self.means).unwrap_or(Means::Unchecked)
    }

    /// Under which article.
    #[must_use]
    pub fn scope(&self) -> Option<ScopeBasis> {
        ScopeBasis::from_code(&self.scope_basis)
    }

    /// Why notice was given.
    #[must_use]
    pub fn notice(&self) -> Option<NoticeBasis> {
        NoticeBasis::from_code(&self.notice_basis)
    }

    /// 文化程度 in words.
    #[must_use]
    pub fn education_words(&self) -> &'static str {
        Education::from_code(&self.education).map_or("", |it| it.label())
    }

    /// 身体状况 in words.
    #[must_use]
    pub fn health_words(&self) -> &'static str {
        Health::from_code(&self.health).map_or("", |it| it.label())
    }

    /// 男, 女 or empty.
    #[must_use]
    pub fn gender_words(&self) -> &'static str {
        match self.gender.as_str() {
            "male" => "男",
            "female" => "女",
            _ => "",
        }
    }
}

/// The closing report and its review.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Closing {
    /// 结案方式; a code.
    pub way: String,
    /// 法院案号.
    pub court_number: String,
    /// 胜诉…; a code or empty.
    pub effect: String,
    /// 结果摘要.
    pub summary: String,
    /// 采纳情况.
    pub adopted: String,
    /// 挽回损失 in yuan.
    pub recovered: Option<Decimal>,
    /// 出庭.
    pub hearings: i32,
    /// 会见、约见.
    pub meetings: i32,
    /// 阅卷.
    pub readings: i32,
    /// Who reported.
    pub reported_by: Option<i64>,
    /// Item → ok, missing, faulty.
    pub items: BTreeMap<String, String>,
    /// 质量意见.
    pub review_opinion: String,
    /// Who passed the file.
    pub reviewed_by: Option<i64>,
    /// When.
    pub reviewed_on: Option<NaiveDate>,
    /// Who agreed.
    pub agreed_by: Option<i64>,
}

/// A limit of this case.
#[derive(Clone, Debug, Deserialize)]
pub struct ClockRow {
    /// Which.
    pub kind: Clock,
    /// From.
    pub started_on: NaiveDate,
    /// To.
    pub due_on: NaiveDate,
    /// To the minute, of limits in hours.
    pub due_at: Option<DateTime<Utc>>,
    /// Stands still since.
    pub paused_on: Option<NaiveDate>,
    /// Days not counted.
    pub paused_days: i32,
    /// Ended.
    pub ended_on: Option<NaiveDate>,
}

/// A paper of this case.
#[derive(Clone, Debug, Deserialize)]
pub struct DocumentRow {
    /// The row.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its number.
    pub number: String,
    /// `made`, `scan` or `paper`.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Pages.
    pub pages: i32,
    /// Its date.
    pub made_on: NaiveDate,
    /// Who made or filed it.
    pub by: String,
}

/// A line of the time line.
#[derive(Clone, Debug, Deserialize)]
pub struct EventRow {
    /// When it was put down.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
    /// `move`, `document`, …
    pub kind: String,
    /// The step or the paper.
    pub code: String,
    /// Where the case was.
    pub from_state: String,
    /// Where it went.
    pub to_state: String,
    /// The date it bears.
    pub on_date: Option<NaiveDate>,
    /// In one sentence.
    pub words: String,
    /// The reason given.
    pub note: String,
}

/// A handling record.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordRow {
    /// The row.
    pub id: i64,
    /// A code.
    pub kind: String,
    /// The day.
    pub on_date: NaiveDate,
    /// A hearing's hour.
    pub starts_at: Option<DateTime<Utc>>,
    /// A hearing's place.
    pub place: String,
    /// What was done.
    pub content: String,
    /// By whom.
    pub by: String,
}

/// A message between centre and handler.
#[derive(Clone, Debug, Deserialize)]
pub struct MessageRow {
    /// The row.
    pub id: i64,
    /// From whom.
    pub by: String,
    /// To the handler.
    pub to_handler: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub body: String,
    /// Read.
    pub read_at: Option<DateTime<Utc>>,
}

/// An assignment, open or over.
#[derive(Clone, Debug, Deserialize)]
pub struct AssignmentRow {
    /// Whom.
    pub handler_id: i64,
    /// Their name.
    pub handler: String,
    /// 指派通知书's number.
    pub number: String,
    /// When.
    pub assigned_on: NaiveDate,
    /// Taken on.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Over.
    pub ended_on: Option<NaiveDate>,
    /// Why.
    pub end_reason: String,
}

/// Another stage of the same matter.
#[derive(Clone, Debug, Deserialize)]
pub struct StageRow {
    /// The case.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Kind and stage.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: State,
}

/// Somebody for whom a restricted case opens.
#[derive(Clone, Debug, Deserialize)]
pub struct NamedRow {
    /// The account.
    pub account_id: i64,
    /// Who.
    pub name: String,
    /// The account's login.
    pub login: String,
    /// Named by whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why; empty for the handler, who is named by the assignment.
    pub reason: String,
}

/// What happened with the subsidy of the case.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentRow {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// `prepared`, `approved`, `paid`, `ended`, `asked`, `granted`, `refused`, `outside`, `outside_withdrawn`,
    /// `void_asked`, `voided`, `void_refused`.
    pub kind: String,
    /// Of the earmarked fund, in yuan; of other money where it was paid outside.
    pub earmarked: Decimal,
    /// Of the operating fund, in yuan.
    pub operating: Decimal,
    /// Who is paid; the source of money paid outside.
    pub payee: String,
    /// The batch in words, or the days asked for.
    pub batch: String,
    /// Reason or document.
    pub note: String,
}
