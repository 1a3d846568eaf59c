//! The list of calls that are over, where SQLite keeps them: what is erased, broken, old or many.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use rusqlite::params;

use super::past_calls::LOOKED_THROUGH;
use super::*;
use crate::storage::samples::{event, hand_over_call, place_call, started, summary};
use crate::storage::{CallsPage, CallsQuery, PageSize};

fn config(dir: &tempfile::TempDir) -> StoreConfig {
    StoreConfig {
        dir: dir.path().to_owned(),
        spill_dir: dir.path().to_owned(),
        keep_days: 0,
        ..StoreConfig::default()
    }
}

fn execute(dir: &tempfile::TempDir, sql: &str) {
    let connection = Connection::open(dir.path().join("sidetone.db")).expect("there");
    connection.execute_batch(sql).expect("its tables");
}

fn of(agent: &str) -> CallsQuery {
    CallsQuery {
        agents: Some(BTreeSet::from([agent.to_owned()])),
        ..CallsQuery::default()
    }
}

fn listed(reader: &Reader, query: &CallsQuery) -> CallsPage {
    reader.calls(query).expect("readable")
}

#[test]
fn a_call_that_was_erased_is_in_no_list() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    for call in ["theirs", "kept"] {
        place_call(&store, call, Duration::ZERO);
    }
    let mut persons = Persons::open(&config(&dir)).expect("the same store");
    persons.erase("theirs").expect("it is over");
    for query in [CallsQuery::default(), of("agent-7")] {
        let calls = listed(store.reader(), &query).calls;
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].call_id, "kept");
    }
}

#[test]
fn choices_go_with_the_person_whose_number_it_is_or_who_was_chosen() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    let choices = store.choices().expect("a place");
    let (theirs, another) = ("+14155550117", "+14155550118");
    for (phone, customer) in [(theirs, "C-1"), (another, "C-2"), (another, "C-17")] {
        choices.learn(phone, customer).expect("writable");
    }
    let mut persons = Persons::open(&config(&dir)).expect("the same store");
    for (phone, given) in [(Some(theirs), theirs), (None, "C-17")] {
        let person = Person {
            phone: phone.map(str::to_owned),
            given: given.to_owned(),
        };
        assert_eq!(persons.forget_choices(&person).expect("writable"), 1);
    }
    assert_eq!(choices.chosen(theirs).expect("readable"), [""; 0]);
    assert_eq!(choices.chosen(another).expect("readable"), ["C-2"]);
}

#[test]
fn a_call_that_cannot_be_read_is_listed_with_what_lies_in_clear() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    place_call(&store, "broken", Duration::from_secs(60));
    place_call(&store, "whole", Duration::from_secs(120));
    execute(&dir, "DELETE FROM data_keys WHERE name = 'call/broken'");
    let page = listed(store.reader(), &CallsQuery::default());
    let [broken, whole] = &page.calls[..] else {
        panic!("two calls");
    };
    assert_eq!(
        (broken.agent_id.as_str(), broken.caller.as_str()),
        ("agent-7", "")
    );
    assert!(broken.unreadable > 0 && broken.reason.is_empty());
    assert_eq!((whole.unreadable, &whole.reason), (0, &summary().reason));
}

#[test]
fn calls_of_a_store_from_before_there_were_lists_are_those_of_their_last_agent() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    place_call(&store, "a", Duration::ZERO);
    drop(store);
    execute(
        &dir,
        "DROP TABLE knowledge_versions; DROP TABLE call_agents; DROP INDEX alerts_by_call; DROP INDEX calls_by_age;
         CREATE INDEX calls_by_age ON calls (opened_ms);
         ALTER TABLE outbox DROP COLUMN taken; ALTER TABLE outbox DROP COLUMN revision;
         DROP TABLE friction; DROP TABLE choices; DROP TABLE board_hours; DROP TABLE board_thresholds;
         PRAGMA user_version = 5",
    );
    let store = Store::open(&config(&dir)).expect("brought up to date");
    let calls = listed(store.reader(), &of("agent-7")).calls;
    assert_eq!(calls[0].agents, ["agent-7"]);
    assert!(listed(store.reader(), &of("agent-8")).calls.is_empty());
}

#[test]
fn a_list_in_which_little_fits_is_told_as_far_as_it_was_looked_through() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    place_call(&store, "oldest", Duration::from_secs(9_000));
    let connection = Connection::open(dir.path().join("sidetone.db")).expect("there");
    connection
        .execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
             INSERT INTO calls (id, agent, opened_ms, ended_ms, closed_ms, direction)
             SELECT 'other-' || n, '', ?2 + n, 1, 1, 'outbound' FROM numbers",
            params![LOOKED_THROUGH as i64, now_ms()],
        )
        .expect("its tables");
    let inbound = |before| CallsQuery {
        direction: Some(sidetone_types::party::Direction::Inbound),
        before,
        ..CallsQuery::default()
    };
    let first = listed(store.reader(), &inbound(None));
    assert!(
        first.calls.is_empty(),
        "all of those that were looked at went out"
    );
    assert!(first.next.is_some(), "and there are more");
    let second = listed(store.reader(), &inbound(first.next));
    assert_eq!(second.calls[0].call_id, "oldest");
    assert_eq!(second.next, None);
    // Those of an agent are found without looking through those of others.
    let own = listed(store.reader(), &of("agent-7"));
    assert_eq!((own.calls.len(), own.next), (1, None));
}

#[test]
fn calls_of_a_team_are_in_one_order_whoever_had_them() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    let mut expected = Vec::new();
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_777_766_400);
    for at in 0..400_u64 {
        let call = format!("call-{at:03}");
        let agent = format!("agent-{}", at * at % 7);
        let told = |kind| EventRecord {
            agent_id: agent.clone(),
            ..event(&call, began + Duration::from_secs(at / 2), kind)
        };
        store.record(&told(started()));
        store.close_call(&told(EventKind::Summary(summary())), None);
        if ["agent-0", "agent-1", "agent-2"].contains(&agent.as_str()) {
            expected.insert(0, call);
        }
    }
    store.settle().wait().expect("the disk takes it");
    let team = ["agent-0", "agent-1", "agent-2", "agent-9"];
    let mut query = CallsQuery {
        agents: Some(team.map(str::to_owned).into()),
        size: PageSize::of(30).expect("possible"),
        ..CallsQuery::default()
    };
    let mut found = Vec::new();
    loop {
        let page = listed(store.reader(), &query);
        found.extend(page.calls.into_iter().map(|call| call.call_id));
        query.before = page.next;
        if query.before.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn lists_and_alerts_are_looked_up_in_an_index() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&config(&dir)).expect("a new store");
    drop(hand_over_call(&store, "a", Duration::ZERO));
    let connection = Connection::open(dir.path().join("sidetone.db")).expect("there");
    for (sql, index) in [
        (
            candidates::OF_ALL,
            "COVERING INDEX calls_by_age (opened_ms>? AND (opened_ms,id)<(?,?))",
        ),
        (
            candidates::OF_AGENT,
            "PRIMARY KEY (agent=? AND opened_ms>? AND (opened_ms,call)<(?,?))",
        ),
        (past_calls::ALERTS, "INDEX alerts_by_call (call=?)"),
        (
            past_calls::AGENTS,
            "COVERING INDEX call_agents_by_call (call=?)",
        ),
    ] {
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .expect("its tables");
        let values = vec![1; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(values), |row| row.get(3));
        let steps: Vec<String> = steps
            .expect("a plan")
            .collect::<Result<_, _>>()
            .expect("text");
        assert!(steps.len() == 1 && steps[0].contains(index), "{steps:?}");
    }
}
