//! The whole engine: put together, started and stopped in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sidetone_audit::AuditLog;
use sidetone_core::capacity::Report;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::api::{self, Api};
use crate::board::LiveBoard;
use crate::calls::{self, Calls};
use crate::config::Config;
use crate::event_bus::{self, EventBus};
use crate::jobs::BackgroundJobs;
use crate::recognition::{Inference, Recogniser};
use crate::recordings::Recordings;
use crate::services::Services;
use crate::storage::{CallStore, StoreError, now_ms};
use crate::telemetry::Metrics;
use crate::transport::{BindError, Doors, Front};

/// Of the time to drain, what is left once calls have given up what is still being recognised:
/// enough to tell and commit their summaries. At most a quarter of it.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

/// Of the time to drain, what is kept for last words: live calls that have not ended by then are
/// hung up. At most half of it.
const HANG_UP_BEFORE: Duration = Duration::from_secs(10);

/// How long subscribers and connections get to take what they were sent. One that does not read is
/// not waited for.
const LET_GO: Duration = Duration::from_secs(2);

/// The engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// What an earlier engine left behind cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An engine that serves.
pub struct Engine {
    front: Front,
    doors: Doors,
    api: Api,
    jobs: BackgroundJobs,
    inference: Arc<Inference>,
    metrics: Arc<Metrics>,
    store: Arc<dyn CallStore>,
    recordings: Recordings,
    audit: Option<Arc<AuditLog>>,
    /// Looks at who is let in.
    keeping_up: AbortOnDropHandle<()>,
    board: LiveBoard,
    /// Samples what is counted for it.
    sampling: AbortOnDropHandle<()>,
    draining: CancellationToken,
    drain: Duration,
    /// Since when no new calls are let in.
    draining_since: Option<Instant>,
}

impl Engine {
    /// Starts serving. `config` has been checked.
    pub async fn start(
        config: Config,
        recogniser: Recogniser,
        services: Services,
    ) -> Result<Self, StartError> {
        let front = Front::open(&config.server).await?;
        Self::start_behind(front, config, recogniser, services).await
    }

    /// Starts serving behind a front that answers probes already.
    pub async fn start_behind(
        front: Front,
        config: Config,
        recogniser: Recogniser,
        mut services: Services,
    ) -> Result<Self, StartError> {
        let Recogniser {
            inference,
            detectors,
            metrics,
            admission,
            ..
        } = recogniser;
        services.count_in(&metrics);
        let readiness = front.readiness().clone();
        let config = Arc::new(config);
        let bus = EventBus::new(event_bus::new_run(), config.events.keep, metrics.clone());
        readiness.waits_for("what an earlier engine left unfinished");
        let (services, jobs, board) = {
            let (bus, crm, board) = (bus.clone(), config.crm.clone(), config.board.clone());
            let metrics = metrics.clone();
            let runtime = tokio::runtime::Handle::current();
            let start = move || {
                let _entered = runtime.enter();
                let board = LiveBoard::open(services.store.as_ref(), &board, &metrics)?;
                let jobs = BackgroundJobs::start(&services, &bus, &metrics, &crm)?;
                Ok::<_, StoreError>((services, jobs, board))
            };
            let started = tokio::task::spawn_blocking(start).await;
            started.expect("starting does not panic")?
        };
        let (store, audit) = (services.store.clone(), services.audit.clone());
        let recordings = services.recordings.clone();
        let (inference, services) = (Arc::new(inference), Arc::new(services));
        let draining = CancellationToken::new();
        let parts = calls::Parts {
            config: config.clone(),
            admission,
            detectors,
            bus: bus.clone(),
            inference: inference.clone(),
            services: services.clone(),
            metrics: metrics.clone(),
        };
        let api = Api::new(api::Parts {
            guard: services.guard.clone(),
            calls: Calls::new(parts, draining.clone()),
            bus,
            services,
            metrics: metrics.clone(),
            board: board.clone(),
            readiness: readiness.clone(),
            config: config.clone(),
        });
        // What was changed while no engine ran is written down before anybody is answered.
        if let Err(error) = api.look_at_access().await {
            warn!(%error, "changes of who is let in are not written down");
        }
        api.live().recall_callers();
        api.keep_customers_current();
        let keeping_up = AbortOnDropHandle::new(tokio::spawn(api.clone().keep_up_with_access()));
        let sampling = AbortOnDropHandle::new(tokio::spawn(api.clone().keep_board()));
        let doors = Doors::open(&config, &api, &metrics).await?;
        front.serve(api.clone()).await;
        readiness.ready();
        if let Some(notice) = api.mood_notice() {
            info!(notice, "the moods of customers are read from their voices");
        }
        let carries = api.live().admission().report().carries;
        info!(address = %front.address(), calls = carries, "serving");
        Ok(Self {
            front,
            doors,
            api,
            jobs,
            inference,
            metrics,
            store,
            recordings,
            audit,
            keeping_up,
            board,
            sampling,
            draining,
            drain: Duration::from_millis(config.server.drain_ms.into()),
            draining_since: None,
        })
    }

    /// Where gRPC and HTTP are served.
    pub fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// Where media servers connect over WebSocket, if that door is open.
    pub fn websocket(&self) -> Option<SocketAddr> {
        self.doors.websocket()
    }

    /// Where Asterisk connects over AudioSocket, if that door is open.
    pub fn audio_socket(&self) -> Option<SocketAddr> {
        self.doors.audio_socket()
    }

    /// Where recording clients invite: over UDP and TCP, and over TLS.
    pub fn siprec(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        self.doors.siprec()
    }

    /// How many calls fit, and what that is known from.
    pub fn capacity(&self) -> Report {
        self.api.live().admission().report()
    }

    /// What the engine counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Refuses new calls, and lets live ones end by themselves: until all have, until there is just
    /// time left for last words, or until `hurry`. Probes and everybody else are answered
    /// meanwhile.
    pub async fn drain(&mut self, hurry: impl Future<Output = ()>) {
        let began = self.refuse_calls().await;
        let hang_up = began + self.drain - HANG_UP_BEFORE.min(self.drain / 2);
        tokio::select! {
            () = self.api.live().all_ended() => info!("all calls have ended"),
            () = tokio::time::sleep_until(hang_up) => info!("live calls are hung up"),
            () = hurry => info!("live calls are hung up at once"),
        }
    }

    async fn refuse_calls(&mut self) -> Instant {
        if let Some(began) = self.draining_since {
            return began;
        }
        let began = *self.draining_since.insert(Instant::now());
        info!(calls = self.api.live().list().len(), "draining");
        self.front.drain().await;
        self.draining.cancel();
        began
    }

    /// Shuts down in order: probes say so, new calls are refused, live ones hang up, last words and
    /// summaries go out, subscribers are let go.
    pub async fn stop(mut self) -> std::io::Result<()> {
        let began = self.refuse_calls().await;
        let end = began + self.drain;
        let late = end
            .checked_sub(LAST_WORDS.min(self.drain / 4))
            .map_or(began, |late| late.max(began));
        let left = self.api.live().drain(late, end).await;
        if left > 0 {
            warn!(
                calls = left,
                "calls were still open when the time to drain was over; the next engine wraps them up"
            );
        }
        // All notes are in the outbox; what the CRM does not take now, the next engine brings.
        self.jobs.stop().await;
        self.doors.close(LET_GO).await;
        self.front.close(LET_GO).await;
        let inference = self.inference;
        let stopped = tokio::task::spawn_blocking(move || inference.stop()).await;
        stopped.map_err(std::io::Error::other)?;
        self.keeping_up.abort();
        self.sampling.abort();
        // Nothing is told any more. What the disk has not taken by now is lost, and the exit code
        // says so.
        let (store, recordings, audit) = (self.store, self.recordings, self.audit);
        let board = self.board;
        let close = move || {
            if let Err(error) = board.keep(now_ms(), true) {
                warn!(%error, "what the figures were in this hour is not kept");
            }
            recordings.stop();
            if let Some(Err(error)) = audit.map(|audit| audit.close()) {
                warn!(%error, "the audit was not closed");
            }
            store.close()
        };
        let closed = tokio::task::spawn_blocking(close).await;
        closed
            .map_err(std::io::Error::other)?
            .map_err(std::io::Error::other)
    }
}
