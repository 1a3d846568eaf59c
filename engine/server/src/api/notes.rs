//! What the CRM is told of a call: read, reviewed before it is written, and written again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sidetone_access::{Decision, Right};
use sidetone_audit::Outcome;
use sidetone_core::review::{self, Ground, Part, Review, ReviewError, due_after_draft};
use sidetone_types::class::{Class, Clearance};
use sidetone_types::controls::controls;
use sidetone_types::event::EventKind;

use super::transcripts::LONGEST_NAME;
use super::{Api, ApiError, NoteView, Principal};
use crate::records::{Due, Entry, FullEntry, Note, NoteState, Rewriting};
use crate::storage::{Outbox, StoredCall, now_ms};

/// What somebody makes of a note.
#[derive(Clone, Default)]
pub struct ReviewOrder {
    /// The revision that they have read: a note that has another one by now is not changed.
    pub revision: u64,
    /// What is to stand in it.
    pub review: Review,
    /// Whether it is written now. Otherwise it is saved, and written when its time comes; one that was
    /// given up stays so.
    pub confirm: bool,
    /// Who they are, where nobody is asked to show that; may be empty.
    pub by: String,
}

/// A note that was reviewed and is not changed yet.
struct Draft {
    outbox: Arc<dyn Outbox>,
    before: Entry,
    note: Note,
    changed: Vec<Part>,
}

impl Api {
    /// What the CRM is told of a call, or has been.
    ///
    /// # Errors
    ///
    /// Somebody may not read the call, or all of it; it has no note, or not yet.
    pub async fn note(&self, principal: &Principal, id: &str) -> Result<NoteView, ApiError> {
        self.settle().await;
        let withheld =
            |call: &StoredCall, _: &Clearance| self.is_of_others(principal, Right::ReadCalls, call);
        let (call, sees) = self
            .permit_stored_unless(principal, Right::ReadCalls, id, withheld)
            .await?;
        self.note_of(call, sees).await
    }

    /// Changes the note of a call before the CRM has it, or once the CRM has refused it, and has it
    /// written. Gives it as it is then, which is on the disk and told as the call's summary.
    ///
    /// # Errors
    ///
    /// Somebody may not, or is not shown what they would change; the note is not the one they have read;
    /// it is being written, or is with the CRM already, as a whole or in the part that would change; or
    /// what they have written cannot be taken.
    pub async fn review_note(
        &self,
        principal: &Principal,
        id: &str,
        order: ReviewOrder,
    ) -> Result<NoteView, ApiError> {
        self.settle().await;
        let withheld =
            |call: &StoredCall, sees: &Clearance| self.is_withheld_from(principal, call, *sees);
        let right = Right::ReviewNotes;
        let (call, decision) = self.look_stored(principal, right, id, withheld).await?;
        let confirm = order.confirm;
        let drafted = match call {
            Ok(call) => self.draft(principal, Arc::new(call), order).await,
            Err(error) => Err(error),
        };
        let told = match &drafted {
            Ok((draft, _)) => (Outcome::Done, in_audit(&draft.changed, confirm)),
            Err(_) => (Outcome::Failed, String::new()),
        };
        // Before anything is changed.
        self.tell_outcome(principal, right, (right.as_str(), id, &decision), told)
            .await?;
        let (draft, call) = drafted?;
        let api = self.clone();
        self.with_store(move |_| api.rewrite(&draft, confirm))
            .await?;
        self.settle().await;
        let sees = match decision {
            Decision::Allowed { sees, .. } => sees,
            Decision::Refused { .. } => Clearance::BASIC,
        };
        self.note_of(Arc::unwrap_or_clone(call), sees).await
    }

    /// Has the note of a call written to the CRM at once that waits or was given up.
    pub async fn retry_note(&self, principal: &Principal, call_id: &str) -> Result<(), ApiError> {
        let withheld = |call: &StoredCall, _: &Clearance| {
            self.is_of_others(principal, Right::RetryNotes, call)
        };
        self.permit_stored_unless(principal, Right::RetryNotes, call_id, withheld)
            .await?;
        let call = call_id.to_owned();
        self.with_store(move |store| {
            let outbox = store.outbox()?;
            let Some(note) = outbox.of_call(&call)? else {
                return Err(no_note(&call));
            };
            if !outbox.retry(note.entry.id)? {
                let state = note.entry.state;
                let there = format!("the note of call `{call}` needs no retry: it is {state}");
                return Err(ApiError::Exists(there));
            }
            outbox.wake_signal().ring();
            Ok(())
        })
        .await
    }

    /// A note that stands in the outbox, as it is shown.
    async fn note_of(&self, call: StoredCall, sees: Clearance) -> Result<NoteView, ApiError> {
        let config = self.0.config.clone();
        self.with_store(move |store| {
            let (full, note) = full(&*store.outbox()?, &call)?;
            let dispositions = &config.crm.dispositions;
            Ok::<_, ApiError>(NoteView::of((&call, &full, &note), dispositions, sees))
        })
        .await
    }

    /// Looks at what somebody has made of a note, and changes nothing.
    async fn draft(
        &self,
        who: &Principal,
        call: Arc<StoredCall>,
        order: ReviewOrder,
    ) -> Result<(Draft, Arc<StoredCall>), ApiError> {
        let by = reviewer(who, &order.by)?;
        let services = self.0.services.clone();
        let config = self.0.config.clone();
        self.with_store(move |store| {
            let outbox = store.outbox()?;
            let (full, mut note) = full(&*outbox, &call)?;
            refuse(&full.entry, order.revision)?;
            let facts = services.knowledge.facts(&call);
            let ground = Ground {
                written: &full.written(),
                dispositions: &config.crm.dispositions,
                facts: &facts,
                redaction: &config.call.redaction,
            };
            let reviewed = review::apply(&note.summary, &order.review, &by, &ground)?;
            note.summary = reviewed.summary;
            let draft = Draft {
                outbox,
                before: full.entry,
                note,
                changed: reviewed.changed,
            };
            Ok::<_, ApiError>((draft, call))
        })
        .await
    }

    /// Makes the change, and tells it. Waits for the disk.
    fn rewrite(&self, draft: &Draft, confirm: bool) -> Result<(), ApiError> {
        let Draft {
            outbox,
            before,
            note,
            ..
        } = draft;
        // The last to be told is the last that was made.
        let _turn = self
            .0
            .reviewing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let rewriting = Rewriting {
            id: before.id,
            note,
            revision: before.revision,
            taken: before.taken,
            due: due(before, confirm, self.0.config.crm.review()),
        };
        if !outbox.rewrite(&rewriting)? {
            return Err(changed_meanwhile(&before.call_id));
        }
        (self.0.tell)(note, EventKind::Summary(note.summary.clone()));
        if confirm {
            outbox.wake_signal().ring();
        }
        Ok(())
    }

    /// Why somebody does not review the note of a call, who reviews others.
    fn is_withheld_from(
        &self,
        who: &Principal,
        call: &StoredCall,
        sees: Clearance,
    ) -> Option<String> {
        if !sees.sees(Class::Sensitive) {
            return Some(format!(
                "`{}` is not shown what is sensitive in calls, and nobody reviews what they do not see",
                who.name()
            ));
        }
        self.is_of_others(who, Right::ReviewNotes, call)
    }

    /// Why somebody does not see the note of a call that they had a part in.
    fn is_of_others(&self, who: &Principal, right: Right, call: &StoredCall) -> Option<String> {
        if self.is_shown_whole(who, right, call) {
            return None;
        }
        Some(format!(
            "call `{}` was handed over to somebody whose calls are not those of `{}`: its note tells of all of it",
            call.call_id,
            who.name()
        ))
    }
}

/// The note of a call that is in the outbox, and what it says.
fn full(outbox: &dyn Outbox, call: &StoredCall) -> Result<(FullEntry, Note), ApiError> {
    let id = &call.call_id;
    let Some(mut full) = outbox.of_call(id)? else {
        return Err(match call.closed_ms {
            None => ApiError::NotFound(format!(
                "call `{id}` still goes on: its note is made when it has ended"
            )),
            Some(_) => no_note(id),
        });
    };
    match full.note.take() {
        Some(note) => Ok((full, note)),
        None => Err(ApiError::internal(format!(
            "the note of call `{id}` cannot be read"
        ))),
    }
}

/// Why a note that stands like that is not changed by somebody who has read `revision`.
fn refuse(entry: &Entry, revision: u64) -> Result<(), ApiError> {
    let call = &entry.call_id;
    match entry.state {
        NoteState::Delivered => Err(ApiError::Exists(format!(
            "the CRM has the note of call `{call}` already, and nothing takes that back: change it there"
        ))),
        NoteState::InFlight => Err(ApiError::Conflict(format!(
            "the note of call `{call}` is being written to the CRM right now: look in a moment what became of it"
        ))),
        NoteState::Waiting | NoteState::Dead if entry.revision != revision => {
            Err(ApiError::Conflict(format!(
                "the note of call `{call}` was changed by somebody else since you have read it (`revision` is \
                 {}, not {revision}): read it again",
                entry.revision
            )))
        }
        NoteState::Waiting | NoteState::Dead => Ok(()),
    }
}

/// When a note is written that stood like that before it was changed.
fn due(before: &Entry, confirm: bool, review: Duration) -> Due {
    if confirm {
        return Due::Now;
    }
    if !before.is_in_review() {
        return Due::AsBefore;
    }
    let now = now_ms().cast_unsigned();
    Due::At(due_after_draft(
        before.due_ms,
        now,
        before.created_ms,
        review,
    ))
}

/// Who reviews, by the name that is kept with the note.
fn reviewer(who: &Principal, by: &str) -> Result<String, ApiError> {
    if who.is_known() {
        return Ok(who.name().to_owned());
    }
    if by.len() > LONGEST_NAME {
        let long = format!("`by` is longer than {LONGEST_NAME} bytes");
        return Err(ApiError::Invalid(long));
    }
    match by.chars().any(controls) {
        true => {
            let control = "`by` holds a line break, or a character that controls or is not seen";
            Err(ApiError::Invalid(control.to_owned()))
        }
        false => Ok(by.to_owned()),
    }
}

/// What was changed, by name and without words.
fn in_audit(changed: &[Part], confirm: bool) -> String {
    let changed: Vec<&str> = changed.iter().map(|part| part.as_str()).collect();
    let changed = match changed.is_empty() {
        true => "nothing changed".to_owned(),
        false => format!("changed {}", changed.join(", ")),
    };
    let what = if confirm { "confirmed" } else { "saved" };
    format!("{changed}; {what}")
}

fn changed_meanwhile(call: &str) -> ApiError {
    ApiError::Conflict(format!(
        "the note of call `{call}` was changed, or taken to be written, at this very moment: read it again"
    ))
}

fn no_note(call: &str) -> ApiError {
    ApiError::NotFound(format!("no note of call `{call}` is kept"))
}

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> Self {
        match error.is_conflict() {
            true => Self::Exists(error.to_string()),
            false => Self::Invalid(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_has_the_names_of_parts_and_no_words() {
        for (changed, confirm, expected) in [
            (&[][..], true, "nothing changed; confirmed"),
            (
                &[Part::Reason, Part::FollowUps],
                false,
                "changed reason, follow_ups; saved",
            ),
        ] {
            assert_eq!(in_audit(changed, confirm), expected);
        }
    }
}
