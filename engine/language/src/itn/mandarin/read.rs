//! What a reader hands back.

use sidetone_types::number::NumberKind;

use super::chars::Chars;
use crate::itn::number::Number;

/// What a reader made of the characters from some place on: the numbers, none if they are to stay
/// as they are, and the place to go on from.
pub(super) struct Read {
    /// In order.
    pub numbers: Vec<Number>,
    /// The place to go on from.
    pub end: usize,
}

impl Read {
    /// A single number made of the characters `from` until before `to`.
    pub fn one(chars: &Chars<'_>, kind: NumberKind, from: usize, to: usize, text: String) -> Self {
        let span = chars.bytes(from, to);
        Self {
            numbers: vec![Number { kind, span, text }],
            end: to,
        }
    }

    /// Characters that are to stay as they are.
    pub fn nothing(end: usize) -> Self {
        let numbers = Vec::new();
        Self { numbers, end }
    }
}
