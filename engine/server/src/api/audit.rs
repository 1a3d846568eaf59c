//! What is written down of who asks for what.

use std::net::IpAddr;

use sidetone_access::{Decision, Principal, Right, Token};
use std::time::Duration;
use tracing::info;

use super::{Api, ApiError};
use crate::access::{LoginError, Unknown};

impl Api {
    /// Writes down that somebody asks for something, before they are answered.
    pub(super) async fn tell_audit(
        &self,
        who: &Principal,
        right: Right,
        what: &str,
        decision: &Decision,
    ) -> Result<(), ApiError> {
        if !decision.is_allowed() {
            info!(who = who.name(), %right, what, %decision, "refused");
        }
        Ok(())
    }

    /// Writes down that somebody asks of whom it is not known who they are.
    pub(crate) async fn tell_unknown(
        &self,
        from: Option<IpAddr>,
        path: &str,
        why: Unknown,
    ) -> Result<(), ApiError> {
        info!(?from, path, %why, "not let in");
        Ok(())
    }

    /// Lets a person in who logs in, where that is right.
    pub(crate) async fn log_in(
        &self,
        name: String,
        password: String,
        from: Option<IpAddr>,
    ) -> Result<Result<(Token, Duration), LoginError>, ApiError> {
        let guard = self.guard().clone();
        let begun = tokio::task::spawn_blocking(move || guard.log_in(&name, &password, from)).await;
        begun.map_err(ApiError::internal)
    }

    /// Ends the session of `who`.
    pub(crate) async fn log_out(&self, who: &Principal) -> Result<(), ApiError> {
        let (guard, who) = (self.guard().clone(), who.clone());
        let ended = tokio::task::spawn_blocking(move || guard.log_out(&who)).await;
        ended
            .map_err(ApiError::internal)?
            .map_err(ApiError::internal)
    }
}
