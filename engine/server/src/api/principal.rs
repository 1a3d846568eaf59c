//! Who asks, and whether they may: the one place where that is decided.

use sidetone_types::id::CallId;

/// Who asks the engine for something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Principal {
    name: String,
}

impl Principal {
    /// Whoever can reach the engine's address. There is no login yet: the address is on loopback,
    /// or in a network that is trusted.
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
        }
    }

    /// Who it is, for logs and audits.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What somebody wants to do, and to what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action<'a> {
    /// Open a call.
    OpenCall,
    /// Change what is known of this call, and who takes part in it.
    UpdateCall(&'a CallId),
    /// End this call.
    CloseCall(&'a CallId),
    /// See which calls are open.
    ListCalls,
    /// Follow the events of a call, or of all of them.
    Subscribe(Option<&'a CallId>),
    /// Read what was said in a call, and what was made of it.
    ReadCall(&'a str),
    /// Search what was said in all calls.
    Search,
    /// Say whether a card helped in this call.
    RateCard(&'a str),
    /// Say that an alert of this call was seen.
    AcknowledgeAlert(&'a str),
    /// Have the note of this call written to the CRM again.
    RetryNote(&'a str),
    /// See the rules.
    ReadRules,
    /// See what the engine counts.
    ReadMetrics,
    /// See what comes in at the doors.
    ReadDoors,
}

/// Decides whether somebody may do something. Every use case asks it first, and nothing else does.
pub type Policy = fn(&Principal, &Action<'_>) -> bool;

/// Whoever reaches the engine may do everything.
pub fn everything(_: &Principal, _: &Action<'_>) -> bool {
    true
}
