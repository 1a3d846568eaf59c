//! What the end-to-end tests are made of.

pub mod kit;
pub mod signals;
