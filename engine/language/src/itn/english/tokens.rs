//! A line cut into words that know where they stand and what is between them.

use std::ops::Range;

/// A word, a figure, or a part of a word with hyphens.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    /// As it stands there, without punctuation around it.
    pub raw: &'a str,
    /// In lower case, with straight apostrophes.
    pub text: String,
    /// Its bytes in the line.
    pub span: Range<usize>,
    /// What stands before it.
    pub gap: Gap,
}

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Gap {
    /// A space, and nothing else.
    Space,
    /// A hyphen, and nothing else.
    Hyphen,
    /// A comma.
    Comma,
    /// Whatever ends a clause, and the beginning of the line.
    Break,
}

impl Gap {
    /// Whether what stands on both sides belongs together.
    pub fn joins(self) -> bool {
        matches!(self, Self::Space | Self::Hyphen)
    }
}

/// Cuts a line.
pub(super) fn tokenise(line: &str) -> Vec<Token<'_>> {
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    let char_at = |i: usize| chars.get(i).map_or(' ', |(_, c)| *c);
    let byte_at = |i: usize| chars.get(i).map_or(line.len(), |(byte, _)| *byte);
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut end = 0;
    let mut i = 0;
    while i < chars.len() {
        let from = i;
        while i < chars.len() && belongs(&chars, from, i) {
            i += 1;
        }
        if i == from {
            i += 1;
            continue;
        }
        while char_at(i) == '%' {
            i += 1;
        }
        let span = byte_at(from)..byte_at(i);
        let gap = match &line[end..span.start] {
            _ if tokens.is_empty() => Gap::Break,
            "-" | "‐" | "‑" => Gap::Hyphen,
            "," | ", " => Gap::Comma,
            between if !between.is_empty() && between.trim().is_empty() => Gap::Space,
            _ => Gap::Break,
        };
        end = span.end;
        let raw = &line[span.clone()];
        let text = raw.to_lowercase().replace('’', "'");
        tokens.push(Token {
            raw,
            text,
            span,
            gap,
        });
    }
    tokens
}

/// Whether the character at `i` belongs to the word that begins at `from`.
fn belongs(chars: &[(usize, char)], from: usize, i: usize) -> bool {
    let at = |i: usize| chars.get(i).map_or(' ', |(_, c)| *c);
    let before = i.checked_sub(1).filter(|b| *b >= from).map_or(' ', at);
    let next = at(i + 1);
    match at(i) {
        '$' | '€' | '£' => i == from && next.is_ascii_digit(),
        '\'' | '’' => before.is_alphanumeric() && next.is_alphanumeric(),
        '.' | ',' | ':' | '/' if before.is_ascii_digit() => next.is_ascii_digit(),
        // `p.m.`
        '.' => {
            before.is_alphabetic()
                && next.is_alphabetic()
                && i == from + 1
                && !at(i + 2).is_alphabetic()
        }
        c => c.is_alphanumeric(),
    }
}

/// The words of a line, asked for by their place. Places out of the line have no words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a>(pub &'a [Token<'a>]);

impl<'a> Words<'a> {
    /// The word at `at`, in lower case; empty outside of the line.
    pub fn word(self, at: usize) -> &'a str {
        self.0.get(at).map_or("", |token| token.text.as_str())
    }

    /// The word before `at`, if nothing but a space or a hyphen is between them.
    pub fn before(self, at: usize) -> &'a str {
        let joined = self.0.get(at).is_some_and(|token| token.gap.joins());
        match at.checked_sub(1).filter(|_| joined) {
            Some(before) => self.word(before),
            None => "",
        }
    }

    /// The word at `at`, if nothing but a space or a hyphen is between it and the one before.
    pub fn next(self, at: usize) -> &'a str {
        match self.0.get(at) {
            Some(token) if token.gap.joins() => &token.text,
            _ => "",
        }
    }

    /// What stands before the word at `at`; a break behind the last one.
    pub fn gap(self, at: usize) -> Gap {
        self.0.get(at).map_or(Gap::Break, |token| token.gap)
    }

    /// The word at `at` as it stands there.
    pub fn raw(self, at: usize) -> &'a str {
        self.0.get(at).map_or("", |token| token.raw)
    }

    /// The bytes of the words `from` until before `to`.
    pub fn span(self, from: usize, to: usize) -> Range<usize> {
        self.0[from].span.start..self.0[to - 1].span.end
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
