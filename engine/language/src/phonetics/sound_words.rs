//! A text as it is spoken: its words, each with its sounds.

use std::ops::Range;

use pinyin::{Pinyin, ToPinyin, ToPinyinMulti};

use super::letters::english;
use super::mandarin::syllables;
use super::phoneme::{Phoneme, Syllable};
use crate::fold::is_han;

/// More ways to speak one phrase than this are hardly used.
const MOST_WAYS: usize = 32;

/// A word of English or of figures, or a Chinese character.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundWord {
    /// Where it stands, in bytes of the text.
    pub place: Range<usize>,
    /// How it is spoken; of what can be spoken in several ways, as it mostly is. Never empty.
    pub sounds: Vec<Phoneme>,
}

/// The words of a text, sentence by sentence. What cannot be read ends a sentence too: nobody knows
/// how it sounds.
pub fn sentences(text: &str) -> Vec<Vec<SoundWord>> {
    let mut sentences = vec![Vec::new()];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '\'' || c == '’';
        let length = match first {
            c if is_letter(c) => rest.find(|c| !is_letter(c)),
            c if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()),
            c => Some(c.len_utf8()),
        };
        let length = length.unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        rest = after;
        let sounds = match first {
            c if is_han(c) => usual(c).map(Phoneme::Syllable).into_iter().collect(),
            _ => english(&word.replace('’', "'")),
        };
        let place = at..at + length;
        match sounds.is_empty() {
            false => last(&mut sentences).push(SoundWord { place, sounds }),
            true if ends_sentence(first, rest) => sentences.push(Vec::new()),
            true => {}
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Every way to speak `phrase`, word by word: some Chinese characters are read in more than one
/// way. Empty if one of its characters cannot be read.
pub fn ways(phrase: &str) -> Vec<Vec<Vec<Phoneme>>> {
    let [sentence] = sentences(phrase).try_into().unwrap_or_default();
    let mut ways: Vec<Vec<Vec<Phoneme>>> = vec![Vec::new()];
    for word in sentence {
        let mut readings = phrase[word.place.clone()].chars().filter(|c| is_han(*c));
        let several: Vec<Vec<Phoneme>> = match readings.next() {
            Some(c) => readings_of(c)
                .into_iter()
                .map(|way| vec![Phoneme::Syllable(way)])
                .collect(),
            None => vec![word.sounds],
        };
        let longer = ways.iter().flat_map(|way| {
            several
                .iter()
                .map(|sounds| [way.as_slice(), std::slice::from_ref(sounds)].concat())
        });
        ways = longer.take(MOST_WAYS).collect();
    }
    ways
}

fn last(sentences: &mut [Vec<SoundWord>]) -> &mut Vec<SoundWord> {
    sentences.last_mut().expect("there is always one")
}

/// Full stops end sentences, but not the one in 49.99.
fn ends_sentence(sign: char, rest: &str) -> bool {
    match sign {
        '.' => !rest.starts_with(|c: char| c.is_ascii_alphanumeric()),
        '?' | '!' | ';' | ':' | '。' | '？' | '！' | '；' | '：' | '…' | '\n' => true,
        other => other.is_alphabetic(),
    }
}

/// How a Chinese character is mostly read.
fn usual(c: char) -> Option<Syllable> {
    let plain = syllables(c).next()?;
    let with_tone = c.to_pinyin().filter(|reading| reading.plain() == plain);
    let toned = with_tone.map(Pinyin::with_tone).or_else(|| toned(c, plain));
    Some(Syllable::new(plain, toned))
}

/// Every way in which a Chinese character is read, each with each of its tones.
fn readings_of(c: char) -> Vec<Syllable> {
    let mut readings = Vec::new();
    for plain in syllables(c) {
        let known = c.to_pinyin_multi().into_iter().flatten();
        let tones = known.filter(|reading| reading.plain() == plain);
        let before = readings.len();
        readings.extend(tones.map(|reading| Syllable::new(plain, Some(reading.with_tone()))));
        if readings.len() == before {
            readings.push(Syllable::new(plain, None));
        }
    }
    readings.dedup();
    readings
}

fn toned(c: char, plain: &str) -> Option<&'static str> {
    let mut readings = c.to_pinyin_multi().into_iter().flatten();
    readings
        .find(|reading| reading.plain() == plain)
        .map(Pinyin::with_tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<&str>> {
        let cut = sentences(text);
        let words = |sentence: &Vec<SoundWord>| {
            sentence
                .iter()
                .map(|word| &text[word.place.clone()])
                .collect()
        };
        cut.iter().map(words).collect()
    }

    #[test]
    fn texts_are_cut_into_words_and_sentences() {
        for (text, expected) in [
            (
                " I'll pay, 49.99. Thanks!",
                vec![vec!["I'll", "pay", "49", "99"], vec!["Thanks"]],
            ),
            (
                "我要SIM卡。好",
                vec![vec!["我", "要", "SIM", "卡"], vec!["好"]],
            ),
            ("a café is", vec![vec!["a", "caf"], vec!["is"]]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn phrases_are_spoken_in_each_of_their_ways() {
        for (phrase, expected) in [
            ("refund", 1),
            ("还款", 2),
            ("SIM卡", 1),
            ("first. second", 0),
            ("", 0),
        ] {
            let ways = ways(phrase);
            let spoken = ways.iter().filter(|way| !way.is_empty()).count();
            assert!(
                spoken >= expected && (expected > 0 || spoken == 0),
                "{phrase}: {spoken}"
            );
        }
    }
}
