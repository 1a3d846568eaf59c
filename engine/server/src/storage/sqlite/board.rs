//! The board in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior, params};
use sidetone_core::board::{Figure, Hour, HourMean, Threshold, Thresholds};
use tracing::warn;

use super::files::Place;
use crate::storage::{BoardStore, KeptThresholds, RaisedSince, StoreError};

/// The board, on a connection of its own.
pub struct SqliteBoard(Mutex<Connection>);

impl SqliteBoard {
    pub(super) fn at(place: &Place) -> Result<Self, StoreError> {
        Ok(Self(Mutex::new(place.connect()?)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Transactions that a panic has left open are rolled back when they are dropped.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BoardStore for SqliteBoard {
    fn hours(&self, oldest: Hour) -> Result<Vec<(Hour, Figure, HourMean)>, StoreError> {
        let connection = self.lock();
        let mut kept = connection.prepare_cached(
            "SELECT hour, figure, sum, samples FROM board_hours WHERE hour >= ?1",
        )?;
        let rows = kept.query_map([oldest], |row| {
            let mean = HourMean {
                sum: row.get(2)?,
                samples: row.get(3)?,
            };
            Ok((row.get(0)?, row.get::<_, String>(1)?, mean))
        })?;
        let mut hours = Vec::new();
        for row in rows {
            let (hour, figure, mean) = row?;
            if let Ok(figure) = figure.parse() {
                hours.push((hour, figure, mean));
            }
        }
        Ok(hours)
    }

    fn keep_hour(
        &self,
        hour: Hour,
        means: &[(Figure, HourMean)],
        oldest: Hour,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (figure, mean) in means {
            transaction.execute(
                "INSERT OR REPLACE INTO board_hours (hour, figure, sum, samples)
                 VALUES (?1, ?2, ?3, ?4)",
                params![hour, figure.as_str(), mean.sum, mean.samples],
            )?;
        }
        transaction.execute("DELETE FROM board_hours WHERE hour < ?1", [oldest])?;
        Ok(transaction.commit()?)
    }

    fn thresholds(&self) -> Result<KeptThresholds, StoreError> {
        let connection = self.lock();
        let (revision, json, raised) = connection.query_row(
            "SELECT revision, thresholds, raised FROM board_thresholds",
            [],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            },
        )?;
        let all: Vec<serde_json::Value> = serde_json::from_str(&json)
            .map_err(|error| StoreError::Thresholds(error.to_string()))?;
        // Calls are taken whatever becomes of a threshold of another version.
        let known = all.into_iter().filter_map(|one| {
            let read = serde_json::from_value(one).map_err(|error| error.to_string());
            let read = read.and_then(|one: Threshold| match one.check() {
                Ok(()) => Ok(one),
                Err(error) => Err(error.to_string()),
            });
            read.inspect_err(|error| warn!(error, "a threshold is left out"))
                .ok()
        });
        let thresholds = Thresholds::new(known.collect());
        Ok(KeptThresholds {
            revision: revision.cast_unsigned(),
            thresholds: thresholds.map_err(|error| StoreError::Thresholds(error.to_string()))?,
            raised: serde_json::from_str(&raised)
                .map_err(|error| StoreError::Thresholds(error.to_string()))?,
        })
    }

    fn keep_thresholds(
        &self,
        read: u64,
        thresholds: &Thresholds,
    ) -> Result<Option<u64>, StoreError> {
        let json = serde_json::to_string(thresholds).expect("plain data");
        let changed = self.lock().execute(
            "UPDATE board_thresholds SET revision = revision + 1, thresholds = ?2 WHERE revision = ?1",
            params![read.cast_signed(), json],
        )?;
        Ok((changed > 0).then_some(read.saturating_add(1)))
    }

    fn keep_raised(&self, raised: &RaisedSince) -> Result<(), StoreError> {
        let json = serde_json::to_string(raised).expect("plain data");
        self.lock()
            .execute("UPDATE board_thresholds SET raised = ?1", [json])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Store;

    fn thresholds(limit: f64) -> Thresholds {
        let json = format!(
            r#"[{{"id":"refused","figure":"calls_refused","side":"above","limit":{limit}}}]"#
        );
        Thresholds::new(serde_json::from_str(&json).expect("JSON")).expect("it makes sense")
    }

    #[test]
    fn thresholds_are_kept_over_the_revision_that_was_read_and_over_no_other() {
        let store = Store::temporary().expect("a store");
        let board = store.board().expect("a board");
        let first = board.thresholds().expect("readable");
        assert_eq!((first.revision, first.thresholds.iter().count()), (0, 0));
        let kept = board.keep_thresholds(0, &thresholds(1.0));
        assert_eq!(kept.expect("writable"), Some(1));
        let late = board.keep_thresholds(0, &thresholds(2.0));
        assert_eq!(late.expect("writable"), None);
        let now = board.thresholds().expect("readable");
        assert_eq!((now.revision, now.thresholds), (1, thresholds(1.0)));
        let raised = RaisedSince::from([("refused".to_owned(), 7)]);
        board.keep_raised(&raised).expect("writable");
        assert_eq!(board.thresholds().expect("readable").raised, raised);
    }

    #[test]
    fn hours_are_kept_once_each_and_old_ones_go() {
        let store = Store::temporary().expect("a store");
        let board = store.board().expect("a board");
        let mean = |sum| HourMean { sum, samples: 2 };
        let open = Figure::CallsOpen;
        for (hour, sum) in [(10, 1.0), (11, 2.0), (11, 3.0)] {
            let kept = board.keep_hour(hour, &[(open, mean(sum))], 0);
            kept.expect("writable");
        }
        let hours = board.hours(0).expect("readable");
        assert_eq!(hours, [(10, open, mean(1.0)), (11, open, mean(3.0))]);
        board.keep_hour(12, &[], 11).expect("writable");
        assert_eq!(board.hours(0).expect("readable"), [(11, open, mean(3.0))]);
        assert_eq!(board.hours(12).expect("readable"), []);
    }
}
