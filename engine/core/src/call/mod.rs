//! One call: everything in this crate wired together.
//!
//! `handle` takes what happened, `poll` says what to do about it, `deadline` when to come back if
//! nothing happens. A model run is asked for and answered later; the call goes on listening
//! meanwhile.

mod assist;
mod config;
mod control;
mod correct;
mod emotion;
mod ending;
mod endpoint;
mod gaps;
mod input;
mod left_context;
mod leg;
mod level;
mod listen;
mod passage;
mod record;
mod second_pass;
mod supervise;
mod told_words;
mod utterance;
mod words;
mod work;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone_language::lexicon::Lexicon;
use sidetone_types::customer::{Customer, KnownBy};
use sidetone_types::event::{CallStarted, CallUpdated, EndReason, Event, EventKind};
use sidetone_types::id::{JobId, LegId};
use sidetone_types::lang::{ChineseScript, Lang};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::recognise::{Hypothesis, Job, Phrase, RecogniseError, Rejection, Vocabulary};
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;
use sidetone_types::vad::VoiceDetector;

use crate::agent_work::{self, ByHand};
use crate::cards::{Fit, Query, QueryId};
use crate::correction::Correction;
use crate::describe::{CallChange, CallDescription};
use crate::echo::EchoDetector;
use crate::identity::{Clue, Identity};
use crate::reception::LegReception;
use crate::recording::{Recorded, Recorder, RecordingOrder};
use crate::redaction::Redactor;
use crate::reorder::Release;
use crate::supervision::{self, Supervision};
use crate::wrap_up::Line;

use assist::Assist;
pub use assist::AssistContext;
pub use config::{CallConfig, Pace, PartialConfig};
pub use control::Control;
pub use input::Piece;
use leg::Leg;
use second_pass::SecondPass;
pub use second_pass::SecondPassConfig;
use utterance::Closing;
pub use words::NO_LIKELY_WORDS;

/// What happened to a call.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came for a leg that is described as RTP.
    Datagram {
        /// Whose.
        leg: LegId,
        /// Who sent it.
        from: SocketAddr,
        /// When it arrived; it may have waited since.
        at: Instant,
        /// As it came.
        bytes: &'a [u8],
    },
    /// A piece of audio came for a leg that is described as a stream.
    Audio(LegId, Piece<'a>),
    /// The media server says something of a leg.
    Control {
        /// Which one.
        leg: LegId,
        /// When it was so, on the call's timeline. Without, now: as far as the call has come.
        at: Option<MediaTime>,
        /// What it says.
        control: Control,
    },
    /// More is known of the call, or other things are.
    Change(CallChange),
    /// A person writes what was said instead of what was heard: the last that was told of the
    /// utterance, a final, its revision, or that it was not recognised.
    Correct(Correction, Box<Event>),
    /// Somebody wants something of the recording: what, and who.
    Recording(RecordingOrder, &'a str),
    /// Somebody who looks after calls wants something, as [`Call::supervised`] has let it pass.
    Supervise(supervision::Order),
    /// An agent puts something right, as [`Call::worked`] has let it pass.
    Work(agent_work::Order),
    /// Whoever carries out [`Output::Record`] cannot do so any more.
    RecordingFailed,
    /// A model run is done.
    Answer(JobId, Result<Hypothesis, RecogniseError>),
    /// A partial's run was given up for lack of time.
    Shed(JobId),
    /// The call is to end. What was said is still recognised.
    HangUp(EndReason),
    /// The engine goes down: the call ends now, and what is still being recognised is given up.
    GiveUp,
    /// What a look-up found, best first.
    Found(QueryId, Vec<Fit>),
    /// The CRM knows whom the call is with.
    Customer(Customer),
    /// What remains of the call, as [`Output::Summarise`] asked for it.
    Summary(Summary),
    /// How busy the engine is: interim results come at this pace from now on. Finals are as good as
    /// ever.
    Pace(Pace),
    /// The deadline has passed.
    Tick,
}

/// What a call wants done.
#[derive(Debug)]
pub enum Output {
    /// Tell the world.
    Emit(Event),
    /// Run the recogniser and come back with [`Input::Answer`].
    Recognise(JobId, Job),
    /// The utterance of this partial is over: treat it as a final from now on.
    Promote(JobId),
    /// Nobody needs the words of this run any more, if it still waits.
    Cancel(JobId),
    /// Look for articles that fit, and come back with [`Input::Found`].
    Search(Query),
    /// Ask the CRM whose that is, and come back with [`Input::Customer`] if it knows.
    LookFor(Clue, KnownBy),
    /// Sum the call up, and come back with [`Input::Summary`]. Nothing is lost if that never comes:
    /// what the rules made of the call is taken then.
    Summarise(Box<SummaryTask>),
    /// Write down what is to be kept of the sound.
    Record(Recorded),
    /// For the metrics: the recogniser took sound for something else than speech.
    Rejected(Rejection),
}

/// What a summary is made from.
#[derive(Clone)]
pub struct SummaryTask {
    /// What the rules make of the call; complete in itself.
    pub draft: Summary,
    /// What was said, in order.
    pub lines: Vec<Line>,
}

impl std::fmt::Debug for SummaryTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SummaryTask({} lines)", self.lines.len())
    }
}

/// Utterances that may wait for their words before a stream is no longer read.
const BACKLOG: usize = 8;

enum Phase {
    Live,
    /// Hung up; the last words are being recognised, until the given moment at most.
    Ending(EndReason, Instant),
    /// Over; its summary is awaited, until the given moment at most. Then it is this one.
    Summarising(Box<Summary>, Instant),
    Ended,
}

/// One call, from its opening to its last event.
pub struct Call {
    config: CallConfig,
    phase: Phase,
    began: Instant,
    known: CallUpdated,
    legs: Vec<Leg>,
    echo: EchoDetector,
    languages: Arc<[Lang]>,
    script: ChineseScript,
    /// What is listened for.
    vocabulary: Vocabulary,
    /// What of that is the call's own, whoever it is with.
    own_phrases: Arc<[Phrase]>,
    lexicon: Arc<Lexicon>,
    partials: bool,
    pace: Pace,
    /// The latest time it was told. It never goes back.
    now: Instant,
    /// Looks at utterances that still go on: whose they are.
    interims: HashMap<JobId, usize>,
    /// Utterances that are over and wait for their words.
    closing: HashMap<JobId, Closing>,
    /// What is heard again for the record.
    second_pass: SecondPass,
    /// What everything that is told of words goes through.
    redactor: Redactor,
    /// What keeps the sound, if any may be kept.
    recorder: Option<Recorder>,
    /// Who takes care of it, and what they have written.
    supervision: Supervision,
    by_hand: ByHand,
    /// Whom it is with.
    identity: Identity,
    release: Release<Vec<Event>>,
    assist: Option<Assist>,
    outputs: VecDeque<Output>,
    last_job: u64,
    last_utterance: u64,
}

impl Call {
    /// Opens a call at `now`, which becomes the zero of its timeline. `description` has been
    /// checked.
    ///
    /// Without `assist_context` it only listens: no alerts, cards or summary. `detector` makes a
    /// voice detector for each leg.
    pub fn new(
        description: &CallDescription,
        config: CallConfig,
        assist_context: Option<AssistContext>,
        mut detector: impl FnMut() -> Box<dyn VoiceDetector>,
        now: Instant,
    ) -> Self {
        let legs: Vec<Leg> = description
            .legs
            .iter()
            .map(|leg| Leg::new(leg, &config, detector(), (now, MediaTime::ZERO, now)))
            .collect();
        let languages = description.spoken();
        let script = description
            .languages
            .iter()
            .find(|tag| tag.lang == Lang::ZH)
            .map_or(ChineseScript::Simplified, |tag| tag.script);
        let echo = config.echo;
        let started = EventKind::CallStarted(CallStarted {
            caller: description.caller.clone(),
            callee: description.callee.clone(),
            direction: description.direction,
            legs: description.legs.iter().map(|leg| leg.party.role).collect(),
            parties: description
                .legs
                .iter()
                .map(|leg| leg.party.clone())
                .collect(),
            languages: languages.clone(),
            metadata: description.metadata.clone(),
        });
        let started = Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, started);
        let [shared, learnt] = match &assist_context {
            Some(context) => [&context.vocabulary, &context.learnt].map(Arc::clone),
            None => [Arc::from([]), Arc::from([])],
        };
        let vocabulary = Vocabulary {
            shared,
            learnt,
            own: description.vocabulary.as_slice().into(),
        };
        let lexicon = assist_context
            .as_ref()
            .map_or_else(Lexicon::built_in, |context| Arc::clone(&context.lexicon));
        let redactor = Redactor::new(config.redaction.clone(), Arc::clone(&lexicon));
        let mut assist = assist_context
            .map(|assist_context| Assist::new(assist_context, description, config.cards.clone()));
        let listed = assist.as_mut().and_then(|assist| assist.begin(description));
        let listed = listed.map(|kind| Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind));
        Self {
            config,
            phase: Phase::Live,
            began: now,
            known: description.known(),
            legs,
            echo: EchoDetector::new(echo),
            languages: languages.into(),
            script,
            own_phrases: Arc::clone(&vocabulary.own),
            vocabulary,
            lexicon,
            partials: description.partials,
            pace: Pace::AS_CONFIGURED,
            now,
            interims: HashMap::new(),
            closing: HashMap::new(),
            second_pass: SecondPass::default(),
            redactor,
            recorder: None,
            supervision: Supervision::default(),
            by_hand: ByHand::default(),
            identity: Identity::default(),
            release: Release::default(),
            assist,
            outputs: std::iter::once(started)
                .chain(listed)
                .map(Output::Emit)
                .collect(),
            last_job: 0,
            last_utterance: 0,
        }
    }

    /// Takes what happened at `now`. A `now` before that of the last call counts as that one.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        // Whoever measures time may look at two clocks, or be told of arrivals late.
        let now = now.max(self.now);
        self.now = now;
        if !self.wants_audio() {
            for leg in &mut self.legs {
                leg.unread(now);
            }
        }
        match input {
            Input::Datagram {
                leg,
                from,
                at,
                bytes,
            } => {
                if let Some(i) = self.live_leg(leg) {
                    self.legs[i].datagram(now, at, from, bytes);
                    self.listen(i, now);
                }
            }
            Input::Audio(leg, piece) => {
                if let Some(i) = self.live_leg(leg) {
                    let others = self.position();
                    self.legs[i].piece(&piece, others);
                    self.listen(i, now);
                }
            }
            Input::Control { leg, at, control } => {
                if let Some(i) = self.live_leg(leg) {
                    self.control(i, at, control, now);
                }
            }
            Input::Change(change) if !self.ending() => self.change(change, now),
            Input::Change(_) => {}
            Input::Correct(correction, heard) if !self.ending() => {
                self.take_correction(&correction, &heard);
            }
            Input::Correct(..) => {}
            Input::Recording(order, by) if !self.ending() => {
                self.order_recording_now(order, by, now);
            }
            Input::Recording(..) => {}
            Input::Supervise(order) if !self.ending() => self.supervise(order, now),
            Input::Supervise(_) => {}
            Input::Work(order) if !self.ending() => self.work(order, now),
            Input::Work(_) => {}
            Input::RecordingFailed => self.recording_failed(),
            Input::Answer(job, answer) => self.answered(job, answer, now),
            Input::Shed(job) => self.shed(job, now),
            Input::HangUp(reason) => self.hang_up(reason, now),
            Input::GiveUp => self.give_up(now),
            Input::Found(id, fits) => self.found(id, fits, now),
            Input::Customer(customer) => self.identified(customer),
            Input::Summary(summary) => self.summarised(summary),
            Input::Pace(pace) => self.pace = pace,
            Input::Tick => self.tick(now),
        }
        self.clear_expired_alerts();
        self.emit_in_order();
        self.hear_again(now);
        self.give_sound(now);
        self.end_if_done(now);
    }

    /// What to do next. Call until `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due even if nothing happens. An ending call always has a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            // What silence means shows once the streams are read again.
            Phase::Live if !self.wants_audio() && self.legs.iter().all(Leg::is_stream) => {
                self.finals_time_out()
            }
            Phase::Live => {
                let legs = self
                    .legs
                    .iter()
                    .filter_map(|leg| leg.deadline(&self.config))
                    .min();
                [legs, self.media_timeout(), self.finals_time_out()]
                    .into_iter()
                    .flatten()
                    .min()
            }
            Phase::Ending(_, until) => {
                let record = self.second_pass.deadline();
                Some(record.map_or(*until, |record| record.min(*until)))
            }
            Phase::Summarising(_, until) => Some(*until),
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

    /// Whether a stream should be read on: not while many utterances wait for their words. Live
    /// audio cannot wait; it is bounded by the calls that are let in.
    pub fn wants_audio(&self) -> bool {
        self.closing.len() < BACKLOG
    }

    /// What the network has done to each leg that comes as RTP.
    pub fn rtp_stats(&self) -> impl Iterator<Item = &ReceiverStats> {
        self.legs.iter().filter_map(Leg::rtp_stats)
    }

    /// What has come in of each leg, as of the latest time that the call was told.
    pub fn receptions(&self) -> Vec<LegReception> {
        self.legs
            .iter()
            .map(|leg| leg.reception(self.now))
            .collect()
    }

    fn live_leg(&self, leg: LegId) -> Option<usize> {
        (!self.ending() && leg.0 < self.legs.len()).then_some(leg.0)
    }

    /// All legs but leg `i`.
    fn others(&self, i: usize) -> impl Iterator<Item = &Leg> {
        let others = self.legs.iter().enumerate();
        others
            .filter(move |(other, _)| *other != i)
            .map(|(_, leg)| leg)
    }

    fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Emit(event));
    }

    fn emit_in_order(&mut self) {
        let open_until = self
            .legs
            .iter()
            .filter_map(|leg| leg.segmenter.speaking_until())
            .min();
        while let Some(events) = self.release.next(open_until) {
            let events = events.into_iter();
            let events = events.filter(|event| !self.second_pass.is_outdated(&event.kind));
            self.outputs.extend(events.map(Output::Emit));
        }
    }
}

/// How long ago, where it is known.
fn since(now: Instant, then: Option<Instant>) -> Option<Duration> {
    then.map(|then| now.saturating_duration_since(then))
}

#[cfg(test)]
mod tests;
