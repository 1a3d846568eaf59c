//! The protocols: gRPC, HTTP, and the one address that serves them. They translate between their
//! types and those of [`api`](crate::api), and decide nothing.

mod doors;
mod front;
mod grpc;
mod handshake;
mod http;
mod identify;
mod listener;
mod needs;
mod origin;
pub(crate) mod peer;
mod probes;
#[cfg(test)]
mod samples;
mod timing;

pub(crate) use doors::Doors;
pub use doors::{
    AudioSocketConfig, DoorsConfig, FolderConfig, LinePorts, PlainRtpConfig, RtpEngineConfig,
    SiprecConfig, WebSocketConfig,
};
pub use front::{BindError, Front};
pub use grpc::methods;
pub use http::listed;
pub use needs::Needs;

/// Longest message of gRPC, and longest body over HTTP: a piece of audio, or a call with its vocabulary
/// and metadata.
const LONGEST_MESSAGE: usize = 512 * 1024;
