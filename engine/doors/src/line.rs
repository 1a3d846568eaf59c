//! Senders that say nothing but RTP, to ports that are always the same: Asterisk's `ExternalMedia`
//! and its likes. A call begins when packets come, and ends when they stop.

use std::time::{Duration, Instant};

/// Packets of one sender before it is one: a stray one opens no call.
const PROBATION: u8 = 3;
/// They come within this.
const PROBATION_LASTS: Duration = Duration::from_secs(2);

/// The ports of one call at a time, and what has come there.
#[derive(Debug)]
pub struct Line {
    idle: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nobody sends.
    Quiet,
    /// Somebody begins to, and others may who belong to the same call.
    Heard {
        first: u32,
        /// Of the first.
        packets: u8,
        since: Instant,
        ssrcs: Vec<u32>,
        /// The senders of before that may go on meanwhile.
        over: Option<Over>,
    },
    /// A call goes on.
    Open { ssrcs: Vec<u32>, last: Instant },
    /// The call is over, or was never let in, and its senders go on.
    Over(Over),
}

/// Senders that open no call.
#[derive(Debug)]
struct Over {
    ssrcs: Vec<u32>,
    last: Instant,
}

/// What to do with a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Keep it until the next.
    Keep,
    /// Open a call, and give it this packet and those that were kept.
    Open,
    /// Give it to the call.
    Pass,
    /// Leave it.
    Drop,
}

/// Senders that are remembered: both sides of a call, and some that took their place.
const SENDERS: usize = 16;

impl Line {
    /// A line on which a call is over when nobody has sent for `idle`.
    pub fn new(idle: Duration) -> Self {
        Self {
            idle,
            state: State::Quiet,
        }
    }

    /// Takes a packet of RTP that came at `now`.
    pub fn packet(&mut self, now: Instant, ssrc: u32) -> Next {
        let (next, step) = match std::mem::replace(&mut self.state, State::Quiet) {
            State::Quiet => (State::heard(now, ssrc, None), Next::Keep),
            State::Heard {
                first,
                mut packets,
                since,
                mut ssrcs,
                mut over,
            } if now.saturating_duration_since(since) < PROBATION_LASTS => {
                remember(&mut ssrcs, ssrc);
                packets += u8::from(ssrc == first);
                if let Some(over) = over.as_mut().filter(|over| over.ssrcs.contains(&ssrc)) {
                    over.last = now;
                }
                if packets == PROBATION {
                    let before = over.into_iter().flat_map(|over| over.ssrcs);
                    before.for_each(|ssrc| remember(&mut ssrcs, ssrc));
                    (State::Open { ssrcs, last: now }, Next::Open)
                } else {
                    let state = State::Heard {
                        first,
                        packets,
                        since,
                        ssrcs,
                        over,
                    };
                    (state, Next::Keep)
                }
            }
            State::Heard { over: None, .. } => (State::heard(now, ssrc, None), Next::Keep),
            State::Open { mut ssrcs, .. } => {
                remember(&mut ssrcs, ssrc);
                (State::Open { ssrcs, last: now }, Next::Pass)
            }
            State::Heard {
                over: Some(over), ..
            }
            | State::Over(over) => {
                let paused = now.saturating_duration_since(over.last) >= self.idle;
                match (over.ssrcs.contains(&ssrc), paused) {
                    (true, false) => (State::Over(Over { last: now, ..over }), Next::Drop),
                    (false, false) => (State::heard(now, ssrc, Some(over)), Next::Keep),
                    (_, true) => (State::heard(now, ssrc, None), Next::Keep),
                }
            }
        };
        self.state = next;
        step
    }

    /// The call is over for a reason of its own, or was not let in: its senders are left alone until
    /// they pause for as long as a call may, or others come.
    pub fn over(&mut self) {
        if let State::Open { ssrcs, last } = &mut self.state {
            self.state = State::Over(Over {
                ssrcs: std::mem::take(ssrcs),
                last: *last,
            });
        }
    }

    /// When the call is over if nothing more comes.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Open { last, .. } => Some(*last + self.idle),
            _ => None,
        }
    }

    /// Whether the call is over by now, because nobody sends any more. Told once.
    pub fn is_over(&mut self, now: Instant) -> bool {
        let over = self.deadline().is_some_and(|deadline| deadline <= now);
        if over {
            self.state = State::Quiet;
        }
        over
    }
}

impl State {
    fn heard(now: Instant, ssrc: u32, over: Option<Over>) -> Self {
        Self::Heard {
            first: ssrc,
            packets: 1,
            since: now,
            ssrcs: vec![ssrc],
            over,
        }
    }
}

fn remember(ssrcs: &mut Vec<u32>, ssrc: u32) {
    if !ssrcs.contains(&ssrc) && ssrcs.len() < SENDERS {
        ssrcs.push(ssrc);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests take a first moment from the clock and count from there"
)]
mod tests {
    use super::Next::{Drop, Keep, Open, Pass};
    use super::*;

    #[test]
    fn calls_begin_and_end_with_their_senders() {
        let began = Instant::now();
        let mut line = Line::new(Duration::from_secs(10));
        for (ms, ssrc, ended, expected) in [
            (0, 7, false, Keep),
            // Three seconds later it is nobody's beginning any more.
            (3_000, 8, false, Keep),
            (3_020, 8, false, Keep),
            (3_025, 9, false, Keep),
            (3_040, 8, false, Open),
            (3_045, 9, false, Pass),
            (12_000, 8, false, Pass),
            // Nobody for ten seconds.
            (22_500, 8, true, Keep),
            (22_520, 8, false, Keep),
            (22_540, 8, false, Open),
        ] {
            let now = began + Duration::from_millis(ms);
            assert_eq!(line.is_over(now), ended, "{ms}");
            assert_eq!(line.packet(now, ssrc), expected, "{ms}");
        }
    }

    #[test]
    fn senders_of_a_call_that_was_closed_open_no_other_until_they_pause_or_others_come() {
        let began = Instant::now();
        for (case, packets, expected) in [
            (
                "they go on",
                [(100, 8), (120, 8), (140, 8)],
                [Drop, Drop, Drop],
            ),
            (
                "others come",
                [(100, 9), (120, 9), (140, 9)],
                [Keep, Keep, Open],
            ),
            (
                "they pause",
                [(20_000, 8), (20_020, 8), (20_040, 8)],
                [Keep, Keep, Open],
            ),
        ] {
            let mut line = Line::new(Duration::from_secs(10));
            for ms in [0, 20, 40] {
                line.packet(began + Duration::from_millis(ms), 8);
            }
            line.over();
            assert_eq!(line.deadline(), None);
            let steps = packets.map(|(ms, ssrc)| {
                let now = began + Duration::from_millis(ms);
                assert!(!line.is_over(now));
                line.packet(now, ssrc)
            });
            assert_eq!(steps, expected, "{case}");
        }
    }

    #[test]
    fn both_sides_of_a_call_that_was_refused_are_left_alone_whoever_strays_in() {
        let began = Instant::now();
        let mut line = Line::new(Duration::from_secs(10));
        let mut asked = Vec::new();
        for ms in (0..60_000).step_by(10) {
            // Two sides in turn, and now and then somebody who sends a packet and no more.
            let stray = (ms % 5_000 == 4_990).then_some(1_000 + ms as u32);
            for ssrc in [8 + (ms / 10 % 2) as u32].into_iter().chain(stray) {
                if line.packet(began + Duration::from_millis(ms), ssrc) == Open {
                    asked.push(ms);
                    line.over();
                }
            }
        }
        assert_eq!(asked, [40]);
    }
}
