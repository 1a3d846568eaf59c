//! How soon do subscribers have an event of their call, and what does it cost?
//!
//! 10,000 subscribers follow 1,000 calls, ten each, which bring 1,000 events a second together:
//! finals of twelve words. Every subscriber takes its events from the bus and has their JSON, as a
//! stream of server-sent events does. Delivery counts from when an event was due, so that a bus
//! which holds up its writers is charged for it.
//!
//! Prints percentiles of delivery in ms, how many events came to all who wanted them, and what the
//! process used of the processors per second. Takes about 15 s; there is one run and no comparison
//! with earlier ones.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sidetone::event_bus::{EventBus, Subscription, new_run};
use sidetone_benches::events::final_of;
use sidetone_core::event_log::{Filter, Start};
use sidetone_types::id::{CallId, UtteranceId};
use tokio::task::JoinSet;

const CALLS: u64 = 1_000;
const SUBSCRIBERS: u64 = 10_000;
/// An event each: 1,000 a second.
const PACE: Duration = Duration::from_millis(1);
/// 10 s of events.
const EVENTS: u64 = 10_000;
/// What the engine keeps unless it is told otherwise.
const KEPT: usize = 5_000;
/// What has not come so long after the last event is given up.
const GRACE: Duration = Duration::from_secs(5);

fn call(number: u64) -> CallId {
    CallId::new(format!("call-{:04}", number % CALLS))
}

/// When an event is due. It carries its number as that of its utterance.
fn due(begin: Instant, event: u64) -> Instant {
    begin + PACE * u32::try_from(event).expect("they are few")
}

/// Follows a call to its last event. Returns how late each came.
async fn follow(mut subscription: Subscription, begin: Instant) -> Vec<Duration> {
    let wanted = usize::try_from(EVENTS / CALLS).expect("they are few");
    let mut late = Vec::with_capacity(wanted);
    let until = tokio::time::Instant::from_std(due(begin, EVENTS) + GRACE);
    while late.len() < wanted
        && let Ok(Some(page)) = tokio::time::timeout_at(until, subscription.next()).await
    {
        for event in &page.events {
            black_box(event.json());
            if let Some(UtteranceId(number)) = event.event.kind.utterance() {
                late.push(due(begin, number).elapsed());
            }
        }
    }
    late
}

/// Emits every event when it is due, whatever the subscribers do.
fn emit_all(bus: &EventBus, begin: Instant) {
    for number in 0..EVENTS {
        let event = final_of(UtteranceId(number));
        thread::sleep(due(begin, number).saturating_duration_since(Instant::now()));
        bus.emit(&call(number), &format!("agent-{}", number % CALLS), event);
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let whole = Duration::from_secs(time.tv_sec.unsigned_abs());
    whole + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

fn main() {
    // `cargo test` runs each bench once to see that it works: there 15 s are too many.
    if !std::env::args().any(|arg| arg == "--bench") {
        eprintln!("event_bus: skipped, because it is slow; `cargo bench` runs it");
        return;
    }
    let workers = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .expect("the system has threads");
    let bus = EventBus::new(new_run(), KEPT, Arc::default());
    let begin = Instant::now() + Duration::from_secs(1);
    let mut subscribers = JoinSet::new();
    for number in 0..SUBSCRIBERS {
        let own = Filter {
            call_id: Some(call(number)),
            ..Filter::default()
        };
        let subscription = bus.subscribe(Start::Now, own);
        subscribers.spawn_on(follow(subscription, begin), workers.handle());
    }
    thread::sleep(begin.saturating_duration_since(Instant::now()));
    let before = cpu_time();
    let emitter = thread::spawn({
        let bus = bus.clone();
        move || emit_all(&bus, begin)
    });
    let mut late: Vec<Duration> = workers
        .block_on(subscribers.join_all())
        .into_iter()
        .flatten()
        .collect();
    emitter.join().expect("it only emits");
    let (cpu, wall) = (cpu_time() - before, begin.elapsed());

    late.sort_unstable();
    let wanted = EVENTS / CALLS * SUBSCRIBERS;
    println!("delivered {} of {wanted} in {wall:.1?}", late.len());
    for percent in [50, 95, 99, 100] {
        let at = (late.len() * percent / 100).min(late.len().saturating_sub(1));
        let ms = late
            .get(at)
            .map_or(f64::NAN, |late| late.as_secs_f64() * 1e3);
        println!("delivery p{percent:<3} {ms:>10.2} ms");
    }
    println!(
        "processors    {:>10.3} s per second",
        cpu.as_secs_f64() / wall.as_secs_f64()
    );
}
