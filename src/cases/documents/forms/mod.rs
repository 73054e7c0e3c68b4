//! PURE. The office's forms, filled in: what each says, frozen when it is made. Tables and letters stand apart.

mod letters;
mod tables;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::rules::Kind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::chinese_date;

/// A form as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Its name.
    pub title: String,
    /// Its number; empty where it has none.
    pub number: String,
    /// Whom it addresses; empty for tables.
    #[serde(default)]
    pub to: String,
    /// What it says.
    #[serde(default)]
    pub body: Vec<String>,
    /// Its table: label and value.
    #[serde(default)]
    pub rows: Vec<(String, String)>,
    /// The items of a volume: number, item, pages.
    #[serde(default)]
    pub items: Vec<(String, String, String)>,
    /// Who signs.
    #[serde(default)]
    pub signs: Vec<String>,
    /// Who issues it, above the date; empty for tables.
    #[serde(default)]
    pub office: String,
    /// Its date in words.
    #[serde(default)]
    pub date: String,
}

/// What the forms are filled in from. Identity numbers and telephones come masked.
#[derive(Clone, Debug, Default)]
pub struct Particulars {
    /// 法律援助中心.
    pub office: String,
    /// The supervising bureau.
    pub bureau: String,
    /// The case's number.
    pub number: String,
    /// The application's number.
    pub application_number: String,
    /// Kind and stage.
    pub kind: String,
    /// How it came.
    pub basis: String,
    /// 案由.
    pub cause: String,
    /// How it was applied for.
    pub way: String,
    /// The recipient.
    pub name: String,
    /// 男, 女 or empty.
    pub gender: String,
    /// Birth date.
    pub birth: Option<NaiveDate>,
    /// Masked.
    pub id_number: String,
    /// Masked.
    pub phone: String,
    /// 乡镇.
    pub township: String,
    /// 民族.
    pub ethnicity: String,
    /// 户籍所在地, down to the county.
    pub domicile: String,
    /// 邮编.
    pub postcode: String,
    /// 工作单位.
    pub employer: String,
    /// 职业.
    pub occupation: String,
    /// 文化程度.
    pub education: String,
    /// 身体状况.
    pub health: String,
    /// 家庭人口, in words.
    pub household_size: String,
    /// 家庭月收入, in yuan.
    pub household_income: String,
    /// 财产状况.
    pub property: String,
    /// Why the means need not be looked at, when that is settled.
    pub exempt: String,
    /// 是否申请过: the numbers of earlier applications, or 否.
    pub earlier: String,
    /// 材料清单: what lies in the file, each with its pages.
    pub materials: String,
    /// Agent and relation.
    pub agent: String,
    /// 羁押.
    pub custody: String,
    /// Groups.
    pub groups: String,
    /// Proofs.
    pub proofs: String,
    /// 申请人法律地位.
    pub position: String,
    /// 对方当事人.
    pub opponent: String,
    /// 办案机关.
    pub authority: String,
    /// Its number of the case or notice.
    pub authority_number: String,
    /// 通知依据.
    pub notice_basis: String,
    /// 案情及理由.
    pub facts: String,
    /// 诉求.
    pub request: String,
    /// 标的额, in yuan; empty when unknown.
    pub amount: String,
    /// Article of the scope.
    pub scope: String,
    /// How the means were looked at.
    pub means: String,
    /// Its note.
    pub means_note: String,
    /// Whether it is a case of the programme, and why.
    pub programme: String,
    /// 审查意见.
    pub opinion: String,
    /// 审查人 and day.
    pub reviewer: String,
    /// 补正: told, and made good.
    pub supplement: String,
    /// 补正通知书's number and its last day.
    pub supplement_notice: String,
    /// 协作核查: asked, and answered.
    pub cooperation: String,
    /// The decision that was objected to.
    pub objected: String,
    /// The change that was asked for: reason, day, last day.
    pub change: (String, String, String),
    /// The handler.
    pub handler: String,
    /// The handler's licence.
    pub licence: String,
    /// 承办单位.
    pub firm: String,
    /// 受理.
    pub accepted_on: Option<NaiveDate>,
    /// Received.
    pub received_on: Option<NaiveDate>,
    /// 指派.
    pub assigned_on: Option<NaiveDate>,
    /// 签协议.
    pub agreement_on: Option<NaiveDate>,
    /// 结案日.
    pub concluded_on: Option<NaiveDate>,
    /// 提交.
    pub filed_on: Option<NaiveDate>,
    /// 结案方式, court number, result, figures.
    pub closing: Vec<(String, String)>,
    /// 逐项审查.
    pub items: Vec<(String, String)>,
    /// 质量意见.
    pub closing_opinion: String,
    /// Who looked through the file, and when.
    pub closing_reviewer: String,
    /// How often the file went back.
    pub returned: String,
    /// 省系统: number and day.
    pub entry: String,
    /// 是否重复发放.
    pub paid_before: String,
    /// 办案过程: day and kind, and what was done.
    pub log: Vec<(String, String)>,
    /// 档号.
    pub archive: String,
    /// Pages of the volume.
    pub pages: i32,
}

/// What a step adds to its form.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// The day of the step.
    pub on: NaiveDate,
    /// The reason or opinion.
    pub note: String,
    /// A last day.
    pub until: Option<NaiveDate>,
    /// The day's limit that the form names.
    pub due: Option<NaiveDate>,
    /// The reason in the words of the dictionary.
    pub reason: String,
    /// Whether what was asked for is agreed to.
    pub agreed: bool,
    /// The former handler, in a change.
    pub former: String,
    /// Who acts.
    pub actor: String,
    /// To whom a letter goes.
    pub addressee: String,
    /// The decision in words; empty while the form waits for it.
    pub decision: &'static str,
    /// The number of the document that tells the decision.
    pub decision_number: String,
}

fn on(date: Option<NaiveDate>) -> String {
    date.map(chinese_date).unwrap_or_default()
}

fn rows(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
}

fn names(signs: &[&str]) -> Vec<String> {
    signs.iter().map(|sign| (*sign).to_owned()).collect()
}

/// A text as a sentence: what was typed without its full stop gets one.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    match text.chars().last() {
        Some('。' | '！' | '？' | '；' | '：') | None => text.to_owned(),
        Some(_) => format!("{text}。"),
    }
}

/// A decision with what was said to it, once.
fn decided(decision: &str, note: &str) -> String {
    if note.starts_with(decision) { sentence(note) } else { format!("{decision}。{}", sentence(note)) }
}

/// Who and when, as a form says it.
#[must_use]
pub fn signed(name: &str, day: NaiveDate) -> String {
    format!("{name}，{}", chinese_date(day))
}

impl Particulars {
    /// 追索劳动报酬纠纷一案（民事一审代理）.
    fn about(&self) -> String {
        format!("{}一案（{}）", self.cause, self.kind)
    }

    /// 山西示例律师事务所 赵志远.
    fn handled_by(&self) -> String {
        format!("{} {}", self.firm, self.handler)
    }
}

/// Fills a form in. `None` for papers that are not made here.
#[must_use]
pub fn compose(kind: Kind, number: &str, p: &Particulars, extra: &Extra) -> Option<Sheet> {
    if !kind.is_made_here() {
        return None;
    }
    let mut sheet = Sheet {
        title: kind.label().to_owned(),
        number: number.to_owned(),
        date: chinese_date(extra.on),
        office: p.office.clone(),
        ..Sheet::default()
    };
    if !tables::fill(kind, &mut sheet, p, extra) && !letters::fill(kind, &mut sheet, p, extra) {
        return None;
    }
    sheet.body.retain(|line| !line.trim().is_empty());
    Some(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particulars() -> Particulars {
        Particulars {
            office: "高平市法律援助中心".to_owned(),
            bureau: "高平市司法局".to_owned(),
            name: "王小明".to_owned(),
            cause: "追索劳动报酬纠纷".to_owned(),
            kind: "民事一审代理".to_owned(),
            scope: "第三十一条（五）".to_owned(),
            handler: "赵志远".to_owned(),
            firm: "山西示例律师事务所".to_owned(),
            id_number: "149999********0013".to_owned(),
            ..Particulars::default()
        }
    }

    #[test]
    fn each_form_made_here_is_filled_in_and_none_shows_a_whole_number() {
        let extra = Extra {
            on: "2024-06-05".parse().unwrap(),
            note: "补交劳动合同".to_owned(),
            until: "2024-06-12".parse().ok(),
            ..Extra::default()
        };
        for kind in Kind::ALL {
            let sheet = compose(*kind, "高法援补字〔2024〕001号", &particulars(), &extra);
            assert_eq!(sheet.is_some(), kind.is_made_here(), "{kind}");
            let Some(sheet) = sheet else { continue };
            assert!(!sheet.body.is_empty() || !sheet.rows.is_empty(), "{kind}");
            let text = serde_json::to_string(&sheet).unwrap();
            assert!(!text.chars().collect::<Vec<_>>().windows(18).any(|w| w.iter().all(char::is_ascii_digit)));
        }
    }

    #[test]
    fn a_supplement_notice_says_all_at_once_and_until_when() {
        let extra = Extra {
            on: "2024-06-05".parse().unwrap(),
            note: "劳动合同或者考勤记录".to_owned(),
            until: "2024-06-12".parse().ok(),
            ..Extra::default()
        };
        let sheet = compose(Kind::SupplementNotice, "高法援补字〔2024〕001号", &particulars(), &extra).unwrap();
        let text = sheet.body.concat();
        assert!(
            text.contains("劳动合同或者考勤记录")
                && text.contains("2024年6月12日前一次补齐")
                && text.contains("视为撤回申请")
        );
    }

    #[test]
    fn a_change_notice_names_who_goes_and_who_comes() {
        let extra =
            Extra {
                agreed: true, former: "钱律师".to_owned(), on: "2024-06-05".parse().unwrap(), ..Extra::default()
            };
        let text = compose(Kind::ChangeNotice, "", &particulars(), &extra).unwrap().body.concat();
        assert!(text.contains("原承办人钱律师不再承办") && text.contains("赵志远"));
    }
}
