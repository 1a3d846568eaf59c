//! The words that all parts of the engine share: names, times, languages, seams. No decisions.
//!
//! The lowest package of the tree. It depends on nothing of the engine and does no I/O, so that
//! what lies on it is not rebuilt when a decision changes.

pub mod assist;
pub mod class;
pub mod controls;
pub mod customer;
pub mod emotion;
pub mod event;
pub mod id;
pub mod lang;
pub mod number;
pub mod party;
mod private;
pub mod prng;
pub mod receiver_stats;
pub mod recognise;
pub mod secret;
pub mod summary;
pub mod time;
pub mod vad;
mod wire;
