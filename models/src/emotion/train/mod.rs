//! A head from labelled voices. The encoder stays as it is.

mod config;
mod departure;
mod sample;
mod set;
mod temperature;
#[cfg(test)]
mod tests;
mod voices;

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use sidetone_types::emotion::{Baseline, Impression, Mood};
use sidetone_types::prng::SplitMix64;

pub use config::TrainConfig;
pub use departure::Departure;
pub use sample::Sample;
use set::{Set, weights};
use temperature::temperature;
use voices::Voices;

use super::head::{Head, Layout};
use super::prosody::MEASURES;
use super::score::Judged;

/// Least deviation of an input: one that never changes tells nothing.
const LEAST_DEVIATION: f64 = 1e-4;
/// Score of a mood that is never read.
const NEVER: f32 = -20.0;
/// Where an encoder tells most of voices that are not those of the training, and how wide that
/// place is; both in shares of its depth. Whisper base is listened at after its second and third
/// layer of six: above, it knows words.
const BEST_DEPTH: f32 = 2.5 / 6.0;
const DEPTH_WIDTH: f32 = 0.5 / 6.0;

/// How far training has come.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// From 1.
    pub number: usize,
    /// Mean loss over the samples trained on, and what the size of the weights costs.
    pub loss: f64,
    /// Mean loss over the held ones, if there are any.
    pub held_loss: Option<f64>,
}

/// Trains a head on `samples` of voices over any lines, and keeps what does best on the `held`
/// ones. Without any it trains to the last step.
///
/// Inputs are `layout.inputs()` values each; others are an error, and so is training on nothing.
pub fn train(
    samples: &[Sample],
    held: &[Sample],
    layout: Layout,
    config: &TrainConfig,
    tell: impl FnMut(Step),
) -> Result<Head> {
    let head = fit(samples, held, layout, config, tell)?;
    let temperature = temperature(samples, layout, config)?;
    Ok(Head {
        temperature,
        ..head
    })
}

/// What `head` reads in `samples`, each after so many others of the same speaker over the same
/// line, as they come in a call; fewer where there are not as many. Which, is drawn by lot from
/// `seed`.
pub fn read_all(head: &Head, samples: &[Sample], earlier: usize, seed: u64) -> Result<Vec<Judged>> {
    let heard: Vec<Impression> = samples
        .iter()
        .map(|sample| head.impression(&sample.inputs))
        .collect::<Result<_>>()?;
    let voices = Voices::of(samples);
    let mut rng = SplitMix64::new(seed);
    let judged = samples.iter().enumerate().map(|(i, sample)| {
        let mut baseline = Baseline::default();
        for other in voices.others(i, earlier, &mut rng) {
            baseline.hear(&heard[other], 1.0);
        }
        Judged {
            reading: baseline.read(&heard[i]),
            truth: sample.mood,
        }
    });
    Ok(judged.collect())
}

/// A head whose scores are as sure as training made them.
fn fit(
    samples: &[Sample],
    held: &[Sample],
    layout: Layout,
    config: &TrainConfig,
    mut tell: impl FnMut(Step),
) -> Result<Head> {
    let device = &Device::Cpu;
    let moods = Mood::ALL.len();
    let (mean, deviation) = moments(samples, layout, config)?;
    let weight = Var::zeros((moods, layout.mixed()), DType::F32, device)?;
    let bias = Var::zeros(moods, DType::F32, device)?;
    let mut head = Head {
        layout,
        mean,
        deviation,
        layers: layers(layout, config)?,
        weight: weight.as_tensor().clone(),
        bias: bias.as_tensor().clone(),
        temperature: 1.0,
        sources: Vec::new(),
    };
    let trained_on = Set::new(&head, samples, config)?;
    let held = match held {
        [] => None,
        held => Some(Set::new(&head, held, config)?),
    };
    let decays = decays(layout, config)?;
    let mut adam = AdamW::new(
        vec![weight.clone(), bias.clone()],
        ParamsAdamW {
            lr: config.rate,
            // Decay is part of the loss, so that it does not depend on the size of the steps.
            weight_decay: 0.0,
            ..ParamsAdamW::default()
        },
    )?;
    let now =
        || -> Result<(Tensor, Tensor)> { Ok((weight.detach().copy()?, bias.detach().copy()?)) };
    let mut best: Option<(f64, usize, (Tensor, Tensor))> = None;
    for number in 1..=config.steps {
        adam.set_learning_rate(config.rate * (1.0 - (number - 1) as f64 / config.steps as f64));
        let size = (weight.sqr()?.broadcast_mul(&decays)?.sum_all()? * 0.5)?;
        let loss = (trained_on.loss(&head)? + size)?;
        adam.backward_step(&loss)?;
        let held_loss = match &held {
            Some(held) => Some(f64::from(held.loss(&head)?.to_scalar::<f32>()?)),
            None => None,
        };
        tell(Step {
            number,
            loss: f64::from(loss.to_scalar::<f32>()?),
            held_loss,
        });
        if let Some(loss) = held_loss {
            match best {
                Some((least, at, _)) if loss >= least && number - at > config.patience => break,
                Some((least, ..)) if loss >= least => {}
                _ => best = Some((loss, number, now()?)),
            }
        }
    }
    (head.weight, head.bias) = match best {
        Some((_, _, best)) => best,
        None => now()?,
    };
    silence(&mut head, samples)?;
    Ok(head)
}

/// Has `head` read no voice as a mood that none of `samples` is in.
fn silence(head: &mut Head, samples: &[Sample]) -> Result<()> {
    let is_known = |mood: &Mood| samples.iter().any(|sample| sample.mood == *mood);
    let known = Mood::ALL.map(|mood| if is_known(&mood) { 1.0_f32 } else { 0.0 });
    let unknown = known.map(|known| (1.0 - known) * NEVER);
    let known = Tensor::new(&known, &Device::Cpu)?;
    head.weight = head.weight.broadcast_mul(&known.unsqueeze(1)?)?;
    head.bias = ((&head.bias * &known)? + Tensor::new(&unknown, &Device::Cpu)?)?;
    Ok(())
}

/// Mean and deviation of each input.
fn moments(samples: &[Sample], layout: Layout, config: &TrainConfig) -> Result<(Tensor, Tensor)> {
    let inputs = layout.inputs();
    let (mut mean, mut square) = (vec![0.0_f64; inputs], vec![0.0_f64; inputs]);
    for (sample, weight) in samples.iter().zip(weights(samples, config)) {
        let moments = mean.iter_mut().zip(&mut square);
        for ((mean, square), x) in moments.zip(sample.inputs.iter()) {
            *mean += f64::from(weight) * f64::from(*x);
            *square += f64::from(weight) * f64::from(*x).powi(2);
        }
    }
    let deviation = mean
        .iter()
        .zip(&square)
        .map(|(mean, square)| (square - mean * mean).max(0.0).sqrt().max(LEAST_DEVIATION));
    let tensor = |values: Vec<f64>| {
        let values: Vec<f32> = values.into_iter().map(|x| x as f32).collect();
        Tensor::from_vec(values, inputs, &Device::Cpu)
    };
    let deviation = tensor(deviation.collect())?;
    Ok((tensor(mean)?, deviation))
}

/// How much each place in the encoder counts, before they are made to sum to 1: `[layers]`.
fn layers(layout: Layout, config: &TrainConfig) -> Result<Tensor> {
    let last = layout.layers.saturating_sub(1);
    let layers = (0..layout.layers).map(|layer| {
        let depth = layer as f32 / last.max(1) as f32;
        match config.departure {
            Some(Departure::AllLayers) => 0.0,
            Some(Departure::LastLayer) if layer == last => 0.0,
            Some(Departure::LastLayer) => -100.0,
            _ => -0.5 * ((depth - BEST_DEPTH) / DEPTH_WIDTH).powi(2),
        }
    });
    Tensor::from_vec(layers.collect::<Vec<f32>>(), layout.layers, &Device::Cpu)
}

/// Of the weight of each value: `[1, mixed]`.
fn decays(layout: Layout, config: &TrainConfig) -> Result<Tensor> {
    let (encoder, prosody) = match config.departure {
        Some(Departure::LittleDecay) => (config.decay / 10.0, config.prosody_decay / 10.0),
        _ => (config.decay, config.prosody_decay),
    };
    let mut decays = vec![encoder as f32; layout.summed()];
    decays.extend([prosody as f32; MEASURES.len()]);
    Tensor::from_vec(decays, (1, layout.mixed()), &Device::Cpu)
}
