//! Digits told one by one: `five five five, zero one two three`, `double four`, `one eight hundred`.

use super::cardinal::{goes_on, two_digits, unit};
use super::read::Read;
use super::words::Words;
use crate::itn::figures::only_count;
use crate::tokens::Gap;
use sidetone_types::number::NumberKind;

/// Lengths of telephone numbers, without and with area and country.
const TELEPHONE: [usize; 3] = [7, 10, 11];
/// Three digits that everybody knows for a number to call.
const SERVICES: [&str; 4] = ["911", "411", "311", "611"];

/// What has been read of a number.
#[derive(Clone, Debug, Default)]
struct Reading {
    digits: String,
    /// Digits told one by one.
    single: usize,
    /// Whether it has two digits in one word, or `hundred`.
    pairs: bool,
    /// Whether it has figures, and whether it has words.
    figures: bool,
    in_words: bool,
    commas: bool,
    end: usize,
}

/// A number told by its digits.
pub(super) fn digits(words: Words<'_>, at: usize) -> Option<Read> {
    // With its commas if it is long enough; else up to the first.
    let read = [true, false].into_iter().find_map(|commas| {
        let reading = read(words, at, commas);
        reading.holds(words, at).then_some(reading)
    })?;
    Some(Read::one(
        words,
        NumberKind::Digits,
        at..read.end,
        read.digits,
    ))
}

fn read(words: Words<'_>, at: usize, over_commas: bool) -> Reading {
    let mut reading = Reading {
        end: at,
        ..Reading::default()
    };
    loop {
        let end = reading.end;
        let gap = words.gap(end);
        let joined = end == at || gap.joins() || over_commas && gap == Gap::Comma;
        if !joined || !reading.take(words, end) {
            return reading;
        }
        reading.commas |= end > at && gap == Gap::Comma;
    }
}

impl Reading {
    /// Takes what stands at `at`, if it belongs to the number.
    fn take(&mut self, words: Words<'_>, at: usize) -> bool {
        let word = words.word(at);
        if let Some(digit) = unit(word) {
            self.push(&digit.to_string(), at + 1);
            let toll_free = matches!(self.digits.as_str(), "8" | "18");
            if toll_free && words.next(at + 1) == "hundred" {
                self.digits.push_str("00");
                self.pairs = true;
                self.end = at + 2;
            }
            return true;
        }
        let times = match word {
            "double" => 2,
            "triple" => 3,
            _ => 0,
        };
        if times > 0 {
            let Some(digit) = unit(words.next(at + 1)).or_else(|| oh(words.next(at + 1))) else {
                return false;
            };
            self.push(&digit.to_string().repeat(times), at + 2);
            return true;
        }
        if let Some(zero) = oh(word) {
            // `oh` at the end of a number belongs to it, alone in front of a comma it does not.
            let alone = self.digits.is_empty() && !words.gap(at + 1).joins();
            if alone || self.digits.is_empty() && unit(words.word(at + 1)).is_none() {
                return false;
            }
            self.push(&zero.to_string(), at + 1);
            return true;
        }
        if let Some((pair, end)) = two_digits(words, at) {
            self.digits.push_str(&pair.to_string());
            self.pairs = true;
            self.in_words = true;
            self.end = end;
            return true;
        }
        if (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit()) {
            self.digits.push_str(word);
            self.figures = true;
            self.single += word.len();
            self.end = at + 1;
            return true;
        }
        false
    }

    fn push(&mut self, digits: &str, end: usize) {
        self.digits.push_str(digits);
        self.single += digits.len();
        self.in_words = true;
        self.end = end;
    }

    /// Whether it can be nothing else.
    fn holds(&self, words: Words<'_>, at: usize) -> bool {
        let length = self.digits.len();
        let long_enough = if self.pairs {
            TELEPHONE.contains(&length) && self.single >= 3
        } else if self.figures || self.commas {
            length >= 7
        } else {
            length >= 4
                || SERVICES.contains(&self.digits.as_str())
                || length == 3 && announced(words, at)
        };
        let followed = goes_on(words, self.end)
            || matches!(words.next(self.end), "percent" | "dollars" | "cents");
        let counts = only_count(&self.digits) && !announced(words, at);
        self.in_words && long_enough && !counts && !followed
    }
}

/// `oh` as the digit.
fn oh(word: &str) -> Option<u64> {
    matches!(word, "oh" | "o").then_some(0)
}

/// Whether the words before announce digits: `extension two one four`.
fn announced(words: Words<'_>, at: usize) -> bool {
    let before = words.before(at);
    let announces = |word: &str| {
        matches!(
            word,
            "extension" | "ext" | "code" | "pin" | "number" | "digits" | "room" | "ending"
        )
    };
    announces(before)
        || matches!(before, "is" | "in" | "with") && at > 1 && announces(words.before(at - 1))
}
