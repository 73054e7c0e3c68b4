//! Money, months and their people, put into the database as the other slices leave them.

use huifa::fund::{NewReceipt, NewTransfer, service};
use huifa::plan::Month;
use huifa::web::actor::Scope;
use huifa::web::permissions::Role;
use huifa::web::work::Work;
use rust_decimal::Decimal;

use super::app::{Browser, TestApp, date};

/// What the bureau may do.
pub(crate) fn scope(app: &TestApp) -> Scope {
    Scope::Bureau { bureau: app.bureau }
}

/// Money of 2024 received on 15 March and transferred to the bureau on 10 April.
pub(crate) async fn fund(app: &TestApp, finance: &Browser<'_>, yuan: i64) {
    let mut work = Work::unattended(&app.state, finance.actor()).await.expect("work");
    let receipt = NewReceipt {
        year: 2024,
        amount: Decimal::from(yuan),
        received_on: date("2024-03-15"),
        notice: "晋财政法〔2024〕1号".to_owned(),
        notice_on: Some(date("2024-03-01")),
        voucher: String::new(),
    };
    service::record_receipt(&mut work, scope(app), receipt).await.expect("a receipt");
    let transfer = NewTransfer {
        year: 2024,
        amount: Decimal::from(yuan),
        transferred_on: date("2024-04-10"),
        order: "拨字1号".to_owned(),
        voucher: String::new(),
    };
    service::record_transfer(&mut work, scope(app), transfer).await.expect("a transfer");
    work.commit().await.expect("committed");
}

/// An approved settlement of a month without persons; gives its id.
pub(crate) async fn approved_settlement(app: &TestApp, month: &str, yuan: i64) -> i64 {
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    let approver = app.staff(Role::Approver).await.actor().account_id;
    let bureau = app.bureau;
    app.execute(&format!(
        "insert into settlements (bureau_id, month, programme_id, programme_revision, status, people, base, deducted,
             adjustment, payable, fingerprint, calculated_by, calculated_at, approved_by, approved_at)
         select {bureau}, '{month}-01', id, revision, 'approved', 0, {yuan}, 0, 0, {yuan}, '-', {clerk},
             '2024-06-03 09:00+08', {approver}, '2024-06-04 09:00+08'
         from programmes where bureau_id = {bureau} and year = 2024"
    ))
    .await;
    app.scalar_i64(&format!("select id from settlements where month = '{month}-01'")).await
}

/// Pays a settlement as the settlement slice does.
pub(crate) async fn pay(
    app: &TestApp,
    finance: &Browser<'_>,
    settlement: i64,
    month: &str,
    yuan: i64,
) -> Result<i64, huifa::error::AppError> {
    let mut work = Work::unattended(&app.state, finance.actor()).await?;
    let month: Month = month.parse().expect("a month");
    let (account, now) = (work.actor.account_id, work.now);
    sqlx::query(
        "update settlements set status = 'paid', paid_by = $2, paid_at = $3 where id = $1 and status = 'approved'",
    )
    .bind(settlement)
    .bind(account)
    .bind(now)
    .execute(work.conn())
    .await?;
    let entry = service::pay_duty_subsidy(&mut work, app.bureau, 2024, settlement, month, Decimal::from(yuan)).await?;
    work.commit().await?;
    Ok(entry)
}

/// A published roster of a month with one shift of `person` at `venue` on each of `days`, eight to twelve.
pub(crate) async fn shifts(app: &TestApp, month: &str, venue: i64, person: i64, days: &[&str]) -> Vec<i64> {
    let bureau = app.bureau;
    let clerk = app.staff(Role::BureauClerk).await.actor().account_id;
    let approver = app.staff(Role::Approver).await.actor().account_id;
    app.execute(&format!(
        "insert into rosters (bureau_id, month, made_by, made_at) values ({bureau}, '{month}-01', {clerk}, '2024-04-20 09:00+08')
         on conflict (bureau_id, month) do update set status = 'draft'"
    ))
    .await;
    for day in days {
        app.execute(&format!(
            "insert into shifts (bureau_id, roster_id, month, venue_id, venue_kind, person_id, duty_on, starts_at, ends_at,
                 planned_minutes, minimum_minutes)
             select {bureau}, r.id, r.month, v.id, v.kind, {person}, '{day}', '08:00', '12:00', 240, 240
             from rosters r, venues v where r.bureau_id = {bureau} and r.month = '{month}-01' and v.id = {venue}"
        ))
        .await;
    }
    app.execute(&format!(
        "update rosters set status = 'published', submitted_by = {clerk}, submitted_at = '2024-04-24 09:00+08',
             approved_by = {approver}, approved_at = '2024-04-25 09:00+08', published_by = {clerk},
             published_at = '2024-04-26 09:00+08'
         where bureau_id = {bureau} and month = '{month}-01'"
    ))
    .await;
    sqlx::query_scalar("select id from shifts where person_id = $1 order by duty_on")
        .bind(person)
        .fetch_all(&app.owner)
        .await
        .expect("the shifts")
}

/// What the recording keeps: `counted` consultations of a venue in a month.
pub(crate) async fn counted(app: &TestApp, venue: i64, month: &str, counted: i64) {
    let bureau = app.bureau;
    app.execute(&format!(
        "insert into consultation_sums (bureau_id, venue_id, month, counted, last_number)
         values ({bureau}, {venue}, '{month}-01', {counted}, {counted})"
    ))
    .await;
}

/// Consultations of three venues, cases, money in and out, a May that nobody reported.
pub(crate) async fn busy_year(app: &TestApp) {
    app.clock_to("2024-06-12 09:00");
    let (centre, mishan, beishi) =
        (app.venue("市公共法律服务中心").await, app.venue("米山镇").await, app.venue("北诗镇").await);
    for (venue, month, number) in
        [(centre, "2024-04", 410), (centre, "2024-05", 402), (mishan, "2024-04", 36), (beishi, "2024-05", 29)]
    {
        counted(app, venue, month, number).await;
    }
    let finance = app.staff(Role::Finance).await;
    fund(app, &finance, 560_700).await;
    let april = approved_settlement(app, "2024-04", 12_345).await;
    pay(app, &finance, april, "2024-04", 12_345).await.expect("paid");
    let person = app.person("张三", &[mishan]).await;
    shifts(app, "2024-05", mishan, person, &["2024-05-08", "2024-05-15"]).await;
    let staff = app.staff_at(Role::LegalAidStaff, app.venue("市法律援助中心").await).await.actor().account_id;
    let bureau = app.bureau;
    app.execute(&format!(
        "insert into cases (bureau_id, number, kind, basis, groups, handler_category, handler_name, organisation, cause,
             accepted_on, assigned_on, closing_agreed_on, entered_on, entry_number, programme_case, counted_on, place,
             registered_by, registered_at)
         select {bureau}, 'n' || n, 'civil_first_instance', 'application', '{{woman}}', 'lawyer', '钱律师', '所', '离婚',
             '2024-03-04', '2024-03-05', case when n <= 7 then '2024-05-06'::date end,
             case when n <= 5 then '2024-05-09'::date end, case when n <= 5 then 'SX' || n else '' end, true,
             case when n <= 5 then '2024-05-09'::date end, case when n <= 5 then n end, {staff}, '2024-03-04 09:00+08'
         from generate_series(1, 12) n"
    ))
    .await;
}
