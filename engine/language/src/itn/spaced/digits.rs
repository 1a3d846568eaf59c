//! Digits told one by one: `five five five, zero one two three`, `double four`, `one eight
//! hundred`.

use super::amounts;
use super::cardinal::{goes_on, leads, told, two_digits, unit};
use super::read::Read;
use super::words::Words;
use crate::itn::figures::only_count;
use crate::lexicon;
use crate::tokens::Gap;
use sidetone_types::number::NumberKind;

/// What has been read of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub digits: String,
    /// Digits told one by one.
    single: usize,
    /// Whether it has two digits in one word, or `hundred`.
    pairs: bool,
    /// Whether it has figures, and whether it has words.
    figures: bool,
    in_words: bool,
    commas: usize,
    /// The place after it.
    pub end: usize,
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

/// The digits told from `at` on.
pub(super) fn read(words: Words<'_>, at: usize, over_commas: bool) -> Reading {
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
        reading.commas += usize::from(end > at && gap == Gap::Comma);
    }
}

impl Reading {
    /// Takes what stands at `at`, if it belongs to the number.
    fn take(&mut self, words: Words<'_>, at: usize) -> bool {
        let word = words.word(at);
        // `oh` at the end of a number belongs to it, alone in front of one it is an exclamation.
        let begins = !self.digits.is_empty() || unit(words, word).is_some() || leads(words, at);
        if let Some((digits, end)) = told(words, at).filter(|_| begins) {
            self.push(&digits, end);
            // Free numbers of North America and Britain: `one eight hundred`, `oh eight hundred`.
            let free = matches!(self.digits.as_str(), "8" | "18" | "08");
            if free && words.numbers.times(words.next(end)) == Some(100) {
                self.digits.push_str("00");
                self.pairs = true;
                self.end = end + 1;
            }
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
        let announced = announced(words, at, &figures.announcing);
        let long_enough = if self.pairs {
            figures.telephone.have(&length.to_string()) && self.single >= 3
        } else if self.figures || self.commas > 0 {
            // `code double oh, one five`, but no list: `number two, three, four`
            let groups = length >= 4.max(2 * (self.commas + 1));
            length >= 7 || announced && groups && words.next(self.end).is_empty()
        } else {
            length >= 4 || figures.services.have(&self.digits) || length == 3 && announced
        };
        let followed = goes_on(words, self.end) || amounts::unit(words, self.end).is_some();
        let counts = only_count(&self.digits) && !announced;
        self.in_words && long_enough && !counts && !followed
    }
}

/// Whether one of `nouns` before announces what begins at `at`: `extension two one four`.
pub(super) fn announced(words: Words<'_>, at: usize, nouns: &lexicon::Words) -> bool {
    let before = |at| at > 0 && words.gap(at).joins() && is_noun(words, at - 1, nouns);
    before(at) || words.figures.linking.have(words.before(at)) && before(at - 1)
}

/// Whether one of `nouns` stands at `at`: `code`, `code's`.
pub(super) fn is_noun(words: Words<'_>, at: usize, nouns: &lexicon::Words) -> bool {
    let word = words.word(at);
    nouns.have(word.strip_suffix("'s").unwrap_or(word))
}
