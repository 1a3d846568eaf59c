//! A line as characters that readers ask for by their place.

use std::ops::Range;

use crate::fold::level;
use crate::lexicon::Figures;
use crate::numbers::NumberWords;

/// The characters of a line, levelled: what is written in several ways, here is written in one.
pub(super) struct Chars<'a> {
    line: &'a str,
    /// Where each begins, and what it is.
    chars: Vec<(usize, char)>,
    /// The words that tell digits, besides the numerals,
    pub numbers: &'a NumberWords,
    /// and those that stand around numbers.
    pub figures: &'a Figures,
}

/// What the characters of a line are read by.
pub(super) type Lists<'a> = (&'a NumberWords, &'a Figures);

/// Stands for whatever is outside of the line.
const NOTHING: char = '\0';

impl<'a> Chars<'a> {
    pub fn of(line: &'a str, (numbers, figures): Lists<'a>) -> Self {
        let one_zero = |c| if c == '〇' { '零' } else { c };
        let levelled = level(line).into_iter().map(one_zero);
        let chars = line
            .char_indices()
            .map(|(at, _)| at)
            .zip(levelled)
            .collect();
        Self {
            line,
            chars,
            numbers,
            figures,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// The character at `at`.
    pub fn at(&self, at: usize) -> char {
        self.chars.get(at).map_or(NOTHING, |(_, c)| *c)
    }

    /// The one before `at`.
    pub fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(NOTHING, |before| self.at(before))
    }

    /// Whether the line goes on with `text` at `at`.
    pub fn fits(&self, at: usize, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.at(at + i) == c)
    }

    /// The place behind the first of `texts` that the line goes on with at `at`.
    pub fn after_any(&self, at: usize, texts: &[impl AsRef<str>]) -> Option<usize> {
        let mut texts = texts.iter().map(AsRef::as_ref);
        let found = texts.find(|text| self.fits(at, text))?;
        Some(at + found.chars().count())
    }

    /// Whether one of `texts` ends before `at`.
    pub fn ends_with(&self, at: usize, texts: &[impl AsRef<str>]) -> bool {
        texts.iter().map(AsRef::as_ref).any(|text| {
            let from = at.checked_sub(text.chars().count());
            from.is_some_and(|from| self.fits(from, text))
        })
    }

    /// The bytes from place `from` until before `to`.
    pub fn bytes(&self, from: usize, to: usize) -> Range<usize> {
        let byte = |at: usize| {
            self.chars
                .get(at)
                .map_or(self.line.len(), |(byte, _)| *byte)
        };
        byte(from)..byte(to)
    }

    /// What stands there, as it was written.
    pub fn raw(&self, from: usize, to: usize) -> &'a str {
        &self.line[self.bytes(from, to)]
    }

    /// Whether a clause may end before `at`, so that nothing there belongs to what stands before:
    /// the line ends, a mark follows, or a particle.
    pub fn clause_ends(&self, at: usize) -> bool {
        let c = self.at(at);
        !(c.is_alphanumeric()) || "的吧了吗呢啊呀嘛左或和跟就行可是".contains(c)
    }
}
