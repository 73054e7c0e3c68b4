//! Dictionary values and months in columns and arrays.

use chrono::{Datelike as _, NaiveDate};

use crate::support::database::TestDatabase;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fruit {
    Apple,
    Pear,
}

impl Fruit {
    fn code(self) -> &'static str {
        match self {
            Self::Apple => "apple",
            Self::Pear => "pear",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Apple, Self::Pear].into_iter().find(|fruit| fruit.code() == code)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month(NaiveDate);

impl Month {
    fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap())
    }

    fn first(self) -> NaiveDate {
        self.0
    }
}

huifa::text_column!(Fruit);
huifa::month_column!(Month);

#[tokio::test]
async fn a_dictionary_value_is_stored_as_its_code() {
    let pool = &TestDatabase::new().await.pool;
    let back: (Fruit, Vec<Fruit>, Option<Fruit>, String) =
        sqlx::query_as("select $1::text, $2::text[], null::text, $1::text")
            .bind(Fruit::Pear)
            .bind(vec![Fruit::Apple, Fruit::Pear])
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(back, (Fruit::Pear, vec![Fruit::Apple, Fruit::Pear], None, "pear".to_owned()));
}

#[tokio::test]
async fn an_unknown_code_is_an_error() {
    let pool = &TestDatabase::new().await.pool;
    let said = sqlx::query_scalar::<_, Fruit>("select 'plum'::text").fetch_one(pool).await;
    assert!(said.unwrap_err().to_string().contains("plum"));
}

#[tokio::test]
async fn a_month_is_stored_as_its_first_day_and_nothing_else_is_one() {
    let pool = &TestDatabase::new().await.pool;
    let march = Month::of(NaiveDate::from_ymd_opt(2026, 3, 17).unwrap());
    let back: (Month, Vec<Month>, String) = sqlx::query_as("select $1::date, $2::date[], $1::date::text")
        .bind(march)
        .bind(vec![march])
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(back, (march, vec![march], "2026-03-01".to_owned()));
    let odd = sqlx::query_scalar::<_, Month>("select date '2026-03-17'").fetch_one(pool).await;
    assert!(odd.is_err());
}
