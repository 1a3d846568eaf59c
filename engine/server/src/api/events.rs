//! Events as they happen.

use std::collections::HashMap;
use std::sync::Arc;

use sidetone_access::{Decision, Principal, Right};
use sidetone_core::event_log::{Filter, Start};
use sidetone_types::class::Clearance;
use sidetone_types::event::EventId;
use tokio::sync::OwnedSemaphorePermit;

use super::permit::Owners;
use super::{Api, ApiError};
use crate::access::Guard;
use crate::event_bus::{Page, Subscription};
use crate::telemetry::Metrics;

/// Somebody who follows events, counted for as long as they do.
pub struct Follower {
    subscription: Subscription,
    view: View,
    guard: Guard,
    metrics: Arc<Metrics>,
    _place: OwnedSemaphorePermit,
}

/// What a follower is shown.
pub(super) struct View {
    who: Principal,
    /// The same of every event; otherwise it depends on whose call the event is of.
    all: Option<Clearance>,
    /// What was decided of each agent's events; `None` if they are not shown.
    agents: HashMap<String, Option<Clearance>>,
}

impl View {
    /// The same of every event.
    pub fn of_all(who: &Principal, sees: Clearance) -> Self {
        Self {
            who: who.clone(),
            all: Some(sees),
            agents: HashMap::new(),
        }
    }

    /// What `who` is shown of the calls of each agent. Of `call`, if one is followed, they are also
    /// shown what was told while it had no agent yet.
    fn of_agents(who: &Principal, call: Option<Clearance>) -> Self {
        Self {
            who: who.clone(),
            all: None,
            agents: call
                .map(|sees| (String::new(), Some(sees)))
                .into_iter()
                .collect(),
        }
    }

    fn sees(&mut self, agent_id: &str) -> Option<Clearance> {
        if self.all.is_some() {
            return self.all;
        }
        if let Some(known) = self.agents.get(agent_id) {
            return *known;
        }
        let sees = match Owners::of_agent(agent_id).decide(&self.who, Right::Follow) {
            Decision::Allowed { sees, .. } => Some(sees),
            Decision::Refused { .. } => None,
        };
        self.agents.insert(agent_id.to_owned(), sees);
        sees
    }
}

impl Follower {
    /// The next events, as soon as there are any, as they are shown to whoever follows. `None` once
    /// the engine is gone, or whoever follows is let in no more.
    pub async fn next(&mut self) -> Option<Page> {
        loop {
            let mut page = self.subscription.next().await?;
            if !self.guard.stands(&self.view.who) {
                return None;
            }
            let shown = page.events.into_iter().filter_map(|event| {
                let sees = self.view.sees(&event.agent_id)?;
                event.shown(sees)
            });
            page.events = shown.collect();
            if self.view.all.is_none() {
                // They may be of calls that are not theirs.
                page.lagged.partials_skipped = 0;
            }
            if !page.is_empty() {
                return Some(page);
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.metrics.events.subscribers.dec();
    }
}

impl Api {
    /// Follows what happens and what `principal` may see of it, from `start` on.
    pub async fn subscribe(
        &self,
        principal: &Principal,
        start: Start,
        filter: Filter,
    ) -> Result<Follower, ApiError> {
        let view = match &filter.call_id {
            None => {
                let agent = filter.agent_id.as_deref().unwrap_or_default();
                let owners = filter.agent_id.as_deref().map(Owners::of_agent);
                let asked = (agent, owners.as_ref());
                self.permit(principal, Right::Follow, asked).await?;
                View::of_agents(principal, None)
            }
            Some(id) => {
                let sees = match self.owners(id) {
                    Some(owners) => {
                        let asked = (id.as_str(), Some(&owners));
                        self.permit(principal, Right::Follow, asked).await?
                    }
                    None => self.permit_ended(principal, id.as_str()).await?,
                };
                match self
                    .owners(id)
                    .is_some_and(|owners| owners.opened(principal))
                {
                    true => View::of_all(principal, sees),
                    false => View::of_agents(principal, Some(sees)),
                }
            }
        };
        let place = self.follower_place()?;
        Ok(self.follow(place, (start, filter), view))
    }

    /// A call that is not open: whoever may follow all calls may wait for it.
    async fn permit_ended(&self, who: &Principal, id: &str) -> Result<Clearance, ApiError> {
        if Owners::default().decide(who, Right::Follow).is_allowed() {
            let nobodys = Owners::default();
            return self.permit(who, Right::Follow, (id, Some(&nobodys))).await;
        }
        let permitted = self.permit_stored(who, Right::Follow, id).await?;
        Ok(permitted.1)
    }

    /// The newest event of all calls.
    pub(crate) fn last_event(&self) -> EventId {
        self.0.bus.last()
    }

    pub(super) fn follower_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.0.followers.clone().try_acquire_owned().map_err(|_| {
            ApiError::exhausted(format!(
                "all {} subscribers that `server.max_subscribers` allows are there",
                self.0.config.server.max_subscribers
            ))
        })
    }

    pub(super) fn follow(
        &self,
        place: OwnedSemaphorePermit,
        (start, filter): (Start, Filter),
        view: View,
    ) -> Follower {
        self.0.metrics.events.subscribers.inc();
        Follower {
            subscription: self.0.bus.subscribe(start, filter),
            view,
            guard: self.0.guard.clone(),
            metrics: self.0.metrics.clone(),
            _place: place,
        }
    }
}
