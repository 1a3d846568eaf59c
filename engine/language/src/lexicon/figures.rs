//! How transcripts have numbers: what they are written with, and where they had better stay words.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tables::Words;

/// The words and marks of one language around numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Figures {
    /// Stands between groups of three digits.
    pub(crate) thousands: String,
    /// Stands before the digits of a fraction.
    #[serde(default = "point")]
    pub(crate) decimal: String,
    /// Money as it is written, with `{}` for the number.
    pub(crate) money: BTreeMap<String, Words>,
    /// Money that is written as a word.
    pub(crate) money_words: Words,
    /// Hundredths of what has a sign.
    pub(crate) cents: Words,
    /// May stand between money and its hundredths.
    pub(crate) before_cents: Words,
    /// Of a hundred.
    pub(crate) percent: Words,
    /// Coins and notes.
    pub(crate) denominations: Words,
    /// Before cents that are a saying.
    pub(crate) whose_cents: Words,
    /// Behind a number that has a fraction in words.
    pub(crate) fractions: Words,
    /// Numbers that nobody counted: "thousands".
    pub(crate) multitudes: Words,
    /// Before numbers that belong to something else.
    pub(crate) before: Words,
    /// Behind such numbers.
    pub(crate) after: Words,
    /// With numbers in them that are none.
    pub(crate) phrases: Words,
    /// What such phrases are written as.
    pub(crate) written: BTreeMap<String, Words>,
    /// Before digits that are told one by one.
    pub(crate) announcing: Words,
    /// May stand between the two.
    pub(crate) linking: Words,
    /// Before codes with letters among their digits, besides those words.
    pub(crate) announcing_codes: Words,
    /// Marks between the letters and digits of a code, as they are said.
    pub(crate) within_codes: Words,
    /// Numbers that everybody calls, in figures.
    pub(crate) services: Words,
    /// How many digits other telephone numbers have.
    pub(crate) telephone: Words,
    /// Before a number that may be a time of day.
    pub(crate) days: Words,
    /// What is counted.
    pub(crate) counted: Words,
    /// What is had in parts as well.
    pub(crate) measured: Words,
    /// More that is counted.
    pub(crate) counters: Words,
    /// Begins with one of these, and is none.
    pub(crate) not_counted: Words,
    /// Of what is measured, that which may have its tenths behind it.
    pub(crate) split: Words,
}

fn point() -> String {
    ".".to_owned()
}
