//! Where the store lies, who may write to it, and how a connection is set up.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::StoreConfig;
use super::sealing::Keys;
use crate::storage::StoreError;
use crate::storage::keys::{KeysConfig, MasterKeys};

/// Each brings the schema one version further; `user_version` counts them. Never changed, only
/// added to.
const MIGRATIONS: [&str; 13] = [
    include_str!("schema.sql"),
    include_str!("clock.sql"),
    include_str!("corrections.sql"),
    include_str!("sealed.sql"),
    include_str!("recordings.sql"),
    include_str!("past_calls.sql"),
    include_str!("review.sql"),
    include_str!("knowledge.sql"),
    include_str!("board.sql"),
    include_str!("raised.sql"),
    include_str!("friction.sql"),
    include_str!("friction_words.sql"),
    include_str!("choices.sql"),
];

/// How long a connection waits for another's transaction. Ours take milliseconds; only a backup
/// tool or a stalled disk makes this matter.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// The directory of a store.
#[derive(Clone, Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    /// The configured one, or ours in the platform's place for data.
    pub fn of(config: &StoreConfig) -> Result<Self, StoreError> {
        if config.dir.as_os_str().is_empty() {
            default_dir(|name| std::env::var_os(name)).map(Self)
        } else {
            Ok(Self(config.dir.clone()))
        }
    }

    /// The directory at `path`.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Its path.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("sidetone.db")
    }

    /// Makes the directory and the file if need be, readable for us only: they hold what people
    /// said.
    pub fn make(&self) -> Result<(), StoreError> {
        let made = private_dir()
            .create(&self.0)
            .and_then(|()| private_file().open(self.database()).map(drop));
        made.map_err(|source| self.unusable(source))
    }

    /// Claims the store for one engine. The system gives the claim back when the process ends,
    /// however it does.
    pub fn claim(&self) -> Result<File, StoreError> {
        let file = private_file()
            .open(self.0.join("lock"))
            .map_err(|source| self.unusable(source))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(self.0.clone())),
            Err(TryLockError::Error(source)) => Err(self.unusable(source)),
        }
    }

    /// Whether there is a database to open.
    pub fn check_exists(&self) -> Result<(), StoreError> {
        match self.database().exists() {
            true => Ok(()),
            false => Err(StoreError::Missing(self.0.clone())),
        }
    }

    /// The room that is kept for a full disk.
    pub fn reserve(&self) -> PathBuf {
        self.0.join("reserve")
    }

    /// A person makes this file to say that the clock is right.
    pub fn clock_confirmation(&self) -> PathBuf {
        self.0.join("clock-is-right")
    }

    /// A connection, with the schema brought up to date.
    pub fn connect(&self) -> Result<Connection, StoreError> {
        let mut connection = self.connect_as_is()?;
        // It stays in the file.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        self.migrate(&mut connection)?;
        Ok(connection)
    }

    /// A connection to another database in the directory, which is its alone.
    pub fn connect_beside(&self, file: &str) -> Result<Connection, StoreError> {
        let path = self.0.join(file);
        let made = private_file().open(&path);
        made.map_err(|source| self.unusable(source))?;
        let connection = Self::opened(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        Ok(connection)
    }

    /// A connection to a database that [`Place::connect`] has been to.
    pub fn connect_as_is(&self) -> Result<Connection, StoreError> {
        Self::opened(&self.database())
    }

    fn opened(path: &Path) -> Result<Connection, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        // A commit is on the disk when it returns: a power cut takes nothing that was accepted.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is forgotten is overwritten.
        connection.pragma_update(None, "secure_delete", true)?;
        // What is sorted lies in memory, and in no file that nobody seals.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    }

    /// The master keys of `config`, with which `connection` can be read. Refused where they are those of
    /// another store.
    pub fn keys(&self, config: &KeysConfig, connection: &Connection) -> Result<Keys, StoreError> {
        let last: Option<(String, Vec<u8>)> = connection
            .query_row(
                "SELECT name, wrapped FROM data_keys ORDER BY rowid DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let keys = MasterKeys::load(config, self.dir(), last.is_some())?;
        if let Some((name, wrapped)) = last {
            keys.unwrap(&name, &wrapped)?;
        }
        Ok(Arc::new(keys))
    }

    fn migrate(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let version = |connection: &Connection| {
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        };
        let known = MIGRATIONS.len() as u32;
        if version(connection)? == known {
            return Ok(());
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        let found = version(&transaction)?;
        if found > known {
            return Err(StoreError::Newer {
                path: self.database(),
                found,
                known,
            });
        }
        for migration in MIGRATIONS.iter().skip(found as usize) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
        transaction.commit()?;
        Ok(())
    }

    fn unusable(&self, source: io::Error) -> StoreError {
        StoreError::Directory {
            path: self.0.clone(),
            source,
        }
    }
}

/// Makes a file of ours and the directory it lies in, if need be, for us only.
pub fn make_private(file: &Path) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        private_dir().create(dir)?;
    }
    private_file().open(file).map(drop)
}

/// Made with all above it, for us only.
pub fn private_dir() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// SQLite gives its `-wal` and `-shm` the rights of the database.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Ours in the platform's place for data. `env` looks a variable up; an empty one counts as not
/// set, and so does a relative `XDG_DATA_HOME`, as its specification says.
fn default_dir(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, StoreError> {
    let var = |name: &str| {
        env(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let data = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        var("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        var("XDG_DATA_HOME")
            .filter(|data| data.is_absolute())
            .or_else(|| var("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("sidetone"))
        .ok_or(StoreError::NoDataDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn data_goes_where_the_platform_keeps_it() {
        for (case, set, expected) in [
            (
                "home",
                vec![("HOME", "/h")],
                Some("/h/.local/share/sidetone"),
            ),
            (
                "the platform's own variable",
                vec![("XDG_DATA_HOME", "/x"), ("HOME", "/h")],
                Some("/x/sidetone"),
            ),
            (
                "a relative one does not count",
                vec![("XDG_DATA_HOME", "x"), ("HOME", "/h")],
                Some("/h/.local/share/sidetone"),
            ),
            ("nothing is set", vec![], None),
        ] {
            let dir = default_dir(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            });
            assert_eq!(dir.ok(), expected.map(PathBuf::from), "{case}");
        }
    }

    #[test]
    fn a_store_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let place = Place::at(dir.path());
        place.make().expect("writable");
        let connection = place.connect().expect("a new store");
        connection
            .pragma_update(None, "user_version", MIGRATIONS.len() as u32 + 1)
            .expect("writable");
        drop(connection);
        let error = place.connect().expect_err("too new").to_string();
        assert!(error.contains("newer sidetone"), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let place = Place::at(&dir.path().join("data"));
        place.make().expect("writable");
        let _open = place.connect().expect("a new store");
        for (path, expected) in [("data", 0o700), ("data/sidetone.db", 0o600)] {
            let found = std::fs::metadata(dir.path().join(path)).expect("made");
            assert_eq!(found.permissions().mode() & 0o777, expected, "{path}");
        }
    }
}
