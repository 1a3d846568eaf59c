//! How a call begins and ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::lang::Lang;
use crate::party::{Direction, Party, PhoneNumber, Role};
use crate::receiver_stats::ReceiverStats;

/// The call as it was described when it was opened.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct CallStarted {
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// Which way.
    pub direction: Direction,
    /// The sides that are listened to.
    pub legs: Vec<Role>,
    /// Who speaks on each of `legs`, in their order; none in events of before there were parties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<Party>,
    /// The languages that may be spoken.
    pub languages: Vec<Lang>,
    /// Whatever the caller of the interface wanted to keep with the call.
    pub metadata: BTreeMap<String, String>,
}

/// What is known of the call from now on, where that has changed since it was opened.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct CallUpdated {
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// Which way.
    pub direction: Direction,
    /// All that is kept with the call.
    pub metadata: BTreeMap<String, String>,
}

/// Somebody who takes part from now on. The event tells what they are and who.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
pub struct PartyJoined {
    /// Their name; empty if not known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Arc<str>,
}

impl CallUpdated {
    /// The customer's number: that of the other side of the line.
    pub fn customer(&self) -> &PhoneNumber {
        match self.direction {
            Direction::Outbound => &self.callee,
            Direction::Inbound | Direction::Unknown => &self.caller,
        }
    }
}

/// Whether a leg is listened to, and why not.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// It is.
    Active,
    /// The party is on hold.
    Held,
    /// The party's microphone is off.
    Muted,
    /// The media server has paused the stream, while a card number is spoken for instance.
    Paused,
    /// Its sound is that of another leg: both are heard as one.
    Copy,
}

impl LegState {
    /// A label, the same in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Held => "held",
            Self::Muted => "muted",
            Self::Paused => "paused",
            Self::Copy => "copy",
        }
    }
}

/// How a call came to its end.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallEnded {
    /// Why it ended.
    pub reason: EndReason,
    /// What the legs went through.
    pub legs: Vec<LegSummary>,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its owner closed it.
    Closed,
    /// Its audio came to an end.
    EndOfAudio,
    /// No leg has had media for too long.
    MediaTimeout,
    /// The engine shuts down.
    Shutdown,
    /// The stream that carried it broke off.
    Disconnected,
    /// The engine died; the next one ended it.
    EngineLost,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::EndOfAudio,
        Self::MediaTimeout,
        Self::Shutdown,
        Self::Disconnected,
        Self::EngineLost,
    ];

    /// A label, the same in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::EndOfAudio => "end_of_audio",
            Self::MediaTimeout => "media_timeout",
            Self::Shutdown => "shutdown",
            Self::Disconnected => "disconnected",
            Self::EngineLost => "engine_lost",
        }
    }
}

/// One leg over the whole call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LegSummary {
    /// Whose leg.
    pub role: Role,
    /// Who spoke last on it; empty if not known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub party: Arc<str>,
    /// Utterances that gave words.
    pub utterances: u64,
    /// How long they lasted in all.
    pub speech_ms: u64,
    /// Audio of a stream that came after its time had been heard, and was left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub late_ms: u64,
    /// What the network did; absent where audio came as a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtp: Option<ReceiverStats>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

crate::private_debug!(CallStarted, CallUpdated, PartyJoined);

crate::classes!(CallStarted {
    caller: personal,
    callee: personal,
    direction: basic,
    legs: basic,
    parties: within,
    languages: basic,
    metadata: personal,
});
crate::classes!(CallUpdated {
    caller: personal,
    callee: personal,
    direction: basic,
    metadata: personal,
});
crate::classes!(PartyJoined { name: personal });
crate::classes!(CallEnded {
    reason: basic,
    legs: within,
});
crate::classes!(LegSummary {
    role: basic,
    party: personal,
    utterances: basic,
    speech_ms: basic,
    late_ms: basic,
    rtp: basic,
});
