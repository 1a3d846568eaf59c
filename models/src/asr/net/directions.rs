//! The directions in which a decoder's states differ most.
//!
//! `models/directions` holds those of the checkpoints that are known. They are fitted to states of
//! the decoder over recorded calls, by `sidetone eval preview --fit`.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Result, Tensor, bail, safetensors};

/// Made of the calls in `tests/calls`.
const WHISPER_BASE: &[u8] = include_bytes!("../../../directions/whisper-base.safetensors");

/// Share of the variance that is taken to be that of values which have nothing to do with each
/// other: some hundreds of states do not show all the ways in which states differ.
const SHRINKAGE: f64 = 0.03;

/// Rounds of rotations in which directions are found: more than any matrix has needed.
const ROUNDS: usize = 30;

/// Directions of a decoder's states, after its last normalisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Directions {
    /// The mean state.
    pub mean: Vec<f32>,
    /// `[directions, width]`, the most telling first. Products of these and of what a state has
    /// beyond the mean deviate by 1.
    pub rows: Vec<f32>,
    /// `[directions, width]`: a state is nearly the mean and the sum of these, each times the
    /// product along its direction.
    pub back: Vec<f32>,
    /// The gain of the last normalisation, by which the checkpoint is known.
    gain: Vec<f32>,
}

impl Directions {
    /// Those of the checkpoint whose last normalisation has this `gain`, if it is a known one.
    pub fn known(gain: &[f32]) -> Option<Self> {
        let known = Self::from_bytes(WHISPER_BASE).ok()?;
        known.fit(gain).then_some(known)
    }

    /// Whether they are those of the checkpoint with this `gain`, in whatever precision it is kept.
    fn fit(&self, gain: &[f32]) -> bool {
        let same = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * a.abs();
        self.gain.len() == gain.len() && self.gain.iter().zip(gain).all(same)
    }

    /// Finds the `count` directions of `states` that tell most of the scores. The states have a
    /// value for each of `gain`; `moment` are the mean products of each two columns of the table,
    /// by which a difference of states is one of scores.
    pub fn of(states: &[f32], gain: &[f32], moment: &[f64], count: usize) -> Self {
        let width = gain.len();
        let (mean, mut covariance) = covariance(states, width);
        let prior: Vec<f64> = gain.iter().map(|x| f64::from(*x).powi(2)).collect();
        let trace: f64 = (0..width).map(|i| covariance[i * width + i]).sum();
        let scale = SHRINKAGE * trace / prior.iter().sum::<f64>();
        covariance.iter_mut().for_each(|x| *x *= 1.0 - SHRINKAGE);
        for (i, prior) in prior.iter().enumerate() {
            covariance[i * width + i] += scale * prior;
        }
        // Principal components of the states once distances are those of scores.
        let scores = eigen(moment, width);
        let least = 1e-6 * scores[0].0;
        let root = power(&scores, |x| x.max(least).sqrt());
        let inverse = power(&scores, |x| x.max(least).sqrt().recip());
        let spread = product(&product(&root, &covariance, width), &root, width);
        let mut found = eigen(&spread, width);
        found.truncate(count);
        let turned = |by: &[f64], scale: fn(f64) -> f64| {
            let rows = found.iter().map(|(variance, direction)| {
                let row = product(direction, by, width);
                row.into_iter()
                    .map(|x| (scale(*variance) * x) as f32)
                    .collect::<Vec<f32>>()
            });
            rows.collect::<Vec<_>>().concat()
        };
        Self {
            mean: mean.iter().map(|x| *x as f32).collect(),
            rows: turned(&root, |variance| variance.sqrt().recip()),
            back: turned(&inverse, f64::sqrt),
            gain: gain.to_vec(),
        }
    }

    /// Reads some from memory.
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut tensors = safetensors::load_buffer(bytes, &Device::Cpu)?;
        let mut take = |name: &str| match tensors.remove(name) {
            Some(tensor) => tensor.to_dtype(DType::F32),
            None => bail!("it has no `{name}`"),
        };
        let (mean, gain) = (take("mean")?, take("gain")?);
        let (rows, back) = (take("rows")?, take("back")?);
        let width = gain.dims1()?;
        if mean.dims() != [width] || rows.dims2()?.1 != width || rows.dims() != back.dims() {
            bail!(
                "{:?} and {:?} do not fit {width} values",
                mean.dims(),
                rows.dims()
            );
        }
        Ok(Self {
            mean: mean.to_vec1()?,
            rows: rows.flatten_all()?.to_vec1()?,
            back: back.flatten_all()?.to_vec1()?,
            gain: gain.to_vec1()?,
        })
    }

    /// Writes them to `path`, in half precision.
    pub fn save(&self, path: &Path) -> Result<()> {
        let width = self.gain.len();
        let tensor = |values: &[f32]| {
            Tensor::from_slice(values, values.len(), &Device::Cpu)?.to_dtype(DType::F16)
        };
        let tensors = HashMap::from([
            ("mean", tensor(&self.mean)?),
            ("rows", tensor(&self.rows)?.reshape(((), width))?),
            ("back", tensor(&self.back)?.reshape(((), width))?),
            ("gain", tensor(&self.gain)?),
        ]);
        safetensors::save(&tensors, path)
    }
}

/// The mean of rows of `width` values, and their covariance.
fn covariance(rows: &[f32], width: usize) -> (Vec<f64>, Vec<f64>) {
    let share = 1.0 / (rows.len() / width) as f64;
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (mean, x) in mean.iter_mut().zip(row) {
            *mean += share * f64::from(*x);
        }
    }
    let mut covariance = vec![0.0; width * width];
    for row in rows.chunks_exact(width) {
        let apart = row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean);
        let apart: Vec<f64> = apart.collect();
        for (sums, a) in covariance.chunks_exact_mut(width).zip(&apart) {
            for (sum, b) in sums.iter_mut().zip(&apart) {
                *sum += share * a * b;
            }
        }
    }
    (mean, covariance)
}

/// The product of matrices of `width` columns, the second one square.
fn product(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len()];
    for (out, a) in out.chunks_exact_mut(width).zip(a.chunks_exact(width)) {
        for (a, b) in a.iter().zip(b.chunks_exact(width)) {
            for (out, b) in out.iter_mut().zip(b) {
                *out += a * b;
            }
        }
    }
    out
}

/// The symmetric matrix with the directions of another, and `of` of its values along each.
fn power(parts: &[(f64, Vec<f64>)], of: impl Fn(f64) -> f64) -> Vec<f64> {
    let width = parts.len();
    let mut out = vec![0.0; width * width];
    for (value, direction) in parts {
        for (out, a) in out.chunks_exact_mut(width).zip(direction) {
            for (out, b) in out.iter_mut().zip(direction) {
                *out += of(*value) * a * b;
            }
        }
    }
    out
}

/// The values and directions of a symmetric matrix, the largest value first: by rotations that each
/// take away one value off the diagonal (Jacobi 1846), until none is left.
fn eigen(matrix: &[f64], width: usize) -> Vec<(f64, Vec<f64>)> {
    let mut a = matrix.to_vec();
    // Row by row, what becomes of the unit vectors.
    let mut v = vec![0.0; width * width];
    for i in 0..width {
        v[i * width + i] = 1.0;
    }
    let whole: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..ROUNDS {
        let off: f64 = (0..width * width)
            .filter(|at| at / width != at % width)
            .map(|at| a[at] * a[at])
            .sum();
        if off <= 1e-20 * whole {
            break;
        }
        for p in 0..width {
            for q in p + 1..width {
                let across = a[p * width + q];
                if across == 0.0 {
                    continue;
                }
                let theta = (a[q * width + q] - a[p * width + p]) / (2.0 * across);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                let sine = tangent * cosine;
                let turn = |x: &mut f64, y: &mut f64| {
                    (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y)
                };
                for i in 0..width {
                    let row = &mut a[i * width..][..width];
                    let (left, right) = row.split_at_mut(q);
                    turn(&mut left[p], &mut right[0]);
                }
                for rows in [&mut a, &mut v] {
                    let (above, below) = rows.split_at_mut(q * width);
                    for (x, y) in above[p * width..][..width].iter_mut().zip(below) {
                        turn(x, y);
                    }
                }
            }
        }
    }
    let mut found: Vec<(f64, Vec<f64>)> = (0..width)
        .map(|i| (a[i * width + i], v[i * width..][..width].to_vec()))
        .collect();
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::net::tiny;

    fn states(count: usize, width: usize) -> Vec<f32> {
        let values: Vec<f32> = tiny::random(count * width, 3).to_vec1().expect("numbers");
        let value = |(at, x): (usize, f32)| 5.0 + x / (1.0 + (at % width) as f32);
        values.into_iter().enumerate().map(value).collect()
    }

    /// Of a table whose columns are alike and have nothing to do with each other.
    fn unit(width: usize) -> Vec<f64> {
        (0..width * width)
            .map(|at| f64::from(u8::from(at / width == at % width)))
            .collect()
    }

    #[test]
    fn directions_lie_at_right_angles_and_states_deviate_by_one_along_each() {
        let (width, count) = (12, 5);
        let states = states(2_000, width);
        let found = Directions::of(&states, &vec![1.0; width], &unit(width), count);
        assert_eq!(found.rows.len(), count * width);
        let along = |row: &[f32], state: &[f32]| -> f64 {
            let apart = state.iter().zip(&found.mean).map(|(x, mean)| x - mean);
            row.iter().zip(apart).map(|(a, b)| f64::from(a * b)).sum()
        };
        let rows: Vec<&[f32]> = found.rows.chunks_exact(width).collect();
        let mut variances = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let squares = states
                .chunks_exact(width)
                .map(|state| along(row, state).powi(2));
            let variance = squares.sum::<f64>() / 2_000.0;
            assert!((variance - 1.0).abs() < 0.1, "{variance}");
            for other in &rows[..i] {
                let dot: f32 = row.iter().zip(*other).map(|(a, b)| a * b).sum();
                let lengths: f32 = [row, other]
                    .map(|r| r.iter().map(|x| x * x).sum::<f32>().sqrt())
                    .iter()
                    .product();
                assert!((dot / lengths).abs() < 1e-4, "{dot}");
            }
            variances.push(1.0 / row.iter().map(|x| x * x).sum::<f32>());
        }
        assert!(variances.is_sorted_by(|a, b| a >= b), "{variances:?}");
        assert!(
            rows[0][0].abs() > 0.9,
            "the first value differs most: {:?}",
            rows[0]
        );
    }

    #[test]
    fn only_the_checkpoint_they_were_made_for_has_them() {
        let known = Directions::from_bytes(WHISPER_BASE).expect("part of the program");
        assert!(Directions::known(&known.gain).is_some());
        let rounded: Vec<f32> = known.gain.iter().map(|x| x * 1.0004).collect();
        assert!(
            Directions::known(&rounded).is_some(),
            "in another precision"
        );
        let mut tuned = known.gain.clone();
        tuned[7] *= 1.01;
        assert!(Directions::known(&tuned).is_none(), "trained further");
        assert!(
            Directions::known(&known.gain[1..]).is_none(),
            "of another size"
        );
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let found = Directions::of(&states(300, 8), &[2.0; 8], &unit(8), 3);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("directions.safetensors");
        found.save(&path).expect("is written");
        let read = Directions::from_bytes(&std::fs::read(&path).expect("is there")).expect("reads");
        assert_eq!((read.rows.len(), read.gain.len()), (24, 8));
        for (a, b) in read.rows.iter().zip(&found.rows) {
            assert!((a - b).abs() <= 1e-3 * b.abs() + 1e-6, "{a} and {b}");
        }
        let harmed = std::fs::read(&path).expect("is there");
        assert!(Directions::from_bytes(&harmed[..harmed.len() - 9]).is_err());
    }
}
