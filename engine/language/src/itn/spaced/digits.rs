//! Digits told one by one: `five five five, zero one two three`, `double four`, `one eight
//! hundred`.

use super::amounts;
use super::cardinal::{goes_on, two_digits, unit};
use super::read::Read;
use super::words::Words;
use crate::itn::figures::only_count;
use crate::tokens::Gap;
use sidetone_types::number::NumberKind;

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
        if let Some(digit) = unit(words, word) {
            self.push(&digit.to_string(), at + 1);
            // Toll-free numbers of North America: `one eight hundred`.
            let toll_free = matches!(self.digits.as_str(), "8" | "18");
            if toll_free && words.numbers.times(words.next(at + 1)) == Some(100) {
                self.digits.push_str("00");
                self.pairs = true;
                self.end = at + 2;
            }
            return true;
        }
        if let Some(times) = words.numbers.repeats(word) {
            let next = words.next(at + 1);
            let digit = unit(words, next).map(|digit| digit.to_string());
            let told = || words.numbers.told_digit(next).map(String::from);
            let Some(digit) = digit.or_else(told) else {
                return false;
            };
            self.push(&digit.repeat(times), at + 2);
            return true;
        }
        if let Some(zero) = words.numbers.told_digit(word) {
            // `oh` at the end of a number belongs to it, alone in front of a comma it does not.
            let alone = self.digits.is_empty() && !words.gap(at + 1).joins();
            if alone || self.digits.is_empty() && unit(words, words.word(at + 1)).is_none() {
                return false;
            }
            self.push(&String::from(zero), at + 1);
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
        let figures = words.figures;
        let length = self.digits.len();
        let long_enough = if self.pairs {
            figures.telephone.have(&length.to_string()) && self.single >= 3
        } else if self.figures || self.commas {
            length >= 7
        } else {
            length >= 4
                || figures.services.have(&self.digits)
                || length == 3 && announced(words, at)
        };
        let followed = goes_on(words, self.end) || amounts::unit(words, self.end).is_some();
        let counts = only_count(&self.digits) && !announced(words, at);
        self.in_words && long_enough && !counts && !followed
    }
}

/// Whether the words before announce digits: `extension two one four`.
fn announced(words: Words<'_>, at: usize) -> bool {
    let before = words.before(at);
    let announces = |word: &str| words.figures.announcing.have(word);
    announces(before)
        || words.figures.linking.have(before) && at > 1 && announces(words.before(at - 1))
}
