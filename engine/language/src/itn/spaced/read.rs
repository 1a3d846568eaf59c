//! What a reader hands back.

use std::ops::Range;

use sidetone_types::number::NumberKind;

use super::words::Words;
use crate::itn::number::Number;

/// What a reader made of the words from some place on: the numbers, none if they are to stay as
/// they are, and the place to go on from.
pub(super) struct Read {
    /// In order.
    pub numbers: Vec<Number>,
    /// The place to go on from.
    pub end: usize,
}

impl Read {
    /// A single number made of the words `from` until before `to`.
    pub fn one(words: Words<'_>, kind: NumberKind, places: Range<usize>, text: String) -> Self {
        let span = words.span(places.start, places.end);
        Self {
            numbers: vec![Number { kind, span, text }],
            end: places.end,
        }
    }

    /// Words that are to stay as they are.
    pub fn nothing(end: usize) -> Self {
        let numbers = Vec::new();
        Self { numbers, end }
    }
}
