//! English numbers, in words or digits, brought to one form.

use std::sync::{Arc, LazyLock};

use sidetone_language::lexicon::Lexicon;
use sidetone_language::numbers::NumberWords;
use sidetone_types::lang::Lang;

/// The number words that come with the program, whatever a site has of its own.
static LEXICON: LazyLock<Arc<Lexicon>> = LazyLock::new(Lexicon::built_in);

fn english() -> &'static NumberWords {
    let words = LEXICON.numbers.of_lang(Lang::EN);
    words.expect("English comes with the program")
}

/// Writes numbers as digits, and each digit as a word; the last one of an ordinal ends in `th`.
///
/// `words` are in lower case, without punctuation. `second` alone is a unit of time as often as an
/// ordinal, and stays a word; so `2nd` becomes one.
pub fn spell_digits(words: &[String]) -> Vec<String> {
    let mut done = Vec::new();
    let mut i = 0;
    let at = |i: usize| words.get(i).map(String::as_str);
    while let Some(word) = at(i) {
        let (before, after) = (i.checked_sub(1).and_then(at), at(i + 1));
        i += match word {
            "oh" | "o" if before.is_some_and(is_numeric) && after.is_some_and(is_numeric) => {
                done.push("0".to_owned());
                1
            }
            // As good as one: the number follows.
            "a" if after.is_some_and(|word| COUNTABLE.contains(&word)) => 1,
            "second" => {
                done.push(word.to_owned());
                1
            }
            _ => spell_one(word, &words[i..], &mut done),
        };
    }
    done
}

/// What `a` may count.
const COUNTABLE: [&str; 3] = ["hundred", "thousand", "million"];

/// Writes what `words` begin with, of which `word` is the first, and says how many of them it was.
fn spell_one(word: &str, words: &[String], to: &mut Vec<String>) -> usize {
    if let Some(digits) = ordinal_digits(word) {
        spell(digits, true, to);
        1
    } else if part(word).is_some() {
        let (read, number, ordinal) = read_number(words);
        spell(&number.to_string(), ordinal, to);
        read
    } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
        // Not a quantity: it begins with a zero, or is too long.
        spell(word, false, to);
        1
    } else {
        to.push(word.to_owned());
        1
    }
}

fn is_numeric(word: &str) -> bool {
    part(word).is_some() || word.starts_with(|c: char| c.is_ascii_digit())
}

/// The number that `words` begin with: how many words it takes, its value, whether it is an
/// ordinal.
fn read_number(words: &[String]) -> (usize, u64, bool) {
    let mut number = Number::default();
    let mut read = 0;
    loop {
        let and = usize::from(
            read > 0 && number.takes_and() && words.get(read).is_some_and(|word| word == "and"),
        );
        let Some((part, ordinal)) = words.get(read + and).and_then(|word| part(word)) else {
            break;
        };
        // `hundred` cannot follow `and`: it would count what was before.
        if (and == 1 && matches!(part, Part::Hundred | Part::Scale(_))) || !number.push(part) {
            break;
        }
        read += and + 1;
        if ordinal {
            return (read, number.value(), true);
        }
    }
    (read.max(1), number.value(), false)
}

/// The digits of `3rd`.
fn ordinal_digits(word: &str) -> Option<&str> {
    english().written_ordinal(word)?;
    Some(word.trim_end_matches(|c: char| !c.is_ascii_digit()))
}

fn spell(digits: &str, ordinal: bool, to: &mut Vec<String>) {
    if digits == "2" && ordinal {
        to.push("second".to_owned());
        return;
    }
    to.extend(digits.chars().map(String::from));
    if let Some(last) = to.last_mut().filter(|_| ordinal) {
        last.push_str("th");
    }
}

/// What a word means within a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// 0 to 9.
    Unit(u64),
    /// 10 to 19.
    Teen(u64),
    /// 20, 30 to 90.
    Ten(u64),
    Hundred,
    /// Thousand and above.
    Scale(u64),
    /// Digits, which a scale may follow.
    Digits(u64),
}

/// What a word means within a number, and whether it makes an ordinal of it.
fn part(word: &str) -> Option<(Part, bool)> {
    let cardinal = |word: &str| match english().times(word) {
        Some(100) => Some(Part::Hundred),
        Some(scale) => Some(Part::Scale(scale)),
        None => english().value(word).map(below_hundred),
    };
    if let Some(part) = cardinal(word) {
        return Some((part, false));
    }
    if let Some(n) = english().ordinal_value(word) {
        return Some((below_hundred(n), true));
    }
    if word.bytes().all(|b| b.is_ascii_digit()) && !word.starts_with('0') {
        return word.parse().ok().map(|n| (Part::Digits(n), false));
    }
    // `hundredth`
    let stem = word.strip_suffix("th")?;
    cardinal(stem).map(|part| (part, true))
}

/// What a number below a hundred is that has a word of its own.
const fn below_hundred(value: u64) -> Part {
    match value {
        0..10 => Part::Unit(value),
        10..20 => Part::Teen(value),
        _ => Part::Ten(value),
    }
}

/// A number that is being read.
#[derive(Default)]
struct Number {
    /// What the scales have counted.
    total: u64,
    /// What the next scale counts.
    current: u64,
    last: Option<Part>,
}

impl Number {
    /// Takes the next part, if it can follow.
    fn push(&mut self, part: Part) -> bool {
        use Part::{Digits, Hundred, Scale, Teen, Ten, Unit};
        let current = match (self.last, part) {
            (None, Unit(n) | Teen(n) | Ten(n) | Digits(n)) => Some(n),
            (None, Hundred) => Some(100),
            (Some(Ten(_)), Unit(n @ 1..))
            | (Some(Hundred | Scale(_)), Unit(n @ 1..) | Teen(n) | Ten(n)) => {
                self.current.checked_add(n)
            }
            (Some(Unit(_) | Teen(_) | Ten(_) | Digits(_)), Hundred)
                if (1..100).contains(&self.current) =>
            {
                self.current.checked_mul(100)
            }
            _ => None,
        };
        if let (Scale(scale), Some(_)) = (part, self.last) {
            // The scales of one number fall: two million three thousand.
            let falls = self.total == 0 || self.total.is_multiple_of(scale.saturating_mul(1_000));
            let Some(total) = self
                .current
                .checked_mul(scale)
                .and_then(|n| self.total.checked_add(n))
            else {
                return false;
            };
            if !falls || self.current == 0 {
                return false;
            }
            (self.total, self.current) = (total, 0);
        } else if let (Scale(scale), None) = (part, self.last) {
            self.total = scale;
        } else if let Some(current) = current {
            self.current = current;
        } else {
            return false;
        }
        self.last = Some(part);
        true
    }

    fn value(&self) -> u64 {
        self.total.saturating_add(self.current)
    }

    /// Whether `and` may stand before the rest of it.
    fn takes_and(&self) -> bool {
        matches!(self.last, Some(Part::Hundred | Part::Scale(_)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> String {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        spell_digits(&words).join(" ")
    }

    /// As it is spoken, in full.
    fn spoken(n: u64) -> String {
        let with = |head: String, rest: u64| {
            if rest == 0 {
                head
            } else {
                format!("{head} {}", spoken(rest))
            }
        };
        let word = |n| english().cardinal_word(n).expect("it has one").to_owned();
        match n {
            0..20 => word(n),
            20..100 => with(word(n / 10 * 10), n % 10),
            100..1_000 => with(format!("{} hundred", spoken(n / 100)), n % 100),
            1_000..1_000_000 => with(format!("{} thousand", spoken(n / 1_000)), n % 1_000),
            _ => with(format!("{} million", spoken(n / 1_000_000)), n % 1_000_000),
        }
    }

    #[test]
    fn numbers_end_where_no_number_goes_on() {
        for (text, expected) in [
            ("nineteen eighty four", "1 9 8 4"),
            ("four one five five", "4 1 5 5"),
            ("four fifteen", "4 1 5"),
            ("one hundred and five", "1 0 5"),
            ("one hundred and a half", "1 0 0 and a half"),
            ("two and two", "2 and 2"),
            ("two million three thousand", "2 0 0 3 0 0 0"),
            ("seventeen hundred", "1 7 0 0"),
            ("a hundred", "1 0 0"),
            ("3 million", "3 0 0 0 0 0 0"),
            ("1 oh 1", "1 0 1"),
            ("oh no", "oh no"),
            ("007", "0 0 7"),
            ("99999999999999999999999", "9 ".repeat(23).trim_end()),
            ("21st", "2 1th"),
            ("twenty first", "2 1th"),
            ("two hundredth", "2 0 0th"),
            ("twelfth", "1 2th"),
            ("2nd", "second"),
            ("a second", "a second"),
            ("twenty second", "2 2th"),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_the_same_in_words_and_in_digits(n in 0_u64..1_000_000_000) {
            prop_assert_eq!(line(&spoken(n)), line(&n.to_string()));
        }
    }
}
