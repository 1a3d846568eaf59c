//! The CRM: what it is owed, and how it answers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::registry::{Registry, Unit};

use super::{Level, Metrics};
use crate::telemetry::labelled::{Counters, Gauges};
use crate::telemetry::timing::Timing;

/// How a question is answered: somebody was found, nobody was, not now, or not at all.
const LOOKUPS: [&str; 4] = ["found", "unknown", "unavailable", "rejected"];
/// What becomes of a record that is to be written.
const WRITES: [&str; 3] = ["written", "unavailable", "rejected"];

/// What becomes of customers that are kept here: they are there or otherwise, they are gone, or a number of theirs is
/// none.
const SYNCED: [&str; 3] = ["changed", "gone", "unusable"];

/// What is counted of the CRM.
#[derive(Debug)]
pub struct CrmMetrics {
    notes: Gauges,
    lookups: Counters,
    writes: Counters,
    synced: Counters,
    synced_at: Level,
    pub(super) lookup_times: Timing,
    pub(super) write_times: Timing,
}

impl Default for CrmMetrics {
    fn default() -> Self {
        Self {
            notes: Gauges::new("state", ["review", "waiting", "dead"]),
            lookups: Counters::new("outcome", LOOKUPS),
            writes: Counters::new("outcome", WRITES),
            synced: Counters::new("change", SYNCED),
            synced_at: Level::default(),
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
        r.register(
            "crm_synced",
            "Customers of a CRM elsewhere that were read to be kept here, by what has become of them",
            self.synced.family(),
        );
        r.register_with_unit(
            "crm_synced_timestamp",
            "When all changes of customers were read last, since 1970; 0 where none are kept here",
            Unit::Seconds,
            self.synced_at.clone(),
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

    /// A page of customers was read: those of each of [`SYNCED`], and whether all are.
    pub(crate) fn crm_synced(&self, counts: [usize; 3], is_last: bool) {
        for (change, count) in SYNCED.into_iter().zip(counts) {
            self.crm.synced.get(change).inc_by(count as u64);
        }
        if is_last {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            self.crm
                .synced_at
                .set(now.unwrap_or_default().as_secs_f64());
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
