//! What happens to a note on its way to the CRM after each try: the policy of the durable outbox.
//!
//! The shell keeps the notes and makes the tries. Here is decided when the next one is due: soon at
//! first, then ever later, at a random moment within the pause, so that the notes of a CRM that
//! comes back do not all arrive at once ("full jitter", Brooker 2015). What the CRM refuses is not
//! tried again: a person has to look at it.

mod breaker;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use breaker::{Breaker, Permit};

/// What happens when the CRM is away.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryConfig {
    /// Longest pause after the first try; it doubles with each further one, up to `longest_ms`.
    /// Lower writes sooner after a hiccup, and asks a CRM in trouble more often.
    #[schemars(range(min = 1, max = 86_400_000))]
    pub first_ms: u32,
    /// Longest pause of all. Lower finds out sooner that a CRM is back, and asks it more often.
    #[schemars(range(min = 1, max = 86_400_000))]
    pub longest_ms: u32,
    /// A note that could not be written for this long is given up and left to a person.
    #[schemars(range(min = 1, max = 87_600))]
    pub give_up_after_hours: u32,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            first_ms: 1_000,
            longest_ms: 60_000,
            give_up_after_hours: 7 * 24,
        }
    }
}

/// How a try failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// It may work later: no connection, no answer, busy, out of order. The CRM may have asked for
    /// a pause.
    Unavailable(Option<Duration>),
    /// It will never work like this: the CRM understood, and refused.
    Rejected,
}

/// What to do with a note.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Try again, this long after now.
    RetryAfter(Duration),
    /// Keep it for a person, and try no more.
    Dead,
}

/// The longest wait that the CRM may ask for with one answer. Without it a note whose CRM says
/// "next year" would neither be tried nor ever be given up.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// Smallest pause: a random moment may be no moment at all, and that would be a busy loop.
const MIN_PAUSE: Duration = Duration::from_millis(50);

impl RetryConfig {
    /// Decides after a try that failed.
    ///
    /// `attempts` counts the tries so far, this one included; `tried` is for how long the note has
    /// been tried; `random` is any number, a fresh one each time.
    pub fn next(&self, attempts: u32, tried: Duration, failure: Failure, random: u64) -> Next {
        let give_up = Duration::from_secs(u64::from(self.give_up_after_hours) * 3_600);
        match failure {
            Failure::Rejected => Next::Dead,
            Failure::Unavailable(_) if tried >= give_up => Next::Dead,
            Failure::Unavailable(asked) => {
                let pause = self.pause(attempts, random);
                let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
                Next::RetryAfter(pause.max(asked))
            }
        }
    }

    fn pause(&self, attempts: u32, random: u64) -> Duration {
        // The top 32 bits as a share of the pause, in [0, 1].
        let share = (random >> 32) as f64 / f64::from(u32::MAX);
        self.longest_pause(attempts).mul_f64(share).max(MIN_PAUSE)
    }

    /// Longest pause after so many tries.
    fn longest_pause(&self, attempts: u32) -> Duration {
        let doubled = 1_u64
            .checked_shl(attempts.saturating_sub(1))
            .unwrap_or(u64::MAX);
        let pause = u64::from(self.first_ms).saturating_mul(doubled);
        Duration::from_millis(pause.min(self.longest_ms.into())).max(MIN_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AWAY: Failure = Failure::Unavailable(None);

    #[test]
    fn every_failure_has_its_answer() {
        let config = RetryConfig::default();
        let week = Duration::from_secs(7 * 24 * 3_600);
        let second = Duration::from_secs(1);
        let asked = Failure::Unavailable(Some(second * 120));
        let after = Next::RetryAfter;
        for (case, attempts, tried, failure, expected) in [
            ("refused at once", 1, second, Failure::Rejected, Next::Dead),
            ("refused later", 9, week, Failure::Rejected, Next::Dead),
            ("away, first try", 1, second, AWAY, after(second)),
            ("away, second try", 2, second, AWAY, after(second * 2)),
            ("away, sixth try", 6, second, AWAY, after(second * 32)),
            ("away, seventh try", 7, second, AWAY, after(second * 60)),
            (
                "away for days",
                u32::MAX,
                week - second,
                AWAY,
                after(second * 60),
            ),
            ("asked for more", 1, second, asked, after(second * 120)),
            (
                "asked for less",
                9,
                second,
                Failure::Unavailable(Some(second)),
                after(second * 60),
            ),
            ("away for a week", 9, week, asked, Next::Dead),
            ("no try yet", 0, second, AWAY, after(second)),
        ] {
            let next = config.next(attempts, tried, failure, u64::MAX);
            assert_eq!(next, expected, "{case}");
        }
    }

    #[test]
    fn a_crm_that_asks_for_a_year_is_asked_again_within_the_hour() {
        let config = RetryConfig::default();
        for seconds in [31_536_000, 99_999_999_999_999] {
            let asked = Failure::Unavailable(Some(Duration::from_secs(seconds)));
            let next = config.next(1, Duration::ZERO, asked, 0);
            assert_eq!(next, Next::RetryAfter(LONGEST_ASKED), "{seconds}");
        }
    }

    #[test]
    fn an_hour_without_the_crm_costs_some_tries_and_no_note() {
        let config = RetryConfig::default();
        let mut tried = Duration::ZERO;
        let mut attempts = 0;
        while tried < Duration::from_secs(3_600) {
            attempts += 1;
            let Next::RetryAfter(pause) = config.next(attempts, tried, AWAY, u64::MAX / 2) else {
                panic!("given up after {tried:?}");
            };
            tried += pause;
        }
        assert!((60..=200).contains(&attempts), "{attempts}");
    }

    proptest! {
        #[test]
        fn a_pause_is_neither_nothing_nor_longer_than_the_longest(
            attempts: u32,
            random: u64,
            first_ms in 0_u32..10_000_000,
            longest_ms in 0_u32..10_000_000,
        ) {
            let config = RetryConfig { first_ms, longest_ms, ..RetryConfig::default() };
            let Next::RetryAfter(pause) = config.next(attempts, Duration::ZERO, AWAY, random) else {
                panic!("it is far too early to give up");
            };
            prop_assert!(pause >= MIN_PAUSE);
            prop_assert!(pause <= config.longest_pause(attempts));
            prop_assert!(pause <= Duration::from_millis(longest_ms.into()).max(MIN_PAUSE));
        }

        #[test]
        fn the_longest_pause_never_shrinks(attempts in 0_u32..1_000) {
            let config = RetryConfig::default();
            prop_assert!(config.longest_pause(attempts) <= config.longest_pause(attempts + 1));
        }
    }
}
