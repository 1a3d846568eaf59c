//! The engine's one [`Capacity`]: sessions and inference threads report to it, calls ask it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sidetone_core::call::Pace;
use sidetone_core::capacity::{ASSUMED_COST, Capacity, CapacityConfig, Refusal, Report, Run};
use sidetone_types::event::{Event, EventKind};

/// Lets calls in as far as they fit, and remembers which are there.
#[derive(Debug)]
pub struct Admission(Mutex<Capacity>);

impl Admission {
    /// For `threads` that take `cost` busy seconds for a second of audio, if that is known.
    pub fn new(config: &CapacityConfig, threads: usize, cost: Option<f64>) -> Self {
        let cost = cost.unwrap_or(ASSUMED_COST);
        Self(Mutex::new(Capacity::new(config.clone(), threads, cost)))
    }

    /// Gives a call of so many legs its place, or says why there is none.
    pub fn enter(self: &Arc<Self>, legs: usize) -> Result<Place, Refusal> {
        let since = Instant::now();
        self.lock().admit(since, legs)?;
        Ok(Place {
            admission: self.clone(),
            legs,
            since: Some(since),
        })
    }

    /// Gives so many further legs of a call their place.
    pub fn add(self: &Arc<Self>, legs: usize) -> Place {
        self.lock().add(Instant::now(), legs);
        Place {
            admission: self.clone(),
            legs,
            since: None,
        }
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

    /// Learns from what a live call emits: how much is spoken, and how late finals come.
    pub fn observe(&self, event: &Event) {
        match (&event.kind, event.latency) {
            (EventKind::SpeechEnd { .. }, _) => self.spoke(event.end.since(event.start)),
            (EventKind::Final(_), Some(latency)) => self.finished(latency),
            _ => {}
        }
    }

    /// Takes that an utterance of this length is over.
    pub fn spoke(&self, length: Duration) {
        self.lock().spoke(Instant::now(), length);
    }

    /// Takes how long after its utterance a final was told.
    fn finished(&self, latency: Duration) {
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
    /// When its call began; `None` for legs that were added to one.
    since: Option<Instant>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut capacity = self.admission.lock();
        match self.since {
            Some(since) => {
                capacity.left(now, self.legs, now.saturating_duration_since(since));
            }
            None => capacity.removed(now, self.legs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        Arc::new(Admission::new(&CapacityConfig::default(), 2, Some(0.05)))
    }

    #[test]
    fn a_place_is_given_up_when_its_call_is_gone() {
        let admission = admission();
        let place = admission.enter(2).expect("there is room");
        assert_eq!(admission.report().live, 1.0);
        drop(place);
        assert_eq!(admission.report().live, 0.0);
    }

    #[test]
    fn an_engine_learns_from_what_its_calls_say_whether_or_not_anybody_reads_its_metrics() {
        use sidetone_core::finals::finalise;
        use sidetone_types::id::UtteranceId;
        use sidetone_types::lang::Lang;
        use sidetone_types::time::MediaTime;

        let admission = admission();
        let late = Event {
            party: Default::default(),
            role: None,
            start: MediaTime::ZERO,
            end: MediaTime::from_millis(1_000),
            latency: Some(Duration::from_secs(10)),
            kind: EventKind::Final(finalise(UtteranceId(1), Lang::EN, 1.0, Vec::new())),
        };
        for _ in 0..10 {
            admission.observe(&late);
        }
        assert!(admission.report().late > 0.9);
    }
}
