//! Doors for media servers that speak protocols of their own: [`sidetone_doors`] reads them, what
//! is in here listens.

mod config;
mod describe;
mod session;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sidetone_doors::audiohook::AudioHook;
use sidetone_doors::frames::Frames;
use sidetone_doors::media_streams::MediaStreams;
use sidetone_doors::{Dialect, Fields, Forked};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

pub use config::{DoorsConfig, WebSocketConfig};

use super::front::BindError;
use super::listener::{Limits, Listener, Routes};
use crate::api::Api;
use crate::config::Config;
use crate::telemetry::Metrics;

/// A message longer than this is refused, in bytes: 10 s of the widest sound, as base64.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// What FreeSWITCH and jambonz call their protocol.
const PROTOCOLS: [&str; 3] = [
    "audio.drachtio.org",
    "audiostream.drachtio.org",
    "audio.jambonz.org",
];

/// The doors that are open.
#[derive(Default)]
pub(crate) struct Doors {
    /// Where WebSockets are served.
    websocket: Option<(SocketAddr, JoinHandle<()>)>,
    /// No more connections.
    close: CancellationToken,
    sessions: TaskTracker,
}

/// What connections share.
#[derive(Clone)]
struct Door {
    api: Api,
    metrics: Arc<Metrics>,
    config: Arc<Config>,
    places: Arc<Semaphore>,
    /// Ends them all.
    done: CancellationToken,
    sessions: TaskTracker,
}

impl Doors {
    /// Opens those that are told where to listen.
    pub async fn open(
        config: &Arc<Config>,
        api: &Api,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, BindError> {
        let mut doors = Self::default();
        let Some(Some(listen)) = config.doors.websocket.address() else {
            return Ok(doors);
        };
        let refused = |error| BindError::Door("doors.websocket.listen", listen, error);
        let socket = TcpListener::bind(listen).await.map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let door = Door {
            api: api.clone(),
            metrics: metrics.clone(),
            config: config.clone(),
            places: Arc::new(Semaphore::new(config.server.max_connections)),
            done: doors.close.clone(),
            sessions: doors.sessions.clone(),
        };
        let http = Router::new()
            .route("/{peer}", get(connect))
            .with_state(door);
        let routes = Routes {
            http,
            grpc: Router::new(),
        };
        let listener = Listener {
            early: routes.clone(),
            routes: Arc::new(OnceLock::from(routes)),
            limits: Limits::of(&config.server),
            close: doors.close.clone(),
        };
        info!(%address, "media servers may connect over WebSocket");
        doors.websocket = Some((address, tokio::spawn(listener.run(socket))));
        Ok(doors)
    }

    /// Where WebSockets are served.
    pub fn websocket(&self) -> Option<SocketAddr> {
        self.websocket.as_ref().map(|(address, _)| *address)
    }

    /// Lets all connections go.
    pub async fn close(self) {
        self.close.cancel();
        self.sessions.close();
        self.sessions.wait().await;
        if let Some((_, serving)) = self.websocket {
            // It ends with its connections, which have ended.
            let _ = serving.await;
        }
    }
}

/// The dialect of a peer; `None` for one that is not known.
fn dialect(peer: &str, forked: Forked, address: Fields) -> Option<Box<dyn Dialect>> {
    Some(match peer {
        "freeswitch" | "jambonz" => Box::new(Frames::new(forked, address)),
        "twilio" | "signalwire" | "telnyx" | "plivo" | "exotel" => {
            Box::new(MediaStreams::new(forked, address))
        }
        "genesys" => Box::new(AudioHook::new(address)),
        _ => return None,
    })
}

async fn connect(
    State(door): State<Door>,
    Path(peer): Path<String>,
    Query(said): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut address = Fields::default();
    let mut forked = door.config.doors.websocket.forked;
    for (name, value) in said {
        match (name.as_str(), value.as_str()) {
            ("forked", "customer") => forked = Forked::Customer,
            ("forked", "agent") => forked = Forked::Agent,
            ("forked", _) => {
                let why = "`forked` is neither customer nor agent\n";
                return (StatusCode::BAD_REQUEST, why).into_response();
            }
            _ => address.set(&name, value),
        }
    }
    let Some(dialect) = dialect(&peer, forked, address) else {
        let why = "no media server is called so here: try /freeswitch, /jambonz, /twilio, /signalwire, \
                   /telnyx, /plivo, /exotel or /genesys\n";
        return (StatusCode::NOT_FOUND, why).into_response();
    };
    let Ok(place) = door.places.clone().try_acquire_owned() else {
        let why = "all connections that `server.max_connections` allows are there\n";
        return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    };
    let upgrade = upgrade
        .protocols(PROTOCOLS)
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    upgrade.on_upgrade(move |socket: WebSocket| async move {
        let sessions = door.sessions.clone();
        let session = session::run(socket, dialect, door, peer);
        // Whoever closes the doors waits for it.
        let _ = sessions.spawn(session).await;
        drop(place);
    })
}
