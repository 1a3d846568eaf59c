//! Chinese words that were written with other characters, found by how they are spoken without
//! tones.
//!
//! Recognisers write a syllable with the wrong character (话费 as 花费), and sometimes hear a syllable
//! that is close (到账 as 到将).

use std::collections::HashMap;

use super::mandarin::{Near, near, syllables};

/// How sure it is that one character stands for another: the same, one spoken alike but for the
/// tone, one spoken nearly alike.
const SAME: f32 = 1.0;
const ALIKE: f32 = 0.85;
const CLOSE: f32 = 0.5;
/// A word of which no character is right.
const NONE_SAME: f32 = 0.85;
/// Words less alike than this are different words. One of two characters must be right if the other
/// one is only close.
const LEAST: f32 = 0.7;

/// Words that are found by how they are spoken.
#[derive(Debug, Default)]
pub struct HanWords {
    words: Vec<(String, u32)>,
    /// Places by the families of their syllables.
    by_sound: HashMap<Vec<Near>, Vec<usize>>,
}

impl HanWords {
    /// Longest word compared, in characters. The shortest has two.
    pub const LONGEST: usize = 4;

    /// Adds a word and what is found by it. One that is too short or too long is left out, and so
    /// is one with a character that is not read.
    pub fn add(&mut self, word: &str, term: u32) {
        if !(2..=Self::LONGEST).contains(&word.chars().count()) {
            return;
        }
        let mut keys = vec![Vec::new()];
        for c in word.chars() {
            let with = |key: &Vec<Near>| {
                let key = key.clone();
                syllables(c).map(move |syllable| [key.as_slice(), &[near(syllable)]].concat())
            };
            keys = keys.iter().flat_map(with).collect();
        }
        let known = keys
            .first()
            .and_then(|key| self.by_sound.get(key))
            .into_iter()
            .flatten();
        if known.into_iter().any(|place| self.words[*place].0 == word) {
            return;
        }
        let place = self.words.len();
        self.words.push((word.to_owned(), term));
        for key in keys {
            let alike = self.by_sound.entry(key).or_default();
            if alike.last() != Some(&place) {
                alike.push(place);
            }
        }
    }

    /// What may have been meant by what was heard, and how sure that is, in (0, 1].
    pub fn find(&self, heard: &str) -> Vec<(u32, f32)> {
        // As each character is mostly spoken.
        let key: Option<Vec<Near>> = heard
            .chars()
            .map(|c| syllables(c).next().map(near))
            .collect();
        let alike = key
            .and_then(|key| self.by_sound.get(&key))
            .into_iter()
            .flatten();
        let sure = |place: &usize| {
            let (word, term) = &self.words[*place];
            Some((*term, likeness(word, heard)?))
        };
        alike.filter_map(sure).collect()
    }
}

/// How sure it is that by what was heard the word was meant, in (0, 1]; `None` if they are too
/// different.
fn likeness(word: &str, heard: &str) -> Option<f32> {
    let alike = |(word, heard): (char, char)| {
        if word == heard {
            return SAME;
        }
        let spoken = syllables(heard).next();
        let same_sound = spoken.is_some_and(|spoken| syllables(word).any(|way| way == spoken));
        if same_sound { ALIKE } else { CLOSE }
    };
    let pairs = || word.chars().zip(heard.chars());
    let sum: f32 = pairs().map(alike).sum();
    let mean = sum / pairs().count() as f32;
    let one_is_right = pairs().any(|(word, heard)| word == heard);
    (mean >= LEAST).then_some(if one_is_right { mean } else { mean * NONE_SAME })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_sound_alike_meet_and_others_do_not() {
        for (word, heard, meet) in [
            ("工信部", "公信部", true),
            ("两笔", "两比", true),
            ("话费", "花费", true),
            ("到账", "到将", true),
            ("重复", "虫复", true), // 重 is mostly spoken zhòng, but not here
            ("套餐", "套参", true),
            ("账单", "胀单", true),
            ("网速", "忘速", true),
            ("到账", "倒将", false),
            ("退款", "天气", false),
            ("什么", "时么", false), // 什 is read shí in no word that callers use
            ("福建", "胡建", false), // f and h are one sound in parts of the south only
        ] {
            let mut words = HanWords::default();
            words.add(word, 7);
            let found = words.find(heard).iter().any(|(term, _)| *term == 7);
            assert_eq!(found, meet, "{word} {heard}");
        }
    }

    #[test]
    fn the_more_characters_are_right_the_surer() {
        let sure = |heard| likeness("工信部", heard).unwrap();
        assert_eq!(sure("工信部"), 1.0);
        assert!(sure("公信部") > sure("公心部"));
        assert!(sure("公心部") > sure("公心不"));
    }
}
