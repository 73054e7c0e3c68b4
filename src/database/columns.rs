//! Dictionary values and months as columns: a dictionary value is stored as its
//! code, so that the stored text is what the documents and the schema name.

/// Makes types with `fn code(self) -> &'static str` and
/// `fn from_code(&str) -> Option<Self>` usable as text columns and arrays.
///
/// Reading a code that the dictionary does not know is an error, never a guess.
#[macro_export]
macro_rules! text_column {
    ($($type:ty),+ $(,)?) => {$(
        impl ::sqlx::Type<::sqlx::Postgres> for $type {
            fn type_info() -> ::sqlx::postgres::PgTypeInfo {
                <str as ::sqlx::Type<::sqlx::Postgres>>::type_info()
            }

            fn compatible(given: &::sqlx::postgres::PgTypeInfo) -> bool {
                <str as ::sqlx::Type<::sqlx::Postgres>>::compatible(given)
            }
        }

        impl ::sqlx::postgres::PgHasArrayType for $type {
            fn array_type_info() -> ::sqlx::postgres::PgTypeInfo {
                <String as ::sqlx::postgres::PgHasArrayType>::array_type_info()
            }

            fn array_compatible(given: &::sqlx::postgres::PgTypeInfo) -> bool {
                <String as ::sqlx::postgres::PgHasArrayType>::array_compatible(given)
            }
        }

        impl ::sqlx::Encode<'_, ::sqlx::Postgres> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut ::sqlx::postgres::PgArgumentBuffer,
            ) -> Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                let code: &'static str = self.code();
                <&str as ::sqlx::Encode<'_, ::sqlx::Postgres>>::encode_by_ref(&code, buffer)
            }
        }

        impl<'row> ::sqlx::Decode<'row, ::sqlx::Postgres> for $type {
            fn decode(
                value: ::sqlx::postgres::PgValueRef<'row>,
            ) -> Result<Self, ::sqlx::error::BoxDynError> {
                let code = <&str as ::sqlx::Decode<'row, ::sqlx::Postgres>>::decode(value)?;
                <$type>::from_code(code).ok_or_else(|| {
                    format!("{code:?} is no code of {}", stringify!($type)).into()
                })
            }
        }
    )+};
}

/// Makes types with `fn first(self) -> NaiveDate` and `fn of(NaiveDate) -> Self`
/// usable as date columns that hold the first of the month.
///
/// Reading any other day is an error: such a row was not written by us.
#[macro_export]
macro_rules! month_column {
    ($($type:ty),+ $(,)?) => {$(
        impl ::sqlx::Type<::sqlx::Postgres> for $type {
            fn type_info() -> ::sqlx::postgres::PgTypeInfo {
                <::chrono::NaiveDate as ::sqlx::Type<::sqlx::Postgres>>::type_info()
            }
        }

        impl ::sqlx::postgres::PgHasArrayType for $type {
            fn array_type_info() -> ::sqlx::postgres::PgTypeInfo {
                <::chrono::NaiveDate as ::sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        impl ::sqlx::Encode<'_, ::sqlx::Postgres> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut ::sqlx::postgres::PgArgumentBuffer,
            ) -> Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                let first: ::chrono::NaiveDate = self.first();
                <::chrono::NaiveDate as ::sqlx::Encode<'_, ::sqlx::Postgres>>::encode_by_ref(
                    &first, buffer,
                )
            }
        }

        impl<'row> ::sqlx::Decode<'row, ::sqlx::Postgres> for $type {
            fn decode(
                value: ::sqlx::postgres::PgValueRef<'row>,
            ) -> Result<Self, ::sqlx::error::BoxDynError> {
                let date =
                    <::chrono::NaiveDate as ::sqlx::Decode<'row, ::sqlx::Postgres>>::decode(value)?;
                let month = <$type>::of(date);
                if month.first() == date {
                    Ok(month)
                } else {
                    Err(format!("{date} is not the first of a month").into())
                }
            }
        }
    )+};
}
