//! Whole calls and the notes they must leave behind.

mod commitments;
pub(super) mod kit;
mod properties;
mod scripted;
mod trades;
