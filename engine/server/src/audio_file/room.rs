//! How much sound is taken from one file.

use super::AudioFileProblem;

/// Samples of all channels together: 4 GiB of memory, which are 18 hours of two channels at 8 kHz
/// and 3 at 48 kHz. No call is longer, and a file that says so is broken or meant to do harm.
const MOST_SAMPLES: usize = 1 << 30;

/// Whether there is room for so many samples of each channel.
pub fn check(channels: usize, samples: usize) -> Result<(), AudioFileProblem> {
    match channels.saturating_mul(samples) {
        ..=MOST_SAMPLES => Ok(()),
        _ => Err(AudioFileProblem::TooLong {
            most: MOST_SAMPLES / channels,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_a_telephone_fits_and_a_file_that_fills_the_memory_does_not() {
        const HOUR: usize = 3_600;
        for (channels, samples, fits) in [
            (1, 24 * HOUR * 8_000, true),
            (2, 3 * HOUR * 48_000, true),
            (2, 4 * HOUR * 48_000, false),
            (64, usize::MAX, false),
        ] {
            assert_eq!(
                check(channels, samples).is_ok(),
                fits,
                "{channels} {samples}"
            );
        }
    }
}
