//! Codecs that keep state, count samples and ticks apart, or make up themselves what was lost.

use super::Kind::Sound;
use super::*;
use crate::audio::decoder::{Decoder, Undecodable};
use crate::audio::encoding::{Encoding, Supported, supported};

/// Counts its packets, and gives each the level of its number in hundredths: one byte for each
/// tick.
struct Counting {
    packets: u16,
    /// Samples for each tick.
    ratio: f64,
}

/// A byte that no packet of [`Counting`] begins with.
const BROKEN: u8 = 0xff;

impl Counting {
    fn boxed(encoding: &Encoding) -> Box<dyn Decoder> {
        let ticks = f64::from(encoding.clock().hz());
        Box::new(Self {
            packets: 0,
            ratio: f64::from(encoding.sample_rate().hz()) / ticks,
        })
    }

    fn level(&self) -> f32 {
        f32::from(self.packets) / 100.0
    }
}

impl Decoder for Counting {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), Undecodable> {
        if payload.first() == Some(&BROKEN) {
            return Err(Undecodable);
        }
        self.packets += 1;
        let samples = (payload.len() as f64 * self.ratio) as usize;
        out.extend(std::iter::repeat_n(self.level(), samples));
        Ok(())
    }

    fn conceal(&mut self, samples: usize, out: &mut Vec<f32>) -> bool {
        out.extend(std::iter::repeat_n(-self.level(), samples));
        true
    }
}

/// A clock of 8 kHz and samples at 16 kHz, as G.722 has them.
static LIKE_G722: Supported = supported(&["COUNT"], 8_000, 1, 16_000, 8_000, Counting::boxed);
/// A clock of 48 kHz, as Opus has it, decoded at 16 and at 48 kHz.
static LIKE_OPUS: Supported = supported(&["COUNT"], 48_000, 2, 16_000, 48_000, Counting::boxed);
static WHOLE_OPUS: Supported = supported(&["COUNT"], 48_000, 2, 48_000, 48_000, Counting::boxed);
/// Fewer samples than ticks, and a rate that is no multiple.
static SLOW: Supported = supported(&["COUNT"], 16_000, 1, 8_000, 16_000, Counting::boxed);
static THREE_HALVES: Supported = supported(&["COUNT"], 8_000, 1, 24_000, 8_000, Counting::boxed);

fn counting(fmtp: &str) -> Payload {
    Payload::Audio(Encoding::of(&LIKE_G722, fmtp))
}

/// The next packets of a sender in [`LIKE_G722`], 20 ms each.
fn packets(sender: &mut Packetiser, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| sender.coded(&[0; 160])).collect()
}

/// A sender in [`LIKE_G722`]: like µ-law it has a byte for each tick.
fn sender(ssrc: u32, payload_type: u8) -> Packetiser {
    Packetiser::new(ssrc, payload_type, Codec::Pcmu)
}

/// The level of each 20 ms that was heard, in hundredths.
fn levels(leg: &Leg) -> Vec<i32> {
    leg.sound()
        .chunks(320)
        .map(|packet| (packet[0] * 100.0).round() as i32)
        .collect()
}

#[test]
fn the_rtp_clock_and_the_sample_rate_need_not_be_the_same() {
    for by in [&LIKE_G722, &LIKE_OPUS, &WHOLE_OPUS, &SLOW, &THREE_HALVES] {
        let encoding = Encoding::of(by, "");
        let ticks = encoding.clock().hz() as usize / 50;
        let case = format!("{encoding:?} at {:?}", encoding.sample_rate());
        let mut leg = Leg::described([(111, Payload::Audio(encoding))]);
        let mut sender = sender(1, 111).with_timestamp(u32::MAX - 5_000);
        let mut next = leg.push_all(1_000, (0..10).map(|_| sender.coded(&vec![0; ticks])));
        // One is lost, and then the sender is silent for 1 s.
        sender.coded(&vec![0; ticks]);
        next = leg.push_all(next + 20, (0..9).map(|_| sender.coded(&vec![0; ticks])));
        sender.pause(50 * ticks as u32);
        leg.push_all(next + 1_000, (0..5).map(|_| sender.coded(&vec![0; ticks])));
        leg.finish();
        assert_eq!(
            leg.timeline(),
            [
                (Sound, 1_000.0, 1_400.0),
                (Kind::Silence, 1_400.0, 2_400.0),
                (Sound, 2_400.0, 2_500.0)
            ],
            "{case}"
        );
        assert_eq!(leg.losses(), [(1_200, 1_220, 1)], "{case}");
        assert!(leg.stats().jitter < Duration::from_micros(1), "{case}");
    }
}

#[test]
fn each_payload_type_of_each_sender_has_a_decoder_that_remembers() {
    let mut leg = Leg::described([(96, counting("")), (97, counting(""))]);
    let mut first = sender(1, 96);
    let mut next = leg.push_all(1_000, packets(&mut first, 3));
    first.switch(97, Codec::Pcmu);
    next = leg.push_all(next, packets(&mut first, 2));
    first.switch(96, Codec::Pcmu);
    next = leg.push_all(next, packets(&mut first, 2));
    let mut second = sender(2, 96);
    next = leg.push_all(next + 300, packets(&mut second, 4));
    // The same one starts afresh, and so does what codes its sound.
    let mut restarted = sender(2, 96).with_sequence(40_000);
    leg.push_all(next, packets(&mut restarted, 3));
    leg.finish();
    assert_eq!(levels(&leg), [1, 2, 3, 1, 2, 4, 5, 1, 2, 3, 4, 1, 2, 3]);
}

#[test]
fn a_description_that_changes_in_mid_call_renews_the_decoders_of_what_changed_alone() {
    let mut leg = Leg::described([(96, counting("")), (97, counting(""))]);
    let mut sender = sender(1, 96);
    let mut next = leg.push_all(1_000, packets(&mut sender, 2));
    sender.switch(97, Codec::Pcmu);
    next = leg.push_all(next, packets(&mut sender, 2));
    let changed = PayloadMap::new([(96, counting("")), (97, counting("mode=2"))]);
    leg.receiver.set_payloads(changed.expect("a valid map"));
    next = leg.push_all(next, packets(&mut sender, 2));
    sender.switch(96, Codec::Pcmu);
    leg.push_all(next, packets(&mut sender, 2));
    leg.finish();
    assert_eq!(levels(&leg), [1, 2, 1, 2, 1, 2, 3, 4]);
}

#[test]
fn what_has_arrived_keeps_its_meaning_when_the_description_changes() {
    let mut leg = Leg::described([(96, counting(""))]);
    let mut sender = sender(1, 96);
    let mut sent = packets(&mut sender, 4).into_iter();
    leg.push(1_000, &sent.next().expect("four"));
    // The second is missing, so that the third waits.
    sent.next();
    leg.push(1_040, &sent.next().expect("four"));
    let changed = PayloadMap::new([(96, counting("mode=2"))]);
    leg.receiver.set_payloads(changed.expect("a valid map"));
    leg.push(1_060, &sent.next().expect("four"));
    leg.finish();
    assert_eq!(levels(&leg), [1, -1, 2, 1]);
}

#[test]
fn a_decoder_that_can_makes_up_what_was_lost() {
    let mut leg = Leg::described([(96, counting(""))]);
    let mut sender = sender(1, 96);
    let mut sent = packets(&mut sender, 8);
    sent.drain(3..5);
    for (packet, ms) in sent.iter().zip([0, 20, 40, 100, 120, 140]) {
        leg.push(1_000 + ms, packet);
    }
    leg.finish();
    assert_eq!(levels(&leg), [1, 2, 3, -3, -3, 4, 5, 6]);
    assert_eq!(leg.losses(), [(1_060, 1_100, 2)]);
    assert_eq!(leg.stats().concealed, Duration::from_millis(40));
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_160.0)]);
}

#[test]
fn a_payload_that_its_decoder_cannot_read_is_counted_and_concealed() {
    let mut leg = Leg::described([(96, counting(""))]);
    let mut sender = sender(1, 96);
    let mut next = leg.push_all(1_000, packets(&mut sender, 2));
    next = leg.push_all(next, [sender.coded(&[BROKEN; 160])]);
    leg.push_all(next, packets(&mut sender, 2));
    leg.finish();
    assert_eq!(levels(&leg), [1, 2, -2, 3, 4]);
    assert_eq!(leg.timeline(), [(Sound, 1_000.0, 1_100.0)]);
    assert_eq!((leg.stats().malformed, leg.stats().lost), (1, 0));
}
