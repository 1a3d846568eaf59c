//! What hurts people, in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Row, params};

use super::StoreConfig;
use super::files::Place;
use crate::storage::{FrictionReport, FrictionStore, StoreError};

/// So many are kept: the last ones.
const KEPT: i64 = 10_000;

const COLUMNS: &str =
    "id, at_ms, version, kind, page, call, utterance, subject, engine_ms, desk_ms";

/// Reports, on a connection of its own.
pub struct SqliteFriction(Mutex<Connection>);

impl SqliteFriction {
    /// Those of a store that has to exist.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        Self::at(&place)
    }

    pub(super) fn at(place: &Place) -> Result<Self, StoreError> {
        Ok(Self(Mutex::new(place.connect()?)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FrictionStore for SqliteFriction {
    fn keep(&self, report: &FrictionReport, undo: &str) -> Result<u64, StoreError> {
        let connection = self.lock();
        connection.execute(
            "INSERT INTO friction (at_ms, version, kind, page, call, utterance, subject, engine_ms, desk_ms, undo)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                report.at_ms.cast_signed(),
                report.version,
                report.kind,
                report.page,
                report.call_id,
                report.utterance.map(u64::cast_signed),
                report.subject,
                report.engine_ms.map(u64::cast_signed),
                report.desk_ms.map(u64::cast_signed),
                undo
            ],
        )?;
        let id = connection.last_insert_rowid();
        connection.execute("DELETE FROM friction WHERE id <= ?1", [id - KEPT])?;
        Ok(id.cast_unsigned())
    }

    fn withdraw(&self, id: u64, undo: &str) -> Result<bool, StoreError> {
        let withdrawn = "DELETE FROM friction WHERE id = ?1 AND undo = ?2";
        Ok(self
            .lock()
            .execute(withdrawn, params![id.cast_signed(), undo])?
            > 0)
    }

    fn list(&self, before: Option<u64>, most: u32) -> Result<Vec<FrictionReport>, StoreError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM friction WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
        );
        let mut found = connection.prepare_cached(&sql)?;
        let found = found.query_map(params![before.map(u64::cast_signed), most], read)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn calls_by_week(&self) -> Result<Vec<(i64, u64)>, StoreError> {
        let connection = self.lock();
        let mut weeks = connection.prepare(
            "SELECT (opened_ms + 259200000) / 604800000, count(*) FROM calls
             WHERE opened_ms >= (SELECT coalesce(min(at_ms), 0) - 604800000 FROM friction)
             GROUP BY 1 ORDER BY 1 DESC LIMIT 520",
        )?;
        let weeks = weeks.query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        Ok(weeks.collect::<Result<_, _>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<FrictionReport> {
    let number = |at: usize| {
        let number: Option<i64> = row.get(at)?;
        Ok::<_, rusqlite::Error>(number.map(i64::cast_unsigned))
    };
    Ok(FrictionReport {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        at_ms: row.get::<_, i64>(1)?.cast_unsigned(),
        version: row.get(2)?,
        kind: row.get(3)?,
        page: row.get(4)?,
        call_id: row.get(5)?,
        utterance: number(6)?,
        subject: row.get(7)?,
        engine_ms: number(8)?,
        desk_ms: number(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Store;

    #[test]
    fn a_report_is_kept_listed_and_taken_back_by_whoever_has_made_it() {
        let store = Store::temporary().expect("a store");
        let friction = store.friction().expect("a place");
        let report = FrictionReport {
            at_ms: 1_777_890_030_000,
            version: "0.1.0".to_owned(),
            kind: "wrong_card".to_owned(),
            page: "live".to_owned(),
            call_id: Some("c-1".to_owned()),
            utterance: Some(3),
            subject: Some("charged-twice-en".to_owned()),
            engine_ms: Some(800),
            desk_ms: Some(900),
            ..FrictionReport::default()
        };
        let first = friction.keep(&report, "secret").expect("writable");
        let second = friction.keep(&report, "other").expect("writable");
        let listed = friction.list(None, 9).expect("readable");
        assert_eq!((listed[0].id, listed[1].id), (second, first));
        assert_eq!(friction.list(Some(second), 9).expect("readable").len(), 1);
        assert!(!friction.withdraw(first, "guessed").expect("writable"));
        assert!(friction.withdraw(first, "secret").expect("writable"));
        assert_eq!(friction.list(None, 9).expect("readable").len(), 1);
        assert_eq!(friction.calls_by_week().expect("readable"), []);
    }
}
