//! A call as its owner describes it when it is opened.

use std::collections::BTreeMap;

use crate::audio::StreamFormat;
use crate::lang::{Lang, LanguageTag};
use crate::recognise::Phrase;
use crate::rtp::PayloadMap;

pub use sidetone_types::party::{Direction, PhoneNumber, Role};

/// Everything known of a call when it is opened. Checked by [`CallDescription::check`].
#[derive(Clone, Debug)]
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
    /// The sides that are listened to: one or both, each once.
    pub legs: Vec<LegDescription>,
    /// Whether words are wanted while they are still being said.
    pub partials: bool,
}

/// One side of a call.
#[derive(Clone, Debug)]
pub struct LegDescription {
    /// Whose voice it carries.
    pub role: Role,
    /// How its audio comes.
    pub source: Source,
}

/// How a leg's audio comes.
#[derive(Clone, Debug)]
pub enum Source {
    /// As RTP datagrams.
    Rtp(PayloadMap),
    /// As a gapless stream of samples.
    Stream(StreamFormat),
}

/// A description that cannot be served. Trying again will not help.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DescriptionError {
    /// There is nothing to listen to.
    #[error("a call needs at least one leg")]
    NoLegs,
    /// Two legs would have to be told apart by nothing.
    #[error("leg `{0}` is described twice; describe each role once")]
    LegTwice(&'static str),
    /// The recogniser has to know what to expect.
    #[error("a call needs at least one language")]
    NoLanguages,
    /// A phrase of no words, or a boost out of bounds.
    #[error("vocabulary phrase {index}: {problem}")]
    Vocabulary {
        /// Counted from 0.
        index: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// More phrases than this slow every decoding step.
const MAX_PHRASES: usize = 1_000;
/// Beyond this a boost makes the recogniser hear the phrase everywhere.
const MAX_BOOST: f32 = 20.0;

impl CallDescription {
    /// The languages that may be spoken, however they are written.
    pub fn spoken(&self) -> Vec<Lang> {
        self.languages.iter().map(|tag| tag.lang).collect()
    }

    /// Finds what would keep the call from being served.
    pub fn check(&self) -> Result<(), DescriptionError> {
        if self.legs.is_empty() {
            return Err(DescriptionError::NoLegs);
        }
        for (i, leg) in self.legs.iter().enumerate() {
            if self.legs[..i].iter().any(|other| other.role == leg.role) {
                return Err(DescriptionError::LegTwice(leg.role.as_str()));
            }
        }
        if self.languages.is_empty() {
            return Err(DescriptionError::NoLanguages);
        }
        for (index, phrase) in self.vocabulary.iter().enumerate() {
            let problem = if index >= MAX_PHRASES {
                "there are more than 1000 phrases"
            } else if phrase.text.trim().is_empty() {
                "it is empty"
            } else if !(0.0..=MAX_BOOST).contains(&phrase.boost) {
                "its boost is not between 0 and 20"
            } else {
                continue;
            };
            return Err(DescriptionError::Vocabulary { index, problem });
        }
        Ok(())
    }
}
