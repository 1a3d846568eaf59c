//! Phrases that were said, where something that sounds like them was written.
//!
//! A small network writes the most usual of the words that sound alike: 光鲜 (in fine feather) for 光纤 (optical fibre),
//! "charged wife" for "charged twice". No favour for the right words mends that without inventing them elsewhere: they are
//! far behind where they are meant, and less so where they are not. What sets the one case apart from the other is the
//! sound. So a text that has come to its end is searched for what is spoken as a phrase of the call is, or nearly so; there
//! the phrase takes the place of what was written, and the decoder reads that text as well. The phrase stays if the network
//! finds the text not much less likely: then neither the sound nor the words around speak against it.
//!
//! Both languages go the same way: phonemes of English and syllables of Mandarin are compared one by one, and how much less
//! likely a text may become falls with what the sounds differ in.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sidetone_language::phonetics::{NearPhrase, SoundTrie, SoundWord, sentences, ways};

/// How much less likely a text may become, as a logarithm, where the phrase sounds the same, tones too.
///
/// Measured with 730 words and pairs of characters of AISHELL for phrases: of 21 places where tones agree and the loss is
/// no more than this, 19 held the phrase; of 7 with a loss up to 9, 3.
const SAME: f32 = 6.5;

/// How fast that falls with the share of the sounds that differ: a Mandarin word of two characters of which one has
/// another tone may cost 2. Where tones differ, all 9 with a loss up to 4.5 held the phrase; but with the phrases of the
/// sample rules and articles, which have common words such as 今日 and 老人 among them, 2 of 2 with a loss of 2.4 and 2.7
/// did not.
const STEEPNESS: f32 = 11.0;

/// Of the sounds that are written anew, no more than this share may differ.
const MOST_DIFFERENT: f32 = 0.3;

/// How much a sound counts beside them that is right already: it tells that the phrase is meant.
const ANCHORED: f32 = 0.25;

/// Of all sounds of the phrase, no more than this share.
const MOST_DIFFERENT_IN_ALL: f32 = 0.22;

/// However long a phrase is, no more sounds than this may differ.
const MOST_SOUNDS_DIFFERENT: f32 = 3.2;

/// How much more patience an English phrase deserves of which other words stand there already, and a word that nothing
/// around speaks for.
///
/// "charged wife" for "charged twice" costs 3.9, "the reef and" for "the refund" less. Of what nobody said, in 230
/// recordings of LibriSpeech and Asterisk with the sample phrases, the nearest are "recording" for "regarding" (4.7) and
/// "released" for "relieved" (7.3), alone, and beside others "end my life" for "and my life" (8.3).
const BESIDE_OTHERS: f32 = 1.5;
const ALONE: f32 = 0.75;

/// What is to be believed at once or not at all is not worth a trial, which costs about as much as two tokens.
const LEAST_PATIENCE: f32 = 0.7;

/// Phrases with fewer sounds are tried less readily.
const LONG_ENOUGH: f32 = 8.0;

/// Shortest and longest phrase that is looked for, in sounds: of Mandarin two and twelve characters. Longer ones are
/// sentences, whose words are phrases of their own.
const SHORTEST: f32 = 4.0;
const LONGEST: f32 = 48.0;

/// Most words of an English phrase.
const MOST_WORDS: usize = 7;

/// A word of a phrase is looked for by itself where another word of it stands within so many words.
const CONTEXT: usize = 5;

/// Shortest word that is looked for by itself, in letters.
const SHORTEST_PART: usize = 4;

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

/// Phrases, by how they are spoken.
#[derive(Debug)]
pub struct Homophones {
    trie: SoundTrie,
    phrases: Vec<Known>,
    /// Their places: of whole phrases, and of words that need others near.
    places: [HashMap<Arc<str>, usize>; 2],
}

/// A phrase, or a word of one.
#[derive(Debug)]
struct Known {
    text: Arc<str>,
    words: Vec<Part>,
    /// Words of which one must stand near; none for a whole phrase.
    context: Vec<String>,
}

/// A word of a phrase.
#[derive(Clone, Debug)]
struct Part {
    lower: String,
    /// In bytes of the phrase.
    place: Range<usize>,
    sounds: f32,
}

/// A sentence that is searched.
struct Sentence<'a> {
    words: &'a [SoundWord],
    /// The same in lower case.
    lower: &'a [String],
    /// Words that are phrases as they stand.
    right: &'a [Range<usize>],
    /// The whole text.
    text: &'a str,
}

/// A place where a phrase may have been said.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Where it was written as something else, in bytes.
    pub place: Range<usize>,
    /// What may have been said there.
    pub phrase: String,
    /// How much less likely the text may become if that is written, as a logarithm.
    pub patience: f32,
}

impl Default for Homophones {
    fn default() -> Self {
        Self {
            trie: SoundTrie::new(MOST_DIFFERENT_IN_ALL, MOST_SOUNDS_DIFFERENT),
            phrases: Vec::new(),
            places: Default::default(),
        }
    }
}

impl Homophones {
    /// Adds `phrase`, and the words of an English one that tell something by themselves.
    pub fn add(&mut self, phrase: &str) {
        let words = parts(phrase);
        if words.iter().all(|word| is_light(&word.lower)) {
            return;
        }
        let sounds: f32 = words.iter().map(|word| word.sounds).sum();
        if (SHORTEST..=LONGEST).contains(&sounds)
            && words.len() <= MOST_WORDS
            && !is_one_character(phrase)
        {
            self.insert(phrase, words.clone(), Vec::new());
        }
        let tells = |word: &&Part| {
            word.lower.is_ascii() && word.lower.len() >= SHORTEST_PART && !is_light(&word.lower)
        };
        let telling: Vec<&Part> = words.iter().filter(tells).collect();
        for part in &telling {
            let others = telling.iter().filter(|other| other.lower != part.lower);
            let context: Vec<String> = others.map(|other| other.lower.clone()).collect();
            if !context.is_empty() {
                let text = &phrase[part.place.clone()];
                self.insert(text, parts(text), context);
            }
        }
    }

    fn insert(&mut self, text: &str, words: Vec<Part>, context: Vec<String>) {
        let places = &mut self.places[usize::from(!context.is_empty())];
        if let Some(&known) = places.get(text) {
            self.phrases[known].context.extend(context);
            return;
        }
        places.insert(text.into(), self.phrases.len());
        for way in ways(text) {
            self.trie.add(&way.concat(), self.phrases.len());
        }
        self.phrases.push(Known {
            text: text.into(),
            words,
            context,
        });
    }

    /// Where phrases may have been said in `text`, from its byte `from` on: from left to right, no two in one place, and no
    /// more than `most`, those that are tried most readily.
    pub fn find(&self, text: &str, from: usize, most: usize) -> Vec<Doubt> {
        let mut found: Vec<(Doubt, NearPhrase)> = Vec::new();
        for words in sentences(text) {
            let lower = words
                .iter()
                .map(|word| text[word.place.clone()].to_lowercase());
            let lower: Vec<String> = lower.collect();
            let near = self.trie.find(&words);
            let right = self.right(&near, &lower);
            let sentence = Sentence {
                words: &words,
                lower: &lower,
                right: &right,
                text,
            };
            let doubts = near
                .into_iter()
                .filter_map(|near| Some((self.doubt(&near, &sentence)?, near)));
            found.extend(doubts.filter(|(doubt, _)| {
                doubt.place.start >= from && doubt.patience >= LEAST_PATIENCE
            }));
        }
        // The readiest first; among equals the one that explains more.
        found.sort_by(|(doubt_a, a), (doubt_b, b)| {
            let by_length = b
                .words
                .len()
                .cmp(&a.words.len())
                .then(a.distance.total_cmp(&b.distance));
            doubt_b
                .patience
                .total_cmp(&doubt_a.patience)
                .then(by_length)
        });
        let mut chosen: Vec<Doubt> = Vec::new();
        for (doubt, _) in found {
            let place = doubt.place.clone();
            let overlaps =
                |other: &Doubt| place.start < other.place.end && other.place.start < place.end;
            if chosen.len() < most && !chosen.iter().any(overlaps) {
                chosen.push(doubt);
            }
        }
        chosen.sort_by_key(|doubt| doubt.place.start);
        chosen
    }

    /// The words of a sentence that are a phrase as they stand: those are left as they are.
    fn right(&self, near: &[NearPhrase], lower: &[String]) -> Vec<Range<usize>> {
        let is_right = |near: &&NearPhrase| {
            let known = &self.phrases[near.phrase];
            let spoken = known.words.iter().map(|word| &word.lower);
            near.distance == 0.0
                && known.context.is_empty()
                && lower[near.words.clone()].iter().eq(spoken)
        };
        near.iter()
            .filter(is_right)
            .map(|near| near.words.clone())
            .collect()
    }

    /// Whether the phrase may have been said there, and where exactly it was written as something else.
    fn doubt(&self, near: &NearPhrase, sentence: &Sentence<'_>) -> Option<Doubt> {
        let known = &self.phrases[near.phrase];
        // Words that are right stay as they are. Those of Chinese are not known: its characters are tried together.
        let heard = &sentence.lower[near.words.clone()];
        let same =
            |(heard, meant): &(&String, &Part)| known.text.is_ascii() && **heard == meant.lower;
        let first = heard.iter().zip(&known.words).take_while(same).count();
        let rest = heard[first..]
            .iter()
            .rev()
            .zip(known.words[first..].iter().rev());
        let last = rest.take_while(same).count();
        let place = near.words.start + first..near.words.end - last;
        let (heard, changed) = (
            &heard[first..heard.len() - last],
            &known.words[first..known.words.len() - last],
        );
        let is_idle = heard.is_empty()
            || heard.iter().eq(changed.iter().map(|word| &word.lower))
            || changed.iter().all(|word| is_light(&word.lower))
            || heard.iter().any(|word| is_figure(word))
            || changed.iter().any(|word| is_figure(&word.lower))
            || is_same_word(heard, changed);
        if is_idle
            || sentence
                .right
                .iter()
                .any(|right| speaks_against(right, &near.words, &place))
        {
            return None;
        }
        let is_part = !known.context.is_empty();
        let around =
            place.start.saturating_sub(CONTEXT)..(place.end + CONTEXT).min(sentence.lower.len());
        let in_context = || {
            sentence.lower[around]
                .iter()
                .any(|word| known.context.contains(word))
        };
        if is_part && (heard.iter().all(|word| is_light(word)) || !in_context()) {
            return None;
        }
        let sounds = |words: &[Part]| words.iter().map(|word| word.sounds).sum::<f32>();
        let (anew, all) = (sounds(changed), sounds(&known.words));
        let different = near.distance / (anew + ANCHORED * (all - anew));
        if different > MOST_DIFFERENT {
            return None;
        }
        let mut kept = known.words[..first]
            .iter()
            .chain(&known.words[known.words.len() - last..]);
        let trust = match is_part || kept.any(|word| !is_light(&word.lower)) {
            _ if !known.text.is_ascii() => 1.0,
            true => BESIDE_OTHERS,
            false => ALONE,
        };
        let patience = trust * SAME * (-STEEPNESS * different).exp() * (all / LONG_ENOUGH).min(1.0);
        let written = &known.text[changed.first()?.place.start..changed.last()?.place.end];
        let bytes =
            sentence.words[place.start].place.start..sentence.words[place.end - 1].place.end;
        Some(Doubt {
            phrase: as_capital(written, &sentence.text[bytes.clone()], place.start == 0),
            place: bytes,
            patience: patience.min(SAME),
        })
    }
}

/// Whether words that are a phrase as they stand speak against writing anything else in `place`, for a phrase that would
/// take up `words`: not if it explains more.
fn speaks_against(right: &Range<usize>, words: &Range<usize>, place: &Range<usize>) -> bool {
    let explains_more =
        words.start <= right.start && right.end <= words.end && right.len() < words.len();
    right.start < place.end && place.start < right.end && !explains_more
}

fn is_figure(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of a phrase; none if it is more than one sentence.
fn parts(phrase: &str) -> Vec<Part> {
    let [words] = sentences(phrase).try_into().unwrap_or_default();
    let part = |word: SoundWord| Part {
        lower: phrase[word.place.clone()].to_lowercase(),
        sounds: word.sounds.iter().map(|sound| sound.sounds()).sum(),
        place: word.place,
    };
    words.into_iter().map(part).collect()
}

fn is_light(word: &str) -> bool {
    LIGHT.contains(&format!(" {word} "))
}

/// A single Chinese character sounds like many others.
fn is_one_character(phrase: &str) -> bool {
    !phrase.is_ascii() && phrase.trim().chars().count() == 1
}

/// Whether one is but another form of the other, which rules and articles know anyway: "contracts" for "contract". Nor is
/// a word turned into its contrary: "acceptable" is not "unacceptable".
fn is_same_word(heard: &[String], changed: &[Part]) -> bool {
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

/// `phrase` with a capital where the words that it replaces have one because a sentence begins.
fn as_capital(phrase: &str, heard: &str, begins: bool) -> String {
    let capital = begins && heard.starts_with(char::is_uppercase);
    let mut letters = phrase.chars();
    match letters.next() {
        Some(first) if capital => first.to_uppercase().chain(letters).collect(),
        _ => phrase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(phrases: &[&str], text: &str, from: usize) -> Vec<Doubt> {
        let mut homophones = Homophones::default();
        for phrase in phrases {
            homophones.add(phrase);
        }
        homophones.find(text, from, 4)
    }

    /// What was written, and what it may have been.
    fn found(phrases: &[&str], text: &str) -> Vec<(String, String)> {
        let found = doubts(phrases, text, 0).into_iter();
        found
            .map(|doubt| (text[doubt.place].to_owned(), doubt.phrase))
            .collect()
    }

    #[test]
    fn chinese_phrases_are_found_in_what_is_spoken_the_same() {
        for (case, phrases, text, expected) in [
            (
                "the same sound",
                vec!["光纤"],
                "五百兆的光鲜套餐",
                vec![("光鲜", "光纤")],
            ),
            (
                "another tone",
                vec!["号码"],
                "手机好吗？",
                vec![("好吗", "号码")],
            ),
            ("as it is written already", vec!["光纤"], "光纤套餐", vec![]),
            ("another phrase", vec!["权利", "权力"], "他的权力", vec![]),
            ("another sound", vec!["投诉"], "退宿", vec![]),
            ("other sentences between", vec!["投诉"], "投。素", vec![]),
            (
                "the longest",
                vec!["信部", "工信部"],
                "公信步",
                vec![("公信步", "工信部")],
            ),
            (
                "in two places",
                vec!["断网"],
                "断忘段网",
                vec![("断忘", "断网"), ("段网", "断网")],
            ),
            (
                "the nearest of several",
                vec!["巩膜", "攻势", "拱石"],
                "工式",
                vec![("工式", "攻势")],
            ),
            (
                "read in two ways",
                vec!["银行"],
                "银航",
                vec![("银航", "银行")],
            ),
            ("one character", vec!["钱"], "前", vec![]),
            (
                "letters among them",
                vec!["SIM卡"],
                "SIM咖 ab",
                vec![("SIM咖", "SIM卡")],
            ),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(written, phrase)| (written.to_owned(), phrase.to_owned()))
                .collect();
            assert_eq!(found(&phrases, text), expected, "{case}");
        }
    }

    #[test]
    fn what_is_confirmed_is_left_as_it_is() {
        let text = "断忘断忘";
        assert_eq!(doubts(&["断网"], text, 0).len(), 2);
        assert_eq!(doubts(&["断网"], text, 1).len(), 1);
        assert_eq!(doubts(&["断网"], text, 7).len(), 0);
    }

    /// What the recogniser writes where a caller on the telephone says a phrase, and what it writes where nobody does.
    #[test]
    fn english_phrases_are_found_in_what_sounds_like_them() {
        for (phrase, text, expected) in [
            // Sounds that a telephone line leaves little of, or that run together.
            (
                "charged twice",
                "I was charged wife on my invoice.",
                Some(("wife", "twice")),
            ),
            (
                "I want a refund",
                "And I will under a fund.",
                Some(("will under a fund", "want a refund")),
            ),
            (
                "cancel my contract",
                "I would like to cancel my contact.",
                Some(("contact", "contract")),
            ),
            (
                "direct debit",
                "Stop the direct the bit now.",
                Some(("the bit", "debit")),
            ),
            ("late fee", "There is a late V on it.", Some(("V", "fee"))),
            (
                "credit note",
                "Send me a credit load please.",
                Some(("load", "note")),
            ),
            (
                "cracked screen",
                "It came with a tracked screen.",
                Some(("tracked", "cracked")),
            ),
            (
                "gas meter",
                "Somebody read the cas metre.",
                Some(("cas metre", "gas meter")),
            ),
            (
                "boarding pass",
                "I lost my boarding path.",
                Some(("path", "pass")),
            ),
            (
                "missed delivery",
                "I had a mist delivery.",
                Some(("mist", "missed")),
            ),
            (
                "overdraft fee",
                "What is the over draft fee for?",
                Some(("over draft", "overdraft")),
            ),
            (
                "prescription",
                "I need a new description.",
                Some(("description", "prescription")),
            ),
            (
                "sort code",
                "Which salt code is it?",
                Some(("salt", "sort")),
            ),
            (
                "identity theft",
                "This is identity fifth.",
                Some(("fifth", "theft")),
            ),
            (
                "meter reading",
                "Here is my meat a reading.",
                Some(("meat a", "meter")),
            ),
            (
                "parcel locker",
                "It went to a puzzle locker.",
                Some(("puzzle", "parcel")),
            ),
            (
                "return label",
                "Print me a return table.",
                Some(("table", "label")),
            ),
            (
                "warranty claim",
                "I have a warrant tea claim.",
                Some(("warrant tea", "warranty")),
            ),
            (
                "no claims bonus",
                "I lost my no claims bone us.",
                Some(("bone us", "bonus")),
            ),
            (
                "smart thermostat",
                "The smart thermos stat is dead.",
                Some(("thermos stat", "thermostat")),
            ),
            (
                "travel insurance",
                "It is about travel in shorance.",
                Some(("in shorance", "insurance")),
            ),
            // Names of products and people.
            (
                "Falcon",
                "It says fall con on the back.",
                Some(("fall con", "Falcon")),
            ),
            (
                "Northwind Telecom",
                "Thank you for calling north wing telecom.",
                Some(("north wing", "Northwind")),
            ),
            (
                "Priya Raman",
                "You speak with prior ramen.",
                Some(("prior ramen", "Priya Raman")),
            ),
            (
                "Margaret Doyle",
                "My name is Margaret Dial.",
                Some(("Dial", "Doyle")),
            ),
            (
                "Zephyr Max",
                "I bought a zeffer max.",
                Some(("zeffer", "Zephyr")),
            ),
            // A word of a phrase where another of its words is near, with something between.
            (
                "charged twice",
                "You charged me for it wife.",
                Some(("wife", "twice")),
            ),
            (
                "cancel my subscription",
                "Cancel it, that prescription I have.",
                None,
            ),
            ("charged twice", "My wife is at home.", None),
            (
                "charged twice",
                "I was charged. Wife and I were away.",
                None,
            ),
            // What is there, what is but another form, and what is something else.
            ("charged twice", "I was charged twice.", None),
            ("cancel my contract", "I cancelled my contracts.", None),
            ("pay by card", "I paid with cards.", None),
            ("lawyer", "I like this flower.", None),
            ("direct debit", "We drove directly there.", None),
            ("this is unacceptable", "This is acceptable.", None),
            ("ten seconds", "Hold it for 10 seconds.", None),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .collect();
            assert_eq!(found(&[phrase], text), expected, "{phrase}: {text}");
        }
    }

    /// Other words that are near: the decoder hears whether they were said, and hardly believes it.
    #[test]
    fn other_words_may_cost_little() {
        for (phrase, text) in [
            ("refund", "It was a lot of fun."),
            ("router", "I would rather wait."),
            ("complaint", "The company is fine."),
            ("no signal", "No, single rooms only."),
        ] {
            let found = doubts(&[phrase], text, 0);
            assert!(
                found.iter().all(|doubt| doubt.patience < 1.0),
                "{phrase}: {found:?}"
            );
        }
    }

    #[test]
    fn the_more_sounds_differ_the_less_patience_there_is() {
        let patience = |phrase, text| {
            doubts(&[phrase], text, 0)
                .first()
                .map_or(0.0, |doubt| doubt.patience)
        };
        assert_eq!(patience("光纤", "光鲜"), SAME);
        assert!((0.5..2.5).contains(&patience("号码", "好吗")));
        let by_sound = [
            patience("missed delivery", "a mist delivery"),
            patience("charged twice", "charged wife"),
            patience("identity theft", "identity fifth"),
        ];
        assert!(by_sound.is_sorted_by(|a, b| a > b), "{by_sound:?}");
        assert!(
            by_sound
                .iter()
                .all(|patience| (0.3..=SAME).contains(patience)),
            "{by_sound:?}"
        );
    }
}
