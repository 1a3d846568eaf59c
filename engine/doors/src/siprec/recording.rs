//! One recording session: what is offered and told of it, and what that means to its call.

use std::net::SocketAddr;

use sidetone_core::call::Control;
use sidetone_core::describe::LegName;
use sidetone_types::party::{Party, Role};

use super::body::Body;
use super::metadata::{Metadata, MetadataError};
use super::sides::{Sides, user};
use crate::sdp::{Offer, SdpError, Sound};
use crate::{Fields, Found, Heard};

/// A recording session.
#[derive(Clone, Debug)]
pub struct Recording {
    sides: Sides,
    offer: Offer,
    metadata: Option<Metadata>,
    /// What is wrong with the last metadata that could not be read.
    problem: Option<MetadataError>,
    lines: Vec<Line>,
    /// How many answers it has had.
    version: u64,
}

/// One line of sound.
#[derive(Clone, Debug)]
struct Line {
    /// Who is heard.
    who: Who,
    /// How its leg is named, once there is one.
    leg: Option<LegName>,
    address: Option<SocketAddr>,
    /// Whoever was heard has left, or the line is not in use.
    is_away: bool,
    held: bool,
}

/// Whose voice a line carries.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Who {
    role: Role,
    /// The user part of their address; of all of them, where several are mixed.
    user: String,
    name: String,
}

/// What has changed in a call.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is said of it now.
    pub fields: Fields,
    /// What has become of its legs, in this order.
    pub controls: Vec<(LegName, Control)>,
    /// Legs to add.
    pub legs: Vec<Heard>,
}

/// Why an invitation is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// There is no SDP in it.
    #[error("there is no offer; a recording session begins with SDP")]
    NoOffer,
    /// The SDP cannot be taken.
    #[error(transparent)]
    Sdp(#[from] SdpError),
    /// Nothing that is offered is understood.
    #[error("no codec that is offered is understood; offer PCMU or PCMA over RTP/AVP")]
    Unheard,
}

/// No call is heard with more legs, those who have left included.
const MOST_LEGS: usize = 8;
/// Longest id of a party, in characters.
const LONGEST_ID: usize = 64;

impl Recording {
    /// Takes an invitation, of which its SIP headers say `said` besides. Metadata that cannot be read
    /// are as none ([`Recording::problem`]): the call is heard all the same.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if nothing can be heard.
    pub fn begin(sides: Sides, body: &Body, said: Fields) -> Result<(Self, Found), Refusal> {
        let offer = Offer::read(body.sdp.as_deref().ok_or(Refusal::NoOffer)?)?;
        if !offer.sounds().iter().any(Sound::is_heard) {
            return Err(Refusal::Unheard);
        }
        let mut recording = Self {
            sides,
            offer,
            metadata: None,
            problem: None,
            lines: Vec::new(),
            version: 0,
        };
        recording.learn(body);
        let mut fields = recording.fields();
        fields.extend(said);
        let change = recording.changes();
        let found = Found {
            fields,
            legs: change.legs,
        };
        Ok((recording, found))
    }

    /// Takes a later offer, later metadata, or both.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the offer cannot be read. All stays as it was then.
    pub fn change(&mut self, body: &Body) -> Result<Change, Refusal> {
        if let Some(sdp) = &body.sdp {
            self.offer = Offer::read_later(sdp)?;
        }
        let is_told = self.learn(body);
        let mut change = self.changes();
        if is_told {
            change.fields = self.fields();
        }
        Ok(change)
    }

    /// Takes metadata. Whether there are any that can be read.
    fn learn(&mut self, body: &Body) -> bool {
        let read = body.metadata.as_deref().map(Metadata::read);
        match (read, &mut self.metadata) {
            (None, _) => return false,
            (Some(Err(problem)), _) => {
                self.problem = Some(problem);
                return false;
            }
            (Some(Ok(later)), Some(known)) => known.renew(later),
            (Some(Ok(later)), known) => *known = Some(later),
        }
        self.problem = None;
        true
    }

    /// What is wrong with the last metadata, if they could not be read.
    pub const fn problem(&self) -> Option<&MetadataError> {
        self.problem.as_ref()
    }

    /// These legs are heard there.
    pub fn opened(&mut self, addresses: &[(LegName, SocketAddr)]) {
        for (name, address) in addresses {
            let mut lines = self.lines.iter_mut();
            if let Some(line) = lines.find(|line| line.leg.as_ref() == Some(name)) {
                line.address = Some(*address);
            }
        }
    }

    /// Lines on hold from the beginning on.
    pub fn held(&self) -> Vec<(LegName, Control)> {
        let held = self.lines.iter().filter(|line| line.held);
        let held = held.filter_map(|line| line.leg.clone());
        held.map(|leg| (leg, Control::Hold(true))).collect()
    }

    /// The answer to the last offer.
    pub fn answer(&mut self) -> String {
        self.version += 1;
        let sounds = self.offer.sounds().iter().zip(&self.lines);
        let addresses = sounds.map(|(sound, line)| line.address.filter(|_| sound.is_heard()));
        self.offer
            .answer(&addresses.collect::<Vec<_>>(), self.version)
    }

    /// Compares the lines with what is known now.
    fn changes(&mut self) -> Change {
        let mut change = Change {
            fields: Fields::default(),
            controls: Vec::new(),
            legs: Vec::new(),
        };
        let offer = self.offer.clone();
        for (place, (sound, who)) in offer.sounds().iter().zip(self.heard()).enumerate() {
            if place < self.lines.len() {
                self.renew(place, sound, who, &mut change);
            } else {
                self.lines.push(Line {
                    who: who.clone().unwrap_or_else(|| Who::nobody(Role::Unknown)),
                    leg: None,
                    address: None,
                    is_away: who.is_none(),
                    held: !sound.sends,
                });
            }
            self.add(place, sound, &mut change);
        }
        for (line, sound) in self.lines.iter_mut().zip(offer.sounds()) {
            line.held = !sound.sends;
        }
        change
    }

    /// Gives a line that can be heard its leg, if it has none and there is room.
    fn add(&mut self, place: usize, sound: &Sound, change: &mut Change) {
        let line = &self.lines[place];
        let legs = self.lines.iter().filter(|line| line.leg.is_some()).count();
        if line.leg.is_some() || line.is_away || !sound.is_heard() || legs >= MOST_LEGS {
            return;
        }
        let party = self.party(place);
        self.lines[place].leg = Some(LegName {
            role: party.role,
            party: party.id.clone(),
        });
        change.legs.push(Heard {
            party,
            payloads: sound.payloads(),
        });
    }

    /// What has become of a line that was there before.
    fn renew(&mut self, place: usize, sound: &Sound, who: Option<Who>, change: &mut Change) {
        let line = &mut self.lines[place];
        let is_away = who.is_none() || !sound.is_there;
        let (was_away, was) = (line.is_away, line.who.clone());
        line.is_away = is_away;
        if let Some(who) = who {
            line.who = who;
        }
        let Some(leg) = line.leg.clone() else {
            return;
        };
        let mut tell = |control| change.controls.push((leg.clone(), control));
        if is_away {
            if !was_away {
                tell(Control::Leave);
            }
            return;
        }
        if line.held == sound.sends {
            tell(Control::Hold(!sound.sends));
        }
        if sound.is_heard() {
            tell(Control::Payloads(sound.payloads()));
        }
        if was_away || self.lines[place].who != was {
            let party = self.party(place);
            change.controls.push((leg, Control::Join(party)));
        }
    }

    /// Who is heard on each line; `None` where they have left.
    fn heard(&self) -> Vec<Option<Who>> {
        let sounds = self.offer.sounds();
        let Some(metadata) = &self.metadata else {
            // The two sides, in this order.
            let sides = [self.sides.caller.speaks(), self.sides.caller.hears()];
            let role = |place: usize| match sounds.len() {
                1 => Role::Unknown,
                _ => sides[place.min(1)],
            };
            return (0..sounds.len())
                .map(|place| Some(Who::nobody(role(place))))
                .collect();
        };
        let labels: Vec<_> = sounds.iter().map(|sound| sound.label.as_deref()).collect();
        let voices = metadata.voices(&labels);
        let caller = caller(metadata, &voices);
        let of = |(place, one)| (one, Some(place) == caller);
        let taking_part: Vec<_> = metadata.participants.iter().enumerate().map(of).collect();
        let roles = self.sides.roles(&taking_part);
        let who = |voices: Vec<usize>| {
            let mut known = voices.iter().map(|place| roles[*place]);
            let first = known.next().unwrap_or(Role::Unknown);
            let role = match known.all(|role| role == first) {
                true => first,
                false => Role::Unknown,
            };
            let part = |part: fn(&super::metadata::Participant) -> &str| {
                let parts = voices
                    .iter()
                    .map(|place| part(&metadata.participants[*place]));
                parts
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            Who {
                role,
                user: part(|one| user(&one.aor)),
                name: part(|one| &one.name),
            }
        };
        voices.into_iter().map(|of| of.map(who)).collect()
    }

    /// Whoever a line carries, as a party of the call.
    fn party(&self, place: usize) -> Party {
        let Who { role, user, name } = &self.lines[place].who;
        let others = self
            .lines
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        let names: Vec<&LegName> = others.filter_map(|(_, line)| line.leg.as_ref()).collect();
        let is_taken = |id: &str| {
            let mut names = names.iter();
            names.any(|name| name.role == *role && *name.party == *id)
        };
        let user: String = user.chars().take(LONGEST_ID).collect();
        // The only one of a role needs no id; an agent is known by theirs.
        let id = match role {
            Role::Agent => user.clone(),
            _ => String::new(),
        };
        let id = match is_taken(&id) {
            false => id,
            true if !user.is_empty() && !is_taken(&user) => user,
            true => format!("{}-{user}", place + 1),
        };
        Party {
            role: *role,
            id: id.into(),
            name: name.as_str().into(),
        }
    }

    /// What is known of the call.
    fn fields(&self) -> Fields {
        let Some(metadata) = &self.metadata else {
            return Fields::default();
        };
        let mut fields = metadata.fields.clone();
        let sounds = self.offer.sounds();
        let labels: Vec<_> = sounds.iter().map(|sound| sound.label.as_deref()).collect();
        let caller = caller(metadata, &metadata.voices(&labels));
        let people = self.heard();
        let of = |role: Role| people.iter().flatten().find(|one| one.role == role);
        let (customer, agent) = (of(Role::Customer), of(Role::Agent));
        let calls = caller.map(|place| user(&metadata.participants[place].aor));
        let is_caller =
            |who: Option<&Who>| who.zip(calls).is_some_and(|(who, calls)| who.user == calls);
        let users = (
            customer.map(|one| one.user.as_str()),
            agent.map(|one| one.user.as_str()),
        );
        let (direction, caller, callee) = match (is_caller(customer), is_caller(agent)) {
            (true, false) => ("inbound", users.0, users.1),
            (false, true) => ("outbound", users.1, users.0),
            _ => ("", None, None),
        };
        // What is told beside the participants is told as it was dialled.
        let told = metadata.numbers();
        let number = |told: &str, known: Option<&str>| match user(told) {
            "" => known.unwrap_or_default().to_owned(),
            told => told.to_owned(),
        };
        fields.keep("caller", &number(told.0, caller));
        fields.keep("callee", &number(told.1, callee));
        fields.keep("direction", direction);
        fields.keep("agent_id", agent.map_or("", |one| &one.user));
        fields
    }
}

/// Who of all called: whoever is heard first, if nothing tells.
fn caller(metadata: &Metadata, voices: &[Option<Vec<usize>>]) -> Option<usize> {
    metadata.caller(voices.iter().flatten().flatten().next().copied())
}

impl Who {
    const fn nobody(role: Role) -> Self {
        Self {
            role,
            user: String::new(),
            name: String::new(),
        }
    }
}
