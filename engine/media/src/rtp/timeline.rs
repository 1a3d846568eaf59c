//! Where a packet belongs on the call's timeline: by its timestamp, unless the wall clock objects.

use std::time::Instant;

use crate::audio::rate::RtpClock;
use sidetone_types::time::{MediaTime, SAMPLE_RATE, duration_to_samples};

/// Steps in time too small to mean anything, in samples: 5 ms. Some senders round theirs.
pub const SLACK: u64 = 80;
/// How far timestamps may stray from the wall clock, in samples: 2 s.
const WILD: i64 = 32_000;
/// A pause worth keeping where timestamps cannot be trusted, in samples: 100 ms. Less may be
/// jitter.
const PAUSE: u64 = 1_600;
/// How far a timestamp may leap ahead of the wall clock in unbroken sound, in samples: 200 ms.
/// Jitter is less.
const LEAP: i64 = 3_200;
/// Up to so many packets of silence between the first packets of a sender are taken for a clock
/// that runs faster than its stated rate: at twice the rate it is one, at 48 kHz stated as 16 kHz
/// two.
const FAST_STEPS: i64 = 3;

/// Turns one sender's timestamps into points on the call's timeline.
#[derive(Debug)]
pub struct Timeline {
    /// The moment of [`MediaTime::ZERO`].
    origin: Instant,
    anchor: Option<Anchor>,
    clock: Clock,
}

/// What is known of the rate of the sender's clock.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Clock {
    /// No two packets have been compared yet.
    #[default]
    Unproven,
    /// A packet was stamped by as much after the one before it as that one lasted.
    AsStated,
    /// It runs ahead of the sound: a sender that counts at another rate than it states. Only the
    /// order of packets and their arrival can be trusted.
    Fast,
}

/// A timestamp whose place is known. It moves along with the stream, so that wrapping does no harm.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    rate: RtpClock,
    timestamp: u32,
    at: MediaTime,
    /// How far behind `at` it lies: parts of a sample, as many as the clock has ticks in a second.
    /// Without them a clock that has no whole number of samples in a packet would drift.
    rest: u32,
    /// When the packet with this timestamp arrived.
    arrival: Instant,
}

/// When a packet's sound was recorded, by the sender's clock, and when it arrived, by ours.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub rate: RtpClock,
    pub timestamp: u32,
    pub arrival: Instant,
    /// Whether the sender says that this is the first packet after a silence.
    pub marker: bool,
}

/// What a timestamp says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// There is nothing to compare it with: the packet goes where its arrival puts it.
    Begins(MediaTime),
    /// It fits what went before.
    Follows(MediaTime),
    /// It fits what went before, but arrived long after. Either something held the packet up, or
    /// the sender stopped its clock for a while, and then `arrived` is its place. Those after it
    /// will tell.
    Overdue { at: MediaTime, arrived: MediaTime },
    /// It contradicts what went before: the sender set its clock anew.
    Jumped(MediaTime),
}

impl Timeline {
    /// A timeline that begins at `origin`.
    pub fn new(origin: Instant) -> Self {
        Self {
            origin,
            anchor: None,
            clock: Clock::default(),
        }
    }

    /// The point at which something arrives at `at`.
    pub fn arrival(&self, at: Instant) -> MediaTime {
        let elapsed = at.saturating_duration_since(self.origin);
        MediaTime::from_samples(duration_to_samples(elapsed))
    }

    /// The rate of the clock that timestamps are read by.
    pub fn rate(&self) -> Option<RtpClock> {
        self.anchor.map(|anchor| anchor.rate)
    }

    /// From here on `stamp` means `at`.
    pub fn anchor(&mut self, stamp: Stamp, at: MediaTime) {
        let Stamp {
            rate,
            timestamp,
            arrival,
            ..
        } = stamp;
        let rest = match self.locate_exactly(stamp) {
            Some((located, rest)) if located == signed(at) => rest,
            _ => 0,
        };
        self.anchor = Some(Anchor {
            rate,
            timestamp,
            at,
            rest,
            arrival,
        });
    }

    /// Forgets what timestamps mean: the next are another sender's.
    pub fn forget(&mut self) {
        self.anchor = None;
        self.clock = Clock::default();
    }

    /// Places a packet after `end`, the end of what was heard, of which `missing` samples that came
    /// before the packet may have been lost. The packet before them lasted `packet_len` samples.
    pub fn place(
        &mut self,
        stamp: Stamp,
        end: Option<MediaTime>,
        missing: u64,
        packet_len: u64,
    ) -> Place {
        let arrived = self.arrival(stamp.arrival);
        let Some(end) = end else {
            return Place::Begins(arrived);
        };
        // Where timestamps are of no use the sound goes on, unless it paused by the wall clock.
        let due = end.samples().saturating_add(missing);
        let rejoin = if arrived.samples() > due.saturating_add(PAUSE) {
            arrived
        } else {
            MediaTime::from_samples(due).min(arrived.max(end))
        };
        let Some(at) = self.locate(stamp) else {
            return Place::Begins(rejoin);
        };
        let step = at - signed(end);
        let lag = signed(arrived) - at;
        let backwards = step < -SLACK.cast_signed();
        // Unbroken sound may run ahead of the wall clock, as it cannot be put anywhere else. After
        // a break it can.
        let ahead = step > SLACK.cast_signed() && lag < -WILD;
        if backwards || ahead {
            return Place::Jumped(rejoin);
        }
        // How much silence the timestamp puts before the packet, beyond what may have been lost.
        let silence = step - missing.cast_signed();
        if silence <= SLACK.cast_signed() {
            if missing == 0 {
                self.clock = Clock::AsStated;
            }
        } else if let Some(place) =
            self.contradicted(stamp, due, silence, missing + packet_len, lag)
        {
            return place;
        }
        let at = MediaTime::from_samples(at.max(0).cast_unsigned());
        if lag > WILD {
            Place::Overdue { at, arrived }
        } else {
            Place::Follows(at)
        }
    }

    /// Where a packet belongs whose timestamp says that `silence` samples passed before it, if that
    /// is not so: neither is a packet missing that would explain it, nor did it arrive later by as
    /// much.
    ///
    /// `due` is where the sound goes on, and `sound` how many samples passed since the start of the
    /// packet before.
    fn contradicted(
        &mut self,
        stamp: Stamp,
        due: u64,
        silence: i64,
        sound: u64,
        lag: i64,
    ) -> Option<Place> {
        let anchor = self.anchor?;
        let few = silence <= FAST_STEPS * sound.cast_signed();
        if self.clock != Clock::AsStated && !stamp.marker && few {
            self.clock = Clock::Fast;
            return Some(Place::Follows(MediaTime::from_samples(due)));
        }
        let waited = stamp.arrival.saturating_duration_since(anchor.arrival);
        let paused = duration_to_samples(waited).saturating_sub(sound);
        let leap = !stamp.marker && lag < -LEAP && 2 * paused.cast_signed() < silence;
        if !leap && self.clock != Clock::Fast {
            return None;
        }
        let paused = if paused > PAUSE { paused } else { 0 };
        Some(Place::Jumped(MediaTime::from_samples(due + paused)))
    }

    /// Where a timestamp puts a packet, if the wall clock agrees.
    pub fn agreed(&self, stamp: Stamp) -> Option<MediaTime> {
        let at = self.locate(stamp)?;
        let lag = signed(self.arrival(stamp.arrival)) - at;
        let agrees = (-WILD..=WILD).contains(&lag);
        agrees.then(|| MediaTime::from_samples(at.max(0).cast_unsigned()))
    }

    /// In samples; below zero for timestamps from before the call.
    fn locate(&self, stamp: Stamp) -> Option<i64> {
        self.locate_exactly(stamp).map(|(at, _)| at)
    }

    /// The same, and the parts of a sample beyond that.
    fn locate_exactly(&self, stamp: Stamp) -> Option<(i64, u32)> {
        let anchor = self.anchor.filter(|anchor| anchor.rate == stamp.rate)?;
        let ticks = stamp.timestamp.wrapping_sub(anchor.timestamp).cast_signed();
        let hz = i64::from(anchor.rate.hz());
        let parts = i64::from(ticks) * i64::from(SAMPLE_RATE) + i64::from(anchor.rest);
        let at = signed(anchor.at) + parts.div_euclid(hz);
        Some((at, parts.rem_euclid(hz) as u32))
    }
}

fn signed(at: MediaTime) -> i64 {
    at.samples().cast_signed()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timestamp_is_believed_as_far_as_the_wall_clock_agrees() {
        let ms = MediaTime::from_millis;
        let origin = Instant::now();
        // A timestamp 100 ticks before the wrap lies at 10 s, where 20 ms were heard.
        let base = 0_u32.wrapping_sub(100);
        let end = ms(10_020);
        for (case, after_ms, arrived_ms, missing_ms, place) in [
            (
                "on time, across the wrap",
                20,
                10_030,
                0,
                Place::Follows(ms(10_020)),
            ),
            (
                "late, but not wildly",
                20,
                11_900,
                0,
                Place::Follows(ms(10_020)),
            ),
            ("a rounded step", 17, 10_020, 0, Place::Follows(ms(10_017))),
            (
                "after a pause",
                5_000,
                15_000,
                0,
                Place::Follows(ms(15_000)),
            ),
            (
                "the sender's clock stood still",
                20,
                40_000,
                0,
                Place::Overdue {
                    at: ms(10_020),
                    arrived: ms(40_000),
                },
            ),
            ("far ahead", 60_000, 10_020, 0, Place::Jumped(ms(10_020))),
            (
                "far ahead, after a pause",
                60_000,
                12_000,
                0,
                Place::Jumped(ms(12_000)),
            ),
            ("back", -5_000, 10_050, 0, Place::Jumped(ms(10_020))),
            (
                "back, after a loss",
                -5_000,
                10_050,
                20,
                Place::Jumped(ms(10_040)),
            ),
            (
                "back, after a loss beyond now",
                -5_000,
                10_050,
                9_000,
                Place::Jumped(ms(10_050)),
            ),
        ] {
            let mut timeline = Timeline::new(origin);
            let stamp = |timestamp, arrived_ms| Stamp {
                rate: RtpClock::TELEPHONE,
                timestamp,
                arrival: origin + Duration::from_millis(arrived_ms),
                marker: false,
            };
            timeline.anchor(stamp(base, 10_000), ms(10_000));
            let next = stamp(base.wrapping_add_signed(after_ms * 8), arrived_ms);
            assert_eq!(
                timeline.place(next, Some(end), missing_ms * 16, 320),
                place,
                "{case}"
            );
        }
    }

    #[test]
    fn another_clock_rate_goes_on_where_the_sound_ended_or_after_a_pause() {
        let ms = MediaTime::from_millis;
        let origin = Instant::now();
        let mut timeline = Timeline::new(origin);
        let stamp = |rate, arrived_ms| Stamp {
            rate,
            timestamp: 7,
            arrival: origin + Duration::from_millis(arrived_ms),
            marker: false,
        };
        let first = stamp(RtpClock::TELEPHONE, 500);
        assert_eq!(timeline.place(first, None, 0, 320), Place::Begins(ms(500)));
        timeline.anchor(first, ms(500));
        for (arrived_ms, at) in [(530, 520), (510, 520), (900, 900)] {
            let next = stamp(RtpClock::from_hz(16_000), arrived_ms);
            let place = timeline.place(next, Some(ms(520)), 0, 320);
            assert_eq!(place, Place::Begins(ms(at)), "{arrived_ms}");
        }
    }

    #[test]
    fn a_clock_without_whole_samples_in_a_packet_does_not_drift() {
        let origin = Instant::now();
        let mut timeline = Timeline::new(origin);
        let mut timestamp = u32::MAX - 5_000;
        // 22 050 Hz in packets of 20 ms: 441 ticks are 320 samples, but one packet in two has a
        // tick more or less.
        for n in 0..10_000_u64 {
            let stamp = Stamp {
                rate: RtpClock::from_hz(22_050),
                timestamp,
                arrival: origin + Duration::from_millis(20 * n),
                marker: false,
            };
            let exact = 320 * n + [0, 320][(n % 2) as usize] / 441;
            let end = MediaTime::from_samples(320 * n);
            let at = match timeline.place(stamp, (n > 0).then_some(end), 0, 320) {
                Place::Begins(at) | Place::Follows(at) => at,
                other => panic!("packet {n}: {other:?}"),
            };
            assert_eq!(at.samples(), exact, "packet {n}");
            timeline.anchor(stamp, at);
            timestamp = timestamp.wrapping_add(if n % 2 == 0 { 442 } else { 440 });
        }
    }
}
