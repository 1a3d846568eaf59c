//! Clocks of senders that leap, or run at another rate than they state.

use super::Kind::{Silence, Sound};
use super::*;

/// Talks from 1 s on, with the timestamps moved ahead by `ticks` after ten packets.
fn leap(ticks: u32, marked: bool, wait_ms: u64) -> Leg {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu).with_timestamp(u32::MAX - 4_000);
    let voice = voice(160 * 30);
    let mut leg = Leg::new();
    for (n, samples) in (0_u64..).zip(voice.chunks(160)) {
        if n == 10 {
            sender.pause(ticks);
        }
        let mut packet = sender.audio(samples);
        if n == 10 && !marked {
            packet[1] &= 0x7f;
        }
        let wait = if n >= 10 { wait_ms } else { 0 };
        leg.push(1_000 + 20 * n + wait, &packet);
    }
    leg.finish();
    leg
}

#[test]
fn timestamps_that_leap_ahead_in_the_middle_of_a_word_put_no_silence_into_it() {
    for ms in [300, 700, 1_000, 1_500, 1_999] {
        let leg = leap(ms * 8, false, 0);
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_600.0)], "{ms}");
        assert!(
            leg.sound() == unharmed(Codec::Pcmu, &voice(160 * 30)),
            "{ms}"
        );
        assert_eq!(leg.stats().timestamp_jumps, 1, "{ms}");
        assert_eq!(leg.losses(), [], "{ms}");
    }
}

#[test]
fn a_pause_that_the_arrivals_share_or_the_sender_marks_stays_a_pause() {
    for (case, marked, wait_ms) in [
        ("shared, not marked", false, 1_000),
        ("shared and marked", true, 1_000),
        ("shared, with jitter", false, 940),
        ("marked, held up before", true, 0),
    ] {
        let leg = leap(8_000, marked, wait_ms);
        assert_eq!(
            leg.timeline(),
            [
                (Sound, 1_000.0, 1_200.0),
                (Silence, 1_200.0, 2_200.0),
                (Sound, 2_200.0, 2_600.0)
            ],
            "{case}"
        );
        assert_eq!(leg.stats().timestamp_jumps, 0, "{case}");
    }
}

#[test]
fn a_leap_behind_a_lost_packet_leaves_no_more_than_the_loss() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 10));
    talk(&mut sender, Codec::Pcmu, 1);
    sender.pause(8_000);
    let mut rest = talk(&mut sender, Codec::Pcmu, 10);
    rest[0][1] &= 0x7f;
    leg.push_all(1_220, rest);
    leg.finish();
    assert_eq!(leg.losses(), [(1_200, 1_220, 1)]);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_420.0)]);
}

/// Packets of 20 ms whose timestamps move by `step` ticks each.
fn talk_at(sender: &mut Packetiser, step: u32, count: usize) -> Vec<Vec<u8>> {
    voice(160 * count)
        .chunks(160)
        .enumerate()
        .map(|(n, samples)| {
            let mut packet = sender.audio(samples);
            sender.pause(step - 160);
            if n > 0 {
                packet[1] &= 0x7f;
            }
            packet
        })
        .collect()
}

#[test]
fn a_clock_at_twice_its_stated_speed_from_the_start_is_heard_whole() {
    for step in [320, 480] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu).with_timestamp(u32::MAX - 9_000);
        let mut leg = Leg::new();
        leg.push_all(1_000, talk_at(&mut sender, step, 200));
        leg.finish();
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, 5_000.0)], "{step}");
        assert!(
            leg.sound() == unharmed(Codec::Pcmu, &voice(160 * 200)),
            "{step}"
        );
        assert_eq!(leg.losses(), [], "{step}");
    }
}

#[test]
fn a_fast_clock_pauses_for_as_long_as_its_packets_do_and_loses_what_is_lost() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    let next = leg.push_all(1_000, talk_at(&mut sender, 320, 10));
    talk_at(&mut sender, 320, 1);
    let next = leg.push_all(next + 20, talk_at(&mut sender, 320, 10));
    sender.pause(8_000 * 2);
    leg.push_all(next + 1_000, talk_at(&mut sender, 320, 10));
    leg.finish();
    assert_eq!(leg.losses(), [(1_200, 1_220, 1)]);
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_420.0),
            (Silence, 1_420.0, 2_420.0),
            (Sound, 2_420.0, 2_620.0)
        ]
    );
}
