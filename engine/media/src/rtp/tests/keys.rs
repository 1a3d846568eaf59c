//! Keys that are pressed in the midst of sound.

use super::Kind::{Silence, Sound};
use super::*;

/// Sound from 1 s on, a key of 200 ms at 1.1 s with packets left out, and sound again.
fn press(lost: &[usize]) -> Leg {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu).with_timestamp(u32::MAX - 1_000);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    for (n, packet) in sender.key(101, EVENTS, '5', 200).iter().enumerate() {
        if !lost.contains(&n) {
            leg.push(1_150 + 50 * n.min(3) as u64, packet);
        }
    }
    leg.push_all(1_300, talk(&mut sender, Codec::Pcmu, 10));
    leg.finish();
    leg
}

#[test]
fn a_key_is_told_once_and_its_time_is_silence_whatever_is_lost_of_it() {
    // Of its packets, 0 to 2 tell that the key is down, at 50, 100 and 150 ms, and 3 to 5 that it
    // is up.
    for (case, lost, duration) in [
        ("nothing lost", &[][..], 200),
        ("one end", &[4], 200),
        ("two ends", &[3, 5], 200),
        ("all but the first", &[1, 2, 3, 4, 5], 50),
        ("all but the last", &[0, 1, 2, 3, 4], 200),
        ("all ends", &[3, 4, 5], 150),
    ] {
        let leg = press(lost);
        assert_eq!(leg.keys(), [(1_100, '5', duration)], "{case}");
        let line = leg.timeline();
        assert_eq!(line.first(), Some(&(Sound, 1_000.0, 1_100.0)), "{case}");
        assert_eq!(line.last(), Some(&(Sound, 1_300.0, 1_500.0)), "{case}");
        assert_eq!(leg.stats().lost, lost.len() as u64, "{case}");
        assert_eq!(leg.stats().dtmf, 1, "{case}");
    }
    assert_eq!(press(&[]).losses(), []);
    assert_eq!(press(&[4, 5]).losses(), [], "the end tells how long it was");
}

#[test]
fn a_key_of_which_nothing_more_is_heard_is_told_after_a_while() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    for packet in &sender.key(101, EVENTS, '*', 200)[..2] {
        leg.push(1_200, packet);
    }
    leg.wait(1_399);
    assert_eq!(leg.keys(), []);
    leg.wait(1_400);
    assert_eq!(leg.keys(), [(1_100, '*', 100)]);
}

#[test]
fn keys_may_be_told_in_another_clock_than_the_sound() {
    for (case, payload_type, codec, events_type, events) in [
        ("wide", 96, WIDE, 102, WIDE_EVENTS),
        ("narrow events in wide sound", 96, WIDE, 101, EVENTS),
        (
            "wide events in narrow sound",
            0,
            Codec::Pcmu,
            102,
            WIDE_EVENTS,
        ),
    ] {
        let mut sender = Packetiser::new(1, payload_type, codec);
        let mut leg = Leg::new();
        leg.push_all(1_000, talk(&mut sender, codec, 5));
        for (n, packet) in sender.key(events_type, events, 'D', 100).iter().enumerate() {
            leg.push(1_150 + 50 * n.min(1) as u64, packet);
        }
        leg.push_all(1_200, talk(&mut sender, codec, 5));
        leg.finish();
        assert_eq!(leg.keys(), [(1_100, 'D', 100)], "{case}");
        assert_eq!(
            leg.timeline(),
            [
                (Sound, 1_000.0, 1_100.0),
                (Silence, 1_100.0, 1_200.0),
                (Sound, 1_200.0, 1_300.0)
            ],
            "{case}"
        );
    }
}

#[test]
fn sound_that_is_sent_along_with_a_key_is_heard_without_a_break() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    let next = leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    let down_at = 5 * 160;
    let mut sound = talk(&mut sender.clone().with_timestamp(down_at), Codec::Pcmu, 20).into_iter();
    let mut keys = sender.key(101, EVENTS, '7', 200).into_iter();
    let mut sequence = 5_u16;
    for n in 0..20 {
        let key = if n >= 2 && n % 2 == 0 {
            keys.next()
        } else {
            None
        };
        for mut packet in key.into_iter().chain(sound.next()) {
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            sequence += 1;
            leg.push(next + 20 * n, &packet);
        }
    }
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_500.0)]);
    assert_eq!(leg.keys(), [(1_100, '7', 200)]);
    assert_eq!(leg.stats().lost, 0);
}

#[test]
fn a_number_that_is_dialled_is_told_key_by_key() {
    let mut sender = Packetiser::new(1, 8, Codec::Pcma);
    let mut leg = Leg::new();
    let mut now = leg.push_all(1_000, talk(&mut sender, Codec::Pcma, 5));
    for key in "0044*#".chars() {
        for packet in sender.key(101, EVENTS, key, 60) {
            leg.push(now, &packet);
        }
        now = leg.push_all(now + 60, talk(&mut sender, Codec::Pcma, 2));
    }
    leg.finish();
    let keys: String = leg.keys().iter().map(|(_, key, _)| key).collect();
    assert_eq!(keys, "0044*#");
    assert_eq!(leg.keys()[1].0, 1_200);
    leg.timeline();
}

#[test]
fn a_press_whose_ends_carry_a_new_timestamp_is_one_key() {
    // Ticks that the timestamps of the three ends lie beyond that of the press.
    for (case, beyond) in [
        ("the time of the end", [1_600, 1_600, 1_600]),
        ("the time of each packet", [1_600, 1_760, 1_920]),
    ] {
        let mut sender = Packetiser::new(1, 0, Codec::Pcmu).with_timestamp(u32::MAX - 1_000);
        let mut leg = Leg::new();
        leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
        let mut news = sender.key(101, EVENTS, '5', 200);
        let ends = news.len() - beyond.len();
        for (packet, beyond) in news[ends..].iter_mut().zip(beyond) {
            let timestamp: &mut [u8; 4] = (&mut packet[4..8]).try_into().expect("four bytes");
            *timestamp = (u32::from_be_bytes(*timestamp).wrapping_add(beyond)).to_be_bytes();
        }
        for (n, packet) in news.iter().enumerate() {
            leg.push(1_150 + 50 * n.min(ends) as u64, packet);
        }
        leg.push_all(1_300, talk(&mut sender, Codec::Pcmu, 10));
        leg.finish();
        assert_eq!(leg.keys(), [(1_100, '5', 200)], "{case}");
        assert_eq!(
            leg.timeline(),
            [
                (Sound, 1_000.0, 1_100.0),
                (Silence, 1_100.0, 1_300.0),
                (Sound, 1_300.0, 1_500.0)
            ],
            "{case}"
        );
        assert_eq!((leg.stats().dtmf, leg.stats().lost), (1, 0), "{case}");
    }
}
