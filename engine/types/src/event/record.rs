//! An event with its place among all events, and its JSON, both ways.
//!
//! The JSON is flat: the kind's own fields stand beside those that every event has. Fields and
//! kinds are added, never changed, so that whoever reads must skip what it does not know;
//! [`SCHEMA_VERSION`] rises where a reader of older rows has something to make up for.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Event, EventKind, Final};
use crate::id::CallId;
use crate::party::Role;
use crate::time::{MediaTime, as_millis, unix_millis};

/// The version of the JSON that is written.
///
/// | version | since it |
/// |---|---|
/// | 1 | (not written) finals may have no `spoken` and no `numbers`; words do not tell their spaces |
/// | 2 | `v`, `id`; a word tells whether a space is before it |
pub const SCHEMA_VERSION: u32 = 2;

/// One run of an engine, from its start to its end. Later runs of a machine have greater ids.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RunId(u64);

impl RunId {
    /// No run: of events that were stored before runs had ids, and of recordings.
    pub const NONE: Self = Self(0);

    /// The run that starts at `started`. `salt` tells apart two that start in the same millisecond,
    /// on two machines for instance; its low 16 bits count.
    pub fn new(started: SystemTime, salt: u64) -> Self {
        Self((unix_millis(started) << 16 | (salt & 0xffff)).max(1))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Names one event among those of all runs: `0193ab4e5f60a1b2-42` on the wire.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventId {
    /// The run that told it.
    pub run: RunId,
    /// Rises by one per event of the run, over all calls. Starts at 1.
    pub seq: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.run, self.seq)
    }
}

/// The text names no event.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not the id of an event, which looks like `0193ab4e5f60a1b2-42`")]
pub struct NoEventId(pub String);

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<Self, NoEventId> {
        let wrong = || NoEventId(text.chars().take(64).collect());
        let (run, seq) = text.split_once('-').ok_or_else(wrong)?;
        let digits = |part: &str, radix| {
            let plain = !part.starts_with('+');
            u64::from_str_radix(part, radix).ok().filter(|_| plain)
        };
        let run = Some(run).filter(|run| run.len() == 16);
        let run = run.and_then(|run| digits(run, 16)).ok_or_else(wrong)?;
        Ok(Self {
            run: RunId(run),
            seq: digits(seq, 10).ok_or_else(wrong)?,
        })
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// [`Event`], with its place in the engine's stream of events. The version is that of the wire
/// package, `sidetone.v1`: fields and kinds are added, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// Its place among the events of all runs.
    pub id: EventId,
    /// The call it speaks of.
    pub call_id: CallId,
    /// The agent whose call it is; empty if not known.
    pub agent_id: String,
    /// When it was told.
    pub wall_time: SystemTime,
    /// What was told.
    pub event: Event,
}

/// A stored event that cannot be read. Tells nothing of its words.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadEventError {
    /// A later version wrote it. It can be passed over.
    #[error("its kind is not known here; a later version wrote it")]
    UnknownKind,
    /// It is damaged, or no event at all.
    #[error("it is no event of ours: JSON, column {column}")]
    Damaged {
        /// Where reading stopped.
        column: usize,
    },
}

impl EventRecord {
    /// Reads the JSON of any version, this one's and earlier ones'.
    pub fn read(json: &str) -> Result<Self, ReadEventError> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(borrow)]
            kind: Cow<'a, str>,
        }
        // The message of a JSON error may quote what was said; its position does not.
        let damaged = |error: serde_json::Error| ReadEventError::Damaged {
            column: error.column(),
        };
        match serde_json::from_str(json) {
            Ok(record) => Ok(record),
            Err(error) => {
                let Kind { kind } = serde_json::from_str(json).map_err(damaged)?;
                if EventKind::NAMES.contains(&kind.as_ref()) {
                    Err(damaged(error))
                } else {
                    Err(ReadEventError::UnknownKind)
                }
            }
        }
    }

    /// The JSON of [`SCHEMA_VERSION`].
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("plain data, and keys are strings")
    }
}

impl Serialize for EventRecord {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            kind: &'a EventKind,
            call_id: &'a CallId,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<EventId>,
            seq: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            role: Option<Role>,
            #[serde(skip_serializing_if = "str::is_empty")]
            party: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            agent_id: &'a str,
            start_ms: u64,
            end_ms: u64,
            wall_time_ms: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            latency_ms: Option<u64>,
            v: u32,
        }
        Flat {
            kind: &self.event.kind,
            call_id: &self.call_id,
            id: Some(self.id).filter(|id| id.run != RunId::NONE),
            seq: self.id.seq,
            role: self.event.role,
            party: &self.event.party,
            agent_id: &self.agent_id,
            start_ms: self.event.start.as_millis(),
            end_ms: self.event.end.as_millis(),
            wall_time_ms: unix_millis(self.wall_time),
            latency_ms: self.event.latency.map(as_millis),
            v: SCHEMA_VERSION,
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for EventRecord {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Flat {
            #[serde(flatten)]
            kind: EventKind,
            call_id: CallId,
            #[serde(default)]
            id: Option<EventId>,
            seq: u64,
            #[serde(default)]
            role: Option<Role>,
            #[serde(default)]
            party: Arc<str>,
            #[serde(default)]
            agent_id: String,
            start_ms: u64,
            end_ms: u64,
            wall_time_ms: u64,
            #[serde(default)]
            latency_ms: Option<u64>,
            #[serde(default)]
            v: u32,
        }
        let mut flat = Flat::deserialize(d)?;
        if let EventKind::Final(done) = &mut flat.kind
            && flat.v < 2
        {
            upgrade(done);
        }
        let run = RunId::NONE;
        Ok(Self {
            id: flat.id.unwrap_or(EventId { run, seq: flat.seq }),
            call_id: flat.call_id,
            agent_id: flat.agent_id,
            wall_time: SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_millis(flat.wall_time_ms))
                .ok_or_else(|| de::Error::custom("the time is out of bounds"))?,
            event: Event {
                role: flat.role,
                party: flat.party,
                start: MediaTime::from_millis(flat.start_ms),
                end: MediaTime::from_millis(flat.end_ms),
                latency: flat.latency_ms.map(Duration::from_millis),
                kind: flat.kind,
            },
        })
    }
}

/// Makes up for what finals of version 1 do not tell: the line as it was spoken, and which words a
/// space is before.
fn upgrade(done: &mut Final) {
    if done.spoken.is_empty() {
        done.spoken.clone_from(&done.text);
    }
    let mut rest = done.spoken.as_str();
    for word in &mut done.words {
        let line = rest.trim_start();
        if line.len() < rest.len() {
            word.spaced = format!(" {}", word.word);
        }
        rest = line.strip_prefix(word.word.as_str()).unwrap_or(line);
    }
}

/// What a subscriber is told of events it did not get. Part of its stream, of no call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lagged {
    /// Partials left out because something newer on the same utterance was there already.
    pub partials_skipped: u64,
    /// Events that were no longer kept when the subscriber came for them.
    pub events_missed: u64,
    /// The subscriber was last here in an earlier run of the engine. It may have missed events of
    /// that run; how many is not known.
    pub earlier_run: bool,
}

impl Serialize for Lagged {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(4))?;
        map.serialize_entry("kind", "lagged")?;
        map.serialize_entry("partials_skipped", &self.partials_skipped)?;
        map.serialize_entry("events_missed", &self.events_missed)?;
        map.serialize_entry("earlier_run", &self.earlier_run)?;
        map.end()
    }
}
