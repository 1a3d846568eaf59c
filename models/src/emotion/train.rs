//! A head from labelled voices. The encoder stays as it is.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::ops::log_softmax;
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use sidetone_core::dice::Dice;
use sidetone_core::mood::{Baseline, Impression, Mood};

use super::head::{Head, Layout};
use super::prosody::MEASURES;
use super::score::Judged;

/// Earlier stretches of a speaker that a voice is compared with, drawn by lot.
const EARLIER: [usize; 5] = [0, 1, 2, 4, 8];
/// Least deviation of an input: one that never changes tells nothing.
const LEAST_DEVIATION: f64 = 1e-4;
/// Where an encoder tells most of voices that are not those of the training, and how wide that place is; both in shares
/// of its depth. Whisper base is listened at after its second and third layer of six: above, it knows words.
const BEST_DEPTH: f32 = 2.5 / 6.0;
const DEPTH_WIDTH: f32 = 0.5 / 6.0;
/// Groups that the speakers of a single collection are left out in, to see how sure a head may be.
const GROUPS: usize = 3;
/// Earlier stretches of the speakers that are known then.
const CALIBRATED_AFTER: usize = 4;
/// What scores are divided by if there is nobody to leave out, and at most.
const AS_TRAINED: f32 = 1.0;

/// A labelled stretch of voice.
#[derive(Clone, Debug)]
pub struct Sample {
    /// [`Layout::inputs`] values.
    pub inputs: Arc<[f32]>,
    /// What it sounds like.
    pub mood: Mood,
    /// Who speaks: a number over all samples.
    pub speaker: usize,
    /// What the voice came over: a speaker is compared with themselves over the same line.
    pub line: usize,
    /// Which collection it is of: each counts as much as any other.
    pub corpus: usize,
}

/// How a head is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainConfig {
    /// The same seed gives the same head.
    pub seed: u64,
    /// Steps at most, each over all samples.
    pub steps: usize,
    /// Steps without getting better on held voices before it ends.
    pub patience: usize,
    /// Size of the first step of Adam (Kingma & Ba 2015); the last is 0.
    pub rate: f64,
    /// Decay of the weights of the encoder's values. Higher trusts the samples less: it reads strangers better, and is
    /// less sure.
    pub decay: f64,
    /// The same for the prosody: few measures, which mean the same in all languages.
    pub prosody_decay: f64,
    /// Share of a label's probability that is given to the other moods: labels are opinions.
    pub smoothing: f64,
    /// Something to be done otherwise, to see what it is good for.
    pub departure: Option<Departure>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 250,
            patience: 40,
            rate: 3e-3,
            decay: 0.25,
            prosody_decay: 0.02,
            smoothing: 0.1,
            departure: None,
        }
    }
}

/// One thing that is done otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Departure {
    /// Hears nothing but the encoder.
    EncoderAlone,
    /// Hears nothing but the prosody.
    ProsodyAlone,
    /// Listens to all places in the encoder alike.
    AllLayers,
    /// Listens to the end of the encoder.
    LastLayer,
    /// Trusts the samples ten times as much.
    LittleDecay,
    /// Compares no voice with how its speaker sounds otherwise.
    NotCompared,
    /// Takes each collection's mean off its samples first.
    Centred,
    /// Trains on mixtures of two samples each (mix-up, Zhang et al. 2018).
    Mixed,
    /// Believes labels.
    Unsmoothed,
    /// Has each sample count alike, whatever its mood and collection.
    Unweighted,
}

impl Departure {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::EncoderAlone,
        Self::ProsodyAlone,
        Self::AllLayers,
        Self::LastLayer,
        Self::LittleDecay,
        Self::NotCompared,
        Self::Centred,
        Self::Mixed,
        Self::Unsmoothed,
        Self::Unweighted,
    ];

    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EncoderAlone => "encoder alone",
            Self::ProsodyAlone => "prosody alone",
            Self::AllLayers => "all layers alike",
            Self::LastLayer => "last layer",
            Self::LittleDecay => "a tenth of the decay",
            Self::NotCompared => "speaker not compared",
            Self::Centred => "collections centred",
            Self::Mixed => "mix-up",
            Self::Unsmoothed => "no label smoothing",
            Self::Unweighted => "moods as frequent as they are",
        }
    }
}

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

/// Trains a head on `samples` of voices over any lines, and keeps what does best on the `held` ones. Without any it
/// trains to the last step.
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

/// What `head` reads in `samples`, each after so many others of the same speaker over the same line, as they come in a
/// call; fewer where there are not as many. Which, is drawn by lot from `seed`.
pub fn read_all(head: &Head, samples: &[Sample], earlier: usize, seed: u64) -> Result<Vec<Judged>> {
    let heard: Vec<Impression> = samples
        .iter()
        .map(|sample| head.impression(&sample.inputs))
        .collect::<Result<_>>()?;
    let voices = Voices::of(samples);
    let mut dice = Dice::new(seed);
    let judged = samples.iter().enumerate().map(|(i, sample)| {
        let mut baseline = Baseline::default();
        for other in voices.others(i, earlier, &mut dice) {
            baseline.hear(&heard[other], 1.0);
        }
        Judged {
            reading: baseline.read(&heard[i]),
            truth: sample.mood,
        }
    });
    Ok(judged.collect())
}

/// Samples that may be compared with each other: of one speaker, over one line.
struct Voices {
    of: Vec<usize>,
    samples: Vec<Vec<usize>>,
}

impl Voices {
    fn of(samples: &[Sample]) -> Self {
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
    fn others(&self, i: usize, wanted: usize, dice: &mut Dice) -> Vec<usize> {
        let mut others = self.samples[self.of[i]].clone();
        others.retain(|other| *other != i);
        dice.shuffle(&mut others);
        others.truncate(wanted);
        others
    }
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
    Ok(head)
}

/// Samples as the last layer gets them.
struct Set {
    /// `[samples, mixed]`.
    x: Tensor,
    /// What it should read, times the weight of the sample: `[samples, moods]`. All sum to 1.
    targets: Tensor,
}

impl Set {
    fn new(head: &Head, samples: &[Sample], config: &TrainConfig) -> Result<Self> {
        let mut dice = Dice::new(config.seed);
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
        let mut x = compared(&rows, samples, config, &mut dice);
        let mut targets = targets(samples, config);
        if config.departure == Some(Departure::Mixed) {
            let shares: Vec<(usize, f32)> = samples
                .iter()
                .map(|_| (dice.below(samples.len()), dice.share()))
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
    fn loss(&self, head: &Head) -> Result<Tensor> {
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
    dice: &mut Dice,
) -> Vec<Vec<f32>> {
    let voices = Voices::of(samples);
    let compared = rows.iter().enumerate().map(|(i, row)| {
        let wanted = match config.departure {
            Some(Departure::NotCompared) => 0,
            _ => EARLIER[dice.below(EARLIER.len())],
        };
        let others = voices.others(i, wanted, dice);
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
fn weights(samples: &[Sample], config: &TrainConfig) -> Vec<f32> {
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

/// What scores have to be divided by to be as sure as they are right in voices that were not trained on. For that each
/// collection is left out in turn; of a single one, groups of speakers.
///
/// A head of fewer collections reads strangers worse than the one it stands in for, and would have that be less sure
/// than it may: as sure as training makes it, it may always be, for it was made so by much decay.
fn temperature(samples: &[Sample], layout: Layout, config: &TrainConfig) -> Result<f32> {
    let parts = parts(samples);
    let most = parts.iter().max().map_or(0, |most| most + 1);
    if most < 2 {
        return Ok(AS_TRAINED);
    }
    let mut known: Vec<(f32, Judged)> = Vec::new();
    for part in 0..most {
        let of = |left_out: bool| -> Vec<Sample> {
            let wanted = samples.iter().zip(&parts);
            let wanted = wanted.filter(|(_, of)| (**of == part) == left_out);
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

/// Which part of the samples each is in: its collection, or the group of its speaker if there is but one.
fn parts(samples: &[Sample]) -> Vec<usize> {
    let numbered = |of: fn(&Sample) -> usize| {
        let mut numbers = HashMap::new();
        let mut number = |sample| {
            let next = numbers.len();
            *numbers.entry(of(sample)).or_insert(next)
        };
        samples.iter().map(&mut number).collect::<Vec<usize>>()
    };
    let corpora = numbered(|sample| sample.corpus);
    match corpora.iter().any(|corpus| *corpus > 0) {
        true => corpora,
        false => numbered(|sample| sample.speaker)
            .into_iter()
            .map(|speaker| speaker % GROUPS)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::prosody::MEASURES;
    use crate::emotion::score::Scores;

    const LAYOUT: Layout = Layout {
        layers: 2,
        width: 3,
    };

    /// Speakers who each sound like themselves, and moods that shift them all by the same.
    fn samples(seed: u64, speakers: usize) -> Vec<Sample> {
        let mut dice = Dice::new(seed);
        let mut samples = Vec::new();
        for speaker in 0..speakers {
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
                    speaker,
                    line: 0,
                    corpus: speaker % 2,
                });
            }
        }
        samples
    }

    fn config(seed: u64) -> TrainConfig {
        TrainConfig {
            seed,
            rate: 0.02,
            decay: 0.02,
            ..TrainConfig::default()
        }
    }

    fn trained(seed: u64) -> Head {
        train(
            &samples(1, 12),
            &samples(2, 4),
            LAYOUT,
            &config(seed),
            |_| {},
        )
        .expect("trains")
    }

    fn scored(head: &Head, samples: &[Sample], earlier: usize) -> Scores {
        Scores::of(&read_all(head, samples, earlier, 5).expect("reads"), 0.5)
    }

    #[test]
    fn strangers_are_read_and_better_once_they_are_known() {
        let (head, strangers) = (trained(1), samples(3, 20));
        let uar = |earlier| scored(&head, &strangers, earlier).uar.expect("all moods");
        let (unknown, known) = (uar(0), uar(8));
        assert!(unknown > 0.3 && known > unknown + 0.1, "{unknown} {known}");
    }

    #[test]
    fn it_is_as_sure_of_strangers_as_it_is_right() {
        // So much decay makes it less sure than it may be.
        let config = TrainConfig {
            decay: 0.5,
            prosody_decay: 0.5,
            ..config(1)
        };
        let strangers = samples(3, 20);
        let head = train(&samples(1, 12), &[], LAYOUT, &config, |_| {}).expect("trains");
        let shy = Head {
            temperature: AS_TRAINED,
            ..head.clone()
        };
        let error = |head: &Head| scored(head, &strangers, CALIBRATED_AFTER).ece;
        assert!(head.temperature < AS_TRAINED, "{}", head.temperature);
        assert!(error(&head) < error(&shy), "{:?}", error(&head));
    }

    #[test]
    fn training_ends_when_it_does_held_voices_no_more_good() {
        let steps = |held: &[Sample]| {
            let mut told = Vec::new();
            let tell = |step: Step| told.push(step);
            train(&samples(1, 4), held, LAYOUT, &config(1), tell).expect("trains");
            told
        };
        let all = steps(&[]);
        assert_eq!(all.len(), config(1).steps, "there are none");
        assert!(all.iter().all(|step| step.held_loss.is_none()));
        assert!(all.last().expect("steps").loss < all[0].loss);
        // Their moods are no moods: whatever is learnt does harm.
        let mut held = samples(2, 4);
        let moods: Vec<Mood> = held.iter().map(|sample| sample.mood).collect();
        let shifted = moods.iter().cycle().skip(1);
        held.iter_mut()
            .zip(shifted)
            .for_each(|(sample, mood)| sample.mood = *mood);
        assert!(steps(&held).len() < config(1).steps / 2);
    }

    #[test]
    fn the_same_seed_trains_the_same_head_and_a_file_keeps_it() {
        let (head, again, other) = (trained(7), trained(7), trained(8));
        let file = tempfile::NamedTempFile::new().expect("a file");
        again.save(file.path()).expect("saves");
        let loaded = Head::load(file.path()).expect("loads");
        let of = |head: &Head| -> Vec<Impression> {
            let heard = samples(4, 1);
            let heard = heard.iter().map(|sample| head.impression(&sample.inputs));
            heard.collect::<Result<_>>().expect("of this layout")
        };
        assert_eq!(of(&head), of(&loaded));
        assert_ne!(of(&head), of(&other), "other lots were drawn");
    }

    #[test]
    fn every_departure_trains_another_head() {
        let heard = samples(4, 1);
        let impression = |departure| {
            let config = TrainConfig {
                departure,
                ..config(1)
            };
            // Unbalanced, or weights would make no difference.
            let samples = &samples(1, 6)[..160];
            let head = fit(samples, &[], LAYOUT, &config, |_| {}).expect("trains");
            head.impression(&heard[0].inputs).expect("of this layout")
        };
        let usual = impression(None);
        for departure in Departure::ALL {
            assert_ne!(impression(Some(departure)), usual, "{departure:?}");
        }
    }

    #[test]
    fn a_head_that_hears_one_part_alone_gives_the_other_no_weight() {
        for (departure, unheard) in [
            (Departure::EncoderAlone, LAYOUT.summed()..LAYOUT.mixed()),
            (Departure::ProsodyAlone, 0..LAYOUT.summed()),
        ] {
            let config = TrainConfig {
                departure: Some(departure),
                ..config(1)
            };
            let head = fit(&samples(1, 4), &[], LAYOUT, &config, |_| {}).expect("trains");
            let rows: Vec<Vec<f32>> = head.weight.to_vec2().expect("weights");
            for row in rows {
                assert!(row[unheard.clone()].iter().all(|weight| *weight == 0.0));
                assert!(row.iter().any(|weight| *weight != 0.0));
            }
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
