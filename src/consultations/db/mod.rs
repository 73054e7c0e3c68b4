//! The SQL of consultations.

mod desk;
pub mod reviews;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone as _, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::personal::KeptClient;
use super::record::{DutyDay, NewConsultation};
use crate::cases::states::State;
use crate::plan::dictionaries::{Channel, Outcome, Satisfaction, SpecialGroup, Topic};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::month::Month;
use crate::plan::time::at;
use crate::web::actor::Scope;

pub use desk::{Known, delete_draft, find_draft, find_known, save_draft, townships};

/// The shift in which a record is made.
#[derive(Clone, Debug)]
pub struct ShiftOfRecord {
    /// The shift.
    pub id: i64,
    /// Its venue.
    pub venue_id: i64,
    /// The venue's code, the head of the record's number.
    pub venue_code: String,
    /// The venue's short name.
    pub venue: String,
    /// The duty person.
    pub person_id: i64,
    /// Their name.
    pub person: String,
    /// The duty day.
    pub duty_on: NaiveDate,
    /// The month it counts in.
    pub month: Month,
    /// The planned first minute.
    pub starts_at: NaiveTime,
    /// The planned last minute.
    pub ends_at: NaiveTime,
    /// Somebody signed in.
    pub signed_in: bool,
    /// The roster is published.
    pub published: bool,
    /// The venue's month is certified.
    pub reported: bool,
    /// Records so far.
    pub consultations: i64,
}

impl ShiftOfRecord {
    /// As the rules see it.
    #[must_use]
    pub fn day(&self) -> DutyDay {
        DutyDay { on: self.duty_on, published: self.published, signed_in: self.signed_in, reported: self.reported }
    }
}

macro_rules! select_shifts {
    ($tail:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            ShiftOfRecord,
            r#"
            select s.id, s.venue_id, v.code as venue_code, v.short_name as venue, s.person_id, p.name as person, s.duty_on,
                   s.month as "month: Month", s.starts_at, s.ends_at, a.shift_id is not null as "signed_in!",
                   r.status = 'published' as "published!", coalesce(m.status = 'reported', false) as "reported!",
                   (select count(*) from consultations c where c.shift_id = s.id) as "consultations!"
            from shifts s
            join rosters r on r.id = s.roster_id and r.bureau_id = s.bureau_id
            join venues v on v.id = s.venue_id and v.bureau_id = s.bureau_id
            join persons p on p.id = s.person_id and p.bureau_id = s.bureau_id
            left join attendances a on a.shift_id = s.id
            left join venue_months m on m.venue_id = s.venue_id and m.bureau_id = s.bureau_id and m.month = s.month
            where s.bureau_id = $1 and ($2::bigint is null or s.venue_id = $2) and ($3::bigint is null or s.person_id = $3)
            "# + $tail,
            $($argument),+
        )
    };
}

/// One shift within reach.
pub async fn find_shift(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<ShiftOfRecord>> {
    select_shifts!("and s.id = $4", scope.bureau(), scope.venue(), scope.person(), id).fetch_optional(conn).await
}

/// The shifts in which something can be recorded, the latest day first.
pub async fn open_shifts(
    conn: &mut PgConnection,
    scope: Scope,
    from: NaiveDate,
    today: NaiveDate,
) -> sqlx::Result<Vec<ShiftOfRecord>> {
    select_shifts!(
        "and s.duty_on between $4 and $5 and r.status = 'published' and a.shift_id is not null
         and coalesce(m.status, 'open') <> 'reported'
         order by s.duty_on desc, s.starts_at, s.id limit 60",
        scope.bureau(),
        scope.venue(),
        scope.person(),
        from,
        today
    )
    .fetch_all(conn)
    .await
}

/// Takes the next number of the venue's month and counts the record if its channel
/// counts. The row stays locked until the transaction ends.
pub async fn next_number(
    conn: &mut PgConnection,
    bureau: i64,
    venue: i64,
    month: Month,
    counts: bool,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "insert into consultation_sums (bureau_id, venue_id, month, counted, last_number)
         values ($1, $2, $3, $4, 1)
         on conflict (venue_id, month) do update
         set counted = consultation_sums.counted + excluded.counted, last_number = consultation_sums.last_number + 1
         returning last_number",
        bureau,
        venue,
        month as Month,
        i32::from(counts)
    )
    .fetch_one(conn)
    .await
}

/// Moves the count of a venue's month: a record's channel was put right.
pub async fn move_count(conn: &mut PgConnection, venue: i64, month: Month, by: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "update consultation_sums set counted = counted + $3 where venue_id = $1 and month = $2",
        venue,
        month as Month,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps recording in a venue's month waiting until this transaction ends.
pub async fn hold_sums(conn: &mut PgConnection, bureau: i64, venue: i64, month: Month) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into consultation_sums (bureau_id, venue_id, month, counted, last_number) values ($1, $2, $3, 0, 0)
         on conflict (venue_id, month) do update set counted = consultation_sums.counted",
        bureau,
        venue,
        month as Month
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a record; `None` when the venue's month was certified in the meantime.
#[expect(clippy::too_many_arguments, reason = "the shift, the values and the stamps of one row")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    bureau: i64,
    shift: &ShiftOfRecord,
    number: &str,
    seal_id: Uuid,
    new: &NewConsultation,
    kept: &KeptClient,
    by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        insert into consultations
            (bureau_id, venue_id, shift_id, person_id, number, seal_id, channel, started_at, ended_at, refused_identity,
             client_name, gender, birth_year, id_number, id_number_index, id_number_mask, phone, phone_index, phone_mask,
             township, address, groups, first_visit, topic, cause, facts, request, advice, legal_basis, outcomes,
             referred_to, legal_aid_hint, told_right, follow_up_on, sensitive, satisfaction, from_paper,
             recorded_by, recorded_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
               $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39
        where not exists (select from venue_months m where m.venue_id = $2 and m.month = $40 and m.status = 'reported')
        returning id
        "#,
        bureau,
        shift.venue_id,
        shift.id,
        shift.person_id,
        number,
        seal_id,
        new.channel as Channel,
        at(shift.duty_on, new.started_at),
        at(shift.duty_on, new.ended_at),
        new.client.refused_identity,
        new.client.name,
        new.client.gender.map_or("unknown", |gender| gender.code()),
        new.client.birth_year,
        kept.id_number.sealed,
        kept.id_number.index,
        kept.id_number.mask,
        kept.phone.sealed,
        kept.phone.index,
        kept.phone.mask,
        new.client.township,
        kept.address,
        &new.client.groups as &[SpecialGroup],
        new.client.first_visit,
        new.topic as Topic,
        new.cause,
        new.facts,
        new.request,
        new.advice,
        new.legal_basis,
        &new.outcomes as &[Outcome],
        new.referred_to,
        new.legal_aid_hint,
        new.told_right,
        new.follow_up_on,
        new.is_sensitive(shift.duty_on),
        new.satisfaction as Satisfaction,
        new.from_paper,
        by,
        now,
        shift.month as Month
    )
    .fetch_optional(conn)
    .await
}

/// Puts a record right; false when somebody else changed it. What `kept` leaves out stays,
/// unless it is among `forget`.
pub(super) async fn update(
    conn: &mut PgConnection,
    id: i64,
    version: i32,
    on: NaiveDate,
    new: &NewConsultation,
    kept: &KeptClient,
    forget: &[String],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update consultations set
            channel = $3, started_at = $4, ended_at = $5, refused_identity = $6, client_name = $7, gender = $8, birth_year = $9,
            id_number = case when 'id_number' = any($34::text[]) then null else coalesce($10, id_number) end,
            id_number_index = case when 'id_number' = any($34) then null else coalesce($11, id_number_index) end,
            id_number_mask = case when 'id_number' = any($34) then '' else coalesce(nullif($12, ''), id_number_mask) end,
            phone = case when 'phone' = any($34) then null else coalesce($13, phone) end,
            phone_index = case when 'phone' = any($34) then null else coalesce($14, phone_index) end,
            phone_mask = case when 'phone' = any($34) then '' else coalesce(nullif($15, ''), phone_mask) end,
            township = $16,
            address = case when 'address' = any($34) then null else coalesce($17, address) end,
            groups = $18, first_visit = $19, topic = $20, cause = $21, facts = $22, request = $23, advice = $24,
            legal_basis = $25, outcomes = $26, referred_to = $27, legal_aid_hint = $28, told_right = $29, follow_up_on = $30,
            sensitive = $31, satisfaction = $32, from_paper = $33,
            review = 'unreviewed', reviewed_by = null, reviewed_at = null, version = version + 1
        where id = $1 and version = $2
        "#,
        id,
        version,
        new.channel as Channel,
        at(on, new.started_at),
        at(on, new.ended_at),
        new.client.refused_identity,
        new.client.name,
        new.client.gender.map_or("unknown", |gender| gender.code()),
        new.client.birth_year,
        kept.id_number.sealed,
        kept.id_number.index,
        kept.id_number.mask,
        kept.phone.sealed,
        kept.phone.index,
        kept.phone.mask,
        new.client.township,
        kept.address,
        &new.client.groups as &[SpecialGroup],
        new.client.first_visit,
        new.topic as Topic,
        new.cause,
        new.facts,
        new.request,
        new.advice,
        new.legal_basis,
        &new.outcomes as &[Outcome],
        new.referred_to,
        new.legal_aid_hint,
        new.told_right,
        new.follow_up_on,
        new.is_sensitive(on),
        new.satisfaction as Satisfaction,
        new.from_paper,
        forget
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what the reviewer said; false when somebody else changed the record.
pub async fn set_review(
    conn: &mut PgConnection,
    id: i64,
    version: i32,
    result: &str,
    note: &str,
    by: i64,
    now: DateTime<FixedOffset>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update consultations
         set review = $3, review_note = $4, reviewed_by = $5, reviewed_at = $6, version = version + 1
         where id = $1 and version = $2",
        id,
        version,
        result,
        note,
        by,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A record as its page shows it: sealed values are only there as masks.
#[derive(Clone, Debug, Serialize)]
pub struct Consultation {
    /// The record.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Names the row inside its sealed values.
    #[serde(skip)]
    pub seal_id: Uuid,
    /// The shift.
    pub shift_id: i64,
    /// The duty day.
    pub duty_on: NaiveDate,
    /// The month it counts in.
    pub month: Month,
    /// The venue.
    pub venue_id: i64,
    /// Its short name.
    pub venue: String,
    /// The duty person's name.
    pub person: String,
    /// How they came.
    pub channel: Channel,
    /// From when.
    pub started_at: DateTime<Utc>,
    /// Until when.
    pub ended_at: DateTime<Utc>,
    /// They would not be named.
    pub refused_identity: bool,
    /// Their name. Masked in audit records and lists.
    #[serde(skip)]
    pub client_name: String,
    /// `male`, `female` or `unknown`.
    pub gender: String,
    /// Their year of birth.
    pub birth_year: Option<i32>,
    /// Their identity number, masked.
    pub id_number_mask: String,
    /// Their telephone, masked.
    pub phone_mask: String,
    /// Their township.
    pub township: String,
    /// A full address is kept, sealed.
    pub has_address: bool,
    /// Their groups.
    pub groups: Vec<SpecialGroup>,
    /// First visit, if known.
    pub first_visit: Option<bool>,
    /// What about.
    pub topic: Topic,
    /// The cause.
    pub cause: String,
    /// What happened.
    pub facts: String,
    /// What they want.
    pub request: String,
    /// What was answered.
    pub advice: String,
    /// What it rests on.
    pub legal_basis: String,
    /// What came of it.
    pub outcomes: Vec<Outcome>,
    /// Sent to.
    pub referred_to: String,
    /// Legal aid seems open.
    pub legal_aid_hint: bool,
    /// They were told.
    pub told_right: bool,
    /// Promised for.
    pub follow_up_on: Option<NaiveDate>,
    /// Sensitive.
    pub sensitive: bool,
    /// Their rating.
    pub satisfaction: Satisfaction,
    /// From paper.
    pub from_paper: bool,
    /// `unreviewed`, or a code of `ReviewResult`.
    pub review: String,
    /// Who reviewed.
    pub reviewer: Option<String>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// What they wrote.
    pub review_note: String,
    /// The account that recorded.
    pub recorded_by: i64,
    /// Its name.
    pub recorder: String,
    /// When it was entered.
    pub recorded_at: DateTime<Utc>,
    /// The venue's month is certified.
    pub reported: bool,
    /// The legal aid case that it was passed on to: the row and its number.
    pub case_id: Option<i64>,
    /// Its number; empty where there is none.
    pub case_number: String,
    /// Where it stands.
    pub case_state: Option<State>,
    /// For guarded updates.
    pub version: i32,
}

/// One record within reach.
pub async fn find(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Consultation>> {
    sqlx::query_as!(
        Consultation,
        r#"
        select c.id, c.number, c.seal_id, c.shift_id, s.duty_on, s.month as "month: Month", c.venue_id, v.short_name as venue,
               p.name as person, c.channel as "channel: Channel", c.started_at, c.ended_at, c.refused_identity, c.client_name,
               c.gender, c.birth_year, c.id_number_mask, c.phone_mask, c.township, c.address is not null as "has_address!",
               c.groups as "groups: Vec<SpecialGroup>", c.first_visit, c.topic as "topic: Topic", c.cause, c.facts, c.request,
               c.advice, c.legal_basis, c.outcomes as "outcomes: Vec<Outcome>", c.referred_to, c.legal_aid_hint, c.told_right,
               c.follow_up_on, c.sensitive, c.satisfaction as "satisfaction: Satisfaction", c.from_paper, c.review,
               reviewer.name as "reviewer?", c.reviewed_at, c.review_note, c.recorded_by, recorder.name as recorder,
               c.recorded_at, coalesce(m.status = 'reported', false) as "reported!", k.id as "case_id?",
               coalesce(k.number, '') as "case_number!", k.state as "case_state?: State", c.version
        from consultations c
        left join cases k on k.consultation_id = c.id and k.bureau_id = c.bureau_id
        join shifts s on s.id = c.shift_id and s.bureau_id = c.bureau_id
        join venues v on v.id = c.venue_id and v.bureau_id = c.bureau_id
        join persons p on p.id = c.person_id and p.bureau_id = c.bureau_id
        join accounts recorder on recorder.id = c.recorded_by
        left join accounts reviewer on reviewer.id = c.reviewed_by
        left join venue_months m on m.venue_id = c.venue_id and m.bureau_id = c.bureau_id and m.month = s.month
        where c.bureau_id = $1 and ($2::bigint is null or c.venue_id = $2) and ($3::bigint is null or c.person_id = $3)
          and c.id = $4
        "#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        id
    )
    .fetch_optional(conn)
    .await
}

/// A record in the list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// The record.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// When.
    pub started_at: DateTime<Utc>,
    /// The venue's short name.
    pub venue: String,
    /// The duty person.
    pub person: String,
    /// How they came.
    pub channel: Channel,
    /// What about.
    pub topic: Topic,
    /// They would not be named.
    pub refused_identity: bool,
    /// Their name, to be masked by the page.
    pub client_name: String,
    /// Their telephone, masked.
    pub phone_mask: String,
    /// Their rating.
    pub satisfaction: Satisfaction,
    /// `unreviewed`, or a code of `ReviewResult`.
    pub review: String,
    /// From paper.
    pub from_paper: bool,
}

/// What of the records is asked for. The bounds are always given: a plan for them
/// runs along the index whatever the values.
#[derive(Clone, Debug)]
pub struct ListFilter {
    /// From this instant.
    pub from: DateTime<FixedOffset>,
    /// Before this instant.
    pub until: DateTime<FixedOffset>,
    /// Behind this record, newest first.
    pub before: (DateTime<Utc>, i64),
    /// One venue.
    pub venue: Option<i64>,
    /// One shift.
    pub shift: Option<i64>,
    /// One channel.
    pub channel: Option<Channel>,
    /// One topic.
    pub topic: Option<Topic>,
    /// A code of the review.
    pub review: String,
    /// A part of number or name; empty for all.
    pub text: String,
    /// A telephone or identity number, by its blind indexes.
    pub indexes: Option<Vec<Vec<u8>>>,
}

impl ListFilter {
    /// Everything.
    #[must_use]
    pub fn all() -> ListFilter {
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
        let last = NaiveDate::from_ymd_opt(2200, 1, 1).unwrap_or_default();
        ListFilter {
            from: at(first, NaiveTime::MIN),
            until: at(last, NaiveTime::MIN),
            before: (Utc.from_utc_datetime(&last.and_time(NaiveTime::MIN)), i64::MAX),
            venue: None,
            shift: None,
            channel: None,
            topic: None,
            review: String::new(),
            text: String::new(),
            indexes: None,
        }
    }
}

/// Records within reach, newest first.
pub async fn list(
    conn: &mut PgConnection,
    scope: Scope,
    filter: &ListFilter,
    limit: i64,
) -> sqlx::Result<Vec<ListRow>> {
    sqlx::query_as!(
        ListRow,
        r#"
        -- The rows of the page first: the names are looked up for these alone.
        with asked as (
            select c.*
            from consultations c
            where c.bureau_id = $1 and ($2::bigint is null or c.venue_id = $2) and ($3::bigint is null or c.person_id = $3)
              and c.started_at >= $4 and c.started_at < $5 and (c.started_at, c.id) < ($6, $7::bigint)
              and ($8::bigint is null or c.venue_id = $8)
              and ($9::bigint is null or c.shift_id = $9)
              and ($10::text is null or c.channel = $10)
              and ($11::text is null or c.topic = $11)
              and ($12::text = '' or c.review = $12)
              and ($13::text = '' or strpos(c.number, $13) > 0 or strpos(c.client_name, $13) > 0)
              and ($14::bytea[] is null or c.phone_index = any($14) or c.id_number_index = any($14))
            order by c.started_at desc, c.id desc
            limit $15
        )
        select c.id, c.number, c.started_at, v.short_name as venue, p.name as person, c.channel as "channel: Channel",
               c.topic as "topic: Topic", c.refused_identity, c.client_name, c.phone_mask,
               c.satisfaction as "satisfaction: Satisfaction", c.review, c.from_paper
        from asked c
        join venues v on v.id = c.venue_id
        join persons p on p.id = c.person_id
        order by c.started_at desc, c.id desc
        "#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        filter.from,
        filter.until,
        filter.before.0,
        filter.before.1,
        filter.venue,
        filter.shift,
        filter.channel.map(|channel| channel.code()),
        filter.topic.map(|topic| topic.code()),
        filter.review,
        filter.text,
        filter.indexes.as_deref(),
        limit
    )
    .fetch_all(conn)
    .await
}
