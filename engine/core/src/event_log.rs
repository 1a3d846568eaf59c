//! The events of all calls, kept for a while, and how each reader gets through them.
//!
//! There is one log and no queue per reader: a reader is a place in the log. So a slow one costs
//! nothing and stalls nobody. What it reads late has lost its outdated partials, which are the first
//! thing to go; what has left the log before it came is counted, and it is told.
//!
//! Events are indexed by call and by agent, so that a reader of one call goes through that call's
//! events alone, however busy the others are.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use sidetone_types::event::{Event, EventId, EventKind, EventRecord, Lagged, RunId};
use sidetone_types::id::{CallId, UtteranceId};

/// Events that are looked at for one page, per event it has room for: a reader that wants few of
/// them comes again rather than hold up whoever appends.
const SCANNED_PER_EVENT: usize = 8;

/// The last events of one run of the engine, in order.
///
/// `T` holds an event; it may keep beside it what is made of it, its JSON for instance.
pub struct EventLog<T = EventRecord> {
    run: RunId,
    events: VecDeque<Arc<T>>,
    capacity: usize,
    last_seq: u64,
    /// The events of each call, and of each agent.
    calls: HashMap<CallId, Track>,
    agents: HashMap<String, Track>,
    /// The newest word on each utterance of the calls that are open: any older partial is outdated.
    newest: HashMap<CallId, HashMap<UtteranceId, u64>>,
}

/// The events of one call or one agent.
#[derive(Debug, Default)]
struct Track {
    /// Those in the log, by their `seq`.
    seqs: VecDeque<u64>,
    /// How many of them have left the log.
    gone: u64,
    /// Up to this `seq` some may have left it.
    gone_to: u64,
    /// Cursors that read it. It is kept for them when it is empty.
    readers: usize,
}

/// Which events a reader wants.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this call only.
    pub call_id: Option<CallId>,
    /// Of this agent only.
    pub agent_id: Option<String>,
    /// Leaves out what only accompanies speech while it goes on ([`EventKind::is_interim`]): interim
    /// results and their taking back, where speech begins and ends, what voices sound like.
    pub finals_only: bool,
}

/// The smallest part of all events that has everything a reader wants.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those of a call.
    Call(CallId),
    /// Those of an agent.
    Agent(String),
}

impl Filter {
    /// Where the wanted events are.
    pub fn scope(&self) -> Scope {
        match (&self.call_id, &self.agent_id) {
            (Some(call), _) => Scope::Call(call.clone()),
            (None, Some(agent)) => Scope::Agent(agent.clone()),
            (None, None) => Scope::All,
        }
    }

    fn wants(&self, event: &EventRecord) -> bool {
        self.call_id.as_ref().is_none_or(|id| *id == event.call_id)
            && self
                .agent_id
                .as_ref()
                .is_none_or(|id| *id == event.agent_id)
            && !(self.finals_only && event.event.kind.is_interim())
    }
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// With what happens from now on.
    Now,
    /// After an event of any run. If it is of another run than this one, with all that is kept.
    After(EventId),
    /// After the event with this number, which is taken to be of this run if it has come so far.
    AfterSeq(u64),
}

/// A reader's place in the log. Hand it back with [`EventLog::release`].
#[derive(Debug)]
pub struct Cursor {
    filter: Filter,
    scope: Scope,
    /// How many events of its scope are behind it, read or not.
    passed: u64,
    /// Up to here it reads history, where partials are outdated by nature.
    live_from: u64,
    /// What it has missed before it began.
    missed: Lagged,
}

/// What a reader gets at once.
#[derive(Debug)]
pub struct Page<T = EventRecord> {
    /// In order of their `seq`.
    pub events: Vec<Arc<T>>,
    /// What is not among them although it was wanted.
    pub lagged: Lagged,
    /// Whether there is more to read at once.
    pub more: bool,
}

impl<T> Page<T> {
    /// Whether it tells nothing.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lagged == Lagged::default()
    }
}

impl<T: From<EventRecord> + Borrow<EventRecord>> EventLog<T> {
    /// Keeps the last `capacity` events of `run`.
    pub fn new(run: RunId, capacity: usize) -> Self {
        Self {
            run,
            events: VecDeque::with_capacity(capacity.min(1024)),
            capacity: capacity.max(1),
            last_seq: 0,
            calls: HashMap::new(),
            agents: HashMap::new(),
            newest: HashMap::new(),
        }
    }

    /// The newest event; its `seq` is 0 before the first.
    pub fn last(&self) -> EventId {
        EventId {
            run: self.run,
            seq: self.last_seq,
        }
    }

    /// Gives what a call told its place in the stream.
    pub fn append(
        &mut self,
        call_id: &CallId,
        agent_id: &str,
        wall_time: SystemTime,
        event: Event,
    ) -> Arc<T> {
        if self.events.len() == self.capacity {
            self.drop_oldest();
        }
        let oldest = self.oldest();
        self.last_seq += 1;
        self.remember_newest(call_id, &event.kind);
        let fresh = || Track::begun_at(oldest);
        let call = self.calls.entry(call_id.clone()).or_insert_with(fresh);
        call.seqs.push_back(self.last_seq);
        match self.agents.get_mut(agent_id) {
            Some(agent) => agent.seqs.push_back(self.last_seq),
            None => {
                let mut agent = fresh();
                agent.seqs.push_back(self.last_seq);
                self.agents.insert(agent_id.to_owned(), agent);
            }
        }
        let event = Arc::new(T::from(EventRecord {
            id: self.last(),
            call_id: call_id.clone(),
            agent_id: agent_id.to_owned(),
            wall_time,
            event,
        }));
        self.events.push_back(event.clone());
        event
    }

    fn remember_newest(&mut self, call_id: &CallId, kind: &EventKind) {
        match kind {
            EventKind::Partial(_)
            | EventKind::Final(_)
            | EventKind::Retracted { .. }
            | EventKind::Unrecognised { .. } => {
                if let Some(utterance) = kind.utterance() {
                    let call = self.newest.entry(call_id.clone()).or_default();
                    call.insert(utterance, self.last_seq);
                }
            }
            EventKind::CallEnded(_) => {
                self.newest.remove(call_id);
            }
            _ => {}
        }
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.events.pop_front() else {
            return;
        };
        let event: &EventRecord = (*oldest).borrow();
        if let Some(track) = self.calls.get_mut(&event.call_id)
            && track.drop_oldest()
        {
            self.calls.remove(&event.call_id);
        }
        if let Some(track) = self.agents.get_mut(&event.agent_id)
            && track.drop_oldest()
        {
            self.agents.remove(&event.agent_id);
        }
    }

    /// A place for a reader that begins at `start`.
    pub fn cursor(&mut self, start: Start, filter: Filter) -> Cursor {
        let known = |seq| seq <= self.last_seq;
        let after = match start {
            Start::Now => Some(self.last_seq),
            Start::After(id) => Some(id.seq).filter(|seq| id.run == self.run && known(*seq)),
            Start::AfterSeq(seq) => Some(seq).filter(|seq| known(*seq)),
        };
        let scope = filter.scope();
        let oldest = self.oldest();
        let begun = || Track::begun_at(oldest);
        let track = match &scope {
            Scope::All => None,
            Scope::Call(id) => Some(self.calls.entry(id.clone()).or_insert_with(begun)),
            Scope::Agent(id) => Some(self.agents.entry(id.clone()).or_insert_with(begun)),
        };
        let (passed, gone_to) = match track {
            None => (after.unwrap_or(0), oldest - 1),
            Some(track) => {
                track.readers += 1;
                let passed = match after {
                    Some(after) => track.gone + track.before(after),
                    None => 0,
                };
                (passed, track.gone_to)
            }
        };
        let missed = Lagged {
            earlier_run: after.is_none(),
            events_missed: match (&scope, after) {
                // The reading of all of them counts by itself.
                (Scope::All, _) | (_, None) => 0,
                (_, Some(after)) => gone_to.saturating_sub(after),
            },
            partials_skipped: 0,
        };
        Cursor {
            filter,
            scope,
            passed,
            live_from: self.last_seq,
            missed,
        }
    }

    /// Takes back the place of a reader that has gone.
    pub fn release(&mut self, cursor: &Cursor) {
        match &cursor.scope {
            Scope::All => {}
            Scope::Call(id) => {
                if let Some(track) = self.calls.get_mut(id)
                    && track.release()
                {
                    self.calls.remove(id);
                }
            }
            Scope::Agent(id) => {
                if let Some(track) = self.agents.get_mut(id)
                    && track.release()
                {
                    self.agents.remove(id);
                }
            }
        }
    }

    /// The next events for a reader, at most `max`, and moves its place past them.
    pub fn read(&self, cursor: &mut Cursor, max: usize) -> Page<T> {
        let mut page = Page {
            events: Vec::new(),
            lagged: std::mem::take(&mut cursor.missed),
            more: false,
        };
        let (gone, kept) = match self.track(&cursor.scope) {
            None => (self.oldest() - 1, self.events.len()),
            Some(track) => (track.gone, track.seqs.len()),
        };
        if cursor.passed < gone {
            page.lagged.events_missed += gone - cursor.passed;
            cursor.passed = gone;
        }
        let first = usize::try_from(cursor.passed - gone).unwrap_or(usize::MAX);
        let last = kept.min(first.saturating_add(max.saturating_mul(SCANNED_PER_EVENT)));
        for place in first..last {
            if page.events.len() == max {
                break;
            }
            cursor.passed += 1;
            let Some(event) = self.event(&cursor.scope, place) else {
                continue;
            };
            let record: &EventRecord = (**event).borrow();
            if !cursor.filter.wants(record) {
                continue;
            }
            if self.is_outdated(record) {
                page.lagged.partials_skipped += u64::from(record.id.seq > cursor.live_from);
            } else {
                page.events.push(event.clone());
            }
        }
        page.more = cursor.passed < gone + kept as u64;
        page
    }

    /// The `seq` of the oldest event that is kept, or of the next one if none is.
    fn oldest(&self) -> u64 {
        self.last_seq + 1 - self.events.len() as u64
    }

    fn track(&self, scope: &Scope) -> Option<&Track> {
        match scope {
            Scope::All => None,
            Scope::Call(id) => self.calls.get(id),
            Scope::Agent(id) => self.agents.get(id),
        }
    }

    /// The event at a place of a scope, counted from the oldest that is kept.
    fn event(&self, scope: &Scope, place: usize) -> Option<&Arc<T>> {
        let place = match self.track(scope) {
            None => place,
            Some(track) => {
                let seq = track.seqs.get(place)?;
                usize::try_from(seq - self.oldest()).ok()?
            }
        };
        self.events.get(place)
    }

    fn is_outdated(&self, event: &EventRecord) -> bool {
        let EventKind::Partial(partial) = &event.event.kind else {
            return false;
        };
        let newest = self
            .newest
            .get(&event.call_id)
            .and_then(|call| call.get(&partial.utterance));
        newest != Some(&event.id.seq)
    }
}

impl Track {
    /// One whose first event is `oldest` or a later one.
    fn begun_at(oldest: u64) -> Self {
        Self {
            gone_to: oldest - 1,
            ..Self::default()
        }
    }

    /// How many of those in the log are not after `seq`.
    fn before(&self, seq: u64) -> u64 {
        self.seqs.partition_point(|one| *one <= seq) as u64
    }

    /// Whether nobody needs it any more.
    fn drop_oldest(&mut self) -> bool {
        if let Some(seq) = self.seqs.pop_front() {
            self.gone += 1;
            self.gone_to = seq;
        }
        self.is_unused()
    }

    /// Whether nobody needs it any more.
    fn release(&mut self) -> bool {
        self.readers = self.readers.saturating_sub(1);
        self.is_unused()
    }

    fn is_unused(&self) -> bool {
        self.readers == 0 && self.seqs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::finals::finalise;
    use sidetone_types::event::{CallEnded, EndReason, Partial};
    use sidetone_types::lang::Lang;
    use sidetone_types::time::MediaTime;

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

    fn log(capacity: usize) -> EventLog {
        EventLog::new(run(2), capacity)
    }

    fn run(n: u64) -> RunId {
        RunId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(n), 0)
    }

    fn of_call(id: &str) -> Filter {
        Filter {
            call_id: Some(CallId::new(id)),
            ..Filter::default()
        }
    }

    fn seqs(page: &Page) -> Vec<u64> {
        page.events.iter().map(|event| event.id.seq).collect()
    }

    #[test]
    fn a_reader_in_time_gets_everything() {
        let mut log = log(10);
        let mut cursor = log.cursor(Start::Now, Filter::default());
        for (i, event) in [partial(1), partial(1), done(1)].into_iter().enumerate() {
            append(&mut log, "c", event);
            let page = log.read(&mut cursor, 100);
            assert_eq!(seqs(&page), [i as u64 + 1]);
            assert_eq!(page.lagged, Lagged::default());
        }
    }

    #[test]
    fn a_slow_reader_loses_outdated_partials_first_and_is_told() {
        let mut log = log(10);
        let mut cursor = log.cursor(Start::Now, Filter::default());
        for event in [partial(1), partial(1), done(1), partial(2), partial(2)] {
            append(&mut log, "c", event);
        }
        let page = log.read(&mut cursor, 100);
        assert_eq!(seqs(&page), [3, 5]);
        assert_eq!(
            page.lagged,
            Lagged {
                partials_skipped: 3,
                ..Lagged::default()
            }
        );
    }

    #[test]
    fn what_has_left_the_log_is_counted() {
        let mut log = log(3);
        let mut cursor = log.cursor(Start::Now, Filter::default());
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
        let mut log = log(10);
        for event in [partial(1), done(1), partial(2), done(2)] {
            append(&mut log, "c", event);
        }
        let mut cursor = log.cursor(Start::AfterSeq(2), Filter::default());
        let page = log.read(&mut cursor, 100);
        assert_eq!((seqs(&page), page.lagged), (vec![4], Lagged::default()));
    }

    #[test]
    fn a_reader_of_an_earlier_run_gets_all_of_this_one_and_is_told() {
        let mut log = log(10);
        for utterance in 1..=3 {
            append(&mut log, "c", done(utterance));
        }
        let earlier = EventId {
            run: run(1),
            seq: 2,
        };
        for start in [Start::After(earlier), Start::AfterSeq(99)] {
            for filter in [Filter::default(), of_call("c")] {
                let mut cursor = log.cursor(start, filter);
                let page = log.read(&mut cursor, 100);
                assert_eq!(seqs(&page), [1, 2, 3], "{start:?}");
                assert!(page.lagged.earlier_run);
                assert!(log.read(&mut cursor, 100).is_empty(), "told once");
            }
        }
        let of_this_run = EventId {
            run: run(2),
            seq: 2,
        };
        let mut cursor = log.cursor(Start::After(of_this_run), Filter::default());
        let page = log.read(&mut cursor, 100);
        assert_eq!((seqs(&page), page.lagged), (vec![3], Lagged::default()));
    }

    #[test]
    fn a_reader_of_a_quiet_call_misses_nothing_while_others_are_busy() {
        let mut log = log(3);
        append(&mut log, "quiet", done(1));
        let mut cursor = log.cursor(Start::Now, of_call("quiet"));
        for utterance in 1..=10 {
            append(&mut log, "busy", done(utterance));
        }
        append(&mut log, "quiet", done(2));
        let page = log.read(&mut cursor, 100);
        assert_eq!((seqs(&page), page.lagged), (vec![12], Lagged::default()));

        // Its own events that left before it came are counted, and no others.
        append(&mut log, "quiet", done(3));
        for utterance in 11..=14 {
            append(&mut log, "busy", done(utterance));
        }
        append(&mut log, "quiet", done(4));
        let page = log.read(&mut cursor, 100);
        assert_eq!((seqs(&page), page.lagged.events_missed), (vec![18], 1));
    }

    #[test]
    fn a_reader_that_resumes_after_what_has_left_the_log_is_told_how_much_at_most() {
        let mut log = log(3);
        for utterance in 1..=6 {
            append(&mut log, "c", done(utterance));
        }
        for (filter, after, expected, missed) in [
            (Filter::default(), 1, vec![4, 5, 6], 2),
            (of_call("c"), 1, vec![4, 5, 6], 2),
            (of_call("c"), 3, vec![4, 5, 6], 0),
            (of_call("c"), 4, vec![5, 6], 0),
            (of_call("gone"), 1, vec![], 2),
        ] {
            let mut cursor = log.cursor(Start::AfterSeq(after), filter);
            let page = log.read(&mut cursor, 100);
            assert_eq!(
                (seqs(&page), page.lagged.events_missed),
                (expected, missed),
                "after {after}"
            );
        }
    }

    #[test]
    fn a_reader_of_few_events_looks_at_a_bounded_number_at_once() {
        let mut log = log(1_000);
        for _ in 0..100 {
            append(&mut log, "c", partial(1));
        }
        append(&mut log, "c", done(1));
        let finals = Filter {
            finals_only: true,
            ..Filter::default()
        };
        let mut cursor = log.cursor(Start::AfterSeq(0), finals);
        let mut pages = 0;
        let page = loop {
            let page = log.read(&mut cursor, 1);
            pages += 1;
            if !page.more {
                break page;
            }
            assert!(page.events.is_empty());
        };
        assert_eq!(seqs(&page), [101]);
        assert_eq!(pages, 101_usize.div_ceil(SCANNED_PER_EVENT));
    }

    #[test]
    fn calls_and_agents_that_nobody_reads_leave_the_index_with_their_events() {
        let mut log = log(2);
        let cursor = log.cursor(Start::Now, of_call("read"));
        for call in ["a", "b", "read", "d", "e"] {
            append(&mut log, call, done(1));
        }
        let mut calls: Vec<&str> = log.calls.keys().map(CallId::as_str).collect();
        calls.sort_unstable();
        assert_eq!(calls, ["d", "e", "read"]);
        log.release(&cursor);
        assert_eq!(log.calls.len(), 2);
        assert_eq!(log.agents.len(), 1);
    }

    #[test]
    fn filters_choose_calls_agents_and_finals() {
        let mut log = log(10);
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
            let mut cursor = log.cursor(Start::AfterSeq(0), filter.clone());
            assert_eq!(seqs(&log.read(&mut cursor, 100)), expected, "{filter:?}");
        }
    }

    #[test]
    fn pages_are_bounded_and_ended_calls_leave_nothing_behind() {
        let mut log = log(100);
        let mut cursor = log.cursor(Start::Now, Filter::default());
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
