//! Logging in by the provider of `access.oidc`.

use std::net::IpAddr;
use std::time::Duration;

use sidetone_access::Token;
use sidetone_audit::{Entry, Outcome};
use tracing::{info, warn};

use super::{Api, ApiError};
use crate::access::{Answer, Begun, OidcError, Subject};

impl Api {
    /// Sends somebody to the provider.
    pub(crate) async fn begin_single_sign_on(&self) -> Result<Begun, OidcError> {
        match self.guard().single_sign_on() {
            Some(oidc) => oidc.begin().await,
            None => Err(OidcError::Off),
        }
    }

    /// Lets a person in who comes back from there, where that is right.
    pub(crate) async fn end_single_sign_on(
        &self,
        answer: Answer,
        browser: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Result<(Token, Duration), OidcError>, ApiError> {
        let mut entry = Entry {
            by: "oidc".to_owned(),
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            door: self.entrance().name().to_owned(),
            action: "log_in".to_owned(),
            ..Entry::default()
        };
        let begun = match self.named(answer, browser).await {
            Ok(subject) => {
                entry.who = subject.name.clone();
                entry.roles = subject.roles.clone();
                let guard = self.guard().clone();
                let begun = tokio::task::spawn_blocking(move || guard.let_in(subject)).await;
                begun.map_err(ApiError::internal)?
            }
            Err(problem) => Err(problem),
        };
        (entry.outcome, entry.policy) = match &begun {
            Ok((session, _)) => (Outcome::Done, format!("session {}", session.id())),
            Err(problem @ (OidcError::Directory(_) | OidcError::Unavailable(_))) => {
                warn!(%problem, "nobody can log in by the provider");
                (Outcome::Failed, String::new())
            }
            Err(problem) => {
                info!(who = entry.who, %problem, "not let in by the provider");
                (Outcome::Refused, problem.to_string())
            }
        };
        self.audit(entry).await?;
        Ok(begun)
    }

    /// Whom the provider has named.
    async fn named(&self, answer: Answer, browser: Option<&str>) -> Result<Subject, OidcError> {
        match self.guard().single_sign_on() {
            Some(oidc) => oidc.finish(answer, browser).await,
            None => Err(OidcError::Off),
        }
    }
}
