//! Rows as they stand after their ways: a test names what matters, the rest is filled in.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::app::TestApp;

/// What a case is when a test says nothing else.
const CASE: [(&str, &str); 8] = [
    ("kind", "civil_first_instance"),
    ("basis", "application"),
    ("handler_category", "lawyer"),
    ("cause", "案由"),
    ("accepted_on", "2024-05-06"),
    ("received_on", "2024-05-06"),
    ("programme_case", "true"),
    ("origin", "live"),
];

/// Collects rows and puts them all at once, without the order that the schema asks of their ways.
pub(crate) struct Ground<'a> {
    app: &'a TestApp,
    /// Who did whatever has to have been done by somebody.
    by: i64,
    needed: Vec<(String, String, String)>,
    sql: String,
}

fn literal(value: &str) -> String {
    match value.strip_prefix('=') {
        Some(raw) => raw.to_owned(),
        None => format!("'{}'", value.replace('\'', "''")),
    }
}

impl<'a> Ground<'a> {
    /// Ground to put rows of the first bureau on.
    pub(crate) async fn new(app: &'a TestApp, by: i64) -> Ground<'a> {
        let needed = sqlx::query_as(
            "select table_name::text, column_name::text, data_type::text from information_schema.columns
             where table_schema = 'public' and is_nullable = 'NO' and column_default is null and is_identity = 'NO'
               and is_generated = 'NEVER'",
        )
        .fetch_all(&app.owner)
        .await
        .expect("the columns");
        Ground { app, by, needed, sql: String::new() }
    }

    /// A row; a value that begins with `=` is an expression.
    pub(crate) fn put(&mut self, table: &str, row: &[(&str, &str)]) -> &mut Self {
        self.many(1, table, row)
    }

    /// So many rows at once, in whose expressions `n` counts from one.
    pub(crate) fn many(&mut self, number: i64, table: &str, row: &[(&str, &str)]) -> &mut Self {
        let mut columns: Vec<(&str, String)> = row.iter().map(|(name, value)| (*name, literal(value))).collect();
        for (_, name, kind) in self.needed.iter().filter(|(of, ..)| of == table) {
            if columns.iter().any(|(given, _)| given == name) {
                continue;
            }
            let filled = match kind.as_str() {
                "bigint" if name == "bureau_id" => self.app.bureau.to_string(),
                "bigint" => self.by.to_string(),
                "integer" | "numeric" => "1".to_owned(),
                "boolean" => "false".to_owned(),
                "date" => "'2024-05-06'".to_owned(),
                "timestamp with time zone" => "'2024-05-06 09:00+08'".to_owned(),
                "uuid" => "gen_random_uuid()".to_owned(),
                "bytea" => "'\\x00'".to_owned(),
                "jsonb" => "'{}'".to_owned(),
                _ => "'某'".to_owned(),
            };
            columns.push((name, filled));
        }
        let (names, values): (Vec<&str>, Vec<String>) = columns.into_iter().unzip();
        writeln!(
            self.sql,
            "insert into {table} ({}) overriding system value select {} from generate_series(1, {number}) as n;",
            names.join(", "),
            values.join(", ")
        )
        .expect("a string");
        self
    }

    /// A case of a number that is also its id.
    pub(crate) fn case(&mut self, id: i64, changes: &[(&str, &str)]) -> &mut Self {
        let id = id.to_string();
        let mut row: Vec<(&str, &str)> =
            CASE.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
        row.push(("id", &id));
        row.extend_from_slice(changes);
        if !changes.iter().any(|(name, _)| *name == "number") {
            row.push(("number", &id));
        }
        self.put("cases", &row)
    }

    /// Whatever else the schema would not let happen.
    pub(crate) fn also(&mut self, sql: &str) -> &mut Self {
        writeln!(self.sql, "{sql};").expect("a string");
        self
    }

    /// Puts the rows that were collected.
    pub(crate) async fn done(&mut self) {
        let rows = std::mem::take(&mut self.sql);
        let sql = format!("begin; set local session_replication_role = replica; {rows} commit");
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.app.owner).await {
            // The rows are many: only what is wrong with them is said.
            panic!("{error}");
        }
    }
}
