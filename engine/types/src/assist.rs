//! What the agent is shown while the call goes on: cards and alerts.

use serde::{Deserialize, Serialize};

use crate::id::UtteranceId;
use crate::lang::Lang;

/// An article that fits what was just said.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Suggestion {
    /// The utterance it answers.
    pub utterance: UtteranceId,
    /// Which article.
    pub article_id: String,
    /// The article's language.
    pub lang: Lang,
    /// Its title.
    pub title: String,
    /// The sentence of it that fits best.
    pub snippet: String,
    /// What the agent may say, word for word.
    pub say: String,
    /// The words that brought it up, as they were said and in that order.
    pub triggers: Vec<String>,
    /// How well it fits, in [0, 1].
    pub score: f32,
}

/// How much an alert matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// The agent should act.
    Warning,
    /// Somebody else should look in.
    Critical,
}

/// What an alert asks for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Show the agent what to say.
    Suggest,
    /// Warn the agent.
    Warn,
    /// Bring in a supervisor.
    Escalate,
}

impl Action {
    /// A label, the same in JSON and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suggest => "suggest",
            Self::Warn => "warn",
            Self::Escalate => "escalate",
        }
    }
}

/// A rule has found what it looks for.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct AlertRaised {
    /// Counts from 1 within the call; its clearing names it again.
    pub alert: u64,
    /// The number of the first alert of the same utterance, its own if it is that. What is raised by
    /// one utterance is one situation: the gravest that stands speaks, the others belong under it.
    /// 0 in what was stored before there were situations: each alert is one of its own.
    #[serde(default)]
    pub situation: u64,
    /// Set where one of its situation speaks for it that is at least as grave and stood already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folded: bool,
    /// The rule's name.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it asks for.
    pub action: Action,
    /// What to know, in one line.
    pub message: String,
    /// What the agent may say; empty if the rule has nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    /// Why it was raised, in words a person can check: who said what, how often.
    pub why: String,
    /// The words that raised it, as they were said.
    pub triggers: Vec<String>,
}

/// What an alert was raised for is gone.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct AlertCleared {
    /// The number of the alert.
    pub alert: u64,
    /// The rule's name.
    pub rule: String,
    /// How much it mattered.
    pub severity: Severity,
    /// Why it was cleared.
    pub why: String,
    /// Set where it was raised in error: what was said next showed that it was not meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

crate::private_debug!(Suggestion, AlertRaised, AlertCleared);

crate::classes!(Suggestion {
    utterance: basic,
    article_id: basic,
    lang: basic,
    title: basic,
    snippet: basic,
    say: basic,
    triggers: sensitive,
    score: basic,
});
crate::classes!(AlertRaised {
    alert: basic,
    situation: basic,
    folded: basic,
    rule: basic,
    severity: basic,
    action: basic,
    message: basic,
    script: basic,
    why: sensitive,
    triggers: sensitive,
});
crate::classes!(AlertCleared {
    alert: basic,
    rule: basic,
    severity: basic,
    why: sensitive,
    withdrawn: basic,
});
