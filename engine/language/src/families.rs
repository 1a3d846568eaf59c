//! Words for one thing: who says "hub" may need what was written about the router.
//!
//! `lexicon/en/families.toml` has a list of patterns for each name, and so on. A family that two
//! languages have is one.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::lexicon::{Lexicon, of_the_program};
use crate::mandarin_words::DICTIONARY;
use crate::pattern::Phrases;

/// A topic's file: patterns by the name of their family.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyLists {
    /// Each tells by itself what a call is about.
    telling: BTreeMap<String, Vec<String>>,
    /// These say something beside others only.
    common: BTreeMap<String, Vec<String>>,
}

static BUILT_IN: LazyLock<Families> = LazyLock::new(|| {
    let mut lists: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for file in of_the_program::<FamilyLists>("families") {
        for (families, is_telling) in [(file.telling, true), (file.common, false)] {
            for (name, patterns) in families {
                let list = lists.entry((name, is_telling)).or_default();
                list.extend(patterns);
            }
        }
    }
    let contractions = &Lexicon::built_in().contractions;
    let family = |((name, is_telling), patterns): (_, Vec<String>)| Family {
        name,
        is_telling,
        words: Phrases::parse(&patterns, contractions).expect("a test reads it"),
    };
    Families(lists.into_iter().map(family).collect())
});

/// Words for one thing.
#[derive(Debug)]
pub struct Family {
    /// As the file calls it; no text has it.
    pub name: String,
    /// Whether its words tell by themselves what a call is about.
    pub is_telling: bool,
    words: Phrases,
}

/// The families of words.
#[derive(Debug)]
pub struct Families(Vec<Family>);

impl Families {
    /// Those that come with the program: what is searched is indexed by them.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Where words of a family stand in a text, in bytes. Of those that begin at one place the
    /// longest counts, and none overlap.
    pub fn find<'a>(&'a self, text: &str) -> Vec<(&'a Family, Range<usize>)> {
        let tokens = Lexicon::built_in().tokenise(text);
        let words = words_of_one_character(text);
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let fits = |family: &'a Family| {
                let end = family.words.longest_at(&tokens, at)?;
                let is_part =
                    end == at + 1 && tokens[at].is_han() && !words.contains(&tokens[at].span.start);
                (!is_part).then_some((end, family))
            };
            let longest = self.0.iter().filter_map(fits).max_by_key(|(end, _)| *end);
            at = match longest {
                Some((end, family)) => {
                    found.push((family, tokens[at].span.start..tokens[end - 1].span.end));
                    end
                }
                None => at + 1,
            };
        }
        found
    }
}

/// Where the words of a single Chinese character begin: not the 网 of 网页.
fn words_of_one_character(text: &str) -> HashSet<usize> {
    let words = DICTIONARY.cut(text, false).into_iter();
    let mut at = 0;
    words
        .filter_map(|token| {
            let start = at;
            at += token.word.len();
            (token.word.chars().count() == 1).then_some(start)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_words_of_a_family_are_found_where_they_stand() {
        for (text, name, words) in [
            ("my hub is dead", "router", "hub"),
            ("the set top box please", "settopbox", "set top box"),
            ("光猫坏了", "router", "光猫"),
        ] {
            let found = Families::built_in().find(text);
            let (_, range) = found
                .iter()
                .find(|(family, _)| family.name == name)
                .expect(name);
            assert_eq!(&text[range.clone()], words, "{text}");
        }
        assert!(Families::built_in().find("hello there").is_empty());
    }
}
