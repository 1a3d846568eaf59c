//! The outbox: notes on their way to the CRM.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use sidetone_core::review::Written;

use super::{Note, Step};

/// What the CRM is owed once a call is closed.
#[derive(Clone, Copy, Debug)]
pub struct Owed<'a> {
    /// What it is to be told.
    pub note: &'a Note,
    /// For how long somebody may review that before it is written.
    pub review: Duration,
}

impl<'a> Owed<'a> {
    /// A note that is written at once.
    pub const fn now(note: &'a Note) -> Self {
        Self {
            note,
            review: Duration::ZERO,
        }
    }
}

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
    /// Tried since then, once it was taken; a person's retry starts anew.
    pub since_ms: u64,
    /// When it is tried next.
    pub due_ms: u64,
    /// Tries so far, since [`Entry::since_ms`].
    pub attempts: u32,
    /// How often it was taken to be written, since it was put here. A note of an earlier version counts as
    /// taken once.
    pub taken: u64,
    /// How often its text was changed.
    pub revision: u64,
    /// Why the last try failed; empty if none has.
    pub reason: String,
    /// When it was delivered or given up.
    pub settled_ms: Option<u64>,
}

impl Entry {
    /// Whether it waits for somebody to review it: nobody has tried to write it, and it was not due when
    /// it came.
    pub fn is_in_review(&self) -> bool {
        self.state == NoteState::Waiting && self.taken == 0 && self.due_ms > self.since_ms
    }

    /// Where it stands, for people.
    pub fn standing(&self) -> NoteStanding {
        match self.state {
            NoteState::Waiting if self.is_in_review() => NoteStanding::Review,
            NoteState::Waiting => NoteStanding::Waiting,
            NoteState::InFlight => NoteStanding::InFlight,
            NoteState::Delivered => NoteStanding::Delivered,
            NoteState::Dead => NoteStanding::Dead,
        }
    }
}

/// Where a note stands for people: one that waits may wait for them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteStanding {
    /// It waits for its reviewer: nobody has tried to write it.
    Review,
    /// It is tried once it is due.
    Waiting,
    /// It is being written right now.
    InFlight,
    /// The CRM has all of it.
    Delivered,
    /// A person has to look at it.
    Dead,
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

impl FullEntry {
    /// What the CRM has of it, or may have.
    pub fn written(&self) -> Written {
        let mut written = Written::default();
        for step in self.steps.iter().filter_map(|done| Step::named(&done.step)) {
            match step {
                Step::Contact => {}
                Step::Ticket | Step::Interaction => written.ticket = true,
                Step::Task(index) => {
                    written.tasks.insert(index);
                }
            }
        }
        written
    }
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
    /// Not tried yet, because somebody may review them before.
    pub in_review: u64,
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

/// Another text for a note, with what it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Rewriting<'a> {
    /// Its number in the outbox.
    pub id: i64,
    /// What the CRM is to be told instead.
    pub note: &'a Note,
    /// The [`Entry::revision`] of what it replaces.
    pub revision: u64,
    /// The [`Entry::taken`] of what it replaces: whoever takes a note may write parts of it.
    pub taken: u64,
    /// When it is written.
    pub due: Due,
}

/// When a note is written whose text was changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// As it was before; one that was given up stays so.
    AsBefore,
    /// At that time, in milliseconds since 1970.
    At(u64),
    /// At once. Its tries count anew.
    Now,
}
