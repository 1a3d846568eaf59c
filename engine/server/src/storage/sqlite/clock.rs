//! Whether the wall clock can be believed: what was said is forgotten by it, and that cannot be
//! undone.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;

use super::record::unix_ms;
use crate::storage::StoreError;

/// The wall clock may differ by this much from what the monotonic clock makes of it: a clock that
/// is set right, a machine that slept for a moment.
const DRIFT: Duration = Duration::from_secs(3_600);

/// An engine may have been away for this long without anybody wondering about the clock.
const AWAY: Duration = Duration::from_secs(14 * 24 * 3_600);

/// The wall clock, as far as it was believed.
pub(super) struct TrustedClock {
    /// Last believed wall time.
    seen: SystemTime,
    /// When that was.
    at: Instant,
    /// How far ahead of it the clock may be beyond the time that has passed.
    ahead: Duration,
}

/// The wall clock says what cannot be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Leap {
    by: Duration,
    ahead: bool,
}

impl fmt::Display for Leap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.by.as_secs() / 3_600;
        let side = if self.ahead { "ahead of" } else { "behind" };
        write!(f, "the clock is {hours} h {side} what is to be expected")
    }
}

impl TrustedClock {
    /// `seen` was believed when the store was last used; now it is `at`.
    pub fn new(seen: SystemTime, at: Instant) -> Self {
        Self {
            seen,
            at,
            ahead: AWAY,
        }
    }

    /// Believes `now` if it is about as long after the last believed time as the monotonic clock
    /// says, which shows `at`.
    pub fn check(&mut self, now: SystemTime, at: Instant) -> Result<(), Leap> {
        let expected = self.seen + at.saturating_duration_since(self.at);
        let leap = match now.duration_since(expected) {
            Ok(by) if by > self.ahead => Some(Leap { by, ahead: true }),
            Ok(_) => None,
            Err(error) if error.duration() > DRIFT => Some(Leap {
                by: error.duration(),
                ahead: false,
            }),
            Err(_) => None,
        };
        match leap {
            Some(leap) => Err(leap),
            None => {
                *self = Self {
                    seen: now,
                    at,
                    ahead: DRIFT,
                };
                Ok(())
            }
        }
    }
}

/// The last believed wall time, or else when the newest call was opened.
pub(super) fn last_seen(connection: &Connection) -> Result<Option<SystemTime>, StoreError> {
    let seen: Option<i64> = connection.query_row(
        "SELECT coalesce((SELECT seen_ms FROM clock), (SELECT max(opened_ms) FROM calls))",
        [],
        |row| row.get(0),
    )?;
    Ok(seen.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms.max(0).cast_unsigned())))
}

/// Remembers that `now` was believed.
pub(super) fn set_last_seen(connection: &Connection, now: SystemTime) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO clock (id, seen_ms) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms",
        [unix_ms(now)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(24 * 3_600);

    #[test]
    fn a_clock_that_leaps_is_not_believed_until_it_is_back() {
        let (wall, start) = (SystemTime::UNIX_EPOCH + 20_000 * DAY, Instant::now());
        let mut clock = TrustedClock::new(wall, start);
        for (case, passed, shown, believed) in [
            (
                "the engine was away for a week",
                Duration::ZERO,
                7 * DAY,
                true,
            ),
            ("an hour later", HOUR, 7 * DAY + HOUR, true),
            ("400 days ahead", 2 * HOUR, 407 * DAY, false),
            ("still ahead", 100 * HOUR, 407 * DAY + 98 * HOUR, false),
            ("set right", 101 * HOUR, 7 * DAY + 101 * HOUR, true),
            ("ten years back", 102 * HOUR, Duration::ZERO, false),
            (
                "set right again, a bit late",
                103 * HOUR,
                7 * DAY + 102 * HOUR,
                true,
            ),
        ] {
            let checked = clock.check(wall + shown, start + passed);
            assert_eq!(checked.is_ok(), believed, "{case}: {checked:?}");
        }
    }

    #[test]
    fn a_clock_that_has_leapt_while_the_engine_was_away_is_not_believed() {
        let (wall, start) = (SystemTime::UNIX_EPOCH + 20_000 * DAY, Instant::now());
        let mut clock = TrustedClock::new(wall, start);
        let leap = clock
            .check(wall + 400 * DAY, start)
            .expect_err("nobody was away for so long");
        assert_eq!(
            leap.to_string(),
            "the clock is 9600 h ahead of what is to be expected"
        );
    }
}
