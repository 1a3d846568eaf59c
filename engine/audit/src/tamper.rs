//! Tampers with a log as somebody would who has the disk and not the key: for trials of `verify`.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::head;
use crate::segment;

/// A way to tamper with a log.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Tamper {
    /// One bit of a segment is another.
    Flip,
    /// One bit of the head is.
    FlipHead,
    /// A line is taken out.
    Delete,
    /// A line is written twice, or at another place too.
    Repeat,
    /// Two lines change places.
    Swap,
    /// A segment ends anywhere in a line.
    Tear,
    /// Whole lines at the end of the log are cut off.
    Shorten,
    /// A segment is removed.
    Remove,
    /// The head is removed.
    RemoveHead,
}

impl Tamper {
    /// Every way there is.
    pub const ALL: [Self; 9] = [
        Self::Flip,
        Self::FlipHead,
        Self::Delete,
        Self::Repeat,
        Self::Swap,
        Self::Tear,
        Self::Shorten,
        Self::Remove,
        Self::RemoveHead,
    ];

    /// Does so at a random place of the log in `dir`, which has lines. Something is another afterwards than it was.
    pub fn commit(self, dir: &Path, dice: &mut Dice) -> io::Result<()> {
        let segments = segment::list(dir).map_err(io::Error::other)?;
        let any = segment::path(dir, segments[dice.below(segments.len())]);
        let last = segment::path(dir, segments[segments.len() - 1]);
        match self {
            Self::Flip => edit(any, |bytes| flip(bytes, dice)),
            Self::FlipHead => edit(head::path(dir), |bytes| flip(bytes, dice)),
            Self::Delete => edit_lines(any, |lines| {
                lines.remove(dice.below(lines.len()));
            }),
            Self::Repeat => edit_lines(any, |lines| {
                let line = lines[dice.below(lines.len())].clone();
                lines.insert(dice.below(lines.len() + 1), line);
            }),
            Self::Swap => edit_lines(any, |lines| {
                let one = dice.below(lines.len());
                // A line alone has none to change places with: it is written twice.
                match lines.len() {
                    1 => lines.push(lines[0].clone()),
                    count => lines.swap(one, (one + 1 + dice.below(count - 1)) % count),
                }
            }),
            Self::Tear => edit(any, |bytes| bytes.truncate(dice.below(bytes.len()))),
            Self::Shorten => edit_lines(last, |lines| lines.truncate(dice.below(lines.len()))),
            Self::Remove => fs::remove_file(any),
            Self::RemoveHead => fs::remove_file(head::path(dir)),
        }
    }
}

impl Display for Tamper {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Flip => "a bit of a segment flipped",
            Self::FlipHead => "a bit of the head flipped",
            Self::Delete => "a line deleted",
            Self::Repeat => "a line repeated",
            Self::Swap => "two lines swapped",
            Self::Tear => "a segment torn",
            Self::Shorten => "lines at the end cut off",
            Self::Remove => "a segment removed",
            Self::RemoveHead => "the head removed",
        })
    }
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
}

fn edit(path: PathBuf, edit: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
    let mut bytes = fs::read(&path)?;
    edit(&mut bytes);
    fs::write(&path, bytes)
}

fn edit_lines(path: PathBuf, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> io::Result<()> {
    edit(path, |bytes| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let mut lines: Vec<_> = lines.map(<[u8]>::to_vec).collect();
        change(&mut lines);
        *bytes = lines.concat();
    })
}

/// Random numbers that come again with the same seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// With this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}
