//! Attention of every position to all.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, InplaceOp1, Layout, Result, Shape, Tensor};

use super::Precision;
use super::ops::{slice, slice_mut};
use crate::asr::net::attention::{KeyValues, Scratch, attend_to_all};
use crate::asr::net::kv_cache::F16;
use crate::vector;

thread_local! {
    /// Kept between runs, so that its memory is.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Attention of every position to all, and to the `settled` ones before, of which floats know none:
/// `qkv` is `[positions, 3 * width]`, `bias` `[settled + positions]`.
///
/// Gives `[positions, width]`.
pub fn attend(
    qkv: &Tensor,
    settled: &[&KeyValues<F16>],
    heads: usize,
    bias: &[f32],
    precision: Precision,
) -> Result<Tensor> {
    match precision {
        Precision::F32 if settled.is_empty() => {
            let (positions, width) = (qkv.dim(0)?, qkv.dim(1)? / 3);
            let qkv = qkv.reshape((positions, 3 * heads, width / heads))?;
            // Views, `[heads, positions, head size]`: the matrix product takes any strides.
            let part = |i: usize| qkv.narrow(1, i * heads, heads)?.transpose(0, 1);
            let weights = part(0)?.matmul(&part(1)?.t()?)?;
            weights.inplace_op1(&SoftmaxBiased { bias })?;
            weights
                .matmul(&part(2)?)?
                .transpose(0, 1)?
                .reshape((positions, width))
        }
        _ => qkv.apply_op1_no_bwd(&Attention {
            settled,
            heads,
            bias,
        }),
    }
}

struct Attention<'a> {
    settled: &'a [&'a KeyValues<F16>],
    heads: usize,
    bias: &'a [f32],
}

impl CustomOp1 for Attention<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (positions, width) = (layout.dims()[0], layout.dims()[1] / 3);
        let mut out = vec![0.0; positions * width];
        let qkv = slice(qkv, layout)?;
        SCRATCH.with_borrow_mut(|scratch| {
            attend_to_all(qkv, self.settled, self.heads, self.bias, scratch, &mut out);
        });
        Ok((CpuStorage::F32(out), Shape::from((positions, width))))
    }
}

struct SoftmaxBiased<'a> {
    bias: &'a [f32],
}

impl InplaceOp1 for SoftmaxBiased<'_> {
    fn name(&self) -> &'static str {
        "softmax-biased"
    }

    fn cpu_fwd(&self, scores: &mut CpuStorage, layout: &Layout) -> Result<()> {
        vector::softmax_biased(slice_mut(scores, layout)?, self.bias);
        Ok(())
    }
}
