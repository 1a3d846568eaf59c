//! The last samples of all figures, in a room that does not grow.

use std::collections::VecDeque;

use super::{Figure, Figures};

/// The last samples, the oldest first.
#[derive(Clone, Debug)]
pub struct History {
    most: usize,
    times: VecDeque<i64>,
    /// By figure; what has no value is no number.
    values: Vec<VecDeque<f32>>,
}

/// Samples of all figures, as they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// When each was taken, in milliseconds since 1970.
    pub times_ms: Vec<i64>,
    /// By figure, in the order of [`Figure::ALL`].
    pub values: Vec<Vec<Option<f32>>>,
}

impl History {
    /// One that keeps the last `most`, which take 4 bytes each for every figure.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            times: VecDeque::with_capacity(most),
            values: vec![VecDeque::with_capacity(most); Figure::COUNT],
        }
    }

    /// Adds a sample; the oldest gives way.
    pub fn push(&mut self, at_ms: i64, figures: &Figures) {
        if self.times.len() == self.most {
            self.times.pop_front();
            for of in &mut self.values {
                of.pop_front();
            }
        }
        self.times.push_back(at_ms);
        for (figure, of) in Figure::ALL.iter().zip(&mut self.values) {
            of.push_back(figures.get(*figure).map_or(f32::NAN, |value| value as f32));
        }
    }

    /// The newest value of a figure that was taken in `(after_ms, until_ms]`.
    pub fn newest(&self, figure: Figure, after_ms: i64, until_ms: i64) -> Option<(i64, f64)> {
        let taken = self.times.iter().zip(&self.values[figure.index()]).rev();
        let mut taken = taken
            .skip_while(|(at, _)| **at > until_ms)
            .take_while(|(at, _)| **at > after_ms);
        taken.find_map(|(at, value)| (!value.is_nan()).then_some((*at, f64::from(*value))))
    }

    /// The last value of a figure.
    pub fn last(&self, figure: Figure) -> Option<f64> {
        let value = self.values[figure.index()].back().copied()?;
        (!value.is_nan()).then_some(f64::from(value))
    }

    /// The samples after a moment.
    pub fn after(&self, after_ms: i64) -> Samples {
        let from = self.times.partition_point(|at| *at <= after_ms);
        let shown = |value: &f32| (!value.is_nan()).then_some(*value);
        Samples {
            times_ms: self.times.iter().skip(from).copied().collect(),
            values: self
                .values
                .iter()
                .map(|of| of.iter().skip(from).map(shown).collect())
                .collect(),
        }
    }
}
