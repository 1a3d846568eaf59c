//! Festivals by their names.

use std::collections::BTreeMap;

use serde::Deserialize;
use sidetone_types::lang::Lang;

use super::contractions::Contractions;
use super::tables::Words;
use crate::dates::Yearly;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// A file of festivals: the rule for the day of each, and its names.
#[derive(Debug, Deserialize)]
#[serde(try_from = "BTreeMap<Yearly, Words>")]
pub(super) struct FestivalNames(BTreeMap<Yearly, Words>);

impl TryFrom<BTreeMap<Yearly, Words>> for FestivalNames {
    type Error = String;

    fn try_from(names: BTreeMap<Yearly, Words>) -> Result<Self, String> {
        for names in names.values() {
            let parsed = Phrases::parse(names, &Contractions::default());
            parsed.map_err(|(name, problem)| format!("`{name}`: {problem}"))?;
        }
        Ok(Self(names))
    }
}

/// The festivals of all languages.
#[derive(Debug)]
pub(crate) struct Festivals {
    all: Vec<(Yearly, Phrases)>,
    /// The names of all together.
    names: Phrases,
}

impl Festivals {
    pub(super) fn of(files: Vec<(Lang, FestivalNames)>, contractions: &Contractions) -> Self {
        let all = || files.iter().flat_map(|(_, file)| &file.0);
        let phrases = |names: &[String]| {
            Phrases::parse(names, contractions).expect("its patterns were checked")
        };
        let names: Vec<String> = all().flat_map(|(_, names)| names.to_vec()).collect();
        Self {
            names: phrases(&names),
            all: all().map(|(day, names)| (*day, phrases(names))).collect(),
        }
    }

    /// Whether the name of one may begin with a word.
    pub fn may_begin(&self, word: &str) -> bool {
        self.names.may_begin(word)
    }

    /// The one with the longest name that begins at token `at`, and the token after it.
    pub fn longest_at(&self, tokens: &[Token], at: usize) -> Option<(Yearly, usize)> {
        if !self.may_begin(&tokens.get(at)?.text) {
            return None;
        }
        let found = self.all.iter();
        let found = found.filter_map(|(day, names)| Some((*day, names.longest_at(tokens, at)?)));
        found.max_by_key(|(_, end)| *end)
    }
}
