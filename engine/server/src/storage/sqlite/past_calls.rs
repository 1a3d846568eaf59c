//! A page of the calls that are over.
//!
//! Whose calls they are and when they began is looked up in an index ([`Candidates`]); direction, note and recording
//! are tested where the call lies, in clear; customer, urgency and rules lie sealed, and are tested once they are
//! opened. So that no page takes for ever, one looks through [`LOOKED_THROUGH`] calls at most.

use rusqlite::{Connection, Row, params};
use sidetone_types::customer::Customer;
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;

use super::candidates::Candidates;
use super::columns::{CALLEE, CALLER, CUSTOMER, SUMMARY};
use super::read::{Parts, With, column, json, opened, read_events, unsigned};
use super::sealing::{self, Keys, Owner};
use crate::records::NoteState;
use crate::storage::replay::alerts;
use crate::storage::{CallsPage, CallsQuery, PastCall, StoreError, note_state};

/// Calls that one page looks through: those of the agents and the time that are asked for, from its beginning on.
/// To open one takes some 10 µs.
pub(super) const LOOKED_THROUGH: usize = 5_000;

/// A call that is over, where direction, note and recording are as they are asked for, and where an alert was raised
/// if one is asked for.
const CALL: &str = "
    SELECT agent, caller, callee, direction, opened_ms, ended_ms, customer, summary, note, recorded,
           EXISTS (SELECT 1 FROM holds WHERE holds.call = past.id)
    FROM (SELECT *, (SELECT state FROM outbox WHERE outbox.call = calls.id) AS note,
                 EXISTS (SELECT 1 FROM recordings WHERE recordings.call = calls.id AND state <> 'open') AS recorded
          FROM calls WHERE id = ?1 AND closed_ms IS NOT NULL) AS past
    WHERE (?2 IS NULL OR direction = ?2) AND (?3 IS NULL OR note = ?3) AND (?4 IS NULL OR recorded = ?4)
      AND (NOT ?5 OR EXISTS (SELECT 1 FROM events
                             WHERE events.call = past.id AND kind IN ('alert_raised', 'alert_cleared')))";

/// What a call has told of its alerts.
pub(super) const ALERTS: &str = "SELECT json FROM events
    WHERE call = ?1 AND kind IN ('alert_raised', 'alert_cleared') ORDER BY id";

/// The agents whose call it was.
pub(super) const AGENTS: &str = "SELECT agent FROM call_agents WHERE call = ?1 ORDER BY agent";

/// The calls that `query` asks for.
pub(super) fn page(
    connection: &Connection,
    keys: &Keys,
    query: &CallsQuery,
) -> Result<CallsPage, StoreError> {
    let mut candidates = Candidates::of(connection, query)?;
    let mut page = CallsPage::default();
    let mut looked_through = 0;
    let mut last = None;
    while let Some(candidate) = candidates.next()? {
        if page.calls.len() == query.size.calls() || looked_through == LOOKED_THROUGH {
            page.next = last;
            break;
        }
        looked_through += 1;
        let call = wanted(connection, keys, query, &candidate.call_id)?;
        page.calls.extend(call);
        last = Some(candidate);
    }
    Ok(page)
}

/// A call, if it is over and as `query` wants it.
fn wanted(
    connection: &Connection,
    keys: &Keys,
    query: &CallsQuery,
    id: &str,
) -> Result<Option<PastCall>, StoreError> {
    let mut found = connection.prepare_cached(CALL)?;
    let mut found = found.query(params![
        id,
        query.direction.map(Direction::as_str),
        query.note.map(NoteState::as_str),
        query.recorded,
        query.rule.is_some()
    ])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let mut parts = Parts::default();
    let key = parts.or_default(sealing::known(connection, keys, Owner::Call(id)))?;
    let with = (key.as_ref(), id);
    let mut call = read(row, with, &mut parts)?;
    if !query.fits(&call) {
        return Ok(None);
    }
    let events = read_events(connection, ALERTS, with, &mut parts)?;
    let alerts = alerts(&events);
    if let Some(rule) = &query.rule
        && !(query.is_told_whole(&call) && alerts.iter().any(|alert| alert.rule == *rule))
    {
        return Ok(None);
    }
    call.alerts = alerts.len() as u64;
    call.agents = column(connection, AGENTS, id)?;
    call.unreadable = parts.unreadable;
    Ok(Some(call))
}

fn read(row: &Row<'_>, with: With<'_>, parts: &mut Parts) -> Result<PastCall, StoreError> {
    let state: Option<String> = row.get(8)?;
    let state = state.map(|state| note_state(&state)).transpose();
    let note = state.map_err(|error| StoreError::Unreadable {
        call: with.1.to_owned(),
        problem: error.to_string(),
    });
    let customer: Option<Customer> = parts.or_default(json(row, 6, CUSTOMER, with))?;
    let summary: Option<Summary> = parts.or_default(json(row, 7, SUMMARY, with))?;
    let caller = parts.or_default(opened(row, 1, CALLER, with))?;
    let callee = parts.or_default(opened(row, 2, CALLEE, with))?;
    let mut call = PastCall {
        call_id: with.1.to_owned(),
        agent_id: row.get(0)?,
        caller: caller.unwrap_or_default(),
        callee: callee.unwrap_or_default(),
        direction: row.get(3)?,
        opened_ms: unsigned(row, 4)?,
        ended_ms: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        customer: customer.map(Into::into),
        note: parts.or_default(note)?,
        recorded: row.get(9)?,
        held: row.get(10)?,
        ..PastCall::default()
    };
    if let Some(summary) = summary {
        call.summed_up(summary);
    }
    Ok(call)
}
