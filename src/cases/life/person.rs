//! PURE. What the application form asks of a person beside the name: 文化程度, 身体状况, 邮编.

use crate::plan::dictionary::dictionary;
use crate::plan::money::half_width;

dictionary! {
    /// 文化程度.
    Education {
        None = "none", "未上过学";
        Primary = "primary", "小学";
        Junior = "junior", "初中";
        Senior = "senior", "高中、中专";
        College = "college", "大专";
        Bachelor = "bachelor", "本科及以上";
    }
}

dictionary! {
    /// 身体状况, as the form divides it.
    Health {
        Healthy = "healthy", "健康";
        Disabled = "disabled", "残疾";
        Ill = "ill", "严重疾病";
    }
}

/// A postcode of six digits, or none.
///
/// # Errors
/// What to correct.
pub fn parse_postcode(typed: &str) -> Result<String, &'static str> {
    let plain = half_width(typed.trim());
    if plain.is_empty() || (plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit())) {
        Ok(plain)
    } else {
        Err("邮编应为6位数字，例如048400；不知道的可以不填")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_has_six_digits_or_is_left_out() {
        assert_eq!(parse_postcode(" ０４８４００ ").as_deref(), Ok("048400"));
        assert_eq!(parse_postcode("").as_deref(), Ok(""));
        for wrong in ["04840", "0484000", "高平", "04840a"] {
            assert!(parse_postcode(wrong).is_err(), "{wrong}");
        }
    }
}
