//! What can go wrong with the log, and what its operator can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::verify::Damage;

/// The log cannot do what it was asked. Nothing that got this for an answer was acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditError {
    /// The disk refuses: it is full, broken, or not ours.
    #[error("the audit log cannot use {path}: {source}", path = path.display())]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Another engine writes it. Two of them would break the chain.
    #[error("the audit log in {path} is in use by another engine: stop it, or use another directory", path = .0.display())]
    InUse(PathBuf),
    /// There is nothing to read.
    #[error("there is no audit log in {path}", path = .0.display())]
    Missing(PathBuf),
    /// The log is not as it was left. It is not written on, so that the damage stays to be seen.
    #[error(
        "the audit log in {path} was tampered with or damaged: {damage}. `sidetone audit verify` tells all; \
         put the files back from a copy, or move the directory away to begin a new log",
        path = path.display()
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What was found first.
        damage: Box<Damage>,
    },
    /// Somebody else wrote to the segment while it was open.
    #[error(
        "somebody else changed {path}: it should have {expected} bytes and has {found}. Nothing more is written to it: \
         stop the engine and see `sidetone audit verify`",
        path = path.display()
    )]
    Disturbed {
        /// The segment.
        path: PathBuf,
        /// How long it was left.
        expected: u64,
        /// How long it is.
        found: u64,
    },
    /// There is a log and not its key.
    #[error(
        "the audit log in {dir} is there, but not its key {path}: put the key back, or move the log away to begin a new one",
        dir = dir.display(),
        path = path.display()
    )]
    NoKey {
        /// The log.
        dir: PathBuf,
        /// Where its key should be.
        path: PathBuf,
    },
    /// The file of the key holds something else.
    #[error("{path} is no key of an audit log ({problem})", path = path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// What about it.
        problem: String,
    },
    /// More is to be written than the disk takes, for as long as one waits.
    #[error("the audit log is behind: {waiting} entries wait for the disk")]
    Full {
        /// How many fit into the queue.
        waiting: usize,
    },
    /// The disk takes too long. The entry may be written yet.
    #[error("the disk under the audit log does not answer")]
    Slow,
    /// The log was closed, or its thread has ended.
    #[error("the audit log is closed")]
    Closed,
}

impl AuditError {
    /// An error of the system at `path`.
    pub(crate) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk {
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }

    /// For `map_err`.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk {
            path,
            source: Arc::new(source),
        }
    }
}
