//! One connection of a media server, from its first message to the last.

use std::future::pending;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use sidetone_core::call::Control;
use sidetone_doors::{Dialect, Fields, Opening, Step};
use sidetone_types::event::{EndReason, EventKind};
use sidetone_types::id::{CallId, LegId};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::{Door, describe};
use crate::api::{ApiError, Follower, Principal};
use crate::calls::{Audio, CallUpdate, StreamItem, UpdateRate};
use crate::event_bus::Page;

/// A call has to be described within this.
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// A media server that takes none of its messages for so long is gone.
const READS_WITHIN: Duration = Duration::from_secs(10);
/// Messages of audio that wait for the call: 160 ms of 20 ms frames, two channels.
const AUDIO_QUEUE: usize = 16;
/// Longest reason that a close frame has room for, in bytes (RFC 6455 §5.5).
const LONGEST_REASON: usize = 123;

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
    socket: WebSocket,
    call: Option<Live>,
}

/// The call of a connection.
struct Live {
    id: CallId,
    legs: usize,
    to_call: mpsc::Sender<StreamItem>,
    follower: Follower,
    rate: UpdateRate,
}

/// Who asks. There is no login yet.
fn principal() -> Principal {
    Principal::local()
}

/// Takes all that comes, until one of both sides ends it.
pub(super) async fn run(socket: WebSocket, dialect: Box<dyn Dialect>, door: Door, peer: String) {
    let mut session = Session {
        door,
        dialect,
        socket,
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
                message = self.socket.recv() => self.message(message).await,
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

    async fn message(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Over> {
        let steps = match message {
            Some(Ok(Message::Text(text))) => self.dialect.text(&text),
            Some(Ok(Message::Binary(bytes))) => self.dialect.binary(bytes.into()),
            // Pings are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(_))) => return Err(Over::Said),
            Some(Err(error)) => {
                debug!(%error, "a media server's message cannot be read");
                return Err(Over::Broken);
            }
            None => return Err(Over::Broken),
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
                let leg = LegId(channel);
                self.pass(StreamItem::Audio(Audio { leg, at, bytes })).await
            }
            Step::Control(channel, control) => {
                let legs = self.call.as_ref().map_or(0, |call| call.legs);
                let legs = channel.map_or(0..legs, |channel| channel..channel + 1);
                for leg in legs {
                    self.control(LegId(leg), control.clone()).await?;
                }
                Ok(())
            }
            Step::Fields(fields) => self.update(fields).await,
            Step::Reply(text) => self.send(text).await,
            Step::End => Err(Over::Said),
        }
    }

    async fn open(&mut self, opening: Opening) -> Result<(), Over> {
        let (api, names) = (&self.door.api, &self.door.config.doors.fields);
        let legs = opening.channels.len();
        let (id, description) = describe::description(opening, names, api.defaults());
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
        let (id, follower) = opened.map_err(|error| {
            let code = match error {
                ApiError::Invalid(_) | ApiError::Forbidden(_) => close_code::POLICY,
                ApiError::Exhausted { .. } | ApiError::Unavailable(_) => close_code::AGAIN,
                _ => close_code::ERROR,
            };
            Over::Refused(code, error.to_string())
        })?;
        self.call = Some(Live {
            id,
            legs,
            to_call,
            follower,
            rate: UpdateRate::new(),
        });
        Ok(())
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
        let sent = timeout(READS_WITHIN, self.socket.send(Message::text(text))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over::Broken),
        }
    }

    /// Lets the call and the connection go.
    async fn part(mut self, over: Over) {
        let was_cut = matches!(over, Over::Broken | Over::Refused(..));
        if was_cut && let Some(call) = &self.call {
            let end = StreamItem::End(EndReason::Disconnected);
            // It may have ended by itself meanwhile.
            let _ = call.to_call.send(end).await;
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
        let end = (0..=LONGEST_REASON.min(why.len())).rev();
        let end = end.into_iter().find(|end| why.is_char_boundary(*end));
        let reason = why[..end.unwrap_or(0)].into();
        let close = Message::Close(Some(CloseFrame { code, reason }));
        // The other side may have gone.
        let _ = timeout(READS_WITHIN, self.socket.send(close)).await;
    }
}
