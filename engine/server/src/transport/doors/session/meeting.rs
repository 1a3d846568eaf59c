//! Where a connection meets others of its call.

use sidetone_core::event_log::Start;
use sidetone_doors::{Continued, Opening};
use sidetone_types::id::CallId;
use tokio::sync::OwnedMutexGuard;

use crate::transport::doors::Door;
use crate::transport::doors::joined::{Name, Place, SharedCall};

/// The place of a call, which others that come to it wait for.
pub(super) struct Meeting {
    pub place: Place,
    pub shared: OwnedMutexGuard<Option<SharedCall>>,
    /// Whether another connection may come here.
    pub may_return: bool,
    /// Where what is told goes on, if it goes on with another connection that it named.
    pub start: Option<Start>,
}

impl Meeting {
    /// Of a connection whose call has that `id`, if any.
    pub async fn of(door: &Door, opening: &Opening, id: Option<&CallId>) -> Self {
        let mut meeting = match Self::continued(door, opening).await {
            Some(meeting) => meeting,
            None => Self::at_call(door, opening, id).await,
        };
        if let Some(session) = &opening.session {
            door.joined
                .name(Name::Session(session.clone()), &meeting.place);
            meeting.may_return = true;
        }
        meeting
    }

    /// Of one that goes on with another, if that has a call here.
    async fn continued(door: &Door, opening: &Opening) -> Option<Self> {
        for Continued { session, received } in &opening.continues {
            let Some(place) = door.joined.find(&Name::Session(session.clone())) else {
                continue;
            };
            let mut shared = place.clone().lock_owned().await;
            let call = shared.as_mut();
            let start = call.and_then(|call| call.continues(session, *received));
            if start.is_some() {
                return Some(Self {
                    place,
                    shared,
                    may_return: true,
                    start,
                });
            }
        }
        None
    }

    async fn at_call(door: &Door, opening: &Opening, id: Option<&CallId>) -> Self {
        let joins = opening.joined_by.is_some();
        let name = opening.joined_by.clone();
        let name = name.or(id.map(ToString::to_string)).map(Name::Call);
        let mut may_return = name.is_some();
        let mut place = name.map_or_else(Place::default, |name| door.joined.place(name));
        // Connections of one call may come at the same moment: one after the other finds its place.
        let mut shared = place.clone().lock_owned().await;
        if !joins && shared.as_ref().is_some_and(|call| !call.is_left()) {
            // A call that is forked twice is two.
            may_return = false;
            place = Place::default();
            shared = place.clone().lock_owned().await;
        }
        Self {
            place,
            shared,
            may_return,
            start: None,
        }
    }
}
