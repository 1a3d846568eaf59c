//! Sockets: one UDP port per leg, and a task that reads it.

mod config;
mod datagrams;
mod ports;
mod udp;

pub use config::MediaConfig;
pub use datagrams::{Datagram, Datagrams, NoRoom, Queue, queue};
pub use ports::{NoPort, Ports, any_like, bind};
pub use udp::listen;
