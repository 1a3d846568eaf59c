//! What people do with this CRM by hand: look up, add and change customers, close tickets, tick off tasks.

use rusqlite::{OptionalExtension as _, Row, ToSql, TransactionBehavior, params};
use serde::Serialize;
use sidetone_audit::hex;
use sidetone_types::customer::Contact;

use super::customers::{Kept, Record};
use super::{Embedded, EmbeddedError, rows, ticket_name, ticket_number};
use crate::storage::sqlite::columns::{ABOUT, TASK_TITLE, TICKET_BODY, TICKET_TITLE};

/// So many customers are looked at before others have their turn.
const AT_ONCE: usize = 1_000;
/// Interactions that are shown of a customer.
const INTERACTIONS: i64 = 50;

/// A ticket in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ticket {
    /// Its id: `T-17`.
    pub ticket_id: String,
    /// Whose it is, if that is known.
    pub customer_id: Option<String>,
    /// What it is about.
    pub title: String,
    /// The note of the call.
    pub body: String,
    /// `open`, `waiting` or `closed`.
    pub status: String,
    /// Whether it should be dealt with before others.
    pub urgent: bool,
    /// Whose call it was.
    pub agent_id: String,
    /// Day it was opened: `2026-05-04`.
    pub opened: String,
    /// What became of the call; may be empty.
    pub disposition: String,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    /// Its id: `A-9`.
    pub task_id: String,
    /// Of which ticket.
    pub ticket_id: String,
    /// Whose that is, if that is known.
    pub customer_id: Option<String>,
    /// `callback`, `document`, ...
    pub kind: String,
    /// What.
    pub title: String,
    /// By which day, and time if one was named; empty if nobody can tell.
    pub due: String,
    /// When it was ticked off, in milliseconds since 1970; `None` while it is to be done.
    pub done_ms: Option<i64>,
}

/// Which tickets, the newest first.
#[derive(Clone, Debug, Default)]
pub struct TicketQuery {
    /// Those alone that are not closed.
    pub open: bool,
    /// Of this customer alone.
    pub customer_id: Option<String>,
    /// Behind this one.
    pub before: Option<String>,
    /// At most so many.
    pub most: u32,
}

/// Which tasks, those that are due first.
#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    /// Those that are ticked off, too.
    pub done: bool,
    /// Due by this day alone: `2026-05-04`.
    pub due_by: Option<String>,
    /// Of this customer alone.
    pub customer_id: Option<String>,
    /// At most so many.
    pub most: u32,
}

/// How a ticket can stand.
pub const STATUSES: [&str; 3] = ["open", "waiting", "closed"];

const TICKET: &str =
    "SELECT id, contact, title, body, status, urgent, agent, opened, disposition FROM crm_tickets";
const TASK: &str =
    "SELECT t.id, t.ticket, k.contact, t.kind, t.title, t.due, t.done_ms FROM crm_tasks t
     JOIN crm_tickets k ON k.id = t.ticket";

impl Embedded {
    /// At most `most` customers behind the id `after`, of whom `text` is in the name, a number, the e-mail
    /// or the id; of everybody, where it is empty.
    pub fn list_customers(
        &self,
        text: &str,
        after: &str,
        most: usize,
    ) -> Result<Vec<Kept>, EmbeddedError> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number = text.len() - digits.len() <= digits.len() && digits.len() > 3;
        let text = text.to_lowercase();
        let is_wanted = |kept: &Kept| {
            let has = |of: &str| of.to_lowercase().contains(&text);
            let record = &kept.record;
            text.is_empty()
                || has(&record.name)
                || has(&record.email)
                || has(&kept.customer_id)
                || is_number && record.phones.iter().any(|phone| phone.contains(&digits))
        };
        let mut after = after.to_owned();
        let mut page = Vec::new();
        loop {
            // A call that wants to know who it is with waits for a few of them, and not for all.
            let some = self.customers(&self.lock()).behind(&after, AT_ONCE)?;
            let is_last = some.len() < AT_ONCE;
            let Some(last) = some.last() else {
                return Ok(page);
            };
            after.clone_from(&last.customer_id);
            page.extend(some.into_iter().filter(is_wanted).take(most - page.len()));
            if is_last || page.len() == most {
                return Ok(page);
            }
        }
    }

    /// How many customers there are.
    pub fn count_customers(&self) -> Result<u64, EmbeddedError> {
        self.customers(&self.lock()).count()
    }

    /// Those who have a number (E.164).
    pub fn customers_of(&self, phone: &str) -> Result<Vec<Kept>, EmbeddedError> {
        self.customers(&self.lock()).with_number(phone)
    }

    /// A customer, and when and why they were in touch.
    pub fn customer(&self, id: &str) -> Result<Option<(Kept, Vec<Contact>)>, EmbeddedError> {
        let connection = self.lock();
        let Some(kept) = self.customers(&connection).get(id)? else {
            return Ok(None);
        };
        let contacts = rows(
            &connection,
            "SELECT day, channel, about FROM crm_interactions
             WHERE contact = ?1 ORDER BY day DESC, id DESC LIMIT ?2",
            (&kept.customer_id, INTERACTIONS),
            |row| {
                Ok(Contact {
                    day: row.get(0)?,
                    channel: row.get(1)?,
                    about: self.open(row, 2, ABOUT)?,
                })
            },
        )?;
        Ok(Some((kept, contacts)))
    }

    /// An id that nobody has yet: `N-` and what no other is likely to be.
    pub fn next_id(&self) -> Result<String, EmbeddedError> {
        let connection = self.lock();
        let customers = self.customers(&connection);
        loop {
            let random: [u8; 16] =
                connection.query_row("SELECT randomblob(16)", [], |row| row.get(0))?;
            let id = format!("N-{}", &customers.found_by(&hex(&random))[..8]);
            if customers.get(&id)?.is_none() {
                return Ok(id);
            }
        }
    }

    /// Keeps customers, each over its revision that was read, 0 for a new one; all of them or none. Gives their revisions, or
    /// the id of the first of which there is another by now.
    pub fn put_customers<'a>(
        &self,
        all: impl IntoIterator<Item = (&'a str, &'a Record, u64)>,
    ) -> Result<Result<Vec<u64>, String>, EmbeddedError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let customers = self.customers(&transaction);
        let mut revisions = Vec::new();
        for (id, record, over) in all {
            match customers.put(id, record, over)? {
                Some(revision) => revisions.push(revision),
                None => return Ok(Err(id.to_owned())),
            }
        }
        transaction.commit()?;
        Ok(Ok(revisions))
    }

    /// Removes a customer and what is known of their contacts; their tickets stay, as nobody's. Whether
    /// they were there.
    pub fn remove_customer(&self, id: &str) -> Result<bool, EmbeddedError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for unlink in [
            "UPDATE crm_tickets SET contact = NULL WHERE contact = ?1",
            "DELETE FROM crm_interactions WHERE contact = ?1",
        ] {
            transaction.execute(unlink, [id])?;
        }
        let was_there = self.customers(&transaction).remove(id)?;
        transaction.commit()?;
        Ok(was_there)
    }

    /// Tickets, the newest first.
    pub fn tickets(&self, query: &TicketQuery) -> Result<Vec<Ticket>, EmbeddedError> {
        let connection = self.lock();
        let before = query.before.as_deref().and_then(ticket_number);
        let sql = format!(
            "{TICKET} WHERE (?1 IS NULL OR contact = ?1) AND (NOT ?2 OR status <> 'closed')
             AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4"
        );
        let values: &[&dyn ToSql] = params![query.customer_id, query.open, before, query.most];
        let mut found = connection.prepare_cached(&sql)?;
        let found = found.query_map(values, |row| self.ticket_in(row))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// One ticket.
    pub fn ticket(&self, id: &str) -> Result<Option<Ticket>, EmbeddedError> {
        let connection = self.lock();
        let sql = format!("{TICKET} WHERE id = ?1");
        let mut found = connection.prepare_cached(&sql)?;
        let found = found.query_row([ticket_number(id)], |row| self.ticket_in(row));
        Ok(found.optional()?)
    }

    /// Has a ticket stand otherwise: one of [`STATUSES`]. Whether there is one of that id.
    pub fn set_status(&self, ticket: &str, status: &str) -> Result<bool, EmbeddedError> {
        let sql = "UPDATE crm_tickets SET status = ?2 WHERE id = ?1";
        let changed = self
            .lock()
            .execute(sql, params![ticket_number(ticket), status])?;
        Ok(changed > 0)
    }

    /// Tasks, those that are due first; those of which nobody can tell the day last.
    pub fn tasks(&self, query: &TaskQuery) -> Result<Vec<Task>, EmbeddedError> {
        let connection = self.lock();
        let sql = format!(
            "{TASK} WHERE (?1 OR t.done_ms IS NULL) AND (?2 IS NULL OR k.contact = ?2)
             AND (?3 IS NULL OR t.due <> '' AND substr(t.due, 1, 10) <= ?3)
             ORDER BY t.due = '', t.due, t.id LIMIT ?4"
        );
        let values: &[&dyn ToSql] =
            params![query.done, query.customer_id, query.due_by, query.most];
        let mut found = connection.prepare_cached(&sql)?;
        let found = found.query_map(values, |row| self.task_in(row))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Ticks a task off at `done_ms`, or has it to be done again. Whether there is one of that id.
    pub fn set_done(&self, task: &str, done_ms: Option<i64>) -> Result<bool, EmbeddedError> {
        let number = task
            .strip_prefix("A-")
            .and_then(|id| id.parse::<i64>().ok());
        let sql = "UPDATE crm_tasks SET done_ms = ?2 WHERE id = ?1";
        Ok(self.lock().execute(sql, params![number, done_ms])? > 0)
    }

    fn ticket_in(&self, row: &Row<'_>) -> rusqlite::Result<Ticket> {
        Ok(Ticket {
            ticket_id: ticket_name(row.get(0)?),
            customer_id: row.get(1)?,
            title: self.open(row, 2, TICKET_TITLE)?,
            body: self.open(row, 3, TICKET_BODY)?,
            status: row.get(4)?,
            urgent: row.get(5)?,
            agent_id: row.get(6)?,
            opened: row.get(7)?,
            disposition: row.get(8)?,
        })
    }

    fn task_in(&self, row: &Row<'_>) -> rusqlite::Result<Task> {
        Ok(Task {
            task_id: format!("A-{}", row.get::<_, i64>(0)?),
            ticket_id: ticket_name(row.get(1)?),
            customer_id: row.get(2)?,
            kind: row.get(3)?,
            title: self.open(row, 4, TASK_TITLE)?,
            due: row.get(5)?,
            done_ms: row.get(6)?,
        })
    }
}
