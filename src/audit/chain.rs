//! The chain over the audit trail: each link's digest covers its record and the link before.
//!
//! Sealed in batches behind the writers, who never wait for it. The digest is keyed, so that
//! whoever can write the database but has not the key can rewrite no past; a link, once
//! there, is never changed. [`verify`] names the first link that does not fit.

use std::fmt::Write as _;

use sqlx::{Connection as _, PgConnection, PgPool};

use crate::secrets::Seals;

/// How many records one batch links.
const BATCH: i64 = 2_000;
/// One sealer at a time: the lock's number.
const SEALING: i64 = 26_026;
/// What comes before the first link.
const BEGINNING: [u8; 32] = [0; 32];

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last link's place, from 1.
    pub position: i64,
    /// Its digest in hexadecimal digits.
    pub digest: String,
}

/// The fields that a link covers, read as text so that their form is the database's own.
struct Linked {
    id: i64,
    content: String,
}

/// Links what is not linked yet; gives how many records that were. Another sealer at work
/// is left to it.
///
/// # Errors
/// When the database fails.
pub async fn seal(pool: &PgPool, seals: &Seals) -> sqlx::Result<usize> {
    let mut all = 0;
    loop {
        let mut transaction = pool.begin().await?;
        let sealed = seal_batch(&mut transaction, seals).await?;
        transaction.commit().await?;
        all += sealed;
        if i64::try_from(sealed).unwrap_or(BATCH) < BATCH {
            return Ok(all);
        }
    }
}

async fn seal_batch(conn: &mut PgConnection, seals: &Seals) -> sqlx::Result<usize> {
    let alone = sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "alone!""#, SEALING)
        .fetch_one(&mut *conn)
        .await?;
    if !alone {
        return Ok(0);
    }
    let last = sqlx::query!("select position, digest from audit_links order by position desc limit 1")
        .fetch_optional(&mut *conn)
        .await?;
    let (mut position, mut digest) = last.map_or((0, BEGINNING.to_vec()), |last| (last.position, last.digest));
    let waiting = sqlx::query_as!(
        Linked,
        r#"select r.id, jsonb_build_array(r.id, extract(epoch from r.at)::text, r.bureau_id, r.account_id, r.actor, r.address,
                  r.action, r.subject, r.subject_id, r.before, r.after, r.note, r.request_id)::text as "content!"
           from audit_records r
           where r.id > (select floor from audit_sealing)
             and not exists (select from audit_links l where l.record_id = r.id)
           order by r.id limit $1"#,
        BATCH
    )
    .fetch_all(&mut *conn)
    .await?;
    let (mut positions, mut ids, mut digests) = (Vec::new(), Vec::new(), Vec::new());
    for record in &waiting {
        position += 1;
        digest = seals.link(&digest, position, &record.content).to_vec();
        positions.push(position);
        ids.push(record.id);
        digests.push(digest.clone());
    }
    sqlx::query!(
        "insert into audit_links (position, record_id, key, digest)
         select position, record_id, $4, digest from unnest($1::bigint[], $2::bigint[], $3::bytea[]) as l (position, record_id, digest)",
        &positions,
        &ids,
        &digests,
        seals.link_key()
    )
    .execute(&mut *conn)
    .await?;
    // No transaction lasts five minutes (the pool's limits): what is older than that and not
    // there will never be.
    sqlx::query!(
        "update audit_sealing set floor = greatest(floor, coalesce((
             select max(id) from audit_records r
             where r.id > floor and r.recorded_at < clock_timestamp() - interval '5 minutes'
               and exists (select from audit_links l where l.record_id = r.id)), 0))
         where not exists (
             select from audit_records r where r.id > floor and r.recorded_at < clock_timestamp() - interval '5 minutes'
               and not exists (select from audit_links l where l.record_id = r.id))"
    )
    .execute(conn)
    .await?;
    Ok(waiting.len())
}

/// Where the chain ends, for a witness outside the database.
///
/// # Errors
/// When the database fails.
pub async fn head(conn: &mut PgConnection) -> sqlx::Result<Option<Head>> {
    let last = sqlx::query!("select position, digest from audit_links order by position desc limit 1")
        .fetch_optional(conn)
        .await?;
    Ok(last.map(|last| Head { position: last.position, digest: hex(&last.digest) }))
}

/// Goes along the whole chain; the first link that does not fit in words, and records that
/// were left out of it. Empty when all is well.
///
/// # Errors
/// When the database fails.
pub async fn verify(conn: &mut PgConnection, seals: &Seals) -> sqlx::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut expected = BEGINNING.to_vec();
    let mut place = 0_i64;
    let mut transaction = conn.begin().await?;
    'along: loop {
        let links = sqlx::query!(
            r#"select l.position, l.record_id, l.digest, r.id as "id?",
                      jsonb_build_array(r.id, extract(epoch from r.at)::text, r.bureau_id, r.account_id, r.actor, r.address,
                          r.action, r.subject, r.subject_id, r.before, r.after, r.note, r.request_id)::text as content
               from audit_links l left join audit_records r on r.id = l.record_id
               where l.position > $1 order by l.position limit $2"#,
            place,
            BATCH
        )
        .fetch_all(&mut *transaction)
        .await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            place += 1;
            if link.position != place {
                faults.push(format!("审计链缺第{place}环（其后是第{}环）", link.position));
                break 'along;
            }
            let Some(content) = link.content.filter(|_| link.id.is_some()) else {
                faults.push(format!("审计链第{place}环的记录{}不见了", link.record_id));
                break 'along;
            };
            expected = seals.link(&expected, place, &content).to_vec();
            if expected != link.digest {
                faults.push(format!("审计链第{place}环（审计记录{}）与封存时不符", link.record_id));
                break 'along;
            }
        }
    }
    let loose = sqlx::query_scalar!(
        r#"select format('审计记录%s没有封入审计链', r.id) as "said!" from audit_records r
           where r.recorded_at < clock_timestamp() - interval '15 minutes'
             and not exists (select from audit_links l where l.record_id = r.id)
           order by r.id limit 20"#
    )
    .fetch_all(&mut *transaction)
    .await?;
    faults.extend(loose);
    transaction.rollback().await?;
    Ok(faults)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
