//! SIPREC: recording clients invite us over SIP, whose messages, transactions and timers are
//! rsipstack's. [`sidetone_doors::siprec`] says what an invitation means to a call; what is in here
//! listens, answers, and keeps the dialogs.
//!
//! Judged were rsipstack 0.7 and ezk-sip 0.9. The first was taken: its transactions can be used
//! without its sockets, so that messages and connections are bounded by us, which neither bounds; it
//! sends a 200 again until it is acknowledged; and it needs six crates more that this
//! program did not have, the other some forty, among them a resolver of its own and a media stack.

mod answer;
mod dialog;
mod headers;
mod request;
mod session;
mod sockets;
#[cfg(test)]
mod tests;
mod timer;
mod transaction;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::sip::{Method, Request, SipMessage, StatusCode, Transport};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipConnection;
use sidetone_doors::siprec::Sides;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info};

use super::Door;
use crate::access::Credentials;
use crate::ingest::any_like;
use crate::tls::SIP;
use crate::transport::BindError;
use crate::transport::front;
use answer::{Alone, Refused};
use dialog::{Key, Local, invitation};
use session::Session;

/// What we call ourselves.
const NAME: &str = "Sidetone";
/// Transactions that are under way, or kept to answer what is sent again: of 60 calls a second.
/// Beyond that no new call is taken, beyond half of it nothing that belongs to no call, and beyond four
/// times that nothing at all.
const MOST_TRANSACTIONS: usize = 4_000;
/// Requests of a dialog that are not looked at yet, with a place for its BYE. One that comes on top is
/// told to wait.
const REQUESTS: usize = 9;
/// How long the answer to a goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where SIP is served.
#[derive(Default)]
pub(super) struct Siprec {
    /// Over UDP and TCP.
    pub plain: Option<SocketAddr>,
    /// Over TLS.
    pub tls: Option<SocketAddr>,
    pub tasks: Vec<JoinHandle<()>>,
}

/// What all of it shares.
#[derive(Clone)]
struct Sip {
    door: Door,
    endpoint: EndpointInnerRef,
    sides: Arc<Sides>,
    dialogs: Arc<Mutex<HashMap<Key, mpsc::Sender<Transaction>>>>,
    /// Who has invited us, and with which request, as long as that goes on.
    inviting: Arc<Mutex<HashSet<(String, String, u32)>>>,
    /// Connections that are open, by whom they are with.
    streams: Arc<Mutex<HashMap<SocketAddr, SipConnection>>>,
    /// The names of the certificates that clients have shown over TLS, by where they are.
    certificates: Arc<Mutex<HashMap<SocketAddr, Arc<[String]>>>>,
    /// Ports that we are reached at, and TLS has one of its own.
    plain: SocketAddr,
    tls: SocketAddr,
    /// Sockets are given up.
    closed: CancellationToken,
    connections: TaskTracker,
    sessions: TaskTracker,
}

impl Siprec {
    /// Serves SIP where the configuration says so.
    pub async fn open(door: &Door) -> Result<Self, BindError> {
        let config = &door.config.doors.siprec;
        let plain = address(&config.listen).map(|address| ("doors.siprec.listen", address));
        let tls = address(&config.tls_listen).map(|address| ("doors.siprec.tls_listen", address));
        // What is wrong has been refused with the configuration.
        let Ok(sides) = config.sides() else {
            return Ok(Self::default());
        };
        if plain.is_none() && tls.is_none() {
            return Ok(Self::default());
        }
        let mut tcp = Vec::new();
        let mut udp = None;
        if let Some((key, listen)) = plain {
            let refused = |error| BindError::Door(key, listen, error);
            let (datagrams, connections) = sockets::bind(listen).await.map_err(refused)?;
            let address = datagrams.local_addr().map_err(refused)?;
            udp = Some((Arc::new(datagrams), address));
            tcp.push((connections, None));
        }
        let mut secure = None;
        if let Some((key, listen)) = tls {
            let refused = |error| BindError::Door(key, listen, error);
            // That there are files has been looked at with the configuration.
            let files = door.config.siprec_tls().map(|(_, files)| files);
            let tls = front::tls(key, files, SIP)?;
            let socket = TcpListener::bind(listen).await.map_err(refused)?;
            secure = Some(socket.local_addr().map_err(refused)?);
            tcp.push((socket, tls));
        }
        let address = udp.as_ref().map(|(_, address)| *address);
        let listens = [(address, "UDP and TCP"), (secure, "TLS")].into_iter();
        let listens = listens.filter_map(|(at, how)| Some(format!("{} over {how}", at?)));
        door.seen().listens(listens);
        let any = SocketAddr::from(([127, 0, 0, 1], 5_060));
        let closed = CancellationToken::new();
        let endpoint = EndpointBuilder::new()
            .with_user_agent(NAME)
            .with_cancel_token(closed.clone())
            .with_option(EndpointOption {
                // Sent where we send it, and to nobody whom a peer names.
                auto_ack_2xx: false,
                ..EndpointOption::default()
            })
            .build();
        let sip = Sip {
            door: door.clone(),
            endpoint: endpoint.inner.clone(),
            sides: Arc::new(sides),
            dialogs: Arc::default(),
            inviting: Arc::default(),
            streams: Arc::default(),
            certificates: Arc::default(),
            plain: address.unwrap_or(any),
            tls: secure.unwrap_or(any),
            closed,
            connections: TaskTracker::new(),
            sessions: TaskTracker::new(),
        };
        let incoming = endpoint.incoming_transactions().ok();
        let mut tasks = Vec::new();
        if let Some((socket, address)) = udp {
            info!(%address, "recording clients may invite over UDP and TCP");
            tasks.push(tokio::spawn(sockets::datagrams(
                sip.clone(),
                socket,
                address,
            )));
        }
        if let Some(address) = secure {
            info!(%address, "recording clients may invite over TLS");
        }
        for (socket, tls) in tcp {
            if let Some(tls) = &tls {
                tasks.push(tokio::spawn(tls.clone().watch(door.done.clone())));
            }
            let serving = sockets::connections(sip.clone(), socket, tls);
            tasks.push(tokio::spawn(serving));
        }
        tasks.push(tokio::spawn(async move { endpoint.serve().await }));
        tasks.push(tokio::spawn(sip.run(incoming.expect("it is new"))));
        Ok(Self {
            plain: address,
            tls: secure,
            tasks,
        })
    }
}

fn address(listen: &str) -> Option<SocketAddr> {
    listen.trim().parse().ok()
}

impl Sip {
    /// Takes requests until the door is closed, and tells clients goodbye then.
    async fn run(self, mut incoming: TransactionReceiver) {
        loop {
            tokio::select! {
                () = self.door.done.cancelled() => break,
                transaction = incoming.recv() => match transaction {
                    Some(transaction) => self.dispatch(transaction),
                    None => break,
                },
            }
        }
        self.sessions.close();
        // What is not told by then is left.
        let _ = timeout(GOODBYE, async {
            loop {
                tokio::select! {
                    () = self.sessions.wait() => break,
                    Some(transaction) = incoming.recv() => self.dispatch(transaction),
                }
            }
        })
        .await;
        self.closed.cancel();
        self.connections.close();
        self.connections.wait().await;
    }

    /// Gives a request to the dialog that it belongs to, or begins one.
    fn dispatch(&self, transaction: Transaction) {
        let key = Key::of(&transaction.original);
        let (request, answer) = match (key, transaction.original.method) {
            (Some(key), _) => match self.give(&key, transaction) {
                Ok(()) => return,
                Err(refused) => {
                    let (request, why) = *refused;
                    (request, Err(why))
                }
            },
            (None, Method::Invite | Method::Options) if self.is_leaving() => {
                (transaction, Err(Refused::leaving()))
            }
            (None, Method::Invite) => match self.invite(transaction) {
                Ok(()) => return,
                Err(transaction) => (*transaction, Err(Refused::twice())),
            },
            (None, Method::Options) => (transaction, Ok(())),
            (None, _) => (transaction, Err(Refused::method())),
        };
        self.answer_alone(request, answer);
    }

    fn answer_alone(&self, request: Transaction, answer: Alone) {
        if answer.is_err() {
            self.door.metrics.door("refused");
        }
        let answering = answer::alone(request, answer, self.closed.clone());
        self.connections.spawn(answering);
    }

    /// Begins a session, unless the same client is inviting to it already.
    fn invite(&self, transaction: Transaction) -> Result<(), Box<Transaction>> {
        let invited = invitation(&transaction.original).unwrap_or_default();
        let lock = || self.inviting.lock().unwrap_or_else(PoisonError::into_inner);
        if !lock().insert(invited.clone()) {
            return Err(Box::new(transaction));
        }
        let mut sip = self.clone();
        self.sessions.spawn(async move {
            let from = request::source(&transaction.original);
            // Whoever is not let in has been refused before there was a transaction; what has changed
            // since then is for the client to find out once more.
            if let Some(from) = from
                && let Ok(door) = sip.let_in(from).await
            {
                sip.door = door;
                Session::run(sip.clone(), transaction).await;
            }
            let mut inviting = sip.inviting.lock().unwrap_or_else(PoisonError::into_inner);
            inviting.remove(&invited);
        });
        Ok(())
    }

    /// Takes a message from the network, if there is room for what may come of it.
    async fn take(
        &self,
        message: SipMessage,
        (from, transport): (SocketAddr, Transport),
        connection: &SipConnection,
    ) {
        let message = match message {
            SipMessage::Request(mut request) => {
                if let Err(error) = request::note_source(&mut request, from) {
                    return self.garbled(from, &error.to_string());
                }
                if let Some(answer) = self.at_once(&request, from).await {
                    return self.answer_at_once(&request, answer, connection).await;
                }
                SipMessage::Request(request)
            }
            response => response,
        };
        let sender = sockets::address(from, transport);
        let endpoint = &self.endpoint;
        let taken = endpoint.on_received_message(message, connection.clone(), &sender);
        if let Err(error) = taken.await {
            self.garbled(from, &error.to_string());
        }
    }

    /// The door for somebody who is at `from`, by their address or the certificate they have shown there.
    async fn let_in(&self, from: SocketAddr) -> Result<Door, String> {
        let names = self.certificates().get(&from).cloned().unwrap_or_default();
        let shown = Credentials {
            certificate: &names,
            ..Credentials::default()
        };
        self.door.let_in(shown, Some(from.ip())).await
    }

    /// What a request is answered with that gets no transaction, because nobody would know it again, or
    /// because there are many: whoever belongs to no dialog long before those who begin one, and those who
    /// have one at the very last.
    async fn at_once(&self, request: &Request, from: SocketAddr) -> Option<Alone> {
        if request.method != Method::Ack
            && let Err(bad) = dialog::check(request)
        {
            return Some(Err(Refused::new(StatusCode::BadRequest, bad)));
        }
        // What is said in the name of a dialog comes from somebody who may begin one, too.
        let asks = !matches!(request.method, Method::Ack | Method::Cancel);
        if asks && let Err(why) = self.let_in(from).await {
            return Some(Err(Refused::new(StatusCode::Forbidden, why)));
        }
        let count = self.endpoint.transactions.len() + self.endpoint.finished_transactions.len();
        let key = Key::of(request);
        let is_known = key
            .as_ref()
            .is_some_and(|key| self.dialogs().contains_key(key));
        let crowded: fn() -> Alone = || Err(Refused::crowded());
        let (most, answer): (usize, fn() -> Alone) = match (request.method, key) {
            (Method::Ack | Method::Cancel, _) => return None,
            (_, Some(_)) if is_known => (4 * MOST_TRANSACTIONS, crowded),
            (_, Some(_)) => (MOST_TRANSACTIONS / 2, || Err(Refused::unknown())),
            (Method::Invite, None) => (MOST_TRANSACTIONS, crowded),
            (Method::Options, None) if !self.is_leaving() => (MOST_TRANSACTIONS / 2, || Ok(())),
            (_, None) => (MOST_TRANSACTIONS / 2, crowded),
        };
        (count >= most).then(answer)
    }

    /// Answers a request without keeping anything of it.
    async fn answer_at_once(&self, request: &Request, answer: Alone, connection: &SipConnection) {
        match &answer {
            Ok(()) => {}
            Err(refused) if refused.status == StatusCode::ServiceUnavailable => {
                self.door.api.crowded(&refused.why);
            }
            Err(_) => self.door.metrics.door("refused"),
        }
        let (status, headers) = answer::said(answer);
        let mut response = self.endpoint.make_response(request, status, None);
        response.headers.extend(headers);
        // Whoever asked may have gone.
        let _ = connection.send(response.into(), None).await;
    }

    /// Something came that cannot be read.
    fn garbled(&self, from: SocketAddr, why: &str) {
        self.door.api.stray();
        debug!(%from, why, "what comes to the SIP port cannot be read");
    }

    fn is_leaving(&self) -> bool {
        self.door.done.is_cancelled() || self.door.api.is_draining()
    }

    /// Gives a request to its dialog; back, with what to answer, where that is not there or has too
    /// many already.
    fn give(&self, key: &Key, request: Transaction) -> Result<(), Box<(Transaction, Refused)>> {
        // Nothing is given to a dialog that has been forgotten meanwhile.
        let dialogs = self.dialogs();
        let refused = match dialogs.get(key) {
            None => (request, Refused::unknown()),
            Some(dialog) if dialog.capacity() < 2 && request.original.method != Method::Bye => {
                (request, Refused::behind())
            }
            Some(dialog) => match dialog.try_send(request) {
                Ok(()) => return Ok(()),
                Err(refused) => (refused.into_inner(), Refused::behind()),
            },
        };
        Err(Box::new(refused))
    }

    /// Forgets a dialog. What it has not looked at belongs to none.
    fn forget(&self, key: &Key, mut requests: mpsc::Receiver<Transaction>) {
        self.dialogs().remove(key);
        while let Ok(request) = requests.try_recv() {
            self.answer_alone(request, Err(Refused::unknown()));
        }
    }

    fn dialogs(&self) -> MutexGuard<'_, HashMap<Key, mpsc::Sender<Transaction>>> {
        self.dialogs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where somebody at `peer` reaches us.
    fn local(&self, transport: Transport, peer: IpAddr) -> Local {
        let listening = match transport {
            Transport::Tls => self.tls,
            _ => self.plain,
        };
        let advertised = &self.door.config.media.advertise;
        let host = match (advertised.as_str(), listening.ip()) {
            ("", ip) if ip.is_unspecified() => way_to(peer).unwrap_or(ip).to_string(),
            ("", ip) => ip.to_string(),
            (advertised, _) => advertised.to_owned(),
        };
        Local {
            host,
            port: listening.port(),
            transport,
        }
    }
}

/// The address of this machine that a peer sees.
fn way_to(peer: IpAddr) -> Option<IpAddr> {
    // Nothing is sent: the system looks up its routes.
    let socket = std::net::UdpSocket::bind(any_like(peer)).ok()?;
    socket.connect((peer, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
