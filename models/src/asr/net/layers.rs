//! The layers that encoder and decoder share. Weights are shared between clones.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{
    CpuStorage, CustomOp1, InplaceOp1, InplaceOp2, Layout, Module, Result, Shape, Storage, Tensor,
};
use candle_nn::VarBuilder;

use super::kernels;

/// How the weights of a matrix product are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Precision {
    /// 32-bit floats: fastest from some 16 rows on, where arithmetic is what takes the time.
    Float,
    /// 8-bit integers with a scale for every 32 of them: fastest for few rows, where reading the weights is.
    Int8,
}

/// A matrix product with fixed weights, and what is done to its result while that is at hand.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Weight,
    bias: Arc<[f32]>,
}

#[derive(Clone, Debug)]
enum Weight {
    /// `[inputs, outputs]`, a transposed view.
    Float(Tensor),
    Int8(QMatMul),
}

impl Weight {
    /// `weight` is `[outputs, inputs]`.
    fn new(weight: &Tensor, precision: Precision) -> Result<Self> {
        // Rows whose length is no multiple of a block cannot be packed.
        let packable = weight.dim(1)?.is_multiple_of(GgmlDType::Q8_0.block_size());
        Ok(match precision {
            Precision::Int8 if packable => Self::Int8(QMatMul::from_qtensor(QTensor::quantize(
                weight,
                GgmlDType::Q8_0,
            )?)?),
            _ => Self::Float(weight.contiguous()?.t()?),
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Float(weight) => x.matmul(weight),
            Self::Int8(weight) => weight.forward(x),
        }
    }
}

impl Linear {
    /// `weight` is `[outputs, inputs]`, `bias` `[outputs]`.
    pub fn new(weight: &Tensor, bias: &Tensor, precision: Precision) -> Result<Self> {
        let bias = bias.to_vec1::<f32>()?.into();
        Ok(Self {
            weight: Weight::new(weight, precision)?,
            bias,
        })
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

    /// `x` is `[rows, inputs]`; gives `[rows, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        y.inplace_op1(&AddBias {
            bias: &self.bias,
            gelu: false,
        })?;
        Ok(y)
    }

    /// The same, and GELU after it.
    pub fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        y.inplace_op1(&AddBias {
            bias: &self.bias,
            gelu: true,
        })?;
        Ok(y)
    }

    /// The same as [`Self::forward`], and `residual` added to it.
    pub fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        y.inplace_op2(residual, &AddBiasResidual { bias: &self.bias })?;
        Ok(y)
    }
}

/// Loads weight and bias of the linear layer `name`. Whisper's keys have no bias: it counts as zero.
fn load_pair(
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

/// Loads the projections `names` of an attention as one layer: its output has theirs side by side.
///
/// Queries come out scaled by 1/√(head size), so that nobody has to scale the scores.
pub fn load_projections(
    vb: &VarBuilder,
    names: &[&str],
    width: usize,
    heads: usize,
    precision: Precision,
) -> Result<Linear> {
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
    Linear::new(
        &Tensor::cat(&weights, 0)?,
        &Tensor::cat(&biases, 0)?,
        precision,
    )
}

/// The table of token embeddings, which also turns the decoder's output into scores of tokens.
#[derive(Clone, Debug)]
pub struct Vocabulary(QMatMul);

impl Vocabulary {
    /// `table` is `[tokens, width]`.
    pub fn new(table: &Tensor, precision: Precision) -> Result<Self> {
        let dtype = match precision {
            Precision::Float => GgmlDType::F32,
            Precision::Int8 => GgmlDType::Q8_0,
        };
        Ok(Self(QMatMul::from_qtensor(QTensor::quantize(
            table, dtype,
        )?)?))
    }

    /// `[tokens.len(), width]`.
    pub fn embed(&self, tokens: &Tensor) -> Result<Tensor> {
        self.0.embedding(tokens)
    }

    /// `[rows, width]` to `[rows, tokens]`.
    pub fn logits(&self, x: &Tensor) -> Result<Tensor> {
        self.0.forward(x)
    }
}

/// Layer normalisation over the last dimension.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Arc<[f32]>,
    bias: Arc<[f32]>,
}

impl LayerNorm {
    /// Loads the layer `name`.
    pub fn load(vb: &VarBuilder, name: &str, width: usize) -> Result<Self> {
        let vb = vb.pp(name);
        let values = |name| vb.get(width, name)?.to_vec1::<f32>();
        Ok(Self {
            weight: values("weight")?.into(),
            bias: values("bias")?.into(),
        })
    }

    /// Normalises every row of `x`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply_op1_no_bwd(self)
    }
}

/// Softmax over the last dimension after adding `bias` to it, in place.
pub fn softmax_biased(scores: &Tensor, bias: &[f32]) -> Result<()> {
    scores.inplace_op1(&SoftmaxBiased { bias })
}

struct AddBias<'a> {
    bias: &'a [f32],
    gelu: bool,
}

struct AddBiasResidual<'a> {
    bias: &'a [f32],
}

struct SoftmaxBiased<'a> {
    bias: &'a [f32],
}

impl CustomOp1 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let mut out = vec![0.0; x.len()];
        kernels::layer_norm(x, &self.weight, &self.bias, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

impl InplaceOp1 for AddBias<'_> {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(&self, y: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let y = slice_mut(y, layout)?;
        if self.gelu {
            kernels::add_bias_gelu(y, self.bias);
        } else {
            kernels::add_bias(y, self.bias);
        }
        Ok(())
    }
}

impl InplaceOp2 for AddBiasResidual<'_> {
    fn name(&self) -> &'static str {
        "add-bias-residual"
    }

    fn cpu_fwd(
        &self,
        y: &mut CpuStorage,
        y_at: &Layout,
        x: &CpuStorage,
        x_at: &Layout,
    ) -> Result<()> {
        kernels::add_bias_residual(slice_mut(y, y_at)?, self.bias, slice(x, x_at)?);
        Ok(())
    }
}

impl InplaceOp1 for SoftmaxBiased<'_> {
    fn name(&self) -> &'static str {
        "softmax-biased"
    }

    fn cpu_fwd(&self, scores: &mut CpuStorage, layout: &Layout) -> Result<()> {
        kernels::softmax_biased(slice_mut(scores, layout)?, self.bias);
        Ok(())
    }
}

/// Lends the floats of `tensor`, which must lie in one piece, without copying them.
pub fn with_floats<R>(tensor: &Tensor, work: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(work(slice(storage, layout)?)),
        _ => candle_core::bail!("the tensor is not in main memory"),
    }
}

/// The floats of a tensor that lies in one piece.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (from, to) = layout.contiguous_offsets().ok_or_else(scattered)?;
    Ok(&storage.as_slice::<f32>()?[from..to])
}

fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let (from, to) = layout.contiguous_offsets().ok_or_else(scattered)?;
    match storage {
        CpuStorage::F32(values) => Ok(&mut values[from..to]),
        _ => candle_core::bail!("only 32-bit floats are worked on in place"),
    }
}

fn scattered() -> candle_core::Error {
    candle_core::Error::Msg("the tensor does not lie in one piece".to_owned())
}
