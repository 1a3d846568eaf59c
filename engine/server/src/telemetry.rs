//! Every metric by name, and the log. Base units; labels never name a call or a person.

mod config;

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use sidetone_core::capacity::{Report, Run};
use sidetone_core::event::{Event, EventKind, Lagged};
use sidetone_core::recognise::{Purpose, Rejection};
use sidetone_core::rtp::ReceiverStats;
use tracing_subscriber::EnvFilter;

pub use self::config::LogConfig;

type Seconds = Counter<f64, AtomicU64>;
type Level = Gauge<f64, AtomicU64>;

/// What a counter is about, in one word.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct What {
    what: &'static str,
}

type Counters = Family<What, Counter>;

/// All the engine counts and measures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Calls that are open.
    pub calls_open: Gauge,
    calls_capacity: Level,
    calls_measured: Level,
    speech_cost: Family<What, Level>,
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
    calls_refused: Counters,
    calls_ended: Counters,
    events: Counters,
    final_latency: Histogram,
    partial_latency: Histogram,
    card_latency: Histogram,
    alert_latency: Histogram,
    rejected: Counters,
    jobs: Counters,
    jobs_waiting: Family<What, Gauge<i64, AtomicI64>>,
    run_seconds: Seconds,
    audio_seconds: Seconds,
    partials_skipped: Counter,
    events_missed: Counter,
    rtp: Counters,
    crm_notes: Family<What, Gauge<i64, AtomicI64>>,
    store_changes: Family<What, Gauge<i64, AtomicI64>>,
    unreadable: Counters,
}

impl Default for Metrics {
    fn default() -> Self {
        let latency = || {
            Histogram::new([
                0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0,
            ])
        };
        let mut metrics = Self {
            registry: Registry::with_prefix("sidetone"),
            calls_open: Gauge::default(),
            calls_capacity: Level::default(),
            calls_measured: Level::default(),
            speech_cost: Family::default(),
            capacity_evidence: Level::default(),
            busy: Level::default(),
            finals_late: Level::default(),
            partial_pace: Level::default(),
            subscribers: Gauge::default(),
            partials_shed: Counter::default(),
            datagrams_shed: Counter::default(),
            calls_refused: Family::default(),
            calls_ended: Family::default(),
            events: Family::default(),
            final_latency: latency(),
            partial_latency: latency(),
            card_latency: latency(),
            alert_latency: latency(),
            rejected: Family::default(),
            jobs: Family::default(),
            jobs_waiting: Family::default(),
            run_seconds: Seconds::default(),
            audio_seconds: Seconds::default(),
            partials_skipped: Counter::default(),
            events_missed: Counter::default(),
            rtp: Family::default(),
            crm_notes: Family::default(),
            store_changes: Family::default(),
            unreadable: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
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
            "Busy seconds of an inference thread per second of speech, by what for",
            self.speech_cost.clone(),
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
            Unit::Ratios,
            self.busy.clone(),
        );
        r.register_with_unit(
            "finals_late",
            "Share of the last finals that were late",
            Unit::Ratios,
            self.finals_late.clone(),
        );
        r.register_with_unit(
            "partial_pace",
            "How much wider than configured the pauses between partials are",
            Unit::Ratios,
            self.partial_pace.clone(),
        );
        r.register(
            "calls_refused",
            "Calls that were not let in, by reason",
            self.calls_refused.clone(),
        );
        r.register(
            "calls_ended",
            "Calls that have ended, by reason",
            self.calls_ended.clone(),
        );
        r.register("events", "Events told, by kind", self.events.clone());
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
            self.crm_notes.clone(),
        );
        r.register(
            "store_changes",
            "Changes that the store could not make, or gave up when it was closed",
            self.store_changes.clone(),
        );
        r.register(
            "store_unreadable",
            "Stored calls and events that could not be read and were put aside",
            self.unreadable.clone(),
        );
        r.register(
            "rejected",
            "Sound that was not taken for speech, by reason",
            self.rejected.clone(),
        );
        r.register(
            "jobs",
            "Utterances recognised, by purpose",
            self.jobs.clone(),
        );
        r.register(
            "jobs_waiting",
            "Utterances that wait for the recogniser, by purpose",
            self.jobs_waiting.clone(),
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
            self.rtp.clone(),
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
        for (what, cost) in [
            ("final", report.finals),
            ("partial", report.partials),
            ("least_partial", report.least_partials),
        ] {
            self.speech_cost.get_or_create(&What { what }).set(cost);
        }
        self.capacity_evidence.set(report.measured.as_secs_f64());
        self.busy.set(report.busy);
        self.finals_late.set(report.late);
        self.partial_pace.set(report.pace.factor());
    }

    /// All of it in the OpenMetrics text format, with what is known of the capacity now. No more than
    /// `most` calls are let in, whatever it says.
    pub fn render(&self, report: &Report, most: usize) -> String {
        self.capacity(report, most);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }

    pub(crate) fn on_event(&self, event: &Event) {
        count(&self.events, event.kind.name());
        let latency = event.latency.map(|latency| latency.as_secs_f64());
        match (&event.kind, latency) {
            (EventKind::Final(_), Some(latency)) => self.final_latency.observe(latency),
            (EventKind::Partial(_), Some(latency)) => self.partial_latency.observe(latency),
            (EventKind::Suggestion(_), Some(latency)) => self.card_latency.observe(latency),
            (EventKind::AlertRaised(_), Some(latency)) => self.alert_latency.observe(latency),
            (EventKind::CallEnded(ended), _) => count(&self.calls_ended, ended.reason.as_str()),
            _ => {}
        }
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        count(&self.calls_refused, reason);
    }

    pub(crate) fn rejected(&self, rejection: Rejection) {
        count(&self.rejected, rejection.as_str());
    }

    pub(crate) fn ran(&self, run: &Run) {
        count(&self.jobs, purpose(run.purpose));
        self.run_seconds.inc_by(run.busy.as_secs_f64());
        self.audio_seconds.inc_by(run.audio.as_secs_f64());
    }

    pub(crate) fn waiting(&self, finals: usize, partials: usize) {
        for (of, waiting) in [(Purpose::Final, finals), (Purpose::Partial, partials)] {
            self.jobs_waiting
                .get_or_create(&What { what: purpose(of) })
                .set(waiting as i64);
        }
    }

    /// What the CRM is owed.
    pub(crate) fn outbox(&self, waiting: u64, dead: u64) {
        for (what, notes) in [("waiting", waiting), ("dead", dead)] {
            let gauge = self.crm_notes.get_or_create(&What { what });
            gauge.set(i64::try_from(notes).unwrap_or(i64::MAX));
        }
    }

    /// What the store could not do since the engine started.
    pub(crate) fn store(&self, failed: u64, lost: u64) {
        for (what, changes) in [("failed", failed), ("lost", lost)] {
            let gauge = self.store_changes.get_or_create(&What { what });
            gauge.set(i64::try_from(changes).unwrap_or(i64::MAX));
        }
    }

    /// Counts stored calls or events that could not be read.
    pub(crate) fn unreadable(&self, what: &'static str, rows: u64) {
        self.unreadable.get_or_create(&What { what }).inc_by(rows);
    }

    #[cfg(test)]
    pub(crate) fn unreadable_so_far(&self, what: &'static str) -> u64 {
        self.unreadable.get_or_create(&What { what }).get()
    }

    pub(crate) fn lagged(&self, lagged: &Lagged) {
        self.partials_skipped.inc_by(lagged.partials_skipped);
        self.events_missed.inc_by(lagged.events_missed);
    }

    /// Counts what has happened on a leg between two looks at its statistics.
    pub(crate) fn rtp(&self, before: &ReceiverStats, now: &ReceiverStats) {
        for (what, of) in RTP_COUNTS {
            let new = of(now).saturating_sub(of(before));
            self.rtp.get_or_create(&What { what }).inc_by(new);
        }
    }
}

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

fn count(counters: &Counters, what: &'static str) {
    counters.get_or_create(&What { what }).inc();
}

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Final => "final",
        Purpose::Pause => "pause",
        Purpose::Partial => "partial",
        Purpose::First => "first",
    }
}

/// Starts the log on standard error. A second start in one process changes nothing.
pub fn start_log(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours are for people: in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Refused if the process has a log already, which then stays.
    let _ = if config.json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}
