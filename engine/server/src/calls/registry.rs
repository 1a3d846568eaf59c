//! Which calls there are, and which ids are taken.
//!
//! An id is taken from the moment somebody asks to open a call under it until the call's last
//! change is committed to the store, which knows it from then on. So there is no moment in which
//! two calls could have one id, and nothing that takes time happens while the registry is locked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidetone_core::describe::CallDescription;
use sidetone_types::event::EndReason;
use sidetone_types::id::CallId;
use tokio::sync::{mpsc, oneshot};

use super::Current;
use super::update::Command;
use super::update_rate::UpdateRate;

/// What is known of an open call.
#[derive(Clone)]
pub struct CallRecord {
    /// Its id.
    pub id: CallId,
    /// As it was described.
    pub description: Arc<CallDescription>,
    /// When it was opened.
    pub opened: SystemTime,
    /// What has become of it since.
    pub current: Current,
    /// How often it may be changed.
    pub update_rate: UpdateRate,
    /// How often its agent may be written to.
    pub message_rate: UpdateRate,
    /// How often it may be claimed and released.
    pub claim_rate: UpdateRate,
    /// Who has opened it, by their name.
    pub opened_by: Arc<str>,
}

enum Slot {
    /// Its ports are being bound, its id looked up.
    Opening,
    Open {
        record: CallRecord,
        hang_up: Option<oneshot::Sender<EndReason>>,
        commands: mpsc::Sender<Command>,
    },
    /// It is over, and what it left behind is not committed yet.
    Closing,
}

/// The ids that are taken, with the calls that are open. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Registry(Arc<Mutex<HashMap<CallId, Slot>>>);

/// An id is in use.
#[derive(Debug)]
pub(super) struct Taken;

impl Registry {
    /// Takes an id for a call that is about to be opened.
    pub fn reserve(&self, id: CallId) -> Result<Reservation, Taken> {
        match self.lock().entry(id.clone()) {
            Entry::Occupied(_) => Err(Taken),
            Entry::Vacant(free) => {
                free.insert(Slot::Opening);
                Ok(Reservation {
                    registry: self.clone(),
                    id,
                })
            }
        }
    }

    /// Ends a call. `false` if none of this id is open; one that is ending already goes on doing
    /// so.
    pub fn hang_up(&self, id: &CallId, reason: EndReason) -> bool {
        match self.lock().get_mut(id) {
            Some(Slot::Open { hang_up, .. }) => {
                if let Some(hang_up) = hang_up.take() {
                    // A task that does not listen any more is about to end anyway.
                    let _ = hang_up.send(reason);
                }
                true
            }
            Some(Slot::Opening | Slot::Closing) | None => false,
        }
    }

    /// An open call, and the way to change it.
    pub fn find(&self, id: &CallId) -> Option<(CallRecord, mpsc::Sender<Command>)> {
        match self.lock().get(id) {
            Some(Slot::Open {
                record, commands, ..
            }) => Some((record.clone(), commands.clone())),
            Some(Slot::Opening | Slot::Closing) | None => None,
        }
    }

    /// The calls that are open, the oldest first.
    pub fn list(&self) -> Vec<CallRecord> {
        let mut calls: Vec<CallRecord> = self
            .lock()
            .values()
            .filter_map(|slot| match slot {
                Slot::Open { record, .. } => Some(record.clone()),
                Slot::Opening | Slot::Closing => None,
            })
            .collect();
        calls.sort_by(|a, b| (a.opened, &a.id).cmp(&(b.opened, &b.id)));
        calls
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, Slot>> {
        // Every change to the map is one step, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id that is taken, given back when dropped.
pub(super) struct Reservation {
    registry: Registry,
    id: CallId,
}

impl Reservation {
    /// The id.
    pub fn id(&self) -> &CallId {
        &self.id
    }

    /// Shows the call to others from now on. It is asked to end by `hang_up`, and changed by
    /// `commands`.
    pub fn open(
        &self,
        record: CallRecord,
        hang_up: oneshot::Sender<EndReason>,
        commands: mpsc::Sender<Command>,
    ) {
        let open = Slot::Open {
            record,
            hang_up: Some(hang_up),
            commands,
        };
        self.registry.lock().insert(self.id.clone(), open);
    }

    /// The call is over; its id stays taken.
    pub fn close(&self) {
        self.registry.lock().insert(self.id.clone(), Slot::Closing);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::current::tests::description;
    use super::*;

    fn record(id: &str) -> CallRecord {
        let description = description("");
        CallRecord {
            id: CallId::new(id),
            current: Current::new(&description),
            description: Arc::new(description),
            opened: SystemTime::UNIX_EPOCH,
            opened_by: "local".into(),
            update_rate: UpdateRate::of_changes(),
            message_rate: UpdateRate::of_messages(),
            claim_rate: UpdateRate::of_claims(),
        }
    }

    fn commands() -> mpsc::Sender<Command> {
        mpsc::channel(1).0
    }

    #[test]
    fn an_id_is_taken_from_the_wish_to_open_until_everything_is_committed() {
        let registry = Registry::default();
        let id = CallId::new("a");
        let reservation = registry.reserve(id.clone()).expect("free");
        assert!(registry.reserve(id.clone()).is_err(), "while it is opened");
        assert!(registry.list().is_empty() && !registry.hang_up(&id, EndReason::Closed));

        let (hang_up, mut asked) = oneshot::channel();
        reservation.open(record("a"), hang_up, commands());
        assert!(registry.reserve(id.clone()).is_err(), "while it is open");
        assert_eq!(registry.list().len(), 1);
        assert!(registry.hang_up(&id, EndReason::Closed));
        assert_eq!(asked.try_recv().expect("asked to end"), EndReason::Closed);
        assert!(
            registry.hang_up(&id, EndReason::Shutdown),
            "it ends already"
        );

        reservation.close();
        assert!(
            registry.reserve(id.clone()).is_err(),
            "until it is committed"
        );
        assert!(registry.list().is_empty() && !registry.hang_up(&id, EndReason::Closed));
        drop(reservation);
        assert!(registry.reserve(id).is_ok());
    }

    #[test]
    fn calls_are_listed_by_age() {
        let registry = Registry::default();
        let opened: Vec<_> = ["b", "a", "c"]
            .iter()
            .map(|id| {
                let reservation = registry.reserve(CallId::new(*id)).expect("free");
                reservation.open(record(id), oneshot::channel().0, commands());
                reservation
            })
            .collect();
        let ids: Vec<String> = registry
            .list()
            .iter()
            .map(|call| call.id.to_string())
            .collect();
        assert_eq!(ids, ["a", "b", "c"], "the same age: by id");
        drop(opened);
        assert!(registry.list().is_empty());
    }
}
