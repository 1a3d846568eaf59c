//! How a call begins and ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lang::Lang;
use crate::party::{Direction, PhoneNumber, Role};
use crate::receiver_stats::ReceiverStats;

/// The call as it was described when it was opened.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallStarted {
    /// Who called.
    pub caller: PhoneNumber,
    /// Who was called.
    pub callee: PhoneNumber,
    /// Which way.
    pub direction: Direction,
    /// The sides that are listened to.
    pub legs: Vec<Role>,
    /// The languages that may be spoken.
    pub languages: Vec<Lang>,
    /// Whatever the caller of the interface wanted to keep with the call.
    pub metadata: BTreeMap<String, String>,
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
    /// Utterances that gave words.
    pub utterances: u64,
    /// How long they lasted in all.
    pub speech_ms: u64,
    /// What the network did; absent where audio came as a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtp: Option<ReceiverStats>,
}
