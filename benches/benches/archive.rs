//! How fast is what was said in ten thousand calls searched, and what does it cost that it is sealed?
//!
//! Two archives are built of the same calls and asked the same questions in turns: one as it is, whose files
//! are sealed, and one in clear. It prints figures of each rather than Criterion's, because building is done
//! once and the slowest searches matter: `build` for indexing and committing all lines, `size` of the archive
//! on disk, and `search`, the time of one page of 50, as p50 and p95 over questions of all kinds, none asked
//! twice. `first` is the same for archives that were opened just before each question: then nothing is opened
//! yet, and the files are in the system's memory.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use sidetone_benches::calls::{LINES_PER_CALL, lines, questions};
use sidetone_kb::archive::{Archive, Query};
use sidetone_vault::DataKey;

const CALLS: u64 = 10_000;
/// Calls that are committed together.
const BATCH: u64 = 100;
const QUESTIONS: u64 = 1_000;
/// Questions asked of an archive that was just opened.
const FIRST: u64 = 200;

fn main() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("there is room for a folder"));
    let key = DataKey::random().expect("the system has random numbers");
    let open = |at: usize| {
        let archive = match at {
            0 => Archive::open(dirs[at].path(), &key),
            _ => Archive::open_in_clear(dirs[at].path()),
        };
        archive.expect("it is ours")
    };
    let archives = [0, 1].map(&open);

    let built = build(&archives);
    let sizes = [0, 1].map(|at| size(dirs[at].path()));
    println!(
        "archive/build   {:.1?}, in clear {:.1?} ({:.2} x), for {} lines of {CALLS} calls",
        built[0],
        built[1],
        ratio(built),
        CALLS * LINES_PER_CALL
    );
    println!(
        "archive/size    {:.2} MB, in clear {:.2} MB",
        sizes[0] as f64 / 1e6,
        sizes[1] as f64 / 1e6
    );
    let questions = questions(QUESTIONS);
    let searched = in_turns(&questions, |at, query| ask(&archives[at], query));
    tell("archive/search", &searched);
    let first = in_turns(&questions[..FIRST as usize], |at, query| {
        ask(&open(at), query)
    });
    tell("archive/first ", &first);
}

/// Builds both, a batch of one and a batch of the other.
fn build(archives: &[Archive; 2]) -> [Duration; 2] {
    let mut writers = [0, 1].map(|at: usize| archives[at].writer().expect("nobody else writes"));
    let mut took = [Duration::ZERO; 2];
    for batch in 0..CALLS / BATCH {
        let calls: Vec<_> = (batch * BATCH..(batch + 1) * BATCH).map(lines).collect();
        for turn in 0..2 {
            let at = (batch as usize + turn) % 2;
            let writer = &mut writers[at];
            let begun = Instant::now();
            for (said, alerts) in &calls {
                writer.add(said).expect("the disk works");
                let call_id = &said[0].call_id;
                writer.add_alerts(call_id, alerts).expect("the disk works");
            }
            writer.commit(batch + 1).expect("the disk works");
            took[at] += begun.elapsed();
        }
    }
    for writer in &mut writers {
        // Removing waits for the merges that go on.
        writer.forget("nobody").expect("the disk works");
        writer.commit(CALLS / BATCH).expect("the disk works");
    }
    took
}

fn size(dir: &Path) -> u64 {
    let files = fs::read_dir(dir).expect("the folder is there");
    let bytes = files.map(|file| file.and_then(|file| file.metadata()));
    bytes
        .map(|about| about.map_or(0, |about| about.len()))
        .sum()
}

/// How long a search takes, and how many lines it shows.
fn ask(archive: &Archive, query: &Query) -> (Duration, usize) {
    let begun = Instant::now();
    let page = archive.search(query).expect("the disk works");
    (begun.elapsed(), page.found.len())
}

/// Asks both archives each question, and has every other question asked of the other one first. Both have to
/// show as much.
fn in_turns(
    questions: &[Query],
    ask: impl Fn(usize, &Query) -> (Duration, usize),
) -> [Vec<Duration>; 2] {
    let mut took = [Vec::new(), Vec::new()];
    for (turn, query) in questions.iter().enumerate() {
        let mut found = [0; 2];
        for at in [turn % 2, (turn + 1) % 2] {
            let (time, lines) = ask(at, query);
            took[at].push(time);
            found[at] = lines;
        }
        assert_eq!(found[0], found[1], "the archives differ");
    }
    took.iter_mut().for_each(|took| took.sort_unstable());
    took
}

fn tell(what: &str, took: &[Vec<Duration>; 2]) {
    let at = |share: f64| {
        [0, 1].map(|archive: usize| {
            let took = &took[archive];
            took[((took.len() as f64 * share) as usize).min(took.len() - 1)]
        })
    };
    let [p50, p95] = [at(0.5), at(0.95)];
    println!(
        "{what}  p50 {:.2?}, in clear {:.2?} ({:.2} x); p95 {:.2?}, in clear {:.2?} ({:.2} x); {} questions",
        p50[0],
        p50[1],
        ratio(p50),
        p95[0],
        p95[1],
        ratio(p95),
        took[0].len()
    );
}

fn ratio([sealed, clear]: [Duration; 2]) -> f64 {
    sealed.as_secs_f64() / clear.as_secs_f64()
}
