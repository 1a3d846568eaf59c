//! The events of all calls, kept for a while, and how each reader gets through them.
//!
//! There is one log and no queue per reader: a reader is a place in the log. So a slow one costs
//! nothing and stalls nobody. What it reads late has lost its outdated partials, which are the first
//! thing to go; what has left the log before it came is counted, and it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Event, EventKind, EventRecord, Lagged};
use crate::id::{CallId, UtteranceId};

/// The last events of the engine, in order.
pub struct EventLog {
    events: VecDeque<Arc<EventRecord>>,
    capacity: usize,
    last_seq: u64,
    /// The newest word on each utterance of the calls that are open: any older partial is outdated.
    newest: HashMap<CallId, HashMap<UtteranceId, u64>>,
}

/// Which events a reader wants.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this call only.
    pub call_id: Option<CallId>,
    /// Of this agent only.
    pub agent_id: Option<String>,
    /// Leaves partials out.
    pub finals_only: bool,
}

impl Filter {
    fn wants(&self, event: &EventRecord) -> bool {
        self.call_id.as_ref().is_none_or(|id| *id == event.call_id)
            && self
                .agent_id
                .as_ref()
                .is_none_or(|id| *id == event.agent_id)
            && !(self.finals_only && is_partial(event))
    }
}

/// A reader's place in the log.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The last event that was read or passed over.
    after: u64,
    /// Up to here it reads history, where partials are outdated by nature.
    live_from: u64,
    filter: Filter,
}

impl Cursor {
    /// The last event that was read or passed over.
    pub fn position(&self) -> u64 {
        self.after
    }
}

/// What a reader gets at once.
#[derive(Debug, Default)]
pub struct Page {
    /// In order of their `seq`.
    pub events: Vec<Arc<EventRecord>>,
    /// What is not among them although it was wanted.
    pub lagged: Lagged,
}

impl EventLog {
    /// Keeps the last `capacity` events.
    pub fn new(capacity: usize) -> Self {
        Self {
            events: VecDeque::with_capacity(capacity.min(1024)),
            capacity: capacity.max(1),
            last_seq: 0,
            newest: HashMap::new(),
        }
    }

    /// The `seq` of the newest event; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Gives what a call told its place in the stream.
    pub fn append(
        &mut self,
        call_id: &CallId,
        agent_id: &str,
        wall_time: SystemTime,
        event: Event,
    ) -> Arc<EventRecord> {
        self.last_seq += 1;
        match &event.kind {
            EventKind::Partial(_)
            | EventKind::Final(_)
            | EventKind::Retracted { .. }
            | EventKind::Unrecognised { .. } => {
                if let Some(utterance) = event.kind.utterance() {
                    self.newest
                        .entry(call_id.clone())
                        .or_default()
                        .insert(utterance, self.last_seq);
                }
            }
            EventKind::CallEnded(_) => {
                self.newest.remove(call_id);
            }
            _ => {}
        }
        if self.events.len() == self.capacity {
            self.events.pop_front();
        }
        let event = Arc::new(EventRecord {
            seq: self.last_seq,
            call_id: call_id.clone(),
            agent_id: agent_id.to_owned(),
            wall_time,
            event,
        });
        self.events.push_back(event.clone());
        event
    }

    /// A place after event `after`, or after all there are if it is `None`.
    ///
    /// A number this log has not reached yet stems from an earlier run of the engine: all that is kept
    /// is new to that reader.
    pub fn cursor(&self, after: Option<u64>, filter: Filter) -> Cursor {
        let after = match after {
            None => self.last_seq,
            Some(after) if after > self.last_seq => 0,
            Some(after) => after,
        };
        Cursor {
            after,
            live_from: self.last_seq,
            filter,
        }
    }

    /// The next events for a reader, at most `max`, and moves its place past them.
    pub fn read(&self, cursor: &mut Cursor, max: usize) -> Page {
        let mut page = Page::default();
        let oldest = self.last_seq + 1 - self.events.len() as u64;
        if cursor.after + 1 < oldest {
            page.lagged.events_missed = oldest - 1 - cursor.after;
            cursor.after = oldest - 1;
        }
        let skip = usize::try_from(cursor.after + 1 - oldest).unwrap_or(usize::MAX);
        for event in self.events.iter().skip(skip) {
            if page.events.len() == max {
                break;
            }
            cursor.after = event.seq;
            if !cursor.filter.wants(event) {
                continue;
            }
            if self.is_outdated(event) {
                page.lagged.partials_skipped += u64::from(event.seq > cursor.live_from);
            } else {
                page.events.push(event.clone());
            }
        }
        page
    }

    fn is_outdated(&self, event: &EventRecord) -> bool {
        let EventKind::Partial(partial) = &event.event.kind else {
            return false;
        };
        let newest = self
            .newest
            .get(&event.call_id)
            .and_then(|call| call.get(&partial.utterance));
        newest != Some(&event.seq)
    }
}

fn is_partial(event: &EventRecord) -> bool {
    matches!(event.event.kind, EventKind::Partial(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CallEnded, EndReason, Partial};
    use crate::finals::finalise;
    use crate::lang::Lang;
    use crate::time::MediaTime;

    fn event(kind: EventKind) -> Event {
        Event {
            role: None,
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            latency: None,
            kind,
        }
    }

    fn partial(utterance: u64) -> Event {
        event(EventKind::Partial(Partial {
            utterance: UtteranceId(utterance),
            text: String::new(),
            confirmed: String::new(),
            tail: String::new(),
            stability: 0.0,
            lang: Lang::EN,
        }))
    }

    fn done(utterance: u64) -> Event {
        event(EventKind::Final(finalise(
            UtteranceId(utterance),
            Lang::EN,
            1.0,
            Vec::new(),
        )))
    }

    fn append(log: &mut EventLog, call: &str, event: Event) {
        log.append(&CallId::new(call), "ann", SystemTime::UNIX_EPOCH, event);
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn a_reader_in_time_gets_everything() {
        let mut log = EventLog::new(10);
        let mut cursor = log.cursor(None, Filter::default());
        for (i, event) in [partial(1), partial(1), done(1)].into_iter().enumerate() {
            append(&mut log, "c", event);
            let page = log.read(&mut cursor, 100);
            assert_eq!(seqs(&page), [i as u64 + 1]);
            assert_eq!(page.lagged, Lagged::default());
        }
    }

    #[test]
    fn a_slow_reader_loses_outdated_partials_first_and_is_told() {
        let mut log = EventLog::new(10);
        let mut cursor = log.cursor(None, Filter::default());
        for event in [partial(1), partial(1), done(1), partial(2), partial(2)] {
            append(&mut log, "c", event);
        }
        let page = log.read(&mut cursor, 100);
        assert_eq!(seqs(&page), [3, 5]);
        assert_eq!(
            page.lagged,
            Lagged {
                partials_skipped: 3,
                events_missed: 0
            }
        );
    }

    #[test]
    fn what_has_left_the_log_is_counted() {
        let mut log = EventLog::new(3);
        let mut cursor = log.cursor(None, Filter::default());
        for utterance in 1..=5 {
            append(&mut log, "c", done(utterance));
        }
        let page = log.read(&mut cursor, 100);
        assert_eq!(seqs(&page), [3, 4, 5]);
        assert_eq!(page.lagged.events_missed, 2);
        assert!(log.read(&mut cursor, 100).events.is_empty());
    }

    #[test]
    fn a_reader_resumes_where_it_was_and_history_holds_no_partials() {
        let mut log = EventLog::new(10);
        for event in [partial(1), done(1), partial(2), done(2)] {
            append(&mut log, "c", event);
        }
        let mut cursor = log.cursor(Some(2), Filter::default());
        let page = log.read(&mut cursor, 100);
        assert_eq!((seqs(&page), page.lagged), (vec![4], Lagged::default()));
        let mut from_an_earlier_run = log.cursor(Some(99), Filter::default());
        assert_eq!(seqs(&log.read(&mut from_an_earlier_run, 100)), [2, 4]);
    }

    #[test]
    fn filters_choose_calls_agents_and_finals() {
        let mut log = EventLog::new(10);
        append(&mut log, "a", done(1));
        append(&mut log, "b", done(1));
        append(&mut log, "b", partial(2));
        for (filter, expected) in [
            (
                Filter {
                    call_id: Some(CallId::new("a")),
                    ..Filter::default()
                },
                vec![1],
            ),
            (
                Filter {
                    agent_id: Some("ann".into()),
                    ..Filter::default()
                },
                vec![1, 2, 3],
            ),
            (
                Filter {
                    agent_id: Some("bob".into()),
                    ..Filter::default()
                },
                vec![],
            ),
            (
                Filter {
                    finals_only: true,
                    ..Filter::default()
                },
                vec![1, 2],
            ),
        ] {
            let mut cursor = log.cursor(Some(0), filter.clone());
            assert_eq!(seqs(&log.read(&mut cursor, 100)), expected, "{filter:?}");
        }
    }

    #[test]
    fn pages_are_bounded_and_ended_calls_leave_nothing_behind() {
        let mut log = EventLog::new(100);
        let mut cursor = log.cursor(None, Filter::default());
        append(&mut log, "c", partial(1));
        append(&mut log, "c", done(2));
        append(
            &mut log,
            "c",
            event(EventKind::CallEnded(CallEnded {
                reason: EndReason::Closed,
                legs: Vec::new(),
            })),
        );
        assert!(log.newest.is_empty());
        assert_eq!(seqs(&log.read(&mut cursor, 1)), [2]);
        assert_eq!(seqs(&log.read(&mut cursor, 1)), [3]);
    }
}
