//! The keys of a store, for whoever looks after them, beside a running engine or without one.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use sidetone_vault::{KeyId, wrapped_by, wrapped_head};

use super::StoreConfig;
use super::convert::{self, Converting};
use super::files::Place;
use super::forget::leave_nothing_behind;
use super::sealing::Keys;
use crate::storage::StoreError;

/// Keys that are wrapped anew in one transaction: others want to write too.
const AT_ONCE: i64 = 200;
/// Between two transactions the engine has its turn: who waits for a lock of SQLite's looks for it after 1, 2,
/// 5 and 10 ms.
const BETWEEN: Duration = Duration::from_millis(15);

/// The keys of a store.
pub struct KeyRoom {
    connection: Connection,
    keys: Keys,
    place: Place,
    /// The last key that was looked at to be wrapped anew.
    rewrapped: String,
    converting: Converting,
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
        Ok(Self {
            connection,
            keys,
            place,
            rewrapped: String::new(),
            converting: Converting::default(),
        })
    }

    /// How they are.
    pub fn status(&self) -> Result<KeyStatus, StoreError> {
        Ok(KeyStatus {
            source: self.keys.source(),
            masters: masters(&self.connection, &self.keys)?,
            in_clear: convert::in_clear(&self.connection)?,
        })
    }

    /// Whether master keys are added and removed here.
    pub fn are_ours(&self) -> bool {
        self.keys.are_ours()
    }

    /// Whether an engine runs that would not find a new master key before its next start.
    pub fn would_stop_an_engine(&self) -> Result<bool, StoreError> {
        if !self.keys.are_fixed() {
            return Ok(false);
        }
        match self.place.claim() {
            Ok(_) => Ok(false),
            Err(StoreError::InUse(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Whether the first master key wraps nothing yet.
    pub fn is_new(&self) -> Result<bool, StoreError> {
        let masters = masters(&self.connection, &self.keys)?;
        Ok(masters.first().is_some_and(|key| key.wraps == 0))
    }

    /// Puts a new master key in front, where they lie in a file. Nothing is wrapped by it yet.
    pub fn lead(&self) -> Result<KeyId, StoreError> {
        Ok(self.keys.lead()?)
    }

    /// Wraps some of the keys of calls anew, and gives others time to write, with the first master key: how many, and `None` once there are
    /// no more. What they seal stays as it is. Keys that are damaged, or under a master key that is not at
    /// hand, stay too: [`KeyRoom::status`] counts those.
    pub fn rewrap(&mut self) -> Result<Option<usize>, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = 0;
        {
            let head = wrapped_head(self.keys.ids()[0]);
            let length = i64::try_from(head.len()).unwrap_or(i64::MAX);
            let mut others = transaction.prepare_cached(
                "SELECT name, wrapped FROM data_keys
                 WHERE name > ?4 AND substr(wrapped, 1, ?2) <> ?1 ORDER BY name LIMIT ?3",
            )?;
            let values = params![head.as_slice(), length, AT_ONCE, self.rewrapped];
            let others = others.query_map(values, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
            })?;
            let others: Vec<_> = others.collect::<Result<_, _>>()?;
            let Some((last, _)) = others.last() else {
                self.rewrapped.clear();
                return Ok(None);
            };
            self.rewrapped.clone_from(last);
            let mut update =
                transaction.prepare_cached("UPDATE data_keys SET wrapped = ?2 WHERE name = ?1")?;
            for (name, wrapped) in others {
                if let Ok(Some(wrapped)) = self.keys.rewrap(&name, &wrapped) {
                    changed += update.execute(params![name, wrapped])?;
                }
            }
        }
        transaction.commit()?;
        std::thread::sleep(BETWEEN);
        Ok(Some(changed))
    }

    /// Forgets a master key that wraps nothing any more. Nobody wraps a key meanwhile.
    pub fn retire(&mut self, id: &str) -> Result<KeyId, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let masters = masters(&transaction, &self.keys)?;
        let found = masters.iter().find(|key| key.id.to_string() == id);
        match found {
            Some(key) if key.wraps > 0 => Err(StoreError::KeyInUse(key.id, key.wraps)),
            Some(key) => {
                self.keys.retire(key.id)?;
                Ok(key.id)
            }
            None => Err(StoreError::NoSuchMaster(id.to_owned())),
        }
    }

    /// Seals some of what lies in clear: how much, and `None` once there is no more.
    pub fn convert(&mut self) -> Result<Option<usize>, StoreError> {
        let some = self.converting.some(&mut self.connection, &self.keys);
        std::thread::sleep(BETWEEN);
        some
    }

    /// Leaves nothing of what was sealed in the log of changes. Whether that was possible: somebody may read at
    /// the moment.
    pub fn sweep(&self) -> bool {
        leave_nothing_behind(&self.connection)
    }
}

/// Each master key and how much it wraps. Keys that are damaged are nobody's.
fn masters(connection: &Connection, keys: &Keys) -> Result<Vec<MasterStatus>, StoreError> {
    let mut wraps: BTreeMap<String, (KeyId, u64)> = BTreeMap::new();
    let mut wrapped = connection.prepare("SELECT wrapped FROM data_keys")?;
    let mut rows = wrapped.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(id) = wrapped_by(&row.get::<_, Vec<u8>>(0)?) {
            wraps.entry(id.to_string()).or_insert((id, 0)).1 += 1;
        }
    }
    let here = keys.ids().into_iter().map(|id| {
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
    Ok(masters)
}
