//! Which sender we listen to, when more than one sends to the same port.

use std::collections::BTreeMap;
use std::time::Instant;

use super::payloads::Payload;
use super::seq::Sequence;
use super::stats::ReceiverStats;
use super::timeline::Stamp;
use crate::audio::codec::ClockRate;

/// Packets in sequence that make a sender believable (RFC 3550 §A.1, and one more).
const PROBATION: usize = 3;
/// Packets of a sender on probation that are held at most.
const MAX_HELD: usize = 16;

/// An RTP packet that has arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub arrival: Instant,
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    /// `None` if its payload type means nothing to us: it still takes a place in the sequence.
    pub payload: Option<Payload>,
    pub bytes: Vec<u8>,
}

impl Arrived {
    /// When it was sent, by a clock at `rate`, and arrived.
    pub fn stamp(&self, rate: ClockRate) -> Stamp {
        Stamp {
            rate,
            timestamp: self.timestamp,
            arrival: self.arrival,
        }
    }
}

/// Listens to one sender until another one proves to have taken its place.
///
/// A newcomer is on probation: it takes over with three packets in sequence between which the sender
/// we listen to is quiet. A stray, or a second sender beside the first, thus never disturbs. The same
/// goes for a sender whose sequence numbers jump: then it has started afresh (RFC 3550 §A.1).
#[derive(Debug, Default)]
pub struct Sources {
    current: Option<Run>,
    newcomer: Option<Newcomer>,
}

/// A sender, and where it is in its sequence.
#[derive(Clone, Copy, Debug)]
struct Run {
    ssrc: u32,
    sequence: Sequence,
}

#[derive(Debug)]
struct Newcomer {
    run: Run,
    /// By extended sequence number.
    held: BTreeMap<u64, Arrived>,
}

/// What is to be done with a packet.
#[derive(Debug)]
pub enum Admitted {
    /// It is from the sender we listen to.
    Current { seq: u64, packet: Arrived },
    /// Another sender took over, with these packets by extended sequence number.
    TakenOver {
        packets: BTreeMap<u64, Arrived>,
        /// If it is the same sender after a jump: how many packets were lost, should it have gone on
        /// all the while.
        missing: Option<u16>,
    },
    /// It may be a newcomer's first, or it is nobody's. Nothing is to be done.
    Held,
}

impl Sources {
    /// The highest extended sequence number of the sender we listen to.
    pub fn highest(&self) -> Option<u64> {
        self.current.map(|current| current.sequence.highest())
    }

    /// Decides about the next packet, in the order of arrival.
    pub fn admit(&mut self, packet: Arrived, stats: &mut ReceiverStats) -> Admitted {
        let same = self.current.is_some_and(|run| run.ssrc == packet.ssrc);
        // Whoever sends what nobody announced is no one to listen to.
        if packet.payload.is_none() && !same {
            return Admitted::Held;
        }
        let current = self.current.get_or_insert(Run {
            ssrc: packet.ssrc,
            sequence: Sequence::starting(packet.sequence),
        });
        if current.ssrc == packet.ssrc
            && let Some(seq) = current.sequence.follow(packet.sequence)
        {
            self.dismiss(stats);
            return Admitted::Current { seq, packet };
        }
        self.try_out(packet, stats)
    }

    /// Counts the packets of a newcomer that did not take over.
    pub fn dismiss(&mut self, stats: &mut ReceiverStats) {
        if let Some(newcomer) = self.newcomer.take() {
            let packets = newcomer.held.len() as u64;
            *self.strays(newcomer.run.ssrc, stats) += packets;
        }
    }

    fn try_out(&mut self, packet: Arrived, stats: &mut ReceiverStats) -> Admitted {
        let known = self.newcomer.as_mut().and_then(|newcomer| {
            let same = newcomer.run.ssrc == packet.ssrc;
            same.then(|| newcomer.run.sequence.follow(packet.sequence))?
        });
        if known.is_none() {
            self.dismiss(stats);
        }
        let mut newcomer = self.newcomer.take().unwrap_or_else(|| Newcomer {
            run: Run {
                ssrc: packet.ssrc,
                sequence: Sequence::starting(packet.sequence),
            },
            held: BTreeMap::new(),
        });
        let seq = known.unwrap_or_else(|| newcomer.run.sequence.highest());
        if newcomer.held.len() == MAX_HELD {
            newcomer.held.pop_first();
            *self.strays(packet.ssrc, stats) += 1;
        }
        newcomer.held.entry(seq).or_insert(packet);
        if !newcomer.is_proven() {
            self.newcomer = Some(newcomer);
            return Admitted::Held;
        }
        let before = self.current.replace(newcomer.run);
        let first = newcomer.held.values().next();
        let missing = before
            .filter(|before| before.ssrc == newcomer.run.ssrc)
            .zip(first)
            .map(|(before, first)| before.sequence.missing_before(first.sequence));
        Admitted::TakenOver {
            packets: newcomer.held,
            missing,
        }
    }

    /// The count of packets that nobody listens to, from `ssrc`.
    fn strays<'a>(&self, ssrc: u32, stats: &'a mut ReceiverStats) -> &'a mut u64 {
        if self.current.is_some_and(|run| run.ssrc == ssrc) {
            &mut stats.stray_sequence
        } else {
            &mut stats.foreign_ssrc
        }
    }
}

impl Newcomer {
    /// Whether enough packets in sequence were held, in whatever order they came.
    fn is_proven(&self) -> bool {
        let numbers: Vec<u64> = self.held.keys().copied().collect();
        numbers
            .windows(PROBATION)
            .any(|run| run[PROBATION - 1] - run[0] == PROBATION as u64 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::Codec;

    /// Feeds (SSRC, sequence number), and tells which are heard; `|` is put where another took over.
    fn listen(packets: &[(u32, u16)]) -> (String, ReceiverStats) {
        let mut sources = Sources::default();
        let mut stats = ReceiverStats::default();
        let mut heard = Vec::new();
        for &(ssrc, sequence) in packets {
            let packet = Arrived {
                arrival: Instant::now(),
                ssrc,
                sequence,
                timestamp: 0,
                payload: Some(Payload::Audio(Codec::Pcmu)),
                bytes: Vec::new(),
            };
            match sources.admit(packet, &mut stats) {
                Admitted::Current { packet, .. } => heard.push(packet.sequence.to_string()),
                Admitted::TakenOver { packets, missing } => {
                    heard.push(missing.map_or("|".to_owned(), |n| format!("|{n}|")));
                    heard.extend(packets.values().map(|p| p.sequence.to_string()));
                }
                Admitted::Held => {}
            }
        }
        sources.dismiss(&mut stats);
        (heard.join(" "), stats)
    }

    #[test]
    fn only_who_takes_the_place_of_another_is_heard() {
        for (case, packets, heard, foreign, stray) in [
            ("one sender", &[(1, 65_535), (1, 0)][..], "65535 0", 0, 0),
            ("a stray", &[(1, 5), (2, 80), (1, 6)], "5 6", 1, 0),
            (
                "two at once",
                &[(1, 5), (2, 80), (1, 6), (2, 81), (1, 7), (2, 82), (1, 8)],
                "5 6 7 8",
                3,
                0,
            ),
            (
                "another takes over",
                &[(1, 5), (2, 80), (2, 81), (2, 82), (2, 83)],
                "5 | 80 81 82 83",
                0,
                0,
            ),
            (
                "out of order",
                &[(1, 5), (2, 81), (2, 80), (2, 82)],
                "5 | 80 81 82",
                0,
                0,
            ),
            ("repeated", &[(1, 5), (2, 80), (2, 80), (2, 80)], "5", 1, 0),
            (
                "strays from many",
                &[(1, 5), (2, 80), (3, 80), (4, 80)],
                "5",
                3,
                0,
            ),
            (
                "the old one is late",
                &[(1, 5), (2, 80), (2, 81), (2, 82), (1, 6)],
                "5 | 80 81 82",
                1,
                0,
            ),
            (
                "a stray number",
                &[(1, 5), (1, 30_000), (1, 6)],
                "5 6",
                0,
                1,
            ),
            (
                "a fresh start",
                &[(1, 5), (1, 4_005), (1, 4_006), (1, 4_007)],
                "5 |3999| 4005 4006 4007",
                0,
                0,
            ),
        ] {
            let (order, stats) = listen(packets);
            assert_eq!(order, heard, "{case}");
            assert_eq!(
                (stats.foreign_ssrc, stats.stray_sequence),
                (foreign, stray),
                "{case}"
            );
        }
    }

    #[test]
    fn a_newcomer_that_never_makes_sense_takes_bounded_room() {
        let packets: Vec<(u32, u16)> = std::iter::once((1, 5))
            .chain((0..500).map(|n| (2, 2 * n)))
            .collect();
        let (heard, stats) = listen(&packets);
        assert_eq!(heard, "5");
        assert_eq!(stats.foreign_ssrc, 500);
    }
}
