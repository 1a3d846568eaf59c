//! Rates: samples per second, and ticks per second of an RTP clock. The two need not be the same.

use std::num::NonZeroU32;

use sidetone_types::time::SAMPLE_RATE;

use super::codec::ClockRate;

/// Samples per second of some sound, before it is brought to 16 kHz.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SampleRate(NonZeroU32);

/// Ticks per second of the timestamps of an RTP stream.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RtpClock(NonZeroU32);

impl SampleRate {
    /// Narrow band: 8 kHz.
    pub const TELEPHONE: Self = Self::from_hz(8_000);

    /// What streams may have: from telephony to studios.
    pub const STREAMED_HZ: std::ops::RangeInclusive<u32> = 8_000..=48_000;

    /// A rate in Hz.
    ///
    /// # Panics
    /// If it is zero.
    pub const fn from_hz(hz: u32) -> Self {
        Self(NonZeroU32::new(hz).expect("a sample rate is above zero"))
    }

    /// In Hz.
    pub const fn hz(self) -> u32 {
        self.0.get()
    }

    /// How many samples at 16 kHz last as long as `samples` at this rate, to the nearest.
    pub const fn to_16_khz(self, samples: u64) -> u64 {
        let hz = self.hz() as u64;
        (samples * SAMPLE_RATE as u64 + hz / 2) / hz
    }

    /// How many samples at this rate last no longer than `samples` at 16 kHz.
    pub const fn from_16_khz(self, samples: u64) -> u64 {
        samples * self.hz() as u64 / SAMPLE_RATE as u64
    }
}

impl RtpClock {
    /// The clock of telephony, unless something else is said.
    pub const TELEPHONE: Self = Self::from_hz(8_000);

    /// A rate in Hz.
    ///
    /// # Panics
    /// If it is zero.
    pub const fn from_hz(hz: u32) -> Self {
        Self(NonZeroU32::new(hz).expect("a clock rate is above zero"))
    }

    /// In Hz.
    pub const fn hz(self) -> u32 {
        self.0.get()
    }
}

impl From<ClockRate> for SampleRate {
    fn from(rate: ClockRate) -> Self {
        Self::from_hz(rate.hz())
    }
}
