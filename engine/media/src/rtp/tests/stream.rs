//! Streams of which nothing is lost: every sample is heard, and at its time.

use proptest::collection::vec;
use proptest::prelude::*;

use super::Kind::{Silence, Sound};
use super::*;

#[test]
fn every_sample_is_heard_in_any_codec_and_packet_size() {
    for (payload_type, codec) in CODECS {
        for tenths_of_ms in [25, 100, 200, 300, 400, 600, 1_234] {
            let len = codec.rate().hz() as usize * tenths_of_ms / 10_000;
            let voice = voice(len * 20 + 7);
            let mut sender = Packetiser::new(1, payload_type, codec)
                .with_sequence(u16::MAX - 5)
                .with_timestamp(u32::MAX - 1_000);
            let mut leg = Leg::new();
            for (n, samples) in voice.chunks(len).enumerate() {
                leg.push(700 + (n * tenths_of_ms / 10) as u64, &sender.audio(samples));
            }
            leg.finish();
            assert!(
                leg.sound() == unharmed(codec, &voice),
                "{codec:?}, {tenths_of_ms}"
            );
            let end = 700.0 + 1000.0 * voice.len() as f64 / f64::from(codec.rate().hz());
            assert_eq!(
                leg.timeline(),
                [(Sound, 700.0, end)],
                "{codec:?}, {tenths_of_ms}"
            );
            assert_eq!(leg.stats().packets, 21);
            assert_eq!(leg.stats().lost, 0);
        }
    }
}

#[test]
fn sound_comes_out_while_the_stream_goes_on() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    let end = leg.push_all(0, talk(&mut sender, Codec::Pcmu, 50));
    let heard = leg.sound().len() as u64 / 16;
    assert!(end - heard <= 30, "{heard} of {end} ms");
}

#[test]
fn suppressed_silence_is_not_loss() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu).with_timestamp(u32::MAX - 900);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    sender.pause(8_000);
    leg.push_all(2_100, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_100.0),
            (Silence, 1_100.0, 2_100.0),
            (Sound, 2_100.0, 2_200.0)
        ]
    );
    let mut expected = unharmed(Codec::Pcmu, &voice(800));
    expected.extend_from_within(..);
    assert_eq!(leg.sound(), expected);
    assert_eq!(leg.losses(), []);
    assert_eq!(leg.stats().timestamp_jumps, 0);
}

#[test]
fn silence_is_told_up_to_each_comfort_noise_and_the_next_sound() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    leg.push(1_100, &sender.comfort_noise(13, 60));
    sender.pause(1_600);
    leg.push(1_300, &sender.comfort_noise(13, 62));
    assert_eq!(
        leg.timeline(),
        [(Sound, 1_000.0, 1_100.0), (Silence, 1_100.0, 1_300.0)]
    );
    sender.pause(1_600);
    leg.push_all(1_500, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_100.0),
            (Silence, 1_100.0, 1_500.0),
            (Sound, 1_500.0, 1_600.0)
        ]
    );
    assert_eq!((leg.stats().comfort_noise, leg.stats().lost), (2, 0));
}

#[test]
fn a_stream_may_begin_with_comfort_noise() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push(500, &sender.comfort_noise(13, 60));
    sender.pause(4_000);
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(
        leg.timeline(),
        [(Silence, 500.0, 1_000.0), (Sound, 1_000.0, 1_100.0)]
    );
}

#[test]
fn the_codec_may_change_on_the_way() {
    for (case, from, to) in [
        ("law", (0, Codec::Pcmu), (8, Codec::Pcma)),
        ("to wide band", (0, Codec::Pcmu), (96, WIDE)),
        ("to narrow band", (96, WIDE), (97, NARROW)),
    ] {
        let mut sender = Packetiser::new(1, from.0, from.1).with_timestamp(u32::MAX - 300);
        let mut leg = Leg::new();
        let next = leg.push_all(1_000, talk(&mut sender, from.1, 10));
        sender.switch(to.0, to.1);
        leg.push_all(next, talk(&mut sender, to.1, 10));
        leg.finish();
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_400.0)], "{case}");
        assert_eq!(
            (leg.stats().lost, leg.stats().timestamp_jumps),
            (0, 0),
            "{case}"
        );
    }
}

#[test]
fn packets_of_unknown_type_are_no_loss() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    sender.switch(99, Codec::Pcmu);
    leg.push(1_100, &sender.coded(&[1, 2, 3, 4]));
    sender.switch(0, Codec::Pcmu);
    sender.pause(156);
    leg.push_all(1_120, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_100.0),
            (Silence, 1_100.0, 1_120.0),
            (Sound, 1_120.0, 1_220.0)
        ]
    );
    assert_eq!((leg.stats().unknown_payload, leg.stats().lost), (1, 0));
}

#[test]
fn empty_packets_keep_a_port_open_and_nothing_else() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    leg.push(1_100, &sender.coded(&[]));
    leg.push_all(1_100, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_200.0)]);
}

#[test]
fn timestamps_that_step_unevenly_break_no_sound() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    let packets = (0..10).map(|n| {
        let packet = sender.audio(&voice(160));
        if n % 2 == 0 {
            sender.pause(8);
        } else {
            sender.pause(0_u32.wrapping_sub(8));
        }
        packet
    });
    let packets: Vec<_> = packets.collect();
    leg.push_all(1_000, packets);
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_200.0)]);
    assert_eq!(leg.stats().timestamp_jumps, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(64)))]

    #[test]
    fn what_is_heard_does_not_depend_on_when_and_how_often_packets_arrive(
        ways in vec((0_u64..60, proptest::option::weighted(0.1, 0_u64..60)), 1..60),
        sequence: u16,
        timestamp: u32,
    ) {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu)
            .with_sequence(sequence)
            .with_timestamp(timestamp);
        let packets = talk(&mut sender, Codec::Pcmu, ways.len());
        let mut arrivals = Vec::new();
        let mut twice = 0;
        for (n, (&(delay, again), packet)) in (0..).zip(ways.iter().zip(&packets)) {
            arrivals.push((500 + 20 * n + delay, packet));
            if let Some(again) = again {
                twice += 1;
                arrivals.push((500 + 20 * n + delay + again, packet));
            }
        }
        arrivals.sort_by_key(|&(ms, _)| ms);
        let mut leg = Leg::new();
        for (ms, packet) in arrivals {
            leg.push(ms, packet);
        }
        leg.finish();

        prop_assert!(leg.sound() == unharmed(Codec::Pcmu, &voice(160 * ways.len())));
        let begins = 500.0 + ways[0].0 as f64;
        let ends = begins + 20.0 * ways.len() as f64;
        prop_assert_eq!(leg.timeline(), [(Sound, begins, ends)]);
        prop_assert_eq!((leg.stats().lost, leg.stats().duplicated), (0, twice));
    }
}
