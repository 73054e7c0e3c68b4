//! Telephone numbers of mainland China, as typed and as kept.

/// What is wrong with a telephone number, in the words of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Something other than digits, blanks, hyphens, brackets and a leading +.
    #[error("电话号码只能包含数字、空格和短横线")]
    Characters,
    /// Neither a mobile number nor one with an area code.
    #[error("请填写 11 位手机号，或带区号的固定电话（如 0356-1234567）")]
    Form,
}

/// Reads a number as typed, with or without +86, blanks and hyphens: a mobile
/// number as its eleven digits, a fixed one as `0356-1234567`.
///
/// # Errors
/// Says what is wrong, in the words of a form.
pub fn parse_phone(typed: &str) -> Result<String, PhoneError> {
    let bare = typed.trim();
    let bare = bare.strip_prefix("+86").or_else(|| bare.strip_prefix("0086")).unwrap_or(bare);
    let mut digits = String::new();
    for letter in bare.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' | '-' | '\u{2013}' | '\u{ff0d}' | '(' | ')' | '（' | '）' | '\u{3000}' => {}
            _ => return Err(PhoneError::Characters),
        }
    }
    if digits.len() == 11 && digits.starts_with('1') {
        return match digits.as_bytes().get(1) {
            Some(b'3'..=b'9') => Ok(digits),
            _ => Err(PhoneError::Form),
        };
    }
    // Beijing and the twenties have three digits of area, everywhere else four.
    let area = if digits.starts_with("01") || digits.starts_with("02") { 3 } else { 4 };
    match digits.split_at_checked(area) {
        Some((area, own))
            if area.starts_with('0')
                && (7..=8).contains(&own.len())
                && matches!(own.as_bytes().first(), Some(b'2'..=b'9' | b'1')) =>
        {
            Ok(format!("{area}-{own}"))
        }
        _ => Err(PhoneError::Form),
    }
}

/// A mobile number in a block given to nobody (1XX0000XXXX), for demonstrations.
#[must_use]
pub fn demo_phone(sequence: u32) -> String {
    let network = ["138", "139", "150", "186"];
    let at = usize::try_from(sequence / 10_000).unwrap_or(0) % network.len();
    let network = network.get(at).copied().unwrap_or("138");
    format!("{network}0000{:04}", sequence % 10_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_kept_in_one_form() {
        for typed in ["13812345678", " 138 1234 5678", "+86 138-1234-5678", "008613812345678"] {
            assert_eq!(parse_phone(typed).as_deref(), Ok("13812345678"), "{typed}");
        }
        for typed in ["03561234567", "0356-1234567", "（0356）1234567"] {
            assert_eq!(parse_phone(typed).as_deref(), Ok("0356-1234567"), "{typed}");
        }
        assert_eq!(parse_phone("010 87654321").as_deref(), Ok("010-87654321"));
    }

    #[test]
    fn anything_else_is_refused() {
        let lengths = ["0356-123456", "0356-123456789", "010-123456", "010-123456789"];
        for typed in ["", "12348", "1381234567", "138123456789", "12012345678", "1234567", "0356-0234567"]
            .into_iter()
            .chain(lengths)
        {
            assert_eq!(parse_phone(typed), Err(PhoneError::Form), "{typed}");
        }
        assert_eq!(parse_phone("电话"), Err(PhoneError::Characters));
    }

    proptest! {
        #[test]
        fn anything_typed_is_answered_and_what_is_kept_reads_again(text in ".*", digits in "[0-9 -]{0,16}") {
            for typed in [text, digits] {
                if let Ok(kept) = parse_phone(&typed) {
                    prop_assert_eq!(parse_phone(&kept), Ok(kept));
                }
            }
        }

        #[test]
        fn an_invented_number_is_valid(sequence in any::<u32>()) {
            let phone = demo_phone(sequence);
            prop_assert_eq!(parse_phone(&phone), Ok(phone.clone()));
            prop_assert_eq!(&phone[3..7], "0000");
        }
    }
}
