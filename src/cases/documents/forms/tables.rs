//! PURE. Forms that are tables: application, approval, review, report, volume.

use super::{Extra, Particulars, Sheet, decided, names, on, rows, sentence, signed};
use crate::cases::documents::Kind;
use crate::plan::time::chinese_date;

/// The person, as every form of the application begins.
fn person(p: &Particulars) -> Vec<(String, String)> {
    rows(&[
        ("姓名", &p.name),
        ("性别", &p.gender),
        ("出生日期", &on(p.birth)),
        ("民族", &p.ethnicity),
        ("身份证号", &p.id_number),
        ("户籍所在地", &p.domicile),
        ("住所地、经常居住地", &p.township),
        ("邮编", &p.postcode),
        ("联系电话", &p.phone),
        ("工作单位", &p.employer),
        ("职业", &p.occupation),
        ("文化程度", &p.education),
        ("身体状况", if p.health.is_empty() { "健康 □　　残疾 □　　严重疾病 □" } else { &p.health }),
        ("群体类别", &p.groups),
    ])
}

/// Who applies for the applicant: what is not kept here is written by hand.
fn agent(p: &Particulars) -> Vec<(String, String)> {
    if p.agent.is_empty() {
        return rows(&[("代理申请人", "无")]);
    }
    rows(&[
        ("代理申请人", p.agent.as_str()),
        ("代理申请人身份证号", ""),
        ("代理申请人电话", ""),
        ("代理授权", "见申请委托书"),
    ])
}

/// 经济困难状况, as the applicant tells it. What the household has in a year follows from a month of it, unless
/// the applicant writes another sum.
fn household(p: &Particulars) -> Vec<(String, String)> {
    rows(&[
        ("家庭人口", p.household_size.as_str()),
        ("家庭月收入（元）", &p.household_income),
        ("家庭年收入（元）", ""),
        ("财产状况", &p.property),
        ("低保、特困等证明或者免予核查的情形", &p.exempt),
    ])
}

/// Fills a table in; false for what is none.
pub(super) fn fill(kind: Kind, sheet: &mut Sheet, p: &Particulars, extra: &Extra) -> bool {
    let about = p.about();
    match kind {
        Kind::Application => {
            sheet.rows = person(p);
            sheet.rows.extend(rows(&[("群体证明", &p.proofs), ("是否申请过法律援助", &p.earlier)]));
            sheet.rows.extend(agent(p));
            sheet.rows.extend(rows(&[
                ("申请方式", &p.way),
                ("申请人法律地位", &p.position),
                ("对方当事人", &p.opponent),
                ("对方电话、地址", ""),
                ("申请援助方式和阶段", &p.kind),
                ("案由", &p.cause),
                ("办案机关", &p.authority),
                ("案情及理由", &p.facts),
                ("请求事项", &p.request),
                ("标的额（元）", &p.amount),
                ("材料清单", &p.materials),
            ]));
            sheet.rows.extend(household(p));
            sheet.rows.extend(rows(&[("收件日期", on(p.received_on).as_str()), ("收件人", &extra.actor)]));
            sheet.body.push(
                "本人承诺：以上内容和所交材料真实；经济困难状况属实，愿意接受核查；如有虚假，承担相应法律责任。"
                    .to_owned(),
            );
            sheet.signs = names(&["申请人（签名、指印）", "代填人"]);
            sheet.office = String::new();
        }
        Kind::AgentLetter => {
            sheet.body = vec![
                format!("委托人{}（身份证号{}）因{about}，委托下列人员代为申请法律援助。", p.name, p.id_number),
                "代理权限：代为提交、补充申请材料，代为接收法律援助机构的文书。".to_owned(),
            ];
            sheet.rows = rows(&[
                ("委托人", &p.name),
                ("联系电话", &p.phone),
                ("受托人和与委托人的关系", &p.agent),
                ("委托事项", "申请法律援助"),
                ("收件日期", &on(p.received_on)),
            ]);
            sheet.signs = names(&["委托人（签名、指印）", "受托人"]);
            sheet.office = String::new();
        }
        Kind::NoticeEntry => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("通知机关", &p.authority),
                ("通知函号", &p.authority_number),
                ("收到日期", &on(p.received_on)),
                ("犯罪嫌疑人、被告人", &p.name),
                ("性别", &p.gender),
                ("出生日期", &on(p.birth)),
                ("罪名", &p.cause),
                ("援助方式和阶段", &p.kind),
                ("强制措施", &p.custody),
                ("通知依据", &p.notice_basis),
                ("群体类别", &p.groups),
                ("群体证明", &p.proofs),
                ("应指派日期（3日）", &on(extra.due)),
                ("登记人", &signed(&extra.actor, extra.on)),
            ]);
            sheet.signs = names(&["登记人", "负责人"]);
        }
        Kind::MeansStatement => {
            sheet.rows = person(p);
            sheet.rows.extend(household(p));
            sheet.rows.extend(rows(&[
                ("核查方式、免予核查的情形", p.means.as_str()),
                ("核查说明", &p.means_note),
                ("核查人", &p.reviewer),
            ]));
            sheet
                .body
                .push("本人承诺：以上经济困难状况属实，同意法律援助机构核查；如有虚假，承担相应法律责任。".to_owned());
            sheet.signs = names(&["申请人（签名、指印）", "核查人"]);
            sheet.office = String::new();
        }
        Kind::Approval => {
            sheet.rows = rows(&[
                ("申请编号", &p.application_number),
                ("申请人", &p.name),
                ("群体类别", &p.groups),
                ("群体证明", &p.proofs),
                ("案由和阶段", &about),
                ("收到申请日期", &on(p.received_on)),
                ("受理日期", &on(p.accepted_on)),
                ("补正", &p.supplement),
                ("协作核查", &p.cooperation),
                ("援助范围依据", &p.scope),
                ("经济状况核查", &p.means),
                ("核查说明", &p.means_note),
                ("惠民工程对象", &p.programme),
                ("审查意见", &p.opinion),
                ("审查人、日期", &p.reviewer),
            ]);
            // An urgent case has no review before the decision.
            if extra.decision.is_empty() {
                // The director decides on paper as in the system: the form leaves room for it.
                sheet.rows.push(("审批意见".to_owned(), "给予 □　　不予 □　　先行提供 □".to_owned()));
            } else {
                let opinion = match (extra.reason.as_str(), extra.note.as_str()) {
                    ("", "") => extra.decision.to_owned(),
                    ("", note) => decided(extra.decision, note),
                    (reason, note) => format!("{}：{reason}。{}", extra.decision, sentence(note)),
                };
                sheet.rows.push(("审批意见".to_owned(), opinion));
                sheet.rows.push(("审批人、日期".to_owned(), signed(&extra.actor, extra.on)));
                if !extra.decision_number.is_empty() {
                    sheet.rows.push(("决定书文号".to_owned(), extra.decision_number.clone()));
                }
            }
            sheet.signs = names(&["审查人", "负责人"]);
        }
        Kind::ServiceReceipt => {
            sheet.rows = rows(&[
                ("受送达人", &p.name),
                ("案号", &p.number),
                ("案由和阶段", &about),
                ("送达文书、方式和签收", &extra.note),
                ("送达日期", &chinese_date(extra.on)),
                ("送达人", &extra.actor),
            ]);
            sheet.signs = names(&["送达人", "受送达人（签名、指印）"]);
        }
        Kind::ChangeApproval => {
            let (reason, asked, due) = &p.change;
            let handler = if extra.former.is_empty() { &p.handler } else { &extra.former };
            let waits = extra.decision.is_empty();
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("受援人", &p.name),
                ("案由和阶段", &about),
                ("原承办人", handler),
                ("申请更换的理由", if waits { &extra.note } else { reason }),
                ("收到申请日期", if waits { &sheet.date } else { asked }),
                ("应决定日期（5个工作日）", &if waits { on(extra.due) } else { due.clone() }),
                (
                    "审批意见",
                    &match (extra.decision, extra.note.as_str()) {
                        ("", _) => "同意 □　　不同意 □".to_owned(),
                        (decision, "") => decision.to_owned(),
                        (decision, note) => decided(decision, note),
                    },
                ),
            ]);
            if !waits {
                if !extra.former.is_empty() {
                    sheet.rows.push(("更换后的承办人".to_owned(), p.handled_by()));
                }
                sheet.rows.push(("审批人、日期".to_owned(), signed(&extra.actor, extra.on)));
                sheet.rows.push(("通知书文号".to_owned(), extra.decision_number.clone()));
            }
            sheet.signs = names(&["经办人", "负责人"]);
        }
        Kind::ClosingReport => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("受援人", &p.name),
                ("群体", &p.groups),
                ("案由和阶段", &about),
                ("承办单位和承办人", &p.handled_by()),
                ("指派日期", &on(p.assigned_on)),
                ("签订协议日期", &on(p.agreement_on)),
                ("结案日期", &on(p.concluded_on)),
            ]);
            sheet.rows.extend(p.closing.iter().cloned());
            sheet.rows.extend(rows(&[("提交日期", &on(p.filed_on)), ("承办人说明", &extra.note)]));
            sheet.rows.retain(|(label, value)| label != "承办人说明" || !value.is_empty());
            sheet.signs = names(&["承办人", "承办单位（盖章）"]);
            sheet.office = String::new();
        }
        Kind::HandlingLog => {
            sheet.rows = rows(&[("案号", &p.number), ("受援人", &p.name), ("承办人", &p.handled_by())]);
            sheet.rows.extend(p.log.iter().cloned());
            sheet.signs = names(&["承办人"]);
            sheet.office = String::new();
        }
        Kind::ClosingReview => {
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("承办单位和承办人", &p.handled_by()),
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
            let opinion = if p.closing_opinion.is_empty() { "材料齐全，逐项合格" } else { &p.closing_opinion };
            sheet.rows.extend(rows(&[
                ("退回补正记录", &p.returned),
                ("惠民工程对象复核", &p.programme),
                ("是否重复发放", &p.paid_before),
                ("省系统录入", &p.entry),
                ("质量意见", opinion),
                ("审查人、日期", &p.closing_reviewer),
            ]));
            if !extra.decision.is_empty() {
                let agreed = match extra.note.as_str() {
                    "" => extra.decision.to_owned(),
                    note => decided(extra.decision, note),
                };
                sheet.rows.push(("中心负责人意见".to_owned(), agreed));
                sheet.rows.push(("负责人、日期".to_owned(), signed(&extra.actor, extra.on)));
            }
            sheet.signs = names(&["审查人", "中心负责人"]);
        }
        Kind::Remarks => {
            let note = if extra.note.is_empty() { "卷内材料齐全、无缺损" } else { &extra.note };
            sheet.rows = rows(&[
                ("案号", &p.number),
                ("档号", &p.archive),
                ("受援人", &p.name),
                ("承办单位和承办人", &p.handled_by()),
                ("本卷页数", &format!("{}页，含本页", p.pages + 1)),
                ("本卷情况说明", note),
                ("立卷人", &extra.actor),
                ("归档日期", &chinese_date(extra.on)),
            ]);
            sheet.signs = names(&["立卷人", "检查人"]);
        }
        // These two are made from more than the case's particulars.
        Kind::QualityReview | Kind::VolumeContents => {
            sheet.rows = rows(&[("案号", &p.number), ("受援人", &p.name), ("承办人", &p.handler)]);
        }
        _ => return false,
    }
    true
}
