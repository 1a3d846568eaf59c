//! Phrases that were said, where something that sounds like them was written.
//!
//! A small network writes the most usual of the words that sound alike: 光鲜 (in fine feather) for 光纤
//! (optical fibre), "charged wife" for "charged twice". No favour for the right words mends that
//! without inventing them elsewhere: they are far behind where they are meant, and less so where
//! they are not. What sets the one case apart from the other is the sound. So a text that has come
//! to its end is searched for what is spoken as a phrase of the call is, or nearly so; there the
//! phrase takes the place of what was written, and the decoder reads that text as well. The phrase
//! stays if the network finds the text not much less likely: then neither the sound nor the words
//! around speak against it.
//!
//! Both languages go the same way: phonemes of English and syllables of Mandarin are compared one
//! by one, and how much less likely a text may become falls with what the sounds differ in.

mod parts;
mod recalled;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use sidetone_language::phonetics::{
    NearPhrase, SoundTrie, SoundTrieBuilder, SoundWord, sentences, ways,
};

use self::parts::{Part, is_figure, is_light, is_one_character, is_same_word, parts};

pub use self::recalled::recalled;

/// How much less likely a text may become, as a logarithm, where the phrase sounds the same, tones
/// too.
///
/// Measured with 730 words and pairs of characters of AISHELL for phrases: of 21 places where tones
/// agree and the loss is no more than this, 19 held the phrase; of 7 with a loss up to 9, 3.
const SAME: f32 = 6.5;

/// How fast that falls with the share of the sounds that differ: a Mandarin word of two characters
/// of which one has another tone may cost 2. Where tones differ, all 9 with a loss up to 4.5 held
/// the phrase; but with the phrases of the sample rules and articles, which have common words such
/// as 今日 and 老人 among them, 2 of 2 with a loss of 2.4 and 2.7 did not.
const STEEPNESS: f32 = 11.0;

/// Of the sounds that are written anew, no more than this share may differ.
const MOST_DIFFERENT: f32 = 0.3;

/// How much a sound counts beside them that is right already: it tells that the phrase is meant.
const ANCHORED: f32 = 0.25;

/// Of all sounds of the phrase, no more than this share.
const MOST_DIFFERENT_IN_ALL: f32 = 0.22;

/// However long a phrase is, no more sounds than this may differ.
const MOST_SOUNDS_DIFFERENT: f32 = 3.2;

/// How much more patience an English phrase deserves of which other words stand there already, and
/// a word that nothing around speaks for.
///
/// "charged wife" for "charged twice" costs 3.9, "the reef and" for "the refund" less. Of what
/// nobody said, in 230 recordings of LibriSpeech and Asterisk with the sample phrases, the nearest
/// are "recording" for "regarding" (4.7) and "released" for "relieved" (7.3), alone, and beside
/// others "end my life" for "and my life" (8.3).
const BESIDE_OTHERS: f32 = 1.5;
const ALONE: f32 = 0.75;

/// What is to be believed at once or not at all is not worth a trial, which costs about as much as
/// two tokens.
const LEAST_PATIENCE: f32 = 0.7;

/// Phrases with fewer sounds are tried less readily.
const LONG_ENOUGH: f32 = 8.0;

/// Shortest and longest phrase that is looked for, in sounds: of Mandarin two and twelve
/// characters. Longer ones are sentences, whose words are phrases of their own.
const SHORTEST: f32 = 4.0;
const LONGEST: f32 = 48.0;

/// Most words of an English phrase.
const MOST_WORDS: usize = 7;

/// A word of a phrase is looked for by itself where another word of it stands within so many words.
const CONTEXT: usize = 5;

/// Shortest word that is looked for by itself, in letters.
const SHORTEST_PART: usize = 4;

/// Phrases, by how they are spoken.
#[derive(Debug)]
pub struct Homophones {
    trie: SoundTrie,
    phrases: Vec<Known>,
}

/// [`Homophones`] that phrases are added to.
#[derive(Debug)]
pub struct HomophonesBuilder {
    trie: SoundTrieBuilder,
    phrases: Vec<Known>,
    /// Their places: of whole phrases, and of words that need others near.
    places: [HashMap<Arc<str>, usize>; 2],
    /// The words of all phrases: the same few in every other one.
    words: HashSet<Arc<str>>,
}

/// A phrase, or a word of one.
#[derive(Debug)]
struct Known {
    text: Arc<str>,
    words: Box<[Part]>,
    /// Words of which one must stand near; none for a whole phrase.
    context: BTreeSet<Arc<str>>,
}

impl Known {
    /// Whether a word of its context stands near `place` among some words.
    fn is_among(&self, words: &[String], place: &Range<usize>) -> bool {
        let around = place.start.saturating_sub(CONTEXT)..(place.end + CONTEXT).min(words.len());
        let mut around = words[around].iter();
        around.any(|word| self.context.contains(word.as_str()))
    }
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

impl Doubt {
    /// Whether both are about the same words.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.place.start < other.place.end && other.place.start < self.place.end
    }
}

impl Default for HomophonesBuilder {
    /// No phrases.
    fn default() -> Self {
        Self {
            trie: SoundTrieBuilder::new(MOST_DIFFERENT_IN_ALL, MOST_SOUNDS_DIFFERENT),
            phrases: Vec::new(),
            places: Default::default(),
            words: HashSet::new(),
        }
    }
}

impl HomophonesBuilder {
    /// Adds `phrase`, and the words of an English one that tell something by themselves.
    pub fn add(&mut self, phrase: &str) {
        let words = self.shared_parts(phrase);
        if words.iter().all(|word| is_light(&word.lower)) {
            return;
        }
        let sounds: f32 = words.iter().map(|word| word.sounds).sum();
        if (SHORTEST..=LONGEST).contains(&sounds)
            && words.len() <= MOST_WORDS
            && !is_one_character(phrase)
        {
            self.insert(phrase, words.clone(), BTreeSet::new());
        }
        let tells = |word: &&Part| {
            word.lower.is_ascii() && word.lower.len() >= SHORTEST_PART && !is_light(&word.lower)
        };
        let telling: Vec<&Part> = words.iter().filter(tells).collect();
        for part in &telling {
            let others = telling.iter().filter(|other| other.lower != part.lower);
            let context: BTreeSet<Arc<str>> = others.map(|other| other.lower.clone()).collect();
            if !context.is_empty() {
                let text = &phrase[part.place.clone()];
                let words = self.shared_parts(text);
                self.insert(text, words, context);
            }
        }
    }

    /// The words of `text`, those that are known kept once.
    fn shared_parts(&mut self, text: &str) -> Vec<Part> {
        let mut words = parts(text);
        for word in &mut words {
            match self.words.get(&word.lower) {
                Some(known) => word.lower = known.clone(),
                None => _ = self.words.insert(word.lower.clone()),
            }
        }
        words
    }

    fn insert(&mut self, text: &str, words: Vec<Part>, context: BTreeSet<Arc<str>>) {
        let places = &mut self.places[usize::from(!context.is_empty())];
        if let Some(&known) = places.get(text) {
            self.phrases[known].context.extend(context);
            return;
        }
        let text: Arc<str> = text.into();
        places.insert(text.clone(), self.phrases.len());
        for way in ways(&text) {
            self.trie.add(&way.concat(), self.phrases.len() as u32);
        }
        self.phrases.push(Known {
            text,
            words: words.into(),
            context,
        });
    }

    /// The same, to be searched.
    pub fn build(self) -> Homophones {
        Homophones {
            trie: self.trie.build(),
            phrases: self.phrases,
        }
    }
}

impl Homophones {
    /// The words of a sentence that are a phrase as they stand: those are left as they are.
    fn right(&self, near: &[NearPhrase], lower: &[String]) -> Vec<Range<usize>> {
        let is_right = |near: &&NearPhrase| {
            let known = &self.phrases[near.phrase];
            near.distance == 0.0
                && known.context.is_empty()
                && is_same(&lower[near.words.clone()], &known.words)
        };
        near.iter()
            .filter(is_right)
            .map(|near| near.words.clone())
            .collect()
    }

    /// Which words of a sentence are a phrase as they stand, or the part of one beside others of it.
    fn spoken(&self, words: &[SoundWord], lower: &[String]) -> Vec<Range<usize>> {
        let is_spoken = |near: &NearPhrase| {
            let known = &self.phrases[near.phrase];
            near.distance == 0.0
                && is_same(&lower[near.words.clone()], &known.words)
                && (known.context.is_empty() || known.is_among(lower, &near.words))
        };
        let near = self.trie.find(words).into_iter();
        near.filter(is_spoken).map(|near| near.words).collect()
    }

    /// Whether the phrase may have been said there, and where exactly it was written as something
    /// else.
    fn doubt(&self, near: &NearPhrase, sentence: &Sentence<'_>) -> Option<Doubt> {
        let known = &self.phrases[near.phrase];
        // Words that are right stay as they are. Those of Chinese are not known: its characters are
        // tried together.
        let heard = &sentence.lower[near.words.clone()];
        let same =
            |(heard, meant): &(&String, &Part)| known.text.is_ascii() && **heard == *meant.lower;
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
            || is_same(heard, changed)
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
        let alone =
            || heard.iter().all(|word| is_light(word)) || !known.is_among(sentence.lower, &place);
        if is_part && alone() {
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

/// Where phrases of `lists` may have been said in `text`, from its byte `from` on: from left to
/// right, no two in one place, and no more than `most`, those that are tried most readily.
pub fn find<'a>(
    lists: impl Iterator<Item = &'a Homophones> + Clone,
    text: &str,
    from: usize,
    most: usize,
) -> Vec<Doubt> {
    let mut found: Vec<(Doubt, NearPhrase)> = Vec::new();
    for words in sentences(text) {
        let lower = words
            .iter()
            .map(|word| text[word.place.clone()].to_lowercase());
        let lower: Vec<String> = lower.collect();
        let near = lists.clone().map(|list| (list, list.trie.find(&words)));
        let near: Vec<(&Homophones, Vec<NearPhrase>)> = near.collect();
        let right = near
            .iter()
            .flat_map(|(list, near)| list.right(near, &lower));
        let right: Vec<Range<usize>> = right.collect();
        let sentence = Sentence {
            words: &words,
            lower: &lower,
            right: &right,
            text,
        };
        let doubts = near.into_iter().flat_map(|(list, near)| {
            let sentence = &sentence;
            near.into_iter()
                .filter_map(move |near| Some((list.doubt(&near, sentence)?, near)))
        });
        found
            .extend(doubts.filter(|(doubt, _)| {
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
        if chosen.len() < most && !chosen.iter().any(|other| other.overlaps(&doubt)) {
            chosen.push(doubt);
        }
    }
    chosen.sort_by_key(|doubt| doubt.place.start);
    chosen
}

/// Whether words in lower case are those of a phrase.
fn is_same(heard: &[String], meant: &[Part]) -> bool {
    let meant = meant.iter().map(|word| &*word.lower);
    heard.iter().map(String::as_str).eq(meant)
}

/// Whether words that are a phrase as they stand speak against writing anything else in `place`,
/// for a phrase that would take up `words`: not if it explains more.
fn speaks_against(right: &Range<usize>, words: &Range<usize>, place: &Range<usize>) -> bool {
    let explains_more =
        words.start <= right.start && right.end <= words.end && right.len() < words.len();
    right.start < place.end && place.start < right.end && !explains_more
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
