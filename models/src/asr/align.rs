//! When each token was said: dynamic time warping over the attention of the decoder (Radford et al.
//! 2022; heads and filter as in OpenAI's reference code).

/// Positions under the median filter.
const FILTER: usize = 7;

/// What the decoder attended to while it wrote: `[tokens, heads, positions]`.
#[derive(Clone, Copy, Debug)]
pub struct AttentionWeights<'a> {
    /// The weights, row after row.
    pub weights: &'a [f32],
    /// Attention heads of each token.
    pub heads: usize,
    /// Positions of 20 ms of each head.
    pub positions: usize,
}

impl AttentionWeights<'_> {
    /// The position at which each of the tokens from `first` to `end` begins, counted from `from`
    /// on: none before that, nor before the one in front of it.
    pub fn beginnings(&self, first: usize, end: usize, from: usize) -> Vec<usize> {
        let positions = self.positions.saturating_sub(from);
        if positions == 0 || self.heads == 0 {
            return vec![0; end - first];
        }
        warp(&self.merged(end, from)[first * positions..], positions)
    }

    /// The position that the heads together attend to most while `token` is read.
    pub fn peak(&self, token: usize) -> usize {
        let row =
            &self.weights[token * self.heads * self.positions..][..self.heads * self.positions];
        let all =
            |position: usize| -> f32 { row.iter().skip(position).step_by(self.positions).sum() };
        (0..self.positions)
            .max_by(|a, b| all(*a).total_cmp(&all(*b)))
            .unwrap_or(0)
    }

    /// One weight for each of the first `tokens` and each position from `from` on: normalised over
    /// the tokens, smoothed over the positions, averaged over the heads.
    fn merged(&self, tokens: usize, from: usize) -> Vec<f32> {
        let positions = self.positions - from;
        let row = |token: usize, head: usize| {
            &self.weights[(token * self.heads + head) * self.positions + from..][..positions]
        };
        let mut merged = vec![0.0; tokens * positions];
        let mut normal = vec![0.0; tokens * positions];
        let mut smooth = vec![0.0; positions];
        for head in 0..self.heads {
            // Whisper attends past the sound and to what is in front of it as well; only the share of
            // each position that is asked about counts.
            for (token, normal) in normal.chunks_exact_mut(positions).enumerate() {
                let share = 1.0 / row(token, head).iter().sum::<f32>().max(f32::MIN_POSITIVE);
                normal
                    .iter_mut()
                    .zip(row(token, head))
                    .for_each(|(normal, weight)| *normal = weight * share);
            }
            normalise_columns(&mut normal, positions);
            for (merged, normal) in merged
                .chunks_exact_mut(positions)
                .zip(normal.chunks_exact(positions))
            {
                median_filter(normal, &mut smooth);
                merged
                    .iter_mut()
                    .zip(&smooth)
                    .for_each(|(merged, smooth)| *merged += smooth);
            }
        }
        merged
    }
}

/// Brings every column of `matrix` to a mean of 0 and a deviation of 1.
fn normalise_columns(matrix: &mut [f32], columns: usize) {
    let rows = (matrix.len() / columns) as f32;
    let mut mean = vec![0.0; columns];
    let mut square = vec![0.0; columns];
    for row in matrix.chunks_exact(columns) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(mean, x)| *mean += x / rows);
    }
    for row in matrix.chunks_exact(columns) {
        square
            .iter_mut()
            .zip(row)
            .zip(&mean)
            .for_each(|((square, x), mean)| *square += (x - mean).powi(2) / rows);
    }
    for row in matrix.chunks_exact_mut(columns) {
        for ((x, mean), square) in row.iter_mut().zip(&mean).zip(&square) {
            *x = (*x - mean) / square.sqrt().max(1e-10);
        }
    }
}

/// The median around every place of `row`, which is mirrored at its ends.
fn median_filter(row: &[f32], out: &mut [f32]) {
    let half = FILTER / 2;
    if row.len() <= half {
        return out.copy_from_slice(row);
    }
    for (at, out) in out.iter_mut().enumerate() {
        let mut around: [f32; FILTER] = std::array::from_fn(|i| {
            let place = (at + i).abs_diff(half);
            row[if place < row.len() {
                place
            } else {
                2 * (row.len() - 1) - place
            }]
        });
        around.sort_unstable_by(f32::total_cmp);
        *out = around[half];
    }
}

/// The path through `matrix`, `[tokens, positions]`, that gathers most weight and never goes back
/// in either. Gives the first position of each token.
fn warp(matrix: &[f32], positions: usize) -> Vec<usize> {
    #[derive(Clone, Copy)]
    enum From {
        Both,
        Token,
        Position,
    }
    let tokens = matrix.len() / positions;
    let mut steps = vec![From::Both; matrix.len()];
    let mut above = vec![f32::NEG_INFINITY; positions];
    for token in 0..tokens {
        let row = &matrix[token * positions..][..positions];
        let mut corner = if token == 0 { 0.0 } else { f32::NEG_INFINITY };
        let mut left = f32::NEG_INFINITY;
        for position in 0..positions {
            // In case of a tie a step in both, as the shortest path.
            let (mut best, mut step) = (corner, From::Both);
            for (sum, from) in [(above[position], From::Token), (left, From::Position)] {
                if sum > best {
                    (best, step) = (sum, from);
                }
            }
            steps[token * positions + position] = step;
            corner = above[position];
            left = best + row[position];
            above[position] = left;
        }
    }
    let mut beginnings = vec![0; tokens];
    let (mut token, mut position) = (tokens.saturating_sub(1), positions - 1);
    while token < tokens {
        beginnings[token] = position;
        let (up, back) = match steps[token * positions + position] {
            From::Both => (1, 1),
            From::Token => (1, 0),
            From::Position => (0, 1),
        };
        if up > token || back > position {
            break;
        }
        (token, position) = (token - up, position - back);
    }
    beginnings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tokens that attend to positions from..to each, with two heads of which one attends to all
    /// alike.
    fn looks_at(spans: &[(usize, usize)], positions: usize) -> Vec<f32> {
        spans
            .iter()
            .flat_map(|&(from, to)| {
                let sees = move |p| {
                    if (from..to).contains(&p) {
                        1.0 / (to - from) as f32
                    } else {
                        1e-4
                    }
                };
                (0..positions)
                    .map(sees)
                    .chain(vec![1.0 / positions as f32; positions])
            })
            .collect()
    }

    #[test]
    fn tokens_begin_where_the_decoder_begins_to_look() {
        let spans = [(0, 60), (0, 20), (20, 31), (31, 50), (50, 60)];
        let weights = looks_at(&spans, 60);
        let attention = AttentionWeights {
            weights: &weights,
            heads: 2,
            positions: 60,
        };
        let found = attention.beginnings(1, 5, 0);
        for (found, (expected, _)) in found.iter().zip(&spans[1..]) {
            assert!(
                found.abs_diff(*expected) <= 1,
                "{found} instead of {expected}"
            );
        }
    }

    #[test]
    fn sound_in_front_of_the_text_is_nobodys() {
        // Something of it is looked at all the time, and most before the text begins.
        let (left, spans) = (50, [(0, 90), (50, 60), (60, 71), (71, 84), (84, 90)]);
        let mut weights = looks_at(&spans, 90);
        for (token, row) in weights.chunks_exact_mut(2 * 90).enumerate() {
            for weight in &mut row[10 * token..10 * (token + 1)] {
                *weight = 0.01;
            }
        }
        let attention = AttentionWeights {
            weights: &weights,
            heads: 2,
            positions: 90,
        };
        let found = attention.beginnings(1, 5, left);
        for (found, (expected, _)) in found.iter().zip(&spans[1..]) {
            assert!(
                (found + left).abs_diff(*expected) <= 1,
                "{found} instead of {expected} - {left}"
            );
        }
        assert_eq!(
            attention.beginnings(1, 5, 90),
            [0; 4],
            "no sound of its own"
        );
    }

    #[test]
    fn sound_that_is_too_short_does_no_harm() {
        for positions in [0, 1, 2, 3, 4] {
            let weights = vec![0.3; 5 * 2 * positions];
            let attention = AttentionWeights {
                weights: &weights,
                heads: 2,
                positions,
            };
            let found = attention.beginnings(1, 5, 0);
            assert!(
                found.len() == 4 && found.iter().all(|&at| at <= positions),
                "{positions}: {found:?}"
            );
        }
    }

    #[test]
    fn a_lone_peak_does_not_survive_the_filter() {
        let mut row = [0.0; 20];
        row[9] = 1.0;
        row[19] = 1.0;
        let mut out = [1.0; 20];
        median_filter(&row, &mut out);
        assert_eq!(out, [0.0; 20]);
    }

    /// The most weight any path gathers, by trying all of them.
    fn most(matrix: &[f32], positions: usize, token: usize, position: usize) -> f32 {
        let here = matrix[token * positions + position];
        let earlier = [(1, 1), (1, 0), (0, 1)]
            .into_iter()
            .filter(|&(up, back)| up <= token && back <= position);
        let best = earlier.map(|(up, back)| most(matrix, positions, token - up, position - back));
        here + best.reduce(f32::max).unwrap_or(0.0)
    }

    proptest! {
        #[test]
        fn the_path_gathers_as_much_as_any(
            (positions, matrix) in (1_usize..6, 1_usize..5).prop_flat_map(|(positions, tokens)| {
                (Just(positions), prop::collection::vec(-5.0_f32..5.0, positions * tokens))
            }),
        ) {
            let tokens = matrix.len() / positions;
            let beginnings = warp(&matrix, positions);
            prop_assert!(beginnings.is_sorted());
            prop_assert_eq!(beginnings[0], 0);
            // From one token's beginning to the next the path lies in its row; the step between
            // them is in both or in the token alone.
            let mut gathered = f32::NEG_INFINITY;
            for choice in 0..1_u32 << (tokens - 1) {
                let mut sum = 0.0;
                for token in 0..tokens {
                    let last = match beginnings.get(token + 1) {
                        Some(next) if choice >> token & 1 == 0 && *next > beginnings[token] => next - 1,
                        Some(next) => *next,
                        None => positions - 1,
                    };
                    sum += (beginnings[token]..=last).map(|p| matrix[token * positions + p]).sum::<f32>();
                }
                gathered = gathered.max(sum);
            }
            let best = most(&matrix, positions, tokens - 1, positions - 1);
            prop_assert!((gathered - best).abs() < 1e-3, "{} instead of {}", gathered, best);
        }
    }
}
