//! One recording session: an invitation, what comes after it, and its end.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use rsipstack::sip::{Header, Method, Request, SipMessage, StatusCode, Transport};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipConnection;
use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_doors::Found;
use sidetone_doors::siprec::{Change, Recording};
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::answer::Refused;
use super::dialog::{Dialog, Local};
use super::headers::value;
use super::request::{body, check_extensions, said, source, timer};
use super::timer::{Refresher, SessionTimer};
use super::transaction::Answering;
use super::{GOODBYE, REQUESTS, Sip};
use crate::calls::{CallUpdate, LegControl};
use crate::transport::doors::{describe, found};

/// How often it is looked whether the call has ended by itself.
const LOOKS: Duration = Duration::from_millis(500);

pub(super) struct Session {
    sip: Sip,
    dialog: Dialog,
    recording: Recording,
    call: CallId,
    timer: SessionTimer,
}

/// How a session ends.
enum End {
    /// The client says so.
    Said,
    /// The client is gone.
    Lost(&'static str),
    /// The engine or its call is over.
    Ours,
}

/// What the client has been asked for.
type Asked = Pin<Box<dyn Future<Output = Option<StatusCode>> + Send>>;

/// Headers and SDP of a good answer.
type Answer = (Vec<Header>, Option<String>);

impl Session {
    /// Serves a session from its invitation to its end.
    pub async fn run(sip: Sip, transaction: Transaction) {
        let Some(connection) = transaction.connection.clone() else {
            return;
        };
        let mut invite = Answering::begin(&sip, transaction);
        let local = local(&sip, &invite.request, &connection);
        let endpoint = sip.endpoint.clone();
        let dialog = Dialog::begin(endpoint, &mut invite.request, connection, local);
        let dialog = match dialog {
            Ok(dialog) => dialog,
            Err(error) => {
                debug!(%error, "an invitation cannot be answered");
                sip.door.api.refused(&error.to_string());
                let Refused {
                    status, headers, ..
                } = Refused::new(StatusCode::BadRequest, error);
                let mut response = sip.endpoint.make_response(&invite.request, status, None);
                response.headers.extend(headers);
                return invite.answer(response);
            }
        };
        match Self::open(&sip, &invite.request, dialog.source()).await {
            Ok((recording, call, timer)) => {
                let session = Self {
                    sip,
                    dialog,
                    recording,
                    call,
                    timer,
                };
                session.live(invite).await;
            }
            Err(Refused {
                status,
                headers,
                why,
            }) => {
                let (id, from) = (dialog.call_id(), dialog.source());
                // Whoever does it wrong tries again and again.
                match sip.door.seen().uninvited() {
                    Some(times) => {
                        warn!(%status, why, id, %from, times, "invitations to record are refused; told once a minute");
                    }
                    None => debug!(%status, why, id, %from, "an invitation to record is refused"),
                }
                sip.door.metrics.door("refused");
                invite.answer(dialog.answer(&invite.request, status, headers, None));
            }
        }
    }

    async fn open(
        sip: &Sip,
        request: &Request,
        from: SocketAddr,
    ) -> Result<(Recording, CallId, SessionTimer), Refused> {
        // Of a call that cannot be opened its opening tells.
        let begun = Self::read(sip, request);
        let (mut recording, mut found, timer) =
            begun.inspect_err(|refused| sip.door.seen().refused(&refused.why))?;
        // Where the metadata bring no id, the recording's own is the call's.
        if found
            .fields
            .first(&sip.door.config.doors.fields.call_id)
            .is_none()
            && let Some(id) = value(&request.headers, &["call-id", "i"])
        {
            found.fields.keep("call_id", &id);
        }
        let (call, addresses) = found::open(&sip.door, found, None).await?;
        tell_notes(&recording, &call, sip, from);
        recording.opened(&addresses);
        let held = CallUpdate {
            controls: controls(recording.held()),
            ..CallUpdate::default()
        };
        if !held.controls.is_empty()
            && let Err(error) = found::update(&sip.door, &call, held).await
        {
            debug!(%call, %error, "a hold is left out");
        }
        Ok((recording, call, timer))
    }

    /// Reads an invitation.
    fn read(sip: &Sip, request: &Request) -> Result<(Recording, Found, SessionTimer), Refused> {
        check_extensions(request)?;
        let timer = timer(request, Instant::now())?;
        let sides = (*sip.sides).clone();
        let session = getrandom::u32().expect("the system has random numbers");
        let begun = Recording::begin(sides, &body(request), said(request), session.into());
        let (recording, found) =
            begun.map_err(|refusal| Refused::new(StatusCode::NotAcceptableHere, refusal))?;
        Ok((recording, found, timer))
    }

    async fn live(mut self, mut invite: Answering) {
        if invite.is_cancelled() {
            let status = StatusCode::RequestTerminated;
            invite.answer(
                self.dialog
                    .answer(&invite.request, status, Vec::new(), None),
            );
            return self.close(&End::Said).await;
        }
        let (requests, mut to_do) = mpsc::channel(REQUESTS);
        let key = self.dialog.key().clone();
        self.sip.dialogs().insert(key.clone(), requests);
        let from = self.dialog.source();
        info!(call = %self.call, %from, "a recording client invites");
        let (headers, sdp) = (self.timer.in_answer(), Some(self.recording.answer()));
        invite.answer(
            self.dialog
                .answer(&invite.request, StatusCode::OK, headers, sdp),
        );
        let end = self.serve(&mut invite, &mut to_do).await;
        self.sip.forget(&key, to_do);
        if let End::Lost(why) = end {
            warn!(call = %self.call, why, "a recording client is gone");
        }
        // The call is over whether or not the client says that it knows.
        self.close(&end).await;
        if !matches!(end, End::Said) {
            let _ = timeout(GOODBYE, self.ask(Method::Bye, Vec::new(), None)).await;
        }
    }

    /// Serves the dialog until it ends.
    async fn serve(
        &mut self,
        invite: &mut Answering,
        to_do: &mut mpsc::Receiver<Transaction>,
    ) -> End {
        let mut looks = interval(LOOKS);
        let mut is_acknowledged = false;
        let mut asked: Option<Asked> = None;
        let done = self.sip.door.done.clone();
        loop {
            tokio::select! {
                message = invite.news.recv(), if !is_acknowledged => match message {
                    Some(SipMessage::Request(request)) if request.method == Method::Ack => {
                        is_acknowledged = true;
                    }
                    Some(_) => {}
                    None => return End::Lost("it does not acknowledge that it is taken"),
                },
                Some(request) = to_do.recv() => if self.request(request, asked.is_some()).await {
                    return End::Said;
                },
                _ = looks.tick() => {
                    let api = &self.sip.door.api;
                    if !api.is_open(&self.call) {
                        return End::Ours;
                    }
                }
                () = sleep_until(self.timer.deadline()), if asked.is_none() => {
                    if self.timer.refresher == Refresher::Client {
                        return End::Lost("its session has not been refreshed in time");
                    }
                    asked = Some(self.ask_for_life());
                }
                answer = async { asked.as_mut().expect("it was asked").await }, if asked.is_some() => {
                    asked = None;
                    if !self.timer.asked(answer.as_ref(), Instant::now()) {
                        return End::Lost("it does not know its session any more, or does not answer");
                    }
                }
                () = done.cancelled() => return End::Ours,
            }
        }
    }

    /// Asks the client for a sign of life.
    fn ask_for_life(&mut self) -> Asked {
        if self.timer.refresher == Refresher::Nobody {
            return self.ask(Method::Options, Vec::new(), None);
        }
        let method = self.dialog.refreshing();
        // It stays as it is.
        let sdp = (method == Method::Invite).then(|| self.recording.answer());
        self.ask(method, self.timer.in_request(), sdp)
    }

    fn ask(&mut self, method: Method, headers: Vec<Header>, sdp: Option<String>) -> Asked {
        let (last, hop) = (self.dialog.connection().clone(), self.dialog.next_hop());
        let way = self.sip.clone().way(last, hop);
        Box::pin(self.dialog.ask(way, method, headers, sdp))
    }

    /// Answers a request of the dialog: whether it ends it. `asks` where one of ours is under way.
    async fn request(&mut self, mut transaction: Transaction, asks: bool) -> bool {
        let method = transaction.original.method;
        if !self.dialog.follow(&transaction) {
            let why = "its CSeq is lower than one before";
            let refused = Refused::new(StatusCode::ServerInternalError, why);
            self.reply(transaction, Err(refused));
            return false;
        }
        self.timer.heard(Instant::now());
        let answered = match method {
            Method::Bye => {
                // The call ends whether or not anybody hears the answer.
                let _ = transaction.reply(StatusCode::OK).await;
                return true;
            }
            // Both at once would not know what they agree on (RFC 3261 §14.2).
            Method::Invite if asks && self.dialog.refreshing() == Method::Invite => {
                let why = "a request of ours is under way";
                Err(Refused::new(StatusCode::RequestPending, why))
            }
            Method::Invite | Method::Update | Method::Info => {
                self.renew(&transaction.original).await
            }
            Method::Options => Ok((Vec::new(), None)),
            _ => Err(Refused::method()),
        };
        if let Err(Refused { status, why, .. }) = &answered {
            warn!(call = %self.call, %method, %status, why, "a request of a recording is refused");
        }
        self.reply(transaction, answered);
        false
    }

    fn reply(&self, transaction: Transaction, answered: Result<Answer, Refused>) {
        let request = &transaction.original;
        let response = match answered {
            Ok((headers, sdp)) => self.dialog.answer(request, StatusCode::OK, headers, sdp),
            Err(Refused {
                status, headers, ..
            }) => self.dialog.answer(request, status, headers, None),
        };
        Answering::begin(&self.sip, transaction).answer(response);
    }

    /// Takes an offer or metadata in the middle of the call. What is answered, with SDP where that was
    /// asked for.
    async fn renew(&mut self, request: &Request) -> Result<Answer, Refused> {
        check_extensions(request)?;
        let timer = timer(request, Instant::now())?;
        let body = body(request);
        if body.sdp.is_some() || body.metadata.is_some() {
            let mut recording = self.recording.clone();
            let change = recording.change(&body);
            let change =
                change.map_err(|refusal| Refused::new(StatusCode::NotAcceptableHere, refusal))?;
            if recording.notes() != self.recording.notes() {
                tell_notes(&recording, &self.call, &self.sip, self.dialog.source());
            }
            let update = self.update(change);
            if !(update.change.is_empty() && update.controls.is_empty() && update.legs.is_empty()) {
                let addresses = found::update(&self.sip.door, &self.call, update).await?;
                recording.opened(&addresses);
            }
            self.recording = recording;
        }
        if request.method == Method::Info {
            return Ok((Vec::new(), None));
        }
        self.timer = timer;
        // An INVITE without an offer asks for one.
        let asks = body.sdp.is_some() || request.method == Method::Invite;
        let sdp = asks.then(|| self.recording.answer());
        Ok((timer.in_answer(), sdp))
    }

    fn update(&self, change: Change) -> CallUpdate {
        let door = &self.sip.door;
        let names = &door.config.doors.fields;
        CallUpdate {
            recording: None,
            supervision: None,
            work: None,
            change: describe::change(change.fields, names, door.api.defaults()),
            controls: controls(change.controls),
            legs: change.legs.into_iter().map(found::leg).collect(),
            corrections: Vec::new(),
            ask: None,
        }
    }

    async fn close(&self, end: &End) {
        let (outcome, reason) = match end {
            End::Lost(_) => ("broken", EndReason::Disconnected),
            End::Said | End::Ours => ("said", EndReason::Closed),
        };
        self.sip.door.metrics.door(outcome);
        // It may have ended by itself.
        let _ = self
            .sip
            .door
            .api
            .close_call(&self.sip.door.who, &self.call, reason)
            .await;
    }
}

fn controls(controls: Vec<(LegName, Control)>) -> Vec<LegControl> {
    let control = |(leg, control)| LegControl {
        leg,
        at: None,
        control,
    };
    controls.into_iter().map(control).collect()
}

fn tell_notes(recording: &Recording, call: &CallId, sip: &Sip, from: SocketAddr) {
    let notes = recording.notes();
    if !recording.has_metadata() {
        info!(%call, "no metadata came: the first line of the SDP is taken for whoever called");
    }
    for note in &notes {
        warn!(%call, %from, note, "a recording is heard otherwise than its client may think");
    }
    let trouble = match notes.is_empty() {
        true => String::new(),
        false => format!("{} (from {})", notes.join("; "), from.ip()),
    };
    sip.door.seen().trouble_of(call, &trouble);
}

/// Where the client reaches us.
fn local(sip: &Sip, request: &Request, connection: &SipConnection) -> Local {
    let transport = match connection {
        SipConnection::Channel(channel) => channel.get_addr().r#type.unwrap_or(Transport::Tcp),
        _ => Transport::Udp,
    };
    let peer: Option<IpAddr> = source(request).map(|source| source.ip());
    sip.local(transport, peer.unwrap_or(sip.plain.ip()))
}
