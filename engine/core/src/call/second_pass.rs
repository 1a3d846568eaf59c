//! The second pass: what was cut at pauses is heard again as a whole, for the record.
//!
//! Live, a sentence ends where its speaker pauses, and each piece is heard without the others. Once a
//! side has stopped for longer, the pieces are joined as they were said and heard once more, when
//! recognition has nothing else to do. What comes of it replaces the live words in the archive, the
//! summary and the CRM; no live call waits for it, and the end of its own no longer than
//! [`SecondPassConfig::due_ms`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_media::audio::pcm;
use sidetone_types::event::{EventKind, Revised, TimedWord};
use sidetone_types::id::{JobId, UtteranceId};
use sidetone_types::lang::Lang;
use sidetone_types::party::Party;
use sidetone_types::recognise::{Hypothesis, Job, Purpose, join};
use sidetone_types::time::MediaTime;

use super::utterance::{Open, on_timeline};
use super::{Call, Output, leg};
use crate::finals::finalise_by;
use crate::segment::Spurt;
use crate::stable_words::StableWords;

/// What is heard again at once is no longer than this: as long as an utterance may become.
const LONGEST: Duration = Duration::from_secs(20);
/// Passages of a call that wait to be heard again, each of 0.6 MB at most.
const MOST_WAITING: usize = 4;
/// Words for the record are due so late that whatever a live call asks for goes first.
pub(super) const NO_HURRY: Duration = Duration::from_secs(600);
/// A second pass that finds less than this share of the letters of the first has missed some of them, and one that finds
/// more than `MOST` has made some up.
const LEAST: f32 = 0.7;
const MOST: f32 = 1.5;
/// Words where the first pass heard none have to be this certain, on average.
const CERTAIN: f32 = 0.6;

/// How what was said is heard again for the record.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondPassConfig {
    /// Whether utterances that follow each other closely are heard again as one, when recognition
    /// has nothing else to do. What comes of it is told as `revised`, and is what archive, summary
    /// and CRM have. It takes up to as much CPU as finals do.
    pub enabled: bool,
    /// Pauses up to this long are within what is heard again as one. Higher knows more of what was
    /// said before, and tells it later.
    #[schemars(range(min = 100, max = 10_000))]
    pub join_ms: u32,
    /// After the end of a call what is still to be heard again is waited for no longer than this;
    /// then the live words stand.
    #[schemars(range(min = 0, max = 60_000))]
    pub due_ms: u32,
}

impl Default for SecondPassConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            join_ms: 5_000,
            due_ms: 5_000,
        }
    }
}

impl SecondPassConfig {
    fn join(&self) -> Duration {
        Duration::from_millis(self.join_ms.into())
    }

    pub(super) fn due(&self) -> Duration {
        Duration::from_millis(self.due_ms.into())
    }
}

/// An utterance that is over, and what was heard of it.
struct Heard {
    utterance: UtteranceId,
    party: Party,
    audio_start: MediaTime,
    start: MediaTime,
    end: MediaTime,
    /// 16 kHz, as 16-bit numbers: it is kept for a while.
    audio: Vec<i16>,
    /// Its words; `None` if none were recognised.
    said: Option<StableWords>,
}

/// Utterances of one party that follow each other closely, in order.
#[derive(Default)]
pub(super) struct Passage(Vec<Heard>);

/// What of a call is to be heard again.
#[derive(Default)]
pub(super) struct SecondPass {
    /// What is being heard again: one at a time, so that its sound is there as floats only once.
    asked: Option<(JobId, usize, Passage)>,
    /// What waits for that, and on which leg it was said.
    waiting: VecDeque<(usize, Passage)>,
    /// When it is waited for no longer; set once the call has been hung up.
    pub until: Option<Instant>,
}

impl SecondPass {
    /// Whether there is nothing to hear again.
    pub fn is_empty(&self) -> bool {
        self.asked.is_none() && self.waiting.is_empty()
    }

    /// Whether so much waits that more would be given up.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    /// Whether it is waited for no longer by `now`.
    pub fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// When it is waited for no longer; `None` while there is nothing to wait for.
    pub fn deadline(&self) -> Option<Instant> {
        self.until.filter(|_| !self.is_empty())
    }

    /// The passage that `job` is about, if it is a second pass.
    pub fn answered(&mut self, job: JobId) -> Option<(usize, Passage)> {
        let asked = self.asked.take_if(|(asked, ..)| *asked == job);
        asked.map(|(_, leg, passage)| (leg, passage))
    }

    fn wait(&mut self, leg: usize, passage: Passage) {
        if self.is_full() {
            // Recognition has no room for it: the live words of what was said first stand.
            self.waiting.pop_front();
        }
        self.waiting.push_back((leg, passage));
    }
}

impl Heard {
    fn new(
        utterance: UtteranceId,
        party: &Party,
        spurt: &Spurt,
        said: Option<StableWords>,
    ) -> Self {
        Self {
            utterance,
            party: party.clone(),
            audio_start: spurt.audio_start,
            start: spurt.start,
            end: spurt.end,
            audio: spurt.audio.iter().map(|x| pcm::to_i16(*x)).collect(),
            said,
        }
    }

    fn audio_end(&self) -> MediaTime {
        MediaTime::from_samples(self.audio_start.samples() + self.audio.len() as u64)
    }

    fn lang(&self) -> Option<Lang> {
        self.said.as_ref().map(|said| said.lang)
    }

    /// Its words as they were told; nothing if there were none.
    fn text(&self) -> String {
        self.said
            .as_ref()
            .map(StableWords::text)
            .unwrap_or_default()
    }
}

impl Passage {
    /// Adds what was heard. Answers come in any order.
    fn add(&mut self, heard: Heard) {
        let at = self.0.partition_point(|other| other.start <= heard.start);
        self.0.insert(at, heard);
    }

    /// Takes off what comes first and is not to be joined with more: `None` while more may follow all of it.
    fn take_whole(&mut self, join: Duration, over: bool) -> Option<Self> {
        let apart = |pair: &[Heard]| {
            let langs = (pair[0].lang(), pair[1].lang());
            pair[1].start.since(pair[0].end) > join
                || pair[0].party != pair[1].party
                || matches!(langs, (Some(a), Some(b)) if a != b)
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

    /// How many of the first `count` to take where all of them are too long: up to the longest pause in the second half
    /// of what fits.
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

    /// Whether hearing it again may tell more: there are cuts in it, and words.
    fn may_gain(&self) -> bool {
        self.0.len() > 1 && self.0.iter().any(|heard| heard.said.is_some())
    }

    fn audio_start(&self) -> MediaTime {
        let first = self.0.first();
        first.map_or(MediaTime::ZERO, |heard| heard.audio_start)
    }

    /// All of its sound, with silence between the utterances.
    fn audio(&self) -> Arc<[f32]> {
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

    /// Gives each utterance the words that lie in it, or nearest to it.
    fn shared_out(&self, words: Vec<TimedWord>) -> Vec<Vec<TimedWord>> {
        let mut shares = vec![Vec::new(); self.0.len()];
        for word in words {
            let middle = (word.start.samples() + word.end.samples()) / 2;
            let begun = self
                .0
                .windows(2)
                .take_while(|pair| (pair[0].end.samples() + pair[1].start.samples()) / 2 <= middle);
            shares[begun.count()].push(word);
        }
        shares
    }

    /// Whether such words may replace those of the first pass: nothing of them is lost, and nothing is made up.
    fn is_credible(&self, shares: &[Vec<TimedWord>]) -> bool {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() as f32;
        let (mut before, mut after) = (0.0, 0.0);
        for (heard, words) in self.0.iter().zip(shares) {
            match &heard.said {
                Some(_) if words.is_empty() => return false,
                Some(said) => {
                    before += letters(&said.text());
                    after += letters(&line(words));
                }
                None if !words.is_empty() && confidence(words) < CERTAIN => return false,
                None => {}
            }
        }
        (LEAST * before..=MOST * before).contains(&after)
    }
}

impl Call {
    /// Takes what was heard of an utterance that is over.
    pub(super) fn keep_heard(
        &mut self,
        i: usize,
        open: &Open,
        spurt: &Spurt,
        said: Option<&StableWords>,
    ) {
        if self.config.second_pass.enabled {
            let heard = Heard::new(open.id, &open.party, spurt, said.cloned());
            self.legs[i].passage.add(heard);
        }
    }

    /// Has whatever is whole by now heard again.
    pub(super) fn hear_again(&mut self, now: Instant) {
        if self.second_pass.is_over(now) {
            self.give_up_second_pass();
            return;
        }
        for i in 0..self.legs.len() {
            while let Some(passage) = self.whole_passage(i) {
                if passage.may_gain() {
                    self.second_pass.wait(i, passage);
                }
            }
        }
        self.ask_again(now);
    }

    fn whole_passage(&mut self, i: usize) -> Option<Passage> {
        let join = self.config.second_pass.join();
        let ending = self.ending();
        let leg = &mut self.legs[i];
        let last = leg.passage.0.last()?;
        let closing = self.closing.values().filter(|closing| closing.leg == i);
        let awaited = closing.map(|closing| closing.spurt.start).min();
        if awaited.is_some_and(|start| start < last.start) {
            // What was said between is still on its way.
            return None;
        }
        let follows = leg.open.is_some() || awaited.is_some();
        let over = !follows && (ending || leg.segmenter.position().since(last.end) > join);
        leg.passage.take_whole(join, over)
    }

    /// Has the next passage heard, if none is.
    fn ask_again(&mut self, now: Instant) {
        if self.second_pass.asked.is_some() {
            return;
        }
        let Some((leg, passage)) = self.second_pass.waiting.pop_front() else {
            return;
        };
        self.last_job += 1;
        let id = JobId(self.last_job);
        let langs = passage.0.iter().find_map(Heard::lang);
        let job = Job {
            purpose: Purpose::Record,
            due: now + self.config.due(Purpose::Record),
            audio: passage.audio(),
            voice: None,
            languages: langs.map_or_else(|| Arc::clone(&self.languages), |lang| Arc::from([lang])),
            script: self.script,
            confirmed: None,
            expected: None,
            vocabulary: self.vocabulary.clone(),
        };
        self.second_pass.asked = Some((id, leg, passage));
        self.outputs.push_back(Output::Recognise(id, job));
    }

    /// Has the live words stand of whatever was to be heard again.
    pub(super) fn give_up_second_pass(&mut self) {
        self.second_pass.waiting.clear();
        if let Some((job, ..)) = self.second_pass.asked.take() {
            self.outputs.push_back(Output::Cancel(job));
        }
    }

    /// Tells the words for the record where they differ from the live ones.
    pub(super) fn revise(
        &mut self,
        (i, passage): (usize, Passage),
        hypothesis: Hypothesis,
        now: Instant,
    ) {
        if hypothesis.looped || hypothesis.rejected.is_some() {
            return;
        }
        let lang = hypothesis.lang;
        let shares = passage.shared_out(on_timeline(&hypothesis.words, passage.audio_start()));
        if !passage.is_credible(&shares) {
            return;
        }
        for (heard, words) in passage.0.iter().zip(shares) {
            if same_words(&heard.text(), &line(&words)) {
                continue;
            }
            let confidence = confidence(&words);
            let said = StableWords {
                utterance: heard.utterance,
                side: heard.party.role.side(),
                lang,
                words: words.clone(),
                finished: true,
            };
            let revised = EventKind::Revised(Revised {
                words: finalise_by(&self.lexicon, heard.utterance, lang, confidence, words),
                live: heard.text(),
            });
            // Not before its final, which may wait for what ended sooner.
            let place = self.release.open(heard.end);
            let event = leg::event(&heard.party, heard.start, heard.end, None, revised);
            self.release.fill(place, vec![event]);
            self.correct((i, &heard.party), heard.said.as_ref(), &said, now);
        }
    }
}

fn line(words: &[TimedWord]) -> String {
    join(words.iter().map(|word| word.spaced.as_str()))
}

/// The mean confidence of some words.
fn confidence(words: &[TimedWord]) -> f32 {
    words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32
}

/// Whether two lines differ in punctuation and capitals alone.
fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let letters = |word: &str| {
            word.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
        };
        let words = text.split_whitespace().map(letters);
        let words = words.filter(|word| !word.is_empty());
        words.map(|word| word.to_lowercase()).collect()
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
        Heard::new(
            UtteranceId(number),
            &Party::of_role(Role::Customer),
            &spurt,
            None,
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
}
