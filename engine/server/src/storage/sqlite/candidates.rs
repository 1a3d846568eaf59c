//! The calls of some agents, or of all, from the newest on: read from an index in pieces, as far as somebody looks.

use std::collections::{BinaryHeap, VecDeque};

use rusqlite::{Connection, Row, params};

use crate::storage::{CallsCursor, CallsQuery, StoreError};

/// Calls of one agent that are read at once. Most pages need no more, and of a large team little is read in vain.
const AT_ONCE: usize = 64;

/// When a call was opened, and its id: its place in the list.
type Place = (i64, String);

/// The calls that a query is about, whatever else it asks of them, each once.
pub(super) struct Candidates<'a> {
    connection: &'a Connection,
    sources: Vec<Source<'a>>,
    /// The newest call of each source that was not given out yet.
    newest: BinaryHeap<(Place, usize)>,
    last: Option<Place>,
    /// In milliseconds since 1970.
    from_ms: i64,
}

/// The calls of one agent, or of all.
struct Source<'a> {
    agent: Option<&'a str>,
    read: VecDeque<Place>,
    /// Those behind it are not read yet; `None` once there are no more.
    behind: Option<Place>,
}

impl<'a> Candidates<'a> {
    /// Those of `query`.
    pub fn of(connection: &'a Connection, query: &'a CallsQuery) -> Result<Self, StoreError> {
        let begin = begin(query);
        let source = |agent| Source {
            agent,
            read: VecDeque::new(),
            behind: Some(begin.clone()),
        };
        let mut candidates = Self {
            connection,
            sources: agents(query).into_iter().map(source).collect(),
            newest: BinaryHeap::new(),
            last: None,
            from_ms: query.from_ms.map_or(0, signed),
        };
        for at in 0..candidates.sources.len() {
            candidates.refill(at)?;
        }
        Ok(candidates)
    }

    /// The next one; `None` once there are no more.
    pub fn next(&mut self) -> Result<Option<CallsCursor>, StoreError> {
        while let Some((place, at)) = self.newest.pop() {
            self.refill(at)?;
            // Two of the agents may have had it.
            if self.last.as_ref() == Some(&place) {
                continue;
            }
            let (opened_ms, call_id) = place.clone();
            self.last = Some(place);
            return Ok(Some(CallsCursor { opened_ms, call_id }));
        }
        Ok(None)
    }

    /// Puts the next call of a source among the newest.
    fn refill(&mut self, at: usize) -> Result<(), StoreError> {
        let source = &mut self.sources[at];
        if source.read.is_empty()
            && let Some(behind) = source.behind.take()
        {
            source.read = read(self.connection, source.agent, &behind, self.from_ms)?;
            source.behind = match source.read.len() {
                AT_ONCE => source.read.back().cloned(),
                _ => None,
            };
        }
        let next = source.read.pop_front();
        self.newest.extend(next.map(|place| (place, at)));
        Ok(())
    }
}

/// Whose calls are looked through; `None` stands for all.
fn agents(query: &CallsQuery) -> Vec<Option<&str>> {
    match (&query.agents, &query.agent_id) {
        (None, None) => vec![None],
        (None, Some(agent)) => vec![Some(agent)],
        (Some(agents), Some(agent)) => {
            let agent = agents.contains(agent).then_some(Some(agent.as_str()));
            agent.into_iter().collect()
        }
        (Some(agents), None) => agents.iter().map(|agent| Some(agent.as_str())).collect(),
    }
}

/// The place behind which a query begins: no id is less than an empty one.
fn begin(query: &CallsQuery) -> Place {
    let until = (query.until_ms.map_or(i64::MAX, signed), String::new());
    match &query.before {
        Some(before) => until.min((before.opened_ms, before.call_id.clone())),
        None => until,
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// The calls of all, behind a place.
pub(super) const OF_ALL: &str = "SELECT opened_ms, id FROM calls
    WHERE (opened_ms, id) < (?1, ?2) AND opened_ms >= ?3
    ORDER BY opened_ms DESC, id DESC LIMIT ?4";

/// The same of one agent.
pub(super) const OF_AGENT: &str = "SELECT opened_ms, call FROM call_agents
    WHERE (opened_ms, call) < (?1, ?2) AND opened_ms >= ?3 AND agent = ?5
    ORDER BY opened_ms DESC, call DESC LIMIT ?4";

fn read(
    connection: &Connection,
    agent: Option<&str>,
    (opened_ms, call_id): &Place,
    from_ms: i64,
) -> Result<VecDeque<Place>, StoreError> {
    let at_once = AT_ONCE as i64;
    let place = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let read = match agent {
        None => connection
            .prepare_cached(OF_ALL)?
            .query_map(params![opened_ms, call_id, from_ms, at_once], place)?
            .collect(),
        Some(agent) => connection
            .prepare_cached(OF_AGENT)?
            .query_map(params![opened_ms, call_id, from_ms, at_once, agent], place)?
            .collect::<Result<_, _>>(),
    };
    Ok(read?)
}
