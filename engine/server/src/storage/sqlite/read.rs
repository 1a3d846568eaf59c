//! What was stored, for those who look later.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};
use serde::de::DeserializeOwned;
use sidetone_types::event::{EventRecord, ReadEventError};
use sidetone_types::lang::LanguageTag;
use sidetone_vault::DataKey;

use super::StoreConfig;
use super::columns::{
    CALLEE, CALLER, CUSTOMER, CUSTOMER_ID, EVENT, HEARD, MEANT, METADATA, SUMMARY,
};
use super::files::Place;
use super::past_calls;
use super::sealing::{self, Keys, Owner, Stored};
use crate::records::Counts;
use crate::storage::{
    CallsPage, CallsQuery, CardFeedback, Corrected, Line, Lines, StoreError, StoredCall, Unfinished,
};

/// Connections kept open for the next reader.
const IDLE: usize = 4;

/// Reads the store, beside whoever writes and any number of others. Sees what is committed.
#[derive(Clone)]
pub struct Reader {
    place: Place,
    keys: Keys,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Reader {
    /// Reads the store of `config`, which has to exist. For tools that run beside the engine.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        place.check_exists()?;
        // Once, so that no reading has to.
        let connection = place.connect()?;
        let keys = place.keys(&config.keys, &connection)?;
        Ok(Self::at(place, keys))
    }

    pub(super) fn at(place: Place, keys: Keys) -> Self {
        Self {
            place,
            keys,
            idle: Arc::default(),
        }
    }

    /// The directory of the store.
    pub fn dir(&self) -> &Path {
        self.place.dir()
    }

    /// Whether a call of this id was ever begun and is still kept.
    pub fn knows(&self, call_id: &str) -> Result<bool, StoreError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached("SELECT 1 FROM calls WHERE id = ?1")?;
            Ok(found.exists([call_id])?)
        })
    }

    /// How many notes are in each state. Waits for nobody who writes.
    pub fn note_counts(&self) -> Result<Counts, StoreError> {
        self.with(super::outbox::counts)
    }

    /// A call with everything that was told of it.
    pub fn call(&self, call_id: &str) -> Result<Option<StoredCall>, StoreError> {
        self.with(|connection| {
            // One transaction: nothing is told between reading the call and reading its events.
            let connection = connection.unchecked_transaction()?;
            read_call(&connection, &self.keys, call_id)
        })
    }

    /// Some of the calls that are over, the newest first.
    pub fn calls(&self, query: &CallsQuery) -> Result<CallsPage, StoreError> {
        self.with(|connection| {
            // One transaction: no call comes between the pieces of the list.
            let connection = connection.unchecked_transaction()?;
            past_calls::page(&connection, &self.keys, query)
        })
    }

    /// The calls that were begun and never closed, the oldest first. When an engine starts, they
    /// are those that the last one left behind.
    pub fn unfinished(&self) -> Result<Unfinished, StoreError> {
        self.with(|connection| {
            let connection = connection.unchecked_transaction()?;
            let ids: Vec<String> = connection
                .prepare_cached(
                    "SELECT id FROM calls WHERE closed_ms IS NULL ORDER BY opened_ms, id",
                )?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut unfinished = Unfinished::default();
            for id in ids {
                match read_call(&connection, &self.keys, &id) {
                    Ok(call) => unfinished.calls.extend(call),
                    Err(error) if error.is_of_the_row() => unfinished.unreadable.push(id),
                    Err(error) => return Err(error),
                }
            }
            Ok(unfinished)
        })
    }

    /// What the search index takes in: lines behind `row`, at most `limit`, in order. 0 is before
    /// the first.
    pub fn lines_after(&self, row: i64, limit: usize) -> Result<Lines, StoreError> {
        self.with(|connection| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let behind =
                "e.id > ?1 AND e.kind IN ('final', 'revised', 'emotion', 'alert_raised', 'alert_cleared', 'summary')
                          ORDER BY e.id LIMIT ?2";
            read_lines(connection, &self.keys, behind, (row, limit))
        })
    }

    /// The last lines of a call up to `row`, at most `limit`, in order, without its alerts and
    /// summary. Those that cannot be read are left out.
    pub fn lines_before(
        &self,
        call_id: &str,
        row: i64,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        self.with(|connection| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let before = "e.call = ?1 AND e.id <= ?2 AND e.kind IN ('final', 'revised', 'emotion')
                          ORDER BY e.id DESC LIMIT ?3";
            let mut lines =
                read_lines(connection, &self.keys, before, (call_id, row, limit))?.lines;
            lines.reverse();
            Ok(lines)
        })
    }

    /// The calls that were forgotten behind `row`, with their rows, in order. 0 is before the
    /// first.
    pub fn forgotten_after(&self, row: i64) -> Result<Vec<(i64, String)>, StoreError> {
        self.with(|connection| {
            let mut forgotten = connection
                .prepare_cached("SELECT id, call FROM forgotten WHERE id > ?1 ORDER BY id")?;
            let rows = forgotten.query_map([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What people have corrected, the newest first, at most `limit`. Languages that this engine does
    /// not know are left out.
    pub fn corrections(&self, limit: usize) -> Result<Vec<Corrected>, StoreError> {
        self.with(|connection| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = connection.prepare_cached(
                "SELECT lang, heard, meant, call FROM corrections ORDER BY id DESC LIMIT ?1",
            )?;
            let mut rows = rows.query([limit])?;
            let mut corrections = Vec::new();
            while let Some(row) = rows.next()? {
                let (lang, call): (String, String) = (row.get(0)?, row.get(3)?);
                let key = sealing::known(connection, &self.keys, Owner::Call(&call));
                let key = key.ok().flatten();
                let text = |index, column| {
                    let stored: Stored = row.get(index)?;
                    stored.open(key.as_ref(), column, &call)
                };
                let (heard, meant) = match (text(1, HEARD), text(2, MEANT)) {
                    (Ok(heard), Ok(meant)) => (heard, meant),
                    (Err(error), _) | (_, Err(error)) if error.is_of_the_row() => continue,
                    (Err(error), _) | (_, Err(error)) => return Err(error),
                };
                let tag = lang.parse::<LanguageTag>().map(|tag| tag.lang);
                corrections.extend(tag.map(|lang| Corrected { lang, heard, meant }));
            }
            Ok(corrections)
        })
    }

    fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let connection = match free {
            Some(connection) => connection,
            None => self.place.connect_as_is()?,
        };
        let result = read(&connection);
        let mut idle = idle();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        result
    }
}

fn read_lines(
    connection: &Connection,
    keys: &Keys,
    which: &str,
    values: impl Params,
) -> Result<Lines, StoreError> {
    let mut rows = connection.prepare_cached(&format!(
        "SELECT e.id, e.call, c.agent, c.customer_id, c.opened_ms, e.json,
                iif(c.direction = 'outbound', c.callee, c.caller), c.direction = 'outbound'
         FROM events e JOIN calls c ON c.id = e.call WHERE {which}"
    ))?;
    let mut rows = rows.query(values)?;
    let mut read = Lines::default();
    while let Some(row) = rows.next()? {
        let (number, call_id): (i64, String) = (row.get(0)?, row.get(1)?);
        read.last_row = Some(number);
        let key = match sealing::known(connection, keys, Owner::Call(&call_id)) {
            Err(error) if error.is_of_the_row() => None,
            key => key?,
        };
        match read_line(row, number, &call_id, key.as_ref()) {
            Ok(line) => read.lines.push(line),
            Err(error) if error.is_of_the_row() => read.unreadable.push(call_id),
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn read_line(
    row: &Row<'_>,
    number: i64,
    call_id: &str,
    key: Option<&DataKey>,
) -> Result<Line, StoreError> {
    let text = |index, column| opened(row, index, column, (key, call_id));
    let customer = if row.get(7)? { CALLEE } else { CALLER };
    Ok(Line {
        row: number,
        agent_id: row.get(2)?,
        customer_id: text(3, CUSTOMER_ID)?,
        phone: text(6, customer)?.filter(|number| number.starts_with('+')),
        opened_ms: unsigned(row, 4)?,
        event: event(&text(5, EVENT)?.unwrap_or_default(), call_id)?,
        call_id: call_id.to_owned(),
    })
}

fn read_call(
    connection: &Connection,
    keys: &Keys,
    call_id: &str,
) -> Result<Option<StoredCall>, StoreError> {
    let mut call = connection.prepare_cached(
        "SELECT agent, caller, callee, direction, languages, metadata, opened_ms, ended_ms, closed_ms,
                customer, summary
         FROM calls WHERE id = ?1",
    )?;
    let mut rows = call.query([call_id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut parts = Parts::default();
    let key = sealing::known(connection, keys, Owner::Call(call_id))?;
    let with = (key.as_ref(), call_id);
    let events = read_events(connection, ALL, with, &mut parts)?;
    let feedback = connection
        .prepare_cached(
            "SELECT utterance, article_id, useful FROM feedback WHERE call = ?1 ORDER BY at_ms, rowid",
        )?
        .query_map([call_id], |row| {
            Ok(CardFeedback {
                utterance: unsigned(row, 0)?,
                article_id: row.get(1)?,
                useful: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let acknowledged: Vec<i64> = column(
        connection,
        "SELECT alert FROM acknowledgements WHERE call = ?1 ORDER BY alert",
        call_id,
    )?;
    Ok(Some(StoredCall {
        call_id: call_id.to_owned(),
        agent_id: row.get(0)?,
        caller: parts
            .or_default(opened(row, 1, CALLER, with))?
            .unwrap_or_default(),
        callee: parts
            .or_default(opened(row, 2, CALLEE, with))?
            .unwrap_or_default(),
        direction: row.get(3)?,
        languages: parts.or_default(decode(&row.get::<_, String>(4)?, call_id))?,
        metadata: parts
            .or_default(json(row, 5, METADATA, with))?
            .unwrap_or_default(),
        opened_ms: unsigned(row, 6)?,
        ended_ms: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
        closed_ms: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
        customer: parts.or_default(json(row, 9, CUSTOMER, with))?,
        summary: parts.or_default(json(row, 10, SUMMARY, with))?,
        events,
        unreadable: parts.unreadable,
        feedback,
        acknowledged: acknowledged.into_iter().map(i64::cast_unsigned).collect(),
        hidden: Vec::new(),
    }))
}

/// Counts the parts of a call that cannot be read: it is worth keeping without them.
#[derive(Default)]
pub(super) struct Parts {
    pub unreadable: u64,
}

impl Parts {
    pub fn or_default<T: Default>(&mut self, part: Result<T, StoreError>) -> Result<T, StoreError> {
        match part {
            Err(error) if error.is_of_the_row() => {
                self.unreadable += 1;
                Ok(T::default())
            }
            other => other,
        }
    }
}

/// All events of a call.
const ALL: &str = "SELECT json FROM events WHERE call = ?1 ORDER BY id";

/// The events of a call that can be read, of those that the statement `events` finds. Those of kinds that only a
/// later version knows are passed over.
pub(super) fn read_events(
    connection: &Connection,
    events: &str,
    (key, call_id): With<'_>,
    parts: &mut Parts,
) -> Result<Vec<EventRecord>, StoreError> {
    let mut rows = connection.prepare_cached(events)?;
    let mut rows = rows.query([call_id])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let text = opened(row, 0, EVENT, (key, call_id));
        let text = text.map(Option::unwrap_or_default);
        let read = text.and_then(|text| match EventRecord::read(&text) {
            Err(ReadEventError::UnknownKind) => Ok(None),
            read => read.map(Some).map_err(|error| unreadable(&error, call_id)),
        });
        events.extend(parts.or_default(read)?);
    }
    Ok(events)
}

fn event(text: &str, call_id: &str) -> Result<EventRecord, StoreError> {
    EventRecord::read(text).map_err(|error| unreadable(&error, call_id))
}

fn unreadable(error: &ReadEventError, call: &str) -> StoreError {
    StoreError::Unreadable {
        call: call.to_owned(),
        problem: error.to_string(),
    }
}

pub(super) fn column<T: FromSql>(
    connection: &Connection,
    sql: &str,
    call_id: &str,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([call_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get(index).map(i64::cast_unsigned)
}

/// The key of a call, if it has one, and its id.
pub(super) type With<'a> = (Option<&'a DataKey>, &'a str);

pub(super) fn opened(
    row: &Row<'_>,
    index: usize,
    column: &str,
    (key, call): With<'_>,
) -> Result<Option<String>, StoreError> {
    let stored: Option<Stored> = row.get(index)?;
    stored
        .map(|stored| stored.open(key, column, call))
        .transpose()
}

pub(super) fn json<T: DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
    column: &str,
    with: With<'_>,
) -> Result<Option<T>, StoreError> {
    let text = opened(row, index, column, with)?;
    text.map(|text| decode(&text, with.1)).transpose()
}

fn decode<T: DeserializeOwned>(text: &str, call: &str) -> Result<T, StoreError> {
    // The position only: the message of a JSON error may quote what was said.
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        call: call.to_owned(),
        problem: format!("JSON, column {}", error.column()),
    })
}
