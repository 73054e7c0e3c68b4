//! Objections to lines of a month, and what somebody owes.

use huifa::web::permissions::Role;

use super::duty::Duty;
use crate::support::app::TestApp;

/// Two people at 米山镇 with a Wednesday each in May 2024, calculated on 3 June.
async fn calculated() -> (TestApp, i64, i64, Vec<i64>) {
    let app = TestApp::new().await;
    let venue = app.venue("米山镇").await;
    let (first, second) = (app.person("毕示远", &[venue]).await, app.person("邓示安", &[venue]).await);
    let duty = Duty::new(&app).await;
    let shifts = duty.publish("2024-05", &[(first, venue, "2024-05-08"), (second, venue, "2024-05-15")]).await;
    for shift in &shifts {
        duty.serve(*shift).await;
    }
    duty.report("2024-05").await;
    duty.fund(100_000).await;
    app.clock_to("2024-06-03 09:00");
    app.staff(Role::BureauClerk).await.post("/settlements/2024-05/calculate", &[]).await.assert_status(303);
    (app, first, second, shifts)
}

#[tokio::test]
async fn a54_who_objects_waits_and_the_others_are_paid() {
    let (app, first, second, shifts) = calculated().await;
    let mine = app.duty_person(first).await;
    let page = mine.get(&format!("/settlements/2024-05/people/{first}")).await;
    page.assert_status(200).assert_says("提出异议").assert_says("6月6日");
    let path = "/settlements/2024-05/objections";
    let shift = shifts[0].to_string();
    mine.post(path, &[("shift", &*shift), ("words", "")]).await.assert_status(409).assert_says("请写明异议");
    let long = "长".repeat(501);
    mine.post(path, &[("shift", &*shift), ("words", &long)]).await.assert_status(409).assert_says("500字以内");
    let another = shifts[1].to_string();
    mine.post(path, &[("shift", &*another), ("words", "不是我的")]).await.assert_status(404);
    mine.post(path, &[("shift", &*shift), ("words", "当天加班一小时")]).await.assert_status(303);
    mine.post(path, &[("shift", &*shift), ("words", "再说一次")]).await.assert_status(409).assert_says("已经提出");
    let (approver, finance) = (app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    app.staff(Role::BureauClerk)
        .await
        .post("/settlements/2024-05/review", &[("reason", "先行复核")])
        .await
        .assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from transfers").await, 1);
    finance.get("/payments").await.assert_says("有异议");
    let id = app.scalar_i64("select id from line_objections").await;
    let answer = format!("/settlements/objections/{id}/answer");
    let words = [("upheld", "no"), ("words", "方案按次补贴，不计加班")];
    app.duty_person(second).await.post(&answer, &words).await.assert_status(403);
    approver.get(path).await.assert_says("当天加班一小时").assert_says("待答复");
    for silent in [" ", &long] {
        let page = approver.post(&answer, &[("upheld", "no"), ("words", silent)]).await;
        page.assert_status(409).assert_says("500字以内");
    }
    approver.post(&answer, &words).await.assert_status(303);
    approver.post(&answer, &words).await.assert_status(409);
    finance.post("/payments/runs", &[("year", "2024")]).await.assert_status(303);
    assert_eq!(app.scalar_i64("select count(*) from transfers where status = 'sent'").await, 2);
    mine.get(&format!("/settlements/2024-05/people/{first}")).await.assert_says("异议不成立");
}

#[tokio::test]
async fn after_three_working_days_the_window_is_over() {
    let (app, first, second, _) = calculated().await;
    // The last day counts.
    app.clock_to("2024-06-06 17:00");
    let other = app.duty_person(second).await;
    other.get(&format!("/settlements/2024-05/people/{second}")).await.assert_says("提出异议");
    let in_time = other.post("/settlements/2024-05/objections", &[("words", "少算一次值班")]).await;
    in_time.assert_status(303);
    app.clock_to("2024-06-07 09:00");
    let mine = app.duty_person(first).await;
    let late = mine.post("/settlements/2024-05/objections", &[("words", "太迟了")]).await;
    late.assert_status(409).assert_says("异议期已于2024年6月6日结束");
    let page = mine.get(&format!("/settlements/2024-05/people/{first}")).await;
    assert!(!page.text().contains("提出异议"));
}

#[tokio::test]
async fn a27_what_is_owed_is_paid_back_or_written_off_by_a_second_person() {
    let (app, first, _, shifts) = calculated().await;
    let (clerk, approver, finance) =
        (app.staff(Role::BureauClerk).await, app.staff(Role::Approver).await, app.staff(Role::Finance).await);
    app.staff(Role::BureauClerk)
        .await
        .post("/settlements/2024-05/review", &[("reason", "先行复核")])
        .await
        .assert_status(303);
    approver.post("/settlements/2024-05/approve", &[]).await.assert_status(303);
    finance.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    // Found in July: the day was no duty. June has no shift of theirs, so that all of it is owed.
    let duty = Duty::new(&app).await;
    let venue = app.venue("米山镇").await;
    let other = app.person("贺示宁", &[venue]).await;
    let june = duty.publish("2024-06", &[(other, venue, "2024-06-05")]).await;
    duty.serve(june[0]).await;
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    duty.confirmed(shifts[0], "false_duty", "").await;
    clerk.post("/settlements/2024-06/calculate", &[]).await.assert_status(303);
    app.staff(Role::BureauClerk)
        .await
        .post("/settlements/2024-06/review", &[("reason", "先行复核")])
        .await
        .assert_status(303);
    approver.post("/settlements/2024-06/approve", &[]).await.assert_status(303);
    clerk.get("/settlements/receivables").await.assert_status(200).assert_says("毕示远").assert_says("300.00");
    let path = format!("/settlements/receivables/{first}");
    let ask =
        |kind: &'static str, amount: &'static str| [("kind", kind), ("amount", amount), ("reason", "本人同意退回")];
    clerk.post(&path, &ask("cash", "301")).await.assert_status(409).assert_says("不超过尚应退的300元");
    for amount in ["0", "-1"] {
        clerk.post(&path, &ask("cash", amount)).await.assert_status(409).assert_says("大于零");
    }
    for reason in [" ", &"长".repeat(301)] {
        let page = clerk.post(&path, &[("kind", "cash"), ("amount", "200"), ("reason", reason)]).await;
        page.assert_status(409).assert_says("300字以内");
    }
    clerk.post(&path, &ask("cash", "200")).await.assert_status(303);
    clerk.post(&path, &ask("written_off", "100")).await.assert_status(409).assert_says("已有一项申请");
    let id = app.scalar_i64("select max(id) from receivable_settlings").await;
    clerk.post(&format!("/settlements/receivables/{id}/agree"), &[]).await.assert_status(403);
    let second = app.staff(Role::Approver).await;
    let agree = format!("/settlements/receivables/{id}/agree");
    let (left, right) = tokio::join!(approver.post(&agree, &[]), second.post(&agree, &[]));
    let made = [left.status.as_u16(), right.status.as_u16()];
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 1, "{made:?}");
    clerk.get("/settlements/receivables").await.assert_says("100.00");
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'duty_refund'").await, 1);
    clerk.post(&path, &ask("written_off", "100")).await.assert_status(303);
    let id = app.scalar_i64("select max(id) from receivable_settlings").await;
    // Whoever asked does not decide in another role either.
    let asker = clerk.actor().account_id;
    app.execute(&format!("update accounts set role = 'approver' where id = {asker}")).await;
    let turned = app.browser_of(asker).await;
    let page = turned.post(&format!("/settlements/receivables/{id}/agree"), &[]).await;
    page.assert_status(409).assert_says("这项申请由您提出");
    app.execute(&format!("update accounts set role = 'bureau_clerk' where id = {asker}")).await;
    approver.post(&format!("/settlements/receivables/{id}/agree"), &[]).await.assert_status(303);
    clerk.get("/settlements/receivables").await.assert_says("没有应退款");
}

/// A month goes from the calculation to the approval.
async fn approved(app: &TestApp, month: &str) {
    let step = |step: &str| format!("/settlements/{month}/{step}");
    let (clerk, second) = (app.staff(Role::BureauClerk).await, app.staff(Role::BureauClerk).await);
    clerk.post(&step("calculate"), &[]).await.assert_status(303);
    second.post(&step("review"), &[("reason", "先行复核")]).await.assert_status(303);
    app.staff(Role::Approver).await.post(&step("approve"), &[]).await.assert_status(303);
}

/// Cash is asked for, and before anybody agrees the next month recovers it all: nobody pays it back twice.
#[tokio::test]
async fn a27_what_a_month_recovered_meanwhile_is_not_paid_back_in_cash_too() {
    let (app, first, _, shifts) = calculated().await;
    let duty = Duty::new(&app).await;
    let venue = app.venue("米山镇").await;
    approved(&app, "2024-05").await;
    app.staff(Role::Finance).await.post("/settlements/2024-05/pay", &[]).await.assert_status(303);
    let other = app.person("贺示宁", &[venue]).await;
    let june = duty.publish("2024-06", &[(other, venue, "2024-06-05")]).await;
    duty.serve(june[0]).await;
    duty.report("2024-06").await;
    app.clock_to("2024-07-02 09:00");
    duty.confirmed(shifts[0], "false_duty", "").await;
    approved(&app, "2024-06").await;
    let clerk = app.staff(Role::BureauClerk).await;
    let cash = [("kind", "cash"), ("amount", "200"), ("reason", "本人同意退回")];
    clerk.post(&format!("/settlements/receivables/{first}"), &cash).await.assert_status(303);
    // One request at a time, and decided by another: the schema says so too.
    for (sql, refuses) in [
        (
            "insert into receivable_settlings (bureau_id, person_id, kind, amount, reason, asked_by, asked_at)
             select bureau_id, person_id, kind, amount, reason, asked_by, asked_at from receivable_settlings",
            "receivable_settlings_one_open",
        ),
        (
            "update receivable_settlings set decided_by = asked_by, decided_at = asked_at, agreed = true",
            "receivable_settlings_second_person",
        ),
    ] {
        assert_eq!(app.refused_by(sql).await, refuses, "{sql}");
    }
    let july = duty.publish("2024-07", &[(first, venue, "2024-07-03")]).await;
    duty.serve(july[0]).await;
    duty.report("2024-07").await;
    app.clock_to("2024-08-01 09:00");
    approved(&app, "2024-07").await;
    clerk.get("/settlements/receivables").await.assert_says("没有应退款");
    let id = app.scalar_i64("select max(id) from receivable_settlings").await;
    let approver = app.staff(Role::Approver).await;
    let late = approver.post(&format!("/settlements/receivables/{id}/agree"), &[]).await;
    late.assert_status(409).assert_says("尚应退的金额已经变化");
    assert_eq!(app.scalar_i64("select count(*) from fund_entries where kind = 'duty_refund'").await, 0);
    approver.post(&format!("/settlements/receivables/{id}/refuse"), &[]).await.assert_status(303);
}
