//! What a reader of the log wants, where it is, and what it gets.

use std::sync::Arc;

use sidetone_types::event::{EventId, EventRecord, Lagged};
use sidetone_types::id::CallId;

/// Which events a reader wants.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this call only.
    pub call_id: Option<CallId>,
    /// Of this agent only.
    pub agent_id: Option<String>,
    /// Leaves out what only accompanies speech while it goes on
    /// ([`EventKind::is_interim`](sidetone_types::event::EventKind::is_interim)): interim results
    /// and their taking back, where speech begins and ends, what voices sound like.
    pub finals_only: bool,
}

/// The smallest part of all events that has everything a reader wants.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those of a call.
    Call(CallId),
    /// Those of an agent.
    Agent(String),
}

impl Filter {
    /// Where the wanted events are.
    pub fn scope(&self) -> Scope {
        match (&self.call_id, &self.agent_id) {
            (Some(call), _) => Scope::Call(call.clone()),
            (None, Some(agent)) => Scope::Agent(agent.clone()),
            (None, None) => Scope::All,
        }
    }

    pub(super) fn wants(&self, event: &EventRecord) -> bool {
        self.call_id.as_ref().is_none_or(|id| *id == event.call_id)
            && self
                .agent_id
                .as_ref()
                .is_none_or(|id| *id == event.agent_id)
            && !(self.finals_only && event.event.kind.is_interim())
    }
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// With what happens from now on.
    Now,
    /// After an event of any run. If it is of another run than this one, with all that is kept.
    After(EventId),
    /// After the event with this number, which is taken to be of this run if it has come so far.
    AfterSeq(u64),
}

/// A reader's place in the log. Hand it back with [`EventLog::release`](super::EventLog::release).
#[derive(Debug)]
pub struct Cursor {
    pub(super) filter: Filter,
    pub(super) scope: Scope,
    /// How many events of its scope are behind it, read or not.
    pub(super) passed: u64,
    /// Up to here it reads history, where partials are outdated by nature.
    pub(super) live_from: u64,
    /// What it has missed before it began.
    pub(super) missed: Lagged,
}

/// What a reader gets at once.
#[derive(Debug)]
pub struct Page<T = EventRecord> {
    /// In order of their `seq`.
    pub events: Vec<Arc<T>>,
    /// What is not among them although it was wanted.
    pub lagged: Lagged,
    /// Whether there is more to read at once.
    pub more: bool,
}

impl<T> Page<T> {
    /// Whether it tells nothing.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lagged == Lagged::default()
    }
}
