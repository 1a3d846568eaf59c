//! Who takes part in a call.

use serde::{Deserialize, Serialize};

/// The side of a call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who works for the call centre.
    Agent,
    /// Whom the call centre works for.
    Customer,
}

impl Role {
    /// A label, the same in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
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

/// A phone number as it was given, and in international form where it has one.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PhoneNumber {
    /// As it was given: `(415) 555-0117`, `sip:+8613800138017@host`, `anonymous`.
    pub given: String,
    /// In international form (E.164): `+14155550117`. `None` if it is no public number, an extension for
    /// instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
}
