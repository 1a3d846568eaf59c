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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use sidetone_types::party::Role;

    fn heard(number: u64, start_ms: u64, voice_ms: u64) -> Heard {
        let audio = vec![0.0; voice_ms as usize * 16];
        let spurt = Spurt {
            audio_start: MediaTime::from_millis(start_ms),
            start: MediaTime::from_millis(start_ms),
            end: MediaTime::from_millis(start_ms + voice_ms),
            audio: audio.into(),
        };
        let party = Party::of_role(Role::Customer);
        Heard::new(
            (UtteranceId(number), &party),
            &spurt,
            (None, Vec::new()),
            false,
        )
    }

    proptest! {
        #[test]
        fn every_utterance_is_in_one_passage_and_none_is_too_long(
            parts in prop::collection::vec((200_u64..20_000, 0_u64..4_000), 1..30),
        ) {
            let join = Duration::from_millis(1_500);
            let (mut passage, mut at, mut seen) = (Passage::default(), 0, Vec::new());
            let mut take = |passage: &mut Passage, over| {
                while let Some(whole) = passage.take_whole(join, over) {
                    let first = whole.audio_start();
                    let length = whole.0.last().map(|last| last.audio_end().since(first));
                    assert!(whole.0.len() == 1 || length <= Some(LONGEST), "{length:?}");
                    assert!(whole.0.windows(2).all(|pair| pair[1].start.since(pair[0].end) <= join));
                    seen.extend(whole.0.iter().map(|heard| heard.utterance.0));
                }
            };
            for (number, (voice, pause)) in (0..).zip(&parts) {
                passage.add(heard(number, at, *voice));
                at += voice + pause;
                take(&mut passage, false);
                prop_assert!(passage.0.iter().map(|heard| heard.audio.len()).sum::<usize>() <= 16_000 * 20);
            }
            take(&mut passage, true);
            prop_assert_eq!(seen, (0..parts.len() as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn lines_that_differ_in_marks_and_capitals_have_the_same_words() {
        for (a, b, same) in [
            (
                "Yes. I was charged twice.",
                "yes, I was charged twice",
                true,
            ),
            ("a nice", "an ice", false),
            ("是的，我要退款。", "是的我要退款", true),
            ("", "w0", false),
        ] {
            assert_eq!(same_words(a, b), same, "{a} / {b}");
        }
    }

    #[test]
    fn an_utterance_without_words_keeps_two_languages_apart() {
        let party = Party::of_role(Role::Customer);
        let utterance = |number: u64, lang: Option<Lang>| {
            let start = MediaTime::from_millis(2_000 * number);
            let spurt = Spurt {
                audio_start: start,
                start,
                end: MediaTime::from_millis(2_000 * number + 1_000),
                audio: vec![0.0; 16_000].into(),
            };
            let said = lang.map(|lang| StableWords {
                utterance: UtteranceId(number),
                side: Role::Customer.side(),
                lang,
                words: Vec::new(),
                finished: true,
            });
            Heard::new(
                (UtteranceId(number), &party),
                &spurt,
                (said, Vec::new()),
                false,
            )
        };
        let mut passage = Passage::default();
        for (number, lang) in [(0, Some(Lang::EN)), (1, None), (2, Some(Lang::ZH))] {
            passage.add(utterance(number, lang));
        }
        let mut taken = Vec::new();
        while let Some(whole) = passage.take_whole(Duration::from_secs(5), true) {
            taken.push(whole.0.len());
        }
        assert_eq!(taken, [2, 1]);
    }

    /// Words of 300 ms each that end at these times, of this confidence.
    fn timed(words: &[(&str, u64)], confidence: f32) -> Vec<TimedWord> {
        let word = |(word, end): &(&str, u64)| TimedWord {
            word: (*word).to_owned(),
            spaced: format!(" {word}"),
            start: MediaTime::from_millis(end - 300),
            end: MediaTime::from_millis(*end),
            confidence,
        };
        words.iter().map(word).collect()
    }

    /// Utterances of 2 s and pauses of as long, with these words.
    fn passage(lines: &[&str]) -> Passage {
        let mut passage = Passage::default();
        for (number, text) in (0..).zip(lines) {
            let start = 4_000 * number;
            let mut heard = heard(number, start, 2_000);
            let words: Vec<&str> = text.split_whitespace().collect();
            let times = (1..).map(|i| start + 350 * i);
            let words: Vec<(&str, u64)> = words.into_iter().zip(times).collect();
            heard.said = Some(StableWords {
                utterance: UtteranceId(number),
                side: Role::Customer.side(),
                lang: Lang::EN,
                words: timed(&words, 0.8),
                finished: true,
            });
            passage.add(heard);
        }
        passage
    }

    /// Which utterances get which words.
    fn told(passage: &Passage, words: Vec<TimedWord>) -> Option<Vec<(u64, String)>> {
        let truer = passage.truer(words)?;
        let told = truer.iter().map(|(heard, words)| {
            let inside = |word: &TimedWord| word.start >= heard.start && word.end <= heard.end;
            assert!(words.iter().all(inside), "words lie in their utterance");
            (heard.utterance.0, line(words))
        });
        Some(told.collect())
    }

    #[test]
    fn words_stay_with_their_utterance_whatever_their_times_are() {
        let passage = passage(&["I drive a", "tesla model three"]);
        let mut words = timed(
            &[
                ("I", 400),
                ("drive", 800),
                ("an", 1_200),
                ("old", 1_700),
                ("tesla", 4_400),
                ("model", 4_800),
                ("three", 5_200),
            ],
            0.8,
        );
        words[4].start = MediaTime::from_millis(1_700);
        let expected = vec![(0, "I drive an old".to_owned())];
        assert_eq!(told(&passage, words), Some(expected));
    }

    #[test]
    fn a_word_with_a_pause_in_it_stays_on_the_side_where_it_was_said() {
        let passage = passage(&["in real-time", "absolutely yes"]);
        for (case, start, end, expected) in [
            (
                "the pause behind it",
                1_200,
                3_900,
                ["in real time", "absolutely yes"],
            ),
            (
                "the pause in front of it",
                2_000,
                4_300,
                ["in real", "time absolutely yes"],
            ),
            (
                "within the pause, near its end",
                2_500,
                3_600,
                ["in real", "time absolutely yes"],
            ),
        ] {
            let words = [
                ("in", 400),
                ("real", 1_000),
                ("time", end),
                ("absolutely", 4_400),
                ("yes", 5_000),
            ];
            let mut words = timed(&words, 0.8);
            words[2].start = MediaTime::from_millis(start);
            words[3].start = MediaTime::from_millis(4_350);
            let shares = passage.shared_out(words);
            let lines: Vec<String> = shares.iter().map(|words| line(words)).collect();
            assert_eq!(lines, expected, "{case}");
        }
    }

    #[test]
    fn live_words_are_believed_rather_than_worse_ones() {
        let live = passage(&["it is 415 555 0117", "this is unacceptable"]);
        let same = [("this", 4_400), ("is", 4_800), ("unacceptable", 5_200)];
        for (case, first, confidence, believed) in [
            (
                "another figure",
                &[
                    ("it", 400),
                    ("is", 800),
                    ("415", 1_200),
                    ("555", 1_500),
                    ("0118", 1_900),
                ][..],
                0.8,
                true,
            ),
            (
                "a figure is lost",
                &[
                    ("it", 400),
                    ("is", 800),
                    ("415", 1_200),
                    ("555", 1_500),
                    ("011", 1_900),
                ][..],
                0.8,
                false,
            ),
            (
                "unlikelier words",
                &[
                    ("it", 400),
                    ("is", 800),
                    ("415", 1_200),
                    ("555", 1_500),
                    ("0118", 1_900),
                ][..],
                0.7,
                false,
            ),
            (
                "made up words",
                &[
                    ("it", 400),
                    ("is", 800),
                    ("415", 1_200),
                    ("555", 1_500),
                    ("0117", 1_700),
                    ("and", 1_800),
                    ("that", 1_850),
                    ("is", 1_870),
                    ("all", 1_900),
                    ("of", 1_950),
                    ("it", 1_990),
                ][..],
                0.8,
                false,
            ),
            (
                "a few letters less",
                &[("415", 1_200), ("555", 1_500), ("0117", 1_900)][..],
                0.8,
                true,
            ),
            ("none is left", &[][..], 0.8, false),
        ] {
            let words = [first, &same].concat();
            let told = told(&live, timed(&words, confidence));
            assert_eq!(told.is_some(), believed, "{case}: {told:?}");
        }
    }
}
