//! A tiny network of random weights, for tests.

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend;
use candle_transformers::models::whisper::Config;

/// Of every layer; two heads of 64.
pub const WIDTH: usize = 128;

/// Two layers each; as many tokens as the small vocabulary of the tests, rounded up.
pub fn config() -> Config {
    Config {
        num_mel_bins: 80,
        max_source_positions: 1500,
        d_model: WIDTH,
        encoder_attention_heads: 2,
        encoder_layers: 2,
        vocab_size: 272,
        max_target_positions: 40,
        decoder_attention_heads: 2,
        decoder_layers: 2,
        suppress_tokens: Vec::new(),
    }
}

/// Weights for [`config`], the same each time.
pub fn weights() -> (VarBuilder<'static>, Config) {
    (any_weights(), config())
}

/// Weights for whatever sizes they are asked for, the same each time.
pub fn any_weights() -> VarBuilder<'static> {
    VarBuilder::from_backend(Box::new(Random), DType::F32, Device::Cpu)
}

/// Values of a bell-like distribution of deviation 1, the same for the same `seed`.
pub fn random(shape: impl Into<Shape>, seed: u64) -> Tensor {
    let shape = shape.into();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let values = (0..shape.elem_count()).map(|_| (uniform() + uniform() + uniform() - 1.5) * 2.0);
    Tensor::from_iter(values.collect::<Vec<_>>(), &Device::Cpu)
        .and_then(|x| x.reshape(shape))
        .expect("of that shape")
}

/// Noise at a tenth of full scale.
pub fn noise(samples: usize) -> Vec<f32> {
    random(samples, 7)
        .affine(0.1, 0.0)
        .and_then(|x| x.to_vec1())
        .expect("one dimension")
}

/// Makes up each tensor from its name.
struct Random;

impl SimpleBackend for Random {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: candle_nn::Init,
        _: DType,
        _: &Device,
    ) -> candle_core::Result<Tensor> {
        let seed = name.bytes().fold(17_u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        let inputs: usize = shape.dims()[1..].iter().product();
        match shape.rank() {
            1 if name.ends_with("norm.weight") => random(shape, seed).affine(0.1, 1.0),
            1 => random(shape, seed).affine(0.1, 0.0),
            // Places count for more than tokens; otherwise every text would repeat one token.
            _ if name.ends_with("embed_positions.weight") => Ok(random(shape, seed)),
            _ => random(shape, seed).affine((inputs as f64).powf(-0.5), 0.0),
        }
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        candle_core::bail!("{name} is asked for without a shape")
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}
