//! How far a media server has been heard, and been told what happens in its call: where both go on if it
//! comes back.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sidetone_core::event_log::Start;
use sidetone_types::event::EventId;
use sidetone_types::time::MediaTime;
use tokio::time::Instant;

/// What went over one connection, both ways.
pub(super) struct Told(Mutex<Marks>);

struct Marks {
    /// When something last came from the media server.
    heard_at: Instant,
    /// Up to where its sound has come on the call's timeline.
    heard_until: MediaTime,
    /// The last event that it was told; none, where all of its call is still to be told.
    last: Option<EventId>,
    /// The same when something last came from it.
    last_heard: Option<EventId>,
    /// The last events, and the numbers of their messages, where its protocol has some.
    numbered: VecDeque<(u64, EventId)>,
    /// The last one before those.
    before: Option<EventId>,
}

/// Events whose numbers are kept: a media server is behind by as many at most.
const KEPT: usize = 256;

impl Told {
    /// Of a connection that is told what comes after that event; all of its call, where there is none.
    pub fn after(event: Option<EventId>) -> Self {
        Self(Mutex::new(Marks {
            heard_at: Instant::now(),
            heard_until: MediaTime::ZERO,
            last: event,
            last_heard: event,
            numbered: VecDeque::new(),
            before: event,
        }))
    }

    /// It was told this, in a message of that number; 0 where they have none.
    pub fn tell(&self, event: EventId, number: u64) {
        let mut marks = self.lock();
        marks.last = Some(event);
        if number == 0 {
            return;
        }
        if marks.numbered.len() == KEPT {
            marks.before = marks.numbered.pop_front().map(|(_, event)| event);
        }
        marks.numbered.push_back((number, event));
    }

    /// Something has come from it.
    pub fn heard(&self) {
        let mut marks = self.lock();
        marks.heard_at = Instant::now();
        marks.last_heard = marks.last;
    }

    /// Its sound has come up to there on the call's timeline.
    pub fn heard_until(&self, until: MediaTime) {
        self.lock().heard_until = until;
    }

    /// Up to where its sound has come.
    pub fn reached(&self) -> MediaTime {
        self.lock().heard_until
    }

    /// For how long nothing has come from it.
    pub fn silent_for(&self) -> Duration {
        self.lock().heard_at.elapsed()
    }

    /// Nobody knows what has arrived since it was last heard.
    pub fn doubt(&self) {
        let mut marks = self.lock();
        marks.last = marks.last_heard;
    }

    /// Where another connection goes on with what is told. One that `broke` had been sent all before;
    /// of one that has gone without a word, nobody knows what arrived after it was last heard.
    pub fn goes_on(&self, broke: bool) -> Start {
        let marks = self.lock();
        let last = if broke { marks.last } else { marks.last_heard };
        start(last)
    }

    /// The same where the media server says that it has got all messages up to that number.
    pub fn goes_on_behind(&self, number: u64) -> Start {
        let marks = self.lock();
        let got = marks.numbered.partition_point(|(one, _)| *one <= number);
        match got.checked_sub(1).and_then(|last| marks.numbered.get(last)) {
            Some((_, event)) => Start::After(*event),
            None => start(marks.before),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        // Every change is whole, so a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Behind an event, or at the beginning of its call.
fn start(after: Option<EventId>) -> Start {
    after.map_or(Start::AfterSeq(0), Start::After)
}

#[cfg(test)]
mod tests {
    use sidetone_types::event::RunId;

    use super::*;

    fn event(seq: u64) -> EventId {
        EventId {
            run: RunId::default(),
            seq,
        }
    }

    #[tokio::test]
    async fn who_comes_back_is_told_what_it_has_not_got() {
        let told = Told::after(None);
        assert_eq!(told.goes_on(true), Start::AfterSeq(0));
        told.tell(event(3), 0);
        told.heard();
        told.tell(event(5), 0);
        assert_eq!(told.goes_on(true), Start::After(event(5)));
        assert_eq!(
            told.goes_on(false),
            Start::After(event(3)),
            "it fell silent"
        );
    }

    #[tokio::test]
    async fn numbers_say_what_was_got() {
        let told = Told::after(Some(event(1)));
        for seq in 2..10 {
            told.tell(event(seq), 10 * seq);
        }
        for (number, last) in [(0, 1), (19, 1), (20, 2), (55, 5), (1_000, 9)] {
            assert_eq!(
                told.goes_on_behind(number),
                Start::After(event(last)),
                "{number}"
            );
        }
        for seq in 10..1_000 {
            told.tell(event(seq), 10 * seq);
        }
        let forgotten = 999 - KEPT as u64;
        assert_eq!(told.goes_on_behind(20), Start::After(event(forgotten)));
    }
}
