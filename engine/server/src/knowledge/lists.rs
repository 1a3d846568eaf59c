//! Lists of phrases to listen for, each made once for all calls in the same languages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use sidetone_types::lang::Lang;
use sidetone_types::recognise::Phrase;

/// Phrases, each with its language. Calls in the same ones share a list, so that it is made ready
/// once.
#[derive(Default)]
pub struct Lists {
    phrases: Vec<(Lang, String)>,
    boost: f32,
    made: Mutex<BTreeMap<BTreeSet<Lang>, Arc<[Phrase]>>>,
}

impl Lists {
    /// Lists of these, each favoured by `boost`.
    pub fn new(phrases: Vec<(Lang, String)>, boost: f32) -> Self {
        Self {
            phrases,
            boost,
            made: Mutex::default(),
        }
    }

    /// All phrases.
    pub fn phrases(&self) -> &[(Lang, String)] {
        &self.phrases
    }

    /// Those to listen for in calls in `languages`.
    pub fn of(&self, languages: &[Lang]) -> Arc<[Phrase]> {
        let languages: BTreeSet<Lang> = languages.iter().copied().collect();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let make = |languages: &BTreeSet<Lang>| favoured(&self.phrases, languages, self.boost);
        let list = made.entry(languages).or_insert_with_key(make);
        list.clone()
    }
}

/// Those of `phrases` that are of one of the `languages`, each favoured by `boost`; nothing for a
/// boost of 0.
pub fn favoured(
    phrases: &[(Lang, String)],
    languages: &BTreeSet<Lang>,
    boost: f32,
) -> Arc<[Phrase]> {
    let phrases = phrases.iter().filter(|_| boost > 0.0);
    phrases
        .filter(|(lang, _)| languages.contains(lang))
        .map(|(_, text)| Phrase {
            text: text.clone(),
            boost,
        })
        .collect()
}
