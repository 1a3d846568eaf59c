//! The log on real files, with disks that refuse, engines that are killed, and clocks that are told.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicI64;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::*;
use crate::head;
use crate::line::Body;
use crate::search::{Filter, Search};
use crate::segment;
use crate::tamper::{Dice, Tamper};
use crate::verify::{Fault, Report, verify};
use disk::Disk;

mod bad_disks;

use bad_disks::{Refusals, refusing};

struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        Self { root }
    }

    fn dir(&self) -> PathBuf {
        self.root.path().join("audit")
    }

    fn key(&self) -> PathBuf {
        self.root.path().join("audit.key")
    }

    fn open(&self, options: AuditOptions) -> Result<AuditLog, AuditError> {
        AuditLog::open(&self.dir(), &self.key(), options)
    }

    fn verify(&self) -> Report {
        let key = PublicKey::load(&self.key()).expect("made with the log");
        verify(&self.dir(), &key).expect("readable")
    }

    fn faults(&self) -> Vec<Fault> {
        self.verify()
            .damage
            .into_iter()
            .map(|damage| damage.fault)
            .collect()
    }

    /// What entries are of, with the action in front of the log's own.
    fn entries(&self) -> Vec<String> {
        let mut search = Search::new(&self.dir(), Filter::default()).expect("there");
        let mut found = Vec::new();
        while let Some(line) = search.next() {
            match line.expect("readable").0.body {
                Body::Entry(entry) => found.push(entry.what),
                Body::Own(entry) => found.push(format!("{}: {}", entry.action, entry.what)),
                Body::Checkpoint { .. } => panic!("not asked for"),
            }
        }
        assert_eq!(search.unreadable(), 0);
        found
    }

    fn segment(&self, number: u64) -> Vec<u8> {
        fs::read(segment::path(&self.dir(), number)).expect("there")
    }

    /// The files as an engine that is killed now leaves them, with the same key.
    fn copy(&self) -> Self {
        let copy = Self::new();
        fs::create_dir(copy.dir()).expect("writable");
        for file in fs::read_dir(self.dir()).expect("there") {
            let file = file.expect("there");
            fs::copy(file.path(), copy.dir().join(file.file_name())).expect("writable");
        }
        fs::copy(self.key(), copy.key()).expect("writable");
        copy
    }
}

fn entry(what: impl ToString) -> Entry {
    Entry {
        who: "ann".to_owned(),
        action: "read_call".to_owned(),
        what: what.to_string(),
        ..Entry::default()
    }
}

fn small() -> AuditOptions {
    AuditOptions {
        segment_bytes: 8 * 1024,
        checkpoint_every: 10,
        ..AuditOptions::default()
    }
}

#[test]
fn a_log_goes_on_where_it_was_closed() {
    let place = Place::new();
    for round in 0..3 {
        let log = place.open(AuditOptions::default()).expect("writable");
        for n in 0..3 {
            // Each round writes a checkpoint, three entries and a checkpoint.
            let number = log.write(entry(round * 3 + n)).wait().expect("written");
            assert_eq!(number, round * 5 + n + 2);
        }
        assert_eq!((log.health().written, log.health().failing), (3, false));
        log.close().expect("written");
        assert!(matches!(
            log.write(entry("late")).wait(),
            Err(AuditError::Closed)
        ));
        log.close().expect("closed before");
    }
    let report = place.verify();
    assert_eq!(report.damage, []);
    assert_eq!(
        (report.lines, report.checkpoints, report.segments),
        (15, 6, 1)
    );
    assert_eq!(
        place.entries(),
        (0..9).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&place.dir()), 0o700);
        assert_eq!(mode(&place.key()), 0o600);
        assert_eq!(mode(&segment::path(&place.dir(), 1)), 0o600);
    }
}

#[test]
fn what_an_engine_leaves_that_is_killed_in_mid_write_is_cut_off_and_told() {
    let place = Place::new();
    let log = place.open(AuditOptions::default()).expect("writable");
    log.write(entry("one")).wait().expect("written");
    let killed = place.copy();
    let before = killed.segment(1);
    log.write(entry("two")).wait().expect("written");
    let line = place.segment(1).split_off(before.len());
    for cut in 1..=line.len() {
        let torn = killed.copy();
        let path = segment::path(&torn.dir(), 1);
        fs::write(&path, [&before[..], &line[..cut]].concat()).expect("writable");
        let lines = u64::from(cut == line.len());
        assert_eq!(
            torn.faults(),
            [Fault::Unacknowledged {
                lines,
                bytes: cut as u64
            }],
            "{cut} bytes"
        );

        // Nothing is waited for: this is done some hundred times.
        let refusals = Refusals {
            never_sync: true,
            ..Refusals::default()
        };
        let forgetful = refusing(&Arc::new(Mutex::new(refusals)));
        let (dir, key, options) = (torn.dir(), torn.key(), AuditOptions::default());
        let log = AuditLog::start(&dir, &key, options, forgetful, Box::new(Timestamp::now));
        let log = log.expect("it was acknowledged to nobody");
        log.write(entry("three")).wait().expect("written");
        log.close().expect("written");
        assert_eq!(torn.faults(), [], "{cut} bytes");
        assert_eq!(
            torn.entries(),
            ["one", "cut_unacknowledged: cut-behind-2-1", "three"]
        );
        let kept = fs::read(torn.dir().join("cut-behind-2-1")).expect("kept");
        assert_eq!(kept, line[..cut]);
    }
}

#[test]
fn what_was_acknowledged_is_never_cut_off() {
    let place = Place::new();
    let log = place.open(AuditOptions::default()).expect("writable");
    log.write(entry("one")).wait().expect("written");
    let killed = place.copy();
    let whole = killed.segment(1);
    for cut in 0..whole.len() {
        fs::write(segment::path(&killed.dir(), 1), &whole[..cut]).expect("writable");
        let error = killed
            .open(AuditOptions::default())
            .err()
            .expect("something is missing");
        assert!(
            matches!(error, AuditError::Damaged { .. }),
            "{cut}: {error}"
        );
        assert!(
            error.to_string().contains("move the directory away"),
            "{error}"
        );
        assert_eq!(killed.segment(1), whole[..cut], "it stays as it is");
        assert!(!killed.verify().is_whole());
    }
}

#[test]
fn an_engine_that_is_killed_while_it_begins_leaves_a_log() {
    for left in [&b""[..], b"{\"seq\":", b"\0\0\0\0"] {
        // In front of the first line.
        let place = Place::new();
        place
            .open(small())
            .expect("writable")
            .close()
            .expect("written");
        let (dir, key) = (place.dir(), place.key());
        fs::write(segment::path(&dir, 1), left).expect("writable");
        let signer = crate::key::Signer::load(&key).expect("made");
        tape::make_head(&dir, &signer, &mut disk::real()).expect("writable");
        place
            .open(small())
            .expect("nobody heard of it")
            .close()
            .expect("written");
        assert_eq!(place.faults(), []);

        // At the beginning of another segment.
        let place = Place::new();
        let log = place.open(small()).expect("writable");
        log.write(entry("one")).wait().expect("written");
        let killed = place.copy();
        fs::write(segment::path(&killed.dir(), 2), left).expect("writable");
        let log = killed.open(small()).expect("nobody heard of it");
        log.write(entry("two")).wait().expect("written");
        log.close().expect("written");
        assert_eq!(killed.faults(), []);
        assert_eq!(
            killed.entries(),
            ["one", "cut_unacknowledged: cut-behind-2-1", "two"]
        );
    }
    let place = Place::new();
    fs::create_dir(place.dir()).expect("writable");
    File::create(head::path(&place.dir())).expect("writable");
    place
        .open(small())
        .expect("there is nothing yet")
        .close()
        .expect("written");
    assert_eq!(place.faults(), []);
}

#[test]
fn a_log_that_is_not_as_it_was_left_is_not_written_on() {
    let place = Place::new();
    let log = place.open(small()).expect("writable");
    assert!(matches!(place.open(small()), Err(AuditError::InUse(_))));
    for n in 0..60 {
        log.write(entry(n)).wait().expect("written");
    }
    log.close().expect("written");
    let last = place.verify().segments as u64;
    assert!(last > 2, "several segments");
    let at = |number| move |place: &Place| segment::path(&place.dir(), number);
    type Case<'a> = (&'a str, &'a dyn Fn(&Place));
    let cases: [Case<'_>; 7] = [
        ("its key", &|place| {
            fs::remove_file(place.key()).expect("there")
        }),
        ("signature is wrong", &|place| {
            fs::remove_file(place.key()).expect("there");
            crate::key::Signer::generate(&place.key()).expect("writable");
        }),
        ("the head is missing", &|place| {
            fs::remove_file(head::path(&place.dir())).expect("there")
        }),
        ("cut off", &|place| {
            fs::remove_file(at(last)(place)).expect("there")
        }),
        ("was changed", &|place| {
            let mut bytes = place.segment(last);
            bytes[40] ^= 1;
            fs::write(at(last)(place), bytes).expect("writable");
        }),
        ("are missing", &|place| {
            let bytes = place.segment(last);
            let mut lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            lines.remove(1);
            fs::write(at(last)(place), lines.concat()).expect("writable");
        }),
        ("cut off", &|place| {
            for number in 1..=last {
                fs::remove_file(at(number)(place)).expect("there");
            }
        }),
    ];
    for (told, tamper) in cases {
        let copy = place.copy();
        tamper(&copy);
        let error = copy.open(small()).err().expect(told).to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn who_writes_beside_the_engine_is_noticed() {
    let place = Place::new();
    let log = place.open(small()).expect("writable");
    log.write(entry("one")).wait().expect("written");
    let path = segment::path(&place.dir(), 1);
    let whole = place.segment(1);
    for other in [&[&whole[..], b"x"].concat()[..], &whole[..whole.len() - 1]] {
        fs::write(&path, other).expect("writable");
        let error = log.write(entry("lost")).wait().expect_err("disturbed");
        assert!(matches!(error, AuditError::Disturbed { .. }), "{error}");
        assert_eq!(place.segment(1), other, "it stays to be seen");
    }
    fs::write(&path, whole).expect("writable");
    log.write(entry("two")).wait().expect("written");
}

#[test]
fn an_engine_that_does_not_sign_what_follows_the_head_is_told() {
    let place = Place::new();
    let log = place.open(small()).expect("writable");
    log.write(entry("one")).wait().expect("written");
    let path = segment::path(&place.dir(), 1);
    let mut file = OpenOptions::new().append(true).open(path).expect("there");
    file.write_all(b"{}\n").expect("writable");
    assert!(
        place
            .faults()
            .contains(&Fault::Unacknowledged { lines: 1, bytes: 3 })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_once_keep_their_order_and_others_may_read_meanwhile() {
    let place = Place::new();
    let log = Arc::new(place.open(small()).expect("writable"));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for n in 0..50 {
                    numbers.push(
                        log.write(entry(format!("{writer} {n:02}")))
                            .await
                            .expect("written"),
                    );
                }
                numbers
            })
        })
        .collect();
    let looks = tokio::task::spawn_blocking({
        let (key, dir) = (log.public_key(), place.dir());
        move || {
            for _ in 0..20 {
                let report = verify(&dir, &key).expect("readable");
                assert_eq!(report.damage, []);
            }
        }
    });
    let mut all = HashSet::new();
    for writer in writers {
        let numbers = writer.await.expect("no panic");
        assert!(numbers.is_sorted(), "{numbers:?}");
        all.extend(numbers);
    }
    looks.await.expect("never damaged");
    assert_eq!(all.len(), 400);
    log.close().expect("written");
    let report = place.verify();
    assert_eq!(report.damage, []);
    assert!(report.segments > 10);
    assert_eq!(report.lines - report.checkpoints, 400);
    let all = Filter {
        checkpoints: true,
        ..Filter::default()
    };
    let mut search = Search::new(&place.dir(), all).expect("there");
    let mut unsigned = 0;
    while let Some(line) = search.next() {
        unsigned = match line.expect("readable").0.body {
            Body::Checkpoint { .. } => 0,
            Body::Entry(_) | Body::Own(_) => unsigned + 1,
        };
        assert!(unsigned <= 10);
    }
}

#[test]
fn old_segments_go_and_the_log_says_so() {
    let place = Place::new();
    let days = Arc::new(AtomicI64::new(0));
    let clock = || -> Clock {
        let days = Arc::clone(&days);
        let first: Timestamp = "2026-05-04T00:00:00Z".parse().expect("a time");
        Box::new(move || first + SignedDuration::from_hours(24 * days.load(Ordering::Relaxed)))
    };
    let options = AuditOptions {
        keep_days: 3,
        ..AuditOptions::default()
    };
    let open = || {
        AuditLog::start(&place.dir(), &place.key(), options, disk::real(), clock())
            .expect("writable")
    };
    let mut log = open();
    for day in 0..10 {
        days.store(day, Ordering::Relaxed);
        log.write(entry(day)).wait().expect("written");
        if day == 5 {
            log.close().expect("written");
            log = open();
        }
    }
    let report = place.verify();
    assert_eq!(report.damage, []);
    let first = report.first.expect("lines").1;
    assert_eq!(first.to_string(), "2026-05-10T00:00:00Z");
    assert_eq!(
        segment::list(&place.dir()).expect("readable"),
        [7, 8, 9, 10]
    );
    // A clock that leaps takes two at most.
    days.store(4_000, Ordering::Relaxed);
    log.write(entry("leapt")).wait().expect("written");
    assert_eq!(segment::list(&place.dir()).expect("readable"), [9, 10, 11]);
    log.close().expect("written");
    assert_eq!(place.faults(), []);
    // Somebody else removes another.
    fs::remove_file(segment::path(&place.dir(), 9)).expect("there");
    assert_eq!(place.faults(), [Fault::NotRemoved { number: 9 }]);
}

#[test]
fn whatever_is_done_to_a_log_is_found() {
    let place = Place::new();
    let log = place.open(small()).expect("writable");
    for n in 0..100 {
        log.write(entry(n)).wait().expect("written");
    }
    log.close().expect("written");
    assert!(place.verify().is_whole());
    let mut dice = Dice::new(7);
    for n in 0..300 {
        let tamper = Tamper::ALL[n % Tamper::ALL.len()];
        let copy = place.copy();
        tamper.commit(&copy.dir(), &mut dice).expect("writable");
        assert!(!copy.verify().is_whole(), "{n}: {tamper}");
    }
}

const CHILD: &str = "SIDETONE_AUDIT_TEST_CHILD";

#[test]
fn who_is_killed_has_written_all_that_was_acknowledged() {
    if let Ok(root) = std::env::var(CHILD) {
        return write_until_killed(Path::new(&root));
    }
    let place = Place::new();
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let name = "log::tests::who_is_killed_has_written_all_that_was_acknowledged";
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args([name, "--exact", "--nocapture"])
            .env(CHILD, place.root.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test runs");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let numbers = out
            .lines()
            .filter_map(|line| line.ok()?.strip_prefix("written ")?.parse::<u64>().ok());
        acknowledged.extend(numbers.take(100 + round * 17));
        child.kill().expect("it runs");
        child.wait().expect("it ran");
    }
    let log = place.open(small()).expect("nothing is damaged");
    log.close().expect("written");
    assert_eq!(place.faults(), []);
    let mut search = Search::new(&place.dir(), Filter::default()).expect("there");
    let mut there = HashSet::new();
    while let Some(line) = search.next() {
        there.insert(line.expect("readable").0.seq);
    }
    assert!(acknowledged.len() >= 500);
    assert!(acknowledged.iter().all(|number| there.contains(number)));
}

fn write_until_killed(root: &Path) {
    let log = AuditLog::open(&root.join("audit"), &root.join("audit.key"), small())
        .expect("nothing is damaged");
    loop {
        let receipts: Vec<_> = (0..20).map(|n| log.write(entry(n))).collect();
        for receipt in receipts {
            // The test's own harness may have left a line unfinished.
            let number = receipt.wait().expect("written");
            writeln!(io::stdout(), "\nwritten {number}").expect("somebody reads");
        }
    }
}
