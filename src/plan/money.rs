//! Yuan and fen: the one rounding, how amounts are written and how typed ones are read.

use rust_decimal::{Decimal, RoundingStrategy};

/// Rounds to fen, half away from zero, as PostgreSQL's `numeric(12,2)` does. The result
/// always carries two decimals, so that equal amounts have equal JSON.
#[must_use]
pub fn round_to_fen(amount: Decimal) -> Decimal {
    let mut fen = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    fen.rescale(2);
    if fen.is_zero() {
        fen.set_sign_positive(true);
    }
    fen
}

/// Whole yuan as an amount with two decimals.
#[must_use]
pub fn yuan(whole: i64) -> Decimal {
    round_to_fen(Decimal::from(whole))
}

/// The amount with two decimals and no separators: `1950.00`.
#[must_use]
pub fn plain_text(amount: Decimal) -> String {
    round_to_fen(amount).to_string()
}

/// The amount with two decimals and thousands separators: `1,950.00`.
#[must_use]
pub fn yuan_text(amount: Decimal) -> String {
    let plain = plain_text(amount);
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.as_str()),
    };
    let (whole, fen) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fen}")
}

/// The amount as it stands in a sentence: `200元`, `12.50元`.
#[must_use]
pub fn in_sentence(amount: Decimal) -> String {
    let amount = round_to_fen(amount);
    if amount.fract().is_zero() { format!("{}元", amount.trunc()) } else { format!("{amount}元") }
}

/// The amount in capitals (人民币大写) as a payment sheet needs it: `壹仟玖佰伍拾元整`.
#[must_use]
pub fn capitals(amount: Decimal) -> String {
    let plain = plain_text(amount.abs());
    let (whole, fen) = plain.split_once('.').unwrap_or((plain.as_str(), "00"));
    let whole = whole_in_capitals(whole);
    let mut fen = fen.chars();
    let jiao = fen.next().unwrap_or('0');
    let fen = fen.next().unwrap_or('0');
    let mut text = String::new();
    if amount.is_sign_negative() && !round_to_fen(amount).is_zero() {
        text.push('负');
    }
    if !whole.is_empty() || (jiao == '0' && fen == '0') {
        text.push_str(if whole.is_empty() { "零" } else { &whole });
        text.push('元');
    }
    match (jiao, fen) {
        ('0', '0') => text.push('整'),
        ('0', fen) => {
            if !whole.is_empty() {
                text.push('零');
            }
            text.push(capital(fen));
            text.push('分');
        }
        (jiao, '0') => {
            text.push(capital(jiao));
            text.push_str("角整");
        }
        (jiao, fen) => {
            text.push(capital(jiao));
            text.push('角');
            text.push(capital(fen));
            text.push('分');
        }
    }
    text
}

/// Whole yuan in capitals; empty for zero. Groups of four digits carry 万 and 亿.
fn whole_in_capitals(digits: &str) -> String {
    let mut text = String::new();
    let mut zero_waits = false;
    let mut group_has_digit = false;
    for (index, digit) in digits.chars().enumerate() {
        let place = digits.len() - 1 - index;
        if digit == '0' {
            zero_waits = true;
        } else {
            if zero_waits && !text.is_empty() {
                text.push('零');
            }
            zero_waits = false;
            group_has_digit = true;
            text.push(capital(digit));
            text.push_str(match place % 4 {
                1 => "拾",
                2 => "佰",
                3 => "仟",
                _ => "",
            });
        }
        if place.is_multiple_of(4) {
            match place {
                4 | 12 if group_has_digit => text.push('万'),
                8 if !text.is_empty() => text.push('亿'),
                _ => {}
            }
            group_has_digit = false;
        }
    }
    text
}

fn capital(digit: char) -> char {
    match digit {
        '1' => '壹',
        '2' => '贰',
        '3' => '叁',
        '4' => '肆',
        '5' => '伍',
        '6' => '陆',
        '7' => '柒',
        '8' => '捌',
        '9' => '玖',
        _ => '零',
    }
}

/// The largest amount a field accepts, well above a year's fund.
const LARGEST: i64 = 100_000_000;

/// Reads an amount as a clerk types it: full-width digits, thousands separators, a
/// leading ¥ and a trailing 元 are understood.
///
/// # Errors
/// A Chinese sentence that says what to correct.
pub fn parse_amount(typed: &str) -> Result<Decimal, String> {
    let plain = half_width(typed);
    let text = plain.trim();
    let text = text.strip_prefix('¥').or_else(|| text.strip_prefix('\u{ffe5}')).unwrap_or(text);
    let text = text.strip_suffix('元').unwrap_or(text).trim();
    if text.is_empty() {
        return Err("请填写金额".to_owned());
    }
    let unreadable = || "金额只能填写数字，例如 1950 或 1950.00".to_owned();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", whole),
    };
    let whole = ungrouped(whole).ok_or_else(unreadable)?;
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(&whole) || !all_digits(fraction) {
        return Err(unreadable());
    }
    if fraction.trim_end_matches('0').len() > 2 {
        return Err("金额最多保留两位小数（到分）".to_owned());
    }
    let too_large = || "金额过大，请核对".to_owned();
    if whole.trim_start_matches('0').len() > 9 {
        return Err(too_large());
    }
    let fraction = fraction.trim_end_matches('0');
    let amount: Decimal = format!("{sign}{whole}.{fraction:0<2}").parse().map_err(|_| unreadable())?;
    if amount.abs() > Decimal::from(LARGEST) {
        return Err(too_large());
    }
    Ok(round_to_fen(amount))
}

/// Reads an amount that must not be negative.
///
/// # Errors
/// A Chinese sentence that says what to correct.
pub fn parse_amount_not_negative(typed: &str) -> Result<Decimal, String> {
    let amount = parse_amount(typed)?;
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err("金额不能为负数".to_owned());
    }
    Ok(amount)
}

/// The digits without their separators; `None` where a separator stands in a wrong place.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let head = groups.next()?;
    let mut digits = head.to_owned();
    for group in groups {
        if group.len() != 3 || head.is_empty() || head.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// Full-width digits and signs of a Chinese input method, made half-width.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        })
        .collect()
}

/// Amounts in JSON: always a string with two decimals.
pub mod json {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `"1950.00"`.
    ///
    /// # Errors
    /// Only those of the serialiser.
    pub fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::round_to_fen(*amount))
    }

    /// Reads a string; a JSON number would have passed through a float.
    ///
    /// # Errors
    /// When the text is no decimal number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        String::deserialize(deserializer)?.parse().map(super::round_to_fen).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn halves_are_rounded_away_from_zero_as_postgresql_does() {
        for (from, to) in [
            ("0.005", "0.01"),
            ("0.015", "0.02"),
            ("0.025", "0.03"),
            ("-0.005", "-0.01"),
            ("2.344", "2.34"),
            ("-0.001", "0.00"),
            ("7", "7.00"),
        ] {
            assert_eq!(round_to_fen(d(from)).to_string(), to);
        }
    }

    #[test]
    fn amounts_carry_separators_and_fen() {
        for (from, to) in [
            ("0", "0.00"),
            ("200", "200.00"),
            ("1950", "1,950.00"),
            ("560700", "560,700.00"),
            ("-1234567.5", "-1,234,567.50"),
        ] {
            assert_eq!(yuan_text(d(from)), to);
        }
        assert_eq!(in_sentence(d("200.00")), "200元");
        assert_eq!(in_sentence(d("12.5")), "12.50元");
    }

    #[test]
    fn capitals_are_those_of_a_payment_sheet() {
        for (from, to) in [
            ("0", "零元整"),
            ("10", "壹拾元整"),
            ("200", "贰佰元整"),
            ("1950", "壹仟玖佰伍拾元整"),
            ("10020", "壹万零贰拾元整"),
            ("560700", "伍拾陆万零柒佰元整"),
            ("1000500", "壹佰万零伍佰元整"),
            ("100000000", "壹亿元整"),
            ("100010000", "壹亿零壹万元整"),
            ("100000001", "壹亿零壹元整"),
            ("290000", "贰拾玖万元整"),
            ("1000000000000", "壹万亿元整"),
            ("0.5", "伍角整"),
            ("0.05", "伍分"),
            ("12.30", "壹拾贰元叁角整"),
            ("12.34", "壹拾贰元叁角肆分"),
            ("10.04", "壹拾元零肆分"),
            ("-50", "负伍拾元整"),
        ] {
            assert_eq!(capitals(d(from)), to, "{from}");
        }
    }

    #[test]
    fn typed_amounts_are_read_kindly() {
        for (typed, amount) in [
            ("1950", "1950.00"),
            (" 1,950.5元 ", "1950.50"),
            ("¥200.00", "200.00"),
            ("\u{ff11}\u{ff10}\u{ff10}", "100.00"),
            ("-50", "-50.00"),
            ("200.000", "200.00"),
            ("100,000,000.00", "100000000.00"),
            ("-100000000", "-100000000.00"),
        ] {
            assert_eq!(parse_amount(typed).unwrap().to_string(), amount);
        }
    }

    #[test]
    fn a_wrong_amount_says_what_to_correct() {
        for (typed, part) in [
            ("", "请填写金额"),
            ("两百", "只能填写数字"),
            ("1.234", "两位小数"),
            ("1,95", "只能填写数字"),
            ("1e3", "只能填写数字"),
            ("--5", "只能填写数字"),
            ("1.2.3", "只能填写数字"),
            ("1000000001", "金额过大"),
            ("100000000.01", "金额过大"),
            ("-100000000.01", "金额过大"),
            (".5", "只能填写数字"),
            ("5.", "只能填写数字"),
            ("9999999999999999999999999999999999", "金额过大"),
        ] {
            let message = parse_amount(typed).unwrap_err();
            assert!(message.contains(part), "{typed}: {message}");
        }
        assert_eq!(parse_amount_not_negative("-1"), Err("金额不能为负数".to_owned()));
    }
}
