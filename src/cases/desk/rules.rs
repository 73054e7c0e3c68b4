//! PURE. What waits at which desk, and how it is said.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::Due;
use crate::cases::clocks::Clock;
use crate::cases::clocks::rules::{Pressure, hours_left_words, hours_pressure, pressure};
use crate::cases::states::State;
use crate::plan::calendar::Calendar;
use crate::plan::deadlines::ProceduralLimit;
use crate::plan::dictionary::{Dictionary as _, dictionary};
use crate::plan::time::{SHANGHAI, days_left};
use crate::web::actor::Actor;
use crate::web::permissions::Action;

dictionary! {
    /// Where something waits.
    Desk {
        Centre = "centre", "法律援助中心";
        Director = "director", "中心负责人";
        Handler = "handler", "承办人";
        Bureau = "bureau", "司法局";
    }
}

impl Desk {
    /// The desks of an account.
    #[must_use]
    pub fn of(actor: &Actor) -> Vec<Desk> {
        [
            (Action::RegisterCases, Desk::Centre),
            (Action::DecideCases, Desk::Director),
            (Action::HandleCases, Desk::Handler),
            (Action::DecideCaseObjections, Desk::Bureau),
        ]
        .into_iter()
        .filter_map(|(action, desk)| actor.may(action).map(|_| desk))
        .collect()
    }
}

/// A case that waits, as the database tells it.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// The case; 0 for applications sent from outside.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// 案由.
    pub cause: String,
    /// Where it stands; `None` for messages and online applications.
    pub state: Option<State>,
    /// `case`, `message` or `online`.
    pub kind: String,
    /// On the green channel, and why.
    pub green: String,
    /// At which desk.
    pub desk: String,
    /// Who works on it.
    pub worker: String,
    /// Their account.
    pub worker_id: Option<i64>,
    /// The limit that runs.
    pub clock: Option<Clock>,
    /// Since.
    pub started_on: Option<NaiveDate>,
    /// Until.
    pub due_on: Option<NaiveDate>,
    /// Until this minute, of limits in hours.
    pub due_at: Option<DateTime<Utc>>,
    /// Restricted, and not for whoever looks.
    pub shut: bool,
    /// Since when the case is there.
    pub received_on: NaiveDate,
}

/// What is to be done with a case in a state.
#[must_use]
pub fn task(state: State) -> &'static str {
    match state {
        State::Draft => "等候正式申请",
        State::Submitted => "核对材料并受理",
        State::Supplement => "补正期满，视为撤回或者收存补正",
        State::Accepted => "提出审查意见",
        State::Reviewing => "审批",
        State::AidFirst | State::Granted | State::Notified => "指派承办人",
        State::Assigned => "接受指派、签订协议",
        State::Reassigning => "决定是否更换承办人",
        State::Entrusted => "开始办理",
        State::Handling => "办理",
        State::Concluded => "提交结案材料",
        State::ClosingReview => "结案审查",
        State::Returned => "补正结案材料",
        State::CloseAgreed => "录入省系统",
        State::Entered => "整理卷宗、归档",
        State::Terminated => "送达终止决定、归档",
        State::Objection => "处理异议",
        State::Refused | State::Archived | State::Withdrawn | State::DeemedWithdrawn | State::NotOurs => "无",
    }
}

/// The order of the list: the green channel first, then what is due first, to the hour.
#[must_use]
pub fn order(row: &WaitingRow) -> (bool, bool, Option<NaiveDate>, Option<DateTime<Utc>>, i64) {
    (row.green.is_empty(), row.due_on.is_none(), row.due_on, row.due_at, row.id)
}

/// What somebody at a desk takes up next: of their own cases, or of nobody's.
#[must_use]
pub fn next_for(rows: &[WaitingRow], desk: Desk, account: i64) -> Option<&WaitingRow> {
    rows.iter()
        .filter(|row| row.kind == "case" && row.desk == desk.code() && !row.shut)
        // A director decides whatever waits; at the centre's desk a case has its worker.
        .filter(|row| desk == Desk::Director || row.worker_id.is_none_or(|worker| worker == account))
        .min_by_key(|row| order(row))
}

/// How pressing it is, to the hour where the limit runs in hours.
#[must_use]
pub fn pressure_of(row: &WaitingRow, calendar: &Calendar, now: DateTime<FixedOffset>) -> Option<Pressure> {
    match (row.due_at, row.started_on, row.due_on) {
        (Some(at), ..) => Some(hours_pressure(at.with_timezone(&SHANGHAI), now)),
        (None, Some(started), Some(due)) => Some(pressure(calendar, started, due, now.date_naive())),
        _ => None,
    }
}

/// How much time is left, in words.
#[must_use]
pub fn left_of(row: &WaitingRow, now: DateTime<FixedOffset>) -> Option<String> {
    match (row.due_at, row.due_on) {
        (Some(at), _) => Some(hours_left_words(at.with_timezone(&SHANGHAI), now)),
        (None, Some(due)) => Some(days_left(due, now.date_naive())),
        (None, None) => None,
    }
}

/// What waits, the green channel first, then by what is due.
#[must_use]
pub fn due(mut rows: Vec<WaitingRow>, calendar: &Calendar, payment_days: u32, now: DateTime<FixedOffset>) -> Vec<Due> {
    // What came from outside is an application since it came: its seven days run before anybody opens it.
    for row in rows.iter_mut().filter(|row| row.kind == "online") {
        row.clock = Some(Clock::Review);
        row.started_on = Some(row.received_on);
        row.due_on = ProceduralLimit::Review.due(calendar, row.received_on).ok();
    }
    rows.sort_by_key(order);
    rows.into_iter()
        .map(|row| match row.kind.as_str() {
            "message" => Due {
                title: format!("{} 有新留言", row.number),
                detail: row.cause,
                href: format!("/cases/{}#messages", row.id),
                due: None,
            },
            // Paper files, counted by what their dates wait for; `number` is how many.
            "paper_enter" => Due {
                title: format!("{}件案件已同意结案，待录入省系统", row.number),
                detail: "录入后才计入任务、发放补贴；补贴自同意结案起30日内发放".to_owned(),
                href: "/cases?status=agreed".to_owned(),
                due: row.received_on.checked_add_days(chrono::Days::new(u64::from(payment_days))),
            },
            "paper_assign" => Due {
                title: format!("{}件案件待指派", row.number),
                detail: format!("最早的{}受理", crate::plan::time::month_and_day(row.received_on)),
                href: "/cases?status=accepted".to_owned(),
                due: None,
            },
            "online" => Due {
                title: format!("{} 网上申请待核收", row.number),
                detail: format!("{}发来；核收、审查合计7日", crate::plan::time::month_and_day(row.received_on)),
                href: "/cases/online".to_owned(),
                due: row.due_on,
            },
            _ => {
                let task = row.state.map_or("", task);
                let green = (!row.green.is_empty()).then(|| format!("绿色通道（{}）", row.green));
                let clock = match (row.clock, pressure_of(&row, calendar, now)) {
                    (Some(clock), Some(Pressure::Late | Pressure::Red)) => {
                        Some(format!("{clock}，{}", left_of(&row, now).unwrap_or_default()))
                    }
                    (Some(clock), _) => Some(clock.to_string()),
                    (None, _) => None,
                };
                Due {
                    title: format!("{} {}：{task}", row.number, row.cause),
                    detail: green.into_iter().chain(clock).collect::<Vec<_>>().join("；"),
                    href: format!("/cases/{}", row.id),
                    due: row.due_on,
                }
            }
        })
        .collect()
}

/// How many cases of which age somebody has, in working days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Up to five working days.
    pub young: usize,
    /// Six to fifteen.
    pub middle: usize,
    /// More.
    pub old: usize,
    /// After their limit.
    pub late: usize,
}

impl Load {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.young + self.middle + self.old
    }
}

/// The load of each worker by the age of what waits.
#[must_use]
pub fn loads(rows: &[WaitingRow], calendar: &Calendar, today: NaiveDate) -> BTreeMap<String, Load> {
    let mut loads: BTreeMap<String, Load> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind == "case") {
        let load = loads.entry(row.worker.clone()).or_default();
        let age = calendar.working_days_between(row.received_on, today).map_or(0, |days| days.saturating_sub(1));
        match age {
            0..=5 => load.young += 1,
            6..=15 => load.middle += 1,
            _ => load.old += 1,
        }
        if row.due_on.is_some_and(|due| due < today) {
            load.late += 1;
        }
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, due: Option<&str>, green: &str) -> WaitingRow {
        WaitingRow {
            id,
            number: format!("{id}号"),
            cause: "离婚纠纷".to_owned(),
            state: Some(State::Accepted),
            kind: "case".to_owned(),
            green: green.to_owned(),
            desk: "centre".to_owned(),
            worker: "白晓霞".to_owned(),
            worker_id: Some(7),
            due_at: None,
            shut: false,
            clock: Some(Clock::Review),
            started_on: "2024-06-03".parse().ok(),
            due_on: due.map(|text| text.parse().unwrap()),
            received_on: "2024-06-03".parse().unwrap(),
        }
    }

    #[test]
    fn the_green_channel_comes_first_then_what_is_due() {
        let calendar = Calendar::shipped();
        let now = crate::plan::time::at("2024-06-05".parse().unwrap(), chrono::NaiveTime::MIN);
        let rows = vec![
            row(1, None, ""),
            row(2, Some("2024-06-11"), ""),
            row(3, Some("2024-06-06"), ""),
            row(4, Some("2024-06-20"), "行动不便"),
        ];
        let due = due(rows, &calendar, 30, now);
        let order: Vec<&str> = due.iter().map(|one| one.href.rsplit('/').next().unwrap()).collect();
        assert_eq!(order, ["4", "3", "2", "1"]);
        assert!(due[0].detail.contains("绿色通道（行动不便）") && due[0].title.contains("提出审查意见"));
        assert!(due[1].detail.contains("还剩1天"), "{}", due[1].detail);
    }

    #[test]
    fn the_next_one_is_ones_own_or_nobodys_at_ones_desk() {
        let other = WaitingRow { worker_id: Some(8), ..row(1, Some("2024-06-05"), "") };
        let shut = WaitingRow { shut: true, ..row(2, Some("2024-06-05"), "行动不便") };
        let nobodys = WaitingRow { worker_id: None, ..row(3, Some("2024-06-07"), "") };
        let mine = row(4, Some("2024-06-06"), "");
        let director = WaitingRow { desk: "director".to_owned(), worker_id: Some(8), ..row(5, Some("2024-06-06"), "") };
        let rows = [other, shut, nobodys, mine, director];
        let next = |desk, account| next_for(&rows, desk, account).map(|row| row.id);
        assert_eq!(next(Desk::Centre, 7), Some(4));
        assert_eq!(next(Desk::Centre, 9), Some(3));
        assert_eq!(next(Desk::Director, 9), Some(5));
        let green = [row(6, Some("2024-07-01"), "行动不便"), row(7, Some("2024-06-06"), "")];
        assert_eq!(next_for(&green, Desk::Centre, 7).map(|row| row.id), Some(6));
    }

    #[test]
    fn the_load_is_counted_in_working_days() {
        let calendar = Calendar::shipped();
        let rows = vec![row(1, Some("2024-06-11"), ""), row(2, Some("2024-06-20"), "")];
        let of = |today: &str| loads(&rows, &calendar, today.parse().unwrap()).remove("白晓霞").unwrap();
        assert_eq!(of("2024-06-07"), Load { young: 2, ..Load::default() });
        assert_eq!(of("2024-06-11").late, 0, "the last day is in time");
        // The long weekend of 8 to 10 June is not worked.
        assert_eq!(of("2024-06-12"), Load { middle: 2, late: 1, ..Load::default() });
        assert_eq!(of("2024-07-12").old, 2);
    }
}
