//! Words that stand for others: "don't" for "do not", "del" for "de el".

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// A file of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ContractionLists {
    words: BTreeMap<String, String>,
    endings: BTreeMap<String, String>,
}

/// The contractions of all languages.
#[derive(Debug, Default)]
pub struct Contractions {
    words: HashMap<String, Vec<String>>,
    /// What a word may end with, after an apostrophe or with one in it, and the word for it.
    endings: Vec<(String, String)>,
}

impl Contractions {
    pub(super) fn of(files: impl IntoIterator<Item = ContractionLists>) -> Self {
        let mut all = Self::default();
        for file in files {
            for (word, meant) in file.words {
                let meant = meant.split_whitespace().map(str::to_owned);
                all.words.entry(word).or_insert_with(|| meant.collect());
            }
            all.endings.extend(file.endings);
        }
        all
    }

    /// A lower-case word as the words it stands for: `I'll` → `i will`, `manager's` → `manager`.
    pub(crate) fn spell_out<'a>(&'a self, word: &'a str) -> Vec<&'a str> {
        if let Some(meant) = self.words.get(word) {
            return meant.iter().map(String::as_str).collect();
        }
        if !word.contains('\'') {
            return vec![word];
        }
        let ending = self.endings.iter().find_map(|(ending, meant)| {
            let front = word.strip_suffix(ending.as_str())?;
            (!front.is_empty()).then_some((front, meant.as_str()))
        });
        match ending {
            Some((front, "")) => vec![front],
            Some((front, meant)) => vec![front, meant],
            None => vec![word],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lexicon::Lexicon;

    #[test]
    fn contractions_are_spelled_out() {
        let lexicon = Lexicon::built_in();
        for (word, expected) in [
            ("i'll", "i will"),
            ("don't", "do not"),
            ("won't", "will not"),
            ("they've", "they have"),
            ("it's", "it is"),
            ("manager's", "manager"),
            ("wanna", "want to"),
            ("lawyer", "lawyer"),
            ("n't", "n't"),
            ("ain't", "is not"),
            ("lets", "let us"),
            ("okay", "ok"),
        ] {
            let words = lexicon.contractions.spell_out(word);
            assert_eq!(words.join(" "), expected, "{word}");
        }
    }
}
