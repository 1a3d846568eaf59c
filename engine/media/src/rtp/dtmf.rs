//! Pressed keys, from telephone events (RFC 4733).

use std::time::{Duration, Instant};

use audio_codec::telephone_event::{DtmfEvent, event_to_digit};

use sidetone_types::time::MediaTime;

/// After so long without news a key is up. Senders tell every 20 to 50 ms that it is still down.
const NEWS: Duration = Duration::from_millis(200);
/// How long sound must have been back before the end of a press counts as lost. Some senders send
/// sound along with a press.
const OVERLAP: Duration = Duration::from_millis(60);
/// How far the timestamp of a packet of the same press may lie beyond the press's own duration,
/// with senders that stamp each packet, or the last ones, with the time at which they were sent.
/// Less than the pause between two keys (ITU-T Q.24: 40 ms at least, 65 ms as a rule).
const STAMP_SLACK: Duration = Duration::from_millis(40);
/// The last event that is a key (RFC 4733 §3.2).
const LAST_KEY: u8 = 15;

/// Collects the packets of each press.
#[derive(Debug, Default)]
pub struct DtmfReceiver {
    down: Option<Press>,
    /// The timestamp of the latest press, which all its packets share with most senders.
    latest: Option<u32>,
    /// How the latest press ended, to know repeated ends by that come under timestamps of their
    /// own.
    ended: Option<Ended>,
    down_until: MediaTime,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    event: u8,
    ticks: u16,
    seen: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    event: u8,
    /// The timestamp of its first packet.
    timestamp: u32,
    at: MediaTime,
    rate_hz: u32,
    /// Ticks in earlier segments of a press longer than a segment can tell.
    before: u64,
    ticks: u16,
    seen: Instant,
}

/// A key that is up again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pressed {
    pub at: MediaTime,
    pub key: char,
    pub duration: Duration,
}

impl DtmfReceiver {
    /// Whether a packet stamped `timestamp`, in a clock of `rate_hz`, goes on with the latest
    /// press.
    pub fn knows(&self, event: &DtmfEvent, timestamp: u32, rate_hz: u32, arrival: Instant) -> bool {
        self.latest == Some(timestamp)
            || self.is_next_segment(timestamp)
            || self.is_same_press(event, timestamp, rate_hz)
            || self.is_repeated_end(event, arrival)
    }

    /// A packet tells of an event that began at `at`. Tells of the keys that went up: the one
    /// before, whose end was lost, and this one.
    pub fn on_event(
        &mut self,
        event: DtmfEvent,
        timestamp: u32,
        rate_hz: u32,
        at: MediaTime,
        arrival: Instant,
    ) -> [Option<Pressed>; 2] {
        let mut before = None;
        if self.is_next_segment(timestamp) {
            if let Some(press) = &mut self.down {
                press.before += u64::from(u16::MAX);
                press.ticks = 0;
            }
        } else if !self.knows(&event, timestamp, rate_hz, arrival) {
            before = self.release();
            self.down = Some(Press {
                event: event.event,
                timestamp,
                at,
                rate_hz,
                before: 0,
                ticks: 0,
                seen: arrival,
            });
        }
        self.latest = Some(timestamp);
        if let Some(press) = &mut self.down {
            press.ticks = press.ticks.max(event.duration);
            press.seen = arrival;
            self.down_until = press.at + press.duration();
        }
        if event.end {
            self.ended = Some(Ended {
                event: event.event,
                ticks: event.duration,
                seen: arrival,
            });
            return [before, self.release()];
        }
        [before, None]
    }

    /// Until when the latest key was down, as far as we were told; it may be down still.
    pub fn down_until(&self) -> MediaTime {
        self.down_until
    }

    /// Sound is back at `at`. A key that was up before then is told of, if the news of it was lost.
    pub fn on_sound(&mut self, at: MediaTime) -> Option<Pressed> {
        if at >= self.down_until + OVERLAP {
            self.release()
        } else {
            None
        }
    }

    /// A key of which there is no news is up.
    pub fn poll(&mut self, now: Instant) -> Option<Pressed> {
        let due = self.deadline().is_some_and(|deadline| now >= deadline);
        if due { self.release() } else { None }
    }

    /// When `poll` may have more to say even if no packet comes.
    pub fn deadline(&self) -> Option<Instant> {
        self.down.map(|press| press.seen + NEWS)
    }

    /// No more news will come: a key that is down is up.
    pub fn release(&mut self) -> Option<Pressed> {
        let press = self.down.take()?;
        // A hook flash or a fax tone is an event too.
        (press.event <= LAST_KEY).then(|| Pressed {
            at: press.at,
            key: event_to_digit(press.event),
            duration: press.duration(),
        })
    }

    /// Forgets the latest press: the next are another sender's.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether a packet under a timestamp of its own tells of the press that is down: the press has
    /// only grown, and by no more than the time that the timestamp adds. Another press of the same
    /// key begins later, and short.
    fn is_same_press(&self, event: &DtmfEvent, timestamp: u32, rate_hz: u32) -> bool {
        let slack = (u128::from(rate_hz) * STAMP_SLACK.as_millis() / 1000) as u32;
        self.down.is_some_and(|press| {
            let later = timestamp.wrapping_sub(press.timestamp);
            press.event == event.event
                && event.duration >= press.ticks
                && later <= u32::from(event.duration) + slack
        })
    }

    /// Whether it is the end of the latest press once more, under a timestamp of its own.
    fn is_repeated_end(&self, event: &DtmfEvent, arrival: Instant) -> bool {
        event.end
            && self.down.is_none()
            && self.ended.is_some_and(|ended| {
                ended.event == event.event
                    && ended.ticks == event.duration
                    && arrival.saturating_duration_since(ended.seen) < NEWS
            })
    }

    /// A press longer than 65 535 ticks goes on under a new timestamp (RFC 4733 §2.5.1.3).
    fn is_next_segment(&self, timestamp: u32) -> bool {
        self.down.is_some_and(|press| press.ticks == u16::MAX)
            && self.latest.map(|t| t.wrapping_add(u32::from(u16::MAX))) == Some(timestamp)
    }
}

impl Press {
    fn duration(&self) -> Duration {
        let ticks = self.before + u64::from(self.ticks);
        Duration::from_nanos(ticks.saturating_mul(1_000_000_000) / u64::from(self.rate_hz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: MediaTime = MediaTime::from_millis(500);

    fn news(event: u8, ms: u16, end: bool) -> DtmfEvent {
        DtmfEvent {
            event,
            end,
            volume: 10,
            duration: ms * 8,
        }
    }

    /// Feeds (event, timestamp, ms, end), 20 ms apart, and collects keys and their milliseconds.
    fn press(dtmf: &mut DtmfReceiver, packets: &[(u8, u32, u16, bool)]) -> Vec<(char, u128)> {
        let start = Instant::now();
        (0_u32..)
            .zip(packets)
            .flat_map(|(n, &(event, timestamp, ms, end))| {
                let arrival = start + Duration::from_millis(20) * n;
                let event = news(event, ms, end);
                let up = dtmf.on_event(event, timestamp, 8_000, AT, arrival);
                up.into_iter()
                    .flatten()
                    .map(|p| (p.key, p.duration.as_millis()))
            })
            .collect()
    }

    #[test]
    fn a_press_is_told_once_whatever_is_lost_of_it() {
        for (case, packets, pressed) in [
            (
                "complete",
                &[
                    (5, 9, 20, false),
                    (5, 9, 40, false),
                    (5, 9, 60, true),
                    (5, 9, 60, true),
                    (5, 9, 60, true),
                ][..],
                vec![('5', 60)],
            ),
            ("one end only", &[(5, 9, 60, true)], vec![('5', 60)]),
            (
                "no end, another key",
                &[(1, 9, 40, false), (11, 999, 50, true)],
                vec![('1', 40), ('#', 50)],
            ),
            (
                "the same key twice",
                &[(1, 9, 40, true), (1, 999, 50, true)],
                vec![('1', 40), ('1', 50)],
            ),
            (
                "news after the end",
                &[(1, 9, 40, true), (1, 9, 30, false)],
                vec![('1', 40)],
            ),
            (
                "ends under a new timestamp",
                &[
                    (5, 9, 20, false),
                    (5, 9, 40, false),
                    (5, 9 + 480, 60, true),
                    (5, 9 + 480, 60, true),
                    (5, 9 + 480, 60, true),
                ],
                vec![('5', 60)],
            ),
            (
                "each end under a timestamp of its own",
                &[
                    (5, 9, 20, false),
                    (5, 9, 40, false),
                    (5, 9 + 480, 60, true),
                    (5, 9 + 640, 60, true),
                    (5, 9 + 800, 60, true),
                ],
                vec![('5', 60)],
            ),
            (
                "each packet under a timestamp of its own",
                &[
                    (5, 9, 20, false),
                    (5, 9 + 160, 40, false),
                    (5, 9 + 320, 60, true),
                ],
                vec![('5', 60)],
            ),
            (
                "the same key twice, the first without an end",
                &[
                    (1, 9, 20, false),
                    (1, 9, 60, false),
                    (1, 9 + 960, 20, false),
                    (1, 9 + 960, 60, true),
                ],
                vec![('1', 60), ('1', 60)],
            ),
            (
                "the same key twice, of the second only its ends",
                &[
                    (1, 9, 20, false),
                    (1, 9, 60, true),
                    (1, 9 + 960, 80, true),
                    (1, 9 + 960, 80, true),
                ],
                vec![('1', 60), ('1', 80)],
            ),
            ("no end yet", &[(1, 9, 40, false)], vec![]),
            ("a hook flash", &[(16, 9, 40, true)], vec![]),
        ] {
            assert_eq!(
                press(&mut DtmfReceiver::default(), packets),
                pressed,
                "{case}"
            );
        }
    }

    #[test]
    fn every_key_has_its_sign() {
        let keys: String = (0..16)
            .flat_map(|event| press(&mut DtmfReceiver::default(), &[(event, 9, 40, true)]))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(keys, "0123456789*#ABCD");
    }

    #[test]
    fn a_long_press_goes_on_in_the_next_segment() {
        let mut dtmf = DtmfReceiver::default();
        let now = Instant::now();
        let long = DtmfEvent {
            duration: u16::MAX,
            ..news(7, 0, false)
        };
        assert_eq!(dtmf.on_event(long, 100, 8_000, AT, now), [None, None]);
        let next = 100 + u32::from(u16::MAX);
        assert!(dtmf.knows(&news(7, 0, false), next, 8_000, now));
        let [_, up] = dtmf.on_event(news(7, 1_000, true), next, 8_000, AT, now);
        assert_eq!(
            up.map(|up| up.duration.as_millis()),
            Some(65_535 / 8 + 1_000)
        );
    }

    #[test]
    fn a_key_goes_up_when_there_is_no_news_or_sound_is_back() {
        let now = Instant::now();
        let up = Pressed {
            at: AT,
            key: '3',
            duration: Duration::from_millis(100),
        };
        let mut dtmf = DtmfReceiver::default();
        let down = news(3, 100, false);
        assert_eq!(dtmf.on_event(down, 9, 8_000, AT, now), [None, None]);
        assert_eq!(dtmf.deadline(), Some(now + NEWS));
        assert_eq!(dtmf.poll(now), None);
        assert_eq!(
            dtmf.on_sound(MediaTime::from_millis(620)),
            None,
            "sent along with the press"
        );
        assert_eq!(dtmf.poll(now + NEWS), Some(up));
        assert_eq!(dtmf.poll(now + NEWS), None);

        let mut dtmf = DtmfReceiver::default();
        let down = news(3, 100, false);
        assert_eq!(dtmf.on_event(down, 9, 8_000, AT, now), [None, None]);
        assert_eq!(dtmf.on_sound(MediaTime::from_millis(660)), Some(up));
        assert_eq!(dtmf.deadline(), None);
    }
}
