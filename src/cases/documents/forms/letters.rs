//! PURE. Letters, notices and decisions: whom they address and what they say.

use super::{Extra, Particulars, Sheet, names, rows, sentence};
use crate::cases::documents::Kind;
use crate::plan::time::chinese_date;

/// 办案要求; what was said of a change is not one.
fn requirement(extra: &Extra) -> &str {
    match (extra.former.as_str(), extra.note.as_str()) {
        ("", "") => "依照法律援助服务规范办理",
        ("", note) => note,
        (_, _) => "接续办理，与受援人重新签订委托协议",
    }
}

/// Fills a letter in; false for what is none.
pub(super) fn fill(kind: Kind, sheet: &mut Sheet, p: &Particulars, extra: &Extra) -> bool {
    let about = p.about();
    sheet.to = format!("{}：", p.name);
    match kind {
        Kind::Receipt => {
            sheet.body.push(format!("你提交的{about}的法律援助申请材料已经收到。材料如下："));
            sheet.rows = rows(&[
                ("申请编号", &p.application_number),
                ("收到日期", &super::on(p.received_on)),
                ("申请材料", &p.materials),
                ("群体证明", &p.proofs),
                ("收件人", &extra.actor),
            ]);
            let due = super::on(extra.due);
            sheet.body.push(format!("本中心将自收到申请之日起7日内（{due}前）作出决定，需要补正的时间不计算在内。"));
            sheet.signs = names(&["收件人", "交件人"]);
        }
        Kind::SupplementNotice => {
            let until = super::on(extra.until);
            sheet.body.push(format!("你就{about}提出的法律援助申请，需要补充下列材料或者说明："));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push(format!(
                "请于{until}前一次补齐，补正时间不计算在审查期限内。无正当理由未在期限内补充的，视为撤回申请；今后材料齐备，可以重新申请。"
            ));
        }
        Kind::CooperationLetter => {
            sheet.to = format!("{}：", extra.addressee);
            sheet.body.push(format!("因审查{}就{about}提出的法律援助申请，请协助核查：", p.name));
            sheet.body.push(sentence(&extra.note));
            sheet
                .body
                .push("核查情况请书面函复本中心。协作核查的时间不计算在审查期限内，请尽快办理。特此函达。".to_owned());
            sheet.rows = rows(&[
                ("申请编号", &p.application_number),
                ("申请人", &p.name),
                ("身份证号", &p.id_number),
                ("住所地", &p.township),
                ("请求核查的单位", &extra.addressee),
            ]);
        }
        Kind::GrantDecision => {
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
            sheet.body.push(format!("你就{about}提出的法律援助申请，经审查：{}。", extra.reason));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push("根据《中华人民共和国法律援助法》第四十三条的规定，决定不予法律援助。".to_owned());
            sheet.body.push(format!(
                "如对本决定有异议，可以自收到本决定之日起15日内向{}提出；对异议处理决定不服的，可以依法申请行政复议或者提起行政诉讼。",
                p.bureau
            ));
        }
        Kind::WithdrawalNotice => {
            sheet.body.push(format!(
                "你就{about}提出的法律援助申请，本中心已通知补正（{}），期限内没有补充材料或者说明。根据《中华人民共和国法律援助法》第四十三条的规定，视为撤回申请。",
                p.supplement_notice
            ));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push("材料齐备后可以重新申请。".to_owned());
        }
        Kind::TransferLetter => {
            sheet.to = format!("{}：", extra.addressee);
            sheet.body.push(format!("{}就{about}提出的法律援助申请，不属于本中心管辖，现将申请材料转交。", p.name));
            sheet.body.push(sentence(&extra.note));
            sheet.rows = rows(&[
                ("申请人", &p.name),
                ("联系电话", &p.phone),
                ("收到申请日期", &super::on(p.received_on)),
                ("移交材料", &p.materials),
            ]);
            sheet.signs = names(&["移交人", "接收人"]);
        }
        Kind::Assignment => {
            sheet.to = format!("{}：", p.firm);
            sheet.body.push(format!(
                "{}（{}）的{about}，本中心已决定提供法律援助，现指派你单位{}承办。",
                p.name, p.groups, p.handler
            ));
            let due = super::on(extra.due);
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
                ("指派日期", &chinese_date(extra.on)),
                ("办案要求", requirement(extra)),
                ("移交材料", &p.materials),
            ]);
            sheet.signs = names(&["签收人", "签收日期"]);
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
        Kind::ChangeNotice => {
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
            sheet.body.push(sentence(&extra.note));
        }
        Kind::TerminationDecision => {
            sheet.body.push(format!("本中心为你提供法律援助的{about}，因：{}。", extra.reason));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push("根据《中华人民共和国法律援助法》第四十八条的规定，决定终止法律援助。".to_owned());
            sheet.body.push(format!("如对本决定有异议，可以自收到本决定之日起15日内向{}提出。", p.bureau));
        }
        Kind::ObjectionDecision => {
            sheet.office = p.bureau.clone();
            sheet.body.push(format!("你就{about}，对{}提出的异议，经审查：", p.objected));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push(if extra.agreed {
                format!("责令{}改正，依法给予法律援助。", p.office)
            } else {
                "维持原决定。不服本决定的，可以依法申请行政复议或者提起行政诉讼。".to_owned()
            });
        }
        Kind::ReturnSlip => {
            sheet.to = format!("{}：", p.handled_by());
            let until = super::on(extra.until);
            sheet.body.push(format!("{}，{about}的结案材料经审查，需要补正：", p.number));
            sheet.body.push(sentence(&extra.note));
            sheet.body.push(format!("请于{until}前补正后重新提交。"));
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
            sheet.signs = names(&["委托人（受援人）", "承办单位（盖章）", "承办人"]);
            (sheet.to, sheet.office) = (String::new(), String::new());
        }
        _ => return false,
    }
    true
}
