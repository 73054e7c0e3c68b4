//! The time line: every step, document, message, look and payment, with who and when.

use chrono::{DateTime, Utc};

use crate::cases::life::dossier::{Dossier, EventRow, MessageRow, PaymentRow};
use crate::cases::states::{Move, State as CaseState};
use crate::payouts::OutsideSource;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::money::yuan_text;
use crate::plan::time::{SHANGHAI, month_and_day};
use crate::web::parts::Event;

/// All of it, the last first.
pub(super) fn events(case: &Dossier) -> Vec<Event> {
    let mut events: Vec<(DateTime<Utc>, Event)> = case
        .events
        .iter()
        .map(|event| (event.at, event_of(event)))
        .chain(case.messages.iter().map(|message| (message.at, message_event(message))))
        .chain(case.payments.iter().map(|payment| (payment.at, payment_event(payment))))
        .collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    events.into_iter().map(|(_, event)| event).collect()
}

fn event_of(event: &EventRow) -> Event {
    let when = event.at.with_timezone(&SHANGHAI);
    let on = event.on_date.filter(|on| *on != when.date_naive());
    let what = match on {
        Some(on) => format!("{}（日期{}）", event.words, month_and_day(on)),
        None => event.words.clone(),
    };
    let from = CaseState::from_code(&event.from_state);
    let to = CaseState::from_code(&event.to_state);
    let what = match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{what}：{} → {}", from.label(), to.label()),
        _ => what,
    };
    let step = event.code.split(':').next().unwrap_or_default();
    let kind = match Move::from_code(step) {
        Some(Move::Grant | Move::AgreeClosing | Move::Enter | Move::Archive) => "good",
        Some(Move::Refuse | Move::Terminate | Move::DeemWithdrawn) => "bad",
        Some(Move::AskSupplement | Move::AskCooperation | Move::ReturnMaterials | Move::AskChange | Move::SendBack) => {
            "warn"
        }
        _ => "",
    };
    Event { when: moment(event.at), who: event.actor.clone(), what, note: event.note.clone(), kind }
}

fn message_event(message: &MessageRow) -> Event {
    Event {
        when: moment(message.at),
        who: message.by.clone(),
        what: if message.to_handler { "给承办人留言" } else { "给法律援助中心留言" }.to_owned(),
        note: message.body.clone(),
        kind: "",
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&SHANGHAI).format("%Y年%-m月%-d日 %H:%M").to_string()
}

fn payment_event(payment: &PaymentRow) -> Event {
    let sum = yuan_text(payment.earmarked + payment.operating);
    let parts = match (payment.earmarked.is_zero(), payment.operating.is_zero()) {
        (false, false) => {
            format!("（省级专项资金{}元，业务经费{}元）", yuan_text(payment.earmarked), yuan_text(payment.operating))
        }
        (true, false) => "（业务经费）".to_owned(),
        _ => "（省级专项资金）".to_owned(),
    };
    let source = OutsideSource::from_code(&payment.payee).map_or("其他资金", |source| source.label());
    let (what, kind) = match payment.kind.as_str() {
        "prepared" => (format!("办案补贴编入{}：{sum}元{parts}，收款人{}", payment.batch, payment.payee), ""),
        "approved" => (format!("办案补贴审批通过（{}）：{sum}元", payment.batch), "good"),
        "paid" => (format!("办案补贴已登记发放（{}）：{sum}元，收款人{}", payment.batch, payment.payee), "good"),
        "ended" => (format!("{}中的办案补贴不再有效：{sum}元", payment.batch), "bad"),
        "asked" => (format!("申请延期{}日发放办案补贴", payment.batch), "warn"),
        "granted" => (format!("同意延期{}日发放办案补贴", payment.batch), "good"),
        "refused" => (format!("不同意延期{}日发放办案补贴", payment.batch), "bad"),
        "outside" => (format!("登记其他资金发放：{source}，{sum}元；惠民工程不再发放（A39）"), "warn"),
        "void_asked" => ("提出作废：本案不应计入任务".to_owned(), "warn"),
        "voided" => ("已作废：位次保留、不给别的案件，不再发放补贴，已发放的追回（A36）".to_owned(), "bad"),
        "void_refused" => ("不同意作废，照常计入".to_owned(), "good"),
        _ => (format!("撤销其他资金发放的登记：{source}，{sum}元"), ""),
    };
    Event { when: moment(payment.at), who: payment.by.clone(), what, note: payment.note.clone(), kind }
}
