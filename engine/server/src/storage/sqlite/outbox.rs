//! The outbox in SQLite.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use sidetone_vault::DataKey;

use super::StoreConfig;
use super::columns::{NOTE, REASON};
use super::files::Place;
use super::forget::{leave_nothing_behind, remove_note};
use super::rewrite::rewrite;
use super::sealing::{self, Keys, Owner, Sealer, Stored};
use crate::records::{
    Counts, Entry, FullEntry, NoteState, Progress, Rewriting, Step, StepDone, Taken,
};
use crate::storage::wake_signal::WakeSignal;
use crate::storage::{Outbox, StoreError, note_state, now_ms};

/// The outbox in SQLite, on a connection of its own.
pub struct SqliteOutbox {
    connection: Mutex<Connection>,
    keys: Keys,
    wake_signal: Arc<WakeSignal>,
}

const ENTRY: &str = "id, call, state, created_ms, since_ms, due_ms, attempts, reason, settled_ms, taken, revision, note";

impl SqliteOutbox {
    /// Opens the outbox of the store of `config`, which has to exist: for tools that look at it
    /// while the engine runs.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        let keys = place.keys(&config.keys, &place.connect()?)?;
        Self::at(&place, keys, Arc::default())
    }

    pub(super) fn at(
        place: &Place,
        keys: Keys,
        wake_signal: Arc<WakeSignal>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Mutex::new(place.connect()?),
            keys,
            wake_signal,
        })
    }

    fn full(
        &self,
        which: &str,
        key: impl rusqlite::ToSql,
    ) -> Result<Option<FullEntry>, StoreError> {
        let connection = self.lock();
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE {which}");
        let found = connection
            .query_row(&sql, [key], |row| Ok((entry(row)?, row.get(11)?)))
            .optional()?;
        let Some((entry, note)): Option<(Listed, Stored)> = found else {
            return Ok(None);
        };
        let key = self.key(&connection, &entry.0.call_id).ok().flatten();
        let entry = entry.open(key.as_ref());
        let note = note.open(key.as_ref(), NOTE, &entry.call_id);
        let steps = connection
            .prepare_cached(
                "SELECT step, begun_ms, crm_id FROM outbox_steps WHERE note = ?1
                 ORDER BY begun_ms, rowid",
            )?
            .query_map([entry.id], |row| {
                Ok(StepDone {
                    step: row.get(0)?,
                    begun_ms: row.get::<_, i64>(1)?.cast_unsigned(),
                    crm_id: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(Some(FullEntry {
            entry,
            note: note.ok().and_then(|note| serde_json::from_str(&note).ok()),
            steps,
        }))
    }

    /// The key of the note of a call, if it is not one of old.
    fn key(&self, connection: &Connection, call: &str) -> Result<Option<DataKey>, StoreError> {
        sealing::known(connection, &self.keys, Owner::Note(call))
    }

    /// Why a note failed, sealed: it may quote the note. `None` if no reason is told.
    fn reason(
        &self,
        connection: &Connection,
        note: i64,
        reason: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let of_note = "SELECT call FROM outbox WHERE id = ?1";
        let call: Option<String> = connection
            .query_row(of_note, [note], |row| row.get(0))
            .optional()?;
        let Some(call) = call.filter(|_| !reason.is_empty()) else {
            return Ok(None);
        };
        let key = sealing::key(connection, &self.keys, Owner::Note(&call))?;
        Sealer(key).seal(REASON, reason).map(Some)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Each use is one statement, so a panic elsewhere leaves no transaction open.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox for SqliteOutbox {
    fn counts(&self) -> Result<Counts, StoreError> {
        counts(&self.lock())
    }

    fn list(&self, state: NoteState, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let order = match state {
            NoteState::Waiting | NoteState::InFlight => "due_ms, id",
            NoteState::Delivered | NoteState::Dead => "settled_ms DESC, id DESC",
        };
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE state = ?1 ORDER BY {order} LIMIT ?2");
        let connection = self.lock();
        let mut entries = connection.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = entries.query_map((state.as_str(), limit), entry)?;
        let rows: Vec<Listed> = rows.collect::<Result<_, _>>()?;
        let opened = rows.into_iter().map(|entry| {
            let key = self.key(&connection, &entry.0.call_id);
            Ok(entry.open(key.ok().flatten().as_ref()))
        });
        opened.collect()
    }

    fn entry(&self, id: i64) -> Result<Option<FullEntry>, StoreError> {
        self.full("id = ?1", id)
    }

    fn of_call(&self, call_id: &str) -> Result<Option<FullEntry>, StoreError> {
        self.full("call = ?1", call_id)
    }

    fn rewrite(&self, rewriting: &Rewriting<'_>) -> Result<bool, StoreError> {
        rewrite(&self.lock(), &self.keys, rewriting)
    }

    fn retry(&self, id: i64) -> Result<bool, StoreError> {
        let changed = self.lock().execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?2, since_ms = ?2, attempts = 0,
                    settled_ms = NULL
             WHERE id = ?1 AND state IN ('waiting', 'dead')",
            params![id, now_ms()],
        )?;
        self.wake_signal.ring();
        Ok(changed > 0)
    }

    fn retry_all_dead(&self) -> Result<usize, StoreError> {
        let changed = self.lock().execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?1, since_ms = ?1, attempts = 0,
                    settled_ms = NULL
             WHERE state = 'dead'",
            [now_ms()],
        )?;
        self.wake_signal.ring();
        Ok(changed)
    }

    fn discard(&self, id: i64) -> Result<bool, StoreError> {
        let connection = self.lock();
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        let dead = "SELECT call FROM outbox WHERE id = ?1 AND state = 'dead'";
        let dead: Option<String> = transaction
            .query_row(dead, [id], |row| row.get(0))
            .optional()?;
        if let Some(call) = &dead {
            remove_note(&transaction, call)?;
        }
        transaction.commit()?;
        leave_nothing_behind(&connection);
        Ok(dead.is_some())
    }

    fn wake_signal(&self) -> &WakeSignal {
        &self.wake_signal
    }

    fn put_all_back(&self) -> Result<usize, StoreError> {
        Ok(self.lock().execute(
            "UPDATE outbox SET state = 'waiting' WHERE state = 'in_flight'",
            [],
        )?)
    }

    fn take_due(&self) -> Result<Option<Taken>, StoreError> {
        let now = now_ms();
        loop {
            // Looking keeps nobody from writing, taking does.
            if self.next_due()?.is_none_or(|due| due > now) {
                return Ok(None);
            }
            let connection = self.lock();
            // A commit of its own, whose failure shows: that of a statement with RETURNING would
            // not.
            let transaction =
                Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
            let taken: Option<(i64, Stored, u32, i64, String)> = transaction
                .prepare_cached(
                    "UPDATE outbox SET state = 'in_flight', taken = taken + 1,
                            since_ms = iif(taken = 0, ?1, since_ms)
                     WHERE id = (
                         SELECT id FROM outbox WHERE state = 'waiting' AND due_ms <= ?1
                         ORDER BY due_ms, id LIMIT 1)
                     RETURNING id, note, attempts, since_ms, call",
                )?
                .query_row([now], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                    ))
                })
                .optional()?;
            let key = taken.as_ref().map(|taken| self.key(&transaction, &taken.4));
            let key = match key.transpose() {
                // It may be there again when it is tried next.
                Err(error) if error.is_of_the_disk() => return Err(error),
                Err(_) => None,
                Ok(key) => key.flatten(),
            };
            transaction.commit()?;
            drop(connection);
            let Some((id, note, attempts, since_ms, call)) = taken else {
                return Ok(None);
            };
            let note = note.open(key.as_ref(), NOTE, &call).ok();
            match note.and_then(|note| serde_json::from_str(&note).ok()) {
                Some(note) => {
                    return Ok(Some(Taken {
                        id,
                        note,
                        attempts,
                        since_ms,
                    }));
                }
                None => self.give_up(
                    id,
                    attempts,
                    "the note cannot be read: its key is gone, it is damaged, or a later version has written it",
                )?,
            }
        }
    }

    fn next_due(&self) -> Result<Option<i64>, StoreError> {
        let connection = self.lock();
        let mut due =
            connection.prepare_cached("SELECT min(due_ms) FROM outbox WHERE state = 'waiting'")?;
        Ok(due.query_row([], |row| row.get(0))?)
    }

    fn progress(&self, note: i64, step: Step) -> Result<Progress, StoreError> {
        let connection = self.lock();
        let mut found = connection.prepare_cached(
            "SELECT begun_ms, crm_id FROM outbox_steps WHERE note = ?1 AND step = ?2",
        )?;
        let found = found
            .query_row((note, step.to_string()), |row| {
                Ok((row.get(0)?, row.get::<_, Option<String>>(1)?))
            })
            .optional()?;
        Ok(match found {
            Some((_, Some(crm_id))) => Progress::Done(crm_id),
            Some((at_ms, None)) => Progress::Begun { at_ms },
            None => Progress::New,
        })
    }

    fn begin(&self, note: i64, step: Step) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "INSERT INTO outbox_steps (note, step, begun_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (note, step) DO UPDATE SET begun_ms = excluded.begun_ms",
            )?
            .execute(params![note, step.to_string(), now_ms()])?;
        Ok(())
    }

    fn undo_begin(&self, note: i64, step: Step) -> Result<(), StoreError> {
        self.lock().execute(
            "DELETE FROM outbox_steps WHERE note = ?1 AND step = ?2 AND crm_id IS NULL",
            params![note, step.to_string()],
        )?;
        Ok(())
    }

    fn finish(&self, note: i64, step: Step, crm_id: &str) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "INSERT INTO outbox_steps (note, step, begun_ms, crm_id) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (note, step) DO UPDATE SET crm_id = excluded.crm_id",
            )?
            .execute(params![note, step.to_string(), now_ms(), crm_id])?;
        Ok(())
    }

    fn delivered(&self, note: i64) -> Result<(), StoreError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'delivered', settled_ms = ?2, reason = '' WHERE id = ?1",
            params![note, now_ms()],
        )?;
        Ok(())
    }

    fn put_off(
        &self,
        note: i64,
        due_ms: i64,
        attempts: u32,
        reason: &str,
    ) -> Result<(), StoreError> {
        let connection = self.lock();
        connection.execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?2, attempts = ?3,
                    reason = coalesce(?4, reason)
             WHERE id = ?1",
            params![
                note,
                due_ms,
                attempts,
                self.reason(&connection, note, reason)?
            ],
        )?;
        Ok(())
    }

    fn give_up(&self, note: i64, attempts: u32, reason: &str) -> Result<(), StoreError> {
        let connection = self.lock();
        connection.execute(
            "UPDATE outbox SET state = 'dead', settled_ms = ?2, attempts = ?3,
                    reason = coalesce(?4, '')
             WHERE id = ?1",
            params![
                note,
                now_ms(),
                attempts,
                self.reason(&connection, note, reason)?
            ],
        )?;
        Ok(())
    }
}

/// How many notes are in each state.
pub(super) fn counts(connection: &Connection) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    let mut states = connection.prepare_cached(
        "SELECT state, count(*), sum(taken = 0 AND due_ms > since_ms) FROM outbox GROUP BY state",
    )?;
    let mut rows = states.query([])?;
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)?.cast_unsigned();
        match state(row, 0)? {
            NoteState::Waiting => {
                counts.in_review = row.get::<_, i64>(2)?.cast_unsigned();
                counts.waiting = count.saturating_sub(counts.in_review);
            }
            NoteState::InFlight => counts.in_flight = count,
            NoteState::Delivered => counts.delivered = count,
            NoteState::Dead => counts.dead = count,
        }
    }
    Ok(counts)
}

/// An entry, and the reason of its last failure as it lies there.
struct Listed(Entry, Stored);

impl Listed {
    /// A reason that cannot be read is told as such: the entry is worth showing.
    fn open(self, key: Option<&DataKey>) -> Entry {
        let Self(entry, reason) = self;
        let reason = reason.open(key, REASON, &entry.call_id);
        Entry {
            reason: reason.unwrap_or_else(|error| error.to_string()),
            ..entry
        }
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let ms = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let entry = Entry {
        id: row.get(0)?,
        call_id: row.get(1)?,
        state: state(row, 2)?,
        created_ms: ms(3)?,
        since_ms: ms(4)?,
        due_ms: ms(5)?,
        attempts: row.get(6)?,
        reason: String::new(),
        settled_ms: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
        taken: ms(9)?,
        revision: ms(10)?,
    };
    Ok(Listed(entry, row.get(7)?))
}

fn state(row: &Row<'_>, index: usize) -> rusqlite::Result<NoteState> {
    let text: String = row.get(index)?;
    Ok(note_state(&text).expect("the table checks its states"))
}
