//! Metrics of which there is one for each value of a label.

use std::sync::atomic::AtomicI64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Metric;

/// A label and its value.
type Label = [(&'static str, &'static str); 1];

/// A metric for each value of one label. Those that are known are there from the beginning: a
/// counter that appears with its first event hides that event from `rate()`.
#[derive(Clone, Debug)]
pub struct Labelled<M> {
    label: &'static str,
    of: Family<Label, M>,
}

/// Counters by a label.
pub type Counters = Labelled<Counter>;
/// Whole numbers that rise and fall, by a label.
pub type Gauges = Labelled<Gauge<i64, AtomicI64>>;

impl<M: Metric + Clone + Default> Labelled<M> {
    /// One for each of `values`.
    pub fn new(label: &'static str, values: impl IntoIterator<Item = &'static str>) -> Self {
        let new = Self {
            label,
            of: Family::default(),
        };
        for value in values {
            new.get(value);
        }
        new
    }

    /// The one for `value`.
    pub fn get(&self, value: &'static str) -> M {
        self.of.get_or_create(&[(self.label, value)]).clone()
    }

    /// All of them, for the registry.
    pub fn family(&self) -> Family<Label, M> {
        self.of.clone()
    }
}
