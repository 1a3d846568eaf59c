//! The words of all rules, and which of them a heard word may have been.

use std::collections::HashMap;

use sidetone_language::phonetics::{Near, near, one_letter_apart, spelling_keys, syllables};
use sidetone_language::spoken::{Form, Spoken};

/// Shorter words have too many neighbours: "sue" is not "use".
const SHORTEST_MISSPELT: usize = 5;

/// A misspelt word this long is known without help.
pub(super) const LONG_WORD: usize = 8;

/// A word of the vocabulary.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct WordId(pub u32);

/// How well a heard word fits one of the vocabulary.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Likeness {
    /// It is the word, or another form of it.
    Same,
    /// It sounds the same (Chinese, without tones).
    Sound,
    /// It sounds much the same (Chinese), or differs by a letter (English).
    Near,
}

/// All words that rules look for.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// Word → how rules write it, for the words in letters.
    spellings: Vec<Vec<String>>,
    stems: HashMap<String, WordId>,
    /// Chinese characters and digits.
    signs: HashMap<char, WordId>,
    sounds: HashMap<&'static str, Vec<WordId>>,
    near: HashMap<Near, Vec<WordId>>,
    /// Hash of a word with or without one of its letters → the words it may come from.
    letters: HashMap<u64, Vec<WordId>>,
}

impl Vocabulary {
    /// How many words there are; ids count up to it.
    pub fn len(&self) -> usize {
        self.spellings.len()
    }

    /// The word's place, a new one if it was not known.
    pub fn add(&mut self, word: &Spoken) -> WordId {
        match &word.form {
            Form::Word { stem } => self.add_word(&word.token.text, stem),
            Form::Han(sign) | Form::Digit(sign) => self.add_sign(*sign),
        }
    }

    fn add_word(&mut self, raw: &str, stem: &str) -> WordId {
        let id = match self.stems.get(stem) {
            Some(id) => *id,
            None => {
                let id = self.next_id();
                self.stems.insert(stem.to_owned(), id);
                self.spell(id, stem);
                id
            }
        };
        self.spell(id, raw);
        id
    }

    /// Notes one more way to write a word.
    fn spell(&mut self, id: WordId, spelling: &str) {
        let known = &mut self.spellings[id.0 as usize];
        if known.iter().any(|known| known == spelling) {
            return;
        }
        known.push(spelling.to_owned());
        if spelling.chars().count() >= SHORTEST_MISSPELT {
            for key in spelling_keys(spelling) {
                push_once(self.letters.entry(key).or_default(), id);
            }
        }
    }

    fn add_sign(&mut self, sign: char) -> WordId {
        if let Some(id) = self.signs.get(&sign) {
            return *id;
        }
        let id = self.next_id();
        self.signs.insert(sign, id);
        for syllable in syllables(sign) {
            push_once(self.sounds.entry(syllable).or_default(), id);
            push_once(self.near.entry(near(syllable)).or_default(), id);
        }
        id
    }

    fn next_id(&mut self) -> WordId {
        let id = u32::try_from(self.spellings.len()).expect("rules have fewer words than that");
        self.spellings.push(Vec::new());
        WordId(id)
    }

    /// The words that `heard` may have been, each once, with the best likeness it has.
    pub fn meant_by(&self, heard: &Spoken) -> Vec<(WordId, Likeness)> {
        let mut meant = Vec::new();
        match &heard.form {
            Form::Word { stem } => {
                let raw = &heard.token.text;
                meant.extend(self.stems.get(stem).map(|id| (*id, Likeness::Same)));
                self.misspelt(raw, &mut meant);
                if stem != raw {
                    self.misspelt(stem, &mut meant);
                }
            }
            Form::Han(sign) | Form::Digit(sign) => {
                meant.extend(self.signs.get(sign).map(|id| (*id, Likeness::Same)));
                for syllable in syllables(*sign) {
                    let same = self.sounds.get(syllable).into_iter().flatten();
                    same.for_each(|id| note(&mut meant, *id, Likeness::Sound));
                }
                for syllable in syllables(*sign) {
                    let alike = self.near.get(&near(syllable)).into_iter().flatten();
                    alike.for_each(|id| note(&mut meant, *id, Likeness::Near));
                }
            }
        }
        meant
    }

    fn misspelt(&self, heard: &str, meant: &mut Vec<(WordId, Likeness)>) {
        if heard.chars().count() < SHORTEST_MISSPELT {
            return;
        }
        for key in spelling_keys(heard) {
            for id in self.letters.get(&key).into_iter().flatten() {
                let mut spellings = self.spellings[id.0 as usize].iter();
                if spellings.any(|known| is_slip(known, heard)) {
                    note(meant, *id, Likeness::Near);
                }
            }
        }
    }
}

/// Whether a word may have been heard as the other. Short words begin alike: "using" is not
/// "suing".
fn is_slip(known: &str, heard: &str) -> bool {
    let length = known.chars().count();
    length >= SHORTEST_MISSPELT
        && (length >= LONG_WORD || known.chars().next() == heard.chars().next())
        && one_letter_apart(known, heard)
}

/// Adds a word unless it is there already, with a likeness that is no worse.
fn note(meant: &mut Vec<(WordId, Likeness)>, id: WordId, likeness: Likeness) {
    if !meant.iter().any(|(known, _)| *known == id) {
        meant.push((id, likeness));
    }
}

fn push_once(ids: &mut Vec<WordId>, id: WordId) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_language::lexicon::Lexicon;
    use sidetone_language::spoken::spoken;

    fn likeness(rule: &str, heard: &str) -> Option<Likeness> {
        let word = |text: &str| spoken([text], &Lexicon::built_in()).remove(0);
        let mut vocabulary = Vocabulary::default();
        let id = vocabulary.add(&word(rule));
        let meant = vocabulary.meant_by(&word(heard));
        let found = meant.iter().find(|(meant, _)| *meant == id)?;
        Some(found.1)
    }

    #[test]
    fn a_heard_word_may_have_been_another() {
        use Likeness::{Near, Same, Sound};
        for (rule, heard, expected) in [
            ("cancel", "cancelling", Some(Same)),
            ("complaint", "complaints", Some(Same)),
            ("manager", "manger", Some(Near)),
            ("supervisor", "supervisior", Some(Near)),
            ("sue", "use", None),
            ("sue", "sued", None),
            ("suing", "using", None),
            ("contract", "account", None),
            ("笔", "笔", Some(Same)),
            ("笔", "比", Some(Sound)),
            ("账", "將", Some(Near)),
            ("两", "2", Some(Same)),
            ("1", "要", Some(Sound)),
            ("账", "到", None),
        ] {
            assert_eq!(likeness(rule, heard), expected, "{rule} {heard}");
        }
    }
}
