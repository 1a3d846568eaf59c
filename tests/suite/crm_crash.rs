//! The engine's process is killed between the end of a call and the CRM, again and again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sidetone::crm::Rest;
use sidetone::delivery::{Delivery, Tell};
use sidetone::storage::{Store, StoreConfig, open_outbox};
use sidetone_core::outbox::RetryConfig;
use sidetone_tests::kit::{HttpCrm, Mood, close_call, note};

const CALLS: usize = 120;

/// Where the process that is killed finds its store and its CRM.
const DIR: &str = "SIDETONE_CRASH_TEST_DIR";

const TIMEOUT: Duration = Duration::from_millis(300);

fn config(dir: &Path) -> StoreConfig {
    StoreConfig {
        dir: dir.join("store"),
        ..StoreConfig::default()
    }
}

/// What is killed: an engine as far as store and CRM go. Closes the calls that were not closed yet
/// and says so of each once it is safe; delivers; ends when there is nothing left to do.
#[test]
#[ignore = "it is started by the crash tests, to be killed"]
fn an_engine_that_will_be_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("the crash tests set it"));
    let store = Store::open(&config(&dir)).expect("the last one is dead");
    let crm = Rest::load(&dir.join("crm.toml")).expect("well formed");
    let retry = RetryConfig {
        first_ms: 5,
        longest_ms: 50,
        ..RetryConfig::default()
    };
    let nobody: Tell = Arc::new(|_, _| {});
    let outbox = store.outbox().expect("open");
    let delivery = Delivery::start(outbox, Arc::new(crm), retry, nobody).expect("readable");
    let outbox = store.outbox().expect("open");
    for i in 0..CALLS {
        let id = format!("call-{i}");
        let closed = outbox.of_call(&id).expect("readable").is_some();
        if !closed {
            close_call(&store, &note(&id))
                .wait()
                .expect("the disk takes it");
            println!("safe {id}");
        }
    }
    while outbox.counts().expect("readable").delivered < CALLS as u64 {
        std::thread::sleep(Duration::from_millis(5));
    }
    delivery.stop();
    println!("all done");
}

/// Starts the engine, kills it after `time`, and adds the calls it said were safe to `safe`. `true`
/// if it came to its end before.
fn run(dir: &Path, time: Duration, safe: &mut BTreeSet<String>) -> bool {
    let mut engine = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "crm_crash::an_engine_that_will_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this test runs once more");
    let out = BufReader::new(engine.stdout.take().expect("piped"));
    let reading = std::thread::spawn(move || out.lines().map_while(Result::ok).collect::<Vec<_>>());
    let until = Instant::now() + time;
    let mut ended = None;
    while ended.is_none() && Instant::now() < until {
        ended = engine.try_wait().expect("it is ours");
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL: it gets no chance to tidy up.
    engine.kill().expect("it is ours");
    engine.wait().expect("it is ours");
    let lines = reading.join().expect("it only reads");
    if let Some(status) = ended {
        assert!(status.success(), "the engine failed: {lines:?}");
    }
    let event = lines.iter().filter_map(|line| line.split_once("safe "));
    safe.extend(event.map(|(_, id)| id.to_owned()));
    ended.is_some()
}

fn crash(case: &str, knows_keys: bool, mood: impl FnMut(&str) -> Mood + Send + 'static) {
    let http = HttpCrm::start(knows_keys);
    http.set_mood(mood);
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("crm.toml"), http.description(TIMEOUT, 3)).expect("writable");
    let mut safe = BTreeSet::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut kills = 0;
    loop {
        // Xorshift (Marsaglia 2003): another point each time.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // After some kills it may finish, or a slow machine never would.
        let time = match kills {
            0..25 => Duration::from_millis(15 + random % 150),
            _ => Duration::from_secs(120),
        };
        if run(dir.path(), time, &mut safe) {
            break;
        }
        kills += 1;
        assert!(kills < 30, "it comes to an end");
    }
    let counts = open_outbox(&config(dir.path()))
        .expect("there")
        .counts()
        .expect("readable");
    assert_eq!(counts.delivered, CALLS as u64);
    for (kind, each) in [("tickets", 1), ("tasks", 2), ("interactions", 1)] {
        let written = http.written(kind);
        let lost = (CALLS * each).saturating_sub(written.len());
        let doubled = written.values().filter(|times| **times > 1).count();
        println!(
            "{case}: {kills} kills, {} calls safe: {kind}: {} written, {lost} lost, {doubled} doubled",
            safe.len(),
            written.len()
        );
        assert_eq!((lost, doubled), (0, 0), "{case}: {kind}");
        for id in &safe {
            assert!(
                written.keys().any(|key| key.starts_with(&format!("{id}/"))),
                "{id}"
            );
        }
    }
    assert!(kills > 0, "it was killed at least once");
}

#[test]
fn nothing_is_lost_or_doubled_where_the_crm_knows_our_keys() {
    crash("keys", true, |_| Mood::Fine);
}

#[test]
fn nothing_is_lost_or_doubled_where_the_crm_is_asked_for_them() {
    crash("look-up", false, |_| Mood::Fine);
}

#[test]
fn nothing_is_lost_or_doubled_where_answers_are_lost_as_well() {
    let mut asked = 0;
    crash("look-up, lost answers", false, move |_| {
        asked += 1;
        match asked % 7 {
            3 => Mood::LosesAnswers,
            5 => Mood::Refuses(500),
            _ => Mood::Fine,
        }
    });
}
