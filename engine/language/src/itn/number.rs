//! What a reader finds.

use std::ops::Range;

use sidetone_types::number::NumberKind;

/// A number in a line, and how it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number {
    /// What it stands for.
    pub kind: NumberKind,
    /// Its bytes in the line, with a unit that its written form takes in: all of `twenty five
    /// dollars`.
    pub span: Range<usize>,
    /// As it is written: `$25`.
    pub text: String,
}
