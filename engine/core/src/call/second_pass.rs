//! The second pass: what was cut at pauses is heard again as a whole, for the record.
//!
//! Live, a sentence ends where its speaker pauses, and each piece is heard without the others; and
//! words that were confirmed while it went on bind those that follow. Once a side has stopped for
//! longer, the pieces are joined as they were said and heard once more, free of what was promised,
//! when recognition has nothing else to do or another model does it. What was heard live is told:
//! phrases in it that are known are tried again, and nothing else follows from it. What comes of it
//! replaces the live words in the archive, the summary and the CRM; no live call waits for it, and
//! the end of its own no longer than [`SecondPassConfig::due_ms`].

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_types::event::{EventKind, Revised, TimedWord};
use sidetone_types::id::{JobId, UtteranceId};
use sidetone_types::recognise::{Hypothesis, Job, Purpose};
use sidetone_types::time::Stretch;

use super::passage::{Heard, Passage, mean_confidence};
use super::utterance::{Open, on_timeline};
use super::{Call, Output, leg};
use crate::finals::finalise_by;
use crate::segment::Spurt;
use crate::stable_words::StableWords;

/// Passages of a call that wait to be heard again, each of 0.6 MB at most.
const MOST_WAITING: usize = 4;
/// Words for the record are due so late that whatever a live call asks for goes first.
pub(super) const NO_HURRY: Duration = Duration::from_secs(600);
/// How what was said is heard again for the record.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondPassConfig {
    /// Whether utterances that follow each other closely are heard again as one, and those with
    /// doubtful words alone, when recognition has nothing else to do, or by
    /// `recogniser.record_model`. What comes of it is told as `revised`, and is what archive,
    /// summary and CRM have. It takes up to as much CPU as finals do, with the same model.
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

/// What of a call is to be heard again.
#[derive(Default)]
pub(super) struct SecondPass {
    /// What is being heard again: one at a time, so that its sound is there as floats only once.
    asked: Option<(JobId, usize, Passage)>,
    /// What waits for that, and on which leg it was said.
    waiting: VecDeque<(usize, Passage)>,
    /// When it is waited for no longer; set once the call has been hung up.
    pub until: Option<Instant>,
    /// What people have corrected: it stays as they say.
    pub corrected: BTreeSet<UtteranceId>,
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

    /// Whether a person has corrected some of it: words would move over the cuts to what stays.
    fn is_corrected(&self, passage: &Passage) -> bool {
        let mut utterances = passage.live().map(|(utterance, _)| utterance);
        utterances.any(|utterance| self.corrected.contains(&utterance))
    }

    /// Whether these are words of a second pass that waited for their turn while a person corrected
    /// them.
    pub fn is_outdated(&self, event: &EventKind) -> bool {
        match event {
            EventKind::Revised(revised) if revised.by.is_none() => {
                self.corrected.contains(&revised.words.utterance)
            }
            _ => false,
        }
    }

    fn wait(&mut self, leg: usize, passage: Passage) {
        if self.is_full() {
            // Recognition has no room for it: the live words of what was said first stand.
            self.waiting.pop_front();
        }
        self.waiting.push_back((leg, passage));
    }
}

impl Call {
    /// Takes what was heard of an utterance that is over.
    pub(super) fn keep_heard(
        &mut self,
        i: usize,
        open: &Open,
        spurt: &Spurt,
        (said, unrecognised): (Option<&StableWords>, Vec<Stretch>),
        tokens: Vec<u32>,
    ) {
        if self.config.second_pass.enabled {
            let bound = open.agreement.promise().is_some();
            let said = (said.cloned(), tokens);
            let heard = Heard::new((open.id, &open.party), spurt, said, bound);
            let heard = heard.with_holes(unrecognised);
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
                if passage.may_gain() && !self.second_pass.is_corrected(&passage) {
                    self.second_pass.wait(i, passage);
                }
            }
        }
        self.ask_again(now);
    }

    fn whole_passage(&mut self, i: usize) -> Option<Passage> {
        let join = self.config.second_pass.join();
        let (ending, position) = (self.ending(), self.position());
        let leg = &mut self.legs[i];
        let (start, end) = leg.passage.last()?;
        let closing = self.closing.values().filter(|closing| closing.leg == i);
        let awaited = closing.map(|closing| closing.spurt.start).min();
        if awaited.is_some_and(|awaited| awaited < start) {
            // What was said between is still on its way.
            return None;
        }
        let follows = leg.open.is_some() || awaited.is_some();
        // Of a leg that is not listened to nothing follows soon.
        let stopped = ending || !leg.is_active() || position.since(end) > join;
        leg.passage.take_whole(join, stopped && !follows)
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
        let langs = passage.lang();
        let job = Job {
            purpose: Purpose::Record,
            due: now + self.config.due(Purpose::Record),
            audio: passage.audio(),
            voice: None,
            languages: langs.map_or_else(|| Arc::clone(&self.languages), |lang| Arc::from([lang])),
            script: self.script,
            confirmed: None,
            expected: passage.expectation(),
            before: None,
            left_context: None,
            kept: None,
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
    pub(super) fn revise(&mut self, (i, passage): (usize, Passage), hypothesis: Hypothesis) {
        if hypothesis.looped
            || hypothesis.rejected.is_some()
            || self.second_pass.is_corrected(&passage)
        {
            return;
        }
        let lang = hypothesis.lang;
        let words = on_timeline(&hypothesis.words, passage.audio_start());
        let Some(truer) = passage.truer(words) else {
            return;
        };
        let (mut record, mut party) = (Vec::new(), None);
        for (heard, words) in truer {
            let of = (i, heard.utterance);
            let within = (heard.start, heard.end);
            let told = self.redactor.again(of, lang, &words, within);
            for secret in &told.redacted {
                self.mute(secret.start, secret.end);
            }
            let words = told.words;
            let said = StableWords {
                utterance: heard.utterance,
                side: heard.party.role.side(),
                lang,
                words: words.clone(),
                finished: true,
            };
            let final_words = |words: Vec<TimedWord>| {
                let confidence = mean_confidence(&words);
                finalise_by(&self.lexicon, heard.utterance, lang, confidence, words)
            };
            let live = heard.said.as_ref();
            let live = live.map(|said| {
                self.redactor
                    .again(of, said.lang, &said.words, within)
                    .words
            });
            let mut truer = final_words(words);
            truer.unrecognised = heard.still_unrecognised(&truer.words);
            truer.redacted = told.redacted;
            let revised = EventKind::Revised(Revised {
                live: live.map_or_else(String::new, |words| final_words(words).text),
                words: truer,
                by: None,
            });
            if heard.said.is_none() {
                self.legs[i].count_speech(heard.end.since(heard.start));
            }
            // Not before its final, which may wait for what ended sooner.
            let place = self.release.open(heard.end);
            let event = leg::event(&heard.party, heard.start, heard.end, None, revised);
            self.release.fill(place, vec![event]);
            self.keep_revised(&said);
            record.push(said);
            party.get_or_insert(&heard.party);
        }
        if let Some(party) = party {
            let live: Vec<_> = passage.live().collect();
            let told = live.iter().map(|(utterance, said)| {
                let told = said.map(|said| StableWords {
                    words: self
                        .redactor
                        .again((i, *utterance), said.lang, &said.words, passage.within())
                        .words,
                    ..said.clone()
                });
                (*utterance, told)
            });
            let told: Vec<_> = told.collect();
            let live = told
                .iter()
                .map(|(utterance, said)| (*utterance, said.as_ref()));
            self.apply_revised((i, party), live, &record);
        }
    }
}
