//! The call of a connection: opened or joined, brought legs to, and left.

use std::sync::Arc;
use std::time::Duration;

use sidetone_core::call::Control;
use sidetone_core::describe::{CallDescription, LegDescription, Source};
use sidetone_core::event_log::Start;
use sidetone_doors::Opening;
use sidetone_media::audio::StreamFormat;
use sidetone_types::event::{EndReason, EventId};
use sidetone_types::id::{CallId, LegId};
use sidetone_types::time::MediaTime;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::course::Course;
use super::meeting::Meeting;
use super::over::{Over, refused};
use crate::api::{ApiError, Follower};
use crate::calls::{StreamItem, UpdateRate};
use crate::transport::doors::joined::{Connection, Place, SharedCall};
use crate::transport::doors::{Door, describe};

/// Messages of audio that wait for the call: 160 ms of 20 ms frames, two channels.
const AUDIO_QUEUE: usize = 16;

/// The call of a connection.
pub(super) struct Live {
    pub id: CallId,
    /// Where its connections meet.
    pub place: Place,
    pub connection: Arc<Connection>,
    /// Whether another connection may go on with it: its media server has said how.
    pub may_return: bool,
    pub course: Course,
    /// The agent, as far as the media server has said it.
    pub agent_id: String,
    /// The legs of the channels, and how their sound is coded.
    pub legs: Vec<(LegId, StreamFormat)>,
    /// `None` once the call takes nothing more.
    pub to_call: Option<mpsc::Sender<StreamItem>>,
    pub follower: Follower,
    pub rate: UpdateRate,
}

/// A connection that comes to its call, while others that do have to wait.
pub(super) struct Arrival {
    meeting: Meeting,
    legs: Vec<LegDescription>,
    is_new: bool,
}

impl Live {
    /// Opens the call of a connection, or finds the one that others have opened.
    pub async fn enter(door: &Door, opening: Opening) -> Result<(Self, Arrival), Over> {
        let (names, defaults) = (&door.config.doors.fields, door.api.defaults());
        let (id, description) = describe::description(opening.clone(), names, defaults);
        let (legs, agent_id) = (description.legs.clone(), description.agent_id.clone());
        let mut meeting = Meeting::of(door, &opening, id.as_ref()).await;
        let open = meeting.shared.as_ref();
        let open = open.and_then(|call| Some((call, call.to_call()?)));
        let is_new = open.is_none();
        let (id, to_call, follower, told) = match open {
            Some((call, to_call)) => {
                let named = opening.after.map(Start::After).or(meeting.start);
                let start = named.or_else(|| call.goes_on(&legs));
                let (follower, told) = follow(door, &call.id, start).await.map_err(refused)?;
                (call.id.clone(), to_call, follower, told)
            }
            None => {
                let opened = begin(door, id, description).await;
                let (id, to_call, follower) = opened.map_err(refused)?;
                (id, to_call, follower, None)
            }
        };
        if is_new {
            *meeting.shared = Some(SharedCall::new(id.clone(), &to_call));
        }
        let course = match (&*meeting.shared, is_new) {
            (Some(call), true) => Course::new(call.opened(), MediaTime::ZERO),
            (Some(call), false) => Course::new(call.opened(), call.here()),
            (None, _) => Course::new(Instant::now(), MediaTime::ZERO),
        };
        let live = Self {
            id,
            place: meeting.place.clone(),
            connection: Arc::new(Connection::new(opening.session, told)),
            may_return: meeting.may_return,
            course,
            agent_id,
            legs: Vec::new(),
            to_call: Some(to_call),
            follower,
            rate: UpdateRate::of_changes(),
        };
        let arrival = Arrival {
            meeting,
            legs,
            is_new,
        };
        Ok((live, arrival))
    }

    /// Brings its legs.
    pub async fn arrive(&mut self, door: &Door, mut arrival: Arrival) -> Result<(), Over> {
        let Some(shared) = arrival.meeting.shared.as_mut() else {
            return Ok(());
        };
        // Where nobody was connected, the time has passed unheard.
        let began = self.course.place(MediaTime::ZERO);
        let goes_on_at = shared.is_left().then_some(began);
        for leg in arrival.legs {
            self.bring(door, shared, leg, (!arrival.is_new, goes_on_at))
                .await?;
        }
        Ok(())
    }

    /// Brings a leg to its call; if it `comes_later`, to one that goes on. One that was there before
    /// goes on at `goes_on_at`, or where the call is.
    pub async fn bring(
        &mut self,
        door: &Door,
        shared: &mut SharedCall,
        leg: LegDescription,
        (comes_later, goes_on_at): (bool, Option<MediaTime>),
    ) -> Result<(), Over> {
        let known = shared.leg(&leg);
        let known = known.map_err(|error| refused(ApiError::Invalid(error.to_string())))?;
        let items = match known {
            // The side has been away.
            Some(id) => vec![
                StreamItem::Control(id, None, Control::Join(leg.party.clone())),
                StreamItem::Control(id, goes_on_at, Control::Pause(false)),
            ],
            None if comes_later => {
                let added = door.api.stream_leg(&door.who, &self.id, leg.clone());
                vec![added.map_err(refused)?]
            }
            None => Vec::new(),
        };
        if let Some(to_call) = &self.to_call {
            for item in items {
                to_call.send(item).await.map_err(|_| Over::Call)?;
            }
        }
        let Source::Stream(format) = leg.source else {
            return Ok(());
        };
        let id = shared.brings(known, leg, &self.connection);
        self.legs.push((id, format));
        Ok(())
    }

    /// Leaves the call, which ends unless others are there. After `Over::Broken` and `Over::Away` it
    /// waits for this connection to come back.
    pub async fn leave(self, over: &Over, within: Duration) {
        let Some(to_call) = self.to_call else {
            return;
        };
        // Nobody comes for the legs before the call knows that they are left.
        let shared = self.place.clone().lock_owned().await;
        if self.connection.replaced.is_cancelled() {
            return;
        }
        let was_cut = matches!(over, Over::Broken | Over::Away);
        if matches!(over, Over::Broken) {
            self.connection.broke();
        }
        let waits = was_cut && self.may_return && !within.is_zero();
        let others = to_call.strong_count() > 1;
        let mut items = Vec::new();
        if others || waits {
            for (leg, _) in &self.legs {
                if !waits {
                    items.push(StreamItem::Control(*leg, None, Control::Leave));
                }
                items.push(StreamItem::Control(*leg, None, Control::Pause(true)));
            }
        } else if was_cut || matches!(over, Over::Refused(..)) {
            items.push(StreamItem::End(EndReason::Disconnected));
        }
        for item in items {
            // The call may have ended by itself meanwhile.
            let _ = to_call.send(item).await;
        }
        drop(self.connection);
        let legs: Vec<LegId> = self.legs.iter().map(|(leg, _)| *leg).collect();
        if let (true, Some(call), Some(first)) = (waits, shared.as_ref(), legs.first()) {
            let back = call.back(*first);
            tokio::spawn(wait(self.place, to_call, legs, (back, within)));
        }
    }
}

/// Keeps a call whose connection has broken, until somebody comes `back`. After `within` the call is
/// over, or the sides of the connection have left it if others are there.
async fn wait(
    place: Place,
    to_call: mpsc::Sender<StreamItem>,
    legs: Vec<LegId>,
    (back, within): (CancellationToken, Duration),
) {
    tokio::select! {
        () = back.cancelled() => return,
        () = to_call.closed() => return,
        () = tokio::time::sleep(within) => {}
    }
    let shared = place.lock().await;
    let Some(call) = shared.as_ref() else {
        return;
    };
    let items: Vec<StreamItem> = match call.is_left() {
        true => vec![StreamItem::End(EndReason::Disconnected)],
        false => {
            let left = legs.into_iter().filter(|leg| call.has_left(*leg));
            left.map(|leg| StreamItem::Control(leg, None, Control::Leave))
                .collect()
        }
    };
    for item in items {
        // It may have ended by itself meanwhile.
        let _ = to_call.send(item).await;
    }
}

/// Follows a call from `start` on, or from now on. Says after which event that is.
async fn follow(
    door: &Door,
    id: &CallId,
    start: Option<Start>,
) -> Result<(Follower, Option<EventId>), ApiError> {
    let start = start.unwrap_or_else(|| Start::After(door.api.last_event()));
    let follower = door.api.rejoin_call(&door.who, id, start).await?;
    let after = match start {
        Start::After(event) => Some(event),
        Start::Now | Start::AfterSeq(_) => None,
    };
    Ok((follower, after))
}

/// Opens a call that comes over this connection, under that id if nobody has it.
pub(super) async fn begin(
    door: &Door,
    mut id: Option<CallId>,
    description: CallDescription,
) -> Result<(CallId, mpsc::Sender<StreamItem>, Follower), ApiError> {
    loop {
        let is_chosen = id.is_some();
        let (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
        let opened = door
            .api
            .stream_call(&door.who, id.take(), description.clone(), audio)
            .await;
        // A call that comes back, or is forked twice: its id is kept with it as metadata.
        if is_chosen && matches!(opened, Err(ApiError::Exists(_))) {
            continue;
        }
        let (id, follower) = opened?;
        return Ok((id, to_call, follower));
    }
}
