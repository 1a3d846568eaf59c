//! Events as they happen.

use std::sync::Arc;

use sidetone_core::event_log::{Filter, Start};
use sidetone_types::event::EventId;
use tokio::sync::OwnedSemaphorePermit;

use super::{Action, Api, ApiError, Principal};
use crate::event_bus::{Page, Subscription};
use crate::telemetry::Metrics;

/// Somebody who follows events, counted for as long as they do.
pub struct Follower {
    subscription: Subscription,
    metrics: Arc<Metrics>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next events, as soon as there are any. `None` once the engine is gone.
    pub async fn next(&mut self) -> Option<Page> {
        self.subscription.next().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.metrics.subscribers.dec();
    }
}

impl Api {
    /// Follows what happens, from `start` on.
    pub fn subscribe(
        &self,
        principal: &Principal,
        start: Start,
        filter: Filter,
    ) -> Result<Follower, ApiError> {
        self.permit(principal, Action::Subscribe(filter.call_id.as_ref()))?;
        let place = self.follower_place()?;
        Ok(self.follow(place, start, filter))
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
        start: Start,
        filter: Filter,
    ) -> Follower {
        self.0.metrics.subscribers.inc();
        Follower {
            subscription: self.0.bus.subscribe(start, filter),
            metrics: self.0.metrics.clone(),
            _place: place,
        }
    }
}
