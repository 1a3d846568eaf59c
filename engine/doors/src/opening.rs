//! How a call begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_media::audio::StreamFormat;
use sidetone_types::party::Role;

use crate::Fields;

/// A call as its media server describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// What is said of it.
    pub fields: Fields,
    /// What is heard of it.
    pub channels: Vec<Channel>,
    /// Connections that say the same here bring parts of one call; each its own channels.
    pub joined_by: Option<String>,
}

/// One of the sounds that come over a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Channel {
    /// Whose voice it is; unknown where several are mixed.
    pub role: Role,
    /// How it is coded.
    pub format: StreamFormat,
}

/// Whose channel it is that a media server forks: what that party says is its first or `inbound`
/// track, what it hears is the other.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Forked {
    /// The customer's.
    #[default]
    Customer,
    /// The agent's.
    Agent,
}

impl Forked {
    /// Who speaks on the channel.
    pub const fn speaks(self) -> Role {
        match self {
            Self::Customer => Role::Customer,
            Self::Agent => Role::Agent,
        }
    }

    /// Who is heard there.
    pub const fn hears(self) -> Role {
        match self {
            Self::Customer => Role::Agent,
            Self::Agent => Role::Customer,
        }
    }
}
