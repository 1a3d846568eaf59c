//! Attention (Vaswani et al. 2017, §3.2) on plain slices.
//!
//! One head at a time, so that its keys and values stay near the processor, and the weights of a
//! few queries at a time, so that these do, too.

use pulp::{Arch, NullaryFnOnce};

use super::kv_cache::{CacheElement, F16};
use crate::vector::{dot, exp, max, softmax, sum, vectorised};

/// Queries whose results are kept in registers together.
pub const QUERIES: usize = 6;

/// Positions whose scores, or values of a head that, are kept in registers together.
pub(super) const PANEL: usize = 16;

/// Keys and values of some positions, in the order attention reads them.
#[derive(Clone, Debug, Default)]
pub struct KeyValues<K> {
    /// Head after head; in each, panels of 16 positions: one value of the key of each, then the
    /// next value of each.
    keys: Vec<[K; PANEL]>,
    /// Head after head; in each, panels of 16 values: those of one position, then those of the
    /// next.
    values: Vec<[K; PANEL]>,
    /// What is added to the scores, in panels of positions. What fills up the last one never
    /// counts.
    bias: Vec<[f32; PANEL]>,
    heads: usize,
    /// Values of a head.
    head: usize,
    positions: usize,
}

/// Weights of a few queries of one head, in panels of positions.
pub type Weights = Vec<[f32; PANEL]>;

/// Memory that attention works in, kept from one call to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    kv: KeyValues<f32>,
    weights: Weights,
}

/// Self-attention of the encoder: every position attends to all of them, and to the `settled` ones
/// before them.
///
/// `qkv` is `[positions, 3 * width]`, queries scaled already; `bias`, which is added to the scores
/// of each position, `[settled + positions]`; `out` `[positions, width]`.
pub fn attend_to_all(
    qkv: &[f32],
    settled: &[&KeyValues<F16>],
    heads: usize,
    bias: &[f32],
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let before: usize = settled.iter().map(|kv| kv.positions).sum();
    let width = out.len() / (bias.len() - before);
    let Scratch { kv, weights } = scratch;
    kv.take(settled, qkv, (3 * width, width), heads, bias);
    let queries = qkv
        .chunks(QUERIES * 3 * width)
        .zip(out.chunks_mut(QUERIES * width));
    for (qkv, out) in queries {
        for head in 0..heads {
            kv.attend(qkv, 3 * width, head, weights, out, |_, _| {});
        }
    }
}

impl<K: CacheElement> KeyValues<K> {
    /// Of the `settled` positions and behind them of `rows`: a key and a value each, side by side.
    pub fn new(settled: &[&KeyValues<F16>], rows: &[f32], heads: usize, bias: &[f32]) -> Self {
        let before: usize = settled.iter().map(|kv| kv.positions).sum();
        let mut kv = Self::default();
        let stride = rows.len() / (bias.len() - before);
        kv.take(settled, rows, (stride, 0), heads, bias);
        kv
    }

    /// Takes the keys and values of the `settled` positions, whole panels of them; and behind them
    /// the keys from `rows` of `stride` values, which begin at `from`, and the values, which lie
    /// behind them.
    pub fn take(
        &mut self,
        settled: &[&KeyValues<F16>],
        rows: &[f32],
        (stride, from): (usize, usize),
        heads: usize,
        bias: &[f32],
    ) {
        let width = (stride - from) / 2;
        let (positions, head) = (bias.len(), width / heads);
        assert!(head.is_multiple_of(PANEL), "heads are whole panels");
        (self.heads, self.head, self.positions) = (heads, head, positions);
        let panels = positions.div_ceil(PANEL);
        self.bias.clear();
        self.bias.resize(panels, [f32::NEG_INFINITY; PANEL]);
        self.bias.as_flattened_mut()[..positions].copy_from_slice(bias);
        self.keys.clear();
        self.keys
            .resize(heads * panels * head, [K::default(); PANEL]);
        self.values
            .resize(positions * width / PANEL, [K::default(); PANEL]);
        let mut first = 0;
        for settled in settled {
            self.take_settled(settled, first);
            first += settled.positions;
        }
        for (at, row) in (first..).zip(rows.chunks_exact(stride)) {
            let (keys, values) = row[from..].split_at(width);
            for (h, keys) in keys.chunks_exact(head).enumerate() {
                let panel = &mut self.keys[(h * panels + at / PANEL) * head..][..head];
                for (key, x) in panel.iter_mut().zip(keys) {
                    key[at % PANEL] = K::store(*x);
                }
            }
            for (panel, values) in values.as_chunks::<PANEL>().0.iter().enumerate() {
                self.values[panel * positions + at] = values.map(K::store);
            }
        }
    }

    /// Takes `settled` positions, which are the `first` and those behind it.
    fn take_settled(&mut self, settled: &KeyValues<F16>, first: usize) {
        let (head, panels, of_it) = (self.head, self.bias.len(), settled.bias.len());
        assert_eq!(of_it * PANEL, settled.positions, "whole panels");
        for (h, keys) in settled.keys.chunks_exact(of_it * head).enumerate() {
            let at = (h * panels + first / PANEL) * head;
            copy(keys, &mut self.keys[at..]);
        }
        for (panel, values) in settled.values.chunks_exact(settled.positions).enumerate() {
            let at = panel * self.positions + first;
            copy(values, &mut self.values[at..]);
        }
    }

    /// Attention of up to six queries: rows of `stride` values that begin with their `width`,
    /// scaled already. `out` is `[queries, width]`, and only the part of `head` is written. Tells
    /// `on_weights` each query's weights, which add up to 1.
    pub fn attend(
        &self,
        queries: &[f32],
        stride: usize,
        head: usize,
        weights: &mut Weights,
        out: &mut [f32],
        mut on_weights: impl FnMut(usize, &[f32]),
    ) {
        let count = queries.len().div_ceil(stride);
        let queries = Queries {
            kv: self,
            queries,
            stride,
            head,
            weights,
            out,
        };
        let arch = Arch::new();
        match count {
            6 => arch.dispatch(AttendKernel::<K, 6>(queries)),
            5 => arch.dispatch(AttendKernel::<K, 5>(queries)),
            4 => arch.dispatch(AttendKernel::<K, 4>(queries)),
            3 => arch.dispatch(AttendKernel::<K, 3>(queries)),
            2 => arch.dispatch(AttendKernel::<K, 2>(queries)),
            _ => arch.dispatch(AttendKernel::<K, 1>(queries)),
        }
        for (query, weights) in weights
            .chunks_exact(self.bias.len())
            .take(count)
            .enumerate()
        {
            on_weights(query, &weights.as_flattened()[..self.positions]);
        }
    }
}

struct Queries<'a, K> {
    kv: &'a KeyValues<K>,
    queries: &'a [f32],
    stride: usize,
    head: usize,
    weights: &'a mut Weights,
    out: &'a mut [f32],
}

/// The attention of `Q` queries, to be run with the widest instructions there are: a closure of
/// this size would not be compiled with them.
struct AttendKernel<'a, K, const Q: usize>(Queries<'a, K>);

impl<K: CacheElement, const Q: usize> NullaryFnOnce for AttendKernel<'_, K, Q> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Queries {
            kv,
            queries,
            stride,
            head,
            weights,
            out,
        } = self.0;
        let (size, positions, panels) = (kv.head, kv.positions, kv.bias.len());
        let width = kv.heads * size;
        let mut rows = [[].as_slice(); Q];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = &queries[i * stride + head * size..][..size];
        }

        weights.resize(weights.len().max(Q * panels), [0.0; PANEL]);
        let keys = kv.keys[head * panels * size..].chunks_exact(size);
        for (panel, (keys, bias)) in keys.zip(&kv.bias).enumerate() {
            let mut scores = [*bias; Q];
            for (d, key) in keys.iter().enumerate() {
                let key = floats(key);
                for (scores, query) in scores.iter_mut().zip(&rows) {
                    multiply_add(query[d], &key, scores);
                }
            }
            for (i, scores) in scores.iter().enumerate() {
                weights[i * panels + panel] = *scores;
            }
        }

        for row in weights.chunks_exact_mut(panels).take(Q) {
            let row = row.as_flattened_mut();
            let top = max(row);
            for weight in row.iter_mut() {
                *weight = exp(*weight - top);
            }
            let scale = 1.0 / sum(row, |x| x);
            for weight in row {
                *weight *= scale;
            }
        }

        let mut rows = [[].as_slice(); Q];
        for (row, weights) in rows.iter_mut().zip(weights.chunks_exact(panels)) {
            *row = &weights.as_flattened()[..positions];
        }
        for panel in 0..size / PANEL {
            let values = &kv.values[(head * size / PANEL + panel) * positions..][..positions];
            let mut heard = [[0.0; PANEL]; Q];
            for (at, values) in values.iter().enumerate() {
                let values = floats(values);
                for (heard, weights) in heard.iter_mut().zip(&rows) {
                    multiply_add(weights[at], &values, heard);
                }
            }
            for (i, heard) in heard.iter().enumerate() {
                let at = i * width + head * size + panel * PANEL;
                out[at..at + PANEL].copy_from_slice(heard);
            }
        }
    }
}

fn copy<K: CacheElement>(from: &[[F16; PANEL]], to: &mut [[K; PANEL]]) {
    vectorised(|| {
        for (from, to) in from.iter().zip(to) {
            let panel = floats(from);
            for (to, x) in to.iter_mut().zip(&panel) {
                *to = K::store(*x);
            }
        }
    });
}

#[inline(always)]
fn floats<K: CacheElement>(values: &[K; PANEL]) -> [f32; PANEL] {
    let mut floats = [0.0; PANEL];
    for (float, value) in floats.iter_mut().zip(values) {
        *float = value.load();
    }
    floats
}

#[inline(always)]
fn multiply_add(factor: f32, values: &[f32; PANEL], sums: &mut [f32; PANEL]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = factor.mul_add(*value, *sum);
    }
}

/// Attention of one query, scaled already, over a growing cache: `rows` are a key and a value each,
/// side by side.
///
/// `query` and `out` are `[width]`. `weights` is memory to work in.
pub fn attend_to_rows(
    query: &[f32],
    rows: &[f32],
    heads: usize,
    weights: &mut Vec<f32>,
    out: &mut [f32],
) {
    let width = query.len();
    let head = width / heads;
    let count = rows.len() / (2 * width);
    weights.clear();
    weights.resize(heads * count, 0.0);
    out.fill(0.0);
    vectorised(|| {
        for (at, row) in rows.chunks_exact(2 * width).enumerate() {
            let keys = row[..width].chunks_exact(head);
            for (h, (query, key)) in query.chunks_exact(head).zip(keys).enumerate() {
                weights[h * count + at] = dot(query, key);
            }
        }
        weights.chunks_exact_mut(count).for_each(softmax);
        for (at, row) in rows.chunks_exact(2 * width).enumerate() {
            let values = row[width..].chunks_exact(head);
            for (h, (out, value)) in out.chunks_exact_mut(head).zip(values).enumerate() {
                let weight = weights[h * count + at];
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * value;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::asr::net::tiny;

    fn floats(count: usize, seed: u64) -> Vec<f32> {
        tiny::random(count, seed).to_vec1().expect("floats")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn all_at_once_is_the_same_as_one_by_one(positions in 1_usize..70, seed in any::<u64>()) {
            let (width, heads) = (64, 2);
            let qkv = floats(positions * 3 * width, seed);
            let mut out = vec![f32::NAN; positions * width];
            attend_to_all(&qkv, &[], heads, &vec![0.0; positions], &mut Scratch::default(), &mut out);

            let rows: Vec<f32> = qkv.chunks(3 * width).flat_map(|row| &row[width..]).copied().collect();
            let (mut weights, mut expected) = (Vec::new(), vec![0.0; width]);
            for (row, out) in qkv.chunks(3 * width).zip(out.chunks(width)) {
                attend_to_rows(&row[..width], &rows, heads, &mut weights, &mut expected);
                for (got, expected) in out.iter().zip(&expected) {
                    prop_assert!((got - expected).abs() < 1e-4, "{got} instead of {expected}");
                }
            }
        }
    }

    #[test]
    fn a_biased_position_counts_as_often_as_its_weight_says() {
        // Two positions; the second counts three times, so three copies of it must give the same.
        let width = 16;
        let (first, second) = (floats(2 * width, 1), floats(2 * width, 2));
        let query = floats(width, 3);
        let hear = |rows: &[&[f32]], bias: &[f32]| {
            let kv = KeyValues::<f32>::new(&[], &rows.concat(), 1, bias);
            let mut out = vec![0.0; width];
            let mut sum = 0.0;
            kv.attend(&query, width, 0, &mut Vec::new(), &mut out, |_, weights| {
                sum = weights.iter().sum();
            });
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            out
        };
        let few = hear(&[&first, &second], &[0.0, 3_f32.ln()]);
        let many = hear(&[&first, &second, &second, &second], &[0.0; 4]);
        for (few, many) in few.iter().zip(&many) {
            assert!((few - many).abs() < 1e-5, "{few} instead of {many}");
        }
    }
}
