//! What is kept: the store, recordings, the audit; and what authors change.

use std::sync::atomic::Ordering;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use sidetone_audit::Health;

use super::{Level, Metrics, Seconds};
use crate::recordings::Figures;
use crate::storage::StoreHealth;
use crate::telemetry::labelled::Counters;

/// What is counted of what is kept.
#[derive(Debug)]
pub struct KeepingMetrics {
    store_changes: Counters,
    store_refusals: Counter,
    store_failing: Level,
    unreadable: Counters,
    recorded: Seconds,
    recording_bytes: Counter,
    recording_shed: Seconds,
    recording_failures: Counter,
    knowledge_reloads: Counters,
    audit_entries: Counters,
    audit_failing: Gauge,
}

impl Default for KeepingMetrics {
    fn default() -> Self {
        Self {
            store_changes: Counters::new("outcome", ["failed", "spilled", "lost"]),
            store_refusals: Counter::default(),
            store_failing: Level::default(),
            unreadable: Counters::new("kind", ["call", "event"]),
            recorded: Seconds::default(),
            recording_bytes: Counter::default(),
            recording_shed: Seconds::default(),
            recording_failures: Counter::default(),
            knowledge_reloads: Counters::new("outcome", ["loaded", "failed"]),
            audit_entries: Counters::new("outcome", ["written", "refused"]),
            audit_failing: Gauge::default(),
        }
    }
}

impl KeepingMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "store_changes",
            "Changes that the store could not make, or that the disk had not taken when it was closed",
            self.store_changes.family(),
        );
        r.register(
            "store_write_failures",
            "Attempts to write that the disk refused; what was to be written waits",
            self.store_refusals.clone(),
        );
        r.register_with_unit(
            "store_failing",
            "For how long nothing could be written; 0 while all is well",
            Unit::Seconds,
            self.store_failing.clone(),
        );
        r.register(
            "store_unreadable",
            "Stored calls and events that could not be read and were put aside",
            self.unreadable.family(),
        );
        r.register_with_unit(
            "recorded",
            "Sound of calls that was recorded, both sides as one",
            Unit::Seconds,
            self.recorded.clone(),
        );
        r.register_with_unit(
            "recordings_written",
            "What recordings have written to the disk",
            Unit::Bytes,
            self.recording_bytes.clone(),
        );
        r.register_with_unit(
            "recordings_shed",
            "Sound of recordings that is silent for want of room",
            Unit::Seconds,
            self.recording_shed.clone(),
        );
        r.register(
            "recording_failures",
            "Recordings that could not be written, closed or silenced",
            self.recording_failures.clone(),
        );
        r.register(
            "knowledge_reloads",
            "Changes of articles and rules, by whether they could be taken up",
            self.knowledge_reloads.family(),
        );
        r.register(
            "audit_entries",
            "Entries of the audit, and those that the disk refused",
            self.audit_entries.family(),
        );
        r.register(
            "audit_failing",
            "1 if the disk has refused the last entry of the audit: nobody is answered then",
            self.audit_failing.clone(),
        );
    }

    /// For how many seconds nothing could be written.
    pub(super) fn store_failing(&self) -> f64 {
        self.store_failing.get()
    }

    /// Writes that the disk refused.
    pub(super) fn store_write_failures(&self) -> u64 {
        self.store_refusals.get()
    }

    /// Changes of articles and rules that could not be taken up.
    pub(super) fn knowledge_failures(&self) -> u64 {
        self.knowledge_reloads.get("failed").get()
    }
}

impl Metrics {
    /// How the store is. It counts since the engine started.
    pub(crate) fn store(&self, health: &StoreHealth) {
        let of = &self.keeping;
        for (counter, so_far) in [
            (&of.store_changes.get("failed"), health.failed),
            (&of.store_changes.get("spilled"), health.spilled),
            (&of.store_changes.get("lost"), health.lost),
            (&of.store_refusals, health.refusals),
        ] {
            counter.inner().store(so_far, Ordering::Relaxed);
        }
        let failing = health.failing_for.unwrap_or_default();
        of.store_failing.set(failing.as_secs_f64());
    }

    /// What was recorded. It counts since the engine started.
    pub(crate) fn recordings(&self, figures: &Figures) {
        let of = &self.keeping;
        let seconds = |counter: &Seconds, so_far: f64| {
            counter.inner().store(so_far.to_bits(), Ordering::Relaxed);
        };
        seconds(&of.recorded, figures.seconds());
        seconds(&of.recording_shed, figures.shed_seconds());
        for (counter, so_far) in [
            (&of.recording_bytes, figures.bytes()),
            (&of.recording_failures, figures.failures()),
        ] {
            counter.inner().store(so_far, Ordering::Relaxed);
        }
    }

    /// How the audit is. It counts since the engine started.
    pub(crate) fn audit(&self, health: &Health) {
        let of = &self.keeping;
        for (outcome, so_far) in [("written", health.written), ("refused", health.refused)] {
            let counter = of.audit_entries.get(outcome);
            counter.inner().store(so_far, Ordering::Relaxed);
        }
        of.audit_failing.set(health.failing.into());
    }

    /// Counts stored calls or events that could not be read.
    pub(crate) fn unreadable(&self, kind: &'static str, rows: u64) {
        self.keeping.unreadable.get(kind).inc_by(rows);
    }

    #[cfg(test)]
    pub(crate) fn unreadable_so_far(&self, kind: &'static str) -> u64 {
        self.keeping.unreadable.get(kind).get()
    }

    /// Counts a change of articles or rules, and whether it could be taken up.
    pub(crate) fn knowledge_reloaded(&self, loaded: bool) {
        let outcome = if loaded { "loaded" } else { "failed" };
        self.keeping.knowledge_reloads.get(outcome).inc();
    }
}
