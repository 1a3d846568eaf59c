use std::time::Duration;

use super::*;
use crate::finals::finalise;
use sidetone_types::event::{CallEnded, EndReason, Partial};
use sidetone_types::lang::Lang;
use sidetone_types::time::MediaTime;

fn event(kind: EventKind) -> Event {
    Event {
        party: Default::default(),
        role: None,
        start: MediaTime::ZERO,
        end: MediaTime::ZERO,
        latency: None,
        kind,
    }
}

fn partial(utterance: u64) -> Event {
    event(EventKind::Partial(Partial {
        utterance: UtteranceId(utterance),
        text: String::new(),
        confirmed: String::new(),
        tail: String::new(),
        stability: 0.0,
        lang: Lang::EN,
    }))
}

fn done(utterance: u64) -> Event {
    event(EventKind::Final(finalise(
        UtteranceId(utterance),
        Lang::EN,
        1.0,
        Vec::new(),
    )))
}

fn append(log: &mut EventLog, call: &str, event: Event) {
    log.append(&CallId::new(call), "ann", SystemTime::UNIX_EPOCH, event);
}

fn log(capacity: usize) -> EventLog {
    EventLog::new(run(2), capacity)
}

fn run(n: u64) -> RunId {
    RunId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(n), 0)
}

fn of_call(id: &str) -> Filter {
    Filter {
        call_id: Some(CallId::new(id)),
        ..Filter::default()
    }
}

fn seqs(page: &Page) -> Vec<u64> {
    page.events.iter().map(|event| event.id.seq).collect()
}

#[test]
fn a_reader_in_time_gets_everything() {
    let mut log = log(10);
    let mut cursor = log.cursor(Start::Now, Filter::default());
    for (i, event) in [partial(1), partial(1), done(1)].into_iter().enumerate() {
        append(&mut log, "c", event);
        let page = log.read(&mut cursor, 100);
        assert_eq!(seqs(&page), [i as u64 + 1]);
        assert_eq!(page.lagged, Lagged::default());
    }
}

#[test]
fn a_slow_reader_loses_outdated_partials_first_and_is_told() {
    let mut log = log(10);
    let mut cursor = log.cursor(Start::Now, Filter::default());
    for event in [partial(1), partial(1), done(1), partial(2), partial(2)] {
        append(&mut log, "c", event);
    }
    let page = log.read(&mut cursor, 100);
    assert_eq!(seqs(&page), [3, 5]);
    assert_eq!(
        page.lagged,
        Lagged {
            partials_skipped: 3,
            ..Lagged::default()
        }
    );
}

#[test]
fn what_has_left_the_log_is_counted() {
    let mut log = log(3);
    let mut cursor = log.cursor(Start::Now, Filter::default());
    for utterance in 1..=5 {
        append(&mut log, "c", done(utterance));
    }
    let page = log.read(&mut cursor, 100);
    assert_eq!(seqs(&page), [3, 4, 5]);
    assert_eq!(page.lagged.events_missed, 2);
    assert!(log.read(&mut cursor, 100).events.is_empty());
}

#[test]
fn a_reader_resumes_where_it_was_and_history_holds_no_partials() {
    let mut log = log(10);
    for event in [partial(1), done(1), partial(2), done(2)] {
        append(&mut log, "c", event);
    }
    let mut cursor = log.cursor(Start::AfterSeq(2), Filter::default());
    let page = log.read(&mut cursor, 100);
    assert_eq!((seqs(&page), page.lagged), (vec![4], Lagged::default()));
}

#[test]
fn a_reader_of_an_earlier_run_gets_all_of_this_one_and_is_told() {
    let mut log = log(10);
    for utterance in 1..=3 {
        append(&mut log, "c", done(utterance));
    }
    let earlier = EventId {
        run: run(1),
        seq: 2,
    };
    for start in [Start::After(earlier), Start::AfterSeq(99)] {
        for filter in [Filter::default(), of_call("c")] {
            let mut cursor = log.cursor(start, filter);
            let page = log.read(&mut cursor, 100);
            assert_eq!(seqs(&page), [1, 2, 3], "{start:?}");
            assert!(page.lagged.earlier_run);
            assert!(log.read(&mut cursor, 100).is_empty(), "told once");
        }
    }
    let of_this_run = EventId {
        run: run(2),
        seq: 2,
    };
    let mut cursor = log.cursor(Start::After(of_this_run), Filter::default());
    let page = log.read(&mut cursor, 100);
    assert_eq!((seqs(&page), page.lagged), (vec![3], Lagged::default()));
}

#[test]
fn a_reader_of_a_quiet_call_misses_nothing_while_others_are_busy() {
    let mut log = log(3);
    append(&mut log, "quiet", done(1));
    let mut cursor = log.cursor(Start::Now, of_call("quiet"));
    for utterance in 1..=10 {
        append(&mut log, "busy", done(utterance));
    }
    append(&mut log, "quiet", done(2));
    let page = log.read(&mut cursor, 100);
    assert_eq!((seqs(&page), page.lagged), (vec![12], Lagged::default()));

    // Its own events that left before it came are counted, and no others.
    append(&mut log, "quiet", done(3));
    for utterance in 11..=14 {
        append(&mut log, "busy", done(utterance));
    }
    append(&mut log, "quiet", done(4));
    let page = log.read(&mut cursor, 100);
    assert_eq!((seqs(&page), page.lagged.events_missed), (vec![18], 1));
}

#[test]
fn a_reader_that_resumes_after_what_has_left_the_log_is_told_how_much_at_most() {
    let mut log = log(3);
    for utterance in 1..=6 {
        append(&mut log, "c", done(utterance));
    }
    for (filter, after, expected, missed) in [
        (Filter::default(), 1, vec![4, 5, 6], 2),
        (of_call("c"), 1, vec![4, 5, 6], 2),
        (of_call("c"), 3, vec![4, 5, 6], 0),
        (of_call("c"), 4, vec![5, 6], 0),
        (of_call("gone"), 1, vec![], 2),
    ] {
        let mut cursor = log.cursor(Start::AfterSeq(after), filter);
        let page = log.read(&mut cursor, 100);
        assert_eq!(
            (seqs(&page), page.lagged.events_missed),
            (expected, missed),
            "after {after}"
        );
    }
}

#[test]
fn a_reader_of_few_events_looks_at_a_bounded_number_at_once() {
    let mut log = log(1_000);
    for _ in 0..100 {
        append(&mut log, "c", partial(1));
    }
    append(&mut log, "c", done(1));
    let finals = Filter {
        finals_only: true,
        ..Filter::default()
    };
    let mut cursor = log.cursor(Start::AfterSeq(0), finals);
    let mut pages = 0;
    let page = loop {
        let page = log.read(&mut cursor, 1);
        pages += 1;
        if !page.more {
            break page;
        }
        assert!(page.events.is_empty());
    };
    assert_eq!(seqs(&page), [101]);
    assert_eq!(pages, 101_usize.div_ceil(SCANNED_PER_EVENT));
}

#[test]
fn calls_and_agents_that_nobody_reads_leave_the_index_with_their_events() {
    let mut log = log(2);
    let cursor = log.cursor(Start::Now, of_call("read"));
    for call in ["a", "b", "read", "d", "e"] {
        append(&mut log, call, done(1));
    }
    let mut calls: Vec<&str> = log.calls.keys().map(CallId::as_str).collect();
    calls.sort_unstable();
    assert_eq!(calls, ["d", "e", "read"]);
    log.release(&cursor);
    assert_eq!(log.calls.len(), 2);
    assert_eq!(log.agents.len(), 1);
}

#[test]
fn filters_choose_calls_agents_and_finals() {
    let mut log = log(10);
    append(&mut log, "a", done(1));
    append(&mut log, "b", done(1));
    append(&mut log, "b", partial(2));
    for (filter, expected) in [
        (
            Filter {
                call_id: Some(CallId::new("a")),
                ..Filter::default()
            },
            vec![1],
        ),
        (
            Filter {
                agent_id: Some("ann".into()),
                ..Filter::default()
            },
            vec![1, 2, 3],
        ),
        (
            Filter {
                agent_id: Some("bob".into()),
                ..Filter::default()
            },
            vec![],
        ),
        (
            Filter {
                finals_only: true,
                ..Filter::default()
            },
            vec![1, 2],
        ),
    ] {
        let mut cursor = log.cursor(Start::AfterSeq(0), filter.clone());
        assert_eq!(seqs(&log.read(&mut cursor, 100)), expected, "{filter:?}");
    }
}

#[test]
fn pages_are_bounded_and_ended_calls_leave_nothing_behind() {
    let mut log = log(100);
    let mut cursor = log.cursor(Start::Now, Filter::default());
    append(&mut log, "c", partial(1));
    append(&mut log, "c", done(2));
    append(
        &mut log,
        "c",
        event(EventKind::CallEnded(CallEnded {
            reason: EndReason::Closed,
            legs: Vec::new(),
        })),
    );
    assert!(log.newest.is_empty());
    assert_eq!(seqs(&log.read(&mut cursor, 1)), [2]);
    assert_eq!(seqs(&log.read(&mut cursor, 1)), [3]);
}
