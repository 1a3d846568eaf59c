//! One recording session: what is offered and told of it, and what that means to its call.

use std::net::SocketAddr;

use sidetone_core::call::Control;
use sidetone_core::describe::{LegName, MAX_LEGS};
use sidetone_types::party::{Party, Role};

use super::body::Body;
use super::metadata::{Metadata, MetadataError, Participant};
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
    /// Who called, by the id of a participant. Whoever is heard first, if nothing tells; and still
    /// they once they have left.
    caller: Option<String>,
    /// Somebody was an agent by address, so that all others are customers.
    knows_agents: bool,
    lines: Vec<Line>,
    /// What has been said of the call.
    said: Fields,
    /// The id of its session in our answers, the version of the last one, and what it said.
    session: u64,
    version: u64,
    answered: String,
}

/// One line of sound.
#[derive(Clone, Debug)]
struct Line {
    /// Who is heard.
    who: Who,
    /// How its leg is named, once there is one.
    leg: Option<LegName>,
    address: Option<SocketAddr>,
    /// The sound that its leg knows of.
    sound: Sound,
    /// Whoever was heard has left, or the line is not in use.
    is_away: bool,
    /// Whether its leg has been told to be on hold.
    is_held: bool,
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
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What is said of it beyond what was.
    pub fields: Fields,
    /// What has become of its legs, in this order.
    pub controls: Vec<(LegName, Control)>,
    /// Legs to add.
    pub legs: Vec<Heard>,
}

/// Why an invitation is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// There is no SDP in it; of what else there is, the content types.
    #[error("there is no offer{}; a recording session begins with application/sdp", beside(.0))]
    NoOffer(String),
    /// The SDP cannot be taken.
    #[error(transparent)]
    Sdp(#[from] SdpError),
    /// Nothing that is offered is understood.
    #[error("no codec that is offered is understood; offer PCMU or PCMA over RTP/AVP")]
    Unheard,
    /// All of it is encrypted.
    #[error("the sound is offered encrypted (SRTP); have it offered as plain RTP, RTP/AVP")]
    Encrypted,
}

/// Longest id and name of a party, and longest number, in bytes.
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 128;

impl Recording {
    /// Takes an invitation, of which its SIP headers say `said` besides. In our answers its session
    /// has the id `session`. Metadata that cannot be read are as none ([`Recording::notes`]): the
    /// call is heard all the same.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if nothing can be heard.
    pub fn begin(
        sides: Sides,
        body: &Body,
        said: Fields,
        session: u64,
    ) -> Result<(Self, Found), Refusal> {
        let offer = Offer::read(
            body.sdp
                .as_deref()
                .ok_or_else(|| Refusal::NoOffer(body.others.clone()))?,
        )?;
        check(&offer)?;
        let mut recording = Self {
            sides,
            offer,
            metadata: None,
            problem: None,
            caller: None,
            knows_agents: false,
            lines: Vec::new(),
            said,
            session,
            version: 0,
            answered: String::new(),
        };
        recording.learn(body);
        let change = recording.changes();
        recording.say();
        let found = Found {
            fields: recording.said.clone(),
            legs: change.legs,
        };
        Ok((recording, found))
    }

    /// Takes a later offer, later metadata, or both.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the offer cannot be read, or nothing that it has in use is understood. The
    /// recording is not to be used then.
    pub fn change(&mut self, body: &Body) -> Result<Change, Refusal> {
        if let Some(sdp) = &body.sdp {
            self.offer = Offer::read_later(sdp)?;
            check(&self.offer)?;
        }
        let is_told = self.learn(body);
        let mut change = self.changes();
        if is_told {
            change.fields = self.say();
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

    /// Whether metadata have told who speaks; else the first line of the SDP is taken for whoever called.
    pub const fn has_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    /// What should be known to whoever wonders who speaks, or why somebody is not heard.
    pub fn notes(&self) -> Vec<String> {
        let sounds = self.offer.sounds();
        let labels = labels(sounds);
        let mut notes = Vec::new();
        match (&self.problem, &self.metadata) {
            (Some(problem), _) => notes.push(problem.to_string()),
            (None, None) => {}
            (None, Some(metadata)) => {
                if metadata.strays(&labels) {
                    let note = "no label of the metadata is one of the SDP's: voices are told by their order";
                    notes.push(note.to_owned());
                }
                if !self.sides.agents.are_none() && !self.knows_agents {
                    let note = "nobody's address is like `doors.siprec.agents`: sides are told by who called";
                    notes.push(note.to_owned());
                }
            }
        }
        for (place, sound) in sounds.iter().enumerate() {
            let why = match sound.is_encrypted {
                true => "it is encrypted (SRTP)",
                false => "no codec of it is understood",
            };
            if sound.is_there && !sound.is_heard() {
                notes.push(format!("line {} of the sound is refused: {why}", place + 1));
            }
        }
        notes
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

    /// What is to be told of legs that have just been added: those on hold.
    pub fn held(&mut self) -> Vec<(LegName, Control)> {
        let lines = self.lines.iter_mut();
        let told = lines.filter_map(|line| {
            let leg = line.leg.clone()?;
            line.hold().map(|control| (leg, control))
        });
        told.collect()
    }

    /// The answer to the last offer. It has another version where it says something else.
    pub fn answer(&mut self) -> String {
        let sounds = self.offer.sounds().iter().zip(&self.lines);
        let addresses = sounds.map(|(sound, line)| line.address.filter(|_| sound.is_heard()));
        let addresses: Vec<_> = addresses.collect();
        let same = self.offer.answer(&addresses, (self.session, self.version));
        if same != self.answered {
            self.version += 1;
            self.answered = self.offer.answer(&addresses, (self.session, self.version));
        }
        self.answered.clone()
    }

    /// Compares the lines with what is known now.
    fn changes(&mut self) -> Change {
        let mut change = Change::default();
        let offer = self.offer.clone();
        for (place, (sound, who)) in offer.sounds().iter().zip(self.heard()).enumerate() {
            if place < self.lines.len() {
                self.renew(place, sound, who, &mut change);
            } else {
                self.lines.push(Line {
                    is_away: who.is_none(),
                    who: who.unwrap_or_else(|| Who::nobody(Role::Unknown)),
                    leg: None,
                    address: None,
                    sound: sound.clone(),
                    is_held: false,
                });
            }
            self.add(place, sound, &mut change);
        }
        change
    }

    /// Gives a line that can be heard its leg, if it has none and there is room.
    fn add(&mut self, place: usize, sound: &Sound, change: &mut Change) {
        let line = &self.lines[place];
        let legs = self.lines.iter().filter(|line| line.leg.is_some()).count();
        if line.leg.is_some() || line.is_away || !sound.is_heard() || legs >= MAX_LEGS {
            return;
        }
        let party = self.new_party(place);
        let line = &mut self.lines[place];
        line.leg = Some(LegName::of(&party));
        line.sound = sound.clone();
        change.legs.push(Heard {
            party,
            payloads: sound.payloads(),
        });
    }

    /// What has become of a line that was there before.
    fn renew(&mut self, place: usize, sound: &Sound, who: Option<Who>, change: &mut Change) {
        let line = &mut self.lines[place];
        let (was_away, was) = (line.is_away, line.who.clone());
        line.is_away = who.is_none() || !sound.is_there;
        line.who = who.unwrap_or_else(|| was.clone());
        let is_like = line.sound.is_like(sound);
        match sound.is_heard() {
            true => line.sound = sound.clone(),
            false => line.sound.sends = sound.sends,
        }
        let Some(leg) = line.leg.clone() else {
            return;
        };
        if line.is_away {
            if !was_away {
                change.controls.push((leg, Control::Leave));
            }
            return;
        }
        if let Some(control) = line.hold() {
            change.controls.push((leg.clone(), control));
        }
        if !is_like && sound.is_heard() {
            let payloads = Control::Payloads(sound.payloads());
            change.controls.push((leg.clone(), payloads));
        }
        if was_away || line.who != was {
            let party = self.joining(place);
            change.controls.push((leg, Control::Join(party)));
        }
    }

    /// Who is heard on each line; `None` where they have left.
    fn heard(&mut self) -> Vec<Option<Who>> {
        let sounds = self.offer.sounds();
        let Some(metadata) = &self.metadata else {
            // The two sides, in this order.
            let sides = [self.sides.caller.speaks(), self.sides.caller.hears()];
            let role = |place: usize| match sounds.len() {
                1 => Role::Unknown,
                _ => sides[place.min(1)],
            };
            let lines = 0..sounds.len();
            return lines.map(|place| Some(Who::nobody(role(place)))).collect();
        };
        let labels = labels(sounds);
        let voices = metadata.voices(&labels);
        let people = &metadata.participants;
        if let Some(caller) = metadata.caller() {
            self.caller = Some(people[caller].id.clone());
        } else if self.caller.is_none() {
            let first = voices.iter().flatten().flatten().next();
            self.caller = first.map(|place| people[*place].id.clone());
        }
        self.knows_agents |= people.iter().any(|one| self.sides.is_agent(one));
        let role = |place: &usize| self.role(&people[*place]);
        let who = |voices: Vec<usize>| {
            let mut roles = voices.iter().map(role);
            let first = roles.next().unwrap_or(Role::Unknown);
            let role = match roles.all(|role| role == first) {
                true => first,
                false => Role::Unknown,
            };
            let part = |part: fn(&Participant) -> &str| {
                let parts = voices.iter().map(|place| part(&people[*place]));
                let parts = parts.filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join(", ")
            };
            Who {
                role,
                user: cut(part(|one| user(&one.aor)), LONGEST_ID),
                name: cut(part(|one| &one.name), LONGEST_NAME),
            }
        };
        voices.into_iter().map(|of| of.map(who)).collect()
    }

    /// Whoever a line carries, as a party of the call beside others, told by their role and id.
    fn party<'a>(&'a self, place: usize, others: impl Iterator<Item = (Role, &'a str)>) -> Party {
        let Who { role, user, name } = &self.lines[place].who;
        let ids: Vec<&str> = others
            .filter_map(|(other, id)| (other == *role).then_some(id))
            .collect();
        // Beside others of its role somebody needs an id.
        let is_taken = |id: &str| match id {
            "" => !ids.is_empty(),
            id => ids.contains(&id),
        };
        // The only one of a role needs none; an agent is known by theirs.
        let id = match role {
            Role::Agent => user.as_str(),
            _ => "",
        };
        let id = match is_taken(id) {
            false => id.to_owned(),
            true if !is_taken(user) => user.clone(),
            true if user.is_empty() => (place + 1).to_string(),
            true => cut(format!("{}-{user}", place + 1), LONGEST_ID),
        };
        Party {
            role: *role,
            id: id.into(),
            name: name.as_str().into(),
        }
    }

    /// The party of a leg that is new: legs keep the names that they were given.
    fn new_party(&self, place: usize) -> Party {
        let legs = self.lines.iter().filter_map(|line| line.leg.as_ref());
        self.party(place, legs.map(|leg| (leg.role, &*leg.party)))
    }

    /// The party that speaks on a leg from now on, beside those of the lines before it.
    fn joining(&self, place: usize) -> Party {
        let lines = self.lines[..place].iter().filter(|line| !line.is_away);
        self.party(
            place,
            lines.map(|line| (line.who.role, line.who.user.as_str())),
        )
    }

    /// The only one of a role who takes part, heard alone, with others, or not at all.
    fn only<'a>(&self, role: Role, people: &'a [Participant]) -> Option<&'a str> {
        let mut there = people
            .iter()
            .filter(|one| !one.has_left() && self.role(one) == role);
        let first = there.next()?;
        there.next().is_none().then(|| user(&first.aor))
    }

    fn role(&self, one: &Participant) -> Role {
        let called = self.caller.as_ref() == Some(&one.id);
        self.sides.role(one, called, self.knows_agents)
    }

    /// Says what is known of the call. What of it is new.
    fn say(&mut self) -> Fields {
        let Some(metadata) = &self.metadata else {
            return Fields::default();
        };
        let people = &metadata.participants;
        let calls = people
            .iter()
            .find(|one| Some(&one.id) == self.caller.as_ref());
        let calls = calls.map(|one| user(&one.aor));
        let of = |role: Role| {
            let mut lines = self.lines.iter().filter(|line| !line.is_away);
            let heard = lines.find(|line| line.who.role == role);
            let heard = heard.map(|line| line.who.user.as_str());
            heard.or_else(|| self.only(role, people))
        };
        let (customer, agent) = (of(Role::Customer), of(Role::Agent));
        let (direction, caller, callee) = if customer.is_some() && customer == calls {
            ("inbound", customer, agent)
        } else if agent.is_some() && agent == calls {
            ("outbound", agent, customer)
        } else {
            ("", None, None)
        };
        // What is told beside the participants is told as it was dialled.
        let told = metadata.numbers();
        let number = |told: &str, known: Option<&str>| {
            let number = match user(told) {
                "" => known.unwrap_or_default(),
                told => told,
            };
            cut(number.to_owned(), LONGEST_NAME)
        };
        // What the call is taken for comes first, where there is not room for all.
        let mut ours = Fields::default();
        ours.keep("caller", &number(told.0, caller));
        ours.keep("callee", &number(told.1, callee));
        ours.keep("direction", direction);
        ours.keep("agent_id", agent.unwrap_or_default());
        let mut new = self.said.keep_all(&ours);
        new.extend(self.said.keep_all(&metadata.fields));
        new
    }
}

impl Line {
    /// What its leg is to be told of being held, if it is not told yet.
    fn hold(&mut self) -> Option<Control> {
        let is_held = !self.sound.sends;
        let is_new = self.is_held != is_held;
        self.is_held = is_held;
        is_new.then_some(Control::Hold(is_held))
    }
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

/// What others call the lines.
fn labels(sounds: &[Sound]) -> Vec<Option<&str>> {
    sounds.iter().map(|sound| sound.label.as_deref()).collect()
}

/// Refuses what has lines in use, none of which can be heard.
fn check(offer: &Offer) -> Result<(), Refusal> {
    let mut there = offer
        .sounds()
        .iter()
        .filter(|sound| sound.is_there)
        .peekable();
    if there.peek().is_none() || there.any(Sound::is_heard) {
        return Ok(());
    }
    let mut there = offer.sounds().iter().filter(|sound| sound.is_there);
    Err(match there.all(|sound| sound.is_encrypted) {
        true => Refusal::Encrypted,
        false => Refusal::Unheard,
    })
}

fn beside(others: &str) -> String {
    match others {
        "" => String::new(),
        others => format!(", but {others}"),
    }
}

/// At most so many bytes of a text.
fn cut(mut text: String, most: usize) -> String {
    let mut ends = (0..=most.min(text.len())).rev();
    let end = ends.find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}
