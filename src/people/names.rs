//! PURE. Names in pinyin, by which the bank is sorted and searched.

use pinyin::ToPinyin as _;

/// Two-character surnames whose reading is not that of their characters.
const DOUBLE: &[(&str, &str)] = &[
    ("尉迟", "yu chi"),
    ("万俟", "mo qi"),
    ("单于", "chan yu"),
    ("长孙", "zhang sun"),
    ("澹台", "tan tai"),
    ("令狐", "ling hu"),
    ("宿勤", "su qin"),
];

/// Surnames that are read otherwise than the same character in a word.
const SINGLE: &[(char, &str)] = &[
    ('单', "shan"),
    ('曾', "zeng"),
    ('解', "xie"),
    ('仇', "qiu"),
    ('查', "zha"),
    ('乐', "yue"),
    ('朴', "piao"),
    ('区', "ou"),
    ('盖', "ge"),
    ('翟', "zhai"),
    ('任', "ren"),
    ('华', "hua"),
    ('燕', "yan"),
    ('宁', "ning"),
    ('冼', "xian"),
    ('洗', "xian"),
    ('员', "yun"),
    ('黑', "he"),
    ('折', "she"),
    ('逄', "pang"),
    ('秘', "bi"),
    ('繁', "po"),
    ('种', "chong"),
    ('重', "chong"),
    ('召', "shao"),
    ('覃', "qin"),
    ('缪', "miao"),
    ('隗', "wei"),
    ('祭', "zhai"),
    ('应', "ying"),
    ('纪', "ji"),
    ('车', "che"),
    ('柏', "bai"),
    ('牟', "mu"),
    ('谌', "chen"),
    ('贲', "ben"),
    ('尉', "wei"),
    ('郗', "xi"),
    ('眭', "sui"),
    ('瞿', "qu"),
    ('佴', "nai"),
    ('沈', "shen"),
    ('石', "shi"),
    ('薄', "bo"),
    ('宓', "mi"),
    ('万', "wan"),
    ('句', "gou"),
    ('都', "du"),
    ('能', "nai"),
    ('那', "na"),
    ('相', "xiang"),
    ('粘', "nian"),
    ('藏', "zang"),
    ('行', "xing"),
    ('葛', "ge"),
    ('褚', "chu"),
    ('曲', "qu"),
    ('要', "yao"),
    ('降', "jiang"),
    ('阚', "kan"),
    ('郝', "hao"),
    ('贾', "jia"),
    ('原', "yuan"),
];

/// `欧阳明` → `ou yang ming`: syllables apart, so that the first letters can be searched too.
/// A character without a reading stays as it is.
pub fn pinyin(name: &str) -> String {
    let name = name.trim();
    let mut syllables: Vec<String> = Vec::new();
    let given = match DOUBLE.iter().find(|(surname, _)| name.starts_with(surname)) {
        Some((surname, reading)) => {
            syllables.push((*reading).to_owned());
            name.strip_prefix(surname).unwrap_or_default()
        }
        None => {
            let first = name.chars().next();
            match SINGLE.iter().find(|(surname, _)| Some(*surname) == first) {
                Some((surname, reading)) => {
                    syllables.push((*reading).to_owned());
                    name.strip_prefix(*surname).unwrap_or_default()
                }
                None => name,
            }
        }
    };
    let mut letters = String::new();
    for character in given.chars() {
        if character.is_ascii_alphanumeric() {
            letters.push(character.to_ascii_lowercase());
            continue;
        }
        if !letters.is_empty() {
            syllables.push(std::mem::take(&mut letters));
        }
        match character.to_pinyin() {
            Some(reading) => syllables.push(reading.plain().replace('ü', "v")),
            None if character.is_alphanumeric() => syllables.push(character.to_string()),
            None => {}
        }
    }
    if !letters.is_empty() {
        syllables.push(letters);
    }
    syllables.join(" ")
}

#[cfg(test)]
mod tests {
    use super::pinyin;

    #[test]
    fn surnames_are_read_as_surnames() {
        for (name, reading) in [
            ("张三", "zhang san"),
            ("单晓梅", "shan xiao mei"),
            ("曾国强", "zeng guo qiang"),
            ("解放", "xie fang"),
            ("仇英", "qiu ying"),
            ("尉迟敬", "yu chi jing"),
            ("欧阳明", "ou yang ming"),
            ("吕梁", "lv liang"),
            ("买买提·阿里", "mai mai ti a li"),
            ("Zhang Wei", "zhang wei"),
        ] {
            assert_eq!(pinyin(name), reading, "{name}");
        }
    }

    #[test]
    fn a_character_without_a_reading_stays() {
        assert!(!pinyin("𠮷田").is_empty());
        assert_eq!(pinyin(""), "");
    }
}
