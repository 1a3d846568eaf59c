//! The one table of numerals: which characters are numbers, for all that read any.
//!
//! It is read from `lexicon/*/numerals.toml`, once for all: the search index is made by it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::fold::is_han;
use crate::lexicon::{ByCount, each, of_the_program};

/// What numerals are read for. Some characters only count, others only tell digits.
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

/// A file of numerals. Each word in it is one character.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NumeralLists {
    /// They count and tell digits.
    digits: ByCount,
    /// They only count.
    counted: ByCount,
    /// They only tell digits.
    told: ByCount,
    /// They do neither where a number is written.
    others: ByCount,
    /// They multiply.
    multipliers: ByCount,
}

/// What a character is.
#[derive(Clone, Copy)]
enum Numeral {
    Digit(u32),
    Counted(u32),
    Told(u32),
    Other(u32),
    Multiplier(u64),
}

/// Makes a numeral of its value.
type OfDigit = fn(u32) -> Numeral;

struct Table {
    /// Ordered by character.
    all: Vec<(char, Numeral)>,
    /// Whether one has this as the last byte of its code. Nearly every character is asked for, and
    /// few are numerals.
    last_bytes: [bool; 256],
    /// What counts so many: 两 and not 二.
    counting: [Option<char>; 10],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(&of_the_program("numerals")));

impl Table {
    fn of(files: &[NumeralLists]) -> Self {
        let mut all = Vec::new();
        let mut counting = [None; 10];
        for file in files {
            let digits: [(&ByCount, OfDigit); 4] = [
                (&file.counted, Numeral::Counted),
                (&file.digits, Numeral::Digit),
                (&file.told, Numeral::Told),
                (&file.others, Numeral::Other),
            ];
            for (table, numeral) in digits {
                for (word, value) in each(table) {
                    all.extend(word.chars().map(|c| (c, numeral(value as u32))));
                    if let Some(counting) = counting.get_mut(value as usize) {
                        *counting = counting.or(word.chars().next());
                    }
                }
            }
            for (word, times) in each(&file.multipliers) {
                all.extend(word.chars().map(|c| (c, Numeral::Multiplier(times))));
            }
        }
        all.sort_by_key(|(c, _)| *c);
        let mut last_bytes = [false; 256];
        for (c, _) in &all {
            last_bytes[last_byte(*c)] = true;
        }
        Self {
            all,
            last_bytes,
            counting,
        }
    }
}

const fn last_byte(c: char) -> usize {
    (c as usize) % 256
}

fn numeral(c: char) -> Option<Numeral> {
    if !is_han(c) || !TABLE.last_bytes[last_byte(c)] {
        return None;
    }
    let all = &TABLE.all;
    let place = all.binary_search_by_key(&c, |(known, _)| *known).ok()?;
    Some(all[place].1)
}

/// Whether it is a numeral of any kind.
pub(crate) fn is_numeral(c: char) -> bool {
    numeral(c).is_some()
}

/// The value of a numeral from 0 to 9, in both scripts.
pub fn digit(c: char, read_as: ReadAs) -> Option<u32> {
    let (value, reads) = match numeral(c)? {
        Numeral::Digit(value) => (value, true),
        Numeral::Counted(value) => (value, matches!(read_as, ReadAs::Amount | ReadAs::Either)),
        Numeral::Told(value) => (value, matches!(read_as, ReadAs::Digits | ReadAs::Either)),
        Numeral::Other(value) => (value, false),
        Numeral::Multiplier(_) => return None,
    };
    (reads || read_as == ReadAs::Any).then_some(value)
}

/// The same as a figure: 幺 → `1`.
pub fn figure(c: char, read_as: ReadAs) -> Option<char> {
    char::from_digit(digit(c, read_as)?, 10)
}

/// What a unit multiplies by: 十, 百, 千, 万, 亿, in both scripts.
pub fn unit(c: char) -> Option<u64> {
    match numeral(c)? {
        Numeral::Multiplier(times) => Some(times),
        _ => None,
    }
}

/// The character that counts so many: 两 for 2.
pub(crate) fn counting(value: u32) -> Option<char> {
    TABLE.counting.get(value as usize).copied().flatten()
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
        assert_eq!((unit('萬'), unit('三')), (Some(10_000), None));
        assert_eq!((counting(2), counting(3)), (Some('两'), Some('三')));
        assert_eq!(figure('幺', Digits), Some('1'));
    }
}
