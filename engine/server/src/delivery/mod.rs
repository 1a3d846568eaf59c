//! The threads that carry notes from the outbox to the CRM.

mod carrier;
mod reason;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sidetone_core::outbox::{Breaker, Failure, Next, Permit, RetryConfig};
use sidetone_types::event::{CrmFailed, EventKind};
use sidetone_types::id::CallId;
use sidetone_types::time::as_millis;
use tracing::{debug, error, info, warn};

use crate::crm::{Crm, CrmError};
use crate::event_bus::EventBus;
use crate::records::{Note, Step, Taken};
use crate::storage::{CallStore, Outbox, StoreError, now_ms};

use carrier::{Carrier, Halt};

/// Tells what became of a note: `crm_written`, or `crm_failed` (after the first, second, fourth, …
/// try, and when it is given up). Called from the threads that deliver.
pub type Tell = Arc<dyn Fn(&Note, EventKind) + Send + Sync>;

/// Tells those who follow calls, and has it kept with them.
pub fn teller(store: Arc<dyn CallStore>, bus: EventBus) -> Tell {
    Arc::new(move |note, kind| {
        let call_id = CallId::new(note.call_id.clone());
        let event = bus.emit(&call_id, &note.agent_id, note.event(kind));
        store.record(&event);
    })
}

/// Without anybody ringing, the outbox is looked at this often: `sidetone crm retry` is another
/// process.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The threads that deliver. They stop when dropped, after the requests they are in.
pub struct Delivery {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Delivery {
    /// Starts to deliver, first what an earlier engine left in flight. Only the engine that has
    /// claimed the store may.
    pub fn start(
        outbox: Arc<dyn Outbox>,
        crm: Arc<dyn Crm>,
        retry: RetryConfig,
        tell: Tell,
    ) -> Result<Self, StoreError> {
        let left = outbox.put_all_back()?;
        let counts = outbox.counts()?;
        info!(
            crm = crm.name(),
            in_review = counts.in_review,
            waiting = counts.waiting,
            left_in_flight = left,
            dead = counts.dead,
            "delivering to the CRM"
        );
        let threads = crm.concurrency().max(1);
        let shared = Arc::new(Shared {
            outbox,
            crm,
            breaker: Mutex::new(Breaker::new(&retry)),
            retry,
            tell,
            stopping: AtomicBool::new(false),
        });
        let spawn = |i| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("crm-{i}"))
                .spawn(move || shared.run())
                .expect("the system has room for a thread")
        };
        Ok(Self {
            threads: (0..threads).map(spawn).collect(),
            shared,
        })
    }

    /// Waits for the requests that are under way, and starts no more. What is left is delivered by
    /// the next engine.
    pub fn stop(self) {}
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.shared.outbox.wake_signal().ring();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                error!("a thread that delivers had panicked");
            }
        }
    }
}

struct Shared {
    outbox: Arc<dyn Outbox>,
    crm: Arc<dyn Crm>,
    retry: RetryConfig,
    tell: Tell,
    breaker: Mutex<Breaker>,
    stopping: AtomicBool,
}

impl Shared {
    fn run(&self) {
        while !self.stopping() {
            let heard = self.outbox.wake_signal().count();
            let permit = self.breaker().permit(Instant::now());
            let wait = match permit {
                Permit::Wait(wait) => wait,
                Permit::Go | Permit::Probe => match self.outbox.take_due() {
                    Ok(Some(taken)) => {
                        self.deliver(&taken);
                        continue;
                    }
                    nothing => {
                        if permit == Permit::Probe {
                            self.breaker().unused(Instant::now());
                        }
                        self.until_due(nothing.map(drop))
                    }
                },
            };
            self.outbox
                .wake_signal()
                .wait_past(heard, wait.min(LOOK_EVERY));
        }
    }

    /// How long nothing is to be done. An outbox that cannot be read is looked at again like an
    /// empty one.
    fn until_due(&self, looked: Result<(), StoreError>) -> Duration {
        match looked.and_then(|()| self.outbox.next_due()) {
            Ok(Some(due_ms)) => {
                Duration::from_millis(due_ms.saturating_sub(now_ms()).max(1).cast_unsigned())
            }
            Ok(None) => LOOK_EVERY,
            Err(error) => {
                error!(%error, "the outbox cannot be read");
                LOOK_EVERY
            }
        }
    }

    fn deliver(&self, taken: &Taken) {
        let (id, note) = (taken.id, &taken.note);
        let carrier = Carrier {
            outbox: &*self.outbox,
            crm: &*self.crm,
            taken,
            held: &|| self.stopping() || self.breaker().is_open(Instant::now()),
            answered: &|| self.breaker().answered(),
        };
        // One note that trips over a fault of ours must not take the others with it.
        let carried = catch_unwind(AssertUnwindSafe(|| {
            self.persist(|| match carrier.run() {
                Err(Halt::Store(error)) => Err(error),
                other => Ok(other),
            })
        }));
        let carried = carried.unwrap_or_else(|_| {
            let reason = "sidetone itself failed over this note; its log tells where";
            Some(Err(Halt::Crm(Step::Ticket, CrmError::rejected(reason))))
        });
        match carried {
            // The outbox could not be written to until the end. The next engine finds the note in
            // flight.
            None => {}
            Some(Ok(written)) => {
                // Others that waited for this answer may go.
                self.outbox.wake_signal().ring();
                if self.persist(|| self.outbox.delivered(id)).is_some() {
                    debug!(note = id, call = note.call_id, "written to the CRM");
                    (self.tell)(note, EventKind::CrmWritten(written));
                }
            }
            Some(Err(Halt::Settling(wait))) => {
                // It has not looked whether the CRM is there.
                self.breaker().unused(Instant::now());
                self.put_off(taken, wait, taken.attempts, "");
            }
            Some(Err(Halt::Held | Halt::Store(_))) => {
                self.put_off(taken, Duration::ZERO, taken.attempts, "");
            }
            Some(Err(Halt::Crm(step, error))) => self.failed(taken, step, &error),
        }
    }

    fn failed(&self, taken: &Taken, step: Step, failure: &CrmError) {
        let (id, note, attempts) = (taken.id, &taken.note, taken.attempts.saturating_add(1));
        let reason = format!("{step}: {}", failure.in_full());
        let how = match failure {
            CrmError::Rejected { .. } => {
                self.breaker().answered();
                Failure::Rejected
            }
            CrmError::Unavailable { retry_after, .. } => {
                if self.breaker().failed(Instant::now(), id, *retry_after) {
                    warn!(crm = self.crm.name(), %failure, "the CRM is not available: notes wait");
                }
                Failure::Unavailable(*retry_after)
            }
        };
        let tried = now_ms().saturating_sub(taken.since_ms).max(0);
        let tried = Duration::from_millis(tried.cast_unsigned());
        let random = getrandom::u64().expect("the system has random numbers");
        let next = self.retry.next(attempts, tried, how, random);
        match next {
            Next::RetryAfter(wait) => self.put_off(taken, wait, attempts, &reason),
            Next::Dead => {
                self.persist(|| self.outbox.give_up(id, attempts, &reason));
                warn!(note = id, call = note.call_id, %step, %failure, attempts,
                    "the CRM did not take a note: see `sidetone crm dead`");
            }
        }
        if next == Next::Dead || attempts.is_power_of_two() {
            let failed = CrmFailed {
                reason: reason::in_words(step, failure),
                detail: reason,
                retrying: next != Next::Dead,
                attempts,
            };
            (self.tell)(note, EventKind::CrmFailed(failed));
        }
        // Others that waited for this answer may go.
        self.outbox.wake_signal().ring();
    }

    fn put_off(&self, taken: &Taken, wait: Duration, attempts: u32, reason: &str) {
        let due_ms = now_ms().saturating_add_unsigned(as_millis(wait));
        self.persist(|| self.outbox.put_off(taken.id, due_ms, attempts, reason));
    }

    /// Repeats what a failing disk prevents. `None` if the engine stops meanwhile: what was
    /// committed is where the next one goes on.
    fn persist<T>(&self, act: impl Fn() -> Result<T, StoreError>) -> Option<T> {
        loop {
            match act() {
                Ok(done) => return Some(done),
                Err(error) => error!(%error, "the outbox cannot be written; trying again"),
            }
            if self.stopping() {
                return None;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // Every change to it is one step, so a panic elsewhere leaves it whole.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
