//! Calls: how many there are, fit, were refused and have ended; and the doors they come through.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use sidetone_core::capacity::Report;
use sidetone_types::event::EndReason;

use super::{Level, Metrics};
use crate::telemetry::labelled::{Counters, Labelled};

/// Why calls are not let in.
pub const REFUSALS: [&str; 8] = [
    "description",
    "exists",
    "store",
    "full",
    "capacity",
    "late",
    "ports",
    "draining",
];

/// How a media server's connection ends: it has said all, it broke, or something of it was not taken.
const DOOR_OUTCOMES: [&str; 3] = ["said", "broken", "refused"];

/// What speech is recognised for, and what its interim results cost at their rarest.
const SPEECH_COSTS: [&str; 3] = ["final", "partial", "least_partial"];

/// What is counted of calls.
#[derive(Debug)]
pub struct CallMetrics {
    /// Calls that are open.
    pub open: Gauge,
    /// Changes of calls that were refused, since more came than one call may make.
    pub updates_refused: Counter,
    capacity: Level,
    measured: Level,
    speech_cost: Labelled<Level>,
    capacity_evidence: Level,
    busy: Level,
    finals_late: Level,
    partial_pace: Level,
    refused: Counters,
    ended: Counters,
    door_connections: Counters,
    door_strays: Counter,
}

impl Default for CallMetrics {
    fn default() -> Self {
        Self {
            open: Gauge::default(),
            updates_refused: Counter::default(),
            capacity: Level::default(),
            measured: Level::default(),
            speech_cost: Labelled::new("purpose", SPEECH_COSTS),
            capacity_evidence: Level::default(),
            busy: Level::default(),
            finals_late: Level::default(),
            partial_pace: Level::default(),
            refused: Counters::new("reason", REFUSALS),
            ended: Counters::new("reason", EndReason::ALL.map(EndReason::as_str)),
            door_connections: Counters::new("outcome", DOOR_OUTCOMES),
            door_strays: Counter::default(),
        }
    }
}

impl CallMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register("calls_open", "Calls that are open", self.open.clone());
        r.register(
            "calls_capacity",
            "Two-leg calls that are let in at once",
            self.capacity.clone(),
        );
        r.register(
            "calls_measured",
            "Two-leg calls that the inference threads carry, as measured",
            self.measured.clone(),
        );
        r.register(
            "speech_cost",
            "Busy seconds of an inference thread per second of speech, by purpose",
            self.speech_cost.family(),
        );
        r.register_with_unit(
            "capacity_evidence",
            "Speech that the measured capacity rests on",
            Unit::Seconds,
            self.capacity_evidence.clone(),
        );
        let ratio = || Unit::Other("ratio".to_owned());
        r.register_with_unit(
            "inference_busy",
            "Busy share of the inference threads, over the last seconds",
            ratio(),
            self.busy.clone(),
        );
        r.register_with_unit(
            "finals_late",
            "Share of the last finals that were late",
            ratio(),
            self.finals_late.clone(),
        );
        r.register_with_unit(
            "partial_pace",
            "How wide the pauses between partials are, 1 as configured",
            ratio(),
            self.partial_pace.clone(),
        );
        r.register(
            "calls_refused",
            "Calls that were not let in, by reason",
            self.refused.family(),
        );
        r.register(
            "calls_ended",
            "Calls that have ended, by reason",
            self.ended.family(),
        );
        r.register(
            "updates_refused",
            "Changes of calls that were refused because too many came",
            self.updates_refused.clone(),
        );
        r.register(
            "door_connections",
            "Connections and recorded calls that are over, and requests that were refused, by how they ended",
            self.door_connections.family(),
        );
        r.register(
            "door_strays",
            "Messages and datagrams at doors that cannot be read",
            self.door_strays.clone(),
        );
    }

    /// What is known of the capacity now. No more than `most` calls are let in, whatever it says.
    pub(super) fn fit(&self, report: &Report, most: usize) {
        let most = most as f64;
        self.capacity.set(match report.enforced {
            true => report.carries.min(most),
            false => most,
        });
        self.measured.set(report.carries);
        let costs = [report.finals, report.partials, report.least_partials];
        for (purpose, cost) in SPEECH_COSTS.into_iter().zip(costs) {
            self.speech_cost.get(purpose).set(cost);
        }
        self.capacity_evidence.set(report.measured.as_secs_f64());
        self.busy.set(report.busy);
        self.finals_late.set(report.late);
        self.partial_pace.set(report.pace.factor());
    }

    pub(super) fn ended(&self, reason: EndReason) {
        self.ended.get(reason.as_str()).inc();
    }

    /// Those that are open, and those that are let in at once.
    pub(super) fn room(&self) -> (f64, f64) {
        (self.open.get() as f64, self.capacity.get())
    }

    /// Busy share of the inference threads.
    pub(super) fn busy(&self) -> f64 {
        self.busy.get()
    }

    /// How many were not let in.
    pub(super) fn refused(&self) -> u64 {
        REFUSALS
            .map(|reason| self.refused.get(reason).get())
            .iter()
            .sum()
    }
}

impl Metrics {
    pub(crate) fn refused(&self, reason: &'static str) {
        self.calls.refused.get(reason).inc();
    }

    /// A media server's connection is over, in one of the ways of [`DOOR_OUTCOMES`].
    pub(crate) fn door(&self, outcome: &'static str) {
        self.calls.door_connections.get(outcome).inc();
    }

    /// Something came to a door that cannot be read.
    pub(crate) fn stray(&self) {
        self.calls.door_strays.inc();
    }
}
