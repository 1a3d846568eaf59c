//! A call as its owner describes it when it is opened.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sidetone_media::audio::StreamFormat;
use sidetone_media::rtp::PayloadMap;
use sidetone_types::event::CallUpdated;
use sidetone_types::id::LegId;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::recognise::Phrase;

use crate::recording::RecordingWish;

pub use sidetone_types::party::{Direction, Party, PhoneNumber, Role, Side};

/// Everything known of a call when it is opened. Checked by [`CallDescription::check`].
#[derive(Clone)]
pub struct CallDescription {
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// The agent's id at the call centre; empty if not known.
    pub agent_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// Languages that may be spoken; more than one are told apart utterance by utterance.
    pub languages: Vec<LanguageTag>,
    /// Words and names to favour.
    pub vocabulary: Vec<Phrase>,
    /// Kept with the call and handed back, not looked into.
    pub metadata: BTreeMap<String, String>,
    /// What is listened to: at least one leg, each with a party of its own.
    pub legs: Vec<LegDescription>,
    /// Whether words are wanted while they are still being said.
    pub partials: bool,
    /// What is wanted of its recording.
    pub recording: RecordingWish,
}

/// One leg of a call: one party's voice.
#[derive(Clone, Debug)]
pub struct LegDescription {
    /// How it is named.
    pub name: LegName,
    /// Whose voice it carries.
    pub party: Party,
    /// How its audio comes.
    pub source: Source,
}

impl LegDescription {
    /// A leg that is named by its party.
    pub fn new(party: Party, source: Source) -> Self {
        Self {
            name: LegName::of(&party),
            party,
            source,
        }
    }
}

/// Names a leg among those of its call: by its party as it was described, whoever speaks on it
/// later.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LegName {
    /// The party's role.
    pub role: Role,
    /// The party's id, which may be empty.
    pub party: Arc<str>,
}

impl LegName {
    /// That of a party's leg.
    pub fn of(party: &Party) -> Self {
        Self {
            role: party.role,
            party: party.id.clone(),
        }
    }

    /// Which of `legs` is meant. Without a party, the only one of the role.
    pub fn find<'a>(&self, legs: impl Iterator<Item = &'a LegName> + Clone) -> Option<LegId> {
        let place = legs.clone().position(|leg| leg == self);
        let mut of_role = legs.enumerate().filter(|(_, leg)| leg.role == self.role);
        let only = || {
            let first = of_role.next().filter(|_| self.party.is_empty())?;
            of_role.next().is_none().then_some(first.0)
        };
        place.or_else(only).map(LegId)
    }
}

impl fmt::Display for LegName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role.as_str())?;
        match &*self.party {
            "" => Ok(()),
            // It may be as long as somebody likes.
            party => write!(f, " {}", party.chars().take(64).collect::<String>()),
        }
    }
}

/// What else is known of a call than when it was opened. What is left out stays as it is.
#[derive(Clone, Default, PartialEq)]
pub struct CallChange {
    /// Who called.
    pub caller: Option<PhoneNumber>,
    /// Who was called.
    pub callee: Option<PhoneNumber>,
    /// Who called whom, where that is known now.
    pub direction: Direction,
    /// Keys to add to those of before, or to replace.
    pub metadata: BTreeMap<String, String>,
}

impl CallChange {
    /// Puts what has changed over what was known.
    pub fn apply(&self, known: &mut CallUpdated) {
        let number = |new: &Option<PhoneNumber>, known: &mut PhoneNumber| {
            if let Some(new) = new {
                known.clone_from(new);
            }
        };
        number(&self.caller, &mut known.caller);
        number(&self.callee, &mut known.callee);
        if self.direction != Direction::Unknown {
            known.direction = self.direction;
        }
        known.metadata.extend(self.metadata.clone());
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a leg's audio comes.
#[derive(Clone, Debug)]
pub enum Source {
    /// As RTP datagrams.
    Rtp(PayloadMap),
    /// As a stream of samples. Its frames may say where they belong.
    Stream(StreamFormat),
}

/// A description that cannot be served. Trying again will not help.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DescriptionError {
    /// There is nothing to listen to.
    #[error("a call needs at least one leg")]
    NoLegs,
    /// More than any conference that an agent takes part in.
    #[error("there are {0} legs; at most {MAX_LEGS} are listened to")]
    TooManyLegs(usize),
    /// Two legs would have to be told apart by nothing.
    #[error("leg `{0}` is described twice; give each party of that role an id of its own")]
    LegTwice(String),
    /// The recogniser has to know what to expect.
    #[error("a call needs at least one language")]
    NoLanguages,
    /// A text is longer than anybody needs, and comes back in events.
    #[error("{what} takes {bytes} bytes; at most {most} are kept")]
    TooLong {
        /// Which one.
        what: &'static str,
        /// Its length, of all together where it is many.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// More metadata than anybody needs.
    #[error("there are {0} keys of metadata; at most {MAX_METADATA_KEYS} are kept")]
    TooManyKeys(usize),
    /// A phrase of no words, or a boost out of bounds.
    #[error("vocabulary phrase {index}: {problem}")]
    Vocabulary {
        /// Counted from 0.
        index: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Most legs that a call is listened to with, those who have left included.
pub const MAX_LEGS: usize = 8;
/// Bounds of what is kept with a call and handed back in its events, in bytes.
const MAX_PARTY: usize = 128;
const MAX_AGENT_ID: usize = 128;
const MAX_NUMBER: usize = 256;
/// Most names in a call's metadata.
pub const MAX_METADATA_KEYS: usize = 64;
/// Longest name in a call's metadata, in bytes.
pub const MAX_METADATA_KEY: usize = 128;
const MAX_METADATA_VALUE: usize = 4 * 1024;
/// Most that a call's metadata takes, names and values, in bytes.
pub const MAX_METADATA: usize = 16 * 1024;

/// More phrases than this slow every decoding step.
const MAX_PHRASES: usize = 1_000;
/// Most that a phrase may be favoured: beyond this the recogniser would hear it everywhere.
pub const MAX_BOOST: f32 = 20.0;

impl CallDescription {
    /// The languages that may be spoken, however they are written.
    pub fn spoken(&self) -> Vec<Lang> {
        self.languages.iter().map(|tag| tag.lang).collect()
    }

    /// What is known of the call beside its media.
    pub fn known(&self) -> CallUpdated {
        CallUpdated {
            caller: self.caller.clone(),
            callee: self.callee.clone(),
            direction: self.direction,
            metadata: self.metadata.clone(),
        }
    }

    /// Finds what would keep the call from being served.
    pub fn check(&self) -> Result<(), DescriptionError> {
        if self.legs.is_empty() {
            return Err(DescriptionError::NoLegs);
        }
        let mut names = Vec::new();
        for leg in &self.legs {
            check_leg(&names, leg)?;
            names.push(leg.name.clone());
        }
        if self.languages.is_empty() {
            return Err(DescriptionError::NoLanguages);
        }
        check_lengths(&[("the agent's id", self.agent_id.len(), MAX_AGENT_ID)])?;
        check_known(&self.known())?;
        for (index, phrase) in self.vocabulary.iter().enumerate() {
            let problem = if index >= MAX_PHRASES {
                "there are more than 1000 phrases"
            } else if phrase.text.trim().is_empty() {
                "it is empty"
            } else if !is_boost(phrase.boost) {
                "its boost is not between 0 and 20"
            } else {
                continue;
            };
            return Err(DescriptionError::Vocabulary { index, problem });
        }
        Ok(())
    }
}

/// Whether a phrase may be favoured by so much.
pub fn is_boost(boost: f32) -> bool {
    (0.0..=MAX_BOOST).contains(&boost)
}

/// Finds what would keep a leg from being added to a call that has legs of these names.
pub fn check_leg(names: &[LegName], leg: &LegDescription) -> Result<(), DescriptionError> {
    if names.len() >= MAX_LEGS {
        return Err(DescriptionError::TooManyLegs(names.len() + 1));
    }
    check_party(&leg.party)?;
    let name = leg.name.clone();
    let unnamed = |other: &LegName| name.party.is_empty() && other.role == name.role;
    if names.iter().any(|other| *other == name || unnamed(other)) {
        return Err(DescriptionError::LegTwice(name.to_string()));
    }
    Ok(())
}

/// Finds what would keep somebody from taking part in a call.
pub fn check_party(party: &Party) -> Result<(), DescriptionError> {
    check_lengths(&[
        ("a party's id", party.id.len(), MAX_PARTY),
        ("a party's name", party.name.len(), MAX_PARTY),
    ])
}

/// Finds what of a call would be too much to keep.
pub fn check_known(known: &CallUpdated) -> Result<(), DescriptionError> {
    let metadata = &known.metadata;
    if metadata.len() > MAX_METADATA_KEYS {
        return Err(DescriptionError::TooManyKeys(metadata.len()));
    }
    let longest = |texts: &mut dyn Iterator<Item = &String>| texts.map(String::len).max();
    let keys = longest(&mut metadata.keys()).unwrap_or_default();
    let values = longest(&mut metadata.values()).unwrap_or_default();
    let all = metadata.iter().map(|(k, v)| k.len() + v.len()).sum();
    check_lengths(&[
        ("the caller's number", known.caller.given.len(), MAX_NUMBER),
        ("the callee's number", known.callee.given.len(), MAX_NUMBER),
        ("a key of the metadata", keys, MAX_METADATA_KEY),
        ("a value of the metadata", values, MAX_METADATA_VALUE),
        ("the metadata", all, MAX_METADATA),
    ])
}

/// What, how many bytes it takes, and how many it may.
fn check_lengths(texts: &[(&'static str, usize, usize)]) -> Result<(), DescriptionError> {
    for &(what, bytes, most) in texts {
        if bytes > most {
            return Err(DescriptionError::TooLong { what, bytes, most });
        }
    }
    Ok(())
}

sidetone_types::private_debug!(CallDescription, CallChange);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_found_by_its_role_alone_where_that_says_enough() {
        let name = |role, party: &str| LegName {
            role,
            party: party.into(),
        };
        let legs = [
            name(Role::Agent, "agent-7"),
            name(Role::Agent, "agent-9"),
            name(Role::Customer, "crm-1"),
        ];
        for (wanted, found) in [
            (name(Role::Agent, "agent-9"), Some(LegId(1))),
            (name(Role::Agent, ""), None),
            (name(Role::Customer, ""), Some(LegId(2))),
            (name(Role::Customer, "crm-2"), None),
            (name(Role::Bot, ""), None),
        ] {
            assert_eq!(wanted.find(legs.iter()), found, "{wanted}");
        }
    }

    #[test]
    fn the_customer_is_on_the_other_side_of_the_line() {
        let number = |given: &str| crate::phone::parse(given, "US");
        let (ours, theirs) = (number("+14155550100"), number("+14155550117"));
        for (direction, caller, callee, expected) in [
            (Direction::Inbound, &theirs, &ours, Some("+14155550117")),
            (Direction::Unknown, &theirs, &ours, Some("+14155550117")),
            (Direction::Outbound, &ours, &theirs, Some("+14155550117")),
            (Direction::Inbound, &number("anonymous"), &ours, None),
        ] {
            let known = CallUpdated {
                caller: caller.clone(),
                callee: callee.clone(),
                direction,
                metadata: BTreeMap::new(),
            };
            assert_eq!(known.customer().e164.as_deref(), expected);
        }
    }
}
