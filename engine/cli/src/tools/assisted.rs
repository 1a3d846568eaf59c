//! Calls that are run through everything offline: rules, knowledge, summary and a CRM of its own, which
//! is gone afterwards.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::SystemTime;

use anyhow::Context;
use jiff::civil::DateTime;
use sidetone::audio_file::Recording;
use sidetone::calls::CallJournal;
use sidetone::config::Config;
use sidetone::delivery::Delivery;
use sidetone::offline::{Offline, OfflineAssist, OfflineCall};
use sidetone::recognition::Recogniser;
use sidetone::records::Note;
use sidetone::services::Services;
use sidetone_core::describe::CallDescription;
use sidetone_media::capture::Arrival;
use sidetone_types::event::{Event, EventId, EventKind, EventRecord};
use sidetone_types::id::CallId;
use sidetone_types::party::Direction;

/// Calls that wait for what becomes of their notes.
type Outcomes = Arc<Mutex<HashMap<String, mpsc::Sender<EventKind>>>>;

/// What calls are run through. Shared by as many threads as run calls at once.
pub struct Assisted<'a> {
    offline: Offline<'a>,
    services: Services,
    outcomes: Outcomes,
    delivery: Delivery,
}

/// A call to be run.
pub struct AssistedCall<'a> {
    /// Its name in the store, which no other call has.
    pub kept_as: CallId,
    /// Its name in its events.
    pub told_as: CallId,
    /// What is known of it.
    pub description: CallDescription,
    /// When it began, if anybody knows; now otherwise.
    pub began: Option<DateTime>,
    /// What is heard.
    pub sound: Sound<'a>,
}

/// What is heard of a call.
pub enum Sound<'a> {
    /// A recording.
    Recording(&'a Recording),
    /// Datagrams, as they came.
    Datagrams(&'a [Arrival<'a>]),
}

impl<'a> Assisted<'a> {
    /// Calls will be run through `services`, and heard by `recogniser`.
    pub fn new(
        config: &Config,
        services: Services,
        recogniser: &'a Recogniser,
    ) -> anyhow::Result<Self> {
        let outcomes = Outcomes::default();
        let waiting = outcomes.clone();
        let tell = move |note: &Note, kind: EventKind| {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(call) = waiting.get(&note.call_id) {
                // Nobody waits for a call whose file could not be read to its end.
                let _ = call.send(kind);
            }
        };
        let outbox = services.store.outbox()?;
        let retry = config.crm.retry.clone();
        let delivery = Delivery::start(outbox, services.crm.clone(), retry, Arc::new(tell))?;
        Ok(Self {
            offline: recogniser.offline(),
            services,
            outcomes,
            delivery,
        })
    }

    /// All events of a call but its partials.
    pub fn run(&self, call: AssistedCall<'_>) -> anyhow::Result<Vec<EventRecord>> {
        let AssistedCall {
            kept_as,
            told_as,
            description,
            began,
            sound,
        } = call;
        let opened = SystemTime::now();
        let began = began.unwrap_or_else(|| self.local(opened));
        let customer = match description.direction {
            Direction::Outbound => &description.callee,
            _ => &description.caller,
        };
        let phone = customer.e164.as_deref();
        let customer = phone
            .map(|phone| self.services.crm.find(phone))
            .transpose()?;
        let (to_us, outcome) = mpsc::channel();
        self.outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kept_as.to_string(), to_us);

        let store = self.services.store.clone();
        let mut journal = CallJournal::new(store, kept_as.clone(), description.known(), opened);
        let call = OfflineCall {
            id: kept_as,
            description,
            assist: Some(OfflineAssist {
                knowledge: self.services.knowledge.clone(),
                began,
                customer: customer.flatten(),
            }),
        };
        let mut events = Vec::new();
        let tell = |event: EventRecord| {
            journal.keep(&event);
            if !matches!(event.event.kind, EventKind::Partial(_)) {
                events.push(event);
            }
        };
        match sound {
            Sound::Recording(recording) => self.offline.run_call(&call, recording, tell)?,
            Sound::Datagrams(arrivals) => self.offline.run_datagrams(&call, arrivals, tell)?,
        }
        let last = events.last().context("a call tells something")?.clone();
        if matches!(&last.event.kind, EventKind::Summary(summary) if summary.anybody_spoke()) {
            let kind = outcome.recv().context("nothing became of the note")?;
            events.push(EventRecord {
                id: EventId {
                    seq: last.id.seq + 1,
                    ..last.id
                },
                wall_time: SystemTime::now(),
                event: Event {
                    start: last.event.end,
                    kind,
                    ..last.event.clone()
                },
                ..last
            });
        }
        for event in &mut events {
            event.call_id = told_as.clone();
        }
        Ok(events)
    }

    /// What the clock of the call centre shows at that moment.
    pub fn local(&self, at: SystemTime) -> DateTime {
        self.services.knowledge.assist_context(at, &[]).began
    }

    /// Lets the CRM go.
    pub fn stop(self) {
        self.delivery.stop();
    }
}
