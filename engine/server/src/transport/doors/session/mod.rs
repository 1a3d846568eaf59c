//! One connection of a media server, from its first message to the last.

mod course;
mod live;
mod meeting;
mod over;

use std::future::pending;
use std::time::Duration;

use axum::extract::ws::close_code;
use sidetone_core::call::Control;
use sidetone_doors::{Channel, Dialect, Fields, Opening, Step};
use sidetone_types::event::EventKind;
use sidetone_types::id::LegId;
use sidetone_types::time::MediaTime;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use live::Live;
use over::Over;

use super::wire::{Broken, Incoming, Wire};
use super::{Door, describe};
use crate::calls::{Audio, CallUpdate, StreamItem};
use crate::event_bus::Page;

/// A call has to be described within this.
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// The last words of a call that is over are waited for so long.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// The same once the media server has said all, which waits as well: for 5 s, if it is Genesys.
const CLOSES_WITHIN: Duration = Duration::from_secs(4);

struct Session {
    door: Door,
    dialect: Box<dyn Dialect>,
    wire: Wire,
    call: Option<Live>,
    /// It has said something.
    has_spoken: bool,
    /// The media server has said all, and waits for the last words.
    said_all: bool,
    /// What comes can be read, as far as it has been.
    is_readable: bool,
    /// Until when something has to happen: a call be described, or its last words be told.
    by: Option<Instant>,
}

/// Takes all that comes, until one of both sides ends it.
pub(super) async fn run(wire: Wire, dialect: Box<dyn Dialect>, door: Door, peer: String) {
    let mut session = Session {
        door,
        dialect,
        wire,
        call: None,
        has_spoken: false,
        said_all: false,
        is_readable: true,
        by: Some(Instant::now() + OPENS_WITHIN),
    };
    let over = session.until_over().await;
    let call = session.call.as_ref().map(|call| call.id.to_string());
    match &over {
        Over::Refused(code, why) => warn!(peer, call, code, why, "a media server was refused"),
        Over::Broken => debug!(peer, call, "a media server's connection broke off"),
        Over::Away => debug!(
            peer,
            call, "a media server comes back over another connection"
        ),
        Over::Said | Over::Call => debug!(peer, call, "a media server has gone"),
    }
    session.door.metrics.door(match over {
        Over::Refused(..) => "refused",
        Over::Broken => "broken",
        Over::Said | Over::Away | Over::Call => "said",
    });
    session.part(over).await;
}

impl Session {
    async fn until_over(&mut self) -> Over {
        loop {
            let done = self.door.done.clone();
            let by = self.by;
            let replaced = self.call.as_ref();
            let replaced = replaced.map(|call| call.connection.replaced.clone());
            // Never, before there is a call.
            let replaced = replaced.unwrap_or_default();
            let follower = self.call.as_mut().map(|call| &mut call.follower);
            let page = async {
                match follower {
                    Some(follower) => follower.next().await,
                    None => pending().await,
                }
            };
            let late = async {
                match by {
                    Some(by) => tokio::time::sleep_until(by).await,
                    None => pending().await,
                }
            };
            let over = tokio::select! {
                biased;
                page = page => self.tell(page).await,
                () = done.cancelled() => {
                    Err(Over::Refused(close_code::AWAY, "the engine stops".to_owned()))
                }
                () = replaced.cancelled() => {
                    let why = "another connection goes on with the call";
                    Err(Over::Refused(close_code::POLICY, why.to_owned()))
                }
                () = late => Err(self.late()),
                message = self.wire.receive() => self.message(message).await,
            };
            if let Err(over) = over {
                return over;
            }
        }
    }

    fn late(&self) -> Over {
        if self.call.is_some() {
            return Over::Call;
        }
        let why = format!("no call was described within {} s", OPENS_WITHIN.as_secs());
        self.refuse(close_code::POLICY, why)
    }

    /// Something of the media server cannot be taken.
    fn refuse(&self, code: u16, why: String) -> Over {
        self.door.seen().refused(&why);
        Over::Refused(code, why)
    }

    async fn message(&mut self, message: Incoming) -> Result<(), Over> {
        let is_there = !matches!(message, Incoming::Broken | Incoming::Unreadable(..));
        if let Some(call) = self.call.as_ref().filter(|_| is_there) {
            call.connection.told.heard();
        }
        let speaks = matches!(message, Incoming::Text(_) | Incoming::Binary(_));
        if speaks && !std::mem::replace(&mut self.has_spoken, true) {
            self.door.seen().connected();
        }
        let steps = match message {
            Incoming::Text(text) => self.dialect.text(&text),
            Incoming::Binary(bytes) => self.dialect.binary(bytes),
            Incoming::Nothing => return Ok(()),
            Incoming::Closed => return Err(Over::Said),
            Incoming::Broken => return Err(Over::Broken),
            Incoming::Unreadable(code, why) => {
                self.is_readable = false;
                return Err(self.refuse(code, why));
            }
        };
        let steps = steps.map_err(|fault| self.refuse(close_code::POLICY, fault.to_string()))?;
        let began = Instant::now();
        for step in steps {
            self.take(step).await?;
        }
        if let Some(call) = &mut self.call {
            // Nothing was read meanwhile.
            call.course.unheard(began.elapsed());
        }
        Ok(())
    }

    async fn take(&mut self, step: Step) -> Result<(), Over> {
        match step {
            Step::Open(opening) => self.open(opening).await,
            Step::Channel(channel) => self.add(channel).await,
            Step::Audio { channel, at, bytes } => {
                self.sound(channel, at, bytes).await;
                Ok(())
            }
            Step::Skipped(until) => {
                if let Some(call) = &mut self.call {
                    call.course.goes_on(until, Duration::ZERO);
                }
                self.leave_out(until).await;
                Ok(())
            }
            Step::Control(channel, control) => {
                for leg in self.legs(channel) {
                    self.control((leg, None), control.clone()).await;
                }
                Ok(())
            }
            Step::Fields(fields) => {
                self.update(fields).await;
                Ok(())
            }
            Step::Reply(text) => self.send(text).await,
            Step::Away => Err(Over::Away),
            Step::End => self.end(),
        }
    }

    /// The media server has said all.
    fn end(&mut self) -> Result<(), Over> {
        self.said_all = true;
        match &mut self.call {
            Some(call) if self.dialect.hears_last_words() => {
                call.to_call = None;
                self.by = Some(Instant::now() + CLOSES_WITHIN);
                Ok(())
            }
            _ => Err(Over::Said),
        }
    }

    /// Opens the call, or takes part in it if another connection has opened it.
    async fn open(&mut self, opening: Opening) -> Result<(), Over> {
        let (call, arrival) = Live::enter(&self.door, opening).await?;
        self.by = None;
        let call = self.call.insert(call);
        let began = call.course.place(MediaTime::ZERO);
        self.dialect.placed(MediaTime::ZERO, began);
        call.arrive(&self.door, arrival).await
    }

    /// Sound of a channel, `at` a moment of the connection's own timeline or behind what came before.
    async fn sound(&mut self, channel: usize, at: Option<MediaTime>, bytes: Vec<u8>) {
        let Some(call) = &mut self.call else {
            return;
        };
        let Some((leg, format)) = call.legs.get(channel).copied() else {
            return;
        };
        let second = format.bytes_per_second() as f64;
        let length = Duration::from_secs_f64(bytes.len() as f64 / second);
        let own = call.course.own(channel, at, length);
        if call.course.goes_on(own, length) {
            self.leave_out(own).await;
        }
        let place = self.call.as_ref().map(|call| call.course.place(own));
        let at = at.and(place);
        self.pass(StreamItem::Audio(Audio { leg, at, bytes })).await;
        if let Some(call) = &mut self.call {
            call.course.heard(own + length);
            call.connection.told.heard_until(call.course.ended());
        }
    }

    /// Nothing was sent between the last sound and what comes next, which is at `own`: its legs have
    /// paused, and go on there.
    async fn leave_out(&mut self, own: MediaTime) {
        let Some(call) = &mut self.call else {
            return;
        };
        let (ended, place) = (call.course.ended(), call.course.place(own));
        call.course.heard(own);
        self.dialect.placed(own, place);
        for leg in self.legs(None) {
            self.control((leg, Some(ended)), Control::Pause(true)).await;
            self.control((leg, Some(place)), Control::Pause(false))
                .await;
        }
    }

    /// Listens to one more channel.
    async fn add(&mut self, channel: Channel) -> Result<(), Over> {
        let Some(call) = &mut self.call else {
            return Ok(());
        };
        let leg = describe::leg(channel, &call.agent_id);
        let mut shared = call.place.clone().lock_owned().await;
        match shared.as_mut() {
            Some(shared) => call.bring(&self.door, shared, leg, (true, None)).await,
            None => Ok(()),
        }
    }

    /// The leg of a channel; all of them, if none is named.
    fn legs(&self, channel: Option<usize>) -> Vec<LegId> {
        let legs = self.call.as_ref().map_or(&[][..], |call| &call.legs);
        let legs = legs.iter().enumerate();
        let legs = legs.filter(|(i, _)| channel.is_none_or(|channel| channel == *i));
        legs.map(|(_, (leg, _))| *leg).collect()
    }

    /// Passes something on. A call that takes nothing more has ended, which its events tell.
    async fn pass(&mut self, item: StreamItem) {
        let Some(call) = &mut self.call else {
            return;
        };
        if let Some(to_call) = &call.to_call
            && to_call.send(item).await.is_err()
        {
            call.to_call = None;
            self.by = Some(Instant::now() + LAST_WORDS);
        }
    }

    /// What has become of a leg, and when if that is known.
    async fn control(&mut self, (leg, at): (LegId, Option<MediaTime>), control: Control) {
        if let Some(call) = &self.call {
            // Whoever sends them without end is read more slowly.
            call.rate.wait().await;
        }
        self.pass(StreamItem::Control(leg, at, control)).await;
    }

    async fn update(&mut self, fields: Fields) {
        let Some(call) = &self.call else {
            return;
        };
        let (api, names) = (&self.door.api, &self.door.config.doors.fields);
        let update = CallUpdate {
            change: describe::change(fields, names, api.defaults()),
            ..CallUpdate::default()
        };
        if let Err(error) = api.update_call(&self.door.who, &call.id, update).await {
            debug!(%error, "what a media server says of its call is left out");
        }
    }

    /// Sends what the media server is told of these events.
    async fn tell(&mut self, page: Option<Page>) -> Result<(), Over> {
        let page = page.ok_or(Over::Call)?;
        let began = Instant::now();
        for event in &page.events {
            if let Some(text) = self.dialect.told(event, event.json()) {
                self.send(text).await?;
            }
            if let Some(call) = &self.call {
                call.connection.told.tell(event.id, self.dialect.number());
            }
            if matches!(event.event.kind, EventKind::Summary(_)) {
                return Err(Over::Call);
            }
        }
        if let Some(call) = &mut self.call {
            // Nothing was read meanwhile.
            call.course.unheard(began.elapsed());
        }
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), Over> {
        self.wire.send(text).await.map_err(|Broken| Over::Broken)
    }

    /// Lets the call and the connection go.
    async fn part(mut self, over: Over) {
        if let Some(call) = self.call.take() {
            let within = self.door.config.doors.resume_within_ms;
            call.leave(&over, Duration::from_millis(within.into()))
                .await;
        }
        let goodbye = match &over {
            Over::Broken => return,
            Over::Said | Over::Call if self.said_all => self.dialect.closed(),
            Over::Away => {
                self.said_all = true;
                self.dialect.closed()
            }
            Over::Said => None,
            Over::Call => self.dialect.farewell(None),
            Over::Refused(_, why) => self.dialect.farewell(Some(why)),
        };
        // Whoever reads no more is told by the close alone.
        if let Some(text) = goodbye
            && self.send(text).await.is_ok()
            && !self.said_all
            && self.is_readable
        {
            let _ = timeout(CLOSES_WITHIN, self.answered()).await;
        }
        let (code, why) = match over {
            Over::Refused(code, why) => (code, why),
            _ => (close_code::NORMAL, String::new()),
        };
        self.wire.close(code, &why).await;
        if !self.is_readable {
            self.wire.linger().await;
        }
    }

    /// Waits for the answer to a farewell, and confirms it.
    async fn answered(&mut self) {
        loop {
            let steps = match self.wire.receive().await {
                Incoming::Text(text) => self.dialect.text(&text).unwrap_or_default(),
                Incoming::Binary(_) | Incoming::Nothing => Vec::new(),
                Incoming::Closed | Incoming::Broken | Incoming::Unreadable(..) => return,
            };
            if steps.iter().any(|step| matches!(step, Step::End)) {
                if let Some(text) = self.dialect.closed() {
                    let _ = self.send(text).await;
                }
                return;
            }
        }
    }
}
