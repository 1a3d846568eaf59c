//! English words that were heard as others: by sound (double metaphone) and by spelling (one edit).

use std::collections::HashMap;

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

/// Finds words by sound and by spelling.
#[derive(Default)]
pub(crate) struct SoundsLike {
    by_sound: HashMap<String, Vec<usize>>,
    /// Each word under itself and under itself without any one letter: two words one edit apart meet.
    by_spelling: HashMap<String, Vec<usize>>,
    words: Vec<(String, u32)>,
}

impl SoundsLike {
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
        for spelling in spellings(word) {
            self.by_spelling.entry(spelling).or_default().push(place);
        }
    }

    fn knows(&self, word: &str) -> bool {
        let same = self.by_spelling.get(word).into_iter().flatten();
        same.into_iter().any(|&place| self.words[place].0 == word)
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
        for spelling in spellings(heard) {
            for &place in self.by_spelling.get(&spelling).into_iter().flatten() {
                let (word, term) = &self.words[place];
                if strsim::damerau_levenshtein(word, heard) == 1 {
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

fn spellings(word: &str) -> impl Iterator<Item = String> {
    let without = |at: usize| format!("{}{}", &word[..at], &word[at + 1..]);
    let mut all: Vec<String> = (0..word.len()).map(without).collect();
    all.push(word.to_owned());
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

#[cfg(test)]
mod tests {
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
        let mut sounds = SoundsLike::default();
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
}
