//! Questions about stored settlements whose answer must be empty.

use sqlx::PgConnection;
use sqlx::types::Json;

use super::month::{head_fingerprint, item_fingerprint, to_json};
use crate::plan::{Calendar, Month, Programme};
use crate::programmes;
use crate::subsidy::duty_pay::{DutyFacts, calculate_facts};

/// What is wrong with the approved and paid months of a bureau, in words: fingerprints that are not those of what is
/// stored, amounts that the frozen facts do not give, sums that do not add up. One month at a time.
///
/// # Errors
/// When the database fails.
pub async fn faults(conn: &mut PgConnection, bureau: i64) -> sqlx::Result<Vec<String>> {
    let calendar = programmes::db::calendar(conn).await?;
    let heads = sqlx::query!(
        r#"select s.id, s.month as "month: Month", s.fingerprint, s.programme_id, s.programme_revision,
                  r.content as "content: Json<Programme>"
           from settlements s
           join programme_revisions r on r.programme_id = s.programme_id and r.revision = s.programme_revision
           where s.bureau_id = $1 and s.status <> 'calculated' order by s.month"#,
        bureau
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut faults = Vec::new();
    for head in heads {
        let month = head.month.chinese();
        let items = super::db::items_of(&mut *conn, head.id, None).await?;
        let prints = items.iter().map(|item| (item.person_id, item.fingerprint.as_str()));
        if head_fingerprint(prints) != head.fingerprint {
            faults.push(format!("{month}：月结的校验码与各人的不符"));
        }
        for item in &items {
            let print = item_fingerprint(
                item.person_id,
                head.programme_id,
                head.programme_revision,
                &item.facts,
                &item.result,
            );
            if print != item.fingerprint {
                faults.push(format!("{month}：人员{}的校验码不符", item.person_id));
            }
            if !recalculates(&head.content.0, &calendar, item) {
                faults.push(format!("{month}：人员{}按保存的事实重新计算，结果不同", item.person_id));
            }
        }
    }
    let sums = sqlx::query!(
        r#"select s.month as "month: Month" from settlements s
           left join lateral (select coalesce(sum(payable), 0) as payable, coalesce(sum(base), 0) as base,
                                     coalesce(sum(deducted), 0) as deducted, coalesce(sum(adjustment), 0) as adjustment
                              from settlement_items where settlement_id = s.id) i on true
           left join lateral (select coalesce(sum(base), 0) as base, coalesce(sum(deducted), 0) as deducted
                              from settlement_lines where settlement_id = s.id) l on true
           left join lateral (select coalesce(sum(amount), 0) as amount
                              from settlement_adjustments where settlement_id = s.id) a on true
           where s.bureau_id = $1
             and (s.payable <> i.payable or s.base <> i.base or s.deducted <> i.deducted or s.adjustment <> i.adjustment
                  or i.base <> l.base or i.deducted <> l.deducted or i.adjustment <> a.amount)"#,
        bureau
    )
    .fetch_all(conn)
    .await?;
    faults.extend(sums.into_iter().map(|row| format!("{}：月结、各人、各班次的合计不一致", row.month.chinese())));
    Ok(faults)
}

/// Whether the frozen facts still give the frozen amounts.
fn recalculates(programme: &Programme, calendar: &Calendar, item: &super::db::StoredItem) -> bool {
    serde_json::from_value::<DutyFacts>(item.facts.clone())
        .is_ok_and(|facts| to_json(&calculate_facts(programme, calendar, &facts)) == item.result)
}
