//! What hurts people, in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreConfig;
use super::columns::COMMENT;
use super::files::Place;
use super::sealing::{self, Keys, Owner, Sealer, Stored};
use crate::storage::{FrictionQuery, FrictionReport, FrictionStore, StoreError};

/// So many are kept: the last ones.
const KEPT: i64 = 10_000;

const COLUMNS: &str = "id, at_ms, version, kind, page, call, utterance, subject, engine_ms, desk_ms, with_words, comment";

/// Reports, on a connection of its own.
pub struct SqliteFriction {
    connection: Mutex<Connection>,
    keys: Keys,
}

impl SqliteFriction {
    /// Those of a store that has to exist.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        let keys = place.keys(&config.keys, &place.connect()?)?;
        Self::at(&place, keys)
    }

    pub(super) fn at(place: &Place, keys: Keys) -> Result<Self, StoreError> {
        let connection = Mutex::new(place.connect()?);
        Ok(Self { connection, keys })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        let lock = self.connection.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

impl FrictionStore for SqliteFriction {
    fn keep(&self, report: &FrictionReport, undo: &str) -> Result<u64, StoreError> {
        let connection = self.lock();
        let comment = report.comment.as_deref();
        let comment = comment.map(|comment| {
            let key = sealing::key(&connection, &self.keys, owner(report))?;
            Sealer(key).seal(COMMENT, comment)
        });
        connection.execute(
            "INSERT INTO friction (at_ms, version, kind, page, call, utterance, subject, engine_ms, desk_ms, undo,
                                   with_words, comment)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
                undo,
                report.with_words,
                comment.transpose()?
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

    fn list(&self, query: &FrictionQuery, most: u32) -> Result<Vec<FrictionReport>, StoreError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM friction
             WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR at_ms >= ?2) AND (?3 IS NULL OR at_ms < ?3)
               AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR version = ?5)
             ORDER BY id DESC LIMIT ?6"
        );
        let mut found = connection.prepare_cached(&sql)?;
        let asked = params![
            query.before.map(u64::cast_signed),
            query.from_ms.map(u64::cast_signed),
            query.until_ms.map(u64::cast_signed),
            query.kind,
            query.version,
            most
        ];
        let found = found.query_map(asked, read)?;
        let found: Vec<(FrictionReport, Option<Stored>)> = found.collect::<Result<_, _>>()?;
        let opened = found.into_iter().map(|(mut report, comment)| {
            report.comment = comment.and_then(|comment| {
                let key = sealing::known(&connection, &self.keys, owner(&report)).ok()?;
                let call = report.call_id.as_deref().unwrap_or_default();
                comment.open(key.as_ref(), COMMENT, call).ok()
            });
            report
        });
        Ok(opened.collect())
    }

    fn made_at(&self, id: u64) -> Result<Option<u64>, StoreError> {
        let connection = self.lock();
        let mut made = connection.prepare_cached("SELECT at_ms FROM friction WHERE id = ?1")?;
        let made = made.query_row([id.cast_signed()], |row| row.get::<_, i64>(0));
        Ok(made.optional()?.map(i64::cast_unsigned))
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

/// Whose key seals what is said about it.
fn owner(report: &FrictionReport) -> Owner<'_> {
    let call = report.call_id.as_deref();
    call.map_or(Owner::Friction, Owner::Call)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(FrictionReport, Option<Stored>)> {
    let number = |at: usize| {
        let number: Option<i64> = row.get(at)?;
        Ok::<_, rusqlite::Error>(number.map(i64::cast_unsigned))
    };
    let report = FrictionReport {
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
        with_words: row.get(10)?,
        comment: None,
    };
    Ok((report, row.get(11)?))
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
            comment: Some("The customer has one bill".to_owned()),
            ..FrictionReport::default()
        };
        let first = friction.keep(&report, "secret").expect("writable");
        let second = friction.keep(&report, "other").expect("writable");
        let all = FrictionQuery::default();
        let list = |query: &FrictionQuery| friction.list(query, 9).expect("readable");
        let listed = list(&all);
        assert_eq!((listed[0].id, listed[1].id), (second, first));
        let kept = FrictionReport {
            id: first,
            ..report.clone()
        };
        assert_eq!(listed[1], kept);
        for (query, count) in [
            (
                FrictionQuery {
                    before: Some(second),
                    ..all.clone()
                },
                1,
            ),
            (
                FrictionQuery {
                    kind: Some("other".to_owned()),
                    ..all.clone()
                },
                0,
            ),
            (
                FrictionQuery {
                    version: Some("0.1.0".to_owned()),
                    ..all.clone()
                },
                2,
            ),
            (
                FrictionQuery {
                    from_ms: Some(report.at_ms + 1),
                    ..all.clone()
                },
                0,
            ),
            (
                FrictionQuery {
                    until_ms: Some(report.at_ms + 1),
                    ..all.clone()
                },
                2,
            ),
        ] {
            assert_eq!(list(&query).len(), count, "{query:?}");
        }
        let (connection, _) = store.connect().expect("a connection");
        let sealed = "SELECT count(*) FROM friction WHERE typeof(comment) = 'blob'";
        let sealed: i64 = connection
            .query_row(sealed, [], |row| row.get(0))
            .expect("a count");
        assert_eq!(sealed, 2, "what people say is not kept in clear");
        assert_eq!(
            friction.made_at(first).expect("readable"),
            Some(report.at_ms)
        );
        assert!(!friction.withdraw(first, "guessed").expect("writable"));
        assert!(friction.withdraw(first, "secret").expect("writable"));
        assert_eq!(list(&all).len(), 1);
        assert_eq!(friction.made_at(first).expect("readable"), None);
        assert_eq!(friction.calls_by_week().expect("readable"), []);
    }
}
