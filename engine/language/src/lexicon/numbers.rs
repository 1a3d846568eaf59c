//! How numbers are said.

use std::collections::BTreeMap;

use serde::Deserialize;
use sidetone_types::lang::Lang;

use super::tables::{ByCount, Words};
use crate::numbers::NumberWords;

/// A file of number words.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NumberLists {
    /// They are numbers, or are added to what stands before them.
    pub cardinals: ByCount,
    /// They multiply what stands before them. One that may stand alone is a cardinal too.
    pub multipliers: ByCount,
    /// Days of a month, for instance.
    pub ordinals: ByCount,
    /// Digits only where digits are told one by one.
    pub digits: ByCount,
    /// The next digit so many times.
    pub repeats: ByCount,
    /// Patterns that mean so many at the most.
    pub loose: ByCount,
    /// One, before a multiplier and behind tens.
    pub article: Words,
    /// Between tens and ones.
    pub after_tens: Words,
    /// Between hundreds or more and what is below a hundred.
    pub after_hundreds: Words,
    /// Before the digits of a fraction.
    pub point: Words,
    /// Behind the figures of an ordinal.
    pub ordinal_endings: Words,
    /// Between the ends of a range.
    pub range: Words,
    /// Before a range that has another word between its ends,
    pub between: Words,
    /// which is this.
    pub between_and: Words,
}

impl NumberLists {
    /// Takes in the words of another language.
    pub fn add(&mut self, other: &Self) {
        for (mine, others) in [
            (&mut self.cardinals, &other.cardinals),
            (&mut self.multipliers, &other.multipliers),
            (&mut self.ordinals, &other.ordinals),
            (&mut self.digits, &other.digits),
            (&mut self.repeats, &other.repeats),
            (&mut self.loose, &other.loose),
        ] {
            for (count, words) in others {
                mine.entry(*count).or_default().add(words);
            }
        }
        for (mine, others) in [
            (&mut self.article, &other.article),
            (&mut self.after_tens, &other.after_tens),
            (&mut self.after_hundreds, &other.after_hundreds),
            (&mut self.point, &other.point),
            (&mut self.ordinal_endings, &other.ordinal_endings),
            (&mut self.range, &other.range),
            (&mut self.between, &other.between),
            (&mut self.between_and, &other.between_and),
        ] {
            mine.add(others);
        }
    }
}

/// The number words of every language.
#[derive(Debug)]
pub struct Numbers {
    all: NumberWords,
    by_lang: BTreeMap<Lang, NumberWords>,
}

impl Numbers {
    /// Where languages have the same word for different numbers, the first of them counts.
    pub(super) fn of(files: Vec<(Lang, NumberLists)>) -> Self {
        let all = NumberWords::of(files.iter().map(|(_, lists)| lists));
        let by_lang = files.iter();
        let by_lang = by_lang.map(|(lang, lists)| (*lang, NumberWords::of([lists])));
        Self {
            all,
            by_lang: by_lang.collect(),
        }
    }

    /// Those of all languages together, by which speech is understood.
    pub const fn all(&self) -> &NumberWords {
        &self.all
    }

    /// Those of one language, by which its transcripts are written.
    pub fn of_lang(&self, lang: Lang) -> Option<&NumberWords> {
        self.by_lang.get(&lang)
    }

    /// A written ordinal up to ten as a word of its language: `3rd` → `third`.
    pub(crate) fn ordinal_as_word(&self, written: &str) -> Option<&str> {
        if !written.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.by_lang.values().find_map(|words| {
            let place = words.written_ordinal(written);
            words.ordinal_word(place.filter(|place| (1..=10).contains(place))?)
        })
    }
}
