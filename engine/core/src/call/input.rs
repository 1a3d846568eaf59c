//! Where a leg's sound comes from, put on the call's timeline.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::reception::{LegReception, PayloadReception};
use sidetone_media::audio::{Pace, StreamDecoder, StreamFormat};
use sidetone_media::rtp::{MediaEvent, Received, Receiver};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::time::{MediaTime, duration_to_samples, samples_to_duration};

/// Times of frames are rounded and jitter: what is off by less than this continues what came
/// before.
const FRAME_JITTER: Duration = Duration::from_millis(60);

/// A leg's source of sound.
pub(super) enum LegInput {
    Rtp(Box<Receiver>),
    Stream(Box<StreamInput>),
}

/// A piece of a leg's audio that came over a stream.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// When the message arrived that it is a part of.
    pub arrived: Instant,
    /// Where on the call's timeline that message begins. Without, it goes on where the last one
    /// ended.
    pub at: Option<MediaTime>,
    /// How long that message is.
    pub message_bytes: usize,
    /// Whether it is the first piece of it.
    pub begins: bool,
    /// As they came, in the format of the leg, cut anywhere.
    pub bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    /// A whole message.
    pub fn whole(arrived: Instant, at: Option<MediaTime>, bytes: &'a [u8]) -> Self {
        Self {
            arrived,
            at,
            message_bytes: bytes.len(),
            begins: true,
            bytes,
        }
    }
}

impl std::fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({:?}, {} bytes)", self.at, self.bytes.len())
    }
}

/// A leg that comes as a stream of samples.
pub(super) struct StreamInput {
    format: StreamFormat,
    decoder: StreamDecoder,
    bytes_per_second: u64,
    /// Messages that have begun, and the bytes of all of them.
    messages: u64,
    bytes: u64,
    pace: Pace,
    decoded: Vec<f32>,
    /// Where the next sample stands.
    next: MediaTime,
    /// Where what comes next of a message stands that said when it began.
    message: Option<MediaTime>,
    /// Audio that came after its time, and was left out.
    late: Duration,
    over: bool,
}

impl StreamInput {
    /// A stream whose first sample stands at `next` unless its message says otherwise.
    pub fn new(format: StreamFormat, next: MediaTime) -> Self {
        Self {
            format,
            decoder: StreamDecoder::new(format),
            bytes_per_second: format.bytes_per_second() as u64,
            messages: 0,
            bytes: 0,
            pace: Pace::default(),
            decoded: Vec::new(),
            next,
            message: None,
            late: Duration::ZERO,
            over: false,
        }
    }

    /// How long so many bytes last.
    pub fn length(&self, bytes: usize) -> Duration {
        Duration::from_micros(bytes as u64 * 1_000_000 / self.bytes_per_second)
    }

    /// What is pushed next begins a message of so many bytes that has `arrived`; it begins at `at` if
    /// that is known.
    pub fn begin_message(&mut self, arrived: Instant, bytes: usize, at: Option<MediaTime>) {
        self.messages += 1;
        self.bytes += bytes as u64;
        let length = self.length(bytes);
        self.pace.push(arrived, length, Some(length));
        self.message = at;
    }

    /// Takes the next piece of a message.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut samples = self.decoder.push(bytes);
        if let Some(at) = self.message {
            self.message = Some(at + self.length(bytes.len()));
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

    fn reception(&self) -> LegReception {
        let payload = PayloadReception {
            payload_type: None,
            coding: Some(self.format.rtpmap()),
            packets: self.messages,
        };
        LegReception {
            packets: self.messages,
            bytes: self.bytes,
            payloads: (self.messages > 0).then_some(payload).into_iter().collect(),
            byte_order: self.decoder.order(),
            speed: self.pace.speed(),
            ..LegReception::default()
        }
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

    /// What has come in, as far as the input knows.
    pub fn reception(&self) -> LegReception {
        match self {
            Self::Rtp(receiver) => rtp_reception(receiver),
            Self::Stream(stream) => stream.reception(),
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

fn rtp_reception(receiver: &Receiver) -> LegReception {
    let stats = receiver.stats();
    let described = receiver.described().iter();
    let described = described.map(|(number, (payload, packets))| PayloadReception {
        payload_type: Some(*number),
        coding: Some(payload.to_string()),
        packets: *packets,
    });
    let undescribed = receiver.unsupported().iter();
    let undescribed = undescribed.map(|(number, packets)| PayloadReception {
        payload_type: Some(*number),
        coding: None,
        packets: *packets,
    });
    let from = receiver.from().map(|from| from.to_string());
    LegReception {
        is_rtp: true,
        from: from.unwrap_or_default(),
        packets: stats.packets,
        bytes: stats.bytes,
        payloads: described.chain(undescribed).collect(),
        byte_order: receiver.order(),
        speed: receiver.pace().speed(),
        steps: receiver.pace().steps(),
        scrambled: receiver.is_scrambled(),
        rtp: Some(stats.clone()),
        ..LegReception::default()
    }
}
