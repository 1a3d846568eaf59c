//! Another text for a note that the CRM has not got.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::columns::{NOTE, SUMMARY};
use super::record::json;
use super::sealing::{self, Keys, Owner, Sealer};
use crate::records::{Due, Rewriting};
use crate::storage::{StoreError, now_ms};

/// Changes a note and the summary of its call together, unless the note is another one by now: somebody
/// has changed it, or it was taken to be written.
pub(super) fn rewrite(
    connection: &Connection,
    keys: &Keys,
    rewriting: &Rewriting<'_>,
) -> Result<bool, StoreError> {
    let Rewriting { id, note, due, .. } = *rewriting;
    let call = &note.call_id;
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let key = sealing::key(&transaction, keys, Owner::Note(call))?;
    let (anew, due_ms) = match due {
        Due::AsBefore => (false, None),
        Due::At(ms) => (false, Some(ms.cast_signed())),
        Due::Now => (true, Some(now_ms())),
    };
    let changed = transaction.execute(
        "UPDATE outbox SET note = ?4, revision = revision + 1, due_ms = coalesce(?5, due_ms),
                state = iif(?6, 'waiting', state), since_ms = iif(?6, ?5, since_ms),
                attempts = iif(?6, 0, attempts), settled_ms = iif(?6, NULL, settled_ms)
         WHERE id = ?1 AND revision = ?2 AND taken = ?3 AND state IN ('waiting', 'dead')",
        params![
            id,
            rewriting.revision.cast_signed(),
            rewriting.taken.cast_signed(),
            Sealer(key).seal(NOTE, &json(note))?,
            due_ms,
            anew
        ],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let is_kept = "SELECT 1 FROM calls WHERE id = ?1";
    if transaction.prepare_cached(is_kept)?.exists([call])? {
        let key = sealing::key(&transaction, keys, Owner::Call(call))?;
        transaction.execute(
            "UPDATE calls SET summary = ?2 WHERE id = ?1",
            params![call, Sealer(key).seal(SUMMARY, &json(&note.summary))?],
        )?;
    }
    transaction.commit()?;
    Ok(true)
}
