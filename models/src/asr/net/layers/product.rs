//! Products by 8-bit kernels.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape};

use super::given::Before;
use super::ops::slice;
use crate::int8::{self, Rows};
use crate::vector;

thread_local! {
    /// Kept between products, so that their memory is.
    static ROWS: RefCell<Rows> = RefCell::default();
}

/// A product by 8-bit kernels, and what comes before it.
pub(super) struct Product<'a> {
    pub before: Before<'a>,
    pub weights: &'a int8::Weights,
    pub bias: &'a [f32],
}

impl Product<'_> {
    fn run(&self, x: &[f32], onto: Option<&[f32]>) -> (CpuStorage, Shape) {
        let (inputs, outputs) = (self.weights.inputs(), self.weights.outputs());
        let count = x.len() / inputs;
        let mut out = vec![0.0; count * outputs];
        ROWS.with_borrow_mut(|rows| {
            match self.before {
                Before::Nothing => rows.take(x, inputs),
                Before::Norm(norm) => rows.take_with(x, inputs, |row, out| {
                    vector::layer_norm_row(row, &norm.weight, &norm.bias, out);
                }),
                Before::Gelu => rows.take_with(x, inputs, |row, out| {
                    out.copy_from_slice(row);
                    vector::apply_gelu(out);
                }),
            }
            int8::multiply(rows, self.weights, self.bias, onto, &mut out);
        });
        (CpuStorage::F32(out), Shape::from((count, outputs)))
    }
}

impl CustomOp1 for Product<'_> {
    fn name(&self) -> &'static str {
        "int8-product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(slice(x, layout)?, None))
    }
}

impl CustomOp2 for Product<'_> {
    fn name(&self) -> &'static str {
        "int8-product-residual"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        residual: &CpuStorage,
        residual_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(slice(x, x_at)?, Some(slice(residual, residual_at)?)))
    }
}
