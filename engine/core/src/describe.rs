//! A call as its owner describes it when it is opened.

use std::collections::BTreeMap;

use sidetone_media::audio::StreamFormat;
use sidetone_media::rtp::PayloadMap;
use sidetone_types::lang::{Lang, LanguageTag};
use sidetone_types::recognise::Phrase;

use sidetone_types::party::{Direction, PhoneNumber, Role};

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

/// Bounds of what is kept with a call and handed back in its events, in bytes.
const MAX_AGENT_ID: usize = 128;
const MAX_NUMBER: usize = 256;
const MAX_METADATA_KEYS: usize = 64;
const MAX_METADATA_KEY: usize = 128;
const MAX_METADATA_VALUE: usize = 4 * 1024;
const MAX_METADATA: usize = 16 * 1024;

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
        self.check_lengths()?;
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

    fn check_lengths(&self) -> Result<(), DescriptionError> {
        if self.metadata.len() > MAX_METADATA_KEYS {
            return Err(DescriptionError::TooManyKeys(self.metadata.len()));
        }
        let longest = |texts: &mut dyn Iterator<Item = &String>| texts.map(String::len).max();
        let keys = longest(&mut self.metadata.keys()).unwrap_or_default();
        let values = longest(&mut self.metadata.values()).unwrap_or_default();
        let all = self.metadata.iter().map(|(k, v)| k.len() + v.len()).sum();
        for (what, bytes, most) in [
            ("the agent's id", self.agent_id.len(), MAX_AGENT_ID),
            ("the caller's number", self.caller.given.len(), MAX_NUMBER),
            ("the callee's number", self.callee.given.len(), MAX_NUMBER),
            ("a key of the metadata", keys, MAX_METADATA_KEY),
            ("a value of the metadata", values, MAX_METADATA_VALUE),
            ("the metadata", all, MAX_METADATA),
        ] {
            if bytes > most {
                return Err(DescriptionError::TooLong { what, bytes, most });
            }
        }
        Ok(())
    }
}
