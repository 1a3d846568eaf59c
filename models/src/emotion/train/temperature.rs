//! How sure a head may be.

use std::collections::HashMap;

use candle_core::Result;

use super::set::weights;
use super::{Departure, Sample, TrainConfig, fit, read_all};
use crate::emotion::head::Layout;
use crate::emotion::score::Judged;

/// Earlier stretches of the speakers that are known then.
pub(super) const CALIBRATED_AFTER: usize = 4;
/// What scores are divided by if there is nobody to leave out, and at most.
pub(super) const AS_TRAINED: f32 = 1.0;

/// What scores have to be divided by to be as sure as they are right in voices that were not
/// trained on. For that each collection is left out in turn. A single one cannot be: who speaks in
/// the same room as those that were trained on, and says the same sentences, is read too well to
/// tell how strangers are. Nor is one of a single mood left out: it tells nothing of the others.
///
/// A head of fewer collections reads strangers worse than the one it stands in for, and would have
/// that be less sure than it may: as sure as training makes it, it may always be, for it was made
/// so by much decay.
pub(super) fn temperature(samples: &[Sample], layout: Layout, config: &TrainConfig) -> Result<f32> {
    let parts = parts(samples);
    let most = parts.iter().flatten().max().map_or(0, |most| most + 1);
    if most < 2 {
        return Ok(AS_TRAINED);
    }
    let mut known: Vec<(f32, Judged)> = Vec::new();
    for part in 0..most {
        let of = |left_out: bool| -> Vec<Sample> {
            let wanted = samples.iter().zip(&parts);
            let wanted = wanted.filter(|(_, of)| (**of == Some(part)) == left_out);
            wanted.map(|(sample, _)| sample.clone()).collect()
        };
        let (left_out, others) = (of(true), of(false));
        let head = fit(&others, &[], layout, config, |_| {})?;
        let earlier = match config.departure {
            Some(Departure::NotCompared) => 0,
            _ => CALIBRATED_AFTER,
        };
        let judged = read_all(&head, &left_out, earlier, config.seed)?;
        known.extend(weights(&left_out, config).into_iter().zip(judged));
    }
    let surprise = |temperature: f32| -> f32 {
        let of = |(weight, judged): &(f32, Judged)| {
            let scores = judged
                .reading
                .moods
                .map(|mood| mood.max(1e-9).ln() / temperature);
            let sum: f32 = scores.iter().map(|score| score.exp()).sum();
            weight * (sum.ln() - scores[judged.truth as usize])
        };
        known.iter().map(of).sum()
    };
    let candidates = (0..60).map(|i| 0.2 * 1.03_f32.powi(i)).chain([AS_TRAINED]);
    let candidates = candidates.filter(|temperature| *temperature <= AS_TRAINED);
    let best = candidates.min_by(|a, b| surprise(*a).total_cmp(&surprise(*b)));
    Ok(best.unwrap_or(AS_TRAINED))
}

/// Which part of the samples each is in: its collection, numbered as they come. `None` for those of
/// a collection with a single mood.
fn parts(samples: &[Sample]) -> Vec<Option<usize>> {
    let mut numbers = HashMap::new();
    let number = |sample: &Sample| {
        let mut own = samples.iter().filter(|other| other.corpus == sample.corpus);
        if own.all(|other| other.mood == sample.mood) {
            return None;
        }
        let next = numbers.len();
        Some(*numbers.entry(sample.corpus).or_insert(next))
    };
    samples.iter().map(number).collect()
}
