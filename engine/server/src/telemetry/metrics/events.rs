//! Events: what was told, how soon, and to how many.

use std::time::{Duration, SystemTime};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use sidetone_types::assist::Severity;
use sidetone_types::event::{Event, EventKind, Lagged};

use sidetone_core::friction::Friction;

use super::Metrics;
use crate::telemetry::labelled::Counters;
use crate::telemetry::timing::Timing;

const SEVERITIES: [&str; 3] = ["info", "warning", "critical"];
const VOTES: [&str; 2] = ["useful", "not_useful"];

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => SEVERITIES[0],
        Severity::Warning => SEVERITIES[1],
        Severity::Critical => SEVERITIES[2],
    }
}

/// What is counted of events.
#[derive(Debug)]
pub struct EventMetrics {
    /// Subscribers that listen.
    pub subscribers: Gauge,
    told: Counters,
    pub(super) finals: Timing,
    pub(super) partials: Timing,
    pub(super) card_times: Timing,
    pub(super) alert_times: Timing,
    pub(super) lag: Timing,
    cards: Counter,
    votes: Counters,
    alerts: Counters,
    friction: Counters,
    partials_skipped: Counter,
    missed: Counter,
}

impl Default for EventMetrics {
    fn default() -> Self {
        Self {
            subscribers: Gauge::default(),
            told: Counters::new("kind", EventKind::NAMES),
            finals: Timing::default(),
            partials: Timing::default(),
            card_times: Timing::default(),
            alert_times: Timing::default(),
            lag: Timing::default(),
            cards: Counter::default(),
            votes: Counters::new("vote", VOTES),
            alerts: Counters::new("severity", SEVERITIES),
            friction: Counters::new("kind", Friction::ALL.map(Friction::as_str)),
            partials_skipped: Counter::default(),
            missed: Counter::default(),
        }
    }
}

impl EventMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register("events", "Events told, by kind", self.told.family());
        for (name, help, timing) in [
            (
                "final_latency",
                "From the arrival of the end of an utterance to its final",
                &self.finals,
            ),
            (
                "partial_latency",
                "From the arrival of the last audio a partial has heard to the partial",
                &self.partials,
            ),
            (
                "card_latency",
                "From the arrival of the words that brought up a card to the card",
                &self.card_times,
            ),
            (
                "alert_latency",
                "From the arrival of the words that raised an alert to the alert",
                &self.alert_times,
            ),
            (
                "event_delivery",
                "From an event to its being handed to the connection of a subscriber",
                &self.lag,
            ),
        ] {
            r.register_with_unit(name, help, Unit::Seconds, timing.clone());
        }
        r.register("cards_shown", "Cards that came up", self.cards.clone());
        r.register(
            "card_votes",
            "Times that somebody said whether a card helped, by what they said",
            self.votes.family(),
        );
        r.register(
            "alerts_raised",
            "Alerts raised, by severity",
            self.alerts.family(),
        );
        r.register(
            "friction_reports",
            "Reports of what hurts people, by kind",
            self.friction.family(),
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
            self.missed.clone(),
        );
    }

    /// Cards that came up, those called useful, and those called not useful.
    pub(super) fn cards(&self) -> [u64; 3] {
        let [useful, not_useful] = VOTES.map(|vote| self.votes.get(vote).get());
        [self.cards.get(), useful, not_useful]
    }

    /// Alerts raised, from notes to critical ones.
    pub(super) fn alerts(&self) -> [u64; 3] {
        SEVERITIES.map(|severity| self.alerts.get(severity).get())
    }
}

impl Metrics {
    pub(crate) fn on_event(&self, event: &Event) {
        let events = &self.events;
        events.told.get(event.kind.name()).inc();
        let took = |timing: &Timing| {
            if let Some(latency) = event.latency {
                timing.observe(latency);
            }
        };
        match &event.kind {
            EventKind::Final(_) => took(&events.finals),
            EventKind::Partial(_) => took(&events.partials),
            EventKind::Suggestion(_) => {
                events.cards.inc();
                took(&events.card_times);
            }
            EventKind::AlertRaised(alert) => {
                events.alerts.get(severity(alert.severity)).inc();
                took(&events.alert_times);
            }
            EventKind::CallEnded(ended) => self.calls.ended(ended.reason),
            _ => {}
        }
    }

    /// Somebody has reported what hurts them.
    pub(crate) fn friction_reported(&self, kind: &'static str) {
        self.events.friction.get(kind).inc();
    }

    /// Somebody has said whether a card helped.
    pub(crate) fn card_rated(&self, useful: bool) {
        let vote = if useful { VOTES[0] } else { VOTES[1] };
        self.events.votes.get(vote).inc();
    }

    /// An event of that time is handed to a subscriber.
    pub(crate) fn delivered(&self, told: SystemTime, now: SystemTime) {
        // A clock that was put back says nothing.
        let lag = now.duration_since(told).unwrap_or(Duration::ZERO);
        self.events.lag.observe(lag);
    }

    pub(crate) fn lagged(&self, lagged: &Lagged) {
        self.events.partials_skipped.inc_by(lagged.partials_skipped);
        self.events.missed.inc_by(lagged.events_missed);
    }
}
