//! What an agent must say in a call, and what of it was heard.

use serde::{Deserialize, Serialize};

use crate::id::UtteranceId;

/// What must be said in the call, as far as it is known by now: told when the call begins, and anew
/// when more must be said. What was ticked stays so.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Checklist {
    /// In the order in which it is shown.
    pub items: Vec<ChecklistItem>,
}

/// Something that must be said.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct ChecklistItem {
    /// Its name in the rule files.
    pub item: String,
    /// What it is, for people, in the call's language.
    pub text: String,
}

/// The agent has said something that must be said. The event's `start_ms` and `end_ms` are where.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ChecklistTicked {
    /// Which item.
    pub item: String,
    /// What was said.
    pub utterance: UtteranceId,
}

crate::private_debug!(ChecklistItem);

crate::classes!(Checklist { items: basic });
crate::classes!(ChecklistTicked {
    item: basic,
    utterance: basic,
});
