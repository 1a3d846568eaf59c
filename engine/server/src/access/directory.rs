//! Users, tokens and sessions, kept in a file beside the store. The engine and the tools beside it
//! work on the same file; each sees what the other has changed.

mod tokens;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sidetone_access::{PasswordHash, SecretHash};

use super::change::Change;
use super::subject::{Subject, User};
use crate::config::StoreConfig;
use crate::storage::{StoreError, directory, now_ms};

/// Where it lies in the directory of the store.
const FILE: &str = "access.db";
const VERSION: u32 = 2;
const BUSY: Duration = Duration::from_secs(5);
/// Changes that are read at a time.
const MOST_CHANGES: u32 = 1_000;
/// Bytes of a name.
pub(super) const LONGEST_NAME: usize = 128;
/// What parts of the engine are called.
const OURS: [&str; 10] = [
    "local",
    "engine",
    "host",
    "doors",
    "websocket",
    "audio_socket",
    "rtpengine",
    "siprec",
    "rtp",
    "folder",
];

/// The file cannot be used, or what is asked of it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The place of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SQLite says no.
    #[error("`{0}`: {1}")]
    Database(PathBuf, rusqlite::Error),
    /// A newer program has written it.
    #[error("`{0}` was written by a newer sidetone: use that one")]
    Newer(PathBuf),
    /// The name is taken.
    #[error("there is a user `{0}` already")]
    Exists(String),
    /// There is nobody of that name.
    #[error("there is no user `{0}`; `sidetone users list` names all")]
    NoUser(String),
    /// There is no such token.
    #[error("there is no token `{0}`; `sidetone tokens list` names all")]
    NoToken(String),
    /// A name that could not be told on a line.
    #[error("`{0}` is no name: letters, digits and `-_.@+`, at most {LONGEST_NAME}")]
    Name(String),
    /// A part of the engine is called so.
    #[error("`{0}` is what a part of the engine is called: choose another name")]
    Ours(String),
    /// The system gives no random numbers.
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// Users, tokens and sessions.
pub struct Directory {
    connection: Connection,
    path: PathBuf,
}

impl Directory {
    /// Opens the file beside the store of `config`, and makes it if there is none.
    pub fn open(config: &StoreConfig) -> Result<Self, DirectoryError> {
        Self::at(&directory(config)?.join(FILE))
    }

    pub(super) fn at(path: &Path) -> Result<Self, DirectoryError> {
        crate::storage::make_private(path).map_err(|error| {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
            let error = rusqlite::Error::SqliteFailure(code, Some(error.to_string()));
            DirectoryError::Database(path.to_owned(), error)
        })?;
        let of = |error| DirectoryError::Database(path.to_owned(), error);
        let connection = Connection::open(path).map_err(of)?;
        let directory = Self {
            connection,
            path: path.to_owned(),
        };
        directory.set_up()?;
        Ok(directory)
    }

    fn set_up(&self) -> Result<(), DirectoryError> {
        let version = self.with(|connection| {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // What is removed is overwritten.
            connection.pragma_update(None, "secure_delete", true)?;
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
        })?;
        match version {
            // The first version had no changes.
            0 | 1 => self.with(|connection| {
                let schema = include_str!("schema.sql");
                // Another process may make it at the same time.
                connection.execute_batch(&format!(
                    "BEGIN IMMEDIATE; {} PRAGMA user_version = {VERSION}; COMMIT",
                    schema.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
                ))
            }),
            VERSION => Ok(()),
            _ => Err(DirectoryError::Newer(self.path.clone())),
        }
    }

    /// Changes whenever another connection has changed something.
    pub(super) fn version(&self) -> Result<u32, DirectoryError> {
        self.with(|connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0))
        })
    }

    /// Adds somebody who logs in.
    pub fn add_user(
        &self,
        subject: &Subject,
        password: &PasswordHash,
    ) -> Result<(), DirectoryError> {
        check_name(&subject.name)?;
        let told = ("user_added", subject.name.as_str(), subject.to_string());
        let added = self.change(told, |connection| {
            connection.execute(
                "INSERT OR IGNORE INTO users (name, password, roles, agent_id, teams, made_ms)
                 VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    subject.name,
                    password.as_str(),
                    list(&subject.roles),
                    subject.agent_id,
                    list(&subject.teams),
                    now_ms()
                ],
            )
        })?;
        match added {
            false => Err(DirectoryError::Exists(subject.name.clone())),
            true => Ok(()),
        }
    }

    /// Gives somebody another password, and ends their sessions.
    pub fn set_password(&self, name: &str, password: &PasswordHash) -> Result<(), DirectoryError> {
        let told = ("password_changed", name, String::new());
        self.change_user(told, |connection| {
            let sql = "UPDATE users SET password = ?2 WHERE name = ?1";
            connection.execute(sql, [name, password.as_str()])
        })
    }

    /// Makes somebody what that says, and ends their sessions.
    pub fn set_subject(&self, subject: &Subject) -> Result<(), DirectoryError> {
        let told = ("user_changed", subject.name.as_str(), subject.to_string());
        self.change_user(told, |connection| {
            connection.execute(
                "UPDATE users SET roles = ?2, agent_id = ?3, teams = ?4 WHERE name = ?1",
                params![
                    subject.name,
                    list(&subject.roles),
                    subject.agent_id,
                    list(&subject.teams)
                ],
            )
        })
    }

    /// Keeps somebody out, or lets them in again. Their sessions end.
    pub fn set_locked(&self, name: &str, locked: bool) -> Result<(), DirectoryError> {
        let action = match locked {
            true => "user_locked",
            false => "user_unlocked",
        };
        self.change_user((action, name, String::new()), |connection| {
            let sql = "UPDATE users SET locked = ?2 WHERE name = ?1";
            connection.execute(sql, params![name, locked])
        })
    }

    /// Forgets somebody.
    pub fn remove_user(&self, name: &str) -> Result<(), DirectoryError> {
        self.change_user(("user_removed", name, String::new()), |connection| {
            connection.execute("DELETE FROM users WHERE name = ?", [name])
        })
    }

    fn change_user(
        &self,
        told: (&str, &str, String),
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), DirectoryError> {
        let name = told.1;
        let changed = self.change(told, |connection| {
            connection.execute("DELETE FROM sessions WHERE user = ?", [name])?;
            work(connection)
        })?;
        match changed {
            false => Err(DirectoryError::NoUser(name.to_owned())),
            true => Ok(()),
        }
    }

    /// All who log in, by name.
    pub fn users(&self) -> Result<Vec<User>, DirectoryError> {
        self.with(|connection| {
            let mut rows = connection.prepare(
                "SELECT name, roles, agent_id, teams, password, locked FROM users ORDER BY name",
            )?;
            let users = rows.query_map([], |row| {
                Ok(User {
                    subject: subject(row, 0)?,
                    password: PasswordHash::of_text(row.get(4)?),
                    locked: row.get(5)?,
                })
            })?;
            users.collect()
        })
    }

    /// Whether anybody can show who they are.
    pub fn is_empty(&self) -> Result<bool, DirectoryError> {
        self.with(|connection| {
            let one =
                "SELECT 1 FROM users UNION SELECT 1 FROM tokens WHERE revoked_ms IS NULL LIMIT 1";
            let found = connection.query_row(one, [], |_| Ok(())).optional()?;
            Ok(found.is_none())
        })
    }

    /// Writes down that something else about who is let in was changed: an action, and what it was
    /// done to.
    pub fn note(&self, action: &str, what: &str) -> Result<(), DirectoryError> {
        self.change((action, what, String::new()), |_| Ok(1))?;
        Ok(())
    }

    /// What was changed and is not forgotten yet, the oldest first, at most [`MOST_CHANGES`].
    pub(super) fn changes(&self) -> Result<Vec<Change>, DirectoryError> {
        self.with(|connection| {
            let mut rows = connection.prepare(
                "SELECT id, at_ms, action, what, detail FROM changes ORDER BY id LIMIT ?",
            )?;
            let changes = rows.query_map([MOST_CHANGES], |row| {
                Ok(Change {
                    id: row.get(0)?,
                    at_ms: row.get(1)?,
                    action: row.get(2)?,
                    what: row.get(3)?,
                    detail: row.get(4)?,
                })
            })?;
            changes.collect()
        })
    }

    /// Forgets that one and those before it.
    pub(super) fn forget_changes(&self, last: &Change) -> Result<(), DirectoryError> {
        let sql = "DELETE FROM changes WHERE id <= ?";
        self.with(|connection| connection.execute(sql, [last.id]))?;
        Ok(())
    }

    /// Does `work`, and writes it down if it has changed anything: both or neither.
    fn change(
        &self,
        (action, what, detail): (&str, &str, String),
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<bool, DirectoryError> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let changed = work(&transaction)? > 0;
            if changed {
                transaction.execute(
                    "INSERT INTO changes (at_ms, action, what, detail) VALUES (?, ?, ?, ?)",
                    params![now_ms(), action, what, detail],
                )?;
            }
            transaction.commit()?;
            Ok(changed)
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DirectoryError> {
        let done = work(&self.connection);
        done.map_err(|error| DirectoryError::Database(self.path.clone(), error))
    }
}

fn check_name(name: &str) -> Result<(), DirectoryError> {
    let plain = |sign: char| sign.is_alphanumeric() || "-_.@+".contains(sign);
    if OURS.contains(&name) {
        return Err(DirectoryError::Ours(name.to_owned()));
    }
    match !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(plain) {
        true => Ok(()),
        false => Err(DirectoryError::Name(name.to_owned())),
    }
}

/// Names have no commas.
fn list(names: &[String]) -> String {
    names.join(",")
}

fn names(list: &str) -> Vec<String> {
    let names = list.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Four columns from `at` on: name, roles, agent, teams.
fn subject(row: &Row<'_>, at: usize) -> rusqlite::Result<Subject> {
    Ok(Subject {
        name: row.get(at)?,
        roles: names(&row.get::<_, String>(at + 1)?),
        agent_id: row.get(at + 2)?,
        teams: names(&row.get::<_, String>(at + 3)?),
    })
}

fn hash(row: &Row<'_>, at: usize) -> rusqlite::Result<SecretHash> {
    let bytes: Vec<u8> = row.get(at)?;
    let wrong = rusqlite::Error::InvalidColumnType(at, "hash".into(), rusqlite::types::Type::Blob);
    SecretHash::of_bytes(&bytes).ok_or(wrong)
}

#[cfg(test)]
mod tests;
