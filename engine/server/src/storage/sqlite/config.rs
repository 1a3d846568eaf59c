//! Where calls are kept.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::storage::keys::KeysConfig;

/// Where calls are kept, and for how long.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// The directory; empty means `sidetone` in the platform's place for data
    /// (`~/.local/share/sidetone`). On a local disk: SQLite needs its locks.
    pub dir: PathBuf,
    /// Calls older than this are forgotten; 0 keeps them for ever. A note that the CRM has not got
    /// yet is never forgotten. Nothing is while the clock is in doubt: if it has leapt, or the
    /// engine was away for more than two weeks, it is set right, or a file `clock-is-right` is made
    /// in the store's directory.
    #[schemars(range(min = 0, max = 36_500))]
    pub keep_days: u32,
    /// If the disk refuses until the engine has stopped, what it did not take is written to a file
    /// here, and taken up by the next start. On another disk than `dir`; empty means the system's
    /// folder for temporary files, which may not outlive a reboot.
    pub spill_dir: PathBuf,
    /// The master keys.
    pub keys: KeysConfig,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::new(),
            keep_days: 90,
            spill_dir: PathBuf::new(),
            keys: KeysConfig::default(),
        }
    }
}
