//! Changing the sample rate without changing when anything is heard: the filter's delay is taken
//! out.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::rate::SampleRate;
use sidetone_types::time::SAMPLE_RATE;

/// The highest sample rate that [`resample`] takes: 1 MHz. The filter grows with the rate.
pub const MAX_RATE: u32 = 1_000_000;

/// Brings one stream of sound to 16 kHz, piece by piece.
///
/// What comes out depends only on the samples that went in, not on how they were cut into pieces.
/// At 8 kHz up to 30 ms are kept back, because the filter looks ahead; at 16 kHz nothing is.
pub struct StreamResampler {
    rate: SampleRate,
    /// Samples that were pushed since the start of the stream.
    taken: u64,
    /// `None` where the rate is right already.
    converter: Option<Converter>,
}

impl StreamResampler {
    /// Starts a stream of sound at `rate`.
    pub fn new(rate: impl Into<SampleRate>) -> Self {
        let rate = rate.into();
        let converter = (rate.hz() != SAMPLE_RATE).then(|| Converter::new(rate));
        Self {
            rate,
            taken: 0,
            converter,
        }
    }

    /// Takes the next samples, any number, and gives those at 16 kHz that are ready.
    pub fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.taken += samples.len() as u64;
        match &mut self.converter {
            Some(converter) => converter.push(samples, self.rate.to_16_khz(self.taken)),
            None => samples.to_vec(),
        }
    }

    /// How many samples at 16 kHz last as long as all that was pushed since the start of the
    /// stream.
    pub fn due(&self) -> u64 {
        self.rate.to_16_khz(self.taken)
    }

    /// Gives what was kept back, as if silence followed. The next `push` starts afresh.
    ///
    /// All in all exactly 16 000 samples came out for each second that went in.
    pub fn flush(&mut self) -> Vec<f32> {
        self.taken = 0;
        self.converter
            .as_mut()
            .map_or_else(Vec::new, Converter::flush)
    }
}

/// From another rate to 16 kHz.
struct Converter {
    filter: Fft<f32>,
    /// Samples that the filter takes at once: some 20 ms, the usual packet.
    block: usize,
    /// What the filter gives for them.
    wide: Vec<f32>,
    /// Samples that do not fill a block yet.
    waiting: Vec<f32>,
    /// Samples at 16 kHz that are due for all that was pushed, and that came out.
    due: u64,
    given: u64,
    /// Samples at 16 kHz still to be dropped, because they come from before the stream's start.
    delay: usize,
}

impl Converter {
    /// Blocks per second: each has 20 ms, or a little more where the rates have no such block.
    const BLOCKS: u32 = 50;

    fn new(rate: SampleRate) -> Self {
        let block = block(rate.hz(), SAMPLE_RATE, Self::BLOCKS);
        let filter = Fft::new(
            rate.hz() as usize,
            SAMPLE_RATE as usize,
            block,
            1,
            FixedSync::Both,
        )
        .expect("both rates and the block are above zero");
        Self {
            delay: filter.output_delay(),
            wide: vec![0.0; filter.output_frames_next()],
            filter,
            block,
            waiting: Vec::with_capacity(block),
            due: 0,
            given: 0,
        }
    }

    /// Takes samples, after which `due` samples at 16 kHz are due since the start of the stream.
    fn push(&mut self, samples: &[f32], due: u64) -> Vec<f32> {
        self.due = due;
        self.waiting.extend_from_slice(samples);
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut out = Vec::with_capacity(self.owed());
        let blocks = waiting.chunks_exact(self.block);
        let rest = blocks.remainder().len();
        for block in blocks {
            self.run(block, &mut out);
        }
        waiting.drain(..waiting.len() - rest);
        self.waiting = waiting;
        out
    }

    fn flush(&mut self) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.owed());
        while self.owed() > 0 {
            let mut block = std::mem::take(&mut self.waiting);
            block.resize(self.block, 0.0);
            self.run(&block, &mut out);
        }
        self.waiting.clear();
        self.filter.reset();
        self.delay = self.filter.output_delay();
        (self.due, self.given) = (0, 0);
        out
    }

    fn owed(&self) -> usize {
        (self.due - self.given) as usize
    }

    fn run(&mut self, block: &[f32], out: &mut Vec<f32>) {
        let len = self.wide.len();
        let input =
            InterleavedSlice::new(block, 1, block.len()).expect("the slice holds one block");
        let mut output =
            InterleavedSlice::new_mut(&mut self.wide, 1, len).expect("the slice holds one block");
        self.filter
            .process_into_buffer(&input, &mut output, None)
            .expect("blocks have the size that the filter was made for");
        let early = self.delay.min(len);
        self.delay -= early;
        let owed = self.owed();
        let due = &self.wide[early..];
        let due = &due[..due.len().min(owed)];
        self.given += due.len() as u64;
        out.extend_from_slice(due);
    }
}

/// A whole recording at another sample rate: `round(samples.len() * to_hz / from_hz)` samples.
///
/// From 8 to 16 kHz it gives the very samples that [`StreamResampler`] does, so that a recording is
/// recognised like the call it was made of.
///
/// # Panics
/// If a rate is zero or above [`MAX_RATE`]: whoever reads a file's header has to look.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    for rate in [from_hz, to_hz] {
        assert!(
            (1..=MAX_RATE).contains(&rate),
            "sample rate {rate} Hz is out of range"
        );
    }
    if from_hz == to_hz || samples.is_empty() {
        return samples.to_vec();
    }
    if (from_hz, to_hz) == (8_000, SAMPLE_RATE) {
        let mut stream = StreamResampler::new(SampleRate::from_hz(from_hz));
        let mut out = stream.push(samples);
        out.extend(stream.flush());
        return out;
    }
    let mut filter = Fft::new(
        from_hz as usize,
        to_hz as usize,
        block(from_hz, to_hz, 20),
        1,
        FixedSync::Both,
    )
    .expect("both rates and the block are above zero");
    let input =
        InterleavedSlice::new(samples, 1, samples.len()).expect("the slice holds all samples");
    let mut out = filter
        .process_all(&input, samples.len(), None)
        .expect("the buffers have the size that was asked for")
        .take_data();
    // The filter rounds up; we round to the nearest.
    let exact = samples.len() as u64 * u64::from(to_hz) + u64::from(from_hz) / 2;
    out.truncate((exact / u64::from(from_hz)) as usize);
    out
}

/// Samples to filter at once, so that some `per_second` blocks make a second. Shorter than 50 ms is
/// a blunter filter, longer is no better.
fn block(from_hz: u32, to_hz: u32, per_second: u32) -> usize {
    let smallest = (from_hz / gcd(from_hz, to_hz)) as usize;
    // An even number of the smallest blocks, or the filter's delay is no whole number of samples.
    let pairs = ((from_hz / per_second) as usize)
        .div_ceil(2 * smallest)
        .max(1);
    pairs * 2 * smallest
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::audio::codec::ClockRate;

    fn sine(hz: f32, rate: u32, len: usize) -> Vec<f32> {
        (0..len)
            .map(|n| 0.5 * (TAU * hz * n as f32 / rate as f32).sin())
            .collect()
    }

    /// Largest difference, leaving out 50 ms at either end where the filter sees the edge.
    fn difference(heard: &[f32], expected: &[f32]) -> f32 {
        assert_eq!(heard.len(), expected.len());
        heard
            .iter()
            .zip(expected)
            .skip(800)
            .take(heard.len() - 1_600)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn a_tone_is_heard_at_the_same_moment_at_16_khz() {
        for (rate, hz) in [
            (8_000, 200.0),
            (8_000, 3_000.0),
            (11_025, 440.0),
            (22_050, 440.0),
            (32_000, 1_000.0),
            (44_100, 1_000.0),
            (48_000, 3_400.0),
        ] {
            let heard = resample(&sine(hz, rate, rate as usize), rate, 16_000);
            let off = difference(&heard, &sine(hz, 16_000, 16_000));
            assert!(off < 2e-3, "{hz} Hz at {rate}: off by {off}");
        }
    }

    #[test]
    fn what_is_above_half_the_new_rate_is_filtered_out() {
        let heard = resample(&sine(11_000.0, 44_100, 44_100), 44_100, 16_000);
        let off = difference(&heard, &[0.0; 16_000]);
        assert!(off < 2e-3, "an alias of {off} is left");
    }

    #[test]
    fn the_length_is_exact_at_any_rate() {
        for (len, from, to, expected) in [
            (0, 44_100, 16_000, 0),
            (1, 44_100, 16_000, 0),
            (2, 44_100, 16_000, 1),
            (44_100, 44_100, 16_000, 16_000),
            (44_101, 44_100, 16_000, 16_000),
            (44_102, 44_100, 16_000, 16_001),
            (7, 8_000, 16_000, 14),
            (1_000, 1, 7, 7_000),
            (5_000, 44_101, 16_000, 1_814),
            (333, 16_000, 16_000, 333),
        ] {
            let out = resample(&vec![0.1; len], from, to);
            assert_eq!(out.len(), expected, "{len} samples from {from} to {to}");
        }
    }

    #[test]
    fn a_stream_at_16_khz_passes_unchanged() {
        let mut stream = StreamResampler::new(ClockRate::Hz16000);
        let sound = sine(440.0, 16_000, 777);
        assert_eq!(stream.push(&sound), sound);
        assert!(stream.flush().is_empty());
    }

    #[test]
    fn a_stream_starts_afresh_after_a_flush() {
        let sound = sine(440.0, 8_000, 1_234);
        let mut stream = StreamResampler::new(ClockRate::Hz8000);
        let mut once = stream.push(&sound);
        once.extend(stream.flush());
        let mut again = stream.push(&sound);
        again.extend(stream.flush());
        assert_eq!(once, again);
        assert!(stream.flush().is_empty());
    }

    #[test]
    fn a_stream_at_any_rate_sounds_like_the_whole_recording_and_is_as_long() {
        for rate in [8_000, 11_025, 24_000, 32_000, 44_100, 48_000] {
            let sound = sine(440.0, rate, rate as usize + 77);
            let mut stream = StreamResampler::new(SampleRate::from_hz(rate));
            let mut heard = Vec::new();
            for piece in sound.chunks(rate as usize / 50) {
                heard.extend(stream.push(piece));
                let behind = stream.due() - heard.len() as u64;
                assert!(behind <= 16 * 130, "{rate}: {behind} samples are kept back");
            }
            heard.extend(stream.flush());
            let off = difference(&heard, &resample(&sound, rate, 16_000));
            assert!(off < 2e-3, "{rate}: off by {off}");
        }
    }

    proptest! {
        #[test]
        fn the_cuts_between_pieces_are_not_heard(cuts in vec(0_usize..500, 0..12)) {
            let sound = sine(440.0, 8_000, cuts.iter().sum());
            let mut stream = StreamResampler::new(ClockRate::Hz8000);
            let mut rest = &sound[..];
            let mut heard = Vec::new();
            for cut in cuts {
                let (piece, others) = rest.split_at(cut);
                heard.extend(stream.push(piece));
                rest = others;
                let behind = 2 * (sound.len() - rest.len()) - heard.len();
                prop_assert!(behind <= 480, "{behind} samples are kept back");
            }
            heard.extend(stream.flush());
            prop_assert_eq!(heard, resample(&sound, 8_000, 16_000));
        }
    }
}
