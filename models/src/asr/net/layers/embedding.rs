//! The table of tokens.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Precision;
use super::given::Before;
use super::linear::integers;
use super::norm::{Balanced, LayerNorm};
use super::ops::with_floats;
use super::preview::Preview;
use super::product::Product;
use crate::asr::net::directions::Directions;
use crate::int8;
use crate::vector;

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
        /// None of checkpoints whose states are not known.
        preview: Option<Preview>,
    },
}

impl TokenEmbedding {
    /// `table` is `[tokens, width]`, `directions` those of what `norm` gives.
    pub fn new(
        table: &Tensor,
        norm: LayerNorm,
        directions: Option<&Directions>,
        precision: Precision,
    ) -> Result<Self> {
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
                let preview =
                    directions.map(|directions| Preview::new(table, &factors, directions));
                let weights = Arc::new(integers(&weight)?);
                Self {
                    table: Table::Int8 {
                        weights,
                        factors,
                        preview: preview.transpose()?,
                    },
                    norm,
                }
            }
        })
    }

    /// Tokens of the table.
    pub fn tokens(&self) -> usize {
        match &self.table {
            Table::F32(table) => table.dims()[0],
            Table::Int8 { weights, .. } => weights.outputs(),
        }
    }

    /// `[tokens.len(), width]`.
    pub fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        match &self.table {
            Table::F32(table) => table.index_select(&Tensor::new(tokens, table.device())?, 0),
            Table::Int8 {
                weights, factors, ..
            } => {
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

    /// Scores of all tokens after each row of `x`, `[rows, width]`, those of each row of `exact`
    /// by the whole table: `[rows, tokens]`.
    pub fn logits(&self, x: &Tensor, exact: &[&[u32]]) -> Result<Vec<f32>> {
        let logits = match &self.table {
            Table::F32(table) => self.norm.forward(x)?.matmul(&table.t()?)?,
            Table::Int8 {
                weights,
                preview: Some(preview),
                ..
            } => {
                return with_floats(x, |x| {
                    let mut states = vec![0.0; x.len()];
                    vector::layer_norm(x, &self.norm.weight, &self.norm.bias, &mut states);
                    preview.scores(&states, weights, exact)
                });
            }
            Table::Int8 { weights, .. } => x.apply_op1_no_bwd(&Product {
                before: Before::Norm(&self.norm),
                weights,
                bias: &[],
            })?,
        };
        logits.flatten_all()?.to_vec1()
    }

    /// The rows of `x` as the table is multiplied with them.
    pub fn states(&self, x: &Tensor) -> Result<Vec<f32>> {
        let states = self.norm.forward(x)?;
        let states = match &self.table {
            Table::F32(_) => states,
            Table::Int8 { factors, .. } => {
                states.broadcast_mul(&Tensor::from_slice(factors, factors.len(), x.device())?)?
            }
        };
        states.flatten_all()?.to_vec1()
    }

    /// The mean products of each two columns of the table, over some of its rows.
    pub fn moment(&self) -> Result<Vec<f64>> {
        const SOME: usize = 8;
        let tokens: Vec<u32> = (0..self.tokens() as u32).step_by(SOME).collect();
        let rows = self.embed(&tokens)?;
        let sums = rows.t()?.matmul(&rows)?.flatten_all()?.to_vec1::<f32>()?;
        let share = 1.0 / tokens.len() as f64;
        Ok(sums.into_iter().map(|sum| share * f64::from(sum)).collect())
    }

    /// The gain of the normalisation before the table.
    pub fn gain(&self) -> Vec<f32> {
        let gain = self.norm.gain().iter();
        match &self.table {
            Table::F32(_) => gain.copied().collect(),
            Table::Int8 { factors, .. } => {
                gain.zip(&**factors).map(|(x, factor)| x * factor).collect()
            }
        }
    }

    /// Scores of all tokens after one of [`Self::states`], by the whole table and by its preview.
    pub fn both_scores(&self, state: &[f32], exact: &[u32]) -> Option<(Vec<f32>, Vec<f32>)> {
        let Table::Int8 {
            weights,
            factors,
            preview: Some(preview),
        } = &self.table
        else {
            return None;
        };
        let state: Vec<f32> = state
            .iter()
            .zip(&**factors)
            .map(|(x, factor)| x / factor)
            .collect();
        let mut rows = int8::Rows::default();
        rows.take(&state, state.len());
        let mut whole = vec![0.0; weights.outputs()];
        int8::multiply(&rows, weights, &[], None, &mut whole);
        Some((whole, preview.scores(&state, weights, &[exact])))
    }
}
