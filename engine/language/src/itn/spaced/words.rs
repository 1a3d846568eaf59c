//! The words of a line, asked for by their place.

use std::ops::Range;

use crate::tokens::{Gap, Token};

/// The words of a line, asked for by their place. Places out of the line have no words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    line: &'a str,
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    /// Those of a line that was cut into `tokens`.
    pub fn new(line: &'a str, tokens: &'a [Token]) -> Self {
        Self { line, tokens }
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

    /// What stands before the word at `at`. No number reads on over a mark other than a comma or hyphen, so that they are
    /// all breaks; and so is the end of the line.
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

    /// Whether a number that ends before `at` counts nothing: the clause is over, or goes on with a word
    /// that cannot be counted.
    pub fn clause_goes_on(self, at: usize) -> bool {
        self.next(at).is_empty() || NO_NOUNS.contains(&self.next(at))
    }
}

/// Words that may follow a date or a time, and never what is counted.
const NO_NOUNS: &[&str] = &[
    "and",
    "as",
    "at",
    "because",
    "before",
    "but",
    "by",
    "does",
    "for",
    "from",
    "he",
    "i",
    "if",
    "in",
    "is",
    "it",
    "of",
    "on",
    "or",
    "please",
    "she",
    "since",
    "so",
    "that",
    "the",
    "then",
    "there",
    "they",
    "this",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "until",
    "was",
    "we",
    "were",
    "when",
    "will",
    "with",
    "works",
    "you",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
