//! 补签: what was asked for, by whom, and what became of it.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::attendance::rules::Side;
use crate::web::actor::Scope;

/// A correction with the names of those who dealt with it.
#[derive(Clone, Debug, Serialize)]
pub struct Correction {
    /// The correction.
    pub id: i64,
    /// Its shift.
    pub shift_id: i64,
    /// `sign_in` or `sign_out`.
    pub side: String,
    /// What stood there when it was asked for.
    pub old_value: Option<DateTime<Utc>>,
    /// What is to stand there.
    pub new_value: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// `asked`, `agreed` or `refused`.
    pub status: String,
    /// The account that asked.
    pub asked_by: i64,
    /// Who asked.
    pub asker: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Who decided.
    pub decider: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What they wrote.
    pub decision_note: String,
    /// Whose shift it is.
    pub person: String,
    /// The duty day.
    pub duty_on: NaiveDate,
}

impl Correction {
    /// Which end of the shift.
    #[must_use]
    pub fn end(&self) -> Side {
        Side::from_code(&self.side).unwrap_or(Side::SignIn)
    }

    /// Nobody has decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == "asked"
    }
}

macro_rules! select_corrections {
    ($tail:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Correction,
            r#"
            select k.id, k.shift_id, k.side, k.old_value, k.new_value, k.reason, k.status, k.asked_by, asker.name as asker,
                   k.asked_at, decider.name as "decider?", k.decided_at, k.decision_note, p.name as person, s.duty_on
            from attendance_corrections k
            join shifts s on s.id = k.shift_id and s.bureau_id = k.bureau_id
            join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
            join accounts asker on asker.id = k.asked_by
            left join accounts decider on decider.id = k.decided_by
            where k.bureau_id = $1
            "# + $tail,
            $($argument),+
        )
    };
}

/// The corrections of a shift, the latest first.
pub async fn corrections_of(conn: &mut PgConnection, bureau: i64, shift: i64) -> sqlx::Result<Vec<Correction>> {
    select_corrections!("and k.shift_id = $2 order by k.id desc limit 50", bureau, shift).fetch_all(conn).await
}

/// One correction within reach.
pub async fn correction(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Correction>> {
    select_corrections!(
        "and k.id = $2 and ($3::bigint is null or s.venue_id = $3) and ($4::bigint is null or s.person_id = $4)",
        scope.bureau(),
        id,
        scope.venue(),
        scope.person()
    )
    .fetch_optional(conn)
    .await
}

/// Writes down what is asked for.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub async fn insert_correction(
    conn: &mut PgConnection,
    bureau: i64,
    shift: i64,
    side: Side,
    old_value: Option<DateTime<Utc>>,
    new_value: DateTime<FixedOffset>,
    reason: &str,
    asked_by: i64,
    asked_at: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into attendance_corrections (bureau_id, shift_id, side, old_value, new_value, reason, asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        bureau,
        shift,
        side.code(),
        old_value,
        new_value,
        reason,
        asked_by,
        asked_at
    )
    .fetch_one(conn)
    .await
}

/// Decides a correction that is open; false when somebody else was faster.
pub async fn decide_correction(
    conn: &mut PgConnection,
    id: i64,
    status: &str,
    by: i64,
    at: DateTime<FixedOffset>,
    note: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update attendance_corrections
         set status = $2, decided_by = $3, decided_at = $4, decision_note = $5
         where id = $1 and status = 'asked'",
        id,
        status,
        by,
        at,
        note
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
