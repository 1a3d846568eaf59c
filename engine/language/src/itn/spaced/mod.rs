//! Numbers as English speakers say them.
//!
//! The line is read from left to right. Wherever a number may begin, each kind of number is tried in turn;
//! if none fits, the whole run of number words is left as it is.

use sidetone_types::number::NumberKind;

use super::number::Number;
use crate::tokens::{Figures, Gap, cut};

use cardinal::{Amount, cardinal, goes_on, is_numeric, ordinal, ordinal_text};
use read::Read;
use words::Words;

use english::{dates, times};

mod amounts;
mod cardinal;
mod digits;
mod english;
mod ranges;
mod read;
mod words;

/// Every kind of number, the surest first.
const READERS: [fn(Words<'_>, usize) -> Option<Read>; 11] = [
    set_phrase,
    dates::month_and_day,
    dates::day_of_month,
    dates::day,
    dates::year,
    times::time,
    ranges::range,
    amounts::money,
    amounts::percent,
    digits::digits,
    plain,
];

/// The numbers of a line.
pub(super) fn numbers(line: &str) -> Vec<Number> {
    let tokens = cut(line, Figures::AsWritten);
    let words = Words::new(line, &tokens);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match READERS.iter().find_map(|read| read(words, at)) {
            Some(read) => {
                numbers.extend(read.numbers);
                at = read.end.max(at + 1);
            }
            None => at = end_of_run(words, at),
        }
    }
    numbers
}

/// Behind the number words that begin at `at`; behind the word there if it is none.
fn end_of_run(words: Words<'_>, at: usize) -> usize {
    let mut end = at + 1;
    if is_numeric(words.word(at)) {
        while is_numeric(words.next(end)) || goes_on(words, end) {
            end += 1;
        }
    }
    end
}

/// Phrases in which numbers are no numbers, or have a form of their own.
fn set_phrase(words: Words<'_>, at: usize) -> Option<Read> {
    const PHRASES: &[(&[&str], Option<&str>)] = &[
        (&["twenty", "four", "seven"], Some("24/7")),
        (&["catch", "twenty", "two"], None),
        (&["forty", "winks"], None),
        (&["ten", "four"], None),
        (&["twelve", "step"], None),
        (&["twenty", "questions"], None),
        (&["ten", "commandments"], None),
    ];
    let fits = |phrase: &[&str]| {
        words.word(at) == phrase[0]
            && (1..phrase.len()).all(|i| words.next(at + i) == phrase[i])
            && !is_numeric(words.next(at + phrase.len()))
    };
    let (phrase, text) = PHRASES.iter().find(|(phrase, _)| fits(phrase))?;
    let end = at + phrase.len();
    Some(match text {
        Some(text) => Read::one(words, NumberKind::Time, at..end, (*text).to_owned()),
        None => Read::nothing(end),
    })
}

/// A number without a unit: `twenty five people`, `2.5`, `twenty first`.
fn plain(words: Words<'_>, at: usize) -> Option<Read> {
    if words.is_name(at) {
        return None;
    }
    if let Some(read) = compound_ordinal(words, at) {
        return Some(read);
    }
    let amount = cardinal(words, at)?;
    let end = amount.end;
    if amount.is_small() || stays(words, at, &amount) {
        return Some(Read::nothing(end));
    }
    Some(Read::one(
        words,
        NumberKind::Cardinal,
        at..end,
        amount.text(),
    ))
}

/// `twenty first`. Not `a twenty second wait`, nor fractions.
fn compound_ordinal(words: Words<'_>, at: usize) -> Option<Read> {
    let (value, end) = ordinal(words, at)?;
    let fits = value > 20
        && end == at + 2
        && words.word(at + 1) != "second"
        && !matches!(words.before(at), "a" | "one")
        && !is_numeric(words.next(end));
    fits.then(|| Read::one(words, NumberKind::Ordinal, at..end, ordinal_text(value)))
}

/// Whether a number had better stay in words, though it is not small.
fn stays(words: Words<'_>, at: usize, amount: &Amount) -> bool {
    let (before, after) = (words.before(at), words.next(amount.end));
    // `a thousand and one`, `nine and ten`, `hundreds of`: parts of something else.
    let counts_on = is_numeric(before)
        || matches!(before, "and" | "or" | "to") && at > 1 && is_numeric(words.before(at - 1))
        || matches!(after, "and" | "or" | "to") && is_numeric(words.next(amount.end + 1));
    // `eight, nine, ten`: whoever counts does it in one way.
    let listed = |place: usize, small: usize| {
        words.gap(place) == Gap::Comma && cardinal::unit(words.word(small)).is_some()
    };
    let in_a_list = at > 0 && listed(at, at - 1) || listed(amount.end, amount.end);
    // `ten past three`, `fifty something`
    let other = matches!(after, "past" | "something" | "odd" | "ish" | "fold")
        || matches!(
            before,
            "hundred" | "thousand" | "minus" | "negative" | "dollar" | "dollars" | "euro" | "pound"
        );
    counts_on || in_a_list || other
}
