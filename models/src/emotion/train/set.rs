//! Samples as a head learns from them.

use std::collections::HashMap;
use std::ops::Range;

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::log_softmax;
use sidetone_types::emotion::{Baseline, Mood};
use sidetone_types::prng::SplitMix64;

use super::voices::Voices;
use super::{Departure, Sample, TrainConfig};
use crate::emotion::head::Head;

/// Earlier stretches of a speaker that a voice is compared with, drawn by lot.
const EARLIER: [usize; 5] = [0, 1, 2, 4, 8];

/// Samples as the last layer gets them.
pub(super) struct Set {
    /// `[samples, mixed]`.
    x: Tensor,
    /// What it should read, times the weight of the sample: `[samples, moods]`. All sum to 1.
    targets: Tensor,
}

impl Set {
    pub fn new(head: &Head, samples: &[Sample], config: &TrainConfig) -> Result<Self> {
        let mut rng = SplitMix64::new(config.seed);
        let rows = samples
            .iter()
            .map(|sample| {
                let x = Tensor::from_slice(&sample.inputs, (1, sample.inputs.len()), &Device::Cpu)?;
                head.mix(&x)?.flatten_all()?.to_vec1()
            })
            .collect::<Result<Vec<Vec<f32>>>>()?;
        let summed = head.layout.summed();
        let rows = match config.departure {
            Some(Departure::Centred) => centred(rows, samples),
            // Of what is always 0 no weight is learnt.
            Some(Departure::EncoderAlone) => silenced(rows, summed..head.layout.mixed()),
            Some(Departure::ProsodyAlone) => silenced(rows, 0..summed),
            _ => rows,
        };
        let mut x = compared(&rows, samples, config, &mut rng);
        let mut targets = targets(samples, config);
        if config.departure == Some(Departure::Mixed) {
            let shares: Vec<(usize, f32)> = samples
                .iter()
                .map(|_| (rng.below(samples.len()), rng.share()))
                .collect();
            x = mixed(&x, &shares);
            targets = mixed(&targets, &shares);
        }
        let tensor = |rows: Vec<Vec<f32>>, width: usize| {
            Tensor::from_vec(rows.concat(), (samples.len(), width), &Device::Cpu)
        };
        Ok(Self {
            x: tensor(x, head.layout.mixed())?,
            targets: tensor(targets, Mood::ALL.len())?,
        })
    }

    /// Cross entropy of what `head` scores.
    pub fn loss(&self, head: &Head) -> Result<Tensor> {
        (log_softmax(&head.scores(&self.x)?, D::Minus1)? * &self.targets)?
            .sum_all()?
            .neg()
    }
}

/// Each of `rows` less what its speaker usually sounds like, known from some others.
fn compared(
    rows: &[Vec<f32>],
    samples: &[Sample],
    config: &TrainConfig,
    rng: &mut SplitMix64,
) -> Vec<Vec<f32>> {
    let voices = Voices::of(samples);
    let compared = rows.iter().enumerate().map(|(i, row)| {
        let wanted = match config.departure {
            Some(Departure::NotCompared) => 0,
            _ => EARLIER[rng.below(EARLIER.len())],
        };
        let others = voices.others(i, wanted, rng);
        let share = 1.0 / (Baseline::PRIOR + others.len() as f32);
        let mut row = row.clone();
        for other in others {
            for (x, usual) in row.iter_mut().zip(&rows[other]) {
                *x -= share * usual;
            }
        }
        row
    });
    compared.collect()
}

fn silenced(mut rows: Vec<Vec<f32>>, values: Range<usize>) -> Vec<Vec<f32>> {
    rows.iter_mut()
        .for_each(|row| row[values.clone()].fill(0.0));
    rows
}

/// `rows` less the mean of their collection.
fn centred(mut rows: Vec<Vec<f32>>, samples: &[Sample]) -> Vec<Vec<f32>> {
    let mut means: HashMap<usize, (f32, Vec<f32>)> = HashMap::new();
    for (row, sample) in rows.iter().zip(samples) {
        let (count, sum) = means
            .entry(sample.corpus)
            .or_insert_with(|| (0.0, vec![0.0; row.len()]));
        *count += 1.0;
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    for (row, sample) in rows.iter_mut().zip(samples) {
        let (count, sum) = &means[&sample.corpus];
        row.iter_mut()
            .zip(sum)
            .for_each(|(x, sum)| *x -= sum / count);
    }
    rows
}

/// Each of `rows`, of which a share is taken, and the rest of another.
fn mixed(rows: &[Vec<f32>], shares: &[(usize, f32)]) -> Vec<Vec<f32>> {
    let mixed = rows.iter().zip(shares).map(|(row, (other, share))| {
        let both = row.iter().zip(&rows[*other]);
        both.map(|(a, b)| share * a + (1.0 - share) * b).collect()
    });
    mixed.collect()
}

fn targets(samples: &[Sample], config: &TrainConfig) -> Vec<Vec<f32>> {
    let smoothing = match config.departure {
        Some(Departure::Unsmoothed) => 0.0,
        _ => config.smoothing as f32,
    };
    let of_all = smoothing / Mood::ALL.len() as f32;
    let targets = samples
        .iter()
        .zip(weights(samples, config))
        .map(|(sample, weight)| {
            let mut target = vec![weight * of_all; Mood::ALL.len()];
            target[sample.mood as usize] += weight * (1.0 - smoothing);
            target
        });
    targets.collect()
}

/// Each mood of each collection counts as much as any other. They sum to 1.
pub(super) fn weights(samples: &[Sample], config: &TrainConfig) -> Vec<f32> {
    if config.departure == Some(Departure::Unweighted) {
        return vec![1.0 / samples.len() as f32; samples.len()];
    }
    let mut moods: HashMap<usize, HashMap<Mood, usize>> = HashMap::new();
    for sample in samples {
        *moods
            .entry(sample.corpus)
            .or_default()
            .entry(sample.mood)
            .or_default() += 1;
    }
    let corpora = moods.len();
    let weight = |sample: &Sample| {
        let moods = &moods[&sample.corpus];
        1.0 / (corpora * moods.len() * moods[&sample.mood]) as f32
    };
    samples.iter().map(weight).collect()
}
