//! A head from labelled voices. The encoder stays as it is.

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::ops::{log_softmax, softmax};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use sidetone_core::mood::{Mood, Reading};

use super::baseline::PRIOR;
use super::head::{Head, Layout, Net};
use super::score::{Judged, Scores};
use sidetone_core::dice::Dice;

/// Earlier stretches of a speaker that a voice is compared with, drawn by lot.
const CONTEXTS: [usize; 5] = [0, 1, 2, 4, 8];
/// Samples of one step.
const BATCH: usize = 64;
/// Least deviation of an input: one that never changes tells nothing.
const LEAST_DEVIATION: f64 = 1e-4;

/// A labelled stretch of voice.
#[derive(Clone, Debug)]
pub struct Sample {
    /// [`Layout::inputs`] values.
    pub inputs: Vec<f32>,
    /// What it sounds like.
    pub mood: Mood,
    /// Whose voice, over which line: those with one number are compared with each other.
    pub voice: usize,
    /// Which collection it is of: each counts as much as any other.
    pub corpus: usize,
}

/// How a head is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainConfig {
    /// The same seed gives the same head.
    pub seed: u64,
    /// Values of the hidden layer. More remembers more of the speakers it was trained on.
    pub hidden: usize,
    /// Rounds over all samples at most.
    pub epochs: usize,
    /// Rounds without getting better on held voices before it ends.
    pub patience: usize,
    /// Step size of AdamW.
    pub rate: f64,
    /// Decay of weights; higher trusts the samples less.
    pub decay: f64,
    /// Share of a label's probability that is given to the other moods: labels are opinions.
    pub smoothing: f64,
    /// Share of the inputs and hidden values that are left out each time.
    pub dropout: f32,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            hidden: 64,
            epochs: 60,
            patience: 12,
            rate: 3e-4,
            decay: 0.3,
            smoothing: 0.1,
            dropout: 0.3,
        }
    }
}

/// How far training has come.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// From 1.
    pub number: usize,
    /// Mean loss over the samples trained on.
    pub loss: f64,
    /// Unweighted average recall over the held ones, if there are any.
    pub held_uar: Option<f64>,
    /// Their mean loss.
    pub held_loss: Option<f64>,
}

/// Trains a head on `samples`, of which none may be empty, and keeps what does best on the `held` ones. Without any it
/// trains to the last epoch.
pub fn train(
    samples: &[Sample],
    held: &[Sample],
    layout: Layout,
    config: &TrainConfig,
    mut tell: impl FnMut(Epoch),
) -> Result<Head> {
    let mut dice = Dice::new(config.seed);
    let (mean, deviation) = moments(samples, layout)?;
    let net = new_net(layout, config.hidden, &mut dice)?;
    let mut head = Head {
        layout,
        mean,
        deviation,
        net: net.as_net(),
        temperature: 1.0,
    };
    let train_set = Set::new(&head, samples)?;
    let held_set = Set::new(&head, held)?;
    // The same comparisons each time, or epochs could not be told apart.
    let held_all: Vec<usize> = (0..held.len()).collect();
    let held_x = held_set.compared(&held_all, &mut Dice::new(config.seed))?;
    let mut adam = AdamW::new(
        net.all(),
        ParamsAdamW {
            lr: config.rate,
            weight_decay: config.decay,
            ..ParamsAdamW::default()
        },
    )?;
    let mut best: Option<(f64, Net)> = None;
    let mut without = 0;
    let mut order: Vec<usize> = (0..samples.len()).collect();
    for number in 1..=config.epochs {
        dice.shuffle(&mut order);
        let mut sum = 0.0;
        for batch in order.chunks(BATCH) {
            let x = train_set.compared(batch, &mut dice)?;
            let loss = loss_of(&head, &x, &train_set, batch, config, Some(&mut dice))?;
            adam.backward_step(&loss)?;
            sum += f64::from(loss.to_scalar::<f32>()?) * batch.len() as f64;
        }
        let mut epoch = Epoch {
            number,
            loss: sum / samples.len().max(1) as f64,
            held_uar: None,
            held_loss: None,
        };
        if !held.is_empty() {
            let loss = loss_of(&head, &held_x, &held_set, &held_all, config, None)?;
            let loss = f64::from(loss.to_scalar::<f32>()?);
            epoch.held_loss = Some(loss);
            epoch.held_uar = Scores::of(&judge(&head, &held_x, held)?, 0.5).uar;
            without += 1;
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, net.copy()?));
                without = 0;
            }
        }
        tell(epoch);
        if without > config.patience {
            break;
        }
    }
    head.net = match best {
        Some((_, net)) => net,
        None => net.copy()?,
    };
    if !held.is_empty() {
        head.temperature = temperature(&head, &held_x, &held_set)?;
    }
    Ok(head)
}

/// What `head` reads in `samples`, each compared with so many others of the same voice, as they come in a call.
pub fn read_all(head: &Head, samples: &[Sample], earlier: usize, seed: u64) -> Result<Vec<Judged>> {
    let set = Set::new(head, samples)?;
    let all: Vec<usize> = (0..samples.len()).collect();
    let x = set.compared_with(&all, &[earlier], &mut Dice::new(seed))?;
    judge(head, &x, samples)
}

/// Inputs in deviations from the mean, and what is to be known of them.
struct Set {
    /// `[samples, inputs]`.
    x: Vec<f32>,
    inputs: usize,
    moods: Vec<Mood>,
    weights: Vec<f32>,
    voices: Vec<usize>,
    /// Samples of each voice.
    of_voice: Vec<Vec<usize>>,
}

impl Set {
    fn new(head: &Head, samples: &[Sample]) -> Result<Self> {
        let inputs = head.layout.inputs();
        let mut x = Vec::with_capacity(samples.len() * inputs);
        for sample in samples {
            let row = Tensor::from_slice(&sample.inputs, (1, inputs), &Device::Cpu)?;
            x.extend(head.standardised(&row)?.flatten_all()?.to_vec1::<f32>()?);
        }
        let voices: Vec<usize> = samples.iter().map(|sample| sample.voice).collect();
        let mut of_voice = vec![Vec::new(); voices.iter().max().map_or(0, |most| most + 1)];
        for (i, voice) in voices.iter().enumerate() {
            of_voice[*voice].push(i);
        }
        Ok(Self {
            x,
            inputs,
            moods: samples.iter().map(|sample| sample.mood).collect(),
            weights: weights(samples),
            voices,
            of_voice,
        })
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.x[i * self.inputs..][..self.inputs]
    }

    fn compared(&self, batch: &[usize], dice: &mut Dice) -> Result<Tensor> {
        self.compared_with(batch, &CONTEXTS, dice)
    }

    /// Each of `batch` less what its speaker usually sounds like, known from one of so many others: `[batch, inputs]`.
    fn compared_with(
        &self,
        batch: &[usize],
        contexts: &[usize],
        dice: &mut Dice,
    ) -> Result<Tensor> {
        let mut rows = Vec::with_capacity(batch.len() * self.inputs);
        for i in batch {
            let mut row = self.row(*i).to_vec();
            let others = &self.of_voice[self.voices[*i]];
            let wanted = contexts[dice.below(contexts.len())].min(others.len() - 1);
            let share = 1.0 / (PRIOR + wanted as f32);
            let mut taken = vec![*i];
            while taken.len() <= wanted {
                let other = others[dice.below(others.len())];
                if !taken.contains(&other) {
                    taken.push(other);
                }
            }
            for other in &taken[1..] {
                for (x, usual) in row.iter_mut().zip(self.row(*other)) {
                    *x -= usual * share;
                }
            }
            rows.extend(row);
        }
        Tensor::from_vec(rows, (batch.len(), self.inputs), &Device::Cpu)
    }
}

/// What is trained.
struct Vars {
    layers: Var,
    hidden: Var,
    hidden_bias: Var,
    out: Var,
    out_bias: Var,
}

impl Vars {
    fn all(&self) -> Vec<Var> {
        let vars = [
            &self.layers,
            &self.hidden,
            &self.hidden_bias,
            &self.out,
            &self.out_bias,
        ];
        vars.map(Clone::clone).into()
    }

    /// As a net that changes with them.
    fn as_net(&self) -> Net {
        Net {
            layers: self.layers.as_tensor().clone(),
            hidden: self.hidden.as_tensor().clone(),
            hidden_bias: self.hidden_bias.as_tensor().clone(),
            out: self.out.as_tensor().clone(),
            out_bias: self.out_bias.as_tensor().clone(),
        }
    }

    /// As they are now.
    fn copy(&self) -> Result<Net> {
        let copied = |var: &Var| var.as_tensor().detach().copy();
        Ok(Net {
            layers: copied(&self.layers)?,
            hidden: copied(&self.hidden)?,
            hidden_bias: copied(&self.hidden_bias)?,
            out: copied(&self.out)?,
            out_bias: copied(&self.out_bias)?,
        })
    }
}

fn new_net(layout: Layout, hidden: usize, dice: &mut Dice) -> Result<Vars> {
    let device = &Device::Cpu;
    let heard = layout.inputs() - (layout.layers - 1) * layout.summed();
    let mut drawn = |rows: usize, columns: usize| {
        let scale = 1.0 / (columns as f32).sqrt();
        let values: Vec<f32> = (0..rows * columns).map(|_| dice.normal() * scale).collect();
        Var::from_tensor(&Tensor::from_vec(values, (rows, columns), device)?)
    };
    Ok(Vars {
        hidden: drawn(hidden, heard)?,
        out: drawn(Mood::ALL.len(), hidden)?,
        layers: Var::zeros(layout.layers, DType::F32, device)?,
        hidden_bias: Var::zeros(hidden, DType::F32, device)?,
        out_bias: Var::zeros(Mood::ALL.len(), DType::F32, device)?,
    })
}

/// Mean and deviation of each input, every corpus counting the same.
fn moments(samples: &[Sample], layout: Layout) -> Result<(Tensor, Tensor)> {
    let inputs = layout.inputs();
    let weights = weights(samples);
    let whole: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let (mut mean, mut square) = (vec![0.0_f64; inputs], vec![0.0_f64; inputs]);
    for (sample, weight) in samples.iter().zip(&weights) {
        let share = f64::from(*weight) / whole;
        for (i, x) in sample.inputs.iter().enumerate() {
            mean[i] += share * f64::from(*x);
            square[i] += share * f64::from(*x).powi(2);
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

/// Each mood of each corpus counts as much as any other; 1 on average.
fn weights(samples: &[Sample]) -> Vec<f32> {
    let key = |sample: &Sample| (sample.corpus, sample.mood);
    let mut counts = std::collections::HashMap::new();
    for sample in samples {
        *counts.entry(key(sample)).or_insert(0_usize) += 1;
    }
    let mean = samples.len() as f32 / counts.len().max(1) as f32;
    samples
        .iter()
        .map(|sample| mean / counts[&key(sample)] as f32)
        .collect()
}

/// Mean loss of the `batch` of `set`, whose inputs are `x`. With `dice` some of what is known is left out.
fn loss_of(
    head: &Head,
    x: &Tensor,
    set: &Set,
    batch: &[usize],
    config: &TrainConfig,
    dice: Option<&mut Dice>,
) -> Result<Tensor> {
    let scores = match dice {
        Some(dice) => {
            let mut left = |x: &Tensor| dropped(x, config.dropout, dice);
            let imprint = head.net.imprint(head.layout, &left(x)?)?;
            head.net.scores(&left(&head.net.activate(&imprint)?)?)?
        }
        None => scores(head, x)?,
    };
    let moods = Mood::ALL.len();
    let spread = (config.smoothing / moods as f64) as f32;
    let targets: Vec<f32> = batch
        .iter()
        .flat_map(|i| {
            let (mood, weight) = (set.moods[*i] as usize, set.weights[*i]);
            (0..moods).map(move |m| {
                weight
                    * if m == mood {
                        1.0 - config.smoothing as f32 + spread
                    } else {
                        spread
                    }
            })
        })
        .collect();
    let targets = Tensor::from_vec(targets, (batch.len(), moods), &Device::Cpu)?;
    (log_softmax(&scores, D::Minus1)? * targets)?
        .sum_all()?
        .affine(-1.0 / batch.len() as f64, 0.0)
}

fn dropped(x: &Tensor, share: f32, dice: &mut Dice) -> Result<Tensor> {
    let kept = 1.0 / (1.0 - share);
    let mask: Vec<f32> = (0..x.elem_count())
        .map(|_| if dice.share() < share { 0.0 } else { kept })
        .collect();
    x * Tensor::from_vec(mask, x.shape(), &Device::Cpu)?
}

fn scores(head: &Head, x: &Tensor) -> Result<Tensor> {
    head.net
        .scores(&head.net.activate(&head.net.imprint(head.layout, x)?)?)
}

fn judge(head: &Head, x: &Tensor, samples: &[Sample]) -> Result<Vec<Judged>> {
    let scores = (scores(head, x)? / f64::from(head.temperature))?;
    let rows: Vec<Vec<f32>> = softmax(&scores, D::Minus1)?.to_vec2()?;
    let judged = rows.into_iter().zip(samples).map(|(moods, sample)| Judged {
        reading: Reading {
            moods: moods.try_into().expect("a score for each mood"),
        },
        truth: sample.mood,
    });
    Ok(judged.collect())
}

/// What scores have to be divided by for probabilities to be as likely as can be on `set`.
fn temperature(head: &Head, x: &Tensor, set: &Set) -> Result<f32> {
    let scores: Vec<Vec<f32>> = scores(head, x)?.to_vec2()?;
    let surprise = |temperature: f32| -> f32 {
        let of = |(row, (mood, weight)): (&Vec<f32>, (&Mood, &f32))| {
            let sum: f32 = row.iter().map(|score| (score / temperature).exp()).sum();
            weight * (sum.ln() - row[*mood as usize] / temperature)
        };
        let known = set.moods.iter().zip(&set.weights);
        scores.iter().zip(known).map(of).sum()
    };
    let candidates = (0..60).map(|i| 0.4 * 1.05_f32.powi(i));
    let best = candidates.min_by(|a, b| surprise(*a).total_cmp(&surprise(*b)));
    Ok(best.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::prosody::MEASURES;
    use crate::emotion::{Baseline, Imprint};

    const LAYOUT: Layout = Layout {
        layers: 2,
        width: 3,
    };

    /// Speakers who each sound like themselves, and moods that shift them all by the same.
    fn samples(seed: u64, speakers: usize) -> Vec<Sample> {
        let mut dice = Dice::new(seed);
        let mut samples = Vec::new();
        for voice in 0..speakers {
            let own: Vec<f32> = (0..LAYOUT.inputs()).map(|_| 2.0 * dice.normal()).collect();
            for i in 0..30 {
                let mood = Mood::ALL[i % 5];
                let inputs = own.iter().enumerate().map(|(at, own)| {
                    let shift = if at % 5 == mood as usize { 1.0 } else { 0.0 };
                    own + shift + dice.normal()
                });
                samples.push(Sample {
                    inputs: inputs.collect(),
                    mood,
                    voice,
                    corpus: 0,
                });
            }
        }
        samples
    }

    fn trained(seed: u64) -> Head {
        let config = TrainConfig {
            seed,
            rate: 3e-3,
            epochs: 40,
            ..TrainConfig::default()
        };
        train(&samples(1, 12), &samples(2, 4), LAYOUT, &config, |_| {}).expect("trains")
    }

    #[test]
    fn strangers_are_read_and_better_once_they_are_known() {
        let head = trained(1);
        let uar = |earlier| {
            let judged = read_all(&head, &samples(3, 20), earlier, 5).expect("reads");
            Scores::of(&judged, 0.5).uar.expect("all moods")
        };
        let (unknown, known) = (uar(0), uar(8));
        assert!(unknown > 0.3 && known > unknown + 0.1, "{unknown} {known}");
    }

    #[test]
    fn without_held_voices_it_trains_to_the_last_epoch() {
        let config = TrainConfig {
            epochs: 3,
            ..TrainConfig::default()
        };
        let mut told = Vec::new();
        let tell = |epoch: Epoch| told.push((epoch.number, epoch.held_uar));
        train(&samples(1, 2), &[], LAYOUT, &config, tell).expect("trains");
        assert_eq!(told, [(1, None), (2, None), (3, None)]);
    }

    #[test]
    fn the_same_seed_trains_the_same_head_and_a_file_keeps_it() {
        let (head, again) = (trained(7), trained(7));
        let file = tempfile::NamedTempFile::new().expect("a file");
        again.save(file.path()).expect("saves");
        let loaded = Head::load(file.path()).expect("loads");
        for sample in samples(4, 1) {
            let read = |head: &Head| {
                let imprint = head.imprint(&sample.inputs).expect("of this layout");
                head.read(&imprint, &Baseline::default()).expect("reads")
            };
            assert_eq!(read(&head), read(&loaded));
        }
    }

    #[test]
    fn a_call_is_read_as_training_read_it() {
        let head = trained(1);
        let of_one = samples(9, 1);
        let imprint = |sample: &Sample| head.imprint(&sample.inputs).expect("of this layout");
        let (last, first) = of_one.split_last().expect("some");
        let (mut usual, mut batch) = (vec![0.0_f32; head.net.hidden_bias.elem_count()], 0.0);
        for earlier in &first[..3] {
            for (sum, x) in usual.iter_mut().zip(imprint(earlier).0.iter()) {
                *sum += x;
            }
            batch += 1.0;
        }
        let shifted: Vec<f32> = imprint(last)
            .0
            .iter()
            .zip(&usual)
            .map(|(x, sum)| x - sum / (PRIOR + batch))
            .collect();
        let by_hand = head
            .read(&Imprint(shifted.into()), &Baseline::default())
            .expect("reads");
        let mut baseline = Baseline::default();
        for earlier in &first[..3] {
            baseline.hear(&imprint(earlier));
        }
        let by_baseline = head.read(&imprint(last), &baseline).expect("reads");
        for (a, b) in by_hand.moods.iter().zip(by_baseline.moods) {
            // It forgets a little.
            assert!((a - b).abs() < 0.05, "{by_hand:?} {by_baseline:?}");
        }
    }

    #[test]
    fn a_head_for_another_recogniser_is_refused_with_the_reason() {
        let head = trained(1);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let unfit = Head {
            mean: Tensor::zeros(MEASURES.len() + 7, DType::F32, &Device::Cpu).expect("zeros"),
            ..head
        };
        unfit.save(file.path()).expect("saves");
        let error = Head::load(file.path()).expect_err("does not fit");
        assert!(error.to_string().contains("`mean` is"), "{error}");
    }
}
