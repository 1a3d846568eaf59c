//! The tables, and what becomes of those of earlier versions.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sidetone_vault::DataKey;

use super::EmbeddedError;
use super::customers::{Customers, Record};
use crate::storage::Stored;
use crate::storage::sqlite::columns::{EMAIL, NAME, PREFERENCES};

/// Customers that are read at once.
const AT_ONCE: usize = 1_000;

/// Makes them where they are not there, and brings them up to date where they are.
pub(super) fn prepare(connection: &Connection, key: &DataKey) -> Result<(), EmbeddedError> {
    // Tickets refer to customers by the name of their table, which is made anew.
    connection.pragma_update(None, "foreign_keys", false)?;
    let prepared = prepare_at_once(connection, key);
    connection.pragma_update(None, "foreign_keys", true)?;
    prepared
}

fn prepare_at_once(connection: &Connection, key: &DataKey) -> Result<(), EmbeddedError> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let has = |table: &str, column: &str| {
        let sql = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
        transaction.prepare(sql)?.exists([table, column])
    };
    let lacks = |table, column| Ok::<_, EmbeddedError>(has(table, "id")? && !has(table, column)?);
    let of_before = has("crm_contacts", "phone")?;
    let undisposed = lacks("crm_tickets", "disposition")?;
    let never_done = lacks("crm_tasks", "done_ms")?;
    let never_indexed = has("crm_contacts", "id")? && !has("crm_clues", "clue")?;
    if of_before {
        take_over(&transaction, key)?;
    }
    transaction.execute_batch(include_str!("customers.sql"))?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    if undisposed {
        transaction.execute_batch(
            "ALTER TABLE crm_tickets ADD COLUMN disposition TEXT NOT NULL DEFAULT ''",
        )?;
    }
    if never_done {
        transaction.execute_batch("ALTER TABLE crm_tasks ADD COLUMN done_ms INTEGER")?;
    }
    if never_indexed {
        index(&transaction, key)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Customers were found by their numbers alone.
fn index(connection: &Connection, key: &DataKey) -> Result<(), EmbeddedError> {
    let customers = Customers { connection, key };
    let mut after = String::new();
    loop {
        let some = customers.behind(&after, AT_ONCE)?;
        let Some(last) = some.last() else {
            return Ok(());
        };
        after.clone_from(&last.customer_id);
        for kept in &some {
            customers.index(&kept.customer_id, &kept.record)?;
        }
    }
}

/// Customers were kept with one number each, of which the fingerprint alone may be there.
fn take_over(connection: &Connection, key: &DataKey) -> Result<(), EmbeddedError> {
    let mut before = connection.prepare(
        "SELECT id, phone, name, tier, email, preferences FROM crm_contacts ORDER BY id",
    )?;
    let before = before.query_map([], |row| {
        let open = |at: usize, column: &str| {
            let text = row.get::<_, Stored>(at)?.open(Some(key), column, "");
            text.map_err(|error| {
                let kind = rusqlite::types::Type::Blob;
                rusqlite::Error::FromSqlConversionFailure(at, kind, Box::new(error))
            })
        };
        let record = Record {
            name: open(2, NAME)?,
            phones: Vec::new(),
            email: open(4, EMAIL)?,
            tier: row.get(3)?,
            preferences: serde_json::from_str(&open(5, PREFERENCES)?).unwrap_or_default(),
        };
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, record))
    })?;
    let before: Vec<_> = before.collect::<Result<_, _>>()?;
    connection.execute_batch("DROP TABLE crm_contacts")?;
    connection.execute_batch(include_str!("customers.sql"))?;
    let customers = Customers { connection, key };
    for (id, phone, mut record) in before {
        match phone.starts_with('+') {
            true => {
                record.phones.push(phone);
                customers.put(&id, &record, 0)?;
            }
            false => {
                customers.put(&id, &record, 0)?;
                customers.number(&id, &phone)?;
            }
        }
    }
    Ok(())
}
