//! The engine's events, for everyone who wants them.

mod config;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidetone_core::event::{Event, EventRecord};
use sidetone_core::event_log::{Cursor, EventLog, Filter, Page};
use sidetone_core::id::CallId;
use tokio::sync::watch;

pub use self::config::EventsConfig;

use crate::telemetry::Metrics;

/// Events a subscriber reads at once.
const PAGE: usize = 64;

/// Takes what the calls tell and lets any number of subscribers read it. Telling never waits for them.
#[derive(Clone)]
pub struct EventBus {
    log: Arc<Mutex<EventLog>>,
    last_seq: watch::Sender<u64>,
    metrics: Arc<Metrics>,
}

impl EventBus {
    /// Keeps the last `keep` events.
    pub fn new(keep: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            log: Arc::new(Mutex::new(EventLog::new(keep))),
            last_seq: watch::Sender::new(0),
            metrics,
        }
    }

    /// Adds what a call told, and gives it back with its place among all events.
    pub fn emit(&self, call_id: &CallId, agent_id: &str, event: Event) -> Arc<EventRecord> {
        self.metrics.on_event(&event);
        let event = self
            .lock()
            .append(call_id, agent_id, SystemTime::now(), event);
        self.last_seq.send_replace(event.seq);
        event
    }

    /// The `seq` of the newest event; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.lock().last_seq()
    }

    /// Reads what happens from now on, or after event `after`.
    pub fn subscribe(&self, after: Option<u64>, filter: Filter) -> Subscription {
        let last_seq = self.last_seq.subscribe();
        let cursor = self.lock().cursor(after, filter);
        Subscription {
            hub: self.clone(),
            cursor,
            last_seq,
            fresh: true,
        }
    }

    fn lock(&self) -> MutexGuard<'_, EventLog> {
        // The log is in order after every step, so a panic elsewhere leaves it usable.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One subscriber's way through the events.
pub struct Subscription {
    hub: EventBus,
    cursor: Cursor,
    last_seq: watch::Receiver<u64>,
    fresh: bool,
}

impl Subscription {
    /// The next events, as soon as there are any. `None` once the engine is gone.
    pub async fn next(&mut self) -> Option<Page> {
        loop {
            if !std::mem::take(&mut self.fresh) {
                self.last_seq.changed().await.ok()?;
            }
            let seen = *self.last_seq.borrow_and_update();
            let page = self.hub.lock().read(&mut self.cursor, PAGE);
            // A full page may have left something behind.
            self.fresh = page.events.len() == PAGE || self.cursor.position() < seen;
            if !page.events.is_empty() || page.lagged != Default::default() {
                self.hub.metrics.lagged(&page.lagged);
                return Some(page);
            }
        }
    }
}
