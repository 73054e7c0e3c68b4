//! The SQL of finding: one question across the slices, each part within its own scope.

use sqlx::PgConnection;

use crate::cases::life::dossier::Viewer;
use crate::web::actor::Scope;

/// So many things of a kind are shown.
pub(super) const MOST: u8 = 6;

/// Something found.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    /// `person`, `case`, `consultation`, `account` or `venue`.
    pub(super) kind: String,
    /// The row.
    pub(super) id: i64,
    /// What it is called.
    pub(super) title: String,
    /// What tells it from others of the name.
    pub(super) detail: String,
}

/// How far the reader may see each kind; `None` where not at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// The duty bank.
    pub(super) people: Option<Scope>,
    /// The register of cases.
    pub(super) cases: Option<Scope>,
    /// Service records.
    pub(super) consultations: Option<Scope>,
    /// Accounts.
    pub(super) accounts: Option<Scope>,
    /// Service points.
    pub(super) venues: Option<Scope>,
}

/// What carries these letters: names, pinyin and initials of people, beginnings of numbers; of each kind one more than is
/// shown, to know whether others follow.
pub(super) async fn things(
    conn: &mut PgConnection,
    bureau: i64,
    sight: Sight,
    viewer: Viewer,
    letters: &str,
) -> sqlx::Result<Vec<Thing>> {
    sqlx::query_as!(
        Thing,
        r#"
        (select 'person' as "kind!", p.id as "id!", p.name as "title!", p.organisation as "detail!"
         from persons p
         where $3 and p.bureau_id = $1
           and (strpos(p.name, $2) > 0 or starts_with(replace(p.pinyin, ' ', ''), lower($2))
                or starts_with(regexp_replace(p.pinyin, '(\S)\S*\s*', '\1', 'g'), lower($2)))
         order by p.pinyin, p.id limit $11)
        union all
        (select 'case', c.id, c.number,
                c.handler_name || '　' || case when c.restricted and not case_open_to(c, $12) then '受限案件' else c.cause end
         from cases c
         where $4 and c.bureau_id = $1 and (strpos(c.number, $2) > 0 or c.handler_name = $2)
           and ($13::boolean is false or exists (select from case_handlers h where h.id = c.handler_id and h.account_id = $12))
         order by c.accepted_on desc, c.id desc limit $11)
        union all
        (select 'consultation', c.id, c.number, v.short_name
         from consultations c join venues v on v.id = c.venue_id
         where $5 and c.bureau_id = $1 and starts_with(c.number, upper($2))
           and ($6::bigint is null or c.venue_id = $6) and ($7::bigint is null or c.person_id = $7)
         order by c.number desc limit $11)
        union all
        (select 'account', a.id, a.name, a.login
         from accounts a
         where $8 and a.bureau_id = $1 and (strpos(a.name, $2) > 0 or starts_with(a.login, lower($2)))
         order by a.login limit $11)
        union all
        (select 'venue', v.id, v.name, v.address
         from venues v
         where $9 and v.bureau_id = $1 and (strpos(v.name, $2) > 0 or v.code = $2)
           and ($10::bigint is null or v.id = $10)
         order by v.sort, v.id limit $11)
        "#,
        bureau,
        letters,
        sight.people.is_some(),
        sight.cases.is_some(),
        sight.consultations.is_some(),
        sight.consultations.and_then(Scope::venue),
        sight.consultations.and_then(Scope::person),
        sight.accounts.is_some(),
        sight.venues.is_some(),
        sight.venues.and_then(Scope::venue),
        i64::from(MOST) + 1,
        viewer.account,
        viewer.assigned_only,
    )
    .fetch_all(conn)
    .await
}
