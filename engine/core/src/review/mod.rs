//! What a person makes of a note before the CRM has it: the review of the wrap-up.
//!
//! A note is made by rules and may be wrong. [`apply`] puts what somebody typed in the place of its
//! parts, as far as the CRM has not got them, and composes its text anew. Nothing here knows whether
//! the note may be changed at all, or by whom: that is asked before.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | here | the parts of a note, and what may change of them |
//! | `typed` | what may be typed into them |
//! | `error` | why a review is not taken |
//! | `wait` | for how long a note waits for its reviewer |

mod error;
#[cfg(test)]
mod tests;
mod typed;
mod wait;

use std::collections::BTreeSet;
use std::fmt;

use sidetone_types::summary::{FollowUp, Promise, Summary};

pub use error::ReviewError;
pub use wait::due_after_draft;

use crate::redaction::RedactionConfig;
use crate::wrap_up::{Facts, text};
use typed::Typed;

/// What is to stand in a note. What is `None` stays as it is.
#[derive(Clone, Default, PartialEq)]
pub struct Review {
    /// Why the customer called.
    pub reason: Option<String>,
    /// What was done about it.
    pub actions: Option<Vec<String>>,
    /// What was promised.
    pub promises: Option<Vec<Promise>>,
    /// What is to be done. Tasks that the CRM has stand where they stood.
    pub follow_ups: Option<Vec<FollowUp>>,
    /// Whether the ticket should be dealt with before others.
    pub urgent: Option<bool>,
    /// What it was about.
    pub keywords: Option<Vec<String>>,
    /// What became of the call: one of those that are offered, or empty.
    pub disposition: Option<String>,
    /// What the agent has typed; lines are parted by `\n`.
    pub memo: Option<String>,
}

/// A part of a note that a person may change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// [`Review::reason`].
    Reason,
    /// [`Review::actions`].
    Actions,
    /// [`Review::promises`].
    Promises,
    /// [`Review::follow_ups`].
    FollowUps,
    /// [`Review::urgent`].
    Urgent,
    /// [`Review::keywords`].
    Keywords,
    /// [`Review::disposition`].
    Disposition,
    /// [`Review::memo`].
    Memo,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Reason,
        Self::Actions,
        Self::Promises,
        Self::FollowUps,
        Self::Urgent,
        Self::Keywords,
        Self::Disposition,
        Self::Memo,
    ];

    /// Its name, the same in JSON, on the wire and in the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Actions => "actions",
            Self::Promises => "promises",
            Self::FollowUps => "follow_ups",
            Self::Urgent => "urgent",
            Self::Keywords => "keywords",
            Self::Disposition => "disposition",
            Self::Memo => "memo",
        }
    }

    fn differs(self, a: &Summary, b: &Summary) -> bool {
        match self {
            Self::Reason => a.reason != b.reason,
            Self::Actions => a.actions != b.actions,
            Self::Promises => a.promises != b.promises,
            Self::FollowUps => a.follow_ups != b.follow_ups,
            Self::Urgent => a.urgent != b.urgent,
            Self::Keywords => a.keywords != b.keywords,
            Self::Disposition => a.disposition != b.disposition,
            Self::Memo => a.memo != b.memo,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the CRM has of a note, or may have: the answer to a request may have been lost.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// The ticket, and with it every part but the follow-ups.
    pub ticket: bool,
    /// The tasks, by their place among the follow-ups.
    pub tasks: BTreeSet<usize>,
}

/// What a review is held against.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What is with the CRM already.
    pub written: &'a Written,
    /// The dispositions that are offered.
    pub dispositions: &'a [String],
    /// What is known of the call, for the note's text.
    pub facts: &'a Facts,
    /// What must not be kept of what is typed.
    pub redaction: &'a RedactionConfig,
}

/// A note that was reviewed.
#[derive(Clone, PartialEq)]
pub struct Reviewed {
    /// As it is now.
    pub summary: Summary,
    /// Its parts that are others than before, in the order of [`Part::ALL`].
    pub changed: Vec<Part>,
}

sidetone_types::private_debug!(Review, Reviewed);

/// Puts what `review` says in the place of the parts of `note`, in the name of `by`. What stood there
/// before is left as it was, word for word; what is new has its secrets masked. The text is composed
/// anew where anything has changed.
///
/// # Errors
///
/// Something that is new cannot be taken, or would change what the CRM has: then nothing is changed.
pub fn apply(
    note: &Summary,
    review: &Review,
    by: &str,
    ground: &Ground<'_>,
) -> Result<Reviewed, ReviewError> {
    let typed = Typed::new(ground, note.lang);
    let mut summary = note.clone();
    if let Some(reason) = &review.reason {
        summary.reason = typed.reason(reason, &note.reason)?;
    }
    if let Some(actions) = &review.actions {
        summary.actions = typed.actions(actions, &note.actions)?;
    }
    if let Some(promises) = &review.promises {
        summary.promises = typed.promises(promises, &note.promises)?;
    }
    if let Some(tasks) = &review.follow_ups {
        summary.follow_ups = typed.follow_ups(tasks, &note.follow_ups)?;
    }
    if let Some(urgent) = review.urgent {
        summary.urgent = urgent;
    }
    if let Some(keywords) = &review.keywords {
        summary.keywords = typed.keywords(keywords, &note.keywords)?;
    }
    if let Some(disposition) = &review.disposition {
        summary.disposition = typed.disposition(disposition, &note.disposition)?;
    }
    if let Some(memo) = &review.memo {
        summary.memo = typed.memo(memo, &note.memo)?;
    }
    let parts = Part::ALL.into_iter();
    let changed: Vec<Part> = parts.filter(|part| part.differs(note, &summary)).collect();
    refuse_written(note, &summary, &changed, ground.written)?;
    if !changed.is_empty() {
        summary.text = text(ground.facts, &summary);
    }
    summary.reviewed_by = Some(typed.reviewer(by, note.reviewed_by.as_deref())?);
    Ok(Reviewed { summary, changed })
}

/// What the CRM has is not taken back: there is no request for that.
fn refuse_written(
    before: &Summary,
    now: &Summary,
    changed: &[Part],
    written: &Written,
) -> Result<(), ReviewError> {
    let of_ticket = changed.iter().filter(|part| **part != Part::FollowUps);
    let mut there: Vec<String> = of_ticket
        .filter(|_| written.ticket)
        .map(|part| format!("`{part}`"))
        .collect();
    let tasks = written.tasks.iter();
    let others = tasks.filter(|at| before.follow_ups.get(**at) != now.follow_ups.get(**at));
    there.extend(others.map(|at| format!("`{}[{at}]`", Part::FollowUps)));
    match there.is_empty() {
        true => Ok(()),
        false => Err(ReviewError::Written(there.join(", "))),
    }
}
