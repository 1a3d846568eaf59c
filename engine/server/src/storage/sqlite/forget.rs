//! Forgetting calls: one that a person asks for, and those that are older than they are kept.
//!
//! A note that the CRM has not got yet stays in the outbox until it is delivered or a person
//! discards it.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use tracing::warn;

use super::files::BUSY;
use super::record::unix_ms;
use super::sealing::{self, Owner};
use crate::storage::{Forgotten, StoreError};

/// Calls forgotten in one transaction: others want to write too.
const AT_ONCE: i64 = 50;
/// How long readers are waited for before the log of changes is begun anew.
const READERS: Duration = Duration::from_millis(200);

/// Forgets one call.
pub(super) fn forget(connection: &mut Connection, call_id: &str) -> Result<Forgotten, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open: Option<bool> = transaction
        .query_row(
            "SELECT closed_ms IS NULL FROM calls WHERE id = ?1",
            [call_id],
            |row| row.get(0),
        )
        .optional()?;
    let owed: Option<bool> = transaction
        .query_row(
            "SELECT state != 'delivered' FROM outbox WHERE call = ?1",
            [call_id],
            |row| row.get(0),
        )
        .optional()?;
    match (open, owed) {
        (Some(true), _) => return Err(StoreError::StillOpen(call_id.to_owned())),
        (None, None) => return Err(StoreError::NoSuchCall(call_id.to_owned())),
        _ => {}
    }
    refuse_held(&transaction, call_id)?;
    if open.is_some() {
        remove_call(&transaction, call_id)?;
    }
    if owed == Some(false) {
        remove_note(&transaction, call_id)?;
    }
    transaction.commit()?;
    leave_nothing_behind(connection);
    Ok(match owed {
        Some(true) => Forgotten::NoteRemains,
        _ => Forgotten::All,
    })
}

/// Forgets some of the closed calls that were opened longer than `keep` before `now`, with the
/// delivered notes of that age, and some of the recordings that were kept long enough. A call whose
/// recording is kept longer waits for it, and what is held stays. A recording that could not be closed goes as
/// any other once its call is over. Says how many; 0 once there are no
/// more.
pub(super) fn prune(
    connection: &mut Connection,
    now: SystemTime,
    keep: Option<Duration>,
) -> Result<usize, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let recordings: Vec<String> = transaction
        .prepare_cached(
            "SELECT call FROM recordings WHERE keep_until_ms <= ?1
             AND (state <> 'open'
                  OR EXISTS (SELECT 1 FROM calls WHERE calls.id = recordings.call AND closed_ms IS NOT NULL))
             AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.call = recordings.call)
             ORDER BY keep_until_ms LIMIT ?2",
        )?
        .query_map((unix_ms(now), AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &recordings {
        remove_recording(&transaction, call)?;
    }
    let forgotten = match keep {
        Some(keep) => {
            let before = now.checked_sub(keep).unwrap_or(SystemTime::UNIX_EPOCH);
            prune_calls(&transaction, unix_ms(before))?
        }
        None => 0,
    };
    transaction.commit()?;
    Ok(recordings.len().max(forgotten))
}

/// Whether there are recordings that go by the clock.
pub(super) fn any_is_kept_for_a_time(connection: &Connection) -> Result<bool, StoreError> {
    let any = "SELECT EXISTS (SELECT 1 FROM recordings WHERE keep_until_ms IS NOT NULL)";
    Ok(connection.query_row(any, [], |row| row.get(0))?)
}

fn prune_calls(transaction: &Transaction<'_>, before: i64) -> Result<usize, StoreError> {
    let old: Vec<String> = transaction
        .prepare_cached(
            "SELECT id FROM calls WHERE closed_ms IS NOT NULL AND opened_ms < ?1
             AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.call = calls.id)
             AND NOT EXISTS (SELECT 1 FROM recordings WHERE recordings.call = calls.id
                             AND keep_until_ms IS NOT NULL)
             ORDER BY opened_ms LIMIT ?2",
        )?
        .query_map((before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &old {
        remove_call(transaction, call)?;
    }
    // Recordings of calls that were never kept: the disk had refused them.
    let alone: Vec<String> = transaction
        .prepare_cached(
            "SELECT call FROM recordings WHERE began_ms < ?1 AND state <> 'open' AND keep_until_ms IS NULL
             AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = recordings.call) LIMIT ?2",
        )?
        .query_map((before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &alone {
        remove_recording(transaction, call)?;
    }
    let notes: Vec<String> = transaction
        .prepare_cached(
            "SELECT call FROM outbox WHERE state = 'delivered' AND created_ms < ?1
             AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.call = outbox.call) LIMIT ?2",
        )?
        .query_map((before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &notes {
        remove_note(transaction, call)?;
    }
    let of_no_call = "DELETE FROM friction WHERE call IS NULL AND at_ms < ?1";
    transaction.execute(of_no_call, [before])?;
    Ok(old.len().max(alone.len()).max(notes.len()))
}

/// The key goes first: what is left of the call in copies, and in the log of changes, opens no more.
pub(super) fn remove_call(transaction: &Transaction<'_>, call_id: &str) -> rusqlite::Result<()> {
    sealing::destroy(transaction, Owner::Call(call_id))?;
    remove_recording(transaction, call_id)?;
    transaction.execute("DELETE FROM friction WHERE call = ?1", [call_id])?;
    transaction.execute("DELETE FROM calls WHERE id = ?1", [call_id])?;
    transaction.execute("INSERT INTO forgotten (call) VALUES (?1)", [call_id])?;
    Ok(())
}

/// What nobody may erase is told so.
pub(super) fn refuse_held(connection: &Connection, call_id: &str) -> Result<(), StoreError> {
    let mut held = connection.prepare_cached("SELECT 1 FROM holds WHERE call = ?1")?;
    match held.exists([call_id])? {
        true => Err(StoreError::Held(call_id.to_owned())),
        false => Ok(()),
    }
}

/// The key of a recording goes first. Its file is removed by whoever looks after those.
pub(super) fn remove_recording(connection: &Connection, call_id: &str) -> rusqlite::Result<()> {
    sealing::destroy(connection, Owner::Recording(call_id))?;
    file_goes(connection, call_id)?;
    connection.execute("DELETE FROM recordings WHERE call = ?1", [call_id])?;
    Ok(())
}

/// The file of a recording is no longer that of any.
pub(super) fn file_goes(connection: &Connection, call_id: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO recordings_gone (file) SELECT file FROM recordings WHERE call = ?1",
        [call_id],
    )?;
    Ok(())
}

pub(super) fn remove_note(transaction: &Connection, call_id: &str) -> rusqlite::Result<()> {
    sealing::destroy(transaction, Owner::Note(call_id))?;
    transaction.execute("DELETE FROM outbox WHERE call = ?1", [call_id])?;
    Ok(())
}

/// The log of changes (WAL) still holds the pages with the keys: it is begun anew. Whether that was
/// possible: while somebody reads, it is left to the next time.
pub(super) fn leave_nothing_behind(connection: &Connection) -> bool {
    let begun = || {
        connection.busy_timeout(READERS)?;
        let begun = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy = connection.query_row(begun, [], |row| row.get::<_, i64>(0));
        connection.busy_timeout(BUSY)?;
        busy
    };
    match begun() {
        Ok(busy) => busy == 0,
        Err(error) => {
            warn!(%error, "the log of changes is not begun anew");
            false
        }
    }
}
