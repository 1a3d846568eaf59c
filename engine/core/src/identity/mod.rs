//! Who somebody is: what the CRM says of their number, what they say and type themselves, and whom people have
//! chosen. Nobody is taken for somebody by what they say alone: that makes a candidate, and a person chooses.

mod chosen;
mod clue;
mod known;
mod typed;

pub use chosen::{Weighed, weigh};
pub use clue::{Clue, ClueKind, clues, name, reference};
pub use known::Identity;
pub use typed::TypedKeys;
