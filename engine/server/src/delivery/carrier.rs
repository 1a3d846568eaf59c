//! Carries one note over, from where its last try left off.

use std::time::Duration;

use sidetone_types::event::CrmWritten;

use crate::crm::{Crm, CrmError, IdempotencyKey, What, Writing};
use crate::records::{Note, Progress, Step, Taken};
use crate::storage::{Outbox, StoreError, now_ms};

/// Why a note was not carried over to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// The CRM would not have it, at this step.
    Crm(Step, CrmError),
    /// The answer to a step was lost. Its request may still be at work in the CRM, so long.
    Settling(Duration),
    /// The engine goes down, or the CRM is left alone for a while.
    Held,
    /// The outbox itself failed.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// One note on its way.
pub(super) struct Carrier<'a> {
    pub outbox: &'a dyn Outbox,
    pub crm: &'a dyn Crm,
    pub taken: &'a Taken,
    /// Whether to leave off before the next step.
    pub held: &'a dyn Fn() -> bool,
    /// To be told of everything that the CRM takes. That it can be read says less.
    pub answered: &'a dyn Fn(),
}

impl Carrier<'_> {
    /// Does what remains to be done for the note.
    pub fn run(&self) -> Result<CrmWritten, Halt> {
        let note = &self.taken.note;
        let customer_id = self.customer()?;
        let customer_id = customer_id.as_deref();
        let ticket_id = self.write(Step::Ticket, customer_id, What::Ticket)?;
        let ticket_id = ticket_id.as_str();
        let tasks = &note.summary.follow_ups;
        let mut task_ids = Vec::with_capacity(tasks.len());
        for (index, task) in tasks.iter().enumerate() {
            let what = What::Task { ticket_id, task };
            task_ids.push(self.write(Step::Task(index), customer_id, what)?);
        }
        self.write(
            Step::Interaction,
            customer_id,
            What::Interaction { ticket_id },
        )?;
        Ok(CrmWritten {
            ticket_id: ticket_id.to_owned(),
            task_ids,
            due: tasks
                .iter()
                .map(|task| task.due.clone().unwrap_or_default())
                .collect(),
        })
    }

    /// The CRM's id of the customer, if it knows them and no other has their number: a ticket at
    /// the wrong customer's is worse than one at nobody's.
    fn customer(&self) -> Result<Option<String>, Halt> {
        let Note {
            customer_id,
            customer_unknown,
            phone,
            ..
        } = &self.taken.note;
        let phone = match (customer_id, phone) {
            (Some(id), _) => return Ok(Some(id.clone())),
            (None, None) => return Ok(None),
            (None, Some(_)) if *customer_unknown => return Ok(None),
            (None, Some(phone)) => phone,
        };
        let id = match self.outbox.progress(self.taken.id, Step::Contact)? {
            Progress::Done(id) => id,
            Progress::Begun { .. } | Progress::New => {
                let found = self.crm.find(phone);
                let found = found.map_err(|error| Halt::Crm(Step::Contact, error))?;
                let id = found.map_or_else(String::new, |customer| customer.customer_id);
                self.outbox.finish(self.taken.id, Step::Contact, &id)?;
                id
            }
        };
        Ok(Some(id).filter(|id| !id.is_empty()))
    }

    /// Writes one thing, unless it is written already, and gives the CRM's id of it.
    fn write(&self, step: Step, customer_id: Option<&str>, what: What<'_>) -> Result<String, Halt> {
        let id = self.taken.id;
        let repeated = match self.outbox.progress(id, step)? {
            Progress::Done(crm_id) => return Ok(crm_id),
            Progress::Begun { at_ms } => {
                let since =
                    Duration::from_millis(now_ms().saturating_sub(at_ms).max(0).cast_unsigned());
                let settling = self.crm.settles_within().saturating_sub(since);
                if !settling.is_zero() {
                    return Err(Halt::Settling(settling));
                }
                true
            }
            Progress::New => false,
        };
        if (self.held)() {
            return Err(Halt::Held);
        }
        self.outbox.begin(id, step)?;
        let written = self.crm.write(&Writing {
            key: &IdempotencyKey::new(&self.taken.note.call_id, step),
            repeated,
            note: &self.taken.note,
            customer_id,
            what,
        });
        match written {
            Ok(crm_id) => {
                (self.answered)();
                self.outbox.finish(id, step, &crm_id)?;
                Ok(crm_id)
            }
            Err(error) => {
                if !error.maybe_written() {
                    self.outbox.undo_begin(id, step)?;
                }
                Err(Halt::Crm(step, error))
            }
        }
    }
}
