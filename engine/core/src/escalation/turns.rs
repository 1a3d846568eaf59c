//! How strained each side was, turn by turn.

use std::collections::VecDeque;

use crate::rules::Strain;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// A turn whose voice was read.
struct Turn {
    side: Side,
    start: MediaTime,
    /// After its last reading.
    strain: f32,
    /// The other side has spoken since.
    over: bool,
}

/// The last turns of both sides.
#[derive(Default)]
pub(super) struct Turns(VecDeque<Turn>);

impl Turns {
    /// A side has said something.
    pub fn spoke(&mut self, side: Side) {
        let others = self.0.iter_mut().filter(|turn| turn.side != side);
        others.for_each(|turn| turn.over = true);
    }

    /// A side's voice was read from `start` on.
    pub fn felt(&mut self, side: Side, start: MediaTime, strain: f32) {
        self.spoke(side);
        match self.0.iter_mut().rfind(|turn| turn.side == side) {
            Some(turn) if !turn.over => turn.strain = strain,
            _ => {
                if self.0.len() == 2 * Strain::MOST {
                    self.0.pop_front();
                }
                let over = false;
                self.0.push_back(Turn {
                    side,
                    start,
                    strain,
                    over,
                });
            }
        }
    }

    /// Where the strain that `line` draws began, and in how many turns it was passed; `None` if
    /// those are too few.
    pub fn strained(&self, side: Side, line: &Strain) -> Option<(MediaTime, usize)> {
        let own = self.0.iter().rev().filter(|turn| turn.side == side);
        let beyond = own.take(line.of).filter(|turn| turn.strain > line.above);
        let (count, first) =
            beyond.fold((0, None), |(count, _), turn| (count + 1, Some(turn.start)));
        first
            .filter(|_| count >= line.turns)
            .map(|first| (first, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_lasts_until_the_other_side_speaks_and_counts_once() {
        let line = Strain {
            above: 0.5,
            turns: 2,
            of: 3,
        };
        let at = |s: u64| MediaTime::from_millis(1000 * s);
        let mut turns = Turns::default();
        turns.felt(Side::Customer, at(1), 0.6);
        turns.felt(Side::Customer, at(4), 0.8);
        assert_eq!(
            turns.strained(Side::Customer, &line),
            None,
            "one turn so far"
        );
        turns.spoke(Side::Agent);
        turns.felt(Side::Customer, at(9), 0.2);
        turns.spoke(Side::Agent);
        turns.felt(Side::Customer, at(12), 0.6);
        assert_eq!(turns.strained(Side::Customer, &line), Some((at(1), 2)));
        assert_eq!(turns.strained(Side::Agent, &line), None);
        turns.spoke(Side::Agent);
        turns.felt(Side::Customer, at(20), 0.1);
        assert_eq!(
            turns.strained(Side::Customer, &line),
            None,
            "the first is too long ago"
        );
    }

    #[test]
    fn the_last_reading_of_a_turn_is_what_it_comes_to() {
        let line = Strain {
            above: 0.5,
            turns: 1,
            of: 1,
        };
        let mut turns = Turns::default();
        for strain in [0.9, 0.3] {
            turns.felt(Side::Agent, MediaTime::ZERO, strain);
        }
        assert_eq!(turns.strained(Side::Agent, &line), None);
    }
}
