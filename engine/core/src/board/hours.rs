//! Means by the hour, kept for weeks: what a figure usually is at this hour of the week.

use std::collections::BTreeMap;

use super::{Figure, Figures};

const HOUR_MS: i64 = 3_600_000;
/// Hours of a week.
const WEEK: i64 = 168;
/// Weeks that are looked back.
const WEEKS: i64 = 5;
/// Hours that are kept: five weeks, and the one that goes on.
pub const HOURS_KEPT: i64 = WEEK * WEEKS + 1;

/// An hour, counted since 1970.
pub type Hour = i64;

/// The hour of a moment in milliseconds since 1970.
pub const fn hour_of(at_ms: i64) -> Hour {
    at_ms.div_euclid(HOUR_MS)
}

/// What the mean of a figure in an hour is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HourMean {
    /// Of all samples that have a value.
    pub sum: f64,
    /// How many those are.
    pub samples: u32,
}

/// The means of the last five weeks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hours(BTreeMap<Hour, [HourMean; Figure::COUNT]>);

const NOTHING: [HourMean; Figure::COUNT] = [HourMean {
    sum: 0.0,
    samples: 0,
}; Figure::COUNT];

impl Hours {
    /// Puts in what was kept of an hour.
    pub fn restore(&mut self, hour: Hour, figure: Figure, mean: HourMean) {
        if mean.sum.is_finite() {
            self.0.entry(hour).or_insert(NOTHING)[figure.index()] = mean;
        }
    }

    /// Adds a sample. Hours that are too old go.
    pub fn add(&mut self, at_ms: i64, figures: &Figures) {
        let hour = hour_of(at_ms);
        let means = self.0.entry(hour).or_insert(NOTHING);
        for (figure, mean) in Figure::ALL.iter().zip(means) {
            if let Some(value) = figures.get(*figure) {
                mean.sum += value;
                mean.samples = mean.samples.saturating_add(1);
            }
        }
        self.0 = self.0.split_off(&(hour - HOURS_KEPT + 1));
    }

    /// What is known of an hour, to be kept.
    pub fn of(&self, hour: Hour) -> Vec<(Figure, HourMean)> {
        let means = self.0.get(&hour).into_iter().flatten();
        let means = Figure::ALL.iter().copied().zip(means.copied());
        means.filter(|(_, mean)| mean.samples > 0).collect()
    }

    /// The mean of a figure in the same hour of the weeks before that of `at_ms`, each week counting as
    /// much as the others; `None` if nothing is known of any. Hours are those of UTC: where clocks are
    /// put forward and back, a week later the same hour is another one by the clock on the wall.
    pub fn usual(&self, figure: Figure, at_ms: i64) -> Option<f64> {
        let now = hour_of(at_ms);
        let means = (1..=WEEKS).filter_map(|weeks| {
            let mean = self.0.get(&(now - weeks * WEEK))?[figure.index()];
            (mean.samples > 0).then(|| mean.sum / f64::from(mean.samples))
        });
        let means: Vec<f64> = means.collect();
        (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64)
    }
}
