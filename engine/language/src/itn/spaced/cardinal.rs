//! Cardinal numbers: `forty eight`, `one hundred and twenty`, `two point five million`.

use super::words::Words;
use crate::itn::figures::grouped;
use crate::lexicon::{Figures, each};

/// From here on a multiplier is kept as a word, since nobody counts noughts.
const MILLION: u64 = 1_000_000;

/// 0 to 9 in a word.
pub(super) fn unit(words: Words<'_>, word: &str) -> Option<u64> {
    words.numbers.ones(word)
}

/// 10 to 99 in words, and the place after them.
pub(super) fn two_digits(words: Words<'_>, at: usize) -> Option<(u64, usize)> {
    let read = words.numbers.below_hundred(words.from(at), at)?;
    (read.0 >= 10).then_some(read)
}

/// Whether a word is a number or a part of one, in words or in figures.
pub(super) fn is_numeric(words: Words<'_>, word: &str) -> bool {
    words.numbers.have(word)
        || words.numbers.ordinal_value(word).is_some()
        || word
            .trim_start_matches(['$', '€', '£'])
            .starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a number goes on at `at` in a way that its reader did not foresee.
pub(super) fn goes_on(words: Words<'_>, at: usize) -> bool {
    let word = words.next(at);
    is_numeric(words, word)
        || !word.is_empty() && leads(words, at)
        || words.figures.multitudes.have(word)
        || words.next_any(at, &words.figures.fractions).is_some()
}

/// No more words than this follow each other that all belong to the number behind them: `point
/// double`.
const LEADING: usize = 3;

/// Whether the word at `at` belongs to a number only by what follows it: `point five`, `double oh
/// seven`, `oh five`.
pub(super) fn leads(words: Words<'_>, at: usize) -> bool {
    let numbers = words.numbers;
    let told = |word| numbers.told_digit(word).is_some();
    let needs_more =
        |word| told(word) || numbers.repeats(word).is_some() || numbers.lists.point.have(word);
    let mut places = at..at + LEADING;
    let number = |place: usize| {
        let next = words.next(place + 1);
        if next.is_empty() || !needs_more(words.word(place)) {
            return Some(false);
        }
        (is_numeric(words, next) || told(next)).then_some(true)
    };
    places.find_map(number).unwrap_or(false)
}

/// Behind all that belongs to the number that begins at `at`, however it is meant: where it cannot
/// be read as a whole, no part of it is. Behind the word there if none begins.
pub(super) fn end_of_run(words: Words<'_>, at: usize) -> usize {
    let mut end = at + 1;
    // `oh twenty minutes ago`
    let exclaims = || {
        let told = words.numbers.told_digit(words.word(at)).is_some();
        told && cardinal(words, end).is_some_and(|amount| !amount.is_small())
    };
    if !is_numeric(words, words.word(at)) && (!leads(words, at) || exclaims()) {
        return end;
    }
    let lists = &words.numbers.lists;
    let connects = |at| lists.after_hundreds.have(words.next(at)) && goes_on(words, at + 1);
    while goes_on(words, end) || connects(end) {
        end += 1;
    }
    end
}

/// A digit or several at `at`, of a number whose digits are told, and the place after them: `five`,
/// `oh`, `double five`.
pub(super) fn told(words: Words<'_>, at: usize) -> Option<(String, usize)> {
    let digit = |word| {
        let told = || words.numbers.told_digit(word);
        let digit = unit(words, word).and_then(|digit| char::from_digit(digit as u32, 10));
        digit.or_else(told).map(String::from)
    };
    match words.numbers.repeats(words.word(at)) {
        Some(times) => Some((digit(words.next(at + 1))?.repeat(times), at + 2)),
        None => Some((digit(words.word(at))?, at + 1)),
    }
}

/// How much of something, in words or figures.
#[derive(Clone, Debug)]
pub(super) struct Amount<'a> {
    /// Before the point, in units of `scale`.
    pub whole: u64,
    /// After the point, as figures.
    pub fraction: String,
    /// `million`, where it is written as a word.
    pub scale: Option<&'a str>,
    /// The place after it.
    pub end: usize,
    /// Whether it was said with `hundred` or above.
    pub large: bool,
    /// How it is written.
    pub figures: &'a Figures,
}

impl<'a> Amount<'a> {
    /// A whole number, of which nothing is known but its value.
    pub fn of(words: Words<'a>, value: u64, end: usize) -> Self {
        let multipliers = each(&words.numbers.lists.multipliers);
        // The highest, and of its words the one for one or that for more.
        let scales = multipliers.filter(|(_, scale)| *scale >= MILLION && value >= *scale);
        let scale = match scales.clone().map(|(_, scale)| scale).max() {
            Some(scale) if value.is_multiple_of(scale) => {
                let mut names = scales.filter(|(_, each)| *each == scale);
                if value == scale {
                    names.next()
                } else {
                    names.last()
                }
            }
            _ => None,
        };
        Self {
            whole: scale.map_or(value, |(_, scale)| value / scale),
            fraction: String::new(),
            scale: scale.map(|(name, _)| name),
            end,
            large: false,
            figures: words.figures,
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mut text = grouped(self.whole, &self.figures.thousands);
        if !self.fraction.is_empty() {
            text.push_str(&self.figures.decimal);
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
pub(super) fn cardinal(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let amount = with_fraction(words, whole(words, at)?);
    (!goes_on(words, amount.end)).then_some(amount)
}

/// `a hundred and twenty`: who tells the rest has counted. `a thousand and one` is a saying.
pub(super) fn counted(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let amount = article(words, at)?;
    let told = amount
        .whole
        .to_string()
        .bytes()
        .filter(|digit| *digit != b'0')
        .count();
    let saying = amount.whole % 100 == 1;
    (told > 1 && !saying && !goes_on(words, amount.end)).then_some(amount)
}

/// The same, or figures, or `a hundred`, or `point five`: where a unit that follows makes clear
/// that it is an amount.
pub(super) fn amount(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let first = words.word(at);
    let amount = if let Some(amount) = article(words, at) {
        amount
    } else if words.numbers.lists.point.have(first) {
        // `from that point twenty dollars`
        let (fraction, end) = match two_digits(words, at + 1) {
            Some(_) => return None,
            None => fraction(words, at + 1)?,
        };
        Amount {
            fraction,
            ..Amount::of(words, 0, end)
        }
    } else if first.starts_with(|c: char| c.is_ascii_digit()) {
        with_fraction(words, figures(words, at)?)
    } else if words.numbers.told_digit(first) == Some('0') {
        // `oh point five`
        let amount = with_fraction(words, Amount::of(words, 0, at + 1));
        (!amount.fraction.is_empty()).then_some(amount)?
    } else {
        with_fraction(words, whole(words, at)?)
    };
    (!goes_on(words, amount.end)).then_some(amount)
}

/// `25`, `1,200`, `25.5`, each with a scale perhaps.
fn figures(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let Figures {
        thousands, decimal, ..
    } = words.figures;
    let plain = match thousands.as_str() {
        "" => words.word(at).to_owned(),
        thousands => words.word(at).replace(thousands, ""),
    };
    let (whole, fraction) = plain.split_once(decimal.as_str()).unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let mut amount = Amount::of(words, whole.parse().ok()?, at + 1);
    if amount.scale.is_some() {
        return None; // 1000000 stays as it is
    }
    amount.fraction = fraction.to_owned();
    let next = words.next(at + 1);
    match words.numbers.times(next) {
        Some(scale @ 1_000..MILLION) if fraction.is_empty() && amount.whole < 1_000 => {
            amount.whole *= scale;
            amount.end += 1;
        }
        Some(MILLION..) => {
            amount.scale = Some(next);
            amount.end += 1;
        }
        _ => {}
    }
    Some(amount)
}

/// Adds what is said behind a point, and the scale of it.
fn with_fraction<'a>(words: Words<'a>, before: Amount<'a>) -> Amount<'a> {
    let point = words.numbers.lists.point.have(words.next(before.end));
    if !point || before.scale.is_some() || !before.fraction.is_empty() {
        return before;
    }
    let Some((fraction, end)) = fraction(words, before.end + 1) else {
        return before;
    };
    let next = words.next(end);
    let large = words.numbers.times(next);
    let scale = large.filter(|times| *times >= MILLION).map(|_| next);
    Amount {
        fraction,
        scale,
        end: end + usize::from(scale.is_some()),
        ..before
    }
}

/// Digits told one by one, two in one word, or as figures.
fn fraction(words: Words<'_>, at: usize) -> Option<(String, usize)> {
    let mut digits = String::new();
    let mut end = at;
    while let Some((more, after)) = told(words, end).filter(|_| words.gap(end).joins()) {
        digits.push_str(&more);
        end = after;
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
fn whole(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let read = words.numbers.cardinal(words.from(at), at)?;
    Some(Amount {
        large: read.large,
        ..Amount::of(words, read.value, read.end)
    })
}

/// `a hundred`, with what follows. Not `a million`, of which there may be half.
fn article(words: Words<'_>, at: usize) -> Option<Amount<'_>> {
    let read = words.numbers.cardinal_with_article(words.from(at), at)?;
    let amount = Amount {
        large: true,
        ..Amount::of(words, read.value, read.end)
    };
    amount.scale.is_none().then_some(amount)
}
