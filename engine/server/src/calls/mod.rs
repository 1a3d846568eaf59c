//! Live calls: opening one, running it, and what it leaves behind.
//!
//! ```text
//! open ─► id reserved ─► store asked, ports bound ─► slot, admission ─► session (a task per call)
//!                                                                          │
//!                                         journal ◄─ event bus ◄───────────┘
//! ```

mod attention;
mod current;
mod error;
pub mod journal;
mod lookup;
mod recent;
mod recorded;
mod registry;
mod session;
mod update;
mod update_rate;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use sidetone_core::call::{Call, Input};
use sidetone_core::describe::{CallDescription, LegDescription, LegName, Source};
use sidetone_core::recording::{RecordingOrder, RecordingPolicy};
use sidetone_types::event::EndReason;
use sidetone_types::id::{CallId, LegId};
use sidetone_types::time::unix_millis;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::config::Config;
use crate::event_bus::EventBus;
use crate::ingest::{self, Datagram, Datagrams, NoPort, Ports};
use crate::receptions::{Entrance, Receptions};
use crate::recognition::{Admission, Detectors, Inference, Place};
use crate::recordings::Class;
use crate::services::Services;
use crate::storage::StoreError;
use crate::telemetry::Metrics;

pub use attention::{CalledBefore, Claim, OpenAlert};
pub use current::{Current, Off, Silent};
pub use error::OpenError;
pub use journal::CallJournal;
use lookup::Asking;
use recent::Recent;
pub use registry::CallRecord;
use registry::{Registry, Reservation};
pub use session::{Audio, StreamItem};
pub use update::{CallUpdate, LegControl, UpdateError};
pub use update_rate::{PersonRates, UpdateRate};

/// The live calls, and all that opening one takes.
pub struct Calls {
    config: Arc<Config>,
    slots: Arc<Semaphore>,
    admission: Arc<Admission>,
    registry: Registry,
    ports: Arc<Ports>,
    sessions: TaskTracker,
    draining: CancellationToken,
    give_up: CancellationToken,
    detectors: Detectors,
    bus: EventBus,
    inference: Arc<Inference>,
    services: Arc<Services>,
    metrics: Arc<Metrics>,
    receptions: Receptions,
    recent: Recent,
}

/// What the live calls work with.
pub struct Parts {
    /// Checked.
    pub config: Arc<Config>,
    /// Lets calls in.
    pub admission: Arc<Admission>,
    /// Makes the voice detector of each leg.
    pub detectors: Detectors,
    /// Takes what calls emit.
    pub bus: EventBus,
    /// Recognises.
    pub inference: Arc<Inference>,
    /// What stands behind the calls.
    pub services: Arc<Services>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// Where a call's audio comes from.
pub enum Media {
    /// RTP, for the legs that are described so.
    Rtp,
    /// RTP that somebody else listens to, who ends the call once nothing comes any more: a queue for
    /// each leg, in their order.
    Datagrams(Vec<Receiver<Datagram>>),
    /// A stream. Its end is the call's.
    Stream(mpsc::Receiver<StreamItem>),
}

/// Who opens a call, and through which door.
#[derive(Clone, Copy)]
pub struct OpenedBy<'a> {
    /// The door.
    pub entrance: &'a Entrance,
    /// Who, by their name.
    pub name: &'a str,
}

/// How a call is opened.
struct Opener<'a> {
    by: OpenedBy<'a>,
    /// Whoever listens to its RTP ends it once nothing comes.
    ends_with_silence: bool,
}

/// A call that has just been opened.
pub struct Opened {
    /// Its id, which the engine has chosen if nobody else did.
    pub id: CallId,
    /// Where each leg that comes as RTP is listened to.
    pub addresses: Vec<LegAddress>,
}

/// Where a leg is listened to.
pub type LegAddress = (LegName, SocketAddr);

/// Changes that wait for a call's task. Whoever sends more waits.
const COMMANDS: usize = 8;

impl Calls {
    /// No calls yet. None is opened once `draining` is cancelled.
    pub fn new(parts: Parts, draining: CancellationToken) -> Self {
        let Parts {
            config,
            admission,
            detectors,
            bus,
            inference,
            services,
            metrics,
        } = parts;
        Self {
            slots: Arc::new(Semaphore::new(config.max_calls())),
            admission,
            registry: Registry::default(),
            ports: Arc::new(Ports::new(&config.media)),
            sessions: TaskTracker::new(),
            draining,
            give_up: CancellationToken::new(),
            detectors,
            bus,
            inference,
            services,
            metrics,
            config,
            receptions: Receptions::default(),
            recent: Recent::default(),
        }
    }

    /// What has come in at each door.
    pub fn receptions(&self) -> &Receptions {
        &self.receptions
    }

    /// Takes up who has called before this engine was there, in the background.
    pub fn recall_callers(&self) {
        let (recent, store) = (self.recent.clone(), self.services.store.clone());
        tokio::task::spawn_blocking(move || recent.recall(store.as_ref()));
    }

    /// Opens a call.
    pub async fn open(
        &self,
        by: OpenedBy<'_>,
        id: Option<CallId>,
        description: CallDescription,
        media: Media,
    ) -> Result<Opened, OpenError> {
        let opened = self.try_open(by, id, description, media).await;
        opened.inspect_err(|error| {
            self.metrics.refused(error.label());
            // Whoever chose that id takes another one.
            if !matches!(error, OpenError::Exists(_) | OpenError::Kept(_)) {
                by.entrance.refused(&error.to_string());
            }
        })
    }

    async fn try_open(
        &self,
        by: OpenedBy<'_>,
        id: Option<CallId>,
        description: CallDescription,
        media: Media,
    ) -> Result<Opened, OpenError> {
        if self.draining.is_cancelled() {
            return Err(OpenError::Draining);
        }
        description.check()?;
        let recorded = self.recorded(&description)?;
        self.services.check_store().map_err(OpenError::NotKept)?;
        let reservation = self.reserve(id).await?;
        let slot = self.slots.clone().try_acquire_owned();
        let slot = slot.map_err(|_| OpenError::Full(self.config.max_calls()))?;
        let ends_with_silence = matches!(media, Media::Datagrams(_));
        let (addresses, datagrams, audio) = match media {
            Media::Rtp => {
                let (addresses, queues) = self.listen(&description.legs).await?;
                let mut datagrams = Datagrams::default();
                for (leg, queue) in queues {
                    datagrams.add(leg, queue);
                }
                (addresses, datagrams, None)
            }
            Media::Datagrams(queues) => {
                let mut datagrams = Datagrams::default();
                for (leg, queue) in queues.into_iter().enumerate() {
                    datagrams.add(LegId(leg), queue);
                }
                (Vec::new(), datagrams, None)
            }
            Media::Stream(audio) => (Vec::new(), Datagrams::default(), Some(audio)),
        };
        // Last of all, so that only calls which are opened count as having been there.
        let place = self.admission.enter(description.legs.len());
        let place = place.map_err(OpenError::Capacity)?;
        let id = reservation.id().clone();
        let by = Opener {
            by,
            ends_with_silence,
        };
        self.start(
            reservation,
            (description, recorded),
            (datagrams, audio),
            (slot, place),
            by,
        );
        Ok(Opened { id, addresses })
    }

    /// Takes an id that nobody has, live or stored.
    async fn reserve(&self, id: Option<CallId>) -> Result<Reservation, OpenError> {
        let is_new = id.is_none();
        let id = id.unwrap_or_else(new_id);
        let reservation = self.registry.reserve(id.clone());
        let reservation = reservation.map_err(|_| OpenError::Exists(id.clone()))?;
        if is_new {
            return Ok(reservation);
        }
        let (store, call_id) = (self.services.store.clone(), id.to_string());
        let known = tokio::task::spawn_blocking(move || store.knows(&call_id)).await;
        match known.unwrap_or(Err(StoreError::Stopped)) {
            Ok(false) => Ok(reservation),
            Ok(true) => Err(OpenError::Kept(id)),
            Err(error) => Err(OpenError::NotKept(error.to_string())),
        }
    }

    /// Binds a port for each leg that comes as RTP, and begins to read it. Gives the legs' queues,
    /// each with the leg's place in `legs`.
    async fn listen(
        &self,
        legs: &[LegDescription],
    ) -> Result<(Vec<LegAddress>, Vec<(LegId, Receiver<Datagram>)>), NoPort> {
        let rtp = legs.iter().enumerate();
        let rtp = rtp.filter(|(_, leg)| matches!(leg.source, Source::Rtp(_)));
        let rtp: Vec<(LegId, LegName)> = rtp.map(|(i, leg)| (LegId(i), leg.name.clone())).collect();
        let (ports, count) = (self.ports.clone(), rtp.len());
        let sockets = tokio::task::spawn_blocking(move || ports.open(count)).await;
        let sockets = sockets.expect("binding does not panic")?;
        let mut queues = Vec::new();
        let mut addresses = Vec::new();
        for ((leg, name), socket) in rtp.into_iter().zip(sockets) {
            let socket = socket.into_async(self.config.media.bind)?;
            addresses.push((name, socket.address()));
            let (queue, datagrams) = ingest::queue();
            queues.push((leg, datagrams));
            tokio::spawn(ingest::listen(socket, queue, self.metrics.clone()));
        }
        Ok((addresses, queues))
    }

    /// Starts the call's task. Nothing can go wrong any more.
    fn start(
        &self,
        reservation: Reservation,
        (description, recorded): (CallDescription, Option<(Class, RecordingPolicy)>),
        (datagrams, audio): (Datagrams, Option<mpsc::Receiver<StreamItem>>),
        place: (OwnedSemaphorePermit, Place),
        by: Opener<'_>,
    ) {
        let id = reservation.id().clone();
        let record = CallRecord {
            id: id.clone(),
            current: Current::new(&description),
            description: Arc::new(description),
            opened: SystemTime::now(),
            update_rate: UpdateRate::of_changes(),
            message_rate: UpdateRate::of_messages(),
            claim_rate: UpdateRate::of_claims(),
            opened_by: by.by.name.into(),
        };
        let known = record.description.known();
        let number = known.customer().e164.as_ref();
        if let Some(earlier) = number.and_then(|number| self.recent.came(number, record.opened)) {
            record.current.called_before(earlier);
        }
        let (hang_up, on_hang_up) = oneshot::channel();
        let (commands, on_command) = mpsc::channel(COMMANDS);
        reservation.open(record.clone(), hang_up, commands);
        let counted = Counted::new(self.metrics.clone());

        let (answers, replies) = mpsc::unbounded_channel();
        let knowledge = self.services.knowledge.clone();
        let mut call = Call::new(
            &record.description,
            self.config.call.clone(),
            Some(knowledge.assist_context(record.opened, &record.description.spoken())),
            || (self.detectors)(),
            Instant::now().into_std(),
        );
        let recording = recorded.map(|(class, policy)| {
            call.record(policy);
            if let Some(given) = record.description.recording.consent {
                let order = RecordingOrder::Consent(given);
                let now = Instant::now().into_std();
                call.handle(now, Input::Recording(order, by.by.name));
            }
            let began = unix_millis(record.opened);
            self.services.recordings.begin(&id, &class, began)
        });
        let from = session::SessionInputs {
            datagrams,
            audio,
            answers: replies,
            customer: Asking::start(&self.services.look_ups, &record.description.known()),
            hang_up: on_hang_up,
            commands: on_command,
            give_up: self.give_up.clone(),
        };
        let to = session::SessionOutputs {
            bus: self.bus.clone(),
            journal: CallJournal::new(
                self.services.store.clone(),
                id.clone(),
                record.description.known(),
                record.opened,
            )
            .with_review(self.config.crm.review()),
            knowledge,
            recogniser: self.inference.client(answers),
            metrics: self.metrics.clone(),
            admission: self.admission.clone(),
            heard: false,
            current: record.current.clone(),
            services: self.services.clone(),
            detectors: self.detectors.clone(),
            ended: None,
            visit: by.by.entrance.opened(id.clone(), record.opened),
            ends_with_silence: by.ends_with_silence,
            recording,
        };
        let span = tracing::info_span!("call", call = %id);
        let run = async move {
            let journal = session::run(id, call, from, to).await;
            drop((counted, place));
            // Nobody else gets the id before the store knows it.
            reservation.close();
            journal.committed().await;
            drop(reservation);
        };
        self.sessions.spawn(run.instrument(span));
    }

    /// Ends a call. `false` if none of this id is open; one that is ending already goes on doing
    /// so.
    pub fn hang_up(&self, id: &CallId, reason: EndReason) -> bool {
        self.registry.hang_up(id, reason)
    }

    /// The call that is open under this id.
    pub fn find(&self, id: &CallId) -> Option<CallRecord> {
        self.registry.find(id).map(|(record, _)| record)
    }

    /// Whether a call of this id is open.
    pub fn is_open(&self, id: &CallId) -> bool {
        self.registry.find(id).is_some()
    }

    /// The calls that are open, the oldest first.
    pub fn list(&self) -> Vec<CallRecord> {
        self.registry.list()
    }

    /// Room for more legs of a call that is open.
    pub fn more_legs(&self, legs: usize) -> Place {
        self.admission.add(legs)
    }

    /// Lets calls in, and knows how many fit.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Waits until no call is left. None is opened meanwhile once `draining` is cancelled.
    pub async fn all_ended(&self) {
        self.sessions.close();
        self.sessions.wait().await;
    }

    /// Hangs up all calls for a shutdown, and waits until the last words are told and committed. At
    /// `late`, calls give up what is still being recognised; at `end` they are left as they are,
    /// for the next engine to wrap up. Says how many those are.
    pub async fn drain(&self, late: Instant, end: Instant) -> usize {
        for call in self.list() {
            self.hang_up(&call.id, EndReason::Shutdown);
        }
        self.sessions.close();
        if tokio::time::timeout_at(late, self.sessions.wait())
            .await
            .is_err()
        {
            self.give_up.cancel();
            // What is left is counted below.
            let _ = tokio::time::timeout_at(end, self.sessions.wait()).await;
        }
        self.sessions.len()
    }
}

/// Counts a call as open, however its task ends.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.calls.open.inc();
        Self(metrics)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.calls.open.dec();
    }
}

/// An id that no other call has, of this run or another: the time, and 64 random bits.
fn new_id() -> CallId {
    let now = unix_millis(SystemTime::now());
    let random = getrandom::u64().expect("the system has random numbers");
    CallId::new(format!("{now:x}-{random:016x}"))
}
