//! Packets that never come, and clocks that cannot be trusted.

use super::Kind::{Silence, Sound};
use super::*;

/// Sends 30 packets of 20 ms from 1 s on, all but those in `lost`.
fn without(lost: std::ops::Range<usize>) -> Leg {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu)
        .with_sequence(u16::MAX - 10)
        .with_timestamp(u32::MAX - 1_600);
    let mut leg = Leg::new();
    for (n, packet) in talk(&mut sender, Codec::Pcmu, 30).iter().enumerate() {
        if !lost.contains(&n) {
            leg.push(1_000 + 20 * n as u64, packet);
        }
    }
    leg.finish();
    leg
}

#[test]
fn a_short_loss_is_concealed_and_all_else_is_heard() {
    let leg = without(10..12);
    assert_eq!(leg.losses(), [(1_200, 1_240, 2)]);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_600.0)]);
    assert_eq!(leg.stats().lost, 2);
    assert_eq!(leg.stats().concealed, Duration::from_millis(40));
    let (sound, whole) = (leg.sound(), unharmed(Codec::Pcmu, &voice(30 * 160)));
    // The filter reaches 10 ms across, and the first 5 ms after the loss are blended.
    assert_eq!(sound[..190 * 16], whole[..190 * 16]);
    let heard_after = sound[256 * 16..].iter().zip(&whole[256 * 16..]);
    let off = heard_after.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-4, "off by {off}");
}

#[test]
fn a_long_loss_fades_into_silence() {
    let leg = without(10..20);
    assert_eq!(leg.losses(), [(1_200, 1_400, 10)]);
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_260.0),
            (Silence, 1_260.0, 1_400.0),
            (Sound, 1_400.0, 1_600.0)
        ]
    );
    let energy = |from_ms: usize, to_ms: usize| -> f32 {
        leg.sound()[from_ms * 16..to_ms * 16]
            .iter()
            .map(|s| s * s)
            .sum()
    };
    let faded = [(180, 200), (200, 220), (220, 240), (240, 260)].map(|(from, to)| energy(from, to));
    assert!(faded.is_sorted_by(|a, b| a > b), "{faded:?}");
    assert!(faded[3] < 0.1 * faded[0], "{faded:?}");
}

#[test]
fn a_gap_is_given_up_in_time_and_what_comes_later_is_late() {
    let mut sender = Packetiser::new(1, 96, WIDE);
    let mut leg = Leg::new();
    let packets = talk(&mut sender, WIDE, 10);
    for n in [0, 1, 2, 3, 4, 6] {
        leg.push(1_000 + 20 * n as u64, &packets[n]);
    }
    leg.wait(1_179);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_100.0)]);
    leg.wait(1_180);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_140.0)]);
    leg.push(1_181, &packets[5]);
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_140.0)]);
    assert_eq!((leg.stats().lost, leg.stats().late), (1, 1));
}

#[test]
fn a_gap_of_loss_and_suppressed_silence_holds_no_more_loss_than_packets() {
    for (case, lost_packets, paused_ms, losses) in [
        ("loss", 2, 0, vec![(1_100, 1_140, 2)]),
        ("both", 2, 1_000, vec![(1_100, 1_140, 2)]),
        ("silence", 0, 1_000, vec![]),
        ("a step too small for silence", 0, 4, vec![]),
    ] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
        let mut leg = Leg::new();
        let next = leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
        talk(&mut sender, Codec::Pcmu, lost_packets);
        sender.pause(paused_ms * 8);
        let next = next + 20 * lost_packets as u64 + u64::from(paused_ms);
        leg.push_all(next, talk(&mut sender, Codec::Pcmu, 5));
        leg.finish();
        assert_eq!(leg.losses(), losses, "{case}");
        leg.timeline();
    }
}

#[test]
fn a_packet_lost_in_silence_is_the_one_before_the_sound() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    leg.push(1_100, &sender.comfort_noise(13, 60));
    sender.pause(8_000);
    talk(&mut sender, Codec::Pcmu, 1);
    leg.push_all(2_120, talk(&mut sender, Codec::Pcmu, 5));
    leg.finish();
    assert_eq!(leg.losses(), [(2_100, 2_120, 1)]);
    assert_eq!(leg.stats().concealed, Duration::ZERO);
}

#[test]
fn a_clock_set_anew_does_not_move_the_sound_away_from_the_wall_clock() {
    for (case, ticks) in [
        ("ahead", 1_000_000_u32),
        ("back", 0_u32.wrapping_sub(1_000_000)),
        ("back a little", 0_u32.wrapping_sub(800)),
        ("half way round", 0x7fff_ffff),
    ] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
        let mut leg = Leg::new();
        let next = leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
        sender.pause(ticks);
        let next = leg.push_all(next, talk(&mut sender, Codec::Pcmu, 5));
        sender.pause(8_000);
        leg.push_all(next + 1_000, talk(&mut sender, Codec::Pcmu, 5));
        leg.finish();
        assert_eq!(
            leg.timeline(),
            [
                (Sound, 1_000.0, 1_200.0),
                (Silence, 1_200.0, 2_200.0),
                (Sound, 2_200.0, 2_300.0)
            ],
            "{case}"
        );
        assert_eq!(leg.stats().timestamp_jumps, 1, "{case}");
        assert_eq!(leg.losses(), [], "{case}");
    }
}

#[test]
fn a_sender_that_stops_its_clock_is_heard_when_it_is_back() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    leg.push_all(30_000, talk(&mut sender, Codec::Pcmu, 10));
    leg.finish();
    assert_eq!(
        leg.timeline(),
        [
            (Sound, 1_000.0, 1_100.0),
            (Silence, 1_100.0, 30_000.0),
            (Sound, 30_000.0, 30_200.0)
        ]
    );
    assert_eq!(leg.stats().timestamp_jumps, 1);
}

#[test]
fn packets_held_up_on_their_way_are_heard_where_they_belong() {
    // Seconds of delay; beyond four the jitter buffer fills up before the burst has caught up.
    for seconds in [3, 10] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
        let packets = talk(&mut sender, Codec::Pcmu, 50 * seconds + 20);
        let mut leg = Leg::new();
        for (n, packet) in packets.iter().enumerate() {
            let sent = 1_000 + 20 * n as u64;
            let stall = 1_100..1_100 + 1_000 * seconds as u64;
            leg.push(
                if stall.contains(&sent) {
                    stall.end
                } else {
                    sent
                },
                packet,
            );
        }
        leg.finish();
        let end = 1_000.0 + 20.0 * packets.len() as f64;
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, end)], "{seconds} s");
        assert!(
            leg.sound() == unharmed(Codec::Pcmu, &voice(160 * packets.len())),
            "{seconds} s"
        );
        assert_eq!((leg.stats().timestamp_jumps, leg.stats().shed), (0, 0));
    }
}

#[test]
fn of_a_burst_of_four_seconds_nothing_is_shed_and_what_is_missing_is_told() {
    for missing in [None, Some(60)] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
        let mut leg = Leg::new();
        for (n, packet) in (0_u64..).zip(talk(&mut sender, Codec::Pcmu, 230)) {
            // All from the eleventh on come at once, when the 210th is due, as a busy engine would
            // read them.
            let ms = (1_000 + 20 * n).max(if n < 10 { 0 } else { 5_200 });
            if missing != Some(n) {
                leg.push(ms, &packet);
            }
        }
        leg.finish();
        assert_eq!(leg.timeline(), [(Sound, 1_000.0, 5_600.0)], "{missing:?}");
        let lost: Vec<_> = missing
            .map(|n| (1_000 + 20 * n, 1_020 + 20 * n, 1))
            .into_iter()
            .collect();
        assert_eq!(leg.losses(), lost);
        assert_eq!((leg.stats().shed, leg.stats().late), (0, 0), "{missing:?}");
    }
}
