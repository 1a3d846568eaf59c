//! Where a log goes on after its engine has ended, however it did.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;

use super::LOCK;
use super::disk::Disks;
use super::tape::{Tape, make_head};
use super::writer::Clock;
use crate::chain::Hash;
use crate::entry::{Entry, Outcome};
use crate::error::AuditError;
use crate::head::{self, Head};
use crate::key::{PublicKey, Signer, private_file, sync_dir};
use crate::line::{Chain, Line};
use crate::segment::{self, Piece};
use crate::verify::{Damage, Fault, Place, Walk};

/// What the log calls it that lines nobody had a receipt for were cut off.
const CUT: &str = "cut_unacknowledged";

/// Another engine has the log if it does in this many looks, `PAUSE` apart.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// A log that can be written.
pub struct Opened {
    /// Its end.
    pub tape: Tape,
    /// Given back by the system when the process ends, however it does.
    pub claim: File,
}

/// Opens the log in `dir`, or begins one, and says so in it.
pub fn open(dir: &Path, key: &Path, mut disks: Disks, clock: &Clock) -> Result<Opened, AuditError> {
    private_dir().create(dir).map_err(AuditError::at(dir))?;
    let claim = claim(dir)?;
    let segments = segment::list(dir)?;
    let bytes = head::read(dir)?;
    // An engine may have been killed before it wrote the first head.
    let begins = segments.is_empty() && bytes.as_ref().is_none_or(Vec::is_empty);
    let signer = signer(dir, key, begins)?;
    let now = clock();
    let end = if begins {
        make_head(dir, &signer, &mut disks)?;
        End::EMPTY
    } else {
        let damaged = |fault| damaged(dir, Damage::whole(fault));
        let head = bytes.ok_or_else(|| damaged(Fault::NoHead))?;
        let head = Head::parse(&head).ok_or_else(|| damaged(Fault::UnreadableHead))?;
        if !head.is_signed(&signer.public()) {
            return Err(damaged(Fault::ForgedHead));
        }
        find_end(dir, &segments, head.newest, &signer.public())?
    };
    let cut = keep_rest(dir, &end)?;
    let mut tape = Tape::new(
        dir,
        signer,
        disks,
        end.number,
        end.length,
        end.began.unwrap_or(now),
        end.newest,
    );
    if end.number == 0 {
        tape.turn(now, "begun")?;
    }
    let mut newest = tape.end();
    let mut lines = Vec::new();
    if end.number > 0 {
        newest.checkpoint(now, "opened", tape.signer(), &mut lines);
    }
    if let Some(entry) = cut {
        newest.entry(now, &entry, true, &mut lines);
    }
    if !lines.is_empty() {
        tape.add(&lines, newest)?;
    }
    Ok(Opened { tape, claim })
}

/// Where the acknowledged part of the log ends.
struct End {
    /// The segment; 0 if there is no line.
    number: u64,
    /// Bytes of it.
    length: u64,
    /// When its first line was written.
    began: Option<Timestamp>,
    /// The last line.
    newest: Chain,
    /// The segment that has more than was acknowledged, and where that begins.
    rest: Option<(u64, u64)>,
}

impl End {
    const EMPTY: Self = Self {
        number: 0,
        length: 0,
        began: None,
        newest: Chain::EMPTY,
        rest: None,
    };
}

/// Finds the line that the head knows. All in front of it in its segment has to be whole.
fn find_end(
    dir: &Path,
    segments: &[u64],
    newest: Chain,
    key: &PublicKey,
) -> Result<End, AuditError> {
    let truncated = Fault::Truncated {
        head: newest.seq,
        last: 0,
    };
    let (last, before) = match segments.split_last() {
        Some((last, before)) => (*last, before),
        None if newest == Chain::EMPTY => return Ok(End::EMPTY),
        None => return Err(damaged(dir, Damage::whole(truncated))),
    };
    let damage = match scan(dir, last, newest, key)? {
        Scan::Found(end) => return Ok(end),
        Scan::Damaged(damage) => return Err(damaged(dir, damage)),
        Scan::Behind(damage) => damage,
    };
    // It was begun, and nobody heard of it. Then the one before is whole and ends with what the head knows.
    if newest == Chain::EMPTY && last == 1 {
        return Ok(End {
            rest: Some((last, 0)),
            ..End::EMPTY
        });
    }
    match before.last().map(|number| scan(dir, *number, newest, key)) {
        Some(Ok(Scan::Found(end))) if end.rest.is_none() && end.number + 1 == last => Ok(End {
            rest: Some((last, 0)),
            ..end
        }),
        // If that one is only too short, what the head knows was in this one.
        Some(Ok(Scan::Damaged(other))) if !matches!(other.fault, Fault::Truncated { .. }) => {
            Err(damaged(dir, other))
        }
        Some(Err(error)) => Err(error),
        _ => Err(damaged(dir, damage)),
    }
}

/// What a segment has to do with the head.
enum Scan {
    /// It holds the line that the head knows.
    Found(End),
    /// It begins behind that, or with something that is no line: what to say if that is wrong.
    Behind(Damage),
    /// It should hold it.
    Damaged(Damage),
}

fn scan(dir: &Path, number: u64, newest: Chain, key: &PublicKey) -> Result<Scan, AuditError> {
    let path = segment::path(dir, number);
    let mut input = segment::open(dir, number)?;
    let mut walk = Walk::new(key, Some(newest), None);
    let mut buffer = Vec::new();
    let (mut line, mut length) = (0, 0);
    while !walk.is_past_head() || line == 0 {
        let piece = segment::next(&mut input, &mut buffer).map_err(AuditError::at(&path))?;
        let first = line == 0;
        line += 1;
        let read = match piece {
            None => {
                let last = walk.last.map_or(0, |(last, _)| last.seq);
                let fault = Fault::Truncated {
                    head: newest.seq,
                    last,
                };
                let damage = Damage {
                    segment: Some(number),
                    line: None,
                    fault,
                };
                return Ok(if first {
                    Scan::Behind(damage)
                } else {
                    Scan::Damaged(damage)
                });
            }
            Some(Piece::Line) => Line::parse(&buffer).ok(),
            Some(Piece::Torn | Piece::TooLong) => None,
        };
        if let Some(piece) = piece {
            walk.piece(Place { number, line }, piece, &buffer);
        }
        length += buffer.len() as u64 + 1;
        if first && read.as_ref().is_none_or(|line| line.seq > newest.seq) {
            let fault = Fault::Truncated {
                head: newest.seq,
                last: 0,
            };
            let damage = walk.damage.pop();
            return Ok(Scan::Behind(damage.unwrap_or(Damage {
                segment: Some(number),
                line: None,
                fault,
            })));
        }
        if let Some(damage) = walk.damage.pop() {
            return Ok(Scan::Damaged(damage));
        }
    }
    if walk.last.is_none_or(|(last, _)| last != newest) {
        let fault = Fault::NotAsHead { seq: newest.seq };
        return Ok(Scan::Damaged(Damage {
            segment: Some(number),
            line: Some(line),
            fault,
        }));
    }
    let all = fs::metadata(&path).map_err(AuditError::at(&path))?.len();
    Ok(Scan::Found(End {
        number,
        length,
        began: walk.first.map(|(_, time)| time),
        newest,
        rest: (all > length).then_some((number, length)),
    }))
}

/// Copies what is to be cut off into a file of its own, and says so. Once the copy is on the disk the original may go.
fn keep_rest(dir: &Path, end: &End) -> Result<Option<Entry>, AuditError> {
    let Some((number, from)) = end.rest else {
        return Ok(None);
    };
    let path = segment::path(dir, number);
    let mut rest = Vec::new();
    let read = File::open(&path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut rest)
    });
    read.map_err(AuditError::at(&path))?;
    let seq = end.newest.seq;
    let names = (1..).map(|n: u64| format!("cut-behind-{seq}-{n}"));
    let mut free = names.filter(|name| !dir.join(name).exists());
    let name = free.next().expect("there is no end of names");
    let copy = dir.join(&name);
    let copied = private_file()
        .create_new(true)
        .open(&copy)
        .and_then(|mut file| {
            file.write_all(&rest)?;
            file.sync_all()
        });
    copied.map_err(AuditError::at(&copy))?;
    sync_dir(dir)?;
    // `Tape` cuts the rest of a segment, and removes the one that follows it.
    let lines = rest.iter().filter(|byte| **byte == b'\n').count();
    let detail = format!(
        "{} bytes with {lines} whole lines stood behind line {seq} in {}, acknowledged to nobody; SHA-256 {}",
        rest.len(),
        segment::name(number),
        Hash::of(&rest),
    );
    Ok(Some(Entry::own(CUT, name, Outcome::Done, detail)))
}

/// The key, which is made with the log and never after it.
fn signer(dir: &Path, key: &Path, begins: bool) -> Result<Signer, AuditError> {
    if !key.exists() {
        return match begins {
            true => {
                let parent = key.parent().filter(|parent| !parent.as_os_str().is_empty());
                if let Some(parent) = parent {
                    private_dir()
                        .create(parent)
                        .map_err(AuditError::at(parent))?;
                }
                Signer::generate(key)
            }
            false => Err(AuditError::NoKey {
                dir: dir.to_owned(),
                path: key.to_owned(),
            }),
        };
    }
    let signer = Signer::load(key)?;
    signer.write_public(key)?;
    Ok(signer)
}

fn claim(dir: &Path) -> Result<File, AuditError> {
    let path = dir.join(LOCK);
    let file = private_file().create(true).open(&path);
    let file = file.map_err(AuditError::at(&path))?;
    for _ in 0..LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Whoever verifies looks whether an engine has it, which takes a moment.
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(AuditError::disk(&path, source)),
        }
    }
    Err(AuditError::InUse(dir.to_owned()))
}

/// Made with all above it, for us only.
fn private_dir() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn damaged(dir: &Path, damage: Damage) -> AuditError {
    AuditError::Damaged {
        path: dir.to_owned(),
        damage: Box::new(damage),
    }
}
