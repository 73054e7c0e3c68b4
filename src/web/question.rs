//! A question in plain Chinese that is answered by typing: it stops programs that fill in
//! forms, needs neither sight nor script, and keeps nothing about who answers.
//!
//! What the page carries is closed under a key of this process: the path it was asked on,
//! its end, a number of its own and the answer. Each is looked at once, right or wrong.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// A question waits for its answer so long, in seconds.
const LIFE: i64 = 600;
/// Questions remembered as answered, at most; beyond, all that are open are asked anew.
const MOST_SPENT: usize = 10_000;

/// A question and what the page carries along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// What is asked.
    pub(super) words: String,
    /// Comes back with the answer.
    pub(super) seal: String,
}

/// Asks, and looks at answers.
pub(super) struct Asker {
    key: [u8; 32],
    spent: HashMap<String, i64>,
}

impl Asker {
    /// # Errors
    /// When the system's randomness fails.
    pub(super) fn new() -> Result<Asker, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Asker { key, spent: HashMap::new() })
    }

    fn mac(&self, parts: &[&str]) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A question for the form at `path`.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub(super) fn ask(&self, path: &str, now: i64) -> Result<Question, getrandom::Error> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random)?;
        let (words, answer) = made_of(random);
        let number: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        // The random bytes gave the question: a reader of the number must not learn the answer.
        let number = self.mac(&["number", &number]).chars().take(32).collect::<String>();
        let until = now.saturating_add(LIFE).to_string();
        let ours = self.mac(&["ours", path, &until, &number]);
        let right = self.mac(&["answer", path, &until, &number, &answer.to_string()]);
        Ok(Question { words, seal: format!("{until}.{number}.{ours}.{right}") })
    }

    /// Whether the answer is right; the question is used up by it.
    pub(super) fn takes(&mut self, path: &str, seal: &str, typed: &str, now: i64) -> bool {
        let mut parts = seal.split('.');
        let (Some(until), Some(number), Some(ours), Some(right), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let made_here = self.mac(&["ours", path, until, number]);
        if !bool::from(made_here.as_bytes().ct_eq(ours.as_bytes())) {
            return false;
        }
        let Some(end) = until.parse::<i64>().ok().filter(|end| *end >= now && *end <= now.saturating_add(LIFE)) else {
            return false;
        };
        if self.spent.len() >= MOST_SPENT {
            self.spent.retain(|_, end| *end >= now);
        }
        if self.spent.len() >= MOST_SPENT {
            // A new key ends every open question, so that none is taken twice.
            if let Ok(fresh) = Asker::new() {
                *self = fresh;
            }
            return false;
        }
        if self.spent.insert(number.to_owned(), end).is_some() {
            return false;
        }
        let Some(answer) = read(typed) else { return false };
        let expected = self.mac(&["answer", path, until, number, &answer.to_string()]);
        bool::from(expected.as_bytes().ct_eq(right.as_bytes()))
    }
}

/// A question and its answer from random bytes.
fn made_of(random: [u8; 16]) -> (String, u32) {
    let [kind, one, two, three, ..] = random;
    let (small, large) = (u32::from(two % 8) + 2, u32::from(one % 9) + 11);
    let (a, b) = (chinese(large), chinese(small));
    match kind % 6 {
        0 => (format!("{a}加{b}等于多少？"), large + small),
        1 => (format!("{a}减去{b}等于多少？"), large - small),
        2 => (format!("窗口前有{a}个人排队，又来了{b}个人，现在一共有多少个人？"), large + small),
        3 => (format!("桌上有{a}份材料，拿走了{b}份，还剩多少份？"), large - small),
        4 => (format!("比{a}多{b}的数是多少？"), large + small),
        _ => {
            let third = u32::from(three % 9) + 21;
            (format!("{a}、{}、{b}，这三个数里最大的是哪一个？", chinese(third)), third)
        }
    }
}

/// A number up to ninety-nine in words.
fn chinese(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |place: u32| DIGITS.get(place as usize).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, 0) => "零".to_owned(),
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

/// What was typed as a number: digits of either width or words, with or without 个、份、人.
fn read(typed: &str) -> Option<u32> {
    let bare: String = typed
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
            '两' => Some('二'),
            c if c.is_whitespace() || "个份人是。．.".contains(c) => None,
            c => Some(c),
        })
        .take(8)
        .collect();
    bare.parse().ok().or_else(|| (0..100).find(|number| chinese(*number) == bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_of(words: &str) -> String {
        (0_u8..=255)
            .flat_map(|one| (0_u8..8).map(move |two| (one, two)))
            .flat_map(|(one, two)| (0..6).map(move |kind| (kind, one, two)))
            .flat_map(|(kind, one, two)| (0..9).map(move |three| (kind, one, two, three)))
            .map(|(kind, one, two, three)| {
                let mut random = [0; 16];
                (random[0], random[1], random[2], random[3]) = (kind, one, two, three);
                made_of(random)
            })
            .find(|(asked, _)| asked == words)
            .map(|(_, answer)| answer.to_string())
            .unwrap()
    }

    #[test]
    fn a_right_answer_counts_once_on_its_form_and_in_its_time() {
        let mut asker = Asker::new().unwrap();
        let asked = asker.ask("/legal-aid", 1_000).unwrap();
        let answer = answer_of(&asked.words);
        assert!(!asker.takes("/other", &asked.seal, &answer, 1_001), "another form's");
        assert!(!asker.takes("/legal-aid", &asked.seal, &answer, 1_000 + LIFE + 1), "too late");
        assert!(asker.takes("/legal-aid", &asked.seal, &answer, 1_002));
        assert!(!asker.takes("/legal-aid", &asked.seal, &answer, 1_003), "replayed");
    }

    #[test]
    fn a_wrong_answer_uses_the_question_up_and_no_seal_is_made_by_others() {
        let mut asker = Asker::new().unwrap();
        let asked = asker.ask("/f", 0).unwrap();
        assert!(!asker.takes("/f", &asked.seal, "999", 1));
        assert!(!asker.takes("/f", &asked.seal, &answer_of(&asked.words), 2));
        let other = Asker::new().unwrap().ask("/f", 0).unwrap();
        assert!(!asker.takes("/f", &other.seal, &answer_of(&other.words), 1), "of another process");
        for bad in ["", "....", "600.x.y.z", "9999999999999999999999.a.b.c"] {
            assert!(!asker.takes("/f", bad, "3", 0), "{bad}");
        }
    }

    #[test]
    fn answers_are_read_in_digits_and_in_words() {
        for (typed, number) in [
            ("13", 13),
            (" １３ ", 13),
            ("十三", 13),
            ("13个人", 13),
            ("二十", 20),
            ("两", 2),
            ("二十一份", 21),
            ("零", 0),
        ] {
            assert_eq!(read(typed), Some(number), "{typed}");
        }
        for typed in ["", "十三四", "many", "-3"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_counts_twice() {
        let mut asker = Asker::new().unwrap();
        let kept = asker.ask("/f", 0).unwrap();
        assert!(asker.takes("/f", &kept.seal, &answer_of(&kept.words), 1));
        for place in 0..MOST_SPENT {
            asker.spent.insert(place.to_string(), 600);
        }
        assert!(!asker.takes("/f", &asker.ask("/f", 0).unwrap().seal, "1", 1));
        assert!(asker.spent.is_empty());
        assert!(!asker.takes("/f", &kept.seal, &answer_of(&kept.words), 2));
    }
}
