//! Products with fixed weights.

use std::sync::Arc;

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::Precision;
use super::given::Given;
use super::norm::LayerNorm;
use super::ops::{AddBias, AddBiasResidual, Gelu, with_floats};
use super::product::Product;
use crate::int8;

/// A matrix product with fixed weights, and what is done to its result while that is at hand.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Weight,
    bias: Arc<[f32]>,
}

#[derive(Clone, Debug)]
enum Weight {
    /// `[inputs, outputs]`, a transposed view.
    F32(Tensor),
    Int8(Arc<int8::Weights>),
}

impl Linear {
    /// `weight` is `[outputs, inputs]`, `bias` `[outputs]`.
    pub fn new(weight: &Tensor, bias: &Tensor, precision: Precision) -> Result<Self> {
        let bias = bias.to_vec1::<f32>()?.into();
        let weight = match precision {
            Precision::F32 => Weight::F32(weight.contiguous()?.t()?),
            Precision::Int8 => Weight::Int8(Arc::new(integers(weight)?)),
        };
        Ok(Self { weight, bias })
    }

    /// Loads the layer `name`.
    pub fn load(
        vb: &VarBuilder,
        name: &str,
        inputs: usize,
        outputs: usize,
        precision: Precision,
    ) -> Result<Self> {
        let (weight, bias) = load_pair(vb, name, inputs, outputs)?;
        Self::new(&weight, &bias, precision)
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub fn forward<'a>(&self, given: impl Into<Given<'a>>) -> Result<Tensor> {
        let (given, bias) = (given.into(), &self.bias);
        match &self.weight {
            Weight::F32(weight) => {
                let y = given.tensor()?.matmul(weight)?;
                y.inplace_op1(&AddBias { bias })?;
                Ok(y)
            }
            Weight::Int8(weights) => given.x.apply_op1_no_bwd(&Product {
                before: given.before,
                weights,
                bias,
            }),
        }
    }

    /// The same, and GELU after it.
    pub fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.forward(x)?;
        y.inplace_op1(&Gelu)?;
        Ok(y)
    }

    /// The same as [`Self::forward`], and `residual` added to it.
    pub fn forward_onto<'a>(
        &self,
        given: impl Into<Given<'a>>,
        residual: &Tensor,
    ) -> Result<Tensor> {
        let (given, bias) = (given.into(), &self.bias);
        match &self.weight {
            Weight::F32(weight) => {
                let y = given.tensor()?.matmul(weight)?;
                y.inplace_op2(residual, &AddBiasResidual { bias })?;
                Ok(y)
            }
            Weight::Int8(weights) => given.x.apply_op2_no_bwd(
                residual,
                &Product {
                    before: given.before,
                    weights,
                    bias,
                },
            ),
        }
    }
}

/// `weight`, `[outputs, inputs]`, as integers.
pub(super) fn integers(weight: &Tensor) -> Result<int8::Weights> {
    let inputs = weight.dim(1)?;
    with_floats(&weight.contiguous()?, |weight| {
        int8::Weights::new(weight, inputs)
    })
}

/// A linear layer, and the normalisation before it.
#[derive(Clone, Debug)]
pub struct NormedLinear {
    norm: LayerNorm,
    linear: Linear,
}

impl NormedLinear {
    /// `weight` is `[outputs, width]`, `bias` `[outputs]`.
    pub fn new(
        norm: LayerNorm,
        (weight, bias): (Tensor, Tensor),
        precision: Precision,
    ) -> Result<Self> {
        let (norm, weight) = match precision {
            Precision::F32 => (norm, weight),
            Precision::Int8 => {
                let balanced = norm.balanced(&weight)?;
                (balanced.norm, balanced.weight)
            }
        };
        Ok(Self {
            linear: Linear::new(&weight, &bias, precision)?,
            norm,
        })
    }

    /// `[rows, width]` to `[rows, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.linear.forward(self.norm.of(x))
    }
}

/// Loads weight, `[outputs, inputs]`, and bias of the linear layer `name`. Whisper's keys have no
/// bias: it counts as zero.
pub fn load_pair(
    vb: &VarBuilder,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<(Tensor, Tensor)> {
    let vb = vb.pp(name);
    let weight = vb.get((outputs, inputs), "weight")?;
    let bias = if name.ends_with("k_proj") {
        Tensor::zeros(outputs, weight.dtype(), weight.device())?
    } else {
        vb.get(outputs, "bias")?
    };
    Ok((weight, bias))
}

/// Loads weight and bias of the projections `names` of an attention as one layer: its output has
/// theirs side by side.
///
/// Queries come out scaled by 1/√(head size), so that the scores need no scaling.
pub fn load_projections(
    vb: &VarBuilder,
    names: &[&str],
    width: usize,
    heads: usize,
) -> Result<(Tensor, Tensor)> {
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for name in names {
        let scale = if *name == "q_proj" {
            ((width / heads) as f64).powf(-0.5)
        } else {
            1.0
        };
        let (weight, bias) = load_pair(vb, name, width, width)?;
        weights.push((weight * scale)?);
        biases.push((bias * scale)?);
    }
    Ok((Tensor::cat(&weights, 0)?, Tensor::cat(&biases, 0)?))
}
