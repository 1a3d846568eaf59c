//! Cardinal numbers: `forty eight`, `one hundred and twenty`, `two point five million`.

use super::words::Words;
use crate::itn::figures::grouped;
use crate::numerals::{ORDINALS, TENS, below_hundred};

/// What a word means within a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// 0 to 9.
    Unit(u64),
    /// 10 to 19.
    Teen(u64),
    /// 20, 30 to 90.
    Ten(u64),
    /// `hundred`.
    Hundred,
    /// `thousand` and above.
    Scale(u64),
}

/// The scales that are kept as words, since nobody counts noughts.
const SCALES: [(&str, u64); 3] = [
    ("trillion", 1_000_000_000_000),
    ("billion", 1_000_000_000),
    ("million", 1_000_000),
];

/// What a word means within a number, if anything.
pub(super) fn part(word: &str) -> Option<Part> {
    match word {
        "hundred" => return Some(Part::Hundred),
        "thousand" => return Some(Part::Scale(1_000)),
        _ => {}
    }
    if let Some((_, scale)) = SCALES.iter().find(|(name, _)| *name == word) {
        return Some(Part::Scale(*scale));
    }
    Some(match u64::from(below_hundred(word)?) {
        n @ 0..10 => Part::Unit(n),
        n @ 10..20 => Part::Teen(n),
        n => Part::Ten(n),
    })
}

/// 0 to 9 in a word.
pub(super) fn unit(word: &str) -> Option<u64> {
    match part(word) {
        Some(Part::Unit(n)) => Some(n),
        _ => None,
    }
}

/// 10 to 99 in words, and the place after them.
pub(super) fn two_digits(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    match part(words.word(at))? {
        Part::Teen(n) => Some((n, at + 1)),
        Part::Ten(n) => match unit(words.next(at + 1)) {
            Some(ones) if ones > 0 => Some((n + ones, at + 2)),
            _ => Some((n, at + 1)),
        },
        _ => None,
    }
}

/// The number of an ordinal up to 99 in words, and the place after them.
pub(super) fn ordinal(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    let place = |list: &[&str], word: &str| list.iter().position(|w| *w == word);
    if let Some(n) = place(&ORDINALS[1..], words.word(at)) {
        return Some((n as u64 + 1, at + 1));
    }
    if let Some(stem) = words.word(at).strip_suffix("ieth") {
        let tens = TENS
            .iter()
            .position(|ten| ten.strip_suffix('y') == Some(stem))?;
        return Some(((tens as u64 + 2) * 10, at + 1));
    }
    let Some(Part::Ten(tens)) = part(words.word(at)) else {
        return None;
    };
    let ones = place(&ORDINALS[1..10], words.next(at + 1))?;
    Some((tens + ones as u64 + 1, at + 2))
}

/// Whether a word is an ordinal below twenty.
pub(super) fn is_ordinal_word(word: &str) -> bool {
    ORDINALS[1..].contains(&word)
}

/// `1st`, `22nd`.
pub(super) fn ordinal_text(value: u64) -> String {
    let ending = match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{value}{ending}")
}

/// Whether a word is a number or a part of one, in words or in figures.
pub(super) fn is_numeric(word: &str) -> bool {
    part(word).is_some()
        || ORDINALS.contains(&word)
        || matches!(word, "twentieth" | "thirtieth")
        || word
            .trim_start_matches(['$', '€', '£'])
            .starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a number goes on at `at` in a way that its reader did not foresee.
pub(super) fn goes_on(words: Words<'_>, at: usize) -> bool {
    match words.next(at) {
        "point" | "oh" | "double" | "triple" => is_numeric(words.next(at + 1)),
        "and" => {
            matches!(words.next(at + 1), "a" | "one" | "three")
                && matches!(
                    words.next(at + 2),
                    "half" | "quarter" | "quarters" | "third"
                )
        }
        // `the eighteen hundreds`
        "hundreds" | "thousands" | "millions" | "billions" => true,
        word => is_numeric(word),
    }
}

/// How much of something, in words or figures.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    /// Before the point, in units of `scale`.
    pub whole: u64,
    /// After the point, as figures.
    pub fraction: String,
    /// `million`, where it is written as a word.
    pub scale: Option<&'static str>,
    /// The place after it.
    pub end: usize,
    /// Whether it was said with `hundred` or above.
    pub large: bool,
}

impl Amount {
    fn of(value: u64, end: usize, large: bool) -> Self {
        let scale = SCALES
            .iter()
            .find(|(_, scale)| value >= *scale)
            .filter(|(_, scale)| value.is_multiple_of(*scale));
        Self {
            whole: scale.map_or(value, |(_, scale)| value / scale),
            fraction: String::new(),
            scale: scale.map(|(name, _)| *name),
            end,
            large,
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mut text = grouped(self.whole);
        if !self.fraction.is_empty() {
            text.push('.');
            text.push_str(&self.fraction);
        }
        if let Some(scale) = self.scale {
            text.push(' ');
            text.push_str(scale);
        }
        text
    }

    /// Whether style guides would have it in words.
    pub fn is_small(&self) -> bool {
        self.whole < 10 && self.scale.is_none() && self.fraction.is_empty()
    }
}

/// A number in words that begins at `at`. None if it goes on in a way that leaves its meaning open.
pub(super) fn cardinal(words: Words<'_>, at: usize) -> Option<Amount> {
    let amount = with_fraction(words, whole(words, at)?);
    (!goes_on(words, amount.end)).then_some(amount)
}

/// The same, or figures, or `a hundred`, or `point five`: where a unit that follows makes clear that it is
/// an amount.
pub(super) fn amount(words: Words<'_>, at: usize) -> Option<Amount> {
    let first = words.word(at);
    let amount = match first {
        "a" if matches!(words.next(at + 1), "hundred" | "thousand") => article(words, at)?,
        "point" => {
            let (fraction, end) = fraction(words, at + 1)?;
            Amount {
                fraction,
                ..Amount::of(0, end, false)
            }
        }
        _ if first.starts_with(|c: char| c.is_ascii_digit()) => {
            with_fraction(words, figures(words, at)?)
        }
        _ => with_fraction(words, whole(words, at)?),
    };
    (!goes_on(words, amount.end)).then_some(amount)
}

/// `25`, `1,200`, `25.5`, each with a scale perhaps.
fn figures(words: Words<'_>, at: usize) -> Option<Amount> {
    let plain = words.word(at).replace(',', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let mut amount = Amount::of(whole.parse().ok()?, at + 1, false);
    if amount.scale.is_some() {
        return None; // 1000000 stays as it is
    }
    amount.fraction = fraction.to_owned();
    match part(words.next(at + 1)) {
        Some(Part::Scale(1_000)) if fraction.is_empty() && amount.whole < 1_000 => {
            amount.whole *= 1_000;
            amount.end += 1;
        }
        Some(Part::Scale(scale)) => {
            amount.scale = SCALES
                .iter()
                .find(|(_, s)| *s == scale)
                .map(|(name, _)| *name);
            amount.end += usize::from(amount.scale.is_some());
        }
        _ => {}
    }
    Some(amount)
}

/// Adds what is said behind a point, and the scale of it.
fn with_fraction(words: Words<'_>, before: Amount) -> Amount {
    if words.next(before.end) != "point" || before.scale.is_some() || !before.fraction.is_empty() {
        return before;
    }
    let Some((fraction, end)) = fraction(words, before.end + 1) else {
        return before;
    };
    let scale = SCALES.iter().find(|(name, _)| *name == words.next(end));
    Amount {
        fraction,
        scale: scale.map(|(name, _)| *name),
        end: end + usize::from(scale.is_some()),
        ..before
    }
}

/// Digits told one by one, two in one word, or as figures.
fn fraction(words: Words<'_>, at: usize) -> Option<(String, usize)> {
    let mut digits = String::new();
    let mut end = at;
    while let Some(digit) = unit(words.next(end)) {
        digits.push_str(&digit.to_string());
        end += 1;
    }
    if !digits.is_empty() {
        return Some((digits, end));
    }
    let figures = words.next(at);
    if !figures.is_empty() && figures.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((figures.to_owned(), at + 1));
    }
    let (digits, end) = two_digits(words, at).filter(|_| words.gap(at).joins())?;
    Some((digits.to_string(), end))
}

/// A whole number in words.
fn whole(words: Words<'_>, at: usize) -> Option<Amount> {
    let mut reading = Reading::default();
    match part(words.word(at))? {
        Part::Hundred | Part::Scale(_) => return None,
        first => reading.push(first),
    };
    Some(reading.rest(words, at + 1))
}

/// `a hundred`, with what follows.
fn article(words: Words<'_>, at: usize) -> Option<Amount> {
    let mut reading = Reading::default();
    reading.push(Part::Unit(1));
    let amount = reading.rest(words, at + 1);
    amount.large.then_some(amount)
}

/// A number that is being read.
#[derive(Default)]
struct Reading {
    /// What the scales have counted.
    total: u64,
    /// What the next scale counts.
    current: u64,
    last: Option<Part>,
    /// Whether it has a hundred or more.
    large: bool,
}

impl Reading {
    /// Takes the next part, if it can follow.
    fn push(&mut self, part: Part) -> bool {
        use Part::{Hundred, Scale, Teen, Ten, Unit};
        match (self.last, part) {
            (None, Unit(n) | Teen(n) | Ten(n)) => self.current = n,
            (Some(Ten(_)), Unit(n @ 1..))
            | (Some(Hundred | Scale(_)), Unit(n @ 1..) | Teen(n) | Ten(n)) => self.current += n,
            (Some(Unit(1..) | Teen(_) | Ten(_)), Hundred) if self.current < 100 => {
                self.current *= 100;
            }
            (Some(_), Scale(scale)) if self.current > 0 => {
                // The scales of one number fall: two million three thousand.
                if self.total > 0 && !self.total.is_multiple_of(scale.saturating_mul(1_000)) {
                    return false;
                }
                let Some(scaled) = self.current.checked_mul(scale) else {
                    return false;
                };
                self.total += scaled;
                self.current = 0;
            }
            _ => return false,
        }
        self.large |= matches!(part, Hundred | Scale(_));
        self.last = Some(part);
        true
    }

    /// Takes all that belongs to it, from `at` on.
    fn rest(mut self, words: Words<'_>, mut at: usize) -> Amount {
        loop {
            if let Some(part) = part(words.next(at))
                && self.push(part)
            {
                at += 1;
            } else if let Some(next) = self.after_and(words, at) {
                self.push(next);
                at += 2;
            } else {
                return Amount::of(self.total + self.current, at, self.large);
            }
        }
    }

    /// What follows an `and` that stands at `at`: `one hundred and twenty`, but not `between one hundred
    /// and two hundred`.
    fn after_and(&self, words: Words<'_>, at: usize) -> Option<Part> {
        let takes_and = matches!(self.last, Some(Part::Hundred | Part::Scale(_)));
        if !takes_and || words.next(at) != "and" {
            return None;
        }
        let next = part(words.next(at + 1))?;
        let end = match next {
            Part::Ten(_) => two_digits(words, at + 1)?.1,
            Part::Unit(1..) | Part::Teen(_) => at + 2,
            _ => return None,
        };
        let counts_on = matches!(part(words.next(end)), Some(Part::Hundred | Part::Scale(_)));
        (!counts_on).then_some(next)
    }
}
