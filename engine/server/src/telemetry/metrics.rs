//! Every metric by name. The table in `engine/docs/OPERATE.md` lists them; a test keeps it in step.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use sidetone_audit::Health;
use sidetone_core::capacity::{Report, Run};
use sidetone_types::event::{EndReason, Event, EventKind, Lagged};
use sidetone_types::receiver_stats::ReceiverStats;
use sidetone_types::recognise::{Purpose, Rejection};

use super::labelled::{Counters, Gauges, Labelled};
use super::process::Process;
use crate::recordings::Figures;
use crate::storage::StoreHealth;

type Seconds = Counter<f64, AtomicU64>;
type Level = Gauge<f64, AtomicU64>;

/// All the engine counts and measures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Calls that are open.
    pub calls_open: Gauge,
    calls_capacity: Level,
    calls_measured: Level,
    speech_cost: Labelled<Level>,
    capacity_evidence: Level,
    busy: Level,
    finals_late: Level,
    partial_pace: Level,
    /// Subscribers that listen.
    pub subscribers: Gauge,
    /// Partials given up because they would have come too late.
    pub partials_shed: Counter,
    /// Datagrams thrown away because their call could not keep up.
    pub datagrams_shed: Counter,
    /// Changes of calls that were refused, since more came than one call may make.
    pub updates_refused: Counter,
    calls_refused: Counters,
    door_connections: Counters,
    door_strays: Counter,
    calls_ended: Counters,
    events: Counters,
    final_latency: Histogram,
    partial_latency: Histogram,
    card_latency: Histogram,
    alert_latency: Histogram,
    rejected: Counters,
    jobs: Counters,
    jobs_waiting: Gauges,
    run_seconds: Seconds,
    audio_seconds: Seconds,
    partials_skipped: Counter,
    events_missed: Counter,
    rtp: Counters,
    crm_notes: Gauges,
    store_changes: Counters,
    store_refusals: Counter,
    store_failing: Level,
    recorded: Seconds,
    recording_bytes: Counter,
    recording_shed: Seconds,
    recording_failures: Counter,
    unreadable: Counters,
    knowledge_reloads: Counters,
    audit_entries: Counters,
    audit_failing: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let latency = || {
            Histogram::new([
                0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0,
            ])
        };
        let mut metrics = Self {
            registry: Registry::default(),
            calls_open: Gauge::default(),
            calls_capacity: Level::default(),
            calls_measured: Level::default(),
            speech_cost: Labelled::new("purpose", SPEECH_COSTS),
            capacity_evidence: Level::default(),
            busy: Level::default(),
            finals_late: Level::default(),
            partial_pace: Level::default(),
            subscribers: Gauge::default(),
            partials_shed: Counter::default(),
            datagrams_shed: Counter::default(),
            updates_refused: Counter::default(),
            calls_refused: Counters::new("reason", REFUSALS),
            door_connections: Counters::new("outcome", DOOR_OUTCOMES),
            door_strays: Counter::default(),
            calls_ended: Counters::new("reason", EndReason::ALL.map(EndReason::as_str)),
            events: Counters::new("kind", EventKind::NAMES),
            final_latency: latency(),
            partial_latency: latency(),
            card_latency: latency(),
            alert_latency: latency(),
            rejected: Counters::new("reason", Rejection::ALL.map(Rejection::as_str)),
            jobs: Counters::new("purpose", Purpose::ALL.map(purpose)),
            jobs_waiting: Gauges::new("purpose", [Purpose::Final, Purpose::Partial].map(purpose)),
            run_seconds: Seconds::default(),
            audio_seconds: Seconds::default(),
            partials_skipped: Counter::default(),
            events_missed: Counter::default(),
            rtp: Counters::new("outcome", RTP_COUNTS.map(|(outcome, _)| outcome)),
            crm_notes: Gauges::new("state", ["review", "waiting", "dead"]),
            store_changes: Counters::new("outcome", ["failed", "spilled", "lost"]),
            unreadable: Counters::new("kind", ["call", "event"]),
            store_refusals: Counter::default(),
            store_failing: Level::default(),
            recorded: Seconds::default(),
            recording_bytes: Counter::default(),
            recording_shed: Seconds::default(),
            recording_failures: Counter::default(),
            knowledge_reloads: Counters::new("outcome", ["loaded", "failed"]),
            audit_entries: Counters::new("outcome", ["written", "refused"]),
            audit_failing: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        self.registry.register_collector(Box::new(Process));
        let r = self.registry.sub_registry_with_prefix("sidetone");
        r.register(
            "build",
            "The program that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        r.register("calls_open", "Calls that are open", self.calls_open.clone());
        r.register(
            "calls_capacity",
            "Two-leg calls that are let in at once",
            self.calls_capacity.clone(),
        );
        r.register(
            "calls_measured",
            "Two-leg calls that the inference threads carry, as measured",
            self.calls_measured.clone(),
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
        r.register_with_unit(
            "inference_busy",
            "Busy share of the inference threads, over the last seconds",
            Unit::Other("ratio".to_owned()),
            self.busy.clone(),
        );
        r.register_with_unit(
            "finals_late",
            "Share of the last finals that were late",
            Unit::Other("ratio".to_owned()),
            self.finals_late.clone(),
        );
        r.register_with_unit(
            "partial_pace",
            "How wide the pauses between partials are, 1 as configured",
            Unit::Other("ratio".to_owned()),
            self.partial_pace.clone(),
        );
        r.register(
            "calls_refused",
            "Calls that were not let in, by reason",
            self.calls_refused.family(),
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
        r.register(
            "calls_ended",
            "Calls that have ended, by reason",
            self.calls_ended.family(),
        );
        r.register(
            "updates_refused",
            "Changes of calls that were refused because too many came",
            self.updates_refused.clone(),
        );
        r.register("events", "Events told, by kind", self.events.family());
        r.register_with_unit(
            "final_latency",
            "From the arrival of the end of an utterance to its final",
            Unit::Seconds,
            self.final_latency.clone(),
        );
        r.register_with_unit(
            "partial_latency",
            "From the arrival of the last audio a partial has heard to the partial",
            Unit::Seconds,
            self.partial_latency.clone(),
        );
        r.register_with_unit(
            "card_latency",
            "From the arrival of the words that brought up a card to the card",
            Unit::Seconds,
            self.card_latency.clone(),
        );
        r.register_with_unit(
            "alert_latency",
            "From the arrival of the words that raised an alert to the alert",
            Unit::Seconds,
            self.alert_latency.clone(),
        );
        r.register(
            "crm_notes",
            "Notes in the outbox, by state",
            self.crm_notes.family(),
        );
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
            "store_unreadable",
            "Stored calls and events that could not be read and were put aside",
            self.unreadable.family(),
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
        r.register(
            "rejected",
            "Sound that was not taken for speech, by reason",
            self.rejected.family(),
        );
        r.register(
            "jobs",
            "Utterances recognised, by purpose",
            self.jobs.family(),
        );
        r.register(
            "jobs_waiting",
            "Utterances that wait for the recogniser, by purpose",
            self.jobs_waiting.family(),
        );
        r.register_with_unit(
            "run",
            "Time the inference threads were busy",
            Unit::Seconds,
            self.run_seconds.clone(),
        );
        r.register_with_unit(
            "recognised",
            "Audio the recogniser heard",
            Unit::Seconds,
            self.audio_seconds.clone(),
        );
        r.register(
            "partials_shed",
            "Partials given up for lack of time",
            self.partials_shed.clone(),
        );
        r.register(
            "subscribers",
            "Subscribers that listen",
            self.subscribers.clone(),
        );
        r.register(
            "subscriber_partials_skipped",
            "Outdated partials slow subscribers did not get",
            self.partials_skipped.clone(),
        );
        r.register(
            "subscriber_events_missed",
            "Events that had left before a subscriber came",
            self.events_missed.clone(),
        );
        r.register(
            "rtp",
            "RTP packets, by what became of them",
            self.rtp.family(),
        );
        r.register(
            "datagrams_shed",
            "Datagrams thrown away because their call was behind",
            self.datagrams_shed.clone(),
        );
    }

    fn capacity(&self, report: &Report, most: usize) {
        let most = most as f64;
        self.calls_capacity.set(match report.enforced {
            true => report.carries.min(most),
            false => most,
        });
        self.calls_measured.set(report.carries);
        let costs = [report.finals, report.partials, report.least_partials];
        for (purpose, cost) in SPEECH_COSTS.into_iter().zip(costs) {
            self.speech_cost.get(purpose).set(cost);
        }
        self.capacity_evidence.set(report.measured.as_secs_f64());
        self.busy.set(report.busy);
        self.finals_late.set(report.late);
        self.partial_pace.set(report.pace.factor());
    }

    /// All of it in the OpenMetrics text format, with what is known of the capacity now. No more
    /// than `most` calls are let in, whatever it says.
    pub fn render(&self, report: &Report, most: usize) -> String {
        self.capacity(report, most);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }

    pub(crate) fn on_event(&self, event: &Event) {
        self.events.get(event.kind.name()).inc();
        let latency = event.latency.map(|latency| latency.as_secs_f64());
        match (&event.kind, latency) {
            (EventKind::Final(_), Some(latency)) => self.final_latency.observe(latency),
            (EventKind::Partial(_), Some(latency)) => self.partial_latency.observe(latency),
            (EventKind::Suggestion(_), Some(latency)) => self.card_latency.observe(latency),
            (EventKind::AlertRaised(_), Some(latency)) => self.alert_latency.observe(latency),
            (EventKind::CallEnded(ended), _) => {
                self.calls_ended.get(ended.reason.as_str()).inc();
            }
            _ => {}
        }
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.calls_refused.get(reason).inc();
    }

    /// A media server's connection is over, in one of the ways of [`DOOR_OUTCOMES`].
    pub(crate) fn door(&self, outcome: &'static str) {
        self.door_connections.get(outcome).inc();
    }

    /// Something came to a door that cannot be read.
    pub(crate) fn stray(&self) {
        self.door_strays.inc();
    }

    pub(crate) fn rejected(&self, rejection: Rejection) {
        self.rejected.get(rejection.as_str()).inc();
    }

    pub(crate) fn ran(&self, run: &Run) {
        self.jobs.get(purpose(run.purpose)).inc();
        self.run_seconds.inc_by(run.busy.as_secs_f64());
        self.audio_seconds.inc_by(run.audio.as_secs_f64());
    }

    pub(crate) fn waiting(&self, of: Purpose, jobs: usize) {
        self.jobs_waiting.get(purpose(of)).set(jobs as i64);
    }

    #[cfg(test)]
    pub(crate) fn waiting_so_far(&self, of: Purpose) -> i64 {
        self.jobs_waiting.get(purpose(of)).get()
    }

    /// What the CRM is owed.
    pub(crate) fn outbox(&self, [review, waiting, dead]: [u64; 3]) {
        for (state, notes) in [("review", review), ("waiting", waiting), ("dead", dead)] {
            let notes = i64::try_from(notes).unwrap_or(i64::MAX);
            self.crm_notes.get(state).set(notes);
        }
    }

    /// How the store is. It counts since the engine started.
    pub(crate) fn store(&self, health: &StoreHealth) {
        for (counter, so_far) in [
            (&self.store_changes.get("failed"), health.failed),
            (&self.store_changes.get("spilled"), health.spilled),
            (&self.store_changes.get("lost"), health.lost),
            (&self.store_refusals, health.refusals),
        ] {
            counter.inner().store(so_far, Ordering::Relaxed);
        }
        let failing = health.failing_for.unwrap_or_default();
        self.store_failing.set(failing.as_secs_f64());
    }

    /// What was recorded. It counts since the engine started.
    pub(crate) fn recordings(&self, figures: &Figures) {
        let seconds = |counter: &Seconds, so_far: f64| {
            counter.inner().store(so_far.to_bits(), Ordering::Relaxed);
        };
        seconds(&self.recorded, figures.seconds());
        seconds(&self.recording_shed, figures.shed_seconds());
        for (counter, so_far) in [
            (&self.recording_bytes, figures.bytes()),
            (&self.recording_failures, figures.failures()),
        ] {
            counter.inner().store(so_far, Ordering::Relaxed);
        }
    }

    /// How the audit is. It counts since the engine started.
    pub(crate) fn audit(&self, health: &Health) {
        for (outcome, so_far) in [("written", health.written), ("refused", health.refused)] {
            let counter = self.audit_entries.get(outcome);
            counter.inner().store(so_far, Ordering::Relaxed);
        }
        self.audit_failing.set(health.failing.into());
    }

    /// Counts stored calls or events that could not be read.
    pub(crate) fn unreadable(&self, kind: &'static str, rows: u64) {
        self.unreadable.get(kind).inc_by(rows);
    }

    #[cfg(test)]
    pub(crate) fn unreadable_so_far(&self, kind: &'static str) -> u64 {
        self.unreadable.get(kind).get()
    }

    /// Counts a change of articles or rules, and whether it could be taken up.
    pub(crate) fn knowledge_reloaded(&self, loaded: bool) {
        let outcome = if loaded { "loaded" } else { "failed" };
        self.knowledge_reloads.get(outcome).inc();
    }

    pub(crate) fn lagged(&self, lagged: &Lagged) {
        self.partials_skipped.inc_by(lagged.partials_skipped);
        self.events_missed.inc_by(lagged.events_missed);
    }

    /// Counts what has happened on a leg between two looks at its statistics.
    pub(crate) fn rtp(&self, before: &ReceiverStats, now: &ReceiverStats) {
        for (outcome, of) in RTP_COUNTS {
            let new = of(now).saturating_sub(of(before));
            self.rtp.get(outcome).inc_by(new);
        }
    }
}

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

type Count = fn(&ReceiverStats) -> u64;

/// What is counted of RTP, and where it stands.
const RTP_COUNTS: [(&str, Count); 12] = [
    ("received", |s| s.packets),
    ("lost", |s| s.lost),
    ("duplicated", |s| s.duplicated),
    ("reordered", |s| s.reordered),
    ("late", |s| s.late),
    ("malformed", |s| s.malformed),
    ("rtcp", |s| s.rtcp),
    ("unknown_payload", |s| s.unknown_payload),
    ("foreign_address", |s| s.foreign_address),
    ("foreign_ssrc", |s| s.foreign_ssrc),
    ("ssrc_change", |s| s.ssrc_changes),
    ("timestamp_jump", |s| s.timestamp_jumps),
];

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Final => "final",
        Purpose::Pause => "pause",
        Purpose::Partial => "partial",
        Purpose::First => "first",
        Purpose::Record => "record",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use sidetone_core::capacity::{Capacity, CapacityConfig};

    use super::*;

    fn rendered(metrics: &Metrics) -> String {
        let capacity = Capacity::new(CapacityConfig::default(), 2, 0.05);
        metrics.render(&capacity.report(std::time::Instant::now()), 10)
    }

    /// `# UNIT name seconds` of all metrics, by name.
    fn told<'a>(text: &'a str, what: &str) -> Vec<(&'a str, &'a str)> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(what));
        lines.filter_map(|line| line.split_once(' ')).collect()
    }

    /// A row of the table for each metric: name, type, unit, labels, meaning.
    fn rows(text: &str) -> Vec<String> {
        let (units, helps) = (told(text, "# UNIT "), told(text, "# HELP "));
        let of = |name: &str, told: &[(&str, &str)]| {
            let found = told.iter().find(|(of, _)| *of == name);
            found.map(|(_, text)| text.trim_end_matches('.').to_owned())
        };
        let row = |(name, kind): (&str, &str)| {
            let (shown, sample) = match kind {
                "counter" => (format!("{name}_total"), format!("{name}_total")),
                "info" => (format!("{name}_info"), format!("{name}_info")),
                "histogram" => (name.to_owned(), format!("{name}_bucket")),
                _ => (name.to_owned(), name.to_owned()),
            };
            let mut labels = BTreeSet::new();
            let mut samples = 0;
            for line in text.lines() {
                let Some(rest) = line.strip_prefix(&sample) else {
                    continue;
                };
                samples += u32::from(rest.starts_with(['{', ' ']));
                let Some((inside, _)) =
                    rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
                else {
                    continue;
                };
                let names = inside.split(',').filter_map(|label| label.split_once('='));
                labels.extend(names.map(|(name, _)| name).filter(|name| *name != "le"));
            }
            assert!(samples > 0, "{name} is not there from the beginning");
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            format!(
                "| `{shown}` | {kind} | {} | {} | {} |",
                of(name, &units).unwrap_or_default(),
                labels.join(", "),
                of(name, &helps).unwrap_or_default()
            )
        };
        told(text, "# TYPE ").into_iter().map(row).collect()
    }

    // Elsewhere there is nothing of the process.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_table_of_metrics_in_the_docs_is_what_is_told() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/OPERATE.md");
        let docs = std::fs::read_to_string(path).expect("the docs");
        let listed: Vec<&str> = docs
            .lines()
            .filter(|line| line.starts_with("| `sidetone_") || line.starts_with("| `process_"))
            .collect();
        let told = rows(&rendered(&Metrics::default()));
        assert_eq!(listed, told, "the table should be\n{}", told.join("\n"));
    }

    #[test]
    fn what_is_counted_is_there_before_it_has_happened_and_labels_say_what_they_are() {
        let text = rendered(&Metrics::default());
        for line in [
            "sidetone_calls_refused_total{reason=\"full\"} 0",
            "sidetone_calls_ended_total{reason=\"media_timeout\"} 0",
            "sidetone_events_total{kind=\"final\"} 0",
            "sidetone_rejected_total{reason=\"loop\"} 0",
            "sidetone_rtp_total{outcome=\"lost\"} 0",
            "sidetone_jobs_total{purpose=\"final\"} 0",
            "sidetone_jobs_waiting{purpose=\"partial\"} 0",
            "sidetone_crm_notes{state=\"dead\"} 0",
            "sidetone_store_changes_total{outcome=\"lost\"} 0",
            "sidetone_store_write_failures_total 0",
            "sidetone_knowledge_reloads_total{outcome=\"failed\"} 0",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} in\n{text}");
        }
        let version = env!("CARGO_PKG_VERSION");
        let build = format!("sidetone_build_info{{version=\"{version}\"}} 1");
        assert!(text.contains(&build), "{text}");
        assert!(!text.contains("what="), "{text}");
        assert!(text.contains("sidetone_inference_busy_ratio "), "{text}");
    }

    #[test]
    fn a_store_that_cannot_write_shows() {
        let metrics = Metrics::default();
        metrics.store(&StoreHealth {
            failing_for: Some(std::time::Duration::from_millis(2_500)),
            refusals: 3,
            failed: 2,
            spilled: 0,
            lost: 1,
        });
        let text = rendered(&metrics);
        for line in [
            "sidetone_store_write_failures_total 3",
            "sidetone_store_failing_seconds 2.5",
            "sidetone_store_changes_total{outcome=\"failed\"} 2",
            "sidetone_store_changes_total{outcome=\"lost\"} 1",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
