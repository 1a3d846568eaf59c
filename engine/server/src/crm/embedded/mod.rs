//! The CRM that comes with the program: a few tables in a SQLite database.

mod customers;
mod import;
mod mirror;
mod office;
mod persons;
mod sheet;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::Type;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Row, ToSql, Transaction, TransactionBehavior,
    params,
};
use serde::Deserialize;
use sidetone_core::identity::{Clue, ClueKind};
use sidetone_types::customer::{Candidate, Contact, Customer, TicketRef};
use sidetone_types::party::Direction;
use sidetone_types::summary::FollowUp;
use sidetone_vault::DataKey;

use super::{Crm, CrmError, What, Writing};
use crate::storage::Stored;
use crate::storage::sqlite::columns::{ABOUT, TASK_TITLE, TICKET_BODY, TICKET_PHONE, TICKET_TITLE};
use customers::Customers;
pub use customers::{Kept, Record};
pub use import::{ContactsError, ImportError, Imported};
pub use mirror::Changed;
pub use office::{STATUSES, Task, TaskQuery, Ticket, TicketQuery};
pub use sheet::{SheetError, SheetRow, read_sheet, write_sheet};

/// Tickets and contacts that a screen pop shows.
const SHOWN: i64 = 10;

/// Contacts, tickets, tasks and interactions. Writing twice under one key writes once.
pub struct Embedded {
    connection: Mutex<Connection>,
    /// Seals who customers are and what is written of them; numbers are found by their fingerprints.
    key: DataKey,
    /// The call centre's: tickets and contacts carry the day that it was there.
    time_zone: TimeZone,
}

/// Its database failed.
#[derive(Debug, thiserror::Error)]
#[error("the database of the CRM that comes with the program failed: {0}")]
pub struct EmbeddedError(#[from] rusqlite::Error);

/// What has been written, for a look at it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Tickets that calls have left.
    pub tickets: u64,
    /// Tasks of those.
    pub tasks: u64,
    /// Calls in the customers' histories.
    pub interactions: u64,
}

/// Samples are marked by their keys, so that seeding twice seeds once.
const SAMPLE: &str = "sample/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    customer: Vec<Customer>,
}

impl Embedded {
    /// The CRM in the database of `connection`, which is its alone, sealed with `key`. Makes its tables
    /// there if need be.
    pub fn new(
        connection: Connection,
        key: DataKey,
        time_zone: TimeZone,
    ) -> Result<Self, EmbeddedError> {
        tables::prepare(&connection, &key)?;
        Ok(Self {
            connection: Mutex::new(connection),
            key,
            time_zone,
        })
    }

    /// The customers that come with the program, for a demo: among them the callers of the sample
    /// calls.
    pub fn samples() -> Vec<Customer> {
        let samples: Samples = toml::from_str(include_str!("../../../crm/samples.toml"))
            .expect("the samples are part of the program");
        samples.customer
    }

    /// Adds [`Embedded::samples`]. Customers that are there already stay as they are.
    pub fn seed_samples(&self) -> Result<(), EmbeddedError> {
        for customer in Self::samples() {
            self.add(&customer)?;
        }
        Ok(())
    }

    /// Adds a customer with their tickets and contacts, unless their id or number is there already.
    pub fn add(&self, customer: &Customer) -> Result<(), EmbeddedError> {
        let id = &customer.customer_id;
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let customers = self.customers(&transaction);
        let record = Record {
            name: customer.name.clone(),
            phones: vec![customer.phone.clone()],
            email: customer.email.clone(),
            tier: customer.tier.clone(),
            preferences: customer.preferences.clone(),
        };
        if !customers.with_number(&customer.phone)?.is_empty()
            || customers.put(id, &record, 0)?.is_none()
        {
            return Ok(());
        }
        for ticket in customer.open_tickets.iter().rev() {
            transaction.execute(
                "INSERT INTO crm_tickets (key, contact, phone, title, body, status, urgent, agent, opened)
                 VALUES (?1, ?2, ?3, ?4, '', ?5, FALSE, '', ?6)",
                params![
                    format!("{SAMPLE}{id}/{}", ticket.ticket_id),
                    id,
                    self.seal(TICKET_PHONE, &customer.phone)?,
                    self.seal(TICKET_TITLE, &ticket.title)?,
                    ticket.status,
                    ticket.opened
                ],
            )?;
        }
        for (index, contact) in customer.last_contacts.iter().enumerate().rev() {
            transaction.execute(
                "INSERT INTO crm_interactions (key, contact, day, channel, about)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    format!("{SAMPLE}{id}/{index}"),
                    id,
                    contact.day,
                    contact.channel,
                    self.seal(ABOUT, &contact.about)?
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// How much calls have written, samples left out.
    pub fn written(&self) -> Result<Written, EmbeddedError> {
        let connection = self.lock();
        let count = |table: &str| -> rusqlite::Result<u64> {
            let sql = format!("SELECT count(*) FROM {table} WHERE key NOT LIKE '{SAMPLE}%'");
            connection.query_row(&sql, [], |row| row.get(0).map(i64::cast_unsigned))
        };
        Ok(Written {
            tickets: count("crm_tickets")?,
            tasks: count("crm_tasks")?,
            interactions: count("crm_interactions")?,
        })
    }

    fn find_by(&self, phone: &str) -> Result<Option<Customer>, EmbeddedError> {
        let connection = self.lock();
        let mut found = self.customers(&connection).with_number(phone)?;
        if found.len() > 1 {
            return Ok(Some(Customer {
                phone: phone.to_owned(),
                candidates: found.into_iter().map(candidate).collect(),
                ..Customer::default()
            }));
        }
        let found = found.pop().map(|kept| self.whole(&connection, kept, phone));
        found.transpose()
    }

    /// What an agent is shown of a customer, in a call with `phone`.
    fn whole(
        &self,
        connection: &Connection,
        kept: Kept,
        phone: &str,
    ) -> Result<Customer, EmbeddedError> {
        let mut customer = Customer {
            customer_id: kept.customer_id,
            name: kept.record.name,
            tier: kept.record.tier,
            phone: phone.to_owned(),
            email: kept.record.email,
            preferences: kept.record.preferences,
            ..Customer::default()
        };
        let of_customer = (&customer.customer_id, SHOWN);
        customer.open_tickets = rows(
            connection,
            "SELECT id, title, status, opened FROM crm_tickets
             WHERE contact = ?1 AND status != 'closed' ORDER BY opened DESC, id DESC LIMIT ?2",
            of_customer,
            |row| {
                Ok(TicketRef {
                    ticket_id: ticket_name(row.get(0)?),
                    title: self.open(row, 1, TICKET_TITLE)?,
                    status: row.get(2)?,
                    opened: row.get(3)?,
                })
            },
        )?;
        customer.last_contacts = rows(
            connection,
            "SELECT day, channel, about FROM crm_interactions
             WHERE contact = ?1 ORDER BY day DESC, id DESC LIMIT ?2",
            of_customer,
            |row| {
                Ok(Contact {
                    day: row.get(0)?,
                    channel: row.get(1)?,
                    about: self.open(row, 2, ABOUT)?,
                })
            },
        )?;
        Ok(customer)
    }

    /// One of them, called at the first of their numbers.
    fn by_id(&self, id: &str) -> Result<Option<Customer>, EmbeddedError> {
        let connection = self.lock();
        let kept = self.customers(&connection).get(id)?;
        let whole = kept.map(|kept| {
            let phone = kept.record.phones.first().cloned().unwrap_or_default();
            self.whole(&connection, kept, &phone)
        });
        whole.transpose()
    }

    /// Those that a clue is of: their own, or that of one of their tickets.
    fn by_clue(&self, clue: &Clue) -> Result<Vec<Candidate>, EmbeddedError> {
        let connection = self.lock();
        let customers = self.customers(&connection);
        let mut found = customers.with_clue(clue)?;
        if let Some(ticket) = ticket_in(clue) {
            let of_ticket = "SELECT contact FROM crm_tickets WHERE id = ?1 AND contact IS NOT NULL";
            let mut of_ticket = connection.prepare_cached(of_ticket)?;
            let contact: Option<String> =
                of_ticket.query_row([ticket], |row| row.get(0)).optional()?;
            let kept = contact.map(|contact| customers.get(&contact)).transpose()?;
            let kept = kept.flatten().into_iter();
            found.extend(
                kept.filter(|kept| found.iter().all(|one| one.customer_id != kept.customer_id))
                    .collect::<Vec<_>>(),
            );
        }
        Ok(found.into_iter().map(candidate).collect())
    }

    fn insert(&self, writing: &Writing<'_>) -> Result<String, EmbeddedError> {
        let (key, note) = (writing.key.as_str(), writing.note);
        let summary = &note.summary;
        let day = self.day(note.started_ms);
        let connection = self.lock();
        // A customer's id that is none of ours, from a CRM that was configured before, is left out.
        let id = match &writing.what {
            What::Ticket => ticket_name(insert(
                &connection,
                "INSERT INTO crm_tickets
                     (key, contact, phone, title, body, status, urgent, agent, opened, disposition)
                 VALUES (?1, (SELECT id FROM crm_contacts WHERE id = ?2), ?3, ?4, ?5, 'open', ?6, ?7,
                         ?8, ?9)",
                params![
                    key,
                    writing.customer_id,
                    note.phone
                        .as_ref()
                        .map(|phone| self.seal(TICKET_PHONE, phone))
                        .transpose()?,
                    self.seal(TICKET_TITLE, &summary.reason)?,
                    self.seal(TICKET_BODY, &summary.text)?,
                    summary.urgent,
                    note.agent_id,
                    day,
                    summary.disposition
                ],
            )?),
            What::Task { ticket_id, task } => {
                let id = insert(
                    &connection,
                    "INSERT INTO crm_tasks (key, ticket, kind, title, due) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        key,
                        ticket_number(ticket_id),
                        task.kind.as_str(),
                        self.seal(TASK_TITLE, &task.title)?,
                        due_of(task)
                    ],
                )?;
                format!("A-{id}")
            }
            What::Interaction { ticket_id } => {
                let channel = match note.direction {
                    Direction::Outbound => "call, by us",
                    Direction::Inbound | Direction::Unknown => "call",
                };
                let id = insert(
                    &connection,
                    "INSERT INTO crm_interactions (key, contact, ticket, day, channel, about)
                     VALUES (?1, (SELECT id FROM crm_contacts WHERE id = ?2), ?3,
                             ?4, ?5, ?6)",
                    params![
                        key,
                        writing.customer_id,
                        ticket_number(ticket_id),
                        day,
                        channel,
                        self.seal(ABOUT, &summary.reason)?
                    ],
                )?;
                format!("I-{id}")
            }
        };
        Ok(id)
    }

    fn customers<'a>(&'a self, connection: &'a Connection) -> Customers<'a> {
        Customers {
            connection,
            key: &self.key,
        }
    }

    fn seal(&self, column: &str, text: &str) -> Result<Vec<u8>, EmbeddedError> {
        let sealed = self.key.seal(column, text.as_bytes());
        let sealed =
            sealed.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
        Ok(sealed?)
    }

    fn open(&self, row: &Row<'_>, index: usize, column: &str) -> rusqlite::Result<String> {
        let stored: Stored = row.get(index)?;
        let opened = stored.open(Some(&self.key), column, "");
        opened.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(error))
        })
    }

    /// The call centre's day at `ms` since 1970: `2026-05-04`.
    fn day(&self, ms: u64) -> String {
        let at = Timestamp::from_millisecond(ms.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.time_zone.to_datetime(at).date().to_string()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic interrupts is rolled back when it is dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ticket that a reference names as tickets are called here.
fn ticket_in(clue: &Clue) -> Option<i64> {
    let number = clue.text.strip_prefix('T').unwrap_or_default();
    number
        .parse()
        .ok()
        .filter(|_| clue.kind == ClueKind::Reference)
}

fn candidate(kept: Kept) -> Candidate {
    Candidate {
        customer_id: kept.customer_id,
        name: kept.record.name,
        tier: kept.record.tier,
        ..Candidate::default()
    }
}

/// Inserts a row under the key that is its first value, unless it is there, and gives its number.
fn insert(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<i64, EmbeddedError> {
    // A commit of its own, whose failure shows: that of a statement with RETURNING would not.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // An update that changes nothing makes SQLite return the row in both cases.
    let sql = format!("{sql} ON CONFLICT (key) DO UPDATE SET key = key RETURNING id");
    let id = transaction
        .prepare_cached(&sql)?
        .query_row(values, |row| row.get(0))?;
    transaction.commit()?;
    Ok(id)
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: (&String, i64),
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, EmbeddedError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| read(row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Tickets are spoken of by name: `T-17`.
fn ticket_name(id: i64) -> String {
    format!("T-{id}")
}

/// The day of a task, and the time if one was named; empty if nobody can tell.
fn due_of(task: &FollowUp) -> String {
    let parts = [task.due.as_deref(), task.due_time.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The number of a ticket of ours.
fn ticket_number(name: &str) -> Option<i64> {
    name.strip_prefix("T-")?.parse().ok()
}

impl Crm for Embedded {
    fn name(&self) -> &str {
        "embedded"
    }

    fn find(&self, phone: &str) -> Result<Option<Customer>, CrmError> {
        self.find_by(phone).map_err(failed)
    }

    fn get(&self, customer_id: &str) -> Result<Option<Customer>, CrmError> {
        self.by_id(customer_id).map_err(failed)
    }

    fn look_for(&self, clue: &Clue) -> Result<Vec<Candidate>, CrmError> {
        self.by_clue(clue).map_err(failed)
    }

    fn write(&self, writing: &Writing<'_>) -> Result<String, CrmError> {
        self.insert(writing).map_err(failed)
    }

    fn own(&self) -> Option<&Embedded> {
        Some(self)
    }

    /// It has one file, and one writer at a time.
    fn concurrency(&self) -> usize {
        1
    }
}

/// A disk in trouble may recover, and nothing is doubled by trying again: a key is written once.
/// What the tables themselves refuse is refused for good.
fn failed(error: EmbeddedError) -> CrmError {
    match error.0.sqlite_error_code() {
        None
        | Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
            CrmError::rejected(error.to_string())
        }
        Some(_) => CrmError::Unavailable {
            reason: error.to_string(),
            answer: String::new(),
            retry_after: None,
            maybe_written: true,
        },
    }
}
