//! A CRM that is away, in trouble or forgetful for a while gets everything once it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sidetone::crm::{Crm, Rest};
use sidetone::delivery::{Delivery, Tell};
use sidetone::records::NoteState;
use sidetone::storage::Store;
use sidetone_core::outbox::RetryConfig;
use sidetone_tests::kit::{HttpCrm, Mood, close_call, note};

/// Longer than an answer over loopback takes, on the busiest machine.
const TIMEOUT: Duration = Duration::from_millis(400);

/// So many calls end while the CRM is in trouble.
const CALLS: usize = 60;

fn crm(http: &HttpCrm) -> Arc<dyn Crm> {
    let text = http.description(TIMEOUT, 4);
    Arc::new(Rest::parse("test.toml".as_ref(), &text, |_| None).expect("well formed"))
}

fn deliver(store: &Store, http: &HttpCrm) -> Delivery {
    let retry = RetryConfig {
        first_ms: 20,
        longest_ms: 200,
        ..RetryConfig::default()
    };
    let nobody: Tell = Arc::new(|_, _| {});
    let outbox = store.outbox().expect("open");
    Delivery::start(outbox, crm(http), retry, nobody).expect("readable")
}

fn close_calls(store: &Store) {
    for i in 0..CALLS {
        close_call(store, &note(&format!("call-{i}")))
            .wait()
            .expect("the disk takes it");
    }
}

fn wait_for_all(store: &Store) {
    let outbox = store.outbox().expect("open");
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let counts = outbox.counts().expect("readable");
        assert_eq!(counts.dead, 0, "nothing is given up");
        if counts.delivered == CALLS as u64 {
            return;
        }
        assert!(Instant::now() < until, "{counts:?}");
        std::thread::yield_now();
    }
}

/// Prints and checks what has become of all calls: a ticket, two tasks and an interaction each.
fn check(case: &str, http: &HttpCrm) {
    for (kind, each) in [("tickets", 1), ("tasks", 2), ("interactions", 1)] {
        let written = http.written(kind);
        let lost = (CALLS * each).saturating_sub(written.len());
        let doubled = written.values().filter(|times| **times > 1).count();
        println!(
            "{case}: {kind}: {} written, {lost} lost, {doubled} doubled",
            written.len()
        );
        assert_eq!((lost, doubled), (0, 0), "{case}: {kind}");
        assert_eq!(written.len(), CALLS * each, "{case}: {kind}");
    }
}

#[test]
fn every_note_arrives_once_whatever_was_wrong_with_the_crm() {
    for (case, mood) in [
        ("errors", Mood::Refuses(500)),
        ("a gateway without a CRM", Mood::Refuses(502)),
        ("an expired secret", Mood::Refuses(401)),
        ("no answers", Mood::Hangs(2 * TIMEOUT)),
        ("lost answers", Mood::LosesAnswers),
        ("cut connections", Mood::HangsUp),
    ] {
        for (keys, knows_keys) in [("knows keys", true), ("is asked", false)] {
            let case = format!("{case}, CRM {keys}");
            let http = HttpCrm::start(knows_keys);
            let asked = AtomicUsize::new(0);
            // The first 12 requests go wrong, then every third of the next 60.
            http.set_mood(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
                0..12 => mood,
                n if n < 72 && n % 3 == 0 => mood,
                _ => Mood::Fine,
            });
            let store = Store::temporary().expect("a new store");
            let delivery = deliver(&store, &http);
            close_calls(&store);
            wait_for_all(&store);
            delivery.stop();
            check(&case, &http);
        }
    }
}

#[test]
fn a_crm_that_was_down_for_several_tries_gets_everything_once_it_is_back() {
    let mut http = HttpCrm::start(true);
    http.go_down();
    let store = Store::temporary().expect("a new store");
    let delivery = deliver(&store, &http);
    close_calls(&store);
    let outbox = store.outbox().expect("open");
    let until = Instant::now() + Duration::from_secs(60);
    let waiting = loop {
        let waiting = outbox.list(NoteState::Waiting, 1_000).expect("readable");
        let tries: u32 = waiting.iter().map(|entry| entry.attempts).sum();
        if tries >= 8 && waiting.len() == CALLS {
            break waiting;
        }
        assert!(Instant::now() < until, "{tries} tries");
        std::thread::yield_now();
    };
    assert_eq!(waiting.len(), CALLS);
    http.come_up();
    wait_for_all(&store);
    delivery.stop();
    check("down", &http);
}

#[test]
fn a_crm_that_asks_for_a_pause_gets_it() {
    let http = HttpCrm::start(true);
    let asked = AtomicUsize::new(0);
    http.set_mood(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Mood::Busy(2),
        _ => Mood::Fine,
    });
    let store = Store::temporary().expect("a new store");
    let delivery = deliver(&store, &http);
    close_call(&store, &note("call-0"))
        .wait()
        .expect("the disk takes it");
    for i in 1..CALLS {
        close_call(&store, &note(&format!("call-{i}")))
            .wait()
            .expect("the disk takes it");
    }
    wait_for_all(&store);
    delivery.stop();
    check("busy", &http);
    let requests = http.requests();
    let first = requests[0].0;
    let early = requests[1..]
        .iter()
        .filter(|(at, _)| *at - first < Duration::from_secs(2));
    // Those of the other threads were on their way already.
    let early = early.count();
    println!("busy: {early} requests within the 2 s that were asked for");
    assert!(early <= 3, "{early}");
}
