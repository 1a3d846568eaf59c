//! Changes to the store, which can be made later and elsewhere than where they were asked for.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::columns::BY_WHO;
use super::record::{Closing, Row};
use super::sealing::{self, Keys, Owner, Sealer};
use crate::storage::StoreError;

/// A change. It may be made more than once, until it is committed.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// An event is stored.
    Record(Row),
    /// A call is closed.
    Close(Closing),
    /// Somebody says whether a card helped.
    Feedback {
        call: String,
        utterance: i64,
        article_id: String,
        useful: bool,
        at_ms: i64,
    },
    /// Somebody has seen an alert.
    Acknowledge {
        call: String,
        alert: i64,
        by_who: String,
        at_ms: i64,
    },
    /// Nothing: its receipt says that all before it is committed.
    Nothing,
}

impl Change {
    /// The call that is changed; empty if none is.
    pub fn call(&self) -> &str {
        match self {
            Self::Record(row) => &row.call,
            Self::Close(closing) => &closing.last.call,
            Self::Feedback { call, .. } | Self::Acknowledge { call, .. } => call,
            Self::Nothing => "",
        }
    }

    /// Whether it begins the call: until it is committed, the call's id is known only to the
    /// writer.
    pub fn begins(&self) -> bool {
        matches!(self, Self::Record(row) if row.begins())
    }

    /// Makes it.
    pub fn make(&self, transaction: &Connection, keys: &Keys) -> Result<(), StoreError> {
        match self {
            Self::Record(row) => row.insert(transaction, keys),
            Self::Close(closing) => closing.insert(transaction, keys),
            Self::Feedback {
                call,
                utterance,
                article_id,
                useful,
                at_ms,
            } => {
                must_be_kept(transaction, call)?;
                transaction.execute(
                    "INSERT INTO feedback (call, utterance, article_id, useful, at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (call, utterance, article_id)
                     DO UPDATE SET useful = excluded.useful, at_ms = excluded.at_ms",
                    params![call, utterance, article_id, useful, at_ms],
                )?;
                Ok(())
            }
            Self::Acknowledge {
                call,
                alert,
                by_who,
                at_ms,
            } => {
                must_be_kept(transaction, call)?;
                let sealer = Sealer(sealing::key(transaction, keys, Owner::Call(call))?);
                transaction.execute(
                    "INSERT INTO acknowledgements (call, alert, by_who, at_ms)
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT (call, alert) DO NOTHING",
                    params![call, alert, sealer.seal(BY_WHO, by_who)?, at_ms],
                )?;
                Ok(())
            }
            Self::Nothing => Ok(()),
        }
    }

    /// Makes it, unless it was made before.
    pub fn make_once(&self, transaction: &Connection, keys: &Keys) -> Result<(), StoreError> {
        match self {
            Self::Record(row) if row.is_stored(transaction, keys)? => Ok(()),
            Self::Close(closing) => match closing.insert(transaction, keys) {
                Err(StoreError::ClosedBefore(_)) => Ok(()),
                other => other,
            },
            // The others are the same however often they are made.
            other => other.make(transaction, keys),
        }
    }
}

fn must_be_kept(transaction: &Connection, call: &str) -> Result<(), StoreError> {
    let mut known = transaction.prepare_cached("SELECT 1 FROM calls WHERE id = ?1")?;
    match known.exists([call])? {
        true => Ok(()),
        false => Err(StoreError::NoSuchCall(call.to_owned())),
    }
}
