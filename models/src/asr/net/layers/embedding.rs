//! The table of tokens.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Precision;
use super::given::Before;
use super::linear::integers;
use super::norm::{Balanced, LayerNorm};
use super::product::Product;
use crate::int8;

/// The table of token embeddings, which also turns the decoder's output into scores of tokens.
#[derive(Clone, Debug)]
pub struct TokenEmbedding {
    table: Table,
    /// What the decoder's output goes through before.
    norm: LayerNorm,
}

#[derive(Clone, Debug)]
enum Table {
    /// `[tokens, width]`.
    F32(Tensor),
    Int8 {
        weights: Arc<int8::Weights>,
        /// What the weights of each column were multiplied by.
        factors: Arc<[f32]>,
    },
}

impl TokenEmbedding {
    /// `table` is `[tokens, width]`.
    pub fn new(table: &Tensor, norm: LayerNorm, precision: Precision) -> Result<Self> {
        Ok(match precision {
            Precision::F32 => Self {
                // A copy: a view would keep the whole table it is part of.
                table: Table::F32(table.force_contiguous()?),
                norm,
            },
            Precision::Int8 => {
                let Balanced {
                    norm,
                    weight,
                    factors,
                } = norm.balanced(table)?;
                let weights = Arc::new(integers(&weight)?);
                Self {
                    table: Table::Int8 { weights, factors },
                    norm,
                }
            }
        })
    }

    /// `[tokens.len(), width]`.
    pub fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        match &self.table {
            Table::F32(table) => table.index_select(&Tensor::new(tokens, table.device())?, 0),
            Table::Int8 { weights, factors } => {
                let width = weights.inputs();
                let mut rows = vec![0.0; tokens.len() * width];
                for (token, row) in tokens.iter().zip(rows.chunks_exact_mut(width)) {
                    weights.row(*token as usize, row);
                    for (x, factor) in row.iter_mut().zip(&**factors) {
                        *x /= factor;
                    }
                }
                Tensor::from_vec(rows, (tokens.len(), width), &candle_core::Device::Cpu)
            }
        }
    }

    /// `[rows, width]` to `[rows, tokens]`.
    pub fn logits(&self, x: &Tensor) -> Result<Tensor> {
        match &self.table {
            Table::F32(table) => self.norm.forward(x)?.matmul(&table.t()?),
            Table::Int8 { weights, .. } => x.apply_op1_no_bwd(&Product {
                before: Before::Norm(&self.norm),
                weights,
                bias: &[],
            }),
        }
    }
}
