//! One call: everything in this crate wired together.
//!
//! `handle` takes what happened, `poll` says what to do about it, `deadline` when to come back if
//! nothing happens. A model run is asked for and answered later; the call goes on listening meanwhile.

mod config;
mod gaps;
mod leg;
mod utterance;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::describe::{CallDescription, Role};
use crate::event::{CallEnded, CallStarted, EndReason, EventKind, Final, TimedWord, Told};
use crate::id::{JobId, UtteranceId};
use crate::lang::{ChineseScript, Lang};
use crate::order::Release;
use crate::recognise::{Hypothesis, Job, Phrase, Purpose, RecogniseError, Rejection};
use crate::rtp::ReceiverStats;
use crate::segment::{Cue, Spurt};
use crate::time::{MediaTime, samples_to_duration};
use crate::vad::VoiceDetector;

pub use config::{CallConfig, PartialConfig};
use leg::Leg;
use utterance::{Closing, Look, Open};

/// What happened to a call.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came for a leg that is described as RTP.
    Datagram(Role, &'a [u8]),
    /// Samples came for a leg that is described as a stream, in the format it was described with.
    Audio(Role, &'a [u8]),
    /// A model run is done.
    Answer(JobId, Result<Hypothesis, RecogniseError>),
    /// A partial's run was given up for lack of time.
    Shed(JobId),
    /// The call is to end. What was said is still recognised.
    HangUp(EndReason),
    /// The deadline has passed.
    Tick,
}

/// What a call wants done.
#[derive(Debug)]
pub enum Output {
    /// Tell the world.
    Tell(Told),
    /// Run the recogniser and come back with [`Input::Answer`].
    Recognise(JobId, Job),
    /// The utterance of this partial is over: treat it as a final from now on.
    Promote(JobId),
    /// Nobody needs this partial any more, if it still waits.
    Cancel(JobId),
    /// For the metrics: the recogniser took sound for something else than speech.
    Rejected(Rejection),
}

enum Phase {
    Live,
    /// Hung up; the last words are being recognised, until the given moment at most.
    Ending(EndReason, Instant),
    Ended,
}

/// One call, from its opening to its last event.
pub struct Call {
    config: CallConfig,
    phase: Phase,
    legs: Vec<Leg>,
    languages: Arc<[Lang]>,
    script: ChineseScript,
    vocabulary: Arc<[Phrase]>,
    partials: bool,
    /// Looks at utterances that still go on: whose they are.
    looks: HashMap<JobId, usize>,
    /// Utterances that are over and wait for their words.
    closing: HashMap<JobId, Closing>,
    release: Release<Vec<Told>>,
    outputs: VecDeque<Output>,
    last_job: u64,
    last_utterance: u64,
}

impl Call {
    /// Opens a call at `now`, which becomes the zero of its timeline. `description` has been checked.
    ///
    /// `detector` makes a voice detector for each leg.
    pub fn new(
        description: &CallDescription,
        config: CallConfig,
        mut detector: impl FnMut() -> Box<dyn VoiceDetector>,
        now: Instant,
    ) -> Self {
        let legs: Vec<Leg> = description
            .legs
            .iter()
            .map(|leg| Leg::new(leg, &config, detector(), now))
            .collect();
        let languages: Vec<Lang> = description.languages.iter().map(|tag| tag.lang).collect();
        let script = description
            .languages
            .iter()
            .find(|tag| tag.lang == Lang::ZH)
            .map_or(ChineseScript::Simplified, |tag| tag.script);
        let started = Told {
            role: None,
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind: EventKind::CallStarted(CallStarted {
                caller: description.caller.clone(),
                callee: description.callee.clone(),
                direction: description.direction,
                legs: description.legs.iter().map(|leg| leg.role).collect(),
                languages: languages.clone(),
                metadata: description.metadata.clone(),
            }),
        };
        Self {
            config,
            phase: Phase::Live,
            legs,
            languages: languages.into(),
            script,
            vocabulary: description.vocabulary.clone().into(),
            partials: description.partials,
            looks: HashMap::new(),
            closing: HashMap::new(),
            release: Release::default(),
            outputs: VecDeque::from([Output::Tell(started)]),
            last_job: 0,
            last_utterance: 0,
        }
    }

    /// Takes what happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Datagram(role, datagram) => {
                if let Some(i) = self.live_leg(role) {
                    self.legs[i].datagram(now, datagram);
                    self.listen(i, now);
                }
            }
            Input::Audio(role, samples) => {
                if let Some(i) = self.live_leg(role) {
                    self.legs[i].samples(now, samples);
                    self.listen(i, now);
                }
            }
            Input::Answer(job, answer) => self.answered(job, answer, now),
            Input::Shed(job) => self.shed(job, now),
            Input::HangUp(reason) => self.hang_up(reason, now),
            Input::Tick => self.tick(now),
        }
        self.tell_in_order();
        self.end_if_done();
    }

    /// What to do next. Call until `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due even if nothing happens. An ending call always has a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Live => {
                let legs = self
                    .legs
                    .iter()
                    .filter_map(|leg| leg.deadline(&self.config))
                    .min();
                [legs, self.media_timeout()].into_iter().flatten().min()
            }
            Phase::Ending(_, until) => Some(until),
            Phase::Ended => None,
        }
    }

    /// Whether it has been hung up.
    pub fn ending(&self) -> bool {
        !matches!(self.phase, Phase::Live)
    }

    /// Whether its last event has been told.
    pub fn ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Utterances that are over and wait for their words. Who feeds audio faster than it is spoken
    /// should pause while there are many.
    pub fn backlog(&self) -> usize {
        self.closing.len()
    }

    /// What the network has done to each leg that comes as RTP.
    pub fn rtp_stats(&self) -> impl Iterator<Item = &ReceiverStats> {
        self.legs.iter().filter_map(Leg::rtp_stats)
    }

    fn live_leg(&self, role: Role) -> Option<usize> {
        if self.ending() {
            return None;
        }
        self.legs.iter().position(|leg| leg.role == role)
    }

    /// Works through all the sound a leg has by now.
    fn listen(&mut self, i: usize, now: Instant) {
        loop {
            while let Some(cues) = self.legs[i].next_cues() {
                for cue in cues {
                    self.on_cue(i, cue, now);
                }
                self.look_if_due(i, now);
            }
            let Some(told) = self.legs[i].hear(now) else {
                break;
            };
            self.outputs.extend(told.into_iter().map(Output::Tell));
        }
    }

    fn on_cue(&mut self, i: usize, cue: Cue, now: Instant) {
        let leg = &mut self.legs[i];
        match cue {
            Cue::Begin(start) => {
                self.last_utterance += 1;
                let id = UtteranceId(self.last_utterance);
                leg.open = Some(Open::new(id, start));
                let latency = leg.latency(start, now);
                let told = leg::told(
                    leg.role,
                    start,
                    start,
                    latency,
                    EventKind::SpeechBegin { utterance: id },
                );
                self.tell(told);
            }
            Cue::Pause => self.look(i, now),
            Cue::Dropped(end) => {
                if let Some(open) = self.legs[i].open.take() {
                    self.speech_end(i, &open, end, now);
                    self.drop_look(&open);
                    if open.shown() {
                        let kind = EventKind::Retracted { utterance: open.id };
                        self.tell(leg::told(self.legs[i].role, open.start, end, None, kind));
                    }
                }
            }
            Cue::End(spurt) => {
                if let Some(open) = self.legs[i].open.take() {
                    self.speech_end(i, &open, spurt.end, now);
                    self.close(i, open, spurt, now);
                }
            }
        }
    }

    fn speech_end(&mut self, i: usize, open: &Open, end: MediaTime, now: Instant) {
        let leg = &self.legs[i];
        let kind = EventKind::SpeechEnd { utterance: open.id };
        self.tell(leg::told(
            leg.role,
            open.start,
            end,
            leg.latency(end, now),
            kind,
        ));
    }

    /// Asks for the words of an utterance that is over, or takes those of a look that heard it all.
    fn close(&mut self, i: usize, open: Open, spurt: Spurt, now: Instant) {
        let place = self.release.open(spurt.end);
        let whole = open
            .look
            .as_ref()
            .is_some_and(|look| look.samples == spurt.audio.len());
        let mut closing = Closing {
            leg: i,
            open,
            spurt,
            place,
        };
        match closing.open.look.take() {
            Some(Look {
                answer: Some(hypothesis),
                ..
            }) if whole => {
                self.finish(closing, Ok(hypothesis), now);
            }
            Some(Look { job, .. }) if whole => {
                self.looks.remove(&job);
                self.closing.insert(job, closing);
                self.outputs.push_back(Output::Promote(job));
            }
            look => {
                if let Some(look) = look {
                    closing.open.look = Some(look);
                    self.drop_look(&closing.open);
                }
                self.ask_final(closing, now);
            }
        }
    }

    fn ask_final(&mut self, closing: Closing, now: Instant) {
        let audio = closing.spurt.audio.clone();
        let job = self.ask(Purpose::Final, audio, &closing.open, now);
        self.closing.insert(job, closing);
    }

    fn drop_look(&mut self, open: &Open) {
        if let Some(Look {
            job, answer: None, ..
        }) = open.look
        {
            self.looks.remove(&job);
            self.outputs.push_back(Output::Cancel(job));
        }
    }

    fn look_if_due(&mut self, i: usize, now: Instant) {
        let leg = &self.legs[i];
        let Some(open) = &leg.open else { return };
        let heard = leg.segmenter.position().since(open.start);
        if open.look_due(heard, &self.config.partials) {
            self.look(i, now);
        }
    }

    /// Asks for the words so far, unless such a question is still open.
    fn look(&mut self, i: usize, now: Instant) {
        let leg = &mut self.legs[i];
        let (Some(open), Some(spurt)) = (&mut leg.open, leg.segmenter.so_far()) else {
            return;
        };
        if !self.partials || !open.may_look(&spurt) {
            return;
        }
        let samples = spurt.audio.len();
        let heard = leg.segmenter.position().since(open.start);
        let job = JobId(self.last_job + 1);
        open.look = Some(Look {
            job,
            audio_start: spurt.audio_start,
            samples,
            answer: None,
        });
        open.looked_at = heard;
        self.looks.insert(job, i);
        let open = open.clone();
        self.ask(Purpose::Partial, spurt.audio, &open, now);
    }

    fn ask(&mut self, purpose: Purpose, audio: Arc<[f32]>, open: &Open, now: Instant) -> JobId {
        self.last_job += 1;
        let id = JobId(self.last_job);
        let job = Job {
            purpose,
            due: now + self.config.due(purpose),
            audio,
            languages: self.languages.clone(),
            script: self.script,
            confirmed: open.agreement.promise(),
            vocabulary: self.vocabulary.clone(),
        };
        self.outputs.push_back(Output::Recognise(id, job));
        id
    }

    fn answered(&mut self, job: JobId, answer: Result<Hypothesis, RecogniseError>, now: Instant) {
        if let Some(closing) = self.closing.remove(&job) {
            self.finish(closing, answer, now);
        } else if let Some(i) = self.looks.remove(&job) {
            // A look that failed says nothing; the final will.
            self.looked(i, job, answer.ok(), now);
        }
    }

    fn shed(&mut self, job: JobId, now: Instant) {
        if let Some(closing) = self.closing.remove(&job) {
            // It became a final in the very moment in which it was given up.
            self.ask_final(closing, now);
        } else if let Some(i) = self.looks.remove(&job) {
            self.looked(i, job, None, now);
        }
    }

    fn looked(&mut self, i: usize, job: JobId, hypothesis: Option<Hypothesis>, now: Instant) {
        let leg = &mut self.legs[i];
        let Some(open) = &mut leg.open else { return };
        let Some(look) = open.look.take_if(|look| look.job == job) else {
            return;
        };
        let Some(hypothesis) = hypothesis else { return };
        let heard = samples_to_duration(look.samples as u64);
        let until = look.audio_start + heard;
        let before = open.agreement.parts();
        open.agreement.update(hypothesis.clone(), heard);
        open.look = Some(Look {
            answer: Some(hypothesis),
            ..look
        });
        if let Some(partial) = open.partial().filter(|_| open.agreement.parts() != before) {
            let start = open.start;
            let latency = leg.latency(until, now);
            let told = leg::told(leg.role, start, until, latency, EventKind::Partial(partial));
            self.tell(told);
        }
        // Voice may have paused while the answer was on its way.
        let leg = &self.legs[i];
        if leg.segmenter.pausing() {
            self.look(i, now);
        }
    }

    /// Tells the words of an utterance once its turn has come.
    fn finish(
        &mut self,
        closing: Closing,
        answer: Result<Hypothesis, RecogniseError>,
        now: Instant,
    ) {
        let Closing {
            leg: i,
            open,
            spurt,
            place,
        } = closing;
        let leg = &mut self.legs[i];
        let shown = open.shown();
        let kind = match answer {
            Ok(hypothesis) if !hypothesis.words.is_empty() => {
                leg.utterances += 1;
                leg.speech += spurt.end.since(spurt.start);
                Some(EventKind::Final(on_timeline(
                    open.id,
                    hypothesis,
                    spurt.audio_start,
                )))
            }
            Ok(hypothesis) => {
                self.outputs
                    .extend(hypothesis.rejected.map(Output::Rejected));
                shown.then_some(EventKind::Retracted { utterance: open.id })
            }
            Err(error) => Some(EventKind::Unrecognised {
                utterance: open.id,
                reason: error.to_string(),
            }),
        };
        let latency = leg.latency(spurt.end, now);
        let told = kind.map(|kind| leg::told(leg.role, spurt.start, spurt.end, latency, kind));
        self.release.fill(place, told.into_iter().collect());
    }

    fn tell(&mut self, told: Told) {
        self.outputs.push_back(Output::Tell(told));
    }

    fn tell_in_order(&mut self) {
        let open_until = self
            .legs
            .iter()
            .filter_map(|leg| leg.segmenter.speaking_until())
            .min();
        while let Some(told) = self.release.next(open_until) {
            self.outputs.extend(told.into_iter().map(Output::Tell));
        }
    }

    fn tick(&mut self, now: Instant) {
        match self.phase {
            Phase::Live => {
                for i in 0..self.legs.len() {
                    self.listen(i, now);
                    for cue in self.legs[i].flush_if_stalled(now, &self.config) {
                        self.on_cue(i, cue, now);
                    }
                    let told = self.legs[i].no_media(now, &self.config);
                    self.outputs.extend(told.map(Output::Tell));
                }
                if self.media_timeout().is_some_and(|at| at <= now) {
                    self.hang_up(EndReason::MediaTimeout, now);
                }
            }
            Phase::Ending(_, until) if until <= now => {
                let late: Vec<JobId> = self.closing.keys().copied().collect();
                for job in late {
                    self.answered(
                        job,
                        Err(RecogniseError(
                            "the call ended before its turn came".to_owned(),
                        )),
                        now,
                    );
                }
            }
            Phase::Ending(..) | Phase::Ended => {}
        }
    }

    /// When a call without any media ends; only RTP can fall silent.
    fn media_timeout(&self) -> Option<Instant> {
        let last: Option<Vec<Instant>> = self.legs.iter().map(Leg::last_media).collect();
        Some(last?.into_iter().max()? + self.config.media_timeout())
    }

    fn hang_up(&mut self, reason: EndReason, now: Instant) {
        if self.ending() {
            return;
        }
        for i in 0..self.legs.len() {
            self.legs[i].finish_input();
            self.listen(i, now);
            for cue in self.legs[i].segmenter.flush() {
                self.on_cue(i, cue, now);
            }
            let gap = self.legs[i].close_gap();
            self.outputs.extend(gap.map(Output::Tell));
        }
        self.phase = Phase::Ending(reason, now + self.config.drain());
    }

    fn end_if_done(&mut self) {
        let Phase::Ending(reason, _) = self.phase else {
            return;
        };
        if !self.closing.is_empty() || !self.release.is_empty() {
            return;
        }
        let end = self
            .legs
            .iter()
            .map(|leg| leg.segmenter.position())
            .max()
            .unwrap_or_default();
        let legs = self.legs.iter().map(Leg::summary).collect();
        let kind = EventKind::CallEnded(CallEnded { reason, legs });
        self.tell(Told {
            role: None,
            start: MediaTime::ZERO,
            end,
            latency: None,
            kind,
        });
        self.phase = Phase::Ended;
    }
}

/// Puts a hypothesis, whose times count from `audio_start`, on the call's timeline.
fn on_timeline(utterance: UtteranceId, hypothesis: Hypothesis, audio_start: MediaTime) -> Final {
    let words = hypothesis
        .words
        .into_iter()
        .map(|word| TimedWord {
            word: word.text.trim().to_owned(),
            start: audio_start + word.start,
            end: audio_start + word.end,
            confidence: word.confidence,
            spaced: word.text,
        })
        .collect();
    Final::new(utterance, hypothesis.lang, hypothesis.confidence, words)
}

/// How long ago, where it is known.
fn since(now: Instant, then: Option<Instant>) -> Option<Duration> {
    then.map(|then| now.saturating_duration_since(then))
}

#[cfg(test)]
mod tests;
