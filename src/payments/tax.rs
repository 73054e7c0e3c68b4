//! 法律援助法第五十二条, 财政部 税务总局公告2022年第25号: the subsidies are exempt from income tax, and the office files
//! what each person received in the year.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::accounts::ID_NUMBER;
use crate::audit::Audit;
use crate::error::AppError;
use crate::plan::money::plain_text;
use crate::secrets::Seals;
use crate::state::AppState;
use crate::web::Answer;
use crate::web::actor::{Actor, Scope};
use crate::web::in_path::InPath;
use crate::web::layout::{Layout, page as shown};
use crate::web::permissions::Action;
use crate::web::posted::{OnceKey, Posted};
use crate::web::sheet::{self, Cell, Sheet, Table};
use crate::web::work::Work;

/// What a payee received in a year.
struct PayeeSum {
    name: String,
    seal_id: Option<Uuid>,
    id_number: Option<Vec<u8>>,
    id_number_mask: String,
    duty: Decimal,
    cases: Decimal,
}

/// What a person received in a year, whether on duty, for cases or for both.
struct TaxRow {
    name: String,
    /// In full; nothing where nobody has put it down.
    id_number: Option<Zeroizing<String>>,
    id_number_mask: String,
    duty: Decimal,
    cases: Decimal,
}

/// By the day on which it was sent; what came back counts when it is sent again.
async fn sums(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<Vec<PayeeSum>> {
    sqlx::query_as!(
        PayeeSum,
        r#"select y.payee_name as "name!", coalesce(p.seal_id, e.seal_id) as seal_id,
                  coalesce(p.id_number, e.id_number) as id_number,
                  coalesce(p.id_number_mask, e.id_number_mask, '') as "id_number_mask!",
                  coalesce(sum(t.amount) filter (where y.item_id is not null), 0) as "duty!",
                  coalesce(sum(t.amount) filter (where y.payout_id is not null), 0) as "cases!"
           from transfers t
           join payables y on y.id = t.payable_id
           join payment_runs r on r.id = t.run_id
           left join persons p on p.id = y.person_id
           left join payees e on e.id = y.payee_id
           where t.bureau_id = $1 and t.status = 'sent' and (e.id is null or e.kind = 'handler')
             and extract(year from r.made_at at time zone 'Asia/Shanghai') = $2::integer
           group by y.person_id, y.payee_id, y.payee_name, p.seal_id, e.seal_id, p.id_number, e.id_number,
                    p.id_number_mask, e.id_number_mask, p.pinyin
           order by p.pinyin nulls last, y.payee_name limit 5000"#,
        bureau,
        year
    )
    .fetch_all(conn)
    .await
}

/// A handler who is also on duty is paid under two entries and declares once: entries of one identity number are one person.
fn by_person(seals: &Seals, sums: Vec<PayeeSum>) -> Result<Vec<TaxRow>, AppError> {
    let mut rows: Vec<TaxRow> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    for sum in sums {
        let id_number = match (&sum.id_number, sum.seal_id) {
            (Some(sealed), Some(seal)) => Some(Zeroizing::new(
                seals.open(ID_NUMBER, &seal.to_string(), sealed).map_err(|error| AppError::Internal(error.into()))?,
            )),
            _ => None,
        };
        let index = id_number.as_ref().map(|number| seals.blind_index(ID_NUMBER, number));
        let same = index.as_ref().and_then(|index| known.get(index)).copied();
        match same.and_then(|place| rows.get_mut(place)) {
            Some(row) => {
                row.duty += sum.duty;
                row.cases += sum.cases;
            }
            None => {
                known.extend(index.map(|index| (index, rows.len())));
                rows.push(TaxRow {
                    name: sum.name,
                    id_number,
                    id_number_mask: sum.id_number_mask,
                    duty: sum.duty,
                    cases: sum.cases,
                });
            }
        }
    }
    Ok(rows)
}

#[derive(Template)]
#[template(path = "payments/tax.html")]
struct TaxPage {
    layout: Layout,
    once: OnceKey,
    year: i32,
    rows: Vec<TaxRow>,
    may_export: bool,
}

impl TaxPage {
    fn money(&self, amount: &Decimal) -> String {
        crate::plan::money::yuan_text(*amount)
    }

    fn total(&self) -> String {
        crate::plan::money::yuan_text(self.rows.iter().map(|row| row.duty + row.cases).sum())
    }
}

pub(super) async fn page(
    State(state): State<AppState>,
    layout: Layout,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
) -> Answer {
    let mut conn = state.pool.acquire().await?;
    let sums = sums(&mut conn, scope.bureau(), year).await?;
    drop(conn);
    let rows = by_person(&state.seals, sums)?;
    shown(&TaxPage {
        layout: layout.titled(format!("{year}年免税劳务报酬申报表")).crumb("资金发放", "/payments"),
        once: OnceKey::new(),
        year,
        rows,
        may_export: actor.may(Action::PaySettlement).is_some(),
    })
}

/// A form of nothing but its guard.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn file(
    State(state): State<AppState>,
    actor: Actor,
    scope: Scope,
    InPath(year): InPath<i32>,
    posted: Posted<Nothing>,
) -> Answer {
    let mut work = Work::begin(&state, &actor, posted.once).await?;
    let rows = by_person(&state.seals, sums(work.conn(), scope.bureau(), year).await?)?;
    let mut table =
        Table::new("", &["序号", "姓名", "身份证件号码", "值班补贴", "办案补贴", "免税收入合计", "免税依据"]);
    let mut total = Decimal::ZERO;
    for (number, row) in (1_i64..).zip(&rows) {
        let sum = row.duty + row.cases;
        total += sum;
        table.row(vec![
            number.into(),
            Cell::text(&row.name),
            row.id_number.as_ref().map_or_else(String::new, |number| number.to_string()).into(),
            row.duty.into(),
            row.cases.into(),
            sum.into(),
            "法律援助法第五十二条".into(),
        ]);
    }
    table.foot =
        vec!["合计".into(), Cell::Nothing, Cell::Nothing, Cell::Nothing, Cell::Nothing, total.into(), Cell::Nothing];
    let sheet = Sheet {
        title: format!("{year}年法律援助补贴免税劳务报酬申报表"),
        lines: vec![format!("扣缴义务人：{}　　单位：元", actor.bureau_name)],
        tables: vec![table],
        notes: vec!["依据：财政部 税务总局公告2022年第25号。法律援助补贴免征增值税和个人所得税。".to_owned()],
        signatures: vec!["填报人".to_owned(), "审核人".to_owned(), "负责人".to_owned()],
    };
    let record = Audit::new("payment.export_tax", "bureau", scope.bureau())
        .after(json!({ "year": year, "persons": rows.len(), "total": plain_text(total) }))
        .note("导出免税劳务报酬申报表（含完整身份证号）");
    work.audit(record).await?;
    work.commit_at(&format!("/payments/tax/{year}")).await?;
    sheet::download(&format!("{year}年免税劳务报酬申报表.xlsx"), sheet::XLSX, sheet.xlsx()?)
}
