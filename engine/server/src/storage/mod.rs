//! What outlives the engine: calls and their events, feedback, and what is still to be written to the CRM.
//!
//! [`sqlite`] keeps all of it in one file.

mod error;
mod replay;
pub mod sqlite;
mod wake_signal;

pub use error::StoreError;
pub use sqlite::{
    CardFeedback, Counts, Entry, Forgotten, FullEntry, Line, NoteState, Outbox, Reader, Receipt,
    StepDone, Store, StoreConfig, StoredCall,
};
pub(crate) use sqlite::{Progress, Taken, connect_beside, now_ms};
