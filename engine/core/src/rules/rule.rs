//! One rule as it holds, and what each phrase is for.

use std::time::Duration;

use sidetone_types::assist::{Action, Severity};
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;

use super::condition::{Condition, Slot};
use super::error::Place;
use super::voice::Voice;
use crate::recording::RecordingOrder;

/// One rule. The module's docs tell what its file says.
#[derive(Debug)]
pub struct Rule {
    /// Unique within a [`RuleSet`](super::RuleSet).
    pub name: String,
    /// Where its name stands.
    pub at: Place,
    /// What it listens to, and what its message is written in.
    pub lang: Lang,
    /// Whom it listens to; `None` is both.
    pub side: Option<Side>,
    /// How much it matters.
    pub severity: Severity,
    /// What is to be done.
    pub action: Action,
    /// What becomes of the recording of the call when it raises an alert.
    pub recording: Option<RecordingOrder>,
    /// What to know, in one line.
    pub message: String,
    /// What the agent may say; may be empty.
    pub script: String,
    /// What the voice must sound like, if that matters. A rule without phrases looks for nothing
    /// else.
    pub voice: Option<Voice>,
    /// How many utterances it takes. Not 0.
    pub count: usize,
    /// The time within which they must be said; of no meaning for one.
    pub window: Duration,
    /// What it listens for: the phrases of `any` and `all` and the words of `near`, every way
    /// written out.
    pub phrases: Vec<String>,
    /// Without a find for this long, its alert ends.
    pub hold: Duration,
    /// For this long after the end it raises no other.
    pub cooldown: Duration,
    /// How its phrases belong together.
    pub(super) condition: Condition,
}

/// A built-in rule that does not hold, because of an own entry of its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GivenWay {
    /// The name.
    pub name: String,
    /// Where the built-in rule stands.
    pub at: Place,
    /// Where the own entry stands.
    pub to: Place,
    /// Whether that is no rule, and only turns it off.
    pub is_off: bool,
}

/// What a phrase is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Use {
    /// Which rule, by its place.
    pub rule: usize,
    /// Its part in the rule.
    pub slot: Slot,
}
