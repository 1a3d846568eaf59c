//! Words: interim results and finals.

use serde::{Deserialize, Serialize, Serializer};

use crate::id::UtteranceId;
use crate::lang::Lang;
use crate::number::NumberKind;
use crate::secret::Redacted;
use crate::time::{MediaTime, Stretch};

/// Words so far.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Partial {
    /// What is being said.
    pub utterance: UtteranceId,
    /// All words so far: `confirmed`, then `tail`.
    pub text: String,
    /// The part that will not change any more: the final's [`Final::spoken`] begins with it.
    pub confirmed: String,
    /// The part that may.
    pub tail: String,
    /// Share of the words that are confirmed, in [0, 1].
    pub stability: f32,
    /// The language it is heard in.
    pub lang: Lang,
}

/// The words of an utterance.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Final {
    /// What was said.
    pub utterance: UtteranceId,
    /// What was said as one line, to be read: numbers are in figures.
    pub text: String,
    /// The words as they were recognised, as one line: numbers are as they were said.
    #[serde(default)]
    pub spoken: String,
    /// Where the two differ, in order.
    #[serde(default)]
    pub numbers: Vec<WrittenNumber>,
    /// The language it was heard in.
    pub lang: Lang,
    /// How sure the recogniser is, in [0, 1].
    pub confidence: f32,
    /// Word by word as they were recognised; by character where words are written without spaces.
    pub words: Vec<TimedWord>,
    /// Where there is voice between them, or behind them, of which no words could be made, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecognised: Vec<Stretch>,
    /// Where something secret was said that the words do not show, in order: its sound is to be
    /// muted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<Redacted>,
}

/// Words of an utterance that are truer than its final: those of a second pass over it and its
/// neighbours, or a person's. They are what archive, summary and CRM have.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Revised {
    /// As a final has them.
    #[serde(flatten)]
    pub words: Final,
    /// The line as it was recognised live, as [`Final::text`]; empty if no words were.
    pub live: String,
    /// Who corrected it, empty if they gave no name. `None` of a second pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A number of a final, and how it is written.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct WrittenNumber {
    /// What it stands for.
    pub kind: NumberKind,
    /// As it is written: `$25`.
    pub text: String,
    /// The first of the words it was said in, and the one after the last. Where words are longer
    /// than numbers, the outer ones may hold something else as well.
    pub start_word: usize,
    /// See `start_word`.
    pub end_word: usize,
}

/// A word that is less likely to be right than this is marked wherever people read it: of those
/// marked one in two is wrong.
const DOUBTFUL: f32 = 0.6;

/// One word on the call's timeline.
#[derive(Clone, Deserialize, PartialEq)]
#[serde(from = "WireWord")]
pub struct TimedWord {
    /// As written.
    pub word: String,
    /// As written, with the space before it where its language has one.
    pub spaced: String,
    /// Where it begins.
    pub start: MediaTime,
    /// Where it ends.
    pub end: MediaTime,
    /// How probable it is that the word is right, in [0, 1].
    pub confidence: f32,
}

impl TimedWord {
    /// Whether it is likely enough to be wrong that people should know.
    pub fn is_doubtful(&self) -> bool {
        self.confidence < DOUBTFUL
    }
}

/// A word in JSON.
#[derive(Deserialize, Serialize)]
struct WireWord {
    word: String,
    /// Whether a space is before it. Left out where there is none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    space: bool,
    #[serde(rename = "start_ms", with = "crate::wire::media_millis")]
    start: MediaTime,
    #[serde(rename = "end_ms", with = "crate::wire::media_millis")]
    end: MediaTime,
    confidence: f32,
    /// Told for readers; the confidence decides. Left out where it is not so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    doubtful: bool,
}

impl From<WireWord> for TimedWord {
    fn from(wire: WireWord) -> Self {
        let space = if wire.space { " " } else { "" };
        Self {
            spaced: format!("{space}{}", wire.word),
            word: wire.word,
            start: wire.start,
            end: wire.end,
            confidence: wire.confidence,
        }
    }
}

impl Serialize for TimedWord {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        WireWord {
            word: self.word.clone(),
            space: self.spaced.starts_with(char::is_whitespace),
            start: self.start,
            end: self.end,
            confidence: self.confidence,
            doubtful: self.is_doubtful(),
        }
        .serialize(s)
    }
}

crate::private_debug!(Partial, Final, Revised, WrittenNumber, TimedWord);

crate::classes!(Final {
    utterance: basic,
    text: sensitive,
    spoken: sensitive,
    numbers: sensitive,
    lang: basic,
    confidence: basic,
    words: sensitive,
    unrecognised: basic,
    redacted: basic,
});
crate::classes!(Revised {
    words: flat,
    live: sensitive,
    by: personal,
});
