//! Values that are sealed before they are written, and opened when they are read.
//!
//! Each call has a key of its own, and whoever destroys it destroys what was kept of the call, in copies of
//! the file too. A value is sealed for its column and its owner: in another column, or with another call, it
//! does not open. What was written before there were keys is text, and is read as it is.

use std::sync::Arc;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params};
use sidetone_vault::{DataKey, VaultError, wrapped_by};

use crate::storage::StoreError;
use crate::storage::keys::MasterKeys;

/// The master keys of a store, and what they open.
pub(super) type Keys = Arc<MasterKeys>;

/// Whose key it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Owner<'a> {
    /// A call.
    Call(&'a str),
    /// The note of a call, which may outlive it.
    Note(&'a str),
    /// The recording of a call, which may go before it.
    Recording(&'a str),
    /// The CRM that comes with the program.
    Crm,
    /// The search index.
    Archive,
    /// What the disk refused, written down elsewhere.
    Spill,
    /// Words of people in the audit.
    Audit,
    /// What people say of what hurts them, where it is of no call.
    Friction,
}

impl Owner<'_> {
    /// Its name among the keys.
    pub fn name(self) -> String {
        match self {
            Self::Call(id) => format!("call/{id}"),
            Self::Note(id) => format!("note/{id}"),
            Self::Recording(id) => format!("recording/{id}"),
            Self::Crm => "crm".to_owned(),
            Self::Archive => "archive".to_owned(),
            Self::Spill => "spill".to_owned(),
            Self::Audit => "audit".to_owned(),
            Self::Friction => "friction".to_owned(),
        }
    }
}

/// The key of `owner`, which is made if there is none.
pub(super) fn key(
    connection: &Connection,
    keys: &MasterKeys,
    owner: Owner<'_>,
) -> Result<DataKey, StoreError> {
    if let Some(key) = known(connection, keys, owner)? {
        return Ok(key);
    }
    let name = owner.name();
    let key = DataKey::random()?;
    keep_up(connection, keys)?;
    // Another process may be faster; then its key holds.
    let made = connection
        .prepare_cached("INSERT OR IGNORE INTO data_keys (name, wrapped) VALUES (?1, ?2)")?
        .execute(params![name, keys.wrap(&name, &key)?])?;
    match made {
        0 => known(connection, keys, owner)?.ok_or(StoreError::Vault(VaultError::Broken)),
        _ => Ok(key),
    }
}

/// Meets the master key that has wrapped last. One that was put in front beside this process seals what is
/// new from then on: the old one may be retired.
fn keep_up(connection: &Connection, keys: &MasterKeys) -> Result<(), StoreError> {
    let spill = Owner::Spill.name();
    let wrapped: Option<Vec<u8>> = connection
        .prepare_cached("SELECT wrapped FROM data_keys WHERE name = ?1")?
        .query_row([&spill], |row| row.get(0))
        .optional()?;
    if let Some(wrapped) = wrapped
        && !keys.ids().contains(&wrapped_by(&wrapped)?)
    {
        keys.unwrap(&spill, &wrapped)?;
    }
    Ok(())
}

/// The key of `owner`, if there is one.
pub(super) fn known(
    connection: &Connection,
    keys: &MasterKeys,
    owner: Owner<'_>,
) -> Result<Option<DataKey>, StoreError> {
    let name = owner.name();
    let wrapped: Option<Vec<u8>> = connection
        .prepare_cached("SELECT wrapped FROM data_keys WHERE name = ?1")?
        .query_row([&name], |row| row.get(0))
        .optional()?;
    let wrapped = wrapped.map(|wrapped| keys.unwrap(&name, &wrapped));
    Ok(wrapped.transpose()?)
}

/// Destroys the key of `owner`, and with it what it has sealed.
pub(super) fn destroy(connection: &Connection, owner: Owner<'_>) -> rusqlite::Result<()> {
    let mut gone = connection.prepare_cached("DELETE FROM data_keys WHERE name = ?1")?;
    gone.execute([owner.name()])?;
    Ok(())
}

/// What may be read where it lies: sealed, or text of old.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Sealed(Vec<u8>),
    Text(String),
}

impl FromSql for Stored {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(Self::Sealed(bytes.to_vec())),
            ValueRef::Text(_) => String::column_result(value).map(Self::Text),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl Stored {
    /// The text, with the key of whom it belongs to. `call` is told if it cannot be read.
    pub fn open(
        self,
        key: Option<&DataKey>,
        column: &str,
        call: &str,
    ) -> Result<String, StoreError> {
        let unreadable = |problem: &str| StoreError::Unreadable {
            call: call.to_owned(),
            problem: format!("{column}: {problem}"),
        };
        let sealed = match self {
            Self::Text(text) => return Ok(text),
            Self::Sealed(sealed) => sealed,
        };
        let key = key.ok_or_else(|| unreadable("its key is gone"))?;
        let opened = key.open(column, &sealed);
        let opened = opened.map_err(|error| unreadable(&error.to_string()))?;
        let text = std::str::from_utf8(&opened);
        text.map(str::to_owned)
            .map_err(|_| unreadable("it is no text"))
    }
}

/// Seals values with one key.
pub(super) struct Sealer(pub DataKey);

impl Sealer {
    /// Seals `text` for `column`.
    pub fn seal(&self, column: &str, text: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.seal(column, text.as_bytes())?)
    }
}
