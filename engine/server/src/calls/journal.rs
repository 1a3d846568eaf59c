//! What one call leaves behind: its events, and in the end its note.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sidetone_types::event::{CallUpdated, EventKind, EventRecord};
use sidetone_types::id::CallId;
use sidetone_types::summary::Summary;
use sidetone_types::time::unix_millis;
use tracing::error;

use crate::records::{Note, Owed};
use crate::storage::{CallStore, Receipt};

/// Keeps what one call emits. Never waits but for [`Self::committed`].
pub struct CallJournal {
    store: Arc<dyn CallStore>,
    call_id: CallId,
    known: CallUpdated,
    opened: SystemTime,
    customer_id: Option<String>,
    customer_unknown: bool,
    closing: Option<Receipt>,
    review: Duration,
}

impl CallJournal {
    /// Keeps the call of this id, which was opened at `opened`, in `store`. `known` is what is
    /// known of it.
    pub fn new(
        store: Arc<dyn CallStore>,
        call_id: CallId,
        known: CallUpdated,
        opened: SystemTime,
    ) -> Self {
        Self {
            store,
            call_id,
            known,
            opened,
            customer_id: None,
            customer_unknown: false,
            closing: None,
            review: Duration::ZERO,
        }
    }

    /// The same, whose note somebody may review for so long before it is written.
    #[must_use]
    pub fn with_review(self, review: Duration) -> Self {
        Self { review, ..self }
    }

    /// Takes the next event of the call. With its summary the call is closed, and its note is in
    /// the outbox; a call in which nobody spoke leaves no note.
    pub fn keep(&mut self, event: &EventRecord) {
        match &event.event.kind {
            EventKind::Summary(summary) => {
                let spoken = summary.anybody_spoke();
                let note = spoken.then(|| self.note(summary, event));
                let review = self.review;
                let owed = note.as_ref().map(|note| Owed { note, review });
                self.closing = Some(self.store.close_call(event, owed));
            }
            EventKind::CustomerIdentified(customer) => {
                // Empty where it may be several customers, or none that was shown.
                self.customer_id = Some(customer.customer_id.clone()).filter(|id| !id.is_empty());
                self.customer_unknown = self.customer_id.is_none();
                self.store.record(event);
            }
            EventKind::CallUpdated(known) => {
                if known.customer() != self.known.customer() {
                    // Whoever that was, they are not who the call is with.
                    self.customer_id = None;
                    self.customer_unknown = false;
                }
                self.known.clone_from(known);
                self.store.record(event);
            }
            _ => self.store.record(event),
        }
    }

    /// Says when all that was told so far is committed.
    pub fn settle(&self) -> Receipt {
        self.store.settle()
    }

    /// Waits until the call's end is committed. If the store will not have it, that is said: the
    /// call is then without its note, unless the next engine finds it unfinished.
    pub async fn committed(self) {
        let Some(closing) = self.closing else { return };
        if let Err(error) = closing.committed().await {
            error!(call = %self.call_id, %error, "the end of a call could not be stored");
        }
    }

    /// What the CRM is told, once `last` has been: of whoever is the agent then, and as long as the
    /// call's own time says. The wall clock may have been set meanwhile.
    fn note(&self, summary: &Summary, last: &EventRecord) -> Note {
        let known = &self.known;
        let phone = known.customer().e164.clone();
        let length = last.event.end;
        Note {
            call_id: self.call_id.to_string(),
            agent_id: last.agent_id.clone(),
            direction: known.direction,
            phone,
            customer_id: self.customer_id.clone(),
            customer_unknown: self.customer_unknown,
            started_ms: unix_millis(self.opened),
            ended_ms: unix_millis(self.opened) + length.as_millis(),
            summary: summary.clone(),
        }
    }
}
