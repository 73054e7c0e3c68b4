//! The database's constraints in words: the name is the interface to the message.
//!
//! The code's own checks speak first and in more detail; these sentences are what a
//! person reads when two of them act in the same instant.

/// The sentence for a violated constraint; `None` for any other error.
pub fn sentence(error: &sqlx::Error) -> Option<&'static str> {
    let database = error.as_database_error()?;
    if let Some(name) = database.constraint()
        && let Some((_, sentence)) = SENTENCES.iter().find(|(constraint, _)| *constraint == name)
    {
        return Some(sentence);
    }
    match database.code().as_deref() {
        // serialization_failure, deadlock_detected, lock_not_available
        Some("40001" | "40P01" | "55P03") => Some("有人正在办理同一事项，请刷新页面后重试。"),
        _ => None,
    }
}

/// The name of the violated constraint, for a message beside a field.
pub fn violated(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

const SENTENCES: &[(&str, &str)] = &[
    ("accounts_login", "这个登录名已被使用，请换一个。"),
    ("accounts_person", "这名值班人员已经有账号。"),
    ("persons_id_number", "值班人员库中已有这个身份证号。"),
    ("persons_retired_years", "政法机关退休人员须从事相关业务满5年（方案四(一)3）。"),
    ("persons_licence", "该类人员须填写执业证号或资格证号。"),
    ("venues_code", "已有相同编码的服务点。"),
    ("venues_name", "已有同名的服务点。"),
    ("programmes_year", "这一年度的方案已经建立。"),
    ("programmes_frozen", "已有月份按本方案审批，方案不能再改；请复制为下一年度的方案。"),
    ("rosters_month", "这个月的排班已经建立。"),
    ("rosters_second_person", "排班须由提交人以外的人审核。"),
    ("shifts_calendar_year", "这一年还没有录入工作日历，不能排班。"),
    ("shifts_in_month", "班次日期不在本月。"),
    ("shifts_minimum_hours", "班次时长低于方案规定的最低时数（方案四(一)4）。"),
    ("shifts_change_reason", "调整班次须写明原因。"),
    ("shifts_station_wednesday", "工作站在每周三值班；改到其他日期须选择调整类型并写明原因（方案四(一)4）。"),
    ("shifts_working_day", "这一天不是工作日，不能安排值班。"),
    ("shifts_one_place", "该人员在这一时间已有其他班次。"),
    ("shifts_one_centre_day", "该人员当天在公共法律服务中心已有班次，每人每天一次（方案五(二)1）。"),
    ("shifts_hours", "结束时间须晚于开始时间，值班不跨日。"),
    ("shifts_moved_from", "改期须写明原来的值班日，且与新日期不同。"),
    ("shifts_roster_is_draft", "排班已提交审核，不能再改；如需修改，请先退回。"),
    ("attendances_pkey", "这个班次已经签到。"),
    ("attendances_order", "签退时间须晚于签到时间。"),
    ("attendances_month_is_open", "本月考勤已审定上报，不能再改；如需更正，请先由司法局退回。"),
    ("attendance_corrections_second_person", "补签须由申请人以外的人审批。"),
    ("attendance_corrections_one_open", "这个班次已有一份待审批的补签申请。"),
    ("consultations_number", "这个编号刚刚被占用，请再保存一次。"),
    ("consultations_times", "咨询的结束时间不能早于开始时间。"),
    ("consultations_identity", "请填写咨询人姓名；对方不愿提供的，请勾选“拒绝提供身份”。"),
    ("consultations_outcomes", "请至少选择一项处理结果。"),
    ("findings_once", "这一事项已经登记过，不重复计算。"),
    ("findings_second_person", "扣款事项须由提出人以外的人认定。"),
    ("settlements_month", "这个月已经有人计算过，请刷新页面查看。"),
    ("settlements_second_person", "月结须由计算人以外的人审批。"),
    ("settlements_third_person", "补贴须由计算人和审批人以外的人发放。"),
    ("settlements_frozen", "月结已经审批，不能再改。"),
    ("settlement_lines_shift_once", "有班次已在其他月结中计算，不能重复发放。"),
    ("fund_accounts_not_below_zero", "资金余额不足，没有记账。"),
    ("fund_entries_allowed_use", "专项资金只能用于值班补贴和案件补贴（方案五(二)）。"),
    ("fund_entries_reversed_once", "这笔记录已经冲销过。"),
    ("fund_entries_one_fund", "一笔记录不能同时动用两项资金。"),
    ("fund_entries_period_open", "这个月的账已经结账，不能再记；请记在未结账的日期。"),
    ("fund_entries_carried_once", "这一年度的资金已经结转。"),
    ("fund_closings_month", "这个月已经结账。"),
    ("fund_entry_rules_append_only", "资金的用途范围不能修改（方案五(二)）。"),
    ("case_extensions_one_open", "这个案件已有一份待审批的延期申请。"),
    ("case_extensions_second_person", "延期须由申请人以外的人审批。"),
    ("case_extensions_together", "延长时间合计超过方案规定的上限（方案五(二)）。"),
    ("case_extensions_in_time", "发放期限已过，不能再延期。"),
    ("case_payouts_once", "其中有案件已在另一批次中，每件只发一次。"),
    ("case_payouts_place", "这个年度序号已经由专项资金发放过。"),
    ("case_payouts_gate", "其中有案件现在不能发放补贴。"),
    ("case_payouts_paid_elsewhere", "其中有案件已由其他资金发放，不得重复发放。"),
    ("case_payouts_within_target", "其中有案件不在年度任务数之内，不能使用专项资金。"),
    ("case_payouts_frozen", "已编制的补贴不能修改。"),
    ("case_outside_payments_not_paid", "这个案件的补贴已由惠民工程发放，请先收回。"),
    ("case_batches_second_person", "批次须由编制人以外的人审批。"),
    ("case_batches_third_person", "批次须由编制人和审批人以外的人发放。"),
    ("case_batches_frozen", "批次已经办理，不能再改。"),
    ("bank_changes_one_open_person", "这名人员已有一项账户变更等待复核。"),
    ("bank_changes_one_open_payee", "这名收款人已有一项账户变更等待复核。"),
    ("bank_changes_second_person", "账户变更须由登记人以外的人复核。"),
    ("persons_account_confirmed", "账户变更须先由另一人复核。"),
    ("payees_account_confirmed", "账户变更须先由另一人复核。"),
    ("pay_holds_one_open", "这名人员的补贴已在暂缓发放中。"),
    ("pay_holds_second_person", "暂缓须由登记人以外的人解除。"),
    ("payables_item_once", "这名人员这个月的补贴已经发放。"),
    ("payables_payout_once", "这个案件的补贴已经发放。"),
    ("transfers_once", "这笔款项已在转账中，不能重复转账。"),
    ("payment_runs_number", "有人同时在登记发放，请重试。"),
    ("cases_number", "已有相同编号的案件。"),
    ("cases_place", "有人正在登记同一年度的案件，请重试。"),
    ("cases_order", "案件日期的先后顺序不对：受理、指派、同意结案依次进行。"),
    ("cases_application_number", "这个申请编号刚刚被占用，请再保存一次。"),
    ("case_quality_once", "有案件已经安排过这一类评查。"),
    ("case_screenings_once", "这一条已经有人核实过。"),
    ("cases_once_from_consultation", "这份咨询已经转交法律援助中心，不用再转。"),
    ("cases_by_archive_number", "这个档号刚刚被占用，请再办理一次。"),
    ("cases_life_order", "案件日期的先后顺序不对：指派、签协议、结案、提交材料、同意结案、归档依次进行。"),
    ("cases_state_agreed", "案件的状态与同意结案日期不符，没有保存。"),
    ("case_firms_name", "已有同名的承办单位。"),
    ("case_handlers_account_id_key", "这个账号已经属于另一名承办人。"),
    ("case_handlers_by_licence", "已有相同执业证号的承办人。"),
    ("case_handlers_licence", "律师和基层法律服务工作者须填写执业证号和执业起始日期。"),
    ("case_applications_one_supplement", "已经通知过一次补正，不能再次通知。"),
    ("case_applications_second_person", "案件须由审查人以外的人审批。"),
    ("case_closings_second_person", "结案材料须由承办人以外的人审查，由审查人以外的人同意结案。"),
    ("case_assignments_one_open", "案件已经指派，请刷新页面查看。"),
    ("case_events_append_only", "案件时间线只能增加，不能修改或者删除。"),
    ("calendar_years_pkey", "这一年的工作日历已经录入。"),
    ("audit_records_append_only", "审计记录只能增加。"),
    ("fund_entries_append_only", "资金记录只能冲销，不能修改或删除。"),
    ("fund_postings_append_only", "资金记录只能冲销，不能修改或删除。"),
];
