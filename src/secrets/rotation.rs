//! Moving sealed values and their blind indexes from older keys to the newest, in small
//! batches beside the running program.
//!
//! Every program opens old and new alike and searches under both, so that nobody waits. A
//! row is locked for the moment in which it is sealed anew. Done as the owner of the schema,
//! who may pass the triggers that guard what was confirmed.

use sqlx::{AssertSqlSafe, PgPool, Row as _};

use super::{SealError, Seals};

/// How many rows a transaction takes.
const BATCH: i64 = 200;

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The field that its values are bound to, in SQL: it may depend on the row.
    pub field: &'static str,
    /// The row that they are bound to, in SQL.
    pub row: &'static str,
    /// The column of the blind index, if the value is searched for.
    pub index: Option<&'static str>,
}

/// Every column of sealed values: a test holds it against the schema.
pub const COLUMNS: &[Column] = &[
    Column {
        table: "persons",
        column: "id_number",
        field: "'person.id_number'",
        row: "seal_id",
        index: Some("id_number_index"),
    },
    Column { table: "persons", column: "phone", field: "'person.phone'", row: "seal_id", index: None },
    Column { table: "persons", column: "bank_account", field: "'person.bank_account'", row: "seal_id", index: None },
    Column {
        table: "consultations",
        column: "id_number",
        field: "'consultation.id_number'",
        row: "seal_id",
        index: Some("id_number_index"),
    },
    Column {
        table: "consultations",
        column: "phone",
        field: "'consultation.phone'",
        row: "seal_id",
        index: Some("phone_index"),
    },
    Column { table: "consultations", column: "address", field: "'consultation.address'", row: "seal_id", index: None },
    Column {
        table: "consultation_drafts",
        column: "content",
        field: "'consultation_draft'",
        row: "account_id || '.' || shift_id",
        index: None,
    },
    Column {
        table: "case_applications",
        column: "id_number",
        field: "'case.id_number'",
        row: "seal_id",
        index: Some("id_number_index"),
    },
    Column {
        table: "case_applications",
        column: "phone",
        field: "'case.phone'",
        row: "seal_id",
        index: Some("phone_index"),
    },
    Column { table: "case_applications", column: "address", field: "'case.address'", row: "seal_id", index: None },
    Column { table: "case_applications", column: "domicile", field: "'case.domicile'", row: "seal_id", index: None },
    Column {
        table: "data_corrections",
        column: "id_number",
        field: "'data_correction.id_number'",
        row: "seal_id",
        index: Some("id_number_index"),
    },
    Column {
        table: "case_online",
        column: "id_number",
        field: "'case_online.id_number'",
        row: "seal_id",
        index: Some("id_number_index"),
    },
    Column {
        table: "case_online",
        column: "phone",
        field: "'case_online.phone'",
        row: "seal_id",
        index: Some("phone_index"),
    },
    Column { table: "case_online", column: "address", field: "'case_online.address'", row: "seal_id", index: None },
    Column { table: "case_online", column: "domicile", field: "'case_online.domicile'", row: "seal_id", index: None },
    Column { table: "second_factors", column: "secret", field: "'second_factor.secret'", row: "seal_id", index: None },
    Column { table: "payees", column: "id_number", field: "'person.id_number'", row: "seal_id", index: None },
    Column { table: "payees", column: "bank_account", field: "'payee.bank_account'", row: "seal_id", index: None },
    Column {
        table: "bank_changes",
        column: "bank_account",
        field: "case when person_id is null then 'payee.bank_account' else 'person.bank_account' end",
        row: "select p.seal_id from persons p where p.id = person_id union all
              select e.seal_id from payees e where e.id = payee_id",
        index: None,
    },
    Column {
        table: "transfers",
        column: "bank_account",
        field: "select case when y.person_id is null then 'payee.bank_account' else 'person.bank_account' end
                from payables y where y.id = payable_id",
        row: "seal_id",
        index: None,
    },
];

/// Why a rotation stopped; what was done stays done, and it can be run again.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A value does not open under the key that it names.
    #[error("{table} 中有一个值无法打开（{error}）。请先恢复对应版本的主密钥，再继续换密钥。")]
    Value {
        /// Where it lies.
        table: &'static str,
        /// What is wrong with it.
        error: SealError,
    },
}

/// How many values lie under keys that are not the newest.
///
/// # Errors
/// When the database fails.
pub async fn left(pool: &PgPool, seals: &Seals) -> sqlx::Result<i64> {
    let mut left = 0;
    for column in COLUMNS {
        let sql = format!("select count(*) from {} where {}", column.table, older(column));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(i32::from(seals.newest())).fetch_one(pool).await?;
        left += count;
    }
    Ok(left)
}

/// Seals everything under the newest key; gives how many values that were.
///
/// # Errors
/// When the database fails or a value does not open.
pub async fn rotate(pool: &PgPool, seals: &Seals) -> Result<u64, RotationError> {
    let mut all = 0;
    for column in COLUMNS {
        loop {
            let done = batch(pool, seals, column).await?;
            all += done;
            if done == 0 {
                break;
            }
        }
    }
    sqlx::query("update installation set key_fingerprint = $1").bind(seals.fingerprint()).execute(pool).await?;
    Ok(all)
}

/// The rows whose value lies under another key than `$1`.
fn older(column: &Column) -> String {
    let name = column.column;
    format!("{name} is not null and octet_length({name}) > 0 and get_byte({name}, 0) <> $1")
}

async fn batch(pool: &PgPool, seals: &Seals, column: &Column) -> Result<u64, RotationError> {
    let Column { table, column: name, field, row, index } = *column;
    let mut transaction = pool.begin().await?;
    // Nothing changes but the seal: what guards a confirmed account or a sent transfer is not asked.
    sqlx::query("set local session_replication_role = replica").execute(&mut *transaction).await?;
    let select = format!(
        "select ctid::text as place, ({row})::text as row, ({field})::text as field, {name} as sealed from {table} where {} limit {BATCH} for update skip locked",
        older(column)
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(i32::from(seals.newest())).fetch_all(&mut *transaction).await?;
    let mut done = 0;
    for found in rows {
        let (place, row, field): (String, String, String) =
            (found.try_get("place")?, found.try_get("row")?, found.try_get("field")?);
        let sealed: Vec<u8> = found.try_get("sealed")?;
        let failed = |error| RotationError::Value { table, error };
        let plain = zeroize::Zeroizing::new(seals.open(&field, &row, &sealed).map_err(failed)?);
        let anew = seals.seal(&field, &row, &plain).map_err(failed)?;
        let set = index.map_or_else(String::new, |index| format!(", {index} = $3"));
        let update = format!("update {table} set {name} = $2{set} where ctid = $1::tid");
        let mut query = sqlx::query(AssertSqlSafe(update)).bind(place).bind(anew);
        if index.is_some() {
            query = query.bind(seals.blind_index(&field, &plain));
        }
        done += query.execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    Ok(done)
}
