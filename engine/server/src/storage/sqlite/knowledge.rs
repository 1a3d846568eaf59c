//! What articles and rules said before, in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::files::Place;
use crate::knowledge::FileKind;
use crate::sha256::sha256;
use crate::storage::{KnowledgeVersions, NewVersion, StoreError, Version};

/// Texts of a file that are kept: the last ones.
const KEPT: i64 = 200;

/// What articles and rules said before, on a connection of its own.
pub struct SqliteKnowledge(Mutex<Connection>);

impl SqliteKnowledge {
    pub(super) fn at(place: &Place) -> Result<Self, StoreError> {
        Ok(Self(Mutex::new(place.connect()?)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnowledgeVersions for SqliteKnowledge {
    fn keep(&self, version: &NewVersion<'_>) -> Result<u64, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO knowledge_versions (kind, name, at_ms, by_who, note, digest, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                version.kind.as_str(),
                version.name,
                version.at_ms.cast_signed(),
                version.by_who,
                version.note,
                version.text.map(sha256).unwrap_or_default(),
                version.text
            ],
        )?;
        let id = transaction.last_insert_rowid();
        transaction.execute(
            "DELETE FROM knowledge_versions WHERE kind = ?1 AND name = ?2 AND id NOT IN
             (SELECT id FROM knowledge_versions WHERE kind = ?1 AND name = ?2 ORDER BY id DESC LIMIT ?3)",
            params![version.kind.as_str(), version.name, KEPT],
        )?;
        transaction.commit()?;
        Ok(id.cast_unsigned())
    }

    fn withdraw(&self, version: u64) -> Result<(), StoreError> {
        let withdrawn = "DELETE FROM knowledge_versions WHERE id = ?1";
        self.lock().execute(withdrawn, [version.cast_signed()])?;
        Ok(())
    }

    fn of(&self, kind: FileKind, name: &str) -> Result<Vec<Version>, StoreError> {
        let connection = self.lock();
        let mut versions = connection.prepare_cached(
            "SELECT id, at_ms, by_who, note, digest FROM knowledge_versions
             WHERE kind = ?1 AND name = ?2 ORDER BY id DESC",
        )?;
        let rows = versions.query_map([kind.as_str(), name], |row| {
            Ok(Version {
                version: row.get::<_, i64>(0)?.cast_unsigned(),
                at_ms: row.get::<_, i64>(1)?.cast_unsigned(),
                by: row.get(2)?,
                note: row.get(3)?,
                digest: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn text(
        &self,
        kind: FileKind,
        name: &str,
        version: u64,
    ) -> Result<Option<Option<String>>, StoreError> {
        let text = "SELECT text FROM knowledge_versions WHERE kind = ?1 AND name = ?2 AND id = ?3";
        let wanted = params![kind.as_str(), name, version.cast_signed()];
        let connection = self.lock();
        let found = connection.query_row(text, wanted, |row| row.get(0));
        Ok(found.optional()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Store;

    fn new<'a>(name: &'a str, text: Option<&'a str>) -> NewVersion<'a> {
        NewVersion {
            kind: FileKind::Articles,
            name,
            at_ms: 7,
            by_who: "ann",
            note: "mended",
            text,
        }
    }

    #[test]
    fn the_last_texts_of_a_file_are_kept_with_who_wrote_them() {
        let store = Store::temporary().expect("a store");
        let versions = store.knowledge().expect("a connection");
        let first = versions.keep(&new("a.md", Some("one"))).expect("kept");
        versions.keep(&new("b.md", Some("other"))).expect("kept");
        let gone = versions.keep(&new("a.md", None)).expect("kept");
        let told = versions.of(FileKind::Articles, "a.md").expect("read");
        assert_eq!(
            told.iter().map(|one| one.version).collect::<Vec<_>>(),
            [gone, first]
        );
        assert_eq!(
            (told[1].by.as_str(), told[1].note.as_str()),
            ("ann", "mended")
        );
        assert_eq!((told[0].digest.as_str(), told[1].digest.len()), ("", 64));
        let text = |name, version| {
            versions
                .text(FileKind::Articles, name, version)
                .expect("read")
        };
        assert_eq!(text("a.md", first), Some(Some("one".to_owned())));
        assert_eq!(text("a.md", gone), Some(None));
        assert_eq!(text("b.md", first), None, "of another file");
        versions.withdraw(gone).expect("forgotten");
        assert_eq!(
            versions.of(FileKind::Articles, "a.md").expect("read").len(),
            1
        );
        for number in 0..KEPT {
            versions
                .keep(&new("a.md", Some(&number.to_string())))
                .expect("kept");
        }
        let kept = versions.of(FileKind::Articles, "a.md").expect("read");
        assert_eq!(kept.len(), usize::try_from(KEPT).expect("small"));
        assert_eq!(text("a.md", first), None, "the oldest has gone");
    }
}
