//! The note itself: a summary, the promises in it, and what is to be done about them.

use serde::{Deserialize, Serialize};

use crate::emotion::CurvePoint;
use crate::lang::Lang;
use crate::party::Side;

/// A call, told in a few lines. In the call's own language.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Summary {
    /// The language it is written in.
    pub lang: Lang,
    /// Why the customer called, or was called, in one line.
    pub reason: String,
    /// What was done about it during the call.
    pub actions: Vec<String>,
    /// What was promised.
    pub promises: Vec<Promise>,
    /// What may go wrong: the rules that raised an alert, and why.
    pub risks: Vec<String>,
    /// What it was about, the most telling first.
    pub keywords: Vec<String>,
    /// What is to be done, one task each.
    pub follow_ups: Vec<FollowUp>,
    /// Whether the ticket should be dealt with before others.
    pub urgent: bool,
    /// What became of the call, as one of those that `crm.dispositions` offers; empty until somebody
    /// has said so.
    #[serde(default)]
    pub disposition: String,
    /// Who has reviewed the note, by name; absent until somebody has, empty if they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<String>,
    /// What the agent should have said and was not heard to, by the texts of the checklist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// What the agent has typed during the call; lines are parted by `\n`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memo: String,
    /// How long the agent spoke.
    pub agent_talk_ms: u64,
    /// How long the customer spoke.
    pub customer_talk_ms: u64,
    /// How the moods of the voices went, in order of time; empty where none were read. At most 120
    /// points.
    #[serde(default)]
    pub mood: Vec<CurvePoint>,
    /// All of it as a text for people, a few lines.
    pub text: String,
}

impl Summary {
    /// Whether there is anything to tell: a call in which nobody spoke needs no ticket.
    pub const fn anybody_spoke(&self) -> bool {
        self.agent_talk_ms > 0 || self.customer_talk_ms > 0
    }
}

/// Something one side said it would do.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Promise {
    /// Whose it is.
    #[serde(rename = "role")]
    pub side: Side,
    /// The sentence; where it was moved later, ` … ` and the one that did so.
    pub text: String,
    /// What kind of thing.
    pub kind: FollowUpKind,
    /// The time as it was said: `Thursday`, `星期四`; absent if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// That day: `2026-05-07`; absent also if nobody can tell which one was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// What is to be done after the call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpKind {
    /// Ring the customer.
    Callback,
    /// Send an offer.
    SendOffer,
    /// Send papers, a link, a message.
    SendDocument,
    /// Pay money back.
    Refund,
    /// Send somebody, or something.
    Visit,
    /// Look into it, and the like.
    Other,
}

impl FollowUpKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Callback,
        Self::SendOffer,
        Self::SendDocument,
        Self::Refund,
        Self::Visit,
        Self::Other,
    ];

    /// A label, the same in JSON and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::SendOffer => "send_offer",
            Self::SendDocument => "send_document",
            Self::Refund => "refund",
            Self::Visit => "visit",
            Self::Other => "other",
        }
    }
}

/// One task.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct FollowUp {
    /// What kind of thing.
    pub kind: FollowUpKind,
    /// In one line, its kind in words first: `Callback: …`, `回电：…`.
    pub title: String,
    /// The day by which it is to be done: `2026-05-07`; absent if a time was named and nobody can
    /// tell which day it means. Then the title quotes it. In JSON that is `null`, for templates.
    #[serde(default)]
    pub due: Option<String>,
    /// At what time of that day, in the time zone of the call centre: `15:30`; absent if none was
    /// named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_time: Option<String>,
    /// The time as it was said: `Thursday`, `after the holidays`; absent if none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_said: Option<String>,
}

crate::private_debug!(Summary, Promise, FollowUp);

crate::classes!(Promise {
    side as "role": basic,
    text: sensitive,
    kind: basic,
    said: sensitive,
    due: sensitive,
});
crate::classes!(Summary {
    lang: basic,
    reason: sensitive,
    actions: sensitive,
    promises: sensitive,
    risks: sensitive,
    keywords: sensitive,
    follow_ups: sensitive,
    urgent: basic,
    disposition: basic,
    reviewed_by: personal,
    missed: basic,
    memo: sensitive,
    agent_talk_ms: basic,
    customer_talk_ms: basic,
    mood: sensitive,
    text: sensitive,
});
