//! Whom to let try a secret again, and when.
//!
//! Whoever fails several times waits: each further failure doubles the pause. Success forgets the
//! failures. Who that is, the name they try from where they come for instance, is up to whoever asks.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Failures are forgotten after this long without another.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Whoever fails under so many names at once is not worth more memory.
const MOST: usize = 10_000;

/// Failures by who has failed.
#[derive(Debug)]
pub struct Attempts<K> {
    /// So many cost nothing: people mistype.
    free: u32,
    longest: Duration,
    failures: HashMap<K, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn pause(self, free: u32, longest: Duration) -> Duration {
        let beyond = self.count.saturating_sub(free);
        match beyond {
            0 => Duration::ZERO,
            n => FIRST_PAUSE
                .saturating_mul(2_u32.saturating_pow(n - 1))
                .min(longest),
        }
    }
}

impl<K: Clone + Eq + Hash> Attempts<K> {
    /// No failures yet, of which `free` will cost nothing, and no one a longer pause than `longest`.
    pub fn after(free: u32, longest: Duration) -> Self {
        Self {
            free,
            longest,
            failures: HashMap::new(),
        }
    }

    /// How long `who` has to wait from `now` on before another try.
    pub fn wait(&self, who: &K, now: Instant) -> Option<Duration> {
        let failures = self.failures.get(who)?;
        let until = failures.last + failures.pause(self.free, self.longest);
        until
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    /// `who` has failed.
    pub fn failed(&mut self, who: &K, now: Instant) {
        self.failures
            .retain(|_, failures| now.saturating_duration_since(failures.last) < FORGOTTEN_AFTER);
        if self.failures.len() >= MOST
            && !self.failures.contains_key(who)
            && let Some(oldest) = self
                .failures
                .iter()
                .min_by_key(|(_, failures)| failures.last)
        {
            let oldest = oldest.0.clone();
            self.failures.remove(&oldest);
        }
        let fresh = Failures {
            count: 0,
            last: now,
        };
        let failures = self.failures.entry(who.clone()).or_insert(fresh);
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// `who` has succeeded.
    pub fn succeeded(&mut self, who: &K) {
        self.failures.remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: u32 = 5;
    const LONGEST: Duration = Duration::from_secs(900);

    #[test]
    fn whoever_fails_too_often_waits_longer_each_time_and_others_do_not() {
        let mut attempts = Attempts::after(FREE, LONGEST);
        let start = Instant::now();
        for _ in 0..FREE {
            attempts.failed(&"ann", start);
            assert_eq!(attempts.wait(&"ann", start), None);
        }
        let seconds = |n| Some(Duration::from_secs(n));
        for pause in [1, 2, 4, 8, 16] {
            attempts.failed(&"ann", start);
            assert_eq!(attempts.wait(&"ann", start), seconds(pause));
        }
        assert_eq!(
            attempts.wait(&"ann", start + Duration::from_secs(15)),
            seconds(1)
        );
        assert_eq!(attempts.wait(&"ann", start + Duration::from_secs(16)), None);
        assert_eq!(attempts.wait(&"bob", start), None);
        for _ in 0..40 {
            attempts.failed(&"ann", start);
        }
        assert_eq!(attempts.wait(&"ann", start), Some(LONGEST));
        attempts.succeeded(&"ann");
        assert_eq!(attempts.wait(&"ann", start), None);
    }

    #[test]
    fn many_names_take_no_more_memory_and_old_failures_are_forgotten() {
        let mut attempts = Attempts::after(FREE, LONGEST);
        let start = Instant::now();
        for name in 0..MOST + 10 {
            attempts.failed(&name, start + Duration::from_millis(name as u64));
        }
        assert_eq!(attempts.failures.len(), MOST);
        assert!(!attempts.failures.contains_key(&0), "the oldest go first");
        attempts.failed(&0, start + 2 * FORGOTTEN_AFTER);
        assert_eq!(attempts.failures.len(), 1);
    }
}
