//! Mandarin texts as the characters that are scored.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use sidetone_language::numerals::{ReadAs, figure, unit};

use super::normalise::without_brackets;

/// See [`characters`].
pub const DESCRIBED: &str = "characters: simplified; spaces, punctuation and [..] (..) off; Latin letters in lower case; \
     numerals as digits (二十九 = 29, 一三八 = 138, 百分之五十 = 50%), each a character";

/// The characters of a Mandarin text, simplified: our recogniser writes it so, and others now and
/// then.
///
/// Numerals in Han characters become digits: a recogniser may write 29 for 二十九, and is not wrong.
/// That turns 一 in 一些 to a digit too, in the reference and in the output alike.
pub fn characters(text: &str) -> Vec<String> {
    let text = simplified(&without_brackets(text));
    let plain: Vec<char> = text.chars().map(half_width).collect();
    let mut kept = Vec::new();
    for (i, c) in plain.iter().enumerate() {
        let numeral = |at: Option<usize>| {
            at.and_then(|at| plain.get(at))
                .is_some_and(|c| is_numeral(*c))
        };
        if c.is_alphanumeric() || *c == '%' {
            kept.extend(c.to_lowercase());
        } else if matches!(c, '.' | ':') && numeral(i.checked_sub(1)) && numeral(Some(i + 1)) {
            // 3.5 and 8:30 are read with a 点 in between.
            kept.push('点');
        }
    }
    let mut done = String::new();
    let mut rest = &kept[..];
    while let Some(first) = rest.first() {
        let percent = rest.strip_prefix(&['百', '分', '之']);
        if let Some(number) = percent.filter(|after| after.first().is_some_and(|c| is_numeral(*c)))
        {
            let end = number
                .iter()
                .position(|c| !is_numeral(*c) && *c != '点')
                .unwrap_or(number.len());
            numbers(&number[..end], &mut done);
            done.push('%');
            rest = &number[end..];
        } else if is_numeral(*first) {
            let end = rest
                .iter()
                .position(|c| !is_numeral(*c))
                .unwrap_or(rest.len());
            numbers(&rest[..end], &mut done);
            rest = &rest[end..];
        } else {
            done.push(*first);
            rest = &rest[1..];
        }
    }
    done.chars().map(String::from).collect()
}

fn simplified(text: &str) -> String {
    static SIMPLIFY: LazyLock<OpenCC> = LazyLock::new(|| {
        OpenCC::from_config(BuiltinConfig::Tw2s).expect("the dictionaries come with the program")
    });
    // The dictionary takes 么 for traditional too, where it is another way to write 幺.
    let between: Vec<String> = text
        .split('么')
        .map(|part| SIMPLIFY.convert(part))
        .collect();
    between.join("么")
}

/// ASCII for its full-width twin.
fn half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Writes numerals as digits, number by number between 点.
fn numbers(numerals: &[char], to: &mut String) {
    for (i, number) in numerals.split(|c| *c == '点').enumerate() {
        if i > 0 {
            to.push('点');
        }
        match value(number) {
            Some(value) => to.push_str(&value),
            // No number as a whole, 七八十 for instance: digit by digit.
            None => to.extend(number.iter().map(|c| digit(*c).unwrap_or(*c))),
        }
    }
}

fn is_numeral(c: char) -> bool {
    digit(c).is_some() || unit(c).is_some()
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        _ => figure(c, ReadAs::Either),
    }
}

/// The digits of one number; `None` if it is not formed like one.
fn value(numerals: &[char]) -> Option<String> {
    if numerals.iter().all(|c| unit(*c).is_none()) {
        // Read digit by digit: 二零零八, 138.
        return numerals.iter().map(|c| digit(*c)).collect();
    }
    let (mut total, mut section): (u64, u64) = (0, 0);
    let mut pending: Option<u64> = None;
    // What a last digit counts: 三百五 is 350, 三百零五 is 305.
    let mut ones = 1;
    let mut previous = None;
    for c in numerals {
        if let Some(digit) = digit(*c).and_then(|digit| digit.to_digit(10)) {
            let digit = u64::from(digit);
            let arabic = c.is_ascii_digit();
            if *c == '零' || *c == '〇' {
                if pending.is_some() {
                    return None;
                }
                ones = 1;
            } else {
                pending = match pending {
                    None => Some(digit),
                    Some(before)
                        if arabic && previous.is_some_and(|p: char| p.is_ascii_digit()) =>
                    {
                        Some(before.checked_mul(10)?.checked_add(digit)?)
                    }
                    Some(_) => return None,
                };
            }
        } else {
            let unit = unit(*c)?;
            if unit >= 10_000 {
                let below = section.checked_add(pending.take().unwrap_or(0))?;
                if total == 0 && below == 0 {
                    return None;
                }
                // 亿 counts all before it, 万 what came since the 亿.
                total = match unit {
                    10_000 => total.checked_add(below.checked_mul(unit)?)?,
                    _ => total.checked_add(below)?.checked_mul(unit)?,
                };
                section = 0;
            } else {
                let count = match pending.take() {
                    Some(count) => count,
                    None if unit == 10 => 1,
                    None => return None,
                };
                section = section.checked_add(count.checked_mul(unit)?)?;
            }
            ones = unit / 10;
        }
        previous = Some(*c);
    }
    let last = match pending {
        Some(digit) if digit < 10 => digit * ones.max(1),
        Some(number) => number,
        None => 0,
    };
    let value = total.checked_add(section)?.checked_add(last)?;
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        characters(text).concat()
    }

    #[test]
    fn both_ways_to_write_a_number_are_one() {
        for (han, arabic) in [
            ("设定二十九度", "设定29度"),
            ("二零零八年", "2008年"),
            ("十个", "10个"),
            ("十五", "15"),
            ("三十", "30"),
            ("一百零五", "105"),
            ("三百五", "350"),
            ("一千二百三十四", "1,234"),
            ("一万五", "15000"),
            ("一万五千", "15000"),
            ("两百块", "200块"),
            ("三百二十万", "3200000"),
            ("三百二十万", "320万"),
            ("一亿三千万", "130000000"),
            ("十二亿", "12亿"),
            ("百分之五十", "50%"),
            ("百分之三点五", "3.5%"),
            ("三点五", "3.5"),
            ("八点三十", "8:30"),
            ("一三八零零一三八", "13800138"),
            ("幺三八", "138"),
            ("二〇二六年十一月二十二日", "2026年11月22日"),
            ("第一次", "第1次"),
            ("２９度", "29度"),
            ("两百块", "兩百塊"),
        ] {
            assert_eq!(joined(han), joined(arabic), "{han}");
        }
    }

    #[test]
    fn both_scripts_are_one() {
        for (simplified, traditional) in [("为什么", "為什麼"), ("电话费", "電話費")] {
            assert_eq!(joined(traditional), simplified);
            assert_eq!(joined(simplified), simplified);
        }
    }

    #[test]
    fn different_numbers_stay_different() {
        for (one, other) in [
            ("三百五", "三百零五"),
            ("十", "一"),
            ("二十", "二十二"),
            ("一万", "一千"),
        ] {
            assert_ne!(joined(one), joined(other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_number_keeps_its_characters() {
        for (text, expected) in [
            ("百姓", "百姓"),
            ("千万别去", "千万别去"),
            ("几百人", "几百人"),
            ("七八十岁", "78十岁"),
            ("一点", "1点"),
            ("", ""),
        ] {
            assert_eq!(joined(text), expected, "{text}");
        }
    }

    #[test]
    fn only_characters_that_are_said_count() {
        assert_eq!(joined("你好，  我的 WiFi 坏了。（笑）"), "你好我的wifi坏了");
        assert_eq!(characters("你好").len(), 2);
    }
}
