//! How fast is what was said in ten thousand calls searched?
//!
//! It prints four figures rather than Criterion's, because building is done once and the slowest
//! searches matter: `build` for indexing and committing all lines, `size` of the archive on disk,
//! and `search`, the time of one page of 50, as p50 and p95 over questions of all kinds, none asked
//! twice.

use std::fs;
use std::time::{Duration, Instant};

use sidetone_benches::calls::{LINES_PER_CALL, lines, questions};
use sidetone_kb::archive::Archive;

const CALLS: u64 = 10_000;
/// Calls that are committed together.
const BATCH: u64 = 100;
const QUESTIONS: u64 = 1_000;

fn main() {
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let archive = Archive::open(dir.path()).expect("the folder is new");
    let mut writer = archive.writer().expect("nobody else writes");

    let begun = Instant::now();
    for call in 0..CALLS {
        let (said, alerts) = lines(call);
        writer.add(&said).expect("the disk works");
        let call_id = &said[0].call_id;
        writer.add_alerts(call_id, &alerts).expect("the disk works");
        if (call + 1) % BATCH == 0 {
            writer.commit(call + 1).expect("the disk works");
        }
    }
    let built = begun.elapsed();
    drop(writer);
    archive.look_again().expect("the disk works");

    let files = fs::read_dir(dir.path()).expect("the folder is there");
    let bytes: u64 = files
        .map(|file| {
            file.and_then(|file| file.metadata())
                .map_or(0, |about| about.len())
        })
        .sum();

    let mut took: Vec<Duration> = Vec::new();
    let mut found = 0;
    for query in questions(QUESTIONS) {
        let begun = Instant::now();
        found += archive.search(&query).expect("the disk works").found.len();
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let at = |share: f64| took[((took.len() as f64 * share) as usize).min(took.len() - 1)];

    println!(
        "archive/build   {built:.1?} for {} lines of {CALLS} calls",
        CALLS * LINES_PER_CALL
    );
    println!("archive/size    {:.1} MB", bytes as f64 / 1e6);
    println!(
        "archive/search  p50 {:.2?}, p95 {:.2?}, over {QUESTIONS} questions with {found} lines shown",
        at(0.5),
        at(0.95)
    );
}
