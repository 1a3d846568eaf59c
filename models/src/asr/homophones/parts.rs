//! The words of phrases, and which of them tell anything.

use std::ops::Range;
use std::sync::Arc;

use sidetone_language::phonetics::{SoundWord, sentences};

/// English words of which no phrase consists, and which are not tried by themselves.
const LIGHT: &str = " a about after all am an and any are as at be been but by can did do does for from get go got had has \
                     have he her here him his how i if in is it its just me my no not of off on one or our out she so some \
                     than that the them then there they this those to up us was we well were what when where which who \
                     will with would yes you your ";

/// What tells forms of one English word apart, behind a stem of so many letters.
const ENDINGS: [&str; 15] = [
    "", "s", "es", "d", "ed", "e", "ing", "r", "er", "ly", "led", "ling", "'s", "y", "ies",
];
const SHORTEST_STEM: usize = 3;

/// What turns an English word into its contrary.
const CONTRARY: [&str; 6] = ["un", "in", "im", "dis", "non", "ir"];

/// A word of a phrase.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// In lower case.
    pub lower: Arc<str>,
    /// In bytes of the phrase.
    pub place: Range<usize>,
    /// How many it has.
    pub sounds: f32,
}

/// Whether it is a number in figures.
pub(super) fn is_figure(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of a phrase; none if it is more than one sentence.
pub(super) fn parts(phrase: &str) -> Vec<Part> {
    let [words] = sentences(phrase).try_into().unwrap_or_default();
    let part = |word: SoundWord| Part {
        lower: phrase[word.place.clone()].to_lowercase().into(),
        sounds: word.sounds.iter().map(|sound| sound.sounds()).sum(),
        place: word.place,
    };
    words.into_iter().map(part).collect()
}

/// Whether a word tells nothing by itself.
pub(super) fn is_light(word: &str) -> bool {
    LIGHT.contains(&format!(" {word} "))
}

/// A single Chinese character sounds like many others.
pub(super) fn is_one_character(phrase: &str) -> bool {
    !phrase.is_ascii() && phrase.trim().chars().count() == 1
}

/// Whether one is but another form of the other, which rules and articles know anyway: "contracts"
/// for "contract". Nor is a word turned into its contrary: "acceptable" is not "unacceptable".
pub(super) fn is_same_word(heard: &[String], changed: &[Part]) -> bool {
    let form = |(heard, meant): (&String, &Part)| {
        let meant = CONTRARY
            .iter()
            .find_map(|prefix| {
                meant
                    .lower
                    .strip_prefix(prefix)
                    .filter(|rest| *rest == heard)
            })
            .unwrap_or(&meant.lower);
        let same = heard
            .bytes()
            .zip(meant.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let is_end = |word: &str| word.get(same..).is_some_and(|end| ENDINGS.contains(&end));
        heard == meant || same >= SHORTEST_STEM && is_end(heard) && is_end(meant)
    };
    heard.len() == changed.len() && heard.iter().zip(changed).all(form)
}
