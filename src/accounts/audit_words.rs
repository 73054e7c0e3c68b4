//! The codes of the audit trail in words, for the page that shows it.

/// What was done. A code without words, of an older version, is shown itself.
pub fn action(code: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

/// To what kind of thing it was done.
pub fn subject(code: &str) -> &str {
    SUBJECTS.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

/// The codes whose words contain what was searched for.
pub(super) fn actions_named(search: &str) -> Vec<String> {
    let found = ACTIONS.iter().filter(|(_, words)| !search.is_empty() && words.contains(search));
    found.map(|(code, _)| (*code).to_owned()).collect()
}

const SUBJECTS: &[(&str, &str)] = &[
    ("account", "账号"),
    ("attendance", "考勤"),
    ("attendance_month", "月度考勤"),
    ("bureau", "司法局"),
    ("calendar_year", "工作日历"),
    ("case", "案件"),
    ("case_quality", "质量评查"),
    ("client", "来访人"),
    ("clock", "演示时间"),
    ("data_correction", "个人信息更正"),
    ("consultation", "咨询记录"),
    ("correction", "补签申请"),
    ("evidence", "核查材料"),
    ("finding", "扣款事项"),
    ("page", "页面"),
    ("fund_entry", "资金记录"),
    ("handler", "承办人"),
    ("online_application", "网上申请"),
    ("person", "值班人员"),
    ("programme", "实施方案"),
    ("roster", "排班"),
    ("security_policy", "登录安全设置"),
    ("settlement", "月结"),
    ("shift", "班次"),
    ("consultation_draft", "咨询草稿"),
    ("fund_period", "资金月份"),
    ("payment_run", "发放批次"),
    ("bank_change", "银行账户变更"),
    ("payee", "收款人"),
    ("transfer", "转账"),
    ("case_batch", "案件补贴批次"),
    ("case_payout", "案件补贴"),
    ("case_extension", "延期发放"),
    ("report", "资金报告"),
    ("venue", "服务点"),
];

const ACTIONS: &[(&str, &str)] = &[
    ("fund.close", "资金月份结账"),
    ("receivable.ask", "申请处理应退款"),
    ("receivable.decide", "审批应退款"),
    ("settlement.object", "对补贴提出异议"),
    ("settlement.answer_objection", "答复补贴异议"),
    ("payment.export", "导出发放文件"),
    ("payment.layout", "修改发放文件格式"),
    ("bank_account.ask", "申请变更银行账户"),
    ("bank_account.confirm", "复核银行账户变更"),
    ("bank_account.refuse", "不同意银行账户变更"),
    ("payee.change", "修改收款人"),
    ("pay.hold", "暂缓发放"),
    ("pay.release", "恢复发放"),
    ("payment.export_tax", "导出个税申报表"),
    ("payment.run", "生成发放批次"),
    ("payment.return", "登记银行退回"),
    ("payout.prepare", "编制案件补贴"),
    ("payout.approve", "审批案件补贴"),
    ("payout.return", "退回案件补贴"),
    ("payout.dissolve", "拆分案件补贴批次"),
    ("payout.pay", "发放案件补贴"),
    ("payout.reopen", "重新编制案件补贴"),
    ("payout.refund", "登记案件补贴退款"),
    ("payout.ask_extension", "申请延期发放"),
    ("payout.ask_void", "申请案件作废"),
    ("payout.decide_void", "审批案件作废"),
    ("payout.decide_extension", "审批延期发放"),
    ("payout.record_outside", "登记其他资金已发"),
    ("payout.withdraw_outside", "撤销其他资金登记"),
    ("report.prepare", "编制资金报告"),
    ("report.check", "复核资金报告"),
    ("report.sign", "签发资金报告"),
    ("report.withdraw", "撤回资金报告"),
    ("account.ask_rights", "申请权限"),
    ("access.missing", "打开不存在或范围外的内容"),
    ("access.not_carried_out", "按规则没有办理"),
    ("access.refused", "越权访问被拒"),
    ("access.too_many", "操作过于频繁被拒"),
    ("access.unusable", "提交的内容无法识别"),
    ("consultation.reveal", "查看来访人完整号码"),
    ("person.copy", "下载本人资料副本"),
    ("person.reveal", "查看值班人员完整号码"),
    ("retention.anonymise", "保存期满匿名"),
    ("retention.delete", "保存期满删除"),
    ("page.given", "打印或下载"),
    ("account.change_password", "修改密码"),
    ("account.change_password_refused", "修改密码被拒"),
    ("account.change_policy", "修改登录安全设置"),
    ("account.confirm", "再次确认本人"),
    ("account.confirm_refused", "再次确认本人被拒"),
    ("account.create", "新建账号"),
    ("account.decide_rights", "授予或不授予权限"),
    ("account.disable_unused", "停用久未登录的账号"),
    ("account.disable_left", "人员退出，停用账号"),
    ("account.end_session", "结束其他设备的登录"),
    ("account.enrol_second_factor", "启用动态验证码"),
    ("account.recover", "在服务器上恢复管理员"),
    ("account.renew_recovery_codes", "更换恢复码"),
    ("account.reset_password", "重置密码"),
    ("account.review_access", "复核账号权限"),
    ("account.set_status", "停用或恢复账号"),
    ("account.set_up", "首次设置"),
    ("account.add_passkey", "添加通行密钥"),
    ("account.passkey_copied", "通行密钥疑似被复制"),
    ("account.remove_passkey", "删除通行密钥"),
    ("client.answer_correction", "答复更正请求"),
    ("client.copy", "下载来访人资料副本"),
    ("client.look", "按身份证号查找来访人"),
    ("client.note_correction", "登记更正请求"),
    ("account.sign_in", "登录"),
    ("account.sign_in_refused", "登录被拒"),
    ("account.sign_out", "退出"),
    ("attendance.ask_correction", "申请补签"),
    ("attendance.certify", "审定并上报考勤"),
    ("attendance.decide_correction", "审批补签"),
    ("attendance.propose_at_certification", "审定时提出扣款事项"),
    ("attendance.remark", "考勤备注"),
    ("attendance.return_month", "退回考勤"),
    ("attendance.sign_in", "签到"),
    ("attendance.sign_out", "签退"),
    ("bureau.set_supervise_phone", "修改监督电话"),
    ("calendar.add_year", "录入工作日历"),
    ("case.accept", "受理案件"),
    ("case.agree_closing", "同意结案"),
    ("case.aid_first", "先行提供援助"),
    ("case.archive", "案件归档"),
    ("case.ask_change", "申请更换承办人"),
    ("case.ask_cooperation", "请求协作核查"),
    ("case.ask_supplement", "通知补正"),
    ("case.assign", "指派案件"),
    ("case.begin", "登记申请或者通知"),
    ("case.change_handler", "更换承办人"),
    ("case.compare", "与省系统清单核对"),
    ("case.conclude", "登记办结"),
    ("case.correct", "更正案件"),
    ("case.cooperation_back", "收到协作核查结果"),
    ("case.correct_application", "更正申请内容"),
    ("case.correct_decision", "责令改正"),
    ("case.deem_withdrawn", "视为撤回申请"),
    ("case.decline_online", "不受理网上申请"),
    ("case.draw_quality", "安排质量评查"),
    ("case.enter", "录入省系统"),
    ("case.export", "导出录入清单"),
    ("case.export_send_backs", "导出退回理由统计"),
    ("case.file", "收存卷宗材料"),
    ("case.file_materials", "提交结案材料"),
    ("case.grant", "决定给予援助"),
    ("case.hand_over", "移交案件"),
    ("case.mend", "提交评查整改"),
    ("case.message", "案件留言"),
    ("case.name", "指定受限案件的人员"),
    ("case.not_ours", "转其他机构"),
    ("case.object", "登记异议"),
    ("case.open_online", "核收网上申请"),
    ("case.pass_closing", "结案审查合格"),
    ("case.quality", "提交质量评查"),
    ("case.record", "登记办理情况"),
    ("case.refuse", "决定不予援助"),
    ("case.refuse_change", "不同意更换承办人"),
    ("case.register", "登记案件"),
    ("case.remove_paper", "撤出卷宗材料"),
    ("case.return_materials", "退回结案材料"),
    ("case.reveal", "查看完整证件号码"),
    ("case.review", "提出审查意见"),
    ("case.screen", "核实异常迹象"),
    ("case.send_back", "退回重新审查"),
    ("case.send_online", "网上申请法律援助"),
    ("case.serve", "登记送达"),
    ("case.settle_aid_first", "补办审批手续"),
    ("case.sign", "签订委托协议"),
    ("case.start_handling", "开始办理"),
    ("case.submit", "收到申请"),
    ("case.supplemented", "补正齐全"),
    ("case.take_on", "接受指派"),
    ("case.terminate", "终止案件"),
    ("case.uphold", "维持决定"),
    ("case.unname", "取消指定人员"),
    ("case.withdraw", "撤回申请"),
    ("consultation.edit", "修改咨询记录"),
    ("consultation.look_up", "查看咨询人信息"),
    ("consultation.record", "登记咨询"),
    ("consultation.review", "复核咨询记录"),
    ("demonstration.set_clock", "调整演示时间"),
    ("evidence.export", "导出核查材料"),
    ("finding.confirm", "认定扣款事项"),
    ("finding.object", "提出异议"),
    ("finding.propose", "提出扣款事项"),
    ("finding.renew", "重新提出扣款事项"),
    ("finding.revoke", "撤销扣款事项"),
    ("finding.tell", "告知扣款事项"),
    ("finding.withdraw", "撤回扣款事项"),
    ("fund.pay_cases", "案件补贴记账"),
    ("fund.pay_duty", "值班补贴记账"),
    ("fund.receive", "资金到位"),
    ("fund.bank_return", "银行退回"),
    ("fund.carry_over", "结转下一年度"),
    ("fund.refund", "补贴退款记账"),
    ("fund.repay", "重新发放记账"),
    ("fund.return", "结余资金上缴"),
    ("fund.reverse", "冲销资金记录"),
    ("fund.spend", "工作经费支出"),
    ("fund.transfer", "资金拨付"),
    ("handler.change", "修改承办人"),
    ("handler.register", "登记承办人"),
    ("person.change", "修改值班人员"),
    ("person.register", "登记值班人员"),
    ("person.set_status", "值班人员停用、恢复或退出"),
    ("programme.change", "修改实施方案"),
    ("programme.copy", "复制实施方案"),
    ("roster.add_shift", "增加班次"),
    ("roster.approve", "批准排班"),
    ("roster.fill_all", "全部服务点轮排"),
    ("roster.fill_venue", "服务点整月排班"),
    ("roster.move_shift", "调整班次"),
    ("roster.publish", "公示排班"),
    ("roster.remove_shift", "删除班次"),
    ("roster.return", "退回排班"),
    ("roster.start", "建立排班"),
    ("roster.submit", "提交排班"),
    ("settlement.approve", "批准月结"),
    ("settlement.chase", "催办考勤上报"),
    ("settlement.calculate", "计算月结"),
    ("settlement.pay", "发放补贴"),
    ("settlement.reopen", "重新打开月结"),
    ("settlement.return", "退回月结"),
    ("settlement.review", "复核月结"),
    ("venue.change", "修改服务点"),
];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
            .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
            .collect()
    }

    fn literal(word: &str) -> Option<&str> {
        let code = word.strip_prefix('"')?.strip_suffix('"')?;
        code.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_').then_some(code)
    }

    #[test]
    fn what_is_written_into_the_trail_has_words() {
        let mut without = Vec::new();
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split("Audit::new(").skip(1) {
                // A code given as a variable is looked up when it is shown.
                let mut words = call.split(',').map(|word| literal(word.trim()));
                let (code, kind) = (words.next().flatten(), words.next().flatten());
                without.extend(code.filter(|code| action(code) == *code).map(str::to_owned));
                without.extend(kind.filter(|kind| subject(kind) == *kind).map(str::to_owned));
            }
        }
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let source = text.split("#[cfg(test)]").next().unwrap();
            // Those that a match or a condition chooses among.
            let quoted: Vec<&str> = source.split('"').collect();
            let chosen =
                quoted.windows(2).filter(|two| ["=>", "=> (", "{"].iter().any(|end| two[0].trim_end().ends_with(end)));
            let codes = chosen.map(|two| two[1]).filter(|code| literal(&format!("\"{code}\"")).is_some());
            let slice = |code: &str| {
                code.split_once('.')
                    .is_some_and(|(slice, _)| ACTIONS.iter().any(|(known, _)| known.split('.').next() == Some(slice)))
            };
            without.extend(codes.filter(|code| slice(code) && action(code) == *code).map(str::to_owned));
        }
        assert_eq!(without, Vec::<String>::new(), "add their words to src/accounts/audit_words.rs");
    }

    #[test]
    fn words_find_their_codes_and_unknown_codes_stay() {
        assert_eq!(actions_named("重置密码"), ["account.reset_password"]);
        assert!(actions_named("").is_empty());
        assert_eq!(action("old.code"), "old.code");
    }
}
