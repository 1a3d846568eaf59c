//! Which sender we listen to, when more than one sends to the same port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::payloads::Payload;
use super::seq::Sequence;
use super::timeline::Stamp;
use crate::audio::rate::RtpClock;
use sidetone_types::receiver_stats::ReceiverStats;

/// Packets in sequence that make a sender believable (RFC 3550 §A.1, and one more).
const PROBATION: usize = 3;
/// Packets of a sender on probation that are held at most: as many as come within
/// [`ADDRESS_QUIET`], also of 10 ms. All are heard once it takes over.
const MAX_HELD: usize = 256;
/// How long the sender we listen to must have been silent before the same host may go on under
/// another SSRC, as media servers do when they connect somebody else.
pub const SSRC_QUIET: Duration = Duration::from_millis(200);
/// How long it must have been silent before a sender at another address takes its place. Longer
/// than the pauses of most silence suppression, in which a stranger could otherwise slip in.
pub const ADDRESS_QUIET: Duration = Duration::from_secs(2);

/// Who sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Source {
    /// Where its packets come from.
    pub address: SocketAddr,
    /// The number that it has chosen for itself.
    pub ssrc: u32,
}

/// An RTP packet that has arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub arrival: Instant,
    pub source: Source,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub payload_type: u8,
    /// `None` if its payload type means nothing to us: it still takes a place in the sequence.
    pub payload: Option<Payload>,
    pub bytes: Vec<u8>,
}

impl Arrived {
    /// When it was sent, by a clock at `rate`, and arrived.
    pub fn stamp(&self, rate: RtpClock) -> Stamp {
        Stamp {
            rate,
            timestamp: self.timestamp,
            arrival: self.arrival,
            marker: self.marker,
        }
    }
}

/// Listens to one sender, by address and SSRC, until another one proves to have taken its place.
///
/// The first sender is taken at once. Another one is on probation: it takes over with three packets
/// in sequence, once the sender we listen to has been silent for [`SSRC_QUIET`], or
/// [`ADDRESS_QUIET`] if it is at another address. A stranger beside a live sender is thus never
/// heard, not even with that sender's SSRC and sequence numbers that run ahead of it. A sender
/// whose sequence numbers jump has started afresh (RFC 3550 §A.1) and proves itself with three
/// packets alone.
#[derive(Debug, Default)]
pub struct Sources {
    current: Option<Run>,
    newcomer: Option<Newcomer>,
}

/// A sender, and where it is in its sequence.
#[derive(Clone, Copy, Debug)]
struct Run {
    source: Source,
    sequence: Sequence,
    /// When its latest packet arrived.
    latest: Instant,
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
        change: Change,
    },
    /// It may be a newcomer's first, or it is nobody's. Nothing is to be done.
    Held,
}

/// How the sender that took over differs from the one before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// It is the same one, after a jump of its sequence numbers by `missing`: so many packets were
    /// lost, should it have gone on all the while.
    Restart { missing: u16 },
    /// The same host goes on under another SSRC.
    Ssrc,
    /// It sends from another address.
    Address,
}

impl Sources {
    /// Where the packets come from that are listened to.
    pub fn address(&self) -> Option<SocketAddr> {
        self.current.map(|current| current.source.address)
    }

    /// The highest extended sequence number of the sender we listen to.
    pub fn highest(&self) -> Option<u64> {
        self.current.map(|current| current.sequence.highest())
    }

    /// Decides about the next packet, in the order of arrival.
    pub fn admit(&mut self, packet: Arrived, stats: &mut ReceiverStats) -> Admitted {
        let same = self.is_current(packet.source);
        // A sender is known by payload types that were described. Others do not make it one to
        // listen to.
        if packet.payload.is_none() && !same {
            return Admitted::Held;
        }
        let current = self.current.get_or_insert(Run::starting(&packet));
        if current.source == packet.source
            && let Some(seq) = current.sequence.follow(packet.sequence)
        {
            current.latest = packet.arrival;
            self.dismiss(stats);
            return Admitted::Current { seq, packet };
        }
        self.try_out(packet, stats)
    }

    /// Whether it is `source` that we listen to.
    pub fn is_current(&self, source: Source) -> bool {
        self.current.is_some_and(|run| run.source == source)
    }

    /// Whether anybody is listened to yet.
    pub fn is_latched(&self) -> bool {
        self.current.is_some()
    }

    /// Counts the packets of a newcomer that did not take over.
    pub fn dismiss(&mut self, stats: &mut ReceiverStats) {
        if let Some(newcomer) = self.newcomer.take() {
            let packets = newcomer.held.len() as u64;
            *self.refused(newcomer.run.source, stats) += packets;
        }
    }

    fn try_out(&mut self, packet: Arrived, stats: &mut ReceiverStats) -> Admitted {
        let now = packet.arrival;
        let known = self.newcomer.as_mut().and_then(|newcomer| {
            let same = newcomer.run.source == packet.source;
            same.then(|| newcomer.run.sequence.follow(packet.sequence))?
        });
        if known.is_none() {
            self.dismiss(stats);
        }
        let mut newcomer = self.newcomer.take().unwrap_or_else(|| Newcomer {
            run: Run::starting(&packet),
            held: BTreeMap::new(),
        });
        newcomer.run.latest = now;
        let seq = known.unwrap_or_else(|| newcomer.run.sequence.highest());
        if newcomer.held.len() == MAX_HELD {
            newcomer.held.pop_first();
            *self.refused(packet.source, stats) += 1;
        }
        newcomer.held.entry(seq).or_insert(packet);
        let change = self.change_to(&newcomer);
        if self.is_live(change, now) || !newcomer.is_proven() {
            self.newcomer = Some(newcomer);
            return Admitted::Held;
        }
        self.current = Some(newcomer.run);
        Admitted::TakenOver {
            packets: newcomer.held,
            change,
        }
    }

    /// What it would be if `newcomer` took over.
    fn change_to(&self, newcomer: &Newcomer) -> Change {
        let first = newcomer.held.values().next();
        match (self.current, first) {
            (Some(current), Some(first)) if current.source == first.source => Change::Restart {
                missing: current.sequence.missing_before(first.sequence),
            },
            (Some(current), _) if current.source.address == newcomer.run.source.address => {
                Change::Ssrc
            }
            _ => Change::Address,
        }
    }

    /// Whether the sender we listen to was heard too lately for `change`.
    fn is_live(&self, change: Change, now: Instant) -> bool {
        let quiet = match change {
            Change::Restart { .. } => Duration::ZERO,
            Change::Ssrc => SSRC_QUIET,
            Change::Address => ADDRESS_QUIET,
        };
        self.current
            .is_some_and(|run| now.saturating_duration_since(run.latest) < quiet)
    }

    /// The count of packets that are refused from `source`.
    fn refused<'a>(&self, source: Source, stats: &'a mut ReceiverStats) -> &'a mut u64 {
        match self.current {
            Some(run) if run.source == source => &mut stats.stray_sequence,
            Some(run) if run.source.address != source.address => &mut stats.foreign_address,
            _ => &mut stats.foreign_ssrc,
        }
    }
}

impl Run {
    fn starting(packet: &Arrived) -> Self {
        Self {
            source: packet.source,
            sequence: Sequence::starting(packet.sequence),
            latest: packet.arrival,
        }
    }
}

impl Newcomer {
    /// Whether enough packets in sequence were held, in whatever order they came.
    fn is_proven(&self) -> bool {
        let mut run = 0;
        let mut before = None;
        self.held.keys().any(|&seq| {
            run = if before.replace(seq) == seq.checked_sub(1) {
                run + 1
            } else {
                1
            };
            run == PROBATION
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::Codec;

    const HOME: u16 = 4_000;
    const ELSEWHERE: u16 = 4_002;

    fn source(port: u16, ssrc: u32) -> Source {
        Source {
            address: SocketAddr::from(([192, 0, 2, 1], port)),
            ssrc,
        }
    }

    /// Feeds (ms, port, SSRC, sequence number), and tells which are heard; `|` is put where another
    /// took over.
    fn listen(packets: impl IntoIterator<Item = (u64, u16, u32, u16)>) -> (String, ReceiverStats) {
        let start = Instant::now();
        let mut sources = Sources::default();
        let mut stats = ReceiverStats::default();
        let mut heard = Vec::new();
        for (ms, port, ssrc, sequence) in packets {
            let packet = Arrived {
                arrival: start + Duration::from_millis(ms),
                source: source(port, ssrc),
                sequence,
                timestamp: 0,
                marker: false,
                payload_type: 0,
                payload: Some(Payload::Audio(Codec::Pcmu.into())),
                bytes: Vec::new(),
            };
            match sources.admit(packet, &mut stats) {
                Admitted::Current { packet, .. } => heard.push(packet.sequence.to_string()),
                Admitted::TakenOver { packets, change } => {
                    heard.push(match change {
                        Change::Restart { missing } => format!("|{missing}|"),
                        Change::Ssrc => "|".to_owned(),
                        Change::Address => "||".to_owned(),
                    });
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
            (
                "one sender",
                &[(0, 1, 65_535), (20, 1, 0)][..],
                "65535 0",
                0,
                0,
            ),
            (
                "a stray",
                &[(0, 1, 5), (10, 2, 80), (20, 1, 6)],
                "5 6",
                1,
                0,
            ),
            (
                "two at once",
                &[
                    (0, 1, 5),
                    (10, 2, 80),
                    (20, 1, 6),
                    (30, 2, 81),
                    (40, 1, 7),
                    (50, 2, 82),
                    (60, 1, 8),
                ],
                "5 6 7 8",
                3,
                0,
            ),
            (
                "another takes over",
                &[
                    (0, 1, 5),
                    (180, 2, 80),
                    (190, 2, 81),
                    (200, 2, 82),
                    (210, 2, 83),
                ],
                "5 | 80 81 82 83",
                0,
                0,
            ),
            (
                "the first is not silent for long enough",
                &[
                    (0, 1, 5),
                    (60, 2, 80),
                    (80, 2, 81),
                    (100, 2, 82),
                    (120, 1, 6),
                ],
                "5 6",
                3,
                0,
            ),
            (
                "out of order",
                &[(0, 1, 5), (300, 2, 81), (301, 2, 80), (320, 2, 82)],
                "5 | 80 81 82",
                0,
                0,
            ),
            (
                "repeated",
                &[(0, 1, 5), (300, 2, 80), (301, 2, 80), (302, 2, 80)],
                "5",
                1,
                0,
            ),
            (
                "strays from many",
                &[(0, 1, 5), (300, 2, 80), (301, 3, 80), (302, 4, 80)],
                "5",
                3,
                0,
            ),
            (
                "the old one is late",
                &[
                    (0, 1, 5),
                    (300, 2, 80),
                    (320, 2, 81),
                    (340, 2, 82),
                    (341, 1, 6),
                ],
                "5 | 80 81 82",
                1,
                0,
            ),
            (
                "a stray number",
                &[(0, 1, 5), (10, 1, 30_000), (20, 1, 6)],
                "5 6",
                0,
                1,
            ),
            (
                "a fresh start",
                &[(0, 1, 5), (20, 1, 4_005), (40, 1, 4_006), (60, 1, 4_007)],
                "5 |3999| 4005 4006 4007",
                0,
                0,
            ),
        ] {
            let packets = packets.iter().map(|&(ms, ssrc, seq)| (ms, HOME, ssrc, seq));
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
    fn another_address_takes_over_once_the_first_was_silent_and_with_all_it_sent() {
        let first = (0..3).map(|n| (20 * n, HOME, 1, n as u16));
        // 50 packets a second, from 100 ms on.
        let second = |ssrc, count: u64| {
            (0..count).map(move |n| (100 + 20 * n, ELSEWHERE, ssrc, 80 + n as u16))
        };
        for ssrc in [1, 2] {
            // Heard last at 40 ms, so that 2 s later is 2 040 ms: the packet with number 177.
            let (before, stats) = listen(first.clone().chain(second(ssrc, 97)));
            assert_eq!((before.as_str(), stats.foreign_address), ("0 1 2", 97));
            let (heard, stats) = listen(first.clone().chain(second(ssrc, 98)));
            let all: Vec<String> = (80..178).map(|n| n.to_string()).collect();
            assert_eq!(heard, format!("0 1 2 || {}", all.join(" ")));
            assert_eq!(stats.foreign_address, 0);
        }
    }

    #[test]
    fn a_live_sender_is_not_replaced_from_another_address_with_its_own_ssrc() {
        let mine = (0..200).map(|n| (20 * n, HOME, 1, n as u16));
        let theirs = (0..200).map(|n| (20 * n + 10, ELSEWHERE, 1, n as u16 + 3));
        let mut both: Vec<_> = mine.chain(theirs).collect();
        both.sort_by_key(|packet| packet.0);
        let (heard, stats) = listen(both);
        let all: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        assert_eq!(heard, all.join(" "));
        assert_eq!((stats.foreign_address, stats.foreign_ssrc), (200, 0));
    }

    #[test]
    fn a_newcomer_that_never_makes_sense_takes_bounded_room() {
        let packets = std::iter::once((0, HOME, 1, 5))
            .chain((0..500).map(|n| (20 * u64::from(n), HOME, 2, 2 * n)));
        let (heard, stats) = listen(packets);
        assert_eq!(heard, "5");
        assert_eq!(stats.foreign_ssrc, 500);
    }
}
