//! What the payload types of one call mean.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::audio::encoding::{Encoding, UnknownCodec};

/// What a packet carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Payload {
    /// Sound.
    Audio(Encoding),
    /// Pressed keys (RFC 4733).
    TelephoneEvent {
        /// Ticks per second of its durations: 8000 or 16000, as a rule that of the audio.
        rate_hz: u32,
    },
    /// How loud the silence is (RFC 3389). Its timestamps are in the clock of the audio around it.
    ComfortNoise,
}

impl Payload {
    /// What `a=rtpmap` and `a=fmtp` of SDP say, as in `L16/16000` and `telephone-event/8000`. The
    /// latter may be empty.
    pub fn of_sdp(rtpmap: &str, fmtp: &str) -> Result<Self, RtpmapError> {
        let form = || RtpmapError::Form(rtpmap.to_owned());
        let mut parts = rtpmap.trim().split('/');
        let name = parts.next().unwrap_or_default();
        let clock = parts.next().and_then(|clock| clock.trim().parse().ok());
        let clock_hz = clock.filter(|clock| *clock > 0).ok_or_else(form)?;
        let channels = match parts.next() {
            Some(channels) => channels.trim().parse().map_err(|_| form())?,
            None => 1,
        };
        if name.eq_ignore_ascii_case("telephone-event") {
            return Ok(Self::TelephoneEvent { rate_hz: clock_hz });
        }
        if name.eq_ignore_ascii_case("CN") {
            return Ok(Self::ComfortNoise);
        }
        Ok(Self::Audio(Encoding::new(name, clock_hz, channels, fmtp)?))
    }

    /// What a payload type means that is not described, if it means anything that is understood.
    pub fn well_known(payload_type: u8) -> Option<Self> {
        let (_, rtpmap) = WELL_KNOWN
            .iter()
            .find(|(number, _)| *number == payload_type)?;
        rtpmap.parse().ok()
    }
}

/// Payload types that telephones send without describing them, and what they mean as `a=rtpmap` has
/// it (RFC 3551 §6), whether it is understood or not.
///
/// 10 and 11 have a meaning too, but at 44.1 kHz, which no telephone sends.
pub const WELL_KNOWN: [(u8, &str); 7] = [
    (0, "PCMU/8000"),
    (3, "GSM/8000"),
    (4, "G723/8000"),
    (8, "PCMA/8000"),
    (9, "G722/8000"),
    (13, "CN/8000"),
    (18, "G729/8000"),
];

/// As `a=rtpmap` of SDP has it.
impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio(encoding) => write!(f, "{encoding:?}"),
            Self::TelephoneEvent { rate_hz } => write!(f, "telephone-event/{rate_hz}"),
            Self::ComfortNoise => f.write_str("CN/8000"),
        }
    }
}

impl FromStr for Payload {
    type Err = RtpmapError;

    fn from_str(rtpmap: &str) -> Result<Self, RtpmapError> {
        Self::of_sdp(rtpmap, "")
    }
}

/// What is no [`Payload`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RtpmapError {
    /// It is written in another way.
    #[error("`{0}` names no coding and clock: write `L16/16000`")]
    Form(String),
    /// It is none that can be decoded.
    #[error(transparent)]
    Unknown(#[from] UnknownCodec),
}

/// Payload types of one call: those that are [`WELL_KNOWN`] and those it was described with.
#[derive(Clone, Debug)]
pub struct PayloadMap(BTreeMap<u8, Payload>);

/// The description of a call names a payload type that cannot be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PayloadError {
    /// It has 7 bits.
    #[error("payload type {0} is above 127")]
    OutOfRange(u32),
    /// With the marker bit it would look like RTCP (RFC 5761 §4).
    #[error("payload type {0} cannot be told from RTCP; use one of 0 to 63 or 96 to 127")]
    LooksLikeRtcp(u8),
    /// It would have two meanings.
    #[error("payload type {0} is named twice")]
    Duplicate(u8),
    /// Durations would have no meaning.
    #[error("payload type {0} has a clock rate of zero")]
    NoClock(u8),
}

impl PayloadMap {
    /// Adds `entries` to PCMU at 0, PCMA at 8 and comfort noise at 13, or puts them in their place.
    pub fn new(entries: impl IntoIterator<Item = (u32, Payload)>) -> Result<Self, PayloadError> {
        let mut map = BTreeMap::new();
        for (number, payload) in entries {
            let number = match u8::try_from(number) {
                Ok(number @ 64..=95) => return Err(PayloadError::LooksLikeRtcp(number)),
                Ok(number @ ..128) => number,
                _ => return Err(PayloadError::OutOfRange(number)),
            };
            if payload == (Payload::TelephoneEvent { rate_hz: 0 }) {
                return Err(PayloadError::NoClock(number));
            }
            if map.insert(number, payload).is_some() {
                return Err(PayloadError::Duplicate(number));
            }
        }
        for (number, _) in WELL_KNOWN {
            if let Some(payload) = Payload::well_known(number) {
                map.entry(number).or_insert(payload);
            }
        }
        Ok(Self(map))
    }

    /// What `payload_type` means, if it means anything.
    pub fn get(&self, payload_type: u8) -> Option<&Payload> {
        self.0.get(&payload_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::{ClockRate, Codec};

    fn wide() -> Payload {
        let rate = ClockRate::Hz16000;
        Payload::Audio(Codec::L16 { rate }.into())
    }

    #[test]
    fn static_types_are_known_until_they_are_overridden() {
        let map = PayloadMap::new([(0, wide()), (96, wide())]).expect("a valid map");
        for (number, payload) in [
            (0, Some(wide())),
            (8, Some(Payload::Audio(Codec::Pcma.into()))),
            (9, None),
            (10, None),
            (11, None),
            (13, Some(Payload::ComfortNoise)),
            (96, Some(wide())),
            (97, None),
            (255, None),
        ] {
            assert_eq!(map.get(number), payload.as_ref(), "{number}");
        }
    }

    #[test]
    fn impossible_descriptions_are_refused() {
        let silent = Payload::TelephoneEvent { rate_hz: 0 };
        for (entries, error) in [
            (vec![(128, wide())], PayloadError::OutOfRange(128)),
            (vec![(300, wide())], PayloadError::OutOfRange(300)),
            (vec![(72, wide())], PayloadError::LooksLikeRtcp(72)),
            (
                vec![(96, wide()), (96, wide())],
                PayloadError::Duplicate(96),
            ),
            (vec![(101, silent)], PayloadError::NoClock(101)),
        ] {
            assert_eq!(PayloadMap::new(entries).unwrap_err(), error);
        }
    }
}
