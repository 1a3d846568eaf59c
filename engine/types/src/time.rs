//! A call's own clock. Samples at 16 kHz are its only unit, so that no two parts round differently.

use std::ops::{Add, Range, Sub};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Samples per second of all audio inside the engine.
pub const SAMPLE_RATE: u32 = 16_000;

/// A point on one call's own timeline: samples at 16 kHz since the call was opened.
///
/// Both legs share the timeline, so their utterances can be put in one order.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaTime(u64);

impl MediaTime {
    /// The moment the call was opened.
    pub const ZERO: Self = Self(0);

    /// `samples` at 16 kHz after the call was opened.
    pub const fn from_samples(samples: u64) -> Self {
        Self(samples)
    }

    /// `ms` milliseconds after the call was opened.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(SAMPLE_RATE as u64) / 1000)
    }

    /// Samples at 16 kHz since the call was opened.
    pub const fn samples(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the call was opened, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 * 1000 / SAMPLE_RATE as u64
    }

    /// The place of this point in `length` samples that begin at `origin`; the nearer end if it
    /// lies outside.
    pub fn index_from(self, origin: Self, length: usize) -> usize {
        let place = self.0.saturating_sub(origin.0);
        usize::try_from(place).unwrap_or(length).min(length)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        samples_to_duration(self.0.saturating_sub(earlier.0))
    }

    /// The point `samples` before this one, no earlier than the call's start.
    #[must_use]
    pub const fn back(self, samples: u64) -> Self {
        Self(self.0.saturating_sub(samples))
    }
}

/// A part of a call's timeline.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Stretch {
    /// Where it begins.
    #[serde(rename = "start_ms", with = "crate::wire::media_millis")]
    pub start: MediaTime,
    /// Where it ends, not before `start`.
    #[serde(rename = "end_ms", with = "crate::wire::media_millis")]
    pub end: MediaTime,
}

impl Stretch {
    /// How long it is.
    pub fn length(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Where it lies in audio that begins at `audio_start` and has so many samples.
    pub fn within(&self, audio_start: MediaTime, samples: usize) -> Range<usize> {
        let place = |at: MediaTime| at.index_from(audio_start, samples);
        place(self.start)..place(self.end)
    }
}

impl Add<Duration> for MediaTime {
    type Output = Self;

    fn add(self, after: Duration) -> Self {
        Self(self.0 + duration_to_samples(after))
    }
}

impl Sub<Duration> for MediaTime {
    type Output = Self;

    /// Stops at the call's start.
    fn sub(self, before: Duration) -> Self {
        Self(self.0.saturating_sub(duration_to_samples(before)))
    }
}

/// How many samples at 16 kHz fit into `duration`, rounded down.
pub const fn duration_to_samples(duration: Duration) -> u64 {
    (duration.as_nanos() * SAMPLE_RATE as u128 / 1_000_000_000) as u64
}

/// How long `samples` at 16 kHz last.
pub const fn samples_to_duration(samples: u64) -> Duration {
    Duration::from_nanos(samples * (1_000_000_000 / SAMPLE_RATE as u64))
}

/// Whole milliseconds since 1970; 0 before.
pub fn unix_millis(time: SystemTime) -> u64 {
    as_millis(
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

/// Whole milliseconds, as many as fit.
pub fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_outside_of_the_sound_is_at_its_nearer_end() {
        let at =
            |samples| MediaTime::from_samples(samples).index_from(MediaTime::from_samples(100), 50);
        assert_eq!([0, 100, 120, 150, 900].map(at), [0, 0, 20, 50, 50]);
    }

    #[test]
    fn a_day_of_audio_converts_without_drift() {
        let day = Duration::from_secs(86_400);
        assert_eq!(samples_to_duration(duration_to_samples(day)), day);
        assert_eq!(MediaTime::from_millis(86_400_000), MediaTime::ZERO + day);
    }

    #[test]
    fn time_before_the_call_is_its_start() {
        assert_eq!(
            MediaTime::from_millis(5) - Duration::from_secs(1),
            MediaTime::ZERO
        );
        assert_eq!(
            MediaTime::ZERO.since(MediaTime::from_millis(5)),
            Duration::ZERO
        );
    }
}
