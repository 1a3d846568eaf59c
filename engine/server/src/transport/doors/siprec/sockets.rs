//! SIP messages from the network, each taken as it comes, bounded in length and number.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rsipstack::platform::mpsc::unbounded_channel;
use rsipstack::sip::{SipMessage, Transport};
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::stream::{SipCodec, SipCodecType};
use rsipstack::transport::udp::{UdpConnection, UdpInner};
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Decoder as _;
use tracing::debug;

use super::Sip;
use crate::tls::Reloading;
use crate::transport::listener::{AFTER_REFUSAL, ALL_TAKEN, prepare};
use crate::transport::peer::Peer;

/// Longest datagram.
const LONGEST: usize = 64 * 1024;
/// Messages to a connection that are not written yet. Whoever has more waits.
const UNWRITTEN: usize = 64;
/// A connection without a message at its beginning, one in the middle of a message, or that does not
/// read, is given up after this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that says nothing more is, after this long: clients keep theirs for all of their calls, and ask
/// for OPTIONS each minute or so.
const IDLE: Duration = Duration::from_secs(3_600);
/// What is answered to an empty line twice (RFC 5626 §4.4.1).
const PONG: &[u8] = b"\r\n";

/// How often a port is looked for that is free for both, if any will do.
const TRIES: usize = 16;

/// Binds an address for datagrams and for connections. Port 0 is any, the same for both.
pub(super) async fn bind(listen: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    for _ in 1..TRIES {
        let datagrams = UdpSocket::bind(listen).await?;
        let connections = TcpListener::bind(datagrams.local_addr()?).await;
        match connections {
            Err(error) if listen.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            connections => return Ok((datagrams, connections?)),
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// A socket whose answers go to IPv4 as well where it is one of IPv6.
struct Datagrams(Arc<UdpSocket>);

#[async_trait]
impl rsipstack::platform::net::UdpSocket for Datagrams {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        Ok(self.0.recv_from(buffer).await?)
    }

    async fn send_to(&self, bytes: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        let to = match (self.0.local_addr()?.ip(), to.ip()) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => {
                SocketAddr::new(ip.to_ipv6_mapped().into(), to.port())
            }
            _ => to,
        };
        Ok(self.0.send_to(bytes, to).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }
}

/// Takes datagrams until the door is closed.
pub(super) async fn datagrams(sip: Sip, socket: Arc<UdpSocket>, local: SocketAddr) {
    let inner = UdpInner {
        conn: Arc::new(Datagrams(socket.clone())),
        addr: address(local, Transport::Udp),
    };
    let connection = SipConnection::Udp(UdpConnection::attach(inner, None, None).await);
    let mut buffer = vec![0; LONGEST];
    loop {
        let received = tokio::select! {
            () = sip.closed.cancelled() => return,
            received = socket.recv_from(&mut buffer) => received,
        };
        match received {
            Ok((length, from)) => {
                let datagram = &mut buffer[..length];
                // Keeps a way through NAT open, and is not answered: two that answer each other would
                // go on for good.
                if datagram.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                make_head_plain(datagram);
                match SipMessage::try_from(&*datagram) {
                    Ok(message) => sip.take(message, (from, Transport::Udp), &connection).await,
                    Err(error) => sip.garbled(from, &error.to_string()),
                }
            }
            // As where somebody whom we have answered is gone.
            Err(_) => sleep(AFTER_REFUSAL).await,
        }
    }
}

/// Takes connections until the door is closed.
pub(super) async fn connections(sip: Sip, socket: TcpListener, tls: Option<Arc<Reloading>>) {
    loop {
        let accepted = tokio::select! {
            () = sip.closed.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        let Ok((stream, from)) = accepted else {
            // For want of descriptors, for instance.
            sleep(AFTER_REFUSAL).await;
            continue;
        };
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        // Closed at once where all are taken: it may try another engine.
        let Ok(place) = sip.door.places.clone().try_acquire_owned() else {
            sip.door.api.crowded(ALL_TAKEN);
            continue;
        };
        sip.door.seen().connected();
        prepare(&stream);
        let (here, tls) = (sip.clone(), tls.clone());
        sip.connections.spawn(async move {
            match tls {
                None => here.stream(stream, (from, Transport::Tcp)).await,
                Some(tls) => {
                    let shaken = tokio::select! {
                        () = here.closed.cancelled() => return,
                        shaken = timeout(PATIENCE, tls.acceptor().accept(stream)) => shaken,
                    };
                    match shaken {
                        Ok(Ok(stream)) => {
                            let shown = stream.get_ref().1.peer_certificates();
                            let shown = shown.and_then(|chain| chain.first().cloned());
                            let peer = Peer::at(from).over_tls(shown);
                            here.certificates().insert(from, peer.names);
                            here.clone().stream(stream, (from, Transport::Tls)).await;
                            here.certificates().remove(&from);
                        }
                        // Somebody has looked whether we are here, and gone, as `sidetone doctor` does.
                        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                        Ok(Err(error)) => here.garbled(from, &error.to_string()),
                        Err(_) => here.garbled(from, "no TLS within 10 s"),
                    }
                }
            }
            drop(place);
        });
    }
}

impl Sip {
    /// Serves a connection to its end.
    async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: S,
        (from, transport): (SocketAddr, Transport),
    ) {
        if let Some(connection) = connection(address(from, transport)).await {
            self.serve(stream, (from, transport), connection).await;
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        mut stream: S,
        (from, transport): (SocketAddr, Transport),
        (connection, unwritten): Unwritten,
    ) {
        self.streams().insert(from, connection.clone());
        let (read, write) = tokio::io::split(&mut stream);
        let (pong, pongs) = mpsc::channel(1);
        tokio::select! {
            () = self.closed.cancelled() => {}
            () = self.read(read, (from, transport), &connection, pong) => {}
            // It is of no use any more.
            written = write_all(write, unwritten, pongs) => if let Err(error) = written {
                debug!(%from, %error, "a SIP connection does not take what it is sent");
            },
        }
        self.streams().remove(&from);
    }

    /// The connection over which a request goes to `hop`: the last one, or, once that has gone, another
    /// that is open or is made now. Over TLS none is made: clients are known by their own connections.
    pub(super) async fn way(self, last: SipConnection, hop: SipAddr) -> Option<SipConnection> {
        let SipConnection::Channel(channel) = &last else {
            return Some(last);
        };
        let is_open = |at: &SocketAddr| self.streams().get(at).cloned();
        if let Some(open) = is_open(&channel.get_addr().get_socketaddr().ok()?) {
            return Some(open);
        }
        let to = hop.get_socketaddr().ok()?;
        match is_open(&to) {
            None if hop.r#type == Some(Transport::Tcp) => self.dial(to).await,
            open => open,
        }
    }

    async fn dial(&self, to: SocketAddr) -> Option<SipConnection> {
        let place = self.door.places.clone().try_acquire_owned().ok()?;
        let stream = timeout(PATIENCE, TcpStream::connect(to)).await.ok()?.ok()?;
        prepare(&stream);
        let made = connection(address(to, Transport::Tcp)).await?;
        let (here, connection) = (self.clone(), made.0.clone());
        self.connections.spawn(async move {
            here.serve(stream, (to, Transport::Tcp), made).await;
            drop(place);
        });
        Some(connection)
    }

    /// The names of the certificates that clients have shown.
    pub(super) fn certificates(&self) -> MutexGuard<'_, HashMap<SocketAddr, Arc<[String]>>> {
        self.certificates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<SocketAddr, SipConnection>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read<R: AsyncRead + Unpin>(
        &self,
        mut stream: R,
        (from, transport): (SocketAddr, Transport),
        connection: &SipConnection,
        pong: mpsc::Sender<()>,
    ) {
        let (mut codec, mut buffer) = (SipCodec::new(), BytesMut::new());
        let (mut end, mut is_within) = (Instant::now() + PATIENCE, false);
        let mut has_spoken = false;
        loop {
            match timeout_at(end, stream.read_buf(&mut buffer)).await {
                Ok(Ok(1..)) => {}
                // It has ended, or is given up.
                Ok(Ok(0) | Err(_)) => return,
                Err(_) if buffer.is_empty() => return,
                Err(_) => return self.garbled(from, "half a message within 10 s"),
            }
            // Whoever has only ever kept their connection alive keeps it no longer for that.
            let mut is_new = !is_within && has_spoken;
            loop {
                make_head_plain(&mut buffer);
                match codec.decode(&mut buffer) {
                    Ok(Some(SipCodecType::Message(message))) => {
                        self.take(message, (from, transport), connection).await;
                        (is_new, has_spoken) = (true, true);
                    }
                    Ok(Some(SipCodecType::KeepaliveRequest)) => {
                        // One that waits already is as good.
                        let _ = pong.try_send(());
                        is_new |= has_spoken;
                    }
                    Ok(Some(SipCodecType::KeepaliveResponse)) => {}
                    Ok(None) => break,
                    Err(error) => return self.garbled(from, &error.to_string()),
                }
            }
            is_within = !buffer.is_empty();
            if is_new {
                end = Instant::now() + if is_within { PATIENCE } else { IDLE };
            }
        }
    }
}

/// A connection as the library has it, and what is to be written to it.
type Unwritten = (SipConnection, mpsc::Receiver<TransportEvent>);

async fn connection(peer: SipAddr) -> Option<Unwritten> {
    let (to_write, unwritten) = mpsc::channel(UNWRITTEN);
    let (_never, nothing) = unbounded_channel();
    let made = ChannelConnection::create_connection_bounded(nothing, to_write, peer, None).await;
    Some((SipConnection::Channel(made.ok()?), unwritten))
}

async fn write_all<W: AsyncWrite + Unpin>(
    mut stream: W,
    mut unwritten: mpsc::Receiver<TransportEvent>,
    mut pongs: mpsc::Receiver<()>,
) -> io::Result<()> {
    loop {
        let bytes = tokio::select! {
            Some(()) = pongs.recv() => PONG.to_vec(),
            event = unwritten.recv() => match event {
                Some(TransportEvent::Incoming(message, ..)) => message.to_bytes().to_vec(),
                Some(TransportEvent::New(_) | TransportEvent::Closed(_)) => continue,
                None => return Ok(()),
            },
        };
        timeout(PATIENCE, async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        })
        .await??;
    }
}

/// Makes UTF-8 of the headers at the beginning of what was received, of the same length: names in
/// Latin-1 would hide all headers behind them from the library.
fn make_head_plain(received: &mut [u8]) {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let mut rest = &mut received[..head.unwrap_or_default()];
    while let Err(error) = std::str::from_utf8(rest) {
        let (bad, length) = (error.valid_up_to(), error.error_len());
        let length = length.unwrap_or(rest.len() - bad);
        rest[bad..bad + length].fill(b'?');
        rest = &mut rest[bad + length..];
    }
}

/// An address with its transport.
pub(super) fn address(address: SocketAddr, transport: Transport) -> SipAddr {
    SipAddr {
        r#type: Some(transport),
        addr: address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_no_utf8_hide_none_behind_them() {
        let mut received = b"A: Jos\xe9 \xc3\xa9 \xf0\x9f\r\nB: 2\r\n\r\n\xe9".to_vec();
        make_head_plain(&mut received);
        assert_eq!(received, b"A: Jos? \xc3\xa9 ??\r\nB: 2\r\n\r\n\xe9");
        let mut half = b"A: \xe9\r\n".to_vec();
        make_head_plain(&mut half);
        assert_eq!(half, b"A: \xe9\r\n", "it may go on");
    }
}
