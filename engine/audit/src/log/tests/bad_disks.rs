//! Disks that refuse, and disks that stall.

use super::*;

/// A disk that refuses what it is told to.
#[derive(Default)]
pub(super) struct Refusals {
    /// Bytes that segments take before they are full.
    pub room: Option<usize>,
    pub sync: bool,
    pub head: bool,
    /// Cutting too.
    pub cut: bool,
    /// It says that all is kept, and keeps nothing.
    pub never_sync: bool,
}

struct Refusing {
    file: File,
    is_head: bool,
    refusals: Arc<Mutex<Refusals>>,
}

impl Disk for Refusing {
    fn length(&mut self) -> io::Result<u64> {
        self.file.length()
    }

    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut refusals = self.refusals.lock().expect("no panic");
        if self.is_head && refusals.head {
            // The new one is there, and nobody knows for how long.
            self.file.put(at, bytes)?;
            return Err(io::Error::other("broken"));
        }
        match &mut refusals.room {
            Some(room) if !self.is_head => {
                let taken = bytes.len().min(*room);
                *room -= taken;
                self.file.put(at, &bytes[..taken])?;
                match taken == bytes.len() {
                    true => Ok(()),
                    false => Err(io::ErrorKind::StorageFull.into()),
                }
            }
            _ => self.file.put(at, bytes),
        }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        match self.refusals.lock().expect("no panic").cut {
            true => Err(io::Error::other("broken")),
            false => self.file.cut(length),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let refusals = self.refusals.lock().expect("no panic");
        match refusals.sync && !self.is_head {
            true => Err(io::Error::other("broken")),
            false if refusals.never_sync => Ok(()),
            false => self.file.sync(),
        }
    }
}

pub(super) fn refusing(refusals: &Arc<Mutex<Refusals>>) -> Disks {
    let refusals = Arc::clone(refusals);
    Box::new(move |path: &Path, new| {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(new).open(path)?;
        let is_head = path.ends_with("head");
        let refusals = Arc::clone(&refusals);
        Ok(Box::new(Refusing {
            file,
            is_head,
            refusals,
        }))
    })
}

#[test]
fn a_full_disk_refuses_before_it_forgets() {
    let set = |room, sync, head, cut| Refusals {
        room,
        sync,
        head,
        cut,
        never_sync: false,
    };
    for (case, refusal) in [
        ("full", set(Some(0), false, false, false)),
        (
            "full in the middle of a line",
            set(Some(100), false, false, false),
        ),
        (
            "full, and nothing can be cut",
            set(Some(100), false, false, true),
        ),
        ("lines are not kept", set(None, true, false, false)),
        ("the head is not kept", set(None, false, true, false)),
        (
            "the head is not kept, and nothing can be cut",
            set(None, false, true, true),
        ),
    ] {
        let place = Place::new();
        let refusals = Arc::default();
        let clock = Box::new(Timestamp::now);
        let log = AuditLog::start(
            &place.dir(),
            &place.key(),
            small(),
            refusing(&refusals),
            clock,
        );
        let log = log.expect("writable yet");
        log.write(entry("one")).wait().expect("written");
        let before = place.segment(1);
        // The head may be the new one: then the lines it knows must stay.
        let undone = !refusal.cut && !refusal.sync && !refusal.head;
        *refusals.lock().expect("no panic") = refusal;
        let receipts: Vec<_> = (0..3)
            .map(|n| log.write(entry(format!("lost {n}"))))
            .collect();
        for receipt in receipts {
            let error = receipt.wait().expect_err(case);
            assert!(matches!(error, AuditError::Disk { .. }), "{case}: {error}");
        }
        assert_eq!(
            (log.health().refused, log.health().failing),
            (3, true),
            "{case}"
        );
        if undone {
            assert_eq!(place.segment(1), before, "{case}");
        }
        // An engine that is killed now has lost nothing either.
        let killed = place.copy();
        let again = killed.open(small());
        let again = again.unwrap_or_else(|error| panic!("{case}: {error}"));
        again.close().expect("written");
        assert_eq!(killed.faults(), [], "{case}");
        *refusals.lock().expect("no panic") = Refusals::default();
        log.write(entry("two")).wait().expect(case);
        assert!(!log.health().failing, "{case}");
        log.close().expect(case);
        assert_eq!(place.faults(), [], "{case}");
        assert_eq!(place.entries(), ["one", "two"], "{case}");
    }
}

#[test]
fn a_segment_that_cannot_begin_is_begun_later() {
    let place = Place::new();
    let refusals: Arc<Mutex<Refusals>> = Arc::default();
    let clock = Box::new(Timestamp::now);
    let options = AuditOptions {
        segment_bytes: 1,
        ..small()
    };
    let log = AuditLog::start(
        &place.dir(),
        &place.key(),
        options,
        refusing(&refusals),
        clock,
    );
    let log = log.expect("writable yet");
    log.write(entry("one")).wait().expect("written");
    refusals.lock().expect("no panic").room = Some(50);
    assert!(log.write(entry("lost")).wait().is_err());
    assert_eq!(
        segment::list(&place.dir()).expect("readable"),
        [1, 2],
        "no third"
    );
    refusals.lock().expect("no panic").room = None;
    log.write(entry("two")).wait().expect("written");
    log.close().expect("written");
    assert_eq!(place.faults(), []);
    assert_eq!(place.entries(), ["one", "two"]);
}

/// A disk that takes nothing while it is held.
struct Stalling {
    file: File,
    held: Arc<AtomicBool>,
}

impl Disk for Stalling {
    fn length(&mut self) -> io::Result<u64> {
        self.file.length()
    }

    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        while self.held.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        self.file.put(at, bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.cut(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

#[tokio::test]
async fn a_disk_that_stalls_is_waited_for_and_not_for_ever() {
    let place = Place::new();
    let held = Arc::new(AtomicBool::new(false));
    let hold = Arc::clone(&held);
    let disks: Disks = Box::new(move |path: &Path, new| {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(new).open(path)?;
        let held = Arc::clone(&held);
        Ok(Box::new(Stalling { file, held }))
    });
    let options = AuditOptions {
        queue: 2,
        patience: Duration::from_millis(100),
        ..small()
    };
    let log = AuditLog::start(
        &place.dir(),
        &place.key(),
        options,
        disks,
        Box::new(Timestamp::now),
    );
    let log = log.expect("writable");
    hold.store(true, Ordering::Relaxed);
    let began = std::time::Instant::now();
    let receipts: Vec<_> = (0..3).map(|n| log.write(entry(n))).collect();
    assert!(began.elapsed() < options.patience, "`write` does not wait");
    let mut answers = Vec::new();
    for receipt in receipts {
        answers.push(receipt.await.expect_err("the disk stalls"));
    }
    assert!(matches!(
        answers[..],
        [
            AuditError::Slow,
            AuditError::Slow,
            AuditError::Full { waiting: 2 }
        ]
    ));
    assert!(matches!(
        log.write(entry("thread")).wait(),
        Err(AuditError::Full { .. })
    ));
    hold.store(false, Ordering::Relaxed);
    // What waited for room gets it.
    let receipts: Vec<_> = (0..20)
        .map(|n| log.write(entry(format!("later {n}"))))
        .collect();
    for receipt in receipts {
        receipt.await.expect("written");
    }
    log.close().expect("written");
    assert_eq!(place.faults(), []);
    assert_eq!(place.entries().len(), 22);
}
