//! Lines in, calls out.

use std::fmt;

use tantivy::IndexWriter;

use super::line::Line;
use super::{Archive, ArchiveError};

/// Memory for lines that are not on disk yet, in bytes: some 100,000 lines.
const MEMORY: usize = 50_000_000;

/// Adds to the archive, and removes from it. Nothing is seen before [`commit`](Self::commit).
pub struct ArchiveWriter {
    writer: IndexWriter,
    archive: Archive,
}

impl fmt::Debug for ArchiveWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchiveWriter({:?})", self.archive)
    }
}

impl ArchiveWriter {
    pub(super) fn new(archive: Archive) -> Result<Self, ArchiveError> {
        let writer = archive.index.writer_with_num_threads(1, MEMORY)?;
        Ok(Self { writer, archive })
    }

    /// Adds lines. One with the call and utterance of an older one replaces it.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn add(&mut self, lines: &[Line]) -> Result<(), ArchiveError> {
        let fields = self.archive.fields;
        for line in lines {
            self.writer.delete_term(fields.line_key(line));
            self.writer.add_document(fields.line_document(line))?;
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
        for rule in rules {
            self.writer.delete_term(fields.alert_key(call_id, rule));
            self.writer
                .add_document(fields.alert_document(call_id, rule))?;
        }
        Ok(())
    }

    /// Takes back that a rule raised alerts in a call.
    pub fn remove_alerts(&mut self, call_id: &str, rule: &str) {
        let key = self.archive.fields.alert_key(call_id, rule);
        self.writer.delete_term(key);
    }

    /// Removes a call, its alerts too. After the next commit it is not found; its words are gone
    /// from the disk after [`purge`](Self::purge), or once the index tidies up by itself.
    pub fn forget(&mut self, call_id: &str) {
        self.writer.delete_term(self.archive.fields.call(call_id));
    }

    /// Puts on disk what was added and removed, and shows it to searches. Returns once it is safe.
    ///
    /// `mark` is whatever tells the caller where to go on after a crash, such as the number of the
    /// last row: see [`Archive::mark`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails: then nothing of it is sure.
    pub fn commit(&mut self, mark: u64) -> Result<(), ArchiveError> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&mark.to_string());
        commit.commit()?;
        self.archive.look_again()
    }

    /// Rewrites the parts of the index that still hold what was removed, and deletes the old ones.
    /// With many lines this takes seconds.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the disk fails.
    pub fn purge(&mut self) -> Result<(), ArchiveError> {
        // Only the ids are kept: what holds on to a segment keeps its files.
        let segments = self.archive.index.searchable_segment_metas()?;
        let stale: Vec<_> = segments
            .into_iter()
            .filter(|segment| segment.has_deletes())
            .map(|segment| segment.id())
            .collect();
        for segment in stale {
            self.writer.merge(&[segment]).wait()?;
        }
        self.archive.look_again()?;
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }
}
