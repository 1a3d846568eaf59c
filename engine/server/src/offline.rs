//! Recordings and captured calls through the very same pipeline as calls, as fast as it can take
//! them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::civil::DateTime;
use sidetone_core::call::{Call, CallConfig, Input, Output, Piece};
use sidetone_core::describe::{CallDescription, DescriptionError, LegDescription, Source};
use sidetone_media::audio::{ClockRate, StreamFormat, pcm};
use sidetone_media::capture::Arrival;
use sidetone_types::customer::Customer;
use sidetone_types::event::{EndReason, Event, EventId, EventRecord, RunId};
use sidetone_types::id::{CallId, JobId, LegId};
use sidetone_types::lang::{ChineseScript, Lang, LanguageTag};
use sidetone_types::party::{Direction, Party, PhoneNumber, Role};
use sidetone_types::recognise::{Hypothesis, Job, Phrase, Purpose, RecogniseError, Vocabulary};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::audio_file::Recording;
use crate::knowledge::Knowledge;
use crate::recognition::{Client, Detectors, Inference, Recogniser, Reply};

/// Pieces in which a leg's audio is handed over, per second: 20 ms, as calls come.
const PIECES_PER_SECOND: u32 = 50;

/// How to listen to a recording.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Languages that may be spoken.
    pub languages: Vec<LanguageTag>,
    /// Words and names to favour.
    pub vocabulary: Arc<[Phrase]>,
    /// Whether words are wanted while they are still being said.
    pub partials: bool,
    /// Who speaks on a recording of one channel. Of two, left is the agent and right the customer.
    pub mono: Role,
}

/// A recording as a call.
pub struct OfflineCall {
    /// Its name.
    pub id: CallId,
    /// What is known of it. Its legs are those of [`Listening::describe`].
    pub description: CallDescription,
    /// What it is helped by, if more than its words is wanted.
    pub assist: Option<OfflineAssist>,
}

/// What a recording is helped by.
pub struct OfflineAssist {
    /// Rules and articles.
    pub knowledge: Arc<Knowledge>,
    /// The day and time at which the call began.
    pub began: DateTime,
    /// Whom it is with, if anybody knows.
    pub customer: Option<Customer>,
}

/// When words of recordings are due.
const NO_HURRY_MS: u32 = u32::MAX;

/// Runs recordings as calls. Shared by as many threads as run calls at once.
pub struct Offline<'a> {
    inference: &'a Inference,
    detectors: Detectors,
    config: CallConfig,
    /// Whether an utterance is looked at in each of its pauses, before it might be over. A call with
    /// partials always is: its words, and where it ends, depend on that.
    looks_at_pauses: bool,
}

impl<'a> Offline<'a> {
    /// Recognises with `inference`, and listens as `config` says. The recogniser may take the time
    /// it needs. With partials pauses are looked at as in live calls, without them only where an
    /// utterance might be over.
    pub fn new(inference: &'a Inference, detectors: Detectors, mut config: CallConfig) -> Self {
        for patience in [
            &mut config.final_due_ms,
            &mut config.partials.first_due_ms,
            &mut config.partials.due_ms,
        ] {
            *patience = NO_HURRY_MS;
        }
        Self {
            looks_at_pauses: false,
            ..Self::in_haste(inference, detectors, config)
        }
    }

    /// The same, with words due when those of calls are.
    pub fn in_haste(
        inference: &'a Inference,
        detectors: Detectors,
        mut config: CallConfig,
    ) -> Self {
        // The last words are waited for.
        config.drain_ms = NO_HURRY_MS;
        config.final_timeout_ms = NO_HURRY_MS;
        config.second_pass.due_ms = NO_HURRY_MS;
        Self {
            inference,
            detectors,
            config,
            looks_at_pauses: true,
        }
    }

    /// Listens to `recording` as one call of this id, without any assist. See [`Self::run_call`].
    pub fn run(
        &self,
        call_id: CallId,
        recording: &Recording,
        how: &Listening,
        tell: impl FnMut(EventRecord),
    ) -> Result<(), DescriptionError> {
        let call = OfflineCall {
            id: call_id,
            description: how.describe(recording),
            assist: None,
        };
        self.run_call(&call, recording, tell)
    }

    /// Runs `recording` as one call, from its first event to its last, and tells each as it comes.
    ///
    /// Blocks. Events are numbered from 1, as those of an engine with this one call, and apart from
    /// latencies and wall-clock times they are the same each time: with partials the recogniser is
    /// waited for after every piece, or utterances would be over before their first words came.
    pub fn run_call(
        &self,
        call: &OfflineCall,
        recording: &Recording,
        tell: impl FnMut(EventRecord),
    ) -> Result<(), DescriptionError> {
        let rate = rate(recording);
        call.description.check()?;
        let channels = recording.at_rate(rate.hz()).channels;
        let legs: Vec<Vec<u8>> = channels.iter().map(|samples| bytes(samples)).collect();
        let mut run = self.begin(call, Clock::Real, self.config.clone(), tell);
        let piece = (rate.hz() / PIECES_PER_SECOND) as usize * 2;
        run.feed(&legs, piece);
        run.end();
        Ok(())
    }

    /// Runs the datagrams of one call in the order of `arrivals`, each at its time: what was lost,
    /// late or out of order is so again. The legs of the description come as RTP, in the order of
    /// the voices.
    ///
    /// Otherwise like [`Self::run_call`]. The call lasts as long as its datagrams: no silence between
    /// them ends it.
    pub fn run_datagrams(
        &self,
        call: &OfflineCall,
        arrivals: &[Arrival<'_>],
        tell: impl FnMut(EventRecord),
    ) -> Result<(), DescriptionError> {
        call.description.check()?;
        let began = Instant::now();
        let config = CallConfig {
            media_timeout_ms: NO_HURRY_MS,
            ..self.config.clone()
        };
        let mut run = self.begin(call, Clock::Told(began), config, tell);
        for arrival in arrivals {
            run.pass_to(began + arrival.at);
            run.handle(Input::Datagram {
                leg: LegId(arrival.voice),
                from: arrival.from,
                at: began + arrival.at,
                bytes: &arrival.bytes,
            });
            run.settle();
        }
        run.end();
        Ok(())
    }

    fn begin<T: FnMut(EventRecord)>(
        &self,
        call: &OfflineCall,
        clock: Clock,
        mut config: CallConfig,
        tell: T,
    ) -> Run<T> {
        if !self.looks_at_pauses && !call.description.partials {
            config.segment.pause_ms = config.segment.end_silence_ms;
        }
        let (answers, replies) = unbounded_channel();
        let (description, assist) = (&call.description, call.assist.as_ref());
        let mut run = Run {
            call: Call::new(
                description,
                config,
                assist.map(|assist| {
                    assist
                        .knowledge
                        .helpers_on(assist.began, &description.spoken())
                }),
                || (self.detectors)(),
                clock.now(),
            ),
            clock,
            partials: description.partials,
            knowledge: assist.map(|assist| assist.knowledge.clone()),
            recogniser: self.inference.client(answers),
            replies,
            asked: HashSet::new(),
            call_id: call.id.clone(),
            agent_id: description.agent_id.clone(),
            event: 0,
            tell,
        };
        if let Some(customer) = assist.and_then(|assist| assist.customer.clone()) {
            run.handle(Input::Customer(customer));
        }
        run
    }

    /// Recognises `audio` as one utterance, without looking for where speech begins and ends.
    ///
    /// `audio` is mono, 16 kHz, in [-1, 1], and at most 30 s long. Blocks.
    pub fn hear_whole(
        &self,
        audio: Arc<[f32]>,
        how: &Listening,
    ) -> Result<Hypothesis, RecogniseError> {
        let (answers, mut replies) = unbounded_channel();
        let job = Job {
            purpose: Purpose::Final,
            due: Instant::now() + Duration::from_millis(NO_HURRY_MS.into()),
            audio,
            languages: how.languages.iter().map(|tag| tag.lang).collect(),
            script: how.script(),
            confirmed: None,
            expected: None,
            before: None,
            left_context: None,
            kept: None,
            vocabulary: Vocabulary {
                shared: how.vocabulary.clone(),
                ..Vocabulary::default()
            },
            voice: None,
        };
        self.inference.client(answers).recognise(JobId(1), job);
        match replies.blocking_recv() {
            Some((_, Reply::Done(answer))) => answer,
            Some((_, Reply::Shed)) => unreachable!("finals are never shed"),
            None => Err(RecogniseError("the recogniser has stopped".to_owned())),
        }
    }
}

/// What time it is for a call.
#[derive(Clone, Copy)]
enum Clock {
    /// As it is.
    Real,
    /// As it was.
    Told(Instant),
}

impl Clock {
    fn now(self) -> Instant {
        match self {
            Self::Real => Instant::now(),
            Self::Told(now) => now,
        }
    }
}

/// One call on its way through.
struct Run<T> {
    call: Call,
    clock: Clock,
    partials: bool,
    recogniser: Client,
    replies: UnboundedReceiver<(JobId, Reply)>,
    /// Jobs without a reply yet.
    asked: HashSet<JobId>,
    knowledge: Option<Arc<Knowledge>>,
    call_id: CallId,
    agent_id: String,
    event: u64,
    tell: T,
}

impl<T: FnMut(EventRecord)> Run<T> {
    /// Hands over the audio of all legs side by side, `piece` bytes at a time.
    fn feed(&mut self, legs: &[Vec<u8>], piece: usize) {
        let longest = legs.iter().map(Vec::len).max().unwrap_or(0);
        for start in (0..longest).step_by(piece) {
            for (leg, audio) in legs.iter().enumerate() {
                let end = audio.len().min(start + piece);
                if start < end {
                    let piece = Piece::whole(Instant::now(), None, &audio[start..end]);
                    self.handle(Input::Audio(LegId(leg), piece));
                }
            }
            self.settle();
        }
    }

    /// Takes what has been recognised, and waits for what the call needs before it hears more.
    fn settle(&mut self) {
        while let Ok(reply) = self.replies.try_recv() {
            self.take(reply);
        }
        while !self.call.wants_audio()
            || self.call.awaits_look()
            || self.call.awaits_words()
            || (self.partials && !self.asked.is_empty())
        {
            self.wait();
        }
    }

    /// Lets time pass up to `now`, with all that is due until then.
    fn pass_to(&mut self, now: Instant) {
        let mut before = None;
        while let Some(due) = self.call.deadline().filter(|due| *due <= now) {
            // What is due and cannot be done now will be with the next datagram.
            if before.replace(due) == Some(due) {
                break;
            }
            self.clock = Clock::Told(due.max(self.clock.now()));
            self.handle(Input::Tick);
            self.settle();
        }
        self.clock = Clock::Told(now.max(self.clock.now()));
    }

    /// Hangs up and waits for the last words.
    fn end(&mut self) {
        self.handle(Input::HangUp(EndReason::EndOfAudio));
        while !self.call.ended() {
            self.wait();
        }
    }

    /// Waits for the next reply.
    fn wait(&mut self) {
        let reply = self.replies.blocking_recv();
        self.take(reply.expect("the recogniser's client lives in here and holds the sender"));
    }

    fn take(&mut self, (job, reply): (JobId, Reply)) {
        self.asked.remove(&job);
        self.handle(match reply {
            Reply::Done(answer) => Input::Answer(job, answer),
            Reply::Shed => Input::Shed(job),
        });
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.clock.now();
        self.call.handle(now, input);
        while let Some(output) = self.call.poll() {
            match output {
                Output::Emit(event) => self.emit(event),
                Output::Recognise(id, job) => {
                    self.asked.insert(id);
                    self.recogniser.recognise(id, job);
                }
                Output::Promote(id) => self.recogniser.promote(id),
                Output::Cancel(id) => {
                    self.asked.remove(&id);
                    self.recogniser.cancel(id);
                }
                // There is no CRM here.
                Output::LookFor(..) => {}
                Output::Search(query) => {
                    let fits = self
                        .knowledge
                        .as_ref()
                        .map(|knowledge| knowledge.search(&query));
                    let found = Input::Found(query.id, fits.unwrap_or_default());
                    self.call.handle(now, found);
                }
                Output::Summarise(task) => {
                    self.call.handle(now, Input::Summary(task.draft));
                }
                Output::Rejected(_) | Output::Record(_) => {}
            }
        }
    }

    fn emit(&mut self, event: Event) {
        self.event += 1;
        (self.tell)(EventRecord {
            id: EventId {
                run: RunId::NONE,
                seq: self.event,
            },
            call_id: self.call_id.clone(),
            agent_id: self.agent_id.clone(),
            wall_time: SystemTime::now(),
            event,
        });
    }
}

impl Listening {
    /// How Chinese is to be written.
    fn script(&self) -> ChineseScript {
        let chinese = self.languages.iter().find(|tag| tag.lang == Lang::ZH);
        chinese.map_or_else(ChineseScript::default, |tag| tag.script)
    }

    /// A recording as the call it is of.
    pub fn describe(&self, recording: &Recording) -> CallDescription {
        let roles = match recording.channels.len() {
            1 => vec![self.mono],
            _ => vec![Role::Agent, Role::Customer],
        };
        let source = || Source::Stream(StreamFormat::Linear16(rate(recording).into()));
        let leg = |role| LegDescription::new(Party::of_role(role), source());
        CallDescription {
            recording: Default::default(),
            caller: PhoneNumber::default(),
            callee: PhoneNumber::default(),
            agent_id: String::new(),
            direction: Direction::Unknown,
            languages: self.languages.clone(),
            vocabulary: self.vocabulary.to_vec(),
            metadata: Default::default(),
            legs: roles.into_iter().map(leg).collect(),
            partials: self.partials,
        }
    }
}

/// The rate at which a recording is handed over.
pub(crate) fn rate(recording: &Recording) -> ClockRate {
    match recording.rate_hz {
        8_000 => ClockRate::Hz8000,
        _ => ClockRate::Hz16000,
    }
}

/// 16 bit, little endian.
pub(crate) fn bytes(samples: &[f32]) -> Vec<u8> {
    let samples = samples.iter();
    samples
        .flat_map(|sample| pcm::to_i16(*sample).to_le_bytes())
        .collect()
}

impl Recogniser {
    /// A way to run recordings through it, for which it takes the time it needs.
    pub fn offline(&self) -> Offline<'_> {
        Offline::new(&self.inference, self.detectors.clone(), self.call.clone())
    }

    /// A way to run recordings through it as if somebody waited for their words. Nothing is heard
    /// again for the record, which nobody waits for.
    pub fn offline_in_haste(&self) -> Offline<'_> {
        let mut config = self.call.clone();
        config.second_pass.enabled = false;
        Offline::in_haste(&self.inference, self.detectors.clone(), config)
    }
}

#[cfg(test)]
mod tests;
