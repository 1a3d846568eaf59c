//! Lines in, calls out.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tantivy::IndexWriter;
use tantivy::merge_policy::{DefaultMergePolicy, NoMergePolicy};

use super::line::Line;
use super::{Archive, ArchiveError};

/// Memory for lines that are not on disk yet, in bytes: some 100,000 lines.
const MEMORY: usize = 50_000_000;
/// How long searches that began earlier may hold on to files of what was removed: 5 s.
const HELD: usize = 100;
const HELD_FOR: Duration = Duration::from_millis(50);

/// Adds to the archive, and removes from it. Nothing is seen before [`commit`](Self::commit).
pub struct ArchiveWriter {
    /// `None` if it could not be opened again after it was closed.
    writer: Option<IndexWriter>,
    archive: Archive,
    /// Whether a call was removed whose words may still lie in files.
    has_forgotten: bool,
}

impl fmt::Debug for ArchiveWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchiveWriter({:?})", self.archive)
    }
}

impl ArchiveWriter {
    pub(super) fn new(archive: Archive) -> Result<Self, ArchiveError> {
        Ok(Self {
            writer: Some(open(&archive)?),
            archive,
            has_forgotten: false,
        })
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, ArchiveError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => open(&self.archive)?,
        };
        Ok(self.writer.insert(writer))
    }

    /// Adds lines. One with the call and utterance of an older one replaces it.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn add(&mut self, lines: &[Line]) -> Result<(), ArchiveError> {
        let fields = self.archive.fields;
        let writer = self.writer()?;
        for line in lines {
            writer.delete_term(fields.line_key(line));
            writer.add_document(fields.line_document(line))?;
        }
        Ok(())
    }

    /// Notes that rules raised alerts in a call: its lines are found by them from now on, those
    /// added later too. Noting one again changes nothing.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn add_alerts(&mut self, call_id: &str, rules: &[String]) -> Result<(), ArchiveError> {
        let fields = self.archive.fields;
        let writer = self.writer()?;
        for rule in rules {
            writer.delete_term(fields.alert_key(call_id, rule));
            writer.add_document(fields.alert_document(call_id, rule))?;
        }
        Ok(())
    }

    /// Takes back that a rule raised alerts in a call.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn remove_alerts(&mut self, call_id: &str, rule: &str) -> Result<(), ArchiveError> {
        let key = self.archive.fields.alert_key(call_id, rule);
        self.writer()?.delete_term(key);
        Ok(())
    }

    /// Removes a call, its alerts too. After the next commit it is not found, and its words are gone from
    /// the disk.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn forget(&mut self, call_id: &str) -> Result<(), ArchiveError> {
        let call = self.archive.fields.call(call_id);
        self.writer()?.delete_term(call);
        self.has_forgotten = true;
        Ok(())
    }

    /// Puts on disk what was added and removed, and shows it to searches. Returns once it is safe.
    ///
    /// `mark` is whatever tells the caller where to go on after a crash, such as the number of the
    /// last row: see [`Archive::mark`].
    ///
    /// If calls were forgotten, what of the index still holds removed lines is written anew without them,
    /// each segment once, and the old files are deleted. That takes some ten seconds for each million lines of
    /// these segments, at most all there are: forget many calls at once rather than one at a time. A crash
    /// in between leaves words behind: forget the calls again, which does no harm.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails: then nothing of it is sure.
    pub fn commit(&mut self, mark: u64) -> Result<(), ArchiveError> {
        let mut commit = self.writer()?.prepare_commit()?;
        commit.set_payload(&mark.to_string());
        commit.commit()?;
        self.archive.look_again()?;
        if self.has_forgotten {
            self.purge()?;
            self.has_forgotten = false;
        }
        Ok(())
    }

    /// Has nothing on disk but what is committed. Nothing may be uncommitted.
    fn purge(&mut self) -> Result<(), ArchiveError> {
        if let Some(writer) = self.writer.take() {
            // Merges that began before the commit still write what it has removed.
            writer.set_merge_policy(Box::new(NoMergePolicy));
            writer.wait_merging_threads()?;
        }
        let index = self.archive.index.clone();
        // Only the ids are kept: what holds on to a segment keeps its files.
        let segments = index.searchable_segment_metas()?.into_iter();
        let stale = segments.filter(|segment| segment.has_deletes());
        let stale: Vec<_> = stale.map(|segment| segment.id()).collect();
        let writer = self.writer()?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for segment in stale {
            writer.merge(&[segment]).wait()?;
        }
        writer.set_merge_policy(Box::<DefaultMergePolicy>::default());
        self.archive.look_again()?;
        for _ in 0..HELD {
            self.writer()?.garbage_collect_files().wait()?;
            if self.archive.has_only_what_is_committed()? {
                return Ok(());
            }
            thread::sleep(HELD_FOR);
        }
        Err(ArchiveError::Held)
    }
}

fn open(archive: &Archive) -> Result<IndexWriter, ArchiveError> {
    Ok(archive.index.writer_with_num_threads(1, MEMORY)?)
}

impl Archive {
    /// Whether each file belongs to a segment that is searched.
    fn has_only_what_is_committed(&self) -> Result<bool, ArchiveError> {
        let segments = self.index.searchable_segment_ids()?;
        let segments: Vec<String> = segments.iter().map(|id| id.uuid_string()).collect();
        let belongs = |file: &Path| {
            let name = file.to_string_lossy();
            name == "meta.json" || segments.iter().any(|id| name.starts_with(id))
        };
        let files = self.index.directory().list_managed_files();
        Ok(files.iter().all(|file| belongs(file)))
    }
}
