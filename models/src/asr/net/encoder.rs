//! The encoder: a spectrogram in, what the decoder listens to out.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::Config;
use ndarray::s;

use super::attention::KeyValues;
use super::blocks::{AttentionBlock, FeedForward};
use super::encoding::Encoding;
use super::kv_cache::F16;
use super::layers::{LayerNorm, Linear, Precision, attend, with_floats};
use super::settled::Settled;
use crate::asr::window::Window;
use crate::emotion::Layout;
use crate::mel::LogMel;

/// Frames under a convolution.
const KERNEL: usize = 3;

/// Whisper's encoder (Radford et al. 2022, §2.2).
#[derive(Clone, Debug)]
pub struct Encoder {
    /// Mel bands of a frame.
    bands: usize,
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
            bands: config.num_mel_bins,
            conv1: load_conv(vb, "conv1", config.num_mel_bins, width, precision)?,
            conv2: load_conv(vb, "conv2", width, width, precision)?,
            places: sinusoids(config.max_source_positions, width)?,
            blocks: (0..config.encoder_layers)
                .map(block)
                .collect::<Result<_>>()?,
            norm: LayerNorm::load(vb, "layer_norm", width)?,
        })
    }

    /// Mel bands of the spectrograms that it takes.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// Positions of a whole window.
    pub fn positions(&self) -> usize {
        self.places.dims()[0]
    }

    /// Whether it can go on from settled positions. Floats are what 8 bits are held against, and
    /// take no short cuts.
    pub fn settles(&self) -> bool {
        let precision = self.blocks.first().map(|block| block.precision);
        precision == Some(Precision::Int8)
    }

    /// How [`Encoding::take_voice`] is laid out.
    pub fn voice_layout(&self) -> Layout {
        Layout {
            layers: 1 + self.blocks.len(),
            width: self.places.dims()[1],
        }
    }

    /// Begins to encode `mel`, which begins where [`first_frame`] of the `settled` positions tells.
    /// Those are not encoded again.
    pub fn begin(
        &self,
        mel: &LogMel,
        window: Window,
        settled: Option<Arc<Settled>>,
    ) -> Result<Encoding> {
        let first = settled.as_ref().map_or(0, |settled| settled.positions());
        let x = (self.convolve(mel, &window, first)? + self.places_of(&window, first)?)?;
        Ok(Encoding::new(x, window, settled, mel.loudest))
    }

    /// Takes `encoding` through the next layer. After the last gives what the decoder listens to:
    /// `[positions, width]`, of those that were not settled before.
    pub fn advance(&self, encoding: &mut Encoding) -> Result<Option<Tensor>> {
        if let Some(block) = self.blocks.get(encoding.layers) {
            let (x, own) = block.forward(encoding)?;
            encoding.advance(x, own)?;
        }
        let done = encoding.layers == self.blocks.len();
        done.then(|| self.norm.forward(&encoding.x)).transpose()
    }

    fn places_of(&self, window: &Window, first: usize) -> Result<Tensor> {
        let places = &window.places()[first..];
        self.places
            .index_select(&Tensor::new(places, &Device::Cpu)?, 0)
    }

    /// The two convolutions, as matrix products over the three frames each output covers, of the
    /// positions from `first` on.
    ///
    /// The positions that stand for silence all get the output of the last dense one.
    fn convolve(&self, mel: &LogMel, window: &Window, first: usize) -> Result<Tensor> {
        let positions = window.dense() - first;
        // Position p covers 2p - 1, 2p and 2p + 1. Before the window there is nothing.
        let lead = usize::from(first > 0);
        let frames = 2 * positions + lead;
        let mel = padded(mel, frames, window.dense() == self.positions())?;
        let around = [
            mel.narrow(0, 0, frames)?,
            mel.narrow(0, 1, frames)?,
            mel.narrow(0, 2, frames)?,
        ];
        let x = self.conv1.forward_gelu(&Tensor::cat(&around, 1)?)?;

        let width = x.dim(1)?;
        let pairs = x.narrow(0, lead, 2 * positions)?;
        let pairs = pairs.reshape((positions, 2 * width))?;
        let before = match lead {
            0 => Tensor::cat(
                &[
                    &x.narrow(0, 0, 1)?.zeros_like()?,
                    &x.narrow(0, 0, frames - 1)?,
                ],
                0,
            )?,
            _ => x.narrow(0, 0, 2 * positions)?,
        };
        let before = before.reshape((positions, 2 * width))?;
        let x = self.conv2.forward_gelu(&Tensor::cat(
            &[&before, &pairs.narrow(1, width, width)?],
            1,
        )?)?;

        let stand_ins = window.places().len() - window.dense();
        if stand_ins == 0 {
            return Ok(x);
        }
        let silence = x
            .narrow(0, positions - 1, 1)?
            .broadcast_as((stand_ins, width))?;
        Tensor::cat(&[&x, &silence], 0)
    }
}

/// The first frame that is needed to encode the positions from `first` on: convolutions look two
/// frames back.
pub fn first_frame(first: usize) -> usize {
    (2 * first).saturating_sub(2)
}

/// What is needed for `frames` of the first convolution: of `mel`, with one frame of nothing before
/// it if it begins with the window, and after it one of silence, or of nothing at the window's
/// `end`.
fn padded(mel: &LogMel, frames: usize, end: bool) -> Result<Tensor> {
    let bands = mel.frames.ncols();
    let mut rows = vec![0.0; if mel.first == 0 { bands } else { 0 }];
    let room = frames + 1 - rows.len() / bands;
    let heard = mel.frames.slice(s![..mel.frames.nrows().min(room), ..]);
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

    /// What it makes of `encoding`, `[positions, width]`, and the keys and values of what is to be
    /// settled.
    fn forward(&self, encoding: &Encoding) -> Result<(Tensor, Option<KeyValues<F16>>)> {
        let (x, bias) = (&encoding.x, encoding.window.bias());
        let qkv = self.attention.input.forward(x)?;
        let settled = encoding.settled.as_deref();
        let settled = settled.into_iter().flat_map(|it| it.own(encoding.layers));
        let settled: Vec<&KeyValues<F16>> = settled.collect();
        let attended = attend(&qkv, &settled, self.heads, bias, self.precision)?;
        let own = match encoding.settling() {
            0 => None,
            count => Some(self.keys_and_values(&qkv, count)?),
        };
        let x = self.attention.output.forward_onto(&attended, x)?;
        Ok((self.feed_forward.forward(&x)?, own))
    }

    /// Those of the first `count` positions of `qkv`.
    fn keys_and_values(&self, qkv: &Tensor, count: usize) -> Result<KeyValues<F16>> {
        let stride = qkv.dim(1)?;
        with_floats(qkv, |qkv| {
            let (rows, bias) = (&qkv[..count * stride], vec![0.0; count]);
            let mut own = KeyValues::default();
            own.take(&[], rows, (stride, stride / 3), self.heads, &bias);
            own
        })
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
        let mel = MelFrontEnd::new(encoder.bands()).log_mel(&pcm);
        let window = || Window::new(pcm.len(), Silence::default(), encoder.positions());
        let mut encoding = encoder.begin(&mel, window(), None).expect("begins");
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
        let mut plain = encoder.begin(&mel, window(), None).expect("begins");
        while encoder.advance(&mut plain).expect("runs").is_none() {}
        assert!(plain.take_voice().is_none(), "nobody wanted it");
    }

    #[test]
    fn convolutions_agree_with_those_of_candle() {
        let (vb, config) = tiny::weights();
        let encoder =
            Encoder::load(&vb.pp("model.encoder"), &config, Precision::F32).expect("loads");
        let mel = MelFrontEnd::new(encoder.bands()).log_mel(&tiny::noise(16_000));
        let whole = Window::new(
            16_000,
            Silence {
                first: 1,
                stride: 1,
                tail: 1500,
            },
            1500,
        );
        let ours = encoder.convolve(&mel, &whole, 0).expect("runs");

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
            .apply(&conv("conv1", config.num_mel_bins, 1))
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
            let mel = MelFrontEnd::new(encoder.bands()).log_mel(&tiny::noise(samples));
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
                let x = encoder.convolve(&mel, &window, 0).expect("runs");
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
        let mel = MelFrontEnd::new(encoder.bands()).log_mel(&tiny::noise(samples));
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
            let mut encoding = encoder.begin(&mel, window, None).expect("runs");
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

    #[test]
    fn what_is_settled_is_as_good_as_encoded_again() {
        let (vb, config) = tiny::weights();
        let encoder =
            Encoder::load(&vb.pp("model.encoder"), &config, Precision::Int8).expect("loads");
        let pcm = tiny::noise(64_000);
        let sound: Arc<[f32]> = pcm.clone().into();
        let front_end = MelFrontEnd::new(encoder.bands());
        // One look at an utterance: what comes after the last layer, of the voice, and for the next
        // look.
        let look = |settled: Option<Arc<Settled>>| {
            let window = Window::new(pcm.len(), Silence::default(), encoder.positions());
            let first = settled.as_ref().map_or(0, |it| it.positions());
            let mel = match &settled {
                Some(it) => front_end.log_mel_from(&pcm, first_frame(first), it.loudest()),
                None => front_end.log_mel(&pcm),
            };
            let mut encoding = encoder.begin(&mel, window, settled).expect("begins");
            encoding.keep_settled().expect("sums up");
            encoding.keep_voice(320 * 64..320 * 150).expect("sums up");
            let x = loop {
                if let Some(x) = encoder.advance(&mut encoding).expect("runs") {
                    break x;
                }
            };
            let voice = encoding.take_voice().expect("was kept");
            (x, voice, encoding.settle(Vec::new(), &sound))
        };
        let (all, voice, settled) = look(None);
        let settled = settled.expect("4 s are long enough");
        let first = settled.positions();
        assert_eq!(first, 96, "all but the last 2 s, in blocks of 16");
        let mut other_end = pcm.clone();
        other_end[60_000] = 0.5;
        let longer = [&pcm[..], &pcm[..]].concat();
        for (sound, is_of) in [
            (&pcm[..], true),
            (&longer, true),
            (&pcm[..50_000], true),
            (&pcm[..32_000], false),
            (&pcm[1..], false),
            (&other_end, false),
        ] {
            assert_eq!(settled.is_of(sound), is_of, "{} samples", sound.len());
        }

        let (rest, again, next) = look(Some(settled));
        let expected = all
            .narrow(0, first, all.dims()[0] - first)
            .expect("is there");
        let worst = difference(&rest, &expected);
        assert!(worst < 0.1, "{worst}");
        let pairs = voice.iter().zip(&again);
        let worst = pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(worst < 0.02, "{worst}");
        assert_eq!(
            next.map(|it| it.positions()),
            Some(first),
            "no more is settled"
        );
    }
}
