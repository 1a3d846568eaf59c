//! The CRM: what it is owed, and how it answers.

use std::time::Duration;

use prometheus_client::registry::{Registry, Unit};

use super::Metrics;
use crate::telemetry::labelled::{Counters, Gauges};
use crate::telemetry::timing::Timing;

/// How a question is answered: somebody was found, nobody was, not now, or not at all.
const LOOKUPS: [&str; 4] = ["found", "unknown", "unavailable", "rejected"];
/// What becomes of a record that is to be written.
const WRITES: [&str; 3] = ["written", "unavailable", "rejected"];

/// What is counted of the CRM.
#[derive(Debug)]
pub struct CrmMetrics {
    notes: Gauges,
    lookups: Counters,
    writes: Counters,
    pub(super) lookup_times: Timing,
    pub(super) write_times: Timing,
}

impl Default for CrmMetrics {
    fn default() -> Self {
        Self {
            notes: Gauges::new("state", ["review", "waiting", "dead"]),
            lookups: Counters::new("outcome", LOOKUPS),
            writes: Counters::new("outcome", WRITES),
            lookup_times: Timing::default(),
            write_times: Timing::default(),
        }
    }
}

impl CrmMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "crm_notes",
            "Notes in the outbox, by state",
            self.notes.family(),
        );
        r.register(
            "crm_lookups",
            "Questions to the CRM whom a call is with, by how they were answered",
            self.lookups.family(),
        );
        r.register_with_unit(
            "crm_lookup",
            "Time until the CRM answered whom a call is with, or did not",
            Unit::Seconds,
            self.lookup_times.clone(),
        );
        r.register(
            "crm_writes",
            "Records that were to be written to the CRM, by what became of that",
            self.writes.family(),
        );
        r.register_with_unit(
            "crm_write",
            "Time until the CRM had taken a record, or had not",
            Unit::Seconds,
            self.write_times.clone(),
        );
    }

    /// Look-ups that were answered, and those that were not.
    pub(super) fn lookups(&self) -> (u64, u64) {
        let [found, unknown, unavailable, rejected] =
            LOOKUPS.map(|outcome| self.lookups.get(outcome).get());
        (found + unknown, unavailable + rejected)
    }

    /// Records that were taken, and those that were not.
    pub(super) fn writes(&self) -> (u64, u64) {
        let [written, unavailable, rejected] = WRITES.map(|outcome| self.writes.get(outcome).get());
        (written, unavailable + rejected)
    }
}

impl Metrics {
    /// What the CRM is owed.
    pub(crate) fn outbox(&self, [review, waiting, dead]: [u64; 3]) {
        for (state, notes) in [("review", review), ("waiting", waiting), ("dead", dead)] {
            let notes = i64::try_from(notes).unwrap_or(i64::MAX);
            self.crm.notes.get(state).set(notes);
        }
    }

    /// The CRM was asked whom a call is with: one of [`LOOKUPS`].
    pub(crate) fn crm_looked_up(&self, outcome: &'static str, took: Duration) {
        self.crm.lookups.get(outcome).inc();
        self.crm.lookup_times.observe(took);
    }

    /// The CRM was given a record: one of [`WRITES`].
    pub(crate) fn crm_wrote(&self, outcome: &'static str, took: Duration) {
        self.crm.writes.get(outcome).inc();
        self.crm.write_times.observe(took);
    }
}
