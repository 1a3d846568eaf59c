//! Calls that connections bring parts of: often one brings all, sometimes each one side, and one
//! that broke may come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sidetone_core::describe::{DescriptionError, LegDescription, LegName, Source, check_leg};
use sidetone_core::event_log::Start;
use sidetone_types::event::EventId;
use sidetone_types::id::{CallId, LegId};
use sidetone_types::time::MediaTime;
use tokio::sync::mpsc::{Sender, WeakSender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::told::Told;
use crate::calls::StreamItem;

/// A connection that nothing has come over for so long may have gone: sound comes all the time, as a
/// rule. Another one that says the same goes on in its place.
const SILENT: Duration = Duration::from_secs(3);

/// Where connections of one call meet: whoever holds it may open the call, or join it.
pub(super) type Place = Arc<tokio::sync::Mutex<Option<SharedCall>>>;

/// The places of calls that may have several connections, by what these say. Each connection holds
/// its place for as long as it lasts, or may come back.
#[derive(Clone, Default)]
pub(super) struct Joined(Arc<Mutex<HashMap<Name, WeakPlace>>>);

type WeakPlace = Weak<tokio::sync::Mutex<Option<SharedCall>>>;

/// What a connection may say of its call.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) enum Name {
    /// The call's id, or what all its connections say.
    Call(String),
    /// What one connection is called that brings a part of it.
    Session(String),
}

impl Joined {
    /// Where connections meet that say `name`.
    pub fn place(&self, name: Name) -> Place {
        let mut places = self.lock();
        if let Some(place) = places.get(&name).and_then(Weak::upgrade) {
            return place;
        }
        let place = Place::default();
        insert(&mut places, name, &place);
        place
    }

    /// The same, if there is such a place.
    pub fn find(&self, name: &Name) -> Option<Place> {
        self.lock().get(name)?.upgrade()
    }

    /// From now on `name` means this place.
    pub fn name(&self, name: Name, place: &Place) {
        insert(&mut self.lock(), name, place);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, WeakPlace>> {
        // Every change is whole, so a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names a place, and forgets those that nobody holds any more.
fn insert(places: &mut HashMap<Name, WeakPlace>, name: Name, place: &Place) {
    places.retain(|_, place| place.strong_count() > 0);
    places.insert(name, Arc::downgrade(place));
}

/// A call that is open.
pub(super) struct SharedCall {
    pub id: CallId,
    /// The call ends with the last connection that holds one.
    to_call: WeakSender<StreamItem>,
    /// Each leg, at the place of its id.
    legs: Vec<Leg>,
    opened: Instant,
}

/// A leg, and the connection that brings it.
struct Leg {
    description: LegDescription,
    connection: Weak<Connection>,
    /// What that connection is called.
    session: Option<String>,
    /// How far that connection has been told what happens, for one that comes back.
    told: Arc<Told>,
    /// Told once another connection brings it.
    back: CancellationToken,
}

/// A connection, for as long as it lasts.
pub(super) struct Connection {
    pub told: Arc<Told>,
    /// What its media server calls it; nothing, if that has no names for them.
    session: Option<String>,
    /// Another one goes on with its legs.
    pub replaced: CancellationToken,
}

impl Connection {
    /// One that is called so, and told what comes after that event.
    pub fn new(session: Option<String>, told_after: Option<EventId>) -> Self {
        Self {
            told: Arc::new(Told::after(told_after)),
            session,
            replaced: CancellationToken::new(),
        }
    }

    /// It has broken. If it was silent before, what it was told meanwhile may not have arrived.
    pub fn broke(&self) {
        if self.is_silent() {
            self.told.doubt();
        }
    }

    fn is_silent(&self) -> bool {
        self.told.silent_for() >= SILENT
    }
}

impl Leg {
    /// Whether its connection has gone, or is silent as one that has gone without a word.
    fn is_left(&self) -> bool {
        self.connection
            .upgrade()
            .is_none_or(|connection| connection.is_silent())
    }
}

impl SharedCall {
    /// A call that has no legs yet.
    pub fn new(id: CallId, to_call: &Sender<StreamItem>) -> Self {
        Self {
            id,
            to_call: to_call.downgrade(),
            legs: Vec::new(),
            opened: Instant::now(),
        }
    }

    /// Where what is heard of it goes, unless all its connections have gone or it is over.
    pub fn to_call(&self) -> Option<Sender<StreamItem>> {
        self.to_call
            .upgrade()
            .filter(|to_call| !to_call.is_closed())
    }

    /// Whether nobody is connected: it waits for somebody to come back.
    pub fn is_left(&self) -> bool {
        self.legs.iter().all(Leg::is_left)
    }

    /// Whether nobody brings this leg.
    pub fn has_left(&self, leg: LegId) -> bool {
        self.legs.get(leg.0).is_none_or(Leg::is_left)
    }

    /// Told once somebody else brings this leg.
    pub fn back(&self, leg: LegId) -> CancellationToken {
        let leg = self.legs.get(leg.0);
        leg.map(|leg| leg.back.clone()).unwrap_or_default()
    }

    /// Where what is told goes on for a connection that brings these `legs`, if another one has brought
    /// one of them before.
    pub fn goes_on(&self, legs: &[LegDescription]) -> Option<Start> {
        let is_back = |known: &&Leg| {
            let mut names = legs.iter().map(|leg| &leg.name);
            known.is_left() && names.any(|name| *name == known.description.name)
        };
        let known = self.legs.iter().find(is_back)?;
        Some(known.told.goes_on(known.connection.strong_count() == 0))
    }

    /// A connection goes on with the one that is called `session`, which is there no more, whether or
    /// not that has been noticed. Says where what is told goes on, if the media server has
    /// `received` all messages up to that number.
    pub fn continues(&mut self, session: &str, received: Option<u64>) -> Option<Start> {
        let mut start = None;
        for leg in &mut self.legs {
            if leg.session.as_deref() != Some(session) {
                continue;
            }
            if let Some(connection) = std::mem::take(&mut leg.connection).upgrade() {
                connection.replaced.cancel();
            }
            let behind = received.map(|number| leg.told.goes_on_behind(number));
            start = Some(behind.unwrap_or_else(|| leg.told.goes_on(true)));
        }
        start
    }

    /// When it was opened.
    pub const fn opened(&self) -> Instant {
        self.opened
    }

    /// Where it is, on a timeline that goes on while nobody is connected: as long as it has been open, or
    /// where its sound ends if that was sent faster than it was spoken.
    pub fn here(&self) -> MediaTime {
        let reached = self.legs.iter().map(|leg| leg.told.reached()).max();
        let age = MediaTime::ZERO + self.opened.elapsed();
        reached.map_or(age, |reached| reached.max(age))
    }

    /// The leg of that name that nobody brings any more; `None` where it is to be added.
    pub fn leg(&self, leg: &LegDescription) -> Result<Option<LegId>, NoPlace> {
        let same = self
            .legs
            .iter()
            .position(|other| other.description.name == leg.name);
        if let Some(place) = same.filter(|place| self.legs[*place].is_left()) {
            let before = &self.legs[place].description;
            return match (&before.source, &leg.source) {
                (Source::Stream(before), Source::Stream(now)) if before == now => {
                    Ok(Some(LegId(place)))
                }
                _ => Err(NoPlace::OtherFormat(leg.name.clone())),
            };
        }
        let names: Vec<LegName> = self
            .legs
            .iter()
            .map(|leg| leg.description.name.clone())
            .collect();
        check_leg(&names, leg)?;
        Ok(None)
    }

    /// A leg is brought by a connection: one that nobody brought any more, or the next one.
    pub fn brings(
        &mut self,
        leg: Option<LegId>,
        description: LegDescription,
        connection: &Arc<Connection>,
    ) -> LegId {
        let id = leg.unwrap_or(LegId(self.legs.len()));
        let brought = Leg {
            description,
            connection: Arc::downgrade(connection),
            session: connection.session.clone(),
            told: connection.told.clone(),
            back: CancellationToken::new(),
        };
        match self.legs.get_mut(id.0) {
            Some(before) => {
                before.back.cancel();
                if let Some(connection) = before.connection.upgrade() {
                    connection.replaced.cancel();
                }
                *before = brought;
            }
            None => self.legs.push(brought),
        }
        id
    }
}

/// A leg has no place in its call.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlace {
    /// Somebody else brings it, or it cannot be served.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// What is heard of a leg is coded in one way from its beginning to its end.
    #[error("leg `{0}` comes back in another format than it had; name the call otherwise")]
    OtherFormat(LegName),
}

#[cfg(test)]
mod tests {
    use sidetone_core::describe::{Party, Role};
    use sidetone_media::audio::StreamFormat;
    use tokio::sync::mpsc;
    use tokio::time::advance;

    use super::*;

    fn leg(role: Role, format: StreamFormat) -> LegDescription {
        LegDescription::new(Party::of_role(role), Source::Stream(format))
    }

    fn bring(
        call: &mut SharedCall,
        leg: LegDescription,
        connection: &Arc<Connection>,
    ) -> Result<LegId, String> {
        let known = call.leg(&leg).map_err(|why| why.to_string())?;
        Ok(call.brings(known, leg, connection))
    }

    #[tokio::test(start_paused = true)]
    async fn a_side_that_comes_back_has_the_leg_that_it_had() {
        let (to_call, audio) = mpsc::channel(1);
        let mut call = SharedCall::new(CallId::new("c-1"), &to_call);
        let agents = || leg(Role::Agent, StreamFormat::Mulaw);
        let [customer, agent] = [(); 2].map(|()| Arc::new(Connection::new(None, None)));
        let customers = leg(Role::Customer, StreamFormat::Mulaw);
        assert_eq!(bring(&mut call, customers, &customer), Ok(LegId(0)));
        assert_eq!(bring(&mut call, agents(), &agent), Ok(LegId(1)));
        let twice = bring(&mut call, agents(), &customer);
        assert!(twice.is_err_and(|why| why.contains("described twice")));
        drop(agent);
        let other = bring(&mut call, leg(Role::Agent, StreamFormat::Alaw), &customer);
        assert!(other.is_err_and(|why| why.contains("another format")));
        let back = call.back(LegId(1));
        let again = Arc::new(Connection::new(None, None));
        assert_eq!(bring(&mut call, agents(), &again), Ok(LegId(1)));
        assert!(back.is_cancelled());

        // It is there, and says nothing: another one takes its place.
        advance(SILENT / 2).await;
        customer.told.heard();
        advance(SILENT / 2).await;
        assert!(!call.is_left() && call.has_left(LegId(1)));
        let third = Arc::new(Connection::new(None, None));
        assert_eq!(bring(&mut call, agents(), &third), Ok(LegId(1)));
        assert!(again.replaced.is_cancelled() && !customer.replaced.is_cancelled());
        assert!(call.to_call().is_some());
        drop(audio);
        assert!(call.to_call().is_none(), "it has ended by itself");
    }

    #[test]
    fn a_place_is_kept_while_somebody_holds_it_under_each_of_its_names() {
        let joined = Joined::default();
        let call = |name: &str| Name::Call(name.to_owned());
        let one = joined.place(call("a"));
        let session = Name::Session("a".to_owned());
        assert!(joined.find(&session).is_none());
        joined.name(session.clone(), &one);
        for name in [call("a"), session] {
            assert!(Arc::ptr_eq(&one, &joined.place(name)));
        }
        drop(one);
        let _other = joined.place(call("b"));
        assert!(joined.find(&call("a")).is_none());
        assert_eq!(joined.lock().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_continued_is_there_no_more() {
        let (to_call, _audio) = mpsc::channel(1);
        let mut call = SharedCall::new(CallId::new("c-1"), &to_call);
        let customers = || leg(Role::Customer, StreamFormat::Mulaw);
        let first = Arc::new(Connection::new(Some("first".to_owned()), None));
        assert_eq!(bring(&mut call, customers(), &first), Ok(LegId(0)));
        assert!(
            bring(&mut call, customers(), &first).is_err(),
            "it is there"
        );
        assert_eq!(call.continues("another", None), None);
        let start = call.continues("first", Some(7));
        assert_eq!(start, Some(Start::AfterSeq(0)));
        assert!(first.replaced.is_cancelled());
        let second = Arc::new(Connection::new(Some("second".to_owned()), None));
        assert_eq!(bring(&mut call, customers(), &second), Ok(LegId(0)));
    }
}
