//! What was received and what came of it, in numbers.

use std::time::Duration;

use super::timeline::Stamp;

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
    use crate::audio::rate::RtpClock;

    fn stamp(arrival: Instant, timestamp: u32) -> Stamp {
        Stamp {
            rate: RtpClock::TELEPHONE,
            timestamp,
            arrival,
            marker: false,
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
}
