//! How alike two words sound: what a recogniser hears is seldom far from what was said.

pub(crate) mod latin;
pub(crate) mod mandarin;
