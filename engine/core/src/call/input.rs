//! Where a leg's sound comes from, put on the call's timeline.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_media::audio::StreamDecoder;
use sidetone_media::rtp::{MediaEvent, Received, Receiver};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::time::{MediaTime, duration_to_samples, samples_to_duration};

/// Times of frames are rounded and jitter: what is off by less than this continues what came before.
const FRAME_JITTER: Duration = Duration::from_millis(60);

/// A leg's source of sound.
pub(super) enum LegInput {
    Rtp(Box<Receiver>),
    Stream(Box<StreamInput>),
}

/// A leg that comes as a stream of samples.
pub(super) struct StreamInput {
    decoder: StreamDecoder,
    decoded: Vec<f32>,
    /// Where the next sample stands.
    next: MediaTime,
    /// Audio that came after its time, and was left out.
    late: Duration,
    over: bool,
}

impl StreamInput {
    /// A stream whose first sample stands at `next` unless its frame says otherwise.
    pub fn new(decoder: StreamDecoder, next: MediaTime) -> Self {
        Self {
            decoder,
            decoded: Vec::new(),
            next,
            late: Duration::ZERO,
            over: false,
        }
    }

    /// Takes the next frame. With `at`, it begins there; without, it goes on where the last one ended. Says
    /// how long it is.
    pub fn push(&mut self, at: Option<MediaTime>, bytes: &[u8]) -> Duration {
        let mut samples = self.decoder.push(bytes);
        let length = samples_to_duration(samples.len() as u64);
        if let Some(at) = at {
            let overlap = self.next.since(at);
            if overlap > FRAME_JITTER {
                // The past is told already: only what reaches beyond it is heard.
                let known = duration_to_samples(overlap).min(samples.len() as u64);
                samples.drain(..known as usize);
                self.late += samples_to_duration(known);
            } else if at.since(self.next) > FRAME_JITTER {
                self.next = at;
            }
        }
        self.decoded.extend(samples);
        length
    }

    /// Moves ahead to `at`: what comes next was said after a silence.
    pub fn skip_to(&mut self, at: MediaTime) {
        self.next = self.next.max(at);
    }

    /// Where the next sample stands.
    pub fn position(&self) -> MediaTime {
        self.next
    }

    /// Audio that came after its time, and was left out.
    pub fn late(&self) -> Duration {
        self.late
    }

    fn finish(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.decoded.extend(self.decoder.flush());
        }
    }

    fn poll(&mut self) -> Option<MediaEvent> {
        if self.decoded.is_empty() {
            return None;
        }
        let samples = std::mem::take(&mut self.decoded);
        let at = self.next;
        self.next = at + samples_to_duration(samples.len() as u64);
        Some(MediaEvent::Sound { at, samples })
    }
}

impl LegInput {
    /// Takes a datagram that arrived at `at`. A stream has none.
    pub fn datagram(&mut self, at: Instant, from: SocketAddr, datagram: &[u8]) -> Received {
        match self {
            Self::Rtp(receiver) => receiver.push(at, from, datagram),
            Self::Stream(_) => Received::Other,
        }
    }

    /// What came next; `None` if nothing has.
    pub fn poll(&mut self, now: Instant) -> Option<MediaEvent> {
        match self {
            Self::Rtp(receiver) => receiver.poll(now),
            Self::Stream(stream) => stream.poll(),
        }
    }

    /// No more will come: what is still held is let out.
    pub fn finish(&mut self) {
        match self {
            Self::Stream(stream) => stream.finish(),
            // Whatever is missing before the packets that still wait will not come any more.
            Self::Rtp(receiver) => receiver.finish(),
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Rtp(receiver) => receiver.deadline(),
            Self::Stream(_) => None,
        }
    }

    pub fn rtp_stats(&self) -> Option<&ReceiverStats> {
        match self {
            Self::Rtp(receiver) => Some(receiver.stats()),
            Self::Stream(_) => None,
        }
    }

    pub fn stream(&self) -> Option<&StreamInput> {
        match self {
            Self::Stream(stream) => Some(stream),
            Self::Rtp(_) => None,
        }
    }

    pub fn stream_mut(&mut self) -> Option<&mut StreamInput> {
        match self {
            Self::Stream(stream) => Some(stream),
            Self::Rtp(_) => None,
        }
    }
}
