//! The engine's one [`Capacity`], as metrics teach it and calls ask it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sidetone_core::call::Pace;
use sidetone_core::capacity::{ASSUMED_COST, Capacity, Refusal, Report, Run};

use crate::config::Config;

/// Lets calls in as far as they fit, and remembers which are there.
#[derive(Debug)]
pub struct Admission(Mutex<Capacity>);

impl Admission {
    /// For `threads` that take `cost` busy seconds for a second of audio, if that is known.
    pub fn new(config: &Config, threads: usize, cost: Option<f64>) -> Self {
        let cost = cost.unwrap_or(ASSUMED_COST);
        Self(Mutex::new(Capacity::new(
            config.capacity.clone(),
            threads,
            cost,
        )))
    }

    /// Gives a call of so many legs its place, or says why there is none.
    pub fn enter(self: &Arc<Self>, legs: usize) -> Result<Place, Refusal> {
        let since = Instant::now();
        self.lock().admit(since, legs)?;
        Ok(Place {
            admission: self.clone(),
            legs,
            since,
        })
    }

    /// How much wider than configured the pauses between looks are to be now.
    pub fn pace(&self) -> Pace {
        self.lock().pace(Instant::now())
    }

    /// What is known now.
    pub fn report(&self) -> Report {
        self.lock().report(Instant::now())
    }

    /// Takes what recognising something has cost.
    pub fn ran(&self, run: &Run) {
        self.lock().ran(Instant::now(), run);
    }

    /// Takes that an utterance of this length is over.
    pub fn spoke(&self, length: Duration) {
        self.lock().spoke(Instant::now(), length);
    }

    /// Takes how long after its utterance a final was told.
    pub fn finished(&self, latency: Duration) {
        self.lock().finished(Instant::now(), latency);
    }

    fn lock(&self) -> MutexGuard<'_, Capacity> {
        // Sums of what was seen: a panic elsewhere leaves at worst one observation out.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's place among those that fit, given up when dropped.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    legs: usize,
    since: Instant,
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = Instant::now();
        let lasted = now.saturating_duration_since(self.since);
        self.admission.lock().left(now, self.legs, lasted);
    }
}
