//! Whole calls and the notes they must leave behind.

pub(crate) mod kit;
pub(crate) mod properties;
mod scripted;
mod trades;
