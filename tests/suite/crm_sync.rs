//! Customers of a CRM elsewhere are kept here: all of them, as they change, through its troubles and ours.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use serde_json::Value;
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::crm::{Crm as _, CustomerSync, Embedded, Rest, SyncPace};
use sidetone::services::Services;
use sidetone::storage::{Store, StoreConfig};
use sidetone_core::outbox::RetryConfig;
use sidetone_core::sync::Progress;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_proto::v1::streaming_analyze_request::Request;
use sidetone_tests::kit::{
    HttpCrm, Mood, Script, connect, get, rest, scripted_with, stream_from, stream_leg, told_of,
};
use tokio::sync::mpsc::unbounded_channel;
use tonic::Streaming;

const TIMEOUT: Duration = Duration::from_millis(500);
const CUSTOMERS: u64 = 450;

fn phone(id: u64) -> String {
    format!("+1415555{id:04}")
}

fn filled() -> HttpCrm {
    let crm = HttpCrm::start(true);
    for id in 1..=CUSTOMERS {
        crm.change_customer(id, Some((&format!("Customer {id}"), &phone(id))));
    }
    crm
}

fn write_description(crm: &HttpCrm, dir: &Path) -> PathBuf {
    let path = dir.join("crm.toml");
    let description = crm.description(TIMEOUT, 2) + HttpCrm::sync_description();
    std::fs::write(&path, description).expect("writable");
    path
}

/// What a live call is told of whom it is with, as soon as `is` fits.
async fn told(
    events: &mut Streaming<v1::CallEvent>,
    is: impl Fn(&v1::CustomerIdentified) -> bool,
) -> v1::CustomerIdentified {
    let found = async {
        loop {
            let event = events.message().await.expect("served").expect("it goes on");
            match event.detail {
                Some(Detail::CustomerIdentified(customer)) if is(&customer) => return customer,
                _ => {}
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(30), found).await;
    found.expect("it is told")
}

/// An engine that has read all customers.
async fn started(config: Config) -> Engine {
    let services = tokio::task::block_in_place(|| Services::open(&config));
    let services = services.expect("the description is right");
    let engine = scripted_with(services, Script::default(), config).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let metrics = get(engine.address(), "/metrics", usize::MAX).await;
        let mut lines = metrics.lines();
        let changed = lines.find(|line| line.contains("crm_synced_total{change=\"changed\"}"));
        if changed.is_some_and(|line| line.ends_with(&format!(" {CUSTOMERS}"))) {
            return engine;
        }
        assert!(Instant::now() < deadline, "never read: {changed:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A call from a customer begins.
fn begin(call_id: &str, customer: u64) -> Request {
    Request::Config(v1::StreamingAnalyzeConfig {
        config: Some(v1::CallConfig {
            call_id: call_id.to_owned(),
            caller: phone(customer),
            direction: v1::Direction::Inbound.into(),
            languages: vec!["en".to_owned()],
            ..Default::default()
        }),
        legs: vec![stream_leg(v1::Role::Customer, v1::AudioEncoding::Linear16)],
        ..Default::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_calling_is_known_while_the_crm_is_away_and_changes_there_reach_a_live_call() {
    let mut crm = filled();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut config = Config::default();
    config.store.dir = dir.path().join("store");
    config.crm.description = write_description(&crm, dir.path());
    // Once at the start, and then whenever it is told that there are changes.
    config.crm.sync_s = 86_400;
    let engine = started(config).await;
    let address = engine.address();

    crm.go_down();
    let mut events = told_of(&mut connect(address).await, "live").await;
    let (requests, asked) = unbounded_channel();
    requests.send(begin("live", 333)).expect("it is open");
    let call = tokio::spawn(stream_from(connect(address).await, asked));
    let known = told(&mut events, |_| true).await;
    assert_eq!(
        (known.name.as_str(), known.known_by.as_str()),
        ("Customer 333", "number")
    );

    crm.come_up();
    crm.change_customer(333, Some(("Ann Lee", &phone(333))));
    let (status, answer) = rest(address, "POST", "/v1/crm/changes", Value::Null).await;
    assert_eq!(status, 202, "{answer}");
    let known = told(&mut events, |customer| customer.name == "Ann Lee").await;
    assert_eq!(known.customer_id, "333");
    drop(requests);
    call.await.expect("ended");
    engine.stop().await.expect("stopped");
}

/// Changes in a second, and how many of them.
const RATE: u64 = 200;
const CHANGES: u64 = 2_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it prints how soon a change in the CRM reaches a live call"]
async fn how_soon_a_change_in_the_crm_reaches_a_live_call() {
    let crm = filled();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut config = Config::default();
    config.store.dir = dir.path().join("store");
    config.crm.description = write_description(&crm, dir.path());
    config.crm.sync_s = 86_400;
    let engine = started(config).await;
    let address = engine.address();
    let mut events = connect(address)
        .await
        .subscribe(v1::SubscribeRequest::default())
        .await
        .expect("subscribed")
        .into_inner();
    let mut calls = Vec::new();
    for customer in 1..=10 {
        let (requests, asked) = unbounded_channel();
        let call_id = format!("live-{customer}");
        requests
            .send(begin(&call_id, customer))
            .expect("it is open");
        let call = tokio::spawn(stream_from(connect(address).await, asked));
        calls.push((requests, call));
        told(&mut events, |told| told.customer_id == customer.to_string()).await;
    }
    let began = Instant::now();
    let changing = tokio::spawn(async move {
        let mut changed_at = Vec::new();
        for change in 0..CHANGES {
            let due = began + Duration::from_micros(change * 1_000_000 / RATE);
            tokio::time::sleep_until(due.into()).await;
            let customer = 1 + change % 10;
            changed_at.push(Instant::now());
            crm.change_customer(
                customer,
                Some((&format!("change {change}"), &phone(customer))),
            );
            tokio::spawn(rest(address, "POST", "/v1/crm/changes", Value::Null));
        }
        (changed_at, crm)
    });
    // A change that another one of the same customer has overtaken is told with that one.
    let mut reached: Vec<(u64, Instant)> = Vec::new();
    while reached
        .last()
        .is_none_or(|(change, _)| *change + 10 < CHANGES)
    {
        let customer = told(&mut events, |told| told.name.starts_with("change ")).await;
        let change = customer.name.trim_start_matches("change ").parse();
        reached.push((change.expect("a number"), Instant::now()));
    }
    let (changed_at, crm) = changing.await.expect("changed");
    let mut took: Vec<Duration> = Vec::new();
    for (change, at) in &reached {
        took.push(at.saturating_duration_since(changed_at[*change as usize]));
    }
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        "{CHANGES} changes at {RATE} a second, {} told (the others were overtaken): p50 {:.1} ms, p99 {:.1} ms, \
         the longest {:.1} ms, two answers of the CRM included",
        took.len(),
        at(0.5).as_secs_f64() * 1e3,
        at(0.99).as_secs_f64() * 1e3,
        at(1.0).as_secs_f64() * 1e3
    );
    for (requests, call) in calls {
        drop(requests);
        call.await.expect("ended");
    }
    drop(crm);
    engine.stop().await.expect("stopped");
}

/// Where the process that is killed finds its store and the description.
const DIR: &str = "SIDETONE_SYNC_TEST_DIR";

fn mirror(dir: &Path) -> Embedded {
    let store = Store::open(&StoreConfig {
        dir: dir.join("store"),
        ..StoreConfig::default()
    });
    let (connection, key) = store
        .expect("the last one is dead")
        .connect_to("customers.db")
        .expect("a database");
    Embedded::new(connection, key, TimeZone::UTC).expect("a mirror")
}

/// What is killed: an engine as far as the customers of its CRM go.
#[test]
#[ignore = "it is started by the crash test, to be killed"]
fn a_reader_that_will_be_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("the crash test sets it"));
    let crm = Rest::load(&dir.join("crm.toml")).expect("well formed");
    let retry = RetryConfig {
        first_ms: 1,
        longest_ms: 5,
        ..RetryConfig::default()
    };
    let pace = SyncPace {
        every: Duration::from_millis(2),
        retry,
        region: "US".to_owned(),
    };
    let reading = CustomerSync::start(Arc::new(crm), Arc::new(mirror(&dir)), pace);
    reading.look();
    std::thread::sleep(Duration::from_secs(60));
}

/// How often it is killed: `KILLS` times, 20 unless set.
fn kills() -> u32 {
    let kills = std::env::var("KILLS").ok();
    kills.map_or(20, |text| text.parse().expect("a number"))
}

#[test]
fn whoever_is_killed_while_customers_are_read_loses_none_and_has_none_twice() {
    let crm = filled();
    let mut asked = 0_u32;
    crm.set_mood(move |_| {
        asked += 1;
        match asked % 7 {
            3 => Mood::Refuses(503),
            5 => Mood::LosesAnswers,
            6 => Mood::HangsUp,
            _ => Mood::Fine,
        }
    });
    let dir = tempfile::tempdir().expect("a temporary directory");
    write_description(&crm, dir.path());
    drop(mirror(dir.path()));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..kills() {
        let mut reader = Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "crm_sync::a_reader_that_will_be_killed",
                "--ignored",
            ])
            .env(DIR, dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("this test runs once more");
        // Xorshift (Marsaglia 2003): another point each time, with changes meanwhile.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        for change in 0..10 {
            std::thread::sleep(Duration::from_millis(random % 12));
            let id = 1 + (random >> 8).wrapping_add(change * 31) % (CUSTOMERS + 20);
            match (random >> 20).wrapping_add(change).is_multiple_of(5) {
                true => crm.change_customer(id, None),
                false => {
                    let name = format!("Customer {id}, change {kill}-{change}");
                    crm.change_customer(id, Some((&name, &phone(id))));
                }
            }
        }
        reader.kill().expect("it is ours");
        reader.wait().expect("it is ours");
    }
    crm.set_mood(|_| Mood::Fine);
    let mirror = Arc::new(mirror(dir.path()));
    let over_there = crm.customers_there();
    let rest = Arc::new(Rest::load(&dir.path().join("crm.toml")).expect("well formed"));
    let pace = SyncPace {
        every: Duration::from_millis(2),
        retry: RetryConfig::default(),
        region: "US".to_owned(),
    };
    let reading = CustomerSync::start(rest, mirror.clone(), pace);
    reading.look();
    let deadline = Instant::now() + Duration::from_secs(60);
    let here = loop {
        let whole = mirror.progress().expect("readable");
        let whole = whole.and_then(|text| serde_json::from_str::<Progress>(&text).ok());
        let here = mirror.list_customers("", "", 10_000).expect("readable");
        let here: Vec<(String, String)> = here
            .into_iter()
            .map(|kept| (kept.customer_id, kept.record.name))
            .collect();
        let is_whole = whole.is_some_and(|progress| progress.is_whole());
        if is_whole && here.len() == over_there.len() || Instant::now() > deadline {
            break here;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    drop(reading);
    let mut here = here;
    here.sort();
    assert_eq!(here, over_there, "lost, doubled or old");
    for (id, _) in here.iter().take(20) {
        let number = phone(id.parse().expect("a number"));
        let found = mirror.find(&number).expect("readable").expect("there");
        assert_eq!(&found.customer_id, id);
    }
    println!(
        "{} kills, {} customers: none lost, none twice",
        kills(),
        here.len()
    );
}
