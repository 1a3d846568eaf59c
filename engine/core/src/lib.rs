//! Every decision of the engine, and no I/O.
//!
//! The promise: no clock, socket, thread or await in here. Bytes are handed in, time is told, and the
//! same input gives the same output, so that an hour of a bad line takes a blink in a test.

pub mod audio;
pub mod id;
pub mod lang;
pub mod recognise;
pub mod rtp;
pub mod time;
pub mod vad;
