//! The other end: RTP packets for tools and tests that play a caller.

use audio_codec::telephone_event::{digit_to_event, dtmf_sequence};
use rtp_types::RtpPacketBuilder;

use super::payloads::Payload;
use crate::audio::codec::{Codec, encode};

/// Makes the packets of one sender. Sequence numbers and timestamps follow what is sent.
#[derive(Clone, Debug)]
pub struct Packetiser {
    ssrc: u32,
    payload_type: u8,
    codec: Codec,
    sequence: u16,
    timestamp: u32,
    /// Whether a silence ends with the next packet.
    marker: bool,
}

impl Packetiser {
    /// A sender that codes its sound with `codec` under `payload_type`, and counts from zero.
    pub fn new(ssrc: u32, payload_type: u8, codec: Codec) -> Self {
        Self {
            ssrc,
            payload_type,
            codec,
            sequence: 0,
            timestamp: 0,
            marker: true,
        }
    }

    /// Counts packets from `sequence` on.
    #[must_use]
    pub fn with_sequence(self, sequence: u16) -> Self {
        Self { sequence, ..self }
    }

    /// Counts time from `timestamp` on.
    #[must_use]
    pub fn with_timestamp(self, timestamp: u32) -> Self {
        Self { timestamp, ..self }
    }

    /// Codes differently from here on, in the same clock unless the codec's rate is another.
    pub fn switch(&mut self, payload_type: u8, codec: Codec) {
        self.payload_type = payload_type;
        self.codec = codec;
    }

    /// The next packet, with `samples` in [-1, 1] at the codec's own rate.
    pub fn audio(&mut self, samples: &[f32]) -> Vec<u8> {
        self.coded(&encode(self.codec, samples))
    }

    /// The next packet, with sound that is coded already.
    pub fn coded(&mut self, payload: &[u8]) -> Vec<u8> {
        let marker = std::mem::take(&mut self.marker);
        let packet = self.packet(self.payload_type, marker, payload);
        let samples = payload.len() / self.codec.bytes_per_sample();
        self.timestamp = self.timestamp.wrapping_add(samples as u32);
        packet
    }

    /// Sends nothing while `ticks` of the clock pass: silence is suppressed.
    pub fn pause(&mut self, ticks: u32) {
        self.timestamp = self.timestamp.wrapping_add(ticks);
        self.marker = true;
    }

    /// The next packet, with comfort noise at `level` dB below full scale (RFC 3389 §3.1).
    pub fn comfort_noise(&mut self, payload_type: u8, level: u8) -> Vec<u8> {
        self.marker = true;
        self.packet(payload_type, false, &[level & 0x7f])
    }

    /// The packets of a key that is held for `duration_ms`, one every 50 ms and the last three
    /// times (RFC 4733 §2.5.1). None if it is no key, or `events` is no telephone event.
    ///
    /// The sound goes on after it.
    pub fn key(
        &mut self,
        payload_type: u8,
        events: Payload,
        key: char,
        duration_ms: u32,
    ) -> Vec<Vec<u8>> {
        let (Payload::TelephoneEvent { rate_hz }, Some(event)) = (events, digit_to_event(key))
        else {
            return Vec::new();
        };
        let packets = dtmf_sequence(event, duration_ms, rate_hz)
            .iter()
            .map(|news| self.packet(payload_type, news.marker, &news.payload))
            .collect();
        self.pause(self.codec.rate().hz() / 1000 * duration_ms);
        packets
    }

    fn packet(&mut self, payload_type: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        let packet = RtpPacketBuilder::<&[u8], &[u8]>::new()
            .payload_type(payload_type & 0x7f)
            .marker_bit(marker)
            .sequence_number(self.sequence)
            .timestamp(self.timestamp)
            .ssrc(self.ssrc)
            .payload(payload)
            .write_vec()
            .expect("a packet without padding or extension is always valid");
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::packet::Datagram;

    /// Payload type, marker, sequence number, timestamp.
    fn header(bytes: &[u8]) -> (u8, bool, u16, u32) {
        match Datagram::parse(bytes) {
            Datagram::Rtp(p) => (p.payload_type, p.marker, p.sequence, p.timestamp),
            other => panic!("{other:?} is no RTP"),
        }
    }

    #[test]
    fn numbers_follow_what_is_sent_and_wrap() {
        let mut sender = Packetiser::new(7, 8, Codec::Pcma)
            .with_sequence(u16::MAX)
            .with_timestamp(u32::MAX - 159);
        assert_eq!(
            header(&sender.audio(&[0.0; 160])),
            (8, true, 65_535, u32::MAX - 159)
        );
        assert_eq!(header(&sender.audio(&[0.0; 80])), (8, false, 0, 0));
        assert_eq!(header(&sender.comfort_noise(13, 60)), (13, false, 1, 80));
        sender.pause(800);
        assert_eq!(header(&sender.audio(&[0.0; 160])), (8, true, 2, 880));
    }

    #[test]
    fn all_packets_of_a_key_share_the_time_it_went_down() {
        let events = Payload::TelephoneEvent { rate_hz: 8_000 };
        let mut sender = Packetiser::new(7, 0, Codec::Pcmu).with_timestamp(100);
        let packets = sender.key(101, events.clone(), '#', 120);
        let headers: Vec<_> = packets.iter().map(|p| header(p)).collect();
        let expected: Vec<_> = (0..5).map(|n| (101, n == 0, n, 100)).collect();
        assert_eq!(headers, expected);
        assert_eq!(header(&sender.audio(&[0.0; 160])), (0, true, 5, 100 + 960));
        assert!(sender.key(101, events, 'x', 120).is_empty());
    }
}
