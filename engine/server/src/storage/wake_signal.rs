//! Wakes the threads that deliver when there may be something to deliver.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// An event count: a thread reads the count, looks for work, and waits past that count, so that it
/// misses no ring in between.
#[derive(Default)]
pub struct WakeSignal {
    rung: Mutex<u64>,
    heard: Condvar,
}

impl WakeSignal {
    /// Wakes all who wait.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.heard.notify_all();
    }

    /// To be asked before looking for what there is to do.
    pub fn count(&self) -> u64 {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it was rung more than `count` times, at most for `limit`.
    pub fn wait_past(&self, count: u64, limit: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        // The caller looks again anyway, whatever woke it.
        drop(
            self.heard
                .wait_timeout_while(rung, limit, |rung| *rung <= count),
        );
    }
}
