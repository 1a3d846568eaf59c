//! Whole calls and the notes they must leave behind.

mod commitments;
mod kit;
mod properties;
mod scripted;
mod trades;
