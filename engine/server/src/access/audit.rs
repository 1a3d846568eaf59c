//! The audit: who asked for what, written down before they are answered.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_audit::{AuditError, AuditLog, AuditOptions, Entry};

use super::config::{AccessConfig, Mode};
use crate::config::StoreConfig;
use crate::sha256::sha256;
use crate::storage::{StoreError, directory};

/// What is written down of who asks for what.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Whether it is written.
    pub write: Write,
    /// The folder; empty means `audit` in the folder of the store.
    pub dir: PathBuf,
    /// The key that signs it, which is made if it is not there; empty means `audit.key` in the folder of
    /// the store. Whoever has it and the folder can write another history: keep it where those who work
    /// on this machine do not reach it, or send the audit to another machine (`sidetone audit export`).
    pub key: PathBuf,
    /// What is older is removed, a file at a time; 0 keeps everything.
    #[schemars(range(min = 0, max = 36_500))]
    pub keep_days: u32,
}

/// When the audit is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// Where it is known who asks.
    #[default]
    Secure,
    /// Also by an open engine, which tells addresses and no names.
    Always,
    /// Never.
    Never,
}

/// The audit cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenAuditError {
    /// The folder of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit itself.
    #[error("the audit cannot be written: {0}")]
    Audit(#[from] AuditError),
}

impl AuditConfig {
    /// Whether an engine of that mode writes it.
    pub fn is_written(&self, access: &AccessConfig) -> bool {
        match self.write {
            Write::Always => true,
            Write::Never => false,
            Write::Secure => access.mode == Mode::Secure,
        }
    }

    /// Its folder and its key.
    pub fn places(&self, store: &StoreConfig) -> Result<(PathBuf, PathBuf), StoreError> {
        let of = |path: &PathBuf, name: &str| match path.as_os_str().is_empty() {
            true => Ok(directory(store)?.join(name)),
            false => Ok::<_, StoreError>(path.clone()),
        };
        Ok((of(&self.dir, "audit")?, of(&self.key, "audit.key")?))
    }

    /// Opens it, and writes that an engine has started.
    pub fn open(&self, store: &StoreConfig, config: &str) -> Result<AuditLog, OpenAuditError> {
        let (dir, key) = self.places(store)?;
        let options = AuditOptions {
            keep_days: self.keep_days,
            ..AuditOptions::default()
        };
        let log = AuditLog::open(&dir, &key, options)?;
        let started = Entry {
            who: "engine".to_owned(),
            by: "engine".to_owned(),
            action: "start".to_owned(),
            what: env!("CARGO_PKG_VERSION").to_owned(),
            detail: format!("configuration sha256:{}", sha256(config)),
            ..Entry::default()
        };
        log.write(started).wait()?;
        Ok(log)
    }
}
