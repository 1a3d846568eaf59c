//! Calls that connections bring parts of: often one brings all, sometimes each one side, and one
//! that broke may come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sidetone_core::describe::{DescriptionError, LegDescription, LegName, check_leg};
use sidetone_types::id::{CallId, LegId};
use sidetone_types::time::MediaTime;
use tokio::sync::mpsc::{Sender, WeakSender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::calls::StreamItem;

/// Where connections of one call meet: whoever holds it may open the call, or join it.
pub(super) type Place = Arc<tokio::sync::Mutex<Option<SharedCall>>>;

/// The places of calls that may have several connections, by what these say the same.
#[derive(Clone, Default)]
pub(super) struct Joined(Arc<Mutex<HashMap<String, Place>>>);

impl Joined {
    /// Where connections meet that say `key`.
    pub fn place(&self, key: String) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Each connection holds its place for as long as it lasts.
        places.retain(|_, place| Arc::strong_count(place) > 1);
        places.entry(key).or_default().clone()
    }
}

/// A call that is open.
pub(super) struct SharedCall {
    pub id: CallId,
    /// The call ends with the last connection that holds one.
    to_call: WeakSender<StreamItem>,
    /// Each leg, at the place of its id, and the connection that brings it.
    legs: Vec<(LegName, Weak<Connected>)>,
    opened: Instant,
    /// Somebody has come whom the call has waited for.
    came: CancellationToken,
}

/// A connection holds one for as long as it lasts.
pub(super) struct Connected;

impl SharedCall {
    /// A call that has no legs yet.
    pub fn new(id: CallId, to_call: &Sender<StreamItem>) -> Self {
        Self {
            id,
            to_call: to_call.downgrade(),
            legs: Vec::new(),
            opened: Instant::now(),
            came: CancellationToken::new(),
        }
    }

    /// Where what is heard of it goes, unless all its connections have gone.
    pub fn to_call(&self) -> Option<Sender<StreamItem>> {
        self.to_call.upgrade()
    }

    /// Whether nobody is connected: it waits for somebody to come back.
    pub fn is_left(&self) -> bool {
        let mut connections = self.legs.iter();
        connections.all(|(_, connection)| connection.strong_count() == 0)
    }

    /// Told once somebody comes.
    pub fn awaits(&mut self) -> CancellationToken {
        self.came = CancellationToken::new();
        self.came.clone()
    }

    /// How long it has been open, on a timeline that goes on while nobody is connected.
    pub fn age(&self) -> MediaTime {
        MediaTime::ZERO + self.opened.elapsed()
    }

    /// The leg of that name whose connection has gone; `None` where it is to be added.
    pub fn leg(&self, leg: &LegDescription) -> Result<Option<LegId>, DescriptionError> {
        let is_gone = |(name, connection): &(LegName, Weak<Connected>)| {
            *name == leg.name && connection.strong_count() == 0
        };
        if let Some(place) = self.legs.iter().position(is_gone) {
            return Ok(Some(LegId(place)));
        }
        let names: Vec<LegName> = self.legs.iter().map(|(name, _)| name.clone()).collect();
        check_leg(&names, leg)?;
        Ok(None)
    }

    /// A leg is brought by a connection: one whose connection had gone, or the next one.
    pub fn brings(
        &mut self,
        leg: Option<LegId>,
        name: LegName,
        connection: &Arc<Connected>,
    ) -> LegId {
        self.came.cancel();
        let leg = leg.unwrap_or(LegId(self.legs.len()));
        let brought = (name, Arc::downgrade(connection));
        match self.legs.get_mut(leg.0) {
            Some(before) => *before = brought,
            None => self.legs.push(brought),
        }
        leg
    }
}

#[cfg(test)]
mod tests {
    use sidetone_core::describe::{Party, Role, Source};
    use sidetone_media::audio::StreamFormat;
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn a_side_that_comes_back_has_the_leg_that_it_had() {
        let (to_call, _call) = mpsc::channel(1);
        let mut call = SharedCall::new(CallId::new("c-1"), &to_call);
        let leg =
            |role| LegDescription::new(Party::of_role(role), Source::Stream(StreamFormat::Mulaw));
        let bring = |call: &mut SharedCall, role, connection: &Arc<Connected>| {
            let known = call.leg(&leg(role))?;
            Ok::<LegId, DescriptionError>(call.brings(known, leg(role).name, connection))
        };
        let [customer, agent] = [(); 2].map(|()| Arc::new(Connected));
        assert_eq!(bring(&mut call, Role::Customer, &customer), Ok(LegId(0)));
        assert_eq!(bring(&mut call, Role::Agent, &agent), Ok(LegId(1)));
        let twice = bring(&mut call, Role::Agent, &customer).map_err(|error| error.to_string());
        assert!(twice.is_err_and(|why| why.contains("described twice")));
        drop(agent);
        let again = Arc::new(Connected);
        assert_eq!(bring(&mut call, Role::Agent, &again), Ok(LegId(1)));
        assert!(bring(&mut call, Role::Agent, &again).is_err());
    }

    #[test]
    fn a_place_is_kept_while_somebody_holds_it() {
        let joined = Joined::default();
        let one = joined.place("a".to_owned());
        assert!(Arc::ptr_eq(&one, &joined.place("a".to_owned())));
        drop(one);
        joined.place("b".to_owned());
        assert!(!joined.0.lock().expect("whole").contains_key("a"));
    }
}
