//! One call at rtpengine, from the first look at it to the last.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sidetone_core::call::Control;
use sidetone_core::describe::{LegName, MAX_LEGS};
use sidetone_types::party::{Party, Role};

use super::message::{Answer, Command, NotDone, Subscription};
use super::participants::{Participant, Sides, is_side, participants};
use crate::sdp::{Offer, SdpError};
use crate::{Fields, Forked, Found, Heard};

/// What a call needs next.
#[derive(Debug)]
pub(super) enum Step {
    /// rtpengine is to be asked.
    Ask(Command, About),
    /// The call is to be opened, with these legs.
    Open(Found),
    /// A leg is to be added.
    AddLeg(Heard),
    /// Something has become of a leg.
    Control(LegName, Control),
    /// A subscription is to be given up.
    Leave(Subscription),
    /// Nobody is there any more, or nobody can be heard.
    Over(Why),
}

/// Why a call is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// Nobody speaks in it, or not with each other yet.
    Nobody,
    /// It has ended, but rtpengine has not forgotten it.
    Ended,
    /// rtpengine does not know it, any more.
    Gone,
    /// Nobody in it can be heard.
    Unheard(String),
}

/// What an answer is about, in its call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum About {
    /// Who takes part.
    Query,
    /// What one of them is offered as. `transcode` was asked for.
    Request { leg: usize, transcode: bool },
    /// Where it is sent.
    Answer { leg: usize },
}

/// A call.
pub(super) struct Tap {
    pub call_id: String,
    /// The customer's tag, if somebody has told it.
    customer: Option<String>,
    /// Fewer participants than that are none.
    least: usize,
    stage: Stage,
    /// A query is on its way.
    pub asked: bool,
    recheck: Recheck,
    legs: Vec<Leg>,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// Nobody knows yet who takes part.
    Looking,
    /// Its first participants are asked for.
    Subscribing,
    /// It is being opened.
    Opening,
    /// It is heard. When it was last changed by signalling that is known of.
    Live { signalled: Option<u64> },
}

/// Whether all offers are asked for once more.
///
/// rtpengine tells the time of the last signalling in whole seconds: what others signal in the
/// second of our own is not seen, as when a PBX offers one codec alone as soon as a call is answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Recheck {
    /// Yes, once what is on its way is done.
    Owed,
    /// Yes, then. What is signalled later is seen.
    At(Instant),
    /// No, until something changes.
    Done,
}

/// How exactly rtpengine tells when something was signalled.
const TOLD_TO: Duration = Duration::from_secs(1);

/// One participant.
struct Leg {
    tag: String,
    party: Party,
    /// Where the engine hears them, once it does.
    address: Option<SocketAddr>,
    /// What is offered of them; what has been agreed, once it is answered.
    offer: Option<Offer>,
    label: String,
    held: bool,
    state: LegState,
    /// How often it could not be heard since the call last changed.
    failed: u8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum LegState {
    /// An offer is waited for.
    Requested,
    /// An address is waited for.
    Offered,
    /// The answer is on its way.
    Answered,
    /// Heard.
    Heard,
    /// Not heard, for now.
    Failed,
    /// They have left.
    Left,
}

/// Longest id of a party, in characters.
const LONGEST_ID: usize = 64;
/// A participant who could not be heard so often is left alone until the call changes.
const MOST_FAILURES: u8 = 3;

impl Tap {
    /// A call that somebody has asked for, or one that was found, in which at least two have to
    /// speak with each other.
    pub fn new(call_id: String, wanted: bool, customer: Option<String>) -> Self {
        Self {
            call_id,
            customer,
            least: if wanted { 1 } else { 2 },
            stage: Stage::Looking,
            asked: false,
            recheck: Recheck::Owed,
            legs: Vec::new(),
        }
    }

    /// Whether the engine has the call.
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Live { .. })
    }

    /// Whether the engine has been asked to open the call.
    pub const fn is_given_out(&self) -> bool {
        matches!(self.stage, Stage::Opening | Stage::Live { .. })
    }

    /// Whether somebody has asked for it.
    pub const fn is_wanted(&self) -> bool {
        self.least == 1
    }

    /// Asks who takes part, unless that is asked already or nothing could come of it.
    pub fn query(&mut self) -> Option<Step> {
        let may = matches!(self.stage, Stage::Looking | Stage::Live { .. });
        (may && !self.asked).then(|| {
            self.asked = true;
            let call_id = self.call_id.clone();
            Step::Ask(Command::Query { call_id }, About::Query)
        })
    }

    /// Takes who takes part.
    pub fn queried(
        &mut self,
        now: Instant,
        answer: Result<Answer, NotDone>,
        ours: &str,
        caller: Forked,
    ) -> Vec<Step> {
        self.asked = false;
        let answer = match answer {
            Ok(answer) => answer,
            Err(NotDone::NoSuchCall) => return vec![Step::Over(Why::Gone)],
            // Asked again in a while.
            Err(_) => return Vec::new(),
        };
        let signalled = answer.last_signal;
        let listening: Vec<String> = answer.tags.0.iter().map(|one| one.tag.clone()).collect();
        let mut found = participants(answer.tags);
        found.retain(|one| !one.tag.starts_with(ours));
        match self.stage {
            Stage::Looking if found.len() < self.least => vec![Step::Over(Why::Nobody)],
            Stage::Looking => {
                self.stage = Stage::Subscribing;
                for one in &found {
                    self.add(one, caller);
                }
                self.request_all(ours)
            }
            Stage::Subscribing | Stage::Opening => Vec::new(),
            Stage::Live { .. } if found.is_empty() => vec![Step::Over(Why::Ended)],
            Stage::Live { signalled: before } => {
                let mut steps = self.changes(&found, caller, ours);
                let mut changed = steps.iter().any(|step| matches!(step, Step::Ask(..)));
                let renewed = before.is_some_and(|before| before != signalled);
                let rechecked = matches!(self.recheck, Recheck::At(at) if at <= now);
                for i in 0..self.legs.len() {
                    let leg = &mut self.legs[i];
                    if renewed {
                        leg.failed = 0;
                    }
                    let again = match leg.state {
                        LegState::Heard => renewed || !listening.contains(&to_tag(ours, &leg.tag)),
                        LegState::Failed => leg.failed < MOST_FAILURES,
                        _ => false,
                    };
                    changed |= again;
                    if again || (rechecked && leg.state == LegState::Heard) {
                        steps.push(self.request(i, false, ours));
                    }
                }
                let is_settled = self.is_settled();
                self.recheck = match self.recheck {
                    _ if changed => Recheck::Owed,
                    Recheck::Owed if is_settled => Recheck::At(now + TOLD_TO),
                    Recheck::At(_) if rechecked => Recheck::Done,
                    same => same,
                };
                // Our own signalling counts too: what came of it is known once it is done.
                self.stage = Stage::Live {
                    signalled: is_settled.then_some(signalled),
                };
                steps
            }
        }
    }

    /// Whether nothing is on its way.
    fn is_settled(&self) -> bool {
        let busy = [LegState::Requested, LegState::Answered];
        self.legs.iter().all(|leg| !busy.contains(&leg.state))
    }

    /// What has changed among those who take part.
    fn changes(&mut self, found: &[Participant], caller: Forked, ours: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        for one in found {
            let known = self.legs.iter().position(|leg| leg.tag == one.tag);
            let i = match known {
                Some(i) if self.legs[i].state == LegState::Left => {
                    let leg = &self.legs[i];
                    if leg.address.is_some() {
                        let back = Control::Join(leg.party.clone());
                        steps.push(Step::Control(leg.name(), back));
                    }
                    i
                }
                Some(i) => {
                    let leg = &mut self.legs[i];
                    if leg.held != one.held && leg.address.is_some() {
                        leg.held = one.held;
                        steps.push(Step::Control(leg.name(), Control::Hold(one.held)));
                    }
                    continue;
                }
                None => {
                    if !self.add(one, caller) {
                        continue;
                    }
                    self.legs.len() - 1
                }
            };
            steps.push(self.request(i, false, ours));
        }
        for i in 0..self.legs.len() {
            let leg = &mut self.legs[i];
            if leg.state != LegState::Left && !found.iter().any(|one| one.tag == leg.tag) {
                leg.state = LegState::Left;
                if leg.address.is_some() {
                    steps.push(Step::Control(leg.name(), Control::Leave));
                }
                steps.push(Step::Leave(self.subscription(i, ours)));
            }
        }
        steps
    }

    /// Adds a participant, if there is room for another.
    fn add(&mut self, one: &Participant, caller: Forked) -> bool {
        if self.legs.len() >= MAX_LEGS {
            return false;
        }
        let sides = Sides {
            caller,
            customer: self.customer.as_deref(),
        };
        let known = self.legs.iter();
        let known: Vec<(&str, Role)> = known
            .map(|leg| (leg.tag.as_str(), leg.party.role))
            .collect();
        let role = sides.role(one, &known);
        // The only one of a role needs no name.
        let is_first = known.iter().all(|(_, known)| *known != role);
        let id = match is_first {
            true => String::new(),
            false => format!(
                "{}-{}",
                self.legs.len() + 1,
                one.tag.chars().take(LONGEST_ID).collect::<String>()
            ),
        };
        self.legs.push(Leg {
            tag: one.tag.clone(),
            party: Party {
                role,
                id: id.into(),
                name: "".into(),
            },
            address: None,
            offer: None,
            label: one.label.clone(),
            held: one.held,
            state: LegState::Requested,
            failed: 0,
        });
        true
    }

    fn request_all(&mut self, ours: &str) -> Vec<Step> {
        let legs = 0..self.legs.len();
        legs.map(|i| self.request(i, false, ours)).collect()
    }

    /// Asks for what leg `i` says.
    fn request(&mut self, leg: usize, transcode: bool, ours: &str) -> Step {
        let of = self.subscription(leg, ours);
        self.legs[leg].state = LegState::Requested;
        let command = Command::SubscribeRequest { of, transcode };
        Step::Ask(command, About::Request { leg, transcode })
    }

    fn subscription(&self, leg: usize, ours: &str) -> Subscription {
        let from_tag = self.legs[leg].tag.clone();
        Subscription {
            call_id: self.call_id.clone(),
            to_tag: to_tag(ours, &from_tag),
            from_tag,
        }
    }

    /// Takes what is offered of a leg.
    pub fn offered(
        &mut self,
        leg: usize,
        transcode: bool,
        answer: Result<Answer, NotDone>,
        ours: &str,
    ) -> Vec<Step> {
        if self.legs[leg].state != LegState::Requested {
            return Vec::new();
        }
        let offer = match answer {
            Ok(answer) => Offer::read(&answer.sdp).map_err(|error: SdpError| error.to_string()),
            Err(NotDone::NoSuchCall) => return vec![Step::Over(Why::Gone)],
            Err(error) => Err(error.to_string()),
        };
        let failed = match offer {
            Ok(offer) if offer.first().is_heard() => {
                self.legs[leg].state = LegState::Offered;
                return self.take(leg, offer, ours);
            }
            Ok(_) if !transcode => return vec![self.request(leg, true, ours)],
            Ok(_) => {
                "rtpengine offers no codec that is understood, and transcodes to none".to_owned()
            }
            Err(error) => error,
        };
        self.fail(leg, failed)
    }

    fn fail(&mut self, leg: usize, why: String) -> Vec<Step> {
        self.legs[leg].state = LegState::Failed;
        self.legs[leg].failed += 1;
        let nobody = |leg: &Leg| matches!(leg.state, LegState::Failed | LegState::Left);
        match self.stage {
            Stage::Subscribing if self.legs.iter().all(nobody) => {
                vec![Step::Over(Why::Unheard(why))]
            }
            Stage::Subscribing => self.open_once_all_are_offered(),
            _ => Vec::new(),
        }
    }

    /// Takes an offer that can be heard.
    fn take(&mut self, i: usize, offer: Offer, ours: &str) -> Vec<Step> {
        let leg = &mut self.legs[i];
        let before = leg.offer.replace(offer);
        let Some(offer) = &leg.offer else {
            return Vec::new();
        };
        let Some(address) = leg.address else {
            return match self.stage {
                Stage::Live { .. } => vec![Step::AddLeg(leg.heard(offer))],
                _ => self.open_once_all_are_offered(),
            };
        };
        let mut steps = Vec::new();
        if !before.is_some_and(|before| before.first().is_like(offer.first())) {
            let payloads = Control::Payloads(offer.first().payloads());
            steps.push(Step::Control(leg.name(), payloads));
        }
        steps.extend(self.answer(i, address, ours));
        steps
    }

    fn open_once_all_are_offered(&mut self) -> Vec<Step> {
        if self.legs.iter().any(|leg| leg.state == LegState::Requested) {
            return Vec::new();
        }
        self.stage = Stage::Opening;
        let legs = self.legs.iter().filter_map(|leg| {
            let offered = leg.offer.as_ref()?;
            (leg.state == LegState::Offered).then(|| leg.heard(offered))
        });
        vec![Step::Open(Found {
            fields: self.fields(),
            legs: legs.collect(),
        })]
    }

    /// What rtpengine knows of the call.
    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.set("call_id", self.call_id.clone());
        for (name, leg) in ["from_tag", "to_tag"].iter().zip(&self.legs) {
            fields.set(name, leg.tag.clone());
        }
        let names = ["caller", "callee"].iter().zip(["inbound", "outbound"]);
        for ((name, direction), leg) in names.zip(&self.legs) {
            let label = match is_side(&leg.label) {
                true => String::new(),
                false => leg.label.clone(),
            };
            match leg.party.role {
                Role::Customer => {
                    fields.set("direction", direction.to_owned());
                    fields.set(name, label);
                }
                Role::Agent => fields.set("agent", label),
                _ => {}
            }
        }
        fields
    }

    /// The engine hears these legs there. Those whom it does not hear are left alone.
    pub fn opened(&mut self, addresses: &[(LegName, SocketAddr)], ours: &str) -> Vec<Step> {
        if self.stage == Stage::Opening {
            self.stage = Stage::Live { signalled: None };
        }
        let mut steps = Vec::new();
        for (name, address) in addresses {
            let is_it = |leg: &Leg| leg.name() == *name && leg.address.is_none();
            if let Some(i) = self.legs.iter().position(is_it) {
                let leg = &mut self.legs[i];
                leg.address = Some(*address);
                if leg.held {
                    steps.push(Step::Control(leg.name(), Control::Hold(true)));
                }
                if leg.state == LegState::Left {
                    steps.push(Step::Control(leg.name(), Control::Leave));
                }
                if leg.state == LegState::Offered {
                    steps.extend(self.answer(i, *address, ours));
                }
            }
        }
        steps
    }

    /// The engine does not hear this leg, and will not.
    pub fn refused(&mut self, name: &LegName) {
        let is_it = |leg: &&mut Leg| leg.name() == *name && leg.address.is_none();
        if let Some(leg) = self.legs.iter_mut().find(is_it) {
            (leg.state, leg.failed) = (LegState::Failed, MOST_FAILURES);
        }
    }

    fn answer(&mut self, leg: usize, address: SocketAddr, ours: &str) -> Option<Step> {
        let of = self.subscription(leg, ours);
        let sdp = self.legs[leg].offer.as_ref()?.answer_first(address);
        self.legs[leg].state = LegState::Answered;
        let command = Command::SubscribeAnswer { of, sdp };
        Some(Step::Ask(command, About::Answer { leg }))
    }

    /// Takes whether a leg is heard now.
    pub fn answered(&mut self, leg: usize, answer: &Result<Answer, NotDone>) -> Vec<Step> {
        if self.legs[leg].state != LegState::Answered {
            return Vec::new();
        }
        if answer.is_err() {
            // Tried anew once something changes, or if the subscription is gone altogether.
            return self.fail(leg, String::new());
        }
        self.legs[leg].state = LegState::Heard;
        match self.is_settled() {
            // When our own signalling was is known only now.
            true => self.query().into_iter().collect(),
            false => Vec::new(),
        }
    }

    /// All that we have subscribed to.
    pub fn subscriptions(&self, ours: &str) -> Vec<Subscription> {
        let legs = 0..self.legs.len();
        legs.map(|leg| self.subscription(leg, ours)).collect()
    }
}

impl Leg {
    fn name(&self) -> LegName {
        LegName::of(&self.party)
    }

    fn heard(&self, offer: &Offer) -> Heard {
        Heard {
            party: self.party.clone(),
            payloads: offer.first().payloads(),
        }
    }
}

/// Who we are where we listen to `tag`. The same each time, so that an engine that has been
/// restarted takes over what it had.
fn to_tag(ours: &str, tag: &str) -> String {
    format!("{ours}{tag}")
}
