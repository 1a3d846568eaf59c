//! Hold music: tunes and chords that a seed makes up, on instruments that take some telling from
//! voices.

use std::f32::consts::{PI, TAU};

use super::{Lcg, RATE, at_peak, samples, silence, white};

/// Organ chords, held for two beats each.
pub fn chords(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(seconds, &tune.chords(seconds, 2.0), organ))
}

/// A melody on plucked or struck strings, whose harmonics die away one after the other.
pub fn piano(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(seconds, &tune.melody(seconds, 4.0), plucked))
}

/// A melody on a flute with vibrato and a little breath.
pub fn flute(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    let mut pcm = play(seconds, &tune.melody(seconds, 8.0), |note, age| {
        let phase = vibrato_phase(note, age, 0.006);
        fade(note, age, 0.06)
            * (phase.sin() + 0.2 * (2.0 * phase).sin() + 0.06 * (3.0 * phase).sin())
    });
    for (sample, breath) in pcm.iter_mut().zip(white(seconds, seed)) {
        *sample += 0.03 * *sample * breath;
    }
    at_peak(pcm)
}

/// A melody on a cheap synthesiser: the odd harmonics of a square wave.
pub fn square_lead(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(seconds, &tune.melody(seconds, 4.0), |note, age| {
        let odd = harmonics(note.hz).filter(|n| n % 2.0 == 1.0);
        fade(note, age, 0.005)
            * odd
                .map(|n| (TAU * n * note.hz * age).sin() / n)
                .sum::<f32>()
    }))
}

/// A melody on a horn in the range of a voice: vibrato, full harmonics and a resonance that opens
/// and closes with each note. The most voice-like of these sounds.
pub fn brass_lead(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(seconds, &tune.melody(seconds, 2.0), |note, age| {
        let phase = vibrato_phase(note, age, 0.01);
        let resonance = 500.0 + 900.0 * (PI * (age / note.length).min(1.0)).sin();
        let shape = |n: f32| 1.0 / (1.0 + ((n * note.hz - resonance) / 300.0).powi(2)) + 0.2 / n;
        fade(note, age, 0.04)
            * harmonics(note.hz)
                .map(|n| shape(n) * (n * phase).sin())
                .sum::<f32>()
    }))
}

/// Bells by frequency modulation (Chowning 1973), as ring tones and chimes have them.
pub fn bells(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(
        seconds,
        &ringing(tune.melody(seconds, 8.0)),
        |note, age| {
            let modulator = 4.0 * (-2.0 * age).exp() * (TAU * 1.4 * note.hz * age).sin();
            fade(note, age, 0.002) * (-2.5 * age).exp() * (TAU * note.hz * age + modulator).sin()
        },
    ))
}

/// Broken chords in quick notes on plucked strings.
pub fn arpeggio(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    let mut notes = tune.chords(seconds, 1.0);
    for (at, note) in notes.iter_mut().enumerate() {
        note.start += (at % 3) as f32 * tune.beat / 3.0;
    }
    at_peak(play(seconds, &notes, plucked))
}

/// Slow string chords: sawtooth pairs a little out of tune, which swell and beat.
pub fn strings(seconds: f32, seed: u64) -> Vec<f32> {
    let tune = Tune::new(seed);
    at_peak(play(seconds, &tune.chords(seconds, 4.0), bowed))
}

/// A drum kit: kick, snare and hi-hat in eighths.
pub fn drums(seconds: f32, seed: u64) -> Vec<f32> {
    let mut random = Lcg::new(seed);
    let beat = Tune::new(seed).beat;
    let mut pcm = silence(seconds, seed);
    let mut eighth = 0;
    loop {
        let start = samples(eighth as f32 * beat / 2.0);
        if start >= pcm.len() {
            return at_peak(pcm);
        }
        let (kick, snare) = (eighth % 4 == 0, eighth % 4 == 2);
        for (age, sample) in pcm[start..].iter_mut().take(samples(0.25)).enumerate() {
            let (t, noise) = (age as f32 / RATE, random.signed());
            *sample += 0.25 * noise * (-80.0 * t).exp();
            if kick {
                // The pitch falls from 150 to 50 Hz; this is its integral.
                *sample +=
                    (-12.0 * t).exp() * (TAU * (50.0 * t + 5.0 * (1.0 - (-20.0 * t).exp()))).sin();
            }
            if snare {
                *sample += (-18.0 * t).exp() * (0.6 * noise + 0.4 * (TAU * 190.0 * t).sin());
            }
        }
        eighth += 1;
    }
}

/// All of it together, as hold music has it: drums, strings and a melody.
pub fn band(seconds: f32, seed: u64) -> Vec<f32> {
    let parts = [
        drums(seconds, seed),
        strings(seconds, seed),
        piano(seconds, seed),
    ];
    at_peak(
        (0..samples(seconds))
            .map(|at| parts.iter().map(|part| part[at]).sum())
            .collect(),
    )
}

/// One note of a tune; times in seconds.
#[derive(Clone, Copy)]
pub(super) struct Note {
    pub start: f32,
    pub length: f32,
    pub hz: f32,
}

/// What a seed decides about a piece of music.
struct Tune {
    seed: u64,
    /// Seconds.
    beat: f32,
    /// The key's lowest note in Hz, within the octave below middle C.
    tonic: f32,
}

impl Tune {
    fn new(seed: u64) -> Self {
        let mut random = Lcg::new(seed);
        Self {
            seed,
            beat: random.between(0.4, 0.8),
            tonic: 130.8 * random.between(0.0, 1.0).exp2(),
        }
    }

    /// A walk over the pentatonic scale above `octave / 2` times the tonic, in halves and whole
    /// beats.
    fn melody(&self, seconds: f32, octave: f32) -> Vec<Note> {
        const SCALE: [f32; 5] = [0.0, 2.0, 4.0, 7.0, 9.0];
        let mut random = Lcg::new(self.seed + 1);
        let (mut notes, mut start, mut degree) = (Vec::new(), 0.0, 5_usize);
        while start < seconds {
            let length = self.beat * [0.5, 0.5, 1.0, 1.0, 2.0][random.below(5)];
            degree = (degree + random.below(5)).saturating_sub(2).min(9);
            let semitones = SCALE[degree % 5] + 12.0 * (degree / 5) as f32;
            let hz = octave / 2.0 * self.tonic * (semitones / 12.0).exp2();
            notes.push(Note { start, length, hz });
            start += length;
        }
        notes
    }

    /// Triads of a common progression (I vi IV V), each held for `beats`; three notes a chord.
    fn chords(&self, seconds: f32, beats: f32) -> Vec<Note> {
        const TRIADS: [[f32; 3]; 4] = [
            [0.0, 4.0, 7.0],
            [-3.0, 0.0, 4.0],
            [-7.0, -3.0, 0.0],
            [-5.0, -1.0, 2.0],
        ];
        let length = beats * self.beat;
        let count = (seconds / length).ceil() as usize;
        let chord = |at: usize| {
            TRIADS[at % 4].map(|semitones| Note {
                start: at as f32 * length,
                length,
                hz: 2.0 * self.tonic * (semitones / 12.0).exp2(),
            })
        };
        (0..count).flat_map(chord).collect()
    }
}

/// Lets every note sound on for at least two seconds.
fn ringing(mut notes: Vec<Note>) -> Vec<Note> {
    for note in &mut notes {
        note.length = note.length.max(2.0);
    }
    notes
}

/// Mixes `notes`; `timbre` gives a note's sample at its age in seconds.
pub(super) fn play(seconds: f32, notes: &[Note], timbre: impl Fn(&Note, f32) -> f32) -> Vec<f32> {
    let mut pcm = vec![0.0; samples(seconds)];
    for note in notes.iter().filter(|note| note.start < seconds) {
        for (age, sample) in pcm[samples(note.start)..]
            .iter_mut()
            .take(samples(note.length))
            .enumerate()
        {
            *sample += timbre(note, age as f32 / RATE);
        }
    }
    pcm
}

fn organ(note: &Note, age: f32) -> f32 {
    let stops = [(1.0, 1.0), (2.0, 0.5), (3.0, 0.3), (4.0, 0.25), (8.0, 0.1)];
    fade(note, age, 0.01)
        * stops
            .iter()
            .map(|(n, level)| level * (TAU * n * note.hz * age).sin())
            .sum::<f32>()
}

fn plucked(note: &Note, age: f32) -> f32 {
    let partial = |n: f32| (-(1.5 + 1.2 * n) * age).exp() / n * (TAU * n * note.hz * age).sin();
    fade(note, age, 0.003) * harmonics(note.hz).map(partial).sum::<f32>()
}

fn bowed(note: &Note, age: f32) -> f32 {
    let saw = |hz: f32| {
        harmonics(hz)
            .map(|n| (TAU * n * hz * age).sin() / n)
            .sum::<f32>()
    };
    fade(note, age, 0.2) * (saw(note.hz * 0.997) + saw(note.hz * 1.003))
}

/// The numbers of the first twelve harmonics of `hz`, as far as half the sampling rate allows.
fn harmonics(hz: f32) -> impl Iterator<Item = f32> {
    (1..=12_u8)
        .map(f32::from)
        .take_while(move |n| n * hz < RATE / 2.0)
}

/// Phase in radians under 5.5 Hz of vibrato, `depth` of the pitch to each side.
fn vibrato_phase(note: &Note, age: f32, depth: f32) -> f32 {
    const SPEED: f32 = 5.5;
    TAU * note.hz * (age + depth / (TAU * SPEED) * (1.0 - (TAU * SPEED * age).cos()))
}

/// Rises over `edge` seconds at a note's start and falls over as many at its end.
pub(super) fn fade(note: &Note, age: f32, edge: f32) -> f32 {
    (age / edge).min((note.length - age) / edge).clamp(0.0, 1.0)
}
