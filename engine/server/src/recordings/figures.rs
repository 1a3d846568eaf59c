//! What was recorded since the engine started.

use std::sync::atomic::{AtomicU64, Ordering};

use super::recording::seconds;

/// What was recorded since the engine started.
#[derive(Debug, Default)]
pub struct Figures {
    samples: AtomicU64,
    bytes: AtomicU64,
    shed: AtomicU64,
    failures: AtomicU64,
}

impl Figures {
    /// Seconds of calls.
    pub fn seconds(&self) -> f64 {
        seconds(self.samples.load(Ordering::Relaxed))
    }

    /// Bytes that went to the disk.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Seconds that are silent, since the writers had no room.
    pub fn shed_seconds(&self) -> f64 {
        seconds(self.shed.load(Ordering::Relaxed))
    }

    /// Recordings that could not be written, closed or silenced.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn recorded(&self, samples: u64) {
        self.samples.fetch_add(samples, Ordering::Relaxed);
    }

    pub(super) fn written(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn shed(&self, samples: u64) {
        self.shed.fetch_add(samples, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}
