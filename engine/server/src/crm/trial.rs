//! A ticket that says it is a test, to see whether the CRM takes one.

use std::time::SystemTime;

use sidetone_types::lang::Lang;
use sidetone_types::party::Direction;
use sidetone_types::summary::Summary;
use sidetone_types::time::unix_millis;

use super::{Crm, CrmError, IdempotencyKey, Note, Step, What, Writing};

/// What the ticket says, in its subject and its text.
pub const TEST: &str = "TEST of Sidetone, please close";

/// Writes a ticket that says it is a test, without a customer, and gives the CRM's id of it.
pub fn write_test_ticket(crm: &dyn Crm) -> Result<String, CrmError> {
    let now = unix_millis(SystemTime::now());
    let note = Note {
        call_id: format!("sidetone-test-{now}"),
        agent_id: String::new(),
        direction: Direction::Unknown,
        phone: None,
        customer_id: None,
        customer_unknown: false,
        started_ms: now,
        ended_ms: now,
        summary: Summary {
            lang: Lang::EN,
            reason: TEST.to_owned(),
            actions: Vec::new(),
            promises: Vec::new(),
            risks: Vec::new(),
            keywords: Vec::new(),
            follow_ups: Vec::new(),
            urgent: false,
            disposition: String::new(),
            reviewed_by: None,
            missed: Vec::new(),
            memo: String::new(),
            agent_talk_ms: 0,
            customer_talk_ms: 0,
            mood: Vec::new(),
            text: format!("{TEST}. It was written to see whether the CRM takes tickets."),
        },
    };
    crm.write(&Writing {
        key: &IdempotencyKey::new(&note.call_id, Step::Ticket),
        repeated: false,
        note: &note,
        customer_id: None,
        what: What::Ticket,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::Embedded;
    use crate::storage::Store;

    #[test]
    fn a_ticket_that_is_written_to_try_the_crm_says_so_and_belongs_to_nobody() {
        let store = Store::temporary().expect("a place for it");
        let connect = || store.connect().expect("open");
        let (connection, key) = connect();
        let crm = Embedded::new(connection, key, jiff::tz::TimeZone::UTC).expect("its tables");
        write_test_ticket(&crm).expect("the CRM takes it");
        let (connection, key) = connect();
        let row = connection.query_row(
            "SELECT title, body, contact, urgent FROM crm_tickets",
            [],
            |row| {
                let text = |at, column| -> rusqlite::Result<String> {
                    let stored: crate::storage::Stored = row.get(at)?;
                    Ok(stored.open(Some(&key), column, "").expect("ours"))
                };
                Ok((
                    text(0, "crm_tickets.title")?,
                    text(1, "crm_tickets.body")?,
                    row.get(2)?,
                    row.get(3)?,
                ))
            },
        );
        let (title, body, contact, urgent): (String, String, Option<String>, bool) =
            row.expect("kept");
        assert!(
            title.contains(TEST) && body.contains(TEST),
            "{title}: {body}"
        );
        assert_eq!((contact, urgent), (None, false));
    }
}
