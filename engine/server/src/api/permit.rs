//! The first thing that each use case does: ask whether it may be carried out.

use std::sync::Arc;

use sidetone_access::{Decision, Principal, Right, Whose, decide};
use sidetone_types::class::Clearance;
use sidetone_types::id::CallId;

use super::{Api, ApiError};
use crate::calls::CallRecord;
use crate::storage::{PastCall, StoredCall};

/// Whose call it is, kept for as long as that is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    agents: Vec<String>,
    opened_by: Option<Arc<str>>,
}

impl Owners {
    /// Those of a call that is open.
    pub fn of_live(call: &CallRecord) -> Self {
        Self {
            opened_by: Some(call.opened_by.clone()),
            ..Self::of_agent(&call.current.agent_id())
        }
    }

    /// Those of a call that was stored: all agents who ever had it.
    pub fn of_stored(call: &StoredCall) -> Self {
        let agents = call.events.iter().map(|event| &event.agent_id);
        let mut agents: Vec<String> = agents.chain([&call.agent_id]).cloned().collect();
        agents.sort();
        agents.dedup();
        agents.retain(|agent| !agent.is_empty());
        Self {
            agents,
            opened_by: None,
        }
    }

    /// Those of a call of a list: all agents who ever had it.
    pub fn of_past(call: &PastCall) -> Self {
        let last = Self::of_agent(&call.agent_id).agents;
        Self {
            agents: [call.agents.clone(), last].concat(),
            opened_by: None,
        }
    }

    /// That of one agent; an empty name is that of nobody.
    pub fn of_agent(agent_id: &str) -> Self {
        let agent = Some(agent_id.to_owned()).filter(|agent| !agent.is_empty());
        Self {
            agents: agent.into_iter().collect(),
            opened_by: None,
        }
    }

    /// Whether it is somebody who has opened it.
    pub fn opened(&self, who: &Principal) -> bool {
        self.opened_by.as_deref() == Some(who.name())
    }

    /// Asks for somebody who wants something of the call.
    pub fn decide(&self, who: &Principal, right: Right) -> Decision {
        let agents: Vec<&str> = self.agents.iter().map(String::as_str).collect();
        let whose = Whose {
            agents: &agents,
            opened_by: self.opened_by.as_deref(),
        };
        decide(who, right, Some(whose))
    }
}

impl Api {
    /// Asks whether `who` may do that, of no call in particular or of `what`. Gives what they are
    /// shown.
    pub(super) async fn permit(
        &self,
        who: &Principal,
        right: Right,
        (what, owners): (&str, Option<&Owners>),
    ) -> Result<Clearance, ApiError> {
        let decision = match owners {
            Some(owners) => owners.decide(who, right),
            None => decide(who, right, None),
        };
        self.tell_audit(who, right, what, &decision).await?;
        allowed(who, decision)
    }

    /// Asks the same of no call in particular, for what is written down under a name of its own.
    pub(super) async fn permit_asked(
        &self,
        who: &Principal,
        right: Right,
        asked: (&str, &str),
    ) -> Result<Clearance, ApiError> {
        let decision = decide(who, right, None);
        self.tell_asked(who, right, asked, &decision).await?;
        allowed(who, decision)
    }

    /// Asks where it is asked again and again, and was told once.
    pub(super) fn permit_again(
        &self,
        who: &Principal,
        right: Right,
        owners: &Owners,
    ) -> Result<Clearance, ApiError> {
        allowed(who, owners.decide(who, right))
    }

    /// Whose call it is that is open under this id.
    pub(super) fn owners(&self, id: &CallId) -> Option<Owners> {
        self.0.calls.find(id).as_ref().map(Owners::of_live)
    }

    /// A call that is open, for `who` to do that with. One that is not is told of to those alone
    /// who would have been let: to all others it is as any call that is not theirs.
    pub(super) async fn permit_live(
        &self,
        who: &Principal,
        right: Right,
        id: &CallId,
    ) -> Result<Clearance, ApiError> {
        let owners = self.owners(id).unwrap_or_default();
        self.permit(who, right, (id.as_str(), Some(&owners))).await
    }

    /// The same, for what is written down under a name of its own.
    pub(super) async fn permit_live_as(
        &self,
        who: &Principal,
        right: Right,
        (action, id): (&str, &CallId),
    ) -> Result<Clearance, ApiError> {
        let owners = self.owners(id).unwrap_or_default();
        let decision = owners.decide(who, right);
        self.tell_asked(who, right, (action, id.as_str()), &decision)
            .await?;
        allowed(who, decision)
    }

    /// A call that is kept, for `who` to do that with, and what they are shown of it.
    pub(super) async fn permit_stored(
        &self,
        who: &Principal,
        right: Right,
        id: &str,
    ) -> Result<(StoredCall, Clearance), ApiError> {
        self.permit_stored_unless(who, right, id, |_, _| None).await
    }

    /// The same, unless `withheld` says why it is not for somebody who may do that with other calls.
    pub(super) async fn permit_stored_unless(
        &self,
        who: &Principal,
        right: Right,
        id: &str,
        withheld: impl FnOnce(&StoredCall, &Clearance) -> Option<String>,
    ) -> Result<(StoredCall, Clearance), ApiError> {
        let (call, decision) = self.look_stored(who, right, id, withheld).await?;
        self.tell_audit(who, right, id, &decision).await?;
        Ok((call?, allowed(who, decision)?))
    }

    /// The same for a use case that tells the audit itself what becomes of it: that `who` may do that is
    /// not written down yet, that they may not is.
    pub(super) async fn look_stored(
        &self,
        who: &Principal,
        right: Right,
        id: &str,
        withheld: impl FnOnce(&StoredCall, &Clearance) -> Option<String>,
    ) -> Result<(Result<StoredCall, ApiError>, Decision), ApiError> {
        let call = self.call_as_stored(id).await;
        let mut owners = match &call {
            Ok(call) => Owners::of_stored(call),
            Err(ApiError::NotFound(_)) => Owners::default(),
            Err(_) => return Err(ApiError::Internal),
        };
        if let Some(live) = self.owners(&CallId::new(id)) {
            owners.agents.extend(live.agents);
            owners.opened_by = live.opened_by;
        }
        let decision = owners.decide(who, right);
        let why = match (&decision, &call) {
            (Decision::Allowed { sees, .. }, Ok(call)) => withheld(call, sees),
            _ => None,
        };
        if let Some(why) = why {
            self.tell_withheld(who, right, (id, &decision), &why)
                .await?;
            return Err(ApiError::Withheld(why));
        }
        if !decision.is_allowed() {
            self.tell_audit(who, right, id, &decision).await?;
            return Err(ApiError::Forbidden(who.name().to_owned()));
        }
        Ok((call, decision))
    }
}

fn allowed(who: &Principal, decision: Decision) -> Result<Clearance, ApiError> {
    match decision {
        Decision::Allowed { sees, .. } => Ok(sees),
        Decision::Refused { .. } => Err(ApiError::Forbidden(who.name().to_owned())),
    }
}
