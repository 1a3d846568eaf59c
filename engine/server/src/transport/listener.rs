//! Accepts connections, as many and for as long as is good for those that are there.
//!
//! A connection has to agree on TLS, where that is spoken, and send its first request soon, and may not
//! idle for long. Where all places are taken, a few connections more are accepted for probes alone, so
//! that an engine under attack is not taken for a dead one.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use super::handshake::{self, Refused};
use super::identify::is_grpc;
use super::peer::Peer;
use super::probes;
use crate::api::Api;
use crate::config::ServerConfig;
use crate::tls::Reloading;

/// Why a connection is refused that would be one too many.
pub(super) const ALL_TAKEN: &str =
    "all connections that `server.max_connections` allows are there\n";
/// A first request has to be there within this, with the handshake before it, and so has each head of a
/// later one.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// A request has to be whole, and an answer begun, within this. Streams go on as long as they like.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// A connection on which nothing has been asked for this long is closed.
const IDLE_TIME: Duration = Duration::from_secs(300);
/// An HTTP/2 peer that does not answer a ping within this is gone.
const PING: Duration = Duration::from_secs(20);
/// Calls and subscriptions that one HTTP/2 connection may carry.
const STREAMS: u32 = 1_000;
/// Longest head of a request, in bytes: its address and its headers, of which HTTP/1 takes a hundred.
const HEADERS: u32 = 16 * 1024;
/// Connections accepted beyond the limit, for probes.
const FOR_PROBES: usize = 16;
/// After the system has refused a connection, for want of descriptors for instance.
pub(super) const AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// A connection that brings nothing for so long is asked whether it is there, and then again.
const ASKED_AFTER: Duration = Duration::from_secs(10);
const ASKED_AGAIN: Duration = Duration::from_secs(5);
/// Descriptors that connections leave to everything else: the store, the index, the sockets of
/// calls.
const DESCRIPTORS_KEPT: u64 = 256;

/// How much is let in.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    connections: usize,
    head: Duration,
    request: Duration,
    idle: Duration,
}

impl Limits {
    /// Those of the configuration, as far as the system has descriptors for them. The process's own
    /// limit of descriptors is raised as far as it may be.
    pub fn of(config: &ServerConfig) -> Self {
        let wanted = config.max_connections;
        let connections = match rlimit::increase_nofile_limit(u64::MAX) {
            Ok(descriptors) => {
                let room = descriptors.saturating_sub(DESCRIPTORS_KEPT).max(64);
                // Calls take two descriptors each; half of what there is stays for them.
                wanted.min(usize::try_from(room / 2).unwrap_or(usize::MAX))
            }
            Err(error) => {
                warn!(%error, "the limit of open files is not known");
                wanted
            }
        };
        if connections < wanted {
            warn!(
                connections,
                wanted, "the system's limit of open files leaves room for fewer connections"
            );
        }
        Self {
            connections,
            head: HEAD_TIME,
            request: REQUEST_TIME,
            idle: IDLE_TIME,
        }
    }
}

/// What requests are answered by.
#[derive(Clone)]
pub(super) struct Routes {
    pub http: Router,
    /// gRPC and gRPC-Web, told by their content type.
    pub grpc: Router,
    /// Where it is told that somebody was turned away. Nobody knows before the engine has started.
    pub api: Option<Api>,
}

/// Accepts connections and serves them.
pub(super) struct Listener {
    /// What is answered until `routes` are there.
    pub early: Routes,
    pub routes: Arc<OnceLock<Routes>>,
    pub limits: Limits,
    /// What is shown to whoever connects; without it plain text is spoken.
    pub tls: Option<Arc<Reloading>>,
    /// No more connections; those that are there end after what is under way.
    pub close: CancellationToken,
}

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scope {
    Everything,
    Probes,
}

impl Listener {
    /// Accepts until it is closed, and ends once all connections have.
    pub async fn run(self, socket: TcpListener) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let for_probes = Arc::new(Semaphore::new(FOR_PROBES));
        let connections = TaskTracker::new();
        if let Some(tls) = &self.tls {
            connections.spawn(tls.clone().watch(self.close.clone()));
        }
        let shared = Arc::new(self);
        loop {
            let accepted = tokio::select! {
                () = shared.close.cancelled() => break,
                accepted = socket.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    debug!(%error, "a connection was not accepted");
                    tokio::time::sleep(AFTER_REFUSAL).await;
                    continue;
                }
            };
            let (scope, place) = match places.clone().try_acquire_owned() {
                Ok(place) => (Scope::Everything, place),
                Err(_) => match for_probes.clone().try_acquire_owned() {
                    Ok(place) => (Scope::Probes, place),
                    // Closed at once: it may try another engine.
                    Err(_) => {
                        shared.crowded();
                        continue;
                    }
                },
            };
            let peer = Peer::at(address);
            connections.spawn(shared.clone().connection(stream, peer, scope, place));
        }
        drop(socket);
        connections.close();
        connections.wait().await;
    }

    /// Somebody is turned away for want of room.
    fn crowded(&self) {
        if let Some(api) = self.api() {
            api.crowded(ALL_TAKEN);
        }
    }

    /// Where it is told, once the engine has started.
    fn api(&self) -> Option<&Api> {
        self.routes.get().and_then(|routes| routes.api.as_ref())
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        mut peer: Peer,
        scope: Scope,
        _place: OwnedSemaphorePermit,
    ) {
        prepare(&stream);
        let by = Instant::now() + self.limits.head;
        let begun = tokio::select! {
            () = self.close.cancelled() => return,
            begun = timeout_at(by, handshake::begin(stream, self.tls.as_deref())) => begun,
        };
        let wire = match begun {
            Ok(Ok(wire)) => wire,
            Ok(Err(refused)) => return self.refused(&peer, &refused),
            Err(_) => {
                debug!(peer = %peer.address, "a connection that did not begin in time is closed");
                return;
            }
        };
        if self.tls.is_some() {
            peer = peer.over_tls(handshake::shown(&wire));
        }
        let address = peer.address;
        let activity = Arc::new(Activity::new(by));
        let service = service_fn({
            let (shared, activity) = (self.clone(), activity.clone());
            move |mut request: Request<Incoming>| {
                let shared = shared.clone();
                request.extensions_mut().insert(peer.clone());
                let under_way = UnderWay::new(activity.clone(), shared.limits.idle);
                async move { Ok::<_, Infallible>(shared.answer(request, scope, under_way).await) }
            }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(HEADERS as usize)
            .keep_alive(scope == Scope::Everything);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADERS);
        let mut connection =
            pin!(builder.serve_connection_with_upgrades(TokioIo::new(wire), service));
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = self.close.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = activity.idle() => {
                debug!(peer = %address, "a connection on which nothing was asked is closed");
                return;
            }
        };
        if let Err(error) = ended {
            debug!(peer = %address, %error, "a connection broke off");
        }
    }

    /// Somebody is turned away who cannot be understood.
    fn refused(&self, peer: &Peer, why: &Refused) {
        debug!(peer = %peer.address, %why, "a connection did not begin");
        if let (Some(api), false) = (self.api(), why.is_nothing()) {
            api.refused(&why.to_string());
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        scope: Scope,
        under_way: UnderWay,
    ) -> Response<Body> {
        let path = request.uri().path();
        if scope == Scope::Probes && !probes::PATHS.contains(&path) {
            self.crowded();
            return (StatusCode::SERVICE_UNAVAILABLE, ALL_TAKEN).into_response();
        }
        let grpc = is_grpc(request.headers());
        let routes = self.routes.get().unwrap_or(&self.early);
        let routes = if grpc { &routes.grpc } else { &routes.http };
        let routed = routes.clone().oneshot(request.map(Body::new));
        let answer = timeout(self.limits.request, routed).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Err(_) if grpc => {
                tonic::Status::deadline_exceeded("the request did not come whole in time")
                    .into_http()
            }
            Err(_) => (
                StatusCode::REQUEST_TIMEOUT,
                "the request did not come whole in time\n",
            )
                .into_response(),
        };
        // A stream is under way until its last byte.
        response.map(|body| {
            Body::new(Watched {
                body,
                _under_way: under_way,
            })
        })
    }
}

/// Events are small and wanted at once, and who is gone without a word is found out: within a
/// minute, where the system asks nine times.
pub(super) fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(ASKED_AFTER)
        .with_interval(ASKED_AGAIN);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

/// When something was last asked for on a connection, and how much is under way.
struct Activity {
    under_way: AtomicUsize,
    /// Idle from then on, if nothing is under way.
    idle_at: Mutex<Instant>,
}

impl Activity {
    fn new(idle_at: Instant) -> Self {
        Self {
            under_way: AtomicUsize::new(0),
            idle_at: Mutex::new(idle_at),
        }
    }

    fn idle_at(&self) -> Instant {
        *self.idle_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing has been under way for as long as may be.
    async fn idle(&self) {
        loop {
            let at = self.idle_at();
            sleep_until(at).await;
            if self.under_way.load(Ordering::Relaxed) > 0 {
                // Looked at again; what ends meanwhile moves the moment.
                *self.idle_at.lock().unwrap_or_else(PoisonError::into_inner) =
                    Instant::now() + HEAD_TIME;
            } else if self.idle_at() <= at {
                return;
            }
        }
    }
}

/// A request that is being answered.
struct UnderWay {
    activity: Arc<Activity>,
    idle: Duration,
}

impl UnderWay {
    fn new(activity: Arc<Activity>, idle: Duration) -> Self {
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        Self { activity, idle }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let idle_at = Instant::now() + self.idle;
        *self
            .activity
            .idle_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = idle_at;
        self.activity.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that counts as under way until it is gone.
struct Watched {
    body: Body,
    _under_way: UnderWay,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
