//! Silero's voice detector, version 5 and 6, for 16 kHz.
//!
//! A frame is 512 samples (32 ms) behind the last 64 of the frame before. Its short-time spectrum
//! goes through four convolutions that bring it to one vector, an LSTM carries what was heard from
//! frame to frame, and one output per frame is the probability of speech. Source: the `silero-vad`
//! package's `tinygrad_model.py` and weights of the same names.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use ndarray::{Array1, Array2, ArrayView1};

/// Samples per frame: 32 ms at 16 kHz.
const FRAME: usize = 512;
/// Samples of the frame before that each frame begins with.
const CONTEXT: usize = 64;
/// Samples mirrored at a frame's end.
const MIRROR: usize = 64;
/// Samples per Fourier transform, and between two.
const WINDOW: usize = 256;
const HOP: usize = 128;
/// Fourier transforms per frame.
const SPECTRA: usize = (CONTEXT + FRAME + MIRROR - WINDOW) / HOP + 1;
/// Frequencies per Fourier transform.
const BINS: usize = WINDOW / 2 + 1;
/// Width of the LSTM.
const HIDDEN: usize = 128;
/// Frames that go through the convolutions together: enough to keep the matrix products busy, and
/// few enough for their inputs to stay in a core's cache.
const BATCH: usize = 32;

/// The network could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the Silero network from {path}")]
pub struct LoadError {
    path: PathBuf,
    source: candle_core::Error,
}

/// Tells how likely each 32 ms of an utterance are to be speech.
///
/// Keeps nothing between utterances, so one serves all calls and threads.
#[derive(Clone, Debug)]
pub struct Silero {
    /// Cosines, then sines under a Hann window: `[WINDOW, 2 * BINS]`.
    fourier: Tensor,
    encoder: [Conv; 4],
    /// The LSTM's input weights `[HIDDEN, 4 * HIDDEN]` and the sum of its two biases.
    input: Tensor,
    input_bias: Tensor,
    /// The LSTM's weights from its last output: `[4 * HIDDEN, HIDDEN]`.
    recurrent: Array2<f32>,
    /// From the LSTM's output to the logit of speech.
    output: Array1<f32>,
    output_bias: f32,
}

impl Silero {
    /// Samples that one probability stands for.
    pub const FRAME: usize = FRAME;

    /// Loads the weights from the package's `silero_vad_16k.safetensors`.
    ///
    /// # Errors
    /// If `path` cannot be read or holds another network.
    pub fn load(path: &Path) -> std::result::Result<Self, LoadError> {
        let network = || {
            let tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
            Self::new(&VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu))
        };
        network().map_err(|source| LoadError {
            path: path.to_owned(),
            source,
        })
    }

    fn new(weights: &VarBuilder) -> Result<Self> {
        let fourier = weights.get((2 * BINS, 1, WINDOW), "stft_conv.weight")?;
        let lstm = weights.pp("lstm_cell");
        let input = lstm.get((4 * HIDDEN, HIDDEN), "weight_ih")?;
        let recurrent = lstm.get((4 * HIDDEN, HIDDEN), "weight_hh")?;
        let input_bias = (lstm.get(4 * HIDDEN, "bias_ih")? + lstm.get(4 * HIDDEN, "bias_hh")?)?;
        let output = weights.get((1, HIDDEN, 1), "final_conv.weight")?;
        Ok(Self {
            fourier: fourier.squeeze(1)?.t()?.contiguous()?,
            encoder: [
                Conv::new(&weights.pp("conv1"), BINS, 128, 1)?,
                Conv::new(&weights.pp("conv2"), 128, 64, 2)?,
                Conv::new(&weights.pp("conv3"), 64, 64, 2)?,
                Conv::new(&weights.pp("conv4"), 64, HIDDEN, 1)?,
            ],
            input: input.t()?.contiguous()?,
            input_bias,
            recurrent: Array2::from_shape_vec((4 * HIDDEN, HIDDEN), flat(&recurrent)?)
                .expect("the tensor had this shape"),
            output: flat(&output)?.into(),
            output_bias: flat(&weights.get(1, "final_conv.bias")?)?[0],
        })
    }

    /// The probability of speech in each [`Self::FRAME`] samples of `pcm`.
    ///
    /// `pcm` is mono, 16 kHz, in [-1, 1], and begins with whatever came before the speech: the
    /// first probabilities are cautious. The last frame is filled up with silence, so there are
    /// `pcm.len() / 512` of them, rounded up.
    pub fn probabilities(&self, pcm: &[f32]) -> Vec<f32> {
        let frames = pcm.len().div_ceil(FRAME);
        let mut memory = Memory::default();
        let mut probabilities = Vec::with_capacity(frames);
        for first in (0..frames).step_by(BATCH) {
            let count = BATCH.min(frames - first);
            let gates = self
                .gates(pcm, first, count)
                .expect("shapes were checked at loading");
            for gates in gates.chunks_exact(4 * HIDDEN) {
                memory.update(self.recurrent.dot(&memory.heard) + ArrayView1::from(gates));
                let heard = memory.heard.mapv(|x| x.max(0.0));
                probabilities.push(sigmoid(self.output.dot(&heard) + self.output_bias));
            }
        }
        probabilities
    }

    /// What `count` frames from frame `first` on add to the LSTM's gates: `count * 4 * HIDDEN`
    /// numbers.
    fn gates(&self, pcm: &[f32], first: usize, count: usize) -> Result<Vec<f32>> {
        let windows: Vec<f32> = (first..first + count)
            .flat_map(|at| windows(pcm, at))
            .collect();
        let windows = Tensor::from_vec(windows, (count * SPECTRA, WINDOW), &Device::Cpu)?;
        let spectra = windows.matmul(&self.fourier)?;
        let real = spectra.narrow(1, 0, BINS)?.sqr()?;
        let imaginary = spectra.narrow(1, BINS, BINS)?.sqr()?;
        let magnitudes = (real + imaginary)?
            .sqrt()?
            .reshape((count, SPECTRA, BINS))?;
        let encoded = self
            .encoder
            .iter()
            .try_fold(magnitudes, |x, conv| conv.forward(&x))?;
        flat(
            &encoded
                .squeeze(1)?
                .matmul(&self.input)?
                .broadcast_add(&self.input_bias)?,
        )
    }
}

/// A convolution over three time steps with a step of silence on either side, and a ReLU.
///
/// One matrix product does it, because the channels are innermost: three steps of `[batch, time,
/// channels]` lie side by side.
#[derive(Clone, Debug)]
struct Conv {
    /// `[3 * channels in, channels out]`.
    weight: Tensor,
    bias: Tensor,
    stride: usize,
}

impl Conv {
    fn new(weights: &VarBuilder, inputs: usize, outputs: usize, stride: usize) -> Result<Self> {
        let weight = weights.get((outputs, inputs, 3), "weight")?; // [out, in, time]
        let weight = weight.permute((2, 1, 0))?.reshape((3 * inputs, outputs))?;
        Ok(Self {
            weight,
            bias: weights.get(outputs, "bias")?,
            stride,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let padded = x.pad_with_zeros(1, 1, 1)?;
        let steps = (0..time).step_by(self.stride);
        let windows: Vec<Tensor> = steps
            .map(|at| padded.narrow(1, at, 3)?.flatten_from(1))
            .collect::<Result<_>>()?;
        let x = Tensor::stack(&windows, 1)?
            .flatten_to(1)?
            .matmul(&self.weight)?;
        x.broadcast_add(&self.bias)?
            .relu()?
            .reshape((batch, windows.len(), ()))
    }
}

/// What the LSTM carries from frame to frame.
struct Memory {
    /// Its last output.
    heard: Array1<f32>,
    cell: Array1<f32>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            heard: Array1::zeros(HIDDEN),
            cell: Array1::zeros(HIDDEN),
        }
    }
}

impl Memory {
    /// One step; `gates` are those for input, forgetting, the new value and output, before their
    /// non-linearities.
    fn update(&mut self, gates: Array1<f32>) {
        for at in 0..HIDDEN {
            let [input, forget, new, output] = [0, 1, 2, 3].map(|gate| gates[gate * HIDDEN + at]);
            self.cell[at] = sigmoid(forget) * self.cell[at] + sigmoid(input) * new.tanh();
            self.heard[at] = sigmoid(output) * self.cell[at].tanh();
        }
    }
}

/// The samples that frame `at` is judged by, cut for the Fourier transforms: `SPECTRA * WINDOW`
/// numbers.
fn windows(pcm: &[f32], at: usize) -> impl Iterator<Item = f32> {
    let mut samples = [0.0; CONTEXT + FRAME + MIRROR];
    let start = at * FRAME;
    let end = pcm.len().min(start + FRAME);
    let before = CONTEXT.min(start); // silence before the first frame
    samples[CONTEXT - before..][..before + end - start].copy_from_slice(&pcm[start - before..end]);
    let last = CONTEXT + FRAME - 1;
    for n in 1..=MIRROR {
        samples[last + n] = samples[last - n];
    }
    (0..SPECTRA * WINDOW).map(move |n| samples[n / WINDOW * HOP + n % WINDOW])
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Repeatable numbers in [-1, 1).
    fn noise(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        }
    }

    fn sound(samples: usize) -> Vec<f32> {
        let mut noise = noise(7);
        (0..samples).map(|_| 0.5 * noise()).collect()
    }

    /// Weights at random under the package's names, scaled so that the outputs differ widely.
    type Weights = HashMap<&'static str, Vec<f32>>;

    const SHAPES: [(&str, &[usize], f32); 15] = [
        ("stft_conv.weight", &[258, 1, 256], 0.1),
        ("conv1.weight", &[128, 129, 3], 0.15),
        ("conv1.bias", &[128], 0.3),
        ("conv2.weight", &[64, 128, 3], 0.15),
        ("conv2.bias", &[64], 0.3),
        ("conv3.weight", &[64, 64, 3], 0.2),
        ("conv3.bias", &[64], 0.3),
        ("conv4.weight", &[128, 64, 3], 0.2),
        ("conv4.bias", &[128], 0.3),
        ("lstm_cell.weight_ih", &[512, 128], 0.2),
        ("lstm_cell.weight_hh", &[512, 128], 0.2),
        ("lstm_cell.bias_ih", &[512], 0.5),
        ("lstm_cell.bias_hh", &[512], 0.5),
        ("final_conv.weight", &[1, 128, 1], 0.5),
        ("final_conv.bias", &[1], 0.5),
    ];

    fn weights() -> Weights {
        let mut noise = noise(3);
        let fill = |(name, shape, scale): (_, &[usize], f32)| {
            (
                name,
                (0..shape.iter().product())
                    .map(|_| scale * noise())
                    .collect(),
            )
        };
        SHAPES.map(fill).into()
    }

    fn write(weights: &Weights, dir: &Path) -> PathBuf {
        let tensors: HashMap<_, _> = SHAPES
            .iter()
            .filter_map(|(name, shape, _)| Some((*name, weights.get(name)?, *shape)))
            .map(|(name, w, shape)| (name, Tensor::from_slice(w, shape, &Device::Cpu).unwrap()))
            .collect();
        let path = dir.join("silero.safetensors");
        candle_core::safetensors::save(&tensors, &path).unwrap();
        path
    }

    /// A convolution over `x[time][channel]`, one number at a time.
    fn conv_by_hand(w: &Weights, name: &str, x: &[Vec<f32>], stride: usize) -> Vec<Vec<f32>> {
        let (weight, bias) = (&w[&*format!("{name}.weight")], &w[&*format!("{name}.bias")]);
        let channels = x[0].len();
        let output = |t: usize, o: usize| {
            let mut sum = bias[o];
            for k in 0..3 {
                // Step `t + k - 1`; beyond either end is silence.
                let Some(x) = (t + k).checked_sub(1).and_then(|t| x.get(t)) else {
                    continue;
                };
                for (i, x) in x.iter().enumerate() {
                    sum += x * weight[(o * channels + i) * 3 + k];
                }
            }
            sum.max(0.0)
        };
        let step = |t| (0..bias.len()).map(|o| output(t, o)).collect();
        (0..x.len()).step_by(stride).map(step).collect()
    }

    /// The whole network the plain way: frame by frame, from the package's description.
    fn by_hand(w: &Weights, pcm: &[f32]) -> Vec<f32> {
        let row = |name: &str, n: usize, x: &[f32]| -> f32 {
            w[name][n * x.len()..]
                .iter()
                .zip(x)
                .map(|(w, x)| w * x)
                .sum()
        };
        let mut padded = vec![0.0; 64];
        padded.extend(pcm);
        padded.resize(64 + pcm.len().next_multiple_of(512), 0.0);
        let (mut h, mut c) = (vec![0.0; 128], vec![0.0; 128]);
        let judge = |start: usize| {
            let mut frame = padded[start - 64..start + 512].to_vec();
            frame.extend_from_within(511..575);
            frame[576..].reverse();
            let magnitude = |x: &[f32], bin| {
                row("stft_conv.weight", bin, x).hypot(row("stft_conv.weight", bin + 129, x))
            };
            let spectrum = |x: &[f32]| (0..129).map(|bin| magnitude(x, bin)).collect();
            let mut x: Vec<Vec<f32>> = frame.windows(256).step_by(128).map(spectrum).collect();
            for (name, stride) in [("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)] {
                x = conv_by_hand(w, name, &x, stride);
            }
            let gate = |n| {
                row("lstm_cell.weight_ih", n, &x[0])
                    + w["lstm_cell.bias_ih"][n]
                    + row("lstm_cell.weight_hh", n, &h)
                    + w["lstm_cell.bias_hh"][n]
            };
            let gates: Vec<f32> = (0..512).map(gate).collect();
            for n in 0..128 {
                c[n] = sigmoid(gates[128 + n]) * c[n] + sigmoid(gates[n]) * gates[256 + n].tanh();
                h[n] = sigmoid(gates[384 + n]) * c[n].tanh();
            }
            let heard: Vec<f32> = h.iter().map(|h: &f32| h.max(0.0)).collect();
            sigmoid(row("final_conv.weight", 0, &heard) + w["final_conv.bias"][0])
        };
        (64..padded.len()).step_by(512).map(judge).collect()
    }

    #[test]
    fn the_network_agrees_with_its_description_number_by_number() {
        let (weights, dir) = (weights(), tempfile::tempdir().unwrap());
        let silero = Silero::load(&write(&weights, dir.path())).unwrap();
        // More than one batch, and a last frame that is not full.
        let pcm = sound((BATCH + 3) * FRAME + 200);
        let (got, expected) = (silero.probabilities(&pcm), by_hand(&weights, &pcm));
        assert_eq!(got.len(), expected.len());
        for (at, (got, expected)) in got.iter().zip(&expected).enumerate() {
            assert!(
                (got - expected).abs() < 1e-4,
                "frame {at}: {got}, not {expected}"
            );
        }
        let spread = |x: &[f32]| {
            x.iter().copied().fold(0.0, f32::max) - x.iter().copied().fold(1.0, f32::min)
        };
        assert!(
            spread(&expected) > 0.05,
            "weights that tell nothing apart prove nothing"
        );
    }

    #[test]
    fn what_comes_later_changes_nothing_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let silero = Silero::load(&write(&weights(), dir.path())).unwrap();
        let pcm = sound(2 * BATCH * FRAME);
        let all = silero.probabilities(&pcm);
        for frames in [0, 1, BATCH - 1, BATCH, BATCH + 1] {
            let start = silero.probabilities(&pcm[..frames * FRAME]);
            assert_eq!(start.len(), frames);
            for (got, expected) in start.iter().zip(&all) {
                assert!(
                    (got - expected).abs() < 1e-5,
                    "{frames} frames: {got}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_file_without_the_network_is_named_in_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Silero::load(&dir.path().join("no-such-file")).unwrap_err();
        assert!(missing.to_string().contains("no-such-file"));

        let mut weights = weights();
        weights.remove("conv3.weight");
        let incomplete = Silero::load(&write(&weights, dir.path())).unwrap_err();
        let source = std::error::Error::source(&incomplete).unwrap().to_string();
        assert!(source.contains("conv3.weight"), "{source}");
    }
}
