//! The whole engine, started and stopped as one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sidetone_core::call::Call;
use sidetone_core::capacity::{Refusal, Report};
use sidetone_core::customer::Customer;
use sidetone_core::describe::{CallDescription, DescriptionError, Role, Source};
use sidetone_core::event::EndReason;
use sidetone_core::id::CallId;
use sidetone_core::time::unix_millis;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::admission::{Admission, Place};
use crate::call_journal::CallJournal;
use crate::config::Config;
use crate::event_bus::EventBus;
use crate::infer::Inference;
use crate::ingest::{self, DATAGRAM_QUEUE, NoPort, Ports};
use crate::jobs::BackgroundJobs;
use crate::recogniser::{Detectors, Recogniser};
use crate::records::customer_number;
use crate::services::Services;
use crate::session::{self, Audio};
use crate::storage::StoreError;
use crate::telemetry::Metrics;
use crate::{grpc, http};

/// A store that has written nothing for this long takes no new calls.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// An engine that serves.
pub struct Engine {
    address: SocketAddr,
    calls: Arc<Calls>,
    jobs: BackgroundJobs,
    serving: JoinHandle<std::io::Result<()>>,
    stop: Stop,
    drain: Duration,
}

/// The engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot serve on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The listener failed.
    #[error("cannot serve: {0}")]
    Serve(std::io::Error),
    /// What an earlier engine left behind cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| StartError::Bind(address, error))
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
    pub async fn start(
        config: Config,
        recogniser: Recogniser,
        services: Services,
    ) -> Result<Self, StartError> {
        let Recogniser {
            inference,
            detectors,
            metrics,
            admission,
            ..
        } = recogniser;
        let hub = EventBus::new(config.events.keep, metrics.clone());
        let stop = Stop::default();
        let listener = bind(config.server.listen).await?;
        let address = listener.local_addr().map_err(StartError::Serve)?;
        let retry = config.crm.retry.clone();
        let (services, jobs) = {
            let hub = hub.clone();
            let runtime = tokio::runtime::Handle::current();
            let start = move || {
                let _entered = runtime.enter();
                BackgroundJobs::start(&services, &hub, retry).map(|jobs| (services, jobs))
            };
            let started = tokio::task::spawn_blocking(start).await;
            started.expect("starting does not panic")?
        };
        let drain = Duration::from_millis(config.server.drain_ms.into());
        let calls = Arc::new(Calls {
            slots: Arc::new(Semaphore::new(config.max_calls())),
            admission,
            open: Mutex::default(),
            ports: Ports::new(&config.media),
            sessions: TaskTracker::new(),
            draining: stop.draining.clone(),
            detectors,
            config,
            hub,
            inference,
            services,
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
        info!(%address, calls = calls.admission.report().carries, "serving");
        Ok(Self {
            address,
            calls,
            jobs,
            serving,
            stop,
            drain,
        })
    }

    /// Where gRPC and HTTP are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many calls fit, and what that is known from.
    pub fn capacity(&self) -> Report {
        self.calls.admission.report()
    }

    /// What the engine counts.
    pub fn metrics(&self) -> &Metrics {
        &self.calls.metrics
    }

    /// Shuts down in order: health says so, new calls are refused, live ones hang up, last words and
    /// summaries go out, subscribers are let go.
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
        // Whoever still waits for words is told that there will be none. The threads are joined here and not where the
        // last holder of the calls is dropped, which may be a task.
        let calls = self.calls.clone();
        let joined = tokio::task::spawn_blocking(move || calls.inference.stop()).await;
        joined.map_err(std::io::Error::other)?;
        // All notes are in the outbox; what the CRM does not take now, the next engine brings.
        self.jobs.stop().await;
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
    /// The customer's name, once the CRM has told it.
    pub customer: Arc<OnceLock<String>>,
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
    /// A call had this id, and is still kept.
    #[error("call `{0}` is kept already; choose another id, or none")]
    Kept(CallId),
    /// What calls say could not be kept.
    #[error("calls cannot be kept at the moment: {0}; use another engine, or try again later")]
    NotKept(String),
    /// As many calls as `server.max_calls` allows are open.
    #[error("all {0} call slots are taken; use another engine, or try again later")]
    Full(usize),
    /// The engine carries all it can.
    #[error("{0}; use another engine, or try again in {s} s", s = .0.retry_after().as_secs())]
    Capacity(Refusal),
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
            Self::Exists(_) | Self::Kept(_) => "exists",
            Self::NotKept(_) => "store",
            Self::Full(_) => "full",
            Self::Capacity(Refusal::Full { .. }) => "capacity",
            Self::Capacity(Refusal::Late { .. }) => "late",
            Self::Port(_) => "ports",
            Self::Draining => "draining",
        }
    }
}

/// The open calls, and all that opening one takes.
pub(crate) struct Calls {
    slots: Arc<Semaphore>,
    admission: Arc<Admission>,
    open: Mutex<HashMap<CallId, OpenCall>>,
    ports: Ports,
    sessions: TaskTracker,
    draining: CancellationToken,
    detectors: Detectors,
    pub config: Config,
    pub hub: EventBus,
    inference: Inference,
    pub services: Services,
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
        self.check_store()?;
        let id = match id {
            Some(id) => self.unused(id)?,
            None => new_id(),
        };
        let slot = self
            .slots
            .clone()
            .try_acquire_owned()
            .map_err(|_| OpenError::Full(self.config.max_calls()))?;
        let place = self.admission.enter(description.legs.len());
        let place = place.map_err(OpenError::Capacity)?;
        let (hang_up, on_hang_up) = oneshot::channel();
        let record = CallRecord {
            id: id.clone(),
            description: Arc::new(description),
            opened: SystemTime::now(),
            customer: Arc::default(),
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
        let knowledge = self.services.knowledge.clone();
        let call = Call::new(
            &record.description,
            self.config.call.clone(),
            Some(knowledge.assist_context(record.opened, &record.description.spoken())),
            || (self.detectors)(),
            Instant::now(),
        );
        let from = session::From {
            datagrams,
            audio,
            answers: replies,
            customer: self.look_up(&record),
            hang_up: on_hang_up,
        };
        let journal = CallJournal::new(
            self.services.store.clone(),
            id.clone(),
            record.description.clone(),
            record.opened,
        );
        let to = session::To {
            hub: self.hub.clone(),
            journal,
            knowledge,
            recogniser: self.inference.client(answers),
            metrics: self.metrics.clone(),
            admission: self.admission.clone(),
        };
        let entry = Entry {
            calls: self.clone(),
            id: id.clone(),
            _slot: slot,
            _place: place,
        };
        let agent_id = record.description.agent_id.clone();
        self.sessions.spawn(async move {
            session::run(entry.id.clone(), agent_id, call, from, to).await;
            drop(entry);
        });
        Ok(id)
    }

    /// A disk that takes nothing would have every word wait in memory.
    fn check_store(&self) -> Result<(), OpenError> {
        match self.services.store.failing_for() {
            Some(since) if since > STORE_PATIENCE => Err(OpenError::NotKept(format!(
                "nothing could be written for {} s",
                since.as_secs()
            ))),
            _ => Ok(()),
        }
    }

    /// What is kept of calls goes by their ids.
    fn unused(&self, id: CallId) -> Result<CallId, OpenError> {
        match self.services.store.reader().knows(id.as_str()) {
            Ok(false) => Ok(id),
            Ok(true) if self.lock().contains_key(&id) => Err(OpenError::Exists(id)),
            Ok(true) => Err(OpenError::Kept(id)),
            Err(error) => Err(OpenError::NotKept(error.to_string())),
        }
    }

    /// Asks the CRM whom a call is with. Opening does not wait for it.
    fn look_up(&self, call: &CallRecord) -> oneshot::Receiver<Customer> {
        let (found, customer) = oneshot::channel();
        let (caller, callee) = (&call.description.caller, &call.description.callee);
        if let Some(number) = customer_number(call.description.direction, caller, callee) {
            let asked = self.services.look_ups.ask(number.to_owned());
            let name = call.customer.clone();
            let mut found = found;
            tokio::spawn(async move {
                let customer = tokio::select! {
                    customer = asked => customer,
                    // The call is over.
                    () = found.closed() => return,
                };
                if let Ok(customer) = customer {
                    if !customer.name.is_empty() {
                        name.get_or_init(|| customer.name.clone());
                    }
                    // A call that is over by now does not need it any more.
                    let _ = found.send(customer);
                }
            });
        }
        customer
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
    _place: Place,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
        self.calls.metrics.calls_open.dec();
    }
}

/// An id that no other call has, of this run or another: the time, and 64 random bits.
fn new_id() -> CallId {
    let now = unix_millis(SystemTime::now());
    let random = getrandom::u64().expect("the system has random numbers");
    CallId::new(format!("{now:x}-{random:016x}"))
}
