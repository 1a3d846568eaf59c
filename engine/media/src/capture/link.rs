//! Headers: frames of any link, down to what UDP and TCP carry.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::defrag::IpDefragPool;
use etherparse::{
    EtherType, LaxNetSlice, LaxSlicedPacket, NetSlice, SlicedPacket, TransportSlice, UdpSlice,
};

use super::Counts;
use super::file::Frame;

/// What UDP carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Datagram<'a> {
    /// Since 1970.
    pub at: Duration,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Cow<'a, [u8]>,
}

/// A piece of what TCP carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment<'a> {
    /// Since 1970.
    pub at: Duration,
    pub from: SocketAddr,
    pub to: SocketAddr,
    /// The place of its first byte.
    pub sequence: u32,
    pub bytes: &'a [u8],
}

/// Packets in pieces that wait for the rest. The oldest give way: there are as many in a flood.
const MOST_IN_PIECES: u64 = 1_000;

/// All datagrams and segments in the order of time. What else there is is counted.
pub fn packets<'a>(
    frames: &[Frame<'a>],
    counts: &mut Counts,
) -> (Vec<Datagram<'a>>, Vec<Segment<'a>>) {
    let (mut datagrams, mut segments) = (Vec::new(), Vec::new());
    let mut pieces = IpDefragPool::<u64, ()>::new();
    let mut piece = 0;
    for frame in frames {
        let Some(network) = network(frame) else {
            *counts.unknown_links.entry(frame.link).or_default() += 1;
            continue;
        };
        if frame.is_cut {
            counts.cut += 1;
            continue;
        }
        let Some(packet) = network.parse() else {
            continue;
        };
        let Some((from, to)) = addresses(&packet) else {
            continue;
        };
        match &packet.transport {
            Some(TransportSlice::Udp(udp)) => datagrams.push(Datagram {
                at: frame.at,
                from: SocketAddr::new(from, udp.source_port()),
                to: SocketAddr::new(to, udp.destination_port()),
                bytes: Cow::Borrowed(udp.payload()),
            }),
            Some(TransportSlice::Tcp(tcp)) if !tcp.payload().is_empty() => segments.push(Segment {
                at: frame.at,
                from: SocketAddr::new(from, tcp.source_port()),
                to: SocketAddr::new(to, tcp.destination_port()),
                sequence: tcp.sequence_number(),
                bytes: tcp.payload(),
            }),
            None if packet
                .ip_payload()
                .is_some_and(|payload| payload.fragmented) =>
            {
                piece += 1;
                pieces.retain(|since| since + MOST_IN_PIECES > piece);
                let Some(whole) = network.whole(&mut pieces, piece) else {
                    continue;
                };
                if let Ok(udp) = UdpSlice::from_slice(&whole) {
                    datagrams.push(Datagram {
                        at: frame.at,
                        from: SocketAddr::new(from, udp.source_port()),
                        to: SocketAddr::new(to, udp.destination_port()),
                        bytes: Cow::Owned(udp.payload().to_vec()),
                    });
                }
            }
            _ => {}
        }
    }
    counts.datagrams = datagrams.len() as u64;
    // Several interfaces are written in turns.
    datagrams.sort_by_key(|datagram| datagram.at);
    segments.sort_by_key(|segment| segment.at);
    (datagrams, segments)
}

/// What a frame carries, and by which header it begins.
enum Network<'a> {
    Ethernet(&'a [u8]),
    Ip(&'a [u8]),
    Of(EtherType, &'a [u8]),
}

/// Takes the link's header off; `None` for a link that is not known.
fn network<'a>(frame: &Frame<'a>) -> Option<Network<'a>> {
    let bytes = frame.bytes;
    let from = |start: usize| bytes.get(start..).unwrap_or_default();
    let ether_type = |at: usize| {
        let number = from(at).first_chunk().copied().unwrap_or_default();
        EtherType(u16::from_be_bytes(number))
    };
    // https://www.tcpdump.org/linktypes.html
    Some(match frame.link {
        1 => Network::Ethernet(bytes),
        // NULL and LOOP: a family that the version of IP tells as well.
        0 | 108 => Network::Ip(from(4)),
        // RAW, as systems number it differently, IPV4 and IPV6.
        12 | 14 | 101 | 228 | 229 => Network::Ip(bytes),
        // LINUX_SLL and LINUX_SLL2.
        113 => Network::Of(ether_type(14), from(16)),
        276 => Network::Of(ether_type(0), from(20)),
        _ => return None,
    })
}

impl<'a> Network<'a> {
    fn parse(&self) -> Option<LaxSlicedPacket<'a>> {
        match *self {
            Self::Ethernet(bytes) => LaxSlicedPacket::from_ethernet(bytes).ok(),
            Self::Ip(bytes) => LaxSlicedPacket::from_ip(bytes).ok(),
            Self::Of(kind, bytes) => Some(LaxSlicedPacket::from_ether_type(kind, bytes)),
        }
    }

    /// What the packet carries whose last piece this is.
    fn whole(&self, pieces: &mut IpDefragPool<u64, ()>, piece: u64) -> Option<Vec<u8>> {
        let packet = match *self {
            Self::Ethernet(bytes) => SlicedPacket::from_ethernet(bytes),
            Self::Ip(bytes) => SlicedPacket::from_ip(bytes),
            Self::Of(kind, bytes) => SlicedPacket::from_ether_type(kind, bytes),
        };
        let packet = packet.ok()?;
        debug_assert!(!matches!(packet.net, Some(NetSlice::Arp(_))));
        let whole = pieces.process_sliced_packet(&packet, piece, ()).ok()??;
        (whole.ip_number == etherparse::IpNumber::UDP).then_some(whole.payload)
    }
}

fn addresses(packet: &LaxSlicedPacket<'_>) -> Option<(IpAddr, IpAddr)> {
    match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            Some((
                header.source_addr().into(),
                header.destination_addr().into(),
            ))
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            Some((
                header.source_addr().into(),
                header.destination_addr().into(),
            ))
        }
        LaxNetSlice::Arp(_) => None,
    }
}
