//! Scores of all tokens by a preview of them (SVD-softmax, Shim et al. 2017).
//!
//! The table of tokens is by far the largest matrix that a step of the decoder reads, for scores of
//! which all but a few do not matter. A state of the decoder lies nearly in a quarter of its
//! directions, so products along these tell nearly every score; those that turn out high are then
//! computed exactly.

use std::cell::RefCell;
use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::linear::integers;
use crate::asr::net::directions::Directions;
use crate::int8::{self, PANEL, Rows};
use crate::vector::{dot, max, vectorised};

/// Scores this far below the highest, as logarithms of probabilities, are left as the preview has
/// them.
const MATTERS: f32 = 8.0;

/// Most panels of tokens whose scores are computed exactly.
const MOST_PANELS: usize = 256;

thread_local! {
    /// Kept between steps, so that its memory is.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

#[derive(Default)]
struct Scratch {
    rows: Rows,
    along: Vec<f32>,
    /// The highest score of each panel.
    tops: Vec<(f32, usize)>,
    panels: Vec<usize>,
}

/// The table of tokens along a few directions.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    /// `[directions, width]`.
    directions: Arc<[f32]>,
    /// What each direction has of the mean state.
    means: Arc<[f32]>,
    /// `[tokens, directions]`.
    weights: Arc<int8::Weights>,
    /// Scores after the mean state.
    bias: Arc<[f32]>,
}

impl Preview {
    /// Of `table`, `[tokens, width]`, for states that are given divided by `factors`.
    pub fn new(table: &Tensor, factors: &[f32], directions: &Directions) -> Result<Self> {
        let width = table.dim(1)?;
        let device = table.device();
        let count = directions.rows.len() / width;
        let mean = Tensor::from_slice(&directions.mean, (width, 1), device)?;
        let bias = table.matmul(&mean)?.flatten_all()?.to_vec1::<f32>()?;

        let back = Tensor::from_slice(&directions.back, (count, width), device)?;
        let weight = table.matmul(&back.t()?)?;

        // States deviate by 1 along each direction. Columns and states are made alike in size, so
        // that both lose less when they are rounded.
        let sizes = weight.sqr()?.mean(0)?.to_vec1::<f32>()?;
        let shares: Vec<f32> = sizes
            .iter()
            .map(|size| size.sqrt().sqrt().max(f32::MIN_POSITIVE))
            .collect();
        let weight = weight.broadcast_div(&Tensor::from_slice(&shares, count, device)?)?;
        let rows = directions.rows.chunks_exact(width).zip(&shares);
        let means = rows
            .clone()
            .map(|(row, share)| share * vectorised(|| dot(row, &directions.mean)));
        let means = means.collect();
        let rows = rows.flat_map(|(row, share)| {
            row.iter()
                .zip(factors)
                .map(move |(x, factor)| share * x * factor)
        });
        Ok(Self {
            directions: rows.collect(),
            means,
            weights: Arc::new(integers(&weight)?),
            bias: bias.into(),
        })
    }

    /// Scores of all tokens after each of `states`, by `table` where they matter and for the tokens
    /// of each row of `exact`: `[states, tokens]`.
    pub fn scores(&self, states: &[f32], table: &int8::Weights, exact: &[&[u32]]) -> Vec<f32> {
        let (width, tokens) = (table.inputs(), table.outputs());
        let mut scores = vec![0.0; exact.len() * tokens];
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch { rows, along, .. } = scratch;
            along.clear();
            for state in states.chunks_exact(width) {
                let directions = self.directions.chunks_exact(width).zip(&*self.means);
                vectorised(|| along.extend(directions.map(|(row, mean)| dot(row, state) - mean)));
            }
            rows.take(along, self.means.len());
            int8::multiply(rows, &self.weights, &self.bias, None, &mut scores);

            let each = states
                .chunks_exact(width)
                .zip(scores.chunks_exact_mut(tokens))
                .zip(exact);
            for ((state, scores), exact) in each {
                scratch.choose(scores, exact);
                scratch.rows.take(state, width);
                int8::multiply_panels(&scratch.rows, table, &scratch.panels, scores);
            }
        });
        scores
    }
}

impl Scratch {
    /// Which panels of `scores` are to be computed exactly.
    fn choose(&mut self, scores: &[f32], exact: &[u32]) {
        self.tops.clear();
        let top = vectorised(|| {
            self.tops.extend(scores.chunks(PANEL).map(max).zip(0..));
            self.tops
                .iter()
                .fold(f32::NEG_INFINITY, |top, (score, _)| top.max(*score))
        });
        self.tops.retain(|(score, _)| *score >= top - MATTERS);
        if self.tops.len() > MOST_PANELS {
            self.tops
                .select_nth_unstable_by(MOST_PANELS, |(a, _), (b, _)| b.total_cmp(a));
            self.tops.truncate(MOST_PANELS);
        }
        self.panels.clear();
        self.panels
            .extend(self.tops.iter().map(|(_, panel)| *panel));
        self.panels
            .extend(exact.iter().map(|token| *token as usize / PANEL));
        self.panels.sort_unstable();
        self.panels.dedup();
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::asr::net::tiny;
    use crate::vector::{arg_max, log_sum_exp};

    const TOKENS: usize = 6_000;

    /// States that lie in 24 directions but for a tenth of a deviation, away from nothing.
    fn states(count: usize, seed: u64) -> Vec<f32> {
        let run = || {
            let along = tiny::random((count, 24), seed);
            let directions = tiny::random((24, tiny::WIDTH), 1).affine(0.2, 0.0)?;
            let rest = tiny::random((count, tiny::WIDTH), !seed).affine(0.1, 0.5)?;
            (along.matmul(&directions)? + rest)?
                .flatten_all()?
                .to_vec1()
        };
        run().expect("runs")
    }

    /// What columns of a table have to do with each other that are alike and independent.
    fn unit(width: usize) -> Vec<f64> {
        let values = (0..width * width).map(|at| u8::from(at / width == at % width));
        values.map(f64::from).collect()
    }

    fn preview() -> (Preview, int8::Weights) {
        let table = tiny::random((TOKENS, tiny::WIDTH), 2);
        let table = table.affine(0.4, 0.0).expect("scales");
        let directions =
            Directions::of(&states(500, 3), &[1.0; tiny::WIDTH], &unit(tiny::WIDTH), 32);
        let preview = Preview::new(&table, &[1.0; tiny::WIDTH], &directions).expect("multiplies");
        (preview, integers(&table).expect("rounds"))
    }

    fn whole(states: &[f32], table: &int8::Weights) -> Vec<f32> {
        let mut rows = Rows::default();
        rows.take(states, table.inputs());
        let mut scores = vec![0.0; rows.len() * TOKENS];
        int8::multiply(&rows, table, &[], None, &mut scores);
        scores
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn what_matters_is_scored_as_by_the_whole_table(
            count in 1_usize..6, seed in 10_u64..1_000_000,
            asked in prop::collection::vec(prop::collection::vec(0..TOKENS as u32, 0..20), 6),
        ) {
            let (preview, table) = preview();
            let states = states(count, seed);
            let exact: Vec<&[u32]> = asked[..count].iter().map(Vec::as_slice).collect();
            let scores = preview.scores(&states, &table, &exact);
            let expected = whole(&states, &table);
            let rows = scores.chunks_exact(TOKENS).zip(expected.chunks_exact(TOKENS)).zip(exact);
            for ((scores, expected), exact) in rows {
                for token in exact {
                    prop_assert_eq!(scores[*token as usize], expected[*token as usize]);
                }
                prop_assert_eq!(arg_max(scores), arg_max(expected));
                let off = log_sum_exp(scores) - log_sum_exp(expected);
                prop_assert!(off.abs() < 0.05, "{}", off);
            }
        }
    }

    #[test]
    fn most_of_the_table_is_not_read() {
        let (preview, table) = preview();
        let states = states(1, 5);
        let scores = preview.scores(&states, &table, &[&[]]);
        let expected = whole(&states, &table);
        let read = scores.iter().zip(&expected).filter(|(a, b)| a == b);
        assert!(read.count() < TOKENS / 2);
    }

    #[test]
    fn a_row_is_scored_alike_whatever_else_is() {
        let (preview, table) = preview();
        let states = states(5, 6);
        let together = preview.scores(&states, &table, &[[].as_slice(); 5]);
        let alone = states.chunks_exact(tiny::WIDTH);
        let alone = alone.flat_map(|state| preview.scores(state, &table, &[&[]]));
        assert_eq!(together, alone.collect::<Vec<f32>>());
    }

    #[test]
    fn a_table_without_rows_along_a_direction_is_scored_too() {
        let table = Tensor::zeros((16, 4), candle_core::DType::F32, &Device::Cpu).expect("zeros");
        let states = [1.0, 2.0, 3.0, 4.0, 2.0, 0.0, 1.0, 5.0, 7.0, 1.0, 0.0, 0.0];
        let directions = Directions::of(&states, &[1.0; 4], &unit(4), 2);
        let preview = Preview::new(&table, &[1.0; 4], &directions).expect("multiplies");
        let scores = preview.scores(&states[..4], &integers(&table).expect("rounds"), &[&[]]);
        assert_eq!(scores, [0.0; 16]);
    }
}
