//! The engine's one [`Capacity`], as metrics teach it and calls ask it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sidetone_core::call::{CallConfig, Pace};
use sidetone_core::capacity::{ASSUMED_COST, Capacity, Refusal, Report, Run, Shape};
use sidetone_core::recognise::{Job, Purpose};
use sidetone_core::time::samples_to_duration;

use crate::config::Config;

/// Lets calls in as far as they fit, and remembers which are there.
#[derive(Debug)]
pub struct Admission(Mutex<Capacity>);

impl Admission {
    /// For `threads` that take `cost` busy seconds for a second of audio, if that was measured.
    pub fn new(config: &Config, threads: usize, cost: Option<f64>) -> Self {
        let cost = cost.unwrap_or(ASSUMED_COST);
        let shape = shape(&config.call);
        Self(Mutex::new(Capacity::new(
            config.capacity.clone(),
            threads,
            cost,
            shape,
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

    /// Takes that a run of `jobs` took so long.
    pub fn ran(&self, jobs: &[Job], took: Duration) {
        let samples = |jobs: &mut dyn Iterator<Item = &Job>| -> u64 {
            jobs.map(|job| job.audio.len() as u64).sum()
        };
        let all = samples(&mut jobs.iter());
        let (now, mut capacity) = (Instant::now(), self.lock());
        for purpose in [Purpose::Final, Purpose::Partial] {
            let heard = samples(&mut jobs.iter().filter(|job| job.purpose == purpose));
            if heard > 0 {
                let run = Run {
                    purpose,
                    audio: samples_to_duration(heard),
                    busy: took.mul_f64(heard as f64 / all as f64),
                };
                capacity.ran(now, &run);
            }
        }
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

/// What the recogniser hears of an utterance beside its words, as `config` has calls listened to.
fn shape(config: &CallConfig) -> Shape {
    let seconds = |ms: u32| f64::from(ms) / 1_000.0;
    let (segment, partials) = (&config.segment, &config.partials);
    Shape {
        around: seconds(segment.pre_roll_ms + segment.post_roll_ms),
        first: seconds(segment.pre_roll_ms + partials.first_ms),
    }
}
