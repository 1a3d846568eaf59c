//! Calls that an rtpengine carries: [`sidetone_doors::rtpengine`] decides, what is in here waits.
//!
//! One task asks rtpengine. Each call that is tapped has a task of its own, which opens it and then
//! does in order what comes of it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_doors::rtpengine::{BadAnswer, Client, Output, Settings, TapError, TapId};
use sidetone_doors::{Found, Heard};
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep_until};
use tracing::{debug, info, warn};

use super::{Door, found};
use crate::api::{ApiError, TapRequest};
use crate::calls::{CallUpdate, LegControl};
use crate::ingest::any_like;

/// Calls that somebody has asked for and that are not looked at yet. Whoever asks for more waits.
const REQUESTS: usize = 16;
/// What calls tell that is not taken yet. A call's task that has more to tell waits.
const NEWS: usize = 64;
/// What is still to be done in a call: more than its participants can cause in seconds. What comes
/// beyond that is left out.
const WORK: usize = 32;
/// Longest answer of rtpengine: a datagram.
const LONGEST: usize = 64 * 1024;
/// How long rtpengine is told goodbye at the end.
const GOODBYE: Duration = Duration::from_secs(1);
/// How often a call's task looks whether the call has ended by itself.
const LOOKS: Duration = Duration::from_millis(500);

/// Asks the rtpengine at `control` from now on, until the doors are closed.
pub(super) async fn open(door: Door, control: SocketAddr) -> io::Result<JoinHandle<()>> {
    let socket = UdpSocket::bind(any_like(control.ip())).await?;
    socket.connect(control).await?;
    let config = &door.config.doors.rtpengine;
    let settings = Settings {
        watch: config.watch,
        interval: Duration::from_millis(config.interval_ms.into()),
        name: config.name.clone(),
        caller: config.caller,
    };
    door.seen().listens([control.to_string()]);
    info!(%control, watch = config.watch, "an rtpengine is asked for its calls");
    let run = getrandom::u64().expect("the system has random numbers");
    let client = Client::new(settings, format!("{run:016x}"), Instant::now().into_std());
    let (to_taps, requests) = mpsc::channel(REQUESTS);
    door.api.take_taps(to_taps);
    let (tell, news) = mpsc::channel(NEWS);
    let rtpengine = RtpEngine {
        door,
        socket,
        client,
        calls: HashMap::new(),
        wanted: HashMap::new(),
        tell,
    };
    Ok(tokio::spawn(rtpengine.run(requests, news)))
}

struct RtpEngine {
    door: Door,
    socket: UdpSocket,
    client: Client,
    /// The calls' tasks.
    calls: HashMap<TapId, mpsc::Sender<Work>>,
    /// Those who wait for a call.
    wanted: HashMap<TapId, TapRequest>,
    tell: mpsc::Sender<News>,
}

/// What a call's task is to do.
enum Work {
    AddLeg(Heard),
    Control(LegName, Control),
    Close(EndReason),
}

/// What a call's task tells.
enum News {
    /// These legs are heard, there.
    Heard(TapId, Vec<(LegName, SocketAddr)>),
    /// A leg is not.
    LegRefused(TapId, LegName),
    /// The call was not opened, or has ended.
    Over(TapId),
}

impl RtpEngine {
    async fn run(
        mut self,
        mut requests: mpsc::Receiver<TapRequest>,
        mut news: mpsc::Receiver<News>,
    ) {
        let done = self.door.done.clone();
        let mut piece = vec![0; LONGEST];
        let mut end = None;
        // Said once.
        let (mut was_silent, mut were_short, mut unread) = (false, false, false);
        while end.is_none_or(|end| Instant::now() < end && !self.client.is_idle()) {
            while let Some(output) = self.client.poll(Instant::now().into_std()) {
                self.carry_out(output);
            }
            let silent = self.client.is_silent();
            if silent != was_silent {
                match silent {
                    true => warn!("rtpengine does not answer"),
                    false => info!("rtpengine answers again"),
                }
                let trouble = if silent { "it does not answer" } else { "" };
                self.door.seen().trouble(trouble);
                was_silent = silent;
            }
            if let Some(limit) = self.client.short_lists()
                && !were_short
            {
                warn!(
                    limit,
                    "rtpengine answers `ping` and not `list`, as where its Call-IDs are long: fewer \
                     calls are asked for at once, and of more than that some are found late"
                );
                were_short = true;
            }
            let tick = Instant::from_std(self.client.deadline());
            let tick = end.map_or(tick, |end| tick.min(end));
            tokio::select! {
                received = self.socket.recv(&mut piece) => match received {
                    Ok(length) => {
                        let now = Instant::now().into_std();
                        match self.client.datagram(now, &piece[..length]) {
                            Ok(()) => unread = false,
                            Err(error @ BadAnswer::Dictionary(_)) if !unread => {
                                warn!(%error, "what rtpengine says is not understood");
                                unread = true;
                            }
                            Err(error) => debug!(%error, "rtpengine says what nobody asked"),
                        }
                    }
                    // Nobody listens there: the command is sent again.
                    Err(error) => debug!(%error, "rtpengine is not there"),
                },
                Some(request) = requests.recv(), if end.is_none() => self.want(request),
                Some(news) = news.recv() => self.take(news),
                () = sleep_until(tick) => self.client.tick(Instant::now().into_std()),
                () = done.cancelled(), if end.is_none() => {
                    end = Some(Instant::now() + GOODBYE);
                    self.client.stop(Instant::now().into_std());
                    self.calls.clear();
                    self.wanted.clear();
                }
            }
        }
    }

    fn want(&mut self, request: TapRequest) {
        let customer = match request.call.customer_tag.as_str() {
            "" => None,
            tag => Some(tag.to_owned()),
        };
        match self.client.tap(request.call.at_rtpengine.clone(), customer) {
            Ok(id) => {
                self.wanted.insert(id, request);
            }
            // Whoever asked may have gone.
            Err(error) => drop(request.done.send(Err(refused(error)))),
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            // What is lost here is sent again.
            Output::Send(datagram) => drop(self.socket.try_send(&datagram)),
            Output::Open(id, found) => {
                let (work, to_do) = mpsc::channel(WORK);
                self.calls.insert(id, work);
                let call = Call {
                    door: self.door.clone(),
                    id,
                    tell: self.tell.clone(),
                };
                let wanted = self.wanted.remove(&id);
                self.door.sessions.spawn(call.run(found, wanted, to_do));
            }
            Output::AddLeg(id, heard) => self.give(id, Work::AddLeg(heard)),
            Output::Control(id, leg, control) => self.give(id, Work::Control(leg, control)),
            Output::Close(id, reason) => {
                self.give(id, Work::Close(reason));
                self.calls.remove(&id);
            }
            Output::Refuse(id, error) => {
                self.door.metrics.door("refused");
                self.door.seen().refused(&error.to_string());
                if let Some(request) = self.wanted.remove(&id) {
                    // Whoever asked may have gone.
                    let _ = request.done.send(Err(refused(error)));
                }
            }
        }
    }

    fn give(&self, id: TapId, work: Work) {
        if let Some(call) = self.calls.get(&id)
            && call.try_send(work).is_err()
        {
            debug!("a change of a call is left out");
        }
    }

    fn take(&mut self, news: News) {
        let now = Instant::now().into_std();
        match news {
            News::Heard(id, addresses) => self.client.opened(now, id, &addresses),
            News::LegRefused(id, leg) => self.client.refused(id, &leg),
            News::Over(id) => {
                self.calls.remove(&id);
                self.client.closed(now, id);
            }
        }
    }
}

/// A call that is tapped.
struct Call {
    door: Door,
    id: TapId,
    tell: mpsc::Sender<News>,
}

type Done = oneshot::Sender<Result<CallId, ApiError>>;

impl Call {
    async fn run(
        mut self,
        found: Found,
        wanted: Option<TapRequest>,
        mut to_do: mpsc::Receiver<Work>,
    ) {
        let (asked, done) = match wanted {
            Some(TapRequest { call, by, done }) => {
                self.door.who = by;
                (Some(call), Some(done))
            }
            None => (None, None),
        };
        let id = match found::open(&self.door, found, asked).await {
            Ok((id, addresses)) => {
                self.tell(News::Heard(self.id, addresses)).await;
                answer(done, Ok(id.clone()));
                id
            }
            Err(error) => {
                match error {
                    // Tried again, as long as it lasts; `calls_refused` counts.
                    ApiError::Exhausted { .. } => debug!(%error, "a call of rtpengine has to wait"),
                    _ => warn!(%error, "a call of rtpengine is not heard"),
                }
                self.door.metrics.door("refused");
                answer(done, Err(error));
                return self.tell(News::Over(self.id)).await;
            }
        };
        let mut looks = interval(LOOKS);
        loop {
            tokio::select! {
                work = to_do.recv() => match work {
                    Some(Work::AddLeg(heard)) => self.add_leg(&id, heard).await,
                    Some(Work::Control(leg, control)) => self.control(&id, leg, control).await,
                    Some(Work::Close(reason)) => return self.close(&id, reason).await,
                    None => return self.close(&id, EndReason::Closed).await,
                },
                _ = looks.tick() => {
                    if !self.door.api.is_open(&id) {
                        self.door.metrics.door("said");
                        return self.tell(News::Over(self.id)).await;
                    }
                }
            }
        }
    }

    /// Whoever asks rtpengine may have stopped.
    async fn tell(&self, news: News) {
        let _ = self.tell.send(news).await;
    }

    async fn add_leg(&self, id: &CallId, heard: Heard) {
        let leg = found::leg(heard);
        let name = leg.name.clone();
        let update = CallUpdate {
            legs: vec![leg],
            ..CallUpdate::default()
        };
        match found::update(&self.door, id, update).await {
            Ok(addresses) => self.tell(News::Heard(self.id, addresses)).await,
            Err(error) => {
                warn!(call = %id, %error, "another participant of a call is not heard");
                self.tell(News::LegRefused(self.id, name)).await;
            }
        }
    }

    async fn control(&self, id: &CallId, leg: LegName, control: Control) {
        let control = LegControl {
            leg,
            at: None,
            control,
        };
        let update = CallUpdate {
            controls: vec![control],
            ..CallUpdate::default()
        };
        if let Err(error) = self.door.api.update_call(&self.door.who, id, update).await {
            debug!(call = %id, %error, "a change of a call is left out");
        }
    }

    async fn close(&self, id: &CallId, reason: EndReason) {
        self.door.metrics.door(match reason {
            EndReason::Disconnected => "broken",
            _ => "said",
        });
        // It may have ended by itself.
        let closed = self.door.api.close_call(&self.door.who, id, reason);
        let _ = closed.await;
    }
}

/// Whoever asked may have gone.
fn answer(done: Option<Done>, opened: Result<CallId, ApiError>) {
    if let Some(done) = done {
        let _ = done.send(opened);
    }
}

/// What somebody is told whose call is not tapped.
fn refused(error: TapError) -> ApiError {
    let why = error.to_string();
    match error {
        TapError::Twice(_) => ApiError::Exists(why),
        TapError::NoSuchCall(_) => ApiError::NotFound(why),
        TapError::Unheard(_) => ApiError::Invalid(why),
        TapError::Silent => ApiError::Unavailable(why),
        TapError::Full => ApiError::exhausted(why),
    }
}
