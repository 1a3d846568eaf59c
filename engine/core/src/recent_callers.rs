//! Who has called of late, so that somebody who has to call again is known as such.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Numbers that are remembered. The one that has been silent longest is forgotten first.
const MOST: usize = 50_000;
/// For how long a call counts.
const WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is remembered of earlier calls of somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Earlier {
    /// When the last one was opened, in milliseconds since 1970.
    pub last_ms: u64,
    /// How many there were.
    pub times: u32,
}

/// Remembers calls by the number of the customer, for a week.
#[derive(Debug, Default)]
pub struct RecentCallers {
    known: HashMap<String, Earlier>,
    /// Calls in the order in which they were told, and when they were opened.
    told: VecDeque<(String, u64)>,
}

impl RecentCallers {
    /// A call of `number` was opened at `at_ms`. Gives what was known of it before.
    pub fn came(&mut self, number: &str, at_ms: u64) -> Option<Earlier> {
        self.forget_before(at_ms.saturating_sub(WITHIN.as_millis() as u64));
        let before = self.known.get(number).copied();
        let times = before.map_or(0, |earlier| earlier.times);
        let last = before.map_or(0, |earlier| earlier.last_ms);
        let now = Earlier {
            last_ms: last.max(at_ms),
            times: times.saturating_add(1),
        };
        self.known.insert(number.to_owned(), now);
        self.told.push_back((number.to_owned(), at_ms));
        while self.told.len() > MOST {
            self.forget_first();
        }
        before
    }

    /// A call of `number` was opened at `at_ms`, before all that was told so far.
    pub fn recall(&mut self, number: &str, at_ms: u64) {
        if self.told.len() >= MOST {
            return;
        }
        let known = self.known.entry(number.to_owned()).or_insert(Earlier {
            last_ms: at_ms,
            times: 0,
        });
        known.times += 1;
        self.told.push_front((number.to_owned(), at_ms));
    }

    /// From when on calls are remembered that were opened before `now_ms`.
    pub fn since(now_ms: u64) -> u64 {
        now_ms.saturating_sub(WITHIN.as_millis() as u64)
    }

    fn forget_before(&mut self, ms: u64) {
        while self.told.front().is_some_and(|(_, at)| *at < ms) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((number, _)) = self.told.pop_front() else {
            return;
        };
        if let Some(earlier) = self.known.get_mut(&number) {
            earlier.times -= 1;
            if earlier.times == 0 {
                self.known.remove(&number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3_600 * 1_000;

    #[test]
    fn who_calls_again_within_a_week_is_known_and_later_is_not() {
        let mut recent = RecentCallers::default();
        assert_eq!(recent.came("+1", 10 * DAY), None);
        assert_eq!(recent.came("+2", 10 * DAY), None);
        let earlier = |last_ms, times| Some(Earlier { last_ms, times });
        assert_eq!(recent.came("+1", 12 * DAY), earlier(10 * DAY, 1));
        assert_eq!(recent.came("+1", 13 * DAY), earlier(12 * DAY, 2));
        assert_eq!(
            recent.came("+1", 18 * DAY),
            earlier(13 * DAY, 2),
            "one is too long ago"
        );
        assert_eq!(recent.came("+2", 18 * DAY), None);
        assert_eq!(recent.came("+1", 40 * DAY), None);
    }

    #[test]
    fn calls_from_before_the_engine_started_count_as_well() {
        let mut recent = RecentCallers::default();
        recent.came("+1", 12 * DAY);
        for (number, day) in [("+1", 11), ("+2", 10), ("+1", 9)] {
            recent.recall(number, day * DAY);
        }
        let earlier = |last_ms, times| Some(Earlier { last_ms, times });
        assert_eq!(recent.came("+1", 13 * DAY), earlier(12 * DAY, 3));
        assert_eq!(recent.came("+2", 13 * DAY), earlier(10 * DAY, 1));
        assert_eq!(
            recent.came("+1", 17 * DAY),
            earlier(13 * DAY, 3),
            "one is too long ago"
        );
    }

    #[test]
    fn no_more_calls_are_remembered_than_there_is_room_for() {
        let mut recent = RecentCallers::default();
        for n in 0..MOST + 10 {
            recent.came(&n.to_string(), DAY);
        }
        assert_eq!((recent.known.len(), recent.told.len()), (MOST, MOST));
        assert_eq!(recent.came("0", DAY), None, "the first is forgotten");
    }
}
