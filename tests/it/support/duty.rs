//! Published shifts, without the ways of the roster that lead to them.

use super::app::TestApp;

impl TestApp {
    /// A shift of a published roster; `hours` as `08:00-12:00`.
    pub(crate) async fn published_shift(&self, venue: i64, person: i64, day: &str, hours: &str) -> i64 {
        let month = format!("{}-01", &day[..7]);
        let (from, to) = hours.split_once('-').expect("hours");
        self.execute(&format!(
            "insert into accounts (bureau_id, login, name, role, password_hash, created_at)
             values ({0}, 'maker', '编表人', 'bureau_clerk', 'none', now()), ({0}, 'checker', '审核人', 'approver', 'none', now())
             on conflict do nothing;
             insert into rosters (bureau_id, month, made_by, made_at)
             select {0}, '{month}', id, now() from accounts where login = 'maker'
             on conflict do nothing;
             update rosters set status = 'draft', approved_by = null, approved_at = null, published_by = null, published_at = null
             where bureau_id = {0} and month = '{month}'",
            self.bureau
        ))
        .await;
        let id = self
            .scalar_i64(&format!(
                "insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
                     planned_minutes, minimum_minutes, change, change_reason)
                 select r.bureau_id, r.id, r.month, v.id, v.kind, {person}, '{day}', '{from}', '{to}', 240, 240,
                        case when v.kind = 'station' and extract(isodow from '{day}'::date) <> 3 then 'extra' else 'normal' end,
                        case when v.kind = 'station' and extract(isodow from '{day}'::date) <> 3 then '赶集日加班次' else '' end
                 from rosters r, venues v where r.bureau_id = {} and r.month = '{month}' and v.id = {venue}
                 returning id",
                self.bureau
            ))
            .await;
        self.execute(&format!(
            "update rosters r set status = 'published', submitted_by = m.id, submitted_at = now(), approved_by = c.id,
                 approved_at = now(), published_by = m.id, published_at = now()
             from accounts m, accounts c
             where m.login = 'maker' and c.login = 'checker' and r.bureau_id = {} and r.month = '{month}'",
            self.bureau
        ))
        .await;
        id
    }
}
