//! The whole engine, started and stopped as one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sidetone_core::call::Call;
use sidetone_core::describe::{CallDescription, DescriptionError, Role, Source};
use sidetone_core::event::EndReason;
use sidetone_core::id::CallId;
use sidetone_core::vad::VoiceDetector;
use sidetone_models::Transcriber;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::config::Config;
use crate::hub::Hub;
use crate::infer::Inference;
use crate::ingest::{self, DATAGRAM_QUEUE, NoPort, Ports};
use crate::session::{self, Audio};
use crate::telemetry::Metrics;
use crate::{grpc, http};

/// Makes the voice detector of one leg.
pub type Detectors = Arc<dyn Fn() -> Box<dyn VoiceDetector> + Send + Sync>;

/// The models an engine runs on.
pub struct Models {
    /// One per inference thread.
    pub transcribers: Vec<Box<dyn Transcriber>>,
    /// One per leg.
    pub detectors: Detectors,
}

/// An engine that serves.
pub struct Engine {
    address: SocketAddr,
    calls: Arc<Calls>,
    serving: JoinHandle<std::io::Result<()>>,
    stop: Stop,
    drain: Duration,
}

/// The order of shutting down.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    /// No new calls; the health check says so.
    pub draining: CancellationToken,
    /// All calls have ended: subscribers and the listener may go.
    pub done: CancellationToken,
}

impl Engine {
    /// Starts serving. `config` has been checked.
    pub async fn start(config: Config, models: Models) -> std::io::Result<Self> {
        let metrics = Arc::new(Metrics::default());
        metrics.calls_capacity.set(config.max_calls() as i64);
        let hub = Hub::new(config.events.keep, metrics.clone());
        let inference = Inference::start(
            models.transcribers,
            config.recogniser.batch.clone(),
            metrics.clone(),
        );
        let stop = Stop::default();
        let listener = TcpListener::bind(config.server.listen).await?;
        let address = listener.local_addr()?;
        let drain = Duration::from_millis(config.server.drain_ms.into());
        let calls = Arc::new(Calls {
            slots: Arc::new(Semaphore::new(config.max_calls())),
            open: Mutex::default(),
            ports: Ports::new(&config.media),
            sessions: TaskTracker::new(),
            draining: stop.draining.clone(),
            detectors: models.detectors,
            config,
            hub,
            inference,
            metrics,
        });
        let router = http::router(calls.clone(), stop.done.clone())
            .merge(grpc::router(calls.clone(), stop.clone()).await);
        let done = stop.done.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(done)
                .await
        });
        info!(%address, calls = calls.config.max_calls(), "serving");
        Ok(Self {
            address,
            calls,
            serving,
            stop,
            drain,
        })
    }

    /// Where gRPC and HTTP are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the engine counts.
    pub fn metrics(&self) -> &Metrics {
        &self.calls.metrics
    }

    /// Shuts down in order: health says so, new calls are refused, live ones hang up, last words go
    /// out, subscribers are let go.
    pub async fn stop(self) -> std::io::Result<()> {
        info!("draining");
        self.stop.draining.cancel();
        self.calls.hang_up_all(EndReason::Shutdown);
        self.calls.sessions.close();
        if tokio::time::timeout(self.drain, self.calls.sessions.wait())
            .await
            .is_err()
        {
            warn!(
                calls = self.calls.list().len(),
                "calls were still open when the time to drain was over"
            );
        }
        self.stop.done.cancel();
        // Subscribers have their last events by now; one that does not read is not waited for.
        match tokio::time::timeout(Duration::from_secs(2), self.serving).await {
            Ok(served) => served.map_err(std::io::Error::other)?,
            Err(_) => Ok(()),
        }
    }
}

/// What is known of an open call.
#[derive(Clone)]
pub(crate) struct CallRecord {
    pub id: CallId,
    pub description: Arc<CallDescription>,
    pub opened: SystemTime,
}

struct OpenCall {
    record: CallRecord,
    hang_up: Option<oneshot::Sender<EndReason>>,
}

/// A call cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The description cannot be served.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The id is in use.
    #[error("call `{0}` is open already")]
    Exists(CallId),
    /// The engine carries all it can.
    #[error("all {0} call slots are taken; use another engine, or try again later")]
    Full(usize),
    /// No port is left for a leg.
    #[error(transparent)]
    Port(#[from] NoPort),
    /// The engine goes down.
    #[error("the engine is shutting down; use another one")]
    Draining,
}

impl OpenError {
    fn label(&self) -> &'static str {
        match self {
            Self::Description(_) => "description",
            Self::Exists(_) => "exists",
            Self::Full(_) => "full",
            Self::Port(_) => "ports",
            Self::Draining => "draining",
        }
    }
}

/// The open calls, and all that opening one takes.
pub(crate) struct Calls {
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<CallId, OpenCall>>,
    ports: Ports,
    sessions: TaskTracker,
    draining: CancellationToken,
    detectors: Detectors,
    pub config: Config,
    pub hub: Hub,
    inference: Inference,
    pub metrics: Arc<Metrics>,
}

/// A call that comes as RTP and has just been opened.
pub(crate) struct Opened {
    pub id: CallId,
    /// Where each leg is listened to.
    pub addresses: Vec<(Role, SocketAddr)>,
}

impl Calls {
    /// Opens a call that comes as RTP.
    pub fn open_rtp(
        self: &Arc<Self>,
        id: Option<CallId>,
        description: CallDescription,
    ) -> Result<Opened, OpenError> {
        let (to_call, datagrams) = mpsc::channel(DATAGRAM_QUEUE * description.legs.len().max(1));
        let mut addresses = Vec::new();
        let id = self.open(id, description, datagrams, None, |description| {
            for leg in description
                .legs
                .iter()
                .filter(|leg| matches!(leg.source, Source::Rtp(_)))
            {
                let socket = self.ports.open()?;
                let address = socket
                    .local_addr()
                    .map_err(|error| NoPort::Io(self.config.media.bind, error))?;
                addresses.push((leg.role, address));
                tokio::spawn(ingest::listen(
                    socket,
                    leg.role,
                    to_call.clone(),
                    self.metrics.clone(),
                ));
            }
            Ok(())
        });
        let id = id.inspect_err(|error| self.metrics.refused(error.label()))?;
        Ok(Opened { id, addresses })
    }

    /// Opens a call whose audio comes from `audio`. It ends with it.
    pub fn open_stream(
        self: &Arc<Self>,
        id: Option<CallId>,
        description: CallDescription,
        audio: mpsc::Receiver<Audio>,
    ) -> Result<CallId, OpenError> {
        let (_, datagrams) = mpsc::channel(1);
        self.open(id, description, datagrams, Some(audio), |_| Ok(()))
            .inspect_err(|error| self.metrics.refused(error.label()))
    }

    fn open(
        self: &Arc<Self>,
        id: Option<CallId>,
        description: CallDescription,
        datagrams: mpsc::Receiver<ingest::Datagram>,
        audio: Option<mpsc::Receiver<Audio>>,
        listen: impl FnOnce(&CallDescription) -> Result<(), OpenError>,
    ) -> Result<CallId, OpenError> {
        if self.draining.is_cancelled() {
            return Err(OpenError::Draining);
        }
        description.check()?;
        let id = id.unwrap_or_else(new_id);
        let slot = self
            .slots
            .clone()
            .try_acquire_owned()
            .map_err(|_| OpenError::Full(self.config.max_calls()))?;
        let (hang_up, on_hang_up) = oneshot::channel();
        let record = CallRecord {
            id: id.clone(),
            description: Arc::new(description),
            opened: SystemTime::now(),
        };
        {
            let mut open = self.lock();
            if open.contains_key(&id) {
                return Err(OpenError::Exists(id));
            }
            listen(&record.description)?;
            open.insert(
                id.clone(),
                OpenCall {
                    record: record.clone(),
                    hang_up: Some(hang_up),
                },
            );
        }
        self.metrics.calls_open.inc();

        let (answers, replies) = mpsc::unbounded_channel();
        let call = Call::new(
            &record.description,
            self.config.call.clone(),
            || (self.detectors)(),
            Instant::now(),
        );
        let from = session::From {
            datagrams,
            audio,
            answers: replies,
            hang_up: on_hang_up,
        };
        let to = session::To {
            hub: self.hub.clone(),
            recogniser: self.inference.client(answers),
            metrics: self.metrics.clone(),
        };
        let entry = Entry {
            calls: self.clone(),
            id: id.clone(),
            _slot: slot,
        };
        let agent_id = record.description.agent_id.clone();
        self.sessions.spawn(async move {
            session::run(entry.id.clone(), agent_id, call, from, to).await;
            drop(entry);
        });
        Ok(id)
    }

    /// Ends a call. `false` if there is none of this id; one that is ending already goes on doing so.
    pub fn hang_up(&self, id: &CallId, reason: EndReason) -> bool {
        let mut open = self.lock();
        let Some(call) = open.get_mut(id) else {
            return false;
        };
        if let Some(hang_up) = call.hang_up.take() {
            // A task that does not listen any more is about to end anyway.
            let _ = hang_up.send(reason);
        }
        true
    }

    /// Whether new calls are refused because the engine goes down.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    fn hang_up_all(&self, reason: EndReason) {
        for call in self.list() {
            self.hang_up(&call.id, reason);
        }
    }

    /// The calls that are open, the oldest first.
    pub fn list(&self) -> Vec<CallRecord> {
        let mut calls: Vec<CallRecord> = self
            .lock()
            .values()
            .map(|call| call.record.clone())
            .collect();
        calls.sort_by(|a, b| (a.opened, &a.id).cmp(&(b.opened, &b.id)));
        calls
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, OpenCall>> {
        // Every change to the map is one step, so a panic elsewhere leaves it whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's place among the open ones, given up however its task ends.
struct Entry {
    calls: Arc<Calls>,
    id: CallId,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
        self.calls.metrics.calls_open.dec();
    }
}

/// An id that no other call has, of this run or another: the time, and 64 random bits.
fn new_id() -> CallId {
    use std::hash::{BuildHasher, RandomState};
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    // Each RandomState has keys of its own, seeded by the system.
    let random = RandomState::new().hash_one(now);
    CallId::new(format!("{:x}-{random:016x}", now.as_millis()))
}
