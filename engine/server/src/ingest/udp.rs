//! Reads a leg's socket for as long as its call lives.

use std::sync::Arc;
use std::time::Instant;

use tracing::debug;

use super::datagrams::{NoRoom, Queue};
use super::ports::LegSocket;
use crate::telemetry::Metrics;

/// Largest datagram that is read whole. RTP audio stays below the MTU.
const MAX_DATAGRAM: usize = 4096;

/// Passes on what comes in on `socket` until nobody reads `to` any more.
pub async fn listen(socket: LegSocket, to: Queue, metrics: Arc<Metrics>) {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let received = tokio::select! {
            () = to.closed() => return,
            received = socket.receive(&mut buffer) => received,
        };
        let (length, from) = match received {
            Ok(received) => received,
            Err(error) => {
                // An ICMP error of something we never sent, for instance. The socket goes on.
                debug!(%error, "receive failed");
                continue;
            }
        };
        match to.push(from, Instant::now(), &buffer[..length]) {
            Ok(()) => {}
            // To the call this is packet loss, which it handles already.
            Err(NoRoom::Full) => {
                metrics.media.datagrams_shed.inc();
            }
            Err(NoRoom::Closed) => return,
        }
    }
}
