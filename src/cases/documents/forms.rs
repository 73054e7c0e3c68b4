//! PURE. The office's forms, filled in: what each says, frozen when it is made.

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
    /// Agent and relation.
    pub agent: String,
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
}

fn on(date: Option<NaiveDate>) -> String {
    date.map(chinese_date).unwrap_or_default()
}

fn rows(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
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
    let recipient = format!("{}：", p.name);
    let about = format!("{}一案（{}）", p.cause, p.kind);
    let person = |sheet: &mut Sheet| {
        let birth = on(p.birth);
        sheet.rows.extend(rows(&[
            ("姓名", &p.name),
            ("性别", &p.gender),
            ("出生日期", &birth),
            ("身份证号", &p.id_number),
            ("联系电话", &p.phone),
            ("住所地", &p.township),
            ("群体类别", &p.groups),
            ("代理申请人", &p.agent),
        ]));
    };
    match kind {
        Kind::Application => {
            let received = on(p.received_on);
            person(&mut sheet);
            sheet.rows.extend(rows(&[
                ("申请方式", &p.way),
                ("申请人法律地位", &p.position),
                ("对方当事人", &p.opponent),
                ("申请援助方式", &p.kind),
                ("案由", &p.cause),
                ("办案机关", &p.authority),
                ("案情及理由", &p.facts),
                ("请求事项", &p.request),
                ("标的额（元）", &p.amount),
                ("群体证明", &p.proofs),
                ("经济困难状况", &p.means),
                ("收件日期", &received),
            ]));
            sheet.body.push(
                "本人承诺：以上内容和所交材料真实；经济困难状况属实，愿意接受核查；如有虚假，承担相应法律责任。"
                    .to_owned(),
            );
            sheet.signs = ["申请人（签名、指印）", "代填人", "收件人"].map(str::to_owned).to_vec();
            sheet.office = String::new();
        }
        Kind::MeansStatement => {
            person(&mut sheet);
            sheet.rows.extend(rows(&[("核查方式", &p.means), ("说明", &p.means_note)]));
            sheet.signs = ["申请人（签名）", "核查人"].map(str::to_owned).to_vec();
            sheet.office = String::new();
        }
        Kind::Receipt => {
            sheet.to = recipient;
            sheet.body.push(format!("你提交的{about}的法律援助申请材料已经收到。材料如下："));
            sheet.rows = rows(&[
                ("申请编号", &p.application_number),
                ("申请表", "一份"),
                ("身份证明", "一份"),
                ("群体证明", &p.proofs),
                ("经济困难状况说明", &p.means),
            ]);
            let due = extra.due.map(chinese_date).unwrap_or_default();
            sheet.body.push(format!("本中心将自收到申请之日起7日内（{due}前）作出决定，需要补正的时间不计算在内。"));
            sheet.signs = ["收件人", "交件人"].map(str::to_owned).to_vec();
        }
        Kind::SupplementNotice => {
            sheet.to = recipient;
            let until = extra.until.map(chinese_date).unwrap_or_default();
            sheet.body.push(format!("你就{about}提出的法律援助申请，需要补充下列材料或者说明："));
            sheet.body.push(extra.note.clone());
            sheet.body.push(format!(
                "请于{until}前一次补齐，补正时间不计算在审查期限内。无正当理由未在期限内补充的，视为撤回申请；今后材料齐备，可以重新申请。"
            ));
        }
        Kind::CooperationLetter => {
            sheet.to = format!("{}：", p.authority);
            sheet.body.push(format!("因审查{}就{about}提出的法律援助申请，请协助核查：", p.name));
            sheet.body.push(extra.note.clone());
        }
        Kind::Approval => {
            let (received, accepted) = (on(p.received_on), on(p.accepted_on));
            person(&mut sheet);
            sheet.rows.extend(rows(&[
                ("申请编号", &p.application_number),
                ("收到日期", &received),
                ("受理日期", &accepted),
                ("案由和阶段", &about),
                ("援助范围依据", &p.scope),
                ("经济状况核查", &p.means),
                ("核查说明", &p.means_note),
                ("惠民工程对象", &p.programme),
                ("审查意见", &p.opinion),
            ]));
            if !extra.note.is_empty() && extra.note != p.opinion {
                sheet.rows.push(("说明".to_owned(), extra.note.clone()));
            }
            // The director decides on paper as in the system: the form leaves room for it.
            sheet.rows.extend(rows(&[("审批意见", "给予 □　　不予 □　　先行提供 □"), ("决定书文号、送达日期", "")]));
            sheet.signs = ["审查人", "负责人"].map(str::to_owned).to_vec();
        }
        Kind::GrantDecision => {
            sheet.to = recipient;
            sheet.body.push(format!(
                "你就{about}提出的法律援助申请，经审查，符合《中华人民共和国法律援助法》{}的规定，经济状况：{}。",
                p.scope, p.means
            ));
            sheet.body.push(
                "根据《中华人民共和国法律援助法》第四十三条的规定，决定给予法律援助。法律援助不收取任何费用。"
                    .to_owned(),
            );
            sheet.body.push("本中心将自决定之日起3日内指派法律援助人员。如对承办人的服务有意见，可以向本中心反映；有证据证明承办人不履行职责的，可以申请更换。".to_owned());
        }
        Kind::RefusalDecision => {
            sheet.to = recipient;
            sheet.body.push(format!("你就{about}提出的法律援助申请，经审查：{}。", extra.reason));
            sheet.body.push(extra.note.clone());
            sheet.body.push("根据《中华人民共和国法律援助法》第四十三条的规定，决定不予法律援助。".to_owned());
            sheet.body.push(format!(
                "如对本决定有异议，可以自收到本决定之日起15日内向{}提出；对异议处理决定不服的，可以依法申请行政复议或者提起行政诉讼。",
                p.bureau
            ));
        }
        Kind::WithdrawalNotice => {
            sheet.to = recipient;
            sheet.body.push(format!(
                "你就{about}提出的法律援助申请，本中心已通知补正，期限内没有补充材料或者说明。根据《中华人民共和国法律援助法》第四十三条的规定，视为撤回申请。"
            ));
            sheet.body.push("材料齐备后可以重新申请。".to_owned());
        }
        Kind::TransferLetter => {
            sheet.to = "有关法律援助机构：".to_owned();
            sheet.body.push(format!("{}就{about}提出的法律援助申请，不属于本中心管辖，现将申请材料转交。", p.name));
            sheet.body.push(extra.note.clone());
        }
        Kind::ServiceReceipt => {
            sheet.rows = rows(&[
                ("受送达人", &p.name),
                ("案号", &p.number),
                ("送达文书、方式和签收", &extra.note),
                ("送达日期", &chinese_date(extra.on)),
            ]);
            sheet.signs = ["送达人", "受送达人"].map(str::to_owned).to_vec();
        }
        Kind::Assignment => {
            sheet.to = format!("{}：", p.firm);
            sheet.body.push(format!(
                "{}（{}）的{about}，本中心已决定提供法律援助，现指派你单位{}承办。",
                p.name, p.groups, p.handler
            ));
            let due = extra.due.map(chinese_date).unwrap_or_default();
            sheet.body.push(format!(
                "请于{due}前与受援人签订委托协议；及时会见、约见受援人，报告办案进展；结案之日起30日内提交结案材料。办理法律援助案件不得收取受援人任何财物。"
            ));
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("受援人", &p.name),
                ("联系电话", &p.phone),
                ("援助方式和阶段", &p.kind),
                ("办案机关", &p.authority),
                ("承办人", &p.handler),
                ("执业证号", &p.licence),
                ("办案要求", &extra.note),
            ]);
            sheet.signs = ["签收人", "签收日期"].map(str::to_owned).to_vec();
        }
        Kind::LetterToAuthority => {
            let authority = if p.authority.is_empty() { "办案机关" } else { &p.authority };
            sheet.to = format!("{authority}：");
            sheet.body.push(format!(
                "{about}，本中心已为{}提供法律援助，指派{}{}（执业证号{}）承办。",
                p.name, p.firm, p.handler, p.licence
            ));
            if !p.authority_number.is_empty() {
                sheet.body.push(format!("你单位来函：{}。", p.authority_number));
            }
            sheet
                .body
                .push("请依法保障其会见、阅卷、调查取证等权利，并按规定通知开庭和送达文书。特此函告。".to_owned());
        }
        Kind::Agreement => {
            sheet.body.push(format!(
                "委托人（受援人）{}就{about}，接受{}指派的{}{}代理、辩护，双方约定：",
                p.name, p.office, p.firm, p.handler
            ));
            for line in [
                "一、法律援助免费。承办人不得以任何名义向委托人收取费用或者财物。",
                "二、承办人依法履行职责，及时告知办案进展，保守在办案中知悉的秘密和隐私。",
                "三、委托人如实陈述案情，提供证据材料；情况变化时及时告知承办人和法律援助中心。",
                "四、代理权限和期限以授权委托书为准，至本阶段办结为止。",
            ] {
                sheet.body.push(line.to_owned());
            }
            sheet.signs = ["委托人（受援人）", "承办单位（盖章）", "承办人"].map(str::to_owned).to_vec();
            sheet.office = String::new();
        }
        Kind::ChangeApproval => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("受援人", &p.name),
                ("案由和阶段", &about),
                ("现承办人", &format!("{}（{}）", p.handler, p.firm)),
                ("申请更换的理由", &extra.note),
                ("收到申请日期", &chinese_date(extra.on)),
                ("应决定日期（5个工作日）", &extra.due.map(chinese_date).unwrap_or_default()),
                ("审批意见", ""),
            ]);
            sheet.signs = ["经办人", "负责人"].map(str::to_owned).to_vec();
        }
        Kind::ChangeNotice => {
            sheet.to = recipient;
            if extra.agreed {
                sheet.body.push(format!(
                    "关于更换{about}法律援助人员的申请，经审查，同意更换。原承办人{}不再承办，另行指派{}{}承办。",
                    extra.former, p.firm, p.handler
                ));
                sheet.body.push("原承办人应当在5日内移交案件材料，原委托协议终止，请与新的承办人重新签订。".to_owned());
            } else {
                sheet.body.push(format!(
                    "关于更换{about}法律援助人员的申请，经审查，不同意更换，仍由{}{}承办。",
                    p.firm, p.handler
                ));
            }
            sheet.body.push(extra.note.clone());
        }
        Kind::TerminationDecision => {
            sheet.to = recipient;
            sheet.body.push(format!("本中心为你提供法律援助的{about}，因：{}", extra.reason));
            sheet.body.push(extra.note.clone());
            sheet.body.push("根据《中华人民共和国法律援助法》第四十八条的规定，决定终止法律援助。".to_owned());
            sheet.body.push(format!("如对本决定有异议，可以自收到本决定之日起15日内向{}提出。", p.bureau));
        }
        Kind::ObjectionDecision => {
            sheet.to = recipient;
            sheet.office = p.bureau.clone();
            sheet.body.push(format!("你对{about}法律援助决定提出的异议，经审查："));
            sheet.body.push(extra.note.clone());
            sheet.body.push(if extra.agreed {
                format!("责令{}改正，依法给予法律援助。", p.office)
            } else {
                "维持原决定。不服本决定的，可以依法申请行政复议或者提起行政诉讼。".to_owned()
            });
        }
        Kind::ClosingReport => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("受援人", &p.name),
                ("群体", &p.groups),
                ("案由和阶段", &about),
                ("承办单位和承办人", &format!("{} {}", p.firm, p.handler)),
                ("指派日期", &on(p.assigned_on)),
                ("签订协议日期", &on(p.agreement_on)),
                ("结案日期", &on(p.concluded_on)),
            ]);
            sheet.rows.extend(p.closing.iter().cloned());
            sheet.rows.push(("提交日期".to_owned(), on(p.filed_on)));
            sheet.signs = ["承办人", "承办单位（盖章）"].map(str::to_owned).to_vec();
            sheet.office = String::new();
        }
        Kind::ClosingReview => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("承办单位和承办人", &format!("{} {}", p.firm, p.handler)),
                (
                    "时限核对",
                    &format!(
                        "指派{}，签协议{}，结案{}，提交{}",
                        on(p.assigned_on),
                        on(p.agreement_on),
                        on(p.concluded_on),
                        on(p.filed_on)
                    ),
                ),
            ]);
            sheet.rows.extend(p.items.iter().cloned());
            sheet.rows.extend(rows(&[("惠民工程对象复核", &p.programme), ("质量意见", &extra.note)]));
            sheet.signs = ["审查人", "中心负责人同意结案", "日期"].map(str::to_owned).to_vec();
        }
        Kind::ReturnSlip => {
            sheet.to = format!("{} {}：", p.firm, p.handler);
            let until = extra.until.map(chinese_date).unwrap_or_default();
            sheet.body.push(format!("{}（{about}）的结案材料经审查，需要补正：", p.number));
            sheet.body.push(extra.note.clone());
            sheet.body.push(format!("请于{until}前补正后重新提交。"));
        }
        Kind::QualityReview | Kind::VolumeContents | Kind::Remarks => {
            sheet.rows =
                rows(&[("案号", &p.number), ("受援人", &p.name), ("承办人", &p.handler), ("说明", &extra.note)]);
            sheet.signs = ["立卷人", "检查人", "日期"].map(str::to_owned).to_vec();
        }
        Kind::NoticeLetter
        | Kind::Identity
        | Kind::GroupProof
        | Kind::MeetingRecord
        | Kind::ReadingRecord
        | Kind::Indictment
        | Kind::Pleading
        | Kind::Evidence
        | Kind::Investigation
        | Kind::Petition
        | Kind::Summons
        | Kind::HearingRecord
        | Kind::Opinion
        | Kind::Judgment
        | Kind::ProgressReport
        | Kind::ReturnVisit
        | Kind::EntryReceipt
        | Kind::Other => return None,
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
