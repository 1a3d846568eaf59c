//! All calls that are tapped at one rtpengine.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_core::call::Control;
use sidetone_core::describe::LegName;

use sidetone_types::event::EndReason;

use super::message::{Answer, BadAnswer, Command, NotDone, Subscription};
use super::tap::{About, Step, Tap, Why};
use super::transactions::Transactions;
use crate::{Forked, Found, Heard};

/// How rtpengine is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether all of its calls are tapped, or only those that somebody asks for.
    pub watch: bool,
    /// How often it is asked which calls there are.
    pub interval: Duration,
    /// What our tags begin with.
    pub name: String,
    /// Whose side calls.
    pub caller: Forked,
}

/// Names a call that is tapped.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TapId(u64);

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// To be sent to rtpengine.
    Send(Vec<u8>),
    /// A call is to be opened; [`Client::opened`] or [`Client::closed`] says what came of it.
    Open(TapId, Found),
    /// A leg is to be added to it; [`Client::opened`] or [`Client::refused`] says what came of it.
    AddLeg(TapId, Heard),
    /// Something has become of a leg.
    Control(TapId, LegName, Control),
    /// A call is over. Comes once for each that was to be opened, unless [`Client::closed`] did.
    Close(TapId, EndReason),
    /// A call that somebody asked for is not opened. Nothing more comes of it.
    Refuse(TapId, TapError),
}

/// A call that somebody asked for cannot be tapped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TapError {
    /// It is tapped already.
    #[error("call `{0}` of rtpengine is tapped already")]
    Twice(String),
    /// rtpengine does not have it, or not yet.
    #[error("rtpengine has no call `{0}` that somebody takes part in; ask once it was offered")]
    NoSuchCall(String),
    /// Of nobody in it can be heard what they say.
    #[error("nobody in the call can be heard: {0}")]
    Unheard(String),
    /// There is no answer.
    #[error("rtpengine does not answer; is it there, and may this engine ask it?")]
    Silent,
    /// There are as many as can be.
    #[error("{MOST_TAPS} calls are tapped already")]
    Full,
}

/// Calls at once. More than any engine carries.
const MOST_TAPS: usize = 5_000;
/// Calls that one `list` names: with ids of 80 bytes they fit into a datagram.
const MOST_LISTED: usize = 700;
/// As many fit even with ids of a thousand bytes.
const LEAST_LISTED: usize = 50;
/// More calls are to be listed only if their answer is no longer than that, at a guess: a datagram
/// takes no more than 65,507 bytes.
const LONGEST_LIST: usize = 56 * 1024;
/// How long a `list` stays short after its limit has changed.
const LONGER_AFTER: Duration = Duration::from_secs(60);
/// Of an rtpengine that is silent for so long, the calls are over.
const LOST_AFTER: Duration = Duration::from_secs(30);
/// How often each call is asked for who takes part in it.
const ROUND: Duration = Duration::from_secs(1);
/// A call that could not be opened is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// A call that is left alone is asked for after this, if lists do not tell whether it is there.
const ASK_AFTER: Duration = Duration::from_secs(60);

/// All calls of one rtpengine.
pub struct Client {
    settings: Settings,
    asked: Transactions<Asked>,
    taps: BTreeMap<TapId, Tap>,
    by_call: HashMap<String, TapId>,
    next_tap: u64,
    /// Calls that are not tapped although they are there.
    passed_over: HashMap<String, PassedOver>,
    next_look: Instant,
    next_round: Instant,
    /// A `list` or a `ping` is on its way.
    looking: bool,
    /// Calls that the next `list` is to name at most.
    limit: usize,
    /// When there may be more of them.
    longer_at: Instant,
    /// Since when nothing is answered.
    silent_since: Option<Instant>,
    outputs: VecDeque<Output>,
    /// No more calls.
    stopped: bool,
}

/// For how long a call is not tapped.
#[derive(Clone, Copy)]
enum PassedOver {
    Until(Instant),
    /// As long as rtpengine has it. At `ask_at` it is asked whether it has, unless a list tells.
    WhileThere {
        ask_at: Instant,
    },
}

enum Asked {
    Ping {
        /// Instead of a `list` that was not answered.
        unlisted: bool,
    },
    List {
        limit: usize,
    },
    /// Whether a call that is passed over is there.
    PassedOver(String),
    Tap(TapId, About),
    Unsubscribe(Subscription),
    Delete,
}

impl Client {
    /// One that has not asked anything yet. Cookies begin with `run`, which is another one each
    /// time.
    pub fn new(settings: Settings, run: String, now: Instant) -> Self {
        Self {
            settings,
            asked: Transactions::new(run),
            taps: BTreeMap::new(),
            by_call: HashMap::new(),
            next_tap: 0,
            passed_over: HashMap::new(),
            next_look: now,
            next_round: now,
            looking: false,
            limit: MOST_LISTED,
            longer_at: now,
            silent_since: None,
            outputs: VecDeque::new(),
            stopped: false,
        }
    }

    /// Taps a call. `customer` is that party's tag, if it is known.
    ///
    /// # Errors
    ///
    /// [`TapError`] if that is known at once to be impossible; else [`Output::Refuse`] tells it.
    pub fn tap(&mut self, call_id: String, customer: Option<String>) -> Result<TapId, TapError> {
        if self.by_call.contains_key(&call_id) {
            return Err(TapError::Twice(call_id));
        }
        self.passed_over.remove(&call_id);
        self.begin(call_id, true, customer)
    }

    fn begin(
        &mut self,
        call_id: String,
        wanted: bool,
        customer: Option<String>,
    ) -> Result<TapId, TapError> {
        if self.taps.len() >= MOST_TAPS || self.stopped {
            return Err(TapError::Full);
        }
        self.next_tap += 1;
        let id = TapId(self.next_tap);
        self.by_call.insert(call_id.clone(), id);
        self.taps.insert(id, Tap::new(call_id, wanted, customer));
        self.query(id);
        Ok(id)
    }

    /// Takes what came from rtpengine.
    ///
    /// # Errors
    ///
    /// [`BadAnswer`] for what answers nothing that was asked.
    pub fn datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), BadAnswer> {
        let (cookie, answer) = Answer::read(datagram)?;
        let asked = self.asked.answered(cookie).ok_or(BadAnswer::Unasked)?;
        self.silent_since = None;
        if let Asked::List { limit } = asked
            && answer.calls.len() >= limit
        {
            self.list_more(now, datagram.len());
        }
        self.take(now, asked, answer.done());
        Ok(())
    }

    fn take(&mut self, now: Instant, asked: Asked, answer: Result<Answer, NotDone>) {
        match asked {
            Asked::Ping { unlisted } => {
                self.looking = false;
                if unlisted && answer.is_ok() {
                    self.list_fewer(now);
                }
            }
            // It may be there, and its answer too long to be sent.
            Asked::List { .. } if matches!(answer, Err(NotDone::Silent)) => {
                self.asked
                    .ask(Command::Ping, Asked::Ping { unlisted: true });
            }
            Asked::List { limit } => {
                self.looking = false;
                if let Ok(answer) = answer {
                    self.listed(now, limit, answer.calls);
                }
            }
            Asked::PassedOver(call) => {
                if matches!(answer, Err(NotDone::NoSuchCall)) {
                    self.passed_over.remove(&call);
                }
            }
            Asked::Tap(id, about) => self.answered(now, id, about, answer),
            Asked::Unsubscribe(of) => self.asked.ask(Command::Delete(of), Asked::Delete),
            Asked::Delete => {}
        }
    }

    fn list_fewer(&mut self, now: Instant) {
        self.limit = (self.limit / 2).max(LEAST_LISTED);
        self.longer_at = now + LONGER_AFTER;
    }

    /// Lists more from now on, after an answer of `length` bytes that named as many as it may.
    fn list_more(&mut self, now: Instant, length: usize) {
        let more = (self.limit + self.limit / 4).min(MOST_LISTED);
        if now >= self.longer_at && length / self.limit * more <= LONGEST_LIST {
            self.limit = more;
            self.longer_at = now + LONGER_AFTER;
        }
    }

    /// Takes which calls there are, `limit` at most.
    fn listed(&mut self, now: Instant, limit: usize, calls: Vec<String>) {
        let is_whole = calls.len() < limit;
        let listed: HashSet<&str> = calls.iter().map(String::as_str).collect();
        let asked = &mut self.asked;
        self.passed_over.retain(|call, passed_over| {
            let ask_at = match passed_over {
                PassedOver::Until(until) => return *until > now,
                PassedOver::WhileThere { ask_at } => ask_at,
            };
            let is_listed = listed.contains(call.as_str());
            if !is_listed && !is_whole && *ask_at <= now {
                let call_id = call.clone();
                asked.ask(Command::Query { call_id }, Asked::PassedOver(call.clone()));
            }
            if is_listed || *ask_at <= now {
                *ask_at = now + ASK_AFTER;
            }
            is_listed || !is_whole
        });
        for call in calls {
            let known = self.by_call.contains_key(&call) || self.passed_over.contains_key(&call);
            if !known {
                // Those that there is no room for are found again.
                let _ = self.begin(call, false, None);
            }
        }
    }

    fn query(&mut self, id: TapId) {
        let step = self.taps.get_mut(&id).and_then(Tap::query);
        if let Some(Step::Ask(command, about)) = step {
            self.asked.ask(command, Asked::Tap(id, about));
        }
    }

    fn answered(&mut self, now: Instant, id: TapId, about: About, answer: Result<Answer, NotDone>) {
        let ours = self.ours();
        // One that is over has nothing to be told.
        let Some(tap) = self.taps.get_mut(&id) else {
            return;
        };
        let is_silent = matches!(answer, Err(NotDone::Silent));
        if is_silent && !tap.is_open() {
            return self.over(now, id, Ending::Silent);
        }
        let steps = match about {
            About::Query => tap.queried(now, answer, &ours, self.settings.caller),
            About::Request { leg, transcode } => tap.offered(leg, transcode, answer, &ours),
            About::Answer { leg } => tap.answered(leg, &answer),
        };
        self.carry_out(now, id, steps);
    }

    fn carry_out(&mut self, now: Instant, id: TapId, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Ask(command, about) => self.asked.ask(command, Asked::Tap(id, about)),
                Step::Open(found) => self.outputs.push_back(Output::Open(id, found)),
                Step::AddLeg(heard) => self.outputs.push_back(Output::AddLeg(id, heard)),
                Step::Control(leg, control) => {
                    self.outputs.push_back(Output::Control(id, leg, control));
                }
                Step::Leave(of) => self.leave(of),
                Step::Over(why) => return self.over(now, id, Ending::At(why)),
            }
        }
    }

    fn leave(&mut self, of: Subscription) {
        let command = Command::Unsubscribe(of.clone());
        self.asked.ask(command, Asked::Unsubscribe(of));
    }

    /// Ends a tap.
    fn over(&mut self, now: Instant, id: TapId, ending: Ending) {
        let Some(tap) = self.taps.remove(&id) else {
            return;
        };
        self.by_call.remove(&tap.call_id);
        if ending != Ending::At(Why::Gone) {
            for of in tap.subscriptions(&self.ours()) {
                self.leave(of);
            }
        }
        let call = tap.call_id.clone();
        let again = match &ending {
            // Looked at again with the next list: somebody may speak by then.
            Ending::At(Why::Nobody | Why::Gone) => None,
            Ending::At(Why::Ended) | Ending::Closed => Some(PassedOver::WhileThere {
                ask_at: now + ASK_AFTER,
            }),
            Ending::At(Why::Unheard(_)) | Ending::Silent | Ending::NotOpened => {
                Some(PassedOver::Until(now + AGAIN_AFTER))
            }
        };
        if let Some(again) = again
            && self.settings.watch
        {
            self.passed_over.insert(call.clone(), again);
        }
        let output = match ending {
            Ending::Closed | Ending::NotOpened => return,
            Ending::Silent if tap.is_given_out() => Output::Close(id, EndReason::Disconnected),
            Ending::At(_) if tap.is_given_out() => Output::Close(id, EndReason::Closed),
            _ if !tap.is_wanted() => return,
            Ending::At(Why::Nobody | Why::Ended | Why::Gone) => {
                Output::Refuse(id, TapError::NoSuchCall(call))
            }
            Ending::At(Why::Unheard(why)) => Output::Refuse(id, TapError::Unheard(why)),
            Ending::Silent => Output::Refuse(id, TapError::Silent),
        };
        self.outputs.push_back(output);
    }

    /// The engine hears these legs of a call, there.
    pub fn opened(&mut self, now: Instant, id: TapId, addresses: &[(LegName, SocketAddr)]) {
        let ours = self.ours();
        if let Some(tap) = self.taps.get_mut(&id) {
            let steps = tap.opened(addresses, &ours);
            self.carry_out(now, id, steps);
        }
    }

    /// A leg is not added.
    pub fn refused(&mut self, id: TapId, leg: &LegName) {
        if let Some(tap) = self.taps.get_mut(&id) {
            tap.refused(leg);
        }
    }

    /// A call was not opened, or has ended by itself.
    pub fn closed(&mut self, now: Instant, id: TapId) {
        let was_open = self.taps.get(&id).is_some_and(Tap::is_open);
        let ending = match was_open {
            true => Ending::Closed,
            false => Ending::NotOpened,
        };
        self.over(now, id, ending);
    }

    /// Whether rtpengine does not answer.
    pub const fn is_silent(&self) -> bool {
        self.silent_since.is_some()
    }

    /// Calls that `list` names at most, where as many as should be do not fit into an answer.
    pub fn short_lists(&self) -> Option<usize> {
        (self.limit < MOST_LISTED).then_some(self.limit)
    }

    /// Lets all calls go. What is still to be sent to rtpengine comes from [`Client::poll`].
    pub fn stop(&mut self, now: Instant) {
        self.stopped = true;
        let taps: Vec<TapId> = self.taps.keys().copied().collect();
        for id in taps {
            self.over(now, id, Ending::Closed);
        }
    }

    /// Whether rtpengine has answered all.
    pub fn is_idle(&self) -> bool {
        self.asked.is_idle()
    }

    /// Does what the time demands.
    pub fn tick(&mut self, now: Instant) {
        while let Some(asked) = self.asked.given_up(now) {
            if !matches!(asked, Asked::List { .. }) {
                self.silent_since.get_or_insert(now);
            }
            self.take(now, asked, Err(NotDone::Silent));
        }
        let lost = |since: Instant| now.saturating_duration_since(since) >= LOST_AFTER;
        if self.silent_since.is_some_and(lost) {
            let taps: Vec<TapId> = self.taps.keys().copied().collect();
            for id in taps {
                self.over(now, id, Ending::Silent);
            }
        }
        if now >= self.next_look {
            self.next_look = now + self.settings.interval;
            self.look();
        }
        if now >= self.next_round {
            self.next_round = now + ROUND;
            self.go_round();
        }
    }

    fn look(&mut self) {
        if self.stopped {
            return;
        }
        let is_silent = self.is_silent();
        if !self.looking && (is_silent || self.settings.watch) {
            self.looking = true;
            match is_silent {
                true => self
                    .asked
                    .ask(Command::Ping, Asked::Ping { unlisted: false }),
                false => {
                    let limit = self.limit;
                    self.asked
                        .ask(Command::List { limit }, Asked::List { limit });
                }
            }
        }
    }

    /// Asks of each call what has changed.
    fn go_round(&mut self) {
        if self.is_silent() {
            return;
        }
        let taps: Vec<TapId> = self.taps.keys().copied().collect();
        for id in taps {
            self.query(id);
        }
    }

    /// What is to be done next.
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        let output = self.outputs.pop_front();
        output.or_else(|| self.asked.poll(now).map(Output::Send))
    }

    /// When [`Client::tick`] has something to do.
    pub fn deadline(&self) -> Instant {
        let next = self.next_look.min(self.next_round);
        self.asked.deadline().map_or(next, |asked| asked.min(next))
    }

    /// Calls that are not tapped although they are there.
    #[cfg(test)]
    pub(super) fn passed_over(&self) -> Vec<&str> {
        self.passed_over.keys().map(String::as_str).collect()
    }

    /// What our tags begin with.
    fn ours(&self) -> String {
        format!("{}-", self.settings.name)
    }
}

/// How a tap ends.
#[derive(Eq, PartialEq)]
enum Ending {
    /// As rtpengine tells it.
    At(Why),
    /// rtpengine does not answer.
    Silent,
    /// The engine has ended the call.
    Closed,
    /// The engine has not opened it.
    NotOpened,
}
