//! An event as all its readers share it.

use std::borrow::Borrow;
use std::ops::Deref;
use std::sync::OnceLock;

use sidetone_proto::v1;
use sidetone_types::event::EventRecord;

use crate::convert;

/// An event, and what is made of it for the wire: once, when the first reader needs it.
#[derive(Debug)]
pub struct Published {
    record: EventRecord,
    json: OnceLock<Box<str>>,
    wire: OnceLock<Box<v1::CallEvent>>,
}

impl Published {
    /// Its JSON.
    pub fn json(&self) -> &str {
        self.json.get_or_init(|| self.record.json().into())
    }

    /// Its protobuf message.
    pub fn wire(&self) -> &v1::CallEvent {
        let make = || Box::new(convert::wire_event(&self.record));
        self.wire.get_or_init(make)
    }
}

impl From<EventRecord> for Published {
    fn from(record: EventRecord) -> Self {
        Self {
            record,
            json: OnceLock::new(),
            wire: OnceLock::new(),
        }
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
