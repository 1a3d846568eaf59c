//! Whole legs: what a sender sends, what becomes of it on the way, what is heard.

mod clock;
mod decoders;
mod garbage;
mod keys;
mod loss;
mod sender;
mod stream;
mod unsupported;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::payloads::{Payload, PayloadMap};
use super::send::Packetiser;
use super::{JitterConfig, MediaEvent, Received, Receiver};
use crate::audio::codec::{ClockRate, Codec, decode, encode};
use crate::audio::resample::resample;
use sidetone_types::receiver_stats::ReceiverStats;

const NARROW: Codec = Codec::L16 {
    rate: ClockRate::Hz8000,
};
const WIDE: Codec = Codec::L16 {
    rate: ClockRate::Hz16000,
};
const EVENTS: Payload = Payload::TelephoneEvent { rate_hz: 8_000 };
const WIDE_EVENTS: Payload = Payload::TelephoneEvent { rate_hz: 16_000 };

/// Codecs with the payload types they have in these tests.
const CODECS: [(u8, Codec); 4] = [(0, Codec::Pcmu), (8, Codec::Pcma), (96, WIDE), (97, NARROW)];

/// The port that senders send from as a rule, and another one.
const HOME: u16 = 4_000;
const ELSEWHERE: u16 = 4_002;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

/// A receiver, the time since its call was opened, and what was heard so far.
struct Leg {
    receiver: Receiver,
    origin: Instant,
    heard: Vec<MediaEvent>,
}

/// What is heard over a stretch of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Sound,
    Silence,
}

impl Leg {
    fn new() -> Self {
        Self::described([
            (96, Payload::Audio(WIDE.into())),
            (97, Payload::Audio(NARROW.into())),
            (101, EVENTS),
            (102, WIDE_EVENTS),
        ])
    }

    /// A leg that was described with these payload types.
    fn described(payloads: impl IntoIterator<Item = (u32, Payload)>) -> Self {
        let payloads = PayloadMap::new(payloads).expect("a valid description");
        let origin = Instant::now();
        Self {
            receiver: Receiver::new(payloads, JitterConfig::default(), origin),
            origin,
            heard: Vec::new(),
        }
    }

    /// A datagram arrives `ms` after the call was opened. What was due before is done before.
    fn push(&mut self, ms: u64, datagram: &[u8]) -> Received {
        self.push_from(HOME, ms, datagram)
    }

    /// The same, sent from `port`.
    fn push_from(&mut self, port: u16, ms: u64, datagram: &[u8]) -> Received {
        self.wait(ms);
        let now = self.origin + Duration::from_millis(ms);
        let received = self.receiver.push(now, address(port), datagram);
        self.listen(now);
        received
    }

    /// Packets arrive one every 20 ms, from `ms` on. Tells when the next would.
    fn push_all(&mut self, ms: u64, datagrams: impl IntoIterator<Item = Vec<u8>>) -> u64 {
        datagrams.into_iter().fold(ms, |ms, datagram| {
            self.push(ms, &datagram);
            ms + 20
        })
    }

    /// Nothing arrives until `ms` after the call was opened.
    fn wait(&mut self, ms: u64) {
        let now = self.origin + Duration::from_millis(ms);
        while let Some(due) = self.receiver.deadline().filter(|&due| due <= now) {
            self.listen(due);
            assert_ne!(
                self.receiver.deadline(),
                Some(due),
                "nothing came of a deadline"
            );
        }
    }

    fn finish(&mut self) {
        self.receiver.finish();
        self.listen(self.origin);
        assert_eq!(self.receiver.deadline(), None);
    }

    fn listen(&mut self, now: Instant) {
        self.heard
            .extend(std::iter::from_fn(|| self.receiver.poll(now)));
    }

    fn stats(&self) -> &ReceiverStats {
        self.receiver.stats()
    }

    /// All sound, one after the other.
    fn sound(&self) -> Vec<f32> {
        self.heard
            .iter()
            .flat_map(|heard| match heard {
                MediaEvent::Sound { samples, .. } => samples.as_slice(),
                _ => &[],
            })
            .copied()
            .collect()
    }

    /// What is heard from when to when, in ms. Checks that there are no holes and no overlaps.
    fn timeline(&self) -> Vec<(Kind, f64, f64)> {
        let ms = |samples: u64| samples as f64 / 16.0;
        let mut line: Vec<(Kind, f64, f64)> = Vec::new();
        for heard in &self.heard {
            let (kind, from, to) = match heard {
                MediaEvent::Sound { at, samples } => {
                    assert!(!samples.is_empty(), "empty sound");
                    let to = at.samples() + samples.len() as u64;
                    (Kind::Sound, ms(at.samples()), ms(to))
                }
                MediaEvent::Silence { from, to } => {
                    assert!(from < to, "empty silence");
                    (Kind::Silence, ms(from.samples()), ms(to.samples()))
                }
                _ => continue,
            };
            if let Some(last) = line.last_mut() {
                assert_eq!(last.2, from, "a hole or an overlap");
                if last.0 == kind {
                    last.2 = to;
                    continue;
                }
            }
            line.push((kind, from, to));
        }
        line
    }

    /// Losses: from when to when in ms, and how many packets.
    fn losses(&self) -> Vec<(u64, u64, u32)> {
        let lost = |heard: &MediaEvent| match heard {
            MediaEvent::Lost { from, to, packets } => {
                Some((from.as_millis(), to.as_millis(), *packets))
            }
            _ => None,
        };
        self.heard.iter().filter_map(lost).collect()
    }

    /// Keys: when in ms, which, and how long in ms.
    fn keys(&self) -> Vec<(u64, char, u128)> {
        let key = |heard: &MediaEvent| match heard {
            MediaEvent::Dtmf { at, key, duration } => {
                Some((at.as_millis(), *key, duration.as_millis()))
            }
            _ => None,
        };
        self.heard.iter().filter_map(key).collect()
    }

    /// When another sender took over, in ms.
    fn new_sources(&self) -> Vec<u64> {
        let new = |heard: &MediaEvent| match heard {
            MediaEvent::NewSource { at } => Some(at.as_millis()),
            _ => None,
        };
        self.heard.iter().filter_map(new).collect()
    }

    /// When the same sender started afresh, in ms.
    fn restarts(&self) -> Vec<u64> {
        let restarted = |heard: &MediaEvent| match heard {
            MediaEvent::Restarted { at } => Some(at.as_millis()),
            _ => None,
        };
        self.heard.iter().filter_map(restarted).collect()
    }
}

/// Something like a voice, in full 16-bit steps: `len` samples at 8 kHz that never repeat.
fn voice(len: usize) -> Vec<f32> {
    (0..len)
        .map(|n| {
            let t = n as f32 / 8_000.0;
            let sample =
                0.3 * (800.0 * t + 9.0 * (5.0 * t).sin()).sin() + 0.1 * (3_000.0 * t).sin();
            (sample * 32_768.0).round() / 32_768.0
        })
        .collect()
}

/// `count` packets of 20 ms of a voice.
fn talk(sender: &mut Packetiser, codec: Codec, count: usize) -> Vec<Vec<u8>> {
    let len = codec.rate().hz() as usize / 50;
    let voice = voice(len * count);
    voice
        .chunks(len)
        .map(|samples| sender.audio(samples))
        .collect()
}

/// What is heard of `samples` where nothing goes wrong.
fn unharmed(codec: Codec, samples: &[f32]) -> Vec<f32> {
    resample(
        &decode(codec, &encode(codec, samples)),
        codec.rate().hz(),
        16_000,
    )
}
