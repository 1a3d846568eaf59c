//! Do calls that go on notice that the keys of ten thousand kept ones are wrapped anew?
//!
//! Eight calls tell a final each second and wait until it is safe on the disk, as a call's end does. That is
//! timed in two stretches: one in which nothing else goes on, and one in which master keys are rotated again
//! and again, as `sidetone keys rotate` does it beside an engine. In the end every call is read, by an old key
//! or a new one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use sidetone::storage::{KeyRoom, Store, StoreConfig};
use sidetone_benches::events::final_of;
use sidetone_benches::timing::{micros, tell};
use sidetone_tests::kit::{close_call, note};
use sidetone_types::event::{CallStarted, Event, EventId, EventKind, EventRecord};
use sidetone_types::id::{CallId, UtteranceId};
use sidetone_types::party::Direction;
use sidetone_types::time::MediaTime;

const KEPT: usize = 10_000;
const LIVE: usize = 8;
const STRETCH: Duration = Duration::from_secs(20);

fn main() {
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let config = StoreConfig {
        dir: dir.path().join("store"),
        spill_dir: dir.path().join("spill"),
        ..StoreConfig::default()
    };
    let store = Store::open(&config).expect("the disk works");
    for at in 0..KEPT {
        let closed = close_call(&store, &note(&format!("kept-{at}")));
        if at % 500 == 499 {
            closed.wait().expect("the disk takes it");
        }
    }
    for at in 0..LIVE {
        store.record(&record(at, started()));
    }
    let mut utterances = 0;
    tell("rotation/none", stretch(&store, &mut utterances, |_| ()));
    let (mut rotations, mut wrapped, mut took) = (0, 0, Duration::ZERO);
    let during = stretch(&store, &mut utterances, |over| {
        let mut room = KeyRoom::open(&config).expect("the store is there");
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            room.lead().expect("its file is ours");
            while let Some(keys) = room.rewrap().expect("the disk works") {
                wrapped += keys;
            }
            took += began.elapsed();
            rotations += 1;
        }
    });
    tell("rotation/goes on", during);
    println!(
        "rotation: {rotations} rotations, {wrapped} keys wrapped anew, {:.2?} each",
        took / rotations.max(1)
    );
    store.close().expect("the disk takes it");
    drop(store);

    // Whoever starts now has all keys.
    let store = Store::open(&config).expect("the disk works");
    let calls = (0..KEPT).map(|at| format!("kept-{at}"));
    let calls = calls.chain((0..LIVE).map(|at| format!("live-{at}")));
    let read = calls.filter(|id| matches!(store.reader().call(id), Ok(Some(_))));
    let health = store.health();
    println!(
        "rotation: {} of {} calls are read after it, {} changes failed, {} lost",
        read.count(),
        KEPT + LIVE,
        health.failed,
        health.lost
    );
}

/// How long the finals of all live calls take to be safe, in µs, while `beside` goes on.
fn stretch(
    store: &Store,
    utterances: &mut u64,
    beside: impl FnOnce(&AtomicBool) + Send,
) -> Vec<f64> {
    let over = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| beside(&over));
        let mut costs = Vec::new();
        while began.elapsed() < STRETCH {
            *utterances += 1;
            for live in 0..LIVE {
                let told = Instant::now();
                store.record(&record(live, final_of(UtteranceId(*utterances)).kind));
                store.settle().wait().expect("the disk takes it");
                costs.push(micros(told));
                std::thread::sleep(Duration::from_secs(1) / LIVE as u32);
            }
        }
        over.store(true, Ordering::Relaxed);
        other.join().expect("it does not panic");
        costs
    })
}

fn record(live: usize, kind: EventKind) -> EventRecord {
    EventRecord {
        id: EventId::default(),
        call_id: CallId::new(format!("live-{live}")),
        agent_id: "agent-7".to_owned(),
        wall_time: SystemTime::now(),
        event: Event::of_the_call(MediaTime::ZERO, MediaTime::ZERO, kind),
    }
}

fn started() -> EventKind {
    EventKind::CallStarted(CallStarted {
        caller: Default::default(),
        callee: Default::default(),
        direction: Direction::Inbound,
        legs: Vec::new(),
        parties: Vec::new(),
        languages: Vec::new(),
        metadata: Default::default(),
    })
}
