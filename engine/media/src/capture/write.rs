//! The other end: captures for tools and tests, as tcpdump writes them.

use std::net::SocketAddr;
use std::time::Duration;

use etherparse::PacketBuilder;

/// A pcap file that grows.
#[derive(Clone, Debug)]
pub struct Writer(Vec<u8>);

/// Link type of frames that begin with the header of IP.
pub(super) const RAW_IP: u32 = 101;

impl Default for Writer {
    fn default() -> Self {
        Self::of_link(RAW_IP)
    }
}

impl Writer {
    /// A file whose frames are of that link.
    pub(super) fn of_link(link: u32) -> Self {
        let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        file.extend([2, 0, 4, 0]);
        for field in [0, 0, 262_144, link] {
            file.extend(field.to_le_bytes());
        }
        Self(file)
    }

    /// Adds a datagram that was seen `at`, since 1970.
    ///
    /// # Panics
    ///
    /// If one address is of IPv4 and the other of IPv6.
    pub fn udp(&mut self, at: Duration, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
        self.frame(at, &udp(from, to, payload));
    }

    /// Adds a frame.
    pub(super) fn frame(&mut self, at: Duration, frame: &[u8]) {
        for field in [
            at.as_secs() as u32,
            at.subsec_micros(),
            frame.len() as u32,
            frame.len() as u32,
        ] {
            self.0.extend(field.to_le_bytes());
        }
        self.0.extend(frame);
    }

    /// The file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A datagram with its headers from IP on.
pub(super) fn udp(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let ip = match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64)
        }
        (SocketAddr::V6(from), SocketAddr::V6(to)) => {
            PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), 64)
        }
        _ => panic!("{from} and {to} are of two kinds"),
    };
    let mut bytes = Vec::new();
    ip.udp(from.port(), to.port())
        .write(&mut bytes, payload)
        .expect("memory takes all, and a datagram is short enough");
    bytes
}
