//! What the blocks of encoder and decoder are made of.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::layers::{
    LayerNorm, Linear, NormedLinear, Precision, gelu_of, load_pair, load_projections,
};

/// The layers before and after an attention.
#[derive(Clone, Debug)]
pub struct AttentionBlock {
    /// Normalises what the block is given and projects it: to queries, keys and values side by
    /// side, or to fewer of them.
    pub input: NormedLinear,
    /// Projects what was attended to.
    pub output: Linear,
}

impl AttentionBlock {
    /// Loads the attention `name` of a block and the `projections` of its input.
    pub fn load(
        vb: &VarBuilder,
        name: &str,
        projections: &[&str],
        width: usize,
        heads: usize,
        precision: Precision,
    ) -> Result<Self> {
        let attention = vb.pp(name);
        Ok(Self {
            input: NormedLinear::new(
                LayerNorm::load(vb, &format!("{name}_layer_norm"), width)?,
                load_projections(&attention, projections, width, heads)?,
                precision,
            )?,
            output: Linear::load(&attention, "out_proj", width, width, precision)?,
        })
    }
}

/// The two layers after the attention of a block, with GELU between them.
#[derive(Clone, Debug)]
pub struct FeedForward {
    fc1: NormedLinear,
    fc2: Linear,
}

impl FeedForward {
    /// Loads those of the block below `vb`.
    pub fn load(vb: &VarBuilder, width: usize, precision: Precision) -> Result<Self> {
        Ok(Self {
            fc1: NormedLinear::new(
                LayerNorm::load(vb, "final_layer_norm", width)?,
                load_pair(vb, "fc1", width, 4 * width)?,
                precision,
            )?,
            fc2: Linear::load(vb, "fc2", 4 * width, width, precision)?,
        })
    }

    /// `x`, `[rows, width]`, and what the layers make of it.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let hidden = self.fc1.forward(x)?;
        self.fc2.forward_onto(gelu_of(&hidden), x)
    }
}
