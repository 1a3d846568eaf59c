//! Recordings in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use sidetone_vault::DataKey;

use super::StoreConfig;
use super::columns::{HOLD_BY, HOLD_REASON, POINTS, SILENT};
use super::files::Place;
use super::forget::{self, leave_nothing_behind};
use super::sealing::{self, Keys, Owner, Sealer, Stored};
use crate::storage::{
    ClosedRecording, Hold, NewRecording, OpenRecording, RecordingState, RecordingStore, StoreError,
    StoredRecording, now_ms,
};

/// Files that are told of at once.
const GONE_AT_ONCE: i64 = 256;

/// Digits of a store's id.
const ID: usize = 12;

const RECORDING: &str =
    "call, class, state, file, samples, bytes, began_ms, keep_until_ms, points, silent";

/// Recordings in SQLite, on a connection of its own.
pub struct SqliteRecordings {
    connection: Mutex<Connection>,
    keys: Keys,
}

impl SqliteRecordings {
    /// Those of the store of `config`, which has to exist: for tools beside the engine.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        let keys = place.keys(&config.keys, &place.connect()?)?;
        Self::at(&place, keys)
    }

    pub(super) fn at(place: &Place, keys: Keys) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Mutex::new(place.connect()?),
            keys,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Transactions that a panic has left open are rolled back when they are dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordingStore for SqliteRecordings {
    fn id(&self) -> Result<String, StoreError> {
        // Made of what each store has anyway, and keeps.
        let key = sealing::key(&self.lock(), &self.keys, Owner::Spill)?;
        let mut id = key.derive("recordings").fingerprint(b"store");
        id.truncate(ID);
        Ok(id)
    }

    fn begin(&self, new: &NewRecording<'_>) -> Result<DataKey, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let forgotten = "SELECT NOT EXISTS (SELECT 1 FROM calls WHERE id = ?1)
             AND EXISTS (SELECT 1 FROM forgotten WHERE call = ?1)";
        if transaction.query_row(forgotten, [new.call], |row| row.get::<_, bool>(0))? {
            return Err(StoreError::CallForgotten(new.call.to_owned()));
        }
        let begun = transaction.execute(
            "INSERT OR IGNORE INTO recordings (call, class, file, began_ms, keep_until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                new.call,
                new.class,
                new.file,
                new.began_ms.cast_signed(),
                new.keep_until_ms.map(u64::cast_signed)
            ],
        )?;
        if begun == 0 {
            return Err(StoreError::RecordedBefore(new.call.to_owned()));
        }
        // One of an earlier call of the same id opens nothing.
        sealing::destroy(&transaction, Owner::Recording(new.call))?;
        let key = sealing::key(&transaction, &self.keys, Owner::Recording(new.call))?;
        transaction.commit()?;
        Ok(key)
    }

    fn mark_silent(&self, call: &str, span: (u64, u64)) -> Result<bool, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some((recording, _, silent)) = found(&transaction, call)? else {
            return Ok(false);
        };
        if recording.state != RecordingState::Open {
            return Ok(false);
        }
        let sealer = self.sealer(&transaction, call)?;
        let mut spans: Vec<(u64, u64)> = parsed(silent, &sealer.0, SILENT, call)?;
        spans.push(span);
        let json = serde_json::to_string(&spans).expect("plain numbers");
        transaction.execute(
            "UPDATE recordings SET silent = ?2 WHERE call = ?1",
            params![call, sealer.seal(SILENT, &json)?],
        )?;
        transaction.commit()?;
        Ok(true)
    }

    fn close(&self, call: &str, closed: &ClosedRecording<'_>) -> Result<bool, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some((recording, ..)) = found(&transaction, call)? else {
            return Ok(false);
        };
        let file = closed.file.unwrap_or(&recording.file);
        if file != recording.file {
            forget::file_goes(&transaction, call)?;
        }
        let points = match closed.points {
            [] => None,
            points => {
                let json = serde_json::to_string(points).expect("plain numbers");
                Some(self.sealer(&transaction, call)?.seal(POINTS, &json)?)
            }
        };
        transaction.execute(
            "UPDATE recordings SET state = ?2, file = ?3, samples = ?4, bytes = ?5, points = ?6, silent = NULL
             WHERE call = ?1",
            params![
                call,
                closed.state.as_str(),
                file,
                closed.samples.cast_signed(),
                closed.bytes.cast_signed(),
                points
            ],
        )?;
        transaction.commit()?;
        Ok(true)
    }

    fn open(&self, call: &str) -> Result<Option<OpenRecording>, StoreError> {
        let connection = self.lock();
        let Some((recording, points, silent)) = found(&connection, call)? else {
            return Ok(None);
        };
        let key = self.sealer(&connection, call)?.0;
        Ok(Some(OpenRecording {
            points: parsed(points, &key, POINTS, call)?,
            silent: parsed(silent, &key, SILENT, call)?,
            is_over: is_over(&connection, call)?,
            recording,
            key,
        }))
    }

    fn recording(&self, call: &str) -> Result<Option<StoredRecording>, StoreError> {
        let found = found(&self.lock(), call)?;
        Ok(found.map(|(recording, ..)| recording))
    }

    fn recordings(&self) -> Result<Vec<StoredRecording>, StoreError> {
        let connection = self.lock();
        let sql = format!("SELECT {RECORDING} FROM recordings ORDER BY began_ms, call");
        let mut all = connection.prepare(&sql)?;
        let all = all.query_map([], recording)?;
        Ok(all.collect::<Result<_, _>>()?)
    }

    fn unclosed(&self) -> Result<Vec<String>, StoreError> {
        let connection = self.lock();
        let mut calls =
            connection.prepare("SELECT call FROM recordings WHERE state = 'open' ORDER BY call")?;
        let calls = calls.query_map([], |row| row.get(0))?;
        Ok(calls.collect::<Result<_, _>>()?)
    }

    fn forget(&self, call: &str) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some((recording, ..)) = found(&transaction, call)? else {
            return Err(StoreError::NoRecording(call.to_owned()));
        };
        if recording.state == RecordingState::Open && !is_over(&transaction, call)? {
            return Err(StoreError::StillRecorded(call.to_owned()));
        }
        forget::refuse_held(&transaction, call)?;
        forget::remove_recording(&transaction, call)?;
        transaction.commit()?;
        leave_nothing_behind(&connection);
        Ok(())
    }

    fn gone(&self) -> Result<Vec<String>, StoreError> {
        let connection = self.lock();
        let mut files = connection.prepare_cached("SELECT file FROM recordings_gone LIMIT ?1")?;
        let files = files.query_map([GONE_AT_ONCE], |row| row.get(0))?;
        Ok(files.collect::<Result<_, _>>()?)
    }

    fn removed(&self, file: &str) -> Result<(), StoreError> {
        let gone = "DELETE FROM recordings_gone WHERE file = ?1";
        self.lock().execute(gone, [file])?;
        Ok(())
    }

    fn hold(&self, call: &str, by_who: &str, reason: &str) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let kept = "SELECT EXISTS (SELECT 1 FROM calls WHERE id = ?1)";
        if !transaction.query_row(kept, [call], |row| row.get::<_, bool>(0))? {
            return Err(StoreError::NoSuchCall(call.to_owned()));
        }
        let sealer = Sealer(sealing::key(&transaction, &self.keys, Owner::Call(call))?);
        transaction.execute(
            "INSERT INTO holds (call, since_ms, by_who, reason) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (call) DO UPDATE SET by_who = excluded.by_who, reason = excluded.reason",
            params![
                call,
                now_ms(),
                sealer.seal(HOLD_BY, by_who)?,
                sealer.seal(HOLD_REASON, reason)?
            ],
        )?;
        transaction.commit()?;
        Ok(())
    }

    fn release(&self, call: &str) -> Result<bool, StoreError> {
        let released = "DELETE FROM holds WHERE call = ?1";
        Ok(self.lock().execute(released, [call])? > 0)
    }

    fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        let connection = self.lock();
        let mut holds = connection
            .prepare("SELECT call, since_ms, by_who, reason FROM holds ORDER BY since_ms, call")?;
        let mut rows = holds.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let call: String = row.get(0)?;
            let key = sealing::known(&connection, &self.keys, Owner::Call(&call));
            let key = key.ok().flatten();
            let text = |index, column| -> rusqlite::Result<String> {
                let stored: Stored = row.get(index)?;
                let text = stored.open(key.as_ref(), column, &call);
                Ok(text.unwrap_or_default())
            };
            found.push(Hold {
                since_ms: row.get::<_, i64>(1)?.cast_unsigned(),
                by_who: text(2, HOLD_BY)?,
                reason: text(3, HOLD_REASON)?,
                call,
            });
        }
        Ok(found)
    }
}

impl SqliteRecordings {
    /// The key of a recording that is there.
    fn sealer(&self, connection: &Connection, call: &str) -> Result<Sealer, StoreError> {
        let key = sealing::known(connection, &self.keys, Owner::Recording(call))?;
        key.map(Sealer).ok_or_else(|| StoreError::Unreadable {
            call: call.to_owned(),
            problem: "the key of its recording is gone".to_owned(),
        })
    }
}

/// Whether a call is known to be over.
fn is_over(connection: &Connection, call: &str) -> rusqlite::Result<bool> {
    let over = "SELECT 1 FROM calls WHERE id = ?1 AND closed_ms IS NOT NULL";
    connection.prepare_cached(over)?.exists([call])
}

type Sealed = Option<Stored>;

fn found(
    connection: &Connection,
    call: &str,
) -> rusqlite::Result<Option<(StoredRecording, Sealed, Sealed)>> {
    let sql = format!("SELECT {RECORDING} FROM recordings WHERE call = ?1");
    let mut found = connection.prepare_cached(&sql)?;
    let found = found.query_row([call], |row| {
        Ok((recording(row)?, row.get(8)?, row.get(9)?))
    });
    found.optional()
}

fn recording(row: &Row<'_>) -> rusqlite::Result<StoredRecording> {
    let state: String = row.get(2)?;
    let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(StoredRecording {
        call: row.get(0)?,
        class: row.get(1)?,
        state: match state.as_str() {
            "whole" => RecordingState::Whole,
            "cut" => RecordingState::Cut,
            _ => RecordingState::Open,
        },
        file: row.get(3)?,
        samples: number(4)?,
        bytes: number(5)?,
        began_ms: number(6)?,
        keep_until_ms: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
    })
}

/// A sealed list; an empty one where there is none.
fn parsed<T: serde::de::DeserializeOwned>(
    sealed: Sealed,
    key: &DataKey,
    column: &str,
    call: &str,
) -> Result<Vec<T>, StoreError> {
    let Some(sealed) = sealed else {
        return Ok(Vec::new());
    };
    let text = sealed.open(Some(key), column, call)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Unreadable {
        call: call.to_owned(),
        problem: format!("{column}: {error}"),
    })
}
