//! Whatever datagrams come to a fixed port, and whenever, a call begins with three packets of RTP from
//! one sender, gets what comes while it goes on, and ends once nothing has come for as long as it may be
//! idle.
#![expect(
    clippy::disallowed_methods,
    reason = "takes a first moment from the clock and counts from there"
)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use sidetone_doors::line::{Line, Next};
use sidetone_media::rtp::packet::Datagram;

/// Packets of one sender that open a call, and within which time.
const OPENS: (usize, Duration) = (3, Duration::from_secs(2));
/// How long a call may be idle.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
enum Step {
    Datagram(Vec<u8>),
    /// The call is over for a reason of its own.
    Over,
}

/// A packet of RTP, of one of a few senders.
fn rtp() -> impl Strategy<Value = Vec<u8>> {
    let first = prop::sample::select(vec![0x80, 0x90, 0xa0, 0x8f]);
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let (numbers, sender) = (any::<[u8; 6]>(), 0..4_u8);
    (first, 0..=255_u8, numbers, sender, payload).prop_map(
        |(first, kind, numbers, sender, payload)| {
            [&[first, kind][..], &numbers, &[0, 0, 0, sender], &payload].concat()
        },
    )
}

fn step() -> impl Strategy<Value = (Duration, Step)> {
    let step = prop_oneof![
        12 => rtp().prop_map(Step::Datagram),
        1 => (rtp(), any::<prop::sample::Index>()).prop_map(|(mut packet, end)| {
            packet.truncate(end.index(packet.len()));
            Step::Datagram(packet)
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Datagram),
        1 => Just(Step::Over),
    ];
    let later = prop_oneof![8 => 0..40_u64, 1 => 0..3_000_u64, 1 => 0..12_000_u64];
    (later.prop_map(Duration::from_millis), step)
}

/// Two thousand, or more if `PROPTEST_CASES` says so.
fn cases() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(2_000);
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_datagrams_make_calls_that_begin_and_end(steps in prop::collection::vec(step(), 0..80)) {
        let (mut line, mut now) = (Line::new(IDLE), Instant::now());
        // When the last packet of the call came that goes on.
        let mut open: Option<Instant> = None;
        let mut heard: Vec<(Instant, u32)> = Vec::new();
        let mut senders: Vec<u32> = Vec::new();
        // Who was heard in the last call, if that was ended, and when the last of them was.
        let mut ended: Option<(Vec<u32>, Instant)> = None;
        for (later, step) in steps {
            now += later;
            let is_over = open.is_some_and(|last| now >= last + IDLE);
            prop_assert_eq!(line.is_over(now), is_over);
            if is_over {
                open = None;
                heard.clear();
            }
            let Step::Datagram(bytes) = step else {
                line.over();
                if let Some(last) = open.take() {
                    heard.clear();
                    ended = Some((std::mem::take(&mut senders), last));
                }
                prop_assert_eq!(line.deadline(), None);
                continue;
            };
            let Datagram::Rtp(packet) = Datagram::parse(&bytes) else { continue };
            heard.push((now, packet.ssrc));
            match (line.packet(now, packet.ssrc), open) {
                (Next::Pass, Some(_)) => {
                    senders.push(packet.ssrc);
                    open = Some(now);
                }
                (Next::Open, None) => {
                    let (packets, within) = OPENS;
                    let count = heard.iter().filter(|(at, ssrc)| {
                        *ssrc == packet.ssrc && now.duration_since(*at) < within
                    });
                    prop_assert!(count.count() >= packets, "{:?}", heard);
                    if let Some((senders, last)) = ended.take() {
                        let goes_on = senders.contains(&packet.ssrc) && now < last + IDLE;
                        prop_assert!(!goes_on, "a sender of the call before");
                    }
                    senders = vec![packet.ssrc];
                    open = Some(now);
                }
                (Next::Keep | Next::Drop, None) => {}
                (next, open) => prop_assert!(false, "{:?} while open is {:?}", next, open),
            }
            if let Some(last) = open {
                prop_assert_eq!(line.deadline(), Some(last + IDLE));
            }
        }
    }
}
