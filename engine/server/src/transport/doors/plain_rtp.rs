//! RTP to ports that are always the same: [`Line`] says when a call begins and ends, what is in here
//! listens.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_core::phone;
use sidetone_doors::line::{Line, Next};
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::packet;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use sidetone_types::party::{Direction, Party, Role};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::Door;
use super::config::LinePorts;
use super::session::principal;
use crate::api::ApiError;
use crate::ingest::{NoRoom, Queue, queue};
use crate::transport::BindError;

/// Largest datagram that is read whole. RTP audio stays below the MTU.
const MAX_DATAGRAM: usize = 4_096;
/// Packets that are kept while it is not sure yet that a call begins: 2 s of both sides.
const MOST_KEPT: usize = 200;
/// After the system has refused to read.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// One call at a time, from ports of its own.
pub(super) struct PlainRtp {
    door: Door,
    payloads: PayloadMap,
    sides: Vec<Side>,
    line: Line,
    kept: Vec<Kept>,
    call: Option<Live>,
}

/// A port, and who is heard there.
struct Side {
    socket: UdpSocket,
    role: Role,
    port: u16,
}

struct Kept {
    side: usize,
    from: SocketAddr,
    at: Instant,
    bytes: Vec<u8>,
}

struct Live {
    id: CallId,
    queues: Vec<Queue>,
}

impl PlainRtp {
    /// Binds all ports that the configuration names. It has been checked.
    pub fn bind(door: &Door) -> Result<Vec<Self>, BindError> {
        let config = &door.config.doors.rtp;
        let lines = config.lines().unwrap_or_default();
        let Ok(payloads) = config.payload_map() else {
            return Ok(Vec::new());
        };
        let bound = lines.into_iter().map(|ports| {
            Ok(Self {
                sides: sides(door, ports)?,
                line: Line::new(Duration::from_millis(config.idle_ms.into())),
                payloads: payloads.clone(),
                door: door.clone(),
                kept: Vec::new(),
                call: None,
            })
        });
        bound.collect()
    }

    /// Takes calls until the doors are closed.
    pub async fn run(mut self) {
        let done = self.door.done.clone();
        loop {
            let deadline = self.line.deadline().map(tokio::time::Instant::from_std);
            let sides = &self.sides;
            tokio::select! {
                biased;
                () = done.cancelled() => break,
                () = ended(self.call.as_ref()), if self.call.is_some() => {
                    self.call = None;
                    self.line.over();
                }
                (side, from, bytes) = receive(sides) => self.datagram(side, from, bytes).await,
                () = async { sleep_until(deadline.expect("asked for")).await }, if deadline.is_some() => {}
            }
            if self.line.is_over(now()) {
                self.close("said");
            }
        }
        self.close("said");
    }

    async fn datagram(&mut self, side: usize, from: SocketAddr, bytes: Vec<u8>) {
        let at = now();
        let ssrc = match packet::Datagram::parse(&bytes) {
            packet::Datagram::Rtp(packet) => packet.ssrc,
            // Reports and what nobody knows keep no call alive.
            packet::Datagram::Rtcp | packet::Datagram::Garbage => return,
        };
        // A datagram may come before the end of the last call has been noticed.
        if self.line.is_over(at) {
            self.close("said");
        }
        let next = self.line.packet(at, ssrc);
        let kept = Kept {
            side,
            from,
            at,
            bytes,
        };
        match next {
            Next::Keep => self.keep(kept),
            Next::Open => {
                self.keep(kept);
                self.open().await;
            }
            Next::Pass => self.pass(&kept),
            Next::Drop => {}
        }
    }

    fn keep(&mut self, packet: Kept) {
        let oldest = packet.at.checked_sub(Duration::from_secs(2));
        self.kept
            .retain(|kept| oldest.is_none_or(|oldest| kept.at >= oldest));
        if self.kept.len() < MOST_KEPT {
            self.kept.push(packet);
        }
    }

    async fn open(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        let (queues, ends): (Vec<_>, Vec<_>) = self.sides.iter().map(|_| queue()).unzip();
        let description = self.describe(&kept);
        let opened = self
            .door
            .api
            .feed_call(&principal(), description, ends)
            .await;
        match opened {
            Ok(id) => {
                info!(call = %id, port = self.sides[0].port, "a call has begun with its first packets");
                self.call = Some(Live { id, queues });
                kept.iter().for_each(|packet| self.pass(packet));
            }
            Err(error) => self.refused(&error),
        }
    }

    fn refused(&mut self, error: &ApiError) {
        let port = self.sides[0].port;
        warn!(port, %error, "RTP comes, and no call can be opened for it");
        self.door.metrics.door("refused");
        self.line.over();
    }

    fn pass(&self, packet: &Kept) {
        let Some(call) = &self.call else {
            return;
        };
        match call.queues[packet.side].push(packet.from, packet.at, &packet.bytes) {
            // A call that has ended is noticed by its queues.
            Ok(()) | Err(NoRoom::Closed) => {}
            // To the call this is packet loss, which it handles already.
            Err(NoRoom::Full) => {
                self.door.metrics.datagrams_shed.inc();
            }
        }
    }

    fn close(&mut self, how: &'static str) {
        let Some(call) = self.call.take() else {
            return;
        };
        self.door.metrics.door(how);
        // It may have ended by itself meanwhile.
        let closed = self
            .door
            .api
            .close_call(&principal(), &call.id, EndReason::EndOfAudio);
        if let Err(error) = closed {
            debug!(%error, "a call is over already");
        }
    }

    fn describe(&self, kept: &[Kept]) -> CallDescription {
        let defaults = self.door.api.defaults();
        let unknown = || phone::parse("", &defaults.region);
        let leg = |side: &Side| {
            let party = Party::of_role(side.role);
            LegDescription::new(party, Source::Rtp(self.payloads.clone()))
        };
        let mut metadata = std::collections::BTreeMap::new();
        for (place, side) in self.sides.iter().enumerate() {
            let role = side.role.as_str();
            metadata.insert(format!("{role}_port"), side.port.to_string());
            if let Some(first) = kept.iter().find(|packet| packet.side == place) {
                metadata.insert(format!("{role}_from"), first.from.to_string());
            }
        }
        CallDescription {
            caller: unknown(),
            callee: unknown(),
            agent_id: String::new(),
            direction: Direction::Unknown,
            languages: defaults.languages.clone(),
            vocabulary: Vec::new(),
            metadata,
            legs: self.sides.iter().map(leg).collect(),
            partials: true,
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Waits until the call reads no more.
async fn ended(call: Option<&Live>) {
    match call {
        Some(call) => call.queues[0].closed().await,
        None => std::future::pending().await,
    }
}

/// The next datagram on any of the ports, and on which.
async fn receive(sides: &[Side]) -> (usize, SocketAddr, Vec<u8>) {
    let one = |place: usize| async move {
        let Some(side) = sides.get(place) else {
            return std::future::pending().await;
        };
        let mut buffer = vec![0; MAX_DATAGRAM];
        loop {
            match side.socket.recv_from(&mut buffer).await {
                Ok((length, from)) => {
                    buffer.truncate(length);
                    return (place, from, buffer);
                }
                Err(error) => {
                    debug!(%error, "receive failed");
                    tokio::time::sleep(AFTER_REFUSAL).await;
                }
            }
        }
    };
    // Each has its turn, so that a flood on one does not silence the other.
    tokio::select! {
        received = one(0) => received,
        received = one(1) => received,
    }
}

fn sides(door: &Door, ports: LinePorts) -> Result<Vec<Side>, BindError> {
    let alone = door.config.doors.rtp.forked.speaks();
    let roles = match ports.second {
        Some(_) => [Role::Customer, Role::Agent],
        None => [alone, Role::Unknown],
    };
    let sides = ports.all().zip(roles).map(|(port, role)| {
        let address = SocketAddr::new(door.config.doors.rtp.bind, port);
        let socket = socket(address, door.config.media.receive_buffer_bytes);
        let socket = socket.map_err(|error| BindError::Door("doors.rtp.ports", address, error))?;
        Ok(Side { socket, role, port })
    });
    sides.collect()
}

fn socket(address: SocketAddr, receive_buffer: usize) -> std::io::Result<UdpSocket> {
    let kind = (
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    );
    let socket = Socket::new(kind.0, kind.1, kind.2)?;
    // What the system grants of it; too little shows as loss.
    let _ = socket.set_recv_buffer_size(receive_buffer);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}
