//! TLS: which certificate is shown at which port, read from its files again whenever they change; and
//! how the program's own tools reach an engine that asks for it.
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `config` | the settings, and which of them hold for which port |
//! | `files` | certificate, key and authorities: read, checked, and what is wrong with them |
//! | `reloading` | a port goes on with what the files say now |
//! | `access` | what a program that asks an engine trusts, and shows |

mod access;
mod config;
mod files;
mod reloading;
#[cfg(test)]
pub(crate) mod samples;

pub use access::Access;
pub(crate) use access::client;
pub use config::{ClientCertificates, TlsConfig};
pub(crate) use files::{Files, stale};
pub(crate) use reloading::Reloading;

/// What is spoken at the engine's address: HTTP/2, which gRPC needs, and HTTP/1.1.
pub(crate) const HTTP: &[&[u8]] = &[b"h2", b"http/1.1"];
/// What WebSockets begin with.
pub(crate) const HTTP_1: &[&[u8]] = &[b"http/1.1"];
/// SIP is not negotiated.
pub(crate) const SIP: &[&[u8]] = &[];
