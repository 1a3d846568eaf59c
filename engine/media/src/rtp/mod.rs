//! RTP (RFC 3550): datagrams in, sound on the call's timeline out.
//!
//! A datagram's way: [`packet`] tells what it is, `source` whether it is from the sender we listen
//! to, [`jitter`] when it is its turn, `timeline` where it belongs, `decoders` what it sounds like,
//! and `playout` makes that one line of sound, with what was lost concealed. `dtmf` collects key
//! presses. `assembler` does the latter four for packets in order, and [`receiver`] wires it all
//! together.

mod assembler;
mod decoders;
mod dtmf;
mod media_event;
mod playout;
mod source;
mod timeline;

pub mod jitter;
pub mod packet;
pub mod payloads;
pub mod receiver;
pub mod send;
pub mod seq;
pub mod stats;

pub use media_event::MediaEvent;
pub use payloads::{Payload, PayloadError, PayloadMap, RtpmapError, WELL_KNOWN};
pub use receiver::{JitterConfig, Received, Receiver};

#[cfg(test)]
mod tests;
