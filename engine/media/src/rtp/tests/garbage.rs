//! Whatever the network brings: no panic, no hole in the timeline, no more sound than was sent.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A good stream with everything in it.
fn good() -> Vec<Vec<u8>> {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu)
        .with_sequence(u16::MAX - 20)
        .with_timestamp(u32::MAX - 3_000);
    let mut packets = talk(&mut sender, Codec::Pcmu, 10);
    packets.push(sender.comfort_noise(13, 50));
    sender.pause(1_600);
    packets.extend(talk(&mut sender, Codec::Pcmu, 5));
    packets.extend(sender.key(101, EVENTS, '1', 100));
    sender.switch(96, WIDE);
    packets.extend(talk(&mut sender, WIDE, 10));
    let mut other = Packetiser::new(2, 8, Codec::Pcma).with_sequence(9);
    packets.extend(talk(&mut other, Codec::Pcma, 10));
    packets.push(vec![0x80, 200, 0, 1, 0, 0, 0, 1]);
    packets
}

/// What may be done to a datagram.
#[derive(Clone, Debug)]
enum Harm {
    None,
    Lose,
    Repeat,
    Cut(Index),
    Flip(Index, u8),
    /// In the header, where it hurts.
    FlipHeader(usize, u8),
    Replace(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        6 => Just(Harm::None),
        1 => Just(Harm::Lose),
        1 => Just(Harm::Repeat),
        1 => any::<Index>().prop_map(Harm::Cut),
        1 => (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        3 => (0_usize..12, 0_u8..8).prop_map(|(at, bit)| Harm::FlipHeader(at, bit)),
        1 => vec(any::<u8>(), 0..300).prop_map(Harm::Replace),
    ]
}

fn check(mut leg: Leg, payload_bytes: usize) -> Result<(), TestCaseError> {
    leg.finish();
    leg.timeline();
    let stats = leg.stats();
    let made_up = stats.concealed.as_millis() as usize * 16;
    // The longest sound for a byte is that of G.711: two samples at 16 kHz.
    prop_assert!(leg.sound().len() <= 2 * payload_bytes + made_up);
    let unheard = stats.malformed + stats.rtcp + stats.packets;
    prop_assert!(unheard >= stats.late + stats.duplicated + stats.foreign_ssrc);
    Ok(())
}

/// Two hundred, or more if `PROPTEST_CASES` says so: each is of some hundred datagrams.
fn cases() -> ProptestConfig {
    let cases = ProptestConfig::default().cases;
    ProptestConfig::with_cases(cases.max(200))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_are_survived(
        datagrams in vec((0_u64..200, vec(any::<u8>(), 0..100), any::<bool>()), 0..200)
    ) {
        let mut leg = Leg::new();
        let (mut now, mut bytes) = (0, 0);
        for (later, mut datagram, like_rtp) in datagrams {
            now += later;
            if like_rtp && datagram.len() >= 12 {
                datagram[0] = 0x80;
                datagram[1] = [0, 8, 13, 96, 97, 101, 102][usize::from(datagram[1]) % 7];
                let ssrc = datagram[8] % 2;
                datagram[8..12].fill(ssrc);
                datagram[2] = 0;
            }
            bytes += datagram.len();
            leg.push(now, &datagram);
        }
        check(leg, bytes)?;
    }

    #[test]
    fn any_harm_on_the_way_is_survived(
        harms in vec((harm(), 0_u64..100), 60),
        rounds in 1_usize..4,
    ) {
        let mut leg = Leg::new();
        let (mut now, mut bytes) = (1_000, 0);
        let packets = good().into_iter().cycle().take(rounds * good().len());
        for (mut packet, (harm, delay)) in packets.zip(harms.iter().cycle()) {
            now += 20;
            let mut copies = 1;
            match harm {
                Harm::None => {}
                Harm::Lose => copies = 0,
                Harm::Repeat => copies = 2,
                Harm::Cut(at) => packet.truncate(at.index(packet.len() + 1)),
                Harm::Flip(at, bit) => {
                    let at = at.index(packet.len());
                    packet[at] ^= 1 << bit;
                }
                Harm::FlipHeader(at, bit) => {
 let at = (*at).min(packet.len() - 1);
 packet[at] ^= 1 << bit;
}
                Harm::Replace(bytes) => packet.clone_from(bytes),
            }
            for _ in 0..copies {
                bytes += packet.len();
                leg.push(now, &packet);
            }
            now += delay;
        }
        check(leg, bytes)?;
    }
}

#[test]
fn a_payload_that_nobody_sends_is_refused() {
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let mut leg = Leg::new();
    leg.push(0, &sender.coded(&vec![0; 8_001]));
    leg.finish();
    assert_eq!((leg.stats().malformed, leg.sound().len()), (1, 0));
}

#[test]
fn nobody_listening_takes_bounded_room() {
    let mut leg = Leg::new();
    let mut sender = Packetiser::new(1, 0, Codec::Pcmu);
    let now = leg.origin;
    for packet in talk(&mut sender, Codec::Pcmu, 500) {
        leg.receiver.push(now, address(HOME), &packet);
    }
    assert_eq!(leg.stats().shed, 300);
    leg.finish();
    assert_eq!(leg.sound().len(), 200 * 320);
}
