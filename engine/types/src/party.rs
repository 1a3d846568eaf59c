//! Who takes part in a call.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What somebody is in a call.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who works for the call centre.
    Agent,
    /// Whom the call centre works for.
    Customer,
    /// Who listens to an agent, helps, or takes over.
    Supervisor,
    /// A machine of the call centre: a voice menu, a voice bot, an announcement.
    Bot,
    /// Not known.
    #[default]
    Unknown,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Agent,
        Self::Customer,
        Self::Supervisor,
        Self::Bot,
        Self::Unknown,
    ];

    /// A label, the same in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
            Self::Supervisor => "supervisor",
            Self::Bot => "bot",
            Self::Unknown => "unknown",
        }
    }

    /// For whom it speaks. Who is not known is listened to as a customer: a threat or a wish must
    /// not pass unnoticed because nobody has said whose it is.
    pub const fn side(self) -> Side {
        match self {
            Self::Agent | Self::Supervisor | Self::Bot => Side::Agent,
            Self::Customer | Self::Unknown => Side::Customer,
        }
    }
}

/// The two sides of a conversation: what rules, cards and summaries tell apart.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The call centre's: agents, supervisors and bots.
    Agent,
    /// The customer's.
    Customer,
}

impl Side {
    /// A label, the same in JSON and in files of rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
        }
    }
}

/// Somebody who takes part in a call.
#[derive(Clone, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Party {
    /// What they are in the call.
    pub role: Role,
    /// Who they are: an agent's id at the call centre, or what the media server calls them. Empty
    /// if not known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub id: Arc<str>,
    /// Their name; empty if not known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Arc<str>,
}

impl Party {
    /// Somebody of whom only the role is known.
    pub fn of_role(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }
}

/// Who called whom.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Not known.
    #[default]
    Unknown,
    /// The customer called.
    Inbound,
    /// The agent called.
    Outbound,
}

impl Direction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inbound, Self::Outbound, Self::Unknown];

    /// The one with this label.
    pub fn named(label: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|direction| direction.as_str() == label)
    }

    /// A label, the same in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A phone number as it was given, and in international form where it has one.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PhoneNumber {
    /// As it was given: `(415) 555-0117`, `sip:+8613800138017@host`, `anonymous`.
    pub given: String,
    /// In international form (E.164): `+14155550117`. `None` if it is no public number, an
    /// extension for instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
}

crate::private_debug!(PhoneNumber, Party);

crate::classes!(Party {
    role: basic,
    id: personal,
    name: personal,
});
