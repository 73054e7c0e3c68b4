//! Questions about the money: the chain of the ledger, case payouts, what was sent to whom.

use super::Question;

/// From the chain to the transfer.
pub(super) const ALL: &[Question] = &[
    Question {
        name: "ledger_chain",
        holds: "资金记录的校验链完整，没有改过或抽走的记录",
        sql: "
            select format('%s年第%s号记录（编号%s）与校验链不符，从这一笔起不可信', e.year, e.number, e.id)
            from (
                select c.*, lag(c.hash, 1, '') over (partition by c.bureau_id order by c.link) as before,
                       row_number() over (partition by c.bureau_id order by c.link) as expected
                from fund_chain c
            ) l
            join fund_entries e on e.id = l.entry_id
            where l.hash <> fund_chain_hash(l.before, l.entry_id) or l.link <> l.expected
            union all
            select format('%s年第%s号记录没有编入校验链', e.year, e.number)
            from fund_entries e where not exists (select from fund_chain c where c.entry_id = e.id)
            union all
            select format('%s结账时的校验值已不在链上', to_char(c.month, 'YYYY年FMMM月'))
            from fund_closings c
            where c.last_hash <> '' and not exists (
                select from fund_chain l where l.bureau_id = c.bureau_id and l.hash = c.last_hash)",
    },
    Question {
        name: "closed_periods",
        holds: "已结账月份的余额与账上相符",
        sql: "
            select format('%s结账余额：科目%s当时%s元，按分录为%s元', to_char(c.month, 'YYYY年FMMM月'), b.key, b.value,
                          coalesce(s.amount, 0))
            from fund_closings c
            cross join lateral jsonb_each_text(c.balances) b
            left join lateral (
                select sum(p.amount) as amount
                from fund_postings p join fund_entries e on e.id = p.entry_id join fund_accounts a on a.id = p.account_id
                where e.bureau_id = c.bureau_id and a.code || '@' || a.year = b.key
                  and e.entered_on < c.month + interval '1 month') s on true
            where b.value::numeric <> coalesce(s.amount, 0)",
    },
    Question {
        name: "one_fund_an_entry",
        holds: "每笔记录只动用一项资金，专项资金没有流向其他用途",
        sql: "
            select format('%s年第%s号', e.year, e.number)
            from fund_entries e join fund_postings p on p.entry_id = e.id join fund_accounts a on a.id = p.account_id
            group by e.id having count(distinct a.fund) > 1",
    },
    Question {
        name: "cases_paid_once",
        holds: "每件只发一次办案补贴，且没有其他资金的发放（A39），每年专项资金发放件数不超过任务数",
        sql: "
            select format('%s有%s笔补贴', c.number, count(*))
            from case_payouts p join cases c on c.id = p.case_id where p.live
            group by c.id having count(*) > 1
            union all
            select format('%s已由其他资金发放，又在批次中', c.number)
            from case_payouts p join cases c on c.id = p.case_id
            where p.live and exists (select from case_outside_payments o where o.case_id = c.id and o.withdrawn_by is null)
            union all
            select format('%s年专项资金发放%s件，任务数%s件', p.year, count(*), min((g.content ->> 'case_target')::integer))
            from case_payouts p join programmes g on g.bureau_id = p.bureau_id and g.year = p.year
            where p.live and p.earmarked > 0 and not case_is_void(p.case_id)
            group by p.bureau_id, p.year having count(*) > min((g.content ->> 'case_target')::integer)",
    },
    Question {
        name: "cases_paid_are_eligible",
        holds: "发放的案件都已同意结案；动用专项资金的都已录入、编号、在任务数之内，不由机构工作人员承办",
        sql: "
            select c.number
            from case_payouts p join cases c on c.id = p.case_id
                join programmes g on g.bureau_id = p.bureau_id and g.year = p.year
            where p.live and (c.closing_agreed_on is null or c.terminated_on is not null or c.handler_category = 'agency_staff'
                or p.earmarked > 0 and (c.counted_on is null or c.place is distinct from p.place
                    or case_position(c.bureau_id, c.counted_year, c.place) > (g.content ->> 'case_target')::integer))",
    },
    Question {
        name: "batches_add_up",
        holds: "批次合计、各件、付款记录、转账四者相符",
        sql: "
            select format('%s年第%s批：批次%s元，各件%s元', b.year, b.number, b.earmarked + b.operating, coalesce(p.amount, 0))
            from case_batches b
            left join lateral (select sum(earmarked + operating) as amount from case_payouts where batch_id = b.id) p on true
            where b.earmarked + b.operating <> coalesce(p.amount, 0)
            union all
            select format('%s年第%s批：应付%s元，记账%s元', b.year, b.number,
                          case b.status when 'paid' then b.earmarked + b.operating else 0 end, coalesce(e.amount, 0))
            from case_batches b
            left join lateral (
                select sum(p.amount) as amount from fund_entries e join fund_postings p on p.entry_id = e.id and p.amount > 0
                where e.bureau_id = b.bureau_id and e.document_kind = 'case_batch' and e.document_id = b.id::text
                  and not exists (select from fund_entries r where r.reversal_of = e.id)) e on true
            where case b.status when 'paid' then b.earmarked + b.operating else 0 end <> coalesce(e.amount, 0)",
    },
    Question {
        name: "payables_follow_their_payment",
        holds: "已发放的月结和批次，每人每件都有一笔应付款，金额相符；没有发放的不付款",
        sql: "
            select format('%s：%s应付%s元，列入发放%s元', to_char(s.month, 'YYYY年FMMM月'), p.name, i.payable,
                          coalesce(y.earmarked, 0))
            from settlements s
            join settlement_items i on i.settlement_id = s.id
            join persons p on p.id = i.person_id
            left join payables y on y.item_id = i.id and y.status <> 'void'
            where exists (select from payables k where k.settlement_id = s.id)
              and case s.status when 'paid' then i.payable else 0 end <> coalesce(y.earmarked + y.operating, 0)
            union all
            select format('%s：应付%s元，列入发放%s元', c.number, p.earmarked + p.operating,
                          coalesce(y.earmarked + y.operating, 0))
            from case_payouts p
            join case_batches b on b.id = p.batch_id
            join cases c on c.id = p.case_id
            left join payables y on y.payout_id = p.id and y.status <> 'void'
            where case when b.status = 'paid' and p.live then p.earmarked + p.operating else 0 end
                <> coalesce(y.earmarked + y.operating, 0)",
    },
    Question {
        name: "sent_once",
        holds: "每笔应付款同时只有一笔转账在外，金额与应付相同；已发的有转账，待发的没有",
        sql: "
            select format('%s的“%s”：状态%s，在外转账%s笔共%s元', y.payee_name, y.purpose, y.status, count(t.id),
                          coalesce(sum(t.amount), 0))
            from payables y left join transfers t on t.payable_id = y.id and t.status = 'sent'
            group by y.id
            having case y.status when 'sent' then count(t.id) <> 1 or sum(t.amount) <> y.earmarked + y.operating
                   else count(t.id) <> 0 end",
    },
    Question {
        name: "owed_is_in_the_books",
        holds: "待发的款项与台账“待发补贴”科目的余额相符",
        sql: "
            select format('%s年：待发专项%s元、业务经费%s元，账上%s元、%s元', a.year, coalesce(y.earmarked, 0),
                          coalesce(y.operating, 0), a.earmarked, a.operating)
            from (
                select bureau_id, year, -coalesce(sum(balance) filter (where code = 'earmarked_unpaid'), 0) as earmarked,
                       -coalesce(sum(balance) filter (where code = 'operating_unpaid'), 0) as operating
                from fund_accounts group by bureau_id, year
            ) a
            left join lateral (
                select sum(earmarked) as earmarked, sum(operating) as operating from payables y
                where y.bureau_id = a.bureau_id and y.year = a.year and y.status = 'owed') y on true
            where a.earmarked <> coalesce(y.earmarked, 0) or a.operating <> coalesce(y.operating, 0)",
    },
    Question {
        name: "second_person_for_money",
        holds: "账户变更、暂缓、延期、批次都由两人以上办理",
        sql: "
            select format('账户变更%s', id) from bank_changes where decided_by = asked_by
            union all
            select format('暂缓%s', id) from pay_holds where released_by = held_by
            union all
            select format('延期%s', id) from case_extensions where decided_by = asked_by
            union all
            select format('批次%s', id) from case_batches
            where approved_by = prepared_by or paid_by in (prepared_by, approved_by)",
    },
    Question {
        name: "extensions_together",
        holds: "每件延期合计不超过方案规定的天数（A30）",
        sql: "
            select format('%s延期%s日', c.number, sum(x.days))
            from case_extensions x join cases c on c.id = x.case_id
            left join programmes g on g.bureau_id = c.bureau_id
                and g.year = coalesce(c.counted_year, extract(year from c.closing_agreed_on)::integer)
            where x.status = 'granted'
            group by c.id, g.content having sum(x.days) > coalesce((g.content ->> 'case_extension_days')::integer, 15)",
    },
    Question {
        name: "money_steps_are_audited",
        holds: "案件补贴、账户变更、暂缓、应退款和报表的每一步都有同一时刻的审计记录",
        sql: "
            with steps (subject, subject_id, account_id, at, words) as (
                select 'case_batch', id, prepared_by, prepared_at, '编制批次' from case_batches
                union all
                select 'case_batch', id, returned_by, returned_at, '退回批次' from case_batches where returned_by is not null
                union all
                select 'case_batch', id, approved_by, approved_at, '审批批次' from case_batches where approved_by is not null
                union all
                select 'case_batch', id, paid_by, paid_at, '发放批次' from case_batches where paid_by is not null
                union all
                select 'case_extension', id, asked_by, asked_at, '申请延期' from case_extensions
                union all
                select 'case_extension', id, decided_by, decided_at, '审批延期' from case_extensions where decided_by is not null
                union all
                select 'bank_change', id, asked_by, asked_at, '登记账户' from bank_changes
                union all
                select 'bank_change', id, decided_by, decided_at, '复核账户' from bank_changes where decided_by is not null
                union all
                select 'person', person_id, held_by, held_at, '暂缓发放' from pay_holds
                union all
                select 'person', person_id, released_by, released_at, '恢复发放' from pay_holds where released_by is not null
                union all
                select 'person', person_id, asked_by, asked_at, '应退款申请' from receivable_settlings
                union all
                select 'transfer', id, returned_by, returned_at, '登记退汇' from transfers where returned_by is not null
                union all
                select 'report', id, prepared_by, prepared_at, '填报报表' from report_signings
                union all
                select 'report', id, signed_by, signed_at, '签发报表' from report_signings where signed_by is not null
            )
            select format('%s：%s %s', s.words, s.subject, s.subject_id) from steps s
            where not exists (
                select from audit_records a
                where a.subject = s.subject and a.subject_id = s.subject_id::text and a.account_id = s.account_id and a.at = s.at)",
    },
];
