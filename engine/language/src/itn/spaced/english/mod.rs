//! Kinds of numbers that only English says in this way.

use sidetone_types::number::NumberKind;

use super::cardinal::is_numeric;
use super::read::Read;
use super::words::Words;
use super::{Readers, amounts, digits, plain, ranges, set_phrase};

mod codes;
mod dates;
mod times;

/// Every kind of number.
pub(super) const READERS: Readers = Readers {
    anywhere: &[set_phrase, dates::month_and_day],
    at_numbers: &[
        codes::code,
        dates::day_of_month,
        dates::day,
        dates::year,
        times::time,
        times::to_the_hour,
        ranges::range,
        amounts::money,
        amounts::percent,
        digits::digits,
        compound_ordinal,
        plain,
    ],
};

/// `twenty first`. Not `a twenty second wait`, nor fractions.
fn compound_ordinal(words: Words<'_>, at: usize) -> Option<Read> {
    if words.is_name(at) {
        return None;
    }
    let (value, end) = words.numbers.ordinal(words.from(at), at)?;
    let fits = value > 20
        && end == at + 2
        && words.word(at + 1) != "second"
        && !matches!(words.before(at), "a" | "one")
        && !is_numeric(words, words.next(end));
    fits.then(|| Read::one(words, NumberKind::Ordinal, at..end, ordinal_text(value)))
}

/// `1st`, `22nd`.
fn ordinal_text(value: u64) -> String {
    let ending = match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{value}{ending}")
}

/// Whether a number that ends before `at` counts nothing: the clause is over, or goes on with a
/// word that cannot be counted.
fn clause_goes_on(words: Words<'_>, at: usize) -> bool {
    let next = words.next(at);
    next.is_empty() || NO_NOUNS.contains(&next) || words.dates.weekday(next).is_some()
}

/// Words that may follow a date or a time, and never what is counted.
const NO_NOUNS: &[&str] = &[
    "and", "as", "at", "because", "before", "but", "by", "does", "for", "from", "he", "i", "if",
    "in", "is", "it", "of", "on", "or", "please", "she", "since", "so", "that", "the", "then",
    "there", "they", "this", "to", "today", "tomorrow", "tonight", "until", "was", "we", "were",
    "when", "will", "with", "works", "you",
];
