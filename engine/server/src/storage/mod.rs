//! What outlives the engine: calls and their events, feedback, and notes for the CRM.
//!
//! Six seams: [`CallStore`] with [`CallReader`] for call records, [`Outbox`] for notes on their
//! way to the CRM, [`RecordingStore`] for recordings, [`KnowledgeVersions`] for what articles and
//! rules said, [`BoardStore`] for what is kept of the board, and [`FrictionStore`] for what people report to hurt them. [`sqlite`] implements them in one
//! file. Another store does so in a folder of its own, and has to pass the contract suite (`contract`), which says in tests what the seams
//! promise.

mod board;
mod calls;
mod calls_query;
mod choices;
#[cfg(test)]
mod contract;
mod corrected;
mod error;
mod friction;
pub mod keys;
mod knowledge;
mod lines;
mod now;
mod outbox;
mod past_call;
mod receipt;
mod recordings;
mod replay;
#[cfg(test)]
pub(crate) mod samples;
pub mod sqlite;
mod stored_call;
mod wake_signal;

use std::sync::Arc;

pub use board::{BoardStore, KeptThresholds, RaisedSince};
pub use calls::{CallReader, CallStore, Forgotten, StoreHealth};
pub use calls_query::{
    CallsCursor, CallsPage, CallsQuery, NoCursor, NoNoteState, PageSize, PageSizeError, note_state,
};
pub use choices::Choices;
pub use corrected::Corrected;
pub use error::StoreError;
pub use friction::{FrictionQuery, FrictionReport, FrictionStore, week_begins, week_of};
pub use knowledge::{KnowledgeVersions, NewVersion, Version};
pub use lines::{Line, Lines};
pub(crate) use now::now_ms;
pub use outbox::Outbox;
pub use past_call::{PastCall, PastCustomer};
pub use receipt::{Committed, Receipt};
pub use recordings::{
    ClosedRecording, Hold, NewRecording, OpenRecording, RecordingState, RecordingStore,
    StoredRecording,
};
pub use sqlite::{
    KeyRoom, KeyStatus, Person, Persons, Reader, Store, StoreConfig, connect_beside, directory,
};
pub(crate) use sqlite::{Owner, Stored, key_beside};
pub(crate) use sqlite::{make_private, private_dir};
pub use stored_call::{CardFeedback, StoredCall, Unfinished};
pub use wake_signal::WakeSignal;

/// The outbox of the store of `config`, which has to exist: for tools that look at it while the
/// engine runs.
pub fn open_outbox(config: &StoreConfig) -> Result<Arc<dyn Outbox>, StoreError> {
    Ok(Arc::new(sqlite::SqliteOutbox::open(config)?))
}

/// What people have reported to the engine of `config`, whose store has to exist: for tools beside the engine.
pub fn open_friction(config: &StoreConfig) -> Result<Arc<dyn FrictionStore>, StoreError> {
    Ok(Arc::new(sqlite::SqliteFriction::open(config)?))
}

/// The recordings of the store of `config`, which has to exist: for tools beside the engine.
pub fn open_recordings(config: &StoreConfig) -> Result<Arc<dyn RecordingStore>, StoreError> {
    Ok(Arc::new(sqlite::SqliteRecordings::open(config)?))
}
