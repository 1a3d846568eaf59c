//! Numbers as they are said in languages that write spaces between words.
//!
//! The line is read from left to right. Wherever a number may begin, each kind of number is tried
//! in turn; if none fits, the whole run of number words is left as it is.

use sidetone_types::lang::Lang;
use sidetone_types::number::NumberKind;

use super::number::Number;
use crate::tokens::{self, Gap, cut};

use cardinal::{Amount, cardinal, counted, end_of_run, is_numeric, unit};
use read::Read;
use words::{Lists, Words};

mod amounts;
mod cardinal;
mod digits;
mod english;
mod ranges;
mod read;
mod words;

/// One kind of number, from some word on.
type Reader = fn(Words<'_>, usize) -> Option<Read>;

/// How numbers are looked for.
struct Readers {
    /// Where any word stands: the surest first.
    anywhere: &'static [Reader],
    /// Where a number may begin, if none of those fits.
    at_numbers: &'static [Reader],
}

/// The kinds that are said alike in these languages.
const READERS: Readers = Readers {
    anywhere: &[set_phrase],
    at_numbers: &[
        ranges::range,
        amounts::money,
        amounts::percent,
        digits::digits,
        plain,
    ],
};

/// The numbers of a line.
pub(super) fn numbers(line: &str, lang: Lang, lists: Lists<'_>) -> Vec<Number> {
    let readers = match lang {
        Lang::EN => english::READERS,
        _ => READERS,
    };
    let tokens = cut(line, tokens::Figures::AsWritten);
    let words = Words::new(line, &tokens, lists);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let surest = readers.anywhere.iter().find_map(|read| read(words, at));
        let others = || {
            let begins = words.numbers.may_begin(words.word(at));
            let mut readers = readers.at_numbers.iter().filter(|_| begins);
            readers.find_map(|read| read(words, at))
        };
        match surest.or_else(others) {
            Some(read) => {
                numbers.extend(read.numbers);
                at = read.end.max(at + 1);
            }
            None => at = end_of_run(words, at),
        }
    }
    numbers
}

/// Phrases in which numbers are no numbers, or have a form of their own.
fn set_phrase(words: Words<'_>, at: usize) -> Option<Read> {
    let whole = |end: &usize| !is_numeric(words, words.next(*end));
    let mut written = words.figures.written.iter();
    let written = written.find_map(|(text, phrases)| {
        let end = words.after_any(at, phrases).filter(whole)?;
        Some(Read::one(words, NumberKind::Time, at..end, text.clone()))
    });
    let left = || {
        let end = words.after_any(at, &words.figures.phrases);
        end.filter(whole).map(Read::nothing)
    };
    written.or_else(left)
}

/// A number without a unit: `twenty five people`, `2.5`.
fn plain(words: Words<'_>, at: usize) -> Option<Read> {
    if words.is_name(at) {
        return None;
    }
    let amount = cardinal(words, at).or_else(|| counted(words, at))?;
    let end = amount.end;
    if amount.is_small() || stays(words, at, &amount) {
        return Some(Read::nothing(end_of_run(words, at)));
    }
    Some(Read::one(
        words,
        NumberKind::Cardinal,
        at..end,
        amount.text(),
    ))
}

/// Whether a number had better stay in words, though it is not small.
fn stays(words: Words<'_>, at: usize, amount: &Amount<'_>) -> bool {
    let (before, after) = (words.before(at), words.next(amount.end));
    let numeric = |word| is_numeric(words, word);
    let lists = &words.numbers.lists;
    let links = |word| lists.range.have(word) || lists.between_and.have(word);
    // `a thousand and one`, `nine and ten`, `hundreds of`: parts of something else.
    let counts_on = numeric(before)
        || links(before) && at > 1 && numeric(words.before(at - 1))
        || links(after) && numeric(words.next(amount.end + 1));
    // `eight, nine, ten`: whoever counts does it in one way.
    let listed = |place: usize, small: usize| {
        words.gap(place) == Gap::Comma && unit(words, words.word(small)).is_some()
    };
    let in_a_list = at > 0 && listed(at, at - 1) || listed(amount.end, amount.end);
    // `ten past three`, `fifty something`
    let other = words.figures.after.have(after) || words.figures.before.have(before);
    counts_on || in_a_list || other
}
