//! Which samples are of one voice.

use std::collections::HashMap;

use sidetone_types::prng::SplitMix64;

use super::Sample;

/// Samples that may be compared with each other: of one speaker, over one line.
pub(super) struct Voices {
    of: Vec<usize>,
    samples: Vec<Vec<usize>>,
}

impl Voices {
    pub fn of(samples: &[Sample]) -> Self {
        let mut numbers = HashMap::new();
        let mut voices = Self {
            of: Vec::with_capacity(samples.len()),
            samples: Vec::new(),
        };
        for (i, sample) in samples.iter().enumerate() {
            let next = numbers.len();
            let voice = *numbers.entry((sample.speaker, sample.line)).or_insert(next);
            if voice == next {
                voices.samples.push(Vec::new());
            }
            voices.of.push(voice);
            voices.samples[voice].push(i);
        }
        voices
    }

    /// So many others of the voice of sample `i`, or all there are.
    pub fn others(&self, i: usize, wanted: usize, rng: &mut SplitMix64) -> Vec<usize> {
        let mut others = self.samples[self.of[i]].clone();
        others.retain(|other| *other != i);
        rng.shuffle(&mut others);
        others.truncate(wanted);
        others
    }
}
