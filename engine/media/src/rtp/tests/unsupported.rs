//! Payload types that nobody described.

use super::Kind::Sound;
use super::*;

#[test]
fn packets_of_a_type_that_nobody_described_are_no_media_and_are_told_by_type() {
    let mut sender = Packetiser::new(1, 99, Codec::Pcmu);
    let mut leg = Leg::new();
    for (n, packet) in (0..).zip(talk(&mut sender, Codec::Pcmu, 450)) {
        assert_eq!(leg.push(20 * n, &packet), Received::Unsupported(99));
    }
    leg.finish();
    assert_eq!(leg.heard, []);
    assert_eq!(leg.stats().unknown_payload, 450);
    let told: Vec<_> = leg.receiver.unsupported().iter().collect();
    assert_eq!(told, [(&99, &450)]);
}

#[test]
fn keep_alives_of_such_a_type_are_no_media() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    for packet in talk(&mut sender, Codec::Pcmu, 5) {
        assert_eq!(leg.push(1_000, &packet), Received::Media);
    }
    sender.switch(20, Codec::Pcmu);
    for n in 0..20 {
        let received = leg.push(1_400 + 400 * n, &sender.coded(&[0]));
        assert_eq!(received, Received::Unsupported(20));
    }
    sender.switch(0, Codec::Pcmu);
    assert_eq!(
        leg.push(9_400, &sender.coded(&[])),
        Received::Other,
        "empty"
    );
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_100.0)]);
}

#[test]
fn a_strangers_payload_types_are_not_told_as_the_senders() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut stranger = Packetiser::new(2, 99, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push_all(1_000, talk(&mut sender, Codec::Pcmu, 5));
    let received = leg.push_from(ELSEWHERE, 1_090, &stranger.audio(&voice(160)));
    assert_eq!(received, Received::Other);
    assert!(leg.receiver.unsupported().is_empty());
}

#[test]
fn payload_types_may_change_their_meaning_in_the_middle_of_a_call() {
    let mut sender = Packetiser::new(1, 97, NARROW);
    let mut leg = Leg::new();
    let next = leg.push_all(1_000, talk(&mut sender, NARROW, 10));
    let payloads = PayloadMap::new([(97, Payload::Audio(Codec::Pcma.into()))]);
    leg.receiver.set_payloads(payloads.expect("a valid map"));
    sender.switch(97, Codec::Pcma);
    leg.push_all(next, talk(&mut sender, Codec::Pcma, 10));
    sender.switch(96, Codec::Pcma);
    assert_eq!(
        leg.push(next + 200, &sender.audio(&voice(160))),
        Received::Unsupported(96),
        "no longer described"
    );
    leg.finish();
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_400.0)]);
}
