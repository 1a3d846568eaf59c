//! How much sound is taken from one file.

use super::AudioFileProblem;

/// How many samples there may be, of all channels together. Each takes 4 bytes once it is decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Room {
    samples: usize,
}

impl Room {
    /// For a tool that does nothing else: 4 GiB, which are 18 hours of two channels at 8 kHz and 3 at
    /// 48 kHz. No call is longer, and a file that says so is broken or meant to do harm.
    pub const TOOL: Self = Self { samples: 1 << 30 };
    /// Beside live calls: 1 GiB, which are 4 hours of two channels at 8 kHz, 2 at 16 kHz and 46
    /// minutes at 48 kHz.
    pub const ENGINE: Self = Self { samples: 1 << 28 };
    /// For so many.
    #[cfg(test)]
    pub(super) const fn of(samples: usize) -> Self {
        Self { samples }
    }

    /// Samples of a file are not coded in more bytes, but for floating point of 64 bits.
    const BYTES: usize = 4;

    /// Whether there is room for so many samples of each channel.
    pub(super) fn check(self, channels: usize, samples: usize) -> Result<(), AudioFileProblem> {
        if channels.saturating_mul(samples) <= self.samples {
            return Ok(());
        }
        let most = self.samples / channels;
        Err(AudioFileProblem::TooLong { most })
    }

    /// How many bytes a file may have.
    pub(super) const fn bytes(self) -> usize {
        self.samples.saturating_mul(Self::BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_a_telephone_fits_and_a_file_that_fills_the_memory_does_not() {
        const HOUR: usize = 3_600;
        for (room, channels, samples, fits) in [
            (Room::TOOL, 1, 24 * HOUR * 8_000, true),
            (Room::TOOL, 2, 3 * HOUR * 48_000, true),
            (Room::TOOL, 2, 4 * HOUR * 48_000, false),
            (Room::TOOL, 64, usize::MAX, false),
            (Room::ENGINE, 2, 4 * HOUR * 8_000, true),
            (Room::ENGINE, 2, 2 * HOUR * 16_000, true),
            (Room::ENGINE, 2, 3 * HOUR * 16_000, false),
        ] {
            let checked = room.check(channels, samples);
            assert_eq!(checked.is_ok(), fits, "{room:?} {channels} {samples}");
        }
    }
}
