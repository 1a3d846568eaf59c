//! Kinds of numbers that only English says in this way.

pub(super) mod dates;
pub(super) mod times;

#[cfg(test)]
mod tests;
