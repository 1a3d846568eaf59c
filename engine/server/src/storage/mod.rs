//! What outlives the engine: calls and their events, feedback, and what is still to be written to the CRM.
//!
//! [`sqlite`] keeps all of it in one file.

mod error;
mod outbox;
mod replay;
pub mod sqlite;
mod wake_signal;

use std::sync::Arc;

pub use error::StoreError;
pub use outbox::Outbox;
pub(crate) use sqlite::now_ms;
pub use sqlite::{
    CardFeedback, Forgotten, Line, Reader, Receipt, Store, StoreConfig, StoreHealth, StoredCall,
    connect_beside,
};
pub use wake_signal::WakeSignal;

/// The outbox of the store of `config`, which has to exist: for tools that look at it while the engine
/// runs.
pub fn open_outbox(config: &StoreConfig) -> Result<Arc<dyn Outbox>, StoreError> {
    Ok(Arc::new(sqlite::SqliteOutbox::open(config)?))
}
