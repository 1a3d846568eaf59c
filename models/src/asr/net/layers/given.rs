//! What a layer is given, and what is done to it on the way in.

use candle_core::{Result, Tensor};

use super::norm::LayerNorm;
use super::ops::Gelu;

/// What a layer is given, and what is to be done with that before.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub(super) x: &'a Tensor,
    pub(super) before: Before<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Before<'a> {
    Nothing,
    Norm(&'a LayerNorm),
    Gelu,
}

impl<'a> From<&'a Tensor> for Given<'a> {
    fn from(x: &'a Tensor) -> Self {
        Self {
            x,
            before: Before::Nothing,
        }
    }
}

/// GELU of `x`, for the layer after it.
pub fn gelu_of(x: &Tensor) -> Given<'_> {
    Given {
        x,
        before: Before::Gelu,
    }
}

impl Given<'_> {
    pub(super) fn tensor(&self) -> Result<Tensor> {
        match self.before {
            Before::Nothing => Ok(self.x.clone()),
            Before::Norm(norm) => norm.forward(self.x),
            Before::Gelu => {
                let y = self.x.copy()?;
                y.inplace_op1(&Gelu)?;
                Ok(y)
            }
        }
    }
}
