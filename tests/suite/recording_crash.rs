//! A process that records calls is killed again and again: each recording ends at most the last seconds before it was
//! killed, and can be heard up to there.
//!
//! `SIDETONE_KILLS` says how often it is killed, 3 times unless it is set.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sidetone::audio_file;
use sidetone::config::{RecordingConfig, StoreConfig};
use sidetone::recordings::{RecordingError, Recordings};
use sidetone::storage::sqlite::Store;
use sidetone_tests::kit::killed_after;
use sidetone_types::id::CallId;

/// Where the process that is killed finds its store.
const DIR: &str = "SIDETONE_RECORDING_TEST_DIR";
/// What its calls are called after.
const RUN: &str = "SIDETONE_RECORDING_RUN";
const KILLS: &str = "SIDETONE_KILLS";
const CALLS: usize = 4;
const RATE_HZ: u64 = 16_000;
/// What is handed over at once: 100 ms.
const PIECE: u64 = 1_600;
/// What a crash may take: two seconds, a frame, and what was on its way.
const MOST_LOST: u64 = 3 * RATE_HZ;

fn start(dir: &Path) -> (Store, Recordings) {
    let config = StoreConfig {
        dir: dir.join("store"),
        spill_dir: dir.to_owned(),
        // Their calls are not kept, and they are of 1970.
        keep_days: 0,
        ..StoreConfig::default()
    };
    let store = Store::open(&config).expect("the last one is dead");
    let config = RecordingConfig {
        threads: 2,
        ..RecordingConfig::default()
    };
    let known = store.recordings().expect("open");
    let recordings = Recordings::start(&config, known, &dir.join("sound"));
    (store, recordings.expect("starts"))
}

/// What is said in a call at a sample: noise, or hardly anything.
fn said(call: usize, at: u64, side: u64) -> i16 {
    let noise = (at * 2 + side + call as u64 * 977).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 51;
    match call % 2 {
        0 => noise as i16 - 4_096,
        _ if at.is_multiple_of(1_000) => (noise % 100) as i16,
        _ => 0,
    }
}

#[test]
#[ignore = "it is started by the test below, to be killed"]
fn a_process_that_will_be_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("the test sets it"));
    let run = std::env::var(RUN).expect("the test sets it");
    let (_store, recordings) = start(&dir);
    let class = recordings.class("", "").expect("there is one");
    let calls = (0..CALLS).map(|call| {
        let id = CallId::new(format!("{run}-{call}"));
        recordings.begin(&id, class, 0)
    });
    let mut calls: Vec<_> = calls.collect();
    let began = Instant::now();
    for piece in 0.. {
        for (call, recording) in calls.iter_mut().enumerate() {
            let samples = (piece * PIECE..(piece + 1) * PIECE)
                .flat_map(|at| [0, 1].map(|side| said(call, at, side)));
            recording.sound(samples.collect());
            assert_eq!(recording.problem(), None);
        }
        println!("said {}", (piece + 1) * PIECE);
        std::io::stdout().flush().expect("somebody reads");
        let next = began + Duration::from_millis((piece + 1) * 100);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Starts the process, and kills it after `time`. How many samples each call had.
fn run(dir: &Path, run: u64, time: Duration) -> u64 {
    let run = run.to_string();
    let variables = [(DIR, dir.as_os_str()), (RUN, OsStr::new(&run))];
    let test = "recording_crash::a_process_that_will_be_killed";
    let lines = killed_after(time, test, &variables);
    let mut said = lines
        .iter()
        .filter_map(|line| line.rsplit_once("said ")?.1.parse::<u64>().ok());
    said.next_back().unwrap_or_default()
}

/// How many samples of a call can be heard, all of which are right.
fn heard(recordings: &Recordings, id: &str, call: usize) -> u64 {
    let audio = match recordings.audio(id) {
        Err(RecordingError::None(_)) => return 0,
        audio => audio.expect("closed"),
    };
    let range = 0..audio.length();
    let pieces = audio.pieces(range).map(|piece| piece.expect("readable"));
    let file: Vec<u8> = pieces.flat_map(|piece| piece.to_vec()).collect();
    let sound = audio_file::Recording::from_bytes(id, &file).expect("FLAC");
    let [agent, customer] = &sound.channels[..] else {
        panic!("two sides");
    };
    for (at, sides) in agent.iter().zip(customer).enumerate() {
        let sides = [sides.0, sides.1].map(|sample| (sample * 32_768.0) as i16);
        let expected = [0, 1].map(|side| said(call, at as u64, side));
        assert_eq!(sides, expected, "{id} at {at}");
    }
    agent.len() as u64
}

#[test]
fn a_crash_takes_no_more_than_the_last_seconds_of_a_recording() {
    let kills = std::env::var(KILLS).ok();
    let kills: u64 = kills.map_or(3, |kills| kills.parse().expect("a number"));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut lost = Vec::new();
    let mut kept: BTreeMap<String, u64> = BTreeMap::new();
    for kill in 0..kills {
        // Xorshift (Marsaglia 2003): another point each time.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let time = Duration::from_millis(500 + random % 6_000);
        let had = run(dir.path(), kill, time);
        let (_store, recordings) = start(dir.path());
        for call in 0..CALLS {
            let id = format!("{kill}-{call}");
            let left = heard(&recordings, &id, call);
            assert!(left + MOST_LOST >= had, "{id}: {left} of {had}");
            lost.push(had.saturating_sub(left));
            kept.insert(id, left);
        }
    }
    // What was closed once stays as it is, whatever is killed later.
    let (_store, recordings) = start(dir.path());
    for (id, left) in &kept {
        let call = id.rsplit_once('-').and_then(|(_, call)| call.parse().ok());
        let again = heard(&recordings, id, call.expect("a number"));
        assert_eq!(again, *left, "{id}");
    }
    let files = std::fs::read_dir(dir.path().join("sound")).map_or(0, Iterator::count);
    let recorded = kept.values().filter(|left| **left > 0).count();
    assert_eq!(files, recorded, "no file of nobody");
    lost.sort_unstable();
    let seconds = |at: usize| lost.get(at).copied().unwrap_or_default() as f64 / RATE_HZ as f64;
    println!(
        "{kills} kills, {} recordings, all readable: lost p50 {:.2} s, most {:.2} s",
        kept.len(),
        seconds(lost.len() / 2),
        seconds(lost.len().saturating_sub(1))
    );
}
