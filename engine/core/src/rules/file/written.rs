//! A rule as it is written, before it is known to be good.

use serde::Deserialize;
use sidetone_types::assist::{Action, Severity};
use sidetone_types::emotion::Mood;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use toml::Spanned;

use crate::recording::RecordingOrder;
use crate::rules::condition::{By, Condition};
use crate::rules::voice::{Strain, Voice, is_share};

/// A supervisor needs this long to look in.
pub(super) const HOLD_S: u32 = 120;
pub(super) const COOLDOWN_S: u32 = 60;
/// A mood that is as likely as all others together.
const MOOD_ABOVE: f32 = 0.5;
pub(super) const NOT_WITHIN: usize = 6;
pub(super) const NEGATION_WITHIN: usize = 16;

/// What every rule must have, and what to write there.
pub(super) const REQUIRED: [(&str, &str); 3] = [
    ("name", "a name of its own"),
    ("action", "\"suggest\", \"warn\" or \"escalate\""),
    ("message", "what people are to know, in one line"),
];

/// A rule as it is written. The docs of the module tell what the keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub name: Spanned<String>,
    pub lang: Option<Lang>,
    pub role: Option<Side>,
    pub action: Action,
    pub recording: Option<Recording>,
    pub severity: Option<Severity>,
    pub message: Spanned<String>,
    #[serde(default)]
    pub script: String,
    #[serde(default)]
    pub any: Vec<Spanned<String>>,
    #[serde(default)]
    pub near: Vec<Spanned<Near>>,
    #[serde(default)]
    pub all: Vec<Spanned<String>>,
    #[serde(default)]
    pub not: Vec<Spanned<String>>,
    pub not_within: Option<usize>,
    pub negation_within: Option<usize>,
    pub by: Option<By>,
    #[serde(default)]
    pub fact: bool,
    #[serde(default)]
    pub earnest: bool,
    #[serde(default)]
    pub aimed: bool,
    pub mood: Option<Mood>,
    pub mood_above: Option<f32>,
    pub strain: Option<Strain>,
    pub count: Option<usize>,
    pub window_s: Option<u32>,
    pub hold_s: Option<u32>,
    pub cooldown_s: Option<u32>,
}

/// What becomes of the recording of a call.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Recording {
    Start,
    Stop,
    Pause,
    Resume,
}

impl From<Recording> for RecordingOrder {
    fn from(recording: Recording) -> Self {
        match recording {
            Recording::Start => Self::Start,
            Recording::Stop => Self::Stop,
            Recording::Pause => Self::Pause,
            Recording::Resume => Self::Resume,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Near {
    pub words: Vec<Spanned<String>>,
    pub within: usize,
}

impl Written {
    /// How many utterances it takes.
    pub fn count(&self) -> usize {
        self.count.unwrap_or(1)
    }

    /// How much it matters; if nothing is said of that, as much as what is to be done.
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or(match self.action {
            Action::Suggest => Severity::Info,
            Action::Warn => Severity::Warning,
            Action::Escalate => Severity::Critical,
        })
    }

    /// Whether there are no phrases that it looks for.
    pub fn has_no_phrases(&self) -> bool {
        self.any.is_empty() && self.near.is_empty() && self.all.is_empty()
    }

    /// What the voice must sound like, if that matters.
    pub fn voice(&self) -> Option<Voice> {
        let voice = Voice {
            mood: self
                .mood
                .map(|mood| (mood, self.mood_above.unwrap_or(MOOD_ABOVE))),
            strain: self.strain,
        };
        (voice.mood.is_some() || voice.strain.is_some()).then_some(voice)
    }

    /// How its phrases belong together.
    pub fn condition(&self) -> Condition {
        let near = self.near.iter().map(Spanned::get_ref);
        Condition {
            any: !self.any.is_empty(),
            near: near.map(|near| (near.words.len(), near.within)).collect(),
            all: self.all.len(),
            not_within: self.not_within.unwrap_or(NOT_WITHIN),
            negation_within: self.negation_within.unwrap_or(NEGATION_WITHIN),
            by: self.by,
            fact: self.fact,
            earnest: self.earnest,
            aimed: self.aimed,
        }
    }

    /// Keys whose values mean nothing, each with what is wrong and what to do.
    pub fn problems(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let problem = match (self.count(), self.window_s) {
            (0, _) => Some(("count", "is 0: it must be 1 or more")),
            (1, Some(_)) => Some((
                "window_s",
                "has no meaning without `count`: add that, or remove it",
            )),
            (2.., None) => Some(("count", "needs a time in which to count: add `window_s`")),
            (_, Some(0)) => Some(("window_s", "is 0: write seconds, 600 for ten minutes")),
            _ => None,
        };
        let mood = match (self.mood, self.mood_above) {
            (None, Some(_)) => Some("has no meaning without `mood`: add that, or remove it"),
            (_, Some(above)) if !is_share(above) => {
                Some("must be between 0 and 1: 0.5 is even odds")
            }
            _ => None,
        };
        let strain = self.strain.and_then(|strain| strain.problem());
        let not = (self.has_no_phrases() && !self.not.is_empty())
            .then_some("has no meaning without phrases to look for: add `any`, or remove it");
        let problems = [
            problem,
            mood.map(|problem| ("mood_above", problem)),
            strain.map(|problem| ("strain", problem)),
            not.map(|problem| ("not", problem)),
        ];
        problems.into_iter().flatten()
    }
}
