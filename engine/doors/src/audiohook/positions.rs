//! Where the client's stream stands for places of its call's timeline.

use std::collections::VecDeque;
use std::time::Duration;

use sidetone_types::time::MediaTime;

/// More pauses than these are not looked back over.
const MOST: usize = 64;

/// Stretches in which both timelines run side by side, in their order.
#[derive(Default)]
pub(super) struct Positions(VecDeque<Stretch>);

/// Where a stretch begins: on the connection's own timeline, on the call's, and in the client's stream.
#[derive(Clone, Copy)]
struct Stretch {
    own: MediaTime,
    at: MediaTime,
    position: Duration,
}

impl Positions {
    /// What stands at `own` stands at `at` of the call, and at `position` of the stream.
    pub fn place(&mut self, own: MediaTime, at: MediaTime, position: Duration) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Stretch { own, at, position });
    }

    /// The stream goes on at `position` for what stands at `own`: a pause has passed that it does not
    /// count.
    pub fn pause(&mut self, own: MediaTime, position: Duration) {
        if let Some(last) = self.0.back() {
            let at = last.at + own.since(last.own);
            self.place(own, at, position);
        }
    }

    /// The position of a moment of the call.
    pub fn position(&self, at: MediaTime) -> Duration {
        let stretch = self.0.iter().rev().find(|stretch| stretch.at <= at);
        match (stretch, self.0.front()) {
            (Some(stretch), _) => stretch.position + at.since(stretch.at),
            // From before the connection: its client's stream may go on from there.
            (None, Some(first)) => first.position.saturating_sub(first.at.since(at)),
            (None, None) => at.since(MediaTime::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_pass_on_the_calls_timeline_and_not_in_the_stream() {
        let ms = MediaTime::from_millis;
        let mut positions = Positions::default();
        assert_eq!(positions.position(ms(700)), Duration::from_millis(700));
        positions.place(ms(0), ms(10_000), Duration::from_secs(2));
        positions.pause(ms(8_000), Duration::from_secs(5));
        for (at, expected) in [
            (9_500, 1_500),
            (10_000, 2_000),
            (12_500, 4_500),
            (18_000, 5_000),
            (19_000, 6_000),
        ] {
            assert_eq!(
                positions.position(ms(at)),
                Duration::from_millis(expected),
                "{at}"
            );
        }
        for _ in 0..1_000 {
            positions.pause(ms(9_000), Duration::from_secs(6));
        }
        assert!(positions.0.len() <= MOST);
    }
}
