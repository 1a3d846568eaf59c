//! Digits told one by one: `一三八零零一三八零零零`, `幺二零`, `双五三个七`.

use super::chars::Chars;
use super::numeral::{end_of_run, has_unit, is_numeral};
use super::read::Read;
use crate::itn::figures::only_count;
use crate::numerals::{ReadAs, digit, figure};
use sidetone_types::number::NumberKind;

/// What has been read of a number.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub digits: String,
    /// The place after it.
    pub end: usize,
    /// Whether it has figures, and whether it has numerals.
    figures: bool,
    numerals: bool,
    /// Whether it has what no guess has: 零 or 幺.
    told: bool,
    /// How many words it has of those who say 两 for a digit as well, and whether it has that.
    radio: usize,
    counted: bool,
    /// How many of its digits were told alone, and whether others were told together: `三个七`.
    single: usize,
    repeats: bool,
    paused: bool,
}

/// A number told by its digits. Numerals side by side may also be a guess (`三四个`, `七八百`): it has to
/// be long, or to have what no guess has, 零 or 幺.
pub(super) fn digits(chars: &Chars<'_>, at: usize) -> Option<Read> {
    [true, false]
        .into_iter()
        .find_map(|over_pauses| {
            let reading = read(chars, at, over_pauses);
            let holds = reading.numerals && reading.holds(chars, at);
            holds.then(|| Read::one(chars, NumberKind::Digits, at, reading.end, reading.digits))
        })
        .or_else(|| {
            // What begins with a word, `双` or `洞`, and cannot be read is not read behind it either.
            let reading = read(chars, at, false);
            let word = !is_numeral(chars.at(at)) && reading.digits.len() > 2;
            word.then(|| Read::nothing(end_of_run(chars, reading.end - 1)))
        })
}

/// The digits told from `at` on.
pub(super) fn read(chars: &Chars<'_>, at: usize, over_pauses: bool) -> Reading {
    let mut reading = Reading {
        end: at,
        ..Reading::default()
    };
    loop {
        let mut next = reading.end;
        if over_pauses && next > at && is_pause(chars.at(next)) {
            next += 1 + usize::from(chars.at(next + 1) == ' ');
        }
        let paused = next > reading.end;
        if !reading.take(chars, next) {
            return reading;
        }
        reading.paused |= paused;
    }
}

impl Reading {
    /// Takes what stands at `at`, if it belongs to the number.
    fn take(&mut self, chars: &Chars<'_>, at: usize) -> bool {
        let c = chars.at(at);
        if let Some((times, end)) = repeats(chars, at)
            && let Some(digit) = told(chars, end)
        {
            self.digits.extend(std::iter::repeat_n(digit, times));
            (self.numerals, self.repeats, self.end) = (true, true, end + 1);
            return true;
        }
        let digit = if c.is_ascii_digit() {
            self.figures = true;
            c
        } else if let Some(digit) = told(chars, at) {
            // A word that is no numeral tells a digit only among others.
            if self.digits.is_empty() && !is_numeral(c) && told(chars, at + 1).is_none() {
                return false;
            }
            self.numerals = true;
            self.radio += usize::from(figure(c, ReadAs::Amount).is_none());
            self.counted |= figure(c, ReadAs::Digits).is_none() && is_numeral(c);
            self.told |= self.radio > 0 || digit == '0';
            digit
        } else {
            return false;
        };
        self.digits.push(digit);
        self.single += 1;
        self.end = at + 1;
        true
    }

    /// Whether it can be nothing else.
    fn holds(&self, chars: &Chars<'_>, at: usize) -> bool {
        let length = self.digits.len();
        let announced = announced(chars, at, &chars.figures.announcing);
        // `漏洞三零二`
        let in_word = self.radio == 1 && !is_numeral(chars.at(at));
        let long_enough = if self.repeats {
            // `四五个二三楼的`
            length >= 5 && self.single >= 3
        } else if self.figures || self.paused || in_word {
            length >= 7
        } else {
            length >= 5 || self.told && length >= 3
        };
        let counts = only_count(&self.digits) && !announced;
        // `尾号是三个一样的`
        let announced = announced && (self.single > 0 || chars.clause_ends(self.end));
        (long_enough || length >= 3 && announced) && self.is_whole(chars) && !counts
    }

    /// Whether each of its characters tells digits: no unit makes a number of the last, and 两 is not
    /// for counting.
    pub fn is_whole(&self, chars: &Chars<'_>) -> bool {
        let counts_on = is_numeral(chars.at(self.end))
            || matches!(chars.at(self.end), '点' | '多' | '几')
            || (self.repeats || self.digits.len() < 4)
                && chars.at(self.end) != '号'
                && has_unit(chars, self.end);
        !counts_on && (self.radio > 0 || !self.counted)
    }
}

/// How many times the next digit is told, and its place: `双`, `三个`.
fn repeats(chars: &Chars<'_>, at: usize) -> Option<(usize, usize)> {
    if let Some(times) = chars.numbers.repeats(chars.at(at).encode_utf8(&mut [0; 4])) {
        return Some((times, at + 1));
    }
    let times = digit(chars.at(at), ReadAs::Amount).filter(|times| *times > 1)?;
    (chars.at(at + 1) == '个').then_some((times as usize, at + 2))
}

/// The digit at `at`: a numeral, and words that are digits only here (`洞`).
fn told(chars: &Chars<'_>, at: usize) -> Option<char> {
    let c = chars.at(at);
    let word = || chars.numbers.told_digit(c.encode_utf8(&mut [0; 4]));
    figure(c, ReadAs::Either).or_else(word)
}

/// Whether one of `nouns` before announces what begins at `at`: `尾号是三零四八`.
pub(super) fn announced(chars: &Chars<'_>, at: usize, nouns: &[String]) -> bool {
    let mut links = chars.figures.linking.iter();
    let linked = |link: &String| {
        let noun = || chars.ends_with(at - link.chars().count(), nouns);
        chars.ends_with(at, &[link]) && noun()
    };
    chars.ends_with(at, nouns) || links.any(linked)
}

/// What may stand between the groups of a long number.
fn is_pause(c: char) -> bool {
    matches!(c, ' ' | '-' | ',' | '，' | '、')
}
