//! The one table of numerals: which words and characters are numbers, for all that read any.

/// 0 to 19.
pub const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// 20, 30 to 90.
pub const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// The ordinals of 0 to 19.
pub const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// The value of an English number word below a hundred: `fifteen` is 15, `twenty` 20.
pub fn below_hundred(word: &str) -> Option<u32> {
    let place = |list: &[&str]| list.iter().position(|known| *known == word);
    let value = place(&ONES).or_else(|| place(&TENS).map(|at| (at + 2) * 10))?;
    u32::try_from(value).ok()
}

/// What Chinese numerals are read for. Some characters only count, others only tell digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadAs {
    /// How many: 两个 is two, 幺 is no amount.
    Amount,
    /// Digits told one by one, as of telephone numbers: 幺 is 1, 两 tells none.
    Digits,
    /// Either of the two.
    Either,
    /// These, the formal ones of contracts (壹, 贰) and those that have their noun in them (俩, 仨).
    Any,
}

/// The value of a Chinese numeral from 0 to 9, in both scripts.
pub fn digit(c: char, read_as: ReadAs) -> Option<u32> {
    use ReadAs::{Amount, Any, Digits, Either};
    let (value, readings): (u32, &[ReadAs]) = match c {
        '零' | '〇' => (0, &[Amount, Digits, Either]),
        '一' => (1, &[Amount, Digits, Either]),
        '幺' => (1, &[Digits, Either]),
        '二' => (2, &[Amount, Digits, Either]),
        '两' | '兩' => (2, &[Amount, Either]),
        '三' => (3, &[Amount, Digits, Either]),
        '四' => (4, &[Amount, Digits, Either]),
        '五' => (5, &[Amount, Digits, Either]),
        '六' => (6, &[Amount, Digits, Either]),
        '七' => (7, &[Amount, Digits, Either]),
        '八' => (8, &[Amount, Digits, Either]),
        '九' => (9, &[Amount, Digits, Either]),
        '壹' => (1, &[]),
        '贰' | '貳' | '俩' | '倆' => (2, &[]),
        '叁' | '叄' | '仨' => (3, &[]),
        '肆' => (4, &[]),
        '伍' => (5, &[]),
        '陆' | '陸' => (6, &[]),
        '柒' => (7, &[]),
        '捌' => (8, &[]),
        '玖' => (9, &[]),
        _ => return None,
    };
    (read_as == Any || readings.contains(&read_as)).then_some(value)
}

/// The same as a figure: 幺 → `1`.
pub fn figure(c: char, read_as: ReadAs) -> Option<char> {
    char::from_digit(digit(c, read_as)?, 10)
}

/// What a Chinese unit multiplies by: 十, 百, 千, 万, 亿, in both scripts.
pub const fn unit(c: char) -> Option<u64> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1_000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeral_counts_or_tells_digits() {
        use ReadAs::{Amount, Any, Digits, Either};
        for (c, value, readings) in [
            ('三', 3, &[Amount, Digits, Either, Any][..]),
            ('〇', 0, &[Amount, Digits, Either, Any]),
            ('幺', 1, &[Digits, Either, Any]),
            ('两', 2, &[Amount, Either, Any]),
            ('兩', 2, &[Amount, Either, Any]),
            ('俩', 2, &[Any]),
            ('陆', 6, &[Any]),
        ] {
            for read_as in [Amount, Digits, Either, Any] {
                let expected = readings.contains(&read_as).then_some(value);
                assert_eq!(digit(c, read_as), expected, "{c} {read_as:?}");
            }
        }
        assert_eq!(digit('十', Any), None);
        assert_eq!(figure('幺', Digits), Some('1'));
    }

    #[test]
    fn words_below_a_hundred_have_values() {
        for (word, value) in [
            ("zero", Some(0)),
            ("nineteen", Some(19)),
            ("ninety", Some(90)),
            ("hundred", None),
        ] {
            assert_eq!(below_hundred(word), value, "{word}");
        }
    }
}
