//! Whole calls and the notes they must leave behind.

pub(super) mod kit;
mod properties;
mod scripted;
mod trades;
