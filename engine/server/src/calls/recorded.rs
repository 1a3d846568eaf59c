//! Whether the sound of a call is kept, and by which rules.

use sidetone_core::describe::CallDescription;
use sidetone_core::recording::RecordingPolicy;

use super::Calls;
use crate::recordings::{Class, Consent, Record, RecordingError};

/// The name of a call's queue in its metadata.
const QUEUE: &str = "queue";

impl Calls {
    /// The class of a call's recording and what holds for it; `None` where nothing may be kept.
    pub(super) fn recorded(
        &self,
        call: &CallDescription,
    ) -> Result<Option<(Class, RecordingPolicy)>, RecordingError> {
        let queue = call.metadata.get(QUEUE).map_or("", String::as_str);
        let recordings = &self.services.recordings;
        let class = recordings.class(&call.recording.class, queue)?.clone();
        let from_the_start = match (class.record, call.recording.record) {
            (Record::None, _) => return Ok(None),
            (Record::Asked, wish) => wish.unwrap_or(false),
            (Record::All, wish) => wish.unwrap_or(true),
        };
        let config = &self.config.recording;
        let policy = RecordingPolicy {
            from_the_start,
            needs_consent: class.consent == Consent::Needed,
            pause_for: config.pause_for.as_slice().into(),
            pause_key: config.pause_key.as_str().into(),
            resume_key: config.resume_key.as_str().into(),
        };
        Ok(Some((class, policy)))
    }
}
