//! The questions in SQL. Each selects one sentence for each row that breaks the rule.

/// A question whose answer must be empty.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Its name, for scripts and tests.
    pub name: &'static str,
    /// What must hold, in words.
    pub holds: &'static str,
    /// Selects what breaks it.
    pub(super) sql: &'static str,
}

/// All questions, from the roster to the ledger.
pub(super) const ALL: &[Question] = &[
    Question {
        name: "nobody_in_two_places",
        holds: "同一人不在同一时间出现在两处，每人每天在中心只值一次班（A22、A23）",
        sql: "
            select format('%s%s在%s和%s的班次时间重叠（班次%s、%s）', p.name, to_char(s.duty_on, 'FMMM月FMDD日'),
                          v.short_name, w.short_name, s.id, t.id)
            from shifts s
            join shifts t on t.person_id = s.person_id and t.id > s.id and t.during && s.during
            join persons p on p.id = s.person_id
            join venues v on v.id = s.venue_id
            join venues w on w.id = t.venue_id
            union all
            select format('%s在%s有%s个中心班次', min(p.name), to_char(s.duty_on, 'FMMM月FMDD日'), count(*))
            from shifts s join persons p on p.id = s.person_id
            where s.venue_kind = 'service_centre'
            group by s.person_id, s.duty_on having count(*) > 1",
    },
    Question {
        name: "rights_given_by_another",
        holds: "账号由一人建立、由另一人授权；一人只有一个在用的账号；已退出值班人员库的没有账号",
        sql: "
            select format('账号%s没有经另一人授权', a.login)
            from accounts a
            where a.status = 'active' and a.created_by is not null
                and (a.granted_at is null or a.granted_by in (a.created_by, a.id))
            union all
            select format('人员编号%s有%s个在用的账号', a.staff_number, count(*))
            from accounts a where a.status <> 'disabled' and a.staff_number is not null
            group by a.bureau_id, a.staff_number having count(*) > 1
            union all
            select format('%s已退出值班人员库，账号%s仍在使用', p.name, a.login)
            from accounts a join persons p on p.id = a.person_id
            where p.status = 'left' and a.status = 'active'
            union all
            select format('账号%s的申请%s由申请人或本人处理', a.login, r.id)
            from rights_requests r join accounts a on a.id = r.account_id
            where r.decided_by in (r.asked_by, r.account_id)",
    },
    Question {
        name: "no_row_across_bureaus",
        holds: "一条数据涉及的人员、服务点和单据同属一个司法局",
        sql: "
            select format('班次%s', s.id)
            from shifts s join rosters r on r.id = s.roster_id join venues v on v.id = s.venue_id
                join persons p on p.id = s.person_id
            where r.bureau_id <> s.bureau_id or v.bureau_id <> s.bureau_id or p.bureau_id <> s.bureau_id
            union all
            select format('考勤%s', a.shift_id) from attendances a join shifts s on s.id = a.shift_id
            where a.bureau_id <> s.bureau_id
            union all
            select format('补签%s', c.id) from attendance_corrections c join shifts s on s.id = c.shift_id
            where c.bureau_id <> s.bureau_id
            union all
            select format('咨询记录%s', c.number) from consultations c join shifts s on s.id = c.shift_id
            where c.bureau_id <> s.bureau_id or c.venue_id <> s.venue_id or c.person_id <> s.person_id
            union all
            select format('扣款事项%s', f.id) from findings f join shifts s on s.id = f.shift_id
            where f.bureau_id <> s.bureau_id or f.venue_id <> s.venue_id or f.person_id <> s.person_id
            union all
            select format('账号%s', a.login) from accounts a
                left join venues v on v.id = a.venue_id left join persons p on p.id = a.person_id
            where v.bureau_id <> a.bureau_id or p.bureau_id <> a.bureau_id
            union all
            select format('人员%s的可值班服务点', p.name) from person_venues pv
                join persons p on p.id = pv.person_id join venues v on v.id = pv.venue_id
            where pv.bureau_id <> p.bureau_id or pv.bureau_id <> v.bureau_id
            union all
            select format('月结%s中的人员%s', i.settlement_id, p.name) from settlement_items i
                join settlements s on s.id = i.settlement_id join persons p on p.id = i.person_id
            where i.bureau_id <> s.bureau_id or i.bureau_id <> p.bureau_id
            union all
            select format('月结%s中的班次%s', l.settlement_id, l.shift_id) from settlement_lines l
                join settlements s on s.id = l.settlement_id join shifts t on t.id = l.shift_id
            where l.bureau_id <> s.bureau_id or l.bureau_id <> t.bureau_id
            union all
            select format('资金分录%s', p.id) from fund_postings p
                join fund_entries e on e.id = p.entry_id join fund_accounts a on a.id = p.account_id
            where (p.bureau_id, p.year) is distinct from (e.bureau_id, e.year)
                or (p.bureau_id, p.year) is distinct from (a.bureau_id, a.year)",
    },
    Question {
        name: "four_eyes",
        holds: "经办、审批、发放由不同的人办理",
        sql: "
            select format('%s排班由同一人提交和批准', to_char(month, 'YYYY年FMMM月')) from rosters
            where approved_by = submitted_by
            union all
            select format('%s月结由同一人计算、审批或发放', to_char(month, 'YYYY年FMMM月')) from settlements
            where approved_by = calculated_by or paid_by = approved_by or paid_by = calculated_by
            union all
            select format('扣款事项%s由提出人自己认定', id) from findings
            where status = 'confirmed' and decided_by = proposed_by
            union all
            select format('补签%s由申请人自己审批', id) from attendance_corrections where decided_by = asked_by",
    },
    Question {
        name: "steps_are_audited",
        holds: "排班、扣款事项、月结、资金和案件的每一步都有同一时刻的审计记录",
        sql: "
            with steps (subject, subject_id, account_id, at, words) as (
                select 'roster', id, made_by, made_at, '建立排班' from rosters
                union all
                select 'roster', id, submitted_by, submitted_at, '提交排班' from rosters where submitted_at is not null
                union all
                select 'roster', id, approved_by, approved_at, '批准排班' from rosters where approved_at is not null
                union all
                select 'roster', id, published_by, published_at, '公示排班' from rosters where published_at is not null
                union all
                select 'finding', finding_id, account_id, at, '扣款事项' || status from finding_steps
                where account_id is not null
                union all
                select 'settlement', id, calculated_by, calculated_at, '计算月结' from settlements
                union all
                select 'settlement', id, approved_by, approved_at, '审批月结' from settlements where approved_at is not null
                union all
                select 'settlement', id, paid_by, paid_at, '发放月结' from settlements where paid_at is not null
                union all
                select 'fund_entry', id, posted_by, posted_at, '资金记账' from fund_entries
                union all
                select 'case', id, registered_by, registered_at, '登记案件' from cases
            )
            select format('%s（%s%s）没有审计记录', s.words, s.subject, s.subject_id)
            from steps s
            where not exists (
                select from audit_records r
                where r.subject = s.subject and r.subject_id = s.subject_id::text
                  and r.account_id = s.account_id and r.at = s.at)",
    },
    Question {
        name: "findings_follow_their_steps",
        holds: "扣款事项的状态与它最后一步一致",
        sql: "
            select format('扣款事项%s为%s，最后一步是%s', f.id, f.status, coalesce(l.status, '无'))
            from findings f
            left join lateral (
                select status from finding_steps where finding_id = f.id order by id desc limit 1
            ) l on true
            where l.status is distinct from f.status",
    },
    Question {
        name: "consultation_sums",
        holds: "各服务点各月的咨询人次等于逐份记录之和（A43）",
        sql: "
            select format('%s%s：保存%s人次，逐份%s人次', v.short_name, to_char(m.month, 'YYYY年FMMM月'),
                          coalesce(s.counted, 0), coalesce(c.counted, 0))
            from (
                select s.venue_id, s.month, count(*) filter (where c.channel <> 'event') as counted, count(*) as records
                from consultations c join shifts s on s.id = c.shift_id group by s.venue_id, s.month
            ) c
            full join consultation_sums s on s.venue_id = c.venue_id and s.month = c.month
            cross join lateral (select coalesce(c.venue_id, s.venue_id) as venue_id, coalesce(c.month, s.month) as month) m
            join venues v on v.id = m.venue_id
            where coalesce(s.counted, 0) <> coalesce(c.counted, 0) or coalesce(s.last_number, 0) < coalesce(c.records, 0)",
    },
    Question {
        name: "one_settlement_a_month",
        holds: "每个司法局每月只有一份月结",
        sql: "
            select format('%s%s有%s份', b.name, to_char(s.month, 'YYYY年FMMM月'), count(*))
            from settlements s join bureaus b on b.id = s.bureau_id
            group by b.name, s.bureau_id, s.month having count(*) > 1",
    },
    Question {
        name: "shift_settled_once",
        holds: "每个班次至多结算一次",
        sql: "
            select format('班次%s在月结%s中重复', shift_id, string_agg(settlement_id::text, '、'))
            from settlement_lines group by shift_id having count(*) > 1",
    },
    Question {
        name: "settlement_totals",
        holds: "月结的合计等于各人之和，也等于各班次之和",
        sql: "
            select format('%s：合计%s/%s/%s/%s，各人%s/%s/%s/%s，各班次%s/%s', to_char(s.month, 'YYYY年FMMM月'),
                          s.base, s.deducted, s.adjustment, s.payable,
                          i.base, i.deducted, i.adjustment, i.payable, l.base, l.deducted)
            from settlements s
            cross join lateral (
                select count(*) as people, coalesce(sum(base), 0) as base, coalesce(sum(deducted), 0) as deducted,
                       coalesce(sum(adjustment), 0) as adjustment, coalesce(sum(payable), 0) as payable
                from settlement_items where settlement_id = s.id
            ) i
            cross join lateral (
                select coalesce(sum(base), 0) as base, coalesce(sum(deducted), 0) as deducted
                from settlement_lines where settlement_id = s.id
            ) l
            cross join lateral (
                select coalesce(sum(amount), 0) as amount from settlement_adjustments where settlement_id = s.id
            ) a
            where (s.people, s.base, s.deducted, s.adjustment, s.payable)
                    is distinct from (i.people, i.base, i.deducted, i.adjustment, i.payable)
                or (i.base, i.deducted) is distinct from (l.base, l.deducted)
                or i.adjustment <> a.amount
            union all
            select format('%s人员%s：合计%s/%s，各班次%s/%s', to_char(s.month, 'YYYY年FMMM月'), i.person_id,
                          i.base, i.deducted, l.base, l.deducted)
            from settlement_items i
            join settlements s on s.id = i.settlement_id
            cross join lateral (
                select coalesce(sum(base), 0) as base, coalesce(sum(deducted), 0) as deducted
                from settlement_lines where item_id = i.id
            ) l
            where (i.base, i.deducted) is distinct from (l.base, l.deducted)",
    },
    Question {
        name: "deducted_within_base",
        holds: "扣款不为负，也不超过应发（A15）",
        sql: "
            select format('班次%s：应发%s，扣款%s，实发%s', shift_id, base, deducted, payable) from settlement_lines
            where base < 0 or deducted not between 0 and base or payable not between 0 and base
            union all
            select format('月结%s人员%s：应发%s，扣款%s，实发%s', settlement_id, person_id, base, deducted, payable)
            from settlement_items
            where base < 0 or deducted not between 0 and base or payable < 0 or receivable < 0
                or payable - receivable <> subtotal + adjustment",
    },
    Question {
        name: "paid_shift_was_served",
        holds: "计发补贴的每个班次都由本人值守，有签到或经批准的补签",
        sql: "
            select format('%s班次%s没有签到记录却计发%s元', to_char(h.month, 'YYYY年FMMM月'), l.shift_id, l.payable)
            from settlement_lines l
            join settlements h on h.id = l.settlement_id
            left join attendances a on a.shift_id = l.shift_id
            where l.payable > 0 and a.shift_id is null
            union all
            select format('%s班次%s不是所结算的人员值守', to_char(h.month, 'YYYY年FMMM月'), l.shift_id)
            from settlement_lines l
            join settlement_items i on i.id = l.item_id
            join settlements h on h.id = l.settlement_id
            join shifts s on s.id = l.shift_id
            where s.person_id <> i.person_id or s.month <> h.month
            union all
            select format('班次%s的签到为补登，但没有批准的补签', a.shift_id)
            from attendances a
            join settlement_lines l on l.shift_id = a.shift_id and l.payable > 0
            where a.sign_in_method = 'correction' and not exists (
                select from attendance_corrections c
                where c.shift_id = a.shift_id and c.side = 'sign_in' and c.status = 'agreed')",
    },
    Question {
        name: "payment_is_posted",
        holds: "已发放的月结与资金台账的付款一一对应、金额相等",
        sql: "
            with standing as (
                select e.document_id, e.bureau_id, sum(p.amount) as amount, count(distinct e.id) as entries
                from fund_entries e
                join fund_postings p on p.entry_id = e.id and p.amount > 0
                where e.kind = 'duty_payment' and e.document_kind = 'settlement'
                  and not exists (select from fund_entries r where r.reversal_of = e.id)
                group by e.document_id, e.bureau_id
            )
            select format('%s月结%s应付%s元，台账付款%s笔%s元', to_char(s.month, 'YYYY年FMMM月'), s.status, s.payable,
                          coalesce(t.entries, 0), coalesce(t.amount, 0))
            from settlements s
            left join standing t on t.document_id = s.id::text and t.bureau_id = s.bureau_id
            where case when s.status = 'paid' then s.payable else 0 end <> coalesce(t.amount, 0)
                or t.entries > 1
            union all
            select format('台账中有付给月结%s的款，但没有这份月结', t.document_id)
            from standing t
            where not exists (select from settlements s where s.id::text = t.document_id and s.bureau_id = t.bureau_id)",
    },
    Question {
        name: "entries_sum_to_zero",
        holds: "每笔资金记录借贷相等",
        sql: "
            select format('%s年第%s号：借贷相差%s元', e.year, e.number, coalesce(sum(p.amount), 0))
            from fund_entries e left join fund_postings p on p.entry_id = e.id
            group by e.id having coalesce(sum(p.amount), 0) <> 0 or count(p.id) < 2",
    },
    Question {
        name: "entry_numbers_without_gaps",
        holds: "资金记录的编号每年从1起连续",
        sql: "
            select format('%s年共%s笔，编号到%s', year, count(*), max(number))
            from fund_entries group by bureau_id, year having max(number) <> count(*) or min(number) <> 1",
    },
    Question {
        name: "allowed_use",
        holds: "专项资金只用于值班补贴和案件补贴（方案五（二）），冲销与原记录方向相反、金额相等",
        sql: "
            select format('%s年第%s号（%s）动用了科目%s', e.year, e.number, e.kind, a.code)
            from fund_entries e
            join fund_postings p on p.entry_id = e.id
            join fund_accounts a on a.id = p.account_id
            where e.kind <> 'reversal' and not exists (
                select from fund_entry_rules r
                where r.kind = e.kind and r.account_code = a.code
                  and r.side = case when p.amount > 0 then 'debit' else 'credit' end)
            union all
            select format('%s年第%s号与所冲销的记录不相抵', e.year, e.number)
            from fund_entries e
            where e.kind = 'reversal' and exists (
                select from (
                    select account_id, amount from fund_postings where entry_id in (e.id, e.reversal_of)
                ) both_entries
                group by account_id having sum(amount) <> 0)",
    },
    Question {
        name: "balances",
        holds: "各科目余额等于分录之和，记账后余额逐笔相符",
        sql: "
            select format('%s年%s：余额%s元，分录之和%s元', a.year, a.name, a.balance, coalesce(sum(p.amount), 0))
            from fund_accounts a left join fund_postings p on p.account_id = a.id
            group by a.id having a.balance <> coalesce(sum(p.amount), 0)
            union all
            select format('%s年%s分录%s：记账后余额%s元，应为%s元', r.year, r.name, r.id, r.balance_after, r.running)
            from (
                select a.year, a.name, p.id, p.balance_after,
                       sum(p.amount) over (partition by p.account_id order by p.id) as running
                from fund_postings p join fund_accounts a on a.id = p.account_id
            ) r
            where r.balance_after <> r.running",
    },
    Question {
        name: "never_below_zero",
        holds: "任何时候资金都没有透支",
        sql: "
            select format('%s年%s在分录%s之后为%s元', r.year, r.name, r.id, r.running)
            from (
                select a.year, a.name, p.id, a.kind,
                       sum(p.amount) over (partition by p.account_id order by p.id) as running
                from fund_postings p join fund_accounts a on a.id = p.account_id
            ) r
            where case when r.kind in ('source', 'liability') then r.running > 0 else r.running < 0 end",
    },
    Question {
        name: "case_places_without_gaps",
        holds: "计入任务的案件每年从第1件起连续，日期与依据相符（A34、A36）",
        sql: "
            select format('%s年共计入%s件，序号到%s', counted_year, count(*), max(place))
            from cases where counted_year is not null
            group by bureau_id, counted_year having max(place) <> count(*) or min(place) <> 1
            union all
            select format('%s的计入日期与同意结案、录入日期不符', number) from cases
            where programme_case and terminated_on is null and closing_agreed_on is not null and entered_on is not null
              and counted_on is distinct from greatest(closing_agreed_on, entered_on)
            union all
            select format('%s已经作废，却又有补贴', c.number) from case_voids v
            join cases c on c.id = v.case_id
            join case_payouts p on p.case_id = v.case_id and p.live
            join case_batches b on b.id = p.batch_id
            where v.agreed and b.prepared_at > v.decided_at
            union all
            select format('%s的作废由申请人自己同意', c.number) from case_voids v join cases c on c.id = v.case_id
            where v.decided_by = v.asked_by
            union all
            select format('%s作废时其后已有案件发放，却让出了位次', c.number)
            from case_voids v
            join cases c on c.id = v.case_id
            join cases l on l.bureau_id = c.bureau_id and l.counted_year = c.counted_year and l.place > c.place
            join case_payouts p on p.case_id = l.id and (p.live or p.ended_at > v.decided_at)
            join case_batches b on b.id = p.batch_id and b.paid_at < v.decided_at
            where v.frees_place
            union all
            select format('%s不应计入', number) from cases
            where counted_on is not null
              and (not programme_case or terminated_on is not null or closing_agreed_on is null or entered_on is null)",
    },
    Question {
        name: "case_states_follow_their_events",
        holds: "案件的状态与时间线上最后一步一致",
        sql: "
            select format('%s为%s，最后一步到%s', c.number, c.state, coalesce(e.to_state, '无'))
            from cases c
            left join lateral (
                select to_state from case_events
                where case_id = c.id and kind = 'move' order by id desc limit 1
            ) e on true
            where c.origin = 'live' and c.state is distinct from e.to_state",
    },
    Question {
        name: "case_names_are_of_readers",
        holds: "受限案件的指定人员都是本局能查看案件的账号，只有受限案件才有指定人员",
        sql: "
            select format('%s指定了%s', c.number, a.login)
            from case_access x join cases c on c.id = x.case_id join accounts a on a.id = x.account_id
            where not c.restricted or a.bureau_id <> c.bureau_id
               or a.role not in ('duty_person', 'bureau_clerk', 'approver', 'leader', 'legal_aid_staff',
                                 'legal_aid_director', 'handler')",
    },
    Question {
        name: "case_consultations_of_the_bureau",
        holds: "由咨询转来的案件，咨询记录在同一个司法局",
        sql: "
            select format('%s来自别局的咨询%s', c.number, s.number)
            from cases c join consultations s on s.id = c.consultation_id where s.bureau_id <> c.bureau_id",
    },
    Question {
        name: "case_decisions_have_two_people",
        holds: "案件由审查人以外的人审批，结案由审查人以外的人同意，承办人不审批自己的案件",
        sql: "
            select format('%s由同一人审查和审批', c.number)
            from cases c join case_applications a on a.case_id = c.id where a.reviewed_by = a.decided_by
            union all
            select format('%s由同一人审查结案材料和同意结案', c.number)
            from cases c join case_closings l on l.case_id = c.id where l.reviewed_by = l.agreed_by
            union all
            select format('%s由承办人自己审批', c.number)
            from cases c join case_handlers h on h.id = c.handler_id
            left join case_applications a on a.case_id = c.id left join case_closings l on l.case_id = c.id
            where h.account_id in (a.reviewed_by, a.decided_by, l.reviewed_by, l.agreed_by)",
    },
    Question {
        name: "case_assignments_fit",
        holds: "在办的案件有且只有一名承办人，与指派一致",
        sql: "
            select format('%s的承办人与指派不符', c.number)
            from cases c
            left join case_assignments s on s.case_id = c.id and s.ended_on is null
            where c.origin = 'live'
              and c.state in ('assigned', 'entrusted', 'handling', 'concluded', 'closing_review', 'returned', 'close_agreed', 'entered')
              and s.handler_id is distinct from c.handler_id",
    },
    Question {
        name: "case_clocks_end_with_the_case",
        holds: "办完的案件没有还在走的审查、指派、办理期限",
        sql: "
            select format('%s的期限%s还在走', c.number, k.kind)
            from case_clocks k join cases c on c.id = k.case_id
            where k.ended_on is null
              and (c.state in ('entered', 'archived', 'withdrawn', 'deemed_withdrawn', 'not_ours')
                       and k.kind not in ('payout', 'object')
                   or k.kind = 'pass_on' and c.state <> 'draft')",
    },
    Question {
        name: "case_numbers_without_gaps",
        holds: "各类文书在一年中从第1号起连续编号",
        sql: "
            select format('%s年“%s”字编到%s号，实有%s份', n.year, n.series, n.last, count(d.id))
            from case_numbers n
            left join case_documents d on d.bureau_id = n.bureau_id
                and d.number like '%法援' || n.series || '字〔' || n.year::text || '〕%'
            where n.series in ('指', '决', '补', '更', '终', '函')
            group by n.bureau_id, n.year, n.series, n.last having count(d.id) <> n.last",
    },
    Question {
        name: "case_closings_have_their_papers",
        holds: "同意结案的案件有协议、会见笔录和结案报告",
        sql: "
            select format('%s缺%s', c.number, k.kind)
            from cases c cross join (values ('agreement'), ('meeting_record'), ('closing_report'), ('closing_review')) k (kind)
            where c.origin = 'live' and c.closing_agreed_on is not null
              and not exists (select from case_documents d where d.case_id = c.id and d.kind = k.kind and d.removed_at is null)",
    },
];
