//! From what is known of a voice to its mood.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::softmax;
use sidetone_core::mood::{Mood, Reading};

use super::baseline::Baseline;
use super::prosody::MEASURES;

/// Values are taken to be no further than this from their mean, in deviations: noise must not sound like fury.
const FURTHEST: f64 = 5.0;

/// What a head hears of an encoder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layout {
    /// Places in the encoder that are listened at: before the first layer and after each.
    pub layers: usize,
    /// Values at each position there.
    pub width: usize,
}

impl Layout {
    /// Values that describe a stretch of voice: mean and deviation of each value at each place, then the prosody.
    pub const fn inputs(self) -> usize {
        self.layers * self.summed() + MEASURES.len()
    }

    /// Of one place.
    pub(super) const fn summed(self) -> usize {
        2 * self.width
    }
}

/// The head cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The file cannot be read, or is none.
    #[error("cannot read the head {0}: {1}")]
    Read(String, candle_core::Error),
    /// It lacks something, or was made for another recogniser.
    #[error("the head {0} does not fit: {1}")]
    Unfit(String, String),
    /// It cannot be written.
    #[error("cannot write the head {0}: {1}")]
    Write(String, candle_core::Error),
}

/// What is left of a stretch of voice once all that does not tell moods is gone. The mean over all speakers is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Imprint(pub(super) Arc<[f32]>);

/// Reads moods: a weighted sum over the encoder's layers (as in SUPERB, Yang et al. 2021), one hidden layer.
#[derive(Clone, Debug)]
pub struct Head {
    pub(super) layout: Layout,
    /// Of every input over all voices it was trained on: `[inputs]`.
    pub(super) mean: Tensor,
    pub(super) deviation: Tensor,
    pub(super) net: Net,
    /// Scores are divided by it, so that they are as sure as they are right (Guo et al. 2017).
    pub(super) temperature: f32,
}

/// What is trained of a head.
#[derive(Clone, Debug)]
pub(super) struct Net {
    /// Before they are made to sum to 1: `[layers]`.
    pub layers: Tensor,
    /// `[hidden, 2 · width + measures]`.
    pub hidden: Tensor,
    /// `[hidden]`.
    pub hidden_bias: Tensor,
    /// `[moods, hidden]`.
    pub out: Tensor,
    /// `[moods]`.
    pub out_bias: Tensor,
}

impl Net {
    /// The hidden layer before its bias: `[rows, hidden]`, of `[rows, inputs]`.
    pub fn imprint(&self, layout: Layout, x: &Tensor) -> Result<Tensor> {
        let (rows, summed) = (x.dim(0)?, layout.summed());
        let states =
            x.narrow(1, 0, layout.layers * summed)?
                .reshape((rows, layout.layers, summed))?;
        let weights = softmax(&self.layers, 0)?.reshape((1, layout.layers, 1))?;
        let states = states.broadcast_mul(&weights)?.sum(1)?;
        let prosody = x.narrow(1, layout.layers * summed, MEASURES.len())?;
        Tensor::cat(&[&states, &prosody], 1)?.matmul(&self.hidden.t()?)
    }

    /// Of `[rows, hidden]` the hidden layer's values.
    pub fn activate(&self, imprint: &Tensor) -> Result<Tensor> {
        imprint.broadcast_add(&self.hidden_bias)?.gelu_erf()
    }

    /// Of those the scores: `[rows, moods]`.
    pub fn scores(&self, hidden: &Tensor) -> Result<Tensor> {
        hidden.matmul(&self.out.t()?)?.broadcast_add(&self.out_bias)
    }
}

impl Head {
    /// Reads one from `path`.
    pub fn load(path: &Path) -> std::result::Result<Self, HeadError> {
        let name = path.display().to_string();
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .map_err(|error| HeadError::Read(name.clone(), error))?;
        Self::of(tensors).map_err(|why| HeadError::Unfit(name, why))
    }

    /// Reads one from memory.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> std::result::Result<Self, HeadError> {
        let tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)
            .map_err(|error| HeadError::Read(name.to_owned(), error))?;
        Self::of(tensors).map_err(|why| HeadError::Unfit(name.to_owned(), why))
    }

    fn of(mut tensors: HashMap<String, Tensor>) -> std::result::Result<Self, String> {
        let mut take = |name: &str| tensors.remove(name).ok_or(format!("it has no `{name}`"));
        let (mean, deviation) = (take("mean")?, take("deviation")?);
        let net = Net {
            layers: take("layers")?,
            hidden: take("hidden.weight")?,
            hidden_bias: take("hidden.bias")?,
            out: take("out.weight")?,
            out_bias: take("out.bias")?,
        };
        let temperature = take("temperature")?;
        let shape = |tensor: &Tensor, dims: &[usize], name: &str| match tensor.dims() == dims {
            true => Ok(()),
            false => Err(format!(
                "`{name}` is {:?} instead of {dims:?}",
                tensor.dims()
            )),
        };
        let (layers, hidden) = (net.layers.elem_count(), net.out.dims().last().copied());
        let hidden = hidden.unwrap_or_default();
        let width = mean.elem_count().saturating_sub(MEASURES.len()) / (2 * layers.max(1));
        let layout = Layout { layers, width };
        shape(&net.layers, &[layers], "layers")?;
        shape(&mean, &[layout.inputs()], "mean")?;
        shape(&deviation, &[layout.inputs()], "deviation")?;
        let heard = layout.summed() + MEASURES.len();
        shape(&net.hidden, &[hidden, heard], "hidden.weight")?;
        shape(&net.hidden_bias, &[hidden], "hidden.bias")?;
        shape(&net.out, &[Mood::ALL.len(), hidden], "out.weight")?;
        shape(&net.out_bias, &[Mood::ALL.len()], "out.bias")?;
        shape(&temperature, &[1], "temperature")?;
        let temperature = temperature
            .to_vec1::<f32>()
            .map_err(|error| error.to_string())?[0];
        Ok(Self {
            layout,
            mean,
            deviation,
            net,
            temperature,
        })
    }

    /// Writes it to `path`.
    pub fn save(&self, path: &Path) -> std::result::Result<(), HeadError> {
        let written = || {
            let temperature = Tensor::new(&[self.temperature], &Device::Cpu)?;
            let tensors = HashMap::from([
                ("mean", self.mean.clone()),
                ("deviation", self.deviation.clone()),
                ("layers", self.net.layers.clone()),
                ("hidden.weight", self.net.hidden.clone()),
                ("hidden.bias", self.net.hidden_bias.clone()),
                ("out.weight", self.net.out.clone()),
                ("out.bias", self.net.out_bias.clone()),
                ("temperature", temperature),
            ]);
            candle_core::safetensors::save(&tensors, path)
        };
        written().map_err(|error| HeadError::Write(path.display().to_string(), error))
    }

    /// What it hears of an encoder.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How much it listens to each place in the encoder; they sum to 1.
    pub fn layers(&self) -> Result<Vec<f32>> {
        softmax(&self.net.layers, 0)?.to_vec1()
    }

    /// Of [`Layout::inputs`] values.
    pub fn imprint(&self, inputs: &[f32]) -> Result<Imprint> {
        let x = self.standardised(&Tensor::from_slice(
            inputs,
            (1, inputs.len()),
            &Device::Cpu,
        )?)?;
        let imprint = self.net.imprint(self.layout, &x)?;
        Ok(Imprint(imprint.flatten_all()?.to_vec1()?.into()))
    }

    /// `[rows, inputs]`, in deviations from the mean.
    pub(super) fn standardised(&self, x: &Tensor) -> Result<Tensor> {
        x.broadcast_sub(&self.mean)?
            .broadcast_div(&self.deviation)?
            .clamp(-FURTHEST, FURTHEST)
    }

    /// What the voice sounds like that left `imprint`, compared with its `usual` sound.
    pub fn read(&self, imprint: &Imprint, usual: &Baseline) -> Result<Reading> {
        let values = imprint.0.iter().enumerate();
        let changed: Vec<f32> = values.map(|(i, x)| x - usual.of(i)).collect();
        let changed = Tensor::from_slice(&changed, (1, changed.len()), &Device::Cpu)?;
        let scores = self.net.scores(&self.net.activate(&changed)?)?;
        let moods = softmax(&(scores / f64::from(self.temperature))?, D::Minus1)?;
        let moods: Vec<f32> = moods.flatten_all()?.to_vec1()?;
        Ok(Reading {
            moods: moods.try_into().expect("checked when it was made"),
        })
    }
}
