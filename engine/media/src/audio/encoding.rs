//! What sound in RTP may be coded as, by the words of SDP, and what decodes it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::codec::Codec;
use super::decoder::Decoder;
use super::g711::G711;
use super::l16::L16;
use super::rate::{RtpClock, SampleRate};

/// All that can be decoded: a codec is a file with a [`Decoder`], and a line in here.
///
/// Names as in `a=rtpmap`, the first is told; clock in Hz; channels; samples per second, which is
/// another number for some (G.722 has 16 000 and a clock of 8000, RFC 3551 §4.5.2); the most bytes
/// that a second takes.
static ENCODINGS: [Supported; 4] = [
    supported(&["PCMU", "MULAW"], 8_000, 1, 8_000, 8_000, |_| {
        Box::new(G711::mulaw())
    }),
    supported(&["PCMA", "ALAW"], 8_000, 1, 8_000, 8_000, |_| {
        Box::new(G711::alaw())
    }),
    supported(&["L16"], 8_000, 1, 8_000, 16_000, |_| Box::new(L16)),
    supported(&["L16"], 16_000, 1, 16_000, 32_000, |_| Box::new(L16)),
];

/// A line of the table.
pub struct Supported {
    names: &'static [&'static str],
    clock: RtpClock,
    channels: u8,
    samples: SampleRate,
    bytes_per_second: usize,
    decoder: fn(&Encoding) -> Box<dyn Decoder>,
}

/// A line with these columns.
pub(crate) const fn supported(
    names: &'static [&'static str],
    clock_hz: u32,
    channels: u8,
    samples_hz: u32,
    bytes_per_second: usize,
    decoder: fn(&Encoding) -> Box<dyn Decoder>,
) -> Supported {
    Supported {
        names,
        clock: RtpClock::from_hz(clock_hz),
        channels,
        samples: SampleRate::from_hz(samples_hz),
        bytes_per_second,
        decoder,
    }
}

/// How the sound of a payload type is coded: what `a=rtpmap` and `a=fmtp` of SDP say of it (RFC
/// 8866 §6.6, §6.15).
#[derive(Clone)]
pub struct Encoding {
    by: &'static Supported,
    /// Parameters that are the codec's own, as in `useinbandfec=1`; `None` if there are none.
    fmtp: Option<Arc<str>>,
}

/// The encoding is none that we can decode, at that clock rate and with so many channels.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("codec `{}` is not supported; use {}", rtpmap(.name, *.clock_hz, *.channels), all())]
pub struct UnknownCodec {
    name: String,
    clock_hz: u32,
    channels: u8,
}

impl Encoding {
    /// Finds an encoding by what `a=rtpmap` says, as in `opus/48000/2`: case does not matter, and
    /// one channel is what it has if it says nothing. `fmtp` may be empty.
    pub fn new(name: &str, clock_hz: u32, channels: u8, fmtp: &str) -> Result<Self, UnknownCodec> {
        let by = ENCODINGS.iter().find(|one| {
            one.names
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
                && (one.clock.hz(), one.channels) == (clock_hz, channels)
        });
        let by = by.ok_or_else(|| UnknownCodec {
            name: name.to_owned(),
            clock_hz,
            channels,
        })?;
        Ok(Self::of(by, fmtp))
    }

    /// An encoding by a line of the table, or one like that.
    pub(crate) fn of(by: &'static Supported, fmtp: &str) -> Self {
        let fmtp = (!fmtp.is_empty()).then(|| fmtp.into());
        Self { by, fmtp }
    }

    /// Ticks per second of its timestamps.
    pub fn clock(&self) -> RtpClock {
        self.by.clock
    }

    /// Samples per second that its decoder gives.
    pub fn sample_rate(&self) -> SampleRate {
        self.by.samples
    }

    /// What `a=fmtp` says; empty if it says nothing.
    pub fn fmtp(&self) -> &str {
        self.fmtp.as_deref().unwrap_or_default()
    }

    /// How many bytes a second takes at most.
    pub fn bytes_per_second(&self) -> usize {
        self.by.bytes_per_second
    }

    /// Whether its samples are words of 16 bits, which have an order of bytes.
    pub fn is_linear16(&self) -> bool {
        self.by.names[0] == "L16"
    }

    /// How long so many bytes last, of a coding that takes the same at all times.
    pub fn length(&self, bytes: usize) -> Duration {
        Duration::from_micros(bytes as u64 * 1_000_000 / self.bytes_per_second() as u64)
    }

    /// A decoder that has heard nothing yet.
    pub fn decoder(&self) -> Box<dyn Decoder> {
        (self.by.decoder)(self)
    }
}

impl From<Codec> for Encoding {
    fn from(codec: Codec) -> Self {
        Self::new(codec.name(), codec.rate().hz(), 1, "").expect("what is sent can be decoded")
    }
}

impl PartialEq for Encoding {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.by, other.by) && self.fmtp == other.fmtp
    }
}

impl Eq for Encoding {}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.by.rtpmap())?;
        match self.fmtp() {
            "" => Ok(()),
            fmtp => write!(f, " {fmtp}"),
        }
    }
}

impl Supported {
    fn rtpmap(&self) -> String {
        rtpmap(self.names[0], self.clock.hz(), self.channels)
    }
}

/// As in SDP: one channel is left out.
fn rtpmap(name: &str, clock_hz: u32, channels: u8) -> String {
    match channels {
        1 => format!("{name}/{clock_hz}"),
        _ => format!("{name}/{clock_hz}/{channels}"),
    }
}

/// Everything there is, in words.
fn all() -> String {
    let mut names: Vec<String> = ENCODINGS.iter().map(Supported::rtpmap).collect();
    let last = names.pop().unwrap_or_default();
    format!("{} or {last}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::ClockRate;

    #[test]
    fn encodings_are_found_by_name_clock_and_channels() {
        let wide = Codec::L16 {
            rate: ClockRate::Hz16000,
        };
        for (name, clock_hz, channels, found) in [
            ("PCMU", 8_000, 1, Some(Codec::Pcmu)),
            ("pcma", 8_000, 1, Some(Codec::Pcma)),
            ("MuLaw", 8_000, 1, Some(Codec::Pcmu)),
            ("alaw", 8_000, 1, Some(Codec::Pcma)),
            ("L16", 16_000, 1, Some(wide)),
            ("L16", 16_000, 2, None),
            ("L16", 44_100, 1, None),
            ("PCMU", 16_000, 1, None),
            ("opus", 48_000, 2, None),
            ("", 0, 0, None),
        ] {
            let encoding = Encoding::new(name, clock_hz, channels, "").ok();
            assert_eq!(encoding, found.map(Encoding::from), "{name}/{clock_hz}");
        }
    }

    #[test]
    fn what_is_not_supported_is_told_with_what_is() {
        for (name, clock_hz, channels, told) in [
            ("opus", 48_000, 2, "`opus/48000/2`"),
            ("G729", 8_000, 1, "`G729/8000`"),
        ] {
            let error = Encoding::new(name, clock_hz, channels, "").expect_err(name);
            assert_eq!(
                error.to_string(),
                format!(
                    "codec {told} is not supported; use PCMU/8000, PCMA/8000, L16/8000 or L16/16000"
                )
            );
        }
    }
}
