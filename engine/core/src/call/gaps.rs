//! Losses close to each other are told as one gap, so that a bad line does not flood its
//! transcript.

use std::time::Duration;

use sidetone_types::time::MediaTime;
use sidetone_types::time::as_millis;

/// Losses closer than this belong together.
const JOIN: Duration = Duration::from_millis(500);
/// A gap is told of after this long at the latest.
const LONGEST: Duration = Duration::from_secs(2);

/// What was lost in one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Gap {
    pub start: MediaTime,
    pub end: MediaTime,
    pub packets: u32,
    lost: Duration,
}

impl Gap {
    pub fn lost_ms(&self) -> u64 {
        as_millis(self.lost)
    }
}

/// Collects one leg's losses.
#[derive(Default)]
pub(super) struct Gaps {
    open: Option<Gap>,
}

impl Gaps {
    /// Takes a loss, and gives the gap before it if it is too far away to be one with it.
    pub fn lost(&mut self, from: MediaTime, to: MediaTime, packets: u32) -> Option<Gap> {
        let done = self.heard(from);
        let gap = self.open.get_or_insert(Gap {
            start: from,
            end: to,
            packets: 0,
            lost: Duration::ZERO,
        });
        gap.end = to;
        gap.packets += packets;
        gap.lost += to.since(from);
        done
    }

    /// Sound has come up to `until`: gives the gap that is over by then.
    pub fn heard(&mut self, until: MediaTime) -> Option<Gap> {
        self.open
            .take_if(|gap| until.since(gap.end) > JOIN || until.since(gap.start) > LONGEST)
    }

    /// No more sound will come.
    pub fn close(&mut self) -> Option<Gap> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> MediaTime {
        MediaTime::from_millis(ms)
    }

    #[test]
    fn near_losses_are_one_gap_and_far_ones_two() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.lost(at(1000), at(1020), 1), None);
        assert_eq!(gaps.lost(at(1200), at(1260), 3), None);
        let gap = gaps.heard(at(1800)).expect("over");
        assert_eq!(
            (gap.start, gap.end, gap.packets, gap.lost_ms()),
            (at(1000), at(1260), 4, 80)
        );
        assert_eq!(gaps.lost(at(2000), at(2020), 1), None);
        assert_eq!(
            gaps.lost(at(4000), at(4020), 1).map(|gap| gap.start),
            Some(at(2000))
        );
        assert_eq!(gaps.close().map(|gap| gap.start), Some(at(4000)));
    }

    #[test]
    fn a_line_that_keeps_losing_is_told_of_every_two_seconds() {
        let mut gaps = Gaps::default();
        let event: Vec<Gap> = (0..100)
            .filter_map(|i| gaps.lost(at(i * 100), at(i * 100 + 20), 1))
            .collect();
        assert_eq!(event.len(), 4);
        assert!(event.iter().all(|gap| gap.packets == 21));
    }
}
