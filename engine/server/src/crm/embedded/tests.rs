//! The CRM that comes with the program, on a database in memory.

use sidetone_types::lang::Lang;
use sidetone_types::summary::{FollowUp, FollowUpKind, Summary};

use super::*;
use crate::crm::IdempotencyKey;
use crate::records::{Note, Step};
use crate::storage::Store;

fn embedded(time_zone: TimeZone) -> Embedded {
    let connection = Connection::open_in_memory().expect("there is memory");
    Embedded::new(connection, DataKey::random().expect("random"), time_zone).expect("writable")
}

fn note(started_ms: u64) -> Note {
    Note {
        call_id: "a".to_owned(),
        agent_id: "agent-7".to_owned(),
        direction: Direction::Inbound,
        phone: Some("+14155550117".to_owned()),
        customer_id: None,
        started_ms,
        ended_ms: started_ms + 50_000,
        summary: Summary {
            lang: Lang::EN,
            reason: "Charged twice".to_owned(),
            actions: Vec::new(),
            promises: Vec::new(),
            risks: Vec::new(),
            keywords: Vec::new(),
            follow_ups: vec![FollowUp {
                kind: FollowUpKind::Callback,
                title: "Callback: refund".to_owned(),
                due: Some("2026-12-03".to_owned()),
                due_time: None,
                when_said: None,
            }],
            urgent: true,
            disposition: String::new(),
            reviewed_by: None,
            missed: Vec::new(),
            agent_talk_ms: 1,
            customer_talk_ms: 2,
            mood: Vec::new(),
            text: "Charged twice.".to_owned(),
        },
    }
}

#[test]
fn the_samples_hold_the_callers_of_the_sample_calls() {
    let samples = Embedded::samples();
    for number in [
        "+14155550117",
        "+14155550142",
        "+8613800138017",
        "+8613800138042",
    ] {
        let found = samples.iter().filter(|customer| customer.phone == number);
        assert_eq!(found.count(), 1, "{number}");
    }
}

#[test]
fn a_key_is_written_once_however_often_it_is_sent() {
    let crm = embedded(TimeZone::UTC);
    let note = note(1_777_890_030_000);
    let task = &note.summary.follow_ups[0];
    let mut ids = Vec::new();
    for repeated in [false, true] {
        let write = |step, what| {
            let key = &IdempotencyKey::new("a", step);
            let writing = Writing {
                key,
                repeated,
                note: &note,
                customer_id: Some("unknown to us"),
                what,
            };
            crm.write(&writing).expect("writable")
        };
        let ticket_id = &write(Step::Ticket, What::Ticket);
        let task = write(Step::Task(0), What::Task { ticket_id, task });
        let interaction = write(Step::Interaction, What::Interaction { ticket_id });
        ids.push([ticket_id.clone(), task, interaction]);
    }
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn tickets_of_an_earlier_version_get_the_column_that_they_lack() {
    let store = Store::temporary().expect("a new store");
    let (connection, _) = store.connect().expect("open");
    connection
        .execute_batch(include_str!("schema.sql"))
        .expect("its tables");
    connection
        .execute_batch("ALTER TABLE crm_tickets DROP COLUMN disposition")
        .expect("as it was");
    for _ in 0..2 {
        let (connection, key) = store.connect().expect("open");
        Embedded::new(connection, key, TimeZone::UTC).expect("its tables");
    }
    let (connection, key) = store.connect().expect("open");
    let crm = Embedded::new(connection, key, TimeZone::UTC).expect("its tables");
    let mut note = note(1_777_890_030_000);
    note.summary.disposition = "resolved".to_owned();
    let key = &IdempotencyKey::new("a", Step::Ticket);
    let writing = Writing {
        key,
        repeated: false,
        note: &note,
        customer_id: None,
        what: What::Ticket,
    };
    crm.write(&writing).expect("writable");
    let (connection, _) = store.connect().expect("open");
    let kept = "SELECT disposition FROM crm_tickets";
    let kept: String = connection
        .query_row(kept, [], |row| row.get(0))
        .expect("one ticket");
    assert_eq!(kept, "resolved");
}

#[test]
fn a_ticket_carries_the_day_that_it_was_in_the_call_centre() {
    let time_zone = TimeZone::get("America/Los_Angeles").expect("it is known");
    let crm = embedded(time_zone);
    crm.seed_samples().expect("writable");
    // 17:19 on the 27th there, 01:19 on the 28th in UTC.
    let note = note(1_795_828_740_000);
    let customer = crm
        .find("+14155550117")
        .expect("readable")
        .expect("a sample");
    let write = |step, what| {
        let writing = Writing {
            key: &IdempotencyKey::new("a", step),
            repeated: false,
            note: &note,
            customer_id: Some(&customer.customer_id),
            what,
        };
        crm.write(&writing).expect("writable")
    };
    let ticket_id = &write(Step::Ticket, What::Ticket);
    write(Step::Interaction, What::Interaction { ticket_id });
    let found = crm
        .find("+14155550117")
        .expect("readable")
        .expect("a sample");
    let ticket = found
        .open_tickets
        .iter()
        .find(|ticket| ticket.ticket_id == *ticket_id);
    assert_eq!(ticket.expect("it is open").opened, "2026-11-27");
    assert_eq!(found.last_contacts[0].day, "2026-11-27");
}
