//! Whom people have chosen for a number, in SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use sidetone_vault::DataKey;

use super::columns::CHOSEN;
use super::files::Place;
use super::sealing::{self, Keys, Owner, Sealer, Stored};
use crate::storage::{Choices, StoreError, now_ms};

/// So many are kept of a number: the last ones.
const KEPT: i64 = 10;

/// Choices, on a connection of its own.
pub struct SqliteChoices {
    connection: Mutex<Connection>,
    keys: Keys,
}

impl SqliteChoices {
    pub(super) fn at(place: &Place, keys: Keys) -> Result<Self, StoreError> {
        let connection = Mutex::new(place.connect()?);
        Ok(Self { connection, keys })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        let lock = self.connection.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, connection: &Connection) -> Result<DataKey, StoreError> {
        sealing::key(connection, &self.keys, Owner::Crm)
    }
}

/// What a number is found by.
pub(super) fn found_by(key: &DataKey, phone: &str) -> String {
    key.fingerprint(phone.as_bytes())
}

impl Choices for SqliteChoices {
    fn learn(&self, phone: &str, customer_id: &str) -> Result<(), StoreError> {
        let connection = self.lock();
        let key = self.key(&connection)?;
        let number = found_by(&key, phone);
        let customer = Sealer(key).seal(CHOSEN, customer_id)?;
        connection.execute(
            "INSERT INTO choices (number, customer, at_ms) VALUES (?1, ?2, ?3)",
            params![number, customer, now_ms()],
        )?;
        connection.execute(
            "DELETE FROM choices WHERE number = ?1 AND id NOT IN
                 (SELECT id FROM choices WHERE number = ?1 ORDER BY id DESC LIMIT ?2)",
            params![number, KEPT],
        )?;
        Ok(())
    }

    fn unlearn(&self, phone: &str, customer_id: &str) -> Result<bool, StoreError> {
        let connection = self.lock();
        let key = self.key(&connection)?;
        let chosen = read(&connection, &key, phone)?.into_iter();
        let mut gone = false;
        for (id, _) in chosen.filter(|(_, chosen)| chosen == customer_id) {
            connection.execute("DELETE FROM choices WHERE id = ?1", [id])?;
            gone = true;
        }
        Ok(gone)
    }

    fn chosen(&self, phone: &str) -> Result<Vec<String>, StoreError> {
        let connection = self.lock();
        let key = self.key(&connection)?;
        let chosen = read(&connection, &key, phone)?.into_iter();
        Ok(chosen.map(|(_, customer)| customer).collect())
    }
}

/// Those of a number with their rows, the last one first. One that cannot be read is none.
fn read(
    connection: &Connection,
    key: &DataKey,
    phone: &str,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT id, customer FROM choices WHERE number = ?1 ORDER BY id DESC";
    let mut found = connection.prepare_cached(sql)?;
    let found = found.query_map([found_by(key, phone)], |row| {
        Ok((row.get(0)?, row.get::<_, Stored>(1)?))
    })?;
    let found: Vec<(i64, Stored)> = found.collect::<Result<_, _>>()?;
    let opened = found.into_iter().filter_map(|(id, customer)| {
        let customer = customer.open(Some(key), CHOSEN, "");
        customer.ok().map(|customer| (id, customer))
    });
    Ok(opened.collect())
}

#[cfg(test)]
mod tests {
    use crate::storage::Store;

    #[test]
    fn choices_of_a_number_come_back_the_last_one_first_until_they_are_undone() {
        let store = Store::temporary().expect("a store");
        let choices = store.choices().expect("a place");
        let (one, other) = ("+14155550117", "+14155550118");
        for customer in ["a", "b", "a"] {
            choices.learn(one, customer).expect("writable");
        }
        assert_eq!(choices.chosen(one).expect("readable"), ["a", "b", "a"]);
        assert_eq!(choices.chosen(other).expect("readable"), [""; 0]);
        assert!(choices.unlearn(one, "a").expect("writable"));
        assert!(!choices.unlearn(one, "a").expect("writable"));
        assert_eq!(choices.chosen(one).expect("readable"), ["b"]);
        let (connection, _) = store.connect().expect("a connection");
        let clear =
            "SELECT count(*) FROM choices WHERE number LIKE '+%' OR typeof(customer) <> 'blob'";
        let clear: i64 = connection
            .query_row(clear, [], |row| row.get(0))
            .expect("a count");
        assert_eq!(clear, 0);
        for n in 0..30 {
            choices.learn(one, &n.to_string()).expect("writable");
        }
        assert_eq!(choices.chosen(one).expect("readable").len(), 10);
    }
}
