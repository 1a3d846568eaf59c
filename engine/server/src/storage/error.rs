//! What can go wrong with the store, and what its operator can do about it.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use sidetone_vault::{KeyId, VaultError};

use super::keys::KeysError;

/// The store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The platform does not say where data goes.
    #[error("no directory for data: set `store.dir`, or the variable HOME")]
    NoDataDir,
    /// The directory or a file in it cannot be made or opened.
    #[error("cannot use the store in {path}: {source}", path = path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no store yet.
    #[error("there is no store in {path} yet: `sidetone serve` makes it, `store.dir` names another", path = .0.display())]
    Missing(PathBuf),
    /// Another engine has it. Two of them would deliver each note twice.
    #[error("the store in {path} is in use by another engine: stop it, or set `store.dir` to another directory", path = .0.display())]
    InUse(PathBuf),
    /// It was written by a later version.
    #[error("{path} was written by a newer sidetone (schema {found}, this one knows {known}): use that one", path = path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest that is understood.
        known: u32,
    },
    /// No such call is kept.
    #[error("no call `{0}` is kept")]
    NoSuchCall(String),
    /// The call still goes on, or was not wrapped up yet.
    #[error("call `{0}` still goes on; try again once it has ended")]
    StillOpen(String),
    /// The call was wrapped up already, and its note is in the outbox.
    #[error("call `{0}` was closed before")]
    ClosedBefore(String),
    /// The call is recorded already.
    #[error("call `{0}` is recorded already")]
    RecordedBefore(String),
    /// The call was forgotten, and nothing more of it is kept.
    #[error("call `{0}` was erased or has grown too old, and is recorded no longer")]
    CallForgotten(String),
    /// No recording of the call is kept.
    #[error("no recording of call `{0}` is kept")]
    NoRecording(String),
    /// The recording is not closed yet.
    #[error("call `{0}` is still recorded; try again once it has ended")]
    StillRecorded(String),
    /// The call is held.
    #[error(
        "call `{0}` is on hold, and nothing of it is erased: `sidetone recording release {0}` ends that"
    )]
    Held(String),
    /// The thresholds of the board cannot be read.
    #[error("the thresholds of the board cannot be read: {0}")]
    Thresholds(String),
    /// A row holds something that is not understood.
    #[error("call `{call}` holds something that cannot be read: {problem}")]
    Unreadable {
        /// Which call.
        call: String,
        /// What about it.
        problem: String,
    },
    /// The disk refused until the end.
    #[error("{changes} changes are lost: the disk did not take them before the engine stopped")]
    Lost {
        /// How many.
        changes: u64,
    },
    /// The writer has ended.
    #[error("the store has been closed")]
    Stopped,
    /// There are no master keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Something cannot be sealed, or not with these master keys.
    #[error("the store is sealed: {0}")]
    Vault(#[from] VaultError),
    /// A master key still wraps keys.
    #[error(
        "the master key {0} still wraps {1} keys: `sidetone keys rotate` wraps them with the first one"
    )]
    KeyInUse(KeyId, u64),
    /// There is no such master key.
    #[error("there is no master key `{0}`: `sidetone keys status` names all")]
    NoSuchMaster(String),
    /// SQLite, or the disk below it.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether one row is damaged, and others can be read.
    pub(crate) fn is_of_the_row(&self) -> bool {
        use rusqlite::Error;
        matches!(
            self,
            Self::Unreadable { .. }
                | Self::Vault(_)
                | Self::Database(
                    Error::InvalidColumnType(..)
                        | Error::FromSqlConversionFailure(..)
                        | Error::IntegralValueOutOfRange(..)
                        | Error::Utf8Error(..)
                )
        )
    }

    /// Whether the disk, another process or a missing key is the reason, so that the same change may work
    /// later.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        let error = match self {
            Self::Database(error) => error,
            Self::Vault(VaultError::NoSuchKey(_) | VaultError::Random) => return true,
            _ => return false,
        };
        matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::OutOfMemory
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::NotADatabase
                    | ErrorCode::FileLockingProtocolFailed
            )
        )
    }
}
