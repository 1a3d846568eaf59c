//! The secret that a CRM knows us by.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ureq::Agent;

use super::description;
use super::oauth2::OAuth2;
use crate::crm::CrmError;

/// A secret, and where it comes from. It has no `Debug`, so that no log can show it.
pub(super) struct Secret {
    /// Where to look for a new secret once the CRM refuses this one. The environment of a process
    /// does not change, so that a secret from there is for good.
    file: Option<PathBuf>,
    secret: Mutex<String>,
}

/// A header with a secret.
pub(super) struct Auth {
    pub header: String,
    prefix: String,
    shown: Shown,
}

/// What is shown.
enum Shown {
    Secret(Secret),
    /// A token that the secret is good for.
    Token(Box<OAuth2>),
}

/// Why there is no secret.
pub(super) enum NoSecret {
    /// The environment lacks this variable.
    Variable(String),
    /// The file cannot be read, or is empty.
    File(PathBuf, std::io::Error),
    /// The description names neither a variable nor a file, or both.
    Source,
}

impl Auth {
    /// Takes the secret from where the description says. `env` looks a variable up.
    pub fn of(
        described: &description::Auth,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, NoSecret> {
        let shown = match &described.oauth2 {
            Some(oauth2) => Shown::Token(Box::new(OAuth2::of(described, oauth2, &env)?)),
            None => Shown::Secret(Secret::of((&described.env, &described.file), env)?),
        };
        Ok(Self {
            header: described.header.clone(),
            prefix: described.prefix.clone(),
            shown,
        })
    }

    /// The header's value. A token is asked for with `agent` where there is none that is good.
    pub fn value(&self, agent: &Agent) -> Result<String, CrmError> {
        let shown = match &self.shown {
            Shown::Secret(secret) => secret.value(),
            Shown::Token(oauth2) => oauth2.token(agent)?,
        };
        Ok(format!("{}{shown}", self.prefix))
    }

    /// The CRM has refused it. Whether there may be another one.
    pub fn renew(&self) -> bool {
        match &self.shown {
            Shown::Secret(secret) => secret.renew(),
            Shown::Token(oauth2) => oauth2.forget(),
        }
    }
}

impl Secret {
    /// Takes it from a variable, which `env` looks up, or from a file.
    pub fn of(
        from: (&Option<String>, &Option<PathBuf>),
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, NoSecret> {
        let secret = match from {
            (Some(variable), None) => env(variable)
                .filter(|secret| !secret.is_empty())
                .ok_or_else(|| NoSecret::Variable(variable.clone()))?,
            (None, Some(file)) => {
                read(file).map_err(|error| NoSecret::File(file.clone(), error))?
            }
            _ => return Err(NoSecret::Source),
        };
        Ok(Self {
            file: from.1.clone(),
            secret: Mutex::new(secret),
        })
    }

    /// The secret as it is now.
    pub fn value(&self) -> String {
        self.held().clone()
    }

    /// Reads it again, and says whether it is another one.
    pub fn renew(&self) -> bool {
        let Some(Ok(new)) = self.file.as_deref().map(read) else {
            return false;
        };
        let mut secret = self.held();
        let renewed = *secret != new;
        *secret = new;
        renewed
    }

    fn held(&self) -> MutexGuard<'_, String> {
        // It is one value, so a panic elsewhere leaves it whole.
        self.secret.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> std::io::Result<String> {
    let secret = std::fs::read_to_string(file)?.trim().to_owned();
    match secret.is_empty() {
        true => Err(std::io::Error::other("it is empty")),
        false => Ok(secret),
    }
}
