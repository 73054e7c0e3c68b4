//! How each route is asked for a given thing. A route that is not decided here fails the test.

use huifa::web::routes::Declared;

use super::world::{DRAFT, MONTH, SETTLED, Things, Whose};

/// To what the thing asked for belongs: how finely a scope can tell own from foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// To nobody in particular: lists, months, empty forms.
    Nobody,
    /// To a person at a venue of a bureau.
    Person,
    /// To a venue of a bureau.
    Venue,
    /// To a bureau.
    Bureau,
}

/// Where the thing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// In the path: foreign is not found.
    InThePath,
    /// In the query or the form: foreign is refused one way or another.
    InTheForm,
}

/// One way to take a route.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) belongs: Belongs,
    pub(super) named: Named,
}

impl Belongs {
    /// The owners that make a difference.
    pub(super) fn owners(self) -> &'static [Whose] {
        match self {
            Belongs::Nobody => &[Whose::Own],
            Belongs::Person => &[Whose::Own, Whose::Colleague, Whose::Neighbour, Whose::Stranger],
            Belongs::Venue => &[Whose::Own, Whose::Neighbour, Whose::Stranger],
            Belongs::Bureau => &[Whose::Own, Whose::Stranger],
        }
    }
}

/// The kind of thing that `{id}` names, by the path up to it.
fn thing(before: &str, things: &Things) -> Option<(i64, Belongs)> {
    Some(match before {
        "/accounts" => (things.account, Belongs::Bureau),
        "/attendance/shifts" => (things.shift, Belongs::Person),
        "/attendance/corrections" => (things.correction, Belongs::Person),
        "/attendance/{month}/venues" => (things.venue, Belongs::Venue),
        "/cases" => (things.case, Belongs::Bureau),
        "/cases/handlers" => (things.handler, Belongs::Bureau),
        "/cases/online" => (things.online, Belongs::Bureau),
        "/cases/quality" => (things.review, Belongs::Bureau),
        "/cases/from-consultation" => (things.consultation, Belongs::Person),
        "/consultations" => (things.consultation, Belongs::Person),
        "/data-requests/corrections" => (things.correction_wish, Belongs::Bureau),
        "/findings" => (things.finding, Belongs::Person),
        "/fund/entries" => (things.entry, Belongs::Bureau),
        "/payments/accounts" => (things.money.change, Belongs::Bureau),
        "/payments/holds" => (things.money.hold, Belongs::Bureau),
        "/payments/payees" => (things.money.payee, Belongs::Bureau),
        "/payments/runs" => (things.money.run, Belongs::Bureau),
        "/payments/transfers" => (things.money.transfer, Belongs::Bureau),
        "/payouts/batches" => (things.money.batch, Belongs::Bureau),
        "/payouts/cases" => (things.case, Belongs::Bureau),
        "/payouts/extensions" => (things.money.extension, Belongs::Bureau),
        "/payouts/items" => (things.money.payout, Belongs::Bureau),
        "/payouts/voids" => (things.money.void, Belongs::Bureau),
        "/payouts/outside" => (things.money.outside, Belongs::Bureau),
        // Of one's own account only; tests/it/server/passkeys.rs asks for another's.
        "/my-account/passkeys" => (1, Belongs::Nobody),
        "/people" => (things.person, Belongs::Bureau),
        "/settlements/objections" => (things.money.objection, Belongs::Bureau),
        "/settlements/{month}/venues" => (things.venue, Belongs::Bureau),
        "/settlements/receivables" => (things.person, Belongs::Bureau),
        "/venues" => (things.venue, Belongs::Bureau),
        _ => return None,
    })
}

/// The request that takes `declared` for one of `things`.
pub(super) fn request(declared: &Declared, things: &Things) -> Request {
    let mut belongs = Belongs::Nobody;
    let mut path = String::new();
    let mut before = String::new();
    for part in declared.path.split('/').skip(1) {
        let value = match part {
            "{month}" if declared.path.starts_with("/settlements") => SETTLED.to_owned(),
            "{month}" if declared.path.starts_with("/roster") => DRAFT.to_owned(),
            "{month}" => MONTH.to_owned(),
            "{year}" => "2024".to_owned(),
            "{code}" => things.venue_code.clone(),
            "{step}" if declared.path.contains("/do/") => "accept".to_owned(),
            "{paper}" if declared.method == "POST" => "1".to_owned(),
            "{paper}" => "contents".to_owned(),
            "{step}" => "assigned".to_owned(),
            "{kind}" => "yearly".to_owned(),
            "{period}" => "2024".to_owned(),
            "{decision}" if declared.path.starts_with("/payouts") => "grant".to_owned(),
            "{decision}" if declared.path.starts_with("/payments") => "confirm".to_owned(),
            "{decision}" => "agree".to_owned(),
            "{name}" | "{hash}" | "{*name}" => "none".to_owned(),
            "{chapter}" => "start".to_owned(),
            "{venue}" => {
                belongs = Belongs::Venue;
                things.venue.to_string()
            }
            "{shift}" => {
                belongs = Belongs::Person;
                things.drafted.to_string()
            }
            "{person}" => {
                belongs = Belongs::Person;
                things.person.to_string()
            }
            "{id}" if declared.path.starts_with("/settlements/receivables/{id}/") => {
                belongs = Belongs::Bureau;
                things.money.debt.to_string()
            }
            "{id}" => match thing(&before, things) {
                Some((id, whose)) => {
                    belongs = whose;
                    id.to_string()
                }
                None => panic!("say in tests/it/walls/requests.rs what {{id}} is in {}", declared.path),
            },
            part if part.starts_with('{') => {
                panic!("say in tests/it/walls/requests.rs what {part} is in {}", declared.path)
            }
            plain => plain.to_owned(),
        };
        path.push('/');
        path.push_str(&value);
        before.push('/');
        before.push_str(part);
    }
    let named = Named::InThePath;
    let plain = Request { path, fields: Vec::new(), belongs, named };
    if declared.method == "POST" { form(declared.path, things, plain) } else { query(declared.path, things, plain) }
}

/// Pages that name a thing in their query.
fn query(route: &str, things: &Things, mut request: Request) -> Request {
    let (asked, belongs) = match route {
        "/consultations/new" | "/findings/new" => (format!("?shift={}", things.shift), Belongs::Person),
        "/findings/together" => (format!("?step=confirm&id={}", things.finding), Belongs::Person),
        "/consultations/together" => (format!("?id={}", things.consultation), Belongs::Person),
        "/roster/{month}/shifts/new" => (format!("?venue={}", things.venue), Belongs::Venue),
        _ => return request,
    };
    request.path.push_str(&asked);
    (request.belongs, request.named) = (belongs, Named::InTheForm);
    request
}

/// Forms as a person would fill them in, so that nothing but the scope can refuse them.
fn form(route: &str, things: &Things, mut request: Request) -> Request {
    let fields: Vec<(&'static str, String)> = match route {
        "/consultations"
        | "/consultations/{id}/edit"
        | "/consultations/known"
        | "/consultations/draft"
        | "/consultations/draft/discard" => {
            let mut fields = consultation(things);
            fields.push(("version", "1".to_owned()));
            fields
        }
        "/consultations/together" => vec![("seen", format!("{}:1", things.consultation))],
        "/consultations/{id}/review" => text(&[("result", "qualified"), ("version", "1")]),
        "/findings" => {
            let mut fields = text(&[("kind", "off_post"), ("time", "09:30"), ("evidence", "点名不在岗，电话不通。")]);
            fields.push(("shift", things.shift.to_string()));
            fields
        }
        "/findings/together" => {
            let mut fields = text(&[("step", "confirm"), ("note", "属实")]);
            fields.push(("seen", format!("{}:1", things.finding)));
            fields
        }
        path if path.starts_with("/findings/{id}") => text(&[("note", "属实，按规定办理。"), ("version", "1")]),
        "/attendance/shifts/{id}/remark" => text(&[("remark", "电力检修"), ("version", "1")]),
        "/attendance/shifts/{id}/corrections" => {
            text(&[("side", "sign_out"), ("time", "11:00"), ("reason", "忘记签退"), ("value", "11:00")])
        }
        "/attendance/corrections/{id}/decide" => text(&[("decision", "agree"), ("note", "属实")]),
        "/attendance/{month}/venues/{id}/return" => text(&[("reason", "请补正"), ("version", "1")]),
        "/cases" | "/cases/{id}" => case(things),
        "/cases/{id}/papers/listed" => {
            text(&[("listed_kind", "meeting_record"), ("listed_pages", "2"), ("made_on", "2024-03-05")])
        }
        "/cases/{id}/{step}" => text(&[("assigned_on", "2024-03-05"), ("version", "1")]),
        "/data-requests/look" | "/data-requests/copy" | "/data-requests/corrections" => {
            text(&[("id_number", "149999198503020007"), ("reason", "本人当面申请，5月6日"), ("wish", "姓名写错了")])
        }
        "/data-requests/corrections/{id}" => text(&[("result", "done"), ("answer", "已改正")]),
        "/people" | "/people/{id}" => text(&[("name", "某人"), ("version", "1")]),
        "/people/{id}/status" => text(&[("status", "suspended"), ("exit_reason", "本人申请"), ("version", "1")]),
        "/roster/{month}/shifts" => {
            let mut fields =
                text(&[("day", "2024-06-19"), ("starts_at", "08:00"), ("ends_at", "12:00"), ("change", "normal")]);
            fields.push(("venue", things.venue.to_string()));
            fields.push(("person", things.person.to_string()));
            fields
        }
        "/roster/{month}/move" => {
            vec![("take", format!("{}:1", things.drafted)), ("place", format!("{}:2024-06-19", things.venue))]
        }
        "/roster/{month}/venues/{venue}/fill" => vec![("people", things.person.to_string())],
        "/accounts" => {
            let mut fields = text(&[("login", "xinzhanghao"), ("name", "新账号"), ("role", "venue_staff")]);
            fields.push(("venue", things.venue.to_string()));
            fields
        }
        path if path.ends_with("/reveal") || path.ends_with("/copy") => text(&[("reason", "核对号码，补贴被退回")]),
        "/venues/{id}" => text(&[("version", "1"), ("starts_at", "08:00"), ("ends_at", "12:00"), ("active", "yes")]),
        "/evidence" => {
            let mut fields = text(&[("from", "2024-05"), ("to", "2024-05"), ("reason", "配合专项审计")]);
            fields.push(("venue", things.venue.to_string()));
            fields
        }
        "/payouts" => vec![("case", things.case.to_string())],
        "/payouts/cases/{id}/extensions" => text(&[("days", "5"), ("reason", "账户待核实")]),
        "/payouts/cases/{id}/outside" => {
            text(&[("source", "lottery"), ("amount", "1000"), ("paid_on", "2024-05-07"), ("document", "凭证")])
        }
        "/payments/transfers/{id}/return" => text(&[("returned_on", "2024-05-08"), ("reason", "户名不符")]),
        "/payments/holds" => vec![("person", things.person.to_string()), ("reason", "账户待核实".to_owned())],
        "/payments/holds/{id}/release" | "/payments/accounts/{id}/{decision}" => text(&[("note", "已核实")]),
        "/settlements/receivables/{id}" => text(&[("kind", "cash"), ("amount", "1"), ("reason", "本人退回")]),
        "/settlements/objections/{id}/answer" => text(&[("upheld", "no"), ("words", "核对无误")]),
        "/settlements/{month}/objections" => text(&[("words", "请核对")]),
        path if path.starts_with("/payouts") => text(&[("reason", "情况属实，予以办理"), ("version", "1")]),
        "/fund/entries/{id}/reverse" => text(&[("reason", "记错金额，予以冲销")]),
        _ => text(&[("version", "1")]),
    };
    request.fields = fields;
    let belongs = match route {
        "/consultations"
        | "/consultations/known"
        | "/consultations/draft"
        | "/consultations/together"
        | "/findings"
        | "/findings/together"
        | "/roster/{month}/move" => Belongs::Person,
        "/roster/{month}/shifts" | "/accounts" | "/evidence" | "/payouts" | "/payments/holds" => Belongs::Bureau,
        // A shift that is no longer there is a refusal with a sentence; a foreign one gets the same.
        "/roster/{month}/shifts/{shift}/remove" => Belongs::Person,
        _ => return request,
    };
    (request.belongs, request.named) = (belongs, Named::InTheForm);
    request
}

fn text(fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn consultation(things: &Things) -> Vec<(&'static str, String)> {
    let mut fields = text(&[
        ("client_name", "王示例"),
        ("gender", "female"),
        ("phone", "13800004321"),
        ("channel", "on_site"),
        ("topic", "labour"),
        ("facts", "在工地干活三个月没发工资"),
        ("request", "要回工资一万二"),
        ("advice", "先向劳动监察大队投诉，并保留欠条"),
        ("outcomes", "answered"),
        ("legal_aid_hint", "no"),
        ("satisfaction", "not_rated"),
        ("started_at", "08:40"),
    ]);
    fields.push(("shift", things.shift.to_string()));
    fields
}

fn case(things: &Things) -> Vec<(&'static str, String)> {
    let mut fields = text(&[
        ("accepted_on", "2024-04-08"),
        ("kind", "civil_first_instance"),
        ("basis", "application"),
        ("groups", "migrant_worker"),
        ("cause", "追索劳动报酬纠纷"),
        ("handler_category", "lawyer"),
        ("handler_name", "赵律师"),
        ("organisation", "山西示例律师事务所"),
        ("version", "1"),
    ]);
    fields.push(("number", format!("高法援字〔2024〕{}号", 100 + things.case)));
    fields
}
