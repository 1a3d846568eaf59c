//! The event bus: what calls tell, for everybody who wants it.

mod config;
mod published;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidetone_core::event_log::{self, Cursor, EventLog, Filter, Scope, Start};
use sidetone_types::event::{Event, EventId, RunId};
use sidetone_types::id::CallId;
use tokio::sync::watch;

pub use config::EventsConfig;
pub use published::Published;

use crate::telemetry::Metrics;

/// Events a subscriber reads at once.
const PAGE: usize = 64;

/// What a subscriber gets at once.
pub type Page = event_log::Page<Published>;

/// Takes what the calls tell and lets any number of subscribers read it. Telling never waits for
/// them, and wakes only those whom the event concerns.
#[derive(Clone)]
pub struct EventBus {
    shared: Arc<Mutex<Shared>>,
    metrics: Arc<Metrics>,
}

struct Shared {
    log: EventLog<Published>,
    /// Wakes the subscribers of a scope. There is one where there are any.
    wakers: HashMap<Scope, watch::Sender<()>>,
}

/// The id of a run that starts now.
pub fn new_run() -> RunId {
    let salt = getrandom::u64().expect("the system has random numbers");
    RunId::new(SystemTime::now(), salt)
}

impl EventBus {
    /// Keeps the last `keep` events of `run`.
    pub fn new(run: RunId, keep: usize, metrics: Arc<Metrics>) -> Self {
        let shared = Shared {
            log: EventLog::new(run, keep),
            wakers: HashMap::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            metrics,
        }
    }

    /// Adds what a call told, and gives it back with its place among all events.
    pub fn emit(&self, call_id: &CallId, agent_id: &str, event: Event) -> Arc<Published> {
        self.metrics.on_event(&event);
        let now = SystemTime::now();
        let scopes = [
            Scope::All,
            Scope::Call(call_id.clone()),
            Scope::Agent(agent_id.to_owned()),
        ];
        let mut shared = self.lock();
        let event = shared.log.append(call_id, agent_id, now, event);
        let wakers = scopes.map(|scope| shared.wakers.get(&scope).cloned());
        drop(shared);
        for waker in wakers.into_iter().flatten() {
            waker.send_replace(());
        }
        event
    }

    /// The newest event; its `seq` is 0 before the first.
    pub fn last(&self) -> EventId {
        self.lock().log.last()
    }

    /// Reads what happens, from `start` on.
    pub fn subscribe(&self, start: Start, filter: Filter) -> Subscription {
        let mut shared = self.lock();
        let scope = filter.scope();
        let waker = shared.wakers.entry(scope.clone()).or_default();
        let mut woken = waker.subscribe();
        // What is there already is to be read first.
        woken.mark_changed();
        Subscription {
            cursor: shared.log.cursor(start, filter),
            bus: self.clone(),
            scope,
            woken,
            since: SystemTime::now(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // The log is in order after every step, so a panic elsewhere leaves it usable.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One subscriber's way through the events.
pub struct Subscription {
    bus: EventBus,
    scope: Scope,
    cursor: Cursor,
    woken: watch::Receiver<()>,
    /// What was told before is read late because the subscriber came late.
    since: SystemTime,
}

impl Subscription {
    /// The next events, as soon as there are any. `None` once the bus is closed.
    ///
    /// May be dropped while it waits; nothing is lost by it.
    pub async fn next(&mut self) -> Option<Page> {
        loop {
            self.woken.changed().await.ok()?;
            let page = self.bus.lock().log.read(&mut self.cursor, PAGE);
            if page.more {
                self.woken.mark_changed();
            }
            if !page.is_empty() {
                self.bus.metrics.lagged(&page.lagged);
                self.count_delivered(&page);
                return Some(page);
            }
            // Others have their turn between two looks that found nothing wanted.
            tokio::task::yield_now().await;
        }
    }
}

impl Subscription {
    fn count_delivered(&self, page: &Page) {
        let now = SystemTime::now();
        let told = page.events.iter().map(|event| event.wall_time);
        for told in told.filter(|told| *told >= self.since) {
            self.bus.metrics.delivered(told, now);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut shared = self.bus.lock();
        shared.log.release(&self.cursor);
        let last = |waker: &watch::Sender<()>| waker.receiver_count() == 1;
        if shared.wakers.get(&self.scope).is_some_and(last) {
            shared.wakers.remove(&self.scope);
        }
    }
}
