//! Doors for media servers that speak protocols of their own: [`sidetone_doors`] reads them, what
//! is in here listens.

mod config;
mod describe;
mod folder;
mod found;
mod joined;
mod plain_rtp;
mod rtpengine;
mod session;
mod siprec;
mod told;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sidetone_doors::audio_socket::{AudioSocket, GOODBYE};
use sidetone_doors::audiohook::AudioHook;
use sidetone_doors::chan_websocket::ChanWebSocket;
use sidetone_doors::frames::Frames;
use sidetone_doors::media_streams::MediaStreams;
use sidetone_doors::{Dialect, Fields, Forked};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

pub use config::{
    AudioSocketConfig, DoorsConfig, FolderConfig, LinePorts, PlainRtpConfig, RtpEngineConfig,
    SiprecConfig, WebSocketConfig,
};
use folder::Folder;
use joined::Joined;
use plain_rtp::PlainRtp;
use siprec::Siprec;
use wire::Wire;

use super::front::{BindError, tls};
use super::identify::credentials;
use super::listener::{AFTER_REFUSAL, ALL_TAKEN, Limits, Listener, Routes, prepare};
use super::origin::own_pages_alone;
use super::peer::Peer;
use crate::access::{self, Credentials};
use crate::api::{Api, Principal};
use crate::config::Config;
use crate::receptions::Entrance;
use crate::telemetry::Metrics;
use crate::tls::{HTTP_1, Reloading};

/// A message longer than this is refused, in bytes: 10 s of the widest sound, as base64.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// Of what an address names, so many characters are told.
const LONGEST_NAME: usize = 40;

/// What FreeSWITCH, jambonz and Asterisk call their protocols.
const PROTOCOLS: [&str; 4] = [
    "audio.drachtio.org",
    "audiostream.drachtio.org",
    "audio.jambonz.org",
    "media",
];

/// The doors that are open.
#[derive(Default)]
pub(crate) struct Doors {
    /// Where WebSockets are served.
    websocket: Option<SocketAddr>,
    /// Where AudioSockets are.
    audio_socket: Option<SocketAddr>,
    /// Where SIP is served over UDP and TCP, and over TLS.
    siprec: (Option<SocketAddr>, Option<SocketAddr>),
    /// One for each, or more.
    tasks: Vec<JoinHandle<()>>,
    /// No more connections.
    close: CancellationToken,
    sessions: TaskTracker,
}

/// What connections share.
#[derive(Clone)]
struct Door {
    api: Api,
    /// In whose name calls are opened.
    who: Principal,
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
            who: Principal::engine("doors"),
            metrics: metrics.clone(),
            config: config.clone(),
            places: Arc::new(Semaphore::new(config.server.max_connections)),
            joined: Joined::default(),
            done: doors.close.clone(),
            sessions: doors.sessions.clone(),
        };
        let [websocket, audio_socket, ..] = config.doors.listening();
        if let Some((socket, address)) = bind(websocket).await? {
            let tls = tls(websocket.0, config.websocket_tls(), HTTP_1)?;
            info!(%address, tls = tls.is_some(), "media servers may connect over WebSocket");
            let door = door.through("websocket");
            door.seen().listens([address.to_string()]);
            doors
                .tasks
                .push(tokio::spawn(door.listener(tls).run(socket)));
            doors.websocket = Some(address);
        }
        if let Some((socket, address)) = bind(audio_socket).await? {
            info!(%address, "Asterisk may connect over AudioSocket");
            let door = door.through("audio_socket");
            door.seen().listens([address.to_string()]);
            doors.tasks.push(tokio::spawn(door.audio_sockets(socket)));
            doors.audio_socket = Some(address);
        }
        if let Ok(control) = config.doors.rtpengine.control.trim().parse() {
            let asking = rtpengine::open(door.through("rtpengine"), control).await;
            let refused = |error| BindError::Door("doors.rtpengine.control", control, error);
            doors.tasks.push(asking.map_err(refused)?);
        }
        let siprec = Siprec::open(&door.through("siprec")).await?;
        doors.siprec = (siprec.plain, siprec.tls);
        doors.tasks.extend(siprec.tasks);
        let lines = PlainRtp::bind(&door.through("rtp"))?;
        if !lines.is_empty() {
            info!(lines = lines.len(), "plain RTP may come");
        }
        let lines = lines.into_iter().map(|line| tokio::spawn(line.run()));
        doors.tasks.extend(lines);
        if let Some(folder) = Folder::open(&door.through("folder")) {
            info!(folder = %config.doors.folder.path.display(), "recordings may appear");
            doors.tasks.push(tokio::spawn(folder.run()));
        }
        Ok(doors)
    }

    /// Where WebSockets are served.
    pub const fn websocket(&self) -> Option<SocketAddr> {
        self.websocket
    }

    /// Where AudioSockets are.
    pub const fn audio_socket(&self) -> Option<SocketAddr> {
        self.audio_socket
    }

    /// Where SIP is served: over UDP and TCP, and over TLS.
    pub const fn siprec(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        self.siprec
    }

    /// Lets all connections go, after `patience` whether or not they have read what they were sent.
    pub async fn close(self, patience: Duration) {
        self.close.cancel();
        self.sessions.close();
        let gone = async {
            self.sessions.wait().await;
            for task in self.tasks {
                // It ends with its connections, which have ended.
                let _ = task.await;
            }
        };
        // What is not told by then is left.
        let _ = timeout(patience, gone).await;
    }
}

/// Binds the address of a door, if it is open: its setting, and where it is to listen.
async fn bind(
    (key, listen): (&'static str, &str),
) -> Result<Option<(TcpListener, SocketAddr)>, BindError> {
    // What is no address has been refused with the configuration.
    let Ok(listen) = listen.parse::<SocketAddr>() else {
        return Ok(None);
    };
    let refused = |error| BindError::Door(key, listen, error);
    let socket = TcpListener::bind(listen).await.map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok(Some((socket, address)))
}

impl Door {
    /// The same under a name of its own, by which is told what comes in.
    fn through(&self, name: &str) -> Self {
        Self {
            api: self.api.through(name),
            who: Principal::engine(name),
            ..self.clone()
        }
    }

    /// The same for whoever connects, if they may open calls.
    async fn let_in(&self, shown: Credentials<'_>, from: Option<IpAddr>) -> Result<Self, String> {
        self.api.guard().prepare(shown).await;
        let who = match self.api.guard().identify(shown, from) {
            Ok(who) => who,
            Err(why) => {
                let told = self.api.tell_unknown(from, self.seen().name(), why).await;
                told.map_err(|error| error.to_string())?;
                let why = format!(
                    "{why}; a media server without credentials is known by its address, under \
                     `[peers]` in the file of `access.policy`"
                );
                self.seen().refused(&why);
                return Err(why);
            }
        };
        let sees = match access::opens_calls(&who) {
            Ok(sees) => sees,
            Err(decision) => {
                let told = self.api.tell_refused(&who, &decision).await;
                told.map_err(|error| error.to_string())?;
                let why = format!("`{}` may not open calls", who.name());
                self.seen().refused(&why);
                return Err(why);
            }
        };
        Ok(Self {
            who: who.let_in(sees),
            ..self.clone()
        })
    }

    /// Where it is told what comes in.
    fn seen(&self) -> &Entrance {
        self.api.entrance()
    }

    /// Serves WebSockets.
    fn listener(self, tls: Option<Arc<Reloading>>) -> Listener {
        let (limits, close) = (Limits::of(&self.config.server), self.done.clone());
        let api = self.api.clone();
        let http = Router::new()
            .route("/{peer}", get(connect))
            .layer(from_fn_with_state(api.clone(), own_pages_alone))
            .with_state(self);
        let routes = Routes {
            http,
            grpc: Router::new(),
            api: Some(api),
        };
        Listener {
            early: routes.clone(),
            routes: Arc::new(OnceLock::from(routes)),
            limits,
            tls,
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
            let Ok((mut stream, from)) = accepted else {
                // For want of descriptors, for instance.
                tokio::time::sleep(AFTER_REFUSAL).await;
                continue;
            };
            // Closed at once where all are taken: it may try another engine.
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                self.api.crowded(ALL_TAKEN);
                // There is room for that where nothing has been sent yet.
                let _ = timeout(AFTER_REFUSAL, stream.write_all(&GOODBYE)).await;
                continue;
            };
            let Ok(door) = self.let_in(Credentials::default(), Some(from.ip())).await else {
                let _ = timeout(AFTER_REFUSAL, stream.write_all(&GOODBYE)).await;
                continue;
            };
            let AudioSocketConfig { forked, pairs, .. } = self.config.doors.audio_socket;
            let dialect = Box::new(AudioSocket::new(forked, pairs));
            prepare(&stream);
            let (wire, peer) = (Wire::Tcp(stream), "asterisk".to_owned());
            let session = session::run(wire, dialect, door, peer);
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
        "asterisk" => Box::new(ChanWebSocket::new(forked, address)),
        "genesys" => Box::new(AudioHook::new(address)),
        _ => return None,
    })
}

async fn connect(
    State(door): State<Door>,
    Path(peer): Path<String>,
    Query(said): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    Extension(connected): Extension<Peer>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut address = Fields::default();
    let mut token = None;
    for (name, value) in said {
        // What some media servers can send as a part of the address alone.
        match name.eq_ignore_ascii_case("token") {
            true => token = Some(value),
            false => address.set(&name, value),
        }
    }
    let shown = credentials(&headers);
    let shown = Credentials {
        bearer: shown.bearer.or(token.as_deref()),
        session: None,
        certificate: &connected.names,
    };
    let door = match door.let_in(shown, Some(connected.address.ip())).await {
        Ok(door) => door,
        Err(why) => return (StatusCode::UNAUTHORIZED, format!("{why}\n")).into_response(),
    };
    let forked = door.config.doors.websocket.forked;
    let Some(dialect) = dialect(&peer, forked, address) else {
        let why = "no media server is called so here: try /freeswitch, /jambonz, /asterisk, /twilio, \
                   /signalwire, /telnyx, /plivo, /exotel or /genesys\n";
        let called: String = peer.chars().take(LONGEST_NAME).collect();
        door.api.refused(&format!("`/{called}`: {why}"));
        return (StatusCode::NOT_FOUND, why).into_response();
    };
    let Ok(place) = door.places.clone().try_acquire_owned() else {
        door.api.crowded(ALL_TAKEN);
        return (StatusCode::SERVICE_UNAVAILABLE, ALL_TAKEN).into_response();
    };
    let who = door.who.clone();
    let door = Door {
        who,
        ..door.through(&format!("websocket/{peer}"))
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
