//! An event as all its readers share it.

use std::borrow::Borrow;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use sidetone_proto::v1;
use sidetone_types::class::{Class, Clearance};
use sidetone_types::event::EventRecord;

use crate::convert;

/// An event, and what is made of it for the wire: once, when the first reader needs it.
#[derive(Debug)]
pub struct Published {
    record: EventRecord,
    /// What its readers are shown.
    sees: Clearance,
    json: OnceLock<Box<str>>,
    wire: OnceLock<Box<v1::CallEvent>>,
    /// The same as readers are shown it who are not shown everything, by their clearance.
    masked: OnceLock<Box<Masked>>,
}

type Masked = [OnceLock<Arc<Published>>; Clearance::COUNT];

impl Published {
    fn new(record: EventRecord, sees: Clearance) -> Self {
        Self {
            record,
            sees,
            json: OnceLock::new(),
            wire: OnceLock::new(),
            masked: OnceLock::new(),
        }
    }

    /// Its JSON.
    pub fn json(&self) -> &str {
        self.json
            .get_or_init(|| self.record.json_for(self.sees).into())
    }

    /// Its protobuf message.
    pub fn wire(&self) -> &v1::CallEvent {
        self.wire.get_or_init(|| {
            let hidden = self
                .sees
                .hidden()
                .map(|class: Class| class.as_str().to_owned());
            Box::new(v1::CallEvent {
                hidden: hidden.collect(),
                ..convert::wire_event(&self.record)
            })
        })
    }

    /// The event as a reader of that clearance is shown it; `None` if not at all.
    pub fn shown(self: Arc<Self>, sees: Clearance) -> Option<Arc<Self>> {
        if !sees.sees(self.record.event.kind.class()) {
            return None;
        }
        if sees == self.sees {
            return Some(self);
        }
        let masked = self.masked.get_or_init(Box::default);
        let shown = masked[sees.index()].get_or_init(|| {
            let record = self.record.masked(sees);
            Arc::new(Self::new(record, sees))
        });
        Some(shown.clone())
    }
}

impl From<EventRecord> for Published {
    fn from(record: EventRecord) -> Self {
        Self::new(record, Clearance::ALL)
    }
}

impl Borrow<EventRecord> for Published {
    fn borrow(&self) -> &EventRecord {
        &self.record
    }
}

impl Deref for Published {
    type Target = EventRecord;

    fn deref(&self) -> &EventRecord {
        &self.record
    }
}
