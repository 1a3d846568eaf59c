//! What was said in all calls, to search by word, phrase and circumstance.
//!
//! The archive is an index on disk. It is made from lines that somebody else keeps: a crash between
//! [`ArchiveWriter::add`] and [`ArchiveWriter::commit`] loses only what was not committed, and
//! [`Archive::mark`] tells where to go on. Lost altogether, it can be built again. Its files are sealed
//! with a key that the caller keeps.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `line` | what is put in: [`Line`] |
//! | `ask` | what is asked for: [`Query`], and how its text is read |
//! | `schema` | which fields there are |
//! | `words` | how text becomes words: Mandarin by character, English by stem |
//! | `found` | what comes out: [`Page`], [`Found`], and what is marked in it |
//! | `write` | [`ArchiveWriter`]: lines in, calls out |
//! | `sealed` | files that only the key opens, and what they tell without it |
//!
//! ```
//! use sidetone_types::party::Role;
//! use sidetone_kb::archive::{Archive, Line, Query};
//! use sidetone_vault::DataKey;
//!
//! let dir = tempfile::tempdir()?;
//! let archive = Archive::open(dir.path(), &DataKey::random()?)?;
//! let mut writer = archive.writer()?;
//! writer.add(&[Line {
//!     call_id: "call-7".into(),
//!     utterance: 3,
//!     speaker: Role::Customer,
//!     agent_id: "agent-7".into(),
//!     customer_id: None,
//!     phone: Some("+14155550117".into()),
//!     lang: "en".into(),
//!     said_at: 1_770_000_000_000,
//!     start_ms: 5_636,
//!     end_ms: 10_271,
//!     text: "I was charged twice and I want a refund.".into(),
//!     voice: None,
//! }])?;
//! writer.commit(1)?;
//!
//! let page = archive.search(&Query::of("refund \"charged twice\""))?;
//! assert_eq!(page.total, 1);
//! assert_eq!(page.found[0].marked(), ["charged", "twice", "refund"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod found;
mod line;
mod schema;
mod sealed;
mod words;
mod write;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use sidetone_vault::DataKey;
use tantivy::collector::{Count, DocSetCollector, TopDocs};
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, MmapDirectory};
use tantivy::{
    Index, IndexReader, Order as Direction, ReloadPolicy, TantivyDocument, TantivyError,
};

use ask::Wanted;
use schema::Fields;
use sealed::SealedDirectory;

pub use ask::{Order, Query};
pub use found::{Found, Page};
pub use line::{Line, Voice};
pub use write::ArchiveWriter;

/// Most lines of one page.
pub const LARGEST_PAGE: usize = 200;
/// Lines further back than this are not paged to: narrow the question instead.
pub const FURTHEST: usize = 10_000;

/// Why the archive cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder cannot be made or read.
    #[error("cannot use {} as an archive: {source}", dir.display())]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process, or another writer of this one, writes already.
    #[error("the archive is being written by another process")]
    Locked,
    /// It was made by a version that keeps other fields.
    #[error("{} was made by another version: start the engine of this version, which builds it anew", dir.display())]
    OtherVersion {
        /// The folder.
        dir: PathBuf,
    },
    /// It is in clear, was sealed with another key, or was damaged where it is opened first.
    #[error("{} does not open with the key of the archive: start the engine, which builds it anew", dir.display())]
    OtherKey {
        /// The folder.
        dir: PathBuf,
    },
    /// A file was changed where only some searches read it.
    #[error(
        "the archive was damaged: stop the engine, remove the archive's folder, and start the engine, which builds it anew"
    )]
    Damaged,
    /// What was removed is not off the disk yet. The next commit tries again.
    #[error("searches that began before calls were removed still hold on to files of them")]
    Held,
    /// The disk, or what is on it, is at fault.
    #[error("the archive failed: {0}")]
    Index(String),
}

impl From<TantivyError> for ArchiveError {
    fn from(err: TantivyError) -> Self {
        match err {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked,
            err if sealed::does_not_open(&err) => Self::Damaged,
            other => Self::Index(other.to_string()),
        }
    }
}

/// Searches what was said. Threads may share it.
#[derive(Clone)]
pub struct Archive {
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Archive({} documents)",
            self.reader.searcher().num_docs()
        )
    }
}

impl Archive {
    /// Opens the archive of a folder, sealed with `key`, and makes both if they are not there.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the folder cannot be used, or holds something else:
    /// [`OtherKey`](ArchiveError::OtherKey) if that does not open with `key`.
    pub fn open(dir: &Path, key: &DataKey) -> Result<Self, ArchiveError> {
        let sealed = SealedDirectory::new(folder(dir)?, key);
        Self::open_in(dir, sealed.into())
    }

    /// Opens an archive that lies in clear, to measure what sealing costs.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    #[doc(hidden)]
    pub fn open_in_clear(dir: &Path) -> Result<Self, ArchiveError> {
        Self::open_in(dir, folder(dir)?)
    }

    fn open_in(dir: &Path, directory: Box<dyn Directory>) -> Result<Self, ArchiveError> {
        let (schema, fields) = schema::schema();
        let opened = Index::builder()
            .schema(schema)
            .tokenizers(schema::tokenizers())
            .open_or_create(directory)
            .and_then(|index| {
                let reader = index.reader_builder();
                // The writer tells when there is something new.
                let reader = reader.reload_policy(ReloadPolicy::Manual).try_into()?;
                Ok((index, reader))
            });
        let (index, reader) = opened.map_err(|err| match err {
            TantivyError::SchemaError(_) => ArchiveError::OtherVersion { dir: dir.into() },
            err if sealed::does_not_open(&err) => ArchiveError::OtherKey { dir: dir.into() },
            other => other.into(),
        })?;
        Ok(Self {
            index,
            reader,
            fields,
        })
    }

    /// Opens the archive of a folder that nobody else writes to. What another version made, or does not
    /// open with `key`, is removed, files of the folder and all: it begins empty, with [`Self::mark`] 0, to
    /// be built again.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the folder cannot be used.
    pub fn open_or_renew(dir: &Path, key: &DataKey) -> Result<Self, ArchiveError> {
        match Self::open(dir, key) {
            Err(ArchiveError::OtherVersion { .. } | ArchiveError::OtherKey { .. }) => {}
            opened => return opened,
        }
        let failed = failed(dir);
        for file in fs::read_dir(dir).map_err(&failed)? {
            let removed = file.and_then(|file| fs::remove_file(file.path()));
            removed.map_err(&failed)?;
        }
        Self::open(dir, key)
    }

    /// The one writer.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Locked`] while there is another one.
    pub fn writer(&self) -> Result<ArchiveWriter, ArchiveError> {
        ArchiveWriter::new(self.clone())
    }

    /// What the last commit was marked with: whatever came after it has to be added again. 0 if
    /// nothing was committed.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn mark(&self) -> Result<u64, ArchiveError> {
        let payload = self.index.load_metas()?.payload;
        Ok(payload.and_then(|mark| mark.parse().ok()).unwrap_or(0))
    }

    /// Looks again, for what another process committed. The writer's commits are seen without it.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn look_again(&self) -> Result<(), ArchiveError> {
        Ok(self.reader.reload()?)
    }

    /// The committed lines that fit, one page of them, and how many there are.
    ///
    /// The text may be anything. Words and phrases without a letter or a digit are left out; where
    /// nothing else is asked for, no line fits. Only an empty text means all.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn search(&self, query: &Query) -> Result<Page, ArchiveError> {
        let searcher = self.reader.searcher();
        let calls = match query.rules.as_slice() {
            [] => None,
            rules => Some(self.calls_with(rules)?),
        };
        let wanted = Wanted::read(&query.text);
        if wanted.is_nowhere(&query.text) {
            return Ok(Page::default());
        }
        let question = query.question(&wanted, calls, &self.fields);
        let (limit, offset) = (query.limit.min(LARGEST_PAGE), query.offset);
        if limit == 0 || offset >= FURTHEST {
            let total = searcher.search(&question, &Count)?;
            let found = Vec::new();
            return Ok(Page { found, total });
        }
        let top = TopDocs::with_limit(limit).and_offset(offset);
        let (places, total): (Vec<_>, usize) = match query.order {
            Order::Newest => {
                let newest = top.order_by_fast_field::<u64>(schema::SAID_AT, Direction::Desc);
                let (top, total) = searcher.search(&question, &(newest, Count))?;
                (top.into_iter().map(|(_, place)| place).collect(), total)
            }
            Order::Best => {
                let (top, total) = searcher.search(&question, &(top.order_by_score(), Count))?;
                (top.into_iter().map(|(_, place)| place).collect(), total)
            }
        };
        let found = places
            .into_iter()
            .map(|place| {
                let document: TantivyDocument = searcher.doc(place)?;
                Ok(Found::new(self.fields.line(&document), &wanted))
            })
            .collect::<tantivy::Result<_>>()?;
        Ok(Page { found, total })
    }

    /// The calls in which any of the rules raised an alert.
    fn calls_with(&self, rules: &[String]) -> tantivy::Result<Vec<String>> {
        let searcher = self.reader.searcher();
        let places = searcher.search(&self.fields.alerts_of(rules), &DocSetCollector)?;
        let mut calls = Vec::new();
        for (segment, reader) in (0..).zip(searcher.segment_readers()) {
            let Some(column) = reader.fast_fields().str(schema::CALL_ID)? else {
                continue;
            };
            let of_segment = places.iter().filter(|place| place.segment_ord == segment);
            for place in of_segment {
                for ord in column.term_ords(place.doc_id) {
                    let mut call = String::new();
                    column.ord_to_str(ord, &mut call)?;
                    calls.push(call);
                }
            }
        }
        Ok(calls)
    }
}

/// The files of a folder, which is made if it is not there.
fn folder(dir: &Path) -> Result<Box<dyn Directory>, ArchiveError> {
    fs::create_dir_all(dir).map_err(failed(dir))?;
    let directory = MmapDirectory::open(dir);
    let directory = directory.map_err(|err| ArchiveError::Index(err.to_string()))?;
    Ok(directory.into())
}

fn failed(dir: &Path) -> impl Fn(std::io::Error) -> ArchiveError {
    |source| ArchiveError::Folder {
        dir: dir.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
