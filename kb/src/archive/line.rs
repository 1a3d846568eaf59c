//! What is put in.

use std::fmt;

use sidetone_types::party::Role;

/// How somebody sounded while they said something.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// The likeliest mood, by its name: any word.
    pub mood: String,
    /// The highest strain, in [0, 1].
    pub strain: f32,
}

/// One utterance of a call.
#[derive(Clone, PartialEq)]
pub struct Line {
    /// Whose call.
    pub call_id: String,
    /// Its number; the pair of call and utterance is unique.
    pub utterance: u64,
    /// Who speaks.
    pub speaker: Role,
    /// Who took the call.
    pub agent_id: String,
    /// The customer's name in the CRM, if known.
    pub customer_id: Option<String>,
    /// The customer's number in E.164, if known.
    pub phone: Option<String>,
    /// Language code, such as `en`.
    pub lang: String,
    /// When it began, in milliseconds since 1970.
    pub said_at: u64,
    /// When it began, in milliseconds of the call.
    pub start_ms: u64,
    /// When it ended, in milliseconds of the call.
    pub end_ms: u64,
    /// What was said.
    pub text: String,
    /// How it sounded, if the voice was read.
    pub voice: Option<Voice>,
}

sidetone_types::classes!(Line {
    call_id: basic,
    utterance: basic,
    speaker: basic,
    agent_id: basic,
    customer_id: personal,
    phone: personal,
    lang: basic,
    said_at: basic,
    start_ms: basic,
    end_ms: basic,
    text: sensitive,
    voice: sensitive,
});

impl fmt::Debug for Line {
    /// Nobody's words in a log, nor who they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Line({}, {}, {:?})",
            self.call_id, self.utterance, self.speaker
        )
    }
}
