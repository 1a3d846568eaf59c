//! How far a media server has been told what happens in its call, so that it is told the rest if it
//! comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sidetone_core::event_log::Start;
use sidetone_types::event::EventId;
use tokio::time::Instant;

/// What went over one connection, both ways.
pub(super) struct Told(Mutex<Marks>);

struct Marks {
    /// When something last came from the media server.
    heard_at: Instant,
    /// The last event that it was told; none, where all of its call is still to be told.
    last: Option<EventId>,
    /// The same when something last came from it.
    last_heard: Option<EventId>,
}

impl Told {
    /// Of a connection that is told what comes after that event; all of its call, where there is none.
    pub fn after(event: Option<EventId>) -> Self {
        Self(Mutex::new(Marks {
            heard_at: Instant::now(),
            last: event,
            last_heard: event,
        }))
    }

    /// It was told this.
    pub fn tell(&self, event: EventId) {
        self.lock().last = Some(event);
    }

    /// Something has come from it.
    pub fn heard(&self) {
        let mut marks = self.lock();
        marks.heard_at = Instant::now();
        marks.last_heard = marks.last;
    }

    /// For how long nothing has come from it.
    pub fn silent_for(&self) -> Duration {
        self.lock().heard_at.elapsed()
    }

    /// Where another connection goes on with what is told. One that `broke` had been sent all before;
    /// of one that has gone without a word, nobody knows what arrived after it was last heard.
    pub fn goes_on(&self, broke: bool) -> Start {
        let marks = self.lock();
        let last = if broke { marks.last } else { marks.last_heard };
        last.map_or(Start::AfterSeq(0), Start::After)
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        // Every change is whole, so a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
