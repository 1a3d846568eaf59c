//! What the CRM is owed, and how far each note has come. Every step is committed before the next begins.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::StoreConfig;
use super::files::Place;
use super::record::unix_ms;
use crate::crm::{Note, Step};
use crate::storage::StoreError;
use crate::storage::wake_signal::WakeSignal;

/// The outbox, on a connection of its own.
pub struct Outbox {
    connection: Mutex<Connection>,
    wake_signal: Arc<WakeSignal>,
}

/// Where a note stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteState {
    /// It is tried once it is due.
    Waiting,
    /// It is being written right now.
    InFlight,
    /// The CRM has all of it.
    Delivered,
    /// A person has to look at it.
    Dead,
}

impl NoteState {
    const ALL: [Self; 4] = [Self::Waiting, Self::InFlight, Self::Delivered, Self::Dead];

    /// A label, the same in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InFlight => "in_flight",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for NoteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InFlight => "in flight",
            other => other.as_str(),
        })
    }
}

/// A note in the outbox. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its number in the outbox.
    pub id: i64,
    /// Of which call.
    pub call_id: String,
    /// Where it stands.
    pub state: NoteState,
    /// When the call was closed.
    pub created_ms: u64,
    /// Tried since then; a person's retry starts anew.
    pub since_ms: u64,
    /// When it is tried next.
    pub due_ms: u64,
    /// Tries so far, since [`Entry::since_ms`].
    pub attempts: u32,
    /// Why the last try failed; empty if none has.
    pub reason: String,
    /// When it was delivered or given up.
    pub settled_ms: Option<u64>,
}

/// A note with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FullEntry {
    /// Where it stands.
    #[serde(flatten)]
    pub entry: Entry,
    /// What the CRM is to be told; `None` if this program cannot read it.
    pub note: Option<Note>,
    /// The steps that were begun.
    pub steps: Vec<StepDone>,
}

/// A step that was begun.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StepDone {
    /// `contact`, `ticket`, `task/0`, `interaction`.
    pub step: String,
    /// When, in milliseconds since 1970.
    pub begun_ms: u64,
    /// The CRM's id of what was written, empty if there was nothing to write. `None`: it is not known
    /// whether the CRM has it.
    pub crm_id: Option<String>,
}

/// How many notes stand where.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// To be tried, now or later.
    pub waiting: u64,
    /// Being written.
    pub in_flight: u64,
    /// Written.
    pub delivered: u64,
    /// Given up.
    pub dead: u64,
}

/// What the log of a note says about one step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// It is done; this came of it, empty if nothing.
    Done(String),
    /// It was begun then, and may or may not have got through.
    Begun {
        /// Milliseconds since 1970.
        at_ms: i64,
    },
    /// It was not begun.
    New,
}

/// A note that this process is to write.
pub(crate) struct Taken {
    pub id: i64,
    pub note: Note,
    pub attempts: u32,
    pub since_ms: i64,
}

const ENTRY: &str =
    "id, call, state, created_ms, since_ms, due_ms, attempts, reason, settled_ms, note";

impl Outbox {
    /// Opens the outbox of the store of `config`, which has to exist: for tools that look at it while the
    /// engine runs.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        Self::at(&place, Arc::default())
    }

    pub(super) fn at(place: &Place, wake_signal: Arc<WakeSignal>) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Mutex::new(place.connect()?),
            wake_signal,
        })
    }

    /// How many notes stand where.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let connection = self.lock();
        let mut counts = Counts::default();
        let mut states =
            connection.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
        let mut rows = states.query([])?;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>(1)?.cast_unsigned();
            match state(row, 0)? {
                NoteState::Waiting => counts.waiting = count,
                NoteState::InFlight => counts.in_flight = count,
                NoteState::Delivered => counts.delivered = count,
                NoteState::Dead => counts.dead = count,
            }
        }
        Ok(counts)
    }

    /// The notes that stand there, at most `limit`: what is due first in front, of settled ones the
    /// latest.
    pub fn list(&self, state: NoteState, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let order = match state {
            NoteState::Waiting | NoteState::InFlight => "due_ms, id",
            NoteState::Delivered | NoteState::Dead => "settled_ms DESC, id DESC",
        };
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE state = ?1 ORDER BY {order} LIMIT ?2");
        let connection = self.lock();
        let mut entries = connection.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = entries.query_map((state.as_str(), limit), entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One note with everything in it.
    pub fn entry(&self, id: i64) -> Result<Option<FullEntry>, StoreError> {
        self.full("id = ?1", id)
    }

    /// The note of a call.
    pub fn of_call(&self, call_id: &str) -> Result<Option<FullEntry>, StoreError> {
        self.full("call = ?1", call_id)
    }

    fn full(
        &self,
        which: &str,
        key: impl rusqlite::ToSql,
    ) -> Result<Option<FullEntry>, StoreError> {
        let connection = self.lock();
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE {which}");
        let found = connection
            .query_row(&sql, [key], |row| {
                Ok((entry(row)?, row.get::<_, String>(9)?))
            })
            .optional()?;
        let Some((entry, note)) = found else {
            return Ok(None);
        };
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
            note: serde_json::from_str(&note).ok(),
            steps,
        }))
    }

    /// Has a note tried at once that waits or was given up. `false` if there is no such note.
    pub fn retry(&self, id: i64) -> Result<bool, StoreError> {
        let changed = self.lock().execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?2, since_ms = ?2, attempts = 0,
                    settled_ms = NULL
             WHERE id = ?1 AND state IN ('waiting', 'dead')",
            params![id, now_ms()],
        )?;
        self.wake_signal.ring();
        Ok(changed > 0)
    }

    /// Has all notes tried at once that were given up, and says how many.
    pub fn retry_all_dead(&self) -> Result<usize, StoreError> {
        let changed = self.lock().execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?1, since_ms = ?1, attempts = 0,
                    settled_ms = NULL
             WHERE state = 'dead'",
            [now_ms()],
        )?;
        self.wake_signal.ring();
        Ok(changed)
    }

    /// Drops a note that was given up, because a person has dealt with it. `false` if there is no such
    /// note.
    pub fn discard(&self, id: i64) -> Result<bool, StoreError> {
        let changed = self
            .lock()
            .execute("DELETE FROM outbox WHERE id = ?1 AND state = 'dead'", [id])?;
        Ok(changed > 0)
    }

    pub(crate) fn wake_signal(&self) -> &WakeSignal {
        &self.wake_signal
    }

    /// Puts back what was in flight when the last engine ended.
    pub(crate) fn put_all_back(&self) -> Result<usize, StoreError> {
        Ok(self.lock().execute(
            "UPDATE outbox SET state = 'waiting' WHERE state = 'in_flight'",
            [],
        )?)
    }

    /// Takes the note that has been due for longest. A note that cannot be read is given up on the way.
    pub(crate) fn take_due(&self) -> Result<Option<Taken>, StoreError> {
        let now = now_ms();
        loop {
            // Looking keeps nobody from writing, taking does.
            if self.next_due()?.is_none_or(|due| due > now) {
                return Ok(None);
            }
            let connection = self.lock();
            // A commit of its own, whose failure shows: that of a statement with RETURNING would not.
            let transaction =
                Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
            let taken: Option<(i64, String, u32, i64)> = transaction
                .prepare_cached(
                    "UPDATE outbox SET state = 'in_flight' WHERE id = (
                         SELECT id FROM outbox WHERE state = 'waiting' AND due_ms <= ?1
                         ORDER BY due_ms, id LIMIT 1)
                     RETURNING id, note, attempts, since_ms",
                )?
                .query_row([now], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?;
            transaction.commit()?;
            drop(connection);
            let Some((id, note, attempts, since_ms)) = taken else {
                return Ok(None);
            };
            match serde_json::from_str(&note) {
                Ok(note) => {
                    return Ok(Some(Taken {
                        id,
                        note,
                        attempts,
                        since_ms,
                    }));
                }
                Err(_) => self.give_up(
                    id,
                    attempts,
                    "this version of sidetone cannot read the note",
                )?,
            }
        }
    }

    /// When the next note will be due, in milliseconds since 1970.
    pub(crate) fn next_due(&self) -> Result<Option<i64>, StoreError> {
        let connection = self.lock();
        let mut due =
            connection.prepare_cached("SELECT min(due_ms) FROM outbox WHERE state = 'waiting'")?;
        Ok(due.query_row([], |row| row.get(0))?)
    }

    /// How far a step has come.
    pub(crate) fn progress(&self, note: i64, step: Step) -> Result<Progress, StoreError> {
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

    /// Notes that a step is about to be sent: from here on it may have got through.
    pub(crate) fn begin(&self, note: i64, step: Step) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "INSERT INTO outbox_steps (note, step, begun_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (note, step) DO UPDATE SET begun_ms = excluded.begun_ms",
            )?
            .execute(params![note, step.to_string(), now_ms()])?;
        Ok(())
    }

    /// Notes that a step has certainly not got through.
    pub(crate) fn undo_begin(&self, note: i64, step: Step) -> Result<(), StoreError> {
        self.lock().execute(
            "DELETE FROM outbox_steps WHERE note = ?1 AND step = ?2 AND crm_id IS NULL",
            params![note, step.to_string()],
        )?;
        Ok(())
    }

    /// Notes what came of a step.
    pub(crate) fn finish(&self, note: i64, step: Step, crm_id: &str) -> Result<(), StoreError> {
        self.lock()
            .prepare_cached(
                "INSERT INTO outbox_steps (note, step, begun_ms, crm_id) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (note, step) DO UPDATE SET crm_id = excluded.crm_id",
            )?
            .execute(params![note, step.to_string(), now_ms(), crm_id])?;
        Ok(())
    }

    /// All of the note is written.
    pub(crate) fn delivered(&self, note: i64) -> Result<(), StoreError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'delivered', settled_ms = ?2, reason = '' WHERE id = ?1",
            params![note, now_ms()],
        )?;
        Ok(())
    }

    /// The note is tried again at `due_ms`.
    pub(crate) fn put_off(
        &self,
        note: i64,
        due_ms: i64,
        attempts: u32,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'waiting', due_ms = ?2, attempts = ?3,
                    reason = iif(?4 = '', reason, ?4)
             WHERE id = ?1",
            params![note, due_ms, attempts, reason],
        )?;
        Ok(())
    }

    /// The note is left to a person.
    pub(crate) fn give_up(&self, note: i64, attempts: u32, reason: &str) -> Result<(), StoreError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'dead', settled_ms = ?2, attempts = ?3, reason = ?4
             WHERE id = ?1",
            params![note, now_ms(), attempts, reason],
        )?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // Each use is one statement, so a panic elsewhere leaves no transaction open.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970, as the outbox counts: its times outlive the process.
pub(crate) fn now_ms() -> i64 {
    unix_ms(SystemTime::now())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let ms = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(Entry {
        id: row.get(0)?,
        call_id: row.get(1)?,
        state: state(row, 2)?,
        created_ms: ms(3)?,
        since_ms: ms(4)?,
        due_ms: ms(5)?,
        attempts: row.get(6)?,
        reason: row.get(7)?,
        settled_ms: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
    })
}

fn state(row: &Row<'_>, index: usize) -> rusqlite::Result<NoteState> {
    let text: String = row.get(index)?;
    let state = NoteState::ALL
        .into_iter()
        .find(|state| state.as_str() == text);
    Ok(state.expect("the table checks its states"))
}
