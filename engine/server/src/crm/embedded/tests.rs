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
        customer_unknown: false,
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
            memo: String::new(),
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

/// As the tables were before customers had several numbers.
const BEFORE: &str = "
CREATE TABLE crm_contacts (id TEXT PRIMARY KEY, phone TEXT NOT NULL UNIQUE, name ANY NOT NULL, tier TEXT NOT NULL,
    email ANY NOT NULL, preferences ANY NOT NULL) STRICT;
CREATE TABLE crm_tickets (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, contact TEXT REFERENCES crm_contacts (id),
    phone ANY, title ANY NOT NULL, body ANY NOT NULL, status TEXT NOT NULL, urgent INTEGER NOT NULL, agent TEXT NOT NULL,
    opened TEXT NOT NULL) STRICT;
CREATE TABLE crm_tasks (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, ticket INTEGER NOT NULL REFERENCES crm_tickets (id),
    kind TEXT NOT NULL, title ANY NOT NULL, due TEXT NOT NULL) STRICT;
INSERT INTO crm_tickets VALUES (1, 'a', NULL, NULL, 'Old', '', 'open', FALSE, 'agent-7', '2026-05-04');
INSERT INTO crm_tasks VALUES (1, 'a', 1, 'callback', 'Ring', '2026-05-05 15:30');
";

#[test]
fn customers_and_tickets_of_an_earlier_version_are_taken_over() {
    let store = Store::temporary().expect("a new store");
    let (connection, key) = store.connect().expect("open");
    connection.execute_batch(BEFORE).expect("its tables");
    let name = key
        .seal("crm_contacts.name", "Ann Lee".as_bytes())
        .expect("sealed");
    let insert =
        "INSERT INTO crm_contacts VALUES (?1, ?2, ?3, 'gold', '', '{\"language\":\"English\"}')";
    let found_by = key.fingerprint(b"+14155550117");
    connection
        .execute(insert, params!["C-1", found_by, name])
        .expect("kept");
    connection
        .execute(insert, params!["C-2", "+14155550142", "Bo"])
        .expect("kept");
    connection
        .execute("UPDATE crm_tickets SET contact = 'C-1'", [])
        .expect("theirs");
    for _ in 0..2 {
        let (connection, key) = store.connect().expect("open");
        let crm = Embedded::new(connection, key, TimeZone::UTC).expect("its tables");
        let ann = crm.find("+14155550117").expect("readable").expect("known");
        assert_eq!((ann.name.as_str(), ann.tier.as_str()), ("Ann Lee", "gold"));
        assert_eq!(ann.preferences["language"], "English");
        assert_eq!(ann.open_tickets[0].title, "Old");
        let bo = &crm.customers_of("+14155550142").expect("readable")[0];
        assert_eq!(bo.record.phones, ["+14155550142"]);
        let task = &crm
            .tasks(&TaskQuery {
                most: 9,
                ..TaskQuery::default()
            })
            .expect("readable")[0];
        assert_eq!(
            (task.due.as_str(), task.done_ms),
            ("2026-05-05 15:30", None)
        );
    }
    let (connection, _) = store.connect().expect("open");
    let refused = connection.execute("UPDATE crm_tickets SET contact = 'C-3'", []);
    assert!(refused.is_err(), "tickets still refer to customers");
}

fn record(name: &str, phones: &[&str]) -> Record {
    Record {
        name: name.to_owned(),
        phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        ..Record::default()
    }
}

#[test]
fn a_number_may_be_of_several_customers_and_a_customer_may_have_several() {
    let crm = embedded(TimeZone::UTC);
    let (ann, bo) = (
        record("Ann", &["+14155550101", "+14155550100"]),
        record("Bo", &["+14155550100"]),
    );
    let kept = crm.put_customers([("1", &ann, 0), ("2", &bo, 0)]);
    assert_eq!(kept.expect("writable"), Ok(vec![1, 1]));
    let home = crm.find("+14155550100").expect("readable").expect("known");
    let names: Vec<&str> = home
        .candidates
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!((names, home.name.as_str()), (vec!["Ann", "Bo"], ""));
    let own = crm.find("+14155550101").expect("readable").expect("known");
    assert_eq!((own.name.as_str(), own.candidates.len()), ("Ann", 0));

    let moved = record("Ann", &["+14155550199"]);
    let late = crm.put_customers([("1", &moved, 0)]).expect("writable");
    assert_eq!(late, Err("1".to_owned()), "it was changed meanwhile");
    let kept = crm.put_customers([("1", &moved, 1)]).expect("writable");
    assert_eq!(kept, Ok(vec![2]));
    assert_eq!(crm.find("+14155550101").expect("readable"), None);
    let home = crm.find("+14155550100").expect("readable").expect("known");
    assert_eq!(home.name, "Bo", "nobody else has it any more");
    assert!(crm.remove_customer("2").expect("writable"));
    assert!(!crm.remove_customer("2").expect("writable"));
    assert_eq!(crm.find("+14155550100").expect("readable"), None);
}

#[test]
fn customers_are_found_by_parts_of_what_is_known_of_them() {
    let crm = embedded(TimeZone::UTC);
    crm.seed_samples().expect("writable");
    let named = |text: &str| {
        let found = crm.list_customers(text, "", 50).expect("readable");
        let names = found.into_iter().map(|kept| kept.record.name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(named("whitmore"), ["Daniel Whitmore"]);
    assert_eq!(named("555-0142"), ["Maria Lopez"]);
    assert_eq!(named("lopez@"), ["Maria Lopez"]);
    assert_eq!(named("nobody"), [""; 0]);
    let all = named("").len();
    assert_eq!(all as u64, crm.count_customers().expect("readable"));
    let (first, last) = (
        crm.list_customers("", "", 2).expect("readable"),
        crm.list_customers("", "", 50).expect("readable"),
    );
    let rest = crm.list_customers("", &first[1].customer_id, 50);
    assert_eq!(rest.expect("readable").len(), last.len() - 2);
}

#[test]
fn tickets_are_closed_and_tasks_ticked_off_by_hand() {
    let crm = embedded(TimeZone::UTC);
    let note = note(1_777_890_030_000);
    let write = |step, what| {
        let key = &IdempotencyKey::new("a", step);
        let writing = Writing {
            key,
            repeated: false,
            note: &note,
            customer_id: None,
            what,
        };
        crm.write(&writing).expect("writable")
    };
    let ticket_id = &write(Step::Ticket, What::Ticket);
    let task = &note.summary.follow_ups[0];
    let task_id = &write(Step::Task(0), What::Task { ticket_id, task });
    let open = TicketQuery {
        open: true,
        most: 9,
        ..TicketQuery::default()
    };
    assert_eq!(
        crm.tickets(&open).expect("readable")[0].title,
        "Charged twice"
    );
    assert!(crm.set_status(ticket_id, "closed").expect("writable"));
    assert!(!crm.set_status("T-99", "closed").expect("writable"));
    assert!(crm.tickets(&open).expect("readable").is_empty());
    let kept = crm.ticket(ticket_id).expect("readable").expect("there");
    assert_eq!((kept.status.as_str(), kept.urgent), ("closed", true));
    let due = |day: &str| {
        let query = TaskQuery {
            due_by: Some(day.to_owned()),
            most: 9,
            ..TaskQuery::default()
        };
        crm.tasks(&query).expect("readable").len()
    };
    assert_eq!((due("2026-12-02"), due("2026-12-03")), (0, 1));
    assert!(crm.set_done(task_id, Some(7)).expect("writable"));
    assert_eq!(due("2026-12-03"), 0);
    assert!(
        !crm.set_done("T-1", Some(7)).expect("writable"),
        "no task is called so"
    );
}

#[test]
fn a_table_that_is_taken_in_twice_is_there_once_and_what_it_does_not_say_stays() {
    let crm = embedded(TimeZone::UTC);
    let import = |text: &str| {
        let rows = read_sheet(text.as_bytes(), "US").expect("a heading");
        let done = crm.import(rows, |_| ()).expect("writable");
        (done.added, done.changed, done.same, done.left_out)
    };
    let table =
        "name,phone,tier\nAnn,+14155550101,gold\nBo,+14155550100,\nCy,+14155550100,\nDee,none,\n";
    assert_eq!(import(table), (3, 0, 0, 1));
    assert_eq!(import(table), (0, 0, 3, 1));
    assert_eq!(
        import("name,phone,email\nAnn,+14155550101;+14155550102,ann@example.com\n"),
        (0, 1, 0, 0)
    );
    let ann = &crm.customers_of("+14155550102").expect("readable")[0];
    assert_eq!(
        (ann.record.tier.as_str(), ann.record.email.as_str()),
        ("gold", "ann@example.com")
    );
    assert_eq!(ann.record.phones, ["+14155550101", "+14155550102"]);
    let home = crm.find("+14155550100").expect("readable").expect("known");
    assert_eq!(home.candidates.len(), 2, "Bo and Cy");
    assert_eq!(
        import("id,name,phone\nX-1,Bo,+14155550100\n"),
        (1, 0, 0, 0),
        "an id counts"
    );
    assert_eq!(
        import("id,name,phone\nX-1,Bob,+14155550103\n"),
        (0, 1, 0, 0)
    );
}

#[test]
fn customers_are_found_by_what_they_say_of_themselves() {
    let crm = embedded(TimeZone::UTC);
    let record = |name: &str, order: &str| Record {
        name: name.to_owned(),
        preferences: [("order".to_owned(), order.to_owned())].into(),
        ..Record::default()
    };
    for (id, name, order) in [
        ("C-1001", "Daniel Whitmore", "NW-48 291"),
        ("C-1002", "王小明", "70415"),
        ("C-1003", "Daniel Whitmore", "55310"),
    ] {
        let kept = crm.put_customers([(id, &record(name, order), 0)]);
        kept.expect("writable").expect("new");
    }
    let found = |kind, text: &str| -> Vec<String> {
        let clue = Clue {
            kind,
            text: text.to_owned(),
        };
        let found = crm.look_for(&clue).expect("readable").into_iter();
        found.map(|candidate| candidate.customer_id).collect()
    };
    assert_eq!(found(ClueKind::Reference, "NW48291"), ["C-1001"]);
    assert_eq!(found(ClueKind::Reference, "C1002"), ["C-1002"]);
    assert_eq!(found(ClueKind::Reference, "48291"), [""; 0]);
    assert_eq!(
        found(ClueKind::Name, "daniel whitmore"),
        ["C-1001", "C-1003"]
    );
    assert_eq!(found(ClueKind::Name, "王小明"), ["C-1002"]);
    let moved = record("Dan Whitmore", "NW-48 292");
    crm.put_customers([("C-1001", &moved, 1)])
        .expect("writable")
        .expect("the same");
    assert_eq!(found(ClueKind::Reference, "NW48291"), [""; 0]);
    assert_eq!(found(ClueKind::Name, "daniel whitmore"), ["C-1003"]);
    let whole = crm.get("C-1002").expect("readable").expect("there");
    assert_eq!(whole.name, "王小明");
    assert_eq!(crm.get("C-9").expect("readable"), None);
}
