//! Mean and deviation of every value over some positions.

/// Of some positions, value by value.
#[derive(Clone, Debug)]
pub struct Moments {
    count: f32,
    mean: Vec<f32>,
    /// Sum of the squared distances from the mean.
    squares: Vec<f32>,
}

impl Moments {
    /// Of none, with `width` values each.
    pub fn none(width: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; width],
            squares: vec![0.0; width],
        }
    }

    /// Of `rows` of `width` values.
    pub fn of(rows: &[f32], width: usize) -> Self {
        let mut of = Self::none(width);
        of.count = (rows.len() / width) as f32;
        let share = 1.0 / of.count.max(1.0);
        for row in rows.chunks_exact(width) {
            for (mean, x) in of.mean.iter_mut().zip(row) {
                *mean += share * x;
            }
        }
        for row in rows.chunks_exact(width) {
            for ((squares, x), mean) in of.squares.iter_mut().zip(row).zip(&of.mean) {
                *squares += (x - mean) * (x - mean);
            }
        }
        of
    }

    /// Adds other positions (Chan et al. 1979).
    pub fn add(&mut self, other: &Self) {
        let count = self.count + other.count;
        if count == 0.0 {
            return;
        }
        let share = other.count / count;
        let own = self.mean.iter_mut().zip(&mut self.squares);
        for ((mean, squares), (of, add)) in own.zip(other.mean.iter().zip(&other.squares)) {
            let apart = of - *mean;
            *mean += share * apart;
            *squares += add + apart * apart * self.count * share;
        }
        self.count = count;
    }

    /// The means, and then the deviations.
    pub fn values(&self) -> impl Iterator<Item = f32> {
        let share = 1.0 / self.count.max(1.0);
        let deviations = self.squares.iter().map(move |x| (x * share).sqrt());
        self.mean.iter().copied().chain(deviations)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_added_up_are_the_whole(
            values in prop::collection::vec(-100.0_f32..100.0, 2..80), cut in 0_usize..40,
        ) {
            let values = &values[..values.len() / 2 * 2];
            let (a, b) = values.split_at((2 * cut).min(values.len()));
            let mut parts = Moments::of(a, 2);
            parts.add(&Moments::of(b, 2));
            for (got, expected) in parts.values().zip(Moments::of(values, 2).values()) {
                prop_assert!((got - expected).abs() < 1e-2, "{got} instead of {expected}");
            }
        }
    }
}
