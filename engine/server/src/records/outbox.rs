//! The outbox: notes on their way to the CRM.

use std::fmt;

use serde::Serialize;

use super::Note;

/// Where a note stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteState {
    /// It is tried once it is due.
    Waiting,
    /// It is being written right now.
    InFlight,
    /// The CRM has all of it.
    Delivered,
    /// A person has to look at it.
    Dead,
}

impl NoteState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::InFlight, Self::Delivered, Self::Dead];

    /// A label, the same in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InFlight => "in_flight",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for NoteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InFlight => "in flight",
            other => other.as_str(),
        })
    }
}

/// A note in the outbox. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its number in the outbox.
    pub id: i64,
    /// Of which call.
    pub call_id: String,
    /// Where it stands.
    pub state: NoteState,
    /// When the call was closed.
    pub created_ms: u64,
    /// Tried since then; a person's retry starts anew.
    pub since_ms: u64,
    /// When it is tried next.
    pub due_ms: u64,
    /// Tries so far, since [`Entry::since_ms`].
    pub attempts: u32,
    /// Why the last try failed; empty if none has.
    pub reason: String,
    /// When it was delivered or given up.
    pub settled_ms: Option<u64>,
}

/// A note with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FullEntry {
    /// Where it stands.
    #[serde(flatten)]
    pub entry: Entry,
    /// What the CRM is to be told; `None` if this program cannot read it.
    pub note: Option<Note>,
    /// The steps that were begun.
    pub steps: Vec<StepDone>,
}

/// A step that was begun.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StepDone {
    /// `contact`, `ticket`, `task/0`, `interaction`.
    pub step: String,
    /// When, in milliseconds since 1970.
    pub begun_ms: u64,
    /// The CRM's id of what was written, empty if there was nothing to write. `None`: it is not
    /// known whether the CRM has it.
    pub crm_id: Option<String>,
}

/// How many notes stand where.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// To be tried, now or later.
    pub waiting: u64,
    /// Being written.
    pub in_flight: u64,
    /// Written.
    pub delivered: u64,
    /// Given up.
    pub dead: u64,
}

/// How far one step of a note has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// It is done, with the CRM's id of what was written; empty if there was nothing to write.
    Done(String),
    /// It was begun then, and may or may not have got through.
    Begun {
        /// Milliseconds since 1970.
        at_ms: i64,
    },
    /// It was not begun.
    New,
}

/// A note that this process is to write.
pub struct Taken {
    /// Its number in the outbox.
    pub id: i64,
    /// What the CRM is to be told.
    pub note: Note,
    /// Tries so far, without the one that begins now.
    pub attempts: u32,
    /// Tried since then, in milliseconds since 1970.
    pub since_ms: i64,
}
