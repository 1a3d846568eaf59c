//! What is kept of those who are let in: people and programs, and the sessions of people.

use sidetone_access::{PasswordHash, SecretHash};

/// What somebody is, as it is kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subject {
    /// Who it is.
    pub name: String,
    /// The names of their roles.
    pub roles: Vec<String>,
    /// The agent that they are, as calls name agents.
    pub agent_id: Option<String>,
    /// Their teams.
    pub teams: Vec<String>,
}

/// A person who logs in.
#[derive(Clone, Debug)]
pub struct User {
    /// Who they are.
    pub subject: Subject,
    /// What is kept of their password.
    pub password: PasswordHash,
    /// Whether they are kept out for now.
    pub locked: bool,
}

/// A token of a program.
#[derive(Clone, Debug)]
pub struct TokenRecord {
    /// Names it.
    pub id: String,
    /// What is kept of its secret.
    pub hash: SecretHash,
    /// Whose it is.
    pub subject: Subject,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    /// When it ends, if ever.
    pub expires_ms: Option<i64>,
    /// When it was revoked, if so.
    pub revoked_ms: Option<i64>,
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub id: String,
    pub hash: SecretHash,
    pub whose: Whose,
    pub expires_ms: i64,
}

/// Whose session it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    /// A user's, of that name.
    User(String),
    /// Somebody's whom a provider has named, and what they are.
    Provided(Subject),
}

impl TokenRecord {
    /// Whether it opens anything at that time, in milliseconds since 1970.
    pub fn is_valid(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|end| now_ms < end)
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.roles.join(", "))?;
        if let Some(agent) = &self.agent_id {
            write!(f, ", agent {agent}")?;
        }
        if !self.teams.is_empty() {
            write!(f, ", teams {}", self.teams.join(", "))?;
        }
        Ok(())
    }
}
