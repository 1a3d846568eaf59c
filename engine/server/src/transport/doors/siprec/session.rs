//! One recording session: an invitation, what comes after it, and its end.

use std::time::Duration;

use rsipstack::sip::{Header, Method, Request, SipMessage, StatusCode, Transport};
use rsipstack::transaction::transaction::{Transaction, TransactionEvent, TransactionEventSender};
use rsipstack::transport::SipConnection;
use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_doors::siprec::{Body, Change, Recording};
use sidetone_doors::{Fields, Found};
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::answer::Refused;
use super::dialog::{Dialog, EXTENSIONS, Local};
use super::headers::{parts, tokens, value};
use super::timer::{SHORTEST, SessionTimer};
use super::{REQUESTS, Sip};
use crate::calls::{CallUpdate, LegControl};
use crate::transport::doors::session::principal;
use crate::transport::doors::{describe, found};

/// How often it is looked whether the call has ended by itself.
const LOOKS: Duration = Duration::from_millis(500);
/// What comes in the transaction of an INVITE beside itself: CANCEL and ACK.
const NEWS: usize = 4;
/// How long a goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct Session {
    sip: Sip,
    dialog: Dialog,
    recording: Recording,
    call: CallId,
    timer: Option<SessionTimer>,
}

/// An INVITE, driven by a task of its own.
struct Invite {
    request: Request,
    answers: TransactionEventSender,
    news: mpsc::Receiver<SipMessage>,
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

impl Invite {
    fn drive(sip: &Sip, mut transaction: Transaction) -> Self {
        let (tell, news) = mpsc::channel(NEWS);
        let invite = Self {
            request: transaction.original.clone(),
            answers: transaction.tu_sender.clone(),
            news,
        };
        sip.connections.spawn(async move {
            while !transaction.is_terminated() {
                let Some(message) = transaction.receive().await else {
                    break;
                };
                // Nobody waits for more.
                let _ = tell.try_send(message);
            }
        });
        invite
    }

    /// Sends an answer. The task may have ended, if the client has gone.
    fn answer(&self, response: rsipstack::sip::Response) {
        let _ = self.answers.send(TransactionEvent::Respond(response));
    }

    /// Whether the client has thought better of it.
    fn is_cancelled(&mut self) -> bool {
        let news = self.news.try_recv();
        matches!(news, Ok(SipMessage::Request(request)) if request.method == Method::Cancel)
    }
}

impl Session {
    /// Serves a session from its invitation to its end.
    pub async fn run(sip: Sip, transaction: Transaction) {
        let Some(connection) = transaction.connection.clone() else {
            return;
        };
        let mut invite = Invite::drive(&sip, transaction);
        let local = local(&sip, &invite.request, &connection);
        let dialog = Dialog::begin(sip.endpoint.clone(), &mut invite.request, connection, local);
        let dialog = match dialog {
            Ok(dialog) => dialog,
            Err(error) => {
                debug!(%error, "an invitation cannot be answered");
                sip.door.metrics.door("refused");
                sip.door.seen().refused(&error.to_string());
                let status = StatusCode::BadRequest;
                return invite.answer(sip.endpoint.make_response(&invite.request, status, None));
            }
        };
        match Self::open(&sip, &dialog, &invite.request).await {
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
                warn!(%status, why, "an invitation to record is refused");
                sip.door.metrics.door("refused");
                sip.door.seen().refused(&why);
                invite.answer(dialog.answer(&invite.request, status, headers, None));
            }
        }
    }

    async fn open(
        sip: &Sip,
        dialog: &Dialog,
        request: &Request,
    ) -> Result<(Recording, CallId, Option<SessionTimer>), Refused> {
        check_extensions(request)?;
        let timer = timer(request, Instant::now())?;
        let sides = (*sip.sides).clone();
        let recording = Recording::begin(sides, &body(request), said(request, dialog));
        let refuse = |refusal| Refused::new(StatusCode::NotAcceptableHere, refusal);
        let (mut recording, Found { fields, legs }) = recording.map_err(refuse)?;
        let found = Found { fields, legs };
        let (call, addresses) = found::open(&sip.door, found, None).await?;
        tell_problem(&recording, &call);
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

    async fn live(mut self, mut invite: Invite) {
        if invite.is_cancelled() {
            let status = StatusCode::RequestTerminated;
            invite.answer(
                self.dialog
                    .answer(&invite.request, status, Vec::new(), None),
            );
            return self.close(&End::Said);
        }
        let (requests, mut to_do) = mpsc::channel(REQUESTS);
        let key = self.dialog.key().clone();
        self.sip.dialogs().insert(key.clone(), requests);
        info!(call = %self.call, "a recording client invites");
        let timer = self.timer.map_or_else(Vec::new, SessionTimer::headers);
        let sdp = self.recording.answer();
        invite.answer(
            self.dialog
                .answer(&invite.request, StatusCode::OK, timer, Some(sdp)),
        );
        let end = self.serve(&mut invite, &mut to_do).await;
        self.sip.forget(&key, to_do);
        if !matches!(end, End::Said) {
            if let End::Lost(why) = end {
                warn!(call = %self.call, why, "a recording client is gone");
            }
            // It may never answer.
            let _ = timeout(GOODBYE, self.dialog.ask(Method::Bye, Vec::new(), None)).await;
        }
        self.close(&end);
    }

    /// Serves the dialog until it ends.
    async fn serve(&mut self, invite: &mut Invite, to_do: &mut mpsc::Receiver<Transaction>) -> End {
        let mut looks = interval(LOOKS);
        let mut is_acknowledged = false;
        let done = self.sip.door.done.clone();
        loop {
            let deadline = self.timer.map(SessionTimer::deadline);
            tokio::select! {
                message = invite.news.recv(), if !is_acknowledged => match message {
                    Some(SipMessage::Request(request)) if request.method == Method::Ack => {
                        is_acknowledged = true;
                    }
                    Some(_) => {}
                    None => return End::Lost("it does not acknowledge that it is taken"),
                },
                Some(request) = to_do.recv() => if self.request(request).await {
                    return End::Said;
                },
                _ = looks.tick() => {
                    let api = &self.sip.door.api;
                    if !api.is_open(&principal(), &self.call).unwrap_or(false) {
                        return End::Ours;
                    }
                }
                () = async { sleep_until(deadline.expect("asked for")).await }, if deadline.is_some() => {
                    if !self.refresh().await {
                        return End::Lost("its session has not been refreshed in time");
                    }
                }
                () = done.cancelled() => return End::Ours,
            }
        }
    }

    /// The session's time is up: whether it goes on.
    async fn refresh(&mut self) -> bool {
        let Some(timer) = self.timer.as_mut().filter(|timer| timer.is_ours) else {
            return false;
        };
        timer.refresh(Instant::now());
        let headers = timer.headers();
        let sdp = self.recording.answer();
        let answered = timeout(GOODBYE * 2, self.dialog.refresh(headers, sdp)).await;
        // One that does not know its own session any more has ended it.
        !matches!(
            answered,
            Ok(Some(
                StatusCode::CallTransactionDoesNotExist | StatusCode::RequestTimeout
            )) | Ok(None)
                | Err(_)
        )
    }

    /// Answers a request of the dialog: whether it ends it.
    async fn request(&mut self, mut transaction: Transaction) -> bool {
        let method = transaction.original.method;
        if !self.dialog.follow(&transaction) {
            let refused =
                Refused::new(StatusCode::ServerInternalError, "CSeq is lower than before");
            self.reply(transaction, Err(refused));
            return false;
        }
        let answered = match method {
            Method::Invite | Method::Update | Method::Info => {
                let answered = self.renew(&transaction.original).await;
                if let Err(Refused { status, why, .. }) = &answered {
                    warn!(call = %self.call, %method, %status, why, "a change of a recording is refused");
                }
                answered
            }
            Method::Bye | Method::Options => Ok((Vec::new(), None)),
            _ => Err(Refused::new(
                StatusCode::MethodNotAllowed,
                "there is no use for it here",
            )),
        };
        if method == Method::Bye {
            // The call ends whether or not anybody hears the answer.
            let _ = transaction.reply(StatusCode::OK).await;
            return true;
        }
        self.reply(transaction, answered);
        false
    }

    fn reply(
        &self,
        transaction: Transaction,
        answered: Result<(Vec<Header>, Option<String>), Refused>,
    ) {
        let request = &transaction.original;
        let response = match answered {
            Ok((headers, sdp)) => self.dialog.answer(request, StatusCode::OK, headers, sdp),
            Err(Refused {
                status, headers, ..
            }) => self.dialog.answer(request, status, headers, None),
        };
        Invite::drive(&self.sip, transaction).answer(response);
    }

    /// Takes an offer or metadata in the middle of the call. What is answered, with SDP where that was
    /// asked for.
    async fn renew(&mut self, request: &Request) -> Result<(Vec<Header>, Option<String>), Refused> {
        check_extensions(request)?;
        let timer = timer(request, Instant::now())?;
        let body = body(request);
        let mut recording = self.recording.clone();
        let changed = recording.change(&body);
        let change = changed.map_err(|it| Refused::new(StatusCode::NotAcceptableHere, it))?;
        tell_problem(&recording, &self.call);
        let update = self.update(change);
        if !(update.change.is_empty() && update.controls.is_empty() && update.legs.is_empty()) {
            let addresses = found::update(&self.sip.door, &self.call, update).await?;
            recording.opened(&addresses);
        }
        self.recording = recording;
        if request.method == Method::Info {
            return Ok((Vec::new(), None));
        }
        self.timer = timer;
        let headers = timer.map_or_else(Vec::new, SessionTimer::headers);
        // An INVITE without an offer asks for one.
        let asks = body.sdp.is_some() || request.method == Method::Invite;
        Ok((headers, asks.then(|| self.recording.answer())))
    }

    fn update(&self, change: Change) -> CallUpdate {
        let door = &self.sip.door;
        let names = &door.config.doors.fields;
        CallUpdate {
            change: describe::change(change.fields, names, door.api.defaults()),
            controls: controls(change.controls),
            legs: change.legs.into_iter().map(found::leg).collect(),
        }
    }

    fn close(&self, end: &End) {
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
            .close_call(&principal(), &self.call, reason);
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

fn tell_problem(recording: &Recording, call: &CallId) {
    if let Some(problem) = recording.problem() {
        warn!(%call, %problem, "who speaks in a recording is not known");
    }
}

pub(super) fn body(request: &Request) -> Body {
    let kind = value(&request.headers, &["content-type", "c"]);
    Body::read(kind.as_deref().unwrap_or_default(), &request.body)
}

pub(super) fn timer(request: &Request, now: Instant) -> Result<Option<SessionTimer>, Refused> {
    let timer = SessionTimer::of(request, now);
    timer.map_err(|_| {
        let seconds = SHORTEST.as_secs().to_string();
        let refused = Refused::new(
            StatusCode::SessionIntervalTooSmall,
            "the session is too short",
        );
        refused.with(Header::Other("Min-SE".to_owned(), seconds))
    })
}

/// Refuses what has to be understood and is not (RFC 3261 §8.2.2.3).
pub(super) fn check_extensions(request: &Request) -> Result<(), Refused> {
    let required = tokens(&request.headers, &["require"]);
    let unknown = required
        .iter()
        .filter(|token| !EXTENSIONS.contains(&token.as_str()));
    let unknown: Vec<&str> = unknown.map(String::as_str).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => {
            let unknown = unknown.join(", ");
            let why = format!("{unknown} is required and not understood");
            let refused = Refused::new(StatusCode::BadExtension, why);
            Err(refused.with(Header::Unsupported(unknown.as_str().into())))
        }
    }
}

/// What headers say of the call beside its body.
pub(super) fn said(request: &Request, dialog: &Dialog) -> Fields {
    /// Ids that products put beside their own.
    const IDS: [&str; 3] = ["user-to-user", "cisco-guid", "session-id"];
    let mut fields = Fields::default();
    fields.set("sip_call_id", dialog.call_id().to_owned());
    for header in request.headers.iter() {
        let (name, value) = parts(header);
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-") || IDS.contains(&name.as_str()) {
            fields.keep(&name, &value);
        }
    }
    fields
}

/// Where the client reaches us.
fn local(sip: &Sip, request: &Request, connection: &SipConnection) -> Local {
    use rsipstack::sip::prelude::HeadersExt as _;
    let transport = match connection {
        SipConnection::Channel(channel) => channel.get_addr().r#type.unwrap_or(Transport::Tcp),
        _ => Transport::Udp,
    };
    let via = request.via_header().ok();
    let source = via.and_then(|via| SipConnection::parse_target_from_via(via).ok());
    let peer = match source.map(|(_, source)| source.host) {
        Some(rsipstack::sip::Host::IpAddr(ip)) => ip,
        _ => sip.plain.ip(),
    };
    sip.local(transport, peer)
}
