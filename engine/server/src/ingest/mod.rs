//! Sockets: one UDP port per leg, and a task that reads it.

mod ports;
mod udp;

pub(crate) use ports::{NoPort, Ports};
pub(crate) use udp::{Datagram, listen};

/// Room for 2 s of 20 ms packets. A call further behind than that is no longer live.
pub(crate) const DATAGRAM_QUEUE: usize = 100;
