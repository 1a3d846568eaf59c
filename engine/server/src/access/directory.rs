//! Users, tokens and sessions, kept in a file beside the store. The engine and the tools beside it
//! work on the same file; each sees what the other has changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sidetone_access::{PasswordHash, SecretHash, Token};

use super::change::Change;
use super::subject::{Session, Subject, TokenRecord, User, Whose};
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

    /// Makes a token for a program. It is shown once.
    pub fn make_token(
        &self,
        subject: &Subject,
        expires_ms: Option<i64>,
    ) -> Result<Token, DirectoryError> {
        check_name(&subject.name)?;
        let token = Token::random()?;
        let told = ("token_made", token.id(), subject.to_string());
        self.change(told, |connection| {
            connection.execute(
                "INSERT INTO tokens (id, name, hash, roles, agent_id, teams, made_ms, expires_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    token.id(),
                    subject.name,
                    token.hash().as_bytes(),
                    list(&subject.roles),
                    subject.agent_id,
                    list(&subject.teams),
                    now_ms(),
                    expires_ms
                ],
            )
        })?;
        Ok(token)
    }

    /// Has a token end now.
    pub fn revoke_token(&self, id: &str) -> Result<(), DirectoryError> {
        let told = ("token_revoked", id, String::new());
        let revoked = self.change(told, |connection| {
            connection.execute(
                "UPDATE tokens SET revoked_ms = coalesce(revoked_ms, ?2) WHERE id = ?1",
                params![id, now_ms()],
            )
        })?;
        match revoked {
            false => Err(DirectoryError::NoToken(id.to_owned())),
            true => Ok(()),
        }
    }

    /// All tokens, the oldest first.
    pub fn tokens(&self) -> Result<Vec<TokenRecord>, DirectoryError> {
        self.with(|connection| {
            let mut rows = connection.prepare(
                "SELECT name, roles, agent_id, teams, id, hash, made_ms, expires_ms, revoked_ms
                 FROM tokens ORDER BY made_ms, id",
            )?;
            let tokens = rows.query_map([], |row| {
                Ok(TokenRecord {
                    subject: subject(row, 0)?,
                    id: row.get(4)?,
                    hash: hash(row, 5)?,
                    made_ms: row.get(6)?,
                    expires_ms: row.get(7)?,
                    revoked_ms: row.get(8)?,
                })
            })?;
            tokens.collect()
        })
    }

    /// Begins a session, and forgets those that are over.
    pub(super) fn begin_session(
        &self,
        whose: &Whose,
        expires_ms: i64,
    ) -> Result<Token, DirectoryError> {
        let token = Token::random()?;
        let (user, provided) = match whose {
            Whose::User(name) => (Some(name), None),
            Whose::Provided(subject) => (None, Some(subject)),
        };
        self.with(|connection| {
            let now = now_ms();
            connection.execute("DELETE FROM sessions WHERE expires_ms <= ?", [now])?;
            connection.execute(
                "INSERT INTO sessions
                     (id, hash, user, name, roles, agent_id, teams, made_ms, expires_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    token.id(),
                    token.hash().as_bytes(),
                    user,
                    provided.map(|subject| &subject.name),
                    provided.map(|subject| list(&subject.roles)),
                    provided.and_then(|subject| subject.agent_id.as_ref()),
                    provided.map(|subject| list(&subject.teams)),
                    now,
                    expires_ms
                ],
            )
        })?;
        Ok(token)
    }

    /// Ends a session, if there is such a one.
    pub(super) fn end_session(&self, id: &str) -> Result<(), DirectoryError> {
        self.with(|connection| connection.execute("DELETE FROM sessions WHERE id = ?", [id]))?;
        Ok(())
    }

    pub(super) fn sessions(&self) -> Result<Vec<Session>, DirectoryError> {
        self.with(|connection| {
            let mut rows = connection.prepare(
                "SELECT name, roles, agent_id, teams, id, hash, user, expires_ms FROM sessions",
            )?;
            let sessions = rows.query_map([], |row| {
                Ok(Session {
                    whose: match row.get(6)? {
                        Some(user) => Whose::User(user),
                        None => Whose::Provided(subject(row, 0)?),
                    },
                    id: row.get(4)?,
                    hash: hash(row, 5)?,
                    expires_ms: row.get(7)?,
                })
            })?;
            sessions.collect()
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
mod tests {
    use super::*;

    fn subject(name: &str) -> Subject {
        Subject {
            name: name.to_owned(),
            roles: vec!["agent".to_owned(), "quality".to_owned()],
            agent_id: Some("agent-7".to_owned()),
            teams: vec!["billing".to_owned()],
        }
    }

    fn open() -> (tempfile::TempDir, Directory) {
        let dir = tempfile::tempdir().expect("a folder");
        let directory = Directory::at(&dir.path().join("data").join(FILE)).expect("made");
        (dir, directory)
    }

    #[test]
    fn users_are_kept_with_all_that_they_are_and_forgotten_with_their_sessions() {
        let (_dir, directory) = open();
        assert!(directory.is_empty().expect("readable"));
        let password = PasswordHash::of_text("hash".to_owned());
        directory
            .add_user(&subject("ann"), &password)
            .expect("added");
        let again = directory.add_user(&subject("ann"), &password);
        assert!(matches!(again, Err(DirectoryError::Exists(_))));
        let user = &directory.users().expect("readable")[0];
        assert_eq!((&user.subject, user.locked), (&subject("ann"), false));
        let forever = now_ms() + 60_000;
        let change: [&dyn Fn() -> Result<(), DirectoryError>; 4] = [
            &|| directory.set_subject(&subject("ann")),
            &|| directory.set_password("ann", &password),
            &|| directory.set_locked("ann", true),
            &|| directory.remove_user("ann"),
        ];
        for change in change {
            let hers = Whose::User("ann".to_owned());
            directory.begin_session(&hers, forever).expect("begun");
            assert_eq!(directory.sessions().expect("readable")[0].whose, hers);
            change().expect("she is there");
            assert!(directory.sessions().expect("readable").is_empty());
        }
        let gone = directory.set_locked("ann", false);
        assert!(matches!(gone, Err(DirectoryError::NoUser(_))));
        let changes = directory.changes().expect("readable");
        let told: Vec<_> = changes.iter().map(|one| one.action.as_str()).collect();
        let expected = [
            "user_added",
            "user_changed",
            "password_changed",
            "user_locked",
            "user_removed",
        ];
        assert_eq!(told, expected, "and nothing of what was refused");
        assert!(changes.iter().all(|one| one.what == "ann"));
        assert!(changes[0].detail.contains("quality, agent agent-7"));
        directory.forget_changes(&changes[3]).expect("forgotten");
        assert_eq!(directory.changes().expect("readable"), changes[4..]);
    }

    #[test]
    fn of_a_token_only_the_hash_is_kept_and_it_can_be_revoked() {
        let (dir, directory) = open();
        let token = directory
            .make_token(&subject("pbx"), Some(7))
            .expect("made");
        let kept = &directory.tokens().expect("readable")[0];
        assert!(kept.hash.matches(&token));
        assert_eq!((kept.expires_ms, kept.revoked_ms), (Some(7), None));
        let secret = token.reveal();
        let secret = secret.rsplit('_').next().expect("it has parts").as_bytes();
        for file in std::fs::read_dir(dir.path().join("data")).expect("a folder") {
            let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
        directory.revoke_token(token.id()).expect("there");
        assert!(
            directory.tokens().expect("readable")[0]
                .revoked_ms
                .is_some()
        );
        let other = directory.revoke_token("00000000");
        assert!(matches!(other, Err(DirectoryError::NoToken(_))));
    }

    #[test]
    fn a_session_of_somebody_whom_a_provider_has_named_says_what_they_are() {
        let (_dir, directory) = open();
        let whose = Whose::Provided(subject("ann"));
        let token = directory.begin_session(&whose, now_ms() + 60_000);
        let kept = &directory.sessions().expect("readable")[0];
        assert_eq!(
            (&kept.whose, kept.id.as_str()),
            (&whose, token.expect("begun").id())
        );
        let nobodys = directory.with(|connection| {
            let nobodys =
                "INSERT INTO sessions (id, hash, made_ms, expires_ms) VALUES ('a', x'00', 0, 0)";
            connection.execute(nobodys, [])
        });
        assert!(nobodys.is_err());
    }

    #[test]
    fn what_another_process_has_changed_is_seen() {
        let (dir, directory) = open();
        let before = directory.version().expect("readable");
        assert_eq!(directory.version().expect("readable"), before);
        let other = Directory::at(&dir.path().join("data").join(FILE)).expect("open");
        other.make_token(&subject("pbx"), None).expect("made");
        assert_ne!(directory.version().expect("readable"), before);
    }

    #[test]
    fn a_name_that_could_not_be_told_on_a_line_is_refused() {
        let (_dir, directory) = open();
        let password = PasswordHash::of_text("hash".to_owned());
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["", "a b", "a,b", "a\nb", "\u{202e}nna", long.as_str()] {
            let refused = directory.add_user(&subject(name), &password);
            assert!(matches!(refused, Err(DirectoryError::Name(_))), "{name}");
        }
        let ours = directory.add_user(&subject("folder"), &password);
        assert!(matches!(ours, Err(DirectoryError::Ours(_))));
        directory
            .add_user(&subject("王芳@site.example"), &password)
            .expect("a name");
    }
}
