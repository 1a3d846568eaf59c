//! Phrases that were said, where something that sounds like them was written.
//!
//! Mandarin has several words for most sounds, and a small network writes the most usual one: 光鲜 (in fine feather) for
//! 光纤 (optical fibre). No favour for the right characters mends that without inventing them elsewhere: they are far
//! behind where they are meant, and less so where they are not. What sets the one case apart from the other is the
//! sound. So a text that has come to its end is searched for what is spoken as a phrase of the call is, by pinyin without
//! tones; there the phrase takes the place of what was written, and the decoder reads that text as well. The phrase stays
//! if the network finds the text not much less likely: then neither the sound nor the words around speak against it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use sidetone_language::phonetics::{same_with_tone, syllables};

/// How much less likely a text may become, as a logarithm, where all that changes is spoken the same, tones too.
///
/// Measured with 730 words and pairs of characters of AISHELL for phrases: of 21 places where tones agree and the loss is
/// no more than this, 19 held the phrase; of 7 with a loss up to 9, 3. Where tones differ, all 9 with a loss up to 4.5 did;
/// but with the phrases of the sample rules and articles, which have common words such as 今日 and 老人 among them, 2 of 2
/// with a loss of 2.4 and 2.7 did not.
const SAME: f32 = 6.5;

/// The same where tones differ.
const BUT_TONE: f32 = 2.0;

/// Longest phrase looked for, in characters. Longer ones are sentences, whose words are phrases of their own.
const LONGEST: usize = 12;

/// Phrases in Chinese characters, by how they are spoken.
#[derive(Debug, Default)]
pub struct Homophones {
    phrases: HashMap<Vec<&'static str>, Vec<Arc<str>>>,
    /// Of the phrases, in characters.
    lengths: BTreeSet<usize>,
}

/// A place where a phrase may have been said.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Where it was written as something else, in bytes.
    pub place: Range<usize>,
    /// What may have been said.
    pub phrase: Arc<str>,
    /// How much less likely the text may become if that is written, as a logarithm.
    pub patience: f32,
}

impl Homophones {
    /// Adds `phrase`, if it is two or more Chinese characters and nothing else.
    pub fn add(&mut self, phrase: &str) {
        let length = phrase.chars().count();
        if !(2..=LONGEST).contains(&length) {
            return;
        }
        // Some characters are read in more than one way; one that is not read at all leaves no way.
        let mut ways = vec![Vec::with_capacity(length)];
        for c in phrase.chars() {
            ways = ways
                .iter()
                .flat_map(|way| readings(c).map(|reading| [way.as_slice(), &[reading]].concat()))
                .collect();
        }
        for way in ways {
            self.lengths.insert(length);
            let known = self.phrases.entry(way).or_default();
            if !known.iter().any(|known| **known == *phrase) {
                known.push(phrase.into());
            }
        }
    }

    /// Where phrases may have been said in `text`, from its byte `from` on: from left to right, the longest first, and no
    /// two in one place.
    pub fn find(&self, text: &str, from: usize) -> Vec<Doubt> {
        let heard: Vec<(usize, Option<&str>)> = text
            .char_indices()
            .map(|(at, c)| (at, readings(c).next()))
            .collect();
        let mut found = Vec::new();
        let mut next = heard.partition_point(|(at, _)| *at < from);
        while next < heard.len() {
            let lengths = self.lengths.iter().rev();
            let hit = lengths.copied().find_map(|length| {
                let sounds = heard.get(next..next + length)?.iter();
                let sounds: Option<Vec<&str>> = sounds.map(|(_, sound)| *sound).collect();
                let phrases = self.phrases.get(&sounds?)?;
                let end = heard.get(next + length).map_or(text.len(), |(at, _)| *at);
                Some((length, phrases, heard[next].0..end))
            });
            let Some((length, phrases, place)) = hit else {
                next += 1;
                continue;
            };
            next += length;
            let written = &text[place.clone()];
            // What is a phrase itself is left as it is.
            if phrases.iter().any(|phrase| **phrase == *written) {
                continue;
            }
            let likely = phrases
                .iter()
                .map(|phrase| (phrase, patience(phrase, written)))
                .max_by(|(_, a), (_, b)| a.total_cmp(b));
            found.extend(likely.map(|(phrase, patience)| Doubt {
                place,
                phrase: phrase.clone(),
                patience,
            }));
        }
        found
    }
}

/// How much less likely a text may become if `phrase` takes the place of what was `written`.
fn patience(phrase: &str, written: &str) -> f32 {
    let mut pairs = phrase.chars().zip(written.chars());
    match pairs.all(|(phrase, written)| phrase == written || same_with_tone(phrase, written)) {
        true => SAME,
        false => BUT_TONE,
    }
}

/// How a Chinese character is spoken, without tones; the usual way first.
fn readings(c: char) -> impl Iterator<Item = &'static str> {
    syllables(c).filter(move |_| !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str, from: usize) -> Vec<(String, String, f32)> {
        let mut homophones = Homophones::default();
        for phrase in phrases {
            homophones.add(phrase);
        }
        let found = homophones.find(text, from);
        let found = found.into_iter().map(|doubt| {
            let written = text[doubt.place].to_owned();
            (written, doubt.phrase.to_string(), doubt.patience)
        });
        found.collect()
    }

    #[test]
    fn phrases_are_found_in_what_is_spoken_the_same() {
        for (case, phrases, text, expected) in [
            (
                "the same sound",
                vec!["光纤"],
                "五百兆的光鲜套餐",
                vec![("光鲜", "光纤", SAME)],
            ),
            (
                "another tone",
                vec!["号码"],
                "手机好吗？",
                vec![("好吗", "号码", BUT_TONE)],
            ),
            ("as it is written already", vec!["光纤"], "光纤套餐", vec![]),
            ("another phrase", vec!["权利", "权力"], "他的权力", vec![]),
            ("another sound", vec!["投诉"], "退宿", vec![]),
            ("other characters between", vec!["投诉"], "投，素", vec![]),
            (
                "the longest",
                vec!["信部", "工信部"],
                "公信步",
                vec![("公信步", "工信部", SAME)],
            ),
            (
                "in two places",
                vec!["断网"],
                "断忘段网",
                vec![("断忘", "断网", BUT_TONE), ("段网", "断网", SAME)],
            ),
            (
                "the nearest of several",
                vec!["共识", "公事"],
                "工式",
                vec![("工式", "公事", SAME)],
            ),
            (
                "read in two ways",
                vec!["银行"],
                "银航",
                vec![("银航", "银行", SAME)],
            ),
            ("one character", vec!["钱"], "前", vec![]),
            ("letters", vec!["SIM卡", "ab"], "SIM咖 ab", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(written, phrase, patience)| {
                    (written.to_owned(), phrase.to_owned(), patience)
                })
                .collect();
            assert_eq!(found(&phrases, text, 0), expected, "{case}");
        }
    }

    #[test]
    fn what_is_confirmed_is_left_as_it_is() {
        let text = "断忘断忘";
        assert_eq!(found(&["断网"], text, 0).len(), 2);
        assert_eq!(found(&["断网"], text, 1).len(), 1);
        assert_eq!(found(&["断网"], text, 7).len(), 0);
    }
}
