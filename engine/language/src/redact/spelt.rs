//! Letters that are spelt, and words with digits in them.

use super::structure::may_be_iban;
use super::units::{Reader, Unit, What, figure_of};
use crate::tokens::Token;

/// What is counted in letters behind figures has no more digits: `500mb`.
const MOST_COUNTED: usize = 5;

impl Reader<'_> {
    /// Letters that are spelt, and words with digits in them.
    pub(super) fn letters(&mut self, at: usize) -> usize {
        let token = &self.tokens[at];
        let text = token.text.as_str();
        let ascii = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // `J$5,400`.
        if self.line[token.span.end..].starts_with(['$', '£', '€', '¥', '₦']) {
            return self.word(at);
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if ascii && digits > 0 {
            let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let joined = self.line[..token.span.start].ends_with('-');
            let counts = digits + letters.len() == text.len()
                && digits <= MOST_COUNTED
                && !joined
                && (self.lexicon.redaction.units.have(letters)
                    || ["st", "nd", "rd", "th"].contains(&letters));
            let what = match counts {
                true => What::Amount(text[..digits].to_owned()),
                false => What::Code(text.to_owned()),
            };
            return self.push(at..at + 1, what);
        }
        let capitals = || {
            self.raw(token)
                .bytes()
                .all(|byte| byte.is_ascii_uppercase())
        };
        let beside = |other: Option<&Token>| {
            other.is_some_and(|other| {
                other.is_figure() || other.text.chars().next().and_then(figure_of).is_some()
            })
        };
        // The bank behind the country of an IBAN: `GB64 NWBK`.
        let country = self
            .units
            .last()
            .and_then(Unit::code)
            .is_some_and(may_be_iban);
        let near = beside(self.tokens.get(at + 1)) || country;
        if ascii && text.len() == 1 {
            let spelt = self
                .lexicon
                .redaction
                .spelling
                .longest_at(self.tokens, at + 1);
            if let Some(word) = spelt.filter(|word| self.text(*word).starts_with(text)) {
                return self.push(at..word + 1, What::Code(text.to_owned()));
            }
        }
        if self.is_phonetic(at) {
            return self.push(at..at + 1, What::Code(text[..1].to_owned()));
        }
        if ascii && (text.len() == 1 || text.len() <= 5 && capitals() && near) {
            return self.push(at..at + 1, What::Code(text.to_owned()));
        }
        self.word(at)
    }

    /// Whether a word stands for its letter: among letters and digits.
    pub(super) fn is_phonetic(&self, at: usize) -> bool {
        let lists = &self.lexicon.redaction;
        let phonetic = |at: usize| lists.phonetic.have(self.text(at));
        if !phonetic(at) {
            return false;
        }
        let numbers = self.lexicon.numbers.all();
        let month = lists.months.have(self.text(at));
        let digit = |text: &str| {
            numbers.value(text).is_some_and(|value| value < 10)
                || numbers.told_digit(text).is_some()
                || numbers.repeats(text).is_some()
        };
        let letter = |at: usize| self.text(at).len() == 1;
        let code = |unit: &Unit| unit.code().is_some() && unit.tokens.end == at;
        let before = self.units.last().is_some_and(|unit| code(unit) && !month);
        before
            || phonetic(at + 1)
            || !month && (letter(at + 1) || digit(self.text(at + 1)))
            || at > 0 && phonetic(at - 1)
    }
}
