//! What a datagram on a media port is: RTP, RTCP or neither.

use rtp_types::RtpPacket;

/// Second bytes that mean RTCP where it shares the port with RTP (RFC 5761 §4).
const RTCP_TYPES: std::ops::RangeInclusive<u8> = 192..=223;
/// An RTCP packet has at least its first word.
const MIN_RTCP_LEN: usize = 4;

/// A datagram, told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Datagram<'a> {
    /// Media.
    Rtp(Packet<'a>),
    /// Reports about media. We are told of them and need none.
    Rtcp,
    /// Neither, or cut short.
    Garbage,
}

/// The parts of an RTP packet that matter to a receiver (RFC 3550 §5.1).
///
/// Contributing sources and header extensions are skipped, padding is taken off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packet<'a> {
    /// How the payload is coded: 0 to 127.
    pub payload_type: u8,
    /// Marks the first packet after a silence; the timestamp tells as much, so we do not rely on
    /// it.
    pub marker: bool,
    /// Counts packets, and wraps.
    pub sequence: u16,
    /// When the payload was recorded, in ticks of its own clock, and wraps.
    pub timestamp: u32,
    /// The sender, by a number that it has chosen.
    pub ssrc: u32,
    /// Coded sound. May be empty.
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Looks at any bytes.
    pub fn parse(bytes: &'a [u8]) -> Self {
        if let [first, kind, ..] = bytes
            && first >> 6 == 2
            && RTCP_TYPES.contains(kind)
            && bytes.len() >= MIN_RTCP_LEN
        {
            return Self::Rtcp;
        }
        let Ok(packet) = RtpPacket::parse(bytes) else {
            return Self::Garbage;
        };
        let start = packet.payload_offset();
        Self::Rtp(Packet {
            payload_type: packet.payload_type(),
            marker: packet.marker_bit(),
            sequence: packet.sequence_number(),
            timestamp: packet.timestamp(),
            ssrc: packet.ssrc(),
            // `RtpPacket::payload` lends from the parsed packet, and this must outlive it.
            payload: &bytes[start..start + packet.payload_len()],
        })
    }
}

#[cfg(test)]
mod tests {
    use rtp_types::RtpPacketBuilder;

    use super::*;

    #[test]
    fn kinds_of_datagrams_are_told_apart() {
        let rtp = [0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        for (case, bytes, kind) in [
            ("sender report", &[0x80, 200, 0, 0][..], Datagram::Rtcp),
            ("receiver report", &[0x81, 201, 0, 7, 0, 0], Datagram::Rtcp),
            ("cut RTCP", &[0x80, 200], Datagram::Garbage),
            ("empty", &[], Datagram::Garbage),
            ("cut header", &rtp[..11], Datagram::Garbage),
            (
                "version 1",
                &[0x40, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
                Datagram::Garbage,
            ),
            (
                "STUN",
                &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0],
                Datagram::Garbage,
            ),
            (
                "more CSRCs than bytes",
                &[0x8f, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
                Datagram::Garbage,
            ),
            (
                "padding longer than the packet",
                &[0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9],
                Datagram::Garbage,
            ),
        ] {
            assert_eq!(Datagram::parse(bytes), kind, "{case}");
        }
    }

    #[test]
    fn only_the_payload_is_left_of_a_packet_with_everything() {
        let bytes = RtpPacketBuilder::<&[u8], &[u8]>::new()
            .payload_type(96)
            .marker_bit(true)
            .sequence_number(0xfffe)
            .timestamp(0xffff_fff0)
            .ssrc(7)
            .add_csrc(1)
            .add_csrc(2)
            .extension(0xbede, &[1, 2, 3, 4])
            .payload(b"sound")
            .padding(4)
            .write_vec()
            .expect("a valid packet");
        let packet = Packet {
            payload_type: 96,
            marker: true,
            sequence: 0xfffe,
            timestamp: 0xffff_fff0,
            ssrc: 7,
            payload: b"sound",
        };
        assert_eq!(Datagram::parse(&bytes), Datagram::Rtp(packet));
    }
}
