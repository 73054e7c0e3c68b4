//! How personal data look in lists, postings, prints and exports (PIPL; the full
//! value is shown on a logged request only).

/// 张明 → 张\*, 张小明 → 张\*明: the first letter, and the last of three or more.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.trim().chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, hidden @ .., last] => format!("{first}{}{last}", "*".repeat(hidden.len())),
    }
}

/// 140581199001011234 → 140581\*\*\*\*\*\*\*\*1234; shorter documents show less.
#[must_use]
pub fn mask_id_number(number: &str) -> String {
    match number.trim().chars().count() {
        15.. => keep(number, 6, 4),
        8..15 => keep(number, 2, 2),
        _ => keep(number, 0, 0),
    }
}

/// 13812345678 → 138\*\*\*\*5678; a number without area code shows its end only.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    match phone.trim().chars().count() {
        11.. => keep(phone, 3, 4),
        7..11 => keep(phone, 0, 4),
        _ => keep(phone, 0, 0),
    }
}

/// \*\*\*\*1234: the last four digits of a bank account, never its length.
#[must_use]
pub fn mask_bank_account(account: &str) -> String {
    let digits: Vec<char> = account.chars().filter(|c| !c.is_whitespace()).collect();
    let shown = match digits.len() {
        8.. => digits.iter().skip(digits.len() - 4).collect(),
        _ => String::new(),
    };
    if digits.is_empty() { String::new() } else { format!("****{shown}") }
}

/// 山西省高平市米山镇南朱庄村3号 → 山西省高平市\*\*\*: an address down to its county; one without a county shows nothing.
#[must_use]
pub fn mask_place(place: &str) -> String {
    let letters: Vec<char> = place.trim().chars().collect();
    if letters.is_empty() {
        return String::new();
    }
    // 小区 and 社区 are houses, not districts; a county stands at the beginning.
    let mut county = letters.iter().enumerate().take(14).filter(|(at, letter)| match letter {
        '县' | '市' | '旗' => *at > 0,
        '区' => *at > 1 && !matches!(letters.get(at - 1), Some('小' | '社')),
        _ => false,
    });
    let shown = county.next_back().map_or(0, |(at, _)| at + 1);
    format!("{}***", letters.iter().take(shown).collect::<String>())
}

/// The first and last letters of `text`, stars for what is between.
fn keep(text: &str, first: usize, last: usize) -> String {
    let letters: Vec<char> = text.trim().chars().collect();
    let from = letters.len().saturating_sub(last);
    letters.iter().enumerate().map(|(at, letter)| if at < first || at >= from { *letter } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_looks_as_the_rule_says() {
        assert_eq!(mask_name("张明"), "张*");
        assert_eq!(mask_name("张小明"), "张*明");
        assert_eq!(mask_name("欧阳小明"), "欧**明");
        assert_eq!(mask_name("𠮷"), "*");
        assert_eq!(mask_id_number("140581199001011234"), "140581********1234");
        assert_eq!(mask_id_number("E12345678"), "E1*****78");
        assert_eq!(mask_id_number("1234"), "****");
        assert_eq!(mask_place("山西省高平市米山镇南朱庄村3号"), "山西省高平市***");
        assert_eq!(mask_place("山西省晋城市城区黄华街阳光小区"), "山西省晋城市城区***");
        assert_eq!(mask_place("阳光小区3号楼"), "***");
        assert_eq!(mask_phone("13812345678"), "138****5678");
        assert_eq!(mask_phone("0356-1234567"), "035*****4567");
        assert_eq!(mask_phone("1234567"), "***4567");
        assert_eq!(mask_bank_account("6222 0000 1111 2345"), "****2345");
        assert_eq!(mask_bank_account("123"), "****");
    }

    proptest! {
        #[test]
        fn whatever_was_typed_is_masked_without_a_fall(text in ".*") {
            for masked in [mask_name(&text), mask_id_number(&text), mask_phone(&text), mask_bank_account(&text), mask_place(&text)] {
                prop_assert_eq!(masked.is_empty(), text.trim().is_empty());
            }
        }

        #[test]
        fn no_long_number_is_left_readable(number in "[0-9]{8,30}") {
            for masked in [mask_id_number(&number), mask_phone(&number), mask_bank_account(&number)] {
                prop_assert!(masked.contains("****"), "{}", masked);
            }
        }
    }
}
