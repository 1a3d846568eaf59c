//! Customers in a database: sealed records, each found by its id and by the fingerprints of its
//! numbers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use sidetone_core::identity::{Clue, ClueKind, name, reference};
use sidetone_core::phone;
use sidetone_types::controls::controls;
use sidetone_vault::DataKey;

use super::EmbeddedError;
use crate::storage::Stored;
use crate::storage::sqlite::columns::CONTACT;

/// What is known of a customer.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Name, as the agent should say it.
    pub name: String,
    /// Numbers (E.164), the one to be called first.
    pub phones: Vec<String>,
    /// E-mail address; empty if not known.
    pub email: String,
    /// Kind of customer: `gold`, `business`; may be empty.
    pub tier: String,
    /// How they like to be treated: language, channel, times.
    pub preferences: BTreeMap<String, String>,
}

/// Longest text of a field, in characters.
const LONGEST: usize = 200;
/// Most numbers, and most preferences.
const MOST: usize = 50;

impl Record {
    /// Finds what keeps it from being kept: says what, and what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("a customer needs a name, as agents should say it".to_owned());
        }
        if self.phones.len() > MOST || self.preferences.len() > MOST {
            return Err(format!(
                "at most {MOST} numbers and {MOST} preferences are kept of a customer"
            ));
        }
        let texts = [&self.name, &self.email, &self.tier].into_iter();
        let texts = texts.chain(
            self.preferences
                .iter()
                .flat_map(|(key, value)| [key, value]),
        );
        for text in texts {
            if text.chars().count() > LONGEST || text.chars().any(controls) {
                return Err(format!(
                    "`{}` cannot be kept: write at most {LONGEST} characters on a line",
                    text.chars().take(40).collect::<String>().escape_debug()
                ));
            }
        }
        let is_e164 = |phone: &&String| phone::parse(phone, "").e164.as_ref() == Some(*phone);
        match self.phones.iter().find(|phone| !is_e164(phone)) {
            Some(phone) => Err(format!(
                "`{}` is no number in international form: write it like +14155550117",
                phone.escape_debug()
            )),
            None => Ok(()),
        }
    }
}

/// A customer that is kept.
#[derive(Clone, PartialEq, Serialize)]
pub struct Kept {
    /// The CRM's own id.
    pub customer_id: String,
    /// How often it was changed.
    pub revision: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub changed_ms: i64,
    /// What is known.
    #[serde(flatten)]
    pub record: Record,
}

sidetone_types::private_debug!(Record, Kept);

/// The customers of one database.
#[derive(Clone, Copy)]
pub(super) struct Customers<'a> {
    pub connection: &'a Connection,
    pub key: &'a DataKey,
}

const COLUMNS: &str = "id, record, revision, changed_ms";

/// More are not asked for at once: the number of a switchboard may be that of thousands.
const MOST_OF_A_NUMBER: usize = 20;

impl Customers<'_> {
    /// Those that have a number, by their ids.
    pub fn with_number(self, phone: &str) -> Result<Vec<Kept>, EmbeddedError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM crm_numbers JOIN crm_contacts ON id = contact
             WHERE crm_numbers.phone = ?1 ORDER BY id LIMIT {MOST_OF_A_NUMBER}"
        );
        let mut found = self.connection.prepare_cached(&sql)?;
        let found = found.query_map([self.found_by(phone)], |row| self.read(row))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The one of that id.
    pub fn get(self, id: &str) -> Result<Option<Kept>, EmbeddedError> {
        let sql = format!("SELECT {COLUMNS} FROM crm_contacts WHERE id = ?1");
        let mut found = self.connection.prepare_cached(&sql)?;
        Ok(found.query_row([id], |row| self.read(row)).optional()?)
    }

    /// At most `most` of those behind `after`, in the order of their ids.
    pub fn behind(self, after: &str, most: usize) -> Result<Vec<Kept>, EmbeddedError> {
        let sql = format!("SELECT {COLUMNS} FROM crm_contacts WHERE id > ?1 ORDER BY id LIMIT ?2");
        let mut found = self.connection.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = found.query_map(params![after, most], |row| self.read(row))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// How many there are.
    pub fn count(self) -> Result<u64, EmbeddedError> {
        let sql = "SELECT count(*) FROM crm_contacts";
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// Keeps `record`: over that of revision `over`, or as a new one where that is 0. Gives its
    /// revision; `None` if there is another than that. Part of the transaction that goes on.
    pub fn put(self, id: &str, record: &Record, over: u64) -> Result<Option<u64>, EmbeddedError> {
        let before = self.get(id)?;
        if before.as_ref().map_or(0, |kept| kept.revision) != over {
            return Ok(None);
        }
        let json = serde_json::to_string(record).expect("keys are strings");
        let sealed = self.key.seal(CONTACT, json.as_bytes());
        let sealed =
            sealed.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let revision = over + 1;
        self.connection
            .prepare_cached(
                "INSERT INTO crm_contacts (id, record, revision, changed_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET record = ?2, revision = ?3, changed_ms = ?4",
            )?
            .execute(params![
                id,
                sealed,
                revision.cast_signed(),
                Timestamp::now().as_millisecond()
            ])?;
        let mut gone = self
            .connection
            .prepare_cached("DELETE FROM crm_numbers WHERE phone = ?1 AND contact = ?2")?;
        // One of which the fingerprint alone is known stays.
        for phone in before.iter().flat_map(|kept| &kept.record.phones) {
            gone.execute([&self.found_by(phone), id])?;
        }
        for phone in &record.phones {
            self.number(id, &self.found_by(phone))?;
        }
        self.index(id, record)?;
        Ok(Some(revision))
    }

    /// Has a customer found by a fingerprint, too.
    pub fn number(self, id: &str, fingerprint: &str) -> Result<(), EmbeddedError> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO crm_numbers (phone, contact) VALUES (?1, ?2)")?
            .execute([fingerprint, id])?;
        Ok(())
    }

    /// Has a customer found by their name, their id and the numbers among their preferences.
    pub fn index(self, id: &str, record: &Record) -> Result<(), EmbeddedError> {
        let mut gone = self
            .connection
            .prepare_cached("DELETE FROM crm_clues WHERE contact = ?1")?;
        gone.execute([id])?;
        let values = record.preferences.values().map(String::as_str);
        let references = values.chain([id]).filter_map(reference);
        let references = references.map(|text| (ClueKind::Reference, text));
        let names = [(ClueKind::Name, name(&record.name))];
        let mut kept = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO crm_clues (clue, contact) VALUES (?1, ?2)")?;
        for (kind, text) in references.chain(names) {
            kept.execute([self.clue(&Clue { kind, text }), id.to_owned()])?;
        }
        Ok(())
    }

    /// Those that a clue is of, by their ids.
    pub fn with_clue(self, clue: &Clue) -> Result<Vec<Kept>, EmbeddedError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM crm_clues JOIN crm_contacts ON id = contact
             WHERE crm_clues.clue = ?1 ORDER BY id LIMIT {MOST_OF_A_NUMBER}"
        );
        let mut found = self.connection.prepare_cached(&sql)?;
        let found = found.query_map([self.clue(clue)], |row| self.read(row))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What a clue is found by.
    fn clue(self, Clue { kind, text }: &Clue) -> String {
        let clue = format!("{}/{text}", kind.as_str());
        self.key.fingerprint(clue.as_bytes())
    }

    /// Removes one; whether it was there. What refers to it has to be gone.
    pub fn remove(self, id: &str) -> Result<bool, EmbeddedError> {
        let mut gone = self
            .connection
            .prepare_cached("DELETE FROM crm_contacts WHERE id = ?1")?;
        Ok(gone.execute([id])? > 0)
    }

    /// What a number is found by.
    pub fn found_by(self, phone: &str) -> String {
        self.key.fingerprint(phone.as_bytes())
    }

    fn read(self, row: &Row<'_>) -> rusqlite::Result<Kept> {
        let stored: Stored = row.get(1)?;
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, error)
        };
        let json = stored.open(Some(self.key), CONTACT, "");
        let json = json.map_err(|error| failed(error.into()))?;
        Ok(Kept {
            customer_id: row.get(0)?,
            record: serde_json::from_str(&json).map_err(|error| failed(error.into()))?,
            revision: row.get::<_, i64>(2)?.cast_unsigned(),
            changed_ms: row.get(3)?,
        })
    }
}
