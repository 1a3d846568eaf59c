//! How often one call may be changed: whoever changes one without end would push the events of all
//! others out of the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Changes that may come at once. An update of a call holds no more.
pub(super) const BURST: u32 = 64;
/// One more may come each time this has passed: enough for keys that are dialled one after another.
const EVERY: Duration = Duration::from_millis(500);
/// Messages that may come at once.
const MESSAGES: u32 = 5;
/// In seconds: an agent who listens to somebody reads no more.
pub(super) const MESSAGE_S: u64 = 10;

/// A token bucket, full at first. Clones share it.
#[derive(Clone)]
pub struct UpdateRate {
    /// Tokens that it holds.
    burst: u32,
    /// From one token to the next.
    every: Duration,
    /// When it will be full again.
    full_at: Arc<Mutex<Instant>>,
}

impl UpdateRate {
    /// How often a call may be changed.
    pub fn of_changes() -> Self {
        Self::new(BURST, EVERY)
    }

    /// How often the agent of a call may be written to.
    pub fn of_messages() -> Self {
        Self::new(MESSAGES, Duration::from_secs(MESSAGE_S))
    }

    /// How often it may be told who takes care of a call: what supervisors do costs the media server
    /// none of its changes.
    pub fn of_claims() -> Self {
        Self::of_changes()
    }

    /// A full one.
    fn new(burst: u32, every: Duration) -> Self {
        Self {
            burst,
            every,
            full_at: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Takes a token for each of `changes`, or none: then it says how long it takes until there are
    /// enough.
    pub fn take(&self, changes: u32) -> Result<(), Duration> {
        // It is one value, so a panic elsewhere leaves it whole.
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let then = (*full_at).max(now) + self.every * changes;
        let missing = then.saturating_duration_since(now + self.every * self.burst);
        if !missing.is_zero() {
            return Err(missing);
        }
        *full_at = then;
        Ok(())
    }

    /// Whether nothing was taken of late.
    fn is_full(&self) -> bool {
        let full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at <= Instant::now()
    }

    /// Takes a token as soon as there is one.
    pub async fn wait(&self) {
        while let Err(missing) = self.take(1) {
            tokio::time::sleep(missing).await;
        }
    }
}

impl Default for UpdateRate {
    fn default() -> Self {
        Self::of_changes()
    }
}

/// Those whose bucket is kept, at most: then those that are full go.
const PERSONS: usize = 1_000;

/// A bucket for each person.
#[derive(Default)]
pub struct PersonRates(Mutex<HashMap<String, UpdateRate>>);

impl PersonRates {
    /// Takes a token of somebody's, or says how long it takes until there is one.
    pub fn take(&self, name: &str) -> Result<(), Duration> {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.len() >= PERSONS {
            rates.retain(|_, rate| !rate.is_full());
        }
        rates.entry(name.to_owned()).or_default().take(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_who_reports_without_end_takes_nothing_from_others() {
        let rates = PersonRates::default();
        let taken = (0..BURST + 1).filter(|_| rates.take("ann").is_ok()).count();
        assert_eq!(taken, BURST as usize);
        assert_eq!(rates.take("bob"), Ok(()));
        tokio::time::advance(EVERY).await;
        assert_eq!(rates.take("ann"), Ok(()));
        assert!(rates.take("ann").is_err());
        tokio::time::advance(EVERY * BURST * 2).await;
        for person in 0..2 * PERSONS {
            rates.take(&person.to_string()).expect("their first");
        }
        assert!(
            !rates.0.lock().expect("whole").contains_key("ann"),
            "full again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_taken_and_then_one_change_each_half_second() {
        let rate = UpdateRate::of_changes();
        assert_eq!(rate.take(60), Ok(()));
        assert_eq!(
            rate.take(5),
            Err(Duration::from_millis(500)),
            "one too many"
        );
        assert_eq!(rate.take(4), Ok(()), "what was refused took nothing");
        assert_eq!(rate.take(1), Err(EVERY));
        let asked = Instant::now();
        for _ in 0..4 {
            rate.wait().await;
        }
        assert_eq!(asked.elapsed(), EVERY * 4);
        tokio::time::advance(EVERY * 1_000).await;
        assert_eq!(rate.take(BURST), Ok(()));
        assert!(rate.take(1).is_err(), "it holds no more than a burst");
    }
}
