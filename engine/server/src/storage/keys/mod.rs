//! The master keys of a site: read, and read again when they have changed.
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `config` | where they come from |
//! | `source` | fetching them from there |

mod config;
mod source;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sidetone_vault::{DataKey, KeyId, Keyring, MasterKey, VaultError};
use tracing::{info, warn};

pub use config::KeysConfig;
pub use source::KeysError;
use source::Source;

/// A key that was not found is looked for again after so long.
const LOOKED_AGAIN: Duration = Duration::from_secs(1);

/// Wraps and unwraps the keys of calls.
pub struct MasterKeys {
    source: Source,
    keyring: RwLock<Arc<Keyring>>,
    /// When a key was looked for in vain.
    missed: Mutex<Option<Instant>>,
}

impl MasterKeys {
    /// Those of `config`, for the store in the folder `dir`. Where the store has sealed nothing yet and
    /// nothing else is configured, a file with a new key is made there.
    pub fn load(config: &KeysConfig, dir: &Path, has_sealed: bool) -> Result<Self, KeysError> {
        let source = Source::of(config, dir)?;
        if !has_sealed && source.make()? {
            info!(%source, "made a master key: keep a copy, without it nobody reads what is kept");
        }
        let keyring = source.read()?;
        Ok(Self::with(source, keyring))
    }

    /// One that goes with the process.
    pub fn temporary() -> Result<Self, KeysError> {
        let keyring = Keyring::of(vec![MasterKey::random()?]);
        let keyring = keyring.expect("one key");
        Ok(Self::with(Source::Memory, keyring))
    }

    fn with(source: Source, keyring: Keyring) -> Self {
        Self {
            source,
            keyring: RwLock::new(Arc::new(keyring)),
            missed: Mutex::new(None),
        }
    }

    /// Wraps the key of `name`.
    pub fn wrap(&self, name: &str, key: &DataKey) -> Result<Vec<u8>, VaultError> {
        self.keyring().wrap(name, key)
    }

    /// Unwraps the key of `name`. A master key that is not known is looked for where they come from.
    pub fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let found = self.keyring().unwrap(name, wrapped);
        if !matches!(found, Err(VaultError::NoSuchKey(_))) {
            return found;
        }
        // One looks at a time, and what was not found is not looked for without a pause.
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        // Another one may have found it meanwhile.
        let found = self.keyring().unwrap(name, wrapped);
        let is_missing = matches!(found, Err(VaultError::NoSuchKey(_)));
        if !is_missing || missed.is_some_and(|at| at.elapsed() < LOOKED_AGAIN) {
            return found;
        }
        self.look_again();
        let found = self.keyring().unwrap(name, wrapped);
        *missed = found.is_err().then(Instant::now);
        found
    }

    /// The key of `name` as the first master key wraps it; `None` if it does already.
    pub fn rewrap(&self, name: &str, wrapped: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        self.keyring().rewrap(name, wrapped)
    }

    /// The names of all, the one that wraps first.
    pub fn ids(&self) -> Vec<KeyId> {
        self.keyring().ids().collect()
    }

    /// Where they come from, in words.
    pub fn source(&self) -> String {
        self.source.to_string()
    }

    /// Whether keys are added and removed here, and not by whoever runs where they come from.
    pub fn are_ours(&self) -> bool {
        self.source.is_file()
    }

    /// Whether a process that runs cannot find keys that it does not know.
    pub fn are_fixed(&self) -> bool {
        self.source.is_variable()
    }

    /// Puts a new key in front. Whoever else uses them finds it when they meet it.
    pub fn lead(&self) -> Result<KeyId, KeysError> {
        let key = MasterKey::random()?;
        let id = key.id();
        self.change(|keyring| Ok(keyring.led_by(key)))?;
        Ok(id)
    }

    /// Forgets a key, which may not be the first.
    pub fn retire(&self, id: KeyId) -> Result<(), KeysError> {
        self.change(|keyring| keyring.without(id).ok_or(KeysError::First(id)))
    }

    fn change(
        &self,
        change: impl FnOnce(Keyring) -> Result<Keyring, KeysError>,
    ) -> Result<(), KeysError> {
        let keyring = self.source.change(change)?;
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
        Ok(())
    }

    fn keyring(&self) -> Arc<Keyring> {
        let keyring = self.keyring.read().unwrap_or_else(PoisonError::into_inner);
        keyring.clone()
    }

    fn look_again(&self) {
        match self.source.read() {
            Ok(keyring) => {
                info!(source = %self.source, "the master keys are read again");
                *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
            }
            Err(error) => warn!(%error, "the master keys cannot be read again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_key_and_no_later_one_does() {
        let dir = tempfile::tempdir().expect("a folder");
        let config = KeysConfig::default();
        let load = |has_sealed| MasterKeys::load(&config, dir.path(), has_sealed);
        let missing = load(true).err().expect("it is gone").to_string();
        assert!(missing.contains("master.keys"), "{missing}");
        let keys = load(false).expect("made");
        let data = DataKey::random().expect("random");
        let wrapped = keys.wrap("call/7", &data).expect("wrapped");
        for has_sealed in [false, true] {
            let again = load(has_sealed).expect("there");
            assert_eq!(again.ids(), keys.ids());
            assert!(again.unwrap("call/7", &wrapped).is_ok());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = std::fs::metadata(dir.path().join("master.keys")).expect("made");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn whoever_meets_a_key_that_another_has_put_in_front_finds_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let config = KeysConfig::default();
        let engine = MasterKeys::load(&config, dir.path(), false).expect("made");
        let tool = MasterKeys::load(&config, dir.path(), true).expect("there");
        let data = DataKey::random().expect("random");
        let old = engine.wrap("call/7", &data).expect("wrapped");
        let stranger = MasterKeys::temporary().expect("random");
        let theirs = stranger.wrap("call/7", &data).expect("wrapped");
        let new = tool.lead().expect("written");
        let again = tool.rewrap("call/7", &old).expect("unwraps");
        let again = again.expect("another key is first");
        assert!(engine.unwrap("call/7", &again).is_ok());
        assert_eq!(engine.ids(), tool.ids());
        let missing = engine.unwrap("call/7", &theirs);
        assert!(matches!(missing, Err(VaultError::NoSuchKey(_))));
        let first = tool.retire(new).expect_err("it is the first");
        assert!(matches!(first, KeysError::First(_)), "{first}");
        tool.retire(tool.ids()[1]).expect("written");
        assert!(tool.unwrap("call/7", &old).is_err());
        assert!(tool.unwrap("call/7", &again).is_ok());
    }
}
