//! The guards that stand in the program's statements, read from the committed query data: which
//! tables they tie to the bureau of whoever asks, what a change asks of the rows it changes, and
//! what is locked. One that goes is seen even where row security, an earlier look-up, a check in
//! the code or the data of a test would hide it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::{env, fs};

use crate::support::database::TestDatabase;

/// A word, a sign, or what stands in brackets.
#[derive(Debug)]
enum Token {
    Word(String),
    Group(Vec<Token>),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text == word)
    }

    /// A name of a table, an alias or a column.
    fn name(&self) -> Option<&str> {
        match self {
            Token::Word(text) if text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') => {
                Some(text)
            }
            _ => None,
        }
    }
}

fn words(sql: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            '\'' | '"' => {
                let within: String = chars.by_ref().take_while(|next| *next != first).collect();
                all.push(format!("{first}{within}{first}"));
            }
            c if c.is_whitespace() => {}
            c if c.is_ascii_alphanumeric() || c == '_' || c == '$' => {
                let mut word = c.to_ascii_lowercase().to_string();
                while let Some(next) = chars.next_if(|next| next.is_ascii_alphanumeric() || *next == '_') {
                    word.push(next.to_ascii_lowercase());
                }
                all.push(word);
            }
            '<' | '>' | '!' => {
                chars.next_if(|next| matches!(next, '=' | '>'));
                all.push(first.to_string());
            }
            sign => all.push(sign.to_string()),
        }
    }
    all
}

fn grouped(words: &mut impl Iterator<Item = String>) -> Vec<Token> {
    let mut all = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "(" => all.push(Token::Group(grouped(words))),
            ")" => break,
            _ => all.push(Token::Word(word)),
        }
    }
    all
}

/// One side of an equation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side<'a> {
    Parameter,
    Column(Option<&'a str>, &'a str),
}

fn side(tokens: &[Token], at: usize, backwards: bool) -> Option<Side<'_>> {
    let Token::Word(word) = tokens.get(at)? else { return None };
    if word.starts_with('$') {
        return Some(Side::Parameter);
    }
    if word == "any" {
        return match tokens.get(at + 1)? {
            Token::Group(of) if matches!(of.first(), Some(Token::Word(first)) if first.starts_with('$')) => {
                Some(Side::Parameter)
            }
            _ => None,
        };
    }
    tokens[at].name()?;
    let (dot, other) = if backwards { (at.checked_sub(1), at.checked_sub(2)) } else { (Some(at + 1), Some(at + 2)) };
    let dotted = dot.and_then(|dot| tokens.get(dot)).is_some_and(|token| token.is("."));
    let other = if dotted { tokens.get(other?)?.name() } else { None };
    Some(match (other, backwards) {
        (Some(alias), true) => Side::Column(Some(alias), word),
        (Some(column), false) => Side::Column(Some(word), column),
        (None, _) => Side::Column(None, word),
    })
}

/// A statement, with what is tied to what in it.
struct Statement<'a> {
    business: &'a HashSet<String>,
    named: HashSet<String>,
    /// Union–find over the tables mentioned; the first place is the bureau that is asked for.
    ties: Vec<usize>,
    mentioned: Vec<(usize, String)>,
}

impl Statement<'_> {
    fn root(&self, mut at: usize) -> usize {
        while self.ties[at] != at {
            at = self.ties[at];
        }
        at
    }

    fn tie(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.ties[one.max(other)] = one.min(other);
    }

    fn another(&mut self) -> usize {
        self.ties.push(self.ties.len());
        self.ties.len() - 1
    }

    /// Queries that the statement gives names to.
    fn name_queries(&mut self, tokens: &[Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let Token::Group(within) = token else { continue };
            self.name_queries(within);
            let mut before = tokens[..at].iter().rev().skip_while(|token| token.is("materialized") || token.is("not"));
            if before.next().is_some_and(|token| token.is("as")) {
                let name = before.find_map(Token::name);
                self.named.extend(name.map(str::to_owned));
            }
        }
    }

    fn read(&mut self, tokens: &[Token], outer: &HashMap<String, usize>) {
        for part in tokens.split(|token| ["union", "except", "intersect"].iter().any(|word| token.is(word))) {
            self.part(part, &mut outer.clone());
        }
    }

    fn part(&mut self, tokens: &[Token], seen: &mut HashMap<String, usize>) {
        const AFTER: [&str; 20] = [
            "on",
            "where",
            "join",
            "left",
            "right",
            "inner",
            "cross",
            "full",
            "order",
            "group",
            "limit",
            "for",
            "set",
            "using",
            "returning",
            "values",
            "union",
            "lateral",
            "from",
            "select",
        ];
        let (mut own, mut own_business, mut listing) = (Vec::new(), Vec::new(), false);
        for (at, token) in tokens.iter().enumerate() {
            let opens = ["from", "join", "update", "using"].iter().any(|word| token.is(word));
            if ["where", "set", "on", "group", "order", "returning", "select", "values", "into"]
                .iter()
                .any(|w| token.is(w))
            {
                listing = false;
            }
            listing |= opens;
            let alias = |mut at: usize| {
                if tokens.get(at).is_some_and(|token| token.is("as")) {
                    at += 1;
                }
                tokens.get(at).and_then(Token::name).filter(|name| !AFTER.contains(name))
            };
            if opens || (listing && token.is(",")) {
                let Some(table) = tokens.get(at + 1).and_then(Token::name) else { continue };
                if table == "lateral" || matches!(tokens.get(at + 2), Some(Token::Group(_))) {
                    continue;
                }
                let place = self.another();
                seen.insert(alias(at + 2).unwrap_or(table).to_owned(), place);
                own.push(place);
                if self.business.contains(table) {
                    own_business.push(place);
                    self.mentioned.push((place, table.to_owned()));
                } else if self.named.contains(table) {
                    self.tie(0, place);
                }
            }
            let queried = matches!(token, Token::Group(_))
                && at > 0
                && ["from", "join", "lateral", ","].iter().any(|word| tokens[at - 1].is(word));
            if let (true, Some(alias)) = (queried, alias(at + 1)) {
                let place = self.another();
                seen.insert(alias.to_owned(), place);
                self.tie(0, place);
            }
        }
        // A bare column is one of the tables mentioned here.
        let bare = if own_business.is_empty() { &own } else { &own_business };
        let places = |side: Side<'_>| match side {
            Side::Parameter => Vec::new(),
            Side::Column(Some(alias), _) => seen.get(alias).copied().into_iter().collect(),
            Side::Column(None, _) => bare.clone(),
        };
        for at in (1..tokens.len()).filter(|at| tokens[*at].is("=")) {
            let (Some(one), Some(other)) = (side(tokens, at - 1, true), side(tokens, at + 1, false)) else { continue };
            match (one, other) {
                (Side::Column(_, "bureau_id"), Side::Parameter) | (Side::Parameter, Side::Column(_, "bureau_id")) => {
                    for place in places(one).into_iter().chain(places(other)) {
                        self.tie(0, place);
                    }
                }
                // What a key leads to lies in the same bureau: the foreign keys of the schema say so.
                (Side::Column(alias, column), Side::Column(other_alias, other_column))
                    if (alias.is_some() || other_alias.is_some())
                        && (column.ends_with("id") || other_column.ends_with("id")) =>
                {
                    for place in places(one) {
                        for another in places(other) {
                            self.tie(place, another);
                        }
                    }
                }
                _ => {}
            }
        }
        for token in tokens {
            if let Token::Group(within) = token {
                self.read(within, seen);
            }
        }
    }
}

/// The tables that a statement reaches without saying of which bureau.
fn untied(sql: &str, business: &HashSet<String>) -> Vec<String> {
    let tokens = grouped(&mut words(sql).into_iter());
    let mut statement = Statement { business, named: HashSet::new(), ties: vec![0], mentioned: Vec::new() };
    statement.name_queries(&tokens);
    statement.read(&tokens, &HashMap::new());
    let mentioned = std::mem::take(&mut statement.mentioned);
    mentioned.into_iter().filter(|(place, _)| statement.root(*place) != 0).map(|(_, table)| table).collect()
}

#[test]
fn a_table_that_is_tied_to_no_bureau_is_seen_wherever_it_stands() {
    let business = ["cases", "shifts", "rosters"].map(str::to_owned).into();
    for (sql, expected) in [
        ("select id from cases where bureau_id = $1 and id = $2", ""),
        ("select id from cases where id = $1", "cases"),
        ("update cases set state = $2 where id = $1", "cases"),
        ("select 1 from shifts s join rosters r on r.id = s.roster_id where s.bureau_id = $1", ""),
        ("select 1 from shifts s join rosters r on r.month = s.month where s.bureau_id = $1", "rosters"),
        (
            "select 1 from cases c where c.bureau_id = $1 and exists (select from shifts s where s.duty_on = $2)",
            "shifts",
        ),
        ("select (select count(*) from cases where bureau_id = $1) + (select count(*) from cases)", "cases"),
        ("with a as (select id from cases where bureau_id = $1) select from a join shifts s on s.id = a.id", ""),
        ("with a as (select id from cases) select from a", "cases"),
        ("select 1 from cases c where c.bureau_id = any($1) union all select 1 from shifts", "shifts"),
        ("select 1 from cases c, shifts s where c.bureau_id = $1 and s.bureau_id >= $1", "shifts"),
    ] {
        assert_eq!(untied(sql, &business).join(" "), expected, "{sql}");
    }
}

/// Every statement of the program.
fn statements() -> Vec<String> {
    let all = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.sqlx")).expect("the query data");
    let all: Vec<String> = all
        .map(|file| {
            let file = fs::read(file.expect("a file").path()).expect("a file");
            let one: serde_json::Value = serde_json::from_slice(&file).expect("query data");
            one["query"].as_str().expect("a query").to_owned()
        })
        .collect();
    assert!(all.len() > 400, "{} statements", all.len());
    all
}

/// Compares with what is written down beside this file.
fn as_written(found: &BTreeSet<String>, list: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/walls").join(list);
    if env::var_os("HUIFA_WALLS").is_some_and(|how| how == "renew") {
        let lines: Vec<&str> = found.iter().map(String::as_str).collect();
        fs::write(&path, lines.join("\n") + "\n").expect("the list is written");
    }
    let written: BTreeSet<String> = fs::read_to_string(&path).expect("the list").lines().map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&written).collect();
    let gone: Vec<_> = written.difference(found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "where that is meant, HUIFA_WALLS=renew writes {list} anew\nnew: {new:#?}\ngone: {gone:#?}"
    );
}

/// The list says what is reached without naming a bureau: by the key of a row that its caller has
/// found within a scope, before anybody is known, or for everybody by a job or a check.
#[tokio::test]
async fn every_statement_names_the_bureau_whose_rows_it_reaches_or_is_listed() {
    let database = TestDatabase::new().await;
    let business: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
         where column_name = 'bureau_id' and table_schema = 'public'",
    )
    .fetch_all(&database.pool)
    .await
    .expect("the tables");
    let business: HashSet<String> = business.into_iter().collect();
    let mut found = BTreeSet::new();
    for sql in statements() {
        let text = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.chars().take(150).collect::<String>();
        let mut times = HashMap::new();
        for table in untied(&sql, &business) {
            *times.entry(table).or_insert(0) += 1;
        }
        found.extend(times.into_iter().map(|(table, times)| format!("{table} × {times}: {}", text.trim_end())));
    }
    as_written(&found, "unscoped.txt");
}

fn spelled(tokens: &[Token]) -> String {
    let all: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::Word(word) => word.clone(),
            Token::Group(within) => format!("({})", spelled(within)),
        })
        .collect();
    all.join(" ")
}

/// What the statements in `tokens` ask for before they change or lock a row.
fn guards(tokens: &[Token], found: &mut BTreeSet<String>) {
    let place = |words: &[&str]| tokens.iter().position(|token| words.iter().any(|word| token.is(word)));
    let end = place(&["returning"]).unwrap_or(tokens.len());
    match tokens {
        [verb, table, ..] if verb.is("update") => {
            let from = place(&["from", "where"]).unwrap_or(end).min(end);
            let set: Vec<&str> =
                tokens[..from].windows(2).filter(|pair| pair[1].is("=")).filter_map(|pair| pair[0].name()).collect();
            found.insert(format!(
                "update {} {}: {}",
                spelled(&[copied(table)]),
                set.join(" "),
                spelled(&tokens[from..end])
            ));
        }
        [verb, _, ..] if verb.is("delete") => {
            found.insert(spelled(&tokens[..end]));
        }
        [verb, _, table, ..] if verb.is("insert") => {
            let from = place(&["from"]).or(place(&["conflict"]).map(|at| at - 1)).unwrap_or(end).min(end);
            if from < end {
                found.insert(format!("insert {}: {}", spelled(&[copied(table)]), spelled(&tokens[from..end])));
            }
        }
        _ => {
            let locks =
                |pair: &[Token]| pair[0].is("for") && ["update", "share", "no", "key"].iter().any(|w| pair[1].is(w));
            if let (true, Some(from)) = (tokens.windows(2).any(locks), place(&["from"])) {
                found.insert(format!("lock {}", spelled(&tokens[from..])));
            }
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Group(within) => guards(within, found),
            // What follows the queries that the statement gives names to.
            token if at > 0 && ["update", "insert", "delete"].iter().any(|verb| token.is(verb)) => {
                if matches!(tokens[at - 1], Token::Group(_)) {
                    guards(&tokens[at..], found);
                }
            }
            Token::Word(_) => {}
        }
    }
}

fn copied(token: &Token) -> Token {
    match token {
        Token::Word(word) => Token::Word(word.clone()),
        Token::Group(_) => Token::Word("()".to_owned()),
    }
}

/// States, versions, keys, what must not be there yet, and locks. Most have a test that shows them at
/// work; behind some stands a check in the code that answers before them, until two come at once.
#[test]
fn no_guard_of_a_change_goes_unnoticed() {
    let mut found = BTreeSet::new();
    for sql in statements() {
        guards(&grouped(&mut words(&sql).into_iter()), &mut found);
    }
    as_written(&found, "changes.txt");
    assert!(found.len() > 150, "{} changes", found.len());
}
