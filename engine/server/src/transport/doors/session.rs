//! One connection of a media server, from its first message to the last.

use std::future::pending;
use std::time::Duration;

use axum::extract::ws::close_code;
use sidetone_core::call::Control;
use sidetone_core::describe::LegDescription;
use sidetone_core::event_log::{Filter, Start};
use sidetone_doors::{Dialect, Fields, Opening, Step};
use sidetone_types::event::{EndReason, EventKind};
use sidetone_types::id::{CallId, LegId};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::wire::{Broken, Incoming, Wire};
use super::{Door, describe};
use crate::api::{ApiError, Follower, Principal};
use crate::calls::{Audio, CallUpdate, StreamItem, UpdateRate};
use crate::event_bus::Page;

/// A call has to be described within this.
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// Messages of audio that wait for the call: 160 ms of 20 ms frames, two channels.
const AUDIO_QUEUE: usize = 16;
/// Why a connection ends.
enum Over {
    /// The media server has said all.
    Said,
    /// The call ended for a reason of its own.
    Call,
    /// The connection broke.
    Broken,
    /// Something of theirs cannot be taken, or not now. Code and reason go to the media server.
    Refused(u16, String),
}

struct Session {
    door: Door,
    dialect: Box<dyn Dialect>,
    wire: Wire,
    call: Option<Live>,
}

/// The call of a connection.
struct Live {
    id: CallId,
    /// The leg of its first channel, and how many channels it has.
    first: LegId,
    channels: usize,
    to_call: mpsc::Sender<StreamItem>,
    follower: Follower,
    rate: UpdateRate,
}

/// Who asks. There is no login yet.
pub(super) fn principal() -> Principal {
    Principal::local()
}

/// Takes all that comes, until one of both sides ends it.
pub(super) async fn run(wire: Wire, dialect: Box<dyn Dialect>, door: Door, peer: String) {
    let mut session = Session {
        door,
        dialect,
        wire,
        call: None,
    };
    let over = session.until_over().await;
    let call = session.call.as_ref().map(|call| call.id.to_string());
    match &over {
        Over::Refused(code, why) => warn!(peer, call, code, why, "a media server was refused"),
        Over::Broken => debug!(peer, call, "a media server's connection broke off"),
        Over::Said | Over::Call => debug!(peer, call, "a media server has gone"),
    }
    session.door.metrics.door(match over {
        Over::Refused(..) => "refused",
        Over::Broken => "broken",
        Over::Said | Over::Call => "said",
    });
    session.part(over).await;
}

impl Session {
    async fn until_over(&mut self) -> Over {
        let opens_by = Instant::now() + OPENS_WITHIN;
        loop {
            let done = self.door.done.clone();
            let follower = self.call.as_mut().map(|call| &mut call.follower);
            let is_open = follower.is_some();
            let next = async {
                match follower {
                    Some(follower) => follower.next().await,
                    None => pending().await,
                }
            };
            let over = tokio::select! {
                message = self.wire.receive() => self.message(message).await,
                page = next => self.tell(page).await,
                () = tokio::time::sleep_until(opens_by), if !is_open => {
                    let why = format!("no call was described within {} s", OPENS_WITHIN.as_secs());
                    Err(Over::Refused(close_code::POLICY, why))
                }
                () = done.cancelled() => {
                    Err(Over::Refused(close_code::AWAY, "the engine stops".to_owned()))
                }
            };
            if let Err(over) = over {
                return over;
            }
        }
    }

    async fn message(&mut self, message: Incoming) -> Result<(), Over> {
        let steps = match message {
            Incoming::Text(text) => self.dialect.text(&text),
            Incoming::Binary(bytes) => self.dialect.binary(bytes),
            Incoming::Nothing => return Ok(()),
            Incoming::Closed => return Err(Over::Said),
            Incoming::Broken => return Err(Over::Broken),
        };
        let steps = steps.map_err(|fault| Over::Refused(close_code::POLICY, fault.to_string()))?;
        for step in steps {
            self.take(step).await?;
        }
        Ok(())
    }

    async fn take(&mut self, step: Step) -> Result<(), Over> {
        match step {
            Step::Open(opening) => self.open(opening).await,
            Step::Audio { channel, at, bytes } => {
                let leg = self.leg(channel);
                self.pass(StreamItem::Audio(Audio { leg, at, bytes })).await
            }
            Step::Control(channel, control) => {
                let channels = self.call.as_ref().map_or(0, |call| call.channels);
                let channels = channel.map_or(0..channels, |channel| channel..channel + 1);
                for channel in channels {
                    self.control(self.leg(channel), control.clone()).await?;
                }
                Ok(())
            }
            Step::Fields(fields) => self.update(fields).await,
            Step::Reply(text) => self.send(text).await,
            Step::End => Err(Over::Said),
        }
    }

    async fn open(&mut self, opening: Opening) -> Result<(), Over> {
        let channels = opening.channels.len();
        let key = opening.joined_by.clone();
        let (names, defaults) = (&self.door.config.doors.fields, self.door.api.defaults());
        let (id, description) = describe::description(opening, names, defaults);
        let joined = self.door.joined.clone();
        let _turn = match &key {
            Some(_) => Some(joined.turn().await),
            None => None,
        };
        if let Some(open) = key.as_ref().and_then(|key| joined.join(key)) {
            return self.join(open, description.legs).await;
        }
        let api = &self.door.api;
        let (mut to_call, mut audio) = mpsc::channel(AUDIO_QUEUE);
        let mut opened = api
            .stream_call(&principal(), id, description.clone(), audio)
            .await;
        // A call that comes back, or is forked twice: its id is kept with it as metadata.
        if matches!(opened, Err(ApiError::Exists(_))) {
            (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
            opened = api
                .stream_call(&principal(), None, description, audio)
                .await;
        }
        let (id, follower) = opened.map_err(refused)?;
        if let Some(key) = key {
            joined.open(key, id.clone(), channels, &to_call);
        }
        self.call = Some(Live {
            id,
            first: LegId(0),
            channels,
            to_call,
            follower,
            rate: UpdateRate::new(),
        });
        Ok(())
    }

    /// Adds legs to a call that another connection has opened.
    async fn join(
        &mut self,
        (id, first, to_call): (CallId, LegId, mpsc::Sender<StreamItem>),
        legs: Vec<LegDescription>,
    ) -> Result<(), Over> {
        let api = &self.door.api;
        let channels = legs.len();
        let filter = Filter {
            call_id: Some(id.clone()),
            ..Filter::default()
        };
        let follower = api.subscribe(&principal(), Start::Now, filter);
        let follower = follower.map_err(refused)?;
        for leg in legs {
            let item = api.stream_leg(&principal(), &id, leg).map_err(refused)?;
            to_call.send(item).await.map_err(|_| Over::Call)?;
        }
        self.call = Some(Live {
            id,
            first,
            channels,
            to_call,
            follower,
            rate: UpdateRate::new(),
        });
        Ok(())
    }

    /// The leg of a channel.
    fn leg(&self, channel: usize) -> LegId {
        let first = self.call.as_ref().map_or(0, |call| call.first.0);
        LegId(first + channel)
    }

    async fn pass(&mut self, item: StreamItem) -> Result<(), Over> {
        match &self.call {
            // A call that takes nothing more has ended, which its events tell.
            Some(call) => call.to_call.send(item).await.map_err(|_| Over::Call),
            None => Ok(()),
        }
    }

    async fn control(&mut self, leg: LegId, control: Control) -> Result<(), Over> {
        if let Some(call) = &self.call {
            // Whoever sends them without end is read more slowly.
            call.rate.wait().await;
        }
        self.pass(StreamItem::Control(leg, None, control)).await
    }

    async fn update(&mut self, fields: Fields) -> Result<(), Over> {
        let Some(call) = &self.call else {
            return Ok(());
        };
        let (api, names) = (&self.door.api, &self.door.config.doors.fields);
        let update = CallUpdate {
            change: describe::change(fields, names, api.defaults()),
            ..CallUpdate::default()
        };
        if let Err(error) = api.update_call(&principal(), &call.id, update).await {
            debug!(%error, "what a media server says of its call is left out");
        }
        Ok(())
    }

    /// Sends what the media server is told of these events.
    async fn tell(&mut self, page: Option<Page>) -> Result<(), Over> {
        let page = page.ok_or(Over::Call)?;
        for event in &page.events {
            if let Some(text) = self.dialect.told(event, event.json()) {
                self.send(text).await?;
            }
            if matches!(event.event.kind, EventKind::Summary(_)) {
                return Err(Over::Call);
            }
        }
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), Over> {
        self.wire.send(text).await.map_err(|Broken| Over::Broken)
    }

    /// Lets the call and the connection go.
    async fn part(mut self, over: Over) {
        let was_cut = matches!(over, Over::Broken | Over::Refused(..));
        if let Some(call) = &self.call {
            let (first, legs) = (call.first.0, call.channels);
            // The call may have ended by itself meanwhile.
            if call.to_call.strong_count() > 1 {
                for leg in first..first + legs {
                    let left = StreamItem::Control(LegId(leg), None, Control::Leave);
                    let _ = call.to_call.send(left).await;
                }
            } else if was_cut {
                let end = StreamItem::End(EndReason::Disconnected);
                let _ = call.to_call.send(end).await;
            }
        }
        let (code, why) = match over {
            Over::Broken => return,
            Over::Said | Over::Call => (close_code::NORMAL, String::new()),
            Over::Refused(code, why) => {
                if let Some(text) = self.dialect.farewell(&why) {
                    // Whoever reads no more is told by the close alone.
                    let _ = self.send(text).await;
                }
                (code, why)
            }
        };
        self.wire.close(code, &why).await;
    }
}

/// What a media server is told of a call that is not opened.
fn refused(error: ApiError) -> Over {
    let code = match error {
        ApiError::Invalid(_) | ApiError::Forbidden(_) => close_code::POLICY,
        ApiError::Exhausted { .. } | ApiError::Unavailable(_) => close_code::AGAIN,
        _ => close_code::ERROR,
    };
    Over::Refused(code, error.to_string())
}
