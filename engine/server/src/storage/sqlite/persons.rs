//! All that is kept of a person: found, and erased.
//!
//! Who called is sealed, so that every call is opened to find them: some 10 µs each.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::StoreConfig;
use super::choices;
use super::columns::{CALLEE, CALLER, CHOSEN, CUSTOMER_ID, NOTE};
use super::files::Place;
use super::forget::{self, leave_nothing_behind};
use super::sealing::{self, Keys, Owner, Stored};
use crate::records::Note;
use crate::storage::StoreError;

/// Somebody, by what they are known by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// Their number in E.164, if it was one that was given.
    pub phone: Option<String>,
    /// What was given: a number as calls have it, or a customer's name in the CRM.
    pub given: String,
}

impl Person {
    /// Whether they are known by that.
    pub fn is(&self, known_by: &str) -> bool {
        !known_by.is_empty() && (known_by == self.given || self.phone.as_deref() == Some(known_by))
    }
}

/// All that is kept of persons, beside a running engine or without one.
pub struct Persons {
    connection: Connection,
    keys: Keys,
}

impl Persons {
    /// In the store of `config`, which has to exist.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        let connection = place.connect()?;
        let keys = place.keys(&config.keys, &connection)?;
        Ok(Self { connection, keys })
    }

    /// The ids of the calls with them, and of those of which only the note is left, the oldest first. Calls
    /// that cannot be read are left out.
    pub fn calls_of(&self, person: &Person) -> Result<Vec<String>, StoreError> {
        let mut calls = self
            .connection
            .prepare("SELECT id, caller, callee, customer_id FROM calls ORDER BY opened_ms, id")?;
        let mut rows = calls.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let key = sealing::known(&self.connection, &self.keys, Owner::Call(&id));
            let key = key.ok().flatten();
            let known_by = [(1, CALLER), (2, CALLEE), (3, CUSTOMER_ID)];
            let is_them = known_by.into_iter().any(|(index, column)| {
                let stored: Option<Stored> = row.get(index).unwrap_or_default();
                let text = stored.map(|stored| stored.open(key.as_ref(), column, &id));
                matches!(text, Some(Ok(text)) if person.is(&text))
            });
            if is_them {
                found.push(id);
            }
        }
        for (id, note) in self.notes()? {
            let is_them = note.phone.is_some_and(|phone| person.is(&phone))
                || note.customer_id.is_some_and(|id| person.is(&id));
            if is_them && !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Erases a call: its keys first, then all that they sealed, its note too, whether the CRM has it or
    /// not. Refused while it goes on, while its note is on its way, and while it is held.
    pub fn erase(&mut self, call_id: &str) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let busy = "SELECT EXISTS (SELECT 1 FROM calls WHERE id = ?1 AND closed_ms IS NULL)
                        OR EXISTS (SELECT 1 FROM outbox WHERE call = ?1 AND state = 'in_flight')";
        let busy: Option<bool> = transaction
            .query_row(busy, [call_id], |row| row.get(0))
            .optional()?;
        if busy == Some(true) {
            return Err(StoreError::StillOpen(call_id.to_owned()));
        }
        forget::refuse_held(&transaction, call_id)?;
        forget::remove_call(&transaction, call_id)?;
        forget::remove_note(&transaction, call_id)?;
        transaction.commit()?;
        Ok(())
    }

    /// Forgets whom people have chosen for their number, and that they were chosen for others. How many choices.
    pub fn forget_choices(&mut self, person: &Person) -> Result<usize, StoreError> {
        let Some(key) = sealing::known(&self.connection, &self.keys, Owner::Crm)? else {
            return Ok(0);
        };
        let number = person.phone.as_deref();
        let number = number.map(|phone| choices::found_by(&key, phone));
        let mut chosen = self
            .connection
            .prepare("SELECT id, number, customer FROM choices")?;
        let chosen = chosen.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Stored>(2)?))
        })?;
        let chosen: Vec<(i64, String, Stored)> = chosen.collect::<Result<_, _>>()?;
        let mut gone = 0;
        for (id, of, customer) in chosen {
            let customer = customer.open(Some(&key), CHOSEN, "").unwrap_or_default();
            if number.as_ref() == Some(&of) || person.is(&customer) {
                let forget = "DELETE FROM choices WHERE id = ?1";
                gone += self.connection.execute(forget, [id])?;
            }
        }
        Ok(gone)
    }

    /// Leaves nothing of what was erased in the log of changes. Whether that was possible: somebody may
    /// read at the moment.
    pub fn sweep(&self) -> bool {
        leave_nothing_behind(&self.connection)
    }

    /// The notes that are kept, with their calls. Those that cannot be read are left out.
    fn notes(&self) -> Result<Vec<(String, Note)>, StoreError> {
        let mut notes = self
            .connection
            .prepare("SELECT call, note FROM outbox ORDER BY id")?;
        let mut rows = notes.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, note): (String, Stored) = (row.get(0)?, row.get(1)?);
            let key = sealing::known(&self.connection, &self.keys, Owner::Note(&id));
            let key = key.ok().flatten();
            let note = note.open(key.as_ref(), NOTE, &id).ok();
            let note = note.and_then(|note| serde_json::from_str(&note).ok());
            found.extend(note.map(|note| (id, note)));
        }
        Ok(found)
    }
}
