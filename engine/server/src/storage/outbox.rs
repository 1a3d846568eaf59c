//! The seam of the outbox: notes on their way to the CRM, and how far each has come.

use super::StoreError;
use super::wake_signal::WakeSignal;
use crate::records::{Counts, Entry, FullEntry, NoteState, Progress, Rewriting, Step, Taken};

/// The durable outbox. Whatever a method reports as done is committed when it returns.
///
/// The methods block: delivery runs on threads of its own, one for each note that is being carried,
/// and commits before and after every request. An implementer behind a network blocks on its own
/// runtime, and lets two engines take different notes (`FOR UPDATE SKIP LOCKED`).
pub trait Outbox: Send + Sync {
    /// How many notes are in each state.
    fn counts(&self) -> Result<Counts, StoreError>;

    /// The notes in `state`, at most `limit`: of those that wait, the next to be due first; of
    /// settled ones, the latest first.
    fn list(&self, state: NoteState, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// One note with everything in it.
    fn entry(&self, id: i64) -> Result<Option<FullEntry>, StoreError>;

    /// The note of a call.
    fn of_call(&self, call_id: &str) -> Result<Option<FullEntry>, StoreError>;

    /// Puts another text in the place of that of a note which waits or was given up, as one step: the note
    /// is changed, its revision counts one more, and what is kept of its call has the new summary. `false`
    /// if it is none of these any more, or has been changed or taken since it was read. Wakes nobody.
    fn rewrite(&self, rewriting: &Rewriting<'_>) -> Result<bool, StoreError>;

    /// Makes a note due now that waits or was given up. `false` if there is no such note.
    fn retry(&self, id: i64) -> Result<bool, StoreError>;

    /// Makes all notes due now that were given up, and says how many.
    fn retry_all_dead(&self) -> Result<usize, StoreError>;

    /// Drops a note that was given up, because a person has dealt with it. `false` if there is no
    /// such note.
    fn discard(&self, id: i64) -> Result<bool, StoreError>;

    /// Wakes the threads that deliver.
    fn wake_signal(&self) -> &WakeSignal;

    /// Puts back what was in flight when the last engine ended, and says how many.
    fn put_all_back(&self) -> Result<usize, StoreError>;

    /// Takes the note that has been due for longest. A note that cannot be read is given up on the
    /// way.
    fn take_due(&self) -> Result<Option<Taken>, StoreError>;

    /// When the next waiting note is due, in milliseconds since 1970.
    fn next_due(&self) -> Result<Option<i64>, StoreError>;

    /// How far a step has come.
    fn progress(&self, note: i64, step: Step) -> Result<Progress, StoreError>;

    /// Writes down that a step is about to be sent: from here on it may have got through.
    fn begin(&self, note: i64, step: Step) -> Result<(), StoreError>;

    /// Writes down that a step has certainly not got through.
    fn undo_begin(&self, note: i64, step: Step) -> Result<(), StoreError>;

    /// Writes down that a step is done, with the CRM's id of what was written.
    fn finish(&self, note: i64, step: Step, crm_id: &str) -> Result<(), StoreError>;

    /// All of the note is written.
    fn delivered(&self, note: i64) -> Result<(), StoreError>;

    /// The note is tried again at `due_ms`. An empty `reason` leaves the last one as it was.
    fn put_off(
        &self,
        note: i64,
        due_ms: i64,
        attempts: u32,
        reason: &str,
    ) -> Result<(), StoreError>;

    /// The note is left to a person.
    fn give_up(&self, note: i64, attempts: u32, reason: &str) -> Result<(), StoreError>;
}
