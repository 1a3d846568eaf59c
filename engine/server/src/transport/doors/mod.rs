//! Doors for media servers that speak protocols of their own: [`sidetone_doors`] reads them, what
//! is in here listens.

mod config;
mod describe;
mod folder;
mod joined;
mod plain_rtp;
mod session;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sidetone_doors::audio_socket::AudioSocket;
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

pub use config::{AudioSocketConfig, DoorsConfig, FolderConfig, PlainRtpConfig, WebSocketConfig};
use folder::Folder;
use joined::Joined;
use plain_rtp::PlainRtp;
use wire::Wire;

use super::front::BindError;
use super::listener::{Limits, Listener, Routes};
use crate::api::Api;
use crate::config::Config;
use crate::telemetry::Metrics;

/// A message longer than this is refused, in bytes: 10 s of the widest sound, as base64.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// After the system has refused a connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

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
    /// Where AudioSockets are.
    audio_socket: Option<(SocketAddr, JoinHandle<()>)>,
    /// Ports that are always the same.
    plain_rtp: Vec<JoinHandle<()>>,
    /// A folder of recordings.
    folder: Option<JoinHandle<()>>,
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
    joined: Joined,
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
        let door = Door {
            api: api.clone(),
            metrics: metrics.clone(),
            config: config.clone(),
            places: Arc::new(Semaphore::new(config.server.max_connections)),
            joined: Joined::default(),
            done: doors.close.clone(),
            sessions: doors.sessions.clone(),
        };
        let key = "doors.websocket.listen";
        if let Some((socket, address)) = bind(key, config.doors.websocket.address()).await? {
            info!(%address, "media servers may connect over WebSocket");
            let serving = tokio::spawn(door.clone().listener().run(socket));
            doors.websocket = Some((address, serving));
        }
        let key = "doors.audio_socket.listen";
        if let Some((socket, address)) = bind(key, config.doors.audio_socket.address()).await? {
            info!(%address, "Asterisk may connect over AudioSocket");
            let serving = tokio::spawn(door.clone().audio_sockets(socket));
            doors.audio_socket = Some((address, serving));
        }
        if let Some(folder) = Folder::open(&door) {
            info!(folder = %config.doors.folder.path.display(), "recordings may appear");
            doors.folder = Some(tokio::spawn(folder.run()));
        }
        let lines = PlainRtp::bind(&door)?;
        if !lines.is_empty() {
            info!(lines = lines.len(), "plain RTP may come");
        }
        doors.plain_rtp = lines
            .into_iter()
            .map(|line| tokio::spawn(line.run()))
            .collect();
        Ok(doors)
    }

    /// Where WebSockets are served.
    pub fn websocket(&self) -> Option<SocketAddr> {
        self.websocket.as_ref().map(|(address, _)| *address)
    }

    /// Where AudioSockets are.
    pub fn audio_socket(&self) -> Option<SocketAddr> {
        self.audio_socket.as_ref().map(|(address, _)| *address)
    }

    /// Lets all connections go.
    pub async fn close(self) {
        self.close.cancel();
        self.sessions.close();
        self.sessions.wait().await;
        for (_, serving) in self.websocket.into_iter().chain(self.audio_socket) {
            // It ends with its connections, which have ended.
            let _ = serving.await;
        }
        for line in self.plain_rtp.into_iter().chain(self.folder) {
            let _ = line.await;
        }
    }
}

type Bound = Option<(TcpListener, SocketAddr)>;

/// Binds the address of a door, if it is open.
async fn bind(key: &'static str, listen: Option<Option<SocketAddr>>) -> Result<Bound, BindError> {
    let Some(Some(listen)) = listen else {
        return Ok(None);
    };
    let refused = |error| BindError::Door(key, listen, error);
    let socket = TcpListener::bind(listen).await.map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok(Some((socket, address)))
}

impl Door {
    /// Serves WebSockets.
    fn listener(self) -> Listener {
        let (limits, close) = (Limits::of(&self.config.server), self.done.clone());
        let http = Router::new()
            .route("/{peer}", get(connect))
            .with_state(self);
        let routes = Routes {
            http,
            grpc: Router::new(),
        };
        Listener {
            early: routes.clone(),
            routes: Arc::new(OnceLock::from(routes)),
            limits,
            close,
        }
    }

    /// Takes AudioSockets, until the doors are closed.
    async fn audio_sockets(self, socket: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.done.cancelled() => return,
                accepted = socket.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // For want of descriptors, for instance.
                tokio::time::sleep(AFTER_REFUSAL).await;
                continue;
            };
            // Closed at once where all are taken: it may try another engine.
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                continue;
            };
            let dialect = Box::new(AudioSocket::new(self.config.doors.audio_socket.forked));
            let (wire, peer) = (Wire::Tcp(stream), "asterisk".to_owned());
            let session = session::run(wire, dialect, self.clone(), peer);
            self.sessions.spawn(async move {
                session.await;
                drop(place);
            });
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
    upgrade.on_upgrade(move |socket| async move {
        let sessions = door.sessions.clone();
        let wire = Wire::WebSocket(Box::new(socket));
        let session = session::run(wire, dialect, door, peer);
        // Whoever closes the doors waits for it.
        let _ = sessions.spawn(session).await;
        drop(place);
    })
}
