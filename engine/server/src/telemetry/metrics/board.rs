//! Thresholds of the board, and who was told of them; and what the board is made of.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sidetone_core::board::{Counts, Levels, Reading, Times};

use super::Metrics;
use crate::telemetry::labelled::Counters;

/// What becomes of a message about a threshold: it was sent, it was given up after several tries, or there
/// was no room for it.
const OUTCOMES: [&str; 3] = ["sent", "failed", "dropped"];

/// What is counted of thresholds.
#[derive(Debug)]
pub struct BoardMetrics {
    raised: Gauge,
    webhook: Counters,
    email: Counters,
}

impl Default for BoardMetrics {
    fn default() -> Self {
        Self {
            raised: Gauge::default(),
            webhook: Counters::new("outcome", OUTCOMES),
            email: Counters::new("outcome", OUTCOMES),
        }
    }
}

impl BoardMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "thresholds_raised",
            "Thresholds of the board that are passed",
            self.raised.clone(),
        );
        r.register(
            "threshold_webhooks",
            "Messages about thresholds to the webhook, by what became of them",
            self.webhook.family(),
        );
        r.register(
            "threshold_emails",
            "Messages about thresholds by e-mail, by what became of them",
            self.email.family(),
        );
    }
}

impl Metrics {
    /// So many thresholds are passed.
    pub(crate) fn thresholds_raised(&self, raised: usize) {
        self.board
            .raised
            .set(i64::try_from(raised).unwrap_or(i64::MAX));
    }

    /// A message to the webhook: one of [`OUTCOMES`].
    pub(crate) fn webhook_told(&self, outcome: &'static str) {
        self.board.webhook.get(outcome).inc();
    }

    /// A message by e-mail: one of [`OUTCOMES`].
    pub(crate) fn email_told(&self, outcome: &'static str) {
        self.board.email.get(outcome).inc();
    }

    /// What the board is made of, as it was when it was last brought up to date. `owed`: the notes that
    /// wait for the CRM, and the dead, where that is known.
    pub(crate) fn reading(&self, owed: Option<(u64, u64)>) -> Reading {
        let (calls_open, capacity) = self.calls.room();
        let (packets, packets_lost) = self.media.packets();
        let [cards_shown, cards_useful, cards_not_useful] = self.events.cards();
        let (crm_looked_up, crm_not_looked_up) = self.crm.lookups();
        let (crm_written, crm_not_written) = self.crm.writes();
        let (http_answers, http_errors) = self.interfaces.answers();
        let (waits, runs) = self.recognition.stages();
        let (http, grpc) = self.interfaces.spreads();
        Reading {
            levels: Levels {
                calls_open,
                capacity,
                inference_busy: self.calls.busy(),
                crm_waiting: owed.map(|(waiting, _)| waiting as f64),
                crm_dead: owed.map(|(_, dead)| dead as f64),
                store_failing: self.keeping.store_failing(),
                subscribers: self.events.subscribers.get() as f64,
            },
            counts: Counts {
                calls_refused: self.calls.refused(),
                packets,
                packets_lost,
                cards_shown,
                cards_useful,
                cards_not_useful,
                alerts: self.events.alerts(),
                crm_looked_up,
                crm_not_looked_up,
                crm_written,
                crm_not_written,
                http_answers,
                http_errors,
                store_write_failures: self.keeping.store_write_failures(),
                knowledge_failures: self.keeping.knowledge_failures(),
            },
            times: Times {
                finals: self.events.finals.spread(),
                partials: self.events.partials.spread(),
                waits,
                runs,
                cards: self.events.card_times.spread(),
                alerts: self.events.alert_times.spread(),
                crm_lookups: self.crm.lookup_times.spread(),
                crm_writes: self.crm.write_times.spread(),
                http,
                grpc,
                searches: self.interfaces.searches.spread(),
                events: self.events.lag.spread(),
            },
        }
    }
}
