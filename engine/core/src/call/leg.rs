//! One leg of a call: its sound from wherever it comes, up to the cues of its talk spurts.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_media::rtp::{MediaEvent, PayloadMap, Received, Receiver};
use sidetone_types::event::{Event, EventKind, LegState, LegSummary};
use sidetone_types::lang::Lang;
use sidetone_types::party::{Party, Side};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::recognise::{Beginning, Word};
use sidetone_types::time::{MediaTime, as_millis, duration_to_samples};
use sidetone_types::vad::{FRAME, VoiceDetector};

use super::gaps::{Gap, Gaps};
use super::input::{LegInput, Piece, StreamInput};
use super::left_context::Said;
use super::level::Level;
use super::passage::Passage;
use super::utterance::Open;
use super::{CallConfig, since};
use crate::describe::{LegDescription, LegName, Source};
use crate::echo::EchoDetector;
use crate::emotion::{Course, Loudness};
use crate::identity::TypedKeys;
use crate::reception::LegReception;
use crate::recording::Recorder;
use crate::segment::{Cue, Segmenter, Spurt};

/// Silence that stands for a longer one: enough to end what is open. Beyond it time jumps.
const SILENCE_HEARD: Duration = Duration::from_secs(1);
/// A stream without times that nothing came of for so long, and that is behind the other legs by as
/// much, has paused. Less is how large pieces of several legs take turns.
pub(super) const PAUSED: Duration = Duration::from_millis(1_500);
/// A frame may leap ahead by the time since the call was opened and by so much more; what is sent
/// faster than it was spoken may have been cut.
const FURTHEST: Duration = Duration::from_secs(600);
/// How far back the arrival of audio is remembered: longer than an utterance and its recognition.
const ARRIVALS_KEPT: usize = 4_000;
/// Behind a longer pause, words do not follow from those before it.
const FOLLOWS: Duration = Duration::from_secs(10);

pub(super) struct Leg {
    /// How it is named, whoever speaks on it.
    pub name: LegName,
    /// Who speaks on it.
    pub party: Party,
    /// They have left, and nobody has taken their place.
    pub left: bool,
    pub segmenter: Segmenter,
    /// The utterance that goes on.
    pub open: Option<Open>,
    /// What was said on it last, which may be heard again.
    pub passage: Passage,
    /// What was said on it last: what comes next may go on from it.
    said: Option<Said>,
    /// Utterances that gave words, and how long they were.
    pub utterances: u64,
    pub speech: Duration,
    /// How strained its speaker is; absent where nobody may know.
    pub mood: Option<Course>,
    /// The keys that were pressed on it.
    pub typed: TypedKeys,
    /// Kept in calls in which that is followed: it may be the other side's voice.
    pub loudness: Option<Loudness>,
    level: Level,
    input: LegInput,
    detector: Box<dyn VoiceDetector>,
    /// Sound that does not fill a frame yet.
    samples: VecDeque<f32>,
    /// Of a jump in time that has been made.
    cues: Vec<Cue>,
    /// Where time jumps to once `samples` are used up.
    jump: Option<MediaTime>,
    gaps: Gaps,
    /// Up to where audio had come, and when.
    arrivals: VecDeque<(MediaTime, Instant)>,
    /// When the last audio arrived.
    arrival: Instant,
    /// Why it is not listened to; for no reason, it is.
    off: Vec<LegState>,
    /// Up to when what has come would last, were it spoken now: deadlines count from there.
    quiet_since: Instant,
    quiet_told: bool,
    /// Up to where the call had come when the leg was added, or it has sent while it was not
    /// listened to.
    passed: MediaTime,
    /// Sound came while it was not listened to: what is heard next does not follow what was heard
    /// before.
    resumes: bool,
    began: Instant,
    /// The payload type that came instead of media, if one did.
    unsupported: Option<u8>,
}

impl Leg {
    /// A leg of a call that began at `began` and has come to `position` at `now`.
    pub fn new(
        leg: &LegDescription,
        config: &CallConfig,
        detector: Box<dyn VoiceDetector>,
        (began, position, now): (Instant, MediaTime, Instant),
    ) -> Self {
        let input = match &leg.source {
            Source::Rtp(payloads) => LegInput::Rtp(Box::new(Receiver::new(
                payloads.clone(),
                config.jitter.clone(),
                began,
            ))),
            Source::Stream(format) => {
                LegInput::Stream(Box::new(StreamInput::new(*format, position)))
            }
        };
        Self {
            name: leg.name.clone(),
            party: leg.party.clone(),
            left: false,
            segmenter: Segmenter::new(config.segment.clone()),
            open: None,
            passage: Passage::default(),
            said: None,
            utterances: 0,
            speech: Duration::ZERO,
            mood: config.emotion.course(leg.party.role),
            typed: TypedKeys::default(),
            loudness: config.emotion.follows_any().then(Loudness::default),
            level: Level::default(),
            input,
            detector,
            samples: VecDeque::new(),
            cues: Vec::new(),
            jump: None,
            gaps: Gaps::default(),
            arrivals: VecDeque::new(),
            arrival: now,
            off: Vec::new(),
            quiet_since: now,
            quiet_told: false,
            passed: position,
            resumes: false,
            began,
            unsupported: None,
        }
    }

    /// For whom its party speaks.
    pub fn side(&self) -> Side {
        self.party.role.side()
    }

    /// Somebody else speaks on it from `now` on.
    pub fn change_party(&mut self, party: Party, config: &CallConfig, now: Instant) {
        self.quiet_since = self.quiet_since.max(now);
        self.quiet_told = false;
        self.mood = config.emotion.course(party.role);
        self.party = party;
        self.said = None;
        self.left = false;
    }

    /// Takes a datagram that arrived at `at`, which is not after `now`.
    pub fn datagram(&mut self, now: Instant, at: Instant, from: SocketAddr, datagram: &[u8]) {
        // A clock that runs backwards would make packets early that are not.
        self.arrival = at.clamp(self.arrival.min(now), now);
        match self.input.datagram(self.arrival, from, datagram) {
            Received::Media => {
                self.quiet_since = self.quiet_since.max(self.arrival);
                self.quiet_told = false;
                self.unsupported = None;
            }
            Received::Unsupported(payload_type) => self.unsupported = Some(payload_type),
            Received::Other => {}
        }
    }

    /// What may come as RTP from now on. A stream stays what it is.
    pub fn set_payloads(&mut self, payloads: PayloadMap) {
        if let LegInput::Rtp(receiver) = &mut self.input {
            receiver.set_payloads(payloads);
        }
    }

    /// Takes a piece of a streamed message. Without times, the leg of a call whose other legs have
    /// come as far as `others` does not slide against them after a silence.
    pub fn piece(&mut self, piece: &Piece<'_>, others: MediaTime) {
        let Some(stream) = self.input.stream_mut() else {
            return;
        };
        let length = stream.length(piece.message_bytes);
        if piece.begins {
            let waited = piece.arrived.saturating_duration_since(self.quiet_since);
            // The others have come to where this message ends.
            let behind = others.since(stream.position()).saturating_sub(length);
            if piece.at.is_none() && waited >= PAUSED && behind >= PAUSED {
                stream.skip_to(stream.position() + behind.min(waited));
            }
            // Further ahead is a clock of another kind, and would make the leg deaf.
            let elapsed = piece.arrived.saturating_duration_since(self.began);
            let furthest = stream.position() + elapsed + FURTHEST;
            let at = piece.at.filter(|at| *at <= furthest);
            stream.begin_message(piece.arrived, piece.message_bytes, at);
        }
        stream.push(piece.bytes);
        self.arrival = piece.arrived;
        // Who sends a second at a time is not silent in between.
        self.quiet_since = self.quiet_since.max(piece.arrived + length);
        self.quiet_told = false;
    }

    /// Nobody reads the stream at `now`, so that its silence says nothing.
    pub fn unread(&mut self, now: Instant) {
        if self.is_stream() {
            self.quiet_since = self.quiet_since.max(now);
        }
    }

    /// No more will come: what is still held is let out.
    pub fn finish_input(&mut self) {
        self.input.finish();
    }

    /// Whether it is listened to.
    pub fn is_active(&self) -> bool {
        self.off.is_empty() && !self.left
    }

    /// Whether that is a reason why it is not listened to.
    pub fn is_off(&self, why: LegState) -> bool {
        self.off.contains(&why)
    }

    /// A reason why it is not listened to begins or ends. Says how it stands if that has changed.
    pub fn switch(&mut self, why: LegState, on: bool, now: Instant) -> Option<LegState> {
        let before = self.off.last().copied();
        self.off.retain(|other| *other != why);
        if on {
            self.off.push(why);
        }
        let state = self.off.last().copied();
        if state != before {
            // What comes from now on, or does not, is judged from here.
            self.quiet_since = self.quiet_since.max(now);
            self.quiet_told = false;
        }
        (state != before).then_some(state.unwrap_or(LegState::Active))
    }

    /// Its stream goes on at `at`.
    pub fn skip_to(&mut self, at: MediaTime) {
        if let Some(stream) = self.input.stream_mut() {
            stream.skip_to(at);
        }
    }

    /// Takes the next thing its input gives, and tells what is to be told of it. `None` if it gives
    /// nothing.
    pub fn next_media(&mut self, now: Instant) -> Option<Vec<Event>> {
        let media = self.input.poll(now)?;
        if !self.is_active() {
            self.resumes = true;
            let passed = match media {
                MediaEvent::Sound { at, samples } => {
                    // What silence sounds like here has to be known once it is listened to again.
                    for frame in samples.as_chunks::<FRAME>().0 {
                        self.detector.is_voice(frame);
                    }
                    MediaTime::from_samples(at.samples() + samples.len() as u64)
                }
                MediaEvent::Silence { to, .. } => to,
                _ => return Some(Vec::new()),
            };
            self.passed = self.passed.max(passed);
            return Some(Vec::new());
        }
        let mut event = Vec::new();
        match media {
            MediaEvent::Sound { at, samples } => {
                self.catch_up(at);
                self.samples.extend(samples);
                self.arrived();
                event.extend(self.gaps.heard(self.position()).map(|gap| self.gap(gap)));
            }
            MediaEvent::Silence { to, .. } => {
                let length = to.since(self.position());
                self.silence(length.min(SILENCE_HEARD));
                if length > SILENCE_HEARD {
                    self.jump = Some(to);
                }
                self.arrived();
            }
            MediaEvent::Lost { from, to, packets } => {
                event.extend(self.gaps.lost(from, to, packets).map(|gap| self.gap(gap)));
            }
            MediaEvent::Dtmf { at, key, duration } => {
                event.push(self.key(at, key, duration, now));
            }
            MediaEvent::NewSource { at, .. } => {
                // Two voices are not one utterance.
                self.cues.extend(self.segmenter.flush());
                self.said = None;
                event.push(self.event(at, at, None, EventKind::SourceChanged));
            }
            MediaEvent::Restarted { .. } => {}
        }
        Some(event)
    }

    /// A key that was pressed at `at`.
    pub fn key(&self, at: MediaTime, key: char, duration: Duration, now: Instant) -> Event {
        let end = at + duration;
        let kind = EventKind::Dtmf {
            key,
            duration_ms: as_millis(duration),
        };
        self.event(at, end, self.latency(end, now), kind)
    }

    /// The cues of the next 20 ms, or of a jump in time. `None` if there is no whole frame.
    pub fn next_cues(
        &mut self,
        id: usize,
        echo: &mut EchoDetector,
        recorder: Option<&mut Recorder>,
    ) -> Option<Vec<Cue>> {
        if !self.cues.is_empty() {
            return Some(std::mem::take(&mut self.cues));
        }
        if self.samples.len() >= FRAME {
            let mut frame = [0.0; FRAME];
            for (to, from) in frame.iter_mut().zip(self.samples.drain(..FRAME)) {
                *to = from;
            }
            self.level.push(&frame);
            if let Some(recorder) = recorder {
                recorder.hear((id, self.side()), self.segmenter.position(), &frame);
            }
            if let Some(loudness) = &mut self.loudness {
                loudness.push(self.segmenter.position(), &frame);
            }
            let voiced = self.detector.is_voice(&frame);
            let voiced = echo.push(id, self.segmenter.position(), &frame, voiced);
            let confirmed_until = self.confirmed_until();
            return Some(self.segmenter.push(&frame, voiced, confirmed_until));
        }
        let to = self.jump.take()?;
        self.samples.clear();
        Some(self.segmenter.jump(to))
    }

    /// Ends what is open.
    pub fn flush(&mut self) -> Vec<Cue> {
        let mut cues = std::mem::take(&mut self.cues);
        cues.extend(self.segmenter.flush());
        cues
    }

    /// Ends what is open once nothing has come for too long.
    pub fn flush_if_stalled(&mut self, now: Instant, config: &CallConfig) -> Vec<Cue> {
        match self.stalls_at(config) {
            Some(at) if at <= now => self.segmenter.flush(),
            _ => Vec::new(),
        }
    }

    /// Says once that nothing comes.
    pub fn no_media(&mut self, now: Instant, config: &CallConfig) -> Option<Event> {
        if self.no_media_at(config)? > now {
            return None;
        }
        self.quiet_told = true;
        let waited = now.saturating_duration_since(self.quiet_since);
        let at = self.reached();
        let kind = EventKind::NoMedia {
            waited_ms: as_millis(waited),
            payload_type: self.unsupported,
        };
        Some(self.event(at, at, None, kind))
    }

    pub fn deadline(&self, config: &CallConfig) -> Option<Instant> {
        let deadlines = [
            self.input.deadline(),
            self.stalls_at(config),
            self.no_media_at(config),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// When media last came; when the call was opened, if none has.
    pub fn last_media(&self) -> Instant {
        self.quiet_since
    }

    /// From the arrival of the audio at `end` until `now`.
    pub fn latency(&self, end: MediaTime, now: Instant) -> Option<Duration> {
        let at = self.arrivals.partition_point(|(until, _)| *until < end);
        since(
            now,
            self.arrivals
                .get(at)
                .or(self.arrivals.back())
                .map(|(_, when)| *when),
        )
    }

    /// Whether its audio comes as a stream.
    pub fn is_stream(&self) -> bool {
        self.input.stream().is_some()
    }

    pub fn close_gap(&mut self) -> Option<Event> {
        self.gaps.close().map(|gap| self.gap(gap))
    }

    pub fn rtp_stats(&self) -> Option<&ReceiverStats> {
        self.input.rtp_stats()
    }

    pub fn summary(&self) -> LegSummary {
        let rtp = self.rtp_stats().cloned();
        let late = self
            .input
            .stream()
            .map_or(Duration::ZERO, StreamInput::late);
        LegSummary {
            role: self.party.role,
            party: self.party.id.clone(),
            utterances: self.utterances,
            speech_ms: as_millis(self.speech),
            late_ms: as_millis(late),
            rtp,
        }
    }

    /// What has come in by `now`.
    pub fn reception(&self, now: Instant) -> LegReception {
        let quiet = now.saturating_duration_since(self.quiet_since);
        LegReception {
            role: self.party.role,
            party: self.party.id.to_string(),
            off: !self.is_active(),
            quiet_ms: as_millis(quiet),
            loudest_db: self.level.loudest_db(),
            heard_ms: as_millis(self.level.heard()),
            sound_ms: as_millis(self.level.sound()),
            ..self.input.reception()
        }
    }

    /// Up to where it has been heard, or has sent while it was not listened to.
    pub fn passed(&self) -> MediaTime {
        self.segmenter.position().max(self.passed)
    }

    /// Up to where it has come, heard or not.
    pub fn reached(&self) -> MediaTime {
        self.position().max(self.passed)
    }

    /// Up to where audio has come.
    fn position(&self) -> MediaTime {
        let queued = MediaTime::from_samples(
            self.segmenter.position().samples() + self.samples.len() as u64,
        );
        self.jump.map_or(queued, |to| to.max(queued))
    }

    /// Counts an utterance with words, and how long it was.
    pub fn count_speech(&mut self, length: Duration) {
        self.utterances += 1;
        self.speech += length;
    }

    /// Keeps what was heard of an utterance: what is said next may follow from it. Answers come in any
    /// order.
    pub fn keep_said(&mut self, spurt: &Spurt, lang: Lang, words: &[Word], close: Duration) {
        if self.said().is_none_or(|last| last.end() < spurt.end) {
            let before = self.said.take();
            self.said = Some(Said::new(spurt, lang, words, (before, close)));
        }
    }

    /// What was said on it last, as far as that is known.
    pub fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    /// The words on it that an utterance from `start` on may follow from.
    pub fn said_before(&self, start: MediaTime) -> Option<Beginning> {
        let said = self.said()?;
        (said.end() <= start && start.since(said.end()) < FOLLOWS).then(|| said.words())
    }

    /// Goes to `at`, where the next sound begins. All frames before it have been judged.
    fn catch_up(&mut self, at: MediaTime) {
        let missing = at.since(self.position());
        let first = self.segmenter.position() == MediaTime::ZERO;
        let resumes = std::mem::replace(&mut self.resumes, false);
        if missing.is_zero() {
        } else if first || resumes || missing > SILENCE_HEARD {
            // The first sound sets the grid of frames, so that the same sound is cut the same way
            // whenever it begins.
            self.samples.clear();
            self.cues.extend(self.segmenter.jump(at));
        } else {
            self.silence(missing);
        }
    }

    fn silence(&mut self, length: Duration) {
        self.samples.extend(std::iter::repeat_n(
            0.0,
            duration_to_samples(length) as usize,
        ));
    }

    fn arrived(&mut self) {
        if self.arrivals.len() == ARRIVALS_KEPT {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((self.position(), self.arrival));
    }

    fn confirmed_until(&self) -> MediaTime {
        match &self.open {
            Some(open) => self.segmenter.audio_start() + open.agreement.confirmed_until(),
            None => MediaTime::ZERO,
        }
    }

    fn stalls_at(&self, config: &CallConfig) -> Option<Instant> {
        let speaking = self.segmenter.speaking_until().is_some();
        speaking.then(|| self.quiet_since + config.stall())
    }

    fn no_media_at(&self, config: &CallConfig) -> Option<Instant> {
        let due = !self.quiet_told && self.is_active();
        due.then(|| self.quiet_since + config.no_media())
    }

    fn gap(&self, gap: Gap) -> Event {
        let kind = EventKind::Gap {
            lost_packets: gap.packets,
            lost_ms: gap.lost_ms(),
        };
        self.event(gap.start, gap.end, None, kind)
    }

    /// Something that happens on this leg now.
    pub fn event(
        &self,
        start: MediaTime,
        end: MediaTime,
        latency: Option<Duration>,
        kind: EventKind,
    ) -> Event {
        event(&self.party, start, end, latency, kind)
    }
}

/// Something that `party` did.
pub(super) fn event(
    party: &Party,
    start: MediaTime,
    end: MediaTime,
    latency: Option<Duration>,
    kind: EventKind,
) -> Event {
    Event {
        role: Some(party.role),
        party: party.id.clone(),
        start,
        end: end.max(start),
        latency,
        kind,
    }
}
