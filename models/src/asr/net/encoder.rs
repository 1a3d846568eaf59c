//! The encoder: a spectrogram in, what the decoder listens to out.

use std::ops::Range;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;
use ndarray::s;

use super::blocks::{AttentionBlock, FeedForward};
use super::layers::{LayerNorm, Linear, Precision, attend};
use crate::asr::window::Window;
use crate::emotion::Layout;
use crate::mel::LogMel;

/// Frames under a convolution.
const KERNEL: usize = 3;
/// Samples that a position stands for.
const POSITION: usize = 320;

/// Whisper's encoder (Radford et al. 2022, §2.2).
#[derive(Clone, Debug)]
pub struct Encoder {
    conv1: Linear,
    conv2: Linear,
    /// `[positions, width]`.
    places: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

impl Encoder {
    /// Loads the weights below `vb`.
    pub fn load(vb: &VarBuilder, config: &Config, precision: Precision) -> Result<Self> {
        let width = config.d_model;
        let block = |i| Block::load(&vb.pp(format!("layers.{i}")), config, precision);
        Ok(Self {
            conv1: load_conv(vb, "conv1", config.num_mel_bins, width, precision)?,
            conv2: load_conv(vb, "conv2", width, width, precision)?,
            places: sinusoids(config.max_source_positions, width)?,
            blocks: (0..config.encoder_layers)
                .map(block)
                .collect::<Result<_>>()?,
            norm: LayerNorm::load(vb, "layer_norm", width)?,
        })
    }

    /// Positions of a whole window.
    pub fn positions(&self) -> usize {
        self.places.dims()[0]
    }

    /// How [`Encoding::take_voice`] is laid out.
    pub fn voice_layout(&self) -> Layout {
        Layout {
            layers: 1 + self.blocks.len(),
            width: self.places.dims()[1],
        }
    }

    /// Begins to encode `mel`.
    pub fn begin(&self, mel: &LogMel, window: Window) -> Result<Encoding> {
        let x = (self.convolve(mel, &window)? + self.places_of(&window)?)?;
        Ok(Encoding {
            x,
            window,
            layers: 0,
            voice: None,
        })
    }

    /// Takes `encoding` through the next layer. After the last gives what the decoder listens to:
    /// `[window.places().len(), width]`.
    pub fn advance(&self, encoding: &mut Encoding) -> Result<Option<Tensor>> {
        if let Some(block) = self.blocks.get(encoding.layers) {
            encoding.x = block.forward(&encoding.x, encoding.window.bias())?;
            encoding.layers += 1;
            encoding.sum_up()?;
        }
        let done = encoding.layers == self.blocks.len();
        done.then(|| self.norm.forward(&encoding.x)).transpose()
    }

    fn places_of(&self, window: &Window) -> Result<Tensor> {
        self.places
            .index_select(&Tensor::new(window.places(), &Device::Cpu)?, 0)
    }

    /// The two convolutions, as matrix products over the three frames each output covers.
    ///
    /// The positions that stand for silence all get the output of the last dense one.
    fn convolve(&self, mel: &LogMel, window: &Window) -> Result<Tensor> {
        let positions = window.dense();
        let frames = 2 * positions;
        let mel = padded(mel, frames, positions == self.positions())?;
        let around = [
            mel.narrow(0, 0, frames)?,
            mel.narrow(0, 1, frames)?,
            mel.narrow(0, 2, frames)?,
        ];
        let x = self.conv1.forward_gelu(&Tensor::cat(&around, 1)?)?;

        // Of frames -1..frames, position p covers 2p - 1, 2p and 2p + 1.
        let width = x.dim(1)?;
        let pairs = x.reshape((positions, 2 * width))?;
        let before = Tensor::cat(
            &[
                &x.narrow(0, 0, 1)?.zeros_like()?,
                &x.narrow(0, 0, frames - 1)?,
            ],
            0,
        )?;
        let before = before.reshape((positions, 2 * width))?;
        let x = self.conv2.forward_gelu(&Tensor::cat(
            &[&before, &pairs.narrow(1, width, width)?],
            1,
        )?)?;

        let stand_ins = window.places().len() - positions;
        if stand_ins == 0 {
            return Ok(x);
        }
        let silence = x
            .narrow(0, positions - 1, 1)?
            .broadcast_as((stand_ins, width))?;
        Tensor::cat(&[&x, &silence], 0)
    }
}

/// `frames` of `mel`, one frame of nothing before them, and after them one of silence, or of
/// nothing at the window's `end`.
fn padded(mel: &LogMel, frames: usize, end: bool) -> Result<Tensor> {
    let bands = mel.frames.ncols();
    let heard = mel.frames.slice(s![..mel.frames.nrows().min(frames), ..]);
    let mut rows = vec![0.0; bands];
    rows.extend(heard.iter());
    rows.resize((1 + frames) * bands, mel.silence);
    rows.extend(vec![if end { 0.0 } else { mel.silence }; bands]);
    Tensor::from_vec(rows, (frames + 2, bands), &Device::Cpu)
}

/// Loads a convolution over three frames as a matrix product over their values side by side.
fn load_conv(
    vb: &VarBuilder,
    name: &str,
    inputs: usize,
    outputs: usize,
    precision: Precision,
) -> Result<Linear> {
    let vb = vb.pp(name);
    let weight = vb.get((outputs, inputs, KERNEL), "weight")?;
    let weight = weight
        .transpose(1, 2)?
        .reshape((outputs, KERNEL * inputs))?;
    Linear::new(&weight, &vb.get(outputs, "bias")?, precision)
}

/// Sines, then cosines, of wavelengths from 2π to 10 000 · 2π positions: `[positions, width]`.
fn sinusoids(positions: usize, width: usize) -> Result<Tensor> {
    let half = width / 2;
    let step = 10_000_f64.ln() / (half - 1) as f64;
    let table = (0..positions).flat_map(|position| {
        let angle = move |i: usize| position as f64 * (-step * i as f64).exp();
        let sines = (0..half).map(move |i| angle(i).sin() as f32);
        sines.chain((0..half).map(move |i| angle(i).cos() as f32))
    });
    Tensor::from_iter(table, &Device::Cpu)?.reshape((positions, width))
}

/// An utterance on its way through the layers, so that others need not wait until it is through.
#[derive(Debug)]
pub struct Encoding {
    /// `[window.places().len(), width]`.
    x: Tensor,
    window: Window,
    /// Layers it has been through.
    layers: usize,
    /// See [`Self::take_voice`]; none unless it is wanted.
    voice: Option<Voice>,
}

/// What is kept of a voice while it is encoded.
#[derive(Debug)]
struct Voice {
    /// The positions that hold it.
    positions: Range<usize>,
    values: Vec<f32>,
}

impl Encoding {
    /// Has it keep what [`Self::take_voice`] gives, of the samples `stretch` of its sound. To be
    /// called before the first layer.
    pub fn keep_voice(&mut self, stretch: Range<usize>) -> Result<()> {
        let sounding = self.window.sounding();
        let end = stretch.end.div_ceil(POSITION).min(sounding);
        let start = (stretch.start / POSITION).min(end.saturating_sub(1));
        self.voice = Some(Voice {
            positions: start..end.max(start + 1),
            values: Vec::new(),
        });
        self.sum_up()
    }

    /// What the layers made of the voice as a whole: before the first and after each, the mean of
    /// every value over the positions that hold it, and then its deviation: `[layers, 2, width]`.
    /// `None`, unless it was to be kept.
    pub fn take_voice(&mut self) -> Option<Vec<f32>> {
        self.voice.take().map(|voice| voice.values)
    }

    fn sum_up(&mut self) -> Result<()> {
        let Some(voice) = &mut self.voice else {
            return Ok(());
        };
        let of_it = &voice.positions;
        let width = self.x.dim(1)?;
        let voiced = self.x.narrow(0, of_it.start, of_it.len())?;
        let voiced: Vec<f32> = voiced.flatten_all()?.to_vec1()?;
        let share = 1.0 / of_it.len() as f32;
        let mut mean = vec![0.0; width];
        for row in voiced.chunks_exact(width) {
            for (mean, x) in mean.iter_mut().zip(row) {
                *mean += share * x;
            }
        }
        let mut variance = vec![0.0; width];
        for row in voiced.chunks_exact(width) {
            for ((variance, x), mean) in variance.iter_mut().zip(row).zip(&mean) {
                *variance += share * (x - mean) * (x - mean);
            }
        }
        voice.values.extend(mean);
        voice.values.extend(variance.into_iter().map(f32::sqrt));
        Ok(())
    }

    /// Which positions of the window are encoded.
    pub fn window(&self) -> &Window {
        &self.window
    }
}

#[derive(Clone, Debug)]
struct Block {
    attention: AttentionBlock,
    feed_forward: FeedForward,
    heads: usize,
    precision: Precision,
}

impl Block {
    fn load(vb: &VarBuilder, config: &Config, precision: Precision) -> Result<Self> {
        let (width, heads) = (config.d_model, config.encoder_attention_heads);
        let qkv = ["q_proj", "k_proj", "v_proj"];
        Ok(Self {
            attention: AttentionBlock::load(vb, "self_attn", &qkv, width, heads, precision)?,
            feed_forward: FeedForward::load(vb, width, precision)?,
            heads,
            precision,
        })
    }

    /// `x` is `[positions, width]`, `bias` `[positions]`.
    fn forward(&self, x: &Tensor, bias: &[f32]) -> Result<Tensor> {
        let qkv = self.attention.input.forward(x)?;
        let attended = attend(&qkv, self.heads, bias, self.precision)?;
        let x = self.attention.output.forward_onto(&attended, x)?;
        self.feed_forward.forward(&x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::net::tiny;
    use crate::asr::window::Silence;
    use crate::mel::MelFrontEnd;

    fn difference(a: &Tensor, b: &Tensor) -> f32 {
        let d = (a - b)
            .and_then(|d| d.abs()?.flatten_all()?.max(0))
            .expect("of one shape");
        d.to_scalar().expect("a number")
    }

    #[test]
    fn the_voice_is_mean_and_deviation_of_every_value_where_it_speaks() {
        let (vb, config) = tiny::weights();
        let vb = vb.pp("model.encoder");
        let encoder = Encoder::load(&vb, &config, Precision::F32).expect("loads");
        let pcm = tiny::noise(8_000);
        let mel = MelFrontEnd::new().log_mel(&pcm);
        let window = || Window::new(pcm.len(), Silence::default(), encoder.positions());
        let mut encoding = encoder.begin(&mel, window()).expect("begins");
        encoding.keep_voice(1_600..6_500).expect("sums up");
        while encoder.advance(&mut encoding).expect("runs").is_none() {}
        let last = encoding.x.narrow(0, 5, 16).expect("rows 5 to 20");
        let rows: Vec<Vec<f32>> = last.to_vec2().expect("numbers");
        let voice = encoding.take_voice().expect("kept");

        let Layout { layers, width } = encoder.voice_layout();
        assert_eq!(voice.len(), layers * 2 * width);
        let (mean, deviation) = voice[(layers - 1) * 2 * width..].split_at(width);
        for i in 0..width {
            let values = || rows.iter().map(|row| row[i]);
            let by_hand = values().sum::<f32>() / rows.len() as f32;
            let square = values().map(|x| (x - by_hand).powi(2)).sum::<f32>();
            assert!((mean[i] - by_hand).abs() < 1e-4);
            assert!((deviation[i] - (square / rows.len() as f32).sqrt()).abs() < 1e-4);
        }
        let mut plain = encoder.begin(&mel, window()).expect("begins");
        while encoder.advance(&mut plain).expect("runs").is_none() {}
        assert!(plain.take_voice().is_none(), "nobody wanted it");
    }

    #[test]
    fn convolutions_agree_with_those_of_candle() {
        let (vb, config) = tiny::weights();
        let encoder =
            Encoder::load(&vb.pp("model.encoder"), &config, Precision::F32).expect("loads");
        let mel = MelFrontEnd::new().log_mel(&tiny::noise(16_000));
        let whole = Window::new(
            16_000,
            Silence {
                first: 1,
                stride: 1,
                tail: 1500,
            },
            1500,
        );
        let ours = encoder.convolve(&mel, &whole).expect("runs");

        let vb = vb.pp("model.encoder");
        let conv = |name: &str, inputs, stride| {
            let cfg = candle_nn::Conv1dConfig {
                padding: 1,
                stride,
                ..Default::default()
            };
            candle_nn::conv1d(inputs, config.d_model, 3, cfg, vb.pp(name)).expect("loads")
        };
        let frames = padded(&mel, 3000, true)
            .and_then(|x| x.narrow(0, 1, 3000)?.t()?.unsqueeze(0))
            .expect("pads");
        let theirs = frames
            .apply(&conv("conv1", 80, 1))
            .and_then(|x| {
                x.gelu_erf()?
                    .apply(&conv("conv2", config.d_model, 2))?
                    .gelu_erf()?
                    .squeeze(0)?
                    .t()
            })
            .expect("runs");
        let worst = difference(&ours, &theirs);
        assert!(worst < 1e-4, "{worst}");
    }

    #[test]
    fn stand_ins_hear_what_any_silent_position_hears() {
        let (vb, config) = tiny::weights();
        let encoder =
            Encoder::load(&vb.pp("model.encoder"), &config, Precision::F32).expect("loads");
        for samples in [16_000, 16_159, 16_319, 7] {
            let mel = MelFrontEnd::new().log_mel(&tiny::noise(samples));
            let convolve = |stride| {
                let window = Window::new(
                    samples,
                    Silence {
                        first: stride,
                        stride,
                        tail: 0,
                    },
                    1500,
                );
                let x = encoder.convolve(&mel, &window).expect("runs");
                // The last position of all lies at the window's end, which is padded with zeros.
                x.narrow(0, window.dense() - 1, x.dims()[0] - window.dense())
                    .expect("is there")
            };
            let (dense, sparse) = (convolve(1), convolve(32));
            let silence = sparse.narrow(0, 0, 1).expect("is there");
            let spread = difference(
                &dense,
                &silence.broadcast_as(dense.shape()).expect("of one width"),
            );
            assert!(spread < 1e-5, "{samples} samples: {spread}");
        }
    }

    #[test]
    fn stand_ins_for_themselves_alone_are_as_good_as_the_whole_window() {
        let (vb, config) = tiny::weights();
        let encoder =
            Encoder::load(&vb.pp("model.encoder"), &config, Precision::F32).expect("loads");
        let samples = 30_000;
        let mel = MelFrontEnd::new().log_mel(&tiny::noise(samples));
        let run = |tail| {
            let window = Window::new(
                samples,
                Silence {
                    first: 1,
                    stride: 1,
                    tail,
                },
                1500,
            );
            let sounding = window.sounding();
            let mut encoding = encoder.begin(&mel, window).expect("runs");
            let x = loop {
                if let Some(x) = encoder.advance(&mut encoding).expect("runs") {
                    break x;
                }
            };
            x.narrow(0, 0, sounding).expect("is there")
        };
        // All that differs is the last position, which borders on the end of the window.
        let worst = difference(&run(1500), &run(50));
        assert!(worst < 5e-3, "{worst}");
    }
}
