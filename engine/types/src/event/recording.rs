//! Whether the sound of a call is kept.

use serde::{Deserialize, Serialize};

/// Whether sound is kept, from the event's `start` on.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recording {
    /// How it stands.
    pub state: RecordingState,
    /// Why it stands so now.
    pub why: RecordingReason,
    /// Who wanted it so; empty where nobody is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// Whether the sound of a call is kept.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// It is.
    On,
    /// Silence stands in its place for a while.
    Paused,
    /// It is not.
    Off,
}

impl RecordingState {
    /// A label, the same in JSON and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
        }
    }
}

/// Why a recording goes on, pauses or stops.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingReason {
    /// The configuration says so.
    Configured,
    /// Those who are recorded agree, or do not, or have not been asked yet.
    Consent,
    /// Somebody asks for it, or a program.
    Asked,
    /// An agent has pressed the keys for it.
    Key,
    /// A rule has found what it looks for.
    Rule,
    /// A secret is about to be said, or has been said.
    Secret,
    /// It cannot be kept: the disk is full, for instance.
    Failed,
}

impl RecordingReason {
    /// A label, the same in JSON and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Consent => "consent",
            Self::Asked => "asked",
            Self::Key => "key",
            Self::Rule => "rule",
            Self::Secret => "secret",
            Self::Failed => "failed",
        }
    }
}

/// Whether those who are recorded agree.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Consent {
    /// They do.
    pub given: bool,
    /// Who says so; empty where nobody is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

crate::classes!(Recording {
    state: basic,
    why: basic,
    by: personal,
});
crate::classes!(Consent {
    given: basic,
    by: personal,
});
