//! How long something takes: a histogram that the board can read, too.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use sidetone_core::board::Spread;

/// From the thousandth of a second in which a request is answered to the ten seconds after which nobody
/// waits any more. One second is among them: what is told within one is in time.
const BOUNDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25,
    1.5, 2.0, 3.0, 5.0, 10.0,
];

/// How long something took, each time. Clones share it.
#[derive(Clone, Debug)]
pub struct Timing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// By bucket; the last one has what lies above all bounds.
    counts: Box<[AtomicU64]>,
    sum_us: AtomicU64,
}

impl Default for Timing {
    fn default() -> Self {
        Self(Arc::new(Inner {
            counts: (0..=BOUNDS.len()).map(|_| AtomicU64::new(0)).collect(),
            sum_us: AtomicU64::new(0),
        }))
    }
}

impl Timing {
    /// Adds one.
    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// All so far.
    pub fn spread(&self) -> Spread {
        let counts = self.0.counts.iter();
        Spread {
            bounds: BOUNDS,
            counts: counts.map(|count| count.load(Ordering::Relaxed)).collect(),
        }
    }
}

impl TypedMetric for Timing {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Timing {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        let spread = self.spread();
        let bounds = BOUNDS.iter().copied().chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds.zip(spread.counts.iter().copied()).collect();
        let sum = Duration::from_micros(self.0.sum_us.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum.as_secs_f64(), spread.total(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lies_in_the_bucket_of_the_first_bound_that_it_does_not_pass() {
        let timing = Timing::default();
        for ms in [0, 1, 999, 1_000, 1_001, 60_000] {
            timing.observe(Duration::from_millis(ms));
        }
        let spread = timing.spread();
        assert_eq!(spread.total(), 6);
        assert_eq!(spread.within(1.0), Some(4.0 / 6.0));
        assert_eq!(spread.counts.last(), Some(&1));
    }
}
