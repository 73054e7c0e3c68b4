//! The SQL of the ledger.

use sqlx::PgConnection;

/// The chart of accounts that a year begins with: code, name, fund, kind.
const CHART: &[(&str, &str, &str, &str)] = &[
    ("earmarked_source", "省级专项资金下达", "earmarked", "source"),
    ("earmarked_at_finance", "专项资金（市财政局待拨）", "earmarked", "asset"),
    ("earmarked_at_bureau", "专项资金（市司法局专账）", "earmarked", "asset"),
    ("earmarked_duty_subsidy", "值班补贴支出", "earmarked", "expense"),
    ("earmarked_case_subsidy", "案件补贴支出", "earmarked", "expense"),
];

/// Opens the accounts of a bureau's year; those that exist stay.
pub async fn open_year(conn: &mut PgConnection, bureau: i64, year: i32) -> sqlx::Result<()> {
    for (code, name, fund, kind) in CHART {
        sqlx::query!(
            "insert into fund_accounts (bureau_id, year, code, name, fund, kind) values ($1, $2, $3, $4, $5, $6)
             on conflict (bureau_id, year, code) do nothing",
            bureau,
            year,
            code,
            name,
            fund,
            kind
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
