//! A call's note, as whoever reviews it is shown it.

use serde::Serialize;
use sidetone_types::class::{Class, Classed as _, Clearance};
use sidetone_types::event::{CrmFailed, EventKind};
use sidetone_types::summary::Summary;

use crate::records::{FullEntry, Note, NoteStanding, NoteState, Step, StepDone};
use crate::storage::StoredCall;

/// What the CRM is told of a call, or has been. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoteView {
    /// Of which call.
    pub call_id: String,
    /// Where it stands.
    pub state: NoteStanding,
    /// Its number among the texts that the note has had, from 0: a change names the one that it changes.
    pub revision: u64,
    /// When it is written, or tried again; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// When it was delivered or given up; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_ms: Option<u64>,
    /// Tries so far.
    pub attempts: u32,
    /// Why the last try failed, in words for the agent; absent if none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What the CRM has of it, or may have: that cannot change any more.
    pub written: Vec<WrittenStep>,
    /// Its parts, and its text.
    pub summary: Summary,
    /// What may be said to have become of the call.
    pub dispositions: Vec<String>,
    /// The classes of fields that its reader is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Class>,
}

/// A part of a note that was sent to the CRM.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct WrittenStep {
    /// `ticket`, `task/0`, `interaction`.
    pub step: String,
    /// The CRM's id of it, empty if there was nothing to write. `None`: it is not known whether the CRM
    /// has it.
    pub crm_id: Option<String>,
}

sidetone_types::classes!(NoteView {
    call_id: basic,
    state: basic,
    revision: basic,
    due_ms: basic,
    settled_ms: basic,
    attempts: basic,
    failure: sensitive,
    written: within,
    summary: within,
    dispositions: basic,
    hidden: basic,
});
sidetone_types::classes!(WrittenStep {
    step: basic,
    crm_id: basic,
});

impl NoteView {
    /// What somebody of that clearance is shown of the note of `call`, which says `note`.
    pub(super) fn of(
        (call, full, note): (&StoredCall, &FullEntry, &Note),
        dispositions: &[String],
        sees: Clearance,
    ) -> Self {
        let entry = &full.entry;
        let failed = !entry.reason.is_empty();
        let mut shown = Self {
            call_id: entry.call_id.clone(),
            state: entry.standing(),
            revision: entry.revision,
            due_ms: (entry.state == NoteState::Waiting).then_some(entry.due_ms),
            settled_ms: entry.settled_ms,
            attempts: entry.attempts,
            failure: last_failure(call).filter(|_| failed).map(str::to_owned),
            written: full.steps.iter().filter_map(written).collect(),
            summary: note.summary.clone(),
            dispositions: dispositions.to_vec(),
            // A note has nothing of that class.
            hidden: sees
                .hidden()
                .filter(|class| *class != Class::Secret)
                .collect(),
        };
        shown.mask(sees);
        shown
    }
}

fn written(done: &StepDone) -> Option<WrittenStep> {
    // Nothing is written of whom the call is with: they are looked for.
    let step = Some(done).filter(|done| Step::named(&done.step) != Some(Step::Contact))?;
    Some(WrittenStep {
        step: step.step.clone(),
        crm_id: step.crm_id.clone(),
    })
}

/// What was last told of a failure.
fn last_failure(call: &StoredCall) -> Option<&str> {
    let told = call.events.iter().rev();
    told.map(|event| &event.event.kind)
        .find_map(|kind| match kind {
            EventKind::CrmFailed(CrmFailed { reason, .. }) => Some(reason.as_str()),
            _ => None,
        })
}
