//! What those who look after calls do: they take care of one, and write to its agent.

use serde::{Deserialize, Serialize};

/// Somebody takes care of the call from now on.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Claimed {
    /// Who.
    pub by: String,
}

/// Nobody takes care of the call any more.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Released {
    /// Who gives it up: mostly whoever took care of it.
    pub by: String,
}

/// Somebody writes to whoever has the call.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Message {
    /// Counts from 1 within the call.
    pub message: u64,
    /// What they write, on a line, without secrets.
    pub text: String,
    /// Who.
    pub by: String,
}

/// A message was read at the agent's desk.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MessageRead {
    /// Which one.
    pub message: u64,
    /// By whom.
    pub by: String,
}

/// Somebody has seen an alert.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AlertSeen {
    /// The number of the alert.
    pub alert: u64,
    /// Who.
    pub by: String,
}

crate::private_debug!(Message);

crate::classes!(Claimed { by: personal });
crate::classes!(Released { by: personal });
crate::classes!(Message {
    message: basic,
    text: sensitive,
    by: personal,
});
crate::classes!(MessageRead {
    message: basic,
    by: personal,
});
crate::classes!(AlertSeen {
    alert: basic,
    by: personal,
});
