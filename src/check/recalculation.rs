//! What was approved, calculated again from its frozen facts: it must give the same fen, and
//! its fingerprints must be those taken at approval.

use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::Answer;
use crate::plan::calendar::Calendar;
use crate::plan::month::Month;
use crate::plan::programme::Programme;
use crate::programmes;
use crate::settlement::month::{head_fingerprint, item_fingerprint};
use crate::subsidy::duty_facts::DutyFacts;
use crate::subsidy::duty_pay::{DutyPay, calculate_facts};

/// An item as approved.
struct Item {
    person_id: i64,
    person: String,
    fingerprint: String,
    facts: serde_json::Value,
    result: serde_json::Value,
    subtotal: Decimal,
    adjustment: Decimal,
    payable: Decimal,
    receivable: Decimal,
}

/// The approved items that their own facts no longer give. One settlement at a time, so
/// that a province's year needs no more memory than a county's month.
pub(super) async fn answer(conn: &mut PgConnection) -> anyhow::Result<Answer> {
    let calendar = programmes::db::calendar(conn).await?;
    let heads = sqlx::query!(
        r#"select s.id, s.month as "month: Month", s.fingerprint, s.programme_id, s.programme_revision,
                  r.content as "content: Json<Programme>"
           from settlements s
           join programme_revisions r on r.programme_id = s.programme_id and r.revision = s.programme_revision
           where s.status <> 'calculated' order by s.bureau_id, s.month"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut faults = Vec::new();
    for head in heads {
        let items = sqlx::query_as!(
            Item,
            r#"select i.person_id, p.name as person, i.fingerprint, i.facts, i.result, i.subtotal, i.adjustment, i.payable,
                      i.receivable
               from settlement_items i
               join persons p on p.id = i.person_id
               where i.settlement_id = $1 order by i.id"#,
            head.id
        )
        .fetch_all(&mut *conn)
        .await?;
        let month = head.month.chinese();
        let prints = items.iter().map(|item| (item.person_id, item.fingerprint.as_str()));
        if head_fingerprint(prints) != head.fingerprint {
            faults.push(format!("{month}：月结的校验码与各人的不符"));
        }
        for item in &items {
            let whose = format!("{month}{}", item.person);
            let (plan, revision) = (head.programme_id, head.programme_revision);
            if item_fingerprint(item.person_id, plan, revision, &item.facts, &item.result) != item.fingerprint {
                faults.push(format!("{whose}：校验码与保存的事实和结果不符"));
            }
            faults.extend(fault(&head.content.0, &calendar, &whose, item));
        }
    }
    Ok(Answer {
        name: "settlement_recalculates",
        holds: "已审批的月结按保存的事实重新计算分文不差，校验码相符",
        faults,
    })
}

fn fault(programme: &Programme, calendar: &Calendar, whose: &str, item: &Item) -> Option<String> {
    let Ok(facts) = serde_json::from_value::<DutyFacts>(item.facts.clone()) else {
        return Some(format!("{whose}：保存的事实读不出来"));
    };
    let again = calculate_facts(programme, calendar, &facts);
    let Ok(stored) = serde_json::from_value::<DutyPay>(item.result.clone()) else {
        return Some(format!("{whose}：保存的结果读不出来"));
    };
    let columns = [
        ("应发", again.subtotal, item.subtotal),
        ("追扣补发", again.adjustment, item.adjustment),
        ("实发", again.payable, item.payable),
        ("应退", again.receivable, item.receivable),
    ];
    if let Some((name, now, then)) = columns.into_iter().find(|(_, now, then)| now != then) {
        return Some(format!("{whose}：{name}保存为{then}元，重新计算为{now}元"));
    }
    (again != stored).then(|| format!("{whose}：计算步骤与保存的不同"))
}
