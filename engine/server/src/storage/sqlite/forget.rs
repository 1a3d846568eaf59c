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
/// delivered notes of that age. Says how many calls; 0 once there are no more.
pub(super) fn prune(
    connection: &mut Connection,
    now: SystemTime,
    keep: Duration,
) -> Result<usize, StoreError> {
    let before = unix_ms(now.checked_sub(keep).unwrap_or(SystemTime::UNIX_EPOCH));
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let old: Vec<String> = transaction
        .prepare_cached(
            "SELECT id FROM calls WHERE closed_ms IS NOT NULL AND opened_ms < ?1
             ORDER BY opened_ms LIMIT ?2",
        )?
        .query_map((before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &old {
        remove_call(&transaction, call)?;
    }
    let notes: Vec<String> = transaction
        .prepare_cached(
            "SELECT call FROM outbox WHERE state = 'delivered' AND created_ms < ?1 LIMIT ?2",
        )?
        .query_map((before, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for call in &notes {
        remove_note(&transaction, call)?;
    }
    transaction.commit()?;
    Ok(old.len().max(notes.len()))
}

/// The key goes first: what is left of the call in copies, and in the log of changes, opens no more.
pub(super) fn remove_call(transaction: &Transaction<'_>, call_id: &str) -> rusqlite::Result<()> {
    sealing::destroy(transaction, Owner::Call(call_id))?;
    transaction.execute("DELETE FROM calls WHERE id = ?1", [call_id])?;
    transaction.execute("INSERT INTO forgotten (call) VALUES (?1)", [call_id])?;
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
