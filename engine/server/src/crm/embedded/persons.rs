//! All that this CRM keeps of a person: told, and erased.

use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};

use super::{Embedded, EmbeddedError};
use crate::storage::Person;
use crate::storage::sqlite::columns::{ABOUT, TASK_TITLE, TICKET_BODY, TICKET_PHONE, TICKET_TITLE};

/// The rows of a person.
#[derive(Debug, Default)]
struct Rows {
    contacts: Vec<String>,
    tickets: Vec<i64>,
}

impl Embedded {
    /// What is kept of them: contacts, tickets with their tasks, interactions.
    pub fn export(&self, person: &Person) -> Result<Value, EmbeddedError> {
        let connection = self.lock();
        let rows = self.rows_of(&connection, person)?;
        let mut contacts = Vec::new();
        let mut interactions = Vec::new();
        for id in &rows.contacts {
            let kept = self.customers(&connection).get(id)?;
            let contact = serde_json::to_value(kept).unwrap_or_default();
            contacts.push(contact);
            let mut found = connection.prepare(
                "SELECT day, channel, about FROM crm_interactions WHERE contact = ?1 ORDER BY id",
            )?;
            let found = found.query_map([id], |row| {
                Ok(json!({
                    "day": row.get::<_, String>(0)?,
                    "channel": row.get::<_, String>(1)?,
                    "about": self.open(row, 2, ABOUT)?,
                }))
            })?;
            for interaction in found {
                interactions.push(interaction?);
            }
        }
        let mut tickets = Vec::new();
        for id in &rows.tickets {
            let mut tasks = connection
                .prepare("SELECT kind, title, due FROM crm_tasks WHERE ticket = ?1 ORDER BY id")?;
            let tasks = tasks.query_map([id], |row| {
                Ok(json!({
                    "kind": row.get::<_, String>(0)?,
                    "title": self.open(row, 1, TASK_TITLE)?,
                    "due": row.get::<_, String>(2)?,
                }))
            })?;
            let tasks: Vec<Value> = tasks.collect::<Result<_, _>>()?;
            let ticket = connection.query_row(
                "SELECT title, body, status, opened, agent, disposition FROM crm_tickets WHERE id = ?1",
                [id],
                |row| {
                    Ok(json!({
                        "id": super::ticket_name(*id),
                        "title": self.open(row, 0, TICKET_TITLE)?,
                        "body": self.open(row, 1, TICKET_BODY)?,
                        "status": row.get::<_, String>(2)?,
                        "opened": row.get::<_, String>(3)?,
                        "agent": row.get::<_, String>(4)?,
                        "disposition": row.get::<_, String>(5)?,
                        "tasks": tasks,
                    }))
                },
            )?;
            tickets.push(ticket);
        }
        Ok(json!({ "contacts": contacts, "tickets": tickets, "interactions": interactions }))
    }

    /// Erases what is kept of them, and says how many contacts and tickets that were.
    pub fn erase(&self, person: &Person) -> Result<(usize, usize), EmbeddedError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows = self.rows_of(&transaction, person)?;
        for id in &rows.tickets {
            transaction.execute("DELETE FROM crm_tasks WHERE ticket = ?1", [id])?;
            transaction.execute("DELETE FROM crm_interactions WHERE ticket = ?1", [id])?;
            transaction.execute("DELETE FROM crm_tickets WHERE id = ?1", [id])?;
        }
        for id in &rows.contacts {
            transaction.execute("DELETE FROM crm_interactions WHERE contact = ?1", [id])?;
            self.customers(&transaction).remove(id)?;
        }
        transaction.commit()?;
        Ok((rows.contacts.len(), rows.tickets.len()))
    }

    fn rows_of(&self, connection: &Connection, person: &Person) -> Result<Rows, EmbeddedError> {
        let phone = person.phone.as_deref().unwrap_or(&person.given);
        let customers = self.customers(connection);
        let of_number = customers.with_number(phone)?;
        let mut contacts: Vec<String> =
            of_number.into_iter().map(|kept| kept.customer_id).collect();
        if !contacts.contains(&person.given) && customers.get(&person.given)?.is_some() {
            contacts.push(person.given.clone());
        }
        let mut all =
            connection.prepare("SELECT id, contact, phone FROM crm_tickets ORDER BY id")?;
        let all = all.query_map([], |row| {
            let phone = match row.get_ref(2)?.data_type() {
                rusqlite::types::Type::Null => None,
                _ => self.open(row, 2, TICKET_PHONE).ok(),
            };
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Option<String>>(1)?,
                phone,
            ))
        })?;
        let mut tickets = Vec::new();
        for ticket in all {
            let (id, contact, phone) = ticket?;
            let is_theirs = contact.is_some_and(|contact| contacts.contains(&contact))
                || phone.is_some_and(|phone| person.is(&phone));
            tickets.extend(is_theirs.then_some(id));
        }
        Ok(Rows { contacts, tickets })
    }
}
