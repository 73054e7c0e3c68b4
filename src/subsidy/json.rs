//! Reading a JSON request field by field, so that every fault is named by its field:
//! unknown and repeated fields, wrong types, values that are none.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::explain::Fault;
use crate::plan::Month;
use crate::plan::dictionary::Dictionary;

/// The years a date can lie in; another is a slip of the keyboard.
const YEARS: RangeInclusive<i32> = 2000..=2099;

/// A JSON value that remembers repeated fields.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// Any other number.
    Fraction(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, with every field as it came.
    Object(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Object(fields))
    }
}

/// Reads JSON text. A byte order mark before it is let pass.
///
/// # Errors
/// One fault of the whole request.
pub fn parse(request: &[u8]) -> Result<Node, Fault> {
    let request = request.strip_prefix(b"\xef\xbb\xbf").unwrap_or(request);
    let text = std::str::from_utf8(request).map_err(|error| {
        let place = error.valid_up_to() + 1;
        Fault::new("request", format!("is not UTF-8 text: byte {place} does not fit"))
    })?;
    serde_json::from_str(text).map_err(|error| Fault::new("request", format!("is not JSON: {error}")))
}

impl Node {
    /// The value where its type is the fault: a string stands in quotes, so that `"1"` is
    /// not taken for `1`.
    fn as_written(&self) -> String {
        match self {
            Self::Text(text) if !text.is_empty() => format!("\"{self}\""),
            other => other.to_string(),
        }
    }
}

/// The value as it is shown in a fault: one short line.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Fraction(value) => write!(f, "{value:?}"),
            Self::Text(text) => f.write_str(&one_line(text)),
            Self::List(_) => f.write_str("an array"),
            Self::Object(_) => f.write_str("an object"),
        }
    }
}

/// At most forty characters, none of them a control character; nothing shows as `""`.
fn one_line(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// Collects the faults while a request is read.
#[derive(Debug, Default)]
pub struct Reader {
    /// What was wrong so far, in the order of reading.
    pub faults: Vec<Fault>,
}

/// The fields of one object.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    path: String,
    fields: &'a [(String, Node)],
}

impl<'a> Fields<'a> {
    /// The path of a field, `shifts[2].date`.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The value of a field that may be left out.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&'a Node> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

impl Reader {
    /// Records a fault.
    pub fn fault(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.faults.push(Fault::new(path, message));
    }

    /// Records what a check says; true when it says nothing.
    pub fn check(&mut self, path: String, result: Result<(), String>) -> bool {
        match result {
            Ok(()) => true,
            Err(message) => {
                self.fault(path, one_line_message(&message));
                false
            }
        }
    }

    /// An object with no fields but these.
    pub fn object<'a>(&mut self, path: &str, node: &'a Node, known: &[&str]) -> Option<Fields<'a>> {
        let Node::Object(fields) = node else {
            let shown = if path.is_empty() { "request" } else { path };
            self.fault(shown, format!("{} is not an object", node.as_written()));
            return None;
        };
        let object = Fields { path: path.to_owned(), fields };
        let mut seen = BTreeSet::new();
        for (name, _) in fields {
            let path = object.path_of(&one_line(name));
            if !known.contains(&name.as_str()) {
                self.fault(path, "is not a field of this request");
            } else if !seen.insert(name) {
                self.fault(path, "is given twice");
            }
        }
        Some(object)
    }

    /// The value of a field that must be there.
    pub fn required<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<&'a Node> {
        let value = fields.optional(name);
        if value.is_none() {
            self.fault(fields.path_of(name), "is missing");
        }
        value
    }

    /// The items of an array.
    pub fn list<'a>(&mut self, path: &str, node: &'a Node) -> Option<&'a [Node]> {
        match node {
            Node::List(items) => Some(items),
            other => {
                self.fault(path, format!("{} is not an array", other.as_written()));
                None
            }
        }
    }

    /// A string.
    pub fn text<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<&'a str> {
        let node = self.required(fields, name)?;
        self.text_of(&fields.path_of(name), node)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, fields: &Fields<'_>, name: &str) -> Option<bool> {
        match self.required(fields, name)? {
            Node::Flag(value) => Some(*value),
            other => {
                self.fault(fields.path_of(name), format!("{} is not true or false", other.as_written()));
                None
            }
        }
    }

    /// A whole number, not negative.
    pub fn count(&mut self, path: &str, node: &Node) -> Option<u32> {
        let most = f64::from(u32::MAX);
        let count = match node {
            Node::Whole(value) => u32::try_from(*value).ok(),
            _ => None,
        };
        match node {
            _ if count.is_some() => {}
            Node::Whole(value) if *value > 0 => self.fault(path, format!("{node} is too large")),
            Node::Fraction(value) if *value > most => self.fault(path, format!("{node} is too large")),
            _ => self.fault(path, format!("{} is not a whole number from 0 on", node.as_written())),
        }
        count
    }

    /// A code of a dictionary.
    pub fn code<D: Dictionary>(&mut self, path: &str, node: &Node) -> Option<D> {
        let text = self.text_of(path, node)?;
        let value = D::from_code(text);
        if value.is_none() {
            let known: Vec<_> = D::ALL.iter().map(|value| value.code()).collect();
            self.fault(path, format!("{node} is not one of {}", known.join(", ")));
        }
        value
    }

    /// The code in a field that must be there.
    pub fn required_code<D: Dictionary>(&mut self, fields: &Fields<'_>, name: &str) -> Option<D> {
        let node = self.required(fields, name)?;
        self.code(&fields.path_of(name), node)
    }

    /// A month, `2024-06`.
    pub fn month(&mut self, fields: &Fields<'_>, name: &str) -> Option<Month> {
        let node = self.required(fields, name)?;
        let path = fields.path_of(name);
        let month: Option<Month> = self.text_of(&path, node)?.parse().ok();
        match month {
            None => self.fault(path, format!("{node} is not a month")),
            Some(month) if !YEARS.contains(&month.year()) => {
                self.fault(path, format!("{month} is not between {}-01 and {}-12", YEARS.start(), YEARS.end()));
            }
            Some(month) => return Some(month),
        }
        None
    }

    /// A date, `2024-06-03`.
    pub fn date(&mut self, path: &str, node: &Node) -> Option<NaiveDate> {
        match parse_date(self.text_of(path, node)?) {
            None => self.fault(path, format!("{node} is not a date")),
            Some(date) if !YEARS.contains(&date.year()) => {
                self.fault(path, format!("{date} is not between {}-01-01 and {}-12-31", YEARS.start(), YEARS.end()));
            }
            Some(date) => return Some(date),
        }
        None
    }

    /// A date or `null` in a field that must be there.
    pub fn nullable_date(&mut self, fields: &Fields<'_>, name: &str) -> Option<Option<NaiveDate>> {
        match self.required(fields, name)? {
            Node::Null => Some(None),
            node => self.date(&fields.path_of(name), node).map(Some),
        }
    }

    /// A decimal number in a string, `"200.00"`.
    pub fn decimal(&mut self, fields: &Fields<'_>, name: &str) -> Option<Decimal> {
        let node = self.required(fields, name)?;
        let path = fields.path_of(name);
        parse_decimal(self.text_of(&path, node)?).map_err(|problem| self.fault(path, format!("{node} {problem}"))).ok()
    }

    fn text_of<'a>(&mut self, path: &str, node: &'a Node) -> Option<&'a str> {
        match node {
            Node::Text(text) => Some(text),
            other => {
                self.fault(path, format!("{other} is not a string"));
                None
            }
        }
    }
}

fn one_line_message(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Only the ten characters of ISO 8601.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok()).flatten()
}

/// Digits with an optional minus and an optional fraction; no exponent, no separators.
/// Nine digits before the point are enough for any county.
fn parse_decimal(text: &str) -> Result<Decimal, &'static str> {
    const NO_NUMBER: &str = "is not a number";
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, "0"),
    };
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return Err(NO_NUMBER);
    }
    if whole.len() > 9 || fraction.len() > 9 {
        return Err("has too many digits");
    }
    text.parse().map_err(|_| NO_NUMBER)
}
