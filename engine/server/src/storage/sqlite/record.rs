//! Events as rows.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use sidetone_types::event::{EventKind, EventRecord};
use sidetone_types::party::PhoneNumber;
use sidetone_types::time::{as_millis, unix_millis};

use super::columns::{
    CALLEE, CALLER, CUSTOMER, CUSTOMER_ID, EVENT, HEARD, MEANT, METADATA, NOTE, SUMMARY,
};
use super::sealing::{self, Keys, Owner, Sealer, Stored};
use crate::records::Owed;
use crate::storage::StoreError;

/// An event, ready to be stored.
#[derive(Deserialize, Serialize)]
pub(super) struct Row {
    pub call: String,
    agent: String,
    seq: i64,
    kind: Cow<'static, str>,
    role: Option<Cow<'static, str>>,
    start_ms: i64,
    end_ms: i64,
    wall_ms: i64,
    json: String,
    effect: Effect,
}

/// What an event changes about its call.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    None,
    Started {
        caller: String,
        callee: String,
        direction: String,
        languages: String,
        metadata: String,
    },
    Updated {
        caller: String,
        callee: String,
        direction: String,
        metadata: String,
        /// The number of whom it is with; whoever was known by another one is not.
        customer: String,
    },
    /// It may be another agent's call now: the row's.
    Agents,
    /// As long after its beginning as the call's own time says: the wall clock may have been set
    /// meanwhile.
    Ended,
    Customer {
        id: String,
        json: String,
    },
    Summary {
        json: String,
    },
    /// A person has written over what was heard.
    Corrected {
        utterance: i64,
        lang: String,
        heard: String,
        meant: String,
    },
}

impl Row {
    /// Makes a row of `record`.
    pub fn of(record: &EventRecord) -> Self {
        let event = &record.event;
        let effect = match &event.kind {
            EventKind::CallStarted(started) => Effect::Started {
                caller: number(&started.caller),
                callee: number(&started.callee),
                direction: json(&started.direction).trim_matches('"').to_owned(),
                languages: json(&started.languages),
                metadata: json(&started.metadata),
            },
            EventKind::CallUpdated(known) => Effect::Updated {
                caller: number(&known.caller),
                callee: number(&known.callee),
                direction: json(&known.direction).trim_matches('"').to_owned(),
                metadata: json(&known.metadata),
                customer: number(known.customer()),
            },
            EventKind::PartyJoined(_) | EventKind::PartyLeft => Effect::Agents,
            EventKind::CallEnded(_) => Effect::Ended,
            EventKind::CustomerIdentified(customer) => Effect::Customer {
                id: customer.customer_id.clone(),
                json: json(customer),
            },
            EventKind::Summary(summary) => Effect::Summary {
                json: json(summary),
            },
            EventKind::Revised(revised) if revised.by.is_some() => Effect::Corrected {
                utterance: revised.words.utterance.0.cast_signed(),
                lang: revised.words.lang.to_string(),
                heard: revised.live.clone(),
                meant: revised.words.text.clone(),
            },
            _ => Effect::None,
        };
        Self {
            call: record.call_id.as_str().to_owned(),
            agent: record.agent_id.clone(),
            seq: record.id.seq.cast_signed(),
            kind: event.kind.name().into(),
            role: event.role.map(|role| role.as_str().into()),
            start_ms: event.start.as_millis().cast_signed(),
            end_ms: event.end.as_millis().cast_signed(),
            wall_ms: unix_ms(record.wall_time),
            json: record.json(),
            effect,
        }
    }

    /// Whether it is the first of its call.
    pub fn begins(&self) -> bool {
        matches!(self.effect, Effect::Started { .. })
    }

    /// Whether it is stored already. Its JSON holds its id, which no other event has.
    pub fn is_stored(&self, transaction: &Connection, keys: &Keys) -> Result<bool, StoreError> {
        let key = sealing::known(transaction, keys, Owner::Call(&self.call))?;
        let mut alike =
            transaction.prepare_cached("SELECT json FROM events WHERE call = ?1 AND seq = ?2")?;
        let alike = alike.query_map(params![self.call, self.seq], |row| row.get(0))?;
        let alike: Vec<Stored> = alike.collect::<Result<_, _>>()?;
        let mut texts = alike
            .into_iter()
            .map(|json| json.open(key.as_ref(), EVENT, &self.call));
        Ok(texts.any(|text| text.is_ok_and(|text| text == self.json)))
    }

    /// Stores it. An event of a call that is not kept, because it was forgotten meanwhile, is not
    /// kept either.
    pub fn insert(&self, transaction: &Connection, keys: &Keys) -> Result<(), StoreError> {
        if !self.begins() {
            let mut known = transaction.prepare_cached("SELECT 1 FROM calls WHERE id = ?1")?;
            if !known.exists([&self.call])? {
                return Ok(());
            }
        }
        let sealer = Sealer(sealing::key(transaction, keys, Owner::Call(&self.call))?);
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            transaction.prepare_cached(sql)?.execute(values)
        };
        if let Effect::Started {
            caller,
            callee,
            direction,
            languages,
            metadata,
        } = &self.effect
        {
            run(
                "INSERT INTO calls (id, agent, caller, callee, direction, languages, metadata, opened_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
                params![
                    self.call,
                    self.agent,
                    sealer.seal(CALLER, caller)?,
                    sealer.seal(CALLEE, callee)?,
                    direction,
                    languages,
                    sealer.seal(METADATA, metadata)?,
                    self.wall_ms
                ],
            )?;
            self.insert_agent(transaction)?;
        }
        run(
            "INSERT INTO events (call, seq, kind, role, start_ms, end_ms, wall_ms, json)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.call,
                self.seq,
                self.kind,
                self.role,
                self.start_ms,
                self.end_ms,
                self.wall_ms,
                sealer.seal(EVENT, &self.json)?
            ],
        )?;
        match &self.effect {
            Effect::None | Effect::Started { .. } => {}
            Effect::Updated {
                caller,
                callee,
                direction,
                metadata,
                customer,
            } => {
                if self.known_customer(transaction, &sealer)? != *customer {
                    run(
                        "UPDATE calls SET customer = NULL, customer_id = NULL WHERE id = ?1",
                        params![self.call],
                    )?;
                }
                run(
                    "UPDATE calls SET caller = ?2, callee = ?3, direction = ?4, metadata = ?5 WHERE id = ?1",
                    params![
                        self.call,
                        sealer.seal(CALLER, caller)?,
                        sealer.seal(CALLEE, callee)?,
                        direction,
                        sealer.seal(METADATA, metadata)?
                    ],
                )?;
            }
            Effect::Agents => {
                run(
                    "UPDATE calls SET agent = ?2 WHERE id = ?1",
                    params![self.call, self.agent],
                )?;
                self.insert_agent(transaction)?;
            }
            Effect::Ended => {
                run(
                    "UPDATE calls SET ended_ms = coalesce(ended_ms, opened_ms + ?2) WHERE id = ?1",
                    params![self.call, self.end_ms],
                )?;
            }
            Effect::Customer { id, json } => {
                run(
                    "UPDATE calls SET customer_id = ?2, customer = ?3 WHERE id = ?1",
                    params![
                        self.call,
                        sealer.seal(CUSTOMER_ID, id)?,
                        sealer.seal(CUSTOMER, json)?
                    ],
                )?;
            }
            Effect::Summary { json } => {
                run(
                    "UPDATE calls SET summary = ?2 WHERE id = ?1",
                    params![self.call, sealer.seal(SUMMARY, json)?],
                )?;
            }
            Effect::Corrected {
                utterance,
                lang,
                heard,
                meant,
            } => {
                run(
                    "INSERT OR REPLACE INTO corrections (call, utterance, lang, heard, meant)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        self.call,
                        utterance,
                        lang,
                        sealer.seal(HEARD, heard)?,
                        sealer.seal(MEANT, meant)?
                    ],
                )?;
            }
        }
        Ok(())
    }
}

impl Row {
    /// Its agent is one of those whose call it was.
    fn insert_agent(&self, transaction: &Connection) -> rusqlite::Result<()> {
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO call_agents (agent, opened_ms, call)
             SELECT ?2, opened_ms, id FROM calls WHERE id = ?1 AND ?2 <> ''",
        )?;
        insert.execute(params![self.call, self.agent])?;
        Ok(())
    }

    /// The number of whom the call is with, as it was known.
    fn known_customer(
        &self,
        connection: &Connection,
        sealer: &Sealer,
    ) -> Result<String, StoreError> {
        let (number, direction): (Stored, bool) = connection
            .prepare_cached(
                "SELECT iif(direction = 'outbound', callee, caller), direction = 'outbound'
                 FROM calls WHERE id = ?1",
            )?
            .query_row([&self.call], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let column = if direction { CALLEE } else { CALLER };
        number.open(Some(&sealer.0), column, &self.call)
    }
}

/// The end of a call, and what the CRM is to be told of it.
#[derive(Deserialize, Serialize)]
pub(super) struct Closing {
    pub last: Row,
    /// As JSON.
    pub note: Option<String>,
    /// How long the note waits for its reviewer.
    #[serde(default)]
    pub review_ms: i64,
}

impl Closing {
    /// Ends the call with the event `last`, which is its summary if it has one.
    pub fn of(last: &EventRecord, owed: Option<Owed<'_>>) -> Self {
        let review = owed.map_or(Duration::ZERO, |owed| owed.review);
        Self {
            last: Row::of(last),
            note: owed.map(|owed| json(owed.note)),
            review_ms: i64::try_from(as_millis(review)).unwrap_or(i64::MAX),
        }
    }

    /// All of it or nothing: the last event, the end of the call, and the note.
    pub fn insert(&self, transaction: &Connection, keys: &Keys) -> Result<(), StoreError> {
        let (call, at) = (&self.last.call, self.last.wall_ms);
        let closed: Option<Option<i64>> = transaction
            .query_row("SELECT closed_ms FROM calls WHERE id = ?1", [call], |row| {
                row.get(0)
            })
            .optional()?;
        match closed {
            None => return Err(StoreError::NoSuchCall(call.clone())),
            Some(Some(_)) => return Err(StoreError::ClosedBefore(call.clone())),
            Some(None) => {}
        }
        self.last.insert(transaction, keys)?;
        transaction.execute(
            "UPDATE calls SET closed_ms = ?2, ended_ms = coalesce(ended_ms, opened_ms + ?3) WHERE id = ?1",
            params![call, at, self.last.end_ms],
        )?;
        if let Some(note) = &self.note {
            let sealer = Sealer(sealing::key(transaction, keys, Owner::Note(call))?);
            transaction.execute(
                "INSERT INTO outbox (call, note, created_ms, since_ms, due_ms) VALUES (?1, ?2, ?3, ?3, ?4)",
                params![
                    call,
                    sealer.seal(NOTE, note)?,
                    at,
                    at.saturating_add(self.review_ms)
                ],
            )?;
        }
        Ok(())
    }
}

fn number(number: &PhoneNumber) -> String {
    number.e164.as_ref().unwrap_or(&number.given).clone()
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data, and keys are strings")
}

/// Milliseconds since 1970.
pub(crate) fn unix_ms(at: SystemTime) -> i64 {
    unix_millis(at).cast_signed()
}
