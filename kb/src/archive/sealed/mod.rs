//! An index whose files are sealed: what is searched is opened in memory, a few blocks at a time.
//!
//! Tantivy reads and writes by way of a [`Directory`]. This one stands in front of another, such as that of a
//! folder, which sees nothing in clear: not the words, not the schema, not what is written on the way.
//!
//! | what | how it is sealed |
//! |---|---|
//! | the files of a segment: terms, postings, positions, columns, lines, what is deleted | in blocks of 16 KiB ([`BlockKey`]), each bound to its file's name, its place and whether it is the last |
//! | `meta.json`, `.managed.json` | whole, bound to their names |
//! | lock files | not: they are empty |
//!
//! What was changed, cut off, renamed, or sealed with another key is an error where it is read; so nobody is
//! shown wrong words.
//!
//! # What somebody who has the disk still learns
//!
//! - How many segments there are, and the sizes of their files to the byte. Of these, roughly: how many lines
//!   and how many different words were said, how large the ids and figures of all lines are together.
//! - When each was written: how busy the site is, to the second. Whoever sees the disk again and again sees
//!   when lines are added, when segments are merged, and that something was removed (a file of deletions, as
//!   large as one bit for each line of its segment; then a smaller segment).
//! - Nothing of any line: not whether two are alike, nor whether a word occurs, nor who spoke. File names are
//!   random, and the same bytes are never sealed alike twice.
//!
//! Somebody who can also write to the disk cannot forge lines, yet can put back an older state of the whole
//! folder, or remove it; the index is built again from the store then. While the engine runs, its memory
//! holds what was opened lately. It is overwritten when it goes, but for what Tantivy has made of it, so a
//! swap file or a core dump may have words in it.

mod file;
mod opened;
mod writer;

use std::fmt;
use std::io::{self, BufWriter, ErrorKind};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use sidetone_vault::{BlockKey, DataKey, VaultError};
use tantivy::TantivyError;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr,
};

use file::SealedFile;
use opened::OpenedBlocks;
use writer::SealedWriter;

/// Memory for what was opened lately, in bytes: what questions read of an index of 10,000 calls. With a
/// tenth of it a search takes half as long again in the middle, and the slowest take no longer.
const OPENED: usize = 64 << 20;

/// Seals what goes into a directory, and opens what comes out.
#[derive(Clone)]
pub(super) struct SealedDirectory {
    inner: Box<dyn Directory>,
    key: DataKey,
    opened: Arc<OpenedBlocks>,
}

impl fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedDirectory({:?})", self.inner)
    }
}

impl SealedDirectory {
    /// In front of `inner`.
    pub fn new(inner: Box<dyn Directory>, key: &DataKey) -> Self {
        Self {
            inner,
            key: key.clone(),
            opened: Arc::new(OpenedBlocks::new(OPENED)),
        }
    }
}

/// Whether something was read that does not open: of another key, in clear, or damaged.
pub(super) fn does_not_open(err: &TantivyError) -> bool {
    let (TantivyError::IoError(source)
    | TantivyError::OpenReadError(OpenReadError::IoError {
        io_error: source, ..
    })) = err
    else {
        return false;
    };
    let source = source.get_ref().and_then(|source| source.downcast_ref());
    matches!(source, Some(VaultError::Broken | VaultError::Newer))
}

/// The name that a file is sealed for.
fn name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

/// As errors of reading and writing.
fn io_error(err: VaultError) -> io::Error {
    let kind = match err {
        VaultError::Broken | VaultError::Newer => ErrorKind::InvalidData,
        VaultError::NoSuchKey(_) | VaultError::Random => ErrorKind::Other,
    };
    io::Error::new(kind, err)
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let name = name(path);
        let key = BlockKey::of(&self.key, &name);
        let sealed = self.inner.get_file_handle(path)?;
        let file = SealedFile::open(name, key, sealed, self.opened.clone());
        let file = file.map_err(|err| OpenReadError::wrap_io_error(err, path.to_owned()))?;
        Ok(Arc::new(file))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let key = BlockKey::of(&self.key, &name(path));
        let writer = SealedWriter::new(self.inner.open_write(path)?, key);
        Ok(BufWriter::new(Box::new(writer)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let sealed = self.inner.atomic_read(path)?;
        match self.key.open(&name(path), &sealed) {
            Ok(mut plain) => Ok(mem::take(plain.as_mut_vec())),
            Err(err) => Err(OpenReadError::wrap_io_error(io_error(err), path.to_owned())),
        }
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let sealed = self.key.seal(&name(path), data).map_err(io_error)?;
        self.inner.atomic_write(path, &sealed)?;
        self.inner.sync_directory()
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.opened.forget(&name(path));
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

#[cfg(test)]
mod fragile;
#[cfg(test)]
mod tests;
