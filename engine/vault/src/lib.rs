//! Keys, and what is sealed with them: envelope encryption without I/O.
//!
//! ```text
//! master keys (a few, outside the store) ── wrap ──► data keys (one per call, inside the store)
//!                                                        │
//!                                                        └── seal ──► values, blocks of files
//! ```
//!
//! AES-256-GCM throughout, from the crate `aes-gcm`, which was audited by NCC Group in 2020. Who destroys
//! a data key destroys what it has sealed; who changes the master key wraps the data keys anew, and
//! nothing else.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `key` | [`DataKey`]: seals and opens |
//! | `blocks` | [`BlockKey`]: long things that are written and read a block at a time |
//! | `master` | [`MasterKey`], [`KeyId`]: what wraps |
//! | `plain` | [`Plain`]: what was opened |
//! | `keyring` | [`Keyring`]: the master keys of a site, as text and in use |
//!
//! ```
//! use sidetone_vault::{DataKey, Keyring, MasterKey};
//!
//! let keyring = Keyring::of(vec![MasterKey::random()?]).expect("one key");
//! let key = DataKey::random()?;
//! let wrapped = keyring.wrap("call-7", &key)?;
//! let sealed = key.seal("events.json", b"I was charged twice")?;
//!
//! let again = keyring.unwrap("call-7", &wrapped)?;
//! assert_eq!(&*again.open("events.json", &sealed)?, b"I was charged twice");
//! assert!(again.open("calls.summary", &sealed).is_err(), "it lies where it does not belong");
//! # Ok::<(), sidetone_vault::VaultError>(())
//! ```

mod blocks;
mod key;
mod keyring;
mod master;
mod plain;

pub use blocks::{BLOCK, BlockKey, SEALED_BLOCK};
pub use key::{DataKey, SEAL_OVERHEAD};
pub use keyring::{Keyring, KeyringError, wrapped_by, wrapped_head};
pub use master::{KeyId, MasterKey};
pub use plain::Plain;

/// Something cannot be sealed or opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VaultError {
    /// It was changed, lies elsewhere than where it was put, or was sealed with another key.
    #[error("what is sealed was changed, or belongs elsewhere")]
    Broken,
    /// It was wrapped with a master key that is not at hand.
    #[error("it was sealed under the master key {0}, which is not among the keys: put it back")]
    NoSuchKey(KeyId),
    /// A later version has sealed it.
    #[error("it was sealed by a newer sidetone: use that one")]
    Newer,
    /// The system gives no random numbers.
    #[error("the system has no random numbers")]
    Random,
}

impl From<getrandom::Error> for VaultError {
    fn from(_: getrandom::Error) -> Self {
        Self::Random
    }
}
