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
pub(crate) struct Festivals(Vec<(Yearly, Phrases)>);

impl Festivals {
    pub(super) fn of(files: Vec<(Lang, FestivalNames)>, contractions: &Contractions) -> Self {
        let all = files.into_iter().flat_map(|(_, file)| file.0);
        let phrases =
            |names: Words| Phrases::parse(&names, contractions).expect("its patterns were checked");
        Self(all.map(|(day, names)| (day, phrases(names))).collect())
    }

    /// The one with the longest name that begins at token `at`, and the token after it.
    pub fn longest_at(&self, tokens: &[Token], at: usize) -> Option<(Yearly, usize)> {
        let found = self.0.iter();
        let found = found.filter_map(|(day, names)| Some((*day, names.longest_at(tokens, at)?)));
        found.max_by_key(|(_, end)| *end)
    }
}
