//! Records that storage and the CRM both know, below either of them.

mod note;
mod outbox;

pub use note::{Note, Step};
pub use outbox::{
    Counts, Due, Entry, FullEntry, NoteStanding, NoteState, Owed, Progress, Rewriting, StepDone,
    Taken,
};
