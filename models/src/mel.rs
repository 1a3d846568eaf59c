//! Log-mel spectrogram, the input of the recogniser's encoder (Radford et al. 2022, §2.2).
//!
//! Whisper was trained on windows of 30 s, padded with silence. Only the frames that hold sound are
//! computed here; the rest of the window has one value throughout, which [`LogMel::silence`] tells.

use std::f32::consts::PI;
use std::fmt;
use std::sync::Arc;

use ndarray::Array2;
use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples from one frame to the next: 10 ms.
pub const HOP: usize = 160;

/// Mel bands of a frame that checkpoints come with: 128 since large-v3.
pub const KNOWN_BANDS: [usize; 2] = [80, 128];

/// Samples of the window Whisper was trained on: 30 s.
pub const WINDOW_SAMPLES: usize = 480_000;

const SAMPLE_RATE: f32 = 16_000.0;

/// Samples under one transform: 25 ms.
const FFT_SIZE: usize = 400;

/// Power below which everything counts as silence.
const FLOOR: f32 = 1e-10;

/// The sounding part of a 30 s window, and what the rest of it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct LogMel {
    /// Which frame of the window comes first in `frames`.
    pub first: usize,
    /// `[frames, bands]`: 10 ms steps × mel bands, low bands first. Ends with the last frame that
    /// hears a sample.
    pub frames: Array2<f32>,
    /// The logarithm of the loudest band of all, by which the frames are normalised.
    pub loudest: f32,
    /// The value of every band in every later frame of the window.
    pub silence: f32,
}

/// Computes log-mel spectrograms. Holds the tables for it, so make it once.
#[derive(Clone)]
pub struct MelFrontEnd {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Arc<[f32]>,
    bands: Arc<[Band]>,
}

impl fmt::Debug for MelFrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MelFrontEnd({} bands)", self.bands.len())
    }
}

impl MelFrontEnd {
    /// Computes the tables for so many mel `bands` between 0 and 8 kHz: as many as the encoder takes,
    /// one of [`KNOWN_BANDS`].
    pub fn new(bands: usize) -> Self {
        // Periodic, not symmetric: the window repeats after 400 samples.
        let hann = (0..FFT_SIZE).map(|n| 0.5 - 0.5 * (2.0 * PI * n as f32 / FFT_SIZE as f32).cos());
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(FFT_SIZE),
            hann: hann.collect(),
            bands: slaney_bands(bands),
        }
    }

    /// The spectrogram of `pcm`: mono, 16 kHz, in [-1, 1]. Only its first 30 s are looked at.
    pub fn log_mel(&self, pcm: &[f32]) -> LogMel {
        self.log_mel_from(pcm, 0, FLOOR.log10())
    }

    /// The same from the frame `first` on, where the frames before are as loud as `loudest`.
    pub fn log_mel_from(&self, pcm: &[f32], first: usize, mut loudest: f32) -> LogMel {
        let pcm = &pcm[..pcm.len().min(WINDOW_SAMPLES)];
        let frames = (pcm.len() + FFT_SIZE / 2)
            .div_ceil(HOP)
            .min(WINDOW_SAMPLES / HOP);
        let mut log = Array2::zeros((frames.saturating_sub(first), self.bands.len()));
        let mut time = self.fft.make_input_vec();
        let mut spectrum = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        let mut power = vec![0.0; spectrum.len()];
        for (frame, mut row) in (first..).zip(log.rows_mut()) {
            windowed(pcm, frame * HOP, &self.hann, &mut time);
            self.fft
                .process_with_scratch(&mut time, &mut spectrum, &mut scratch)
                .expect("the buffers are the plan's own");
            for (power, bin) in power.iter_mut().zip(&spectrum) {
                *power = Complex32::norm_sqr(bin);
            }
            for (value, band) in row.iter_mut().zip(self.bands.iter()) {
                *value = band.energy(&power).max(FLOOR).log10();
                loudest = loudest.max(*value);
            }
        }
        // The maximum is that of the whole window: silence, at the floor, cannot raise it.
        let quietest = loudest - 8.0;
        let scale = |log: f32| (log.max(quietest) + 4.0) / 4.0;
        log.mapv_inplace(scale);
        LogMel {
            first,
            frames: log,
            loudest,
            silence: scale(FLOOR.log10()),
        }
    }
}

/// Fills `out` with the samples around `centre`, weighted by `hann`.
///
/// Beyond the ends of the 30 s window the sound is mirrored; between `pcm` and the window's end it
/// is silent.
fn windowed(pcm: &[f32], centre: usize, hann: &[f32], out: &mut [f32]) {
    for (i, (out, weight)) in out.iter_mut().zip(hann).enumerate() {
        let at = (centre + i).abs_diff(FFT_SIZE / 2);
        let at = if at < WINDOW_SAMPLES {
            at
        } else {
            2 * (WINDOW_SAMPLES - 1) - at
        };
        *out = weight * pcm.get(at).copied().unwrap_or(0.0);
    }
}

/// One triangular filter of the bank: its weights, and the first bin they belong to.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl Band {
    fn energy(&self, power: &[f32]) -> f32 {
        self.weights
            .iter()
            .zip(&power[self.first..])
            .map(|(weight, power)| weight * power)
            .sum()
    }
}

/// The filter bank of Slaney's Auditory Toolbox: linear below 1 kHz, logarithmic above, of equal
/// area.
fn slaney_bands(count: usize) -> Arc<[Band]> {
    let top = hz_to_mel(SAMPLE_RATE / 2.0);
    let edges: Vec<f32> = (0..count + 2)
        .map(|i| mel_to_hz(top * i as f32 / (count + 1) as f32))
        .collect();
    let bins = FFT_SIZE / 2 + 1;
    let bin_hz = SAMPLE_RATE / FFT_SIZE as f32;
    let band = |edges: &[f32]| {
        let weight = |bin: usize| {
            let hz = bin as f32 * bin_hz;
            let rise = (hz - edges[0]) / (edges[1] - edges[0]);
            let fall = (edges[2] - hz) / (edges[2] - edges[1]);
            rise.min(fall).max(0.0) * 2.0 / (edges[2] - edges[0])
        };
        let first = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
        let weights = (first..bins)
            .map(weight)
            .take_while(|&weight| weight > 0.0)
            .collect();
        Band { first, weights }
    };
    edges.windows(3).map(band).collect()
}

const LINEAR_HZ_PER_MEL: f32 = 200.0 / 3.0;
const LOG_FROM_HZ: f32 = 1000.0;
const LOG_FROM_MEL: f32 = LOG_FROM_HZ / LINEAR_HZ_PER_MEL;

/// Mels it takes to multiply the frequency by e.
fn mels_per_e() -> f32 {
    27.0 / 6.4_f32.ln()
}

fn hz_to_mel(hz: f32) -> f32 {
    if hz < LOG_FROM_HZ {
        hz / LINEAR_HZ_PER_MEL
    } else {
        LOG_FROM_MEL + (hz / LOG_FROM_HZ).ln() * mels_per_e()
    }
}

fn mel_to_hz(mel: f32) -> f32 {
    if mel < LOG_FROM_MEL {
        mel * LINEAR_HZ_PER_MEL
    } else {
        LOG_FROM_HZ * ((mel - LOG_FROM_MEL) / mels_per_e()).exp()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The signal of `testdata/mel/chirp.py`: a rising tone over a little noise.
    pub fn chirp(samples: usize) -> Vec<f32> {
        let mut noise = 1_u32;
        (0..samples)
            .map(|i| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let t = i as f64 / 16_000.0;
                let tone = (2.0 * std::f64::consts::PI * (200.0 + 900.0 * t) * t).sin();
                (0.3 * tone + 0.01 * (f64::from(noise >> 8) / f64::from(1 << 23) - 1.0)) as f32
            })
            .collect()
    }

    fn assert_close(got: f32, expected: f32, place: &str) {
        assert!(
            (got - expected).abs() < 2e-3,
            "{place}: {got} instead of {expected}"
        );
    }

    #[test]
    fn it_agrees_with_the_formula_in_numpy() {
        let golden = include_str!("../testdata/mel/golden.tsv");
        for line in golden.lines().filter(|line| !line.starts_with('#')) {
            let (samples, rest) = line.split_once('\t').expect("samples");
            let (frame, values) = rest.split_once('\t').expect("frame");
            let mel = MelFrontEnd::new(80).log_mel(&chirp(samples.parse().expect("a number")));
            let frame: usize = frame.parse().expect("a number");
            for (band, value) in values.split('\t').enumerate() {
                let got = if frame < mel.frames.nrows() {
                    mel.frames[[frame, band]]
                } else {
                    mel.silence
                };
                let place = format!("{samples} samples, frame {frame}, band {band}");
                assert_close(got, value.parse().expect("a number"), &place);
            }
        }
    }

    #[test]
    fn silence_is_silent_throughout() {
        for samples in [0, 1, 160, 16_000] {
            let mel = MelFrontEnd::new(80).log_mel(&vec![0.0; samples]);
            assert!(
                mel.frames.iter().all(|&value| value == mel.silence),
                "{samples} samples"
            );
        }
    }

    #[test]
    fn silence_after_the_sound_changes_nothing() {
        let sound = chirp(8_000);
        let mut padded = sound.clone();
        padded.resize(16_000, 0.0);
        let (short, long) = (
            MelFrontEnd::new(80).log_mel(&sound),
            MelFrontEnd::new(80).log_mel(&padded),
        );
        let heard = short.frames.nrows();
        assert_eq!(short.silence, long.silence);
        assert_eq!(short.frames, long.frames.slice(ndarray::s![..heard, ..]));
        assert!(
            long.frames
                .slice(ndarray::s![heard.., ..])
                .iter()
                .all(|&value| value == long.silence)
        );
    }

    #[test]
    fn no_more_than_a_window_is_heard() {
        let mel = MelFrontEnd::new(80).log_mel(&chirp(WINDOW_SAMPLES + 5_000));
        assert_eq!(mel.frames.dim(), (3000, 80));
    }
}
