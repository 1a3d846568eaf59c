//! One side of a call: its sound from wherever it comes, up to the cues of its talk spurts.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::gaps::{Gap, Gaps};
use super::utterance::Open;
use super::{CallConfig, since};
use crate::describe::{LegDescription, Source};
use crate::emotion::{Course, Loudness};
use crate::segment::{Cue, Segmenter};
use sidetone_media::audio::StreamDecoder;
use sidetone_media::rtp::{MediaEvent, Received, Receiver};
use sidetone_types::event::{Event, EventKind, LegSummary};
use sidetone_types::party::Role;
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::time::{MediaTime, as_millis, duration_to_samples, samples_to_duration};
use sidetone_types::vad::{FRAME, VoiceDetector};

/// Silence that stands for a longer one: enough to end what is open. Beyond it time jumps.
const SILENCE_HEARD: Duration = Duration::from_secs(1);
/// How far back the arrival of audio is remembered: longer than an utterance and its recognition.
const ARRIVALS_KEPT: usize = 4_000;

pub(super) struct Leg {
    pub role: Role,
    pub segmenter: Segmenter,
    /// The utterance that goes on.
    pub open: Option<Open>,
    /// Utterances that gave words, and how long they were.
    pub utterances: u64,
    pub speech: Duration,
    /// How its mood goes; absent where nobody may know.
    pub mood: Option<Course>,
    /// Kept in calls in which a mood is read: it may be the other side's voice.
    pub loudness: Option<Loudness>,
    ears: LegInput,
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
    /// Up to when what has come would last, were it spoken now: deadlines count from there.
    quiet_since: Instant,
    quiet_told: bool,
    /// The payload type that came instead of media, if one did.
    unsupported: Option<u8>,
}

enum LegInput {
    Rtp(Box<Receiver>),
    Stream {
        decoder: Box<StreamDecoder>,
        decoded: Vec<f32>,
        over: bool,
    },
}

impl Leg {
    pub fn new(
        leg: &LegDescription,
        config: &CallConfig,
        detector: Box<dyn VoiceDetector>,
        now: Instant,
    ) -> Self {
        let ears = match &leg.source {
            Source::Rtp(payloads) => LegInput::Rtp(Box::new(Receiver::new(
                payloads.clone(),
                config.jitter.clone(),
                now,
            ))),
            Source::Stream(format) => LegInput::Stream {
                decoder: Box::new(StreamDecoder::new(*format)),
                decoded: Vec::new(),
                over: false,
            },
        };
        Self {
            role: leg.role,
            segmenter: Segmenter::new(config.segment.clone()),
            open: None,
            utterances: 0,
            speech: Duration::ZERO,
            mood: config.emotion.reads(leg.role).then(Course::default),
            loudness: config.emotion.reads_any().then(Loudness::default),
            ears,
            detector,
            samples: VecDeque::new(),
            cues: Vec::new(),
            jump: None,
            gaps: Gaps::default(),
            arrivals: VecDeque::new(),
            quiet_since: now,
            quiet_told: false,
            unsupported: None,
        }
    }

    pub fn datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        if let LegInput::Rtp(receiver) = &mut self.ears {
            match receiver.push(now, from, datagram) {
                Received::Media => {
                    self.quiet_since = now;
                    self.quiet_told = false;
                    self.unsupported = None;
                }
                Received::Unsupported(payload_type) => self.unsupported = Some(payload_type),
                Received::Other => {}
            }
        }
    }

    pub fn samples(&mut self, now: Instant, bytes: &[u8]) {
        if let LegInput::Stream {
            decoder, decoded, ..
        } = &mut self.ears
        {
            let samples = decoder.push(bytes);
            let length = samples_to_duration(samples.len() as u64);
            decoded.extend(samples);
            // Who sends a second at a time is not silent in between.
            self.quiet_since = self.quiet_since.max(now + length);
            self.quiet_told = false;
        }
    }

    /// Nobody reads the stream at `now`, so that its silence says nothing.
    pub fn unread(&mut self, now: Instant) {
        if self.is_stream() {
            self.quiet_since = self.quiet_since.max(now);
        }
    }

    /// No more will come: what the decoder still holds is let out.
    pub fn finish_input(&mut self) {
        match &mut self.ears {
            LegInput::Stream {
                decoder,
                decoded,
                over,
            } => {
                if !std::mem::replace(over, true) {
                    decoded.extend(decoder.flush());
                }
            }
            // Whatever is missing before the packets that still wait will not come any more.
            LegInput::Rtp(receiver) => receiver.finish(),
        }
    }

    /// Takes the next thing the ears give, and tells what is to be told of it. `None` if they give nothing.
    pub fn hear(&mut self, now: Instant) -> Option<Vec<Event>> {
        let heard = match &mut self.ears {
            LegInput::Rtp(receiver) => receiver.poll(now)?,
            LegInput::Stream { decoded, .. } if decoded.is_empty() => return None,
            LegInput::Stream { decoded, .. } => MediaEvent::Sound {
                at: self.segmenter.position(),
                samples: std::mem::take(decoded),
            },
        };
        let mut event = Vec::new();
        match heard {
            MediaEvent::Sound { at, samples } => {
                self.catch_up(at);
                self.samples.extend(samples);
                self.arrived(now);
                event.extend(self.gaps.heard(self.position()).map(|gap| self.gap(gap)));
            }
            MediaEvent::Silence { to, .. } => {
                let length = to.since(self.position());
                self.silence(length.min(SILENCE_HEARD));
                if length > SILENCE_HEARD {
                    self.jump = Some(to);
                }
                self.arrived(now);
            }
            MediaEvent::Lost { from, to, packets } => {
                event.extend(self.gaps.lost(from, to, packets).map(|gap| self.gap(gap)));
            }
            MediaEvent::Dtmf { at, key, duration } => {
                let end = at + duration;
                let kind = EventKind::Dtmf {
                    key,
                    duration_ms: as_millis(duration),
                };
                event.push(self::event(
                    self.role,
                    at,
                    end,
                    self.latency(end, now),
                    kind,
                ));
            }
            MediaEvent::Restarted { .. } | MediaEvent::NewSource { .. } => {}
        }
        Some(event)
    }

    /// The cues of the next 20 ms, or of a jump in time. `None` if there is no whole frame.
    pub fn next_cues(&mut self) -> Option<Vec<Cue>> {
        if !self.cues.is_empty() {
            return Some(std::mem::take(&mut self.cues));
        }
        if self.samples.len() >= FRAME {
            let mut frame = [0.0; FRAME];
            for (to, from) in frame.iter_mut().zip(self.samples.drain(..FRAME)) {
                *to = from;
            }
            if let Some(loudness) = &mut self.loudness {
                loudness.hear(self.segmenter.position(), &frame);
            }
            let voiced = self.detector.is_voice(&frame);
            let confirmed_until = self.confirmed_until();
            return Some(self.segmenter.push(&frame, voiced, confirmed_until));
        }
        let to = self.jump.take()?;
        self.samples.clear();
        Some(self.segmenter.jump(to))
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
        let at = self.position();
        Some(event(
            self.role,
            at,
            at,
            None,
            EventKind::NoMedia {
                waited_ms: as_millis(waited),
                payload_type: self.unsupported,
            },
        ))
    }

    pub fn deadline(&self, config: &CallConfig) -> Option<Instant> {
        let receiver = match &self.ears {
            LegInput::Rtp(receiver) => receiver.deadline(),
            LegInput::Stream { .. } => None,
        };
        [receiver, self.stalls_at(config), self.no_media_at(config)]
            .into_iter()
            .flatten()
            .min()
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
        matches!(self.ears, LegInput::Stream { .. })
    }

    pub fn close_gap(&mut self) -> Option<Event> {
        self.gaps.close().map(|gap| self.gap(gap))
    }

    pub fn rtp_stats(&self) -> Option<&ReceiverStats> {
        match &self.ears {
            LegInput::Rtp(receiver) => Some(receiver.stats()),
            LegInput::Stream { .. } => None,
        }
    }

    pub fn summary(&self) -> LegSummary {
        let rtp = self.rtp_stats().cloned();
        LegSummary {
            role: self.role,
            utterances: self.utterances,
            speech_ms: as_millis(self.speech),
            rtp,
        }
    }

    /// Up to where audio has come.
    fn position(&self) -> MediaTime {
        let queued = MediaTime::from_samples(
            self.segmenter.position().samples() + self.samples.len() as u64,
        );
        self.jump.map_or(queued, |to| to.max(queued))
    }

    /// Goes to `at`, where the next sound begins. All frames before it have been judged.
    fn catch_up(&mut self, at: MediaTime) {
        let missing = at.since(self.position());
        let first = self.segmenter.position() == MediaTime::ZERO;
        if missing.is_zero() {
        } else if first || missing > SILENCE_HEARD {
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

    fn arrived(&mut self, now: Instant) {
        if self.arrivals.len() == ARRIVALS_KEPT {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((self.position(), now));
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
        (!self.quiet_told).then(|| self.quiet_since + config.no_media())
    }

    fn gap(&self, gap: Gap) -> Event {
        let kind = EventKind::Gap {
            lost_packets: gap.packets,
            lost_ms: gap.lost_ms(),
        };
        event(self.role, gap.start, gap.end, None, kind)
    }
}

pub(super) fn event(
    role: Role,
    start: MediaTime,
    end: MediaTime,
    latency: Option<Duration>,
    kind: EventKind,
) -> Event {
    Event {
        role: Some(role),
        start,
        end: end.max(start),
        latency,
        kind,
    }
}
