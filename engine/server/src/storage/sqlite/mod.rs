//! Calls and their events, feedback, and notes for the CRM, in SQLite.
//!
//! One SQLite file in one directory (`store.dir`). What calls tell goes through one writer thread,
//! which gathers changes for up to 50 ms and commits them together; no call waits for it. Readers
//! and the outbox have connections of their own: in SQLite's WAL mode they see what is committed
//! and hold nobody up. Every commit is on the disk when it returns.
//!
//! ```text
//! calls ──► Store::record, close_call ──► writer ──► file ◄── Outbox (delivery, `sidetone crm`)
//!                                                     ▲
//!                                   Reader (search, export, wrap-up after a crash)
//! ```

mod board;
mod candidates;
mod change;
mod choices;
mod clock;
pub(crate) mod columns;
mod config;
mod convert;
mod files;
mod forget;
mod friction;
mod key_room;
mod knowledge;
mod outbox;
mod past_calls;
#[cfg(test)]
mod past_calls_tests;
mod persons;
mod read;
mod record;
mod recordings;
mod reserve;
mod rewrite;
mod sealing;
#[cfg(test)]
mod sealing_tests;
mod seam;
mod spill;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::id::UtteranceId;
use sidetone_vault::DataKey;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::records::Owed;
use crate::storage::keys::MasterKeys;
use crate::storage::{
    BoardStore, Choices, Forgotten, FrictionStore, KnowledgeVersions, Outbox, Receipt,
    RecordingStore, StoreError, StoreHealth, WakeSignal, now_ms,
};

pub use config::StoreConfig;
pub(crate) use files::{make_private, private_dir};
pub use friction::SqliteFriction;
pub use key_room::{KeyRoom, KeyStatus};
pub use knowledge::SqliteKnowledge;
pub use outbox::SqliteOutbox;
pub use persons::{Person, Persons};
pub use read::Reader;
pub use recordings::SqliteRecordings;
pub(crate) use sealing::{Owner, Stored};

use change::Change;
use files::Place;
use record::{Closing, Row};
use reserve::Reserve;
use sealing::Keys;
use spill::Spill;
use writer::{Fault, Setup, Writer};

/// The directory that `config` names, or ours in the platform's place for data.
pub fn directory(config: &StoreConfig) -> Result<PathBuf, StoreError> {
    Ok(Place::of(config)?.dir().to_owned())
}

/// The store of one engine. Clones share it; the last one writes out what is still queued.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    // Dropped in this order: first the queue is written out, then the claim and the files go.
    writer: Writer,
    changes: Mutex<Connection>,
    reader: Reader,
    commits: watch::Receiver<u64>,
    wake_signal: Arc<WakeSignal>,
    place: Place,
    keys: Keys,
    _claim: File,
    _temporary: Option<TempDir>,
}

impl Store {
    /// Opens the store for one engine, and makes it if need be. A second engine is refused.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Self::start(Place::of(config)?, config, None, None)
    }

    /// A store of its own that goes with it: for tests, and for tools that leave nothing behind.
    pub fn temporary() -> Result<Self, StoreError> {
        let dir = tempfile::tempdir().map_err(|source| StoreError::Directory {
            path: std::env::temp_dir(),
            source,
        })?;
        let config = StoreConfig::default();
        Self::start(Place::at(dir.path()), &config, Some(dir), None)
    }

    fn start(
        place: Place,
        config: &StoreConfig,
        temporary: Option<TempDir>,
        fault: Option<Fault>,
    ) -> Result<Self, StoreError> {
        place.make()?;
        let claim = place.claim()?;
        let wake_signal: Arc<WakeSignal> = Arc::default();
        let (tell, commits) = watch::channel(0);
        let days = u64::from(config.keep_days);
        let keep = (days > 0).then(|| Duration::from_secs(days * 24 * 3_600));
        let mut connection = place.connect()?;
        let keys = match temporary {
            None => place.keys(&config.keys, &connection)?,
            Some(_) => Arc::new(MasterKeys::temporary()?),
        };
        // One that is gone with its directory needs no last resort.
        let (reserve, spill) = match temporary {
            None => {
                let key = sealing::key(&connection, &keys, Owner::Spill)?;
                let spill = Spill::new(&config.spill_dir, place.dir(), key);
                spill.take_up(&mut connection, &keys)?;
                (Reserve::new(place.reserve()), Some(spill))
            }
            Some(_) => (Reserve::of_size(place.reserve(), 0), None),
        };
        let writer = Writer::start(Setup {
            connection,
            keys: Arc::clone(&keys),
            keep,
            commits: tell,
            wake_signal: Arc::clone(&wake_signal),
            reserve,
            spill,
            confirmation: place.clock_confirmation(),
            fault,
        });
        Ok(Self(Arc::new(Inner {
            writer,
            changes: Mutex::new(place.connect()?),
            reader: Reader::at(place.clone(), Arc::clone(&keys)),
            commits,
            wake_signal,
            place,
            keys,
            _claim: claim,
            _temporary: temporary,
        })))
    }

    /// Stores what a call told; partials are left out. Never waits. A call has to begin with its
    /// `call_started`, under an id that [`Reader::knows`] not.
    pub fn record(&self, event: &EventRecord) {
        if matches!(event.event.kind, EventKind::Partial(_)) {
            return;
        }
        self.0.writer.order(Change::Record(Row::of(event)));
    }

    /// Closes a call, as one step: its `last` event (its summary, if it has one) is stored, the
    /// call is wrapped up, and the note that is `owed` is in the outbox, due once there was time to review
    /// it. Comes after everything that was recorded before. Once the receipt says so, the note will reach
    /// the CRM or a person, whatever happens.
    pub fn close_call(&self, last: &EventRecord, owed: Option<Owed<'_>>) -> Receipt {
        let closing = Closing::of(last, owed);
        self.0.writer.order_with_receipt(Change::Close(closing))
    }

    /// Stores whether a card helped; a second thought replaces the first.
    pub fn feedback(
        &self,
        call_id: &str,
        utterance: UtteranceId,
        article_id: &str,
        useful: bool,
    ) -> Receipt {
        self.0.writer.order_with_receipt(Change::Feedback {
            call: call_id.to_owned(),
            utterance: utterance.0.cast_signed(),
            article_id: article_id.to_owned(),
            useful,
            at_ms: now_ms(),
        })
    }

    /// Stores that somebody has seen an alert. The first one counts.
    pub fn acknowledge(&self, call_id: &str, alert: u64, by_who: &str) -> Receipt {
        self.0.writer.order_with_receipt(Change::Acknowledge {
            call: call_id.to_owned(),
            alert: alert.cast_signed(),
            by_who: by_who.to_owned(),
            at_ms: now_ms(),
        })
    }

    /// Forgets a call that has ended, transcript and all. Its note stays if the CRM has not got it
    /// yet.
    pub fn forget(&self, call_id: &str) -> Result<Forgotten, StoreError> {
        let mut changes = self
            .0
            .changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        forget::forget(&mut changes, call_id)
    }

    /// The directory of the store; others may keep what they make of it there.
    pub fn dir(&self) -> &Path {
        self.0.place.dir()
    }

    /// Given once a reader sees all that was recorded so far.
    pub fn settle(&self) -> Receipt {
        self.0.writer.order_with_receipt(Change::Nothing)
    }

    /// Reads what is stored.
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// The outbox, on a connection of its own.
    pub fn outbox(&self) -> Result<Arc<dyn Outbox>, StoreError> {
        let outbox = SqliteOutbox::at(
            &self.0.place,
            Arc::clone(&self.0.keys),
            Arc::clone(&self.0.wake_signal),
        )?;
        Ok(Arc::new(outbox))
    }

    /// What is kept of the operations board, on a connection of its own.
    pub fn board(&self) -> Result<Arc<dyn BoardStore>, StoreError> {
        Ok(Arc::new(board::SqliteBoard::at(&self.0.place)?))
    }

    /// What is known of recordings, on a connection of its own.
    pub fn recordings(&self) -> Result<Arc<dyn RecordingStore>, StoreError> {
        let recordings = SqliteRecordings::at(&self.0.place, Arc::clone(&self.0.keys))?;
        Ok(Arc::new(recordings))
    }

    /// Whom people have chosen for a number, on a connection of its own.
    pub fn choices(&self) -> Result<Arc<dyn Choices>, StoreError> {
        let choices = choices::SqliteChoices::at(&self.0.place, Arc::clone(&self.0.keys))?;
        Ok(Arc::new(choices))
    }

    /// What people report to hurt them, on a connection of its own.
    pub fn friction(&self) -> Result<Arc<dyn FrictionStore>, StoreError> {
        let friction = SqliteFriction::at(&self.0.place, Arc::clone(&self.0.keys))?;
        Ok(Arc::new(friction))
    }

    /// What articles and rules said before, on a connection of its own.
    pub fn knowledge(&self) -> Result<Arc<dyn KnowledgeVersions>, StoreError> {
        Ok(Arc::new(SqliteKnowledge::at(&self.0.place)?))
    }

    /// Changes whenever something was committed: the search index waits for it.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.0.commits.clone()
    }

    /// How the store is. While it fails, what calls tell waits in memory, so that no new call
    /// should be let in.
    pub fn health(&self) -> StoreHealth {
        self.0.writer.health()
    }

    /// Whether a call of this id was ever begun and is still kept, committed or not. Waits for the
    /// disk.
    pub fn knows(&self, call_id: &str) -> Result<bool, StoreError> {
        // In this order: a call that is committed meanwhile is found by the second.
        Ok(self.0.writer.is_beginning(call_id) || self.0.reader.knows(call_id)?)
    }

    /// Writes out all that was recorded, with the reserve's room if the disk is full, to the spill
    /// if it refuses nevertheless, and takes no more. Waits for it. An error says that something
    /// told is lost.
    pub fn close(&self) -> Result<(), StoreError> {
        self.0.writer.stop();
        match self.health().lost {
            0 => Ok(()),
            changes => Err(StoreError::Lost { changes }),
        }
    }

    /// A connection of its own to the database, and the key of the CRM that comes with the program:
    /// that keeps its tables there.
    pub fn connect(&self) -> Result<(Connection, DataKey), StoreError> {
        Ok((self.0.place.connect()?, self.key(Owner::Crm)?))
    }

    /// The same to a database of its own beside it.
    pub fn connect_to(&self, file: &str) -> Result<(Connection, DataKey), StoreError> {
        Ok((self.0.place.connect_beside(file)?, self.key(Owner::Crm)?))
    }

    /// The key of `owner`.
    pub(crate) fn key(&self, owner: Owner<'_>) -> Result<DataKey, StoreError> {
        let connection = self.0.place.connect()?;
        sealing::key(&connection, &self.0.keys, owner)
    }
}

/// The key of `owner` in the store of `config`, which has to exist: for tools beside the engine.
pub(crate) fn key_beside(config: &StoreConfig, owner: Owner<'_>) -> Result<DataKey, StoreError> {
    let place = Place::of(config)?;
    place.check_exists()?;
    let connection = place.connect()?;
    let keys = place.keys(&config.keys, &connection)?;
    sealing::key(&connection, &keys, owner)
}

/// What [`Store::connect`] gives, of the store of `config`, which has to exist: for tools beside the
/// engine.
pub fn connect_beside(config: &StoreConfig) -> Result<(Connection, DataKey), StoreError> {
    let place = Place::of(config)?;
    place.check_exists()?;
    let connection = place.connect()?;
    let keys = place.keys(&config.keys, &connection)?;
    let key = sealing::key(&connection, &keys, Owner::Crm)?;
    Ok((connection, key))
}
