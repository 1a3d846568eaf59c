//! What does it take to tell an event to everybody who listens?
//!
//! `time` is for one event of a hundred busy calls: it is appended to the log, and every reader
//! reads it. `all` readers want every event; those of `own_call` one call each, as agents' screens
//! do, and pass over the rest. `thrpt` counts readers served per second.

use std::time::{Duration, SystemTime};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sidetone_benches::events::telling;
use sidetone_core::event_log::{Cursor, EventLog, Filter, Start};
use sidetone_types::event::{Event, RunId};
use sidetone_types::id::CallId;

/// Calls that go on at the same time.
const CALLS: usize = 100;
/// Events the engine keeps unless it is told otherwise.
const KEPT: usize = 20_000;
/// Events a subscriber reads at once.
const PAGE: usize = 64;

fn append(log: &mut EventLog, (call_id, event): (CallId, Event)) {
    log.append(&call_id, "agent-7", SystemTime::UNIX_EPOCH, event);
}

/// A log that has run for a while, and events to go on with.
fn running(events: &[(CallId, Event)]) -> (EventLog, impl Iterator<Item = (CallId, Event)>) {
    let mut log = EventLog::new(RunId::NONE, KEPT);
    let mut next = events.iter().cycle().cloned();
    next.by_ref()
        .take(KEPT)
        .for_each(|event| append(&mut log, event));
    (log, next)
}

fn of_all(_: usize) -> Filter {
    Filter::default()
}

fn of_own_call(reader: usize) -> Filter {
    Filter {
        call_id: Some(CallId::new(format!("call-{:04}", reader % CALLS))),
        ..Filter::default()
    }
}

fn bench(c: &mut Criterion) {
    let events = telling(CALLS);
    let mut group = c.benchmark_group("events");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));

    group.bench_function("append", |b| {
        let (mut log, mut next) = running(&events);
        b.iter_batched(
            || next.next().expect("they go round"),
            |event| append(&mut log, event),
            BatchSize::SmallInput,
        );
    });

    let filters = [
        ("all", of_all as fn(usize) -> Filter),
        ("own_call", of_own_call),
    ];
    for (name, filter) in filters {
        for readers in [1, 100, 1_000] {
            group.throughput(Throughput::Elements(readers as u64));
            group.bench_function(BenchmarkId::new(name, readers), |b| {
                let (mut log, mut next) = running(&events);
                let mut cursors: Vec<Cursor> = (0..readers)
                    .map(|reader| log.cursor(Start::Now, filter(reader)))
                    .collect();
                b.iter_batched(
                    || next.next().expect("they go round"),
                    |event| {
                        append(&mut log, event);
                        cursors
                            .iter_mut()
                            .map(|cursor| log.read(cursor, PAGE).events.len())
                            .sum::<usize>()
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
