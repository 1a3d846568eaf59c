//! The jitter buffer: order out of disorder.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Puts the packets of one sender back in order, and says when a missing one is lost.
///
/// We listen and never play back: the next packet in order leaves at once, only a gap waits. The
/// start counts as a gap, because the first packet to arrive may have overtaken the first that was
/// sent: it waits once, so that what leaves does not depend on the order of arrival.
#[derive(Debug)]
pub struct JitterBuffer<T> {
    max_wait: Duration,
    max_packets: usize,
    waiting: BTreeMap<u64, Waiting<T>>,
    /// The number that is due to leave; `None` before the first has left.
    next: Option<u64>,
    /// Which of the numbers before `next` have left: bit 0 is the last one.
    left: u128,
}

#[derive(Debug)]
struct Waiting<T> {
    since: Instant,
    item: T,
}

/// What leaves the buffer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame<T> {
    /// The next in order.
    Packet(T),
    /// So many never came, or not in time.
    Lost(u32),
}

/// What became of a packet that was handed in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pushed {
    /// It will leave when it is its turn.
    Kept,
    /// It was given up for lost already, or is from before the start.
    Late,
    /// It is known already.
    Duplicate,
    /// There was no room, because nobody polls.
    Full,
}

impl<T> JitterBuffer<T> {
    /// An empty buffer that waits for a missing packet no longer than `max_wait`, and not once
    /// `max_packets` others (at least one) have come.
    pub fn new(max_wait: Duration, max_packets: usize) -> Self {
        Self {
            max_wait,
            max_packets: max_packets.max(1),
            waiting: BTreeMap::new(),
            next: None,
            left: 0,
        }
    }

    /// Takes the packet with the extended sequence number `seq`, which arrived at `now`.
    pub fn push(&mut self, now: Instant, seq: u64, item: T) -> Pushed {
        if let Some(back) = self.next.and_then(|next| next.checked_sub(seq + 1)) {
            let left = back < u64::from(u128::BITS) && self.left >> back & 1 == 1;
            return if left {
                Pushed::Duplicate
            } else {
                Pushed::Late
            };
        }
        if self.waiting.contains_key(&seq) {
            return Pushed::Duplicate;
        }
        if self.is_full() {
            return Pushed::Full;
        }
        self.waiting.insert(seq, Waiting { since: now, item });
        Pushed::Kept
    }

    /// The next frame in order, or [`Frame::Lost`] once its wait is over. Call until `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Frame<T>> {
        let due = self.is_full() || self.deadline().is_some_and(|deadline| now >= deadline);
        if due { self.take() } else { None }
    }

    /// The next frame in order without any wait: nothing more is to come. Call until `None`.
    pub fn take(&mut self) -> Option<Frame<T>> {
        let (&first, _) = self.waiting.first_key_value()?;
        let missing = first - self.next.unwrap_or(first);
        self.next = Some(first);
        if missing > 0 {
            let bits = u32::try_from(missing).unwrap_or(u32::MAX);
            self.left = self.left.checked_shl(bits).unwrap_or(0);
            return Some(Frame::Lost(bits));
        }
        self.next = Some(first + 1);
        self.left = self.left << 1 | 1;
        let (_, waiting) = self.waiting.pop_first()?;
        Some(Frame::Packet(waiting.item))
    }

    /// When `poll` may have more to say even if no packet comes.
    pub fn deadline(&self) -> Option<Instant> {
        let (first, waiting) = self.waiting.first_key_value()?;
        if self.next == Some(*first) {
            return Some(waiting.since);
        }
        // All that waits came after the gap did, whatever its own number.
        let gap_since = self.waiting.values().map(|w| w.since).min()?;
        Some(gap_since + self.max_wait)
    }

    /// Whether waiting any longer would need more room.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.max_packets
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const WAIT: Duration = Duration::from_millis(60);

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn poll_all(buffer: &mut JitterBuffer<u64>, now: Instant) -> Vec<Frame<u64>> {
        std::iter::from_fn(|| buffer.poll(now)).collect()
    }

    /// A buffer that 100 has left already, at the returned time.
    fn running() -> (JitterBuffer<u64>, Instant) {
        let start = Instant::now();
        let mut buffer = JitterBuffer::new(WAIT, 50);
        buffer.push(start, 100, 100);
        assert_eq!(poll_all(&mut buffer, start + WAIT), [Frame::Packet(100)]);
        (buffer, start + WAIT)
    }

    #[test]
    fn the_next_in_order_leaves_at_once() {
        let (mut buffer, now) = running();
        for seq in 101..110 {
            assert_eq!(buffer.push(now, seq, seq), Pushed::Kept);
            assert_eq!(poll_all(&mut buffer, now), [Frame::Packet(seq)]);
            assert_eq!(buffer.deadline(), None);
        }
    }

    #[test]
    fn only_a_gap_waits_and_no_longer_than_it_may() {
        let (mut buffer, now) = running();
        buffer.push(now, 103, 103);
        buffer.push(now + ms(20), 104, 104);
        assert_eq!(buffer.deadline(), Some(now + WAIT));
        assert_eq!(poll_all(&mut buffer, now + ms(59)), []);
        let frames = [Frame::Lost(2), Frame::Packet(103), Frame::Packet(104)];
        assert_eq!(poll_all(&mut buffer, now + WAIT), frames);
    }

    #[test]
    fn a_gap_is_as_old_as_the_first_packet_that_came_after_it() {
        let (mut buffer, now) = running();
        buffer.push(now, 105, 105);
        buffer.push(now + ms(50), 103, 103);
        let frames = [
            Frame::Lost(2),
            Frame::Packet(103),
            Frame::Lost(1),
            Frame::Packet(105),
        ];
        assert_eq!(poll_all(&mut buffer, now + WAIT), frames);
    }

    #[test]
    fn the_start_waits_for_those_that_were_overtaken() {
        let now = Instant::now();
        let mut buffer = JitterBuffer::new(WAIT, 50);
        buffer.push(now, 101, 101);
        assert_eq!(poll_all(&mut buffer, now), []);
        buffer.push(now + ms(30), 100, 100);
        let frames = [Frame::Packet(100), Frame::Packet(101)];
        assert_eq!(poll_all(&mut buffer, now + WAIT), frames);
        assert_eq!(buffer.push(now + WAIT, 99, 99), Pushed::Late);
    }

    #[test]
    fn a_packet_known_already_is_told_from_one_given_up() {
        let (mut buffer, now) = running();
        buffer.push(now, 102, 102);
        assert_eq!(buffer.push(now, 102, 102), Pushed::Duplicate, "waiting");
        poll_all(&mut buffer, now + WAIT);
        for (seq, what) in [
            (100, Pushed::Duplicate),
            (101, Pushed::Late),
            (102, Pushed::Duplicate),
            (103, Pushed::Kept),
        ] {
            assert_eq!(buffer.push(now + WAIT, seq, seq), what, "{seq}");
        }
    }

    #[test]
    fn a_full_buffer_stops_waiting_and_never_grows() {
        let (mut buffer, now) = running();
        for seq in 102..152 {
            assert_eq!(buffer.push(now, seq, seq), Pushed::Kept);
        }
        assert_eq!(buffer.push(now, 152, 152), Pushed::Full);
        assert_eq!(buffer.poll(now), Some(Frame::Lost(1)));
        assert_eq!(poll_all(&mut buffer, now).len(), 50);
    }

    proptest! {
        #[test]
        fn every_frame_leaves_once_and_in_order(
            arrivals in vec((1_000_u64..1_060, 0_u64..30), 1..200)
        ) {
            let mut now = Instant::now();
            let mut buffer = JitterBuffer::new(WAIT, 20);
            let (mut kept, mut frames) = (Vec::new(), Vec::new());
            for (seq, later) in arrivals {
                now += ms(later);
                if buffer.push(now, seq, seq) == Pushed::Kept {
                    kept.push(seq);
                }
                frames.extend(poll_all(&mut buffer, now));
            }
            frames.extend(std::iter::from_fn(|| buffer.take()));

            let mut next = None;
            let mut left = Vec::new();
            for frame in frames {
                match frame {
                    Frame::Lost(n) => next = next.map(|next| next + u64::from(n)),
                    Frame::Packet(seq) => {
                        prop_assert_eq!(seq, next.unwrap_or(seq));
                        next = Some(seq + 1);
                        left.push(seq);
                    }
                }
            }
            kept.sort_unstable();
            prop_assert_eq!(left, kept);
        }

        #[test]
        fn nothing_is_lost_while_delays_stay_below_the_wait(delays in vec(0_u64..60, 1..100)) {
            let start = Instant::now();
            let mut arrivals: Vec<(u64, u64)> =
                (0..).zip(&delays).map(|(n, delay)| (n * 20 + delay, n)).collect();
            arrivals.sort_unstable();
            let mut buffer = JitterBuffer::new(WAIT, 50);
            let mut frames = Vec::new();
            for (at, n) in arrivals {
                let now = start + ms(at);
                // What was due before leaves before, as it would with a timer.
                frames.extend(poll_all(&mut buffer, now - ms(1).min(now - start)));
                prop_assert_eq!(buffer.push(now, 1_000 + n, n), Pushed::Kept);
                frames.extend(poll_all(&mut buffer, now));
            }
            frames.extend(poll_all(&mut buffer, start + ms(1_000_000)));
            let in_order: Vec<_> = (0..delays.len() as u64).map(Frame::Packet).collect();
            prop_assert_eq!(frames, in_order);
        }
    }
}
