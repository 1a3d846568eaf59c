//! Sealing what was written before there were keys.

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params};

use super::columns::{
    ABOUT, BY_WHO, CALLEE, CALLER, CUSTOMER, CUSTOMER_ID, EMAIL, EVENT, HEARD, HOLD_BY,
    HOLD_REASON, MEANT, METADATA, NAME, NOTE, PREFERENCES, REASON, SUMMARY, TASK_TITLE,
    TICKET_BODY, TICKET_PHONE, TICKET_TITLE,
};
use super::sealing::{self, Keys, Owner, Sealer};
use crate::storage::StoreError;

/// Values that are sealed in one transaction: others want to write too.
const AT_ONCE: i64 = 500;

/// Whose key seals a column.
#[derive(Clone, Copy)]
enum By {
    /// The call that this column of the row names.
    Call(&'static str),
    /// The note of the call that this column of the row names.
    Note(&'static str),
    Crm,
}

/// Every column that is sealed, as `table.column`, and whose key seals it.
const SEALED: [(&str, By); 22] = [
    (CALLER, By::Call("id")),
    (CALLEE, By::Call("id")),
    (METADATA, By::Call("id")),
    (CUSTOMER_ID, By::Call("id")),
    (CUSTOMER, By::Call("id")),
    (SUMMARY, By::Call("id")),
    (EVENT, By::Call("call")),
    (HEARD, By::Call("call")),
    (MEANT, By::Call("call")),
    (BY_WHO, By::Call("call")),
    (HOLD_BY, By::Call("call")),
    (HOLD_REASON, By::Call("call")),
    (NOTE, By::Note("call")),
    (REASON, By::Note("call")),
    (NAME, By::Crm),
    (EMAIL, By::Crm),
    (PREFERENCES, By::Crm),
    (TICKET_PHONE, By::Crm),
    (TICKET_TITLE, By::Crm),
    (TICKET_BODY, By::Crm),
    (TASK_TITLE, By::Crm),
    (ABOUT, By::Crm),
];

/// Whether the table is there: those of the CRM are made when it is first used.
fn is_there(connection: &Connection, table: &str, column: &str) -> rusqlite::Result<bool> {
    let mut found =
        connection.prepare_cached("SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2")?;
    found.exists([table, column])
}

/// A text that is not empty: what is empty tells nothing.
fn clear(column: &str) -> String {
    format!("typeof({column}) = 'text' AND {column} <> ''")
}

/// How many values lie in clear.
pub(super) fn in_clear(connection: &Connection) -> Result<u64, StoreError> {
    let mut count = 0;
    for (name, _) in SEALED {
        let (table, column) = name.split_once('.').unwrap_or((name, ""));
        if is_there(connection, table, column)? {
            let sql = format!("SELECT count(*) FROM {table} WHERE {}", clear(column));
            let found: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
            count += found.cast_unsigned();
        }
    }
    if is_there(connection, "crm_contacts", "phone")? {
        let found: i64 = connection.query_row(PLAIN_NUMBERS, [], |row| row.get(0))?;
        count += found.cast_unsigned();
    }
    Ok(count)
}

/// Numbers by which contacts are found, which fingerprints replace.
const PLAIN_NUMBERS: &str = "SELECT count(*) FROM crm_contacts WHERE phone LIKE '+%'";

/// How far it has come: what was sealed is not looked through again.
#[derive(Debug, Default)]
pub(super) struct Converting {
    column: usize,
    row: i64,
}

impl Converting {
    /// Seals some of what lies in clear: how much, and `None` once there is no more.
    pub fn some(
        &mut self,
        connection: &mut Connection,
        keys: &Keys,
    ) -> Result<Option<usize>, StoreError> {
        while let Some(column) = SEALED.get(self.column) {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sealed = seal_some(&transaction, keys, *column, self.row)?;
            transaction.commit()?;
            match sealed {
                Some((last, count)) => {
                    self.row = last;
                    return Ok(Some(count));
                }
                None => (self.column, self.row) = (self.column + 1, 0),
            }
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let count = numbers(&transaction, keys)?;
        transaction.commit()?;
        if count == 0 {
            *self = Self::default();
        }
        Ok((count > 0).then_some(count))
    }
}

/// The last row, and how many; `None` if none is left behind `after`.
fn seal_some(
    transaction: &Connection,
    keys: &Keys,
    (name, by): (&str, By),
    after: i64,
) -> Result<Option<(i64, usize)>, StoreError> {
    let (table, column) = name.split_once('.').unwrap_or((name, ""));
    if !is_there(transaction, table, column)? {
        return Ok(None);
    }
    let owner = match by {
        By::Call(owner) | By::Note(owner) => owner,
        By::Crm => "NULL",
    };
    let sql = format!(
        "SELECT rowid, {owner}, {column} FROM {table} WHERE rowid > ?2 AND {}
         ORDER BY rowid LIMIT ?1",
        clear(column)
    );
    let mut found = transaction.prepare_cached(&sql)?;
    let found = found.query_map([AT_ONCE, after], |row| {
        let owner: Value = row.get(1)?;
        Ok((row.get::<_, i64>(0)?, owner, row.get::<_, String>(2)?))
    })?;
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    let update = format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1");
    for (row, owner, text) in &found {
        let owner = match (by, owner) {
            (By::Call(_), Value::Text(id)) => Owner::Call(id),
            (By::Note(_), Value::Text(id)) => Owner::Note(id),
            _ => Owner::Crm,
        };
        let sealer = Sealer(sealing::key(transaction, keys, owner)?);
        transaction
            .prepare_cached(&update)?
            .execute(params![row, sealer.seal(name, text)?])?;
    }
    Ok(found.last().map(|(last, ..)| (*last, found.len())))
}

fn numbers(transaction: &Connection, keys: &Keys) -> Result<usize, StoreError> {
    if !is_there(transaction, "crm_contacts", "phone")? {
        return Ok(0);
    }
    let sql = "SELECT rowid, phone FROM crm_contacts WHERE phone LIKE '+%' LIMIT ?1";
    let mut found = transaction.prepare_cached(sql)?;
    let found = found.query_map([AT_ONCE], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Ok(0);
    }
    let key = sealing::key(transaction, keys, Owner::Crm)?;
    for (row, phone) in &found {
        transaction.execute(
            "UPDATE crm_contacts SET phone = ?2 WHERE rowid = ?1",
            params![row, key.fingerprint(phone.as_bytes())],
        )?;
    }
    Ok(found.len())
}
