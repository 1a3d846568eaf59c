//! How much of a sound another one explains, and how late it is.

/// Taps of the filter that an echo has gone through: 8 ms.
pub const TAPS: usize = 64;
/// Taps before the one at the lag: what the lag is off by, and what filters spread to the front.
pub const EARLY: usize = 16;
/// The latest echo, in samples at 8 kHz: 350 ms.
pub const LATEST: usize = 2_800;
/// Samples are summed up by so many in the search, at 2 kHz.
const COARSE: usize = 4;
/// Lags that are looked at closely.
const CANDIDATES: usize = 3;
/// How far around each of them.
const CLOSE: usize = 6;
/// Lags at 2 kHz that are one and the same peak.
const NEAR: usize = 3;
/// What fits less in the search at 2 kHz is not looked at closely.
const LEAST_COARSE: f32 = 0.1;
/// Where another lag fits as well but for this, the sound repeats itself. Speech does not: 99 % of
/// it fits less.
const AMBIGUOUS: f32 = 0.965;
/// Part of the power of a sound that is taken for noise, so that a band without any sound weighs
/// nothing.
const NOISE: f32 = 1e-3;

/// Low-pass before the search (Hamming, 25 taps, 0.9 kHz at 8 kHz): the middle tap and those on one
/// side.
const LOW_PASS: [f32; 13] = [
    0.224_3, 0.202_9, 0.147_1, 0.078_0, 0.018_9, -0.016_0, -0.025_4, -0.018_6, -0.007_2, 0.000_6,
    0.003_2, 0.002_8, 0.001_7,
];

/// The sum of the products, in a form that vectorises.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

pub fn energy(samples: &[f32]) -> f32 {
    dot(samples, samples)
}

/// Every fourth sample of what is below 0.9 kHz. Twelve samples at each end are lost.
fn coarse(samples: &[f32]) -> Vec<f32> {
    let reach = LOW_PASS.len() - 1;
    let middles = (reach..samples.len().saturating_sub(reach)).step_by(COARSE);
    middles
        .map(|middle| {
            let sides = LOW_PASS.iter().enumerate().skip(1);
            let sides = sides.map(|(k, tap)| tap * (samples[middle - k] + samples[middle + k]));
            LOW_PASS[0] * samples[middle] + sides.sum::<f32>()
        })
        .collect()
}

/// The lag at which `own` sounds most like `theirs`, and how well it fits there. `theirs` begins
/// [`LATEST`] samples before `own` does, and is as much longer.
pub fn search(own: &[f32], theirs: &[f32]) -> (usize, f32) {
    let (slow_own, slow_theirs) = (coarse(own), coarse(theirs));
    let length = slow_own.len();
    let mut power = energy(&slow_theirs[..length.min(slow_theirs.len())]);
    let own_power = energy(&slow_own);
    let mut fits: Vec<f32> = Vec::new();
    for from in 0..=slow_theirs.len().saturating_sub(length) {
        let there = &slow_theirs[from..from + length];
        let product = dot(&slow_own, there);
        let scale = own_power * power;
        fits.push(if scale > 0.0 {
            product * product / scale
        } else {
            0.0
        });
        let next = slow_theirs.get(from + length).copied().unwrap_or(0.0);
        power = (power - there[0] * there[0] + next * next).max(0.0);
    }
    let mut best = (0, 0.0);
    let own_power = energy(own);
    let mut first = None;
    for _ in 0..CANDIDATES {
        let Some(at) = (0..fits.len()).max_by(|a, b| fits[*a].total_cmp(&fits[*b])) else {
            break;
        };
        let first = *first.get_or_insert(fits[at]);
        if first < LEAST_COARSE {
            break;
        }
        if fits[at] < first && fits[at] > AMBIGUOUS * first {
            // A tone fits anywhere, and says nothing.
            return (0, 0.0);
        }
        let near = at.saturating_sub(NEAR)..(at + NEAR + 1).min(fits.len());
        fits[near].fill(-1.0);
        let middle = LATEST.saturating_sub(at * COARSE);
        for lag in middle.saturating_sub(CLOSE)..=(middle + CLOSE).min(LATEST) {
            let there = &theirs[LATEST - lag..][..own.len()];
            let (product, scale) = (dot(own, there), own_power * energy(there));
            if scale > 0.0 && product * product > best.1 * scale {
                best = (lag, product * product / scale);
            }
        }
    }
    best
}

/// A filter that makes an echo of a sound.
#[derive(Clone)]
pub struct Filter {
    taps: [f32; TAPS],
}

impl Filter {
    /// The filter that explains most of `own` by `theirs`, which begins `TAPS - 1` samples before
    /// it and ends with it: the last tap is for the sound of the moment. `None` where that is
    /// silent.
    pub fn fitted(own: &[f32], theirs: &[f32]) -> Option<Self> {
        let length = own.len();
        // Delayed by `i` samples.
        let delayed = |i: usize| &theirs[TAPS - 1 - i..][..length];
        let mut products = vec![[0.0_f64; TAPS]; TAPS];
        for (j, product) in products[0].iter_mut().enumerate() {
            *product = f64::from(dot(delayed(0), delayed(j)));
        }
        // The others differ from these by what comes in at the front and leaves at the end.
        for i in 1..TAPS {
            for j in i..TAPS {
                let before = products[i - 1][j - 1];
                let front = f64::from(theirs[TAPS - 1 - i]) * f64::from(theirs[TAPS - 1 - j]);
                let end = f64::from(theirs[TAPS - 1 - i + length])
                    * f64::from(theirs[TAPS - 1 - j + length]);
                products[i][j] = before + front - end;
            }
        }
        let noise = f64::from(NOISE) * products[0][0];
        if noise <= 0.0 {
            return None;
        }
        let mut taps = [0.0_f64; TAPS];
        for (i, tap) in taps.iter_mut().enumerate() {
            products[i][i] += noise;
            *tap = f64::from(dot(own, delayed(i)));
        }
        solve(&mut products, &mut taps)?;
        Some(Self {
            taps: taps.map(|tap| tap as f32),
        })
    }

    /// What it makes of `theirs`, as [`Filter::fitted`] takes it.
    pub fn apply(&self, theirs: &[f32]) -> Vec<f32> {
        let mut reversed = self.taps;
        reversed.reverse();
        theirs
            .windows(TAPS)
            .map(|window| dot(window, &reversed))
            .collect()
    }

    /// The tap that weighs most.
    pub fn main_tap(&self) -> usize {
        let heaviest = (0..TAPS).max_by(|a, b| self.taps[*a].abs().total_cmp(&self.taps[*b].abs()));
        heaviest.unwrap_or(EARLY)
    }
}

/// Solves the symmetric, positive definite `matrix`, of which the upper half is given, for `right`
/// (Cholesky).
fn solve(matrix: &mut [[f64; TAPS]], right: &mut [f64; TAPS]) -> Option<()> {
    for i in 0..TAPS {
        for j in i..TAPS {
            let mut sum = matrix[i][j];
            for row in matrix.iter().take(i) {
                sum -= row[i] * row[j];
            }
            if i == j {
                if sum <= 0.0 {
                    return None;
                }
                matrix[i][i] = sum.sqrt();
            } else {
                matrix[i][j] = sum / matrix[i][i];
            }
        }
    }
    for i in 0..TAPS {
        let known: f64 = (0..i).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    for i in (0..TAPS).rev() {
        let known: f64 = (i + 1..TAPS).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::prng::SplitMix64;

    /// Noise that rises and falls as speech does.
    fn voice(seed: u64, length: usize) -> Vec<f32> {
        let mut rng = SplitMix64::new(seed);
        let mut last = 0.0;
        (0..length)
            .map(|n| {
                let loud = if n / 1_000 % 3 == 0 { 0.02 } else { 0.3 };
                last = 0.8 * last + loud * (rng.share() - 0.5);
                last
            })
            .collect()
    }

    #[test]
    fn the_lag_of_an_echo_is_found_and_the_filter_explains_it() {
        let theirs = voice(1, 8_000);
        for lag in [0, 161, 960, 2_399, LATEST] {
            let own: Vec<f32> = (5_000..7_400)
                .map(|n| 0.3 * theirs[n - lag] - 0.1 * theirs[n - lag - 9])
                .collect();
            let (found, fit) = search(&own, &theirs[5_000 - LATEST..7_400]);
            assert_eq!(found, lag);
            assert!(fit > 0.8, "{fit}");
            let from = 5_000 - lag + EARLY - (TAPS - 1);
            let there = &theirs[from..from + 2_400 + TAPS - 1];
            let filter = Filter::fitted(&own, there).expect("it sounds");
            assert!(filter.main_tap().abs_diff(EARLY) <= 1);
            let left: Vec<f32> = own
                .iter()
                .zip(filter.apply(there))
                .map(|(a, b)| a - b)
                .collect();
            assert!(energy(&left) < 0.01 * energy(&own), "lag {lag}");
        }
    }

    #[test]
    fn another_voice_explains_little() {
        let (own, theirs) = (voice(2, 2_400), voice(3, 8_000));
        let (lag, fit) = search(&own, &theirs[5_000 - LATEST..7_400]);
        assert!(fit < 0.2, "{fit}");
        let from = 5_000 - lag + EARLY - (TAPS - 1);
        let there = &theirs[from..from + 2_400 + TAPS - 1];
        let filter = Filter::fitted(&own, there).expect("it sounds");
        let left: Vec<f32> = own
            .iter()
            .zip(filter.apply(there))
            .map(|(a, b)| a - b)
            .collect();
        assert!(energy(&left) > 0.5 * energy(&own));
        assert!(Filter::fitted(&own, &vec![0.0; 2_400 + TAPS - 1]).is_none());
    }
}
