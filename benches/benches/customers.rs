//! How soon is it known who calls, and how long is a customer looked for by name, among a million?
//!
//! Customers have one number each, one in a hundred shares it with another; all are sealed as always. `customers/number` asks for
//! numbers all over the table, while `customers/while…` does so beside somebody who looks for a name that nobody
//! has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::tz::TimeZone;
use sidetone::crm::embedded::Record;
use sidetone::crm::{Crm as _, Embedded};
use sidetone::storage::{Store, StoreConfig, connect_beside};
use sidetone_benches::timing::{micros, tell};

const CUSTOMERS: u32 = 1_000_000;
const AT_ONCE: u32 = 5_000;
const ASKED: u32 = 20_000;

fn main() {
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let config = StoreConfig {
        dir: dir.path().join("store"),
        ..StoreConfig::default()
    };
    let _store = Store::open(&config).expect("the disk works");
    let (connection, key) = connect_beside(&config).expect("the same store");
    let crm = Embedded::new(connection, key, TimeZone::UTC).expect("its tables");
    let began = Instant::now();
    for from in (0..CUSTOMERS).step_by(AT_ONCE as usize) {
        let some: Vec<(String, Record)> = (from..from + AT_ONCE).map(customer).collect();
        let some = some.iter().map(|(id, record)| (id.as_str(), record, 0));
        crm.put_customers(some)
            .expect("the disk works")
            .expect("new");
    }
    println!(
        "customers: {CUSTOMERS} are there after {:.1?}",
        began.elapsed()
    );

    let ask = |at: u32| {
        let began = Instant::now();
        let found = crm.find(&number(at.wrapping_mul(7_919) % CUSTOMERS));
        assert!(found.expect("readable").is_some());
        micros(began)
    };
    tell("customers/number", (0..ASKED).map(ask).collect());
    let began = Instant::now();
    let nobody = crm.list_customers("nobody is called this", "", 50);
    assert!(nobody.expect("readable").is_empty());
    println!(
        "customers/name: a name that nobody has, {:.1?}",
        began.elapsed()
    );
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                drop(crm.list_customers("nobody is called this", "", 50));
            }
        });
        tell(
            "customers/while somebody looks for a name",
            (0..ASKED / 10).map(ask).collect(),
        );
        done.store(true, Ordering::Relaxed);
    });
}

fn number(at: u32) -> String {
    // One in a hundred has the number of the one before.
    let at = if at % 100 == 99 { at - 1 } else { at };
    format!("+1{:010}", 2_000_000_000_u64 + u64::from(at))
}

fn customer(at: u32) -> (String, Record) {
    let record = Record {
        name: format!("Customer {at}"),
        phones: vec![number(at)],
        email: format!("customer{at}@example.com"),
        tier: "standard".to_owned(),
        ..Record::default()
    };
    (format!("C-{at:07}"), record)
}
