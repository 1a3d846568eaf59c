//! What has become of a call since it was opened, for whoever looks at the list of calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::Serialize;
use sidetone_core::describe::CallDescription;
use sidetone_types::event::{CallUpdated, Event, EventKind, LegState, PartyJoined};
use sidetone_types::party::{Party, Role};
use sidetone_types::time::unix_millis;

use super::attention::{Attention, CalledBefore};

/// How a call stands, by what it has told. Clones share it.
#[derive(Clone)]
pub struct Current(Arc<Mutex<State>>);

/// Why somebody is not listened to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Off {
    /// What they are in the call.
    pub role: Role,
    /// Who they are; empty if not known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub party: Arc<str>,
    /// Why.
    pub state: LegState,
}

/// Whom no media comes from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Silent {
    /// What they are in the call.
    pub role: Role,
    /// Who they are; empty if not known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub party: Arc<str>,
    /// The payload type that comes instead, which nobody has described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_type: Option<u8>,
}

struct State {
    known: CallUpdated,
    /// Those who take part, the last to join last.
    parties: Vec<Party>,
    agent_id: Arc<str>,
    customer: Option<String>,
    customer_id: Option<String>,
    /// Those that were told to be without media and have not spoken since.
    silent: Vec<Silent>,
    /// Those who are not listened to.
    off: Vec<Off>,
    attention: Attention,
}

impl Current {
    /// A call that has just been opened.
    pub fn new(description: &CallDescription) -> Self {
        Self(Arc::new(Mutex::new(State {
            known: description.known(),
            parties: description
                .legs
                .iter()
                .map(|leg| leg.party.clone())
                .collect(),
            agent_id: description.agent_id.as_str().into(),
            customer: None,
            customer_id: None,
            silent: Vec::new(),
            off: Vec::new(),
            attention: Attention::default(),
        })))
    }

    /// Takes what the call tells.
    pub fn observe(&self, event: &Event) {
        let mut state = self.lock();
        state
            .attention
            .observe(event, unix_millis(SystemTime::now()));
        match (&event.kind, event.role) {
            (EventKind::CallUpdated(known), _) => {
                if known.customer() != state.known.customer() {
                    state.customer = None;
                    state.customer_id = None;
                    state.attention.customer_changed();
                }
                state.known = known.clone();
            }
            (EventKind::CustomerIdentified(customer), _) => {
                let told = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                state.customer = told(&customer.name);
                state.customer_id = told(&customer.customer_id);
            }
            (EventKind::PartyJoined(PartyJoined { name }), Some(role)) => state.joined(Party {
                role,
                id: event.party.clone(),
                name: name.clone(),
            }),
            (EventKind::PartyLeft, Some(role)) => state.left(role, &event.party),
            (EventKind::LegState { state: now }, Some(role)) => {
                state
                    .off
                    .retain(|off| (off.role, &off.party) != (role, &event.party));
                if *now != LegState::Active {
                    state.off.push(Off {
                        role,
                        party: event.party.clone(),
                        state: *now,
                    });
                }
            }
            (EventKind::NoMedia { payload_type, .. }, Some(role)) => {
                state.heard(role, &event.party);
                state.silent.push(Silent {
                    role,
                    party: event.party.clone(),
                    payload_type: *payload_type,
                });
            }
            (EventKind::SpeechBegin { .. }, Some(role)) => state.heard(role, &event.party),
            _ => {}
        }
    }

    /// The agent whose call it is: one of those who take part, or the last one to leave if none
    /// does; empty if not known.
    pub fn agent_id(&self) -> Arc<str> {
        self.lock().agent_id.clone()
    }

    /// Those who take part, by role.
    pub fn parties(&self) -> Vec<Party> {
        let mut parties = self.lock().parties.clone();
        parties.sort_by_key(|party| party.role);
        parties
    }

    /// What is known of it.
    pub fn known(&self) -> CallUpdated {
        self.lock().known.clone()
    }

    /// The customer's name, once the CRM has told it.
    pub fn customer(&self) -> Option<String> {
        self.lock().customer.clone()
    }

    /// The CRM's own id of the customer, if it is known who they are.
    pub fn customer_id(&self) -> Option<String> {
        self.lock().customer_id.clone()
    }

    /// Those whom no media comes from.
    pub fn silent(&self) -> Vec<Silent> {
        self.lock().silent.clone()
    }

    /// Those who are not listened to, and why.
    pub fn off(&self) -> Vec<Off> {
        self.lock().off.clone()
    }

    /// What tells whether it needs somebody.
    pub fn attention(&self) -> Attention {
        self.lock().attention.clone()
    }

    /// Whoever is on the line has called before.
    pub fn called_before(&self, earlier: CalledBefore) {
        self.lock().attention.called_before = Some(earlier);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn joined(&mut self, party: Party) {
        self.remove(party.role, &party.id);
        self.parties.push(party);
        self.find_agent();
    }

    fn left(&mut self, role: Role, id: &str) {
        self.remove(role, id);
        self.heard(role, id);
        self.off.retain(|off| off.role != role || *off.party != *id);
        self.find_agent();
    }

    fn heard(&mut self, role: Role, party: &str) {
        let same = |silent: &Silent| silent.role == role && *silent.party == *party;
        self.silent.retain(|silent| !same(silent));
    }

    /// An agent keeps the call until they leave; then it is that of whoever is there, or comes
    /// next.
    fn find_agent(&mut self) {
        let agents = self.parties.iter();
        let agents = agents.filter(|party| party.role == Role::Agent && !party.id.is_empty());
        let mut agents = agents.map(|party| &party.id);
        if !agents.clone().any(|id| *id == self.agent_id)
            && let Some(next) = agents.next()
        {
            self.agent_id = next.clone();
        }
    }

    fn remove(&mut self, role: Role, id: &str) {
        let same = |party: &Party| party.role == role && *party.id == *id;
        self.parties.retain(|party| !same(party));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use sidetone_core::describe::{LegDescription, Source};
    use sidetone_media::audio::StreamFormat;
    use sidetone_types::id::UtteranceId;
    use sidetone_types::party::Direction;
    use sidetone_types::time::MediaTime;

    use super::*;

    /// A call of which nothing is known but its agent.
    pub fn description(agent_id: &str) -> CallDescription {
        CallDescription {
            recording: Default::default(),
            caller: Default::default(),
            callee: Default::default(),
            agent_id: agent_id.to_owned(),
            direction: Direction::Unknown,
            languages: Vec::new(),
            vocabulary: Vec::new(),
            metadata: Default::default(),
            legs: Vec::new(),
            partials: false,
        }
    }

    fn tell(current: &Current, role: Role, party: &str, kind: EventKind) {
        current.observe(&Event {
            role: Some(role),
            party: party.into(),
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind,
        });
    }

    #[test]
    fn a_leg_without_media_is_silent_until_it_speaks_whoever_else_does() {
        let current = Current::new(&description(""));
        let told = |role, party: &str, kind| {
            tell(&current, role, party, kind);
            let silent = current.silent().into_iter();
            silent
                .map(|one| (one.role, one.party.to_string(), one.payload_type))
                .collect::<Vec<_>>()
        };
        let none = |payload_type| EventKind::NoMedia {
            waited_ms: 5_000,
            payload_type,
        };
        let speaks = || EventKind::SpeechBegin {
            utterance: UtteranceId(1),
        };
        let customer = (Role::Customer, String::new(), Some(96));
        let agent = (Role::Agent, "agent-9".to_owned(), None);
        assert_eq!(told(Role::Agent, "agent-7", speaks()), []);
        assert_eq!(
            told(Role::Customer, "", none(None)),
            [(Role::Customer, String::new(), None)]
        );
        let other = told(Role::Customer, "", none(Some(96)));
        assert_eq!(
            other,
            std::slice::from_ref(&customer),
            "something comes by now"
        );
        let both = told(Role::Agent, "agent-9", none(None));
        assert_eq!(both, [customer.clone(), agent.clone()]);
        let still = told(Role::Agent, "agent-7", speaks());
        assert_eq!(still, [customer, agent.clone()], "another agent");
        assert_eq!(told(Role::Customer, "", speaks()), [agent]);
        assert_eq!(told(Role::Agent, "agent-9", EventKind::PartyLeft), []);
    }

    #[test]
    fn who_is_on_hold_muted_or_paused_is_known_until_they_are_listened_to_or_leave() {
        let current = Current::new(&description(""));
        let told = |role, party: &str, kind| {
            tell(&current, role, party, kind);
            let off = current.off().into_iter();
            off.map(|off| (off.role, off.state)).collect::<Vec<_>>()
        };
        let now = |state| EventKind::LegState { state };
        let held = (Role::Customer, LegState::Held);
        let muted = (Role::Agent, LegState::Muted);
        assert_eq!(told(Role::Customer, "", now(LegState::Held)), [held]);
        let both = told(Role::Agent, "agent-7", now(LegState::Muted));
        assert_eq!(both, [held, muted]);
        let other = told(Role::Agent, "agent-9", EventKind::PartyLeft);
        assert_eq!(other, [held, muted], "somebody else");
        let left = told(Role::Agent, "agent-7", EventKind::PartyLeft);
        assert_eq!(left, [held]);
        let paused = (Role::Customer, LegState::Paused);
        assert_eq!(told(Role::Customer, "", now(LegState::Paused)), [paused]);
        assert_eq!(told(Role::Customer, "", now(LegState::Active)), []);
    }

    #[test]
    fn a_call_is_an_agents_until_they_leave_and_somebody_else_is_there() {
        let joined = || EventKind::PartyJoined(PartyJoined::default());
        let mut described = description("agent-7");
        let party = Party {
            role: Role::Agent,
            id: "agent-7".into(),
            name: "Ann".into(),
        };
        let source = Source::Stream(StreamFormat::Mulaw);
        described.legs.push(LegDescription::new(party, source));
        let current = Current::new(&described);
        let mut agents = Vec::new();
        for (kind, role, party) in [
            (joined(), Role::Supervisor, "lead-1"),
            (joined(), Role::Agent, "agent-9"),
            (EventKind::PartyLeft, Role::Agent, "agent-9"),
            (EventKind::PartyLeft, Role::Agent, "agent-7"),
            (joined(), Role::Agent, "agent-8"),
            (joined(), Role::Agent, "agent-6"),
            (EventKind::PartyLeft, Role::Agent, "agent-8"),
            (EventKind::PartyLeft, Role::Agent, "agent-6"),
            (joined(), Role::Agent, ""),
        ] {
            tell(&current, role, party, kind);
            agents.push(current.agent_id().to_string());
        }
        let (seven, eight, six) = ("agent-7", "agent-8", "agent-6");
        let expected = [seven, seven, seven, seven, eight, eight, six, six, six];
        assert_eq!(agents, expected);
        let parties = current.parties();
        let parties: Vec<(Role, &str)> = parties.iter().map(|p| (p.role, &*p.id)).collect();
        let expected = [(Role::Agent, ""), (Role::Supervisor, "lead-1")];
        assert_eq!(parties, expected);
    }
}
