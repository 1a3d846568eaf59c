//! Senders that come, go and start afresh.

use super::Kind::{Silence, Sound};
use super::*;

#[test]
fn another_sender_takes_over_with_all_it_sent() {
    let mut first = Packetiser::new(1, 0, Codec::Pcmu);
    let mut second = Packetiser::new(2, 96, WIDE)
        .with_sequence(40_000)
        .with_timestamp(1 << 31);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut first, Codec::Pcmu, 10));
    leg.push_all(1_500, talk(&mut second, WIDE, 10));
    leg.finish();
    assert_eq!(leg.new_sources(), [1_500]);
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_200.0),
            (Silence, 1_200.0, 1_500.0),
            (Sound, 1_500.0, 1_700.0)
        ]
    );
    assert_eq!(leg.sound()[200 * 16..], unharmed(WIDE, &voice(3_200)));
    assert_eq!(
        (
            leg.stats().ssrc_changes,
            leg.stats().foreign_ssrc,
            leg.stats().lost
        ),
        (1, 0, 0)
    );
}

#[test]
fn time_never_runs_backwards_when_another_sender_takes_over() {
    let mut first = Packetiser::new(1, 0, Codec::Pcmu);
    let mut second = Packetiser::new(2, 0, Codec::Pcmu).with_sequence(7);
    let mut leg = Leg::new();
    // The first runs ahead of the wall clock.
    for packet in talk(&mut first, Codec::Pcmu, 100) {
        leg.push(1_000, &packet);
    }
    leg.push_all(1_200, talk(&mut second, Codec::Pcmu, 20));
    leg.finish();
    assert_eq!(leg.new_sources(), [3_000]);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 3_400.0)]);
}

#[test]
fn a_second_sender_beside_the_first_is_not_heard() {
    let mut first = Packetiser::new(1, 0, Codec::Pcmu);
    let mut second = Packetiser::new(2, 0, Codec::Pcmu).with_sequence(500);
    let mut leg = Leg::new();
    let both =
        talk(&mut first, Codec::Pcmu, 50)
            .into_iter()
            .zip(talk(&mut second, Codec::Pcmu, 50));
    leg.push_all(1_000, both.flat_map(|(a, b)| [a, b]));
    leg.finish();
    assert_eq!(leg.sound(), unharmed(Codec::Pcmu, &voice(50 * 160)));
    assert_eq!(
        (leg.stats().foreign_ssrc, leg.stats().ssrc_changes),
        (50, 0)
    );
    assert!(leg.new_sources().is_empty());
}

#[test]
fn what_still_waited_of_the_old_sender_is_heard_first() {
    let mut first = Packetiser::new(1, 96, WIDE);
    let mut second = Packetiser::new(2, 96, WIDE).with_sequence(500);
    let mut leg = Leg::new();
    let mut packets = talk(&mut first, WIDE, 10);
    packets.remove(8);
    let next = leg.push_all(1_000, packets);
    for packet in talk(&mut second, WIDE, 10) {
        leg.push(next + 200, &packet);
    }
    leg.finish();
    assert_eq!(leg.losses(), [(1_160, 1_180, 1)]);
    assert_eq!(leg.new_sources(), [1_380]);
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_200.0),
            (Silence, 1_200.0, 1_380.0),
            (Sound, 1_380.0, 1_580.0)
        ]
    );
}

#[test]
fn sequence_numbers_that_start_afresh_are_followed() {
    let mut before = Packetiser::new(1, 0, Codec::Pcmu).with_sequence(40_000);
    let mut after = Packetiser::new(1, 0, Codec::Pcmu)
        .with_sequence(3)
        .with_timestamp(3_000_000_000);
    let mut leg = Leg::new();
    let next = leg.push_all(1_000, talk(&mut before, Codec::Pcmu, 10));
    leg.push_all(next, talk(&mut after, Codec::Pcmu, 10));
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_400.0)]);
    assert_eq!(leg.restarts(), [1_200]);
    let stats = leg.stats();
    assert_eq!(
        (stats.sequence_jumps, stats.ssrc_changes, stats.lost),
        (1, 0, 0)
    );
}

#[test]
fn a_long_outage_of_the_same_sender_is_loss() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 10));
    talk(&mut sender, Codec::Pcmu, 5_000);
    leg.push_all(101_200, talk(&mut sender, Codec::Pcmu, 10));
    leg.finish();
    assert_eq!(leg.losses(), [(1_200, 101_200, 5_000)]);
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_260.0),
            (Silence, 1_260.0, 101_200.0),
            (Sound, 101_200.0, 101_400.0)
        ]
    );
    assert!(leg.restarts().is_empty());
    assert_eq!(leg.stats().lost, 5_000);
}

#[test]
fn a_packet_with_a_sequence_number_far_off_disturbs_nothing() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut stray = Packetiser::new(1, 0, Codec::Pcmu).with_sequence(30_000);
    let mut leg = Leg::new();
    let next = leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 10));
    leg.push(next, &stray.audio(&voice(160)));
    // The second ten sound like the first.
    leg.push_all(next, talk(&mut sender, Codec::Pcmu, 10));
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_400.0)]);
    assert_eq!((leg.stats().stray_sequence, leg.stats().lost), (1, 0));
}

#[test]
fn packets_with_the_live_senders_ssrc_from_another_address_are_refused() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut stranger = Packetiser::new(1, 0, Codec::Pcmu);
    // The stranger runs ahead of the sender by two packets.
    talk(&mut stranger, Codec::Pcmu, 2);
    let mine = talk(&mut sender, Codec::Pcmu, 50);
    let theirs: Vec<_> = (0..50).map(|_| stranger.audio(&[0.9; 160])).collect();
    let mut leg = Leg::new();
    for (n, (mine, theirs)) in (0..).zip(mine.iter().zip(&theirs)) {
        assert_eq!(leg.push(1_000 + 20 * n, mine), Received::Media);
        assert_eq!(
            leg.push_from(ELSEWHERE, 1_001 + 20 * n, theirs),
            Received::Other
        );
    }
    leg.finish();
    assert!(leg.sound() == unharmed(Codec::Pcmu, &voice(50 * 160)));
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 2_000.0)]);
    let stats = leg.stats();
    assert_eq!(
        (stats.foreign_address, stats.duplicated, stats.lost),
        (50, 0, 0)
    );
    assert!(leg.new_sources().is_empty());
}

#[test]
fn a_sender_that_moves_to_another_address_is_heard_whole_and_announced() {
    for ssrc in [1, 2] {
        let mut before = Packetiser::new(1, 0, Codec::Pcmu);
        let mut after = Packetiser::new(ssrc, 0, Codec::Pcmu).with_sequence(700);
        let mut leg = Leg::new();
        let moved = leg.push_all(1_000, talk(&mut before, Codec::Pcmu, 10));
        for (n, packet) in (0..).zip(talk(&mut after, Codec::Pcmu, 150)) {
            leg.push_from(ELSEWHERE, moved + 20 * n, &packet);
        }
        leg.finish();
        assert_eq!(leg.new_sources(), [1_200]);
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, 4_200.0)]);
        assert!(leg.sound()[200 * 16..] == unharmed(Codec::Pcmu, &voice(150 * 160)));
        assert_eq!((leg.stats().ssrc_changes, leg.stats().lost), (1, 0));
        assert_eq!(leg.stats().foreign_address, 0);
    }
}

#[test]
fn more_packets_than_the_buffer_holds_are_kept_of_a_sender_that_moves() {
    let mut before = Packetiser::new(1, 0, Codec::Pcmu);
    let mut after = Packetiser::new(2, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut before, Codec::Pcmu, 10));
    // 2.5 s in packets of 10 ms.
    for (n, samples) in (0..).zip(voice(250 * 80).chunks(80)) {
        leg.push_from(ELSEWHERE, 1_200 + 10 * n, &after.audio(samples));
    }
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 3_700.0)]);
    assert_eq!((leg.stats().shed, leg.stats().lost), (0, 0));
}
