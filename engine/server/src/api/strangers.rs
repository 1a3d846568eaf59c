//! Those of whom it is not known who they are, so that they fill neither the audit nor memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whoever comes again within this is counted, and not written down.
const AGAIN: Duration = Duration::from_secs(60);
/// Addresses that are told apart. Beyond that all others are one.
const MOST: usize = 1_000;

/// Strangers, by where they come from and to which door.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashMap<(Option<IpAddr>, String), Seen>>);

struct Seen {
    told: Instant,
    untold: u64,
}

impl Strangers {
    /// One has come. How often they have since that was last told, if it is to be told again.
    pub fn came(&self, from: Option<IpAddr>, door: &str) -> Option<u64> {
        self.came_at(from, door, Instant::now())
    }

    fn came_at(&self, from: Option<IpAddr>, door: &str, now: Instant) -> Option<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (from, door.to_owned());
        if seen.len() >= MOST && !seen.contains_key(&key) {
            seen.retain(|_, seen| now.saturating_duration_since(seen.told) < AGAIN);
        }
        let key = match seen.len() >= MOST && !seen.contains_key(&key) {
            true => (None, String::new()),
            false => key,
        };
        match seen.get_mut(&key) {
            Some(seen) if now.saturating_duration_since(seen.told) < AGAIN => {
                seen.untold += 1;
                None
            }
            Some(seen) => {
                seen.told = now;
                Some(std::mem::take(&mut seen.untold))
            }
            None => {
                let fresh = Seen {
                    told: now,
                    untold: 0,
                };
                seen.insert(key, fresh);
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_told_once_a_minute_with_how_often_they_came() {
        let strangers = Strangers::default();
        let start = Instant::now();
        let at = |from: u8, seconds| {
            let from = Some(IpAddr::from([10, 0, 0, from]));
            strangers.came_at(from, "rest", start + Duration::from_secs(seconds))
        };
        assert_eq!(at(1, 0), Some(0));
        assert_eq!((at(1, 1), at(1, 59)), (None, None));
        assert_eq!(at(2, 59), Some(0), "another one");
        assert_eq!(at(1, 60), Some(2));
        assert_eq!(at(1, 61), None);
    }

    #[test]
    fn more_strangers_than_can_be_told_apart_take_no_more_memory() {
        let strangers = Strangers::default();
        let start = Instant::now();
        for n in 0..2 * MOST as u32 {
            let from = Some(IpAddr::from(n.to_be_bytes()));
            let _ = strangers.came_at(from, "rest", start);
        }
        let seen = strangers.0.lock().expect("no panic").len();
        assert!(seen <= MOST + 1, "{seen}");
    }
}
