//! What those who look after calls do beside following them.

use sidetone_access::Right;
use sidetone_core::supervision::{Order, Wish};
use sidetone_types::controls::controls;
use sidetone_types::id::CallId;

use super::transcripts::LONGEST_NAME;
use super::{Api, ApiError, Principal};
use crate::calls::CallUpdate;

impl Api {
    /// Somebody takes care of a call: everybody is told who.
    ///
    /// # Errors
    ///
    /// They may not, no such call is open, or somebody else was first: the message says who.
    pub async fn claim_call(
        &self,
        principal: &Principal,
        id: &CallId,
        by: &str,
    ) -> Result<(), ApiError> {
        let asked = ("claim_call", id);
        self.permit_live_as(principal, Right::Supervise, asked)
            .await?;
        self.supervise(principal, id, Wish::Claim, by).await
    }

    /// Nobody takes care of a call any more. Whoever does may always say so, wherever the call is now.
    ///
    /// # Errors
    ///
    /// Somebody may not, or no such call is open.
    pub async fn release_call(
        &self,
        principal: &Principal,
        id: &CallId,
        by: &str,
    ) -> Result<(), ApiError> {
        let claimed = self.0.calls.find(id);
        let claimed = claimed.and_then(|call| call.current.attention().claimed);
        let is_theirs = claimed.is_some_and(|claim| claim.by == principal.name());
        if principal.is_known() && is_theirs {
            let asked = ("release_call", id.as_str());
            self.permit_asked(principal, Right::Supervise, asked)
                .await?;
        } else {
            let asked = ("release_call", id);
            self.permit_live_as(principal, Right::Supervise, asked)
                .await?;
        }
        self.supervise(principal, id, Wish::Release, by).await
    }

    /// Somebody writes to the agent of a call, whose desk shows it.
    ///
    /// # Errors
    ///
    /// They may not, no such call is open, what they write is no line or too long, or the agent was
    /// written to too often of late.
    pub async fn write_to_agent(
        &self,
        principal: &Principal,
        id: &CallId,
        (text, by): (String, &str),
    ) -> Result<(), ApiError> {
        let asked = ("write_to_agent", id);
        self.permit_live_as(principal, Right::Supervise, asked)
            .await?;
        self.supervise(principal, id, Wish::Write(text), by).await
    }

    /// The agent of a call has read a message.
    ///
    /// # Errors
    ///
    /// Somebody may not, no such call is open, or it has no such message.
    pub async fn message_read(
        &self,
        principal: &Principal,
        id: &CallId,
        (message, by): (u64, &str),
    ) -> Result<(), ApiError> {
        let asked = ("read_message", id);
        self.permit_live_as(principal, Right::Acknowledge, asked)
            .await?;
        self.supervise(principal, id, Wish::Read(message), by).await
    }

    /// Tells those who follow an open call that somebody has seen an alert of it. Of a call that is over
    /// nobody has to be told.
    pub(super) async fn tell_seen(&self, id: &str, (alert, by): (u64, &str)) {
        let order = Order {
            wish: Wish::Seen(alert),
            by: by.to_owned(),
        };
        let update = CallUpdate {
            supervision: Some(order),
            ..CallUpdate::default()
        };
        // It is kept already, whatever becomes of this.
        let _ = self.0.calls.update(&CallId::new(id), update).await;
    }

    async fn supervise(
        &self,
        who: &Principal,
        id: &CallId,
        wish: Wish,
        by: &str,
    ) -> Result<(), ApiError> {
        let order = Order {
            wish,
            by: named(who, by)?,
        };
        let update = CallUpdate {
            supervision: Some(order),
            ..CallUpdate::default()
        };
        self.0.calls.update(id, update).await?;
        Ok(())
    }
}

/// By what name others know somebody: where nobody is asked who they are, by the one they give.
pub(super) fn named(who: &Principal, by: &str) -> Result<String, ApiError> {
    let by = by.trim();
    if who.is_known() || by.is_empty() {
        return Ok(who.name().to_owned());
    }
    if by.len() > LONGEST_NAME || by.chars().any(controls) {
        return Err(ApiError::Invalid(format!(
            "`by` is a name of at most {LONGEST_NAME} bytes, without line breaks"
        )));
    }
    Ok(by.to_owned())
}
