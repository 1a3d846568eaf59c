//! Reads a leg's socket for as long as its call lives.

use std::sync::Arc;
use std::time::Instant;

use sidetone_core::describe::Role;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tracing::debug;

use crate::telemetry::Metrics;

/// What came in on a leg, and when.
pub(crate) struct Datagram {
    pub role: Role,
    pub at: Instant,
    pub bytes: Box<[u8]>,
}

/// Largest datagram that is read whole. RTP audio stays below the MTU.
const MAX_DATAGRAM: usize = 4096;

/// Passes on what comes in on `socket` until `to` is closed.
pub(crate) async fn listen(
    socket: UdpSocket,
    role: Role,
    to: Sender<Datagram>,
    metrics: Arc<Metrics>,
) {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let received = tokio::select! {
            () = to.closed() => return,
            received = socket.recv(&mut buffer) => received,
        };
        let length = match received {
            Ok(length) => length,
            Err(error) => {
                // An ICMP error of something we never sent, for instance. The socket goes on.
                debug!(%error, "receive failed");
                continue;
            }
        };
        let datagram = Datagram {
            role,
            at: Instant::now(),
            bytes: buffer[..length].into(),
        };
        match to.try_send(datagram) {
            Ok(()) => {}
            // To the call this is packet loss, which it handles already.
            Err(TrySendError::Full(_)) => {
                metrics.datagrams_shed.inc();
            }
            Err(TrySendError::Closed(_)) => return,
        }
    }
}
