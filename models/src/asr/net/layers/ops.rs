//! Steps that candle has this crate's kernels do, and the floats of tensors for them.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result, Storage, Tensor};

use crate::vector;

pub(super) struct AddBias<'a> {
    pub bias: &'a [f32],
}

impl InplaceOp1 for AddBias<'_> {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(&self, y: &mut CpuStorage, layout: &Layout) -> Result<()> {
        vector::add_bias(slice_mut(y, layout)?, self.bias);
        Ok(())
    }
}

pub(super) struct Gelu;

impl InplaceOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, y: &mut CpuStorage, layout: &Layout) -> Result<()> {
        vector::apply_gelu(slice_mut(y, layout)?);
        Ok(())
    }
}

pub(super) struct AddBiasResidual<'a> {
    pub bias: &'a [f32],
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
        vector::add_bias_residual(slice_mut(y, y_at)?, self.bias, slice(x, x_at)?);
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
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (from, to) = layout.contiguous_offsets().ok_or_else(scattered)?;
    Ok(&storage.as_slice::<f32>()?[from..to])
}

pub(super) fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let (from, to) = layout.contiguous_offsets().ok_or_else(scattered)?;
    match storage {
        CpuStorage::F32(values) => Ok(&mut values[from..to]),
        _ => candle_core::bail!("only 32-bit floats are worked on in place"),
    }
}

fn scattered() -> candle_core::Error {
    candle_core::Error::Msg("the tensor does not lie in one piece".to_owned())
}
