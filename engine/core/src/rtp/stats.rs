//! What was received and what came of it, in numbers.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::timeline::Stamp;

/// Counts since the leg was opened. They only ever grow, but for `jitter`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ReceiverStats {
    /// RTP packets, whatever became of them.
    pub packets: u64,
    /// Bytes of all datagrams.
    pub bytes: u64,
    /// Packets that never came, or too late.
    pub lost: u64,
    /// Packets that came after they were given up. They are among the lost.
    pub late: u64,
    /// Packets that came again.
    pub duplicated: u64,
    /// Packets that were overtaken, but came in time.
    pub reordered: u64,
    /// Packets dropped because the buffer was full. They are among the lost.
    pub shed: u64,
    /// Datagrams that are neither RTP nor RTCP, or make no sense.
    pub malformed: u64,
    /// RTCP datagrams.
    pub rtcp: u64,
    /// Packets with a payload type that the call's description does not have.
    pub unknown_payload: u64,
    /// Packets of a sender that we did not come to listen to.
    pub foreign_ssrc: u64,
    /// Times that another sender took over.
    pub ssrc_changes: u64,
    /// Packets with a sequence number far off, and nothing to follow them.
    pub stray_sequence: u64,
    /// Times that the sequence numbers of the same sender started afresh.
    pub sequence_jumps: u64,
    /// Times that timestamps contradicted the clock on the wall and the timeline went by the latter.
    pub timestamp_jumps: u64,
    /// Comfort noise packets.
    pub comfort_noise: u64,
    /// Keys pressed.
    pub dtmf: u64,
    /// Sound that was made up for lost packets.
    #[serde(rename = "concealed_ms", serialize_with = "millis")]
    pub concealed: Duration,
    /// Interarrival jitter at present (RFC 3550 §6.4.1).
    #[serde(rename = "jitter_us", serialize_with = "micros")]
    pub jitter: Duration,
}

fn millis<S: Serializer>(duration: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(crate::event::as_millis(*duration))
}

fn micros<S: Serializer>(duration: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// Estimates interarrival jitter (RFC 3550 §A.8).
#[derive(Debug, Default)]
pub(super) struct Interarrival {
    latest: Option<Stamp>,
    /// In seconds.
    jitter: f64,
}

impl Interarrival {
    /// Longest step, in seconds, that can be jitter. Anything beyond is a clock that was set anew.
    const LONGEST: f64 = 2.0;

    /// Takes a packet and gives the estimate.
    pub fn update(&mut self, stamp: Stamp) -> Duration {
        if let Some(last) = self.latest.replace(stamp)
            && last.rate == stamp.rate
        {
            let arrived = stamp.arrival.saturating_duration_since(last.arrival);
            let ticks = stamp.timestamp.wrapping_sub(last.timestamp).cast_signed();
            let sent = f64::from(ticks) / f64::from(stamp.rate.hz());
            let step = (arrived.as_secs_f64() - sent).abs();
            if step < Self::LONGEST {
                self.jitter += (step - self.jitter) / 16.0;
            }
        }
        Duration::from_secs_f64(self.jitter)
    }

    /// Forgets the latest packet: the next is another sender's.
    pub fn restart(&mut self) {
        self.latest = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::audio::codec::ClockRate;

    fn stamp(arrival: Instant, timestamp: u32) -> Stamp {
        Stamp {
            rate: ClockRate::Hz8000,
            timestamp,
            arrival,
        }
    }

    #[test]
    fn jitter_is_the_mean_deviation_between_sending_and_arriving() {
        let start = Instant::now();
        let mut steady = Interarrival::default();
        let mut uneven = Interarrival::default();
        let (mut none, mut some) = (Duration::MAX, Duration::MAX);
        for n in 0..200_u32 {
            let at = start + Duration::from_millis(20) * n;
            let late = Duration::from_millis(u64::from(n % 2) * 10);
            let ticks = (160 * n).wrapping_sub(1_000);
            none = steady.update(stamp(at, ticks));
            some = uneven.update(stamp(at + late, ticks));
        }
        assert!(none < Duration::from_micros(1), "{none:?}");
        let off = some.abs_diff(Duration::from_millis(10));
        assert!(off < Duration::from_micros(10), "{some:?}");
    }

    #[test]
    fn a_clock_set_anew_is_not_jitter() {
        let now = Instant::now();
        let mut estimate = Interarrival::default();
        estimate.update(stamp(now, 0));
        assert_eq!(estimate.update(stamp(now, 0x7000_0000)), Duration::ZERO);
    }

    #[test]
    fn counts_are_written_by_name() {
        let json = serde_json::to_value(ReceiverStats {
            lost: 3,
            ..Default::default()
        })
        .expect("plain numbers");
        assert_eq!(json["lost"], 3);
        assert_eq!(json["jitter_us"], 0);
    }
}
