//! Whether a log is as it was written, whether its engine runs or not.

mod damage;
mod walk;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::str::FromStr;
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;

pub use damage::{Damage, Fault};
pub(crate) use walk::{Place, REMOVE, Walk};

use crate::chain::Hash;
use crate::error::AuditError;
use crate::head::{self, Head};
use crate::key::PublicKey;
use crate::line::Chain;
use crate::log::LOCK;
use crate::segment;

/// A running engine signs what it has written within this many looks, `PAUSE` apart.
const LOOKS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A line that somebody has noted where the log's machine cannot reach: `SEQ:HASH`. A log that was put back to
/// an older state does not have it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Noted {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl FromStr for Noted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, hash) = text
            .split_once(':')
            .ok_or("write the number of a line, a colon and its hash")?;
        let seq = seq
            .parse()
            .map_err(|_| format!("`{seq}` is no number of a line"))?;
        let hash = hash.parse()?;
        Ok(Self { seq, hash })
    }
}

/// What was found in a log.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its files.
    pub segments: usize,
    /// Lines that are as they were written, if not always where.
    pub lines: u64,
    /// Those of them that are checkpoints.
    pub checkpoints: u64,
    /// Number and time of the first line: the log is whole from then on, if there is no damage. What was before was
    /// removed because of its age.
    pub first: Option<(u64, Timestamp)>,
    /// Number, hash and time of the last one.
    pub last: Option<(u64, Hash, Timestamp)>,
    /// What is wrong, in the order of the log.
    pub damage: Vec<Damage>,
    /// How much more is.
    pub more_damage: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }
}

/// Reads all of the log in `dir`, whose checkpoints are signed with `key`. Changes nothing.
pub fn verify(dir: &Path, key: &PublicKey) -> Result<Report, AuditError> {
    verify_noted(dir, key, None)
}

/// [`verify`], and sees that the line of `noted` is there.
pub fn verify_noted(
    dir: &Path,
    key: &PublicKey,
    noted: Option<Noted>,
) -> Result<Report, AuditError> {
    if !dir.is_dir() {
        return Err(AuditError::Missing(dir.to_owned()));
    }
    // A running engine may remove old segments while they are read.
    let mut tries = 3;
    loop {
        let oldest = segment::list(dir)?.first().copied();
        let report = walk(dir, key, noted);
        tries -= 1;
        if tries == 0 || oldest == segment::list(dir)?.first().copied() {
            return report;
        }
    }
}

fn walk(dir: &Path, key: &PublicKey, noted: Option<Noted>) -> Result<Report, AuditError> {
    // Before the files are looked for: whatever the head knows is there by then.
    let (known, fault) = read_head(dir, key)?;
    let segments = segment::list(dir)?;
    if segments.is_empty() && matches!(fault, Some(Fault::NoHead)) {
        return Err(AuditError::Missing(dir.to_owned()));
    }
    let mut walk = Walk::new(key, known, noted);
    walk.damage.extend(fault.map(Damage::whole));
    let mut expected = segments.first().copied();
    for (at, number) in segments.iter().enumerate() {
        let missing = expected.unwrap_or(*number)..*number;
        walk.missing_segments(missing);
        expected = Some(number + 1);
        let path = segment::path(dir, *number);
        let last = at + 1 == segments.len();
        let walked = walk.segment(*number, &mut segment::open(dir, *number)?, last);
        walked.map_err(AuditError::at(&path))?;
    }
    walk.end(segments.first().copied().unwrap_or(1));
    let (lines, bytes) = walk.beyond;
    if let Some(known) = known
        && bytes > 0
        && !is_signed_soon(dir, key, known)?
    {
        let fault = Fault::Unacknowledged { lines, bytes };
        walk.damage.push(Damage::whole(fault));
    }
    Ok(Report {
        segments: segments.len(),
        lines: walk.lines,
        checkpoints: walk.checkpoints,
        first: walk.first,
        last: walk.last.map(|(last, time)| (last.seq, last.hash, time)),
        damage: walk.damage,
        more_damage: walk.more,
    })
}

/// The newest line that the head knows, or what is wrong with it.
fn read_head(dir: &Path, key: &PublicKey) -> Result<(Option<Chain>, Option<Fault>), AuditError> {
    let mut looks = 5;
    loop {
        looks -= 1;
        let Some(bytes) = head::read(dir)? else {
            return Ok((None, Some(Fault::NoHead)));
        };
        let found = match Head::parse(&bytes) {
            None => (None, Some(Fault::UnreadableHead)),
            Some(head) if !head.is_signed(key) => (Some(head.newest), Some(Fault::ForgedHead)),
            Some(head) => return Ok((Some(head.newest), None)),
        };
        // It may be half written in this very moment.
        if looks == 0 || !is_written(dir) {
            return Ok(found);
        }
        sleep(PAUSE);
    }
}

/// Whether an engine is at work that signs more than `known`.
fn is_signed_soon(dir: &Path, key: &PublicKey, known: Chain) -> Result<bool, AuditError> {
    for _ in 0..LOOKS {
        if let (Some(head), None) = read_head(dir, key)?
            && head.seq > known.seq
        {
            return Ok(true);
        }
        if !is_written(dir) {
            return Ok(false);
        }
        sleep(PAUSE);
    }
    Ok(false)
}

/// Whether an engine has the log.
fn is_written(dir: &Path) -> bool {
    let lock = File::open(dir.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
