//! The keys of a store, for whoever looks after them, beside a running engine or without one.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior, params};
use sidetone_vault::{KeyId, wrapped_by};

use super::StoreConfig;
use super::convert::{self, Converted};
use super::files::Place;
use super::sealing::Keys;
use crate::storage::StoreError;

/// Keys that are wrapped anew in one transaction: others want to write too.
const AT_ONCE: i64 = 500;

/// The keys of a store.
pub struct KeyRoom {
    connection: Connection,
    keys: Keys,
}

/// How the keys are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyStatus {
    /// Where the master keys come from.
    pub source: String,
    /// Each master key, the one that seals what is new first, and how many keys it wraps. Those that are
    /// not at hand come last.
    pub masters: Vec<MasterStatus>,
    /// Values that lie in clear, from before there were keys.
    pub in_clear: u64,
}

/// How a master key is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MasterStatus {
    /// Its name.
    pub id: KeyId,
    /// Whether it is at hand.
    pub is_here: bool,
    /// How many keys it wraps.
    pub wraps: u64,
}

impl KeyRoom {
    /// Of the store of `config`, which has to exist.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        let connection = place.connect()?;
        let keys = place.keys(&config.keys, &connection)?;
        Ok(Self { connection, keys })
    }

    /// How they are.
    pub fn status(&self) -> Result<KeyStatus, StoreError> {
        let mut wraps: BTreeMap<String, (KeyId, u64)> = BTreeMap::new();
        let mut wrapped = self.connection.prepare("SELECT wrapped FROM data_keys")?;
        let mut rows = wrapped.query([])?;
        while let Some(row) = rows.next()? {
            let id = wrapped_by(&row.get::<_, Vec<u8>>(0)?)?;
            wraps.entry(id.to_string()).or_insert((id, 0)).1 += 1;
        }
        let here = self.keys.ids().into_iter().map(|id| {
            let wraps = wraps.remove(&id.to_string());
            MasterStatus {
                id,
                is_here: true,
                wraps: wraps.map_or(0, |(_, count)| count),
            }
        });
        let mut masters: Vec<_> = here.collect();
        masters.extend(wraps.into_values().map(|(id, wraps)| MasterStatus {
            id,
            is_here: false,
            wraps,
        }));
        Ok(KeyStatus {
            source: self.keys.source(),
            masters,
            in_clear: convert::in_clear(&self.connection)?,
        })
    }

    /// Puts a new master key in front, where they lie in a file. Nothing is wrapped by it yet.
    pub fn lead(&self) -> Result<KeyId, StoreError> {
        Ok(self.keys.lead()?)
    }

    /// Wraps some of the keys of calls anew, with the first master key. How many; 0 once there are no more.
    /// What they seal stays as it is.
    pub fn rewrap(&mut self) -> Result<usize, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first = self.keys.ids()[0];
        let mut changed = 0;
        {
            let head = sidetone_vault::wrapped_head(first);
            let mut others = transaction.prepare_cached(
                "SELECT name, wrapped FROM data_keys WHERE substr(wrapped, 1, ?2) <> ?1 LIMIT ?3",
            )?;
            let length = i64::try_from(head.len()).unwrap_or(i64::MAX);
            let others = others.query_map(params![head.as_slice(), length, AT_ONCE], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
            })?;
            let others: Vec<_> = others.collect::<Result<_, _>>()?;
            let mut update =
                transaction.prepare_cached("UPDATE data_keys SET wrapped = ?2 WHERE name = ?1")?;
            for (name, wrapped) in others {
                if let Some(wrapped) = self.keys.rewrap(&name, &wrapped)? {
                    changed += update.execute(params![name, wrapped])?;
                }
            }
        }
        transaction.commit()?;
        Ok(changed)
    }

    /// Forgets a master key that wraps nothing any more.
    pub fn retire(&self, id: &str) -> Result<KeyId, StoreError> {
        let status = self.status()?;
        let found = status.masters.iter().find(|key| key.id.to_string() == id);
        match found {
            Some(key) if key.wraps > 0 => Err(StoreError::KeyInUse(key.id, key.wraps)),
            Some(key) => {
                self.keys.retire(key.id)?;
                Ok(key.id)
            }
            None => Err(StoreError::NoSuchMaster(id.to_owned())),
        }
    }

    /// Seals some of what lies in clear. How much; nothing once there is no more. It goes on where it was
    /// left off.
    pub fn convert(&mut self) -> Result<Converted, StoreError> {
        convert::some(&mut self.connection, &self.keys)
    }

    /// Leaves nothing of what was sealed anew in free pages and in the log of changes.
    pub fn sweep(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        let begun = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.connection.query_row(begun, [], |_| Ok(()))?;
        Ok(())
    }
}
