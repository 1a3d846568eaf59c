//! Which UDP port a leg gets.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::config::MediaConfig;

/// Hands out even ports in turn, so that a port just freed rests before it is used again and late
/// packets of its last call find nobody.
pub(crate) struct Ports {
    bind: IpAddr,
    first: u16,
    count: u32,
    receive_buffer: usize,
    next: AtomicU32,
}

/// No socket could be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPort {
    /// All are in use.
    #[error("all {0} UDP ports for RTP are taken")]
    Taken(u32),
    /// The system refuses.
    #[error("cannot open a UDP socket on {0}: {1}")]
    Io(IpAddr, io::Error),
}

impl Ports {
    pub fn new(config: &MediaConfig) -> Self {
        let first = config.port_min.saturating_add(config.port_min % 2);
        let count = u32::from(config.port_max).saturating_sub(first.into()) / 2 + 1;
        Self {
            bind: config.bind,
            first,
            count,
            receive_buffer: config.receive_buffer_bytes,
            next: AtomicU32::new(0),
        }
    }

    /// Opens a socket on the next free port.
    pub fn open(&self) -> Result<UdpSocket, NoPort> {
        for _ in 0..self.count {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.count;
            let port = self.first + (turn * 2) as u16;
            match self.bind(port) {
                Ok(socket) => return Ok(socket),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(NoPort::Io(self.bind, error)),
            }
        }
        Err(NoPort::Taken(self.count))
    }

    fn bind(&self, port: u16) -> io::Result<UdpSocket> {
        let address = SocketAddr::new(self.bind, port);
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        // What the system grants of it; too little shows as loss.
        let _ = socket.set_recv_buffer_size(self.receive_buffer);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        UdpSocket::from_std(socket.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ports_are_even_taken_in_turn_and_come_to_an_end() {
        let config = MediaConfig {
            port_min: 38_401,
            port_max: 38_407,
            ..MediaConfig::default()
        };
        let ports = Ports::new(&config);
        let open: Vec<UdpSocket> = (0..3).map(|_| ports.open().expect("a free port")).collect();
        let numbers: Vec<u16> = open
            .iter()
            .map(|s| s.local_addr().expect("bound").port())
            .collect();
        assert_eq!(numbers, [38_402, 38_404, 38_406]);
        assert!(matches!(ports.open(), Err(NoPort::Taken(3))));
        drop(open);
        assert!(ports.open().is_ok());
    }
}
