//! Which UDP port a leg gets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::MediaConfig;

/// Any port of any address from which somebody at `peer` can be asked.
pub fn any_like(peer: IpAddr) -> SocketAddr {
    match peer {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

/// A port that belongs to a leg, not read yet. May be made on any thread.
pub struct BoundPort(std::net::UdpSocket);

impl BoundPort {
    /// Hands the port to the runtime that reads it; `bind` is what errors speak of.
    pub fn into_async(self, bind: IpAddr) -> Result<LegSocket, NoPort> {
        let io = |error| NoPort::Io(bind, error);
        let address = self.0.local_addr().map_err(io)?;
        let socket = UdpSocket::from_std(self.0).map_err(io)?;
        Ok(LegSocket { socket, address })
    }
}

/// A leg's socket.
pub struct LegSocket {
    socket: UdpSocket,
    address: SocketAddr,
}

impl LegSocket {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next datagram: its length, and who sent it.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.recv_from(buffer).await
    }
}

/// Hands out even ports in turn, so that a port just freed rests before it is used again and late
/// packets of its last call find nobody. Which is the first differs from start to start: whoever
/// still sends to a call of the engine's last life is not taken for the first of this one.
pub struct Ports {
    bind: IpAddr,
    first: u16,
    count: u32,
    receive_buffer: usize,
    next: AtomicU32,
}

/// No socket could be opened.
#[derive(Debug, thiserror::Error)]
pub enum NoPort {
    /// All are in use.
    #[error("all {0} UDP ports for RTP are taken")]
    Taken(u32),
    /// The system refuses.
    #[error("cannot open a UDP socket on {0}: {1}")]
    Io(IpAddr, io::Error),
}

impl Ports {
    pub fn new(config: &MediaConfig) -> Self {
        let (first, count) = config.even_ports();
        let random = getrandom::u32().expect("the system has random numbers");
        Self {
            bind: config.bind,
            first,
            count,
            receive_buffer: config.receive_buffer_bytes,
            next: AtomicU32::new(random % count),
        }
    }

    /// Binds `count` of the next free ports. Asks the system, for which callers on a runtime's
    /// thread should not wait.
    pub fn open(&self, count: usize) -> Result<Vec<BoundPort>, NoPort> {
        (0..count).map(|_| self.next_free()).collect()
    }

    fn next_free(&self) -> Result<BoundPort, NoPort> {
        for _ in 0..self.count {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.count;
            let port = self.first + (turn * 2) as u16;
            match bind(SocketAddr::new(self.bind, port), self.receive_buffer) {
                Ok(socket) => return Ok(BoundPort(socket)),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(NoPort::Io(self.bind, error)),
            }
        }
        Err(NoPort::Taken(self.count))
    }
}

/// Binds an address for RTP, ready for a runtime to read it. The kernel keeps up to `receive_buffer`
/// bytes that have not been read.
pub fn bind(address: SocketAddr, receive_buffer: usize) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // What the system grants of it; too little shows as loss.
    let _ = socket.set_recv_buffer_size(receive_buffer);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
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
        let open: Vec<LegSocket> = ports
            .open(3)
            .expect("free ports")
            .into_iter()
            .map(|port| port.into_async(config.bind).expect("bound"))
            .collect();
        let numbers: Vec<u16> = open.iter().map(|leg| leg.address().port()).collect();
        let turns = [38_402, 38_404, 38_406, 38_402, 38_404];
        assert!(turns.windows(3).any(|turn| turn == numbers), "{numbers:?}");
        assert!(matches!(ports.open(1), Err(NoPort::Taken(3))));
        drop(open);
        assert!(ports.open(1).is_ok());
    }
}
