//! Codes of letters and digits behind their noun: `postcode S W one A two A A`, `order number A B one
//! two`.
//!
//! Letters stay as they were recognised, and so do the spaces around them: digits alone are written
//! in figures.

use std::ops::Range;

use sidetone_types::number::NumberKind;

use crate::itn::number::Number;
use crate::itn::spaced::amounts;
use crate::itn::spaced::cardinal::goes_on;
use crate::itn::spaced::digits::{self, announced, is_noun};
use crate::itn::spaced::read::Read;
use crate::itn::spaced::words::Words;
use crate::tokens::Gap;

/// What a code is made of.
#[derive(PartialEq)]
enum Part {
    Digits(String),
    Letters,
    /// `a` and `I` are words as well, and so is what names the marks of a code.
    PerhapsWord,
}

/// A code whose first digits begin at `at`.
pub(super) fn code(words: Words<'_>, at: usize) -> Option<Read> {
    let letters = |at: usize| words.gap(at).joins() && letters(words, at - 1).is_some();
    let mut from = at;
    while from > 0 && letters(from) {
        from -= 1;
    }
    // `my reference, A four two`
    let paused = from > 0 && words.gap(from) == Gap::Comma;
    let figures = words.figures;
    let named = |nouns| announced(words, from, nouns) || paused && is_noun(words, from - 1, nouns);
    if !named(&figures.announcing) && !named(&figures.announcing_codes) {
        return None;
    }
    [true, false].into_iter().find_map(|over_commas| {
        let mut parts = parts(words, from, over_commas);
        while parts.last()?.0 == Part::PerhapsWord {
            parts.pop();
        }
        let end = parts.last()?.1.end;
        // What stands behind a comma may be something else, if there is more to it.
        let ends = words.next(end).is_empty()
            || !over_commas && !goes_on(words, end) && amounts::unit(words, end).is_none();
        let numbers = numbers(words, &parts).filter(|_| ends)?;
        Some(Read { numbers, end })
    })
}

/// All that may be of the code that begins at `from`, and the places of each.
fn parts(words: Words<'_>, from: usize, over_commas: bool) -> Vec<(Part, Range<usize>)> {
    let mut parts = Vec::new();
    let mut at = from;
    loop {
        let gap = words.gap(at);
        let joined = at == from || gap.joins() || over_commas && gap == Gap::Comma;
        let Some((part, end)) = part(words, at).filter(|_| joined) else {
            return parts;
        };
        parts.push((part, at..end));
        at = end;
    }
}

fn part(words: Words<'_>, at: usize) -> Option<(Part, usize)> {
    let letters = || Some((letters(words, at)?, at + 1));
    // The letter is a digit as well, by the same name.
    if words.raw(at) == "O" {
        return letters();
    }
    let read = digits::read(words, at, false);
    match read.digits.is_empty() {
        true => letters(),
        false => Some((Part::Digits(read.digits), read.end)),
    }
}

/// A letter, or several in a word of capitals: `AB12`.
fn letters(words: Words<'_>, at: usize) -> Option<Part> {
    let raw = words.raw(at);
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let lone = raw.len() == 1 && raw.chars().all(|c| c.is_ascii_alphabetic());
    match raw {
        "a" | "i" | "I" => Some(Part::PerhapsWord),
        _ if words.figures.within_codes.have(words.word(at)) => Some(Part::PerhapsWord),
        _ if lone => Some(Part::Letters),
        _ if raw.chars().all(capital) && raw.contains(|c: char| c.is_ascii_uppercase()) => {
            Some(Part::Letters)
        }
        _ => None,
    }
}

/// The digits of a code. None if it may be none: letters that may be words are not enough.
fn numbers(words: Words<'_>, parts: &[(Part, Range<usize>)]) -> Option<Vec<Number>> {
    let has = |part| parts.iter().any(|(each, _)| *each == part);
    let number = |(part, places): &(Part, Range<usize>)| match part {
        Part::Digits(digits) => Some(Number {
            kind: NumberKind::Digits,
            span: words.span(places.start, places.end),
            text: digits.clone(),
        }),
        _ => None,
    };
    let numbers: Vec<Number> = parts.iter().filter_map(number).collect();
    let digits: usize = numbers.iter().map(|number| number.text.len()).sum();
    let fits = has(Part::Letters) || has(Part::PerhapsWord) && digits > 1;
    fits.then_some(numbers)
}
