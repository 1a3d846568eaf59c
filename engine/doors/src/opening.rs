//! How a call begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_media::audio::StreamFormat;
use sidetone_media::rtp::PayloadMap;
use sidetone_types::event::EventId;
use sidetone_types::party::{Party, Role};

use crate::{Fault, Fields};

/// A call to be opened whose sound comes as RTP, as a media server knows it.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is said of it.
    pub fields: Fields,
    /// Who is heard.
    pub legs: Vec<Heard>,
}

/// Somebody who is heard over RTP.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Who it is. The leg is named by role and id.
    pub party: Party,
    /// What may come.
    pub payloads: PayloadMap,
}

/// A call as its media server describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// What is said of it.
    pub fields: Fields,
    /// What is heard of it.
    pub channels: Vec<Channel>,
    /// Connections that say the same here bring parts of one call; each its own channels.
    pub joined_by: Option<String>,
    /// The last event that the media server was told of the call, if it comes back to it.
    pub after: Option<EventId>,
    /// What the media server calls this connection, if another one may name it as continued.
    pub session: Option<String>,
    /// The connections whose call it goes on with, the last one first, whether or not they are there.
    pub continues: Vec<Continued>,
}

/// A connection that another one goes on with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Continued {
    /// What the media server calls it.
    pub session: String,
    /// The [number](crate::Dialect::number) of the last message that came over it.
    pub received: Option<u64>,
}

impl Opening {
    /// A call of which `fields` are said. Connections that name the same `join` bring parts of one; one
    /// that comes back may name the last event that it was told as `after_id`.
    pub(crate) fn new(fields: Fields, channels: Vec<Channel>) -> Result<Self, Fault> {
        let joined_by = fields.named(&["join"]).map(str::to_owned);
        let after = fields.named(&["after_id"]).map(str::parse).transpose();
        let after = after.map_err(|_| Fault::Order("`after_id` is not the `id` of an event"))?;
        Ok(Self {
            joined_by,
            after,
            ..Self::alone(fields, channels)
        })
    }

    /// A call of which `fields` are said, and that no other connection has a part of.
    pub const fn alone(fields: Fields, channels: Vec<Channel>) -> Self {
        Self {
            fields,
            channels,
            joined_by: None,
            after: None,
            session: None,
            continues: Vec::new(),
        }
    }

    /// Who is heard, channel by channel.
    #[cfg(test)]
    pub(crate) fn roles(&self) -> Vec<Role> {
        self.channels.iter().map(|channel| channel.role).collect()
    }
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
    /// Whose a media server says that it is, by the name `forked`; `self` where it does not.
    pub(crate) fn said(self, fields: &Fields) -> Result<Self, Fault> {
        match fields.first(&["forked"]) {
            None => Ok(self),
            Some("customer") => Ok(Self::Customer),
            Some("agent") => Ok(Self::Agent),
            Some(_) => Err(Fault::Order("`forked` is neither customer nor agent")),
        }
    }

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
