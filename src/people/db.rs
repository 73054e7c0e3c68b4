//! The SQL of the duty bank.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::PersonStatus;
use super::rules::Particulars;
use crate::plan::dictionaries::PersonCategory;

/// What was asked of the list; empty texts ask for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name, its pinyin, its initials, or the last digits of the telephone.
    pub search: String,
    /// Only this category.
    pub category: Option<PersonCategory>,
    /// Only those who may be rostered there.
    pub venue: Option<i64>,
    /// Only those who stand so.
    pub status: Option<PersonStatus>,
    /// The pinyin of the last row of the page before.
    pub after_pinyin: String,
    /// That row; none for the first page.
    pub after_id: Option<i64>,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// The person.
    pub id: i64,
    /// The name.
    pub name: String,
    /// Sorts the list.
    pub pinyin: String,
    /// The category.
    pub category: PersonCategory,
    /// The unit.
    pub organisation: String,
    /// `138****5678`.
    pub phone_mask: String,
    /// A26: serves without pay.
    pub public_official: bool,
    /// Where they stand.
    pub status: PersonStatus,
    /// The short names of their venues.
    pub venues: Vec<String>,
}

/// A page of the duty bank by pinyin.
pub async fn people(conn: &mut PgConnection, bureau: i64, filter: &Filter, limit: i64) -> sqlx::Result<Vec<PersonRow>> {
    let letters = filter.search.to_lowercase().replace(char::is_whitespace, "");
    sqlx::query_as!(
        PersonRow,
        r#"select p.id, p.name, p.pinyin, p.category as "category: PersonCategory", p.organisation, p.phone_mask,
                  p.public_official, p.status as "status: PersonStatus",
                  coalesce((select array_agg(v.short_name order by v.sort, v.id)
                            from person_venues pv join venues v on v.id = pv.venue_id and v.bureau_id = $1
                            where pv.person_id = p.id), '{}') as "venues!"
           from persons p
           where p.bureau_id = $1
             and ($2 = '' or strpos(p.name, $2) > 0
                  or starts_with(replace(p.pinyin, ' ', ''), $3)
                  -- The first letter of every syllable.
                  or starts_with(regexp_replace(p.pinyin, '(\S)\S*\s*', '\1', 'g'), $3)
                  or ($3 ~ '^[0-9]{2,}$' and right(p.phone_mask, 4) like '%' || $3))
             and ($4::text is null or p.category = $4)
             and ($5::bigint is null or exists (select from person_venues pv where pv.person_id = p.id and pv.venue_id = $5))
             and ($6::text is null or p.status = $6)
             and ($8::bigint is null or (p.pinyin, p.id) > ($7, $8))
           order by p.pinyin, p.id limit $9"#,
        bureau,
        filter.search.trim(),
        letters,
        filter.category as Option<PersonCategory>,
        filter.venue,
        filter.status as Option<PersonStatus>,
        filter.after_pinyin,
        filter.after_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// One entry, without its sealed values.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// The person.
    pub id: i64,
    /// The open part.
    #[serde(flatten)]
    pub particulars: Particulars,
    /// `male` or `female`.
    pub gender: String,
    /// From the identity number.
    pub birth_date: NaiveDate,
    /// `140581********1234`.
    pub id_number_mask: String,
    /// `138****5678`.
    pub phone_mask: String,
    /// `****1234`, or empty.
    pub bank_account_mask: String,
    /// Where they stand.
    pub status: PersonStatus,
    /// Why they do not stand in the bank.
    pub exit_reason: String,
    /// For edits: nobody overwrites another's.
    pub version: i32,
    /// Names the row inside its sealed values.
    #[serde(skip)]
    pub seal_id: Uuid,
    /// The venues at which they may be rostered.
    pub venues: Vec<i64>,
}

/// One entry of a bureau.
pub async fn find(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<Option<Person>> {
    let row = sqlx::query!(
        r#"select p.id, p.seal_id, p.name, p.gender, p.birth_date, p.id_number_mask, p.phone_mask, p.bank_account_mask,
                  p.category as "category: PersonCategory", p.organisation, p.licence_number, p.licence_valid_to,
                  p.former_organisation, p.years_in_service, p.retired_on, p.school, p.major, p.public_official,
                  p.specialties, p.bank_name, p.status as "status: PersonStatus", p.exit_reason, p.joined_on, p.version,
                  coalesce((select array_agg(pv.venue_id order by pv.venue_id) from person_venues pv
                            where pv.person_id = p.id), '{}') as "venues!"
           from persons p where p.bureau_id = $1 and p.id = $2"#,
        bureau,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Person {
        id: row.id,
        particulars: Particulars {
            name: row.name,
            category: row.category,
            organisation: row.organisation,
            licence_number: row.licence_number,
            licence_valid_to: row.licence_valid_to,
            former_organisation: row.former_organisation,
            years_in_service: row.years_in_service,
            retired_on: row.retired_on,
            school: row.school,
            major: row.major,
            public_official: row.public_official,
            specialties: row.specialties,
            bank_name: row.bank_name,
            joined_on: row.joined_on,
        },
        gender: row.gender,
        birth_date: row.birth_date,
        id_number_mask: row.id_number_mask,
        phone_mask: row.phone_mask,
        bank_account_mask: row.bank_account_mask,
        status: row.status,
        exit_reason: row.exit_reason,
        version: row.version,
        seal_id: row.seal_id,
        venues: row.venues,
    }))
}

/// Holds an entry until the end of the transaction: what was read of it stays true.
pub async fn lock(conn: &mut PgConnection, bureau: i64, id: i64) -> sqlx::Result<()> {
    sqlx::query!("select id from persons where bureau_id = $1 and id = $2 for update", bureau, id)
        .fetch_optional(conn)
        .await?;
    Ok(())
}

/// The entry with this blind index, other than `except`: its name and where it stands.
pub async fn find_by_id_number(
    conn: &mut PgConnection,
    bureau: i64,
    index: &[u8],
    except: Option<i64>,
) -> sqlx::Result<Option<(String, PersonStatus)>> {
    let row = sqlx::query!(
        r#"select name, status as "status: PersonStatus" from persons
           where bureau_id = $1 and id_number_index = $2 and id is distinct from $3"#,
        bureau,
        index,
        except
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.name, row.status)))
}

/// An identity number as it is stored, with what follows from it.
#[derive(Debug)]
pub struct SealedIdNumber {
    /// Sealed.
    pub sealed: Vec<u8>,
    /// The blind index.
    pub index: Vec<u8>,
    /// The mask.
    pub mask: String,
    /// The date of birth in it.
    pub birth_date: NaiveDate,
    /// The gender in it.
    pub gender: &'static str,
}

/// Any other number as it is stored.
#[derive(Debug)]
pub struct Sealed {
    /// Sealed.
    pub sealed: Vec<u8>,
    /// The mask.
    pub mask: String,
}

/// The sealed numbers of a new entry.
#[derive(Debug)]
pub struct SealedNumbers {
    /// Names the row inside the sealed values.
    pub seal_id: Uuid,
    /// The identity number.
    pub id_number: SealedIdNumber,
    /// The telephone.
    pub phone: Sealed,
    /// The account, where it is known.
    pub bank_account: Option<Sealed>,
}

/// Adds an entry.
pub async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    pinyin: &str,
    new: &Particulars,
    numbers: &SealedNumbers,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<i64> {
    let SealedNumbers { seal_id, id_number, phone, bank_account } = numbers;
    let bank_account = bank_account.as_ref();
    sqlx::query_scalar!(
        "insert into persons (bureau_id, seal_id, name, pinyin, gender, birth_date, id_number, id_number_index, id_number_mask,
             phone, phone_mask, category, organisation, licence_number, licence_valid_to, former_organisation,
             years_in_service, retired_on, school, major, public_official, specialties, bank_name, bank_account,
             bank_account_mask, joined_on, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27)
         returning id",
        bureau,
        seal_id,
        new.name,
        pinyin,
        id_number.gender,
        id_number.birth_date,
        id_number.sealed,
        id_number.index,
        id_number.mask,
        phone.sealed,
        phone.mask,
        new.category as PersonCategory,
        new.organisation,
        new.licence_number,
        new.licence_valid_to,
        new.former_organisation,
        new.years_in_service,
        new.retired_on,
        new.school,
        new.major,
        new.public_official,
        new.specialties,
        new.bank_name,
        bank_account.map(|account| account.sealed.as_slice()),
        bank_account.map_or("", |account| account.mask.as_str()),
        new.joined_on,
        now
    )
    .fetch_one(conn)
    .await
}

/// Changes the open part of an entry; false when somebody else changed it since `version`.
pub async fn update(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    pinyin: &str,
    new: &Particulars,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update persons set name = $4, pinyin = $5, category = $6, organisation = $7, licence_number = $8,
                licence_valid_to = $9, former_organisation = $10, years_in_service = $11, retired_on = $12, school = $13,
                major = $14, public_official = $15, specialties = $16, bank_name = $17, joined_on = $18,
                version = version + 1
         where bureau_id = $1 and id = $2 and version = $3",
        bureau,
        id,
        version,
        new.name,
        pinyin,
        new.category as PersonCategory,
        new.organisation,
        new.licence_number,
        new.licence_valid_to,
        new.former_organisation,
        new.years_in_service,
        new.retired_on,
        new.school,
        new.major,
        new.public_official,
        new.specialties,
        new.bank_name,
        new.joined_on
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// Replaces the sealed numbers that were typed anew.
pub async fn update_sealed(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    id_number: Option<&SealedIdNumber>,
    phone: Option<&Sealed>,
    bank_account: Option<&Sealed>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update persons set
             id_number = coalesce($3, id_number), id_number_index = coalesce($4, id_number_index),
             id_number_mask = coalesce($5, id_number_mask), birth_date = coalesce($6, birth_date),
             gender = coalesce($7, gender), phone = coalesce($8, phone), phone_mask = coalesce($9, phone_mask),
             bank_account = coalesce($10, bank_account), bank_account_mask = coalesce($11, bank_account_mask)
         where bureau_id = $1 and id = $2",
        bureau,
        id,
        id_number.map(|number| number.sealed.as_slice()),
        id_number.map(|number| number.index.as_slice()),
        id_number.map(|number| number.mask.as_str()),
        id_number.map(|number| number.birth_date),
        id_number.map(|number| number.gender),
        phone.map(|phone| phone.sealed.as_slice()),
        phone.map(|phone| phone.mask.as_str()),
        bank_account.map(|account| account.sealed.as_slice()),
        bank_account.map(|account| account.mask.as_str())
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets the venues at which somebody may be rostered; those of other bureaus are left out.
pub async fn set_venues(conn: &mut PgConnection, bureau: i64, id: i64, venues: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from person_venues where person_id = $1 and bureau_id = $2 and venue_id <> all($3)",
        id,
        bureau,
        venues
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into person_venues (person_id, venue_id, bureau_id)
         select $1, v.id, v.bureau_id from venues v where v.bureau_id = $2 and v.id = any($3)
         on conflict do nothing",
        id,
        bureau,
        venues
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts somebody into another standing; false when the entry was changed since `version`.
pub async fn set_status(
    conn: &mut PgConnection,
    bureau: i64,
    id: i64,
    version: i32,
    status: PersonStatus,
    reason: &str,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update persons set status = $4, exit_reason = $5, version = version + 1
         where bureau_id = $1 and id = $2 and version = $3 and status <> $4",
        bureau,
        id,
        version,
        status as PersonStatus,
        reason
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// How many shifts somebody still has after a day.
pub async fn shifts_after(conn: &mut PgConnection, bureau: i64, id: i64, day: NaiveDate) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from shifts where bureau_id = $1 and person_id = $2 and duty_on > $3"#,
        bureau,
        id,
        day
    )
    .fetch_one(conn)
    .await
}
