//! The words of a line, asked for by their place.

use std::cmp::Ordering;
use std::ops::Range;

use crate::lexicon::{self, Dates, Figures};
use crate::numbers::NumberWords;
use crate::tokens::{Gap, Token};

/// The words of a line, asked for by their place. Places out of the line have no words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    line: &'a str,
    tokens: &'a [Token],
    /// What says numbers in the language of the line,
    pub numbers: &'a NumberWords,
    /// how they are written,
    pub figures: &'a Figures,
    /// and what its days are called.
    pub dates: &'a Dates,
}

/// What the words of a line are read by.
pub(super) type Lists<'a> = (&'a NumberWords, &'a Figures, &'a Dates);

impl<'a> Words<'a> {
    /// Those of a line that was cut into `tokens`.
    pub fn new(line: &'a str, tokens: &'a [Token], (numbers, figures, dates): Lists<'a>) -> Self {
        Self {
            line,
            tokens,
            numbers,
            figures,
            dates,
        }
    }

    /// What the number is asked by that begins at `at`: the word there, and those joined to it.
    pub fn from(self, at: usize) -> impl Fn(usize) -> &'a str {
        move |place| match place.cmp(&at) {
            Ordering::Less => self.before(place + 1),
            Ordering::Equal => self.word(place),
            Ordering::Greater => self.next(place),
        }
    }

    /// The place behind the longest of `phrases` that the line goes on with at `at`, which itself
    /// need not be joined to what stands before.
    pub fn after_any(self, at: usize, phrases: &lexicon::Words) -> Option<usize> {
        let word = self.from(at);
        let end = |phrase: &String| {
            let mut end = at;
            for part in phrase.split(' ') {
                if word(end) != part {
                    return None;
                }
                end += 1;
            }
            Some(end)
        };
        phrases.iter().filter_map(end).max()
    }

    /// The same, where it has to be joined to what stands before.
    pub fn next_any(self, at: usize, phrases: &lexicon::Words) -> Option<usize> {
        let joined = !self.next(at).is_empty();
        self.after_any(at, phrases).filter(|_| joined)
    }

    /// The word at `at`, in lower case; empty outside of the line.
    pub fn word(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// The word before `at`, if nothing but a space or a hyphen is between them.
    pub fn before(self, at: usize) -> &'a str {
        let joined = self.tokens.get(at).is_some_and(|token| token.gap.joins());
        match at.checked_sub(1).filter(|_| joined) {
            Some(before) => self.word(before),
            None => "",
        }
    }

    /// The word at `at`, if nothing but a space or a hyphen is between it and the one before.
    pub fn next(self, at: usize) -> &'a str {
        match self.tokens.get(at) {
            Some(token) if token.gap.joins() => &token.text,
            _ => "",
        }
    }

    /// What stands before the word at `at`. No number reads on over a mark other than a comma or
    /// hyphen, so that they are all breaks; and so is the end of the line.
    pub fn gap(self, at: usize) -> Gap {
        match self.tokens.get(at).map(|token| token.gap) {
            None | Some(Gap::None | Gap::Mark) => Gap::Break,
            Some(gap) => gap,
        }
    }

    /// The word at `at` as it stands there.
    pub fn raw(self, at: usize) -> &'a str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.line[token.span.clone()])
    }

    /// Whether a number word within a sentence is written as names are: `Forever Twenty One`.
    pub fn is_name(self, at: usize) -> bool {
        let capital = self.raw(at).starts_with(char::is_uppercase);
        capital && self.gap(at) != Gap::Break
    }

    /// The bytes of the words `from` until before `to`.
    pub fn span(self, from: usize, to: usize) -> Range<usize> {
        self.tokens[from].span.start..self.tokens[to - 1].span.end
    }
}
