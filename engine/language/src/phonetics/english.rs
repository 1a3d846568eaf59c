//! English words that were heard as others: by sound (double metaphone) and by spelling (one
//! letter).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rphonetic::DoubleMetaphone;
use strsim::normalized_damerau_levenshtein;

/// Shorter words, in letters, are alike by chance.
const SHORTEST: usize = 4;
/// Shorter sounds, in consonants, are those of many words.
const SHORTEST_SOUND: usize = 2;
/// Words of one sound with fewer letters in common are different words.
const LEAST_SPELLING: f64 = 0.5;
/// Two short words make many others.
const LEAST_SPELLING_JOINED: f64 = 0.7;
/// Consonants compared.
const LONGEST_SOUND: usize = 8;

/// Of words that sound alike, how sure it is that one is the other if their letters have nothing in
/// common, and how much more if they have all.
const SURE_BY_SOUND: f32 = 0.45;
const SURE_BY_SPELLING: f32 = 0.4;
/// Of words one edit apart that sound otherwise.
const SURE_BY_EDIT: f32 = 0.55;

/// Words that are found by sound and by spelling.
#[derive(Debug, Default)]
pub struct EnglishWords {
    by_sound: HashMap<String, Vec<usize>>,
    /// Places by the [`spelling_keys`] of their words.
    by_spelling: HashMap<u64, Vec<usize>>,
    words: Vec<(String, u32)>,
}

impl EnglishWords {
    /// Adds a word in lower case, and what is found by it. Words that are too short are left out.
    pub fn add(&mut self, word: &str, term: u32) {
        if !is_comparable(word) || self.knows(word) {
            return;
        }
        let place = self.words.len();
        self.words.push((word.to_owned(), term));
        for sound in sounds(word) {
            self.by_sound.entry(sound).or_default().push(place);
        }
        for key in spelling_keys(word) {
            let alike = self.by_spelling.entry(key).or_default();
            if alike.last() != Some(&place) {
                alike.push(place);
            }
        }
    }

    fn knows(&self, word: &str) -> bool {
        let mut alike = spelling_keys(word)
            .filter_map(|key| self.by_spelling.get(&key))
            .flatten();
        alike.any(|&place| self.words[place].0 == word)
    }

    /// What may have been meant by a word in lower case, and how sure that is, in (0, 1).
    pub fn find(&self, heard: &str) -> Vec<(u32, f32)> {
        self.spelt_alike(heard, LEAST_SPELLING)
    }

    /// The same for two words that may have been one.
    pub fn find_joined(&self, heard: &str) -> Vec<(u32, f32)> {
        self.spelt_alike(heard, LEAST_SPELLING_JOINED)
    }

    fn spelt_alike(&self, heard: &str, least: f64) -> Vec<(u32, f32)> {
        if !is_comparable(heard) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for sound in sounds(heard) {
            for &place in self.by_sound.get(&sound).into_iter().flatten() {
                let (word, term) = &self.words[place];
                let alike = normalized_damerau_levenshtein(word, heard);
                if alike >= least {
                    found.push((*term, SURE_BY_SOUND + SURE_BY_SPELLING * alike as f32));
                }
            }
        }
        for key in spelling_keys(heard) {
            for &place in self.by_spelling.get(&key).into_iter().flatten() {
                let (word, term) = &self.words[place];
                if one_letter_apart(word, heard) {
                    found.push((*term, SURE_BY_EDIT));
                }
            }
        }
        found
    }
}

fn is_comparable(word: &str) -> bool {
    word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_lowercase())
}

/// As double metaphone writes it; two if the word may be spoken in two ways.
fn sounds(word: &str) -> Vec<String> {
    let encoder = DoubleMetaphone::new(Some(LONGEST_SOUND));
    let spoken = encoder.double_metaphone(word);
    let mut sounds = vec![spoken.primary(), spoken.alternate()];
    sounds.dedup();
    sounds.retain(|sound| sound.len() >= SHORTEST_SOUND);
    sounds
}

/// Whether one letter has to be added, removed or changed, or two neighbours swapped, to make one
/// word of the other. Not for equal words.
pub fn one_letter_apart(a: &str, b: &str) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(&long).take_while(|(s, l)| s == l).count();
    match (short.len(), long.len()) {
        (s, l) if s == l && same < s => {
            let (s, l) = (&short[same..], &long[same..]);
            s[1..] == l[1..] || (s.len() > 1 && s[0] == l[1] && s[1] == l[0] && s[2..] == l[2..])
        }
        (s, l) if s + 1 == l => short[same..] == long[same + 1..],
        _ => false,
    }
}

/// Keys by which words meet that are one letter apart: a word's own, and those of what is left of
/// it when one letter is taken away. What meets may still be further apart: ask
/// [`one_letter_apart`].
pub fn spelling_keys(word: &str) -> impl Iterator<Item = u64> {
    let letters = word.chars().count();
    (0..=letters).map(move |without| {
        let mut hasher = DefaultHasher::new();
        for (place, letter) in word.chars().enumerate() {
            if place != without {
                letter.hash(&mut hasher);
            }
        }
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_misheard_word_finds_what_was_said() {
        let known = [
            "router",
            "refund",
            "cancel",
            "invoice",
            "complaint",
            "roaming",
            "technician",
            "outage",
            "debit",
            "contract",
        ];
        let mut sounds = EnglishWords::default();
        for (term, word) in (0..).zip(known) {
            sounds.add(word, term);
        }
        for (heard, expected) in [
            ("rooter", Some("router")),
            ("cansell", Some("cancel")),
            ("compliant", Some("complaint")),
            ("rooming", Some("roaming")),
            ("technition", Some("technician")),
            ("outrage", Some("outage")),
            ("debt", Some("debit")),
            ("contrast", Some("contract")),
            ("weather", None),
            ("saturday", None),
            ("ten", None),
        ] {
            let best = sounds
                .find(heard)
                .into_iter()
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let best = best.map(|(term, _)| known[term as usize]);
            assert_eq!(best, expected, "{heard}");
        }
    }

    #[test]
    fn words_one_letter_apart() {
        for (a, b, expected) in [
            ("lawyer", "layer", true),
            ("ombudsman", "ombudsmen", true),
            ("manager", "manger", true),
            ("court", "cuort", true),
            ("ofcom", "offcom", true),
            ("court", "court", false),
            ("twice", "wife", false),
            ("", "a", true),
            ("ab", "ba", true),
        ] {
            assert_eq!(one_letter_apart(a, b), expected, "{a} {b}");
            assert_eq!(one_letter_apart(b, a), expected, "{b} {a}");
        }
    }

    proptest! {
        #[test]
        fn a_word_is_one_letter_from_itself_without_one(word in "[a-z]{2,9}", at in 0_usize..9) {
            let mut shorter = word.clone();
            shorter.remove(at % word.len());
            prop_assert!(one_letter_apart(&word, &shorter));
        }
    }
}
