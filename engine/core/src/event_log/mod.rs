//! The events of all calls, kept for a while, and how each reader gets through them.
//!
//! There is one log and no queue per reader: a reader is a place in the log. So a slow one costs
//! nothing and stalls nobody. What it reads late has lost its outdated partials, which are the
//! first thing to go; what has left the log before it came is counted, and it is told.
//!
//! Events are indexed by call and by agent, so that a reader of one call goes through that call's
//! events alone, however busy the others are.

mod reader;
#[cfg(test)]
mod tests;
mod track;

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use sidetone_types::event::{Event, EventId, EventKind, EventRecord, Lagged, RunId};
use sidetone_types::id::{CallId, UtteranceId};

pub use reader::{Cursor, Filter, Page, Scope, Start};
use track::Track;

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
