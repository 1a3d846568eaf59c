//! RTP to ports that are always the same: [`Line`] says when a call begins and ends, what is in here
//! listens.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_doors::line::{Line, Next};
use sidetone_media::rtp::PayloadMap;
use sidetone_media::rtp::packet;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use sidetone_types::party::{Party, Role};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::config::LinePorts;
use super::{Door, describe};
use crate::api::ApiError;
use crate::ingest::{NoRoom, Queue, bind, queue};
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
        let ports = lines.iter().flat_map(LinePorts::all);
        let addresses = ports.map(|port| SocketAddr::new(config.bind, port).to_string());
        if !lines.is_empty() {
            door.seen().listens(addresses);
        }
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
        let mut buffer = vec![0; MAX_DATAGRAM];
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
                (side, from, length) = receive(sides, &mut buffer) => {
                    self.datagram(side, from, &buffer[..length]).await;
                }
                () = async { sleep_until(deadline.expect("asked for")).await }, if deadline.is_some() => {}
            }
            if self.line.is_over(now()) {
                self.close("said").await;
            }
        }
        self.close("said").await;
    }

    async fn datagram(&mut self, side: usize, from: SocketAddr, bytes: &[u8]) {
        let at = now();
        let ssrc = match packet::Datagram::parse(bytes) {
            packet::Datagram::Rtp(packet) => packet.ssrc,
            // Reports and what nobody knows keep no call alive.
            packet::Datagram::Rtcp => return,
            packet::Datagram::Garbage => return self.door.api.stray(),
        };
        // A datagram may come before the end of the last call has been noticed.
        if self.line.is_over(at) {
            self.close("said").await;
        }
        let kept = || Kept {
            side,
            from,
            at,
            bytes: bytes.to_vec(),
        };
        match self.line.packet(at, ssrc) {
            Next::Keep => self.keep(kept()),
            Next::Open => {
                self.keep(kept());
                self.open().await;
            }
            Next::Pass => self.pass(side, (from, at), bytes),
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
            .feed_call(&self.door.who, description, ends)
            .await;
        match opened {
            Ok(id) => {
                info!(call = %id, port = self.sides[0].port, "a call has begun with its first packets");
                self.call = Some(Live { id, queues });
                for Kept {
                    side,
                    from,
                    at,
                    bytes,
                } in kept
                {
                    self.pass(side, (from, at), &bytes);
                }
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

    fn pass(&self, side: usize, (from, at): (SocketAddr, Instant), bytes: &[u8]) {
        let Some(call) = &self.call else {
            return;
        };
        match call.queues[side].push(from, at, bytes) {
            // A call that has ended is noticed by its queues.
            Ok(()) | Err(NoRoom::Closed) => {}
            // To the call this is packet loss, which it handles already.
            Err(NoRoom::Full) => {
                self.door.metrics.media.datagrams_shed.inc();
            }
        }
    }

    async fn close(&mut self, how: &'static str) {
        let Some(call) = self.call.take() else {
            return;
        };
        self.door.metrics.door(how);
        // It may have ended by itself meanwhile.
        let closed = self
            .door
            .api
            .close_call(&self.door.who, &call.id, EndReason::EndOfAudio)
            .await;
        if let Err(error) = closed {
            debug!(%error, "a call is over already");
        }
    }

    fn describe(&self, kept: &[Kept]) -> CallDescription {
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
            metadata,
            legs: self.sides.iter().map(leg).collect(),
            ..describe::unknown(self.door.api.defaults())
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

/// The next datagram on any of the ports: on which, who sent it, and its length.
async fn receive(sides: &[Side], buffer: &mut [u8]) -> (usize, SocketAddr, usize) {
    let readable = |place: usize| async move {
        match sides.get(place) {
            // An error is met again by whoever reads.
            Some(side) => drop(side.socket.readable().await),
            None => std::future::pending().await,
        }
        place
    };
    loop {
        // Each has its turn, so that a flood on one does not silence the other.
        let place = tokio::select! {
            place = readable(0) => place,
            place = readable(1) => place,
        };
        match sides[place].socket.try_recv_from(buffer) {
            Ok((length, from)) => return (place, from, length),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                debug!(%error, "receive failed");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
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
        let socket = bind(address, door.config.media.receive_buffer_bytes);
        let socket = socket.and_then(UdpSocket::from_std);
        let socket = socket.map_err(|error| BindError::Door("doors.rtp.ports", address, error))?;
        Ok(Side { socket, role, port })
    });
    sides.collect()
}
