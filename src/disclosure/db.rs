//! The SQL of disclosures: reads sealed values within the scope, changes nothing.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::web::actor::Scope;

/// Whose values they are and the values as stored.
pub(super) struct Sealed {
    pub(super) name: String,
    pub(super) seal_id: Uuid,
    pub(super) id_number: Option<Vec<u8>>,
    pub(super) id_number_mask: String,
    pub(super) phone: Option<Vec<u8>>,
    pub(super) phone_mask: String,
    /// The bank account of a duty person, the address of a client.
    pub(super) third: Option<Vec<u8>>,
    pub(super) third_mask: String,
}

/// The sealed values of somebody in the duty bank.
pub(super) async fn person(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Sealed>> {
    sqlx::query_as!(
        Sealed,
        r#"select name, seal_id, id_number as "id_number?", id_number_mask, phone as "phone?", phone_mask,
                  bank_account as third, bank_account_mask as third_mask
           from persons where bureau_id = $1 and id = $2 and ($3::bigint is null or id = $3)"#,
        scope.bureau(),
        id,
        scope.person()
    )
    .fetch_optional(conn)
    .await
}

/// The sealed values of a consultation's client.
pub(super) async fn client(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Sealed>> {
    sqlx::query_as!(
        Sealed,
        r#"select c.number as name, c.seal_id, c.id_number, c.id_number_mask, c.phone, c.phone_mask,
                  c.address as third, case when c.address is null then '' else '已登记' end as "third_mask!"
           from consultations c
           where c.bureau_id = $1 and ($2::bigint is null or c.venue_id = $2) and ($3::bigint is null or c.person_id = $3)
             and c.id = $4"#,
        scope.bureau(),
        scope.venue(),
        scope.person(),
        id
    )
    .fetch_optional(conn)
    .await
}

/// Everything that is held about somebody in the duty bank but the sealed values.
pub(super) async fn everything(conn: &mut PgConnection, scope: Scope, id: i64) -> sqlx::Result<Option<Value>> {
    sqlx::query_scalar!(
        r#"select jsonb_build_object(
               '登记', to_jsonb(p) - array['id', 'bureau_id', 'seal_id', 'id_number', 'id_number_index', 'id_number_mask',
                   'phone', 'phone_mask', 'bank_account', 'bank_account_mask', 'version'],
               '班次', (select coalesce(jsonb_agg(jsonb_build_object('日期', s.duty_on, '上班', s.starts_at, '下班', s.ends_at,
                       '服务点', v.name, '签到', a.signed_in_at, '签退', a.signed_out_at) order by s.duty_on), '[]')
                   from shifts s join venues v on v.id = s.venue_id left join attendances a on a.shift_id = s.id
                   where s.person_id = p.id and s.bureau_id = p.bureau_id),
               '扣款事项', (select coalesce(jsonb_agg(jsonb_build_object('日期', f.event_on, '种类', f.kind, '证据', f.evidence,
                       '状态', f.status, '异议', f.objection, '结论', f.decision_note) order by f.event_on), '[]')
                   from findings f where f.person_id = p.id and f.bureau_id = p.bureau_id),
               '补贴', (select coalesce(jsonb_agg(jsonb_build_object('月份', m.month, '应发基数', i.base, '扣减', i.deducted,
                       '实发', i.payable, '状态', m.status) order by m.month), '[]')
                   from settlement_items i join settlements m on m.id = i.settlement_id
                   where i.person_id = p.id and i.bureau_id = p.bureau_id)) as "all!"
           from persons p where p.bureau_id = $1 and p.id = $2 and ($3::bigint is null or p.id = $3)"#,
        scope.bureau(),
        id,
        scope.person()
    )
    .fetch_optional(conn)
    .await
}
