//! Utterances of one party that follow each other closely, and the words that a second pass over
//! all of them gives each.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use sidetone_language::twins::{letters, twins};
use sidetone_media::audio::pcm;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Party;
use sidetone_types::recognise::{Beginning, join};
use sidetone_types::time::{MediaTime, Stretch, duration_to_samples};

use super::told_words::as_told;
use crate::segment::Spurt;
use crate::stable_words::StableWords;

/// What is heard again at once is no longer than this: as long as an utterance may become.
const LONGEST: Duration = Duration::from_secs(20);
/// A second pass that finds less than this share of the letters of an utterance has missed some of
/// them, and one that finds more than `MOST` has made some up. `FEW` letters more or less tell
/// nothing, a word in English and one character in Chinese.
const LEAST: f32 = 0.7;
const MOST: f32 = 1.5;
const FEW: f32 = 4.0;
const FEW_UNSPACED: f32 = 1.0;
/// Words where the first pass heard none have to be this certain, on average.
const CERTAIN: f32 = 0.7;
/// Words of a second pass may be less certain than the live ones by this much, on average.
const LESS_CERTAIN: f32 = 0.05;
/// Words below this were chosen among others that sound alike.
const UNSURE: f32 = 0.7;
/// Of a word behind a pause the recogniser often takes the pause for its beginning: its end tells
/// where it was said.
const BEFORE_END: Duration = Duration::from_millis(100);

/// An utterance that is over, and what was heard of it.
pub(super) struct Heard {
    pub utterance: UtteranceId,
    pub party: Party,
    audio_start: MediaTime,
    pub start: MediaTime,
    pub end: MediaTime,
    /// 16 kHz, as 16-bit numbers: it is kept for a while.
    audio: Vec<i16>,
    /// Its words; `None` if none were recognised.
    pub said: Option<StableWords>,
    /// The same in the recogniser's terms.
    tokens: Vec<u32>,
    /// Whether its first words had been confirmed before the others were heard.
    bound: bool,
    /// Where there is voice of which no words could be made.
    unrecognised: Vec<Stretch>,
}

/// Utterances of one party that follow each other closely, in order.
#[derive(Default)]
pub(super) struct Passage(Vec<Heard>);

impl Heard {
    /// An utterance with the words `said`, and their tokens. `bound` are those that follow words
    /// which were confirmed before.
    pub fn new(
        (utterance, party): (UtteranceId, &Party),
        spurt: &Spurt,
        (said, tokens): (Option<StableWords>, Vec<u32>),
        bound: bool,
    ) -> Self {
        Self {
            utterance,
            party: party.clone(),
            audio_start: spurt.audio_start,
            start: spurt.start,
            end: spurt.end,
            audio: spurt.audio.iter().map(|x| pcm::to_i16(*x)).collect(),
            said,
            tokens,
            bound,
            unrecognised: Vec::new(),
        }
    }

    /// The same, with where there is voice of which no words could be made.
    pub fn with_holes(self, unrecognised: Vec<Stretch>) -> Self {
        Self {
            unrecognised,
            ..self
        }
    }

    /// Where there is still none of these `words`.
    pub fn still_unrecognised(&self, words: &[TimedWord]) -> Vec<Stretch> {
        let still = self.unrecognised.iter().filter(|hole| {
            let within = |word: &TimedWord| hole.start < word.start && word.start < hole.end;
            !words.iter().any(within)
        });
        still.copied().collect()
    }

    fn audio_end(&self) -> MediaTime {
        MediaTime::from_samples(self.audio_start.samples() + self.audio.len() as u64)
    }

    fn lang(&self) -> Option<Lang> {
        self.said.as_ref().map(|said| said.lang)
    }

    /// Its words; none if none were recognised.
    fn words(&self) -> &[TimedWord] {
        self.said.as_ref().map_or(&[], |said| &said.words)
    }

    /// Whether some of its words are hardly likelier than others, and were not free to be those.
    fn is_unsure(&self) -> bool {
        self.bound && self.words().iter().any(|word| word.confidence < UNSURE)
    }
}

impl Passage {
    /// Where its last utterance begins and ends; `None` of an empty one.
    pub fn last(&self) -> Option<(MediaTime, MediaTime)> {
        self.0.last().map(|last| (last.start, last.end))
    }

    /// The language it is in, as far as words of it were recognised.
    pub fn lang(&self) -> Option<Lang> {
        self.0.iter().find_map(Heard::lang)
    }

    /// What was heard of it live, in the recogniser's terms.
    pub fn expectation(&self) -> Option<Beginning> {
        let tokens = self.0.iter().flat_map(|heard| heard.tokens.iter());
        let tokens = tokens.copied().collect();
        self.lang().map(|lang| Beginning { lang, tokens })
    }

    /// What was heard of each utterance live.
    pub fn live(&self) -> impl Iterator<Item = (UtteranceId, Option<&StableWords>)> {
        self.0
            .iter()
            .map(|heard| (heard.utterance, heard.said.as_ref()))
    }

    /// Adds what was heard. Answers come in any order.
    pub fn add(&mut self, heard: Heard) {
        let at = self.0.partition_point(|other| other.start <= heard.start);
        self.0.insert(at, heard);
    }

    /// Takes off what comes first and is not to be joined with more: `None` while more may follow
    /// all of it.
    pub fn take_whole(&mut self, join: Duration, over: bool) -> Option<Self> {
        let mut lang = None;
        let apart = |pair: &[Heard]| {
            lang = pair[0].lang().or(lang);
            pair[1].start.since(pair[0].end) > join
                || pair[0].party != pair[1].party
                || matches!((lang, pair[1].lang()), (Some(a), Some(b)) if a != b)
        };
        let whole = match self.0.windows(2).position(apart) {
            Some(last) => Some(last + 1),
            None => over.then_some(self.0.len()).filter(|count| *count > 0),
        };
        let count = whole.unwrap_or(self.0.len());
        let taken = match self.too_long(count) {
            Some(fits) => fits,
            None => whole?,
        };
        Some(Self(self.0.drain(..taken).collect()))
    }

    /// How many of the first `count` to take where all of them are too long: up to the longest
    /// pause in the second half of what fits.
    fn too_long(&self, count: usize) -> Option<usize> {
        let first = self.0.first()?.audio_start;
        let until = |i: usize| self.0[i].audio_end().since(first);
        let fits = (0..count).take_while(|i| until(*i) <= LONGEST).count();
        if fits == count {
            return None;
        }
        let pause = |i: &usize| self.0[*i].start.since(self.0[i - 1].end);
        let late = (1..=fits).filter(|i| until(i - 1) * 2 >= LONGEST);
        Some(late.max_by_key(pause).unwrap_or(fits).max(1))
    }

    /// Whether hearing it again may tell more: there are words, and cuts or confirmed words that
    /// bound them.
    pub fn may_gain(&self) -> bool {
        let unsure = self.0.iter().any(Heard::is_unsure);
        (self.0.len() > 1 || unsure) && self.0.iter().any(|heard| heard.said.is_some())
    }

    /// Where its first utterance begins, and its last one ends.
    pub fn within(&self) -> (MediaTime, MediaTime) {
        let first = self.0.first().map_or(MediaTime::ZERO, |heard| heard.start);
        (first, self.0.last().map_or(first, |heard| heard.end))
    }

    pub fn audio_start(&self) -> MediaTime {
        let first = self.0.first();
        first.map_or(MediaTime::ZERO, |heard| heard.audio_start)
    }

    /// All of its sound, with silence between the utterances.
    pub fn audio(&self) -> Arc<[f32]> {
        let start = self.audio_start();
        let length = self.0.iter().map(|heard| heard.audio_end().samples()).max();
        let length = length.unwrap_or_default() - start.samples();
        let mut audio = vec![0.0; usize::try_from(length).unwrap_or_default()];
        for heard in &self.0 {
            let at = heard.audio_start.index_from(start, audio.len());
            for (to, sample) in audio[at..].iter_mut().zip(&heard.audio) {
                *to = pcm::from_i16(*sample);
            }
        }
        audio.into()
    }

    /// The utterances that other `words` of a second pass belong to than were heard live, with
    /// those; `None` if the live ones are to be believed rather.
    pub fn truer(&self, words: Vec<TimedWord>) -> Option<Vec<(&Heard, Vec<TimedWord>)>> {
        let live: Vec<&TimedWord> = self.0.iter().flat_map(Heard::words).collect();
        if figures(&words) < figures(live.iter().copied())
            || mean_confidence(&words) + LESS_CERTAIN < mean_confidence(live)
        {
            return None;
        }
        let shares = self.shared_out(words);
        if !self.0.iter().zip(&shares).all(is_credible) {
            return None;
        }
        let truer = self.0.iter().zip(shares);
        let truer = truer.filter(|(heard, words)| !same_words(&line(heard.words()), &line(words)));
        Some(truer.collect())
    }

    /// Gives each utterance its words: those that were heard of it live, and of the others those
    /// that lie in it or nearest to it. None lies outside of its utterance.
    fn shared_out(&self, words: Vec<TimedWord>) -> Vec<Vec<TimedWord>> {
        let mut live = Vec::new();
        let mut owners = Vec::new();
        for (i, heard) in self.0.iter().enumerate() {
            live.extend(heard.words().iter().map(|word| letters(&word.word)));
            owners.extend(heard.words().iter().map(|_| i));
        }
        let spelt: Vec<String> = words.iter().map(|word| letters(&word.word)).collect();
        let twins = twins(&live, &spelt, |a, b| !a.is_empty() && a == b);
        let mut shares = vec![Vec::new(); self.0.len()];
        let mut least = 0;
        for (at, word) in words.into_iter().enumerate() {
            let next = twins[at..].iter().flatten().next();
            let most = next.map_or(self.0.len() - 1, |twin| owners[*twin]);
            least = self.place(&word).clamp(least, most);
            if let Some(twin) = twins[at] {
                least = owners[twin];
            }
            shares[least].push(word);
        }
        let told = self.0.iter().zip(shares);
        told.map(|(heard, words)| as_told(words, (heard.start, heard.end)))
            .collect()
    }

    /// In which utterance most of a word lies, or nearest to which: the recogniser takes a pause for
    /// part of the word in front of it or behind it.
    fn place(&self, word: &TimedWord) -> usize {
        let within = |heard: &Heard| word.end.min(heard.end).since(word.start.max(heard.start));
        let inside = (0..).zip(&self.0).map(|(i, heard)| (within(heard), i));
        // Of equals the first.
        let most = inside.min_by_key(|(within, _)| Reverse(*within));
        if let Some((within, i)) = most
            && !within.is_zero()
        {
            return i;
        }
        let at = word.end.back(duration_to_samples(BEFORE_END)).samples();
        let begun = self
            .0
            .windows(2)
            .take_while(|pair| (pair[0].end.samples() + pair[1].start.samples()) / 2 <= at);
        begun.count()
    }
}

/// Whether such words may replace those of the first pass: nothing of them is lost, and nothing is
/// made up.
fn is_credible((heard, words): (&Heard, &Vec<TimedWord>)) -> bool {
    let count = |words: &[TimedWord]| {
        let letters = words.iter().map(|word| letters(&word.word).chars().count());
        letters.sum::<usize>() as f32
    };
    match &heard.said {
        Some(_) if words.is_empty() => false,
        Some(said) => {
            let (before, after) = (count(&said.words), count(words));
            let few = if said.lang.is_unspaced() {
                FEW_UNSPACED
            } else {
                FEW
            };
            (LEAST * before - few..=MOST * before + few).contains(&after)
        }
        None => words.is_empty() || mean_confidence(words) >= CERTAIN,
    }
}

/// How many figures the words are written with.
fn figures<'a>(words: impl IntoIterator<Item = &'a TimedWord>) -> usize {
    let words = words.into_iter().flat_map(|word| word.word.chars());
    words.filter(char::is_ascii_digit).count()
}

fn line(words: &[TimedWord]) -> String {
    join(words.iter().map(|word| word.spaced.as_str()))
}

/// The mean confidence of some words; 0 of none.
pub(super) fn mean_confidence<'a>(words: impl IntoIterator<Item = &'a TimedWord>) -> f32 {
    let (sum, count) = words.into_iter().fold((0.0, 0), |(sum, count), word| {
        (sum + word.confidence, count + 1)
    });
    sum / count.max(1) as f32
}

/// Whether two lines differ in punctuation and capitals alone.
fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().map(letters);
        words.filter(|word| !word.is_empty()).collect()
    };
    words(a) == words(b)
}

#[cfg(test)]
mod tests;
