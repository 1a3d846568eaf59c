//! How something is said: melody, loudness, rate, pauses and colour of the voice.
//!
//! The measures follow the extended Geneva minimalistic parameter set (Eyben et al. 2016, "The
//! Geneva Minimalistic Acoustic Parameter Set for Voice Research and Affective Computing") where a
//! telephone line leaves them alone: nothing below 300 Hz or above 3,400 Hz is looked at, and
//! nothing that changes with the level of the line.

use std::f32::consts::PI;
use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

const RATE: f32 = 16_000.0;
/// From one frame to the next: 20 ms.
const HOP: usize = 320;
const HOPS_PER_SECOND: f32 = 50.0;
/// Under one transform: 40 ms, which holds two periods of the lowest voice.
const FRAME: usize = 640;
/// Padded so that the autocorrelation does not wrap around, up to the longest period.
const FFT: usize = 1_024;
/// Fundamental frequencies that are looked for, in Hz.
const LOWEST: f32 = 65.0;
const HIGHEST: f32 = 480.0;
/// How much a frame has to resemble itself a period later to be voiced.
const VOICED: f32 = 0.5;
/// What a period has to be better by than one half as long, so that two periods are not taken for
/// one.
const OCTAVE_COST: f32 = 0.06;
/// Frames so far below the loudest, in dB, are pauses.
const PAUSE: f32 = 30.0;
/// The band that every telephone line carries, in Hz, and where it is divided.
const BAND: (f32, f32) = (300.0, 3_400.0);
const MIDDLE: f32 = 1_000.0;
const UPPER: f32 = 2_000.0;
/// In dB: quieter is nothing.
const FLOOR: f32 = -100.0;

/// Names of what [`Prosody::of`] gives, in its order.
pub const MEASURES: [&str; 30] = [
    "pitch mean, semitones above 55 Hz",
    "pitch deviation, semitones",
    "pitch 10th percentile, semitones",
    "pitch 50th percentile, semitones",
    "pitch 90th percentile, semitones",
    "pitch range between 10th and 90th percentile, semitones",
    "pitch change from frame to frame, mean size, semitones per second",
    "pitch slope over the utterance, semitones per second",
    "harmonicity mean of voiced frames",
    "harmonicity deviation of voiced frames",
    "voiced share of the sounding frames",
    "level deviation of sounding frames, dB",
    "level range between 20th and 80th percentile, dB",
    "level change from frame to frame, mean size, dB per second",
    "level slope over the utterance, dB per second",
    "peak above the mean level, dB",
    "voiced stretches per second",
    "mean length of voiced stretches, s",
    "deviation of the length of voiced stretches, s",
    "pauses, share of the time",
    "syllables per second, as peaks of the level",
    "alpha ratio mean: 1 to 3.4 kHz above 0.3 to 1 kHz, dB",
    "alpha ratio deviation, dB",
    "Hammarberg index mean: peak of 0.3 to 2 kHz above that of 2 to 3.4 kHz, dB",
    "Hammarberg index deviation, dB",
    "centroid mean, octaves above 300 Hz",
    "centroid deviation, octaves",
    "spectral flux mean of sounding frames",
    "spectral flux deviation",
    "spectral flatness mean, dB",
];

/// Measures prosody. Holds tables, so make it once.
#[derive(Clone)]
pub struct Prosody {
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    window: Arc<[f32]>,
    /// Autocorrelation of the window (Boersma 1993), by which that of a frame is divided.
    of_window: Arc<[f32]>,
    /// Of each bin of the band, how many octaves it lies above the band's lower end.
    octaves: Arc<[f32]>,
}

impl fmt::Debug for Prosody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prosody({FRAME} samples)")
    }
}

/// What is known of a frame.
struct Frame {
    level: f32,
    /// Semitones above 55 Hz, and how well the period repeats; none where nothing does.
    pitch: Option<f32>,
    harmonicity: f32,
    alpha: f32,
    hammarberg: f32,
    centroid: f32,
    flux: f32,
    flatness: f32,
}

impl Default for Prosody {
    fn default() -> Self {
        Self::new()
    }
}

impl Prosody {
    /// Computes the tables.
    pub fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(FFT);
        let back = planner.plan_fft_inverse(FFT);
        let hann =
            (0..FRAME).map(|n| 0.5 - 0.5 * (2.0 * PI * (n as f32 + 0.5) / FRAME as f32).cos());
        let window: Arc<[f32]> = hann.collect();
        let octaves = (bin(BAND.0)..bin(BAND.1))
            .map(|bin| (bin as f32 * RATE / FFT as f32 / BAND.0).max(1.0).log2());
        let mut prosody = Self {
            forward,
            back,
            of_window: Arc::from([]),
            window,
            octaves: octaves.collect(),
        };
        let mut work = Work::new(&prosody);
        work.time[..FRAME].copy_from_slice(&prosody.window);
        prosody.transform(&mut work);
        prosody.of_window = prosody.autocorrelate(&mut work).into();
        prosody
    }

    /// The [`MEASURES`] of `pcm`: mono, 16 kHz, in [-1, 1]. All 0 where there is nothing to
    /// measure.
    pub fn of(&self, pcm: &[f32]) -> Vec<f32> {
        let frames = self.frames(pcm);
        let loudest = frames.iter().map(|frame| frame.level).fold(FLOOR, f32::max);
        if frames.len() < 4 || loudest <= FLOOR {
            return vec![0.0; MEASURES.len()];
        }
        summary(&frames, loudest)
    }

    fn frames(&self, pcm: &[f32]) -> Vec<Frame> {
        let mut work = Work::new(self);
        let mut before: Vec<f32> = Vec::new();
        let starts = (0..(pcm.len() + HOP).saturating_sub(FRAME)).step_by(HOP);
        starts
            .map(|start| {
                let end = pcm.len().min(start + FRAME);
                work.time.fill(0.0);
                let sounding = pcm[start..end].iter().zip(self.window.iter());
                for (into, (x, w)) in work.time.iter_mut().zip(sounding) {
                    *into = x * w;
                }
                self.frame(&mut work, &mut before)
            })
            .collect()
    }

    fn frame(&self, work: &mut Work, before: &mut Vec<f32>) -> Frame {
        self.transform(work);
        let power: Vec<f32> = work.spectrum.iter().map(|x| x.norm_sqr()).collect();
        let band = |from, to| &power[bin(from)..bin(to)];
        let (low, high) = (band(BAND.0, MIDDLE), band(MIDDLE, BAND.1));
        let whole = band(BAND.0, BAND.1);
        let sum: f32 = whole.iter().sum();
        let peak = |band: &[f32]| decibels(band.iter().copied().fold(0.0, f32::max));
        let octaves = whole.iter().zip(self.octaves.iter()).map(|(p, o)| p * o);
        let centroid = if sum > 0.0 {
            octaves.sum::<f32>() / sum
        } else {
            0.0
        };
        // In bands of a third of an octave or so, of which only the shares count.
        let shape: Vec<f32> = whole
            .chunks(12)
            .map(|chunk| (chunk.iter().sum::<f32>() / sum.max(f32::MIN_POSITIVE)).sqrt())
            .collect();
        let flux = match before.is_empty() {
            true => 0.0,
            false => shape
                .iter()
                .zip(before.iter())
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f32>()
                .sqrt(),
        };
        *before = shape;
        let mean = sum / whole.len() as f32;
        // A logarithm for four: none is below a millionth, so that their product is a number still.
        let below_mean = |four: &[f32]| {
            let shares = four
                .iter()
                .map(|p| (p / mean.max(f32::MIN_POSITIVE)).max(1e-6));
            10.0 * shares.product::<f32>().log10()
        };
        let (pitch, harmonicity) = self.pitch(work);
        Frame {
            level: decibels(sum / (FFT * FRAME) as f32),
            pitch: (harmonicity >= VOICED).then_some(pitch),
            harmonicity,
            alpha: decibels(high.iter().sum()) - decibels(low.iter().sum()),
            hammarberg: peak(band(BAND.0, UPPER)) - peak(band(UPPER, BAND.1)),
            centroid,
            flux,
            flatness: whole.chunks(4).map(below_mean).sum::<f32>() / whole.len() as f32,
        }
    }

    fn transform(&self, work: &mut Work) {
        self.forward
            .process_with_scratch(&mut work.time, &mut work.spectrum, &mut work.scratch)
            .expect("buffers of the plan's own lengths");
    }

    /// Up to the longest period, from the spectrum in `work`; 1 at no delay.
    fn autocorrelate(&self, work: &mut Work) -> Vec<f32> {
        let power = work
            .spectrum
            .iter()
            .map(|x| Complex32::new(x.norm_sqr(), 0.0));
        work.power.clear();
        work.power.extend(power);
        self.back
            .process_with_scratch(&mut work.power, &mut work.time, &mut work.scratch_back)
            .expect("buffers of the plan's own lengths");
        let longest = (RATE / LOWEST) as usize + 2;
        let scale = 1.0 / work.time[0].max(f32::MIN_POSITIVE);
        work.time[..longest].iter().map(|x| x * scale).collect()
    }

    /// Semitones above 55 Hz, and how well the period repeats, in [0, 1].
    fn pitch(&self, work: &mut Work) -> (f32, f32) {
        let own = self.autocorrelate(work);
        let likeness: Vec<f32> = own
            .iter()
            .zip(self.of_window.iter())
            .map(|(a, w)| a / w)
            .collect();
        let shortest = (RATE / HIGHEST) as usize;
        let mut best = (0.0, 0.0, f32::MIN);
        for lag in shortest..likeness.len() - 1 {
            let (a, b, c) = (likeness[lag - 1], likeness[lag], likeness[lag + 1]);
            if b < a || b <= c {
                continue;
            }
            // The top of a parabola through the three.
            let bend = a - 2.0 * b + c;
            let shift = if bend < 0.0 {
                0.5 * (a - c) / bend
            } else {
                0.0
            };
            let top = b - 0.25 * (a - c) * shift;
            let score = top - OCTAVE_COST * (lag as f32 / shortest as f32).log2();
            if score > best.2 {
                best = (lag as f32 + shift, top, score);
            }
        }
        match best {
            (lag, top, _) if lag > 0.0 => (semitones(RATE / lag), top.clamp(0.0, 1.0)),
            _ => (0.0, 0.0),
        }
    }
}

/// Buffers of one analysis.
struct Work {
    time: Vec<f32>,
    spectrum: Vec<Complex32>,
    power: Vec<Complex32>,
    scratch: Vec<Complex32>,
    scratch_back: Vec<Complex32>,
}

impl Work {
    fn new(prosody: &Prosody) -> Self {
        Self {
            time: prosody.forward.make_input_vec(),
            spectrum: prosody.forward.make_output_vec(),
            power: prosody.back.make_input_vec(),
            scratch: prosody.forward.make_scratch_vec(),
            scratch_back: prosody.back.make_scratch_vec(),
        }
    }
}

/// The bin of a frequency in Hz.
fn bin(hz: f32) -> usize {
    (hz * FFT as f32 / RATE) as usize
}

fn summary(frames: &[Frame], loudest: f32) -> Vec<f32> {
    let sounds = |frame: &&Frame| frame.level > loudest - PAUSE;
    let sounding: Vec<&Frame> = frames.iter().filter(sounds).collect();
    let of = |value: fn(&Frame) -> f32| -> Vec<f32> {
        sounding.iter().map(|frame| value(frame)).collect()
    };
    let voiced: Vec<&&Frame> = sounding
        .iter()
        .filter(|frame| frame.pitch.is_some())
        .collect();
    let seconds = frames.len() as f32 / HOPS_PER_SECOND;

    let pitches: Vec<f32> = voiced.iter().filter_map(|frame| frame.pitch).collect();
    let (pitch_mean, pitch_deviation) = moments(&pitches);
    let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|share| percentile(&pitches, share));
    let at: Vec<(f32, f32)> = points(frames, loudest, |frame| frame.pitch);
    let (harmonicity, harmonicity_deviation) = moments(
        &voiced
            .iter()
            .map(|frame| frame.harmonicity)
            .collect::<Vec<_>>(),
    );

    let levels = of(|frame| frame.level);
    let (level_mean, level_deviation) = moments(&levels);
    let level_at = points(frames, loudest, |frame| Some(frame.level));

    let stretches = stretches(frames, loudest);
    let (stretch, stretch_deviation) = moments(&stretches);
    let (alpha, alpha_deviation) = moments(&of(|frame| frame.alpha));
    let (hammarberg, hammarberg_deviation) = moments(&of(|frame| frame.hammarberg));
    let (centroid, centroid_deviation) = moments(&of(|frame| frame.centroid));
    let (flux, flux_deviation) = moments(&of(|frame| frame.flux));
    let (flatness, _) = moments(&of(|frame| frame.flatness));
    vec![
        pitch_mean,
        pitch_deviation,
        p10,
        p50,
        p90,
        p90 - p10,
        change(&at),
        slope(&at),
        harmonicity,
        harmonicity_deviation,
        voiced.len() as f32 / sounding.len() as f32,
        level_deviation,
        percentile(&levels, 0.8) - percentile(&levels, 0.2),
        change(&level_at),
        slope(&level_at),
        loudest - level_mean,
        stretches.len() as f32 / seconds,
        stretch,
        stretch_deviation,
        1.0 - sounding.len() as f32 / frames.len() as f32,
        syllables(frames, loudest) / seconds,
        alpha,
        alpha_deviation,
        hammarberg,
        hammarberg_deviation,
        centroid,
        centroid_deviation,
        flux,
        flux_deviation,
        flatness,
    ]
}

/// Times in seconds and what `value` gives there, for sounding frames.
fn points(frames: &[Frame], loudest: f32, value: fn(&Frame) -> Option<f32>) -> Vec<(f32, f32)> {
    let sounding = frames
        .iter()
        .enumerate()
        .filter(|(_, frame)| frame.level > loudest - PAUSE);
    sounding
        .filter_map(|(i, frame)| Some((i as f32 / HOPS_PER_SECOND, value(frame)?)))
        .collect()
}

/// Mean size of the change per second between neighbouring frames, of which leaps by more than an
/// octave are mistakes.
fn change(points: &[(f32, f32)]) -> f32 {
    let steps = points
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 < 1.5 / HOPS_PER_SECOND)
        .map(|pair| (pair[1].1 - pair[0].1).abs())
        .filter(|step| *step < 12.0);
    let (count, sum) = steps.fold((0_u32, 0.0), |(n, sum), step| (n + 1, sum + step));
    sum * HOPS_PER_SECOND / count.max(1) as f32
}

/// Of the line through the points, by least squares.
fn slope(points: &[(f32, f32)]) -> f32 {
    let n = points.len().max(1) as f32;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (xy, xx) = points.iter().fold((0.0, 0.0), |(xy, xx), p| {
        (xy + (p.0 - x) * (p.1 - y), xx + (p.0 - x).powi(2))
    });
    if xx > 0.0 { xy / xx } else { 0.0 }
}

/// Lengths of the stretches of voiced frames, in seconds.
fn stretches(frames: &[Frame], loudest: f32) -> Vec<f32> {
    let voiced = |frame: &Frame| frame.pitch.is_some() && frame.level > loudest - PAUSE;
    frames
        .chunk_by(|a, b| voiced(a) == voiced(b))
        .filter(|chunk| voiced(&chunk[0]) && chunk.len() > 1)
        .map(|chunk| chunk.len() as f32 / HOPS_PER_SECOND)
        .collect()
}

/// Peaks of the level over 60 ms that stand out from the valleys before them by 2 dB.
fn syllables(frames: &[Frame], loudest: f32) -> f32 {
    let smooth: Vec<f32> = frames
        .windows(3)
        .map(|three| three.iter().map(|frame| frame.level).sum::<f32>() / 3.0)
        .collect();
    let (mut valley, mut peak, mut rising, mut count) = (f32::MAX, f32::MIN, false, 0.0);
    for level in smooth {
        if rising {
            peak = peak.max(level);
            if level < peak - 2.0 {
                count += if peak > loudest - PAUSE { 1.0 } else { 0.0 };
                (rising, valley) = (false, level);
            }
        } else {
            valley = valley.min(level);
            if level > valley + 2.0 {
                (rising, peak) = (true, level);
            }
        }
    }
    count
}

fn moments(values: &[f32]) -> (f32, f32) {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n;
    (mean, variance.sqrt())
}

fn percentile(values: &[f32], share: f32) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = (share * sorted.len().saturating_sub(1) as f32).round() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(FLOOR)
}

fn semitones(hz: f32) -> f32 {
    12.0 * (hz / 55.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::prng::SplitMix64;

    /// A voice that glides from `from` to `to` Hz for two seconds, with `harmonics` that fall by 6
    /// dB per octave.
    fn voice(from: f32, to: f32, harmonics: usize) -> Vec<f32> {
        let mut phase = 0.0;
        (0..32_000)
            .map(|n| {
                let t = n as f32 / 32_000.0;
                phase += 2.0 * PI * (from + (to - from) * t) / RATE;
                let beat = 0.6 + 0.4 * (2.0 * PI * 4.0 * 2.0 * t).sin();
                let sum: f32 = (1..=harmonics)
                    .map(|h| (phase * h as f32).sin() / h as f32)
                    .sum();
                0.2 * beat * sum
            })
            .collect()
    }

    fn measure(pcm: &[f32], name: &str) -> f32 {
        let at = MEASURES
            .iter()
            .position(|measure| measure.starts_with(name));
        Prosody::new().of(pcm)[at.expect("a measure")]
    }

    #[test]
    fn pitch_is_that_of_the_voice_even_without_its_fundamental() {
        for hz in [90.0, 140.0, 220.0, 380.0] {
            let pcm = voice(hz, hz, 12);
            let found = measure(&pcm, "pitch 50th");
            assert!((found - semitones(hz)).abs() < 0.3, "{hz}: {found}");
            let deviation = measure(&pcm, "pitch deviation");
            assert!(deviation < 0.5, "{hz}: {deviation}");
        }
        let rising = voice(120.0, 240.0, 12);
        let slope = measure(&rising, "pitch slope");
        assert!(
            (slope - 6.0).abs() < 1.0,
            "an octave in two seconds: {slope}"
        );
    }

    #[test]
    fn the_level_of_the_line_changes_nothing() {
        let pcm = voice(150.0, 190.0, 12);
        let quiet: Vec<f32> = pcm.iter().map(|x| x * 0.05).collect();
        let (a, b) = (Prosody::new().of(&pcm), Prosody::new().of(&quiet));
        for ((a, b), name) in a.iter().zip(&b).zip(MEASURES) {
            assert!((a - b).abs() < 1e-2 * (1.0 + a.abs()), "{name}: {a} {b}");
        }
    }

    #[test]
    fn beats_are_counted_as_syllables_and_silence_as_a_pause() {
        let mut pcm = voice(150.0, 150.0, 12);
        let rate = measure(&pcm, "syllables");
        assert!((rate - 4.0).abs() <= 1.0, "{rate}");
        pcm.extend(vec![0.0; 32_000]);
        let pauses = measure(&pcm, "pauses");
        assert!((pauses - 0.5).abs() < 0.1, "{pauses}");
    }

    #[test]
    fn a_strained_voice_has_more_of_its_power_above() {
        let (soft, hard) = (voice(150.0, 150.0, 4), voice(150.0, 150.0, 20));
        assert!(measure(&hard, "alpha ratio mean") > measure(&soft, "alpha ratio mean"));
        assert!(measure(&hard, "centroid mean") > measure(&soft, "centroid mean"));
    }

    #[test]
    fn nothing_gives_zeros_and_noise_gives_numbers() {
        for pcm in [vec![], vec![0.0; 100], vec![0.0; 16_000]] {
            assert_eq!(Prosody::new().of(&pcm), vec![0.0; MEASURES.len()]);
        }
        let mut rng = SplitMix64::new(1);
        let noise: Vec<f32> = (0..16_000).map(|_| 0.2 * rng.normal()).collect();
        assert!(Prosody::new().of(&noise).iter().all(|x| x.is_finite()));
        assert!(measure(&noise, "voiced share") < 0.3);
    }
}
