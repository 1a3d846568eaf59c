//! Topics whose files are tables: values, or what is written, each with the words for it.
//!
//! Unlike lists they are kept by language, and those who read them say which they mean.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use sidetone_types::lang::Lang;
use toml::{Table, Value};

use super::contractions::ContractionLists;
use super::festivals::FestivalNames;
use super::figures::Figures;
use super::items;
use super::numbers::NumberLists;
use crate::families::FamilyLists;
use crate::numerals::NumeralLists;

/// Says what is wrong with the text of a file.
pub(super) type Check = fn(&str) -> Result<(), toml::de::Error>;

/// Every topic of this kind, with the check of its files.
pub(super) const TOPICS: &[(&str, Check)] = &[
    ("contractions", check::<ContractionLists>),
    ("families", check::<FamilyLists>),
    ("festivals", check::<FestivalNames>),
    ("figures", check::<Figures>),
    ("numbers", check::<NumberLists>),
    ("numerals", check::<NumeralLists>),
];

fn check<T: DeserializeOwned>(text: &str) -> Result<(), toml::de::Error> {
    toml::from_str::<T>(text).map(drop)
}

/// What was read, by topic and language.
#[derive(Default)]
pub(super) struct Tables(BTreeMap<&'static str, BTreeMap<Lang, Table>>);

impl Tables {
    /// Takes what a file holds, which was checked.
    pub fn add(&mut self, topic: &'static str, lang: Lang, file: Table) {
        let languages = self.0.entry(topic).or_default();
        languages.entry(lang).or_default().extend(file);
    }

    /// A topic in every language that has it, those first that come with the program.
    pub fn of<T: DeserializeOwned>(&self, topic: &str) -> Vec<(Lang, T)> {
        let languages = self.0.get(topic).into_iter().flatten();
        let read = |(lang, table): (&Lang, &Table)| {
            let read = table.clone().try_into();
            (*lang, read.expect("its parts were checked"))
        };
        let mut all: Vec<(Lang, T)> = languages.map(read).collect();
        all.sort_by_key(|(lang, _)| ![Lang::EN, Lang::ZH].contains(lang));
        all
    }
}

/// Words: an array of them, or one text of single words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(Vec<String>);

impl Words {
    /// Whether one of them is this word.
    pub fn have(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    pub(super) fn add(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }
}

impl Deref for Words {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let items = items(Value::deserialize(d)?);
        let problem = "this is no list: write an array of words, or a text of single words";
        items.map(Self).ok_or_else(|| D::Error::custom(problem))
    }
}

/// A value before its words: `1_000`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let written = String::deserialize(d)?;
        let problem = || D::Error::custom(format!("`{written}` is no number: write `1_000`"));
        let count = written.replace('_', "").parse();
        count.map(Self).map_err(|_| problem())
    }
}

/// Values with their words.
pub(crate) type ByCount = BTreeMap<Count, Words>;

/// The words of a table, each with its value.
pub(crate) fn each(table: &ByCount) -> impl Iterator<Item = (&str, u64)> + Clone {
    let words = table.iter();
    words.flat_map(|(count, words)| words.iter().map(|word| (word.as_str(), count.0)))
}
