//! What lets somebody in again who has shown who they are: tokens of programs, sessions of people.

use rusqlite::params;
use sidetone_access::Token;

use super::{Directory, DirectoryError, check_name, hash, list, subject};
use crate::access::subject::{Session, Subject, TokenRecord, Whose};
use crate::storage::now_ms;

impl Directory {
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
    pub(in crate::access) fn begin_session(
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
    pub(in crate::access) fn end_session(&self, id: &str) -> Result<(), DirectoryError> {
        self.with(|connection| connection.execute("DELETE FROM sessions WHERE id = ?", [id]))?;
        Ok(())
    }

    pub(in crate::access) fn sessions(&self) -> Result<Vec<Session>, DirectoryError> {
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
}
